"""mathcore.special, functions of each element: values, special values, types, layouts, `out=`, overlap, bits.

softmax, log_softmax and logsumexp are in test_special_rows.py.
"""

import itertools

import numpy as np
import pytest
import scipy.special

from mathcore import special
from mathcore._kernels import runtime
from tests import oracles_special as exact
from tests.layouts import FOREIGN, INTEGERS, LAYOUTS, broadcast_columns, broadcast_rows
from tests.ops import MAPS, check_map, map_error
from tests.oracles import assert_same_bits
from tests.tuning import using_isa

FLOATS = ("float32", "float64")
NAN, INF = np.nan, np.inf
SIZES = (*range(71), *(n + d for n in (256, 4096, 8192, 16384) for d in (-1, 0, 1)))
UNARY = [name for name, record in MAPS.items() if len(record.args((), "float64", np.random.default_rng(0))) == 1]
BINARY = [name for name in MAPS if name not in UNARY]
COMPILED = [name for name in MAPS if name != "gelu"]     # gelu is SciPy's ndtr, whose bits are SciPy's


def call(name, *args, **kwargs):
    record = MAPS[name]
    return record.function(*args, **dict(record.kwargs), **kwargs)


def peer_of(name):
    if name in ("exp", "expm1", "log", "log1p", "tanh"):
        return getattr(np, name)
    return getattr(scipy.special, name, None)


def sample(name, shape, dtype="float64", seed=0):
    return MAPS[name].args(shape, dtype, np.random.default_rng(seed))


@pytest.fixture(params=MAPS)
def name(request):
    return request.param


# ------------------------------------------------------------------ values

@pytest.mark.parametrize("dtype", ["float16", *FLOATS, *INTEGERS, "bool"])
def test_values(isa, name, dtype):
    for shape, seed in (((3000,), 0), ((7, 5), 1), ((), 2), ((2, 0, 3), 3)):
        args = sample(name, shape, dtype, seed)
        before = [x.copy() for x in args]
        check_map(MAPS[name], args, call(name, *args), f"{isa} {dtype} {shape}")
        for x, copy in zip(args, before, strict=True):
            assert_same_bits(x, copy, "an input")


def test_the_oracle_sees_a_wrong_value(name):
    """A result off by four ULP more than the tolerance, one NaN, one inf."""
    record, args = MAPS[name], tuple(x[(x > 1e-9) & (x < 0.9)][:20] for x in sample(name, 1000))
    got = call(name, *args)
    assert map_error(record, args, got) <= 1
    i = 7
    extra = 0 if record.extra is None else 2 * record.extra(args[0][i])
    unit = 1 if record.scale is None else record.scale(*args)[i] / abs(got[i])
    for wrong in (got[i] * (1 + unit * (4 + record.ulp + extra) * np.finfo(np.float64).eps), NAN, INF):
        bad = got.copy()
        bad[i] = wrong
        assert map_error(record, args, bad) > 1, f"{wrong} in place of {got[i]}"
    with pytest.raises(AssertionError):
        check_map(record, args, got.astype("float32"))
    with pytest.raises(AssertionError):
        check_map(record, args, got[:-1])


def test_references_against_scipy():
    """The two have nothing in common: for most numbers SciPy's float64 is a few ULP from the reference."""
    for name, record in MAPS.items():
        peer = peer_of(name)
        if peer is None:
            continue
        args = tuple(np.clip(x, -30, 30) for x in sample(name, 2000))
        long = [x.astype(np.longdouble) for x in args]
        with np.errstate(all="ignore"):
            scale = record.scale(*long) if record.scale else None
            error = exact.error_in_ulp(peer(*args), record.reference(*long), scale)
        # the logarithm of a quotient near 1 cancels in SciPy's rel_entr and kl_div
        assert np.percentile(error, 50) < 4, name


@pytest.mark.parametrize("dtype", FLOATS)
def test_small_parts_of_the_number_line(isa, dtype):
    """Every number of some stretches: subnormals, around 0, 1/2, 1, and where exp, expit and silu leave the range."""
    at = {"float32": (-104.7, -103.98, -100, -88.1, -87.4, 88.72, 89.1), "float64": (-746.5, -745.2, -708.4, 709.78)}
    dtype = np.dtype(dtype)
    bits = np.dtype(f"i{dtype.itemsize}")
    points = [0.0, np.finfo(dtype).tiny, 0.25, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, np.finfo(dtype).max, *at[dtype.name]]
    x = np.concatenate([np.maximum(np.array(abs(p), dtype).view(bits) + np.arange(-60, 60), 0).astype(bits).view(dtype)
                        for p in points])
    x = np.concatenate([x, -x])
    for name in UNARY:
        check_map(MAPS[name], (x,), call(name, x), f"{isa} {dtype}")
    for name in BINARY:
        check_map(MAPS[name], (x, x[::-1].copy()), call(name, x, x[::-1].copy()), f"{isa} {dtype}")


# ------------------------------------------------------------------ special values

# C99, annex F, for exp to tanh; the limits of the formula for the others. 0.0 and -0.0 are told apart.
LIMITS = {
    "exp": [(-INF, 0.0), (INF, INF), (0.0, 1.0), (-0.0, 1.0), (1e30, INF), (-1e30, 0.0)],
    "expm1": [(0.0, 0.0), (-0.0, -0.0), (-INF, -1.0), (INF, INF), (-1e30, -1.0)],
    "log": [(0.0, -INF), (-0.0, -INF), (1.0, 0.0), (-1.0, NAN), (-1e-30, NAN), (-INF, NAN), (INF, INF)],
    "log1p": [(0.0, 0.0), (-0.0, -0.0), (-1.0, -INF), (-1.5, NAN), (-INF, NAN), (INF, INF)],
    "tanh": [(0.0, 0.0), (-0.0, -0.0), (INF, 1.0), (-INF, -1.0), (1e30, 1.0), (-1e30, -1.0)],
    "expit": [(0.0, 0.5), (-0.0, 0.5), (INF, 1.0), (-INF, 0.0), (1e30, 1.0), (-1e30, 0.0)],
    "logit": [(0.0, -INF), (-0.0, -INF), (1.0, INF), (0.5, 0.0), (-1e-30, NAN), (1.5, NAN), (INF, NAN), (-INF, NAN),
              (-1e30, NAN), (1e30, NAN)],
    "log_expit": [(INF, -0.0), (-INF, -INF), (-1e30, -1e30), (1e30, -0.0)],
    "softplus": [(INF, INF), (-INF, 0.0), (1e30, 1e30), (-1e30, 0.0)],
    "relu": [(INF, INF), (-INF, 0.0), (-1.0, 0.0), (0.0, 0.0)],
    "silu": [(0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, -0.0), (-1e30, -0.0), (1e30, 1e30)],
    "gelu": [(0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, -0.0), (-1e30, -0.0), (1e30, 1e30)],
    "gelutanh": [(0.0, 0.0), (-0.0, -0.0), (INF, INF), (-INF, -0.0), (-1e30, -0.0), (1e30, 1e30)],
    "entr": [(0.0, 0.0), (INF, -INF), (-INF, -INF), (-1.0, -INF), (-1e-30, -INF)],
    "xlogy": [((0.0, 0.0), 0.0), ((0.0, INF), 0.0), ((-0.0, 0.0), 0.0), ((0.0, NAN), NAN), ((NAN, 0.0), NAN),
              ((1.0, 0.0), -INF), ((-1.0, 0.0), INF), ((1.0, -1.0), NAN), ((INF, 2.0), INF), ((INF, 0.5), -INF),
              ((INF, 1.0), NAN), ((0.0, -1.0), 0.0)],
    "xlog1py": [((0.0, -1.0), 0.0), ((0.0, INF), 0.0), ((0.0, NAN), NAN), ((NAN, 0.0), NAN), ((1.0, -1.0), -INF),
                ((1.0, -2.0), NAN), ((INF, 1.0), INF), ((INF, 0.0), NAN), ((0.0, -5.0), 0.0)],
    "rel_entr": [((0.0, 0.0), 0.0), ((0.0, 1.0), 0.0), ((0.0, INF), 0.0), ((1.0, 0.0), INF), ((-1.0, 1.0), INF),
                 ((1.0, -1.0), INF), ((0.0, -1.0), INF), ((NAN, 1.0), NAN), ((1.0, NAN), NAN), ((0.0, NAN), NAN),
                 ((NAN, 0.0), NAN), ((1.0, INF), -INF), ((INF, 1.0), INF), ((1.0, 1.0), 0.0)],
    "kl_div": [((0.0, 0.0), 0.0), ((0.0, 2.0), 2.0), ((0.0, INF), INF), ((1.0, 0.0), INF), ((-1.0, 1.0), INF),
               ((1.0, -1.0), INF), ((0.0, -1.0), INF), ((NAN, 1.0), NAN), ((1.0, NAN), NAN), ((0.0, NAN), NAN),
               ((INF, 1.0), INF), ((1.0, 1.0), 0.0)],
}


def limit_points(name, dtype):
    points = (x if isinstance(x, tuple) else (x,) for x, _ in LIMITS[name])
    return [np.array(x, dtype) for x in zip(*points, strict=True)]


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("padding", [0, 3, 40])
def test_limits(isa, name, dtype, padding):
    """Alone, in a tail, beside ordinary numbers, whose branch may be another. The comparison tells zeros apart."""
    ordinary = sample(name, padding, dtype)
    table = LIMITS[name]
    points = limit_points(name, dtype)
    expected = np.array([y for _, y in table], dtype)
    for before, after in ((ordinary, [x[:0] for x in points]), ([x[:0] for x in points], ordinary)):
        args = [np.concatenate(parts) for parts in zip(before, points, after, strict=True)]
        start = len(before[0])
        assert_same_bits(call(name, *args)[start:start + len(table)], expected, f"{isa} {name} {table}")


@pytest.mark.parametrize("dtype", FLOATS)
def test_limits_are_those_of_the_peer(name, dtype):
    """Where SciPy and NumPy have the function. kl_div(inf, 1) is inf here, as rel_entr, where SciPy's sum is NaN."""
    peer = peer_of(name)
    if peer is None:
        assert not MAPS[name].peer
        return
    with np.errstate(all="ignore"):
        for x, y in LIMITS[name]:
            x = x if isinstance(x, tuple) else (x,)
            if name == "kl_div" and x == (INF, 1.0):
                continue
            np.testing.assert_array_equal(peer(*np.array(x, dtype)), np.array(y, dtype), err_msg=f"{name}{x}")


@pytest.mark.parametrize("dtype", FLOATS)
def test_nan_at_every_place(isa, name, dtype):
    """NaN comes out where it goes in and nowhere else; the others keep their bits."""
    args = sample(name, 37, dtype)
    clean = call(name, *args)
    for i, k in itertools.product(range(37), range(len(args))):
        x = args[k].copy()
        x[i] = NAN
        got = call(name, *args[:k], x, *args[k + 1:])
        assert np.isnan(got[i])
        assert_same_bits(np.delete(got, i), np.delete(clean, i), f"{i}")


def test_subnormal_results(isa):
    """Rounded once, not flushed, not off by the factor that comes after."""
    x = np.array([-103, -100, -95, -90, -88], "float32")
    for name in ("exp", "expit", "softplus", "silu"):
        got = call(name, x)
        assert (got != 0).all()
        check_map(MAPS[name], (x,), got, isa)
    assert special.expit(np.float32(-100)) == np.float32(3.78e-44)
    assert special.exp(np.float32(-103)) == np.float32(1.4e-45)
    tiny = np.array([5e-324, 1e-310, 3e-309])
    for name in ("expm1", "log1p", "tanh", "relu"):
        assert_same_bits(call(name, tiny), tiny, name)


def test_no_warnings_are_given(isa):
    """Whatever NumPy is told to do about them: the tests turn them into errors, errstate here too."""
    x = np.array([NAN, INF, -INF, 0, -1, 1e300, 1e-310, 710, -746])
    with np.errstate(all="raise"):
        for name in MAPS:
            for dtype in ("float64", "float32", "float16"):
                with np.errstate(all="ignore"):
                    y = x.astype(dtype)
                call(name, *(y,) * (1 if name in UNARY else 2))
        special.exp(np.array([710.0, 100.0]), out=np.empty(2, "float16"))


# ------------------------------------------------------------------ types, scalars

@pytest.mark.parametrize("dtype", FOREIGN[1:])
def test_other_types_are_the_peers(name, dtype):
    peer = peer_of(name)
    args = [x.astype(dtype) for x in sample(name, 9, "float32")]
    if peer is None:
        with pytest.raises(TypeError, match=f"^{MAPS[name].name}: x has dtype {np.dtype(dtype)}"):
            call(name, *args)
        return
    with np.errstate(all="ignore"):
        try:
            expected = peer(*args)
        except TypeError:                # no loop for the type
            with pytest.raises(TypeError, match="not supported for the input types"):
                call(name, *args)
            return
        assert_same_bits(call(name, *args), expected)


def test_keywords_of_ufuncs_are_the_peers():
    x = np.array([0.25, 0.5, 0.75])
    out = np.full(3, 9.0)
    assert special.exp(x, out, where=[True, False, True]) is out
    assert_same_bits(out, np.exp(x, np.full(3, 9.0), where=[True, False, True]))
    assert_same_bits(special.exp(x, dtype="float32"), np.exp(x, dtype="float32"))
    narrow = {"casting": "unsafe", "dtype": "f4"}
    assert_same_bits(special.xlogy(x, x, **narrow), scipy.special.xlogy(x, x, **narrow))
    assert_same_bits(special.expit(x[None], order="F"), scipy.special.expit(x[None]))
    with pytest.raises(TypeError, match="unexpected keyword argument 'nonsense'"):
        special.exp(x, nonsense=1)
    with pytest.raises(ValueError, match="^exp: workers"):
        special.exp(x, dtype="float32", workers=0)


class Subclass(np.ndarray):
    pass


def test_subclasses():
    """The peer keeps them where there is one; the others give plain arrays. Masks without a masked element pass."""
    x = np.array([0.25, 0.5])
    for name in MAPS:
        args = [x.view(Subclass)] * (1 if name in UNARY else 2)
        plain = call(name, *([x] * len(args)))
        got = call(name, *args)
        assert type(got) is (Subclass if MAPS[name].peer else np.ndarray), name
        np.testing.assert_allclose(got, plain, rtol=1e-14)
        assert_same_bits(call(name, *[np.ma.masked_array(a) for a in [x] * len(args)]), plain)
        out = np.zeros(2).view(Subclass)
        assert call(name, *[x] * len(args), out=out) is out
        np.testing.assert_allclose(out, plain, rtol=1e-14)


class Traced:
    """Brings arithmetic of its own."""

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        return f"{ufunc.__name__} of a traced number"


def test_what_overrides_ufuncs_is_asked():
    assert special.exp(Traced()) == "exp of a traced number"
    assert special.xlogy(np.ones(2), Traced()) == "xlogy of a traced number"


def test_scalars(name):
    """Python's numbers alone are float64; a NumPy scalar has its type; 0-d arrays come back as scalars."""
    n = 1 if name in UNARY else 2
    for x, dtype in ((0.5, "f8"), (1, "f8"), (True, "f8"), (np.float32(0.5), "f4"), (np.float16(0.5), "f2"),
                     (np.int8(1), "f8"), (np.array(0.5, "f4"), "f4"), (np.array(1), "f8")):
        got = call(name, *[x] * n)
        assert isinstance(got, np.floating), (x, type(got))
        assert got.dtype == np.dtype(dtype), x
        assert_same_bits(got, call(name, *[np.array([x])] * n)[0])


def test_pythons_numbers_are_weak():
    for name, dtype, number in itertools.product(BINARY, ("float16", "float32", "float64", "int32"), (True, 2, 0.5)):
        x = np.array([1, 2], dtype)
        expected = np.result_type(x, number)
        expected = expected if expected.kind == "f" else np.dtype("f8")
        for args in ((x, number), (number, x)):
            got = call(name, *args)
            assert got.dtype == expected, (name, dtype, number)
            assert_same_bits(got, call(name, *(np.asarray(a, expected) for a in args)))


def test_two_types_are_promoted():
    pairs = itertools.combinations(("f2", "f4", "f8", "i1", "i8", "u4"), 2)
    for name, (one, other) in itertools.product(BINARY, list(pairs)):
        x, y = np.array([0.5, 1, 2]).astype(one), np.array([1, 1, 3]).astype(other)
        check_map(MAPS[name], (x, y), call(name, x, y), f"{one} {other}")


def test_lists_and_empty_arrays(name):
    n = 1 if name in UNARY else 2
    assert_same_bits(call(name, *[[[0.25, 0.5]]] * n), call(name, *[np.array([[0.25, 0.5]])] * n))
    for shape, dtype in itertools.product([(0,), (3, 0), (0, 2, 0)], ["f2", "f4", "f8", "i4"]):
        got = call(name, *[np.ones(shape, dtype)] * n)
        assert got.shape == shape
        assert got.dtype == ("f8" if dtype == "i4" else dtype)
    assert call(name, *[[]] * n).shape == (0,)


# ------------------------------------------------------------------ sizes, layouts, out

@pytest.mark.parametrize("dtype", FLOATS)
def test_sizes(isa, name, dtype):
    """Lanes do not know each other: any beginning of an array gives the beginning of the result, strided too."""
    args = sample(name, max(SIZES), dtype)
    whole = call(name, *args, workers=1)
    for n in SIZES:
        assert_same_bits(call(name, *(x[:n] for x in args)), whole[:n], f"{n}")
    wide = [np.repeat(x, 2) for x in args]
    for n in SIZES:
        assert_same_bits(call(name, *(x[:2 * n:2] for x in wide)), whole[:n], f"{n}, every other")


@pytest.mark.parametrize("dtype", ["float16", *FLOATS, "int16"])
def test_layouts(isa, name, dtype):
    for shape in ((3, 4, 5), (300, 3), (2, 600), (7,)):
        args = sample(name, shape, dtype)
        expected = call(name, *args)
        out_dtype = expected.dtype
        for layout, change in LAYOUTS.items():
            got = call(name, *(change(x) for x in args))
            assert_same_bits(got, expected, f"{layout} {shape}")
            if len(args) > 1:
                assert_same_bits(call(name, change(args[0]), args[1]), expected, f"x {layout} {shape}")
            if layout != "read-only":
                out = change(np.full(shape, 7, out_dtype))
                assert call(name, *args, out=out) is out
                assert_same_bits(out.astype(out_dtype), expected, f"out {layout} {shape}")
                assert call(name, *(change(x) for x in args), out=out) is out
                assert_same_bits(out.astype(out_dtype), expected, f"both {layout} {shape}")
        for change in (broadcast_rows, broadcast_columns):
            wide = [change(x) for x in args]
            assert_same_bits(call(name, *wide), call(name, *(x.copy() for x in wide)), change.__name__)


@pytest.mark.parametrize("name", BINARY)
@pytest.mark.parametrize("dtype", FLOATS)
def test_broadcasting(isa, name, dtype):
    rng = np.random.default_rng(4)
    for shape1, shape2 in [((3, 4), (4,)), ((4,), (3, 4)), ((3, 1), (1, 4)), ((2, 1, 5), (3, 1)), ((), (6,)),
                           ((6,), ()), ((1,), (300,)), ((70, 1), (1, 300)), ((0, 3), (1, 3)), ((5, 1, 2), (3, 2))]:
        x, y = MAPS[name].args(shape1, dtype, rng)[0], MAPS[name].args(shape2, dtype, rng)[1]
        wide = np.broadcast_arrays(x, y)
        expected = call(name, *(a.copy() for a in wide))
        assert_same_bits(call(name, x, y), expected, f"{shape1} {shape2}")
        assert_same_bits(call(name, np.asarray(x, order="F"), y), expected, f"{shape1} {shape2} F")
        out = np.empty(expected.shape, dtype)
        assert call(name, x, y, out) is out
        assert_same_bits(out, expected, f"{shape1} {shape2} out")


@pytest.mark.parametrize("dtype", FLOATS)
def test_overlap(isa, name, dtype):
    """out in the place of an operand, shifted, reversed, transposed, interleaved: as if the operands were copied."""
    n = 1200
    places = {
        "same": (slice(0, n), slice(0, n)), "shifted": (slice(0, n), slice(1, n + 1)),
        "back": (slice(1, n + 1), slice(0, n)),
        "reversed": (slice(0, n), slice(n - 1, None, -1)), "both reversed": (slice(n, 0, -1), slice(n, 0, -1)),
        "spread": (slice(0, n), slice(0, 2 * n, 2)), "gathered": (slice(0, 2 * n, 2), slice(0, n)),
        "interleaved": (slice(0, 2 * n, 2), slice(1, 2 * n, 2)), "same strided": (slice(0, 2 * n, 2),) * 2,
    }
    data = sample(name, 2 * n + 1, dtype)
    for (what, (source, target)), k in itertools.product(places.items(), range(len(data))):
        buffer = data[k].copy()
        others = [x[source].copy() for x in data]
        expected = call(name, *others)
        out = buffer[target]
        assert call(name, *others[:k], buffer[source], *others[k + 1:], out=out) is out
        assert_same_bits(out, expected, what)
        rest = np.ones(len(buffer), bool)
        rest[target] = False
        assert_same_bits(buffer[rest], data[k][rest], f"{what}: beside out")
    if len(data) > 1:
        x = data[0].copy()
        expected = call(name, data[0], data[0])
        assert_same_bits(call(name, x, x, out=x), expected, "all three")
    square = [x[: 30 * 30].reshape(30, 30) for x in data]
    expected = call(name, *square)
    x = square[0].copy()
    call(name, x, *square[1:], out=x.T)
    assert_same_bits(x.T, expected, "transposed")


@pytest.mark.parametrize("name", BINARY)
def test_out_in_the_place_of_a_broadcast_operand(name):
    """A row that is written over while later rows still read it."""
    x, y = sample(name, (5, 40))
    for k in (0, 1):
        args, whole = [x, y], [x, y][k].copy()
        args[k] = whole[:1]
        expected = call(name, *(a.copy() for a in args))
        call(name, *args, out=whole)
        assert_same_bits(whole, expected)


def test_out_of_other_types(name):
    """Cast after the computation, as NumPy does: wider and narrower floats, complex."""
    args = sample(name, 50, "float32")
    expected = call(name, *args)
    with np.errstate(all="ignore"):
        for dtype in ("float16", "float64", "complex64", "longdouble"):
            out = np.empty(50, dtype)
            assert call(name, *args, out=out) is out
            assert_same_bits(out, expected.astype(dtype), dtype)
            out = np.empty(50, dtype)
            assert call(name, *args, out=(out,)) is out
            assert_same_bits(out, expected.astype(dtype), f"{dtype} in a tuple")


# ------------------------------------------------------------------ the same bits

@pytest.mark.parametrize("dtype", FLOATS)
def test_threads(isa, name, dtype):
    """Long rows in pieces, many short rows, rows that are broadcast or strided."""
    for shape, columns in (((50_000,), None), ((5000, 9), None), ((3, 20_000), None), ((300, 400), 150)):
        args = [x[..., :columns] for x in sample(name, shape, dtype)]
        expected = call(name, *args, workers=1)
        for workers in (2, 3, 7):
            assert_same_bits(call(name, *args, workers=workers), expected, f"{workers} threads {shape}")
        out = np.empty(expected.shape[::-1], dtype).T
        for workers in (1, 3):
            assert_same_bits(call(name, *args, out=out, workers=workers), expected, f"{workers} threads {shape}, out F")


@pytest.mark.parametrize("name", COMPILED)
@pytest.mark.parametrize("dtype", FLOATS)
def test_alignment(isa, name, dtype):
    args = sample(name, 99, dtype)
    expected = call(name, *args)
    for offset in range(16):
        moved = []
        for k, x in enumerate(args):
            room = np.empty(200, dtype)
            start = offset * (k + 1)
            room[start:start + 99] = x
            moved.append(room[start:start + 99])
        out = np.empty(200, dtype)[offset * 3 % 16:][:99]
        assert_same_bits(call(name, *moved, out=out), expected, f"{offset}")


@pytest.mark.skipif(not {"avx2", "avx512"} <= set(runtime.available_isas()),
                    reason="two instruction sets with FMA are compared: this CPU has one of AVX2, AVX-512 or none")
@pytest.mark.parametrize("dtype", FLOATS)
def test_instruction_sets(name, dtype):
    args = sample(name, 30_000, dtype)
    points = limit_points(name, dtype)
    results = []
    for isa in ("avx2", "avx512"):
        with using_isa(isa):
            results.append((call(name, *args), call(name, *points)))
    for one, other in zip(*results, strict=True):
        assert_same_bits(one, other)


# ------------------------------------------------------------------ gelu's two forms

@pytest.mark.parametrize("dtype", ["float16", *FLOATS])
def test_gelu(dtype):
    x = np.linspace(-8, 8, 1001).astype(dtype)
    both = [special.gelu(x, approximate=kind).astype("f8") for kind in ("none", "tanh")]
    assert np.abs(both[0] - both[1]).max() < 5e-4 + 8 * np.finfo(dtype).eps      # what the docstring says; 8 rounded
    assert_same_bits(special.gelu(x), special.gelu(x, approximate="none"))
    out = x.copy()
    assert special.gelu(out, out) is out
    assert_same_bits(out, special.gelu(x))
