"""The LU kernel: edges of leaves and panels, shapes, pivots, bits."""

import numpy as np
import pytest

from mathcore._kernels import lu as kernel
from tests.layouts import values
from tests.matrices import EDGES, KINDS, SIZES
from tests.ratios import lu_factor_ratio


def factored(a, workers=1):
    lu, pivots = np.array(a, ndmin=3), np.empty((1, min(a.shape)), np.int32)
    info = np.full(1, -7, np.int32)
    kernel.factor_batch(lu, pivots, info, workers, "lu_factor")
    return lu[0], pivots[0], int(info[0])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("m", [1, 2, 7, 8, 9, 31, 33, 63, 64, 65, 100, 129, 200])
def test_shapes(isa, dtype, m):
    rng = np.random.default_rng(m)
    for n in (1, 2, 8, 9, 33, 64, 65, 129, 150):
        a = values(rng, (m, n), dtype)
        lu, pivots, info = factored(a)
        assert info == 0
        assert lu_factor_ratio(a, lu, pivots) < 8
        assert ((pivots >= np.arange(min(m, n))) & (pivots < m)).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", KINDS.values(), ids=str)
def test_ratio_of_each_kind(kind, dtype):
    rng = np.random.default_rng(1)
    for n in (*(s for s in SIZES if s), *EDGES):
        if not kind.serves(n, dtype) or n > 200 and kind.name != "random":      # a matrix of 500 takes longer to make
            continue
        a = kind(n, dtype, rng)
        lu, pivots, info = factored(a)
        if kind.zero_pivot:
            assert info > 0
            assert lu[info - 1, info - 1] == 0
        assert lu_factor_ratio(a, lu, pivots) < 8


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_same_bits_on_any_threads_and_instruction_set_with_fma(dtype):
    from mathcore._kernels import runtime

    a = values(np.random.default_rng(2), (300, 300), dtype)
    found = {}
    for isa in runtime.available_isas()[1:]:
        runtime.set_isa(isa)
        for workers in (1, 2, 3, 7):
            found[isa, workers] = factored(a, workers)[0].tobytes()
    assert len(set(found.values())) == 1


def test_a_batch_is_its_items():
    a = values(np.random.default_rng(3), (40, 37, 37), "float64")
    lu, pivots, info = a.copy(), np.empty((40, 37), np.int32), np.empty(40, np.int32)
    kernel.factor_batch(lu, pivots, info, 3, "lu_factor")
    for item in range(40):
        one = factored(a[item])
        assert lu[item].tobytes() == one[0].tobytes()
        assert (pivots[item] == one[1]).all()


@pytest.mark.parametrize("n", [5, 40, 100])
def test_nan_comes_out(n):
    """Whatever its place, the last pivots or what they would be divided by are NaN."""
    for i, j in ((0, 0), (n - 1, 0), (0, n - 1), (n // 2, n // 3), (n - 1, n - 1)):
        a = values(np.random.default_rng(4), (n, n), "float64")
        a[i, j] = np.nan
        assert np.isnan(factored(a)[0]).any()


def test_pivots_are_the_first_of_the_largest():
    a = np.ones((70, 70))
    a[:, 0] = np.where(np.arange(70) % 2, -2, 2)
    assert factored(a)[1][0] == 0


def test_determinants_never_overflow_on_the_way():
    lu, pivots = np.diag([1e200, 1e200, 1e-200, 1e-200])[None], np.array([[0, 2, 2, 3]], np.int32)
    mantissa, exponent = np.empty(1), np.empty(1, np.int64)
    kernel.determinants(lu, pivots, mantissa, exponent)
    np.testing.assert_allclose(np.ldexp(mantissa, exponent), -1, rtol=1e-15)
    lu[0, 3, 3] = 0
    kernel.determinants(lu, pivots, mantissa, exponent)
    assert mantissa[0] == 0
