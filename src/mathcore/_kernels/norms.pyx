# cython: binding=True
"""Norms of slices of an array, and rows divided by theirs. Blocks, lanes and trees depend on the shape alone, so the
bits do not depend on the number of threads."""

cimport numpy as cnp
from libc.float cimport DBL_MAX, DBL_MIN, FLT_MAX, FLT_MIN
from libc.math cimport INFINITY, fabs, frexp, isfinite, isinf, ldexp, sqrt

from mathcore._kernels.arrays cimport empty_like
from mathcore._kernels.runtime cimport (
    NO_MEMORY, OK, SLOT_A, SLOT_B, SLOT_C, SLOT_D, isa, parallel_for, raise_for, threads_for, work_begin,
    workspace,
)

cnp.import_array()

cdef extern from "numpy/arrayobject.h":
    object PyArray_Scalar(void *data, cnp.dtype descr, object base)
    cnp.dtype PyArray_DescrFromType(int typenum)

cdef extern from "simd/norms.h" nogil:
    double SAFE "MC_NORM_SAFE"
    double SAFE_NARROW "MC_NORM_SAFE_NARROW"
    enum:
        BLOCK "MC_NORM_BLOCK"
        COLS "MC_NORM_COLS"
        SQUARES "MC_NORM_SQUARES"
        SIZES "MC_NORM_SIZES"
        COUNT "MC_NORM_COUNT"
        MOST "MC_NORM_MOST"
        LEAST "MC_NORM_LEAST"
    ctypedef struct Ops "mc_norms_ops":
        void (*rows)(int kind, int single, ptrdiff_t m, ptrdiff_t n, const char *x, ptrdiff_t rsx,
                     double *out) noexcept nogil
        void (*columns)(int kind, int single, ptrdiff_t n, ptrdiff_t cols, const char *x, ptrdiff_t rsx,
                        double *out) noexcept nogil
        void (*ratios[2])(ptrdiff_t m, ptrdiff_t n, const char *x, ptrdiff_t rsx, const double *units,
                          void *out) noexcept nogil
        void (*powers[2])(ptrdiff_t n, double p, void *x) noexcept nogil
        int (*roots)(int single, ptrdiff_t m, const double *s, void *out) noexcept nogil
        void (*power_roots)(ptrdiff_t m, double p, const double *units, double *sums) noexcept nogil
        void (*divide)(int single, ptrdiff_t n, const void *x, double by, void *out) noexcept nogil
    const Ops *mc_norms_ops_for(int isa)

cdef enum:
    POWERS = 5                           # (|x| / unit)^p: a sum, the unit of a slice its greatest or least element
    GROUP = 16                           # blocks of a task: 512 KB of float64
    TASK = 32768                         # elements of a task where slices are short
    GIL = 4096                           # elements up to which the GIL is kept: below 1 us
    TILE = 64                            # columns of rows that do not continue each other: 119 us, of 128 143 (1000^2)
    NARROW = 8                           # columns side by side; fewer, and few rows, are turned
    LEVELS = 48                          # of a tree of blocks
    SCRATCH = 2 * 4096 + 16              # doubles: a block as it lies, and changed, with room behind

# x (outer, n, inner), strides in bytes: slices along n. Slice s is (s // inner, s % inner).
ctypedef struct Job:
    const Ops *ops
    int kind, single
    double power
    ptrdiff_t size, outer, n, inner, so, sn, si
    const char *x
    const char *units                    # (outer, inner) of the type of x, for POWERS
    char *out                            # (outer, inner) of the type of x
    ptrdiff_t blocks, per, count         # per, count: of a task; of all
    ptrdiff_t wide, tiles                # columns of a tile
    double *parts


include "norms_run.pxi"


cdef int run_all(Job *job) except -1:
    """The norms of a job whose arrays and strides are set, threads by the amount of work; 0 < n, outer, inner."""
    cdef ptrdiff_t total = job.outer * job.n * job.inner
    cdef int status, threads
    cdef Job first
    cdef cnp.ndarray units
    cdef cnp.npy_intp count = job.outer * job.inner
    job.ops = mc_norms_ops_for(isa())
    if job.kind == POWERS:
        units = cnp.PyArray_EMPTY(1, &count, cnp.NPY_FLOAT if job.single else cnp.NPY_DOUBLE, 0)
        job.units = <const char *>cnp.PyArray_DATA(units)
        first = job[0]
        first.kind, first.out = MOST if job.power > 0 else LEAST, <char *>job.units
        run_all(&first)
    if total <= GIL:
        status = run(job, 1)
    else:
        threads = threads_for(None) if total > TASK else 1
        with nogil:
            work_begin()
            status = run(job, threads)
    return raise_for(status, "norm")


cdef bint set_order(Job *job, object order) noexcept:
    """What is summed for a vector norm of this order; False where it is none."""
    cdef double p
    if order is None:
        job.kind = SQUARES
        return True
    if type(order) is int:
        try:
            p = order
        except OverflowError:
            return False
    elif type(order) is float:
        p = order
    else:
        return False
    job.power = p
    job.kind = SQUARES if p == 2 else SIZES if p == 1 else COUNT if p == 0 else MOST if p == INFINITY \
        else LEAST if p == -INFINITY else POWERS
    return True


cdef object result_of(Job *job, int typenum, int ndim, cnp.npy_intp *shape):
    """The norms as an array, or a scalar where it has no dimensions."""
    cdef double one
    cdef cnp.ndarray out
    if ndim:
        out = cnp.PyArray_EMPTY(ndim, shape, typenum, 0)
        job.out = <char *>cnp.PyArray_DATA(out)
        run_all(job)
        return out
    job.out = <char *>&one
    run_all(job)
    return PyArray_Scalar(&one, PyArray_DescrFromType(typenum), None)


cdef bint all_finite(const Job *job, const char *x, ptrdiff_t n) except -1:
    """Of n elements of the job's type: whether the greatest is finite, which reads faster than bits are compared."""
    cdef Job most
    cdef double found
    most.kind, most.single, most.size, most.x, most.out = MOST, job.single, job.size, x, <char *>&found
    most.outer = most.inner = 1
    most.n, most.so, most.sn, most.si = n, 0, job.size, job.size
    run_all(&most)
    return isfinite(number(<const char *>&found, 0, job.single))


cdef bint shows(const Job *job) noexcept:
    """Whether a norm of this kind is infinite or NaN where an element is."""
    return job.kind != COUNT and job.kind != LEAST and (job.kind != POWERS or job.power > 0)


cdef object of_matrix(Job *job, cnp.ndarray x, int typenum, bint check):
    """The greatest or least sum of columns (1, -1) or rows (inf, -inf); None where the general door must look."""
    cdef bint by_columns = job.kind == SIZES or job.kind == POWERS
    cdef bint greatest = job.kind == SIZES or job.kind == MOST
    cdef ptrdiff_t m = cnp.PyArray_DIM(x, 0), n = cnp.PyArray_DIM(x, 1)
    cdef cnp.ndarray sums
    cdef cnp.npy_intp count
    if job.kind == COUNT or job.kind == SQUARES or (job.kind == POWERS and job.power != -1) or m == 0 or n == 0:
        return None
    if not cnp.PyArray_IS_C_CONTIGUOUS(x):
        m, n, by_columns = n, m, not by_columns
    count = n if by_columns else m
    sums = cnp.PyArray_EMPTY(1, &count, typenum, 0)
    job.kind, job.out = SIZES, <char *>cnp.PyArray_DATA(sums)
    job.outer, job.n, job.inner = 1, m, n
    if not by_columns:
        job.outer, job.n, job.inner = m, n, 1
    job.si, job.sn, job.so = job.size, job.inner * job.size, job.n * job.inner * job.size
    run_all(job)
    if check and not all_finite(job, job.out, count):
        return None
    job.kind, job.x = MOST if greatest else LEAST, job.out
    job.outer, job.n, job.inner = 1, count, 1
    job.si = job.sn = job.so = job.size
    return result_of(job, typenum, 0, NULL)


cdef bint plain_floats(object a) noexcept:
    """An array of native, aligned float32 or float64."""
    return cnp.PyArray_CheckExact(a) and cnp.PyArray_ISBEHAVED_RO(<cnp.ndarray>a) \
        and cnp.PyArray_TYPE(<cnp.ndarray>a) in (cnp.NPY_DOUBLE, cnp.NPY_FLOAT)


def quick(a, order, axis, keepdims, check_finite, bint vectors):
    """The norm of a plain array along one axis, or of all of it, whose terms are known; None where the general door
    must look. vectors: axis=None and an order mean the norm of all elements, however many dimensions there are."""
    if not plain_floats(a) or keepdims is not False:
        return None
    cdef cnp.ndarray x = <cnp.ndarray>a
    cdef int typenum = cnp.PyArray_TYPE(x), nd = cnp.PyArray_NDIM(x), d, k, left = 0
    cdef bint in_rows = cnp.PyArray_IS_C_CONTIGUOUS(x), check = check_finite is not False
    cdef cnp.npy_intp[64] shape
    cdef Job job
    cdef ptrdiff_t i
    if type(order) is str and not vectors and nd == 2 and axis is None and order == "fro":
        order = None
    if not set_order(&job, order):
        return None
    job.single = typenum == cnp.NPY_FLOAT
    job.size = 4 if job.single else 8
    job.x = <const char *>cnp.PyArray_DATA(x)
    job.outer = job.inner = job.n = 1
    if axis is None:
        if not in_rows and not cnp.PyArray_IS_F_CONTIGUOUS(x):
            return None
        if order is not None and not vectors and nd != 1:
            return of_matrix(&job, x, typenum, check) if nd == 2 else None
        job.n = cnp.PyArray_SIZE(x)
    else:
        if type(axis) is not int or not in_rows or not -nd <= axis < nd:
            return None
        k = axis
        if k < 0:
            k += nd
        for d in range(nd):
            i = cnp.PyArray_DIM(x, d)
            if d == k:
                job.n = i
                continue
            shape[left] = i
            left += 1
            if d < k:
                job.outer *= i
            else:
                job.inner *= i
    if job.n == 0 or job.outer == 0 or job.inner == 0:
        return None
    job.si, job.sn, job.so = job.size, job.inner * job.size, job.n * job.inner * job.size
    if check and not shows(&job) and not all_finite(&job, job.x, job.outer * job.n * job.inner):
        return None
    result = result_of(&job, typenum, left, shape)
    if not check or not shows(&job):
        return result
    if left == 0:
        return result if isfinite(<double>result) else None
    return result if all_finite(&job, <const char *>cnp.PyArray_DATA(<cnp.ndarray>result),
                                cnp.PyArray_SIZE(<cnp.ndarray>result)) else None


def slices(cnp.ndarray x, order):
    """Norms (outer, inner) of the slices of x (outer, n, inner), a usable array of float32 or float64 with elements;
    order: None or a number."""
    cdef Job job
    cdef cnp.npy_intp[2] shape
    if not set_order(&job, order):
        raise ValueError("order")
    job.single = cnp.PyArray_TYPE(x) == cnp.NPY_FLOAT
    job.size = cnp.PyArray_ITEMSIZE(x)
    job.x = <const char *>cnp.PyArray_DATA(x)
    job.outer, job.n, job.inner = cnp.PyArray_DIM(x, 0), cnp.PyArray_DIM(x, 1), cnp.PyArray_DIM(x, 2)
    job.so, job.sn, job.si = cnp.PyArray_STRIDE(x, 0), cnp.PyArray_STRIDE(x, 1), cnp.PyArray_STRIDE(x, 2)
    shape[0], shape[1] = job.outer, job.inner
    return result_of(&job, cnp.PyArray_TYPE(x), 2, shape)


# ------------------------------------------------------------------ rows divided by their norms

ctypedef struct Division:
    const Ops *ops
    int single
    const char *x
    const char *lengths
    char *out
    ptrdiff_t m, n, size, per, pieces    # rows of a task, or pieces of a row
    double least, most                   # lengths that divide without loss
    int bad


cdef int divide_task(void *ctx, ptrdiff_t i) noexcept nogil:
    cdef Division *job = <Division *>ctx
    cdef ptrdiff_t row, first = i // job.pieces * job.per, start = i % job.pieces * TASK
    cdef ptrdiff_t at, few = min(<ptrdiff_t>TASK, job.n - start)
    cdef double length
    for row in range(first, min(job.m, first + job.per)):
        length = number(job.lengths, row, job.single)
        if not job.least <= length <= job.most:
            if length != 0:
                job.bad = True
            length = 1
        at = (row * job.n + start) * job.size
        job.ops.divide(job.single, few, job.x + at, length, job.out + at)
    return OK


cdef bint divide(cnp.ndarray x, ptrdiff_t m, ptrdiff_t n, cnp.ndarray lengths, cnp.ndarray out) except -1:
    """out (m, n) = rows of x over their lengths (m), all of one float type and in one piece; a row of length 0 stays.
    False where a length is neither 0 nor a finite normal number, and its row was left as it is."""
    cdef Division job
    cdef int status, threads
    cdef ptrdiff_t tasks
    job.ops, job.single = mc_norms_ops_for(isa()), cnp.PyArray_TYPE(x) == cnp.NPY_FLOAT
    job.size, job.m, job.n, job.bad = cnp.PyArray_ITEMSIZE(x), m, n, False
    job.x, job.lengths = <const char *>cnp.PyArray_DATA(x), <const char *>cnp.PyArray_DATA(lengths)
    job.out = <char *>cnp.PyArray_DATA(out)
    job.least, job.most = DBL_MIN, DBL_MAX
    if job.single:
        job.least, job.most = FLT_MIN, FLT_MAX
    job.per = max(<ptrdiff_t>1, TASK // n)
    job.pieces = (n + TASK - 1) // TASK
    tasks = (m + job.per - 1) // job.per * job.pieces
    if m * n <= GIL:
        status = parallel_for(divide_task, &job, tasks, 1)
    else:
        threads = threads_for(None)
        with nogil:
            work_begin()
            status = parallel_for(divide_task, &job, tasks, threads)
    raise_for(status, "normalize")
    return not job.bad


def unit_rows(a, order):
    """(rows over their norms, whether each norm is 0 or a finite normal number) of an array (..., n) in C order; a row
    whose norm is 0 stays, where it is none of these too. None for what is no plain array with elements."""
    cdef Job job
    cdef cnp.ndarray x, out, norms
    cdef cnp.npy_intp count
    cdef int typenum
    if not plain_floats(a) or not cnp.PyArray_IS_C_CONTIGUOUS(<cnp.ndarray>a) or cnp.PyArray_NDIM(<cnp.ndarray>a) < 1 \
            or cnp.PyArray_SIZE(<cnp.ndarray>a) == 0 or not set_order(&job, order):
        return None
    x, typenum = <cnp.ndarray>a, cnp.PyArray_TYPE(<cnp.ndarray>a)
    job.single, job.size, job.x = typenum == cnp.NPY_FLOAT, cnp.PyArray_ITEMSIZE(x), <const char *>cnp.PyArray_DATA(x)
    job.n, job.inner = cnp.PyArray_DIM(x, cnp.PyArray_NDIM(x) - 1), 1
    count = job.outer = cnp.PyArray_SIZE(x) // job.n
    job.sn = job.si = job.size
    job.so = job.n * job.size
    out, norms = empty_like(x), cnp.PyArray_EMPTY(1, &count, typenum, 0)
    job.out = <char *>cnp.PyArray_DATA(norms)
    run_all(&job)
    return out, divide(x, count, cnp.PyArray_DIM(x, cnp.PyArray_NDIM(x) - 1), norms, out)
