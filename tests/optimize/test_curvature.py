"""Both ends of the spectrum against NumPy's, and what is said where they are not found."""

import numpy as np
import pytest
from scipy.optimize import OptimizeWarning

from mathcore.optimize import curvature, lipschitz_estimate, max_stable_step


def spectra():
    rng = np.random.default_rng(0)
    a = rng.standard_normal((60, 60))
    return {"definite": a @ a.T, "indefinite": a + a.T, "negative": -a @ a.T, "identity": np.eye(7),
            "zero": np.zeros((3, 3)), "one number": np.array([[2.0]]), "ends of equal size": np.diag([1.0, -1.0, 0.5]),
            "singular": np.diag([0.0, 0.0, 3.0]), "close": np.diag(np.linspace(1, 1.001, 30))}


@pytest.mark.parametrize("callable_", [False, True])
@pytest.mark.parametrize("name", spectra())
def test_both_ends(name, callable_):
    h = spectra()[name]
    w = np.linalg.eigvalsh(h)
    found = curvature((lambda v: h @ v) if callable_ else h, n=len(h) if callable_ else None)
    span = max(abs(w[0]), abs(w[-1]))
    assert found.converged
    assert abs(found.largest - w[-1]) <= 1e-8 * span
    assert abs(found.smallest - w[0]) <= 1e-6 * span
    assert lipschitz_estimate(h) == pytest.approx(span, rel=1e-6)
    limit = max_stable_step(h)
    assert limit == (pytest.approx(2 / w[-1], rel=1e-6) if w[-1] > 0 else np.inf)


def test_condition():
    assert curvature(np.diag([8.0, 2.0])).condition == pytest.approx(4)
    assert curvature(np.diag([8.0, -2.0])).condition == np.inf


def test_float32_and_asymmetry_of_differences():
    h = np.array([[2.0, 1.0 + 1e-6], [1.0, 2.0]], np.float32)
    found = curvature(h)
    assert found.largest == pytest.approx(3, rel=1e-5)
    assert found.smallest == pytest.approx(1, rel=1e-5)


def test_too_few_restarts_are_said():
    h = np.diag(np.linspace(0, 1, 500))
    assert not curvature(h, max_iter=1, tol=1e-12).converged
    for f in (max_stable_step, lipschitz_estimate):
        with pytest.warns(OptimizeWarning, match=f"{f.__name__}: .* not converged"):
            f(h, max_iter=1, tol=1e-12)
