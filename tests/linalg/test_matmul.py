"""matmul, matvec, vecmat: values, error bounds, the documented order of operations, on every instruction set."""

import functools
import itertools

import numpy as np
import pytest

from mathcore.linalg import matmul, matvec, vecmat
from tests.layouts import EDGES, INTEGERS, values
from tests.ops import OPS, Shape, check
from tests.oracles import (
    assert_same_bits,
    assert_same_specials,
    chain_roundings,
    error_in_eps,
    fma_scalar,
    gamma,
    lane_roundings,
    ordered_product,
)
from tests.tuning import KC, is_fused, tuned, using_isa

FLOATS = (np.float32, np.float64)


@functools.cache
def operands(m, k, n, dtype, seed=0):
    rng = np.random.default_rng([seed, m, k, n])
    a, b = values(rng, (m, k), dtype), values(rng, (k, n), dtype)
    a.flags.writeable = b.flags.writeable = False
    return a, b


@functools.cache
def in_order(m, k, n, dtype, kc, fused):
    """The documented bits: the slow oracle, once for all instruction sets."""
    return ordered_product(*operands(m, k, n, dtype), kc, fused)


def every_pair_of_edges(limit):
    """(m, k, n) from EDGES: each pair of sizes once, the third drawn so that m k n stays under the limit."""
    rng = np.random.default_rng(1)
    shapes = set()
    for x, y in itertools.product(EDGES, EDGES):
        for place in range(3):
            fitting = [z for z in EDGES if x * y * z <= limit]
            shape = [x, y]
            shape.insert(place, int(rng.choice(fitting)))
            shapes.add(tuple(shape))
    return sorted(shapes)


# ------------------------------------------------------------------ tile edges

@pytest.mark.parametrize("dtype", FLOATS)
def test_every_bit_is_that_of_the_documented_order(isa, dtype):
    """All sizes around lanes, tiles and blocks whose oracle is cheap."""
    for m, k, n in every_pair_of_edges(10_000):
        assert_same_bits(matmul(*operands(m, k, n, dtype)), in_order(m, k, n, dtype, KC, is_fused(isa)),
                         f"{m} x {k} x {n}")


@pytest.mark.parametrize("dtype", FLOATS)
def test_error_is_within_the_documented_bound_at_every_edge(isa, dtype):
    """Large ones too; the promise of the docstring, and the tighter number of roundings that the order has."""
    for m, k, n in every_pair_of_edges(1_000_000)[::5]:
        error = error_in_eps(matmul(*operands(m, k, n, dtype)), *operands(m, k, n, dtype))
        roundings = lane_roundings(k, dtype) if n == 1 else chain_roundings(k)
        assert error <= gamma(roundings, dtype), f"{m} x {k} x {n}"
        assert error <= (k if k <= KC else KC + k / KC), f"{m} x {k} x {n}"


def test_sizes_of_tiles_exhaustively(isa):
    """Every remainder of rows and columns of the tiles, k one to three."""
    rng = np.random.default_rng(2)
    for dtype, columns in ((np.float64, 50), (np.float32, 98)):
        a, b = values(rng, (18, 3), dtype), values(rng, (3, columns), dtype)
        for k in (1, 2, 3):
            whole = ordered_product(a[:, :k], b[:k], fused=is_fused(isa))
            for m, n in itertools.product(range(1, 19), range(2, columns + 1)):
                assert_same_bits(matmul(a[:m, :k], b[:k, :n]), whole[:m, :n], f"{m} x {k} x {n}")


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(("kc", "mc", "nc"), [(1, 1, 1), (2, 8, 16), (3, 16, 1), (7, 1, 32), (8, 12, 48), (63, 24, 24)])
def test_blocks_and_packing_at_small_sizes(isa, dtype, kc, mc, nc):
    """Under 64 both operands are packed, so that every loop over blocks has several rounds here."""
    with tuned(kc=kc, mc=mc, nc=nc):
        for m, k, n in [(1, 9, 30), (5, 5, 5), (9, 8, 7), (17, 15, 49), (26, 7, 100), (50, 16, 3), (40, 17, 8),
                        (33, 130, 53)]:
            a, b = operands(m, k, n, dtype)
            expected = in_order(m, k, n, dtype, kc, is_fused(isa))
            assert_same_bits(matmul(a, b), expected, f"{m} x {k} x {n}")
            assert_same_bits(matmul(np.asfortranarray(a), np.asfortranarray(b)), expected, f"{m} x {k} x {n}, Fortran")
            assert_same_bits(matmul(a, b, workers=3), expected, f"{m} x {k} x {n}, threads")


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("m", [3, 8, 12])
def test_few_rows_times_a_matrix_beyond_the_caches(isa, dtype, m):
    """B is read row after row from 24 MB on. Rows that share memory make it large without filling any."""
    rng = np.random.default_rng(3)
    k, n = 2 * KC + 70, 25_000_000 // np.dtype(dtype).itemsize // 1000 + 13
    b = np.lib.stride_tricks.sliding_window_view(values(rng, 9 * k + n, dtype), n)[: 9 * k : 9]
    a = values(rng, (m, k), dtype)
    chosen = np.r_[0:20, n // 2:n // 2 + 20, n - 40:n]      # the oracle takes each column by itself
    expected = ordered_product(a, b[:, chosen], fused=is_fused(isa))
    for workers in (1, 2):
        assert_same_bits(matmul(a, b, workers=workers)[:, chosen], expected, f"{workers} threads")


def test_worst_case_of_the_error_bound(isa):
    """Terms just under half a unit of the sum are all lost: the error reaches its bound, which is no loose one."""
    for dtype, k in itertools.product(FLOATS, (2, 100, KC, KC + 1, 3 * KC)):
        half = np.finfo(dtype).eps / 2
        a, b = np.full((3, k), half * 0.999, dtype), np.ones((k, 9), dtype)
        a[:, ::KC] = 1
        blocks = -(-k // KC)
        error = error_in_eps(matmul(a, b), a, b)
        reached = (k - blocks) * 0.999 / (2 * blocks)       # what the blocks lose, in units of their number
        assert 0.9 * reached <= error <= gamma(chain_roundings(k), dtype) <= (k if k <= KC else KC + k / KC)


# ------------------------------------------------------------------ integers

@pytest.mark.parametrize("dtype", INTEGERS)
def test_integers_wrap_around_like_numpys(isa, dtype):
    """Full-range values: nearly every sum overflows."""
    for m, k, n in [(0, 3, 2), (1, 1, 1), (1, 30, 20), (7, 8, 9), (24, 48, 25), (49, 23, 97), (60, 5, 1), (90, 513, 3),
                    (25, 600, 31), (97, 96, 95)]:
        a, b = operands(m, k, n, dtype)
        with np.errstate(over="ignore"):
            np.testing.assert_array_equal(matmul(a, b), np.matmul(a, b), strict=True)
    with tuned(kc=3, mc=8, nc=16):
        a, b = operands(25, 14, 50, dtype)
        np.testing.assert_array_equal(matmul(a, b), np.matmul(a, b), strict=True)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "int32"])
def test_narrow_integers_are_exact_in_int64(isa, dtype):
    a, b = operands(33, 700, 17, dtype)
    expected = np.matmul(a.astype(np.int64), b.astype(np.int64))
    for c in (matmul(a, b, dtype=np.int64), matvec(a, b[:, 0], dtype=np.int64), vecmat(a[0], b, dtype=np.int64)):
        assert c.dtype == np.int64
        wanted = {2: expected, 1: expected[:, 0] if c.shape == (33,) else expected[0]}[c.ndim]
        np.testing.assert_array_equal(c, wanted)


def test_dtype_is_the_type_of_computation():
    a, b = (x & 15 for x in operands(5, 40, 6, np.int16))      # exact in every type and order
    for dtype in (np.float32, np.float64, np.int32, np.complex128, np.longdouble):
        result = matmul(a, b, dtype=dtype)
        assert result.dtype == dtype
        np.testing.assert_array_equal(result, np.matmul(a, b, dtype=dtype, casting="same_kind"))


def test_float16_is_computed_in_float32(isa):
    for m, k, n in [(1, 1, 1), (9, 40, 25), (30, 600, 1), (1, 50, 30), (60, 513, 8)]:
        a, b = operands(m, k, n, np.float16)
        assert_same_bits(matmul(a, b), matmul(a.astype(np.float32), b.astype(np.float32)).astype(np.float16))
        check(OPS["matmul"], Shape(m, k, n), (a, b), {}, matmul(a, b))


def test_float16_overflows_to_infinity_only_at_the_end():
    """The sum leaves float16's range and comes back: exact in float32."""
    a = np.array([[60000, 60000, -60000]], np.float16)
    assert matmul(a, np.ones((3, 2), np.float16)).tolist() == [[60000, 60000]]
    with np.errstate(over="ignore"):
        assert np.isposinf(matmul(a[:, :2], np.ones((2, 2), np.float16))).all()


# ------------------------------------------------------------------ special values

SPECIALS = (np.nan, np.inf, -np.inf)


@pytest.mark.parametrize("dtype", FLOATS)
def test_nan_and_inf_spread_as_numpys(isa, dtype):
    """One special value at every place of either operand: rows and columns of it, and nothing else."""
    for m, k, n in [(1, 5, 20), (9, 5, 1), (9, 9, 9), (20, 17, 3), (11, 3, 30)]:
        rng = np.random.default_rng([m, k, n])
        a, b = rng.integers(-2, 3, (m, k)).astype(dtype), rng.integers(-2, 3, (k, n)).astype(dtype)
        for special in SPECIALS:
            for x, i in [(0, i) for i in range(a.size)] + [(1, i) for i in range(b.size)]:
                pair = [a.copy(), b.copy()]
                pair[x].flat[i] = special
                with np.errstate(invalid="ignore"):
                    expected = np.matmul(*(p.astype(np.longdouble) for p in pair)).astype(dtype)
                actual = matmul(*pair)
                assert_same_specials(actual, expected, f"{m} x {k} x {n}, {special} at {i} of operand {x}")
                finite = np.isfinite(expected)
                np.testing.assert_array_equal(actual[finite], expected[finite])     # small integers: exact


def test_infinities_of_both_signs_and_zeros_make_nan(isa):
    row = np.array([[np.inf, -np.inf]])
    assert np.isnan(matmul(row, np.ones((2, 9)))).all()
    assert np.isnan(matmul(np.array([[np.inf, 1.0]]), np.zeros((2, 9)))).all()
    assert np.isposinf(matmul(row, np.array([[1.0] * 9, [-1.0] * 9]))).all()


def test_overflow_is_infinity(isa):
    for dtype in FLOATS:
        big = np.finfo(dtype).max
        for n in (1, 3, 30):
            c = matmul(np.full((9, 2), big, dtype), np.full((2, n), 2, dtype))
            assert np.isposinf(c).all()
            assert np.isneginf(matmul(np.full((9, 2), -big, dtype), np.full((2, n), 2, dtype))).all()


def test_zero_times_anything_finite_is_plus_zero(isa):
    """The chain begins with +0, so a product of zeros has no minus."""
    for m, k, n in [(1, 1, 2), (1, 3, 30), (9, 9, 3), (20, 2, 30), (9, 70, 1)]:
        c = matmul(np.full((m, k), -0.0), np.ones((k, n)))
        assert not np.signbit(c).any(), f"{m} x {k} x {n}"


@pytest.mark.parametrize("dtype", FLOATS)
def test_gradual_underflow(isa, dtype):
    """Products and sums among subnormal numbers, against rational arithmetic rounded step by step."""
    def step(x, y, total):
        if is_fused(isa):
            return fma_scalar(x, y, total, dtype)
        return fma_scalar(fma_scalar(x, y, 0, dtype), 1, total, dtype)

    rng = np.random.default_rng(5)
    scale = np.sqrt(np.finfo(dtype).smallest_normal / 4, dtype=dtype)
    for m, k, n in [(2, 3, 4), (9, 4, 2), (1, 4, 9), (3, 6, 3), (30, 2, 30)]:
        a, b = (values(rng, s, dtype) * scale for s in ((m, k), (k, n)))
        expected = np.zeros((m, n), dtype)
        for i, j in np.ndindex(m, n):
            for p in range(k):
                expected[i, j] = step(a[i, p], b[p, j], expected[i, j])
        assert (np.abs(expected[expected != 0]) < np.finfo(dtype).smallest_normal).any()
        np.testing.assert_array_equal(matmul(a, b), expected)
        # two terms, each in a lane of its own: the fold is one sum
        lanes = [step(step(a[i, 0], b[0, 0], dtype(0)), 1, step(a[i, 1], b[1, 0], dtype(0))) for i in range(m)]
        np.testing.assert_array_equal(matvec(a[:, :2], b[:2, 0]), lanes)


# ------------------------------------------------------------------ shapes

@pytest.mark.parametrize(("shape1", "shape2"), [
    ((3,), (3,)), ((3,), (3, 4)), ((2, 3), (3,)), ((5, 2, 3), (3,)), ((3,), (5, 3, 4)), ((5, 2, 3), (3, 4)),
    ((2, 3), (5, 3, 4)),
    ((5, 2, 3), (5, 3, 4)), ((1, 2, 3), (5, 3, 4)), ((5, 2, 3), (1, 3, 4)), ((7, 1, 2, 3), (5, 3, 4)),
    ((5, 2, 3), (7, 1, 3, 4)),
    ((7, 5, 2, 3), (7, 1, 3, 4)), ((2, 1, 3, 1, 4, 5), (1, 6, 1, 7, 5, 2)), ((5, 1, 3), (3, 1)), ((5, 1, 3), (5, 3, 1)),
    ((4, 1, 1), (1, 1)),
    ((0, 2, 3), (3, 4)), ((0, 3), (3, 4)), ((2, 0), (0, 4)), ((2, 3), (3, 0)), ((5, 0, 3), (5, 3, 4)), ((0,), (0,)),
    ((0,), (0, 4)),
    ((2, 0), (0,)), ((0, 2, 0), (0, 0, 4)), ((1, 0), (0, 1)), ((3, 1, 0), (0, 5)),
    ((1,) * 10 + (2, 3), (4,) + (1,) * 8 + (3, 2)),
])
@pytest.mark.parametrize("dtype", [np.float64, np.float16, np.int8, bool, np.complex64])
def test_shapes_and_batches_are_numpys(shape1, shape2, dtype):
    rng = np.random.default_rng(0)
    a, b = (rng.integers(0, 2, shape).astype(dtype) for shape in (shape1, shape2))
    expected, actual = np.matmul(a, b), matmul(a, b)
    assert type(actual) is type(expected)
    np.testing.assert_array_equal(actual, expected, strict=True)
    if expected.ndim:
        out = np.ones_like(expected)
        assert matmul(a, b, out) is out
        np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("function", [matmul, matvec, vecmat])
@pytest.mark.parametrize("dtype2", [np.float64, np.float32])
def test_as_many_dimensions_as_numpy_has(function, dtype2):
    """64, of which NumPy's own broadcasting of shapes takes 32; operands of one dtype and of two."""
    ones = (1,) * 40
    vector, matrix = np.ones((*ones, 2)), np.ones((*ones, 2, 2))
    args = {matmul: (matrix, matrix), matvec: (matrix, vector), vecmat: (vector, matrix)}[function]
    result = function(args[0], args[1].astype(dtype2))
    np.testing.assert_array_equal(result, getattr(np, function.__name__)(*args), strict=True)


def test_empty_inner_size_gives_zeros_in_every_layout(isa):
    """Views of larger arrays keep their strides where arrays of no elements have none."""
    for m, n in itertools.product((1, 2, 9, 50), (1, 3, 9, 50)):
        a, b = np.ones((m, 5))[:, :0], np.ones((5, n))[:0]
        for x, y in ((a, b), (np.ones((m, 0)), np.ones((0, n))), (np.ones((5, m)).T[:, :0], np.ones((n, 5)).T[:0])):
            out = np.full((m, n), 7.0)
            matmul(x, y, out)
            assert not out.any(), f"{m} x 0 x {n}, strides {x.strides} {y.strides}"
        out = np.full(n, 7.0)
        vecmat(a[0], b, out)
        assert not out.any(), f"vecmat 0 x {n}"
        out = np.full(m, 7.0)
        matvec(a, b[:, 0], out)
        assert not out.any(), f"matvec {m} x 0"


@pytest.mark.parametrize("function", [matmul, matvec, vecmat])
def test_lists_and_subclasses(function):
    a, b = [[1, 2], [3, 4]], [[5.0, 6.0], [7.0, 8.0]]
    expected = getattr(np, function.__name__)(a, b)
    for convert in (list, np.array, lambda x: np.ma.array(x), memoryview_of):
        result = function(convert(a), convert(b))
        assert type(result) is np.ndarray
        np.testing.assert_array_equal(result, expected)


def memoryview_of(x):
    return memoryview(np.array(x, np.float64))


class Traced:
    """An array that brings its own arithmetic, as autodiff's do."""

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        return (ufunc.__name__, method, sorted(kwargs))


@pytest.mark.parametrize("function", [matmul, matvec, vecmat])
def test_arrays_with_their_own_arithmetic_are_asked(function):
    a = np.ones((2, 2))
    for args in ((Traced(), a), (a, Traced()), (Traced(), Traced())):
        assert function(*args)[:2] == (function.__name__, "__call__")


def test_ufunc_options_are_numpys():
    a, b = np.arange(6.0).reshape(2, 3), np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(matmul(a, b, axes=[(0, 1), (1, 0), (0, 1)]), a @ b.T)
    np.testing.assert_array_equal(matmul(a, b.T, casting="safe"), a @ b.T)
    with pytest.raises(TypeError):
        matmul(a, b.T, nonsense=1)


def test_a_result_beyond_the_address_space_is_refused():
    tall, wide = np.broadcast_to(1.0, (2**32, 2)), np.broadcast_to(1.0, (2, 2**32))
    with pytest.raises(ValueError, match="too big"):
        matmul(tall, wide)


def test_a_result_beyond_memory_is_a_memory_error():
    tall, wide = np.broadcast_to(1.0, (2**24, 2)), np.broadcast_to(1.0, (2, 2**24))
    with pytest.raises(MemoryError):     # 2 PB
        matmul(tall, wide)


# ------------------------------------------------------------------ matvec, vecmat

@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(("m", "k"),
                         [(1, 1), (3, 7), (16, 33), (17, 64), (40, 65), (9, 300), (130, 129), (5, 4095), (3, 4096),
                          (4, 4097),
                                      (2, 9000)])
def test_matvec_is_the_inner_product_of_each_row(isa, dtype, m, k):
    a, x = operands(m, k, 1, dtype)
    expected = in_order(m, k, 1, dtype, KC, is_fused(isa))[:, 0]
    assert_same_bits(matvec(a, x[:, 0]), expected)
    assert_same_bits(matmul(a, x), expected[:, None])
    assert_same_bits(matmul(a, x[:, 0]), expected)
    assert_same_bits(matvec(np.asfortranarray(a), x[:, 0]), expected, "Fortran")
    assert error_in_eps(expected[:, None], a, x) <= gamma(lane_roundings(k, dtype), dtype)
    if k <= 4096:
        assert gamma(lane_roundings(k, dtype), dtype) <= k / 64 + 8     # what the docstring says


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(("k", "n"),
                         [(1, 2), (7, 3), (33, 8), (9, 17), (64, 64), (65, 65), (511, 9), (512, 300), (513, 33),
                          (1030, 5)])
def test_vecmat_is_a_row_of_the_product(isa, dtype, k, n):
    a, b = operands(1, k, n, dtype)
    expected = in_order(1, k, n, dtype, KC, is_fused(isa))
    assert_same_bits(vecmat(a[0], b), expected[0])
    assert_same_bits(matmul(a[0], b), expected[0])
    assert_same_bits(vecmat(a[0], np.asfortranarray(b)), expected[0], "Fortran")
    assert_same_bits(matmul(a, b), expected)


@pytest.mark.parametrize("name", ["matvec", "vecmat"])
@pytest.mark.parametrize("batches",
                         [((), ()), ((4,), ()), ((), (4,)), ((4,), (4,)), ((3, 1), (4,)), ((0,), (1,)),
                          ((2, 3, 1), (3, 5))])
def test_batches_of_vectors(name, batches):
    op = OPS[name]
    for dtype, (m, k, n) in itertools.product(("float32", "float64", "int16", "float16", "complex64"),
                                              [(5, 6, 7), (1, 1, 1), (3, 70, 2), (2, 0, 3)]):
        shape = Shape(m, k, n, *batches)
        args, _ = op.sample(shape, dtype, np.random.default_rng(0))
        result = op.function(*args)
        assert result.shape == op.peer(*args).shape
        check(op, shape, args, {}, result, f"{dtype} {shape}")


def test_complex_vectors_are_conjugated_where_numpy_does():
    rng = np.random.default_rng(0)
    x, a = values(rng, 3, np.complex128), values(rng, (3, 3), np.complex128)
    np.testing.assert_array_equal(vecmat(x, a), np.vecmat(x, a))
    np.testing.assert_array_equal(matvec(a, x), np.matvec(a, x))


def test_block_sizes_of_the_tests_are_restored():
    """The same bits as without the excursion: `tuned` must not leak into other tests."""
    with using_isa("base"), tuned(kc=5):
        small = matmul(*operands(9, 40, 9, np.float64))
    with using_isa("base"):
        assert (matmul(*operands(9, 40, 9, np.float64)) != small).any()
