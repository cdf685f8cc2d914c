"""qr, qr_multiply, tsqr: SciPy's conventions, dtypes, shapes, batches, empty input, what goes to SciPy."""

import numpy as np
import pytest
import scipy.linalg

from mathcore.linalg import qr, qr_multiply, tsqr
from mathcore.linalg.qr import QRResult
from tests.layouts import values
from tests.oracles import assert_same_bits
from tests.ratios import qr_ratios

DTYPES = ("float32", "float64")
MODES = ("full", "qr", "economic", "r", "raw")
SIZES = ((1, 1), (4, 4), (7, 3), (3, 7), (150, 130), (140, 160), (6000, 8))


def flat(result):
    result = result if isinstance(result, tuple | list) else (result,)       # R of a batch stands alone
    return [x for part in result for x in (part if isinstance(part, tuple) else (part,))]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", [s for s in SIZES if s[0] < 1000])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("pivoting", [False, True])
def test_results_are_those_of_scipy(dtype, size, mode, pivoting):
    a = values(np.random.default_rng(0), size, dtype)
    ours, theirs = (flat(f(a, mode=mode, pivoting=pivoting)) for f in (qr, scipy.linalg.qr))
    assert len(ours) == len(theirs)
    for x, y in zip(ours, theirs, strict=True):
        assert (x.shape, x.dtype) == (y.shape, y.dtype)
        np.testing.assert_allclose(x, y, atol=200 * max(size) * np.finfo(dtype).eps * np.abs(a).max())


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", SIZES)
def test_one_factorisation_whatever_is_asked_for(dtype, size):
    a = values(np.random.default_rng(1), size, dtype)
    q, r = qr(a, mode="economic")
    assert max(qr_ratios(a, q, r)) < 8
    k = min(size)
    assert_same_bits(qr(a, mode="r")[0][:k], r)
    for workers in (1, 2, -1):
        for x, y in zip(qr(a, mode="economic", workers=workers), (q, r), strict=True):
            assert_same_bits(x, y)
    for x, y in zip(qr(np.asfortranarray(a), mode="economic"), (q, r), strict=True):
        assert_same_bits(x, y)


@pytest.mark.parametrize("mode", ["full", "economic", "r", "raw"])
@pytest.mark.parametrize("pivoting", [False, True])
def test_batches(mode, pivoting):
    rng = np.random.default_rng(2)
    for size in ((5, 3), (3, 5), (40, 40), (5000, 7)):
        if mode in ("full", "raw") and size[0] > 1000:
            continue
        a = values(rng, (2, 3, *size), "float64")
        whole = flat(qr(a, mode=mode, pivoting=pivoting))
        for i in np.ndindex(2, 3):
            for x, y in zip(whole, flat(qr(a[i], mode=mode, pivoting=pivoting)), strict=True):
                assert_same_bits(x[i], y)


@pytest.mark.parametrize(("dtype", "result"), [
    ("float16", "float32"), ("int8", "float64"), ("int64", "float64"), ("bool", "float64"), (">f8", "float64"),
    ("complex64", "complex64"), ("complex128", "complex128"),
])
def test_dtypes(dtype, result):
    a = values(np.random.default_rng(3), (6, 4), dtype)
    q, r = qr(a, mode="economic")
    assert q.dtype == r.dtype == np.dtype(result)
    exact = a.astype(result)
    np.testing.assert_allclose(q @ r, exact, atol=50 * np.finfo(result).eps * np.abs(exact).max())


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0), (0, 4, 3), (2, 0, 3), (2, 3, 0)])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("pivoting", [False, True])
def test_empty(shape, mode, pivoting):
    a = np.empty(shape, "float32")
    ours = flat(qr(a, mode=mode, pivoting=pivoting))
    if 0 not in shape[:-2] and (len(shape) == 2 or mode != "raw"):       # SciPy has no such batches
        theirs = flat(scipy.linalg.qr(a, mode=mode, pivoting=pivoting))
        for x, y in zip(ours, theirs, strict=True):
            assert (x.shape, x.dtype) == (y.shape, y.dtype)
        if mode in ("full", "economic"):
            np.testing.assert_array_equal(ours[0], theirs[0])
    assert all(x.shape[:len(shape) - 2] == shape[:-2] for x in ours)


def test_input_is_never_written():
    for size in SIZES:
        a = values(np.random.default_rng(4), size, "float64")
        before = a.copy()
        for overwrite in (False, True):
            qr(a, overwrite_a=overwrite, mode="economic")
            qr_multiply(a, np.ones(size[0]), overwrite_a=overwrite)
            assert_same_bits(a, before)
        a.flags.writeable = False
        qr(a, mode="economic")


def test_worked_example():
    """Golub and Van Loan: a 3-4-5 triangle; LAPACK's signs make R's diagonal negative for positive leading elements."""
    q, r = qr([[3.0, 1.0], [4.0, 2.0]])
    np.testing.assert_allclose(r, [[-5, -2.2], [0, 0.4]], rtol=1e-14)
    np.testing.assert_allclose(q, [[-0.6, -0.8], [-0.8, 0.6]], rtol=1e-14)
    r, p = qr([[1.0, 3.0], [0.0, 4.0]], mode="r", pivoting=True)
    np.testing.assert_array_equal(p, [1, 0])
    np.testing.assert_allclose(np.abs(r), [[5, 0.6], [0, 0.8]], rtol=1e-14)


def test_nan_where_the_check_is_off():
    for size in ((3, 3), (150, 150), (6000, 8)):
        a = values(np.random.default_rng(5), size, "float64")
        a[2, 1] = np.nan
        for pivoting in (False, True):
            r = qr(a, mode="r", pivoting=pivoting, check_finite=False)[0]
            assert np.isnan(r).any()


# ------------------------------------------------------------------ qr_multiply

@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", [(5, 5), (8, 3), (3, 8), (150, 100)])
@pytest.mark.parametrize("pivoting", [False, True])
@pytest.mark.parametrize("columns", [None, 1, 4])
def test_multiply_is_scipys(dtype, size, pivoting, columns):
    rng = np.random.default_rng(6)
    a = values(rng, size, dtype)
    for mode in ("left", "right"):
        for overwrite in (False, True):
            rows = size[0] if mode == "right" or overwrite else min(size)
            c = values(rng, rows if columns is None else (rows, columns), dtype)
            if mode == "right" and columns:
                c = c.T
            before = c.copy()
            ours = qr_multiply(a, c, mode, pivoting, overwrite_c=overwrite)
            assert_same_bits(c, before)
            theirs = scipy.linalg.qr_multiply(a, c.copy(), mode, pivoting, overwrite_c=overwrite)
            for x, y in zip(ours, theirs, strict=True):
                assert (x.shape, x.dtype) == (y.shape, y.dtype)
                np.testing.assert_allclose(x, y, atol=200 * max(size) * np.finfo(dtype).eps * np.abs(a).max())


def test_multiply_broadcasts_batches():
    rng = np.random.default_rng(7)
    a, c = values(rng, (2, 1, 6, 4), "float64"), values(rng, (3, 5, 6), "float64")
    cq, r, p = qr_multiply(a, c, pivoting=True)
    assert (cq.shape, r.shape, p.shape) == ((2, 3, 5, 4), (2, 3, 4, 4), (2, 3, 4))
    for i, j in np.ndindex(2, 3):
        one, *_ = qr_multiply(a[i, 0], c[j], pivoting=True)
        np.testing.assert_allclose(cq[i, j], one, rtol=1e-13, atol=1e-13)


def test_multiply_of_two_types_loses_nothing():
    rng = np.random.default_rng(8)
    a, c = values(rng, (6, 4), "float32"), values(rng, (5, 6), "float64")
    cq, r = qr_multiply(a, c)
    assert (cq.dtype, r.dtype) == (np.float64, np.float32)
    assert qr_multiply(a.astype(complex), c)[0].dtype == np.complex128


# ------------------------------------------------------------------ tsqr

@pytest.mark.parametrize("dtype", DTYPES)
def test_tsqr(dtype):
    rng = np.random.default_rng(9)
    for shape in ((3, 3), (7, 2), (9000, 40), (2, 5000, 9)):
        a = values(rng, shape, dtype)
        result = tsqr(a)
        assert isinstance(result, QRResult)
        for x, y in zip(result, qr(a, mode="economic"), strict=True):
            assert_same_bits(x, y)
        assert tsqr(a, mode="r").Q is None
        assert_same_bits(tsqr(a, mode="r").R, result.R)
    assert tsqr(np.empty((5, 0))).Q.shape == (5, 0)
    assert np.isnan(tsqr(np.full((5000, 8), np.nan)).R).any()
