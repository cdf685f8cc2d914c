"""The doors for one plain matrix: what they know as not their own, and that they have the bits of the general one."""

import numpy as np
import pytest

from mathcore._kernels import single as kernel
from mathcore.linalg import det, inv, solve
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


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", [2, 9, 24, 25, 32, 33, 70, 150])
def test_same_bits_as_the_general_door(dtype, n):
    """Which `workers=` calls for."""
    rng = np.random.default_rng(n)
    a, b = values(rng, (n, n), dtype), values(rng, (n, 2), dtype)
    assert kernel.solve(a, b, True).tobytes() == solve(a, b, workers=1).tobytes()
    assert kernel.inverse(a, True).tobytes() == inv(a, workers=1).tobytes()
    assert kernel.det(a, True) == det(a, workers=1)


def test_structure_is_left_to_the_general_door():
    a, b = values(np.random.default_rng(1), (50, 50), "float64"), np.ones(50)
    for other in (np.triu(a), np.tril(a), a + a.T, np.triu(np.tril(a, 1), -1), np.diag(np.diag(a))):
        assert kernel.solve(other, b, True) is None
        assert kernel.inverse(other, True) is None
