"""solve_triangular: its options, batches and failures."""

import numpy as np
import pytest
import scipy.linalg

from mathcore.linalg import solve_triangular
from tests.layouts import values
from tests.ratios import triangular_ratio


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", [1, 2, 5, 33, 70])
def test_options(dtype, n):
    rng = np.random.default_rng(n)
    a = values(rng, (2, n, n), dtype) + np.eye(n, dtype=dtype) * 2 * n
    b = values(rng, (2, n, 3), dtype)
    for trans in (0, 1, 2, "N", "T", "C"):
        for lower in (False, True):
            for unit in (False, True):
                t = a / np.float32(4 * n) if unit else a
                x = solve_triangular(t, b, trans=trans, lower=lower, unit_diagonal=unit)
                assert x.dtype == dtype
                for i in range(2):
                    options = {"trans": trans, "lower": lower, "unit_diagonal": unit}
                    assert triangular_ratio(t[i], x[i], b[i], **options) < 8
                    one = solve_triangular(t[i], b[i][:, 0], **options)
                    assert triangular_ratio(t[i], one, b[i][:, 0], **options) < 8


def test_batches_broadcast():
    a = values(np.random.default_rng(1), (3, 1, 4, 4), "float64") + 5 * np.eye(4)
    b = values(np.random.default_rng(2), (2, 4, 1), "float64")
    x = solve_triangular(a, b)
    assert x.shape == (3, 2, 4, 1)
    np.testing.assert_allclose(x[2, 1], scipy.linalg.solve_triangular(a[2, 0], b[1]))


def test_singular():
    a = np.stack([np.eye(3), np.diag([1.0, 0, 1]), np.eye(3)])
    with pytest.raises(np.linalg.LinAlgError, match="singular matrix: resolution failed at diagonal 1"):
        solve_triangular(a[1], np.ones(3))
    with pytest.raises(np.linalg.LinAlgError, match=r"slice\(s\) \[1\]") as caught:
        solve_triangular(a, np.ones(3))
    assert caught.value.index == (1,)
    x = solve_triangular(a, np.ones(3), on_failure="nan")
    assert np.isnan(x[1]).all()
    assert (x[[0, 2]] == 1).all()


def test_overwriting_and_not():
    a, b = np.triu(np.ones((4, 4))), np.ones((4, 2))
    x = solve_triangular(a, b)
    assert (b == 1).all()
    assert solve_triangular(a, b, overwrite_b=True) is b or (b == 1).all()
    np.testing.assert_array_equal(x, solve_triangular(a, np.ones((4, 2))))


def test_empty_and_complex():
    assert solve_triangular(np.ones((0, 0)), np.ones((0, 2))).shape == (0, 2)
    assert solve_triangular(np.eye(2), np.ones((2, 0))).shape == (2, 0)
    assert solve_triangular(np.eye(2) * 1j, np.ones(2)).tolist() == [-1j, -1j]
