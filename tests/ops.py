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
from mathcore import datasets, linalg, plot, special
from tests import fault_rows as f
from tests import fault_rows_special as fs
from tests import oracles_special as exact
from tests.fault_rows_autodiff import AUTODIFF
from tests.fault_rows_bayes import BAYES
from tests.fault_rows_cholesky import CHOLESKY
from tests.fault_rows_descriptive import DESCRIPTIVE
from tests.fault_rows_distance import DISTANCE
from tests.fault_rows_eigen import EIGEN
from tests.fault_rows_fits import FITS
from tests.fault_rows_information import INFORMATION
from tests.fault_rows_iterative import ITERATIVE
from tests.fault_rows_lowrank import LOWRANK
from tests.fault_rows_metrics import METRICS
from tests.fault_rows_models import MODELS
from tests.fault_rows_neighbors import NEIGHBORS
from tests.fault_rows_nn import LOSSES_AND_NN
from tests.fault_rows_norms import NORMS
from tests.fault_rows_optimize import OPTIMIZE
from tests.fault_rows_penalties import PENALTIES
from tests.fault_rows_probability import PROBABILITY
from tests.fault_rows_qr import QR
from tests.fault_rows_similarity import SIMILARITY
from tests.fault_rows_spaces import SPACES
from tests.fault_rows_stats import STATS
from tests.fault_rows_systems import SYSTEMS
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

# ------------------------------------------------------------------ special: functions of each element

@dataclass(frozen=True)
class Map:
    """A function of each element in mathcore.special. `ulp`: what its docstring promises, on every instruction set.

    exp, expm1, log, log1p, tanh, expit: a head that is exact and a tail of some 2^-10 of it are added, half an ULP, and
    the tail's own roundings come to less than the other half. A sum or product of such a result with one more rounding
    of a full or of half an ULP is below 2; logit's quotient adds one more. rel_entr: the quotient's rounding counts
    1.44 times in the logarithm (at a ratio of 1/2), beside the logarithm's and the product's.
    """

    name: str
    reference: Callable
    sample: Callable                                # (shape, dtype, rng) -> array or arrays
    ulp: float
    faults: tuple
    scale: Callable | None = None                   # whose ULP count, where a sum cancels
    extra: Callable | None = None                   # relative error in eps that an argument adds to the result
    kwargs: tuple = ()                              # that belong to the reference
    peer: bool = True                               # NumPy or SciPy has the function and takes ufunc keywords

    room = special

    @property
    def function(self):
        return getattr(special, self.name)

    def args(self, shape, dtype, rng):
        found = self.sample(shape, np.dtype(dtype), rng)
        return found if isinstance(found, tuple) else (found,)

    def result_dtype(self, args):
        dtype = np.result_type(*args)
        return np.dtype(np.float64) if dtype.kind in "biu" else dtype


def map_error(record, args, got):
    """The largest error of a result over its tolerance: above 1 it is wrong."""
    got = np.asarray(got)
    if got.size == 0:
        return 0.0
    with np.errstate(all="ignore"):
        long = [np.asarray(x).astype(np.longdouble) for x in args]
        expected = record.reference(*long)
        scale = np.asarray(record.scale(*long)) if record.scale else None
        if scale is not None:                       # a term that overflows takes the sum with it
            expected = np.where(np.isfinite(expected) & (scale > np.finfo(got.dtype).max), got, expected)
        allowed = record.ulp + exact.reference_ulp(got.dtype)
        if got.dtype == np.float16:                 # computed in float32, whose ULP is 2^-13 of one; then rounded
            allowed = 0.5 + allowed * 2.0**-13
        if record.extra:                            # one eps is at most two ULP
            allowed = allowed + 2 * np.asarray(record.extra(*long), np.float64)
        error = exact.error_in_ulp(got, expected, scale)
        return float(np.where(error == 0, 0, error / allowed).max())


def check_map(record, args, got, what=""):
    dtype = record.result_dtype(args)
    array = np.asarray(got)
    assert array.dtype == dtype, f"{record.name} {what}: {array.dtype} in place of {dtype}"
    shape = np.broadcast_shapes(*(np.shape(x) for x in args))
    assert array.shape == shape, f"{record.name} {what}: shape {array.shape} in place of {shape}"
    ratio = map_error(record, args, got)
    assert ratio <= 1, f"{record.name} {what}: error is {ratio:.3g} times the tolerance"


def _integers(shape, dtype, rng):
    return rng.integers(0, 2 if dtype.kind == "b" else 100, shape).astype(dtype)


def _spread(rng, shape, low, high):
    """Of every size between powers of two."""
    return np.exp2(rng.uniform(low, high, shape))


def _mixed(*samplers):
    """Each element from one of the samplers (shape, dtype, rng)."""
    def sample(shape, dtype, rng):
        if dtype.kind in "biu":
            return _integers(shape, dtype, rng)
        which = rng.integers(len(samplers), size=shape)
        with np.errstate(over="ignore", under="ignore"):
            return np.asarray(np.choose(which, [s(shape, dtype, rng) for s in samplers])).astype(dtype)

    return sample


def _float(dtype):
    return np.finfo(dtype if dtype.kind == "f" else np.float64)


def _tiny_to_huge(shape, dtype, rng):
    info = _float(dtype)
    return _spread(rng, shape, info.minexp - info.nmant, info.maxexp)


def _around_0(shape, dtype, rng):
    return rng.choice([-1.0, 1.0], shape) * _spread(rng, shape, -60, 2)


def _exponents(shape, dtype, rng):
    """Everything of which exp is a number, subnormals included."""
    info = _float(dtype)
    return rng.uniform((info.minexp - info.nmant - 2) * np.log(2), (info.maxexp + 0.5) * np.log(2), shape)


def _around_1(shape, dtype, rng):
    return 1 + rng.choice([-0.5, 1.0], shape) * _spread(rng, shape, -20, 0)


def _unit(shape, dtype, rng):
    return rng.uniform(0, 1, shape)


def _small_parts(shape, dtype, rng):
    return -1 + _spread(rng, shape, -20, 1)


def _around_half(shape, dtype, rng):
    return 0.5 + rng.choice([-1, 1], shape) * _spread(rng, shape, -30, -2)


def _plain(shape, dtype, rng):
    return rng.standard_normal(shape) * 10


def _pair(first, second):
    return lambda shape, dtype, rng: (first(shape, dtype, rng), second(shape, dtype, rng))


def _near_pair(shape, dtype, rng):
    """x and y of every size, near each other or not."""
    x = _POSITIVE(shape, dtype, rng)
    if dtype.kind in "biu":
        return x, _integers(shape, dtype, rng)
    ratio = np.where(rng.random(shape) < 0.7, _around_1(shape, dtype, rng), _spread(rng, shape, -40, 40))
    with np.errstate(over="ignore", under="ignore"):
        return x, (x * ratio.astype(dtype)).astype(dtype)


_REAL = _mixed(_plain, _around_0, _exponents)
_POSITIVE = _mixed(_tiny_to_huge, _around_1, _unit)
_ABOVE_MINUS_1 = _mixed(_around_0, _tiny_to_huge, _small_parts)
_PROBABILITY = _mixed(_unit, _around_half, lambda s, d, r: _spread(r, s, _float(d).minexp, -1))


def _gelu_extra(x):
    """ndtr takes x sqrt(1/2), two roundings, and squares it, one more: each counts x^2 or x^2 / 2 of eps / 2 in the
    exponential, SciPy's rational functions a few eps. Where ndtr is below 2^-1022 SciPy gives 0."""
    return np.where(x < -37.5, np.inf, 1.25 * np.minimum(x * x, 1500) + 4)


def _gelu_tanh_extra(x):
    """Seven roundings on the way to the argument of the exponential, constants included: each |argument| eps / 2."""
    return 3.5 * np.abs(exact.gelu_tanh_argument(x))


MAPS = {record.name + "".join(map(str, dict(record.kwargs).values())): record for record in (
    Map("exp", np.exp, _REAL, 1, fs.unary("exp")),
    Map("expm1", np.expm1, _REAL, 1, fs.unary("expm1")),
    Map("log", np.log, _POSITIVE, 1, fs.unary("log")),
    Map("log1p", np.log1p, _ABOVE_MINUS_1, 1, fs.unary("log1p")),
    Map("tanh", np.tanh, _REAL, 1, fs.unary("tanh")),
    Map("expit", exact.expit, _REAL, 1, fs.unary("expit")),
    Map("logit", exact.logit, _PROBABILITY, 3, fs.unary("logit")),
    Map("log_expit", exact.log_expit, _REAL, 2, fs.unary("log_expit")),
    Map("softplus", exact.softplus, _REAL, 2, fs.unary("softplus")),
    Map("relu", exact.relu, _REAL, 0, fs.without_peer("relu"), peer=False),
    Map("silu", exact.silu, _REAL, 2, fs.without_peer("silu"), peer=False),
    Map("gelu", exact.gelu, _REAL, 2, fs.gelu(), extra=_gelu_extra, peer=False),
    Map("gelu", exact.gelu_tanh, _REAL, 2, (), extra=_gelu_tanh_extra, kwargs=(("approximate", "tanh"),), peer=False),
    Map("entr", exact.entr, _POSITIVE, 2, fs.unary("entr")),
    Map("xlogy", exact.xlogy, _pair(_REAL, _POSITIVE), 2, fs.binary("xlogy")),
    Map("xlog1py", exact.xlog1py, _pair(_REAL, _ABOVE_MINUS_1), 2, fs.binary("xlog1py")),
    Map("rel_entr", exact.rel_entr, _near_pair, 4, fs.binary("rel_entr")),
    Map("kl_div", exact.kl_div, _near_pair, 4, fs.binary("kl_div"), scale=exact.kl_scale),
)}


# ------------------------------------------------------------------ special: rows

@dataclass(frozen=True)
class Rows:
    """softmax, log_softmax or logsumexp, along the last axis."""

    name: str
    reference: Callable
    faults: tuple

    room = special

    @property
    def function(self):
        return getattr(special, self.name)


EXP_EPS = 1.5       # of the exponentials in a sum, which end in two additions: one of them to a number from 0.7 to 1.4


def sum_eps(n, dtype):
    """Roundings of a sum of positive terms, over 2: those of a lane, of the folds, of the blocks (softmax.h)."""
    lanes = 64 // np.dtype(dtype).itemsize
    return (-(-min(n, 4096) // lanes) + lanes.bit_length() - 1 + n // 4096 + 1) / 2


def rows_tolerance(record, x, dtype):
    """Absolute, of longdouble rows x. x - m is rounded, |x - m| eps / 2 in the exponential, weighted in the sum."""
    eps = float(np.finfo(dtype).eps)
    m, count, rest = exact.parts(x)
    d = np.abs(x - m)
    e = np.exp(-d)
    own = d / 2 + EXP_EPS
    of_terms = np.where(d == 0, 0, e * own).sum(axis=-1, keepdims=True) / (count + rest)
    of_sum = of_terms + rest / (count + rest) * (sum_eps(x.shape[-1], dtype) + 1)   # + 1: the rest as a float, added
    if record.name == "softmax":        # there the largest terms are in the sum; the quotient and the product: 2 / 2
        value = e / (count + rest)
        relative = own + of_sum + EXP_EPS + sum_eps(x.shape[-1], dtype) + 1
    else:
        log = np.abs(exact.log_sum(x))
        value, relative = np.longdouble(1), of_sum + log         # 1 ULP of the logarithm
        last = np.abs(record.reference(x))
        relative = relative + (d / 2 + last / 2 if record.name == "log_softmax" else 0)
        if record.name == "logsumexp":
            relative = relative[..., 0] + last / 2
    reference = 16 * float(np.finfo(np.longdouble).eps)
    # an exponential below half the smallest subnormal counts as half of it in the sum, the result is rounded to one
    tiny = (1 + x.shape[-1] / 2 * (record.name != "softmax")) * float(np.finfo(dtype).smallest_subnormal)
    return relative * (eps + reference) * value + tiny


def check_rows(record, x, got, what=""):
    """A result of finite rows x, of a kernel's type."""
    got = np.asarray(got)
    assert got.dtype == x.dtype, f"{record.name} {what}: {got.dtype}"
    long = x.astype(np.longdouble)
    with np.errstate(under="ignore"):
        expected, allowed = record.reference(long), rows_tolerance(record, long, x.dtype)
    assert got.shape == expected.shape, f"{record.name} {what}: shape {got.shape}"
    ratio = np.abs(got - expected) / allowed
    assert not np.isnan(ratio).any(), f"{record.name} {what}: NaN"
    assert ratio.max(initial=0) <= 1, f"{record.name} {what}: error is {ratio.max():.3g} times the tolerance"


ROWS = {record.name: record for record in (
    Rows("softmax", exact.softmax, fs.rows("softmax")),
    Rows("log_softmax", exact.log_softmax, fs.rows("log_softmax")),
    Rows("logsumexp", exact.logsumexp, fs.logsumexp()),
)}

OF_SCIPY = ("erf", "erfc", "gammaln", "log_ndtr", "ndtr")         # SciPy's own objects

SPECIAL = {**{name: record for name, record in MAPS.items() if record.name == name}, **ROWS}

NAMES = (
    *(Name(special, record.name, record.faults) for record in SPECIAL.values()),
    *(Name(special, name, is_function=False) for name in OF_SCIPY),
    *(Name(*row) for row in (*AUTODIFF, *LOSSES_AND_NN, *CHOLESKY, *LOWRANK, *QR, *SPACES, *SYSTEMS, *EIGEN, *FITS,
                             *ITERATIVE, *MODELS, *OPTIMIZE, *PENALTIES, *BAYES, *DESCRIPTIVE, *INFORMATION, *METRICS,
                             *PROBABILITY, *STATS, *NEIGHBORS, *DISTANCE, *NORMS,
                             *SIMILARITY)),
    Name(special, "sigmoid"),           # expit by another name, whose errors it gives
    Name(mathcore, "__version__", is_function=False),
    Name(mathcore, "datasets", is_function=False),
    Name(mathcore, "linalg", is_function=False),
    Name(mathcore, "plot", is_function=False),
    Name(mathcore, "special", is_function=False),
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
    Name(plot, "residual_curve"),
    Name(plot, "image_grid", f.IMAGE_GRID),
    Name(plot, "labelled_points", f.LABELLED_POINTS),
    Name(plot, "taylor_curves", f.TAYLOR_CURVES),
)
