"""Cross-entropy of rows of logits, or of the product that they are, and its gradients from the same pass."""

import numpy as np

from mathcore import _validate
from mathcore._kernels import linear_loss as _linear
from mathcore._kernels import softmax as _rows
from mathcore._kernels.tape import differentiable
from mathcore.losses._common import REDUCTIONS, common_dtype, plain, reduced_loss

__all__ = ["cross_entropy", "linear_cross_entropy"]


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


def _options(label_smoothing, ignore_index, reduction, fn):
    """label_smoothing as a float, ignore_index as an int or None."""
    _validate.one_of(reduction, REDUCTIONS, fn, "reduction")
    label_smoothing = _validate.real_number(label_smoothing, fn, "label_smoothing", low=0, high=1)
    if ignore_index is not None:
        ignore_index = _validate.whole_number(ignore_index, fn, "ignore_index")
        if not -2**63 <= ignore_index < 2**63:
            raise ValueError(f"{fn}: ignore_index is out of range; expected 64 bits, got {ignore_index}")
    return label_smoothing, ignore_index


@differentiable
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
    label_smoothing, ignore_index = _options(label_smoothing, ignore_index, reduction, fn)
    x = _validate.as_array(logits, fn, "logits")
    y = _validate.as_array(labels, fn, "labels")
    result, (x, weight) = common_dtype(fn, [("logits", x), ("weight", weight)])
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
        weight = plain(weight, compute)
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
    return reduced_loss(value.reshape(batch) if reduction == "none" else None, total / divisor, gradient, result)


@differentiable
def linear_cross_entropy(x, w, labels, /, *, bias=None, weight=None, ignore_index=None, label_smoothing=0.0,
                         reduction="mean", grad=False, workers=None):
    """Cross-entropy of the logits ``x w^T + bias``, and its gradients, without ever storing all logits.

    The loss of a large vocabulary: what `cross_entropy` says of ``x @ w.T + bias``.

    Parameters
    ----------
    x : array_like, shape (n, d)
        Features.
    w : array_like, shape (n_classes, d)
        Weights of the classes.
    labels : array_like of int, shape (n,)
        The class of each row.
    bias : array_like, shape (n_classes,), optional
    weight, ignore_index, label_smoothing, reduction
        As in `cross_entropy`.
    grad : bool, optional
        Whether the gradients are returned too; under "none" those of the sum.
    workers : int, optional
        Threads for this call; -1 for all usable. Default: see `mathcore.get_num_threads`.

    Returns
    -------
    loss : scalar, or ndarray of shape (n,) under "none"
        In nats.
    dx : ndarray, shape (n, d)
    dw : ndarray, shape (n_classes, d)
    dbias : ndarray, shape (n_classes,)
        Gradients, only with ``grad=True``; that of `bias` where there is one.

    Raises
    ------
    ValueError
        Shapes that do not fit, a label outside the classes (named with its index, before anything is read), no rows, or
        none that counts, under "mean".
    TypeError
        Data that are not numbers, complex data, labels of another type.

    Notes
    -----
    Error: that of the product and of `cross_entropy`; the same bits for any number of threads.
    Extra memory: the logits of a twentieth of the rows or 16 MB of them, whichever is less, but of 16 rows at least;
    twice that with `label_smoothing` and gradients. Cost: 2 n d n_classes flops, with gradients three times as many.

    Examples
    --------
    >>> from mathcore.losses import linear_cross_entropy
    >>> x, w = [[1.0, 0.0], [0.0, 2.0]], [[2.0, 0.0], [0.0, 1.0], [1.0, 1.0]]
    >>> loss, dx, dw = linear_cross_entropy(x, w, [0, 1], grad=True)
    >>> loss.round(4)
    np.float64(0.5831)
    """
    fn = "linear_cross_entropy"
    workers = _validate.check_workers(workers, fn)
    label_smoothing, ignore_index = _options(label_smoothing, ignore_index, reduction, fn)
    arrays = [(name, None if a is None else _validate.as_array(a, fn, name))
              for name, a in (("x", x), ("w", w), ("bias", bias), ("weight", weight))]
    y = _validate.as_array(labels, fn, "labels")
    result, (x, w, bias, weight) = common_dtype(fn, arrays)
    compute = _validate.COMPUTE[result]
    _validate.exact_dims(x, 2, fn, "x")
    _validate.exact_dims(w, 2, fn, "w")
    _validate.same_length(x.shape[1], w.shape[1], fn, "x.shape[1] and w.shape[1]", x.shape, w.shape)
    n, n_classes = x.shape[0], w.shape[0]
    if n_classes == 0:
        raise ValueError(f"{fn}: w has no rows; expected one for each class, at least one, got shape {w.shape}")
    if n == 0 and reduction == "mean":
        raise ValueError(f"{fn}: x has no rows; expected at least one under reduction='mean', got shape {x.shape}")
    if y.shape != (n,):
        raise ValueError(f"{fn}: labels does not fit x; expected shape {(n,)}, got {y.shape}")
    if bias is not None:
        _validate.exact_dims(bias, 1, fn, "bias")
        _validate.same_length(bias.shape[0], n_classes, fn, "bias.shape[0] and w.shape[0]", bias.shape, w.shape)
        bias = plain(bias, compute)
    if weight is not None:
        _check_class_weight(weight, n_classes, fn)
        weight = plain(weight, compute)
    y = _check_labels(y, n, n_classes, ignore_index, fn)
    divisor = _divisor(y, weight, ignore_index, n, fn) if reduction == "mean" else 1.0
    x, w = plain(x, compute), plain(w, compute)
    value = np.empty(n, compute)
    slopes = [None if a is None or not grad else np.zeros(a.shape, compute) for a in (x, w, bias)]
    total = 0.0
    if n:
        total = _linear.linear_cross_entropy(x, w, bias, y, weight, label_smoothing, 1.0 / divisor, ignore_index, value,
                                             *slopes, workers, fn)
    loss = reduced_loss(value if reduction == "none" else None, total / divisor, None, result)
    return (loss, *(s.astype(result, copy=False) for s in slopes if s is not None)) if grad else loss
