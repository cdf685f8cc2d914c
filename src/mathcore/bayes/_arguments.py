"""Arguments of Bayes' rule and of conjugate families as float64 arrays, with the errors that name what is wrong."""

import numpy as np

from mathcore import _validate


def real_array(value, fn, arg):
    """`value` as a float64 array, float32 as it is."""
    a = _validate.as_array(value, fn, arg)
    dtype = _validate.real_dtype(a.dtype, fn, arg)
    return np.asarray(a, np.float32 if dtype == np.float32 else np.float64)


def refuse(bad, a, fn, arg, fact, expected):
    """ValueError for the first element of `a` where `bad` is set."""
    if not bad.any():
        return
    where = tuple(map(int, np.argwhere(bad)[0]))
    place = f"[{', '.join(map(str, where))}]" if where else ""
    raise ValueError(f"{fn}: {arg}{place} {fact}; expected {expected}, got {a[where]}")


def probabilities(value, fn, arg):
    a = real_array(value, fn, arg)
    refuse(~((a >= 0) & (a <= 1)), a, fn, arg, "is no probability", "0 to 1")
    return a


def non_negative(value, fn, arg):
    """Not negative and not infinite."""
    a = real_array(value, fn, arg)
    refuse(~((a >= 0) & (a < np.inf)), a, fn, arg, "is negative or not finite", "a number of at least 0")
    return a


def positive(value, fn, arg):
    """Positive and finite, as float64."""
    a = real_array(value, fn, arg).astype(np.float64, copy=False)
    refuse(~((a > 0) & (a < np.inf)), a, fn, arg, "is out of range", "a finite number above 0")
    return a


def finite(value, fn, arg):
    """Finite, as float64."""
    a = real_array(value, fn, arg).astype(np.float64, copy=False)
    refuse(~np.isfinite(a), a, fn, arg, "is not finite", "a number")
    return a


def counts(value, fn, arg):
    """Whole numbers of at least 0, as float64."""
    a = real_array(value, fn, arg).astype(np.float64, copy=False)
    refuse(~((a >= 0) & (a < np.inf) & (a == np.floor(a))), a, fn, arg, "is no count", "a whole number of at least 0")
    return a


def fit_together(fn, **arrays):
    """The arrays by name, which must broadcast."""
    shapes = ((name, a.shape) for name, a in arrays.items())
    first, common = next(shapes)
    for name, shape in shapes:
        common = _validate.broadcast_batch(common, shape, fn, f"shapes of {first} and {name}")
    return common


def plain(a):
    """0-d as a float, anything else read-only."""
    if a.ndim == 0:
        return float(a)
    a = a.copy()
    a.flags.writeable = False
    return a
