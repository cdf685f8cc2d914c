# cython: binding=True
"""Symmetric eigenproblems: reduction to tridiagonal form, implicit QL with the vectors turned along, the order."""

cimport numpy as cnp
from libc.stdint cimport int32_t

from mathcore._kernels.arrays cimport kernel_dtype
from mathcore._kernels.runtime cimport (
    F64, NO_MEMORY, OK, SLOT_D, check_interrupt, isa, parallel_for, raise_for, threads_for, work_begin, workspace,
)

cnp.import_array()

LARGEST = MOST

cdef double CHUNK_FLOPS = 1e6            # of one chunk of a batch: about 100 us

ctypedef struct Batch:
    int dtype
    bint lower
    ptrdiff_t n, size, count, per_chunk, sa, rsa, csa
    const char *a
    char *w
    char *v                              # or NULL: values only
    int32_t *info


cdef const EigenOps *eigen_ops(int dtype) noexcept nogil:
    return mc_eigen_ops_for(isa(), dtype)


cdef void transpose(int dtype, ptrdiff_t n, char *x, ptrdiff_t ld) noexcept nogil:
    cdef ptrdiff_t i, j
    cdef double *wide = <double *>x
    cdef float *narrow = <float *>x
    for i in range(n):
        for j in range(i):
            if dtype == F64:
                wide[i * ld + j], wide[j * ld + i] = wide[j * ld + i], wide[i * ld + j]
            else:
                narrow[i * ld + j], narrow[j * ld + i] = narrow[j * ld + i], narrow[i * ld + j]


cdef void put_in_order(ptrdiff_t n, const real *d, real unit, ptrdiff_t *order, real *w) noexcept nogil:
    """w = d * unit in rising order, and their numbers."""
    cdef ptrdiff_t i
    by_size[real](n, d, order)
    for i in range(n):
        w[i] = d[order[i]] * unit


cdef int eigen_one(int dtype, ptrdiff_t n, const char *a, ptrdiff_t rsa, ptrdiff_t csa, bint lower, char *w, char *v,
                   int32_t *info) noexcept nogil:
    cdef const EigenOps *ops = eigen_ops(dtype)
    cdef ptrdiff_t size = ops.size, unit = UNIT // size, ld = (n + unit - 1) // unit * unit, row = ld * size
    cdef char *full = <char *>workspace(SLOT_D, (2 * n + 5) * row + n * sizeof(ptrdiff_t))
    cdef char *z
    cdef char *d
    cdef char *tau
    cdef char *work
    cdef ptrdiff_t *order
    cdef double power
    if full == NULL:
        return NO_MEMORY
    z = full + n * row
    d = z + n * row                      # and off-diagonal, tau, two rows to work in
    tau, work = d + 2 * row, d + 3 * row
    order = <ptrdiff_t *>(d + 5 * row)
    power = ops.take(n, a, rsa, csa, lower, full, ld)
    info[0] = -1
    if power != power:
        return OK
    ops.reduce(n, full, ld, d, d + row, tau, work)
    if v != NULL:
        ops.form(n, full, ld, tau, z, work)
        transpose(dtype, n, z, ld)
    info[0] = <int32_t>ops.solve(n, d, d + row, z if v != NULL else NULL, ld)
    if size == 8:
        put_in_order[double](n, <const double *>d, power, order, <double *>w)
    else:
        put_in_order[float](n, <const float *>d, <float>power, order, <float *>w)
    if v != NULL:
        ops.columns(n, z, ld, order, v)
    return OK


cdef int chunk(void *ctx, ptrdiff_t i) noexcept nogil:
    cdef const Batch *b = <const Batch *>ctx
    cdef ptrdiff_t item
    cdef int status
    for item in range(i * b.per_chunk, min(b.count, (i + 1) * b.per_chunk)):
        status = eigen_one(b.dtype, b.n, b.a + item * b.sa, b.rsa, b.csa, b.lower, b.w + item * b.n * b.size,
                           b.v + item * b.n * b.n * b.size if b.v != NULL else NULL, b.info + item)
        if status == OK:
            status = check_interrupt()
        if status:
            return status
    return OK


def eigen(cnp.ndarray a, bint lower, cnp.ndarray w, v, cnp.ndarray info, workers, str name):
    """w (count, n), rising, and the vectors in the columns of v (count, n, n), or None, of symmetric a (count, n, n) of
    any strides, of which one triangle is read. info (count): 0, -1 where a is not finite (w and v are not written), or
    1 + the number of a value that did not converge. w, v and info in one piece."""
    cdef Batch b
    cdef ptrdiff_t size = cnp.PyArray_ITEMSIZE(a)
    cdef int status, threads = threads_for(workers)
    cdef double flops
    b.dtype, b.lower, b.n, b.count = kernel_dtype(cnp.PyArray_TYPE(a), size), lower, cnp.PyArray_DIM(a, 1), \
        cnp.PyArray_DIM(a, 0)
    b.size = size
    b.a, b.sa = <const char *>cnp.PyArray_DATA(a), cnp.PyArray_STRIDE(a, 0)
    b.rsa, b.csa = cnp.PyArray_STRIDE(a, 1) // size, cnp.PyArray_STRIDE(a, 2) // size
    b.w, b.info = <char *>cnp.PyArray_DATA(w), <int32_t *>cnp.PyArray_DATA(info)
    b.v = <char *>cnp.PyArray_DATA(<cnp.ndarray>v) if v is not None else NULL
    flops = 10.0 * b.n * b.n * (b.n + 20)
    b.per_chunk = max(<ptrdiff_t>1, <ptrdiff_t>(CHUNK_FLOPS / flops))
    with nogil:
        work_begin()
        status = parallel_for(chunk, &b, (b.count + b.per_chunk - 1) // b.per_chunk,
                              threads if flops * b.count > CHUNK_FLOPS else 1)
    raise_for(status, name)
