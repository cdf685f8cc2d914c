"""Powers of two: exact, in range, and none where there is nothing to scale."""

import numpy as np
import pytest

from mathcore.linalg._scale import scaled
from tests.oracles import assert_same_bits


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scaling_is_exact_over_the_whole_range(dtype):
    info = np.finfo(dtype)
    x = np.random.default_rng(0).standard_normal((3, 4)).astype(dtype)
    first, _ = scaled(x, -1)
    assert (np.abs(first).max(axis=-1) >= 0.5).all()
    assert (np.abs(first).max(axis=-1) < 1).all()
    for k in range(info.minexp + 8, info.maxexp - 1, 29):
        y, e = scaled(np.ldexp(x, k), -1)
        assert_same_bits(y, first)
        assert_same_bits(np.ldexp(y, e), np.ldexp(x, k))


def test_the_ends_of_the_range():
    for dtype in (np.float32, np.float64):
        info = np.finfo(dtype)
        for value in (info.smallest_subnormal, info.tiny, info.max):
            y, e = scaled(np.array([value, 0], dtype), 0)
            assert info.eps / 4 <= abs(y[0]) < 1            # its square is a normal number
            assert np.ldexp(y[0], e[0]) == value


def test_nothing_to_scale():
    for x in (np.zeros(3), np.array([np.inf, 1.0]), np.array([np.nan, 1.0]), np.zeros((0,))):
        y, e = scaled(x, 0)
        assert_same_bits(y, x)
        assert (e == 0).all()


def test_axes():
    x = np.array([[1.0, 8.0], [0.5, 4.0]])
    assert scaled(x, -1)[1].tolist() == [[4], [3]]
    assert scaled(x, -2)[1].tolist() == [[1, 4]]
    assert scaled(x, (-2, -1))[1].tolist() == [[4]]
