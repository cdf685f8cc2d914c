"""Sums over pairs and the logarithmic loss against longdouble, with derived bounds, between pages no one may touch."""

import numpy as np
import pytest

from mathcore._kernels import runtime, scores
from tests.guard import Guarded

LONG = np.longdouble
KINDS = {
    "SQUARED": lambda y, p, c: (y - p)**2,
    "ABSOLUTE": lambda y, p, c: abs(y - p),
    "PERCENTAGE": lambda y, p, c: abs(y - p) / np.maximum(abs(y), LONG(2)**-52),
    "DIFFERENCE": lambda y, p, c: y - p,
    "DEVIATION": lambda y, p, c: (y - p - c)**2,
    "VALUE": lambda y, p, c: y,
    "SPREAD": lambda y, p, c: (y - c)**2,
}


def bound(kind, y, p, w, c, dtype):
    """Roundings of a term (5 with its weight; a difference squared doubles its own, of the size of its operands), and
    of a lane of 4096 / lanes terms, the fold and the blocks."""
    eps = np.finfo(dtype).eps
    lanes = 64 // np.dtype(dtype).itemsize
    size = {"DIFFERENCE": abs(y) + abs(p), "VALUE": abs(y), "SPREAD": (abs(y) + abs(c))**2,
            "DEVIATION": (abs(y) + abs(p) + abs(c))**2, "SQUARED": (y - p)**2, "ABSOLUTE": abs(y - p),
            "PERCENTAGE": KINDS["PERCENTAGE"](y, p, c)}[kind]
    return (6 + min(len(y), 4096) / lanes + 5 + len(y) / 4096) * eps * (size * w).sum()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", KINDS)
def test_sums(isa, kind, dtype):
    rng = np.random.default_rng(0)
    for n in (*range(1, 40), 4095, 4096, 4097, 20_000):
        y, p = (rng.standard_normal(n).astype(dtype) for _ in range(2))
        w = rng.random(n).astype(dtype)
        second = None if kind in ("VALUE", "SPREAD") else p
        c = float(np.float32(0.3))
        for weight in (None, w):
            got = scores.total(getattr(scores, kind), y, second, weight, c)
            long = y.astype(LONG), p.astype(LONG), LONG(1) if weight is None else w.astype(LONG)
            exact = (KINDS[kind](long[0], long[1], LONG(c)) * long[2]).sum()
            assert abs(got - exact) <= bound(kind, *long, c, dtype), n


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_largest(isa, dtype):
    rng = np.random.default_rng(1)
    for n in range(1, 70):
        y, p = rng.standard_normal(n).astype(dtype), rng.standard_normal(n).astype(dtype)
        assert scores.largest(y, p) == np.max(np.abs(y - p))
        p[n // 2] = np.nan
        assert np.isnan(scores.largest(y, p))


def log_loss(y, p):
    eps = np.finfo(p.dtype).eps
    p = p.reshape(len(p), -1)
    if p.shape[1] == 1:
        p = np.concatenate([1 - p, p], axis=1)
    return -np.log(np.clip(p, eps, 1 - eps)[np.arange(len(y)), y].astype(LONG))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("columns", [1, 2, 3, 7])
def test_log_total(isa, dtype, columns):
    rng = np.random.default_rng(2)
    classes = max(columns, 2)
    for n in (*range(classes, 40), 4096, 4097, 10_000):
        y = rng.permutation(np.arange(n) % classes)
        p = rng.random(n) if columns == 1 else rng.dirichlet(np.ones(columns), n)
        p, w = p.astype(dtype), rng.random(n).astype(dtype)
        p.flat[:classes] = [1, *([0] * (classes - 1))]
        for weight in (None, w):
            got = scores.log_total(y, p, weight, 0)
            each = log_loss(y, p) * (1 if weight is None else w.astype(LONG))
            # the logarithm's ULP is 2 eps at most, the weight's rounding, then the sum
            allowed = (4 + min(n, 4096) * np.dtype(dtype).itemsize / 64 + n / 4096) * np.finfo(dtype).eps * each.sum()
            assert abs(got[0] - each.sum()) <= allowed, n
            assert got[3] is True
        if columns > 1:
            sums = p.astype(float).sum(axis=1)
            assert abs(got[1] - min(1, sums.min())) <= columns * 2.0**-52
            assert abs(got[2] - max(1, sums.max())) <= columns * 2.0**-52
        assert scores.log_total(y.astype(np.intp), p, None, classes)[0] == scores.log_total(y, p, None, 0)[0]


def test_log_total_outside():
    y = np.array([0, 1, 1])
    for bad in (1.5, -0.1, np.nan, np.inf):
        assert scores.log_total(y, np.array([0.5, bad, 0.2]), None, 0)[3] is False
    p = np.array([0.2, 0.4, 0.1])
    for labels in (np.array([0, 0, 0]), np.array([0, 2, 2]), np.array([0.5, 1, 0]), ["a", "b", "a"], y[:2]):
        assert scores.log_total(labels, p, None, 0) is None
    assert scores.log_total(np.array([0, 2, 2]), np.ones((3, 3)) / 3, None, 0) is None      # class 1 does not occur
    assert scores.log_total(np.array([0, 2, 2]), np.ones((3, 3)) / 3, None, 3) is not None
    assert scores.log_total(np.array([0, 3, 2]), np.ones((3, 3)) / 3, None, 3) is None
    assert scores.log_total(y, p.astype("f2"), None, 0) is None
    assert scores.log_total(y, p, np.ones(3, "f4"), 0) is None


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_between_guard_pages(isa, dtype):
    rng = np.random.default_rng(3)
    pages = [Guarded(4096) for _ in range(4)]
    for at_end in (False, True):
        for n in range(2, 60):
            y, p, w = (page.array(rng.random(n).astype(dtype), at_end) for page in pages[:3])
            labels = pages[3].array(np.arange(n) % 2, at_end)
            for kind in KINDS:
                scores.total(getattr(scores, kind), y, None if kind in ("VALUE", "SPREAD") else p, w, 0.5)
            scores.largest(y, p)
            scores.log_total(labels, p, w, 0)


def test_what_goes_to_the_general_door():
    y = np.arange(3.0)
    for bad in (y[::-1], y.astype(int), y.astype(">f8"), y.reshape(3, 1), y[:0], [0.0, 1.0]):
        assert scores.total(scores.VALUE, bad) is None
    assert scores.total(scores.SQUARED, y, y.astype("f4")) is None
    assert scores.total(scores.SQUARED, y, y[:2]) is None
    assert scores.total(scores.SQUARED, y, y, y[:2]) is None
    assert scores.largest(y, y[:2]) is None


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_bits_do_not_depend_on_the_width_of_vectors(dtype):
    """AVX2 and AVX-512; the baseline has no fused multiply-add."""
    rng = np.random.default_rng(4)
    isas = [name for name in runtime.available_isas() if name != "base"]
    for n in (5, 100, 4097, 9000):
        y, p, w = (rng.random(n).astype(dtype) for _ in range(3))
        labels, rows = np.arange(n) % 3, rng.dirichlet(np.ones(3), n).astype(dtype)
        found = []
        for name in isas:
            runtime.set_isa(name)
            found.append([scores.total(getattr(scores, kind), y, None if kind in ("VALUE", "SPREAD") else p, w, 0.25)
                          for kind in KINDS])
            found[-1] += [scores.largest(y, p), *scores.log_total(labels, rows, w, 0),
                          *scores.log_total(labels % 2, p, w, 0)]
        assert all(one == found[0] for one in found)
