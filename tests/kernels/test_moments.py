"""The compiled moments, scatter matrices and correlations: values, trees, between pages that no one may touch."""

import numpy as np
import pytest

from mathcore._kernels import moments, runtime
from tests.guard import Guarded

EPS = np.finfo(float).eps


def exact(x, w, shift):
    """The fields of x (n, inner) in longdouble."""
    w = np.ones(len(x)) if w is None else w
    y, v = x.astype(np.longdouble) - shift, w.astype(np.longdouble)[:, None]
    mean = (v * y).sum(0) / v.sum()
    powers = [(v * (y - mean) ** k).sum(0) for k in (2, 3, 4)]
    return np.array([v.sum() + 0 * mean, mean, 0 * mean, *powers, x.min(0), x.max(0)]).T


def bound(x, w, shift):
    """64 eps and n eps / 100 of what is summed: lanes, tails, the tree."""
    w = np.ones(len(x)) if w is None else w
    y = np.abs(x.astype(float) - shift)
    d = np.abs(x - np.average(x, axis=0, weights=w))
    return 100 * EPS * np.array([w.sum() + 0 * y[0], y.max(0), 0 * y[0], *((w[:, None] * (d + EPS * y) ** k).sum(0)
                                                                            for k in (2, 3, 4)), 0 * y[0], 0 * y[0]]).T


def run(x, w=None, shift=None, workers=1):
    """x (outer, n, inner)."""
    shift = x[:, 0].astype(float) if shift is None else shift
    out = np.empty((x.shape[0], x.shape[2], moments.FIELDS))
    moments.moments(x, w, shift, out, workers, "f")
    return out, shift


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 2, 1), (1, 33, 1), (3, 2049, 1), (9, 100, 1), (1, 20_000, 1),
                                   (1, 1, 3), (2, 129, 7), (1, 1025, 33), (3, 300, 64), (1, 5000, 2), (1, 40_000, 5)])
def test_values(isa, shape, dtype, weighted):
    rng = np.random.default_rng(0)
    x = (rng.standard_exponential(shape) + 3).astype(dtype)
    w = rng.uniform(0.5, 2, shape[1]) if weighted else None
    found, shift = run(x, w)
    for o in range(shape[0]):
        error = np.abs(found[o] - exact(x[o], w, shift[o]))
        assert (error <= bound(x[o], w, shift[o])).all()


@pytest.mark.parametrize("shape", [(1, 100_003, 1), (50, 3001, 1), (3, 20_000, 1), (1, 30_011, 40), (2, 999, 100)])
def test_bits(shape):
    x = np.random.default_rng(0).standard_normal(shape)
    w = np.random.default_rng(1).random(shape[1]) + 0.5
    for weights in (None, w):
        found = set()
        for isa in runtime.available_isas()[1:] or runtime.available_isas():
            runtime.set_isa(isa)
            found |= {run(x, weights, workers=n)[0].tobytes() for n in (1, 2, 3)}
        assert len(found) == 1


def test_vectors_are_slices(isa):
    for n in (1, 5, 2048, 10_000):
        x = np.random.default_rng(0).standard_normal(n)
        count, shift, *fields = moments.vector_moments(x, 1, "f")
        out, _ = run(x.reshape(1, n, 1))
        assert (count, shift) == (n, x[0])
        assert fields == np.delete(out[0, 0], 2).tolist()


@pytest.mark.parametrize("at_end", [True, False])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_between_guard_pages(isa, dtype, at_end):
    pages = [Guarded(41 * 41 * 8) for _ in range(3)]
    rng = np.random.default_rng(0)
    for n, inner in [*((n, 1) for n in range(1, 41)), *((3, i) for i in range(1, 41)), (41, 41)]:
        plain = rng.standard_normal((1, n, inner)).astype(dtype)
        w = pages[1].array(np.ones(n), at_end)
        x, shift = pages[0].array(plain, at_end), pages[2].array(plain[:, 0].astype(float), at_end)
        for weights in (None, w):
            out = np.empty((1, inner, moments.FIELDS))
            moments.moments(x, weights, shift, out, 1, "f")
            np.testing.assert_array_equal(out[..., 7], plain.max(axis=1))
        c = np.empty((n, n), dtype)
        moments.scatter_matrix(x[0], True, c, 1, "f")
        columns = np.empty((inner, inner), dtype)
        moments.scatter_matrix(x[0], False, columns, 1, "f")
        other = plain[0].astype(float) - plain[0].astype(float).mean(axis=0)
        np.testing.assert_allclose(columns, other.T @ other, atol=1e-4 if dtype == "f4" else 1e-13)
        centred = plain[0].astype(float) - plain[0].astype(float).mean(axis=1, keepdims=True)
        np.testing.assert_allclose(c, centred @ centred.T, atol=1e-4 if dtype == "f4" else 1e-13)


def test_strides(isa):
    x = np.random.default_rng(0).standard_normal((4, 3000, 6))
    for view in (x[:, :, :3], x[:, ::2, :3], x[::2], x[:, 100:200, 2:5]):
        np.testing.assert_array_equal(run(view)[0], run(np.ascontiguousarray(view))[0])


def test_merge_and_push(isa):
    x = np.random.default_rng(0).standard_exponential((1, 500, 3))
    shift = np.zeros((1, 3))
    whole, first, second = (run(part, None, shift)[0][0] for part in (x, x[:, :77], x[:, 77:]))
    moments.merge_into(first, second)
    np.testing.assert_allclose(first, whole, rtol=1e-12, atol=1e-13)
    empty = np.zeros_like(first)
    moments.merge_into(first, empty)
    moments.merge_into(empty, first)
    np.testing.assert_array_equal(empty, first)
    one = np.zeros((1, moments.FIELDS))
    for v in x[0, :, 0].tolist():
        moments.push_one(one, v, 0.0)
    np.testing.assert_allclose(one[0], whole[0], rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (16, 1025), (17, 1025), (3, 70_001), (40, 9000), (300, 600)])
@pytest.mark.parametrize("in_rows", [True, False])
def test_scatter_matrix(isa, in_rows, shape, dtype):
    x = (np.random.default_rng(0).standard_normal(shape) + 2).astype(dtype)
    d = x.astype(np.longdouble)
    d -= d.mean(axis=1, keepdims=True)
    size = (np.abs(d) @ np.abs(d).T).astype(float)
    results = set()
    for workers in (1, 2, 3):
        c = np.empty((shape[0], shape[0]), dtype)
        moments.scatter_matrix(x if in_rows else np.ascontiguousarray(x.T), in_rows, c, workers, "f")
        results.add(c.tobytes())
    assert len(results) == 1
    np.testing.assert_array_equal(c, c.T)
    bound = (np.sqrt(shape[1]) + 16) * np.finfo(dtype).eps * size
    assert (np.abs(c - d @ d.T) <= bound + 1e-300).all()


def test_small_cov(isa):
    x = np.random.default_rng(0).standard_normal((5, 200))
    for found in (moments.small_cov(x, True, 1), moments.small_cov(np.ascontiguousarray(x.T), False, 1)):
        np.testing.assert_allclose(found, np.cov(x), rtol=1e-12, atol=1e-15)
    for other in (x[:, ::2], x.astype("f4"), x.tolist(), x[0], np.ones((100, 2)), np.ones((2, 1)), np.ones((3, 0)), x.T,
                  np.ones((2, 100_000)), np.ma.masked_array(x)):
        assert moments.small_cov(other, True, 1) is None


def test_correlations():
    c = np.array([[4.0, -3.0], [-3.0, 9.0]])
    assert moments.correlations(c)
    np.testing.assert_array_equal(c, [[1, -0.5], [-0.5, 1]])
    for bad in (0.0, np.nan, np.inf, -1.0):
        c = np.array([[4.0, 1.0], [1.0, bad]])
        assert not moments.correlations(c)
        np.testing.assert_array_equal(c, [[4.0, 1.0], [1.0, bad]])
    c = np.array([[1.0, 1.1], [1.1, 1.0]])
    assert moments.correlations(c)
    assert c.max() == 1
