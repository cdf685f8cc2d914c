# cython: binding=True
"""Products of sparse matrices, straight into a dense one."""

cimport numpy as cnp
from libc.math cimport INFINITY
from libc.stdint cimport int32_t, int64_t
from libc.string cimport memset

from mathcore._kernels.runtime cimport check_interrupt, parallel_for, raise_for, threads_for, work_begin

cnp.import_array()

cdef enum:
    ROWS = 16                            # of a chunk: 30 us where a row meets a thousand numbers

ctypedef fused real:
    float
    double

ctypedef fused index:
    int32_t
    int64_t

# Rows of a times rows of b, both by rows: number p of row i stands in column of[p], for p from start[i] on.
ctypedef struct Job:
    const char *a_start
    const char *a_of
    const char *a
    const char *b_start
    const char *b_of
    const char *b
    char *out
    ptrdiff_t m, n, rsc
    bint wide_index, wide
    double limit


cdef void rows_of(const Job *job, ptrdiff_t first, ptrdiff_t last, const index *a_start, const index *a_of,
                  const real *a, const index *b_start, const index *b_of, const real *b) noexcept nogil:
    cdef real *out
    cdef real value, limit = <real>job.limit
    cdef ptrdiff_t i, p, q, n = job.n
    for i in range(first, last):
        out = <real *>job.out + i * job.rsc
        memset(out, 0, n * sizeof(real))
        for p in range(a_start[i], a_start[i + 1]):
            value = a[p]
            for q in range(b_start[a_of[p]], b_start[a_of[p] + 1]):
                out[b_of[q]] += value * b[q]
        if job.limit < INFINITY:
            for q in range(n):           # one minimum and one maximum of the processor each, as they stand here
                value = out[q] if out[q] < limit else limit
                out[q] = value if value > -limit else -limit


cdef int chunk(void *ctx, ptrdiff_t number) noexcept nogil:
    cdef const Job *j = <const Job *>ctx
    cdef ptrdiff_t first = number * ROWS, last = min(j.m, (number + 1) * ROWS)
    if j.wide_index and j.wide:
        rows_of[int64_t, double](j, first, last, <const int64_t *>j.a_start, <const int64_t *>j.a_of,
                                 <const double *>j.a, <const int64_t *>j.b_start, <const int64_t *>j.b_of,
                                 <const double *>j.b)
    elif j.wide_index:
        rows_of[int64_t, float](j, first, last, <const int64_t *>j.a_start, <const int64_t *>j.a_of,
                                <const float *>j.a, <const int64_t *>j.b_start, <const int64_t *>j.b_of,
                                <const float *>j.b)
    elif j.wide:
        rows_of[int32_t, double](j, first, last, <const int32_t *>j.a_start, <const int32_t *>j.a_of,
                                 <const double *>j.a, <const int32_t *>j.b_start, <const int32_t *>j.b_of,
                                 <const double *>j.b)
    else:
        rows_of[int32_t, float](j, first, last, <const int32_t *>j.a_start, <const int32_t *>j.a_of,
                                <const float *>j.a, <const int32_t *>j.b_start, <const int32_t *>j.b_of,
                                <const float *>j.b)
    return check_interrupt()


def product(cnp.ndarray a_start, cnp.ndarray a_of, cnp.ndarray a, cnp.ndarray b_start, cnp.ndarray b_of, cnp.ndarray b,
            cnp.ndarray out, double limit, workers, str name):
    """out (m, n) = A B, within [-limit, limit], of matrices in CSR form: indptr, indices (all int32 or all int64) and
    data (of the type of out, whose column stride is one). The terms of an element are added in the order of A's row."""
    cdef Job job
    cdef int status, threads = threads_for(workers)
    job.a_start, job.a_of, job.a = cnp.PyArray_BYTES(a_start), cnp.PyArray_BYTES(a_of), cnp.PyArray_BYTES(a)
    job.b_start, job.b_of, job.b = cnp.PyArray_BYTES(b_start), cnp.PyArray_BYTES(b_of), cnp.PyArray_BYTES(b)
    job.out, job.m, job.n = cnp.PyArray_BYTES(out), cnp.PyArray_DIM(out, 0), cnp.PyArray_DIM(out, 1)
    job.wide, job.wide_index = cnp.PyArray_ITEMSIZE(out) == 8, cnp.PyArray_ITEMSIZE(a_start) == 8
    job.limit = limit
    job.rsc = cnp.PyArray_STRIDE(out, 0) // cnp.PyArray_ITEMSIZE(out)
    with nogil:
        work_begin()
        status = parallel_for(chunk, &job, (job.m + ROWS - 1) // ROWS, threads)
    if status:
        raise_for(status, name)
