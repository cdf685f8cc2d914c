"""Entropies of rows against SciPy and known values; identities between them."""

import numpy as np
import pytest
import scipy.spatial.distance
import scipy.stats

from mathcore.information import cross_entropy, entropy, js_distance, js_divergence, kl_divergence, perplexity

RNG = np.random.default_rng(1)
P, Q = RNG.dirichlet(np.full(20, 0.7), (2, 50))


def test_worked_examples():
    """A coin, a loaded coin, a die, a certain thing; a classifier that is sure and one that is not."""
    assert entropy([0.5, 0.5], base=2) == 1
    assert entropy([0.9, 0.1], base=2) == pytest.approx(0.4689955935892812, rel=1e-15)
    assert entropy(np.full(6, 1 / 6), base=2) == pytest.approx(np.log2(6), rel=1e-15)
    assert entropy([1.0, 0, 0]) == 0
    assert not np.signbit(entropy([1.0, 0, 0]))
    assert cross_entropy([1.0, 0, 0], [0.7, 0.2, 0.1]) == pytest.approx(-np.log(0.7), rel=1e-15)
    assert kl_divergence([0.5, 0.5], [0.9, 0.1]) == pytest.approx(0.5108256237659907, rel=1e-15)
    assert kl_divergence([0.9, 0.1], [0.5, 0.5]) == pytest.approx(0.3680642071684971, rel=1e-15)
    assert js_divergence([1.0, 0], [0.0, 1], base=2) == 1
    assert perplexity(np.full(8, 0.125)) == pytest.approx(8, rel=1e-15)


def test_scipys_values():
    np.testing.assert_allclose(entropy(P), scipy.stats.entropy(P, axis=1), rtol=1e-14)
    np.testing.assert_allclose(entropy(P.T, base=2, axis=0), scipy.stats.entropy(P.T, base=2), rtol=1e-14)
    np.testing.assert_allclose(kl_divergence(P, Q), scipy.stats.entropy(P, Q, axis=1), rtol=1e-13)
    np.testing.assert_allclose(js_distance(P, Q), scipy.spatial.distance.jensenshannon(P, Q, axis=1), rtol=1e-13)
    w = RNG.integers(1, 9, (5, 7))
    np.testing.assert_allclose(entropy(w, normalize=True), scipy.stats.entropy(w, axis=1), rtol=1e-14)


def test_identities():
    np.testing.assert_allclose(cross_entropy(P, Q), entropy(P) + kl_divergence(P, Q), rtol=1e-14)
    m = (P + Q) / 2
    np.testing.assert_allclose(js_divergence(P, Q), (kl_divergence(P, m) + kl_divergence(Q, m)) / 2, rtol=1e-13)
    np.testing.assert_allclose(js_divergence(P, Q), entropy(m) - (entropy(P) + entropy(Q)) / 2, rtol=1e-12)
    np.testing.assert_array_equal(js_divergence(P, Q), js_divergence(Q, P))
    np.testing.assert_allclose(perplexity(P), np.exp(entropy(P)), rtol=1e-15)
    np.testing.assert_allclose(js_distance(P, Q) ** 2, js_divergence(P, Q), rtol=1e-15)
    assert (kl_divergence(P, Q) >= 0).all()
    a, b, c = RNG.dirichlet(np.ones(4), (3, 200))
    assert (js_distance(a, c) <= js_distance(a, b) + js_distance(b, c)).all(), "a metric"


def test_ranges():
    for n in (1, 2, 7, 100):
        p = RNG.dirichlet(np.full(n, 0.2), 100)
        q = np.roll(p, 1, axis=1)
        h, js = entropy(p), js_divergence(p, q, base=2)
        assert (h >= 0).all()
        assert (h <= np.log(n) * (1 + 1e-15) + 3e-16).all()
        assert (js >= 0).all()
        assert (js <= 1).all()
        assert not kl_divergence(p, p.copy()).any()
        assert not js_divergence(p, p.copy()).any()


def test_small_divergences_are_right():
    """Of p and p (1 + h d), d = 1 and -1: -log(1 - h^2) / 2, of which the plain sum has no digit."""
    p = np.full(4, 0.25)
    for h in (2.0**-20, 2.0**-33, 2.0**-45):
        q = p * (1 + h * np.array([1, -1, 1, -1]))                # exact
        assert kl_divergence(p, q) == pytest.approx(-np.log1p(-h * h) / 2, rel=3e-15)
        assert js_divergence(p, q) == pytest.approx(h * h / 8, rel=2 * h * h + 3e-15)


def test_impossible_outcomes():
    p, q = np.array([0.5, 0.5, 0.0]), np.array([1.0, 0.0, 0.0])
    assert kl_divergence(p, q) == cross_entropy(p, q) == np.inf
    assert kl_divergence(q, p) == pytest.approx(np.log(2), rel=1e-15)
    assert cross_entropy(q, p, base=2) == 1
    assert entropy([0.0] * 99 + [1.0]) == 0


def test_small_calls_take_the_fast_path(monkeypatch):
    from mathcore.information import rows

    def never(*args):
        raise AssertionError("the general door was used")

    monkeypatch.setattr(rows, "by_rows", never)
    p = np.array([0.5, 0.5])
    assert entropy(p, base=2) == 1
    assert kl_divergence(p, p) == js_divergence(p, p) == 0
