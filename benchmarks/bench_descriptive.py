"""Descriptions of data, covariances and the bootstrap, against SciPy and NumPy."""

import numpy as np
import scipy.stats

from mathcore.stats import RunningMoments, bootstrap, corrcoef, cov, describe, mean_ci, proportion_ci

from .runner import Call, Row


def rows():
    rng = np.random.default_rng(0)
    yield from description_rows(rng)
    yield from covariance_rows(rng)
    yield from bootstrap_rows(rng)
    yield from interval_rows(rng)


def relative(expected, unit):
    """The largest error of arrays, as a multiple of unit times the largest element."""
    def error(*found):
        return max(np.max(np.abs(np.asarray(f) - e)) / (unit * np.max(np.abs(e)))
                   for f, e in zip(found, expected, strict=True))

    return error


def description_rows(rng):
    for shape, axis in (((10,), 0), ((1000,), 0), ((10**6,), 0), ((10_000, 100), 0), ((10_000, 100), 1)):
        x = rng.standard_normal(shape) + 3
        wide = np.moveaxis(x, axis, 0).astype(np.longdouble)
        expected = [np.var(wide, axis=0, ddof=1).astype(float)]
        yield Row(work=f"describe {shape}, axis {axis}", dtype="float64", peer_name="scipy.stats.describe",
                  ours=Call(lambda x=x, axis=axis: describe(x, axis).variance),
                  peer=Call(lambda x=x, axis=axis: scipy.stats.describe(x, axis).variance),
                  error=relative(expected, 1e-13), nbytes=x.nbytes, at_least=10, aim=20)
    x = rng.standard_normal(10**6)
    yield Row(work="RunningMoments.push 10^6", dtype="float64", peer_name="scipy.stats.describe",
              ours=Call(lambda: RunningMoments().push(x).var()), peer=Call(lambda: scipy.stats.describe(x).variance),
              error=relative([np.var(x.astype(np.longdouble), ddof=1)], 1e-13), nbytes=x.nbytes, at_least=10, aim=20)


def covariance_rows(rng):
    for d, n, at_least, aim in ((3, 100, 5, 10), (10, 1000, 2, 3), (100, 1000, 1, 2), (1000, 10_000, 1, 2),
                                (10, 100_000, 1.5, 2)):
        x = rng.standard_normal((d, n))
        for ours, peer in ((cov, np.cov), (corrcoef, np.corrcoef)):
            promise = {"dtype": "float64", "peer_name": f"numpy.{peer.__name__}", "at_least": at_least, "aim": aim,
                       "error": relative([peer(x)], (n + 16) * np.finfo(float).eps), "flops": d * (d + 1) * n}
            yield Row(work=f"{ours.__name__} ({d}, {n})", ours=Call(ours, x), peer=Call(peer, x), **promise)
            z = np.ascontiguousarray(x.T)
            yield Row(work=f"{ours.__name__} ({n}, {d}), variables in columns", ours=Call(ours, z, rowvar=False),
                      peer=Call(peer, z, rowvar=False), **promise)


def correlation(x, y, axis=-1):
    x, y = x - x.mean(axis, keepdims=True), y - y.mean(axis, keepdims=True)
    return (x * y).sum(axis) / np.sqrt((x * x).sum(axis) * (y * y).sum(axis))


def bootstrap_rows(rng):
    """SciPy's own resamples on both sides: the intervals are the same."""
    x = rng.standard_exponential(1000)
    y = x + rng.standard_normal(1000)
    for name, f, data, at_least, aim in (("mean", np.mean, (x,), 5, 20), ("std", np.std, (x,), 4, 10),
                                         ("median", np.median, (x,), 4, 10),
                                         ("correlation", correlation, (x, y), 4, 10)):
        options = {"rng": 1, "paired": len(data) == 2}
        expected = scipy.stats.bootstrap(data, f, **options).confidence_interval
        yield Row(work=f"bootstrap of the {name}, BCa, n = 1000", dtype="float64", peer_name="scipy.stats.bootstrap",
                  ours=Call(lambda d=data, s=name, o=options: tuple(bootstrap(d, s, **o).confidence_interval)),
                  peer=Call(lambda d=data, s=f, o=options: tuple(scipy.stats.bootstrap(d, s, **o).confidence_interval)),
                  error=relative(expected, 1e-12), at_least=at_least, aim=aim)


def interval_rows(rng):
    x = rng.standard_normal(1000)
    low, high = scipy.stats.ttest_1samp(x, 0).confidence_interval()
    yield Row(work="mean_ci 1000", dtype="float64", peer_name="scipy.stats.ttest_1samp",
              ours=Call(lambda: mean_ci(x)[1:]),
              peer=Call(lambda: tuple(scipy.stats.ttest_1samp(x, 0).confidence_interval())),
              error=relative([low, high], 1e-12), at_least=5, aim=10)
    k = np.arange(101)
    for method in ("wilson", "exact"):
        expected = [scipy.stats.binomtest(int(i), 100).proportion_ci(method=method) for i in k]
        yield Row(work=f"proportion_ci of 101 pairs, {method}", dtype="int64", peer_name="scipy.stats.binomtest",
                  ours=Call(lambda m=method: proportion_ci(k, 100, method=m)[1:]),
                  peer=Call(lambda m=method: tuple(np.transpose(
                      [scipy.stats.binomtest(int(i), 100).proportion_ci(method=m) for i in k]))),
                  error=relative(list(np.transpose(expected)), 4e-12), at_least=10, aim=100)
