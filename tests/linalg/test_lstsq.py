"""lstsq and pinv: the normal equations, known answers, every rank, shape and scale; SciPy's shapes and types."""

import numpy as np
import pytest
import scipy.linalg

import mathcore
from mathcore.linalg import lstsq, pinv
from tests.layouts import LAYOUTS
from tests.oracles import assert_same_bits

FLOATS = (np.float32, np.float64)
SHAPES = ((1, 1), (2, 2), (7, 7), (3, 1), (20, 5), (5, 20), (200, 50), (50, 200), (300, 7), (40, 39))


def of_rank(rng, shape, rank, dtype=np.float64):
    *batch, m, n = shape
    return (rng.standard_normal((*batch, m, rank)) @ rng.standard_normal((*batch, rank, n))).astype(dtype)


def backward_error(a, b, x):
    """How far x is from a solution of the normal equations, in units of the rounding that a stable method may show:
    ``|a^T (b - a x)| / (max(m, n) eps |a| (|a| |x| + |b|))`` (LAPACK's dqrt17 has the same scale)."""
    eps = np.finfo(a.dtype).eps
    a, b, x = (v.astype(np.longdouble) for v in (a, b, x))
    norm = np.linalg.norm
    size = norm(a) * (norm(a) * norm(x) + norm(b))
    return float(norm(a.T @ (b - a @ x)) / (max(a.shape) * eps * size)) if size else 0.0


# ------------------------------------------------------------------ the solution

@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("part", [0, 0.3, 0.5, 0.9, 1])
def test_solutions_of_every_rank(dtype, shape, part):
    rng = np.random.default_rng(0)
    (m, n), rank = shape, int(part * min(shape))
    a, b = of_rank(rng, shape, rank, dtype), rng.standard_normal((m, 3)).astype(dtype)
    cond = max(shape) * np.finfo(dtype).eps
    before = a.copy(), b.copy()
    x, residues, got, s = lstsq(a, b, cond=cond)
    assert_same_bits(a, before[0])
    assert_same_bits(b, before[1])
    assert (type(got), got) == (int, rank)
    assert x.dtype == s.dtype == residues.dtype == dtype
    assert x.shape == (n, 3)
    assert backward_error(a, b, x) <= 8
    # the shortest one: no part of it in the null space
    z = scipy.linalg.null_space(a.astype(np.float64), rcond=cond)
    kappa = s[0] / s[rank - 1] if rank else 1
    assert np.linalg.norm(z.T @ x) <= 16 * max(shape) * np.finfo(dtype).eps * kappa * np.linalg.norm(x)
    np.testing.assert_allclose(s, np.linalg.svd(a, compute_uv=False), atol=8 * cond * s.max(initial=0))
    if m > n == rank:
        exact = np.sum((b.astype(np.longdouble) - a.astype(np.longdouble) @ x) ** 2, axis=0)
        np.testing.assert_allclose(residues, exact.astype(np.float64), rtol=0, atol=16 * cond * np.sum(b * b))
    else:
        assert residues.shape == (0,)


@pytest.mark.parametrize("dtype", FLOATS)
def test_no_further_from_the_exact_solution_than_scipys(dtype):
    """Of a consistent system: |x - x0| <= cond eps |x0| times a modest constant, for SciPy's too."""
    rng = np.random.default_rng(1)
    for m, n in ((100, 20), (20, 20), (500, 3)):
        for kappa in (1e1, 1e3):
            u, v = (np.linalg.qr(rng.standard_normal((k, n)))[0] for k in (m, n))
            a = (u * np.geomspace(1, 1 / kappa, n) @ v.T).astype(dtype)
            x0 = rng.standard_normal(n).astype(dtype)
            b = (a.astype(np.longdouble) @ x0).astype(dtype)
            error = np.linalg.norm(lstsq(a, b).x - x0) / np.linalg.norm(x0)
            assert error <= 8 * np.sqrt(m) * kappa * np.finfo(dtype).eps


@pytest.mark.parametrize("dtype", FLOATS)
def test_tall_matrices_of_every_condition(dtype):
    """On both sides of the condition that the short way takes; residues that are tiny beside b and others."""
    rng, eps = np.random.default_rng(14), np.finfo(dtype).eps
    for m, n in ((400, 6), (400, 50), (8, 1)):
        for kappa in np.geomspace(1, 0.1 / eps, 9):
            u, v = (np.linalg.qr(rng.standard_normal((k, n)))[0] for k in (m, n))
            a = (u * np.geomspace(1, 1 / kappa, n) @ v.T).astype(dtype)
            for noise in (0, 1e-6, 1):
                b = (a @ rng.standard_normal((n, 2)) + noise * rng.standard_normal((m, 2))).astype(dtype)
                x, residues, rank, _ = lstsq(a, b)
                assert rank == n
                assert backward_error(a, b, x) <= 8
                exact = np.sum((b.astype(np.longdouble) - a.astype(np.longdouble) @ x) ** 2, axis=0)
                gap = np.abs(np.sqrt(residues) - np.sqrt(exact).astype(np.float64))
                size = np.linalg.norm(b, axis=0) + np.linalg.norm(a) * np.linalg.norm(x, axis=0)
                assert (gap <= 16 * m * eps * size).all()
    ours, theirs = lstsq(a, b), scipy.linalg.lstsq(a, b)
    np.testing.assert_allclose(ours.s, theirs[3], rtol=64 * m * eps)


def test_known_fits():
    """Strang, Introduction to Linear Algebra, section 4.3: the line nearest to (0, 6), (1, 0), (2, 0) is 5 - 3t."""
    x, residues, rank, s = lstsq([[1, 0], [1, 1], [1, 2]], [6, 0, 0])
    np.testing.assert_allclose(x, [5, -3], rtol=1e-14)
    np.testing.assert_allclose(residues, 6, rtol=1e-14)
    assert rank == 2
    np.testing.assert_allclose(s**2, [4 + np.sqrt(10), 4 - np.sqrt(10)], rtol=1e-14)
    assert type(residues) is np.float64
    # x + y = 2: the shortest solution
    np.testing.assert_allclose(lstsq([[1.0, 1.0]], [2.0]).x, [1, 1], rtol=1e-15)
    np.testing.assert_allclose(lstsq([[1.0, 1.0], [1.0, 1.0]], [1.0, 3.0]).x, [1, 1], rtol=1e-15)
    np.testing.assert_allclose(lstsq([[2, 0], [0, 4]], [2, 8]).x, [1, 2], rtol=1e-15)


@pytest.mark.parametrize("dtype", FLOATS)
def test_powers_of_two_scale_the_result(dtype):
    rng, info = np.random.default_rng(2), np.finfo(dtype)
    ends = (info.minexp + 30, info.maxexp - 8)
    for shape in ((9, 4), (4, 9), (5, 5), (40, 4)):
        for rank in (4, 2):
            a, b = of_rank(rng, shape, rank, dtype), rng.standard_normal((shape[0], 2)).astype(dtype)
            cond = 1e-3
            x, residues, got, s = lstsq(a, b, cond=cond)
            for k in (*ends, -1, 7):
                big = lstsq(np.ldexp(a, k), np.ldexp(b, k), cond=cond)
                assert big.rank == got
                assert_same_bits(big.x, x, f"{shape} {rank} {k}")
                if k > ends[0] and k < ends[1]:
                    assert_same_bits(big.s, np.ldexp(s, k))
                    assert_same_bits(big.residues, np.ldexp(residues, 2 * k))
            assert_same_bits(lstsq(np.ldexp(a, ends[1]), b, cond=cond).x, np.ldexp(x, -ends[1]))
            assert_same_bits(lstsq(a, np.ldexp(b, ends[0] + 30), cond=cond).x, np.ldexp(x, ends[0] + 30))


# ------------------------------------------------------------------ what SciPy returns

def test_shapes_and_types_are_scipys():
    rng = np.random.default_rng(3)
    for shape in ((5, 3), (3, 5), (4, 4), (0, 3), (3, 0), (0, 0)):
        for b_shape in (shape[:1], (shape[0], 2), (shape[0], 0)):
            a, b = rng.standard_normal(shape), rng.standard_normal(b_shape)
            for driver in (None, "gelsd", "gelsy", "gelss"):
                ours = lstsq(a, b, lapack_driver=driver)
                if b_shape[-1] == 0 and a.size:         # LAPACK through f2py takes no 0 columns
                    assert ours.x.shape == (shape[1], 0)
                    continue
                theirs = scipy.linalg.lstsq(a, b, lapack_driver=driver)
                for name, mine, other in zip(ours._fields, ours, theirs, strict=True):
                    assert np.shape(mine) == np.shape(other), f"{shape} {b_shape} {driver} {name}"
                    if other is not None and name != "rank":
                        np.testing.assert_allclose(mine, other, rtol=1e-10, atol=1e-10)
                assert ours.rank == theirs[2]
                assert (ours.s is None) == (driver == "gelsy" and a.size > 0)


def test_types_and_foreign_data():
    a, b = np.array([[1, 1], [1, 2], [1, 3]]), np.array([1, 2, 2])
    expected = lstsq(a.astype(float), b.astype(float)).x
    for dtype in (np.int8, np.uint64):
        assert_same_bits(lstsq(a.astype(dtype), b).x, expected)
    assert lstsq(a.astype(np.float16), b.astype(np.float16)).x.dtype == np.float32
    assert lstsq(a.astype(np.float32), b.astype(np.float64)).x.dtype == np.float64
    got, peer = lstsq(a * 1j, b), scipy.linalg.lstsq(a * 1j, b)
    for mine, other in zip(got, peer, strict=True):
        np.testing.assert_array_equal(mine, other)


def test_cond_decides_the_rank():
    a = np.diag([1.0, 1e-6])
    assert lstsq(a, [1.0, 1.0]).rank == 2
    assert lstsq(a, [1.0, 1.0], cond=1e-5).rank == 1
    assert lstsq(a, [1.0, 1.0], cond=-1).rank == 2
    np.testing.assert_allclose(lstsq(a, [1.0, 1.0], cond=1e-5).x, [1, 0], atol=1e-15)
    x, residues, rank, _ = lstsq(np.zeros((3, 2)), np.ones(3))
    assert (x.tolist(), residues.shape, rank) == ([0, 0], (0,), 0)


# ------------------------------------------------------------------ weights, ridge, many right-hand sides

@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("shape", [(30, 4), (4, 30), (6, 6)])
def test_weights_are_multiplicities_of_rows(dtype, shape):
    rng = np.random.default_rng(4)
    a, b = rng.standard_normal(shape).astype(dtype), rng.standard_normal((shape[0], 2)).astype(dtype)
    counts = rng.integers(0, 4, shape[0])
    repeated = lstsq(np.repeat(a, counts, axis=0), np.repeat(b, counts, axis=0), cond=1e-4)
    weighted = lstsq(a, b, cond=1e-4, weights=counts)
    tolerance = 200 * max(shape) * np.finfo(dtype).eps
    np.testing.assert_allclose(weighted.x, repeated.x, atol=tolerance)
    assert weighted.rank == repeated.rank
    both = min(len(weighted.s), len(repeated.s))
    np.testing.assert_allclose(weighted.s[:both], repeated.s[:both], atol=tolerance * 10)
    if shape[0] > shape[1]:
        np.testing.assert_allclose(weighted.residues, repeated.residues, rtol=tolerance * 10)
    # a scale of all weights changes nothing, out to where their roots times a would overflow
    huge = counts * dtype(np.finfo(dtype).max / 4)
    np.testing.assert_allclose(lstsq(a, b, cond=1e-4, weights=huge).x, weighted.x, atol=tolerance)
    assert lstsq(a, b, weights=np.zeros(shape[0])).rank == 0


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("shape", [(30, 4), (4, 30), (6, 6), (50, 40)])
def test_ridge_is_more_rows(dtype, shape):
    rng = np.random.default_rng(5)
    for rank in (min(shape), 2):
        a, b = of_rank(rng, shape, rank, dtype), rng.standard_normal((shape[0], 2)).astype(dtype)
        for ridge in (1e-2, 1.0, 100.0):
            x, residues, got, s = lstsq(a, b, ridge=ridge, cond=1e-4)
            root = np.sqrt(dtype(ridge)) * np.eye(shape[1], dtype=dtype)
            more = lstsq(np.vstack([a, root]), np.vstack([b, np.zeros((shape[1], 2), dtype)])).x
            np.testing.assert_allclose(x, more, atol=100 * max(shape) * np.finfo(dtype).eps / min(1, ridge))
            assert got == rank
            np.testing.assert_allclose(s, lstsq(a, b).s, atol=1e-5 * s[0])
            if residues.size:
                exact = np.sum((b - a @ x) ** 2, axis=0)
                np.testing.assert_allclose(residues, exact, rtol=1e3 * np.finfo(dtype).eps)
    assert_same_bits(lstsq(a, b, ridge=0).x, lstsq(a, b).x)
    np.testing.assert_allclose(lstsq([[2.0], [0.0]], [4.0, 1.0], ridge=4.0).x, [1])
    np.testing.assert_allclose(lstsq([[2e200]], [4e200], ridge=4.0).x, [2])
    np.testing.assert_allclose(lstsq([[2e-200]], [4e-200], ridge=4e-300).x, [2e-100], rtol=1e-14)


@pytest.mark.parametrize("dtype", FLOATS)
def test_many_right_hand_sides_take_another_way_to_the_same(dtype):
    rng = np.random.default_rng(6)
    a, b = rng.standard_normal((30, 4)).astype(dtype), rng.standard_normal((30, 100)).astype(dtype)
    many, one = lstsq(a, b), lstsq(a, b[:, :1])
    assert backward_error(a, b, many.x) <= 8
    np.testing.assert_allclose(many.x[:, :1], one.x, atol=100 * np.finfo(dtype).eps)
    np.testing.assert_allclose(many.residues[:1], one.residues, rtol=200 * np.finfo(dtype).eps)


# ------------------------------------------------------------------ batches, layouts, NaN

@pytest.mark.parametrize("shape", [(6, 3), (3, 6), (4, 4), (30, 3)])
def test_batches_are_their_items(shape):
    rng = np.random.default_rng(7)
    a, b = rng.standard_normal((2, 3, *shape)), rng.standard_normal((3, shape[0], 2))
    a[0, 1] = of_rank(rng, shape, 2)
    a[1, 2] *= 1e200
    for kwargs in ({}, {"ridge": 0.5}, {"weights": rng.random((3, shape[0]))}):
        got = lstsq(a, b, cond=1e-10, **kwargs)
        assert got.rank.dtype.kind == "i"
        for i in np.ndindex(2, 3):
            own = {key: value[i[1]] if key == "weights" else value for key, value in kwargs.items()}
            item = lstsq(a[i], b[i[1]], cond=1e-10, **own)
            assert_same_bits(got.x[i], item.x, str(i))
            assert_same_bits(got.s[i], item.s, str(i))
            assert got.rank[i] == item.rank
            if shape[0] > shape[1]:
                assert_same_bits(got.residues[i], item.residues if item.rank == shape[1] else np.full(2, np.nan))
            else:
                assert got.residues.shape == (2, 3, 0)
    vector = lstsq(a, b[0, :, 0], cond=1e-10)
    assert vector.x.shape == (2, 3, shape[1])
    assert_same_bits(vector.x[0, 0], lstsq(a[0, 0], b[0, :, 0]).x)
    empty = lstsq(np.ones((0, *shape)), np.ones(shape[0]))
    assert empty.x.shape == (0, shape[1])
    assert empty.rank.shape == (0,)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts_have_the_same_bits(layout):
    rng, change = np.random.default_rng(8), LAYOUTS[layout]
    for dtype in FLOATS:
        for shape in ((60, 7), (40, 7), (7, 60), (9, 9), (2, 8, 3)):
            a, b = rng.standard_normal(shape).astype(dtype), rng.standard_normal((shape[-2], 2)).astype(dtype)
            expected = lstsq(a, b)
            for got in (lstsq(change(a), b), lstsq(a, change(b))):
                for mine, other in zip(got, expected, strict=True):
                    assert_same_bits(mine, other, f"{dtype} {shape}")
            assert_same_bits(pinv(change(a)), pinv(a))


def test_threads_do_not_show():
    rng = np.random.default_rng(9)
    a, b = rng.standard_normal((3000, 40)), rng.standard_normal((3000, 3))
    expected = lstsq(a, b, workers=1)
    for workers in (2, 3):
        assert_same_bits(lstsq(a, b, workers=workers).x, expected.x)
    with mathcore.threads(2):
        assert_same_bits(lstsq(a, b).x, expected.x)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 4), (1, 1), (12, 2)])
def test_unchecked_nan_and_inf_give_nan_and_nothing_on_stderr(bad, shape, capfd):
    rng = np.random.default_rng(10)
    for i in np.ndindex(shape):
        a, b = rng.standard_normal((2, *shape)), rng.standard_normal((2, shape[0], 2))
        a[(0, *i)] = bad
        with np.errstate(all="ignore"):
            x, _, rank, s = lstsq(a, b, check_finite=False)
        assert np.isnan(x[0]).all(), i
        assert np.isnan(s[0]).all()
        assert rank.tolist() == [0, min(shape)]
        assert_same_bits(x[1], lstsq(a[1], b[1]).x)
    for i in range(shape[0]):
        a, b = rng.standard_normal(shape), rng.standard_normal((shape[0], 2))
        b[i, 1] = bad
        with np.errstate(all="ignore"):
            for ridge in (0, 1):
                assert not np.isfinite(lstsq(a, b, check_finite=False, ridge=ridge).x[:, 1]).all()
    assert capfd.readouterr() == ("", "")


# ------------------------------------------------------------------ pinv

@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("part", [0, 0.3, 0.5, 0.9, 1])
def test_pinv_meets_penroses_conditions(dtype, shape, part):
    rng = np.random.default_rng(11)
    rank = int(part * min(shape))
    a = of_rank(rng, shape, rank, dtype)
    b, got = pinv(a, return_rank=True)
    assert b.dtype == dtype
    assert b.shape == shape[::-1]
    assert got == rank
    norm = np.linalg.norm
    unit = 8 * max(shape) * np.finfo(dtype).eps * max(norm(a) * norm(b), 1)
    wide_a, wide_b = a.astype(np.float64), b.astype(np.float64)
    ab, ba = wide_a @ wide_b, wide_b @ wide_a
    assert norm(ab @ wide_a - a) <= unit * norm(a)
    assert norm(ba @ wide_b - b) <= unit * norm(b)
    assert norm(ab - ab.T) <= unit
    assert norm(ba - ba.T) <= unit


def test_pinv_is_scipys_elsewhere():
    rng = np.random.default_rng(12)
    a = np.diag([1.0, 1e-3, 1e-6])
    for kwargs in ({}, {"atol": 1e-4}, {"rtol": 1e-2}, {"atol": 1e-4, "rtol": 1e-2}, {"rtol": 0}):
        ours, theirs = pinv(a, return_rank=True, **kwargs), scipy.linalg.pinv(a, return_rank=True, **kwargs)
        np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-14)
        assert ours[1] == theirs[1]
        assert type(ours[1]) is type(theirs[1])
    a = rng.standard_normal((3, 2)) + 1j * rng.standard_normal((3, 2))
    np.testing.assert_array_equal(pinv(a), scipy.linalg.pinv(a))
    for shape in ((0, 0), (0, 3), (3, 0)):
        assert pinv(np.ones(shape)).shape == shape[::-1]
    assert pinv(np.ones((2, 2), np.int8)).dtype == np.float64
    np.testing.assert_array_equal(pinv(np.zeros((2, 3))), np.zeros((3, 2)))


def test_pinv_of_batches_and_of_extreme_scales():
    rng = np.random.default_rng(13)
    a = rng.standard_normal((2, 3, 5, 4))
    a[0, 1] = of_rank(rng, (5, 4), 2)
    b, rank = pinv(a, return_rank=True)
    assert rank.tolist() == [[4, 2, 4], [4, 4, 4]]
    for i in np.ndindex(2, 3):
        assert_same_bits(pinv(a[i]), b[i])
    for k in (-980, 1000):
        assert_same_bits(pinv(np.ldexp(a, k)), np.ldexp(b, -k))
    np.testing.assert_allclose(pinv(np.full((3, 3), 1e308)), 1e-308 / 9, rtol=1e-14)
