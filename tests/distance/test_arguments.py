"""What distances ask of their arguments."""

import numpy as np
import pytest

from mathcore.distance import _arguments as arguments


def test_types():
    def kind(*dtypes):
        return arguments.float_type([np.zeros(1, d) for d in dtypes], "f", [f"a{i}" for i in range(len(dtypes))])

    assert kind("f4", "f2") == kind(">f4") == np.float32
    assert kind("f4", "i2") == kind("f4", "f8") == kind("?") == np.float64
    for bad in ("c8", "U1", "O"):
        with pytest.raises(TypeError, match="f: a0 has dtype"):
            kind(bad)
    assert arguments.is_wide(np.zeros(1, np.longdouble)) == (np.dtype(np.longdouble).itemsize > 8)


def test_rows():
    x = np.arange(12.0).reshape(3, 4)
    assert arguments.rows(x, np.float64) is x
    for other in (x[:, ::2], x.T, x.astype(">f8"), np.frombuffer(b"." + x.tobytes(), np.uint8)[1:].view(float)):
        found = arguments.rows(other, np.dtype(np.float64))
        assert found.flags.c_contiguous
        assert found.flags.aligned
        assert found.dtype.isnative
        np.testing.assert_array_equal(found, other)


def test_weights():
    assert arguments.weights([1, 2], 2, "f").dtype == np.float64
    assert arguments.weights([1, 2], 2, "f", np.float32).dtype == np.float32
    for bad, message in (([1, -2], r"w\[1\] is negative. Input weights should be all non-negative; got -2"),
                         ([1], "Weights must have same size as input vector. 1 vs. 2"),
                         ([[1, 2]], r"Weights must be a vector \(ndim = 1\)")):
        with pytest.raises(ValueError, match=message):
            arguments.weights(bad, 2, "f")


def test_order_and_base():
    assert arguments.order(np.float32(1.5), "f") == 1.5
    for bad in (0, -1, np.nan):
        with pytest.raises(ValueError, match="p must be greater than 0"):
            arguments.order(bad, "f")
    for bad in ("2", None, True, 1j):
        with pytest.raises(TypeError, match="p is no real number"):
            arguments.order(bad, "f")
    assert arguments.log_base(None, "f") == 1
    assert arguments.log_base(np.e, "f") == 1
    for bad in (0, 1, 1.0):
        with pytest.raises(ValueError, match="f: base"):
            arguments.log_base(bad, "f")


def test_variances_and_covariances():
    assert arguments.variances([1, 2], 2, "f").tolist() == [1, 2]
    assert arguments.inverse_covariance([[1, 2], [3, 4]], 2, "f").dtype == np.float64
    for bad, message in (([1.0], "wrong length"), ([[1.0, 2.0]], "must be one-dimensional")):
        with pytest.raises(ValueError, match=message):
            arguments.variances(bad, 2, "f")
    with pytest.raises(ValueError, match="wrong shape"):
        arguments.inverse_covariance([[1.0]], 2, "f")


def test_weights_in_float32():
    for good in ([0, 1], [1e-37, 1e38], []):
        assert arguments.fits_float32(np.array(good, float))
    for bad in ([1e-39, 1], [1e39, 1], [3e38, 3e38], [np.inf, 1], [1e308, 1e308]):
        assert not arguments.fits_float32(np.array(bad))


def test_output():
    wide = np.dtype(np.float64)
    out = np.empty((2, 3))
    assert arguments.output(out, (2, 3), wide, "f") is out
    narrow = np.empty((2, 3), np.float32)
    assert arguments.output(narrow, (2, 3), np.dtype(np.float32), "f") is narrow
    assert arguments.output(None, (2, 3), wide, "f").shape == (2, 3)
    frozen = np.empty((2, 3))
    frozen.flags.writeable = False
    for bad, error, message in ((np.empty((3, 2)), ValueError, "incorrect shape"),
                                (narrow, ValueError, "wrong out dtype"),
                                (np.empty((3, 2)).T, ValueError, "C-contiguous"), (frozen, ValueError, "read-only"),
                                (out.tolist(), TypeError, "out argument must be an ndarray")):
        with pytest.raises(error, match=message):
            arguments.output(bad, (2, 3), wide, "f")
