"""Distances against SciPy, scikit-learn and PyTorch: matrices of all pairs, and two vectors."""

import numpy as np
import scipy.spatial.distance as scipy_distance

from mathcore import distance

from .runner import Call, Row

FLOATS = ("float64", "float32")
# metric, options, what is asked at least and aimed at of (1000, 1000, 64) in float64
METRICS = (
    ("cityblock", {}, 4, 10), ("chebyshev", {}, 4, 10), ("canberra", {}, 4, 10), ("jensenshannon", {}, 4, 10),
    ("sqeuclidean", {}, 4, 10), ("braycurtis", {}, 4, 10), ("hamming", {}, 4, 10), ("minkowski", {"p": 3}, 4, 10),
    ("minkowski", {"p": 1.5}, 4, 10), ("minkowski", {"p": 3.2}, 4, 10), ("cosine", {}, 2, 4), ("correlation", {}, 2, 4),
    ("seuclidean", {}, 4, 10), ("mahalanobis", {}, 2, 10), ("jaccard", {}, 4, 10), ("dice", {}, 4, 10),
    ("rogerstanimoto", {}, 2, 4), ("russellrao", {}, 4, 10), ("sokalsneath", {}, 4, 10), ("yule", {}, 4, 10),
)
NARROW = ("cityblock", "chebyshev", "canberra", "jensenshannon", "cosine")      # measured in float32 too
TRUTHS = ("jaccard", "dice", "rogerstanimoto", "russellrao", "sokalsneath", "yule")


def points(metric, m, n, d, dtype):
    rng = np.random.default_rng(0)
    x, y = rng.random((m, d)), rng.random((n, d))
    if metric in TRUTHS:
        return x < 0.5, y < 0.5
    if metric == "hamming":
        x, y = np.floor(3 * x), np.floor(3 * y)
    return x.astype(dtype), y.astype(dtype)


def rows():
    for dtype in FLOATS:
        for metric, options, at_least, aim in METRICS:
            if dtype == "float64" or metric in NARROW:
                yield matrix_row(metric, options, (1000, 1000, 64), dtype, at_least, aim)
        yield matrix_row("euclidean", {}, (1000, 1000, 64), dtype, *((8, 15) if dtype == "float64" else (10, 25)))
        yield matrix_row("euclidean", {}, (5000, 5000, 128), dtype, *((8, 15) if dtype == "float64" else (10, 25)))
        yield from other_peers(dtype)
        yield pairs_row("euclidean", (2000, 3), dtype)
        yield square_row(dtype)
    yield from vector_rows()


def bounded(expected, d, dtype, root=False):
    """A function of a result: its largest error over what two sums of d terms may differ by; under a root that cancels,
    of the square."""
    unit = (4 * d + 64) * np.finfo(dtype).eps
    if root:
        return lambda found: np.max(np.abs(found**2 - expected**2)) / unit
    return lambda found: np.max(np.abs(found - expected) / (unit * np.maximum(np.abs(expected), 1e-3)))


def matrix_row(metric, options, shape, dtype, at_least, aim):
    """SciPy gives float64 for float32 data: its time counts, and its result is compared as float32."""
    m, n, d = shape
    x, y = points(metric, m, n, d, dtype)
    with np.errstate(all="ignore"):
        expected = scipy_distance.cdist(x, y, metric, **options)
    kind = "bool" if metric in TRUTHS else dtype
    ours, theirs = np.empty((m, n), expected.dtype if kind == "bool" else dtype), np.empty((m, n))
    words = "".join(f" {key}={value}" for key, value in options.items())

    def peer(x, y):
        found = scipy_distance.cdist(x, y, metric, out=theirs, **options)
        return found if found.dtype == ours.dtype else AsFloat32(found)

    return Row(work=f"cdist {metric}{words} {shape}", dtype=kind, peer_name="scipy", at_least=at_least, aim=aim,
               error=bounded(expected, d, ours.dtype, metric == "jensenshannon"),
               ours=Call(distance.cdist, x, y, metric, out=ours, **options), peer=Call(peer, x, y),
               nbytes=x.nbytes + y.nbytes + ours.nbytes)


class AsFloat32:
    """A float64 result that is compared as float32; rounding it costs the peer nothing."""

    def __init__(self, found):
        self.found = found

    def __array__(self, dtype=None, copy=None):
        return self.found.astype(np.float32)


def other_peers(dtype):
    for shape in ((1000, 1000, 64), (5000, 5000, 128)):
        x, y = points("euclidean", *shape, dtype)
        out = np.empty((len(x), len(y)), dtype)
        common = {"dtype": dtype, "nbytes": x.nbytes + y.nbytes + out.nbytes, "flops": 2.0 * np.prod(shape),
                  "ours": Call(distance.cdist, x, y, out=out)}
        try:
            from sklearn.metrics.pairwise import euclidean_distances
        except ImportError:
            pass
        else:
            yield Row(work=f"cdist euclidean {shape}", peer_name="sklearn euclidean_distances", at_least=2, aim=4,
                      peer=Call(euclidean_distances, x, y), **common)
        try:
            import torch
        except ImportError:
            continue
        yield Row(work=f"cdist euclidean {shape}", peer_name="torch.cdist", at_least=1, aim=1.5,
                  peer=Call(torch.cdist, torch.from_numpy(x), torch.from_numpy(y)), **common)


def pairs_row(metric, shape, dtype):
    x = points(metric, *shape[:1], 1, shape[1], dtype)[0]
    size = len(x) * (len(x) - 1) // 2
    ours, theirs = np.empty(size, dtype), np.empty(size)

    def peer(x):
        found = scipy_distance.pdist(x, metric, out=theirs)
        return found if dtype == "float64" else AsFloat32(found)

    return Row(work=f"pdist {metric} {shape}", dtype=dtype, peer_name="scipy", at_least=2, aim=5,
               error=bounded(scipy_distance.pdist(x.astype(np.float64), metric), shape[1], dtype),
               ours=Call(distance.pdist, x, metric, out=ours), peer=Call(peer, x), nbytes=x.nbytes + ours.nbytes)


def square_row(dtype):
    pairs = np.random.default_rng(0).random(2000 * 1999 // 2).astype(dtype)
    return Row(work="squareform of 2000 points", dtype=dtype, peer_name="scipy", at_least=1, aim=2,
               ours=Call(distance.squareform, pairs), peer=Call(scipy_distance.squareform, pairs),
               nbytes=pairs.nbytes * 3)


def vector_rows():
    """Calls of a microsecond; a row does not depend on threads."""
    rng = np.random.default_rng(0)
    u, v, w = rng.random((3, 100))
    inverse = np.eye(10) + 0.1
    for name, args in (
        *((name, (u, v)) for name in ("euclidean", "sqeuclidean", "cityblock", "chebyshev", "canberra", "braycurtis",
                                      "cosine", "correlation", "hamming", "jensenshannon")),
        ("minkowski", (u, v, 3)), ("euclidean", (u, v, w)), ("seuclidean", (u, v, w)),
        ("mahalanobis", (u[:10].copy(), v[:10].copy(), inverse)),
        *((name, (u > 0.5, v > 0.5)) for name in TRUTHS),
    ):
        ours, theirs = getattr(distance, name), getattr(scipy_distance, name)
        expected = theirs(*args)
        words = " weights" if len(args) == 3 and name == "euclidean" else ""
        yield Row(work=f"{name} of two vectors of {len(args[0])}{words}", dtype=str(args[0].dtype), peer_name="scipy",
                  once=True, at_least=2, aim=5, error=bounded(expected, 100, "float64"), ours=Call(ours, *args),
                  peer=Call(theirs, *args))
