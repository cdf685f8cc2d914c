"""Least squares: ours against scipy.linalg.lstsq."""

import numpy as np
import scipy.linalg

from mathcore.linalg import lstsq

from .runner import Call, Row

FLOATS = ("float32", "float64")


def rows():
    for dtype in FLOATS:
        rng = np.random.default_rng(0)
        yield row(rng, dtype, 10_000, 50, at_least=3, aim=10)
        for m, n in ((1000, 20), (200, 50), (500, 500)):
            yield row(rng, dtype, m, n)


def row(rng, dtype, m, n, **promise):
    a, b = rng.standard_normal((m, n), dtype=dtype), rng.standard_normal(m, dtype=dtype)

    def error(x):
        """|a^T (b - a x)| over the rounding that a stable method may show."""
        wide, norm = a.astype(np.float64), np.linalg.norm
        unit = 8 * m * np.finfo(dtype).eps * norm(wide) * (norm(wide) * norm(x) + norm(b))
        return norm(wide.T @ (b - wide @ x)) / unit

    # R by reflections, and one more column for the right-hand side
    return Row(work=f"lstsq ({m}, {n})", dtype=dtype, peer_name="scipy.linalg.lstsq",
               ours=Call(solution, lstsq, a, b), peer=Call(solution, scipy.linalg.lstsq, a, b), error=error,
               flops=2 * (m - n / 3) * n * (n + 2), nbytes=a.nbytes + b.nbytes, **promise)


def solution(function, a, b):
    return function(a, b, check_finite=False)[0]
