"""Derivatives of distances and kernel matrices by closed forms, where they end, and of the coefficients."""

import numpy as np
import pytest

from mathcore.autodiff import check_grads, grad, hessian, jacobian, value_and_grad
from mathcore.distance import kernels, matrices, similarity

RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((3, 4)), RNG.standard_normal((5, 4))
EPS = np.finfo(float).eps


@pytest.mark.parametrize("f", [
    similarity.cosine_similarity, kernels.linear_kernel, kernels.polynomial_kernel, kernels.sigmoid_kernel,
    kernels.rbf_kernel, kernels.laplacian_kernel, lambda x, y: matrices.cdist(x, y),
    lambda x, y: matrices.cdist(x, y, "sqeuclidean")])
def test_against_differences(f):
    check_grads(lambda x, y: f(x, y), (X, Y), order=2)


@pytest.mark.parametrize("f", [similarity.cosine_similarity, kernels.linear_kernel, kernels.polynomial_kernel,
                               kernels.sigmoid_kernel, kernels.rbf_kernel])
def test_of_one_matrix(f):
    check_grads(lambda x: f(x), (X,), order=2)
    assert value_and_grad(lambda x: np.sum(f(x) * (1 + f(x.copy()))))(X)[0] == pytest.approx(np.sum(f(X) * (1 + f(X))))


def test_closed_forms():
    """Of one pair: the slope of a distance is the unit difference, its second derivative the projection across it."""
    x, y = X[:1], Y[:1]
    apart = x - y
    far = np.linalg.norm(apart)
    np.testing.assert_allclose(jacobian(lambda x: matrices.cdist(x, y)[0, 0])(x), apart / far, rtol=8 * EPS)
    across = (np.eye(4) - apart.T @ apart / far**2) / far
    np.testing.assert_allclose(hessian(lambda x: matrices.cdist(x, y)[0, 0])(x).reshape(4, 4), across, atol=16 * EPS)
    k = kernels.rbf_kernel(x, y, 0.3)[0, 0]
    np.testing.assert_allclose(grad(lambda x: kernels.rbf_kernel(x, y, 0.3)[0, 0])(x), -0.6 * k * apart, rtol=16 * EPS)


def test_coefficients():
    s = matrices.cdist(X, Y, "sqeuclidean")
    np.testing.assert_allclose(grad(lambda g: np.sum(kernels.rbf_kernel(X, Y, gamma=g)))(0.3),
                               -np.sum(s * np.exp(-0.3 * s)), rtol=64 * EPS)
    t = 0.2 * X @ Y.T + 0.5
    np.testing.assert_allclose(grad(lambda c: np.sum(kernels.polynomial_kernel(X, Y, 3, 0.2, c)))(0.5),
                               3 * np.sum(t**2), rtol=64 * EPS)


def test_distances_of_0():
    assert (grad(lambda x: np.sum(matrices.cdist(x, X)))(X[:1]) == grad(
        lambda x: np.sum(matrices.cdist(x, X[1:])))(X[:1])).all()
    assert np.isfinite(grad(lambda x: np.sum(similarity.cosine_similarity(x, X)))(np.zeros((1, 4)))).all()


def test_what_has_no_rule():
    for call, message in (
            (lambda x: matrices.cdist(x, Y, "canberra"), "cdist: metric has no rule"),
            (lambda x: matrices.cdist(x, Y, "minkowski", p=3), "cdist: metric has no rule"),
            (lambda x: kernels.rbf_kernel(x, Y, out=np.ones((3, 5))), "rbf_kernel: out is a plain array"),
            (lambda x: kernels.rbf_kernel(x, Y, gamma="a"), "rbf_kernel: gamma is no real number")):
        with pytest.raises(TypeError, match=message):
            grad(lambda x, call=call: np.sum(call(x)))(X)
    with pytest.raises(ValueError, match="cosine_similarity: Y does not fit"):
        grad(lambda x: np.sum(similarity.cosine_similarity(x, Y[:, :3])))(X)
