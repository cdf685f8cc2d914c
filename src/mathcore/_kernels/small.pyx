# cython: binding=True
"""Batches of small matrices: chunks of packs over threads; the verbs themselves are in simd/small*-inl.h."""

from libc.string cimport memset

cimport numpy as cnp

from mathcore._kernels.arrays cimport kernel_dtype
from mathcore._kernels.runtime cimport (
    NO_MEMORY, OK, SLOT_D, isa, parallel_for, raise_for, threads_for, work_begin, workspace,
)

cnp.import_array()

cdef extern from "simd/small.h" nogil:
    ctypedef void (*Verb "mc_small_verb")(
        const Small *s, ptrdiff_t first, ptrdiff_t count, void *scratch) noexcept nogil
    Verb mc_small_verb_for(int isa, int dtype, int verb)
    size_t mc_small_scratch(ptrdiff_t m, ptrdiff_t n)

LARGEST = MOST                           # rows and columns of what these kernels take
SVD_LARGEST = SVD_MOST                   # of those in float64 that svd leaves to them

cdef double CHUNK_NS = 1e5, SERIAL_NS = 2e4, GIL_NS = 2e3
cdef enum:
    PACK = 16                            # lanes of the widest vector: chunks hold whole packs

ctypedef struct Job:
    Verb verb
    const Small *s
    ptrdiff_t count, per_chunk


cdef int chunk(void *ctx, ptrdiff_t i) noexcept nogil:
    cdef Job *job = <Job *>ctx
    cdef ptrdiff_t first = i * job.per_chunk
    cdef void *scratch = workspace(SLOT_D, mc_small_scratch(job.s.m, job.s.n))
    if scratch == NULL:
        return NO_MEMORY
    job.verb(job.s, first, min(job.per_chunk, job.count - first), scratch)
    return OK


cdef double item_ns(const Small *s) noexcept nogil:
    """About what an item takes: 10 + n^2 (n + k) / 8."""
    cdef double n = max(s.m, s.n)
    return 10 + n * n * (n + s.k) / 8


cdef int run(int verb, int dtype, const Small *s, ptrdiff_t count, int threads) noexcept nogil:
    cdef Job job
    cdef double each = item_ns(s)
    if count == 0 or s.n == 0:
        return OK
    job.verb, job.s, job.count = mc_small_verb_for(isa(), dtype, verb), s, count
    job.per_chunk = max(<ptrdiff_t>1, <ptrdiff_t>(CHUNK_NS / each) // PACK) * PACK
    if each * count < SERIAL_NS:
        threads = 1
    return parallel_for(chunk, &job, (count + job.per_chunk - 1) // job.per_chunk, threads)


# ------------------------------------------------------------------ for wrappers

cdef ptrdiff_t item_stride(cnp.ndarray x) noexcept:
    return 0 if cnp.PyArray_DIM(x, 0) == 1 else cnp.PyArray_STRIDE(x, 0) // cnp.PyArray_ITEMSIZE(x)


cdef void *data(object x) noexcept:
    return NULL if x is None else cnp.PyArray_DATA(<cnp.ndarray>x)


cdef int call(int verb, Small *s, cnp.ndarray a, workers, str name) except -1:
    """a (count, m, n), items in C order."""
    cdef int dtype = kernel_dtype(cnp.PyArray_TYPE(a), cnp.PyArray_ITEMSIZE(a)), status, threads
    cdef ptrdiff_t count = cnp.PyArray_DIM(a, 0)
    s.m, s.n, s.a, s.a_item = cnp.PyArray_DIM(a, 1), cnp.PyArray_DIM(a, 2), cnp.PyArray_DATA(a), item_stride(a)
    if item_ns(s) * count < GIL_NS:
        status = run(verb, dtype, s, count, 1)
    else:
        threads = threads_for(workers)
        with nogil:
            work_begin()
            status = run(verb, dtype, s, count, threads)
    return raise_for(status, name)


def lu(cnp.ndarray a, cnp.ndarray x, cnp.ndarray pivots, cnp.ndarray info, workers, str name):
    """a (count, n, n) = P L U: L and U into x, rows exchanged (from 0) into pivots (count, n) int32, 1 + number of the
    first zero pivot (or 0) into info (count,) int32."""
    cdef Small s
    memset(&s, 0, sizeof(Small))
    s.x, s.pivots, s.info = data(x), <int32_t *>data(pivots), <int32_t *>data(info)
    call(LU, &s, a, workers, name)


def solve(cnp.ndarray a, cnp.ndarray b, bint trans, cnp.ndarray x, cnp.ndarray info, cnp.ndarray omega,
          cnp.ndarray rcond, workers, str name):
    """x (count, n, k) of a x = b, or a^T x = b: a (count, n, n), b (count, n, k), the items of either in C order and
    any distance apart, 0 included. info, omega and rcond (count,) as small.pxd says."""
    cdef Small s
    memset(&s, 0, sizeof(Small))
    s.k, s.b, s.b_item, s.trans = cnp.PyArray_DIM(b, 2), data(b), item_stride(b), trans
    s.x, s.info, s.omega, s.rcond = data(x), <int32_t *>data(info), data(omega), data(rcond)
    call(SOLVE, &s, a, workers, name)


def inv(cnp.ndarray a, cnp.ndarray x, cnp.ndarray info, cnp.ndarray rcond, workers, str name):
    """x = a^-1 with info and the exact reciprocal condition in the 1-norm."""
    cdef Small s
    memset(&s, 0, sizeof(Small))
    s.x, s.info, s.rcond = data(x), <int32_t *>data(info), data(rcond)
    call(INV, &s, a, workers, name)


def det(cnp.ndarray a, cnp.ndarray x, workers, str name):
    """Determinants into x (count,)."""
    cdef Small s
    memset(&s, 0, sizeof(Small))
    s.x = data(x)
    call(DET, &s, a, workers, name)


def slogdet(cnp.ndarray a, cnp.ndarray sign, cnp.ndarray logarithm, workers, str name):
    """Signs and logarithms of the sizes of determinants into arrays (count,)."""
    cdef Small s
    memset(&s, 0, sizeof(Small))
    s.x, s.y = data(sign), data(logarithm)
    call(SLOGDET, &s, a, workers, name)


def cholesky(cnp.ndarray a, bint lower, cnp.ndarray x, cnp.ndarray info, workers, str name):
    """a = x x^T, x lower, or x^T x, x upper; only that triangle of a is read. info: the order of the first leading
    minor that is not positive, or 0."""
    cdef Small s
    memset(&s, 0, sizeof(Small))
    s.lower, s.x, s.info = lower, data(x), <int32_t *>data(info)
    call(CHOLESKY, &s, a, workers, name)


def qr(cnp.ndarray a, cnp.ndarray q, cnp.ndarray r, workers, str name):
    """a (count, m, n) = q (count, m, k) r (count, k, n), k = min(m, n), m and n up to 32."""
    cdef Small s
    memset(&s, 0, sizeof(Small))
    s.x, s.y = data(q), data(r)
    call(QR, &s, a, workers, name)


def qr_raw(cnp.ndarray a, cnp.ndarray x, cnp.ndarray tau, workers, str name):
    """R and below it the reflectors into x (count, m, n), their factors into tau (count, k)."""
    cdef Small s
    memset(&s, 0, sizeof(Small))
    s.x, s.y = data(x), data(tau)
    call(QR_RAW, &s, a, workers, name)


def lstsq(cnp.ndarray a, cnp.ndarray b, cnp.ndarray x, cnp.ndarray ratio, workers, str name):
    """x (count, n, k) that makes |b - a x| least for a (count, m, n) of rank n <= m <= 32, b (count, m, k); into ratio
    (count,) min |r_ii| / max |r_ii| of each item."""
    cdef Small s
    memset(&s, 0, sizeof(Small))
    s.k, s.b, s.b_item = cnp.PyArray_DIM(b, 2), data(b), item_stride(b)
    s.x, s.rcond = data(x), data(ratio)
    call(LSTSQ, &s, a, workers, name)


def solve_triangular(cnp.ndarray a, cnp.ndarray b, bint lower, bint unit, bint trans, cnp.ndarray x, cnp.ndarray info,
                     workers, str name):
    """x of t x = b, or t^T x = b, t the lower or upper triangle of a, its diagonal ones with `unit`. info: 1 + number
    of the first zero on the diagonal, or 0."""
    cdef Small s
    memset(&s, 0, sizeof(Small))
    s.k, s.b, s.b_item = cnp.PyArray_DIM(b, 2), data(b), item_stride(b)
    s.lower, s.unit, s.trans, s.x, s.info = lower, unit, trans, data(x), <int32_t *>data(info)
    call(TRIANGULAR, &s, a, workers, name)


def eigen(cnp.ndarray a, bint lower, cnp.ndarray w, v, cnp.ndarray info, workers, str name):
    """Eigenvalues w (count, n) of symmetric a (count, n, n), of which one triangle is read, in rising order, and the
    vectors in the columns of v (count, n, n) or None."""
    cdef Small s
    memset(&s, 0, sizeof(Small))
    s.lower, s.x, s.y, s.info, s.k = lower, data(w), data(v), <int32_t *>data(info), 20 * cnp.PyArray_DIM(a, 1)
    call(EIGEN, &s, a, workers, name)


def svd(cnp.ndarray a, u, cnp.ndarray values, vh, cnp.ndarray info, workers, str name):
    """a (count, m, n) = u values vh, u (count, m, k) and vh (count, k, n), or both None. values (count, k) falling."""
    cdef Small s
    memset(&s, 0, sizeof(Small))
    s.x, s.omega, s.y, s.info, s.k = data(u), data(values), data(vh), <int32_t *>data(info), 20 * cnp.PyArray_DIM(a, 1)
    call(SVD, &s, a, workers, name)
