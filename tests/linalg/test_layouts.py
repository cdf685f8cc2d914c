"""Products of every dtype in every memory layout: the values and the bits of contiguous operands; NumPy's promotion."""

import itertools

import numpy as np
import pytest

from mathcore import linalg
from tests.layouts import DTYPES, FLOATS, LAYOUTS, broadcast_columns, broadcast_rows, values
from tests.ops import OPS, Shape, arrays_of, check, map_arrays
from tests.oracles import assert_same_bits

SHAPES = (Shape(5, 7, 9), Shape(33, 70, 29), Shape(9, 600, 3), Shape(1, 40, 30), Shape(40, 30, 1),
          Shape(4, 5, 6, (3,), (3,)),
          Shape(3, 4, 5, (2, 1), (3,)))
PRODUCTS = ("matmul", "matvec", "vecmat", "vecdot")
NO_BATCH = ("outer", "linear", "multi_dot")


def shapes_for(op):
    return [s for s in SHAPES if not (s.batch1 and op.name in NO_BATCH)]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("op", OPS.values(), ids=list(OPS))
def test_values_of_every_dtype(isa, op, dtype):
    """Against exact arithmetic within the record's tolerance; integers, complex and longdouble as NumPy has them."""
    refused = op.is_float and np.dtype(dtype) in (np.complex64, np.complex128, np.longdouble)
    for shape in (*shapes_for(op), Shape(1, 1, 1), Shape(2, 3, 1), Shape(97, 96, 95), Shape(25, 513, 9)):
        args, kwargs = op.sample(shape, dtype, np.random.default_rng(0))
        if refused:
            with pytest.raises(TypeError, match=str(np.dtype(dtype))):
                op.function(*args, **kwargs)
            continue
        with np.errstate(over="ignore"):
            check(op, shape, args, kwargs, op.function(*args, **kwargs), f"{dtype} {shape}")


def changed_at(which, change, args):
    """`args` with the arrays of these numbers changed."""
    places = iter(range(len(arrays_of(args))))
    return map_arrays(lambda x: change(x) if next(places) in which else x, args)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("op", OPS.values(), ids=list(OPS))
def test_layouts_have_the_same_bits(isa, op, layout):
    """Each operand alone and all together; the operands are equal, so every bit must be."""
    change = LAYOUTS[layout]
    for dtype, shape in itertools.product(("float32", "float64", "float16", "int8", "uint64", "bool", "complex64"),
                                          shapes_for(op)):
        if op.is_float and dtype == "complex64":
            continue
        args, kwargs = op.sample(shape, dtype, np.random.default_rng(1))
        count = len(arrays_of(args))
        with np.errstate(over="ignore"):
            expected = op.function(*args, **kwargs)
            for which in [{i} for i in range(count)] + [set(range(count))] * (count > 1):
                changed = changed_at(which, change, args)
                actual = op.function(*changed, **kwargs)
                if dtype == "complex64":     # NumPy computes, and its order depends on the layout
                    check(op, shape, changed, kwargs, actual)
                else:
                    assert_same_bits(actual, expected, f"{dtype} {shape} operands {which}")


@pytest.mark.parametrize("broadcast", [broadcast_rows, broadcast_columns])
@pytest.mark.parametrize("op", OPS.values(), ids=list(OPS))
def test_zero_strides(isa, op, broadcast):
    for dtype, shape in itertools.product(("float32", "float64", "float16", "int64"), shapes_for(op)):
        args, kwargs = op.sample(shape, dtype, np.random.default_rng(2))
        args = map_arrays(broadcast, args)
        expected = op.function(*map_arrays(np.ascontiguousarray, args), **kwargs)
        assert_same_bits(op.function(*args, **kwargs), expected, f"{dtype} {shape}")


def test_large_operands_in_every_layout(isa):
    """Past the sizes where operands are packed: 1.5 MB of B, 4 MB of A."""
    rng = np.random.default_rng(3)
    a, b = values(rng, (1030, 520), np.float64), values(rng, (520, 400), np.float64)
    expected = linalg.matmul(a, b)
    check(OPS["matmul"], Shape(1030, 520, 400), (a[:9], b), {}, expected[:9])
    for layout1, layout2 in [("F", "C"), ("C", "F"), ("F", "F"), ("step2", "padded rows"), ("reversed", "step2"),
                             ("misaligned", "C")]:
        assert_same_bits(linalg.matmul(LAYOUTS[layout1](a), LAYOUTS[layout2](b)), expected, f"{layout1} {layout2}")


# ------------------------------------------------------------------ promotion

@pytest.mark.parametrize("name", [*PRODUCTS, "outer"])
def test_every_pair_of_dtypes_promotes_as_numpys(name):
    op = OPS[name]
    rng = np.random.default_rng(4)
    for dtype1, dtype2 in itertools.product((*DTYPES, object), repeat=2):
        (x, y), _ = op.sample(Shape(3, 4, 5), np.int8, rng)
        x, y = (x & 3).astype(dtype1), (y & 3).astype(dtype2)
        expected, actual = op.peer(x, y), op.function(x, y)
        assert type(actual) is type(expected), f"{dtype1} {dtype2}"
        np.testing.assert_array_equal(actual, expected, strict=True, err_msg=f"{dtype1} {dtype2}")


@pytest.mark.parametrize("name", ["gram", "linear"])
def test_integers_and_bool_become_float64(name):
    op = OPS[name]
    for dtype in DTYPES:
        if np.dtype(dtype).kind not in "biu":
            continue
        args, kwargs = op.sample(Shape(4, 5, 6), dtype, np.random.default_rng(5))
        result = op.function(*args, **kwargs)
        assert result.dtype == np.float64
        assert_same_bits(result, op.function(*map_arrays(lambda x: x.astype(np.float64), args), **kwargs))


def test_linear_promotes_all_three_operands():
    for dtypes in itertools.product((*FLOATS, "int8"), repeat=3):
        x, w, b = (np.ones(s, d) for s, d in zip(((2, 3), (4, 3), (4,)), dtypes, strict=True))
        expected = np.result_type(x, w, b)
        assert linalg.linear(x, w, b).dtype == (expected if expected.kind == "f" else np.float64)


def test_multi_dot_promotes_as_the_products_do():
    for dtypes in itertools.product(("float32", "float64", "int8", "complex64"), repeat=3):
        arrays = [np.full(s, 2, d) for s, d in zip(((2, 3), (3, 4), (4, 5)), dtypes, strict=True)]
        expected = np.linalg.multi_dot(arrays)
        np.testing.assert_array_equal(linalg.multi_dot(arrays), expected, strict=True)


# ------------------------------------------------------------------ inputs

@pytest.mark.parametrize("op", OPS.values(), ids=list(OPS))
def test_inputs_are_never_written(op):
    """Read-only pages would crash; read-only flags are seen by NumPy; the bytes themselves are compared."""
    for dtype, layout in itertools.product(("float64", "float16", "int8", "float32"), LAYOUTS.values()):
        args, kwargs = op.sample(Shape(9, 10, 11), dtype, np.random.default_rng(6))
        args = map_arrays(layout, args)
        before = [x.copy() for x in arrays_of(args)]
        op.function(*args, **kwargs)
        for x, copy in zip(arrays_of(args), before, strict=True):
            assert_same_bits(x, copy)


def test_memory_maps(tmp_path):
    values(np.random.default_rng(7), (20, 30), np.float64).tofile(tmp_path / "a")
    for mode, offset in (("r", 0), ("c", 8), ("r", 3)):
        a = np.memmap(tmp_path / "a", np.float64, mode, offset, (19, 30))
        plain = np.array(a)
        assert_same_bits(linalg.matmul(a, a.T), linalg.matmul(plain, plain.T))
        assert type(linalg.matmul(a, a.T)) is np.ndarray
