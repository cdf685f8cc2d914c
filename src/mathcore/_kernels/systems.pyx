# cython: binding=True
"""Linear systems whose answers are checked: factor, solve, measure the backward error, refine, estimate the
condition."""

cimport numpy as cnp
from libc.math cimport fabs
from libc.stdint cimport int32_t
from libc.string cimport memcpy, memset

from mathcore._kernels.arrays cimport kernel_dtype
from mathcore._kernels.cholesky cimport factor_upper
from mathcore._kernels.gemm cimport subtract
from mathcore._kernels.lu cimport exchange_columns, factor, solve_factored
from mathcore._kernels.runtime cimport (
    F32, F64, NO_MEMORY, OK, SLOT_C, check_interrupt, isa, parallel_for, raise_for, threads_for, work_begin, workspace,
)
from mathcore._kernels.triangular cimport TRIANGLE, solve_lower, solve_triangle, zero_on_diagonal

cnp.import_array()

cdef extern from "simd/residual.h" nogil:
    ctypedef struct ResidualOps "mc_residual_ops":
        int size
        double (*residual)(ptrdiff_t n, const void *a, ptrdiff_t rsa, const void *x, const void *xa, const void *b,
                           const void *ba, void *r) noexcept nogil
        double (*norm1)(ptrdiff_t m, ptrdiff_t n, const void *a, ptrdiff_t rsa, void *sums) noexcept nogil
    const ResidualOps *mc_residual_ops_for(int isa, int dtype)

ctypedef fused real:
    float
    double

cdef double CHUNK_FLOPS = 1e6            # of one chunk of a batch: about 50 us
cdef double LARGE_FLOPS = 3e7            # of one matrix, from which threads share it
cdef enum: MEASURE = 5                   # rows of n numbers that a measurement takes
cdef enum: MEASURES = 8                  # passes over A: one for each column up to here
cdef enum: REFINEMENTS = 3               # each multiplies the error by cond * n eps * growth, or it is left alone


cdef int apply_inverse(System *s, ptrdiff_t k, char *x, bint transposed, int threads) noexcept nogil:
    """x (n, k) = A^-1 x or A^-T x."""
    cdef int status
    if s.kind == GENERAL:
        return solve_factored(s.dtype, s.n, k, s.lu, s.n, 1, s.pivots, transposed, x, k, threads)
    if s.kind == POSITIVE:
        status = solve_triangle(s.dtype, s.n, k, s.lu, 1, s.n, True, False, x, k, threads)
        return status if status else solve_triangle(s.dtype, s.n, k, s.lu, s.n, 1, False, False, x, k, threads)
    if transposed:
        return solve_triangle(s.dtype, s.n, k, s.lu, 1, s.n, s.kind == UPPER, False, x, k, threads)
    return solve_triangle(s.dtype, s.n, k, s.lu, s.n, 1, s.kind == LOWER, False, x, k, threads)


# ------------------------------------------------------------------ condition

cdef double sum_of_sizes(const real *x, ptrdiff_t n) noexcept nogil:
    cdef double total = 0
    cdef ptrdiff_t i
    for i in range(n):
        total += fabs(<double>x[i])
    return total


cdef ptrdiff_t at_largest(const real *x, ptrdiff_t n) noexcept nogil:
    cdef ptrdiff_t i, at = 0
    for i in range(n):
        if fabs(<double>x[i]) > fabs(<double>x[at]):
            at = i
    return at


cdef bint take_signs(real *x, real *signs, ptrdiff_t n) noexcept nogil:
    """x and signs become the signs of x; whether any is another than in signs before."""
    cdef bint changed = False
    cdef ptrdiff_t i
    cdef real e
    for i in range(n):
        e = -1 if x[i] < 0 else 1
        changed = changed or e != signs[i]
        x[i] = signs[i] = e
    return changed


cdef int inverse_norm_of(System *s, real *x, real *signs, double *found) noexcept nogil:
    """A lower bound of |A^-1|_1, nearly always within a factor of 3: N. J. Higham, Accuracy and Stability of Numerical
    Algorithms (2002), algorithm 15.1 and LAPACK's alternating vector."""
    cdef ptrdiff_t n = s.n, i, j = -1
    cdef double best, other
    cdef int status
    for i in range(n):
        x[i], signs[i] = <real>(1.0 / n), 0
    status = apply_inverse(s, 1, <char *>x, False, s.threads)
    if status:
        return status
    best = sum_of_sizes(x, n)
    for _ in range(5):
        if n == 1 or not take_signs(x, signs, n):
            break
        status = apply_inverse(s, 1, <char *>x, True, s.threads)
        if status:
            return status
        i = at_largest(x, n)
        if i == j:
            break
        j = i
        memset(x, 0, n * sizeof(real))
        x[j] = 1
        status = apply_inverse(s, 1, <char *>x, False, s.threads)
        if status:
            return status
        other = sum_of_sizes(x, n)
        if not other > best:
            break
        best = other
    for i in range(n):
        x[i] = <real>((1 if i % 2 == 0 else -1) * (1 + <double>i / max(n - 1, 1)))
    status = apply_inverse(s, 1, <char *>x, False, s.threads)
    other = 2 * sum_of_sizes(x, n) / (3 * n)
    found[0] = best if best >= other or other != other else other
    return status


cdef int estimate_rcond(System *s) noexcept nogil:
    cdef double norm, inverse_norm = 0
    cdef int status
    cdef char *scratch = <char *>workspace(SLOT_C, 2 * s.n * s.size)
    if scratch == NULL:
        return NO_MEMORY
    norm = mc_residual_ops_for(isa(), s.dtype).norm1(s.n, s.n, s.a, s.n, scratch)
    if s.dtype == F64:
        status = inverse_norm_of[double](s, <double *>scratch, <double *>scratch + s.n, &inverse_norm)
    else:
        status = inverse_norm_of[float](s, <float *>scratch, <float *>scratch + s.n, &inverse_norm)
    s.rcond = 1 / norm / inverse_norm
    if norm == norm and s.rcond != s.rcond:
        s.rcond = 0                      # a solve that overflowed
    return status


# ------------------------------------------------------------------ solve

cdef void combine(const real *x, ptrdiff_t n, ptrdiff_t k, ptrdiff_t rsx, real *sum, real *size) noexcept nogil:
    """Of each row of x (n, k), rsx apart: its sum, signs alternating by a fixed pattern, and the sum of its sizes."""
    cdef ptrdiff_t i, j
    cdef real total, sizes
    for i in range(n):
        total, sizes = 0, 0
        for j in range(k):
            total += -x[j] if (j * 7 >> 2) & 1 else x[j]
            sizes += <real>fabs(<double>x[j])
        sum[i], size[i] = total, sizes
        x += rsx


cdef double error_of(System *s, ptrdiff_t j, ptrdiff_t k, char *scratch) noexcept nogil:
    """Of one combination of columns j ... j + k."""
    cdef ptrdiff_t row = s.n * s.size
    cdef const char *x = s.x + j * s.size
    cdef const char *b = s.b + j * s.size
    if s.dtype == F64:
        combine[double](<const double *>x, s.n, k, s.k, <double *>scratch, <double *>(scratch + row))
        combine[double](<const double *>b, s.n, k, s.k, <double *>(scratch + 2 * row), <double *>(scratch + 3 * row))
    else:
        combine[float](<const float *>x, s.n, k, s.k, <float *>scratch, <float *>(scratch + row))
        combine[float](<const float *>b, s.n, k, s.k, <float *>(scratch + 2 * row), <float *>(scratch + 3 * row))
    return mc_residual_ops_for(isa(), s.dtype).residual(
        s.n, s.a, s.n, scratch, scratch + row, scratch + 2 * row, scratch + 3 * row, scratch + 4 * row)


cdef int measure(System *s, char *scratch) noexcept nogil:
    """The backward error of x, in at most MEASURES passes over A: the largest of the columns', or of a combination of
    each group of them, in which a bad column of few is seen."""
    cdef ptrdiff_t group = (s.k + MEASURES - 1) // MEASURES, j = 0
    cdef double error
    s.backward_error = 0
    while j < s.k:
        error = error_of(s, j, min(group, s.k - j), scratch)
        if not error <= s.backward_error:
            s.backward_error = error
        j += group
    return check_interrupt()


cdef void add_to(real *x, const real *d, ptrdiff_t count) noexcept nogil:
    cdef ptrdiff_t i
    for i in range(count):
        x[i] += d[i]


cdef int refine(System *s) noexcept nogil:
    """x += A^-1 (b - A x), kept where it lowers the backward error."""
    cdef ptrdiff_t whole = s.n * s.k * s.size
    cdef char *scratch = <char *>workspace(SLOT_C, MEASURE * s.n * s.size + 2 * whole)
    cdef char *before
    cdef char *r
    cdef double error = s.backward_error
    cdef int status
    if scratch == NULL:
        return NO_MEMORY
    before = scratch + MEASURE * s.n * s.size
    r = before + whole
    memcpy(before, s.x, whole)
    memcpy(r, s.b, whole)
    status = subtract(s.dtype, s.n, s.k, s.n, s.a, s.n, 1, s.x, s.k, 1, r, s.k, False, s.threads)
    if status == OK:
        status = apply_inverse(s, s.k, r, False, s.threads)
    if status:
        return status
    if s.dtype == F64:
        add_to[double](<double *>s.x, <const double *>r, s.n * s.k)
    else:
        add_to[float](<float *>s.x, <const float *>r, s.n * s.k)
    status = measure(s, scratch)
    if not s.backward_error < error:
        memcpy(s.x, before, whole)
        s.backward_error = error
    return status


cdef double bound(ptrdiff_t n, int dtype) noexcept nogil:
    """The backward error that an answer may have: 8 u, leaving as much to its own measurement; more for long rows."""
    return max(8.0, n / 32.0) * (2.0**-53 if dtype == F64 else 2.0**-24)


cdef int solve_one(System *s) noexcept nogil:
    cdef double limit = bound(s.n, s.dtype), before
    cdef int status = OK
    cdef char *scratch
    s.info, s.rcond, s.backward_error = 0, 1, 0
    if s.kind == GENERAL or s.kind == POSITIVE:
        memcpy(s.lu, s.a, s.n * s.n * s.size)
    if s.kind == GENERAL:
        status = factor(s.dtype, s.n, s.n, s.lu, s.n, s.pivots, &s.info, s.threads)
    elif s.kind == POSITIVE:
        status = factor_upper(s.dtype, s.n, s.lu, s.n, s.threads)
        if status > 0:                   # the order of the minor
            s.info, status = status, OK
    else:
        s.info = zero_on_diagonal(s.dtype, s.n, s.a, s.n + 1)
    if status or s.info:
        return status
    status = estimate_rcond(s)
    if status:
        return status
    memcpy(s.x, s.b, s.n * s.k * s.size)
    status = apply_inverse(s, s.k, s.x, False, s.threads)
    if status:
        return status
    scratch = <char *>workspace(SLOT_C, MEASURE * s.n * s.size)
    if scratch == NULL:
        return NO_MEMORY
    status = measure(s, scratch)
    for _ in range(REFINEMENTS):
        before = s.backward_error
        if status or not before > limit:
            break
        status = refine(s)
        if not s.backward_error < before / 2:
            break
    return status


ctypedef struct Batch:
    System system
    ptrdiff_t count, per_chunk, lu_step  # in bytes
    ptrdiff_t rsa, csa                   # of factors that are given, in elements
    bint transposed
    int32_t *info
    double *rcond
    double *backward_error


cdef int solve_chunk(void *ctx, ptrdiff_t i) noexcept nogil:
    cdef Batch *b = <Batch *>ctx
    cdef ptrdiff_t at, matrix
    cdef System s
    cdef int status
    for at in range(i * b.per_chunk, min(b.count, (i + 1) * b.per_chunk)):
        s = b.system
        matrix = s.n * s.n * s.size
        s.a += at * matrix
        s.lu += at * b.lu_step
        s.pivots += at * s.n if s.kind == GENERAL else 0
        s.b += at * s.n * s.k * s.size
        s.x += at * s.n * s.k * s.size
        status = solve_one(&s)
        if status:
            return status
        b.info[at], b.rcond[at], b.backward_error[at] = s.info, s.rcond, s.backward_error
    return OK


def solve(cnp.ndarray a, lu, pivots, cnp.ndarray b, cnp.ndarray x, cnp.ndarray info, cnp.ndarray rcond,
          cnp.ndarray backward_error, int kind, workers, str name):
    """x (count, n, k) with a x = b for a (count, n, n); everything in one piece. kind: 0 general (lu (count, n, n) and
    pivots (count, n) receive the factors), 1 lower, 2 upper triangular (lu and pivots None), 3 positive definite (lu,
    its upper factor). For each item: info, 1 + the column without a pivot, or the order of the minor that is not
    positive; rcond, 1 over an estimate of the condition number; the backward error of x."""
    cdef Batch job
    cdef System *s = &job.system
    cdef int threads = threads_for(workers), status
    cdef double flops
    s.size, s.n, s.k = cnp.PyArray_ITEMSIZE(a), cnp.PyArray_DIM(a, 1), cnp.PyArray_DIM(b, 2)
    s.dtype, s.kind = kernel_dtype(cnp.PyArray_TYPE(a), s.size), <Kind>kind
    s.a, s.b, s.x = <char *>cnp.PyArray_DATA(a), <char *>cnp.PyArray_DATA(b), <char *>cnp.PyArray_DATA(x)
    s.lu = <char *>s.a if lu is None else <char *>cnp.PyArray_DATA(<cnp.ndarray>lu)
    s.pivots = NULL if pivots is None else <int32_t *>cnp.PyArray_DATA(<cnp.ndarray>pivots)
    job.lu_step = s.n * s.n * s.size
    job.count, job.info = cnp.PyArray_DIM(a, 0), <int32_t *>cnp.PyArray_DATA(info)
    job.rcond, job.backward_error = <double *>cnp.PyArray_DATA(rcond), <double *>cnp.PyArray_DATA(backward_error)
    flops = <double>s.n * s.n * (s.n + 2 * s.k + 10) + 1000
    with nogil:
        work_begin()
        status = run(&job, solve_chunk, flops, threads)
    raise_for(status, name)


cdef int solve_factors_chunk(void *ctx, ptrdiff_t i) noexcept nogil:
    cdef Batch *b = <Batch *>ctx
    cdef System *s = &b.system
    cdef ptrdiff_t at
    cdef int status
    for at in range(i * b.per_chunk, min(b.count, (i + 1) * b.per_chunk)):
        status = solve_factored(s.dtype, s.n, s.k, s.lu + at * b.lu_step, b.rsa, b.csa, s.pivots + at * s.n,
                                b.transposed, s.x + at * s.n * s.k * s.size, s.k, s.threads)
        if status:
            return status
    return OK


def solve_factors(cnp.ndarray lu, cnp.ndarray pivots, cnp.ndarray x, bint transposed, workers, str name):
    """x (count, n, k) = a^-1 x or a^-T x in place, with the factors of a (count, n, n), whose rows or columns lie each
    in one piece; the rest in one piece."""
    cdef Batch job
    cdef System *s = &job.system
    cdef int threads = threads_for(workers), status
    s.size, s.n, s.k = cnp.PyArray_ITEMSIZE(lu), cnp.PyArray_DIM(lu, 1), cnp.PyArray_DIM(x, 2)
    s.dtype, s.kind = kernel_dtype(cnp.PyArray_TYPE(lu), s.size), GENERAL
    s.lu, s.pivots = <char *>cnp.PyArray_DATA(lu), <int32_t *>cnp.PyArray_DATA(pivots)
    s.x, job.transposed = <char *>cnp.PyArray_DATA(x), transposed
    job.count, job.lu_step = cnp.PyArray_DIM(lu, 0), cnp.PyArray_STRIDE(lu, 0)
    job.rsa, job.csa = cnp.PyArray_STRIDE(lu, 1) // s.size, cnp.PyArray_STRIDE(lu, 2) // s.size
    with nogil:
        work_begin()
        status = run(&job, solve_factors_chunk, 2.0 * s.n * s.n * s.k + 500, threads)
    raise_for(status, name)


cdef int run(Batch *job, int (*chunk)(void *, ptrdiff_t) noexcept nogil, double flops, int threads) noexcept nogil:
    """Threads share the items of a batch, or a large matrix."""
    if job.count >= 2 * threads or flops < LARGE_FLOPS:
        job.system.threads = 1
        job.per_chunk = max(<ptrdiff_t>1, <ptrdiff_t>(CHUNK_FLOPS / flops))
        return parallel_for(chunk, job, (job.count + job.per_chunk - 1) // job.per_chunk,
                            1 if flops * job.count < CHUNK_FLOPS else threads)
    job.system.threads, job.per_chunk = threads, job.count
    return chunk(job, 0)


# ------------------------------------------------------------------ inverse

cdef int invert_lower(int dtype, ptrdiff_t n, const char *l, ptrdiff_t rsl, ptrdiff_t csl, bint unit, char *x,
                      ptrdiff_t rsx, ptrdiff_t size, int threads) noexcept nogil:
    """The lower triangle of x, which holds the identity, becomes the inverse of l's."""
    cdef ptrdiff_t half, rest
    cdef const char *l21
    cdef char *x21
    cdef int status
    if n <= TRIANGLE:
        return solve_lower(dtype, n, n, l, rsl, csl, unit, x, rsx, threads)
    half = (n // 2 + TRIANGLE - 1) // TRIANGLE * TRIANGLE
    rest = n - half
    l21, x21 = l + half * rsl * size, x + half * rsx * size
    status = invert_lower(dtype, half, l, rsl, csl, unit, x, rsx, size, threads)
    if status == OK:
        status = subtract(dtype, rest, half, half, l21, rsl, csl, x, rsx, 1, x21, rsx, False, threads)
    if status == OK:
        status = check_interrupt()
    if status == OK:
        status = solve_lower(dtype, rest, half, l21 + half * csl * size, rsl, csl, unit, x21, rsx, threads)
    if status == OK:
        status = invert_lower(dtype, rest, l21 + half * csl * size, rsl, csl, unit, x21 + half * size, rsx, size,
                              threads)
    return status


cdef void set_identity(char *x, ptrdiff_t n, ptrdiff_t size, int dtype) noexcept nogil:
    cdef ptrdiff_t i
    memset(x, 0, n * n * size)
    for i in range(n):
        if dtype == F64:
            (<double *>x)[i * (n + 1)] = 1
        else:
            (<float *>x)[i * (n + 1)] = 1


cdef int inverse_one(System *s) noexcept nogil:
    cdef const ResidualOps *ops = mc_residual_ops_for(isa(), s.dtype)
    cdef char *scratch
    cdef double norm
    cdef int status = OK
    s.info, s.rcond = 0, 1
    if s.kind == GENERAL:
        memcpy(s.lu, s.a, s.n * s.n * s.size)
        status = factor(s.dtype, s.n, s.n, s.lu, s.n, s.pivots, &s.info, s.threads)
    else:
        s.info = zero_on_diagonal(s.dtype, s.n, s.a, s.n + 1)
    if status or s.info:
        return status
    set_identity(s.x, s.n, s.size, s.dtype)
    if s.kind == UPPER:                  # a lower triangle read backwards; so is the identity
        status = solve_triangle(s.dtype, s.n, s.n, s.lu, s.n, 1, False, False, s.x, s.n, s.threads)
    else:
        status = invert_lower(s.dtype, s.n, s.lu, s.n, 1, s.kind == GENERAL, s.x, s.n, s.size, s.threads)
    if s.kind == GENERAL and status == OK:
        status = solve_triangle(s.dtype, s.n, s.n, s.lu, s.n, 1, False, False, s.x, s.n, s.threads)
        if status == OK:
            status = exchange_columns(s.dtype, s.n, s.n, s.pivots, s.x, s.n, s.threads)
    scratch = <char *>workspace(SLOT_C, s.n * s.size)
    if scratch == NULL:
        return NO_MEMORY
    norm = ops.norm1(s.n, s.n, s.a, s.n, scratch)
    s.rcond = 1 / norm / ops.norm1(s.n, s.n, s.x, s.n, scratch)
    if norm == norm and s.rcond != s.rcond:
        s.rcond = 0
    return status


cdef int inverse_chunk(void *ctx, ptrdiff_t i) noexcept nogil:
    cdef Batch *b = <Batch *>ctx
    cdef ptrdiff_t at
    cdef System s
    cdef int status
    for at in range(i * b.per_chunk, min(b.count, (i + 1) * b.per_chunk)):
        s = b.system
        s.a += at * s.n * s.n * s.size
        s.lu += at * b.lu_step
        s.pivots += at * s.n if s.kind == GENERAL else 0
        s.x += at * s.n * s.n * s.size
        status = inverse_one(&s)
        if status:
            return status
        b.info[at], b.rcond[at] = s.info, s.rcond
    return OK


def inverse(cnp.ndarray a, lu, pivots, cnp.ndarray x, cnp.ndarray info, cnp.ndarray rcond, int kind, workers, str name):
    """x (count, n, n) = a^-1; the rest as in `solve`, rcond exact but for rounding."""
    cdef Batch job
    cdef System *s = &job.system
    cdef int threads = threads_for(workers), status
    s.size, s.n, s.k = cnp.PyArray_ITEMSIZE(a), cnp.PyArray_DIM(a, 1), 0
    s.dtype, s.kind = kernel_dtype(cnp.PyArray_TYPE(a), s.size), <Kind>kind
    s.a, s.b, s.x = <char *>cnp.PyArray_DATA(a), NULL, <char *>cnp.PyArray_DATA(x)
    if s.kind == GENERAL:
        s.lu, s.pivots = <char *>cnp.PyArray_DATA(<cnp.ndarray>lu), <int32_t *>cnp.PyArray_DATA(<cnp.ndarray>pivots)
    else:
        s.lu, s.pivots = <char *>s.a, NULL
    job.lu_step = s.n * s.n * s.size
    job.count, job.info = cnp.PyArray_DIM(a, 0), <int32_t *>cnp.PyArray_DATA(info)
    job.rcond, job.backward_error = <double *>cnp.PyArray_DATA(rcond), NULL
    with nogil:
        work_begin()
        status = run(&job, inverse_chunk, 2.0 * s.n * s.n * s.n + 1000, threads)
    raise_for(status, name)


# ------------------------------------------------------------------ after the fact

def backward_error_bound(ptrdiff_t n, int itemsize):
    """What `solve` accepts without refinement or warning."""
    return bound(n, F64 if itemsize == 8 else F32)


def backward_error(cnp.ndarray a, cnp.ndarray x, cnp.ndarray b):
    """Of x (n, k) as the solution of a x = b, as `solve` measures it; arrays in one piece and of one type."""
    cdef System s
    cdef char *scratch
    s.size, s.n, s.k = cnp.PyArray_ITEMSIZE(a), cnp.PyArray_DIM(a, 0), cnp.PyArray_DIM(x, 1)
    s.dtype = kernel_dtype(cnp.PyArray_TYPE(a), s.size)
    s.a, s.x, s.b = <char *>cnp.PyArray_DATA(a), <char *>cnp.PyArray_DATA(x), <char *>cnp.PyArray_DATA(b)
    scratch = <char *>workspace(SLOT_C, MEASURE * s.n * s.size)
    if scratch == NULL:
        raise_for(NO_MEMORY, "backward_error")
    with nogil:
        work_begin()
        measure(&s, scratch)
    return s.backward_error
