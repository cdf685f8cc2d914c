"""svd, svdvals: SciPy's answers and signatures, every shape and path, failures."""

import inspect

import numpy as np
import pytest
import scipy.linalg

from mathcore import linalg
from mathcore.linalg import svd, svdvals
from mathcore.linalg import svd as function
from tests.layouts import values
from tests.oracles import assert_same_bits
from tests.ratios import svd_ratios

DTYPES = ("float32", "float64")
SHAPES = ((1, 1), (2, 2), (3, 3), (5, 2), (2, 5), (8, 8), (9, 9), (32, 32), (33, 33), (40, 30), (200, 20), (20, 200),
          (4096, 6))


@pytest.mark.parametrize("name", ["svd", "svdvals"])
def test_signature_begins_with_scipys(name):
    ours, theirs = (list(inspect.signature(getattr(room, name)).parameters.values())
                    for room in (linalg, scipy.linalg))
    for mine, peer in zip(ours, theirs, strict=False):
        assert (mine.name, mine.kind, mine.default) == (peer.name, peer.kind, peer.default)


def check(a, u, s, vh):
    assert max(svd_ratios(a, u, s, vh)) < 8
    np.testing.assert_allclose(s, scipy.linalg.svdvals(a.astype(float)), rtol=0,
                               atol=8 * max(a.shape) * np.finfo(a.dtype).eps * s.max())


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_against_scipy(shape, dtype):
    rng = np.random.default_rng(shape)
    a = values(rng, shape, dtype)
    for full in (True, False):
        if full and max(shape) > 1000:
            continue
        u, s, vh = svd(a, full_matrices=full)
        expected = scipy.linalg.svd(a, full_matrices=full)
        assert [x.shape for x in (u, s, vh)] == [x.shape for x in expected]
        assert {x.dtype for x in (u, s, vh)} == {np.dtype(dtype)}
        check(a, u, s, vh)
    np.testing.assert_allclose(svdvals(a), s, rtol=0, atol=8 * max(shape) * np.finfo(dtype).eps * s.max())
    assert_same_bits(svd(a, compute_uv=False), svdvals(a))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(3, 3), (16, 16), (20, 9), (9, 20), (32, 32), (40, 40), (100, 7)], ids=str)
def test_batches(shape, dtype):
    """Among them a zero matrix and one of rank 1."""
    a = values(np.random.default_rng(shape), (2, 5, *shape), dtype)
    a[0, 1] = 0
    a[1, 3] = np.outer(a[0, 0, :, 0], a[0, 0, 0])
    u, s, vh = svd(a, full_matrices=False)
    k = min(shape)
    assert (u.shape, s.shape, vh.shape) == ((2, 5, shape[0], k), (2, 5, k), (2, 5, k, shape[1]))
    for i in np.ndindex(2, 5):
        check(a[i], u[i], s[i], vh[i])
    for one, other in zip(svd(a, full_matrices=False, workers=3), (u, s, vh), strict=True):
        assert_same_bits(one, other)


@pytest.mark.parametrize("shape", [(4, 4), (30, 30), (100, 7), (7, 100)], ids=str)
def test_signs(shape):
    a = values(np.random.default_rng(1), (5, *shape), "float64")
    u, s, vh = svd(a, full_matrices=False, signs="largest")
    assert (np.take_along_axis(u, np.abs(u).argmax(axis=-2, keepdims=True), -2) > 0).all()
    np.testing.assert_allclose((u * s[:, None]) @ vh, a, atol=1e-13)
    full = svd(a[0], signs="largest")
    np.testing.assert_allclose((full[0][:, :len(full[1])] * full[1]) @ full[2][:len(full[1])], a[0], atol=1e-13)


def test_what_is_scipys():
    a = values(np.random.default_rng(1), (6, 4), "float64")
    np.testing.assert_allclose(svd(a, lapack_driver="gesvd")[1], svdvals(a))
    np.testing.assert_allclose(svdvals(a + 1j * a[::-1]), scipy.linalg.svdvals(a + 1j * a[::-1]))
    for shape in ((0, 0), (0, 3), (3, 0)):
        assert [x.shape for x in svd(np.ones(shape))] == [x.shape for x in scipy.linalg.svd(np.ones(shape))]
    assert svdvals([[3, 0], [0, 4]]).tolist() == [4, 3]


@pytest.mark.parametrize("n", [3, 20, 50])
@pytest.mark.parametrize("check_finite", [True, False])
def test_not_finite_is_refused(n, check_finite):
    a = np.eye(n)
    a[1, 0] = np.nan
    for wrong in (a, np.stack([np.eye(n), a, a, a, a])):
        with pytest.raises(ValueError, match="svd: a array must not contain infs or NaNs"):
            function(wrong, check_finite=check_finite)


def test_qr_iteration_takes_over(monkeypatch):
    """Where LAPACK's divide and conquer gives up, as it once did: numpy issue 1588."""
    module = inspect.getmodule(function)
    real, called = scipy.linalg.svd, []

    def gives_up(a, u, s, vh, info, *rest):
        called.append("divide and conquer")
        info[...] = 1

    def iterates(a, *args, lapack_driver, **kwargs):
        called.append(lapack_driver)
        if a[0, 0] == 7:
            raise np.linalg.LinAlgError("SVD did not converge")
        return real(a, *args, lapack_driver=lapack_driver, **kwargs)

    monkeypatch.setattr(module._reduction, "svd", gives_up)
    monkeypatch.setattr(module._matrix, "scipy_function", lambda name: iterates)
    a = values(np.random.default_rng(1), (50, 50), "float64")
    check(a, *svd(a))
    assert called == ["divide and conquer", "gesvd"]
    a[0, 0] = 7
    with pytest.raises(np.linalg.LinAlgError, match="svdvals: a has singular values that did not converge"):
        svdvals(a)


@pytest.mark.parametrize("shape", [(121, 33), (33, 121), (66, 40)])
def test_columns_all_alike(shape):
    """What QR leaves of them falls to subnormal numbers, row by row."""
    u, s, vh = svd(np.ones(shape), full_matrices=False)
    k = len(s)
    assert np.abs(u.T @ u - np.eye(k)).max() < 1e-13
    assert np.abs(vh @ vh.T - np.eye(k)).max() < 1e-13
    assert np.abs((u * s) @ vh - 1).max() < 1e-13
