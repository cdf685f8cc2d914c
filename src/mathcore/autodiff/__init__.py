"""Exact derivatives of functions written in plain NumPy: gradients, Jacobians, Hessians, Taylor series."""

from mathcore.autodiff.derivatives import (
    derivative,
    directional_derivative,
    elementwise_grad,
    grad,
    hessian,
    hvp,
    jacfwd,
    jacobian,
    jacrev,
    jvp,
    value_and_grad,
    vjp,
)

__all__ = ["derivative", "directional_derivative", "elementwise_grad", "grad", "hessian", "hvp", "jacfwd", "jacobian",
           "jacrev", "jvp", "value_and_grad", "vjp"]
