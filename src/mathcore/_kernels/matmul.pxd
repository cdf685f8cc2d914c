# The product for other kernels: C (m, n) = act(scale * A (m, k) B (k, n) + bias), any strides of A and B.

cdef extern from "simd/gemm.h" nogil:
    enum:
        IDENTITY "MC_IDENTITY"
        RELU "MC_RELU"
    ctypedef void (*tile_hook "mc_tile_hook")(void *ctx, ptrdiff_t row, ptrdiff_t col, int m, int n, const void *c,
                                              ptrdiff_t rsc) noexcept nogil
    ctypedef struct Epilogue "mc_epilogue":
        const void *bias
        double scale
        int activation
        tile_hook hook
        void *hook_ctx
    enum: THIN "MC_THIN"
    ctypedef struct Panel "mc_panel":
        ptrdiff_t m, n, k
        const void *a
        ptrdiff_t gsa, rsa, csa
        const void *b
        ptrdiff_t ssb, rsb
        void *c
        ptrdiff_t rsc
        int accumulate
        const Epilogue *epilogue
        ptrdiff_t row, col
    ctypedef struct GemmOps "mc_gemm_ops":
        int size, lanes, mr, nr
        void (*panel)(const Panel *p) noexcept nogil
        void (*pack)(ptrdiff_t rows, ptrdiff_t k, const void *x, ptrdiff_t rs, ptrdiff_t cs, ptrdiff_t width,
                     void *out) noexcept nogil
        void (*thin)(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const void *a, ptrdiff_t rsa, const void *b, ptrdiff_t rsb,
                     ptrdiff_t csb, void *c, ptrdiff_t rsc, ptrdiff_t kc) noexcept nogil
    const GemmOps *mc_gemm_ops_for(int isa, int dtype)

# Block sizes. kc is part of every result's bits; the others are not.
ctypedef struct Tuning:
    ptrdiff_t kc, mc, nc

# One product; strides in elements, unit column stride in C. Fill the first part, then plan, then run.
ctypedef struct Product:
    int dtype
    ptrdiff_t m, n, k
    const char *a
    ptrdiff_t rsa, csa
    const char *b
    ptrdiff_t rsb, csb
    char *c
    ptrdiff_t rsc
    const Epilogue *epilogue             # or NULL
    bint upper_only                      # C is symmetric: only tiles that touch its upper triangle are computed
    int threads
    # the plan
    Tuning tuning
    const GemmOps *ops
    int path
    bint pack_a, pack_b, swapped
    ptrdiff_t rows, cols                 # of one chunk of C
    # the block at hand
    ptrdiff_t j0, nb, p0, kb
    const char *packed_b

cdef void plan(Product *p, const Tuning *tuning) noexcept nogil
cdef int run(Product *p) noexcept nogil
