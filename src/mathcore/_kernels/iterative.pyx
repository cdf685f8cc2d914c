# cython: binding=True
"""Power and inverse iteration, the whole loop: one product A v a step, from which come the eigenvalue, the residual and
the next vector. A symmetric matrix is read as its upper triangle, which halves what comes from memory."""

cimport numpy as cnp
from libc.math cimport isfinite, sqrt
from libc.stdint cimport int32_t
from libc.string cimport memcpy

from mathcore._kernels.arrays cimport kernel_dtype
from mathcore._kernels.gemm cimport Product, mc_prefetch, plan, run
from mathcore._kernels.lu cimport solve_factored
from mathcore._kernels.runtime cimport (
    F64, NO_MEMORY, OK, SLOT_C, check_interrupt, isa, parallel_for, raise_for, threads_for, work_begin, workspace,
)
from mathcore._kernels.symmetric cimport SymmetricOps, first_row, mc_symmetric_ops_for

cnp.import_array()

ctypedef fused real:
    float
    double

# Shares of the triangle, of equal area, whose sums are added in turn: part of every result's bits.
cdef enum: PARTS = 8
cdef enum: LINE = 64                     # bytes of a cache line
cdef enum: TILE = 64                     # a row of it is four cache lines or more, which are fetched at a stroke
cdef ptrdiff_t TRIANGLE_N = 256          # below it a matrix is in L2 and the triangle wins nothing
cdef double SERIAL_ELEMENTS = 3e5        # of a triangle, below which a second thread costs more than it brings

# Why a loop ended.
cdef enum Stop:
    LIMIT, CONVERGED, OUT_OF_RANGE, BREAKDOWN

STOPS = ("max_iter", "converged", "out of range", "breakdown")

ctypedef struct Iteration:
    int dtype, threads
    bint triangle
    ptrdiff_t n, size, rsa, csa
    const char *a
    const char *lu                       # of A - shift I, to solve with; or NULL
    const int32_t *pivots
    char *v                              # (n), of length 1, on a cache line
    char *y                              # (n), A v
    char *w                              # (n), scratch
    char *parts                          # (PARTS, n), rows on cache lines, `padded` apart
    ptrdiff_t padded
    double *trace                        # (steps, 2): eigenvalue, residual
    double shift, tol, scale
    Stop stop


# ------------------------------------------------------------------ the product

cdef int product(Iteration *t, ptrdiff_t m, const char *a, ptrdiff_t rsa, ptrdiff_t csa, const char *x,
                 char *y) noexcept nogil:
    """y (m) = a (m, n) x (n)."""
    cdef Product p
    p.dtype, p.threads, p.epilogue, p.add, p.spare, p.upper_only = t.dtype, t.threads, NULL, 0, False, False
    p.m, p.n, p.k = m, 1, t.n
    p.a, p.rsa, p.csa, p.b, p.rsb, p.csb, p.c, p.rsc = a, rsa, csa, x, 1, 1, y, 1
    plan(&p)
    return run(&p)


cdef int triangle_part(void *ctx, ptrdiff_t i) noexcept nogil:
    cdef Iteration *t = <Iteration *>ctx
    mc_symmetric_ops_for(isa(), t.dtype).rows(first_row(t.n, i, PARTS), first_row(t.n, i + 1, PARTS), t.n, t.a, t.rsa,
                                              t.v, t.parts + i * t.padded * t.size)
    return OK


cdef void add_parts(ptrdiff_t n, const real *parts, ptrdiff_t padded, real *y) noexcept nogil:
    cdef ptrdiff_t i, part
    memcpy(y, parts, n * sizeof(real))
    for part in range(1, PARTS):
        for i in range(first_row(n, part, PARTS), n):
            y[i] += parts[part * padded + i]


cdef int multiply(Iteration *t) noexcept nogil:
    """y = A v."""
    cdef int status
    if not t.triangle:
        return product(t, t.n, t.a, t.rsa, t.csa, t.v, t.y)
    status = parallel_for(triangle_part, t, PARTS, t.threads if t.n * t.n / 2.0 > SERIAL_ELEMENTS else 1)
    if t.dtype == F64:
        add_parts[double](t.n, <double *>t.parts, t.padded, <double *>t.y)
    else:
        add_parts[float](t.n, <float *>t.parts, t.padded, <float *>t.y)
    return status


# ------------------------------------------------------------------ a step

cdef double inner(Iteration *t, const char *x, const char *y) noexcept nogil:
    """x . y; an inner product takes no workspace and does not fail."""
    cdef double wide
    cdef float narrow
    if t.dtype == F64:
        product(t, 1, x, t.n, 1, y, <char *>&wide)
        return wide
    product(t, 1, x, t.n, 1, y, <char *>&narrow)
    return narrow


cdef bint in_range(Iteration *t, double square) noexcept nogil:
    """Whether a sum of squares, and one smaller by eps^2, have neither overflowed nor lost digits."""
    return 2.0**-900 < square < 2.0**1000 if t.dtype == F64 else 2.0**-90 < square < 2.0**120


cdef void less(ptrdiff_t n, const real *y, double factor, const real *v, real *w) noexcept nogil:
    """w = y - factor v."""
    cdef real f = <real>factor
    cdef ptrdiff_t i
    for i in range(n):
        w[i] = y[i] - f * v[i]


cdef void less_multiple(Iteration *t, double factor) noexcept nogil:
    """w = y - factor v."""
    if t.dtype == F64:
        less[double](t.n, <double *>t.y, factor, <double *>t.v, <double *>t.w)
    else:
        less[float](t.n, <float *>t.y, factor, <float *>t.v, <float *>t.w)


cdef void divide(ptrdiff_t n, const real *w, double length, real *v) noexcept nogil:
    cdef real d = <real>length
    cdef ptrdiff_t i
    for i in range(n):
        v[i] = w[i] / d


cdef int advance(Iteration *t) noexcept nogil:
    """v = w / |w| with w = (A - shift I) v, or with the solution of (A - shift I) w = v."""
    cdef double square
    cdef int status = OK
    if t.lu == NULL:
        less_multiple(t, t.shift)
    else:
        memcpy(t.w, t.v, t.n * t.size)
        status = solve_factored(t.dtype, t.n, 1, t.lu, t.n, 1, t.pivots, False, t.w, 1, t.threads)
    square = inner(t, t.w, t.w)
    if not in_range(t, square):
        t.stop = BREAKDOWN
    elif t.dtype == F64:
        divide[double](t.n, <double *>t.w, sqrt(square), <double *>t.v)
    else:
        divide[float](t.n, <float *>t.w, sqrt(square), <float *>t.v)
    return status


cdef int measure(Iteration *t, double *found) noexcept nogil:
    """The Rayleigh quotient of v and the residual |A v - value v|."""
    cdef double value, square
    cdef int status = multiply(t)
    if status:
        return status
    value = inner(t, t.v, t.y) / inner(t, t.v, t.v)
    less_multiple(t, value)
    square = inner(t, t.w, t.w)
    found[0], found[1] = value, sqrt(square)
    if not isfinite(square) or t.lu == NULL and not in_range(t, inner(t, t.y, t.y)):
        t.stop = OUT_OF_RANGE
    elif found[1] <= t.tol * max(abs(value), t.scale):
        t.stop = CONVERGED
    return OK


cdef int loop(Iteration *t, ptrdiff_t steps, bint started, ptrdiff_t *done) noexcept nogil:
    cdef int status = OK
    done[0] = 0
    while done[0] < steps and t.stop == LIMIT and status == OK:
        if started or done[0]:
            status = advance(t)
            if status or t.stop:
                break
        status = measure(t, t.trace + 2 * done[0])
        done[0] += 1
        if status == OK:
            status = check_interrupt()
    return status


def iterate(cnp.ndarray a, lu, pivots, cnp.ndarray v, cnp.ndarray y, cnp.ndarray trace, double shift, double tol,
            double scale, bint started, bint symmetric, workers, str name):
    """Up to len(trace) steps; the number that were taken and why no more (STOPS). Each goes from v to the next vector,
    the first one only if `started`, and measures that: y = a v, and eigenvalue and residual in its row of `trace`.

    a (n, n) with rows or columns in one piece; lu and pivots: factors of a - shift, for inverse iteration, or None.
    Converged: residual <= tol * max(|eigenvalue|, scale).
    """
    cdef Iteration t
    cdef ptrdiff_t done
    cdef int status
    t.n, t.size = cnp.PyArray_DIM(a, 0), cnp.PyArray_ITEMSIZE(a)
    t.dtype, t.threads = kernel_dtype(cnp.PyArray_TYPE(a), t.size), threads_for(workers)
    t.a = <char *>cnp.PyArray_DATA(a)
    t.rsa, t.csa = cnp.PyArray_STRIDE(a, 0) // t.size, cnp.PyArray_STRIDE(a, 1) // t.size
    t.triangle = symmetric and t.n >= TRIANGLE_N
    if t.triangle and t.csa != 1:
        t.rsa, t.csa = t.csa, t.rsa
    t.lu, t.pivots = NULL, NULL
    if lu is not None:
        t.lu = <char *>cnp.PyArray_DATA(<cnp.ndarray>lu)
        t.pivots = <int32_t *>cnp.PyArray_DATA(<cnp.ndarray>pivots)
    t.y, t.trace = <char *>cnp.PyArray_DATA(y), <double *>cnp.PyArray_DATA(trace)
    t.shift, t.tol, t.scale, t.stop = shift, tol, scale, LIMIT
    t.padded = (t.n + LINE // t.size - 1) // (LINE // t.size) * (LINE // t.size)
    t.v = <char *>workspace(SLOT_C, (2 + PARTS) * t.padded * t.size)
    if t.v == NULL:
        raise_for(NO_MEMORY, name)
    t.w = t.v + t.padded * t.size
    t.parts = t.w + t.padded * t.size
    memcpy(t.v, cnp.PyArray_DATA(v), t.n * t.size)
    with nogil:
        work_begin()
        status = loop(&t, cnp.PyArray_DIM(trace, 0), started, &done)
    memcpy(cnp.PyArray_DATA(v), t.v, t.n * t.size)
    raise_for(status, name)
    return done, STOPS[t.stop]


# ------------------------------------------------------------------ symmetry

ctypedef struct Square:
    const SymmetricOps *ops
    const char *a
    ptrdiff_t n, size, rs
    bint differs                         # written by several threads, only ever to True


cdef int compare_rows(void *ctx, ptrdiff_t tile) noexcept nogil:
    """Whether TILE rows are what the columns of these numbers are, up to the diagonal."""
    cdef Square *s = <Square *>ctx
    cdef ptrdiff_t i = tile * TILE, j = 0, rows = min(<ptrdiff_t>TILE, s.n - i), row = s.rs * s.size, next
    while j <= i and not s.differs:
        for next in range(j + TILE, min(j + 2 * TILE, i + rows)):     # each on a page of its own, which no hardware
            mc_prefetch(rows * s.size, s.a + next * row + i * s.size)      # foresees
        if not s.ops.mirrored(rows, min(<ptrdiff_t>TILE, s.n - j), s.a + i * row + j * s.size,
                              s.a + j * row + i * s.size, s.rs):
            s.differs = True
        j += TILE
    return OK


def is_mirrored(cnp.ndarray a, workers):
    """Whether a square matrix of floats, rows or columns in one piece, equals its transpose, element by element."""
    cdef Square s
    cdef int threads = threads_for(workers), status
    s.n, s.size = cnp.PyArray_DIM(a, 0), cnp.PyArray_ITEMSIZE(a)
    s.ops = mc_symmetric_ops_for(isa(), kernel_dtype(cnp.PyArray_TYPE(a), s.size))
    s.a, s.differs = <char *>cnp.PyArray_DATA(a), False
    s.rs = cnp.PyArray_STRIDE(a, 0 if cnp.PyArray_STRIDE(a, 1) == s.size else 1) // s.size
    with nogil:
        work_begin()
        status = parallel_for(compare_rows, &s, (s.n + TILE - 1) // TILE, threads if s.n >= TRIANGLE_N else 1)
    raise_for(status, "is_mirrored")
    return not s.differs
