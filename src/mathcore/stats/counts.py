"""Distributions of whole numbers."""

import numpy as np

from mathcore.special import entr
from mathcore.stats._arguments import (
    COUNT,
    NOT_NEGATIVE,
    POSITIVE,
    POSITIVE_COUNT,
    POSITIVE_PROBABILITY,
    PROBABILITY,
    WHOLE,
)
from mathcore.stats._base import Discrete


def binom_moments(n, p):
    """Mean, variance, skewness and excess kurtosis of n trials."""
    pq = p - np.square(p)
    root = np.sqrt(n * pq)
    return n * p, n * p - n * np.square(p), 1 / root - 2 * p / root, 1 / (n * pq) - 6 / n


class Bernoulli(Discrete):
    """Bernoulli's distribution: 1 with probability p, else 0.

    ``pmf(1) = p``, ``pmf(0) = 1 - p``

    Parameters
    ----------
    p : array_like
        Probability of 1.
    loc : array_like, default 0
        Added to the values.

    Notes
    -----
    The methods and results of `scipy.stats.bernoulli`. Error: densities and tails to a few eps of
    themselves, logarithms to a few eps of themselves or of 1.
    Cost: 5 ns a density, 20 to 60 ns a tail; with the same shapes for many values each value that occurs is computed
    once, which leaves 2 ns.

    References
    ----------
    N. L. Johnson, A. W. Kemp and S. Kotz, Univariate Discrete Distributions, 2005.

    Examples
    --------
    >>> from mathcore.stats import bernoulli
    >>> float(bernoulli.pmf(1, 0.25))
    0.25
    """

    name = "bernoulli"
    shape_domains = {"p": PROBABILITY}
    ends = 0, 1

    def _moments(self, p):
        return binom_moments(1.0, p)

    def _entropy(self, p):
        return entr(p) + entr(1 - p)

    def _rvs(self, p, size, random_state):
        return random_state.binomial(1, p, size)


class Binom(Discrete):
    """The binomial distribution: successes in n trials.

    ``pmf(k) = C(n, k) p^k (1 - p)^(n - k)``, k = 0 ... n

    Parameters
    ----------
    n : array_like
        Trials; a whole number.
    p : array_like
        Probability of success.
    loc : array_like, default 0
        Added to the values.

    Notes
    -----
    The methods and results of `scipy.stats.binom`. Error: densities to 2 eps where shapes are below 100, at
    most 1e-13 down to 1e-300; tails to 1e-14 there, quantiles to what their tails are.
    Cost: 5 ns a density, 20 to 60 ns a tail; with the same shapes for many values each value that occurs is computed
    once, which leaves 2 ns.

    References
    ----------
    N. L. Johnson, A. W. Kemp and S. Kotz, Univariate Discrete Distributions, 2005.

    Examples
    --------
    >>> from mathcore.stats import binom
    >>> round(float(binom.pmf(3, 5, 0.5)), 12)
    0.3125
    """

    name = "binom"
    shape_domains = {"n": COUNT, "p": PROBABILITY}

    def _support(self, n, p):
        return 0, n

    def _moments(self, n, p):
        return binom_moments(n, p)

    def _rvs(self, n, p, size, random_state):
        return random_state.binomial(n, p, size)


class Poisson(Discrete):
    """Poisson's distribution.

    ``pmf(k) = mu^k exp(-mu) / k!``, k = 0, 1, ...

    Parameters
    ----------
    mu : array_like
        Mean; at least 0.
    loc : array_like, default 0
        Added to the values.

    Notes
    -----
    The methods and results of `scipy.stats.poisson`. Error: densities to 2 eps where shapes are below 100, at
    most 1e-13 down to 1e-300; tails to 1e-14 there, quantiles to what their tails are.
    Cost: 5 ns a density, 20 to 60 ns a tail; with the same shapes for many values each value that occurs is computed
    once, which leaves 2 ns.

    References
    ----------
    N. L. Johnson, A. W. Kemp and S. Kotz, Univariate Discrete Distributions, 2005.

    Examples
    --------
    >>> from mathcore.stats import poisson
    >>> round(float(poisson.cdf(2, 3.0)), 6)
    0.42319
    """

    name = "poisson"
    shape_domains = {"mu": NOT_NEGATIVE}
    ends = 0, np.inf

    def _moments(self, mu):
        return mu, mu, np.sqrt(1 / mu), 1 / mu

    def _rvs(self, mu, size, random_state):
        return random_state.poisson(mu, size)


class Geom(Discrete):
    """The geometric distribution: the trial of the first success.

    ``pmf(k) = (1 - p)^(k - 1) p``, k = 1, 2, ...

    Parameters
    ----------
    p : array_like
        Probability of success, above 0.
    loc : array_like, default 0
        Added to the values.

    Notes
    -----
    The methods and results of `scipy.stats.geom`. Error: densities and tails to a few eps of
    themselves, logarithms to a few eps of themselves or of 1.
    Cost: 5 ns a density, 20 to 60 ns a tail; with the same shapes for many values each value that occurs is computed
    once, which leaves 2 ns.

    References
    ----------
    N. L. Johnson, A. W. Kemp and S. Kotz, Univariate Discrete Distributions, 2005.

    Examples
    --------
    >>> from mathcore.stats import geom
    >>> float(geom.mean(0.25))
    4.0
    """

    name = "geom"
    shape_domains = {"p": POSITIVE_PROBABILITY}
    ends = 1, np.inf

    def _moments(self, p):
        q = 1 - p
        return 1 / p, q / p / p, (2 - p) / np.sqrt(q), np.polyval([1, -6, 6], p) / q

    def _entropy(self, p):
        return -np.log(p) - np.where(p == 1, 0.0, np.log1p(-p) * (1 - p) / p)

    def _rvs(self, p, size, random_state):
        got = random_state.geometric(p, size=size)
        # RandomState wraps round where Generator gives the largest integer
        return np.where(got < 0, np.iinfo(np.asarray(got).dtype).max, got)


class NBinom(Discrete):
    """The negative binomial distribution: failures before the n-th success.

    ``pmf(k) = Gamma(n + k) / (Gamma(n) k!) p^n (1 - p)^k``, k = 0, 1, ...

    Parameters
    ----------
    n : array_like
        Successes; positive, any real number.
    p : array_like
        Probability of success, above 0.
    loc : array_like, default 0
        Added to the values.

    Notes
    -----
    The methods and results of `scipy.stats.nbinom`. Error: densities to 2 eps where shapes are below 100, at
    most 1e-13 down to 1e-300; tails to 1e-14 there, quantiles to what their tails are.
    Cost: 5 ns a density, 20 to 60 ns a tail; with the same shapes for many values each value that occurs is computed
    once, which leaves 2 ns.

    References
    ----------
    N. L. Johnson, A. W. Kemp and S. Kotz, Univariate Discrete Distributions, 2005.

    Examples
    --------
    >>> from mathcore.stats import nbinom
    >>> round(float(nbinom.pmf(2, 3, 0.5)), 12)
    0.1875
    """

    name = "nbinom"
    shape_domains = {"n": POSITIVE, "p": POSITIVE_PROBABILITY}
    ends = 0, np.inf

    def _moments(self, n, p):
        q = 1 - p
        return n * q / p, n * q / (p * p), (2 - p) / np.sqrt(n * q), (p * (p - 6) + 6) / (n * q)

    def _rvs(self, n, p, size, random_state):
        return random_state.negative_binomial(n, p, size)


class Hypergeom(Discrete):
    """The hypergeometric distribution: marked ones among N drawn from M without replacement.

    ``pmf(k) = C(n, k) C(M - n, N - k) / C(M, N)``

    Parameters
    ----------
    M : array_like
        All; at most 2^53, beyond which float64 skips whole numbers.
    n : array_like
        The marked ones among them, at most M.
    N : array_like
        Drawn, at most M.
    loc : array_like, default 0
        Added to the values.

    Notes
    -----
    The methods and results of `scipy.stats.hypergeom`. Error: densities to 2 eps where shapes are below 100, at
    most 1e-13 down to 1e-300; tails to 1e-14 there, quantiles to what their tails are.
    Cost: 5 ns a density, 20 to 60 ns a tail; with the same shapes for many values each value that occurs is computed
    once, which leaves 2 ns.

    References
    ----------
    N. L. Johnson, A. W. Kemp and S. Kotz, Univariate Discrete Distributions, 2005.

    Examples
    --------
    >>> from mathcore.stats import hypergeom
    >>> round(float(hypergeom.pmf(1, 20, 7, 12)), 8)
    0.00433437
    """

    name = "hypergeom"
    shape_domains = {"M": POSITIVE_COUNT, "n": COUNT, "N": COUNT}

    def _domains(self, shapes):
        yield from super()._domains(shapes)
        total, marked, drawn = shapes
        yield "M", total, "at most 2^53", total <= 2**53
        yield "n", marked, f"at most M = {total}", marked <= total
        yield "N", drawn, f"at most M = {total}", drawn <= total

    def _support(self, M, n, N):
        return np.maximum(0, n + N - M), np.minimum(n, N)

    def _moments(self, M, n, N):
        m = M - n
        var = N * (n / M) * (m / M) * ((M - N) / (M - 1))
        skew = (m - n) * np.sqrt(M - 1) * (M - 2 * N) / (np.sqrt(n * N * m * (M - N)) * (M - 2))
        kurt = (M - 1) * M * M * (M * (M + 1) - 6 * N * (M - N) - 6 * n * m) + 6 * n * N * (M - N) * m * (5 * M - 6)
        return N * n / M, var, skew, kurt / (n * N * (M - N) * m * (M - 2) * (M - 3))

    def _rvs(self, M, n, N, size, random_state):
        return random_state.hypergeometric(n, np.subtract(M, n), N, size=size)


class RandInt(Discrete):
    """The uniform distribution of the whole numbers from low on, below high.

    ``pmf(k) = 1 / (high - low)``, k = low ... high - 1

    Parameters
    ----------
    low : array_like
        The least.
    high : array_like
        One above the largest.
    loc : array_like, default 0
        Added to the values.

    Notes
    -----
    The methods and results of `scipy.stats.randint`. Error: densities and tails to a few eps of
    themselves, logarithms to a few eps of themselves or of 1.
    Cost: 5 ns a density, 20 to 60 ns a tail; with the same shapes for many values each value that occurs is computed
    once, which leaves 2 ns.

    References
    ----------
    N. L. Johnson, A. W. Kemp and S. Kotz, Univariate Discrete Distributions, 2005.

    Examples
    --------
    >>> from mathcore.stats import randint
    >>> float(randint.pmf(3, 1, 5))
    0.25
    """

    name = "randint"
    shape_domains = {"low": WHOLE, "high": WHOLE}

    def _domains(self, shapes):
        yield from super()._domains(shapes)
        low, high = shapes
        yield "high", high, f"above low = {low}", high > low

    def _support(self, low, high):
        return low, high - 1

    def _moments(self, low, high):
        d = high - low
        return (high + low - 1) / 2, (d * d - 1) / 12, 0.0 * d, -1.2 * (d * d + 1) / (d * d - 1)

    def _entropy(self, low, high):
        return np.log(high - low)

    def _rvs(self, low, high, size, random_state):
        draw = getattr(random_state, "integers", None) or random_state.randint
        if np.size(low) == 1 and np.size(high) == 1:
            return draw(np.ravel(low)[0], np.ravel(high)[0], size=size)
        # RandomState does not broadcast
        return np.vectorize(lambda a, b: draw(a, b), otypes=[int])(
            np.broadcast_to(low, size), np.broadcast_to(high, size)
        )


bernoulli = Bernoulli()
binom = Binom()
poisson = Poisson()
geom = Geom()
nbinom = NBinom()
hypergeom = Hypergeom()
randint = RandInt()
