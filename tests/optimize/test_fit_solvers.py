"""What the solvers promise beside the optimum: few steps on hard data, a start from a sample, proximal momentum."""

import numpy as np
import pytest

from mathcore.optimize import fit_linear, fit_logistic, fit_softmax


def hard(n, d, k=2, seed=0):
    """Correlated columns of sizes 1 to 1/1000, with means."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, d)) @ rng.standard_normal((d, d)) * np.logspace(0, -3, d) + 0.5
    z = x @ (rng.standard_normal((d, k)) / x.std(axis=0)[:, None])
    return x, (z / z.std() + rng.gumbel(size=(n, k))).argmax(axis=1)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", [900, 20_000])
def test_the_condition_of_the_data_costs_few_steps(n, dtype):
    """The identity as first matrix needs 500 steps and more."""
    x, y = hard(n, 30)
    fit = fit_logistic(x.astype(dtype), y, alpha=1e-6)
    assert fit.success
    assert fit.nit <= 60
    exact = fit_logistic(x, y, alpha=1e-6, solver="newton")
    assert fit.fun <= exact.fun + (1e-12 if dtype == "float64" else 1e-5)


def test_softmax_too():
    x, y = hard(5000, 20, k=5)
    fit = fit_softmax(x, y, alpha=1e-6)
    assert fit.success
    assert fit.nit <= 150


@pytest.mark.parametrize("weighted", [True, False])
def test_the_start_from_a_sample(weighted):
    """It is nearer than zero, and a given one is taken as it is."""
    x, y = hard(20_000, 10)
    weight = np.random.default_rng(1).uniform(0, 2, len(x)) if weighted else None
    fit = fit_logistic(x, y, sample_weight=weight, alpha=1e-4, every=1)
    assert fit.trace.fun[0] < np.log(2)
    assert fit.trace.fun[0] - fit.fun < 0.05 * (np.log(2) - fit.fun)
    start = fit_logistic(x, y, sample_weight=weight, alpha=1e-4, init=(np.zeros(10), 0.0), every=1)
    assert start.trace.fun[0] == pytest.approx(np.log(2))
    np.testing.assert_allclose(start.fun, fit.fun, rtol=1e-12)


def test_a_sample_without_a_class():
    """Three rows of 20 000 are of one class: hardly any sample has them."""
    x, y = hard(20_000, 5)
    y[:] = 0
    y[[5, 7000, 13_000]] = 1
    fit, exact = fit_logistic(x, y, alpha=1e-5), fit_logistic(x, y, alpha=1e-5, solver="newton")
    assert fit.success
    assert fit.fun == pytest.approx(exact.fun, rel=1e-9)


def test_without_intercept_the_means_stay():
    x, y = hard(9000, 8)
    fit, exact = (fit_logistic(x + 3, y, alpha=1e-4, fit_intercept=False, solver=s) for s in ("lbfgs", "newton"))
    assert fit.success
    assert fit.nit <= 40
    assert fit.intercept == 0
    np.testing.assert_allclose(fit.coef, exact.coef, rtol=1e-4)


@pytest.mark.parametrize("fit", [fit_linear, fit_logistic, fit_softmax])
def test_momentum_under_a_penalty_with_corners(fit):
    """FISTA ends where descent does, in fewer steps."""
    x, y = hard(600, 8)
    x = (x - x.mean(axis=0)) @ np.linalg.inv(np.cov(x.T) + 0.005 * np.diag(x.var(axis=0)))
    x /= x.std(axis=0)
    options = {"alpha": 0.02, "l1_ratio": 0.7, "max_iter": 20_000, "tol": 1e-9}
    slow, fast = fit(x, y, solver="gd", **options), fit(x, y, **options)
    assert slow.success
    assert fast.success
    assert fast.solver == "fista"
    assert fast.nit < slow.nit / 2
    np.testing.assert_allclose(fast.coef, slow.coef, atol=1e-6)
    assert np.array_equal(fast.coef == 0, slow.coef == 0)


def test_constant_columns_and_none():
    y = np.arange(50) % 2
    flat = fit_logistic(np.ones((50, 2)), y, alpha=0.1)
    np.testing.assert_allclose(flat.coef, 0, atol=1e-8)
    none = fit_logistic(np.empty((50, 0)), np.arange(50) % 5 == 0)
    assert none.coef.shape == (0,)
    assert none.intercept == pytest.approx(np.log(0.2 / 0.8))
