"""Minimization: descent with a trace of every step, SciPy's minimize, schedules, steps of optimisers in place, and
whole fits of linear models in one compiled loop."""

from mathcore.optimize import schedules
from mathcore.optimize.curvature import Curvature, curvature, lipschitz_estimate, max_stable_step
from mathcore.optimize.descent import adam, adamw, gradient_descent, momentum, nesterov, rmsprop, sgd
from mathcore.optimize.fits import fit_linear, fit_logistic, fit_softmax
from mathcore.optimize.line_search import LineSearch, armijo, strong_wolfe
from mathcore.optimize.minimize import minimize
from mathcore.optimize.result import Iteration, Trace
from mathcore.optimize.second_order import gauss_newton, lbfgs, newton
from mathcore.optimize.steps import adam_step, sgd_step

__all__ = [
    "Curvature", "Iteration", "LineSearch", "Trace", "adam", "adam_step", "adamw", "armijo", "curvature",
    "fit_linear", "fit_logistic", "fit_softmax", "gauss_newton", "gradient_descent", "lbfgs", "lipschitz_estimate",
    "max_stable_step", "minimize", "momentum", "nesterov", "newton", "rmsprop", "schedules", "sgd", "sgd_step",
    "strong_wolfe",
]
