# cython: binding=True
"""QR of tall matrices, bound by memory: Cholesky's factor of the Gram matrix, twice (CholeskyQR2), where a certificate
holds; else Householder's method on blocks of rows that stay in cache, and again on their triangles (TSQR).

Rows are taken in blocks of BLOCK_BYTES and those in chunks, both by the shape alone; each chunk has a Gram matrix of
its own and they are added in order, so the bits do not depend on the number of threads."""

cimport numpy as cnp
from libc.string cimport memcpy, memset

from mathcore._kernels.arrays cimport kernel_dtype
from mathcore._kernels.cholesky cimport factor_upper
from mathcore._kernels.gemm cimport GemmOps, Panel, Product, gemm_ops, plan, run
from mathcore._kernels.qr cimport QrOps, factor, form, mc_qr_ops_for, multiply, triangles
from mathcore._kernels.runtime cimport (
    F32, F64, NO_MEMORY, OK, SLOT_C, SLOT_D, SLOT_E,
    check_interrupt, isa, parallel_for, raise_for, threads_for, work_begin, workspace,
)

cnp.import_array()

cdef extern from "simd/tall.h" nogil:
    enum: STRIP "MC_TALL_STRIP"
    ctypedef struct Ops "mc_tall_ops":
        void (*widen)(ptrdiff_t m, ptrdiff_t n, const void *a, ptrdiff_t rsa, double *out) noexcept nogil
        void (*add_upper)(ptrdiff_t n, const double *x, double *c) noexcept nogil
        void (*narrow)(ptrdiff_t n, double *r, void *out) noexcept nogil
        void (*invert)(ptrdiff_t n, const double *r, ptrdiff_t ldr, void *out) noexcept nogil
        void (*signs)(ptrdiff_t n, double *q, double *signs) noexcept nogil
    const Ops *mc_tall_ops_for(int isa, int dtype)

cdef enum:
    UNFIT = 1                            # no certificate: Householder's method serves
    COLUMNS = 512                        # at most: wider matrices are bound by arithmetic
    ASPECT = 8                           # rows for each column, at least
    CHUNKS = 64                          # at most

cdef ptrdiff_t LEAST = 32 * 1024         # elements
cdef ptrdiff_t BLOCK_BYTES = 128 * 1024  # rows of A at a time; with their Q, half of L2
cdef ptrdiff_t GRAMS_BYTES = 4 << 20     # Gram matrices of all chunks
cdef ptrdiff_t TREE_BYTES = 256 * 1024   # of a block that Householder's method factors


def is_tall(ptrdiff_t m, ptrdiff_t n):
    """Whether the shape is one for this method."""
    return 1 <= n <= COLUMNS and m >= ASPECT * n and m * n >= LEAST


def set_least(elements):
    """Change the size from which matrices are tall, and return the former: for tests."""
    global LEAST
    former, LEAST = LEAST, elements
    return former


# One matrix (m, n) and its passes. r: the factor to divide by, in the element type, and the inverses of its diagonal
# blocks.
ctypedef struct Tall:
    const Ops *ops
    const GemmOps *gemm
    int dtype, threads
    ptrdiff_t m, n, size, block, chunk
    const char *a
    ptrdiff_t rsa
    char *q                              # or NULL: not asked for
    char *rest                           # or NULL: what Q is still to be divided by, (n, n)
    char *r
    char *inverses
    double *grams                        # NULL: none in this pass


cdef int gram(Tall *t, ptrdiff_t rows, const char *x, ptrdiff_t rsx, double *wide, double *g) noexcept nogil:
    """g += x^T x, x (rows, n), upper triangle."""
    cdef Product p
    p.a, p.csa = x, rsx
    if t.dtype == F32:
        t.ops.widen(rows, t.n, x, rsx, wide)
        p.a, p.csa = <const char *>wide, t.n
    p.dtype, p.m, p.n, p.k, p.threads = F64, t.n, t.n, rows, 1
    p.rsa = p.csb = 1
    p.b, p.rsb, p.c, p.rsc = p.a, p.csa, <char *>g, t.n
    p.epilogue, p.add, p.spare, p.upper_only = NULL, 1, False, True
    plan(&p)
    return run(&p)


cdef void product(Tall *t, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const char *a, ptrdiff_t rsa, const char *b,
                  ptrdiff_t rsb, char *c, ptrdiff_t rsc, int accumulate) noexcept nogil:
    cdef Panel p
    p.m, p.n, p.k = m, n, k
    p.a, p.gsa, p.rsa, p.csa = a, t.gemm.mr * rsa, rsa, 1
    p.b, p.ssb, p.rsb, p.far = b, t.gemm.nr, rsb, 0
    p.c, p.rsc, p.accumulate, p.resume = c, rsc, accumulate, 0
    p.epilogue, p.row, p.col = NULL, 0, 0
    t.gemm.panel(&p)


cdef void divide(Tall *t, ptrdiff_t rows, const char *x, ptrdiff_t rsx, char *q, ptrdiff_t rsq,
                 char *strip) noexcept nogil:
    """q = x R^-1, a strip of columns at a time; q may be x."""
    cdef ptrdiff_t c = 0, w, i, size = t.size
    while c < t.n:
        w = min(<ptrdiff_t>STRIP, t.n - c)
        for i in range(rows):
            memcpy(strip + i * w * size, x + (i * rsx + c) * size, w * size)
        if c:
            product(t, rows, w, c, q, rsq, t.r + c * size, t.n, strip, w, -1)
        product(t, rows, w, w, strip, w, t.inverses + c * STRIP * size, w, q + c * size, rsq, 0)
        c += w


cdef int chunk(void *ctx, ptrdiff_t i) noexcept nogil:
    """Rows of chunk i: divided by R where there is one, then added to the chunk's Gram matrix."""
    cdef Tall *t = <Tall *>ctx
    cdef ptrdiff_t row = i * t.chunk, end = min(t.m, row + t.chunk), rows, rsx
    cdef double *g = t.grams + i * t.n * t.n if t.grams != NULL else NULL
    cdef char *strip = <char *>workspace(SLOT_E, t.block * (STRIP + t.n) * 8 + t.block * t.n * t.size)
    cdef double *wide
    cdef const char *x
    cdef char *q
    cdef int status = OK
    if strip == NULL:
        return NO_MEMORY
    wide = <double *>(strip + t.block * STRIP * 8)
    if g != NULL:
        memset(g, 0, t.n * t.n * 8)
    while status == OK and row < end:
        rows = min(t.block, end - row)
        x, rsx = t.a + row * t.rsa * t.size, t.rsa
        if t.r != NULL:
            q = t.q + row * t.n * t.size if t.q != NULL else <char *>(wide + t.block * t.n)
            divide(t, rows, x, rsx, q, t.n, strip)
            x, rsx = q, t.n
        if g != NULL:
            status = gram(t, rows, x, rsx, wide, g)
        if status == OK:
            status = check_interrupt()
        row += rows
    return status


cdef int run_pass(Tall *t, double *g) noexcept nogil:
    """All chunks; their Gram matrices added in order into g, which is the first chunk's (NULL: none)."""
    cdef ptrdiff_t chunks = (t.m + t.chunk - 1) // t.chunk, i
    cdef int status
    t.grams = g
    status = parallel_for(chunk, t, chunks, t.threads)
    if status == OK and g != NULL:
        for i in range(1, chunks):
            t.ops.add_upper(t.n, g + i * t.n * t.n, g)
    return status


cdef int cholesky(Tall *t, double *g) noexcept nogil:
    """g (n, n) = R^T R in place, upper triangle; UNFIT where it is not positive definite."""
    cdef int status = factor_upper(F64, t.n, <char *>g, t.n, 1)
    return UNFIT if status > 0 else status


cdef void set_divisor(Tall *t, double *r, char *narrow, char *inverses) noexcept nogil:
    cdef ptrdiff_t c = 0, w
    t.r, t.inverses = narrow, inverses
    t.ops.narrow(t.n, r, narrow)
    while c < t.n:
        w = min(<ptrdiff_t>STRIP, t.n - c)
        t.ops.invert(w, r + c * (t.n + 1), t.n, inverses + c * STRIP * t.size)
        c += w


cdef bint certified(ptrdiff_t n, const double *g) noexcept nogil:
    """|G - I| <= 0.1, Frobenius norm: the first pass has left little to do, and a second ends at rounding errors."""
    cdef double total = 0, d
    cdef ptrdiff_t i, j
    for i in range(n):
        d = g[i * n + i] - 1
        total += d * d
        for j in range(i + 1, n):
            total += 2 * g[i * n + j] * g[i * n + j]
    return total <= 0.01


cdef int turn(Tall *t, const char *first, double *second, double *square, char *inverses, char *narrow) noexcept nogil:
    """Signs of R as Householder's method has them, into the rows of the second factor."""
    cdef ptrdiff_t n = t.n, i, j
    cdef char *strip = <char *>workspace(SLOT_E, n * (STRIP + n) * t.size + n * 8)
    cdef char *q
    cdef double *signs
    if strip == NULL:
        return NO_MEMORY
    q = strip + n * STRIP * t.size
    signs = <double *>(q + n * n * t.size)
    divide(t, n, first, t.rsa, q, n, strip)
    set_divisor(t, second, narrow, inverses)
    divide(t, n, q, n, q, n, strip)
    t.ops.widen(n, n, q, n, square)
    t.ops.signs(n, square, signs)
    for i in range(n):
        for j in range(i, n):
            second[i * n + j] *= signs[i]
    return OK


cdef int cholesky_qr(Tall *t, char *r) noexcept nogil:
    """Q in t.q, if asked for, and R (n, n); or UNFIT, nothing but t.q written."""
    cdef ptrdiff_t n = t.n, square = n * n, chunks = (t.m + t.chunk - 1) // t.chunk
    cdef double *second = <double *>workspace(SLOT_C, ((chunks + 2) * square + n * STRIP) * 8 + square * t.size)
    cdef double *first
    cdef double *turned
    cdef char *narrow
    cdef char *inverses
    cdef const char *a = t.a
    cdef char *q = t.q
    cdef int status
    if second == NULL:
        return NO_MEMORY
    first = second + chunks * square
    turned = first + square
    inverses = <char *>(turned + square)
    narrow = inverses + n * STRIP * 8
    t.r = NULL
    status = run_pass(t, second)
    if status == OK:
        memcpy(first, second, square * 8)
        status = cholesky(t, first)
    if status:
        return status
    set_divisor(t, first, narrow, inverses)
    status = run_pass(t, second)
    if status == OK:
        status = cholesky(t, second) if certified(n, second) else UNFIT
    if status == OK:
        status = turn(t, a, second, turned, inverses, narrow)
    if status:
        return status
    set_divisor(t, second, narrow, inverses)
    if t.rest != NULL:
        memcpy(t.rest, narrow, square * t.size)
    elif q != NULL:
        t.a, t.rsa = q, n
        status = run_pass(t, NULL)
    if status == OK:
        status = multiply(F64, n, n, n, <char *>second, n, 1, <char *>first, n, 1, <char *>turned, n, 1)
    t.ops.narrow(n, turned, r)
    return status


# ------------------------------------------------------------------ without a certificate

# Blocks of `rows` rows, each factored alone: their Q in place, their R in the stack (blocks * n, n), which is factored
# in turn; what takes the place of each R in it then turns that block's Q into rows of the whole one.
ctypedef struct Tree:
    Tall *t
    const QrOps *ops
    ptrdiff_t rows, blocks
    char *stack


cdef ptrdiff_t rows_of(const Tree *s, ptrdiff_t i) noexcept nogil:
    """The last block takes what is left over."""
    return s.rows if i + 1 < s.blocks else s.t.m - i * s.rows


cdef int factor_block(void *ctx, ptrdiff_t i) noexcept nogil:
    cdef const Tree *s = <const Tree *>ctx
    cdef const Tall *t = s.t
    cdef ptrdiff_t n = t.n, rows = rows_of(s, i), first = i * s.rows * n * t.size, extra = triangles(t.dtype, rows, n)
    cdef char *work = <char *>workspace(SLOT_D, (n + extra + (0 if t.q != NULL else rows * n)) * t.size)
    cdef char *q
    cdef int status
    if work == NULL:
        return NO_MEMORY
    q = t.q + first if t.q != NULL else work + (n + extra) * t.size
    s.ops.copy(rows, n, t.a + i * s.rows * t.rsa * t.size, t.rsa, 1, q, n)
    status = factor(t.dtype, rows, n, q, n, work, work + n * t.size, 1)
    if status:
        return status
    s.ops.upper(n, n, q, n, s.stack + i * n * n * t.size, n)
    return form(t.dtype, rows, n, n, q, n, work + n * t.size, 1) if t.q != NULL else OK


cdef int turn_block(void *ctx, ptrdiff_t i) noexcept nogil:
    cdef const Tree *s = <const Tree *>ctx
    cdef Tall *t = s.t
    cdef ptrdiff_t n = t.n, rows = rows_of(s, i)
    cdef char *q = t.q + i * s.rows * n * t.size
    cdef char *copy = <char *>workspace(SLOT_D, rows * n * t.size)
    if copy == NULL:
        return NO_MEMORY
    memcpy(copy, q, rows * n * t.size)
    return multiply(t.dtype, rows, n, n, copy, n, 1, s.stack + i * n * n * t.size, n, 1, q, n, 1)


cdef int householder_qr(Tall *t, char *r) noexcept nogil:
    cdef Tree s
    cdef ptrdiff_t n = t.n, square = n * n * t.size, high
    cdef char *work
    cdef int status
    s.t, s.ops = t, mc_qr_ops_for(isa(), t.dtype)
    s.rows = max(ASPECT // 2 * n, TREE_BYTES // (n * t.size))
    s.blocks = max(<ptrdiff_t>1, t.m // s.rows)
    high = s.blocks * n
    s.stack = <char *>workspace(SLOT_C, s.blocks * square + (n + triangles(t.dtype, high, n)) * t.size)
    if s.stack == NULL:
        return NO_MEMORY
    work = s.stack + s.blocks * square
    status = parallel_for(factor_block, &s, s.blocks, t.threads)
    if status == OK:
        status = factor(t.dtype, high, n, s.stack, n, work, work + n * t.size, t.threads)
    if status:
        return status
    s.ops.upper(n, n, s.stack, n, r, n)
    if t.q == NULL:
        return OK
    status = form(t.dtype, high, n, n, s.stack, n, work + n * t.size, t.threads)
    return parallel_for(turn_block, &s, s.blocks, t.threads) if status == OK else status


cdef void set_identity(int dtype, ptrdiff_t n, char *out) noexcept nogil:
    cdef ptrdiff_t i
    memset(out, 0, n * n * (8 if dtype == F64 else 4))
    for i in range(n):
        if dtype == F64:
            (<double *>out)[i * (n + 1)] = 1
        else:
            (<float *>out)[i * (n + 1)] = 1


cdef int one(Tall *t, char *r) noexcept nogil:
    cdef Tall copy = t[0]
    cdef int status = cholesky_qr(&copy, r)
    if status != UNFIT:
        return status
    if t.rest != NULL:
        set_identity(t.dtype, t.n, t.rest)
    return householder_qr(t, r)


def factor_batch(cnp.ndarray a, q, cnp.ndarray r, workers, str name, rest=None):
    """q (count, m, n), or None where only R is asked for, and r (count, m or n, n), whose rows from n on are set to
    zero, for a (count, m, n) with unit column stride. Results in one piece each.

    With `rest` (count, n, n), upper triangular and close to an orthogonal matrix, the last pass over memory is left to
    the caller: Q is q rest^-1."""
    cdef Tall t
    cdef ptrdiff_t size = cnp.PyArray_ITEMSIZE(a), count = cnp.PyArray_DIM(a, 0), rows = cnp.PyArray_DIM(r, 1)
    cdef ptrdiff_t item, chunks
    cdef const char *pa = <const char *>cnp.PyArray_DATA(a)
    cdef ptrdiff_t sa = cnp.PyArray_STRIDE(a, 0)
    cdef char *pq = <char *>cnp.PyArray_DATA(<cnp.ndarray>q) if q is not None else NULL
    cdef char *pr = <char *>cnp.PyArray_DATA(r)
    cdef char *left = <char *>cnp.PyArray_DATA(<cnp.ndarray>rest) if rest is not None else NULL
    cdef int status = OK
    t.dtype, t.size = kernel_dtype(cnp.PyArray_TYPE(a), size), size
    t.ops, t.gemm = mc_tall_ops_for(isa(), t.dtype), gemm_ops(t.dtype)
    t.m, t.n, t.threads = cnp.PyArray_DIM(a, 1), cnp.PyArray_DIM(a, 2), threads_for(workers)
    t.rsa = cnp.PyArray_STRIDE(a, 1) // size
    t.block = max(<ptrdiff_t>64, BLOCK_BYTES // (t.n * size))
    chunks = max(<ptrdiff_t>1, min(<ptrdiff_t>CHUNKS, GRAMS_BYTES // (t.n * t.n * 8), t.m // t.block))
    t.chunk = ((t.m + chunks - 1) // chunks + t.block - 1) // t.block * t.block
    with nogil:
        work_begin()
        for item in range(count):
            t.a, t.q = pa + item * sa, pq + item * t.m * t.n * size if pq != NULL else NULL
            t.rest = left + item * t.n * t.n * size if left != NULL else NULL
            status = one(&t, pr)
            if status:
                break
            memset(pr + t.n * t.n * size, 0, (rows - t.n) * t.n * size)
            pr += rows * t.n * size
    raise_for(status, name)
