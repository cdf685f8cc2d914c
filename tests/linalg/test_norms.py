"""Norms against NumPy's and SciPy's in extended precision, extreme and special values, layouts, dtypes."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
import scipy.linalg

import mathcore
from mathcore import autodiff
from mathcore.linalg import matrix_norm, norm, normalize, vector_norm
from tests.layouts import DTYPES, LAYOUTS, values
from tests.oracles import assert_same_bits

OF_VECTORS = (None, 2, 1, 0, np.inf, -np.inf, 3, 0.5, 1.7, -1, -2)
OF_MATRICES = (None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf)
FLOATS = (np.float32, np.float64)


def tolerance(dtype, ord, n):
    """Additions of one lane, the fold and, for other p, rounded powers (Notes of norm), in both functions; singular
    values are known to n eps of the largest."""
    eps = np.finfo(dtype).eps
    if ord in ("nuc", 2, -2):
        return 100 * n * eps             # -2: relative to the smallest, a hundredth of the largest here
    p = abs(ord) if ord not in (None, "fro", 0, np.inf, -np.inf) else 1
    return (n + 3 * (1 + np.log(n + 1)) / min(p, 1) + 8) * eps / min(p, 1)


@pytest.mark.parametrize("dtype", FLOATS)
def test_vectors_along_every_axis(dtype):
    rng = np.random.default_rng(0)
    for shape in ((5,), (3, 4), (40, 9), (2, 3, 40), (2, 1, 3, 5)):
        x = values(rng, shape, dtype)
        for ord, axis, keepdims in itertools.product(OF_VECTORS, range(-x.ndim, x.ndim), (False, True)):
            want = np.linalg.norm(x, ord, axis, keepdims)
            for got in (norm(x, ord, axis, keepdims),
                        vector_norm(x, axis=axis, keepdims=keepdims, ord=2 if ord is None else ord)):
                assert got.dtype == dtype
                assert type(got) is type(want)
                np.testing.assert_allclose(got, want, rtol=tolerance(dtype, ord, x.shape[axis]), atol=0, strict=True)


@pytest.mark.parametrize("dtype", FLOATS)
def test_matrices_in_every_pair_of_axes(dtype):
    rng = np.random.default_rng(1)
    for shape in ((2, 2), (3, 5), (40, 33), (3, 4, 5), (2, 3, 3, 4)):
        x = values(rng, shape, dtype)
        for ord, axes in itertools.product(OF_MATRICES, itertools.permutations(range(x.ndim), 2)):
            for keepdims in (False, True):
                want = np.linalg.norm(x.astype(np.float64), ord, axes, keepdims)
                got = norm(x, ord, axes, keepdims)
                assert got.dtype == dtype
                np.testing.assert_allclose(got, want, rtol=tolerance(dtype, ord, 40), atol=0)
        for ord in OF_MATRICES[1:]:
            assert_same_bits(matrix_norm(x, ord=ord), norm(x, ord, (-2, -1)))
            assert_same_bits(matrix_norm(x, ord=ord, keepdims=True), norm(x, ord, (-2, -1), True))
            if x.ndim == 2:
                assert_same_bits(norm(x, ord), norm(x, ord, (0, 1)))
                np.testing.assert_allclose(norm(x.T, ord), scipy.linalg.norm(x.T, ord), atol=0,
                                           rtol=tolerance(dtype, ord, 40))


def test_all_elements():
    rng = np.random.default_rng(2)
    for shape in ((), (1,), (3, 4), (2, 3, 4), (50, 20, 9)):
        x = rng.standard_normal(shape)
        want = np.sqrt((x.astype(np.longdouble) ** 2).sum())
        for got in (norm(x), vector_norm(x), norm(np.asfortranarray(x)), norm(x, keepdims=True).ravel()[0]):
            assert abs(got - want) <= 4 * np.finfo(float).eps * want
        assert norm(x, keepdims=True).shape == (1,) * x.ndim
        assert type(norm(x)) is np.float64
        for ord in OF_VECTORS[1:] if x.size else ():
            np.testing.assert_allclose(vector_norm(x, ord=ord), np.linalg.norm(x.ravel(), ord), rtol=1e-12)
    x = rng.standard_normal((2, 3, 4, 5))
    for axes in ((0, 1), (1, 3), (3, 0, 2), (2, 1, 0, 3), (-1,), ()):
        for ord in (1, 2, np.inf, 3):
            want = np.linalg.vector_norm(x, axis=axes, ord=ord, keepdims=True)
            np.testing.assert_allclose(vector_norm(x, axis=axes, ord=ord, keepdims=True), want, rtol=1e-14)
            np.testing.assert_allclose(vector_norm(x, axis=axes, ord=ord), want.squeeze(axes), rtol=1e-14)


def test_known_values():
    assert norm([3.0, 4.0]) == 5
    assert norm([1, -2, 2]) == 3
    assert norm([1, -2, 2], 1) == 5
    assert norm([1, -2, 2], np.inf) == 2
    assert norm([1, -2, 2], -np.inf) == 1
    assert norm([1, 0, 2], 0) == 2
    assert norm([1, 0, 2], -1) == 0
    assert norm([[1, -2], [3, 4]], 1) == 6
    assert norm([[1, -2], [3, 4]], np.inf) == 7
    assert norm([[1, -2], [3, 4]], -1) == 4
    assert norm([[1, -2], [3, 4]], -np.inf) == 3
    assert abs(norm([[3, 0], [4, 5]], 2) - np.sqrt(45)) <= 1e-14
    assert abs(norm([[3, 0], [4, 5]], -2) - np.sqrt(5)) <= 1e-14
    assert abs(norm([[3, 0], [4, 5]], "nuc") - np.sqrt(80)) <= 2e-14
    assert norm(7) == 7
    assert norm(np.array([-(2**31)], np.int32), 1) == 2.0**31
    assert norm([True, True, False]) == np.sqrt(2)


@pytest.mark.parametrize("dtype", FLOATS)
def test_powers_of_two_change_only_the_exponent(isa, dtype):
    rng, info = np.random.default_rng(3), np.finfo(dtype)
    for shape, axis in (((7,), None), ((70,), None), ((5000,), None), ((40, 9), 0), ((40, 9), 1), ((6, 3), 1)):
        x = rng.uniform(0.5, 1, shape).astype(dtype)
        for ord in (2, 1, np.inf, -np.inf, 3, 1.5, -1):
            want = norm(x, ord, axis)
            top = int(np.log2(max(1, np.max(want)))) + 1
            for k in (info.minexp + 13, info.minexp // 2, -200, -30, 3, 100, info.maxexp // 2, info.maxexp - top - 1):
                if info.minexp + 12 < k < info.maxexp - top:
                    assert_same_bits(norm(np.ldexp(x, k), ord, axis), np.ldexp(want, k), f"{shape} {ord} {k}")
    for shape in ((3, 3), (30, 20)):
        x = rng.standard_normal(shape).astype(dtype)
        for ord in ("fro", 1, np.inf, 2, "nuc"):
            for k in (info.minexp + 40, info.maxexp - 12):
                assert abs(norm(np.ldexp(x, k), ord) / dtype(2.0) ** k / norm(x, ord) - 1) <= 60 * info.eps


def test_extremes():
    assert norm([1e200, 1e200]) == pytest.approx(np.sqrt(2) * 1e200, rel=4e-16)
    assert norm([1e-200] * 2) == pytest.approx(np.sqrt(2) * 1e-200, rel=4e-16)
    assert norm([5e-324] * 4) == 1e-323
    assert norm([3e-310, 4e-310]) == pytest.approx(5e-310, abs=5e-324)
    assert norm([1.7e308, 1.7e308]) == np.inf         # finite data, and a norm that is no number
    assert norm([1.7e308, 1.7e308], 1) == np.inf
    assert norm([1e200, 1.0, 1e-200], 3) == 1e200
    assert norm([2e-200, 2e-200], -1) == 1e-200
    assert norm([1e300] * 1000, 0.01) == np.inf
    assert norm([1e-300] * 1000, 0.01) == pytest.approx(1.0, rel=1e-10)     # 1000^100 alone is 1e300
    assert norm(np.full(4, 1e30, np.float32)) == np.float32(2e30)
    assert norm(np.full(4, 1e-30, np.float32)) == np.float32(2e-30)
    assert norm(np.full(4, 1e-45, np.float32)) == np.float32(2.8e-45)
    assert norm(np.full((9, 4), 1e-30, np.float32), axis=1)[8] == np.float32(2e-30)
    assert norm(np.full((40, 9), 1e200), axis=0)[8] == pytest.approx(np.sqrt(40) * 1e200, rel=1e-15)
    assert norm(np.full((300, 300), 1e200)) == pytest.approx(3e202, rel=1e-14)
    assert norm(np.full((2, 2), 1e200), 2) == pytest.approx(2e200, rel=1e-14)
    assert norm(np.zeros((3, 4)), axis=1).tolist() == [0, 0, 0]
    assert norm(np.array([3e200 + 4e200j])) == pytest.approx(5e200, rel=1e-15)
    for ord in OF_VECTORS:
        assert norm([0.0, 0.0], ord) == 0


def test_infinities_and_nan():
    for ord, want in ((None, np.inf), (1, np.inf), (np.inf, np.inf), (3, np.inf), (0, 2), (-np.inf, 3), (-1, 3)):
        assert norm([3.0, -np.inf], ord, check_finite=False) == want
        if ord != 0:
            assert np.isnan(norm([3.0, np.nan], ord, check_finite=False))
        with pytest.raises(ValueError, match=r"must not contain infs or NaNs.*\(1,\)"):
            norm([3.0, np.inf], ord)
    x = np.ones((3, 2, 2))
    x[1, 0, 0] = np.nan
    for ord in OF_MATRICES[1:]:
        found = matrix_norm(x, ord=ord)
        assert np.isnan(found).tolist() == [False, True, False], ord
    np.testing.assert_array_equal(vector_norm(x, axis=-1, ord=1)[1], [np.nan, 2])
    np.testing.assert_array_equal(matrix_norm(np.array([[np.inf, 1], [1, 1]]), ord=1), np.inf)


def test_no_elements():
    for shape, axis in (((0,), None), ((0, 3), None), ((0, 3), 0), ((0, 3), 1), ((3, 0), 1), ((2, 0, 3), (0, 2)),
                        ((2, 0, 3), (1, 2)), ((0, 2, 2), (1, 2))):
        for ord in (None, 1, np.inf):
            want = np.linalg.norm(np.ones(shape), ord, axis)
            np.testing.assert_array_equal(norm(np.ones(shape), ord, axis), want, strict=True)
    assert vector_norm(np.ones((2, 0, 3)), axis=(0, 1)).tolist() == [0, 0, 0]
    assert vector_norm(np.ones((2, 0, 3)), axis=(0, 1), keepdims=True).shape == (1, 1, 3)
    assert norm(np.ones((0, 2, 2)), 2, (1, 2)).shape == (0,)


@pytest.mark.parametrize("dtype", DTYPES)
def test_dtypes(dtype):
    x = values(np.random.default_rng(4), (4, 5), dtype)
    of_matrices = [ord for ord in OF_MATRICES if dtype != "longdouble" or ord not in (2, -2, "nuc")]
    for ord, axis in (*itertools.product(OF_VECTORS, (0, 1)), *itertools.product(of_matrices, (None, (1, 0)))):
        with np.errstate(all="ignore"):
            wide = x.astype(np.float64) if dtype == "float16" else x
            want = np.linalg.norm(wide, ord, axis)
        got = norm(x, ord, axis)
        assert got.dtype == (np.float64 if np.dtype(dtype).kind in "biu" else x.real.dtype), f"{ord} {axis}"
        eps = np.finfo(got.dtype).eps
        scale = np.max(np.abs(wide).astype(np.float64)) if ord == -2 else 0     # singular values: of the largest
        np.testing.assert_allclose(got.astype(np.float64), np.asarray(want, np.float64), rtol=400 * eps,
                                   atol=40 * eps * scale)
    if dtype == "longdouble":
        with pytest.raises(TypeError):
            norm(x, 2)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(layout):
    rng = np.random.default_rng(5)
    dtypes = ("float32", "float64", "float16", "int16", "complex64")
    for dtype, shape in itertools.product(dtypes, ((5, 70), (3, 4, 5))):
        x = values(rng, shape, dtype)
        changed = LAYOUTS[layout](x)
        before = changed.copy()
        for ord, axis in itertools.product(OF_VECTORS, range(x.ndim)):
            got, want = norm(changed, ord, axis), norm(x, ord, axis)
            if x.dtype.kind == "c":      # NumPy's |x| has other bits in other layouts
                np.testing.assert_allclose(got, want, rtol=1e-5)
            else:
                assert_same_bits(got, want, f"{dtype} {shape} {ord} {axis}")
        for ord in OF_MATRICES:
            np.testing.assert_allclose(norm(changed, ord, (-2, -1)), norm(x, ord, (-2, -1)),
                                       rtol=200 * np.finfo(norm(x).dtype).eps)
        np.testing.assert_array_equal(changed, before)


def test_python_numbers_subclasses_and_other_objects():
    class Tagged(np.ndarray):
        pass

    assert norm([[3, 4], [0, 0]]) == 5
    assert norm((3.0, 4.0)) == 5
    assert norm(np.array([Fraction(1, 2), Fraction(-1, 3)]), 1) == Fraction(5, 6)
    assert norm(np.ma.array([3.0, 4.0])) == 5
    assert norm(np.ones((2, 2)).view(Tagged), axis=1).shape == (2,)
    assert matrix_norm(np.ones((2, 2)).view(Tagged)) == 2
    assert norm(np.float32([3, 4]), True) == 7
    assert norm([3.0, 4.0], np.float32(2)) == 5
    assert norm([3.0, 4.0], axis=np.int64(0)) == 5
    assert norm([3.0, 4.0], axis=(0,)) == 5
    assert norm([3.0, 4.0], 10**400) == 4
    assert norm([[3.0, 4.0]], "f") == 5
    with mathcore.threads(2):
        assert norm(np.ones(10**6)) == 1000


def test_warnings_of_nothing():
    """Peers warn where zeros meet negative powers and squares overflow; nothing is divided by them here."""
    with np.errstate(all="raise"):
        assert norm([0.0, 1.0], -1) == 0
        assert norm([1e200, 1e200], 3) > 1e200
        assert norm(np.array([[0.0, 1.0]]), -2.5, 1) == 0


def test_normalize_by_these_norms():
    rng = np.random.default_rng(6)
    x = rng.standard_normal((50, 33))
    for ord in (1, 2, 3, np.inf):
        assert_same_bits(normalize(x, ord=ord), x / norm(x, ord, 1, keepdims=True))
    assert_same_bits(normalize(x, axis=0), (x.T / norm(x, axis=0)[:, None]).T)


def test_derivatives():
    x, m = np.array([3.0, -4.0, 1.0]), np.random.default_rng(7).standard_normal((3, 4))
    for f in (norm, vector_norm):
        np.testing.assert_allclose(autodiff.grad(f)(x), x / norm(x), rtol=1e-15)
        for k in (-1050, 1000):
            np.testing.assert_allclose(autodiff.grad(f)(np.ldexp(x, k)), x / norm(x), rtol=1e-6)
        assert autodiff.grad(f)(np.zeros(3)).tolist() == [0, 0, 0]
    for ord in (1, 2, 3, 1.5, np.inf, -1):
        autodiff.check_grads(lambda v, ord=ord: norm(v, ord), (x,))
        if ord > 0:
            assert np.isfinite(autodiff.grad(lambda v, ord=ord: norm(v, ord))(np.zeros(2))).all()
    for ord in OF_MATRICES:
        autodiff.check_grads(lambda a, ord=ord: norm(a, ord), (m,))
    autodiff.check_grads(lambda a: vector_norm(a, axis=(0, 1), ord=3) * matrix_norm(a, ord="nuc"), (m,))
    rows = autodiff.grad(lambda a: np.sum(norm(a, axis=1)))(np.array([[3.0, 4.0], [0.0, 0.0]]))
    np.testing.assert_allclose(rows, [[0.6, 0.8], [0, 0]], rtol=1e-15)
    np.testing.assert_allclose(autodiff.hessian(norm)(x), (np.eye(3) - np.outer(x, x) / 26) / np.sqrt(26), atol=1e-15)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_orders_near_zero(dtype):
    """Powers of a small order stay in range; of a ratio that vanishes a tenth of the sum would be missing."""
    far = np.finfo(dtype).max
    x = np.array([far / 2**10, 2**10 / far], dtype)
    for order in (0.01, 0.02, -0.01, -0.02):
        with np.errstate(all="ignore"):
            exact = (x.astype(np.longdouble) ** order).sum() ** (1 / np.longdouble(order))
        if not np.finfo(dtype).tiny < exact < far:
            continue
        # eps of each power, and of the sum, 1 / order times as much of the root
        assert abs(norm(x, order) / exact - 1) <= 8 * np.finfo(dtype).eps / abs(order)
