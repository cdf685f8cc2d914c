# cython: binding=True
"""Class labels of whole numbers without sorting: their places, and the table of how often two of them meet."""

cimport numpy as cnp
from libc.stdint cimport int64_t, uint16_t
from libc.string cimport memset

from mathcore._kernels.runtime cimport NO_MEMORY, SLOT_A, isa, raise_for, workspace

import numpy as np

cnp.import_array()

cdef enum:
    FEW_LABELS = 256                     # a table of 512 KB
    MANY_LABELS = 65536                  # what a code of 16 bits tells apart
    GIL = 2048                           # pairs up to which the GIL is kept: about 1 us


cdef bint read_labels(object y, Labels *labels):
    """Whether y is a plain row of numbers that kernels read in place."""
    if not cnp.PyArray_CheckExact(y):
        return False
    cdef cnp.ndarray a = y
    cdef int typenum = cnp.PyArray_TYPE(a)
    if cnp.PyArray_NDIM(a) != 1 or not cnp.PyArray_ISCARRAY_RO(a):
        return False
    labels.n, labels.size = cnp.PyArray_DIM(a, 0), cnp.PyArray_ITEMSIZE(a)
    labels.data = <const char *>cnp.PyArray_DATA(a)
    if typenum == cnp.NPY_DOUBLE:
        labels.kind = 9
    elif typenum == cnp.NPY_FLOAT:
        labels.kind = 8
    elif typenum == cnp.NPY_BOOL:
        labels.kind = 1
    elif cnp.NPY_BYTE <= typenum <= cnp.NPY_ULONGLONG:      # signed and unsigned in turn, of 1, 2, 4, 8 bytes
        labels.kind = 2 * (0 if labels.size == 1 else 1 if labels.size == 2 else 2 if labels.size == 4 else 3)
        labels.kind += (typenum - cnp.NPY_BYTE) & 1
    else:
        return False
    return True


cdef int encode(const Labels *y, ptrdiff_t start, ptrdiff_t n, int64_t low, int64_t limit,
                uint16_t *codes) noexcept nogil:
    """codes[i] = y[start + i] - low; 0 where one is not whole or not below limit."""
    return mc_labels_ops_for(isa()).encode[y.kind](n, y.data + start * y.size, low, limit, codes)


cdef int label_range(const Labels *y, int64_t *low, int64_t *high) noexcept nogil:
    """0 where a label is not whole or beyond what codes tell apart from others."""
    if not mc_labels_ops_for(isa()).range[y.kind](y.n, y.data, low, high):
        return 0
    return y.kind != 7 or low[0] >= 0    # unsigned ones past int64


cdef object plain_weight(object weight, ptrdiff_t n):
    """Weights as float64 in one piece, or None where they need the general door."""
    if not cnp.PyArray_CheckExact(weight):
        return None
    cdef cnp.ndarray w = weight
    if cnp.PyArray_TYPE(w) != cnp.NPY_DOUBLE or cnp.PyArray_NDIM(w) != 1 or cnp.PyArray_DIM(w, 0) != n \
            or not cnp.PyArray_ISCARRAY_RO(w):
        return None
    return w


# ------------------------------------------------------------------ tables

cdef int count(const Labels *y, const Labels *p, int64_t low, ptrdiff_t k, int64_t *table) noexcept nogil:
    """table (k, k), zero before, of pairs of labels low ... low + k - 1; 0 where one is none of them."""
    cdef uint16_t[BLOCK] truth, guess
    cdef ptrdiff_t start = 0, few
    cdef const LabelsOps *ops = mc_labels_ops_for(isa())
    while start < y.n:
        few = min(<ptrdiff_t>BLOCK, y.n - start)
        if not encode(y, start, few, low, k, truth) or not encode(p, start, few, low, k, guess):
            return 0
        ops.tally(few, truth, guess, k, table)
        start += few
    return 1


cdef int weigh(const Labels *y, const Labels *p, const double *w, int64_t low, ptrdiff_t k,
               double *table) noexcept nogil:
    cdef uint16_t[BLOCK] truth, guess
    cdef ptrdiff_t start = 0, few, i
    while start < y.n:
        few = min(<ptrdiff_t>BLOCK, y.n - start)
        if not encode(y, start, few, low, k, truth) or not encode(p, start, few, low, k, guess):
            return 0
        for i in range(few):
            table[truth[i] * k + guess[i]] += w[start + i]
        start += few
    return 1


cdef int fill(const Labels *y, const Labels *p, const double *w, int64_t *low, ptrdiff_t *k,
              void **table) noexcept nogil:
    """1 with the table in scratch; 0 where the labels are not whole or spread too far; -1 without memory."""
    cdef int64_t first, last, other
    if w == NULL:                        # 0 and 1 are most of what comes: no pass for the range
        table[0] = workspace(SLOT_A, 4 * sizeof(int64_t))
        if table[0] == NULL:
            return -1
        memset(table[0], 0, 4 * sizeof(int64_t))
        if count(y, p, 0, 2, <int64_t *>table[0]):
            low[0], k[0] = 0, 2
            return 1
    if not label_range(y, &first, &last):
        return 0
    low[0], k[0] = first, last
    if not label_range(p, &first, &other):
        return 0
    low[0], last = min(low[0], first), max(last, other)
    if last - low[0] >= FEW_LABELS or low[0] < -(<int64_t>1 << 62) or last > (<int64_t>1 << 62):
        return 0
    k[0] = last - low[0] + 1
    table[0] = workspace(SLOT_A, k[0] * k[0] * sizeof(int64_t))
    if table[0] == NULL:
        return -1
    memset(table[0], 0, k[0] * k[0] * sizeof(int64_t))
    if w == NULL:
        return count(y, p, low[0], k[0], <int64_t *>table[0])
    return weigh(y, p, w, low[0], k[0], <double *>table[0])


cdef object label_values(cnp.ndarray like, int64_t low, const uint16_t *codes, ptrdiff_t k):
    cdef cnp.npy_intp shape = k
    cdef cnp.ndarray values = cnp.PyArray_EMPTY(1, &shape, cnp.NPY_INT64, 0)
    cdef int64_t *v = <int64_t *>cnp.PyArray_DATA(values)
    cdef ptrdiff_t i
    for i in range(k):
        v[i] = low + codes[i]
    return values if cnp.PyArray_TYPE(like) == cnp.NPY_INT64 else values.astype(like.dtype)


def table(y_true, y_pred, weight=None):
    """(labels, counts) of two plain rows of whole numbers of one type: labels that occur, rising; counts (k, k) int64,
    or float64 sums of weights. None where the general door must look."""
    cdef Labels y, p
    cdef const double *w = NULL
    cdef void *found = NULL
    cdef int64_t low = 0
    cdef ptrdiff_t k = 0, i, j, kept = 0
    cdef int status
    if not read_labels(y_true, &y) or not read_labels(y_pred, &p) or y.n != p.n or y.n == 0 or y.kind != p.kind \
            or (y.kind == 1 and cnp.PyArray_TYPE(<cnp.ndarray>y_true) != cnp.PyArray_TYPE(<cnp.ndarray>y_pred)):
        return None
    if weight is not None:
        weight = plain_weight(weight, y.n)
        if weight is None:
            return None
        w = <const double *>cnp.PyArray_DATA(<cnp.ndarray>weight)
    if y.n <= GIL:
        status = fill(&y, &p, w, &low, &k, &found)
    else:
        with nogil:
            status = fill(&y, &p, w, &low, &k, &found)
    if status < 0:
        raise_for(NO_MEMORY, "confusion")
    if status == 0:
        return None
    cdef uint16_t[FEW_LABELS] present
    if w == NULL:
        for i in range(k):
            for j in range(k):
                if (<int64_t *>found)[i * k + j] or (<int64_t *>found)[j * k + i]:
                    present[kept] = <uint16_t>i
                    kept += 1
                    break
    else:                                # a label may have no weight
        kept = mark(&y, &p, low, k, present)
    cdef cnp.npy_intp[2] shape = [kept, kept]
    cdef cnp.ndarray out = cnp.PyArray_EMPTY(2, shape, cnp.NPY_INT64 if w == NULL else cnp.NPY_DOUBLE, 0)
    cdef int64_t *c = <int64_t *>cnp.PyArray_DATA(out)      # bits of either type
    for i in range(kept):
        for j in range(kept):
            c[i * kept + j] = (<int64_t *>found)[present[i] * k + present[j]]
    return label_values(y_true, low, present, kept), out


cdef ptrdiff_t mark(const Labels *y, const Labels *p, int64_t low, ptrdiff_t k, uint16_t *present) noexcept nogil:
    """Codes of the labels that occur, and how many."""
    cdef uint16_t[BLOCK] codes
    cdef char[FEW_LABELS] seen
    cdef ptrdiff_t start = 0, few, i, kept = 0
    memset(seen, 0, sizeof(seen))
    while start < y.n:
        few = min(<ptrdiff_t>BLOCK, y.n - start)
        encode(y, start, few, low, k, codes)
        for i in range(few):
            seen[codes[i]] = 1
        encode(p, start, few, low, k, codes)
        for i in range(few):
            seen[codes[i]] = 1
        start += few
    for i in range(k):
        if seen[i]:
            present[kept] = <uint16_t>i
            kept += 1
    return kept


# ------------------------------------------------------------------ one row of labels

def equal(y_true, y_pred):
    """(how many agree, of how many) of two plain rows of integers of one type, or None."""
    cdef Labels y, p
    cdef ptrdiff_t same
    if not read_labels(y_true, &y) or not read_labels(y_pred, &p) or y.n != p.n or y.n == 0 or y.kind != p.kind \
            or y.kind >= 8:
        return None
    if y.n <= GIL:
        same = mc_labels_ops_for(isa()).equal[y.kind](y.n, y.data, p.data)
    else:
        with nogil:
            same = mc_labels_ops_for(isa()).equal[y.kind](y.n, y.data, p.data)
    return same, y.n


cdef int code_all(const Labels *y, int64_t low, ptrdiff_t k, uint16_t *seen, cnp.npy_intp *codes,
                  ptrdiff_t *kept) noexcept nogil:
    """Places of all labels among those that occur, whose codes end up in seen (2, k)'s second row."""
    cdef uint16_t[BLOCK] block
    cdef ptrdiff_t start = 0, few, i
    memset(seen, 0, k * sizeof(uint16_t))
    while start < y.n:
        few = min(<ptrdiff_t>BLOCK, y.n - start)
        if not encode(y, start, few, low, k, block):
            return 0
        for i in range(few):
            seen[block[i]] = 1
            codes[start + i] = block[i]
        start += few
    few = 0
    for i in range(k):
        if seen[i]:
            seen[k + few] = <uint16_t>i
            seen[i] = <uint16_t>few
            few += 1
    if few < k:
        for i in range(y.n):
            codes[i] = seen[codes[i]]
    kept[0] = few
    return 1


def codes(labels):
    """(places, classes) of a plain row of whole numbers, as numpy.unique(labels, return_inverse=True) has them, or None
    where they spread too far for a table."""
    cdef Labels y
    cdef int64_t low = 0, high = 0
    cdef ptrdiff_t k, kept = 0
    cdef int status = 0
    if not read_labels(labels, &y) or y.n == 0 or not label_range(&y, &low, &high) \
            or low < -(<int64_t>1 << 62) or high > (<int64_t>1 << 62) or high - low >= MANY_LABELS \
            or high - low > 1024 + 4 * y.n:
        return None
    k = high - low + 1
    cdef cnp.npy_intp n = y.n
    cdef cnp.ndarray places = cnp.PyArray_EMPTY(1, &n, cnp.NPY_INTP, 0)
    cdef uint16_t *seen = <uint16_t *>workspace(SLOT_A, 2 * k * sizeof(uint16_t))
    if seen == NULL:
        raise_for(NO_MEMORY, "codes")
    with nogil:
        status = code_all(&y, low, k, seen, <cnp.npy_intp *>cnp.PyArray_DATA(places), &kept)
    if not status:
        return None
    return places, label_values(labels, low, seen + k, kept)


def margins(cnp.npy_intp[::1] y_true, cnp.npy_intp[::1] y_pred, const double[::1] weight, ptrdiff_t k):
    """Sums of weights (or of ones) of each of k classes: of what agrees, of y_pred, of y_true. Places of k are none."""
    cdef cnp.ndarray found = np.zeros((3, k + 1))
    cdef double[:, ::1] sums = found
    cdef ptrdiff_t i
    cdef double w = 1
    with nogil:
        for i in range(y_true.shape[0]):
            if weight is not None:
                w = weight[i]
            sums[1, y_pred[i]] += w
            sums[2, y_true[i]] += w
            if y_true[i] == y_pred[i]:
                sums[0, y_true[i]] += w
    return found[:, :k]
