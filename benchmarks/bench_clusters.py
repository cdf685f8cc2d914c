"""K-means and nearest-neighbour votes against scikit-learn, where it is installed."""

import numpy as np

from mathcore import models

from .runner import Call, Row


def rows():
    try:
        from sklearn import cluster, neighbors
    except ImportError:
        return
    yield from kmeans_rows(cluster)
    yield from neighbour_rows(neighbors)


def blobs(n, d, k, dtype):
    """Clusters that overlap: twenty iterations do not end it."""
    rng = np.random.default_rng(0)
    return (rng.standard_normal((n, d)) + 1.2 * rng.standard_normal((k, d))[rng.integers(0, k, n)]).astype(dtype)


def near(expected, bound):
    return lambda found: abs(found - expected) / (bound * abs(expected))


def kmeans_rows(cluster):
    options = {"n_init": 1, "random_state": 0}
    for dtype in ("float64", "float32"):
        for n, d, k, iterations, least, aim in ((100_000, 32, 50, 20, 1.3, 2.5), (10_000, 64, 10, 300, 1.3, 2.5),
                                                (1000, 8, 8, 300, 1, 2)):
            x, tol = blobs(n, d, k, dtype), 0 if iterations == 20 else 1e-4

            def fit(room, x=x, k=k, iterations=iterations, tol=tol):
                return room.KMeans(k, max_iter=iterations, tol=tol, **options).fit(x).inertia_

            # float32: scikit-learn's running sums and inertia are float32 too
            yield Row(work=f"KMeans ({n}, {d}), {k} centres, at most {iterations} iterations", dtype=dtype,
                      peer_name="sklearn KMeans", ours=Call(fit, models), peer=Call(fit, cluster),
                      error=near(fit(cluster), 1e-9 if dtype == "float64" else 1e-3), at_least=least, aim=aim,
                      nbytes=x.nbytes)
        x = blobs(100_000, 32, 50, dtype)
        fitted = [room.KMeans(50, max_iter=5, **options).fit(x) for room in (models, cluster)]
        expected = fitted[1].predict(x)
        # rounding may turn one row of ten thousand that lies between two centres
        yield Row(work="KMeans.predict (100000, 32), 50 centres", dtype=dtype, peer_name="sklearn KMeans",
                  ours=Call(fitted[0].predict, x), peer=Call(fitted[1].predict, x), at_least=1.3, aim=2.5,
                  error=lambda p, e=expected: np.mean(p != e) / 1e-4, nbytes=x.nbytes)

        def start(room, x=x):
            return room.KMeans(50, max_iter=1, **options).fit(x).inertia_

        yield Row(work="KMeans start and one iteration (100000, 32), 50 centres", dtype=dtype,
                  peer_name="sklearn KMeans", ours=Call(start, models), peer=Call(start, cluster),
                  error=near(start(cluster), 1e-9 if dtype == "float64" else 1e-3), at_least=1.3, aim=2,
                  nbytes=x.nbytes)


def neighbour_rows(neighbors):
    rng = np.random.default_rng(1)
    for n, d, dtype in ((10_000, 64, "float64"), (10_000, 64, "float32"), (1000, 16, "float64")):
        x, y = blobs(n, d, 10, dtype), rng.integers(0, 10, n)
        fitted = [room.KNeighborsClassifier().fit(x, y) for room in (models, neighbors)]
        expected = fitted[1].predict(x)
        yield Row(work=f"KNeighborsClassifier.predict ({n}, {d})", dtype=dtype,
                  peer_name="sklearn KNeighborsClassifier", ours=Call(fitted[0].predict, x),
                  peer=Call(fitted[1].predict, x), at_least=1.3, aim=3,
                  error=lambda p, e=expected: np.mean(p != e) / 1e-3, nbytes=x.nbytes)
    target = rng.standard_normal(len(x))
    fitted = [room.KNeighborsRegressor().fit(x, target) for room in (models, neighbors)]
    yield Row(work=f"KNeighborsRegressor.predict {x.shape}", dtype="float64", peer_name="sklearn KNeighborsRegressor",
              ours=Call(fitted[0].predict, x), peer=Call(fitted[1].predict, x), at_least=1.3, aim=3, nbytes=x.nbytes)
