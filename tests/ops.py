"""The registry: one record per public name. Value tests, fault tables, docstring checks and the fuzzer loop over it.

A tolerance is a number of roundings: how many operations of the documented order a term of the sum passes through
(oracles.chain_roundings, oracles.lane_roundings), each of relative error eps / 2. What it is measured against is the
same expression of the absolute values (`scale`), so cancellation is no excuse and no reason for slack.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

import mathcore
from mathcore import datasets, linalg, plot
from tests import fault_rows as f
from tests.layouts import values
from tests.oracles import chain_roundings, gamma, lane_roundings

WORKSPACE_BYTES = 8 << 20        # per thread: what the docstrings promise


class Shape(NamedTuple):
    """(…, m, k) times (…, k, n); functions of fewer sizes leave some unused."""

    m: int
    k: int
    n: int
    batch1: tuple = ()
    batch2: tuple = ()


@dataclass(frozen=True)
class Op:
    """A public function of mathcore.linalg."""

    name: str
    function: Callable
    sample: Callable[[Shape, Any, Any], tuple]      # (shape, dtype, rng) -> args, kwargs
    peer: Callable                                  # NumPy's expression of the same, for any dtype
    roundings: Callable[[Shape, Any], int]          # of the float type that computes
    faults: tuple = ()
    is_float: bool = False                          # integers become float64
    products: int = 1                               # each is rounded to the result's type
    workspace: int = WORKSPACE_BYTES
    out: bool = True
    workers: bool = True

    def result_dtype(self, arrays):
        dtype = np.result_type(*arrays)
        return np.dtype(np.float64) if self.is_float and dtype.kind in "biu" else dtype


@dataclass(frozen=True)
class Name:
    """Any other public name."""

    room: Any
    name: str
    faults: tuple = ()
    returns: bool = True
    is_function: bool = True


def arrays_of(args):
    """The arrays among positional arguments, those in lists too, in order."""
    found = []
    for x in args:
        if isinstance(x, np.ndarray):
            found.append(x)
        elif isinstance(x, list | tuple):
            found.extend(arrays_of(x))
    return found


def map_arrays(function, args):
    """`args` with the function applied to each array in it."""
    return tuple(function(x) if isinstance(x, np.ndarray) else
                 [function(y) for y in x] if isinstance(x, list) else x for x in args)


# ------------------------------------------------------------------ value check

def tolerance(op, shape, compute, result):
    """(relative, absolute): units of the result's eps per unit of `scale`, and what gradual underflow adds."""
    roundings = op.roundings(shape, compute)
    relative = gamma(roundings, compute)
    if result != compute:                # float16: computed in float32, then one rounding per product
        relative = relative * float(np.finfo(compute).eps) / float(np.finfo(result).eps) + gamma(op.products, result)
    return relative, (roundings + 1) * float(np.finfo(result).smallest_subnormal)


def reference(op, args, kwargs):
    """In longdouble: the value, and the same of absolute values (of the finite ones)."""
    if op.is_float:                      # 64-bit integers are rounded when they become float64
        args = map_arrays(lambda x: x.astype(np.float64) if x.dtype.kind in "biu" else x, args)
    options = {key: value for key, value in kwargs.items() if key in ("activation", "axis")}
    magnitudes = {key: value for key, value in options.items() if key != "activation"}
    with np.errstate(all="ignore"):
        exact = op.peer(*map_arrays(lambda x: x.astype(np.longdouble), args), **options)
        scale = op.peer(*map_arrays(lambda x: np.abs(np.where(np.isfinite(x), x, 0).astype(np.longdouble)), args),
                        **magnitudes)
    return np.asarray(exact), np.asarray(scale)


def error_ratio(op, shape, args, kwargs, got):
    """max error / tolerance over a floating result: above 1 it is wrong. inf where NaN or inf stand in other places."""
    got = np.asarray(got)
    if got.size == 0:
        return 0.0
    exact, scale = reference(op, args, kwargs)
    compute = np.dtype(np.float32) if got.dtype == np.float16 else got.dtype
    relative, absolute = tolerance(op, shape, compute, got.dtype)
    finfo = np.finfo(got.dtype)
    may_overflow = scale >= float(finfo.max) / 2        # partial sums may then, in one order and not in another
    special = ~np.isfinite(exact) & ~may_overflow
    same = np.where(np.isnan(exact), np.isnan(got), got == exact)
    if not np.all(same[special]):
        return np.inf
    plain = np.isfinite(exact) & ~may_overflow
    if not np.all(np.isfinite(got[plain])):
        return np.inf
    if not plain.any():
        return 0.0
    # the reference's own error: one unit of longdouble per term
    long_eps = float(np.finfo(np.longdouble).eps) * (shape.k + 2)
    allowed = (relative * float(finfo.eps) + long_eps) * scale[plain] + absolute
    return float((np.abs(got[plain] - exact[plain]) / allowed).max())


def check(op, shape, args, kwargs, got, what=""):
    """The value, shape and dtype of a result."""
    arrays = arrays_of(args)
    expected_dtype = op.result_dtype(arrays)
    got_array = np.asarray(got)
    assert got_array.dtype == expected_dtype, f"{op.name} {what}: {got_array.dtype} in place of {expected_dtype}"
    if expected_dtype.kind == "f" and expected_dtype.itemsize <= 8:
        assert got_array.shape == reference(op, args, kwargs)[0].shape, f"{op.name} {what}: shape {got_array.shape}"
        ratio = error_ratio(op, shape, args, kwargs, got)
        assert ratio <= 1, f"{op.name} {what}: error is {ratio:.3g} times the tolerance"
        return ratio
    with np.errstate(all="ignore"):
        expected = op.peer(*args, **{key: value for key, value in kwargs.items() if key == "axis"})
    assert got_array.shape == expected.shape, f"{op.name} {what}: shape {got_array.shape}"
    if expected_dtype.kind in "biu":
        np.testing.assert_array_equal(got_array, expected, err_msg=f"{op.name} {what}")
        return 0.0
    # complex, longdouble: NumPy computes, in an order of its own. Two results that each meet k + 2 roundings per
    # product of chains (the 2: a complex product, Higham 2002, lemma 3.5), by twice the gap of either.
    scale = op.peer(*map_arrays(lambda x: np.abs(x).astype(np.longdouble), args))
    allowed = 4 * (shape.m + shape.k + shape.n + 6) * np.finfo(expected_dtype).eps * scale
    assert np.all(np.abs(got_array - expected) <= allowed), f"{op.name} {what}: not NumPy's value"
    return 0.0


# ------------------------------------------------------------------ samplers and peers

def _matrices(s, dtype, rng):
    return (values(rng, (*s.batch1, s.m, s.k), dtype), values(rng, (*s.batch2, s.k, s.n), dtype)), {}


def _matrix_and_vector(s, dtype, rng):
    return (values(rng, (*s.batch1, s.m, s.k), dtype), values(rng, (*s.batch2, s.k), dtype)), {}


def _vector_and_matrix(s, dtype, rng):
    return (values(rng, (*s.batch1, s.k), dtype), values(rng, (*s.batch2, s.k, s.n), dtype)), {}


def _vectors(s, dtype, rng):
    return (values(rng, (*s.batch1, s.k), dtype), values(rng, (*s.batch2, s.k), dtype)), {}


def _outer(s, dtype, rng):
    return (values(rng, s.m, dtype), values(rng, s.n, dtype)), {}


def _gram(s, dtype, rng):
    return (values(rng, (*s.batch1, s.k, s.n), dtype),), {}


def _linear(s, dtype, rng):
    b = [values(rng, s.n, dtype)] if rng.integers(2) else []
    activation = {"activation": "relu"} if rng.integers(2) else {}
    return (values(rng, (*s.batch1, s.m, s.k), dtype), values(rng, (s.n, s.k), dtype), *b), activation


def _chain(s, dtype, rng):
    return ([values(rng, size, dtype) for size in ((s.m, s.k), (s.k, s.n), (s.n, s.m))],), {}


def _fallback_matvec(a, x):
    return np.matmul(a, x[..., None])[..., 0]


def _fallback_vecmat(x, a):
    return np.matmul(np.conj(x)[..., None, :], a)[..., 0, :]


_peer_matvec = getattr(np, "matvec", _fallback_matvec)      # NumPy 2.2
_peer_vecmat = getattr(np, "vecmat", _fallback_vecmat)


def _peer_gram(x):
    x = x if x.dtype.kind == "f" else x.astype(np.float64)
    return np.matmul(x.swapaxes(-1, -2), x)


def _peer_linear(x, w, b=None, activation=None):
    y = np.matmul(x, w.T)
    y = y if b is None else y + b
    return np.where(y < 0, 0, y) if activation == "relu" else y


def _peer_chain(arrays):
    product = arrays[0]
    for a in arrays[1:]:
        product = np.matmul(product, a)
    return product


def _matmul_roundings(s, dtype):
    return lane_roundings(s.k, dtype) if s.n == 1 else chain_roundings(s.k)


def _linear_roundings(s, dtype):
    return _matmul_roundings(s, dtype) + 1          # the bias


def _gram_roundings(s, dtype):
    return lane_roundings(s.k, dtype) if s.n == 1 else chain_roundings(s.k)


def _chain_of_three_roundings(s, dtype):
    """A term meets the roundings of the first product, then those of the second; one column goes by lanes."""
    def worse(k):
        return max(chain_roundings(k), lane_roundings(k, dtype)) if 1 in (s.m, s.n) else chain_roundings(k)

    return worse(s.k) + worse(s.n)


OPS = {op.name: op for op in (
    Op("matmul", linalg.matmul, _matrices, np.matmul, _matmul_roundings, f.products("matmul", (2, 3), (3, 4))),
    Op("matvec", linalg.matvec, _matrix_and_vector, _peer_matvec, lambda s, d: lane_roundings(s.k, d),
       f.products("matvec", (2, 3), (3,))),
    Op("vecmat", linalg.vecmat, _vector_and_matrix, _peer_vecmat, _matmul_roundings,
       f.products("vecmat", (3,), (3, 4))),
    Op("vecdot", linalg.vecdot, _vectors, np.vecdot, lambda s, d: lane_roundings(s.k, d),
       f.products("vecdot", (2, 3), (3,)) + f.VECDOT),
    Op("outer", linalg.outer, _outer, np.multiply.outer, lambda s, d: 1, f.OUTER, workers=False, workspace=0),
    Op("gram", linalg.gram, _gram, _peer_gram, _gram_roundings, f.GRAM, is_float=True),
    Op("linear", linalg.linear, _linear, _peer_linear, _linear_roundings, f.LINEAR, is_float=True),
    Op("multi_dot", linalg.multi_dot, _chain, _peer_chain, _chain_of_three_roundings, f.MULTI_DOT, products=2),
)}

NAMES = (
    Name(mathcore, "__version__", is_function=False),
    Name(mathcore, "datasets", is_function=False),
    Name(mathcore, "linalg", is_function=False),
    Name(mathcore, "plot", is_function=False),
    Name(mathcore, "threads", f.THREADS, returns=False),
    Name(mathcore, "set_num_threads", f.SET_NUM_THREADS, returns=False),
    Name(mathcore, "get_num_threads"),
    Name(mathcore, "show_config", f.SHOW_CONFIG),
    Name(mathcore, "get_include"),
    Name(datasets, "Digits", is_function=False),
    Name(datasets, "load_digits"),
    Name(datasets, "load_idx", f.LOAD_IDX),
    Name(plot, "sigmoid_curve"),
    Name(plot, "descent_path", f.DESCENT_PATH),
    Name(plot, "loss_curve"),
    Name(plot, "image_grid", f.IMAGE_GRID),
)
