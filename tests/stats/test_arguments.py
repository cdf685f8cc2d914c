"""Shapes of samples and generators as SciPy takes them."""

import re

import numpy as np
import pytest

from mathcore.stats import _arguments
from mathcore.stats._arguments import generator_of, of_scipy, sample_shape


def test_sample_shapes():
    assert sample_shape((0, 1), None, "f") == ()
    assert sample_shape((np.zeros((1, 3)), 1), None, "f") == (3,)
    assert sample_shape((np.zeros(3), 1), (2, 3), "f") == (2, 3)
    assert sample_shape((0, 1), 4, "f") == (4,)
    with pytest.raises(ValueError, match=re.escape("(2,)")):
        sample_shape((np.zeros(3), 1), 2, "f")


def test_generators():
    assert generator_of(None, 5, "f").random() == np.random.default_rng(5).random()
    assert generator_of(None, None, "f") is generator_of(np.random, None, "f") is np.random.mtrand._rand
    assert generator_of(3, None, "f").random() == np.random.RandomState(3).random()
    rng = np.random.default_rng(0)
    assert generator_of(rng, None, "f") is generator_of(None, rng, "f") is rng


def test_domains():
    """What each lets through of -1, 0, 1/2, 1, 2 and NaN."""
    x = np.array([-1, 0, 0.5, 1, 2, np.nan])
    inside = {"POSITIVE": "001110", "NOT_NEGATIVE": "011110", "PROBABILITY": "011100", "POSITIVE_PROBABILITY": "001100",
              "COUNT": "010110", "POSITIVE_COUNT": "000110", "WHOLE": "110110"}
    for name, expected in inside.items():
        holds, words = getattr(_arguments, name)
        assert "".join(str(int(v)) for v in holds(x)) == expected, name
        assert words


def test_scipys_objects():
    import scipy.stats

    assert of_scipy("norm") is scipy.stats._continuous_distns.norm
    assert of_scipy("binom") is scipy.stats._discrete_distns.binom
