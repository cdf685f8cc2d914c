"""Half a sweep of alternating least squares: against a solve for each user, edges of blocks, bits, memory refused."""

import numpy as np
import pytest

from mathcore._kernels import ratings, runtime
from tests.oracles import assert_same_bits
from tests.tuning import is_fused, using_isa

DTYPES = ("float32", "float64")


def problem(rng, counts, n_items, rank, dtype):
    """Users with so many ratings each, of distinct items."""
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    items = np.concatenate([np.empty(0, int), *(np.sort(rng.permutation(n_items)[:n]) for n in counts)])
    values = rng.standard_normal(len(items)).astype(dtype)
    return starts, items.astype(np.int32), values, rng.standard_normal((n_items, rank + 1)).astype(dtype)


def solved(starts, items, values, rows, biases, reg, workers=1):
    own = np.full((len(starts) - 1, rows.shape[1]), np.nan, rows.dtype)
    squares = np.full(len(own), np.nan)
    ratings.solve(starts, items, values, rows, own, biases, reg, True, squares, workers, "f")
    return own, squares


def expected(starts, items, values, rows, biases, reg):
    """By the normal equations in float64; and the condition number of the worst of them."""
    rank = rows.shape[1] - 1
    own, squares, worst = np.zeros((len(starts) - 1, rank + 1)), np.zeros(len(starts) - 1), 1.0
    for u in range(len(own)):
        at = slice(starts[u], starts[u + 1])
        if at.start == at.stop:
            continue
        x = rows[items[at]].astype("f8")
        y, x = values[at] - x[:, -1], np.column_stack([x[:, :-1], np.ones((len(x), int(biases)))])
        k = x.T @ x + reg * len(x) * np.eye(x.shape[1])
        own[u, :x.shape[1]] = np.linalg.solve(k, x.T @ y)
        squares[u] = ((y - x @ own[u, :x.shape[1]]) ** 2).sum()
        worst = max(worst, np.linalg.cond(k)) if x.shape[1] else worst
    return own, squares, worst


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rank", [0, 1, 2, 7, 8, 15, 16, 31, 32, 33, 63, 64, 65, 100])
@pytest.mark.parametrize("biases", [False, True])
def test_each_user_is_a_ridge_regression(isa, dtype, rank, biases):
    rng = np.random.default_rng(rank)
    for counts in ([1, 0, 2, 5, 40, 0], [3] * 33, [511, 512, 513, 1025]):
        args = problem(rng, counts, 1100, rank, dtype)
        own, squares = solved(*args, biases, 0.1)
        exact, exact_squares, condition = expected(*args, biases, 0.1)
        tolerance = (rank + 40) * np.finfo(dtype).eps * condition
        np.testing.assert_allclose(own, exact, atol=tolerance)
        np.testing.assert_allclose(squares, exact_squares, rtol=tolerance, atol=tolerance)
        if not biases:
            np.testing.assert_array_equal(own[:, -1], 0)


@pytest.mark.parametrize("dtype", DTYPES)
def test_bits_do_not_depend_on_threads_vectors_or_other_users(dtype):
    rng = np.random.default_rng(1)
    args = problem(rng, rng.integers(0, 90, 500), 300, 12, dtype)
    first = solved(*args, True, 0.01)
    for workers in (2, 3, 7):
        for part, other in zip(first, solved(*args, True, 0.01, workers), strict=True):
            assert_same_bits(other, part)
    starts, items, values, rows = args
    at = slice(starts[77], starts[78])
    alone = solved(np.array([0, at.stop - at.start]), items[at], values[at], rows, True, 0.01)
    assert_same_bits(alone[0][0], first[0][77])
    of_each = []
    for name in runtime.available_isas():
        if is_fused(name):
            with using_isa(name):
                of_each.append(solved(*args, True, 0.01))
    for other in of_each[1:]:
        for part, same in zip(of_each[0], other, strict=True):
            assert_same_bits(same, part)


def test_users_without_a_solution_are_marked():
    args = problem(np.random.default_rng(2), [4, 1, 3], 5, 3, "float64")
    args[3][:, :3] = 1                       # equal items
    _, squares = solved(*args, False, 0.0)
    assert (squares < 0).any()
    assert (solved(*args, False, 1e-3)[1] >= 0).all()


def test_nothing_to_do():
    starts, items, values, rows = problem(np.random.default_rng(3), [0, 0], 4, 2, "float64")
    own, squares = solved(starts, items, values, rows, True, 0.1)
    np.testing.assert_array_equal(own, 0)
    np.testing.assert_array_equal(squares, 0)
    assert solved(starts[:1], items, values, rows, True, 0.1)[0].shape == (0, 3)


def test_memory_refused():
    args = problem(np.random.default_rng(4), [600, 3], 700, 80, "float64")
    first = solved(*args, True, 0.1)
    failed = 0
    for calls in range(20):
        runtime.release_workspace()
        runtime.fail_allocation_after(calls)
        try:
            solved(*args, True, 0.1)
        except MemoryError:
            failed += 1
        finally:
            runtime.fail_allocation_after(-1)
    assert 0 < failed < 20
    assert_same_bits(solved(*args, True, 0.1)[0], first[0])
