"""Matrices that factorisations are judged on: LAPACK's test types (dlatb4) and the classical hard ones, each by name.

`KINDS[name](n, dtype, rng)` is a matrix of n rows and columns, built in float64 and rounded once. The flags say what is
known of it without computing.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

SIZES = (0, 1, 2, 3, 5, 10, 50, 200, 500)
EDGES = (63, 64, 65, 127, 128, 129)             # around blocks of 64 and of 128


@dataclass(frozen=True)
class Kind:
    """singular: exactly, for n > 0, also after rounding. zero_pivot: elimination meets a pivot that is exactly 0 in any
    arithmetic (a zero row or column stays one). largest: the n past which factors overflow, by float type."""

    name: str
    make: Callable
    singular: bool = False
    zero_pivot: bool = False
    spd: bool = False
    largest: dict | None = None

    def __call__(self, n, dtype, rng):
        return np.ascontiguousarray(self.make(n, np.dtype(dtype), rng), dtype)

    def __str__(self):
        return self.name

    def serves(self, n, dtype):
        """Whether the factors of size n are numbers of `dtype`."""
        return self.largest is None or n <= self.largest[np.dtype(dtype)]


def rectangular(kind, m, n, dtype, rng):
    """The first m rows and n columns of a square one."""
    return np.ascontiguousarray(kind(max(m, n), dtype, rng)[:m, :n])


# ------------------------------------------------------------------ parts

def unit_roundoff(dtype):
    return float(np.finfo(dtype).eps) / 2


def orthogonal(n, rng):
    """Haar measure: the signs of R's diagonal taken out (Stewart 1980)."""
    q, r = np.linalg.qr(rng.standard_normal((n, n)))
    return q * np.where(np.diagonal(r) < 0, -1.0, 1.0)


def with_condition(n, condition, rng):
    """U S V, singular values from 1 down to 1 / condition in a geometric sequence."""
    return orthogonal(n, rng) * np.geomspace(1, 1 / condition, n) @ orthogonal(n, rng)


def spd_with_condition(n, condition, rng):
    q = orthogonal(n, rng)
    a = q * np.geomspace(1, 1 / condition, n) @ q.T
    return (a + a.T) / 2


def largest_condition(dtype):
    """LAPACK's 0.1 / eps."""
    return 0.1 / unit_roundoff(dtype)


def _far_scale(dtype):
    """LAPACK's power of two that is far from 1 and leaves n and 1 / eps to the ends."""
    return 2.0 ** (972 if dtype == np.float64 else 108)


def _grades(n, dtype, rng):
    """From 1e-150 to 1e150 (1e-15 to 1e15), in random order; a product of two is a normal number."""
    decades = 150 if dtype == np.float64 else 15
    return rng.permutation(np.logspace(-decades, decades, n))


# ------------------------------------------------------------------ the kinds

def _random(n, dtype, rng):
    return rng.standard_normal((n, n))


def _zero_column(which):
    def make(n, dtype, rng):
        a = _random(n, dtype, rng)
        a[:, which(n)] = 0
        return a

    return make


def _zero_rows(n, dtype, rng):
    a = _random(n, dtype, rng)
    a[n // 3::3] = 0
    return a


def _rank_deficient(n, dtype, rng):
    """Of whole numbers below 2^24, so that rounding leaves the rank n // 2 (n = 1: 0)."""
    left, right = rng.integers(-3, 4, (n, n // 2)), rng.integers(-3, 4, (n // 2, n))
    return left @ right


def _hilbert(n, dtype, rng):
    i = np.arange(1, n + 1)
    return 1 / (i[:, None] + i - 1.0)


def _vandermonde(n, dtype, rng):
    return np.vander(np.linspace(-1, 1, n), increasing=True) if n else np.empty((0, 0))


def _kahan(n, dtype, rng, angle=1.2):
    above = np.triu(np.full((n, n), -np.cos(angle)), 1)
    return np.sin(angle) ** np.arange(n)[:, None] * (np.eye(n) + above)


def _wilkinson(n, dtype, rng):
    """Partial pivoting moves no row, and the last column doubles at each step."""
    a = np.tril(np.full((n, n), -1.0), -1) + np.eye(n)
    a[:, n - 1:] = 1
    return a


def _tridiagonal(n, dtype, rng):
    a = _random(n, dtype, rng)
    return np.triu(np.tril(a, 1), -1)


def _symmetric(n, dtype, rng):
    a = _random(n, dtype, rng)
    return a + a.T


KINDS = {kind.name: kind for kind in (
    Kind("identity", lambda n, d, rng: np.eye(n), spd=True),
    Kind("diagonal", lambda n, d, rng: np.diag(rng.uniform(1, 2, n) * rng.choice([-1, 1], n))),
    Kind("upper", lambda n, d, rng: np.triu(_random(n, d, rng))),
    Kind("lower", lambda n, d, rng: np.tril(_random(n, d, rng))),
    Kind("random", _random),
    Kind("orthogonal", lambda n, d, rng: orthogonal(n, rng)),
    Kind("cond 2", lambda n, d, rng: with_condition(n, 2, rng)),
    Kind("cond sqrt(0.1/eps)", lambda n, d, rng: with_condition(n, largest_condition(d) ** 0.5, rng)),
    Kind("cond 0.1/eps", lambda n, d, rng: with_condition(n, largest_condition(d), rng)),
    Kind("first column zero", _zero_column(lambda n: slice(0, 1)), singular=True, zero_pivot=True),
    Kind("last column zero", _zero_column(lambda n: slice(n - 1, n)), singular=True, zero_pivot=True),
    Kind("last half columns zero", _zero_column(lambda n: slice(n // 2, n)), singular=True, zero_pivot=True),
    Kind("rank-deficient", _rank_deficient, singular=True),
    Kind("zero rows", _zero_rows, singular=True, zero_pivot=True),
    Kind("graded rows", lambda n, d, rng: _grades(n, d, rng)[:, None] * _random(n, d, rng)),
    Kind("graded columns", lambda n, d, rng: _random(n, d, rng) * _grades(n, d, rng)),
    Kind("graded", lambda n, d, rng: _grades(n, d, rng)[:, None] * _random(n, d, rng) * _grades(n, d, rng)),
    Kind("scaled up", lambda n, d, rng: _random(n, d, rng) * _far_scale(d)),
    Kind("scaled down", lambda n, d, rng: _random(n, d, rng) / _far_scale(d)),
    Kind("Hilbert", _hilbert),
    Kind("Vandermonde", _vandermonde),
    Kind("Kahan", _kahan),
    Kind("Wilkinson", _wilkinson, largest={np.dtype(np.float32): 128, np.dtype(np.float64): 1024}),
    Kind("tridiagonal", _tridiagonal),
    Kind("spd cond 2", lambda n, d, rng: spd_with_condition(n, 2, rng), spd=True),
    Kind("spd cond sqrt(0.1/eps)", lambda n, d, rng: spd_with_condition(n, largest_condition(d) ** 0.5, rng), spd=True),
    Kind("spd scaled up", lambda n, d, rng: spd_with_condition(n, 100, rng) * _far_scale(d), spd=True),
    Kind("spd scaled down", lambda n, d, rng: spd_with_condition(n, 100, rng) / _far_scale(d), spd=True),
    Kind("symmetric indefinite", _symmetric),
)}
