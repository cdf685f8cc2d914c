"""Triangular solves in place: each triangle, orientation, block edge, number of columns; same bits on any threads."""

import numpy as np
import pytest
from mathcore._kernels.triangular import solve_batch

from tests.layouts import values
from tests.ratios import triangular_ratio

SIZES = (0, 1, 2, 7, 8, 9, 63, 64, 65, 129)


def triangle(rng, n, dtype):
    return (values(rng, (n, n), dtype) + np.eye(n) * 2 * np.sqrt(n)).astype(dtype)


def solved(a, b, lower, unit, workers=1):
    x, info = np.array(b[None]), np.full(1, -7, np.int32)
    solve_batch(a[None], x, info, lower, unit, workers, "solve_triangular")
    assert info[0] == 0
    return x[0]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", SIZES)
def test_ratio(isa, dtype, n):
    rng = np.random.default_rng(n)
    a = triangle(rng, n, dtype)
    for k in (1, 2, 9, 25):
        b = values(rng, (n, k), dtype)
        for lower in (False, True):
            for unit in (False, True):
                t = a / np.float32(2 * n + 1) if unit else a      # small beside the ones
                for view in (t, np.asfortranarray(t)):
                    x = solved(view, b, lower, unit)
                    assert triangular_ratio(t, x, b, lower=lower, unit_diagonal=unit) < 8


@pytest.mark.parametrize("n", [600, 1100])
def test_vectors_longer_than_their_block(n):
    rng = np.random.default_rng(n)
    a, b = triangle(rng, n, "float64"), values(rng, (n, 1), "float64")
    for lower in (False, True):
        for view in (a, np.asfortranarray(a)):
            x = solved(view, b, lower, False)
            assert triangular_ratio(a, x, b, lower=lower) < 8
            assert solved(view, b, lower, False, workers=3).tobytes() == x.tobytes()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_same_bits_on_any_threads_and_for_any_columns(dtype):
    rng = np.random.default_rng(5)
    a, b = triangle(rng, 150, dtype), values(rng, (150, 130), dtype)
    x = solved(a, b, False, False)
    for workers in (2, 3, 7):
        assert solved(a, b, False, False, workers).tobytes() == x.tobytes()
    assert solved(a, np.ascontiguousarray(b[:, 7:31]), False, False).tobytes() == x[:, 7:31].tobytes()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", [1, 2, 3, 5, 8, 17, 33, 64, 100, 530])
def test_one_vector_has_the_bits_of_any_order_of_memory(isa, dtype, n):
    rng = np.random.default_rng(n)
    a, b = triangle(rng, n, dtype), values(rng, (n, 1), dtype)
    for lower in (False, True):
        for unit in (False, True):
            t = a / np.float32(2 * n + 1) if unit else a
            x = solved(t, b, lower, unit)
            assert solved(np.asfortranarray(t), b, lower, unit).tobytes() == x.tobytes()
            if n <= 64:                  # and those of one column of many, where a strip is one block
                many = solved(t, np.concatenate([b, b, b], axis=1), lower, unit)
                assert np.ascontiguousarray(many[:, 1]).tobytes() == x.tobytes()


def test_reads_only_its_triangle():
    a, b = np.full((70, 70), np.nan), np.ones((70, 2))
    a[np.tril_indices(70)] = 1
    assert np.isfinite(solved(a, b, True, False)).all()
    a[np.diag_indices(70)] = np.nan
    assert np.isfinite(solved(a, b, True, True)).all()


def test_diagonal_without_a_normal_reciprocal():
    tiny = np.finfo("float64").smallest_subnormal * 4
    a = np.diag([tiny, 1.5e308, 1.0])
    x = solved(a, np.array([[tiny, 0], [1.5e308, 1.5e308], [1, 2]]), False, False)
    np.testing.assert_array_equal(x, [[1, 0], [1, 1], [1, 2]])


def test_zero_on_the_diagonal_leaves_its_item_alone():
    a = np.stack([np.eye(3), np.diag([1.0, 0, 0]), np.eye(3)])
    x, info = np.ones((3, 3, 2)), np.empty(3, np.int32)
    solve_batch(a, x, info, False, False, 1, "solve_triangular")
    assert info.tolist() == [0, 2, 0]
    assert (x == 1).all()
