# Rows of logits for other kernels: softmax and the cross-entropy with its gradient.

from libc.stdint cimport int64_t

cdef extern from "simd/softmax.h" nogil:
    enum:
        SOFTMAX "MC_SOFTMAX"
        LOG_SOFTMAX "MC_LOG_SOFTMAX"
        LOGSUMEXP "MC_LOGSUMEXP"
        CROSS_ENTROPY "MC_CROSS_ENTROPY"
    ctypedef struct Rows "mc_rows":
        ptrdiff_t rows, n
        const void *x
        ptrdiff_t rsx, csx
        void *out
        ptrdiff_t rso, cso
        void *value
        ptrdiff_t sv
        const int64_t *labels
        const int64_t *ignore
        const void *target
        ptrdiff_t rst, cst
        const void *weight
        double smoothing
        double scale
        void *work
        ptrdiff_t work_bytes
    ctypedef struct SoftmaxOps "mc_softmax_ops":
        void (*run)(int kind, const Rows *rows) noexcept nogil
    const SoftmaxOps *mc_softmax_ops_for(int isa, int dtype)

cdef void run_piece(int kind, int dtype, const Rows *rows) noexcept nogil
cdef int run_rows(int kind, int dtype, const Rows *rows, int threads) noexcept nogil
cdef double sum_of(int dtype, const void *x, ptrdiff_t n) noexcept nogil
