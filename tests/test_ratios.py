"""The ratios pass what SciPy computes, on every kind and near the ends of the range, and fail each wrong answer."""

import math
from fractions import Fraction

import numpy as np
import pytest
import scipy.linalg

from tests import ratios
from tests.matrices import KINDS, rectangular
from tests.oracles import fraction_product

FLOATS = (np.float32, np.float64)
PASS = 30                # LAPACK's threshold
# what LAPACK and this file must judge alike: ordinary, far from 1, with entries of every size, with 2^99 of growth
TELLING = ("random", "scaled up", "scaled down", "graded rows", "Wilkinson")


def sample(name, n, dtype, seed=0):
    return KINDS[name](n, dtype, np.random.default_rng(seed))


def nudged(x, dtype, factor=1e5):
    """x with its largest entry moved by `factor` n eps of it."""
    moved = np.array(x)
    at = np.unravel_index(np.argmax(np.abs(moved)), moved.shape)
    moved[at] *= 1 + factor * x.shape[0] * np.finfo(dtype).eps
    return moved


def with_nan(x):
    spoilt = np.array(x)
    spoilt.flat[-1] = np.nan
    return spoilt


# ------------------------------------------------------------------ the residual

@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("span", [0, 100, 400])
def test_residual_against_fractions(dtype, span):
    """Entries of any size up to 2^span; c the rounded product, so that all but the rounding cancels."""
    rng = np.random.default_rng(0)
    span = min(span, 60) if dtype == np.float32 else span
    a, b = (np.ldexp(rng.standard_normal(shape), rng.integers(-span, span + 1, shape)).astype(dtype)
            for shape in ((4, 30), (30, 5)))
    c = np.matmul(a, b)
    exact = fraction_product(a, b)
    unit = 2.0**-53 * float(np.abs(c).max()) * 2.0 ** -span
    got = ratios.residual(c, a, b, unit)
    for at in np.ndindex(c.shape):
        error = abs(Fraction(float(got[at])) - (Fraction(float(c[at])) - exact[at]))
        assert error <= Fraction(unit) / 1024 + abs(Fraction(float(got[at]))) / 2**50, at
    assert (got != 0).any()


def test_residual_of_exact_factors_that_grow_is_zero():
    """The 80-bit residual of these is 3e13 of their ratio's units (n = 100)."""
    for n in (2, 60, 100, 300, 500):
        a = sample("Wilkinson", n, np.float64)
        low = np.tril(a, -1) + np.eye(n)
        up = np.eye(n)
        up[:, -1] = 2.0 ** np.arange(n)
        assert not ratios.residual(a, low, up, 1e-16).any()
        up[0, -1] *= 1 + 2.0**-52       # one rounding in one element
        assert ratios.residual(a, low, up, 1e-16).any()


def test_residual_of_nothing():
    assert ratios.residual(np.ones((2, 3)), np.ones((2, 0)), np.ones((0, 3)), 1e-16).tolist() == [[1.0] * 3] * 2


# ------------------------------------------------------------------ factorisations

@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", KINDS)
def test_scipys_factors_pass(name, dtype):
    for n in (0, 1, 2, 5, 50, 100):
        a = sample(name, n, dtype)
        assert ratios.lu_ratio(a, *scipy.linalg.lu(a)) < PASS
        assert ratios.lu_ratio(a, *scipy.linalg.lu(a, p_indices=True)) < PASS
        assert ratios.lu_factor_ratio(a, *_quiet(scipy.linalg.lu_factor, a)) < PASS
        assert max(ratios.qr_ratios(a, *scipy.linalg.qr(a))) < PASS
        assert max(ratios.qr_ratios(a, *scipy.linalg.qr(a, pivoting=True))) < PASS
        if KINDS[name].spd:
            for lower in (False, True):
                assert ratios.cholesky_ratio(a, scipy.linalg.cholesky(a, lower=lower), lower) < PASS


def _quiet(function, *args, **kwargs):
    """SciPy warns of singular and of ill-conditioned matrices."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*args, **kwargs)


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("shape", [(30, 7), (7, 30), (1, 5), (5, 1), (0, 3), (3, 0)])
def test_factors_of_rectangles_pass(shape, dtype):
    a = rectangular(KINDS["random"], *shape, dtype, np.random.default_rng(0))
    assert ratios.lu_ratio(a, *scipy.linalg.lu(a)) < PASS
    assert ratios.lu_factor_ratio(a, *scipy.linalg.lu_factor(a)) < PASS
    for mode in ("full", "economic"):
        assert max(ratios.qr_ratios(a, *scipy.linalg.qr(a, mode=mode))) < PASS
        assert max(ratios.qr_ratios(a, *scipy.linalg.qr(a, mode=mode, pivoting=True))) < PASS


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", TELLING)
def test_lu_ratio_sees_wrong_factors(name, dtype):
    n = 40
    a = sample(name, n, dtype)
    p, low, up = scipy.linalg.lu(a, p_indices=True)
    assert ratios.lu_ratio(a, p, low, up) < PASS
    swapped = p.copy()
    swapped[[0, 1]] = p[[1, 0]]
    above, below, large = low.copy(), up.copy(), low.copy()
    above[0, 1], below[1, 0], large[n - 1, 0] = 1e-30, 1e-30, 1.1
    wrong = {"u": (p, low, nudged(up, dtype)), "u / 2": (p, low, up / 2), "no pivots": (np.sort(p) * 0, low, up),
             "NaN in u": (p, low, with_nan(up)), "l no triangle": (p, above, up), "u no triangle": (p, low, below),
             "l above 1": (p, large, up), "u much too large": (p, low, np.sign(up) * np.finfo(dtype).max)}
    if name not in ("Wilkinson", "graded rows"):        # whose rows are alike; of which the norm sees one
        wrong["rows exchanged"] = (swapped, low, up)
    for what, factors in wrong.items():
        assert not ratios.lu_ratio(a, *factors) < PASS, what
    lu, piv = scipy.linalg.lu_factor(a)
    assert not ratios.lu_factor_ratio(a, nudged(lu, dtype), piv) < PASS
    assert not ratios.lu_ratio(a, np.ones((n, n)), low, up) < PASS


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", ["random", "graded rows", "graded columns", "graded", "scaled up", "scaled down",
                                  "Wilkinson", "zero rows", "Kahan"])
def test_elementwise_ratio(name, dtype):
    """SciPy's factors keep to the bound of theorem 9.3, in every row; one element wrong in the smallest is seen."""
    n = 40
    a = sample(name, n, dtype)
    p, low, up = scipy.linalg.lu(a, p_indices=True)
    assert ratios.elementwise_ratio(a, low[p], up) <= 1
    at = min(range(n), key=lambda i: np.abs(a[i]).max() or np.inf)
    wrong = a.copy()
    wrong[at, np.argmax(np.abs(a[at]))] *= 1 + 3e4 * n * np.finfo(dtype).eps
    if name != "Wilkinson":             # its last rows are sums of 2^39
        assert not ratios.elementwise_ratio(wrong, low[p], up) <= 1
    wrong[at] = 0 if a[at].any() else 1
    assert not ratios.elementwise_ratio(wrong, low[p], up) <= 1 or name == "Wilkinson"
    assert not ratios.elementwise_ratio(with_nan(a), low[p], up) <= 1
    assert not ratios.elementwise_ratio(a, low[p], up * 0) <= 1


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", ["spd cond 2", "spd scaled up", "spd scaled down"])
def test_cholesky_ratio_sees_wrong_factors(name, dtype):
    n = 40
    a = sample(name, n, dtype)
    c = scipy.linalg.cholesky(a, lower=True)
    other = a.copy()
    other[np.triu_indices(n, 1)] = np.nan       # the triangle that is not named
    assert ratios.cholesky_ratio(other, c, lower=True) < PASS
    full = c.copy()
    full[0, 1] = 1e-30
    for wrong in (nudged(c, dtype), c * 2, with_nan(c), full, c.T, np.eye(n)):
        assert not ratios.cholesky_ratio(a, wrong, lower=True) < PASS


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", TELLING)
def test_qr_ratios_see_wrong_factors(name, dtype):
    n = 40
    a = sample(name, n, dtype)
    q, r = scipy.linalg.qr(a)
    full = r.copy()
    full[n - 1, 0] = 1e-30
    assert not ratios.qr_ratios(a, q, nudged(r, dtype))[0] < PASS
    assert not ratios.qr_ratios(a, q, full)[0] < PASS
    assert not ratios.qr_ratios(a, q, with_nan(r))[0] < PASS
    assert not ratios.qr_ratios(a, nudged(q, dtype), r)[1] < PASS
    assert not ratios.qr_ratios(a, q * 1e30, r)[1] < PASS
    assert not ratios.qr_ratios(a, with_nan(q), r)[1] < PASS
    assert not ratios.qr_ratios(a, a, np.eye(n, dtype=dtype))[1] < PASS        # a = a 1, but a is not orthogonal
    assert not ratios.qr_ratios(a, *scipy.linalg.qr(a, pivoting=True)[:2], np.zeros(n, int))[0] < PASS


# ------------------------------------------------------------------ systems

REGULAR = [name for name, kind in KINDS.items() if not kind.singular]


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", [name for name in REGULAR if name != "Wilkinson"])
def test_scipys_solutions_pass(name, dtype):
    for n in (0, 1, 2, 5, 40):
        rng = np.random.default_rng(1)
        a = sample(name, n, dtype)
        for b in (a @ rng.standard_normal((n, 2)).astype(dtype), rng.standard_normal(n).astype(dtype)):
            x = _quiet(scipy.linalg.solve, a, b, assume_a="general")
            if np.isfinite(x).all():            # graded: its solutions may overflow
                assert ratios.solve_ratio(a, x, b) < PASS
        if "graded" not in name:
            inverse = _quiet(scipy.linalg.inv, a, assume_a="general")
            assert ratios.inverse_ratio(a, inverse) < PASS


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", ["random", "scaled up", "scaled down", "cond 2", "spd cond 2"])
def test_ratios_of_systems_see_wrong_answers(name, dtype):
    n = 40
    a, b = sample(name, n, dtype), sample(name, n, dtype, 1)[:, :3]
    x = scipy.linalg.solve(a, b)
    assert ratios.solve_ratio(a, x, b) < PASS
    assert ratios.backward_error(a, x, b) < 4 * n
    assert ratios.backward_error(a, x[:, 0], b[:, 0]) <= ratios.backward_error(a, x, b)
    for wrong in (nudged(x, dtype), x * 2, x * 0, with_nan(x), x[::-1]):
        assert not ratios.solve_ratio(a, wrong, b) < PASS
        assert not ratios.backward_error(a, wrong, b) < 4 * n
    inverse = scipy.linalg.inv(a)
    assert ratios.inverse_ratio(a, inverse) < PASS
    for wrong in (nudged(inverse, dtype), inverse * 2, inverse * 0, with_nan(inverse)):
        assert not ratios.inverse_ratio(a, wrong) < PASS


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("trans", [0, "N", 1, "T", 2, "C"])
@pytest.mark.parametrize("lower", [False, True])
@pytest.mark.parametrize("unit_diagonal", [False, True])
def test_triangular_ratio(dtype, trans, lower, unit_diagonal):
    n = 30
    rng = np.random.default_rng(2)
    a = (sample("random", n, dtype) / n + 2 * np.eye(n)).astype(dtype)
    b = rng.standard_normal((n, 2)).astype(dtype)
    options = {"trans": trans, "lower": lower, "unit_diagonal": unit_diagonal}
    x = scipy.linalg.solve_triangular(a, b, **options)
    assert ratios.triangular_ratio(a, x, b, **options) < PASS
    assert not ratios.triangular_ratio(a, nudged(x, dtype), b, **options) < PASS
    assert not ratios.triangular_ratio(a, x, b, **{**options, "lower": not lower}) < PASS
    assert not ratios.triangular_ratio(a, x, b, **{**options, "unit_diagonal": not unit_diagonal}) < PASS
    assert not ratios.triangular_ratio(a, x, b, **{**options, "trans": 1 if trans in (0, "N") else 0}) < PASS


@pytest.mark.parametrize("dtype", FLOATS)
def test_forward_ratio(dtype):
    n = 30
    a = sample("cond sqrt(0.1/eps)", n, dtype)
    x_true = np.random.default_rng(3).standard_normal((n, 2)).astype(dtype)
    rcond = float(np.finfo(dtype).eps) ** 0.5
    x = scipy.linalg.solve(a.astype(np.float64), a.astype(np.float64) @ x_true).astype(dtype)
    if dtype == np.float32:             # solved in float64: rounded once
        assert ratios.forward_ratio(x, x_true, rcond) < 1
    assert ratios.forward_ratio(x, x_true, rcond) < PASS
    moved = x_true + dtype(1e3) * np.finfo(dtype).eps / rcond
    assert not ratios.forward_ratio(moved.astype(dtype), x_true, rcond) < PASS
    assert not ratios.forward_ratio(with_nan(x), x_true, rcond) < PASS
    assert math.isinf(ratios.forward_ratio(np.ones(2, dtype), np.zeros(2), rcond))
    assert ratios.forward_ratio(np.ones((0, 3), dtype), np.ones((0, 3)), rcond) == 0


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("scale", [1, 2.0**100, 2.0**-100])
def test_backward_error_is_the_definitions(dtype, scale):
    """Against rational arithmetic, row by row."""
    rng = np.random.default_rng(4)
    a, x = rng.standard_normal((6, 6)).astype(dtype) * dtype(scale), rng.standard_normal(6).astype(dtype)
    x[2] = 0
    b = a @ x
    b[3] = 0
    omega = 0
    for row, right in zip(a, b, strict=True):
        terms = [Fraction(float(u)) * Fraction(float(v)) for u, v in zip(row, x, strict=True)]
        size = sum(map(abs, terms)) + abs(Fraction(float(right)))
        omega = max(omega, abs(sum(terms) - Fraction(float(right))) / size)
    expected = float(omega) / (float(np.finfo(dtype).eps) / 2)
    assert abs(ratios.backward_error(a, x, b) - expected) <= 1e-2 + 1e-2 * expected


def test_backward_error_of_rows_of_every_size():
    """One small row is wrong: no norm sees it, the componentwise error does."""
    a, b = np.diag([1.0, 1e-200, 1e200, 0.0]), np.array([1.0, 2e-200, 1e200, 0.0])
    right, wrong = np.array([1.0, 2, 1, 5]), np.array([1.0, 1, 1, 5])
    assert ratios.backward_error(a, right, b) == 0
    assert ratios.solve_ratio(a, wrong, b) < PASS
    assert ratios.backward_error(a, wrong, b) > 1e15
    assert math.isinf(ratios.backward_error(np.zeros((1, 1)), np.ones(1), np.ones(1)) * 1e300 * 1e300)
    assert ratios.backward_error(np.zeros((1, 1)), np.ones(1), np.zeros(1)) == 0


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("scale", [1, 2.0**100, 2.0**-100])
@pytest.mark.parametrize("shape", [(60, 7), (7, 60), (20, 20)])
def test_least_squares_ratio(dtype, scale, shape):
    rng = np.random.default_rng(5)
    a, b = rng.standard_normal(shape).astype(dtype) * dtype(scale), rng.standard_normal((shape[0], 2)).astype(dtype)
    x = scipy.linalg.lstsq(a, b)[0]
    assert ratios.least_squares_ratio(a, x, b) < PASS
    assert ratios.least_squares_ratio(a, x[:, 0], b[:, 0]) < PASS
    for wrong in (nudged(x, dtype), x * 2, x * 0, with_nan(x)):
        assert not ratios.least_squares_ratio(a, wrong, b) < PASS


# ------------------------------------------------------------------ the matrices

@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("kind", KINDS.values(), ids=str)
def test_kinds_are_what_they_say(kind, dtype):
    for n in (0, 1, 2, 3, 10, 65):
        a = kind(n, dtype, np.random.default_rng(6))
        assert (a.shape, a.dtype) == ((n, n), dtype)
        assert np.isfinite(a).all()
        assert np.array_equal(a, kind(n, dtype, np.random.default_rng(6)))
        if kind.spd:
            assert np.array_equal(a, a.T)
            scipy.linalg.cholesky(a)
        if kind.zero_pivot and n:
            assert not (np.abs(np.diagonal(scipy.linalg.lu(a)[2])) > 0).all()
        if kind.singular and n:
            top = np.linalg.svd(a.astype(np.float64), compute_uv=False)
            assert top[-1] <= 1e-14 * n * max(top[0], 1)


@pytest.mark.parametrize("dtype", FLOATS)
def test_conditions(dtype):
    large = (0.1 / (np.finfo(dtype).eps / 2)) ** 0.5
    for name, wanted in (("cond 2", 2), ("spd cond 2", 2), ("cond sqrt(0.1/eps)", large),
                         ("spd cond sqrt(0.1/eps)", large)):
        assert np.linalg.cond(sample(name, 50, dtype).astype(np.float64)) == pytest.approx(wanted, rel=0.01), name


# ------------------------------------------------------------------ spectra

@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("name", TELLING)
def test_spectra(name, dtype):
    a = sample(name, 20, dtype)
    a = np.tril(a) + np.tril(a, -1).T
    w, v = scipy.linalg.eigh(a)
    u, s, vh = scipy.linalg.svd(a)
    assert max(ratios.eigen_ratios(a, w, v)) < PASS
    assert max(ratios.svd_ratios(a, u, s, vh)) < PASS
    for wrong in ((nudged(w, dtype), v), (w, nudged(v, dtype)), (w[::-1], v), (w, v[:, ::-1]), (with_nan(w), v),
                  (w, with_nan(v))):
        assert max(ratios.eigen_ratios(a, *wrong)) > PASS
    for wrong in ((nudged(u, dtype), s, vh), (u, nudged(s, dtype), vh), (u, s, nudged(vh, dtype)), (u, s[::-1], vh),
                  (u, -s, vh), (with_nan(u), s, vh), (u, with_nan(s), vh)):
        assert max(ratios.svd_ratios(a, *wrong)) > PASS
