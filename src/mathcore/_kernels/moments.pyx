# cython: binding=True
"""Moments of slices of an array, blocks of numbers merged in a tree: blocks and tree depend on the shape alone, so the
bits do not depend on the number of threads. Scatter matrices, correlations."""

cimport numpy as cnp
from libc.math cimport fabs, isfinite, sqrt
from libc.string cimport memset

from mathcore._kernels.arrays cimport kernel_dtype
from mathcore._kernels.gemm cimport Product, plan
from mathcore._kernels.gemm cimport run as run_product
from mathcore._kernels.runtime cimport (
    F64, NO_MEMORY, OK, SLOT_C, SLOT_E, isa, parallel_for, raise_for, threads_for, work_begin, workspace,
)

cnp.import_array()

cdef extern from "simd/moments.h" nogil:
    enum:
        BLOCK "MC_MOMENT_BLOCK"
        ROWS "MC_MOMENT_ROWS"
        COLS "MC_MOMENT_COLS"
    ctypedef struct Moments "mc_moments":
        double weight, mean, m1, m2, m3, m4, low, high
    void settle "mc_moments_settle"(Moments *a)
    void merge "mc_moments_merge"(Moments *a, const Moments *b)
    ctypedef struct Ops "mc_moments_ops":
        int size
        void (*block)(ptrdiff_t n, const void *x, const double *w, double shift, Moments *out) noexcept nogil
        void (*columns)(ptrdiff_t rows, ptrdiff_t cols, const void *x, ptrdiff_t rsx, const double *w,
                        const double *shift, Moments *out) noexcept nogil
        double (*mean)(ptrdiff_t n, const void *x) noexcept nogil
        void (*centre)(ptrdiff_t n, const void *x, double shift, double mean, void *out) noexcept nogil
        void (*columns_mean)(ptrdiff_t rows, ptrdiff_t cols, const void *x, ptrdiff_t rsx, double *mean) noexcept nogil
        void (*columns_centre)(ptrdiff_t rows, ptrdiff_t cols, const void *x, ptrdiff_t rsx, const double *mean,
                               void *out, ptrdiff_t rso) noexcept nogil
        void (*transpose)(ptrdiff_t rows, ptrdiff_t cols, const void *x, ptrdiff_t rsx, void *out) noexcept nogil
        void (*products)(ptrdiff_t d, ptrdiff_t n, const void *x, double *c) noexcept nogil
    const Ops *mc_moments_ops_for(int isa, int dtype)

FIELDS = 8                               # of Moments, a row of 8-byte floats in Python's arrays

cdef enum:
    GROUP = 4096                         # blocks whose moments wait in scratch: 256 KB
    LEVELS = 48                          # of a tree of row blocks
    CHUNKS = 64                          # of rows, at most
    SMALL = 1 << 17                      # products of a covariance matrix by the dot: some 10 us
    NARROW = 16                          # variables; with more, tiles win
    DOTS = 1024                          # observations at once of so few
    TILE = 128                           # columns centred at once
    KC = 512                             # observations of a block are whole blocks of a product's k
    SCRATCH = 1 << 17                    # elements of a block, where KC observations are fewer

# x (outer, n, inner): slices along n. Either inner is 1 and steps along n are of one element, or those along inner are.
ctypedef struct Job:
    const Ops *ops
    int threads
    ptrdiff_t outer, n, inner
    ptrdiff_t so, sn                     # strides in bytes
    const char *x
    const double *w                      # (n), or NULL
    const double *shift                  # (outer, inner)
    Moments *out                         # (outer, inner)
    ptrdiff_t at, first                  # slice and block at hand
    Moments *parts
    ptrdiff_t chunks, rows, tiles        # of columns


cdef int block_task(void *ctx, ptrdiff_t i) noexcept nogil:
    cdef Job *job = <Job *>ctx
    cdef ptrdiff_t start = (job.first + i) * BLOCK
    job.ops.block(min(<ptrdiff_t>BLOCK, job.n - start), job.x + job.at * job.so + start * job.ops.size,
                  job.w + start if job.w != NULL else NULL, job.shift[job.at], job.parts + i)
    settle(&job.parts[i])
    return OK


cdef void merge_tree(Moments *parts, ptrdiff_t count, ptrdiff_t step) noexcept nogil:
    """parts[0] = all of them, `step` apart."""
    cdef ptrdiff_t reach = 1, i
    while reach < count:
        i = 0
        while i + reach < count:
            merge(&parts[i * step], &parts[(i + reach) * step])
            i += 2 * reach
        reach *= 2


cdef int slice_moments(Job *job, int threads) noexcept nogil:
    """One slice in one piece: groups of blocks in turn."""
    cdef ptrdiff_t blocks = (job.n + BLOCK - 1) // BLOCK, few
    cdef int status
    job.first = 0
    job.parts = <Moments *>workspace(SLOT_C, min(blocks, <ptrdiff_t>GROUP) * sizeof(Moments))
    if job.parts == NULL:
        return NO_MEMORY
    while job.first < blocks:
        few = min(<ptrdiff_t>GROUP, blocks - job.first)
        if threads == 1 or few < 8:
            for i in range(few):
                block_task(job, i)
        else:
            status = parallel_for(block_task, job, few, threads)
            if status:
                return status
        merge_tree(job.parts, few, 1)
        merge(&job.out[job.at], &job.parts[0])
        job.first += few
    return OK


cdef int slices_task(void *ctx, ptrdiff_t i) noexcept nogil:
    cdef Job job = (<Job *>ctx)[0]
    cdef ptrdiff_t last = min(job.outer, (i + 1) * job.rows)
    cdef int status
    job.at = i * job.rows
    while job.at < last:
        status = slice_moments(&job, 1)
        if status:
            return status
        job.at += 1
    return OK


cdef int columns_task(void *ctx, ptrdiff_t i) noexcept nogil:
    """Rows of one chunk, columns of one tile: row blocks merge like carries of a binary counter."""
    cdef Job *job = <Job *>ctx
    cdef ptrdiff_t tile = i % job.tiles, chunk = i // job.tiles % job.chunks, o = i // job.tiles // job.chunks
    cdef ptrdiff_t col = tile * COLS, cols = min(<ptrdiff_t>COLS, job.inner - col), c
    cdef ptrdiff_t row = chunk * job.rows, last = min(job.n, row + job.rows), done = 0, carry
    cdef int level = 0
    cdef Moments *stack = <Moments *>workspace(SLOT_E, LEVELS * COLS * sizeof(Moments))
    cdef Moments *out = job.parts + (o * job.chunks + chunk) * job.inner + col
    if stack == NULL:
        return NO_MEMORY
    while row < last:
        job.ops.columns(min(<ptrdiff_t>ROWS, last - row), cols, job.x + o * job.so + row * job.sn + col * job.ops.size,
                        job.sn // job.ops.size, job.w + row if job.w != NULL else NULL, job.shift + o * job.inner + col,
                        stack + level * COLS)
        for c in range(cols):
            settle(&stack[level * COLS + c])
        row += ROWS
        done, level, carry = done + 1, level + 1, done + 1
        while carry % 2 == 0:
            level -= 1
            for c in range(cols):
                merge(&stack[(level - 1) * COLS + c], &stack[level * COLS + c])
            carry //= 2
    while level > 1:
        level -= 1
        for c in range(cols):
            merge(&stack[(level - 1) * COLS + c], &stack[level * COLS + c])
    for c in range(cols):
        out[c] = stack[c]
    return OK


cdef int column_moments(Job *job) noexcept nogil:
    cdef ptrdiff_t o, c
    cdef int status
    job.tiles = (job.inner + COLS - 1) // COLS
    job.chunks = max(<ptrdiff_t>1, min(<ptrdiff_t>CHUNKS, min((job.n + 8 * ROWS - 1) // (8 * ROWS),
                                                              (1 << 17) // (job.outer * job.inner))))
    job.rows = ((job.n + job.chunks - 1) // job.chunks + ROWS - 1) // ROWS * ROWS
    job.chunks = (job.n + job.rows - 1) // job.rows
    job.parts = job.out
    if job.chunks > 1:
        job.parts = <Moments *>workspace(SLOT_C, job.outer * job.chunks * job.inner * sizeof(Moments))
        if job.parts == NULL:
            return NO_MEMORY
    status = parallel_for(columns_task, job, job.outer * job.chunks * job.tiles,
                          job.threads if job.outer * job.n * job.inner > 16384 else 1)
    if status or job.chunks == 1:
        return status
    for o in range(job.outer):
        for c in range(job.inner):
            merge_tree(&job.parts[o * job.chunks * job.inner + c], job.chunks, job.inner)
            job.out[o * job.inner + c] = job.parts[o * job.chunks * job.inner + c]
    return OK


cdef int run(Job *job) noexcept nogil:
    cdef int status
    cdef ptrdiff_t tasks
    if job.inner > 1:
        return column_moments(job)
    if job.outer < 4 and job.n > 8 * BLOCK or job.outer == 1:
        for job.at in range(job.outer):
            status = slice_moments(job, job.threads)
            if status:
                return status
        return OK
    job.rows = max(<ptrdiff_t>1, 8 * BLOCK // job.n)
    tasks = (job.outer + job.rows - 1) // job.rows
    return parallel_for(slices_task, job, tasks, job.threads)


def moments(cnp.ndarray x, w, cnp.ndarray shift, cnp.ndarray out, workers, str name):
    """out (outer, inner, FIELDS) = weight, mean less shift, 0, central sums of powers 2 to 4, least and greatest of
    each slice x[o, :, i], whose length is positive. x: float32 or float64 of any outer stride, unit stride along
    inner, or along n where inner is 1; w (n): positive weights, or None; shift (outer, inner). out, shift and w are
    float64 in C order."""
    cdef Job job
    cdef int status
    memset(&job, 0, sizeof(Job))
    job.ops = mc_moments_ops_for(isa(), kernel_dtype(cnp.PyArray_TYPE(x), cnp.PyArray_ITEMSIZE(x)))
    job.threads = threads_for(workers)
    job.outer, job.n, job.inner = cnp.PyArray_DIM(x, 0), cnp.PyArray_DIM(x, 1), cnp.PyArray_DIM(x, 2)
    job.so, job.sn = cnp.PyArray_STRIDE(x, 0), cnp.PyArray_STRIDE(x, 1)
    job.x, job.shift = <const char *>cnp.PyArray_DATA(x), <const double *>cnp.PyArray_DATA(shift)
    if w is not None:
        job.w = <const double *>cnp.PyArray_DATA(<cnp.ndarray>w)
    job.out = <Moments *>cnp.PyArray_DATA(out)
    memset(job.out, 0, job.outer * job.inner * sizeof(Moments))
    with nogil:
        work_begin()
        status = run(&job)
    raise_for(status, name)


def vector_moments(cnp.ndarray x, workers, str name):
    """(n, shift, the fields of moments) of a float vector in one piece, not empty, the shift being its first element:
    for small calls."""
    cdef Job job
    cdef Moments out
    cdef double shift
    cdef int status, dtype = kernel_dtype(cnp.PyArray_TYPE(x), cnp.PyArray_ITEMSIZE(x))
    memset(&job, 0, sizeof(Job))
    memset(&out, 0, sizeof(Moments))
    job.ops, job.threads = mc_moments_ops_for(isa(), dtype), threads_for(workers)
    job.outer = job.inner = 1
    job.n, job.x = cnp.PyArray_SIZE(x), <const char *>cnp.PyArray_DATA(x)
    shift = (<const double *>job.x)[0] if dtype == F64 else (<const float *>job.x)[0]
    if not isfinite(shift):
        shift = 0
    job.shift, job.out = &shift, &out
    with nogil:
        work_begin()
        status = run(&job)
    raise_for(status, name)
    return job.n, shift, out.weight, out.mean, out.m2, out.m3, out.m4, out.low, out.high


def merge_into(cnp.ndarray a, cnp.ndarray b):
    """a (..., FIELDS) becomes the moments of what a and b describe, with one shift; both float64 in C order."""
    cdef Moments *into = <Moments *>cnp.PyArray_DATA(a)
    cdef const Moments *more = <const Moments *>cnp.PyArray_DATA(b)
    cdef ptrdiff_t i
    for i in range(cnp.PyArray_SIZE(a) // 8):
        merge(&into[i], &more[i])


def push_one(cnp.ndarray a, double x, double shift):
    """One number more in a (FIELDS)."""
    cdef Moments one
    memset(&one, 0, sizeof(Moments))
    one.weight, one.mean, one.low, one.high = 1, x - shift, x, x
    merge(<Moments *>cnp.PyArray_DATA(a), &one)


# ------------------------------------------------------------------ covariance

# n observations of d variables in blocks of them: each block is centred by its own means into scratch, whose Gram
# matrix joins the others'; what that leaves out is the Gram matrix of the blocks' means. So x is read once.
ctypedef struct Scatter:
    const Ops *ops
    int dtype
    bint in_rows                         # a variable is a row of x, else a column
    ptrdiff_t d, n, rsx                  # rsx: between rows of x, in bytes
    const char *x
    double *mean                         # (d, blocks), less the first observation
    char *centred                        # (d, size) or (size, d)
    ptrdiff_t size, blocks               # size: observations of a block
    ptrdiff_t block, few                 # the block at hand, its observations
    ptrdiff_t per_chunk                  # few variables: blocks of a chunk
    double *parts                        # (chunks, d, d)


cdef double element(const Scatter *s, ptrdiff_t variable, ptrdiff_t observation) noexcept nogil:
    cdef const char *at = s.x + (variable * s.rsx + observation * s.ops.size if s.in_rows else
                                 observation * s.rsx + variable * s.ops.size)
    return (<const double *>at)[0] if s.ops.size == 8 else (<const float *>at)[0]


cdef void centre_row(Scatter *s, ptrdiff_t variable, ptrdiff_t block, ptrdiff_t few, const char *x,
                     char *out) noexcept nogil:
    """`few` observations of a variable, in one piece, less their mean, which is kept."""
    cdef double shift = element(s, variable, block * s.size), mean = s.ops.mean(few, x)
    s.ops.centre(few, x, shift, mean, out)
    s.mean[variable * s.blocks + block] = (shift - element(s, variable, 0)) + mean


cdef int row_task(void *ctx, ptrdiff_t i) noexcept nogil:
    """Variable i of the block at hand."""
    cdef Scatter *s = <Scatter *>ctx
    centre_row(s, i, s.block, s.few, s.x + i * s.rsx + s.block * s.size * s.ops.size,
               s.centred + i * s.few * s.ops.size)
    return OK


cdef int tile_task(void *ctx, ptrdiff_t i) noexcept nogil:
    """Variables in columns: a tile of them."""
    cdef Scatter *s = <Scatter *>ctx
    cdef ptrdiff_t first = i * TILE, cols = min(<ptrdiff_t>TILE, s.d - first), c
    cdef const char *x = s.x + s.block * s.size * s.rsx + first * s.ops.size
    cdef double mean[TILE]
    s.ops.columns_mean(s.few, cols, x, s.rsx // s.ops.size, mean)
    s.ops.columns_centre(s.few, cols, x, s.rsx // s.ops.size, mean, s.centred + first * s.ops.size, s.d)
    for c in range(cols):
        mean[c] += element(s, first + c, s.block * s.size) - element(s, first + c, 0)
        s.mean[(first + c) * s.blocks + s.block] = mean[c]
    return OK


cdef int dots_task(void *ctx, ptrdiff_t i) noexcept nogil:
    """Few variables: blocks of one chunk, whose products are dots of what lies in cache."""
    cdef Scatter *s = <Scatter *>ctx
    cdef ptrdiff_t block, last = min(s.blocks, (i + 1) * s.per_chunk), row, few, size = s.ops.size
    cdef const char *x
    cdef char *centred = <char *>workspace(SLOT_C, s.d * s.size * size)
    if centred == NULL:
        return NO_MEMORY
    memset(s.parts + i * s.d * s.d, 0, s.d * s.d * sizeof(double))
    for block in range(i * s.per_chunk, last):
        few = min(s.size, s.n - block * s.size)
        if not s.in_rows:
            s.ops.transpose(few, s.d, s.x + block * s.size * s.rsx, s.rsx // size, centred)
        for row in range(s.d):
            x = s.x + row * s.rsx + block * s.size * size if s.in_rows else centred + row * few * size
            centre_row(s, row, block, few, x, centred + row * few * size)
        s.ops.products(s.d, few, centred, s.parts + i * s.d * s.d)
    return OK


cdef void spread_of_means(Scatter *s, void *out) noexcept nogil:
    """out (d, blocks) = means of blocks less those of all, times the roots of the numbers of their observations."""
    cdef ptrdiff_t i, k
    cdef double *means
    cdef double mean, root
    for i in range(s.d):
        means = s.mean + i * s.blocks
        mean = 0
        for k in range(s.blocks):
            mean += (means[k] - means[0]) * (min(s.size, s.n - k * s.size) / <double>s.n)
        for k in range(s.blocks):
            root = sqrt(<double>min(s.size, s.n - k * s.size)) * ((means[k] - means[0]) - mean)
            if s.ops.size == 8:
                (<double *>out)[i * s.blocks + k] = root
            else:
                (<float *>out)[i * s.blocks + k] = <float>root


cdef int scatter_of_few(Scatter *s, int threads) noexcept nogil:
    """The scatter matrix in parts[0], upper triangle."""
    cdef ptrdiff_t square = s.d * s.d, chunks, i, j
    cdef char *spread
    cdef int status
    s.size = min(s.n, <ptrdiff_t>DOTS)
    s.blocks = (s.n + s.size - 1) // s.size
    s.per_chunk = (s.blocks + CHUNKS - 1) // CHUNKS
    chunks = (s.blocks + s.per_chunk - 1) // s.per_chunk
    s.mean = <double *>workspace(SLOT_E, (2 * s.d * s.blocks + chunks * square) * sizeof(double))
    if s.mean == NULL:
        return NO_MEMORY
    s.parts = s.mean + 2 * s.d * s.blocks
    status = parallel_for(dots_task, s, chunks, threads if s.d * s.n > 16384 else 1)
    if status == OK:
        for i in range(1, chunks):
            for j in range(square):
                s.parts[j] += s.parts[i * square + j]
        if s.blocks > 1:
            spread = <char *>(s.mean + s.d * s.blocks)
            spread_of_means(s, spread)
            s.ops.products(s.d, s.blocks, spread, s.parts)
    return status


cdef int add_gram(Scatter *s, ptrdiff_t k, bint in_rows, char *c, bint first, int threads) noexcept nogil:
    """c (d, d), upper triangle, = or += the Gram matrix of `centred`, (d, k) or (k, d)."""
    cdef Product p
    p.dtype, p.m, p.n, p.k, p.threads = s.dtype, s.d, s.d, k, threads
    p.a = p.b = s.centred
    p.rsa = p.csb = k if in_rows else 1
    p.csa = p.rsb = 1 if in_rows else s.d
    p.c, p.rsc, p.epilogue, p.add, p.spare, p.upper_only = c, s.d, NULL, not first, False, True
    plan(&p)
    return run_product(&p)


cdef int scatter(Scatter *s, char *c, int threads) noexcept nogil:
    """c (d, d), upper triangle."""
    cdef int status = OK, some
    s.size = min(s.n, max(<ptrdiff_t>KC, SCRATCH // s.d // KC * KC))
    s.blocks = (s.n + s.size - 1) // s.size
    s.mean = <double *>workspace(SLOT_E, s.blocks * s.d * sizeof(double))
    s.centred = <char *>workspace(SLOT_C, s.d * max(s.size, s.blocks) * s.ops.size)
    if s.mean == NULL or s.centred == NULL:
        return NO_MEMORY
    for s.block in range(s.blocks):
        s.few = min(s.size, s.n - s.block * s.size)
        some = threads if s.d * s.few > 16384 else 1
        if s.in_rows:
            status = parallel_for(row_task, s, s.d, some)
        else:
            status = parallel_for(tile_task, s, (s.d + TILE - 1) // TILE, some)
        if status == OK:
            status = add_gram(s, s.few, s.in_rows, c, s.block == 0, threads)
        if status:
            return status
    if s.blocks > 1:
        spread_of_means(s, s.centred)
        status = add_gram(s, s.blocks, True, c, False, threads)
    return status


def scatter_matrix(cnp.ndarray x, bint in_rows, cnp.ndarray c, workers, str name):
    """c (d, d), in one piece, = the scatter matrix of the d rows (columns) of x, a float array of unit column stride
    that is not empty."""
    cdef Scatter s
    cdef ptrdiff_t d, size = cnp.PyArray_ITEMSIZE(x), i, j
    cdef int status, threads = threads_for(workers)
    cdef double *wide = <double *>cnp.PyArray_DATA(c)
    cdef float *narrow = <float *>cnp.PyArray_DATA(c)
    memset(&s, 0, sizeof(Scatter))
    s.dtype = kernel_dtype(cnp.PyArray_TYPE(x), size)
    s.ops, s.in_rows = mc_moments_ops_for(isa(), s.dtype), in_rows
    s.d, s.n = cnp.PyArray_DIM(x, 0 if in_rows else 1), cnp.PyArray_DIM(x, 1 if in_rows else 0)
    s.rsx, s.x, d = cnp.PyArray_STRIDE(x, 0), <const char *>cnp.PyArray_DATA(x), s.d
    with nogil:
        work_begin()
        status = scatter_of_few(&s, threads) if d <= NARROW else scatter(&s, <char *>wide, threads)
        if status == OK:
            for i in range(d):
                for j in range(i, d):
                    if size == 8:
                        if s.parts != NULL:
                            wide[i * d + j] = s.parts[i * d + j]
                        wide[j * d + i] = wide[i * d + j]
                    else:
                        if s.parts != NULL:
                            narrow[i * d + j] = <float>s.parts[i * d + j]
                        narrow[j * d + i] = narrow[i * d + j]
    raise_for(status, name)


def small_cov(x, bint rowvar, ptrdiff_t ddof):
    """The covariance matrix of the rows (columns) of a small float64 matrix in one piece; None for anything else."""
    cdef ptrdiff_t d, n, i, j
    cdef cnp.npy_intp shape[2]
    cdef const Ops *ops
    cdef double *scratch
    cdef double *row
    cdef double *to
    cdef const double *data
    cdef cnp.ndarray a, c
    if type(x) is not cnp.ndarray:
        return None
    a = <cnp.ndarray>x
    if cnp.PyArray_TYPE(a) != cnp.NPY_DOUBLE or cnp.PyArray_NDIM(a) != 2 or not cnp.PyArray_ISCARRAY_RO(a):
        return None
    d, n = cnp.PyArray_DIM(a, 0 if rowvar else 1), cnp.PyArray_DIM(a, 1 if rowvar else 0)
    if d < 2 or n <= ddof or n < 1 or d > NARROW or d * d > SMALL // n:
        return None
    scratch = <double *>workspace(SLOT_C, d * n * 8)
    if scratch == NULL:
        return None
    ops, data = mc_moments_ops_for(isa(), F64), <const double *>cnp.PyArray_DATA(a)
    shape[0] = shape[1] = d
    c = cnp.PyArray_EMPTY(2, shape, cnp.NPY_DOUBLE, 0)
    for i in range(d):
        row = scratch + i * n
        if rowvar:
            data = <const double *>cnp.PyArray_DATA(a) + i * n
        else:
            for j in range(n):
                row[j] = data[j * d + i]
        ops.centre(n, data if rowvar else row, (data if rowvar else row)[0], ops.mean(n, data if rowvar else row), row)
    to = <double *>cnp.PyArray_DATA(c)
    memset(to, 0, d * d * 8)
    ops.products(d, n, scratch, to)
    for i in range(d):
        for j in range(i, d):
            to[i * d + j] = to[j * d + i] = to[i * d + j] * (1 / <double>(n - ddof))
    return c


def correlations(cnp.ndarray c):
    """c (d, d) float64 in one piece, a covariance matrix, becomes one of correlations, cut to -1 ... 1. False, and c
    as it was, where a variance is not a positive finite number."""
    cdef ptrdiff_t d = cnp.PyArray_DIM(c, 0), i, j
    cdef double *a = <double *>cnp.PyArray_DATA(c)
    cdef double *deviation = <double *>workspace(SLOT_C, d * sizeof(double))
    cdef double r
    if deviation == NULL:
        return False
    for i in range(d):
        if not 0 < a[i * d + i] or not isfinite(a[i * d + i]):
            return False
        deviation[i] = sqrt(a[i * d + i])
    for i in range(d):
        for j in range(i, d):
            r = a[i * d + j] / deviation[i] / deviation[j]
            if fabs(r) > 1:
                r = 1 if r > 0 else -1
            a[i * d + j] = a[j * d + i] = r
    return True
