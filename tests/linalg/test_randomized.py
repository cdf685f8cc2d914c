"""Leading singular values and eigenvalues by subspace iteration, and the nearest matrix of low rank."""

import numpy as np
import pytest

from mathcore import linalg
from tests.oracles import assert_same_bits

FLOATS = ("float32", "float64")
SHAPES = [(60, 40), (40, 60), (50, 50), (1, 7), (7, 1), (300, 12)]


def decaying(rng, m, n, dtype, ratio=0.5):
    """Singular values 1, ratio, ratio^2, ..."""
    k = min(m, n)
    u, v = (np.linalg.qr(rng.standard_normal((size, k)))[0] for size in (m, n))
    return np.ascontiguousarray(u * ratio ** np.arange(k) @ v.T, dtype)


def eps(dtype):
    return float(np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_leading_values_and_vectors(shape, dtype):
    a = decaying(np.random.default_rng(0), *shape, dtype)
    k = min(5, *shape)
    u, s, vh = linalg.randomized_svd(a, k, rng=1)
    m = max(shape)
    assert u.dtype == s.dtype == vh.dtype == dtype
    assert (u.shape, s.shape, vh.shape) == ((shape[0], k), (k,), (k, shape[1]))
    np.testing.assert_allclose(s, 0.5 ** np.arange(k), rtol=0, atol=8 * m * eps(dtype))
    for q in (u, vh.T):
        np.testing.assert_allclose(q.T.astype("f8") @ q, np.eye(k), atol=8 * m * eps(dtype))
    # a residual beyond the values left out is rounding
    left = np.linalg.norm(a.astype("f8") - (u.astype("f8") * s) @ vh, 2)
    assert left <= (0.5**k if k < min(shape) else 0) * (1 + 1e-6) + 8 * m * eps(dtype)


def test_values_are_those_of_scikit_learn():
    extmath = pytest.importorskip("sklearn.utils.extmath")
    rng = np.random.default_rng(2)
    for shape in ((80, 30), (30, 80)):
        a = rng.standard_normal(shape)
        ours, peer = linalg.randomized_svd(a, 4, rng=0, n_iter=30), extmath.randomized_svd(a, 4, n_iter=30,
                                                                                           random_state=0)
        for x, y in zip(ours, peer, strict=True):       # signs too; vectors: the gaps are above 0.01
            np.testing.assert_allclose(x, y, atol=1e-6)


@pytest.mark.parametrize("dtype", FLOATS)
def test_accuracy_without_iterations_is_that_of_the_bound(dtype):
    """Halko, Martinsson and Tropp, theorem 10.6, with the slack of a random outcome: factor 3."""
    rng = np.random.default_rng(3)
    a = decaying(rng, 200, 100, dtype, 0.9)
    k, extra = 10, 10
    u, s, vh = linalg.randomized_svd(a, k, n_oversamples=extra, n_iter=0, rng=0)
    tail = 0.9 ** np.arange(k, 100)
    bound = (1 + np.sqrt(k / (extra - 1))) * tail[0] + np.e * np.sqrt(k + extra) / extra * np.linalg.norm(tail)
    assert np.linalg.norm(a - u * s @ vh, 2) <= 3 * bound
    exact = np.linalg.norm(a - linalg.low_rank_approx(a, k).approximation, 2)
    better = linalg.randomized_svd(a, k, n_iter=7, rng=0)
    assert np.linalg.norm(a - better.U * better.S @ better.Vh, 2) <= 1.01 * exact


def test_the_largest_element_of_each_left_vector_is_positive():
    a = np.random.default_rng(4).standard_normal((30, 20))
    for u in (linalg.randomized_svd(a, 5, rng=0).U, linalg.low_rank_approx(a, 5).U,
              linalg.randomized_eigh(a.T @ a, 5, rng=0).eigenvectors):
        assert (np.take_along_axis(u, np.abs(u).argmax(axis=0)[None], 0) > 0).all()


@pytest.mark.parametrize("dtype", FLOATS)
def test_bits_depend_on_the_seed_alone(dtype):
    rng = np.random.default_rng(5)
    a = rng.standard_normal((1500, 200)).astype(dtype)
    square = (a.T @ a + (a.T @ a).T).astype(dtype)
    for function, x in ((linalg.randomized_svd, a), (linalg.randomized_svd, a.T), (linalg.randomized_eigh, square)):
        first = function(x, 6, rng=7, workers=1)
        for other in (function(x, 6, rng=np.random.default_rng(7), workers=3),
                      function(np.asfortranarray(x), 6, rng=7, workers=2), function(x, 6, rng=7)):
            for p, q in zip(first, other, strict=True):
                assert_same_bits(p, q)


def test_batches_are_their_items():
    rng = np.random.default_rng(6)
    a = rng.standard_normal((2, 3, 20, 12))
    square = a.swapaxes(-1, -2) @ a
    square = square + square.swapaxes(-1, -2)
    for function, x in ((linalg.randomized_svd, a), (linalg.randomized_eigh, square)):
        found = function(x, 4, rng=0)
        for at in np.ndindex(2, 3):
            for part, alone in zip(found, function(x[at], 4, rng=0), strict=True):
                np.testing.assert_allclose(part[at], alone, atol=1e-12)
    result = linalg.low_rank_approx(a, 4)
    assert result.relative_error.shape == (2, 3)
    assert result.approximation.shape == a.shape


def test_eigenvalues_of_either_sign():
    rng = np.random.default_rng(8)
    q = np.linalg.qr(rng.standard_normal((40, 40)))[0]
    w = np.array([5.0, -4, 3, -2, 1, *np.zeros(35)])
    for dtype in FLOATS:
        a = ((q * w) @ q.T).astype(dtype)
        a = (a + a.T) / 2
        found, v = linalg.randomized_eigh(a, 4, rng=0)
        assert found.dtype == v.dtype == dtype
        np.testing.assert_allclose(found, w[:4], atol=40 * 8 * eps(dtype))
        np.testing.assert_allclose(a @ v, v * found, atol=40 * 8 * eps(dtype))


@pytest.mark.parametrize(("exponent", "dtype"), [(1000, "float64"), (-1060, "float64"), (120, "float32"),
                                                 (-140, "float32")])
def test_far_from_one(exponent, dtype):
    a = np.random.default_rng(9).standard_normal((40, 30)).astype(dtype)
    far = np.ldexp(a, exponent)
    plain, found = linalg.randomized_svd(np.ldexp(far, -exponent), 3, rng=0), linalg.randomized_svd(far, 3, rng=0)
    np.testing.assert_allclose(np.ldexp(found.S, -exponent), plain.S, rtol=1e-4 if exponent < 0 else 64 * eps(dtype))
    np.testing.assert_allclose(found.U, plain.U, atol=1e-3)
    nearest = linalg.low_rank_approx(far, 3)
    assert nearest.relative_error == pytest.approx(linalg.low_rank_approx(np.ldexp(far, -exponent), 3).relative_error)


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0), (4, 3), (2, 4, 3)], ids=str)
def test_nothing_asked_for(shape):
    a = np.ones(shape)
    for result in (linalg.randomized_svd(a, 0), linalg.low_rank_approx(a, 0)[2:],
                   linalg.low_rank_approx(a, 0, method="randomized")[2:]):
        assert [x.shape for x in result] == [(*shape[:-1], 0), (*shape[:-2], 0), (*shape[:-2], 0, shape[-1])]
    w, v = linalg.randomized_eigh(np.ones((*shape[:-1], shape[-2])), 0)
    assert (w.shape, v.shape) == ((*shape[:-2], 0), (*shape[:-1], 0))
    assert np.all(linalg.low_rank_approx(a, 0).relative_error == (1.0 if a.size else 0.0))


@pytest.mark.parametrize("method", ["exact", "randomized"])
@pytest.mark.parametrize("dtype", FLOATS)
def test_low_rank(method, dtype):
    a = decaying(np.random.default_rng(10), 60, 40, dtype)
    squares = 0.25 ** np.arange(40)
    for k in (0, 1, 3, 40):
        near, error, u, s, vh = linalg.low_rank_approx(a, k, method=method, rng=0)
        assert near.dtype == u.dtype == s.dtype == vh.dtype == dtype
        assert error == pytest.approx(np.sqrt(squares[k:].sum() / squares.sum()), abs=100 * eps(dtype))
        np.testing.assert_allclose(near, u * s @ vh, atol=8 * eps(dtype))
    assert isinstance(error, float)
    zero = linalg.low_rank_approx(np.zeros((4, 3), dtype), 2, method=method)
    assert zero.relative_error == 0
    np.testing.assert_array_equal(zero.approximation, 0)


def test_whole_numbers_rank_deficient_and_layouts():
    rng = np.random.default_rng(11)
    a = rng.integers(-3, 4, (50, 3)) @ rng.integers(-3, 4, (3, 40))
    u, s, vh = linalg.randomized_svd(a, 6, rng=0)
    assert u.dtype == np.float64
    np.testing.assert_allclose(u * s @ vh, a, atol=1e-11)
    np.testing.assert_allclose(s[3:], 0, atol=1e-11)
    np.testing.assert_allclose(u.T @ u, np.eye(6), atol=1e-12)
    strided = np.asfortranarray(a.astype("f8"))[::-1, ::2]
    np.testing.assert_allclose(linalg.randomized_svd(strided, 3, rng=0).S,
                               np.linalg.svd(strided, compute_uv=False)[:3], rtol=1e-12)
    frozen = a.astype("f8")
    frozen.flags.writeable = False
    linalg.randomized_svd(frozen, 3, rng=0)
