# Triangular systems in place, the update of every factorisation.

from libc.stdint cimport int32_t

cdef extern from "simd/triangular.h" nogil:
    enum: TRIANGLE "MC_TRIANGLE"
    ctypedef struct TriangularOps "mc_triangular_ops":
        int size, lanes, width
        void (*pack)(ptrdiff_t n, const void *a, ptrdiff_t rsa, ptrdiff_t csa, int unit, void *l,
                     void *inverse) noexcept nogil
        void (*strip)(ptrdiff_t n, int w, const void *l, const void *inverse, void *b, ptrdiff_t rsb,
                      void *packed) noexcept nogil
        void (*vector)(ptrdiff_t n, const void *a, ptrdiff_t rsa, ptrdiff_t csa, int lower, int unit,
                       void *x) noexcept nogil

# The table is asked for here, not in C: whoever names it there compiles the bodies once more.
cdef const TriangularOps *triangular_ops(int dtype) noexcept nogil

# B (n, m) = L^-1 B. L (n, n) lower triangular; with `unit` its diagonal counts as ones and is not read. Strides in
# elements, signed: an upper triangle is a lower one read from its last row and column backwards (and B's rows too), a
# transposed one is read with its strides exchanged. Columns of B have unit stride. Zeros on the diagonal are not looked
# for: they give inf or NaN. With one column (m = 1) the strides are positive and one of them is 1. Scratch: SLOT_D,
# and gemm's.
cdef int solve_lower(int dtype, ptrdiff_t n, ptrdiff_t m, const void *a, ptrdiff_t rsa, ptrdiff_t csa, bint unit,
                     void *b, ptrdiff_t rsb, int threads) noexcept nogil

# The same with the lower or the upper triangle of a.
cdef int solve_triangle(int dtype, ptrdiff_t n, ptrdiff_t m, const char *a, ptrdiff_t rsa, ptrdiff_t csa, bint lower,
                        bint unit, char *b, ptrdiff_t rsb, int threads) noexcept nogil

# 1 + the first row of a whose diagonal is zero, or 0; `step` elements from one to the next.
cdef int32_t zero_on_diagonal(int dtype, ptrdiff_t n, const char *a, ptrdiff_t step) noexcept nogil
