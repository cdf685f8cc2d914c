# cython: binding=True
"""Whether all numbers of an array are finite, without an array of answers."""

cimport numpy as cnp
from libc.stdint cimport uint32_t, uint64_t

from mathcore._kernels.arrays cimport kernel_dtype, usable
from mathcore._kernels.runtime cimport F32, F64

cnp.import_array()

ctypedef fused bits:
    uint32_t
    uint64_t


cdef bint finite_run(const bits *x, ptrdiff_t n, bits exponent) noexcept nogil:
    """No exponent of ones among n numbers; blocks of 1024, so that a bad one ends it early."""
    cdef ptrdiff_t i, j, end
    cdef int bad
    for i in range(0, n, 1024):
        end, bad = min(n, i + 1024), 0
        for j in range(i, end):
            bad |= (x[j] & exponent) == exponent
        if bad:
            return False
    return True


cdef bint finite(const char *x, ptrdiff_t n, int dtype) noexcept nogil:
    if dtype == F64:
        return finite_run[uint64_t](<const uint64_t *>x, n, <uint64_t>0x7FF << 52)
    return finite_run[uint32_t](<const uint32_t *>x, n, <uint32_t>0xFF << 23)


def all_finite(cnp.ndarray x):
    """Of a float32 or float64 array in one piece, in whatever order; None where it is no such array."""
    cdef int dtype = kernel_dtype(cnp.PyArray_TYPE(x), cnp.PyArray_ITEMSIZE(x))
    cdef ptrdiff_t n = cnp.PyArray_SIZE(x)
    cdef const char *p = <const char *>cnp.PyArray_DATA(x)
    cdef bint good
    if dtype not in (F32, F64) or not usable(x) \
            or not (cnp.PyArray_IS_C_CONTIGUOUS(x) or cnp.PyArray_IS_F_CONTIGUOUS(x)):
        return None
    if n < 4096:
        return finite(p, n, dtype)
    with nogil:
        good = finite(p, n, dtype)
    return good
