"""What comes as a matrix or a batch of them, made fit for a factorisation; and what failed, told.

Every function of the room that factors does: `matrices` (or the peer, where that returns None), a working copy, one
kernel, `tell_failures`.
"""

import importlib

import numpy as np
from numpy.linalg import LinAlgError

from mathcore import _validate
from mathcore._kernels import small
from mathcore._kernels.finite import all_finite

# Where SciPy defines what its public names show: those may have been replaced by ours.
_HOMES = ("_basic", "_decomp_lu", "_decomp_cholesky", "_decomp_qr", "_decomp_svd", "_decomp")


def scipy_function(name):
    """SciPy's own function of `scipy.linalg`; it serves what the kernels do not (complex, longdouble)."""
    for home in _HOMES:
        function = getattr(importlib.import_module(f"scipy.linalg.{home}"), name, None)
        if function is not None:
            return function
    raise AttributeError(f"scipy.linalg has no {name}")


def ill_conditioned(message, stacklevel=3):
    """SciPy's LinAlgWarning, `stacklevel` calls up: 3 is the caller of a public function that calls this."""
    import warnings

    from scipy.linalg import LinAlgWarning

    warnings.warn(message, LinAlgWarning, stacklevel=stacklevel)


def is_served(a):
    """Whether the kernels compute with the type of `a`: bool, integers, float16, float32, float64."""
    return a.dtype.kind in "biu" or a.dtype.newbyteorder("=") in _validate.COMPUTE


def compute_dtype(*arrays):
    """float32 where all are float16 or float32 (SciPy's rule), else float64."""
    result = np.result_type(*(np.float64 if a.dtype.kind in "biu" else a.dtype for a in arrays))
    return np.dtype(np.float64) if result == np.float64 else np.dtype(np.float32)


def check_finite_values(a, fn, arg):
    good = all_finite(a)
    if good is None:
        good = np.isfinite(a).all()
    if not good:
        at = tuple(int(i) for i in np.argwhere(~np.isfinite(a))[0])
        raise ValueError(f"{fn}: {arg} array must not contain infs or NaNs; expected finite numbers, "
                         f"got {a[at]} at index {at}")


def matrices(a, fn, arg="a", *, check_finite=True, square=False, ndim=2, peer=True):
    """`a` as an array of at least `ndim` dimensions with numbers that the kernels serve; None where the peer must, or
    TypeError where there is none."""
    a = _validate.as_array(a, fn, arg)
    if not is_served(a):
        if not peer:
            _validate.real_dtype(a.dtype, fn, arg)
        return None
    if a.ndim < ndim and ndim == 2:      # SciPy's words
        raise ValueError(f"{fn}: {arg} has too few dimensions, it must be at least two-dimensional; "
                         f"expected shape (..., m, n), got shape {a.shape}")
    _validate.at_least_dims(a, ndim, fn, arg)
    if square and a.shape[-1] != a.shape[-2]:
        raise ValueError(f"{fn}: {arg} is not square; expected a square matrix, shape (..., n, n), "
                         f"got shape {a.shape}")
    if check_finite and a.dtype.kind == "f":
        check_finite_values(a, fn, arg)
    return a


def in_packs(a, most=small.LARGEST):
    """Whether the kernels of small matrices serve `a`, one or a batch: their bits are those of an item alone."""
    return 0 < a.size and max(a.shape[-2:]) <= most


def working_copy(a, dtype, *, overwrite=False, order="C"):
    """`a` in `dtype` and one piece, for a kernel that works in place: the array itself only where `overwrite` and its
    own layout allow."""
    if overwrite and a.dtype == dtype and a.flags.writeable and a.flags.aligned \
            and a.flags.c_contiguous and order == "C":
        return a
    return np.array(a, dtype=dtype, order=order, copy=True)


def spread(a, batch):
    """The matrices `a`, repeated over `batch`; the array itself where that asks for nothing (7 us of NumPy's)."""
    return a if a.shape[:-2] == batch else np.broadcast_to(a, (*batch, *a.shape[-2:]))


def in_runs(a, dtype):
    """`a` in `dtype`, rows or columns of its matrices in one piece each: as it is in C and Fortran order."""
    a = _validate.ready(a, dtype)
    rows, columns = a.strides[-2:]
    plain = a.itemsize in (rows, columns) and rows > 0 and columns > 0
    return a if plain else np.ascontiguousarray(a)


def signs(vectors, axis=-2):
    """What makes the component of largest size of each vector along `axis` positive: 1 or -1, that axis kept; 1 for a
    zero vector."""
    at = np.abs(vectors).argmax(axis=axis, keepdims=True)
    one = vectors.dtype.type(1)
    return np.where(np.take_along_axis(vectors, at, axis) < 0, -one, one)


def batch_size(shape):
    """Number of matrices under leading dimensions."""
    return int(np.prod(shape, dtype=np.int64))


def tell_failures(info, fn, one, many, on_failure="raise"):
    """Raises LinAlgError for the items of a batch whose `info` is positive; with on_failure="nan" says nothing.

    one: text for a single matrix, with {k} for its info and {at} for one less; many: text for a batch, with {items} for
    the list of failing items. The error has `.index` (the first failing item, a tuple; () for a single matrix) and
    `.info`.
    """
    if on_failure == "nan" or not (info > 0).any():
        return
    items = np.argwhere(info > 0)
    if info.ndim == 0:
        error = LinAlgError(f"{fn}: {one.format(k=int(info), at=int(info) - 1)}")
    else:
        shown = [int(i[0]) if len(i) == 1 else tuple(map(int, i)) for i in items[:20]]
        more = f" and {len(items) - 20} more" if len(items) > 20 else ""
        error = LinAlgError(f"{fn}: {many.format(items=f'{shown}{more}')}")
    error.index, error.info = tuple(map(int, items[0])), info
    raise error
