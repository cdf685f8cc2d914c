"""What two matrices of rows become before a kernel sees them."""

import numpy as np
import pytest
from scipy import sparse

from mathcore.distance._operands import dense, is_sparse, operands, room, sparse_product

X, Y = np.arange(12.0).reshape(4, 3), np.eye(3)[:2]


def test_types():
    """float32 where both are that or narrower; one matrix stands for both."""
    one = operands(X, None, "f")
    assert one.x is one.y
    assert one.shape == (4, 4)
    for x, y, dtype in (("f4", "f4", "f4"), ("f2", "f4", "f4"), ("f4", "f8", "f8"), ("i4", "f4", "f8"),
                        ("?", "?", "f8")):
        pair = operands(X.astype(x), Y.astype(y), "f")
        assert pair.dtype == pair.x.dtype == pair.y.dtype == np.dtype(dtype)
        assert pair.shape == (4, 2)


@pytest.mark.parametrize("make", [np.asfortranarray, lambda x: x[::-1], lambda x: x.astype(">f8"), sparse.csc_matrix,
                                  sparse.coo_array])
def test_layouts(make):
    pair = operands(make(X), Y, "f")
    if is_sparse(pair.x):
        assert pair.is_sparse
        assert pair.x.format == "csr"
        np.testing.assert_array_equal(pair.x.toarray(), X)
    else:
        assert pair.x.flags.c_contiguous
        assert pair.x.dtype.isnative
        np.testing.assert_array_equal(pair.x, make(X))


def test_sparse_rows_made_dense():
    s = operands(sparse.csr_array(X), None, "f").x
    np.testing.assert_array_equal(dense(s, 1, 3), X[1:3])
    np.testing.assert_array_equal(dense(X, 1, 3), X[1:3])


def test_caller_keeps_what_it_has():
    """A matrix with repeated entries is not summed in place."""
    s = sparse.csr_array((np.ones(3), np.array([1, 1, 0]), np.array([0, 2, 3])), shape=(2, 3))
    operands(s, None, "f")
    assert s.nnz == 3


def test_room():
    pair = operands(X, Y, "f")
    out = np.empty((4, 2))
    assert room(None, pair, "f").shape == (4, 2)
    assert room(out, pair, "f") is out
    assert room(X[:, :2], pair, "f") is not X            # it holds an operand
    with pytest.raises(ValueError, match=r"f: out .*\(4, 2\), got \(4, 3\)"):
        room(np.empty((4, 3)), pair, "f")


def test_sparse_products():
    x, y = sparse.csr_array(X), sparse.csr_array(Y)
    for pair in (operands(x, y, "f"), operands(x, Y, "f"), operands(X, y, "f")):
        np.testing.assert_array_equal(sparse_product(pair, True, None, 1, "f"), X @ Y.T)
        np.testing.assert_array_equal(sparse_product(pair, True, None, 1, "f", limit=4), np.minimum(X @ Y.T, 4))
    assert is_sparse(sparse_product(operands(x, y, "f"), False, None, 1, "f"))
    with pytest.raises(ValueError, match="sparse result"):
        sparse_product(operands(x, y, "f"), False, np.empty((4, 2)), 1, "f")
