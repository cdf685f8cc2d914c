"""mathcore.special, rows: softmax, log_softmax and logsumexp over every axis, special values, types, `out=`, bits."""

import itertools
import math

import numpy as np
import pytest
import scipy.special

from mathcore._kernels import runtime
from mathcore.special import log_softmax, logsumexp, softmax
from tests import oracles_special as exact
from tests.layouts import LAYOUTS
from tests.ops import EXP_EPS, ROWS, check_rows, rows_tolerance, sum_eps
from tests.oracles import assert_same_bits, assert_same_specials
from tests.tuning import using_isa

FLOATS = ("float32", "float64")
NAN, INF = np.nan, np.inf
LIKE_X = [softmax, log_softmax]
ALL = [*LIKE_X, logsumexp]
# Around a vector (2 to 16 lanes), the transposed rows (64), a block of the sum (4096).
LENGTHS = (*range(1, 36), 47, 48, 63, 64, 65, 66, 127, 128, 129, 255, 257, 4095, 4096, 4097, 8192, 8195, 16_385)

each = pytest.mark.parametrize("f", ALL, ids=lambda f: f.__name__)
each_like_x = pytest.mark.parametrize("f", LIKE_X, ids=lambda f: f.__name__)
each_dtype = pytest.mark.parametrize("dtype", FLOATS)


def logits(shape, dtype="float64", seed=0, scale=3.0):
    return (np.random.default_rng(seed).standard_normal(shape) * scale).astype(dtype)


def peer(f, x, **kwargs):
    with np.errstate(all="ignore"):
        return getattr(scipy.special, f.__name__)(x, **kwargs)


def across(f, x):
    """f of the rows of x, computed across the rows of its transposed copy."""
    c = f(np.ascontiguousarray(x.T), axis=0)
    return c if f is logsumexp else c.T


# ------------------------------------------------------------------ values

@each
@each_dtype
def test_values(isa, f, dtype):
    for n, scale in itertools.product(LENGTHS, (1e-3, 3.0, 300.0)):
        x = logits((19 if n < 200 else 2, n), dtype, n, scale)
        check_rows(ROWS[f.__name__], x, f(x, axis=-1), f"{isa} {dtype} {n} {scale}")
        if n < 200:
            check_rows(ROWS[f.__name__], x, across(f, x), f"{isa} {dtype} {n} {scale} across")


@each
@each_dtype
def test_the_oracle_sees_a_wrong_value(f, dtype):
    record, x = ROWS[f.__name__], logits((5, 40), dtype)
    got = f(x, axis=-1)
    check_rows(record, x, got)
    worst = np.asarray(rows_tolerance(record, x.astype(np.longdouble), dtype), np.float64)
    at = got == got.flat[3]
    for wrong in (got + 3 * worst, np.where(at, NAN, got), np.where(at, INF, got), -got):
        with pytest.raises(AssertionError):
            check_rows(record, x, wrong.astype(dtype))
    with pytest.raises(AssertionError):
        check_rows(record, x, got[:-1])
    with pytest.raises(AssertionError):
        check_rows(record, x, got.astype("float16"))


@each
@each_dtype
def test_against_scipy(f, dtype):
    """Each within a bound of its own: SciPy's sums are pairwise, by blocks of 128, in the array's type."""
    for shape in ((50, 10), (20, 300), (3, 5000)):
        x = logits(shape, dtype)
        got, expected = f(x, axis=-1), peer(f, x, axis=-1)
        assert got.dtype == expected.dtype
        allowed = rows_tolerance(ROWS[f.__name__], x.astype(np.longdouble), dtype)
        # (128 / 8 + log2(n)) roundings of a pairwise sum, those of exp and log, a shift by the largest term
        assert (np.abs(got - expected) <= 2 * allowed + (32 + np.abs(expected)) * np.finfo(dtype).eps * (
            np.abs(expected) + (f is not softmax))).all()


def test_values_that_others_lose():
    """A logarithm of 1 and a little, of which the 1 is known: SciPy's formula in float64 would give 0."""
    assert logsumexp([0.0, -40.0]) == 4.248354255291589e-18
    assert logsumexp([0.0, -40.0], axis=0) == 4.248354255291589e-18
    assert log_softmax([0.0, -40.0])[0] == -4.248354255291589e-18
    assert logsumexp(np.array([-40.0, 0.0, -40.0])) == 2 * 4.248354255291589e-18
    assert abs(logsumexp([0.0, -700.0]) / math.exp(-700) - 1) < 4e-16 + 700 * 2**-53
    assert logsumexp([1000.0, 1000.0]) == 1000 + math.log(2)
    assert logsumexp([-1000.0, -1000.0]) == math.log(2) - 1000


@each_dtype
def test_softmax_adds_up_to_one(isa, dtype):
    """Each share carries the same error of the sum, which cancels but for its roundings, and errors of its own."""
    for n, scale in itertools.product((1, 2, 10, 65, 1000, 5000), (0.1, 3, 30)):
        x = logits((7, n), dtype, scale=scale)
        shares = softmax(x, axis=-1).astype(np.longdouble)
        eps = float(np.finfo(dtype).eps)
        # the quotient, the products, the sum's roundings; the exponentials are those that were summed
        assert (np.abs(shares.sum(axis=-1) - 1) <= (1 + sum_eps(n, dtype)) * eps).all(), (n, scale)
        assert (shares >= 0).all()


@each
@each_dtype
def test_a_shift_of_all_logits(isa, f, dtype):
    """By powers of two that change no bit of a difference: none changes in the result either."""
    x = np.round(logits((9, 70), dtype) * 64) / 64
    expected = f(x, axis=-1)
    for shift in (1.0, -256.0, 1024.0):
        got = f(x + np.dtype(dtype).type(shift), axis=-1)
        if f is logsumexp:
            np.testing.assert_allclose(got, expected + shift, rtol=2 * np.finfo(dtype).eps)
        else:
            assert_same_bits(got, expected, f"{shift}")


@each_dtype
def test_huge_logits(isa, dtype):
    big = np.dtype(dtype).type(np.finfo(dtype).max * 0.6)
    x = np.array([[big, -big, big], [-big, -big, 0], [big, 0, -big]], dtype)
    assert_same_bits(softmax(x, axis=-1), np.array([[0.5, 0, 0.5], [0, 0, 1], [1, 0, 0]], dtype))
    assert_same_bits(logsumexp(x, axis=-1), np.array([big, 0, big], dtype))
    got = log_softmax(x, axis=-1)
    assert_same_specials(got, peer(log_softmax, x, axis=-1))
    np.testing.assert_array_equal(got[1], [-big, -big, 0])


@each_dtype
def test_masked_logits(isa, dtype):
    """What is far below the largest term adds nothing, be it a thousand times."""
    for n, low in itertools.product((2, 3, 10, 64, 65, 1000), (-INF, -1e30, -800.0)):
        x = np.full((20, n), low, dtype)
        x[:, n // 2] = 5
        one = np.zeros((20, n), dtype)
        one[:, n // 2] = 1
        for g in (lambda f, x: f(x, axis=-1), across):
            assert_same_bits(g(softmax, x), one)
            assert_same_bits(g(logsumexp, x), np.full(20, 5, dtype))
            np.testing.assert_array_equal(g(log_softmax, x), x - 5)
            np.testing.assert_array_equal(g(logsumexp, x - 5), 0)


@each_dtype
def test_subnormal_shares(isa, dtype):
    """softmax goes down to the smallest number, by steps of one."""
    low = {"float32": -103.2, "float64": -744.4}[dtype]
    x = np.stack([np.zeros(50), np.linspace(low, low + 16, 50)], axis=-1).astype(dtype)
    got = softmax(x, axis=-1)
    assert (got[:, 1] > 0).all()
    assert (got[:20, 1] < np.finfo(dtype).tiny).all()
    check_rows(ROWS["softmax"], x, got)


# ------------------------------------------------------------------ special values

SPECIAL_ROWS = {
    "NaN": [NAN], "+inf": [INF], "-inf": [-INF], "two +inf": [INF, INF], "+inf and -inf": [INF, -INF],
    "NaN and +inf": [NAN, INF], "NaN and -inf": [NAN, -INF], "+inf, NaN": [INF, NAN],
}


@each
@each_dtype
def test_nan_and_inf_at_every_place(isa, f, dtype):
    """Which entries are NaN or inf: exactly SciPy's, along rows and across them, whatever the place."""
    for n in (2, 3, 8, 9, 33, 64, 65, 90):
        for what, points in SPECIAL_ROWS.items():
            x = logits((n, n), dtype, n)
            for i in range(n):
                for j, point in enumerate(points):
                    x[i, (i + j * 5) % n] = point
            expected = peer(f, x, axis=-1)
            got = f(x, axis=-1)
            assert_same_specials(got, expected, f"{n} {what}")
            assert_same_bits(across(f, x), got)
            clean = x.copy()
            clean[::2] = logits((n, n), dtype, 99)[::2]
            assert_same_bits(f(clean, axis=-1)[1::2], got[1::2], "rows beside those with special values")


@each
@each_dtype
def test_whole_rows_of_one_value(isa, f, dtype):
    for n, value in itertools.product((1, 2, 7, 16, 64, 65, 300), (NAN, INF, -INF, 0.0, -5.0)):
        x = np.full((5, n), value, dtype)
        got = f(x, axis=-1)
        assert_same_specials(got, peer(f, x, axis=-1), f"{n} {value}")
        assert_same_bits(across(f, x), got)
        if math.isfinite(value):
            check_rows(ROWS[f.__name__], x, got)


# ------------------------------------------------------------------ axes

@each
@pytest.mark.parametrize("dtype", ["float16", *FLOATS, "int32"])
def test_every_axis_and_tuple_of_axes(f, dtype):
    """As if the axes were moved to the end and joined."""
    shape = (3, 4, 5, 6)
    x = logits(shape, dtype)
    choices = [axes for n in (1, 2, 3, 4) for axes in itertools.permutations(range(4), n)]
    for axes in [None, (), *choices]:
        chosen = tuple(range(4)) if axes is None else axes
        rest = [d for d in range(4) if d not in chosen]
        order = (*rest, *chosen)
        flat = x.transpose(order).reshape(*(shape[d] for d in rest), -1).copy()
        expected = f(flat, axis=-1)
        if f is not logsumexp:
            expected = expected.reshape([shape[d] for d in order]).transpose(np.argsort(order))
        assert_same_bits(f(x, axis=axes), expected, f"{axes}")
        negative = None if axes is None else tuple(d - 4 for d in axes)
        assert_same_bits(f(x, axis=negative), expected, f"{negative}")
        if axes is not None and len(axes) == 1:
            for axis in (axes[0], axes[0] - 4, np.int64(axes[0])):
                assert_same_bits(f(x, axis=axis), expected, f"{axis}")
        if dtype == "float64":           # that these are the axes SciPy means: an error would be of the size of 1
            np.testing.assert_allclose(f(x, axis=axes), peer(f, x, axis=axes), rtol=0, atol=2.0**-30)


@each_dtype
def test_keepdims_and_return_sign(dtype):
    x = logits((3, 4, 5), dtype)
    for axis in (None, 0, -1, (0, 2), (2, 0), (0, 1, 2), ()):
        expected = logsumexp(x, axis=axis)
        kept = logsumexp(x, axis=axis, keepdims=True)
        shape = peer(logsumexp, x, axis=axis, keepdims=True).shape
        assert_same_bits(kept, np.reshape(expected, shape), f"{axis}")
        value, sign = logsumexp(x, axis=axis, return_sign=True)
        assert_same_bits(value, expected)
        assert_same_bits(sign, np.ones_like(expected))
        value, sign = logsumexp(x, axis=axis, keepdims=True, return_sign=True)
        assert_same_bits(value, kept)
        assert_same_bits(sign, np.ones_like(kept))
    out = np.zeros((3, 1, 5), dtype)
    assert logsumexp(x, axis=1, keepdims=True, out=out) is out
    assert_same_bits(out, logsumexp(x, axis=1)[:, None])
    value, _ = logsumexp(x, axis=1, keepdims=True, return_sign=True, out=out)
    assert value is out


def test_sign_of_empty_and_special_sums():
    """0 for a sum of 0, also where SciPy 1.17 has -1 for no term at all."""
    for x, expected in (([-INF, -INF], 0), ([], 0), ([1.0, NAN], NAN), ([INF], 1), ([1.0], 1)):
        value, sign = logsumexp(np.array(x), return_sign=True)
        assert_same_specials(value, peer(logsumexp, np.array(x)))
        np.testing.assert_array_equal(sign, expected)


def test_factors():
    """b is SciPy's; out, keepdims, errors are seen to here."""
    x, b = logits((3, 4)), np.array([1.0, -2.0, 0.5, 0.0])
    for kwargs in ({}, {"axis": 1}, {"axis": 0}, {"axis": 1, "keepdims": True}, {"axis": -1, "return_sign": True}):
        assert_same_bits(logsumexp(x, b=b, **kwargs), peer(logsumexp, x, b=b, **kwargs))
    out = np.zeros(3)
    assert logsumexp(x, axis=1, b=2.0, out=out) is out
    np.testing.assert_allclose(out, logsumexp(x, axis=1) + math.log(2), rtol=1e-14)
    value, sign = logsumexp(x, axis=1, b=-1.0, return_sign=True, out=out)
    assert value is out
    assert (sign == -1).all()


@each
def test_axes_of_length_0(f):
    for shape, axis in [((0,), 0), ((0,), None), ((3, 0), 1), ((3, 0), 0), ((0, 3), 0), ((0, 3), 1),
                        ((2, 0, 4), (1, 2)), ((2, 0, 4), (0, 2)), ((2, 0, 4), 1), ((2, 3, 0), (0, 1))]:
        for dtype in ("float16", *FLOATS, "int8"):
            got = f(np.ones(shape, dtype), axis=axis)
            assert got.dtype == ("float64" if dtype == "int8" else dtype)
            if f is not logsumexp:
                assert got.shape == shape
                continue
            gone = range(len(shape)) if axis is None else np.atleast_1d(axis)
            assert got.shape == tuple(n for d, n in enumerate(shape) if d not in gone)
            assert np.isneginf(got).all()


# ------------------------------------------------------------------ types, layouts, out

@each
@pytest.mark.parametrize("dtype", ["bool", "int8", "uint64", "int64", "float16"])
def test_types(f, dtype):
    """Integers as float64; float16 as float32, then rounded."""
    x = np.random.default_rng(0).integers(0, 2, (6, 9)).astype(dtype)
    compute = "float32" if dtype == "float16" else "float64"
    assert_same_bits(f(x, axis=1), f(x.astype(compute), axis=1).astype("float16" if dtype == "float16" else "float64"))


@each
@pytest.mark.parametrize("dtype", ["complex64", "complex128", "longdouble"])
def test_other_types_are_scipys(f, dtype):
    x = logits((4, 5)).astype(dtype)
    for axis in (None, 1, (0, 1)):
        with np.errstate(all="ignore"):
            got = f(x, axis=axis)
        assert_same_bits(got, peer(f, x, axis=axis))
    out = np.empty(4 if f is logsumexp else (4, 5), dtype)
    assert f(x, axis=1, out=out) is out
    assert_same_bits(out, peer(f, x, axis=1))


@each
def test_scalars_lists_and_warnings(f):
    expected = {"softmax": 1.0, "log_softmax": 0.0, "logsumexp": 2.5}[f.__name__]
    for x, dtype in ((2.5, "f8"), (np.float32(2.5), "f4"), (np.array(2.5, "f2"), "f2"), (np.array(2.5), "f8")):
        got = f(x)
        assert isinstance(got, np.floating)
        assert (got, got.dtype) == (expected, dtype)
    assert_same_bits(f([[1, 2], [3, 5]], axis=0), f(np.array([[1.0, 2.0], [3.0, 5.0]]), axis=0))
    with np.errstate(all="raise"):
        for dtype in ("float16", *FLOATS):
            f(np.array([[0, -700, 5], [NAN, INF, -INF]], dtype), axis=-1)
            f(np.array([[-INF, -INF]], dtype), axis=-1)


@each
@pytest.mark.parametrize("dtype", ["float16", *FLOATS])
def test_layouts(isa, f, dtype):
    for shape in ((5, 6, 7), (70, 9), (9, 70), (3, 700), (40,)):
        x = logits(shape, dtype)
        for axis in range(len(shape)):
            expected = f(x, axis=axis)
            for layout, change in LAYOUTS.items():
                y = change(x)
                assert_same_bits(f(y, axis=axis), expected, f"{layout} {shape} {axis}")
                assert_same_bits(y, change(x), "an input")
                if layout == "read-only" or not expected.shape:
                    continue
                out = change(np.full(expected.shape, 7, dtype))
                assert f(x, axis=axis, out=out) is out
                assert_same_bits(out.astype(dtype), expected, f"out {layout} {shape} {axis}")
                assert f(y, axis=axis, out=out) is out
                assert_same_bits(out.astype(dtype), expected, f"both {layout} {shape} {axis}")
        wide = np.broadcast_to(x[:1], shape), np.broadcast_to(x[..., :1], shape)
        for y, axis in itertools.product(wide, range(len(shape))):
            assert_same_bits(f(y, axis=axis), f(y.copy(), axis=axis), f"broadcast {shape} {axis}")


@each_like_x
@each_dtype
def test_overlap(isa, f, dtype):
    """out in the place of x, shifted by one, reversed, transposed: as if x were copied first."""
    n = 41
    places = {"same": (slice(0, n),) * 2, "shifted": (slice(0, n), slice(1, n + 1)),
              "back": (slice(1, n + 1), slice(0, n)),
              "reversed": (slice(0, n), slice(n - 1, None, -1)), "spread": (slice(0, n), slice(0, 2 * n, 2)),
              "same strided": (slice(0, 2 * n, 2),) * 2}
    data = logits((2 * n, 2 * n), dtype)
    for (what, (source, target)), axis in itertools.product(places.items(), (0, 1)):
        for rows in (True, False):
            buffer = data.copy()
            view, out = (buffer[source], buffer[target]) if rows else (buffer[:, source], buffer[:, target])
            expected = f(view.copy(), axis=axis)
            assert f(view, axis=axis, out=out) is out
            assert_same_bits(out, expected, f"{what} {axis} {rows}")
    x = data.copy()
    expected = f(x, axis=1)
    f(x, axis=1, out=x.T)
    assert_same_bits(x.T, expected, "transposed")
    for long in ((3, 5000), (5000, 3)):
        for axis in (0, 1, None):
            x = logits(long, dtype)
            expected = f(x, axis=axis)
            assert f(x, axis=axis, out=x) is x
            assert_same_bits(x, expected, f"in place {long} {axis}")


def test_logsumexp_into_its_own_operand():
    x = logits((9, 9))
    expected = logsumexp(x, axis=0)
    for target in (0, 4, 8):
        y = x.copy()
        assert logsumexp(y, axis=0, out=y[target]) is not None
        assert_same_bits(y[target], expected)
        y = x.copy()
        logsumexp(y, axis=0, out=y[:, target])
        assert_same_bits(y[:, target], expected)


@each
def test_out_of_other_types(f):
    x = logits((4, 5), "float32")
    expected = f(x, axis=1)
    for dtype in ("float16", "float64", "longdouble", "complex64"):
        out = np.empty(expected.shape, dtype)
        assert f(x, axis=1, out=out) is out
        assert_same_bits(out, expected.astype(dtype))


# ------------------------------------------------------------------ the same bits

SHAPES = ((3000, 10), (700, 64), (601, 65), (400, 130), (3, 40_000), (40_001, 1), (1, 40_000), (50, 1000), (7, 11, 700))


@each
@each_dtype
def test_threads(isa, f, dtype):
    for shape in SHAPES:
        x = logits(shape, dtype)
        for axis in range(len(shape)):
            expected = f(x, axis=axis, workers=1)
            for workers in (2, 3, 7):
                assert_same_bits(f(x, axis=axis, workers=workers), expected, f"{shape} {axis} {workers} threads")


@each
@each_dtype
def test_splits_and_axes(isa, f, dtype):
    """Any rows of the whole, alone or beside others, along or across: axis 0 of the transposed copy is axis -1."""
    # one row is left over of 64 side by side in the first two
    for rows, n in ((65, 600), (129, 600), (200, 10), (200, 63), (200, 64), (200, 65), (70, 300), (5, 4097), (9, 9000)):
        x = logits((rows, n), dtype)
        whole = f(x, axis=-1)
        assert_same_bits(across(f, x), whole, f"{rows} {n} across")
        assert_same_bits(f(np.asfortranarray(x), axis=-1), whole, f"{rows} {n} Fortran")
        for start, stop in ((0, 1), (rows - 1, rows), (0, 3), (1, 18), (2, rows)):
            assert_same_bits(f(x[start:stop], axis=-1), whole[start:stop], f"{rows} {n} {start}:{stop}")
            assert_same_bits(across(f, x[start:stop]), whole[start:stop], f"{rows} {n} {start}:{stop} across")
        assert_same_bits(f(np.repeat(x, 2, axis=1)[:, ::2], axis=-1), whole, f"{rows} {n} strided")


@each
@pytest.mark.parametrize(("shape", "dtype"), [
    ((300, 8000), "float64"), ((300, 8001), "float64"), ((2100, 1025), "float32"), ((5000, 257), "float64"),
    ((40_000, 65), "float32"),
])
def test_rows_far_apart(f, shape, dtype):
    """More than 8 MB from a row's first element to its last: through scratch, or, too long for it, without."""
    x = logits(shape, dtype)
    expected = f(x.T.copy(), axis=-1)
    for workers in (1, 3):
        got = f(x, axis=0, workers=workers)
        assert_same_bits(got if f is logsumexp else got.T, expected, f"{workers} threads")
    if f is not logsumexp:
        assert f(x, axis=0, out=x) is x
        assert_same_bits(x.T, expected, "in place")


@each
@each_dtype
def test_alignment(isa, f, dtype):
    x = logits((9, 33), dtype)
    expected = f(x, axis=-1)
    for offset in range(16):
        room = np.empty(400, dtype)
        view = room[offset:offset + x.size].reshape(x.shape)
        view[...] = x
        out = np.empty(400, dtype)[offset * 3 % 16:][:expected.size].reshape(expected.shape)
        assert_same_bits(f(view, axis=-1, out=out), expected, f"{offset}")


@pytest.mark.skipif(not {"avx2", "avx512"} <= set(runtime.available_isas()),
                    reason="two instruction sets with FMA are compared: this CPU has one of AVX2, AVX-512 or none")
@each
@each_dtype
def test_instruction_sets(f, dtype):
    for shape in (*SHAPES, (50, 9), (65, 9000)):
        x = logits(shape, dtype)
        x[0, 0] = INF
        for axis in range(len(shape)):
            results = []
            for isa in ("avx2", "avx512"):
                with using_isa(isa):
                    results.append(f(x, axis=axis))
            assert_same_bits(*results, f"{shape} {axis}")


def test_the_order_of_the_sum(isa):
    """As softmax.h tells it: element i to lane i % lanes, folded by halves after 4096 elements, blocks added in double.
    Equal logits have shares of which the sum is exact: 1 / n, rounded once."""
    for dtype, n in itertools.product(FLOATS, (1, 3, 64, 1000, 4097, 10_000)):
        share = softmax(np.full(n, 7.25, dtype))
        assert_same_bits(share, np.full(n, 1 / n).astype(dtype), f"{n}")
    assert EXP_EPS * 2 + sum_eps(4096, "float64") < 4096 / 8        # the bound of the oracle is one that can be met
    assert exact.log_sum(np.zeros((1, 2), np.longdouble)) == np.log(np.longdouble(2))
