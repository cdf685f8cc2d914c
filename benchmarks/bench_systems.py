"""LU and linear systems: ours against scipy.linalg, one matrix at a time."""

import numpy as np
import scipy.linalg

from mathcore.linalg import det, inv, lu_factor, lu_solve, slogdet, solve, solve_triangular

from .bench_matmul import FLOATS, residual
from .runner import Call, Row

LARGE, MIDDLE, SMALL = (512, 1024, 2048), (32, 64, 128, 256), (2, 3, 4, 8, 16)
PASS = 30           # LAPACK's threshold for its test ratios
# 80 % of the rate of our own products, which reach 92 % of the peak
OF_PEAK = 0.8 * 0.92


def rows():
    for dtype in FLOATS:
        for n in (*LARGE, *MIDDLE, *SMALL):
            rng = np.random.default_rng(n)
            yield from factor_rows(rng, dtype, n)
            yield from determinant_rows(rng, dtype, n)
            yield from substitution_rows(rng, dtype, n)
        yield fixed_cost(dtype)


def promised(n, **more):
    """At least and aim by size, against SciPy."""
    if n in LARGE:
        return {"at_least": 1.1, "aim": 1.3, **more}
    return {"at_least": 1.5, "aim": 3} if n in MIDDLE else {"at_least": 4, "aim": 15}


# ------------------------------------------------------------------ accuracy: LAPACK's test ratios, 1 where they pass

def unit_roundoff(x):
    return np.finfo(x.dtype).eps / 2


def norm1(x):
    """Of each matrix of a batch."""
    return np.abs(x).astype(np.float64).sum(axis=-2).max(axis=-1)


def unpacked(lu, piv):
    """l, u and the order of the rows, of factors in one array."""
    order = np.arange(len(lu))
    for i, j in enumerate(piv):
        order[[i, j]] = order[[j, i]]
    return np.tril(lu, -1) + np.eye(len(lu), dtype=lu.dtype), np.triu(lu), order


def lu_error(a):
    """norm(a - l u) / (n norm(a) eps)."""
    def error(lu, piv):
        low, up, order = unpacked(lu, piv)
        return norm1(residual(a[order], low, up)) / (PASS * len(a) * norm1(a) * unit_roundoff(a))
    return error


def solve_error(a, b):
    """norm(b - a x) / (norm(a) norm(x) eps), the largest of a batch."""
    b = b[:, None] if b.ndim == 1 else b

    def error(x):
        x = x.reshape(b.shape)
        return np.max(norm1(residual(b, a, x)) / (PASS * norm1(a) * norm1(x) * unit_roundoff(a)))
    return error


def inverse_error(a):
    """norm(1 - x a) / (n norm(a) norm(x) eps), on the better side, the largest of a batch."""
    def error(x):
        one = np.eye(a.shape[-1])
        rest = np.minimum(norm1(residual(one, x, a)), norm1(residual(one, a, x)))
        return np.max(rest / (PASS * a.shape[-1] * norm1(a) * norm1(x) * unit_roundoff(a)))
    return error


def determinant_error(a):
    """Relative, in units of n eps and the condition, to which any backward stable algorithm keeps; as logarithms."""
    wide = a.astype(np.float64)
    sign, logarithm = np.linalg.slogdet(wide)
    unit = PASS * a.shape[-1] * unit_roundoff(a) * np.linalg.cond(wide)

    def error(s, log):
        log_unit = unit + np.finfo(log.dtype).eps * np.abs(logarithm)       # the rounding of the logarithm itself
        return np.max(np.where(s == sign, np.abs(log - logarithm) / log_unit, np.inf))
    return error


# ------------------------------------------------------------------ rows

def factor_rows(rng, dtype, n):
    a, b = rng.standard_normal((n, n), dtype=dtype), rng.standard_normal(n, dtype=dtype)
    cubes = 2 / 3 * n**3
    for name, f, peer, args, error, flops, more in (
        ("lu_factor", lu_factor, scipy.linalg.lu_factor, (a,), lu_error(a), cubes, {"aim_of_limit": OF_PEAK}),
        ("solve", solve, scipy.linalg.solve, (a, b), solve_error(a, b), cubes + 2 * n * n, {}),
        ("inv", inv, scipy.linalg.inv, (a,), inverse_error(a), 2 * n**3, {}),
    ):
        yield Row(work=f"{name} n={n}", dtype=dtype, peer_name=f"scipy.linalg.{name}", curve=name, n=n,
                  ours=Call(f, *args, check_finite=False), peer=Call(peer, *args, check_finite=False), error=error,
                  flops=flops, nbytes=2 * a.nbytes, **promised(n, **more))


def determinant_rows(rng, dtype, n):
    """Scaled so that no determinant leaves float64's range: entries of size 1 / sqrt(n / e)."""
    a = rng.standard_normal((n, n), dtype=dtype) * np.asarray(np.sqrt(np.e / n), dtype)
    error = determinant_error(a)
    promise = {"dtype": dtype, "flops": 2 / 3 * n**3, "nbytes": a.nbytes, "n": n}
    of_table = promised(n) if n in SMALL else {"at_least": 1.0}
    yield Row(work=f"det n={n}", peer_name="scipy.linalg.det", curve="det", ours=Call(det, a, check_finite=False),
              peer=Call(scipy.linalg.det, a, check_finite=False), **promise, **of_table,
              error=lambda d: error(np.sign(d), np.log(np.abs(d))))
    yield Row(work=f"slogdet n={n}", peer_name="numpy.linalg.slogdet", curve="slogdet", ours=Call(slogdet, a),
              peer=Call(np.linalg.slogdet, a), error=error, at_least=1.0, **promise)


def substitution_rows(rng, dtype, n):
    """With the factors at hand: one right-hand side, and n."""
    a = rng.standard_normal((n, n), dtype=dtype)
    factors = scipy.linalg.lu_factor(a)
    low, up, order = unpacked(*factors)
    triangle = np.ascontiguousarray(up)
    for k in (1, n):
        b = rng.standard_normal((n, k), dtype=dtype)
        promise = {"dtype": dtype, "nbytes": a.nbytes + 2 * b.nbytes, "at_least": 1.0}
        yield Row(work=f"lu_solve n={n}, {k} columns", peer_name="scipy.linalg.lu_solve", flops=2 * n * n * k,
                  ours=Call(lu_solve, factors, b, check_finite=False), error=factored_error(low, up, b[order]),
                  peer=Call(scipy.linalg.lu_solve, factors, b, check_finite=False), **promise)
        yield Row(work=f"solve_triangular n={n}, {k} columns", peer_name="scipy.linalg.solve_triangular",
                  flops=n * n * k, ours=Call(solve_triangular, triangle, b, check_finite=False),
                  peer=Call(scipy.linalg.solve_triangular, triangle, b, check_finite=False),
                  error=solve_error(triangle, b), **promise)


def factored_error(low, up, b):
    """norm(b - l u x) / (norm(|l| |u|) norm(x) eps)."""
    product = low.astype(np.float64) @ up
    scale = norm1(np.abs(low).astype(np.float64) @ np.abs(up))

    def error(x):
        rest = norm1(residual(b, product, x))           # of the rounded product: its error is in the scale
        return rest / (PASS * scale * norm1(x) * unit_roundoff(x))
    return error


def fixed_cost(dtype):
    a, b = np.array([[3, 1], [1, 2]], dtype), np.array([9, 8], dtype)
    return Row(work="fixed cost of solve n=2", dtype=dtype, peer_name="scipy.linalg.solve", unit="us",
               ours=Call(solve, a, b, check_finite=False), peer=Call(scipy.linalg.solve, a, b, check_finite=False),
               error=solve_error(a, b), at_least=1.0, aim=0.7)
