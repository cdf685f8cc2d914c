# A = U^T U in place, for whatever needs the factor of a positive definite matrix.

# The upper triangle of A (n, n), rows of unit stride, rsa elements apart, becomes U; the other triangle is not written
# and has no effect. 0, or k > 0: the leading minor of order k is not positive definite. Scratch: SLOT_E, and gemm's.
cdef int factor_upper(int dtype, ptrdiff_t n, char *a, ptrdiff_t rsa, int threads) noexcept nogil
