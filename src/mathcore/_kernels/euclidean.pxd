# Squared distances for other kernels: the centre that rows are moved to, the moved rows, direct differences.

from libc.stdint cimport int32_t


cdef extern from "simd/euclidean.h" nogil:
    enum:
        SQUARED "MC_SQUARED"
        ROOT "MC_ROOT"
        HALF "MC_HALF"
        RBF "MC_RBF"
        COSINE "MC_COSINE"
        TANH "MC_TANH"
        POWERS "MC_POWERS"
    ctypedef struct Euclidean "mc_euclidean":
        int form
        double gamma, coef0
        int degree
        ptrdiff_t d
        const void *x
        const void *y
        const void *xx
        const void *yy
    ctypedef struct EuclideanOps "mc_euclidean_ops":
        void (*sample)(ptrdiff_t rows, ptrdiff_t d, const void *x, ptrdiff_t step, double *first, double *sum,
                       double *number, double *low, double *high) noexcept nogil
        void (*move)(ptrdiff_t rows, ptrdiff_t d, const void *x, const double *centre, double scale, void *moved,
                     void *lengths) noexcept nogil
        double (*move_float)(ptrdiff_t rows, ptrdiff_t d, const void *x, const double *centre, double scale,
                             float *moved, float *lengths) noexcept nogil
        void (*squares)(ptrdiff_t count, ptrdiff_t d, const void *x, const void *y, const int32_t *point, double scale,
                        double *out) noexcept nogil
        void (*tile)(void *euclidean, ptrdiff_t row, ptrdiff_t col, int m, int n, const void *c,
                     ptrdiff_t rsc) noexcept nogil
        void (*unit)(ptrdiff_t rows, ptrdiff_t d, const void *x, void *unit) noexcept nogil

# Named here, not in C: whoever names the table there compiles the bodies once more.
cdef const EuclideanOps *euclidean_ops(int dtype) noexcept nogil

# centre (d): a point amid the rows of x (m, d) and y (n, d); room: 5 d numbers.
cdef void centre_of(int dtype, ptrdiff_t m, ptrdiff_t n, ptrdiff_t d, const void *x, const void *y, double *centre,
                    double *room) noexcept nogil
