"""The compiled entry of the functions of each element: what it takes and leaves to the door, memory bounds."""

import itertools
import sys

import numpy as np
import pytest

from mathcore import special
from mathcore._kernels import special as kernel
from tests.guard import Guarded
from tests.layouts import LAYOUTS, misaligned
from tests.ops import MAPS
from tests.oracles import assert_same_bits

X = np.linspace(0.1, 0.9, 12).reshape(3, 4)
EXP, XLOGY = kernel.OPS["exp"], kernel.OPS["xlogy"]
COMPILED = {"gelutanh" if name == "gelu_tanh" else name: op for name, op in kernel.OPS.items()}


class Subclass(np.ndarray):
    pass


def test_every_function_is_in_the_registry():
    assert set(COMPILED) | {"gelu"} == set(MAPS)


@pytest.mark.parametrize("x", [
    X, np.asfortranarray(X), X[::-1, ::-1], X[:, ::2], X.astype("f4"), X[:0], X[0, 0:1].reshape(()), X[None], X.T,
    np.broadcast_to(X[0], (5, 4)), LAYOUTS["read-only"](X),
], ids=["C", "F", "reversed", "step 2", "f4", "empty", "0-d", "3-d", "T", "broadcast", "read-only"])
def test_apply_takes(x):
    got = kernel.apply(EXP, x, None, None, None, "exp")
    assert got is not None
    assert_same_bits(got, special.exp(x.copy()))
    assert_same_bits(kernel.apply(XLOGY, x, x, None, 2, "xlogy"), special.xlogy(x.copy(), x.copy()))


LEFT_TO_THE_DOOR = {
    "list": X.tolist(), "number": 0.5, "scalar": np.float64(0.5), "None": None, "subclass": X.view(Subclass),
    "float16": X.astype("f2"), "longdouble": X.astype("g"), "complex": X + 0j, "int64": X.astype("i8"), "bool": X > 0.5,
    "object": X.astype(object), "byte-swapped": LAYOUTS["byte-swapped"](X), "misaligned": misaligned(X),
    "packed records": LAYOUTS["fractional strides"](X),
}


@pytest.mark.parametrize("what", LEFT_TO_THE_DOOR)
def test_apply_leaves_to_the_door(what):
    x = LEFT_TO_THE_DOOR[what]
    assert kernel.apply(EXP, x, None, None, None, "exp") is None
    if x is not None:                    # None in the second place says that there is no second operand
        assert kernel.apply(XLOGY, X, x, None, None, "xlogy") is None
    assert kernel.apply(XLOGY, x, X, None, None, "xlogy") is None


def test_apply_leaves_two_types_and_other_shapes_to_the_door():
    for y in (X.astype("f4"), X[:, :3], X[:2], np.ones((2, 1, 5))):
        assert kernel.apply(XLOGY, X, y, None, None, "xlogy") is None


@pytest.mark.parametrize("workers", [0, -2, 1025, 2.0, "2", True, np.int64(2)])
def test_apply_leaves_strange_workers_to_the_door(workers):
    assert kernel.apply(EXP, X, None, None, workers, "exp") is None


@pytest.mark.parametrize(("what", "out"), [
    ("list", [[0.0] * 4] * 3), ("tuple", (np.zeros((3, 4)),)), ("subclass", np.zeros((3, 4)).view(Subclass)),
    ("dtype", np.zeros((3, 4), "f4")), ("shape", np.zeros((3, 5))), ("ndim", np.zeros((1, 3, 4))),
    ("read-only", LAYOUTS["read-only"](X)), ("misaligned", misaligned(X)), ("reversed", np.zeros((3, 4))[::-1]),
    ("byte-swapped", LAYOUTS["byte-swapped"](X)), ("one place", np.broadcast_to(np.zeros(4), (3, 4))),
    ("step 2", LAYOUTS["step2"](X)), ("padded", LAYOUTS["padded rows"](X)),
])
def test_apply_leaves_an_unfit_out_to_the_door(what, out):
    assert kernel.apply(EXP, X, None, out, None, "exp") is None
    assert kernel.apply(XLOGY, X, X, out, None, "xlogy") is None


def test_apply_leaves_an_overlap_to_the_door_but_for_the_same_place():
    buffer = np.linspace(0.1, 0.9, 40)
    x = buffer[:12].reshape(3, 4)
    for out in (buffer[1:13].reshape(3, 4), buffer[11:23].reshape(3, 4), buffer[:12].reshape(4, 3).T):
        assert kernel.apply(EXP, x, None, out, None, "exp") is None
        assert kernel.apply(XLOGY, X, x, out, None, "xlogy") is None
    assert kernel.apply(XLOGY, X, buffer[:4], x, None, "xlogy") is None     # a row in its own result
    expected = special.exp(x.copy())
    beside = buffer[12:24].reshape(3, 4)
    assert kernel.apply(EXP, x, None, beside, None, "exp") is beside
    assert_same_bits(beside, expected)
    assert kernel.apply(EXP, x, None, x, None, "exp") is x
    assert_same_bits(x, expected)


def test_results_keep_the_order_of_dimensions():
    """As NumPy's do, so that a chain of functions stays in one order."""
    for x in (np.ones((3, 4, 5)).transpose(2, 0, 1), np.asfortranarray(X)):
        got = kernel.apply(EXP, x, None, None, None, "exp")
        assert got.strides == np.exp(x).strides


# ------------------------------------------------------------------ guard pages

needs_mprotect = pytest.mark.skipif(sys.platform == "win32", reason="mprotect is POSIX")
MEMORY = [] if sys.platform == "win32" else [Guarded(1 << 16) for _ in range(3)]


@needs_mprotect
@pytest.mark.parametrize("at_end", [True, False], ids=["at the end", "at the start"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", COMPILED)
def test_functions_stay_inside_their_arrays(isa, name, dtype, at_end):
    """Whole vectors and every tail, forwards and backwards, every other element, beside one that is broadcast."""
    op, data = COMPILED[name], MAPS[name].args(300, dtype, np.random.default_rng(0))
    size = data[0].itemsize
    for n in (*range(1, 41), 63, 64, 65, 255, 256, 257):
        x, y = [a[:n] for a in data] if len(data) > 1 else (data[0][:n], None)
        expected = kernel.apply(op, x, y, None, None, name)
        for layout1, layout2 in (("C", "C"), ("reversed", "C"), ("C", "reversed")):
            gx = MEMORY[0].array(x, at_end, layout1)
            gy = None if y is None else MEMORY[1].array(y, at_end, layout2)
            out = MEMORY[2].array(np.zeros(n, dtype), at_end)
            assert kernel.apply(op, gx, gy, out, None, name) is out
            got = out.copy()
            assert MEMORY[2].untouched_except(n * size, at_end), f"{n}: written outside of out"
            assert_same_bits(got, expected, f"{n} {layout1} {layout2}")
        # the last of every other element is the last of the page, or the first the first
        wide = [None if a is None else np.repeat(a, 2)[1:] for a in (x, y)]
        gx, gy = (None if a is None else MEMORY[k].array(a, at_end)[::2] for k, a in enumerate(wide))
        kernel.fill(op, gx, gy, MEMORY[2].array(np.zeros(2 * n - 1, dtype), at_end)[::2], None, name)
        got = MEMORY[2].bytes[-(2 * n - 1) * size:] if at_end else MEMORY[2].bytes[:(2 * n - 1) * size]
        got = got.view(dtype).copy()
        assert_same_bits(got[::2], expected, f"{n} every other")
        assert not got[1::2].any(), "written between the elements"
        assert MEMORY[2].untouched_except((2 * n - 1) * size, at_end)
        if y is not None:
            one = MEMORY[1].array(y[:1], at_end)
            assert_same_bits(kernel.apply(op, gx, one, None, None, name),
                             kernel.apply(op, x, np.repeat(y[:1], n), None, None, name))


@needs_mprotect
@pytest.mark.parametrize("at_end", [True, False], ids=["at the end", "at the start"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_matrices_stay_inside_their_arrays(isa, dtype, at_end):
    rng = np.random.default_rng(1)
    for rows, columns in itertools.product((1, 2, 3, 9), (1, 2, 7, 17, 40)):
        x, y = MAPS["xlogy"].args((rows, columns), dtype, rng)
        expected = kernel.apply(XLOGY, x, y, None, None, "xlogy")
        for layout1, layout2 in itertools.product(("C", "F", "padded", "reversed"), repeat=2):
            a, b = MEMORY[0].array(x, at_end, layout1), MEMORY[1].array(y, at_end, layout2)
            for order in ("C", "F"):
                out = MEMORY[2].array(np.zeros(x.shape, dtype), at_end, order)
                assert kernel.apply(XLOGY, a, b, out, 2, "xlogy") is out
                got = out.copy()
                assert MEMORY[2].untouched_except(x.nbytes, at_end), f"{x.shape} {layout1} {layout2} {order}"
                assert_same_bits(got, expected)


@needs_mprotect
@pytest.mark.parametrize("at_end", [True, False], ids=["at the end", "at the start"])
def test_pieces_of_threads_stay_inside_their_arrays(isa, at_end):
    memory = [Guarded(8 * 50_001) for _ in range(2)]
    for n in (16_385, 24_577, 50_001):
        x = np.random.default_rng(n).standard_normal(n)
        out = memory[1].array(np.zeros(n), at_end)
        assert kernel.apply(EXP, memory[0].array(x, at_end), None, out, 3, "exp") is out
        got = out.copy()
        assert memory[1].untouched_except(8 * n, at_end)
        assert_same_bits(got, kernel.apply(EXP, x, None, None, 1, "exp"))
