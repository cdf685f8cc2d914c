"""Whole fits: every solver to one optimum, gradients, weights, layouts, threads, stops, bad input."""

import numpy as np
import pytest
import scipy.optimize

from mathcore.optimize import fit_linear, fit_logistic, fit_softmax

FLOATS = ("float32", "float64")


def sample(kind, n=300, d=7, k=3, dtype="float64", seed=0):
    rng = np.random.default_rng(seed)
    x = (rng.standard_normal((n, d)) + 0.3).astype(dtype)
    z = x @ rng.standard_normal((d, k)) + rng.gumbel(size=(n, k))
    y = {"linear": z[:, 0], "logistic": (z[:, 0] > 0).astype(int), "softmax": z.argmax(axis=1)}[kind]
    return x, y


FITS = {"linear": fit_linear, "logistic": fit_logistic, "softmax": fit_softmax}


def objective(kind, x, y, coef, free, alpha=0.0, l1_ratio=0.0, weight=None):
    """The formulas of the docstrings, in float64."""
    x, coef = x.astype(np.float64), np.atleast_2d(coef).astype(np.float64)
    z = x @ coef.T + free
    if kind == "linear":
        loss = 0.5 * ((z - np.reshape(y, z.shape)) ** 2).sum(axis=1)
    elif kind == "logistic":
        loss = np.logaddexp(0, z[:, 0]) - y * z[:, 0]
    else:
        top = z.max(axis=1, keepdims=True)
        loss = (top + np.log(np.exp(z - top).sum(axis=1, keepdims=True)))[:, 0] - z[np.arange(len(z)), y]
    return np.average(loss, weights=weight) + alpha * (l1_ratio * np.abs(coef).sum()
                                                       + (1 - l1_ratio) / 2 * (coef ** 2).sum())


SOLVERS = [("linear", s) for s in ("auto", "newton", "lbfgs", "gd", "fista")] \
    + [("logistic", s) for s in ("auto", "newton", "lbfgs", "gd", "fista")] \
    + [("softmax", s) for s in ("auto", "lbfgs", "gd", "fista")]


@pytest.mark.parametrize(("kind", "solver"), SOLVERS)
@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
def test_every_solver_reaches_scipys_optimum(kind, solver, intercept, weighted):
    x, y = sample(kind)
    k, d = (3 if kind == "softmax" else 1), x.shape[1]
    weight = np.random.default_rng(1).uniform(0, 2, len(x)) if weighted else None

    def fun(p):
        return objective(kind, x, y, p[:k * d].reshape(k, d), p[k * d:] * intercept, 0.05, 0.0, weight)

    expected = scipy.optimize.minimize(fun, np.zeros(k * (d + 1)), tol=1e-12)
    got = FITS[kind](x, y, alpha=0.05, solver=solver, fit_intercept=intercept, sample_weight=weight, max_iter=20000)
    assert got.success
    assert got.status == 0
    assert abs(got.fun - expected.fun) <= 1e-9 * expected.fun
    assert abs(got.fun - objective(kind, x, y, got.coef, got.intercept, 0.05, 0.0, weight)) <= 1e-13 * got.fun
    assert np.abs(got.coef.ravel() - expected.x[:k * d]).max() < 1e-5
    if not intercept:
        assert not np.any(got.intercept)


@pytest.mark.parametrize("kind", FITS)
@pytest.mark.parametrize("l1_ratio", [0.0, 0.5])
def test_a_descent_step_follows_finite_differences(kind, l1_ratio):
    """One step of rate r from p is -r times the gradient there."""
    x, y = sample(kind, n=90, d=19)
    k, d = (3 if kind == "softmax" else 1), 19
    rng = np.random.default_rng(2)
    coef, free = rng.standard_normal((k, d)), rng.standard_normal(k)
    step = FITS[kind](x, y, alpha=0.1, l1_ratio=l1_ratio, solver="gd", learning_rate=1e-3, max_iter=1, tol=0,
                      init=(coef, free))
    for c, j in ((0, 0), (k - 1, 7), (0, 18)):
        high, low = coef.copy(), coef.copy()
        high[c, j] += 1e-5
        low[c, j] -= 1e-5
        slope = (objective(kind, x, y, high, free, 0.1, l1_ratio)
                 - objective(kind, x, y, low, free, 0.1, l1_ratio)) / 2e-5
        assert abs((coef[c, j] - step.coef.reshape(k, d)[c, j]) / 1e-3 - slope) < 1e-7 * (1 + abs(slope))


@pytest.mark.parametrize("solver", ["gd", "lbfgs"])
@pytest.mark.parametrize("kind", FITS)
def test_weights_are_repeated_rows(kind, solver):
    x, y = sample(kind)
    times = np.random.default_rng(3).integers(0, 4, len(x))
    weighted = FITS[kind](x, y, alpha=0.1, solver=solver, sample_weight=times, max_iter=5000)
    repeated = FITS[kind](np.repeat(x, times, axis=0), np.repeat(y, times), alpha=0.1, solver=solver, max_iter=5000)
    assert np.abs(weighted.coef - repeated.coef).max() < 1e-6
    if kind != "linear":
        k = y.max() + 1
        each = np.arange(1.0, k + 1)
        got = FITS[kind](x, y, alpha=0.1, solver=solver, class_weight=each, max_iter=5000)
        same = FITS[kind](x, y, alpha=0.1, solver=solver, sample_weight=each[y], max_iter=5000)
        assert np.array_equal(got.coef, same.coef)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(("kind", "solver"), SOLVERS + [(kind, s) for kind in FITS for s in ("sgd", "adam")])
def test_same_bits_for_any_threads_and_layout(kind, solver, dtype):
    x, y = sample(kind, n=12_000, d=33, dtype=dtype)
    options = {"alpha": 0.01, "solver": solver, "max_iter": 3, "rng": 0}
    one = FITS[kind](x, y, workers=1, **options)
    assert one.coef.dtype == dtype
    before = x.copy()
    wide = np.zeros((len(x), 50), dtype)
    wide[:, 5:38] = x
    frozen = x.copy()
    frozen.flags.writeable = False
    double = np.zeros((2 * len(x), 66), dtype)
    double[::2, ::2] = x
    variants = [(x, 2), (x, 3), (np.asfortranarray(x), 1), (wide[:, 5:38], 2), (frozen, 1), (double[::2, ::2], 1)]
    for other, workers in variants:
        got = FITS[kind](other, y, workers=workers, **options)
        assert np.array_equal(got.coef, one.coef)
        assert got.fun == one.fun
    assert np.array_equal(x, before)


@pytest.mark.parametrize("kind", FITS)
def test_float32_reaches_the_optimum_of_float64(kind):
    x, y = sample(kind, dtype="float32")
    low, high = (FITS[kind](x.astype(t), y, alpha=0.01) for t in FLOATS)
    assert low.success
    assert abs(low.fun - high.fun) < 1e-5 * high.fun


@pytest.mark.parametrize("solver", ["sgd", "adam"])
@pytest.mark.parametrize("kind", FITS)
def test_mini_batches_come_near_the_optimum(kind, solver):
    x, y = sample(kind, n=2000)
    best = FITS[kind](x, y, alpha=0.1)
    got = FITS[kind](x, y, alpha=0.1, solver=solver, max_iter=60, rng=0, learning_rate=lambda t: 0.05 / (1 + t / 300))
    again = FITS[kind](x, y, alpha=0.1, solver=solver, max_iter=60, rng=0, learning_rate=lambda t: 0.05 / (1 + t / 300))
    assert best.fun <= got.fun < best.fun * 1.002
    assert np.array_equal(got.coef, again.coef)


def test_one_batch_of_all_rows_is_full_batch_descent():
    x, y = sample("logistic", n=50)
    full = fit_logistic(x, y, solver="gd", learning_rate=0.3, momentum=0.5, max_iter=7, tol=0)
    batch = fit_logistic(x, y, solver="sgd", learning_rate=0.3, momentum=0.5, max_iter=7, tol=0, batch_size=50, rng=0)
    assert np.abs(full.coef - batch.coef).max() < 1e-14


def test_lasso_meets_its_conditions():
    """Zero coefficients: |gradient| <= alpha; others: gradient = -alpha sign."""
    x, y = sample("linear", n=400)
    fit = fit_linear(x, y, alpha=0.3, l1_ratio=1.0, max_iter=5000)
    assert fit.success
    slope = x.T @ (x @ fit.coef + fit.intercept - y) / len(x)
    zero = fit.coef == 0
    assert 0 < zero.sum() < zero.size
    assert (np.abs(slope[zero]) <= 0.3 + 1e-9).all()
    assert np.abs(slope[~zero] + 0.3 * np.sign(fit.coef[~zero])).max() < 1e-7


def test_targets_side_by_side_are_fits_one_by_one():
    x, y = sample("linear")
    both = fit_linear(x, np.column_stack([y, y**2]), alpha=0.1)
    for i, target in enumerate((y, y**2)):
        one = fit_linear(x, target, alpha=0.1)
        assert np.abs(both.coef[i] - one.coef).max() < 1e-12
        assert abs(both.intercept[i] - one.intercept) < 1e-12


def test_far_means_cost_no_digits():
    x, y = sample("linear")
    near, far = fit_linear(x, y), fit_linear(x + 1e6, y)
    assert np.abs(near.coef - far.coef).max() < 1e-8


def test_collinear_columns_get_the_shortest_solution():
    x, y = sample("linear")
    x = np.column_stack([x, x[:, 0]])
    fit = fit_linear(x, y)
    expected = np.linalg.lstsq(x - x.mean(axis=0), y - y.mean(), None)[0]
    assert np.abs(fit.coef - expected).max() < 1e-10


def test_warm_start_continues():
    x, y = sample("softmax")
    done = fit_softmax(x, y, alpha=0.1)
    again = fit_softmax(x, y, alpha=0.1, init=(done.coef, done.intercept))
    assert again.nit == 0
    assert np.array_equal(again.coef, done.coef)


# ------------------------------------------------------------------ stops

def test_trace_is_a_table_and_tells_the_objective():
    x, y = sample("logistic")
    fit = fit_logistic(x, y, solver="gd", max_iter=25, tol=0, every=10)
    assert fit.trace.step.tolist() == [0, 10, 20, 25]
    assert (np.diff(fit.trace.fun) < 0).all()
    assert fit.trace.fun[0] == pytest.approx(np.log(2), rel=1e-15)
    assert (fit.fun, fit.jac, fit.nit, fit.status) == (fit.trace.fun[-1], fit.trace.norm[-1], 25, 1)
    assert str(fit.trace).splitlines()[0].split() == ["step", "objective", "gradient"]
    assert len(str(fit.trace).splitlines()) == 5


@pytest.mark.parametrize("solver", ["gd", "fista", "lbfgs", "newton", "sgd", "adam"])
def test_max_iter_0_evaluates_the_start(solver):
    x, y = sample("logistic")
    fit = fit_logistic(x, y, solver=solver, max_iter=0, rng=0)
    assert (fit.nit, fit.status, fit.success) == (0, 1, False)
    assert not fit.coef.any()


@pytest.mark.parametrize("dtype", FLOATS)
def test_divergence_returns_the_last_finite_iterate(dtype):
    x, y = sample("linear", dtype=dtype)
    fit = fit_linear(x, y, solver="gd", learning_rate=100.0, max_iter=10_000)
    assert (fit.status, fit.success) == (2, False)
    assert "diverged" in fit.message
    assert np.isfinite(fit.coef).all()


def test_separable_data_say_so():
    x = np.array([[-2.0], [-1.0], [1.0], [2.0]])
    fit = fit_logistic(x, [0, 0, 1, 1], solver="gd", max_iter=50)
    assert fit.status == 1
    assert "separable" in fit.message
    for solver in ("newton", "lbfgs"):
        fit = fit_logistic(x, [0, 0, 1, 1], solver=solver)
        assert np.isfinite(fit.coef).all()
        assert fit.fun < 1e-6


@pytest.mark.parametrize("solver", ["gd", "fista", "lbfgs", "newton", "sgd", "adam"])
def test_callback_stops_and_patience_ends(solver):
    x, y = sample("logistic")
    seen = []

    def callback(result):
        seen.append((result.nit, result.fun))
        if len(seen) == 3:
            raise StopIteration

    fit = fit_logistic(x, y, solver=solver, every=1, callback=callback, rng=0)
    assert [n for n, _ in seen] == [0, 1, 2]
    assert (fit.status, fit.fun) == (3, seen[-1][1])
    if solver == "gd":
        fit = fit_logistic(x, y, solver="gd", learning_rate=1e-300, every=1, patience=4)
        assert (fit.status, fit.nit) == (4, 4)


# ------------------------------------------------------------------ bad input

X, Y = np.arange(8.0).reshape(4, 2), np.array([0, 1, 0, 1])


@pytest.mark.parametrize(("change", "error", "words"), [
    ({"x": X[0]}, ValueError, "x has the wrong number of dimensions"),
    ({"x": X[:0], "y": Y[:0]}, ValueError, "x has no rows"),
    ({"x": X[:3]}, ValueError, "rows of x and y differ"),
    ({"x": np.where(X == 3, np.nan, X)}, ValueError, r"x\[1, 1\] is not finite"),
    ({"x": X * 1j}, TypeError, "x has dtype complex128"),
    ({"y": [0, 1, 2, 0]}, ValueError, r"y\[2\] is outside the classes; expected 0 to 1, got 2"),
    ({"y": [0, 0.5, 1, 0]}, ValueError, r"y\[1\] is no class"),
    ({"y": [1, 1, 1, 1]}, ValueError, "y holds one class"),
    ({"sample_weight": [1, -1, 1, 1]}, ValueError, r"sample_weight\[1\] is no weight"),
    ({"sample_weight": [0, 0, 0, 0]}, ValueError, "sample_weight are all 0"),
    ({"class_weight": [1, 2, 3]}, ValueError, "class_weight has the wrong shape"),
    ({"batch_size": 0}, ValueError, "batch_size"),
    ({"learning_rate": 0.0}, ValueError, "learning_rate"),
    ({"learning_rate": -1.0}, ValueError, "learning_rate"),
    ({"learning_rate": lambda t: 1.0 - t, "solver": "gd"}, ValueError, r"learning_rate\(1\) is no rate"),
    ({"max_iter": -1}, ValueError, "max_iter"),
    ({"alpha": -1.0}, ValueError, "alpha"),
    ({"l1_ratio": 2.0}, ValueError, "l1_ratio"),
    ({"solver": "bfgs"}, ValueError, "solver is not known"),
    ({"solver": "lbfgs", "alpha": 1.0, "l1_ratio": 1.0}, ValueError, "has no L1 penalty"),
    ({"fit_intercept": 1}, TypeError, "fit_intercept is no bool"),
    ({"callback": 1}, TypeError, "callback is not callable"),
    ({"init": 1}, TypeError, "init is no pair"),
    ({"init": ([1.0], [0.0])}, ValueError, "init coef has the wrong size"),
    ({"workers": 0}, ValueError, "workers"),
])
def test_bad_input_is_named(change, error, words):
    change = dict(change)
    x, y = change.pop("x", X), change.pop("y", Y)
    with pytest.raises(error, match=f"fit_logistic: .*{words}"):
        fit_logistic(x, y, **change)


def test_softmax_has_no_newton():
    with pytest.raises(ValueError, match="fit_softmax: solver 'newton' is for one score a row; expected 'lbfgs'"):
        fit_softmax(X, Y, solver="newton")
