# cython: binding=True
"""Cross-entropy of logits x w^T + bias and its gradients, some rows at a time: the logits of those alone are stored,
and become their gradient in place, which then goes into the products with w and with x."""

import numpy as np

cimport numpy as cnp
from libc.stdint cimport int64_t
from libc.string cimport memset

from mathcore._kernels.arrays cimport kernel_dtype
from mathcore._kernels.gemm cimport IDENTITY, Epilogue, Product, plan, run
from mathcore._kernels.runtime cimport OK, check_interrupt, raise_for, threads_for, work_begin
from mathcore._kernels.softmax cimport CROSS_ENTROPY, Rows, run_rows, sum_of

cnp.import_array()

cdef enum:
    SHARE = 20                           # of all rows in one chunk: 5 % of the logits
    CHUNK_BYTES = 16 * 1024 * 1024       # of its logits, where that is less: L3
    LEAST_ROWS = 16                      # for the products' sake

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


cdef int product(const Job *t, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const char *a, ptrdiff_t rsa, ptrdiff_t csa,
                 const char *b, ptrdiff_t rsb, ptrdiff_t csb, char *c, const Epilogue *epilogue,
                 int add) noexcept nogil:
    cdef Product p
    p.dtype, p.m, p.n, p.k, p.threads = t.dtype, m, n, k, t.threads
    p.a, p.rsa, p.csa, p.b, p.rsb, p.csb, p.c, p.rsc = a, rsa, csa, b, rsb, csb, c, n
    p.epilogue, p.add, p.spare, p.upper_only = epilogue, add, False, False
    plan(&p)
    return run(&p)


cdef int chunk(Job *t, ptrdiff_t first, ptrdiff_t count) noexcept nogil:
    cdef const char *x = t.x + first * t.d * t.size
    cdef Rows r = t.rows
    cdef Epilogue e
    cdef int status
    memset(&e, 0, sizeof(e))
    e.bias, e.scale, e.activation = t.bias, 1.0, IDENTITY
    status = product(t, count, t.classes, t.d, x, t.d, 1, t.w, 1, t.d, t.logits, &e if t.bias != NULL else NULL, 0)
    if status:
        return status
    r.rows, r.x, r.rsx, r.csx, r.labels = count, t.logits, t.classes, 1, r.labels + first
    r.value = <char *>r.value + first * t.size
    if t.dx != NULL:
        r.out, r.rso, r.cso = t.slopes, t.classes, 1
    status = run_rows(CROSS_ENTROPY, t.dtype, &r, t.threads)
    if status == OK and t.dx != NULL:
        status = product(t, count, t.d, t.classes, t.slopes, t.classes, 1, t.w, t.d, 1, t.dx + first * t.d * t.size,
                         NULL, 0)
        if status == OK:
            status = product(t, t.classes, t.d, count, t.slopes, 1, t.classes, x, t.d, 1, t.dw, NULL, first > 0)
        if status == OK and t.dbias != NULL:
            status = product(t, 1, t.classes, count, t.ones, count, 1, t.slopes, t.classes, 1, t.dbias, NULL, first > 0)
    return status


def chunk_rows(ptrdiff_t n, ptrdiff_t classes, ptrdiff_t size):
    """Rows whose logits are stored at a time."""
    cdef ptrdiff_t fit = CHUNK_BYTES // (max(classes, <ptrdiff_t>1) * size)
    return min(n, max(<ptrdiff_t>LEAST_ROWS, min(n // SHARE, fit)))


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
