"""lu, lu_factor, lu_solve: the forms of their results; SciPy's values, warnings and shapes."""

import warnings

import numpy as np
import pytest
import scipy.linalg

from mathcore.linalg import lu, lu_factor, lu_solve
from tests.layouts import values
from tests.ratios import lu_factor_ratio, lu_ratio, solve_ratio

SHAPES = ((1, 1), (2, 2), (5, 3), (3, 5), (33, 33), (70, 65), (65, 70))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_forms_of_lu(dtype, shape):
    m, n = shape
    a = values(np.random.default_rng(m), (4, m, n), dtype)
    for given in (a, a[0]):
        p, low, up = lu(given)
        rows, low2, up2 = lu(given, p_indices=True)
        permuted, up3 = lu(given, permute_l=True)
        assert p.dtype == low.dtype == up.dtype == dtype
        for x, y in ((low, low2), (up, up2), (up, up3)):
            np.testing.assert_array_equal(x, y)
        np.testing.assert_array_equal(np.take_along_axis(low, rows[..., None], axis=-2), permuted)
        np.testing.assert_array_equal(np.matmul(p, low), permuted)
        for i, item in enumerate(given.reshape(-1, m, n)):
            parts = [np.reshape(x, (-1, *x.shape[given.ndim - 2:]))[i] for x in (p, low, up)]
            assert lu_ratio(item, *parts) < 8
            np.testing.assert_allclose(parts[0], scipy.linalg.lu(item)[0])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_lu_factor_and_lu_solve(dtype):
    rng = np.random.default_rng(1)
    for n in (1, 2, 5, 16, 17, 40, 130):
        a, b = values(rng, (3, n, n), dtype), values(rng, (3, n, 2), dtype)
        packed, pivots = lu_factor(a)
        for i in range(3):
            assert lu_factor_ratio(a[i], packed[i], pivots[i]) < 8
            np.testing.assert_array_equal(pivots[i], scipy.linalg.lu_factor(a[i])[1])
        for trans in (0, 1, 2):
            x = lu_solve((packed, pivots), b, trans=trans)
            single = lu_solve(lu_factor(a[0]), b[0, :, 0], trans=trans)
            assert single.shape == (n,)
            for i in range(3):
                assert solve_ratio(a[i].T if trans else a[i], x[i], b[i]) < 8


@pytest.mark.parametrize("n", [5, 40, 600])
def test_factors_in_fortran_order_give_the_same(n):
    """As SciPy returns them."""
    rng = np.random.default_rng(n)
    packed, pivots = lu_factor(values(rng, (n, n), "float64"))
    for b in (values(rng, n, "float64"), values(rng, (n, 3), "float64")):
        for trans in (0, 1):
            x = lu_solve((packed, pivots), b, trans=trans)
            y = lu_solve((np.asfortranarray(packed), pivots), b, trans=trans)
            assert x.tobytes() == y.tobytes()


def test_one_vector_serves_a_batch():
    a = values(np.random.default_rng(1), (3, 4, 4), "float64")
    b = np.arange(4.0)
    np.testing.assert_allclose(lu_solve(lu_factor(a), b)[1], np.linalg.solve(a[1], b))


def test_singular_matrices_are_factored_with_a_warning():
    with pytest.warns(scipy.linalg.LinAlgWarning, match="Diagonal number 2 is exactly zero"):
        packed, _ = lu_factor(np.ones((2, 2)))
    np.testing.assert_array_equal(packed, [[1, 1], [1, 0]])
    with pytest.warns(scipy.linalg.LinAlgWarning, match="batch element 1"):
        lu_factor([np.eye(2), np.zeros((2, 2))])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        lu(np.ones((3, 3)))


def test_overwriting_and_not():
    a = values(np.random.default_rng(1), (50, 50), "float64")
    kept = a.copy()
    lu_factor(a, workers=1)
    np.testing.assert_array_equal(a, kept)
    packed, _ = lu_factor(a, overwrite_a=True, workers=1)
    assert packed is a
    np.testing.assert_array_equal(packed, lu_factor(kept)[0])


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0), (2, 0, 0), (0, 3, 3)], ids=str)
def test_empty(shape):
    ours, theirs = lu(np.ones(shape)), scipy.linalg.lu(np.ones(shape))
    assert [x.shape for x in ours] == [x.shape for x in theirs]
    assert lu_factor(np.ones(shape))[0].shape == shape


def test_complex_data_are_scipys():
    a = values(np.random.default_rng(1), (4, 4), "float64") * (1 + 1j)
    np.testing.assert_array_equal(lu_factor(a)[0], scipy.linalg.lu_factor(a)[0])
    assert lu(a)[1].dtype == complex
    assert lu_solve(lu_factor(a), np.ones(4)).dtype == complex
