# cython: binding=True
"""Mean and scatter matrix of rows in one pass over memory: blocks of rows are centred where they lie in cache, their
Gram matrices added by Chan's formula. float32 blocks are multiplied in float32 and added in float64.

Blocks and chunks of them depend on the shape alone, so the bits do not depend on the number of threads.
"""

cimport numpy as cnp
from libc.string cimport memset

from mathcore._kernels.arrays cimport kernel_dtype
from mathcore._kernels.gemm cimport Product, plan, run
from mathcore._kernels.runtime cimport (
    F64, NO_MEMORY, OK, SLOT_C, SLOT_E,
    check_interrupt, isa, parallel_for, raise_for, threads_for, work_begin, workspace,
)

cnp.import_array()

cdef extern from "simd/scatter.h" nogil:
    ctypedef struct Ops "mc_scatter_ops":
        int size
        void (*mean)(ptrdiff_t m, ptrdiff_t n, const void *x, ptrdiff_t rsx, double *mean) noexcept nogil
        void (*centre)(ptrdiff_t m, ptrdiff_t n, const void *x, ptrdiff_t rsx, const double *mean,
                       void *out) noexcept nogil
        void (*merge)(ptrdiff_t n, const void *x, double w, const double *d, double *c) noexcept nogil
    const Ops *mc_scatter_ops_for(int isa, int dtype)

cdef enum:
    BLOCK = 512                          # rows: one block of gemm's k; float32 sums are this long
    CHUNKS = 64                          # at most
    WIDE = 512                           # columns from which the product of one block is enough for all threads

cdef ptrdiff_t SCATTERS_BYTES = 16 << 20      # scatter matrices of all chunks

# Rows x (m, n); each chunk has a mean (n) and a scatter matrix (n, n) of its own, one after the other in `parts`.
ctypedef struct Scatter:
    const Ops *ops
    int dtype, threads                   # threads: of a product
    ptrdiff_t m, n, chunk
    const char *x
    ptrdiff_t rsx
    double *parts


cdef double *part(const Scatter *s, ptrdiff_t i) noexcept nogil:
    return s.parts + i * s.n * (s.n + 1)


cdef void add(const Ops *ops, ptrdiff_t n, ptrdiff_t before, ptrdiff_t rows, const double *mean, const void *square,
              double *delta, double *total) noexcept nogil:
    """`rows` rows of that mean and scatter matrix join the `before` of `total`, a mean with its matrix (Chan, Golub and
    LeVeque 1983)."""
    cdef double weight = <double>rows / (before + rows)
    cdef ptrdiff_t c
    for c in range(n):
        delta[c] = mean[c] - total[c]
    ops.merge(n, square, before * weight, delta, total + n)
    for c in range(n):
        total[c] += weight * delta[c]


cdef int gram(const Scatter *s, ptrdiff_t rows, const char *x, char *out) noexcept nogil:
    """out (n, n) = x^T x, x (rows, n), upper triangle."""
    cdef Product p
    p.dtype, p.m, p.n, p.k, p.threads = s.dtype, s.n, s.n, rows, s.threads
    p.a, p.rsa, p.csa = x, 1, s.n
    p.b, p.rsb, p.csb = x, s.n, 1
    p.c, p.rsc, p.epilogue, p.add, p.spare, p.upper_only = out, s.n, NULL, 0, False, True
    plan(&p)
    return run(&p)


cdef int chunk(void *ctx, ptrdiff_t i) noexcept nogil:
    cdef Scatter *s = <Scatter *>ctx
    cdef ptrdiff_t n = s.n, first = i * s.chunk, end = min(s.m, first + s.chunk), row = first, rows
    cdef double *total = part(s, i)
    cdef double *mean = <double *>workspace(SLOT_E, 2 * n * 8 + (BLOCK + n) * n * s.ops.size)
    cdef const char *x
    cdef char *centred
    cdef char *square
    cdef int status = OK
    if mean == NULL:
        return NO_MEMORY
    centred = <char *>(mean + 2 * n)
    square = centred + BLOCK * n * s.ops.size
    memset(total, 0, n * (n + 1) * 8)
    while status == OK and row < end:
        rows, x = min(<ptrdiff_t>BLOCK, end - row), s.x + row * s.rsx * s.ops.size
        s.ops.mean(rows, n, x, s.rsx, mean)
        s.ops.centre(rows, n, x, s.rsx, mean, centred)
        status = gram(s, rows, centred, square)
        if status == OK:
            add(s.ops, n, row - first, rows, mean, square, mean + n, total)
            status = check_interrupt()
        row += rows
    return status


cdef int run_chunks(Scatter *s, int threads) noexcept nogil:
    """The mean and scatter matrix of all rows, in those of the first chunk."""
    cdef ptrdiff_t n = s.n, chunks, blocks = (s.m + BLOCK - 1) // BLOCK, i
    cdef int status
    chunks = max(<ptrdiff_t>1, min(<ptrdiff_t>CHUNKS, min(blocks, SCATTERS_BYTES // (n * n * 8))))
    chunks = 1 if n > WIDE else chunks
    s.chunk = (blocks + chunks - 1) // chunks * BLOCK
    chunks = (s.m + s.chunk - 1) // s.chunk
    s.threads = threads if chunks == 1 else 1
    s.parts = <double *>workspace(SLOT_C, (chunks * (n + 1) + 1) * n * 8)
    if s.parts == NULL:
        return NO_MEMORY
    if chunks == 1:
        return chunk(s, 0)
    status = parallel_for(chunk, s, chunks, threads)
    if status == OK:
        for i in range(1, chunks):
            add(mc_scatter_ops_for(isa(), F64), n, i * s.chunk, min(s.chunk, s.m - i * s.chunk), part(s, i),
                part(s, i) + n, s.parts + chunks * n * (n + 1), s.parts)
    return status


def mean_and_scatter(cnp.ndarray x, cnp.ndarray mean, cnp.ndarray scatter, workers, str name):
    """mean (n) and scatter (n, n) of the rows of x (m, n), m and n > 0, unit column stride; both float64, in one piece.
    """
    cdef Scatter s
    cdef ptrdiff_t size = cnp.PyArray_ITEMSIZE(x), i, j
    cdef int status, threads = threads_for(workers)
    cdef double *m = <double *>cnp.PyArray_DATA(mean)
    cdef double *c = <double *>cnp.PyArray_DATA(scatter)
    s.dtype = kernel_dtype(cnp.PyArray_TYPE(x), size)
    s.ops = mc_scatter_ops_for(isa(), s.dtype)
    s.m, s.n, s.x = cnp.PyArray_DIM(x, 0), cnp.PyArray_DIM(x, 1), <const char *>cnp.PyArray_DATA(x)
    s.rsx = cnp.PyArray_STRIDE(x, 0) // size
    with nogil:
        work_begin()
        status = run_chunks(&s, threads)
        if status == OK:
            for i in range(s.n):
                m[i] = s.parts[i]
                for j in range(i, s.n):
                    c[i * s.n + j] = c[j * s.n + i] = s.parts[(i + 1) * s.n + j]
    raise_for(status, name)
