# cython: binding=True
"""Cholesky factors in place: panels of rows, blocks of 64 on the diagonal; solving, updating, batches.

A panel's strips are solved where gemm has packed them, so they are its operand B as they stand.
"""

cimport numpy as cnp
from libc.string cimport memcpy, memset

from mathcore._kernels.arrays cimport good_workers, kernel_dtype, usable
from mathcore._kernels.finite cimport finite
from mathcore._kernels.gemm cimport GemmOps, Panel, gemm_ops
from mathcore._kernels.runtime cimport (
    F32, F64, MAX_THREADS, NO_MEMORY, OK, SLOT_A, SLOT_B, SLOT_E,
    ceil_div, check_interrupt, isa, parallel_for, raise_for, threads_for, work_begin, workspace,
)
from mathcore._kernels.triangular cimport solve_triangle

cnp.import_array()

cdef extern from "simd/cholesky.h" nogil:
    enum:
        BLOCK "MC_CHOLESKY"
        RANK "MC_RANK"
    ctypedef struct Ops "mc_cholesky_ops":
        int size, group
        int (*factor)(ptrdiff_t n, const void *a, ptrdiff_t rsa, ptrdiff_t csa, void *c, ptrdiff_t rsc) noexcept nogil
        void (*solve_strips)(ptrdiff_t k, ptrdiff_t n, const void *l, const void *inverse, void *x, void *b,
                             ptrdiff_t rsb) noexcept nogil
        void (*reciprocals)(ptrdiff_t k, const void *a, ptrdiff_t rsa, void *inverse) noexcept nogil
        int (*rotate)(int sign, ptrdiff_t n, ptrdiff_t k, void *u, ptrdiff_t rsu, void *x, ptrdiff_t rsx) noexcept nogil
    const Ops *mc_cholesky_ops_for(int isa, int dtype)

cdef double SERIAL_FLOPS = 1.5e6         # as in gemm
cdef double BATCH_FLOPS = 2e8            # up to here a thread takes whole matrices: one lasts 5 ms
# Rows of a panel: the update reads and writes C once for each. 128 in place of 64 is 2 % slower at n = 512 (the panel
# itself runs slower than the update), 3 % faster at 2048; 256 is as fast.
cdef ptrdiff_t PANEL = 64, WIDE_PANEL = 128, WIDE_FROM = 512
cdef ptrdiff_t COLUMNS = 1024            # of the packed panel, for float64: 1 MB, streams from L3 past packed A in L2
cdef ptrdiff_t ROWS = 64                 # of a chunk of C, for float64
cdef ptrdiff_t STRIPS = 8                # solved by one chunk: rows are read and written 512 bytes at a time


def set_tuning(panel=None, wide_panel=None, wide_from=None, columns=None, rows=None):
    """Change the block sizes of the process and return the former: tests walk block edges with them. The panels are
    multiples of 8, the wide one at most wide_from; they show in the bits, columns and rows do not."""
    global PANEL, WIDE_PANEL, WIDE_FROM, COLUMNS, ROWS
    former = PANEL, WIDE_PANEL, WIDE_FROM, COLUMNS, ROWS
    PANEL, WIDE_PANEL, WIDE_FROM = panel or former[0], wide_panel or former[1], wide_from or former[2]
    COLUMNS, ROWS = columns or former[3], rows or former[4]
    return former


cdef int share(int threads, double flops) noexcept nogil:
    """Threads for that much work."""
    return threads if flops > SERIAL_FLOPS else 1


# ------------------------------------------------------------------ one matrix

ctypedef struct Step:
    const GemmOps *gemm
    const Ops *ops
    ptrdiff_t k, rsa                     # rows of the panel, of A
    ptrdiff_t j0, nb                     # the block of columns at hand, counted from those right of the triangle
    ptrdiff_t rows                       # of a chunk of C
    char *beside                         # the panel right of its triangle
    char *below                          # C
    char *triangle                       # packed, and the reciprocals of its diagonal
    char *inverse
    char *packed                         # the block of the panel


cdef int solve_chunk(void *ctx, ptrdiff_t i) noexcept nogil:
    """STRIPS strips of the panel: packed, solved, written back."""
    cdef Step *s = <Step *>ctx
    cdef ptrdiff_t j = i * STRIPS * s.gemm.nr, n = min(STRIPS * s.gemm.nr, s.nb - j)
    cdef char *b = s.beside + (s.j0 + j) * s.ops.size
    cdef char *x = s.packed + j * s.k * s.ops.size
    s.gemm.pack(n, s.k, b, 1, s.rsa, s.gemm.nr, x)
    s.ops.solve_strips(s.k, n, s.triangle, s.inverse, x, b, s.rsa)
    return OK


cdef void keep_triangle(const Step *s, ptrdiff_t row, ptrdiff_t end, ptrdiff_t col, char *kept,
                        bint back) noexcept nogil:
    """What stands below the diagonal in rows row ... end from column `col` on: out of C, or back into it."""
    cdef ptrdiff_t r, nbytes, size = s.ops.size
    cdef char *at
    for r in range(max(row, col + 1), end):
        at, nbytes = s.below + (r * s.rsa + col) * size, (r - col) * size
        memcpy(at if back else kept, kept if back else at, nbytes)
        kept += nbytes


cdef int update_chunk(void *ctx, ptrdiff_t i) noexcept nogil:
    """Rows of C: strips that meet the diagonal only down to it, then the rest of the block at once."""
    cdef Step *s = <Step *>ctx
    cdef ptrdiff_t mr = s.gemm.mr, nr = s.gemm.nr, size = s.ops.size, row = i * s.rows, end = s.j0 + s.nb
    cdef ptrdiff_t m = min(s.rows, end - row), col = max(s.j0, row // nr * nr)
    cdef Panel t
    cdef char kept[4608]                 # half of a square as wide as the widest strip, 48 columns of float32
    cdef void *a = workspace(SLOT_A, ceil_div(m, mr) * mr * s.k * size)
    if a == NULL:
        return NO_MEMORY
    s.gemm.pack(m, s.k, s.beside + row * size, 1, s.rsa, mr, a)
    t.k, t.a, t.gsa, t.rsa, t.csa = s.k, a, mr * s.k, 1, mr
    t.ssb, t.rsb, t.far, t.rsc, t.accumulate, t.resume, t.epilogue = nr * s.k, nr, 0, s.rsa, -1, 0, NULL
    while col < end:
        t.m = min(m, col + nr - row)
        t.n = end - col if t.m == m else min(nr, end - col)
        t.row, t.col = row, col
        t.b, t.c = s.packed + (col - s.j0) * s.k * size, s.below + (row * s.rsa + col) * size
        keep_triangle(s, row, min(row + t.m, end), col, kept, False)
        s.gemm.panel(&t)
        keep_triangle(s, row, min(row + t.m, end), col, kept, True)
        col += t.n
    return OK


cdef int step(int dtype, ptrdiff_t k, ptrdiff_t n, char *a, ptrdiff_t rsa, int threads) noexcept nogil:
    """From the factor of A's first k rows and columns: the n columns beside it, and C less their product."""
    cdef Step s
    cdef ptrdiff_t size, columns, strips
    cdef int status
    s.gemm, s.ops = gemm_ops(dtype), mc_cholesky_ops_for(isa(), dtype)
    size = s.ops.size
    s.k, s.rsa, s.beside, s.below = k, rsa, a + k * size, a + k * (rsa + 1) * size
    strips = STRIPS * s.gemm.nr
    columns = ceil_div(min(n, COLUMNS * 8 // size), s.gemm.nr) * s.gemm.nr
    s.rows = ROWS * 8 // size
    if threads > 1:                      # about four chunks for each thread
        s.rows = min(s.rows, ceil_div(n, 4 * threads * s.gemm.mr) * s.gemm.mr)
    s.triangle = <char *>workspace(SLOT_E, (k + 1) * k * size)
    s.packed = <char *>workspace(SLOT_B, columns * k * size)
    if s.triangle == NULL or s.packed == NULL:
        return NO_MEMORY
    s.inverse = s.triangle + k * k * size
    s.gemm.pack(k, k, a, 1, rsa, s.ops.group, s.triangle)
    s.ops.reciprocals(k, a, rsa, s.inverse)
    s.j0 = 0
    while s.j0 < n:
        s.nb = min(columns, n - s.j0)
        status = parallel_for(solve_chunk, &s, ceil_div(s.nb, strips), share(threads, <double>k * k * s.nb))
        if status == OK:
            status = parallel_for(update_chunk, &s, ceil_div(s.j0 + s.nb, s.rows),
                                  share(threads, <double>k * n * s.nb))
        if status == OK:
            status = check_interrupt()
        if status:
            return status
        s.j0 += s.nb
    return OK


cdef int factor_upper(int dtype, ptrdiff_t n, char *a, ptrdiff_t rsa, int threads) noexcept nogil:
    cdef const Ops *ops = mc_cholesky_ops_for(isa(), dtype)
    cdef ptrdiff_t k, i = 0, panel = PANEL if n <= WIDE_FROM else WIDE_PANEL
    cdef int status
    if n <= PANEL:
        return ops.factor(n, a, rsa, 1, a, rsa)
    while i < n:
        k = min(panel, n - i)
        status = factor_upper(dtype, k, a, rsa, threads)
        if status:
            return i + status if status > 0 else status
        if i + k < n:
            status = step(dtype, k, n - i - k, a, rsa, threads)
            if status:
                return status
        a += k * (rsa + 1) * ops.size
        i += k
    return OK


# ------------------------------------------------------------------ matrices and batches

ctypedef struct Items:
    int dtype, threads                   # threads: of one item
    ptrdiff_t n, per_chunk, count
    const char *a                        # strides of A in elements, of items in bytes; C is C-contiguous
    ptrdiff_t sa, rsa, csa
    char *c
    bint clean, nan
    int sign                             # of an update by the rows of X (k, n)
    ptrdiff_t k
    char *x
    long long *info


ctypedef struct Bands:
    const GemmOps *gemm
    const char *a
    ptrdiff_t n, rsa, csa
    char *c
    bint clean


cdef int copy_band(void *ctx, ptrdiff_t i) noexcept nogil:
    """BLOCK rows of A into C: from the diagonal on, zeros before it, if it is to be clean."""
    cdef Bands *s = <Bands *>ctx
    cdef ptrdiff_t row = i * BLOCK, end = min(s.n, row + BLOCK), size = s.gemm.size, j = row if s.clean else 0
    if s.a != s.c:
        while j < s.n:
            s.gemm.pack(min(<ptrdiff_t>BLOCK, s.n - j), end - row, s.a + (row * s.rsa + j * s.csa) * size, s.csa, s.rsa,
                        s.n, s.c + (row * s.n + j) * size)
            j += BLOCK
    if s.clean:
        for j in range(row, end):
            memset(s.c + j * s.n * size, 0, j * size)
    return OK


cdef int factor_item(const Items *s, const char *a, char *c) noexcept nogil:
    cdef const Ops *ops = mc_cholesky_ops_for(isa(), s.dtype)
    cdef Bands b
    cdef ptrdiff_t n = s.n
    cdef int status
    if n <= PANEL and s.clean and a != c:
        memset(c, 0, n * n * ops.size)
        return ops.factor(n, a, s.rsa, s.csa, c, n)
    b.gemm, b.a, b.n, b.rsa, b.csa, b.c, b.clean = gemm_ops(s.dtype), a, n, s.rsa, s.csa, c, s.clean
    status = parallel_for(copy_band, &b, ceil_div(n, BLOCK), share(s.threads, 4.0 * n * n))
    return factor_upper(s.dtype, n, c, n, s.threads) if status == OK else status


cdef int rotate_item(const Items *s, char *u, char *x) noexcept nogil:
    cdef const Ops *ops = mc_cholesky_ops_for(isa(), s.dtype)
    cdef ptrdiff_t t = 0
    cdef int status = OK
    while t < s.k and status == OK:
        status = ops.rotate(s.sign, s.n, min(<ptrdiff_t>RANK, s.k - t), u, s.n, x + t * s.n * ops.size, s.n)
        t += RANK
    return status


cdef int item_chunk(void *ctx, ptrdiff_t chunk) noexcept nogil:
    """Items one after the other; what fails is noted, and the next one begun."""
    cdef const Items *s = <const Items *>ctx
    cdef ptrdiff_t i, first = chunk * s.per_chunk, size = 4 if s.dtype == F32 else 8
    cdef ptrdiff_t nbytes = s.n * s.n * size
    cdef char *c
    cdef int status
    for i in range(first, min(s.count, first + s.per_chunk)):
        c = s.c + i * nbytes
        if s.sign:
            status = rotate_item(s, c, s.x + i * s.k * s.n * size)
        else:
            status = factor_item(s, s.a + i * s.sa, c)
        if status < 0:
            return status
        s.info[i] = status
        if status and s.nan:
            memset(c, 0xFF, nbytes)      # a NaN in every element
    return OK


cdef int run_items(Items *s, double flops, int threads) noexcept nogil:
    """`flops`: of one item. Threads take whole items where those are small and many, else they share each."""
    s.threads, s.per_chunk = threads, s.count
    if threads == 1 or s.count < 2 or s.count < 4 * threads and flops > SERIAL_FLOPS or flops > BATCH_FLOPS:
        s.per_chunk = max(<ptrdiff_t>1, <ptrdiff_t>(BATCH_FLOPS / (flops + 50)))
        return parallel_for(item_chunk, s, ceil_div(s.count, s.per_chunk), 1)
    s.per_chunk = max(<ptrdiff_t>1, min(ceil_div(s.count, 4 * threads), <ptrdiff_t>(5e6 / (flops + 50))))
    return parallel_for(item_chunk, s, ceil_div(s.count, s.per_chunk), share(threads, flops * s.count))


cdef double factor_flops(ptrdiff_t n) noexcept nogil:
    return 100.0 * n + <double>n * n * n / 3     # 100: a square root and a division wait for each other


cdef start(Items *s, cnp.ndarray c, cnp.ndarray info):
    s.dtype = kernel_dtype(cnp.PyArray_TYPE(c), cnp.PyArray_ITEMSIZE(c))
    s.count, s.n, s.c = cnp.PyArray_DIM(c, 0), cnp.PyArray_DIM(c, 1), <char *>cnp.PyArray_DATA(c)
    s.info = <long long *>cnp.PyArray_DATA(info)
    s.sign = 0


def factor(cnp.ndarray a, cnp.ndarray c, cnp.ndarray info, bint clean, bint nan, workers, str name):
    """c (count, n, n), in one piece, receives the upper factors of a (count, n, n), of any strides, of which only the
    upper triangles have a say; info (count) of int64 the orders of minors that are not positive, 0 where all are.

    The other triangles become zero if `clean`, else a's. c may be a; nan: items that fail become NaN.
    """
    cdef Items s
    cdef ptrdiff_t size = cnp.PyArray_ITEMSIZE(a)
    cdef int status, threads = threads_for(workers)
    start(&s, c, info)
    s.a, s.sa = <const char *>cnp.PyArray_DATA(a), cnp.PyArray_STRIDE(a, 0)
    s.rsa, s.csa = cnp.PyArray_STRIDE(a, 1) // size, cnp.PyArray_STRIDE(a, 2) // size
    s.clean, s.nan = clean, nan
    with nogil:
        work_begin()
        status = run_items(&s, factor_flops(s.n), threads)
    raise_for(status, name)


def rotate(cnp.ndarray u, cnp.ndarray x, cnp.ndarray info, int sign, bint nan, workers, str name):
    """u (count, n, n), upper factors in one piece, become those of U^T U + X^T X (sign 1) or of the difference (-1);
    x (count, k, n), in one piece, is used up."""
    cdef Items s
    cdef int status, threads = threads_for(workers)
    start(&s, u, info)
    s.sign, s.nan, s.k, s.x = sign, nan, cnp.PyArray_DIM(x, 1), <char *>cnp.PyArray_DATA(x)
    with nogil:
        work_begin()
        status = run_items(&s, 3.0 * s.n * s.n * s.k + 100.0 * s.n * s.k, threads)
    raise_for(status, name)


# ------------------------------------------------------------------ solving

ctypedef struct Systems:
    int dtype, threads
    ptrdiff_t n, m, count, per_chunk
    const char *c                        # strides of U in elements, of items in bytes; B is C-contiguous
    ptrdiff_t sc, rsc, csc
    char *b


cdef int system_chunk(void *ctx, ptrdiff_t chunk) noexcept nogil:
    cdef const Systems *s = <const Systems *>ctx
    cdef ptrdiff_t i, first = chunk * s.per_chunk, size = 4 if s.dtype == F32 else 8
    cdef const char *c
    cdef char *b
    cdef int status
    for i in range(first, min(s.count, first + s.per_chunk)):
        c, b = s.c + i * s.sc, s.b + i * s.n * s.m * size
        status = solve_triangle(s.dtype, s.n, s.m, c, s.csc, s.rsc, True, False, b, s.m, s.threads)
        if status == OK:
            status = solve_triangle(s.dtype, s.n, s.m, c, s.rsc, s.csc, False, False, b, s.m, s.threads)
        if status:
            return status
    return OK


cdef int run_systems(Systems *s, int threads) noexcept nogil:
    cdef double flops = 2.0 * s.n * s.n * s.m + 100.0 * s.n
    s.threads, s.per_chunk = threads, 1
    if s.count >= 4 * threads and flops < BATCH_FLOPS:
        s.threads = 1
        s.per_chunk = max(<ptrdiff_t>1, min(ceil_div(s.count, 4 * threads), <ptrdiff_t>(5e6 / flops)))
        return parallel_for(system_chunk, s, ceil_div(s.count, s.per_chunk), share(threads, flops * s.count))
    return parallel_for(system_chunk, s, s.count, 1)


def solve(cnp.ndarray c, cnp.ndarray b, bint lower, workers, str name):
    """b (count, n, m), in one piece, becomes the solutions of A x = b; c (count, n, n), of any strides, holds A's
    factors in its upper or lower triangles."""
    cdef Systems s
    cdef ptrdiff_t size = cnp.PyArray_ITEMSIZE(c)
    cdef int status, threads = threads_for(workers)
    s.dtype = kernel_dtype(cnp.PyArray_TYPE(c), size)
    s.count, s.n, s.m = cnp.PyArray_DIM(b, 0), cnp.PyArray_DIM(b, 1), cnp.PyArray_DIM(b, 2)
    s.c, s.sc, s.b = <const char *>cnp.PyArray_DATA(c), cnp.PyArray_STRIDE(c, 0), <char *>cnp.PyArray_DATA(b)
    s.rsc, s.csc = cnp.PyArray_STRIDE(c, 1 + lower) // size, cnp.PyArray_STRIDE(c, 2 - lower) // size
    with nogil:
        work_begin()
        status = run_systems(&s, threads)
    raise_for(status, name)


# ------------------------------------------------------------------ one plain matrix at once

cdef bint plain(cnp.ndarray x, int dtype, bint check_finite) noexcept:
    """A native float array, in one piece and finite if that is asked."""
    if dtype not in (F32, F64) or not usable(x):
        return False
    return not check_finite or ((cnp.PyArray_IS_C_CONTIGUOUS(x) or cnp.PyArray_IS_F_CONTIGUOUS(x))
                                and finite(<const char *>cnp.PyArray_DATA(x), cnp.PyArray_SIZE(x), dtype))


cdef cnp.ndarray pair_of_axes(ptrdiff_t n1, ptrdiff_t n2, int typenum, bint fortran):
    cdef cnp.npy_intp[2] shape
    shape[0], shape[1] = n1, n2
    return cnp.PyArray_EMPTY(2, shape, typenum, fortran)


def matrix_factor(x, bint lower, bint clean, bint check_finite, workers, str name):
    """The factor of one matrix, a plain array and positive definite; else None: the general door has the words."""
    if not cnp.PyArray_CheckExact(x) or not good_workers(workers, MAX_THREADS):
        return None
    cdef cnp.ndarray a = x, c
    cdef int typenum = cnp.PyArray_TYPE(a), status
    cdef ptrdiff_t size = cnp.PyArray_ITEMSIZE(a)
    cdef Items s
    s.dtype = kernel_dtype(typenum, size)
    if cnp.PyArray_NDIM(a) != 2 or not plain(a, s.dtype, check_finite):
        return None
    s.n = cnp.PyArray_DIM(a, 0)
    if s.n != cnp.PyArray_DIM(a, 1):
        return None
    c = pair_of_axes(s.n, s.n, typenum, lower)
    s.rsa, s.csa = cnp.PyArray_STRIDE(a, lower) // size, cnp.PyArray_STRIDE(a, 1 - lower) // size
    s.a, s.c, s.clean = <const char *>cnp.PyArray_DATA(a), <char *>cnp.PyArray_DATA(c), clean
    if s.n <= 16:                        # about 1 us
        s.threads = 1
        status = factor_item(&s, s.a, s.c)
    else:
        s.threads = threads_for(workers)
        with nogil:
            work_begin()
            status = factor_item(&s, s.a, s.c)
    if status < 0:
        raise_for(status, name)
    return c if status == 0 else None


def matrix_solve(x, y, bint lower, bint check_finite, workers, str name):
    """The solution of one system with one or several right-hand sides, plain arrays of one type; else None."""
    if not cnp.PyArray_CheckExact(x) or not cnp.PyArray_CheckExact(y) or not good_workers(workers, MAX_THREADS):
        return None
    cdef cnp.ndarray c = x, b = y
    cdef int typenum = cnp.PyArray_TYPE(c), ndim = cnp.PyArray_NDIM(b), status
    cdef ptrdiff_t size = cnp.PyArray_ITEMSIZE(c)
    cdef Systems s
    s.dtype = kernel_dtype(typenum, size)
    if cnp.PyArray_NDIM(c) != 2 or ndim not in (1, 2) or cnp.PyArray_TYPE(b) != typenum:
        return None
    s.n, s.m, s.count = cnp.PyArray_DIM(b, 0), cnp.PyArray_DIM(b, 1) if ndim == 2 else 1, 1
    if cnp.PyArray_DIM(c, 0) != s.n or cnp.PyArray_DIM(c, 1) != s.n or s.m == 0:
        return None
    if not plain(c, s.dtype, check_finite) or not plain(b, s.dtype, check_finite):
        return None
    b = cnp.PyArray_NewCopy(b, cnp.NPY_CORDER)
    s.rsc, s.csc = cnp.PyArray_STRIDE(c, lower) // size, cnp.PyArray_STRIDE(c, 1 - lower) // size
    s.c, s.sc, s.b = <const char *>cnp.PyArray_DATA(c), 0, <char *>cnp.PyArray_DATA(b)
    cdef int threads = threads_for(workers)
    with nogil:
        work_begin()
        status = run_systems(&s, threads)
    raise_for(status, name)
    return b
