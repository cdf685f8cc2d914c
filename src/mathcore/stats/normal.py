"""The normal distribution and its exponential."""

import numpy as np

from mathcore.stats._arguments import POSITIVE
from mathcore.stats._base import Continuous


class Norm(Continuous):
    """The normal distribution.

    ``pdf(x) = exp(-x^2 / 2) / sqrt(2 pi)``

    Parameters
    ----------
    loc : array_like, default 0
        Added to the values.
    scale : array_like, default 1
        Factor of the values; positive.

    Notes
    -----
    The methods and results of `scipy.stats.norm`. Error: densities and tails to a few eps of
    themselves, logarithms to a few eps of themselves or of 1.
    Cost: 1 to 4 ns a value on one core with AVX-512.

    References
    ----------
    N. L. Johnson, S. Kotz and N. Balakrishnan, Continuous Univariate Distributions, 1994.

    Examples
    --------
    >>> from mathcore.stats import norm
    >>> round(float(norm.cdf(1.96)), 4)
    0.975
    >>> round(float(norm.logsf(30.0)), 6)
    -454.321244
    """

    name = "norm"
    ends = -np.inf, np.inf

    def _moments(self):
        return 0.0, 1.0, 0.0, 0.0

    def _entropy(self):
        return 0.5 * (np.log(2 * np.pi) + 1)

    def _rvs(self, size, random_state):
        return random_state.standard_normal(size)


class LogNorm(Continuous):
    """The distribution of exp(s X), X normal.

    ``pdf(x) = exp(-log(x)^2 / (2 s^2)) / (s x sqrt(2 pi))``, x > 0

    Parameters
    ----------
    s : array_like
        Standard deviation of the logarithm; positive.
    loc : array_like, default 0
        Added to the values.
    scale : array_like, default 1
        Factor of the values; positive.

    Notes
    -----
    The methods and results of `scipy.stats.lognorm`. Error: densities and tails to a few eps of
    themselves, logarithms to a few eps of themselves or of 1.
    Cost: 1 to 4 ns a value on one core with AVX-512.

    References
    ----------
    N. L. Johnson, S. Kotz and N. Balakrishnan, Continuous Univariate Distributions, 1994.

    Examples
    --------
    >>> from mathcore.stats import lognorm
    >>> float(lognorm.median(0.5))
    1.0
    """

    name = "lognorm"
    shape_domains = {"s": POSITIVE}
    ends = 0.0, np.inf

    def _moments(self, s):
        p = np.exp(s * s)
        less = np.expm1(s * s)
        return np.sqrt(p), p * less, np.sqrt(less) * (2 + p), np.polyval([1, 2, 3, 0, -6.0], p)

    def _entropy(self, s):
        return 0.5 * (1 + np.log(2 * np.pi)) + np.log(s)

    def _rvs(self, s, size, random_state):
        return np.exp(s * random_state.standard_normal(size))


norm = Norm()
lognorm = LogNorm()
