"""The compiled entry points: what `product` takes and what it leaves to the door, memory bounds."""

import itertools
import sys

import numpy as np
import pytest

from mathcore import linalg
from mathcore._kernels import matmul as kernel
from tests.guard import Guarded
from tests.layouts import LAYOUTS, misaligned, values
from tests.oracles import assert_same_bits, chain_product, same_bits
from tests.tuning import is_fused, tuned, using_isa

A, B = np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(3, 4)


# ------------------------------------------------------------------ what product takes

class Subclass(np.ndarray):
    pass


TAKEN = {
    "C": (A, B), "F": (np.asfortranarray(A), np.asfortranarray(B)), "reversed": (A[::-1, ::-1], B),
    "float32": (A.astype("f4"), B.astype("f4")),
    "int32": (A.astype("i4"), B.astype("i4")), "int64": (A.astype("i8"), B.astype("i8")),
    "uint64": (A.astype("u8"), B.astype("u8")),
    "vectors": (A[0], B[:, 0]), "batch": (A[None], B[None]), "broadcast": (np.broadcast_to(A, (5, 2, 3)), B),
    "read-only": (LAYOUTS["read-only"](A), B), "empty": (A[:0], B), "step 2": (LAYOUTS["step2"](A), B),
}

LEFT_TO_THE_DOOR = {
    "list": (A.tolist(), B), "subclass": (A.view(Subclass), B), "float16": (A.astype("f2"), B.astype("f2")),
    "two dtypes": (A, B.astype("f4")), "int and float": (A.astype("i8"), B), "int8": (A.astype("i1"), B.astype("i1")),
    "bool": (A > 2, B > 2), "complex": (A + 0j, B + 0j), "longdouble": (A.astype("g"), B.astype("g")),
    "byte-swapped": (LAYOUTS["byte-swapped"](A), B), "misaligned": (misaligned(A), B),
    "packed records": (LAYOUTS["fractional strides"](A), B),
    "object": (A.astype(object), B), "0-d": (np.float64(2)[()], B), "0-d array": (np.array(2.0), B),
    "inner sizes": (A, B[:2]),
    "batches": (np.ones((2, 2, 3)), np.ones((3, 3, 4))), "second 0-d": (A, np.array(2.0)), "None": (None, B),
}


@pytest.mark.parametrize("what", TAKEN)
def test_product_takes(what):
    a, b = TAKEN[what]
    np.testing.assert_array_equal(kernel.product(a, b, None, None), np.matmul(a, b), strict=True)


@pytest.mark.parametrize("what", LEFT_TO_THE_DOOR)
def test_product_leaves_to_the_door(what):
    """None, not an error: the door says what is wrong, or converts. Small integers: exact in every order."""
    a, b = LEFT_TO_THE_DOOR[what]
    assert kernel.product(a, b, None, None) is None
    try:
        expected = np.matmul(a, b)
    except (TypeError, ValueError):
        with pytest.raises((TypeError, ValueError), match="^matmul: "):
            linalg.matmul(a, b)
    else:
        np.testing.assert_array_equal(linalg.matmul(a, b), expected)


OUT = np.zeros((2, 4))


@pytest.mark.parametrize(("what", "out"), [
    ("list", [[0.0] * 4] * 2), ("subclass", OUT.view(Subclass)), ("dtype", OUT.astype("f4")),
    ("shape", np.zeros((2, 5))), ("ndim", OUT[None]),
    ("read-only", LAYOUTS["read-only"](OUT)), ("misaligned", misaligned(OUT)), ("F", np.asfortranarray(OUT)),
    ("reversed", OUT[:, ::-1]),
    ("rows reversed", OUT[::-1]), ("byte-swapped", LAYOUTS["byte-swapped"](OUT)),
    ("one place", np.broadcast_to(OUT[:1], (2, 4))),
    ("step 2", LAYOUTS["step2"](OUT)), ("tuple", (OUT,)),
])
def test_product_leaves_an_unfit_out_to_the_door(what, out):
    assert kernel.product(A, B, out, None) is None


def test_product_leaves_an_overlap_to_the_door():
    buffer = np.arange(20.0)
    assert kernel.product(buffer[:6].reshape(2, 3), B, buffer[5:13].reshape(2, 4), None) is None
    assert kernel.product(A, buffer[:12].reshape(3, 4), buffer[11:19].reshape(2, 4), None) is None
    assert kernel.product(buffer[:6].reshape(2, 3), B, buffer[6:14].reshape(2, 4), None) is not None     # side by side


@pytest.mark.parametrize("layout", ["C", "padded rows"])
def test_product_writes_into_plain_rows(layout):
    out = LAYOUTS[layout](OUT)
    assert kernel.product(A, B, out, None) is out
    np.testing.assert_array_equal(out, A @ B)


@pytest.mark.parametrize("vectors", [0, 1, 2, 3])
def test_vectors(vectors):
    """Bit 0: rows on the left; bit 1: columns on the right. Fewer axes than that are for the door to refuse."""
    row, column = vectors & 1, vectors & 2
    a = np.arange(3.0) if row else A
    b = np.arange(3.0) if column else B
    expected = {0: A @ B, 1: a @ B, 2: A @ b, 3: a @ b}[vectors]
    np.testing.assert_array_equal(kernel.product(a, b, None, None, vectors), expected)
    if vectors == 1:
        assert kernel.product(a, np.arange(3.0), None, None, vectors) is None
    if vectors == 2:
        assert kernel.product(np.arange(3.0), b, None, None, vectors) is None


def test_overlap_is_judged_by_the_memory_that_is_touched():
    """Interleaved columns do not share an element, but their extents cross: the door copies."""
    buffer = np.zeros((4, 8))
    assert kernel.product(buffer[:, ::2], np.ones((4, 4)), buffer[:, 1:5], None) is None
    assert kernel.product(buffer[:2, :4], np.ones((4, 4)), buffer[2:, :4], None) is not None


def test_is_plain_and_is_usable():
    usable = {"C", "F", "step2", "reversed", "padded rows", "batch last", "read-only"}
    plain = {"C", "padded rows"}
    for name, layout in LAYOUTS.items():
        x = layout(B)
        assert kernel.is_usable(x) == (name in usable), name
        assert kernel.is_plain(x) == (name in plain), name
    assert kernel.is_plain(np.zeros((1, 4))[:, ::-1][:, :1])
    assert not kernel.is_plain(np.broadcast_to(1.0, (2, 2)).copy()[:, :1].repeat(2, 1).T)


# ------------------------------------------------------------------ gram and linear

@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gram_and_linear_write_into_padded_rows(isa, dtype):
    rng = np.random.default_rng(1)
    for k, n in [(5, 3), (20, 40), (600, 30), (9, 1), (1, 50)]:
        x, w, b = values(rng, (k, n), dtype), values(rng, (7, n), dtype), values(rng, 7, dtype)
        for workers in (1, 3):
            out = LAYOUTS["padded rows"](np.full((n, n), 9, dtype))
            if n > 1:
                kernel.gram(x, out, workers)
                assert_same_bits(out, linalg.matmul(x.T, x))
            out = LAYOUTS["padded rows"](np.full((k, 7), 9, dtype))
            kernel.linear(x, w, b, out, False, workers)
            assert_same_bits(out, linalg.matmul(x, w.T) + b)
            kernel.linear(x, w, None, out, True, workers)
            assert_same_bits(out, np.maximum(linalg.matmul(x, w.T), 0))


# ------------------------------------------------------------------ row reductions in the epilogue

def test_a_row_reduction_sees_every_tile_once_and_in_turn(isa):
    """Every path ends in one hook: tiles, packed tiles, few columns, one row, one column, few rows of a large B."""
    rng = np.random.default_rng(5)
    sizes = [(1, 5, 3), (3, 1, 7), (9, 20, 49), (200, 600, 130), (300, 90, 5), (1, 700, 90), (60, 900, 1),
             (4, 3000, 400), (5, 1100, 1000), (500, 1100, 600)]
    for m, k, n in sizes:
        x, w = values(rng, (m, k), "float64"), values(rng, (n, k), "float64")
        for workers in (1, 3):
            for layout in (np.ascontiguousarray, np.asfortranarray):
                c, largest = np.full((m, n), 9.0), np.full(m, np.nan)
                kernel.row_max(layout(x), layout(w), -0.5, c, largest, workers)
                assert_same_bits(c, -0.5 * linalg.matmul(x, w.T), f"{m} x {k} x {n}")
                assert_same_bits(largest, c.max(axis=1), f"{m} x {k} x {n}")


# ------------------------------------------------------------------ guard pages

needs_mprotect = pytest.mark.skipif(sys.platform == "win32", reason="mprotect is POSIX")
MEMORY = [] if sys.platform == "win32" else [Guarded(1 << 20) for _ in range(4)]

LANE_EDGES = (1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 24, 25, 31, 32, 33, 47, 48, 49, 63, 64, 65, 97)


def guarded_shapes():
    """Sizes around lanes and tiles: all for two of the three, the third drawn."""
    rng = np.random.default_rng(2)
    shapes = [(m, k, n) for m in range(1, 10) for k in (1, 2, 5, 8, 17) for n in range(1, 19)]
    for x, y in itertools.product(LANE_EDGES, repeat=2):
        z = int(rng.choice(LANE_EDGES))
        shapes += [(x, y, z), (z, x, y), (x, z, y)]
    return shapes


@needs_mprotect
@pytest.mark.parametrize("at_end", [True, False], ids=["at the end", "at the start"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_products_stay_inside_their_arrays(isa, dtype, at_end):
    rng = np.random.default_rng(3)
    data = values(rng, 200 * 200, dtype)
    size = data.itemsize
    layouts = itertools.cycle(itertools.product(("C", "F", "padded", "reversed"), ("C", "F", "padded", "reversed")))
    for m, k, n in guarded_shapes():
        layout1, layout2 = next(layouts)
        x, y = data[: m * k].reshape(m, k), data[-k * n:].reshape(k, n)
        a = MEMORY[0].array(x, at_end, layout1)
        b = MEMORY[1].array(y, at_end, layout2)
        c = MEMORY[2].array(np.zeros((m, n), dtype), at_end)
        what = f"{m} x {k} x {n} {layout1} {layout2}"
        assert kernel.product(a, b, c, None) is c, what
        got = c.copy()
        assert MEMORY[2].untouched_except(m * n * size, at_end), f"{what}: written outside of out"
        assert_same_bits(got, kernel.product(x, y, None, None), what)


@needs_mprotect
@pytest.mark.parametrize("at_end", [True, False], ids=["at the end", "at the start"])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "uint64"])
def test_blocks_and_packing_stay_inside_their_arrays(isa, dtype, at_end):
    rng = np.random.default_rng(4)
    size = np.dtype(dtype).itemsize
    layouts = itertools.cycle(itertools.product(("C", "F", "padded", "reversed"), repeat=2))
    with tuned(kc=7, mc=8, nc=16):
        for m, k, n in itertools.product((1, 2, 6, 7, 9, 17, 33), (1, 6, 7, 8, 15, 40), (1, 2, 5, 8, 9, 25, 50)):
            layout1, layout2 = next(layouts)
            x, y = values(rng, (m, k), dtype), values(rng, (k, n), dtype)
            a, b = MEMORY[0].array(x, at_end, layout1), MEMORY[1].array(y, at_end, layout2)
            c = MEMORY[2].array(np.zeros((m, n), dtype), at_end)
            assert kernel.product(a, b, c, None) is c
            got = c.copy()
            assert MEMORY[2].untouched_except(m * n * size, at_end), f"{m} x {k} x {n}: written outside of out"
            assert_same_bits(got, kernel.product(x, y, None, None))


@needs_mprotect
@pytest.mark.parametrize("at_end", [True, False], ids=["at the end", "at the start"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_layers_stay_inside_their_arrays(isa, dtype, at_end):
    rng = np.random.default_rng(5)
    size = np.dtype(dtype).itemsize
    for m, k, n in itertools.product((1, 2, 5, 9, 20), (1, 3, 8, 17, 70), (1, 2, 7, 9, 17, 33, 50)):
        x, w, b = values(rng, (m, k), dtype), values(rng, (n, k), dtype), values(rng, n, dtype)
        gx, gw, gb = MEMORY[0].array(x, at_end), MEMORY[1].array(w, at_end), MEMORY[3].array(b, at_end)
        c = MEMORY[2].array(np.zeros((m, n), dtype), at_end)
        kernel.linear(gx, gw, gb, c, True, 1)
        got = c.copy()
        assert MEMORY[2].untouched_except(m * n * size, at_end), f"linear {m} x {k} x {n}"
        expected = np.empty((m, n), dtype)
        kernel.linear(x, w, b, expected, True, 1)
        assert_same_bits(got, expected)
        if k > 1:
            c = MEMORY[2].array(np.zeros((k, k), dtype), at_end)
            kernel.gram(gx, c, 1)
            got = c.copy()
            assert MEMORY[2].untouched_except(k * k * size, at_end), f"gram {m} x {k}"
            assert_same_bits(got, linalg.matmul(x.T, x))


@needs_mprotect
@pytest.mark.parametrize("at_end", [True, False], ids=["at the end", "at the start"])
def test_batches_of_transposed_matrices_stay_inside_their_arrays(isa, at_end):
    """Rows times Fortran-order matrices, where the kernel swaps its operands: each item of each batch is its own."""
    rng = np.random.default_rng(6)
    for count, k, n in itertools.product((1, 2, 5), (1, 3, 9, 20), (2, 5, 9, 30)):
        x, y = values(rng, (count, 1, k), "float64"), values(rng, (count, n, k), "float64")
        a, b = MEMORY[0].array(x, at_end), MEMORY[1].array(y, at_end).swapaxes(1, 2)
        expected = np.concatenate([kernel.product(x[i], y[i].T, None, None)[None] for i in range(count)])
        assert_same_bits(kernel.product(a, b, None, None), expected, f"{count} of 1 x {k} x {n}")


@needs_mprotect
@pytest.mark.parametrize("at_end", [True, False], ids=["at the end", "at the start"])
def test_long_paths_stay_inside_their_arrays(isa, at_end):
    """Several blocks of k, of lanes, of packing at their real sizes, shared by threads."""
    rng = np.random.default_rng(7)
    for m, k, n in [(1, 1100, 70), (40, 1100, 5), (9, 9000, 1), (1, 100_000, 1), (300, 150, 200)]:
        x, y = values(rng, (m, k), "float64"), values(rng, (k, n), "float64")
        a, b = MEMORY[0].array(x, at_end), MEMORY[1].array(y, at_end)
        for workers in (1, 2):
            assert_same_bits(kernel.product(a, b, None, workers), kernel.product(x, y, None, 1), f"{m} x {k} x {n}")


@needs_mprotect
def test_a_guard_page_bites():
    """One byte past the end of an array is a segmentation fault, seen in a process of its own."""
    from tests.process import run_python

    code = """if True:
        import numpy as np
        from tests.guard import Guarded
        x = Guarded(100).array(np.ones(5), {at_end})
        view = np.lib.stride_tricks.as_strided(x, (1,), (8,))
        print(np.lib.stride_tricks.as_strided(x[{index}:][:1], (2,), ({step},)).sum())
    """
    for at_end, index, step in ((True, 4, 8), (False, 0, -8)):
        result = run_python(code.format(at_end=at_end, index=index, step=step))
        assert result.returncode != 0, result.stdout   # a signal, or a sanitizer that caught it


def test_other_instruction_sets_have_other_vectors():
    """The grid above is walked three times for a reason: the bits of the baseline are its own."""
    rng = np.random.default_rng(8)
    a, b = values(rng, (30, 200), "float32"), values(rng, (200, 30), "float32")
    if not is_fused("base"):
        with using_isa("base"):
            base = kernel.product(a, b, None, None)
        assert_same_bits(base, chain_product(a, b, fused=False))
        assert not same_bits(base, chain_product(a, b, fused=True))
