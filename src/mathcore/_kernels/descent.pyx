# cython: binding=True
"""Linear models fitted by descent: the loop over steps, without the GIL. The data are read once a step.

Parameters are float64 (k rows of d coefficients, then k intercepts); a step rounds them once to the type of the data.
Rows are dealt in fixed chunks, whose gradients are added in order: the number of threads does not show in the bits.
"""

import numpy as np

from libc.math cimport INFINITY, fabs, isfinite, sqrt
from libc.stdint cimport int64_t, uint64_t
from libc.string cimport memcpy, memset

cimport numpy as cnp

from mathcore._kernels.arrays cimport kernel_dtype
from mathcore._kernels.gemm cimport Product, plan, run
from mathcore._kernels.runtime cimport (
    NO_MEMORY, OK, SLOT_C, check_interrupt, isa, parallel_for, raise_for, threads_for, work_begin, workspace,
)

cnp.import_array()

cdef extern from "simd/descent.h" nogil:
    enum:
        SQUARED "MC_FIT_SQUARED"
        LOGISTIC "MC_FIT_LOGISTIC"
        SOFTMAX "MC_FIT_SOFTMAX"
        ROWS "MC_FIT_ROWS"
    ctypedef struct Block "mc_fit_block":
        int kind, losses
        ptrdiff_t rows, d, k, rs, ldw, ahead
        const void *x
        const void *y
        const void *weight
        const int64_t *index
        const void *w
        const void *b
        void *z
        void *curvature
        double *g
    ctypedef struct Ops "mc_fit_ops":
        double (*block)(const Block *s) noexcept nogil
        void (*scaled)(const Block *s, const void *center, const void *scale, void *out) noexcept nogil
        void (*down)(ptrdiff_t n, const double *x, void *y) noexcept nogil
        void (*up)(ptrdiff_t n, const void *x, double *y) noexcept nogil
    const Ops *mc_fit_ops_for(int isa, int dtype)

KINDS = {"squared": SQUARED, "logistic": LOGISTIC, "softmax": SOFTMAX}

cdef enum:
    RUNNING = 10                         # what a burst of steps ends with, beside the statuses of the runtime
    CONVERGED = 11
    DIVERGED = 12
    STALLED = 13                         # no step lowers the objective: its rounding is reached
    MEMORY = 10                          # pairs that L-BFGS keeps
    TRIALS = 30                          # of one line search

STOPS = {RUNNING: "running", CONVERGED: "converged", DIVERGED: "diverged", STALLED: "stalled"}

cdef ptrdiff_t BLOCK_BYTES = 16384       # of x in one block: it stays in L1 between its scores and its gradient
cdef ptrdiff_t AHEAD_LEAST = 512 * 1024  # bytes of x: smaller ones stay in L2 from step to step
cdef ptrdiff_t BLOCK_LEAST = 64          # rows: the gradient's sums are loaded and stored once a block
cdef double CHUNK_WORK = 131072.0        # elements of x times classes: below it a thread costs more than it brings
cdef ptrdiff_t MOST_CHUNKS = 64
cdef ptrdiff_t PARTS_BYTES = 32 * 1024 * 1024

ctypedef struct Job:
    Block block
    const Ops *ops
    int dtype, threads
    bint intercept
    ptrdiff_t n, size, count             # rows; bytes of an element; parameters
    ptrdiff_t block_rows, chunk_rows, chunks
    double alpha1, alpha2, total, tol    # penalties; the sum of the weights; the norm of the gradient to stop at
    double fun, norm
    char *rounded                        # w and b in the type of the data
    double *parts                        # (chunks, count + 1): gradients and losses
    double *p
    double *g
    char *grams                          # (chunks, k, d + 1, d + 1), or NULL: no second derivatives
    const void *center


# ------------------------------------------------------------------ one evaluation

cdef int add_gram(Job *job, const Block *s, char *scratch, char *gram, bint first) noexcept nogil:
    """Each class's Gram matrix of the rows scaled by the root of their curvature."""
    cdef Product p
    cdef ptrdiff_t c, width = s.d + 1
    cdef int status = OK
    p.dtype, p.m, p.n, p.k, p.threads = job.dtype, width, width, s.rows, 1
    p.a, p.rsa, p.csa = scratch, 1, width
    p.b, p.rsb, p.csb = scratch, width, 1
    p.rsc, p.epilogue, p.add, p.spare, p.upper_only = width, NULL, 0 if first else 1, False, True
    for c in range(1 if s.kind == SQUARED else s.k):
        job.ops.scaled(s, job.center, <char *>s.curvature + c * ROWS * job.size, scratch)
        p.c = gram + c * width * width * job.size
        plan(&p)
        status = run(&p)
        if status:
            break
    return status


cdef int chunk(void *ctx, ptrdiff_t i) noexcept nogil:
    cdef Job *job = <Job *>ctx
    cdef Block s = job.block
    cdef ptrdiff_t row = i * job.chunk_rows, end = min(row + job.chunk_rows, job.n), first = row, width = s.d + 1
    cdef ptrdiff_t targets = s.k if s.kind == SQUARED else 1, scores = (3 * s.k + 1) * ROWS * job.size
    cdef double *part = job.parts + i * (job.count + 1)
    cdef char *gram = job.grams + i * (1 if s.kind == SQUARED else s.k) * width * width * job.size
    cdef bint ahead = job.n * s.rs * job.size > AHEAD_LEAST and s.rs < 2 * s.d
    cdef int status = OK
    s.z = workspace(SLOT_C, scores + (ROWS * width * job.size if job.grams != NULL else 0))
    if s.z == NULL:
        return NO_MEMORY
    memset(part, 0, (job.count + 1) * sizeof(double))
    s.g = part
    if job.grams != NULL:
        s.curvature = <char *>s.z + (2 * s.k + 1) * ROWS * job.size
    while row < end and status == OK:
        s.rows = min(job.block_rows, end - row)
        s.ahead = s.rows if ahead else 0
        s.x = <const char *>job.block.x + row * s.rs * job.size
        s.y = <const char *>job.block.y + row * targets * job.size
        if s.weight != NULL:
            s.weight = <const char *>job.block.weight + row * job.size
        part[job.count] += job.ops.block(&s)
        if job.grams != NULL:
            status = add_gram(job, &s, <char *>s.z + scores, gram, row == first)
        row += s.rows
    return status if status else check_interrupt()


cdef void penalise(Job *job, const double *p, double *g, double scale) noexcept nogil:
    """g becomes the gradient of the smooth part; the penalties come on top of fun."""
    cdef ptrdiff_t j, coefs = job.block.k * job.block.d
    cdef double squares = 0, sizes = 0
    for j in range(coefs):
        squares += p[j] * p[j]
        sizes += fabs(p[j])
        g[j] = g[j] * scale + job.alpha2 * p[j]
    for j in range(coefs, job.count):
        g[j] = g[j] * scale if job.intercept else 0.0
    job.fun = job.fun * scale + 0.5 * job.alpha2 * squares + job.alpha1 * sizes


cdef void round_parameters(Job *job, const double *p) noexcept nogil:
    cdef ptrdiff_t c
    for c in range(job.block.k):
        job.ops.down(job.block.d, p + c * job.block.d, job.rounded + c * job.block.ldw * job.size)
    job.ops.down(job.block.k, p + job.block.k * job.block.d, <void *>job.block.b)


cdef int evaluate(Job *job, const double *p, double *g, bint losses) noexcept nogil:
    """job.fun and g at p."""
    cdef ptrdiff_t i, j
    cdef const double *part
    cdef int status
    round_parameters(job, p)
    job.block.losses = losses
    status = parallel_for(chunk, job, job.chunks, job.threads)
    if status:
        return status
    memcpy(g, job.parts, job.count * sizeof(double))
    job.fun = job.parts[job.count]
    for i in range(1, job.chunks):
        part = job.parts + i * (job.count + 1)
        for j in range(job.count):
            g[j] += part[j]
        job.fun += part[job.count]
    penalise(job, p, g, 1 / job.total)
    return OK


cdef double gradient_norm(const Job *job, const double *p, const double *g) noexcept nogil:
    """Of the gradient; with an L1 penalty of the shortest subgradient."""
    cdef ptrdiff_t j, coefs = job.block.k * job.block.d
    cdef double total = 0, v
    for j in range(job.count):
        v = g[j]
        if job.alpha1 and j < coefs:
            if p[j]:
                v += job.alpha1 if p[j] > 0 else -job.alpha1
            else:
                v = max(fabs(v) - job.alpha1, 0.0)
        total += v * v
    return sqrt(total)


cdef void shrink(const Job *job, double *p, double rate) noexcept nogil:
    """The proximal step of the L1 penalty."""
    cdef ptrdiff_t j
    cdef double cut = rate * job.alpha1
    for j in range(job.block.k * job.block.d):
        p[j] = max(p[j] - cut, 0.0) + min(p[j] + cut, 0.0)


# ------------------------------------------------------------------ steps

cdef int descend(Job *job, ptrdiff_t steps, const double *rates, double momentum, double *velocity, double *last,
                 ptrdiff_t *done) noexcept nogil:
    """Full-batch steps p += velocity from p, where g is known; the objective is known at the end of them."""
    cdef ptrdiff_t s, j
    cdef int status
    for s in range(steps):
        if job.norm <= job.tol:
            return CONVERGED
        memcpy(last, job.p, job.count * sizeof(double))
        for j in range(job.count):
            velocity[j] = momentum * velocity[j] - rates[s] * job.g[j]
            job.p[j] += velocity[j]
        if job.alpha1:
            shrink(job, job.p, rates[s])
        status = evaluate(job, job.p, job.g, s == steps - 1)
        if status:
            return status
        job.norm = gradient_norm(job, job.p, job.g)
        if not isfinite(job.norm) or not isfinite(job.fun):
            memcpy(job.p, last, job.count * sizeof(double))
            return DIVERGED
        done[0] += 1
    return CONVERGED if job.norm <= job.tol else RUNNING


cdef double dot(ptrdiff_t n, const double *x, const double *y) noexcept nogil:
    cdef ptrdiff_t j
    cdef double total = 0
    for j in range(n):
        total += x[j] * y[j]
    return total


ctypedef struct History:
    ptrdiff_t used, next
    double *s                            # (MEMORY, count): steps
    double *y                            # (MEMORY, count): changes of the gradient
    double rho[MEMORY]
    double *direction
    double *p                            # where the line search began, and the gradient there
    double *g


cdef void direct(Job *job, History *h) noexcept nogil:
    """-H g by the two loops of J. Nocedal, Math. Comp. 35 (1980), 773."""
    cdef ptrdiff_t n = job.count, i, j, at
    cdef double a[MEMORY]
    cdef double b
    for j in range(n):
        h.direction[j] = -job.g[j]
    for i in range(h.used):
        at = (h.next - 1 - i + MEMORY) % MEMORY
        a[at] = h.rho[at] * dot(n, h.s + at * n, h.direction)
        for j in range(n):
            h.direction[j] -= a[at] * h.y[at * n + j]
    if h.used:
        at = (h.next - 1 + MEMORY) % MEMORY
        b = 1 / (h.rho[at] * dot(n, h.y + at * n, h.y + at * n))
        for j in range(n):
            h.direction[j] *= b
    for i in range(h.used - 1, -1, -1):
        at = (h.next - 1 - i + MEMORY) % MEMORY
        b = h.rho[at] * dot(n, h.y + at * n, h.direction)
        for j in range(n):
            h.direction[j] += (a[at] - b) * h.s[at * n + j]


cdef void remember(Job *job, History *h) noexcept nogil:
    cdef ptrdiff_t n = job.count, j, at = h.next
    cdef double curvature
    for j in range(n):
        h.s[at * n + j] = job.p[j] - h.p[j]
        h.y[at * n + j] = job.g[j] - h.g[j]
    curvature = dot(n, h.s + at * n, h.y + at * n)
    if curvature > 0:
        h.rho[at] = 1 / curvature
        h.next = (at + 1) % MEMORY
        h.used = min(h.used + 1, <ptrdiff_t>MEMORY)


cdef int line_search(Job *job, History *h, double step, double slack) noexcept nogil:
    """Weak Wolfe conditions by bracketing (A. S. Lewis and M. L. Overton, Math. Program. 141 (2013), 135), trial steps
    from the parabola through both values and the first slope; `slack` is the objective's rounding."""
    cdef ptrdiff_t n = job.count, j, _trial
    cdef double fun = job.fun, slope = dot(n, job.g, h.direction), low = 0, high = INFINITY, least, t = step
    cdef int status
    memcpy(h.p, job.p, n * sizeof(double))
    memcpy(h.g, job.g, n * sizeof(double))
    for _trial in range(TRIALS):
        for j in range(n):
            job.p[j] = h.p[j] + t * h.direction[j]
        status = evaluate(job, job.p, job.g, True)
        if status:
            return status
        if not job.fun <= fun + 1e-4 * t * slope + slack * fabs(fun):
            high = t
            least = -0.5 * slope * t * t / (job.fun - fun - slope * t)
            t = least if low + 0.1 * (high - low) < least < high - 0.1 * (high - low) else 0.5 * (low + high)
        elif dot(n, job.g, h.direction) < 0.9 * slope:
            low = t
            t = 2 * t if high == INFINITY else 0.5 * (low + high)
        else:
            return OK
    memcpy(job.p, h.p, n * sizeof(double))
    memcpy(job.g, h.g, n * sizeof(double))
    job.fun = fun
    return STALLED


cdef int quasi_newton(Job *job, History *h, ptrdiff_t steps, double slack, ptrdiff_t *done) noexcept nogil:
    """L-BFGS steps from p, where job.fun and g are known."""
    cdef ptrdiff_t _s
    cdef int status
    for _s in range(steps):
        if job.norm <= job.tol:
            return CONVERGED
        direct(job, h)
        if not dot(job.count, job.g, h.direction) < 0:
            h.used = h.next = 0
            direct(job, h)
        status = line_search(job, h, 1.0 if h.used else min(1.0, 1 / job.norm), slack)
        if status == STALLED and h.used:
            h.used = h.next = 0          # once more along the gradient
            continue
        if status:
            return status
        remember(job, h)
        job.norm = gradient_norm(job, job.p, job.g)
        done[0] += 1
    return CONVERGED if job.norm <= job.tol else RUNNING


ctypedef struct Stochastic:
    bint adam
    ptrdiff_t batch, count               # rows of a batch; steps so far
    double momentum
    double *first                        # velocity, or Adam's first moment
    double *second
    double *last
    int64_t *order
    uint64_t state                       # of the generator


cdef uint64_t random_below(Stochastic *t, uint64_t n) noexcept nogil:
    """splitmix64 (G. L. Steele and others, OOPSLA 2014), its high half scaled: n below 2^32."""
    cdef uint64_t z
    t.state += <uint64_t>0x9E3779B97F4A7C15
    z = t.state
    z = (z ^ (z >> 30)) * <uint64_t>0xBF58476D1CE4E5B9
    z = (z ^ (z >> 27)) * <uint64_t>0x94D049BB133111EB
    return ((z ^ (z >> 31)) >> 32) * n >> 32


cdef void shuffle(Stochastic *t, ptrdiff_t n) noexcept nogil:
    cdef ptrdiff_t i, j
    for i in range(n - 1, 0, -1):
        j = random_below(t, i + 1)
        t.order[i], t.order[j] = t.order[j], t.order[i]


cdef void move(Job *job, Stochastic *t, double rate) noexcept nogil:
    cdef ptrdiff_t j
    cdef double c1, c2
    t.count += 1
    if t.adam:
        c1, c2 = 1 - 0.9 ** t.count, 1 - 0.999 ** t.count
        for j in range(job.count):
            t.first[j] = 0.9 * t.first[j] + 0.1 * job.g[j]
            t.second[j] = 0.999 * t.second[j] + 0.001 * job.g[j] * job.g[j]
            job.p[j] -= rate * t.first[j] / c1 / (sqrt(t.second[j] / c2) + 1e-8)
    else:
        for j in range(job.count):
            t.first[j] = t.momentum * t.first[j] - rate * job.g[j]
            job.p[j] += t.first[j]
    if job.alpha1:
        shrink(job, job.p, rate)


cdef int epoch(Job *job, Stochastic *t, const double *rates) noexcept nogil:
    """One visit of all rows in batches of a new order; the rows are read where they lie."""
    cdef Block s = job.block
    cdef ptrdiff_t start = 0, row, end, batches = 0
    cdef int status = OK
    s.z = workspace(SLOT_C, (2 * s.k + 1) * ROWS * job.size)
    if s.z == NULL:
        return NO_MEMORY
    s.g, s.losses = job.g, False
    memcpy(t.last, job.p, job.count * sizeof(double))
    shuffle(t, job.n)
    while start < job.n:
        end = min(start + t.batch, job.n)
        round_parameters(job, job.p)
        memset(job.g, 0, job.count * sizeof(double))
        row = start
        while row < end:
            s.rows, s.index = min(job.block_rows, end - row), t.order + row
            job.ops.block(&s)
            row += s.rows
        job.fun = 0
        penalise(job, job.p, job.g, job.n / (job.total * (end - start)))
        move(job, t, rates[batches])
        start = end
        batches += 1
        if batches % 64 == 0:
            status = check_interrupt()
            if status:
                return status
    return OK


# ------------------------------------------------------------------ the fit

cdef class Fit:
    """One fit. x (n, d) with unit stride along its rows, y (n, k) or (n), weight (n) or None, of one float type;
    y holds 0 and 1, or classes, in the type of x."""
    cdef Job job
    cdef History history
    cdef Stochastic stochastic
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
        self.params, self.gradient, self.spare = params, np.zeros(job.count), np.zeros((2 * MEMORY + 5, job.count))
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
        self.stochastic.first, self.stochastic.second, self.stochastic.last = spare + 3 * n, spare + 4 * n, spare

    @property
    def fun(self):
        return self.job.fun

    @property
    def norm(self):
        return self.job.norm

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
