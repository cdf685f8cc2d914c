"""det and slogdet: known values, no overflow on the way, batches, types."""

import numpy as np
import pytest

from mathcore.linalg import det, slogdet
from tests.layouts import values


def test_known_values():
    assert det([[1.0, 2.0], [3.0, 4.0]]) == pytest.approx(-2, rel=1e-15)
    assert det([[2, 0, 0], [0, 3, 0], [0, 0, 4]]) == 24
    assert det([[0.0, 1.0], [1.0, 0.0]]) == -1
    assert det(np.zeros((0, 0))) == 1
    assert det([[7.0]]) == 7
    assert det(np.ones((3, 3))) == 0


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 8, 16, 17, 32, 33, 70])
def test_against_the_product_of_eigenvalues(dtype, n):
    a = values(np.random.default_rng(n), (6, n, n), dtype)
    wide = a.astype(np.float64)
    sign, logarithm = np.linalg.slogdet(wide)
    scale = np.linalg.cond(wide) * n * np.finfo(dtype).eps
    for given in (a, a[0]):
        found = slogdet(given)
        assert np.asarray(found.sign).dtype == np.asarray(found.logabsdet).dtype == dtype
        first = np.s_[()] if given is a else 0
        np.testing.assert_array_equal(found.sign, sign[first])
        assert (np.abs(found.logabsdet - logarithm[first]) <= 4 * scale[first] + 4 * np.finfo(dtype).eps * 40).all()
        value = det(given)
        assert np.asarray(value).dtype == np.float64
        np.testing.assert_array_less(np.abs(value / np.linalg.det(wide)[first] - 1), 8 * scale[first] + 1e-15)


def test_nothing_overflows_on_the_way():
    for n in (4, 40):
        d = np.where(np.arange(n) % 2, 1e-200, 1e200)
        assert det(np.diag(d)) == pytest.approx(1, rel=1e-13)
        assert det(np.broadcast_to(np.diag(d), (3, n, n)))[1] == pytest.approx(1, rel=1e-13)
    sign, logarithm = slogdet(np.eye(50) * -1e300)
    assert sign == 1
    assert logarithm == pytest.approx(50 * np.log(1e300), rel=1e-14)
    assert det(np.full((2, 1, 1), np.float32(3e38)))[0] == np.float32(3e38)
    assert np.isfinite(det(np.diag([3e38, 3e38]).astype(np.float32)))
    assert det(np.eye(3) * 1e200) == np.inf


def test_singular():
    assert det(np.ones((4, 3, 3))).tolist() == [0] * 4
    assert slogdet(np.ones((3, 3))) == (0, -np.inf)
    assert [x.tolist() for x in slogdet(np.zeros((2, 40, 40)))] == [[0, 0], [-np.inf, -np.inf]]


def test_empty_batches():
    assert det(np.ones((0, 3, 3))).shape == (0,)
    assert slogdet(np.ones((2, 0, 0))).logabsdet.tolist() == [0, 0]
