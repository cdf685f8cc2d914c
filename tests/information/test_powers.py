"""Entropies of powers: orders with a simpler form, continuity at 1."""

import numpy as np
import pytest

from mathcore.information import entropy, renyi_entropy, tsallis_entropy

RNG = np.random.default_rng(4)
P = RNG.dirichlet(np.full(9, 0.6), 20)


def test_special_orders():
    holes = np.array([0.5, 0.0, 0.25, 0.25])
    assert renyi_entropy(holes, 0) == pytest.approx(np.log(3), rel=1e-15)
    assert renyi_entropy(holes, 1, base=2) == 1.5
    assert renyi_entropy(holes, 2) == pytest.approx(-np.log(0.375), rel=1e-14)
    assert renyi_entropy(holes, np.inf, base=2) == 1
    assert tsallis_entropy(holes, 0) == pytest.approx(2, rel=1e-15)
    assert tsallis_entropy(holes, 1) == entropy(holes)
    np.testing.assert_allclose(tsallis_entropy(P, 2), 1 - np.sum(P ** 2, 1), rtol=1e-13)
    assert renyi_entropy([1.0, 0.0], 3) == tsallis_entropy([1.0, 0.0], 3) == 0


@pytest.mark.parametrize("alpha", [0.1, 0.5, 0.9, 1.3, 1.5, 2, 7.5, 500])
def test_definition(alpha):
    p = P.astype(np.longdouble)
    np.testing.assert_allclose(renyi_entropy(P, alpha), (np.log(np.sum(p ** alpha, 1)) / (1 - alpha)).astype(float),
                               rtol=1e-13)
    np.testing.assert_allclose(tsallis_entropy(P, alpha), ((1 - np.sum(p ** alpha, 1)) / (alpha - 1)).astype(float),
                               rtol=1e-13)


def test_near_order_1():
    for h in (1e-3, 1e-7, 1e-12, -1e-9):
        spread = np.sum(P * np.log(P) ** 2, 1) - entropy(P) ** 2
        np.testing.assert_allclose(renyi_entropy(P, 1 + h), entropy(P) - h * spread / 2, atol=20 * h * h, rtol=1e-14)
        np.testing.assert_allclose(tsallis_entropy(P, 1 + h), entropy(P), atol=20 * abs(h))


def test_order_types_and_axes():
    found = [renyi_entropy(P, a) for a in (0, 0.3, 0.999, 1, 1.001, 2, 40, np.inf)]
    for one, other in zip(found, found[1:], strict=False):
        assert (other <= one * (1 + 1e-14)).all()
    np.testing.assert_array_equal(renyi_entropy(P.T, 2, axis=0), renyi_entropy(P, 2))
    np.testing.assert_allclose(renyi_entropy(7 * P, 2, normalize=True), renyi_entropy(P, 2), rtol=1e-14)
    np.testing.assert_allclose(tsallis_entropy(7 * P, 2, normalize=True), tsallis_entropy(P, 2), rtol=1e-14)
    assert renyi_entropy(P.astype("f4"), 2).dtype == np.float32
    assert renyi_entropy(P[:0], 2).shape == (0,)
    assert renyi_entropy(np.full(1000, 1e-3), 900) == pytest.approx(np.log(1000), rel=1e-13), "powers that underflow"
