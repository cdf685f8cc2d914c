# Symmetric tridiagonal eigenproblems by divide and conquer.

# Eigenvalues of (d (n), e (n - 1)), by rows, into d, vectors into the rows of z (n, n; ld), and the rows by rising
# eigenvalue into order. Without vectors z (n, 2) keeps the first and last element of each. The largest element of the
# matrix they come from is 1 to 2. Scratch: s, n n elements, and work, room(n, bytes of an element) bytes. `failed`
# becomes 1 where something does not converge.
cdef int divide(int dtype, ptrdiff_t n, char *d, char *e, bint vectors, char *z, ptrdiff_t ld, ptrdiff_t *order,
                char *s, char *work, int *failed, int threads) noexcept nogil

cdef ptrdiff_t room(ptrdiff_t n, ptrdiff_t size) noexcept nogil
