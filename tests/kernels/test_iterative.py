"""The loop of power and inverse iteration: the product by a triangle, bits, why it stops."""

import numpy as np
import pytest

from mathcore._kernels import iterative as kernel
from mathcore.linalg import lu_factor
from tests.layouts import values

SIZES = [1, 2, 3, 4, 5, 31, 255, 256, 257, 263, 300, 515]
EPS = {"float32": 2.0**-23, "float64": 2.0**-52}


def symmetric(n, dtype, seed=0):
    a = values(np.random.default_rng(seed), (n, n), dtype)
    return a + a.T


def iterated(a, v, steps=1, lu=None, shift=0.0, tol=-1.0, scale=0.0, mirrored=True, workers=1, started=False):
    """(v, y, trace, why it stopped)."""
    lu, pivots = (None, None) if lu is None else (lu[0], lu[1].astype(np.int32))
    v, y, trace = v.copy(), np.full_like(v, np.nan), np.full((steps, 2), np.nan)
    done, stop = kernel.iterate(a, lu, pivots, v, y, trace, shift, tol, scale, started, mirrored, workers, "test")
    assert np.isnan(trace[done:]).all()
    return v, y, trace[:done], stop


def unit(n, dtype, seed=1):
    v = values(np.random.default_rng(seed), (n,), dtype)
    return v / np.linalg.norm(v)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("order", ["C", "F"])
def test_one_step_is_a_product_a_quotient_and_a_residual(isa, dtype, n, order):
    a, v = np.asarray(symmetric(n, dtype), order=order), unit(n, dtype)
    wide, x = a.astype(np.float64), v.astype(np.float64)
    bound = (n / 8 + 16) * EPS[dtype] * (np.abs(wide) @ np.abs(x)).max()
    for mirrored in (False, True):
        _, y, trace, stop = iterated(a, v, mirrored=mirrored)
        assert stop == "max_iter"
        assert np.abs(y - wide @ x).max() <= bound
        value = x @ wide @ x / (x @ x)
        np.testing.assert_allclose(trace, [[value, np.linalg.norm(wide @ x - value * x)]], atol=4 * n**0.5 * bound)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_of_a_symmetric_matrix_only_the_upper_triangle_is_read(dtype):
    n = 300
    a, v = symmetric(n, dtype), unit(n, dtype)
    spoilt = np.where(np.tri(n, k=-1, dtype=bool), np.nan, a).astype(dtype)
    assert iterated(spoilt, v)[1].tobytes() == iterated(a, v)[1].tobytes()
    assert np.isnan(iterated(spoilt, v, mirrored=False)[1]).any()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", [5, 300, 1100])
@pytest.mark.parametrize("mirrored", [False, True])
def test_bits_do_not_depend_on_threads_or_on_calls(dtype, n, mirrored):
    a, v = symmetric(n, dtype), unit(n, dtype)
    expected = iterated(a, v, 6, mirrored=mirrored)[:3]
    for workers in (1, 2, 3, 7):
        for got, one in zip(iterated(a, v, 6, mirrored=mirrored, workers=workers), expected, strict=False):
            assert isinstance(got, str) or got.tobytes() == one.tobytes()
    y, trace, moved = np.empty_like(v), np.empty((6, 2)), v.copy()
    for step in range(6):
        kernel.iterate(a, None, None, moved, y, trace[step:step + 1], 0.0, -1.0, 0.0, step > 0, mirrored, 1, "test")
    assert trace.tobytes() == expected[2].tobytes()


def test_bits_do_not_depend_on_the_width_of_vectors():
    from mathcore._kernels import runtime

    found = {}
    for name in runtime.available_isas():
        if name == "base":
            continue                     # without fused multiply-adds
        runtime.set_isa(name)
        found[name] = [iterated(symmetric(301, d), unit(301, d), 5)[2].tobytes() for d in ("float32", "float64")]
    assert len({tuple(bits) for bits in found.values()}) <= 1


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", [1, 2, 40, 300])
def test_inverse_steps_solve(dtype, n):
    a, v = symmetric(n, dtype) + 3 * n * np.eye(n, dtype=dtype), unit(n, dtype)
    got, _, trace, _ = iterated(a, v, 2, lu=lu_factor(a))
    w = np.linalg.solve(a.astype(np.float64), v)
    np.testing.assert_allclose(got, w / np.linalg.norm(w), atol=8 * n**0.5 * EPS[dtype])
    assert len(trace) == 2


def test_why_it_stops():
    v = np.array([0.6, 0.8])
    assert iterated(np.eye(2), v, 5, tol=1e-15)[3] == "converged"
    assert iterated(np.diag([1.0, 2.0]), v, 5, tol=1e-15)[3] == "max_iter"
    for size in (0.0, 1e-200, 1e200):
        assert iterated(size * np.eye(2), v, 5)[3] == "out of range"
    assert iterated(np.eye(2), v, 5, shift=1.0)[3] == "breakdown"
    # rounding errors beside |A| count, where the caller gives |A|
    assert iterated(np.diag([0.0, 1e-20]), v, 5, lu=lu_factor(np.eye(2)), tol=1e-15, scale=1.0)[3] == "converged"


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", [1, 2, 63, 64, 65, 300])
def test_is_mirrored_sees_every_element(dtype, n):
    a = symmetric(n, dtype)
    assert kernel.is_mirrored(a, None)
    assert kernel.is_mirrored(a.T, 2)
    rng = np.random.default_rng(0)
    for i, j in {(n - 1, 0), (n - 1, max(n - 2, 0)), *map(tuple, rng.integers(0, n, (10, 2)).tolist())}:
        b = a.copy()
        b[i, j] += 1
        assert kernel.is_mirrored(b, 2) == (i == j)
