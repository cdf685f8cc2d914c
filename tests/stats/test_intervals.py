"""mean_ci and proportion_ci against SciPy, known values and their coverage."""

import itertools
import math

import mpmath
import numpy as np
import pytest
import scipy.stats

from mathcore.stats import bootstrap, mean_ci, proportion_ci

ALTERNATIVES = ("two-sided", "less", "greater")


@pytest.mark.parametrize("alternative", ALTERNATIVES)
@pytest.mark.parametrize("level", [0.01, 0.5, 0.95, 0.999])
def test_mean_is_students(alternative, level):
    x = np.random.default_rng(0).standard_normal((20, 7)) + 1e6
    for axis in (0, 1, -1):
        found = mean_ci(x, axis=axis, confidence_level=level, alternative=alternative)
        peer = scipy.stats.ttest_1samp(x, 0, axis=axis, alternative=alternative).confidence_interval(level)
        np.testing.assert_allclose(found.estimate, x.mean(axis=axis), rtol=1e-15)
        np.testing.assert_allclose(found.low, peer.low, rtol=1e-12)
        np.testing.assert_allclose(found.high, peer.high, rtol=1e-12)


def test_mean_known_values():
    """Of 1, 2, 3: 2 -+ q sqrt(1 / 3). Student's t of two degrees of freedom has its quantile in closed form."""
    found = mean_ci([1, 2, 3])
    assert found.estimate == 2
    assert found.high - 2 == pytest.approx(0.95 * math.sqrt(2 / (1 - 0.95**2)) / math.sqrt(3), rel=1e-12)
    assert 2 - found.low == pytest.approx(found.high - 2, rel=1e-14)
    assert mean_ci([1, 2, 3], method="normal").high - 2 == pytest.approx(1.959963984540054 / math.sqrt(3), rel=1e-13)
    assert mean_ci([5.0, 5.0]) == (5.0, 5.0, 5.0)
    for df, tail in ((1, 0.025), (2, 0.005), (5, 0.1), (1000, 0.025)):
        x = np.zeros(df + 1)
        x[:2] = 1, -1
        q = mean_ci(x, confidence_level=1 - 2 * tail).high / math.sqrt(2 / df / (df + 1))
        with mpmath.workdps(30):
            q = mpmath.mpf(float(q))
            chance = mpmath.betainc(df / mpmath.mpf(2), 0.5, 0, df / (df + q * q), regularized=True) / 2
            assert abs(chance / tail - 1) < 1e-12
    assert mean_ci([1, 2], confidence_level=1) == (1.5, -math.inf, math.inf)
    assert mean_ci(np.zeros((0, 3))).estimate.shape == (0,)


def test_mean_by_bootstrap():
    x = np.random.default_rng(0).standard_exponential(50)
    found = mean_ci(x, method="bootstrap", rng=3, n_resamples=500)
    assert found[1:] == bootstrap((x,), "mean", n_resamples=500, rng=3).confidence_interval
    assert found.estimate == pytest.approx(x.mean(), rel=1e-15)
    assert mean_ci(x, method="bootstrap", rng=3, alternative="less").low == -math.inf


def test_mean_types():
    x = np.random.default_rng(0).standard_normal((6, 40))
    narrow = mean_ci(x.astype("f4"))
    assert all(v.dtype == np.float32 for v in narrow)
    np.testing.assert_allclose(narrow.low, mean_ci(x).low, rtol=1e-5, atol=1e-6)
    assert mean_ci(x.astype("f2")).low.dtype == np.float16
    for y in (np.asfortranarray(x), x.astype(">f8"), np.repeat(x, 2, axis=1)[:, ::2]):
        np.testing.assert_allclose(mean_ci(y), mean_ci(x), rtol=1e-14)
    assert np.isnan(mean_ci([1.0, np.nan])).all()


@pytest.mark.parametrize("alternative", ALTERNATIVES)
@pytest.mark.parametrize("method", ["wilson", "wilsoncc", "exact"])
def test_proportions_are_scipys(method, alternative):
    """exact: SciPy's root finder is good to 2e-12."""
    cases = ((1, (0, 1)), (5, range(6)), (50, (0, 1, 7, 49, 50)), (1000, (3, 500, 1000)))
    for (n, ks), level in itertools.product(cases, (0.5, 0.95, 0.999)):
        found = proportion_ci(list(ks), n, confidence_level=level, method=method, alternative=alternative)
        for i, k in enumerate(ks):
            peer = scipy.stats.binomtest(k, n, alternative=alternative).proportion_ci(level, method)
            assert found.estimate[i] == k / n
            assert found.low[i] == pytest.approx(peer.low, rel=1e-10, abs=4e-12)
            assert found.high[i] == pytest.approx(peer.high, rel=1e-10, abs=4e-12)


def test_proportions_known_values():
    """R. G. Newcombe (1998), table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29."""
    table = {"wilson": ((0.2553, 0.3662), (0.0624, 0.1605), (0.0000, 0.1611), (0.0061, 0.1718)),
             "wilsoncc": ((0.2535, 0.3682), (0.0598, 0.1644), (0.0000, 0.2005), (0.0018, 0.1963)),
             "exact": ((0.2527, 0.3676), (0.0578, 0.1617), (0.0000, 0.1684), (0.0009, 0.1776)),
             "normal": ((0.2522, 0.3638), (0.0527, 0.1500), (0.0000, 0.0000), (0.0000, 0.1009))}
    for method, rows in table.items():
        found = proportion_ci([81, 15, 0, 1], [263, 148, 20, 29], method=method)
        low, high = np.array(rows).T
        np.testing.assert_allclose(found.low, low, atol=6e-5)
        np.testing.assert_allclose(found.high, high, atol=6e-5)


def test_agresti_and_coull_add_successes_and_failures():
    z = float(scipy.stats.norm.ppf(0.975))
    found = proportion_ci(7, 50, method="agresti-coull")
    p = (7 + z * z / 2) / (50 + z * z)
    assert found.low == pytest.approx(p - z * math.sqrt(p * (1 - p) / (50 + z * z)), rel=1e-14)
    assert found.estimate == 7 / 50


def test_exact_bounds_solve_their_equations():
    """The chance of at least (at most) k successes at the lower (upper) bound is half of 5 %."""
    for k, n in ((1, 10), (7, 50), (499, 500)):
        found = proportion_ci(k, n, method="exact")
        with mpmath.workdps(40):
            for bound, first, last in ((found.low, k, n), (found.high, 0, k)):
                p = mpmath.mpf(float(bound))
                chance = mpmath.fsum(mpmath.binomial(n, i) * p**i * (1 - p) ** (n - i) for i in range(first, last + 1))
                assert abs(chance - mpmath.mpf("0.025")) < 1e-11
    assert proportion_ci(0, 10, method="exact").low == 0
    assert proportion_ci(0, 10, method="exact").high == pytest.approx(1 - 0.025 ** (1 / 10), rel=1e-13)
    assert proportion_ci(10, 10, method="exact").low == pytest.approx(0.025 ** (1 / 10), rel=1e-13)
    assert proportion_ci(10, 10, method="exact").high == 1


@pytest.mark.parametrize("method", ["wilson", "exact", "wilsoncc", "agresti-coull", "normal"])
def test_proportions_broadcast_and_stay_within(method):
    found = proportion_ci(np.arange(4)[:, None], [[3, 30, 3000]], method=method)
    assert found.estimate.shape == found.low.shape == found.high.shape == (4, 3)
    assert ((found.low >= 0) & (found.low <= found.estimate) & (found.estimate <= found.high) & (found.high <= 1)).all()
    one = proportion_ci(2, 30, method=method)
    assert isinstance(one.low, float)
    assert (found.low[2, 1], found.high[2, 1]) == (one.low, one.high)
    assert proportion_ci(np.zeros(0, int), 3, method=method).low.shape == (0,)
    assert proportion_ci(2, 30, method=method, alternative="less").low == 0
    assert proportion_ci(2, 30, method=method, alternative="greater").high == 1
