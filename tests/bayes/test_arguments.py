"""Checks name the first element that is wrong."""

import numpy as np
import pytest

from mathcore.bayes import _arguments as arguments


@pytest.mark.parametrize(("check", "good", "bad", "message"), [
    (arguments.probabilities, [0, 1, 0.5], [0, 1.5], r"x\[1\] is no probability; expected 0 to 1, got 1.5"),
    (arguments.non_negative, [0, 5.0], [np.inf, 1], r"x\[0\] is negative or not finite; .* got inf"),
    (arguments.positive, [1e-300, 2], [1, 0], r"x\[1\] is out of range; expected a finite number above 0, got 0.0"),
    (arguments.finite, [-1, 2], [[0, np.nan]], r"x\[0, 1\] is not finite; expected a number, got nan"),
    (arguments.counts, [0, 3], 1.5, "x is no count; expected a whole number of at least 0, got 1.5")])
def test_checks(check, good, bad, message):
    np.testing.assert_array_equal(check(good, "f", "x"), good)
    with pytest.raises(ValueError, match=f"^f: {message}"):
        check(bad, "f", "x")
    with pytest.raises(TypeError, match="f: x has dtype"):
        check("a", "f", "x")


def test_float32_stays_where_it_may():
    assert arguments.real_array(np.float32(1), "f", "x").dtype == np.float32
    assert arguments.real_array(np.float16(1), "f", "x").dtype == np.float64
    assert arguments.real_array(1, "f", "x").dtype == np.float64
    assert arguments.finite(np.float32(1), "f", "x").dtype == np.float64


def test_shapes_and_plain_values():
    assert arguments.fit_together("f", a=np.ones((3, 1)), b=np.ones(4)) == (3, 4)
    with pytest.raises(ValueError, match="f: shapes of a and b do not fit together"):
        arguments.fit_together("f", a=np.ones(3), b=np.ones(4))
    assert type(arguments.plain(np.array(2.0))) is float
    a = np.ones(2)
    assert not arguments.plain(a).flags.writeable
    assert a.flags.writeable
