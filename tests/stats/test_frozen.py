"""Frozen distributions: the distribution's methods without its parameters."""

import pickle

import numpy as np
import pytest

from mathcore import stats


def test_methods():
    free, frozen = stats.gamma, stats.gamma(2.5, loc=1, scale=2)
    x = np.array([1.5, 4.0])
    for method in ("pdf", "logpdf", "cdf", "sf", "logcdf", "logsf"):
        np.testing.assert_array_equal(getattr(frozen, method)(x), getattr(free, method)(x, 2.5, loc=1, scale=2))
    for method in ("mean", "var", "std", "median", "entropy", "support", "stats"):
        assert getattr(frozen, method)() == getattr(free, method)(2.5, loc=1, scale=2)
    assert frozen.ppf(0.3) == free.ppf(0.3, 2.5, 1, 2)
    assert frozen.interval(0.9) == free.interval(0.9, 2.5, 1, 2)
    assert (frozen.a, frozen.b, frozen.dist, frozen.args, frozen.kwds) == (
        0,
        np.inf,
        free,
        (2.5,),
        {"loc": 1, "scale": 2},
    )
    assert repr(frozen) == "mathcore.stats.gamma(2.5, loc=1, scale=2)"
    assert stats.binom(5, 0.5).pmf(2) == stats.binom.pmf(2, 5, 0.5)


def test_sampling():
    frozen = stats.norm(3, 2)
    assert frozen.rvs(random_state=4) == stats.norm.rvs(3, 2, random_state=4)
    np.testing.assert_array_equal(frozen.rvs((2, 3), rng=4), stats.norm.rvs(3, 2, size=(2, 3), rng=4))
    frozen.random_state = 9
    assert frozen.rvs() == stats.norm.rvs(3, 2, random_state=9)
    assert pickle.loads(pickle.dumps(stats.norm(3, 2))).cdf(3.0) == 0.5


def test_errors():
    with pytest.raises(TypeError, match="missing shape 'a'"):
        stats.gamma()
    with pytest.raises(AttributeError, match="'rv_continuous_frozen' object has no attribute 'pmf'"):
        stats.norm().pmf(1)
    with pytest.raises(AttributeError, match="'rv_discrete_frozen' object has no attribute 'pdf'"):
        stats.binom(4, 0.5).pdf(1)
