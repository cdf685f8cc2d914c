# cython: binding=True
"""Statistics of resamples with replacement, whose indices are never stored: each thread makes those of one resample at
a time.

Resamples are numbered, and so are the numbers that a generator gives: chunks of resamples begin where those before
them end, which is known beforehand unless a number was passed over. So chunks run side by side on that guess, and are
run again from the first one whose guess was wrong: the results are those of one thread.
"""

cimport numpy as cnp
from libc.math cimport fmin
from libc.stdint cimport uint32_t, uint64_t
from libc.string cimport memmove, memset

from mathcore._kernels.runtime cimport (
    NO_MEMORY, OK, SLOT_C, check_interrupt, isa, parallel_for, raise_for, threads_for, work_begin, workspace,
)

cnp.import_array()

cdef extern from "simd/resample.h" nogil:
    enum:
        SUM "MC_RESAMPLE_SUM"
        MEAN "MC_RESAMPLE_MEAN"
        VAR "MC_RESAMPLE_VAR"
        STD "MC_RESAMPLE_STD"
        MEDIAN "MC_RESAMPLE_MEDIAN"
        CORRELATION "MC_RESAMPLE_CORRELATION"
        BLOCK "MC_PCG_BLOCK"
    ctypedef struct u128 "mc_u128":
        uint64_t hi, lo
    ctypedef struct Pcg "mc_pcg":
        uint64_t *raw
        uint32_t n, least
    void mc_pcg_start(Pcg *g, u128 state, u128 inc, uint32_t n)
    u128 mc_pcg_jump(u128 state, u128 inc, uint64_t steps)
    uint64_t mc_pcg_output(u128 s)
    ptrdiff_t mc_pcg_take(const uint64_t *raw, ptrdiff_t begin, ptrdiff_t end, uint32_t n, uint32_t least,
                          uint32_t *index)
    ctypedef struct Ops "mc_resample_ops":
        int (*block)(Pcg *g, uint32_t *index) noexcept nogil
        double (*statistic)(int kind, ptrdiff_t n, const double *x, const double *y, const uint32_t *index,
                            double *room) noexcept nogil
        double (*median)(ptrdiff_t n, const double *sorted, const uint32_t *rank, const uint32_t *index,
                         uint32_t *counts) noexcept nogil
    const Ops *mc_resample_ops_for(int isa)

KINDS = {"sum": SUM, "mean": MEAN, "var": VAR, "std": STD, "median": MEDIAN, "correlation": CORRELATION}

cdef enum:
    NUMBERS = 2 * BLOCK
    DRAWS = 1 << 16                      # indices of a chunk of resamples: some 60 us
    WAVE = 64                            # chunks started on a guess, at most

ctypedef struct Job:
    const Ops *ops
    int kind
    ptrdiff_t rows, n, total             # total: resamples
    const double *x
    const double *y                      # the other variable, or NULL
    const uint32_t *rank                 # of each element among x, which is sorted: of medians
    double *out                          # (rows, total)
    ptrdiff_t per_chunk, first           # first: resample of the chunk 0 at hand
    const uint32_t *index                # given: (resamples, n)
    # the stream
    u128 state, inc
    int spare                            # whether `left` comes before the generator's next output
    uint32_t left
    uint64_t position                    # numbers taken before the chunk 0 at hand
    uint64_t used[WAVE]                  # numbers that each chunk took


cdef void one(const Job *job, const uint32_t *index, ptrdiff_t at, double *room) noexcept nogil:
    """The statistics of all rows for resample `at`."""
    cdef ptrdiff_t row, n = job.n
    cdef const double *y
    for row in range(job.rows):
        if job.kind == MEDIAN:
            job.out[row * job.total + at] = job.ops.median(n, job.x + row * n, job.rank + row * n, index,
                                                           <uint32_t *>room)
        else:
            y = job.y + row * n if job.y != NULL else NULL
            job.out[row * job.total + at] = job.ops.statistic(job.kind, n, job.x + row * n, y, index, room)


cdef ptrdiff_t unread(const Pcg *g, ptrdiff_t few) noexcept nogil:
    """Numbers of the last block behind the last one taken, of which `few` are not passed over."""
    cdef ptrdiff_t i = NUMBERS
    cdef uint32_t index
    while i > 0:
        if mc_pcg_take(g.raw, i - 1, i, g.n, g.least, &index):
            if few == 0:
                break
            few -= 1
        i -= 1
    return NUMBERS - i


cdef int draw_chunk(void *ctx, ptrdiff_t i) noexcept nogil:
    cdef Job *job = <Job *>ctx
    cdef ptrdiff_t n = job.n, first = job.first + i * job.per_chunk, last = min(job.total, first + job.per_chunk)
    cdef ptrdiff_t have = 0, head = 0, skip = 0, at, got
    cdef int status
    cdef uint64_t position = job.position + <uint64_t>i * job.per_chunk * n, looked = 0, rest = job.left
    cdef char *scratch = <char *>workspace(SLOT_C, sizeof(Pcg) + 2 * n * sizeof(double) + (n + 2 * NUMBERS) * 4)
    cdef Pcg *g = <Pcg *>scratch
    cdef double *room = <double *>(scratch + sizeof(Pcg))
    cdef uint32_t *index = <uint32_t *>(room + 2 * n)
    if scratch == NULL:
        return NO_MEMORY
    if job.spare and position:
        position -= 1
    mc_pcg_start(g, mc_pcg_jump(job.state, job.inc, position // 2), job.inc, <uint32_t>n)
    if job.spare and job.position + i == 0:
        have = mc_pcg_take(&rest, 0, 1, g.n, g.least, index)
        looked = 1
    else:
        skip = position % 2
    for at in range(first, last):
        if have < n:
            memmove(index, index + head, have * sizeof(uint32_t))
            head = 0
        while have < n:
            got = job.ops.block(g, index + have)
            if got < 0 or skip:
                got = mc_pcg_take(g.raw, skip, NUMBERS, g.n, g.least, index + have)
            looked += NUMBERS - skip
            have, skip = have + got, 0
        one(job, index + head, at, room)
        head += n
        have -= n
        if job.rows * n > DRAWS:
            status = check_interrupt()
            if status:
                return status
    job.used[i] = looked - have
    if job.used[i] != <uint64_t>(last - first) * n:
        job.used[i] = looked - unread(g, have)
    return OK


cdef int run(Job *job, int threads) noexcept nogil:
    """Waves of chunks until all resamples are done; job.position then counts the numbers taken."""
    cdef ptrdiff_t chunks, few, i
    cdef double misses                   # expected in a chunk
    cdef int status
    cdef uint64_t guess = <uint64_t>job.per_chunk * job.n
    misses = <double>guess * ((1ULL << 32) % <uint64_t>job.n) / 4294967296.0
    while job.first < job.total:
        chunks = (job.total - job.first + job.per_chunk - 1) // job.per_chunk
        few = 1
        if threads > 1:
            few = max(<ptrdiff_t>1, <ptrdiff_t>fmin(min(8 * threads, <int>WAVE), 1 / (misses + 1e-9)))
        few = min(few, chunks)
        status = parallel_for(draw_chunk, job, few, threads)
        if status:
            return status
        i = 0
        while i < few:
            job.position += job.used[i]
            job.first += job.per_chunk
            i += 1
            if job.used[i - 1] != guess:
                break
    return OK


cdef int fill(Job *job, int kind, cnp.ndarray x, y, rank, cnp.ndarray out) except -1:
    memset(job, 0, sizeof(Job))
    job.ops, job.kind = mc_resample_ops_for(isa()), kind
    job.rows, job.n, job.total = cnp.PyArray_DIM(x, 0), cnp.PyArray_DIM(x, 1), cnp.PyArray_DIM(out, 1)
    job.x, job.out = <const double *>cnp.PyArray_DATA(x), <double *>cnp.PyArray_DATA(out)
    if y is not None:
        job.y = <const double *>cnp.PyArray_DATA(<cnp.ndarray>y)
    if rank is not None:
        job.rank = <const uint32_t *>cnp.PyArray_DATA(<cnp.ndarray>rank)
    return 0


def draw(int kind, cnp.ndarray x, y, rank, tuple state, cnp.ndarray out, workers, str name):
    """out (rows, resamples) = statistics of x (rows, n), 2 <= n < 2^32, with the indices that
    numpy.random.Generator.integers(0, n, (resamples, n)) would take from a PCG64 of that state: (state, inc, whether
    32 bits are left over, those). The state after that is returned. y: the other variable of a correlation; rank
    (rows, n) uint32: of a median, x being sorted. All in C order, float64."""
    cdef Job job
    cdef int status, threads = threads_for(workers)
    cdef uint64_t taken, steps
    fill(&job, kind, x, y, rank, out)
    job.state.hi, job.state.lo = state[0] >> 64, state[0] & 0xffffffffffffffff
    job.inc.hi, job.inc.lo = state[1] >> 64, state[1] & 0xffffffffffffffff
    job.spare, job.left = state[2], state[3]
    job.per_chunk = max(<ptrdiff_t>1, DRAWS // job.n)
    with nogil:
        work_begin()
        status = run(&job, threads)
    raise_for(status, name)
    taken = job.position - (1 if job.spare and job.position else 0)
    steps = (taken + 1) // 2
    if job.position == 0 or steps == 0:
        return (state[0], state[1], 0 if job.position else state[2], state[3])
    job.state = mc_pcg_jump(job.state, job.inc, steps)
    return ((<object>job.state.hi) << 64 | job.state.lo, state[1], taken % 2, mc_pcg_output(job.state) >> 32)


cdef int pick_chunk(void *ctx, ptrdiff_t i) noexcept nogil:
    cdef Job *job = <Job *>ctx
    cdef ptrdiff_t at, first = i * job.per_chunk, last = min(job.total, first + job.per_chunk)
    cdef double *room = <double *>workspace(SLOT_C, 2 * job.n * sizeof(double))
    if room == NULL:
        return NO_MEMORY
    for at in range(first, last):
        one(job, job.index + at * job.n, at, room)
    return OK


def pick(int kind, cnp.ndarray x, y, rank, cnp.ndarray index, cnp.ndarray out, workers, str name):
    """The same for given indices (resamples, n), uint32, each less than n."""
    cdef Job job
    cdef int status, threads = threads_for(workers)
    fill(&job, kind, x, y, rank, out)
    job.index = <const uint32_t *>cnp.PyArray_DATA(index)
    job.per_chunk = max(<ptrdiff_t>1, DRAWS // job.n)
    with nogil:
        work_begin()
        status = parallel_for(pick_chunk, &job, (job.total + job.per_chunk - 1) // job.per_chunk, threads)
    raise_for(status, name)
