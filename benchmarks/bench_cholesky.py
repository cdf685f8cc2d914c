"""Cholesky factors and solutions from them: ours against SciPy, batches against NumPy."""

import numpy as np
import scipy.linalg

from mathcore.linalg import cho_factor, cho_solve, cholesky, cholesky_update

from .runner import Call, Row

FLOATS = ("float32", "float64")


def rows():
    for dtype in FLOATS:
        rng = np.random.default_rng(0)
        for n in (2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048):
            yield factor_row(rng, dtype, n)
        for n in (2, 4, 8, 16, 32):
            yield batch_row(rng, dtype, n)
        for n, m in ((4, 1), (100, 1), (1000, 1), (1000, 100)):
            yield solve_row(rng, dtype, n, m)
        yield update_row(rng, dtype, 1000)


def definite(rng, n, dtype, batch=()):
    x = rng.standard_normal((*batch, n, n)).astype(dtype)
    return x @ x.swapaxes(-1, -2) + n * np.eye(n, dtype=dtype)


def factor_error(a):
    """result -> max |U^T U - A| of the first item over (n + 1) eps |U|^T |U|, Higham's bound; L as its transpose."""
    def error(c):
        u, first = c.reshape(-1, *c.shape[-2:])[0].astype("f8"), a.reshape(-1, *a.shape[-2:])[0]
        if not np.triu(u, 1).any():
            u = u.T
        bound = (len(u) + 1) * np.finfo(c.dtype).eps * (np.abs(u).T @ np.abs(u))
        return np.max(np.abs(u.T @ u - first) / bound)
    return error


def promised(n):
    if n <= 16:
        return {"at_least": 4, "aim": 10}
    return {"at_least": 1.8, "aim": 4} if n <= 256 else {"at_least": 1.2, "aim": 1.6}


def factor_row(rng, dtype, n):
    a = definite(rng, n, dtype)
    return Row(work=f"cholesky n={n}", dtype=dtype, peer_name="scipy.linalg.cholesky",
               ours=Call(cholesky, a, check_finite=False), peer=Call(scipy.linalg.cholesky, a, check_finite=False),
               error=factor_error(a), flops=n**3 / 3, nbytes=2 * a.nbytes, curve="cholesky", n=n, **promised(n))


def batch_row(rng, dtype, n):
    a = definite(rng, n, dtype, (10_000,))
    at_least, aim = (5, 20) if n <= 8 else (3, 8) if n == 16 else (1.5, 3)
    return Row(work=f"cholesky of 10 000, n={n}", dtype=dtype, peer_name="np.linalg.cholesky",
               ours=Call(cholesky, a, lower=True, check_finite=False), peer=Call(np.linalg.cholesky, a),
               error=factor_error(a), flops=len(a) * n**3 / 3, nbytes=2 * a.nbytes, at_least=at_least, aim=aim)


def solve_row(rng, dtype, n, m):
    a = definite(rng, n, dtype)
    b = rng.standard_normal((n, m)).astype(dtype)
    factor, peers = cho_factor(a), scipy.linalg.cho_factor(a)

    def error(x):
        u = np.abs(np.triu(factor[0])).astype("f8")
        bound = 3 * (n + 1) * np.finfo(x.dtype).eps * (u.T @ (u @ np.abs(x)))
        return np.max(np.abs(a.astype("f8") @ x - b) / bound)

    return Row(work=f"cho_solve n={n}, {m} columns", dtype=dtype, peer_name="scipy.linalg.cho_solve",
               ours=Call(cho_solve, factor, b, check_finite=False),
               peer=Call(scipy.linalg.cho_solve, peers, b, check_finite=False), error=error,
               flops=2 * n * n * m, nbytes=a.nbytes + 2 * b.nbytes, at_least=1, aim=1.5)


def update_row(rng, dtype, n):
    """Against a new factor of the sum, SciPy having no update."""
    a = definite(rng, n, dtype)
    x = rng.standard_normal(n).astype(dtype)
    sum_ = a + np.outer(x, x)
    return Row(work=f"cholesky_update n={n}", dtype=dtype, peer_name="scipy.linalg.cholesky",
               ours=Call(cholesky_update, cholesky(a), x, check_finite=False),
               peer=Call(scipy.linalg.cholesky, sum_, check_finite=False), error=factor_error(sum_),
               flops=3 * n * n, nbytes=2 * a.nbytes, at_least=1.5, aim=4)
