"""What a kernel's number becomes."""

import pytest
from numpy.linalg import LinAlgError

from mathcore._status import error_for


@pytest.mark.parametrize(("status", "error", "text"), [
    (-1, MemoryError, "solve: could not allocate workspace"),
    (-2, KeyboardInterrupt, "solve: interrupted"),
    (1, LinAlgError, "solve: failed at index 0"),
    (5, LinAlgError, "solve: failed at index 4"),
])
def test_every_status_has_its_exception(status, error, text):
    found = error_for(status, "solve")
    assert (type(found), str(found)) == (error, text)


def test_an_unknown_status_is_a_bug_not_a_result():
    with pytest.raises(KeyError):
        error_for(-99, "solve")
