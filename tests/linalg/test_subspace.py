"""Subspace iteration and Lanczos: against eigh and eig, repeated eigenvalues, callables, starts, scales."""

import numpy as np
import pytest

from mathcore.linalg import lanczos, subspace_iteration
from tests.linalg.test_iterative import with_eigenvalues

FLOATS = (np.float32, np.float64)
BOTH = (subspace_iteration, lanczos)


def assert_are_pairs(a, result):
    eps = float(np.finfo(result.vectors.dtype).eps)
    a, n = np.asarray(a, np.float64), len(a)
    x = result.vectors.astype(np.result_type(result.vectors, np.float64))
    np.testing.assert_allclose(np.linalg.norm(x, axis=0), 1, rtol=8 * n * eps)
    rest = np.linalg.norm(a @ x - x * result.values, axis=0).max()
    assert rest <= (max(16, 4 * n**0.5) + 4 * n) * eps * np.linalg.norm(a, 2)
    assert result.converged
    assert result.stop == "converged"


@pytest.mark.parametrize("function", BOTH)
@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(("n", "k"), [(1, 1), (2, 1), (2, 2), (10, 3), (10, 10), (60, 5), (200, 2)])
def test_symmetric_is_eigh(function, dtype, n, k):
    values = 0.8 ** np.arange(n)
    a, q = with_eigenvalues(values, dtype)
    result = function(a, k)
    assert_are_pairs(a, result)
    assert result.vectors.dtype == result.values.dtype == dtype
    eps = float(np.finfo(dtype).eps)
    np.testing.assert_allclose(result.values, values[:k], atol=8 * n * eps)
    gap = np.abs(result.vectors.T @ result.vectors - np.eye(k)).max()
    assert gap <= 16 * n * eps
    assert (np.take_along_axis(result.vectors, np.abs(result.vectors).argmax(axis=0)[None], 0) > 0).all()
    assert result.trace.value.shape == result.trace.residual.shape == (result.n_iter, k)
    assert len(str(result.trace).splitlines()) == result.n_iter + 1


@pytest.mark.parametrize("function", BOTH)
def test_of_a_textbook(function):
    result = function([[2, 1], [1, 2]], 2)
    np.testing.assert_allclose(result.values, [3, 1])
    np.testing.assert_allclose(np.abs(result.vectors), 0.5**0.5)


@pytest.mark.parametrize("which", ["LA", "SA", "LM"])
def test_ends_of_the_spectrum(which):
    values = np.concatenate([np.linspace(-3, -2, 30), np.linspace(0, 2.5, 170)])
    a, _ = with_eigenvalues(values)
    result = lanczos(a, 4, which=which)
    assert_are_pairs(a, result)
    order = {"LA": -values, "SA": values, "LM": -np.abs(values)}[which]
    np.testing.assert_allclose(result.values, values[np.argsort(order)[:4]], atol=1e-12)


@pytest.mark.parametrize("function", BOTH)
@pytest.mark.parametrize("values", [[3, 3, 1, 0.5, 0], [1] * 50, [2, 2, 2] + [1] * 60, [0] * 30, [-5, 4, 1, 1]])
def test_repeated_and_zero_eigenvalues(function, values):
    a, _ = with_eigenvalues(values)
    result = function(a, 2)
    if np.any(values):
        assert_are_pairs(a, result)
    assert result.converged
    expected = sorted(values, key=abs, reverse=True)[:2] if function is subspace_iteration else sorted(values)[:-3:-1]
    np.testing.assert_allclose(result.values, expected, atol=1e-13)


def test_exact_identity_leaves_no_new_direction():
    for n in (5, 50):
        result = lanczos(np.eye(n), 2, v0=np.eye(n)[:, :2])
        np.testing.assert_allclose(result.values, [1, 1], rtol=1e-14)
        assert lanczos(np.diag(np.arange(n)), 2, v0=np.eye(n)[:, :2]).values == pytest.approx([n - 1, n - 2])


def test_general_matrix_and_complex_pairs():
    rng = np.random.default_rng(0)
    basis = rng.standard_normal((8, 8))
    a = basis @ np.diag([5, 4, 3, 1, 0.5, 0.2, 0.1, 0]) @ np.linalg.inv(basis)
    result = subspace_iteration(a, 3)
    np.testing.assert_allclose(result.values, [5, 4, 3], rtol=1e-11)
    turned = np.zeros((4, 4))
    turned[:2, :2], turned[2, 2], turned[3, 3] = [[0, -2], [2, 0]], 1, 0.5
    pair = subspace_iteration(turned, 2)
    assert_are_pairs(turned, pair)
    np.testing.assert_allclose(sorted(pair.values.imag), [-2, 2])


def test_no_gap_no_convergence():
    result = subspace_iteration(np.diag([2.0, 1.0, -1.0]), 2, max_iter=40)
    assert (result.converged, result.stop, result.n_iter) == (False, "max_iter", 40)
    assert not lanczos(np.diag(np.arange(500.0)), 1, max_iter=1).converged


@pytest.mark.parametrize("function", BOTH)
def test_callable_counts_as_its_matrix(function):
    a, _ = with_eigenvalues(0.5 ** np.arange(40))
    v0 = np.random.default_rng(0).standard_normal((40, 2))
    one, other = function(a, 2, v0=v0), function(lambda v: a @ v, 2, n=40, v0=v0)
    np.testing.assert_allclose(one.values, other.values, atol=1e-14)
    np.testing.assert_allclose(one.vectors, other.vectors, atol=1e-12)


@pytest.mark.parametrize("function", BOTH)
def test_callback_stops(function):
    seen = []
    result = function(np.diag(np.arange(300.0)), 2, callback=lambda *x: seen.append(x) or len(seen) == 2)
    assert (result.stop, result.n_iter, result.converged) == ("callback", 2, False)
    step, values, vectors = seen[1]
    assert step == 2
    np.testing.assert_array_equal(values, result.values)
    np.testing.assert_array_equal(vectors, result.vectors)


@pytest.mark.parametrize("function", BOTH)
@pytest.mark.parametrize("power", [-900, 900])
def test_scale_is_no_matter(function, power):
    a, _ = with_eigenvalues([4, 3, 1, 0.5])
    result = function(np.ldexp(a, power), 2)
    assert result.converged
    np.testing.assert_allclose(np.ldexp(result.values, -power), [4, 3], rtol=1e-12)


@pytest.mark.parametrize("function", BOTH)
def test_bits_do_not_depend_on_threads(function):
    a, _ = with_eigenvalues(0.9 ** np.arange(300))
    one, two = (function(a, 3, workers=workers, max_iter=5) for workers in (1, 2))
    assert one.vectors.tobytes() == two.vectors.tobytes()
