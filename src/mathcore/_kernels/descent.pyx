# cython: binding=True
"""Linear models fitted by descent: the loop over steps, without the GIL. The data are read once a step.

Parameters are float64 (k rows of d coefficients, then k intercepts); a step rounds them once to the type of the data.
Rows are dealt in fixed chunks, whose gradients are added in order: the number of threads does not show in the bits.
"""

from libc.math cimport INFINITY, fabs, isfinite, sqrt
from libc.string cimport memcpy, memset

from mathcore._kernels.gemm cimport Product, plan, run
from mathcore._kernels.runtime cimport NO_MEMORY, OK, SLOT_C, check_interrupt, parallel_for, workspace

cdef ptrdiff_t AHEAD_LEAST = 512 * 1024  # bytes of x: smaller ones stay in L2 from step to step


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


cdef int accelerate(Job *job, ptrdiff_t steps, const double *rates, double *ahead, double *last, double *weight,
                    ptrdiff_t *done) noexcept nogil:
    """Proximal steps with Nesterov's momentum (A. Beck and M. Teboulle, SIAM J. Imaging Sci. 2 (2009), 183), begun
    anew where a step turns back (B. O'Donoghue and E. Candes, Found. Comput. Math. 15 (2015), 715); the objective is
    known at the end of them. `ahead` is the point whose gradient is known, p the latest step."""
    cdef ptrdiff_t s, j, n = job.count
    cdef double before, turn, factor, move
    cdef int status = OK
    for s in range(steps):
        status = evaluate(job, ahead, job.g, False)
        if status:
            return status
        memcpy(last, job.p, n * sizeof(double))
        for j in range(n):
            job.p[j] = ahead[j] - rates[s] * job.g[j]
        shrink(job, job.p, rates[s])
        turn = move = 0
        for j in range(n):
            turn += (ahead[j] - job.p[j]) * (job.p[j] - last[j])
            move += (ahead[j] - job.p[j]) ** 2
        if not isfinite(move):
            memcpy(job.p, last, n * sizeof(double))
            return DIVERGED
        done[0] += 1
        before = 1 if turn > 0 else weight[0]
        weight[0] = 0.5 * (1 + sqrt(1 + 4 * before * before))
        factor = (before - 1) / weight[0]
        for j in range(n):
            ahead[j] = job.p[j] + factor * (job.p[j] - last[j])
        if sqrt(move) <= job.tol * rates[s]:
            break
    status = evaluate(job, job.p, job.g, True)
    job.norm = gradient_norm(job, job.p, job.g)
    if status:
        return status
    return CONVERGED if job.norm <= job.tol else RUNNING


cdef double dot(ptrdiff_t n, const double *x, const double *y) noexcept nogil:
    """Eight sums at once: one would wait for each of its additions."""
    cdef ptrdiff_t j = 0
    cdef int lane
    cdef double sums[8]
    memset(sums, 0, sizeof(sums))
    while j + 8 <= n:
        for lane in range(8):
            sums[lane] += x[j + lane] * y[j + lane]
        j += 8
    while j < n:
        sums[j % 8] += x[j] * y[j]
        j += 1
    return ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7]))


cdef const double *first_matrix(const Job *job, const History *h, const double *v) noexcept nogil:
    """H v, before any pairs."""
    cdef ptrdiff_t c, i, d = job.block.d, k = job.block.k
    cdef const double *row
    if h.inverse == NULL:
        return v
    for c in range(k):
        for i in range(d + 1):
            row = h.inverse + i * (d + 1)
            h.product[c * d + i if i < d else k * d + c] = dot(d, row, v + c * d) + row[d] * v[k * d + c]
    return h.product


cdef void direct(Job *job, History *h) noexcept nogil:
    """-H g by the two loops of J. Nocedal, Math. Comp. 35 (1980), 773."""
    cdef ptrdiff_t n = job.count, i, j, at
    cdef double a[MEMORY]
    cdef double b
    cdef const double *first
    for j in range(n):
        h.direction[j] = -job.g[j]
    for i in range(h.used):
        at = (h.next - 1 - i + MEMORY) % MEMORY
        a[at] = h.rho[at] * dot(n, h.s + at * n, h.direction)
        for j in range(n):
            h.direction[j] -= a[at] * h.y[at * n + j]
    first = first_matrix(job, h, h.direction)
    b = h.scale if h.used else 1.0
    for j in range(n):
        h.direction[j] = b * first[j]
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
        h.scale = curvature / dot(n, h.y + at * n, first_matrix(job, h, h.y + at * n))
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
        status = line_search(job, h, 1.0 if h.used or h.inverse != NULL else min(1.0, 1 / job.norm), slack)
        if status == STALLED and h.used:
            h.used = h.next = 0          # once more along the gradient
            continue
        if status:
            return status
        remember(job, h)
        job.norm = gradient_norm(job, job.p, job.g)
        done[0] += 1
    return CONVERGED if job.norm <= job.tol else RUNNING
