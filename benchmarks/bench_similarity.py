"""Cosine similarity and kernel matrices against scikit-learn, where it is installed."""

import numpy as np

from mathcore.distance import kernels, similarity

from .runner import Call, Row

SHAPE = 2000, 2000, 128


def peer_or_none():
    try:
        import sklearn.metrics.pairwise
    except ImportError:
        return None
    return sklearn.metrics.pairwise


def rows():
    peer = peer_or_none()
    if peer is None:
        return
    for dtype in ("float64", "float32"):
        yield row(peer, "cosine_similarity", SHAPE, dtype, 1.5, 2.5)
        yield row(peer, "cosine_similarity", SHAPE, dtype, 1.5, 2.5, alone=True)
        yield row(peer, "rbf_kernel", (2000, 2000, 64), dtype, 2, 4)
        yield row(peer, "rbf_kernel", (2000, 2000, 64), dtype, 2, 4, alone=True)
        yield row(peer, "rbf_kernel", (2000, 2000, 8), dtype, 2, 4)
        yield row(peer, "laplacian_kernel", (1000, 1000, 64), dtype, 4, 10)
        yield row(peer, "polynomial_kernel", (2000, 2000, 64), dtype, 2, 4)
        yield row(peer, "sigmoid_kernel", (2000, 2000, 64), dtype, 2, 4)
        yield row(peer, "linear_kernel", (2000, 2000, 64), dtype, 1, 1.5)
    yield row(peer, "cosine_similarity", (10, 10, 16), "float64", 3, 6)
    yield row(peer, "rbf_kernel", (10, 10, 16), "float64", 3, 6)
    yield sparse(peer)
    yield documents()


def row(peer, name, shape, dtype, at_least, aim, *, alone=False):
    m, n, d = shape
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((m, d)).astype(dtype), rng.standard_normal((n, d)).astype(dtype)
    args = (x,) if alone else (x, y)
    ours, theirs = getattr(similarity, name, None) or getattr(kernels, name), getattr(peer, name)
    expected = theirs(*(a.astype(np.float64) for a in args))
    size = np.abs(expected).max()

    def error(found):
        """A squared distance may have 16 (d + 5) roundings; the exponential multiplies them by gamma s, below 10."""
        return np.max(np.abs(found - expected)) / (160 * (d + 5) * np.finfo(dtype).eps * size)

    def narrowed(*args):
        """scikit-learn's is float64 for any data."""
        return theirs(*args).astype(dtype)

    direct = name == "laplacian_kernel"
    return Row(work=f"{name} {'X alone ' if alone else ''}{shape}", dtype=dtype, peer_name=f"sklearn {name}",
               error=error, ours=Call(ours, *args), peer=Call(narrowed if direct else theirs, *args),
               at_least=at_least, aim=aim, flops=0 if direct else 2 * m * n * d / (2 if alone else 1),
               nbytes=sum(a.nbytes for a in args) + m * n * x.itemsize)


def sparse(peer):
    """Documents as TF counts: 2000 of about 50 of 5000 terms."""
    import scipy.sparse

    x = scipy.sparse.random_array((2000, 5000), density=0.01, format="csr", rng=0)
    expected = peer.cosine_similarity(x)
    return Row(work="cosine_similarity sparse (2000, 5000), 1 %", dtype="float64",
               peer_name="sklearn cosine_similarity", at_least=1.5, aim=3,
               error=lambda k: np.abs(k - expected).max() / (100 * np.finfo(float).eps),
               ours=Call(similarity.cosine_similarity, x), peer=Call(peer.cosine_similarity, x))


def documents():
    """Tokenizing is Python's on both sides."""
    from sklearn.feature_extraction.text import CountVectorizer

    rng = np.random.default_rng(0)
    words = np.array(["".join(rng.choice(list("abcdefghij"), 6)) for _ in range(5000)])
    texts = [" ".join(rng.choice(words, 100)) for _ in range(500)]
    return Row(work="term_counts of 500 documents of 100 words", dtype="str", peer_name="sklearn CountVectorizer",
               at_least=1, aim=1.5, ours=Call(similarity.term_counts, texts),
               peer=Call(lambda: CountVectorizer().fit_transform(texts)))
