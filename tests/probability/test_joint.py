"""Joint distributions from tables and from samples: types, tolerances, names and values."""

from fractions import Fraction

import numpy as np
import pytest

from mathcore.probability import Joint, joint, joint_from_samples

F = Fraction


def test_types():
    assert joint([0.5, 0.5]).table.dtype == np.float64
    assert joint(np.array([0.5, 0.5], "f4")).table.dtype == np.float64
    assert joint([1, 0]).table.dtype == np.float64
    assert joint([F(1, 3), F(2, 3)]).table.dtype == object
    assert joint([F(1, 2), 0.5]).table.dtype == np.float64
    assert joint([3, 1], normalize=True).table.tolist() == [F(3, 4), F(1, 4)]
    assert joint([3.0, 1.0], normalize=True).table.tolist() == [0.75, 0.25]
    assert joint([F(1, 2), F(1, 3)], normalize=True).table.tolist() == [F(3, 5), F(2, 5)]
    assert type(joint([0.5, 0.5]).probability({0: 1})) is float
    assert type(joint([F(1, 2), F(1, 2)]).probability({0: 1})) is Fraction
    assert isinstance(joint([1.0]), Joint)


def test_tolerance():
    """8 eps for each element; fractions sum exactly."""
    eps = np.finfo(float).eps
    joint([0.5, 0.5 + 15 * eps])
    with pytest.raises(ValueError, match="joint: table sums to"):
        joint([0.5, 0.5 + 20 * eps])
    with pytest.raises(ValueError, match=r"joint: table sums to 5/6"):
        joint([F(1, 2), F(1, 3)])
    joint(np.full(1000, 1e-3))


def test_names_and_values():
    j = joint(np.full((2, 3), 1 / 6))
    assert j.names == (0, 1)
    assert j.values == ((0, 1), (0, 1, 2))
    j = joint(np.full((2, 3), 1 / 6), names=("x", "y"), values={"y": "abc"})
    assert j.values == ((0, 1), ("a", "b", "c"))
    die = joint([1] * 6, names="die", values=range(1, 7), normalize=True)
    assert die.names == ("die",)
    assert die.values == (tuple(range(1, 7)),)
    assert joint([1.0], values=[[7]]).expectation() == 7


def test_samples():
    j = joint_from_samples(["b", "a", "b", "b"], [1, 2, 2, 1], names=("x", "y"))
    assert j.values == (("a", "b"), (1, 2))
    assert j.table.tolist() == [[0, F(1, 4)], [F(1, 2), F(1, 4)]]
    assert j.probability({"y": 2}) == F(1, 2)
    assert j.expectation("y") == F(3, 2)
    one = joint_from_samples([0.5, 0.25, 0.5])
    assert one.values == ((0.25, 0.5),)
    assert one.expectation() == pytest.approx(1.25 / 3, rel=1e-15)
    assert joint_from_samples(*np.random.default_rng(0).integers(0, 3, (3, 50))).table.sum() == 1
