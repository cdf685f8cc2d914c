"""Gradients and derivatives of functions of one number: known values, structures, nesting."""

import numpy as np
import pytest
import scipy.optimize

from mathcore.autodiff import derivative, elementwise_grad, grad, value_and_grad

X = np.array([0.5, 1.5, -0.3, 2.0])


def test_the_articles_derivatives():
    """(x - 3)^2 at 5, the chain rule on sin(x^2), partial derivatives of x^2 y + y^3."""
    assert derivative(lambda x: (x - 3) ** 2)(5.0) == 4.0
    assert grad(lambda x: (x - 3) ** 2)(3.0) == 0.0
    assert derivative(lambda x: np.sin(x ** 2))(0.5) == pytest.approx(np.cos(0.25), rel=1e-15)
    assert grad(lambda x, y: x ** 2 * y + y ** 3, (0, 1))(2.0, 3.0) == (12.0, 31.0)


def test_rosenbrock_as_scipy_wrote_it():
    value, gradient = value_and_grad(scipy.optimize.rosen)(X)
    assert value == scipy.optimize.rosen(X)
    np.testing.assert_allclose(gradient, scipy.optimize.rosen_der(X), rtol=1e-13)


def test_trees_aux_and_argnums():
    def f(p, x, y):
        return np.sum((x @ p["w"] + p["b"][0]) * y), {"n": len(x), "seen": x * 1}

    p, x = {"w": X[:2], "b": [0.5]}, X.reshape(2, 2)
    (gp, gy), aux = grad(f, (0, -1), has_aux=True)(p, x, 2.0)
    np.testing.assert_allclose(gp["w"], 2 * x.sum(0))
    assert gp["b"] == [4.0]
    assert gy == pytest.approx(np.sum(x @ p["w"] + 0.5))
    assert aux["n"] == 2
    assert type(aux["seen"]) is np.ndarray
    (value, aux), _ = value_and_grad(f, has_aux=True)(p, x, 2.0)
    assert value == pytest.approx(2 * gy)


def test_nesting():
    f = np.sin
    for expected in (np.cos(1.2), -np.sin(1.2), -np.cos(1.2), np.sin(1.2)):
        f = grad(f)
        assert f(1.2) == pytest.approx(expected, rel=1e-14)
    assert derivative(grad(lambda x: x ** 4))(2.0) == 48.0
    assert grad(derivative(lambda x: x ** 4))(2.0) == 48.0
    assert grad(lambda x: x * derivative(lambda y: x * y)(2.0))(3.0) == 6.0    # no confusion of perturbations
    assert derivative(lambda x: x * grad(lambda y: x + y)(1.0))(1.0) == 1.0


def test_control_flow_recursion_and_loops():
    def power(x, n):
        return 1.0 if n == 0 else x * power(x, n - 1)

    def f(x):
        y = x
        while y < 100:
            y = y * x
        return y if x > 0 else -y

    assert grad(power)(2.0, 5) == 80.0
    assert grad(f)(3.0) == 405.0


def test_elementwise_grad():
    np.testing.assert_allclose(elementwise_grad(np.tanh)(X), 1 - np.tanh(X) ** 2)
    assert elementwise_grad(np.tanh)(0.0) == 1
    found, aux = elementwise_grad(lambda x: (x ** 2, 1), has_aux=True)(X)
    np.testing.assert_array_equal(found, 2 * X)
    assert aux == 1


@pytest.mark.parametrize(("f", "x", "expected"), [
    (np.abs, 0.0, 0.0), (lambda x: np.maximum(x, 0.0), 0.0, 0.5), (lambda x: np.maximum(x, x), 1.0, 1.0),
    (np.sign, 1.0, 0.0), (lambda x: np.clip(x, 0.0, 1.0), 2.0, 0.0), (np.floor, 1.5, 0.0), (lambda x: x ** 0, 0.0, 0.0),
    (lambda x: np.max(np.stack([x, x, 0.0 * x])), 1.0, 1.0), (lambda x: x ** 2, 0.0, 0.0),
], ids=["abs", "maximum", "equals", "sign", "clip", "floor", "power 0", "max", "square"])
def test_points_without_a_derivative_follow_jax(f, x, expected):
    assert grad(f)(x) == expected
    assert derivative(f)(x) == expected


def test_poles_are_infinite_without_a_warning():
    assert grad(np.sqrt)(0.0) == np.inf
    assert (grad(lambda x: np.linalg.norm(x))(np.zeros(2)) == 0).all()     # a corner: the subgradient in its middle
