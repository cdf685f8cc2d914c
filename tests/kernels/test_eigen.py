"""Symmetric eigenproblems, one by one and in lanes: LAPACK's ratios on every kind, and the same bits either way."""

import numpy as np
import pytest

from mathcore._kernels import eigen as kernel
from mathcore._kernels import runtime
from tests.layouts import values
from tests.matrices import KINDS
from tests.oracles import assert_same_bits
from tests.ratios import eigen_ratios
from tests.small_stacks import DTYPES
from tests.small_stacks import eigen as in_lanes

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def alone(a, lower=True, vectors=True, workers=1):
    w, v = np.full(a.shape[:2], 7, a.dtype), np.full(a.shape, 7, a.dtype) if vectors else None
    info = np.full(len(a), 9, np.int32)
    kernel.eigen(a, lower, w, v, info, workers, "eigh")
    return w, v, info


def symmetric(kind, n, dtype, count=3):
    a = np.stack([kind(n, dtype, np.random.default_rng([n, i])) for i in range(count)])
    return np.tril(a) + np.tril(a, -1).swapaxes(1, 2)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", KINDS.values(), ids=str)
def test_ratios_and_bits(isa, kind, dtype):
    for n in (1, 2, 3, 4, 5, 8, 13, 17, 32):
        a = symmetric(kind, n, dtype)
        w, v, info = alone(a)
        assert (info == 0).all()
        for i in range(3):
            assert max(eigen_ratios(a[i], w[i], v[i])) < 8, n
        for vectors in (True, False):
            for one, other in zip(alone(a, vectors=vectors), in_lanes(a, vectors=vectors), strict=True):
                if one is not None:
                    assert_same_bits(one, other, f"n={n}")
        assert_same_bits(alone(a, vectors=False)[0], w)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", KINDS.values(), ids=str)
def test_ratios_of_larger_ones(kind, dtype):
    for n in (50, 63, 64, 65, 129, 200):
        if kind.serves(n, dtype):
            a = symmetric(kind, n, dtype, count=1)
            w, v, info = alone(a)
            assert info[0] == 0
            assert max(eigen_ratios(a[0], w[0], v[0])) < 8, n


@pytest.mark.parametrize("dtype", DTYPES)
def test_clusters_and_splits(dtype):
    """Eigenvalues that agree in all digits, blocks that fall apart, and neighbours far apart in size."""
    rng = np.random.default_rng(3)
    eps = np.finfo(dtype).eps
    for n in (5, 20, 60):
        q = np.linalg.qr(rng.standard_normal((n, n)))[0]
        for spectrum in (np.ones(n), 1 + eps * np.arange(n), np.repeat([1.0, -1], [n // 2, n - n // 2]),
                         np.geomspace(1, eps**2, n), np.r_[np.zeros(n - 1), 1], np.r_[1, np.full(n - 1, eps)]):
            a = (q * spectrum) @ q.T
            a = ((a + a.T) / 2).astype(dtype)[None]
            w, v, info = alone(a)
            assert info[0] == 0
            assert max(eigen_ratios(a[0], w[0], v[0])) < 8
        blocks = np.zeros((1, n, n), dtype)
        blocks[0, :2, :2] = blocks[0, -2:, -2:] = [[0, 1], [1, 0]]
        w, v, info = alone(blocks)
        assert max(eigen_ratios(blocks[0], w[0], v[0])) < 8


@pytest.mark.parametrize("dtype", DTYPES)
def test_same_bits_with_avx2_and_avx512(dtype):
    a = symmetric(KINDS["random"], 40, dtype)
    small = symmetric(KINDS["random"], 11, dtype, count=19)
    found = set()
    for isa in runtime.available_isas()[1:]:
        runtime.set_isa(isa)
        found.add(b"".join(x.tobytes() for x in (*alone(a), *in_lanes(small))))
    assert len(found) == 1


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("lower", [True, False])
def test_one_triangle_is_read(isa, lower, dtype):
    rng = np.random.default_rng(1)
    a = values(rng, (9, 12, 12), dtype)
    spoilt = a.copy()
    rows, columns = np.triu_indices(12, 1) if lower else np.tril_indices(12, -1)
    spoilt[:, rows, columns] = np.nan
    for solve in (alone, in_lanes):
        for one, other in zip(solve(a, lower), solve(spoilt, lower), strict=True):
            assert_same_bits(one, other)
    w, v, _ = alone(a, lower)
    assert max(max(eigen_ratios(a[i], w[i], v[i], lower)) for i in range(9)) < 8


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", DTYPES)
def test_not_finite_is_told_and_stays_alone(isa, bad, dtype):
    a = symmetric(KINDS["random"], 7, dtype, count=5)
    good = [x.copy() for x in alone(a)]
    a[2, 4, 1] = a[2, 1, 4] = bad
    for solve in (alone, in_lanes):
        w, v, info = solve(a)
        assert info.tolist() == [0, 0, -1, 0, 0]
        for i in (0, 1, 3, 4):
            assert_same_bits(w[i], good[0][i])
            assert_same_bits(v[i], good[1][i])


@pytest.mark.parametrize("dtype", DTYPES)
def test_strides_and_threads(dtype):
    rng = np.random.default_rng(5)
    wide = values(rng, (300, 14, 23), dtype)
    a = wide[:, 2:12, ::2][:, :, :10]
    expected = alone(np.ascontiguousarray(a))
    for workers in (1, 2, 3, 7):
        for one, other in zip(alone(a, workers=workers), expected, strict=True):
            assert_same_bits(one, other)
    for one, other in zip(alone(np.asfortranarray(a)), expected, strict=True):
        assert_same_bits(one, other)
