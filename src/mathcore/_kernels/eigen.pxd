# Symmetric eigenproblems, one matrix of up to MOST rows at a time.

from libc.stdint cimport int32_t

cdef enum: MOST = 224                    # rows and columns: beyond, divide and conquer wins

# w (n), rising, and v (n, n; NULL: none), vectors in columns, of a (n, n), strides in elements, of which one triangle
# is read. info: 0; -1: not finite, w and v not written; or 1 + the number of a value that does not converge.
# Scratch: SLOT_D.
cdef int eigen_one(int dtype, ptrdiff_t n, const char *a, ptrdiff_t rsa, ptrdiff_t csa, bint lower, char *w, char *v,
                   int32_t *info) noexcept nogil
