"""Bases, axes, layouts, types, the words for rows that are no distribution."""

import numpy as np
import pytest

from mathcore import information
from mathcore.information import cross_entropy, entropy, kl_divergence
from tests.layouts import LAYOUTS
from tests.oracles import assert_same_bits

RNG = np.random.default_rng(0)
P, Q = RNG.dirichlet(np.ones(6), (2, 4, 3))


def test_bases():
    p = [0.5, 0.25, 0.25]
    assert entropy(p, base=2) == 1.5
    assert entropy(p, base=4) == 0.75
    for base in (2, 2.0, 10, 0.5, np.float32(3), 1e300):
        np.testing.assert_allclose(kl_divergence(P, Q, base=base), kl_divergence(P, Q) / np.log(float(base)),
                                   rtol=3e-16)


@pytest.mark.parametrize("name", ["entropy", "cross_entropy", "kl_divergence", "js_divergence", "js_distance",
                                  "perplexity", "entropy_from_logits", "cross_entropy_from_logits", "kl_from_logits"])
def test_axes_layouts_and_batches(name):
    f = getattr(information, name)
    args = (P, Q) if "p_logits" in str(f.__doc__) or "p, q" in str(f.__doc__) else (P,)
    expected = f(*args)
    assert expected.shape == (4, 3)
    for axis in (0, 1, -2, -3):
        assert_same_bits(f(*(np.moveaxis(a, -1, axis) for a in args), axis=axis), expected)
    for layout, move in LAYOUTS.items():
        assert_same_bits(f(*map(move, args)), expected, layout)
    for i in np.ndindex(4, 3):
        assert f(*(a[i] for a in args)) == expected[i]
    for workers in (1, 2, 3):
        assert_same_bits(f(*args, workers=workers), expected)
    if len(args) == 2:
        one = f(P, np.broadcast_to(Q[0, 0], P.shape))
        assert_same_bits(f(P, Q[0, 0]), one)
        assert_same_bits(f(P, Q[:1, :1]), one)
        assert f(P[:, :1], Q[:1]).shape == (4, 3)
    assert f(*(a[:0] for a in args)).shape == (0, 3)
    assert f(*(a[:, :0] for a in args)).shape == (4, 0)


def test_types():
    for dtype, result in (("f2", "f2"), ("f4", "f4"), ("f8", "f8"), ("i4", "f8"), ("?", "f8"), ("u1", "f8")):
        p = np.array([[1, 0, 0], [0, 1, 0]], dtype)
        assert entropy(p).dtype == np.dtype(result)
        assert type(entropy(p[0])) is np.dtype(result).type
    assert cross_entropy(np.array([0.5, 0.5], "f4"), np.array([0.5, 0.5])).dtype == np.float64
    half = np.full(4, 0.25, "f2")
    assert entropy(half, base=2) == 2
    third = np.full(3, 1 / 3, "f4")          # rounded in float32: its sum is 1 only to that
    assert kl_divergence(third, np.full(3, 1 / 3)) < 1e-14
    assert entropy([[0.5, 0.5]]).shape == (1,)
    assert type(entropy([1.0])) is np.float64


def test_rows_are_named():
    bad = P.copy()
    bad[2, 1, 0] += 0.25
    with pytest.raises(ValueError, match=r"entropy: p row 2, 1 sums to 1\.25; expected probabilities that sum to 1"):
        entropy(bad)
    with pytest.raises(ValueError, match=r"entropy: p row 2, 1 sums"):
        entropy(np.moveaxis(bad, -1, 0), axis=0)
    with pytest.raises(ValueError, match=r"kl_divergence: q sums to 1\.07;"):
        kl_divergence(P[0], [0.5, 0.57, 0, 0, 0, 0])
    with pytest.raises(ValueError, match=r"entropy: p\[1\] is no probability; expected 0 to 1, got -0\.5"):
        entropy([1.5, -0.5])
    bad[2, 1, 3] = np.nan
    with pytest.raises(ValueError, match=r"cross_entropy: q\[2, 1, 3\] is no probability; expected 0 to 1, got nan"):
        cross_entropy(P, bad)


def test_tolerance_is_that_of_the_type():
    """8 n eps, of the narrower type of the data and of the sum."""
    for dtype in ("f4", "f8"):
        eps = float(np.finfo(dtype).eps)
        for step, good in ((30, True), (40, False)):             # 8 n eps = 32 eps
            p = np.array([0.25, 0.25, 0.25, 0.25 + step * eps], dtype)
            if good:
                entropy(p)
            else:
                with pytest.raises(ValueError, match="sums to"):
                    entropy(p)


def test_normalize():
    counts = np.array([[3, 1], [10, 30], [5, 0]])
    np.testing.assert_allclose(entropy(counts, base=2, normalize=True), [0.8112781244591328] * 2 + [0], rtol=1e-15)
    assert kl_divergence([1, 1], [3, 3], normalize=True) == 0
    for scale in (1e-308, 1e-200, 1e200, 1e307):
        np.testing.assert_allclose(entropy([scale, 3 * scale], base=2, normalize=True), 0.8112781244591328, rtol=1e-15)
    np.testing.assert_allclose(entropy([5e-324, 5e-324], normalize=True), np.log(2), rtol=1e-15)
    np.testing.assert_allclose(kl_divergence([1e308, 1e308], [1e-320, 3e-320], normalize=True),
                               kl_divergence([0.5, 0.5], [0.25, 0.75]), rtol=1e-3)     # 1e-320 has 11 bits


def test_inputs_stay_as_they_are():
    p = P.copy()
    p.flags.writeable = False
    entropy(p, normalize=True, axis=0)
    np.testing.assert_array_equal(p, P)
