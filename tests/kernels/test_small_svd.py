"""SVDs in lanes: LAPACK's ratios on every kind, and what they leave to others."""

import numpy as np
import pytest

from mathcore._kernels import runtime
from tests.matrices import KINDS, rectangular
from tests.oracles import assert_same_bits
from tests.ratios import svd_ratios
from tests.small_stacks import DTYPES, stack, svd

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", KINDS.values(), ids=str)
def test_ratios(isa, kind, dtype):
    """Singular values near zero are told; of all others, values and vectors are right."""
    for m, n in ((1, 1), (2, 2), (3, 3), (4, 4), (5, 3), (3, 5), (8, 8), (13, 6), (6, 13), (17, 17), (32, 32)):
        a = np.stack([rectangular(kind, m, n, dtype, np.random.default_rng([n, i])) for i in range(3)])
        u, s, vh, info = svd(a)
        exact = np.linalg.svd(a.astype(np.float64) * 2.0 ** -np.frexp(np.abs(a).max())[1], compute_uv=False)
        assert (info[exact[:, -1] < 1e-30 * exact[:, 0]] == 1).all()
        for i in np.flatnonzero(info == 0):
            assert max(svd_ratios(a[i], u[i], s[i], vh[i])) < 8, (m, n)
        if kind.name in ("random", "orthogonal", "cond 2", "scaled up", "scaled down"):
            assert (info == 0).all()
        assert_same_bits(svd(a, vectors=False)[1], s)


@pytest.mark.parametrize("dtype", DTYPES)
def test_small_values_to_high_relative_accuracy(isa, dtype):
    """Columns graded by 2^-60 and more: LAPACK's divide and conquer has no digit of the smallest."""
    a = stack(9, 6, "float64", 2)
    scale = np.ldexp(1.0, -10 * np.arange(6)) if dtype == "float64" else np.ldexp(1.0, -4 * np.arange(6))
    a = (a * scale).astype(dtype)
    _, s, _, info = svd(a)
    assert (info == 0).all()
    triangles = np.linalg.qr(a.astype(np.float64) / scale)[1]
    exact = np.prod(np.abs(np.diagonal(triangles, 0, 1, 2)) * scale, axis=1)     # |det|, the product of all
    np.testing.assert_allclose(np.prod(s.astype(np.float64), axis=1), exact, rtol=200 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", DTYPES)
def test_not_finite_and_zero_are_told_and_stay_alone(isa, dtype):
    a = stack(5, 6, dtype)
    good = [x.copy() for x in svd(a)]
    a[1, 2, 3], a[3] = np.nan, 0
    found = svd(a)
    assert found[3].tolist() == [0, 1, 0, 1, 0]
    for i in (0, 2, 4):
        for one, other in zip(found[:3], good[:3], strict=True):
            assert_same_bits(one[i], other[i])


@pytest.mark.parametrize("dtype", DTYPES)
def test_same_bits_with_avx2_and_avx512(dtype):
    found = set()
    for isa in runtime.available_isas()[1:]:
        runtime.set_isa(isa)
        found.add(b"".join(x.tobytes() for x in svd(stack(19, 9, dtype))))
    assert len(found) == 1
