"""ROC and precision-recall curves and their areas: known values, pairs by loops, scikit-learn where it is there."""

import math
import warnings

import numpy as np
import pytest

from mathcore import metrics
from mathcore.metrics import (
    auc,
    average_precision_score,
    precision_recall_curve,
    ranking,
    roc_auc_score,
    roc_curve,
)

EPS = np.finfo(float).eps


def sample(n=300, seed=0, decimals=1):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n)
    y[:2] = 0, 1
    return y, np.round(y + 2 * rng.standard_normal(n), decimals)


def by_pairs(y, s, w=None):
    w = np.ones(len(y)) if w is None else w
    p, q = s[y == 1], s[y == 0]
    weight = np.outer(w[y == 1], w[y == 0])
    return (weight * ((p[:, None] > q) + (p[:, None] == q) / 2)).sum() / weight.sum()


def test_hanley_and_mcneils_example():
    """J. Hanley and B. McNeil, 1982, table I: 58 normal and 51 abnormal scans rated 1 to 5; the area is 0.893."""
    normal, abnormal = (33, 6, 6, 11, 2), (3, 2, 2, 11, 33)
    y = np.repeat([0, 1], [58, 51])
    s = np.concatenate([np.repeat(np.arange(1.0, 6), normal), np.repeat(np.arange(1.0, 6), abnormal)])
    assert round(roc_auc_score(y, s), 3) == 0.893
    fpr, tpr, _ = roc_curve(y, s, drop_intermediate=False)
    assert len(fpr) == 6
    assert len(roc_curve(y, s)[0]) == 5          # ratings 2 and 3 fall to the same numbers of both
    assert auc(fpr, tpr) == pytest.approx(roc_auc_score(y, s), abs=8 * EPS)


def test_areas_are_exact_counts():
    for seed in range(20):
        y, s = sample(101, seed)
        assert roc_auc_score(y, s) == by_pairs(y, s)
        assert roc_auc_score(y, -s) == by_pairs(y, -s)
        assert roc_auc_score(1 - y, s) == by_pairs(1 - y, s)
        assert roc_auc_score(np.where(y, "yes", "no"), s) == by_pairs(y, s)
    assert roc_auc_score([0, 1], [0.0, 0.0]) == 0.5
    assert roc_auc_score([0, 1], [0.0, -0.0]) == 0.5
    assert roc_auc_score([-1, 1, 1], [1, 2, 3]) == 1
    assert isinstance(roc_auc_score(y, s), float)


def test_only_the_order_counts():
    y, s = sample(500, decimals=3)
    for f in (np.exp, lambda s: s**3, lambda s: s.astype(np.float32), lambda s: np.unique(s, return_inverse=True)[1]):
        assert roc_auc_score(y, f(s)) == roc_auc_score(y, s)
        assert average_precision_score(y, f(s)) == average_precision_score(y, s)


def test_weights():
    y, s = sample()
    w = np.random.default_rng(1).random(300)
    assert roc_auc_score(y, s, sample_weight=w) == pytest.approx(by_pairs(y, s, w), rel=600 * EPS)
    twice = np.random.default_rng(2).integers(0, 3, 300)
    repeated = np.repeat(y, twice), np.repeat(s, twice)
    assert roc_auc_score(y, s, sample_weight=twice) == roc_auc_score(*repeated)
    assert average_precision_score(y, s, sample_weight=twice) == pytest.approx(
        average_precision_score(*repeated), rel=600 * EPS)


def test_one_class():
    warning = metrics.UndefinedMetricWarning
    for y in ([1, 1], np.array([1, 1]), np.array(["a", "a"])):
        with pytest.warns(warning, match="Only one class is present in y_true"):
            assert math.isnan(roc_auc_score(y, [0.1, 0.2]))
    with pytest.warns(warning, match="No negative samples"):
        fpr, tpr, _ = roc_curve([1, 1], [0.1, 0.2])
    assert np.isnan(fpr).all()
    np.testing.assert_array_equal(tpr, [0, 0.5, 1])
    with pytest.warns(warning, match="No positive samples"):
        assert np.isnan(roc_curve([0, 0], [0.1, 0.2])[1]).all()
    with pytest.warns(UserWarning, match="No positive class found"):
        assert average_precision_score([0, 0], [0.1, 0.2]) == 0
    with pytest.warns(UserWarning, match="No positive class found"):
        np.testing.assert_array_equal(precision_recall_curve([0, 0], [0.1, 0.2])[1], [1, 1, 0])
    r = ranking([1, 1], [0.1, 0.2])
    assert math.isnan(r.roc_auc)
    assert r.average_precision == 1


def test_ranking_gives_all_of_it():
    y, s = sample()
    for w in (None, np.random.default_rng(3).random(300)):
        r = ranking(y, s, sample_weight=w)
        assert r.roc_auc == pytest.approx(roc_auc_score(y, s, sample_weight=w), rel=4 * EPS)
        assert r.average_precision == pytest.approx(average_precision_score(y, s, sample_weight=w), rel=300 * EPS)
        for drop in (False, True):
            for a, b in zip(r.roc_curve(drop_intermediate=drop),
                            roc_curve(y, s, sample_weight=w, drop_intermediate=drop), strict=True):
                np.testing.assert_array_equal(a, b)
            for a, b in zip(r.precision_recall_curve(drop_intermediate=drop),
                            precision_recall_curve(y, s, sample_weight=w, drop_intermediate=drop), strict=True):
                np.testing.assert_array_equal(a, b)
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    assert r.plot().get_xlabel() == "false positive rate"


def test_partial_areas():
    """McClish: the whole curve gives the whole area, guesses one half of any part."""
    y, s = sample()
    assert roc_auc_score(y, s, max_fpr=1) == roc_auc_score(y, s)
    assert roc_auc_score([0, 1], [0.5, 0.5], max_fpr=0.3) == pytest.approx(0.5, abs=4 * EPS)
    assert roc_auc_score([0, 0, 1, 1], [0.1, 0.2, 0.3, 0.4], max_fpr=0.1) == 1
    assert roc_auc_score(y, s, max_fpr=0.999999) == pytest.approx(roc_auc_score(y, s), abs=1e-5)


def test_auc():
    assert auc([0, 1], [0, 1]) == auc([1, 0], [1, 0]) == 0.5
    assert auc([1, 0.5, 0], [0, 1, 0]) == 0.5
    assert auc(np.array([[0], [1]]), [2, 2]) == 2


@pytest.mark.parametrize("decimals", [0, 1, 6])
@pytest.mark.parametrize("weighted", [False, True])
def test_curves_as_scikit_learn(decimals, weighted):
    theirs = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    for n in (2, 3, 10, 500, 5000):
        y, s = sample(n, n, decimals)
        options = {"sample_weight": np.random.default_rng(1).integers(0, 5, n) + 0.25} if weighted else {}
        for scores in (s, s.astype("f4"), (10 * s).astype(int)):
            for name in ("roc_curve", "precision_recall_curve"):
                for drop in (False, True):
                    ours, expected = (getattr(m, name)(y, scores, drop_intermediate=drop, **options)
                                      for m in (metrics, theirs))
                    for a, b in zip(ours, expected, strict=True):
                        assert a.dtype == b.dtype
                        np.testing.assert_array_equal(a, b)
            for name in ("roc_auc_score", "average_precision_score"):
                a, b = (getattr(m, name)(y, scores, **options) for m in (metrics, theirs))
                assert a == pytest.approx(b, rel=4 * n * EPS)       # their sums of n terms


@pytest.mark.parametrize("dtype", [int, float, str])
def test_positive_labels_as_scikit_learn(dtype):
    theirs = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    y, s = sample()
    y = (y + 4).astype(dtype)
    for name in ("roc_curve", "precision_recall_curve", "average_precision_score"):
        for label in dict.fromkeys(y.tolist()):
            ours, expected = (getattr(m, name)(y, s, pos_label=label) for m in (metrics, theirs))
            for a, b in zip(*((ours, expected) if name.endswith("curve") else ([ours], [expected])), strict=True):
                np.testing.assert_allclose(a, b, rtol=300 * EPS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert roc_auc_score(y, s) == pytest.approx(theirs.roc_auc_score(y, s), rel=300 * EPS)
