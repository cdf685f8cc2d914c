# cython: binding=True
"""Steps of the optimisers over contiguous arrays of one float type and size, in place; threads take pieces of them.

A step is not interrupted: parameters and what the optimiser keeps beside them are those of whole steps.
"""

from libc.math cimport pow

cimport numpy as cnp

from mathcore._kernels.arrays cimport kernel_dtype
from mathcore._kernels.runtime cimport (
    OK, hold_interrupt, isa, parallel_for, raise_for, threads_for, work_begin,
)

cnp.import_array()

cdef extern from "simd/optimizers.h" nogil:
    ctypedef struct Sgd "mc_sgd":
        double rate, momentum, l2
        int nesterov
    ctypedef struct Adam "mc_adam":
        double rate, beta1, beta2, eps, l2, decay, correct1, correct2
    ctypedef struct Ops "mc_optimizers_ops":
        void (*sgd)(ptrdiff_t n, void *p, const void *g, void *v, const Sgd *how) noexcept nogil
        void (*adam)(ptrdiff_t n, void *p, const void *g, void *m, void *v, const Adam *how) noexcept nogil
    const Ops *mc_optimizers_ops_for(int isa, int dtype)

cdef enum:
    PIECE = 32768                        # elements of one chunk
    ALONE = 100_000                      # elements up to which one thread is faster than two
    LINE = 64                            # bytes

ctypedef struct Job:
    const Ops *ops
    const Sgd *sgd                       # or NULL: Adam
    const Adam *adam
    ptrdiff_t n, size
    ptrdiff_t head                       # elements before the first line of p: the first chunk, mostly empty
    char *p
    char *g
    char *m                              # sgd: the velocity, or NULL
    char *v


cdef int chunk(void *ctx, ptrdiff_t i) noexcept nogil:
    cdef Job *job = <Job *>ctx
    cdef ptrdiff_t at = job.head + (i - 1) * PIECE if i else 0
    cdef ptrdiff_t n = min(<ptrdiff_t>PIECE if i else job.head, job.n - at)
    at *= job.size
    if job.sgd != NULL:
        job.ops.sgd(n, job.p + at, job.g + at, job.m + at if job.m != NULL else NULL, job.sgd)
    else:
        job.ops.adam(n, job.p + at, job.g + at, job.m + at, job.v + at, job.adam)
    return OK


cdef int run(Job *job, cnp.ndarray p, cnp.ndarray g, m, v, workers, str fn) except -1:
    cdef int status, threads = threads_for(workers)
    job.n, job.size = cnp.PyArray_SIZE(p), cnp.PyArray_ITEMSIZE(p)
    job.p, job.g = <char *>cnp.PyArray_DATA(p), <char *>cnp.PyArray_DATA(g)
    job.m = NULL if m is None else <char *>cnp.PyArray_DATA(<cnp.ndarray>m)
    job.v = NULL if v is None else <char *>cnp.PyArray_DATA(<cnp.ndarray>v)
    # NumPy's large arrays begin 16 bytes into a page: vectors that straddle lines take 1.6 times as long
    job.head = min(job.n, <ptrdiff_t>(-<size_t>job.p % LINE) // job.size)
    job.ops = mc_optimizers_ops_for(isa(), kernel_dtype(cnp.PyArray_TYPE(p), job.size))
    with nogil:
        work_begin()
        hold_interrupt(1)
        status = parallel_for(chunk, job, 1 + (job.n - job.head + PIECE - 1) // PIECE, threads if job.n > ALONE else 1)
        hold_interrupt(-1)
    return raise_for(status, fn)


def sgd(cnp.ndarray p, cnp.ndarray g, velocity, double rate, double momentum, bint nesterov, double l2, workers,
        str fn):
    """One step of gradient descent; velocity is an array or None."""
    cdef Sgd how
    cdef Job job
    how.rate, how.momentum, how.l2, how.nesterov = rate, momentum, l2, nesterov
    job.sgd, job.adam = &how, NULL
    run(&job, p, g, velocity, None, workers, fn)


def adam(cnp.ndarray p, cnp.ndarray g, cnp.ndarray m, cnp.ndarray v, ptrdiff_t step, double rate, double beta1,
         double beta2, double eps, double l2, double decay, workers, str fn):
    """Step number `step` (from 1) of Adam; 0 leaves the averages uncorrected, which with beta1 = 0 is RMSprop."""
    cdef Adam how
    cdef Job job
    how.rate, how.beta1, how.beta2, how.eps, how.l2, how.decay = rate, beta1, beta2, eps, l2, decay
    how.correct1 = 1 / (1 - pow(beta1, <double>step)) if step else 1
    how.correct2 = 1 / (1 - pow(beta2, <double>step)) if step else 1
    job.sgd, job.adam = NULL, &how
    run(&job, p, g, m, v, workers, fn)
