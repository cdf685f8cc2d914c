"""Reductions in panels: LAPACK's ratios on every kind over the edges of panels, and the same bits for any threads."""

import numpy as np
import pytest

from mathcore._kernels import reduction as kernel
from mathcore._kernels import runtime
from tests.layouts import values
from tests.matrices import KINDS
from tests.oracles import assert_same_bits
from tests.ratios import eigen_ratios, svd_ratios
from tests.small_stacks import DTYPES

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


@pytest.fixture
def small_blocks():
    """Panels of 4, a rest of 6, shares from 100 elements on: every edge within a few rows."""
    former = kernel.set_blocks(100, 4, 6)
    yield
    kernel.set_blocks(*former)


def eigen(a, lower=True, vectors=True, workers=1):
    w, v = np.full((1, len(a)), 7, a.dtype), np.full((1, *a.shape), 7, a.dtype) if vectors else None
    info = np.full(1, 9, np.int32)
    kernel.eigen(a[None], lower, w, v, info, workers, "eigh")
    assert info == 0
    return w[0], v[0] if vectors else None


def svd(a, vectors=True, full=False, workers=1):
    m, n = a.shape
    s, info = np.full((1, n), 7, a.dtype), np.full(1, 9, np.int32)
    u, vh = (np.full((1, *shape), 7, a.dtype) if vectors else None for shape in ((m, m if full else n), (n, n)))
    kernel.svd(a[None], u, s, vh, info, workers, "svd")
    assert info == 0
    return (u[0], s[0], vh[0]) if vectors else (None, s[0], None)


def symmetric(kind, n, dtype):
    a = kind(n, dtype, np.random.default_rng(n))
    return np.tril(a) + np.tril(a, -1).T


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", KINDS.values(), ids=str)
def test_ratios_over_panel_edges(small_blocks, isa, kind, dtype):
    for n in (1, 2, 5, 6, 7, 10, 11, 14, 15, 19, 31):
        a = symmetric(kind, n, dtype)
        w, v = eigen(a)
        assert max(eigen_ratios(a, w, v)) < 8, n
        a = kind(n, dtype, np.random.default_rng(n))
        assert max(svd_ratios(a, *svd(a))) < 8, n


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", KINDS.values(), ids=str)
def test_ratios_of_larger_ones(kind, dtype):
    for n in (64, 300):
        if kind.serves(n, dtype):
            a = symmetric(kind, n, dtype)
            assert max(eigen_ratios(a, *eigen(a))) < 8, n
            a = kind(n, dtype, np.random.default_rng(n))
            assert max(svd_ratios(a, *svd(a))) < 8, n


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("full", [False, True])
def test_more_rows_than_columns(small_blocks, isa, full, dtype):
    for m, n in ((2, 1), (9, 1), (9, 2), (8, 7), (40, 13), (23, 22), (64, 5)):
        a = values(np.random.default_rng([m, n]), (m, n), dtype)
        u, s, vh = svd(a, full=full)
        assert max(svd_ratios(a, u, s, vh)) < 8
        assert np.abs(svd(a, vectors=False)[1] - s).max() < 20 * np.finfo(dtype).eps * s[0]


@pytest.mark.parametrize("dtype", DTYPES)
def test_values_alone(dtype):
    for n in (50, 230):
        a = values(np.random.default_rng(n), (n, n), dtype)
        (w, _), (alone, _) = eigen(a + a.T), eigen(a + a.T, vectors=False)
        assert np.abs(w - alone).max() < 40 * np.finfo(dtype).eps * np.abs(w).max()


@pytest.mark.parametrize("dtype", DTYPES)
def test_same_bits_for_threads_strides_and_vectors(dtype):
    a = values(np.random.default_rng(2), (530, 530), dtype)
    expected = (*eigen(a), *svd(a))
    for workers in (2, 3, 7):
        for one, other in zip((*eigen(a, workers=workers), *svd(a, workers=workers)), expected, strict=True):
            assert_same_bits(one, other)
    wide = np.empty((1060, 531), dtype)
    wide[::2, 1:] = a
    for layout in (np.asfortranarray(a), wide[::2, 1:]):
        for one, other in zip((*eigen(layout), *svd(layout)), expected, strict=True):
            assert_same_bits(one, other)
    found = set()
    for isa in runtime.available_isas()[1:]:
        runtime.set_isa(isa)
        found.add(b"".join(x.tobytes() for x in (*eigen(a), *svd(a))))
    assert len(found) == 1


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("lower", [True, False])
def test_one_triangle_is_read(small_blocks, isa, lower, dtype):
    a = values(np.random.default_rng(1), (40, 40), dtype)
    spoilt = a.copy()
    spoilt[np.triu_indices(40, 1) if lower else np.tril_indices(40, -1)] = np.nan
    w, v = eigen(a, lower)
    assert max(eigen_ratios(a, w, v, lower)) < 8
    for one, other in zip(eigen(spoilt, lower), (w, v), strict=True):
        assert_same_bits(one, other)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", DTYPES)
def test_not_finite_is_told(isa, bad, dtype):
    for place in ((0, 0), (4, 1), (39, 39)):
        a = np.stack([np.eye(40, dtype=dtype)] * 3)
        a[1][place] = bad
        info = np.full(3, 9, np.int32)
        kernel.eigen(a, True, np.empty((3, 40), dtype), np.empty((3, 40, 40), dtype), info, 1, "eigh")
        assert info.tolist() == [0, -1, 0]
        kernel.svd(a, None, np.empty((3, 40), dtype), None, info, 1, "svd")
        assert info.tolist() == [0, -1, 0]


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_batch_is_its_items(dtype):
    a = values(np.random.default_rng(7), (9, 60, 60), dtype)
    w, v, info = np.empty((9, 60), dtype), np.empty((9, 60, 60), dtype), np.empty(9, np.int32)
    s, u, vh = np.empty((9, 60), dtype), np.empty((9, 60, 60), dtype), np.empty((9, 60, 60), dtype)
    for workers in (1, 2, 3):
        kernel.eigen(a, True, w, v, info, workers, "eigh")
        kernel.svd(a, u, s, vh, info, workers, "svd")
        for i in range(9):
            for one, other in zip((w[i], v[i], u[i], s[i], vh[i]), (*eigen(a[i]), *svd(a[i])), strict=True):
                assert_same_bits(one, other)
