"""Conjugate families of normal data: the mean with known noise, the mean and the variance."""

from dataclasses import KW_ONLY, dataclass

import numpy as np

from mathcore import _validate
from mathcore.bayes import _arguments as arguments
from mathcore.bayes import _densities as densities
from mathcore.bayes._family import KINDS, Family, shortest, sizes

__all__ = ["NormalInverseGamma", "NormalNormal"]


def _data(x, fn, shape):
    """Data (..., n), one number as (1,)."""
    x = np.atleast_1d(arguments.finite(x, fn, "x"))
    _validate.broadcast_batch(x.shape[:-1], shape, fn, "shapes of x and the batch")
    return x


def _before(x):
    """Sums of what comes before each element of the last axis."""
    return np.concatenate([np.zeros_like(x[..., :1]), np.cumsum(x[..., :-1], axis=-1)], axis=-1)


def _column(value):
    return np.asarray(value)[..., None]


@dataclass(frozen=True, eq=False)
class NormalNormal(Family):
    """The mean of normal data whose noise is known, itself normally distributed.

    Parameters
    ----------
    mean, sd : array_like
        Mean and standard deviation of the distribution of the mean, `sd` positive; arrays are a batch.
    noise : array_like
        Standard deviation of one observation, positive.

    Attributes
    ----------
    mean, sd, noise : float or ndarray
    var, std, mode : float or ndarray
        Of the mean: ``sd^2``, ``sd`` and ``mean``.

    Raises
    ------
    ValueError, TypeError
        Parameters that are not finite, `sd` or `noise` not positive, shapes that do not broadcast.

    Notes
    -----
    ``mean' = mean + w (average(x) - mean)``, ``w = n / (n + (noise / sd)^2)``, ``sd' = noise / sqrt(n + (noise /
    sd)^2)``. Error: a few eps of the largest ``|x - mean|``, whatever offset the data have.

    References
    ----------
    Gelman et al., Bayesian Data Analysis, 3rd edition, chapter 2.

    Examples
    --------
    >>> from mathcore.bayes import NormalNormal
    >>> posterior = NormalNormal(0.0, 1.0, noise=1.0).update([2.0, 4.0, 3.0])
    >>> posterior
    NormalNormal(mean=2.25, sd=0.5, noise=1.0)
    """

    mean: float
    sd: float
    _: KW_ONLY
    noise: float
    _label = "mean"

    def __post_init__(self):
        self._fit(mean=arguments.finite, sd=arguments.positive, noise=arguments.positive)

    def _weight(self):
        """Observations that the distribution stands for."""
        return np.square(np.divide(self.noise, self.sd))

    def update(self, x):
        """The posterior.

        Parameters
        ----------
        x : array_like, shape (..., n), or float
            Observations along the last axis; other axes are the batch's.

        Returns
        -------
        NormalNormal
        """
        x = _data(x, self._name("update"), self._shape())
        n, weight = x.shape[-1], self._weight()
        return NormalNormal(self.mean + (x - _column(self.mean)).sum(axis=-1) / (n + weight),
                            self.noise / np.sqrt(n + weight), noise=self.noise)

    def predictive(self, x):
        """Log density of new data before they are seen, a normal distribution.

        Parameters
        ----------
        x : array_like
            Observations, each by itself; broadcast with the batch.

        Returns
        -------
        ndarray or float
        """
        fn = self._name("predictive")
        x = arguments.finite(x, fn, "x")
        _validate.broadcast_batch(x.shape, self._shape(), fn, "shapes of x and the batch")
        return densities.log_normal(x, self.mean, np.square(self.noise) + np.square(self.sd))[()]

    def log_evidence(self, x):
        """Log density of all data together: the sum of the log predictive of each after those before it.

        Parameters
        ----------
        x : array_like, shape (..., n), or float
            As in `update`.

        Returns
        -------
        ndarray or float
        """
        x = _data(x, self._name("log_evidence"), self._shape())
        away, seen = x - _column(self.mean), np.arange(x.shape[-1]) + _column(self._weight())
        step, square = away - _before(away) / seen, np.square(_column(self.noise))
        return densities.log_normal(step, 0.0, square * (1 + 1 / seen)).sum(axis=-1)[()]

    @property
    def var(self):
        return np.square(self.sd)

    @property
    def std(self):
        return self.sd

    @property
    def mode(self):
        return self.mean

    def _logpdf(self, x):
        return densities.log_normal(x, self.mean, np.square(self.sd))

    def _quantile(self, below, above):
        from scipy.special import ndtri

        return self.mean + np.multiply(self.sd, ndtri(below) if above is None else -ndtri(above))

    def _interval(self, level, kind, fn):
        return super()._interval(level, KINDS[0], fn)       # symmetric: both kinds are one

    def _draw(self, rng, shape):
        return self.mean + np.multiply(self.sd, rng.standard_normal(shape or None))


@dataclass(frozen=True, eq=False)
class NormalInverseGamma(Family):
    """The mean and the variance of normal data: the variance inverse-gamma, the mean normal given the variance.

    ``variance ~ 1 / gamma(alpha, rate=beta)``, ``mean ~ normal(mean, variance / kappa)``

    Parameters
    ----------
    mean : array_like
        Expected mean; arrays are a batch of distributions.
    kappa : array_like
        Observations that `mean` stands for; positive.
    alpha, beta : array_like
        Half the observations that the variance stands for, and half their sum of squares; positive.

    Attributes
    ----------
    mean, kappa, alpha, beta : float or ndarray
    var, std, mode : float or ndarray
        Of the mean, whose marginal distribution is Student's t with 2 alpha degrees of freedom; the variance is inf
        where alpha is at most 1.
    variance_mean, variance_mode : float or ndarray
        Of the variance, ``beta / (alpha - 1)``, inf where alpha is at most 1, and ``beta / (alpha + 1)``.

    Raises
    ------
    ValueError, TypeError
        Parameters that are not finite, or not positive but for `mean`, shapes that do not broadcast.

    Notes
    -----
    Of n observations with average m and sum of squares S about it: ``kappa' = kappa + n``, ``mean' = mean + n (m -
    mean) / kappa'``, ``alpha' = alpha + n / 2``, ``beta' = beta + S / 2 + kappa n (m - mean)^2 / (2 kappa')``.
    Error: a few eps of the spread, whatever offset the data have.

    References
    ----------
    Gelman et al., Bayesian Data Analysis, 3rd edition, chapter 3.

    Examples
    --------
    >>> from mathcore.bayes import NormalInverseGamma
    >>> posterior = NormalInverseGamma(0.0, 1.0, 1.0, 1.0).update([1.0, 2.0, 3.0])
    >>> posterior
    NormalInverseGamma(mean=1.5, kappa=4.0, alpha=2.5, beta=3.5)
    >>> low, high = posterior.credible_interval(0.9)
    >>> print(f"{low:.3f} {high:.3f}")
    0.308 2.692
    """

    mean: float
    kappa: float
    alpha: float
    beta: float
    _label = "mean"

    def __post_init__(self):
        self._fit(mean=arguments.finite, kappa=arguments.positive, alpha=arguments.positive, beta=arguments.positive)

    def update(self, x):
        """The posterior.

        Parameters
        ----------
        x : array_like, shape (..., n), or float
            Observations along the last axis; other axes are the batch's.

        Returns
        -------
        NormalInverseGamma
        """
        x = _data(x, self._name("update"), self._shape())
        n = x.shape[-1]
        away = x - _column(self.mean)
        average = away.sum(axis=-1) / max(n, 1)
        square = np.square(away - _column(average)).sum(axis=-1)
        kappa = self.kappa + n
        return NormalInverseGamma(self.mean + n * average / kappa, kappa, self.alpha + n / 2,
                                  self.beta + 0.5 * (square + self.kappa * n / kappa * np.square(average)))

    def predictive(self, x):
        """Log density of new data before they are seen, Student's t with 2 alpha degrees of freedom.

        Parameters
        ----------
        x : array_like
            Observations, each by itself; broadcast with the batch.

        Returns
        -------
        ndarray or float
        """
        fn = self._name("predictive")
        x = arguments.finite(x, fn, "x")
        _validate.broadcast_batch(x.shape, self._shape(), fn, "shapes of x and the batch")
        square = np.divide(self.beta, self.alpha) * (1 + np.divide(1, self.kappa))
        return densities.log_student(x, self.alpha, self.mean, square)[()]

    def log_evidence(self, x):
        """Log density of all data together: the sum of the log predictive of each after those before it.

        Parameters
        ----------
        x : array_like, shape (..., n), or float
            As in `update`.

        Returns
        -------
        ndarray or float
        """
        x = _data(x, self._name("log_evidence"), self._shape())
        away, i = x - _column(self.mean), np.arange(x.shape[-1])
        kappa, alpha = _column(self.kappa) + i, _column(self.alpha) + 0.5 * i
        step = away - _before(away) / kappa
        beta = _column(self.beta) + _before(0.5 * kappa / (kappa + 1) * np.square(step))
        return densities.log_student(step, alpha, 0.0, beta / alpha * (1 + 1 / kappa)).sum(axis=-1)[()]

    @property
    def var(self):
        return self.variance_mean / self.kappa

    @property
    def mode(self):
        return self.mean

    @property
    def variance_mean(self):
        more = np.subtract(self.alpha, 1)
        return np.divide(self.beta, more, out=np.full(more.shape, np.inf), where=more > 0)[()]

    @property
    def variance_mode(self):
        return self.beta / (self.alpha + 1)

    def logpdf(self, x, variance, /):
        """Log density of a mean and a variance together.

        Parameters
        ----------
        x, variance : array_like
            Broadcast with the batch.

        Returns
        -------
        ndarray or float
            -inf where the variance is not positive.
        """
        fn = self._name("logpdf")
        x, v = arguments.finite(x, fn, "x"), arguments.finite(variance, fn, "variance")
        _validate.broadcast_batch(arguments.fit_together(fn, x=x, variance=v), self._shape(), fn,
                                  "shapes of x and the batch")
        above = np.where(v > 0, v, 1.0)
        of_mean = densities.log_normal(x, self.mean, above / self.kappa)
        return np.where(v > 0, of_mean + densities.log_inverse_gamma(above, self.alpha, self.beta), -np.inf)[()]

    def pdf(self, x, variance, /):
        """Density of a mean and a variance together.

        Parameters
        ----------
        x, variance : array_like
            Broadcast with the batch.

        Returns
        -------
        ndarray or float
        """
        return np.exp(self.logpdf(x, variance))

    def _logpdf(self, x):
        return densities.log_student(x, self.alpha, self.mean, np.divide(self.beta, self.alpha) / self.kappa)

    def _quantile(self, below, above):
        from scipy.special import stdtrit

        t = stdtrit(np.multiply(2, self.alpha), below if above is None else above)
        return self.mean + np.sqrt(np.divide(self.beta, self.alpha) / self.kappa) * (t if above is None else -t)

    def _interval(self, level, kind, fn):
        return super()._interval(level, KINDS[0], fn)       # symmetric: both kinds are one

    def variance_interval(self, level=0.95, *, kind="equal-tailed"):
        """Where the variance lies with probability `level`.

        Parameters
        ----------
        level : float, default 0.95
        kind : {"equal-tailed", "highest-density"}, default "equal-tailed"

        Returns
        -------
        low, high : float or ndarray
        """
        fn = self._name("variance_interval")
        level = _validate.real_number(level, fn, "level", above=0, high=1)
        _validate.one_of(kind, KINDS, fn, "kind")
        if kind == "highest-density":
            low, high = shortest(self._variance_quantile, self._variance_logpdf, level, self._shape())
        else:
            low, high = self._variance_quantile((1 - level) / 2, None), self._variance_quantile(None, (1 - level) / 2)
        return np.asarray(low)[()], np.asarray(high)[()]

    def _variance_logpdf(self, v):
        return densities.log_inverse_gamma(v, self.alpha, self.beta)

    def _variance_quantile(self, below, above):
        from scipy.special import gammainccinv, gammaincinv

        with np.errstate(divide="ignore"):
            return self.beta / (gammainccinv(self.alpha, below) if above is None else gammaincinv(self.alpha, above))

    def sample(self, size=None, *, rng=None):
        """Draws of the mean and the variance.

        Parameters
        ----------
        size : int or tuple of int, optional
            How many of each distribution of the batch; they come before its dimensions.
        rng : int, numpy.random.Generator or None, optional

        Returns
        -------
        mean, variance : ndarray or float
        """
        fn = self._name("sample")
        rng, shape = _validate.generator(rng, fn), sizes(size, fn) + self._shape()
        variance = self.beta / rng.gamma(self.alpha, size=shape or None)
        return self.mean + np.sqrt(variance / self.kappa) * rng.standard_normal(shape or None), variance
