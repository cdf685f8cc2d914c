"""Entropies of the softmax of logits: large logits, certain rows, excluded outcomes."""

import mpmath
import numpy as np
import pytest
import scipy.special

from mathcore.information import (
    cross_entropy,
    cross_entropy_from_logits,
    entropy,
    entropy_from_logits,
    kl_divergence,
    kl_from_logits,
)

RNG = np.random.default_rng(2)
X, Y = 3 * RNG.standard_normal((2, 40, 11))


def exact(x, y=None):
    """(H(p), H(p, q), KL), where e^-700 still counts beside 1."""
    with mpmath.workdps(700):
        x = [mpmath.mpf(float(v)) for v in x]
        y = x if y is None else [mpmath.mpf(float(v)) for v in y]
        zx, zy = (mpmath.log(mpmath.fsum(map(mpmath.exp, v))) for v in (x, y))
        p = [mpmath.exp(v - zx) for v in x]
        return (float(-mpmath.fsum(a * (v - zx) for a, v in zip(p, x, strict=True))),
                float(-mpmath.fsum(a * (v - zy) for a, v in zip(p, y, strict=True))),
                float(mpmath.fsum(a * ((v - zx) - (w - zy)) for a, v, w in zip(p, x, y, strict=True))))


@pytest.mark.parametrize("scale", [0.01, 1, 30, 1000])
def test_values(isa, scale):
    x, y = scale * X[:8], scale * Y[:8]
    h, ce, kl = np.transpose([exact(a, b) for a, b in zip(x, y, strict=True)])
    # a logarithm of a probability is right to about 4 eps of itself, and of the largest logit
    unit = 16 * np.finfo(float).eps * (1 + np.abs(x).max(-1) + np.abs(y).max(-1))
    np.testing.assert_allclose(entropy_from_logits(x), h, rtol=1e-12)
    assert (np.abs(cross_entropy_from_logits(x, y) - ce) <= unit * (1 + ce)).all()
    assert (np.abs(kl_from_logits(x, y) - kl) <= unit * np.sqrt(kl + kl ** 2)).all()


def test_the_same_as_of_probabilities():
    p, q = scipy.special.softmax(X, axis=1), scipy.special.softmax(Y, axis=1)
    np.testing.assert_allclose(entropy_from_logits(X, base=2), entropy(p, base=2), rtol=1e-13)
    np.testing.assert_allclose(cross_entropy_from_logits(X, Y), cross_entropy(p, q), rtol=1e-13)
    np.testing.assert_allclose(kl_from_logits(X, Y), kl_divergence(p, q), rtol=1e-13)
    single = entropy_from_logits(X.astype("f4"))
    assert single.dtype == np.float32
    np.testing.assert_allclose(single, entropy(p), rtol=2e-6)


def test_certain_rows_keep_their_digits():
    for z in (50.0, 300.0, 700.0):
        with mpmath.workdps(60):
            e = mpmath.exp(-mpmath.mpf(z))
            h = float(mpmath.log1p(e) + z * e / (1 + e))
        assert entropy_from_logits([z, 0.0]) == pytest.approx(h, rel=1e-12)
    assert entropy_from_logits([1e5, 0.0]) == 0
    assert kl_from_logits(X, X.copy()).max() == 0
    assert kl_from_logits([1e4, 0.0], [0.0, 1e4]) == pytest.approx(1e4, rel=1e-15)


def test_excluded_outcomes():
    inf = np.inf
    assert entropy_from_logits([0.0, -inf, 0.0], base=2) == 1
    assert cross_entropy_from_logits([0.0, -inf], [0.0, 0.0], base=2) == 1
    assert cross_entropy_from_logits([0.0, 0.0], [0.0, -inf]) == kl_from_logits([0.0, 0.0], [0.0, -inf]) == inf
    assert kl_from_logits([0.0, -inf], [0.0, -inf]) == 0
    assert kl_from_logits([0.0, -inf], [0.0, 0.0]) == pytest.approx(np.log(2), rel=1e-15)
    for bad in ([np.nan, 0.0], [inf, 0.0], [-inf, -inf]):
        assert np.isnan(entropy_from_logits(bad))
        assert np.isnan(kl_from_logits(bad, [0.0, 0.0]))


def test_long_rows_and_threads():
    x = RNG.standard_normal((3, 200_000))
    expected = entropy(scipy.special.softmax(x, axis=1))
    for workers in (1, 2):
        np.testing.assert_allclose(entropy_from_logits(x, workers=workers), expected, rtol=1e-12)
