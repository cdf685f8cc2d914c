"""Naive Bayes against scikit-learn, where it is installed; Bayes' rule and predictives against NumPy and SciPy."""

import numpy as np
import scipy.special
import scipy.stats

from mathcore import models
from mathcore.bayes import BetaBinomial, GammaPoisson, posterior, sequential_update

from .runner import Call, Row


def rows():
    yield from naive_bayes_rows()
    yield from discrete_rows()
    yield from predictive_rows()


def near(expected, bound):
    return lambda found: np.max(np.abs(found - expected)) / bound


def naive_bayes_rows():
    try:
        from sklearn import naive_bayes as peers
    except ImportError:
        return
    rng = np.random.default_rng(0)
    for n, d, k in ((100_000, 50, 10), (1000, 784, 10), (100, 50, 10), (100, 4, 3)):
        y = rng.integers(0, k, n)
        x = rng.standard_normal((n, d)) + rng.standard_normal((k, d))[y]
        counts = np.floor(np.abs(2 * x))
        for name, data, at_least, aim in (
                ("GaussianNB", x, 3, 10), ("GaussianNB", x.astype(np.float32), 3, 10), ("MultinomialNB", counts, 1, 2),
                ("MultinomialNB", counts.astype(np.int64), 1, 3), ("BernoulliNB", x, 3, 10)):
            def fit(room, name=name, data=data, y=y):
                return getattr(room, name)().fit(data, y).predict(data)

            expected = fit(peers)
            # rounding may turn one row of ten thousand that lies between two classes
            yield Row(work=f"{name} fit and predict ({n}, {d}), {k} classes", dtype=data.dtype.name,
                      peer_name=f"sklearn {name}", ours=Call(fit, models), peer=Call(fit, peers),
                      error=lambda p, e=expected: np.mean(p != e) / 1e-4, at_least=at_least, aim=aim,
                      nbytes=2 * data.nbytes)


def discrete_rows():
    rng = np.random.default_rng(1)
    for batch, k in ((1, 4), (10_000, 10)):
        prior, likelihood = np.full(k, 1 / k), rng.random((batch, k))

        def peer(prior=prior, likelihood=likelihood):
            both = np.log(prior) + np.log(likelihood)
            return np.exp(both - scipy.special.logsumexp(both, axis=-1, keepdims=True))

        yield Row(work=f"posterior ({batch}, {k})", dtype="float64", peer_name="scipy.special.logsumexp and NumPy",
                  ours=Call(lambda p=prior, q=likelihood: posterior(p, q).probabilities), peer=Call(peer),
                  error=near(peer(), 1e-14), at_least=1)
    biases = np.array([0.49, 0.5, 0.51, 0.52])
    steps = np.where(rng.random(100_000)[:, None] < 0.51, biases, 1 - biases)

    def cumulated():
        logs = np.cumsum(np.log(np.concatenate([np.full((1, 4), 0.25), steps])), axis=0)
        return np.exp(logs - scipy.special.logsumexp(logs, axis=1, keepdims=True))

    yield Row(work="sequential_update (100000, 4)", dtype="float64", peer_name="numpy.cumsum, scipy.special.logsumexp",
              ours=Call(sequential_update, np.full(4, 0.25), steps), peer=Call(cumulated),
              error=near(cumulated(), 1e-9), at_least=1, aim=2)


def predictive_rows():
    rng = np.random.default_rng(2)
    s, k = rng.integers(0, 100, 100_000), rng.poisson(20.0, 100_000)
    for work, ours, peer in (
            ("BetaBinomial.predictive, 10^5 counts of 100", Call(BetaBinomial(2.5, 0.7).predictive, s, 100),
             Call(scipy.stats.betabinom.logpmf, s, 100, 2.5, 0.7)),
            ("GammaPoisson.predictive, 10^5 counts", Call(GammaPoisson(2.5, 0.1).predictive, k),
             Call(scipy.stats.nbinom.logpmf, k, 2.5, 0.1 / 1.1))):
        yield Row(work=work, dtype="float64", peer_name="scipy.stats", ours=ours, peer=peer, at_least=1, aim=2,
                  error=near(peer(), 1e-12))
