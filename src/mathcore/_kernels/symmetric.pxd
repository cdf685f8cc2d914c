# Symmetric matrices by their upper triangle: rows of it, and shares of equal area.

from libc.math cimport sqrt

cdef extern from "simd/symmetric.h" nogil:
    enum: BLOCK "MC_SYMMETRIC_BLOCK"
    ctypedef struct SymmetricOps "mc_symmetric_ops":
        void (*rows)(ptrdiff_t first, ptrdiff_t last, ptrdiff_t n, const void *a, ptrdiff_t rsa, const void *x,
                     void *y) noexcept nogil
        int (*mirrored)(ptrdiff_t m, ptrdiff_t n, const void *a, const void *b, ptrdiff_t rs) noexcept nogil
    const SymmetricOps *mc_symmetric_ops_for(int isa, int dtype)


cdef inline ptrdiff_t first_row(ptrdiff_t n, ptrdiff_t part, ptrdiff_t parts) noexcept nogil:
    """Where a share of the triangle begins."""
    if part == parts:
        return n
    return <ptrdiff_t>(n * (1 - sqrt(1 - <double>part / parts))) // BLOCK * BLOCK
