"""Mini-batch steps of a fit: rows in a new order each epoch, read where they lie."""

from libc.math cimport sqrt
from libc.stdint cimport uint64_t
from libc.string cimport memcpy, memset

from mathcore._kernels.descent cimport ROWS, Block, Job, penalise, round_parameters, shrink
from mathcore._kernels.runtime cimport NO_MEMORY, OK, SLOT_C, check_interrupt, workspace


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
