"""Factorisations and systems in every memory layout, dtype, split of a batch, number of threads: the same bits.

A function is a line of CASES.
"""

import itertools
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pytest

import mathcore
from mathcore import linalg
from tests.layouts import LAYOUTS, broadcast_columns, broadcast_rows
from tests.oracles import assert_same_bits

SIZES = (1, 2, 3, 8, 17, 33, 65, 130)           # packs of small ones, vectors, blocks of 64 and of 128, and past them
BATCHES = ((), (1,), (5,), (2, 3))
DTYPES = ("float32", "float64", "float16", "int8", "uint16", "int64")


def numbers(rng, shape, dtype):
    """Normal, or whole without 0."""
    dtype = np.dtype(dtype)
    if dtype.kind in "iu":
        return (rng.integers(1, 10, shape) * rng.choice([1, -1] if dtype.kind == "i" else [1], shape)).astype(dtype)
    return rng.standard_normal(shape).astype(dtype)


# ------------------------------------------------------------------ operands: (batch, n, dtype, rng) -> arrays

def matrix(batch, n, dtype, rng):
    return (numbers(rng, (*batch, n, n), dtype),)


def tall(batch, n, dtype, rng):
    return (numbers(rng, (*batch, n + 7, n), dtype),)


def wide(batch, n, dtype, rng):
    return (numbers(rng, (*batch, n, n + 7), dtype),)


def system(batch, n, dtype, rng):
    return (*matrix(batch, n, dtype, rng), numbers(rng, (*batch, n, 3), dtype))


def system_of_one_side(batch, n, dtype, rng):
    """b a vector where there is no batch: with one it would be a matrix."""
    return (*matrix(batch, n, dtype, rng), numbers(rng, (*batch, n, 1) if batch else n, dtype))


def tall_system(batch, n, dtype, rng):
    return (*tall(batch, n, dtype, rng), numbers(rng, (*batch, n + 7, 2), dtype))


def _dominant(a, n):
    """Far from singular whichever triangle is read, of any structure."""
    return a + np.asarray(100 if a.dtype.kind in "iu" else 12 + n / 4, a.dtype) * np.eye(n, dtype=a.dtype)


def dominant_system(batch, n, dtype, rng):
    a, b = system(batch, n, dtype, rng)
    return _dominant(a, n), b


def _symmetric(a):
    return np.tril(a) + np.tril(a, -1).swapaxes(-1, -2)


def symmetric(batch, n, dtype, rng):
    return (_symmetric(matrix(batch, n, dtype, rng)[0]),)


def definite(batch, n, dtype, rng):
    """Diagonally dominant while the off-diagonal entries stay below 100 / n in sum: rows of tridiagonal matrices."""
    a = symmetric(batch, n, dtype, rng)[0]
    return (_dominant(np.triu(np.tril(a, 2), -2), n),)


def definite_system(batch, n, dtype, rng):
    return (*definite(batch, n, dtype, rng), numbers(rng, (*batch, n, 3), dtype))


def triangle(batch, n, dtype, rng):
    a, b = dominant_system(batch, n, dtype, rng)
    return np.tril(a), b


def factored(batch, n, dtype, rng):
    """lu, piv, b: no factors of a known matrix, but as good as."""
    lu, b = dominant_system(batch, n, dtype, rng)
    piv = (np.arange(n) + rng.integers(0, n - np.arange(n), (*batch, n))).astype(np.int32)
    return lu, piv, b


def _lu_solve(lu, piv, b, **options):
    return linalg.lu_solve((lu, piv), b, **options)


@dataclass(frozen=True)
class Case:
    name: str
    make: Callable
    options: dict = field(default_factory=dict)
    call: Callable | None = None                # where the operands are not simply arguments
    workers: bool = True                        # takes workers=

    def __call__(self, *operands, **more):
        """The arrays of the result, in order."""
        function = self.call or getattr(linalg, self.name)
        with warnings.catch_warnings():         # what rounding makes of these matrices is others' to test
            warnings.simplefilter("ignore")
            result = function(*operands, **self.options, **more)
        return flat(result)

    def __str__(self):
        return " ".join([self.name, self.make.__name__, *(f"{key}={value}" for key, value in self.options.items())])


def flat(result):
    if isinstance(result, tuple | list):
        return [array for part in result for array in flat(part)]
    return [] if result is None else [np.asarray(result)]


CASES = (
    Case("lu", matrix), Case("lu", tall), Case("lu", wide), Case("lu", matrix, {"permute_l": True}),
    Case("lu", matrix, {"p_indices": True}),
    Case("lu_factor", matrix), Case("lu_factor", tall), Case("lu_factor", wide),
    Case("lu_solve", factored, call=_lu_solve), Case("lu_solve", factored, {"trans": 1}, _lu_solve),
    Case("solve", system), Case("solve", system_of_one_side), Case("solve", dominant_system, {"transposed": True}),
    Case("solve", triangle), Case("solve", definite_system), Case("solve", system, {"assume_a": "general"}),
    Case("solve", definite_system, {"assume_a": "positive definite", "lower": True}),
    Case("solve", definite_system, {"assume_a": "symmetric"}),
    Case("solve", dominant_system, {"assume_a": "upper triangular"}),
    Case("solve", dominant_system, {"assume_a": "tridiagonal"}),
    Case("solve", dominant_system, {"assume_a": "diagonal"}),
    Case("inv", matrix), Case("inv", definite), Case("inv", definite, {"assume_a": "pos"}),
    Case("det", matrix), Case("slogdet", matrix),
    *(Case("solve_triangular", dominant_system, {"trans": trans, "lower": lower, "unit_diagonal": False})
      for trans in (0, 1) for lower in (False, True)),
    Case("solve_triangular", triangle, {"lower": True, "unit_diagonal": True}),
)
OF_CASES = pytest.mark.parametrize("case", CASES, ids=str)


def operands(case, batch, n, dtype, seed=0):
    return case.make(batch, n, dtype, np.random.default_rng(seed))


def assert_same(actual, expected, what):
    assert len(actual) == len(expected), what
    for i, (one, other) in enumerate(zip(actual, expected, strict=True)):
        assert_same_bits(one, other, f"{what}, array {i} of the result")


def in_layouts(arrays, change):
    """The operands with each one alone changed, and with all of them."""
    whiches = [{i} for i in range(len(arrays))]
    for which in [*whiches, set(range(len(arrays)))][:len(arrays) + (len(arrays) > 1)]:
        yield which, [change(x) if i in which else x for i, x in enumerate(arrays)]


# ------------------------------------------------------------------ layouts

@pytest.mark.parametrize("layout", LAYOUTS)
@OF_CASES
def test_layouts_have_the_same_bits(isa, case, layout):
    """And no operand is written, in any."""
    for dtype, batch in itertools.product(("float32", "float64", "float16", "int8"), ((), (4,))):
        for n in (3, 33) if batch else (1, 8, 17, 130):
            arrays = operands(case, batch, n, dtype)
            expected = case(*arrays)
            for which, changed in in_layouts(arrays, LAYOUTS[layout]):
                what = f"{dtype} {batch} n={n}, operands {which}"
                assert_same(case(*changed), expected, what)
                for x, before in zip(changed, arrays, strict=True):
                    assert_same_bits(np.ascontiguousarray(x).astype(before.dtype), before, f"{what} written")


@pytest.mark.parametrize("broadcast", [broadcast_rows, broadcast_columns])
@OF_CASES
def test_zero_strides_within_a_matrix(case, broadcast):
    """A matrix of equal rows is singular: the same error, or the same bits."""
    def outcome(arrays):
        try:
            return case(*arrays)
        except np.linalg.LinAlgError as error:
            return str(error)

    for dtype, n in itertools.product(("float32", "float64"), (2, 17, 65)):
        arrays = [broadcast(x) if x.dtype.kind == "f" else x for x in operands(case, (), n, dtype)]
        expected, actual = outcome([np.ascontiguousarray(x) for x in arrays]), outcome(arrays)
        if isinstance(expected, str):
            assert actual == expected
        else:
            assert_same(actual, expected, f"{dtype} n={n}")


@OF_CASES
def test_a_matrix_repeated_over_a_batch(case):
    """Zero strides along the batch: nothing is written to the one matrix in memory."""
    for dtype, n in itertools.product(("float32", "float64"), (3, 8, 33)):
        core = [x[0] for x in operands(case, (1,), n, dtype)]
        alone = case(*core)
        repeated = case(*(np.broadcast_to(x, (4, *x.shape)) for x in core))
        for i in range(4):
            assert_same([x[i] for x in repeated], alone, f"{dtype} n={n} item {i}")


# ------------------------------------------------------------------ dtypes

@OF_CASES
def test_float16_computes_in_float32_and_integers_in_float64(case):
    for dtype in DTYPES:
        compute = np.float32 if dtype in ("float16", "float32") else np.float64
        for batch, n in itertools.product(((), (3,)), (1, 3, 17, 65)):
            arrays = operands(case, batch, n, dtype)
            converted = [x if x.dtype == np.int32 else x.astype(compute) for x in arrays]
            assert_same(case(*arrays), case(*converted), f"{dtype} {batch} n={n}")


@OF_CASES
def test_result_types(case):
    """Floating parts of a result have the operands' type; det's are double, as in SciPy."""
    for dtype in ("float32", "float64"):
        for part in case(*operands(case, (), 5, dtype)):
            wanted = (np.dtype(np.int32), np.dtype(np.float64 if case.name == "det" else dtype))
            assert part.dtype in wanted, f"{dtype}: {part.dtype}"


@pytest.mark.parametrize("case", [c for c in CASES if c.make not in (matrix, tall, wide, symmetric, definite)], ids=str)
def test_mixed_types_promote(case):
    for dtypes in itertools.product(("float16", "float32", "float64", "int8"), repeat=2):
        wanted = np.float32 if set(dtypes) <= {"float16", "float32"} else np.float64
        arrays = list(operands(case, (), 5, "int8"))
        floats = [i for i, x in enumerate(arrays) if x.dtype != np.int32]
        for i, dtype in zip(floats, dtypes, strict=True):
            arrays[i] = arrays[i].astype(dtype)
        expected = case(*(x.astype(wanted) if i in floats else x for i, x in enumerate(arrays)))
        assert_same(case(*arrays), expected, f"{dtypes}")


# ------------------------------------------------------------------ batches

@OF_CASES
def test_each_item_of_a_batch_is_as_alone(isa, case):
    for dtype, n, batch in itertools.product(("float32", "float64"), SIZES, BATCHES[1:]):
        arrays = operands(case, batch, n, dtype)
        whole = case(*arrays)
        for item in np.ndindex(*batch):
            alone = case(*(x[item] for x in arrays))
            assert_same([x[item] for x in whole], alone, f"{dtype} n={n} {batch} item {item}")


@OF_CASES
def test_splits_of_a_batch(isa, case):
    """Around the number of small ones in a pack, and in any pieces."""
    for dtype, n in itertools.product(("float32", "float64"), (2, 4, 7, 16, 32)):
        arrays = operands(case, (37,), n, dtype)
        whole = case(*arrays)
        for start, stop in ((0, 1), (0, 3), (1, 9), (3, 20), (36, 37), (5, 37)):
            part = case(*(x[start:stop] for x in arrays))
            assert_same(part, [x[start:stop] for x in whole], f"{dtype} n={n} {start}:{stop}")


@pytest.mark.parametrize("case", [c for c in CASES if c.make in (system, dominant_system, definite_system, triangle)],
                         ids=str)
def test_batches_broadcast(case):
    for dtype, n in itertools.product(("float32", "float64"), (2, 5, 33)):
        a, _ = operands(case, (3, 1), n, dtype)
        _, b = operands(case, (4,), n, dtype, seed=1)
        (got,) = case(a, b)
        assert got.shape == (3, 4, n, 3)
        for i, j in np.ndindex(3, 4):
            assert_same([got[i, j]], case(a[i, 0], b[j]), f"{dtype} n={n} item {i, j}")


# ------------------------------------------------------------------ threads

@pytest.mark.parametrize("case", [c for c in CASES if c.workers], ids=str)
def test_threads_have_the_same_bits(isa, case):
    """One large matrix, a batch of small ones, a batch of middle ones; by workers= and by the context."""
    for dtype, (batch, n) in itertools.product(("float32", "float64"), (((), 300), ((3000,), 5), ((40,), 33))):
        arrays = operands(case, batch, n, dtype)
        expected = case(*arrays, workers=1)
        for threads in (2, 3, 7):
            assert_same(case(*arrays, workers=threads), expected, f"{dtype} {batch} n={n} workers={threads}")
        with mathcore.threads(2):
            assert_same(case(*arrays), expected, f"{dtype} {batch} n={n} threads(2)")


# ------------------------------------------------------------------ nothing

@OF_CASES
def test_no_rows_and_no_items(case):
    for dtype, batch in itertools.product(("float32", "float64"), ((), (3,), (0,))):
        n = 0 if batch != (0,) else 4
        arrays = operands(case, batch, n, dtype)
        for part in case(*arrays):
            assert part.shape[:len(batch)] == batch
            assert not part.size or case.name in ("det", "slogdet") or case.make in (tall, wide, tall_system)
