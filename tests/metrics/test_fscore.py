"""Precision, recall, F and the report: known values, identities, 0 / 0, scikit-learn where it is there."""

import math
import warnings

import numpy as np
import pytest

from mathcore import metrics
from mathcore.metrics import (
    classification_report,
    f1_score,
    fbeta_score,
    precision_recall_fscore_support,
    precision_score,
    recall_score,
)
from tests.metrics.test_classification import sample

EPS = np.finfo(float).eps


def test_known_values():
    t, p = [0, 1, 1, 1, 0, 1], [0, 1, 1, 0, 1, 1]            # 3 right positives of 4 predicted and of 4 true
    assert precision_score(t, p) == recall_score(t, p) == f1_score(t, p) == 0.75
    assert precision_score(t, p, pos_label=0) == 0.5
    t, p = [1] * 8 + [0] * 2, [1] * 4 + [0] * 4 + [1, 0]
    assert (precision_score(t, p), recall_score(t, p)) == (0.8, 0.5)
    assert f1_score(t, p) == 8 / 13
    assert fbeta_score(t, p, beta=2) == 20 / 37
    assert fbeta_score(t, p, beta=0) == 0.8
    assert fbeta_score(t, p, beta=math.inf) == 0.5


def test_averages():
    t, p = sample(4)
    precision, recall, f, support = precision_recall_fscore_support(t, p)
    assert support.dtype == np.int64
    for name, each in (("precision_score", precision), ("recall_score", recall), ("f1_score", f)):
        function = getattr(metrics, name)
        np.testing.assert_array_equal(function(t, p, average=None), each)
        assert function(t, p, average="macro") == pytest.approx(each.mean(), abs=4 * EPS)
        assert function(t, p, average="weighted") == pytest.approx(each @ support / 200, abs=8 * EPS)
        assert function(t, p, average="micro") == np.mean(t == p)
    np.testing.assert_allclose(f, 2 * precision * recall / (precision + recall), rtol=4 * EPS)
    np.testing.assert_array_equal(recall_score(t, p, average=None, labels=[2, 9, 0], zero_division=0),
                                  [recall[2], 0, recall[0]])
    assert precision_score(t, p, average="micro", labels=[1, 2]) == (
        ((t == p) & (t > 0) & (t < 3)).sum() / ((p > 0) & (p < 3)).sum())


@pytest.mark.parametrize("zero", [0, 1, math.nan])
def test_zero_division(zero):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert precision_score([0, 1], [0, 0], zero_division=zero) == pytest.approx(zero, nan_ok=True)
        found = f1_score([0, 1, 1], [0, 1, 1], labels=[0, 1, 2], average="macro", zero_division=zero)
    assert found == pytest.approx(1 if math.isnan(zero) else (2 + zero) / 3)       # NaN is left out of the mean


def test_zero_division_warns():
    warning = metrics.UndefinedMetricWarning
    with pytest.warns(warning, match="Precision is ill-defined and being set to 0.0 due to no predicted samples"):
        assert precision_score([0, 1], [0, 0]) == 0
    with pytest.warns(warning, match="Recall is ill-defined and being set to 0.0 in labels with no true samples"):
        recall_score([0, 1], [0, 2], average=None)
    with pytest.warns(warning, match="F-score is ill-defined and being set to 0.0 due to no true nor predicted "
                                     "samples"):
        f1_score([0, 0], [0, 0])
    with pytest.warns(UserWarning, match="pos_label .set to 2. is ignored"):
        f1_score([0, 1], [0, 1], pos_label=2, average="macro")
    assert precision_score([0, 0], [0, 0], pos_label=0) == 1


def test_text():
    t, p = np.array(list("spam"))[[0, 1, 2, 1]], np.array(list("spam"))[[0, 1, 1, 2]]
    assert precision_score(t, p, average="micro") == 0.5
    assert f1_score(["n", "y", "y"], ["n", "y", "n"], pos_label="y") == 2 / 3
    with pytest.raises(ValueError, match="pos_label=1 is not a valid label"):
        f1_score(["n", "y"], ["n", "y"])
    with pytest.raises(ValueError, match="Mix of label input types"):
        f1_score([0, 1], [0, 1], labels=["a"], average="macro")


def test_report_as_a_dict():
    t, p = sample(3)
    report = classification_report(t, p, output_dict=True)
    assert list(report) == ["0", "1", "2", "accuracy", "macro avg", "weighted avg"]
    assert report["accuracy"] == np.mean(t == p)
    assert report["1"]["recall"] == recall_score(t, p, average=None)[1]
    part = classification_report(t, p, labels=[0, 2], output_dict=True)
    assert list(part) == ["0", "2", "micro avg", "macro avg", "weighted avg"]
    with pytest.warns(UserWarning, match="does not match size of target_names"):
        classification_report(t, p, labels=[0, 2], target_names=["a"])


@pytest.mark.parametrize("k", [2, 5, 300])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("average", [None, "micro", "macro", "weighted"])
def test_as_scikit_learn(k, weighted, average):
    theirs = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    t, p = sample(k, 500, k)
    options = {"sample_weight": np.random.default_rng(1).random(500)} if weighted else {}
    for labels in (None, [0, 1], [1, 0, k + 3]):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ours, expected = (m.precision_recall_fscore_support(t, p, average=average, labels=labels, **options)
                              for m in (metrics, theirs))
        for a, b in zip(ours, expected, strict=True):
            assert type(a) is type(b)
            if a is not None:                # 500 weights in another order
                np.testing.assert_allclose(a, b, rtol=500 * EPS)


@pytest.mark.parametrize("k", [2, 3, 12])
def test_report_as_scikit_learn(k):
    theirs = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    t, p = sample(k, 150, k)
    for dtype in (int, float, str):
        args = t.astype(dtype), p.astype(dtype)
        for options in ({}, {"digits": 4}, {"target_names": [f"the class {i}" for i in range(k)]},
                        {"sample_weight": np.arange(150) % 4 / 2}, {"labels": args[0][:1]}):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                assert classification_report(*args, **options) == theirs.classification_report(*args, **options)
