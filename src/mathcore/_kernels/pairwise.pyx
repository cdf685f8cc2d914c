# cython: binding=True
"""Distances coordinate by coordinate: of every row of x to every row of y, of the pairs of rows of x, of one pair.

A chunk is a block of rows of x and a block of rows of y, which the chunk transposes for itself. Blocks depend on shapes
alone, and a distance's bits not even on them.
"""

cimport numpy as cnp
from libc.math cimport INFINITY, floor
from libc.string cimport memcpy, memset

from mathcore._kernels.arrays cimport kernel_dtype
from mathcore._kernels.mirror cimport mirror
from mathcore._kernels.runtime cimport (
    NO_MEMORY, OK, SLOT_A, SLOT_B,
    check_interrupt, isa, parallel_for, raise_for, threads_for, work_begin, workspace,
)

cnp.import_array()

cdef extern from "numpy/arrayobject.h":
    object PyArray_Scalar(void *data, cnp.dtype descr, object base)

cdef extern from "simd/pairwise.h" nogil:
    enum:
        SQUARE_ "MC_SQUARE"
        SQUARE_WEIGHTED "MC_SQUARE_WEIGHTED"
        ABSOLUTE_ "MC_ABSOLUTE"
        MAXIMUM_ "MC_MAXIMUM"
        MAXIMUM_ANY "MC_MAXIMUM_ANY"
        CANBERRA_ "MC_CANBERRA"
        CANBERRA_ANY "MC_CANBERRA_ANY"
        BRAYCURTIS_ "MC_BRAYCURTIS"
        POWER_ "MC_POWER"
        UNEQUAL_ "MC_UNEQUAL"
        JENSEN_ "MC_JENSEN"
        ANGLE "MC_ANGLE"
        PLAIN_ "MC_PLAIN"
        ROOT_ "MC_ROOT"
        HALF_ "MC_HALF"
        RBF_ "MC_RBF"
    ctypedef struct Exponent "mc_exponent":
        int general, whole, half, count
        double p
    ctypedef struct Pairwise "mc_pairwise":
        ptrdiff_t d, rows, cols, row, col
        const void *x
        ptrdiff_t rsx
        const void *y
        const void *w
        void *out
        ptrdiff_t rso, triangle
        int op, form, check, divide
        double factor, total
        Exponent power, root
        int (*stopped)(void *job) noexcept nogil
        void *job
    ctypedef struct PairwiseOps "mc_pairwise_ops":
        int strip
        double canberra_least, canberra_most
        void (*pack)(ptrdiff_t rows, ptrdiff_t d, const void *y, ptrdiff_t rs, void *out) noexcept nogil
        void (*extent)(ptrdiff_t n, const void *x, double *least, double *largest) noexcept nogil
        void (*block)(const Pairwise *s) noexcept nogil
        double (*pair)(const Pairwise *s, const void *x, const void *y, const void *w, double fx,
                       double fy) noexcept nogil
        double (*sum)(ptrdiff_t n, const void *x, double *least) noexcept nogil
    const PairwiseOps *mc_pairwise_ops_for(int isa, int dtype)

SQUARE, ABSOLUTE, MAXIMUM, CANBERRA = SQUARE_, ABSOLUTE_, MAXIMUM_, CANBERRA_
BRAYCURTIS, POWER, UNEQUAL, JENSEN = BRAYCURTIS_, POWER_, UNEQUAL_, JENSEN_
PLAIN, ROOT, HALF, RBF = PLAIN_, ROOT_, HALF_, RBF_

cdef enum:
    ROWS = 64                            # of x in a chunk: the transposition of y is a sixtieth of the work
    COLS = 512                           # rows of y in a chunk, at most
    BLOCK = 1 << 17                      # bytes of them: an eighth to a half of L2
    PIECE = 16                           # rows between looks at the clock; rows of many numbers look in between too
    UNITS = 1 << 15                      # numbers of rows made units in a chunk: 20 us
    GIL = 4096                           # coordinates of a pair up to which the GIL is kept: about 1 us
    FEW = 32                             # coordinates of a quadratic form worked out here: 0.5 us
    MOST_WHOLE = 16                      # powers up to this by multiplication: 8 products, half the time of exp and log

# Magnitudes whose squares, and those of their differences, neither overflow nor vanish, in sums of any length.
cdef double SMALL64 = 2.0**-400, LARGE64 = 2.0**500, SMALL32 = 2.0**-24, LARGE32 = 2.0**50
cdef double LEAST64 = 2.0**-1022, LEAST32 = 2.0**-126    # of normal numbers: one over them is a number

ctypedef struct Job:
    Pairwise s
    const PairwiseOps *ops
    const char *x
    const char *y
    ptrdiff_t m, n, rsx, rsy, size, cols, across
    volatile int status


cdef Exponent exponent(double p) noexcept nogil:
    cdef Exponent e
    e.p, e.general, e.whole, e.half, e.count = p, 1, 0, 0, 1
    if 0 < p <= MOST_WHOLE and floor(2 * p) == 2 * p:
        e.general, e.whole = 0, <int>p
        e.half = <int>(2 * p) - 2 * e.whole
    return e


cdef void look(const Job *job, ptrdiff_t rows, const char *x, ptrdiff_t rs, double *least,
               double *largest) noexcept nogil:
    cdef ptrdiff_t i
    if rs == job.s.d:
        job.ops.extent(rows * rs, x, least, largest)
        return
    for i in range(rows):
        job.ops.extent(job.s.d, x + i * rs * job.size, least, largest)


cdef void suit(const Job *job, Pairwise *s, const char *y) noexcept nogil:
    """The operation and the checks that the numbers of a block ask for."""
    cdef double least = INFINITY, largest = 0
    cdef bint wide = job.size == 8
    s.check = s.form == ROOT_ and (s.op == POWER_ or s.op == SQUARE_WEIGHTED)
    if not (s.op == MAXIMUM_ or s.op == CANBERRA_ or s.op == SQUARE_ and s.form == ROOT_):
        return
    look(job, s.rows, <const char *>s.x, s.rsx, &least, &largest)
    look(job, s.cols, y, job.rsy, &least, &largest)
    if s.op == SQUARE_:
        s.check = not (least >= (SMALL64 if wide else SMALL32) and largest <= (LARGE64 if wide else LARGE32))
    elif s.op == MAXIMUM_ and not largest < INFINITY:
        s.op = MAXIMUM_ANY
    elif s.op == CANBERRA_ and not (least >= job.ops.canberra_least and largest <= job.ops.canberra_most):
        s.op = CANBERRA_ANY


cdef int stopped(void *ctx) noexcept nogil:
    """Whether to stop: of threads only one is told of a signal, and tells the others."""
    cdef Job *job = <Job *>ctx
    cdef int status = job.status
    if status == OK:
        status = check_interrupt()
        if status:
            job.status = status
    return status


cdef int chunk(void *ctx, ptrdiff_t number) noexcept nogil:
    cdef const Job *job = <const Job *>ctx
    cdef Pairwise s = job.s
    cdef ptrdiff_t first = number // job.across * ROWS, col = number % job.across * job.cols, row, strips
    cdef ptrdiff_t rows = min(<ptrdiff_t>ROWS, job.m - first)
    cdef const char *y = job.y + col * job.rsy * job.size
    cdef void *packed
    cdef int status = OK
    s.rows, s.row, s.col, s.cols = rows, first, col, min(job.cols, job.n - col)
    s.stopped, s.job = stopped, ctx
    s.x = job.x + first * job.rsx * job.size
    if s.triangle and col + s.cols <= first + 1:
        return OK
    strips = (s.cols + job.ops.strip - 1) // job.ops.strip
    packed = workspace(SLOT_A, max(<ptrdiff_t>1, strips * job.ops.strip * s.d) * job.size)
    if packed == NULL:
        return NO_MEMORY
    suit(job, &s, y)
    job.ops.pack(s.cols, s.d, y, job.rsy, packed)
    s.y = packed
    row = 0
    while row < rows and status == OK:
        s.rows, s.row = min(<ptrdiff_t>PIECE, rows - row), first + row
        s.x = job.x + s.row * job.rsx * job.size
        job.ops.block(&s)
        row += s.rows
        status = stopped(ctx)
    return status


cdef void set_power(Pairwise *s, double p) noexcept:
    s.power, s.root = exponent(p), exponent(1 / p)


cdef void take(Job *job, cnp.ndarray x, cnp.ndarray y, cnp.ndarray out) noexcept:
    memset(job, 0, sizeof(Job))
    job.size = cnp.PyArray_ITEMSIZE(x)
    job.ops = mc_pairwise_ops_for(isa(), kernel_dtype(cnp.PyArray_TYPE(x), job.size))
    job.m, job.n, job.s.d = cnp.PyArray_DIM(x, 0), cnp.PyArray_DIM(y, 0), cnp.PyArray_DIM(x, 1)
    job.x, job.y = <const char *>cnp.PyArray_DATA(x), <const char *>cnp.PyArray_DATA(y)
    job.rsx = job.s.rsx = cnp.PyArray_STRIDE(x, 0) // job.size
    job.rsy = cnp.PyArray_STRIDE(y, 0) // job.size
    job.s.out = cnp.PyArray_DATA(out)
    if cnp.PyArray_NDIM(out) == 1:
        job.s.triangle = job.n
    else:
        job.s.rso = cnp.PyArray_STRIDE(out, 0) // job.size


cdef int work(Job *job, int threads) noexcept nogil:
    if job.m == 0 or job.n == 0:
        return OK
    job.cols = min(<ptrdiff_t>COLS, BLOCK // (max(job.s.d, <ptrdiff_t>1) * job.size))
    job.cols = max(<ptrdiff_t>1, job.cols // job.ops.strip) * job.ops.strip
    job.across = (job.n + job.cols - 1) // job.cols
    work_begin()
    return parallel_for(chunk, job, (job.m + ROWS - 1) // ROWS * job.across, threads)


def distances(int op, int form, cnp.ndarray x, cnp.ndarray y, cnp.ndarray w, cnp.ndarray out, workers, str name, *,
              bint weighted=False, double p=2, double factor=1, double total=1):
    """out[i, j] = the distance `op`, in the `form`, of row i of x (m, d) to row j of y (n, d), or out[k] of the pairs
    i < j of rows of x in order where out has one dimension. All of one float type; x, y and out of unit column stride;
    w: d weights, ones unless weighted."""
    cdef Job job
    cdef int status, threads = threads_for(workers)
    take(&job, x, y, out)
    job.s.w, job.s.factor, job.s.total = cnp.PyArray_DATA(w), factor, total
    job.s.op, job.s.form = op, form
    if weighted and (op == SQUARE_ or op == CANBERRA_):
        job.s.op = SQUARE_WEIGHTED if op == SQUARE_ else CANBERRA_ANY
    set_power(&job.s, p)
    with nogil:
        status = work(&job, threads)
    raise_for(status, name)


cdef inline bint points(object x, int typenum, ptrdiff_t d) noexcept:
    """A plain matrix in one piece of d > 0 columns, of one type."""
    return cnp.PyArray_CheckExact(x) and cnp.PyArray_NDIM(<cnp.ndarray>x) == 2 \
        and cnp.PyArray_TYPE(<cnp.ndarray>x) == typenum and cnp.PyArray_DIM(<cnp.ndarray>x, 1) == d and d > 0 \
        and cnp.PyArray_ISCARRAY_RO(<cnp.ndarray>x)


def plain(int op, int form, ptrdiff_t most, x, y, str name):
    """A new array of distances without weights of two plain matrices of one float type and at most so many columns; of
    the pairs of rows of x where y is None. None where the general door must look."""
    cdef Job job
    cdef int status, typenum, threads = threads_for(None)
    cdef ptrdiff_t d, i
    cdef void *ones
    cdef cnp.npy_intp[2] shape
    other = x if y is None else y
    if not cnp.PyArray_CheckExact(x) or cnp.PyArray_NDIM(<cnp.ndarray>x) != 2:
        return None
    typenum, d = cnp.PyArray_TYPE(<cnp.ndarray>x), cnp.PyArray_DIM(<cnp.ndarray>x, 1)
    if typenum != cnp.NPY_DOUBLE and typenum != cnp.NPY_FLOAT or d > most or not points(x, typenum, d) \
            or not points(other, typenum, d):
        return None
    shape[0], shape[1] = cnp.PyArray_DIM(<cnp.ndarray>x, 0), cnp.PyArray_DIM(<cnp.ndarray>other, 0)
    if y is None:
        shape[0] = shape[0] * (shape[0] - 1) // 2
    out = cnp.PyArray_EMPTY(1 if y is None else 2, shape, typenum, 0)
    ones = workspace(SLOT_B, d * sizeof(double))
    if ones == NULL:
        raise_for(NO_MEMORY, name)
    take(&job, x, other, out)
    for i in range(d):
        if typenum == cnp.NPY_DOUBLE:
            (<double *>ones)[i] = 1
        else:
            (<float *>ones)[i] = 1
    job.s.w, job.s.factor, job.s.total = ones, 1, d
    job.s.op, job.s.form = op, form
    set_power(&job.s, 2)
    with nogil:
        status = work(&job, threads)
    raise_for(status, name)
    return out


def extent(cnp.ndarray x):
    """(the smallest magnitude but 0, the largest, NaN if there is one) of an array of floats in one piece."""
    cdef double least = INFINITY, largest = 0
    cdef ptrdiff_t size = cnp.PyArray_ITEMSIZE(x), n = cnp.PyArray_SIZE(x)
    cdef const PairwiseOps *ops = mc_pairwise_ops_for(isa(), kernel_dtype(cnp.PyArray_TYPE(x), size))
    cdef const void *data = cnp.PyArray_DATA(x)
    with nogil:
        ops.extent(n, data, &least, &largest)
    return least, largest


include "pairwise_pair.pxi"             # two vectors


# ------------------------------------------------------------------ condensed and square

cdef inline ptrdiff_t row_of(ptrdiff_t i, ptrdiff_t n) noexcept nogil:
    """Where the pair (i, j) stands in a condensed matrix, less j."""
    return i * n - i * (i + 1) // 2 - i - 1


cdef int move(char *to, const char *source, ptrdiff_t n, ptrdiff_t size, bint condensed) noexcept nogil:
    """The upper triangle of a square matrix from a condensed one, or to it."""
    cdef ptrdiff_t i, square, pairs
    cdef int status = OK
    for i in range(n - 1):
        square, pairs = (i * n + i + 1) * size, (row_of(i, n) + i + 1) * size
        memcpy(to + (pairs if condensed else square), source + (square if condensed else pairs), (n - 1 - i) * size)
        status = check_interrupt()
        if status:
            break
    return status


def spread(cnp.ndarray pairs, cnp.ndarray square):
    """A condensed matrix to both triangles of a square one, in one piece, of the same type; its diagonal stays."""
    cdef ptrdiff_t i, n = cnp.PyArray_DIM(square, 0), size = cnp.PyArray_ITEMSIZE(square)
    cdef const char *source = <const char *>cnp.PyArray_DATA(pairs)
    cdef char *to = <char *>cnp.PyArray_DATA(square)
    cdef int status, threads = threads_for(None)
    if size not in (1, 2, 4, 8) or pairs.dtype.hasobject:
        for i in range(n):
            square[i, i + 1:] = pairs[row_of(i, n) + i + 1:row_of(i, n) + n]
            square[i + 1:, i] = square[i, i + 1:]
        return
    with nogil:
        work_begin()
        status = move(to, source, n, size, False)
        if status == OK:
            status = mirror(to, n, n, size, threads)
    raise_for(status, "squareform")


def gather(cnp.ndarray square, cnp.ndarray pairs):
    """The upper triangle of a square matrix in one piece, as a condensed one of the same type."""
    cdef ptrdiff_t i, n = cnp.PyArray_DIM(square, 0), size = cnp.PyArray_ITEMSIZE(square)
    cdef const char *source = <const char *>cnp.PyArray_DATA(square)
    cdef char *to = <char *>cnp.PyArray_DATA(pairs)
    cdef int status
    if pairs.dtype.hasobject:
        for i in range(n - 1):
            pairs[row_of(i, n) + i + 1:row_of(i, n) + n] = square[i, i + 1:]
        return
    with nogil:
        work_begin()
        status = move(to, source, n, size, True)
    raise_for(status, "squareform")
