"""Functions are called with copies, counted, and what they return is checked."""

import math

import numpy as np
import pytest

from mathcore.optimize import gauss_newton, gradient_descent, newton
from mathcore.optimize._objective import Objective, central_differences, start


@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 3)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_differences_of_a_cubic(shape, dtype):
    x = np.asarray(np.random.default_rng(0).uniform(-2, 2, shape), dtype)
    f = Objective(lambda x: np.sum(x**3), False, x, "f")
    value, gradient = f.both(x)
    # h^2 of the formula with f''' = 6, and the rounding of values up to 50 over 2 h
    bound = 60 * float(np.finfo(dtype).eps) ** (2 / 3)
    assert gradient.shape == shape
    assert gradient.dtype == dtype
    assert np.abs(gradient - 3 * x**2).max() <= bound
    assert f.nfev == 1 + 2 * x.size
    assert f.njev == 1


@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 3)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_plain_numpy_code_has_exact_derivatives(shape, dtype):
    x = np.asarray(np.random.default_rng(0).uniform(-2, 2, shape), dtype)
    f = Objective(lambda x: np.sum(x**3).reshape(1), None, x, "f")
    value, gradient = f.both(x)
    assert value == np.sum(x[()]**3)
    assert (gradient.shape, gradient.dtype) == (shape, dtype)
    np.testing.assert_allclose(gradient, 3 * x**2, rtol=4 * np.finfo(dtype).eps)
    assert (f.nfev, f.njev) == (1, 1)
    np.testing.assert_allclose(f.hessian(None, x), np.diag(np.ravel(6 * x)), rtol=4 * np.finfo(dtype).eps)


def test_code_that_leaves_numpy_gets_differences():
    calls = []

    def f(x):
        calls.append(1)
        return math.sin(x[0]) + float(x[1]) ** 2

    result = newton(f, [-1.0, 2.0])
    np.testing.assert_allclose(result.x, [-np.pi / 2, 0], atol=1e-5)
    assert len(calls) == result.nfev + 1                # one call that tracing did not follow


def test_errors_of_a_function_are_its_own():
    def f(x):
        raise KeyError("of the function itself")

    with pytest.raises(KeyError, match="of the function itself"):
        gradient_descent(f, [1.0])


def test_exact_jacobians_of_residuals():
    t = np.linspace(0, 1, 9)
    found = gauss_newton(lambda p: p[0] * np.exp(p[1] * t) - 2 * np.exp(-t), [1.0, 0.0])
    np.testing.assert_allclose(found.x, [2, -1], rtol=1e-6)
    assert found.nfev <= 2 * found.njev + 1


def test_newton_takes_the_exact_derivative_of_a_given_gradient():
    f = Objective(lambda x: np.sum(x**4), lambda x: 4 * x**3, np.array([0.5, 2.0]), "f")
    np.testing.assert_allclose(f.hessian(None, np.array([0.5, 2.0])), np.diag([3.0, 48.0]), rtol=1e-14)


def test_differences_of_vectors_are_columns():
    a = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    np.testing.assert_allclose(central_differences(lambda x: a @ x, np.array([0.3, -20.0])), a, rtol=1e-9)


def test_hessians_are_symmetric():
    x = start([1.0, 2.0], "f")
    f = Objective(lambda x: x[0] ** 2 * x[1], lambda x: np.array([2 * x[0] * x[1], x[0] ** 2]), x, "f")
    h = f.hessian(None, x)
    np.testing.assert_allclose(h, [[4, 2], [2, 0]], atol=1e-8)
    assert (h == h.T).all()


def test_what_a_function_does_with_x_is_no_matter():
    def f(x):
        value = float(np.sum((x - 1) ** 2))
        x[:] = np.nan
        return value

    def g(x):
        slope = 2 * (x - 1)
        x[:] = np.nan
        return slope

    x0 = np.array([3.0, 5.0])
    result = gradient_descent(f, x0, jac=g, learning_rate=0.25, max_iter=50)
    np.testing.assert_allclose(result.x, [1, 1], atol=1e-6)
    np.testing.assert_array_equal(x0, [3, 5])


def test_types():
    for x0, dtype in (([1, 2], "f8"), (np.ones(2, "f4"), "f4"), (np.ones(2, "f2"), "f4"), (np.ones(2, ">f8"), "f8")):
        result = gradient_descent(lambda x: np.sum(x * x), x0, jac=lambda x: 2 * x, max_iter=3)
        assert result.x.dtype == result.jac.dtype == np.dtype(dtype)
    assert type(gradient_descent(lambda x: x * x, 1.0, max_iter=1).x) is np.float64
    assert type(gradient_descent(lambda x: np.array([x * x]), 1, max_iter=1).fun) is float


def test_pairs():
    """jac=True: value and gradient of one call."""
    calls = []

    def both(x):
        calls.append(1)
        return np.sum(x * x), 2 * x

    result = gradient_descent(both, [1.0, 2.0], jac=True, max_iter=5)
    assert len(calls) == result.nfev == result.njev == 6
    found = gauss_newton(lambda x: (2 * x - 6, np.array([[2.0]])), [1.0], jac=True)
    assert found.x == [3.0]


@pytest.mark.parametrize(("f", "options", "error", "message"), [
    (lambda x: np.ones(2), {}, ValueError, r"fun returned an array; expected one number, got shape \(2,\)"),
    (lambda x: "a", {}, TypeError, "fun returned no real number; expected one, got 'a'"),
    (lambda x: 1j, {}, TypeError, "fun returned no real number"),
    (lambda x: None, {}, TypeError, "fun returned no real number; expected one, got None"),
    (lambda x: 1.0, {"jac": True}, TypeError, r"fun returned no pair; expected \(value, derivative\)"),
    (lambda x: 1.0, {"jac": lambda x: np.ones(3)}, ValueError, r"jac\(x\) has the wrong shape; .* \(2,\), got \(3,"),
    (lambda x: (1.0, np.ones(3)), {"jac": True}, ValueError, r"the gradient of fun\(x\) has the wrong shape"),
    (lambda x: 1.0, {"jac": lambda x: 1j * x}, TypeError, r"jac\(x\) has dtype complex128"),
    (lambda x: 1.0, {"jac": lambda x: ["a", "b"]}, TypeError, r"jac\(x\) has dtype"),
])
def test_what_comes_back_is_checked(f, options, error, message):
    for method in (gradient_descent, newton):
        with pytest.raises(error, match=f"^{method.__name__}: {message}"):
            method(f, [1.0, 2.0], **options)


def test_what_comes_back_of_second_order():
    with pytest.raises(ValueError, match=r"^newton: hess\(x\) has the wrong shape; expected \(2, 2\), got \(2,\)"):
        newton(lambda x: 1.0, [1.0, 2.0], jac=lambda x: x, hess=lambda x: x)
    with pytest.raises(ValueError, match=r"^gauss_newton: fun\(x\) is no vector of residuals; .* got \(2, 2\)"):
        gauss_newton(lambda x: np.eye(2), [1.0, 2.0])
    with pytest.raises(ValueError, match=r"^gauss_newton: jac\(x\) has the wrong shape; expected \(3, 2\), got \(2,\)"):
        gauss_newton(lambda x: np.ones(3), [1.0, 2.0], jac=lambda x: x)
    with pytest.raises(TypeError, match="^gauss_newton: fun returned no pair"):
        gauss_newton(lambda x: 1.0, [1.0], jac=True)
