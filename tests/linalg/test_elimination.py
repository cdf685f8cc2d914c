"""row_reduce: worked examples, exact pivots, the steps as they are printed."""

from fractions import Fraction

import numpy as np
import pytest

from mathcore.linalg import matrix_rank, row_reduce
from tests.layouts import LAYOUTS
from tests.oracles import assert_same_bits

EPS = np.finfo(np.float64).eps


def exact_rref(rows):
    """(rref, pivots) in rational numbers."""
    a = [[Fraction(x) for x in row] for row in rows]
    pivots, r = [], 0
    for j in range(len(a[0])):
        p = next((i for i in range(r, len(a)) if a[i][j]), None)
        if p is None:
            continue
        a[r], a[p] = a[p], a[r]
        a[r] = [x / a[r][j] for x in a[r]]
        for i in range(len(a)):
            if i != r:
                a[i] = [x - a[i][j] * y for x, y in zip(a[i], a[r], strict=True)]
        pivots.append(j)
        r += 1
        if r == len(a):
            break
    return np.array([[float(x) for x in row] for row in a]), pivots


def test_a_system_of_three_equations():
    """x + y + z = 6, 2y + 5z = -4, 2x + 5y - z = 27: x = 5, y = 3, z = -2."""
    result = row_reduce([[1, 1, 1, 6], [0, 2, 5, -4], [2, 5, -1, 27]])
    np.testing.assert_allclose(result.rref, [[1, 0, 0, 5], [0, 1, 0, 3], [0, 0, 1, -2]], rtol=16 * EPS)
    assert result.pivots.tolist() == [0, 1, 2]
    assert result.rank == 3
    assert result.steps is None


def test_dependent_rows_and_free_columns():
    rref, pivots, rank, _ = row_reduce([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [1.0, 2.0, 4.0]])
    np.testing.assert_array_equal(rref, [[1, 2, 0], [0, 0, 1], [0, 0, 0]])
    assert (pivots.tolist(), rank) == ([0, 2], 2)
    # x + y = 1, x + y = 2: the pivot in the last column says that there is no solution
    assert row_reduce([[1, 1, 1], [1, 1, 2]]).pivots.tolist() == [0, 2]


def test_small_integers_against_rational_arithmetic():
    rng = np.random.default_rng(0)
    for m, n in ((1, 1), (2, 2), (3, 3), (3, 5), (5, 3), (4, 4)):
        for _ in range(60):
            a = rng.integers(-3, 4, (m, n))
            if rng.random() < 0.5 and m > 1:
                a[-1] = a[0] - a[rng.integers(m - 1)]
            expected, pivots = exact_rref(a.tolist())
            result = row_reduce(a)
            assert result.pivots.tolist() == pivots
            # multipliers and pivots of integers below 4 and n up to 5: condition numbers below 1e4
            np.testing.assert_allclose(result.rref, expected, rtol=0, atol=1e4 * n * EPS * np.abs(expected).max())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_form_is_exact_and_the_rank_that_of_the_singular_values(dtype):
    rng = np.random.default_rng(1)
    for m, n, rank in ((6, 6, 6), (9, 5, 3), (5, 9, 4), (30, 30, 15), (1, 4, 1), (4, 4, 0)):
        a = (rng.standard_normal((m, rank)) @ rng.standard_normal((rank, n))).astype(dtype)
        before = a.copy()
        rref, pivots, got, _ = row_reduce(a, rtol=100 * n * np.finfo(dtype).eps)
        np.testing.assert_array_equal(a, before)
        assert rref.dtype == dtype
        assert got == matrix_rank(a) == rank == len(pivots)
        np.testing.assert_array_equal(rref[:, pivots], np.eye(m, dtype=dtype)[:, :rank])
        np.testing.assert_array_equal(rref[rank:], 0)
        assert not np.signbit(rref[rref == 0]).any()
        np.testing.assert_allclose(a[:, pivots] @ rref[:rank], a, atol=1e4 * n * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_powers_of_two_change_nothing(dtype):
    a = np.random.default_rng(2).standard_normal((4, 6)).astype(dtype)
    expected = row_reduce(a)
    info = np.finfo(dtype)
    for k in (info.minexp + 4, info.minexp // 2 - 9, -1, 1, info.maxexp // 2 + 9, info.maxexp - 4):
        got = row_reduce(np.ldexp(a, k))
        assert_same_bits(got.rref, expected.rref, str(k))
    columns = np.ldexp(a, np.array([0, -20, 20, 0, 3, -3]))
    assert row_reduce(columns).pivots.tolist() == expected.pivots.tolist()
    assert row_reduce([[1e-30, 1.0], [0.0, 1.0]]).rank == 2


def test_rtol_decides_what_counts():
    a = [[1.0, 1.0], [1.0, 1.0 + 1e-10]]
    assert row_reduce(a).rank == 2
    assert row_reduce(a, rtol=1e-9).rank == 1
    assert row_reduce(a, rtol=0).rank == 2
    assert row_reduce([[0.1, 0.3], [0.3, 0.9]]).rank == 1                # 0.3 * 0.1 / 0.3 is rounded
    assert row_reduce([[0.1, 0.3], [0.3, 0.9]], rtol=0).rank == 2


def test_empty():
    for shape in ((0, 0), (0, 3), (3, 0)):
        result = row_reduce(np.ones(shape), return_steps=True)
        assert result.rref.shape == shape
        assert result.rank == 0
        assert result.pivots.tolist() == []
        assert str(result.steps).startswith("start")
    assert row_reduce(np.ones((0, 2, 3))).pivots.shape == (0, 2)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_batches_and_layouts(layout):
    rng = np.random.default_rng(3)
    a = rng.integers(-2, 3, (2, 3, 4, 3)).astype(float)
    got = row_reduce(LAYOUTS[layout](a))
    assert got.pivots.shape == (2, 3, 3)
    for i in np.ndindex(2, 3):
        item = row_reduce(LAYOUTS[layout](a[i]), return_steps=True)       # the same bits, told or not
        assert_same_bits(got.rref[i], item.rref)
        assert got.rank[i] == item.rank
        assert got.pivots[i].tolist() == item.pivots.tolist() + [-1] * (3 - item.rank)


# ------------------------------------------------------------------ steps

def replay(steps):
    """Each matrix from the one before it, by the operation that is named."""
    a = steps[0].matrix.copy()
    for step in steps[1:]:
        if step.operation == "swap":
            a[[step.row, step.other]] = a[[step.other, step.row]]
        elif step.operation == "subtract":
            a[step.row] -= step.factor * a[step.other]
        elif step.operation == "scale":
            a[step.row] /= step.factor
        else:
            assert step.operation in ("clear", "scale all")
            a = step.matrix.copy()
        np.testing.assert_allclose(a, step.matrix, atol=64 * EPS * np.abs(a).max(initial=1))
        a = step.matrix.copy()
    return a


def test_steps_lead_from_the_matrix_to_the_result():
    rng = np.random.default_rng(4)
    for m, n in ((3, 4), (4, 3), (5, 5), (1, 3)):
        a = rng.integers(-4, 5, (m, n)).astype(float)
        result = row_reduce(a, return_steps=True)
        np.testing.assert_array_equal(result.steps[0].matrix, a)
        np.testing.assert_array_equal(replay(result.steps), result.rref)
        assert [s.operation for s in result.steps].count("start") == 1


def test_steps_are_printed_as_on_paper():
    steps = row_reduce([[1, -2], [2, 4], [-2, -4]], return_steps=True).steps
    assert str(steps) == """start
  [  1  -2 ]
  [  2   4 ]
  [ -2  -4 ]
swap R1 and R2
  [  2   4 ]
  [  1  -2 ]
  [ -2  -4 ]
R2 <- R2 - 0.5 R1
  [  2   4 ]
  [  0  -4 ]
  [ -2  -4 ]
R3 <- R3 + R1
  [  2   4 ]
  [  0  -4 ]
  [  0   0 ]
R2 <- R2 / -4
  [ 2  4 ]
  [ 0  1 ]
  [ 0  0 ]
R1 <- R1 - 4 R2
  [ 2  0 ]
  [ 0  1 ]
  [ 0  0 ]
R1 <- R1 / 2
  [ 1  0 ]
  [ 0  1 ]
  [ 0  0 ]"""


def test_steps_say_what_is_not_a_row_operation():
    steps = row_reduce([[0.1, 0.3], [0.3, 0.9]], return_steps=True).steps
    assert "no pivot in column 2: what is left there counts as 0" in str(steps)
    steps = row_reduce(np.ldexp(np.eye(2), 1000), return_steps=True).steps
    assert steps[1].text == f"all rows / {2.0**1001:.6g}"
    np.testing.assert_array_equal(steps[1].matrix, np.eye(2) / 2)
