"""The QR kernel: edges of leaves and blocks, kinds of matrices, pivots, bits."""

import contextlib

import numpy as np
import pytest

from mathcore._kernels import qr as kernel
from mathcore._kernels import runtime
from tests.layouts import values
from tests.matrices import KINDS, SIZES, rectangular
from tests.oracles import assert_same_bits
from tests.ratios import qr_ratios

DTYPES = ("float32", "float64")
SHAPES = ((0.5, 1), (1, 1), (1, 0.5))


@contextlib.contextmanager
def blocks(**sizes):
    former = kernel.set_blocks(**sizes)
    try:
        yield
    finally:
        kernel.set_blocks(*former)


def factored(a, mode="economic", pivoting=False, workers=1):
    """q (or the factors), r, tau, pivots of a batch, whatever is not asked for None."""
    count, m, n = a.shape
    k, code = min(m, n), kernel.MODES[mode]
    r = np.full((count, m if mode in ("full", "r") else k, n), np.nan, a.dtype)
    q = None if mode == "r" else np.full((count, m, {"full": m, "raw": n}.get(mode, k)), np.nan, a.dtype)
    tau = np.full((count, k), np.nan, a.dtype) if mode == "raw" else None
    pivots = np.full((count, n), -1, np.int32) if pivoting else None
    kernel.factor_batch(a, code, r if q is None else q, r, tau, pivots, workers, "qr")
    return q, r, tau, pivots


def check(a, pivoting=False, most=8):
    """Both forms of Q to LAPACK's ratios; R alone with the same bits."""
    for mode in ("full", "economic"):
        q, r, _, pivots = factored(a[None], mode, pivoting)
        assert max(qr_ratios(a, q[0], r[0], pivots[0] if pivoting else None)) < most
        alone = factored(a[None], "r", pivoting)[1]
        assert_same_bits(alone[0, :r.shape[1]], r[0])
        if pivoting:
            d = np.abs(np.diagonal(r[0]).astype(float))
            # norms are taken anew when downdating has cost half of their digits, as in LAPACK
            assert (d[1:] <= d[:-1] * (1 + 2 * float(np.finfo(a.dtype).eps) ** 0.5)).all()


def test_set_blocks_returns_the_former():
    former = kernel.set_blocks()
    with blocks(block=16, leaf_bytes=64, small=4, pivot_block=3):
        assert kernel.set_blocks() == (16, 64, 4, 3)
    assert kernel.set_blocks() == former


@pytest.mark.parametrize("pivoting", [False, True])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("m", [1, 2, 5, 8, 16, 17, 31, 33, 48, 70])
def test_shapes_of_small_and_of_blocked(isa, dtype, m, pivoting):
    rng = np.random.default_rng(m)
    for n in (1, 2, 3, 8, 9, 16, 33, 65):
        a = values(rng, (m, n), dtype)
        check(a, pivoting)
        for block, leaf in ((16, 64), (32, 64), (48, 128)):
            with blocks(block=block, leaf_bytes=leaf, small=0, pivot_block=5):
                check(a, pivoting)


@pytest.mark.parametrize("pivoting", [False, True])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", KINDS.values(), ids=str)
def test_ratios_of_each_kind(kind, dtype, pivoting):
    rng = np.random.default_rng(1)
    for n in (s for s in SIZES if 0 < s <= 200):
        for high, wide in SHAPES if n < 200 else ((1, 1),):        # the exact residual of a larger one takes a second
            check(rectangular(kind, max(1, int(high * n)), max(1, int(wide * n)), dtype, rng), pivoting)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n", [95, 96, 97, 160, 161, 500, 641])
def test_ratios_at_edges_of_the_choice(dtype, n):
    a = values(np.random.default_rng(n), (n, n), dtype)
    q, r, *_ = factored(a[None])
    assert max(qr_ratios(a, q[0], r[0])) < 8


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", [(9, 9), (40, 30), (200, 120), (300, 300)])
def test_signs_and_pivots_are_those_of_lapack(dtype, size):
    import scipy.linalg

    a = values(np.random.default_rng(5), size, dtype)
    eps = np.finfo(dtype).eps
    for pivoting in (False, True):
        _, r, _, pivots = factored(a[None], "economic", pivoting)
        _, expected, *rest = scipy.linalg.qr(a, mode="economic", pivoting=pivoting)
        if pivoting:
            np.testing.assert_array_equal(pivots[0], rest[0])
        assert np.abs(r[0] - expected).max() < 50 * size[0] * eps * np.abs(a).max()


@pytest.mark.parametrize("dtype", DTYPES)
def test_far_scales_have_the_bits_of_near_ones(dtype):
    """Powers of two change nothing, down to where squares underflow and beyond where they overflow."""
    a = values(np.random.default_rng(6), (40, 30), dtype)
    for pivoting in (False, True):
        q, r, _, _ = factored(a[None], "economic", pivoting)
        for power in ((60, -60, 90, -90) if dtype == "float32" else (500, -500, 972, -972)):
            scale = np.asarray(2.0**power, dtype)
            far_q, far_r, _, _ = factored(a[None] * scale, "economic", pivoting)
            eps = float(np.finfo(dtype).eps)
            np.testing.assert_allclose(far_q, q, atol=200 * eps)
            np.testing.assert_allclose(far_r / scale, r, atol=200 * eps * np.abs(a).max())


def test_columns_of_sizes_far_apart():
    """Each column keeps its own digits: R's columns are those of the columns at size 1, times their scales."""
    a = values(np.random.default_rng(7), (30, 6), "float64")
    scales = 2.0 ** np.array([0, -900, 600, -300, 900, -600])
    q, r, _, _ = factored(a[None])
    far_q, far_r, _, _ = factored((a * scales)[None])
    np.testing.assert_allclose(far_q, q, atol=1e-13)
    np.testing.assert_allclose(far_r / scales, r, atol=1e-13)


@pytest.mark.parametrize("pivoting", [False, True])
@pytest.mark.parametrize("dtype", DTYPES)
def test_same_bits_on_any_threads_and_instruction_set_with_fma(dtype, pivoting):
    rng = np.random.default_rng(2)
    for shape in ((300, 300), (37, 29), (600, 130)):
        a = values(rng, (1, *shape), dtype)
        found = set()
        for isa in runtime.available_isas()[1:]:
            runtime.set_isa(isa)
            for workers in (1, 2, 3, 7):
                found.add(b"".join(x.tobytes() for x in factored(a, "economic", pivoting, workers)[:2]))
        assert len(found) == 1


@pytest.mark.parametrize("pivoting", [False, True])
def test_a_batch_is_its_items(pivoting):
    a = values(np.random.default_rng(3), (70, 41, 37), "float64")
    for mode in ("full", "economic", "raw", "r"):
        whole = factored(a, mode, pivoting, 3)
        for i in (0, 33, 69):
            for one, all_of in zip(factored(a[i:i + 1], mode, pivoting), whole, strict=True):
                if one is not None:
                    assert_same_bits(all_of[i:i + 1], one)


def test_any_strides_of_the_input():
    rng = np.random.default_rng(4)
    for shape in ((12, 9), (130, 110)):
        a = values(rng, (3, *shape), "float64")
        expected = factored(a)
        for other in (np.asarray(a, order="F"), a.swapaxes(1, 2).copy().swapaxes(1, 2), np.repeat(a, 2, 2)[..., ::2],
                      a[:, ::-1].copy()[:, ::-1]):
            before = other.copy()
            for x, y in zip(factored(other)[:2], expected[:2], strict=True):
                assert_same_bits(x, y)
            assert_same_bits(other, before)


@pytest.mark.parametrize("pivoting", [False, True])
@pytest.mark.parametrize("n", [3, 40, 130])
def test_nan_comes_out(n, pivoting):
    for bad in (np.nan, np.inf):
        a = values(np.random.default_rng(8), (1, n, n), "float64")
        a[0, n // 2, n // 3] = bad
        q, r, _, _ = factored(a, "economic", pivoting)
        assert np.isnan(q).any()
        assert np.isnan(r).any()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", [(5, 3), (3, 5), (150, 100), (100, 150)])
def test_raw_factors_multiply(dtype, size):
    rng = np.random.default_rng(9)
    a, eps = values(rng, (2, *size), dtype), np.finfo(dtype).eps
    for pivoting in (False, True):
        raw, _, tau, _ = factored(a, "raw", pivoting)
        q = factored(a, "full", pivoting)[0]
        c = values(rng, (2, size[0], 7), dtype)
        for transposed in (False, True):
            out = c.copy()
            kernel.multiply_q(raw, tau, out, transposed, 1, "qr_multiply")
            expected = (q.swapaxes(1, 2) if transposed else q) @ c
            assert np.abs(out - expected).max() < 30 * size[0] * eps * np.abs(c).max()


def test_door_for_single_matrices():
    a = np.ones((3, 3))
    assert kernel.factor_matrix(a, "raw", True) is None
    assert kernel.factor_matrix(a, 3, True) is None
    assert kernel.factor_matrix(a, "r", 1) is None
    assert kernel.factor_matrix(a.astype(int), "r", True) is None
    assert kernel.factor_matrix(a[:0], "r", True) is None
    assert kernel.factor_matrix(np.full((2, 2), np.nan), "r", True) is None
    for mode in ("full", "economic", "r"):
        b = values(np.random.default_rng(10), (9, 5), "float32")
        expected = [x for x in factored(b[None], mode)[:2] if x is not None]
        for x, y in zip(kernel.factor_matrix(b, mode, True), expected, strict=True):
            assert_same_bits(x, y[0])


def test_no_memory():
    a = values(np.random.default_rng(11), (1, 200, 200), "float64")
    failed = 0
    for pivoting in (False, True):
        for calls in range(8):
            runtime.release_workspace()
            runtime.fail_allocation_after(calls)
            try:
                factored(a, "economic", pivoting)
            except MemoryError:
                failed += 1
            runtime.fail_allocation_after(-1)
    assert failed
