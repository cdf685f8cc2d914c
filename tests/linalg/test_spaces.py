"""Spaces: identities, known answers, dependent columns, scales, layouts, batches."""

import numpy as np
import pytest
import scipy.linalg

from mathcore.linalg import (
    basis,
    change_of_basis,
    coordinates,
    gram_schmidt,
    is_independent,
    linear_combination,
    matrix_rank,
    null_space,
    orth,
)
from tests.layouts import LAYOUTS
from tests.oracles import assert_same_bits

FLOATS = (np.float32, np.float64)
SHAPES = ((1, 1), (2, 2), (5, 3), (3, 5), (40, 12), (12, 40), (30, 30))


def of_rank(rng, shape, rank, dtype=np.float64):
    *batch, m, n = shape
    return (rng.standard_normal((*batch, m, rank)) @ rng.standard_normal((*batch, rank, n))).astype(dtype)


def assert_orthonormal(q, what=""):
    m, n = q.shape[-2:]
    gap = np.abs(q.swapaxes(-1, -2) @ q - np.eye(n))
    assert (gap <= 4 * max(m, 1) * np.finfo(q.dtype).eps).all(), what


def same_span(p, q, slack=1.0):
    """Both orthonormal: the projections onto the two spaces agree."""
    eps = np.finfo(q.dtype).eps
    return p.shape == q.shape and np.abs(p @ p.T - q @ q.T).max(initial=0) <= 100 * max(p.shape) * eps * slack


# ------------------------------------------------------------------ gram_schmidt

@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("method", ["cgs2", "mgs"])
def test_gram_schmidt_spans_what_it_was_given_column_by_column(dtype, method):
    rng = np.random.default_rng(0)
    for m, n in SHAPES:
        a = rng.standard_normal((m, n)).astype(dtype)
        q = gram_schmidt(a, method=method)
        assert q.dtype == dtype
        assert q.shape == (m, min(m, n))
        if method == "cgs2":
            assert_orthonormal(q)
        r = q.T @ a
        allowed = 8 * max(m, n) * np.finfo(dtype).eps * np.abs(a).max() * m
        np.testing.assert_allclose(q @ r, a, atol=allowed)
        np.testing.assert_allclose(np.tril(r, -1), 0, atol=allowed)
        assert (np.diagonal(r) > 0).all()


def test_gram_schmidt_of_a_textbook():
    """Strang, Introduction to Linear Algebra, section 4.4: (1, -1, 0), (2, 0, -2), (3, -3, 3)."""
    a = np.array([[1, 2, 3], [-1, 0, -3], [0, -2, 3]])
    expected = np.array([[1, 1, 1], [-1, 1, 1], [0, -2, 1]]) / np.sqrt([2, 6, 3])
    for method in ("cgs2", "mgs"):
        np.testing.assert_allclose(gram_schmidt(a, method=method), expected, atol=8 * np.finfo(float).eps)


def test_twice_is_enough_and_once_is_not():
    """Hilbert's matrix of order 10, condition 1e13. The error of modified Gram-Schmidt grows with the condition."""
    a = scipy.linalg.hilbert(10)
    assert_orthonormal(gram_schmidt(a))
    loss = np.abs(gram_schmidt(a, method="mgs").T @ gram_schmidt(a, method="mgs") - np.eye(10)).max()
    assert 1e-8 < loss < 1e-2


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("method", ["cgs2", "mgs"])
def test_dependent_columns_are_dropped(dtype, method):
    rng = np.random.default_rng(1)
    for m, n in ((20, 20), (30, 10), (10, 30)):
        for part in (0, 0.3, 0.5, 0.9):
            rank = int(part * min(m, n))
            a = of_rank(rng, (m, n), rank, dtype)
            rtol = 1e4 * np.finfo(dtype).eps            # modified Gram-Schmidt leaves eps times the condition number
            q = gram_schmidt(a, method=method, rtol=rtol)
            assert q.shape == (m, rank)
            if rank:
                assert same_span(q, orth(a, rcond=rtol), slack=100)
    a = np.array([[0, 1, 2, 1], [0, 1, 2, 0]], dtype)
    assert gram_schmidt(a, method=method).shape == (2, 2)
    assert basis(a).tolist() == [[1, 1], [1, 0]]


@pytest.mark.parametrize("dtype", FLOATS)
def test_multiples_are_dependent_for_any_numbers(dtype):
    """The default tolerance covers the rounding of small cases too."""
    rng = np.random.default_rng(2)
    for m in (1, 2, 3, 8):
        v = rng.standard_normal((2000, m, 1)).astype(dtype)
        a = np.concatenate([v, v * rng.standard_normal((2000, 1, 1)).astype(dtype)], axis=-1)
        assert gram_schmidt(a).shape == (2000, m, 1)
        assert not is_independent(a).any()


# ------------------------------------------------------------------ is_independent, basis

def test_independence_of_known_vectors():
    assert is_independent([[1, 0, 2], [0, 1, 1]])
    assert not is_independent([[1, 2, 3], [4, 5, 6], [7, 8, 9]])
    assert is_independent([[1, 2, 3], [4, 5, 6], [7, 8, 10]])
    assert not is_independent([[0, 0]])
    assert is_independent(([1.0],))
    assert not is_independent(np.ones((2, 3)))              # three vectors in a plane
    assert is_independent(np.ones((3, 0)))
    assert not is_independent(np.zeros((0, 2)))
    assert is_independent(np.diag([1e-200, 1.0, 1e200]))    # lengths do not count
    assert is_independent(np.array([[1, 1], [0, 1e-10]]))
    assert not is_independent(np.array([[1, 1], [0, 1e-10]]), rtol=1e-8)
    assert type(is_independent(np.eye(2))) is bool


def test_a_list_holds_vectors_and_an_array_columns():
    vectors = [np.array([1.0, 0.0, 2.0]), np.array([0.0, 1.0, 1.0])]
    columns = np.stack(vectors, axis=1)
    assert is_independent(vectors)
    assert is_independent(columns)
    assert not is_independent(columns.T)
    np.testing.assert_array_equal(linear_combination([2, 3], vectors), [2, 3, 7])
    np.testing.assert_array_equal(linear_combination([2, 3], columns), [2, 3, 7])
    # within the error that is promised: a few eps times a condition of 2.4
    np.testing.assert_allclose(coordinates([2.0, 3.0, 7.0], vectors), [2, 3], rtol=4e-16)
    np.testing.assert_array_equal(coordinates([2.0, 3.0, 7.0], columns), coordinates([2.0, 3.0, 7.0], vectors))


@pytest.mark.parametrize("dtype", FLOATS)
def test_basis_is_of_the_columns_and_of_their_span(dtype):
    rng = np.random.default_rng(3)
    for m, n in SHAPES[2:]:
        for part in (0.3, 0.5, 0.9, 1):
            rank = max(1, int(part * min(m, n)))
            a = of_rank(rng, (m, n), rank, dtype)
            b = basis(a, rtol=1e4 * np.finfo(dtype).eps)
            assert b.shape == (m, rank) == (m, matrix_rank(a))
            np.testing.assert_array_equal(b, a[:, :rank])            # random: the first ones are independent
    a[:, 0] = 0
    np.testing.assert_array_equal(basis(a)[:, 0], a[:, 1])


# ------------------------------------------------------------------ coordinates

@pytest.mark.parametrize("dtype", FLOATS)
def test_coordinates_invert_linear_combination(dtype):
    rng, eps = np.random.default_rng(4), np.finfo(dtype).eps
    for k, n in ((1, 1), (2, 2), (5, 5), (9, 4), (30, 30), (4, 0)):
        b = rng.standard_normal((k, n)).astype(dtype)
        c = rng.standard_normal((6, n)).astype(dtype)
        x = linear_combination(c, b)
        assert x.shape == (6, k)
        got = coordinates(x, b)
        assert got.dtype == dtype
        allowed = 8 * max(k, n) * eps * (np.linalg.cond(b) if n else 1)
        np.testing.assert_allclose(got, c, atol=allowed * np.abs(c).max(initial=1))
        for i in range(6):
            assert_same_bits(coordinates(x[i], b), got[i])


def test_coordinates_of_known_vectors_are_exact():
    np.testing.assert_array_equal(coordinates([3, 2], ([1, 0], [1, 1])), [1, 2])
    np.testing.assert_array_equal(coordinates([5, -1], ([1, 1], [1, -1])), [2, 3])
    np.testing.assert_array_equal(coordinates(np.array([3e200, 2e100]), np.diag([1e200, 1e100])), [3, 2])
    np.testing.assert_array_equal(change_of_basis([1.0, 2.0], ([1, 0], [1, 1]), np.eye(2)), [3, 2])
    np.testing.assert_array_equal(change_of_basis([3.0, 2.0], np.eye(2), ([1, 0], [1, 1])), [1, 2])


def test_change_of_basis_there_and_back():
    rng = np.random.default_rng(5)
    p, q = rng.standard_normal((2, 4, 6, 6))
    x = rng.standard_normal((4, 6))
    there = change_of_basis(x, p, q)
    np.testing.assert_allclose(linear_combination(there, q), linear_combination(x, p), rtol=1e-9)
    np.testing.assert_allclose(change_of_basis(there, q, p), x, rtol=1e-9)
    for i in range(4):
        assert_same_bits(change_of_basis(x[i], p[i], q[i]), there[i])


def test_what_has_no_coordinates():
    plane = np.array([[1.0, 1.0], [1.0, 2.0], [1.0, 3.0]])
    with pytest.raises(np.linalg.LinAlgError, match="not in the span"):
        coordinates([1.0, 0.0, 0.0], plane)
    np.testing.assert_allclose(coordinates([1.0, 0.0, 0.0], plane, rtol=0.1), [4 / 3, -0.5])      # nearest
    with pytest.raises(np.linalg.LinAlgError, match="dependent"):
        coordinates([1.0, 2.0], [[1.0, 2.0], [2.0, 4.0]])


# ------------------------------------------------------------------ orth, null_space

@pytest.mark.parametrize("dtype", FLOATS)
def test_orth_and_null_space_by_their_identities(dtype):
    rng, eps = np.random.default_rng(6), np.finfo(dtype).eps
    for m, n in SHAPES:
        for part in (0, 0.3, 0.5, 0.9, 1):
            rank = int(part * min(m, n))
            a = of_rank(rng, (m, n), rank, dtype)
            q, z = orth(a), null_space(a)
            assert q.shape == (m, rank)
            assert z.shape == (n, n - rank)
            assert q.dtype == z.dtype == dtype
            assert_orthonormal(q)
            assert_orthonormal(z)
            size = np.linalg.norm(a)
            np.testing.assert_allclose(a @ z, 0, atol=8 * max(m, n) * eps * size)
            np.testing.assert_allclose(q @ (q.T @ a), a, atol=8 * max(m, n) * eps * size)
            assert same_span(z, scipy.linalg.null_space(a), slack=1e3)
            assert same_span(q, scipy.linalg.orth(a), slack=1e3)


def test_orth_and_null_space_take_what_scipys_take():
    a = np.diag([1.0, 1e-5, 0.0])
    for rcond in (None, 1e-3, 1e-8, 0, 2):
        assert orth(a, rcond).shape == scipy.linalg.orth(a, rcond).shape
        assert null_space(a, rcond).shape == scipy.linalg.null_space(a, rcond).shape
    assert same_span(null_space(a, lapack_driver="gesvd"), null_space(a))
    assert null_space(a.astype(int)).dtype == np.float64
    assert null_space(a.astype(np.float16)).dtype == np.float32
    for function, peer in ((orth, scipy.linalg.orth), (null_space, scipy.linalg.null_space)):
        z, w = function(a + 1j), peer(a + 1j)
        np.testing.assert_allclose(z @ z.conj().T, w @ w.conj().T, atol=1e-14)
        for shape in ((0, 0), (0, 3), (3, 0)):
            assert function(np.ones(shape)).shape == peer(np.ones(shape)).shape


def test_the_null_space_of_a_tall_matrix_needs_no_square_factor():
    a = np.ones((100_000, 2))                   # its full U has 80 GB
    np.testing.assert_allclose(np.abs(null_space(a)), np.sqrt(0.5), rtol=1e-14)


# ------------------------------------------------------------------ all

BOTH = {"gram_schmidt": gram_schmidt, "mgs": lambda a: gram_schmidt(a, method="mgs"), "basis": basis, "orth": orth,
        "null_space": null_space, "is_independent": is_independent}


@pytest.mark.parametrize("name", BOTH)
def test_powers_of_two_change_nothing(name):
    function = BOTH[name]
    for dtype in FLOATS:
        a = np.random.default_rng(7).standard_normal((6, 4)).astype(dtype)
        a[:, 2] = a[:, 0] - a[:, 1]
        expected, info = function(a), np.finfo(dtype)
        for k in (info.minexp + 60, -3, 5, info.maxexp - 4) if dtype is np.float64 else (-60, -3, 5, info.maxexp - 4):
            got = function(np.ldexp(a, k))
            assert_same_bits(got if name != "basis" else np.ldexp(got, -k), expected, str(k))


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts_and_batches_have_the_same_bits(name, layout):
    function, rng = BOTH[name], np.random.default_rng(8)
    for shape in ((2, 3, 5, 4), (6, 4), (4, 6)):
        a = of_rank(rng, shape, 3)
        before = a.copy()
        expected = np.asarray(function(a))
        assert_same_bits(a, before)
        changed = LAYOUTS[layout](a)
        assert_same_bits(function(changed), expected, str(shape))
        for i in np.ndindex(shape[:-2]):
            assert_same_bits(function(a[i]), expected[i], str(i))


def test_integers_become_float64():
    for dtype in (np.int8, np.uint64, bool):
        a = np.eye(3, dtype=dtype)
        for function in (gram_schmidt, basis, orth):
            assert function(a).dtype == np.float64
        assert coordinates(a[0], a).dtype == np.float64
        assert linear_combination(a[0], a).dtype == np.float64


def test_batches_without_items():
    a = np.ones((0, 3, 2))
    assert gram_schmidt(a).shape == (0, 3, 2)
    assert basis(a).shape == (0, 3, 2)
    assert orth(a).shape == (0, 3, 2)
    assert is_independent(a).shape == (0,)
    assert coordinates(np.ones((0, 3)), a).shape == (0, 2)
    assert linear_combination(np.ones((0, 2)), a).shape == (0, 3)


def test_foreign_types_are_refused():
    for function in (gram_schmidt, basis, is_independent):
        with pytest.raises(TypeError, match=function.__name__):
            function(np.eye(2) * 1j)
