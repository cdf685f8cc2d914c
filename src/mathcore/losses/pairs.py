"""Losses of pairs of numbers and their gradients from the same pass: squared, absolute, Huber's, hinge, binary
cross-entropy."""

import numpy as np

from mathcore import _validate
from mathcore._kernels import losses as _pairs
from mathcore._kernels.tape import differentiable
from mathcore.losses._common import REDUCTIONS, common_dtype, plain, reduced_loss

__all__ = ["binary_cross_entropy", "binary_cross_entropy_with_logits", "hinge", "huber", "mae", "mse"]


def _pair_loss(fn, names, prediction, target, weight, positive, reduction, grad, workers, delta=1.0):
    workers = _validate.check_workers(workers, fn)
    _validate.one_of(reduction, REDUCTIONS, fn, "reduction")
    result, (p, y, w, q) = common_dtype(fn, [(names[0], prediction), (names[1], target), ("weight", weight),
                                              ("pos_weight", positive)])
    compute = _validate.COMPUTE[result]
    if p.shape != y.shape:
        raise ValueError(f"{fn}: {names[1]} does not fit {names[0]}; expected shape {p.shape}, got {y.shape}")
    if p.size == 0 and reduction == "mean":
        raise ValueError(f"{fn}: {names[0]} is empty; expected elements under reduction='mean', got shape {p.shape}")
    p, y = plain(p, compute), plain(y, compute)
    w, q = (_factor(a, p.shape, compute, fn, name) for a, name in ((w, "weight"), (q, "pos_weight")))
    for a, name in ((p, names[0]), (y, names[1])) if fn == "binary_cross_entropy" else ():
        _check_probabilities(a, fn, name)
    if fn == "binary_cross_entropy_with_logits":
        _check_probabilities(y, fn, names[1])
    if fn == "hinge" and (bad := np.argwhere(np.abs(y) != 1)).size:
        where = tuple(map(int, bad[0]))
        raise ValueError(f"hinge: {names[1]}{list(where)} is no class; expected -1 or 1, got {y[where]}")
    value = np.empty(p.shape, compute) if reduction == "none" else None
    gradient = np.empty(p.shape, compute) if grad else None
    divisor = p.size if reduction == "mean" else 1
    total = 0.0
    if p.size:
        total = _pairs.pairs(_pairs.KINDS[fn], p, y, w, q, 1.0 / divisor, value, gradient, workers, fn, delta)
    return reduced_loss(value, total / divisor, gradient, result)


def _factor(a, shape, compute, fn, name):
    """A weight broadcast to the elements; None stays None."""
    if a is None:
        return None
    if (bad := np.argwhere(~((a >= 0) & np.isfinite(a)))).size:
        where = tuple(map(int, bad[0]))
        raise ValueError(f"{fn}: {name}{list(where)} is no weight; expected finite and not negative, got {a[where]}")
    if a.ndim > len(shape) or any(n not in (1, m) for n, m in zip(a.shape[::-1], shape[::-1], strict=False)):
        raise ValueError(f"{fn}: {name} does not broadcast to the elements; expected a shape that fits {shape}, "
                         f"got {a.shape}")
    return np.asarray(np.broadcast_to(_validate.ready(a, compute), shape), order="C")


def _check_probabilities(a, fn, name):
    bad = _pairs.first_outside(a, 0.0, 1.0)
    if bad >= 0:
        where = list(map(int, np.unravel_index(bad, a.shape)))
        raise ValueError(f"{fn}: {name}{where} is no probability; expected 0 to 1, got {a.flat[bad]}")


@differentiable
def mse(prediction, target, /, *, weight=None, reduction="mean", grad=False, workers=None):
    """Mean squared error, and its gradient from the same pass.

    ``loss_i = weight_i (prediction_i - target_i)^2``

    Parameters
    ----------
    prediction, target : array_like
        Of one shape.
    weight : array_like, optional
        Factor of each element, or of what broadcasts to them.
    reduction : {"mean", "sum", "none"}, optional
        "mean" divides by the number of elements.
    grad : bool, optional
        Whether the gradient with respect to `prediction` is returned too; under "none" that of the sum.
    workers : int, optional
        Threads for this call; -1 for all usable. Default: see `mathcore.get_num_threads`.

    Returns
    -------
    loss : scalar, or ndarray under "none"
        In the square of the data's unit.
    gradient : ndarray, shape of `prediction`
        ``2 weight (prediction - target)``, divided as the loss is. Only with ``grad=True``.

    Raises
    ------
    ValueError
        Shapes that differ, no elements under "mean", a negative or infinite weight.
    TypeError
        Data that are not real numbers.

    Notes
    -----
    Sums run in lanes of 64 bytes over blocks of 4096, added in turn in float64: error at most 259 eps of the mean.

    Examples
    --------
    >>> from mathcore.losses import mse
    >>> mse([1.0, 2.0], [0.0, 4.0], grad=True)
    (np.float64(2.5), array([ 1., -2.]))
    """
    return _pair_loss("mse", ("prediction", "target"), prediction, target, weight, None, reduction, grad, workers)


@differentiable
def mae(prediction, target, /, *, weight=None, reduction="mean", grad=False, workers=None):
    """Mean absolute error, and its gradient from the same pass.

    ``loss_i = weight_i |prediction_i - target_i|``

    Parameters
    ----------
    prediction, target : array_like
        Of one shape.
    weight : array_like, optional
        Factor of each element, or of what broadcasts to them.
    reduction : {"mean", "sum", "none"}, optional
        "mean" divides by the number of elements.
    grad : bool, optional
        Whether the gradient with respect to `prediction` is returned too; under "none" that of the sum.
    workers : int, optional
        Threads for this call; -1 for all usable. Default: see `mathcore.get_num_threads`.

    Returns
    -------
    loss : scalar, or ndarray under "none"
        In the data's unit.
    gradient : ndarray, shape of `prediction`
        ``weight sign(prediction - target)``, 0 where they agree, divided as the loss is. Only with ``grad=True``.

    Raises
    ------
    ValueError
        Shapes that differ, no elements under "mean", a negative or infinite weight.
    TypeError
        Data that are not real numbers.

    Notes
    -----
    Error and cost as of `mse`.

    Examples
    --------
    >>> from mathcore.losses import mae
    >>> mae([1.0, 2.0], [0.0, 4.0], grad=True)
    (np.float64(1.5), array([ 0.5, -0.5]))
    """
    return _pair_loss("mae", ("prediction", "target"), prediction, target, weight, None, reduction, grad, workers)


@differentiable
def huber(prediction, target, /, *, delta=1.0, weight=None, reduction="mean", grad=False, workers=None):
    """Huber's loss, a parabola near 0 and a line beyond `delta`, and its gradient from the same pass.

    ``loss_i = weight_i d^2 / 2`` where ``|d| < delta``, else ``weight_i delta (|d| - delta / 2)``, ``d = prediction_i -
    target_i``

    Parameters
    ----------
    prediction, target : array_like
        Of one shape.
    delta : float, optional
        Where the parabola ends; positive.
    weight : array_like, optional
        Factor of each element, or of what broadcasts to them.
    reduction : {"mean", "sum", "none"}, optional
        "mean" divides by the number of elements.
    grad : bool, optional
        Whether the gradient with respect to `prediction` is returned too; under "none" that of the sum.
    workers : int, optional
        Threads for this call; -1 for all usable. Default: see `mathcore.get_num_threads`.

    Returns
    -------
    loss : scalar, or ndarray under "none"
        In the square of the data's unit.
    gradient : ndarray, shape of `prediction`
        ``weight d`` within `delta`, ``weight delta sign(d)`` beyond, divided as the loss is. Only with ``grad=True``.

    Raises
    ------
    ValueError
        Shapes that differ, no elements under "mean", a negative or infinite weight, a `delta` that is not positive.
    TypeError
        Data that are not real numbers.

    Notes
    -----
    Error and cost as of `mse`.

    Examples
    --------
    >>> from mathcore.losses import huber
    >>> huber([1.0, 2.0], [0.5, 5.0], grad=True)
    (np.float64(1.3125), array([ 0.25, -0.5 ]))
    """
    delta = _validate.real_number(delta, "huber", "delta", above=0)
    return _pair_loss("huber", ("prediction", "target"), prediction, target, weight, None, reduction, grad, workers,
                      delta)


@differentiable
def hinge(scores, target, /, *, weight=None, reduction="mean", grad=False, workers=None):
    """Hinge loss of scores and classes -1 and 1, and its gradient from the same pass.

    ``loss_i = weight_i max(0, 1 - target_i scores_i)``

    Parameters
    ----------
    scores, target : array_like
        Of one shape; targets -1 or 1.
    weight : array_like, optional
        Factor of each element, or of what broadcasts to them.
    reduction : {"mean", "sum", "none"}, optional
        "mean" divides by the number of elements.
    grad : bool, optional
        Whether the gradient with respect to `scores` is returned too; under "none" that of the sum.
    workers : int, optional
        Threads for this call; -1 for all usable. Default: see `mathcore.get_num_threads`.

    Returns
    -------
    loss : scalar, or ndarray under "none"
    gradient : ndarray, shape of `scores`
        ``-weight target`` where the loss is positive, else 0, divided as the loss is. Only with ``grad=True``.

    Raises
    ------
    ValueError
        Shapes that differ, no elements under "mean", a negative or infinite weight, a target that is neither -1 nor 1.
    TypeError
        Data that are not real numbers.

    Notes
    -----
    Error and cost as of `mse`.

    Examples
    --------
    >>> from mathcore.losses import hinge
    >>> hinge([0.5, -2.0, 3.0], [1.0, 1.0, 1.0], grad=True)
    (np.float64(1.1666666666666667), array([-0.33333333, -0.33333333,  0.        ]))
    """
    return _pair_loss("hinge", ("scores", "target"), scores, target, weight, None, reduction, grad, workers)


@differentiable
def binary_cross_entropy(p, target, /, *, weight=None, reduction="mean", grad=False, workers=None):
    """Binary cross-entropy of probabilities, and its gradient from the same pass.

    ``loss_i = -weight_i (t_i log p_i + (1 - t_i) log(1 - p_i))``, ``0 log 0 = 0``

    Parameters
    ----------
    p, target : array_like
        Probabilities of one shape, each in [0, 1].
    weight : array_like, optional
        Factor of each element, or of what broadcasts to them.
    reduction : {"mean", "sum", "none"}, optional
        "mean" divides by the number of elements.
    grad : bool, optional
        Whether the gradient with respect to `p` is returned too; under "none" that of the sum.
    workers : int, optional
        Threads for this call; -1 for all usable. Default: see `mathcore.get_num_threads`.

    Returns
    -------
    loss : scalar, or ndarray under "none"
        In nats; inf where p excludes what the target allows. (PyTorch cuts the logarithms at -100.)
    gradient : ndarray, shape of `p`
        ``weight ((1 - t) / (1 - p) - t / p)``, divided as the loss is. Only with ``grad=True``.

    Raises
    ------
    ValueError
        Shapes that differ, a value outside [0, 1] or NaN (named with its index), no elements under "mean".
    TypeError
        Data that are not real numbers.

    See Also
    --------
    binary_cross_entropy_with_logits : accurate where p is near 0 or 1.

    Examples
    --------
    >>> from mathcore.losses import binary_cross_entropy
    >>> binary_cross_entropy([0.9, 0.2], [1.0, 0.0]).round(4)
    np.float64(0.1643)
    """
    return _pair_loss("binary_cross_entropy", ("p", "target"), p, target, weight, None, reduction, grad, workers)


@differentiable
def binary_cross_entropy_with_logits(logits, target, /, *, weight=None, pos_weight=None, reduction="mean", grad=False,
                                     workers=None):
    """Binary cross-entropy of logits, and its gradient from the same pass.

    ``loss_i = weight_i (pos_weight_i t_i softplus(-z_i) + (1 - t_i) softplus(z_i))``

    Parameters
    ----------
    logits, target : array_like
        Of one shape; targets in [0, 1].
    weight : array_like, optional
        Factor of each element, or of what broadcasts to them.
    pos_weight : array_like, optional
        Factor of the positive part, likewise.
    reduction : {"mean", "sum", "none"}, optional
        "mean" divides by the number of elements.
    grad : bool, optional
        Whether the gradient with respect to `logits` is returned too; under "none" that of the sum.
    workers : int, optional
        Threads for this call; -1 for all usable. Default: see `mathcore.get_num_threads`.

    Returns
    -------
    loss : scalar, or ndarray under "none"
        In nats.
    gradient : ndarray, shape of `logits`
        ``sigmoid(z) - t`` without weights, divided as the loss is. Only with ``grad=True``.

    Raises
    ------
    ValueError
        Shapes that differ, a target outside [0, 1] or NaN (named with its index), no elements under "mean".
    TypeError
        Data that are not real numbers.

    Notes
    -----
    Both parts share ``log1p(exp(-|z|))``; no two large terms cancel, so a confident right answer keeps its digits.

    Examples
    --------
    >>> from mathcore.losses import binary_cross_entropy_with_logits
    >>> binary_cross_entropy_with_logits([0.0, 40.0], [1.0, 1.0], reduction="none")
    array([6.93147181e-01, 4.24835426e-18])
    """
    return _pair_loss("binary_cross_entropy_with_logits", ("logits", "target"), logits, target, weight, pos_weight,
                      reduction, grad, workers)
