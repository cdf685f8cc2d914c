"""Waiting times: exponential, Weibull, gamma and chi-squared."""

import numpy as np

from mathcore.stats._arguments import POSITIVE
from mathcore.stats._base import Continuous
from mathcore.stats._entropies import gamma_entropy


class Expon(Continuous):
    """The exponential distribution.

    ``pdf(x) = exp(-x)``, x >= 0

    Parameters
    ----------
    loc : array_like, default 0
        Added to the values.
    scale : array_like, default 1
        Factor of the values; positive.

    Notes
    -----
    The methods and results of `scipy.stats.expon`. Error: densities and tails to a few eps of
    themselves, logarithms to a few eps of themselves or of 1.
    Cost: 1 to 4 ns a value on one core with AVX-512.

    References
    ----------
    N. L. Johnson, S. Kotz and N. Balakrishnan, Continuous Univariate Distributions, 1994.

    Examples
    --------
    >>> from mathcore.stats import expon
    >>> round(float(expon.sf(3.0, scale=1.5)), 6)
    0.135335
    """

    name = "expon"
    ends = 0.0, np.inf

    def _moments(self):
        return 1.0, 1.0, 2.0, 6.0

    def _entropy(self):
        return 1.0

    def _rvs(self, size, random_state):
        return random_state.standard_exponential(size)


class WeibullMin(Continuous):
    """Weibull's distribution of a least value.

    ``pdf(x) = c x^(c - 1) exp(-x^c)``, x >= 0

    Parameters
    ----------
    c : array_like
        Power; positive.
    loc : array_like, default 0
        Added to the values.
    scale : array_like, default 1
        Factor of the values; positive.

    Notes
    -----
    The methods and results of `scipy.stats.weibull_min`. Error: densities and tails to a few eps of
    themselves, logarithms to a few eps of themselves or of 1.
    Cost: 1 to 4 ns a value on one core with AVX-512.

    References
    ----------
    N. L. Johnson, S. Kotz and N. Balakrishnan, Continuous Univariate Distributions, 1994.

    Examples
    --------
    >>> from mathcore.stats import weibull_min
    >>> round(float(weibull_min.cdf(1.0, 2.0)), 6)
    0.632121
    """

    name = "weibull_min"
    shape_domains = {"c": POSITIVE}
    ends = 0.0, np.inf

    def _moments(self, c):
        from scipy.special import gamma

        m1, m2, m3, m4 = (gamma(1 + k / c) for k in (1, 2, 3, 4))
        var = m2 - m1 * m1
        third = m3 - 3 * m1 * m2 + 2 * m1**3
        fourth = m4 - 4 * m1 * m3 + 6 * m1 * m1 * m2 - 3 * m1**4
        return m1, var, third / var**1.5, fourth / (var * var) - 3

    def _entropy(self, c):
        return -np.euler_gamma / c - np.log(c) + np.euler_gamma + 1

    def _rvs(self, c, size, random_state):
        return self.ppf(random_state.uniform(size=size), c)


class Gamma(Continuous):
    """The gamma distribution.

    ``pdf(x) = x^(a - 1) exp(-x) / Gamma(a)``, x >= 0

    Parameters
    ----------
    a : array_like
        Shape; positive.
    loc : array_like, default 0
        Added to the values.
    scale : array_like, default 1
        Factor of the values; positive.

    Notes
    -----
    The methods and results of `scipy.stats.gamma`. Error: densities to 2 eps where shapes are below 100, at
    most 1e-13 down to 1e-300; tails to 1e-14 there, quantiles to what their tails are.
    Cost: 5 ns a density, 15 to 30 ns a tail, 60 to 130 ns a quantile, on one core with AVX-512.

    References
    ----------
    N. L. Johnson, S. Kotz and N. Balakrishnan, Continuous Univariate Distributions, 1994.

    Examples
    --------
    >>> from mathcore.stats import gamma
    >>> round(float(gamma.mean(2.5, scale=2.0)), 6)
    5.0
    >>> round(float(gamma.cdf(gamma.ppf(0.1, 2.5), 2.5)), 12)
    0.1
    """

    name = "gamma"
    shape_domains = {"a": POSITIVE}
    ends = 0.0, np.inf

    def _moments(self, a):
        return a, a, 2 / np.sqrt(a), 6 / a

    def _entropy(self, a):
        return gamma_entropy(a)

    def _rvs(self, a, size, random_state):
        return random_state.standard_gamma(a, size)


class Chi2(Continuous):
    """The chi-squared distribution: of the sum of df squares of normal numbers.

    ``pdf(x) = x^(df/2 - 1) exp(-x/2) / (2^(df/2) Gamma(df/2))``, x >= 0

    Parameters
    ----------
    df : array_like
        Degrees of freedom; positive.
    loc : array_like, default 0
        Added to the values.
    scale : array_like, default 1
        Factor of the values; positive.

    Notes
    -----
    The methods and results of `scipy.stats.chi2`. Error: densities to 2 eps where shapes are below 100, at
    most 1e-13 down to 1e-300; tails to 1e-14 there, quantiles to what their tails are.
    Cost: 5 ns a density, 15 to 30 ns a tail, 60 to 130 ns a quantile, on one core with AVX-512.

    References
    ----------
    N. L. Johnson, S. Kotz and N. Balakrishnan, Continuous Univariate Distributions, 1994.

    Examples
    --------
    >>> from mathcore.stats import chi2
    >>> round(float(chi2.isf(0.05, 3)), 4)
    7.8147
    """

    name = "chi2"
    shape_domains = {"df": POSITIVE}
    ends = 0.0, np.inf

    def _moments(self, df):
        return df, 2 * df, 2 * np.sqrt(2 / df), 12 / df

    def _entropy(self, df):
        return gamma_entropy(df / 2) + np.log(2)

    def _rvs(self, df, size, random_state):
        return random_state.chisquare(df, size)


expon = Expon()
weibull_min = WeibullMin()
gamma = Gamma()
chi2 = Chi2()
