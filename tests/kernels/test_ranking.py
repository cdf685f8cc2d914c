"""The radix sort of scores against NumPy's, the counts it leaves against loops, resampling against definitions."""

import numpy as np
import pytest

from mathcore._kernels import ranking, runtime
from tests.guard import Guarded
from tests.oracles import assert_same_bits

LENGTHS = (1, 2, 3, 63, 64, 65, 66, 500, 4096, 4097, 10_000)


def scores(kind, n, rng):
    return {
        "uniform": lambda: rng.random(n),
        "normal": lambda: rng.standard_normal(n),
        "tied": lambda: rng.integers(-3, 4, n) / 4,
        "equal": lambda: np.full(n, -0.3),
        "near": lambda: 1 + rng.integers(0, 2000, n) * 2.0**-52,
        "wide": lambda: rng.choice([-1.0, 1], n) * 10.0**rng.uniform(-320, 300, n),
        "few bits": lambda: np.ldexp(1 + rng.integers(0, 2, n) * 2.0**-52, rng.integers(0, 40, n)),
        "zeros": lambda: rng.choice([0.0, -0.0, 5e-324, -5e-324], n),
    }[kind]()


KINDS = ("uniform", "normal", "tied", "equal", "near", "wide", "few bits", "zeros")


def expected_points(y, s, w, positive):
    order = np.argsort(-s, kind="stable")
    y, s, w = y[order] == positive, s[order], w[order]
    y, s, w = (a[w != 0] for a in (y, s, w))
    last = np.append(np.flatnonzero(np.diff(s)), len(s) - 1)
    return np.cumsum(w * ~y)[last], np.cumsum(w * y)[last], s[last]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_points(isa, kind, dtype):
    rng = np.random.default_rng(0)
    for n in LENGTHS:
        with np.errstate(over="ignore", under="ignore"):
            s = scores(kind, n, rng).astype(dtype)
        s = np.where(np.isfinite(s), s, 1).astype(dtype)
        y = rng.integers(0, 2, n)
        found = ranking.points(y, s, None, 1)
        for a, b in zip(found[:3], expected_points(y, s, np.ones(n), 1), strict=True):
            np.testing.assert_array_equal(a, b)
        assert found[3:] == (y.min(), y.max(), True)
        w = rng.integers(0, 4, n).astype(float)          # sums of small whole numbers are exact in any order
        w[0] = 1
        for a, b in zip(ranking.points(y, s, w, 1)[:3], expected_points(y, s, w, 1), strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("kind", KINDS)
def test_areas(isa, kind):
    rng = np.random.default_rng(1)
    for n in (*LENGTHS[:8], 3000):
        s, y = scores(kind, n, rng), rng.integers(0, 2, n)
        twice, precision, ones, zeros, low, high, binary = ranking.areas(y, s)
        top = y == y.max()
        above = s[top][:, None] - s[~top] if np.isfinite(s).all() else None
        assert (ones, zeros, low, high, binary) == (top.sum(), (~top).sum(), y.min(), y.max(), True)
        greater = (s[top][:, None] > s[~top]).sum() * 2 + (s[top][:, None] == s[~top]).sum()
        assert twice == greater
        fps, tps, _ = expected_points(top.astype(int), s, np.ones(n), 1)
        terms = np.diff(tps, prepend=0.0) * (tps / (tps + fps))
        # a sum of m terms in [0, n], one rounding each, and the quotient's
        assert abs(precision - terms.sum()) <= (len(terms) + 2) * np.finfo(float).eps * terms.sum()
        assert above is None or above.size == ones * zeros


@pytest.mark.parametrize("labels", [(0, 1), (-1, 1), (7, 9), (-40_000, 20_000), (3, 3)])
def test_labels(labels):
    rng = np.random.default_rng(2)
    for dtype in ("int32", "int64", "float64"):
        y, s = rng.choice(np.array(labels, dtype), 200), rng.standard_normal(200)
        found = ranking.areas(y, s, labels[0])
        assert found[2] == (y == labels[0]).sum()
        assert found[4:] == (min(labels), max(labels), True)
    assert ranking.areas(np.array([0, 1, 2]), np.arange(3.0))[6] is False
    assert ranking.areas(np.array([0, 1, 1]), np.arange(3.0), 5)[2] == 0


def test_what_goes_to_the_general_door():
    y, s = np.array([0, 1, 1]), np.array([0.1, 0.2, 0.3])
    for bad in (s * np.nan, np.array([1, np.inf, 2]), s.astype("f2"), s[::-1], s[:2], s.tolist(),
                s.astype(">f8"), np.arange(3), s.reshape(3, 1)):
        assert ranking.areas(y, bad) is None
        assert ranking.points(y, bad, None, 1) is None
    for bad in (y + 0.5, y * 10**6, y.tolist(), y[:2], y.astype(object), y.astype("U1")):
        assert ranking.areas(bad, s) is None
    assert ranking.points(y, s, np.zeros(3), 1) is None
    assert ranking.points(y, s, np.ones(3, "f4"), 1) is None
    assert ranking.areas(y[:0], s[:0]) is None


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_between_guard_pages(isa, dtype):
    rng = np.random.default_rng(3)
    pages = [Guarded(4096) for _ in range(3)]
    for at_end in (False, True):
        for n in (*range(1, 20), 64, 65, 128, 129, 500):
            y, s, w = (page.array(a, at_end) for page, a in zip(
                pages, (rng.integers(0, 2, n), rng.standard_normal(n).astype(dtype), rng.random(n)), strict=True))
            before = [a.copy() for a in (y, s, w)]
            ranking.areas(y, s)
            ranking.points(y, s, w, 1)
            for a, b in zip((y, s, w), before, strict=True):
                assert_same_bits(a, b)


def test_corners():
    fps, tps = np.array([0.0, 0, 1, 2, 3]), np.array([1.0, 2, 2, 2, 2])
    thresholds = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
    fpr, tpr, h = ranking.corners(fps, tps, thresholds, True)
    np.testing.assert_array_equal(fpr, [0, 0, 0, 1])
    np.testing.assert_array_equal(tpr, [0, 0.5, 1, 1])
    np.testing.assert_array_equal(h, [np.inf, 0.9, 0.8, 0.5])
    assert len(ranking.corners(fps, tps, thresholds, False)[0]) == 6


# ------------------------------------------------------------------ resampling

def flags_of(y, s):
    order = np.argsort(-s, kind="stable")
    y, s = y[order], s[order]
    flags = y.astype(np.uint8)
    flags[np.append(True, np.diff(s) != 0)] |= 2
    return flags


def test_resampled_areas_have_the_same_bits_for_any_threads():
    rng = np.random.default_rng(4)
    flags = flags_of(rng.integers(0, 2, 300), np.round(rng.standard_normal(300), 1))
    first = ranking.resampled_areas(flags, 500, 7, 1)
    for workers in (2, 3):
        assert_same_bits(ranking.resampled_areas(flags, 500, 7, workers), first)
    assert (ranking.resampled_areas(flags, 500, 8, 1) != first).any()


def test_resampled_areas_of_two_samples():
    """Each is drawn once where both classes are there: the area is that of the data."""
    for first_positive, area in ((1, 1.0), (0, 0.0)):
        flags = np.array([2 + first_positive, 3 - first_positive], np.uint8)
        np.testing.assert_array_equal(ranking.resampled_areas(flags, 100, 0, 1), area)
    np.testing.assert_array_equal(ranking.resampled_areas(np.array([3, 0], np.uint8), 100, 0, 1), 0.5)


def test_resampled_areas_have_the_moments_of_numpys():
    """The mean and spread of 20 000 areas by indices drawn with NumPy: within 5 standard errors of each other."""
    rng = np.random.default_rng(5)
    n, rounds = 60, 20_000
    y, s = rng.integers(0, 2, n), np.round(rng.standard_normal(n), 1)
    y[:2] = 0, 1
    ours = ranking.resampled_areas(flags_of(y, s), rounds, 11, 1)
    theirs = []
    while len(theirs) < 2000:
        i = rng.integers(n, size=n)
        p, q = s[i][y[i] == 1], s[i][y[i] == 0]
        theirs.append(((p[:, None] > q).mean() + (p[:, None] >= q).mean()) / 2)
    theirs = np.array(theirs)
    error = theirs.std() / np.sqrt(len(theirs)) + ours.std() / np.sqrt(rounds)
    assert abs(ours.mean() - theirs.mean()) <= 5 * error
    # the standard error of a spread is that of the mean over sqrt 2 for normal data
    assert abs(ours.std() - theirs.std()) <= 5 * error


def test_without_memory():
    y, s = np.arange(100) % 2, np.arange(100.0)
    flags = flags_of(y, s)
    for call in (lambda: ranking.areas(y, s), lambda: ranking.points(y, s, None, 1),
                 lambda: ranking.resampled_areas(flags, 3, 0, 1)):
        runtime.release_workspace()
        runtime.fail_allocation_after(0)
        with pytest.raises(MemoryError):
            call()
        assert call() is not None
