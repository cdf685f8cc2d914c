"""Each oracle is fed wrong answers and must see them: a check that cannot fail is worth nothing."""

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest

from tests import oracles
from tests.layouts import LAYOUTS, values
from tests.ops import OPS, Shape, check, error_ratio
from tests.oracles import (
    assert_same_bits,
    assert_same_specials,
    chain_product,
    chain_roundings,
    error_in_eps,
    fma32,
    fma64,
    fma_scalar,
    fraction_product,
    gamma,
    lane_product,
    lane_roundings,
    magnitude,
    ordered_product,
    residual,
    rounded,
    same_bits,
)

FLOATS = (np.float32, np.float64)


# ------------------------------------------------------------------ one rounding

def test_rounding_of_fractions():
    """Against Python's own conversion, which is correct for float64, and at the edges of float32."""
    rng = np.random.default_rng(0)
    for _ in range(500):
        x = Fraction(int(rng.integers(1, 2**62)),
                     int(rng.integers(1, 2**62))) * Fraction(2) ** int(rng.integers(-1090, 1000))
        assert rounded(x, np.float64) == float(x)
        assert rounded(-x, np.float64) == -float(x)
    tiny, eps = Fraction(2) ** -149, Fraction(2) ** -23
    for x, expected in [(1 + eps / 2, 1.0), (1 + 3 * eps / 2, 1 + 2 * float(eps)),
                        (1 + eps / 2 + eps / 2**40, 1 + float(eps)), (tiny / 2, 0.0),
                        (tiny / 2 + tiny / 2**50, float(tiny)), (3 * tiny / 2, 2 * float(tiny)),
                        (Fraction(2) ** 128, math.inf),
                        (Fraction(2) ** 128 - Fraction(2) ** 103, math.inf),
                        (Fraction(2) ** 128 - Fraction(2) ** 104, float(2**128 - 2**104)),
                        (Fraction(0), 0.0)]:
        assert rounded(x, np.float32) == np.float32(expected), x


@pytest.mark.parametrize(("fma", "dtype"), [(fma32, np.float32), (fma64, np.float64)])
def test_fma_rounds_once(fma, dtype):
    """Against rational arithmetic, with sums that nearly cancel, that tie, and of far apart magnitudes."""
    rng = np.random.default_rng(1)
    a, b, c = (values(rng, 1500, dtype) for _ in range(3))
    c[:400] = -(a * b)[:400]
    c[400:800] *= dtype(2) ** rng.integers(-60, 60, 400)
    b[800:1000], c[800:1000] = 1 + np.finfo(dtype).eps, np.finfo(dtype).eps * a[800:1000] / 2
    actual = fma(a, b, c)
    expected = np.array([fma_scalar(*x, dtype) for x in zip(a, b, c, strict=True)])
    assert_same_bits(actual, expected)
    assert (actual != a * b + c).any(), "the data do not tell one rounding from two"


def test_float32_fma_among_subnormals():
    rng = np.random.default_rng(2)
    a, b = (values(rng, 500, np.float32) * np.float32(1e-20) for _ in range(2))
    c = values(rng, 500, np.float32) * np.float32(1e-40)
    assert_same_bits(fma32(a, b, c), np.array([fma_scalar(*x, np.float32) for x in zip(a, b, c, strict=True)]))


# ------------------------------------------------------------------ the documented orders

@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("fused", [True, False])
def test_orders_by_plain_loops(dtype, fused):
    """The vectorised emulation against one element, one operation at a time."""
    def step(x, y, total):
        return fma_scalar(x, y, total, dtype) if fused else dtype(dtype(x * y) + total)

    rng = np.random.default_rng(3)
    a, b = values(rng, (2, 150), dtype), values(rng, (150, 2), dtype)
    lanes = {np.float32: 64, np.float64: 32}[dtype]
    for i, j in np.ndindex(2, 2):
        total = dtype(0)
        for start in range(0, 150, 40):
            block = dtype(0)
            for p in range(start, min(start + 40, 150)):
                block = step(a[i, p], b[p, j], block)
            total = total + block if start else block
        assert chain_product(a, b, 40, fused)[i, j] == total
        sums = [dtype(0)] * lanes
        for p in range(150):
            sums[p % lanes] = step(a[i, p], b[p, j], sums[p % lanes])
        while len(sums) > 1:
            half = len(sums) // 2
            sums = [x + y for x, y in zip(sums[:half], sums[half:], strict=True)]
        assert lane_product(a, b[:, j], fused)[i] == sums[0]


@pytest.mark.parametrize("dtype", FLOATS)
def test_other_orders_have_other_bits(dtype):
    """The emulation tells orders apart, or comparing with it would prove nothing."""
    rng = np.random.default_rng(4)
    a, b = values(rng, (8, 700), dtype), values(rng, (700, 8), dtype)
    orders = {
        "documented": chain_product(a, b), "without FMA": chain_product(a, b, fused=False),
        "one block": chain_product(a, b, 10**6),
        "blocks of 256": chain_product(a, b, 256), "backwards": chain_product(a[:, ::-1], b[::-1]),
        "lanes": np.stack([lane_product(a, x) for x in b.T], axis=1),
        "NumPy's": np.matmul(a.astype(np.longdouble), b).astype(dtype),
    }
    for one, other in itertools.combinations(orders, 2):
        assert not same_bits(orders[one], orders[other]), f"{one}, {other}"
    x = b[:, 0]
    assert not same_bits(lane_product(a, x), lane_product(a[:, ::-1], x[::-1]))
    assert not same_bits(lane_product(a, x), lane_product(a, x, fused=False))


def test_one_column_goes_by_lanes():
    rng = np.random.default_rng(5)
    a, b = values(rng, (9, 700), np.float64), values(rng, (700, 1), np.float64)
    assert same_bits(ordered_product(a, b)[:, 0], lane_product(a, b[:, 0]))
    assert not same_bits(ordered_product(a, b), chain_product(a, b))


# ------------------------------------------------------------------ errors

@pytest.mark.parametrize("dtype", FLOATS)
def test_residual_is_exact(dtype):
    rng = np.random.default_rng(6)
    a, b = values(rng, (3, 20), dtype), values(rng, (20, 4), dtype)
    c = np.matmul(a, b)
    exact = fraction_product(a, b)
    expected = [[float(Fraction(float(c[i, j])) - exact[i, j]) for j in range(4)] for i in range(3)]
    np.testing.assert_array_equal(residual(c, a, b), expected)
    assert (residual(c, a, b) != 0).any()
    assert all(Fraction(float(s)) >= e for s,
               e in zip(magnitude(a, b).flat, fraction_product(abs(a), abs(b)).flat, strict=True))


def wrong_answers(c):
    """name -> a result with one fault."""
    scaled, swapped, lost, zero = c.copy(), c.copy(), c.copy(), c.copy()
    swapped[[0, 1]] = c[[1, 0]]
    lost[-1, -1] = np.nan
    zero[0, -1] = 0
    return {"scaled": scaled * (1 + 1e-4), "swapped rows": swapped, "a NaN": lost, "a zero": zero, "negated": -c,
            "infinite": c + np.inf}


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(("m", "k", "n"), [(4, 30, 5), (60, 100, 60)])       # exact, by longdouble
def test_error_in_eps_sees_wrong_answers(dtype, m, k, n):
    rng = np.random.default_rng(7)
    a, b = values(rng, (m, k), dtype), values(rng, (k, n), dtype)
    c = ordered_product(a, b)
    limit = gamma(chain_roundings(k), dtype)
    assert error_in_eps(c, a, b) <= limit
    for what, wrong in wrong_answers(c).items():
        assert error_in_eps(wrong, a, b) > limit, what


@pytest.mark.parametrize("dtype", FLOATS)
def test_error_in_eps_measures_eps(dtype):
    """A result moved by 4 k eps of its scale is wrong by 4 k, give or take its own error."""
    rng = np.random.default_rng(8)
    for m, k, n in [(3, 10, 3), (50, 90, 60)]:
        a, b = values(rng, (m, k), dtype), values(rng, (k, n), dtype)
        c = ordered_product(a, b)
        moved = c.copy()
        moved[1, 2] += 4 * k * np.finfo(dtype).eps * magnitude(a, b)[1, 2]
        assert 3 * k < error_in_eps(moved, a, b) < 5 * k
        assert error_in_eps(moved, a, b) > gamma(chain_roundings(k), dtype)


def test_roundings_by_hand():
    assert [chain_roundings(k) for k in (0, 1, 2, 512, 513, 1024, 1025)] == [0, 1, 2, 512, 513, 513, 514]
    # float32: 64 lanes, 6 folds; float64: 32 lanes, 5 folds
    assert [lane_roundings(k, np.float32) for k in (1, 64, 65, 4096, 4097)] == [7, 7, 8, 70, 71]
    assert [lane_roundings(k, np.float64) for k in (1, 32, 33, 4096, 9000)] == [6, 6, 7, 133, 135]
    assert gamma(1, np.float64) == pytest.approx(0.5)
    assert gamma(2**20, np.float32) > 2**19, "not linear where u n is not small"


# ------------------------------------------------------------------ the registry's check

SHAPE = Shape(6, 30, 7)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("op", OPS.values(), ids=list(OPS))
def test_check_sees_wrong_answers(op, dtype):
    rng = np.random.default_rng(9)
    shape = SHAPE._replace(batch1=(6,)) if op.name == "vecdot" else SHAPE
    args, kwargs = op.sample(shape, dtype, rng)
    right = np.atleast_1d(op.function(*args, **kwargs))
    assert error_ratio(op, shape, args, kwargs, right) <= 1
    place = np.unravel_index(np.argmax(np.abs(right)), right.shape)
    finfo = np.finfo(right.dtype)
    for what, change in {
        "a large one by 1 %": lambda x: x * 1.01, "NaN": lambda x: np.nan, "inf": lambda x: np.inf, "zero": lambda x: 0,
        "sign": lambda x: -x,
    }.items():
        wrong = right.copy()
        wrong[place] = change(right[place])
        if what == "a large one by 1 %" and 0.01 < 4 * (shape.k + shape.n) * float(finfo.eps):
            continue                     # float16: within its tolerance
        with pytest.raises(AssertionError):
            check(op, shape, args, kwargs, wrong)
    for wrong in (right[:-1], right.astype(np.float128 if hasattr(np, "float128") else complex), right[::-1],
                  right[None]):
        with pytest.raises((AssertionError, ValueError)):
            check(op, shape, args, kwargs, wrong)


@pytest.mark.parametrize("op", OPS.values(), ids=list(OPS))
def test_check_sees_wrong_integers(op):
    shape = SHAPE._replace(batch1=(6,)) if op.name == "vecdot" else SHAPE
    args, kwargs = op.sample(shape, "int16", np.random.default_rng(10))
    right = np.array(op.function(*args, **kwargs))
    check(op, shape, args, kwargs, right)
    wrong = right.copy()
    wrong.flat[3] += 1
    if op.is_float:
        wrong.flat[3] *= 1.001
    with pytest.raises(AssertionError):
        check(op, shape, args, kwargs, wrong)


def test_check_wants_special_values_where_they_belong():
    op = OPS["matmul"]
    a, b = np.ones((3, 4)), np.ones((4, 5))
    a[1, 2] = np.nan
    right = np.matmul(a, b)
    check(op, Shape(3, 4, 5), (a, b), {}, right)
    for wrong in (np.nan_to_num(right), np.where(np.isnan(right), np.inf, right), np.full_like(right, np.nan)):
        with pytest.raises(AssertionError):
            check(op, Shape(3, 4, 5), (a, b), {}, wrong)
    a[1, 2] = np.inf
    with np.errstate(invalid="ignore"):  # NumPy's product may multiply it by the zeros that fill a tile up
        opposite = -np.matmul(a, b)
    with pytest.raises(AssertionError):
        check(op, Shape(3, 4, 5), (a, b), {}, opposite)


# ------------------------------------------------------------------ comparisons

def test_same_bits_sees_what_equality_does_not():
    x = np.array([1.0, 0.0, np.nan, -2.0])
    assert same_bits(x, x.copy())
    assert same_bits(x, x[::-1].copy()[::-1])
    payload = x.copy()
    payload.view(np.uint64)[2] ^= 1 | 1 << 63
    assert same_bits(payload, x), "the sign and payload of NaN carry no promise"
    for wrong in (np.array([1.0, -0.0, np.nan, -2.0]), np.nextafter(x, 9), x.astype(np.float32), x[:3], x[None],
                  x.astype(complex)):
        assert not same_bits(x, wrong)
        with pytest.raises(AssertionError):
            assert_same_bits(wrong, x)
    long = np.array([1, 2], np.longdouble)
    assert same_bits(long, long.copy())
    assert not same_bits(long, long + [0, np.finfo(np.longdouble).eps * 2])


def test_same_specials_sees_a_lost_nan():
    x = np.array([1.0, np.nan, np.inf, -np.inf])
    assert_same_specials(x * 2, x)
    for wrong in ([1, 1, np.inf, -np.inf], [1, np.nan, -np.inf, -np.inf], [np.nan] * 4, [1, np.nan, np.inf, 0]):
        with pytest.raises(AssertionError):
            assert_same_specials(wrong, x)


def test_layouts_are_what_they_are_called():
    x = np.arange(24.0).reshape(2, 3, 4)
    for name, layout in LAYOUTS.items():
        y = layout(x)
        np.testing.assert_array_equal(y, x, err_msg=name)
        assert not np.shares_memory(x, y) or name == "C"
    assert LAYOUTS["F"](x).flags.f_contiguous
    assert LAYOUTS["step2"](x).strides[-1] == 16
    assert all(s < 0 for s in LAYOUTS["reversed"](x).strides)
    assert LAYOUTS["batch last"](x).strides[0] == 8
    assert LAYOUTS["misaligned"](x).ctypes.data % 8 == 1
    assert not LAYOUTS["misaligned"](x).flags.aligned
    assert LAYOUTS["fractional strides"](x).strides[-1] == 9
    assert not LAYOUTS["byte-swapped"](x).dtype.isnative
    assert not LAYOUTS["read-only"](x).flags.writeable


def test_oracles_do_not_import_what_they_judge():
    """Nothing of mathcore computes in the oracles: block sizes are numbers of the documentation."""
    assert not [name for name,
                value in vars(oracles).items() if getattr(value, "__module__", "").startswith("mathcore")]
