# cython: binding=True
"""Householder QR: leaves of a few columns in a copy that stays in cache, gathered to blocks I - V T V^T, which the rest
of the matrix meets as products. Small matrices are one leaf. With pivots: one column at a time against the matrix as it
was when the block began, brought up to date by one product per block."""

cimport numpy as cnp
from libc.stdint cimport int32_t
from libc.string cimport memset

from mathcore._kernels.arrays cimport kernel_dtype, usable
from mathcore._kernels.finite cimport finite
from mathcore._kernels.gemm cimport Product, mc_dot_ops_for, plan, run, subtract
from mathcore._kernels.runtime cimport (
    F32, F64, NO_MEMORY, OK, SLOT_C, SLOT_E,
    check_interrupt, isa, parallel_for, raise_for, round_up, threads_for, work_begin, workspace,
)
from mathcore._kernels.small cimport QR, Small, run as run_small

cnp.import_array()

cdef enum:                               # what is asked for, as the wrapper counts it
    FULL
    ECONOMIC
    TRIANGLE_ONLY
    RAW

# Reflections of a block (0: by size), bytes of a leaf's rows, reflections of a matrix that is one leaf. Parts of every
# result's bits.
cdef ptrdiff_t BLOCK = 0
cdef ptrdiff_t LEAF_BYTES = 2 * STRIP
cdef ptrdiff_t SMALL = 96
cdef ptrdiff_t SMALL_BYTES = 40 * 1024   # of such a matrix: about L1. Beyond, blocks are 10 % faster at 70 KB
cdef ptrdiff_t PIVOT_BLOCK = 32

cdef double SERIAL_FLOPS = 4e6
cdef double BATCH_FLOPS = 1e6            # of one chunk of a batch


def set_blocks(block=None, leaf_bytes=None, small=None, pivot_block=None):
    """Change the block sizes of the process and return the former: tests walk block edges with them."""
    global BLOCK, LEAF_BYTES, SMALL, PIVOT_BLOCK
    former = BLOCK, LEAF_BYTES, SMALL, PIVOT_BLOCK
    BLOCK = former[0] if block is None else block
    LEAF_BYTES = leaf_bytes or former[1]
    SMALL = former[2] if small is None else small
    PIVOT_BLOCK = pivot_block or former[3]
    return former


cdef const QrOps *qr_ops(int dtype) noexcept nogil:
    return mc_qr_ops_for(isa(), dtype)


cdef ptrdiff_t block_size(ptrdiff_t size, ptrdiff_t k) noexcept nogil:
    """Reflections of a block: wide ones make better products, narrow ones spend less on the triangles T."""
    cdef ptrdiff_t leaf = LEAF_BYTES // size
    if BLOCK:
        return round_up(BLOCK, leaf)
    if k <= 160:
        return leaf
    return round_up(48 if k <= 640 else 64, leaf)


cdef ptrdiff_t row_length(ptrdiff_t m) noexcept nogil:
    return round_up(m, 16) + 16


cdef ptrdiff_t triangles(int dtype, ptrdiff_t m, ptrdiff_t n) noexcept nogil:
    cdef ptrdiff_t k = min(m, n), nb = block_size(mc_qr_ops_for(isa(), dtype).size, k)
    return round_up(k, nb) * nb


# ------------------------------------------------------------------ blocks of reflections

cdef int take(Scratch *s, const QrOps *ops, ptrdiff_t m, ptrdiff_t k, ptrdiff_t cols) noexcept nogil:
    cdef ptrdiff_t size = ops.size
    s.nb, s.leaf, s.ldx, s.cols = block_size(size, k), LEAF_BYTES // size, row_length(m), row_length(cols)
    s.x = <char *>workspace(SLOT_E, (s.nb * (s.ldx + 2 * s.cols + s.nb) + (m + 2) * s.leaf) * size)
    if s.x == NULL:
        return NO_MEMORY
    s.w = s.x + s.nb * s.ldx * size
    s.w2 = s.w + s.nb * s.cols * size
    s.h = s.w2 + s.nb * s.cols * size
    s.columns = s.h + s.nb * s.nb * size
    s.work = s.columns + m * s.leaf * size
    return OK


cdef int multiply(int dtype, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const char *a, ptrdiff_t rsa, ptrdiff_t csa,
                  const char *b, ptrdiff_t rsb, ptrdiff_t csb, char *c, ptrdiff_t rsc, int threads) noexcept nogil:
    cdef Product p
    p.dtype, p.m, p.n, p.k, p.threads = dtype, m, n, k, threads
    p.a, p.rsa, p.csa = a, rsa, csa
    p.b, p.rsb, p.csb = b, rsb, csb
    p.c, p.rsc = c, rsc
    p.epilogue, p.add, p.spare, p.upper_only = NULL, 0, False, False
    plan(&p)
    return run(&p)


cdef int finish_block(int dtype, const Scratch *s, ptrdiff_t m, ptrdiff_t w, const char *x, const char *u,
                      ptrdiff_t ldu, bint transposed, ptrdiff_t p, char *c, ptrdiff_t rsc, int threads) noexcept nogil:
    """C (m, p) -= V T^T W (transposed) or V T W, with W = V^T C in s.w."""
    cdef int status
    status = multiply(dtype, w, p, w, u, ldu if transposed else 1, 1 if transposed else ldu, s.w, s.cols, 1, s.w2,
                      s.cols, threads)
    if status == OK:
        status = subtract(dtype, m, p, w, x, 1, s.ldx, s.w2, s.cols, 1, c, rsc, False, threads)
    return status


cdef int reflect(int dtype, const Scratch *s, ptrdiff_t m, ptrdiff_t w, const char *x, const char *u, ptrdiff_t ldu,
                 bint transposed, ptrdiff_t p, char *c, ptrdiff_t rsc, int threads) noexcept nogil:
    cdef int status
    if p == 0:
        return OK
    status = multiply(dtype, w, p, m, x, s.ldx, 1, c, rsc, 1, s.w, s.cols, threads)
    if status == OK:
        status = finish_block(dtype, s, m, w, x, u, ldu, transposed, p, c, rsc, threads)
    return status


cdef void extend(int dtype, const QrOps *ops, const Scratch *s, ptrdiff_t m, ptrdiff_t first, ptrdiff_t w,
                 const char *tau, char *u) noexcept nogil:
    """Rows first ... first + w of the block's triangle; the vectors before them are in s.x, of m rows. Their inner
    products go by lanes: chains of equal numbers, as in a product, drift (Wilkinson's matrix: Q's ratio 8.3 in place of
    4.7)."""
    cdef ptrdiff_t size = ops.size, i
    cdef char *x = s.x + first * size
    for i in range(w):
        mc_dot_ops_for(isa(), dtype).rows(first + i, m - first, x, s.ldx, 1, x + (first + i) * s.ldx * size, 1,
                                          s.h + i * s.nb * size, 1)
    ops.extend(first, w, s.nb, s.h, s.nb, tau, u)


cdef void factor_leaf(int dtype, const QrOps *ops, const Scratch *s, ptrdiff_t m, ptrdiff_t j, ptrdiff_t w, char *a,
                      ptrdiff_t rsa, char *tau, char *u) noexcept nogil:
    """Columns j ... j + w of a block of m rows, whose first element is a's."""
    cdef ptrdiff_t size = ops.size, i
    cdef char *at = a + (j * rsa + j) * size
    cdef char *x = s.x + (j * s.ldx + j) * size
    if w < s.leaf:
        memset(s.columns, 0, (m - j) * s.leaf * size)
    ops.copy(m - j, w, at, rsa, 1, s.columns, s.leaf)
    for i in range(w):
        memset(s.x + (j + i) * s.ldx * size, 0, j * size)
    ops.factor(m - j, w, w, s.columns, s.leaf, x, s.ldx, tau + j * size, s.work)
    ops.scatter(m - j, w, s.columns, s.leaf, x, s.ldx, at, rsa)
    extend(dtype, ops, s, m, j, w, tau, u)


cdef int factor(int dtype, ptrdiff_t m, ptrdiff_t n, char *a, ptrdiff_t rsa, char *tau, char *t,
                int threads) noexcept nogil:
    cdef const QrOps *ops = mc_qr_ops_for(isa(), dtype)
    cdef ptrdiff_t size = ops.size, k = min(m, n), j0 = 0, j, b, w, rows
    cdef Scratch s
    cdef int status = take(&s, ops, m, k, n)
    cdef char *u
    cdef char *at
    while status == OK and j0 < k:
        b, rows, u, at = min(s.nb, k - j0), m - j0, t + j0 * s.nb * size, a + (j0 * rsa + j0) * size
        j = 0
        while j < b:
            w = min(s.leaf, b - j)
            factor_leaf(dtype, ops, &s, rows, j, w, at, rsa, tau + j0 * size, u)
            status = reflect(dtype, &s, rows - j, w, s.x + (j * s.ldx + j) * size, u + (j * s.nb + j) * size, s.nb,
                             True, b - j - w, at + (j * rsa + j + w) * size, rsa, threads)
            if status == OK:
                status = check_interrupt()
            if status:
                return status
            j += w
        status = reflect(dtype, &s, rows, b, s.x, u, s.nb, True, n - j0 - b, at + b * size, rsa, threads)
        j0 += b
    return status


cdef int apply(int dtype, ptrdiff_t m, ptrdiff_t n, const char *a, ptrdiff_t rsa, const char *t, bint transposed,
               ptrdiff_t p, char *c, ptrdiff_t rsc, int threads) noexcept nogil:
    cdef const QrOps *ops = mc_qr_ops_for(isa(), dtype)
    cdef ptrdiff_t size = ops.size, k = min(m, n), j0, b, i, blocks
    cdef Scratch s
    cdef int status = take(&s, ops, m, k, p)
    blocks = (k + s.nb - 1) // s.nb
    for i in range(blocks):
        if status:
            return status
        j0 = (i if transposed else blocks - 1 - i) * s.nb
        b = min(s.nb, k - j0)
        ops.gather(m - j0, b, a + (j0 * rsa + j0) * size, rsa, s.x, s.ldx)
        status = reflect(dtype, &s, m - j0, b, s.x, t + j0 * s.nb * size, s.nb, transposed, p, c + j0 * rsc * size, rsc,
                         threads)
        if status == OK:
            status = check_interrupt()
    return status


cdef int form(int dtype, ptrdiff_t m, ptrdiff_t n, ptrdiff_t q, char *a, ptrdiff_t rsa, const char *t,
              int threads) noexcept nogil:
    cdef const QrOps *ops = mc_qr_ops_for(isa(), dtype)
    cdef ptrdiff_t size = ops.size, k = min(m, n), j0, b, i
    cdef Scratch s
    cdef int status = take(&s, ops, m, k, q)
    cdef char *at
    if q > k:
        for i in range(k):
            memset(a + (i * rsa + k) * size, 0, (q - k) * size)
        ops.identity(m - k, q - k, a + (k * rsa + k) * size, rsa)
    j0 = round_up(k, s.nb)
    while status == OK and j0 > 0:
        j0 -= s.nb
        b, at = min(s.nb, k - j0), a + (j0 * rsa + j0) * size
        ops.gather(m - j0, b, at, rsa, s.x, s.ldx)
        # the block's own columns are those of the identity, right of them the rows of the block are zero
        ops.identity(m - j0, b, at, rsa)
        for i in range(b):
            memset(at + (i * rsa + b) * size, 0, (q - j0 - b) * size)
        ops.copy(b, b, s.x, s.ldx, 1, s.w, s.cols)
        status = multiply(dtype, b, q - j0 - b, m - j0 - b, s.x + b * size, s.ldx, 1, at + (b * rsa + b) * size, rsa, 1,
                          s.w + b * size, s.cols, threads)
        if status == OK:
            status = finish_block(dtype, &s, m - j0, b, s.x, t + j0 * s.nb * size, s.nb, False, q - j0, at, rsa,
                                  threads)
        if status == OK:
            status = check_interrupt()
    return status


# ------------------------------------------------------------------ pivots

cdef int build_triangles(int dtype, ptrdiff_t m, ptrdiff_t n, const char *a, ptrdiff_t rsa, const char *tau,
                         char *t) noexcept nogil:
    """The triangles of reflections that stand in a and tau."""
    cdef const QrOps *ops = mc_qr_ops_for(isa(), dtype)
    cdef ptrdiff_t size = ops.size, k = min(m, n), j0 = 0, b
    cdef Scratch s
    cdef int status = take(&s, ops, m, k, 1)
    while status == OK and j0 < k:
        b = min(s.nb, k - j0)
        ops.gather(m - j0, b, a + (j0 * rsa + j0) * size, rsa, s.x, s.ldx)
        extend(dtype, ops, &s, m - j0, 0, b, tau + j0 * size, t + j0 * s.nb * size)
        status = check_interrupt()
        j0 += b
    return status


# A block of reflections with pivots: vectors (nb, ldx), and F (nb, ldf) with which what the matrix is now would be
# A - V F, columns counted from the matrix's first; norms of what is left of the columns, and when last exact.
ctypedef struct Pivoting:
    const QrOps *ops
    int dtype
    ptrdiff_t m, n, rsa, ldx, ldf
    char *a
    char *x
    char *f
    char *z
    char *norms
    char *exact
    ptrdiff_t *chosen                    # for each column of the block
    int32_t *pivots


cdef void choose(Pivoting *p, ptrdiff_t j0, ptrdiff_t j) noexcept nogil:
    """The column with the largest norm of those from j0 + j on changes places with that one: in the block's rows. Rows
    below get theirs on the way through memory (sums), rows above when the block is done."""
    cdef ptrdiff_t size = p.ops.size, col = j0 + j
    cdef ptrdiff_t *best = p.chosen + j
    best[0] = col + p.ops.largest(p.n - col, p.norms + col * size)
    p.ops.exchange(j, p.a + j0 * p.rsa * size, p.rsa, col, 1, best)
    p.ops.exchange(j, p.f, p.ldf, col, 1, best)
    p.ops.exchange(1, p.norms, 0, col, 1, best)
    p.ops.exchange(1, p.exact, 0, col, 1, best)
    p.pivots[col], p.pivots[best[0]] = p.pivots[best[0]], p.pivots[col]


cdef ptrdiff_t eliminate(Pivoting *p, ptrdiff_t j0, ptrdiff_t j, char *tau) noexcept nogil:
    """Reflection j of the block from row and column j0 on; returns how many norms were lost."""
    cdef ptrdiff_t size = p.ops.size, row = j0 + j, count = p.m - row, right = p.n - row - 1
    cdef char *x = p.x + j * size        # column j of the rows of vectors: where this one begins
    cdef char *v = x + j * p.ldx * size
    cdef char *f = p.f + (row + 1) * size
    cdef char *at = p.a + (row * p.rsa + row) * size
    cdef double parts[2]
    p.ops.copy(1, count, p.a + (row * p.rsa + p.chosen[j]) * size, 0, p.rsa, v, 0)
    p.ops.minus_rows(j, count, p.f + row * size, p.ldf, x, p.ldx, v)
    mc_dot_ops_for(isa(), p.dtype).rows(1, count - 1, v + size, 0, 1, v + size, 1, parts, 1)
    p.ops.reflector(count, v, parts, parts)
    p.ops.copy(1, 1, <char *>parts + size, 0, 1, tau, 0)
    if right:
        p.ops.sums(count, right, v, at + size, p.rsa, p.chosen[j] - row - 1, f + j * p.ldf * size)
    p.ops.copy(1, 1, parts, 0, 1, at, 0)
    if right == 0:
        return 0
    mc_dot_ops_for(isa(), p.dtype).rows(j, count, x, p.ldx, 1, v, 1, p.z, 1)
    p.ops.minus_rows(j, right, p.z, 1, f, p.ldf, f + j * p.ldf * size)
    p.ops.scale(right, tau, f + j * p.ldf * size)
    p.ops.minus_rows(j + 1, right, x, p.ldx, f, p.ldf, at + size)
    if count == 1:
        return 0
    return p.ops.downdate(right, at + size, p.norms + (row + 1) * size, p.exact + (row + 1) * size)


cdef int factor_pivoted(int dtype, ptrdiff_t m, ptrdiff_t n, char *a, ptrdiff_t rsa, char *tau, char *t,
                        int32_t *pivots, int threads) noexcept nogil:
    cdef Pivoting p
    cdef ptrdiff_t k = min(m, n), nb = PIVOT_BLOCK, size, j0 = 0, j, i, lost
    cdef int status
    p.ops = mc_qr_ops_for(isa(), dtype)
    size = p.ops.size
    p.dtype, p.m, p.n, p.rsa, p.a, p.pivots = dtype, m, n, rsa, a, pivots
    p.ldx, p.ldf = row_length(m), row_length(n)
    p.chosen = <ptrdiff_t *>workspace(SLOT_E, nb * 8 + (nb * (p.ldx + p.ldf + 1) + 2 * n) * size)
    if p.chosen == NULL:
        return NO_MEMORY
    p.x = <char *>(p.chosen + nb)
    p.f = p.x + nb * p.ldx * size
    p.norms = p.f + nb * p.ldf * size
    p.exact = p.norms + n * size
    p.z = p.exact + n * size
    for i in range(n):
        pivots[i] = <int32_t>i
    p.ops.norms(m, n, a, rsa, p.norms)
    p.ops.copy(1, n, p.norms, 0, 1, p.exact, 0)
    while j0 < k:
        j = lost = 0
        while j < nb and j0 + j < k and lost == 0:
            choose(&p, j0, j)
            lost = eliminate(&p, j0, j, tau + (j0 + j) * size)
            status = check_interrupt()
            if status:
                return status
            j += 1
        # the rows below the block, and the block's vectors into the columns they came from
        status = subtract(dtype, m - j0 - j, n - j0 - j, j, p.x + j * size, 1, p.ldx, p.f + (j0 + j) * size, p.ldf, 1,
                          a + (j0 + j) * (rsa + 1) * size, rsa, False, threads)
        if status:
            return status
        p.ops.exchange(j0, a, rsa, j0, j, p.chosen)
        p.ops.scatter(m - j0, j, a + j0 * (rsa + 1) * size, rsa, p.x, p.ldx, a + j0 * (rsa + 1) * size, rsa)
        j0 += j
        if lost and j0 < k:
            p.ops.renew(m - j0, n - j0, a + j0 * (rsa + 1) * size, rsa, p.norms + j0 * size, p.exact + j0 * size)
    return build_triangles(dtype, m, n, a, rsa, tau, t) if t != NULL else OK


# ------------------------------------------------------------------ what is asked for

# Matrices (m, n) of a batch, sa bytes apart, and where the results go: q (m, p) or the factors (m, n), r (rows, n).
ctypedef struct Job:
    const QrOps *ops
    int dtype, mode, threads
    ptrdiff_t m, n, k, p, rows, count, per_chunk
    const char *a
    ptrdiff_t sa, rsa, csa
    char *q
    char *r
    char *tau
    int32_t *pivots


cdef bint is_small(const Job *j) noexcept nogil:
    cdef ptrdiff_t wide = round_up(max(j.n, j.p), STRIP // j.ops.size)
    return j.pivots == NULL and j.mode != RAW and j.k <= SMALL and j.m * wide * j.ops.size <= SMALL_BYTES


cdef int small(const Job *j, const char *a, char *q, char *r) noexcept nogil:
    """One leaf, of rows padded to whole strips."""
    cdef ptrdiff_t size = j.ops.size, lda = round_up(j.n, STRIP // size), ldq = round_up(j.p, STRIP // size)
    cdef ptrdiff_t ldx = round_up(j.m, 8), wide = max(lda, ldq)
    cdef char *rows = <char *>workspace(SLOT_E, ((j.m + 2) * wide + j.k * (ldx + 1)) * size)
    cdef char *work
    cdef char *x
    cdef char *tau
    if rows == NULL:
        return NO_MEMORY
    work = rows + j.m * wide * size
    x = work + 2 * wide * size
    tau = x + j.k * ldx * size
    if lda != j.n:
        memset(rows, 0, j.m * lda * size)
    j.ops.copy(j.m, j.n, a, j.rsa, j.csa, rows, lda)
    j.ops.factor(j.m, j.n, j.k, rows, lda, x, ldx, tau, work)
    j.ops.upper(j.rows, j.n, rows, lda, r, j.n)
    if j.mode != TRIANGLE_ONLY:
        j.ops.form(j.m, j.p, j.k, rows, ldq, x, ldx, tau, work)
        j.ops.copy(j.m, j.p, rows, ldq, 1, q, j.p)
    return OK


cdef int one(const Job *j, ptrdiff_t item, int threads) noexcept nogil:
    """Works in the array of the results that has room: that of Q, else that of R."""
    cdef ptrdiff_t size = j.ops.size, ld
    cdef const char *a = j.a + item * j.sa
    cdef char *q = j.q + item * j.m * j.p * size
    cdef char *r = j.r + item * j.rows * j.n * size
    cdef char *tau
    cdef char *t
    cdef char *work
    cdef int status
    if is_small(j):
        return small(j, a, q, r)
    t = <char *>workspace(SLOT_C, (triangles(j.dtype, j.m, j.n) + j.k) * size)
    if t == NULL:
        return NO_MEMORY
    tau = j.tau + item * j.k * size if j.mode == RAW else t + triangles(j.dtype, j.m, j.n) * size
    work, ld = r, j.n
    if j.mode == RAW or j.mode != TRIANGLE_ONLY and j.m >= j.n:
        work, ld = q, j.p
    j.ops.copy(j.m, j.n, a, j.rsa, j.csa, work, ld)
    if j.pivots != NULL:
        status = factor_pivoted(j.dtype, j.m, j.n, work, ld, tau, t if j.mode < TRIANGLE_ONLY else NULL,
                                j.pivots + item * j.n, threads)
    else:
        status = factor(j.dtype, j.m, j.n, work, ld, tau, t, threads)
    if status:
        return status
    if j.mode < TRIANGLE_ONLY:
        if work == r:
            j.ops.copy(j.m, j.k, r, j.n, 1, q, j.p)
        else:
            j.ops.upper(j.rows, j.n, q, j.p, r, j.n)
        status = form(j.dtype, j.m, j.n, j.p, q, j.p, t, threads)
    if work == r or j.mode == RAW:
        j.ops.upper(j.rows, j.n, work, ld, r, j.n)
    return status


cdef int batch_chunk(void *ctx, ptrdiff_t i) noexcept nogil:
    cdef const Job *j = <const Job *>ctx
    cdef ptrdiff_t item
    cdef int status
    for item in range(i * j.per_chunk, min(j.count, (i + 1) * j.per_chunk)):
        status = one(j, item, j.threads)
        if status:
            return status
    return OK


cdef int run_job(Job *j) noexcept nogil:
    """Threads over the items where there are enough of them or each is small, else inside each."""
    cdef double flops = 4.0 * j.m * j.n * j.k + 500
    cdef int threads = j.threads
    if j.count >= 2 * threads or flops < SERIAL_FLOPS:
        j.threads = 1
        j.per_chunk = max(<ptrdiff_t>1, <ptrdiff_t>(BATCH_FLOPS / flops))
        return parallel_for(batch_chunk, j, (j.count + j.per_chunk - 1) // j.per_chunk,
                            1 if flops * j.count < BATCH_FLOPS else threads)
    j.per_chunk = j.count
    return batch_chunk(j, 0)


cdef int start(Job *j, int dtype, ptrdiff_t m, ptrdiff_t n, int mode) noexcept nogil:
    j.ops = mc_qr_ops_for(isa(), dtype)
    j.dtype, j.mode, j.m, j.n, j.k = dtype, mode, m, n, min(m, n)
    j.p = m if mode == FULL else n if mode == RAW else j.k
    j.rows = m if mode == FULL or mode == TRIANGLE_ONLY else j.k
    return OK


def factor_batch(cnp.ndarray a, int mode, cnp.ndarray q, cnp.ndarray r, tau, pivots, workers, str name):
    """The results of `mode` for a (count, m, n) of any strides: q (count, m, m or k or n; None where only R is asked
    for), r (count, m or k, n), tau (count, k) for RAW, pivots (count, n) int32 or None. Results in one piece each."""
    cdef Job j
    cdef ptrdiff_t size = cnp.PyArray_ITEMSIZE(a)
    cdef int status
    start(&j, kernel_dtype(cnp.PyArray_TYPE(a), size), cnp.PyArray_DIM(a, 1), cnp.PyArray_DIM(a, 2), mode)
    j.count, j.threads = cnp.PyArray_DIM(a, 0), threads_for(workers)
    j.a, j.sa = <const char *>cnp.PyArray_DATA(a), cnp.PyArray_STRIDE(a, 0)
    j.rsa, j.csa = cnp.PyArray_STRIDE(a, 1) // size, cnp.PyArray_STRIDE(a, 2) // size
    j.q = <char *>cnp.PyArray_DATA(q)
    j.r = <char *>cnp.PyArray_DATA(r)
    j.tau = <char *>cnp.PyArray_DATA(<cnp.ndarray>tau) if tau is not None else NULL
    j.pivots = <int32_t *>cnp.PyArray_DATA(<cnp.ndarray>pivots) if pivots is not None else NULL
    with nogil:
        work_begin()
        status = run_job(&j)
    raise_for(status, name)


# ------------------------------------------------------------------ doors for single matrices

cdef enum: DOOR = 128                    # rows and columns; larger ones do not feel the general door

MODES = {"full": FULL, "qr": FULL, "economic": ECONOMIC, "r": TRIANGLE_ONLY, "raw": RAW}


# Square matrices up to here go in packs, alone or in a batch: beyond, a pack of one takes twice as long as by itself.
cdef enum: PACKED_MOST = 16
IN_PACKS = PACKED_MOST


def factor_matrix(a, mode, check_finite):
    """(Q, R) or (R,) of one small matrix, or None where the general door has something to say."""
    cdef Job j
    cdef cnp.ndarray x, q, r
    cdef cnp.npy_intp shape[2]
    cdef ptrdiff_t m, n, size
    cdef int dtype, code, status
    cdef Small pack
    cdef double unwanted[PACKED_MOST * PACKED_MOST]
    if not cnp.PyArray_CheckExact(a) or cnp.PyArray_NDIM(<cnp.ndarray>a) != 2 or type(mode) is not str:
        return None
    if check_finite is not True and check_finite is not False:
        return None
    x = a
    m, n, size = cnp.PyArray_DIM(x, 0), cnp.PyArray_DIM(x, 1), cnp.PyArray_ITEMSIZE(x)
    dtype = kernel_dtype(cnp.PyArray_TYPE(x), size)
    code = MODES.get(mode, RAW)
    if m < 1 or n < 1 or m > DOOR or n > DOOR or dtype not in (F32, F64) or code == RAW or not usable(x):
        return None
    if check_finite and not (cnp.PyArray_IS_C_CONTIGUOUS(x) and finite(<char *>cnp.PyArray_DATA(x), m * n, dtype)):
        return None
    if m == n <= PACKED_MOST and not cnp.PyArray_IS_C_CONTIGUOUS(x):
        return None
    start(&j, dtype, m, n, code)
    j.count = j.threads = 1
    j.a, j.sa, j.tau, j.pivots = <const char *>cnp.PyArray_DATA(x), 0, NULL, NULL
    j.rsa, j.csa = cnp.PyArray_STRIDE(x, 0) // size, cnp.PyArray_STRIDE(x, 1) // size
    shape[0], shape[1] = j.rows, n
    r = cnp.PyArray_EMPTY(2, shape, cnp.PyArray_TYPE(x), 0)
    j.r = j.q = <char *>cnp.PyArray_DATA(r)
    if code != TRIANGLE_ONLY:
        shape[0], shape[1] = m, j.p
        q = cnp.PyArray_EMPTY(2, shape, cnp.PyArray_TYPE(x), 0)
        j.q = <char *>cnp.PyArray_DATA(q)
    if m == n <= PACKED_MOST:
        memset(&pack, 0, sizeof(pack))
        pack.m, pack.n, pack.a, pack.y = m, n, j.a, j.r
        pack.x = <void *>unwanted if code == TRIANGLE_ONLY else <void *>j.q
        status = run_small(QR, dtype, &pack, 1, 1)
    else:
        status = one(&j, 0, 1)
    if status:
        raise_for(status, "qr")
    return (r,) if code == TRIANGLE_ONLY else (q, r)


def multiply_q(cnp.ndarray a, cnp.ndarray tau, cnp.ndarray c, bint transposed, workers, str name):
    """c (count, m, p) = Q c or Q^T c in place, Q in the factors a (count, m, n) and tau (count, k). In one piece."""
    cdef ptrdiff_t size = cnp.PyArray_ITEMSIZE(a), count = cnp.PyArray_DIM(a, 0), m = cnp.PyArray_DIM(a, 1)
    cdef ptrdiff_t n = cnp.PyArray_DIM(a, 2), p = cnp.PyArray_DIM(c, 2), item
    cdef int dtype = kernel_dtype(cnp.PyArray_TYPE(a), size), threads = threads_for(workers), status = OK
    cdef const char *pa = <const char *>cnp.PyArray_DATA(a)
    cdef const char *pt = <const char *>cnp.PyArray_DATA(tau)
    cdef char *pc = <char *>cnp.PyArray_DATA(c)
    cdef char *t
    with nogil:
        work_begin()
        for item in range(count):
            t = <char *>workspace(SLOT_C, triangles(dtype, m, n) * size)
            status = NO_MEMORY if t == NULL else build_triangles(dtype, m, n, pa + item * m * n * size, n,
                                                                 pt + item * min(m, n) * size, t)
            if status == OK:
                status = apply(dtype, m, n, pa + item * m * n * size, n, t, transposed, p, pc + item * m * p * size, p,
                               threads)
            if status:
                break
    raise_for(status, name)
