"""The compiled entries of naive Bayes, with pages that no one may touch around every operand."""

import numpy as np
import pytest

from mathcore._kernels import naive_bayes as kernel
from tests.guard import Guarded
from tests.oracles import assert_same_bits

DTYPES = ("float32", "float64")
EPS = np.finfo(np.float64).eps
SEEN = {}                                # what the first instruction set gave


@pytest.fixture(scope="module")
def pages():
    return [Guarded(70 * 70 * 8) for _ in range(7)]


def moments(x, label, weight, k, workers=1):
    found = np.empty(k), np.empty((k, x.shape[1])), np.empty((k, x.shape[1]))
    kernel.class_moments(x, label, weight, *found, workers, "test")
    return found


def exact_moments(x, label, weight, k):
    """Two passes in long double."""
    x, w = x.astype(np.longdouble), (np.ones(len(x)) if weight is None else weight).astype(np.longdouble)
    label = np.zeros(len(x), int) if label is None else label
    count, mean, scatter = np.zeros(k), np.zeros((k, x.shape[1])), np.zeros((k, x.shape[1]))
    for c in range(k):
        rows, v = x[label == c], w[label == c, None]
        if v.sum() > 0:
            centre = (v * rows).sum(axis=0) / v.sum()
            count[c], mean[c], scatter[c] = v.sum(), centre, (v * (rows - centre)**2).sum(axis=0)
    return count, mean, scatter


def assert_close(found, expected):
    """Sums of at most 513 terms in float64, twice; a mean is rounded to its own last place."""
    np.testing.assert_allclose(found[0], expected[0], rtol=600 * EPS)
    spread = 1 + np.sqrt(expected[2].max())
    np.testing.assert_allclose(found[1], expected[1], rtol=2 * EPS, atol=600 * EPS * spread)
    np.testing.assert_allclose(found[2], expected[2], rtol=600 * EPS, atol=600 * EPS)


@pytest.mark.parametrize("at_end", [True, False])
@pytest.mark.parametrize("dtype", DTYPES)
def test_between_guard_pages(isa, pages, dtype, at_end):
    rng = np.random.default_rng(0)
    for n, d, k in ((1, 1, 1), (2, 3, 2), (7, 8, 3), (9, 9, 5), (33, 17, 4), (31, 64, 2), (65, 65, 3), (40, 70, 7)):
        x = pages[0].array(rng.standard_normal((n, d)).astype(dtype), at_end)
        label = pages[1].array(rng.integers(0, k, n).astype(np.int32), at_end)
        weight = pages[2].array(rng.random(n), at_end)
        found = [pages[3 + i].array(np.zeros(shape), at_end) for i, shape in enumerate(((k,), (k, d), (k, d)))]
        kernel.class_moments(x, label, weight, *found, 1, "test")
        assert_close(found, exact_moments(x, label, weight, k))
        kernel.class_sums(x, label, weight, None, *found[:2], 1, "test")
        hot = np.eye(k)[label] * weight[:, None]
        np.testing.assert_allclose(found[1], hot.T @ x, rtol=0, atol=2 * n * EPS * np.abs(x).max())
        kernel.class_sums(x, label, None, 0.25, *found[:2], 1, "test")
        assert np.array_equal(found[1], np.eye(k)[label].T @ (x > 0.25))
        mean, factor, c = found[1], found[2], found[0]
        mean[...], factor[...], c[...] = rng.standard_normal((k, d)), -rng.random((k, d)), rng.standard_normal(k)
        out = pages[6].array(np.zeros((n, k)), at_end)
        kernel.joint_scores(x, mean, factor, c, None, out, None, 1, "test")
        each = factor * (x.astype(np.float64)[:, None] - mean)**2
        unit = (d + 4) * EPS * (np.abs(each).sum(axis=2) + np.abs(c))
        assert (np.abs(out - (c + each.sum(axis=2))) <= unit).all()
        best = pages[6].array(np.zeros(n, np.int64), at_end)
        kernel.joint_scores(x, mean, factor, c, None, None, best, 1, "test")
        assert np.array_equal(best, (c + each.sum(axis=2)).argmax(axis=1))
        out = pages[6].array(np.zeros((n, k)), at_end)
        for bound, seen in ((None, x.astype(np.float64)), (0.5, (x > 0.5) * 1.0)):
            kernel.joint_scores(x, mean, None, c, bound, out, None, 1, "test")
            unit = (d + 4) * EPS * (np.abs(seen) @ np.abs(mean).T + np.abs(c))
            assert (np.abs(out - (seen @ mean.T + c)) <= unit).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("weighted", [False, True])
def test_moments_over_blocks_and_chunks(dtype, weighted):
    """An offset of 1e8 (float32: 1e3), a class that comes late, one that never comes, one of equal rows."""
    rng = np.random.default_rng(1)
    n, d, k = 20_000, 5, 6
    label = rng.integers(0, 4, n).astype(np.int32)
    label[:9000][label[:9000] == 3] = 0
    x = (rng.standard_normal((n, d)) + label[:, None] + (1e8 if dtype == "float64" else 1e3)).astype(dtype)
    x[label == 2] = x[label == 2][0]
    weight = rng.random(n) * (rng.random(n) > 0.2) if weighted else None
    found, expected = moments(x, label, weight, k), exact_moments(x, label, weight, k)
    # chains of a block (512 rows), then of 40 blocks; the oracle's mean of equal rows is rounded
    np.testing.assert_allclose(found[0], expected[0], rtol=600 * EPS)
    np.testing.assert_allclose(found[1], expected[1], rtol=2 * EPS, atol=600 * EPS)
    np.testing.assert_allclose(found[2], expected[2], rtol=600 * EPS, atol=1e-12)
    assert np.array_equal(found[1][2], x[label == 2][0].astype(np.float64))
    assert (found[2][2] == 0).all()
    assert (found[1][4:] == 0).all()
    assert (found[0][4:] == 0).all()


def test_an_outlier_in_one_class_costs_the_others_nothing():
    rng = np.random.default_rng(2)
    label = np.tile(np.array([0, 1], np.int32), 3000)
    x = rng.standard_normal((6000, 2))
    x[0], x[2] = 1e20, -1e20
    found, expected = moments(x, label, None, 2), exact_moments(x, label, None, 2)
    np.testing.assert_allclose(found[1][1], expected[1][1], atol=600 * EPS)
    np.testing.assert_allclose(found[2], expected[2], rtol=600 * EPS)
    weight = np.ones(6000)
    weight[[0, 2]] = 0
    found, expected = moments(x, label, weight, 2), exact_moments(x, label, weight, 2)
    np.testing.assert_allclose(found[2], expected[2], rtol=600 * EPS)


@pytest.mark.parametrize("dtype", DTYPES)
def test_bits_do_not_depend_on_threads_or_instruction_set(isa, dtype):
    rng = np.random.default_rng(3)
    n, d, k = 9000, 37, 5
    x = rng.standard_normal((n, d)).astype(dtype)
    label, weight = rng.integers(0, k, n).astype(np.int32), rng.random(n)
    a, b, c = rng.standard_normal((k, d)), -rng.random((k, d)), rng.standard_normal(k)

    def everything(workers):
        found = moments(x, label, weight, k, workers)
        count, sums = np.empty(k), np.empty((k, d))
        kernel.class_sums(x, label, weight, None, count, sums, workers, "test")
        out, linear, best = np.empty((n, k)), np.empty((n, k)), np.empty(n, np.int64)
        kernel.joint_scores(x, a, b, c, None, out, best, workers, "test")
        kernel.joint_scores(x, a, None, c, 0.3, linear, None, workers, "test")
        return *found, count, sums, out, linear, best

    one = everything(1)
    for workers in (2, 3):
        for first, second in zip(one, everything(workers), strict=True):
            assert_same_bits(first, second)
    if isa != "base":                    # without fused multiply-adds it has bits of its own
        for first, second in zip(one, SEEN.setdefault(dtype, one), strict=True):
            assert_same_bits(first, second)


def test_rows_of_any_stride_and_single_rows():
    rng = np.random.default_rng(4)
    wide = rng.standard_normal((50, 23))
    a, b, c = rng.standard_normal((3, 20)), -rng.random((3, 20)), rng.standard_normal(3)
    label = rng.integers(0, 3, 50).astype(np.int32)
    x = np.ascontiguousarray(wide[:, :20])
    whole = np.empty((50, 3))
    kernel.joint_scores(x, a, b, c, None, whole, None, 1, "test")
    for view, plain in ((wide[:, :20], x), (wide[::-1, :20], x[::-1]), (wide[::2, :20], x[::2])):
        out = np.empty((len(view), 3))
        kernel.joint_scores(view, a, b, c, None, out, None, 1, "test")
        assert_same_bits(out, {50: whole, 25: whole[::2]}[len(view)] if view.strides[0] > 0 else whole[::-1])
        few = label[:len(view)]
        for first, second in zip(moments(view, few, None, 3), moments(plain.copy(), few, None, 3), strict=True):
            assert_same_bits(first, second)
    one = np.empty((1, 3))
    for i in range(50):                  # a row alone has the bits that it has among others
        kernel.joint_scores(x[i:i + 1], a, b, c, None, one, None, 1, "test")
        assert_same_bits(one[0], whole[i])


def test_the_first_of_equal_scores_and_nan_before_any():
    x, best = np.ones((3, 1)), np.empty(3, np.int64)
    for c, expected in (([0.0, 0.0], 0), ([0.0, 1.0, 1.0], 1), ([0.0, np.nan, np.inf, np.nan], 1), ([-np.inf] * 3, 0),
                        ([np.nan, 5.0], 0)):
        kernel.joint_scores(x, np.zeros((len(c), 1)), None, np.array(c), None, None, best, 1, "test")
        assert (best == expected).all()
        assert np.argmax(c) == expected
