"""Cholesky, QR, least squares and triangles of many small matrices."""

import itertools

import numpy as np
import pytest

from tests.matrices import KINDS, rectangular
from tests.oracles import assert_same_bits, multiply_add
from tests.ratios import cholesky_ratio, least_squares_ratio, qr_ratios, triangular_ratio
from tests.small_stacks import DTYPES, ORDERS, cholesky, kinds, lstsq, qr, qr_raw, stack, triangular, worst
from tests.tuning import is_fused

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


# ------------------------------------------------------------------ Cholesky

def positive(count, n, dtype, seed=0):
    a = stack(count, n, "float64", seed)
    return (a @ np.swapaxes(a, 1, 2) + 0.1 * np.eye(n)).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", [kind for kind in KINDS.values() if kind.spd], ids=str)
def test_cholesky_ratios(isa, kind, dtype):
    """Of either triangle, with NaN in the other."""
    for n in ORDERS:
        a = kinds(kind, n, dtype)
        below = a.copy()
        below[:, *np.triu_indices(n, 1)] = np.nan
        x, info = cholesky(below)
        assert (info == 0).all()
        assert worst(lambda a, x: cholesky_ratio(a, x, lower=True), below, x) < 8
        y, info = cholesky(np.ascontiguousarray(np.swapaxes(below, 1, 2)), lower=False)
        assert (info == 0).all()
        assert_same_bits(np.swapaxes(y, 1, 2), x)


def reference_cholesky(a, fused):
    a, n = np.tril(a), len(a)
    for k in range(n):
        a[k, k] = np.sqrt(a[k, k])
        a[k + 1:, k] = a[k + 1:, k] * (1 / a[k, k])
        rest = a[k + 1:, k + 1:]
        a[k + 1:, k + 1:] = multiply_add(-a[k + 1:, k, None], np.broadcast_to(a[k + 1:, k], rest.shape), rest, fused)
    return np.tril(a)


@pytest.mark.parametrize("dtype", DTYPES)
def test_cholesky_bits(isa, dtype):
    for n in (1, 2, 3, 4, 5, 8, 11, 18):
        a = positive(3, n, dtype)
        for item, x in zip(a, cholesky(a)[0], strict=True):
            assert_same_bits(x, reference_cholesky(item, is_fused(isa)))


@pytest.mark.parametrize("dtype", DTYPES)
def test_cholesky_info_is_the_first_bad_minor(isa, dtype):
    for n in (1, 2, 3, 4, 5, 9, 32):
        a = positive(9, n, dtype)
        clean, info = cholesky(a)
        assert (info == 0).all()
        for k in range(n):
            for value in (0, -1, np.nan):
                bad = a.copy()
                bad[4, k, k] = value
                x, info = cholesky(bad)
                assert info.tolist() == [0, 0, 0, 0, k + 1, 0, 0, 0, 0]
                assert_same_bits(np.delete(x, 4, 0), np.delete(clean, 4, 0))
        if n > 1:
            bad = a.copy()
            bad[4, -1, 0] = np.nan
            assert cholesky(bad)[1].tolist() == [0, 0, 0, 0, n, 0, 0, 0, 0]


# ------------------------------------------------------------------ QR and least squares

SHAPES = ((1, 1), (2, 2), (3, 3), (4, 4), (8, 8), (13, 13), (32, 32), (5, 3), (3, 5), (32, 1), (1, 32),
          (32, 31), (17, 32), (20, 6))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", KINDS.values(), ids=str)
def test_qr_ratios(isa, kind, dtype):
    for m, n in SHAPES:
        a = np.stack([rectangular(kind, m, n, dtype, np.random.default_rng([m, n, i])) for i in range(3)])
        q, r = qr(a)
        for item in zip(a, q, r, strict=True):
            assert max(qr_ratios(*item)) < 8
        x, tau = qr_raw(a)
        assert_same_bits(np.triu(x)[:, :min(m, n)], r)


@pytest.mark.parametrize("dtype", DTYPES)
def test_reflectors_are_those_of_lapack(isa, dtype):
    """Signs and scaling: to roundings, which the recursion amplifies little in a well-conditioned matrix."""
    for m, n in SHAPES:
        a = stack(9, max(m, n), dtype)[:, :m, :n] * np.dtype(dtype).type(0.1) + np.eye(m, n, dtype=dtype)
        a[4] = np.eye(m, n)
        a[5] = -np.eye(m, n)
        a[6] = 0
        x, tau = qr_raw(np.ascontiguousarray(a))
        expected, factors = np.linalg.qr(a, mode="raw")
        tolerance = 100 * max(m, n) * np.finfo(dtype).eps
        assert np.allclose(x, np.swapaxes(expected, 1, 2), rtol=0, atol=tolerance)
        assert np.allclose(tau, factors, rtol=0, atol=tolerance)


@pytest.mark.parametrize("dtype", DTYPES)
def test_columns_of_any_scale_in_one_pack(isa, dtype):
    """A column that is scaled by itself gives the bits of one that is not."""
    top = 40 if dtype == "float32" else 400
    for m, n in SHAPES:
        a = np.ascontiguousarray(stack(13, 32, dtype)[:, :m, :n])
        powers = np.array([0, top, -top, 2 * top, -2 * top, 7, -7, 2 * top, 0, 0, 3, top, -3])[:, None, None]
        (q, r), (scaled_q, scaled_r) = qr(a), qr(np.ldexp(a, powers))
        assert_same_bits(scaled_q, q)
        assert_same_bits(scaled_r, np.ldexp(r, powers))


@pytest.mark.parametrize("dtype", DTYPES)
def test_least_squares(isa, dtype):
    eps = np.finfo(dtype).eps
    for m, n in ((1, 1), (2, 1), (2, 2), (5, 3), (8, 8), (20, 6), (32, 31), (32, 32)):
        a = stack(11, 32, dtype)[:, :m, :n].copy()
        for k in (1, 2, 5, 16, 18):
            b = np.random.default_rng(k).standard_normal((11, m, k)).astype(dtype)
            x, ratio = lstsq(a, b)
            assert worst(least_squares_ratio, a, x, b) < 8
        diagonal = np.abs(np.diagonal(qr(a)[1], axis1=1, axis2=2))
        assert (np.abs(ratio - diagonal.min(1) / diagonal.max(1)) <= 4 * eps).all()
        a[3, :, n // 2] = 0
        a[4] = 0
        a[5, 0, -1] = np.nan
        again, ratio = lstsq(a, b)
        assert (ratio[3], ratio[4]) == (0, 0)
        assert not ratio[5] > 0
        others = np.setdiff1d(np.arange(11), (3, 4, 5))
        assert_same_bits(again[others], x[others])


# ------------------------------------------------------------------ triangles

@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("lower", "unit", "trans"), list(itertools.product((False, True), repeat=3)))
def test_triangles(isa, lower, unit, trans, dtype):
    """What is not named is not read: NaN stands there."""
    for n in (1, 2, 3, 4, 5, 8, 13, 32):
        a = stack(7, n, dtype) * np.dtype(dtype).type(0.3) + 2 * np.eye(n, dtype=dtype)
        a[:, *(np.triu_indices(n, 1) if lower else np.tril_indices(n, -1))] = np.nan
        if unit:
            a[:, range(n), range(n)] = np.nan
        for k in (1, 3, 4, 17):
            b = np.random.default_rng(k).standard_normal((7, n, k)).astype(dtype)
            x, info = triangular(a, b, lower, unit, trans)
            assert (info == 0).all()
            for item in zip(a, x, b, strict=True):
                assert triangular_ratio(*item, trans=int(trans), lower=lower, unit_diagonal=unit) < 8
            for i in (0, n - 1):
                bad = a.copy()
                bad[2, i, i] = 0
                y, info = triangular(bad, b, lower, unit, trans)
                assert info.tolist() == [0, 0, 0 if unit else i + 1, 0, 0, 0, 0]
                assert_same_bits(np.delete(y, 2, 0), np.delete(x, 2, 0))
