"""Small matrices for the kernels' tests: stacks by kind, and each verb as a function that allocates what it returns.

Results start as 7 (-1 where whole numbers), so that what is not written shows.
"""

import numpy as np

from mathcore._kernels import small

DTYPES = ("float32", "float64")
ORDERS = (1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 13, 15, 16, 17, 23, 31, 32)


def stack(count, n, dtype, seed=0):
    return np.random.default_rng([seed, count, n]).standard_normal((count, n, n)).astype(dtype)


def kinds(kind, n, dtype, count=3):
    return np.stack([kind(n, dtype, np.random.default_rng([n, i])) for i in range(count)])


def worst(ratio, *stacks):
    return max((ratio(*items) for items in zip(*stacks, strict=True)), default=0)


# ------------------------------------------------------------------ verbs

def lu(a, workers=1):
    x, pivots, info = np.empty_like(a), np.full(a.shape[:2], -1, np.int32), np.full(len(a), -1, np.int32)
    small.lu(a, x, pivots, info, workers, "lu")
    return x, pivots, info


def solve(a, b, trans=False, workers=1):
    count = max(len(a), len(b))
    x, info = np.full((count, *b.shape[1:]), 7, a.dtype), np.full(count, -1, np.int32)
    omega, rcond = np.full((2, count), 7, a.dtype)
    small.solve(a, b, trans, x, info, omega, rcond, workers, "solve")
    return x, info, omega, rcond


def inv(a, workers=1):
    x, info, rcond = np.empty_like(a), np.full(len(a), -1, np.int32), np.full(len(a), 7, a.dtype)
    small.inv(a, x, info, rcond, workers, "inv")
    return x, info, rcond


def det(a, workers=1):
    x = np.full(len(a), 7, a.dtype)
    small.det(a, x, workers, "det")
    return (x,)


def slogdet(a, workers=1):
    sign, logarithm = np.full((2, len(a)), 7, a.dtype)
    small.slogdet(a, sign, logarithm, workers, "slogdet")
    return sign, logarithm


def solve_three(a, workers=1):
    """Right-hand sides that go with the matrix, wherever it stands in the batch."""
    return solve(a, np.ascontiguousarray(a[:, :, :1] + a[:, ::-1, -1:] * np.array([0, 1, 3], a.dtype)), workers=workers)


def cholesky(a, lower=True, workers=1):
    x, info = np.full_like(a, 7), np.full(len(a), -1, np.int32)
    small.cholesky(a, lower, x, info, workers, "cholesky")
    return x, info


def qr(a, workers=1):
    (count, m, n), dtype = a.shape, a.dtype
    q, r = np.full((count, m, min(m, n)), 7, dtype), np.full((count, min(m, n), n), 7, dtype)
    small.qr(a, q, r, workers, "qr")
    return q, r


def qr_raw(a, workers=1):
    x, tau = np.full_like(a, 7), np.full((len(a), min(a.shape[1:])), 7, a.dtype)
    small.qr_raw(a, x, tau, workers, "qr")
    return x, tau


def lstsq(a, b, workers=1):
    x, ratio = np.full((len(a), a.shape[2], b.shape[2]), 7, a.dtype), np.full(len(a), 7, a.dtype)
    small.lstsq(a, b, x, ratio, workers, "lstsq")
    return x, ratio


def lstsq_tall(a, workers=1):
    """Two more rows than columns, and right-hand sides, from one square matrix."""
    last = max(a.shape[-1] - 2, 1)
    return lstsq(np.ascontiguousarray(a[:, :, :last]), np.ascontiguousarray(a[:, :, -2:]), workers=workers)


def triangular(a, b, lower, unit, trans, workers=1):
    x, info = np.full((max(len(a), len(b)), *b.shape[1:]), 7, a.dtype), np.full(max(len(a), len(b)), -1, np.int32)
    small.solve_triangular(a, b, lower, unit, trans, x, info, workers, "solve_triangular")
    return x, info


def upper_three(a, workers=1):
    return triangular(a, np.ascontiguousarray(a[:, :, :1] * np.array([1, 2, 3], a.dtype)), False, False, True, workers)


def cholesky_of(a, workers=1):
    """Positive definite where `a` is not far from random."""
    b = np.tril(a, -1) + np.eye(a.shape[-1], dtype=a.dtype) * a.dtype.type(64) + np.abs(np.tril(np.triu(a)))
    return cholesky(b, workers=workers)


def eigen(a, lower=True, vectors=True, workers=1):
    w, v = np.full(a.shape[:2], 7, a.dtype), np.full_like(a, 7) if vectors else None
    info = np.full(len(a), 9, np.int32)
    small.eigen(a, lower, w, v, info, workers, "eigh")
    return w, v, info


def svd(a, vectors=True, workers=1):
    (count, m, n), k, dtype = a.shape, min(a.shape[1:]), a.dtype
    s, info = np.full((count, k), 7, dtype), np.full(count, 9, np.int32)
    u, vh = (np.full((count, *shape), 7, dtype) if vectors else None for shape in ((m, k), (k, n)))
    small.svd(a, u, s, vh, info, workers, "svd")
    return u, s, vh, info


VERBS = {
    "lu": lu, "solve": solve_three, "inv": inv, "det": det, "slogdet": slogdet,
    "cholesky": cholesky_of, "qr": qr, "qr_raw": qr_raw, "lstsq": lstsq_tall, "solve_triangular": upper_three,
    "eigen": eigen, "svd": svd,
}
