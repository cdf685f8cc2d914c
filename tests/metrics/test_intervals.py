"""Confidence intervals: published examples, definitions, coverage, and the same bits for any number of threads."""

import math

import numpy as np
import pytest
import scipy.stats

from mathcore import metrics
from mathcore.metrics import accuracy_ci, f1_ci, metric_ci, roc_auc_ci, roc_auc_score

EPS = np.finfo(float).eps


def labels(n=200, seed=0, k=2):
    rng = np.random.default_rng(seed)
    t = rng.integers(0, k, n)
    return t, np.where(rng.random(n) < 0.8, t, rng.integers(0, k, n))


def ranked(n=80, seed=0, decimals=1):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n)
    return y, np.round(y + rng.standard_normal(n), decimals)


@pytest.mark.parametrize(("right", "n"), [(0, 10), (1, 10), (8, 10), (10, 10), (90, 100), (263, 300)])
def test_proportions(right, n):
    t, p = np.zeros(n, int), np.repeat([0, 1], [right, n - right])
    for level in (0.5, 0.95, 0.999):
        for method in ("wilson", "exact"):
            value, low, high = accuracy_ci(t, p, confidence_level=level, method=method)
            expected = scipy.stats.binomtest(right, n).proportion_ci(level, method=method)
            assert value == right / n
            # their ends of "exact" come from a root finder with steps of 2e-12
            np.testing.assert_allclose([low, high], expected, atol=16 * EPS if method == "wilson" else 1e-11)


def delong_by_definition(y, s):
    p, q = s[y == 1], s[y == 0]
    beats = (p[:, None] > q) + (p[:, None] == q) / 2
    return beats.mean(), beats.mean(axis=1).var(ddof=1) / len(p) + beats.mean(axis=0).var(ddof=1) / len(q)


@pytest.mark.parametrize("decimals", [0, 1, 9])
def test_delong(decimals):
    for seed in range(10):
        y, s = ranked(50, seed, decimals)
        area, variance = delong_by_definition(y, s)
        value, low, high = roc_auc_ci(y, s)
        half = 1.959963984540054 * math.sqrt(variance)
        assert value == pytest.approx(area, rel=4 * EPS)
        np.testing.assert_allclose([low, high], [max(0, area - half), min(1, area + half)], rtol=200 * EPS)


def test_delong_edges():
    assert roc_auc_ci([0, 0, 1, 1], [1, 2, 3, 4]) == (1, 1, 1)
    value, low, high = roc_auc_ci([0, 1, 1], [1, 2, 3])
    assert value == 1
    assert math.isnan(low)
    assert math.isnan(high)
    assert all(map(math.isnan, roc_auc_ci([1, 1], [1.0, 2.0])))
    assert roc_auc_ci(["a", "a", "b", "b"], [1, 2, 3, 4], pos_label="a") == (0, 0, 0)


def test_intervals_hold_their_level():
    """95 % intervals of 400 samples of 60: within 4 standard errors, 4 sqrt(0.05 0.95 / 400), of it, but for half a
    percent that the normal approximation may miss."""
    truth = scipy.stats.norm.cdf(1 / math.sqrt(2))
    for method, options in (("delong", {}), ("percentile", {"n_resamples": 400}), ("bca", {"n_resamples": 400})):
        inside = 0
        for seed in range(400):
            rng = np.random.default_rng(seed)
            y = np.repeat([0, 1], 30)
            _, low, high = roc_auc_ci(y, y + rng.standard_normal(60), method=method, rng=seed, **options)
            inside += low <= truth <= high
        assert abs(inside / 400 - 0.95) <= 0.044 + 0.005, method


def test_bca_is_scipys():
    """Of the accuracy: the bias of both comes from 20 000 resamples of their own."""
    t, p = labels(60)
    right = (t == p).astype(float)
    theirs = scipy.stats.bootstrap((right,), np.mean, n_resamples=20_000, method="BCa", rng=np.random.default_rng(0))
    _, low, high = accuracy_ci(t, p, method="bca", n_resamples=20_000, rng=1)
    # ends are multiples of 1 / 60; a tail's quantile may fall on either side of a step
    np.testing.assert_allclose([low, high], theirs.confidence_interval, atol=1 / 60 + 4 * EPS)


@pytest.mark.parametrize("metric", ["accuracy", "f1", "precision", "recall"])
@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_counts_and_calls_agree(metric, method):
    """A multinomial draw of the matrix against calls of the metric on resampled rows: quantiles of 4000 resamples each
    within 4 standard errors, sqrt(q (1 - q) / m) / density, density of a normal at its 2.5 % quantile."""
    t, p = labels(150)
    function = {"accuracy": metrics.accuracy_score, "f1": metrics.f1_score, "precision": metrics.precision_score,
                "recall": metrics.recall_score}[metric]
    m = 4000
    fast = metric_ci(metric, t, p, method=method, n_resamples=m, rng=0)
    assert fast == metric_ci(function, t, p, method=method, n_resamples=m, rng=0)
    slow = metric_ci(lambda t, p: function(t, p), t, p, method=method, n_resamples=m, rng=0)
    assert fast.value == slow.value == function(t, p)
    spread = (slow.high - slow.low) / (2 * 1.96)
    error = math.sqrt(0.025 * 0.975 / m) / scipy.stats.norm.pdf(1.96) * spread
    np.testing.assert_allclose(fast, slow, atol=4 * math.sqrt(2) * error + 1 / 75)     # 1 / 75: steps of the metric


def test_averages_of_f1():
    t, p = labels(300, k=4)
    for average in ("micro", "macro", "weighted"):
        value, low, high = f1_ci(t, p, average=average, rng=0, n_resamples=999)
        assert value == pytest.approx(metrics.f1_score(t, p, average=average), rel=8 * EPS)
        assert low < value < high
    assert f1_ci(["y", "n"] * 20, ["y", "n"] * 20, pos_label="y", n_resamples=99) == (1, 1, 1)


def test_jackknife_of_the_area():
    """BCa by calls of the metric, whose jackknife leaves out each sample in turn."""
    y, s = ranked(60)
    fast = roc_auc_ci(y, s, method="bca", n_resamples=8000, rng=0)
    slow = metric_ci(lambda y, s: roc_auc_score(y, s), y, s, n_resamples=2000, rng=0)
    assert fast.value == slow.value
    spread = (slow.high - slow.low) / (2 * 1.96)
    error = math.sqrt(0.025 * 0.975) / scipy.stats.norm.pdf(1.96) * spread * (2000**-0.5 + 8000**-0.5)
    np.testing.assert_allclose(fast, slow, atol=4 * error)


def test_seeds_and_threads():
    y, s = ranked(200)
    first = roc_auc_ci(y, s, method="bootstrap", n_resamples=999, rng=5, workers=1)
    assert first == roc_auc_ci(y, s, method="bca", n_resamples=999, rng=5, workers=3)
    assert first == metric_ci("roc_auc", y, s, n_resamples=999, rng=np.random.default_rng(5))
    assert first == metric_ci(roc_auc_score, y, s, n_resamples=999, rng=5)
    assert first != roc_auc_ci(y, s, method="bca", n_resamples=999, rng=6)


def test_metrics_that_are_nan_are_left_out():
    y, p = np.arange(5.0), np.arange(5.0)[::-1]
    value, low, high = metric_ci(lambda y, p: np.nan if y[0] == y[1] else y.mean(), y + 1, p, n_resamples=200, rng=0)
    assert (value, low <= high) == (3, True)
    assert all(map(math.isnan, metric_ci(lambda y, p: math.nan, y, p, n_resamples=10)))
    rows = metric_ci(lambda y, p: float((y - p).max()), np.ones((6, 2)), np.zeros((6, 2)), n_resamples=20, rng=0)
    assert rows == (1, 1, 1)
