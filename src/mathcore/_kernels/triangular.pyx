# cython: binding=True
"""Triangular systems in place: blocks of 64 rows by substitution, everything between them by products."""

cimport numpy as cnp
from libc.string cimport memcpy

from mathcore._kernels.arrays cimport kernel_dtype
from mathcore._kernels.gemm cimport Product, plan, run, subtract
from mathcore._kernels.runtime cimport (
    F64, NO_MEMORY, OK, SLOT_D, check_interrupt, isa, parallel_for, raise_for, threads_for, work_begin, workspace,
)

cnp.import_array()

ctypedef fused real:
    float
    double

cdef extern from "simd/triangular.h" nogil:
    const TriangularOps *mc_triangular_ops_for(int isa, int dtype)


cdef const TriangularOps *triangular_ops(int dtype) noexcept nogil:
    return mc_triangular_ops_for(isa(), dtype)


cdef double SERIAL_FLOPS = 1.5e6         # as in gemm
# Rows that a vector solve substitutes; between blocks of them are inner products, which threads share and which run at
# the speed of memory. Part of the bits. 512 takes twice as long at n = 1024.
cdef enum: VECTOR_BLOCK = 64
cdef enum: FAR = 2048                    # bytes between rows from which a triangle is copied: it is run through once

cdef double BATCH_FLOPS = 1e6            # of one chunk of a batch: about 50 us


ctypedef struct Strips:
    const TriangularOps *ops
    ptrdiff_t n, m, rsb, per_chunk
    const void *l
    const void *inverse
    char *b


cdef int strip_chunk(void *ctx, ptrdiff_t i) noexcept nogil:
    """Columns of chunk i."""
    cdef Strips *s = <Strips *>ctx
    cdef ptrdiff_t col = i * s.per_chunk, end = min(s.m, col + s.per_chunk)
    while col < end:
        s.ops.strip(s.n, <int>min(<ptrdiff_t>s.ops.width, end - col), s.l, s.inverse, s.b + col * s.ops.size, s.rsb,
                    NULL)
        col += s.ops.width
    return OK


cdef int solve_block(int dtype, ptrdiff_t n, ptrdiff_t m, const void *a, ptrdiff_t rsa, ptrdiff_t csa, bint unit,
                     void *b, ptrdiff_t rsb, int threads) noexcept nogil:
    """Up to TRIANGLE rows."""
    cdef Strips s
    cdef ptrdiff_t strips
    cdef char *scratch = <char *>workspace(SLOT_D, (TRIANGLE * TRIANGLE + TRIANGLE) * 8)
    if scratch == NULL:
        return NO_MEMORY
    s.ops = triangular_ops(dtype)
    s.n, s.m, s.b, s.rsb = n, m, <char *>b, rsb
    s.l, s.inverse = scratch, scratch + TRIANGLE * TRIANGLE * 8
    s.ops.pack(n, a, rsa, csa, unit, scratch, scratch + TRIANGLE * TRIANGLE * 8)
    strips = (m + s.ops.width - 1) // s.ops.width
    if threads == 1 or <double>n * n * m < SERIAL_FLOPS:
        s.per_chunk = m
        return strip_chunk(&s, 0)
    s.per_chunk = max(<ptrdiff_t>1, strips // (4 * threads)) * s.ops.width
    return parallel_for(strip_chunk, &s, (m + s.per_chunk - 1) // s.per_chunk, threads)


# One right-hand side, in one piece.
ctypedef struct Vector:
    const TriangularOps *ops
    int dtype, threads
    ptrdiff_t rsa, csa
    bint lower, unit
    const char *a
    char *x
    char *y                              # room for half of it
    char *triangle                       # room for a block


cdef void solve_vector_block(const Vector *s, ptrdiff_t i, ptrdiff_t n) noexcept nogil:
    """Rows i ... i + n, at most VECTOR_BLOCK."""
    cdef ptrdiff_t r, size = s.ops.size, far = max(s.rsa, s.csa)
    cdef const char *a = s.a + i * (s.rsa + s.csa) * size
    if far * size < FAR:
        s.ops.vector(n, a, s.rsa, s.csa, s.lower, s.unit, s.x + i * size)
        return
    for r in range(n):
        memcpy(s.triangle + r * n * size, a + r * far * size, n * size)
    s.ops.vector(n, s.triangle, n if s.csa == 1 else 1, 1 if s.csa == 1 else n, s.lower, s.unit, s.x + i * size)


cdef int solve_vector_part(const Vector *s, ptrdiff_t i, ptrdiff_t n) noexcept nogil:
    """Rows i ... i + n: one half, its inner products off the other, the other."""
    cdef ptrdiff_t half, first, second, done, rest, size = s.ops.size
    cdef Product p
    cdef int status
    if n <= VECTOR_BLOCK:
        solve_vector_block(s, i, n)
        return OK
    half = (n // 2 + VECTOR_BLOCK - 1) // VECTOR_BLOCK * VECTOR_BLOCK
    first, done = i if s.lower else i + half, half if s.lower else n - half
    second, rest = i + half if s.lower else i, n - done
    status = solve_vector_part(s, first, done)
    if status:
        return status
    p.dtype, p.m, p.n, p.k, p.threads = s.dtype, rest, 1, done, s.threads
    p.a, p.rsa, p.csa = s.a + (second * s.rsa + first * s.csa) * size, s.rsa, s.csa
    p.b, p.rsb, p.csb = s.x + first * size, 1, 1
    p.c, p.rsc = s.y, 1
    p.epilogue, p.add, p.spare, p.upper_only = NULL, 0, False, False
    plan(&p)
    status = run(&p)
    if status == OK:
        status = check_interrupt()
    if status:
        return status
    if s.dtype == F64:
        take_off[double](<double *>s.x + second, <const double *>s.y, rest)
    else:
        take_off[float](<float *>s.x + second, <const float *>s.y, rest)
    return solve_vector_part(s, second, rest)


cdef int solve_vector(int dtype, ptrdiff_t n, const char *a, ptrdiff_t rsa, ptrdiff_t csa, bint lower, bint unit,
                      char *x, ptrdiff_t sx, int threads) noexcept nogil:
    cdef Vector s
    cdef char *room
    cdef int status
    s.ops = triangular_ops(dtype)
    s.dtype, s.threads, s.rsa, s.csa, s.lower, s.unit, s.a, s.x = dtype, threads, rsa, csa, lower, unit, a, x
    if sx == 1 and n <= VECTOR_BLOCK and max(rsa, csa) * s.ops.size < FAR:
        solve_vector_block(&s, 0, n)
        return OK
    room = <char *>workspace(SLOT_D, (VECTOR_BLOCK * VECTOR_BLOCK + n + VECTOR_BLOCK + (n if sx != 1 else 0)) * 8)
    if room == NULL:
        return NO_MEMORY
    s.triangle, s.y = room, room + VECTOR_BLOCK * VECTOR_BLOCK * 8
    if sx != 1:
        s.x = s.y + (n + VECTOR_BLOCK) * 8
        if dtype == F64:
            copy_strided[double](<double *>s.x, 1, <const double *>x, sx, n)
        else:
            copy_strided[float](<float *>s.x, 1, <const float *>x, sx, n)
    status = solve_vector_part(&s, 0, n)
    if sx != 1:
        if dtype == F64:
            copy_strided[double](<double *>x, sx, <const double *>s.x, 1, n)
        else:
            copy_strided[float](<float *>x, sx, <const float *>s.x, 1, n)
    return status


cdef void take_off(real *x, const real *y, ptrdiff_t n) noexcept nogil:
    cdef ptrdiff_t i
    for i in range(n):
        x[i] -= y[i]


cdef void copy_strided(real *to, ptrdiff_t st, const real *x, ptrdiff_t sx, ptrdiff_t n) noexcept nogil:
    cdef ptrdiff_t i
    for i in range(n):
        to[i * st] = x[i * sx]


cdef int solve_lower(int dtype, ptrdiff_t n, ptrdiff_t m, const void *a, ptrdiff_t rsa, ptrdiff_t csa, bint unit,
                     void *b, ptrdiff_t rsb, int threads) noexcept nogil:
    cdef ptrdiff_t half, size = triangular_ops(dtype).size
    cdef char *rest
    cdef int status
    if n == 0 or m == 0:
        return OK
    if m == 1:
        return solve_vector(dtype, n, <const char *>a, rsa, csa, True, unit, <char *>b, rsb, threads)
    if n <= TRIANGLE:
        return solve_block(dtype, n, m, a, rsa, csa, unit, b, rsb, threads)
    half = (n // 2 + TRIANGLE - 1) // TRIANGLE * TRIANGLE
    rest = <char *>b + half * rsb * size
    status = solve_lower(dtype, half, m, a, rsa, csa, unit, b, rsb, threads)
    if status == OK:
        status = subtract(dtype, n - half, m, half, <const char *>a + half * rsa * size, rsa, csa, b, rsb, 1, rest,
                          rsb, False, threads)
    if status == OK:
        status = check_interrupt()
    if status == OK:
        status = solve_lower(dtype, n - half, m, <const char *>a + half * (rsa + csa) * size, rsa, csa, unit, rest,
                             rsb, threads)
    return status


cdef int solve_triangle(int dtype, ptrdiff_t n, ptrdiff_t m, const char *a, ptrdiff_t rsa, ptrdiff_t csa, bint lower,
                        bint unit, char *b, ptrdiff_t rsb, int threads) noexcept nogil:
    cdef ptrdiff_t size = triangular_ops(dtype).size
    if m == 1 and n:
        return solve_vector(dtype, n, a, rsa, csa, lower, unit, b, rsb, threads)
    if lower:
        return solve_lower(dtype, n, m, a, rsa, csa, unit, b, rsb, threads)
    return solve_lower(dtype, n, m, a + (n - 1) * (rsa + csa) * size, -rsa, -csa, unit, b + (n - 1) * rsb * size, -rsb,
                       threads)


ctypedef struct Batch:
    int dtype, threads
    ptrdiff_t n, m, size, count, per_chunk, sa, rsa, csa
    bint lower, unit
    const char *a
    char *b
    int32_t *info


cdef int32_t zero_on_diagonal(int dtype, ptrdiff_t n, const char *a, ptrdiff_t step) noexcept nogil:
    cdef ptrdiff_t i
    for i in range(n):
        if (<const double *>a)[i * step] == 0 if dtype == F64 else (<const float *>a)[i * step] == 0:
            return <int32_t>(i + 1)
    return 0


cdef int batch_chunk(void *ctx, ptrdiff_t i) noexcept nogil:
    cdef Batch *s = <Batch *>ctx
    cdef ptrdiff_t at
    cdef const char *a
    cdef int status
    for at in range(i * s.per_chunk, min(s.count, (i + 1) * s.per_chunk)):
        a = s.a + at * s.sa
        s.info[at] = 0 if s.unit else zero_on_diagonal(s.dtype, s.n, a, s.rsa + s.csa)
        if s.info[at]:
            continue
        status = solve_triangle(s.dtype, s.n, s.m, a, s.rsa, s.csa, s.lower, s.unit, s.b + at * s.n * s.m * s.size,
                                s.m, s.threads)
        if status:
            return status
    return OK


def solve_batch(cnp.ndarray a, cnp.ndarray b, cnp.ndarray info, bint lower, bint unit, workers, str name):
    """b (count, n, m) = T^-1 b in place, T the lower or upper triangle of a (count, n, n) of any strides. info (count),
    int32: 0, or 1 + the row whose diagonal is zero; such an item is left as it is. b and info in one piece."""
    cdef Batch s
    cdef int threads = threads_for(workers), status
    cdef double flops
    s.size, s.count = cnp.PyArray_ITEMSIZE(a), cnp.PyArray_DIM(a, 0)
    s.n, s.m = cnp.PyArray_DIM(a, 1), cnp.PyArray_DIM(b, 2)
    s.dtype = kernel_dtype(cnp.PyArray_TYPE(a), s.size)
    s.sa, s.rsa = cnp.PyArray_STRIDE(a, 0), cnp.PyArray_STRIDE(a, 1) // s.size
    s.csa = cnp.PyArray_STRIDE(a, 2) // s.size
    s.lower, s.unit, s.a, s.b = lower, unit, <char *>cnp.PyArray_DATA(a), <char *>cnp.PyArray_DATA(b)
    s.info = <int32_t *>cnp.PyArray_DATA(info)
    flops = <double>s.n * s.n * s.m + 500
    with nogil:
        work_begin()
        if s.count >= 2 * threads or flops < SERIAL_FLOPS:
            s.threads, s.per_chunk = 1, max(<ptrdiff_t>1, <ptrdiff_t>(BATCH_FLOPS / flops))
            status = parallel_for(batch_chunk, &s, (s.count + s.per_chunk - 1) // s.per_chunk,
                                  1 if flops * s.count < BATCH_FLOPS else threads)
        else:
            s.threads, s.per_chunk = threads, s.count
            status = batch_chunk(&s, 0)
    raise_for(status, name)
