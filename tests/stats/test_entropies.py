"""Entropies of gamma, beta and t at shapes of every size against 50 digits."""

import numpy as np
import pytest
from mpmath import mp, mpf

from mathcore.stats._entropies import beta_entropy, gamma_entropy, t_entropy

SIZES = (0.01, 0.5, 3.0, 39.9, 40.1, 1e4, 1e9)


def exact_gamma(a):
    return a + mp.loggamma(a) + (1 - a) * mp.psi(0, a)


def exact_beta(a, b):
    log_beta = mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b)
    return log_beta - (a - 1) * mp.psi(0, a) - (b - 1) * mp.psi(0, b) + (a + b - 2) * mp.psi(0, a + b)


def exact_t(n):
    a = n / 2
    return (
        (a + 0.5) * (mp.psi(0, a + 0.5) - mp.psi(0, a))
        + mp.log(n) / 2
        + mp.loggamma(a)
        + mp.log(mp.pi) / 2
        - mp.loggamma(a + 0.5)
    )


@pytest.mark.parametrize("a", SIZES)
def test_against_50_digits(a):
    """What is left of the differences: a term times the eps of the digamma function, of which (1 - a) is one factor."""
    with mp.workdps(50):
        x = mpf(a)
        assert abs(gamma_entropy(np.float64(a)) - exact_gamma(x)) < 1e-13 * max(1, abs(exact_gamma(x)))
        assert abs(t_entropy(np.float64(a)) - exact_t(x)) < 1e-12 * max(1, abs(exact_t(x)))
        for b in SIZES:
            exact = exact_beta(x, mpf(b))
            assert abs(beta_entropy(np.float64(a), np.float64(b)) - exact) < 1e-12 * max(1, abs(exact))


def test_limit():
    assert t_entropy(np.inf) == pytest.approx(0.5 * (np.log(2 * np.pi) + 1), rel=1e-15)
