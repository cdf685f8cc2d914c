"""Losses of probabilities and calibration: known values, definitions in longdouble, scikit-learn where it is there."""

import math
import warnings

import numpy as np
import pytest

from mathcore import metrics
from mathcore.metrics import (
    brier_score_loss,
    calibration_curve,
    expected_calibration_error,
    log_loss,
    top_k_accuracy_score,
)

EPS = np.finfo(float).eps


def rows(k, n=200, seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    y = np.concatenate([np.arange(k), rng.integers(0, k, n - k)])
    return y, rng.dirichlet(np.ones(k), n).astype(dtype)


def test_known_losses():
    assert log_loss([0, 1], [0.5, 0.5]) == pytest.approx(math.log(2), rel=2 * EPS)
    assert log_loss([1, 0], [1.0, 0.0]) == pytest.approx(EPS, rel=1e-15)        # within eps ... 1 - eps
    assert log_loss([0, 1], [1.0, 0.0]) == pytest.approx(-math.log(EPS), rel=2 * EPS)
    assert log_loss([0, 1, 2], np.full((3, 3), 1 / 3), normalize=False) == pytest.approx(3 * math.log(3), rel=8 * EPS)
    assert brier_score_loss([0, 1], [0.25, 0.25]) == (0.25**2 + 0.75**2) / 2
    assert brier_score_loss([0, 1, 2], np.eye(3)) == 0
    assert brier_score_loss([0, 1], [[0.75, 0.25], [0.75, 0.25]]) == (0.25**2 + 0.75**2) / 2
    assert brier_score_loss([0, 1], [0.25, 0.25], scale_by_half=False) == 0.25**2 + 0.75**2


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_log_loss_is_cross_entropy(dtype):
    for k in (2, 3, 7):
        y, p = rows(k, dtype=dtype)
        exact = -np.log(p[np.arange(200), y].astype(np.longdouble)).mean()
        # 1 ULP of each logarithm and 200 additions
        assert abs(log_loss(y, p) - exact) <= 210 * np.finfo(dtype).eps * exact
        names = np.array(list("abcdefg"))[y]
        assert log_loss(names, p) == log_loss(y, p)
        if dtype == "float64":               # rows of float32 do not add up to 1 to the root of 2^-52
            assert log_loss(names.tolist(), p.tolist()) == log_loss(y, p)
        assert log_loss(3 * y - 5, p) == log_loss(y, p)
        assert log_loss(y, np.asfortranarray(p)) == log_loss(y, p)
    assert log_loss(y, p.astype("f2"), labels=range(k)) > 0


def test_log_loss_of_labels():
    p = np.array([[0.2, 0.7, 0.1], [0.6, 0.2, 0.2]])
    assert log_loss([1, 0], p, labels=[0, 1, 2]) == pytest.approx(-(math.log(0.7) + math.log(0.6)) / 2, rel=8 * EPS)
    with pytest.warns(UserWarning, match="assumes labels are ordered lexicographically"):
        log_loss([1, 0], p, labels=[2, 1, 0])
    with pytest.warns(UserWarning, match="do not sum to one"):
        log_loss([1, 0], [[0.5, 0.6], [0.2, 0.8]])
    with pytest.warns(FutureWarning, match="`y_pred` was renamed to `y_proba`"):
        assert log_loss([1, 0], y_pred=[0.5, 0.5]) == pytest.approx(math.log(2), rel=2 * EPS)


@pytest.mark.parametrize("weighted", [False, True])
def test_losses_as_scikit_learn(weighted):
    theirs = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    for k in (2, 4):
        for kind in (int, str):
            y, p = rows(k)
            y = y.astype(kind)
            options = {"sample_weight": np.random.default_rng(1).random(200)} if weighted else {}
            for q in (p, *((p[:, 1], p[:, 1:]) if k == 2 else ())):
                for name in ("log_loss", "brier_score_loss"):
                    more = {"pos_label": "1"} if name == "brier_score_loss" and kind is str else {}
                    ours, expected = (getattr(m, name)(y, q, **options, **more) for m in (metrics, theirs))
                    assert ours == pytest.approx(expected, rel=400 * EPS)


# ------------------------------------------------------------------ calibration

def test_calibration_curve():
    y, p = [0, 1, 0, 1, 1, 1], [0.1, 0.1, 0.2, 0.6, 0.7, 1.0]
    share, mean = calibration_curve(y, p, n_bins=4)
    np.testing.assert_allclose(share, [1 / 3, 1, 1], rtol=2 * EPS)
    np.testing.assert_allclose(mean, [0.4 / 3, 0.65, 1], rtol=4 * EPS)
    share, mean = calibration_curve(np.where(y, "y", "n"), p, n_bins=2, strategy="quantile", pos_label="y")
    np.testing.assert_allclose(share, [1 / 3, 1], rtol=2 * EPS)
    np.testing.assert_array_equal(calibration_curve([1, 1], [1.0, 0.0], n_bins=2)[0], [1, 1])


@pytest.mark.parametrize("strategy", ["uniform", "quantile"])
def test_calibration_curve_as_scikit_learn(strategy):
    theirs = pytest.importorskip("sklearn.calibration", reason="scikit-learn is not installed")
    rng = np.random.default_rng(0)
    for n in (3, 50, 1000):
        p = np.round(rng.random(n), 2)
        y = (rng.random(n) < p).astype(int)
        for n_bins in (1, 5, 20):
            for a, b in zip(*(m.calibration_curve(y, p, n_bins=n_bins, strategy=strategy) for m in (metrics, theirs)),
                            strict=True):
                np.testing.assert_array_equal(a, b)


def test_expected_calibration_error():
    rng = np.random.default_rng(0)
    p = rng.random(500)
    y = (rng.random(500) < p).astype(int)
    share, mean = calibration_curve(y, p, n_bins=10)
    number = np.histogram(p, np.linspace(0, 1, 11))[0]
    gap = np.abs(share - mean)
    for norm, expected in (("l1", number @ gap / 500), ("l2", math.sqrt(number @ gap**2 / 500)), ("max", gap.max())):
        # sums of 500 terms in another order, of which the gap is a part
        assert expected_calibration_error(y, p, n_bins=10, norm=norm) == pytest.approx(expected, abs=500 * EPS)
    assert expected_calibration_error([0, 1], [0.0, 1.0]) == 0
    assert expected_calibration_error([1, 0], [0.0, 1.0]) == 1
    assert expected_calibration_error([0, 1], [[0.9, 0.1], [0.9, 0.1]], n_bins=1) == pytest.approx(0.4, abs=4 * EPS)
    assert expected_calibration_error(np.array([True, False]), np.array([1, 0], "f4"), strategy="quantile") == 0


# ------------------------------------------------------------------ the first k

def test_top_k():
    s = np.array([[0.5, 0.2, 0.3], [0.1, 0.1, 0.8], [0.2, 0.2, 0.2]])
    assert top_k_accuracy_score([0, 1, 2], s, k=1) == 2 / 3        # of equal scores the later class is first
    assert top_k_accuracy_score([0, 1, 2], s, k=2) == 1
    assert top_k_accuracy_score([0, 1, 2], s, k=1, normalize=False, sample_weight=[1, 2, 4]) == 5
    assert top_k_accuracy_score([0, 1], [0.4, 0.6], k=1) == 1
    with pytest.warns(metrics.UndefinedMetricWarning, match="greater than or equal to 'n_classes'"):
        assert top_k_accuracy_score([0, 1, 2], s, k=3) == 1


def test_top_k_as_scikit_learn():
    theirs = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    rng = np.random.default_rng(0)
    for n_classes in (2, 3, 8):
        y = np.concatenate([np.arange(n_classes), rng.integers(0, n_classes, 100)])
        s = np.round(rng.standard_normal((len(y), n_classes)), 1)
        s = s[:, 1] if n_classes == 2 else s
        for k in range(1, n_classes + 1):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                for labels in (y, y.astype(str)):
                    ours, expected = (m.top_k_accuracy_score(labels, s, k=k, sample_weight=1 + y)
                                      for m in (metrics, theirs))
                    assert ours == pytest.approx(expected, rel=4 * EPS)
