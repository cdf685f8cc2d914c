# cython: binding=True
"""Half a sweep of alternating least squares: for each user (or item) the ridge regression of its ratings on the factors
of the items rated (or of the users that rated it).

The rated rows are gathered with the targets as one more column: the Gram matrix then holds normal equations and their
right-hand side, and its Cholesky factor the right-hand side substituted forward.
"""

cimport numpy as cnp
from libc.stdint cimport int32_t, int64_t
from libc.string cimport memcpy, memset

from mathcore._kernels.arrays cimport kernel_dtype
from mathcore._kernels.cholesky cimport factor_upper
from mathcore._kernels.gemm cimport DotOps, Product, mc_dot_ops_for, plan, run
from mathcore._kernels.runtime cimport (
    NO_MEMORY, OK, SLOT_C, check_interrupt, isa, parallel_for, raise_for, threads_for, work_begin, workspace,
)
from mathcore._kernels.triangular cimport solve_triangle

cnp.import_array()

cdef extern from "simd/ratings.h" nogil:
    ctypedef struct Ops "mc_ratings_ops":
        void (*gather)(ptrdiff_t m, ptrdiff_t rank, ptrdiff_t w, const int32_t *others, const void *values,
                       const void *rows, void *out) noexcept nogil
        void (*regularize)(ptrdiff_t w, double ridge, void *r) noexcept nogil
        double (*squares)(ptrdiff_t m, ptrdiff_t w, const void *rows, const void *fitted) noexcept nogil
    const Ops *mc_ratings_ops_for(int isa, int dtype)

cdef enum:
    BLOCK = 512                          # ratings gathered at a time
    PER_CHUNK = 32                       # users

ctypedef struct Half:
    const Ops *ops
    const DotOps *dot
    int dtype
    ptrdiff_t count, rank, w, size       # users; unknowns of one: its factors and, with biases, its bias
    double reg
    const int64_t *starts                # (count + 1): ratings of user u are starts[u] ... starts[u + 1] - 1
    const int32_t *others                # the item of each rating
    const char *values                   # less the mean of all
    const char *rows                     # factors and bias of each item
    char *own                            # those of each user
    bint measured                        # whether the squares are asked for
    double *squares                      # (count): of what each user's ratings leave; -1 where there is no solution


cdef int normal_equations(const Half *h, ptrdiff_t first, ptrdiff_t end, char *gathered, char *r) noexcept nogil:
    """r (w + 1, w + 1) = the Gram matrix of ratings first ... end - 1; the last block of them stays in `gathered`."""
    cdef Product p
    cdef ptrdiff_t width = h.w + 1, rows
    cdef int status = OK
    p.dtype, p.m, p.n, p.threads = h.dtype, width, width, 1
    p.a, p.rsa, p.csa = gathered, 1, width
    p.b, p.rsb, p.csb = gathered, width, 1
    p.c, p.rsc, p.epilogue, p.add, p.spare, p.upper_only = r, width, NULL, 0, False, True
    while status == OK and first < end:
        rows = min(<ptrdiff_t>BLOCK, end - first)
        h.ops.gather(rows, h.rank, h.w, h.others + first, h.values + first * h.size, h.rows, gathered)
        p.k = rows
        plan(&p)
        status = run(&p)
        p.add = 1
        first += rows
        if status == OK and first < end:
            status = check_interrupt()
    return status


cdef double left_over(const Half *h, ptrdiff_t first, ptrdiff_t end, char *gathered, const char *x,
                      char *fitted) noexcept nogil:
    """The sum of squares of what x leaves; `gathered` holds the last block of the ratings first ... end - 1."""
    cdef ptrdiff_t width = h.w + 1, last = first + (end - first - 1) // BLOCK * BLOCK, rows = end - last
    cdef double total = 0
    while True:
        h.dot.rows(rows, h.w, gathered, width, 1, x, 1, fitted, 1)
        total += h.ops.squares(rows, h.w, gathered, fitted)
        if first == last:
            return total
        rows = BLOCK
        h.ops.gather(rows, h.rank, h.w, h.others + first, h.values + first * h.size, h.rows, gathered)
        first += rows


cdef int solve_user(const Half *h, ptrdiff_t u, char *gathered) noexcept nogil:
    cdef ptrdiff_t first = h.starts[u], end = h.starts[u + 1], width = h.w + 1, i
    cdef char *r = gathered + BLOCK * width * h.size
    cdef char *fitted = r + width * width * h.size
    cdef char *x = h.own + u * (h.rank + 1) * h.size
    cdef int status
    memset(x, 0, (h.rank + 1) * h.size)
    h.squares[u] = 0
    if first == end:
        return OK
    status = normal_equations(h, first, end, gathered, r)
    if status == OK:
        h.ops.regularize(h.w, h.reg * (end - first), r)
        status = factor_upper(h.dtype, width, r, width, 1)
    if status > 0:
        h.squares[u] = -1
        return OK
    if status == OK:
        for i in range(h.w):
            memcpy(x + i * h.size, r + (i * width + h.w) * h.size, h.size)
        status = solve_triangle(h.dtype, h.w, 1, r, width, 1, False, False, x, 1, 1)
    if status == OK and h.measured:
        h.squares[u] = left_over(h, first, end, gathered, x, fitted)
    return status


cdef int chunk(void *ctx, ptrdiff_t i) noexcept nogil:
    cdef const Half *h = <const Half *>ctx
    cdef ptrdiff_t u, width = h.w + 1
    cdef char *gathered = <char *>workspace(SLOT_C, (BLOCK * (width + 1) + width * width) * h.size)
    cdef int status
    if gathered == NULL:
        return NO_MEMORY
    for u in range(i * PER_CHUNK, min((i + 1) * PER_CHUNK, h.count)):
        status = solve_user(h, u, gathered)
        if status:
            return status
    return check_interrupt()


def solve(int64_t[::1] starts, int32_t[::1] others, cnp.ndarray values, cnp.ndarray rows, cnp.ndarray own,
          bint biases, double reg, bint measured, double[::1] squares, workers, str name):
    """own (count, rank + 1) from rows (items, rank + 1), as Half says; float arrays of one type in one piece each."""
    cdef Half h
    cdef int status, threads = threads_for(workers)
    h.size = cnp.PyArray_ITEMSIZE(own)
    h.dtype = kernel_dtype(cnp.PyArray_TYPE(own), h.size)
    h.ops, h.dot = mc_ratings_ops_for(isa(), h.dtype), mc_dot_ops_for(isa(), h.dtype)
    h.measured = measured
    h.count, h.rank, h.reg = cnp.PyArray_DIM(own, 0), cnp.PyArray_DIM(own, 1) - 1, reg
    h.w = h.rank + biases
    h.values, h.rows = <const char *>cnp.PyArray_DATA(values), <const char *>cnp.PyArray_DATA(rows)
    h.own = <char *>cnp.PyArray_DATA(own)
    if h.count == 0 or values.size == 0:
        own[...] = 0
        squares[:] = 0
        return
    h.starts, h.others, h.squares = &starts[0], &others[0], &squares[0]
    with nogil:
        work_begin()
        status = parallel_for(chunk, &h, (h.count + PER_CHUNK - 1) // PER_CHUNK, threads)
    raise_for(status, name)
