"""Accuracy, confusion matrices and their coefficients: known values, definitions, scikit-learn where it is there."""

import math
import warnings

import numpy as np
import pytest

from mathcore import metrics
from mathcore.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    cohen_kappa_score,
    confusion_matrix,
    matthews_corrcoef,
)

EPS = np.finfo(float).eps


def sample(k, n=200, seed=0, dtype=np.int64):
    rng = np.random.default_rng(seed)
    t = rng.integers(0, k, n)
    return t.astype(dtype), np.where(rng.random(n) < 0.6, t, rng.integers(0, k, n)).astype(dtype)


def test_known_values():
    t, p = np.array([1] * 50 + [0] * 50), np.array([1] * 40 + [0] * 10 + [1] * 5 + [0] * 45)
    np.testing.assert_array_equal(confusion_matrix(t, p), [[45, 5], [10, 40]])
    assert accuracy_score(t, p) == 0.85
    assert balanced_accuracy_score(t, p) == pytest.approx(0.85, abs=2 * EPS)
    assert matthews_corrcoef(t, p) == pytest.approx((40 * 45 - 5 * 10) / math.sqrt(45 * 50 * 50 * 55), abs=4 * EPS)
    assert cohen_kappa_score(t, p) == pytest.approx((0.85 - 0.5) / 0.5, abs=8 * EPS)     # chance: .5 * .45 + .5 * .55


def test_cohens_example():
    """Two readers of 50 grants: kappa 0.4."""
    first = ["yes"] * 25 + ["no"] * 25
    second = ["yes"] * 20 + ["no"] * 5 + ["yes"] * 10 + ["no"] * 15
    assert cohen_kappa_score(first, second) == pytest.approx(0.4, abs=8 * EPS)
    assert cohen_kappa_score(first, first) == 1


@pytest.mark.parametrize("k", [2, 3, 20, 300])
def test_confusion_matrix_of_text_and_numbers(k):
    t, p = sample(k)
    expected = confusion_matrix(t, p)
    assert expected.sum() == 200
    names = np.array([f"{i:03d}" for i in range(k)])
    np.testing.assert_array_equal(confusion_matrix(names[t], names[p]), expected)
    np.testing.assert_array_equal(confusion_matrix(names[t].astype(object), names[p].astype(object)), expected)
    np.testing.assert_array_equal(confusion_matrix(10_000 * t, 10_000 * p), expected)
    np.testing.assert_array_equal(confusion_matrix(t.astype("u1") if k < 256 else t, p), expected)
    np.testing.assert_array_equal(confusion_matrix(p, t), expected.T)
    np.testing.assert_array_equal(confusion_matrix(t, p, sample_weight=np.full(200, 2.0)), 2.0 * expected)
    assert confusion_matrix(t, p, sample_weight=np.full(200, 2)).dtype == np.int64


def test_confusion_matrix_of_chosen_labels():
    t, p = [0, 1, 2, 2, 1, 0], [0, 2, 2, 2, 1, 1]
    np.testing.assert_array_equal(confusion_matrix(t, p, labels=[2, 0]), [[2, 0], [0, 1]])
    np.testing.assert_array_equal(confusion_matrix(t, p, labels=[0, 9]), [[1, 0], [0, 0]])
    with pytest.raises(ValueError, match="At least one label specified must be in y_true"):
        confusion_matrix(t, p, labels=["a"])
    with pytest.warns(UserWarning, match="A single label was found"):
        np.testing.assert_array_equal(confusion_matrix([1, 1], [1, 1]), [[2]])
    for normalize, total in (("true", 3), ("pred", 3), ("all", 1)):
        assert confusion_matrix(t, p, normalize=normalize).sum() == pytest.approx(total, abs=9 * EPS)
    assert (confusion_matrix([0, 1], [1, 1], normalize="pred") == [[0, 0.5], [0, 0.5]]).all()


def test_accuracy_is_the_trace():
    for dtype in (bool, np.int8, np.uint16, np.int64, np.float32, np.float64):
        t, p = sample(2, dtype=dtype)
        assert accuracy_score(t, p) == np.trace(confusion_matrix(t, p)) / 200
        assert accuracy_score(t, p, normalize=False) == np.trace(confusion_matrix(t, p))
        assert isinstance(accuracy_score(t, p, normalize=False), float)
    w = np.arange(200.0)
    assert accuracy_score(t, p, sample_weight=w) == pytest.approx(w[t == p].sum() / w.sum(), abs=4 * EPS)
    assert accuracy_score(t, p, normalize=False, sample_weight=w) == w[t == p].sum()


def test_degenerate_classes():
    with pytest.warns(UserWarning, match="A single label was found") as seen:
        assert matthews_corrcoef([1, 1, 1], [1, 1, 1]) == 0
    assert seen[0].filename == __file__
    assert matthews_corrcoef([0, 1], [1, 0]) == -1
    with pytest.warns(UserWarning, match="y_pred contains classes not in y_true"):
        assert balanced_accuracy_score([0, 0, 1], [0, 2, 1]) == 0.75
    assert balanced_accuracy_score([0, 1, 0, 1], [0, 0, 0, 0], adjusted=True) == 0
    single = pytest.warns(UserWarning, match="A single label was found")
    with single, pytest.warns(metrics.UndefinedMetricWarning, match="only one label in common"):
        assert math.isnan(cohen_kappa_score([1, 1], [1, 1]))
    with pytest.warns(metrics.UndefinedMetricWarning, match="no labels that are present in both"):
        assert cohen_kappa_score([1, 1, 2], [3, 3, 3], labels=[1, 2], replace_undefined_by=0.5) == 0.5
    with pytest.raises(ValueError, match="must be present in `y1`"):
        cohen_kappa_score([1, 1], [2, 2], labels=[2])


def test_weighted_kappa():
    """Fleiss and Cohen: quadratic weights of a table with equal sums are a correlation of ranks."""
    t, p = sample(4, 2000, 1)
    both = np.concatenate([t, p]), np.concatenate([p, t])      # equal sums of rows and columns
    assert cohen_kappa_score(*both, weights="quadratic") == pytest.approx(np.corrcoef(*both)[0, 1], abs=1e-12)
    two = t % 2, p % 2
    assert cohen_kappa_score(*two, weights="linear") == pytest.approx(cohen_kappa_score(*two), abs=8 * EPS)


@pytest.mark.parametrize("k", [2, 5, 300])
@pytest.mark.parametrize("weighted", [False, True])
def test_as_scikit_learn(k, weighted):
    theirs = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    t, p = sample(k, 500, k)
    options = {"sample_weight": np.random.default_rng(1).random(500)} if weighted else {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tables = [m.confusion_matrix(t, p, **options) for m in (metrics, theirs)]
        np.testing.assert_allclose(*tables, rtol=500 * EPS)
        # sums of at most 500 weights in another order, and a few quotients
        for name in ("accuracy_score", "balanced_accuracy_score", "matthews_corrcoef"):
            got, expected = (getattr(m, name)(t, p, **options) for m in (metrics, theirs))
            assert got == pytest.approx(expected, rel=500 * EPS), name
        for weights in (None, "linear", "quadratic"):
            got, expected = (m.cohen_kappa_score(t, p, weights=weights, **options) for m in (metrics, theirs))
            assert got == pytest.approx(expected, rel=1000 * EPS)
