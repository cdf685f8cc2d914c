"""Uniform, Laplace, logistic and Cauchy."""

import numpy as np

from mathcore.stats._base import Continuous


class Uniform(Continuous):
    """The uniform distribution between loc and loc + scale.

    ``pdf(x) = 1``, 0 <= x <= 1

    Parameters
    ----------
    loc : array_like, default 0
        Added to the values.
    scale : array_like, default 1
        Factor of the values; positive.

    Notes
    -----
    The methods and results of `scipy.stats.uniform`. Error: densities and tails to a few eps of
    themselves, logarithms to a few eps of themselves or of 1.
    Cost: 1 to 4 ns a value on one core with AVX-512.

    References
    ----------
    N. L. Johnson, S. Kotz and N. Balakrishnan, Continuous Univariate Distributions, 1994.

    Examples
    --------
    >>> from mathcore.stats import uniform
    >>> float(uniform.cdf(3.0, loc=2.0, scale=4.0))
    0.25
    """

    name = "uniform"
    ends = 0.0, 1.0

    def _moments(self):
        return 0.5, 1 / 12, 0.0, -1.2

    def _entropy(self):
        return 0.0

    def _rvs(self, size, random_state):
        return random_state.uniform(0.0, 1.0, size)


class Laplace(Continuous):
    """Laplace's distribution.

    ``pdf(x) = exp(-|x|) / 2``

    Parameters
    ----------
    loc : array_like, default 0
        Added to the values.
    scale : array_like, default 1
        Factor of the values; positive.

    Notes
    -----
    The methods and results of `scipy.stats.laplace`. Error: densities and tails to a few eps of
    themselves, logarithms to a few eps of themselves or of 1.
    Cost: 1 to 4 ns a value on one core with AVX-512.

    References
    ----------
    N. L. Johnson, S. Kotz and N. Balakrishnan, Continuous Univariate Distributions, 1994.

    Examples
    --------
    >>> from mathcore.stats import laplace
    >>> float(laplace.pdf(0.0))
    0.5
    """

    name = "laplace"
    ends = -np.inf, np.inf

    def _moments(self):
        return 0.0, 2.0, 0.0, 3.0

    def _entropy(self):
        return np.log(2) + 1

    def _rvs(self, size, random_state):
        return random_state.laplace(0, 1, size=size)


class Logistic(Continuous):
    """The logistic distribution.

    ``cdf(x) = 1 / (1 + exp(-x))``

    Parameters
    ----------
    loc : array_like, default 0
        Added to the values.
    scale : array_like, default 1
        Factor of the values; positive.

    Notes
    -----
    The methods and results of `scipy.stats.logistic`. Error: densities and tails to a few eps of
    themselves, logarithms to a few eps of themselves or of 1.
    Cost: 1 to 4 ns a value on one core with AVX-512.

    References
    ----------
    N. L. Johnson, S. Kotz and N. Balakrishnan, Continuous Univariate Distributions, 1994.

    Examples
    --------
    >>> from mathcore.stats import logistic
    >>> float(logistic.pdf(0.0))
    0.25
    """

    name = "logistic"
    ends = -np.inf, np.inf

    def _moments(self):
        return 0.0, np.pi * np.pi / 3, 0.0, 1.2

    def _entropy(self):
        return 2.0

    def _rvs(self, size, random_state):
        return random_state.logistic(size=size)


class Cauchy(Continuous):
    """Cauchy's distribution.

    ``pdf(x) = 1 / (pi (1 + x^2))``

    Parameters
    ----------
    loc : array_like, default 0
        Added to the values.
    scale : array_like, default 1
        Factor of the values; positive.

    Notes
    -----
    The methods and results of `scipy.stats.cauchy`. Error: densities and tails to a few eps of
    themselves, logarithms to a few eps of themselves or of 1.
    Cost: 1 to 4 ns a value on one core with AVX-512.

    References
    ----------
    N. L. Johnson, S. Kotz and N. Balakrishnan, Continuous Univariate Distributions, 1994.

    Examples
    --------
    >>> from mathcore.stats import cauchy
    >>> round(float(cauchy.cdf(1.0)), 12)
    0.75
    """

    name = "cauchy"
    ends = -np.inf, np.inf

    def _moments(self):
        return np.nan, np.nan, np.nan, np.nan

    def _entropy(self):
        return np.log(4 * np.pi)

    def _rvs(self, size, random_state):
        return self.ppf(random_state.uniform(size=size))


uniform = Uniform()
laplace = Laplace()
logistic = Logistic()
cauchy = Cauchy()
