"""vecdot and outer: values, the documented order of vecdot, axes, batches."""

import itertools

import numpy as np
import pytest

from mathcore.linalg import matvec, outer, vecdot
from tests.layouts import DTYPES, INTEGERS, LAYOUTS, values
from tests.ops import OPS, Shape, check
from tests.oracles import assert_same_bits, assert_same_specials, error_in_eps, gamma, lane_product, lane_roundings
from tests.tuning import DOT_BLOCK, is_fused

FLOATS = (np.float32, np.float64)
# around lanes (64 of float32, 32 of float64), vectors inside them and blocks
LENGTHS = (*range(70), 95, 96, 97, 127, 128, 129, 1000, DOT_BLOCK - 1, DOT_BLOCK, DOT_BLOCK + 1, 2 * DOT_BLOCK + 65,
           40_000)


@pytest.mark.parametrize("dtype", FLOATS)
def test_every_bit_is_that_of_the_documented_order(isa, dtype):
    rng = np.random.default_rng(0)
    x, y = values(rng, max(LENGTHS), dtype), values(rng, max(LENGTHS), dtype)
    for k in LENGTHS:
        expected = lane_product(x[None, :k], y[:k], is_fused(isa))[0]
        actual = vecdot(x[:k], y[:k])
        assert type(actual) is dtype
        assert_same_bits(actual, expected, f"length {k}")
        for workers in (1, 2, 5):
            assert_same_bits(vecdot(x[:k], y[:k], workers=workers), expected, f"length {k}, {workers} threads")


@pytest.mark.parametrize("dtype", FLOATS)
def test_error_is_within_the_documented_bound(isa, dtype):
    rng = np.random.default_rng(1)
    for k in (1, 2, 63, 64, 65, 500, DOT_BLOCK, 5 * DOT_BLOCK + 3):
        x, y = values(rng, (1, k), dtype), values(rng, (k, 1), dtype)
        error = error_in_eps(vecdot(x[0], y[:, 0])[None, None], x, y)
        assert error <= gamma(lane_roundings(k, dtype), dtype)
        if k <= DOT_BLOCK:
            assert gamma(lane_roundings(k, dtype),
                         dtype) <= k / 64 + 8, "the docstring promises more than the order gives"


@pytest.mark.parametrize("dtype", FLOATS)
def test_worst_case_of_the_error_bound(isa, dtype):
    """In every lane one 1, then terms just under half a unit, all lost."""
    lanes, k = 256 // np.dtype(dtype).itemsize, DOT_BLOCK
    x = np.full((1, k), np.finfo(dtype).eps / 2 * 0.999, dtype)
    x[0, :lanes] = 1
    ones = np.ones((k, 1), dtype)
    error = error_in_eps(vecdot(x[0], ones[:, 0])[None, None], x, ones)
    assert 0.9 * (k / lanes - 1) / 2 <= error <= gamma(lane_roundings(k, dtype), dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_batches_axes_and_types_are_numpys(dtype):
    rng = np.random.default_rng(2)
    for shape1, shape2, axis in [((3,), (3,), -1), ((3,), (3,), 0), ((4, 3), (3,), -1), ((4, 3), (4, 3), -1),
                                 ((4, 3), (4, 3), 0),
                                 ((5, 1, 3), (4, 3), -1), ((2, 5, 3), (2, 5, 3), 1), ((2, 5, 3), (2, 5, 3), -3),
                                 ((0,), (0,), -1),
                                 ((4, 0), (4, 0), -1), ((0, 3), (3,), -1), ((1, 70), (70,), -1), ((3, 1), (3, 1), 0)]:
        x, y = (rng.integers(0, 2, s).astype(dtype) for s in (shape1, shape2))
        expected, actual = np.vecdot(x, y, axis=axis), vecdot(x, y, axis=axis)
        assert type(actual) is type(expected), f"{shape1} {shape2} {axis}"
        np.testing.assert_array_equal(actual, expected, strict=True)
        if expected.ndim:
            out = np.full_like(expected, 1)
            assert vecdot(x, y, out, axis=axis) is out
            np.testing.assert_array_equal(out, expected)


def test_complex_is_conjugated():
    rng = np.random.default_rng(3)
    x, y = values(rng, (2, 5), np.complex128), values(rng, (2, 5), np.complex128)
    np.testing.assert_array_equal(vecdot(x, y), np.vecdot(x, y))


@pytest.mark.parametrize("dtype", INTEGERS)
def test_integers_wrap_around_like_numpys(isa, dtype):
    rng = np.random.default_rng(4)
    for k in LENGTHS[::7]:
        x, y = values(rng, k, dtype), values(rng, k, dtype)
        expected, actual = np.vecdot(x, y), vecdot(x, y)
        assert (type(actual), actual) == (type(expected), expected), k


@pytest.mark.parametrize("dtype", FLOATS)
def test_nan_and_inf_at_every_place(isa, dtype):
    rng = np.random.default_rng(5)
    for k in (1, 31, 64, 131):
        x, y = rng.integers(1, 3, k).astype(dtype), rng.integers(1, 3, k).astype(dtype)
        for i, special in itertools.product(range(k), (np.nan, np.inf, -np.inf)):
            changed = x.copy()
            changed[i] = special
            assert_same_specials(vecdot(changed, y), dtype(special))
            assert_same_specials(vecdot(y, changed), dtype(special))
    assert np.isnan(vecdot(np.array([np.inf, -np.inf], dtype), np.ones(2, dtype)))
    assert np.isnan(vecdot(np.array([np.inf, 1], dtype), np.zeros(2, dtype)))


@pytest.mark.parametrize("dtype", FLOATS)
def test_lanes_without_a_term_do_not_touch_the_sign_of_zero(isa, dtype):
    """Products that underflow to -0 in every lane, and a last round that fills only some lanes: one order, one sign."""
    tiny = np.finfo(dtype).smallest_subnormal
    for k in (1, 63, 64, 65, 70, 127, 128, 130):
        x, y = np.full((9, k), -tiny, dtype), np.full(k, tiny, dtype)
        by_rows, by_columns = matvec(x, y), matvec(np.asfortranarray(x), y)
        assert_same_bits(by_columns, by_rows, f"length {k}")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts_have_the_same_bits(isa, layout):
    rng = np.random.default_rng(6)
    for dtype, k in itertools.product(("float32", "float64", "float16", "int16", "uint64"), (1, 33, 64, 200)):
        x, y = values(rng, (3, k), dtype), values(rng, (3, k), dtype)
        expected = vecdot(x, y)
        change = LAYOUTS[layout]
        for pair in ((change(x), y), (x, change(y)), (change(x), change(y))):
            assert_same_bits(vecdot(*pair), expected, f"{dtype} {k}")


# ------------------------------------------------------------------ outer

@pytest.mark.parametrize("dtype", DTYPES)
def test_outer_is_numpys(dtype):
    rng = np.random.default_rng(7)
    for m, n in itertools.product((0, 1, 2, 9, 100), repeat=2):
        x, y = values(rng, m, dtype), values(rng, n, dtype)
        with np.errstate(over="ignore"):
            np.testing.assert_array_equal(outer(x, y), np.linalg.outer(x, y), strict=True)
            for layout in LAYOUTS.values():
                u, v = layout(x), layout(y)
                assert_same_bits(outer(u, v), np.multiply(u[:, None], v[None, :]))
        if np.dtype(dtype).kind == "f" and np.dtype(dtype).itemsize <= 8:
            check(OPS["outer"], Shape(m, 1, n), (x, y), {}, outer(x, y))


def test_outer_keeps_the_sign_of_zero_and_special_values():
    x, y = np.array([-0.0, 0.0, np.inf, np.nan, -1.0]), np.array([1.0, -1.0, 0.0])
    with np.errstate(invalid="ignore"):
        assert_same_bits(outer(x, y), x[:, None] * y)
    assert np.signbit(outer([-0.0], [1.0])).all()


def test_outer_into_out_that_overlaps_the_inputs():
    buffer = np.arange(12.0)
    x, y = buffer[:3], buffer[4:8]
    expected = outer(x.copy(), y.copy())
    out = buffer.reshape(3, 4)
    assert outer(x, y, out=out) is out
    np.testing.assert_array_equal(out, expected)
