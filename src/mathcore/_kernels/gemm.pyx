"""Products of matrices in memory: C = A B in blocks of k, packed where packing pays, spread over threads by tiles of C.

Every element of C is one chain of fused multiply-adds over k in blocks of KC, never split over threads, so the path,
the layout, the thread count and the vector width do not show in the bits. (One column: the order of simd/dot.h.)
"""

from libc.string cimport memset

from mathcore._kernels.runtime cimport (
    NO_MEMORY, OK, SLOT_A, SLOT_B,
    ceil_div, check_interrupt, isa, parallel_for, round_up, workspace,
)


cdef extern from "simd/gemm.h" nogil:
    const GemmOps *mc_gemm_ops_for(int isa, int dtype)


cdef const GemmOps *gemm_ops(int dtype) noexcept nogil:
    return mc_gemm_ops_for(isa(), dtype)


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
# Unpacked operands run at full speed while they fit L2; beyond, strides of a page cost TLB and set conflicts. B
# is packed first: its strips are read once per group of rows of A. With tiles of 8 rows and an L2 of 1 MB (Zen 5,
# AVX-512) packing pays from 1.5 MB on; with 6 rows and 512 KB (Zen 3, AVX2) from 96 KB: 44 in place of 32 GFLOP/s for
# (256, 784) @ (784, 128). Columns of A a page apart (x^T dz) are packed as well: 45 in place of 39.
cdef ptrdiff_t PACK_B_BYTES = 1536 * 1024
cdef ptrdiff_t PACK_B_BYTES_NARROW = 96 * 1024
cdef ptrdiff_t PACK_A_BYTES = 4096 * 1024
cdef ptrdiff_t FAR_BYTES = 1024 * 1024       # a B that comes from L3: its rows are prefetched by hand
# A B that comes from memory, or from an L3 that others use too, is read row after row when C has few rows: tiles that
# jump from row to row get 8 to 10 GB/s of memory, this 20 to 25 (of an idle L3 they get 50, this 40).
cdef ptrdiff_t STREAM_BYTES = 8 * 1024 * 1024
cdef ptrdiff_t STREAM_GROUP = 256 * 1024     # rows of B at a time: a quarter of L2
cdef ptrdiff_t STREAM_ROW_BYTES = 16 * 1024  # and at least 16 of them, or the sums are loaded and stored too often
cdef ptrdiff_t THIN_SIZE = 16384             # elements of A from which its transposition pays
cdef ptrdiff_t THIN_BYTES = 4 * 1024 * 1024  # of scratch for all of B; a longer k is left to tiles and their blocks
cdef ptrdiff_t PARTS_BYTES = 1024 * 1024      # sums of blocks of a dot, kept until they are added in order
cdef ptrdiff_t PACK_STRIPS = 8               # packed by one chunk: rows of B are read 1.5 KB at a time


def set_tuning(kc=None, mc=None, nc=None):
    """Change the block sizes of the process and return the former (kc, mc, nc): tests walk block edges with them."""
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


cdef void plan(Product *p) noexcept nogil:
    """Choose the path and the chunks. Of all that is chosen here only tuning.kc shows in the bits."""
    cdef ptrdiff_t size, mr, nr, far
    cdef bint columns_of_a
    p.tuning = DEFAULT
    p.ops = mc_gemm_ops_for(isa(), p.dtype)
    size, mr, nr = p.ops.size, p.ops.mr, p.ops.nr
    p.swapped = False
    if 2.0 * p.m * p.n * p.k < SERIAL_FLOPS:
        p.threads = 1
    if p.n == 1 and not p.add:
        p.path = DOT_PATH
        p.rows = chunk(p.m, 64, p.threads, 2.0 * p.k)
        return
    if p.m == 1 and p.csb != 1 and p.rsb == 1 and not p.add:
        swap_operands(p)                 # a row times a Fortran-order matrix: its columns are read in one piece
    if p.n <= THIN and p.csa == 1 and p.m >= p.ops.lanes and p.m * p.k >= THIN_SIZE \
            and p.k * mc_thin_width(<int>p.n) * size <= THIN_BYTES and not p.upper_only and not p.add:
        p.path = THIN_PATH
        p.rows = chunk(p.m, 2 * p.ops.lanes, p.threads, 2.0 * p.n * p.k)
        return
    if p.m == 1 and p.csb == 1 and p.k and not p.upper_only and not p.add:
        p.path = ROW_PATH
        p.cols = chunk(p.n, 8 * p.ops.lanes, p.threads, 2.0 * p.k)
        return
    if 1 < p.m <= 2 * mr and p.csb == 1 and p.k * p.n * size > STREAM_BYTES and not p.add:
        p.path = STREAM_PATH
        p.cols = min(chunk(p.n, nr, p.threads, 2.0 * p.m * p.k), round_up(STREAM_ROW_BYTES // size, nr))
        return
    p.path = TILES
    far = PACK_B_BYTES if mr == 8 else PACK_B_BYTES_NARROW
    columns_of_a = p.rsa == 1 and p.csa * size >= 512 and p.k >= 32
    p.pack_a = p.m >= 4 * mr and p.n >= 4 * nr and (p.m * p.k * size > PACK_A_BYTES or columns_of_a)
    p.pack_b = p.csb != 1 or p.m >= 8 * mr and (p.k * p.n * size > far or p.pack_a)
    if p.tuning.kc < 64:                 # a test walks the blocks
        p.pack_a = p.pack_b = True
    if p.upper_only:
        p.pack_a = False                 # rows of A are columns of the block of X that packing B has brought to L2
        p.rows, p.cols = nr, p.n
    elif p.m >= 2 * p.threads * mr and (p.threads > 1 or p.m > p.tuning.mc):
        p.rows, p.cols = chunk(p.m, mr, p.threads, 0), p.n
    else:
        p.rows, p.cols = p.m, chunk(p.n, nr, p.threads, 2.0 * p.m * p.k)
    if p.epilogue != NULL and p.epilogue.hook != NULL:
        p.rows, p.cols = chunk(p.m, mr, p.threads, 0), p.n   # a row's tiles come to the hook in turn, never at once
    if p.rows > p.tuning.mc * 8 // size:
        p.rows = round_up(p.tuning.mc * 8 // size, mr)


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
    p.ops.pack(min(PACK_STRIPS * p.ops.nr, p.nb - j), p.kb, p.b + (p.p0 * p.rsb + (p.j0 + j) * p.csb) * size,
               p.csb, p.rsb, p.ops.nr, p.packed_b + j * p.kb * size)
    return OK


cdef int tile_chunk(void *ctx, ptrdiff_t i) noexcept nogil:
    """Chunk i of C's columns j0 ... j0+nb, for the block p0 ... p0+kb of k."""
    cdef Product *p = <Product *>ctx
    cdef ptrdiff_t size = p.ops.size, mr = p.ops.mr, nr = p.ops.nr
    cdef ptrdiff_t per_row = ceil_div(p.nb, p.cols), row = i // per_row * p.rows, col = i % per_row * p.cols
    cdef const char *a = p.a + (row * p.rsa + p.p0 * p.csa) * size
    cdef Panel t
    cdef void *packed = NULL
    if p.upper_only:
        col = max(row - p.j0, 0) // nr * nr
        if col >= p.nb:
            return OK
    t.m, t.n, t.k = min(p.rows, p.m - row), min(p.cols, p.nb - col), p.kb
    if p.pack_a:
        packed = workspace(SLOT_A, round_up(t.m, mr) * t.k * size)
        if packed == NULL and not p.spare:
            return NO_MEMORY
    if packed != NULL:
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
    t.accumulate, t.resume = p.add if p.add else p.p0 > 0, 0
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
        if p.packed_b == NULL and p.spare and p.csb == 1:
            p.pack_b = False
        elif p.packed_b == NULL:
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


cdef int subtract(int dtype, ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const void *a, ptrdiff_t rsa, ptrdiff_t csa,
                  const void *b, ptrdiff_t rsb, ptrdiff_t csb, void *c, ptrdiff_t rsc, bint upper_only,
                  int threads) noexcept nogil:
    cdef Product p
    if k == 0:
        return OK
    p.dtype, p.m, p.n, p.k, p.threads = dtype, m, n, k, threads
    p.a, p.rsa, p.csa = <const char *>a, rsa, csa
    p.b, p.rsb, p.csb = <const char *>b, rsb, csb
    p.c, p.rsc = <char *>c, rsc
    p.epilogue, p.add, p.spare, p.upper_only = NULL, -1, False, upper_only
    plan(&p)
    return run(&p)


# ------------------------------------------------------------------ batches

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
    # operands that come from memory are fetched while those before are at work: 100 in place of 240 ns for n = 16
    cdef ptrdiff_t nbytes = (p.m * p.k + p.k * p.n + p.m * p.n) * p.ops.size
    cdef ptrdiff_t ahead = 1 if nbytes <= 32 * 1024 and nbytes * b.count > FAR_BYTES else 0
    cdef Tiny s
    if p.path == TILES and b.ndim and p.k <= p.tuning.kc and p.m <= p.ops.mr and p.n <= p.ops.lanes and p.csb == 1 \
            and p.epilogue == NULL:
        d = b.ndim - 1
        s.m, s.n, s.k, s.far = p.m, p.n, p.k, ahead != 0
        s.sa, s.rsa, s.csa, s.sb, s.rsb, s.sc, s.rsc = b.sa[d], p.rsa, p.csa, b.sb[d], p.rsb, b.sc[d], p.rsc
    else:
        s.m = 0
    # a small product of one block needs none of run's loops
    cdef bint single = p.path == TILES and not p.pack_a and not p.pack_b and p.k <= p.tuning.kc
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
    plan(p)
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
