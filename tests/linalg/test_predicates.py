"""is_symmetric, is_orthogonal, is_positive_definite: on both sides of their tolerance."""

import numpy as np
import pytest
import scipy.linalg

from mathcore.linalg import is_orthogonal, is_positive_definite, is_symmetric
from tests.layouts import LAYOUTS

FLOATS = (np.float32, np.float64)


@pytest.mark.parametrize("dtype", FLOATS)
def test_symmetric_within_n_eps_of_the_largest_element(dtype):
    eps = np.finfo(dtype).eps
    for n in (2, 5, 64):
        a = np.random.default_rng(n).standard_normal((n, n)).astype(dtype)
        a = a + a.T
        a[0, 0] = 8                                     # the largest
        assert is_symmetric(a)
        assert is_symmetric(a, rtol=0)
        a[0, 1] = 0
        a[1, 0] = 8 * n * eps
        assert is_symmetric(a)
        assert not is_symmetric(a, rtol=0)
        a[1, 0] = 8 * n * eps * (1 + 2 * eps)
        assert not is_symmetric(a)
        assert is_symmetric(a, rtol=n * eps * 1.01)


def test_symmetric_of_special_values():
    assert is_symmetric(np.ones((0, 0)))
    assert is_symmetric([[5]])
    assert not is_symmetric(np.ones((2, 3)))
    assert is_symmetric([[np.inf, np.inf], [np.inf, 1.0]])
    assert not is_symmetric([[1.0, np.inf], [-np.inf, 1.0]])
    assert not is_symmetric([[1.0, np.inf], [1.0, 1.0]])
    assert not is_symmetric([[np.inf, 1.0], [2.0, 1.0]])
    assert not is_symmetric([[np.nan, 1.0], [1.0, 1.0]])
    assert not is_symmetric([[0.0, 1.7e308], [-1.7e308, 0.0]])          # whose difference overflows
    assert is_symmetric([[0.0, 5e-324], [5e-324, 0.0]])
    assert not is_symmetric([[0.0, 5e-324], [1e-323, 0.0]])
    assert is_symmetric(np.eye(3, dtype=bool))


@pytest.mark.parametrize("dtype", FLOATS)
def test_orthogonal(dtype):
    rng, eps = np.random.default_rng(0), np.finfo(dtype).eps
    for m, n in ((1, 1), (2, 2), (50, 50), (200, 7)):
        q = np.linalg.qr(rng.standard_normal((m, n)).astype(dtype))[0]
        assert is_orthogonal(q)
        assert not is_orthogonal(2 * q)
        q[0, 0] += 40 * m * eps * np.copysign(1, q[0, 0]) / abs(q[0, 0])
        assert not is_orthogonal(q)
    assert is_orthogonal(np.eye(3)[:, [2, 0, 1]], rtol=0)
    assert is_orthogonal(np.eye(3)[:, :2])
    assert not is_orthogonal(np.eye(3)[:2])
    assert is_orthogonal(np.ones((0, 0)))
    assert is_orthogonal(np.ones((3, 0)))
    assert not is_orthogonal(np.ones((0, 3)))
    for bad in (np.nan, np.inf, 1e200):
        assert not is_orthogonal([[bad, 0.0], [0.0, 1.0]])


@pytest.mark.parametrize("dtype", FLOATS)
def test_positive_definite(dtype):
    rng, eps = np.random.default_rng(1), np.finfo(dtype).eps
    for n in (1, 2, 10, 60):
        q = np.linalg.qr(rng.standard_normal((n, n)))[0]
        values = np.linspace(1, 2, n)
        values[0] = 8 * n * n * eps
        for sign in (1, -1):
            values[0] *= sign
            a = q * values @ q.T
            a = ((a + a.T) / 2).astype(dtype)
            for k in (-90, 0, 90) if dtype is np.float32 else (-900, 0, 900):
                assert is_positive_definite(np.ldexp(a, k)) == (sign == 1)
    assert not is_positive_definite(np.array([[2, 1], [0, 2]], dtype))          # not symmetric
    assert is_positive_definite(np.array([[2, 1], [0, 2]], dtype), rtol=0.5)
    assert is_positive_definite(scipy.linalg.hilbert(5).astype(dtype))


def test_positive_definite_of_special_values():
    assert is_positive_definite(np.ones((0, 0)))
    assert not is_positive_definite(np.zeros((2, 2)))
    assert not is_positive_definite(np.ones((3, 2)))
    assert not is_positive_definite([[-1]])
    for bad in (np.nan, np.inf, -np.inf):
        assert not is_positive_definite([[bad]])
        assert not is_positive_definite([[1.0, bad], [bad, 1.0]])


@pytest.mark.parametrize("layout", LAYOUTS)
def test_batches_and_layouts(layout):
    rng = np.random.default_rng(2)
    a = rng.standard_normal((4, 3, 3))
    batch = np.stack([a[0], a[1] + a[1].T, np.linalg.qr(a[2])[0], a[3] @ a[3].T + np.eye(3)])
    for function, expected in ((is_symmetric, [False, True, False, True]), (is_orthogonal, [False, False, True, False]),
                               (is_positive_definite, [False, False, False, True])):
        got = function(LAYOUTS[layout](batch))
        assert got.tolist() == expected, function.__name__
        assert got.dtype == bool
        items = [function(item) for item in batch]
        assert items == expected
        assert all(type(item) is bool for item in items)
        assert function(batch[None]).shape == (1, 4)
        assert function(np.ones((0, 2, 2))).shape == (0,)
