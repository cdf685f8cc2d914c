"""The conditions are met where success is told; what cannot be searched is said."""

import numpy as np
import pytest
from scipy.optimize import rosen, rosen_der

from mathcore.optimize import armijo, strong_wolfe

CURVES = {
    "bowl": (lambda x: (x - 3) ** 2, lambda x: 2 * (x - 3)),
    "steep": (lambda x: (x - 3) ** 8, lambda x: 8 * (x - 3) ** 7),
    "flat": (lambda x: -np.exp(-(x - 3) ** 2 / 8), lambda x: (x - 3) / 4 * np.exp(-(x - 3) ** 2 / 8)),
    # More and Thuente, ACM TOMS 20 (1994), their first function, from 0 down to beta^0.5
    "thuente": (lambda x: -x / (x * x + 2), lambda x: (x * x - 2) / (x * x + 2) ** 2),
    "wall": (lambda x: np.inf if x > 3.5 else (x - 3) ** 2, lambda x: np.nan if x > 3.5 else 2 * (x - 3)),
}


@pytest.mark.parametrize("step", [1e-6, 0.1, 1.0, 7.0, 1e3])
@pytest.mark.parametrize("name", CURVES)
def test_conditions(name, step):
    f, g = CURVES[name]
    f0, g0 = f(0.0), g(0.0)
    found = armijo(f, 0.0, 1.0, jac=g, step=step)
    assert found.success
    assert found.step > 0
    assert found.fun == f(found.x) <= f0 + 1e-4 * found.step * g0 + 1e-15 * abs(f0)
    for c2 in (0.9, 0.1):
        found = strong_wolfe(f, 0.0, 1.0, jac=g, step=step, c2=c2, max_iter=60)
        assert found.success
        assert found.x == found.step
        assert found.fun == f(found.x) <= f0 + 1e-4 * found.step * g0 + 1e-15 * abs(f0)
        assert found.jac == g(found.x)
        assert abs(found.jac) <= c2 * abs(g0)


def test_vectors_and_counts():
    x = np.array([-1.2, 1.0])
    p = -rosen_der(x)
    found = strong_wolfe(rosen, x, p, jac=rosen_der, step=1e-3)
    np.testing.assert_allclose(found.x, x + found.step * p)
    np.testing.assert_array_equal(found.jac, rosen_der(found.x))
    assert abs(found.jac @ p) <= 0.9 * (p @ p)
    assert found.nfev == found.njev >= 2
    assert armijo(rosen, x.astype("f4"), p, jac=rosen_der).x.dtype == np.float32


def test_no_step():
    """A gradient that is wrong: nothing lies lower."""
    for search in (armijo, strong_wolfe):
        found = search(lambda x: x * x, 1.0, 1.0, jac=lambda x: -2 * x, max_iter=10)
        assert not found.success
        assert (found.step, found.x, found.fun) == (0, 1, 1)


def test_a_fall_without_end_is_followed_for_a_while():
    found = strong_wolfe(lambda x: -x, 0.0, 1.0, jac=lambda x: -1.0, max_iter=5)
    assert not found.success
    assert found.step == 16


@pytest.mark.parametrize("search", [armijo, strong_wolfe])
def test_directions_that_do_not_go_down(search):
    for p in (2.0, 0.0):
        with pytest.raises(ValueError, match=f"^{search.__name__}: direction does not go down; expected a negative"):
            search(lambda x: x * x, 1.0, p, jac=lambda x: 2 * x)
