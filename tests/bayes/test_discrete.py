"""Bayes' rule against fractions, likelihoods that underflow, many observations, odds and tests of a condition."""

from fractions import Fraction

import numpy as np
import pytest

from mathcore.bayes import (
    BetaBinomial,
    bayes_factor,
    diagnostic_table,
    diagnostic_test,
    odds,
    posterior,
    posterior_odds,
    probability_of_odds,
    sequential_update,
)

EPS = np.finfo(float).eps
RNG = np.random.default_rng(0)


def exact(prior, likelihood):
    products = [Fraction(p) * Fraction(q) for p, q in zip(prior, likelihood, strict=True)]
    return [float(p / sum(products)) for p in products], float(sum(products))


@pytest.mark.parametrize("scale", [1.0, 1e-300, 1e-320, 1e300])
def test_against_fractions(scale):
    for k in (1, 2, 3, 17):
        prior, likelihood = RNG.dirichlet(np.full(k, 0.3)), RNG.random(k) * scale
        found = posterior(prior, likelihood)
        p, evidence = exact(prior, likelihood)
        np.testing.assert_allclose(found.probabilities, p, rtol=(k + 3) * EPS, atol=1e-300)
        assert found.evidence == pytest.approx(evidence, rel=(k + 3) * EPS, abs=5e-324)


def test_nothing_underflows_beside_the_largest():
    found = posterior([1e-200, 1 - 1e-200], [1e-100, 1e-300])
    np.testing.assert_allclose(found.probabilities, [0.5, 0.5], rtol=4 * EPS)
    found = posterior([0.5, 0.5], [5e-324, 1e-323])
    np.testing.assert_allclose(found.probabilities, [1 / 3, 2 / 3], rtol=4 * EPS)
    logs = posterior(np.log([0.5, 0.5]), [-5000.0, -5000 - np.log(3)], log=True)
    np.testing.assert_allclose(np.exp(logs.probabilities), [0.75, 0.25], rtol=5000 * 2 * EPS)
    assert logs.evidence == pytest.approx(-5000 + np.log(2 / 3), rel=4 * EPS)
    certain = posterior([0.0, 1.0], [0.5, 0.25])
    assert (certain.probabilities.tolist(), certain.evidence) == ([0, 1], 0.25)
    assert np.isinf(posterior([1.0], [1.7e308]).evidence) is np.False_


def test_cookies():
    """Downey, Think Bayes: bowl 1 has 30 vanilla of 40, bowl 2 20; a vanilla cookie is from bowl 1 with 3 / 5."""
    np.testing.assert_allclose(posterior([0.5, 0.5], [0.75, 0.5]).probabilities, [0.6, 0.4], rtol=2 * EPS)
    # Monty Hall: the prize behind 1, 2, 3; I chose 1, he opens 3
    np.testing.assert_allclose(posterior(np.full(3, 1 / 3), [0.5, 1, 0]).probabilities, [1 / 3, 2 / 3, 0], rtol=4 * EPS)


def test_batches_and_axes():
    prior, likelihood = RNG.dirichlet(np.ones(4), 5), RNG.random((6, 5, 4))
    found = posterior(prior, likelihood)
    assert found.probabilities.shape == (6, 5, 4)
    assert found.evidence.shape == (6, 5)
    one = posterior(prior[2], likelihood[3, 2])
    np.testing.assert_array_equal(found.probabilities[3, 2], one.probabilities)
    turned = posterior(prior.T, likelihood.transpose(0, 2, 1), axis=-2)
    np.testing.assert_array_equal(turned.probabilities, found.probabilities.transpose(0, 2, 1))
    first = posterior(prior[0], likelihood[:, 0].T, axis=0)
    assert first.probabilities.shape == (4, 6)
    np.testing.assert_array_equal(first.probabilities, posterior(prior[0], likelihood[:, 0]).probabilities.T)
    logs = posterior(np.log(prior), np.log(likelihood), log=True)
    np.testing.assert_allclose(np.exp(logs.probabilities), found.probabilities, rtol=64 * EPS)
    assert posterior([0.5, 0.5], np.ones((0, 2))).evidence.shape == (0,)
    flat = posterior(np.full((3, 2), 0.5), [0.25, 0.5])
    assert flat.probabilities.shape == (3, 2)
    assert flat.probabilities.flags.writeable


def test_float32_and_integers():
    found = posterior(np.array([0.5, 0.5], np.float32), np.array([0.25, 0.75], np.float32))
    assert found.probabilities.dtype == found.evidence.dtype == np.float32
    np.testing.assert_array_equal(found.probabilities, np.float32([0.25, 0.75]))
    assert posterior([1, 0], [1, 1]).probabilities.dtype == np.float64
    thirds = np.full(3, 1 / 3, np.float32)
    assert sequential_update(thirds, np.ones((2, 3), np.float32)).dtype == np.float32
    assert odds(np.float32(0.5)).dtype == probability_of_odds(np.float32(1)).dtype == np.float32


@pytest.mark.parametrize("log", [False, True])
def test_sequential_is_one_after_another(log):
    prior, steps = RNG.dirichlet(np.ones(3)), RNG.random((50, 3))
    rows = [prior]
    for step in steps:
        rows.append(posterior(rows[-1] / rows[-1].sum(), step).probabilities)
    found = sequential_update(np.log(prior), np.log(steps), log=True) if log else sequential_update(prior, steps)
    np.testing.assert_allclose(np.exp(found) if log else found, rows, rtol=500 * EPS, atol=1e-300)
    assert found.shape == (51, 3)


def test_a_hundred_thousand_observations():
    """Their probability is 1e-24000; the hypothesis that they come from wins, and the sums are those of the counts."""
    heads = RNG.random(100_000) < 0.51
    biases = np.array([0.49, 0.5, 0.51, 0.52])
    found = sequential_update(np.full(4, 0.25), np.where(heads[:, None], biases, 1 - biases))
    assert np.isfinite(found).all()
    n = np.arange(100_001)
    s = np.concatenate([[0], np.cumsum(heads)])
    for at in (0, 1, 100, 5000, 100_000):
        if at <= 100:
            weight = [Fraction(b)**int(s[at]) * (1 - Fraction(b))**int(n[at] - s[at]) for b in biases]
            np.testing.assert_allclose(found[at], [float(w / sum(weight)) for w in weight], rtol=1000 * EPS)
        logs = s[at] * np.log(biases) + (n[at] - s[at]) * np.log1p(-biases)
        np.testing.assert_allclose(found[at], np.exp(logs - logs.max()) / np.exp(logs - logs.max()).sum(), rtol=1e-9,
                                   atol=1e-300)
    assert found[-1].argmax() == 2
    np.testing.assert_allclose(found.sum(axis=1), 1, rtol=16 * EPS)


def test_a_hypothesis_comes_back():
    away = np.tile([1.0, 1e-10], (200, 1))
    found = sequential_update([0.5, 0.5], np.concatenate([away, away[:, ::-1]]))
    assert found[200, 1] == 0
    np.testing.assert_allclose(found[-1], [0.5, 0.5], rtol=1e-9)
    assert sequential_update([0.5, 0.5], np.ones((0, 2))).tolist() == [[0.5, 0.5]]
    excluded = sequential_update([0.5, 0.5], [[1, 0], [0.5, 1]])
    np.testing.assert_array_equal(excluded[1:], [[1, 0], [1, 0]])


def test_odds():
    p = np.array([0.0, 0.25, 0.5, 0.75, 1.0])
    np.testing.assert_array_equal(odds(p), [0, 1 / 3, 1, 3, np.inf])
    np.testing.assert_allclose(probability_of_odds(odds(p)), p, rtol=2 * EPS)
    np.testing.assert_array_equal(probability_of_odds([0, 1e308, 1e-320]), [0, 1, 1e-320])
    assert posterior_odds(0.5, 4.0) == 2
    np.testing.assert_array_equal(posterior_odds([0.5, 2], np.inf), [np.inf, np.inf])
    np.testing.assert_array_equal(bayes_factor([0.5, 0.2, 0.1], [0.25, 0.1, 0]), [2, 2, np.inf])
    assert bayes_factor(-1000.0, -1010.0, log=True) == 10
    assert bayes_factor(-np.inf, -10.0, log=True) == -np.inf
    # odds times the factor are the odds of the posterior
    prior, likelihood = np.array([0.3, 0.7]), np.array([0.9, 0.2])
    found = posterior(prior, likelihood).probabilities[0]
    assert odds(found) == pytest.approx(posterior_odds(odds(0.3), bayes_factor(*likelihood)), rel=16 * EPS)
    one, two = (BetaBinomial(*ab).log_evidence([1, 1, 0, 1]) for ab in ((2, 2), (1, 1)))
    assert bayes_factor(one, two, log=True) == one - two


def test_conditions():
    result = diagnostic_test(0.01, 0.99, 0.95)
    assert result.ppv == pytest.approx(1 / 6, rel=16 * EPS)
    assert result.npv == pytest.approx(0.99 * 0.95 / (0.99 * 0.95 + 0.01 * 0.01), rel=4 * EPS)
    assert result.p_positive == pytest.approx(0.0594, rel=16 * EPS)
    assert result.p_positive + result.p_negative == pytest.approx(1, rel=4 * EPS)
    assert result.lr_positive == pytest.approx(19.8, rel=32 * EPS)
    assert result.lr_negative == pytest.approx(0.01 / 0.95, rel=32 * EPS)
    assert posterior_odds(odds(0.01), result.lr_positive) == pytest.approx(odds(result.ppv), rel=64 * EPS)
    many = diagnostic_test(np.array([0.1, 0.5])[:, None], [0.9, 0.8, 1.0], 1.0)
    assert many.ppv.shape == many.prevalence.shape == (2, 3)
    np.testing.assert_array_equal(many.ppv, np.ones((2, 3)))
    np.testing.assert_array_equal(many.lr_positive, np.full((2, 3), np.inf))
    never = diagnostic_test(0.5, 0.0, 1.0)
    assert np.isnan(never.ppv)
    assert never.npv == 0.5


def test_conditions_by_counts():
    table = np.array([[85, 15], [10, 90]])
    result = diagnostic_table(table)
    assert (result.prevalence, result.sensitivity, result.specificity) == (0.5, 0.9, 0.85)
    assert result.ppv == pytest.approx(90 / 105, rel=4 * EPS)
    assert result.npv == pytest.approx(85 / 95, rel=4 * EPS)
    assert result.lr_positive == pytest.approx(6, rel=4 * EPS)
    elsewhere = diagnostic_table(table, prevalence=[0.02, 0.5])
    assert elsewhere.ppv[0] == pytest.approx(diagnostic_test(0.02, 0.9, 0.85).ppv, rel=16 * EPS)
    assert diagnostic_table(np.stack([table, table.T])).ppv.shape == (2,)
