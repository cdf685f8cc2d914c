"""What all entropies share: the base, rows along an axis, the checks of probabilities and their words."""

import math

import numpy as np

from mathcore import _validate
from mathcore._kernels import information as _rows

NO_CHECK = math.inf                      # the slack of sums that are checked already


def unit_of(base, fn):
    """The logarithm of the base, by which nats are divided."""
    if base is None:
        return 1.0
    base = _validate.real_number(base, fn, "base", above=0)
    if base == 1 or base == math.inf:
        raise ValueError(f"{fn}: base is no base of logarithms; expected a positive number other than 1, got {base}")
    return math.log(base)


def _floats(fn, operands):
    """The floating type of the result, and the operands as arrays."""
    arrays = [_validate.as_array(x, fn, name) for name, x in operands]
    for (name, _), a in zip(operands, arrays, strict=True):
        _validate.real_dtype(a.dtype, fn, name)
    return _validate.real_dtype(np.result_type(*arrays), fn, operands[0][0]), arrays


def eps_of(a, compute):
    """The rounding of the type in which numbers were made, and that of the type that adds them."""
    return float(max(np.finfo(a.dtype).eps if a.dtype.kind == "f" else 0, np.finfo(compute).eps))


def rows_of(fn, operands, axis):
    """(result type, batch shape, [rows (k, n) of each operand]): outcomes last, contiguous, k 1 or the batch's size."""
    result, arrays = _floats(fn, operands)
    compute = _validate.COMPUTE[result]
    axis = _validate.whole_number(axis, fn, "axis")
    for (name, _), a in zip(operands, arrays, strict=True):
        _validate.at_least_dims(a, 1, fn, name)
    ndim = max(a.ndim for a in arrays)
    wide = [a.reshape((1,) * (ndim - a.ndim) + a.shape) for a in arrays]
    _validate.check_axis(axis, wide[0], fn, operands[0][0])
    moved = [np.moveaxis(a, axis, -1) for a in wide]
    n = moved[0].shape[-1]
    if moved[-1].shape[-1] != n:
        raise ValueError(f"{fn}: {operands[-1][0]} does not fit {operands[0][0]}; expected {n} outcomes, "
                         f"got shapes {arrays[0].shape} and {arrays[-1].shape}")
    if n == 0:
        raise ValueError(f"{fn}: {operands[0][0]} has no outcomes; expected at least one, got shape {arrays[0].shape}")
    batch = _validate.broadcast_batch(moved[0].shape[:-1], moved[-1].shape[:-1], fn,
                                      " and ".join(name for name, _ in operands))
    eps = [eps_of(a, compute) for a in arrays]
    size = math.prod(batch)
    rows = []
    for k, a in enumerate(moved):
        if k == 0 or math.prod(a.shape[:-1]) != 1:
            a = np.broadcast_to(a, (*batch, n))
        rows.append(np.ascontiguousarray(_validate.ready(a, compute)).reshape(-1 if size else 0, n))
    return result, batch, rows, eps


def distribution_error(fn, name, x, where, slack, divided):
    """ValueError of a row that is no distribution, or None where it is one."""
    total, bad = _rows.row_sum(x)
    place = ", ".join(map(str, where))
    if bad < 0 and not divided and (x > 1 + slack).any():
        bad = int(np.argmax(x > 1 + slack))
    if bad >= 0:
        at = f"{place}, {bad}" if place else bad
        return ValueError(f"{fn}: {name}[{at}] is no probability; expected 0 to 1, got {x[bad]}"
                          if not divided else
                          f"{fn}: {name}[{at}] is no weight; expected 0 or more, got {x[bad]}")
    subject = f"{name} row {place}" if place else name
    if divided:
        return None if 0 < total < math.inf else ValueError(
            f"{fn}: {subject} sums to {total:.7g}; expected a positive finite sum under normalize=True")
    return None if abs(total - 1) <= slack else ValueError(
        f"{fn}: {subject} sums to {total:.9g}; expected probabilities that sum to 1, or normalize=True")


def _fail(fn, operands, rows, slacks, bad, batch, divided):
    where = tuple(map(int, np.unravel_index(bad, batch)))
    for (name, _), x, slack in zip(operands, rows, slacks, strict=True):
        i = bad if len(x) > 1 else 0
        error = distribution_error(fn, name, x[i], where if len(x) > 1 else (), slack, divided)
        if error is not None:
            raise error
    raise AssertionError(f"{fn}: a row was refused that is a distribution")


def by_rows(fn, kind, operands, base, axis, normalize, workers):
    """An entropy of each row along the axis."""
    workers = _validate.check_workers(workers, fn)
    unit = unit_of(base, fn)
    result, batch, rows, eps = rows_of(fn, operands, axis)
    n = rows[0].shape[-1]
    is_logits = kind >= _rows.KINDS["entropy_from_logits"]
    slacks = [NO_CHECK if is_logits else -1.0 if normalize else 8 * n * e for e in eps]
    value = np.empty(len(rows[0]), rows[0].dtype)
    other = rows[1] if len(rows) > 1 else None
    bad = _rows.rows(kind, rows[0], other, slacks[0], slacks[-1], unit, value, workers, fn)
    if bad >= 0 and normalize:           # wrong, or of a sum beyond 2^500: tried again with 1 for the largest weight
        for name, x in zip((name for name, _ in operands), rows, strict=True):
            _refuse_weights(fn, name, x, batch)
        rows = [x / x.max(axis=-1, keepdims=True) for x in rows]
        other = rows[1] if len(rows) > 1 else None
        bad = _rows.rows(kind, rows[0], other, -1.0, -1.0, unit, value, workers, fn)
    if bad >= 0:
        _fail(fn, operands, rows, slacks, bad, batch, normalize)
    return _validate.deliver(value.reshape(batch), None, result)


def _refuse_weights(fn, name, x, batch):
    """ValueError for the first row of weights that cannot be normalised."""
    good = (x >= 0).all(axis=-1) & (x.max(axis=-1) > 0) & np.isfinite(x).all(axis=-1)
    if good.all():
        return
    i = int(np.argmin(good))
    where = tuple(map(int, np.unravel_index(i, batch))) if len(x) > 1 else ()
    raise distribution_error(fn, name, x[i], where, NO_CHECK, True)


def flat(kind, p, q, unit):
    """An entropy of all elements of tables that are checked already."""
    value = np.empty(1)
    p = np.ascontiguousarray(p, np.float64).reshape(1, -1)
    if q is not None:
        q = np.ascontiguousarray(q, np.float64).reshape(1, -1)
    _rows.rows(_rows.KINDS[kind], p, q, NO_CHECK, NO_CHECK, unit, value, None, kind)
    return value[0]
