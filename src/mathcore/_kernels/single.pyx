# cython: binding=True
"""One matrix that is a plain array and gives no trouble: recognised here at once, nothing looked at twice. For anything
else these give None, and the general door has the words."""

from numpy import float64 as np_float64

cimport numpy as cnp
from libc.stdint cimport int32_t, int64_t
from libc.math cimport ldexp
from libc.string cimport memset

from mathcore._kernels.arrays cimport kernel_dtype, usable
from mathcore._kernels.finite cimport finite
from mathcore._kernels.lu cimport determinant, factor
from mathcore._kernels.runtime cimport F32, F64, raise_for, threads_for, work_begin
from mathcore._kernels.small cimport DET, INV, MOST, SOLVE, Small, run as run_small
from mathcore._kernels.systems cimport GENERAL, System, bound, inverse_one, solve_one

cnp.import_array()


cdef bint take_matrix(Small *s, object a, bint check_finite, int *dtype) noexcept:
    """A square matrix in one piece, its numbers looked at."""
    if not cnp.PyArray_CheckExact(a) or cnp.PyArray_NDIM(<cnp.ndarray>a) != 2 \
            or not cnp.PyArray_IS_C_CONTIGUOUS(<cnp.ndarray>a) or not usable(<cnp.ndarray>a):
        return False
    memset(s, 0, sizeof(Small))
    s.n = cnp.PyArray_DIM(<cnp.ndarray>a, 0)
    s.m, s.a = s.n, cnp.PyArray_DATA(<cnp.ndarray>a)
    dtype[0] = kernel_dtype(cnp.PyArray_TYPE(<cnp.ndarray>a), cnp.PyArray_ITEMSIZE(<cnp.ndarray>a))
    if s.n < 2 or cnp.PyArray_DIM(<cnp.ndarray>a, 1) != s.n or dtype[0] not in (F32, F64):
        return False
    return not check_finite or finite(<const char *>s.a, s.n * s.n, dtype[0])


cdef double element(const void *a, ptrdiff_t i, int dtype) noexcept nogil:
    return (<const double *>a)[i] if dtype == F64 else (<const float *>a)[i]


cdef bint has_no_structure(const Small *s, int dtype) noexcept nogil:
    """Whether a look at the first row and column excludes triangles, bands of three and symmetry."""
    cdef ptrdiff_t i
    cdef bint below = False, right = False, wide = False, skew = False
    cdef double row, column
    for i in range(1, s.n):
        row, column = element(s.a, i, dtype), element(s.a, i * s.n, dtype)
        below, right, skew = below or column != 0, right or row != 0, skew or row != column
        wide = wide or i > 1 and (row != 0 or column != 0)
        if below and right and wide and skew:
            return True
    return False


cdef bint prepare(System *s, const Small *job, int dtype, object lu, object pivots, object x) except -1:
    s.dtype, s.kind, s.threads = dtype, GENERAL, threads_for(None)
    s.n, s.k, s.size = job.n, job.k, 8 if dtype == F64 else 4
    s.a, s.b, s.x = <const char *>job.a, <const char *>job.b, <char *>cnp.PyArray_DATA(<cnp.ndarray>x)
    s.lu, s.pivots = <char *>cnp.PyArray_DATA(<cnp.ndarray>lu), <int32_t *>cnp.PyArray_DATA(<cnp.ndarray>pivots)
    return True


cdef object new(int nd, cnp.npy_intp n, cnp.npy_intp k, int typenum):
    cdef cnp.npy_intp shape[2]
    shape[0], shape[1] = n, k
    return cnp.PyArray_EMPTY(nd, shape, typenum, 0)


def solve(a, b, bint check_finite):
    """x with a x = b; None too for a singular or ill-conditioned matrix and for an answer that is not good."""
    cdef Small s
    cdef System whole
    cdef int32_t info = 0
    cdef double error = 0, rcond = 0
    cdef float narrow_error = 0, narrow_rcond = 0
    cdef int status, nd, dtype, typenum
    if not take_matrix(&s, a, check_finite, &dtype) or not cnp.PyArray_CheckExact(b) \
            or not cnp.PyArray_IS_C_CONTIGUOUS(<cnp.ndarray>b) or not usable(<cnp.ndarray>b):
        return None
    nd, typenum = cnp.PyArray_NDIM(<cnp.ndarray>b), cnp.PyArray_TYPE(<cnp.ndarray>a)
    if nd < 1 or nd > 2 or cnp.PyArray_TYPE(<cnp.ndarray>b) != typenum:
        return None
    s.k, s.b = cnp.PyArray_DIM(<cnp.ndarray>b, 1) if nd == 2 else 1, cnp.PyArray_DATA(<cnp.ndarray>b)
    if cnp.PyArray_DIM(<cnp.ndarray>b, 0) != s.n or s.k < 1 \
            or check_finite and not finite(<const char *>s.b, s.n * s.k, dtype):
        return None
    if s.n > MOST and not has_no_structure(&s, dtype):
        return None
    x = new(nd, s.n, s.k, typenum)
    if s.n > MOST:
        lu, pivots = new(2, s.n, s.n, typenum), new(1, s.n, 0, cnp.NPY_INT32)
        prepare(&whole, &s, dtype, lu, pivots, x)
        with nogil:
            work_begin()
            status = solve_one(&whole)
        info, rcond, error = whole.info, whole.rcond, whole.backward_error
    else:
        s.x, s.info = cnp.PyArray_DATA(<cnp.ndarray>x), &info
        s.omega = <void *>&error if dtype == F64 else <void *>&narrow_error
        s.rcond = <void *>&rcond if dtype == F64 else <void *>&narrow_rcond
        status = run_small(SOLVE, dtype, &s, 1, 1)
        error, rcond = error + narrow_error, rcond + narrow_rcond
    if status:
        raise_for(status, "solve")
    if info or not rcond >= (2.0**-52 if dtype == F64 else 2.0**-23) or not error <= bound(s.n, dtype):
        return None
    return x


def inverse(a, bint check_finite):
    """The inverse; None too for a singular or ill-conditioned matrix."""
    cdef Small s
    cdef System whole
    cdef int32_t info = 0
    cdef double rcond = 0
    cdef float narrow_rcond = 0
    cdef int status, dtype
    if not take_matrix(&s, a, check_finite, &dtype) or s.n > MOST and not has_no_structure(&s, dtype):
        return None
    x = new(2, s.n, s.n, cnp.PyArray_TYPE(<cnp.ndarray>a))
    if s.n > MOST:
        lu, pivots = new(2, s.n, s.n, cnp.PyArray_TYPE(<cnp.ndarray>a)), new(1, s.n, 0, cnp.NPY_INT32)
        prepare(&whole, &s, dtype, lu, pivots, x)
        with nogil:
            work_begin()
            status = inverse_one(&whole)
        info, rcond = whole.info, whole.rcond
    else:
        s.x, s.info = cnp.PyArray_DATA(<cnp.ndarray>x), &info
        s.rcond = <void *>&rcond if dtype == F64 else <void *>&narrow_rcond
        status = run_small(INV, dtype, &s, 1, 1)
        rcond += narrow_rcond
    if status:
        raise_for(status, "inv")
    return x if info == 0 and rcond >= (2.0**-52 if dtype == F64 else 2.0**-23) else None


def det(a, bint check_finite):
    """The determinant, of float32 in float64 up to MOST rows."""
    cdef Small s
    cdef double wide[MOST * MOST]
    cdef double found = 0
    cdef int64_t exponent
    cdef int32_t info = 0
    cdef int status, dtype, threads
    cdef ptrdiff_t i
    if not take_matrix(&s, a, check_finite, &dtype):
        return None
    if s.n > MOST:
        lu, pivots = cnp.PyArray_Copy(<cnp.ndarray>a), new(1, s.n, 0, cnp.NPY_INT32)
        s.x, s.pivots, threads = cnp.PyArray_DATA(<cnp.ndarray>lu), <int32_t *>cnp.PyArray_DATA(<cnp.ndarray>pivots), \
            threads_for(None)
        with nogil:
            work_begin()
            status = factor(dtype, s.n, s.n, <char *>s.x, s.n, s.pivots, &info, threads)
            determinant(dtype, s.n, <const char *>s.x, s.pivots, &found, &exponent)
        found = ldexp(found, <int>max(<int64_t>-5000, min(exponent, <int64_t>5000)))
    else:
        if dtype == F32:
            for i in range(s.n * s.n):
                wide[i] = (<const float *>s.a)[i]
            s.a = wide
        s.x = &found
        status = run_small(DET, F64, &s, 1, 1)
    if status:
        raise_for(status, "det")
    return np_float64(found)
