"""Errors of real targets: known values, definitions in longdouble, edges, scikit-learn where it is there."""

import math
import warnings

import numpy as np
import pytest

from mathcore import metrics
from mathcore.metrics import (
    explained_variance_score,
    max_error,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    median_absolute_error,
    r2_score,
    root_mean_squared_error,
)

EPS = np.finfo(float).eps
AVERAGED = (explained_variance_score, mean_absolute_error, mean_absolute_percentage_error, mean_squared_error,
            median_absolute_error, r2_score, root_mean_squared_error)


def sample(n=300, outputs=None, dtype=np.float64, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.standard_normal(n if outputs is None else (n, outputs)) + 3
    return y.astype(dtype), (y + 0.5 * rng.standard_normal(y.shape)).astype(dtype), rng.random(n).astype(dtype)


def definition(function, y, p, w):
    y, p, w = (a.astype(np.longdouble) for a in (y, p, w))
    mean = lambda x: (w * x).sum() / w.sum()       # noqa: E731
    rest, spread = mean((y - p)**2), mean((y - mean(y))**2)
    return {
        mean_squared_error: lambda: rest, root_mean_squared_error: lambda: np.sqrt(rest),
        mean_absolute_error: lambda: mean(abs(y - p)), r2_score: lambda: 1 - rest / spread,
        mean_absolute_percentage_error: lambda: mean(abs(y - p) / abs(y)),
        explained_variance_score: lambda: 1 - mean((y - p - mean(y - p))**2) / spread,
    }[function]()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("function", [f for f in AVERAGED if f is not median_absolute_error])
def test_definitions(isa, function, dtype):
    for n in (2, 15, 16, 17, 1000, 5000):
        y, p, w = sample(n, dtype=dtype)
        # 64 or 128 terms of a lane in 1000, and 6 blocks; differences of numbers up to 6 of which 0.3 is left
        allowed = 20 * (30 + min(n, 4096) * np.dtype(dtype).itemsize / 64) * np.finfo(dtype).eps
        assert abs(function(y, p) - definition(function, y, p, np.ones(n))) <= allowed
        assert abs(function(y, p, sample_weight=w) - definition(function, y, p, w)) <= allowed
        assert type(function(y, p)) is float


def test_known_values():
    y, p = [3, -0.5, 2, 7], [2.5, 0.0, 2, 8]
    assert mean_squared_error(y, p) == 0.375
    assert root_mean_squared_error(y, p) == math.sqrt(0.375)
    assert mean_absolute_error(y, p) == median_absolute_error(y, p) == 0.5
    assert max_error(y, p) == 1
    assert r2_score(y, p) == pytest.approx(1 - 1.5 / 29.1875, rel=4 * EPS)
    assert max_error([1, 2], [5, 2]) == 4
    assert max_error(np.array([1.0, -3]), np.array([1.0, 5])) == 8
    assert mean_absolute_percentage_error([0.0, 1.0], [1.0, 1.0]) == 2.0**51


def test_constant_targets():
    """R^2 of a constant: 1 where it is met, 0 where it is not; NaN and -inf by the bare formula."""
    for function in (r2_score, explained_variance_score):
        for form in (list, np.array):
            y, same, other = form([2.0, 2.0]), form([2.0, 2.0]), form([1.0, 2.0])
            assert function(y, same) == 1
            assert function(y, other) == 0
            assert math.isnan(function(y, same, force_finite=False))
            assert function(y, other, force_finite=False) == -math.inf
    with pytest.warns(metrics.UndefinedMetricWarning, match="less than two samples"):
        assert math.isnan(r2_score([1.0], [1.0]))


def test_overflow_is_infinite():
    y = np.array([1e200, 0.0])
    with np.errstate(over="ignore"):
        assert mean_squared_error(y, -y) == math.inf
    assert mean_absolute_error(y, -y) == 1e200


def test_several_outputs():
    y, p, w = sample(50, 3)
    for function in AVERAGED:
        each = np.array([function(y[:, c], p[:, c]) for c in range(3)])
        np.testing.assert_allclose(function(y, p, multioutput="raw_values"), each, rtol=100 * EPS)
        assert function(y, p) == pytest.approx(each.mean(), rel=100 * EPS)
        assert function(y, p, multioutput=[1, 2, 5]) == pytest.approx(each @ [1, 2, 5] / 8, rel=100 * EPS)
    spread = ((y - y.mean(axis=0))**2).sum(axis=0)
    each = r2_score(y, p, multioutput="raw_values")
    assert r2_score(y, p, multioutput="variance_weighted") == pytest.approx(each @ spread / spread.sum(), rel=100 * EPS)


@pytest.mark.parametrize("form", [
    lambda a: a.tolist(), lambda a: np.repeat(a, 2)[::2], lambda a: a[::-1][::-1], lambda a: a.astype(">f8"),
    lambda a: a.reshape(-1, 1), lambda a: a.astype(np.longdouble),
])
def test_forms(form):
    y, p, w = sample()
    for function in AVERAGED:
        assert function(form(y), form(p)) == pytest.approx(function(y, p), rel=100 * EPS)
        assert function(y, form(p), sample_weight=w) == pytest.approx(function(y, p, sample_weight=w), rel=100 * EPS)
    y.flags.writeable = p.flags.writeable = False
    assert mean_squared_error(y, p) > 0
    assert mean_squared_error([1, 2], np.array([1, 4], np.int8)) == 2
    assert mean_squared_error(np.array([True, False]), [1, 1]) == 0.5


@pytest.mark.parametrize("outputs", [None, 1, 3])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
def test_as_scikit_learn(outputs, weighted, dtype):
    theirs = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    y, p, w = sample(201, outputs)
    y, p = ((10 * a).astype(dtype) for a in (y, p))
    options = {"sample_weight": w} if weighted else {}
    eps = np.finfo("f8" if dtype == "int64" else dtype).eps
    for function in AVERAGED:
        words = ["raw_values", "uniform_average"]
        words += ["variance_weighted"] if function in (r2_score, explained_variance_score) else []
        for multioutput in (*words, *([[1, 2, 3]] if outputs == 3 else [])):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                ours, expected = (f(y, p, multioutput=multioutput, **options)
                                  for f in (function, getattr(theirs, function.__name__)))
            assert type(ours) is type(expected)
            np.testing.assert_allclose(ours, expected, rtol=400 * eps)
    if outputs != 3:
        assert max_error(y, p) == theirs.max_error(y, p)


def test_weighted_medians_are_those_of_repeated_samples():
    rng = np.random.default_rng(0)
    for n in range(1, 40):
        y, p, times = rng.integers(0, 9, n), rng.integers(0, 9, n), rng.integers(0, 4, n)
        times[0] += 1
        assert median_absolute_error(y, p, sample_weight=times) == np.median(np.repeat(abs(y - p), times))
