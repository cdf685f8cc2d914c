# cython: binding=True
"""The nearest rows: float32 products, exact neighbours. Memory O(n d + m k); the distances are never stored.

For moved rows x', y' (euclidean.pyx) a float32 product gives |x' - y'|^2 - |x'|^2 to within c (|x|^2 + |y|^2) + least,
c = (min(d, KC) + d / KC + 24) 2^-24: the roundings of the rows (4), of the product's chain and its blocks, of lengths
and of what is done here. What such a bound cannot drop is ranked by float64 differences of the rows as they came, ties
by the lower number. So the answer depends on the rows alone: not on tiles, threads or the instruction set.
"""

cimport numpy as cnp
from libc.math cimport fabs, ilogb, isfinite, ldexp, sqrt
from libc.stdint cimport int32_t, int64_t
from libc.string cimport memcpy

from mathcore._kernels.arrays cimport kernel_dtype
from mathcore._kernels.euclidean cimport EuclideanOps, centre_of, euclidean_ops
from mathcore._kernels.gemm cimport GemmOps, Panel, gemm_ops
from mathcore._kernels.runtime cimport (
    F32, NO_MEMORY, OK, SLOT_C, SLOT_D,
    ceil_div, check_interrupt, isa, parallel_for, raise_for, step, threads_for, work_begin, workspace,
)

import numpy as np

cnp.import_array()

cdef extern from "simd/neighbors.h" nogil:
    enum: COLUMNS "MC_NEIGHBOR_COLUMNS"
    ctypedef struct Queue "mc_queue":
        float limit
        int32_t own
        ptrdiff_t count
        float *bound
        int32_t *point
    ctypedef struct Ops "mc_neighbor_ops":
        void (*push)(int m, int n, const float *c, ptrdiff_t rsc, const float *low, int32_t first,
                     Queue *queue) noexcept nogil
        float (*limit)(ptrdiff_t count, const float *bound, ptrdiff_t k, ptrdiff_t most) noexcept nogil
    ctypedef void (*Sort "mc_neighbor_sort")(ptrdiff_t n, double *value, int32_t *point, double *value2,
                                             int32_t *point2) noexcept nogil
    const Ops *mc_neighbor_ops_for(int isa)
    Sort mc_neighbor_sort_for(int isa)

cdef enum:
    KC = 512                             # terms of a product's chain
    ROWS = 256                           # of x in one task, at most: each reads all of y
    FEW = 4                              # rows of x that search y by differences
    FEW_COLUMNS = 4096                   # of y in one task then
    VECTOR = 16                          # elements that are written behind the end of a queue, at most
    ROW_ELEMENTS = 32768                 # of them: 128 KB, half of a small L2

cdef ptrdiff_t QUEUE_BYTES = 4 << 20     # of a task's queues
cdef ptrdiff_t PART_GROUPS = 8           # of columns, at least, where threads share few rows
cdef double UNIT = 2.0**-24
# Lengths within these keep float32 products of 2^31 terms from overflow, and what underflows below LEAST of them.
cdef double MOST = 2.0**60
cdef double FEWEST = 2.0**-60
cdef double LEAST = 2.0**-105
cdef double LARGEST_SCALE = 2.0**1000
cdef int TOP = 1000                      # exponent of the largest squared length then: differences have four times it

ctypedef struct Search:
    const EuclideanOps *data
    const GemmOps *gemm
    const Ops *ops
    Sort sort
    ptrdiff_t m, n, d, k, size
    const char *x
    const char *y
    const double *centre
    double scale, slack, least           # the scale of moved rows, so that float32 holds their products
    double exact, unit                   # that of differences, so that float64 holds their squares; (scale / exact)^2
    double radius                        # squared, times exact^2, or -1
    ptrdiff_t own                        # the point that row 0 of x is; below 0: none
    ptrdiff_t rows, groups, parts, part_groups, full, room
    float *packed
    float *low
    double *lengths                      # the longest of each chunk
    double *found
    int64_t *index
    int64_t *number
    ptrdiff_t ld                         # of found and index


# What a task works on, in the thread's own scratch: rows of x, their queues, and the candidates of one row in order.
ctypedef struct Task:
    ptrdiff_t first, rows
    float *moved
    float *lengths
    float *packed
    float *c
    Queue *queue
    double *value                        # squared distances in the order of the queue
    double *ordered                      # and in their own, with their points
    int32_t *point
    double *scratch
    int32_t *scratch_point


# ------------------------------------------------------------------ bounds

cdef inline float upward(double bound) noexcept nogil:
    return <float>(bound + fabs(bound) * 4 * UNIT)


cdef inline float limit_of_bound(const Search *s, double bound, double xx) noexcept nogil:
    """What may be dropped where k points have bounds up to this one. Their lengths |y|^2 are at most
    2 |x|^2 + 2 |x - y|^2, so their distances are at most bound + c (9.4 |x|^2 + 4.2 bound) + 2 least."""
    return upward(bound + s.slack * (11 * xx + 5 * max(bound, 0.0)) + 3 * s.least)


cdef inline float limit_of_distance(const Search *s, double square, double xx) noexcept nogil:
    """What may be dropped where no more than this squared distance counts."""
    square *= s.unit
    return upward(square - xx + 2 * s.slack * xx + 2 * s.least + 4 * UNIT * square)


cdef void rank(const Search *s, const Task *t, ptrdiff_t row) noexcept nogil:
    """The distances of the candidates of a row of the task, as the queue has them and in order."""
    cdef const Queue *q = t.queue + row
    s.data.squares(q.count, s.d, s.x + (t.first + row) * s.d * s.size, s.y, q.point, s.exact, t.value)
    memcpy(t.ordered, t.value, q.count * sizeof(double))
    memcpy(t.point, q.point, q.count * sizeof(int32_t))
    s.sort(q.count, t.ordered, t.point, t.scratch, t.scratch_point)


cdef void tighten(const Search *s, const Task *t, ptrdiff_t row, ptrdiff_t most) noexcept nogil:
    """Drops candidates until the queue has room, all but about `most` of them; where bounds cannot tell them apart, by
    their distances."""
    cdef Queue *q = t.queue + row
    cdef double xx = t.lengths[row], last
    cdef ptrdiff_t i, kept = 0
    if q.count > s.k:
        q.limit = min(q.limit, limit_of_bound(s, s.ops.limit(q.count, q.bound, s.k, most), xx))
        for i in range(q.count):
            q.bound[kept], q.point[kept] = q.bound[i], q.point[i]
            kept += not q.bound[i] > q.limit
        q.count = kept
    if q.count > s.full:
        rank(s, t, row)
        last, kept = t.ordered[s.k - 1], 0
        q.limit = min(q.limit, limit_of_distance(s, last, xx))
        for i in range(q.count):
            q.bound[kept], q.point[kept] = <float>(t.value[i] * s.unit - xx), q.point[i]
            kept += t.value[i] < last or t.value[i] == last and q.point[i] <= t.point[s.k - 1]
        q.count = kept


# ------------------------------------------------------------------ the pieces of the work

cdef int measure_chunk(void *ctx, ptrdiff_t i) noexcept nogil:
    """The longest of some rows of x."""
    cdef Search *s = <Search *>ctx
    cdef float *moved = <float *>workspace(SLOT_C, COLUMNS * (s.d + 1) * sizeof(float))
    cdef ptrdiff_t first = i * COLUMNS
    if moved == NULL:
        return NO_MEMORY
    s.lengths[i] = s.data.move_float(min(<ptrdiff_t>COLUMNS, s.m - first), s.d, s.x + first * s.d * s.size, s.centre,
                                     s.scale, moved, moved + COLUMNS * s.d)
    return OK


cdef int pack_chunk(void *ctx, ptrdiff_t i) noexcept nogil:
    """Group i of the rows of y: moved, in strips, block after block of the chain."""
    cdef Search *s = <Search *>ctx
    cdef float *moved = <float *>workspace(SLOT_C, COLUMNS * (s.d + 1) * sizeof(float))
    cdef float *lengths = moved + COLUMNS * s.d
    cdef ptrdiff_t first = i * COLUMNS, rows = min(<ptrdiff_t>COLUMNS, s.n - first), q = 0
    if moved == NULL:
        return NO_MEMORY
    s.lengths[ceil_div(s.m, COLUMNS) + i] = s.data.move_float(rows, s.d, s.y + first * s.d * s.size, s.centre, s.scale,
                                                              moved, lengths)
    while q < s.d:
        s.gemm.pack(rows, min(<ptrdiff_t>KC, s.d - q), moved + q, s.d, 1, s.gemm.nr,
                    s.packed + first * s.d + q * COLUMNS)
        q += KC
    for q in range(COLUMNS):
        s.low[first + q] = <float>(lengths[q] * (1 - s.slack)) if q < rows else 0
    return OK


cdef ptrdiff_t place(const Search *s, Task *t, char *memory) noexcept nogil:
    """Lays the task out from `memory` on; the bytes that it takes."""
    cdef char *at = memory
    cdef ptrdiff_t tall = ceil_div(s.rows, s.gemm.mr) * s.gemm.mr, i
    cdef float *bound
    cdef int32_t *point
    t.moved, t.lengths = <float *>step(&at, s.rows * s.d * 4), <float *>step(&at, s.rows * 4)
    t.packed = <float *>step(&at, tall * s.d * 4)
    t.c = <float *>step(&at, (tall if s.d > KC else s.gemm.mr) * COLUMNS * 4)
    t.value, t.ordered, t.scratch = <double *>step(&at, s.room * 8), <double *>step(&at, s.room * 8), \
        <double *>step(&at, s.room * 8)
    t.point, t.scratch_point = <int32_t *>step(&at, s.room * 4), <int32_t *>step(&at, s.room * 4)
    t.queue = <Queue *>step(&at, s.rows * sizeof(Queue))
    bound, point = <float *>step(&at, s.rows * s.room * 4), <int32_t *>step(&at, s.rows * s.room * 4)
    if memory != NULL:
        for i in range(t.rows):
            t.queue[i].count, t.queue[i].bound, t.queue[i].point = 0, bound + i * s.room, point + i * s.room
            t.queue[i].own = <int32_t>(s.own + t.first + i) if s.own >= 0 else -1
    return at - memory


cdef void group(const Search *s, const Task *t, ptrdiff_t number) noexcept nogil:
    """Products of the task's rows and one group of columns, and who of these joins which queue."""
    cdef ptrdiff_t q = 0, i, r, first = number * COLUMNS, mr = s.gemm.mr, depth
    cdef Panel p
    p.n, p.rsc, p.far, p.resume, p.epilogue = min(<ptrdiff_t>COLUMNS, s.n - first), COLUMNS, 0, 0, NULL
    p.rsa, p.csa, p.gsa, p.rsb, p.row, p.col = 1, mr, 0, s.gemm.nr, 0, 0
    while q < s.d:
        depth = min(<ptrdiff_t>KC, s.d - q)
        p.k, p.b, p.ssb, p.accumulate = depth, s.packed + first * s.d + q * COLUMNS, s.gemm.nr * depth, q > 0
        i = 0
        while i < t.rows:
            p.m = min(mr, t.rows - i)
            p.a, p.c = t.packed + q * ceil_div(t.rows, mr) * mr + i * depth, t.c + (i * COLUMNS if s.d > KC else 0)
            s.gemm.panel(&p)
            if q + depth == s.d:
                s.ops.push(<int>p.m, <int>p.n, <const float *>p.c, COLUMNS, s.low + first, <int32_t>first, t.queue + i)
                if s.radius < 0:
                    for r in range(i, i + p.m):
                        if t.queue[r].count > s.full:
                            tighten(s, t, r, s.k + s.k // 8 + 4)
            i += mr
        q += KC


cdef int search_task(void *ctx, ptrdiff_t number) noexcept nogil:
    cdef Search *s = <Search *>ctx
    cdef Task t
    cdef Queue *q
    cdef ptrdiff_t part = number % s.parts, i, j, kept, at, mr = s.gemm.mr
    cdef char *memory
    cdef int status
    t.first = number // s.parts * s.rows
    t.rows = min(s.rows, s.m - t.first)
    memory = <char *>workspace(SLOT_C, place(s, &t, NULL))
    if memory == NULL:
        return NO_MEMORY
    place(s, &t, memory)
    s.data.move_float(t.rows, s.d, s.x + t.first * s.d * s.size, s.centre, s.scale, t.moved, t.lengths)
    i = 0
    while i < s.d:
        s.gemm.pack(t.rows, min(<ptrdiff_t>KC, s.d - i), t.moved + i, s.d, 1, mr,
                    t.packed + i * ceil_div(t.rows, mr) * mr)
        i += KC
    for i in range(t.rows):
        t.queue[i].limit = <float>1e39 if s.radius < 0 else limit_of_distance(s, s.radius, t.lengths[i])
    for i in range(part * s.part_groups, min(s.groups, (part + 1) * s.part_groups)):
        group(s, &t, i)
        status = check_interrupt()
        if status != OK:
            return status
    for i in range(t.rows):
        q = t.queue + i
        if s.radius < 0:
            tighten(s, &t, i, s.k + s.k // 32 + 1)
        rank(s, &t, i)
        kept = min(q.count, s.k)
        at = (part * s.m + t.first + i) * s.ld
        for j in range(kept):
            if s.radius >= 0 and t.ordered[j] > s.radius:
                kept = j
                break
            s.found[at + j], s.index[at + j] = t.ordered[j], t.point[j]
        s.number[part * s.m + t.first + i] = kept
    return OK


# ------------------------------------------------------------------ the k smallest

ctypedef fused real:
    float
    double

cdef inline bint after(double a, int64_t i, double b, int64_t j) noexcept nogil:
    """NaN comes last."""
    return a > b or a == b and i > j or a != a and (b == b or i > j)


cdef void sink(double *value, int64_t *index, ptrdiff_t at, ptrdiff_t n) noexcept nogil:
    """Of a heap whose root comes last: element `at` to its place."""
    cdef double v = value[at]
    cdef int64_t i = index[at]
    cdef ptrdiff_t child = 2 * at + 1
    while child < n:
        if child + 1 < n and after(value[child + 1], index[child + 1], value[child], index[child]):
            child += 1
        if not after(value[child], index[child], v, i):
            break
        value[at], index[at] = value[child], index[child]
        at, child = child, 2 * child + 1
    value[at], index[at] = v, i


cdef void smallest_of_row(ptrdiff_t n, ptrdiff_t k, const real *row, ptrdiff_t own, double *value,
                          int64_t *index) noexcept nogil:
    """The k smallest of n, element `own` left out, by a heap; k of them are there."""
    cdef ptrdiff_t j, kept = 0, i
    cdef double v
    cdef real worst = 0
    for j in range(n):
        if j == own:
            continue
        if kept < k:
            value[kept], index[kept] = row[j], j
            kept += 1
            if kept == k:
                for i in range(k // 2 - 1, -1, -1):
                    sink(value, index, i, k)
                worst = <real>value[0]
        elif row[j] < worst or worst != worst and row[j] == row[j]:
            value[0], index[0] = row[j], j
            sink(value, index, 0, k)
            worst = <real>value[0]
    for i in range(k - 1, 0, -1):
        v, j = value[0], index[0]
        value[0], index[0] = value[i], index[i]
        value[i], index[i] = v, j
        sink(value, index, 0, i)


# ------------------------------------------------------------------ few rows

cdef int few_task(void *ctx, ptrdiff_t part) noexcept nogil:
    """The nearest of some rows of y, for all rows of x: distances by differences, which cost less than to pack y."""
    cdef Search *s = <Search *>ctx
    cdef ptrdiff_t first = part * FEW_COLUMNS, n = min(<ptrdiff_t>FEW_COLUMNS, s.n - first), row, i, at, own
    cdef double *value = <double *>workspace(SLOT_C, FEW_COLUMNS * 12)
    cdef int32_t *point = <int32_t *>(value + FEW_COLUMNS)
    if value == NULL:
        return NO_MEMORY
    for i in range(n):
        point[i] = <int32_t>i
    for row in range(s.m):
        s.data.squares(n, s.d, s.x + row * s.d * s.size, s.y + first * s.d * s.size, point, 1.0, value)
        own = s.own + row - first if s.own >= 0 else -1
        at = part * s.m + row
        s.number[at] = min(s.k, n - (0 <= own < n))
        smallest_of_row[double](n, s.number[at], value, own, s.found + at * s.ld, s.index + at * s.ld)
        for i in range(s.number[at]):
            s.index[at * s.ld + i] += first
    return check_interrupt()


# ------------------------------------------------------------------ the whole

cdef int prepare(Search *s, int threads) noexcept nogil:
    """y packed, at a scale that float32 holds; the scale at which squares of differences come near the top of float64's
    range, and the least of them keep their digits."""
    cdef ptrdiff_t chunks = ceil_div(s.m, COLUMNS), i
    cdef double most
    cdef int status
    s.scale = 1
    while True:
        most = 0
        status = parallel_for(measure_chunk, s, chunks, threads)
        if status == OK:
            status = parallel_for(pack_chunk, s, s.groups, threads)
        if status:
            return status
        for i in range(chunks + s.groups):
            most = max(most, s.lengths[i])
        if FEWEST <= most <= MOST or s.scale != 1:
            break
        if most == 0 or not isfinite(most):
            s.scale = reach(s)
        else:
            s.scale = ldexp(1.0, -(ilogb(most) // 2))
        if s.scale == 1:
            break
    s.unit = 1 if most == 0 else ldexp(1.0, ilogb(most) // 2 * 2 - TOP)
    s.exact = s.scale / sqrt(s.unit)
    if not s.exact <= LARGEST_SCALE:
        s.exact = LARGEST_SCALE
        s.unit = (s.scale / s.exact)**2
    return OK


cdef double reach(const Search *s) noexcept nogil:
    """A scale for data whose squares leave the range of float64: from their largest difference to the centre."""
    cdef double most = 0
    cdef ptrdiff_t i, j
    for i in range(s.m + s.n):
        for j in range(s.d):
            if s.size == 8:
                most = max(most, fabs((<const double *>(s.x if i < s.m else s.y))[(i if i < s.m else i - s.m) * s.d + j]
                                      / 4 - s.centre[j] / 4))
    if most == 0:
        return 1
    return ldexp(1.0, max(-1020, min(1000, -ilogb(most) - 3)))


cdef void plan(Search *s, int threads) noexcept nogil:
    cdef ptrdiff_t chunks
    s.slack = (min(s.d, <ptrdiff_t>KC) + s.d // KC + 24) * UNIT
    s.least = (s.d + 16) * LEAST
    s.full = 2 * s.k + 32
    s.room = (s.n if s.radius >= 0 else s.full) + COLUMNS + VECTOR
    s.rows = max(<ptrdiff_t>8, min(min(<ptrdiff_t>ROWS, ROW_ELEMENTS // s.d), QUEUE_BYTES // (8 * s.room)))
    s.rows = max(<ptrdiff_t>8, min(s.rows, ceil_div(s.m, 4 * threads)))
    s.rows = ceil_div(s.rows, s.gemm.mr) * s.gemm.mr
    chunks = ceil_div(s.m, s.rows)
    s.parts = 1
    if chunks < 2 * threads and s.radius < 0:
        s.parts = max(<ptrdiff_t>1, min(ceil_div(4 * threads, chunks), s.groups // PART_GROUPS))
    s.part_groups = ceil_div(s.groups, s.parts)
    s.parts = ceil_div(s.groups, s.part_groups)


cdef int merge_row(void *ctx, ptrdiff_t row) noexcept nogil:
    """The nearest of what the parts have found for a row, over those of the first."""
    cdef Search *s = <Search *>ctx
    cdef ptrdiff_t most = s.parts * s.k, part, j, at, n = 0
    cdef double *value = <double *>workspace(SLOT_D, most * 24)
    cdef double *value2 = value + most
    cdef int32_t *point = <int32_t *>(value2 + most)
    if value == NULL:
        return NO_MEMORY
    for part in range(s.parts):
        at = (part * s.m + row) * s.ld
        for j in range(s.number[part * s.m + row]):
            value[n], point[n] = s.found[at + j], <int32_t>s.index[at + j]
            n += 1
    s.sort(n, value, point, value2, point + most)
    s.number[row] = min(n, s.k)
    for j in range(s.number[row]):
        s.found[row * s.ld + j], s.index[row * s.ld + j] = value[j], point[j]
    return OK


cdef tuple results(Search *s):
    """Arrays for what the parts find."""
    cdef cnp.ndarray found = np.empty((s.parts * s.m, s.ld)), index = np.empty((s.parts * s.m, s.ld), np.int64)
    cdef cnp.ndarray number = np.empty(s.parts * s.m, np.int64)
    s.found, s.index = <double *>cnp.PyArray_DATA(found), <int64_t *>cnp.PyArray_DATA(index)
    s.number = <int64_t *>cnp.PyArray_DATA(number)
    return found, index, number


def are_plain(squares, index, x, y):
    """Whether no square has left the range of numbers: zeros are those of equal rows."""
    row, column = np.nonzero(squares < 1e-250)
    return np.isfinite(squares).all() and not squares[row, column].any() and all(
        np.array_equal(x[row[i:i + 256]], y[index[row[i:i + 256], column[i:i + 256]]]) for i in range(0, len(row), 256))


def search(cnp.ndarray x, cnp.ndarray y, k, radius, ptrdiff_t own, workers, str name):
    """For each row of x (m, d) the rows of y (n, d), of one float type and in one piece, finite, 0 < d, n < 2^31: the
    k nearest, or if k is None those up to `radius`; if own >= 0, without row own + i of y for row i of x. Returns
    (squared distances times the square of scale, numbers, how many each row has, scale), the first two (m, k) or
    (m, n), filled as far as the third says."""
    cdef Search s
    cdef ptrdiff_t size = cnp.PyArray_ITEMSIZE(x)
    cdef int status, threads = threads_for(workers), dtype = kernel_dtype(cnp.PyArray_TYPE(x), size)
    cdef cnp.ndarray packed, low, lengths, centre, found, index, number
    s.m, s.n, s.d, s.size = cnp.PyArray_DIM(x, 0), cnp.PyArray_DIM(y, 0), cnp.PyArray_DIM(x, 1), size
    s.x, s.y = <const char *>cnp.PyArray_DATA(x), <const char *>cnp.PyArray_DATA(y)
    s.data, s.gemm = euclidean_ops(dtype), gemm_ops(F32)
    s.ops, s.sort = mc_neighbor_ops_for(isa()), mc_neighbor_sort_for(isa())
    s.k, s.radius, s.own, s.ld = s.n if k is None else k, -1.0, own, s.n if k is None else k
    if k is not None and s.m <= FEW:
        s.scale, s.parts = 1, ceil_div(s.n, FEW_COLUMNS)
        found, index, number = results(&s)
        with nogil:
            work_begin()
            status = parallel_for(few_task, &s, s.parts, threads)
            if status == OK:
                status = parallel_for(merge_row, &s, s.m, 1)
        raise_for(status, name)
        if are_plain(found[:s.m], index[:s.m], x, y):
            return found[:s.m], index[:s.m], number[:s.m], 1.0
    s.groups = ceil_div(s.n, COLUMNS)
    centre = np.empty(6 * s.d)
    packed, low = np.empty(s.groups * COLUMNS * s.d, np.float32), np.empty(s.groups * COLUMNS, np.float32)
    lengths = np.empty(ceil_div(s.m, COLUMNS) + s.groups)
    s.centre, s.packed, s.low = <double *>cnp.PyArray_DATA(centre), <float *>cnp.PyArray_DATA(packed), \
        <float *>cnp.PyArray_DATA(low)
    s.lengths = <double *>cnp.PyArray_DATA(lengths)
    if k is None:
        s.radius = 0                     # until the scale is known
    plan(&s, threads)
    found, index, number = results(&s)
    with nogil:
        work_begin()
        centre_of(dtype, s.m, s.n, s.d, s.x, s.y, <double *>s.centre, <double *>s.centre + s.d)
        status = prepare(&s, threads)
    if k is None:
        s.radius = (<double>radius * s.exact)**2
    with nogil:
        if status == OK:
            status = parallel_for(search_task, &s, ceil_div(s.m, s.rows) * s.parts, threads)
        if status == OK and s.parts > 1:
            status = parallel_for(merge_row, &s, s.m, threads)
    raise_for(status, name)
    return found[:s.m], index[:s.m], number[:s.m], s.exact


# ------------------------------------------------------------------ of given distances

ctypedef struct Block:
    const char *values
    ptrdiff_t n, k, stride, size, first
    bint skip_own
    double *found
    int64_t *index


cdef int smallest_row(void *ctx, ptrdiff_t i) noexcept nogil:
    cdef Block *b = <Block *>ctx
    cdef ptrdiff_t own = b.first + i if b.skip_own else -1
    cdef const char *row = b.values + i * b.stride
    if b.size == 4:
        smallest_of_row[float](b.n, b.k, <const float *>row, own, b.found + i * b.k, b.index + i * b.k)
    else:
        smallest_of_row[double](b.n, b.k, <const double *>row, own, b.found + i * b.k, b.index + i * b.k)
    return OK


def smallest(cnp.ndarray values, ptrdiff_t first, bint skip_own, double[:, ::1] found, int64_t[:, ::1] index, workers,
             str name):
    """The k smallest of each row of values (rows, n), rising, ties by the lower number, NaN last, into found and index
    (rows, k); with skip_own without element first + i of row i."""
    cdef Block b
    cdef int status, threads = threads_for(workers)
    cdef ptrdiff_t rows = cnp.PyArray_DIM(values, 0)
    b.n, b.k, b.size = cnp.PyArray_DIM(values, 1), found.shape[1], cnp.PyArray_ITEMSIZE(values)
    b.first, b.skip_own = first, skip_own
    if rows == 0 or b.k == 0:
        return
    b.values, b.stride = <const char *>cnp.PyArray_DATA(values), cnp.PyArray_STRIDE(values, 0)
    b.found, b.index = &found[0, 0], &index[0, 0]
    with nogil:
        work_begin()
        status = parallel_for(smallest_row, &b, rows, threads)
    raise_for(status, name)
