"""The door for arrays, apart from any function: what it takes, what it copies, what it says."""

import itertools

import numpy as np
import pytest

from mathcore import _validate
from tests.layouts import LAYOUTS


def test_as_array_takes_what_numpy_takes():
    x = np.arange(6.0).reshape(2, 3)
    assert _validate.as_array(x, "f", "x") is x
    for same in (x.tolist(), memoryview(x), np.ma.array(x), x.view(np.matrix) if hasattr(np, "matrix") else x):
        result = _validate.as_array(same, "f", "x")
        assert type(result) is np.ndarray
        np.testing.assert_array_equal(result, x)


def test_as_array_names_function_and_argument():
    masked = np.ma.array([1.0, 2.0], mask=[False, True])
    for bad, error in ((masked, TypeError), (["a"], TypeError), ([[1], [1, 2]], ValueError),
                       (np.zeros(2, "M8[s]"), TypeError)):
        with pytest.raises(error, match="^solve: rhs "):
            _validate.as_array(bad, "solve", "rhs")


class Elsewhere:
    """An array on another device, as its library reports it."""

    def __array__(self, dtype=None, copy=None):
        raise BufferError("cannot access the data")


def test_an_array_on_another_device():
    with pytest.raises(TypeError, match=r"^f: x is not in main memory; expected a CPU array \(cannot access"):
        _validate.as_array(Elsewhere(), "f", "x")


@pytest.mark.parametrize("layout", LAYOUTS)
def test_ready_copies_only_where_it_must(layout):
    x = LAYOUTS[layout](np.arange(6.0).reshape(2, 3))
    y = _validate.ready(x, np.dtype(np.float64))
    np.testing.assert_array_equal(y, x)
    assert np.shares_memory(x, y) == (layout not in ("misaligned", "fractional strides", "byte-swapped"))
    assert y.dtype.isnative
    assert y.flags.aligned


def test_ready_converts():
    assert _validate.ready(np.ones(3, np.int8), np.dtype(np.int32)).dtype == np.int32


def test_computing_types():
    for dtype, compute in _validate.COMPUTE.items():
        assert dtype.kind == compute.kind
        assert compute.itemsize == max(4, dtype.itemsize)
    assert {d.char for d in _validate.COMPUTE} >= set("efdbhilBHIL")


@pytest.mark.parametrize(("dtype", "expected"), [
    ("f2", "f2"), ("f4", "f4"), ("f8", "f8"), ("i1", "f8"), ("u8", "f8"), ("?", "f8"), (">f8", "f8"), (">f4", "f4"),
    (">i4", "f8")])
def test_real_dtype(dtype, expected):
    assert _validate.real_dtype(np.dtype(dtype), "f", "x") == np.dtype(expected)
    assert _validate.real_dtype(np.dtype(dtype), "f", "x").isnative


@pytest.mark.parametrize("dtype", ["c8", "c16", "g", "O"])
def test_real_dtype_refuses(dtype):
    with pytest.raises(TypeError, match="^f: x has dtype .*; expected float16, float32, float64 or integers"):
        _validate.real_dtype(np.dtype(dtype), "f", "x")


def by_force(out):
    """Overlap by listing every byte of every element."""
    seen = set()
    for index in np.ndindex(out.shape):
        start = sum(i * s for i, s in zip(index, out.strides, strict=True))
        here = set(range(start, start + out.itemsize))
        if seen & here:
            return True
        seen |= here
    return False


def test_overlapping_elements_against_brute_force():
    """All strides from -9 to 24 bytes of small arrays, items of 4 and 8 bytes."""
    rng = np.random.default_rng(0)
    room = np.zeros(4096, np.uint8)
    seen = []
    for shape, size in itertools.product([(2,), (3,), (2, 2), (3, 2), (2, 3), (2, 2, 2), (1, 3), (1,), (0, 2)], (4, 8)):
        drawn = {tuple(int(s) for s in rng.integers(-9, 25, len(shape))) for _ in range(60)}
        for strides in drawn | {(0,) * len(shape)}:
            middle = room[2048:].view(f"f{size}")
            x = np.lib.stride_tricks.as_strided(middle, shape, strides)
            expected = by_force(x)
            seen.append(expected)
            assert _validate.has_overlapping_elements(x) == expected, (shape, size, strides)
    assert 0.1 < np.mean(seen) < 0.9


def test_check_out_takes_numpys_tuple():
    out = np.zeros(3)
    assert _validate.check_out((out,), (3,), np.dtype(np.float64), "f") is out
    with pytest.raises(TypeError, match="^f: out is not an array; expected a numpy.ndarray, got tuple"):
        _validate.check_out((out, out), (3,), np.dtype(np.float64), "f")


def test_one_of():
    assert _validate.one_of("b", ("a", "b"), "f", "mode") == "b"
    assert _validate.one_of(None, (None, "b"), "f", "mode") is None
    for bad in ("c", 1, [1], np.ones(3)):
        with pytest.raises(ValueError, match=r"^f: mode is not known; expected one of 'a', 'b', got "):
            _validate.one_of(bad, ("a", "b"), "f", "mode")


def test_whole_numbers_between_bounds():
    assert _validate.whole_number(np.int8(3), "f", "k", low=0, high=3) == 3
    for bad in (-1, 4):
        with pytest.raises(ValueError, match=rf"^f: k is out of range; expected at least 0 and at most 3, got {bad}$"):
            _validate.whole_number(bad, "f", "k", low=0, high=3)
    with pytest.raises(ValueError, match=r"expected at least 0, got -1$"):
        _validate.whole_number(-1, "f", "k", low=0)


def test_sources_of_random_numbers():
    source = np.random.default_rng(3)
    assert _validate.generator(source, "f") is source
    assert _validate.generator(3, "f").random() == np.random.default_rng(3).random()
    assert _validate.generator(None, "f").random() != _validate.generator(None, "f").random()
    with pytest.raises(TypeError, match="^f: rng is no whole number; expected one, got 'seed'"):
        _validate.generator("seed", "f")
