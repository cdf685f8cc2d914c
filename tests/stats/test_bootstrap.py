"""bootstrap against SciPy's for the same random numbers, against theory, and its jackknife against its definition."""

import warnings

import numpy as np
import pytest
import scipy.stats
from numpy.random import MT19937, PCG64, PCG64DXSM, SFC64, Generator, RandomState, default_rng

import mathcore
from mathcore.stats import bootstrap
from mathcore.stats.bootstrap import _compiled, _jackknife

FUNCTIONS = {"mean": np.mean, "sum": np.sum, "std": np.std, "var": np.var, "median": np.median}
OPTIONS = [(method, alternative) for method in ("BCa", "basic", "percentile")
           for alternative in ("two-sided", "less", "greater")]


def correlation(x, y, axis=-1):
    x, y = x - x.mean(axis, keepdims=True), y - y.mean(axis, keepdims=True)
    return (x * y).sum(axis) / np.sqrt((x * x).sum(axis) * (y * y).sum(axis))


def samples(name, shape, dtype="f8"):
    rng = default_rng(0)
    x = rng.standard_exponential(shape).astype(dtype)
    return (x, (x + rng.standard_normal(shape)).astype(dtype)) if name == "correlation" else (x,)


def assert_same(ours, peer, rtol=1e-10):
    assert ours.bootstrap_distribution.dtype == peer.bootstrap_distribution.dtype
    assert ours.bootstrap_distribution.shape == peer.bootstrap_distribution.shape
    np.testing.assert_allclose(ours.bootstrap_distribution, peer.bootstrap_distribution, rtol=rtol)
    np.testing.assert_allclose(ours.confidence_interval.low, peer.confidence_interval.low, rtol=10 * rtol)
    np.testing.assert_allclose(ours.confidence_interval.high, peer.confidence_interval.high, rtol=10 * rtol)
    np.testing.assert_allclose(ours.standard_error, peer.standard_error, rtol=10 * rtol)


# ------------------------------------------------------------------ SciPy's numbers

@pytest.mark.parametrize(("method", "alternative"), OPTIONS)
@pytest.mark.parametrize("name", [*FUNCTIONS, "correlation"])
def test_is_scipys(name, method, alternative):
    """The same resamples, so the same interval but for the rounding of sums."""
    for shape, axis in (((100,), 0), ((101,), -1), ((30, 3), 0), ((2, 3, 40), 2), ((2, 40, 3), 1)):
        data = samples(name, shape)
        options = {"n_resamples": 199, "axis": axis, "method": method, "alternative": alternative,
                   "paired": name == "correlation", "confidence_level": 0.9}
        ours = bootstrap(data, name, rng=7, **options)
        assert_same(ours, scipy.stats.bootstrap(data, FUNCTIONS.get(name, correlation), rng=7, **options))
        if name in FUNCTIONS:
            assert_same(bootstrap(data, FUNCTIONS[name], rng=7, **options), ours, 0)


@pytest.mark.parametrize("source", [PCG64, PCG64DXSM, MT19937, SFC64])
def test_every_generator_gives_scipys_resamples(source):
    data = samples("mean", (50,))
    for calls in (0, 1, 2, 3):              # of 32 bits: one may be left over
        mine, theirs = Generator(source(5)), Generator(source(5))
        for rng in (mine, theirs):
            rng.integers(0, 10, calls, dtype=np.uint32)
        assert_same(bootstrap(data, "mean", n_resamples=77, rng=mine),
                    scipy.stats.bootstrap(data, np.mean, n_resamples=77, rng=theirs))
        np.testing.assert_array_equal(mine.integers(0, 1000, 9, np.uint32), theirs.integers(0, 1000, 9, np.uint32))
        np.testing.assert_array_equal(mine.random(5), theirs.random(5))


@pytest.mark.parametrize("make", [lambda: RandomState(3), lambda: 3, lambda: Generator(PCG64(3))])
def test_random_state(make):
    data = samples("mean", (50,))
    assert_same(bootstrap(data, "mean", n_resamples=77, random_state=make()),
                scipy.stats.bootstrap(data, np.mean, n_resamples=77, random_state=make()))


def test_the_global_seed_counts_where_no_generator_is_given():
    data = samples("mean", (50,))
    before = np.random.get_bit_generator()
    try:
        np.random.set_bit_generator(MT19937(1))
        np.random.seed(5)  # noqa: NPY002
        ours = bootstrap(data, np.mean, n_resamples=77)
        np.random.seed(5)  # noqa: NPY002
        assert_same(ours, scipy.stats.bootstrap(data, np.mean, n_resamples=77))
    finally:
        np.random.set_bit_generator(before)
    found = bootstrap(samples("mean", (50,)), np.mean, n_resamples=9, random_state=np.random)
    assert found.bootstrap_distribution.shape == (9,)


def test_callables_are_scipys():
    x, y = samples("correlation", (60,))

    def difference(a, b, axis=-1):
        return np.mean(a, axis=axis) - np.mean(b, axis=axis)

    for data, statistic, options in (((x, y[:40]), difference, {}), ((x, y), correlation, {"paired": True}),
                                     ((x,), lambda a: np.ptp(a), {"vectorized": False, "batch": 10}),
                                     ((x + 1j,), np.mean, {"method": "percentile"}),
                                     ((np.round(9 * x).astype(int),), np.sum, {})):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                peer = scipy.stats.bootstrap(data, statistic, rng=1, n_resamples=99, **options)
            except Exception as error:
                with pytest.raises(type(error)):
                    bootstrap(data, statistic, rng=1, n_resamples=99, **options)
                continue
            ours = bootstrap(data, statistic, rng=1, n_resamples=99, **options)
        np.testing.assert_array_equal(ours.bootstrap_distribution, peer.bootstrap_distribution)
        np.testing.assert_array_equal(ours.confidence_interval, peer.confidence_interval)


def test_resamples_are_added_to_an_earlier_result():
    data = samples("mean", (50,))
    ours = bootstrap(data, "mean", n_resamples=50, rng=1)
    peer = scipy.stats.bootstrap(data, np.mean, n_resamples=50, rng=1)
    assert_same(bootstrap(data, "mean", n_resamples=30, rng=2, bootstrap_result=ours),
                scipy.stats.bootstrap(data, np.mean, n_resamples=30, rng=2, bootstrap_result=peer))
    assert_same(bootstrap(data, "mean", n_resamples=0, bootstrap_result=peer, method="basic"),
                scipy.stats.bootstrap(data, np.mean, n_resamples=0, bootstrap_result=peer, method="basic"))


# ------------------------------------------------------------------ types, edges

@pytest.mark.parametrize("name", [*FUNCTIONS, "correlation"])
def test_types_and_layouts(name):
    data = samples(name, (40,), "f4")
    narrow = bootstrap(data, name, n_resamples=99, rng=0, paired=len(data) == 2)
    wide = bootstrap([a.astype(">f8") for a in data], name, n_resamples=99, rng=0, paired=len(data) == 2)
    assert narrow.bootstrap_distribution.dtype == np.float32
    assert narrow.confidence_interval.low.dtype == np.float32
    np.testing.assert_allclose(narrow.bootstrap_distribution, wide.bootstrap_distribution, rtol=2e-7)
    spread = [np.repeat(a.astype("f8"), 2)[::2] for a in data]
    for a in spread:
        a.flags.writeable = False
    np.testing.assert_array_equal(bootstrap(spread, name, n_resamples=99, rng=0, paired=len(data) == 2)
                                  .bootstrap_distribution, wide.bootstrap_distribution)


@pytest.mark.parametrize("method", ["BCa", "percentile", "basic"])
def test_equal_observations(method):
    if method == "BCa":
        with pytest.warns(scipy.stats.DegenerateDataWarning, match="cannot be calculated"):
            found = bootstrap([np.full(35, 0.1)], "mean", rng=0)
        assert np.isnan(found.confidence_interval).all()
    else:
        found = bootstrap([np.full(35, 10_000.0)], "mean", method=method, rng=0)
        assert found.confidence_interval == (10_000.0, 10_000.0)
    assert found.standard_error <= 1e-16


def test_nan_is_nan():
    x = np.arange(30.0)
    x[3] = np.nan
    for name in FUNCTIONS:
        with pytest.warns(scipy.stats.DegenerateDataWarning):
            found = bootstrap((x,), name, n_resamples=50, rng=0)
        picked = default_rng(0).integers(0, 30, (50, 30))
        np.testing.assert_array_equal(np.isnan(found.bootstrap_distribution), (picked == 3).any(axis=1))
        assert np.isnan(found.confidence_interval).all()


def test_pairs_broadcast_and_perfect_pairs():
    x = np.arange(12.0)
    found = bootstrap((x, np.stack([2 * x, -x, x**2])), "correlation", paired=True, axis=-1, n_resamples=50, rng=0,
                      method="percentile")
    assert found.bootstrap_distribution.shape == (3, 50)
    np.testing.assert_allclose(found.confidence_interval.low[:2], [1, -1], rtol=1e-14)
    assert np.abs(found.bootstrap_distribution).max() <= 1


def test_one_resample():
    found = bootstrap((np.arange(5.0),), "mean", n_resamples=1, rng=0, method="percentile")
    assert found.confidence_interval.low == found.confidence_interval.high == found.bootstrap_distribution[0]
    assert np.isnan(found.standard_error)


@pytest.mark.parametrize("n", [2, 7, 1000, 70_001])
def test_same_bits_for_any_number_of_threads(n):
    """70 001: numbers are passed over, so that chunks begin where nobody guesses."""
    x = default_rng(0).standard_normal(n)
    for name in ("mean", "median"):
        results = set()
        for workers in (1, 2, 3):
            with mathcore.threads(workers):
                found = bootstrap((x,), name, n_resamples=300, rng=1, method="percentile")
                results.add(found.bootstrap_distribution.tobytes())
        assert len(results) == 1


# ------------------------------------------------------------------ theory

def test_intervals_cover_the_mean():
    """1000 samples of 40 exponential numbers: 95 % less what a skew sample loses, and 4 deviations of 0.7 %."""
    x = default_rng(0).standard_exponential((1000, 40))
    found = bootstrap((x,), "mean", axis=-1, n_resamples=999, rng=1).confidence_interval
    covered = np.mean((found.low < 1) & (found.high > 1))
    assert 0.90 < covered < 0.97


def test_standard_error_of_the_mean():
    """sqrt(variance / n), the variance of divisor n; relative error of a deviation from 20 000 resamples: 0.5 %."""
    x = default_rng(0).standard_normal(500)
    found = bootstrap((x,), "mean", n_resamples=20_000, rng=2)
    assert found.standard_error == pytest.approx(x.std() / np.sqrt(500), rel=0.02)


@pytest.mark.parametrize("name", [*FUNCTIONS, "correlation"])
@pytest.mark.parametrize("n", [2, 3, 4, 5, 40, 41])
def test_jackknife_leaves_one_out(name, n):
    """Up to a factor and a constant, which the acceleration does not see."""
    if name == "correlation" and n < 4:
        return
    data = samples(name, (n,))
    values, *_ = _compiled(name, data, name == "correlation", 0, True)
    found = _jackknife(name, *values)[0]
    order = np.argsort(data[0]) if name == "median" else np.arange(n)
    f = FUNCTIONS.get(name, correlation)
    expected = np.array([f(*(np.delete(a[order], i) for a in data)) for i in range(n)])
    u, v = found - found.mean(), expected - expected.mean()
    scale = 1.0 if np.abs(v).max() < 1e-12 else np.abs(u).max() / np.abs(v).max()
    np.testing.assert_allclose(u, scale * v, atol=1e-7 * np.abs(u).max() + 1e-12)
