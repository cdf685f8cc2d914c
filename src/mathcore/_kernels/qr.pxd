# Householder QR over products, in place, for what solves with it.

from libc.stdint cimport int32_t

cdef extern from "simd/qr.h" nogil:
    enum: STRIP "MC_QR_STRIP"
    ctypedef struct QrOps "mc_qr_ops":
        int size
        void (*factor)(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, void *a, ptrdiff_t lda, void *x, ptrdiff_t ldx, void *tau,
                       void *work) noexcept nogil
        void (*form)(ptrdiff_t m, ptrdiff_t q, ptrdiff_t k, void *a, ptrdiff_t lda, const void *x, ptrdiff_t ldx,
                     const void *tau, void *work) noexcept nogil
        void (*reflector)(ptrdiff_t count, void *v, const void *squares, void *beta_tau) noexcept nogil
        void (*extend)(ptrdiff_t first, ptrdiff_t count, ptrdiff_t nb, const void *h, ptrdiff_t ldh, const void *tau,
                       void *u) noexcept nogil
        void (*scatter)(ptrdiff_t m, ptrdiff_t w, const void *l, ptrdiff_t ldl, const void *x, ptrdiff_t ldx, void *a,
                        ptrdiff_t rsa) noexcept nogil
        void (*gather)(ptrdiff_t m, ptrdiff_t w, const void *a, ptrdiff_t rsa, void *x, ptrdiff_t ldx) noexcept nogil
        void (*copy)(ptrdiff_t m, ptrdiff_t n, const void *a, ptrdiff_t rsa, ptrdiff_t csa, void *out,
                     ptrdiff_t rso) noexcept nogil
        void (*upper)(ptrdiff_t m, ptrdiff_t n, const void *a, ptrdiff_t rsa, void *out, ptrdiff_t rso) noexcept nogil
        void (*identity)(ptrdiff_t m, ptrdiff_t n, void *out, ptrdiff_t rso) noexcept nogil
        void (*minus_rows)(ptrdiff_t rows, ptrdiff_t n, const void *c, ptrdiff_t sc, const void *x, ptrdiff_t ldx,
                           void *out) noexcept nogil
        void (*sums)(ptrdiff_t m, ptrdiff_t n, const void *v, void *a, ptrdiff_t lda, ptrdiff_t to,
                     void *out) noexcept nogil
        void (*exchange)(ptrdiff_t m, void *a, ptrdiff_t rsa, ptrdiff_t first, ptrdiff_t count,
                         const ptrdiff_t *others) noexcept nogil
        void (*scale)(ptrdiff_t n, const void *factor, void *x) noexcept nogil
        ptrdiff_t (*largest)(ptrdiff_t n, const void *x) noexcept nogil
        void (*norms)(ptrdiff_t m, ptrdiff_t n, const void *a, ptrdiff_t lda, void *norms) noexcept nogil
        void (*renew)(ptrdiff_t m, ptrdiff_t n, const void *a, ptrdiff_t lda, void *norms, void *exact) noexcept nogil
        ptrdiff_t (*downdate)(ptrdiff_t n, const void *row, void *norms, const void *exact) noexcept nogil
    const QrOps *mc_qr_ops_for(int isa, int dtype)

# The table is asked for here, not in C: whoever names it there compiles the bodies once more.
cdef const QrOps *qr_ops(int dtype) noexcept nogil

# The scratch of one matrix: the vectors of a block (nb, ldx), products with it (nb, cols) twice, inner products of the
# vectors (nb, nb), and a leaf with its own scratch.
ctypedef struct Scratch:
    ptrdiff_t nb, leaf, ldx, cols
    char *x
    char *w
    char *w2
    char *h
    char *columns
    char *work

# For matrices of m rows, k reflections and `cols` columns that meet them. In SLOT_E.
cdef int take(Scratch *s, const QrOps *ops, ptrdiff_t m, ptrdiff_t k, ptrdiff_t cols) noexcept nogil

# Rows first ... first + w of the triangle u = T^T (nb, nb) of a block I - V T V^T of m rows, vectors in s.x.
cdef void extend(int dtype, const QrOps *ops, const Scratch *s, ptrdiff_t m, ptrdiff_t first, ptrdiff_t w,
                 const char *tau, char *u) noexcept nogil

# C (m, p) = (I - V T^T V^T) C (transposed) or (I - V T V^T) C; rows of V^T (w, m) in x, T^T in u.
cdef int reflect(int dtype, const Scratch *s, ptrdiff_t m, ptrdiff_t w, const char *x, const char *u, ptrdiff_t ldu,
                 bint transposed, ptrdiff_t p, char *c, ptrdiff_t rsc, int threads) noexcept nogil

# Of the vectors of a block: never a multiple of a page, which would share a few lines of cache.
cdef ptrdiff_t row_length(ptrdiff_t m) noexcept nogil

# Elements of `t`, the triangles that the reflections of a matrix (m, n) are applied with.
cdef ptrdiff_t triangles(int dtype, ptrdiff_t m, ptrdiff_t n) noexcept nogil

# A (m, n) = Q R in place, rows rsa apart, unit column stride: R on and above the diagonal, below it the vectors of the
# reflections as LAPACK has them, their factors in tau (min(m, n)); t as above. Scratch: SLOT_E, and gemm's.
cdef int factor(int dtype, ptrdiff_t m, ptrdiff_t n, char *a, ptrdiff_t rsa, char *tau, char *t,
                int threads) noexcept nogil

# The same of A P: column j of the result was column pivots[j] (n), the diagonal of R does not rise.
cdef int factor_pivoted(int dtype, ptrdiff_t m, ptrdiff_t n, char *a, ptrdiff_t rsa, char *tau, char *t,
                        int32_t *pivots, int threads) noexcept nogil

# C (m, p) = Q^T C (transposed) or Q C, with the reflections that factor left of a matrix (m, n).
cdef int apply(int dtype, ptrdiff_t m, ptrdiff_t n, const char *a, ptrdiff_t rsa, const char *t, bint transposed,
               ptrdiff_t p, char *c, ptrdiff_t rsc, int threads) noexcept nogil

# The first q columns of Q in place of what factor left of a matrix (m, n), min(m, n) <= q <= m.
cdef int form(int dtype, ptrdiff_t m, ptrdiff_t n, ptrdiff_t q, char *a, ptrdiff_t rsa, const char *t,
              int threads) noexcept nogil

# C (m, n) = A (m, k) B (k, n), strides in elements, unit column stride in C.
cdef int multiply(int dtype, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const char *a, ptrdiff_t rsa, ptrdiff_t csa,
                  const char *b, ptrdiff_t rsb, ptrdiff_t csb, char *c, ptrdiff_t rsc, int threads) noexcept nogil
