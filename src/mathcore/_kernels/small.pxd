# Many small matrices at once, or one at little cost: n <= MOST (LU alone: n <= ALONE), float32 and float64.

from libc.stdint cimport int32_t

cdef enum: SVD_MOST = 22                 # float64: of 24 rows 33 us by rotations, 25 by a reduction; float32 14 and 22

cdef extern from "simd/small_job.h" nogil:
    enum:
        MOST "MC_SMALL_MOST"
        ALONE "MC_SMALL_ALONE"
        LU "MC_SMALL_LU"
        SOLVE "MC_SMALL_SOLVE"
        INV "MC_SMALL_INV"
        DET "MC_SMALL_DET"
        SLOGDET "MC_SMALL_SLOGDET"
        CHOLESKY "MC_SMALL_CHOLESKY"
        QR "MC_SMALL_QR"
        QR_RAW "MC_SMALL_QR_RAW"
        LSTSQ "MC_SMALL_LSTSQ"
        TRIANGULAR "MC_SMALL_TRIANGULAR"
        EIGEN "MC_SMALL_EIGEN"
        SVD "MC_SMALL_SVD"
    # What each verb reads and writes (those not named are not looked at); all in C order, one item after the other, but
    # a_item and b_item elements between the items of a and b: 0 for one that serves all.
    #   LU       a (n, n) -> x (n, n), pivots (n) from 0, info
    #   SOLVE    a (n, n), b (n, k), trans -> x (n, k), info, omega, rcond
    #   INV      a (n, n) -> x (n, n), info, rcond
    #   DET      a (n, n) -> x (1)
    #   SLOGDET  a (n, n) -> x (1) sign, y (1) logarithm
    #   CHOLESKY a (n, n), lower -> x (n, n), the other triangle 0, info
    #   QR       a (m, n), k = min(m, n) -> x (m, k), y (k, n)
    #   QR_RAW   a (m, n) -> x (m, n), y (k) as LAPACK's dgeqrf
    #   LSTSQ    a (m, n), m >= n, b (m, k) -> x (n, k), rcond
    #   TRIANGULAR  a (n, n), b (n, k), lower, unit, trans -> x (n, k), info
    #   EIGEN    a (n, n), lower -> x (n) rising, y (n, n) vectors in columns or NULL, info: 1 where it did not settle
    #   SVD      a (m, n), k = min(m, n) -> omega (k) falling, x (m, k) and y (k, n) or NULL, info: 1 where x and y are
    #            not to be had: a singular value of zero or nearly, or it did not settle
    # info: 1 + number of the first zero pivot (CHOLESKY: the order of the first leading minor that is not
    # positive), or 0; the other items of the batch are not touched by one that fails.
    # omega: the largest componentwise backward error of the item's answers, NaN included.
    # rcond: 1 where a bound shows that it is above 100 eps, else an estimate (INV: exact, always); 0 for a zero pivot.
    # LSTSQ: min |r_ii| / max |r_ii|, small where the rank is in doubt and x not to be trusted.
    ctypedef struct Small "mc_small":
        ptrdiff_t m, n, k
        const void *a
        const void *b
        ptrdiff_t a_item, b_item
        void *x
        void *y
        int32_t *pivots
        int32_t *info
        void *omega
        void *rcond
        int lower, unit, trans

# `verb` for `count` items, threads over chunks of about 100 us. Scratch: SLOT_D.
cdef int run(int verb, int dtype, const Small *s, ptrdiff_t count, int threads) noexcept nogil
