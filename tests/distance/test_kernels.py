"""Kernel matrices against long doubles, at the edges of their paths, and beside scikit-learn."""

import warnings

import numpy as np
import pytest
import scipy.sparse

import mathcore
from mathcore.distance import kernels
from mathcore.distance.kernels import laplacian_kernel, linear_kernel, polynomial_kernel, rbf_kernel, sigmoid_kernel
from tests import layouts

# One, few and many rows; d about the last one of direct differences (16), and past a block of coordinates (256).
SHAPES = ((1, 1, 1), (2, 1, 2), (3, 5, 15), (7, 9, 16), (8, 8, 17), (33, 31, 40), (97, 130, 65), (20, 30, 300))
KERNELS = (linear_kernel, polynomial_kernel, sigmoid_kernel, rbf_kernel, laplacian_kernel)


def sample(shape, dtype=np.float64, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def exact(kernel, x, y, gamma, degree=3, coef0=1):
    """(values, bounds of their errors in units of eps) in long doubles."""
    x, y, d = x.astype(np.longdouble), y.astype(np.longdouble), x.shape[1]
    product, size = x @ y.T, np.abs(x) @ np.abs(y).T
    if kernel is linear_kernel:
        return product, d * size
    if kernel in (polynomial_kernel, sigmoid_kernel):
        t, error = gamma * product + coef0, (d + 3) * (gamma * size + abs(coef0))
        if kernel is sigmoid_kernel:
            return np.tanh(t), error + 2
        return t**degree, degree * np.abs(t)**(degree - 1) * error + 2 * np.log2(degree + 1) * np.abs(t)**degree
    if kernel is laplacian_kernel:
        s, steps = np.abs(x[:, None] - y).sum(-1), min(d, 256) + d / 256 + 3
    else:
        s, steps = ((x[:, None] - y)**2).sum(-1), 16 * (d + 5) + 3
    # + 2: the exponential; the second order of the first is below a hundredth of it here
    return np.exp(-gamma * s), (1.01 * steps * gamma * s + 2) * np.exp(-gamma * s)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kernel", KERNELS)
def test_values(kernel, shape, dtype, isa):
    m, n, d = shape
    x, y = sample((m, d), dtype), sample((n, d), dtype, 1)
    eps = np.finfo(dtype).eps
    for b in (y, None):
        found = kernel(x, b)
        values, errors = exact(kernel, x, x if b is None else b, 1 / np.longdouble(d))
        assert found.dtype == dtype
        assert found.shape == values.shape
        assert (np.abs(found - values) <= errors * eps).all()
    np.testing.assert_array_equal(found, found.T)
    if kernel in (rbf_kernel, laplacian_kernel):
        assert (found.diagonal() == 1).all()


@pytest.mark.parametrize("degree", [1, 2, 3, 4, 7, 8, 31, 32, 33, 2.5])
def test_degrees(degree):
    x, y = np.abs(sample((6, 5))), np.abs(sample((4, 5), seed=1))
    values, errors = exact(polynomial_kernel, x, y, 0.25, degree, 0.5)
    found = polynomial_kernel(x, y, degree, 0.25, 0.5)
    assert (np.abs(found - values) <= errors * np.finfo(float).eps).all()
    signed = polynomial_kernel(-x, y, 3, 1, 0)
    np.testing.assert_array_equal(signed, -polynomial_kernel(x, y, 3, 1, 0))


def test_known_values():
    x, y = [[0, 0], [1, 2]], [[1, 0], [3, 4]]
    np.testing.assert_array_equal(linear_kernel(x, y), [[0, 0], [1, 11]])
    np.testing.assert_array_equal(polynomial_kernel(x, y), [[1, 1], [3.375, 274.625]])
    np.testing.assert_array_equal(polynomial_kernel(x, y, 2, 1, -1), [[1, 1], [0, 100]])
    np.testing.assert_allclose(rbf_kernel(x, y, 0.5), np.exp([[-0.5, -12.5], [-2, -4]]), rtol=1e-15)
    np.testing.assert_allclose(laplacian_kernel(x, y), np.exp([[-0.5, -3.5], [-1, -2]]), rtol=1e-15)
    np.testing.assert_allclose(sigmoid_kernel(x, y, 0.1, -1), np.tanh([[-1, -1], [-0.9, 0.1]]), rtol=1e-15, atol=1e-16)


@pytest.mark.parametrize("d", [3, 40])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_far_from_the_origin(dtype, d):
    """Squared distances of points about 10^4 lose nothing beside those of the same points about 0."""
    x = np.random.default_rng(0).integers(-8, 9, (30, d)).astype(dtype) / 64
    moved = x + dtype(1e4)
    values, errors = exact(rbf_kernel, moved, moved, 1.0)
    assert (np.abs(rbf_kernel(moved, gamma=1) - values) <= errors * np.finfo(dtype).eps).all()


def test_extremes():
    x = np.array([[1e200, 0.0], [0, 1e-200], [0, 0]])
    for wide in (x, np.tile(x, 20)):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            np.testing.assert_array_equal(rbf_kernel(wide, gamma=1), [[1, 0, 0], [0, 1, 1], [0, 1, 1]])
            np.testing.assert_array_equal(laplacian_kernel(wide, gamma=1), [[1, 0, 0], [0, 1, 1], [0, 1, 1]])
            np.testing.assert_array_equal(rbf_kernel(wide, gamma=0), np.ones((3, 3)))


@pytest.mark.parametrize("kernel", KERNELS)
def test_types_and_layouts(kernel):
    x, y = sample((20, 33)), sample((18, 33), seed=1)
    expected = kernel(x, y)
    for layout in layouts.LAYOUTS.values():
        a, b = layout(x), layout(y)
        np.testing.assert_array_equal(kernel(a, b), expected)
        np.testing.assert_array_equal(a, x)
    whole = np.array([[1, 2, 0], [0, 1, 1]])
    for dtype, result in (("float16", "float32"), ("float32", "float32"), ("int8", "float64"), ("uint64", "float64")):
        found = kernel(whole.astype(dtype))
        assert found.dtype == result
        np.testing.assert_allclose(found, kernel(whole), rtol=64 * np.finfo(result).eps)


@pytest.mark.parametrize("kernel", KERNELS)
def test_bits_do_not_depend_on_threads(kernel):
    for m, n, d in ((150, 700, 65), (530, 530, 9)):
        x, y = sample((m, d)), sample((n, d), seed=1)
        with mathcore.threads(1):
            one, own = kernel(x, y), kernel(x)
        np.testing.assert_array_equal(kernel(x, y, workers=2), one)
        np.testing.assert_array_equal(kernel(x, workers=3), own)


@pytest.mark.parametrize("kernel", KERNELS)
def test_out(kernel):
    x, y = sample((9, 20)), sample((9, 20), seed=1)
    expected = kernel(x, y)
    for out in (np.full((9, 9), 7.0), np.full((9, 18), 7.0)[:, ::2], np.full((9, 30), 7.0)[:, 3:12],
                np.full((9, 9), 7.0, order="F")):
        assert kernel(x, y, out=out) is out
        np.testing.assert_array_equal(out, expected)
    narrow = np.empty((9, 9), np.float32)
    np.testing.assert_array_equal(kernel(x, y, out=narrow), expected.astype(np.float32))
    square = sample((20, 20))
    expected = kernel(square)
    assert kernel(square, out=square) is square
    np.testing.assert_array_equal(square, expected)


@pytest.mark.parametrize("kernel", KERNELS)
def test_sparse(kernel, monkeypatch):
    monkeypatch.setattr(kernels, "SPARSE_BLOCK", 40 * 5)     # five rows at a time
    x, y = (scipy.sparse.random_array((n, 40), density=0.2, rng=i) for i, n in enumerate((12, 9)))
    full = kernel(x.toarray(), y.toarray())
    for left in (x, x.tocsr(), scipy.sparse.csc_matrix(x), x.toarray()):
        for right in (y, scipy.sparse.csr_matrix(y), y.toarray()):
            found = kernel(left, right)
            assert isinstance(found, np.ndarray)
            np.testing.assert_allclose(found, full, rtol=60 * np.finfo(float).eps, atol=1e-16)
    np.testing.assert_allclose(kernel(x), kernel(x.toarray()), rtol=60 * np.finfo(float).eps, atol=1e-16)
    out = np.empty((12, 9), np.float32)
    assert kernel(x, y, out=out) is out


def test_sparse_products_may_stay_sparse():
    x, y = (scipy.sparse.random_array((n, 40), density=0.1, rng=i) for i, n in enumerate((12, 9)))
    found = linear_kernel(x, y, dense_output=False)
    assert scipy.sparse.issparse(found)
    np.testing.assert_array_equal(found.toarray(), linear_kernel(x, y))


@pytest.mark.parametrize("kernel", KERNELS)
def test_peer(kernel):
    """Errors of both, in units of eps of the largest value."""
    theirs = getattr(pytest.importorskip("sklearn.metrics.pairwise"), kernel.__name__)
    x, y = sample((50, 30)), sample((40, 30), seed=1)
    for b in (y, None):
        expected = theirs(x, b)
        assert np.abs(kernel(x, b) - expected).max() <= 200 * np.finfo(float).eps * np.abs(expected).max()


def test_coefficients_beyond_float32():
    """float32 rows, a gamma that float32 does not hold: worked out in float64, delivered in float32."""
    x = np.array([[1e20, 2], [3, 4]], "f4")
    for gamma in (1e39, 1e-46, 1e300):
        with np.errstate(over="ignore"):
            wide = np.exp(-gamma * ((x[:1].astype("f8") - x.astype("f8")) ** 2).sum(1))
        found = rbf_kernel(x, gamma=gamma)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found[0], wide, rtol=4 * np.finfo("f4").eps)
        np.testing.assert_array_equal(np.diag(laplacian_kernel(x, gamma=gamma)), 1)
    zeros = np.zeros((2, 3), "f4")
    np.testing.assert_array_equal(polynomial_kernel(zeros, gamma=1e300), 1)
    np.testing.assert_allclose(sigmoid_kernel(zeros, gamma=1e300), np.tanh(1), rtol=1e-6)


def test_gamma_of_zero():
    """0 times a product that overflows is 0."""
    for degree in (2, 2.5, 40):
        found = polynomial_kernel([[1e200]], gamma=0, degree=degree, coef0=4)
        np.testing.assert_allclose(found, 4.0**degree, rtol=1e-14)
    np.testing.assert_allclose(sigmoid_kernel([[1e200]], gamma=0), np.tanh(1), rtol=1e-15)


def test_out_in_a_tuple():
    out = np.empty((2, 2))
    rbf_kernel([[1.0, 2], [3, 4]], out=(out,))
    np.testing.assert_array_equal(out, rbf_kernel([[1.0, 2], [3, 4]]))
