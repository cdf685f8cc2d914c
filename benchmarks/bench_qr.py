"""QR: ours against scipy.linalg.qr, one matrix, tall ones and batches."""

import numpy as np
import scipy.linalg

from mathcore.linalg import qr

from .runner import Call, Row

FLOATS = ("float32", "float64")


def rows():
    for dtype in FLOATS:
        rng = np.random.default_rng(0)
        yield from square(rng, dtype)
        yield pivoted(rng, dtype)
        yield from tall(rng, dtype)
        yield from batches(rng, dtype)


def defect(a):
    """(Q, R) -> |a - Q R| or |Q^T Q - I|, in units of 30 m eps (of |a|): LAPACK's threshold."""
    m = a.shape[-2]
    wide = a.astype(np.float64)

    def error(q, r, p=None):
        eps = np.finfo(q.dtype).eps
        q, r = q.astype(np.float64), r.astype(np.float64)
        b = wide if p is None else wide[:, p]
        product = np.abs(q @ r - b).max() / np.abs(b).max()
        orthogonal = np.abs(q.swapaxes(-1, -2) @ q - np.eye(q.shape[-1])).max()
        return max(product, orthogonal) / (30 * m * eps)

    return error


def first_failing(a, **options):
    """Ours, checked once before it is timed; R is what the runner compares."""
    error = defect(a)
    if error(*qr(a, mode="economic", **options)) > 1:
        raise ValueError("Q R is not a, or Q is not orthogonal")


def row(a, work, peer=scipy.linalg.qr, **promise):
    """Flops of R and of the economic Q."""
    first_failing(a)
    m, n = a.shape[-2:]
    count = a.size // (m * n)
    return Row(work=work, dtype=a.dtype.name, peer_name=promise.pop("peer_name", "scipy.linalg.qr"),
               ours=Call(qr, a, mode="economic", check_finite=False), peer=promise.pop("call", None) or Call(
                   peer, a, mode="economic", check_finite=False),
               flops=4 * count * n * n * (m - n / 3), nbytes=2 * a.nbytes, **promise)


def square(rng, dtype):
    for n in (512, 1024, 2048):
        yield row(rng.standard_normal((n, n), dtype=dtype), f"qr n={n}", at_least=1.3, aim=1.7, curve="qr", n=n)
    for n in (32, 64, 128, 256):
        yield row(rng.standard_normal((n, n), dtype=dtype), f"qr n={n}", at_least=2, aim=4, curve="qr", n=n)
    for n in (2, 4, 8, 16):
        yield row(rng.standard_normal((n, n), dtype=dtype), f"qr n={n}", at_least=5, aim=15, curve="qr", n=n)


def pivoted(rng, dtype, n=512):
    a = rng.standard_normal((n, n), dtype=dtype)
    first_failing(a, pivoting=True)
    options = {"mode": "economic", "pivoting": True, "check_finite": False}
    return Row(work=f"pivoted qr n={n}", dtype=dtype, peer_name="scipy.linalg.qr", ours=Call(qr, a, **options),
               peer=Call(scipy.linalg.qr, a, **options), flops=8 / 3 * n**3, at_least=1.5, aim=5)


def tall(rng, dtype):
    for m, n in ((1_000_000, 32), (100_000, 128)):
        yield row(rng.standard_normal((m, n), dtype=dtype), f"qr ({m}, {n})", at_least=4, aim=12)


def batches(rng, dtype, count=10_000):
    for sizes, at_least, aim in (((2, 4, 8), 5, 20), ((16,), 3, 8), ((32,), 1.5, 3)):
        for n in sizes:
            a = rng.standard_normal((count, n, n), dtype=dtype)
            yield row(a, f"qr {count} of n={n}", call=Call(np.linalg.qr, a), peer_name="np.linalg.qr",
                      at_least=at_least, aim=aim, curve="qr batch", n=n)
