# cython: binding=True
"""Cross-entropy of logits x w^T + bias and its gradients, some rows at a time: the logits of those alone are stored,
and become their gradient in place, which then goes into the products with w and with x."""

import numpy as np

cimport numpy as cnp
from libc.stdint cimport int64_t
from libc.string cimport memcpy, memset

from mathcore._kernels.arrays cimport F32, kernel_dtype
from mathcore._kernels.gemm cimport Product, plan, run
from mathcore._kernels.runtime cimport OK, check_interrupt, raise_for, threads_for, work_begin
from mathcore._kernels.softmax cimport CROSS_ENTROPY, Rows, run_rows, sum_of

cnp.import_array()

cdef enum:
    SHARE = 20                           # of all rows in one chunk: 5 % of the logits
    CHUNK_BYTES = 16 * 1024 * 1024       # of its logits, where that is less: L3
    LEAST_ROWS = 16                      # for the products' sake
    STRIP = 48                           # rows that fill the tiles of a product

ctypedef struct Job:
    int dtype, threads
    ptrdiff_t n, d, classes, size
    const char *x
    const char *w
    const char *bias                     # or NULL
    const char *ones                     # of a chunk's rows, where there is a bias
    char *logits
    char *slopes                         # logits, or room of their own beside smoothing
    char *dx                             # NULL: no gradients
    char *dw
    char *dbias
    Rows rows


cdef void fill(int dtype, char *out, const char *value, ptrdiff_t n) noexcept nogil:
    cdef ptrdiff_t i
    for i in range(n):
        if dtype == F32:
            (<float *>out)[i] = (<const float *>value)[0]
        else:
            (<double *>out)[i] = (<const double *>value)[0]


cdef int product(const Job *t, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const char *a, ptrdiff_t rsa, ptrdiff_t csa,
                 const char *b, ptrdiff_t rsb, ptrdiff_t csb, char *c, int add) noexcept nogil:
    cdef Product p
    p.dtype, p.m, p.n, p.k, p.threads = t.dtype, m, n, k, t.threads
    p.a, p.rsa, p.csa, p.b, p.rsb, p.csb, p.c, p.rsc = a, rsa, csa, b, rsb, csb, c, n
    p.epilogue, p.add, p.spare, p.upper_only = NULL, add, False, False
    plan(&p)
    return run(&p)


cdef int logits_of(Job *t, const char *x, ptrdiff_t count, bint by_class) noexcept nogil:
    cdef ptrdiff_t i, row = t.classes * t.size
    cdef int add = t.bias != NULL
    if by_class:
        if add:
            for i in range(t.classes):
                fill(t.dtype, t.logits + i * count * t.size, t.bias + i * t.size, count)
        return product(t, t.classes, count, t.d, t.w, t.d, 1, x, 1, t.d, t.logits, add)
    if add:
        for i in range(count):
            memcpy(t.logits + i * row, t.bias, row)
    return product(t, count, t.classes, t.d, x, t.d, 1, t.w, 1, t.d, t.logits, add)


cdef int chunk(Job *t, ptrdiff_t first, ptrdiff_t count) noexcept nogil:
    """The logits lie by classes: w is then read where it lies; by rows it is packed anew for each chunk, a fifth of the
    time. Smoothing has rows only."""
    cdef const char *x = t.x + first * t.d * t.size
    cdef Rows r = t.rows
    cdef bint by_class = not r.smoothing
    cdef ptrdiff_t rs = 1 if by_class else t.classes, cs = count if by_class else 1
    cdef int status = logits_of(t, x, count, by_class)
    if status:
        return status
    r.rows, r.x, r.rsx, r.csx, r.labels = count, t.logits, rs, cs, r.labels + first
    r.value = <char *>r.value + first * t.size
    if t.dx != NULL:
        r.out, r.rso, r.cso = t.slopes, rs, cs
    status = run_rows(CROSS_ENTROPY, t.dtype, &r, t.threads)
    if status == OK and t.dx != NULL:
        status = product(t, count, t.d, t.classes, t.slopes, rs, cs, t.w, t.d, 1, t.dx + first * t.d * t.size, 0)
        if status == OK:
            status = product(t, t.classes, t.d, count, t.slopes, cs, rs, x, t.d, 1, t.dw, first > 0)
        if status == OK and t.dbias != NULL:
            status = product(t, t.classes, 1, count, t.slopes, cs, rs, t.ones, 1, 1, t.dbias, first > 0)
    return status


def chunk_rows(ptrdiff_t n, ptrdiff_t classes, ptrdiff_t size):
    """Rows whose logits are stored at a time."""
    cdef ptrdiff_t fit = CHUNK_BYTES // (max(classes, <ptrdiff_t>1) * size)
    cdef ptrdiff_t rows = max(<ptrdiff_t>LEAST_ROWS, min(n // SHARE, fit))
    return min(n, rows // STRIP * STRIP if rows > STRIP else rows)


def linear_cross_entropy(cnp.ndarray x, cnp.ndarray w, bias, cnp.ndarray labels, weight, double smoothing, double scale,
                         ignore, cnp.ndarray value, dx, dw, dbias, workers, str name):
    """value[i] = the cross-entropy of row i of x (n, d) w^T (d, classes) + bias (classes) with its label; dx, dw, dbias
    the derivatives of scale * sum(value), or None. C-order arrays of one float type; labels int64, in range. Returns
    the sum of value, added in order."""
    cdef Job t
    cdef ptrdiff_t first = 0, rows
    cdef int64_t skipped = 0
    cdef int status = OK
    cdef double total
    memset(&t, 0, sizeof(Job))
    t.size = cnp.PyArray_ITEMSIZE(x)
    t.dtype, t.threads = kernel_dtype(cnp.PyArray_TYPE(x), t.size), threads_for(workers)
    t.n, t.d, t.classes = cnp.PyArray_DIM(x, 0), cnp.PyArray_DIM(x, 1), cnp.PyArray_DIM(w, 0)
    t.x, t.w = <const char *>cnp.PyArray_DATA(x), <const char *>cnp.PyArray_DATA(w)
    t.rows.n, t.rows.labels, t.rows.value, t.rows.sv = t.classes, <const int64_t *>cnp.PyArray_DATA(labels), \
        cnp.PyArray_DATA(value), 1
    t.rows.smoothing, t.rows.scale = smoothing, scale
    if ignore is not None:
        skipped = ignore
        t.rows.ignore = &skipped
    if weight is not None:
        t.rows.weight = cnp.PyArray_DATA(<cnp.ndarray>weight)
    rows = chunk_rows(t.n, t.classes, t.size)
    cdef cnp.ndarray logits = np.empty((2 if smoothing and dx is not None else 1, rows, t.classes), x.dtype)
    cdef cnp.ndarray ones = np.ones(rows, x.dtype)
    t.logits = <char *>cnp.PyArray_DATA(logits)
    t.slopes = t.logits + (rows * t.classes * t.size if cnp.PyArray_DIM(logits, 0) == 2 else 0)
    t.ones = <const char *>cnp.PyArray_DATA(ones)
    if bias is not None:
        t.bias = <const char *>cnp.PyArray_DATA(<cnp.ndarray>bias)
    if dx is not None:
        t.dx, t.dw = <char *>cnp.PyArray_DATA(<cnp.ndarray>dx), <char *>cnp.PyArray_DATA(<cnp.ndarray>dw)
    if dbias is not None:
        t.dbias = <char *>cnp.PyArray_DATA(<cnp.ndarray>dbias)
    with nogil:
        work_begin()
        while first < t.n and status == OK:
            status = chunk(&t, first, min(rows, t.n - first))
            if status == OK:
                status = check_interrupt()
            first += rows
        total = sum_of(t.dtype, t.rows.value, t.n)
    raise_for(status, name)
    return total
