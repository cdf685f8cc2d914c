"""Leading parts of matrices: ours against scikit-learn's functions of the same algorithm, and loops in NumPy."""

import importlib.util
from time import perf_counter

import numpy as np

from mathcore import linalg

from .runner import Call, Row

FLOATS = ("float32", "float64")


def rows():
    for dtype in FLOATS:
        rng = np.random.default_rng(0)
        if importlib.util.find_spec("sklearn") is not None:
            yield from decompositions(rng, dtype)
            yield eigenvalues(rng, dtype)
            yield from components(rng, dtype, 100_000, 50, 10)
            yield from components(rng, dtype, 100_000, 500, 20)
        yield from summaries(rng, dtype)
        yield from factors(rng, dtype)


def near(expected, unit):
    """result -> the largest difference from `expected` in units of `unit` of its largest element."""
    largest = np.abs(expected).max()
    return lambda found, *_: np.abs(np.asarray(found, np.float64) - expected).max() / (unit * largest)


def decaying(rng, m, n, dtype, rank=60):
    """Singular values 1, 0.9, 0.81, ..."""
    u, v = (np.linalg.qr(rng.standard_normal((size, rank)))[0] for size in (m, n))
    return np.ascontiguousarray(u * 0.9 ** np.arange(rank) @ v.T, dtype)


def decompositions(rng, dtype, m=5000, n=2000, k=20):
    from sklearn.utils.extmath import randomized_svd

    a, eps = decaying(rng, m, n, dtype), np.finfo(dtype).eps
    exact = 0.9 ** np.arange(60)
    # 7 iterations of two products, the first and the last
    yield Row(work=f"randomized_svd ({m}, {n}), k={k}", dtype=dtype, peer_name="sklearn randomized_svd",
              ours=Call(lambda x: linalg.randomized_svd(x, k, rng=0).S, a),
              peer=Call(lambda x: randomized_svd(x, k, random_state=0)[1], a), error=near(exact[:k], 30 * m * eps),
              flops=16 * 2 * m * n * (k + 10), nbytes=16 * a.nbytes, at_least=1.3, aim=3)
    few = np.ascontiguousarray(a[:1000, :500])
    s = np.linalg.svd(few.astype("f8"), compute_uv=False)

    def nearest(x):
        u, s, vh = np.linalg.svd(x, full_matrices=False)
        return (u[:, :k] * s[:k]) @ vh[:k]
    yield Row(work=f"low_rank_approx (1000, 500), k={k}, randomized", dtype=dtype, peer_name="NumPy, all of the SVD",
              ours=Call(lambda x: linalg.low_rank_approx(x, k, method="randomized", rng=0).approximation, few),
              peer=Call(nearest, few), at_least=1.0,
              error=lambda x: np.linalg.norm(few.astype("f8") - x) / (1.01 * np.linalg.norm(s[k:])))


def eigenvalues(rng, dtype, n=2000, k=20):
    from sklearn.utils.extmath import _randomized_eigsh

    q = np.linalg.qr(rng.standard_normal((n, 60)))[0]
    a = (q * 0.9 ** np.arange(60) @ q.T).astype(dtype)
    a = (a + a.T) / 2
    return Row(work=f"randomized_eigh n={n}, k={k}", dtype=dtype, peer_name="sklearn _randomized_eigsh",
               ours=Call(lambda x: linalg.randomized_eigh(x, k, rng=0).eigenvalues, a),
               peer=Call(lambda x: _randomized_eigsh(x, k, random_state=0)[0], a),
               error=near(0.9 ** np.arange(k), 30 * n * np.finfo(dtype).eps), nbytes=a.nbytes, at_least=1.0)


def components(rng, dtype, n, d, k):
    from sklearn.decomposition import PCA

    x = (rng.standard_normal((n, d)) * np.geomspace(10, 1, d) + rng.standard_normal(d)).astype(dtype)
    found = np.linalg.eigvalsh(np.cov(x.astype("f8").T))[::-1][:k]
    yield Row(work=f"pca ({n}, {d}), k={k}", dtype=dtype, peer_name="sklearn PCA.fit",
              ours=Call(lambda y: linalg.pca(y, k).explained_variance, x),
              peer=Call(lambda y: PCA(k).fit(y).explained_variance_, x),
              error=near(found, 8 * n**0.5 * np.finfo(dtype).eps), flops=n * d * (d + 1), nbytes=x.nbytes,
              at_least=1.5, aim=3)
    ours, peer = linalg.pca(x, k), PCA(k).fit(x)
    yield Row(work=f"transform ({n}, {d}), k={k}", dtype=dtype, peer_name="sklearn PCA.transform",
              ours=Call(ours.transform, x), peer=Call(peer.transform, x), flops=2 * n * d * k,
              nbytes=x.nbytes * (1 + k / d), at_least=1.0)


def summaries(rng, dtype, n=20_000, d=100):
    x = rng.standard_normal((n, d), dtype=dtype)
    yield Row(work=f"RunningCovariance.update ({n}, {d})", dtype=dtype, peer_name="np.cov",
              ours=Call(lambda y: linalg.RunningCovariance().update(y).covariance(), x),
              peer=Call(lambda y: np.cov(y, rowvar=False), x),
              error=near(np.cov(x.astype("f8").T), 30 * n**0.5 * np.finfo(dtype).eps), flops=n * d * (d + 1),
              nbytes=x.nbytes, at_least=1.0)


def factors(rng, dtype, n_users=20_000, n_items=5000, n=1_000_000, rank=32):
    users, items = np.divmod(rng.choice(n_users * n_items, n, replace=False), n_items)
    values = rng.standard_normal(n, dtype=dtype) + 3
    model = linalg.matrix_factorization((users, items, values), rank, n_iter=1, rng=0)
    sides = [grouped(users, items, values, n_users), grouped(items, users, values, n_items)]
    start = np.random.default_rng(0).standard_normal((n_items, rank)) / rank**0.5

    def sweeps(threads, samples):
        ours, peer = [], []
        for _ in range(samples):
            ends = []
            linalg.matrix_factorization((users, items, values), rank, n_iter=3, tol=0, rng=0, workers=threads,
                                        callback=lambda *_, ends=ends: ends.append(perf_counter()))
            ours.append(ends[-1] - ends[-2])
            begin = perf_counter()
            loop(sides, start.astype(dtype), values.mean(), 0.05)
            peer.append(perf_counter() - begin)
        return ours, peer
    work = f"matrix_factorization, {n} ratings, rank {rank}"
    yield Row(work=f"{work}: a sweep", dtype=dtype, peer_name="a loop in NumPy", at_least=10, measure=sweeps)
    yield Row(work=f"{work}: all, with one sweep", dtype=dtype, peer_name="that loop, of ratings in groups",
              at_least=1.0,
              ours=Call(lambda r: linalg.matrix_factorization(r, rank, n_iter=1, rng=0).item_factors,
                        (users, items, values)),
              peer=Call(loop, sides, start.astype(dtype), values.mean(), 0.05),
              error=near(model.item_factors.astype("f8"), 1e6 * np.finfo(dtype).eps))
    yield Row(work=f"recommend, {n_items} items, rank {rank}", dtype=dtype, peer_name="NumPy", at_least=1.0,
              ours=Call(lambda u: linalg.recommend(model, u, 10).items, 7),
              peer=Call(best, model, 7, 10))


def grouped(first, second, values, count):
    """Of each of `count` users: the items and their values."""
    order = np.lexsort((second, first))
    ends = np.cumsum(np.bincount(first, minlength=count))[:-1]
    return list(zip(np.split(second[order], ends), np.split(values[order], ends), strict=True))


def loop(sides, start, mean, reg):
    """A solve for each user, then for each item; biases stand last."""
    one = start.dtype.type(1)
    other = np.column_stack([start, np.zeros_like(start[:, 0])])
    for side in sides:
        own, w = np.empty((len(side), other.shape[1]), start.dtype), other.shape[1]
        for u, (items, values) in enumerate(side):
            x = other[items]
            y, x[:, -1] = values - start.dtype.type(mean) - x[:, -1], one
            k = x.T @ x
            k.flat[::w + 1] += reg * len(items)
            own[u] = np.linalg.solve(k, x.T @ y)
        other = own
    return other[:, :-1]


def best(model, user, k):
    scores = model.item_factors @ model.user_factors[user] + model.item_bias
    seen = model.known.items[model.known.starts[user]:model.known.starts[user + 1]]
    scores[seen] = -np.inf
    return np.argsort(-scores, kind="stable")[:k]
