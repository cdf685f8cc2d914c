"""The door for matrices: what it lets in, what it says, what it leaves to SciPy."""

import numpy as np
import pytest
import scipy.linalg

from mathcore.linalg import _matrix


def test_scipys_own_functions_are_found_where_they_are_defined():
    for name in ("lu", "solve", "cholesky", "qr", "orth", "lstsq"):
        assert _matrix.scipy_function(name) is getattr(scipy.linalg, name)
    with pytest.raises(AttributeError, match="nonsense"):
        _matrix.scipy_function("nonsense")


def test_types():
    for dtype, computed in (("f2", "f4"), ("f4", "f4"), ("f8", "f8"), ("i2", "f8"), ("?", "f8"), (">f4", "f4")):
        a = np.ones((2, 2), dtype)
        assert _matrix.matrices(a, "f") is not None
        assert _matrix.compute_dtype(a) == computed
    assert _matrix.compute_dtype(np.ones(2, "f4"), np.ones(2, "i1")) == "f8"
    for dtype in ("c8", "c16", "g", "O"):
        assert _matrix.matrices(np.ones((2, 2), dtype), "f") is None


def test_messages():
    for bad, words in ((np.ones(3), r"f: a has too few dimensions, it must be at least two-dimensional; .*\(3,\)"),
                       (np.ones((2, 3)), r"f: a is not square; .*got shape \(2, 3\)"),
                       (np.array([[1, 2], [np.inf, 4]]), r"contain infs or NaNs; .*got inf at index \(1, 0\)")):
        with pytest.raises(ValueError, match=words):
            _matrix.matrices(bad, "f", square=True)
    assert _matrix.matrices(np.full((2, 2), np.nan), "f", check_finite=False) is not None


def test_working_copy():
    a = np.ones((3, 3))
    assert _matrix.working_copy(a, a.dtype) is not a
    assert _matrix.working_copy(a, a.dtype, overwrite=True) is a
    assert _matrix.working_copy(a.T[::2], a.dtype, overwrite=True).flags.c_contiguous
    assert _matrix.working_copy(a, np.dtype("f4"), overwrite=True).dtype == "f4"


def test_failures_name_their_items():
    info = np.zeros((2, 3), np.int32)
    _matrix.tell_failures(info, "f", "one {k}", "many {items}")
    info[1, 2] = 4
    _matrix.tell_failures(info, "f", "one {k}", "many {items}", "nan")
    with pytest.raises(np.linalg.LinAlgError, match=r"f: many \[\(1, 2\)\]") as caught:
        _matrix.tell_failures(info, "f", "one {k}", "many {items}")
    assert caught.value.index == (1, 2)
    assert caught.value.info is info
    with pytest.raises(np.linalg.LinAlgError, match="f: one 4 at 3"):
        _matrix.tell_failures(np.array(4), "f", "one {k} at {at}", "many")
    with pytest.raises(np.linalg.LinAlgError, match="and 10 more"):
        _matrix.tell_failures(np.ones(30, int), "f", "one", "many {items}")


def test_packs():
    assert _matrix.in_packs(np.ones((1, 32, 32)))
    assert not _matrix.in_packs(np.ones((1, 33, 33)))
    assert _matrix.in_packs(np.ones((2, 32)))
    assert not _matrix.in_packs(np.ones((3, 3)), most=2)
    assert not _matrix.in_packs(np.ones((0, 3, 3)))


def test_runs_are_copied_only_where_there_are_none():
    a = np.arange(48.0).reshape(3, 4, 4)
    for kept in (a, a.swapaxes(1, 2), np.broadcast_to(a[0], (3, 4, 4)), a[:, :3, :3]):
        assert np.shares_memory(_matrix.in_runs(kept, np.dtype("f8")), kept)
    for copied in (a[:, ::-1], a[:, ::2, ::2], a[..., ::-1]):
        found = _matrix.in_runs(copied, np.dtype("f8"))
        assert found.flags.c_contiguous
        np.testing.assert_array_equal(found, copied)
    assert _matrix.spread(a, (3,)) is a
    assert _matrix.spread(a[0], (2, 3)).shape == (2, 3, 4, 4)
