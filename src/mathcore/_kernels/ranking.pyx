# cython: binding=True
"""Scores in falling order with the class of each, from one radix sort: what ROC and precision-recall curves, their
areas and DeLong's variance are made of.

A key of 64 bits is the score's bits without the sign, which parts the keys into two runs, with the class below them.
"""

cimport numpy as cnp
from libc.math cimport INFINITY
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

from mathcore._kernels.confusion cimport Labels, encode, label_range, plain_weight, read_labels
from mathcore._kernels.runtime cimport (
    INTERRUPTED, NO_MEMORY, OK, SLOT_A, check_interrupt, parallel_for, raise_for, threads_for, work_begin, workspace,
)

cnp.import_array()

cdef enum:
    BLOCK = 2048
    WIDE = 11                            # bits of a digit: 2048 counters, 8 KB, and as many places to write to
    NARROW = 8                           # below 4096 keys, where counters cost more than keys
    DIGITS = 3                           # sorted at once from the top: the rest is a matter of neighbours
    FEW = 64                             # keys sorted by insertion
    ELSEWHERE = 1000                     # beside the runtime's statuses

cdef uint64_t EXPONENT = <uint64_t>0x7FF << 52

ctypedef struct Weighted:
    uint64_t key
    double weight

ctypedef fused item:
    uint64_t
    Weighted

ctypedef struct Scores:
    Labels y
    const char *score
    bint single                          # float32
    const double *weight
    int64_t low, high, positive
    ptrdiff_t n, negative                # keys, and how many of them at the front have negative scores
    int64_t ones                         # keys of the positive class
    bint binary                          # no label between low and high


# ------------------------------------------------------------------ sort

cdef inline uint64_t key_of(item *x) noexcept nogil:
    if item is Weighted:
        return x.key
    else:
        return x[0]


cdef inline bint insert(item *x, ptrdiff_t n, ptrdiff_t budget) noexcept nogil:
    """Sorts what is nearly sorted, by the keys without their class; False after `budget` moves."""
    cdef ptrdiff_t i, j
    cdef item one
    for i in range(1, n):
        if key_of(&x[i]) >> 1 >= key_of(&x[i - 1]) >> 1:
            continue
        one = x[i]
        j = i
        while j > 0 and key_of(&x[j - 1]) >> 1 > key_of(&one) >> 1:
            x[j] = x[j - 1]
            j -= 1
        x[j] = one
        budget -= i - j
        if budget < 0:
            return False
    return True


cdef inline bint scatter(item *x, item *out, ptrdiff_t n, int shift, int bits, uint32_t *counts) noexcept nogil:
    """One digit's pass; False where it is the same in all keys."""
    cdef ptrdiff_t i
    cdef uint32_t d, sum = 0, few, mask = (<uint32_t>1 << bits) - 1
    for d in range(mask + 1):
        few = counts[d]
        if few == n:
            return False
        counts[d] = sum
        sum += few
    for i in range(n):
        d = <uint32_t>(key_of(&x[i]) >> shift) & mask
        out[counts[d]] = x[i]
        counts[d] += 1
    return True


cdef inline int digits(item **x, item **other, ptrdiff_t n, int low, int top, int bits,
                       uint32_t *counts) noexcept nogil:
    """Sorts by the bits low ... top - 1, three digits at a time; x and other change places with each pass."""
    cdef uint32_t mask = (<uint32_t>1 << bits) - 1
    cdef int few, d
    cdef ptrdiff_t i
    cdef uint64_t k
    while low < top:
        few = min(<int>DIGITS, (top - low + bits - 1) // bits)
        memset(counts, 0, few * (mask + 1) * sizeof(uint32_t))
        for i in range(n):
            k = key_of(&x[0][i]) >> low
            for d in range(few):
                counts[d * (mask + 1) + (<uint32_t>(k >> (d * bits)) & mask)] += 1
        for d in range(few):
            if check_interrupt():
                return INTERRUPTED
            if scatter(x[0], other[0], n, low + d * bits, bits, counts + d * (mask + 1)):
                x[0], other[0] = other[0], x[0]
        low += few * bits
    return OK


cdef inline int sort_run(item *x, item *other, ptrdiff_t n, uint32_t *counts) noexcept nogil:
    """Sorts, rising, by the keys without their class."""
    cdef item *a = x
    cdef item *b = other
    cdef uint64_t varies = 0, first
    cdef ptrdiff_t i
    cdef int top, low, bits = WIDE if n > 4096 else NARROW, status
    if n <= FEW:
        insert(x, n, n * n)
        return OK
    first = key_of(&x[0]) >> 1
    for i in range(1, n):
        varies |= (key_of(&x[i]) >> 1) ^ first
    if varies == 0:
        return OK
    top = 64
    while not (varies >> (top - 2)) & 1:                     # bit j of the score is bit j + 1 of the key
        top -= 1
    low = max(1, top - DIGITS * bits)
    while not (varies >> (low - 1)) & 1 and low < top - 1:
        low += 1
    status = digits(&a, &b, n, low, top, bits, counts)
    if status == OK and low > 1 and not insert(a, n, 4 * n):
        status = digits(&a, &b, n, 1, top, bits, counts)
    if status == OK and a != x:
        memcpy(x, a, n * sizeof(item))
    return status


# ------------------------------------------------------------------ keys

cdef inline void put(item *x, uint64_t key, double weight) noexcept nogil:
    if item is Weighted:
        x.key, x.weight = key, weight
    else:
        x[0] = key


cdef inline int make_keys(Scores *s, item *x) noexcept nogil:
    """Negative scores from the front, others from the back; 0 where labels or scores need the general door."""
    cdef uint16_t[BLOCK] codes
    cdef ptrdiff_t front = 0, back = s.y.n - 1, start = 0, few, i
    cdef uint16_t top = <uint16_t>(s.high - s.low), one = <uint16_t>(s.positive - s.low)
    cdef bint beyond = s.positive < s.low or s.positive > s.high
    cdef uint64_t bits, sign, label, key, broken = 0, between = 0
    cdef int64_t ones = 0
    cdef double score, weight = 1
    while start < s.y.n:
        few = min(<ptrdiff_t>BLOCK, s.y.n - start)
        if not encode(&s.y, start, few, s.low, s.high - s.low + 1, codes):
            return 0
        for i in range(few):
            if item is Weighted:
                weight = s.weight[start + i]
                if weight == 0:
                    continue
            score = (<const float *>s.score)[start + i] if s.single else (<const double *>s.score)[start + i]
            score = score + 0.0          # -0 is 0
            memcpy(&bits, &score, 8)
            broken |= (bits & EXPONENT) == EXPONENT
            between |= (codes[i] != 0) & (codes[i] != top)
            label = (codes[i] == one) & (not beyond)
            ones += label
            sign = bits >> 63
            key = ((bits ^ (0 - sign)) << 1) | label         # complement of a negative one, whose sign is shifted out
            put(&x[front], key, weight)
            put(&x[back], key, weight)
            front += sign
            back -= 1 - sign
        start += few
    s.n, s.negative, s.ones, s.binary = front + s.y.n - 1 - back, front, ones, not between
    if back >= front:                    # left out: weights of 0
        for i in range(s.n - front):
            x[front + i] = x[back + 1 + i]
    return not broken


cdef inline int sorted_keys(Scores *s, item *x, item *other) noexcept nogil:
    """A status; ELSEWHERE where the general door must look."""
    cdef uint32_t *counts = <uint32_t *>workspace(SLOT_A, DIGITS * (1 << WIDE) * sizeof(uint32_t))
    cdef int status
    if counts == NULL:
        return NO_MEMORY
    if not make_keys(s, x):
        return ELSEWHERE
    status = sort_run(x, other, s.negative, counts)
    if status == OK:
        status = sort_run(x + s.negative, other + s.negative, s.n - s.negative, counts)
    return status


cdef inline double score_of(uint64_t key, bint negative) noexcept nogil:
    cdef uint64_t bits = key >> 1
    cdef double score
    if negative:
        bits = ~bits | (<uint64_t>1 << 63)
    memcpy(&score, &bits, 8)
    return score


cdef bint read(Scores *s, y_true, y_score, weight, positive):
    """Whether plain rows came; `positive` None means the largest label."""
    cdef cnp.ndarray score
    if not read_labels(y_true, &s.y) or s.y.n == 0 or s.y.n >= 1 << 31 or not cnp.PyArray_CheckExact(y_score):
        return False
    score = y_score
    if cnp.PyArray_TYPE(score) not in (cnp.NPY_DOUBLE, cnp.NPY_FLOAT) or cnp.PyArray_NDIM(score) != 1 \
            or cnp.PyArray_DIM(score, 0) != s.y.n or not cnp.PyArray_ISCARRAY_RO(score):
        return False
    s.score, s.single = <const char *>cnp.PyArray_DATA(score), cnp.PyArray_TYPE(score) == cnp.NPY_FLOAT
    s.weight = NULL
    if weight is not None:
        weight = plain_weight(weight, s.y.n)
        if weight is None:
            return False
        s.weight = <const double *>cnp.PyArray_DATA(<cnp.ndarray>weight)
    if not label_range(&s.y, &s.low, &s.high) or s.low < -(<int64_t>1 << 62) or s.high > (<int64_t>1 << 62) \
            or s.high - s.low >= 65536:
        return False
    s.positive = s.high if positive is None else positive
    return True


cdef cnp.ndarray new_keys(ptrdiff_t n, ptrdiff_t size):
    """NumPy's memory: above 4 MB in huge pages, whose first touch costs a tenth."""
    cdef cnp.npy_intp length = n * size
    return cnp.PyArray_EMPTY(1, &length, cnp.NPY_UINT8, 0)


# ------------------------------------------------------------------ areas

cdef void areas_of(const Scores *s, const uint64_t *x, int64_t *twice, double *precision) noexcept nogil:
    """Twice the number of pairs in order (ties count a half) and the sum of the positives' precisions, from the top."""
    cdef ptrdiff_t i = s.n - 1, j, end
    cdef int64_t ones = 0, before, total = 0
    cdef uint64_t score
    cdef double sum = 0
    cdef int part
    for part in range(2):                # scores that are not negative, then the others
        end = s.negative if part == 0 else 0
        while i >= end:
            score, before, j = x[i] >> 1, ones, i
            while j >= end and x[j] >> 1 == score:
                ones += x[j] & 1
                j -= 1
            total += ((i - j) - (ones - before)) * (before + ones)
            sum += <double>(ones - before) * (<double>ones / <double>(s.n - 1 - j))
            i = j
    twice[0], precision[0] = total, sum


def areas(y_true, y_score, positive=None):
    """(twice the ordered pairs, sum of precisions, positives, negatives, least label, largest label, whether there is
    no other) of plain rows, or None where the general door must look."""
    cdef Scores s
    cdef int64_t twice = 0
    cdef double precision = 0
    cdef int status
    if not read(&s, y_true, y_score, None, positive):
        return None
    cdef cnp.ndarray keys = new_keys(s.y.n, 16)
    cdef uint64_t *x = <uint64_t *>cnp.PyArray_DATA(keys)
    with nogil:
        work_begin()
        status = sorted_keys(&s, x, x + s.y.n)
        if status == OK:
            areas_of(&s, x, &twice, &precision)
    if status == ELSEWHERE:
        return None
    raise_for(status, "ranking")
    return twice, precision, s.ones, s.n - s.ones, s.low, s.high, bool(s.binary)


# ------------------------------------------------------------------ curves

cdef ptrdiff_t walk(const Scores *s, const item *x, double *fps, double *tps, double *thresholds) noexcept nogil:
    """Sums of the classes' weights at each score from the top, and how many scores there are."""
    cdef ptrdiff_t i = s.n - 1, end, m = 0
    cdef double yes = 0, no = 0, weight = 1
    cdef uint64_t key, score
    cdef int part
    for part in range(2):
        end = s.negative if part == 0 else 0
        while i >= end:
            score = key_of(<item *>&x[i]) >> 1
            while i >= end and key_of(<item *>&x[i]) >> 1 == score:
                key = key_of(<item *>&x[i]) & 1
                if item is Weighted:
                    weight = x[i].weight
                yes += weight * <double>key
                no += weight * (1 - <double>key)
                i -= 1
            fps[m], tps[m], thresholds[m] = no, yes, score_of(score << 1, part == 1)
            m += 1
    return m


cdef cnp.ndarray floats(ptrdiff_t n):
    cdef cnp.npy_intp length = n
    return cnp.PyArray_EMPTY(1, &length, cnp.NPY_DOUBLE, 0)


def points(y_true, y_score, weight=None, positive=None):
    """(false positives, true positives, thresholds, least label, largest label, whether there is no other): sums of
    weights at each score from the top; scores of weight 0 are left out. None where the general door must look."""
    cdef Scores s
    cdef int status
    cdef ptrdiff_t m = 0
    if not read(&s, y_true, y_score, weight, positive):
        return None
    cdef ptrdiff_t size = sizeof(uint64_t) if s.weight == NULL else sizeof(Weighted)
    cdef cnp.ndarray keys = new_keys(s.y.n, 2 * size), fps, tps, thresholds
    cdef char *x = <char *>cnp.PyArray_DATA(keys)
    cdef double *f
    cdef double *t
    cdef double *h
    with nogil:
        work_begin()
        if size == sizeof(uint64_t):
            status = sorted_keys[uint64_t](&s, <uint64_t *>x, <uint64_t *>x + s.y.n)
        else:
            status = sorted_keys[Weighted](&s, <Weighted *>x, <Weighted *>x + s.y.n)
    if status == ELSEWHERE or (status == OK and s.n == 0):
        return None
    raise_for(status, "ranking")
    fps, tps, thresholds = floats(s.n), floats(s.n), floats(s.n)
    f, t, h = <double *>cnp.PyArray_DATA(fps), <double *>cnp.PyArray_DATA(tps), <double *>cnp.PyArray_DATA(thresholds)
    with nogil:
        if size == sizeof(uint64_t):
            m = walk[uint64_t](&s, <const uint64_t *>x, f, t, h)
        else:
            m = walk[Weighted](&s, <const Weighted *>x, f, t, h)
    return fps[:m], tps[:m], thresholds[:m], s.low, s.high, bool(s.binary)


def corners(const double[::1] fps, const double[::1] tps, const double[::1] thresholds, bint drop):
    """(false positive rates, true positive rates, thresholds) with the point of no positives in front; `drop` leaves
    out what lies on the line between its neighbours. Rates of a class without weight are NaN."""
    cdef ptrdiff_t m = fps.shape[0], i, k = 1
    cdef cnp.ndarray fa = floats(m + 1), ta = floats(m + 1), ha = floats(m + 1)
    cdef double *f = <double *>cnp.PyArray_DATA(fa)
    cdef double *t = <double *>cnp.PyArray_DATA(ta)
    cdef double *h = <double *>cnp.PyArray_DATA(ha)
    cdef double no = fps[m - 1], yes = tps[m - 1]
    with nogil:
        f[0], t[0], h[0] = 0, 0, INFINITY
        for i in range(m):
            if drop and 0 < i < m - 1 and (fps[i + 1] - fps[i]) - (fps[i] - fps[i - 1]) == 0 \
                    and (tps[i + 1] - tps[i]) - (tps[i] - tps[i - 1]) == 0:
                continue
            f[k], t[k], h[k] = fps[i] / no, tps[i] / yes, thresholds[i]
            k += 1
    return fa[:k], ta[:k], ha[:k]


# ------------------------------------------------------------------ resampling

ctypedef struct Resample:
    const uint8_t *flags                 # in falling order: 1 a positive, 2 the first of its score
    uint32_t n
    uint64_t seed
    double *out


cdef inline uint64_t mixed(uint64_t *state) noexcept nogil:
    """SplitMix64 (G. Steele, D. Lea and C. Flood, OOPSLA 2014)."""
    cdef uint64_t z
    state[0] += <uint64_t>0x9E3779B97F4A7C15
    z = state[0]
    z = (z ^ (z >> 30)) * <uint64_t>0xBF58476D1CE4E5B9
    z = (z ^ (z >> 27)) * <uint64_t>0x94D049BB133111EB
    return z ^ (z >> 31)


cdef inline double area_of_sample(const Resample *r, const uint32_t *counts) noexcept nogil:
    """The area where item i stands counts[i] times, or -1 where a class is missing."""
    cdef int64_t above = 0, ones = 0, zeros = 0, all_zeros = 0, twice = 0
    cdef uint32_t i, c
    for i in range(r.n):
        if r.flags[i] & 2:
            twice += zeros * (2 * above + ones)
            above += ones
            ones = zeros = 0
        c = counts[i]
        if r.flags[i] & 1:
            ones += c
        else:
            zeros += c
            all_zeros += c
    twice += zeros * (2 * above + ones)
    above += ones
    if above == 0 or all_zeros == 0:
        return -1
    return <double>twice / (2.0 * <double>above * <double>all_zeros)


cdef int resample_chunk(void *ctx, ptrdiff_t chunk) noexcept nogil:
    """One resample from a stream of its own, whichever thread draws it."""
    cdef Resample *r = <Resample *>ctx
    cdef uint32_t *counts = <uint32_t *>workspace(SLOT_A, <size_t>r.n * sizeof(uint32_t))
    cdef uint64_t key = r.seed + <uint64_t>chunk, state, bits, product, n = r.n
    cdef uint32_t i, least = (0 - r.n) % r.n                 # products below it would favour some items (Lemire, 2019)
    if counts == NULL:
        return NO_MEMORY
    state = mixed(&key)
    while True:                          # two classes are there, so that at least every fourth has both
        memset(counts, 0, <size_t>r.n * sizeof(uint32_t))
        i = 0
        while i < r.n:
            bits = mixed(&state)
            product = (bits >> 32) * n
            if <uint32_t>product >= least:
                counts[product >> 32] += 1
                i += 1
            product = (bits & <uint64_t>0xFFFFFFFF) * n
            if i < r.n and <uint32_t>product >= least:
                counts[product >> 32] += 1
                i += 1
        r.out[chunk] = area_of_sample(r, counts)
        if r.out[chunk] >= 0:
            return OK


def resampled_areas(const uint8_t[::1] flags, ptrdiff_t resamples, uint64_t seed, workers):
    """The area under the ROC curve of each of so many samples of n items, drawn with replacement from the items that
    flags tells of: 1 a positive, 2 the first of its score. Both classes occur."""
    cdef Resample r
    cdef cnp.ndarray out = floats(resamples)
    cdef int threads = threads_for(workers), status
    r.flags, r.n, r.seed, r.out = &flags[0], <uint32_t>flags.shape[0], seed, <double *>cnp.PyArray_DATA(out)
    with nogil:
        work_begin()
        status = parallel_for(resample_chunk, &r, resamples, threads)
    raise_for(status, "resampled_areas")
    return out
