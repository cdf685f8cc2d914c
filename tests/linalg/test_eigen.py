"""eigh, eigvalsh, eig, eigvals: SciPy's answers and signatures, the article's examples, batches and failures."""

import inspect

import numpy as np
import pytest
import scipy.linalg

from mathcore import linalg
from mathcore.linalg import eig, eigh, eigvals, eigvalsh
from mathcore.linalg import eigen as room
from tests.layouts import values
from tests.oracles import assert_same_bits
from tests.ratios import eigen_ratios

DTYPES = ("float32", "float64")


def symmetric(rng, shape, dtype):
    a = values(rng, shape, dtype)
    return a + a.swapaxes(-1, -2)


@pytest.mark.parametrize("name", ["eigh", "eigvalsh", "eig", "eigvals"])
def test_signature_begins_with_scipys(name):
    ours, theirs = (list(inspect.signature(getattr(room, name)).parameters.values())
                    for room in (linalg, scipy.linalg))
    for mine, peer in zip(ours, theirs, strict=False):
        assert (mine.name, mine.kind, mine.default) == (peer.name, peer.kind, peer.default)
    assert len(ours) >= len(theirs)


def test_examples():
    w, v = eigh([[2, 1], [1, 2]])
    np.testing.assert_allclose(w, [1, 3], rtol=1e-15)
    np.testing.assert_allclose(np.abs(v), np.sqrt(0.5), rtol=1e-15)
    assert sorted(eigvals([[4.0, 1], [2, 3]]).real.round(12).tolist()) == [2, 5]
    w, v = eig([[0.0, -1], [1, 0]])
    np.testing.assert_allclose(sorted(w.imag), [-1, 1])
    np.testing.assert_allclose(np.array([[0.0, -1], [1, 0]]) @ v, v * w, atol=1e-15)
    assert eigvalsh(np.diag([3.0, 1, 2])).tolist() == [1, 2, 3]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n", [1, 2, 3, 8, 33, 128, 129, 256, 257])
def test_against_scipy(n, dtype):
    a = symmetric(np.random.default_rng(n), (n, n), dtype)
    for lower in (True, False):
        w, v = eigh(a, lower=lower)
        assert w.dtype == v.dtype == dtype
        assert max(eigen_ratios(a, w, v)) < 8
        np.testing.assert_allclose(w, scipy.linalg.eigvalsh(a.astype(float)), rtol=0,
                                   atol=8 * n * np.finfo(dtype).eps * np.abs(a).max())
        np.testing.assert_allclose(eigvalsh(a, lower=lower), w, rtol=0, atol=n * np.finfo(dtype).eps * np.abs(a).max())
        assert_same_bits(eigh(a, lower=lower, eigvals_only=True), eigvalsh(a, lower=lower))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n", [2, 7, 16, 32, 40])
def test_an_item_has_the_bits_it_has_alone(n, dtype):
    a = symmetric(np.random.default_rng(n), (3, 5, n, n), dtype)
    w, v = eigh(a)
    assert (w.shape, v.shape) == ((3, 5, n), (3, 5, n, n))
    for workers in (1, 2, 3):
        for one, other in zip(eigh(a, workers=workers), (w, v), strict=True):
            assert_same_bits(one, other)
    for i in np.ndindex(3, 5):
        for of_one, of_all in zip(eigh(a[i]), (w[i], v[i]), strict=True):
            assert_same_bits(of_one, of_all)
    for one, other in zip(eigh(a[:1, :2]), (w[:1, :2], v[:1, :2]), strict=True):
        assert_same_bits(one, other)


@pytest.mark.parametrize("n", [3, 20, 300])
def test_signs(n):
    a = symmetric(np.random.default_rng(n), (2, n, n), "float64")
    w, v = eigh(a, signs="largest")
    largest = np.take_along_axis(v, np.abs(v).argmax(axis=-2, keepdims=True), -2)
    assert (largest > 0).all()
    assert_same_bits(np.abs(v), np.abs(eigh(a)[1]))


def test_what_is_scipys():
    rng = np.random.default_rng(1)
    a, b = symmetric(rng, (6, 6), "float64"), np.eye(6) * 2
    np.testing.assert_allclose(eigh(a, b)[0], scipy.linalg.eigh(a, b)[0])
    np.testing.assert_allclose(eigvalsh(a, b), scipy.linalg.eigvalsh(a, b))
    np.testing.assert_allclose(eigh(a, subset_by_index=[1, 2])[0], eigvalsh(a)[1:3])
    np.testing.assert_allclose(eigvalsh(a, subset_by_value=[0, np.inf]), eigvalsh(a)[eigvalsh(a) > 0])
    np.testing.assert_allclose(eigh(a, driver="evr")[0], eigvalsh(a))
    assert (eigh(a, subset_by_index=[0, 1], signs="largest")[1].max(axis=0) > 0).all()
    c = a + 1j * np.tril(a, -1) - 1j * np.tril(a, -1).T
    np.testing.assert_allclose(eigh(c)[0], scipy.linalg.eigh(c)[0])


def test_integers_and_empties():
    assert eigvalsh([[2, 0], [0, 1]]).dtype == np.float64
    w, v = eigh(np.ones((0, 0)))
    assert (w.shape, v.shape) == ((0,), (0, 0))
    w, v = eigh(np.ones((3, 0, 0), "float32"))
    assert (w.shape, v.shape, v.dtype) == ((3, 0), (3, 0, 0), np.float32)
    w, v = eigh(np.ones((0, 3, 3)))
    assert (w.shape, v.shape) == ((0, 3), (0, 3, 3))


@pytest.mark.parametrize("n", [3, 20, 300])
def test_not_finite_without_the_check(n):
    a = np.stack([np.eye(n)] * 3)
    a[1, 1, 0] = np.nan
    w, v = eigh(a, check_finite=False)
    assert np.isnan(w[1]).all()
    assert np.isnan(v[1]).all()
    assert (w[[0, 2]] == 1).all()
    assert np.isnan(eigvalsh(a[1], check_finite=False)).all()


def test_no_convergence_is_told(monkeypatch):
    """It has not been seen: the kernel is made to say so."""
    def stuck(a, lower, w, v, info, workers, fn):
        w[...] = 1
        info[...] = 0
        info[1] = 3

    monkeypatch.setattr(room._reduction, "eigen", stuck)
    a = np.stack([np.eye(40)] * 3)
    with pytest.raises(np.linalg.LinAlgError, match=r"eigvalsh: .*did not converge.*\[1\]") as caught:
        eigvalsh(a)
    assert caught.value.index == (1,)
    w = eigvalsh(a, on_failure="nan")
    assert np.isnan(w[1]).all()
    assert (w[[0, 2]] == 1).all()
    assert room._MANY > 3
