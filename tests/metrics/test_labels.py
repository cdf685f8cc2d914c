"""What labels are taken for, whatever holds them."""

import subprocess
import sys
import warnings

import numpy as np
import pytest

from mathcore import metrics
from mathcore.metrics import _labels
from mathcore.metrics._labels import as_labels, label_pair, places, target_type


@pytest.mark.parametrize(("y", "kind"), [
    ([0, 1], "binary"), ([1], "binary"), ([], "binary"), ([0, 1, 2], "multiclass"), ([0.0, 1.0, 2.0], "multiclass"),
    (["a", "b"], "binary"), (["a", "b", "c"], "multiclass"), ([True, False], "binary"), ([[0], [1], [2]], "multiclass"),
    ([0.5, 1], "continuous"), ([[0, 1], [1, 1]], "multilabel-indicator"), ([[0, 1], [2, 3]], "multiclass-multioutput"),
    ([[0.5, 1], [2, 3]], "continuous-multioutput"), ([[[0, 1]]], "unknown"), ([1e300, 1e301, 3e301], "multiclass"),
])
def test_target_type(y, kind):
    assert target_type(np.asarray(y), "f", "y") == kind


def test_target_type_of_objects():
    assert target_type(np.array(["a", "b"], object), "f", "y") == "binary"
    assert target_type(np.array([1, 2], object), "f", "y") == "unknown"


@pytest.mark.parametrize("y", [
    [3, 1, 1, 7], [3.0, -1.0], ["b", "a", "b"], [True, False], [10**9, -(10**9)], [2**63 + 1, 5], [0.0, -0.0, 1.0],
])
def test_places_are_those_of_unique(y):
    y = np.asarray(y)
    index, classes = places(y)
    expected, order = np.unique(y, return_inverse=True)
    np.testing.assert_array_equal(classes, expected)
    np.testing.assert_array_equal(index, order)
    assert classes.dtype == y.dtype


def test_pairs_of_different_types():
    pair = label_pair("f", [0, 1, 2], np.array([0.0, 1.0, 5.0]))
    np.testing.assert_array_equal(pair.classes, [0, 1, 2, 5])
    np.testing.assert_array_equal(pair.true_places, [0, 1, 2])
    np.testing.assert_array_equal(pair.pred_places, [0, 1, 3])
    assert pair.kind == "multiclass"
    assert label_pair("f", [0, 1], [2, 1]).kind == "multiclass"
    assert label_pair("f", ["x", "y"], np.array(["x", "z"], object)).classes.tolist() == ["x", "y", "z"]
    assert label_pair("f", [[0, 1], [1, 1]], [[0, 1], [1, 0]]) is None


def test_tables_of_many_classes_and_whole_weights():
    rng = np.random.default_rng(0)
    t, p = (rng.integers(0, 700, 3000) * 1000 for _ in range(2))
    pair = label_pair("f", t, p)
    table = pair.table()
    assert table.dtype == np.int64
    assert table.sum() == 3000
    np.testing.assert_array_equal(pair.margins(), [table.diagonal(), table.sum(0), table.sum(1)])
    big = label_pair("f", [0, 1], [0, 1], [2**62 + 1, 1]).table()
    np.testing.assert_array_equal(big, [[2**62 + 1, 0], [0, 1]])


@pytest.mark.parametrize("layout", [
    lambda a: a.tolist(), lambda a: tuple(a.tolist()), lambda a: np.repeat(a, 2)[::2], lambda a: a[::-1][::-1],
    lambda a: a.astype(">i4"), lambda a: a.reshape(-1, 1), lambda a: a.astype("i1"), lambda a: a.astype("f4"),
    lambda a: np.broadcast_to(a, a.shape), lambda a: np.asfortranarray(a.reshape(-1, 1)),
])
def test_layouts(layout):
    t, p = np.array([0, 1, 1, 2, 0, 1]), np.array([0, 1, 2, 2, 1, 1])
    assert metrics.accuracy_score(layout(t), layout(p)) == 4 / 6
    np.testing.assert_array_equal(metrics.confusion_matrix(layout(t), layout(p)), [[1, 1, 0], [0, 2, 1], [0, 0, 1]])
    assert metrics.f1_score(layout(t), layout(p), average="micro") == 4 / 6


def test_data_frames():
    pd = pytest.importorskip("pandas", reason="pandas is not installed")
    t = pd.Series([0, 1, 1], dtype="Int64")
    assert metrics.accuracy_score(t, pd.Series([0, 1, 0])) == 2 / 3
    assert as_labels(t, "f", "y").dtype == np.int64


def test_warnings_are_ours_and_scikit_learns():
    with pytest.warns(metrics.UndefinedMetricWarning, match="Precision is ill-defined") as seen:
        metrics.precision_score([0, 1], [0, 0])
    assert seen[0].filename == __file__
    exceptions = pytest.importorskip("sklearn.exceptions", reason="scikit-learn is not installed")
    with pytest.warns(exceptions.UndefinedMetricWarning):
        metrics.precision_score([0, 1], [0, 0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", metrics.UndefinedMetricWarning)
        metrics.precision_score([0, 1], [0, 0])
    assert _labels.undefined_class() is _labels.undefined_class()


def test_without_scikit_learn():
    """The room, its common cases, and what it says of the others."""
    code = """if True:
        import sys
        sys.modules["sklearn"] = None
        from mathcore import metrics
        loaded = {name.split(".")[0] for name in sys.modules} & {"scipy", "matplotlib", "pandas"}
        y, p = [0, 1, 1, 0], [0.2, 0.8, 0.4, 0.6]
        assert metrics.roc_auc_score(y, p) == 0.75
        assert metrics.f1_score(list("abba"), list("abab"), pos_label="a") == 0.5
        assert metrics.log_loss(y, p) > 0
        metrics.precision_score([0, 1], [0, 0])
        try:
            metrics.f1_score([[0, 1], [1, 1]], [[0, 1], [1, 0]], average="macro")
        except ImportError as error:
            assert "expected scikit-learn to be installed" in str(error), error
        else:
            raise AssertionError
        assert not loaded, loaded"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, timeout=120)


def test_multilabel_is_scikit_learns():
    theirs = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    rng = np.random.default_rng(0)
    t, p, s = rng.integers(0, 2, (30, 4)), rng.integers(0, 2, (30, 4)), rng.random((30, 4))
    assert metrics.accuracy_score(t, p) == theirs.accuracy_score(t, p)
    assert metrics.classification_report(t, p, zero_division=0) == theirs.classification_report(t, p, zero_division=0)
    for name in ("f1_score", "precision_score", "recall_score"):
        for average in ("micro", "macro", "samples", "weighted"):
            options = {"average": average, "zero_division": 1}
            assert getattr(metrics, name)(t, p, **options) == getattr(theirs, name)(t, p, **options)
    for name in ("roc_auc_score", "average_precision_score"):
        assert getattr(metrics, name)(t, s) == getattr(theirs, name)(t, s)


def test_sparse_and_ragged():
    sparse = pytest.importorskip("scipy.sparse", reason="SciPy is not installed")
    with pytest.raises(TypeError, match="y_true is sparse .*Sparse input is only supported when targets are of "
                                        "multilabel"):
        metrics.f1_score(sparse.csr_array([[0, 1, 1]]), [0, 1, 1])
    with pytest.raises(ValueError, match="f1_score: y_true is not a rectangular array"):
        metrics.f1_score([[0, 1], [1]], [0, 1])
    with pytest.raises(ValueError, match="multiclass-multioutput is not supported"):
        metrics.f1_score([[0, 1], [2, 3]], [[0, 1], [2, 3]])
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    dense = [[0, 1], [1, 1]]
    assert metrics.accuracy_score(sparse.csr_array(dense), dense) == 1
    assert metrics.f1_score(dense, sparse.csr_array(dense), average="macro") == 1
