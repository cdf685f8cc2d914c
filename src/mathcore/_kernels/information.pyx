# cython: binding=True
"""Entropies and divergences of rows of probabilities or of logits; threads take pieces of rows."""

from libc.string cimport memset

cimport numpy as cnp

from mathcore._kernels.arrays cimport good_workers, kernel_dtype
from mathcore._kernels.runtime cimport (
    F32, F64, MAX_THREADS, NO_MEMORY, OK, SLOT_A, SLOT_B, isa, parallel_for, raise_for, threads_for, work_begin,
    workspace,
)
from mathcore._kernels.softmax cimport LOG_SOFTMAX, Rows, run_piece

cnp.import_array()

cdef extern from "simd/information.h" nogil:
    enum:
        ENTROPY "MC_ENTROPY"
        CROSS "MC_CROSS"
        KL "MC_KL"
        JS "MC_JS"
        CONDITIONAL "MC_CONDITIONAL"
        ENTROPY_LOG "MC_ENTROPY_LOG"
        CROSS_LOG "MC_CROSS_LOG"
        KL_LOG "MC_KL_LOG"
    ctypedef struct Information "mc_information":
        ptrdiff_t rows, n
        const void *p
        const void *q
        ptrdiff_t rsp, rsq
        void *value
        double slack_p, slack_q
        double unit
    ctypedef struct InformationOps "mc_information_ops":
        ptrdiff_t (*run)(int kind, const Information *rows) noexcept nogil
        double (*sum)(ptrdiff_t n, const void *x, ptrdiff_t *bad) noexcept nogil
    const InformationOps *mc_information_ops_for(int isa, int dtype)

KINDS = {"entropy": ENTROPY, "cross_entropy": CROSS, "kl_divergence": KL, "js_divergence": JS,
         "conditional_entropy": CONDITIONAL, "entropy_from_logits": ENTROPY_LOG,
         "cross_entropy_from_logits": CROSS_LOG, "kl_from_logits": KL_LOG}

cdef enum:
    PIECE = 16384                        # elements of one chunk: 10 to 60 us; of logits, what L2 holds beside its copy
    SERIAL = 16384                       # elements up to which one thread is enough
    GIL = 1024                           # elements up to which the GIL is kept: about 1 us

ctypedef struct Job:
    Information rows
    int kind
    const InformationOps *ops
    bint logits                          # else probabilities
    int dtype
    ptrdiff_t size, piece
    ptrdiff_t *bad                       # of each chunk


cdef void log_rows(const Job *job, ptrdiff_t rows, const void *x, ptrdiff_t stride, void *out) noexcept nogil:
    cdef Rows r
    memset(&r, 0, sizeof(Rows))
    r.rows, r.n, r.x, r.rsx, r.csx, r.out, r.rso, r.cso = rows, job.rows.n, x, stride, 1, out, job.rows.n, 1
    run_piece(LOG_SOFTMAX, job.dtype, &r)


cdef int rows_chunk(void *ctx, ptrdiff_t chunk) noexcept nogil:
    cdef Job *job = <Job *>ctx
    cdef Information r = job.rows
    cdef ptrdiff_t first = chunk * job.piece, bytes
    cdef char *work
    r.rows = min(job.piece, r.rows - first)
    r.p = <const char *>r.p + first * r.rsp * job.size
    if r.q != NULL:
        r.q = <const char *>r.q + first * r.rsq * job.size
    r.value = <char *>r.value + first * job.size
    if job.logits:
        bytes = r.rows * r.n * job.size
        work = <char *>workspace(SLOT_A, 2 * bytes)
        if work == NULL:
            return NO_MEMORY
        log_rows(job, r.rows, r.p, r.rsp, work)
        r.p, r.rsp = work, r.n
        if r.q != NULL:
            log_rows(job, r.rows if r.rsq else 1, r.q, r.rsq, work + bytes)
            r.q, r.rsq = work + bytes, r.n if r.rsq else 0
    job.bad[chunk] = job.ops.run(job.kind, &r)
    if job.bad[chunk] >= 0:
        job.bad[chunk] += first
    return OK


cdef int run(Job *job, int dtype, int threads, ptrdiff_t *bad) noexcept nogil:
    cdef ptrdiff_t chunks, i
    cdef int status
    job.ops, job.size = mc_information_ops_for(isa(), dtype), 4 if dtype == F32 else 8
    job.logits, job.dtype = job.kind >= ENTROPY_LOG, dtype
    job.piece = max(<ptrdiff_t>1, PIECE // max(job.rows.n, <ptrdiff_t>1))
    chunks = (job.rows.rows + job.piece - 1) // job.piece
    job.bad = <ptrdiff_t *>workspace(SLOT_B, chunks * sizeof(ptrdiff_t))
    if job.bad == NULL:
        return NO_MEMORY
    status = parallel_for(rows_chunk, job, chunks, threads)
    bad[0] = -1
    for i in range(chunks if status == OK else 0):
        if job.bad[i] >= 0:
            bad[0] = job.bad[i]
            break
    return status


def rows(int kind, cnp.ndarray p, q, double slack_p, double slack_q, double unit, cnp.ndarray value, workers, str name):
    """value[i] = what `kind` says of row i of p (rows, n) and q (rows or 1, n), None for none, of unit stride along
    rows, over `unit`. slack: what a sum may differ from 1 by; negative: p and q are divided by their sums first. The
    first row that is no distribution, or -1."""
    cdef Job job
    cdef Information *r = &job.rows
    cdef cnp.ndarray other
    cdef ptrdiff_t bad = -1, size = cnp.PyArray_ITEMSIZE(p)
    cdef int status, threads = threads_for(workers), dtype = kernel_dtype(cnp.PyArray_TYPE(p), size)
    memset(&job, 0, sizeof(Job))
    job.kind = kind
    r.rows, r.n, r.p = cnp.PyArray_DIM(p, 0), cnp.PyArray_DIM(p, 1), cnp.PyArray_DATA(p)
    r.rsp = cnp.PyArray_STRIDE(p, 0) // size
    if q is not None:
        other = q
        r.q = cnp.PyArray_DATA(other)
        r.rsq = cnp.PyArray_STRIDE(other, 0) // size if cnp.PyArray_DIM(other, 0) > 1 else 0
    r.value, r.slack_p, r.slack_q, r.unit = cnp.PyArray_DATA(value), slack_p, slack_q, unit
    if r.rows == 0:
        return -1
    with nogil:
        work_begin()
        status = run(&job, dtype, threads if r.rows * r.n > SERIAL else 1, &bad)
    raise_for(status, name)
    return bad


def fast(int kind, p1, q1, double unit, workers, str name):
    """The rows of the last axis of plain arrays of one float type and shape, over `unit`; None where the general door
    must look first: another kind of input, a row that is no distribution."""
    if not cnp.PyArray_CheckExact(p1) or not good_workers(workers, MAX_THREADS):
        return None
    cdef cnp.ndarray p = p1, q, value
    cdef Job job
    cdef Information *r = &job.rows
    cdef int typenum = cnp.PyArray_TYPE(p), nd = cnp.PyArray_NDIM(p), d, status, threads
    cdef int dtype = kernel_dtype(typenum, cnp.PyArray_ITEMSIZE(p))
    cdef ptrdiff_t bad
    if (dtype != F32 and dtype != F64) or nd == 0 or not cnp.PyArray_ISCARRAY_RO(p) or cnp.PyArray_SIZE(p) == 0:
        return None
    memset(&job, 0, sizeof(Job))
    job.kind = kind
    r.n = r.rsp = r.rsq = cnp.PyArray_DIM(p, nd - 1)
    r.rows, r.p = cnp.PyArray_SIZE(p) // r.n, cnp.PyArray_DATA(p)
    if q1 is not None:
        if not cnp.PyArray_CheckExact(q1):
            return None
        q = q1
        if cnp.PyArray_TYPE(q) != typenum or cnp.PyArray_NDIM(q) != nd or not cnp.PyArray_ISCARRAY_RO(q):
            return None
        for d in range(nd):
            if cnp.PyArray_DIM(q, d) != cnp.PyArray_DIM(p, d):
                return None
        r.q = cnp.PyArray_DATA(q)
    r.slack_p = r.slack_q = 8 * r.n * (2.0**-23 if dtype == F32 else 2.0**-52)
    r.unit = unit
    value = cnp.PyArray_EMPTY(nd - 1, cnp.PyArray_DIMS(p), typenum, 0)
    r.value = cnp.PyArray_DATA(value)
    if r.rows * r.n <= GIL:
        status = run(&job, dtype, 1, &bad)
    else:
        threads = threads_for(workers) if r.rows * r.n > SERIAL else 1
        with nogil:
            work_begin()
            status = run(&job, dtype, threads, &bad)
    if status:
        raise_for(status, name)
    if bad >= 0:
        return None
    return value if nd > 1 else value[()]


def row_sum(cnp.ndarray x):
    """(sum, index of the first negative element or NaN, or -1) of a contiguous row, added as `rows` adds it."""
    cdef ptrdiff_t bad
    cdef double total
    cdef int dtype = kernel_dtype(cnp.PyArray_TYPE(x), cnp.PyArray_ITEMSIZE(x))
    with nogil:
        total = mc_information_ops_for(isa(), dtype).sum(cnp.PyArray_SIZE(x), cnp.PyArray_DATA(x), &bad)
    return total, bad
