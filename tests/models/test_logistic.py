"""Logistic regression against the optimum that SciPy's minimiser finds."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import logsumexp

from mathcore.models import LogisticRegression

RNG = np.random.default_rng(1)
X = RNG.standard_normal((150, 3)) + 1
Y3 = (X @ RNG.standard_normal((3, 3)) + RNG.gumbel(size=(150, 3))).argmax(axis=1)
W = RNG.random(150) + 0.1


def objective(params, x, y, w, C, k):
    """C sum of the losses + |w|^2 / 2; two classes by one row."""
    theta = params.reshape(1 if k == 2 else k, -1)
    scores = x @ theta[:, :-1].T + theta[:, -1]
    scores = np.hstack([np.zeros((len(x), 1)), scores]) if k == 2 else scores
    return C * (w * (logsumexp(scores, axis=1) - scores[np.arange(len(x)), y])).sum() + (theta[:, :-1]**2).sum() / 2


@pytest.mark.parametrize("C", [0.1, 1, 20])
@pytest.mark.parametrize("k", [2, 3])
@pytest.mark.parametrize("weight", [None, W], ids=["equal", "weighted"])
def test_the_optimum(k, C, weight):
    y, w = np.minimum(Y3, k - 1), np.ones(150) if weight is None else weight
    model = LogisticRegression(C=C).fit(X, y, sample_weight=weight)
    rows = 1 if k == 2 else k
    assert model.coef_.shape == (rows, 3)
    assert model.intercept_.shape == (rows,)
    best = minimize(objective, np.zeros(rows * 4), args=(X, y, w, C, k), tol=1e-12)
    ours = objective(np.hstack([model.coef_, model.intercept_[:, None]]).ravel(), X, y, w, C, k)
    assert ours <= best.fun * (1 + 1e-6)
    assert model.n_iter_[0] >= 1


def test_class_weights():
    y = np.minimum(Y3, 1)
    balanced = 150 / (2 * np.bincount(y))
    expected = LogisticRegression().fit(X, y, sample_weight=balanced[y])
    for given in ("balanced", dict(enumerate(balanced))):
        np.testing.assert_allclose(LogisticRegression(class_weight=given).fit(X, y).coef_, expected.coef_, atol=1e-6)
    for given, message in (("even", "class_weight is not known"), ({7: 2.0}, "class_weight names 7; expected labels")):
        with pytest.raises(ValueError, match=message):
            LogisticRegression(class_weight=given).fit(X, y)


def test_penalties():
    y = np.minimum(Y3, 1)
    sparse = LogisticRegression("l1", C=0.01, tol=1e-5).fit(X, y)
    assert (sparse.coef_ == 0).any()
    free = LogisticRegression(None).fit(X, y)
    assert np.linalg.norm(free.coef_) > np.linalg.norm(LogisticRegression(C=0.1).fit(X, y).coef_)
    for options, message in (({"penalty": "l3"}, "penalty is not known"), ({"C": 0}, "C is out of range"),
                             ({"penalty": "elasticnet", "l1_ratio": 2}, "l1_ratio is out of range"),
                             ({"max_iter": 0}, "max_iter"), ({"tol": -1.0}, "tol")):
        with pytest.raises(ValueError, match=message):
            LogisticRegression(**options).fit(X, y)


def test_warm_start_and_plot():
    y = np.minimum(Y3, 1)
    model = LogisticRegression(warm_start=True).fit(X, y)
    first = model.coef_.copy()
    model.fit(X, y)
    assert model.n_iter_[0] == 1
    np.testing.assert_allclose(model.coef_, first, atol=1e-8)
    assert str(model.trace_)
    pytest.importorskip("matplotlib", reason="an extra")
    assert model.plot().lines


@pytest.mark.parametrize("solver", ["lbfgs", "liblinear", "newton-cg", "newton-cholesky", "sag", "saga"])
@pytest.mark.parametrize("classes", [2, 3])
def test_scikit_learns_solvers_by_name(solver, classes):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((120, 3))
    y = np.argmax(x[:, :classes] + rng.gumbel(size=(120, classes)), axis=1)
    own, named = LogisticRegression().fit(x, y), LogisticRegression(solver=solver).fit(x, y)
    np.testing.assert_allclose(named.coef_, own.coef_, atol=1e-5)
    assert named.get_params()["solver"] == solver


def test_l1_ratio_is_the_kind_of_penalty():
    """scikit-learn's parameters since 1.8; a penalty that is named goes before it."""
    ratio, named = LogisticRegression(C=0.1, l1_ratio=1.0).fit(X, Y3), LogisticRegression("l1", C=0.1).fit(X, Y3)
    assert np.array_equal(ratio.coef_, named.coef_)
    assert (ratio.coef_ == 0).any()
    plain = LogisticRegression("l2", C=0.1, l1_ratio=1.0).fit(X, Y3)
    assert np.array_equal(plain.coef_, LogisticRegression(C=0.1).fit(X, Y3).coef_)
    free = LogisticRegression(C=np.inf).fit(X, Y3)
    assert np.array_equal(free.coef_, LogisticRegression(None).fit(X, Y3).coef_)


def test_a_fit_that_does_not_converge_says_so():
    with pytest.warns(UserWarning, match="LogisticRegression.fit: max_iter steps done, the gradient's norm"):
        LogisticRegression(max_iter=1, tol=1e-12).fit(X, Y3)
