"""Cholesky factors: LAPACK's ratios over many kinds of matrices, the named triangle, layouts, batches, changes."""

import itertools

import numpy as np
import pytest
import scipy.linalg
from numpy.linalg import LinAlgError

import mathcore
from mathcore.linalg import cho_factor, cho_solve, cholesky, cholesky_downdate, cholesky_update
from tests.layouts import LAYOUTS
from tests.oracles import assert_same_bits

FLOATS = ("float32", "float64")
SIZES = (1, 2, 3, 4, 5, 8, 10, 17, 31, 32, 33, 50, 63, 64, 65, 127, 128, 129, 200, 500)
TRIANGLES = (False, True)


# ------------------------------------------------------------------ matrices

def definite(rng, n, dtype, batch=()):
    x = rng.standard_normal((*batch, n, n + 4))
    return (x @ x.swapaxes(-1, -2) + np.eye(n)).astype(dtype)


def _spectrum(values):
    """An orthogonal similarity of a diagonal."""
    def make(rng, n):
        q = np.linalg.qr(rng.standard_normal((n, n)))[0]
        a = (q * values(n)) @ q.T
        return (a + a.T) / 2

    return make


def _graded(rng, n):
    d = np.exp2(np.linspace(0, 30, n))
    return definite(rng, n, "f8") * d * d[:, None]


def _graded_down(rng, n):
    return _graded(rng, n)[::-1, ::-1]


def _hilbert(rng, n):
    a = scipy.linalg.hilbert(n)
    return a + n * 2.0**-23 * np.eye(n)


def _kahan(rng, n):
    s = np.sin(1.2) ** np.arange(n)
    u = s[:, None] * (np.eye(n) - np.cos(1.2) * np.triu(np.ones((n, n)), 1))
    return u.T @ u + n * 2.0**-20 * np.eye(n)


def _vandermonde(rng, n):
    v = np.vander(np.linspace(-1, 1, n))
    return v.T @ v + n * 2.0**-18 * np.eye(n)


def _wilkinson(rng, n):
    return np.diag(np.abs(np.arange(n) - (n - 1) / 2) + 2) + np.diag(np.ones(n - 1), 1) + np.diag(np.ones(n - 1), -1)


def _scaled_rows(rng, n):
    d = np.exp2(rng.integers(-60, 60, n).astype(float))
    return definite(rng, n, "f8") * d * d[:, None]


KINDS = {
    "random": lambda rng, n: definite(rng, n, "f8"),
    "diagonal": lambda rng, n: np.diag(rng.uniform(0.5, 2, n)),
    "identity": lambda rng, n: np.eye(n),
    "equal off the diagonal": lambda rng, n: np.full((n, n), 0.99) + 0.01 * np.eye(n),
    "second difference": lambda rng, n: 2 * np.eye(n) - np.eye(n, k=1) - np.eye(n, k=-1),
    "minimum": lambda rng, n: np.minimum(*np.ogrid[1:n + 1, 1:n + 1]).astype(float),
    "one small eigenvalue": _spectrum(lambda n: np.r_[np.ones(n - 1), n * 2.0**-18]),
    "geometric spectrum": _spectrum(lambda n: np.geomspace(1, 2.0**-14, n)),
    "arithmetic spectrum": _spectrum(lambda n: np.linspace(1, 2.0**-14, n)),
    "one large eigenvalue": _spectrum(lambda n: np.r_[1, np.full(n - 1, 2.0**-10)]),
    "graded": _graded, "graded down": _graded_down, "Hilbert": _hilbert, "Kahan": _kahan, "Vandermonde": _vandermonde,
    "Wilkinson": _wilkinson, "scaled rows": _scaled_rows,
}


def matrix(kind, rng, n, dtype):
    return KINDS[kind](rng, n).astype(dtype)


def ratio(a, u):
    """LAPACK's dpot01: |U^T U - A| / (n |A| eps) in the 1-norm; a power of two keeps the products inside the range."""
    half = int(np.log2(np.abs(a).max())) // 2
    wide = np.longdouble if len(a) < 100 else np.float64         # whose products are no BLAS's, so slow
    u, exact = np.ldexp(u.astype(wide), -half), np.ldexp(a.astype(wide), -2 * half)
    error = np.abs(u.T @ u - exact).sum(axis=0).max()
    return float(error / (len(a) * np.abs(exact).sum(axis=0).max() * np.finfo(a.dtype).eps))


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("kind", KINDS)
def test_ratio_of_every_kind(isa, kind, dtype):
    rng = np.random.default_rng(0)
    for n in SIZES:
        a = matrix(kind, rng, n, dtype)
        u = cholesky(a)
        assert u.dtype == a.dtype
        assert (np.diag(u) > 0).all()
        assert not np.tril(u, -1).any()
        assert ratio(a, u) < 2, f"n = {n}"       # 30 is LAPACK's threshold


@pytest.mark.parametrize("dtype", FLOATS)
def test_scaling_by_powers_of_four_changes_only_exponents(dtype):
    rng = np.random.default_rng(1)
    most = 120 if dtype == "float32" else 972
    for n in (1, 3, 50, 129):
        a = definite(rng, n, dtype)
        u = cholesky(a)
        for power in (-most + 12, most - 12):
            scaled = cholesky(np.ldexp(a, power))
            assert_same_bits(scaled, np.ldexp(u, power // 2), f"2^{power}")


def test_empty():
    for shape in ((0, 0), (3, 0, 0), (0, 4, 4)):
        assert cholesky(np.empty(shape)).shape == shape
        c, _ = cho_factor(np.empty(shape, np.float32))
        assert (c.shape, c.dtype) == (shape, np.float32)
        assert cho_solve((c, False), np.empty((*shape[:-1], 2), np.float32)).shape == (*shape[:-1], 2)
        assert cholesky_update(c, np.empty((*shape[:-1], 1))).shape == shape


# ------------------------------------------------------------------ triangles, layouts, types

@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("n", [1, 2, 5, 16, 17, 64, 65, 130])
def test_only_the_named_triangle_has_a_say(isa, n, dtype):
    a = definite(np.random.default_rng(2), n, dtype)
    for lower in TRIANGLES:
        keep, drop = (np.tril, np.triu) if lower else (np.triu, np.tril)
        poisoned = np.where(keep(np.ones((n, n), bool)), a, np.nan).astype(dtype)
        expected = cholesky(a, lower)
        assert not drop(expected, 1 if lower else -1).any()
        assert_same_bits(cholesky(poisoned, lower, check_finite=False), expected)
        c, flag = cho_factor(poisoned, lower, check_finite=False)
        assert flag is lower
        assert_same_bits(keep(c), expected)
        other = drop(np.ones((n, n), bool), 1 if lower else -1)
        assert_same_bits(c[other], poisoned[other])
        b = np.ones((n, 3), dtype)
        assert_same_bits(cho_solve((c, lower), b, check_finite=False), cho_solve((expected, lower), b))
        assert_same_bits(cholesky_update(c, b, lower=lower, check_finite=False),
                         cholesky_update(expected, b, lower=lower))


@pytest.mark.parametrize("dtype", FLOATS)
def test_both_triangles_give_one_factor(dtype):
    for n in (1, 3, 64, 70, 200):
        a = definite(np.random.default_rng(3), n, dtype)
        assert_same_bits(cholesky(a, lower=True), cholesky(a).T)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(layout):
    rng = np.random.default_rng(4)
    for dtype, shape in itertools.product(FLOATS, [(5, 5), (70, 70), (3, 5, 5), (2, 3, 66, 66)]):
        a = definite(rng, shape[-1], dtype, shape[:-2])
        x = LAYOUTS[layout](a)
        b = np.ones((*shape[:-1], 2), dtype)
        for lower in TRIANGLES:
            before = x.copy()
            expected = cholesky(a, lower)
            assert_same_bits(cholesky(x, lower), expected)
            assert_same_bits(cho_factor(x, lower)[0], cho_factor(a, lower)[0])
            solved = cho_solve((LAYOUTS[layout](expected), lower), LAYOUTS[layout](b))
            assert_same_bits(solved, cho_solve((expected, lower), b))
            changed = cholesky_update(LAYOUTS[layout](expected), LAYOUTS[layout](b), lower=lower)
            assert_same_bits(changed, cholesky_update(expected, b, lower=lower))
            assert_same_bits(x, before)


@pytest.mark.parametrize("dtype", ["bool", "int8", "int64", "uint16", "float16", "float32", "float64", "complex64",
                                   "complex128", "longdouble"])
def test_types_are_scipys(dtype):
    a = (np.eye(3) if dtype == "bool" else np.array([[9, 3, 1], [3, 7, 5], [1, 5, 9]])).astype(dtype)
    # SciPy takes small integers as float32
    expected = scipy.linalg.cholesky(a.astype("f8") if a.dtype.kind in "biu" else a)
    got = cholesky(a)
    assert got.dtype == expected.dtype
    np.testing.assert_allclose(got, expected, rtol=1e-6)
    x = cho_solve(cho_factor(a), np.ones(3, got.dtype))
    np.testing.assert_allclose(a.astype(got.dtype) @ x, 1, rtol=1e-5)


def test_scalars_and_lists_are_matrices():
    assert cholesky(4.0) == [[2.0]]
    np.testing.assert_array_equal(cholesky([4]), [[2.0]])
    np.testing.assert_array_equal(cholesky([[4, 2], [2, 10]], lower=True), [[2, 0], [1, 3]])


def test_overwrite():
    for lower in TRIANGLES:
        a = definite(np.random.default_rng(5), 70, "f8")
        expected = cholesky(a, lower)
        own = np.asfortranarray(a) if lower else a.copy()
        c = cholesky(own, lower, overwrite_a=True)
        assert np.shares_memory(c, own)
        assert_same_bits(c, expected)
        foreign = a.copy() if lower else np.asfortranarray(a)
        assert_same_bits(cholesky(foreign, lower, overwrite_a=True), expected)
    b = np.ones((70, 2))
    x = cho_solve((expected, True), b)
    assert cho_solve((expected, True), b, overwrite_b=True) is not x
    assert_same_bits(b, x)


# ------------------------------------------------------------------ bits

@pytest.mark.parametrize("dtype", FLOATS)
def test_bits_do_not_depend_on_threads(dtype):
    rng = np.random.default_rng(6)
    for n in (5, 64, 200, 530, 700):
        a = definite(rng, n, dtype)
        b = rng.standard_normal((n, 20)).astype(dtype)
        u = cholesky(a, workers=1)
        x = cho_solve((u, False), b, workers=1)
        for workers in (2, 3, 5):
            assert_same_bits(cholesky(a, workers=workers), u, f"n = {n}, {workers} threads")
            assert_same_bits(cho_solve((u, False), b, workers=workers), x)


@pytest.mark.parametrize("dtype", FLOATS)
def test_an_item_of_a_batch_has_its_own_bits(isa, dtype):
    rng = np.random.default_rng(7)
    for count, n in ((300, 2), (40, 5), (20, 33), (9, 70), (3, 200)):
        a = definite(rng, n, dtype, (count,))
        b = rng.standard_normal((count, n, 2)).astype(dtype)
        for lower, workers in itertools.product(TRIANGLES, (1, 2, 4)):
            c = cholesky(a, lower, workers=workers)
            x = cho_solve((c, lower), b, workers=workers)
            v = cholesky_update(c, b, lower=lower, workers=workers)
            for i in (0, 1, count - 1):
                assert_same_bits(c[i], cholesky(a[i], lower))
                assert_same_bits(x[i], cho_solve((c[i], lower), b[i]))
                assert_same_bits(v[i], cholesky_update(c[i], b[i], lower=lower))


def test_batches_and_their_shapes():
    rng = np.random.default_rng(8)
    a = definite(rng, 4, "f8", (2, 3))
    c, lower = cho_factor(a)
    assert (lower.shape, lower.dtype) == ((2, 3), bool)
    for shape in ((4,), (4, 5), (3, 4, 5), (2, 1, 4, 5), (7, 2, 3, 4, 1)):
        b = rng.standard_normal(shape)
        x = cho_solve((c, lower), b)
        y = x[..., None] if b.ndim == 1 else x
        np.testing.assert_allclose(a @ y, np.broadcast_to(b[:, None] if b.ndim == 1 else b, y.shape), atol=1e-9)
    one = cho_solve((c[0, 0], False), rng.standard_normal((6, 4, 2)))
    assert one.shape == (6, 4, 2)
    huge = np.broadcast_to(a[0, 0], (1000, 4, 4))
    assert_same_bits(cholesky(huge)[999], cholesky(a[0, 0]))


# ------------------------------------------------------------------ failures

@pytest.mark.parametrize("dtype", FLOATS)
def test_the_failing_minor_is_named(isa, dtype):
    rng = np.random.default_rng(9)
    for n in (1, 2, 7, 63, 64, 65, 130, 200):
        for k in sorted({1, 2, n // 2, n - 1, n} & set(range(1, n + 1))):
            a = definite(rng, n, dtype)
            a[k - 1, k - 1] = -1
            for lower in TRIANGLES:
                with pytest.raises(LinAlgError, match=f"^cholesky: {k}-th leading minor of the array is") as e:
                    cholesky(a, lower)
                assert (e.value.index, e.value.info) == ((), k)


@pytest.mark.parametrize("n", [1, 3, 20, 70])
def test_failing_items_spoil_no_others(n):
    rng = np.random.default_rng(10)
    a = definite(rng, n, "f8", (4, 5))
    bad = [(0, 1), (3, 4)]
    for at in bad:
        a[at][-1, -1] = -1
    with pytest.raises(LinAlgError, match=r"^cholesky: matrices \[\(0, 1\), \(3, 4\)\] of the batch") as e:
        cholesky(a)
    assert e.value.index == (0, 1)
    for lower in TRIANGLES:
        c = cholesky(a, lower, on_failure="nan")
        failed = np.isnan(c).all(axis=(-1, -2))
        assert sorted(zip(*np.nonzero(failed), strict=True)) == bad
        assert_same_bits(c[2, 2], cholesky(a[2, 2], lower))
        assert not np.isnan(c[~failed]).any()
    assert np.isnan(cholesky(a[0, 1], on_failure="nan")).all()


@pytest.mark.parametrize("dtype", FLOATS)
def test_nan_anywhere_in_the_triangle_is_an_error_or_nan(isa, dtype):
    for n in (1, 2, 3, 5, 8, 66):
        a = definite(np.random.default_rng(11), n, dtype)
        places = zip(*np.triu_indices(n), strict=True) if n < 9 else [(0, 0), (3, 65), (65, 65), (64, 65)]
        for i, j in places:
            x = a.copy()
            x[i, j] = np.nan
            with pytest.raises(LinAlgError):
                cholesky(x, check_finite=False)


def test_an_error_leaves_the_input_alone():
    a = -np.eye(3)
    with pytest.raises(LinAlgError):
        cholesky(a)
    np.testing.assert_array_equal(a, -np.eye(3))


# ------------------------------------------------------------------ solving

@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("n", [1, 2, 5, 64, 65, 200])
def test_cho_solve_is_backward_stable(isa, n, dtype):
    rng = np.random.default_rng(12)
    a = definite(rng, n, dtype)
    for lower, m in itertools.product(TRIANGLES, (None, 1, 3, 40)):
        b = rng.standard_normal((n,) if m is None else (n, m)).astype(dtype)
        x = cho_solve(cho_factor(a, lower), b)
        assert x.dtype == a.dtype
        assert x.shape == b.shape
        residual = np.abs(a.astype("f8") @ x.astype("f8") - b).max()
        assert residual <= 3 * n * np.finfo(dtype).eps * np.abs(a).sum(axis=1).max() * np.abs(x).max()


# ------------------------------------------------------------------ changes of low rank

@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("n", [1, 2, 3, 9, 16, 50, 130])
def test_update_and_downdate(isa, n, dtype):
    rng = np.random.default_rng(13)
    a = definite(rng, n, "f8")
    for k, lower in itertools.product((None, 1, 2, 7, 8, 9, 20), TRIANGLES):
        x = rng.standard_normal((n,) if k is None else (n, k)).astype(dtype)
        columns = x.reshape(n, -1).astype("f8")
        changes = columns.shape[1] + 1
        c = cholesky(a.astype(dtype), lower)
        up = cholesky_update(c, x, lower=lower)
        assert up.dtype == np.dtype(dtype)
        u = (up.T if lower else up).astype("f8")
        assert not np.tril(u, -1).any()
        sum_ = a + columns @ columns.T
        tolerance = 8 * n * changes * np.finfo(dtype).eps * np.linalg.norm(sum_, 1)
        assert np.linalg.norm(u.T @ u - sum_, 1) <= tolerance
        down = cholesky_downdate(up, x, lower=lower)
        v = (down.T if lower else down).astype("f8")
        assert not np.tril(v, -1).any()
        assert np.linalg.norm(v.T @ v - a, 1) <= 2 * tolerance


@pytest.mark.parametrize("dtype", FLOATS)
def test_changes_keep_their_scale(dtype):
    rng = np.random.default_rng(14)
    c, x = cholesky(definite(rng, 20, dtype)), rng.standard_normal((20, 3)).astype(dtype)
    up, down = cholesky_update(c, x), cholesky_downdate(c, x / 8)
    for power in (-110, 110) if dtype == "float32" else (-972, 972):
        big, y = np.ldexp(c, power), np.ldexp(x, power)
        assert_same_bits(cholesky_update(big, y), np.ldexp(up, power))
        assert_same_bits(cholesky_downdate(big, y / 8), np.ldexp(down, power))


def test_downdate_that_takes_too_much():
    c = np.eye(5)
    for k in range(5):
        x = np.zeros(5)
        x[k] = 1.0
        with pytest.raises(LinAlgError, match=f"^cholesky_downdate: {k + 1}-th leading minor") as e:
            cholesky_downdate(c, x)
        assert e.value.info == k + 1
        assert np.isnan(cholesky_downdate(c, x, on_failure="nan")).all()
    np.testing.assert_array_equal(c, np.eye(5))
    batch = cholesky_downdate(c, np.stack([0.5 * np.eye(5)[:, :1], 2 * np.eye(5)[:, :1]]), on_failure="nan")
    assert np.isnan(batch[1]).all()
    np.testing.assert_allclose(batch[0], np.diag([0.75**0.5, 1, 1, 1, 1]))
    with pytest.raises(LinAlgError):
        cholesky_downdate(c, np.array([np.nan, 0, 0, 0, 0]), check_finite=False)
    assert np.isnan(cholesky_update(c, np.array([np.nan, 0, 0, 0, 0]), check_finite=False)[0]).all()


def test_zeros_update_to_zeros():
    np.testing.assert_array_equal(cholesky_update(np.zeros((3, 3)), np.zeros(3)), np.zeros((3, 3)))
    np.testing.assert_array_equal(cholesky_update(np.zeros((2, 2)), np.array([3.0, 4.0])), [[3, 4], [0, 0]])


def test_default_threads_are_respected():
    a = definite(np.random.default_rng(15), 300, "f8")
    with mathcore.threads(2):
        two = cholesky(a)
    with mathcore.threads(1):
        assert_same_bits(cholesky(a), two)
