"""Distributions against scipy.stats: a number, 1000 and 10^6 values; samples; the multivariate normal; the import."""

import subprocess
import sys

import numpy as np
import scipy.stats

from mathcore import stats

from .runner import Call, Row

SHAPES = {"norm": (), "expon": (), "gamma": (2.5,), "beta": (2.5, 3.5), "binom": (20, 0.3), "poisson": (4.5,)}
OTHERS = {"t": (7.0,), "lognorm": (0.5,), "weibull_min": (1.5,), "chi2": (5,), "f": (3, 9), "uniform": (),
          "laplace": (), "logistic": (), "cauchy": (), "bernoulli": (0.3,), "geom": (0.3,), "randint": (1, 7),
          "nbinom": (5, 0.3), "hypergeom": (100, 30, 20)}
SIZES = ((1, "a number", 20, 60), (1000, "1000", 5, 15), (1_000_000, "10^6", 2, 6))


def rows():
    for name, shapes in SHAPES.items():
        yield from methods(name, shapes, SIZES)
    for name, shapes in OTHERS.items():
        yield from methods(name, shapes, SIZES[1:2])
    for name, shapes in {**SHAPES, **OTHERS}.items():
        yield sampling(name, shapes)
    for d in (2, 10, 50):
        yield multivariate(d)
    yield importing()


def near(expected, bound):
    """Error in units of bound, relative where that is more than 1e-300."""
    def error(got):
        with np.errstate(invalid="ignore"):
            gap = np.where(got == expected, 0, np.abs(got - expected) / np.maximum(np.abs(expected), 1e-300))
        return np.max(gap) / bound
    return error


def methods(name, shapes, sizes):
    ours, theirs = getattr(stats, name), getattr(scipy.stats, name)
    rng = np.random.default_rng(0)
    x = theirs.rvs(*shapes, size=1_000_000, random_state=rng).astype(float)
    q = rng.random(1_000_000)
    for method in ("pmf", "logpmf", "cdf", "ppf") if ours.discrete else ("pdf", "logpdf", "cdf", "ppf"):
        values = q if method == "ppf" else x
        for n, word, at_least, aim in sizes:
            some = float(values[0]) if n == 1 else values[:n]
            # SciPy's own are good to 1e-12 here; of a logarithm near 0 to that of 1
            expected = getattr(theirs, method)(some, *shapes)
            bound = near(expected, 1e-11) if not method.startswith("log") else (
                lambda got, e=expected: np.max(np.abs(got - e)) / 1e-11)
            work = f"{name}{shapes}.{method}, {word}".replace(",)", ")")
            yield Row(work=work, dtype="float64", peer_name="scipy.stats",
                      ours=Call(getattr(ours, method), some, *shapes),
                      peer=Call(getattr(theirs, method), some, *shapes), error=bound, nbytes=16 * n,
                      at_least=at_least, aim=aim)


def sampling(name, shapes):
    ours, theirs = getattr(stats, name), getattr(scipy.stats, name)
    a, b = np.random.default_rng(1), np.random.default_rng(1)
    return Row(work=f"{name}.rvs 10^6", dtype="float64", peer_name="scipy.stats",
               ours=Call(ours.rvs, *shapes, size=1_000_000, random_state=a),
               peer=Call(theirs.rvs, *shapes, size=1_000_000, random_state=b), error=lambda x: 0.0 * np.mean(x),
               nbytes=8_000_000, at_least=1.0, aim=1.5)


def multivariate(d):
    rng = np.random.default_rng(d)
    root, mean, x = rng.standard_normal((d, d)), rng.standard_normal(d), rng.standard_normal((100_000, d))
    cov = root @ root.T + np.eye(d)
    expected = scipy.stats.multivariate_normal.logpdf(x, mean, cov)
    return Row(work=f"multivariate_normal.logpdf, 10^5 points, d = {d}", dtype="float64", peer_name="scipy.stats",
               ours=Call(stats.multivariate_normal.logpdf, x, mean, cov),
               peer=Call(scipy.stats.multivariate_normal.logpdf, x, mean, cov), error=near(expected, 1e-11),
               flops=100_000 * d * d, nbytes=x.nbytes, at_least=3, aim=10)


def importing():
    """Against 40 ms, which is what the room may take beyond NumPy."""
    code = "import time, numpy; t = time.perf_counter(); import mathcore.stats, sys; print(time.perf_counter() - t);" \
           "assert 'scipy.stats' not in sys.modules"

    def load():
        return float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)

    return Row(work="import mathcore.stats, beyond NumPy", dtype="float64", unit="ms", at_least=40, aim=30, once=True,
               measure=lambda threads, samples: ([load() for _ in range(max(5, samples))], None))
