"""The joint table: marginals, conditionals, events, independence, moments, by worked examples in fractions."""

from fractions import Fraction

import numpy as np
import pytest

from mathcore.probability import joint, joint_from_samples

F = Fraction
WEATHER = joint([[0.27, 0.03], [0.14, 0.56]], names=("weather", "umbrella"),
                values={"weather": ("rain", "sun"), "umbrella": (True, False)})
DICE = joint(np.ones((6, 6), int), names=("first", "second"), values=(range(1, 7), range(1, 7)), normalize=True)
RNG = np.random.default_rng(0)
THREE = joint(RNG.dirichlet(np.ones(24)).reshape(2, 3, 4), names=("a", "b", "c"))


def test_weather_and_umbrellas():
    np.testing.assert_allclose(WEATHER.marginal("weather").table, [0.3, 0.7], rtol=1e-15)
    np.testing.assert_allclose(WEATHER.marginal("umbrella").table, [0.41, 0.59], rtol=1e-15)
    given = WEATHER.conditional("umbrella", given={"weather": "rain"})
    assert given.names == ("umbrella",)
    assert given.values == ((True, False),)
    np.testing.assert_allclose(given.table, [0.9, 0.1], rtol=1e-15)
    np.testing.assert_allclose(WEATHER.conditional("umbrella", given="weather"), [[0.9, 0.1], [0.2, 0.8]], rtol=1e-15)
    assert WEATHER.probability({"weather": "rain"}, given={"umbrella": True}) == pytest.approx(27 / 41, rel=1e-15)
    assert WEATHER.probability({"weather": "rain", "umbrella": False}) == 0.03
    assert not WEATHER.is_independent("weather", "umbrella")
    assert repr(WEATHER) == "Joint(weather: 2 values, umbrella: 2 values)"


def test_dice():
    assert DICE.probability(lambda a, b: a + b == 7) == F(1, 6)
    assert DICE.probability(lambda a, b: a + b == 7, given={"first": 3}) == F(1, 6)
    assert DICE.probability(lambda a, b: a + b >= 10, given={"first": {5, 6}}) == F(5, 12)
    assert DICE.probability({"first": lambda v: v % 2 == 0, "second": 6}) == F(1, 12)
    assert DICE.probability({"first": 6}, given=lambda a, b: a > b) == F(1, 3)
    assert DICE.is_independent("first", "second")
    assert DICE.expectation(lambda a, b: a + b) == 7
    assert DICE.variance(lambda a, b: a + b) == F(35, 6)
    assert DICE.variance("first") == F(35, 12)
    assert DICE.covariance("first", "second") == 0
    assert DICE.covariance("first", lambda a, b: a + b) == F(35, 12)
    assert DICE.correlation("first", lambda a, b: a + b) == pytest.approx(0.5 ** 0.5, rel=1e-15)
    assert DICE.expectation(np.maximum) == F(161, 36)
    assert DICE.expectation(lambda a, b: a / 2) == pytest.approx(1.75, rel=1e-15)


def test_cards_without_replacement():
    """Two cards: aces."""
    deck = joint([[F(4 * 3, 52 * 51), F(4 * 48, 52 * 51)], [F(48 * 4, 52 * 51), F(48 * 47, 52 * 51)]],
                 names=("first", "second"), values=(("ace", "other"),) * 2)
    assert deck.probability({"first": "ace", "second": "ace"}) == F(1, 221)
    assert deck.probability({"second": "ace"}) == F(1, 13)
    assert deck.probability({"second": "ace"}, given={"first": "ace"}) == F(1, 17)
    assert not deck.is_independent("first", "second")


def test_coins_pairwise_but_not_together():
    """Two fair coins and whether they agree."""
    table = np.zeros((2, 2, 2), int)
    for a in (0, 1):
        for b in (0, 1):
            table[a, b, int(a == b)] = 1
    coins = joint(table, names=("a", "b", "same"), normalize=True)
    assert coins.is_independent("a", "b")
    assert coins.is_independent("a", "same")
    assert coins.is_independent("b", "same")
    assert not coins.is_independent(("a", "b"), "same")
    assert not coins.is_independent("a", "b", given="same")


def test_a_common_cause():
    chain = joint(np.einsum("z,zx,zy->xzy", [0.3, 0.7], [[0.2, 0.8], [0.6, 0.4]], [[0.1, 0.9], [0.5, 0.5]]),
                  names=("x", "z", "y"))
    assert chain.is_independent("x", "y", given="z")
    assert not chain.is_independent("x", "y")
    assert chain.is_independent("x", "y", tol=0.1)


def test_axes_and_orders():
    t = THREE.table
    np.testing.assert_allclose(THREE.marginal("c", "a").table, t.sum(1).T, rtol=1e-14)
    np.testing.assert_allclose(THREE.conditional("c", given=("b", "a")),
                               (t / t.sum(2, keepdims=True)).transpose(1, 0, 2), rtol=1e-14)
    np.testing.assert_allclose(THREE.conditional(given="b").sum((1, 2)), 1, rtol=1e-14)
    part = THREE.conditional(given={"b": 1})
    assert part.names == ("a", "c")
    np.testing.assert_allclose(part.table, t[:, 1] / t[:, 1].sum(), rtol=1e-14)
    some = THREE.conditional("a", given={"b": {0, 2}})
    np.testing.assert_allclose(some.table, t[:, [0, 2]].sum((1, 2)) / t[:, [0, 2]].sum(), rtol=1e-14)
    assert THREE.probability({}) == pytest.approx(1, rel=1e-15)
    x, y = np.arange(2)[:, None, None], np.arange(4)
    mean = (t * x).sum(), (t * y).sum()
    assert THREE.covariance("a", "c") == pytest.approx((t * (x - mean[0]) * (y - mean[1])).sum(), rel=1e-12)
    assert THREE.correlation("a", "a") == pytest.approx(1, rel=1e-15)


def test_impossible_conditions():
    j = joint([[0.5, 0.5], [0.0, 0.0]])
    np.testing.assert_array_equal(j.conditional(1, given=0), [[0.5, 0.5], [np.nan, np.nan]])
    for call in (lambda: j.conditional(given={0: 1}), lambda: j.probability({1: 0}, given={0: 1})):
        with pytest.raises(ValueError, match="given has probability 0"):
            call()
    assert np.isnan(j.correlation(0, 1))


def test_values_that_are_no_numbers():
    with pytest.raises(TypeError, match="expectation: f gives values that are no numbers"):
        WEATHER.expectation("weather")
    assert WEATHER.expectation("umbrella") == pytest.approx(0.41, rel=1e-15)
    with pytest.raises(TypeError, match="probability: event is no event"):
        WEATHER.probability("rain")
    with pytest.raises(ValueError, match="event gives 'weather' a value that it does not have"):
        WEATHER.probability({"weather": "snow"})
    tuples = joint([F(1, 2), F(1, 2)], names="x", values=[((1, 2), (3,))])
    assert tuples.expectation(lambda x: np.frompyfunc(len, 1, 1)(x)) == F(3, 2)
    assert tuples.probability({"x": (3,)}) == F(1, 2)


def test_tables_are_read_only():
    given = np.array([0.5, 0.5])
    j = joint(given)
    given[0] = 7
    assert j.table[0] == 0.5
    with pytest.raises(ValueError, match="read-only"):
        j.table[0] = 1
    assert given.flags.writeable


def test_samples_in_the_limit():
    weather = RNG.random(20_000) < 0.3
    umbrella = RNG.random(20_000) < np.where(weather, 0.9, 0.2)
    j = joint_from_samples(weather, umbrella, names=("rain", "umbrella"))
    assert float(j.probability({"rain": True}, given={"umbrella": True})) == pytest.approx(27 / 41, abs=0.02)
