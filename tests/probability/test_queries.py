"""The functions of tables say what the methods say; the law of total probability."""

from fractions import Fraction

import numpy as np
import pytest

from mathcore.probability import (
    conditional,
    correlation,
    covariance,
    expectation,
    is_independent,
    joint,
    marginal,
    total_probability,
    variance,
)

F = Fraction
TABLE = np.random.default_rng(0).dirichlet(np.ones(12)).reshape(3, 4)
J = joint(TABLE)


def test_functions_of_tables():
    np.testing.assert_array_equal(marginal(TABLE, 1).table, J.marginal(1).table)
    np.testing.assert_array_equal(conditional(TABLE, 1, given=0), J.conditional(1, given=0))
    np.testing.assert_array_equal(conditional(J, given={0: 2}).table, J.conditional(given={0: 2}).table)
    assert expectation(TABLE, 0) == J.expectation(0)
    assert variance(TABLE, 1) == J.variance(1)
    assert covariance(TABLE) == J.covariance(0, 1)
    assert correlation(TABLE) == pytest.approx(covariance(J) / np.sqrt(variance(J, 0) * variance(J, 1)), rel=1e-14)
    assert is_independent(np.multiply.outer(TABLE.sum(1), TABLE.sum(0)))
    assert not is_independent(J)


def test_moments_of_known_distributions():
    p = np.array([F(k) for k in (1, 4, 6, 4, 1)], object) / 16          # four coins
    heads = joint(p)
    assert expectation(heads) == 2
    assert variance(heads) == 1
    assert expectation(heads, lambda k: k ** 2) == 5
    payoff = joint([F(1, 38)] * 38)
    assert expectation(payoff, lambda k: np.where(k == 7, 35, -1)) == F(-1, 19), "roulette, one number"


def test_total_probability():
    assert total_probability([F(1, 100), F(99, 100)], [F(95, 100), F(1, 10)]) == F(217, 2000)
    assert total_probability([0.3, 0.7], [0.9, 0.2]) == pytest.approx(0.41, rel=1e-15)
    np.testing.assert_allclose(total_probability([0.3, 0.7], [[0.9, 0.1], [0.2, 0.8]]), [0.41, 0.59], rtol=1e-15)
    urns = total_probability([F(1, 2), F(1, 2)], [F(3, 4), F(1, 4)])
    assert urns == F(1, 2)
    assert total_probability([1.0], [1.0]) == 1
