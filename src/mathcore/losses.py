"""Losses and their gradients from the same pass: cross-entropy of logits, binary cross-entropy, squared error."""

import numpy as np

from mathcore import _validate
from mathcore._kernels import losses as _pairs
from mathcore._kernels import softmax as _rows

__all__ = ["binary_cross_entropy", "binary_cross_entropy_with_logits", "cross_entropy", "mse"]

_REDUCTIONS = ("mean", "sum", "none")


def _common_dtype(fn, operands):
    """The floating type that a loss of these (name, value) operands has, and their arrays; Python numbers are weak."""
    arrays = [None if x is None else _validate.as_array(x, fn, name) for name, x in operands]
    weak = [x if type(x) in (bool, int, float) else a
            for (_, x), a in zip(operands, arrays, strict=True) if x is not None]
    for (name, _), a in zip(operands, arrays, strict=True):
        if a is not None:
            _validate.real_dtype(a.dtype, fn, name)
    return _validate.real_dtype(np.result_type(*weak), fn, operands[0][0]), arrays


def _plain(a, compute):
    return np.asarray(_validate.ready(a, compute), order="C")       # ascontiguousarray makes 0-d arrays 1-d


# ------------------------------------------------------------------ cross-entropy

def _check_labels(labels, n_rows, n_classes, ignore_index, fn):
    """Labels as contiguous int64, each a class or `ignore_index`."""
    if labels.dtype.kind not in "iu":
        raise TypeError(f"{fn}: labels has dtype {labels.dtype}; expected integers, one class per row, "
                        "or floating probabilities of the shape of logits")
    if labels.dtype == np.uint64 and labels.size and labels.max() > np.iinfo(np.int64).max:
        i = np.unravel_index(np.argmax(labels > np.iinfo(np.int64).max), labels.shape)
        raise ValueError(f"{fn}: labels[{', '.join(map(str, i))}] is outside the classes; "
                         f"expected 0 to {n_classes - 1}, got {labels[i]}")
    flat = np.ascontiguousarray(labels, np.int64).reshape(-1)
    bad = _rows.first_label_outside(flat, n_classes, ignore_index)
    if bad >= 0:
        where = ", ".join(map(str, np.unravel_index(bad, labels.shape)))
        raise ValueError(f"{fn}: labels[{where}] is outside the classes; expected 0 to {n_classes - 1}"
                         f"{'' if ignore_index is None else f' or {ignore_index}'}, got {flat[bad]}")
    return flat


def _check_distributions(target, eps, fn):
    """Rows of probabilities: none negative, each row a sum of 1 within the rounding (eps) of its n terms."""
    bad = np.argwhere(~(target >= 0))
    if bad.size:
        where = tuple(map(int, bad[0]))
        raise ValueError(f"{fn}: labels{list(where)} is no probability; expected 0 to 1, got {target[where]}")
    sums = target.sum(axis=-1, dtype=np.float64)
    n = target.shape[-1]
    off = np.argwhere(~(np.abs(sums - 1) <= 8 * n * eps))
    if off.size:
        where = tuple(map(int, off[0]))
        name = ", ".join(map(str, where))
        raise ValueError(f"{fn}: labels[{name}] sums to {sums[where]:.7g}; expected probabilities that sum to 1")


def _divisor(labels, weight, ignore_index, n_rows, fn):
    """What a mean divides by: the rows that count, each by the weight of its label."""
    if labels is None:
        return n_rows
    kept = labels if ignore_index is None else labels[labels != ignore_index]
    if kept.size == 0:
        raise ValueError(f"{fn}: labels are all ignore_index={ignore_index}; expected at least one that counts, "
                         "or reduction='sum' or 'none'")
    if weight is None:
        return kept.size
    total = float(weight.astype(np.float64)[kept].sum())
    if total == 0:
        raise ValueError(f"{fn}: weight is 0 for every label; expected a positive sum under reduction='mean', got 0")
    return total


def _check_class_weight(weight, n_classes, fn):
    _validate.exact_dims(weight, 1, fn, "weight")
    _validate.same_length(weight.shape[0], n_classes, fn, "weight.shape[0] and logits.shape[-1]", weight.shape,
                          (n_classes,))
    if (bad := np.flatnonzero(~((weight >= 0) & np.isfinite(weight)))).size:
        raise ValueError(f"{fn}: weight[{bad[0]}] is no weight; expected finite and not negative, got {weight[bad[0]]}")


def cross_entropy(logits, labels, /, *, weight=None, ignore_index=None, label_smoothing=0.0, reduction="mean",
                  grad=False, workers=None):
    """Cross-entropy of logits, and its gradient from the same pass.

    ``loss_i = -sum_c t_ic log softmax(logits_i)_c``; for an integer label y, t is 1 at y and 0 elsewhere.

    Parameters
    ----------
    logits : array_like, shape (..., n_classes)
        Unnormalised log-probabilities; float32 and float64 rows are not copied.
    labels : array_like of int, shape (...), or of float, shape (..., n_classes)
        One class for each row, or a distribution t for each row.
    weight : array_like, shape (n_classes,), optional
        Factor of each class.
    ignore_index : int, optional
        Rows with this label count for nothing: loss and gradient 0.
    label_smoothing : float, optional
        In [0, 1]: t becomes ``(1 - label_smoothing) t + label_smoothing / n_classes``.
    reduction : {"mean", "sum", "none"}, optional
        "mean" divides by the number of rows that count; for integer labels with weights, by the sum of the weights of
        their labels.
    grad : bool, optional
        Whether the gradient with respect to `logits` is returned too; under "none" that of the sum.
    workers : int, optional
        Threads for this call; -1 for all usable. Default: see `mathcore.get_num_threads`.

    Returns
    -------
    loss : scalar, or ndarray of shape (...) under "none"
        In nats; -inf logits at the label give inf, NaN or inf logits NaN.
    gradient : ndarray, shape of `logits`
        ``softmax(logits) - t``, weighted and divided as the loss is. Only with ``grad=True``.

    Raises
    ------
    ValueError
        Shapes that do not fit, a label outside the classes (named with its index, before anything is read),
        probabilities that are negative or do not sum to 1, no rows, or none that counts, under "mean".
    TypeError
        Data that are not numbers, complex data, labels of another type.

    Notes
    -----
    The label's own entry of the gradient is -(1 - p), computed without cancellation where p is near 1, as is the loss.
    Error of a row as in `mathcore.special.logsumexp`; the mean adds rows in order in float64.
    Extra memory: the losses of the rows. Cost: one exponential per logit. PyTorch's conventions for weights and
    smoothing.

    Examples
    --------
    >>> from mathcore.losses import cross_entropy
    >>> loss, gradient = cross_entropy([[2.0, 1.0, 0.1], [0.5, 2.5, 0.3]], [0, 1], grad=True)
    >>> loss.round(4)
    np.float64(0.3185)
    >>> gradient.round(4)
    array([[-0.1705,  0.1212,  0.0493],
           [ 0.0543, -0.0988,  0.0445]])
    """
    fn = "cross_entropy"
    workers = _validate.check_workers(workers, fn)
    _validate.one_of(reduction, _REDUCTIONS, fn, "reduction")
    label_smoothing = _validate.real_number(label_smoothing, fn, "label_smoothing", low=0, high=1)
    if ignore_index is not None:
        ignore_index = _validate.whole_number(ignore_index, fn, "ignore_index")
        if not -2**63 <= ignore_index < 2**63:
            raise ValueError(f"{fn}: ignore_index is out of range; expected 64 bits, got {ignore_index}")
    x = _validate.as_array(logits, fn, "logits")
    y = _validate.as_array(labels, fn, "labels")
    result, (x, weight) = _common_dtype(fn, [("logits", x), ("weight", weight)])
    compute = _validate.COMPUTE[result]
    _validate.at_least_dims(x, 1, fn, "logits")
    n_classes, batch = x.shape[-1], x.shape[:-1]
    if n_classes == 0:
        raise ValueError(f"{fn}: logits has no classes; expected at least one, got shape {x.shape}")
    dense = y.dtype.kind == "f" and y.ndim == x.ndim
    if y.shape == x.shape and not dense:
        raise TypeError(f"{fn}: labels has dtype {y.dtype}; expected floating probabilities beside this shape, or "
                        f"integers of shape {batch}")
    if y.shape != (x.shape if dense else batch):
        raise ValueError(f"{fn}: labels does not fit logits; expected shape {batch} (classes) or {x.shape} "
                         f"(probabilities), got {y.shape}")
    n_rows = int(np.prod(batch))
    if n_rows == 0 and reduction == "mean":
        raise ValueError(f"{fn}: logits has no rows; expected at least one under reduction='mean', got shape {x.shape}")
    if weight is not None:
        _check_class_weight(weight, n_classes, fn)
        weight = _plain(weight, compute)
    target = None
    if dense:
        if ignore_index is not None:
            raise ValueError(f"{fn}: ignore_index is for integer labels; expected None beside probabilities, "
                             f"got {ignore_index}")
        eps = max(np.finfo(y.dtype).eps, np.finfo(compute).eps)     # of the type in which the rows were made
        target, y = _validate.ready(y, compute), None
        _check_distributions(target, eps, fn)
        target = target.reshape(n_rows, n_classes)
    else:
        y = _check_labels(y, n_rows, n_classes, ignore_index, fn)
    divisor = _divisor(y, weight, ignore_index, n_rows, fn) if reduction == "mean" else 1.0
    x = _validate.ready(x, compute)
    value = np.empty(n_rows, compute)
    gradient = np.empty(x.shape, compute) if grad else None
    total = 0.0
    if n_rows:
        total = _rows.cross_entropy(x.reshape(n_rows, n_classes), y, target, weight, label_smoothing, 1.0 / divisor,
                                    ignore_index, value,
                                    None if gradient is None else gradient.reshape(n_rows, n_classes), workers)
    return _reduced(value.reshape(batch) if reduction == "none" else None, total / divisor, gradient, result)


def _reduced(value, reduced, gradient, result):
    """The loss as it was asked for, with its gradient where there is one."""
    loss = result.type(reduced) if value is None else _validate.deliver(value, None, result)
    return loss if gradient is None else (loss, gradient.astype(result, copy=False))


# ------------------------------------------------------------------ losses of pairs

def _pair_loss(fn, names, prediction, target, weight, positive, reduction, grad, workers):
    workers = _validate.check_workers(workers, fn)
    _validate.one_of(reduction, _REDUCTIONS, fn, "reduction")
    result, (p, y, w, q) = _common_dtype(fn, [(names[0], prediction), (names[1], target), ("weight", weight),
                                              ("pos_weight", positive)])
    compute = _validate.COMPUTE[result]
    if p.shape != y.shape:
        raise ValueError(f"{fn}: {names[1]} does not fit {names[0]}; expected shape {p.shape}, got {y.shape}")
    if p.size == 0 and reduction == "mean":
        raise ValueError(f"{fn}: {names[0]} is empty; expected elements under reduction='mean', got shape {p.shape}")
    p, y = _plain(p, compute), _plain(y, compute)
    w, q = (_factor(a, p.shape, compute, fn, name) for a, name in ((w, "weight"), (q, "pos_weight")))
    for a, name in ((p, names[0]), (y, names[1])) if fn == "binary_cross_entropy" else ():
        _check_probabilities(a, fn, name)
    if fn == "binary_cross_entropy_with_logits":
        _check_probabilities(y, fn, names[1])
    value = np.empty(p.shape, compute) if reduction == "none" else None
    gradient = np.empty(p.shape, compute) if grad else None
    divisor = p.size if reduction == "mean" else 1
    total = _pairs.pairs(_pairs.KINDS[fn], p, y, w, q, 1.0 / divisor, value, gradient, workers, fn) if p.size else 0.0
    return _reduced(value, total / divisor, gradient, result)


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
