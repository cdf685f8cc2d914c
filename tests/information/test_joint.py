"""Entropies of joint tables: identities of the diagram, any axes, the trees of the textbook."""

import itertools

import numpy as np
import pytest

from mathcore.information import (
    conditional_entropy,
    entropy,
    information_gain,
    joint_entropy,
    kl_divergence,
    mutual_information,
)

RNG = np.random.default_rng(3)
TABLE = RNG.dirichlet(np.full(24, 0.5)).reshape(2, 3, 4)


def test_worked_example():
    """T. M. Cover and J. A. Thomas, Elements of Information Theory, example 2.2.1."""
    table = np.array([[1 / 8, 1 / 16, 1 / 32, 1 / 32], [1 / 16, 1 / 8, 1 / 32, 1 / 32], [1 / 16] * 4, [1 / 4, 0, 0, 0]])
    assert joint_entropy(table, base=2) == 27 / 8
    assert joint_entropy(table, axes=1, base=2) == 7 / 4
    assert joint_entropy(table, axes=0, base=2) == 2
    assert conditional_entropy(table, given=0, base=2) == pytest.approx(11 / 8, rel=1e-15)
    assert conditional_entropy(table, given=1, base=2) == pytest.approx(13 / 8, rel=1e-15)
    assert mutual_information(table, base=2) == pytest.approx(3 / 8, rel=1e-14)


def test_identities():
    for x, y, z in itertools.permutations(range(3)):
        h = [joint_entropy(TABLE, axes=a) for a in ((x,), (y,), (x, y), (x, z), (y, z), (x, y, z), (z,))]
        hx, hy, hxy, hxz, hyz, hxyz, hz = h
        assert conditional_entropy(TABLE, of=y, given=x) == pytest.approx(hxy - hx, rel=1e-12)
        assert conditional_entropy(TABLE, given=(x, z)) == pytest.approx(hxyz - hxz, rel=1e-12)
        assert mutual_information(TABLE, x=x, y=y) == pytest.approx(hx + hy - hxy, rel=1e-11)
        assert mutual_information(TABLE, x=x, y=y) == pytest.approx(mutual_information(TABLE, x=y, y=x), rel=1e-13)
        assert mutual_information(TABLE, x=x) == pytest.approx(hx + hyz - hxyz, rel=1e-11)
        assert mutual_information(TABLE, x=x, y=y, given=z) == pytest.approx(hxz + hyz - hxyz - hz, rel=1e-11)
    pair = TABLE.sum(0)
    outer = np.multiply.outer(pair.sum(1), pair.sum(0))
    assert mutual_information(TABLE, x=1, y=2) == pytest.approx(kl_divergence(pair.ravel(), outer.ravel()), rel=1e-14)
    assert joint_entropy(TABLE) == entropy(TABLE.ravel())


def test_independence_is_0():
    table = np.multiply.outer(RNG.dirichlet(np.ones(5)), RNG.dirichlet(np.ones(7)))
    assert 0 <= mutual_information(table) < 1e-30
    assert mutual_information(np.full((3, 4), 1 / 12)) < 1e-30
    assert conditional_entropy(np.eye(4) / 4) == 0
    assert mutual_information(np.eye(4) / 4, base=2) == pytest.approx(2, rel=1e-15)
    chain = np.einsum("x,xz,zy->xzy", [0.3, 0.7], [[0.2, 0.8], [0.6, 0.4]], [[0.1, 0.9], [0.5, 0.5]])
    assert mutual_information(chain, x=0, y=2, given=1) < 1e-30, "a Markov chain"
    assert mutual_information(chain, x=0, y=2) > 1e-4
    impossible = np.zeros((2, 2, 2))
    impossible[0] = 0.25
    assert mutual_information(impossible, x=1, y=2, given=0) == 0


def test_options():
    counts = np.array([[3, 1], [1, 3]])
    assert mutual_information(counts, normalize=True) == mutual_information(counts / 8)
    assert joint_entropy(TABLE.astype("f4")).dtype == np.float32
    assert type(joint_entropy([0.5, 0.5])) is np.float64
    assert joint_entropy(TABLE, axes=(0, -1)) == joint_entropy(TABLE, axes=(2, 0))
    assert joint_entropy(np.asfortranarray(TABLE)) == joint_entropy(TABLE)


def test_the_tree_of_the_textbook():
    """J. R. Quinlan's days of tennis: outlook, humidity, wind."""
    for children, gain in (([[2, 3], [4, 0], [3, 2]], 0.2467498197744391), ([[3, 4], [6, 1]], 0.15183550136234159),
                           ([[6, 2], [3, 3]], 0.04812703040826927)):
        assert information_gain([9, 5], children, base=2) == pytest.approx(gain, rel=1e-13)
        weights = np.sum(children, 1) / 14
        after = weights @ entropy(np.array(children), base=2, normalize=True)
        assert information_gain([9, 5], children, base=2) == pytest.approx(
            entropy([9, 5], base=2, normalize=True) - after, rel=1e-12)


def test_splits_at_once():
    left = RNG.integers(0, 9, (6, 3))
    parent = np.full(3, 10)
    children = np.stack([left, parent - left], axis=-2)
    found = information_gain(parent, children)
    assert found.shape == (6,)
    for k in range(6):
        assert information_gain(parent, children[k]) == found[k]
    assert information_gain([4, 4], [[4, 0], [0, 4]], base=2) == 1
    assert information_gain([4, 4], [[2, 2], [2, 2]]) == 0
    assert information_gain([4, 4], [[4, 4], [0, 0]]) == 0, "an empty part"
