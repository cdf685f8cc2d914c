"""The doors to LAPACK: what they promise to the rest of the room."""

import numpy as np
import pytest

from mathcore.linalg import _parts

EPS = np.finfo(np.float64).eps


def test_singular_values_scale_apart_from_an_exponent():
    a = np.random.default_rng(0).standard_normal((2, 5, 3))
    u, s, vh, e = _parts.svd(a, "f")
    for k in (-1060, -972, 972, 1018):
        u1, s1, vh1, e1 = _parts.svd(np.ldexp(a, k), "f")
        if k > -1060:                        # there some elements are subnormal
            np.testing.assert_array_equal(u1, u)
            np.testing.assert_array_equal(vh1, vh)
        np.testing.assert_allclose(np.ldexp(s1, e1 - k), np.ldexp(s, e), rtol=8 * EPS if k > -1060 else 2.0**-10)
    assert np.isfinite(_parts.svd(np.full((9, 9), 1e308), "f")[1]).all()       # 9e308 is none


def test_items_that_are_not_finite_have_no_singular_values_and_spoil_no_others(capfd):
    a = np.stack([np.eye(2), np.full((2, 2), np.nan), np.array([[1, np.inf], [0, 1]]), 3 * np.eye(2)])
    s, e = _parts.singular_values(a, "f")
    s = np.ldexp(s, e)
    np.testing.assert_allclose(s[[0, 3]], [[1, 1], [3, 3]], rtol=4 * EPS)
    assert np.isnan(s[1:3]).all()
    assert capfd.readouterr() == ("", ""), "LAPACK prints what it thinks of NaN"


@pytest.mark.parametrize(("m", "n"), [(0, 0), (0, 3), (3, 0), (5, 3), (3, 5), (3, 3)])
def test_triangles(m, n):
    a = np.random.default_rng(1).standard_normal((2, m, n))
    q, r = _parts.orthogonal_triangle(a)
    np.testing.assert_allclose(q @ r, a, atol=16 * EPS)
    alone = _parts.triangle(a)
    assert alone.shape == (2, min(m, n), n)
    np.testing.assert_allclose(np.abs(alone), np.abs(r), atol=16 * EPS)
    np.testing.assert_array_equal(np.tril(alone, -1), 0)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_eigenvalues_rise_and_come_from_the_lower_triangle(dtype):
    eps = np.finfo(dtype).eps
    a = np.random.default_rng(2).standard_normal((2, 6, 6)).astype(dtype)
    w, v = _parts.eigh(a, "f")
    whole = np.tril(a) + np.tril(a, -1).swapaxes(-1, -2)
    assert w.dtype == v.dtype == dtype
    assert (np.diff(w, axis=-1) >= 0).all()
    np.testing.assert_allclose(whole @ v, v * w[:, None, :], atol=40 * eps)
    np.testing.assert_allclose(v.swapaxes(-1, -2) @ v, np.broadcast_to(np.eye(6), a.shape), atol=40 * eps)
    w, v = _parts.eigh(np.empty((0, 0), dtype), "f")
    assert (w.shape, v.shape) == ((0,), (0, 0))
