# One linear system at a time, checked.

from libc.stdint cimport int32_t

# What stands for A in a solve: its factors, or itself where it is a triangle.
cdef enum Kind:
    GENERAL, LOWER, UPPER, POSITIVE

ctypedef struct System:
    int dtype, threads
    Kind kind
    ptrdiff_t n, k, size
    const char *a                        # (n, n), as it came
    char *lu                             # its factors, or a itself for a triangle
    int32_t *pivots
    const char *b                        # (n, k)
    char *x                              # (n, k)
    int32_t info
    double rcond, backward_error

# x with a x = b, factors in lu and pivots, and info, rcond and backward_error of it.
cdef int solve_one(System *s) noexcept nogil
# x = a^-1, the rest likewise but for backward_error.
cdef int inverse_one(System *s) noexcept nogil
# The backward error that an answer may have.
cdef double bound(ptrdiff_t n, int dtype) noexcept nogil
