"""What distances ask of their arguments, in SciPy's words where it has them."""

import difflib
import math

import numpy as np

from mathcore import _validate

_WIDE = np.dtype(np.float64)
# float16 has no kernel; a float32 holds all of it
NARROW = (np.dtype(np.float16), np.dtype(np.float32))


def peer(name):
    """SciPy's function, for data that the kernels do not take."""
    import scipy.spatial.distance

    return getattr(scipy.spatial.distance, name)


def is_wide(a):
    """Whether SciPy computes `a` in more than double precision."""
    return a.dtype == np.longdouble and a.dtype.itemsize > 8


def vector(x, fn, arg):
    """`x` with one dimension."""
    a = _validate.as_array(x, fn, arg)
    if a.ndim != 1:
        raise ValueError(f"{fn}: {arg} is not a vector. Input vector should be 1-D.; got shape {a.shape}")
    return a


def matrix(x, fn, arg):
    """`x` with two dimensions."""
    a = _validate.as_array(x, fn, arg)
    if a.ndim != 2:
        raise ValueError(f"{fn}: {arg} has the wrong number of dimensions. {arg} must be a 2-dimensional array. A "
                         f"2-dimensional array must be passed. (Shape was {a.shape}).")
    return a


def float_type(arrays, fn, names):
    """The kernels' type for several arrays: float32 where all are that or narrower, else float64."""
    if all(a.dtype is _WIDE for a in arrays):
        return _WIDE
    for a, name in zip(arrays, names, strict=True):
        _validate.real_dtype(a.dtype, fn, name)
    narrow = all(a.dtype.newbyteorder("=") in NARROW for a in arrays)
    return np.dtype(np.float32 if narrow else np.float64)


def rows(a, dtype):
    """`a` in one piece of `dtype`, aligned, in native byte order."""
    a = np.ascontiguousarray(a, dtype)
    return a if a.flags.aligned else a.copy()


def weights(w, n, fn, dtype=None):
    """`w` as n numbers that are not negative, float64 unless a type is given."""
    a = _validate.as_array(w, fn, "w")
    if a.ndim != 1:
        raise ValueError(f"{fn}: w is not a vector. Weights must be a vector (ndim = 1). Input vector should be "
                         f"1-D.; got shape {a.shape}")
    _validate.real_dtype(a.dtype, fn, "w")
    if a.shape[0] != n:
        raise ValueError(f"{fn}: w has the wrong length. Weights must have same size as input vector. {a.shape[0]} vs. "
                         f"{n}. 'w' should have the same length as 'u' and 'v'.")
    a = np.ascontiguousarray(a, np.float64)
    if (a < 0).any():
        first = int(np.argmax(a < 0))
        raise ValueError(f"{fn}: w[{first}] is negative. Input weights should be all non-negative; got {a[first]}")
    return a if dtype is None else rows(a, dtype)


def fits_float32(w):
    """Whether float32 holds weights as normal numbers, and their sum."""
    info = np.finfo(np.float32)
    with np.errstate(over="ignore"):
        return not ((w > 0) & (w < info.tiny)).any() and not w.sum() > info.max


def order(p, fn):
    """The exponent of a Minkowski distance."""
    if isinstance(p, bool | np.bool_) or not isinstance(p, int | float | np.integer | np.floating):
        raise TypeError(f"{fn}: p is no real number; expected one, got {p!r}")
    if not p > 0:
        raise ValueError(f"{fn}: p is out of range. p must be greater than 0; got {p!r}")
    return float(p)


def log_base(base, fn):
    """The logarithm of `base`; 1 without one."""
    if base is None:
        return 1.0
    log = math.log(_validate.real_number(base, fn, "base", above=0))
    if log == 0:
        raise ValueError(f"{fn}: base has the logarithm 0; expected another positive number, got {base!r}")
    return log


def variances(V, d, fn):
    """`V` as d numbers, float64."""
    a = _validate.as_array(V, fn, "V")
    _validate.real_dtype(a.dtype, fn, "V")
    if a.ndim != 1:
        raise ValueError(f"{fn}: V is not a vector. Variance vector V must be one-dimensional.; got shape {a.shape}")
    if len(a) != d:
        raise ValueError(f"{fn}: V has the wrong length. Variance vector V must be of the same dimension as the "
                         f"vectors on which the distances are computed.; expected {d}, got {len(a)}")
    return rows(a, np.float64)


def inverse_covariance(VI, d, fn):
    """`VI` as a matrix (d, d), float64."""
    a = _validate.as_array(VI, fn, "VI")
    _validate.real_dtype(a.dtype, fn, "VI")
    if a.shape != (d, d):
        raise ValueError(f"{fn}: VI has the wrong shape; expected {(d, d)}, got {a.shape}")
    return rows(a, np.float64)


def unknown_metric(name, known, fn):
    close = difflib.get_close_matches(name, known, 1)
    word = "Test" if name.startswith("test_") else "Distance"
    guess = f"; did you mean {close[0]!r}?" if close else f"; expected one of {', '.join(sorted(known))}"
    quoted = f"Unknown {word} Metric: {name.removeprefix('test_')}" if word == "Distance" \
        else f'Unknown "Test" Distance Metric: {name.removeprefix("test_")}'
    return ValueError(f"{fn}: metric is not known. {quoted}{guess}")


def output(out, shape, dtype, fn):
    """An array of `shape` for the result, `out` where there is one. SciPy's rules, but a float32 result may be float32:
    where out is float64 the distances are computed in that."""
    if out is None:
        return np.empty(shape, dtype)
    if not isinstance(out, np.ndarray):
        raise TypeError(f"{fn}: out is not an array. out argument must be an ndarray; got {type(out).__name__}")
    if out.shape != shape:
        raise ValueError(f"{fn}: out has the wrong shape. Output array has incorrect shape.; expected {shape}, got "
                         f"{out.shape}")
    if out.dtype not in (dtype, np.dtype(np.float64)):
        raise ValueError(f"{fn}: out has dtype {out.dtype}. wrong out dtype, expected float64. Output array must be "
                         f"double type.; or {dtype}")
    if not out.flags.c_contiguous:
        raise ValueError(f"{fn}: out is not in one piece. Output array must be C-contiguous.; got strides "
                         f"{out.strides}")
    if not out.flags.writeable or not out.flags.aligned:
        raise ValueError(f"{fn}: out is read-only or misaligned. out array must be aligned, writable and native byte "
                         f"order; got {out.flags.writeable=} {out.flags.aligned=}")
    return out
