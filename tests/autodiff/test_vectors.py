"""Products with Jacobians and Hessians."""

import numpy as np
import pytest

from mathcore.autodiff import directional_derivative, hessian, hvp, jacobian, jvp, vjp

X, V = np.array([0.5, 1.5, -0.3]), np.array([1.0, -2.0, 0.5])


def f(x):
    return np.sin(np.outer(x, x)) @ x


def test_products_are_those_of_the_matrices():
    j = jacobian(f)(X)
    value, tangent = jvp(f, (X,), (V,))
    np.testing.assert_array_equal(value, f(X))
    np.testing.assert_allclose(tangent, j @ V, rtol=1e-13)
    value, pullback = vjp(f, X)
    np.testing.assert_allclose(pullback(V)[0], j.T @ V, rtol=1e-13)
    np.testing.assert_allclose(pullback(X)[0], j.T @ X, rtol=1e-13)            # again
    np.testing.assert_allclose(directional_derivative(f, X, V), j @ V, rtol=1e-13)

    def g(x):
        return np.sum(f(x) ** 2)
    np.testing.assert_allclose(hvp(g, X, V), hessian(g)(X) @ V, rtol=1e-12)


def test_trees_and_aux():
    value, tangent, aux = jvp(lambda p, x: (p["a"] * x, 3), ({"a": 2.0}, X), ({"a": 1.0}, V), has_aux=True)
    np.testing.assert_array_equal(tangent, X + 2 * V)
    np.testing.assert_array_equal(value, 2 * X)
    assert aux == 3
    (first, second), pullback, aux = vjp(lambda x: ((x * x, x[0]), "aux"), X, has_aux=True)
    np.testing.assert_array_equal(pullback((V, 1.0))[0], 2 * X * V + [1, 0, 0])
    assert aux == "aux"
    assert second == X[0]
    with pytest.raises(ValueError, match=r"vjp: cotangent\[0\] has the wrong shape; expected \(3,\), got \(2,\)"):
        pullback((V[:2], 1.0))
