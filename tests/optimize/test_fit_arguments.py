"""Arguments of the fits: class weights, options of other solvers, values that are not finite."""

import numpy as np
import pytest

from mathcore.optimize import fit_linear, fit_logistic, fit_softmax

X = np.random.default_rng(0).standard_normal((60, 3))


def test_balanced_classes():
    y = (np.arange(60) % 5 == 0).astype(int)
    by_name = fit_logistic(X, y, alpha=0.1, class_weight="balanced")
    by_hand = fit_logistic(X, y, alpha=0.1, class_weight=[60 / (2 * 48), 60 / (2 * 12)])
    assert np.array_equal(by_name.coef, by_hand.coef)
    labels = np.arange(60) % 3
    equal = fit_softmax(X, labels, alpha=0.1, class_weight="balanced")      # 60 / (3 * 20) = 1
    np.testing.assert_allclose(equal.coef, fit_softmax(X, labels, alpha=0.1).coef, atol=1e-7)
    none_of_one = fit_softmax(X, labels, alpha=0.1, class_weight="balanced", n_classes=4)
    assert np.isfinite(none_of_one.coef).all()


@pytest.mark.parametrize("options", [{"solver": "lbfgs", "momentum": 0.5}, {"solver": "gd", "batch_size": 4},
                                     {"solver": "newton", "learning_rate": 0.1}, {"learning_rate": 0.1},
                                     {"solver": "fista", "momentum": 0.5}, {"solver": "adam", "momentum": 0.5}])
def test_options_of_other_solvers_are_refused(options):
    name = list(options)[-1]
    with pytest.raises(ValueError, match=f"fit_linear: {name} is of no use to solver .*; expected '"):
        fit_linear(X, X[:, 0], **options)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("solver", ["auto", "gd", "fista", "lbfgs", "newton", "sgd", "adam"])
@pytest.mark.parametrize("n", [60, 6000])       # beyond a sample, which may miss the row
def test_the_first_objective_finds_what_is_not_finite(solver, n, bad):
    x = np.resize(X, (n, 3)).copy()
    y = np.arange(n) % 2
    x[41, 2] = bad
    with pytest.raises(ValueError, match=rf"fit_logistic: x\[41, 2\] is not finite; expected .*got {bad}"):
        fit_logistic(x, y, solver=solver, max_iter=0)
    with pytest.raises(ValueError, match=r"fit_linear: x\[41, 2\] is not finite"):
        fit_linear(x, y, solver=solver, sample_weight=np.arange(n) != 41)
    with pytest.raises(ValueError, match=r"fit_linear: y\[41\] is not finite"):
        fit_linear(np.resize(X, (n, 3)), x[:, 2], solver=solver)


def test_finite_but_too_large_is_no_error():
    fit = fit_logistic(X * 1e200, np.arange(60) % 2, solver="gd", learning_rate=1.0, max_iter=3)
    assert np.isfinite(fit.coef).all()


@pytest.mark.parametrize("weight", [None, np.ones(60)])
def test_squares_beyond_the_type(weight):
    """The gradient is finite, its matrix not: the singular values still are."""
    exact = fit_linear(X, X[:, 0])
    huge = fit_linear(X * 1e155, X[:, 0] * 1e-9, sample_weight=weight)
    np.testing.assert_allclose(huge.coef * 1e164, exact.coef, atol=1e-8)
    assert not fit_logistic(X * 1e153, np.arange(60) % 2, sample_weight=weight, solver="newton").success
