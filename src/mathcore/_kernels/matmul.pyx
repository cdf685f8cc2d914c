# cython: binding=True
"""Products: C = A B in blocks of k, packed where packing pays, spread over threads by tiles of C.

Every element of C is one chain of fused multiply-adds over k in blocks of KC, never split over threads, so the path,
the layout, the thread count and the vector width do not show in the bits.
"""

cimport numpy as cnp
from libc.string cimport memset

from mathcore._kernels.runtime cimport (
    F32, F64, MAX_THREADS, NO_MEMORY, OK, SLOT_A, SLOT_B, U32, U64,
    check_interrupt, isa, parallel_for, raise_for, threads_for, work_begin, workspace,
)

cnp.import_array()

# Counted for float64, twice as many rows and columns for float32. KC x NC of packed B is 4 MB, the workspace bound.
# A strip of it (KC x 24, 96 KB) streams from L2 through a group of A (32 KB in L1) at 16 bytes a cycle, and MC x KC of
# packed A (256 KB) leaves L2 room for it: MC = 96 and KC = 256 are 3 and 5 % slower at n = 2048, 192 is 7 %.
cdef Tuning DEFAULT = Tuning(512, 64, 1024)

cdef enum:
    TILES        # tiles of C
    THIN_PATH    # up to THIN columns: lanes run along rows of A
    ROW_PATH     # one row
    STREAM_PATH  # few rows, large B: B is read row after row
    DOT_PATH     # one column: inner products, in the order of simd/dot.h

cdef double SERIAL_FLOPS = 1.5e6         # about 10 us of work: below it a second thread costs more than it brings
cdef double CHUNK_FLOPS = 2e8            # 2 to 20 ms: what a chunk may last between two looks for Ctrl-C
cdef double GIL_FLOPS = 5e4              # about 1 us
# Unpacked operands run at full speed while they fit L2 (measured up to n = 400); beyond, strides of a page and more
# cost TLB and set conflicts. B is packed first: its strips are read once per group of rows of A.
cdef ptrdiff_t PACK_B_BYTES = 1536 * 1024
cdef ptrdiff_t PACK_A_BYTES = 4096 * 1024
cdef ptrdiff_t FAR_BYTES = 1024 * 1024       # a B that comes from L3: its rows are prefetched by hand
# A B that comes from memory, or from an L3 that others use too, is read row after row when C has few rows: tiles that
# jump from row to row get 8 to 10 GB/s of memory, this 20 to 25 (of an idle L3 they get 50, this 40).
cdef ptrdiff_t STREAM_BYTES = 8 * 1024 * 1024
cdef ptrdiff_t STREAM_GROUP = 256 * 1024     # rows of B at a time: a quarter of L2
cdef ptrdiff_t STREAM_ROW_BYTES = 16 * 1024  # and at least 16 of them, or the sums are loaded and stored too often
cdef ptrdiff_t THIN_SIZE = 16384             # elements of A from which its transposition pays
cdef ptrdiff_t PARTS_BYTES = 1024 * 1024      # sums of blocks of a dot, kept until they are added in order
cdef ptrdiff_t PACK_STRIPS = 8               # packed by one chunk: rows of B are read 1.5 KB at a time



def set_tuning(kc=None, mc=None, nc=None):
    """Change the block sizes of the process and return the former (kc, mc, nc): tests walk every block edge with them."""
    former = DEFAULT.kc, DEFAULT.mc, DEFAULT.nc
    DEFAULT.kc, DEFAULT.mc, DEFAULT.nc = kc or former[0], mc or former[1], nc or former[2]
    return former


# ------------------------------------------------------------------ plan

cdef void swap_operands(Product *p) noexcept nogil:
    """C^T = B^T A^T, for a C of one row."""
    p.m, p.n = p.n, p.m
    p.a, p.b = p.b, p.a
    p.rsa, p.csb = p.csb, p.rsa
    p.csa, p.rsb = p.rsb, p.csa
    p.rsc = 1
    p.swapped = True


cdef void plan(Product *p, const Tuning *tuning) noexcept nogil:
    """Choose the path and the chunks. Of all that is chosen here only tuning.kc shows in the bits."""
    cdef ptrdiff_t size, mr, nr
    p.tuning = tuning[0]
    p.ops = mc_gemm_ops_for(isa(), p.dtype)
    size, mr, nr = p.ops.size, p.ops.mr, p.ops.nr
    p.swapped = False
    if 2.0 * p.m * p.n * p.k < SERIAL_FLOPS:
        p.threads = 1
    if p.n == 1:
        p.path = DOT_PATH
        p.rows = chunk(p.m, 64, p.threads, 2.0 * p.k)
        return
    if p.m == 1 and p.csb != 1 and p.rsb == 1:
        swap_operands(p)                 # a row times a Fortran-order matrix: its columns are read in one piece
    if p.n <= THIN and p.csa == 1 and p.m >= p.ops.lanes and p.m * p.k >= THIN_SIZE and not p.upper_only:
        p.path = THIN_PATH
        p.rows = chunk(p.m, 2 * p.ops.lanes, p.threads, 2.0 * p.n * p.k)
        return
    if p.m == 1 and p.csb == 1 and p.k and not p.upper_only:
        p.path = ROW_PATH
        p.cols = chunk(p.n, 8 * p.ops.lanes, p.threads, 2.0 * p.k)
        return
    if 1 < p.m <= 2 * mr and p.csb == 1 and p.k * p.n * size > STREAM_BYTES:
        p.path = STREAM_PATH
        p.cols = min(chunk(p.n, nr, p.threads, 2.0 * p.m * p.k), round_up(STREAM_ROW_BYTES // size, nr))
        return
    p.path = TILES
    p.pack_b = p.csb != 1 or p.m >= 8 * mr and p.k * p.n * size > PACK_B_BYTES
    p.pack_a = p.m >= 4 * mr and p.n >= 4 * nr and p.m * p.k * size > PACK_A_BYTES
    if p.tuning.kc < 64:                 # a test walks the blocks
        p.pack_a = p.pack_b = True
    if p.upper_only:
        p.rows, p.cols = nr, p.n
    elif p.m >= 2 * p.threads * mr and (p.threads > 1 or p.m > p.tuning.mc):
        p.rows, p.cols = chunk(p.m, mr, p.threads, 0), p.n
    else:
        p.rows, p.cols = p.m, chunk(p.n, nr, p.threads, 2.0 * p.m * p.k)
    if p.rows > p.tuning.mc * 8 // size:
        p.rows = round_up(p.tuning.mc * 8 // size, mr)


cdef ptrdiff_t ceil_div(ptrdiff_t n, ptrdiff_t unit) noexcept nogil:
    return (n + unit - 1) // unit


cdef ptrdiff_t round_up(ptrdiff_t n, ptrdiff_t unit) noexcept nogil:
    return ceil_div(n, unit) * unit


cdef ptrdiff_t chunk(ptrdiff_t n, ptrdiff_t unit, int threads, double flops) noexcept nogil:
    """A share of n units of `flops` each: about four shares per thread, none longer than the interrupt check allows."""
    cdef ptrdiff_t share = n if threads == 1 else ceil_div(n, 4 * threads)
    return round_up(max(<ptrdiff_t>1, min(share, <ptrdiff_t>(CHUNK_FLOPS / (flops + 1)))), unit)


# ------------------------------------------------------------------ run

cdef int thin_chunk(void *ctx, ptrdiff_t i) noexcept nogil:
    cdef Product *p = <Product *>ctx
    cdef ptrdiff_t row = i * p.rows, size = p.ops.size
    p.ops.thin(min(p.rows, p.m - row), <int>p.n, p.k, p.a + row * p.rsa * size, p.rsa, p.packed_b,
               p.c + row * p.rsc * size, p.rsc, p.tuning.kc)
    return OK


cdef int run_thin(Product *p) noexcept nogil:
    p.packed_b = <char *>workspace(SLOT_B, p.k * mc_thin_width(<int>p.n) * p.ops.size)
    if p.packed_b == NULL:
        return NO_MEMORY
    p.ops.thin_pack(p.k, <int>p.n, p.b, p.rsb, p.csb, p.packed_b)
    return parallel_for(thin_chunk, p, ceil_div(p.m, p.rows), p.threads)


cdef int row_chunk(void *ctx, ptrdiff_t i) noexcept nogil:
    """Columns of chunk i."""
    cdef Product *p = <Product *>ctx
    cdef ptrdiff_t col = i * p.cols, size = p.ops.size
    p.ops.row(min(p.cols, p.n - col), p.k, p.a, p.csa, p.b + col * size, p.rsb, p.c + col * size, p.tuning.kc)
    return OK


cdef int stream_chunk(void *ctx, ptrdiff_t i) noexcept nogil:
    """Columns of chunk i: a group of rows of B at a time, into sums that stay in cache."""
    cdef Product *p = <Product *>ctx
    cdef ptrdiff_t size = p.ops.size, col = i * p.cols, q = 0
    cdef Panel t
    t.m, t.n = p.m, min(p.cols, p.n - col)
    t.gsa, t.rsa, t.csa = p.ops.mr * p.rsa, p.rsa, p.csa
    t.ssb, t.rsb, t.far = p.ops.nr, p.rsb, 0
    t.accumulate, t.epilogue, t.row, t.col = 0, NULL, 0, col
    t.rsc = round_up(t.n, p.ops.lanes)
    t.c = workspace(SLOT_A, t.m * t.rsc * size)
    if t.c == NULL:
        return NO_MEMORY
    while q < p.k:
        t.k = min(STREAM_GROUP // (t.n * size), p.tuning.kc - q % p.tuning.kc, p.k - q)
        t.a, t.b = p.a + q * p.csa * size, p.b + (q * p.rsb + col) * size
        t.resume = q % p.tuning.kc != 0
        mc_touch(t.k, t.n * size, <const char *>t.b, p.rsb * size)
        p.ops.panel(&t)
        q += t.k
        if q % p.tuning.kc == 0 or q == p.k:
            p.ops.add_block(t.m, t.n, t.c, t.rsc, p.c + col * size, p.rsc, q > p.tuning.kc)
    return OK


cdef int dot_chunk(void *ctx, ptrdiff_t i) noexcept nogil:
    """Rows of chunk i."""
    cdef Product *p = <Product *>ctx
    cdef ptrdiff_t row = i * p.rows, size = p.ops.size
    mc_dot_ops_for(isa(), p.dtype).rows(min(p.rows, p.m - row), p.k, p.a + row * p.rsa * size, p.rsa, p.csa, p.b, p.rsb,
                                        p.c + row * p.rsc * size, p.rsc)
    return OK


cdef int dot_block_chunk(void *ctx, ptrdiff_t i) noexcept nogil:
    """All rows over block i from p0 on."""
    cdef Product *p = <Product *>ctx
    cdef ptrdiff_t q = p.p0 + i * DOT_BLOCK, size = p.ops.size
    mc_dot_ops_for(isa(), p.dtype).rows(p.m, min(<ptrdiff_t>DOT_BLOCK, p.k - q), p.a + q * p.csa * size, p.rsa, p.csa,
                                        p.b + q * p.rsb * size, p.rsb, p.packed_b + i * p.m * size, 1)
    return OK


cdef int run_dot(Product *p) noexcept nogil:
    cdef ptrdiff_t blocks = ceil_div(p.k, <ptrdiff_t>DOT_BLOCK), row = p.m * p.ops.size
    cdef int status
    if blocks < 2 or row > PARTS_BYTES // 16 or p.m >= 256 * p.threads or p.threads == 1 and p.m * p.k < CHUNK_FLOPS:
        return parallel_for(dot_chunk, p, ceil_div(p.m, p.rows), p.threads)
    # few long rows: threads take blocks of k, whose sums are added in the order that one thread would have taken
    blocks = min(blocks, PARTS_BYTES // row)
    p.packed_b = <char *>workspace(SLOT_B, blocks * row)
    if p.packed_b == NULL:
        return NO_MEMORY
    p.p0 = 0
    while p.p0 < p.k:
        blocks = min(blocks, ceil_div(p.k - p.p0, <ptrdiff_t>DOT_BLOCK))
        status = parallel_for(dot_block_chunk, p, blocks, p.threads)
        if status:
            return status
        mc_dot_ops_for(isa(), p.dtype).add_blocks(blocks, p.m, p.packed_b, p.c, p.rsc, p.p0 > 0)
        p.p0 += blocks * DOT_BLOCK
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
    """PACK_STRIPS strips of the block (p0, j0) of B."""
    cdef Product *p = <Product *>ctx
    cdef ptrdiff_t j = s * PACK_STRIPS * p.ops.nr, size = p.ops.size
    p.ops.pack(min(PACK_STRIPS * p.ops.nr, p.nb - j), p.kb, p.b + (p.p0 * p.rsb + (p.j0 + j) * p.csb) * size, p.csb, p.rsb,
               p.ops.nr, p.packed_b + j * p.kb * size)
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
        t.b, t.ssb, t.rsb, t.far = p.packed_b + col * t.k * size, nr * t.k, nr, 0
    else:
        t.far = p.k * p.n * size > FAR_BYTES
        t.b, t.ssb, t.rsb = p.b + (p.p0 * p.rsb + p.j0 + col) * size, nr, p.rsb
    t.row, t.col = row, p.j0 + col
    t.c, t.rsc = p.c + (row * p.rsc + t.col) * size, p.rsc
    t.accumulate, t.resume = p.p0 > 0, 0
    t.epilogue = p.epilogue if p.p0 + p.kb == p.k and not p.swapped else NULL
    p.ops.panel(&t)
    return OK


cdef int run(Product *p) noexcept nogil:
    """The planned product. k = 0 gives the epilogue of zeros."""
    cdef int status = OK
    cdef ptrdiff_t nc = p.n
    if p.m == 0 or p.n == 0:
        return OK
    if p.path != TILES:
        if p.path == THIN_PATH:
            status = run_thin(p)
        elif p.path == ROW_PATH:
            status = parallel_for(row_chunk, p, ceil_div(p.n, p.cols), p.threads)
        elif p.path == STREAM_PATH:
            status = parallel_for(stream_chunk, p, ceil_div(p.n, p.cols), p.threads)
        else:
            status = run_dot(p)
        if status == OK and p.epilogue != NULL:
            finish(p)
        return status
    if p.pack_b:
        nc = min(p.n, round_up(p.tuning.nc * 8 // p.ops.size, p.ops.nr))
        p.packed_b = <char *>workspace(SLOT_B, min(p.tuning.kc, p.k) * round_up(nc, p.ops.nr) * p.ops.size)
        if p.packed_b == NULL:
            return NO_MEMORY
    p.j0 = 0
    while p.j0 < p.n:
        p.nb = min(nc, p.n - p.j0)
        p.p0 = 0
        while True:
            p.kb = min(p.tuning.kc, p.k - p.p0)
            if p.pack_b:
                status = parallel_for(pack_b_chunk, p, ceil_div(p.nb, PACK_STRIPS * p.ops.nr), p.threads)
                if status:
                    return status
            status = parallel_for(tile_chunk, p, ceil_div(p.m, p.rows) * ceil_div(p.nb, p.cols), p.threads)
            if status:
                return status
            p.p0 += p.kb
            if p.p0 >= p.k:
                break
            status = check_interrupt()
            if status:
                return status
        p.j0 += p.nb
    if p.swapped and p.epilogue != NULL:
        finish(p)
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
    cdef Tiny s
    if p.path == TILES and b.ndim and p.k <= p.tuning.kc and p.m <= p.ops.mr and p.n <= p.ops.lanes and p.csb == 1 \
            and p.epilogue == NULL:
        d = b.ndim - 1
        s.m, s.n, s.k = p.m, p.n, p.k
        s.sa, s.rsa, s.csa, s.sb, s.rsb, s.sc, s.rsc = b.sa[d], p.rsa, p.csa, b.sb[d], p.rsb, b.sc[d], p.rsc
    else:
        s.m = 0
    # a small product of one block needs none of run's loops
    cdef bint single = p.path == TILES and not p.pack_a and not p.pack_b and p.k <= p.tuning.kc
    # operands that come from memory are fetched while the one before is at work: 100 in place of 240 ns for n = 16
    cdef ptrdiff_t nbytes = (p.m * p.k + p.k * p.n + p.m * p.n) * p.ops.size
    cdef ptrdiff_t ahead = 1 if nbytes <= 32 * 1024 and nbytes * b.count > FAR_BYTES else 0
    cdef const DotOps *dot = mc_dot_ops_for(isa(), p.dtype) if p.path == DOT_PATH and p.epilogue == NULL \
        and p.m * p.k < SERIAL_FLOPS else NULL
    cdef Panel t
    if single:
        t.m, t.n, t.k = p.m, p.n, p.k
        t.gsa, t.rsa, t.csa = p.ops.mr * p.rsa, p.rsa, p.csa
        t.ssb, t.rsb, t.far, t.rsc = p.ops.nr, p.rsb, 0, p.rsc
        t.accumulate, t.resume, t.epilogue, t.row, t.col = 0, 0, p.epilogue, 0, 0
    while True:
        if s.m:                          # the rest of the last dimension in one go
            d = b.ndim - 1
            s.a, s.b, s.c, s.count = p.a, p.b, p.c, min(left, b.shape[d] - at[d])
            p.ops.tiny(&s)
            at[d] += s.count - 1
            p.a += (s.count - 1) * s.sa
            p.b += (s.count - 1) * s.sb
            p.c += (s.count - 1) * s.sc
            left -= s.count - 1
        elif single:
            t.a, t.b, t.c = p.a, p.b, p.c
            if ahead:
                mc_prefetch(p.m * p.k * p.ops.size, p.a + ahead * b.sa[b.ndim - 1])
                mc_prefetch(p.k * p.n * p.ops.size, p.b + ahead * b.sb[b.ndim - 1])
                mc_prefetch(p.m * p.n * p.ops.size, p.c + ahead * b.sc[b.ndim - 1])
            p.ops.panel(&t)
        elif dot != NULL:
            dot.rows(p.m, p.k, p.a, p.rsa, p.csa, p.b, p.rsb, p.c, p.rsc)
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
    cdef int threads = p.threads, d, status
    cdef ptrdiff_t i
    plan(p, &DEFAULT)
    if b.count == 1:
        return run(p)
    if p.swapped:
        for d in range(b.ndim):
            b.sa[d], b.sb[d] = b.sb[d], b.sa[d]
    if flops < SERIAL_FLOPS or b.count >= 4 * threads and flops < CHUNK_FLOPS:
        # threads take whole matrices, about 100 us of work at a time
        p.threads = 1
        b.per_chunk = max(<ptrdiff_t>1, min(ceil_div(b.count, 4 * threads), <ptrdiff_t>(5e6 / flops)))
        if flops * b.count < SERIAL_FLOPS:
            threads = 1
        return parallel_for(batch_chunk, b, ceil_div(b.count, b.per_chunk), threads)
    b.per_chunk = 1
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


def product(x1, x2, out, workers, int vectors=0, str name="matmul"):
    """x1 times x2 over the last axes, or None when the arrays need the general door first (see linalg/matmul.py).

    vectors: bit 0, x1 holds row vectors; bit 1, x2 holds column vectors, both with batch axes before them. Of matmul (0)
    1-d operands are vectors. `name` is the function that an error speaks of.
    """
    if not cnp.PyArray_CheckExact(x1) or not cnp.PyArray_CheckExact(x2):
        return None
    if workers is not None and not (type(workers) is int and (1 <= workers <= MAX_THREADS or workers == -1)):
        return None                      # the general door has the words for it
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
    cdef bint row = vectors & 1 or vectors == 0 and da == 1
    cdef bint column = vectors & 2 or vectors == 0 and db == 1

    if not row and da < 2 or not column and db < 2:
        return None
    p.k = cnp.PyArray_DIM(a, da - 1)
    p.csa = cnp.PyArray_STRIDE(a, da - 1) // size
    if row:
        na, p.m, p.rsa = da - 1, 1, 0
    else:
        na, p.m, p.rsa = da - 2, cnp.PyArray_DIM(a, da - 2), cnp.PyArray_STRIDE(a, da - 2) // size
    if column:
        nb, p.n, p.csb = db - 1, 1, 0
    else:
        nb, p.n, p.csb = db - 2, cnp.PyArray_DIM(b, db - 1), cnp.PyArray_STRIDE(b, db - 1) // size
    e = nb
    k2, p.rsb = cnp.PyArray_DIM(b, e), cnp.PyArray_STRIDE(b, e) // size
    nd = max(na, nb)
    if k2 != p.k or nd > MAX_DIMS - 2:
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
    while job.ndim and not job.sb[job.ndim - 1]:
        d = job.ndim - 1
        if p.m == 1:
            p.rsa, p.rsc = job.sa[d] // size, job.sc[d] // size
        elif job.sa[d] != p.m * p.rsa * size or job.sc[d] != p.m * p.rsc * size:
            break
        p.m *= job.shape[d]
        job.count //= job.shape[d]
        job.ndim -= 1

    cdef double flops = 2.0 * p.m * p.n * p.k * job.count + 50.0 * job.count
    p.threads = 1 if flops < SERIAL_FLOPS and workers is None else threads_for(workers)
    if flops < GIL_FLOPS:
        status = run_batch(&job)
    else:
        with nogil:
            work_begin()
            status = run_batch(&job)
    if status:
        raise_for(status, name)
    return c if out is not None or e else c[()]


cdef int start(Product *p, cnp.ndarray a, cnp.ndarray c, object workers) except -1:
    """The parts of a product of 2-d arrays that do not depend on B."""
    cdef ptrdiff_t size = cnp.PyArray_ITEMSIZE(a)
    p.dtype = kernel_dtype(cnp.PyArray_TYPE(a), size)
    p.a, p.c = <char *>cnp.PyArray_DATA(a), <char *>cnp.PyArray_DATA(c)
    p.epilogue, p.upper_only = NULL, False
    p.rsc = cnp.PyArray_STRIDE(c, 0) // size if cnp.PyArray_DIM(c, 0) > 1 else cnp.PyArray_DIM(c, 1)
    p.threads = threads_for(workers)
    return 0


def linear(cnp.ndarray x, cnp.ndarray w, b, cnp.ndarray out, bint relu, workers):
    """out (m, n) = act(x (m, k) w (n, k)^T + b (n)); float arrays of one dtype through the door, out with plain rows."""
    cdef Product p
    cdef Epilogue epilogue
    cdef ptrdiff_t size = cnp.PyArray_ITEMSIZE(x)
    cdef int status
    start(&p, x, out, workers)
    p.m, p.k, p.n = cnp.PyArray_DIM(x, 0), cnp.PyArray_DIM(x, 1), cnp.PyArray_DIM(w, 0)
    p.rsa, p.csa = cnp.PyArray_STRIDE(x, 0) // size, cnp.PyArray_STRIDE(x, 1) // size
    p.b, p.rsb, p.csb = <char *>cnp.PyArray_DATA(w), cnp.PyArray_STRIDE(w, 1) // size, cnp.PyArray_STRIDE(w, 0) // size
    if b is not None or relu:
        epilogue.bias = cnp.PyArray_DATA(<cnp.ndarray>b) if b is not None else NULL
        epilogue.scale, epilogue.activation, epilogue.hook = 1.0, RELU if relu else IDENTITY, NULL
        p.epilogue = &epilogue
    with nogil:
        work_begin()
        plan(&p, &DEFAULT)
        status = run(&p)
    raise_for(status, "linear")


cdef void mirror(char *c, ptrdiff_t n, ptrdiff_t rsc, ptrdiff_t size) noexcept nogil:
    """The lower triangle from the upper one, in squares of 32 so that both sides stay in cache."""
    cdef ptrdiff_t i, j, i0, j0
    cdef long long *wide = <long long *>c
    cdef int *narrow = <int *>c
    for i0 in range(0, n, 32):
        for j0 in range(0, i0 + 1, 32):
            for i in range(i0, min(i0 + 32, n)):
                for j in range(j0, min(j0 + 32, i)):
                    if size == 8:
                        wide[i * rsc + j] = wide[j * rsc + i]
                    else:
                        narrow[i * rsc + j] = narrow[j * rsc + i]


def gram(cnp.ndarray x, cnp.ndarray out, workers):
    """out (d, d) = x^T x for x (n, d); a float array through the door, out with plain rows."""
    cdef Product p
    cdef ptrdiff_t size = cnp.PyArray_ITEMSIZE(x)
    cdef int status
    start(&p, x, out, workers)
    p.k, p.m = cnp.PyArray_DIM(x, 0), cnp.PyArray_DIM(x, 1)
    p.n, p.b = p.m, p.a
    p.csa = p.rsb = cnp.PyArray_STRIDE(x, 0) // size
    p.rsa = p.csb = cnp.PyArray_STRIDE(x, 1) // size
    p.upper_only = True
    with nogil:
        work_begin()
        plan(&p, &DEFAULT)
        status = run(&p)
        if status == OK:
            mirror(p.c, p.n, p.rsc, size)
    raise_for(status, "gram")


def is_plain(cnp.ndarray c):
    """Whether a kernel may write its rows into c: usable, unit stride along the last axis, no element twice."""
    return usable(c) and cnp.PyArray_ISWRITEABLE(c) and plain_rows(c)


def is_usable(cnp.ndarray x):
    """Whether a kernel may read x in place: native byte order, aligned, strides in whole elements."""
    return usable(x)
