"""Distances over the product on every instruction set: the promised error, shifted and clustered data, bits, blocks."""

import numpy as np
import pytest

from mathcore._kernels import euclidean, runtime
from tests.guard import Guarded

FORMS = euclidean.FORMS


def run(x, y, form="root", gamma=0.0, workers=1):
    out = np.full((len(x), len(y)), -7, x.dtype)
    euclidean.distances(x, y, out, FORMS[form], gamma, workers, "f")
    return out


def exact(x, y):
    """Squared distances in long double."""
    x, y = x.astype(np.longdouble), y.astype(np.longdouble)
    return np.array([((row - y) ** 2).sum(1) for row in x])


def bound(x):
    """Relative, of a distance: 4 (d + 5) eps (see `cdist`); half the guard's 16 times (d + 5) / 2 eps of its square."""
    return 4 * (x.shape[1] + 5) * np.finfo(x.dtype).eps


def data(m, n, d, dtype, kind="plain"):
    rng = np.random.default_rng(m + n + d)
    x, y = rng.standard_normal((m, d)), rng.standard_normal((n, d))
    if kind == "shifted":
        x, y = x + 1e4, y + 1e4
    if kind == "clusters":               # of two clusters, every other pair is near
        x, y = (np.where(np.arange(len(a))[:, None] % 2, 1000, 0) + 0.1 * a for a in (x, y))
    if kind == "equal":
        y[: m // 2] = x[: len(y[: m // 2])]
    return x.astype(dtype), y.astype(dtype)


@pytest.mark.parametrize("kind", ["plain", "shifted", "clusters", "equal"])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("shape", [(1, 1, 1), (2, 3, 2), (8, 24, 17), (9, 49, 33), (30, 70, 100), (3, 5, 1030)])
def test_values(isa, shape, dtype, kind):
    x, y = data(*shape, dtype, kind)
    squares = exact(x, y)
    for form, expected in (("root", np.sqrt(squares)), ("squared", squares), ("half", np.minimum(squares / 2, 2))):
        found = run(x, y, form)
        assert np.all(np.abs(found - expected) <= (1 if form == "root" else 2) * bound(x) * expected)
        assert np.array_equal(found == 0, squares == 0)
    found = run(x, y, "rbf", 0.5)        # an error of gamma s in the exponent is one of the value
    limit = (2 * bound(x) * squares / 2 + 4 * np.finfo(dtype).eps) * np.exp(-squares / 2)
    assert np.all(np.abs(found - np.exp(-squares / 2)) <= limit + np.finfo(dtype).tiny)


def test_the_guard_is_needed():
    """Without it float32 loses all digits here: what the values above would not forgive."""
    x, y = data(30, 70, 100, "f4", "clusters")
    plain = np.maximum((x * x).sum(1)[:, None] + (y * y).sum(1) - 2 * x @ y.T, 0)
    assert np.max(np.abs(np.sqrt(plain) / np.sqrt(exact(x, y)) - 1)) > 100 * bound(x)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_range(isa, dtype):
    """Squares that overflow or vanish, where the distance does neither; whole numbers come out exact."""
    far = np.finfo(dtype).max / 8
    for scale in (far, np.finfo(dtype).tiny * 8):
        x = np.array([[3.0] + [0.0] * 19, [0.0] * 20], dtype) * np.array(scale, dtype)
        y = np.array([[0.0] * 19 + [4.0], [0.0] * 20], dtype) * np.array(scale / 8, dtype)
        expected = np.sqrt(exact(x / scale, y / scale)) * np.longdouble(scale)
        assert np.all(np.abs(run(x, y) - expected) <= 4 * np.finfo(dtype).eps * expected)
    x, y = (np.random.default_rng(i).integers(0, 17, (40, 64)).astype(dtype) for i in range(2))
    np.testing.assert_array_equal(run(x, y, "squared"), exact(x, y).astype(dtype))


def test_nan_and_infinity(isa):
    x, y = data(9, 50, 20, "f8")
    x[3, 5], x[4, 0], y[7, 2] = np.nan, np.inf, np.inf
    found = run(x, y)
    with np.errstate(invalid="ignore"):
        expected = np.sqrt(exact(x, y))
        error = np.abs(found - expected)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(expected))
    np.testing.assert_array_equal(np.isinf(found), np.isinf(expected))
    there = np.isfinite(expected)
    assert np.all(error[there] <= (bound(x) * expected)[there])


def test_clipped_product(isa):
    x, y = data(10, 60, 40, "f8")
    x, y = x / np.linalg.norm(x, axis=1)[:, None], y / np.linalg.norm(y, axis=1)[:, None]
    y[0] = 2 * x[0]
    y[1] = np.nan
    found = run(x, y, "cosine")
    assert found[0, 0] == 1
    assert np.isnan(found[:, 1]).all()
    there = np.arange(60) > 1
    # chains of d terms on both sides, lengths of d terms: half an eps for each
    assert np.max(np.abs(found - x @ y.T)[:, there]) <= (x.shape[1] + 4) * np.finfo(float).eps


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_bits(dtype):
    x, y = data(300, 700, 100, dtype, "shifted")
    found = set()
    for isa in runtime.available_isas()[1:] or runtime.available_isas():
        runtime.set_isa(isa)
        found |= {run(x, y, "root", workers=n).tobytes() for n in (1, 2, 3)}
    assert len(found) == 1


@pytest.mark.parametrize("form", ["root", "rbf"])
def test_rows_do_not_know_each_other(form):
    """A part of x has the bits that it has in all of x, also where x is y."""
    x, y = data(90, 70, 40, "f8", "shifted")
    whole = run(x, y, form, 0.1)
    own = run(x, x, form, 0.1)
    for first, last in ((0, 1), (1, 33), (33, 90)):
        np.testing.assert_array_equal(run(x[first:last], y, form, 0.1), whole[first:last])
        np.testing.assert_array_equal(run(x[first:last], x, form, 0.1), own[first:last])


def test_symmetric_and_in_blocks():
    """Rows beyond a block of 2 MB; x against itself is symmetric to the last bit, zero on the diagonal."""
    for n in (300, 257):                 # 87 rows fit a block, 256 are the least; a column alone would be a dot
        x, _ = data(n, 1, 3000, "f8")
        found = run(x, x)
        np.testing.assert_array_equal(found, found.T)
        np.testing.assert_array_equal(np.diag(found), 0)
        np.testing.assert_array_equal(found[n - 3:], run(x[n - 3:], x))
    rows = np.arange(0, n, 37)
    expected = np.sqrt(exact(x[rows], x))
    assert np.all(np.abs(found[rows] - expected) <= bound(x) * expected)


@pytest.mark.parametrize("dtype", ["f4", "f8"])
@pytest.mark.parametrize("shape", [(7, 23, 9), (17, 97, 65)])
def test_stays_inside(isa, shape, dtype):
    """Operands and result end where memory does."""
    x, y = data(*shape, dtype, "equal")
    pages = [Guarded(1 << 16) for _ in range(3)]
    out = pages[2].array(np.zeros(shape[:2], dtype), True)
    euclidean.distances(pages[0].array(x, True), pages[1].array(y, True), out, FORMS["root"], 0.0, 1, "f")
    np.testing.assert_array_equal(out, run(x, y))


def test_rows_apart():
    x, y = data(9, 30, 20, "f8")
    wide = np.full((9, 40), -1.0)
    euclidean.distances(x, y, wide[:, 5:35], FORMS["root"], 0.0, 1, "f")
    np.testing.assert_array_equal(wide[:, 5:35], run(x, y))
    assert (wide[:, :5] == -1).all()
    assert (wide[:, 35:] == -1).all()
    euclidean.distances(x[:0], y, wide[:0, :30], FORMS["root"], 0.0, 1, "f")
