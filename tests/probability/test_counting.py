"""Exact whole numbers: identities, known counts, sizes beyond 64 bits."""

import math
from fractions import Fraction

import numpy as np
import scipy.special

from mathcore.probability import comb, perm


def test_cards_and_committees():
    assert comb(52, 5) == 2_598_960
    assert Fraction(4 * comb(13, 5), comb(52, 5)) == Fraction(33, 16660), "a flush"
    assert comb(49, 6) == 13_983_816
    assert perm(10, 3) == 720
    assert perm(4) == 24
    assert comb(6 + 2, 2) == comb(7, 2, repetition=True) == 28, "dominoes"


def test_birthdays():
    """Of 23 people two share a birthday more often than not."""
    shared = [1 - Fraction(perm(365, n), 365 ** n) for n in (22, 23)]
    assert shared[0] < Fraction(1, 2) < shared[1]
    assert float(shared[1]) == 0.5072972343239854


def test_arrays():
    n = np.arange(8)[:, None]
    found = comb(n, np.arange(8))
    assert found.dtype == np.int64
    np.testing.assert_array_equal(found, scipy.special.comb(n, np.arange(8)))
    np.testing.assert_array_equal(found.sum(1), 2 ** n[:, 0])
    np.testing.assert_array_equal(perm(n, np.arange(8)), scipy.special.perm(n, np.arange(8)))
    np.testing.assert_array_equal(comb(n, 3, repetition=True), scipy.special.comb(n + 2, 3)[:, :] * (n > 0))
    assert comb([], 3).shape == (0,)


def test_numbers_beyond_64_bits():
    assert comb(1000, 500) == math.comb(1000, 500)
    assert type(comb(np.int64(5), np.uint8(2))) is int
    found = comb([60, 70], [30, 35])
    assert found.dtype == object
    assert found.tolist() == [math.comb(60, 30), math.comb(70, 35)]
    assert comb(2 ** 70, 1) == 2 ** 70
    assert comb(62, 31) < 2 ** 63
    assert comb([62], [31]).dtype == np.int64


def test_edges():
    assert comb(3, 5) == perm(3, 5) == 0
    assert comb(0, 0) == perm(0) == perm(0, 0) == 1
    assert comb(0, 0, repetition=True) == 1
    assert comb(0, 2, repetition=True) == 0
