"""vecdot and outer: values, the documented order of vecdot, axes, batches. normalize, angle, project: directions."""

import itertools

import numpy as np
import pytest

from mathcore.linalg import angle, matvec, normalize, outer, project, vecdot
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


# ------------------------------------------------------------------ normalize, angle, project

@pytest.mark.parametrize("dtype", FLOATS)
def test_normalized_vectors_have_length_1_and_their_direction(dtype):
    rng, eps = np.random.default_rng(8), np.finfo(dtype).eps
    for k in (1, 2, 3, 64, 1000):
        x = rng.standard_normal((4, k)).astype(dtype)
        for order in (1, 2, 3.5, np.inf):
            y = normalize(x, ord=order)
            assert y.dtype == dtype
            length = np.linalg.norm(x.astype(np.longdouble), order, axis=-1, keepdims=True)
            allowed = (k / 128 + 6 if order == 2 else k + 16) * eps * np.abs(x / length)
            assert (np.abs(y - x / length) <= allowed).all()


def test_normalize_of_known_and_extreme_vectors():
    np.testing.assert_array_equal(normalize([3, 4]), [0.6, 0.8])
    np.testing.assert_array_equal(normalize([[3, 0], [4, 2]], axis=0), [[0.6, 0], [0.8, 1]])
    np.testing.assert_array_equal(normalize([1, -3], ord=1), [0.25, -0.75])
    np.testing.assert_array_equal(normalize([1, -4], ord=np.inf), [0.25, -1])
    np.testing.assert_allclose(normalize([1e-300, 2e-300], ord=2000), [0.5, 1])     # whose powers underflow
    assert_same_bits(normalize([0.0, -0.0]), np.array([0.0, -0.0]))
    assert normalize(np.ones((3, 0))).shape == (3, 0)
    assert normalize(np.ones((0, 3))).shape == (0, 3)
    assert normalize(np.ones(2, np.float16)).dtype == np.float32
    for bad in ([np.inf, 1.0], [np.nan, 1.0], [np.inf, np.inf], [-np.inf, 0.0]):
        for order in (1, 2, 3, np.inf):
            assert np.isnan(normalize([bad, [3.0, 4.0]], ord=order)[0]).all()
            assert np.isfinite(normalize([bad, [3.0, 4.0]], ord=order)[1]).all()


@pytest.mark.parametrize("dtype", FLOATS)
def test_lengths_do_not_matter_for_directions(dtype):
    rng, info = np.random.default_rng(9), np.finfo(dtype)
    u, v = rng.standard_normal((2, 5)).astype(dtype)
    plane = rng.standard_normal((5, 2)).astype(dtype)
    for k in (info.minexp + 10, -1, 3, info.maxexp - 3):
        big = np.ldexp(u, k)
        for order in (1, 2, 3, np.inf):
            assert_same_bits(normalize(big, ord=order), normalize(u, ord=order))
        assert_same_bits(angle(big, v), angle(u, v))
        assert_same_bits(angle(v, big), angle(v, u))
        assert_same_bits(project(v, big), project(v, u))
        assert_same_bits(project(v, np.ldexp(plane, [k, 1])), project(v, plane))
        if k > info.minexp + 10:
            assert_same_bits(project(big, plane), np.ldexp(project(u, plane), k))


@pytest.mark.parametrize("dtype", FLOATS)
def test_angles_near_0_a_right_angle_and_pi(dtype):
    eps = np.finfo(dtype).eps
    for turn in (0, 1e-30, 1e-8, 1e-3, 0.5, 1, np.pi / 2 - 1e-6, np.pi / 2, 3, np.pi - 1e-6, np.pi):
        for start in (0, 0.7, 2):
            u = np.array([np.cos(start), np.sin(start)])
            v = np.array([np.cos(start + turn), np.sin(start + turn)]) * 3
            assert abs(angle(u.astype(dtype), v.astype(dtype)) - turn) <= 12 * eps
        assert abs(angle(np.array([1, 0], dtype), np.array([1, turn * 1e-3], dtype)) - np.arctan(turn * 1e-3)) <= \
            4 * eps * turn * 1e-3
    u = np.random.default_rng(10).standard_normal(50).astype(dtype)
    assert angle(u, u) == 0
    assert angle(u, -4 * u) == dtype(np.pi)
    assert type(angle(u, u)) is dtype


def test_angles_of_batches_and_of_no_direction():
    rng = np.random.default_rng(11)
    u, v = rng.standard_normal((4, 1, 3)), rng.standard_normal((5, 3))
    got = angle(u, v)
    assert got.shape == (4, 5)
    for i, j in np.ndindex(4, 5):
        assert_same_bits(angle(u[i, 0], v[j]), got[i, j])
        cosine = u[i, 0] @ v[j] / np.linalg.norm(u[i, 0]) / np.linalg.norm(v[j])
        assert abs(np.cos(got[i, j]) - cosine) <= 1e-14
    assert_same_bits(angle(u.swapaxes(0, 2), v.T[:, :, None], axis=0), angle(u[:, 0], v[:, None]))
    for bad in ([0.0, 0.0], [np.nan, 1.0], [np.inf, 1.0]):
        assert np.isnan(angle(bad, [1.0, 2.0]))
        assert np.isnan(angle([1.0, 2.0], bad))
    assert np.isnan(angle(np.ones(0), np.ones(0)))
    assert angle(np.ones((0, 3)), np.ones(3)).shape == (0,)
    assert angle([1, 0], [0, 1]) == np.pi / 2


def test_projection_onto_a_line():
    np.testing.assert_array_equal(project([3, 4], [1, 1]), [3.5, 3.5])
    np.testing.assert_array_equal(project([3.0, 4.0], [0, 5]), [0, 4])
    np.testing.assert_allclose(project([[3.0, 4.0], [1.0, 0.0]], [1e300, 0.0]), [[3, 0], [1, 0]], rtol=1e-15)
    np.testing.assert_array_equal(project([3.0, 4.0], [0.0, 0.0]), [0, 0])
    assert project(np.ones((3, 5), np.float32), np.ones(3, np.float32), axis=0).shape == (3, 5)
    assert np.isnan(project([np.nan, 1.0], [1.0, 1.0])).all()
    assert np.isnan(project([1.0, 1.0], [np.nan, 1.0])).all()


@pytest.mark.parametrize("dtype", FLOATS)
def test_projection_onto_a_space(dtype):
    rng, eps = np.random.default_rng(12), np.finfo(dtype).eps
    for k, n, rank in ((2, 1, 1), (5, 3, 3), (5, 3, 2), (20, 8, 4), (4, 6, 3), (3, 3, 3), (3, 0, 0)):
        a = (rng.standard_normal((k, rank)) @ rng.standard_normal((rank, n))).astype(dtype)
        u = rng.standard_normal((6, k)).astype(dtype)
        p = project(u, a)
        assert p.dtype == dtype
        size = np.linalg.norm(u, axis=-1, keepdims=True)
        # the matrix of rounded elements has another space, off by eps times the condition number
        allowed = 8 * max(k, n) * eps * size * np.linalg.cond(rng.standard_normal((9, 3))) * 50
        assert (np.abs((u - p) @ a) <= allowed * np.abs(a).max(initial=1) * k).all()
        assert (np.abs(project(p, a) - p) <= allowed).all()
        assert np.linalg.norm(p, axis=-1).max() <= size.max() * (1 + 8 * k * eps)
        for i in range(6):
            assert_same_bits(project(u[i], a), p[i])
    batch = rng.standard_normal((4, 5, 2)).astype(dtype)
    got = project(np.ones(5, dtype), batch)
    for i in range(4):
        assert_same_bits(project(np.ones(5, dtype), batch[i]), got[i])
    one = project(u[0], np.eye(3, dtype=dtype)[:, :1])
    np.testing.assert_allclose(one, project(u[0], np.eye(3, dtype=dtype)[0]), atol=4 * eps)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_directions_have_the_same_bits_in_any_layout(layout):
    change, rng = LAYOUTS[layout], np.random.default_rng(13)
    u, v, a = rng.standard_normal((4, 70)), rng.standard_normal((4, 70)), rng.standard_normal((4, 70, 3))
    for order in (1, 2, 3, np.inf):
        assert_same_bits(normalize(change(u), ord=order), normalize(u, ord=order))
    assert_same_bits(angle(change(u), change(v)), angle(u, v))
    assert_same_bits(project(change(u), change(v[0])), project(u, v[0]))
    assert_same_bits(project(change(u), change(a)), project(u, a))
    assert_same_bits(normalize(change(u), axis=0), normalize(u.T.copy()).T)
