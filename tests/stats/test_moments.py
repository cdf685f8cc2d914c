"""RunningMoments: any split of the observations gives what one batch gives."""

import pickle

import numpy as np
import pytest

from mathcore.stats import RunningMoments, describe

EPS = np.finfo(float).eps
FIELDS = ("count", "mean", "skewness", "kurtosis", "min", "max")


def same(a, b, tolerance):
    for name in FIELDS:
        np.testing.assert_allclose(getattr(a, name), getattr(b, name), rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(a.var(), b.var(), rtol=tolerance)


@pytest.mark.parametrize("offset", [0.0, 1e8])
@pytest.mark.parametrize("shape", [(), (1,), (3,), (2, 40)])
def test_splits(shape, offset):
    rng = np.random.default_rng(0)
    x = rng.standard_exponential((10_007, *shape)) + offset
    whole = RunningMoments(shape).push(x)
    parts = [RunningMoments(shape).push(part) for part in np.split(x, [0, 1, 2, 50, 51, 4000, 9999])]
    for order in (parts, parts[::-1]):
        total = RunningMoments(shape)
        for part in order:
            total.merge(part)
        same(total, whole, 1e-12)
    pushed = RunningMoments(shape)
    for part in np.array_split(x, 101):
        assert pushed.push(part) is pushed
    same(pushed, whole, 1e-12)
    found = describe(x)
    np.testing.assert_allclose(whole.var(), found.variance, rtol=64 * EPS)
    np.testing.assert_allclose(whole.mean, found.mean, rtol=4 * EPS)
    np.testing.assert_allclose(whole.kurtosis, found.kurtosis, rtol=1e-12)
    np.testing.assert_array_equal(whole.min, x.min(axis=0))
    np.testing.assert_array_equal(whole.max, x.max(axis=0))


def test_long_streams_equal_one_batch():
    """10^7 numbers in parts of 10^5; 1e-12 of the batch."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal(10_000_000)
    stream = RunningMoments()
    for part in x.reshape(100, -1):
        stream.push(part)
    same(stream, RunningMoments().push(x), 1e-12)


def test_single_numbers():
    x = np.random.default_rng(0).standard_normal(1000) + 100
    stream = RunningMoments()
    for v in x.tolist():
        stream.push(v)
    same(stream, RunningMoments().push(x), 1e-12)
    assert RunningMoments().push(3).mean == 3.0
    assert RunningMoments((2,)).push([1, 2]).push([[3, 4], [5, 6]]).count == 3


def test_weights_count_observations():
    rng = np.random.default_rng(0)
    for shape in ((), (5,)):
        x, w = rng.standard_normal((300, *shape)) + 7, rng.integers(0, 4, 300)
        repeated = RunningMoments(shape).push(np.repeat(x, w, axis=0))
        same(RunningMoments(shape).push(x, w), repeated, 1e-12)
        half = RunningMoments(shape).push(x[:100], w[:100]).push(x[100:], w[100:].astype("f4"))
        same(half, repeated, 1e-12)
    x, w = rng.standard_normal(3000), rng.random(3000)
    found = RunningMoments().push(x, w)
    mean = np.average(x.astype(np.longdouble), weights=w)
    assert found.count == pytest.approx(w.sum(), rel=64 * EPS)
    assert found.mean == pytest.approx(float(mean), abs=64 * EPS)
    assert found.var(ddof=0) == pytest.approx(float(np.average((x - mean) ** 2, weights=w)), rel=64 * EPS)
    assert RunningMoments().push(x, np.zeros(3000)).count == 0
    assert RunningMoments().push([1.0, 1e300], [2, 0]).max == 1


def test_covariance():
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((5000, 4)) @ rng.standard_normal((4, 4)) + 1e6, rng.integers(0, 3, 5000)
    parts = [RunningMoments(4, covariance=True).push(part) for part in np.split(x, [1, 700, 701, 4000])]
    total = parts[0] + parts[1] + parts[2] + parts[3] + parts[4]
    wide = x.astype(np.longdouble) - x[0]
    wide -= wide.mean(axis=0)
    np.testing.assert_allclose(total.cov(), (wide.T @ wide / 4999).astype(float), rtol=1e-12)
    np.testing.assert_allclose(np.diag(total.cov(ddof=0)), total.var(ddof=0), rtol=1e-12)
    weighted = RunningMoments((4,), covariance=True).push(x[:2000], w[:2000]).push(x[2000:], w[2000:])
    np.testing.assert_allclose(weighted.cov(), np.cov((x - x[0]).T, fweights=w), rtol=1e-11)
    assert parts[1].count == 699                        # sums leave their terms as they were


def test_before_the_first_observation():
    empty = RunningMoments((2,))
    assert empty.count == 0
    for name in FIELDS[1:]:
        assert np.isnan(getattr(empty, name)).all()
    assert np.isnan(empty.var()).all()
    assert np.isnan(RunningMoments().push(1.0).std())
    assert RunningMoments().push(1.0).std(ddof=0) == 0
    assert RunningMoments().push([]).count == 0
    assert RunningMoments((0,)).push(np.zeros((3, 0))).count == 0
    assert (empty + RunningMoments((2,)).push([1.0, 2.0])).count == 1
    assert repr(RunningMoments().push(2.0)) == "RunningMoments(shape=(), count=1, mean=2.0)"


def test_nan_and_infinity():
    assert np.isnan(RunningMoments().push([1.0, np.nan]).push(2.0).max)
    found = RunningMoments((2,)).push([[np.inf, 1.0], [0.0, 3.0]])
    np.testing.assert_array_equal(found.max, [np.inf, 3.0])
    assert found.var()[1] == 2.0


def test_types_and_layouts():
    x = np.random.default_rng(0).standard_normal((200, 6))
    whole = RunningMoments(3).push(np.ascontiguousarray(x[:, ::2]))
    for y in (x[:, ::2], np.asfortranarray(x[:, ::2]), x[:, ::2].astype(">f8")):
        assert pickle.dumps(RunningMoments(3).push(y)._state) == pickle.dumps(whole._state)
    assert RunningMoments().push(np.arange(5)).mean == 2
    narrow = x.astype("f4")
    wide = RunningMoments(6).push(narrow.astype("f8"))
    np.testing.assert_allclose(RunningMoments(6).push(narrow).var(), wide.var(), rtol=1e-14)
    assert RunningMoments().push(np.ones(3, "f2")).mean == 1


def test_same_bits_for_any_number_of_threads():
    x = np.random.default_rng(0).standard_normal((60_000, 3))
    states = {pickle.dumps(RunningMoments(3).push(x, workers=n)._state) for n in (1, 2, 3)}
    states2 = {pickle.dumps(RunningMoments().push(x, workers=n)._state) for n in (1, 2, 3)}
    assert len(states) == len(states2) == 1


def test_pickles():
    one = RunningMoments((3,), covariance=True).push(np.random.default_rng(0).standard_normal((50, 3)))
    two = pickle.loads(pickle.dumps(one))
    same(one, two, 0)
    np.testing.assert_array_equal(one.cov(), two.cov())
    assert two.push([1.0, 2.0, 3.0]).count == 51
    assert one.count == 50


def test_faults():
    moments = RunningMoments((2,))
    for error, word, call in (
            (ValueError, r"x has the wrong shape; expected \(..., 2\), got \(3,\)",
             lambda: moments.push([1.0, 2.0, 3.0])),
            (ValueError, "x has the wrong shape", lambda: moments.push(1.0)),
            (TypeError, "x has dtype complex128", lambda: moments.push([1j, 2.0])),
            (ValueError, r"weights has the wrong shape; expected \(1,\), got \(2,\)",
             lambda: moments.push([[1.0, 2.0]], [1.0, 1.0])),
            (ValueError, r"weights\[1\] is no weight.*got -1.0", lambda: moments.push(np.ones((2, 2)), [1.0, -1.0])),
            (ValueError, r"weights\[0\] is no weight.*got nan", lambda: moments.push(np.ones((1, 2)), [np.nan])),
            (TypeError, "expected a RunningMoments, got int", lambda: moments.merge(3)),
            (ValueError, "other does not fit", lambda: moments.merge(RunningMoments())),
            (ValueError, "other does not fit", lambda: moments.merge(RunningMoments(2, covariance=True))),
            (ValueError, "covariances were not kept", moments.cov),
            (ValueError, "too few observations; expected more than 1, got 0", RunningMoments(2, covariance=True).cov),
            (ValueError, "ddof is out of range", lambda: moments.var(ddof=-1)),
            (TypeError, "unsupported operand", lambda: moments + 1)):
        with pytest.raises(error, match=word):
            call()
    assert moments.count == 0
