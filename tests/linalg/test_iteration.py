"""What iterations share: the trace as a table, starts, signs."""

import numpy as np
import pytest

from mathcore.linalg import _iteration
from mathcore.linalg._iteration import Trace


def test_trace_prints_a_table():
    trace = Trace(np.array([4.0, 5.0, 5.25]), np.array([2.0, 1.0, 0.5]))
    lines = str(trace).splitlines()
    assert lines[0].split() == ["step", "eigenvalue", "residual", "change"]
    assert [line.split() for line in lines[1:]] == [["1", "4", "2.00e+00", "nan"], ["2", "5", "1.00e+00", "1.00e+00"],
                                                    ["3", "5.25", "5.00e-01", "2.50e-01"]]
    assert list(trace.step) == [1, 2, 3]
    np.testing.assert_array_equal(trace.change, [np.nan, 1, 0.25])


def test_trace_of_several_shows_the_first_value_and_the_largest_residual():
    trace = Trace(np.array([[3.0, 1.0], [3.0, 1.5]]), np.array([[0.1, 0.2], [0.1, 0.05]]))
    assert str(trace).splitlines()[2].split() == ["2", "3", "1.00e-01", "5.00e-01"]


def test_trace_of_no_steps():
    trace = Trace(np.empty(0), np.empty(0))
    assert str(trace).splitlines()[1:] == []
    assert trace.change.shape == (0,)


@pytest.mark.parametrize("rng", [None, 3, np.random.default_rng(3)])
def test_start_has_length_one(rng):
    for shape in ((5,), (5, 2)):
        v = _iteration.start(None, shape, np.float32, rng, "fn")
        assert v.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(v, axis=0), 1, rtol=1e-6)


def test_seed_decides_the_start():
    first, second, other = (_iteration.start(None, (5,), np.float64, rng, "fn") for rng in (1, 1, 2))
    assert (first == second).all()
    assert (first != other).any()


def test_signs():
    np.testing.assert_array_equal(_iteration.signed(np.array([0.6, -0.8])), [-0.6, 0.8])
    np.testing.assert_array_equal(_iteration.signed(np.array([[-0.8, 1], [0.6, 0]])), [[0.8, 1], [-0.6, 0]])
