"""Condensed and square, against SciPy."""

import numpy as np
import pytest
import scipy.spatial.distance as peer

from mathcore import distance
from mathcore.distance import squareform


@pytest.mark.parametrize("dtype", ["f8", "f4", "f2", "i8", "i1", "?", "c16", "O"])
@pytest.mark.parametrize("n", [1, 2, 3, 33, 70])
def test_both_ways(n, dtype):
    pairs = (np.random.default_rng(0).integers(0, 9, n * (n - 1) // 2)).astype(dtype)
    square = squareform(pairs)
    assert square.dtype == pairs.dtype
    assert (square == square.T).all()
    np.testing.assert_array_equal(square[np.triu_indices(n, 1)], pairs)
    back = squareform(square)
    assert back.dtype == pairs.dtype
    np.testing.assert_array_equal(back, pairs)
    if dtype != "O":
        np.testing.assert_array_equal(square, peer.squareform(pairs))


def test_layouts():
    pairs = np.arange(30.0)[::2]
    np.testing.assert_array_equal(squareform(pairs), peer.squareform(pairs.copy()))
    square = np.asfortranarray(squareform(pairs))
    np.testing.assert_array_equal(squareform(square), pairs)
    assert squareform(np.zeros((0, 0))).shape == (0,)
    assert squareform([]).shape == (1, 1)


def test_checks():
    bad = np.array([[0.0, 1.0], [2.0, 0.0]])
    for message, x, options in (("must be symmetric", bad, {}), ("diagonal must be zero", np.eye(2), {}),
                                ("Incompatible vector size", np.ones(4), {}), ("must be square", np.ones((2, 3)), {}),
                                ("not permitted", np.ones((1, 1, 1)), {}),
                                ("Forcing 'tomatrix' but", bad, {"force": "tomatrix"}),
                                ("Forcing 'tovector' but", np.ones(3), {"force": "toVector"})):
        with pytest.raises(ValueError, match=message):
            squareform(x, **options)
    assert squareform(bad, checks=False).tolist() == [1]
    assert squareform(np.ones(1), "tomatrix").shape == (2, 2)


def test_what_scipy_does():
    square = squareform([1.0, 2.0, 3.0])
    assert distance.is_valid_dm(square)
    assert not distance.is_valid_dm([[0, 1], [2, 0]])
    assert distance.is_valid_y([1.0, 2.0, 3.0])
    assert (distance.num_obs_dm(square), distance.num_obs_y([1.0, 2.0, 3.0])) == (3, 3)
    u, v = np.random.default_rng(0).random((2, 20, 3))
    assert distance.directed_hausdorff(u, v) == peer.directed_hausdorff(u, v)
