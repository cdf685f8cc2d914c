"""Exact derivatives of functions written in plain NumPy: gradients, Jacobians, Hessians, Taylor series."""

from mathcore.autodiff.check import check_grads
from mathcore.autodiff.custom import custom_rule
from mathcore.autodiff.derivatives import derivative, elementwise_grad, grad, value_and_grad
from mathcore.autodiff.jacobians import hessian, jacfwd, jacobian, jacrev
from mathcore.autodiff.numeric import FiniteDifference, complex_step, finite_difference
from mathcore.autodiff.taylor import (
    QuadraticModel,
    quadratic_model,
    radius_estimate,
    remainder_estimate,
    taylor_coefficients,
    taylor_polynomial,
)
from mathcore.autodiff.vectors import directional_derivative, hvp, jvp, vjp

__all__ = [
    "FiniteDifference", "QuadraticModel", "check_grads", "complex_step", "custom_rule", "derivative",
    "directional_derivative", "elementwise_grad", "finite_difference", "grad", "hessian", "hvp", "jacfwd", "jacobian",
    "jacrev", "jvp", "quadratic_model", "radius_estimate", "remainder_estimate", "taylor_coefficients",
    "taylor_polynomial", "value_and_grad", "vjp",
]
