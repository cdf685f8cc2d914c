"""RunningMoments: moments of numbers that come in parts."""

import math

import numpy as np

from mathcore import _validate
from mathcore._kernels import moments as _moments

__all__ = ["RunningMoments"]

_PIECE = 1 << 14                        # rows centred at once, for covariances


class RunningMoments:
    """Number, mean, variance, skewness, kurtosis and extremes of observations that come in parts, from one reader or
    several.

    Parameters
    ----------
    shape : int or tuple of int, optional
        Of one observation; () for numbers.
    covariance : bool, optional
        Whether the covariance matrix of observations of shape (d,) is kept too.

    Attributes
    ----------
    shape : tuple of int
    count : float
        Observations so far, or the sum of their weights.
    mean, skewness, kurtosis, min, max : float, or ndarray of float64 and of that shape
        Skewness and kurtosis without correction for their bias; the kurtosis is 0 for a normal distribution. NaN
        before the first observation, and skewness and kurtosis of equal observations.

    Notes
    -----
    ``push`` and ``merge`` return the object itself, ``a + b`` a new one. Parts join by the formulas of Chan, Golub and
    LeVeque (Amer. Statist. 37, 1983) and Pebay (SAND2008-6212, 2008), as do the blocks within a part, all less the
    first observation: any split gives the same result but for rounding, some ``log2(n) + 64 + parts`` eps, and a mean
    of 1e8 deviations costs no digits. Objects can be pickled.

    Examples
    --------
    >>> from mathcore.stats import RunningMoments
    >>> first, second = RunningMoments(), RunningMoments()
    >>> _ = first.push([1.0, 2.0])
    >>> _ = second.push([3.0, 6.0])
    >>> both = first + second
    >>> both.mean, both.var(), both.max
    (3.0, 4.666666666666667, 6.0)
    """

    def __init__(self, shape=(), *, covariance=False):
        fn = "RunningMoments"
        given = shape if isinstance(shape, tuple | list) else (shape,)
        self.shape = tuple(_validate.whole_number(n, fn, "shape", low=0) for n in given)
        if covariance and len(self.shape) != 1:
            raise ValueError(f"{fn}: covariance needs vectors; expected a shape (d,), got {self.shape}")
        self._size = math.prod(self.shape)
        self._shift = None              # (size,): what all means are less of
        self._state = np.zeros((self._size, _moments.FIELDS))
        self._scatter = np.zeros((self._size, self._size)) if covariance else None

    def push(self, x, /, weights=None, *, workers=None):
        """Add observations.

        Parameters
        ----------
        x : array_like, shape (..., *shape)
            One observation, or many of them in leading axes.
        weights : array_like, shape (...), optional
            How often each counts; finite and not negative.
        workers : int, optional
            Threads for this call; -1 for all usable.

        Returns
        -------
        RunningMoments
            This object.

        Raises
        ------
        ValueError
            Another shape, weights that do not fit.
        TypeError
            Data that are not real numbers.
        """
        if type(x) is float and weights is None and not self.shape and self._shift is not None:
            _moments.push_one(self._state, x, self._shift[0])
            return self
        fn = "RunningMoments.push"
        a = _validate.as_array(x, fn, "x")
        real = _validate.real_dtype(a.dtype, fn, "x")
        rows = a.ndim - len(self.shape)
        if rows < 0 or a.shape[rows:] != self.shape:
            raise ValueError(f"{fn}: x has the wrong shape; expected (..., {', '.join(map(str, self.shape))}), "
                             f"got {a.shape}")
        workers = _validate.check_workers(workers, fn)
        a = _validate.ready(a, np.float64 if real == np.float16 else real)
        n = math.prod(a.shape[:rows])
        w = None if weights is None else _weights(weights, a.shape[:rows], fn)
        a = np.ascontiguousarray(a).reshape(n, self._size)
        if w is not None and not w.all():
            a, w = a[w > 0], w[w > 0]
        if a.size:
            self._add_rows(a, w, workers, fn)
        return self

    def _add_rows(self, a, w, workers, fn):
        n = len(a)
        shift = self._shift
        if shift is None:
            shift = a[0].astype(np.float64)
            shift[~np.isfinite(shift)] = 0
        more = np.empty((1, self._size, _moments.FIELDS))
        _moments.moments(a.reshape(1, n, self._size), w, shift[None], more, workers, fn)
        scatter = None
        if self._scatter is not None:
            scatter = np.zeros_like(self._scatter)
            for at in range(0, n, _PIECE):
                with np.errstate(invalid="ignore"):     # infinities
                    rows = a[at:at + _PIECE] - shift - more[0, :, 1]
                if w is not None:
                    rows *= np.sqrt(w[at:at + _PIECE, None])
                from mathcore.linalg import gram  # a fifth of the room's time to load

                scatter += gram(rows, workers=workers)
        self._shift = shift
        self._join(more[0], scatter)

    def _join(self, more, scatter):
        """Moments less the same shift, and their scatter matrix."""
        if self._scatter is not None:
            before, after = self._state[0, 0], more[0, 0]
            delta = more[:, 1] - self._state[:, 1]
            self._scatter = self._scatter + scatter
            if before and after:
                self._scatter += np.outer(before * after / (before + after) * delta, delta)
        _moments.merge_into(self._state, more)

    def merge(self, other, /):
        """Add the observations of another object.

        Parameters
        ----------
        other : RunningMoments
            Of the same shape; it is not changed.

        Returns
        -------
        RunningMoments
            This object.

        Raises
        ------
        TypeError
            Something else.
        ValueError
            Another shape, or one of the two without covariance.
        """
        fn = "RunningMoments.merge"
        if not isinstance(other, RunningMoments):
            raise TypeError(f"{fn}: other is no summary; expected a RunningMoments, got {type(other).__name__}")
        if other.shape != self.shape or (other._scatter is None) != (self._scatter is None):
            raise ValueError(f"{fn}: other does not fit; expected shape {self.shape} and "
                             f"covariance={self._scatter is not None}, got {other.shape} and "
                             f"covariance={other._scatter is not None}")
        if other._shift is None:
            return self
        if self._shift is None:
            self._shift = other._shift.copy()
        more = other._state.copy()
        more[:, 1] += other._shift - self._shift
        self._join(more, other._scatter)
        return self

    def __add__(self, other):
        if not isinstance(other, RunningMoments):
            return NotImplemented
        both = RunningMoments(self.shape, covariance=self._scatter is not None)
        return both.merge(self).merge(other)

    def __repr__(self):
        return f"RunningMoments(shape={self.shape}, count={self.count:g}, mean={self.mean})"

    def _shaped(self, values):
        return values.reshape(self.shape) if self.shape else float(values[0])

    @property
    def count(self):
        """Observations so far, or the sum of their weights."""
        return float(self._state[0, 0]) if self._size else 0.0

    @property
    def mean(self):
        """Mean."""
        if self._shift is None:
            return self._shaped(np.full(self._size, np.nan))
        return self._shaped(self._shift + self._state[:, 1])

    @property
    def min(self):
        """Least."""
        return self._shaped(np.where(self._state[:, 0] > 0, self._state[:, 6], np.nan))

    @property
    def max(self):
        """Greatest."""
        return self._shaped(np.where(self._state[:, 0] > 0, self._state[:, 7], np.nan))

    @property
    def skewness(self):
        """Third central moment over the second to the power of 3/2."""
        n, m2, m3 = self._state[:, 0], self._state[:, 3], self._state[:, 4]
        with np.errstate(all="ignore"):
            return self._shaped(m3 / n / (m2 / n) ** 1.5)

    @property
    def kurtosis(self):
        """Fourth central moment over the square of the second, less 3."""
        n, m2, m4 = self._state[:, 0], self._state[:, 3], self._state[:, 5]
        with np.errstate(all="ignore"):
            return self._shaped(m4 / n / (m2 / n) ** 2 - 3)

    def var(self, *, ddof=1):
        """Variance.

        Parameters
        ----------
        ddof : float, optional
            The sum of squares is divided by ``count - ddof``.

        Returns
        -------
        float or ndarray
            NaN where that is not positive.
        """
        left = self.count - _validate.real_number(ddof, "RunningMoments.var", "ddof", low=0)
        return self._shaped(self._state[:, 3] / left if left > 0 else np.full(self._size, np.nan))

    def std(self, *, ddof=1):
        """Standard deviation: the root of ``var(ddof=ddof)``.

        Parameters
        ----------
        ddof : float, optional
            As in `var`.

        Returns
        -------
        float or ndarray
        """
        return self._shaped(np.sqrt(np.ravel(self.var(ddof=ddof))))

    def cov(self, *, ddof=1):
        """Covariance matrix.

        Parameters
        ----------
        ddof : float, optional
            The scatter matrix is divided by ``count - ddof``.

        Returns
        -------
        ndarray, shape (d, d)

        Raises
        ------
        ValueError
            An object without ``covariance=True``, or too few observations.
        """
        fn = "RunningMoments.cov"
        if self._scatter is None:
            raise ValueError(f"{fn}: covariances were not kept; expected an object with covariance=True, got False")
        left = self.count - _validate.real_number(ddof, fn, "ddof", low=0)
        if not left > 0:
            raise ValueError(f"{fn}: there are too few observations; expected more than {ddof}, got {self.count:g}")
        return self._scatter / left


def _weights(weights, shape, fn):
    """Weights of observations of `shape`, as a vector."""
    w = _validate.as_array(weights, fn, "weights")
    _validate.real_dtype(w.dtype, fn, "weights")
    if w.shape != shape:
        raise ValueError(f"{fn}: weights has the wrong shape; expected {shape}, got {w.shape}")
    w = np.ascontiguousarray(w, dtype=np.float64).ravel()
    bad = ~((w >= 0) & (w < np.inf))
    if bad.any():
        raise ValueError(f"{fn}: weights[{int(np.argmax(bad))}] is no weight; expected finite and not negative, "
                         f"got {w[bad][0]}")
    return w
