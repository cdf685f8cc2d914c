#ifndef MC_QR_H
#define MC_QR_H
#include "cpu.h"
/* Householder reflections H_j = I - tau_j v_j v_j^T of a matrix whose rows are padded to whole strips, vectors along its
 * columns. Each reflection takes one pass over the matrix: rows are updated with v_j and, while in registers, added up
 * into the inner products that the next reflection needs, v^T A. Every element and every inner product is a chain of its
 * own over the rows (even and odd rows apart), so the width of the vectors does not show in the bits. Signs are those of
 * LAPACK: the diagonal of R is -sign(alpha) times the norm, tau = 0 where there is nothing to eliminate. */
enum { MC_QR_STRIP = 64 };              /* bytes; rows of a and the vectors of scratch are padded with zeros to whole ones */

typedef struct {
    int size;
    /* A (m, n), rows lda apart, becomes R on and above the diagonal and anything below; v_j becomes row j < k of x, rows
     * ldx apart, with the zeros before it and its 1. work: 2 lda elements. */
    void (*factor)(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, void *a, ptrdiff_t lda, void *x, ptrdiff_t ldx, void *tau,
                   void *work);
    /* A (m, q) = the first q columns of H_0 ... H_k-1. work: 2 lda elements. */
    void (*form)(ptrdiff_t m, ptrdiff_t q, ptrdiff_t k, void *a, ptrdiff_t lda, const void *x, ptrdiff_t ldx,
                 const void *tau, void *work);
    /* v (count) = (alpha, x) becomes (1, v) of the reflection that takes it to (beta, 0); `squares` is the sum of the
     * squares of x. beta_tau[0], [1]: the two numbers. */
    void (*reflector)(ptrdiff_t count, void *v, const void *squares, void *beta_tau);
    /* Rows first ... first + count of U = T^T, lower triangular (nb, nb), for H_0 H_1 ... = I - V T V^T: row j of h holds
     * the inner products of v_first+j with v_0, v_1, ... */
    void (*extend)(ptrdiff_t first, ptrdiff_t count, ptrdiff_t nb, const void *h, ptrdiff_t ldh, const void *tau, void *u);
    /* w reflections out of factor into A (m, w), rows rsa apart: R from l, v_j below the diagonal from x. And back: x from
     * A, with its zeros and ones. */
    void (*scatter)(ptrdiff_t m, ptrdiff_t w, const void *l, ptrdiff_t ldl, const void *x, ptrdiff_t ldx, void *a,
                    ptrdiff_t rsa);
    void (*gather)(ptrdiff_t m, ptrdiff_t w, const void *a, ptrdiff_t rsa, void *x, ptrdiff_t ldx);
    /* out (m, n), rows rso apart: A of any strides; the part of A on and above the diagonal; the identity. */
    void (*copy)(ptrdiff_t m, ptrdiff_t n, const void *a, ptrdiff_t rsa, ptrdiff_t csa, void *out, ptrdiff_t rso);
    void (*upper)(ptrdiff_t m, ptrdiff_t n, const void *a, ptrdiff_t rsa, void *out, ptrdiff_t rso);
    void (*identity)(ptrdiff_t m, ptrdiff_t n, void *out, ptrdiff_t rso);
    /* out (n) -= sum over r < rows of c[r * sc] * x[r * ldx + i], one chain for each i. */
    void (*minus_rows)(ptrdiff_t rows, ptrdiff_t n, const void *c, ptrdiff_t sc, const void *x, ptrdiff_t ldx, void *out);
    /* Element -1 of each row of A (m, n) goes to column `to`; then out (n) = v (m) A, one chain for each column, rows of A
     * in their order, as memory likes it best. */
    void (*sums)(ptrdiff_t m, ptrdiff_t n, const void *v, void *a, ptrdiff_t lda, ptrdiff_t to, void *out);
    /* Columns first + i and with[i] of A (m) exchanged, i = 0 ... count - 1 in turn. */
    void (*exchange)(ptrdiff_t m, void *a, ptrdiff_t rsa, ptrdiff_t first, ptrdiff_t count, const ptrdiff_t *with);
    void (*scale)(ptrdiff_t n, const void *factor, void *x);
    /* The first of the largest; NaN counts as larger than all. */
    ptrdiff_t (*largest)(ptrdiff_t n, const void *x);
    /* norms (n) of the columns of A (m, n), rows lda apart. */
    void (*norms)(ptrdiff_t m, ptrdiff_t n, const void *a, ptrdiff_t lda, void *norms);
    /* Those that are -1, anew, in both lists. */
    void (*renew)(ptrdiff_t m, ptrdiff_t n, const void *a, ptrdiff_t lda, void *norms, void *exact);
    /* The norms of columns that have lost the element in `row`: those that cancel too much become -1 and are counted. */
    ptrdiff_t (*downdate)(ptrdiff_t n, const void *row, void *norms, const void *exact);
} mc_qr_ops;

#define MC_BODY "qr-inl.h"
#include "foreach_target.h"

static inline const mc_qr_ops *mc_qr_ops_for(int isa, int dtype) {
    return dtype == MC_F32 ? MC_DISPATCH(isa, qr_ops, f32, ()) : MC_DISPATCH(isa, qr_ops, f64, ());
}
#endif
