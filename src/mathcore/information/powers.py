"""Entropies of powers of probabilities: Renyi's and Tsallis's."""

import math

import numpy as np

from mathcore import _validate, special
from mathcore._kernels.information import KINDS
from mathcore.information._common import NO_CHECK, by_rows, distribution_error, rows_of, unit_of

__all__ = ["renyi_entropy", "tsallis_entropy"]


def _order(alpha, fn):
    return _validate.real_number(alpha, fn, "alpha", low=0)


def _rows(fn, p, axis, normalize):
    """(type, batch, rows in float64 that sum to 1)."""
    result, batch, (rows,), (eps,) = rows_of(fn, (("p", p),), axis)
    slack = NO_CHECK if normalize else 8 * rows.shape[-1] * eps
    good = (rows >= 0).all(axis=-1)
    sums = rows.sum(axis=-1, dtype=np.float64)
    good &= (sums > 0) & np.isfinite(sums) if normalize else np.abs(sums - 1) <= slack
    for i in np.flatnonzero(~good):
        error = distribution_error(fn, "p", rows[i], tuple(map(int, np.unravel_index(i, batch))), slack, normalize)
        if error is not None:
            raise error
    rows = rows.astype(np.float64)
    return result, batch, rows / sums[:, None] if normalize else rows


def _excess(rows, alpha):
    """sum p^alpha - 1 = sum p (e^((alpha-1) log p) - 1), which keeps its digits where alpha is near 1."""
    powers = special.expm1((alpha - 1) * special.log(np.where(rows > 0, rows, 1.0)))
    return np.sum(rows * powers, axis=-1)


def renyi_entropy(p, /, alpha, *, base=None, axis=-1, normalize=False):
    """Renyi entropy of distributions.

    ``log(sum p^alpha) / (1 - alpha)``; Shannon's for alpha = 1, ``-log max p`` for inf, the log of the number of
    possible outcomes for 0

    Parameters
    ----------
    p : array_like
        Probabilities, which sum to 1 along `axis`.
    alpha : float
        The order, 0 to inf.
    base : float, optional
        Of the logarithm, as in `entropy`.
    axis : int, optional
        Along which the outcomes lie.
    normalize : bool, optional
        Whether each row is divided by its sum first.

    Returns
    -------
    scalar, or ndarray without `axis`
        In [0, log n], falling in `alpha`.

    Raises
    ------
    ValueError
        As `entropy`; a negative or NaN `alpha`.
    TypeError
        Data that are not real numbers.

    Notes
    -----
    Computed in float64. Near alpha = 1 as ``log1p(sum p expm1((alpha - 1) log p)) / (1 - alpha)``, elsewhere as a
    log-sum-exp, which neither over- nor underflows.

    References
    ----------
    A. Renyi, On measures of entropy and information, Berkeley Symposium 1961.

    Examples
    --------
    >>> from mathcore.information import renyi_entropy
    >>> p = [0.5, 0.25, 0.25]
    >>> [float(renyi_entropy(p, alpha, base=2).round(4)) for alpha in (0, 1, 2, float("inf"))]
    [1.585, 1.5, 1.415, 1.0]
    """
    fn = "renyi_entropy"
    alpha, unit = _order(alpha, fn), unit_of(base, fn)
    if alpha == 1:
        return by_rows(fn, KINDS["entropy"], (("p", p),), base, axis, normalize, None)
    result, batch, rows = _rows(fn, p, axis, normalize)
    if alpha == 0:
        value = np.log(np.count_nonzero(rows, axis=-1))
    elif alpha == math.inf:
        value = -np.log(rows.max(axis=-1, initial=0.0))
    elif abs(alpha - 1) < 0.5:
        value = np.log1p(_excess(rows, alpha)) / (1 - alpha)
    else:
        value = special.logsumexp(alpha * special.log(rows), axis=-1) / (1 - alpha)
    value = np.maximum(value, 0.0) / unit
    return _validate.deliver(np.reshape(value, batch), None, result)


def tsallis_entropy(p, /, alpha, *, axis=-1, normalize=False):
    """Tsallis entropy of distributions; of order 2 the Gini impurity.

    ``(1 - sum p^alpha) / (alpha - 1)``; Shannon's in nats for alpha = 1

    Parameters
    ----------
    p : array_like
        Probabilities, which sum to 1 along `axis`.
    alpha : float
        The order, at least 0 and finite.
    axis : int, optional
        Along which the outcomes lie.
    normalize : bool, optional
        Whether each row is divided by its sum first.

    Returns
    -------
    scalar, or ndarray without `axis`
        At least 0.

    Raises
    ------
    ValueError
        As `entropy`; an `alpha` that is negative, infinite or NaN.
    TypeError
        Data that are not real numbers.

    Notes
    -----
    Computed in float64 as ``-sum p expm1((alpha - 1) log p) / (alpha - 1)``, right near alpha = 1 too.

    References
    ----------
    C. Tsallis, Possible generalization of Boltzmann-Gibbs statistics, J. Stat. Phys. 52, 1988.

    Examples
    --------
    >>> from mathcore.information import tsallis_entropy
    >>> tsallis_entropy([0.5, 0.5], 2)
    np.float64(0.5)
    """
    fn = "tsallis_entropy"
    alpha = _order(alpha, fn)
    if alpha == math.inf:
        raise ValueError(f"{fn}: alpha is out of range; expected a finite order, got {alpha}")
    if alpha == 1:
        return by_rows(fn, KINDS["entropy"], (("p", p),), None, axis, normalize, None)
    result, batch, rows = _rows(fn, p, axis, normalize)
    value = np.maximum(-_excess(rows, alpha) / (alpha - 1), 0.0)
    return _validate.deliver(np.reshape(value, batch), None, result)
