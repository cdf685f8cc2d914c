"""Penalties of parameters, and the proximal steps that replace a gradient step where a penalty has a corner."""

import numpy as np

from mathcore import _validate
from mathcore._kernels.tape import differentiable
from mathcore.losses._common import common_dtype

__all__ = ["elastic_net", "l1", "l2", "prox_elastic_net", "prox_l1", "prox_l2"]


def _weights(fn, name, w, alpha):
    result, (w,) = common_dtype(fn, [(name, w)])
    alpha = _validate.real_number(alpha, fn, "alpha", low=0, high=np.finfo(float).max)
    return w.astype(_validate.COMPUTE[result], copy=False), alpha, result


def _penalty(fn, w, alpha, l1_ratio, grad):
    w, alpha, result = _weights(fn, "w", w, alpha)
    l1_ratio = _validate.real_number(l1_ratio, fn, "l1_ratio", low=0, high=1)
    corner, round_part = alpha * l1_ratio, alpha * (1 - l1_ratio)
    value = 0.0
    if corner:
        value += corner * np.abs(w).sum(dtype=np.float64)
    if round_part:
        value += 0.5 * round_part * np.square(w, dtype=np.float64).sum()
    value = result.type(value)
    if not grad:
        return value
    gradient = np.multiply(w, w.dtype.type(round_part))
    if corner:
        gradient += w.dtype.type(corner) * np.sign(w)
    return value, np.asarray(gradient, result)


def _proximal(fn, v, alpha, l1_ratio, step):
    v, alpha, result = _weights(fn, "v", v, alpha)
    l1_ratio = _validate.real_number(l1_ratio, fn, "l1_ratio", low=0, high=1)
    step = _validate.real_number(step, fn, "step", low=0, high=np.finfo(float).max)
    cut = v.dtype.type(step * alpha * l1_ratio)
    out = np.maximum(v - cut, 0) + np.minimum(v + cut, 0)
    if l1_ratio < 1:
        out = out / v.dtype.type(1 + step * alpha * (1 - l1_ratio))
    return np.asarray(out, result)


@differentiable
def l1(w, /, alpha=1.0, *, grad=False):
    """The L1 penalty, which makes coefficients 0: ``alpha sum_i |w_i|``.

    Parameters
    ----------
    w : array_like
        Of any shape.
    alpha : float, optional
        Strength, not negative.
    grad : bool, optional
        Whether to return the gradient, ``alpha sign(w)``, as well; at 0 it is the subgradient 0.

    Returns
    -------
    loss : numpy scalar
        Of w's floating type; float64 for whole numbers.
    gradient : numpy.ndarray, shape of w
        With ``grad=True``.

    Raises
    ------
    ValueError
        alpha below 0 or not finite.
    TypeError
        w of no real type.

    Notes
    -----
    Error: a few ulp, the sum in float64. Cost: one pass. `prox_l1` is the step that keeps zeros.

    Examples
    --------
    >>> from mathcore.losses import l1
    >>> loss, gradient = l1([1.0, -2.0, 0.0], 0.5, grad=True)
    >>> float(loss), gradient
    (1.5, array([ 0.5, -0.5,  0. ]))
    """
    return _penalty("l1", w, alpha, 1.0, grad)


@differentiable
def l2(w, /, alpha=1.0, *, grad=False):
    """The squared L2 penalty, weight decay: ``alpha / 2 sum_i w_i^2``.

    Parameters
    ----------
    w : array_like
        Of any shape.
    alpha : float, optional
        Strength, not negative.
    grad : bool, optional
        Whether to return the gradient, ``alpha w``, as well.

    Returns
    -------
    loss : numpy scalar
        Of w's floating type; float64 for whole numbers.
    gradient : numpy.ndarray, shape of w
        With ``grad=True``.

    Raises
    ------
    ValueError
        alpha below 0 or not finite.
    TypeError
        w of no real type.

    Notes
    -----
    Error: a few ulp, the sum in float64. Cost: one pass.

    Examples
    --------
    >>> from mathcore.losses import l2
    >>> loss, gradient = l2([1.0, -2.0, 0.0], 0.5, grad=True)
    >>> float(loss), gradient
    (1.25, array([ 0.5, -1. ,  0. ]))
    """
    return _penalty("l2", w, alpha, 0.0, grad)


@differentiable
def elastic_net(w, /, alpha=1.0, l1_ratio=0.5, *, grad=False):
    """L1 and L2 together: ``alpha (l1_ratio sum_i |w_i| + (1 - l1_ratio) / 2 sum_i w_i^2)``.

    Parameters
    ----------
    w : array_like
        Of any shape.
    alpha : float, optional
        Strength, not negative.
    l1_ratio : float, optional
        The L1 share, 0 to 1.
    grad : bool, optional
        Whether to return the gradient as well; a corner's is 0.

    Returns
    -------
    loss : numpy scalar
        Of w's floating type; float64 for whole numbers.
    gradient : numpy.ndarray, shape of w
        With ``grad=True``.

    Raises
    ------
    ValueError
        alpha below 0 or not finite, l1_ratio outside 0 to 1.
    TypeError
        w of no real type.

    Notes
    -----
    Source: H. Zou and T. Hastie, J. R. Stat. Soc. B 67 (2005), 301; the halves as scikit-learn's. Error: a few ulp,
    the sums in float64. Cost: two passes.

    Examples
    --------
    >>> from mathcore.losses import elastic_net
    >>> float(elastic_net([1.0, -2.0, 0.0], 2.0, 0.25))
    5.25
    """
    return _penalty("elastic_net", w, alpha, l1_ratio, grad)


@differentiable
def prox_l1(v, /, alpha=1.0, *, step=1.0):
    """Soft thresholding, the proximal step of `l1`: ``argmin_u step alpha |u|_1 + |u - v|^2 / 2``.

    Parameters
    ----------
    v : array_like
        Of any shape: parameters after a gradient step.
    alpha : float, optional
        Strength, not negative.
    step : float, optional
        The gradient step's learning rate, not negative.

    Returns
    -------
    numpy.ndarray, shape of v
        ``sign(v) max(|v| - step alpha, 0)``.

    Raises
    ------
    ValueError
        alpha or step below 0 or not finite.
    TypeError
        v of no real type.

    Notes
    -----
    Source: A. Beck and M. Teboulle, SIAM J. Imaging Sci. 2 (2009), 183. Error: one rounding. Cost: three passes.

    Examples
    --------
    >>> from mathcore.losses import prox_l1
    >>> prox_l1([3.0, -0.5, -2.0], 1.0)
    array([ 2.,  0., -1.])
    """
    return _proximal("prox_l1", v, alpha, 1.0, step)


@differentiable
def prox_l2(v, /, alpha=1.0, *, step=1.0):
    """Shrinkage, the proximal step of `l2`: ``argmin_u step alpha |u|^2 / 2 + |u - v|^2 / 2``.

    Parameters
    ----------
    v : array_like
        Of any shape: parameters after a gradient step.
    alpha : float, optional
        Strength, not negative.
    step : float, optional
        The gradient step's learning rate, not negative.

    Returns
    -------
    numpy.ndarray, shape of v
        ``v / (1 + step alpha)``.

    Raises
    ------
    ValueError
        alpha or step below 0 or not finite.
    TypeError
        v of no real type.

    Notes
    -----
    Error: two roundings. Cost: four passes.

    Examples
    --------
    >>> from mathcore.losses import prox_l2
    >>> prox_l2([3.0, -0.5, -2.0], 1.0)
    array([ 1.5 , -0.25, -1.  ])
    """
    return _proximal("prox_l2", v, alpha, 0.0, step)


@differentiable
def prox_elastic_net(v, /, alpha=1.0, l1_ratio=0.5, *, step=1.0):
    """The proximal step of `elastic_net`: soft thresholding, then shrinkage.

    Parameters
    ----------
    v : array_like
        Of any shape: parameters after a gradient step.
    alpha : float, optional
        Strength, not negative.
    l1_ratio : float, optional
        The L1 share, 0 to 1.
    step : float, optional
        The gradient step's learning rate, not negative.

    Returns
    -------
    numpy.ndarray, shape of v
        ``prox_l1(v, alpha l1_ratio, step=step) / (1 + step alpha (1 - l1_ratio))``.

    Raises
    ------
    ValueError
        alpha or step below 0 or not finite, l1_ratio outside 0 to 1.
    TypeError
        v of no real type.

    Notes
    -----
    Error: three roundings. Cost: four passes.

    Examples
    --------
    >>> from mathcore.losses import prox_elastic_net
    >>> prox_elastic_net([3.0, -0.5, -2.0], 2.0, 0.5)
    array([ 1. ,  0. , -0.5])
    """
    return _proximal("prox_elastic_net", v, alpha, l1_ratio, step)
