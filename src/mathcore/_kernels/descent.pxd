"""The fit of a linear model, and one evaluation of it: descent.pyx."""

from libc.stdint cimport int64_t

cdef extern from "simd/descent.h" nogil:
    enum:
        SQUARED "MC_FIT_SQUARED"
        LOGISTIC "MC_FIT_LOGISTIC"
        SOFTMAX "MC_FIT_SOFTMAX"
        ROWS "MC_FIT_ROWS"
    ctypedef struct Block "mc_fit_block":
        int kind, losses
        ptrdiff_t rows, d, k, rs, ldw, ahead
        const void *x
        const void *y
        const void *weight
        const int64_t *index
        const void *w
        const void *b
        void *z
        void *curvature
        double *g
    ctypedef struct Ops "mc_fit_ops":
        double (*block)(const Block *s) noexcept nogil
        void (*scaled)(const Block *s, const void *center, const void *scale, void *out) noexcept nogil
        void (*down)(ptrdiff_t n, const double *x, void *y) noexcept nogil
    const Ops *mc_fit_ops_for(int isa, int dtype)

cdef enum:
    RUNNING = 10                         # what a burst of steps ends with, beside the statuses of the runtime
    CONVERGED = 11
    DIVERGED = 12
    STALLED = 13                         # no step lowers the objective: its rounding is reached
    MEMORY = 10                          # pairs that L-BFGS keeps
    TRIALS = 30                          # of one line search

ctypedef struct Job:
    Block block
    const Ops *ops
    int dtype, threads
    bint intercept
    ptrdiff_t n, size, count             # rows; bytes of an element; parameters
    ptrdiff_t block_rows, chunk_rows, chunks
    double alpha1, alpha2, total, tol    # penalties; the sum of the weights; the norm of the gradient to stop at
    double fun, norm
    char *rounded                        # w and b in the type of the data
    double *parts                        # (chunks, count + 1): gradients and losses
    double *p
    double *g
    char *grams                          # (chunks, k, d + 1, d + 1), or NULL: no second derivatives
    const void *center

ctypedef struct History:
    ptrdiff_t used, next
    double *s                            # (MEMORY, count): steps
    double *y                            # (MEMORY, count): changes of the gradient
    double rho[MEMORY]
    double scale                         # of the first matrix: s'y / y'H y of the latest pair
    const double *inverse                # that matrix for each class (d + 1, d + 1), or NULL: the identity
    double *direction
    double *product
    double *p                            # where the line search began, and the gradient there
    double *g

cdef int evaluate(Job *job, const double *p, double *g, bint losses) noexcept nogil
cdef void penalise(Job *job, const double *p, double *g, double scale) noexcept nogil
cdef double gradient_norm(const Job *job, const double *p, const double *g) noexcept nogil
cdef void round_parameters(Job *job, const double *p) noexcept nogil
cdef void shrink(const Job *job, double *p, double rate) noexcept nogil
cdef int descend(Job *job, ptrdiff_t steps, const double *rates, double momentum, double *velocity, double *last,
                 ptrdiff_t *done) noexcept nogil
cdef int accelerate(Job *job, ptrdiff_t steps, const double *rates, double *ahead, double *last, double *weight,
                    ptrdiff_t *done) noexcept nogil
cdef int quasi_newton(Job *job, History *h, ptrdiff_t steps, double slack, ptrdiff_t *done) noexcept nogil
