"""mathcore.distance: euclidean distances, cosines and kernel matrices of all pairs of rows."""

import numpy as np

from mathcore import linalg
from mathcore._kernels.tape import Primitive, primal
from mathcore.autodiff._dispatch import FUNCTIONS, handles, lifted
from mathcore.autodiff.rules.products import PRODUCT, turned
from mathcore.distance import kernels, matrices, similarity

# |x_i - y_j|^2; the derivatives are products, of any order.
SQUARES = Primitive(
    "sqeuclidean", lambda x, y: matrices.cdist(x, y, "sqeuclidean"),
    (lambda g, out, x, y: 2 * (np.expand_dims(np.sum(g, axis=-1), -1) * x - PRODUCT(g, y)),
     lambda g, out, x, y: 2 * (np.expand_dims(np.sum(g, axis=-2), -1) * y - PRODUCT(turned(g), x))),
    (lambda t, out, x, y: 2 * (np.expand_dims(np.sum(t * x, axis=-1), -1) - PRODUCT(t, turned(y))),
     lambda t, out, x, y: 2 * (np.expand_dims(np.sum(t * y, axis=-1), -2) - PRODUCT(x, turned(t)))),
    batched=True)


@handles(matrices.cdist)
def cdist(XA, XB, metric="euclidean", *, out=None, workers=None, **kwargs):  # noqa: N803 - cdist's names
    """A distance of 0 has no derivative: 0, the least of its subgradients."""
    if out is not None or kwargs or metric not in ("euclidean", "sqeuclidean"):
        raise TypeError("cdist: metric has no rule for traced values; expected 'euclidean' or 'sqeuclidean' without "
                        f"options and out, got {metric!r}")
    squares = SQUARES(lifted(XA), lifted(XB))
    if metric == "sqeuclidean":
        return squares
    zero = primal(squares) == 0
    return np.where(zero, 0.0, np.sqrt(np.where(zero, 1.0, squares)))


def _pair(function, X, Y, out, **coefficients):  # noqa: N803 - scikit-learn's names
    """Both matrices, after the function's own checks of the plain values."""
    if out is not None:
        raise TypeError(f"{function.__name__}: out takes no traced values; expected none, got {type(out).__name__}")
    x = lifted(X)
    y = x if Y is None else lifted(Y)
    function(primal(x), primal(y), **{name: primal(value) for name, value in coefficients.items()})
    return x, y


def _gamma(x, gamma):
    return 1 / np.shape(x)[1] if gamma is None else gamma


@handles(similarity.cosine_similarity)
def cosine_similarity(X, Y=None, dense_output=True, *, out=None, workers=None):  # noqa: N803
    """Rows of zeros stay such: their derivative is 0 too."""
    x, y = _pair(similarity.cosine_similarity, X, Y, out)
    unit = FUNCTIONS[linalg.normalize]
    return PRODUCT(unit(x), turned(unit(y)))


@handles(kernels.linear_kernel)
def linear_kernel(X, Y=None, dense_output=True, *, out=None, workers=None):  # noqa: N803
    x, y = _pair(kernels.linear_kernel, X, Y, out)
    return PRODUCT(x, turned(y))


@handles(kernels.polynomial_kernel)
def polynomial_kernel(X, Y=None, degree=3, gamma=None, coef0=1, *, out=None, workers=None):  # noqa: N803
    x, y = _pair(kernels.polynomial_kernel, X, Y, out, degree=degree, gamma=gamma, coef0=coef0)
    return (_gamma(x, gamma) * PRODUCT(x, turned(y)) + coef0) ** degree


@handles(kernels.sigmoid_kernel)
def sigmoid_kernel(X, Y=None, gamma=None, coef0=1, *, out=None, workers=None):  # noqa: N803
    x, y = _pair(kernels.sigmoid_kernel, X, Y, out, gamma=gamma, coef0=coef0)
    return np.tanh(_gamma(x, gamma) * PRODUCT(x, turned(y)) + coef0)


@handles(kernels.rbf_kernel)
def rbf_kernel(X, Y=None, gamma=None, *, out=None, workers=None):  # noqa: N803
    x, y = _pair(kernels.rbf_kernel, X, Y, out, gamma=gamma)
    return np.exp(-_gamma(x, gamma) * SQUARES(x, y))


@handles(kernels.laplacian_kernel)
def laplacian_kernel(X, Y=None, gamma=None, *, out=None, workers=None):  # noqa: N803
    """Of all differences at once: m n d numbers."""
    x, y = _pair(kernels.laplacian_kernel, X, Y, out, gamma=gamma)
    return np.exp(-_gamma(x, gamma) * np.sum(np.abs(np.expand_dims(x, 1) - np.expand_dims(y, 0)), axis=-1))
