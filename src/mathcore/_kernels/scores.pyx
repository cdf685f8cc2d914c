# cython: binding=True
"""Sums over pairs (target, prediction) and the logarithmic loss of probabilities, block by block in one pass."""

cimport numpy as cnp
from libc.stdint cimport int64_t, uint16_t
from libc.string cimport memset

from mathcore._kernels.arrays cimport kernel_dtype
from mathcore._kernels.confusion cimport Labels, encode, label_range, read_labels
from mathcore._kernels.runtime cimport F32, F64, isa

cnp.import_array()

cdef extern from "simd/scores.h" nogil:
    enum:
        SQUARED_ERROR "MC_SCORE_SQUARED"
        ABSOLUTE_ERROR "MC_SCORE_ABSOLUTE"
        PERCENTAGE_ERROR "MC_SCORE_PERCENTAGE"
        PLAIN_DIFFERENCE "MC_SCORE_DIFFERENCE"
        SQUARED_DEVIATION "MC_SCORE_DEVIATION"
        PLAIN_VALUE "MC_SCORE_VALUE"
        SQUARED_SPREAD "MC_SCORE_SPREAD"
        NEGATIVE_LOG "MC_SCORE_LOG"
        BLOCK "MC_SCORE_BLOCK"
    ctypedef struct ScoresOps "mc_scores_ops":
        double (*sum)(int kind, ptrdiff_t n, const void *y, const void *p, const void *w, double c) noexcept nogil
        double (*largest)(ptrdiff_t n, const void *y, const void *p) noexcept nogil
        int (*happened)(ptrdiff_t n, const uint16_t *codes, const void *p, void *out) noexcept nogil
        int (*happened_rows)(ptrdiff_t n, ptrdiff_t k, const uint16_t *codes, const void *p, void *out, double *low,
                             double *high) noexcept nogil
    const ScoresOps *mc_scores_ops_for(int isa, int dtype)

SQUARED, ABSOLUTE, PERCENTAGE, DIFFERENCE = SQUARED_ERROR, ABSOLUTE_ERROR, PERCENTAGE_ERROR, PLAIN_DIFFERENCE
DEVIATION, VALUE, SPREAD = SQUARED_DEVIATION, PLAIN_VALUE, SQUARED_SPREAD

cdef enum:
    GIL = 8192                           # elements up to which the GIL is kept: about 1 us
    MANY_CLASSES = 65536


cdef int plain(object x, ptrdiff_t n, int dtype, char **data) noexcept:
    """The float type of a row of n numbers in one piece, or -1; a negative n or dtype stands for any."""
    if not cnp.PyArray_CheckExact(x):
        return -1
    cdef cnp.ndarray a = <cnp.ndarray>x
    cdef int found = kernel_dtype(cnp.PyArray_TYPE(a), cnp.PyArray_ITEMSIZE(a))
    if (found != F32 and found != F64) or (dtype >= 0 and found != dtype) or cnp.PyArray_NDIM(a) != 1 \
            or (n >= 0 and cnp.PyArray_DIM(a, 0) != n) or not cnp.PyArray_ISCARRAY_RO(a):
        return -1
    data[0] = <char *>cnp.PyArray_DATA(a)
    return found


cdef double sum_blocks(int kind, ptrdiff_t n, int dtype, char *y, char *p, char *w, double c) noexcept nogil:
    cdef const ScoresOps *ops = mc_scores_ops_for(isa(), dtype)
    cdef ptrdiff_t start = 0, at, size = 4 if dtype == F32 else 8
    cdef double total = 0
    while start < n:
        at = start * size
        total += ops.sum(kind, min(<ptrdiff_t>BLOCK, n - start), y + at, NULL if p == NULL else p + at,
                         NULL if w == NULL else w + at, c)
        start += BLOCK
    return total


def total(int kind, y, p=None, w=None, double c=0.0):
    """The sum over rows of one float type, n > 0, or None where they are not plain."""
    cdef char *yd = NULL
    cdef char *pd = NULL
    cdef char *wd = NULL
    cdef int dtype = plain(y, -1, -1, &yd)
    if dtype < 0:
        return None
    cdef ptrdiff_t n = cnp.PyArray_DIM(<cnp.ndarray>y, 0)
    if n == 0 or (p is not None and plain(p, n, dtype, &pd) < 0) or (w is not None and plain(w, n, dtype, &wd) < 0):
        return None
    if n <= GIL:
        return sum_blocks(kind, n, dtype, yd, pd, wd, c)
    cdef double found
    with nogil:
        found = sum_blocks(kind, n, dtype, yd, pd, wd, c)
    return found


def largest(y, p):
    """max |y - p|, or None where they are not plain."""
    cdef char *yd = NULL
    cdef char *pd = NULL
    cdef int dtype = plain(y, -1, -1, &yd)
    if dtype < 0:
        return None
    cdef ptrdiff_t n = cnp.PyArray_DIM(<cnp.ndarray>y, 0)
    if n == 0 or plain(p, n, dtype, &pd) < 0:
        return None
    cdef double found
    with nogil:
        found = mc_scores_ops_for(isa(), dtype).largest(n, yd, pd)
    return found


# ------------------------------------------------------------------ logarithmic loss

ctypedef struct Loss:
    Labels y
    char *p
    char *w
    int dtype
    ptrdiff_t k                          # columns of p; 1: the probability of the second class
    int64_t low
    ptrdiff_t classes
    double total, least, most            # most and least: sums of rows
    bint inside


cdef int loss_blocks(Loss *s, char *seen) noexcept nogil:
    """0 where a label is none of the classes."""
    cdef const ScoresOps *ops = mc_scores_ops_for(isa(), s.dtype)
    cdef uint16_t[BLOCK] codes
    cdef double[BLOCK] happened          # or as many floats
    cdef ptrdiff_t start = 0, few, i, size = 4 if s.dtype == F32 else 8
    cdef int good
    while start < s.y.n:
        few = min(<ptrdiff_t>BLOCK, s.y.n - start)
        if not encode(&s.y, start, few, s.low, s.classes, codes):
            return 0
        if seen != NULL:
            for i in range(few):
                seen[codes[i]] = 1
        if s.k == 1:
            good = ops.happened(few, codes, s.p + start * size, happened)
        else:
            good = ops.happened_rows(few, s.k, codes, s.p + start * s.k * size, happened, &s.least, &s.most)
        if not good:
            s.inside = False
            return 1
        s.total += ops.sum(NEGATIVE_LOG, few, happened, NULL, NULL if s.w == NULL else s.w + start * size, 0)
        start += few
    return 1


def log_total(y_true, y_proba, weight, ptrdiff_t classes):
    """(sum, least and largest sum of a row, whether all is within 0 ... 1) of the logarithmic loss; y_proba (n,), or
    (n, classes) in one piece. classes: y_true holds places among so many; 0: they are to be found, all of them must
    occur without a gap. None where the general door must look."""
    cdef Loss s
    cdef char[256] seen
    cdef cnp.ndarray p
    cdef int64_t high = 0
    cdef ptrdiff_t i
    cdef int status
    if not read_labels(y_true, &s.y) or s.y.n == 0 or not cnp.PyArray_CheckExact(y_proba):
        return None
    p = y_proba
    s.dtype = kernel_dtype(cnp.PyArray_TYPE(p), cnp.PyArray_ITEMSIZE(p))
    if (s.dtype != F32 and s.dtype != F64) or not 1 <= cnp.PyArray_NDIM(p) <= 2 or not cnp.PyArray_ISCARRAY_RO(p) \
            or cnp.PyArray_DIM(p, 0) != s.y.n:
        return None
    s.p, s.w = <char *>cnp.PyArray_DATA(p), NULL
    s.k = cnp.PyArray_DIM(p, 1) if cnp.PyArray_NDIM(p) == 2 else 1
    if weight is not None and plain(weight, s.y.n, s.dtype, &s.w) < 0:
        return None
    s.low, s.classes, s.total, s.inside = 0, classes, 0, True
    s.least = s.most = 1
    if not classes:
        if not label_range(&s.y, &s.low, &high) or high - s.low < 1 or high - s.low >= 256 \
                or s.low < -(<int64_t>1 << 62):
            return None
        s.classes = high - s.low + 1
        memset(seen, 0, sizeof(seen))
    if s.classes != max(s.k, <ptrdiff_t>2) or s.classes > MANY_CLASSES:
        return None
    with nogil:
        status = loss_blocks(&s, NULL if classes else seen)
    if not status:
        return None
    if not classes and s.inside:
        for i in range(s.classes):
            if not seen[i]:
                return None
    return s.total, s.least, s.most, s.inside
