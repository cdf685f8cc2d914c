# pairwise: distances of two vectors, and counts of what is true in them; see pairwise.pyx.

from cython cimport floating
from libc.math cimport NAN, frexp, ldexp, pow, sqrt
from libc.stdint cimport int64_t, uint8_t

from mathcore._kernels.runtime cimport F32, F64


cdef inline bint vector(object x, int typenum, ptrdiff_t n) noexcept:
    """A plain vector of n > 0 numbers of one type."""
    return cnp.PyArray_CheckExact(x) and cnp.PyArray_NDIM(<cnp.ndarray>x) == 1 \
        and cnp.PyArray_TYPE(<cnp.ndarray>x) == typenum and cnp.PyArray_DIM(<cnp.ndarray>x, 0) == n and n > 0 \
        and cnp.PyArray_ISCARRAY_RO(<cnp.ndarray>x)


cdef inline bint floats(object u, object v) noexcept:
    """Two plain vectors of one float type."""
    cdef int typenum
    if not cnp.PyArray_CheckExact(u) or cnp.PyArray_NDIM(<cnp.ndarray>u) != 1:
        return False
    typenum = cnp.PyArray_TYPE(<cnp.ndarray>u)
    return (typenum == cnp.NPY_DOUBLE or typenum == cnp.NPY_FLOAT) \
        and vector(u, typenum, cnp.PyArray_DIM(<cnp.ndarray>u, 0)) \
        and vector(v, typenum, cnp.PyArray_DIM(<cnp.ndarray>u, 0))


cdef inline object scalar(double value, object like):
    cdef float narrow = <float>value
    if cnp.PyArray_TYPE(<cnp.ndarray>like) == cnp.NPY_FLOAT:
        return PyArray_Scalar(&narrow, (<cnp.ndarray>like).descr, None)
    return PyArray_Scalar(&value, (<cnp.ndarray>like).descr, None)


cdef const PairwiseOps *prepare(Pairwise *s, int op, int form, object u, object v, const void **x,
                                const void **y) noexcept:
    memset(s, 0, sizeof(Pairwise))
    s.op, s.form, s.d, s.total, s.factor = op, form, cnp.PyArray_DIM(<cnp.ndarray>u, 0), 1, 1
    s.check = form == ROOT_ and op != ABSOLUTE_
    x[0], y[0] = cnp.PyArray_DATA(<cnp.ndarray>u), cnp.PyArray_DATA(<cnp.ndarray>v)
    return mc_pairwise_ops_for(isa(), F64 if cnp.PyArray_TYPE(<cnp.ndarray>u) == cnp.NPY_DOUBLE else F32)


cdef double run(const PairwiseOps *ops, const Pairwise *s, const void *x, const void *y, const void *w, double fx,
                double fy) noexcept:
    cdef double found
    if s.d <= GIL:
        return ops.pair(s, x, y, w, fx, fy)
    with nogil:
        found = ops.pair(s, x, y, w, fx, fy)
    return found


cdef double total(const PairwiseOps *ops, ptrdiff_t n, const void *x, double *least) noexcept:
    cdef double found
    if n <= GIL:
        return ops.sum(n, x, least)
    with nogil:
        found = ops.sum(n, x, least)
    return found


cdef inline bint zeros(const floating *w, ptrdiff_t n) noexcept nogil:
    cdef ptrdiff_t i
    cdef int found = 0
    for i in range(n):
        found |= w[i] == 0
    return found


cdef inline bint holds_zero(const void *w, ptrdiff_t n, bint wide) noexcept nogil:
    return zeros(<const double *>w, n) if wide else zeros(<const float *>w, n)


def pair(int op, int form, u, v, w, double p):
    """The distance of two plain vectors of one float type as a scalar of it; w: such weights, none of them negative or
    NaN, or None. None where the general door must look: where a root's
    sum is taken again, weights of 0 too, as what they leave out must not scale the rest."""
    cdef Pairwise s
    cdef const PairwiseOps *ops
    cdef const void *x
    cdef const void *y
    cdef const void *weights = NULL
    cdef double least = 0, found, sum
    cdef bint wide, zero
    if not floats(u, v):
        return None
    ops = prepare(&s, op, form, u, v, &x, &y)
    s.total = s.d
    if w is not None:
        if not vector(w, cnp.PyArray_TYPE(<cnp.ndarray>u), s.d):
            return None
        weights = cnp.PyArray_DATA(<cnp.ndarray>w)
        s.total = total(ops, s.d, weights, &least)
        if not least >= 0:
            return None
    if op == POWER_:
        set_power(&s, p)
    elif op == SQUARE_:
        s.op = SQUARE_WEIGHTED
    elif op == MAXIMUM_:
        s.op = MAXIMUM_ANY
    elif op == CANBERRA_:
        s.op = CANBERRA_ANY
    found = run(ops, &s, x, y, weights, 1, 1)
    if weights != NULL and s.check:
        wide = cnp.PyArray_TYPE(<cnp.ndarray>u) == cnp.NPY_DOUBLE
        sum = pow(found, p) if op == POWER_ else found * found
        if not (2.0**-950 < sum < 2.0**1000 if wide else 2.0**-90 < sum < 2.0**120):
            with nogil:
                zero = holds_zero(weights, s.d, wide)
            if zero:
                return None
    return scalar(found, u)


def jensen(u, v, double factor):
    """The root of factor times the sum of JENSEN over two plain vectors of one float type, each divided by its sum
    first. None where the general door must look: a number below 0, a sum of 0 or beyond numbers."""
    cdef Pairwise s
    cdef const PairwiseOps *ops
    cdef const void *x
    cdef const void *y
    cdef double least = 0, low = 0, tiny = LEAST64, sx, sy
    if not floats(u, v):
        return None
    ops = prepare(&s, JENSEN_, PLAIN_, u, v, &x, &y)
    s.factor = factor
    sx, sy = total(ops, s.d, x, &least), total(ops, s.d, y, &low)
    if cnp.PyArray_TYPE(<cnp.ndarray>u) == cnp.NPY_FLOAT:
        tiny = LEAST32
    if not (least >= 0 and low >= 0 and tiny <= sx < INFINITY and tiny <= sy < INFINITY):
        return None
    return scalar(run(ops, &s, x, y, NULL, 1 / sx, 1 / sy), u)


def jensen_rows(cnp.ndarray p, cnp.ndarray q, cnp.ndarray out, double factor):
    """The same of each row of p and q (m, n), n > 0, to out (m), all in one piece and of one float type: infinite for
    numbers below 0, NaN for a sum of 0."""
    cdef Pairwise s
    cdef ptrdiff_t i, m = cnp.PyArray_DIM(p, 0), size = cnp.PyArray_ITEMSIZE(p)
    cdef const PairwiseOps *ops = mc_pairwise_ops_for(isa(), F64 if size == 8 else F32)
    cdef const char *x = <const char *>cnp.PyArray_DATA(p)
    cdef const char *y = <const char *>cnp.PyArray_DATA(q)
    cdef char *to = <char *>cnp.PyArray_DATA(out)
    cdef double least, low, sx, sy, found
    cdef int status = OK
    memset(&s, 0, sizeof(Pairwise))
    s.op, s.form, s.d, s.factor = JENSEN_, PLAIN_, cnp.PyArray_DIM(p, 1), factor
    with nogil:
        work_begin()
        for i in range(m):
            least = low = 0
            sx, sy = ops.sum(s.d, x, &least), ops.sum(s.d, y, &low)
            if sx == 0 or sy == 0 or sx != sx or sy != sy:
                found = NAN
            elif least < 0 or low < 0:
                found = INFINITY
            else:
                found = ops.pair(&s, x, y, NULL, 1 / sx, 1 / sy)
            if size == 8:
                (<double *>to)[i] = found
            else:
                (<float *>to)[i] = <float>found
            x += s.d * size
            y += s.d * size
            status = check_interrupt()
            if status:
                break
    raise_for(status, "jensenshannon")


cdef inline bint ordinary(double square, bint wide) noexcept nogil:
    """A sum of squares of which nothing was lost."""
    return 1e-280 < square < 1e290 if wide else 1e-28 < square < 1e30


def angle(u, v, bint centered):
    """Half the squared distance of two plain vectors of one float type, each divided by its length, less their means
    first if centered. None where the general door must look."""
    cdef Pairwise s
    cdef const PairwiseOps *ops
    cdef const void *x
    cdef const void *y
    cdef double least = 0, uu, vv, spread
    cdef bint wide
    if not floats(u, v):
        return None
    ops = prepare(&s, ANGLE, PLAIN_, u, v, &x, &y)
    wide = cnp.PyArray_TYPE(<cnp.ndarray>u) == cnp.NPY_DOUBLE
    if centered:
        s.factor, s.total = total(ops, s.d, x, &least) / s.d, total(ops, s.d, y, &least) / s.d
    else:
        s.factor = s.total = 0
    uu, vv = run(ops, &s, x, y, NULL, 1, 0), run(ops, &s, x, y, NULL, 0, 1)
    if not ordinary(uu, wide) or not ordinary(vv, wide):
        return None
    spread = s.d * (2.0**-40 if wide else 2.0**-12)         # below it, it may be the means' rounding
    if uu < spread * s.factor * s.factor or vv < spread * s.total * s.total:
        return None
    return scalar(min(0.5 * run(ops, &s, x, y, NULL, 1 / sqrt(uu), 1 / sqrt(vv)), 2.0), u)


ctypedef struct Units:
    Pairwise s
    const PairwiseOps *ops
    const double *x
    double *out
    ptrdiff_t m, step
    bint centered


cdef void unit_row(const Units *job, const double *row, double *to) noexcept nogil:
    """A row less its mean, if centered, over its length; times a power of two first where the square of that is no
    ordinary number. The first number is subtracted before the mean: a constant row leaves exact zeros, and NaN."""
    cdef Pairwise s = job.s
    cdef double scale = 1, first, mean, square, inverse, least = INFINITY, largest = 0
    cdef ptrdiff_t j
    cdef int exponent, again
    for again in range(2):
        first = row[0] * scale if job.centered else 0.0
        for j in range(s.d):
            to[j] = row[j] * scale - first
        s.factor = mean = job.ops.sum(s.d, to, &least) / s.d if job.centered else 0.0
        square = job.ops.pair(&s, to, to, NULL, 1, 0)
        if again or ordinary(square, True):
            break
        job.ops.extent(s.d, row, &least, &largest)
        if not 0 < largest < INFINITY:
            break
        frexp(largest, &exponent)
        scale = ldexp(1, min(1023, 1 - exponent))
    inverse = 1 / sqrt(square)
    for j in range(s.d):
        to[j] = (to[j] - mean) * inverse


cdef int unit_chunk(void *ctx, ptrdiff_t number) noexcept nogil:
    cdef const Units *job = <const Units *>ctx
    cdef ptrdiff_t i, d = job.s.d
    cdef int status = OK
    for i in range(number * job.step, min(job.m, (number + 1) * job.step)):
        unit_row(job, job.x + i * d, job.out + i * d)
        status = check_interrupt()
        if status:
            break
    return status


def unit_rows(cnp.ndarray x, cnp.ndarray out, bint centered, workers, str name):
    """Rows of out: those of x, less their means if centered, over their lengths; both (m, d) float64 in one piece,
    d > 0. NaN for rows of zeros, constant ones if centered."""
    cdef Units job
    cdef int status, threads = threads_for(workers)
    memset(&job, 0, sizeof(Units))
    job.ops = mc_pairwise_ops_for(isa(), F64)
    job.s.op, job.s.form, job.s.d, job.m = ANGLE, PLAIN_, cnp.PyArray_DIM(x, 1), cnp.PyArray_DIM(x, 0)
    job.x, job.out = <const double *>cnp.PyArray_DATA(x), <double *>cnp.PyArray_DATA(out)
    job.centered, job.step = centered, max(<ptrdiff_t>1, UNITS // job.s.d)
    with nogil:
        work_begin()
        status = parallel_for(unit_chunk, &job, (job.m + job.step - 1) // job.step, threads)
    raise_for(status, name)


def seuclidean(u, v, variances):
    """The root of the sum of (u - v)^2 / variances of plain vectors, all of one float type; else None, and where
    1 / variances are numbers that float32 has not."""
    cdef Pairwise s
    cdef const PairwiseOps *ops
    cdef const void *x
    cdef const void *y
    cdef const void *w
    cdef double least = INFINITY, largest = 0
    if not floats(u, v) or not floats(u, variances):
        return None
    ops = prepare(&s, SQUARE_WEIGHTED, ROOT_, u, v, &x, &y)
    w = cnp.PyArray_DATA(<cnp.ndarray>variances)
    if cnp.PyArray_TYPE(<cnp.ndarray>u) == cnp.NPY_FLOAT:
        ops.extent(s.d, w, &least, &largest)
        if least < LEAST32 or largest > 1 / LEAST32:
            return None
    s.divide = 1
    return scalar(run(ops, &s, x, y, w, 1, 1), u)


def mahalanobis(u, v, inverse):
    """The root of (u - v) inverse (u - v) for few coordinates, all plain float64; else None."""
    cdef ptrdiff_t i, j, n
    cdef double[FEW] delta
    cdef double total = 0, row
    cdef const double *a
    cdef const double *b
    cdef const double *m
    if not floats(u, v) or cnp.PyArray_TYPE(<cnp.ndarray>u) != cnp.NPY_DOUBLE:
        return None
    n = cnp.PyArray_DIM(<cnp.ndarray>u, 0)
    if n > FEW or not cnp.PyArray_CheckExact(inverse) or cnp.PyArray_NDIM(<cnp.ndarray>inverse) != 2 \
            or cnp.PyArray_TYPE(<cnp.ndarray>inverse) != cnp.NPY_DOUBLE \
            or not cnp.PyArray_ISCARRAY_RO(<cnp.ndarray>inverse) \
            or cnp.PyArray_DIM(<cnp.ndarray>inverse, 0) != n or cnp.PyArray_DIM(<cnp.ndarray>inverse, 1) != n:
        return None
    a, b = <const double *>cnp.PyArray_DATA(<cnp.ndarray>u), <const double *>cnp.PyArray_DATA(<cnp.ndarray>v)
    m = <const double *>cnp.PyArray_DATA(<cnp.ndarray>inverse)
    for i in range(n):
        delta[i] = a[i] - b[i]
    for i in range(n):
        row = 0
        for j in range(n):
            row += m[i * n + j] * delta[j]
        total += row * delta[i]
    return scalar(sqrt(total), u)


# ------------------------------------------------------------------ truth values

ctypedef fused truth:
    uint8_t
    int64_t
    double


cdef void tally(const truth *u, const truth *v, ptrdiff_t n, double *counts) noexcept nogil:
    cdef double su = 0, sv = 0, both = 0
    cdef int64_t nu = 0, nv = 0, nb = 0
    cdef ptrdiff_t i
    if truth is double:
        for i in range(n):
            su += u[i]
            sv += v[i]
            both += u[i] * v[i]
        counts[0], counts[1], counts[2] = su, sv, both
    else:
        for i in range(n):
            nu += u[i]
            nv += v[i]
            nb += u[i] * v[i]
        counts[0], counts[1], counts[2] = <double>nu, <double>nv, <double>nb


cdef void tally_as(int typenum, const void *x, const void *y, ptrdiff_t n, double *counts) noexcept nogil:
    if typenum == cnp.NPY_BOOL:
        tally[uint8_t](<const uint8_t *>x, <const uint8_t *>y, n, counts)
    elif typenum == cnp.NPY_INT64:
        tally[int64_t](<const int64_t *>x, <const int64_t *>y, n, counts)
    else:
        tally[double](<const double *>x, <const double *>y, n, counts)


def truths(u, v, bint true):
    """(n, sum u, sum v, sum u v) of two plain vectors of bool, or, unless numbers are to be taken as true or false, of
    int64 or float64; else None."""
    cdef int typenum
    cdef ptrdiff_t n
    cdef double[3] counts
    cdef const void *x
    cdef const void *y
    if not cnp.PyArray_CheckExact(u) or cnp.PyArray_NDIM(<cnp.ndarray>u) != 1:
        return None
    typenum, n = cnp.PyArray_TYPE(<cnp.ndarray>u), cnp.PyArray_DIM(<cnp.ndarray>u, 0)
    if not vector(u, typenum, n) or not vector(v, typenum, n):
        return None
    x, y = cnp.PyArray_DATA(<cnp.ndarray>u), cnp.PyArray_DATA(<cnp.ndarray>v)
    if typenum != cnp.NPY_BOOL and (true or typenum != cnp.NPY_INT64 and typenum != cnp.NPY_DOUBLE):
        return None
    if n <= GIL:
        tally_as(typenum, x, y, n, counts)
    else:
        with nogil:
            tally_as(typenum, x, y, n, counts)
    return n, counts[0], counts[1], counts[2]
