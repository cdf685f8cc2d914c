# cython: binding=True
"""Naive Bayes over rows: counts, means and squares of each class in one pass over memory, and the joint log density of
each row and class by tiles of rows that are transposed in cache, so that a vector holds one column of many rows.

Blocks and chunks of them depend on the shape alone, so the bits do not depend on the number of threads.
"""

cimport numpy as cnp
from libc.stdint cimport int32_t, int64_t
from libc.string cimport memset

from mathcore._kernels.arrays cimport kernel_dtype
from mathcore._kernels.runtime cimport (
    F64, NO_MEMORY, OK, SLOT_A, SLOT_B, SLOT_C,
    check_interrupt, isa, parallel_for, raise_for, threads_for, work_begin, workspace,
)

cnp.import_array()

cdef extern from "simd/naive_bayes.h" nogil:
    enum:
        ROWS "MC_NB_ROWS"
        COLS "MC_NB_COLS"
        GAUSSIAN "MC_NB_GAUSSIAN"
        LINEAR "MC_NB_LINEAR"
    ctypedef struct Block "mc_nb_block":
        ptrdiff_t rows
        ptrdiff_t d
        ptrdiff_t rs
        const void *x
        const int32_t *label
        const double *weight
        double *count
        double *mean
        double *scatter
        const void **origin
        double *own
        ptrdiff_t *first
        ptrdiff_t *present
    ctypedef struct Ops "mc_nb_ops":
        void (*moments)(const Block *s) noexcept nogil
        void (*sums)(const Block *s, int binary, double threshold) noexcept nogil
        void (*pack)(ptrdiff_t rows, ptrdiff_t cols, const void *x, ptrdiff_t rs, int binary, double threshold,
                     double *tile) noexcept nogil
        void (*tile)(int kind, ptrdiff_t rows, ptrdiff_t cols, ptrdiff_t k, const double *tile, const double *a,
                     const double *b, ptrdiff_t ld, double *total) noexcept nogil
        void (*largest)(ptrdiff_t k, const double *total, double *best) noexcept nogil
    const Ops *mc_nb_ops_for(int isa, int dtype)

cdef enum:
    CHUNKS = 64                          # at most
    BLOCK = 32768                        # elements of a block of rows: 256 KB, which stays in L2 for its second walk
    BLOCK_ROWS = 512                     # at most
    FEW = 4                              # blocks of a chunk, at least: to join one costs about as many rows as classes
    PIECE = 128                          # tiles of one chunk of predictions: 4096 rows

cdef ptrdiff_t PARTS_BYTES = 16 << 20    # statistics of all chunks

# Rows x and what is gathered from them; each chunk of rows has k counts, means, scatters and origins, one kind after
# the other, in `parts`.
ctypedef struct Gather:
    const Ops *ops
    Block rows
    ptrdiff_t n, k, size, chunk, block
    bint moments, binary
    double threshold
    double *parts


cdef inline ptrdiff_t width(const Gather *g) noexcept nogil:
    return g.k * (2 + 2 * g.rows.d if g.moments else 1 + g.rows.d)


cdef inline const void **origins(const Gather *g, const double *part) noexcept nogil:
    return <const void **><size_t>(part + g.k * (1 + 2 * g.rows.d))


cdef inline double element(const Gather *g, const void *row, ptrdiff_t j) noexcept nogil:
    return (<const float *>row)[j] if g.size == 4 else (<const double *>row)[j]


cdef int gather_chunk(void *ctx, ptrdiff_t i) noexcept nogil:
    cdef Gather *g = <Gather *>ctx
    cdef Block s = g.rows
    cdef ptrdiff_t row = i * g.chunk, end = min(g.n, row + g.chunk), c
    cdef int status = OK
    s.count = g.parts + i * width(g)
    s.mean = s.count + g.k
    s.scatter = s.mean + g.k * s.d
    memset(s.count, 0, width(g) * sizeof(double))
    if g.moments:
        s.origin = origins(g, s.count)
        s.own = <double *>workspace(SLOT_B, g.k * (2 * s.d + 1) * sizeof(double) + 2 * g.k * sizeof(ptrdiff_t))
        if s.own == NULL:
            return NO_MEMORY
        s.first = <ptrdiff_t *>(s.own + g.k * (2 * s.d + 1))
        s.present = s.first + g.k
        for c in range(g.k):
            s.first[c] = -1
    while row < end and status == OK:
        s.rows = min(g.block, end - row)
        s.x = <const char *>g.rows.x + row * s.rs * g.size
        if s.label != NULL:
            s.label = g.rows.label + row
        if s.weight != NULL:
            s.weight = g.rows.weight + row
        if g.moments:
            g.ops.moments(&s)
        else:
            g.ops.sums(&s, g.binary, g.threshold)
        row += s.rows
        status = check_interrupt()
    return status


cdef void join(const Gather *g, const double *part, double *total) noexcept nogil:
    """A chunk's statistics join the total (Chan, Golub and LeVeque 1983)."""
    cdef ptrdiff_t c, j, at, d = g.rows.d, k = g.k
    cdef const void **of = origins(g, total)
    cdef const void **more = origins(g, part)
    cdef double share, both, step
    if not g.moments:
        for j in range(k * (1 + d)):
            total[j] += part[j]
        return
    for c in range(k):
        if more[c] == NULL:
            continue
        if of[c] == NULL:
            of[c] = more[c]
        share = part[c] / (total[c] + part[c])
        both = total[c] * share
        total[c] += part[c]
        for j in range(d):
            at = k + c * d + j
            step = (part[at] - total[at]) + (element(g, more[c], j) - element(g, of[c], j))
            total[at] += share * step
            total[at + k * d] += part[at + k * d] + both * step * step


cdef int gather(Gather *g, int threads) noexcept nogil:
    cdef ptrdiff_t blocks, chunks, i
    cdef int status
    g.block = max(<ptrdiff_t>16, min(<ptrdiff_t>BLOCK_ROWS, BLOCK // g.rows.d))
    blocks = (g.n + g.block - 1) // g.block
    chunks = max(<ptrdiff_t>1, min(<ptrdiff_t>CHUNKS, min(blocks // FEW, PARTS_BYTES // (width(g) * 8))))
    g.chunk = (blocks + chunks - 1) // chunks * g.block
    chunks = (g.n + g.chunk - 1) // g.chunk
    g.parts = <double *>workspace(SLOT_A, chunks * width(g) * sizeof(double))
    if g.parts == NULL:
        return NO_MEMORY
    status = parallel_for(gather_chunk, g, chunks, threads if blocks > 1 else 1)
    if status == OK:
        for i in range(1, chunks):
            join(g, g.parts + i * width(g), g.parts)
    return status


cdef void hand_over(const Gather *g, double *count, double *mean, double *scatter) noexcept nogil:
    cdef ptrdiff_t c, j, d = g.rows.d
    cdef const void **of = origins(g, g.parts)
    for c in range(g.k):
        count[c] = g.parts[c]
        for j in range(c * d, (c + 1) * d):
            mean[j] = g.parts[g.k + j]
            if g.moments:
                scatter[j] = g.parts[g.k + g.k * d + j]
                if of[c] != NULL:
                    mean[j] += element(g, of[c], j - c * d)


cdef run_gather(Gather *g, cnp.ndarray x, label, weight, cnp.ndarray count, cnp.ndarray mean, scatter, workers,
                str name):
    cdef int status, threads = threads_for(workers)
    cdef double *c = <double *>cnp.PyArray_DATA(count)
    cdef double *m = <double *>cnp.PyArray_DATA(mean)
    cdef double *s = NULL
    memset(&g.rows, 0, sizeof(Block))
    g.moments, g.size = scatter is not None, cnp.PyArray_ITEMSIZE(x)
    g.ops = mc_nb_ops_for(isa(), kernel_dtype(cnp.PyArray_TYPE(x), g.size))
    g.n, g.k, g.rows.d = cnp.PyArray_DIM(x, 0), cnp.PyArray_DIM(count, 0), cnp.PyArray_DIM(x, 1)
    g.rows.x, g.rows.rs = cnp.PyArray_DATA(x), cnp.PyArray_STRIDE(x, 0) // g.size
    if label is not None:
        g.rows.label = <const int32_t *>cnp.PyArray_DATA(<cnp.ndarray>label)
    if weight is not None:
        g.rows.weight = <const double *>cnp.PyArray_DATA(<cnp.ndarray>weight)
    if scatter is not None:
        s = <double *>cnp.PyArray_DATA(<cnp.ndarray>scatter)
    with nogil:
        work_begin()
        status = gather(g, threads)
        if status == OK:
            hand_over(g, c, m, s)
    raise_for(status, name)


def class_moments(cnp.ndarray x, label, weight, cnp.ndarray count, cnp.ndarray mean, cnp.ndarray scatter, workers,
                  str name):
    """count (k), mean (k, d) and scatter (k, d), the sum of squares about the mean, of each class's rows of x (n, d): n
    and d > 0, unit column stride; label (n) int32 in 0 ... k - 1 or None: all 0; weight (n) float64 or None: 1."""
    cdef Gather g
    g.binary, g.threshold = False, 0
    run_gather(&g, x, label, weight, count, mean, scatter, workers, name)


def class_sums(cnp.ndarray x, label, weight, threshold, cnp.ndarray count, cnp.ndarray sums, workers, str name):
    """count (k) and sums (k, d) of each class's rows of x, or of x > threshold where that is not None; the rest as in
    class_moments."""
    cdef Gather g
    g.binary, g.threshold = threshold is not None, 0 if threshold is None else threshold
    run_gather(&g, x, label, weight, count, sums, None, workers, name)


# ------------------------------------------------------------------ predictions

ctypedef struct Predict:
    const Ops *ops                       # of the data's type
    const Ops *sums                      # float64
    ptrdiff_t n, d, k, rs, size
    int kind
    bint binary
    double threshold
    const char *x
    const double *a
    const double *b
    const double *c
    double *out
    int64_t *best


cdef void predict_tile(const Predict *p, ptrdiff_t row, ptrdiff_t rows, double *scratch) noexcept nogil:
    cdef double *total = scratch + ROWS * COLS
    cdef double *best = total + p.k * ROWS
    cdef ptrdiff_t j = 0, cols, c, r
    memset(total, 0, p.k * ROWS * sizeof(double))
    while j < p.d:
        cols = min(<ptrdiff_t>COLS, p.d - j)
        p.ops.pack(rows, cols, p.x + (row * p.rs + j) * p.size, p.rs, p.binary, p.threshold, scratch)
        p.sums.tile(p.kind, rows, cols, p.k, scratch, p.a + j, p.b + j, p.d, total)
        j += cols
    for c in range(p.k):
        for r in range(ROWS):
            total[c * ROWS + r] += p.c[c]
    if p.out != NULL:
        for r in range(rows):
            for c in range(p.k):
                p.out[(row + r) * p.k + c] = total[c * ROWS + r]
    if p.best != NULL:
        p.sums.largest(p.k, total, best)
        for r in range(rows):
            p.best[row + r] = <int64_t>best[r]


cdef int predict_chunk(void *ctx, ptrdiff_t i) noexcept nogil:
    cdef const Predict *p = <const Predict *>ctx
    cdef ptrdiff_t row = i * PIECE * ROWS, end = min(p.n, row + PIECE * ROWS)
    cdef double *scratch = <double *>workspace(SLOT_C, ROWS * (COLS + p.k + 1) * sizeof(double))
    if scratch == NULL:
        return NO_MEMORY
    while row < end:
        predict_tile(p, row, min(<ptrdiff_t>ROWS, end - row), scratch)
        row += ROWS
    return check_interrupt()


def joint_scores(cnp.ndarray x, cnp.ndarray a, b, cnp.ndarray c, threshold, out, best, workers, str name):
    """out (n, k) float64 and best (n) int64, the first of the largest, each where given, of x (n, d), unit column
    stride: c + sum over columns of b (x - a)^2, or of a x where b is None; of x > threshold where that is not None.
    a, b (k, d) and c (k) float64 in C order."""
    cdef Predict p
    cdef int status, threads = threads_for(workers)
    p.size = cnp.PyArray_ITEMSIZE(x)
    p.ops = mc_nb_ops_for(isa(), kernel_dtype(cnp.PyArray_TYPE(x), p.size))
    p.sums = mc_nb_ops_for(isa(), F64)
    p.n, p.d, p.k = cnp.PyArray_DIM(x, 0), cnp.PyArray_DIM(x, 1), cnp.PyArray_DIM(c, 0)
    p.x, p.rs = <const char *>cnp.PyArray_DATA(x), cnp.PyArray_STRIDE(x, 0) // p.size
    p.kind, p.binary, p.threshold = LINEAR, threshold is not None, 0 if threshold is None else threshold
    p.a = p.b = <const double *>cnp.PyArray_DATA(a)
    p.c, p.out, p.best = <const double *>cnp.PyArray_DATA(c), NULL, NULL
    if b is not None:
        p.kind, p.b = GAUSSIAN, <const double *>cnp.PyArray_DATA(<cnp.ndarray>b)
    if out is not None:
        p.out = <double *>cnp.PyArray_DATA(<cnp.ndarray>out)
    if best is not None:
        p.best = <int64_t *>cnp.PyArray_DATA(<cnp.ndarray>best)
    with nogil:
        work_begin()
        status = parallel_for(predict_chunk, &p, (p.n + PIECE * ROWS - 1) // (PIECE * ROWS), threads)
    raise_for(status, name)
