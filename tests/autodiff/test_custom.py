"""Rules by hand."""

import math

import numpy as np
import pytest

from mathcore.autodiff import check_grads, custom_rule, grad, hessian, jacfwd, jvp
from mathcore.autodiff._dispatch import FUNCTIONS

X, Y = np.array([0.5, 1.5]), np.array([2.0, -1.0])


def kernel(x, y, *, scale=1.0):
    """Takes plain arrays only."""
    assert type(x) is np.ndarray
    assert type(y) is np.ndarray
    return scale * x * np.array([math.sin(v) for v in y])


@pytest.mark.parametrize("rules", [
    {"vjp": lambda g, out, x, y, scale: (scale * g * np.sin(y), scale * g * x * np.cos(y))},
    {"jvp": lambda t, out, x, y, scale: scale * ((0 if t[0] is None else t[0]) * np.sin(y)
                                                 + (0 if t[1] is None else t[1]) * x * np.cos(y))},
], ids=["vjp", "jvp"])
def test_one_rule_serves_both_modes_and_second_order(rules):
    f = custom_rule(kernel, **rules)
    np.testing.assert_array_equal(f(X, Y, scale=2.0), kernel(X, Y, scale=2.0))
    gx, gy = grad(lambda x, y: np.sum(f(x, y, scale=2.0)), (0, 1))(X, Y)
    np.testing.assert_allclose(gx, 2 * np.sin(Y))
    np.testing.assert_allclose(gy, 2 * X * np.cos(Y))
    np.testing.assert_allclose(jacfwd(lambda x: f(x, Y, scale=1.0))(X), np.diag(np.sin(Y)))
    np.testing.assert_allclose(jvp(lambda y: f(X, y, scale=1.0), (Y,), (X,))[1], X * np.cos(Y) * X)


def test_second_order_where_the_function_is_traceable():
    cube = custom_rule(lambda x: x ** 3, vjp=lambda g, out, x: 3 * g * x ** 2)
    np.testing.assert_allclose(hessian(lambda x: np.sum(cube(x)))(X), np.diag(6 * X))
    check_grads(cube, (X,))


def test_none_is_zero_and_missing_entries_are_named():
    f = custom_rule(kernel, vjp=lambda g, out, x, y: (g * np.sin(y), None))
    np.testing.assert_array_equal(grad(lambda y: np.sum(f(X, y)))(Y), [0, 0])
    f = custom_rule(kernel, vjp=lambda g, out, x, y: g)
    with pytest.raises(TypeError, match="the vjp of kernel returned 1 cotangents; expected one for each of 2"):
        grad(lambda y: np.sum(f(X, y)))(Y)


def test_a_rule_for_a_function_of_numpy():
    try:
        custom_rule(np.spacing, vjp=lambda g, out, x: 0 * g)
        custom_rule(np.unwrap, vjp=lambda g, out, x: g)
        np.testing.assert_array_equal(grad(lambda x: np.sum(np.unwrap(x)))(X), [1, 1])
    finally:
        FUNCTIONS.pop(np.unwrap, None)
