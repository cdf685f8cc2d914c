"""Conjugate families of counts: beta for binomial, gamma for Poisson, Dirichlet for multinomial data."""

from dataclasses import dataclass

import numpy as np

from mathcore import _validate
from mathcore.bayes import _arguments as arguments
from mathcore.bayes import _densities as densities
from mathcore.bayes._family import KINDS, Family
from mathcore.special import softmax

__all__ = ["BetaBinomial", "DirichletMultinomial", "GammaPoisson"]


def _before(x):
    """Sums of what comes before each element of the last axis; whole numbers, so that nothing is rounded."""
    return np.cumsum(x, axis=-1) - x


@dataclass(frozen=True, eq=False)
class BetaBinomial(Family):
    """The probability of success, beta-distributed, and binomial data.

    Parameters
    ----------
    a, b : array_like
        Positive: successes and failures that the distribution stands for; arrays are a batch of distributions.

    Attributes
    ----------
    a, b : float or ndarray
    mean, var, std, mode : float or ndarray
        Of the probability; the mode is NaN where a and b are both less than 1, or both are 1.

    Raises
    ------
    ValueError, TypeError
        Parameters that are not positive finite numbers, or do not broadcast.

    Notes
    -----
    ``p(theta | s of n) = beta(a + s, b + n - s)``; a posterior is a new object, the prior of what comes next.

    Error: log densities to a few eps times the root of the counts: 1e-11 at 1e12, where log-gammas lose 1e-3.

    References
    ----------
    Gelman et al., Bayesian Data Analysis, 3rd edition, chapter 2.

    Examples
    --------
    >>> from mathcore.bayes import BetaBinomial
    >>> posterior = BetaBinomial(1, 1).update(7, 10)
    >>> posterior
    BetaBinomial(a=8.0, b=4.0)
    >>> low, high = posterior.credible_interval(0.95)
    >>> print(f"{posterior.mean:.4f} {low:.4f} {high:.4f}")
    0.6667 0.3903 0.8907
    """

    a: float
    b: float
    _label = "probability"

    def __post_init__(self):
        self._fit(a=arguments.positive, b=arguments.positive)

    def _data(self, successes, trials, fn, reduced):
        s, n = arguments.counts(successes, fn, "successes"), arguments.counts(trials, fn, "trials")
        s, n = np.broadcast_arrays(s, n) if arguments.fit_together(fn, successes=s, trials=n) != s.shape else (s, n)
        arguments.refuse(s > n, s, fn, "successes", "is more than trials", "at most as many")
        shape = s.shape[:-1] if reduced else s.shape
        _validate.broadcast_batch(shape, self._shape(), fn, "shapes of successes and the batch")
        return s, n

    def update(self, successes, trials=1):
        """The posterior.

        Parameters
        ----------
        successes : array_like, shape (..., n), or int
            Number of successes in each observation, of which the last axis holds many; other axes are the batch's.
        trials : array_like, default 1
            Trials of each observation, broadcast with `successes`.

        Returns
        -------
        BetaBinomial
        """
        s, n = self._data(successes, trials, self._name("update"), True)
        n = np.broadcast_to(n, s.shape)
        s, n = (s.sum(axis=-1), n.sum(axis=-1)) if s.ndim else (s, n)
        return BetaBinomial(self.a + s, self.b + (n - s))

    def predictive(self, successes, trials=1):
        """Log probability of new data before they are seen, the beta-binomial distribution.

        Parameters
        ----------
        successes : array_like
            Numbers of successes, each by itself; broadcast with the batch.
        trials : array_like, default 1

        Returns
        -------
        ndarray or float
        """
        s, n = self._data(successes, trials, self._name("predictive"), False)
        return self._predictive(self.a, self.b, s, n)[()]

    @staticmethod
    def _predictive(a, b, s, n):
        s, n = np.broadcast_arrays(s, n)
        return densities.log_polya(np.stack([a, b], axis=-1), np.stack([s, n - s], axis=-1))

    def log_evidence(self, successes, trials=1):
        """Log probability of all data together: the sum of the log predictive of each after those before it.

        Parameters
        ----------
        successes : array_like, shape (..., n), or int
            As in `update`.
        trials : array_like, default 1

        Returns
        -------
        ndarray or float
        """
        s, n = self._data(successes, trials, self._name("log_evidence"), True)
        if not s.ndim:
            return self._predictive(self.a, self.b, s, n)[()]
        n = np.broadcast_to(n, s.shape)
        a, b = np.asarray(self.a)[..., None] + _before(s), np.asarray(self.b)[..., None] + _before(n - s)
        return self._predictive(a, b, s, n).sum(axis=-1)[()]

    @property
    def mean(self):
        return self.a / (self.a + self.b)

    @property
    def var(self):
        total = self.a + self.b
        return (self.a / total) * (self.b / total) / (total + 1)

    @property
    def mode(self):
        a, b = np.asarray(self.a), np.asarray(self.b)
        top = np.divide(a - 1, a + b - 2, out=np.full(a.shape, np.nan), where=(a >= 1) & (b >= 1) & (a + b > 2))
        return np.where((a < 1) & (b >= 1), 0.0, np.where((b < 1) & (a >= 1), 1.0, top))[()]

    def _logpdf(self, x):
        return densities.log_beta(x, self.a, self.b)

    def _quantile(self, below, above):
        from scipy.special import betainccinv, betaincinv

        return betaincinv(self.a, self.b, below) if above is None else betainccinv(self.a, self.b, above)

    def _interval(self, level, kind, fn):
        if kind == "highest-density":
            a, b = np.asarray(self.a), np.asarray(self.b)
            arguments.refuse((a < 1) & (b < 1), a, fn, "kind='highest-density'",
                             "is two intervals where a < 1 and b < 1", "a or b of at least 1")
            # every interval of a flat density is the shortest
            flat, equal = (a == 1) & (b == 1), super()._interval(level, KINDS[0], fn)
            found = super()._interval(level, kind, fn)
            return tuple(np.where(flat, e, f)[()] for e, f in zip(equal, found, strict=True))
        return super()._interval(level, kind, fn)

    def _draw(self, rng, shape):
        return rng.beta(self.a, self.b, shape or None)


@dataclass(frozen=True, eq=False)
class GammaPoisson(Family):
    """The rate of events, gamma-distributed, and Poisson counts.

    Parameters
    ----------
    shape, rate : array_like
        Positive: events, and the exposure in which they came, that the distribution stands for; `rate` has the unit of
        an exposure, as seconds.

    Attributes
    ----------
    shape, rate : float or ndarray
    mean, var, std, mode : float or ndarray
        Of the rate of events, ``shape / rate`` its mean.

    Raises
    ------
    ValueError, TypeError
        Parameters that are not positive finite numbers, or do not broadcast.

    Notes
    -----
    ``p(lambda | k in exposure t) = gamma(shape + k, rate + t)``. Error as of `BetaBinomial`.

    References
    ----------
    Gelman et al., Bayesian Data Analysis, 3rd edition, chapter 2.

    Examples
    --------
    >>> from mathcore.bayes import GammaPoisson
    >>> posterior = GammaPoisson(2, 1).update([3, 5, 4])
    >>> posterior
    GammaPoisson(shape=14.0, rate=4.0)
    >>> posterior.mean
    3.5
    """

    shape: float
    rate: float
    _label = "rate"

    def __post_init__(self):
        self._fit(shape=arguments.positive, rate=arguments.positive)

    def _data(self, counts, exposure, fn, reduced):
        k, t = arguments.counts(counts, fn, "counts"), arguments.positive(exposure, fn, "exposure")
        k, t = np.broadcast_arrays(k, t) if arguments.fit_together(fn, counts=k, exposure=t) != k.shape else (k, t)
        shape = k.shape[:-1] if reduced else k.shape
        _validate.broadcast_batch(shape, self._shape(), fn, "shapes of counts and the batch")
        return k, t

    def update(self, counts, exposure=1.0):
        """The posterior.

        Parameters
        ----------
        counts : array_like, shape (..., n), or int
            Events of each observation, of which the last axis holds many; other axes are the batch's.
        exposure : array_like, default 1.0
            Time or size of each observation, broadcast with `counts`.

        Returns
        -------
        GammaPoisson
        """
        k, t = self._data(counts, exposure, self._name("update"), True)
        t = np.broadcast_to(t, k.shape)
        k, t = (k.sum(axis=-1), t.sum(axis=-1)) if k.ndim else (k, t)
        return GammaPoisson(self.shape + k, self.rate + t)

    def predictive(self, counts, exposure=1.0):
        """Log probability of new data before they are seen, the negative binomial distribution.

        Parameters
        ----------
        counts : array_like
            Numbers of events, each by itself; broadcast with the batch.
        exposure : array_like, default 1.0

        Returns
        -------
        ndarray or float
        """
        k, t = self._data(counts, exposure, self._name("predictive"), False)
        return densities.log_negative_binomial(self.shape, self.rate, k, t)[()]

    def log_evidence(self, counts, exposure=1.0):
        """Log probability of all data together: the sum of the log predictive of each after those before it.

        Parameters
        ----------
        counts : array_like, shape (..., n), or int
            As in `update`.
        exposure : array_like, default 1.0

        Returns
        -------
        ndarray or float
        """
        k, t = self._data(counts, exposure, self._name("log_evidence"), True)
        if not k.ndim:
            return densities.log_negative_binomial(self.shape, self.rate, k, t)[()]
        t = np.broadcast_to(t, k.shape)
        shape, rate = np.asarray(self.shape)[..., None] + _before(k), np.asarray(self.rate)[..., None] + _before(t)
        return densities.log_negative_binomial(shape, rate, k, t).sum(axis=-1)[()]

    @property
    def mean(self):
        return self.shape / self.rate

    @property
    def var(self):
        return self.shape / self.rate / self.rate

    @property
    def mode(self):
        return np.maximum(np.subtract(self.shape, 1), 0) / self.rate

    def _logpdf(self, x):
        return densities.log_gamma(x, self.shape, self.rate)

    def _quantile(self, below, above):
        from scipy.special import gammainccinv, gammaincinv

        return (gammaincinv(self.shape, below) if above is None else gammainccinv(self.shape, above)) / self.rate

    def _draw(self, rng, shape):
        return rng.gamma(self.shape, 1 / np.asarray(self.rate), shape or None)


@dataclass(frozen=True, eq=False)
class DirichletMultinomial(Family):
    """The probabilities of k categories, Dirichlet-distributed, and multinomial counts.

    Parameters
    ----------
    alpha : array_like, shape (..., k)
        Positive: counts that the distribution stands for; axes before the last are a batch of distributions.

    Attributes
    ----------
    alpha : ndarray, shape (..., k)
    mean, var, std, mode : ndarray, shape (..., k)
        Of each probability; the mode is NaN unless all of alpha are more than 1.

    Raises
    ------
    ValueError, TypeError
        Parameters that are not positive finite numbers, no categories.

    Notes
    -----
    ``p(p | counts) = dirichlet(alpha + counts)``; each probability by itself is beta(alpha_i, sum(alpha) - alpha_i),
    which credible intervals are of. Error as of `BetaBinomial`.

    References
    ----------
    Gelman et al., Bayesian Data Analysis, 3rd edition, chapter 3.

    Examples
    --------
    >>> from mathcore.bayes import DirichletMultinomial
    >>> posterior = DirichletMultinomial([1, 1, 1]).update([2, 5, 0])
    >>> posterior.mean
    array([0.3, 0.6, 0.1])
    """

    alpha: np.ndarray

    def __post_init__(self):
        self._fit(alpha=arguments.positive)
        if np.ndim(self.alpha) == 0 or self.alpha.shape[-1] == 0:
            raise ValueError("DirichletMultinomial: alpha has no categories; expected shape (..., k), "
                             f"got shape {np.shape(self.alpha)}")

    def _shape(self):
        return self.alpha.shape[:-1]

    def _marginal(self):
        total = self.alpha.sum(axis=-1, keepdims=True)
        return BetaBinomial(self.alpha, np.maximum(total - self.alpha, np.finfo(float).tiny))

    def _counts(self, counts, fn):
        x = arguments.counts(counts, fn, "counts")
        k = self.alpha.shape[-1]
        if x.ndim == 0 or x.shape[-1] != k:
            raise ValueError(f"{fn}: counts has another number of categories; expected shape (..., {k}), got {x.shape}")
        return x

    def _many(self, counts, fn):
        """counts (..., n, k): an axis more than alpha holds observations."""
        x = self._counts(counts, fn)
        x = x if x.ndim > self.alpha.ndim else x[..., None, :]
        _validate.broadcast_batch(x.shape[:-2], self._shape(), fn, "shapes of counts and the batch")
        return x

    def update(self, counts):
        """The posterior.

        Parameters
        ----------
        counts : array_like, shape (..., k) or (..., n, k)
            How often each category came; an axis more than `alpha` has, before the last, holds observations.

        Returns
        -------
        DirichletMultinomial
        """
        return DirichletMultinomial(self.alpha + self._many(counts, self._name("update")).sum(axis=-2))

    def predictive(self, counts):
        """Log probability of new counts before they are seen, the Dirichlet-multinomial distribution.

        Parameters
        ----------
        counts : array_like, shape (..., k)
            Each vector by itself; broadcast with the batch.

        Returns
        -------
        ndarray or float, shape (...)
        """
        fn = self._name("predictive")
        x = self._counts(counts, fn)
        _validate.broadcast_batch(x.shape[:-1], self._shape(), fn, "shapes of counts and the batch")
        return densities.log_polya(self.alpha, x)[()]

    def log_evidence(self, counts):
        """Log probability of all counts together: the sum of the log predictive of each after those before it.

        Parameters
        ----------
        counts : array_like, shape (..., k) or (..., n, k)
            As in `update`.

        Returns
        -------
        ndarray or float, shape (...)
        """
        x = self._many(counts, self._name("log_evidence"))
        before = np.cumsum(x, axis=-2) - x
        return densities.log_polya(self.alpha[..., None, :] + before, x).sum(axis=-1)[()]

    @property
    def mean(self):
        return self.alpha / self.alpha.sum(axis=-1, keepdims=True)

    @property
    def var(self):
        total = self.alpha.sum(axis=-1, keepdims=True)
        return self.mean * ((total - self.alpha) / total) / (total + 1)

    @property
    def mode(self):
        total = self.alpha.sum(axis=-1, keepdims=True) - self.alpha.shape[-1]
        inside = np.broadcast_to((self.alpha > 1).all(axis=-1, keepdims=True), self.alpha.shape)
        return np.divide(self.alpha - 1, total, out=np.full(self.alpha.shape, np.nan), where=inside)

    def logpdf(self, x, /):
        """Log density of probabilities.

        Parameters
        ----------
        x : array_like, shape (..., k)
            Points that sum to 1 within rounding.

        Returns
        -------
        ndarray or float, shape (...)
        """
        fn = self._name("logpdf")
        x = arguments.probabilities(x, fn, "x").astype(np.float64, copy=False)
        k = self.alpha.shape[-1]
        if x.ndim == 0 or x.shape[-1] != k:
            raise ValueError(f"{fn}: x has another number of categories; expected shape (..., {k}), got {x.shape}")
        _validate.broadcast_batch(x.shape[:-1], self._shape(), fn, "shapes of x and the batch")
        total = x.sum(axis=-1)
        arguments.refuse(np.abs(total - 1) > 8 * k * np.finfo(x.dtype).eps, total, fn, "sum of x", "is not 1", "1")
        return densities.log_dirichlet(x, self.alpha)[()]

    def _interval(self, level, kind, fn):
        return self._marginal()._interval(level, kind, fn)

    def _draw(self, rng, shape):
        # gamma(alpha) is gamma(alpha + 1) U^(1 / alpha): in logs a small alpha does not underflow
        shape = *shape, self.alpha.shape[-1]
        logs = np.log(rng.standard_gamma(self.alpha + 1, shape)) - rng.standard_exponential(shape) / self.alpha
        return softmax(logs, axis=-1)

    def plot(self, *, level=0.95, ax=None):
        """The mean of each probability with its equal-tailed credible interval.

        Parameters
        ----------
        level : float, default 0.95
        ax : matplotlib Axes, optional

        Returns
        -------
        matplotlib Axes
        """
        from mathcore.plot import _axes

        ax = _axes(ax)
        low, high = self.credible_interval(level)
        k = self.alpha.shape[-1]
        rows = [np.reshape(a, (-1, k)) for a in (self.mean, low, high)]
        width = 0.6 / len(rows[0])
        for i, (mean, a, b) in enumerate(zip(*rows, strict=True)):
            place = np.arange(k) + (i - (len(rows[0]) - 1) / 2) * width
            ax.errorbar(place, mean, [np.maximum(mean - a, 0), np.maximum(b - mean, 0)], fmt="o", capsize=3)
        ax.set(title=f"DirichletMultinomial, {level:.0%} interval", xlabel="category", ylabel="probability")
        ax.set_xticks(np.arange(k))
        ax.set_ylim(bottom=0)
        return ax
