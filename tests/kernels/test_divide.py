"""Divide and conquer on tridiagonal and bidiagonal matrices that deflate much, little and at the edges of what is told
apart."""

import numpy as np
import pytest

from mathcore._kernels import divide as kernel
from mathcore._kernels import runtime
from tests.oracles import assert_same_bits
from tests.ratios import eigen_ratios, svd_ratios
from tests.small_stacks import DTYPES


@pytest.fixture
def small_blocks():
    """Leaves of 3 rows; threads share nodes of more than 20."""
    former = kernel.set_blocks(3, 20)
    yield
    kernel.set_blocks(*former)


def random(n, rng):
    return rng.standard_normal(n), rng.standard_normal(n - 1)


def second_difference(n, rng):
    return np.full(n, 2.0), np.full(n - 1, -1.0)


def wilkinson(n, rng):
    """Pairs of eigenvalues that agree to all digits."""
    return np.abs(np.arange(n) - (n - 1) / 2), np.ones(n - 1)


def glued(n, rng):
    d, e = wilkinson(n, rng)
    d = np.resize(d[:9], n)
    e[8::9] = 1e-9
    return d, e


def weak(n, rng):
    return rng.standard_normal(n), rng.standard_normal(n - 1) * 1e-8


def in_blocks(n, rng):
    d, e = random(n, rng)
    e[::3] = 0
    return d, e


def graded(n, rng):
    d = np.geomspace(1, 1e-14, n)
    return d, d[1:] / 2


def rising(n, rng):
    d, e = graded(n, rng)
    return d[::-1], e[::-1]


def diagonal(n, rng):
    return rng.standard_normal(n), np.zeros(n - 1)


def scalar(n, rng):
    return np.ones(n), np.zeros(n - 1)


def no_diagonal(n, rng):
    return np.zeros(n), np.ones(n - 1)


def at_the_edge(n, rng):
    """Joined by elements about as large as what counts as zero."""
    return np.ones(n), np.resize([4e-16, 1e-16, 2e-15, 1e-9], n - 1)


SHAPES = [random, second_difference, wilkinson, glued, weak, in_blocks, graded, rising, diagonal, scalar, no_diagonal,
          at_the_edge]


def matrix(shape, n, dtype):
    d, e = shape(n, np.random.default_rng(n))
    most = max(np.abs(d).max(), np.abs(e).max(initial=0)) or 1
    return (d / most).astype(dtype), (e / most).astype(dtype)


def solve(d, e, vectors=True, workers=1):
    n = len(d)
    w, order = d.copy(), np.full(n, -1, np.intp)
    z = np.full((n, n if vectors else 2), 7, d.dtype)
    assert kernel.tridiagonal(w, np.r_[e, 7].astype(d.dtype), vectors, z, order, workers, "eigh")
    assert sorted(order) == list(range(n))
    return w[order], z[order].T


def check(d, e):
    w, v = solve(d, e)
    full = np.diag(d) + np.diag(e, 1) + np.diag(e, -1)
    assert max(eigen_ratios(full, w, v)) < 8
    alone, ends = solve(d, e, vectors=False)
    near = 10 * np.sqrt(len(d)) * np.finfo(d.dtype).eps * np.abs(w).max()
    assert np.abs(alone - w).max() <= near
    if np.diff(w).min(initial=1) > 1e-2:          # vectors are defined
        assert np.abs(np.abs(ends) - np.abs(v[[0, -1]])).max() <= 300 * near


def singular(d, e, vectors=True, workers=1):
    n = len(d)
    s, order = d.copy(), np.full(n, -1, np.intp)
    v = np.full((n, n if vectors else 2), 7, d.dtype)
    u = np.full((n, n), 7, d.dtype) if vectors else None
    assert kernel.bidiagonal(s, np.r_[e, 7].astype(d.dtype), vectors, v, u, order, workers, "svd")
    order = order[::-1]
    assert sorted(order) == list(range(n))
    return u[order].T if vectors else None, s[order], v[order]


def check_singular(d, e):
    u, s, vh = singular(d, e)
    assert max(svd_ratios(np.diag(d) + np.diag(e, 1), u, s, vh)) < 8
    alone = singular(d, e, vectors=False)[1]
    assert np.abs(alone - s).max() <= 10 * np.sqrt(len(d)) * np.finfo(d.dtype).eps * s[0]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_ratios_with_leaves_of_three(small_blocks, isa, shape, dtype):
    for n in (1, 2, 3, 4, 6, 7, 12, 13, 24, 25, 49):
        check(*matrix(shape, n, dtype))
        check_singular(*matrix(shape, n, dtype))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES)
def test_ratios_of_larger_ones(shape, dtype):
    for n in (32, 33, 65, 200):
        check(*matrix(shape, n, dtype))
        check_singular(*matrix(shape, n, dtype))


@pytest.mark.parametrize("vectors", [True, False])
@pytest.mark.parametrize("dtype", DTYPES)
def test_same_bits_for_threads_and_instruction_sets(vectors, dtype):
    a = np.random.default_rng(4).standard_normal((600, 40))
    d, e = (a**2).sum(1) / 50, (a[1:] * a[:-1]).sum(1) / 50
    d, e = d.astype(dtype), e.astype(dtype)
    def all_of(workers):
        return *solve(d, e, vectors, workers), *singular(d, e, vectors, workers)[0 if vectors else 1:]

    expected = all_of(1)
    for workers in (2, 3, 7):
        for one, other in zip(all_of(workers), expected, strict=True):
            assert_same_bits(one, other)
    found = set()
    for isa in runtime.available_isas()[1:]:
        runtime.set_isa(isa)
        found.add(b"".join(x.tobytes() for x in all_of(1)))
    assert len(found) == 1
