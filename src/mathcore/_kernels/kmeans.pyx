# cython: binding=True
"""K-means: labels of samples, sums of the samples of each centre, squared distances for a start.

The nearest centre is that with the largest c.x - |c|^2 / 2, by float32 products whatever the data are. Certified:
with u = 2^-24 a value is off by at most (e + 4) u |c| |x| + 2.5 u |c|^2: e = min(d, KC) + d / KC roundings of the
product's chain and its blocks, 2 of its two factors, 1 of the difference and 1 of its comparison; of |c|^2 / 2 three,
and again the difference's and the comparison's. Where the largest two are nearer than twice that, all centres that may
be the nearest are compared by float64 differences of the data as they came, the lower number first among equals. So
labels depend on the data alone: not on tiles, threads or the instruction set.

Samples go in tiles; sums of blocks of tiles, fixed by the shape, are added in order.
"""

cimport numpy as cnp
from libc.math cimport INFINITY, fabs, fmax, ilogb, isfinite, ldexp, sqrt
from libc.stdint cimport int32_t, int64_t
from libc.string cimport memcmp, memcpy, memset

from mathcore._kernels.arrays cimport kernel_dtype
from mathcore._kernels.euclidean cimport EuclideanOps, centre_of, euclidean_ops
from mathcore._kernels.gemm cimport GemmOps, Panel, gemm_ops
from mathcore._kernels.runtime cimport (
    F32, F64, NO_MEMORY, OK, SLOT_C, SLOT_D,
    ceil_div, check_interrupt, isa, parallel_for, raise_for, step, threads_for, work_begin, workspace,
)

import numpy as np

cnp.import_array()

cdef extern from "simd/kmeans.h" nogil:
    enum: SAMPLES "MC_KMEANS_SAMPLES"
    ctypedef struct Nearest "mc_nearest":
        float best[SAMPLES]
        float second[SAMPLES]
        float centre[SAMPLES]
    ctypedef struct Ops "mc_kmeans_ops":
        void (*nearest)(ptrdiff_t k, ptrdiff_t first, const float *c, const float *half, Nearest *found) noexcept nogil
        float (*lengths)(ptrdiff_t width, ptrdiff_t d, const float *packed, float *length) noexcept nogil
        int (*labels)(ptrdiff_t count, const Nearest *found, const float *length, float a, float b, int32_t *label,
                      int32_t *unsure) noexcept nogil
        void (*move)(ptrdiff_t count, ptrdiff_t d, const void *x, const void *origin, double scale,
                     float *moved) noexcept nogil
        void (*add)(ptrdiff_t count, ptrdiff_t d, const void *x, const int32_t *label, const double *weight,
                    double *sums, double *weights) noexcept nogil
        void (*widen)(ptrdiff_t n, const void *x, double scale, double *out) noexcept nogil
        void (*trial)(ptrdiff_t count, ptrdiff_t trials, const double *c, const double *cc, const double *xx,
                      const void *closest, const double *weight, void *out, ptrdiff_t ld,
                      double *potential) noexcept nogil
    const Ops *mc_kmeans_ops_for(int isa, int dtype)

cdef enum:
    KC = 256                             # terms of a product's chain
    CENTRES = 1008                       # of a block: 800 KB of products, and whole groups of 6 or 8
    TILES = 8                            # of a chunk that has no sums
    BLOCKS = 64                          # of sums, at most
    SAMPLES_PER_SUM = 4                  # of a block for each centre, at least: to join one costs as much as a sample

cdef double UNIT = 2.0**-24
# Squared lengths within these keep float32 products from overflow, and what underflows far below their rounding.
cdef double MOST = 2.0**80
cdef double FEWEST = 2.0**-50
cdef double LEAST = 2.0**-120
# Times the rows' scale, that of squares in float64: near the top of their range the least differences keep digits.
cdef double FINE = 2.0**440
cdef double LARGEST_SCALE = 2.0**1000


ctypedef struct Job:
    const EuclideanOps *data
    const GemmOps *gemm
    const Ops *ops                       # of the data's type
    const Ops *single                    # of float
    ptrdiff_t n, d, k, size
    const char *x
    const void *origin                   # (d), to which rows are moved, of the data's type
    double scale
    float *packed                        # all tiles in strips, and lengths of their samples; NULL: each task packs
    float *length
    const char *centers
    float *strips                        # the centres, block after block
    float *half                          # (k) |c|^2 / 2
    float *reach                         # (k) |c|
    double slack, least
    float a, b
    int32_t *label
    const double *weight
    double *parts                        # of each chunk: sums (k, d), weights (k), whether a label changed; or NULL
    ptrdiff_t width                      # of such a part: whole cache lines
    ptrdiff_t tiles, chunks              # tiles of a chunk


# What a task works on, in the thread's own scratch.
ctypedef struct Task:
    float *c
    Nearest *found
    float *moved
    float *length
    float *packed
    double *square
    double *low                          # of each sample: what the largest value is at least
    double *nearest
    int32_t *candidate
    int32_t *unsure
    int32_t *label


# ------------------------------------------------------------------ packing

cdef double strips_of(const Job *j, ptrdiff_t tile, float *moved, float *length, float *packed) noexcept nogil:
    """A tile of samples as the product reads it, padded with zeros. Returns the largest squared length."""
    cdef ptrdiff_t first = tile * SAMPLES, count = min(<ptrdiff_t>SAMPLES, j.n - first), i
    cdef float longer = <float>(1 + (j.d + 16) * UNIT), most
    j.ops.move(count, j.d, j.x + first * j.d * j.size, j.origin, j.scale, moved)
    memset(moved + count * j.d, 0, (SAMPLES - count) * j.d * sizeof(float))
    j.gemm.pack(SAMPLES, j.d, moved, j.d, 1, j.gemm.nr, packed)
    most = j.single.lengths(j.gemm.nr, j.d, packed, length)
    for i in range(SAMPLES):             # not less than they are
        length[i] *= longer
    return most


cdef int pack_chunk(void *ctx, ptrdiff_t i) noexcept nogil:
    cdef Job *j = <Job *>ctx
    cdef ptrdiff_t tile
    cdef double most = 0
    cdef float *moved = <float *>workspace(SLOT_D, SAMPLES * j.d * sizeof(float))
    if moved == NULL:
        return NO_MEMORY
    for tile in range(i * TILES, min((i + 1) * TILES, ceil_div(j.n, SAMPLES))):
        most = fmax(most, strips_of(j, tile, moved, j.length + tile * SAMPLES, j.packed + tile * SAMPLES * j.d))
    j.parts[i] = most
    return check_interrupt()


cdef double scale_for(const Job *j, ptrdiff_t rows, const char *x, double most) noexcept nogil:
    """A power of two that brings rows of x, of largest squared length `most`, to lengths that float32 holds."""
    cdef double far = 0
    cdef ptrdiff_t i
    if FEWEST <= most <= MOST:
        return 1
    for i in range(rows * j.d):
        if j.size == 4:
            far = fmax(far, fabs((<const float *>x)[i] - <double>(<const float *>j.origin)[i % j.d]))
        else:
            far = fmax(far, fabs((<const double *>x)[i] - (<const double *>j.origin)[i % j.d]))
    if far == 0 or not isfinite(far):
        return 1
    return ldexp(1.0, max(-1020 if j.size == 8 else -125, min(1000 if j.size == 8 else 125, -ilogb(far))))


def packed_size(ptrdiff_t n, ptrdiff_t d):
    """Elements that `pack` writes: strips, lengths."""
    return ceil_div(n, SAMPLES) * SAMPLES * d, ceil_div(n, SAMPLES) * SAMPLES


cdef void begin(Job *j, cnp.ndarray x):
    cdef int dtype = kernel_dtype(cnp.PyArray_TYPE(x), cnp.PyArray_ITEMSIZE(x))
    memset(j, 0, sizeof(Job))
    j.size, j.n, j.d = cnp.PyArray_ITEMSIZE(x), cnp.PyArray_DIM(x, 0), cnp.PyArray_DIM(x, 1)
    j.x, j.scale, j.tiles = <const char *>cnp.PyArray_DATA(x), 1, TILES
    j.data, j.gemm, j.ops, j.single = euclidean_ops(dtype), gemm_ops(F32), mc_kmeans_ops_for(isa(), dtype), \
        mc_kmeans_ops_for(isa(), F32)


def pack(cnp.ndarray x, cnp.ndarray packed, cnp.ndarray length, workers, str name):
    """Rows x (n, d) in float32 strips for `iterate`, float32 arrays of packed_size(n, d). Returns their scale."""
    cdef Job j
    cdef int status, threads = threads_for(workers)
    cdef ptrdiff_t chunks, i
    cdef double most, scale
    begin(&j, x)
    chunks = ceil_div(ceil_div(j.n, SAMPLES), TILES)
    cdef cnp.ndarray lengths = np.zeros(chunks), origin = np.zeros(j.d)
    j.parts, j.origin = <double *>cnp.PyArray_DATA(lengths), cnp.PyArray_DATA(origin)
    j.packed, j.length = <float *>cnp.PyArray_DATA(packed), <float *>cnp.PyArray_DATA(length)
    with nogil:
        work_begin()
        while True:
            status, most = parallel_for(pack_chunk, &j, chunks, threads), 0
            for i in range(chunks):
                most = fmax(most, j.parts[i])
            scale = scale_for(&j, j.n, j.x, most)
            if status or scale == 1 or j.scale != 1:
                break
            j.scale = scale
    raise_for(status, name)
    return j.scale


# ------------------------------------------------------------------ centres

cdef int set_centres(Job *j) noexcept nogil:
    """The centres as the product reads them, and the bound; room for the parts of sums."""
    cdef ptrdiff_t tall = ceil_div(j.k, j.gemm.mr) * j.gemm.mr, first = 0, rows, i
    cdef char *at = <char *>workspace(SLOT_C, 7 * j.d * 8 + (j.k + tall) * j.d * 4 + 2 * j.k * 4 + 6 * 64
                                      + j.chunks * j.width * 8)
    cdef double most, longest
    cdef double *origin
    cdef float *moved
    cdef float *narrow
    if at == NULL:
        return NO_MEMORY
    origin, narrow, moved = <double *>step(&at, 6 * j.d * 8), <float *>step(&at, j.d * 4), \
        <float *>step(&at, j.k * j.d * 4)
    j.strips, j.half, j.reach = <float *>step(&at, tall * j.d * 4), <float *>step(&at, j.k * 4), \
        <float *>step(&at, j.k * 4)
    if j.width:
        j.parts = <double *>at
    if j.packed == NULL:
        centre_of(F32 if j.size == 4 else F64, j.k, 0, j.d, j.centers, j.centers, origin, origin + j.d)
    else:
        memset(origin, 0, j.d * sizeof(double))
    j.origin = origin
    if j.size == 4:
        j.origin = narrow
        for i in range(j.d):
            narrow[i] = <float>origin[i]
            origin[i] = narrow[i]
    most = j.data.move_float(j.k, j.d, j.centers, origin, j.scale, moved, j.half)
    if j.packed == NULL:
        j.scale = scale_for(j, j.k, j.centers, most)
        if j.scale != 1:
            most = j.data.move_float(j.k, j.d, j.centers, origin, j.scale, moved, j.half)
    while first < j.k:
        rows = min(<ptrdiff_t>CENTRES, j.k - first)
        j.gemm.pack(rows, j.d, moved + first * j.d, j.d, 1, j.gemm.mr, j.strips + first * j.d)
        first += rows
    for i in range(j.k):
        j.reach[i] = <float>(sqrt(j.half[i]) * (1 + 4 * UNIT))
        j.half[i] = j.half[i] / 2
    j.slack = (min(j.d, <ptrdiff_t>KC) + j.d // KC + 4) * UNIT
    j.slack, longest = j.slack / (1 - j.slack) if j.slack < 0.5 else INFINITY, sqrt(most) * (1 + 4 * UNIT)
    j.least = (j.d + 16) * LEAST * (1 + longest)
    if most <= MOST:
        j.a = <float>(2 * (j.slack * longest + j.d * LEAST) * (1 + 8 * UNIT))
        j.b = <float>(2 * (2.5 * UNIT * longest * longest + j.least) * (1 + 8 * UNIT))
    else:                                # beside these the samples are nothing in float32
        j.a, j.b = 0, INFINITY
    return OK


# ------------------------------------------------------------------ labels

cdef ptrdiff_t place(const Job *j, Task *t, char *memory) noexcept nogil:
    """Lays the task out from `memory` on; the bytes that it takes."""
    cdef char *at = memory
    cdef ptrdiff_t rows = min(j.k, <ptrdiff_t>CENTRES), own = SAMPLES * j.d * 4 if j.packed == NULL else 0
    t.c, t.found = <float *>step(&at, rows * SAMPLES * 4), <Nearest *>step(&at, sizeof(Nearest))
    t.moved, t.packed, t.length = <float *>step(&at, own), <float *>step(&at, own), <float *>step(&at, SAMPLES * 4)
    t.square, t.low, t.nearest = <double *>step(&at, rows * 8), <double *>step(&at, SAMPLES * 8), \
        <double *>step(&at, SAMPLES * 8)
    t.candidate, t.unsure, t.label = <int32_t *>step(&at, rows * 4), <int32_t *>step(&at, SAMPLES * 4), \
        <int32_t *>step(&at, SAMPLES * 4)
    return at - memory


cdef void products(const Job *j, const float *packed, ptrdiff_t first, ptrdiff_t rows, float *c) noexcept nogil:
    """c (rows, SAMPLES) of centres first ... and the samples of a tile."""
    cdef Panel p
    cdef ptrdiff_t q = 0
    p.m, p.n, p.c, p.rsc, p.far, p.resume, p.epilogue, p.row, p.col = rows, SAMPLES, c, SAMPLES, 0, 0, NULL, 0, 0
    p.gsa, p.rsa, p.csa, p.ssb, p.rsb = j.gemm.mr * j.d, 1, j.gemm.mr, j.gemm.nr * j.d, j.gemm.nr
    while q < j.d:
        p.k, p.accumulate = min(<ptrdiff_t>KC, j.d - q), q > 0
        p.a, p.b = j.strips + first * j.d + q * j.gemm.mr, packed + q * j.gemm.nr
        j.gemm.panel(&p)
        q += KC


cdef inline double error_of(const Job *j, double length, double reach) noexcept nogil:
    return j.slack * length * reach + 2.5 * UNIT * reach * reach + j.least * (1 + length)


cdef void settle(const Job *j, const Task *t, ptrdiff_t tile, const float *packed, const float *length,
                 int count) noexcept nogil:
    """The nearest of all centres that may be it, for samples that float32 leaves open."""
    cdef ptrdiff_t first = 0, rows, r, lane, i, n
    cdef double value
    for i in range(count):
        lane = t.unsure[i]
        t.low[lane] = t.found.best[lane] - error_of(j, length[lane], j.reach[t.label[lane]])
        t.nearest[lane] = INFINITY
    while first < j.k:
        rows = min(<ptrdiff_t>CENTRES, j.k - first)
        if j.k > CENTRES:
            products(j, packed, first, rows, t.c)
        for i in range(count):
            lane, n = t.unsure[i], 0
            for r in range(rows):
                value = <double>t.c[r * SAMPLES + lane] - <double>j.half[first + r]
                t.candidate[n] = <int32_t>(first + r)
                n += not value + error_of(j, length[lane], j.reach[first + r]) < t.low[lane]
            if rows == j.k and n == 1:
                continue
            j.data.squares(n, j.d, j.x + (tile * SAMPLES + lane) * j.d * j.size, j.centers, t.candidate,
                           min(j.scale * FINE, LARGEST_SCALE), t.square)
            for r in range(n):
                if t.square[r] < t.nearest[lane]:
                    t.nearest[lane], t.label[lane] = t.square[r], t.candidate[r]
        first += rows


cdef void label_tile(const Job *j, const Task *t, ptrdiff_t tile, ptrdiff_t count) noexcept nogil:
    cdef const float *packed = t.packed
    cdef const float *length = t.length
    cdef ptrdiff_t first = 0, rows, i
    cdef float a = j.a, b = j.b
    cdef int unsure
    if j.packed != NULL:
        packed, length = j.packed + tile * SAMPLES * j.d, j.length + tile * SAMPLES
    elif not strips_of(j, tile, t.moved, t.length, t.packed) <= MOST:
        a, b = 0, INFINITY
    for i in range(SAMPLES):
        t.found.best[i] = t.found.second[i] = -INFINITY
        t.found.centre[i] = 0
    while first < j.k:
        rows = min(<ptrdiff_t>CENTRES, j.k - first)
        products(j, packed, first, rows, t.c)
        j.single.nearest(rows, first, t.c, j.half + first, t.found)
        first += rows
    unsure = j.single.labels(count, t.found, length, a, b, t.label, t.unsure)
    if unsure:
        settle(j, t, tile, packed, length, unsure)


cdef int label_chunk(void *ctx, ptrdiff_t i) noexcept nogil:
    cdef Job *j = <Job *>ctx
    cdef Task t
    cdef ptrdiff_t tile, first, count, width = j.width
    cdef int status
    cdef double *part = j.parts + i * width if j.parts != NULL else NULL
    cdef char *memory = <char *>workspace(SLOT_D, place(j, &t, NULL))
    cdef const char *x
    if memory == NULL:
        return NO_MEMORY
    place(j, &t, memory)
    if part != NULL:
        memset(part, 0, width * sizeof(double))
    for tile in range(i * j.tiles, min((i + 1) * j.tiles, ceil_div(j.n, SAMPLES))):
        first = tile * SAMPLES
        count, x = min(<ptrdiff_t>SAMPLES, j.n - first), j.x + first * j.d * j.size
        label_tile(j, &t, tile, count)
        if part != NULL:
            j.ops.add(count, j.d, x, t.label, j.weight + first if j.weight != NULL else NULL, part, part + j.k * j.d)
            if memcmp(t.label, j.label + first, count * sizeof(int32_t)):
                part[width - 1] = 1
        memcpy(j.label + first, t.label, count * sizeof(int32_t))
        status = check_interrupt()       # once: it takes the signal
        if status != OK:
            return status
    return OK


def assign(cnp.ndarray x, cnp.ndarray centers, cnp.ndarray labels, workers, str name):
    """labels (n) int32: the nearest of centers (k, d) to each row of x (n, d), the first among equals. One float type,
    in C order; 0 < d, 0 < k < 2^24; rows with NaN have 0, centres with NaN no row."""
    cdef Job j
    cdef int status, threads = threads_for(workers)
    begin(&j, x)
    j.k, j.centers, j.label = cnp.PyArray_DIM(centers, 0), <const char *>cnp.PyArray_DATA(centers), \
        <int32_t *>cnp.PyArray_DATA(labels)
    with nogil:
        work_begin()
        status = set_centres(&j)
        if status == OK:
            status = parallel_for(label_chunk, &j, ceil_div(ceil_div(j.n, SAMPLES), TILES), threads)
    raise_for(status, name)


def iterate(cnp.ndarray x, cnp.ndarray packed, cnp.ndarray length, double scale, cnp.ndarray centers, weight,
            cnp.ndarray labels, cnp.ndarray sums, cnp.ndarray weights, workers, str name):
    """labels (n) as in `assign`, sums (k, d) and weights (k) float64 of the rows with each label, weight (n) float64 or
    None: 1. Of x, its strips and its scale from `pack`. Returns whether a label has changed."""
    cdef Job j
    cdef int status, threads = threads_for(workers)
    cdef ptrdiff_t tiles, i, c
    cdef const double *part
    cdef double *total = <double *>cnp.PyArray_DATA(sums)
    cdef double *total_weight = <double *>cnp.PyArray_DATA(weights)
    cdef bint changed = False
    begin(&j, x)
    j.k, j.centers, j.label = cnp.PyArray_DIM(centers, 0), <const char *>cnp.PyArray_DATA(centers), \
        <int32_t *>cnp.PyArray_DATA(labels)
    j.packed, j.length, j.scale = <float *>cnp.PyArray_DATA(packed), <float *>cnp.PyArray_DATA(length), scale
    if weight is not None:
        j.weight = <const double *>cnp.PyArray_DATA(<cnp.ndarray>weight)
    tiles = ceil_div(j.n, SAMPLES)
    j.chunks = max(<ptrdiff_t>1, min(min(<ptrdiff_t>BLOCKS, tiles), j.n // (SAMPLES_PER_SUM * j.k)))
    j.tiles, j.width = ceil_div(tiles, j.chunks), ceil_div(j.k * (j.d + 1) + 1, 8) * 8
    j.chunks = ceil_div(tiles, j.tiles)
    with nogil:
        work_begin()
        status = set_centres(&j)
        if status == OK:
            status = parallel_for(label_chunk, &j, j.chunks, threads)
        if status == OK:
            memset(total, 0, j.k * j.d * sizeof(double))
            memset(total_weight, 0, j.k * sizeof(double))
            for i in range(j.chunks):
                part = j.parts + i * j.width
                for c in range(j.k * j.d):
                    total[c] += part[c]
                for c in range(j.k):
                    total_weight[c] += part[j.k * j.d + c]
                changed = changed or part[j.width - 1] != 0
    raise_for(status, name)
    return changed


# ------------------------------------------------------------------ squared distances

ctypedef struct Pairs:
    const EuclideanOps *data
    ptrdiff_t n, d, size
    const char *x
    const char *centers
    const int32_t *label
    double *out


cdef int square_chunk(void *ctx, ptrdiff_t i) noexcept nogil:
    cdef Pairs *p = <Pairs *>ctx
    cdef ptrdiff_t row
    for row in range(i * TILES * SAMPLES, min(p.n, (i + 1) * TILES * SAMPLES)):
        p.data.squares(1, p.d, p.x + row * p.d * p.size, p.centers, p.label + row, 1.0, p.out + row)
    return check_interrupt()


def squares(cnp.ndarray x, cnp.ndarray centers, cnp.ndarray labels, cnp.ndarray out, workers, str name):
    """out (n) float64: squared distances of rows of x to the centres of their labels, by float64 differences."""
    cdef Pairs p
    cdef int status, threads = threads_for(workers)
    p.size, p.n, p.d = cnp.PyArray_ITEMSIZE(x), cnp.PyArray_DIM(x, 0), cnp.PyArray_DIM(x, 1)
    p.data = euclidean_ops(kernel_dtype(cnp.PyArray_TYPE(x), p.size))
    p.x, p.centers = <const char *>cnp.PyArray_DATA(x), <const char *>cnp.PyArray_DATA(centers)
    p.label, p.out = <const int32_t *>cnp.PyArray_DATA(labels), <double *>cnp.PyArray_DATA(out)
    with nogil:
        work_begin()
        status = parallel_for(square_chunk, &p, ceil_div(p.n, TILES * SAMPLES), threads)
    raise_for(status, name)


# ------------------------------------------------------------------ a start

ctypedef struct Wide:
    const GemmOps *gemm
    ptrdiff_t n, d
    const double *x
    double *packed


cdef int pack_wide_chunk(void *ctx, ptrdiff_t i) noexcept nogil:
    cdef Wide *w = <Wide *>ctx
    cdef ptrdiff_t tile, first, count
    cdef const double *x
    cdef double *room = <double *>workspace(SLOT_D, SAMPLES * w.d * sizeof(double))
    if room == NULL:
        return NO_MEMORY
    for tile in range(i * TILES, min((i + 1) * TILES, ceil_div(w.n, SAMPLES))):
        first = tile * SAMPLES
        count, x = min(<ptrdiff_t>SAMPLES, w.n - first), w.x + first * w.d
        if count < SAMPLES:
            memcpy(room, x, count * w.d * sizeof(double))
            memset(room + count * w.d, 0, (SAMPLES - count) * w.d * sizeof(double))
            x = room
        w.gemm.pack(SAMPLES, w.d, x, w.d, 1, w.gemm.nr, w.packed + first * w.d)
    return check_interrupt()


def pack_wide(cnp.ndarray x, cnp.ndarray packed, workers, str name):
    """float64 rows x (n, d) in float64 strips for `trials`, as many elements as `pack` writes."""
    cdef Wide w
    cdef int status, threads = threads_for(workers)
    w.gemm, w.n, w.d = gemm_ops(F64), cnp.PyArray_DIM(x, 0), cnp.PyArray_DIM(x, 1)
    w.x, w.packed = <const double *>cnp.PyArray_DATA(x), <double *>cnp.PyArray_DATA(packed)
    with nogil:
        work_begin()
        status = parallel_for(pack_wide_chunk, &w, ceil_div(w.n, TILES * SAMPLES), threads)
    raise_for(status, name)


ctypedef fused real:
    float
    double

ctypedef struct Trials:
    const GemmOps *gemm
    const Ops *ops
    ptrdiff_t n, d, trials, size, strip
    const char *packed
    double scale
    const double *norms
    const char *closest
    const double *weight
    const double *points
    const double *lengths
    char *out
    double *potential                    # (chunks, trials)


cdef int trial_chunk(void *ctx, ptrdiff_t i) noexcept nogil:
    cdef Trials *s = <Trials *>ctx
    cdef ptrdiff_t tile, first, count, at
    cdef double *c = <double *>workspace(SLOT_D, SAMPLES * (s.trials + s.d) * sizeof(double))
    cdef double *wide = c + SAMPLES * s.trials
    cdef const double *x
    cdef Panel p
    if c == NULL:
        return NO_MEMORY
    p.m, p.n, p.k, p.rsc, p.far, p.resume, p.epilogue = s.trials, s.strip, s.d, SAMPLES, 0, 0, NULL
    p.a, p.gsa, p.rsa, p.csa = s.points, s.gemm.mr * s.d, 1, s.gemm.mr
    p.rsb, p.ssb, p.accumulate, p.row, p.col = s.strip, s.gemm.nr, 0, 0, 0
    memset(s.potential + i * s.trials, 0, s.trials * sizeof(double))
    for tile in range(i * TILES, min((i + 1) * TILES, ceil_div(s.n, SAMPLES))):
        first = tile * SAMPLES
        count, x = min(<ptrdiff_t>SAMPLES, s.n - first), <const double *>s.packed + first * s.d
        if s.size == 4:
            s.ops.widen(SAMPLES * s.d, s.packed + first * s.d * 4, 1 / s.scale, wide)
            x = wide
        at = 0
        while at < SAMPLES:
            p.b, p.c = x + at * s.d, c + at
            s.gemm.panel(&p)
            at += s.strip
        s.ops.trial(count, s.trials, c, s.lengths, s.norms + first,
                    s.closest + first * s.size, s.weight + first, s.out + first * s.size, s.n,
                    s.potential + i * s.trials)
    return check_interrupt()


def trials(cnp.ndarray packed, double scale, cnp.ndarray norms, cnp.ndarray points, cnp.ndarray closest,
           cnp.ndarray weight, cnp.ndarray out, workers, str name):
    """out (t, n): squared distances of rows x (n, d) to points (t, d), or `closest` (n) where that is less. x is told
    by its strips: float64 by `pack_wide`, float32 by `pack` with its scale; out and closest have that type. norms (n)
    the squared lengths of rows, weight (n), points: float64. Returns the weighted sums of the rows of out."""
    cdef Trials s
    cdef int status, threads = threads_for(workers)
    cdef ptrdiff_t chunks
    cdef cnp.ndarray tall, lengths, potential
    s.size, s.n, s.d, s.trials = cnp.PyArray_ITEMSIZE(packed), cnp.PyArray_DIM(norms, 0), cnp.PyArray_DIM(points, 1), \
        cnp.PyArray_DIM(points, 0)
    s.gemm, s.ops, s.scale = gemm_ops(F64), mc_kmeans_ops_for(isa(), kernel_dtype(cnp.PyArray_TYPE(packed), s.size)), \
        scale
    s.strip = s.gemm.nr if s.size == 8 else gemm_ops(F32).nr
    chunks = ceil_div(s.n, TILES * SAMPLES)
    tall, potential = np.empty(ceil_div(s.trials, s.gemm.mr) * s.gemm.mr * s.d), np.empty((chunks, s.trials))
    lengths = np.einsum("ij,ij->i", points, points)
    s.packed, s.norms, s.out = <const char *>cnp.PyArray_DATA(packed), <const double *>cnp.PyArray_DATA(norms), \
        <char *>cnp.PyArray_DATA(out)
    s.closest, s.weight = <const char *>cnp.PyArray_DATA(closest), <const double *>cnp.PyArray_DATA(weight)
    s.points, s.lengths, s.potential = <double *>cnp.PyArray_DATA(tall), <double *>cnp.PyArray_DATA(lengths), \
        <double *>cnp.PyArray_DATA(potential)
    with nogil:
        work_begin()
        s.gemm.pack(s.trials, s.d, cnp.PyArray_DATA(points), s.d, 1, s.gemm.mr, <void *>s.points)
        status = parallel_for(trial_chunk, &s, chunks, threads)
    raise_for(status, name)
    return potential.sum(axis=0)         # part after part


cdef void drawn(ptrdiff_t n, const real *value, const real *weight, ptrdiff_t count, const double *target,
                int64_t *found) noexcept nogil:
    cdef real total = 0
    cdef ptrdiff_t i, at = 0
    for i in range(n):
        total += value[i] * weight[i] if weight != NULL else value[i]
        while at < count and total >= target[at]:
            found[at] = i
            at += 1
        if at == count:
            return
    for i in range(at, count):
        found[i] = n - 1


def draw(cnp.ndarray closest, weight, cnp.ndarray targets, cnp.ndarray found):
    """found[i] int64: the first sample at which the running sum of weight * closest, both of one float type and added
    in it, reaches targets[i], float64 in rising order; the last sample where none does."""
    cdef ptrdiff_t n = cnp.PyArray_DIM(closest, 0), count = cnp.PyArray_DIM(targets, 0)
    cdef const void *value = cnp.PyArray_DATA(closest)
    cdef const void *w = cnp.PyArray_DATA(<cnp.ndarray>weight) if weight is not None else NULL
    cdef const double *target = <const double *>cnp.PyArray_DATA(targets)
    cdef int64_t *out = <int64_t *>cnp.PyArray_DATA(found)
    if cnp.PyArray_TYPE(closest) == cnp.NPY_FLOAT:
        drawn(n, <const float *>value, <const float *>w, count, target, out)
    else:
        drawn(n, <const double *>value, <const double *>w, count, target, out)
