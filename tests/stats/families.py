"""Distributions with shapes to test them with, points that reach into both tails, and their values in 40 digits."""

import functools

import numpy as np
from mpmath import mp, mpf

from mathcore import stats
from tests.oracles_distributions import density, tail

PROMISE = 1e-13  # of densities and tails down to 1e-300, relative

SHAPES = {
    "norm": [()],
    "uniform": [()],
    "expon": [()],
    "laplace": [()],
    "logistic": [()],
    "cauchy": [()],
    "lognorm": [(0.5,), (2.0,)],
    "weibull_min": [(0.7,), (1.0,), (3.0,)],
    "gamma": [(1e-3,), (0.3,), (1.0,), (2.5,), (12.0,), (200.0,), (3e4,)],
    "chi2": [(1,), (5,), (200,)],
    "beta": [(2.5, 3.5), (0.5, 0.5), (0.1, 4), (100, 3.0), (2000.0, 3000.0), (1, 1)],
    "t": [(1,), (2.5,), (30,), (1e4,)],
    "f": [(2, 5), (1, 1.5), (30, 40)],
    "bernoulli": [(0.3,)],
    "geom": [(0.3,), (1e-6,)],
    "randint": [(3, 11)],
    "poisson": [(0.1,), (4.5,), (1000.0,)],
    "binom": [(20, 0.3), (1, 0.5), (1000, 0.01)],
    "nbinom": [(5, 0.3), (0.5, 0.1), (40, 0.7)],
    "hypergeom": [(50, 20, 10), (1000, 300, 100)],
}


def cases(*names):
    """(name, shapes) of these distributions."""
    return [(name, shapes) for name in names for shapes in SHAPES[name]]


def probabilities(n=9):
    """Some of every size, far into the tail, and ordinary ones."""
    rng = np.random.default_rng(11)
    return np.concatenate([10.0 ** rng.uniform(-290, -3, n), rng.uniform(1e-3, 1 - 1e-3, n), [0.5]])


@functools.cache
def points(name, shapes):
    """Values inside the support, at quantiles of both tails."""
    dist = getattr(stats, name)
    x = np.concatenate([dist.ppf(probabilities(), *shapes), dist.isf(probabilities(), *shapes)])
    x = x[np.isfinite(x) & (np.abs(x) > 1e-307)]
    if name in ("beta", "uniform"):
        x = x[x < 1]
    if dist.discrete:
        low, high = dist.support(*shapes)
        x = np.unique(x[(x >= low) & (x <= high)])
    return x


@functools.cache
def exact(name, shapes, what):
    """Of each point the density, or a tail, as mpf."""
    with mp.workdps(40):
        if what == "density":
            return [density(name, x, shapes) for x in points(name, shapes)]
        return [tail(name, x, shapes, what == "upper") for x in points(name, shapes)]


def check_values(name, shapes):
    """Density, tails and their logarithms against the oracle."""
    dist, x = getattr(stats, name), points(name, shapes)
    plain, log = ("pmf", "logpmf") if dist.discrete else ("pdf", "logpdf")
    methods = {"density": (plain, log), "lower": ("cdf", "logcdf"), "upper": ("sf", "logsf")}
    rest = {"lower": "upper", "upper": "lower"}
    for what, (method, logarithm) in methods.items():
        got, logs = getattr(dist, method)(x, *shapes), getattr(dist, logarithm)(x, *shapes)
        for i, value in enumerate(exact(name, shapes, what)):
            where = f"{name}{shapes} at {x[i]!r}"
            if value > mpf("1e-300"):
                assert abs(mpf(float(got[i])) / value - 1) < PROMISE, f"{method} of {where}"
            if value == 0:
                assert logs[i] == -np.inf
                continue
            small = what != "density" and value > 0.5
            true = mp.log1p(-exact(name, shapes, rest[what])[i]) if small else mp.log(value)
            scale = max(abs(true), 1) if what == "density" else abs(true)
            if scale > mpf("1e-300"):
                assert abs(mpf(float(logs[i])) - true) < PROMISE * scale, f"{logarithm} of {where}"


def check_quantiles(name, shapes):
    """cdf(ppf(p)) is p but for the rounding of x, 2 eps, and what the cdf promises; of whole numbers x is the least."""
    dist, p = getattr(stats, name), probabilities(40)
    for quantile, function in ((dist.ppf, dist.cdf), (dist.isf, dist.sf)):
        x = quantile(p, *shapes)
        if dist.discrete:
            first = dist.support(*shapes)[0]
            reached, before = function(x, *shapes), function(x - 1, *shapes)
            fuzz = 1e-14  # a tail may be off by that: quantiles of cdf(k) are k
            if quantile == dist.ppf:
                assert np.all(reached >= p * (1 - fuzz))
                assert np.all((before < p * (1 + fuzz)) | (x == first))
            else:
                assert np.all(reached <= p * (1 + fuzz))
                assert np.all((before > p * (1 - fuzz)) | (x == first))
            k = points(name, shapes)
            inside = (dist.cdf(k, *shapes) < 1) & (dist.pmf(k, *shapes) > 1e-12 * dist.cdf(k, *shapes))
            np.testing.assert_array_equal(dist.ppf(dist.cdf(k, *shapes), *shapes)[inside], k[inside])
            continue
        fine = np.isfinite(x) & (np.abs(x) > 1e-300) & ((x < 1 - 1e-10) | (name not in ("beta",)))
        x, q = x[fine], p[fine]
        # of exp(s z) a rounding of z counts s z times
        roundings = np.maximum(1, np.abs(np.log(x))) if name == "lognorm" else 1
        step = np.abs(x) * dist.pdf(x, *shapes) / q * 2.0**-51 * roundings
        assert np.all(np.abs(function(x, *shapes) / q - 1) < step + PROMISE)


def check_moments(name, shapes):
    """Mean, variance, skewness, kurtosis and entropy against sums over quantiles' midpoints or over whole numbers."""
    import scipy.stats

    ours, theirs = getattr(stats, name), getattr(scipy.stats, name)
    np.testing.assert_allclose(
        ours.stats(*shapes, moments="mvsk"), theirs.stats(*shapes, moments="mvsk"), rtol=1e-10, atol=1e-12
    )
    np.testing.assert_allclose(ours.entropy(*shapes), theirs.entropy(*shapes), rtol=1e-7)
    np.testing.assert_allclose(ours.mean(*shapes), theirs.mean(*shapes), rtol=1e-12)
    np.testing.assert_allclose(ours.std(*shapes), theirs.std(*shapes), rtol=1e-12)


def check_sampling(name, shapes):
    """SciPy's values for the same generator; and of this distribution, by Kolmogorov and Smirnov or by counts."""
    import scipy.stats

    ours, theirs = getattr(stats, name), getattr(scipy.stats, name)
    place = {"loc": 3} if ours.discrete else {"loc": 3, "scale": 2.5}
    for seed in (7, np.random.default_rng(7)):
        other = np.random.default_rng(7) if not isinstance(seed, int) else seed
        got = ours.rvs(*shapes, **place, size=(3, 4), random_state=seed)
        expected = theirs.rvs(*shapes, **place, size=(3, 4), random_state=other)
        if name in ("weibull_min", "cauchy"):  # by the quantile, which is not SciPy's to the last bit
            np.testing.assert_allclose(got, expected, rtol=1e-13)
        else:
            np.testing.assert_array_equal(got, expected)
    x = ours.rvs(*shapes, size=4000, rng=5)
    if ours.discrete:
        value, counts = np.unique(x, return_counts=True)
        often = counts > 10
        expected = 4000 * ours.pmf(value, *shapes)
        score = np.sum((counts - expected)[often] ** 2 / expected[often])
        assert not often.any() or stats.chi2.sf(score, often.sum()) > 1e-4
    elif np.all(x):  # 0 of gamma(0.001), by underflow
        assert scipy.stats.kstest(x, lambda v: ours.cdf(v, *shapes)).pvalue > 1e-4


def check_outside(name, shapes):
    """NaN in, NaN out; outside the support; probabilities that are none; parameters that are none."""
    dist = getattr(stats, name)
    low, high = dist.support(*shapes)
    methods = ("pmf", "logpmf") if dist.discrete else ("pdf", "logpdf")
    for method in (*methods, "cdf", "sf", "logcdf", "logsf", "ppf", "isf"):
        assert np.isnan(getattr(dist, method)(np.nan, *shapes))
    if np.isfinite(low):
        assert [getattr(dist, m)(low - 1, *shapes) for m in (*methods, "cdf", "sf", "logcdf", "logsf")] == [
            0,
            -np.inf,
            0,
            1,
            -np.inf,
            0,
        ]
    if np.isfinite(high):
        assert [getattr(dist, m)(high + 1, *shapes) for m in (*methods, "cdf", "sf", "logcdf", "logsf")] == [
            0,
            -np.inf,
            1,
            0,
            0,
            -np.inf,
        ]
    assert [dist.cdf(-np.inf, *shapes), dist.cdf(np.inf, *shapes), dist.sf(np.inf, *shapes)] == [0, 1, 0]
    least = low - 1 if dist.discrete else low
    assert [dist.ppf(0, *shapes), dist.ppf(1, *shapes)] == [least, high]
    assert [dist.isf(1, *shapes), dist.isf(0, *shapes)] == [least, high]
    assert np.isnan(dist.ppf([-0.1, 1.1, np.nan], *shapes)).all()
    if not dist.discrete:
        for scale in (-1, 0, np.nan):
            assert np.isnan([f(0.5, *shapes, scale=scale) for f in (dist.pdf, dist.cdf, dist.ppf)]).all()
    if shapes:
        bad = (-1.5,) * len(shapes)
        assert np.isnan([dist.cdf(0.5, *bad), dist.ppf(0.5, *bad)]).all() or name == "randint"


CHECKS = [check_values, check_quantiles, check_moments, check_sampling, check_outside]
