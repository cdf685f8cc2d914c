"""Distances coordinate by coordinate: every operation and instruction set against long double, bits, guard pages."""

import threading

import numpy as np
import pytest

from mathcore._kernels import pairwise as kernel
from mathcore._kernels import runtime
from tests.guard import Guarded

OPS = ("SQUARE", "ABSOLUTE", "MAXIMUM", "CANBERRA", "BRAYCURTIS", "POWER", "UNEQUAL", "JENSEN")
SHAPES = [(1, 1, 1), (2, 3, 2), (4, 16, 3), (5, 17, 4), (65, 33, 5), (3, 31, 64), (7, 5, 255), (2, 9, 256),
          (3, 18, 257), (1, 2, 1025), (130, 2, 7), (2, 600, 3)]


def data(op, shape, dtype, seed=0):
    m, n, d = shape
    rng = np.random.default_rng(seed)
    x, y = rng.standard_normal((m, d)), rng.standard_normal((n, d))
    if op == "UNEQUAL":
        x, y = x.round(), y.round()
    if op == "JENSEN":
        x, y = (np.where(rng.random(a.shape) < 0.2, 0, np.abs(a)) + (np.arange(d) == 0) for a in (x, y))
        x, y = x / x.sum(1, keepdims=True), y / y.sum(1, keepdims=True)
    elif m > 1 and n > 1:
        y[0] = x[0]                      # a distance of 0
    return x.astype(dtype), y.astype(dtype), (rng.random(d) + 0.5).astype(dtype)


def exact(op, x, y, w, p=2.0):
    """The sum in long double."""
    a, b, w = (v.astype(np.longdouble) for v in (x[:, None], y[None], w))
    d = np.abs(a - b)
    with np.errstate(divide="ignore", invalid="ignore"):
        if op == "MAXIMUM":
            return d.max(-1)
        if op == "BRAYCURTIS":
            return (w * d).sum(-1) / (w * np.abs(a + b)).sum(-1)
        if op == "UNEQUAL":
            return (w * (a != b)).sum(-1) / w.sum()
        if op == "JENSEN":
            mean = (a + b) / 2
            terms = sum(np.where(v == 0, 0, v * np.log(v / mean)) for v in (a, b))
            return np.sqrt(np.maximum(terms.sum(-1), 0) / 2)
        terms = {"SQUARE": d * d, "ABSOLUTE": d, "POWER": d**p,
                 "CANBERRA": d / np.where(d == 0, 1, np.abs(a) + np.abs(b))}[op]
    return (w * terms).sum(-1)


def bound_of(op, expected, d, dtype, p=2.0):
    """roundings, and for Jensen-Shannon what long double itself loses: 2^-62 of terms that cancel, of sum 1 at most."""
    with np.errstate(divide="ignore"):
        lost = np.where(expected > 0, 2.0**-62 / np.maximum(expected, 1e-300), 2.0**-31) if op == "JENSEN" else 0
    return roundings(op, d, p) * np.finfo(dtype).eps * np.abs(expected) + lost


def roundings(op, d, p=2.0):
    """Of eps: one chain of at most 256 terms, the blocks' sums, and what a term takes; two such sums in a quotient.
    Powers: p of the difference, two of each factor, the exponential; Jensen-Shannon's terms 16."""
    chain = (min(d, 256) + d // 256) / 2
    return {"SQUARE": chain + 3, "ABSOLUTE": chain + 2, "MAXIMUM": 1, "CANBERRA": chain + 8,
            "BRAYCURTIS": 2 * chain + 6, "POWER": chain + 2 * p + 4, "UNEQUAL": 2 * chain + 4, "JENSEN": chain + 16}[op]


def run(op, x, y, w=None, form=0, workers=1, out=None, p=2.0, **options):
    used = np.ones(x.shape[1], x.dtype) if w is None else w
    out = np.empty((len(x), len(y)), x.dtype) if out is None else out
    if op == "UNEQUAL":
        options["total"] = float(used.sum())
    if op == "JENSEN":
        options["factor"] = 0.5
    kernel.distances(getattr(kernel, op), form, x, y, used, out, workers, "f", weighted=w is not None, p=p, **options)
    return out


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("op", OPS)
def test_values(isa, op, dtype):
    for shape in SHAPES:
        x, y, w = data(op, shape, dtype)
        for weights in (None, w):
            if weights is not None and op in ("MAXIMUM", "JENSEN"):
                continue
            for p in (0.5, 3.0, 3.5, 1.3) if op == "POWER" else (2.0,):
                expected = exact(op, x, y, np.ones_like(w) if weights is None else w, p)
                bound = bound_of(op, expected, shape[2], dtype, p)
                found = run(op, x, y, weights, p=p)
                assert found.dtype == dtype
                assert (np.abs(found - expected) <= bound).all(), (shape, p)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_near_distributions_do_not_cancel(isa, dtype):
    """q = p (1 + delta): each term is p delta^2 / 4 to first order; rounding of q itself moves delta by eps."""
    eps = np.finfo(dtype).eps
    p = np.full((1, 64), 1 / 64, dtype)
    for delta in (0.3, 1e-2, 64 * eps):
        q = p * (1 + delta * np.where(np.arange(64) % 2, 1, -1)).astype(dtype)
        expected = exact("JENSEN", p, q, np.ones(64))
        assert abs(run("JENSEN", p, q)[0, 0] / expected[0, 0] - 1) <= 40 * eps
        assert abs(kernel.jensen(p[0], q[0], 0.5) / expected[0, 0] - 1) <= (8 + 40) * eps     # rows' sums too


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_forms(isa, dtype):
    x, y, _ = data("SQUARE", (5, 19, 6), dtype)
    for op in ("SQUARE", "ABSOLUTE"):
        value = run(op, x, y)
        np.testing.assert_array_equal(run(op, x, y, form=kernel.HALF), np.minimum(value / 2, 2))
        root = run(op, x, y, form=kernel.ROOT)
        np.testing.assert_array_equal(root, np.sqrt(value))
        found = run(op, x, y, form=kernel.RBF, factor=0.3)
        expected = np.exp(-0.3 * value.astype(float))
        assert (np.abs(found - expected) <= 4 * np.finfo(dtype).eps * (1 + 0.3 * value) * expected).all()


@pytest.mark.parametrize("op", OPS)
def test_bits(op):
    """Same for any threads, split, AVX2 and AVX-512; the pairs of rows are those of the square."""
    for dtype in ("f4", "f8"):
        for shape in ((150, 70, 9), (70, 1100, 3), (9, 40, 300)):
            x, y, _ = data(op, shape, dtype)
            found, pairs = set(), set()
            for isa in runtime.available_isas()[1:] or runtime.available_isas():
                runtime.set_isa(isa)
                for workers in (1, 2, 3):
                    whole = run(op, x, y, workers=workers, p=1.7)
                    found.add(whole.tobytes())
                    condensed = np.empty(len(x) * (len(x) - 1) // 2, dtype)
                    pairs.add(run(op, x, x, workers=workers, p=1.7, out=condensed).tobytes())
                np.testing.assert_array_equal(run(op, x[3:5], y[1:8], p=1.7), whole[3:5, 1:8])
            assert len(found) == len(pairs) == 1
            square = run(op, x, x, p=1.7)
            np.testing.assert_array_equal(np.frombuffer(pairs.pop(), dtype), square[np.triu_indices(len(x), 1)])


@pytest.mark.parametrize("at_end", [True, False])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_between_guard_pages(isa, dtype, at_end):
    pages = [Guarded(1 << 16) for _ in range(4)]
    for m, n, d in ((1, 1, 1), (3, 5, 2), (4, 16, 8), (6, 33, 17), (2, 7, 31)):
        x, y, w = data("SQUARE", (m, n, d), dtype)
        plain = run("SQUARE", x, y, w)
        out = pages[3].array(np.zeros((m, n), dtype), at_end)
        found = run("SQUARE", pages[0].array(x, at_end), pages[1].array(y, at_end), pages[2].array(w, at_end), out=out)
        np.testing.assert_array_equal(found, plain)
        assert pages[3].untouched_except(out.nbytes, at_end)
        u, v = pages[0].array(x[0], at_end), pages[1].array(y[-1], at_end)
        np.testing.assert_array_equal(kernel.pair(kernel.SQUARE, 0, u, v, pages[2].array(w, at_end), 2.0),
                                      kernel.pair(kernel.SQUARE, 0, x[0], y[-1], w, 2.0))
        assert kernel.extent(u) == (np.abs(x[0]).min(), np.abs(x[0]).max())


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("op", [op for op in OPS if op != "JENSEN"])
def test_one_pair(isa, op, dtype):
    for d in (1, 2, 7, 8, 9, 15, 16, 17, 33, 1000):
        x, y, w = data(op, (1, 1, d), dtype)
        for weights in (None, w):
            if weights is not None and op == "MAXIMUM":
                continue
            found = kernel.pair(getattr(kernel, op), 0, x[0], y[0], weights, 1.3)
            expected = exact(op, x, y, np.ones_like(w) if weights is None else w, 1.3)[0, 0]
            assert type(found) is np.dtype(dtype).type
            assert abs(found - expected) <= roundings(op, d, 1.3) * np.finfo(dtype).eps * abs(expected)


def test_what_the_fast_door_leaves_alone():
    u = np.arange(1.0, 5)
    for bad in (u[::2], u.astype(int), list(u), u[:3], u.reshape(2, 2), u.astype(">f8"), u[:0], np.float64(1), None):
        assert kernel.pair(kernel.SQUARE, 0, u, bad, None, 2.0) is None
        assert kernel.pair(kernel.SQUARE, 0, bad, u, None, 2.0) is None
        assert kernel.jensen(u, bad, 0.5) is None
        assert kernel.angle(bad, u, False) is None
    for w in (u[:3], -u, np.array([1, np.nan, 1, 1]), list(u), u.astype("f4")):
        assert kernel.pair(kernel.SQUARE, 0, u, u, w, 2.0) is None
    for bad in (-u, 0 * u, u * np.nan, u * np.inf):
        assert kernel.jensen(u, bad, 0.5) is None
    for bad in (0 * u, u * np.nan, u * 1e200, u * 1e-200):
        assert kernel.angle(u, bad, False) is None
    assert kernel.truths(u, u.astype(bool), False) is None
    assert kernel.truths(u, u, True) is None
    assert kernel.truths(u > 2, u > 1, True) == (4, 2, 3, 2)
    assert kernel.mahalanobis(u, u, np.eye(3)) is None


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_numbers_far_from_one(isa, dtype):
    """Roots neither overflow nor vanish; a pair in range beside one that is not keeps its bits."""
    info = np.finfo(dtype)
    scales = [info.max / 4, info.tiny, info.smallest_subnormal * 4, 1]
    for scale in scales:
        x = np.array([[3 * scale, 0], [0, 0], [1, 2]], dtype)
        y = np.array([[0, 4 * scale], [1, 2], [1, 3]], dtype)
        for op, p, root in (("SQUARE", 2.0, 5.0), ("POWER", 3.0, 91 ** (1 / 3)),
                            ("POWER", 2.5, (3**2.5 + 4**2.5) ** 0.4), ("POWER", 1.3, (3**1.3 + 4**1.3) ** (1 / 1.3))):
            if scale > 1 and root * (scale / info.max) >= 1:
                continue
            found = run(op, x, y, form=kernel.ROOT, p=p)
            slack = 8 * info.eps * root * scale + info.smallest_subnormal
            assert abs(found[0, 0] - np.longdouble(root) * x[0, 0] / 3) <= slack
            assert found[2, 1] == 0
            assert abs(found[2, 2] - 1) <= info.eps
            one = kernel.pair(getattr(kernel, op), kernel.ROOT, x[0], y[0], None, p)
            assert abs(one - found[0, 0]) <= slack
    assert run("SQUARE", *(np.array([[v]], dtype) for v in (info.max, -info.max)), form=kernel.ROOT)[0, 0] == np.inf


def test_nan_and_infinity(isa):
    x = np.array([[np.nan, 1, 2], [np.inf, 1, 2], [0, 1, 2.0]])
    for op in ("SQUARE", "ABSOLUTE", "MAXIMUM", "CANBERRA", "BRAYCURTIS", "POWER"):
        for form in (kernel.PLAIN, kernel.ROOT) if op in ("SQUARE", "POWER") else (kernel.PLAIN,):
            found = run(op, x, x, form=form, p=3.0)
            assert np.isnan(found[0]).all(), op
            assert np.isnan(found[:, 0]).all(), op
            assert np.isnan(found[1, 1]), op
            assert found[2, 2] == 0
            if op not in ("CANBERRA", "BRAYCURTIS"):
                assert found[1, 2] == found[2, 1] == np.inf
            for i, j in ((0, 1), (1, 1), (1, 2), (2, 2)):
                np.testing.assert_equal(kernel.pair(getattr(kernel, op), form, x[i], x[j], None, 3.0), found[i, j])
    assert run("UNEQUAL", x, x).tolist() == [[1 / 3] * 3, [1 / 3, 0, 1 / 3], [1 / 3, 1 / 3, 0]]
    assert run("MAXIMUM", x[:, ::-1].copy(), x[:, ::-1].copy())[0, 2] != 0
    least, largest = kernel.extent(x)
    assert (least, np.isnan(largest)) == (1, True)
    assert kernel.extent(np.zeros(3)) == (np.inf, 0)


def test_canberra_of_any_size(isa):
    """Beyond what four by one division takes, and 0 / 0."""
    x = np.array([[1e-300, 1e300, 0, 1, 2], [1, 2, 0, 4, 5], [5e-324, 0, 0, 0, 0]])
    y = np.array([[2e-300, 3e300, 0, 1, 2], [1, 1, 0, 4, 5], [1e-323, 0, 0, 0, 0]])
    expected = np.array([[1 / 3 + 1 / 2, 2 + 3 / 5 + 3 / 7, 1 + 3], [2 + 3 / 5 + 3 / 7, 1 / 3, 4], [4, 4, 1 / 3]])
    np.testing.assert_allclose(run("CANBERRA", x, y), expected, rtol=8 * 2.0**-52)


def test_nothing():
    out = np.ones((2, 3))
    assert (run("SQUARE", np.ones((2, 0)), np.ones((3, 0)), out=out) == 0).all()
    assert run("SQUARE", np.ones((0, 2)), np.ones((3, 2))).shape == (0, 3)
    assert run("SQUARE", np.ones((1, 2)), np.ones((1, 2)), out=np.empty(0)).shape == (0,)


@pytest.mark.parametrize("dtype", ["?", "i2", "f4", "f8", "c16", "O"])
def test_squares(dtype):
    for n in (1, 2, 31, 32, 33, 70):
        pairs = np.arange(1, n * (n - 1) // 2 + 1).astype(dtype)
        square = np.zeros((n, n), dtype)
        square[np.triu_indices(n, 1)] = pairs
        square = square + square.T if dtype != "?" else square | square.T
        found, back = np.zeros((n, n), dtype), np.zeros_like(pairs)
        kernel.spread(pairs, found)
        kernel.gather(square, back)
        np.testing.assert_array_equal(found, square)
        np.testing.assert_array_equal(back, pairs)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_variances_divide(isa, dtype):
    """One reciprocal by it for each coordinate: as if it were a weight, at every length of the tail."""
    rng = np.random.default_rng(0)
    for d in (1, 7, 8, 9, 16, 17, 33, 1000):
        u, v, variances = rng.random((3, d)).astype(dtype) + np.dtype(dtype).type(0.1)
        expected = kernel.pair(kernel.SQUARE, kernel.ROOT, u, v, 1 / variances, 2.0)
        assert kernel.seuclidean(u, v, variances) == expected
    assert kernel.seuclidean(u.astype("f4"), v.astype("f4"), np.full(d, 1e-40, "f4")) is None


def test_variances_leave_no_memory():
    u = np.ones(1 << 18)
    runtime.release_workspace()
    live = runtime.live_allocations()
    kernel.seuclidean(u, u, u)
    assert runtime.live_allocations() == live


def test_others_run_beside_long_vectors():
    """Sums over 2^24 numbers leave the GIL: another thread counts on."""
    u, truth = np.ones(1 << 24), np.ones(1 << 26, bool)
    for call in (lambda: kernel.pair(kernel.SQUARE, kernel.ROOT, u, u, u, 2.0), lambda: kernel.seuclidean(u, u, u),
                 lambda: kernel.truths(truth, truth, True)):
        stop, ticks = threading.Event(), []

        def count(stop=stop, ticks=ticks):
            while not stop.wait(1e-4):
                ticks.append(0)

        other = threading.Thread(target=count)
        other.start()
        call()
        counted = len(ticks)
        stop.set()
        other.join()
        assert counted > 5               # one or two would be the turns at its ends
