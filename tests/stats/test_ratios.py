"""mathcore.stats.ratios against 40 digits, SciPy's moments and samples, and worked examples."""

import numpy as np
import pytest
from mpmath import mp, mpf

from mathcore import stats
from tests.stats.families import CHECKS, cases


@pytest.mark.parametrize("check", CHECKS, ids=lambda c: c.__name__)
@pytest.mark.parametrize(("name", "shapes"), cases("beta", "t", "f"), ids=str)
def test_family(check, name, shapes):
    check(name, shapes)


def test_known_values():
    """Of two degrees of freedom t has its distribution in closed form; beta(2, 2) is symmetric."""
    x = np.array([-3.0, -0.5, 0.0, 0.5, 3.0])
    np.testing.assert_allclose(stats.t.cdf(x, 2), 0.5 + x / (2 * np.sqrt(2 + x * x)), rtol=1e-14)
    assert stats.beta.cdf(0.5, 2, 2) == pytest.approx(0.5, rel=1e-15)
    assert stats.t.ppf(0.975, np.inf) == stats.norm.ppf(0.975)
    assert stats.t.sf(1e200, 1) == pytest.approx(1 / np.pi / 1e200, rel=1e-13)
    assert stats.t.ppf(1e-300, 2.5) == pytest.approx(-8.765437882279991e119, rel=1e-12)


def test_shapes_beyond_the_series_are_scipys():
    import scipy.special

    x = np.array([0.59998, 0.6, 0.60002])
    np.testing.assert_array_equal(stats.beta.sf(x, 6e8, 4e8), scipy.special.betainc(4e8, 6e8, 1 - x))
    assert stats.beta.ppf(0.3, 6e8, 5e8) == scipy.special.betaincinv(6e8, 5e8, 0.3)


def test_large_shapes():
    """By the fraction in 40 digits; there scipy.special.betainc is off by 7e-13 of itself."""
    a, b = 6e6, 4e6 + 1
    x = a / (a + b) - 3 * np.sqrt(a * b / (a + b) ** 3)
    with mp.workdps(40):
        n, k, u = mpf(a) + mpf(b), mpf(1), mpf(x)
        power = a * mp.log(u) + b * mp.log(1 - u) + mp.loggamma(n) - mp.loggamma(mpf(a) + 1) - mp.loggamma(b)
        c, d = mpf(1), 1 / (1 - n * u / (mpf(a) + 1))
        h = d
        while True:
            e = k * (b - k) * u / ((a + 2 * k - 1) * (a + 2 * k))
            d, c = 1 / (1 + e * d), 1 + e / c
            h *= c * d
            e = -(a + k) * (n + k) * u / ((a + 2 * k) * (a + 2 * k + 1))
            d, c = 1 / (1 + e * d), 1 + e / c
            h *= c * d
            k += 1
            if abs(c * d - 1) < mpf("1e-35"):
                break
        exact = mp.exp(power) * h
    assert abs(stats.beta.cdf(x, a, b) / exact - 1) < 1e-14
