# cython: binding=True
"""One matrix that is a plain array and gives no trouble: recognised here at once, nothing looked at twice. For anything
else these give None, and the general door has the words."""

from numpy import float32 as np_float32, float64 as np_float64

cimport numpy as cnp
from libc.stdint cimport int32_t, int64_t
from libc.math cimport ldexp
from libc.string cimport memcpy, memset

from mathcore._kernels.arrays cimport kernel_dtype, usable
from mathcore._kernels.eigen cimport MOST as EIGEN_MOST, eigen_one
from mathcore._kernels.finite cimport finite
from mathcore._kernels.lu cimport determinant, factor, log_determinant, solve_factored
from mathcore._kernels.runtime cimport F32, F64, raise_for, threads_for, work_begin
from mathcore._kernels.small cimport DET, INV, MOST, SLOGDET, SOLVE, SVD, SVD_MOST, Small, run as run_small
from mathcore._kernels.systems cimport GENERAL, System, bound, inverse_one, solve_one
from mathcore._kernels.triangular cimport solve_triangle, zero_on_diagonal

cdef enum: LU_MOST = 128                 # beyond, the general door costs little beside the work

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


cdef bint factored(const Small *s, int dtype, object factors, double *mantissa, int64_t *exponent) except -1:
    """The determinant by LU of a copy, for more than MOST rows."""
    cdef cnp.ndarray lu = cnp.PyArray_Copy(<cnp.ndarray>factors)
    cdef cnp.ndarray pivots = new(1, s.n, 0, cnp.NPY_INT32)
    cdef char *data = <char *>cnp.PyArray_DATA(lu)
    cdef int32_t *rows = <int32_t *>cnp.PyArray_DATA(pivots)
    cdef int32_t info
    cdef int status, threads = threads_for(None)
    with nogil:
        work_begin()
        status = factor(dtype, s.n, s.n, data, s.n, rows, &info, threads)
        determinant(dtype, s.n, data, rows, mantissa, exponent)
    return raise_for(status, "det")


def det(a, bint check_finite):
    """The determinant, of float32 in float64 up to MOST rows."""
    cdef Small s
    cdef double wide[MOST * MOST]
    cdef double found = 0
    cdef int64_t exponent = 0
    cdef int status, dtype
    cdef ptrdiff_t i
    if not take_matrix(&s, a, check_finite, &dtype):
        return None
    if s.n > MOST:
        factored(&s, dtype, a, &found, &exponent)
        return np_float64(ldexp(found, <int>max(<int64_t>-5000, min(exponent, <int64_t>5000))))
    if dtype == F32:
        for i in range(s.n * s.n):
            wide[i] = (<const float *>s.a)[i]
        s.a = wide
    s.x = &found
    status = run_small(DET, F64, &s, 1, 1)
    if status:
        raise_for(status, "det")
    return np_float64(found)


def slogdet(a):
    """Sign and logarithm of the size of the determinant."""
    cdef Small s
    cdef double sign = 0, logarithm = 0
    cdef float narrow_sign = 0, narrow_logarithm = 0
    cdef int64_t exponent = 0
    cdef int status, dtype
    if not take_matrix(&s, a, False, &dtype):
        return None
    if s.n > MOST:
        factored(&s, dtype, a, &sign, &exponent)
        logarithm = log_determinant(sign, exponent)
        sign = sign if sign != sign else (sign > 0) - (sign < 0)
    else:
        s.x = <void *>&sign if dtype == F64 else <void *>&narrow_sign
        s.y = <void *>&logarithm if dtype == F64 else <void *>&narrow_logarithm
        status = run_small(SLOGDET, dtype, &s, 1, 1)
        if status:
            raise_for(status, "slogdet")
        sign, logarithm = sign + narrow_sign, logarithm + narrow_logarithm
    if dtype == F64:
        return np_float64(sign), np_float64(logarithm)
    return np_float32(sign), np_float32(logarithm)


# ------------------------------------------------------------------ factors and triangles

def lu(a, bint check_finite):
    """(lu, pivots) of a matrix of up to LU_MOST rows and columns; None too for a column without a pivot."""
    cdef cnp.ndarray factors, pivots
    cdef ptrdiff_t m, n
    cdef int dtype, status
    cdef int32_t info = 0
    if not cnp.PyArray_CheckExact(a) or cnp.PyArray_NDIM(<cnp.ndarray>a) != 2 or not usable(<cnp.ndarray>a):
        return None
    m, n = cnp.PyArray_DIM(<cnp.ndarray>a, 0), cnp.PyArray_DIM(<cnp.ndarray>a, 1)
    dtype = kernel_dtype(cnp.PyArray_TYPE(<cnp.ndarray>a), cnp.PyArray_ITEMSIZE(<cnp.ndarray>a))
    if m < 1 or n < 1 or m > LU_MOST or n > LU_MOST or dtype not in (F32, F64):
        return None
    if cnp.PyArray_IS_C_CONTIGUOUS(<cnp.ndarray>a):
        factors = new(2, m, n, cnp.PyArray_TYPE(<cnp.ndarray>a))
        memcpy(cnp.PyArray_DATA(factors), cnp.PyArray_DATA(<cnp.ndarray>a), cnp.PyArray_NBYTES(factors))
    else:
        factors = cnp.PyArray_Copy(<cnp.ndarray>a)
    if check_finite and not finite(<char *>cnp.PyArray_DATA(factors), m * n, dtype):
        return None
    pivots = new(1, min(m, n), 0, cnp.NPY_INT32)
    status = factor(dtype, m, n, <char *>cnp.PyArray_DATA(factors), n, <int32_t *>cnp.PyArray_DATA(pivots), &info, 1)
    if status:
        raise_for(status, "lu_factor")
    return None if info else (factors, pivots)


# A square matrix whose rows or columns lie each in one piece, and a copy of right-hand sides of its type.
ctypedef struct Sides:
    int dtype
    ptrdiff_t n, k, rsa, csa
    const char *a
    char *x


cdef object take_sides(Sides *s, object a, object b, bint check_a, bint check_b):
    """The array for the answer, which holds b; or None."""
    cdef cnp.ndarray matrix, right, x
    cdef int nd
    if not cnp.PyArray_CheckExact(a) or not cnp.PyArray_CheckExact(b):
        return None
    matrix, right = a, b
    nd = cnp.PyArray_NDIM(right)
    if cnp.PyArray_NDIM(matrix) != 2 or nd < 1 or nd > 2 or not usable(matrix) or not usable(right) \
            or not cnp.PyArray_IS_C_CONTIGUOUS(right) or cnp.PyArray_TYPE(matrix) != cnp.PyArray_TYPE(right):
        return None
    s.dtype = kernel_dtype(cnp.PyArray_TYPE(matrix), cnp.PyArray_ITEMSIZE(matrix))
    s.n, s.k = cnp.PyArray_DIM(matrix, 0), cnp.PyArray_DIM(right, 1) if nd == 2 else 1
    if s.dtype not in (F32, F64) or s.n < 1 or s.k < 1 or cnp.PyArray_DIM(matrix, 1) != s.n \
            or cnp.PyArray_DIM(right, 0) != s.n:
        return None
    if cnp.PyArray_IS_C_CONTIGUOUS(matrix):
        s.rsa, s.csa = s.n, 1
    elif cnp.PyArray_IS_F_CONTIGUOUS(matrix):
        s.rsa, s.csa = 1, s.n
    else:
        return None
    s.a = <const char *>cnp.PyArray_DATA(matrix)
    if check_a and not finite(s.a, s.n * s.n, s.dtype) \
            or check_b and not finite(<const char *>cnp.PyArray_DATA(right), s.n * s.k, s.dtype):
        return None
    x = new(nd, s.n, s.k, cnp.PyArray_TYPE(right))
    s.x = <char *>cnp.PyArray_DATA(x)
    memcpy(s.x, cnp.PyArray_DATA(right), cnp.PyArray_NBYTES(x))
    return x


def lu_solve(factors, b, transposed, bint check_finite):
    """x of a x = b, or a^T x = b, for factors (lu, pivots) of a."""
    cdef Sides s
    cdef cnp.ndarray pivots
    cdef const int32_t *rows
    cdef ptrdiff_t i
    cdef bint across
    cdef int status, threads
    if type(factors) is not tuple or len(factors) != 2 or not cnp.PyArray_CheckExact(factors[1]) \
            or type(transposed) is not int or not 0 <= transposed <= 2:
        return None
    pivots, across = factors[1], transposed != 0
    x = take_sides(&s, factors[0], b, False, check_finite)
    if x is None or cnp.PyArray_NDIM(pivots) != 1 or cnp.PyArray_TYPE(pivots) != cnp.NPY_INT32 or not usable(pivots) \
            or not cnp.PyArray_IS_C_CONTIGUOUS(pivots) or cnp.PyArray_DIM(pivots, 0) != s.n:
        return None
    rows = <const int32_t *>cnp.PyArray_DATA(pivots)
    for i in range(s.n):
        if rows[i] < 0 or rows[i] >= s.n:
            return None
    threads = threads_for(None)
    with nogil:
        work_begin()
        status = solve_factored(s.dtype, s.n, s.k, s.a, s.rsa, s.csa, rows, across, s.x, s.k, threads)
    raise_for(status, "lu_solve")
    return x


def solve_triangular(a, b, bint transposed, bint lower, bint unit, bint check_finite):
    """x of t x = b, or t^T x = b, t a triangle of a; None too for a zero on its diagonal."""
    cdef Sides s
    cdef int status, threads
    x = take_sides(&s, a, b, check_finite, check_finite)
    if x is None or not unit and zero_on_diagonal(s.dtype, s.n, s.a, s.n + 1):
        return None
    if transposed:
        s.rsa, s.csa, lower = s.csa, s.rsa, not lower
    threads = threads_for(None)
    with nogil:
        work_begin()
        status = solve_triangle(s.dtype, s.n, s.k, s.a, s.rsa, s.csa, lower, unit, s.x, s.k, threads)
    raise_for(status, "solve_triangular")
    return x


# ------------------------------------------------------------------ eigenvalues, singular values

def eigen(a, bint lower, bint vectors, bint check_finite):
    """(w, v), v None without `vectors`; None too where an eigenvalue does not converge."""
    cdef Small s
    cdef int dtype, status
    cdef int32_t info = 0
    cdef char *pw
    cdef char *pv = NULL
    if not take_matrix(&s, a, check_finite, &dtype) or s.n > EIGEN_MOST:
        return None
    w, v = new(1, s.n, 0, cnp.PyArray_TYPE(<cnp.ndarray>a)), None
    if vectors:
        v = new(2, s.n, s.n, cnp.PyArray_TYPE(<cnp.ndarray>a))
        pv = <char *>cnp.PyArray_DATA(<cnp.ndarray>v)
    pw = <char *>cnp.PyArray_DATA(<cnp.ndarray>w)
    with nogil:
        work_begin()
        status = eigen_one(dtype, s.n, <const char *>s.a, s.n, 1, lower, pw, pv, &info)
    raise_for(status, "eigh")
    return None if info else (w, v)


def svd(a, bint full_matrices, bint vectors, bint check_finite):
    """(u, s, vh), u and vh None without `vectors`, for up to MOST rows and columns, or SVD_MOST; None too for what
    packs do not do: singular values near zero."""
    cdef Small s
    cdef int dtype, status
    cdef int32_t info = 0
    cdef ptrdiff_t k
    cdef cnp.ndarray x
    if not cnp.PyArray_CheckExact(a) or cnp.PyArray_NDIM(<cnp.ndarray>a) != 2:
        return None
    x = a
    if not cnp.PyArray_IS_C_CONTIGUOUS(x) or not usable(x):
        return None
    memset(&s, 0, sizeof(Small))
    s.m, s.n, s.a = cnp.PyArray_DIM(x, 0), cnp.PyArray_DIM(x, 1), cnp.PyArray_DATA(x)
    k = min(s.m, s.n)
    dtype = kernel_dtype(cnp.PyArray_TYPE(x), cnp.PyArray_ITEMSIZE(x))
    if dtype not in (F32, F64) or k < 1 or max(s.m, s.n) > (SVD_MOST if dtype == F64 else MOST) \
            or full_matrices and vectors and s.m != s.n \
            or check_finite and not finite(<const char *>s.a, s.m * s.n, dtype):
        return None
    values, u, vh = new(1, k, 0, cnp.PyArray_TYPE(x)), None, None
    s.omega, s.info = cnp.PyArray_DATA(<cnp.ndarray>values), &info
    if vectors:
        u, vh = new(2, s.m, k, cnp.PyArray_TYPE(x)), new(2, k, s.n, cnp.PyArray_TYPE(x))
        s.x, s.y = cnp.PyArray_DATA(<cnp.ndarray>u), cnp.PyArray_DATA(<cnp.ndarray>vh)
    status = run_small(SVD, dtype, &s, 1, 1)
    if status:
        raise_for(status, "svd")
    return None if info else (u, values, vh)
