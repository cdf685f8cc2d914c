# cython: binding=True
"""Losses of pairs over contiguous arrays, block by block: threads take blocks, whose sums are added in order."""

from libc.string cimport memset

cimport numpy as cnp

from mathcore._kernels.arrays cimport kernel_dtype
from mathcore._kernels.runtime cimport (
    NO_MEMORY, OK, SLOT_A, isa, parallel_for, raise_for, threads_for, work_begin, workspace,
)

cnp.import_array()

cdef extern from "simd/losses.h" nogil:
    enum:
        SQUARED "MC_SQUARED"
        BINARY "MC_BINARY"
        BINARY_LOGITS "MC_BINARY_LOGITS"
        ABSOLUTE "MC_ABSOLUTE"
        HUBER "MC_HUBER"
        HINGE "MC_HINGE"
        BLOCK "MC_PAIR_BLOCK"
    ctypedef struct Pairs "mc_pairs":
        ptrdiff_t n
        const void *p
        const void *y
        const void *weight
        const void *positive
        void *value
        void *gradient
        double scale
        double delta
    ctypedef struct LossesOps "mc_losses_ops":
        double (*block)(int kind, const Pairs *pairs) noexcept nogil
        ptrdiff_t (*first_outside)(ptrdiff_t n, const void *x, double low, double high) noexcept nogil
    const LossesOps *mc_losses_ops_for(int isa, int dtype)

KINDS = {"mse": SQUARED, "mae": ABSOLUTE, "huber": HUBER, "hinge": HINGE, "binary_cross_entropy": BINARY,
         "binary_cross_entropy_with_logits": BINARY_LOGITS}

cdef enum:
    GROUP = 8192                         # blocks whose sums wait in scratch: 64 KB

ctypedef struct Job:
    Pairs pairs
    int kind
    const LossesOps *ops
    ptrdiff_t size, first
    double *sums


cdef int block_chunk(void *ctx, ptrdiff_t i) noexcept nogil:
    cdef Job *job = <Job *>ctx
    cdef Pairs s = job.pairs
    cdef ptrdiff_t start = (job.first + i) * BLOCK, at = start * job.size
    s.n = min(<ptrdiff_t>BLOCK, s.n - start)
    s.p, s.y = <const char *>s.p + at, <const char *>s.y + at
    if s.weight != NULL:
        s.weight = <const char *>s.weight + at
    if s.positive != NULL:
        s.positive = <const char *>s.positive + at
    if s.value != NULL:
        s.value = <char *>s.value + at
    if s.gradient != NULL:
        s.gradient = <char *>s.gradient + at
    job.sums[i] = job.ops.block(job.kind, &s)
    return OK


cdef int run(Job *job, int threads, double *total) noexcept nogil:
    cdef ptrdiff_t blocks = (job.pairs.n + BLOCK - 1) // BLOCK, few, i
    cdef int status
    total[0] = 0
    job.sums = <double *>workspace(SLOT_A, min(blocks, <ptrdiff_t>GROUP) * sizeof(double))
    if job.sums == NULL:
        return NO_MEMORY
    job.first = 0
    while job.first < blocks:
        few = min(<ptrdiff_t>GROUP, blocks - job.first)
        status = parallel_for(block_chunk, job, few, threads if blocks > 4 else 1)
        if status:
            return status
        for i in range(few):
            total[0] += job.sums[i]
        job.first += few
    return OK


def pairs(int kind, cnp.ndarray p, cnp.ndarray y, weight, positive, double scale, value, gradient, workers, str name,
          double delta=1.0):
    """The sum of the weighted losses of C-order arrays of one float type and size; each loss into value, scale times
    the gradient of the sum into gradient, where given."""
    cdef Job job
    cdef int status, threads = threads_for(workers)
    cdef double total
    memset(&job, 0, sizeof(Job))
    job.kind, job.size = kind, cnp.PyArray_ITEMSIZE(p)
    job.ops = mc_losses_ops_for(isa(), kernel_dtype(cnp.PyArray_TYPE(p), job.size))
    job.pairs.n, job.pairs.p, job.pairs.y = cnp.PyArray_SIZE(p), cnp.PyArray_DATA(p), cnp.PyArray_DATA(y)
    if weight is not None:
        job.pairs.weight = cnp.PyArray_DATA(<cnp.ndarray>weight)
    if positive is not None:
        job.pairs.positive = cnp.PyArray_DATA(<cnp.ndarray>positive)
    if value is not None:
        job.pairs.value = cnp.PyArray_DATA(<cnp.ndarray>value)
    if gradient is not None:
        job.pairs.gradient = cnp.PyArray_DATA(<cnp.ndarray>gradient)
    job.pairs.scale, job.pairs.delta = scale, delta
    with nogil:
        work_begin()
        status = run(&job, threads, &total)
    raise_for(status, name)
    return total


def first_outside(cnp.ndarray x, double low, double high):
    """Flat index of the first element of a C-order float array that is not within low ... high, NaN included, or -1."""
    cdef ptrdiff_t i
    cdef int dtype = kernel_dtype(cnp.PyArray_TYPE(x), cnp.PyArray_ITEMSIZE(x))
    with nogil:
        i = mc_losses_ops_for(isa(), dtype).first_outside(cnp.PyArray_SIZE(x), cnp.PyArray_DATA(x), low, high)
    return i
