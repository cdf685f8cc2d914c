"""Fault tables of `mathcore.autodiff`: its own arguments; what a function may not do is in tests/autodiff."""

from dataclasses import replace

import numpy as np

import mathcore
from mathcore import autodiff
from tests.fault_rows_spaces import _call, _option

X = np.array([1.0, 2.0])


def _f(x):
    return np.sum(x ** 2)


TRANSFORM = (
    _call("f no function", (3,), TypeError, "f", "3"),
    _call("argnums text", (_f, "0"), TypeError, "argnums", "'0'"),
    _call("argnums empty", (_f, ()), TypeError, "argnums", "()"),
    _call("argnums bool", (_f, True), TypeError, "argnums", "True"),
)
_POINTS = (
    ("integer array", np.array([1, 2]), TypeError, "int64"), ("integer", 3, TypeError, "3"),
    ("complex array", X * 1j, TypeError, "complex128"), ("complex", 1j, TypeError, "1j"),
    ("text", "a", TypeError, "str"), ("nothing", None, TypeError, "None"),
)
JVP = (
    _call("f no function", (3, (X,), (X,)), TypeError, "f", "3"),
    _call("primals no tuple", (_f, X, (X,)), TypeError, "primals", "ndarray"),
    _call("tangents no tuple", (_f, (X,), X), TypeError, "tangents", "ndarray"),
    _call("another number", (_f, (X,), (X, X)), ValueError, "tangents", "1 and 2"),
    _call("another shape", (_f, (X,), (np.ones(3),)), ValueError, "tangents[0]", "(3,)"),
    _call("another structure", (_f, (X,), ([X, X],)), ValueError, "tangents", "2"),
    *(_call(what, (_f, (x,), (X,)), error, "argument 0", value) for what, x, error, value in _POINTS),
)
VJP = (_call("f no function", (3, X), TypeError, "f", "3"),
       *(_call(what, (_f, x), error, "argument 0", value) for what, x, error, value in _POINTS))
PRODUCT = (
    _call("f no function", (3, X, X), TypeError, "f", "3"),
    _call("another shape", (_f, X, np.ones(3)), ValueError, "tangents[0]", "(3,)"),
    *(_call(what, (_f, x, X), error, "argument 0", value) for what, x, error, value in _POINTS),
)
_ORDERS = (
    _call("f no function", (3, 1.0, 2), TypeError, "f", "3"),
    _call("order below 0", (np.exp, 1.0, -1), ValueError, "order", "-1"),
    _call("order no integer", (np.exp, 1.0, 1.5), TypeError, "order", "1.5"),
    _call("x0 integer", (np.exp, 1, 2), TypeError, "x0", "1"),
    _call("x0 complex", (np.exp, 1j, 2), TypeError, "x0", "1j"),
)
_VECTOR = _call("x0 a vector", (np.exp, X, 2), ValueError, "x0", "(2,)")


def _with_x(fault):
    make = fault.make
    return replace(fault, make=lambda: ((*make()[0], 1.0), {}))


STEPS = (
    _call("f no function", (3, 1.0), TypeError, "f", "3"),
    _call("x complex", (np.exp, 1j), TypeError, "x", "complex128"),
    _call("x text", (np.exp, "a"), TypeError, "x", "<U1"), _option((np.exp, 1.0), "step", 0.0, ValueError),
    _option((np.exp, 1.0), "step", -1.0, ValueError), _option((np.exp, 1.0), "step", "1", TypeError),
)
CHECK = (
    _call("f no function", (3, (X,)), TypeError, "f", "3"),
    _call("args no tuple", (_f, X), TypeError, "args", "ndarray"),
    _option((_f, (X,)), "order", 0, ValueError), _option((_f, (X,)), "order", 1.5, TypeError),
    _option((_f, (X,)), "modes", ("backwards",), ValueError),
)
CUSTOM = (
    _call("f no function", (3,), TypeError, "f", "3", vjp=_f), _call("no rule", (_f,), TypeError, "vjp", "None"),
    _call("vjp no function", (_f,), TypeError, "vjp", "3", vjp=3),
    _call("jvp no function", (_f,), TypeError, "jvp", "3", jvp=3),
)

# the fields of ops.Name
AUTODIFF = (
    (mathcore, "autodiff", (), True, False),
    *((autodiff, name, TRANSFORM) for name in ("grad", "value_and_grad", "elementwise_grad", "derivative", "jacobian",
                                               "jacfwd", "jacrev", "hessian")),
    (autodiff, "jvp", JVP), (autodiff, "vjp", VJP), (autodiff, "hvp", PRODUCT),
    (autodiff, "directional_derivative", PRODUCT),
    (autodiff, "taylor_coefficients", (*_ORDERS, _option((np.exp, X, 2), "direction", np.ones(3), ValueError, "(3,)"))),
    (autodiff, "taylor_polynomial", (*_ORDERS, _VECTOR)),
    (autodiff, "remainder_estimate", (*map(_with_x, (*_ORDERS, _VECTOR)),
                                      _call("x complex", (np.exp, 1.0, 2, 1j), TypeError, "x", "complex128"))),
    (autodiff, "radius_estimate", (
        _call("too few", (X,), ValueError, "coefficients", "(2,)"),
        _call("a matrix", (np.ones((4, 4)),), ValueError, "coefficients", "(4, 4)"),
        _call("complex", (np.ones(5) * 1j,), TypeError, "coefficients", "complex128"))),
    (autodiff, "quadratic_model", (
        _call("f no function", (3, X), TypeError, "f", "3"), _call("x0 integer", (_f, 3), TypeError, "x0", "3"))),
    (autodiff, "finite_difference", STEPS),
    (autodiff, "complex_step", (*STEPS, _call("a real result", (lambda z: z.real, 1.0), TypeError, "f", "float64"))),
    (autodiff, "check_grads", CHECK), (autodiff, "custom_rule", CUSTOM),
    (autodiff, "FiniteDifference", (), True, False), (autodiff, "QuadraticModel", (), True, False),
)
