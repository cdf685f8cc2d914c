"""Taylor coefficients, polynomials, estimates, the quadratic model."""

import math

import numpy as np
import pytest
import scipy.optimize

from mathcore.autodiff import (
    quadratic_model,
    radius_estimate,
    remainder_estimate,
    taylor_coefficients,
    taylor_polynomial,
)


def test_the_articles_series():
    """exp: 1/k!; sin: x - x^3/6 + x^5/120; 1/(1 - x): ones; log(1 + x)."""
    k = np.arange(9)
    np.testing.assert_allclose(taylor_coefficients(np.exp, 0.0, 8), [1 / math.factorial(i) for i in k], rtol=1e-15)
    np.testing.assert_allclose(taylor_coefficients(np.sin, 0.0, 5), [0, 1, 0, -1 / 6, 0, 1 / 120], rtol=1e-15)
    np.testing.assert_array_equal(taylor_coefficients(lambda x: 1 / (1 - x), 0.0, 8), np.ones(9))
    np.testing.assert_allclose(taylor_coefficients(np.log1p, 0.0, 4), [0, 1, -1 / 2, 1 / 3, -1 / 4], rtol=1e-15)
    bell = np.array([1, 1, 1, 0, -3, -8, -3, 56, 217])                         # exp(sin x), k! a_k: OEIS A002017
    found = taylor_coefficients(lambda x: np.exp(np.sin(x)), 0.0, 8) * [math.factorial(i) for i in k]
    np.testing.assert_allclose(found, bell, rtol=1e-14, atol=1e-13)


def test_arrays_directions_constants():
    x = np.array([0.1, 0.2])
    each = taylor_coefficients(np.exp, x, 3)
    np.testing.assert_allclose(each[3], np.exp(x) / 6)
    along = taylor_coefficients(lambda x: x[0] * x[1] ** 2, x, 3, direction=np.array([1.0, 2.0]))
    np.testing.assert_allclose(along, [0.004, 0.04 + 0.08, 0.4 + 0.8, 4.0])
    np.testing.assert_array_equal(taylor_coefficients(lambda x: 3.0, 1.0, 2), [3, 0, 0])
    np.testing.assert_array_equal(taylor_coefficients(np.exp, 0.0, 0), [1])
    with pytest.raises(TypeError, match="taylor_coefficients: f returned tuple"):
        taylor_coefficients(lambda x: (x, x), 1.0, 2)


def test_polynomials_are_of_x_itself():
    p = taylor_polynomial(np.cos, 1.0, 12)
    x = np.linspace(0.5, 1.5, 5)
    np.testing.assert_allclose(p(x), np.cos(x), rtol=1e-12)
    np.testing.assert_allclose(p.deriv()(x), -np.sin(x), rtol=1e-10)
    with pytest.raises(ValueError, match=r"taylor_polynomial: f returned an array of shape \(2,\)"):
        taylor_polynomial(lambda x: np.stack([x, x]), 1.0, 2)


@pytest.mark.parametrize(("f", "x0", "radius"), [
    (lambda x: 1 / (2 - x), 0.0, 2.0), (lambda x: 1 / (1 + x * x), 0.0, 1.0), (np.tan, 0.0, np.pi / 2),
    (lambda x: np.log(x), 3.0, 3.0)], ids=["quotient", "even", "tan", "log"])
def test_radius(f, x0, radius):
    assert radius_estimate(taylor_coefficients(f, x0, 30)) == pytest.approx(radius, rel=0.06)


def test_radius_of_a_polynomial_is_infinite():
    assert radius_estimate(taylor_coefficients(lambda x: x ** 3 - x, 0.5, 20)) == np.inf


@pytest.mark.parametrize(("f", "x0", "x"), [(np.exp, 0.0, 1.0), (np.sin, 0.3, 1.0), (lambda x: 1 / (1 - x), 0.0, 0.4),
                                            (np.log, 2.0, 2.8)], ids=["exp", "sin", "quotient", "log"])
def test_remainder(f, x0, x):
    left = f(x) - taylor_polynomial(f, x0, 5)(x)
    assert remainder_estimate(f, x0, 5, x) == pytest.approx(left, rel=0.05)


def test_remainder_beyond_the_radius_is_infinite():
    np.testing.assert_array_equal(np.isinf(remainder_estimate(lambda x: 1 / (1 - x), 0.0, 5, np.array([0.1, 3.0]))),
                                  [False, True])


def test_quadratic_model():
    x0 = np.array([0.5, -0.2, 1.0])
    m = quadratic_model(scipy.optimize.rosen, x0)
    np.testing.assert_allclose(m.hessian, scipy.optimize.rosen_hess(x0), rtol=1e-12)
    d = 1e-3 * np.array([1.0, 2.0, -1.0])
    assert abs(m(x0 + d) - scipy.optimize.rosen(x0 + d)) < 1e-5
    assert m(x0) == pytest.approx(m.value)
    assert quadratic_model(lambda x: x ** 2, 3.0)(4.0) == pytest.approx(16.0)
