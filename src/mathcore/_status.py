"""Kernel status code -> exception. The one table of what a kernel can say."""

from numpy.linalg import LinAlgError

_TABLE = {
    -1: (MemoryError, "{name}: could not allocate workspace"),
    -2: (KeyboardInterrupt, "{name}: interrupted"),
}


def error_for(status, name):
    """The exception for a nonzero kernel status: negative from `_TABLE`, positive k = the mathematics failed at k."""
    if status > 0:
        return LinAlgError(f"{name}: failed at index {status - 1}")
    kind, text = _TABLE[status]
    return kind(text.format(name=name))
