"""mathcore.stats.exponential against 40 digits, SciPy's moments and samples, and worked examples."""

import numpy as np
import pytest

from mathcore import stats
from tests.stats.families import CHECKS, cases


@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.__name__)
@pytest.mark.parametrize(("name", "shapes"), cases("expon", "weibull_min", "gamma", "chi2"), ids=str)
def test_family(check, name, shapes):
    check(name, shapes)


def test_known_values():
    assert stats.expon.sf(3.0, scale=1.5) == pytest.approx(np.exp(-2.0), rel=1e-15)
    assert stats.chi2.isf(0.05, 1) == pytest.approx(3.841458820694124, rel=1e-14)
    assert stats.gamma.cdf(1.0, 1.0) == pytest.approx(-np.expm1(-1.0), rel=1e-15)
    assert [stats.gamma.pdf(0.0, a) for a in (0.5, 1.0, 2.0)] == [np.inf, 1, 0]


def test_large_shapes_are_scipys_and_logarithms_do_not_underflow():
    import scipy.special

    x = np.array([2.99e5, 3e5, 3.02e5])
    np.testing.assert_array_equal(stats.gamma.cdf(x, 3e5), scipy.special.gammainc(3e5, x))
    assert stats.gamma.logsf(1000.0, 2.5) == pytest.approx(-989.92, abs=0.01)
    assert stats.gamma.logcdf(1e-200, 5.0) == pytest.approx(5 * np.log(1e-200) - np.log(120), rel=1e-14)
