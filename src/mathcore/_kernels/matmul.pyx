# cython: binding=True
"""Products: C = A B in blocks of k, packed where packing pays, spread over threads by tiles of C.

Every element of C is one chain of fused multiply-adds over k in blocks of KC, never split over threads, so the path,
the layout, the thread count and the vector width do not show in the bits.
"""

cimport numpy as cnp
from libc.string cimport memset

from mathcore._kernels.runtime cimport (
    F32, F64, NO_MEMORY, OK, SLOT_A, SLOT_B, U32, U64,
    isa, parallel_for, raise_for, threads_for, work_begin, workspace,
)

cnp.import_array()

# KC: a strip of packed B (KC x 24 float64) is 48 KB and a group of packed A 16 KB: L1 and the front of L2.
# MC x KC of packed A is 384 KB of float64, under half of a 1 MB L2. KC x NC of packed B is 4 MB: the workspace bound.
cdef Tuning DEFAULT = Tuning(256, 192, 2048)

cdef enum:
    DIRECT       # tiles straight from the operands, packing what the plan says
    THIN_PATH    # up to THIN columns: lanes run along rows of A

cdef double SERIAL_FLOPS = 1.5e6         # about 10 us of work: below it a second thread costs more than it brings
cdef double GIL_FLOPS = 5e4              # about 1 us


# ------------------------------------------------------------------ plan

cdef void swap_operands(Product *p) noexcept nogil:
    """C^T = B^T A^T, for a C of one column or with unit row stride."""
    p.m, p.n = p.n, p.m
    p.a, p.b = p.b, p.a
    p.rsa, p.csb = p.csb, p.rsa
    p.csa, p.rsb = p.rsb, p.csa


cdef void plan(Product *p, const Tuning *tuning) noexcept nogil:
    """Choose the path and the chunks. Nothing chosen here shows in the bits; tuning.kc does."""
    cdef double flops = 2.0 * p.m * p.n * p.k
    cdef ptrdiff_t groups, strips, want
    p.tuning = tuning[0]
    p.ops = mc_gemm_ops_for(isa(), p.dtype)
    p.path = DIRECT
    if flops < SERIAL_FLOPS:
        p.threads = 1
    p.swapped = False
    if not p.upper_only and (p.n == 1 and p.csa != 1 and p.rsc == 1 and p.epilogue == NULL or p.m == 1 and p.csb != 1):
        # a column with A in Fortran order is a row times a C-order matrix, and the reverse
        swap_operands(p)
        p.swapped = True
        p.rsc = 1
    if p.n <= THIN and p.csa == 1 and p.m >= p.ops.lanes and p.k >= p.ops.lanes and not p.upper_only:
        p.path = THIN_PATH
        p.rows = chunk(p.m, 2 * p.ops.lanes, p.threads)
        return
    p.pack_b = p.csb != 1 and p.n > 1 or (p.m >= 8 * p.ops.mr and p.k * p.n * p.ops.size > 256 * 1024)
    p.pack_a = p.n >= 16 * p.ops.lanes and p.m >= 4 * p.ops.mr and p.m * p.k * p.ops.size > 256 * 1024
    if p.tuning.kc < 64:                 # a test walks the blocks
        p.pack_a = p.pack_b = True
    groups = ceil_div(p.m, p.ops.mr)
    strips = ceil_div(p.n, p.ops.nr)
    if p.upper_only:
        p.rows, p.cols = p.ops.nr, p.n
    elif p.threads == 1 or groups >= 2 * p.threads:
        p.rows, p.cols = chunk(p.m, p.ops.mr, p.threads), p.n
    else:
        p.rows, p.cols = p.m, chunk(p.n, p.ops.nr, p.threads)
    if p.rows > p.tuning.mc:
        p.rows = round_up(p.tuning.mc, p.ops.mr)


cdef ptrdiff_t ceil_div(ptrdiff_t n, ptrdiff_t unit) noexcept nogil:
    return (n + unit - 1) // unit


cdef ptrdiff_t round_up(ptrdiff_t n, ptrdiff_t unit) noexcept nogil:
    return ceil_div(n, unit) * unit


cdef ptrdiff_t chunk(ptrdiff_t n, ptrdiff_t unit, int threads) noexcept nogil:
    """A share of n: all of it for one thread, else about four shares per thread, in whole units."""
    if threads == 1:
        return round_up(n, unit)
    return round_up(ceil_div(n, (4 * threads)), unit)


# ------------------------------------------------------------------ run

cdef int thin_chunk(void *ctx, ptrdiff_t i) noexcept nogil:
    cdef Product *p = <Product *>ctx
    cdef ptrdiff_t row = i * p.rows, size = p.ops.size
    p.ops.thin(min(p.rows, p.m - row), p.n, p.k, p.a + row * p.rsa * size, p.rsa, p.b, p.rsb, p.csb,
               p.c + row * p.rsc * size, p.rsc, p.tuning.kc)
    return OK


cdef void finish(Product *p) noexcept nogil:
    """The epilogue over results that already stand in C: a block of no terms, added."""
    cdef Panel t
    memset(&t, 0, sizeof(t))
    t.m, t.n = (p.n, p.m) if p.swapped else (p.m, p.n)
    t.a, t.b, t.c, t.rsc = p.a, p.b, p.c, p.n if p.swapped else p.rsc
    t.accumulate, t.epilogue = 1, p.epilogue
    p.ops.panel(&t)


cdef int pack_b_chunk(void *ctx, ptrdiff_t s) noexcept nogil:
    """Strip s of the block (p0, j0) of B."""
    cdef Product *p = <Product *>ctx
    cdef ptrdiff_t j = s * p.ops.nr, size = p.ops.size
    p.ops.pack(min(<ptrdiff_t>p.ops.nr, p.nb - j), p.kb, p.b + (p.p0 * p.rsb + (p.j0 + j) * p.csb) * size, p.csb, p.rsb,
               p.ops.nr, <char *>p.packed_b + j * p.kb * size)
    return OK


cdef int tile_chunk(void *ctx, ptrdiff_t i) noexcept nogil:
    """Chunk i of C's columns j0 ... j0+nb, for the block p0 ... p0+kb of k."""
    cdef Product *p = <Product *>ctx
    cdef ptrdiff_t size = p.ops.size, mr = p.ops.mr, nr = p.ops.nr
    cdef ptrdiff_t per_row = ceil_div(p.nb, p.cols), row = i // per_row * p.rows, col = i % per_row * p.cols
    cdef const char *a = p.a + (row * p.rsa + p.p0 * p.csa) * size
    cdef Panel t
    cdef void *packed
    if p.upper_only:
        col = max(row - p.j0, 0) // nr * nr
        if col >= p.nb:
            return OK
    t.m, t.n, t.k = min(p.rows, p.m - row), min(p.cols, p.nb - col), p.kb
    if p.pack_a:
        packed = workspace(SLOT_A, round_up(t.m, mr) * t.k * size)
        if packed == NULL:
            return NO_MEMORY
        p.ops.pack(t.m, t.k, a, p.rsa, p.csa, mr, packed)
        t.a, t.gsa, t.rsa, t.csa = packed, mr * t.k, 1, mr
    else:
        t.a, t.gsa, t.rsa, t.csa = a, mr * p.rsa, p.rsa, p.csa
    if p.pack_b:
        t.b, t.ssb, t.rsb = p.packed_b + col * t.k * size, nr * t.k, nr
    else:
        t.b, t.ssb, t.rsb = p.b + (p.p0 * p.rsb + p.j0 + col) * size, nr, p.rsb
    t.row, t.col = row, p.j0 + col
    t.c, t.rsc = p.c + (row * p.rsc + t.col) * size, p.rsc
    t.accumulate = p.p0 > 0
    t.epilogue = p.epilogue if p.p0 + p.kb == p.k else NULL
    p.ops.panel(&t)
    return OK


cdef int run(Product *p) noexcept nogil:
    """The planned product. k = 0 gives the epilogue of zeros."""
    cdef int status = OK
    cdef ptrdiff_t nc = p.n
    if p.m == 0 or p.n == 0:
        return OK
    if p.path == THIN_PATH:
        status = parallel_for(thin_chunk, p, ceil_div(p.m, p.rows), p.threads)
        if status == OK and p.epilogue != NULL:
            finish(p)
        return status
    if p.pack_b:
        nc = min(p.n, round_up(p.tuning.nc * 8 // p.ops.size, p.ops.nr))
        p.packed_b = <const char *>workspace(SLOT_B, min(p.tuning.kc, p.k) * round_up(nc, p.ops.nr) * p.ops.size)
        if p.packed_b == NULL:
            return NO_MEMORY
    p.j0 = 0
    while p.j0 < p.n:
        p.nb = min(nc, p.n - p.j0)
        p.p0 = 0
        while True:
            p.kb = min(p.tuning.kc, p.k - p.p0)
            if p.pack_b:
                status = parallel_for(pack_b_chunk, p, ceil_div(p.nb, p.ops.nr), p.threads)
                if status:
                    return status
            status = parallel_for(tile_chunk, p, ceil_div(p.m, p.rows) * ceil_div(p.nb, p.cols), p.threads)
            if status:
                return status
            p.p0 += p.kb
            if p.p0 >= p.k:
                break
        p.j0 += p.nb
    return OK


# ------------------------------------------------------------------ batches

cdef enum: MAX_DIMS = 64

ctypedef struct Batch:
    Product product
    int ndim
    ptrdiff_t shape[MAX_DIMS]
    ptrdiff_t sa[MAX_DIMS]               # bytes
    ptrdiff_t sb[MAX_DIMS]
    ptrdiff_t sc[MAX_DIMS]
    ptrdiff_t count, per_chunk


cdef int batch_chunk(void *ctx, ptrdiff_t i) noexcept nogil:
    """Matrices i * per_chunk ... of the batch, the last batch dimension running fastest."""
    cdef Batch *b = <Batch *>ctx
    cdef Product p = b.product
    cdef ptrdiff_t at[MAX_DIMS]
    cdef ptrdiff_t first = i * b.per_chunk, left = min(b.per_chunk, b.count - first), rest = first
    cdef int d, status
    for d in range(b.ndim - 1, -1, -1):
        at[d] = rest % b.shape[d]
        rest //= b.shape[d]
        p.a += at[d] * b.sa[d]
        p.b += at[d] * b.sb[d]
        p.c += at[d] * b.sc[d]
    # a small product of one block needs none of run's loops
    cdef bint single = p.path == DIRECT and not p.pack_a and not p.pack_b and p.k <= p.tuning.kc
    cdef Panel t
    if single:
        t.m, t.n, t.k = p.m, p.n, p.k
        t.gsa, t.rsa, t.csa = p.ops.mr * p.rsa, p.rsa, p.csa
        t.ssb, t.rsb, t.rsc = p.ops.nr, p.rsb, p.rsc
        t.accumulate, t.epilogue, t.row, t.col = 0, p.epilogue, 0, 0
    while True:
        if single:
            t.a, t.b, t.c = p.a, p.b, p.c
            p.ops.panel(&t)
        else:
            status = run(&p)
            if status:
                return status
        left -= 1
        if left == 0:
            return OK
        d = b.ndim - 1
        while True:
            at[d] += 1
            p.a += b.sa[d]
            p.b += b.sb[d]
            p.c += b.sc[d]
            if at[d] < b.shape[d]:
                break
            p.a -= at[d] * b.sa[d]
            p.b -= at[d] * b.sb[d]
            p.c -= at[d] * b.sc[d]
            at[d] = 0
            d -= 1


cdef int run_batch(Batch *b) noexcept nogil:
    cdef Product *p = &b.product
    cdef double flops = 2.0 * p.m * p.n * p.k + 50      # 50: what a call of the tile costs
    cdef int threads = p.threads
    if b.count == 1:
        plan(p, &DEFAULT)
        return run(p)
    if b.count >= 4 * threads or flops < SERIAL_FLOPS:
        # threads take whole matrices, about 100 us of work at a time
        plan(p, &DEFAULT)
        p.threads = 1
        b.per_chunk = max(<ptrdiff_t>1, min(ceil_div(b.count, (4 * threads)), <ptrdiff_t>(5e6 / flops)))
        if flops * b.count < SERIAL_FLOPS:
            threads = 1
        return parallel_for(batch_chunk, b, ceil_div(b.count, b.per_chunk), threads)
    b.per_chunk = 1
    plan(p, &DEFAULT)
    cdef ptrdiff_t i
    cdef int status
    for i in range(b.count):             # few large matrices: threads share each
        status = batch_chunk(b, i)
        if status:
            return status
    return OK


# ------------------------------------------------------------------ arrays

cdef int kernel_dtype(int typenum, ptrdiff_t size) noexcept nogil:
    """The element type whose arithmetic serves a NumPy type, or -1."""
    if typenum == cnp.NPY_DOUBLE:
        return F64
    if typenum == cnp.NPY_FLOAT:
        return F32
    if cnp.NPY_INT <= typenum <= cnp.NPY_ULONGLONG:
        return U64 if size == 8 else U32
    return -1


cdef bint usable(cnp.ndarray x) noexcept:
    """Native byte order, aligned, strides in whole elements."""
    cdef int d
    cdef ptrdiff_t size
    if not cnp.PyArray_ISBEHAVED_RO(x):
        return False
    size = cnp.PyArray_ITEMSIZE(x)
    for d in range(cnp.PyArray_NDIM(x)):
        if cnp.PyArray_STRIDE(x, d) & (size - 1):
            return False
    return True


cdef void extent(cnp.ndarray x, char **low, char **high) noexcept:
    cdef int d
    cdef ptrdiff_t reach
    low[0] = <char *>cnp.PyArray_DATA(x)
    high[0] = low[0] + cnp.PyArray_ITEMSIZE(x)
    for d in range(cnp.PyArray_NDIM(x)):
        reach = (cnp.PyArray_DIM(x, d) - 1) * cnp.PyArray_STRIDE(x, d)
        if reach > 0:
            high[0] += reach
        else:
            low[0] += reach


cdef bint may_overlap(cnp.ndarray x, cnp.ndarray y) noexcept:
    cdef char *xl
    cdef char *xh
    cdef char *yl
    cdef char *yh
    extent(x, &xl, &xh)
    extent(y, &yl, &yh)
    return xl < yh and yl < xh


cdef bint plain_rows(cnp.ndarray c) noexcept:
    """Unit stride along the last axis and no two elements in one place."""
    cdef int d, nd = cnp.PyArray_NDIM(c)
    cdef ptrdiff_t room = cnp.PyArray_ITEMSIZE(c)
    for d in range(nd - 1, -1, -1):
        if cnp.PyArray_DIM(c, d) == 1:
            continue
        if cnp.PyArray_STRIDE(c, d) < room or d == nd - 1 and cnp.PyArray_STRIDE(c, d) != room:
            return False
        room = cnp.PyArray_STRIDE(c, d) * cnp.PyArray_DIM(c, d)
    return True


# How the operands of the four products stand to matmul: does x1, does x2 lack its matrix axis (NumPy's rules)?
cdef enum:
    X1_VECTOR = 1
    X2_VECTOR = 2


def product(x1, x2, out, workers, int vectors=0):
    """x1 times x2 over the last axes, or None when the arrays need the general door first (see linalg/matmul.py).

    vectors: bit 0, x1 holds row vectors; bit 1, x2 holds column vectors (of matvec and vecmat, with batch axes).
    """
    if not cnp.PyArray_CheckExact(x1) or not cnp.PyArray_CheckExact(x2):
        return None
    cdef cnp.ndarray a = x1, b = x2, c
    cdef int typenum = cnp.PyArray_TYPE(a), da = cnp.PyArray_NDIM(a), db = cnp.PyArray_NDIM(b)
    cdef ptrdiff_t size = cnp.PyArray_ITEMSIZE(a), k2
    cdef int dtype = kernel_dtype(typenum, size)
    if dtype < 0 or cnp.PyArray_TYPE(b) != typenum or da < 1 or db < 1 or not usable(a) or not usable(b):
        return None
    cdef Batch job
    cdef Product *p = &job.product
    cdef cnp.npy_intp shape[MAX_DIMS]
    cdef cnp.npy_intp n1, n2
    cdef int d, e, f, na, nb, nd, status
    # 1-d operands of matmul are vectors without batch axes
    cdef bint row = vectors & X1_VECTOR or da == 1
    cdef bint column = vectors & X2_VECTOR or db == 1

    p.k = cnp.PyArray_DIM(a, da - 1)
    p.csa = cnp.PyArray_STRIDE(a, da - 1) // size
    if row:
        na, p.m, p.rsa = da - 1, 1, 0
    else:
        na, p.m, p.rsa = da - 2, cnp.PyArray_DIM(a, da - 2), cnp.PyArray_STRIDE(a, da - 2) // size
    if column:
        nb, p.n, p.csb = db - 1, 1, 0
    elif db < 2:
        return None
    else:
        nb, p.n, p.csb = db - 2, cnp.PyArray_DIM(b, db - 1), cnp.PyArray_STRIDE(b, db - 1) // size
    e = nb
    k2, p.rsb = cnp.PyArray_DIM(b, e), cnp.PyArray_STRIDE(b, e) // size
    nd = max(na, nb)
    if na < 0 or k2 != p.k or nd > MAX_DIMS - 2:
        return None

    job.ndim, job.count = nd, 1
    for d in range(nd):
        e, f = d - nd + na, d - nd + nb
        n1 = cnp.PyArray_DIM(a, e) if e >= 0 else 1
        n2 = cnp.PyArray_DIM(b, f) if f >= 0 else 1
        if n1 != n2 and n1 != 1 and n2 != 1:
            return None
        shape[d] = job.shape[d] = n2 if n1 == 1 else n1
        job.sa[d] = cnp.PyArray_STRIDE(a, e) if n1 != 1 else 0
        job.sb[d] = cnp.PyArray_STRIDE(b, f) if n2 != 1 else 0
        job.count *= shape[d]
    e = nd
    if not row:
        shape[e] = p.m
        e += 1
    if not column:
        shape[e] = p.n
        e += 1

    if out is None:
        c = cnp.PyArray_EMPTY(e, shape, typenum, 0)
    else:
        if not cnp.PyArray_CheckExact(out):
            return None
        c = out
        if (cnp.PyArray_TYPE(c) != typenum or cnp.PyArray_NDIM(c) != e or not cnp.PyArray_ISWRITEABLE(c) or not usable(c)
                or not plain_rows(c) or may_overlap(c, a) or may_overlap(c, b)):
            return None
        for d in range(e):
            if cnp.PyArray_DIM(c, d) != shape[d]:
                return None
    if cnp.PyArray_SIZE(c) == 0:
        return c
    for d in range(nd):
        job.sc[d] = cnp.PyArray_STRIDE(c, d)
    p.rsc = p.n if row or cnp.PyArray_DIM(c, nd) == 1 else cnp.PyArray_STRIDE(c, nd) // size
    p.dtype, p.epilogue, p.upper_only = dtype, NULL, False
    p.a, p.b, p.c = <char *>cnp.PyArray_DATA(a), <char *>cnp.PyArray_DATA(b), <char *>cnp.PyArray_DATA(c)

    # rows of a batch of A against one B are rows of one tall A: one product instead of many small ones
    if nd == 1 and not row and nb == 0 and job.sa[0] == p.m * p.rsa * size and job.sc[0] == p.m * p.rsc * size:
        p.m *= job.count
        job.ndim, job.count = 0, 1

    cdef double flops = 2.0 * p.m * p.n * p.k * job.count + 50.0 * job.count
    p.threads = 1 if flops < SERIAL_FLOPS and workers is None else threads_for(workers)
    if flops < GIL_FLOPS:
        status = run_batch(&job)
    else:
        with nogil:
            work_begin()
            status = run_batch(&job)
    if status:
        raise_for(status, "matmul")
    return c
