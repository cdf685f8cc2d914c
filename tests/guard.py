"""Arrays between two pages that no one may touch: a read or a write one byte past either end is a segmentation fault.

The fault ends the whole test run, with Python's faulthandler naming the test: a pass is that it does not happen.
"""

import ctypes
import mmap

import numpy as np

PAGE = mmap.PAGESIZE
_LIBC = ctypes.CDLL(None, use_errno=True)
_PROT_NONE = 0


class Guarded:
    """`nbytes` of memory, rounded up to pages, with a forbidden page before and after."""

    FILL = 0xA5

    def __init__(self, nbytes):
        self.size = -(-nbytes // PAGE) * PAGE
        self._map = mmap.mmap(-1, self.size + 2 * PAGE)
        base = ctypes.addressof(ctypes.c_char.from_buffer(self._map))
        self.address = base + PAGE
        for page in (base, self.address + self.size):
            if _LIBC.mprotect(ctypes.c_void_p(page), ctypes.c_size_t(PAGE), _PROT_NONE):
                raise OSError(ctypes.get_errno(), "mprotect")
        self.bytes = np.frombuffer((ctypes.c_uint8 * self.size).from_address(self.address), np.uint8)
        self.bytes[...] = self.FILL

    def _place(self, nbytes, at_end):
        start = self.size - nbytes if at_end else 0
        return self.bytes[start:start + nbytes]

    def array(self, x, at_end, layout="C"):
        """A copy of x that ends at the page after, or begins at the page before."""
        x = np.asarray(x)
        if layout == "F":
            return self.array(x.T, at_end).T
        if layout == "reversed":
            back = (slice(None, None, -1),) * x.ndim
            return self.array(x[back], at_end)[back]
        if layout == "padded" and x.ndim == 2 and x.size:
            rows, columns = x.shape
            pitch = columns + 3
            flat = self._place(((rows - 1) * pitch + columns) * x.itemsize, at_end).view(x.dtype)
            view = np.lib.stride_tricks.as_strided(flat, x.shape, (pitch * x.itemsize, x.itemsize))
        else:
            view = self._place(x.nbytes, at_end).view(x.dtype).reshape(x.shape)
        view[...] = x
        return view

    def untouched_except(self, nbytes, at_end):
        """Whether all bytes but those of an array of `nbytes` are as they were made; makes them so again."""
        rest = self.bytes[:-nbytes or None] if at_end else self.bytes[nbytes:]
        same = bool((rest == self.FILL).all())
        self.bytes[...] = self.FILL
        return same
