"""QR of tall matrices: with the certificate and without, signs, edges of blocks and chunks, bits."""

import numpy as np
import pytest
import scipy.linalg

from mathcore._kernels import runtime, tall
from tests.layouts import values
from tests.matrices import orthogonal
from tests.oracles import assert_same_bits
from tests.ratios import qr_ratios

DTYPES = ("float32", "float64")


def factored(a, workers=1, economic=True):
    q = np.full((1, *a.shape), np.nan, a.dtype) if economic else None
    r = np.full((1, a.shape[1], a.shape[1]), np.nan, a.dtype)
    tall.factor_batch(a[None], q, r, workers, "tsqr")
    return q[0] if economic else None, r[0]


def conditioned(rng, shape, condition, dtype):
    """Singular values from 1 down to 1 / condition."""
    n = shape[1]
    left = np.linalg.qr(rng.standard_normal(shape))[0] * np.geomspace(1, 1 / condition, n)
    return (left @ orthogonal(n, rng)).astype(dtype)


def test_shapes_that_are_tall():
    assert tall.is_tall(8192, 4)
    assert not tall.is_tall(8191, 4)
    assert tall.is_tall(4096, 512)
    assert not tall.is_tall(4095, 512)
    assert not tall.is_tall(80_000, 513)
    assert not tall.is_tall(100_000, 0)
    former = tall.set_least(0)
    assert tall.is_tall(8, 1)
    assert tall.set_least(former) == 0


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n", [1, 2, 15, 16, 17, 48, 65, 130])
def test_sizes(isa, dtype, n):
    rng = np.random.default_rng(n)
    for m in (8 * n, 8 * n + 1, 3001):
        a = values(rng, (m, n), dtype)
        q, r = factored(a)
        assert max(qr_ratios(a, q, r)) < 8
        assert_same_bits(factored(a, economic=False)[1], r)
        expected = scipy.linalg.qr(a, mode="r")[0][:n]
        assert np.abs(r - expected).max() < 30 * np.finfo(dtype).eps * np.abs(expected).max()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("condition", [1e3, 1e6, 1e9, 1e12, 1e16])
def test_conditions(dtype, condition):
    rng = np.random.default_rng(1)
    for shape in ((2000, 5), (6000, 60), (1100, 130)):
        a = conditioned(rng, shape, condition, dtype)
        q, r = factored(a)
        assert max(qr_ratios(a, q, r)) < 8
        assert_same_bits(factored(a, economic=False)[1], r)


@pytest.mark.parametrize("dtype", DTYPES)
def test_matrices_without_a_certificate(dtype):
    rng = np.random.default_rng(2)
    far = 2.0 ** (100 if dtype == "float32" else 972)
    for what in ("zero", "zero column", "equal columns", "far up", "far down", "few rows of numbers"):
        a = values(rng, (5000, 12), dtype)
        if what == "zero":
            a[:] = 0
        elif what == "zero column":
            a[:, 5] = 0
        elif what == "equal columns":
            a[:, 5] = a[:, 2]
        elif what == "few rows of numbers":
            a[7:] = 0
        else:
            a *= np.asarray(far if what == "far up" else 1 / far, dtype)
        q, r = factored(a)
        assert max(qr_ratios(a, q, r)) < 8, what


@pytest.mark.parametrize("dtype", DTYPES)
def test_columns_of_sizes_far_apart(dtype):
    rng = np.random.default_rng(3)
    a = values(rng, (4000, 20), dtype) * np.logspace(-8, 8, 20).astype(dtype)
    q, r = factored(a)
    assert max(qr_ratios(a, q, r)) < 8


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("condition", [10, 1e15])
def test_same_bits_on_any_threads_and_instruction_set_with_fma(dtype, condition):
    a = conditioned(np.random.default_rng(4), (20_000, 40), condition, dtype)
    found = set()
    for isa in runtime.available_isas()[1:]:
        runtime.set_isa(isa)
        for workers in (1, 2, 3, 7):
            found.add(b"".join(x.tobytes() for x in factored(a, workers)))
    assert len(found) == 1


def test_rows_apart_and_batches():
    rng = np.random.default_rng(5)
    a = values(rng, (3, 3000, 40), "float64")
    q, r = np.empty((3, 3000, 11)), np.full((3, 3000, 11), np.nan)
    tall.factor_batch(a[..., 4:15], q, r, 2, "tsqr")
    assert not r[:, 11:].any()
    for i in range(3):
        one_q, one_r = factored(a[i, :, 4:15].copy())
        assert_same_bits(q[i], one_q)
        assert_same_bits(r[i, :11], one_r)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_nan_comes_out(bad):
    a = values(np.random.default_rng(6), (5000, 10), "float64")
    a[3333, 3] = bad
    q, r = factored(a)
    assert np.isnan(q).any()
    assert np.isnan(r).any()


def test_no_memory():
    a = values(np.random.default_rng(7), (5000, 30), "float64")
    failed = 0
    for data in (a, np.zeros_like(a)):
        for calls in range(10):
            runtime.release_workspace()
            runtime.fail_allocation_after(calls)
            try:
                factored(data)
            except MemoryError:
                failed += 1
            runtime.fail_allocation_after(-1)
    assert failed
