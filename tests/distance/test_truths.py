"""Dissimilarities of truth values against SciPy's."""

import numpy as np
import pytest
import scipy.spatial.distance as peer

from mathcore import distance

NAMES = ("dice", "jaccard", "rogerstanimoto", "russellrao", "sokalsneath", "yule")
EPS = np.finfo(float).eps


@pytest.mark.parametrize("name", NAMES)
def test_values(name):
    ours, theirs = getattr(distance, name), getattr(peer, name)
    rng = np.random.default_rng(0)
    for n in (1, 2, 9, 300):
        u, v, w = rng.random(n) < 0.5, rng.random(n) < 0.5, rng.random(n)
        u[0] = v[0] = True
        for dtype in (bool, "i1", "u1", "i8", "f4", "f8", "list"):
            a, b = (u.tolist(), v.tolist()) if dtype == "list" else (u.astype(dtype), v.astype(dtype))
            assert ours(a, b) == pytest.approx(theirs(u, v), rel=4 * EPS, abs=0)
            assert isinstance(ours(a, b), float)
            assert ours(a, b, w) == pytest.approx(theirs(u, v, w), rel=8 * n * EPS, abs=8 * EPS)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "jaccard"])
def test_degrees(name):
    u, v = np.random.default_rng(0).random((2, 30))
    assert getattr(distance, name)(u, v) == pytest.approx(getattr(peer, name)(u, v), rel=200 * EPS)


def test_nothing_true():
    none = np.zeros(3, bool)
    assert np.isnan(distance.dice(none, none))
    assert distance.jaccard(none, none) == 0
    assert distance.rogerstanimoto(none, none) == 0
    assert distance.russellrao(none, none) == 1
    assert distance.yule(none, none) == 0
    with pytest.raises(ValueError, match="Sokal-Sneath dissimilarity is not defined for vectors"):
        distance.sokalsneath(none, none)
    for name in ("dice", "rogerstanimoto", "russellrao"):
        assert np.isnan(getattr(distance, name)([], []))


def test_jaccard_takes_what_is_not_0_as_true():
    assert distance.jaccard([1, 2, 0], [3, 0, 0]) == 0.5
    assert distance.jaccard([1, 2, 0], [3, 0, 0], [1, 3, 1]) == 0.75
