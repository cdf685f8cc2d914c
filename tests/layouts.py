"""The same values in every memory layout that an array can have, and values of every dtype."""

import numpy as np

FLOATS = ("float16", "float32", "float64")
INTEGERS = ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
FOREIGN = ("bool", "complex64", "complex128", "longdouble")     # NumPy computes these
DTYPES = (*FLOATS, *INTEGERS, *FOREIGN)

# Around the vectors (4 to 16 lanes), the tiles (6 or 8 rows, 8 to 48 columns), the blocks of A (96 rows), of k (512).
EDGES = (0, 1, 2, 7, 8, 9, 23, 24, 25, 47, 48, 49, 95, 96, 97, 511, 512, 513)


def values(rng, shape, dtype):
    """Random data: floats of normal size, integers over their whole range."""
    dtype = np.dtype(dtype)
    if dtype.kind == "b":
        return rng.integers(0, 2, shape).astype(bool)
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        return rng.integers(info.min, info.max, shape, dtype=dtype, endpoint=True)
    x = rng.standard_normal(shape)
    return (x + 1j * rng.standard_normal(shape) if dtype.kind == "c" else x).astype(dtype)


# ------------------------------------------------------------------ layouts: each returns an array equal to x

def _empty_like(x, shape):
    return np.zeros(shape, x.dtype)


def step2(x):
    """Every other element along every axis of a larger array."""
    wide = _empty_like(x, [2 * n + 1 for n in x.shape])
    view = wide[tuple(slice(0, 2 * n, 2) for n in x.shape)]
    view[...] = x
    return view


def reversed_axes(x):
    """Negative strides along every axis."""
    back = (slice(None, None, -1),) * x.ndim
    return x[back].copy()[back]


def padded_rows(x):
    """Unit stride along the last axis, rows further apart than they are long."""
    if x.ndim == 0:
        return x
    wide = _empty_like(x, (*x.shape[:-1], x.shape[-1] + 3))
    wide[..., : x.shape[-1]] = x
    return wide[..., : x.shape[-1]]


def batch_last(x):
    """The batch axes vary fastest in memory."""
    if x.ndim < 3:
        return np.asfortranarray(x)
    order = (x.ndim - 2, x.ndim - 1, *range(x.ndim - 2))
    return x.transpose(order).copy().transpose(np.argsort(order))


def misaligned(x):
    """The first byte of data stands one past a multiple of the item size."""
    raw = np.zeros(x.nbytes + 64, np.uint8)
    start = -raw.ctypes.data % 32 + 1
    view = raw[start:start + x.nbytes].view(x.dtype).reshape(x.shape)
    view[...] = x
    return view


def fractional_strides(x):
    """A field of packed records: strides that are no multiple of the item size."""
    record = np.zeros(x.shape, np.dtype([("flag", "i1"), ("x", x.dtype)]))
    record["x"] = x
    return record["x"]


def byte_swapped(x):
    return x.astype(x.dtype.newbyteorder())


def read_only(x):
    y = x.copy()
    y.flags.writeable = False
    return y


LAYOUTS = {
    "C": np.ascontiguousarray, "F": np.asfortranarray, "step2": step2, "reversed": reversed_axes,
    "padded rows": padded_rows, "batch last": batch_last, "misaligned": misaligned,
    "fractional strides": fractional_strides, "byte-swapped": byte_swapped, "read-only": read_only,
}


def broadcast_rows(x):
    """The first row for all rows: zero stride along the axis before the last. Other values than x."""
    return np.broadcast_to(x[..., :1, :], x.shape) if x.ndim > 1 else np.broadcast_to(x[:1], x.shape)


def broadcast_columns(x):
    """The first column for all columns: zero stride along the last axis. Other values than x."""
    return np.broadcast_to(x[..., :1], x.shape)
