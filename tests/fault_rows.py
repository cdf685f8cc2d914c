"""Fault tables: calls that must fail, with the exact class of the error and what its message must name.

Every message names function, argument and what came: "<function>: <argument> <fact>; expected ..., got <value>".
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Fault:
    what: str
    make: Callable                  # () -> args, kwargs
    error: type[Exception]
    arg: str
    value: str

    def __str__(self):
        return self.what


class Sparse:
    """Stands for scipy.sparse, whose arrays NumPy would wrap as objects."""

    def toarray(self):
        return np.ones((2, 3))


def _masked(shape):
    x = np.ma.ones(shape)
    x[(0,) * len(shape)] = np.ma.masked
    return x


def _bad_operands(shape):
    """(what, operand, error, value) for data that no function takes."""
    return (
        ("text", lambda: np.full(shape, "a"), TypeError, "<U1"),
        ("dates", lambda: np.zeros(shape, "M8[D]"), TypeError, "datetime64[D]"),
        ("records", lambda: np.zeros(shape, "f8,f8"), TypeError, "'<f8'"),
        ("bytes", lambda: np.zeros(shape, "S3"), TypeError, "|S3"),
        ("masked elements", lambda: _masked(shape), TypeError, "masked"),
        ("sparse", Sparse, TypeError, "Sparse"),
    )


def _operands(fn, names, shapes, extra=()):
    """Each operand in turn made unfit."""
    rows = []
    for i, (name, shape) in enumerate(zip(names, shapes, strict=True)):
        for what, bad, error, value in (*_bad_operands(shape), *extra):
            def make(i=i, bad=bad):
                return tuple(bad() if j == i else np.ones(s) for j, s in enumerate(shapes)), {}

            rows.append(Fault(f"{name} {what}", make, error, name, value))
    return tuple(rows)


def _overlapping(shape):
    return np.lib.stride_tricks.as_strided(np.zeros(1), shape, (0,) * len(shape))


def _frozen(shape):
    x = np.zeros(shape)
    x.flags.writeable = False
    return x


def _outs(args, shape):
    """`out` unfit to receive a float64 result of `shape`, which has more than one element."""
    def row(what, out, error, value):
        return Fault(f"out {what}", lambda: (args(), {"out": out()}), error, "out", value)

    longer = (*shape[:-1], shape[-1] + 1)
    wide = np.zeros((*shape[:-1], 2 * shape[-1]))
    return (
        row("longer", lambda: np.zeros(longer), ValueError, str(longer)),
        row("with an axis more", lambda: np.zeros((*shape, 1)), ValueError, str((*shape, 1))),
        row("0-d", lambda: np.zeros(()), ValueError, "()"),
        row("of integers", lambda: np.zeros(shape, np.int64), TypeError, "int64"),
        row("of bool", lambda: np.zeros(shape, bool), TypeError, "bool"),
        row("read-only", lambda: _frozen(shape), ValueError, "read-only"),
        row("in one place", lambda: _overlapping(shape), ValueError, "overlapping"),
        row("half overlapping", lambda: np.lib.stride_tricks.as_strided(wide, shape, (*wide.strides[:-1], 4)),
            ValueError,
            "overlapping"),
        row("a list", lambda: [[0.0]], TypeError, "list"),
    )


def _workers(args):
    def row(workers, error):
        return Fault(f"workers={workers!r}", lambda: (args(), {"workers": workers}), error, "workers", repr(workers))

    return (row(0, ValueError), row(-2, ValueError), row(1025, ValueError), row(1.5, TypeError), row("2", TypeError))


def products(fn, shape1, shape2):
    """Faults of matmul, matvec, vecmat, vecdot for operands of these shapes."""
    def args(a=shape1, b=shape2):
        return np.ones(a), np.ones(b)

    longer = (*shape1[:-1], shape1[-1] + 1)
    out = {"matmul": (2, 4), "matvec": (2,), "vecmat": (4,), "vecdot": (2,)}[fn]
    rows = [
        Fault("inner sizes", lambda: (args(longer), {}), ValueError, "x1.shape[-1]", str(longer)),
        Fault("inner size 0", lambda: (args((*shape1[:-1], 0)), {}), ValueError, "x1.shape[-1]",
              str((*shape1[:-1], 0))),
        Fault("batches", lambda: (args((5, *shape1), (4, *shape2)), {}), ValueError, "batch dimensions", "(5,"),
        Fault("x1 0-d", lambda: (args(()), {}), ValueError, "x1", "()"),
        Fault("x2 0-d", lambda: (args(shape1, ()), {}), ValueError, "x2", "()"),
        Fault("x2 a number", lambda: ((np.ones(shape1), 2.0), {}), ValueError, "x2", "()"),
        Fault("ragged", lambda: (([[1.0, 2.0], [3.0]], np.ones(shape2)), {}), ValueError, "x1", "inhomogeneous"),
    ]
    if 2 in shape1:
        empty = tuple(0 if n == 2 else n for n in shape1)
        rows.append(Fault("workers for an empty result", lambda: (args(empty), {"workers": 0}), ValueError, "workers",
                          "0"))
    if fn != "vecdot":
        rows.append(Fault("dtype too narrow", lambda: (args(), {"dtype": np.int64}), TypeError, "dtype", "int64"))
    if fn == "matvec":
        rows.append(Fault("x1 a vector", lambda: (args((3,)), {}), ValueError, "x1", "(3,)"))
    if fn == "vecmat":
        rows.append(Fault("x2 a vector", lambda: (args(shape1, (3,)), {}), ValueError, "x2", "(3,)"))
    return (*rows, *_operands(fn, ("x1", "x2"), (shape1, shape2)), *_outs(args, out), *_workers(args))


def _pair():
    return np.ones((2, 3)), np.ones(3)


VECDOT = (
    Fault("axis out of range", lambda: (_pair(), {"axis": 2}), np.exceptions.AxisError, "axis", "2"),
)


# ------------------------------------------------------------------ outer, gram, linear, multi_dot

def _two_vectors():
    return np.ones(2), np.ones(3)


OUTER = (
    Fault("x1 a matrix", lambda: ((np.ones((2, 2)), np.ones(3)), {}), ValueError, "x1", "(2, 2)"),
    Fault("x2 0-d", lambda: ((np.ones(2), 3.0), {}), ValueError, "x2", "()"),
    *_operands("outer", ("x1", "x2"), ((2,), (3,))),
    *_outs(_two_vectors, (2, 3)),
)

# what the functions that NumPy does not have refuse, where those it has hand it on
_FLOATS_ONLY = (
    ("complex", lambda: np.ones((3, 3), np.complex128), TypeError, "complex128"),
    ("longdouble", lambda: np.ones((3, 3), np.longdouble), TypeError, str(np.dtype(np.longdouble))),
    ("objects", lambda: np.ones((3, 3), object), TypeError, "object"),
)


def _observations():
    return (np.ones((3, 2)),)


GRAM = (
    Fault("x a vector", lambda: ((np.ones(3),), {}), ValueError, "x", "(3,)"),
    Fault("x 0-d", lambda: ((2.0,), {}), ValueError, "x", "()"),
    *_operands("gram", ("x",), ((3, 2),), _FLOATS_ONLY),
    *_outs(_observations, (2, 2)),
    *_workers(_observations),
)


def _layer(x=(2, 3), w=(4, 3), b=(4,)):
    return np.ones(x), np.ones(w), np.ones(b)


LINEAR = (
    Fault("inner sizes", lambda: (_layer(x=(2, 5)), {}), ValueError, "x.shape[-1]", "(2, 5)"),
    Fault("bias length", lambda: (_layer(b=(3,)), {}), ValueError, "b.shape[0]", "(3,)"),
    Fault("x 0-d", lambda: (_layer(x=()), {}), ValueError, "x", "()"),
    Fault("w a vector", lambda: (_layer(w=(3,)), {}), ValueError, "w", "(3,)"),
    Fault("w a batch", lambda: (_layer(w=(2, 4, 3)), {}), ValueError, "w", "(2, 4, 3)"),
    Fault("b a matrix", lambda: (_layer(b=(1, 4)), {}), ValueError, "b", "(1, 4)"),
    Fault("activation", lambda: (_layer(), {"activation": "gelu"}), ValueError, "activation", "'gelu'"),
    Fault("activation not text", lambda: (_layer(), {"activation": 1}), ValueError, "activation", "1"),
    *_operands("linear", ("x", "w"), ((3, 3), (3, 3)), _FLOATS_ONLY),
    *_outs(_layer, (2, 4)),
    *_workers(_layer),
)


def _two_matrices():
    return ([np.ones((2, 3)), np.ones((3, 4))],)


MULTI_DOT = (
    Fault("no array", lambda: (([],), {}), ValueError, "arrays", "0"),
    Fault("one array", lambda: (([np.ones((2, 2))],), {}), ValueError, "arrays", "1"),
    Fault("inner sizes", lambda: (([np.ones((2, 3)), np.ones((4, 5))],), {}), ValueError, "arrays[0]", "(4, 5)"),
    Fault("vector inside", lambda: (([np.ones((2, 2)), np.ones(2), np.ones((2, 2))],), {}), np.linalg.LinAlgError,
          "arrays[1]",
          "(2,)"),
    Fault("batch", lambda: (([np.ones((2, 2, 2)), np.ones((2, 2))],), {}), np.linalg.LinAlgError, "arrays[0]",
          "(2, 2, 2)"),
    Fault("text", lambda: (([np.ones((2, 2)), np.full((2, 2), "a")],), {}), TypeError, "arrays[1]", "<U1"),
    *_outs(_two_matrices, (2, 4)),
    *_workers(_two_matrices),
)


# ------------------------------------------------------------------ the other rooms

def _counts(arg):
    def row(n, error):
        return Fault(f"n={n!r}", lambda: ((n,), {}), error, arg, repr(n))

    return (row(0, ValueError), row(-2, ValueError), row(1025, ValueError), row(2**70, ValueError), row(1.0, TypeError),
            row("2", TypeError), row(None, TypeError))


THREADS = _counts("threads")
SET_NUM_THREADS = _counts("threads")
SHOW_CONFIG = (Fault("mode", lambda: (("xml",), {}), ValueError, "mode", "'xml'"),)
LOAD_IDX = (Fault("a folder of /proc", lambda: (("/proc/self/status",), {}), ValueError, "/proc/self/status", "0x"),)
DESCENT_PATH = (Fault("empty path", lambda: ((np.square, []), {}), ValueError, "path", "empty"),)
IMAGE_GRID = (
    Fault("not images", lambda: ((np.ones((2, 2)), [0, 1]), {}), ValueError, "images", "(2, 2)"),
    Fault("predictions", lambda: ((np.ones((2, 3, 3)), [0]), {}), ValueError, "predictions", "(1,)"),
    Fault("labels", lambda: ((np.ones((2, 3, 3)), [0, 1], [0]), {}), ValueError, "labels", "(1,)"),
    Fault("n_cols", lambda: ((np.ones((2, 3, 3)), [0, 1]), {"n_cols": 0}), ValueError, "n_cols", "0"),
)

LABELLED_POINTS = (
    Fault("not points of the plane", lambda: ((np.ones((2, 3)), [0, 1]), {}), ValueError, "x", "(2, 3)"),
    Fault("a vector", lambda: ((np.ones(2), [0, 1]), {}), ValueError, "x", "(2,)"),
    Fault("labels", lambda: ((np.ones((2, 2)), [0]), {}), ValueError, "labels", "(1,)"),
)

TAYLOR_CURVES = (
    Fault("ends in the wrong order", lambda: ((np.sin, {}, (1.0, -1.0)), {}), ValueError, "interval", "(1.0, -1.0)"),
)
