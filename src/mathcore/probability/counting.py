"""Counting: selections and arrangements, as exact whole numbers."""

import math

import numpy as np

from mathcore import _validate

__all__ = ["comb", "perm"]


def _whole(x, fn, name):
    """Whole numbers, 0 or more, as an array of objects that are Python's integers."""
    a = np.asarray(_validate.as_array(x, fn, name))
    if a.size and a.dtype.kind not in "iuO" or any(type(i) is not int for i in a.ravel().tolist()):
        raise TypeError(f"{fn}: {name} has dtype {a.dtype}; expected whole numbers")
    for where, value in np.ndenumerate(a):
        if value < 0:
            place = list(where) if where else ""
            raise ValueError(f"{fn}: {name}{place} is negative; expected 0 or more, got {value}")
    return np.array(a, object)


def _counted(count, n, k):
    """`count` of each pair: a number, int64 where all fit, else Python's integers."""
    found = np.frompyfunc(count, 2, 1)(n, k)
    if not isinstance(found, np.ndarray):
        return found
    return found.astype(np.int64) if all(value < 2 ** 63 for value in found.ravel().tolist()) else found


def comb(n, k, /, *, repetition=False):
    """Number of ways to choose k of n things, whatever their order.

    ``n! / (k! (n - k)!)``

    Parameters
    ----------
    n, k : int or array_like of int
        0 or more; arrays broadcast.
    repetition : bool, optional
        Whether a thing may be chosen again: ``comb(n + k - 1, k)``.

    Returns
    -------
    int, or ndarray
        Exact. Arrays are of int64 where that holds every element, else of Python's integers; for floats of any size see
        `scipy.special.comb`, for logarithms `scipy.special.gammaln`.

    Raises
    ------
    ValueError
        A negative number, shapes that do not broadcast.
    TypeError
        Numbers that are not whole.

    Examples
    --------
    >>> from mathcore.probability import comb
    >>> comb(52, 5)
    2598960
    >>> comb(4, [0, 1, 2, 3, 4])
    array([1, 4, 6, 4, 1])
    """
    fn = "comb"
    n, k = _whole(n, fn, "n"), _whole(k, fn, "k")
    _validate.broadcast_batch(n.shape, k.shape, fn, "n and k")
    if repetition:
        return _counted(lambda n, k: math.comb(n + k - 1, k) if n + k else 1, n, k)
    return _counted(math.comb, n, k)


def perm(n, k=None, /):
    """Number of ways to arrange k of n things in order.

    ``n! / (n - k)!``

    Parameters
    ----------
    n : int or array_like of int
        0 or more.
    k : int or array_like of int, optional
        0 or more. Default: all n.

    Returns
    -------
    int, or ndarray
        Exact, as of `comb`.

    Raises
    ------
    ValueError
        A negative number, shapes that do not broadcast.
    TypeError
        Numbers that are not whole.

    Examples
    --------
    >>> from mathcore.probability import perm
    >>> perm(10, 3), perm(5)
    (720, 120)
    >>> 1 - perm(365, 23) / 365 ** 23       # two of 23 people share a birthday
    0.5072972343239854
    """
    fn = "perm"
    n = _whole(n, fn, "n")
    k = n if k is None else _whole(k, fn, "k")
    _validate.broadcast_batch(n.shape, k.shape, fn, "n and k")
    return _counted(math.perm, n, k)
