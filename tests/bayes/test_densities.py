"""Log densities against log-gammas of 45 digits, at parameters from 1e-8 to 1e12."""

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest
from scipy import special

from mathcore.bayes import _densities as densities
from tests.bayes import oracle

EPS = np.finfo(float).eps


@pytest.fixture(autouse=True)
def digits():
    with localcontext() as context:
        context.prec = oracle.DIGITS
        yield


def bound(exact, size):
    """Deviances carry the rounding of x - m, eps of the counts' size, times (x - m) / m, a few roots of that size away
    from the middle: 8 roots. Beside that 64 roundings of terms of log(size), and the value's own."""
    return EPS * (8 * math.sqrt(size) + 64 * (1 + math.log(1 + size)) + 4 * abs(float(exact)))


def test_the_oracle_against_factorials_and_known_values():
    for n in (1, 2, 10, 59, 60, 61, 200):
        assert abs(oracle.log_gamma(n) - Decimal(math.factorial(n - 1)).ln()) < Decimal("1e-25")
    assert abs(oracle.log_gamma(0.5) - Decimal(math.pi).ln() / 2) < Decimal("1e-15")
    assert abs(oracle.log_gamma(Decimal("1e12")) - Decimal("26631021115915.3")) < Decimal("1")


@pytest.mark.parametrize("x", [1e-300, 1e-8, 0.3, 1.0, 2.0, 11.99, 12.0, 12.01, 50.0, 1e6, 1e15])
def test_rests(x):
    large = Decimal(x) * Decimal(x).ln() - Decimal(x)
    size = 1 + abs(math.log(x)) + min(x, 12) * 3
    assert abs(Decimal(float(densities.gamma_rest(np.float64(x)))) - (oracle.log_gamma(x) - large)) < 8 * EPS * size
    expected = oracle.log_gamma(Decimal(x) + 1) - large
    assert abs(Decimal(float(densities.factorial_rest(np.float64(x)))) - expected) < 8 * EPS * size
    assert densities.factorial_rest(np.float64(0.0)) == 0


def test_deviance():
    assert densities.deviance(0.0, 0.0, 0.0) == 0
    assert densities.deviance(0.0, 3.0, -3.0) == 3
    for x, m in ((1.0, 1.0), (1e12, 1e12 + 1), (5.0, 4.0), (5.0, 4.999), (1e-3, 10.0), (1e6, 1.0), (11.0, 9.0)):
        exact = Decimal(x) * (Decimal(x) / Decimal(m)).ln() - (Decimal(x) - Decimal(m))
        # beyond the series a difference of two terms of the size of x - m
        far = 2 * EPS * abs(x - m) if abs(x - m) >= 0.1 * (x + m) else 0
        assert float(densities.deviance(x, m, x - m)) == pytest.approx(float(exact), rel=8 * EPS, abs=far)


def test_polya_from_tiny_to_huge():
    rng = np.random.default_rng(0)
    for _ in range(150):
        alpha = 10.0**rng.uniform(-8, 12, 3)
        n = np.floor(10**rng.uniform(0, 12))
        counts = np.floor(rng.dirichlet(np.maximum(alpha, 0.01)) * n)
        exact = oracle.log_polya(alpha, counts)
        found = float(densities.log_polya(alpha, counts))
        assert abs(found - float(exact)) <= bound(exact, max(n, alpha.max()))


def test_negative_binomial_from_tiny_to_huge():
    rng = np.random.default_rng(1)
    for _ in range(150):
        shape, rate = 10.0**rng.uniform(-6, 11, 2)
        exposure = 10.0**rng.uniform(-3, 5)
        count = np.floor(rng.gamma(shape) / rate * exposure + rng.random() * 3)
        if count > 1e13:
            continue
        exact = oracle.log_negative_binomial(shape, rate, count, exposure)
        found = float(densities.log_negative_binomial(shape, rate, count, exposure))
        assert abs(found - float(exact)) <= bound(exact, max(count, shape))


def test_beta_gamma_and_student():
    rng = np.random.default_rng(2)
    for _ in range(100):
        a, b = 10.0**rng.uniform(-3, 11, 2)
        x = float(np.clip(rng.beta(a, b), 1e-12, 1 - 1e-12))
        exact = oracle.log_beta(x, a, b)
        # beside that: where x itself rounds, a / x - b / (1 - x) times the last place of x
        slope = EPS * abs(a * (1 - x) - b * x) * 4
        assert abs(float(densities.log_beta(x, a, b)) - float(exact)) <= bound(exact, max(a, b)) + slope
        x = rng.gamma(a) / b + 1e-12
        exact = oracle.log_gamma_density(x, a, b)
        found = float(densities.log_gamma(x, a, b))
        assert abs(found - float(exact)) <= bound(exact, max(a, b * x)) + EPS * abs(math.log(x)) * 4
        exact = oracle.log_student(t := rng.standard_t(3), a)
        assert abs(float(densities.log_student(t, a, 0.0, 1.0)) - float(exact)) <= 64 * EPS * (1 + abs(float(exact)))


def test_ends_of_supports():
    inf = np.inf
    np.testing.assert_array_equal(densities.log_beta(np.array([-1, 0, 1, 2, np.nan]), 2.0, 1.0),
                                  [-inf, -inf, math.log(2), -inf, np.nan])
    np.testing.assert_array_equal(densities.log_beta(np.array([0.0, 1.0]), 0.5, 0.5), [inf, inf])
    np.testing.assert_array_equal(densities.log_gamma(np.array([-1, 0, inf, np.nan]), 1.0, 3.0),
                                  [-inf, math.log(3), -inf, np.nan])
    np.testing.assert_array_equal(densities.log_gamma(0.0, np.array([0.5, 2.0]), 3.0), [inf, -inf])
    np.testing.assert_array_equal(densities.log_inverse_gamma(np.array([-1, 0, inf, np.nan]), 1.0, 3.0),
                                  [-inf, -inf, -inf, np.nan])
    p = np.array([[0.0, 1.0, 0.0], [0.2, 0.3, 0.5], [0.0, 0.5, 0.5]])
    expected = [special.gammaln(3), special.gammaln(3), special.gammaln(3)]
    np.testing.assert_allclose(densities.log_dirichlet(p, np.ones(3)), expected, rtol=8 * EPS)
    np.testing.assert_array_equal(densities.log_dirichlet(p[[0, 2]], np.array([2.0, 1, 1])), [-inf, -inf])


def test_inverse_gamma_and_normal():
    v = np.array([0.1, 1.0, 7.0])
    np.testing.assert_allclose(densities.log_inverse_gamma(v, 2.5, 3.0), 2.5 * np.log(3) - special.gammaln(2.5)
                               - 3.5 * np.log(v) - 3 / v, rtol=32 * EPS)
    np.testing.assert_allclose(densities.log_normal(v, 1.0, 4.0), -np.log(2 * math.sqrt(2 * np.pi)) - (v - 1)**2 / 8,
                               rtol=8 * EPS)
