"""Jacobians and Hessians by all modes."""

import itertools

import numpy as np
import pytest
import scipy.optimize

from mathcore.autodiff import _run, hessian, jacfwd, jacobian, jacrev

X = np.array([0.5, 1.5, -0.3, 2.0])
MODES = (jacfwd, jacrev, jacobian)


@pytest.mark.parametrize("jac", MODES)
def test_known_jacobians(jac):
    polar = jac(lambda p: np.array([p[0] * np.cos(p[1]), p[0] * np.sin(p[1])]))(np.array([2.0, np.pi / 6]))
    np.testing.assert_allclose(polar, [[np.cos(np.pi / 6), -1.0], [0.5, 2 * np.cos(np.pi / 6)]], rtol=1e-14)
    a = np.arange(12.0).reshape(3, 4)
    np.testing.assert_array_equal(jac(lambda x: a @ x)(X), a)
    assert jac(lambda x: x ** 2)(3.0) == 6.0
    np.testing.assert_array_equal(jac(lambda x: np.stack([x, x * x]))(3.0), [1, 6])


@pytest.mark.parametrize("jac", MODES)
def test_shapes_and_structures(jac):
    def f(p, x):
        return {"a": np.outer(p["w"], x), "n": p["w"][0] * 1.0, "c": np.ones(2)}

    found = jac(f)({"w": X[:2], "b": 1.0}, X)
    assert found["a"]["w"].shape == (2, 4, 2)
    assert found["a"]["b"].shape == (2, 4)
    assert found["n"]["w"].shape == (2,)
    assert not np.any(found["c"]["w"])
    np.testing.assert_array_equal(found["a"]["w"][0, :, 0], X)
    both, aux = jac(lambda x, y: (x * y, "aux"), (0, 1), has_aux=True)(X, 2 * X)
    np.testing.assert_array_equal(both[1], np.diag(X))
    assert aux == "aux"


@pytest.mark.parametrize("jac", MODES)
def test_no_numbers(jac):
    assert jac(lambda x: x * 2)(np.zeros(0)).shape == (0, 0)
    assert jac(lambda x: np.ones(3) + np.sum(x))(np.zeros(0)).shape == (3, 0)
    assert jac(lambda x: x[:0])(X).shape == (0, 4)


def test_directions_in_parts_give_the_same(monkeypatch):
    whole = jacfwd(lambda x: np.tanh(np.outer(x, x)))(X)
    monkeypatch.setattr(_run, "CHUNK", 8)
    np.testing.assert_array_equal(jacfwd(lambda x: np.tanh(np.outer(x, x)))(X), whole)


def test_hessian_of_rosenbrock():
    np.testing.assert_allclose(hessian(scipy.optimize.rosen)(X), scipy.optimize.rosen_hess(X), rtol=1e-13)


@pytest.mark.parametrize("modes", list(itertools.product((jacfwd, jacrev), repeat=2)))
def test_all_nestings_give_one_hessian(modes):
    def f(x):
        y = np.zeros_like(x)
        y[1:] = np.exp(x[:-1]) * x[1:]
        return np.sum(np.linalg.inv(np.eye(4) + np.outer(y, y))) + np.log(np.sum(x ** 2)) + np.max(x) ** 3

    outer, inner = modes
    np.testing.assert_allclose(outer(inner(f))(X), hessian(f)(X), rtol=1e-11, atol=1e-12)


def test_hessian_of_a_tree():
    found = hessian(lambda p: p["a"] ** 2 * np.sum(p["b"] ** 3))({"a": 2.0, "b": X[:2]})
    assert found["a"]["a"] == pytest.approx(2 * np.sum(X[:2] ** 3))
    np.testing.assert_allclose(found["a"]["b"], 12 * X[:2] ** 2)
    np.testing.assert_allclose(found["b"]["b"], np.diag(24 * X[:2]))


def test_third_derivatives():
    found = jacfwd(hessian(lambda x: x[0] ** 2 * x[1] * x[2]))(X[:3])
    assert found[0, 0, 1] == pytest.approx(2 * X[2])
    assert found[0, 1, 2] == pytest.approx(2 * X[0])
    assert found[1, 1, 2] == 0
