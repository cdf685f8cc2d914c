"""Entropies whose textbook formula is a difference of large numbers where shapes are large: there by its series."""

import numpy as np


def _log_gamma_rest(x):
    """log Gamma(x) - (x - 1/2) log x + x - log(2 pi) / 2 for large x, and the same of psi(x) - log x."""
    r = 1 / x
    w = r * r
    gamma = r * (1 / 12 - w * (1 / 360 - w * (1 / 1260 - w / 1680)))
    psi = -r / 2 - w * (1 / 12 - w * (1 / 120 - w * (1 / 252 - w / 240)))
    return gamma, psi


def _parts(x):
    """(log Gamma(x) - x log x + x, psi(x) - log x), by what cancels least."""
    from scipy.special import gammaln, psi

    large = x > 40
    some = np.where(large, 40.0, x)
    gamma, digamma = _log_gamma_rest(np.where(large, x, 40.0))
    log = np.log(x)
    return (np.where(large, gamma + 0.5 * np.log(2 * np.pi) - 0.5 * log, gammaln(some) - x * log + x),
            np.where(large, digamma, psi(some) - log))


def gamma_entropy(a):
    """a + log Gamma(a) + (1 - a) psi(a)"""
    gamma, psi = _parts(a)
    # a + (gamma + a log a - a) + (1 - a) (psi + log a)
    return gamma + np.log(a) + (1 - a) * psi


def beta_entropy(a, b):
    """log B(a, b) - (a - 1) psi(a) - (b - 1) psi(b) + (a + b - 2) psi(a + b)"""
    n = a + b
    (ga, pa), (gb, pb), (gn, pn) = _parts(a), _parts(b), _parts(n)
    # the x log x of the three log Gammas go against the log x of the three psis
    return ga + gb - gn - (a - 1) * pa - (b - 1) * pb + (n - 2) * pn + np.log(a) + np.log(b) - 2 * np.log(n)


def t_entropy(df):
    """(df + 1)/2 (psi((df + 1)/2) - psi(df/2)) + log(sqrt(df) B(df/2, 1/2))"""
    a = np.where(np.isposinf(df), 1e300, df) / 2
    n = a + 0.5
    (ga, pa), (gn, pn) = _parts(a), _parts(n)
    step = np.log1p(0.5 / a)
    # log B(a, 1/2) = log Gamma(a) + log(pi)/2 - log Gamma(n)
    return n * (pn - pa + step) + ga - gn - a * step + 0.5 + 0.5 * np.log(2 * np.pi * (a / n))
