"""`out=`: every layout and dtype it may have, and every overlap with the inputs, as if those had been copied first."""

import itertools

import numpy as np
import pytest

from mathcore import linalg
from tests.layouts import LAYOUTS, values
from tests.ops import OPS, Shape, arrays_of
from tests.oracles import assert_same_bits

WITH_OUT = [op for op in OPS.values() if op.out]
PRODUCTS = ("matmul", "matvec", "vecmat", "vecdot")
SHAPES = (Shape(5, 7, 9), Shape(33, 20, 29), Shape(1, 40, 30), Shape(40, 30, 1), Shape(9, 0, 4), Shape(20, 3, 2))


def shapes_for(op):
    """vecdot of two vectors is a scalar: its `out` needs a batch."""
    return [s._replace(batch1=(s.m,)) if op.name == "vecdot" else s for s in SHAPES]


@pytest.mark.parametrize("layout", sorted(set(LAYOUTS) - {"read-only"}))
@pytest.mark.parametrize("op", WITH_OUT, ids=lambda op: op.name)
def test_out_of_every_layout(isa, op, layout):
    for dtype, shape in itertools.product(("float32", "float64", "float16", "int16"), shapes_for(op)):
        args, kwargs = op.sample(shape, dtype, np.random.default_rng(0))
        expected = np.asarray(op.function(*args, **kwargs))
        out = LAYOUTS[layout](np.full_like(expected, 1))
        assert op.function(*args, out=out, **kwargs) is out
        assert_same_bits(out.astype(expected.dtype), expected, f"{dtype} {shape}")


@pytest.mark.parametrize("op", WITH_OUT, ids=lambda op: op.name)
def test_nothing_is_written_beside_out(isa, op):
    """`out` as an island in a larger array."""
    for dtype, shape in itertools.product(("float32", "float64", "float16"), shapes_for(op)):
        args, kwargs = op.sample(shape, dtype, np.random.default_rng(1))
        expected = np.asarray(op.function(*args, **kwargs))
        sea = np.full([n + 6 for n in expected.shape], 77, expected.dtype)
        island = (slice(3, -3),) * expected.ndim
        op.function(*args, out=sea[island], **kwargs)
        assert_same_bits(sea[island], expected)
        sea[island] = 77
        assert (sea == 77).all()


@pytest.mark.parametrize("name", PRODUCTS)
def test_out_of_other_dtypes_is_cast_as_numpy_does(name):
    op = OPS[name]
    for dtype, out_dtype in itertools.product(("int8", "int64", "uint16", "float16", "float32", "float64"), repeat=2):
        args, _ = op.sample(Shape(4, 5, 6, (2,), (2,)), "int8", np.random.default_rng(2))
        args = tuple((x & 7).astype(dtype) for x in args)
        shape = op.peer(*args).shape
        theirs, ours = np.full(shape, 1, out_dtype), np.full(shape, 1, out_dtype)
        try:
            op.peer(*args, out=theirs)
        except TypeError:
            with pytest.raises(TypeError, match="out has dtype"):
                op.function(*args, out=ours)
            assert (ours == 1).all()
        else:
            assert op.function(*args, out=ours) is ours
            np.testing.assert_array_equal(ours, theirs)


def test_out_without_axes():
    """The inner product of two vectors into a 0-d array."""
    for name in ("vecdot", "matmul"):
        out = np.zeros(())
        assert OPS[name].function(np.array([1.0, 2.0]), np.array([3.0, 4.0]), out) is out
        assert out == 11


def test_numpys_tuple_form():
    out = np.zeros((2, 2))
    assert linalg.matmul(np.ones((2, 2)), np.ones((2, 2)), out=(out,)) is out
    assert (out == 2).all()


def test_positional_out_where_numpy_has_it():
    out = np.zeros((2, 2))
    assert linalg.matmul(np.ones((2, 2)), np.ones((2, 2)), out) is out
    out = np.zeros(2)
    assert linalg.vecdot(np.ones((2, 2)), np.ones(2), out) is out


# ------------------------------------------------------------------ overlap

N = 12


def windows(buffer, n):
    """n x n arrays inside a buffer: shifted by elements and rows, reversed, transposed, interleaved."""
    found = {}
    for shift in (0, 1, -1, 3, -3, n, -n, n * n // 2, n * n - 1):
        start = n * n + shift
        found[f"shifted by {shift}"] = buffer[start:start + n * n].reshape(n, n)
    same = found["shifted by 0"]
    found |= {
        "transposed": same.T, "rows reversed": same[::-1], "columns reversed": same[:, ::-1],
        "all reversed": same[::-1, ::-1],
        "every other": buffer[n * n - 5:3 * n * n - 5:2].reshape(n, n), "transposed, shifted": found["shifted by 1"].T,
        "longer rows": np.lib.stride_tricks.as_strided(same, (n, n), (buffer.itemsize * (n + 3), buffer.itemsize)),
    }
    return found


def filled(dtype):
    """A buffer of three n x n matrices and the middle one."""
    buffer = values(np.random.default_rng(3), 4 * N * N, dtype)
    return buffer, buffer[N * N:2 * N * N].reshape(N, N)


@pytest.mark.parametrize("window", windows(np.zeros(4 * N * N), N))
@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "int32"])
def test_out_that_overlaps_the_inputs(isa, dtype, window):
    """As if the inputs had been copied first, for each operand in turn and for both."""
    other = values(np.random.default_rng(4), (N, N), dtype)
    calls = {
        "first operand": lambda x, out: linalg.matmul(x, other, out),
        "second operand": lambda x, out: linalg.matmul(other, x, out),
        "both": lambda x, out: linalg.matmul(x, x, out),
        "transposed": lambda x, out: linalg.matmul(x.T, x, out),
        "weights": lambda x, out: linalg.linear(other, x, x[0], out=out),
        "inputs": lambda x, out: linalg.linear(x, other, out=out),
        "gram": lambda x, out: linalg.gram(x, out=out),
        "chain": lambda x, out: linalg.multi_dot([x, other, x], out=out),
    }
    for what, call in calls.items():
        if what in ("weights", "inputs", "gram") and dtype == "int32":
            continue                     # the result is float64
        buffer, x = filled(dtype)
        expected = call(x.copy(), None)
        out = windows(buffer, N)[window]
        assert np.may_share_memory(out, x)
        assert call(x, out) is out
        assert_same_bits(out.copy(), expected, what)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_vector_results_that_overlap_the_inputs(isa, dtype):
    for step, start in itertools.product((1, -1, N, 2), (0, 1, 5, N)):
        for what, call in {
            "matvec": lambda x, out: linalg.matvec(x, x[0], out),
            "vecmat": lambda x, out: linalg.vecmat(x[1], x, out),
            "vecdot": lambda x, out: linalg.vecdot(x, x[2], out),
            "column": lambda x, out: linalg.matmul(x, x[:, 0], out),
        }.items():
            buffer, x = filled(dtype)
            expected = call(x.copy(), None)
            out = buffer[N * N + start:][: N * abs(step)][::step]
            assert call(x, out) is out
            assert_same_bits(out.copy(), expected, f"{what} {step} {start}")


def test_batches_into_overlapping_out(isa):
    buffer = values(np.random.default_rng(5), 200, np.float64)
    for shift in (0, 1, 16, 40):
        work = buffer.copy()
        x, out = work[:64].reshape(4, 4, 4), work[shift:shift + 64].reshape(4, 4, 4)
        expected = linalg.matmul(x.copy(), x[0].copy())
        linalg.matmul(x, x[0], out)
        assert_same_bits(out.copy(), expected, f"shift {shift}")


@pytest.mark.parametrize("op", WITH_OUT, ids=lambda op: op.name)
def test_out_does_not_change_the_inputs_it_does_not_touch(op):
    args, kwargs = op.sample(Shape(9, 10, 11), "float64", np.random.default_rng(6))
    copies = [x.copy() for x in arrays_of(args)]
    op.function(*args, out=np.empty_like(np.asarray(op.function(*args, **kwargs))), **kwargs)
    for x, copy in zip(arrays_of(args), copies, strict=True):
        assert_same_bits(x, copy)


def test_empty_out():
    for shape1, shape2 in [((0, 3), (3, 4)), ((2, 3), (3, 0)), ((0, 2, 3), (3, 4))]:
        a, b = np.ones(shape1), np.ones(shape2)
        out = np.empty(np.matmul(a, b).shape)
        assert linalg.matmul(a, b, out) is out
    out = np.empty((0, 0))
    assert linalg.gram(np.ones((3, 0)), out=out) is out
    out = np.empty((0, 4))
    assert linalg.linear(np.ones((0, 3)), np.ones((4, 3)), out=out) is out
