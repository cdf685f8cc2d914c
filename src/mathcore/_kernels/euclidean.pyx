# cython: binding=True
"""Euclidean distances of all pairs of rows, and what is made of them, over the product's tiles while these are in
cache.

Rows are moved towards the origin first, so that |x|^2 + |y|^2 - 2 x.y cancels little; where it does all the same, the
value is computed again by direct differences of the rows as they came. Each value depends on its two rows and the
centre alone, which is taken from y: neither threads nor a split of x show in the bits.
"""

cimport numpy as cnp
from libc.math cimport NAN, floor, fmax, isfinite, ldexp, log2, rint

from mathcore._kernels.arrays cimport kernel_dtype
from mathcore._kernels.gemm cimport CLIP, IDENTITY, Epilogue, Product, plan, run
from mathcore._kernels.mirror cimport mirror
from mathcore._kernels.runtime cimport (
    F32, NO_MEMORY, OK, SLOT_C,
    ceil_div, check_interrupt, isa, parallel_for, raise_for, threads_for, work_begin, workspace,
)

cnp.import_array()

cdef extern from "simd/euclidean.h" nogil:
    const EuclideanOps *mc_euclidean_ops_for(int isa, int dtype)

FORMS = {"squared": SQUARED, "root": ROOT, "half": HALF, "rbf": RBF, "cosine": COSINE, "tanh": TANH, "powers": POWERS}

cdef enum:
    SAMPLED = 32                         # rows of each side that the centre is taken from: within a fifth of the spread
    MOVED_ROWS = 64                      # of one chunk

cdef ptrdiff_t BLOCK_BYTES = 2 << 20     # of moved rows of x, and of y, at a time
cdef ptrdiff_t LEAST_ROWS = 256          # of a block


cdef const EuclideanOps *euclidean_ops(int dtype) noexcept nogil:
    return mc_euclidean_ops_for(isa(), dtype)


cdef void centre_of(int dtype, ptrdiff_t m, ptrdiff_t n, ptrdiff_t d, const void *x, const void *y, double *centre,
                    double *room) noexcept nogil:
    """The mean of some rows, to an eighth of their spread: data of whole numbers stay whole, and products exact."""
    cdef const EuclideanOps *ops = euclidean_ops(dtype)
    cdef double *total = room
    cdef double *number = room + d
    cdef double *low = room + 2 * d
    cdef double *high = room + 3 * d
    cdef ptrdiff_t j, rows
    cdef double spread, unit, mean
    for j in range(d):
        centre[j], total[j], number[j], low[j], high[j] = NAN, 0, 0, 0, 0
    rows = min(m, <ptrdiff_t>SAMPLED)
    ops.sample(rows, d, x, m // max(rows, 1) * d, centre, total, number, low, high)
    rows = min(n, <ptrdiff_t>SAMPLED)
    ops.sample(rows, d, y, n // max(rows, 1) * d, centre, total, number, low, high)
    for j in range(d):
        mean, spread = centre[j] + total[j] / fmax(number[j], 1), high[j] - low[j]
        if not isfinite(mean) or not isfinite(spread):
            mean = 0
        elif spread > 0:
            unit = ldexp(1.0, <int>floor(log2(spread)) - 3)
            if unit > 0 and isfinite(mean / unit):
                mean = rint(mean / unit) * unit
        centre[j] = mean


# ------------------------------------------------------------------ all pairs

ctypedef struct Move:
    const EuclideanOps *ops
    ptrdiff_t rows, d, size
    const char *x
    const double *centre
    char *moved
    char *lengths
    bint unit


cdef int move_chunk(void *ctx, ptrdiff_t i) noexcept nogil:
    cdef Move *w = <Move *>ctx
    cdef ptrdiff_t first = i * MOVED_ROWS
    if w.unit:
        w.ops.unit(min(<ptrdiff_t>MOVED_ROWS, w.rows - first), w.d, w.x + first * w.d * w.size,
                   w.moved + first * w.d * w.size)
        return OK
    w.ops.move(min(<ptrdiff_t>MOVED_ROWS, w.rows - first), w.d, w.x + first * w.d * w.size, w.centre, 1.0,
               w.moved + first * w.d * w.size, w.lengths + first * w.size)
    return OK


cdef int move(Move *w, ptrdiff_t rows, const char *x, char *moved, int threads) noexcept nogil:
    w.rows, w.x, w.moved, w.lengths = rows, x, moved, moved + rows * w.d * w.size
    return parallel_for(move_chunk, w, ceil_div(rows, MOVED_ROWS), threads)


cdef int all_pairs(int dtype, ptrdiff_t m, ptrdiff_t n, ptrdiff_t d, const char *x, const char *y, char *out,
                   ptrdiff_t rsc, Euclidean *e, int threads) noexcept nogil:
    """Of x alone (y at the same place) the upper triangle, mirrored."""
    cdef Move w
    cdef Product p
    cdef Epilogue epilogue
    cdef ptrdiff_t size = 4 if dtype == F32 else 8, rows, i, j, mb, nb
    cdef bint moved = e.form <= COSINE, alone = x == y and m == n
    cdef char *left
    cdef char *right
    cdef double *centre
    cdef int status = OK
    w.ops, w.d, w.size, w.unit = euclidean_ops(dtype), d, size, e.form == COSINE
    rows = max(LEAST_ROWS, BLOCK_BYTES // (d * size))
    while n > rows and n % rows == 1:    # one column alone is a dot, whose sums run in another order
        rows += 1
    mb, nb = min(m, rows), min(n, rows)
    centre = <double *>workspace(SLOT_C, 6 * d * sizeof(double) + (mb + nb) * (d + 1) * size)
    if centre == NULL:
        return NO_MEMORY
    if e.form < COSINE:
        centre_of(dtype, 0, n, d, x, y, centre, centre + d)     # of y: whatever other rows x has, bits stay
    w.centre = centre
    left = <char *>(centre + 6 * d)
    right = left + mb * (d + 1) * size
    e.d = d
    epilogue.bias, epilogue.scale, epilogue.activation = NULL, 1.0, CLIP if w.unit else IDENTITY
    epilogue.hook, epilogue.hook_ctx = NULL if w.unit else w.ops.tile, e
    p.dtype, p.k, p.rsa, p.csa, p.rsb, p.csb, p.rsc = dtype, d, d, 1, 1, d, rsc
    p.epilogue, p.add, p.spare, p.a, p.b = &epilogue, 0, False, left, right
    j = 0
    while j < n and status == OK:
        e.y = y + j * d * size
        if moved:
            status = move(&w, min(nb, n - j), <const char *>e.y, right, threads)
            e.yy = w.lengths
        else:
            p.b = <const char *>e.y
        i = 0
        while i < m and status == OK and not (alone and i > j):
            p.m, p.n, p.threads, p.c = min(mb, m - i), min(nb, n - j), threads, out + (i * rsc + j) * size
            p.upper_only = alone and i == j
            e.x, e.xx = x + i * d * size, left + p.m * d * size
            if not moved:
                p.a = <const char *>e.x
            elif mb < m or j == 0:
                status = move(&w, p.m, <const char *>e.x, left, threads)
            if status == OK:
                plan(&p)
                status = run(&p)
            if status == OK:
                status = check_interrupt()
            i += mb
        j += nb
    if alone and status == OK:
        status = mirror(out, n, rsc, size, threads)
    return status


def distances(cnp.ndarray x, cnp.ndarray y, cnp.ndarray out, int form, double gamma, workers, str name, *,
              double coef0=0, int degree=1):
    """out (m, n) from x (m, d) and y (n, d), one float type, rows in one piece; out with unit column stride.

    form: SQUARED |x - y|^2, ROOT |x - y|, HALF |x - y|^2 / 2, RBF exp(-gamma |x - y|^2); COSINE x.y / (|x| |y|), 0
    where a row is zeros; TANH tanh(gamma x.y + coef0), POWERS (gamma x.y + coef0)^degree. Of x alone (y is x) the
    upper triangle, mirrored.
    """
    cdef Euclidean e
    cdef ptrdiff_t size = cnp.PyArray_ITEMSIZE(x), m = cnp.PyArray_DIM(x, 0), n = cnp.PyArray_DIM(y, 0)
    cdef ptrdiff_t d = cnp.PyArray_DIM(x, 1), rsc
    cdef int dtype = kernel_dtype(cnp.PyArray_TYPE(x), size), status, threads = threads_for(workers)
    cdef const char *a = <const char *>cnp.PyArray_DATA(x)
    cdef const char *b = <const char *>cnp.PyArray_DATA(y)
    cdef char *c = <char *>cnp.PyArray_DATA(out)
    if m == 0 or n == 0:
        return
    rsc = cnp.PyArray_STRIDE(out, 0) // size if m > 1 else n
    e.form, e.gamma, e.coef0, e.degree = form, gamma, coef0, degree
    with nogil:
        work_begin()
        status = all_pairs(dtype, m, n, d, a, b, c, rsc, &e, threads)
    raise_for(status, name)
