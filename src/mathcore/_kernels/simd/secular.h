#ifndef MC_SECULAR_H
#define MC_SECULAR_H
#include "eigen.h"
/* Two halves of a torn symmetric tridiagonal matrix become one (J. J. M. Cuppen, Numer. Math. 36 (1981) 177; M. Gu and S. C. Eisenstat,
 * SIAM J. Matrix Anal. Appl. 16 (1995) 172): the eigenvalues of D + rho z z^T are the roots of 1 / rho + sum z_i^2 / (d_i - x), one
 * between two poles each. Two halves of a bidiagonal one and the row between them become one likewise (the same, ibid. 79): its
 * singular values are those of a matrix with diagonal d, d_0 = 0, and first row z, the roots of 1 + sum z_i^2 / (d_i^2 - x^2).
 * A root is kept as its nearest pole and the way from there, so that no d_i - x cancels; then z is computed anew as that for which
 * the roots found are exact, and the vectors are orthogonal.
 * Vectors of the matrix are rows. Roots, and then weights, lie in the lanes: none knows of its neighbours, and the bits do not depend on
 * the instruction set. */
typedef struct {
    int singular;                       /* values of a bidiagonal matrix, else eigenvalues */
    ptrdiff_t m, half;                  /* rows of both, of the first; of a bidiagonal matrix the row between is the first's last */
    /* Vectors as rows, ld apart: the first half's elements, then the second's, zeros beside them. Where only values are asked for, the
     * first and the last element of each row: all that a merge needs. Singular: right vectors, of which there is one more where the
     * matrix has a column more than rows, and left ones, or NULL. */
    int ends_only, wider;
    ptrdiff_t ld, first_width, second_width;
    void *rows, *left;
    void *d;                            /* (m) value of each row */
    ptrdiff_t *order;                   /* (m) rows by rising value: of each half, then of all */
    void *z, *pole, *square, *way, *weight, *by_group;      /* (m), by_group (2, m) */
    ptrdiff_t *origin, *kept, *lost;    /* (m) nearest pole of each root; of each place by groups, its pole; rows set aside */
    unsigned char *kind;                /* (m) of a row: in the first half, in both, in the second, deflated */
    void *top, *bottom;                 /* rows that change, by halves: at most half and m - half of them */
    void *left_top, *left_bottom;
    double rho;                         /* > 0 */
    int has_null;                       /* whether the smallest singular value is 0 */
    ptrdiff_t changed, in_top, in_both; /* rows that change; of them with a first half; with both */
} mc_merge;

typedef struct {
    /* z and rho from the element beta that joins the halves, or the elements alpha and beta of the row between; rows that hardly
     * change, and one of two close ones, are set aside in the last places; the others go to top and bottom by groups. */
    void (*deflate)(mc_merge *t, const void *alpha, const void *beta);
    /* Roots first ... last of those `changed`. 0, or 1 when one did not converge. */
    int (*roots)(const mc_merge *t, ptrdiff_t first, ptrdiff_t last);
    /* z anew, elements first ... last. */
    void (*weights)(const mc_merge *t, ptrdiff_t first, ptrdiff_t last);
    /* Rows first ... last of s (changed, changed), of length 1: the coefficients of top and bottom, by groups; or of the left ones. */
    void (*vectors)(const mc_merge *t, int left, ptrdiff_t first, ptrdiff_t last, void *s);
    /* Weights by groups, between weights and vectors; values and their order. */
    void (*finish)(mc_merge *t);
} mc_secular_ops;

enum { MC_SECULAR_LANES = 16 };         /* chunks of roots and weights are multiples of it, or the last */

#define MC_BODY "secular-inl.h"
#include "foreach_target.h"

static inline const mc_secular_ops *mc_secular_ops_for(int isa, int dtype) {
    return dtype == MC_F32 ? MC_DISPATCH(isa, secular_ops, f32, ()) : MC_DISPATCH(isa, secular_ops, f64, ());
}
#endif
