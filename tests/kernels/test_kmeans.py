"""The compiled entries of k-means: labels certified against long double, sums, squared distances of a start."""

import numpy as np
import pytest

from mathcore._kernels import kmeans as kernel
from mathcore._kernels import runtime
from tests.guard import Guarded
from tests.oracles import assert_same_bits

DTYPES = ("float32", "float64")
EPS = np.finfo(np.float64).eps
SEEN = {}                                # what the first instruction set gave
SIZES = ((1, 1, 1), (2, 3, 2), (15, 16, 3), (17, 7, 5), (191, 8, 4), (192, 17, 6), (193, 33, 13), (400, 5, 3),
         (60, 256, 4), (40, 257, 5), (30, 600, 7))


def assign(x, centers, workers=1):
    labels = np.empty(len(x), np.int32)
    kernel.assign(x, centers, labels, workers, "test")
    return labels


def packed(x, workers=1):
    strips, lengths = (np.empty(size, np.float32) for size in kernel.packed_size(*x.shape))
    return strips, lengths, kernel.pack(x, strips, lengths, workers, "test")


def iterate(x, centers, weight=None, before=None, workers=1):
    labels = np.full(len(x), -1, np.int32) if before is None else before.copy()
    sums, weights = np.empty(centers.shape), np.empty(len(centers))
    changed = kernel.iterate(x, *packed(x, workers), centers, weight, labels, sums, weights, workers, "test")
    return changed, labels, sums, weights


def exact(x, centers):
    """Squared distances (n, k) in long double."""
    return ((x.astype(np.longdouble)[:, None] - centers.astype(np.longdouble))**2).sum(axis=2)


def assert_nearest(labels, squares, d):
    """float64 differences err by (d + 2) roundings of a sum of squares, and the same for the other centre."""
    own, least = squares[np.arange(len(labels)), labels], squares.min(axis=1)
    assert (own <= least * (1 + 2 * (d + 2) * EPS)).all()


def sample(rng, n, d, k, dtype, scale=1.0, offset=0.0):
    x = (rng.standard_normal((n, d)) * scale + offset).astype(dtype)
    return x, (x[rng.integers(0, n, k)] + 0.3 * scale * rng.standard_normal((k, d))).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
def test_labels_are_the_nearest(isa, dtype):
    rng = np.random.default_rng(0)
    for n, d, k in SIZES:
        for scale, offset in ((1, 0), (1e-18, 0), (1e15, 0), (1, 1e4), *(((1e-200, 0), (1e150, 0), (1, 1e9))
                                                                        if dtype == "float64" else ())):
            x, centers = sample(rng, n, d, k, dtype, scale, offset)
            squares = exact(x / scale, centers / scale) if scale in (1e-200, 1e150) else exact(x, centers)
            labels = assign(x, centers)
            assert_nearest(labels, squares, 2 * d if scale in (1e-200, 1e150) else d)
            changed, again, _, _ = iterate(x, centers)
            assert changed
            assert np.array_equal(again, labels)


@pytest.mark.parametrize("dtype", DTYPES)
def test_near_ties_are_told_apart(isa, dtype):
    """Samples beside the plane between two centres, at distances that float32 products cannot see: 2^-22 and, in
    float64, 2^-44 of the centres' distance."""
    rng = np.random.default_rng(1)
    for d in (1, 3, 32, 100):
        for far in (2.0**-22, 2.0**-44) if dtype == "float64" else (2.0**-22,):
            left = rng.integers(-8, 9, d).astype(dtype)
            right = left.copy()
            right[0] += 4
            x = np.repeat(left[None], 500, axis=0)
            x[:, 1:] += rng.integers(-4, 5, (500, d - 1)).astype(dtype)
            side = rng.integers(0, 2, 500)
            x[:, 0] += (2 + (2 * side - 1) * 8 * far).astype(dtype)
            other = (left + 100).astype(dtype)
            assert np.array_equal(assign(x, np.stack([left, right, other])), side)
            assert np.array_equal(assign(x, np.stack([other, right, left])), 2 - side)


@pytest.mark.parametrize("dtype", DTYPES)
def test_of_equally_near_centres_the_first(isa, dtype):
    rng = np.random.default_rng(2)
    for n, d, k in ((300, 4, 6), (50, 40, 9), (200, 2, 1500)):     # 1500: two blocks of centres
        x = rng.integers(0, 3, (n, d)).astype(dtype)
        centers = rng.integers(0, 3, (k, d)).astype(dtype)
        centers[k // 2:] = centers[:k - k // 2]                    # each of these a second time
        expected = exact(x, centers).argmin(axis=1)                # whole numbers: exact
        assert np.array_equal(assign(x, centers), expected)
        assert np.array_equal(iterate(x, centers)[1], expected)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("k", [1007, 1008, 1009, 2100])
def test_blocks_of_centres(dtype, k):
    rng = np.random.default_rng(3)
    x, centers = sample(rng, 250, 6, k, dtype)
    centers[-1], centers[0] = x[3], x[5]
    squares = exact(x, centers)
    labels = assign(x, centers)
    assert_nearest(labels, squares, 6)
    assert labels[3] == k - 1
    assert labels[5] == 0
    _, _, sums, weights = iterate(x, centers)
    assert np.array_equal(weights, np.bincount(labels, minlength=k))


@pytest.mark.parametrize("dtype", DTYPES)
def test_centres_far_from_all_samples(isa, dtype):
    """Beside centres of 1e30 samples are nothing in float32; nor is one centre of many to spoil the others."""
    rng = np.random.default_rng(4)
    x, centers = sample(rng, 300, 5, 8, dtype)
    for far in (1e6, 1e12, 1e18 if dtype == "float32" else 1e30):
        wide = np.concatenate([centers, np.full((1, 5), far, dtype)])
        for labels in (assign(x, wide), iterate(x, wide)[1]):
            assert_nearest(labels, exact(x, wide), 5)
        outlier = np.concatenate([x, wide[-1:]])
        for labels in (assign(outlier, wide), iterate(outlier, wide)[1]):
            assert labels[-1] == 8
            assert_nearest(labels[:-1], exact(x, wide), 5)


def test_nan_is_nearest_to_nothing():
    x, centers = np.arange(12.0).reshape(6, 2), np.array([[np.nan, 0.0], [0.0, 1.0], [10.0, 11.0]])
    assert assign(x, centers).tolist() == [1, 1, 1, 2, 2, 2]
    x[4] = np.nan
    assert assign(x, centers[1:]).tolist() == [0, 0, 0, 1, 0, 1]


@pytest.mark.parametrize("at_end", [True, False])
@pytest.mark.parametrize("dtype", DTYPES)
def test_between_guard_pages(isa, dtype, at_end):
    pages = [Guarded(400 * 600 * 8) for _ in range(9)]
    rng = np.random.default_rng(5)
    for n, d, k in SIZES:
        x, centers = sample(rng, n, d, k, dtype)
        expected = assign(x, centers)
        x, centers = pages[0].array(x, at_end), pages[1].array(centers, at_end)
        labels = pages[2].array(np.zeros(n, np.int32), at_end)
        kernel.assign(x, centers, labels, 1, "test")
        assert np.array_equal(labels, expected)
        strips, lengths = (pages[3 + i].array(np.zeros(size, np.float32), at_end)
                           for i, size in enumerate(kernel.packed_size(n, d)))
        weight, labels = pages[5].array(rng.random(n), at_end), pages[2].array(np.full(n, -1, np.int32), at_end)
        sums, weights = pages[6].array(np.zeros((k, d)), at_end), pages[7].array(np.zeros(k), at_end)
        scale = kernel.pack(x, strips, lengths, 1, "test")
        assert kernel.iterate(x, strips, lengths, scale, centers, weight, labels, sums, weights, 1, "test")
        assert np.array_equal(labels, expected)
        hot = np.eye(k)[labels] * weight[:, None]
        np.testing.assert_allclose(sums, hot.T @ x, rtol=0, atol=2 * n * EPS * np.abs(x).max())
        np.testing.assert_allclose(weights, hot.sum(axis=0), rtol=n * EPS)
        squares = pages[8].array(np.zeros(n), at_end)
        kernel.squares(x, centers, labels, squares, 1, "test")
        least = exact(x, centers)[np.arange(n), labels].astype(float)
        np.testing.assert_allclose(squares, least, rtol=(d + 4) * EPS)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("weighted", [False, True])
def test_sums_over_blocks(dtype, weighted):
    rng = np.random.default_rng(6)
    x, centers = sample(rng, 20_000, 3, 9, dtype, offset=100.0)
    weight = rng.random(20_000) * (rng.random(20_000) > 0.2) if weighted else None
    changed, labels, sums, weights = iterate(x, centers, weight)
    w = np.ones(20_000) if weight is None else weight
    for c in range(9):
        rows, v = x[labels == c].astype(np.longdouble), w[labels == c, None]
        # chains of a block of about 400 rows, then of 64 blocks
        np.testing.assert_allclose(sums[c], (rows * v).sum(axis=0).astype(float), rtol=500 * EPS)
        np.testing.assert_allclose(weights[c], v.sum(), rtol=500 * EPS)
    assert changed
    assert not iterate(x, centers, weight, labels)[0]
    labels[19_999] = (labels[19_999] + 1) % 9
    assert iterate(x, centers, weight, labels)[0]


def start(x, norms, points, closest, weight, workers=1):
    out = np.empty((len(points), len(x)), x.dtype)
    strips, _, scale = packed(x)
    if x.dtype == np.float64:
        strips = np.empty(kernel.packed_size(*x.shape)[0])
        kernel.pack_wide(x, strips, workers, "test")
    if closest is None:
        closest = np.full(len(x), np.inf, x.dtype)
    if weight is None:
        weight = np.ones(len(x))
    potential = kernel.trials(strips, scale, norms, points, closest, weight, out, workers, "test")
    return out, potential


@pytest.mark.parametrize("dtype", DTYPES)
def test_trials_of_a_start(isa, dtype):
    rng = np.random.default_rng(7)
    for n, d, t in ((1, 1, 1), (5, 3, 2), (191, 4, 5), (193, 17, 3), (2000, 6, 9)):
        x = rng.standard_normal((n, d)).astype(dtype)
        points = x[rng.integers(0, n, t)].astype(np.float64)
        norms, weight = np.einsum("ij,ij->i", x, x, dtype=np.float64), rng.random(n)
        squares = exact(points, x)
        # (d + 4) roundings of |x|^2 + |c|^2, then that of the result's type
        bound = (d + 4) * EPS * (norms + (points**2).sum(axis=1)[:, None]) + np.finfo(dtype).eps / 2 * squares
        out, potential = start(x, norms, points, None, None)
        assert (np.abs(out - squares) <= bound).all()
        np.testing.assert_allclose(potential, out.astype(float).sum(axis=1), rtol=n * EPS)
        closest = (rng.random(n) * d).astype(dtype)
        nearer, potential = start(x, norms, points, closest, weight)
        assert_same_bits(nearer, np.minimum(out, closest))
        np.testing.assert_allclose(potential, nearer.astype(float) @ weight, rtol=n * EPS)


def test_a_start_of_scaled_float32():
    rng = np.random.default_rng(8)
    x = (rng.standard_normal((300, 4)) * 1e-15).astype(np.float32)
    assert packed(x)[2] != 1
    points = x[:3].astype(np.float64)
    out, _ = start(x, (x.astype(float)**2).sum(axis=1), points, None, None)
    np.testing.assert_allclose(out, exact(points, x).astype(float), rtol=1e-6, atol=1e-12 * 1e-30)


@pytest.mark.parametrize("dtype", DTYPES)
def test_draws_are_those_of_a_running_sum(dtype):
    rng = np.random.default_rng(9)
    for n in (1, 2, 5000):
        closest, weight = rng.random(n).astype(dtype), rng.random(n).astype(dtype)
        for w, terms in ((None, closest), (weight, closest * weight)):
            total = np.cumsum(terms)
            targets = np.sort(np.concatenate([rng.random(6) * total[-1], [0.0, total[-1], 2.0 * total[-1]]]))
            found = np.empty(len(targets), np.int64)
            kernel.draw(closest, w, targets, found)
            assert np.array_equal(found, np.minimum(np.searchsorted(total, targets), n - 1))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("d", [2, 3, 15, 37])
def test_bits_do_not_depend_on_threads_or_instruction_set(isa, dtype, d):
    rng = np.random.default_rng(10)
    x, centers = sample(rng, 9000, d, 11, dtype)
    weight, norms = rng.random(9000), np.einsum("ij,ij->i", x, x, dtype=np.float64)
    points = x[:5].astype(np.float64)

    def everything(workers):
        labels = assign(x, centers, workers)
        squares = np.empty(9000)
        kernel.squares(x, centers, labels, squares, workers, "test")
        closest, _ = start(x, norms, points[:1], None, None, workers)
        return (labels, squares, *iterate(x, centers, weight, None, workers)[1:],
                *start(x, norms, points, closest[0], weight, workers))

    one = everything(1)
    for workers in (2, 3):
        for first, second in zip(one, everything(workers), strict=True):
            assert_same_bits(first, second)
    if isa != "base":                    # without fused multiply-adds it has bits of its own
        for first, second in zip(one, SEEN.setdefault((dtype, d), one), strict=True):
            assert_same_bits(first, second)


def test_memory_that_is_short_is_reported():
    x = np.ones((400, 3))
    runtime.release_workspace()
    live = runtime.live_allocations()
    for calls in range(2):
        runtime.release_workspace()
        runtime.fail_allocation_after(calls)
        with pytest.raises(MemoryError, match="test"):
            assign(x, x[:3])
        runtime.fail_allocation_after(-1)
    runtime.release_workspace()
    assert runtime.live_allocations() == live
    assert assign(x, x[:3]).tolist() == [0] * 400
