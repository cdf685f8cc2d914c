"""mathcore.stats.counts against 40 digits, SciPy's moments and samples, and worked examples."""

import numpy as np
import pytest

from mathcore import stats
from tests.stats.families import CHECKS, cases


@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.__name__)
@pytest.mark.parametrize(("name", "shapes"), cases("bernoulli", "binom", "poisson", "geom", "nbinom", "hypergeom",
                                                   "randint"), ids=str)
def test_family(check, name, shapes):
    check(name, shapes)


def test_known_values():
    """Of part 13 of the series: five tosses, calls at a rate of 3, the first six of a die."""
    np.testing.assert_allclose(stats.binom.pmf(np.arange(6), 5, 0.5) * 32, [1, 5, 10, 10, 5, 1], rtol=1e-14)
    assert stats.poisson.pmf(0, 3.0) == pytest.approx(np.exp(-3), rel=1e-15)
    assert stats.geom.mean(1 / 6) == pytest.approx(6)
    assert stats.binom.median(49, 0.5) == 24                 # the cdf there is one half exactly
    assert stats.geom.ppf(1e-20, 1e-20) == 1
    assert stats.poisson.logcdf(0, 1000.0) == -1000
    assert [stats.binom.pmf(0, 5, 0.0), stats.binom.pmf(5, 5, 1.0), stats.poisson.pmf(0, 0)] == [1, 1, 1]


@pytest.mark.parametrize(("name", "shapes"), cases("poisson", "binom", "nbinom", "hypergeom", "geom"), ids=str)
def test_values_that_repeat_are_those_of_each_alone(name, shapes):
    """Of many values each is computed once, in another order: the bits are those of one call each."""
    dist, rng = getattr(stats, name), np.random.default_rng(2)
    k = dist.rvs(*shapes, size=3000, rng=rng) + rng.choice([0.0, 0.5, 0.0], 3000)
    k[:3] = -1, np.nan, 2
    q = rng.random(3000)
    q[:5] = 0, 1, np.nan, -0.5, 2
    for method, x in (("pmf", k), ("logpmf", k), ("cdf", k), ("sf", k), ("logsf", k), ("ppf", q), ("isf", q)):
        f = getattr(dist, method)
        np.testing.assert_array_equal(f(x, *shapes), [f(float(v), *shapes) for v in x], err_msg=method)
        np.testing.assert_array_equal(f(x, *shapes, workers=2), f(x, *shapes, workers=1))
        np.testing.assert_array_equal(f(x[::-1], *shapes, loc=2)[::-1], [f(float(v), *shapes, loc=2) for v in x])


def test_values_that_repeat_at_any_location():
    """Locations that are no binary fractions: x - loc is rounded, the table's numbers are whole."""
    rng = np.random.default_rng(3)
    k, q = stats.poisson.rvs(4.5, size=2000, rng=rng), rng.random(2000)
    for loc in (0.1, -0.7, 1e6 + 0.1):
        for method, x in (("pmf", k + loc), ("cdf", k + loc), ("ppf", q), ("isf", q)):
            f = getattr(stats.poisson, method)
            np.testing.assert_array_equal(f(x, 4.5, loc=loc), [f(float(v), 4.5, loc=loc) for v in x])


@pytest.mark.timeout(20)
def test_counts_that_float64_skips_are_no_numbers():
    """From 2^53 on k + 1 is k: a sum over whole numbers would not end."""
    assert stats.hypergeom.cdf(2.5e15, 2**53, 5e15, 5e15) < 1
    assert np.isnan(stats.hypergeom.cdf(2.5e16, 1e17, 5e16, 5e16))
    assert np.isnan(stats.hypergeom.ppf(0.5, 1e17, 5e16, 5e16))
