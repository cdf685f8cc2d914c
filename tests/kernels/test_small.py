"""Many small matrices: each lane against NumPy and against the documented order of operations, bit for bit."""

import numpy as np
import pytest

from mathcore._kernels import runtime
from tests.matrices import KINDS
from tests.oracles import assert_same_bits, multiply_add
from tests.ratios import backward_error, inverse_ratio, lu_factor_ratio, permutation, solve_ratio, unit_roundoff
from tests.small_stacks import DTYPES, ORDERS, VERBS, det, inv, kinds, lu, slogdet, solve, stack, worst
from tests.tuning import is_fused

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")
COUNTS = (0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 33)


# ------------------------------------------------------------------ LAPACK's ratios

@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", KINDS.values(), ids=str)
def test_ratios(isa, kind, dtype):
    eps = np.finfo(dtype).eps
    for n in (1, 2, 3, 4, 5, 8, 13, 32):
        a = kinds(kind, n, dtype)
        x, pivots, info = lu(a)
        assert worst(lu_factor_ratio, a, x, pivots) < 8
        assert (info > 0).all() or not kind.zero_pivot
        b = np.random.default_rng(n).standard_normal((3, n, 2)).astype(dtype)
        b *= np.abs(a).max().astype(dtype)
        y, info_of_solve, omega, rcond = solve(a, b)
        assert (info_of_solve == info).all()
        assert (rcond[info > 0] == 0).all()
        right = (info == 0) & np.isfinite(y).all((1, 2))
        assert (rcond[~right] < eps).all()
        told = omega > n * eps           # of what went wrong where factors grow
        assert worst(solve_ratio, a[right], y[right], b[right]) < 8 or kind.name == "Wilkinson" and told.all()
        z, info_of_inv, rcond = inv(a)
        assert (info_of_inv == info).all()
        right = (info == 0) & np.isfinite(z).all((1, 2)) & (rcond > eps)
        assert worst(inverse_ratio, a[right], z[right]) < 8


# ------------------------------------------------------------------ the documented order

def reference_lu(a, fused):
    """One matrix, row operations in the order that simd/small.h names."""
    a, n, pivots, info = a.copy(), len(a), [], 0
    for k in range(n):
        size = np.abs(a[k:, k])
        row = k + int(np.argmax(np.isnan(size)) if np.isnan(size).any() else np.argmax(size))
        pivots.append(row)
        a[[k, row]] = a[[row, k]]
        u = a[k, k]
        if u == 0:
            info = info or k + 1
        else:
            tiny = np.finfo(a.dtype).tiny * 2
            a[k + 1:, k] = a[k + 1:, k] * (1 / u) if tiny <= abs(u) <= 1 / tiny else a[k + 1:, k] / u
        rest = a[k + 1:, k + 1:]
        a[k + 1:, k + 1:] = multiply_add(-a[k + 1:, k, None], np.broadcast_to(a[k, k + 1:], rest.shape), rest, fused)
    return a, np.array(pivots, np.int32), info


def reference_solve(factors, pivots, b, fused):
    b, n = b[permutation(pivots, len(b))], len(b)
    for i in range(n):
        b[i + 1:] = multiply_add(-factors[i + 1:, i, None], np.broadcast_to(b[i], b[i + 1:].shape), b[i + 1:], fused)
    for i in range(n - 1, -1, -1):
        b[i] = b[i] * (1 / factors[i, i])
        b[:i] = multiply_add(-factors[:i, i, None], np.broadcast_to(b[i], b[:i].shape), b[:i], fused)
    return b


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 8, 11, 16, 19])
def test_bits_are_those_of_the_documented_order(isa, n, dtype):
    a = stack(5, n, dtype)
    b = np.random.default_rng(n).standard_normal((5, n, 6)).astype(dtype)
    x, pivots, info = lu(a)
    for columns in (1, 6):
        y = solve(a, np.ascontiguousarray(b[:, :, :columns]))[0]
        for i in range(5):
            factors, rows, first = reference_lu(a[i], is_fused(isa))
            assert_same_bits(x[i], factors)
            assert pivots[i].tolist() == rows.tolist()
            assert info[i] == first == 0
            assert_same_bits(y[i], reference_solve(factors, rows, b[i, :, :columns], is_fused(isa)))


@pytest.mark.parametrize("dtype", DTYPES)
def test_pivots_without_a_normal_reciprocal(isa, dtype):
    """They divide; multiplying by a reciprocal would give inf or 0."""
    small_number, large = np.finfo(dtype).smallest_subnormal * 3, np.finfo(dtype).max
    for u in (small_number, large):
        for n in (2, 3, 6):
            a = np.zeros((3, n, n), dtype)
            a[:, range(n), range(n)] = u
            a[:, 1:, 0] = u
            b = np.ones((3, n, 1), dtype) * u
            assert_same_bits(lu(a)[0][0], reference_lu(a[0], True)[0])
            x, info, omega, rcond = solve(a, b)
            assert (x[:, 0] == 1).all()
            assert (x[:, 1:] == 0).all()
            assert (info == 0).all()
            assert (omega == 0).all()


# ------------------------------------------------------------------ lanes, batches, threads

@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("verb", VERBS)
def test_bits_depend_on_the_matrix_alone(isa, verb, dtype):
    for n in ORDERS:
        a = stack(37, n, dtype)
        whole = VERBS[verb](a)
        order = np.random.default_rng(1).permutation(37)
        for part, permuted in zip(whole, VERBS[verb](a[order]), strict=True):
            assert_same_bits(permuted, part[order])
        for count in COUNTS:
            for part, some in zip(whole, VERBS[verb](a[20:20 + count][:17]), strict=True):
                assert_same_bits(some, part[20:20 + count][:17])


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", KINDS.values(), ids=str)
def test_one_by_itself_has_the_bits_of_a_lane(isa, kind, dtype):
    """Rows along the vectors in place of one matrix for each lane: other code."""
    for n in (5, 13, 32):
        three = kinds(kind, n, dtype)
        a = np.concatenate([three] * 6)[:16]
        b = np.random.default_rng(n).standard_normal((16, n, 5)).astype(dtype)
        for verb in (lu, inv, det, slogdet, solve):
            for sides in ((b, b[:, :, :1].copy()) if verb is solve else (None,)):
                packed = verb(a) if sides is None else verb(a, sides)
                for i in range(3):
                    one = three[i:i + 1]
                    for of_all, of_one in zip(packed, verb(one) if sides is None else verb(one, sides[i:i + 1].copy()),
                                              strict=True):
                        if not (verb is inv and packed[1][i]):       # of a singular matrix there is none
                            assert_same_bits(of_one[0], of_all[i], f"n={n} item {i}")


@pytest.mark.parametrize("verb", VERBS)
def test_threads_change_no_bit(verb):
    a = stack(3000, 9, "float64")
    whole = VERBS[verb](a)
    for workers in (2, 5):
        for part, other in zip(whole, VERBS[verb](a, workers=workers), strict=True):
            assert_same_bits(other, part)


@pytest.mark.parametrize("verb", VERBS)
def test_avx2_and_avx512_agree(verb):
    if len(runtime.available_isas()) < 3:
        pytest.skip("no AVX-512 here")
    results = []
    for name in ("avx2", "avx512"):
        runtime.set_isa(name)
        results += [[VERBS[verb](stack(19, n, dtype)) for n in ORDERS for dtype in DTYPES]]
    for one, other in zip(*results, strict=True):
        for x, y in zip(one, other, strict=True):
            assert_same_bits(x, y)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("verb", VERBS)
def test_a_bad_lane_stays_alone(isa, verb, dtype):
    for n in (1, 2, 3, 4, 5, 8, 13, 32):
        a = stack(33, n, dtype)
        clean = VERBS[verb](a)
        bad = a.copy()
        bad[3] = 0
        bad[8, 0, -1] = np.nan
        bad[9, -1, 0] = np.inf
        bad[17, :, n // 2] = 0
        bad[30] = np.finfo(dtype).max
        others = np.setdiff1d(np.arange(33), (3, 8, 9, 17, 30))
        for part, with_bad in zip(clean, VERBS[verb](bad), strict=True):
            assert_same_bits(with_bad[others], part[others])


# ------------------------------------------------------------------ singular, NaN, inf

@pytest.mark.parametrize("dtype", DTYPES)
def test_info_names_the_first_zero_pivot(isa, dtype):
    for n in (1, 2, 3, 4, 5, 9, 16):
        for k in range(n):
            a = np.triu(stack(5, n, dtype)) + 3 * np.eye(n, dtype=dtype)
            a[2, :, k] = 0
            expected = [0, 0, k + 1, 0, 0]
            x, pivots, info = lu(a)
            assert info.tolist() == expected
            assert worst(lu_factor_ratio, a, x, pivots) < 8
            b = np.ones((5, n, 1), dtype)
            y, info, _, rcond = solve(a, b)
            assert info.tolist() == expected
            assert (rcond == [1, 1, 0, 1, 1]).all() or (rcond[[0, 1, 3, 4]] > 0).all()
            assert rcond[2] == 0
            assert np.isfinite(y[[0, 1, 3, 4]]).all()
            assert not np.isfinite(y[2]).all()
            x, info, rcond = inv(a)
            assert info.tolist() == expected
            assert rcond[2] == 0
            assert det(a)[0][2] == 0
            sign, logarithm = slogdet(a)
            assert (sign[2], logarithm[2]) == (0, -np.inf)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_not_finite_comes_out(isa, value, dtype):
    """Wherever it stands: no answer may look like one."""
    for n in (1, 2, 3, 4, 5, 8, 11):
        a = np.broadcast_to(stack(1, n, dtype), (n * n, n, n)).copy()
        a.reshape(n * n, n * n)[range(n * n), range(n * n)] = value
        b = np.ones((n * n, n, 2), dtype)
        _, _, omega, rcond = solve(a, b)
        assert not (omega < 1).any()
        assert not np.isfinite(slogdet(a)[1]).any()
        if np.isnan(value):
            assert np.isnan(rcond).all()
            assert np.isnan(det(a)[0]).all()
            assert np.isnan(inv(a)[0]).any((1, 2)).all()
            assert np.isnan(lu(a)[0]).any((1, 2)).all()
        else:
            assert not (rcond > 0).any()
        b[:, 0, 1] = value
        a = stack(n * n, n, dtype)
        x, _, omega, _ = solve(a, b)
        assert np.isfinite(x[:, :, 0]).all()
        assert not np.isfinite(x[:, :, 1]).all(1).any()
        assert not (omega < 1).any()


# ------------------------------------------------------------------ right-hand sides

@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("trans", [False, True])
def test_right_hand_sides(isa, trans, dtype):
    for n in (1, 2, 3, 4, 5, 17):
        a = stack(19, n, dtype)
        for k in (1, 3, 16, 17, 35):
            b = np.random.default_rng(k).standard_normal((19, n, k)).astype(dtype)
            x, info, _, _ = solve(a, b, trans)
            assert worst(solve_ratio, np.swapaxes(a, 1, 2) if trans else a, x, b) < 16
            assert (info == 0).all()
            columns = [solve(a, np.ascontiguousarray(b[:, :, j:j + 1]), trans)[0] for j in range(k)]
            assert_same_bits(x, np.concatenate(columns, axis=2))
            one = solve(a, b[:1], trans)[0]
            assert_same_bits(one, solve(a, np.ascontiguousarray(np.broadcast_to(b[:1], b.shape)), trans)[0])
        assert_same_bits(solve(np.ascontiguousarray(np.swapaxes(a, 1, 2)), b, not trans)[0], x)


def test_items_apart():
    a = stack(40, 5, "float64")[::2]
    b = np.random.default_rng(0).standard_normal((40, 5, 2))[::-2]
    x = solve(a, b)[0]
    assert_same_bits(x, solve(a.copy(), b.copy())[0])
    assert_same_bits(lu(a)[0], lu(a.copy())[0])


@pytest.mark.parametrize("dtype", DTYPES)
def test_omega_is_the_backward_error(isa, dtype):
    """Wilkinson's matrix grows by 2^(n-1): the answer is wrong, and omega says so."""
    n, eps = 32, unit_roundoff(dtype)
    b = np.random.default_rng(3).standard_normal((4, n, 2)).astype(dtype)
    growing = kinds(KINDS["Wilkinson"], n, dtype, 4)
    for a, grows in ((growing, True), (stack(4, n, dtype), False), (stack(4, 3, dtype), False)):
        right = np.ascontiguousarray(b[:, :a.shape[1]])
        x, _, omega, _ = solve(a, right)
        expected = eps * np.array([backward_error(*item) for item in zip(a, x, right, strict=True)])
        assert (np.abs(omega - expected) <= 4 * n * eps).all()
        assert (omega > 1e3 * eps).all() if grows else (omega < 60 * eps).all()


# ------------------------------------------------------------------ condition

def norm1(a):
    return np.abs(a.astype(np.longdouble)).sum(-2).max(-1)


def reciprocal_condition(a):
    """In the 1-norm, of a matrix that float64 inverts well enough."""
    a = a.astype(np.float64) / np.abs(a).max()
    return 1 / (np.abs(a).sum(0).max() * np.abs(np.linalg.inv(a)).sum(0).max())


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", KINDS.values(), ids=str)
def test_condition(isa, kind, dtype):
    """solve: below 100 eps a number within a factor of ten, above it that or 1; inv: that of its own inverse."""
    eps = np.finfo(dtype).eps
    for n in (1, 2, 3, 5, 9, 16, 32):
        a = kinds(kind, n, dtype)
        x, info, rcond = inv(a)
        own = 1 / (norm1(a) * norm1(x))
        sure = (info == 0) & (own > 4 * np.finfo(dtype).tiny)
        assert (np.abs(rcond[sure] / own[sure] - 1) <= 4 * n * eps).all()
        estimate = solve(a, np.ones((3, n, 1), dtype))[3]
        for item, zero, guess in zip(a, info, estimate, strict=True):
            if zero or kind.singular or kind.name.startswith("graded"):
                assert guess < eps or not (zero or kind.zero_pivot)
                continue
            true = reciprocal_condition(item)
            if true > 1000 * eps:        # the factors are those of a matrix n eps away
                assert guess == 1 or true / 2 < guess < 10 * true
            else:
                assert guess < 1 or true > 20 * eps


# ------------------------------------------------------------------ determinants

@pytest.mark.parametrize("dtype", DTYPES)
def test_determinants(isa, dtype):
    eps = np.finfo(dtype).eps
    for n in ORDERS:
        a = stack(21, n, dtype)
        x, pivots, _ = lu(a)
        u = np.diagonal(x, axis1=1, axis2=2).astype(np.longdouble)
        expected = np.prod(u, axis=1) * (-1.0) ** (pivots != np.arange(n)).sum(1)
        got = det(a)[0]
        assert (np.abs(got - expected) <= n * eps * np.abs(expected)).all()
        sign, logarithm = slogdet(a)
        assert (sign == np.sign(expected)).all()
        assert (np.abs(logarithm - np.log(np.abs(expected))) <= (n + 4) * eps * np.maximum(1, np.abs(logarithm))).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_determinants_beyond_the_range_on_the_way(isa, dtype):
    top = 100 if dtype == "float32" else 900
    for n in (2, 3, 4, 6, 8, 32):
        a = np.zeros((2, n, n), dtype)
        powers = np.where(np.arange(n) < n // 2, top, -top)
        if n % 2:
            powers[-1] = top - 50        # one more that lifts the product back into the range
            powers[0] = -50
        a[0, range(n), range(n)] = np.ldexp(np.ones(n, dtype), powers)
        a[1, range(n), range(n)] = np.ldexp(np.ones(n, dtype), powers[::-1])
        expected = int(powers.sum())
        assert (det(a)[0] == np.ldexp(1.0, expected)).all()
        sign, logarithm = slogdet(a)
        assert (sign == 1).all()
        assert (np.abs(logarithm - expected * np.log(2)) <= 4 * np.finfo(dtype).eps * abs(expected)).all()
        scaled = np.ldexp(stack(3, n, dtype), top).astype(dtype)
        sign, logarithm = slogdet(scaled)
        plain = slogdet(stack(3, n, dtype))
        assert (sign == plain[0]).all()
        assert np.allclose(logarithm, plain[1] + n * top * np.log(2), rtol=4 * np.finfo(dtype).eps, atol=0)
        assert (np.abs(det(scaled)[0]) == np.inf).all() or n == 1
        low = det(np.ldexp(stack(3, n, dtype), -top).astype(dtype))[0]
        assert (np.abs(low) < np.finfo(dtype).tiny).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_logarithm_of_a_determinant_near_one(isa, dtype):
    """No cancellation between the logarithm of the mantissa and that of the power of two."""
    eps = np.finfo(dtype).eps
    for n in (1, 2, 5):
        a = np.broadcast_to(np.eye(n, dtype=dtype), (6, n, n)).copy()
        a[:, 0, 0] = [1 - eps, 1 - eps / 2, 1, 1 + eps, 0.75, 1.5]
        expected = np.log(a[:, 0, 0].astype(np.float64))
        assert np.allclose(slogdet(a)[1], expected, rtol=2 * eps, atol=0)
