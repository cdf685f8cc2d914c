"""A structured fuzzer over the registry: random shapes, types, layouts and values; one call in seven has a fault.

Whatever comes in, the result is within the tolerance of the record, or the error is of a class that the contract
knows and names the function; inputs keep every byte, and `out` keeps its own on an error.

MATHCORE_FUZZ_CALLS sets the number of calls, MATHCORE_FUZZ_SEED the seed of the first; each call has a seed of its
own, which a failure prints.
"""

import os
from dataclasses import replace

import numpy as np
import pytest

from mathcore._kernels import runtime
from tests import layouts
from tests.fault_rows import Sparse
from tests.ops import OPS, Shape, arrays_of, check, map_arrays
from tests.oracles import canonical
from tests.tuning import KC, using_isa

CALLS = int(os.environ.get("MATHCORE_FUZZ_CALLS", "2000"))
SEED = int(os.environ.get("MATHCORE_FUZZ_SEED", "20240607"))
PARTS = 8                                # tests that share the calls, so that a failure does not end them all

SIZES = (0, 1, 2, 3, 5, 7, 8, 9, 16, 17, 24, 25, 31, 32, 33, 48, 49, 64, 65, 97)
LONG = (257, KC, KC + 1, 1100)
DTYPES = ("float64",) * 4 + ("float32",) * 4 + ("float16", "int8", "int32", "int64", "uint8", "uint16", "uint64",
                                                "bool", "complex128",
                                              "longdouble")
BATCHES = (((), ()),) * 6 + (((3,), (3,)), ((2,), ()), ((), (2,)), ((2, 1), (3,)), ((0,), (1,)), ((40,), (40,)))
ERRORS = (ValueError, TypeError, MemoryError)
EXTREMES = (0.0, -0.0, 1.0, np.nan, np.inf, -np.inf, 1e300, -1e300, 1e-300, 5e-324, 3e38, 1e-45, 65504.0, 1e-7)


def pick(rng, choices):
    return choices[int(rng.integers(len(choices)))]


def draw_shape(rng, op):
    m, k, n = (int(pick(rng, SIZES)) for _ in range(3))
    if rng.random() < 0.1:
        k = int(pick(rng, LONG))
    batches = pick(rng, BATCHES) if op.name in ("matmul", "matvec", "vecmat", "vecdot") and m * k * n < 20_000 else ((),
                                                                                                                     ())
    return Shape(m, k, n, *batches)


def with_extremes(rng, x):
    """Some elements of a float array made special."""
    if x.dtype.kind != "f" or x.dtype.itemsize > 8 or x.size == 0:
        return x
    x = x.copy()
    with np.errstate(over="ignore", under="ignore"):
        for _ in range(int(rng.integers(1, 4))):
            x.flat[int(rng.integers(x.size))] = np.float64(pick(rng, EXTREMES)).astype(x.dtype)
    return x


def draw_layout(rng, x):
    change = pick(rng, [*layouts.LAYOUTS.values(), layouts.broadcast_rows, layouts.broadcast_columns])
    return change(x) if x.size else layouts.LAYOUTS["C"](x)


def corrupt(rng, args, kwargs):
    """One argument made unfit, or made strange; the call may still be right."""
    count = len(arrays_of(args))
    which, places = int(rng.integers(count)), iter(range(count))
    change = pick(rng, [
        lambda x: x[..., :-1], lambda x: x[None], lambda x: x[0] if x.ndim and len(x) else x[..., None],
        lambda x: x.astype(object),
        lambda x: x.astype("U3"), lambda x: Sparse(), lambda x: None,
        lambda x: np.ma.masked_array(x, np.ones(x.shape, bool)),
        lambda x: x.swapaxes(0, -1) if x.ndim else x, lambda x: "text", lambda x: x.tolist(),
        lambda x: x.astype("M8[s]") if
        x.dtype.kind in "iu" else x.astype("c16"), lambda x: np.ones((1,) * 25 + (2,)),
        lambda x: x.ravel()[:1].reshape(()) if x.size else x,
    ])
    args = map_arrays(lambda x: change(x) if next(places) == which else x, args)
    if rng.random() < 0.4:
        kwargs = kwargs | pick(rng,
                               [{"out": [1.0]}, {"out": np.zeros(3)}, {"workers": 0}, {"workers": "many"}, {"axis": 99},
                                {"dtype": "M8[s]"},
                                     {"activation": "nonsense"}, {"nonsense": 1}])
    return args, kwargs


def draw_out(rng, expected):
    """An `out` that fits, of any layout."""
    out = np.full(expected.shape, 3, expected.dtype)
    layout = pick(rng, [v for k, v in layouts.LAYOUTS.items() if k not in ("read-only", "byte-swapped")])
    return layout(out) if out.ndim else out


def draw_call(rng, op):
    """Arguments of one call, whether one of them has a fault, and what to call it in a message."""
    shape, dtype = draw_shape(rng, op), pick(rng, DTYPES)
    args, kwargs = op.sample(shape, dtype, rng)
    if rng.random() < 0.3 and op.name != "multi_dot":       # inf times 0 may stand in one order and not in another
        args = map_arrays(lambda x: with_extremes(rng, x), args)
    args = map_arrays(lambda x: draw_layout(rng, x), args)
    refused = op.is_float and np.dtype(dtype) in (np.complex128, np.longdouble)
    if op.workers and rng.random() < 0.3:
        kwargs["workers"] = int(pick(rng, (1, 2, 3, -1)))
    faulty = rng.random() < 0.15
    # NumPy 2.4 writes wrong complex numbers into an `out` of vecmat that has strides, and computes them for us
    with_out = op.out and not refused and dtype != "complex128" and rng.random() < 0.3
    if faulty:
        args, kwargs = corrupt(rng, args, kwargs)
    elif with_out:
        with np.errstate(all="ignore"):
            kwargs["out"] = draw_out(rng, np.asarray(OPS[op.name].function(*args, **kwargs)))
    what = f"{op.name} {dtype} {shape} {sorted(kwargs)} {[(x.dtype, x.shape, x.strides) for x in arrays_of(args)]}"
    return shape, args, kwargs, faulty or refused, what


def is_ours(op, args, kwargs):
    """Whether mathcore itself must refuse the call by name; complex and object data and ufunc options are NumPy's."""
    if {"nonsense", "axis", "dtype", "activation"} & set(kwargs):
        return False
    operands = args[0] if isinstance(args[0], list) and op.name == "multi_dot" else args
    dtypes = [np.asarray(x).dtype for x in operands]
    return op.is_float or not any(d.kind in "cOb" or d == np.longdouble for d in dtypes)


def call(seed, ops=None):
    """One call of the fuzzer; what became of it, for the count at the end."""
    rng = np.random.default_rng(seed)
    op = pick(rng, ops or list(OPS.values()))
    shape, args, kwargs, faulty, what = draw_call(rng, op)
    what = f"seed {seed}: {what}"
    watched = [(x, canonical(x)) for x in arrays_of(args) if x.dtype.kind != "O"]
    out = kwargs.get("out")
    out_before = canonical(out) if isinstance(out, np.ndarray) else None
    try:
        with np.errstate(all="ignore"):
            result, error = op.function(*args, **kwargs), None
    except ERRORS as caught:
        result, error = None, caught
    for x, before in watched:
        same = canonical(x) == before    # outside of assert: pytest would print a difference of megabytes, for minutes
        assert same, f"{what}: an input was written"
    if error is not None:
        assert faulty, f"{what}: {error!r}"
        named = str(error).startswith((f"{op.name}: ", f"{op.name}() got an unexpected"))
        assert named or not is_ours(op, args, kwargs), f"{what}: {error!r}"
        same = out_before is None or canonical(out) == out_before
        assert same, f"{what}: out was written"
        return "error"
    if faulty:
        return "strange"
    if out is not None:
        assert result is out, what
    options = {key: value for key, value in kwargs.items() if key not in ("out", "workers")}
    check(op, shape, args, options, result, what)
    return "checked"


@pytest.mark.parametrize("part", range(PARTS))
def test_fuzz(part):
    tally = {"error": 0, "strange": 0, "checked": 0}
    isas = runtime.available_isas()
    for seed in range(SEED + part, SEED + CALLS, PARTS):
        with using_isa(isas[seed // PARTS % len(isas)]):
            tally[call(seed)] += 1
    total = sum(tally.values())
    # the generator itself is under test: most calls must be good ones, and faults must be seen as faults
    if total >= 100:
        assert tally["checked"] > 0.6 * total
        assert tally["error"] > 0.03 * total


def test_the_fuzzer_sees_a_wrong_function():
    """Results half as large again, inputs written to, errors of another class: most calls bring each to light."""
    op = OPS["matmul"]

    def scaled(*args, **kwargs):
        return op.function(*args, **kwargs) * 1.5

    def writing(*args, **kwargs):
        result = op.function(*args, **kwargs)
        for x in args:
            if isinstance(x, np.ndarray) and x.flags.writeable and x.size:
                x[...] = 0
        return result

    def raising(*args, **kwargs):
        raise ZeroDivisionError

    for wrong in (scaled, writing, raising):
        caught = 0
        for seed in range(60):
            try:
                call(seed, [replace(op, function=wrong)])
            except (AssertionError, ZeroDivisionError):
                caught += 1
        assert caught > 20, wrong.__name__
