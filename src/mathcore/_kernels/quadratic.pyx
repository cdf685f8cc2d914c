# cython: binding=True
"""Squared Mahalanobis lengths of many points, in threads."""

cimport numpy as cnp

from mathcore._kernels.runtime cimport (
    NO_MEMORY, OK, SLOT_A, isa, parallel_for, raise_for, threads_for, work_begin, workspace,
)

cnp.import_array()

cdef extern from "simd/quadratic.h" nogil:
    enum:
        POINTS "MC_QUADRATIC_POINTS"
    ctypedef struct Ops "mc_quadratic_ops":
        void (*points)(ptrdiff_t n, ptrdiff_t d, const double *x, ptrdiff_t ldx, const double *mean, const double *w,
                       double *tile, double *out) noexcept nogil
    const Ops *mc_quadratic_ops_for(int isa)

cdef enum:
    TILES = 32                           # of a chunk: 1024 points, 5 us (d = 2) to 50 us (d = 50)

ctypedef struct Job:
    const double *x
    const double *mean
    const double *w
    double *out
    ptrdiff_t n, d


cdef int chunk(void *ctx, ptrdiff_t number) noexcept nogil:
    cdef Job *job = <Job *>ctx
    cdef double *tile = <double *>workspace(SLOT_A, POINTS * job.d * sizeof(double))
    cdef ptrdiff_t i, end = min(job.n, (number + 1) * TILES * POINTS)
    if tile == NULL:
        return NO_MEMORY
    i = number * TILES * POINTS
    while i < end:
        mc_quadratic_ops_for(isa()).points(min(<ptrdiff_t>POINTS, end - i), job.d, job.x + i * job.d, job.d, job.mean,
                                           job.w, tile, job.out + i)
        i += POINTS
    return OK


def lengths(const double[:, ::1] x, const double[::1] mean, const double[:, ::1] w, double[::1] out, workers, str name):
    """out[i] = |w (x[i] - mean)|^2, w lower triangular (what stands above its diagonal is not read)."""
    cdef Job job
    cdef int status, threads = threads_for(workers)
    job.n, job.d = x.shape[0], x.shape[1]
    if job.n == 0 or job.d == 0:
        for i in range(job.n):
            out[i] = 0
        return
    job.x, job.mean, job.w, job.out = &x[0, 0], &mean[0], &w[0, 0], &out[0]
    with nogil:
        work_begin()
        status = parallel_for(chunk, &job, (job.n + TILES * POINTS - 1) // (TILES * POINTS), threads)
    if status:
        raise_for(status, name)
