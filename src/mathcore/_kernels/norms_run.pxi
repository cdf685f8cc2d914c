# How a job is done: its numbers, one slice, tasks for threads, all of it. Included by norms.pyx.

# ------------------------------------------------------------------ numbers

cdef double number(const char *x, ptrdiff_t i, int single) noexcept nogil:
    return (<const float *>x)[i] if single else (<const double *>x)[i]


cdef void put(char *x, ptrdiff_t i, int single, double value) noexcept nogil:
    if single:
        (<float *>x)[i] = <float>value
    else:
        (<double *>x)[i] = value


cdef double together(int kind, double a, double b) noexcept nogil:
    if kind == MOST:
        return a if a > b or a != a else b
    if kind == LEAST:
        return a if a < b or a != a else b
    return a + b


cdef double tree(int kind, double *parts, ptrdiff_t count, ptrdiff_t step) noexcept nogil:
    """parts[0], `step` apart, and those after it: pairs, pairs of pairs, and so on."""
    cdef ptrdiff_t reach = 1, i
    while reach < count:
        i = 0
        while i + reach < count:
            parts[i * step] = together(kind, parts[i * step], parts[(i + reach) * step])
            i += 2 * reach
        reach *= 2
    return parts[0]


# ------------------------------------------------------------------ one slice

cdef const char *slice_at(const Job *job, ptrdiff_t s) noexcept nogil:
    return job.x + s // job.inner * job.so + s % job.inner * job.si


cdef double unit_of(const Job *job, ptrdiff_t s) noexcept nogil:
    cdef double unit = number(job.units, s, job.single)
    if fabs(job.power) < (0.25 if job.single else 0.0625):
        return 1                         # such powers stay in range; of a ratio that became 0 a tenth may be missing
    return unit if isfinite(unit) and unit != 0 else 1


ctypedef fused real:
    float
    double


cdef void gather_of(ptrdiff_t n, const real *x, ptrdiff_t step, real *out) noexcept nogil:
    cdef ptrdiff_t i = 0
    while i + 4 <= n:                    # four loads under way
        out[i], out[i + 1], out[i + 2], out[i + 3] = x[0], x[step], x[2 * step], x[3 * step]
        x += 4 * step
        i += 4
    while i < n:
        out[i] = x[0]
        x += step
        i += 1


cdef void gather(const Job *job, ptrdiff_t few, const char *x, char *out) noexcept nogil:
    if job.single:
        gather_of[float](few, <const float *>x, job.sn // job.size, <float *>out)
    else:
        gather_of[double](few, <const double *>x, job.sn // job.size, <double *>out)


cdef double block_value(const Job *job, int kind, ptrdiff_t few, const char *x, double by, double unit,
                        char *scratch) noexcept nogil:
    """Of `few` elements from x on, in the job's steps, times `by`. scratch: SCRATCH doubles."""
    cdef double value
    cdef ptrdiff_t i
    cdef double *changed = <double *>scratch + BLOCK
    if job.sn != job.size and few > 1:
        gather(job, few, x, scratch)
        x = scratch
    if kind == POWERS:
        job.ops.ratios[job.single](1, few, x, 0, &unit, changed)
        job.ops.powers[job.single](few, job.power, changed)
        job.ops.rows(SIZES, job.single, 1, few, <const char *>changed, 0, &value)
    elif by != 1:
        for i in range(few):
            put(<char *>changed, i, job.single, number(x, i, job.single) * by)
        job.ops.rows(kind, job.single, 1, few, <const char *>changed, 0, &value)
    else:
        job.ops.rows(kind, job.single, 1, few, x, 0, &value)
    return value


cdef double slice_value(const Job *job, int kind, ptrdiff_t s, double by, char *scratch) noexcept nogil:
    """Of a whole slice, its blocks put together like the carries of a binary counter: the tree of `tree`."""
    cdef double[LEVELS] stack
    cdef const char *x = slice_at(job, s)
    cdef ptrdiff_t at = 0, carry, done = 0
    cdef int level = 0
    while at < job.n:
        stack[level] = block_value(job, kind, min(<ptrdiff_t>BLOCK, job.n - at), x + at * job.sn, by, 1, scratch)
        at += BLOCK
        done, level, carry = done + 1, level + 1, done + 1
        while carry % 2 == 0:
            level -= 1
            stack[level - 1] = together(kind, stack[level - 1], stack[level])
            carry //= 2
    while level > 1:
        level -= 1
        stack[level - 1] = together(kind, stack[level - 1], stack[level])
    return stack[0]


cdef double scaled_root(const Job *job, ptrdiff_t s, double squares, char *scratch) noexcept nogil:
    """The length of a slice whose squares leave the range of double: times a power of two that makes its greatest
    element about 1."""
    cdef double most
    cdef int e
    if squares != squares:
        return squares
    most = slice_value(job, MOST, s, 1, scratch)
    if most == 0 or isinf(most):
        return most
    frexp(most, &e)
    e = max(e, -1022)                    # 2^-e is a number
    return ldexp(sqrt(slice_value(job, SQUARES, s, ldexp(1.0, -e), scratch)), e)


cdef int finish(const Job *job, ptrdiff_t first, ptrdiff_t count, double *sums) noexcept nogil:
    """Norms from the sums of slices first, first + 1 ..."""
    cdef ptrdiff_t i
    cdef char *out = job.out + first * job.size
    cdef char *scratch
    cdef double *units
    cdef double unit
    if job.kind == SQUARES:
        if job.ops.roots(job.single, count, sums, out):
            return OK
        scratch = <char *>workspace(SLOT_C, SCRATCH * sizeof(double))
        if scratch == NULL:
            return NO_MEMORY
        for i in range(count):
            if not (sums[i] >= (SAFE_NARROW if job.single else SAFE) and isfinite(sums[i])):
                put(out, i, job.single, scaled_root(job, first + i, sums[i], scratch))
    elif job.kind == POWERS:
        units = <double *>workspace(SLOT_C, count * sizeof(double))
        if units == NULL:
            return NO_MEMORY
        for i in range(count):
            units[i] = unit_of(job, first + i)
        job.ops.power_roots(count, job.power, units, sums)
        for i in range(count):
            unit = number(job.units, first + i, job.single)
            put(out, i, job.single, sums[i] if isfinite(unit) and unit != 0 else unit)
    else:
        for i in range(count):
            put(out, i, job.single, sums[i])
    return OK


# ------------------------------------------------------------------ tasks

cdef int long_task(void *ctx, ptrdiff_t i) noexcept nogil:
    """GROUP blocks of one slice."""
    cdef Job *job = <Job *>ctx
    cdef ptrdiff_t groups = (job.blocks + GROUP - 1) // GROUP, s = i // groups, block = i % groups * GROUP
    cdef ptrdiff_t at = block * BLOCK, end = min(job.n, at + GROUP * BLOCK), whole, b = 0
    cdef const char *x = slice_at(job, s) + at * job.sn
    cdef double[GROUP] parts
    cdef char *scratch
    cdef double unit
    if job.sn == job.size and job.kind != POWERS:
        whole = (end - at) // BLOCK
        job.ops.rows(job.kind, job.single, whole, BLOCK, x, BLOCK * job.size, parts)
        b = whole
        if at + whole * BLOCK < end:
            job.ops.rows(job.kind, job.single, 1, end - at - whole * BLOCK, x + whole * BLOCK * job.size, 0,
                         parts + whole)
            b += 1
    else:
        scratch = <char *>workspace(SLOT_B, SCRATCH * sizeof(double))
        if scratch == NULL:
            return NO_MEMORY
        unit = unit_of(job, s) if job.kind == POWERS else 1
        while at < end:
            parts[b] = block_value(job, job.kind, min(<ptrdiff_t>BLOCK, end - at), x + b * BLOCK * job.sn, 1, unit,
                                   scratch)
            at += BLOCK
            b += 1
    job.parts[i] = tree(job.kind, parts, b, 1)
    return OK


cdef ptrdiff_t run_of(const Job *job, ptrdiff_t s, ptrdiff_t last) noexcept nogil:
    """How many slices from s on lie at one distance."""
    return min(last - s, job.inner - s % job.inner) if job.inner > 1 else last - s


cdef int short_task(void *ctx, ptrdiff_t i) noexcept nogil:
    """Slices of one block each: as they lie where they are rows, else turned; powers of them first."""
    cdef Job *job = <Job *>ctx
    cdef ptrdiff_t first = i * job.per, last = min(job.count, first + job.per), s = first, run
    cdef ptrdiff_t step = job.si if job.inner > 1 else job.so
    cdef double *sums = <double *>workspace(SLOT_D, 2 * (last - first) * sizeof(double))
    cdef double *units = sums + (last - first)
    cdef char *turned
    cdef char *room
    cdef char *to
    if sums == NULL:
        return NO_MEMORY
    if job.sn == job.size and job.kind != POWERS:
        while s < last:
            run = run_of(job, s, last)
            job.ops.rows(job.kind, job.single, run, job.n, slice_at(job, s), step, sums + s - first)
            s += run
        return finish(job, first, last - first, sums)
    turned = <char *>workspace(SLOT_B, ((last - first) * job.n + SCRATCH) * job.size)
    if turned == NULL:
        return NO_MEMORY
    room = turned + ((last - first) * job.n + 16) * job.size
    if job.kind == POWERS:
        for s in range(first, last):
            units[s - first] = unit_of(job, s)
    s = first
    while s < last:
        to, run = turned + (s - first) * job.n * job.size, 1
        if job.kind != POWERS:
            gather(job, job.n, slice_at(job, s), to)
        elif job.sn == job.size:
            run = run_of(job, s, last)
            job.ops.ratios[job.single](run, job.n, slice_at(job, s), step, units + s - first, to)
        else:
            gather(job, job.n, slice_at(job, s), room)
            job.ops.ratios[job.single](1, job.n, room, 0, units + s - first, to)
        s += run
    if job.kind == POWERS:
        job.ops.powers[job.single]((last - first) * job.n, job.power, turned)
    job.ops.rows(SIZES if job.kind == POWERS else job.kind, job.single, last - first, job.n, turned, job.n * job.size,
                 sums)
    return finish(job, first, last - first, sums)


cdef int column_task(void *ctx, ptrdiff_t i) noexcept nogil:
    """Items (outer, block, tile of columns)."""
    cdef Job *job = <Job *>ctx
    cdef ptrdiff_t item, col, block, o, cols
    cdef double[COLS] tile
    cdef double *sums
    cdef int status
    for item in range(i * job.per, min(job.count, (i + 1) * job.per)):
        col = item % job.tiles * job.wide
        block = item // job.tiles % job.blocks
        o = item // job.tiles // job.blocks
        cols = min(job.wide, job.inner - col)
        sums = tile
        if job.blocks > 1:
            sums = job.parts + (o * job.blocks + block) * job.inner + col
        job.ops.columns(job.kind, job.single, min(<ptrdiff_t>BLOCK, job.n - block * BLOCK), cols,
                        job.x + o * job.so + block * BLOCK * job.sn + col * job.size, job.sn, sums)
        if job.blocks == 1:
            status = finish(job, o * job.inner + col, cols, sums)
            if status:
                return status
    return OK


# ------------------------------------------------------------------ all

cdef int run_columns(Job *job, int threads) noexcept nogil:
    cdef ptrdiff_t o, c, cols
    cdef int status
    cdef double[COLS] sums
    job.wide = job.inner if job.inner <= COLS and job.sn == job.inner * job.size else TILE
    job.tiles = (job.inner + job.wide - 1) // job.wide
    job.count = job.outer * job.blocks * job.tiles
    job.per = max(<ptrdiff_t>1, TASK // (min(<ptrdiff_t>BLOCK, job.n) * job.wide))
    if job.blocks > 1:
        job.parts = <double *>workspace(SLOT_A, job.outer * job.blocks * job.inner * sizeof(double))
        if job.parts == NULL:
            return NO_MEMORY
    status = parallel_for(column_task, job, (job.count + job.per - 1) // job.per, threads)
    if status or job.blocks == 1:
        return status
    for o in range(job.outer):
        for c in range(job.inner):
            sums[c % COLS] = tree(job.kind, job.parts + o * job.blocks * job.inner + c, job.blocks, job.inner)
            if c % COLS == COLS - 1 or c == job.inner - 1:
                cols = c % COLS + 1
                status = finish(job, o * job.inner + c + 1 - cols, cols, sums)
                if status:
                    return status
    return OK


cdef int run(Job *job, int threads) noexcept nogil:
    cdef ptrdiff_t slices = job.outer * job.inner, groups, s
    cdef int status
    cdef double sum
    if job.inner == 1 and job.so == job.size and job.outer > 1:      # slices side by side are columns
        job.inner, job.si, job.outer, job.so = job.outer, job.so, 1, 0
    job.blocks = (job.n + BLOCK - 1) // BLOCK
    if job.kind != POWERS and job.inner > 1 and job.si == job.size and job.n > 1 \
            and (job.inner >= NARROW or job.n > BLOCK // NARROW):
        return run_columns(job, threads)
    if job.blocks == 1:
        job.count, job.per = slices, max(<ptrdiff_t>1, TASK // job.n)
        return parallel_for(short_task, job, (slices + job.per - 1) // job.per, threads)
    groups = (job.blocks + GROUP - 1) // GROUP
    job.parts = <double *>workspace(SLOT_A, slices * groups * sizeof(double))
    if job.parts == NULL:
        return NO_MEMORY
    status = parallel_for(long_task, job, slices * groups, threads)
    for s in range(slices):
        if status:
            return status
        sum = tree(job.kind, job.parts + s * groups, groups, 1)
        status = finish(job, s, 1, &sum)
    return status
