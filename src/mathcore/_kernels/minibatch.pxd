"""Epochs of mini-batches: minibatch.pyx."""

from libc.stdint cimport int64_t, uint64_t

from mathcore._kernels.descent cimport Job

ctypedef struct Stochastic:
    bint adam
    ptrdiff_t batch, count               # rows of a batch; steps so far
    double momentum
    double *first                        # velocity, or Adam's first moment
    double *second
    double *last
    int64_t *order
    uint64_t state                       # of the generator

cdef int epoch(Job *job, Stochastic *t, const double *rates) noexcept nogil
