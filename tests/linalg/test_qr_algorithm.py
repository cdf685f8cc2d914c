"""The QR algorithm: textbooks, against eigvals, complex pairs, matrices on which it stands still, scales."""

import numpy as np
import pytest

from mathcore.linalg import qr_algorithm
from tests.linalg.test_iterative import with_eigenvalues

FLOATS = (np.float32, np.float64)


def assert_schur(a, result):
    a, eps, n = np.asarray(a), float(np.finfo(result.t.dtype).eps), len(a)
    size = np.linalg.norm(a.astype(np.float64))
    allowed = 8 * (result.n_iter + n + 16) * n * eps
    q, t = result.q.astype(np.float64), result.t.astype(np.float64)
    assert np.abs(q.T @ q - np.eye(n)).max() <= allowed
    assert np.abs(q @ t @ q.T - a).max() <= allowed * size
    assert not np.tril(t, -2).any()
    assert result.converged
    assert len(result.trace.value) == result.n_iter


def nearest(found, expected):
    """The largest distance of one to the closest of the other, taken in turn."""
    rest, worst = list(expected), 0.0
    for value in found:
        at = int(np.argmin(np.abs(np.array(rest) - value)))
        worst = max(worst, abs(rest.pop(at) - value))
    return worst


@pytest.mark.parametrize("shifts", [True, False])
@pytest.mark.parametrize(("a", "values"), [
    ([[4, 1], [2, 3]], [5, 2]), ([[2, 1], [1, 2]], [3, 1]), ([[2, 0], [0, 1]], [2, 1]), ([[1, 0], [0, 2]], [2, 1]),
    ([[7]], [7]), ([[0, 0], [0, 0]], [0, 0]), ([[2, -1, 0], [-1, 2, -1], [0, -1, 2]], [2 + 2**0.5, 2, 2 - 2**0.5]),
    ([[1, 2, 3], [0, 4, 5], [0, 0, 6]], [6, 4, 1]),
])
def test_of_a_textbook(a, values, shifts):
    result = qr_algorithm(a, shifts=shifts)
    np.testing.assert_allclose(result.values, values, atol=1e-13)
    assert_schur(a, result)


def test_textbook_steps():
    """Without shifts: T = R Q, again and again."""
    t, seen = np.array([[4.0, 1], [2, 3]]), []
    qr_algorithm(t, shifts=False, max_iter=3, callback=lambda *x: seen.append(x))
    for _, value, got in seen:
        q, r = np.linalg.qr(t)
        t = r @ q
        np.testing.assert_allclose(got, t, atol=1e-14)
        assert value == got[1, 1]
    assert [step for step, *_ in seen] == [1, 2, 3]


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("n", [2, 3, 5, 10, 30])
def test_symmetric_is_eigh(dtype, n):
    a, _ = with_eigenvalues(np.linspace(-1, 2, n), dtype)
    result = qr_algorithm(a)
    assert_schur(a, result)
    assert result.values.dtype == dtype
    np.testing.assert_allclose(result.values, np.linspace(2, -1, n), atol=32 * n * float(np.finfo(dtype).eps))
    np.testing.assert_array_equal(np.diagonal(result.t), result.values)
    rest = a @ result.q - result.q * result.values
    assert np.abs(rest).max() <= 64 * n * np.finfo(dtype).eps


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("n", [2, 3, 4, 7, 20, 40])
def test_general_is_eigvals(dtype, n):
    for seed in range(3):
        a = np.random.default_rng(seed).standard_normal((n, n)).astype(dtype)
        result = qr_algorithm(a)
        assert_schur(a, result)
        values, left = np.linalg.eig(a.astype(np.float64))
        condition = np.linalg.cond(left)
        assert nearest(result.values, values) <= 64 * n * condition * np.finfo(dtype).eps * np.linalg.norm(a, 2)


@pytest.mark.parametrize("a", [
    [[0, 1], [1, 0]], [[0, -1], [1, 0]], np.roll(np.eye(3), 1, 0), np.roll(np.eye(4), 1, 0), np.roll(np.eye(7), 1, 0),
    np.kron(np.eye(2), [[0, -1], [1, 0]]), [[0, 0, 1], [1, 0, 0], [0, 1, 0]],
], ids=str)
def test_orthogonal_matrices_stand_still_without_shifts_only(a):
    result = qr_algorithm(a)
    assert_schur(a, result)
    assert nearest(result.values, np.linalg.eigvals(a)) <= 1e-13


def test_says_where_it_did_not_converge():
    result = qr_algorithm([[0, 1], [1, 0]], shifts=False, max_iter=20)
    assert (result.converged, result.stop, result.n_iter) == (False, "max_iter", 20)
    assert qr_algorithm(np.ones((3, 3)) + np.diag([1, 2, 3]), callback=lambda *x: True).stop == "callback"


def test_defective_and_repeated():
    assert qr_algorithm([[1, 1], [0, 1]]).values.tolist() == [1, 1]
    a, _ = with_eigenvalues([2, 2, 2, 1, 1])
    np.testing.assert_allclose(qr_algorithm(a).values, [2, 2, 2, 1, 1], atol=1e-14)
    jordan = np.array([[3.0, 1, 0], [0, 3, 1], [0, 0, 3]])
    q = np.linalg.qr(np.random.default_rng(0).standard_normal((3, 3)))[0]
    assert nearest(qr_algorithm(q @ jordan @ q.T).values, [3, 3, 3]) < 1e-4      # eps^(1/3)


@pytest.mark.parametrize("power", [-900, 900])
def test_scale_is_no_matter(power):
    result = qr_algorithm(np.ldexp([[4.0, 1], [2, 3]], power))
    np.testing.assert_allclose(np.ldexp(result.values, -power), [5, 2])
    turn = qr_algorithm(np.ldexp([[0.0, -1], [1, 0]], power))
    np.testing.assert_allclose(np.ldexp(turn.values.imag, -power), [1, -1])
