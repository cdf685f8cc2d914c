# cython: binding=True
"""softmax, its logarithm, log-sum-exp and cross-entropy over NumPy arrays of any strides: pieces of rows that lie side
by side, or behind each other, spread over threads."""

from libc.stdint cimport int64_t
from libc.string cimport memset

cimport numpy as cnp

from mathcore._kernels.arrays cimport (
    MAX_DIMS, OPERANDS, Dims, empty_like, good_workers, join_dims, kernel_dtype, magnitude, may_overlap, offsets,
    same_place, usable,
)
from mathcore._kernels.runtime cimport (
    F32, F64, MAX_THREADS, NO_MEMORY, OK, SLOT_A, isa, parallel_for, raise_for, threads_for, work_begin, workspace,
)

cnp.import_array()

KINDS = {"softmax": SOFTMAX, "log_softmax": LOG_SOFTMAX, "logsumexp": LOGSUMEXP}

cdef enum:
    PIECE = 32768                        # elements of one chunk: 20 to 50 us
    SERIAL = 16384                       # elements up to which one thread is enough
    GIL = 512                            # elements up to which the GIL is kept: about 1 us
    WORK = 256 * 1024                    # scratch of a thread, half of L2: a block of rows side by side
    FAR = 8 * 1024 * 1024                # they come from memory then: 1.4 in place of 1.6 ns, from L3 it costs 0.2
    SIDE_BY_SIDE = 64                    # rows that share their lines of cache are not parted

ctypedef struct Job:
    Rows rows
    int kind
    const SoftmaxOps *ops
    ptrdiff_t size, piece, pieces
    Dims dims                            # all but the axis; the innermost runs along rows.rows


cdef int rows_chunk(void *ctx, ptrdiff_t chunk) noexcept nogil:
    """A piece of rows: the pointers of the job, moved."""
    cdef Job *job = <Job *>ctx
    cdef Rows r = job.rows
    cdef Dims *d = &job.dims
    cdef ptrdiff_t first = chunk % job.pieces * job.piece
    cdef ptrdiff_t at[OPERANDS]
    offsets(d, d.ndim - 1, chunk // job.pieces, at)
    r.x = <const char *>r.x + at[0] + first * r.rsx * job.size
    if r.out != NULL:
        r.out = <char *>r.out + at[2] + first * r.rso * job.size
    if r.value != NULL:
        r.value = <char *>r.value + at[1] + first * r.sv * job.size
    if r.labels != NULL:
        r.labels += first
    if r.target != NULL:
        r.target = <const char *>r.target + first * r.rst * job.size
    r.rows = min(job.piece, r.rows - first)
    if r.rsx == 1 and r.n * magnitude(r.csx) * job.size > FAR:
        r.work_bytes = WORK
        r.work = workspace(SLOT_A, WORK)
        if r.work == NULL:
            return NO_MEMORY
    job.ops.run(job.kind, &r)
    return OK


cdef int run_job(Job *job, int threads) noexcept nogil:
    """Dims are joined, rows.rows is the length of the innermost."""
    cdef Rows *r = &job.rows
    cdef ptrdiff_t outer = 1, unit
    cdef int d
    for d in range(job.dims.ndim - 1):
        outer *= job.dims.shape[d]
    unit = SIDE_BY_SIDE if r.csx != 1 or r.n <= SIDE_BY_SIDE else 1
    job.piece = max(<ptrdiff_t>1, PIECE // max(r.n, <ptrdiff_t>1))
    job.piece = min((job.piece + unit - 1) // unit * unit, r.rows)
    job.pieces = (r.rows + job.piece - 1) // job.piece
    return parallel_for(rows_chunk, job, outer * job.pieces, threads)


cdef void run_piece(int kind, int dtype, const Rows *rows) noexcept nogil:
    """Rows of one stride, on this thread."""
    mc_softmax_ops_for(isa(), dtype).run(kind, rows)


cdef int run_rows(int kind, int dtype, const Rows *rows, int threads) noexcept nogil:
    """Rows of one stride."""
    cdef Job job
    if rows.rows == 0:
        return OK
    memset(&job.dims, 0, sizeof(Dims))
    job.rows, job.kind, job.ops, job.size, job.dims.ndim = rows[0], kind, mc_softmax_ops_for(isa(), dtype), \
        4 if dtype == F32 else 8, 1
    if rows.rows * rows.n <= SERIAL:
        threads = 1
    return run_job(&job, threads)


def rows(int kind, x1, int axis, out, workers, str name):
    """softmax or log_softmax (like x1), or logsumexp (without the axis), or None when x1 or out need the general door
    first (see special.py). axis from 0 on; -1 for the last, and of a 1-d array."""
    if not cnp.PyArray_CheckExact(x1) or not good_workers(workers, MAX_THREADS):
        return None
    cdef cnp.ndarray x = x1, c
    cdef Job job
    cdef Rows *r = &job.rows
    cdef int typenum = cnp.PyArray_TYPE(x), nd = cnp.PyArray_NDIM(x), d, e, status, threads
    cdef int dtype = kernel_dtype(typenum, cnp.PyArray_ITEMSIZE(x))
    cdef ptrdiff_t total
    cdef cnp.npy_intp shape[MAX_DIMS]
    if axis < 0:
        axis += nd
    if (dtype != F32 and dtype != F64) or not 0 <= axis < nd or not usable(x):
        return None
    e = 0
    for d in range(nd):
        if kind != LOGSUMEXP or d != axis:
            shape[e] = cnp.PyArray_DIM(x, d)
            e += 1
    if out is None:
        if kind == LOGSUMEXP or cnp.PyArray_IS_C_CONTIGUOUS(x):
            c = cnp.PyArray_EMPTY(e, shape, typenum, 0)
        else:
            c = empty_like(x)
    else:
        if not cnp.PyArray_CheckExact(out):
            return None
        c = out
        if (cnp.PyArray_TYPE(c) != typenum or cnp.PyArray_NDIM(c) != e or not cnp.PyArray_ISWRITEABLE(c)
                or not usable(c) or not cnp.PyArray_ISONESEGMENT(c)):
            return None
        for d in range(e):
            if cnp.PyArray_DIM(c, d) != shape[d] or (cnp.PyArray_STRIDE(c, d) == 0 and shape[d] > 1):
                return None
        if may_overlap(c, x) and (kind == LOGSUMEXP or not same_place(c, x)):
            return None
    total = cnp.PyArray_SIZE(x)
    if cnp.PyArray_SIZE(c) == 0:
        return c

    memset(r, 0, sizeof(Rows))
    job.kind, job.size, job.ops = kind, cnp.PyArray_ITEMSIZE(x), mc_softmax_ops_for(isa(), dtype)
    r.x, r.n, r.csx = cnp.PyArray_DATA(x), cnp.PyArray_DIM(x, axis), cnp.PyArray_STRIDE(x, axis) // job.size
    if r.n == 1:
        r.csx = 1
    e = 0
    for d in range(nd):
        if d == axis:
            continue
        job.dims.shape[e] = cnp.PyArray_DIM(x, d)
        job.dims.strides[0][e] = cnp.PyArray_STRIDE(x, d)
        job.dims.strides[1][e] = job.dims.strides[2][e] = cnp.PyArray_STRIDE(c, e if kind == LOGSUMEXP else d)
        e += 1
    job.dims.ndim = e
    join_dims(&job.dims)
    if job.dims.ndim == 0:
        job.dims.ndim, job.dims.shape[0] = 1, 1
        job.dims.strides[0][0] = job.dims.strides[1][0] = job.dims.strides[2][0] = 0
    d = job.dims.ndim - 1
    r.rows, r.rsx = job.dims.shape[d], job.dims.strides[0][d] // job.size
    if kind == LOGSUMEXP:
        r.value, r.sv = cnp.PyArray_DATA(c), job.dims.strides[1][d] // job.size
    else:
        r.out, r.rso = cnp.PyArray_DATA(c), job.dims.strides[2][d] // job.size
        r.cso = cnp.PyArray_STRIDE(c, axis) // job.size if r.n > 1 else 1
        # rows are written in one piece, or side by side; another layout of out is for the general door
        if r.cso != 1 and not (r.csx != 1 and r.rsx == 1 and r.rso == 1 and r.rows > 1):
            return None if out is not None else through_plain(kind, x, axis, workers, name)
    if total <= GIL:
        status = run_job(&job, 1)
    else:
        threads = 1 if total <= SERIAL else threads_for(workers)
        with nogil:
            work_begin()
            status = run_job(&job, threads)
    if status:
        raise_for(status, name)
    return c if out is not None or cnp.PyArray_NDIM(c) else c[()]


cdef object through_plain(int kind, cnp.ndarray x, int axis, object workers, str name):
    """Rows that neither lie in one piece nor side by side, along an axis that is not the last: from a copy."""
    return rows(kind, cnp.PyArray_GETCONTIGUOUS(x), axis, None, workers, name)


def first_label_outside(const int64_t[::1] labels, int64_t n, ignore):
    """Index of the first label that is neither in 0 ... n-1 nor `ignore`, or -1."""
    cdef ptrdiff_t i
    cdef int64_t skipped = -1 if ignore is None else ignore
    cdef bint some = ignore is not None
    with nogil:
        for i in range(labels.shape[0]):
            if not 0 <= labels[i] < n and not (some and labels[i] == skipped):
                with gil:
                    return i
    return -1


cdef double sum_of(int dtype, const void *x, ptrdiff_t n) noexcept nogil:
    cdef double total = 0
    cdef ptrdiff_t i
    for i in range(n):
        total += (<const float *>x)[i] if dtype == F32 else (<const double *>x)[i]
    return total


def cross_entropy(cnp.ndarray x, labels, target, weight, double smoothing, double scale, ignore, cnp.ndarray value,
                  gradient, workers):
    """value[i] = the cross-entropy of row i of x (rows, n) against its label or row of target, gradient (rows, n) the
    derivative of scale * sum(value), C-order, None for none. Checked by the wrapper; labels int64, in range.
    Returns the sum of value, added in order."""
    cdef Rows r
    cdef cnp.ndarray a
    cdef ptrdiff_t size = cnp.PyArray_ITEMSIZE(x)
    cdef int64_t skipped = 0
    cdef int status, threads = threads_for(workers), dtype = kernel_dtype(cnp.PyArray_TYPE(x), size)
    cdef double total
    memset(&r, 0, sizeof(Rows))
    r.rows, r.n, r.x = cnp.PyArray_DIM(x, 0), cnp.PyArray_DIM(x, 1), cnp.PyArray_DATA(x)
    r.rsx, r.csx = cnp.PyArray_STRIDE(x, 0) // size, cnp.PyArray_STRIDE(x, 1) // size
    r.value, r.sv = cnp.PyArray_DATA(value), 1
    if gradient is not None:
        r.out, r.rso, r.cso = cnp.PyArray_DATA(<cnp.ndarray>gradient), r.n, 1
    if labels is not None:
        r.labels = <const int64_t *>cnp.PyArray_DATA(<cnp.ndarray>labels)
    if ignore is not None:
        skipped = ignore
        r.ignore = &skipped
    if target is not None:
        a = target
        r.target, r.rst, r.cst = cnp.PyArray_DATA(a), cnp.PyArray_STRIDE(a, 0) // size, cnp.PyArray_STRIDE(a, 1) // size
    if weight is not None:
        r.weight = cnp.PyArray_DATA(<cnp.ndarray>weight)
    r.smoothing, r.scale = smoothing, scale
    with nogil:
        work_begin()
        status = run_rows(CROSS_ENTROPY, dtype, &r, threads)
        total = sum_of(dtype, r.value, r.rows)
    raise_for(status, "cross_entropy")
    return total
