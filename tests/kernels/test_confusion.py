"""Compiled tables of labels against loops, in every number type, length and instruction set."""

import numpy as np
import pytest

from mathcore._kernels import confusion, runtime
from tests.guard import Guarded
from tests.oracles import assert_same_bits

WHOLE = ("bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")
TYPES = (*WHOLE, "float32", "float64")
LENGTHS = (*range(1, 70), 255, 256, 257, 2047, 2048, 2049, 5000)


def loop(t, p, weight=None):
    classes = np.union1d(t, p)
    table = np.zeros((len(classes), len(classes)), np.int64 if weight is None else np.float64)
    for i, (a, b) in enumerate(zip(t, p, strict=True)):
        table[np.searchsorted(classes, a), np.searchsorted(classes, b)] += 1 if weight is None else weight[i]
    return classes, table


def check(found, t, p, weight=None):
    classes, expected = loop(t, p, weight)
    assert found is not None
    assert_same_bits(found[0], classes.astype(t.dtype))
    assert_same_bits(found[1], expected)


@pytest.mark.parametrize("dtype", TYPES)
def test_tables(isa, dtype):
    rng = np.random.default_rng(0)
    for n in LENGTHS[::3] if dtype != "int64" else LENGTHS:
        for k in (2, 3, 16, 17):
            t, p = (rng.integers(0, k, n).astype(dtype) for _ in range(2))
            check(confusion.table(t, p), t, p)
            weight = rng.random(n)
            check(confusion.table(t, p, weight), t, p, weight)


@pytest.mark.parametrize("labels", [(-1, 1), (5, 6, 9), (-128, 127), (3,), (-300, -45)])
def test_tables_of_other_labels(isa, labels):
    rng = np.random.default_rng(1)
    for dtype in ("int16", "int64", "float32", "float64"):
        t, p = (rng.choice(np.array(labels, dtype), 300) for _ in range(2))
        check(confusion.table(t, p), t, p)
        check(confusion.table(t, p, np.ones(300)), t, p, np.ones(300))


def test_a_label_without_weight_still_occurs():
    t, p = np.array([0, 1, 2]), np.array([0, 1, 1])
    classes, table = confusion.table(t, p, np.array([1.0, 1.0, 0.0]))
    np.testing.assert_array_equal(classes, [0, 1, 2])
    assert table.sum() == 2


@pytest.mark.parametrize("dtype", TYPES)
def test_between_guard_pages(isa, dtype):
    rng = np.random.default_rng(2)
    pages = [Guarded(4096) for _ in range(2)]
    for at_end in (False, True):
        for n in range(1, 140):
            t, p = (page.array(rng.integers(0, 2, n).astype(dtype), at_end) for page in pages)
            check(confusion.table(t, p), t, p)
            places, classes = confusion.codes(t)
            np.testing.assert_array_equal(classes[places], t)
            if dtype in WHOLE:
                assert confusion.equal(t, p) == ((t == p).sum(), n)


def test_what_goes_to_the_general_door():
    one = np.array([0, 1, 1])
    for bad in (
        one[:2], one[::-1], one.astype(">i8"), one.reshape(3, 1), one * 1000, one + 0.5, one * np.nan, list(one),
        one.astype(complex), one.astype(np.uint64) << 63, one.astype(object), one.astype("U1"), one.astype("f2"),
    ):
        assert confusion.table(bad, bad[::-1] if isinstance(bad, np.ndarray) and len(bad) == 2 else one) is None
    assert confusion.table(one, one.astype(np.int32)) is None
    assert confusion.table(one, one, np.ones(2)) is None
    assert confusion.table(one, one, np.ones(3, np.float32)) is None
    assert confusion.table(one[:0], one[:0]) is None
    huge = np.array([2**63 + 5, 2**63 + 6], np.uint64)
    assert confusion.table(huge, huge) is None
    assert confusion.codes(huge) is None
    assert confusion.codes(np.array([-2**63, 2**63 - 1])) is None
    assert confusion.codes(np.array([1e10])) is None
    assert confusion.equal(one * 1.0, one * 1.0) is None


@pytest.mark.parametrize("dtype", TYPES)
def test_codes_are_those_of_unique(isa, dtype):
    rng = np.random.default_rng(3)
    top = 2 if dtype == "bool" else 100
    for n in (1, 5, 63, 64, 2048, 2049, 5000):
        for low, high in ((0, top), (7, 9) if top > 2 else (1, 2)):
            y = rng.integers(low, high, n).astype(dtype)
            places, classes = confusion.codes(y)
            expected, index = np.unique(y, return_inverse=True)
            assert_same_bits(classes, expected)
            np.testing.assert_array_equal(places, index)


def test_codes_of_a_wide_range():
    y = np.array([60_000, -5, 17, -5] * 5000)
    places, classes = confusion.codes(y)
    np.testing.assert_array_equal(classes, [-5, 17, 60_000])
    np.testing.assert_array_equal(classes[places], y)
    assert confusion.codes(y[:4]) is None                # a table of 60 000 for four labels
    full = np.arange(65536)
    np.testing.assert_array_equal(confusion.codes(full)[1], full)
    assert confusion.codes(np.arange(65537)) is None


def test_margins():
    t, p = np.array([0, 1, 2, 1, 3]), np.array([0, 1, 1, 2, 3])
    np.testing.assert_array_equal(confusion.margins(t, p, None, 3), [[1, 1, 0], [1, 2, 1], [1, 2, 1]])
    np.testing.assert_array_equal(confusion.margins(t, p, np.array([1.0, 2, 4, 8, 16]), 3),
                                  [[1, 2, 0], [1, 6, 8], [1, 10, 4]])


def test_operands_are_not_written():
    y = np.array([0, 1, 1, 0])
    y.flags.writeable = False
    check(confusion.table(y, y), y, y)
    assert confusion.equal(y, y) == (4, 4)


def test_without_memory():
    y = np.array([0, 1, 5])
    for call in (lambda: confusion.table(y, y), lambda: confusion.table(y, y, np.ones(3)), lambda: confusion.codes(y)):
        runtime.release_workspace()
        runtime.fail_allocation_after(0)
        with pytest.raises(MemoryError):
            call()
        assert call() is not None
