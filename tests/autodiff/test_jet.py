"""Series of elementary functions against mpmath's, or against sums and products of known ones."""

import math

import numpy as np
import pytest
import scipy.special

from mathcore import special
from mathcore.autodiff import derivative, grad, jet, taylor_coefficients

N = 12
ANALYTIC = {
    "exp": np.exp, "log": lambda x: np.log(2 + x), "sqrt": lambda x: np.sqrt(2 + x), "power": lambda x: (2 + x) ** 2.5,
    "whole power": lambda x: x ** 7, "quotient": lambda x: np.cos(x) / (1 + x * x), "sin": np.sin, "cos": np.cos,
    "tan": np.tan, "sinh": np.sinh, "cosh": np.cosh, "tanh": np.tanh, "arctan": np.arctan, "arcsin": np.arcsin,
    "arcsinh": np.arcsinh, "log1p": np.log1p, "expm1": np.expm1, "erf": scipy.special.erf, "expit": special.expit,
    "power of number": lambda x: 2.0 ** x, "self power": lambda x: (1 + x) ** x,
    "reciprocal": lambda x: np.reciprocal(2 + x),
    "square": lambda x: np.square(np.sin(x)), "subtract": lambda x: 1 - x - np.exp(-x),
    "logaddexp": lambda x: np.logaddexp(x, 2 * x), "hypot": lambda x: np.hypot(x, 1.0), "softplus": special.softplus,
}


def by_contour(f, x0, n, radius=0.25, points=64):
    """Coefficients by Cauchy's integral: needs no derivative at all."""
    z = radius * np.exp(2j * np.pi * np.arange(points) / points)
    return np.fft.fft(f(x0 + z)).real[:n + 1] / points / radius ** np.arange(n + 1)


@pytest.mark.parametrize("name", ANALYTIC)
def test_recurrences(name):
    """The integral's rounding, eps / radius^k, grows faster than the coefficients: it is the bound."""
    f = ANALYTIC[name]
    found = taylor_coefficients(f, 0.3, N)
    nested = f
    exact = [f(0.3)]
    for k in range(1, 5):
        nested = derivative(nested)
        exact.append(nested(0.3) / math.factorial(k))
    np.testing.assert_allclose(found[:5], exact, rtol=1e-12, atol=1e-14)
    if name in ("erf", "expit", "softplus", "logaddexp", "hypot", "cbrt"):     # NumPy and ours: real only
        return
    expected = by_contour(f, 0.3, N)
    assert np.all(np.abs(found - expected) <= 1e-14 * np.abs(f(0.3 + 0.25j)) * 4.0 ** np.arange(N + 1) + 1e-13)


@pytest.mark.parametrize("name", ANALYTIC)
def test_compiled_and_plain_recurrences_agree(name, monkeypatch):
    found = taylor_coefficients(ANALYTIC[name], np.array([0.3, 0.5]), N)
    monkeypatch.setattr(jet, "flat", lambda *xs: None)
    plain = taylor_coefficients(ANALYTIC[name], np.array([0.3, 0.5]), N)
    np.testing.assert_allclose(found, plain, rtol=1e-12, atol=1e-15)


def test_zero_stays_a_centre_of_whole_powers():
    np.testing.assert_array_equal(taylor_coefficients(lambda x: x ** 3 + x ** 0, 0.0, 4), [1, 0, 0, 1, 0])
    np.testing.assert_array_equal(taylor_coefficients(lambda x: x * x * x, 0.0, 2), [0, 0, 0])


def test_matrices():
    m = np.random.default_rng(0).standard_normal((3, 3))
    found = taylor_coefficients(lambda t: np.linalg.inv(np.eye(3) - t * m), 0.0, 5)
    for k in range(6):
        np.testing.assert_allclose(found[k], np.linalg.matrix_power(m, k), rtol=1e-12, atol=1e-13)
    found = taylor_coefficients(lambda t: (t * m) @ (m + t * m) @ (t * np.ones(3)), 0.0, 4)
    np.testing.assert_allclose(found[3], m @ m @ np.ones(3))
    np.testing.assert_allclose(found[2], m @ m @ np.ones(3))
    found = taylor_coefficients(lambda t: np.linalg.solve(np.eye(3) + t * m, np.ones(3)), 0.0, 3)
    np.testing.assert_allclose(found[3], -m @ m @ m @ np.ones(3))
    found = taylor_coefficients(lambda t: np.linalg.det(np.eye(3) + t * m), 0.0, 3)
    np.testing.assert_allclose(found[[1, 3]], [np.trace(m), np.linalg.det(m)], rtol=1e-12)


def test_structure_choices_and_assignment():
    def f(x):
        y = np.zeros_like(np.stack([x, x, x]))
        y[0], y[1:] = x * x, np.where(np.array([True, False]), x, np.exp(x))
        return np.concatenate([y, y[::-1]]).sum() + np.maximum(x, 0.0) + np.abs(-x) + 1.0

    found = taylor_coefficients(f, 0.5, 3)
    e = np.exp(0.5)
    np.testing.assert_allclose(found, [2 * (0.25 + 0.5 + e) + 2.0, 2 * (1 + 1 + e) + 2, 2 * (1 + e / 2), e / 3])


def test_series_inside_gradients():
    """d/dx of the third coefficient of exp(x sin t)."""
    def third(x):
        return taylor_coefficients(lambda t: np.exp(np.sin(t) * x), 0.3, 3)[3]
    h = 1e-6
    assert grad(third)(1.0) == pytest.approx((third(1 + h) - third(1 - h)) / (2 * h), rel=1e-7)
