# LU with partial pivoting, P A = L U, in place.

from libc.stdint cimport int32_t, int64_t

# a (m, n), rows rsa apart, unit column stride. pivots (min(m, n)): row i was exchanged with row pivots[i]. info: 0, or
# 1 + the first column without a pivot (the factorisation goes on). Scratch: SLOT_C to SLOT_E, and gemm's.
cdef int factor(int dtype, ptrdiff_t m, ptrdiff_t n, char *a, ptrdiff_t rsa, int32_t *pivots, int32_t *info,
                int threads) noexcept nogil

# a (m, n) P: columns i and pivots[i] exchanged, from the last i to the first; unit column stride.
cdef int exchange_columns(int dtype, ptrdiff_t m, ptrdiff_t n, const int32_t *pivots, char *a, ptrdiff_t rsa,
                          int threads) noexcept nogil

# b (n, k) = A^-1 b or, transposed, A^-T b, with the factors of a square matrix, rows or columns in one piece each; unit
# column stride in b.
cdef int solve_factored(int dtype, ptrdiff_t n, ptrdiff_t k, const char *lu, ptrdiff_t rsa, ptrdiff_t csa,
                        const int32_t *pivots, bint transposed, char *b, ptrdiff_t rsb, int threads) noexcept nogil

# The determinant of a from its factors (rows n apart), mantissa * 2^exponent.
cdef void determinant(int dtype, ptrdiff_t n, const char *lu, const int32_t *pivots, double *mantissa,
                      int64_t *exponent) noexcept nogil
# The logarithm of its size.
cdef double log_determinant(double mantissa, int64_t exponent) noexcept nogil
