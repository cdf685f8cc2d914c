"""Same input, same bits: any number of threads, run, split of rows or of a batch, layout; AVX2 or AVX-512."""

import functools
import itertools
import threading
from typing import NamedTuple

import numpy as np
import pytest

from mathcore._kernels import runtime
from mathcore.linalg import gram, linear, matmul, matvec, multi_dot, vecdot, vecmat
from tests.layouts import LAYOUTS, values
from tests.oracles import assert_same_bits, same_bits
from tests.tuning import KC, tuned, using_isa

THREADS = (1, 2, 3, 7, 16)
DTYPES = ("float32", "float64")


class Case(NamedTuple):
    """Shapes and memory orders of operands that take one path of the kernel, large enough for several threads."""

    shape1: tuple
    shape2: tuple
    order1: str = "C"
    order2: str = "C"


PATHS = {
    "tiles": Case((200, 130), (130, 170)),
    "tiles, wide": Case((20, 300), (300, 900)),
    "tiles, tall": Case((1500, 40), (40, 50)),
    "tiles, B packed": Case((300, 700), (700, 400)),
    "tiles, A and B packed": Case((700, KC + 300), (KC + 300, 500)),
    "tiles, Fortran B": Case((150, 200), (200, 150), "C", "F"),
    "tiles, Fortran both": Case((150, 600), (600, 150), "F", "F"),
    "thin": Case((3000, 300), (300, 5)),
    "thin, long": Case((700, KC + 600), (KC + 600, 8), "C", "F"),
    "row": Case((1, 1500), (1500, 1000)),
    "row, Fortran": Case((1, 1500), (1500, 1000), "C", "F"),
    "stream": Case((8, 2600), (2600, 2600)),
    "dot of rows": Case((2000, 600), (600, 1)),
    "dot of columns": Case((2000, 600), (600, 1), "F", "C"),
    "dot of few long rows": Case((2, 400_000), (400_000, 1)),
    "dot of long columns": Case((40, 30_000), (30_000, 1), "F", "C"),
    "batch against one matrix": Case((12, 50, 60), (60, 70)),
    "batch of small": Case((300, 20, 30), (300, 30, 20)),
    "batch of few large": Case((2, 200, 300), (2, 300, 150)),
    "batch of rows": Case((40, 1, 200), (40, 200, 100)),
    "batch of columns": Case((40, 300, 200), (40, 200, 1)),
}
SLOW = {"stream"}                        # 27 MB of float32: one dtype, few repetitions


@functools.cache
def operands(path, dtype):
    case = PATHS[path]
    rng = np.random.default_rng(len(path))
    a, b = values(rng, case.shape1, dtype), values(rng, case.shape2, dtype)
    return np.asarray(a, order=case.order1), np.asarray(b, order=case.order2)


def cases(paths=PATHS):
    return [(path, dtype) for path in paths for dtype in DTYPES if not (path in SLOW and dtype == "float64")]


@pytest.mark.parametrize(("path", "dtype"), cases())
def test_threads(isa, path, dtype):
    a, b = operands(path, dtype)
    expected = matmul(a, b, workers=1)
    for threads in THREADS:
        assert_same_bits(matmul(a, b, workers=threads), expected, f"{threads} threads")


@pytest.mark.parametrize("dtype", ["int32", "int64"])
def test_threads_integers(isa, dtype):
    for path in ("tiles", "thin", "row", "dot of rows", "batch of small"):
        a, b = operands(path, dtype)
        expected = np.matmul(a[..., :9, :] if a.ndim > 2 else a[:9], b)
        for threads in THREADS:
            c = matmul(a, b, workers=threads)
            np.testing.assert_array_equal(c[..., :9, :] if a.ndim > 2 else c[:9], expected)


@pytest.mark.parametrize("dtype", DTYPES)
def test_threads_of_the_other_functions(isa, dtype):
    rng = np.random.default_rng(0)
    x, w, b = (values(rng, s, dtype) for s in ((600, 300), (170, 300), (170,)))
    calls = {
        "gram": lambda n: gram(x, workers=n), "gram of columns": lambda n: gram(np.asfortranarray(x), workers=n),
        "linear": lambda n: linear(x, w, b, activation="relu", workers=n),
        "linear of a row": lambda n: linear(np.tile(x[:1], 8)[0], np.tile(w, 8), b, workers=n),
        "matvec": lambda n: matvec(np.tile(x, (4, 1)), x[0], workers=n),
        "vecmat": lambda n: vecmat(np.tile(x[0], 9), np.tile(w.T, (9, 1)), workers=n),
        "vecdot": lambda n: vecdot(np.tile(x, (9, 1)), x[0], workers=n),
        "vecdot, long": lambda n: vecdot(np.tile(x.ravel(), 6), np.tile(x.ravel(), 6), workers=n),
        "multi_dot": lambda n: multi_dot([x, w.T, w], workers=n),
    }
    for what, call in calls.items():
        expected = call(1)
        for threads in THREADS[1:]:
            assert_same_bits(call(threads), expected, f"{what}, {threads} threads")


@pytest.mark.parametrize("tuning", [{"mc": 8, "nc": 24}, {"mc": 1000, "nc": 10_000}, {"mc": 24}])
def test_of_the_block_sizes_only_kc_shows(isa, tuning):
    for path, dtype in itertools.product(("tiles", "tiles, B packed", "tiles, A and B packed", "tiles, Fortran both"),
                                         DTYPES):
        a, b = operands(path, dtype)
        expected = matmul(a, b)
        with tuned(**tuning):
            for threads in (1, 3):
                assert_same_bits(matmul(a, b, workers=threads), expected, f"{path} {dtype} {threads}")


# ------------------------------------------------------------------ splits

SPLITS = ((0, 1), (0, 2), (1, 4), (3, 11), (5, 29), (0, 64), (17, 120))


@pytest.mark.parametrize(("path", "dtype"), cases())
def test_splits_of_rows_and_of_batches(isa, path, dtype):
    """Part of the left operand, be it rows or items of a batch, gives that part of the result."""
    a, b = operands(path, dtype)
    whole = matmul(a, b)
    for start, stop in SPLITS[:3] if path in SLOW else SPLITS:
        part = slice(start, min(stop, a.shape[0]))
        assert_same_bits(matmul(a[part], b[part] if b.ndim > 2 else b), whole[part], f"{part}")
    if a.ndim > 2:
        assert_same_bits(matmul(a[0], b[0] if b.ndim > 2 else b), whole[0])
        assert_same_bits(matmul(a[:, :1], b), whole[:, :1])


@pytest.mark.parametrize("dtype", DTYPES)
def test_splits_of_the_other_functions(isa, dtype):
    rng = np.random.default_rng(1)
    x, w, b = (values(rng, s, dtype) for s in ((130, 70), (90, 70), (90,)))
    for start, stop in SPLITS:
        part = slice(start, stop)
        assert_same_bits(linear(x[part], w, b), linear(x, w, b)[part], f"linear {part}")
        assert_same_bits(linear(x[part], w), matmul(x, w.T)[part], f"linear {part}")
        assert_same_bits(matvec(x[part], w[0]), matvec(x, w[0])[part], f"matvec {part}")
        assert_same_bits(vecmat(x[part], w.T), matmul(x, w.T)[part], f"vecmat {part}")
        assert_same_bits(vecdot(x[part], w[0]), matvec(x, w[0])[part], f"vecdot {part}")
    assert_same_bits(matvec(x, w[0])[7], vecdot(x[7], w[0]))
    assert_same_bits(vecmat(x[7], w.T), matmul(x, w.T)[7])


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_batches_are_their_items(isa, dtype, order):
    """Items whose matrices lie in every order, under batch axes that broadcast: a loop over them gives the same."""
    rng = np.random.default_rng(2)
    for (m, k, n), (batch1, batch2) in itertools.product(
            [(1, 9, 20), (20, 9, 1), (1, 40, 3), (9, 30, 5), (17, 8, 30), (1, 1, 1), (1, 300, 50)],
            [((3,), (3,)), ((3,), (1,)), ((1,), (3,)), ((2, 1), (3,)), ((2, 3), (2, 1))]):
        a, b = values(rng, (*batch1, m, k), dtype), values(rng, (*batch2, k, n), dtype)
        if order == "F":
            a, b = (x.swapaxes(-1, -2).copy().swapaxes(-1, -2) for x in (a, b))
        c = matmul(a, b)
        batch = np.broadcast_shapes(batch1, batch2)
        wide_a, wide_b = np.broadcast_to(a, (*batch, m, k)), np.broadcast_to(b, (*batch, k, n))
        for i in np.ndindex(batch):
            assert_same_bits(c[i], matmul(wide_a[i], wide_b[i]), f"{m} x {k} x {n}, {batch1} {batch2}")
        rows = vecmat(a[..., 0, :], b)
        for i in np.ndindex(batch):
            assert_same_bits(rows[i], vecmat(wide_a[i][0], wide_b[i]), f"vecmat {k} x {n}, {batch1} {batch2}")


# ------------------------------------------------------------------ memory

@pytest.mark.parametrize(("path", "dtype"), cases([p for p in PATHS if p not in SLOW and "batch" not in p]))
def test_layouts(isa, path, dtype):
    a, b = operands(path, dtype)
    expected = matmul(a, b)
    for layout in ("C", "F", "reversed", "padded rows", "misaligned"):
        assert_same_bits(matmul(LAYOUTS[layout](a), b), expected, f"left {layout}")
        assert_same_bits(matmul(a, LAYOUTS[layout](b)), expected, f"right {layout}")


def shifted(x, elements):
    """A copy that begins `elements` past a multiple of 64 bytes."""
    room = np.zeros(x.size + 64 // x.itemsize + elements, x.dtype)
    start = (-room.ctypes.data % 64) // x.itemsize + elements
    view = room[start:start + x.size].reshape(x.shape)
    view[...] = x
    return view


@pytest.mark.parametrize("dtype", DTYPES)
def test_alignment(isa, dtype):
    rng = np.random.default_rng(3)
    for m, k, n in [(30, 40, 50), (1, 70, 60), (50, 40, 3), (9, 200, 1)]:
        a, b = values(rng, (m, k), dtype), values(rng, (k, n), dtype)
        expected = matmul(a, b)
        for offset in range(64 // a.itemsize):
            out = shifted(np.zeros((m, n), dtype), offset)
            assert_same_bits(matmul(shifted(a, offset), shifted(b, 3 * offset % 7), out), expected, f"offset {offset}")


# ------------------------------------------------------------------ instruction sets, runs

@pytest.mark.skipif(not {"avx2", "avx512"} <= set(runtime.available_isas()),
                    reason="two instruction sets with FMA are compared: this CPU has one of AVX2, AVX-512 or none")
@pytest.mark.parametrize(("path", "dtype"), cases())
def test_instruction_sets(path, dtype):
    a, b = operands(path, dtype)
    results = {}
    for isa in ("avx2", "avx512"):
        with using_isa(isa):
            results[isa] = [matmul(a, b)]
            if a.ndim == 2:
                results[isa] += [gram(a[:, :60]), linear(a, b.T, b[0], activation="relu"), vecdot(a, a[0])]
    for one, other in zip(*results.values(), strict=True):
        assert_same_bits(one, other)


@pytest.mark.parametrize(("path", "dtype"), cases([p for p in PATHS if p not in SLOW]))
def test_runs_under_load(path, dtype):
    """Ten runs while another thread takes and leaves the pool of threads."""
    a, b = operands(path, dtype)
    noise_a, noise_b = operands("tiles", "float64")
    expected = matmul(a, b, workers=1)
    done = threading.Event()

    def noise():
        while not done.is_set():
            matmul(noise_a, noise_b, workers=2)

    other = threading.Thread(target=noise)
    other.start()
    try:
        for workers in (1, 2, 3, 2, 7) * 2:
            assert_same_bits(matmul(a, b, workers=workers), expected)
    finally:
        done.set()
        other.join()


def test_comparison_sees_one_bit():
    """The tests above rest on it."""
    a = matmul(*operands("tiles", "float64"))
    b = a.copy()
    assert same_bits(a, b)
    b.view(np.uint64)[17, 5] ^= 1
    assert not same_bits(a, b)
