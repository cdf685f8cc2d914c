# cython: binding=True
"""A fit of a linear model: its arrays, and bursts of steps without the GIL."""

import numpy as np

from libc.stdint cimport int64_t
from libc.string cimport memcpy, memset

cimport numpy as cnp

from mathcore._kernels.arrays cimport kernel_dtype
from mathcore._kernels.descent cimport (
    CONVERGED, DIVERGED, LOGISTIC, MEMORY, ROWS, RUNNING, SOFTMAX, SQUARED, STALLED, Block, History, Job, accelerate,
    descend, evaluate, gradient_norm, mc_fit_ops_for, quasi_newton,
)
from mathcore._kernels.minibatch cimport Stochastic, epoch
from mathcore._kernels.runtime cimport isa, raise_for, threads_for, work_begin

cnp.import_array()

KINDS = {"squared": SQUARED, "logistic": LOGISTIC, "softmax": SOFTMAX}

STOPS = {RUNNING: "running", CONVERGED: "converged", DIVERGED: "diverged", STALLED: "stalled"}

cdef ptrdiff_t BLOCK_BYTES = 16384       # of x in one block: it stays in L1 between its scores and its gradient
cdef ptrdiff_t BLOCK_LEAST = 64          # rows: the gradient's sums are loaded and stored once a block
cdef double CHUNK_WORK = 131072.0        # elements of x times classes: below it a thread costs more than it brings
cdef ptrdiff_t MOST_CHUNKS = 64
cdef ptrdiff_t PARTS_BYTES = 32 * 1024 * 1024


cdef class Fit:
    """One fit. x (n, d) with unit stride along its rows, y (n, k) or (n), weight (n) or None, of one float type;
    y holds 0 and 1, or classes, in the type of x."""
    cdef Job job
    cdef History history
    cdef Stochastic stochastic
    cdef double weight                   # of Nesterov's momentum
    cdef list keep
    cdef cnp.ndarray spare
    cdef readonly object params, gradient
    cdef public ptrdiff_t steps

    def __init__(self, int kind, cnp.ndarray x, cnp.ndarray y, weight, ptrdiff_t k, double total, double alpha1,
                 double alpha2, bint intercept, double tol, cnp.ndarray params, workers):
        cdef Job *job = &self.job
        cdef Block *s = &job.block
        cdef ptrdiff_t lanes, work_chunks
        memset(job, 0, sizeof(Job))
        s.kind, s.k = kind, k
        job.n, s.d, job.size = cnp.PyArray_DIM(x, 0), cnp.PyArray_DIM(x, 1), cnp.PyArray_ITEMSIZE(x)
        s.rs = cnp.PyArray_STRIDE(x, 0) // job.size
        job.dtype, job.threads = kernel_dtype(cnp.PyArray_TYPE(x), job.size), threads_for(workers)
        job.ops = mc_fit_ops_for(isa(), job.dtype)
        lanes = 64 // job.size
        s.ldw = (s.d + lanes - 1) // lanes * lanes
        s.x, s.y = cnp.PyArray_DATA(x), cnp.PyArray_DATA(y)
        if weight is not None:
            s.weight = cnp.PyArray_DATA(<cnp.ndarray>weight)
        job.count, job.intercept = k * (s.d + 1), intercept
        job.alpha1, job.alpha2, job.total, job.tol = alpha1, alpha2, total, tol
        job.block_rows = min(max(BLOCK_BYTES // max(s.d * job.size, <ptrdiff_t>1), BLOCK_LEAST), <ptrdiff_t>ROWS)
        job.block_rows = job.block_rows // 16 * 16      # whole vectors of rows
        work_chunks = <ptrdiff_t>(<double>job.n * s.d * k / CHUNK_WORK)
        job.chunks = max(min(min(work_chunks, MOST_CHUNKS), PARTS_BYTES // ((job.count + 1) * 8)), <ptrdiff_t>1)
        job.chunk_rows = (job.n + job.chunks - 1) // job.chunks
        job.chunk_rows = (job.chunk_rows + job.block_rows - 1) // job.block_rows * job.block_rows
        job.chunks = (job.n + job.chunk_rows - 1) // job.chunk_rows
        rounded, parts = np.zeros(k * s.ldw + k, x.dtype), np.empty((job.chunks, job.count + 1))
        self.params, self.gradient, self.spare = params, np.zeros(job.count), np.zeros((2 * MEMORY + 6, job.count))
        job.rounded, job.parts = <char *>cnp.PyArray_DATA(rounded), <double *>cnp.PyArray_DATA(parts)
        s.w, s.b = job.rounded, job.rounded + k * s.ldw * job.size
        job.p, job.g = <double *>cnp.PyArray_DATA(params), <double *>cnp.PyArray_DATA(self.gradient)
        self.keep = [x, y, weight, rounded, parts]
        self.state(kind)

    cdef void state(self, int kind):
        """Velocities, moments, history: rows of `spare`."""
        cdef double *spare = <double *>cnp.PyArray_DATA(self.spare)
        cdef ptrdiff_t n = self.job.count
        self.history.s, self.history.y = spare, spare + MEMORY * n
        spare += 2 * MEMORY * n
        self.history.direction, self.history.p, self.history.g = spare, spare + n, spare + 2 * n
        self.history.product = spare + 5 * n
        self.stochastic.first, self.stochastic.second, self.stochastic.last = spare + 3 * n, spare + 4 * n, spare

    @property
    def fun(self):
        return self.job.fun

    @property
    def norm(self):
        return self.job.norm

    @property
    def tol(self):
        return self.job.tol

    @tol.setter
    def tol(self, value):
        self.job.tol = value

    def evaluate(self, str name):
        """The objective, its gradient and the gradient's norm at params."""
        cdef int status
        with nogil:
            work_begin()
            status = evaluate(&self.job, self.job.p, self.job.g, True)
            self.job.norm = gradient_norm(&self.job, self.job.p, self.job.g)
        raise_for(status, name)
        return self.job.fun

    def hessian(self, cnp.ndarray center, str name):
        """evaluate, and the Gram matrices (k, d + 1, d + 1) of the rows (x - center, 1) by curvature: upper triangles.
        The penalty is not in them."""
        cdef ptrdiff_t width = self.job.block.d + 1
        grams = np.zeros((self.job.chunks, 1 if self.job.block.kind == SQUARED else self.job.block.k, width, width),
                         center.dtype)
        self.job.grams, self.job.center = <char *>cnp.PyArray_DATA(grams), cnp.PyArray_DATA(center)
        try:
            self.evaluate(name)
        finally:
            self.job.grams = NULL
        return grams.sum(axis=0) / self.job.total

    def descend(self, double[::1] rates, double momentum, str name):
        """A full-batch step for each rate, after evaluate."""
        cdef int status
        cdef ptrdiff_t steps = rates.shape[0]
        with nogil:
            work_begin()
            status = descend(&self.job, steps, &rates[0] if steps else NULL, momentum, self.stochastic.first,
                             self.stochastic.last, &self.steps)
        return self.stop(status, name)

    def accelerate(self, double[::1] rates, str name):
        """Like descend, with Nesterov's momentum."""
        cdef int status
        cdef Stochastic *t = &self.stochastic
        if not self.steps:
            memcpy(t.first, self.job.p, self.job.count * sizeof(double))
            self.weight = 1
        with nogil:
            work_begin()
            status = accelerate(&self.job, rates.shape[0], &rates[0], t.first, t.last, &self.weight,
                                &self.steps)
        return self.stop(status, name)

    def begin(self, cnp.ndarray inverse):
        """L-BFGS begins with this inverse (d + 1, d + 1) of a class's second derivative."""
        self.keep.append(inverse)
        self.history.inverse = <const double *>cnp.PyArray_DATA(inverse)

    def quasi_newton(self, ptrdiff_t steps, double slack, str name):
        """Up to `steps` steps of L-BFGS, after evaluate."""
        cdef int status
        with nogil:
            work_begin()
            status = quasi_newton(&self.job, &self.history, steps, slack, &self.steps)
        return self.stop(status, name)

    def prepare(self, bint adam, ptrdiff_t batch, double momentum, seed):
        """Before the first epoch."""
        order = np.arange(self.job.n)
        self.keep.append(order)
        self.stochastic.order = <int64_t *>cnp.PyArray_DATA(order)
        self.stochastic.adam, self.stochastic.batch, self.stochastic.momentum = adam, batch, momentum
        self.stochastic.state = seed

    def epoch(self, double[::1] rates, str name):
        """Every row once, in batches; one rate for each."""
        cdef int status
        with nogil:
            work_begin()
            status = epoch(&self.job, &self.stochastic, &rates[0])
        raise_for(status, name)
        self.steps += 1

    cdef object stop(self, int status, str name):
        if status < RUNNING:
            raise_for(status, name)
        return STOPS[status]
