# The product for other kernels: C (m, n) = act(scale * A (m, k) B (k, n) + bias), any strides of A and B.

cdef extern from "simd/gemm.h" nogil:
    enum:
        CLIP "MC_CLIP"                   # to [-1, 1]
        IDENTITY "MC_IDENTITY"
        RELU "MC_RELU"
        SIGMOID_OF "MC_SIGMOID_OF"
        TANH_OF "MC_TANH_OF"
        RELU_SLOPE "MC_RELU_SLOPE"
        SIGMOID_SLOPE "MC_SIGMOID_SLOPE"
        TANH_SLOPE "MC_TANH_SLOPE"
    ctypedef void (*tile_hook "mc_tile_hook")(void *ctx, ptrdiff_t row, ptrdiff_t col, int m, int n, const void *c,
                                              ptrdiff_t rsc) noexcept nogil
    ctypedef struct Epilogue "mc_epilogue":
        const void *bias
        double scale
        int activation
        const void *y
        ptrdiff_t rsy
        tile_hook hook
        void *hook_ctx
    enum: THIN "MC_THIN"
    ctypedef struct Panel "mc_panel":
        ptrdiff_t m, n, k
        const void *a
        ptrdiff_t gsa, rsa, csa
        const void *b
        ptrdiff_t ssb, rsb
        int far
        void *c
        ptrdiff_t rsc
        int accumulate, resume
        const Epilogue *epilogue
        ptrdiff_t row, col
    ctypedef struct Tiny "mc_tiny":
        ptrdiff_t count, m, n, k
        const void *a
        ptrdiff_t sa, rsa, csa
        const void *b
        ptrdiff_t sb, rsb
        void *c
        ptrdiff_t sc, rsc
        int far
    ctypedef struct GemmOps "mc_gemm_ops":
        int size, lanes, mr, nr
        void (*panel)(const Panel *p) noexcept nogil
        int (*tiny)(const Tiny *t) noexcept nogil
        void (*pack)(ptrdiff_t rows, ptrdiff_t k, const void *x, ptrdiff_t rs, ptrdiff_t cs, ptrdiff_t width,
                     void *out) noexcept nogil
        void (*thin)(ptrdiff_t m, int n, ptrdiff_t k, const void *a, ptrdiff_t rsa, const void *packed, void *c,
                     ptrdiff_t rsc, ptrdiff_t kc) noexcept nogil
        void (*thin_pack)(ptrdiff_t k, int n, const void *b, ptrdiff_t rsb, ptrdiff_t csb, void *out) noexcept nogil
        void (*row)(ptrdiff_t n, ptrdiff_t k, const void *a, ptrdiff_t csa, const void *b, ptrdiff_t rsb, void *c,
                    ptrdiff_t kc) noexcept nogil
        void (*add_block)(ptrdiff_t m, ptrdiff_t n, const void *x, ptrdiff_t rsx, void *c, ptrdiff_t rsc,
                          int accumulate) noexcept nogil
    int mc_thin_width(int n)
    void mc_prefetch(ptrdiff_t nbytes, const char *p)
    void mc_touch(ptrdiff_t rows, ptrdiff_t nbytes, const char *p, ptrdiff_t stride)

# The table is asked for here, not in C: whoever names it there compiles the bodies once more.
cdef const GemmOps *gemm_ops(int dtype) noexcept nogil

cdef extern from "simd/dot.h" nogil:
    enum: DOT_BLOCK "MC_DOT_BLOCK"
    ctypedef struct DotOps "mc_dot_ops":
        void (*rows)(ptrdiff_t m, ptrdiff_t k, const void *a, ptrdiff_t rsa, ptrdiff_t csa, const void *x, ptrdiff_t sx,
                     void *y, ptrdiff_t sy) noexcept nogil
        void (*add_blocks)(ptrdiff_t blocks, ptrdiff_t m, const void *parts, void *y, ptrdiff_t sy,
                           int accumulate) noexcept nogil
    const DotOps *mc_dot_ops_for(int isa, int dtype)

# Block sizes. kc is part of every result's bits; the others are not.
ctypedef struct Tuning:
    ptrdiff_t kc, mc, nc

# The epilogue's hook sees each finished tile while it is in cache: tiles of one row in rising order of columns, one at
# a time; different rows from different threads. matmul.row_max shows one.

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
    int add                              # 1: to what C holds; -1: C minus the product; both without an epilogue
    bint spare                           # goes on without scratch where there is none: an update must not stop half way
    bint upper_only                      # C is symmetric: only tiles that touch its upper triangle are computed
    int threads
    # the plan
    Tuning tuning
    const GemmOps *ops
    int path
    bint pack_a, pack_b                  # into panels, before the tiles read them
    bint swapped                         # C^T = B^T A^T is computed
    ptrdiff_t rows, cols                 # of one chunk of C
    # the block at hand
    ptrdiff_t j0, nb, p0, kb
    char *packed_b                       # or the partial sums of a dot

cdef void plan(Product *p) noexcept nogil
cdef int run(Product *p) noexcept nogil

# C (m, n) -= A (m, k) B (k, n), strides in elements; upper_only as above.
cdef int subtract(int dtype, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const void *a, ptrdiff_t rsa, ptrdiff_t csa,
                  const void *b, ptrdiff_t rsb, ptrdiff_t csb, void *c, ptrdiff_t rsc, bint upper_only,
                  int threads) noexcept nogil

# Products of a batch, strides in bytes. Fill all but per_chunk, then run.
cdef enum: MAX_DIMS = 64

ctypedef struct Batch:
    Product product
    int ndim
    ptrdiff_t shape[MAX_DIMS]
    ptrdiff_t sa[MAX_DIMS]
    ptrdiff_t sb[MAX_DIMS]
    ptrdiff_t sc[MAX_DIMS]
    ptrdiff_t count, per_chunk

cdef int run_batch(Batch *b) noexcept nogil
