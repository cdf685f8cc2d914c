"""Entropies and divergences of rows of probabilities against SciPy, which normalises what it is given."""

import numpy as np
import scipy.special
import scipy.stats
from scipy.spatial.distance import jensenshannon

from mathcore.information import (
    cross_entropy,
    entropy,
    entropy_from_logits,
    js_divergence,
    kl_divergence,
    kl_from_logits,
    mutual_information_from_samples,
)

from .bench_special import FLOATS
from .runner import Call, Row


def rows():
    for dtype in FLOATS:
        rng = np.random.default_rng(0)
        p, q = (rng.dirichlet(np.ones(100), 10_000).astype(dtype) for _ in range(2))
        yield from row_rows(p, q)
        x, y = 3 * rng.standard_normal((2, 10_000, 100), dtype=dtype)
        yield from logit_rows(x, y)
        p, q = rng.dirichlet(np.ones(10), 2).astype(dtype)
        yield from small_rows(p, q)
    yield counted_row(np.random.default_rng(0))


def bounded(expected, dtype):
    """A function of a result: its largest error over 32 eps, the sum of 14 of ours and of the rounding of the data."""
    unit = 32 * np.finfo(dtype).eps * np.abs(expected)
    return lambda found: np.max(np.abs(found - expected) / unit)


def peers(p, q):
    """function -> (how SciPy does it, the same in float64)."""
    def js(p, q):
        return jensenshannon(p, q, axis=-1) ** 2

    def kl(p, q):
        return scipy.stats.entropy(p, q, axis=-1)

    def cross(p, q):
        return -np.sum(scipy.special.xlogy(p, q), axis=-1)

    return {entropy: ("scipy.stats.entropy", lambda p: scipy.stats.entropy(p, axis=-1), (p,)),
            kl_divergence: ("scipy.stats.entropy(p, q)", kl, (p, q)),
            js_divergence: ("scipy jensenshannon ** 2", js, (p, q)),
            cross_entropy: ("scipy.special.xlogy, sum", cross, (p, q))}


def row_rows(p, q):
    for f, (name, peer, args) in peers(p, q).items():
        expected = peer(*(a.astype(np.float64) for a in args))
        yield Row(work=f"{f.__name__} of 10^4 rows of 100", dtype=p.dtype.name, peer_name=name, ours=Call(f, *args),
                  peer=Call(peer, *args), error=bounded(expected, p.dtype), nbytes=sum(a.nbytes for a in args),
                  at_least=4 if f is cross_entropy else 5, aim=8 if f is cross_entropy else 20)


def small_rows(p, q):
    for f, (name, peer, args) in peers(p, q).items():
        if f is cross_entropy:
            continue                     # SciPy has none; NumPy's two calls are no peer of its overhead
        expected = peer(*(a.astype(np.float64) for a in args))
        yield Row(work=f"{f.__name__} of 10", dtype=p.dtype.name, peer_name=name, ours=Call(f, *args),
                  peer=Call(peer, *args), error=bounded(expected, p.dtype), at_least=10, aim=50)


def logit_rows(x, y):
    def softmax_entropy(x):
        log_p = scipy.special.log_softmax(x, axis=1)
        return -np.sum(np.exp(log_p) * log_p, axis=1)

    def softmax_kl(x, y):
        lp, lq = scipy.special.log_softmax(x, axis=1), scipy.special.log_softmax(y, axis=1)
        return np.sum(np.exp(lp) * (lp - lq), axis=1)

    for f, peer, args, at_least, aim in ((entropy_from_logits, softmax_entropy, (x,), 2, 5),
                                         (kl_from_logits, softmax_kl, (x, y), 2, 5)):
        expected = peer(*(a.astype(np.longdouble) for a in args)).astype(np.float64)
        yield Row(work=f"{f.__name__} of 10^4 rows of 100", dtype=x.dtype.name, peer_name="scipy.special and NumPy",
                  ours=Call(f, *args), peer=Call(peer, *args), error=bounded(expected, x.dtype),
                  nbytes=sum(a.nbytes for a in args), at_least=at_least, aim=aim)


def counted_row(rng):
    x, y = rng.integers(0, 50, (2, 1_000_000))

    def peer(x, y):
        table = np.zeros((50, 50))
        np.add.at(table, (x, y), 1)
        table /= x.size
        return scipy.special.rel_entr(table, np.multiply.outer(table.sum(1), table.sum(0))).sum()

    expected = peer(x, y)
    return Row(work="mutual_information_from_samples of 10^6 pairs", dtype="int64", peer_name="numpy.add.at, rel_entr",
               ours=Call(mutual_information_from_samples, x, y), peer=Call(peer, x, y),
               error=lambda found: abs(found - expected) / (1e-13 + 1e-9 * expected), at_least=1)
