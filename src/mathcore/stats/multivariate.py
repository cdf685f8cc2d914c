"""The multivariate normal distribution, and that of one of several categories."""

from typing import NamedTuple

import numpy as np

from mathcore import _validate
from mathcore._kernels import quadratic
from mathcore._kernels.tape import by_rule, is_traced
from mathcore.special import entr, softmax
from mathcore.stats._arguments import generator_of

_LOG_2PI = np.log(2 * np.pi)


def _scipys():
    from scipy.stats import _multivariate

    return _multivariate.multivariate_normal


def _plain_parameters(mean, cov):
    """(mean (d,), cov (d, d)) in float64, or None for what SciPy is to look at: covariance objects, vectors and numbers
    of other lengths, errors."""
    if cov is None or hasattr(cov, "whiten") or isinstance(cov, tuple | dict):
        return None
    cov = np.asarray(cov)
    if cov.ndim != 2 or cov.shape[0] != cov.shape[1] or cov.dtype.kind not in "biuf" or not cov.size:
        return None
    mean = np.zeros(len(cov)) if mean is None else np.asarray(mean)
    if mean.shape != cov.shape[:1] or mean.dtype.kind not in "biuf":
        return None
    return np.ascontiguousarray(mean, float), np.ascontiguousarray(cov, float)


class _Factor(NamedTuple):
    """Of a covariance L Lᵀ."""

    lower: np.ndarray
    inverse: np.ndarray                  # of lower
    log_det: float                       # of the covariance


def _factored(mean, cov):
    """(mean, cov, factor), or None where parameters are SciPy's to look at or cov is not safely positive definite."""
    plain = _plain_parameters(mean, cov)
    if plain is None or not np.isfinite(plain[1]).all() or not (plain[1] == plain[1].T).all():
        return None
    from mathcore import linalg

    try:
        lower = linalg.cholesky(plain[1], lower=True)
    except np.linalg.LinAlgError:
        return None
    diagonal = np.diagonal(lower)
    # SciPy takes eigenvalues below 2e-10 of the largest for 0; a Cholesky factor this even has none
    if diagonal.min() < 1e-4 * diagonal.max():
        return None
    inverse = np.ascontiguousarray(linalg.solve_triangular(lower, np.eye(len(lower)), lower=True))
    return *plain, _Factor(lower, inverse, 2 * np.sum(np.log(diagonal)))


class MultivariateNormal:
    """The multivariate normal distribution.

    ``pdf(x) = exp(-(x - mean)ᵀ cov^-1 (x - mean) / 2) / sqrt((2 pi)^d det cov)``

    Calling it freezes mean and cov, whose factor is then computed once. SciPy's are `cdf`, `fit`, singular and special
    covariances.

    Parameters
    ----------
    mean : array_like, shape (d,), optional
        Default 0.
    cov : array_like, shape (d, d), default 1
    allow_singular : bool, default False

    Notes
    -----
    The methods and results of `scipy.stats.multivariate_normal`. Error: d eps of the exponent times the condition of
    the factor. Cost: d^2 flops a point, after d^3 / 3 for the factor.

    Examples
    --------
    >>> import numpy as np
    >>> from mathcore.stats import multivariate_normal
    >>> round(float(multivariate_normal.pdf([0.0, 0.0], mean=[0, 0], cov=[[2, 0], [0, 0.5]])), 6)
    0.159155
    """

    name = "multivariate_normal"

    def __call__(self, mean=None, cov=1, allow_singular=False, seed=None, **kwds):
        known = None if allow_singular or kwds else _factored(mean, cov)
        if known is None:
            return _scipys()(mean, cov, allow_singular, seed, **kwds)
        return MultivariateNormalFrozen(self, *known, seed)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(_scipys(), name)

    def __repr__(self):
        return "mathcore.stats.multivariate_normal"

    def logpdf(self, x, mean=None, cov=1, allow_singular=False, *, workers=None):
        """Logarithm of the density.

        Parameters
        ----------
        x : array_like, shape (..., d)
        mean : array_like, shape (d,), optional
            (..., d) beside a batch of cov.
        cov : array_like, shape (d, d), default 1
            Or a batch (..., d, d), which SciPy does not take: positive definite, broadcast with x and mean.
        allow_singular : bool, default False
        workers : int, optional

        Returns
        -------
        ndarray, shape (...), or float64
        """
        if any(map(is_traced, (x, mean, cov))):
            return by_rule("multivariate_normal", x, mean, cov)
        if np.ndim(cov) > 2:
            return _batch_logpdf(x, mean, cov)
        known = None if allow_singular else _factored(mean, cov)
        if known is None:
            return _scipys().logpdf(x, mean, cov, allow_singular)
        return _logpdf(x, known[0], known[2], workers)

    def pdf(self, x, mean=None, cov=1, allow_singular=False, *, workers=None):
        """Density.

        Parameters
        ----------
        x : array_like, shape (..., d)
        mean : array_like, shape (d,), optional
        cov : array_like, shape (d, d), default 1
        allow_singular : bool, default False
        workers : int, optional

        Returns
        -------
        ndarray, shape (...), or float64
        """
        return np.exp(self.logpdf(x, mean, cov, allow_singular, workers=workers))

    def entropy(self, mean=None, cov=1):
        """Differential entropy in nats.

        Parameters
        ----------
        mean : array_like, shape (d,), optional
        cov : array_like, shape (d, d), default 1

        Returns
        -------
        float64
        """
        known = _factored(mean, cov)
        return _scipys().entropy(mean, cov) if known is None else _entropy(known[2])

    def rvs(self, mean=None, cov=1, size=1, random_state=None, rng=None):
        """Random vectors.

        Parameters
        ----------
        mean : array_like, shape (d,), optional
        cov : array_like, shape (d, d), default 1
        size : int or tuple of int, default 1
        random_state : int, Generator or RandomState, optional
            With it the values are SciPy's.
        rng : int, SeedSequence or Generator, optional
            In its place: by the Cholesky factor.

        Returns
        -------
        ndarray, shape (*size, d), or (d,) for a size of 1
        """
        if rng is None:
            return _scipys().rvs(mean, cov, size, random_state)
        rng = _validate.generator(rng, "multivariate_normal.rvs")
        known = _factored(mean, cov)
        return _scipys().rvs(mean, cov, size, rng) if known is None else _draw(known[0], known[2], size, rng)


def _points(x, d, fn):
    """x as SciPy reads it: (..., d), a number or a vector of d = 1, a vector of d."""
    x = _validate.as_array(x, fn, "x")
    if x.dtype.kind not in "biuf":
        raise TypeError(f"{fn}: x has an unsupported element type; expected real numbers, got dtype {x.dtype}")
    if x.ndim == 0:
        x = x[np.newaxis]
    elif x.ndim == 1 and d == 1:
        x = x[:, np.newaxis]
    elif x.ndim == 1:
        x = x[np.newaxis, :]
    return np.ascontiguousarray(x, float)


def _logpdf(x, mean, factor, workers):
    fn = "multivariate_normal.logpdf"
    if is_traced(x):
        return by_rule("multivariate_normal", x, mean, factor.lower @ factor.lower.T)
    d = len(mean)
    x = _points(x, d, fn)
    if x.shape[-1] != d:
        if x.shape[-1] != 1:
            raise ValueError(
                f"{fn}: x has vectors of another length; expected {d} along the last axis, got shape {x.shape}"
            )
        x = np.ascontiguousarray(np.broadcast_to(x, (*x.shape[:-1], d)))
    out = np.empty(x.shape[:-1])
    quadratic.lengths(x.reshape(-1, d), mean, factor.inverse, out.reshape(-1), workers, fn)
    out *= -0.5
    out -= 0.5 * (d * _LOG_2PI + factor.log_det)
    return out.squeeze()[()]


def _batch_logpdf(x, mean, cov):
    """Of a batch of matrices, each with its x and mean, by their Cholesky factors."""
    from mathcore import linalg

    lower = linalg.cholesky(np.asarray(cov, float), lower=True)
    d = lower.shape[-1]
    x = np.asarray(x, float)
    if x.shape[-1:] != (d,):
        raise ValueError("multivariate_normal.logpdf: x has vectors of another length; expected "
                         f"{d} along the last axis, got shape {x.shape}")
    away = x if mean is None else x - np.asarray(mean, float)
    shape = np.broadcast_shapes(away.shape[:-1], lower.shape[:-2])
    away, lower = np.broadcast_to(away, (*shape, d)), np.broadcast_to(lower, (*shape, d, d))
    y = linalg.solve_triangular(lower, away[..., np.newaxis], lower=True)[..., 0]
    log_root = np.log(np.diagonal(lower, axis1=-2, axis2=-1)).sum(axis=-1)
    return -0.5 * (np.sum(y * y, axis=-1) + d * _LOG_2PI) - log_root


def _entropy(factor):
    return 0.5 * (len(factor.lower) * (_LOG_2PI + 1) + factor.log_det)


def _draw(mean, factor, size, rng):
    shape = tuple(np.atleast_1d(size))
    z = rng.standard_normal((*shape, len(mean)))
    return (mean + z @ factor.lower.T).squeeze()


class MultivariateNormalFrozen:
    """A multivariate normal distribution of given mean and covariance.

    Attributes
    ----------
    dist : MultivariateNormal
    mean : ndarray, shape (d,)
    cov : ndarray, shape (d, d)
    """

    def __init__(self, dist, mean, cov, factor, seed):
        self.dist, self.mean, self.cov, self._factor, self._seed = dist, mean, cov, factor, seed

    def __getattr__(self, name):
        if name.startswith("__") or name in ("mean", "cov", "_seed"):
            raise AttributeError(name)
        return getattr(_scipys()(self.mean, self.cov, seed=self._seed), name)

    def logpdf(self, x, *, workers=None):
        """Logarithm of the density.

        Parameters
        ----------
        x : array_like, shape (..., d)
        workers : int, optional

        Returns
        -------
        ndarray or float64
        """
        return _logpdf(x, self.mean, self._factor, workers)

    def pdf(self, x, *, workers=None):
        """Density.

        Parameters
        ----------
        x : array_like, shape (..., d)
        workers : int, optional

        Returns
        -------
        ndarray or float64
        """
        return np.exp(self.logpdf(x, workers=workers))

    def rvs(self, size=1, random_state=None, rng=None):
        """Random vectors.

        Parameters
        ----------
        size : int or tuple of int, default 1
        random_state : int, Generator or RandomState, optional
        rng : int, SeedSequence or Generator, optional

        Returns
        -------
        ndarray
        """
        if rng is not None:
            return _draw(self.mean, self._factor, size, _validate.generator(rng, "multivariate_normal.rvs"))
        return _scipys().rvs(self.mean, self.cov, size, self._seed if random_state is None else random_state)

    def entropy(self):
        """Differential entropy in nats.

        Returns
        -------
        float64
        """
        return _entropy(self._factor)


class categorical:  # noqa: N801  called like the other distributions
    """One of k categories, 0 ... k - 1, with these probabilities.

    Parameters
    ----------
    p : array_like, shape (..., k), optional
        Probabilities, which add up to 1 along the last axis: nothing is normalised silently.
    logits : array_like, shape (..., k), optional
        In place of p: ``p = softmax(logits)``.

    Attributes
    ----------
    p : ndarray, shape (..., k)

    Raises
    ------
    ValueError
        Neither or both of p and logits; probabilities that are negative, NaN, or do not add up to 1.

    Notes
    -----
    Error: a few eps. Cost: O(1) a value after O(k).

    Examples
    --------
    >>> from mathcore.stats import categorical
    >>> weather = categorical([0.5, 0.25, 0.25])
    >>> float(weather.pmf(1)), round(float(weather.entropy() / 0.6931471805599453), 12)
    (0.25, 1.5)
    """

    name = "categorical"

    def __init__(self, p=None, /, *, logits=None):
        if (p is None) == (logits is None):
            raise ValueError(
                "categorical: p and logits are one argument; expected one of them, got "
                f"{'neither' if p is None else 'both'}"
            )
        if p is None:
            self.p = softmax(np.asarray(logits, float), axis=-1)
        else:
            a = _validate.as_array(p, "categorical", "p")
            if a.dtype.kind not in "biuf":
                raise TypeError(f"categorical: p has an unsupported element type; expected real numbers, got {a.dtype}")
            self.p = np.array(a, float)
            if self.p.ndim == 0 or self.p.shape[-1] == 0:
                raise ValueError(f"categorical: p holds no probabilities; expected shape (..., k), got {self.p.shape}")
            total = self.p.sum(axis=-1)
            off = np.abs(total - 1) > 8 * np.finfo(float).eps * self.p.shape[-1]
            if not (self.p >= 0).all() or off.any():
                raise ValueError(
                    "categorical: p are no probabilities; expected numbers from 0 on that add up to 1, got "
                    f"{'a negative one or NaN' if not (self.p >= 0).all() else f'the sum {total[off][0]!r}'}"
                )
        self.dist, self.args, self.kwds = self, (), {}

    def __repr__(self):
        return f"mathcore.stats.categorical({self.p!r})"

    def pmf(self, k):
        """Probability of category k; 0 of what is none.

        Parameters
        ----------
        k : array_like
            Broadcasts with the batch of p.

        Returns
        -------
        ndarray or float64
        """
        k = np.asarray(k)
        inside = (k >= 0) & (k < self.p.shape[-1]) & (k == np.floor(k))
        at = np.where(inside, k, 0).astype(np.intp)
        shape = np.broadcast_shapes(at.shape, self.p.shape[:-1])
        table = np.broadcast_to(self.p, (*shape, self.p.shape[-1]))
        got = np.take_along_axis(table, np.broadcast_to(at, shape)[..., np.newaxis], axis=-1)[..., 0]
        return np.where(inside, got, np.where(k == k, 0.0, np.nan))[()]

    def logpmf(self, k):
        """Logarithm of `pmf`.

        Parameters
        ----------
        k : array_like

        Returns
        -------
        ndarray or float64
        """
        with np.errstate(divide="ignore"):
            return np.log(self.pmf(k))

    def entropy(self):
        """Entropy in nats.

        Returns
        -------
        ndarray or float64
        """
        return entr(self.p).sum(axis=-1)

    def mode(self):
        """The most probable category, the first of equals.

        Returns
        -------
        ndarray or int64
        """
        return self.p.argmax(axis=-1)

    def rvs(self, size=None, random_state=None, rng=None):
        """Random categories.

        Parameters
        ----------
        size : int or tuple of int, optional
            Before the batch of p; default one of each.
        random_state : int, Generator or RandomState, optional
        rng : int, SeedSequence or Generator, optional

        Returns
        -------
        ndarray of int64, or int64
        """
        draw = generator_of(random_state, rng, "categorical.rvs")
        shape = () if size is None else tuple(np.atleast_1d(size))
        u = draw.random((*shape, *self.p.shape[:-1]))
        edges = np.cumsum(self.p, axis=-1)
        edges /= edges[..., -1:]
        if self.p.ndim == 1:
            return np.searchsorted(edges, u, side="right").astype(np.int64)[()]
        return (u[..., np.newaxis] >= edges).sum(axis=-1)[()]


multivariate_normal = MultivariateNormal()
