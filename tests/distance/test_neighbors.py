"""Neighbours by every metric against all distances and a sort; self, radius, blocks; scikit-learn if installed."""

import numpy as np
import pytest
from scipy.spatial import distance as peer

from mathcore import threads
from mathcore.distance import cdist, cdist_chunks, nearest, nearest_neighbors, radius_neighbors

RNG = np.random.default_rng(0)
X, Y = RNG.random((30, 6)), RNG.random((200, 6))
EPS = np.finfo(float).eps
# Sums of d = 6 terms on both sides, quotients and roots of them: 2 (d + 4) eps; of 1 - cosine, terms of size 1. (The
# covariance that mahalanobis inverts has a condition of 2.)
CLOSE = {"rtol": 32 * EPS, "atol": 8 * EPS}
OPTIONS = {
    "braycurtis": {}, "canberra": {}, "chebyshev": {}, "cityblock": {}, "correlation": {}, "cosine": {},
    "euclidean": {}, "jensenshannon": {}, "mahalanobis": {}, "minkowski": {"p": 3}, "seuclidean": {}, "sqeuclidean": {},
    "hamming": {}, "jaccard": {}, "yule": {},
}


def matrices(metric):
    return (X > 0.5, Y > 0.5) if metric in ("hamming", "jaccard", "yule") else (X, Y)


@pytest.mark.parametrize("metric", OPTIONS)
def test_metrics(metric):
    """Distances are SciPy's to a few roundings of d = 6 terms, rising, and belong to the indices."""
    x, y = matrices(metric)
    options = OPTIONS[metric]
    expected = peer.cdist(x, y, metric, **options)
    found = nearest_neighbors(x, y, 9, metric, **options)
    assert found.indices.dtype == np.int64
    assert found.distances.shape == (30, 9)
    np.testing.assert_allclose(found.distances, np.sort(expected, axis=1)[:, :9], **CLOSE)
    np.testing.assert_allclose(found.distances, np.take_along_axis(expected, found.indices, 1), **CLOSE)
    again = nearest_neighbors(y, y, 3, metric, exclude_self=True, **options)
    assert (again.indices != np.arange(200)[:, None]).all()
    np.testing.assert_array_equal(nearest(x, y, metric, **options), found.indices[:, 0])


@pytest.mark.parametrize("metric", ["euclidean", "sqeuclidean", "cosine", "correlation", "minkowski"])
def test_nearest_of_few(metric):
    """Few points for many rows are searched as centres are; ties by the lower index all the same."""
    y = np.vstack([Y[:7], Y[:7]])
    np.testing.assert_array_equal(nearest(X, y, metric), nearest_neighbors(X, y, 1, metric).indices[:, 0])
    whole = np.round(3 * X)
    assert nearest(whole, np.round(3 * y), metric).max() < 7
    assert nearest(X, y, metric).dtype == np.int64


@pytest.mark.parametrize("metric", OPTIONS)
def test_radius(metric):
    x, y = matrices(metric)
    options = OPTIONS[metric]
    expected = peer.cdist(x, y, metric, **options)
    radius = np.quantile(expected, 0.1) * (1 + 1e-9)
    found = radius_neighbors(x, y, radius, metric, **options)
    np.testing.assert_array_equal(np.diff(found.offsets), (expected <= radius).sum(1))
    row = np.repeat(np.arange(30), np.diff(found.offsets))
    np.testing.assert_allclose(found.distances, expected[row, found.indices], **CLOSE)
    for i in range(30):
        assert (np.diff(found.distances[found.offsets[i]: found.offsets[i + 1]]) >= 0).all()
    alone = radius_neighbors(y, y, 0, metric, exclude_self=True, **options)
    assert (alone.indices != np.repeat(np.arange(200), np.diff(alone.offsets))).all()


def test_points_on_the_radius_count():
    point, corner = [[0.0, 0, 0]], [[1.0, 1, 1]]
    assert len(radius_neighbors(point, corner, 3, "sqeuclidean").indices) == 1
    assert len(radius_neighbors(point, corner, np.sqrt(3)).indices) == 1
    assert len(radius_neighbors(point, corner, np.nextafter(np.sqrt(3), 0)).indices) == 0
    for metric in ("euclidean", "sqeuclidean", "cosine", "correlation"):
        near = nearest_neighbors(X, Y, 50, metric).distances[:, -1]
        for i in range(30):
            assert len(radius_neighbors(X[i:i + 1], Y, near[i], metric).indices) == 50
    assert len(radius_neighbors(point, [[1e-165, 0, 0], [1, 1, 1]], 1e-170).indices) == 0


def test_worked_example():
    """Three users' ratings: who is nearest by angle, who by distance."""
    ratings = [[5, 5, 1], [1, 1, 0], [5, 4, 5]]
    np.testing.assert_array_equal(nearest_neighbors(ratings[:1], ratings[1:], 2, "cosine").indices, [[0, 1]])
    np.testing.assert_array_equal(nearest_neighbors(ratings[:1], ratings[1:], 2).indices, [[1, 0]])
    np.testing.assert_allclose(nearest_neighbors(ratings[:1], ratings[1:], 2).distances, [[17**0.5, 33**0.5]],
                               rtol=4 * EPS)


def test_types_and_layouts():
    wide = nearest_neighbors(X, Y, 5)
    for x, y in ((np.asfortranarray(X), Y[::-1][::-1]), (X.astype(">f8"), Y.tolist())):
        found = nearest_neighbors(x, y, 5)
        np.testing.assert_array_equal(found.indices, wide.indices)
        np.testing.assert_array_equal(found.distances, wide.distances)
    narrow = nearest_neighbors(X.astype("f4"), Y.astype("f4"), 5)
    assert narrow.distances.dtype == np.float32
    assert nearest_neighbors(X.astype("f4"), Y, 5).distances.dtype == np.float64
    assert nearest_neighbors(X.astype("f2"), Y.astype("f2"), 5, "cosine").distances.dtype == np.float32
    for data in (X, Y):
        data.flags.writeable = False
    nearest_neighbors(X, Y, 5)
    assert nearest_neighbors([[1, 2]], [[1, 2], [3, 4]], 2).distances.dtype == np.float64


def test_threads_do_not_show():
    results = set()
    for n in (1, 2, 3):
        with threads(n):
            for metric in ("euclidean", "cosine", "cityblock"):
                found = nearest_neighbors(Y, Y, 7, metric)
                results.add((metric, found.distances.tobytes(), found.indices.tobytes()))
    assert len(results) == 3


def test_empty():
    assert nearest_neighbors(np.ones((0, 3)), Y[:, :3], 2).indices.shape == (0, 2)
    assert nearest_neighbors(X, np.ones((0, 6)), 0).indices.shape == (30, 0)
    found = nearest_neighbors(np.ones((2, 0)), np.ones((4, 0)), 3)
    np.testing.assert_array_equal(found.indices, [[0, 1, 2]] * 2)
    np.testing.assert_array_equal(found.distances, 0)
    found = radius_neighbors(X, np.ones((0, 6)), 1)
    assert found.indices.size == 0
    assert (found.offsets == 0).all()
    assert len(found.offsets) == 31
    assert len(radius_neighbors(np.ones((0, 6)), Y, 1).offsets) == 1


def test_nearest_tells_the_smallest_apart():
    """Differences of 1e-200 beside numbers of 1, whose squares vanish."""
    for sizes in ([1e-190, 1e-200, 1], [1e-150, 1e-160, 1e60]):
        y = np.zeros((3, 20))
        y[:, 7] = sizes
        assert (nearest(np.zeros((9, 20)), y) == 1).all()


def test_rows_of_zeros():
    """They have no direction: their distances are NaN and come last."""
    y = np.vstack([np.zeros(6), Y[:3]])
    found = nearest_neighbors(X[:2], y, 4, "cosine")
    np.testing.assert_array_equal(found.indices[:, 3], 0)
    assert np.isnan(found.distances[:, 3]).all()
    assert np.isfinite(found.distances[:, :3]).all()


def test_few_rows_and_many_zeros_take_little_memory():
    """The check that a square of zero is that of equal rows looks at some at a time: 4 rows, 20 000 equal points."""
    import tracemalloc

    x, y = np.zeros((4, 300)), np.zeros((20000, 300))
    tracemalloc.start()
    nearest_neighbors(x, y, 20000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 24e6                   # the parts' result, numbers of zeros; of y, which is 48 MB, there is no copy


def test_own_metric():
    def most(u, v):
        return np.max(np.abs(u - v))

    np.testing.assert_array_equal(nearest_neighbors(X[:5], Y[:20], 3, most).indices,
                                  nearest_neighbors(X[:5], Y[:20], 3, "chebyshev").indices)


def test_chunks():
    whole = cdist(X, Y, "seuclidean")
    blocks = list(cdist_chunks(X, Y, "seuclidean", memory=200 * 8 * 7))
    assert [first for first, _ in blocks] == [0, 7, 14, 21, 28]
    np.testing.assert_allclose(np.vstack([b for _, b in blocks]), cdist(X, Y, "seuclidean", V=np.var(
        np.vstack([X, Y]), axis=0, ddof=1)), rtol=8 * EPS)
    assert whole.shape == (30, 200)
    assert [b.shape for _, b in cdist_chunks(X, Y, memory=1)] == [(1, 200)] * 30
    assert list(cdist_chunks(X[:0], Y)) == []


@pytest.mark.parametrize("metric", ["euclidean", "cosine", "cityblock", "chebyshev"])
def test_scikit_learn(metric):
    sklearn = pytest.importorskip("sklearn.neighbors")
    theirs = sklearn.NearestNeighbors(n_neighbors=11, algorithm="brute", metric=metric).fit(Y)
    distances, indices = theirs.kneighbors(X)
    found = nearest_neighbors(X, Y, 11, metric)
    np.testing.assert_array_equal(found.indices, indices)
    np.testing.assert_allclose(found.distances, distances, rtol=1e-7)     # of a product, there
