"""The certified search on every instruction set: the neighbours of exact arithmetic, whatever float32 makes of it."""

import numpy as np
import pytest

from mathcore._kernels import neighbors, runtime
from tests.guard import Guarded


def exact(x, y, own=-1):
    """Squared distances in long double; those of a row to itself infinite."""
    found = np.array([((row - y.astype(np.longdouble)) ** 2).sum(1) for row in x.astype(np.longdouble)])
    if own >= 0:
        found[np.arange(len(x)), own + np.arange(len(x))] = np.inf
    return found


def check(x, y, k, own=-1, workers=1):
    squares, indices, number, scale = neighbors.search(x, y, k, 0.0, own, workers, "f")
    expected = exact(x, y, own)
    order = np.argsort(expected, axis=1, kind="stable")[:, :k]
    np.testing.assert_array_equal(indices, order)
    assert (number == k).all()
    sorted_squares = np.take_along_axis(expected, order, 1)
    # differences, squares, chains of d / 16, a tree of 4
    limit = (x.shape[1] / 16 + 8) * np.finfo(float).eps * sorted_squares
    assert np.all(np.abs(squares / np.longdouble(scale) / scale - sorted_squares) <= limit)


def data(m, n, d, dtype, kind):
    rng = np.random.default_rng(m + n + d)
    x, y = rng.standard_normal((m, d)), rng.standard_normal((n, d))
    if kind == "whole":                  # ties everywhere
        x, y = np.round(x), np.round(y)
    elif kind == "shifted":
        x, y = x + 1e4, y + 1e4
    elif kind == "huge":
        x, y = (a * (np.finfo(dtype).max / 2**10) for a in (x, y))
    elif kind == "tiny":
        x, y = (a * np.finfo(dtype).tiny * 2**10 for a in (x, y))
    elif kind == "equal":
        y[:] = y[0]
    elif kind == "clusters":             # float32 does not see inside
        x, y = (1e6 * (np.arange(len(a))[:, None] % 2) + 1e-3 * a for a in (x, y))
    elif kind == "one far":              # and its length spoils a bound that is the same for all
        y[n // 2] = 1e12
    return x.astype(dtype), y.astype(dtype)


KINDS = ["plain", "whole", "shifted", "huge", "tiny", "equal", "clusters", "one far"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_kinds(isa, dtype, kind):
    for m, n, d, k in ((1, 1, 1, 1), (9, 191, 3, 5), (20, 600, 20, 100), (5, 400, 530, 7)):
        check(*data(m, n, d, dtype, kind), k)


@pytest.mark.parametrize(("m", "n", "d", "k"), [
    (7, 192, 2, 192), (8, 193, 1, 1), (257, 30, 4, 30), (50, 385, 16, 17), (3, 6000, 5, 9), (1, 5000, 8, 1),
    (6, 9000, 2, 5), (40, 1000, 512, 3),
    (40, 1000, 513, 3), (2, 700, 1100, 2)])
def test_edges(m, n, d, k):
    """Groups, chains, chunks of rows, parts of columns that threads share."""
    x, y = data(m, n, d, "f4", "plain")
    for workers in (1, 2, 3):
        check(x, y, k, workers=workers)


def test_last_digit():
    """Squares one part in 2^50 apart, in no order: float32 cannot tell any two of them apart, the answer does."""
    rng = np.random.default_rng(0)
    order = rng.permutation(500)
    y = np.zeros((500, 20))
    y[:, 0] = 1 + order * 2.0**-50
    x = np.zeros((3, 20))
    narrow = np.argsort(((y.astype("f4") - x[:1].astype("f4")) ** 2).sum(1), kind="stable")
    assert not np.array_equal(narrow, np.argsort(order))
    for k in (1, 10, 200, 500):
        check(x, y, k)


@pytest.mark.parametrize("kind", ["plain", "whole", "equal"])
def test_own_row_left_out(isa, kind):
    x, _ = data(300, 1, 6, "f8", kind if kind != "equal" else "plain")
    if kind == "equal":
        x[:] = x[0]
    check(x, x, 4, own=0)
    check(np.ascontiguousarray(x[100:150]), x, 7, own=100)


@pytest.mark.parametrize("kind", ["plain", "whole", "clusters", "huge"])
@pytest.mark.parametrize("own", [-1, 0])
def test_radius(isa, kind, own):
    x, y = data(20, 300, 5, "f8", kind)
    y[:20] = x
    expected = exact(x, y, own)
    for level in (0.0, 0.2, 1.0):
        there = np.sort(expected[expected < np.inf])
        radius = float(np.sqrt(there[int(level * (len(there) - 1))]))
        squares, indices, number, scale = neighbors.search(x, y, None, radius, own, 2, "f")
        within = np.longdouble(radius) ** 2
        near = np.abs(expected - within) <= 16 * np.finfo(float).eps * within    # who may be on either side
        for i in range(20):
            found = indices[i, : number[i]]
            order = np.argsort(expected[i], kind="stable")
            assert np.isin(order[((expected[i] <= within) & ~near[i])[order]], found).all()
            assert (expected[i][found] <= within * (1 + 16 * np.finfo(float).eps)).all()
            np.testing.assert_array_equal(found, order[np.isin(order, found)])
            assert np.all(np.diff(squares[i, : number[i]]) >= 0)


@pytest.mark.parametrize("d", [1, 2, 3, 7, 15, 16, 17, 40])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_bits(dtype, d):
    x, y = data(200, 500, d, dtype, "plain")
    found = set()
    for isa in runtime.available_isas()[1:] or runtime.available_isas():
        runtime.set_isa(isa)
        for n in (1, 2, 3):
            squares, indices, _, _ = neighbors.search(x, y, 20, 0.0, -1, n, "f")
            found.add(indices.tobytes() + squares.tobytes())
    assert len(found) == 1
    runtime.set_isa("base")                  # another rounding of squares; no product's rounding shows in the order
    assert found.pop().startswith(neighbors.search(x, y, 20, 0.0, -1, 1, "f")[1].tobytes())


@pytest.mark.parametrize("rows", [1, 9])
def test_points_of_all_sizes(isa, rows):
    """Differences of 1e-200 beside numbers of 1, of 1e-100 beside 1e200: their squares keep their order."""
    for sizes in ([1e-190, 1e-200, 1], [1e-90, 1e-100, 1e200], [1e-20, 1e-30, 1e-25]):
        y = np.zeros((3, 20))
        y[:, 7] = sizes
        check(np.zeros((rows, 20)), y, 3)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_stays_inside(isa, dtype):
    x, y = data(11, 205, 19, dtype, "whole")
    pages = [Guarded(1 << 16) for _ in range(2)]
    check(pages[0].array(x, True), pages[1].array(y, True), 30)


# ------------------------------------------------------------------ of given distances

@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize(("rows", "n", "k"), [(1, 1, 1), (5, 7, 7), (30, 100, 12), (4, 999, 1), (3, 50, 0)])
def test_smallest(rows, n, k, dtype):
    rng = np.random.default_rng(n)
    values = rng.integers(0, 20, (rows, n)).astype(dtype)
    values[rng.random((rows, n)) < 0.2] = np.nan
    found, indices = np.empty((rows, k)), np.empty((rows, k), np.int64)
    for skip in (False, True):
        if skip and (k == n or rows > n):
            continue
        neighbors.smallest(values, 0, skip, found, indices, 2, "f")
        expected = values.astype(float)
        keys = np.where(np.isnan(expected), np.inf, expected)
        if skip:
            keys[np.arange(rows), np.arange(rows)] = np.nan            # sorts behind infinity
        order = np.argsort(keys, axis=1, kind="stable")[:, :k]
        np.testing.assert_array_equal(indices, order)
        np.testing.assert_array_equal(found, np.take_along_axis(expected, order, 1))
