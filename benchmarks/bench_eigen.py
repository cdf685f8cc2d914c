"""Eigenvalues and singular values: ours against NumPy and SciPy, one matrix, tall ones and ten thousand small ones."""

import numpy as np
import scipy.linalg

from mathcore import linalg

from .runner import Call, Row

FLOATS = ("float32", "float64")
COUNT = 10_000
SMALL, MEDIUM, LARGE = (2, 4, 8, 16), (32, 64, 128, 256), (512, 1024, 1500)
# at least and aim of batches, by size
BATCHES = {"eigh": {2: (5, 15), 3: (5, 15), 4: (5, 15), 8: (5, 12), 16: (3, 6), 32: (1.5, 3)},
           "svd": {2: (5, 15), 3: (5, 15), 4: (5, 15), 8: (5, 15), 16: (3, 6), 32: (1.5, 3)}}


def rows():
    for dtype in FLOATS:
        rng = np.random.default_rng(0)
        for n in (*SMALL, *MEDIUM, *LARGE):
            promise = (3, 10) if n in SMALL else (1.3, 2.5) if n in MEDIUM else (1.0, 1.5)
            yield from both("eigh", symmetric(rng, (n, n), dtype), f"eigh n={n}", promise, n=n)
        for n in (*SMALL, *MEDIUM, 512, 1024):
            a = rng.standard_normal((n, n), dtype=dtype)
            yield from both("svd", a, f"svd n={n}", (3, 8) if n in SMALL else (1.0, 1.6), n=n)
        for m, n in ((4096, 64), (100_000, 50)):
            yield from both("svd", rng.standard_normal((m, n), dtype=dtype), f"svd ({m}, {n})", (3, 8))
        yield from values_alone(rng, dtype)
        for n in BATCHES["eigh"]:
            yield row("eigh", symmetric(rng, (COUNT, n, n), dtype), f"eigh {COUNT} of n={n}", np.linalg.eigh,
                      "numpy.linalg.eigh", BATCHES["eigh"][n], n=n, curve="batch eigh")
            yield row("svd", rng.standard_normal((COUNT, n, n), dtype=dtype), f"svd {COUNT} of n={n}", np.linalg.svd,
                      "numpy.linalg.svd", BATCHES["svd"][n], n=n, curve="batch svd")


def values_alone(rng, dtype):
    """Without vectors; and what is LAPACK's on both sides."""
    square, tall = rng.standard_normal((100, 100), dtype=dtype), rng.standard_normal((4096, 64), dtype=dtype)
    for name, a in (("eigvalsh", square + square.T), ("svdvals", square), ("svdvals", tall), ("eigvals", square),
                    ("eig", square)):
        yield Row(work=f"{name} {a.shape}", dtype=dtype, peer_name=f"scipy.linalg.{name}", at_least=1.0,
                  nbytes=a.nbytes,
                  ours=Call(getattr(linalg, name), a, check_finite=False),
                  peer=Call(getattr(scipy.linalg, name), a, check_finite=False))


def symmetric(rng, shape, dtype):
    a = rng.standard_normal(shape, dtype=dtype)
    return a + a.swapaxes(-1, -2)


def lost(a, left, values, right):
    """|a - left diag(values) right| and |1 - left' left|, in units of 30 n eps: LAPACK's threshold."""
    wide, left, right = (x.astype(np.float64) for x in (a, left, right))
    unit = 30 * max(a.shape[-2:]) * np.finfo(values.dtype).eps
    product = np.abs((left * values[..., None, :]) @ right - wide).max() / np.abs(wide).max()
    return max(product, np.abs(left.swapaxes(-1, -2) @ left - np.eye(left.shape[-1])).max()) / unit


def row(name, a, work, peer, peer_name, promise, **more):
    m, n = a.shape[-2:]
    at_least, aim = promise
    options = {} if name == "eigh" else {"full_matrices": False}
    theirs = {**options, "check_finite": False} if peer_name.startswith("scipy") else options
    error = (lambda w, v: lost(a, v, w, v.swapaxes(-1, -2))) if name == "eigh" else (lambda u, s, vh: lost(a, u, s, vh))
    return Row(work=work, dtype=a.dtype.name, peer_name=peer_name,
               ours=Call(getattr(linalg, name), a, check_finite=False, **options), peer=Call(peer, a, **theirs),
               at_least=at_least, aim=aim, error=error,
               flops=a.size // (m * n) * (9 * n**3 if name == "eigh" else 4 * m * n * n + 22 * n**3),
               nbytes=2 * a.nbytes, **more)


def both(name, a, work, promise, **more):
    """Against each of the two: the better one counts."""
    for room, label in ((np.linalg, "numpy.linalg"), (scipy.linalg, "scipy.linalg")):
        yield row(name, a, f"{work} | {label.split('.')[0]}", getattr(room, name), f"{label}.{name}", promise, **more)
