# cython: binding=True
"""LU with partial pivoting: blocks of columns from the left. A panel is factored with its columns in one piece each (a
transposed copy); what it means for the columns to its right is done strip by strip, exchanges, solve and product
together, and the next panel is factored beside the other strips' update."""

cimport numpy as cnp
from libc.math cimport fabs, frexp, log
from libc.stdint cimport int32_t, int64_t
from libc.string cimport memcpy, memset

from mathcore._kernels.arrays cimport kernel_dtype
from mathcore._kernels.gemm cimport GemmOps, Panel, gemm_ops, subtract
from mathcore._kernels.runtime cimport (
    F64, NO_MEMORY, OK, SLOT_B, SLOT_E,
    check_interrupt, isa, parallel_for, raise_for, threads_for, work_begin, workspace,
)
from mathcore._kernels.small cimport ALONE, LU, Small, run as run_small
from mathcore._kernels.triangular cimport TRIANGLE, TriangularOps, triangular_ops, solve_triangle

cnp.import_array()

ctypedef fused real:
    float
    double

cdef extern from "simd/lu.h" nogil:
    enum: LEAF "MC_LU_LEAF"
    ctypedef struct LuOps "mc_lu_ops":
        int size
        ptrdiff_t (*leaf)(ptrdiff_t m, ptrdiff_t cols, ptrdiff_t j, ptrdiff_t w, void *p, ptrdiff_t ld,
                          int32_t *pivots) noexcept nogil
        void (*top)(ptrdiff_t j, ptrdiff_t w, const void *p, void *x, ptrdiff_t ld) noexcept nogil
        void (*exchange)(ptrdiff_t first, ptrdiff_t last, const int32_t *pivots, ptrdiff_t n, void *a, ptrdiff_t rsa,
                         int back) noexcept nogil
    const LuOps *mc_lu_ops_for(int isa, int dtype)

# Columns of a panel; part of every result's bits.
cdef enum: PANEL = 64

cdef double SERIAL_FLOPS = 5e7           # of a whole factorisation: n = 370; 256 takes two threads longer than one
cdef double BATCH_FLOPS = 1e6            # of one chunk of a batch: about 50 us
cdef ptrdiff_t STRIPS_BYTES = 64 * 1024  # of packed strips for one chunk of columns: half of L2 stays for rows of L

# What the columns right of a panel need of it.
ctypedef struct Done:
    ptrdiff_t j, w                       # its columns
    char *l                              # its unit lower triangle, packed, with the reciprocals (ones) after it
    char *below                          # its rows below, packed as gemm's A

ctypedef struct Job:
    const LuOps *ops
    const GemmOps *gemm
    const TriangularOps *triangular
    int dtype
    ptrdiff_t m, n, size, rsa, nb
    char *a
    int32_t *pivots
    int32_t info
    char *panel                          # the columns of a panel, ld apart
    ptrdiff_t ld
    Done done[2]                         # of the panel at hand and, meanwhile, of the next
    int current
    ptrdiff_t first, cols                # columns of the chunks after the next panel's


cdef int factor_panel(Job *s, ptrdiff_t j, ptrdiff_t w, Done *out) noexcept nogil:
    """Columns j ... j + w from row j on; what the columns to the right need goes to `out`."""
    cdef ptrdiff_t m = s.m - j, size = s.size, c = 0, wc, none, i
    cdef char *block = s.a + (j * s.rsa + j) * size
    cdef char *x
    cdef int status
    s.gemm.pack(m, w, block, s.rsa, 1, s.ld, s.panel)
    while c < w:
        wc = min(<ptrdiff_t>LEAF, w - c)
        x = s.panel + c * s.ld * size
        if c:
            s.ops.top(c, wc, s.panel, x, s.ld)
            status = subtract(s.dtype, wc, m - c, c, x, s.ld, 1, s.panel + c * size, s.ld, 1, x + c * size, s.ld,
                              False, 1)
            if status:
                return status
        none = s.ops.leaf(m, w, c, wc, s.panel, s.ld, s.pivots + j)
        if none and not s.info:
            s.info = <int32_t>(j + none)
        c += wc
    s.gemm.pack(w, m, s.panel, s.ld, 1, s.rsa, block)
    for i in range(w):
        s.pivots[j + i] += <int32_t>j
    out.j, out.w = j, w
    if j + w < s.n:
        s.triangular.pack(w, s.panel, 1, s.ld, True, out.l, out.l + TRIANGLE * TRIANGLE * size)
        s.gemm.pack(m - w, w, s.panel + w * size, 1, s.ld, s.gemm.mr, out.below)
    return OK


cdef int update_columns(Job *s, ptrdiff_t first, ptrdiff_t last) noexcept nogil:
    """The panel's exchanges, solve and product for columns first ... last."""
    cdef Done *d = &s.done[s.current]
    cdef ptrdiff_t size = s.size, width = s.triangular.width, n = last - first, col = 0
    cdef char *top = s.a + (d.j * s.rsa + first) * size
    cdef char *strips = <char *>workspace(SLOT_B, (n + width) * d.w * size)
    cdef Panel t
    if strips == NULL:
        return NO_MEMORY
    s.ops.exchange(d.j, d.j + d.w, s.pivots, n, s.a + first * size, s.rsa, False)
    while col < n:
        s.triangular.strip(d.w, <int>min(width, n - col), d.l, d.l + TRIANGLE * TRIANGLE * size, top + col * size,
                           s.rsa, strips + col * d.w * size)
        col += width
    t.m, t.n, t.k = s.m - d.j - d.w, n, d.w
    t.a, t.gsa, t.rsa, t.csa = d.below, s.gemm.mr * d.w, 1, s.gemm.mr
    t.b, t.ssb, t.rsb, t.far = strips, width * d.w, width, 0
    t.c, t.rsc = top + d.w * s.rsa * size, s.rsa
    t.accumulate, t.resume, t.epilogue, t.row, t.col = -1, 0, NULL, 0, 0
    s.gemm.panel(&t)
    return OK


cdef int step_chunk(void *ctx, ptrdiff_t i) noexcept nogil:
    """Chunk 0: the next panel, updated and factored. The others: columns after it."""
    cdef Job *s = <Job *>ctx
    cdef ptrdiff_t j
    cdef int status
    if i:
        j = s.first + (i - 1) * s.cols
        return update_columns(s, j, min(j + s.cols, s.n))
    j = s.done[s.current].j + s.done[s.current].w
    if j == s.first:                     # there is none
        return OK
    status = update_columns(s, j, s.first)
    return status if status else factor_panel(s, j, s.first - j, &s.done[1 - s.current])


cdef int left_chunk(void *ctx, ptrdiff_t i) noexcept nogil:
    """Exchanges of later panels in the columns of panel i."""
    cdef Job *s = <Job *>ctx
    cdef ptrdiff_t j = i * s.nb
    s.ops.exchange(j + s.nb, min(s.m, s.n), s.pivots, s.nb, s.a + j * s.size, s.rsa, False)
    return OK


cdef int factor(int dtype, ptrdiff_t m, ptrdiff_t n, char *a, ptrdiff_t rsa, int32_t *pivots, int32_t *info,
                int threads) noexcept nogil:
    cdef Job s
    cdef Small alone
    cdef ptrdiff_t k = min(m, n), triangle, below, width, j, i
    cdef char *scratch
    cdef int status
    info[0] = 0
    if k == 0:
        return OK
    if m == n == rsa and n <= ALONE:     # the same bits: 7 us in place of 11 at n = 64
        memset(&alone, 0, sizeof(alone))
        alone.m = alone.n = n
        alone.a, alone.x, alone.pivots, alone.info = a, a, pivots, info
        return run_small(LU, dtype, &alone, 1, 1)
    s.ops, s.gemm, s.triangular = mc_lu_ops_for(isa(), dtype), gemm_ops(dtype), triangular_ops(dtype)
    s.dtype, s.m, s.n, s.size, s.rsa, s.a, s.pivots, s.info = dtype, m, n, s.ops.size, rsa, a, pivots, 0
    s.nb = PANEL if k > 2 * PANEL or k <= PANEL else PANEL // 2
    if <double>k * m * n < SERIAL_FLOPS:
        threads = 1
    # columns of the panel must not all begin in one set of the caches
    s.ld = (m + 15) // 16 * 16 + 16
    triangle = (TRIANGLE * TRIANGLE + TRIANGLE) * s.size
    below = (m + s.gemm.mr) * s.nb * s.size
    scratch = <char *>workspace(SLOT_E, s.ld * s.nb * s.size + 2 * (triangle + below))
    if scratch == NULL:
        return NO_MEMORY
    s.panel = scratch + 2 * (triangle + below)
    for i in range(2):
        s.done[i].l, s.done[i].below = scratch + i * triangle, scratch + 2 * triangle + i * below
    s.current = 0
    status = factor_panel(&s, 0, min(s.nb, k), &s.done[0])
    width = s.gemm.nr
    while status == OK:
        j = s.done[s.current].j + s.done[s.current].w
        if j >= n:
            break
        s.first = min(j + s.nb, k) if j < k else j
        s.cols = STRIPS_BYTES // (s.nb * s.size)
        if threads > 1:
            s.cols = max(4 * width, min(s.cols, ((n - s.first) // (3 * threads) + width - 1) // width * width))
        status = parallel_for(step_chunk, &s, 1 + (n - s.first + s.cols - 1) // s.cols, threads)
        if j >= k:
            break
        if status == OK:
            status = check_interrupt()
        s.current = 1 - s.current
    if status == OK and k > s.nb:
        status = parallel_for(left_chunk, &s, (k - 1) // s.nb, threads)
    info[0] = s.info
    return status


cdef int solve_factored(int dtype, ptrdiff_t n, ptrdiff_t k, const char *lu, ptrdiff_t rsa, ptrdiff_t csa,
                        const int32_t *pivots, bint transposed, char *b, ptrdiff_t rsb, int threads) noexcept nogil:
    cdef const LuOps *ops = mc_lu_ops_for(isa(), dtype)
    cdef int status
    if transposed:
        status = solve_triangle(dtype, n, k, lu, csa, rsa, True, False, b, rsb, threads)
        if status == OK:
            status = solve_triangle(dtype, n, k, lu, csa, rsa, False, True, b, rsb, threads)
        ops.exchange(0, n, pivots, k, b, rsb, True)
        return status
    ops.exchange(0, n, pivots, k, b, rsb, False)
    status = solve_triangle(dtype, n, k, lu, rsa, csa, True, True, b, rsb, threads)
    if status == OK:
        status = solve_triangle(dtype, n, k, lu, rsa, csa, False, False, b, rsb, threads)
    return status


ctypedef struct Columns:
    ptrdiff_t m, n, size, rsa
    const int32_t *pivots
    char *a


cdef int exchange_chunk(void *ctx, ptrdiff_t i) noexcept nogil:
    """32 rows."""
    cdef Columns *s = <Columns *>ctx
    cdef ptrdiff_t row, j
    cdef double *wide
    cdef float *narrow
    for row in range(i * 32, min(s.m, (i + 1) * 32)):
        wide, narrow = <double *>(s.a + row * s.rsa * 8), <float *>(s.a + row * s.rsa * 4)
        for j in range(s.n - 1, -1, -1):
            if s.pivots[j] == j:
                continue
            if s.size == 8:
                wide[j], wide[s.pivots[j]] = wide[s.pivots[j]], wide[j]
            else:
                narrow[j], narrow[s.pivots[j]] = narrow[s.pivots[j]], narrow[j]
    return OK


cdef int exchange_columns(int dtype, ptrdiff_t m, ptrdiff_t n, const int32_t *pivots, char *a, ptrdiff_t rsa,
                          int threads) noexcept nogil:
    cdef Columns s
    s.m, s.n, s.size, s.rsa, s.pivots, s.a = m, n, mc_lu_ops_for(isa(), dtype).size, rsa, pivots, a
    return parallel_for(exchange_chunk, &s, (m + 31) // 32, 1 if m * n < 65536 else threads)


# ------------------------------------------------------------------ batches

ctypedef struct Batch:
    int dtype
    ptrdiff_t m, n, size, count, per_chunk
    char *a
    int32_t *pivots
    int32_t *info
    int threads                          # for each matrix


cdef int batch_chunk(void *ctx, ptrdiff_t i) noexcept nogil:
    cdef Batch *b = <Batch *>ctx
    cdef ptrdiff_t at
    cdef int status
    for at in range(i * b.per_chunk, min(b.count, (i + 1) * b.per_chunk)):
        status = factor(b.dtype, b.m, b.n, b.a + at * b.m * b.n * b.size, b.n, b.pivots + at * min(b.m, b.n),
                        b.info + at, b.threads)
        if status:
            return status
    return OK


def factor_batch(cnp.ndarray a, cnp.ndarray pivots, cnp.ndarray info, workers, str name):
    """Factors a (count, m, n) in place; pivots (count, min(m, n)) and info (count) int32. All in one piece each."""
    cdef Batch b
    cdef int threads = threads_for(workers), status
    cdef double flops
    b.count, b.m, b.n = cnp.PyArray_DIM(a, 0), cnp.PyArray_DIM(a, 1), cnp.PyArray_DIM(a, 2)
    b.size = cnp.PyArray_ITEMSIZE(a)
    b.dtype = kernel_dtype(cnp.PyArray_TYPE(a), b.size)
    b.a, b.threads = <char *>cnp.PyArray_DATA(a), threads
    b.pivots, b.info = <int32_t *>cnp.PyArray_DATA(pivots), <int32_t *>cnp.PyArray_DATA(info)
    b.per_chunk = 1
    flops = <double>b.m * b.n * min(b.m, b.n) + 500
    with nogil:
        work_begin()
        if b.count >= 2 * threads or flops < SERIAL_FLOPS:
            b.threads = 1
            b.per_chunk = max(<ptrdiff_t>1, <ptrdiff_t>(BATCH_FLOPS / flops))
            status = parallel_for(batch_chunk, &b, (b.count + b.per_chunk - 1) // b.per_chunk,
                                  1 if flops * b.count < BATCH_FLOPS else threads)
        else:
            b.per_chunk = b.count
            status = batch_chunk(&b, 0)
    raise_for(status, name)


# ------------------------------------------------------------------ factors apart

def unpack(cnp.ndarray lu, cnp.ndarray pivots, cnp.ndarray l, cnp.ndarray u, cnp.ndarray rows, bint permute):
    """l (count, m, k), u (count, k, n) and rows (count, m; int32), a = l[rows] u, from factors (count, m, n); with
    `permute` the rows of l stand in that order already. All in one piece each."""
    cdef ptrdiff_t count = cnp.PyArray_DIM(lu, 0), m = cnp.PyArray_DIM(lu, 1), n = cnp.PyArray_DIM(lu, 2)
    cdef ptrdiff_t k = min(m, n), size = cnp.PyArray_ITEMSIZE(lu), i, of
    cdef const char *a = <const char *>cnp.PyArray_DATA(lu)
    cdef char *pl = <char *>cnp.PyArray_DATA(l)
    cdef char *pu = <char *>cnp.PyArray_DATA(u)
    cdef const int32_t *p = <const int32_t *>cnp.PyArray_DATA(pivots)
    cdef int32_t *r = <int32_t *>cnp.PyArray_DATA(rows)
    with nogil:
        for _ in range(count):
            for i in range(m):
                r[i] = <int32_t>i
            for i in range(k - 1, -1, -1):
                r[i], r[p[i]] = r[p[i]], r[i]
            for i in range(m):
                of = r[i] if permute else i
                copy_lower(a + of * n * size, of, k, size, pl + i * k * size)
            for i in range(k):
                memset(pu + i * n * size, 0, i * size)
                memcpy(pu + (i * n + i) * size, a + (i * n + i) * size, (n - i) * size)
            a += m * n * size
            pl += m * k * size
            pu += k * n * size
            p += k
            r += m


cdef void copy_lower(const char *row, ptrdiff_t i, ptrdiff_t k, ptrdiff_t size, char *to) noexcept nogil:
    """Row i of a unit lower triangle with k columns."""
    memcpy(to, row, min(i, k) * size)
    if i < k:
        memset(to + i * size, 0, (k - i) * size)
        if size == 8:
            (<double *>to)[i] = 1
        else:
            (<float *>to)[i] = 1


# ------------------------------------------------------------------ determinant

cdef void scaled_product(const real *lu, ptrdiff_t n, const int32_t *pivots, double *mantissa,
                         int64_t *exponent) noexcept nogil:
    """The determinant as mantissa * 2^exponent, 1/2 <= |mantissa| < 1 or 0: no product in between overflows."""
    cdef ptrdiff_t i
    cdef int e
    cdef double m = 1
    exponent[0] = 0
    for i in range(n):
        m = frexp(m * (-<double>lu[i * (n + 1)] if pivots[i] != i else <double>lu[i * (n + 1)]), &e)
        exponent[0] += e
    mantissa[0] = m


cdef void determinant(int dtype, ptrdiff_t n, const char *lu, const int32_t *pivots, double *mantissa,
                      int64_t *exponent) noexcept nogil:
    if dtype == F64:
        scaled_product[double](<const double *>lu, n, pivots, mantissa, exponent)
    else:
        scaled_product[float](<const float *>lu, n, pivots, mantissa, exponent)


cdef double log_determinant(double mantissa, int64_t exponent) noexcept nogil:
    return log(fabs(mantissa)) + <double>exponent * 0.6931471805599453


def log_determinants(cnp.ndarray mantissa, cnp.ndarray exponent):
    """The logarithm of the size of each, in place of the mantissa."""
    cdef double *m = <double *>cnp.PyArray_DATA(mantissa)
    cdef int64_t *e = <int64_t *>cnp.PyArray_DATA(exponent)
    cdef ptrdiff_t i
    for i in range(cnp.PyArray_SIZE(mantissa)):
        m[i] = log_determinant(m[i], e[i])


def determinants(cnp.ndarray lu, cnp.ndarray pivots, cnp.ndarray mantissa, cnp.ndarray exponent):
    """Of factors (count, n, n) with pivots (count, n): mantissa (float64) * 2^exponent (int64), each (count,)."""
    cdef ptrdiff_t i, n = cnp.PyArray_DIM(lu, 1)
    cdef int dtype = kernel_dtype(cnp.PyArray_TYPE(lu), cnp.PyArray_ITEMSIZE(lu))
    cdef const char *a = <const char *>cnp.PyArray_DATA(lu)
    cdef const int32_t *p = <const int32_t *>cnp.PyArray_DATA(pivots)
    cdef double *m = <double *>cnp.PyArray_DATA(mantissa)
    cdef int64_t *e = <int64_t *>cnp.PyArray_DATA(exponent)
    for i in range(cnp.PyArray_DIM(lu, 0)):
        determinant(dtype, n, a + i * n * n * cnp.PyArray_ITEMSIZE(lu), p + i * n, m + i, e + i)
