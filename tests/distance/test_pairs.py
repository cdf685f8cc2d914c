"""Distances of two vectors against SciPy's and known values."""

import numpy as np
import pytest
import scipy.spatial.distance as peer

from mathcore import distance

EPS = np.finfo(float).eps
PLAIN = ("braycurtis", "canberra", "chebyshev", "cityblock", "correlation", "cosine", "euclidean", "hamming",
         "minkowski", "sqeuclidean")


def near(found, expected, n):
    """Two sums of n terms in two orders; 1 - cos loses eps itself."""
    assert found == pytest.approx(expected, rel=(2 * n + 16) * EPS, abs=8 * EPS)


@pytest.mark.parametrize("name", PLAIN)
def test_values(isa, name):
    ours, theirs = getattr(distance, name), getattr(peer, name)
    rng = np.random.default_rng(0)
    for n in (2, 3, 8, 17, 100, 5000):
        u, v, w = rng.standard_normal((2, n)).round(2)[0], rng.standard_normal(n).round(2), rng.random(n) + 0.1
        near(ours(u, v), theirs(u, v), n)
        near(ours(u, v, w=w), theirs(u, v, w=w), n)
        near(ours(u.tolist(), v[::-1]), theirs(u, v[::-1]), n)
        assert type(ours(u, v)) is np.float64


@pytest.mark.parametrize("name", PLAIN)
def test_types(name):
    ours = getattr(distance, name)
    rng = np.random.default_rng(0)
    u, v = rng.integers(1, 9, (2, 20)).astype(float)
    w = rng.random(20)
    for dtype in ("i2", "u1", "i8", ">f8"):
        assert ours(u.astype(dtype), v.astype(dtype)) == ours(u, v)
        assert ours(u.astype(dtype), v.astype(dtype), w=w) == ours(u, v, w=w)
    for dtype in ("f4", "f2", ">f4"):
        for weights in (None, w):
            found = ours(u.astype(dtype), v.astype(dtype), w=weights)
            assert type(found) is np.float32
            assert found == pytest.approx(float(ours(u, v, w=weights)), rel=40 * 2.0**-23, abs=2.0**-22)
    truth = ours(u > 4, v > 4)
    assert truth == pytest.approx(float(ours((u > 4) * 1.0, (v > 4) * 1.0)))
    assert ours(u.astype(np.longdouble), v) == pytest.approx(float(ours(u, v)), rel=64 * EPS)


@pytest.mark.parametrize("p", [0.25, 0.5, 1, 1.5, 2, 2.7, 3, 16, 17, 100, np.inf])
def test_minkowski(p):
    rng = np.random.default_rng(0)
    u, v, w = rng.standard_normal((3, 33))
    w = np.abs(w)
    with np.errstate(over="ignore"):
        for weights in (None, w):
            expected = peer.minkowski(u, v, p, weights)
            assert distance.minkowski(u, v, p, weights) == pytest.approx(expected, rel=100 * EPS)


def test_zero_weights():
    w = np.array([0.0, 1.0, 2.0])
    assert distance.chebyshev([9, 1, 2], [0, 0, 0], w) == 2
    assert distance.minkowski([9, 1, 2], [0, 0, 0], np.inf, w) == 2
    assert distance.cityblock([9, 1, 2], [0, 0, 0], w) == 5


def test_far_from_one():
    for scale in (1e200, 1e-200, 1e-310):
        u, v = np.array([3 * scale, 0]), np.array([0, 4 * scale])
        assert distance.euclidean(u, v) == pytest.approx(5 * scale, rel=4 * EPS)
        assert distance.euclidean(u, v, np.array([1.0, 1.0])) == pytest.approx(5 * scale, rel=4 * EPS)
        assert distance.minkowski(u, v, 3) == pytest.approx(91 ** (1 / 3) * scale, rel=8 * EPS)
        assert distance.cosine(u, v) == pytest.approx(1, rel=8 * EPS)
        assert distance.cosine(u, u) == 0
        assert distance.correlation(u, v) == pytest.approx(2, rel=8 * EPS)
    assert distance.euclidean(np.zeros(3), np.zeros(3)) == 0
    assert distance.euclidean(np.array([np.inf]), np.array([0.0])) == np.inf


def test_angles():
    rng = np.random.default_rng(0)
    for n in (2, 9, 100):
        u, v = rng.standard_normal((2, n))
        assert distance.cosine(u, 3 * u) <= 4 * EPS
        assert distance.cosine(u, u) == distance.correlation(u, u) == 0
        assert distance.cosine(u, -u) == pytest.approx(2, rel=4 * EPS)
        assert distance.cosine(u, -u) <= 2
        near(distance.correlation(u, v, centered=False), peer.cosine(u, v), n)
        near(distance.correlation(u + 100, v - 1000), 1 - np.corrcoef(u, v)[0, 1], 100 * n)
    assert np.isnan(distance.cosine(np.zeros(3), np.ones(3)))
    assert np.isnan(distance.correlation(np.ones(3), np.arange(3.0)))
    for name in ("cosine", "correlation"):
        with pytest.raises(TypeError, match="`u` and `v` must be real."):
            getattr(distance, name)([1j, 2], [1, 2])


def test_seuclidean_and_mahalanobis():
    rng = np.random.default_rng(0)
    for n in (1, 3, 32, 33, 100):
        u, v, variances = *rng.standard_normal((2, n)), rng.random(n) + 0.1
        near(distance.seuclidean(u, v, variances), peer.seuclidean(u, v, variances), n)
        inverse = rng.standard_normal((n, n))
        inverse = inverse @ inverse.T + np.eye(n)
        expected = peer.mahalanobis(u, v, inverse)
        assert distance.mahalanobis(u, v, inverse) == pytest.approx(expected, rel=10 * n * n * EPS)
        assert type(distance.mahalanobis(u.astype("f4"), v.astype("f4"), inverse)) is np.float32
        np.testing.assert_equal(distance.mahalanobis(u, v, -inverse), np.nan)
    assert distance.seuclidean([1, 2], [1, 4], [0, 4]) is not None
    assert distance.mahalanobis([2], [1], 4) == 2
    assert distance.mahalanobis([1, 0], [0, 0], [[4, 1], [5, 9]]) == 2


def test_jensenshannon():
    rng = np.random.default_rng(0)
    p, q = rng.random((2, 4, 5, 6))
    p[0, 0], p[1, :, 2] = 0, 0
    for axis in (0, 1, 2, -1):
        for keepdims in (False, True):
            for base in (None, 2, 10.5):
                found = distance.jensenshannon(p, q, base, axis=axis, keepdims=keepdims)
                with np.errstate(invalid="ignore"):
                    expected = peer.jensenshannon(p, q, base, axis=axis, keepdims=keepdims)
                assert found.shape == expected.shape
                np.testing.assert_allclose(found, expected, rtol=1e-14, atol=1e-8)
    found = distance.jensenshannon(p[2:], q[3, 3], axis=2)
    np.testing.assert_allclose(found, peer.jensenshannon(p[2:], q[3:, 3:4], axis=2), rtol=1e-12)
    u, v = p[2, 2], q[2, 2]
    assert distance.jensenshannon(u, v) == pytest.approx(peer.jensenshannon(u, v), rel=1e-14)
    assert distance.jensenshannon(3 * u, v) == pytest.approx(distance.jensenshannon(u, v), rel=8 * EPS)
    assert distance.jensenshannon(u, u) == 0
    assert type(distance.jensenshannon(u.astype("f4"), v.astype("f4"))) is np.float32
    assert distance.jensenshannon([1, 0], [0, 1], 2) == 1
    assert distance.jensenshannon([1, -1, 2], [1, 1, 1]) == np.inf
    assert np.isnan(distance.jensenshannon([0, 0], [1, 1]))
    assert distance.jensenshannon(np.ones((0, 3)), np.ones((0, 3))).shape == (3,)
    assert distance.jensenshannon(u, v, keepdims=True).shape == (1,)
    delta = 1e-9
    found = distance.jensenshannon([1 - delta, 1 + delta], [1.0, 1.0])
    assert found == pytest.approx(delta / np.sqrt(8), rel=1e-6)         # eps / delta of the numbers themselves


def test_words():
    assert distance.hamming(list("karolin"), list("kathrin")) == 3 / 7
    assert distance.hamming(np.array([b"ab", b"c"]), np.array([b"ab", b"d"]), w=[1, 3]) == 0.75
    with pytest.raises(ValueError, match="must have equal lengths"):
        distance.hamming([1, 2], [1, 2, 3])


def test_nothing():
    for name in ("canberra", "chebyshev", "cityblock", "euclidean", "sqeuclidean", "minkowski"):
        assert getattr(distance, name)([], []) == 0
    for name in ("braycurtis", "hamming", "cosine", "correlation"):
        assert np.isnan(getattr(distance, name)([], []))


def test_complex_goes_to_scipy():
    u, v = np.array([1 + 1j]), np.array([0.0])
    assert distance.sqeuclidean(u, v) == peer.sqeuclidean(u, v)
    assert distance.euclidean([3 + 4j], [0]) == 5
