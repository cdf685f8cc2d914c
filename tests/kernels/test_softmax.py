"""The compiled entry of softmax, log_softmax and logsumexp: what it takes and leaves to the door, memory bounds."""

import itertools
import sys

import numpy as np
import pytest

from mathcore import special
from mathcore._kernels import softmax as kernel
from tests.guard import Guarded
from tests.layouts import LAYOUTS, misaligned
from tests.oracles import assert_same_bits

X = np.linspace(-3, 4, 24).reshape(2, 3, 4)
KINDS = kernel.KINDS


class Subclass(np.ndarray):
    pass


def rows(name, x, axis, out=None, workers=None):
    return kernel.rows(KINDS[name], x, axis, out, workers, name)


@pytest.fixture(params=KINDS)
def name(request):
    return request.param


@pytest.mark.parametrize("layout", ["C", "F", "step2", "reversed", "padded rows", "batch last", "read-only"])
def test_rows_takes(name, layout):
    x = LAYOUTS[layout](X)
    for axis in (0, 1, 2, -1):
        got = rows(name, x, axis)
        assert got is not None
        assert_same_bits(got, getattr(special, name)(X, axis=axis), f"{axis}")
    row = X[0, 0].astype("f4")
    assert_same_bits(rows(name, row, 0, workers=2), getattr(special, name)(row, axis=0))


@pytest.mark.parametrize("x", [
    X.tolist(), 0.5, None, np.float64(2), np.array(2.0), X.view(Subclass), X.astype("f2"), X.astype("g"), X + 0j,
    X.astype("i8"), X > 0, X.astype(object), LAYOUTS["byte-swapped"](X), misaligned(X),
    LAYOUTS["fractional strides"](X),
], ids=["list", "number", "None", "scalar", "0-d", "subclass", "f2", "longdouble", "complex", "int", "bool", "object",
        "byte-swapped", "misaligned", "packed records"])
def test_rows_leaves_to_the_door(name, x):
    for axis in (0, -1):
        assert rows(name, x, axis) is None


def test_rows_leaves_axes_and_workers_to_the_door(name):
    for axis in (3, -4, 100, -100):
        assert rows(name, X, axis) is None
    for workers in (0, -2, 1025, 2.0, "2", True):
        assert rows(name, X, 0, workers=workers) is None


@pytest.mark.parametrize("change", [
    lambda c: c.tolist(), lambda c: (c,), lambda c: c.view(Subclass), lambda c: c.astype("f4"),
    lambda c: c[..., :-1].copy(),
    lambda c: c[None], LAYOUTS["read-only"], misaligned, lambda c: c[::-1], LAYOUTS["byte-swapped"], LAYOUTS["step2"],
    LAYOUTS["padded rows"], lambda c: np.broadcast_to(c[..., :1], c.shape),
], ids=["list", "tuple", "subclass", "dtype", "shape", "ndim", "read-only", "misaligned", "reversed", "byte-swapped",
        "step 2", "padded", "one place"])
def test_rows_leaves_an_unfit_out_to_the_door(name, change):
    for axis in range(3):
        assert rows(name, X, axis, change(np.array(getattr(special, name)(X, axis=axis)))) is None


def test_rows_leaves_an_overlap_to_the_door_but_for_the_same_place():
    buffer = np.linspace(0, 1, 60)
    x = buffer[:24].reshape(4, 6)
    for name in ("softmax", "log_softmax"):
        for axis in (0, 1):
            assert rows(name, x, axis, buffer[1:25].reshape(4, 6)) is None
            assert rows(name, x, axis, buffer[23:47].reshape(4, 6)) is None
            expected = getattr(special, name)(x, axis=axis)
            assert rows(name, x, axis, buffer[24:48].reshape(4, 6)) is not None
            copy = x.copy()
            assert rows(name, copy, axis, copy) is copy
            assert_same_bits(copy, expected)
    assert rows("logsumexp", x, 0, x[0]) is None
    assert rows("logsumexp", x, 1, buffer[20:24]) is None
    assert rows("logsumexp", x, 1, buffer[24:28]) is not None


def test_rows_writes_what_lies_in_one_piece_or_side_by_side():
    """Another layout of out is for the door."""
    for name, (axis, order) in itertools.product(("softmax", "log_softmax"), itertools.product((0, 1), "CF")):
        x = np.asarray(X[0], order=order)
        out = np.zeros((3, 4), order="F" if order == "C" else "C")
        got = rows(name, x, axis, out)
        assert got is None or got is out
        np.testing.assert_array_equal(special.softmax(x, axis=axis, out=out), special.softmax(X[0], axis=axis))


def test_empty_rows(name):
    assert rows(name, np.ones((3, 0)), 1).shape == ((3,) if name == "logsumexp" else (3, 0))
    assert rows(name, np.ones((0, 3)), 1).shape == ((0,) if name == "logsumexp" else (0, 3))


def test_results_keep_the_order_of_dimensions():
    x = np.asfortranarray(X)
    assert rows("softmax", x, 0).strides == x.strides


# ------------------------------------------------------------------ guard pages

needs_mprotect = pytest.mark.skipif(sys.platform == "win32", reason="mprotect is POSIX")
MEMORY = [] if sys.platform == "win32" else [Guarded(1 << 18) for _ in range(2)]
at_both_ends = pytest.mark.parametrize("at_end", [True, False], ids=["at the end", "at the start"])


def check_inside(name, x, layout, axis, at_end):
    """A call on guarded arrays: nothing beside out is written, nothing beside x read, the bits are as elsewhere."""
    what = f"{name} {x.shape} {layout} {axis}"
    expected = np.asarray(rows(name, x, axis))
    for memory in MEMORY:
        memory.bytes[...] = Guarded.FILL
    a, out = MEMORY[0].array(x, at_end, layout), MEMORY[1].array(np.zeros_like(expected), at_end)
    assert_same_bits(rows(name, a, axis), expected, what)
    got = rows(name, a, axis, out)
    if got is None:                      # a layout that goes through a copy
        return
    got = out.copy()
    assert MEMORY[1].untouched_except(expected.nbytes, at_end), f"{what}: written outside of out"
    assert_same_bits(got, expected, what)
    if name != "logsumexp" and layout == "C":
        MEMORY[0].bytes[...] = Guarded.FILL
        a[...] = x
        assert rows(name, a, axis, a) is a
        assert_same_bits(a.copy(), expected, f"{what} in place")
        assert MEMORY[0].untouched_except(x.nbytes, at_end), f"{what}: written outside of x"


@needs_mprotect
@at_both_ends
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_rows_stay_inside_their_arrays(isa, name, dtype, at_end):
    """Short rows (transposed), long ones, side by side; every tail of either length."""
    rng = np.random.default_rng(0)
    layouts = itertools.cycle(("C", "F", "padded", "reversed"))
    lengths = (*range(1, 41), 63, 64, 65, 66, 100)
    for n in lengths:
        for m in (1, 2, 3, 5, 8, 13, 16, 17, 33, 65):
            x = rng.standard_normal((m, n)).astype(dtype)
            for axis in (0, 1):
                check_inside(name, x, "C", axis, at_end)
            check_inside(name, x, next(layouts), int(rng.integers(2)), at_end)
    for n in range(1, 41):
        check_inside(name, rng.standard_normal(n).astype(dtype), "C", 0, at_end)
        check_inside(name, rng.standard_normal(n).astype(dtype), "reversed", 0, at_end)


@needs_mprotect
@at_both_ends
def test_batches_stay_inside_their_arrays(isa, name, at_end):
    rng = np.random.default_rng(1)
    for shape in itertools.product((1, 2, 3), (1, 5, 9), (1, 4, 17)):
        for axis in range(3):
            check_inside(name, rng.standard_normal(shape), "C", axis, at_end)


@needs_mprotect
@at_both_ends
def test_long_rows_and_pieces_stay_inside_their_arrays(isa, name, at_end):
    """Several blocks of the sum, several chunks of threads, of which the last is one row; scratch."""
    rng = np.random.default_rng(2)
    for shape, axis in (((3, 9000), 1), ((1, 32_769), 1), ((65, 504), 0), ((504, 65), 0), ((600, 65), 0),
                        ((30, 1025), 0)):
        x = rng.standard_normal(shape).astype("float32")
        memory = [Guarded(x.nbytes) for _ in range(2)]
        expected = rows(name, x, axis, workers=1)
        out = memory[1].array(np.zeros_like(expected), at_end)
        for workers in (1, 3):
            assert rows(name, memory[0].array(x, at_end), axis, out, workers) is out
            assert_same_bits(out.copy(), expected, f"{shape} {axis}")
        assert memory[1].untouched_except(expected.nbytes, at_end)


@needs_mprotect
@at_both_ends
def test_scratch_stays_inside_its_arrays(isa, name, at_end):
    """Rows side by side of which the elements are more than 8 MB apart in all."""
    x = np.random.default_rng(3).standard_normal((130, 8200)).astype("float64")
    memory = [Guarded(x.nbytes) for _ in range(2)]
    expected = rows(name, np.ascontiguousarray(x.T), 1)
    expected = expected if name == "logsumexp" else expected.T
    out = memory[1].array(np.zeros_like(expected, order="C"), at_end)
    assert rows(name, memory[0].array(x, at_end), 0, out, 2) is out
    assert_same_bits(out.copy(), expected)
    assert memory[1].untouched_except(expected.nbytes, at_end)
