# cython: binding=True
"""Large eigenproblems and singular values: Householder's reduction to tridiagonal or bidiagonal form in panels, the
divide and conquer of LAPACK on what is left, and the reflections applied to its vectors as products."""

import numpy as np

cimport numpy as cnp
from cpython.pycapsule cimport PyCapsule_GetName, PyCapsule_GetPointer
from libc.stdint cimport uintptr_t
from libc.string cimport memcpy, memset

from mathcore._kernels.arrays cimport kernel_dtype
from mathcore._kernels.gemm cimport subtract
from mathcore._kernels.qr cimport (
    QrOps, Scratch, extend, multiply, qr_ops, reflect, row_length, take,
)
from mathcore._kernels.runtime cimport (
    F64, NO_MEMORY, OK, SLOT_C, SLOT_D, check_interrupt, isa, parallel_for, raise_for, threads_for, work_begin,
    workspace,
)
from mathcore._kernels.symmetric cimport first_row, mc_symmetric_ops_for

cnp.import_array()

cdef extern from "simd/reduce.h" nogil:
    enum: UNIT "MC_EIGEN_UNIT"
    ctypedef struct EigenOps "mc_eigen_ops":
        int size
        void (*reduce)(ptrdiff_t n, void *a, ptrdiff_t ld, void *d, void *e, void *tau, void *w) noexcept nogil
    const EigenOps *mc_eigen_ops_for(int isa, int dtype)
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


# ------------------------------------------------------------------ LAPACK

ctypedef void (*Stedc)(char *compz, int *n, void *d, void *e, void *z, int *ldz, void *work, int *lwork, int *iwork,
                       int *liwork, int *info) noexcept nogil
ctypedef void (*Sterf)(int *n, void *d, void *e, int *info) noexcept nogil
ctypedef void (*Bdsdc)(char *uplo, char *compq, int *n, void *d, void *e, void *u, int *ldu, void *vt, int *ldvt,
                       void *q, int *iq, void *work, int *iwork, int *info) noexcept nogil


cdef void *routine(int dtype, str name) except NULL:
    """LAPACK's, by its name without the letter of the type, as SciPy hands it out: not needed to build."""
    from scipy.linalg import cython_lapack
    capsule = cython_lapack.__pyx_capi__[("d" if dtype == F64 else "s") + name]
    return PyCapsule_GetPointer(capsule, PyCapsule_GetName(capsule))


# ------------------------------------------------------------------ memory

cdef class Rows:
    """Zeros, in rows on 64-byte lines."""
    cdef cnp.ndarray kept
    cdef char *at

    def __cinit__(self, ptrdiff_t rows, ptrdiff_t length, dtype):
        self.kept = np.zeros(rows * length + UNIT // dtype.itemsize, dtype)
        self.at = <char *>((<uintptr_t>cnp.PyArray_DATA(self.kept) + UNIT - 1) // UNIT * UNIT)


cdef char *step(char **at, ptrdiff_t nbytes) noexcept nogil:
    cdef char *here = at[0]
    at[0] += nbytes
    return here


cdef Rows prepare(Job *t, ptrdiff_t m, ptrdiff_t n, bint symmetric, dtype):
    """The small arrays of a reduction."""
    cdef Reduction *r = &t.r
    cdef ptrdiff_t unit = UNIT // t.size, columns = 2 * PANEL, k = row_length(n)
    cdef char *at
    r.m, r.n, r.at, r.used = m, n, 0, 0
    r.lda, r.ldy, r.ldu, r.ldp = k, k, row_length(m), (columns + unit - 1) // unit * unit
    r.lds = k + r.ldp + unit
    cdef ptrdiff_t of_p = columns * r.ldy if symmetric else m * r.ldp
    cdef Rows rows = Rows(1, of_p + columns * r.ldy + 5 * k + 2 * r.ldp + PARTS * r.lds, dtype)
    at = rows.at
    r.p = step(&at, of_p * t.size)
    r.y = step(&at, columns * r.ldy * t.size)
    r.d, r.e, r.tau_left = step(&at, k * t.size), step(&at, k * t.size), step(&at, k * t.size)
    r.tau_right, r.next = step(&at, k * t.size), step(&at, k * t.size)
    r.z, r.c = step(&at, r.ldp * t.size), step(&at, r.ldp * t.size)
    r.sums = step(&at, PARTS * r.lds * t.size)
    return rows


# ------------------------------------------------------------------ reductions

cdef int symmetric_part(void *ctx, ptrdiff_t i) noexcept nogil:
    """A share of A v, of the rows below the one at hand."""
    cdef Job *t = <Job *>ctx
    cdef Reduction *r = &t.r
    cdef ptrdiff_t below = r.at + 1, n = r.n - below
    cdef char *sums = <char *>r.sums + i * r.lds * t.size
    memset(sums, 0, r.ldy * t.size)
    mc_symmetric_ops_for(isa(), t.dtype).rows(
        first_row(n, i, t.parts), first_row(n, i + 1, t.parts), n, <char *>r.a + below * (r.lda + 1) * t.size, r.lda,
        <char *>r.right + (r.at * r.ldy + below) * t.size, sums + below * t.size)
    return OK


cdef int tridiagonal(Job *t, char *square) noexcept nogil:
    """d, e, and reflectors with their factors in right. square: scratch, REST + 2 rows of row_length(REST)."""
    cdef const EigenOps *eigen = mc_eigen_ops_for(isa(), t.dtype)
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
    r.at = r.used = 0
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

cdef void scale(ptrdiff_t n, const char *x, double unit, int dtype, char *out) noexcept nogil:
    cdef ptrdiff_t i
    for i in range(n):
        if dtype == F64:
            (<double *>out)[i] = (<double *>x)[i] * unit
        else:
            (<float *>out)[i] = (<float *>x)[i] * <float>unit


def eigen(cnp.ndarray a, bint lower, cnp.ndarray w, v, workers, str name):
    """w (n), rising, and vectors in the columns of v (n, n), or None, of symmetric a (n, n) of any strides, of which
    one triangle is read. 0; -1: a is not finite; more: LAPACK's number of what did not converge. w, v in one piece."""
    cdef ptrdiff_t n = cnp.PyArray_DIM(a, 0), size = cnp.PyArray_ITEMSIZE(a), rs, cs
    cdef Job t
    cdef int status = OK, order = <int>n, ld, wanted = 0, integers = 0, info = 0
    cdef char *out = NULL
    cdef double unit
    cdef Rows _small, full, right, square, work
    cdef cnp.ndarray iwork
    t.dtype, t.size, t.threads = kernel_dtype(cnp.PyArray_TYPE(a), size), size, threads_for(workers)
    t.ops = mc_reduce_ops_for(isa(), t.dtype)
    _small = prepare(&t, n, n, True, a.dtype)
    full, right = Rows(n, t.r.lda, a.dtype), Rows(n, t.r.ldy, a.dtype)
    square = Rows(REST + 2, row_length(REST), a.dtype)
    t.r.a, t.r.right, ld = full.at, right.at, <int>t.r.lda
    cdef Sterf sterf = <Sterf>routine(t.dtype, "sterf")
    cdef Stedc stedc = <Stedc>routine(t.dtype, "stedc")
    if v is not None:
        out = <char *>cnp.PyArray_DATA(<cnp.ndarray>v)
        wanted, integers = <int>(1 + 4 * n + n * n), <int>(3 + 5 * n)
    work, iwork = Rows(1, wanted, a.dtype), np.empty(integers, np.int32)
    rs, cs = cnp.PyArray_STRIDE(a, 0) // size, cnp.PyArray_STRIDE(a, 1) // size
    if lower:
        rs, cs = cs, rs
    with nogil:
        work_begin()
        qr_ops(t.dtype).copy(n, n, cnp.PyArray_DATA(a), rs, cs, full.at, t.r.lda)
        unit = t.ops.take(n, n, True, full.at, t.r.lda)
        if unit != unit:
            info = -1
        else:
            status = tridiagonal(&t, square.at)
            if status == OK and out == NULL:
                sterf(&order, t.r.d, t.r.e, &info)
            elif status == OK:                   # rows of `full` become the vectors
                stedc("I", &order, t.r.d, t.r.e, full.at, &ld, work.at, &wanted, <int *>cnp.PyArray_DATA(iwork),
                      &integers, &info)
                status = apply(&t, False, n - 1, n, full.at, ld) if info == 0 else OK
                qr_ops(t.dtype).copy(n, n, full.at, 1, ld, out, n)
            scale(n, <char *>t.r.d, unit, t.dtype, <char *>cnp.PyArray_DATA(w))
    raise_for(status, name)
    return info


def svd(cnp.ndarray a, u, cnp.ndarray s, vh, workers, str name):
    """u (m, p), n <= p <= m, s (n), falling, vh (n, n), or u and vh None, of a (m, n) of any strides, m >= n. 0; -1: a
    is not finite; more: LAPACK's number of what did not converge. u, s and vh in one piece."""
    cdef ptrdiff_t m = cnp.PyArray_DIM(a, 0), n = cnp.PyArray_DIM(a, 1), size = cnp.PyArray_ITEMSIZE(a), p = 0
    cdef Job t
    cdef int status = OK, order = <int>n, ldu = 1, info = 0
    cdef char *left = NULL
    cdef char *right = NULL
    cdef double unit
    cdef Rows _small, full, ut, vt, work
    cdef cnp.ndarray iwork
    t.dtype, t.size, t.threads = kernel_dtype(cnp.PyArray_TYPE(a), size), size, threads_for(workers)
    t.ops = mc_reduce_ops_for(isa(), t.dtype)
    _small = prepare(&t, m, n, False, a.dtype)
    full, ut, vt = Rows(m, t.r.lda, a.dtype), Rows(n, t.r.ldu, a.dtype), Rows(n, t.r.ldy, a.dtype)
    t.r.a, t.r.left, t.r.right = full.at, ut.at, vt.at
    cdef Bdsdc bdsdc = <Bdsdc>routine(t.dtype, "bdsdc")
    if u is not None:
        left, right = <char *>cnp.PyArray_DATA(<cnp.ndarray>u), <char *>cnp.PyArray_DATA(<cnp.ndarray>vh)
        p = cnp.PyArray_DIM(<cnp.ndarray>u, 1)
        ldu = <int>p
    work = Rows(1, 4 * n if u is None else 3 * n * n + 4 * n, a.dtype)
    iwork = np.empty(8 * n, np.int32)
    with nogil:
        work_begin()
        qr_ops(t.dtype).copy(m, n, cnp.PyArray_DATA(a), cnp.PyArray_STRIDE(a, 0) // size,
                             cnp.PyArray_STRIDE(a, 1) // size, full.at, t.r.lda)
        unit = t.ops.take(m, n, False, full.at, t.r.lda)
        if unit != unit:
            info = -1
        else:
            status = bidiagonal(&t)
            if status == OK and left == NULL:
                bdsdc("U", "N", &order, t.r.d, t.r.e, NULL, &ldu, NULL, &ldu, NULL, NULL, work.at,
                      <int *>cnp.PyArray_DATA(iwork), &info)
            elif status == OK:
                # of the transposed, lower one: what LAPACK writes by columns are the rows of u and vh
                memset(left, 0, m * p * size)
                bdsdc("L", "I", &order, t.r.d, t.r.e, right, &order, left, &ldu, NULL, NULL, work.at,
                      <int *>cnp.PyArray_DATA(iwork), &info)
                qr_ops(t.dtype).identity(m - n, p - n, left + (n * p + n) * size, p)
                if info == 0:
                    status = apply(&t, True, n, p, left, p)
                if info == 0 and status == OK:
                    status = apply(&t, False, n - 1, n, right, n)
            scale(n, <char *>t.r.d, unit, t.dtype, <char *>cnp.PyArray_DATA(s))
    raise_for(status, name)
    return info
