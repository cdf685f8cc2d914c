"""What all losses share: their type, contiguous operands, the loss as it was asked for."""

import numpy as np

from mathcore import _validate

REDUCTIONS = ("mean", "sum", "none")


def common_dtype(fn, operands):
    """The floating type that a loss of these (name, value) operands has, and their arrays; Python numbers are weak."""
    arrays = [None if x is None else _validate.as_array(x, fn, name) for name, x in operands]
    weak = [x if type(x) in (bool, int, float) else a
            for (_, x), a in zip(operands, arrays, strict=True) if x is not None]
    for (name, _), a in zip(operands, arrays, strict=True):
        if a is not None:
            _validate.real_dtype(a.dtype, fn, name)
    return _validate.real_dtype(np.result_type(*weak), fn, operands[0][0]), arrays


def plain(a, compute):
    return np.asarray(_validate.ready(a, compute), order="C")       # ascontiguousarray makes 0-d arrays 1-d


def reduced_loss(value, reduced, gradient, result):
    """The loss as it was asked for, with its gradient where there is one."""
    loss = result.type(reduced) if value is None else _validate.deliver(value, None, result)
    return loss if gradient is None else (loss, gradient.astype(result, copy=False))
