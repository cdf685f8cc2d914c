"""Powers of two that keep squares and sums in range: multiplying by them is exact, so nothing else changes."""

import numpy as np


def scaled(x, axis):
    """(y, e) with x = y * 2**e exactly but for what underflows beside the largest element along `axis` (an axis or a
    tuple), whose size in y is about 1. e keeps those axes; it is 0 where the largest element is 0, infinite or NaN."""
    largest = np.abs(x).max(axis=axis, keepdims=True, initial=0)
    e = np.frexp(np.where(np.isfinite(largest), largest, 0))[1]
    e = np.maximum(e, 1 - np.finfo(x.dtype).maxexp)             # 2**-e is a number
    with np.errstate(under="ignore"):
        return x * np.ldexp(x.dtype.type(1), -e), e
