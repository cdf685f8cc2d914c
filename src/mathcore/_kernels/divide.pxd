# Divide and conquer for what a reduction leaves.

# Eigenvalues of the symmetric tridiagonal matrix (d (n), e (n - 1, room for n)), by rows, into d, vectors into the rows
# of z (n, n; ld), and the rows by rising value into order. With `singular`, singular values of the bidiagonal matrix
# with e above d, right vectors in z, left ones in u, or NULL. Without vectors z (n, 2) keeps the first and last element
# of each. The largest element of the matrix they come from is 1 to 2. Scratch: s, n n elements, and work, room(n, bytes
# of an element, whether there are left vectors) bytes. `failed` becomes 1 where something does not converge.
cdef int divide(int dtype, ptrdiff_t n, char *d, char *e, bint vectors, char *z, char *u, ptrdiff_t ld,
                ptrdiff_t *order, char *s, char *work, int *failed, int threads, bint singular) noexcept nogil

cdef ptrdiff_t room(ptrdiff_t n, ptrdiff_t size, bint left) noexcept nogil
