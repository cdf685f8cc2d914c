"""The k nearest of 10 000 points for each of 10 000: scikit-learn's brute force, PyTorch's cdist with topk."""

import importlib
import importlib.util

import numpy as np

from mathcore.distance import cdist_chunks, nearest, nearest_neighbors, radius_neighbors

from .runner import Call, Row

POINTS = 10_000


def installed(name):
    return importlib.import_module(name) if importlib.util.find_spec(name) else None


def rows():
    sklearn, torch = installed("sklearn.neighbors"), installed("torch")
    for d in (16, 64, 256):
        rng = np.random.default_rng(d)
        x, y = (rng.standard_normal((POINTS, d)).astype(np.float32) for _ in range(2))
        for k in (1, 10, 100):
            if sklearn:
                yield of_sklearn(sklearn, x, y, k)
            if torch:
                yield of_torch(torch, x, y, k)
        if sklearn and d == 64:
            yield of_sklearn(sklearn, x.astype(np.float64), y.astype(np.float64), 10)
            yield of_sklearn(sklearn, x[:1], y, 10)
            yield within_radius(sklearn, x[:2000], y)
    if pairwise := installed("sklearn.metrics"):
        yield from of_pairwise(pairwise)


def work(x, y, k):
    return f"nearest {k} of {len(y)}, {len(x)} rows, d = {x.shape[1]}"


def of_sklearn(sklearn, x, y, k):
    peer = sklearn.NearestNeighbors(algorithm="brute").fit(y)

    def call():
        distances, indices = peer.kneighbors(x, k)              # float64 whatever the data are
        return distances.astype(x.dtype, copy=False), indices

    def error(distances, indices):
        """Of the distances, in units of 4 eps: theirs are of a product in float64."""
        theirs = peer.kneighbors(x, k)[0]
        return np.max(np.abs(distances - theirs) / (4 * np.finfo(x.dtype).eps * theirs))

    return Row(work=work(x, y, k), dtype=str(x.dtype), peer_name="sklearn brute",
               ours=Call(nearest_neighbors, x, y, k), peer=Call(call), error=error, at_least=2, aim=4,
               flops=2.0 * len(x) * len(y) * x.shape[1])


def of_torch(torch, x, y, k):
    left, right = torch.from_numpy(x), torch.from_numpy(y)

    def peer():
        return torch.cdist(left, right).topk(k, largest=False)

    return Row(work=work(x, y, k), dtype=str(x.dtype), peer_name="torch cdist + topk",
               ours=Call(nearest_neighbors, x, y, k), peer=Call(peer), at_least=2, aim=3,
               flops=2.0 * len(x) * len(y) * x.shape[1])


def within_radius(sklearn, x, y):
    radius = float(np.mean(nearest_neighbors(x[:100], y, 30).distances[:, -1]))
    peer = sklearn.NearestNeighbors(algorithm="brute").fit(y)
    return Row(work=f"within the radius of 30 of {len(y)}, {len(x)} rows, d = {x.shape[1]}", dtype=str(x.dtype),
               peer_name="sklearn brute", ours=Call(radius_neighbors, x, y, radius),
               peer=Call(peer.radius_neighbors, x, radius), at_least=1, aim=2)


def of_pairwise(sklearn):
    """The nearest of few points, and distances in blocks of which each is thrown away."""
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((100_000, 32)), rng.standard_normal((50, 32))
    yield Row(work="nearest of 50, 100000 rows, d = 32", dtype="float64", peer_name="sklearn pairwise_distances_argmin",
              ours=Call(nearest, x, y), peer=Call(sklearn.pairwise_distances_argmin, x, y), at_least=2, aim=4)
    z = np.ascontiguousarray(x[:5000])

    def ours():
        return sum(float(block.max()) for _, block in cdist_chunks(z, z))

    def peer():
        return sum(float(block.max()) for block in sklearn.pairwise_distances_chunked(z, working_memory=64))

    yield Row(work="cdist_chunks (5000, 5000, 32), the largest of each", dtype="float64",
              peer_name="sklearn pairwise_distances_chunked", ours=Call(ours), peer=Call(peer), at_least=1, aim=2,
              error=lambda found: abs(found / peer() - 1) / 1e-12)
