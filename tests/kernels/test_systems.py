"""The kernel behind solve, inv and det: what it reports of each item."""

import numpy as np
import pytest

from mathcore._kernels import systems as kernel
from tests.layouts import values
from tests.matrices import KINDS
from tests.ratios import backward_error, inverse_ratio

EPS = {"float32": 2.0**-23, "float64": 2.0**-52}


def solved(a, b, workers=1):
    count, n = a.shape[:2]
    x, lu = np.empty_like(b), np.empty_like(a)
    pivots, info = np.empty((count, n), np.int32), np.empty(count, np.int32)
    rcond, error = np.empty(count), np.empty(count)
    kernel.solve(a, lu, pivots, b, x, info, rcond, error, 0, workers, "solve")
    return x, info, rcond, error


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", [1, 2, 3, 10, 33, 64, 65, 130])
def test_rcond_and_backward_error(isa, dtype, n):
    rng = np.random.default_rng(n)
    for name in ("random", "cond 2", "cond sqrt(0.1/eps)", "Kahan"):
        a, b = KINDS[name](n, dtype, rng), values(rng, (n, 1), dtype)
        x, info, rcond, error = solved(a[None], b[None])
        assert info[0] == 0
        exact = 1 / np.linalg.cond(a.astype("float64"), 1)
        assert 0.9 * exact <= rcond[0] <= 10 * exact, name
        ours = error[0] / (EPS[dtype] / 2)
        assert abs(backward_error(a, x[0], b) - ours) <= 2 + n / 8, "measured in the type of the data"
        assert ours <= 8


def test_refinement_and_bits_do_not_depend_on_threads():
    rng = np.random.default_rng(1)
    a, b = values(rng, (7, 50, 50), "float64"), values(rng, (7, 50, 3), "float64")
    whole = solved(a, b, 3)
    for item in range(7):
        one = solved(a[item:item + 1], b[item:item + 1])
        for x, y in zip(whole, one, strict=True):
            assert x[item].tobytes() == y[0].tobytes()


@pytest.mark.parametrize("k", [2, 3, 8, 40])
def test_one_bad_column_is_seen(k):
    """Exactly up to 8; of 40, in a group of 5, by at least a tenth of it."""
    rng = np.random.default_rng(k)
    a, x = values(rng, (50, 50), "float64"), values(rng, (50, k), "float64")
    b = a @ x
    for bad in range(k):
        y = x.copy()
        y[:, bad] *= 1 + 1e-8
        alone = kernel.backward_error(a, y[:, bad:bad + 1].copy(), b[:, bad:bad + 1].copy())
        found = kernel.backward_error(a, y, b)
        assert found == alone if k <= 8 else alone / 10 < found <= alone


def test_growth_is_reported():
    """Wilkinson's matrix of order 90: no refinement helps, and the kernel says so."""
    a = KINDS["Wilkinson"](90, "float64", None)
    b = values(np.random.default_rng(1), (90, 1), "float64")
    x, _, _, error = solved(a[None], b[None])
    assert error[0] > kernel.backward_error_bound(90, 8)
    assert error[0] == kernel.backward_error(a, x[0], b)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", [1, 2, 5, 63, 64, 65, 129, 200])
def test_inverse(isa, dtype, n):
    rng = np.random.default_rng(n)
    for name in ("random", "cond 2", "scaled up", "scaled down", "graded rows"):
        a = KINDS[name](n, dtype, rng)
        x, lu, pivots = np.empty_like(a)[None], np.empty_like(a)[None], np.empty((1, n), np.int32)
        info, rcond = np.empty(1, np.int32), np.empty(1)
        kernel.inverse(a[None], lu, pivots, x, info, rcond, 0, 1, "inv")
        assert inverse_ratio(a, x[0]) < 8
    a = KINDS["random"](n, dtype, rng) + np.eye(n, dtype=dtype) * 3 * float(n) ** 0.5
    for kind, t in ((1, np.tril(a)), (2, np.triu(a))):
        kernel.inverse(t[None], None, None, x, info, rcond, kind, 1, "inv")
        assert inverse_ratio(t, x[0]) < 8
