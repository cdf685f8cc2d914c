"""A compiled fit's bursts of steps: where they stop, and what they leave."""

import numpy as np
import pytest

from mathcore._kernels import fit as kernel


@pytest.fixture
def problem():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((400, 6)) * np.logspace(0, -2, 6)
    return x, (x[:, 0] + rng.logistic(size=400) > 0).astype(float)


def logistic(problem, alpha1=0.0, alpha2=1e-3, tol=1e-9, workers=1):
    x, y = problem
    fit = kernel.Fit(kernel.KINDS["logistic"], x, y, None, 1, float(len(x)), alpha1, alpha2, True, tol, np.zeros(7),
                     workers)
    fit.evaluate("test")
    return fit


def test_bursts_are_one_run(problem):
    whole, parts = logistic(problem), logistic(problem)
    whole.quasi_newton(6, 1e-15, "test")
    for _ in range(3):
        parts.quasi_newton(2, 1e-15, "test")
    assert np.array_equal(whole.params, parts.params)
    assert whole.steps == parts.steps == 6


def test_accelerated_bursts_are_one_run(problem):
    whole, parts = (logistic(problem, alpha1=1e-3, tol=0.0) for _ in range(2))
    whole.accelerate(np.full(20, 3.0), "test")
    for _ in range(4):
        parts.accelerate(np.full(5, 3.0), "test")
    assert np.array_equal(whole.params, parts.params)
    assert whole.fun == parts.fun


def test_the_first_matrix_is_the_inverse(problem):
    """From the inverse of the second derivative at the start, the first step is Newton's."""
    x, y = problem
    rows = np.column_stack([x, np.ones(400)])
    matrix = rows.T @ rows / 1600 + np.diag([1e-3] * 6 + [0.0])
    fit = logistic(problem)
    expected = -np.linalg.solve(matrix, fit.gradient)
    fit.begin(np.linalg.inv(matrix))
    fit.quasi_newton(1, 1e-15, "test")
    np.testing.assert_allclose(fit.params, expected, rtol=1e-9)
    plain = logistic(problem)
    steps = [0, 0]
    for i, one in enumerate((plain, fit)):
        while one.quasi_newton(1, 1e-15, "test") == "running":
            steps[i] += 1
    assert steps[1] < 15 < steps[0]
    assert abs(plain.fun - fit.fun) < 1e-14


def test_divergence_keeps_the_last_finite_parameters(problem):
    for method in ("descend", "accelerate"):
        fit = logistic(problem)
        rates = np.full(2000, 1e200)
        stop = fit.descend(rates, 0.9, "test") if method == "descend" else fit.accelerate(rates, "test")
        assert stop == "diverged"
        assert np.isfinite(fit.params).all()
