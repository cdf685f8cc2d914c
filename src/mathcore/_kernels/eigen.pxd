# Symmetric eigenproblems, one matrix of up to MOST rows at a time.

from libc.stdint cimport int32_t

cdef extern from "simd/eigen.h" nogil:
    enum: UNIT "MC_EIGEN_UNIT"
    ctypedef struct EigenOps "mc_eigen_ops":
        int size
        void (*reduce)(ptrdiff_t n, void *a, ptrdiff_t ld, void *d, void *e, void *tau, void *w) noexcept nogil
        void (*form)(ptrdiff_t n, const void *a, ptrdiff_t ld, const void *tau, void *q, void *w) noexcept nogil
        ptrdiff_t (*solve)(ptrdiff_t n, void *d, void *e, void *z, ptrdiff_t ld) noexcept nogil
        void (*columns)(ptrdiff_t n, const void *x, ptrdiff_t ld, const ptrdiff_t *order, void *to) noexcept nogil
        double (*take)(ptrdiff_t n, const void *x, ptrdiff_t rsx, ptrdiff_t csx, int lower, void *a,
                       ptrdiff_t ld) noexcept nogil
    const EigenOps *mc_eigen_ops_for(int isa, int dtype)

# The table is asked for here, not in C: whoever names it there compiles the bodies once more.
cdef const EigenOps *eigen_ops(int dtype) noexcept nogil

cdef enum: MOST = 32                     # rows and columns: beyond, divide and conquer wins

ctypedef fused real:
    float
    double


cdef inline void by_size(ptrdiff_t n, const real *d, ptrdiff_t *order) noexcept nogil:
    """Numbers of the elements of d in rising order, equal ones as they stand: by insertion, for few."""
    cdef ptrdiff_t i, j
    for i in range(n):
        j = i
        while j and d[order[j - 1]] > d[i]:
            order[j] = order[j - 1]
            j -= 1
        order[j] = i


# w (n), rising, and v (n, n; NULL: none), vectors in columns, of a (n, n), strides in elements, of which one triangle
# is read. info: 0; -1: not finite, w and v not written; or 1 + the number of a value that does not converge.
# Scratch: SLOT_D.
cdef int eigen_one(int dtype, ptrdiff_t n, const char *a, ptrdiff_t rsa, ptrdiff_t csa, bint lower, char *w, char *v,
                   int32_t *info) noexcept nogil
