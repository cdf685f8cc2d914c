# cython: binding=True
"""Large eigenproblems and singular values: Householder's reduction to tridiagonal or bidiagonal form in panels, divide
and conquer on what is left (divide.pyx), and the reflections applied to its vectors as products."""

import numpy as np

cimport numpy as cnp
from libc.stdint cimport int32_t, uintptr_t
from libc.string cimport memcpy, memset

from mathcore._kernels.arrays cimport kernel_dtype
from mathcore._kernels.divide cimport divide, room
from mathcore._kernels.eigen cimport UNIT, EigenOps, eigen_ops
from mathcore._kernels.gemm cimport subtract
from mathcore._kernels.qr cimport (
    QrOps, Scratch, extend, multiply, qr_ops, reflect, row_length, take,
)
from mathcore._kernels.runtime cimport (
    F64, NO_MEMORY, OK, SLOT_C, SLOT_D, SLOT_F,
    check_interrupt, isa, parallel_for, raise_for, step, threads_for, work_begin, workspace,
)
from mathcore._kernels.symmetric cimport BLOCK, first_row, mc_symmetric_ops_for

cnp.import_array()

cdef extern from "simd/reduce.h" nogil:
    ctypedef struct Reduction "mc_reduction":
        ptrdiff_t m, n, at, used, lda, ldp, ldy, ldu, lds
        void *a
        void *p
        void *y
        void *left
        void *right
        void *d
        void *e
        void *tau_left
        void *tau_right
        void *next
        void *z
        void *c
        void *sums
    ctypedef struct Ops "mc_reduce_ops":
        double (*take)(ptrdiff_t m, ptrdiff_t n, int upper, void *a, ptrdiff_t ld) noexcept nogil
        void (*both)(ptrdiff_t n, const void *a, ptrdiff_t lda, void *out, ptrdiff_t ldo) noexcept nogil
        void (*row)(const Reduction *r) noexcept nogil
        void (*symmetric_row)(const Reduction *r) noexcept nogil
        void (*pas "pass")(const Reduction *r, ptrdiff_t first, ptrdiff_t last, void *sums) noexcept nogil
        void (*column)(const Reduction *r, int parts) noexcept nogil
        void (*symmetric_column)(const Reduction *r, int parts) noexcept nogil
        void (*put)(const Reduction *r) noexcept nogil
        void (*symmetric_put)(const Reduction *r) noexcept nogil
    const Ops *mc_reduce_ops_for(int isa, int dtype)

# Shares of a matrix whose sums are added in turn, elements from which a matrix is shared, steps of a panel, rows of the
# rest that goes in one piece: parts of every result's bits.
cdef enum: PARTS = 8
cdef ptrdiff_t SHARED = 100000
cdef ptrdiff_t PANEL = 16
cdef ptrdiff_t REST = 192
cdef enum: OWN = 256 * 256               # elements up to which a thread keeps the memory, and takes matrices whole


def set_blocks(shared=None, panel=None, rest=None):
    """Change the block sizes of the process and return the former: tests walk block edges with them."""
    global SHARED, PANEL, REST
    former = SHARED, PANEL, REST
    SHARED, PANEL, REST = (old if new is None else new for new, old in zip((shared, panel, rest), former, strict=True))
    return former


ctypedef struct Job:
    int dtype, threads, parts
    ptrdiff_t size
    const Ops *ops
    Reduction r
    char *square                         # for the rest of a tridiagonal reduction
    char *work                           # for what follows a reduction
    char *s                              # of the divide: coefficients
    char *u                              # left vectors of the bidiagonal matrix
    ptrdiff_t *numbers                   # the order of the values


# ------------------------------------------------------------------ memory

cdef ptrdiff_t place(Job *t, ptrdiff_t m, ptrdiff_t n, bint symmetric, bint vectors, char *memory) noexcept nogil:
    """Everything a decomposition works in; the bytes that it takes."""
    cdef Reduction *r = &t.r
    cdef ptrdiff_t columns = 2 * PANEL, k = row_length(n), unit, row
    cdef char *at = memory
    t.size, t.ops = eigen_ops(t.dtype).size, mc_reduce_ops_for(isa(), t.dtype)
    unit, row = UNIT // t.size, k * t.size
    r.m, r.n, r.at, r.used = m, n, 0, 0
    r.lda, r.ldy, r.ldu, r.ldp = k, k, row_length(m), (columns + unit - 1) // unit * unit
    r.lds = k + r.ldp + unit
    r.a, r.right, r.y = step(&at, m * row), step(&at, n * row), step(&at, columns * row)
    r.left = NULL if symmetric else step(&at, n * r.ldu * t.size)
    r.p = step(&at, columns * row if symmetric else m * r.ldp * t.size)
    r.d, r.e, r.tau_left, r.tau_right, r.next = step(&at, row), step(&at, row), step(&at, row), step(&at, row), \
        step(&at, row)
    r.z, r.c = step(&at, r.ldp * t.size), step(&at, r.ldp * t.size)
    r.sums = step(&at, PARTS * r.lds * t.size)
    t.square = step(&at, (REST + 2) * row_length(REST) * t.size if symmetric else 0)
    t.numbers = <ptrdiff_t *>step(&at, n * sizeof(ptrdiff_t))
    t.work = step(&at, room(n, t.size, vectors and not symmetric))
    t.s = step(&at, 0 if vectors and symmetric else n * n * t.size)
    t.u = step(&at, n * row if vectors and not symmetric else 0)
    return at - memory


# ------------------------------------------------------------------ reductions

cdef int symmetric_part(void *ctx, ptrdiff_t i) noexcept nogil:
    """A share of A v, of the rows below the one at hand, from a whole block on: v is zero before them."""
    cdef Job *t = <Job *>ctx
    cdef Reduction *r = &t.r
    cdef ptrdiff_t first = (r.at + 1) // BLOCK * BLOCK, n = r.n - first
    cdef char *sums = <char *>r.sums + i * r.lds * t.size
    memset(sums, 0, r.ldy * t.size)
    mc_symmetric_ops_for(isa(), t.dtype).rows(
        first_row(n, i, t.parts), first_row(n, i + 1, t.parts), n, <char *>r.a + first * (r.lda + 1) * t.size, r.lda,
        <char *>r.right + (r.at * r.ldy + first) * t.size, sums + first * t.size)
    return OK


cdef int tridiagonal(Job *t, char *square) noexcept nogil:
    """d, e, and reflectors with their factors in right. square: scratch, REST + 2 rows of row_length(REST)."""
    cdef const EigenOps *eigen = eigen_ops(t.dtype)
    cdef Reduction *r = &t.r
    cdef ptrdiff_t first = 0, size = t.size, rest, i, ld
    cdef int status
    while r.n - first > REST:
        r.used = 0
        for i in range(min(PANEL, r.n - first - 1)):
            r.at = first + i
            t.ops.symmetric_row(r)
            t.parts = PARTS if (r.n - r.at) * (r.n - r.at) // 2 > SHARED else 1
            status = parallel_for(symmetric_part, t, t.parts, t.threads)
            if status:
                return status
            t.ops.symmetric_column(r, t.parts)
            t.ops.symmetric_put(r)
            r.used += 2
        first = r.at + 1
        status = subtract(t.dtype, r.n - first, r.n - first, r.used, <char *>r.p + first * size, 1, r.ldy,
                          <char *>r.y + first * size, r.ldy, 1, <char *>r.a + first * (r.lda + 1) * size, r.lda, True,
                          t.threads)
        if status == OK:
            status = check_interrupt()
        if status:
            return status
    rest = r.n - first
    ld = row_length(rest)
    t.ops.both(rest, <char *>r.a + first * (r.lda + 1) * size, r.lda, square, ld)
    eigen.reduce(rest, square, ld, <char *>r.d + first * size, <char *>r.e + first * size,
                 <char *>r.tau_right + first * size, square + rest * ld * size)
    for i in range(rest - 1):
        memcpy(<char *>r.right + ((first + i) * r.ldy + first + i + 1) * size, square + (i * ld + i + 1) * size,
               (rest - i - 1) * size)
    return OK


cdef int general_part(void *ctx, ptrdiff_t i) noexcept nogil:
    cdef Job *t = <Job *>ctx
    cdef Reduction *r = &t.r
    cdef ptrdiff_t rows = r.m - r.at, first = rows * i // t.parts // 4 * 4, last = rows * (i + 1) // t.parts // 4 * 4
    t.ops.pas(r, r.at + first, r.m if i + 1 == t.parts else r.at + last, <char *>r.sums + i * r.lds * t.size)
    return OK


cdef int next_column(Job *t) noexcept nogil:
    """Left reflector of column `at`, and its row of Y."""
    cdef Reduction *r = &t.r
    cdef int status
    t.parts = PARTS if (r.m - r.at) * (r.n - r.at) > SHARED else 1
    status = parallel_for(general_part, t, t.parts, t.threads)
    if status == OK:
        t.ops.column(r, t.parts)
    return status


cdef int bidiagonal(Job *t) noexcept nogil:
    """d, e above it, reflectors in left and right, and their factors. m >= n."""
    cdef Reduction *r = &t.r
    cdef ptrdiff_t size = t.size, first = 0, k
    cdef int status
    memset(r.p, 0, r.m * r.ldp * size)
    status = next_column(t)
    for k in range(r.n - 1):
        if status:
            return status
        if k == first + PANEL:
            first = k
            status = subtract(t.dtype, r.m - k, r.n - k, r.used, <char *>r.p + k * r.ldp * size, r.ldp, 1,
                              <char *>r.y + k * size, r.ldy, 1, <char *>r.a + k * (r.lda + 1) * size, r.lda, False,
                              t.threads)
            if status == OK:
                status = check_interrupt()
            if status:
                return status
            memset(<char *>r.p + k * r.ldp * size, 0, (r.m - k) * r.ldp * size)
            r.used = 0
        t.ops.put(r)
        r.used, r.at = r.used + 1, k + 1
        t.ops.row(r)
        r.used += 1
        status = next_column(t)
    return status


# ------------------------------------------------------------------ reflections applied

cdef int from_right(const Job *t, const Scratch *s, ptrdiff_t m, ptrdiff_t b, const char *u, ptrdiff_t rows, char *c,
                    ptrdiff_t rsc) noexcept nogil:
    """C (rows, m) = C (I - V T^T V^T); V^T (b, m) in s.x, T^T in u."""
    cdef char *w = <char *>workspace(SLOT_C, 2 * rows * s.nb * t.size)
    cdef char *w2 = w + rows * s.nb * t.size
    cdef int status
    if w == NULL:
        return NO_MEMORY
    status = multiply(t.dtype, rows, b, m, c, rsc, 1, s.x, 1, s.ldx, w, s.nb, t.threads)
    if status == OK:
        status = multiply(t.dtype, rows, b, b, w, s.nb, 1, u, s.nb, 1, w2, s.nb, t.threads)
    if status == OK:
        status = subtract(t.dtype, rows, m, b, w2, s.nb, 1, s.x, s.ldx, 1, c, rsc, False, t.threads)
    return status


cdef int apply(const Job *t, bint left, ptrdiff_t count, ptrdiff_t p, char *c, ptrdiff_t rsc) noexcept nogil:
    """C (m, p) = U C (left), or C (p, n) = C V^T, U and V the products of `count` reflections; U's first meets all rows
    of C, V's first all columns but one."""
    cdef const Reduction *r = &t.r
    cdef const QrOps *ops = qr_ops(t.dtype)
    cdef ptrdiff_t length = r.m if left else r.n, ld = r.ldu if left else r.ldy, skip = 0 if left else 1
    cdef ptrdiff_t size = t.size, j, b, at
    cdef char *tau = <char *>(r.tau_left if left else r.tau_right)
    cdef char *u
    cdef Scratch s
    cdef int status = take(&s, ops, length, count, p if left else 1)
    if status:
        return status
    u = <char *>workspace(SLOT_D, s.nb * s.nb * size)
    if u == NULL:
        return NO_MEMORY
    s.ldx = ld
    j = (count + s.nb - 1) // s.nb * s.nb
    while j > 0 and status == OK:
        j -= s.nb
        b, at = min(s.nb, count - j), j + skip
        s.x = <char *>(r.left if left else r.right) + (j * ld + at) * size
        extend(t.dtype, ops, &s, length - at, 0, b, tau + j * size, u)
        if left:
            status = reflect(t.dtype, &s, length - at, b, s.x, u, s.nb, False, p, c + at * rsc * size, rsc, t.threads)
        else:
            status = from_right(t, &s, length - at, b, u, p, c + at * size, rsc)
        if status == OK:
            status = check_interrupt()
    return status


# ------------------------------------------------------------------ the decompositions

cdef void scale(ptrdiff_t n, const char *x, const ptrdiff_t *order, double unit, int dtype, char *out) noexcept nogil:
    """out = x * unit, in that order."""
    cdef ptrdiff_t i
    for i in range(n):
        if dtype == F64:
            (<double *>out)[i] = (<double *>x)[order[i]] * unit
        else:
            (<float *>out)[i] = (<float *>x)[order[i]] * <float>unit


ctypedef struct Batch:
    int dtype, threads
    bint symmetric
    ptrdiff_t m, n, p, count, sa, rsa, csa
    const char *a
    char *w                              # eigenvalues or singular values
    char *u
    char *v                              # u and v NULL: values only
    int32_t *info
    char *memory                         # or NULL: of the thread's own


cdef int eigen_one(const Batch *b, Job *t, ptrdiff_t i) noexcept nogil:
    cdef Reduction *r = &t.r
    cdef char *a = <char *>r.a
    cdef char *v = b.v + i * b.n * b.n * t.size if b.v != NULL else NULL
    cdef int info = 0, status
    cdef double unit
    qr_ops(t.dtype).copy(b.n, b.n, b.a + i * b.sa, b.rsa, b.csa, a, r.lda)
    unit = t.ops.take(b.n, b.n, True, a, r.lda)
    b.info[i] = -1
    if unit != unit:
        return OK
    memset(r.right, 0, b.n * r.ldy * t.size)
    status = tridiagonal(t, t.square)
    if status == OK:                     # rows of a become the vectors, or keep their ends
        status = divide(t.dtype, b.n, <char *>r.d, <char *>r.e, v != NULL, a, NULL, r.lda if v != NULL else 2,
                        t.numbers, v if v != NULL else t.s, t.work, &info, t.threads, False)
    if status == OK and v != NULL:
        status = apply(t, False, b.n - 1, b.n, a, r.lda)
    if status == OK and v != NULL:
        eigen_ops(t.dtype).columns(b.n, a, r.lda, t.numbers, v)
    if status == OK:
        scale(b.n, <char *>r.d, t.numbers, unit, t.dtype, b.w + i * b.n * t.size)
    b.info[i] = info
    return status


cdef int svd_one(const Batch *b, Job *t, ptrdiff_t i) noexcept nogil:
    cdef Reduction *r = &t.r
    cdef ptrdiff_t m = b.m, n = b.n, p = b.p
    cdef char *u = b.u + i * m * p * t.size if b.u != NULL else NULL
    cdef char *v = b.v + i * n * n * t.size if b.v != NULL else NULL
    cdef char *a = <char *>r.a
    cdef int info = 0, status
    cdef ptrdiff_t k
    cdef double unit
    qr_ops(t.dtype).copy(m, n, b.a + i * b.sa, b.rsa, b.csa, a, r.lda)
    unit = t.ops.take(m, n, False, a, r.lda)
    b.info[i] = -1
    if unit != unit:
        return OK
    memset(r.right, 0, n * r.ldy * t.size)
    memset(r.left, 0, n * r.ldu * t.size)
    status = bidiagonal(t)
    if status == OK:                     # rows of a become the right vectors, or keep their ends
        status = divide(t.dtype, n, <char *>r.d, <char *>r.e, v != NULL, a, t.u if v != NULL else NULL,
                        r.lda if v != NULL else 2, t.numbers, t.s, t.work, &info, t.threads, True)
    if status:
        return status
    for k in range(n // 2):              # falling
        t.numbers[k], t.numbers[n - 1 - k] = t.numbers[n - 1 - k], t.numbers[k]
    scale(n, <char *>r.d, t.numbers, unit, t.dtype, b.w + i * n * t.size)
    b.info[i] = info
    return OK if v == NULL else vectors_of(b, t, u, v)


cdef int vectors_of(const Batch *b, Job *t, char *u, char *v) noexcept nogil:
    """u (m, p) and v (n, n) from those of the bidiagonal matrix, in order."""
    cdef Reduction *r = &t.r
    cdef ptrdiff_t m = b.m, n = b.n, p = b.p, k
    cdef int status
    for k in range(n):
        memcpy(v + k * n * t.size, <char *>r.a + t.numbers[k] * r.lda * t.size, n * t.size)
    status = apply(t, False, n - 1, n, v, n)
    if status:
        return status
    eigen_ops(t.dtype).columns(n, t.u, r.lda, t.numbers, t.s)
    memset(u, 0, m * p * t.size)
    for k in range(n):
        memcpy(u + k * p * t.size, t.s + k * n * t.size, n * t.size)
    qr_ops(t.dtype).identity(m - n, p - n, u + (n * p + n) * t.size, p)
    return apply(t, True, n, p, u, p)


cdef int item(void *ctx, ptrdiff_t i) noexcept nogil:
    cdef const Batch *b = <const Batch *>ctx
    cdef Job t
    cdef char *memory = b.memory
    cdef int status
    t.dtype, t.threads = b.dtype, b.threads
    if memory == NULL:
        memory = <char *>workspace(SLOT_F, place(&t, b.m, b.n, b.symmetric, b.v != NULL, NULL))
        if memory == NULL:
            return NO_MEMORY
    place(&t, b.m, b.n, b.symmetric, b.v != NULL, memory)
    status = eigen_one(b, &t, i) if b.symmetric else svd_one(b, &t, i)
    return status if status else check_interrupt()


cdef prepare(Batch *b, cnp.ndarray a, cnp.ndarray w, u, v, cnp.ndarray info, workers):
    cdef ptrdiff_t size = cnp.PyArray_ITEMSIZE(a)
    b.dtype, b.threads = kernel_dtype(cnp.PyArray_TYPE(a), size), threads_for(workers)
    b.count, b.m, b.n, b.p = cnp.PyArray_DIM(a, 0), cnp.PyArray_DIM(a, 1), cnp.PyArray_DIM(a, 2), 0
    b.a, b.sa = <const char *>cnp.PyArray_DATA(a), cnp.PyArray_STRIDE(a, 0)
    b.rsa, b.csa = cnp.PyArray_STRIDE(a, 1) // size, cnp.PyArray_STRIDE(a, 2) // size
    b.w, b.info, b.u, b.v = <char *>cnp.PyArray_DATA(w), <int32_t *>cnp.PyArray_DATA(info), NULL, NULL
    b.memory = NULL
    if v is not None:
        b.v = <char *>cnp.PyArray_DATA(<cnp.ndarray>v)
    if u is not None:
        b.u, b.p = <char *>cnp.PyArray_DATA(<cnp.ndarray>u), cnp.PyArray_DIM(<cnp.ndarray>u, 2)


cdef int run_batch(Batch *b) except? -1:
    """Threads take whole small matrices, and share large ones."""
    cdef Job t
    cdef ptrdiff_t i
    cdef int status = OK
    cdef cnp.ndarray memory
    cdef bint whole = b.m * b.n <= OWN
    if not whole:
        t.dtype = b.dtype
        memory = np.empty(place(&t, b.m, b.n, b.symmetric, b.v != NULL, NULL) + UNIT, np.uint8)
        b.memory = <char *>((<uintptr_t>cnp.PyArray_DATA(memory) + UNIT - 1) // UNIT * UNIT)
    with nogil:
        work_begin()
        if whole and b.count > 1:
            status = parallel_for(item, b, b.count, b.threads)
        else:
            for i in range(b.count):
                status = item(b, i)
                if status:
                    break
    return status


def eigen(cnp.ndarray a, bint lower, cnp.ndarray w, v, cnp.ndarray info, workers, str name):
    """w (count, n), rising, and vectors in the columns of v (count, n, n), or None, of symmetric a (count, n, n) of any
    strides, of which one triangle is read. info (count): 0; -1: a is not finite; 1: something did not converge. All
    but a in one piece."""
    cdef Batch b
    prepare(&b, a, w, None, v, info, workers)
    b.symmetric = True
    if lower:
        b.rsa, b.csa = b.csa, b.rsa
    raise_for(run_batch(&b), name)


def svd(cnp.ndarray a, u, cnp.ndarray s, vh, cnp.ndarray info, workers, str name):
    """u (count, m, p), n <= p <= m, s (count, n), falling, and vh (count, n, n), or u and vh None, of a (count, m, n)
    of any strides, m >= n. info (count): 0; -1: a is not finite; 1: something did not converge. All
    but a in one piece."""
    cdef Batch b
    prepare(&b, a, s, u, vh, info, workers)
    b.symmetric = False
    raise_for(run_batch(&b), name)
