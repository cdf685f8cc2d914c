"""Derivatives by differences and by complex steps."""

import numpy as np
import pytest

from mathcore.autodiff import complex_step, finite_difference, jacobian

X = np.array([0.5, 1.5, -0.3])


@pytest.mark.parametrize("f", [np.exp, lambda x: np.sin(3 * x), lambda x: x ** 3, lambda x: 1 / (4 + x), np.arctan],
                         ids=["exp", "sin", "cube", "quotient", "arctan"])
def test_finite_difference_knows_its_error(f):
    exact = jacobian(f)(X)
    found = finite_difference(f, X)
    assert np.max(np.abs(found.value - exact)) < 1e-9
    assert np.all(np.abs(found.value - exact) <= 10 * found.error + 1e-11)
    assert np.all(found.step > 0)
    assert found.nfev <= 24 * X.size


def test_shapes():
    assert finite_difference(lambda x: np.outer(x, x), X).value.shape == (3, 3, 3)
    assert complex_step(lambda x: np.outer(x, x), X).shape == (3, 3, 3)
    assert finite_difference(np.sum, np.zeros((2, 0))).value.shape == (2, 0)
    assert finite_difference(lambda x: 2 * x, 3).value == pytest.approx(2.0)


def test_float32_counts_in_float32():
    found = finite_difference(np.exp, np.float32(1.0))
    assert abs(found.value - np.e) < 1e-3


def test_a_kink_shows_in_the_estimate():
    assert finite_difference(lambda x: np.abs(x - 1e-3), 0.0).error > 1e-3


def test_complex_step_is_exact():
    np.testing.assert_allclose(complex_step(lambda x: np.exp(x) / (2 + np.sin(x)), X),
                               jacobian(lambda x: np.exp(x) / (2 + np.sin(x)))(X), rtol=1e-15, atol=1e-16)
