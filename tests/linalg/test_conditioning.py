"""matrix_rank, cond, rcond: known values, NumPy's answers, no overflow, no garbage from NaN."""

import numpy as np
import pytest
import scipy.linalg

from mathcore.linalg import cond, matrix_rank, rcond
from tests.layouts import LAYOUTS
from tests.oracles import assert_same_bits

FLOATS = (np.float32, np.float64)


def of_rank(rng, shape, rank, dtype):
    """A random matrix of that rank, but for rounding."""
    *batch, m, n = shape
    return (rng.standard_normal((*batch, m, rank)) @ rng.standard_normal((*batch, rank, n))).astype(dtype)


def orthogonal(rng, n):
    return np.linalg.qr(rng.standard_normal((n, n)))[0]


# ------------------------------------------------------------------ matrix_rank

@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("shape", [(1, 1), (5, 5), (40, 10), (10, 40), (3, 20, 20)])
def test_rank_of_products(dtype, shape):
    rng = np.random.default_rng(0)
    for part in (0, 0.3, 0.5, 0.9, 1):
        rank = int(part * min(shape[-2:]))
        a = of_rank(rng, shape, rank, dtype)
        assert (matrix_rank(a) == rank).all()
        assert np.shape(matrix_rank(a)) == shape[:-2]
        for k in (-80, 80) if dtype is np.float32 else (-900, 900):
            assert (matrix_rank(np.ldexp(a, k)) == rank).all()


def test_rank_takes_what_numpys_takes():
    rng = np.random.default_rng(1)
    a = of_rank(rng, (4, 6, 5), 3, np.float64) + 1e-8 * rng.standard_normal((4, 6, 5))
    for kwargs in ({}, {"tol": 1e-6}, {"tol": np.array([1e-6, 1e-12, 1e3, 0])}, {"rtol": 1e-6},
                   {"rtol": np.full(4, 1e-5)}):
        np.testing.assert_array_equal(matrix_rank(a, **kwargs), np.linalg.matrix_rank(a, **kwargs))
    for x in (3.0, 0.0, [0, 0], [0, 1], np.zeros((0,)), np.zeros((0, 3)), np.zeros((2, 3, 0)), np.eye(3, dtype=bool),
              np.ones((2, 2), np.int8), np.eye(2) * 1j, np.zeros((3, 3))):
        ours, theirs = matrix_rank(x), np.linalg.matrix_rank(x)
        np.testing.assert_array_equal(ours, theirs)
    s = a[:, :5] + a[:, :5].swapaxes(-1, -2)
    np.testing.assert_array_equal(matrix_rank(s, hermitian=True), np.linalg.matrix_rank(s, hermitian=True))
    assert matrix_rank(np.eye(3, dtype=np.float16)) == 3


# ------------------------------------------------------------------ cond

@pytest.mark.parametrize("dtype", FLOATS)
def test_cond_of_known_singular_values(dtype):
    rng, eps = np.random.default_rng(2), np.finfo(dtype).eps
    for n, kappa in ((2, 10.0), (10, 100.0), (30, 1000.0)):
        a = (orthogonal(rng, n) * np.geomspace(1, 1 / kappa, n) @ orthogonal(rng, n)).astype(dtype)
        got = cond(a)
        assert got.dtype == dtype
        # each singular value is within n eps of the largest: of the smallest that is kappa times as much
        assert abs(got - kappa) <= 2 * n * eps * kappa**2
        assert abs(cond(a, -2) * got - 1) <= 4 * eps
        for k in (-60, 60) if dtype is np.float32 else (-900, 900):
            assert_same_bits(cond(np.ldexp(a, k)), got)


def test_cond_is_numpys_elsewhere():
    rng = np.random.default_rng(3)
    a = rng.standard_normal((2, 4, 4))
    for p in (None, 1, -1, 2, -2, np.inf, -np.inf, "fro", "nuc"):
        np.testing.assert_allclose(cond(a, p), np.linalg.cond(a, p), rtol=1e-13, err_msg=str(p))
        np.testing.assert_allclose(cond(a[0], p), np.linalg.cond(a[0], p), rtol=1e-13, err_msg=str(p))
    np.testing.assert_allclose(cond(a[:, :2]), np.linalg.cond(a[:, :2]), rtol=1e-13)
    np.testing.assert_allclose(cond(a + 1j), np.linalg.cond(a + 1j), rtol=1e-13)
    np.testing.assert_allclose(cond(a.astype(np.float16), 1), np.linalg.cond(a.astype(np.float16).astype("f4"), 1))
    assert cond(np.zeros((0, 2, 2))).shape == (0,)


def test_cond_of_singular_and_nan():
    assert cond(np.zeros((2, 2))) == np.inf
    assert cond(np.array([[1.0, np.inf], [0.0, 1.0]])) == np.inf
    assert cond(np.diag([1.0, 0.0])) == np.inf
    got = cond(np.stack([np.eye(2), np.full((2, 2), np.nan), np.zeros((2, 2))]))
    np.testing.assert_array_equal(got, [1, np.nan, np.inf])


# ------------------------------------------------------------------ rcond

@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize(("ord", "p"), [(1, 1), (np.inf, np.inf)])
def test_rcond_is_an_upper_estimate_within_a_factor_of_ten(dtype, ord, p):
    """Higham (2002, section 15.3): below a third of the norm for special matrices only."""
    rng, eps = np.random.default_rng(4), np.finfo(dtype).eps
    for n in (1, 2, 3, 10, 50):
        a = rng.standard_normal((5, n, n)).astype(dtype)
        exact = 1 / np.linalg.cond(a.astype(np.float64), p)
        got = rcond(a, ord=ord)
        assert got.dtype == dtype
        assert (got >= exact * (1 - 16 * n * eps / exact)).all()
        assert (got <= 10 * exact).all()
        for i in range(5):
            assert_same_bits(rcond(a[i], ord=ord), got[i])
        for k in (-80, 80) if dtype is np.float32 else (-900, 900):
            np.testing.assert_array_equal(rcond(np.ldexp(a, k), ord=ord), got)


def test_rcond_of_known_matrices():
    assert rcond(np.diag([1.0, 2.0, 8.0])) == 0.125
    assert rcond(np.zeros((2, 2))) == 0
    assert rcond([[1, 2], [2, 4]]) == 0
    assert rcond(np.ones((0, 0))) == 1
    assert rcond(np.ones((0, 3, 3))).shape == (0,)
    assert rcond(np.ones((4, 0, 0))).tolist() == [1] * 4
    assert 0 < rcond(scipy.linalg.hilbert(12)) < 1e-15
    with pytest.raises(TypeError, match="complex128"):
        rcond(np.eye(2) * 1j)


# ------------------------------------------------------------------ batches, layouts

@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts_have_the_same_bits(layout):
    a = np.random.default_rng(5).standard_normal((3, 6, 6))
    for function in (matrix_rank, cond, rcond):
        expected = function(a)
        assert_same_bits(function(LAYOUTS[layout](a)), expected, function.__name__)
        for i in range(3):
            assert_same_bits(function(a[i]), expected[i], function.__name__)
