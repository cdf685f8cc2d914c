"""Products of sparse matrices against dense ones, in every type of numbers and indices."""

import numpy as np
import pytest
import scipy.sparse

from mathcore._kernels import sparse


def parts(a, index):
    return a.indptr.astype(index), a.indices.astype(index), a.data


def product(a, b, index=np.int32, limit=np.inf, workers=1):
    out = np.full((a.shape[0], b.shape[1]), np.nan, a.dtype)
    sparse.product(*parts(a, index), *parts(b, index), out, limit, workers, "product")
    return out


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("index", [np.int32, np.int64])
@pytest.mark.parametrize("shape", [(0, 3, 2), (1, 1, 1), (15, 7, 33), (16, 0, 4), (17, 40, 16), (100, 30, 70)])
def test_values(shape, index, dtype):
    """Whole numbers: every sum is exact."""
    m, k, n = shape
    rng = np.random.default_rng(0)
    a, b = (scipy.sparse.csr_array(rng.integers(-3, 4, s) * (rng.random(s) < 0.3)).astype(dtype)
            for s in ((m, k), (k, n)))
    expected = a.toarray() @ b.toarray()
    np.testing.assert_array_equal(product(a, b, index), expected)
    np.testing.assert_array_equal(product(a, b, index, 2.0), np.clip(expected, -2, 2))
    np.testing.assert_array_equal(product(a, b, index, workers=2), expected)


def test_rows_of_a_wider_result():
    a = scipy.sparse.csr_array(np.arange(12.0).reshape(3, 4))
    wide = np.full((3, 9), 7.0)
    sparse.product(*parts(a, np.int32), *parts(a.T.tocsr(), np.int32), wide[:, 2:5], np.inf, 1, "product")
    np.testing.assert_array_equal(wide[:, 2:5], (a @ a.T).toarray())
    assert (np.delete(wide, [2, 3, 4], axis=1) == 7).all()
