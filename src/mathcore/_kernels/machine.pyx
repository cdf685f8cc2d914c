# cython: binding=True
"""The limits of this machine with the instruction set in use: FMA peak and memory bandwidth.

The lines that benchmarks are held against. Each thread has its own share of the work, repeated until a sample lasts;
the best sample counts, since a neighbour can only slow a machine down.
"""

from time import perf_counter

import numpy as np

from mathcore._kernels.runtime import checked_threads

from mathcore._kernels.runtime cimport F32, F64, isa, parallel_for, raise_for, task_t, work_begin

cdef extern from "simd/machine.h" nogil:
    ctypedef double (*stream_t "mc_stream")(ptrdiff_t n, const void *x, const void *y, void *out) noexcept nogil
    ctypedef struct mc_machine_ops:
        int flops
        double (*fma)(ptrdiff_t steps) noexcept nogil
        stream_t read
        stream_t copy
        stream_t triad
    const mc_machine_ops *mc_machine_ops_for(int isa, int dtype)

cdef int SAMPLES = 5

cdef struct job:
    const mc_machine_ops *ops
    ptrdiff_t repeats
    int threads
    stream_t stream
    ptrdiff_t lines                     # of 64 bytes, so that every share begins on one
    const double *x
    const double *y
    double *out
    double *sink


cdef int fma_share(void *ctx, ptrdiff_t chunk) noexcept nogil:
    cdef const job *j = <const job *>ctx
    j.sink[chunk] = j.ops.fma(j.repeats)
    return 0


cdef int stream_share(void *ctx, ptrdiff_t chunk) noexcept nogil:
    cdef const job *j = <const job *>ctx
    cdef ptrdiff_t begin = 8 * (j.lines * chunk // j.threads), end = 8 * (j.lines * (chunk + 1) // j.threads), _r
    cdef double total = 0
    for _r in range(j.repeats):
        total += j.stream(end - begin, j.x + begin, j.y + begin, j.out + begin)
    j.sink[chunk] = total
    return 0


cdef double best_rate(task_t task, job *j, double seconds) except -1:
    """Repeats per second in the best of SAMPLES samples that together last about `seconds`."""
    cdef double best = 0, elapsed
    cdef int status, sample = 0
    while sample < SAMPLES:
        start = perf_counter()
        with nogil:
            work_begin()
            status = parallel_for(task, j, j.threads, j.threads)
        raise_for(status, "machine")
        elapsed = perf_counter() - start
        if sample == 0 and elapsed < seconds / SAMPLES:
            j.repeats *= 2
            continue
        best = max(best, j.repeats / elapsed)
        sample += 1
    return best


def fma_peak(dtype, threads=1, seconds=0.05):
    """Fused multiply-adds in registers, two FLOPs each, in GFLOP/s.

    Parameters
    ----------
    dtype : float32 or float64
    threads : int
    seconds : float
        About how long to measure.
    """
    name = np.dtype(dtype).name
    if name not in ("float32", "float64"):
        raise TypeError(f"fma_peak: dtype: expected float32 or float64, got {name}")
    cdef job j
    j.ops = mc_machine_ops_for(isa(), F32 if name == "float32" else F64)
    j.threads = checked_threads(threads, "threads")
    j.repeats = 1000
    cdef double[::1] sink = np.zeros(j.threads)
    j.sink = &sink[0]
    return 1e-9 * j.ops.flops * j.threads * best_rate(fma_share, &j, seconds)


cdef double bandwidth(job *j, nbytes, threads, seconds, int buffers) except -1:
    """GB/s of j.stream over `buffers` arrays of float64, `nbytes` together."""
    j.threads = checked_threads(threads, "threads")
    j.lines = nbytes // (64 * buffers)
    if j.lines < j.threads:
        raise ValueError(f"nbytes: expected at least {64 * buffers * j.threads}, got {nbytes}")
    j.repeats = 1
    cdef double[::1] sink = np.zeros(j.threads)
    # buffers begin 512 bytes past a multiple of 4096 from each other: equal low 12 bits make loads wait for stores
    cdef ptrdiff_t pitch = (8 * j.lines + 511) // 512 * 512 + 64
    cdef double[::1] memory = np.ones(buffers * pitch + 8)
    j.sink = &sink[0]
    j.x = <const double *>(<size_t>&memory[7] & ~<size_t>63)     # a vector across two cache lines costs two loads
    j.y = j.x + (buffers // 2) * pitch
    j.out = <double *>j.x + (buffers - 1) * pitch
    return 64e-9 * buffers * j.lines * best_rate(stream_share, j, seconds)


def read_bandwidth(nbytes, threads=1, seconds=0.05):
    """Summing one buffer of `nbytes`, in GB/s."""
    cdef job j
    j.stream = mc_machine_ops_for(isa(), F64).read
    return bandwidth(&j, nbytes, threads, seconds, 1)


def copy_bandwidth(nbytes, threads=1, seconds=0.05):
    """out = x, two buffers of `nbytes` together, in GB/s of what is read plus what is written."""
    cdef job j
    j.stream = mc_machine_ops_for(isa(), F64).copy
    return bandwidth(&j, nbytes, threads, seconds, 2)


def triad_bandwidth(nbytes, threads=1, seconds=0.05):
    """out = x + 3 y, three buffers of `nbytes` together, in GB/s of what is read plus what is written."""
    cdef job j
    j.stream = mc_machine_ops_for(isa(), F64).triad
    return bandwidth(&j, nbytes, threads, seconds, 3)
