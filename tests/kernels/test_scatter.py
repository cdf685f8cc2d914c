"""Mean and scatter matrix of rows: edges of blocks and chunks, bits, memory refused."""

import numpy as np
import pytest

from mathcore._kernels import runtime, scatter
from tests.guard import Guarded
from tests.oracles import assert_same_bits
from tests.tuning import is_fused, using_isa

DTYPES = ("float32", "float64")


def summary(x, workers=1):
    mean, square = np.full(x.shape[1], np.nan), np.full((x.shape[1], x.shape[1]), np.nan)
    scatter.mean_and_scatter(x, mean, square, workers, "f")
    return mean, square


def rows(m, n, dtype):
    return (np.random.default_rng(m + n).standard_normal((m, n)) + 5).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n", [1, 2, 7, 16, 33, 70])
def test_edges(isa, dtype, n):
    for m in (1, 2, 3, 4, 5, 511, 512, 513, 1025, 512 * 64, 512 * 65 + 3):
        if m * n > 1 << 18:
            continue
        x = rows(m, n, dtype)
        mean, square = summary(x)
        wide = x.astype("f8")
        expected = wide.astype(np.longdouble).mean(axis=0).astype("f8")     # NumPy adds in order
        np.testing.assert_allclose(mean, expected, rtol=1e-14)
        centred = wide - expected
        # a block of 512 products of the type, each with the rounding of x - mean
        allowed = 512 * np.finfo(dtype).eps * (np.abs(centred).T @ np.abs(centred)) + 1e-12
        assert (np.abs(square - centred.T @ centred) <= allowed).all()
        np.testing.assert_array_equal(square, square.T)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(5000, 20), (1200, 513), (40_000, 3)], ids=str)
def test_bits_do_not_depend_on_threads_or_vectors(dtype, shape):
    x = rows(*shape, dtype)
    first = summary(x)
    for workers in (2, 3, 7):
        for part, other in zip(first, summary(x, workers), strict=True):
            assert_same_bits(other, part)
    fused = [name for name in runtime.available_isas() if is_fused(name)]
    of_each = []
    for name in fused:
        with using_isa(name):
            of_each.append(summary(x))
    for other in of_each[1:]:
        for part, same in zip(of_each[0], other, strict=True):
            assert_same_bits(same, part)


def test_rows_apart_and_nothing_beside_them():
    x = rows(700, 9, "float32")
    expected = summary(x)
    assert_same_bits(summary(np.concatenate([x, x], axis=1)[:, :9])[1], expected[1])
    assert_same_bits(summary(x[::-1][::-1])[1], expected[1])
    guard = Guarded(x.nbytes)
    for at_end in (False, True):
        assert_same_bits(summary(guard.array(x, at_end))[1], expected[1])


def test_equal_rows_have_no_scatter():
    for dtype in DTYPES:
        x = np.broadcast_to(np.array([0.1, 1 / 3, 1e30, -7], dtype), (3000, 4))
        mean, square = summary(np.ascontiguousarray(x))
        np.testing.assert_array_equal(mean, x[0])
        np.testing.assert_array_equal(square, 0)


def test_memory_refused():
    x = rows(3000, 40, "float64")
    expected = summary(x)
    failed = 0
    for calls in range(9):
        runtime.release_workspace()
        runtime.fail_allocation_after(calls)
        try:
            summary(x)
        except MemoryError:
            failed += 1
        finally:
            runtime.fail_allocation_after(-1)
    assert 0 < failed < 9
    assert_same_bits(summary(x)[1], expected[1])
