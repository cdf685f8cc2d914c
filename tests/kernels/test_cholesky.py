"""The block's documented chain, block sizes, memory bounds, what the compiled doors take."""

import itertools

import numpy as np
import pytest

from mathcore._kernels import cholesky as kernel
from mathcore._kernels import runtime
from mathcore.linalg import cholesky, cholesky_downdate, cholesky_update
from tests.guard import Guarded
from tests.layouts import LAYOUTS, misaligned
from tests.oracles import assert_same_bits, multiply_add
from tests.tuning import is_fused

FLOATS = ("float32", "float64")


def definite(n, dtype, seed=0):
    x = np.random.default_rng(seed).standard_normal((n, n + 3))
    return (x @ x.T + np.eye(n)).astype(dtype)


@pytest.fixture
def tuning():
    before = kernel.set_tuning()
    yield kernel.set_tuning
    kernel.set_tuning(*before)


def chain_factor(a, fused):
    """u_ij = a_ij - u_0i u_0j - u_1i u_1j ..., one rounding each, times the rounded reciprocal of the rounded root."""
    u = np.triu(a)
    n = len(a)
    for i in range(n):
        for k in range(i):
            u[i, i:] = multiply_add(-u[k, i], u[k, i:], u[i, i:], fused)
        d = np.sqrt(u[i, i])
        u[i, i + 1:] *= a.dtype.type(1) / d
        u[i, i] = d
    return u


@pytest.mark.parametrize("dtype", FLOATS)
def test_every_bit_of_a_block_is_that_of_the_chain(isa, dtype):
    for n in (1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 15, 16, 17, 23, 31, 32, 33, 63, 64):
        a = definite(n, dtype, n)
        assert_same_bits(cholesky(a), chain_factor(a, is_fused(isa)), f"n = {n}")


@pytest.mark.parametrize("dtype", FLOATS)
def test_blocks_walked_at_small_sizes(isa, dtype, tuning):
    """Panels of 8 and 16 rows; columns and rows of the blocks do not show in the bits."""
    for n in (1, 7, 8, 9, 16, 17, 40, 61, 100):
        a = definite(n, dtype, n)
        for panel, wide in ((8, 16), (16, 32), (8, 32)):
            tuning(panel=panel, wide_panel=wide, wide_from=32, columns=1024, rows=64)
            u = cholesky(a)
            error = np.abs(u.astype("f8").T @ u.astype("f8") - a).max()
            assert error <= n * np.finfo(dtype).eps * np.abs(a).max()
            for columns, rows in itertools.product((8, 24, 48), (6, 8, 24)):
                tuning(columns=columns, rows=rows)
                for workers in (1, 3):
                    assert_same_bits(cholesky(a, workers=workers), u, f"n={n} {panel} {wide} {columns} {rows}")


def test_set_tuning_returns_the_former(tuning):
    before = tuning()
    assert before[:3] == (64, 128, 512), "the panels are part of every result's bits"
    assert tuning(panel=8) == before
    assert tuning(rows=8)[0] == 8


# ------------------------------------------------------------------ memory

@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("n", [*range(1, 20), 31, 33, 63, 64, 65, 97, 130])
def test_nothing_outside_is_touched(isa, n, dtype):
    a, x = definite(n, dtype), np.ones((n, 3), dtype)
    g, h = Guarded(a.nbytes), Guarded(x.nbytes)
    for at_end, layout, lower in itertools.product((True, False), ("C", "F", "reversed"), (0, 1)):
        own = g.array(a, at_end, layout)
        u = cholesky(own, lower)
        factors = g.array(u, at_end, "F" if lower else "C")
        kernel.solve(factors[None], h.array(x, at_end)[None], bool(lower), 1, "")
    own = g.array(a, True)
    kernel.factor(own[None], own[None], np.zeros(1, np.int64), False, False, 1, "")
    assert_same_bits(np.triu(own), cholesky(a))
    assert_same_bits(np.tril(own, -1), np.tril(a, -1))
    kernel.rotate(own[None], h.array(x.T, True)[None], np.zeros(1, np.int64), 1, False, 1, "")


def test_short_memory_is_an_error():
    a = definite(200, "f8")
    expected = cholesky(a)
    runtime.release_workspace()
    for calls in range(3):
        runtime.fail_allocation_after(calls)
        try:
            with pytest.raises(MemoryError, match="^cholesky: could not allocate workspace"):
                cholesky(a, workers=1)
        finally:
            runtime.fail_allocation_after(-1)
            runtime.release_workspace()
    assert_same_bits(cholesky(a), expected)


# ------------------------------------------------------------------ the compiled doors

A = definite(4, "f8")


class Subclass(np.ndarray):
    pass


TAKEN = {"C": A, "F": np.asfortranarray(A), "reversed": LAYOUTS["reversed"](A),
         "padded rows": LAYOUTS["padded rows"](A), "float32": A.astype("f4"),
         "read-only": LAYOUTS["read-only"](A), "empty": A[:0, :0]}
LEFT = {"list": A.tolist(), "subclass": A.view(Subclass), "float16": A.astype("f2"), "int": A.astype(int),
        "complex": A + 0j, "longdouble": A.astype("g"), "byte-swapped": LAYOUTS["byte-swapped"](A),
        "misaligned": misaligned(A), "batch": A[None], "vector": A[0], "oblong": A[:2], "indefinite": -A, "None": None,
        "0-d": np.array(2.0)}


@pytest.mark.parametrize("what", TAKEN)
def test_what_the_doors_take(what):
    a = TAKEN[what]
    u = kernel.matrix_factor(a, False, True, False, None, "")
    np.testing.assert_allclose(u.T @ u, a, rtol=1e-5)
    assert kernel.matrix_factor(a, True, False, False, 2, "").flags.f_contiguous
    x = kernel.matrix_solve(u, np.ones(len(u), u.dtype), False, False, None, "")
    np.testing.assert_allclose(a @ x, np.ones(len(u)), rtol=1e-4)


@pytest.mark.parametrize("what", LEFT)
def test_what_the_doors_leave(what):
    a = LEFT[what]
    assert kernel.matrix_factor(a, False, True, True, None, "") is None
    if what != "indefinite":
        assert kernel.matrix_solve(a, np.ones(4), False, True, None, "") is None
        assert kernel.matrix_solve(A, a, False, True, None, "") is None or what in ("vector",)


def test_options_that_the_doors_leave():
    bad = A.copy()
    bad[3, 0] = np.nan
    assert kernel.matrix_factor(bad, False, True, True, None, "") is None
    assert kernel.matrix_factor(bad, False, True, False, None, "") is not None
    assert kernel.matrix_factor(A, False, True, True, 0, "") is None
    assert kernel.matrix_factor(A, False, True, True, "2", "") is None
    assert kernel.matrix_solve(A, np.ones(3), False, True, None, "") is None
    assert kernel.matrix_solve(A, np.ones(4, "f4"), False, True, None, "") is None


# ------------------------------------------------------------------ rotations

@pytest.mark.parametrize("dtype", FLOATS)
def test_k_vectors_are_k_changes(isa, dtype):
    """The columns one after the other: the bits of one call are those of as many calls."""
    rng = np.random.default_rng(3)
    for n, k in ((1, 1), (5, 2), (17, 8), (40, 19)):
        c, x = cholesky(definite(n, dtype)), rng.standard_normal((n, k)).astype(dtype)
        up = c
        for t in range(k):
            up = cholesky_update(up, x[:, t])
        assert_same_bits(cholesky_update(c, x), up)
        down = up
        for t in range(k):
            down = cholesky_downdate(down, x[:, t])
        assert_same_bits(cholesky_downdate(up, x), down)
