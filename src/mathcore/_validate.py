"""The only door for arrays: what came is checked and made fit for a kernel here, and every message about an argument
is written here. Message: "<function>: <argument> <fact>; expected <what>, got <what>".
"""

import operator

import numpy as np

from mathcore._kernels.matmul import is_plain, is_usable
from mathcore._kernels.runtime import checked_threads

# The kernels' arithmetic for each real dtype; anything else goes to the peer of the same name or is refused.
COMPUTE = {
    np.dtype(dtype): np.dtype(compute)
    for dtype, compute in {
        np.float16: np.float32, np.float32: np.float32, np.float64: np.float64,
        np.int8: np.int32, np.int16: np.int32, np.int32: np.int32, np.int64: np.int64,
        np.uint8: np.uint32, np.uint16: np.uint32, np.uint32: np.uint32, np.uint64: np.uint64,
    }.items()
}


def as_array(x, fn, arg):
    """`x` as a base-class ndarray of numbers. Masked, sparse, text, date and structured data are refused."""
    if isinstance(x, np.ma.MaskedArray):
        if np.ma.getmaskarray(x).any():
            raise TypeError(f"{fn}: {arg} is a masked array with masked elements; expected plain data, "
                            "fill or drop them first")
        x = x.data
    elif not isinstance(x, np.ndarray) and hasattr(x, "toarray"):
        raise TypeError(f"{fn}: {arg} is sparse ({type(x).__name__}); expected a dense array, use .toarray()")
    try:
        a = np.asarray(x)
    except BufferError as error:         # NumPy's word for an array on another device
        raise TypeError(f"{fn}: {arg} is not in main memory; expected a CPU array ({error})") from error
    except ValueError as error:          # ragged lists
        raise ValueError(f"{fn}: {arg} is not a rectangular array; {error}") from error
    if a.dtype.kind not in "biufcO":
        raise TypeError(f"{fn}: {arg} has dtype {a.dtype}; expected numbers")
    return a


def overrides_ufuncs(x):
    """Whether `x` brings its own arithmetic (a traced or wrapped array) or type, which NumPy's dispatch honours."""
    if type(x) in (np.ndarray, np.memmap) or isinstance(x, np.ma.MaskedArray):
        return False                     # masks have a word of their own in as_array
    return isinstance(x, np.ndarray) or getattr(type(x), "__array_ufunc__", None) is not None


def ready(a, dtype):
    """`a` in `dtype`, native byte order, aligned, strides in whole elements; a copy only where one of these asks."""
    a = a.astype(dtype, copy=False)
    return a if is_usable(a) else a.copy()


def at_least_dims(a, ndim, fn, arg):
    if a.ndim < ndim:
        raise ValueError(f"{fn}: {arg} has too few dimensions; expected at least {ndim}, got shape {a.shape}")


def exact_dims(a, ndim, fn, arg):
    if a.ndim != ndim:
        raise ValueError(f"{fn}: {arg} has the wrong number of dimensions; expected {ndim}, got shape {a.shape}")


def one_dimensional(a, fn, arg):
    """A vector; in NumPy's words, which users grep for."""
    if a.ndim != 1:
        raise ValueError(f"{fn}: {arg} is not a vector. Input arrays must be one-dimensional; expected 1 dimension, "
                         f"got shape {a.shape}")


def same_length(n1, n2, fn, what, shape1, shape2):
    """Two lengths that must agree, with the shapes they come from."""
    if n1 != n2:
        raise ValueError(f"{fn}: {what} differ; expected equal lengths, "
                         f"got {n1} and {n2} (shapes {shape1} and {shape2})")


def broadcast_batch(shape1, shape2, fn, what="batch dimensions"):
    """The common batch shape. (numpy.broadcast_shapes stops at 32 dimensions, arrays at 64.)"""
    ndim = max(len(shape1), len(shape2))
    pairs = list(zip((1,) * (ndim - len(shape1)) + shape1, (1,) * (ndim - len(shape2)) + shape2, strict=True))
    if any(n1 != n2 and 1 not in (n1, n2) for n1, n2 in pairs):
        raise ValueError(f"{fn}: {what} do not fit together; expected shapes that broadcast, "
                         f"got {shape1} and {shape2}")
    return tuple(n2 if n1 == 1 else n1 for n1, n2 in pairs)


def real_dtype(dtype, fn, arg):
    """The kernels' floating dtype for data of `dtype`: integers and bool become float64; TypeError for others."""
    if dtype.kind in "biu":
        return np.dtype(np.float64)
    dtype = dtype.newbyteorder("=")
    if dtype not in COMPUTE:
        raise TypeError(f"{fn}: {arg} has dtype {dtype}; expected float16, float32, float64 or integers")
    return dtype


def has_overlapping_elements(out):
    """Whether two indices of `out` share memory. Exact: strides decide first, only odd layouts are counted out."""
    if out.size < 2 or is_plain(out):
        return False
    room = out.itemsize
    for stride, length in sorted((abs(s), n) for s, n in zip(out.strides, out.shape, strict=True) if n > 1):
        if stride < room:
            break
        room = stride * length
    else:
        return False
    if any(s == 0 and n > 1 for s, n in zip(out.strides, out.shape, strict=True)) or out.size > 1 << 24:
        return True
    offsets = np.zeros(1, np.int64)
    for stride, length in zip(out.strides, out.shape, strict=True):
        offsets = (offsets[:, None] + np.arange(length) * stride).ravel()
    return np.diff(np.sort(offsets)).min() < out.itemsize


def _receives(out_shape, shape, core):
    """Whether an `out` of `out_shape` takes a result of `shape`: as it is, or its batch repeated (NumPy's rule for
    functions whose last `core` axes are not batch axes)."""
    if core is None or len(out_shape) < len(shape) or out_shape[len(out_shape) - core:] != shape[len(shape) - core:]:
        return out_shape == shape
    batch = shape[:len(shape) - core][::-1]
    return all(n in (1, into) for n, into in zip(batch, out_shape[:len(out_shape) - core][::-1], strict=False))


def check_out(out, shape, dtype, fn, core=None):
    """`out`, fit to receive a result of `shape` and `dtype`; nothing is written before all of it is checked."""
    if isinstance(out, tuple) and len(out) == 1:
        out = out[0]                     # NumPy's own alternative form
    if not isinstance(out, np.ndarray):
        raise TypeError(f"{fn}: out is not an array; expected a numpy.ndarray, got {type(out).__name__}")
    if not _receives(out.shape, shape, core):
        raise ValueError(f"{fn}: out has the wrong shape (non-broadcastable); expected {shape}, got {out.shape}")
    if not np.can_cast(dtype, out.dtype, "same_kind"):
        raise TypeError(f"{fn}: out has dtype {out.dtype}. Cannot cast ufunc {fn!r} output; "
                        f"expected one that {dtype} casts to within its kind")
    if not out.flags.writeable:
        raise ValueError(f"{fn}: out is read-only; expected a writeable array")
    if has_overlapping_elements(out):
        raise ValueError(f"{fn}: out has overlapping elements; expected one place in memory for each")
    return out


def deliver(c, out, result):
    """The computed `c` as the caller asked for it: in the type `result`, then as `out` holds it; 0-d as a scalar."""
    if isinstance(out, tuple):           # NumPy's alternative form, which check_out takes
        out = out[0]
    if out is c:
        return c
    c = c.astype(result, copy=False)     # integers wrap around at their own width first
    if out is None:
        return c if c.ndim else c[()]
    np.copyto(out, c, casting="unsafe")  # check_out has seen that the kinds agree
    return out


def one_of(value, choices, fn, arg):
    """`value`, which must be one of `choices`."""
    if not any(type(value) is type(c) and value == c for c in choices):
        names = ", ".join(repr(c) for c in choices)
        raise ValueError(f"{fn}: {arg} is not known; expected one of {names}, got {value!r}")
    return value


def real_number(value, fn, arg, *, low=-np.inf, high=np.inf, above=None):
    """A Python or NumPy real number within low ... high (and greater than `above`), as a float."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, int | float | np.integer | np.floating):
        raise TypeError(f"{fn}: {arg} is no real number; expected one, got {value!r}")
    number = float(value)
    if not low <= number <= high or (above is not None and not number > above):
        floor = f"more than {above:g}" if above is not None else f"at least {low:g}"
        raise ValueError(f"{fn}: {arg} is out of range; expected {floor}"
                         f"{'' if high == np.inf else f' and at most {high:g}'}, got {value!r}")
    return number


def whole_number(value, fn, arg, *, low=None, high=None):
    """A whole number, at least `low` and at most `high`, as an int."""
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{fn}: {arg} is no whole number; expected one, got {value!r}") from None
    if low is not None and number < low or high is not None and number > high:
        bounds = " and ".join(f"at {word} {bound}" for word, bound in (("least", low), ("most", high))
                              if bound is not None)
        raise ValueError(f"{fn}: {arg} is out of range; expected {bounds}, got {number}")
    return number


def generator(rng, fn):
    """A seed or None as a new numpy.random.Generator; a Generator as it is."""
    if rng is None or isinstance(rng, np.random.Generator):
        return np.random.default_rng(rng)
    return np.random.default_rng(whole_number(rng, fn, "rng", low=0))


def check_workers(workers, fn):
    """`workers` as the kernels take it: None or a number of threads."""
    return None if workers is None else checked_threads(workers, f"{fn}: workers")


def check_axis(axis, a, fn, arg):
    """`axis` as a whole number, inside `a`."""
    axis = operator.index(axis)
    if not -a.ndim <= axis < a.ndim:
        raise np.exceptions.AxisError(f"{fn}: axis {axis} is out of bounds for {arg}; "
                                      f"expected {-a.ndim} to {a.ndim - 1}, got shape {a.shape}")
    return axis
