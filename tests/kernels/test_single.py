"""The doors for one plain matrix: what they know as not their own, and that they have the bits of the general one."""

import numpy as np
import pytest

from mathcore._kernels import single as kernel
from mathcore.linalg import det, inv, lu_factor, lu_solve, slogdet, solve, solve_triangular
from tests.layouts import values


def test_doors_for_single_matrices_know_what_is_not_their_own():
    a, b = np.array([[2.0, 1], [1, 3]]), np.array([3.0, 5])
    np.testing.assert_allclose(kernel.solve(a, b, True), [0.8, 1.4])
    for other in ([[1.0]], a.astype(int), np.ones((2, 2)), np.array([[np.nan, 1], [1, 2]]), np.eye(2) * [1, 1e-17]):
        assert kernel.solve(other, b, True) is None
        assert kernel.inverse(other, True) is None
    for other in ([1.0, 2.0], b.astype("f4"), np.ones(3), np.array([1, np.inf]), np.ones((1, 2, 1))):
        assert kernel.solve(a, other, True) is None
    assert kernel.det(a, True) == 5
    assert kernel.det(a.astype(int), True) is None


def test_the_door_of_factors_knows_what_is_not_its_own():
    door = kernel.lu
    assert door([[1.0]], True) is None
    assert door(np.ones((2, 2), int), True) is None
    assert door(np.ones((2, 2)), True) is None, "singular: a warning is due"
    assert door(np.array([[np.nan]]), True) is None
    lu, pivots = door(np.array([[1.0, 2.0], [4.0, 4.0]]), True)
    np.testing.assert_array_equal(lu, [[4, 4], [0.25, 1]])
    assert pivots.tolist() == [1, 1]


def test_doors_of_factored_systems_know_what_is_not_their_own():
    a, b = np.array([[2.0, 1], [0, 4]]), np.array([4.0, 8])
    factors = kernel.lu(a, True)
    np.testing.assert_array_equal(kernel.lu_solve(factors, b, 0, True), [1, 2])
    np.testing.assert_array_equal(kernel.lu_solve(factors, b, 1, True), [2, 1.5])
    np.testing.assert_array_equal(kernel.solve_triangular(a, b, False, False, False, True), [1, 2])
    np.testing.assert_array_equal(kernel.solve_triangular(a, b, True, False, False, True), [2, 1.5])
    np.testing.assert_array_equal(kernel.solve_triangular(np.asfortranarray(a), b, False, False, True, True), [-4, 8])
    for other in ([4.0, 8.0], b.astype("f4"), np.ones(3), np.array([1, np.nan]), np.ones((1, 2, 1)),
                  np.ones((4, 4))[::2, 0]):
        assert kernel.lu_solve(factors, other, 0, True) is None
        assert kernel.solve_triangular(a, other, False, False, False, True) is None
    lu, pivots = factors
    for other in (list(factors), (lu,), (lu, [0, 1]), (lu, pivots.astype(np.int64)), (lu, pivots[:1]),
                  (lu, pivots + 1), (lu, pivots - 1), (lu[:, :1], pivots), (lu.astype("f4"), pivots),
                  (np.ones((4, 4))[::2, ::2], pivots)):
        assert kernel.lu_solve(other, b, 0, True) is None
    for trans in (3, -1, True, "T"):
        assert kernel.lu_solve(factors, b, trans, True) is None
    for other in (np.ones((2, 3)), np.diag([1.0, 0]), np.array([[1, np.inf], [0, 1]]), a.astype(int)):
        assert kernel.solve_triangular(other, b, False, False, False, True) is None
    assert kernel.slogdet(a.astype(int)) is None
    assert kernel.slogdet(a) == (1, np.log(8))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", [2, 9, 24, 25, 32, 33, 70, 150])
def test_same_bits_as_the_general_door(dtype, n):
    """Which `workers=` calls for."""
    rng = np.random.default_rng(n)
    a, b = values(rng, (n, n), dtype), values(rng, (n, 2), dtype)
    assert kernel.solve(a, b, True).tobytes() == solve(a, b, workers=1).tobytes()
    assert kernel.inverse(a, True).tobytes() == inv(a, workers=1).tobytes()
    assert kernel.det(a, True) == det(a, workers=1)
    assert kernel.slogdet(a) == slogdet(a, workers=1)
    factors = lu_factor(a, workers=1)
    if n < 128:
        for one, other in zip(kernel.lu(a, True), factors, strict=True):
            assert one.tobytes() == other.tobytes()
    for side in (b, b[:, 0].copy()):
        for trans in (0, 1):
            expected = lu_solve(factors, side, trans, workers=1)
            assert kernel.lu_solve(factors, side, trans, True).tobytes() == expected.tobytes()
            for lower in (False, True):
                expected = solve_triangular(a, side, trans, lower, workers=1)
                assert kernel.solve_triangular(a, side, trans, lower, False, True).tobytes() == expected.tobytes()


def test_structure_is_left_to_the_general_door():
    a, b = values(np.random.default_rng(1), (50, 50), "float64"), np.ones(50)
    for other in (np.triu(a), np.tril(a), a + a.T, np.triu(np.tril(a, 1), -1), np.diag(np.diag(a))):
        assert kernel.solve(other, b, True) is None
        assert kernel.inverse(other, True) is None
