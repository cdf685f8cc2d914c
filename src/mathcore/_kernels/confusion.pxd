# Class labels as kernels read them: one row of numbers of any type.

cimport numpy as cnp
from libc.stdint cimport int64_t, uint16_t

cdef extern from "simd/labels.h" nogil:
    enum:
        BLOCK "MC_LABEL_BLOCK"
    ctypedef struct LabelsOps "mc_labels_ops":
        int (**encode)(ptrdiff_t n, const void *x, int64_t low, int64_t limit, uint16_t *codes) noexcept nogil
        int (**range)(ptrdiff_t n, const void *x, int64_t *low, int64_t *high) noexcept nogil
        ptrdiff_t (**equal)(ptrdiff_t n, const void *x, const void *y) noexcept nogil
        void (*tally)(ptrdiff_t n, const uint16_t *x, const uint16_t *y, ptrdiff_t k, int64_t *table) noexcept nogil
    const LabelsOps *mc_labels_ops_for(int isa)

ctypedef struct Labels:
    int kind
    ptrdiff_t n, size
    const char *data


cdef bint read_labels(object y, Labels *labels)
cdef int encode(const Labels *y, ptrdiff_t start, ptrdiff_t n, int64_t low, int64_t limit,
                uint16_t *codes) noexcept nogil
cdef int label_range(const Labels *y, int64_t *low, int64_t *high) noexcept nogil
cdef object plain_weight(object weight, ptrdiff_t n)
