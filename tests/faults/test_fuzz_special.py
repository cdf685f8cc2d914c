"""The fuzzer over mathcore.special: random shapes, types, layouts and values; one call in seven has a fault.

The promises are those of test_fuzz.py, and so are MATHCORE_FUZZ_CALLS and MATHCORE_FUZZ_SEED.
"""

from dataclasses import replace

import numpy as np
import pytest

from mathcore._kernels import runtime
from tests import layouts
from tests.fault_rows import Sparse
from tests.faults.test_fuzz import CALLS, ERRORS, PARTS, SEED, draw_layout, draw_out, pick, with_extremes
from tests.ops import MAPS, ROWS, check_map, check_rows
from tests.oracles import assert_same_specials, canonical
from tests.tuning import using_isa

LENGTHS = (0, 1, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 66, 100)
LONG = (257, 1100, 4097, 20_000)
DTYPES = (*("float64", "float32") * 4, "float16", "int8", "int32", "uint64", "bool", "complex128", "longdouble")
RECORDS = (*MAPS.values(), *(record for record in ROWS.values() for _ in range(4)))


def draw_shape(rng):
    shape = [int(pick(rng, LENGTHS)) for _ in range(int(rng.integers(4)))]
    while np.prod(shape) > 20_000:
        shape.pop()
    if shape and rng.random() < 0.05:
        shape = [int(pick(rng, LONG)), int(rng.integers(1, 4))]
    return tuple(shape)


def draw_map(rng, record, dtype):
    """Operands whose shapes broadcast, some elements special."""
    shape = draw_shape(rng)
    args = list(record.args(shape, dtype, rng))
    if len(args) == 2 and shape and rng.random() < 0.5:
        which = int(rng.integers(2))
        cut = int(rng.integers(len(shape) + 1))
        kept = args[which][(0,) * cut] if all(shape[:cut]) else args[which]
        args[which] = kept[..., :1] if rng.random() < 0.3 and kept.ndim and kept.shape[-1] else kept
    if rng.random() < 0.3:
        args = [with_extremes(rng, np.asarray(x)) for x in args]
    return [np.asarray(x) for x in args], dict(record.kwargs)


def draw_rows(rng, record, dtype):
    shape = draw_shape(rng)
    x = layouts.values(rng, shape, dtype)
    if x.dtype.kind == "f":
        x = x * x.dtype.type(pick(rng, (0.01, 1, 30)))
    elif x.dtype.kind in "iu":
        x = x % 50
    kwargs = {}
    if rng.random() < 0.9:
        axes = tuple(int(d) for d in rng.permutation(len(shape))[:int(rng.integers(len(shape) + 1))])
        kwargs["axis"] = axes[0] if len(axes) == 1 and rng.random() < 0.9 else axes
    if rng.random() < 0.2:
        x = with_extremes(rng, np.asarray(x))
    return [np.asarray(x)], kwargs


def corrupt(rng, args, kwargs):
    """One argument made unfit, or made strange; the call may still be right."""
    args = list(args)
    i = int(rng.integers(len(args)))
    args[i] = pick(rng, [
        lambda x: x.astype(object), lambda x: x.astype("U3"), lambda x: Sparse(), lambda x: None, lambda x: "text",
        lambda x: np.ma.masked_array(x, np.ones(x.shape, bool)), lambda x: x.tolist(), lambda x: x.astype("c16"),
        lambda x: np.zeros(x.shape, "M8[s]"), lambda x: x[None], lambda x: [[1.0, 2.0], [3.0]],
        lambda x: np.ones((2, 9)), lambda x: x,
    ])(args[i])
    if rng.random() < 0.6:
        kwargs = kwargs | pick(rng, [
            {"out": [1.0]}, {"out": np.zeros(3)}, {"workers": 0}, {"workers": "many"}, {"axis": 99}, {"axis": (0, 0)},
            {"axis": 1.5}, {"approximate": "nonsense"}, {"nonsense": 1}, {"out": np.zeros((), "M8[s]")},
        ])
    return args, kwargs


def draw_call(rng, record):
    dtype = pick(rng, DTYPES)
    args, kwargs = (draw_rows if record.name in ROWS else draw_map)(rng, record, dtype)
    args = [draw_layout(rng, x) if x.ndim else x for x in args]
    if rng.random() < 0.3:
        kwargs["workers"] = int(pick(rng, (1, 2, 3, -1)))
    foreign = dtype in ("complex128", "longdouble")
    faulty = rng.random() < 0.15
    if faulty:
        args, kwargs = corrupt(rng, args, kwargs)
    elif not foreign and rng.random() < 0.3:
        kwargs["out"] = draw_out(rng, np.asarray(record.function(*args, **kwargs)))
    shapes = [(x.shape, x.strides) if isinstance(x, np.ndarray) else type(x).__name__ for x in args]
    options = {key: np.shape(value) if isinstance(value, np.ndarray) else value for key, value in kwargs.items()}
    return args, kwargs, faulty or foreign, f"{record.name} {dtype} {shapes} {options}"


def check_special_rows(record, x, axis, got, what):
    """Against the reference where every row is finite, else the places of NaN and inf against float64's own bits."""
    axes = tuple(range(x.ndim)) if axis is None else tuple(np.atleast_1d(axis).astype(int))
    rest = [d for d in range(x.ndim) if d not in axes]
    flat = x.transpose(*rest, *axes).reshape(*(x.shape[d] for d in rest), int(np.prod([x.shape[d] for d in axes])))
    if record.name != "logsumexp":
        got = got.transpose(*rest, *axes).reshape(flat.shape)
    if flat.size == 0:
        assert record.name != "logsumexp" or np.isneginf(got).all()
        return
    flat = np.ascontiguousarray(flat.astype(got.dtype))
    finite = np.isfinite(flat).all(axis=-1)
    if got.dtype != np.float16:
        # differences of rows that hold 1e300 overflow, in the reference's types not
        plain = finite & (np.abs(flat) < 1e30).all(axis=-1)
        check_rows(record, flat[plain], got[plain], what)
    np.testing.assert_array_equal(np.isnan(got).any(axis=-1) if record.name != "logsumexp" else np.isnan(got),
                                  np.isnan(record.function(flat, axis=-1)).any(axis=-1)
                                  if record.name != "logsumexp" else np.isnan(record.function(flat, axis=-1)))
    assert_same_specials(got, record.function(flat, axis=-1), what)


def check_result(record, args, kwargs, result, what):
    if record.name in ROWS:
        x = args[0]
        expected = np.dtype("f8") if x.dtype.kind in "biu" else x.dtype.newbyteorder("=")
        got = np.asarray(result)
        assert got.dtype.newbyteorder("=") == expected, what
        check_special_rows(record, x, kwargs.get("axis"), got.astype(expected), what)
    else:
        got = np.asarray(result)
        check_map(record, [np.asarray(x).astype(np.asarray(x).dtype.newbyteorder("=")) for x in args],
                  got.astype(got.dtype.newbyteorder("=")), what)


def dtype_of(x):
    try:
        return np.asarray(x).dtype.newbyteorder("=")
    except ValueError:                   # ragged
        return np.dtype("f8")


def is_ours(record, args, kwargs):
    """Whether mathcore itself must refuse the call by name; unknown keywords are Python's or the peer's, complex data
    and longdouble others', and objects are but where rows are asked for."""
    if record.name in ROWS:
        others = {"nonsense", "approximate"}
        kinds = "c"
    else:
        others = {"nonsense", "axis"} | ({"approximate"} if record.name != "gelu" else set())
        kinds = "cO"
    found = [dtype_of(x) for x in args]
    return not others & set(kwargs) and not any(d.kind in kinds or d == np.longdouble for d in found)


def call(seed, records=RECORDS):
    """One call of the fuzzer; what became of it, for the count at the end."""
    rng = np.random.default_rng(seed)
    record = pick(rng, records)
    with np.errstate(all="ignore"):
        args, kwargs, faulty, what = draw_call(rng, record)
    what = f"seed {seed}: {what}"
    watched = [(x, canonical(x)) for x in args if isinstance(x, np.ndarray) and x.dtype.kind in "biufc"]
    out = kwargs.get("out")
    out_before = canonical(out) if isinstance(out, np.ndarray) else None
    try:
        with np.errstate(all="ignore"):
            result, error = record.function(*args, **kwargs), None
    except (*ERRORS, IndexError) as caught:         # IndexError: SciPy's, for no element over several axes
        result, error = None, caught
    for x, before in watched:
        same = canonical(x) == before
        assert same, f"{what}: an input was written"
    if error is not None:
        assert faulty, f"{what}: {error!r}"
        named = str(error).startswith((f"{record.name}: ", f"{record.name}() got an unexpected"))
        assert named or not is_ours(record, args, kwargs), f"{what}: {error!r}"
        same = out_before is None or canonical(out) == out_before
        assert same, f"{what}: out was written"
        return "error"
    if faulty:
        return "strange"
    if out is not None:
        assert result is out, what
    check_result(record, args, kwargs, result, what)
    return "checked"


@pytest.mark.parametrize("part", range(PARTS))
def test_fuzz(part):
    tally = {"error": 0, "strange": 0, "checked": 0}
    isas = runtime.available_isas()
    for seed in range(SEED + part, SEED + CALLS, PARTS):
        with using_isa(isas[seed // PARTS % len(isas)]):
            tally[call(seed)] += 1
    total = sum(tally.values())
    if total >= 100:
        assert tally["checked"] > 0.6 * total
        assert tally["error"] > 0.03 * total


def test_the_fuzzer_sees_a_wrong_function():
    """Results half as large again, inputs written to, errors of another class: most calls bring each to light."""
    class Wrong:
        def __init__(self, record, function):
            self.record, self.function = record, function

        def __getattr__(self, name):
            return getattr(self.record, name)

    def scaled(f):
        return lambda *args, **kwargs: f(*args, **kwargs) * 1.5

    def writing(f):
        def function(*args, **kwargs):
            result = np.copy(f(*args, **kwargs))
            for x in args:
                if isinstance(x, np.ndarray) and x.flags.writeable and x.size:
                    x[...] = 0
            return result

        return function

    def raising(f):
        def function(*args, **kwargs):
            raise ZeroDivisionError

        return function

    for record, wrong in ((r, w) for r in (MAPS["exp"], ROWS["log_softmax"]) for w in (scaled, writing, raising)):
        caught = 0
        for seed in range(60):
            try:
                call(seed, [Wrong(replace(record), wrong(record.function))])
            except (AssertionError, ZeroDivisionError):
                caught += 1
        assert caught > 20, (record.name, wrong.__name__)
