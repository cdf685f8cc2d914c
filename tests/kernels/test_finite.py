"""all_finite: every place of a bad number, every size around the block of 1024."""

import numpy as np
import pytest
from mathcore._kernels.finite import all_finite


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", [0, 1, 3, 8, 17, 1023, 1024, 1025, 5000])
def test_sees_a_bad_number_anywhere(dtype, n):
    largest = np.finfo(dtype).max
    x = np.full(n, largest, dtype)
    x[::2] = -np.finfo(dtype).smallest_subnormal
    assert all_finite(x)
    for i in {0, n // 2, n - 1} if n else ():
        for bad in (np.nan, np.inf, -np.inf):
            kept, x[i] = x[i], bad
            assert not all_finite(x)
            x[i] = kept


def test_leaves_other_arrays_to_numpy():
    assert all_finite(np.ones(4, np.int64)) is None
    assert all_finite(np.ones((4, 4))[:, ::2]) is None
    assert all_finite(np.ones(4, ">f8")) is None
    assert all_finite(np.asfortranarray(np.ones((3, 5))))
