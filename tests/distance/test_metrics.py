"""The two ways to squares, rows of length 1, distributions, counts of truth values."""

import numpy as np
import pytest
import scipy.spatial.distance as peer

from mathcore import distance
from mathcore._kernels import pairwise
from mathcore.distance import _metrics, cdist, pdist

EPS = np.finfo(float).eps


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("shift", [0, 1e3])
def test_products_agree_with_differences(dtype, shift):
    """A product's squares are taken again where |x - y|^2 < (|x|^2 + |y|^2) / 16, so at most 16 (d + 8) eps are
    lost."""
    rng = np.random.default_rng(0)
    for m, n, d in ((3, 5, 17), (40, 30, 40), (100, 120, 100)):
        x, y = ((rng.standard_normal((k, d)) + shift).astype(dtype) for k in (m, n))
        y[0] = x[0]
        exact = ((x.astype(np.longdouble)[:, None] - y.astype(np.longdouble)) ** 2).sum(-1)
        for form, power in ((pairwise.PLAIN, 1), (pairwise.ROOT, 2)):
            found = np.empty((m, n), dtype)
            _metrics.square(_metrics.Pairs("f", x, y, found, 1), form)
            bound = 16 * (d + 8) * np.finfo(dtype).eps * exact ** (1 / power)
            assert (np.abs(found - exact ** (1 / power)) <= bound).all()
            assert found[0, 0] == 0
            pairs = np.empty(m * (m - 1) // 2, dtype)
            _metrics.square(_metrics.Pairs("f", x, x, pairs, 1), form)
            square = np.empty((m, m), dtype)
            _metrics.direct(_metrics.Pairs("f", x, x, square, 1), pairwise.SQUARE, form)
            np.testing.assert_allclose(pairs, square[np.triu_indices(m, 1)], rtol=16 * (d + 8) * np.finfo(dtype).eps)


def test_range():
    for dtype, good, bad in (("f8", (1e-100, 1e100), (1e-200, 1e200)), ("f4", (1e-10, 1e10), (1e-30, 1e30))):
        assert _metrics.in_range(np.array(good, dtype))
        assert _metrics.in_range(np.zeros(3, dtype))
        for value in (*bad, np.inf, np.nan):
            assert not _metrics.in_range(np.array([1, value], dtype))


@pytest.mark.parametrize("centered", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_unit_rows(centered, weighted):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((6, 9)) * 10.0 ** np.array([0, 200, -200, 3, -300, 300])[:, None]
    w = rng.random(9) if weighted else None
    unit = _metrics.unit_rows(x, w, centered)
    np.testing.assert_allclose((unit**2).sum(1), 1, rtol=16 * EPS)
    y = x / np.abs(x).max(1, keepdims=True)
    v = np.ones(9) if w is None else w
    if centered:
        y = y - (y @ v / v.sum())[:, None]
        assert np.abs(unit @ np.sqrt(v)).max() <= 32 * EPS
    y = y * np.sqrt(v)
    np.testing.assert_allclose(unit, y / np.sqrt((y * y).sum(1, keepdims=True)), atol=32 * EPS)
    plain = _metrics.unit_rows(x, w, centered)
    for beside in (0.0, 1e300, np.nan):
        found = _metrics.unit_rows(np.vstack([x, beside * x[:1]]), w, centered, workers=2)
        np.testing.assert_array_equal(found[:-1], plain)
    long = rng.standard_normal((7, 40000))                   # more than a chunk
    found = _metrics.unit_rows(long, None, centered, 1)
    np.testing.assert_array_equal(_metrics.unit_rows(long, None, centered, 2), found)
    np.testing.assert_array_equal(_metrics.unit_rows(long[3:4], None, centered)[0], found[3])
    assert np.isnan(_metrics.unit_rows(np.zeros((1, 3)), None, centered)).all()
    assert np.isnan(_metrics.unit_rows(np.ones((1, 3)), None, True)).all()


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_probabilities(dtype):
    x = np.array([[1, 3], [0, 0], [-1, 2], [1e-30 if dtype == "f4" else 1e-300, 1]], dtype)
    p, bad = _metrics.probabilities(x, np.dtype(dtype))
    assert p.dtype == dtype
    assert bad.tolist() == [False, True, True, False]
    assert p[0].tolist() == [0.25, 0.75]
    assert p[3].tolist() == [0, 1]


def count(name, u, v):
    """By the definition: which of the four cases each coordinate is."""
    both, one, other, none = (int(s.sum()) for s in (u & v, u & ~v, ~u & v, ~u & ~v))
    n, differ = both + one + other + none, one + other
    return {"jaccard": lambda: differ / (both + differ) if both + differ else 0.0,
            "dice": lambda: differ / (2 * both + differ),
            "rogerstanimoto": lambda: 2 * differ / (both + none + 2 * differ),
            "russellrao": lambda: (n - both) / n,
            "sokalsneath": lambda: 2 * differ / (both + 2 * differ),
            "hamming": lambda: differ / n,
            "yule": lambda: 2 * one * other / (both * none + one * other) if one * other else 0.0}[name]()


@pytest.mark.parametrize("name", _metrics.FORMULAS)
def test_truths(name):
    rng = np.random.default_rng(0)
    for d in (1, 7, 65):
        x, y = rng.random((9, d)) < 0.5, rng.random((11, d)) < 0.5
        x[:, 0] = y[:, 0] = True
        expected = [[count(name, u, v) for v in y] for u in x]
        np.testing.assert_allclose(cdist(x, y, name), expected, rtol=4 * EPS)
        square = cdist(x, x, name)
        np.testing.assert_array_equal(pdist(x, name), square[np.triu_indices(9, 1)])


def test_truths_in_several_blocks(monkeypatch):
    x = np.random.default_rng(0).random((50, 5)) < 0.5
    expected, pairs = cdist(x, x, "jaccard"), pdist(x, "jaccard")
    monkeypatch.setattr(_metrics, "BLOCK", 60)
    monkeypatch.setattr(_metrics, "COUNTS", 60)
    np.testing.assert_array_equal(cdist(x, x, "jaccard"), expected)
    np.testing.assert_array_equal(pdist(x, "jaccard"), pairs)
    y = np.random.default_rng(1).random((50, 5))
    inverse = np.linalg.inv(np.cov(y.T))
    expected = cdist(y, y, "mahalanobis", VI=inverse)
    np.testing.assert_array_equal(pdist(y, "mahalanobis", VI=inverse), expected[np.triu_indices(50, 1)])


def test_covariances_that_are_no_metric():
    """Any inverse is taken: asymmetric, indefinite (NaN where the form is negative)."""
    x, y = np.array([[1.0, 0.0], [0.0, 1.0]]), np.zeros((1, 2))
    assert cdist(x, y, "mahalanobis", VI=[[4.0, 7.0], [0.0, 9.0]]).ravel().tolist() == [2, 3]
    found = cdist(x, y, "mahalanobis", VI=[[4.0, 0.0], [0.0, -1.0]]).ravel()
    assert found[0] == 2
    assert np.isnan(found[1])


@pytest.mark.parametrize("name", _metrics.FORMULAS)
def test_weighted_truths(name):
    """Each count is a sum of its own: what does not occur is exactly 0, and so is the distance of equal rows."""
    rng = np.random.default_rng(1)
    for d in (1, 7, 17, 300):
        x, w = rng.random((12, d)) < 0.9, rng.random(d)
        x[0] = x[:, -1] = True
        y = np.ones((3, d), bool)
        y[0, 0] = False
        for scale in (1, 1e-200):
            np.testing.assert_allclose(cdist(x, y, name, w=scale * w), peer.cdist(x, y, name, w=w), rtol=(d + 8) * EPS,
                                       atol=(d + 8) * EPS)
        same = np.diagonal(cdist(x, x, name, w=w))
        assert (same[:1] == 0).all()
        assert (same == 0).all() or name == "russellrao"
        assert (pdist(x[[0, 0]], name, w=w) == 0).all()
        one = getattr(distance, name)
        assert one(x[0], x[0], w) == 0
        assert one(x[1], x[1], w) == same[1] or name == "russellrao"
        expected = cdist(x[2:3], y[:1], name, w=w)[0, 0]
        assert one(x[2], y[0], w) == pytest.approx(expected, rel=(d + 8) * EPS, abs=8 * EPS)


def test_yule_of_weights_is_no_noise():
    r = np.random.default_rng(1)
    a, b, w = r.random((2, 17)) < 0.9, np.ones((3, 17), bool), r.random(17)
    b[0, 0] = False
    assert cdist(a, b[1:], "yule", w=w).tolist() == [[0, 0], [0, 0]]
    np.testing.assert_array_equal(cdist(a, b, "yule", w=w), peer.cdist(a, b, "yule", w=w))
    assert distance.yule(a[0], b[1], w) == 0


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_distributions_of_any_size(dtype):
    info = np.finfo(dtype)
    y = np.array([[1, 1, 2]], dtype)
    for scale in (info.max, info.smallest_subnormal, info.tiny):
        x = np.array([[1, 1, 1], [scale, scale, scale], [1, 0, 0]], dtype)
        found = cdist(x, y, "js")
        expected = [distance.jensenshannon(x[0], y[0])] * 2
        np.testing.assert_allclose(found[:2, 0], expected, rtol=16 * info.eps)           # a quotient and the root of it
        np.testing.assert_allclose(distance.jensenshannon(x, y, axis=1)[:2], expected, rtol=16 * info.eps)
        assert distance.jensenshannon(x[1], y[0]) == pytest.approx(expected[0], rel=16 * float(info.eps))
