#ifndef MC_REDUCE_H
#define MC_REDUCE_H
#include "eigen.h"
/* Householder reductions of large matrices, in panels: what the matrix is now is A - P Y, where P and Y grow by two columns and
 * rows a step and A is brought up to date by one product a panel. A step reads A once: a symmetric one as its upper triangle, a
 * general one by rows, each of which gives its share of A v, from that its element of the next reflector u, and from that its
 * share of u^T A while it is in cache (G. W. Howell and others, ACM Trans. Math. Softw. 34 (2008), 14).
 * Rows of everything lie a multiple of MC_EIGEN_UNIT bytes apart, aligned, with zeros behind the last column. Sums run in lanes of
 * MC_EIGEN_UNIT bytes: the bits are the same on every instruction set. */
typedef struct {
    ptrdiff_t m, n, at, used;           /* `at`: the row and column at hand. `used`: rows of Y, columns of P */
    ptrdiff_t lda, ldp, ldy, ldu, lds;
    void *a, *p, *y;                    /* symmetric: P is held transposed, its rows lie ldy apart */
    void *left, *right;                 /* reflectors in rows, with the zeros before them: u (n, m; ldu), v (n, n; ldy) */
    void *d, *e, *tau_left, *tau_right;
    void *next;                         /* (ldy) the row of Y that belongs to the next u */
    void *z, *c;                        /* (ldp) Y v; column `at` of Y */
    void *sums;                         /* of each part of the rows, lds apart: ldy sums of columns, then ldp of P's */
} mc_reduction;

typedef struct {
    /* A (m, n) times a power of two, in place, so that its largest element is 1 to 2; of a symmetric one only the upper triangle
     * counts. The power, or NaN where something is not finite. */
    double (*take)(ptrdiff_t m, ptrdiff_t n, int upper, void *a, ptrdiff_t ld);
    /* out (n, n) = both triangles of the upper triangle of a */
    void (*both)(ptrdiff_t n, const void *a, ptrdiff_t lda, void *out, ptrdiff_t ldo);
    /* Right reflector of row at - 1 (general) or of row `at` (symmetric; its d, e and tau too), Y v and Y's column. */
    void (*row)(const mc_reduction *r);
    void (*symmetric_row)(const mc_reduction *r);
    /* Rows first ... last: A v, u before it is scaled, and the sums for u^T A into sums. */
    void (*pass)(const mc_reduction *r, ptrdiff_t first, ptrdiff_t last, void *sums);
    /* From the sums of all parts: u and its row of Y; symmetric: w into `next`. */
    void (*column)(const mc_reduction *r, int parts);
    void (*symmetric_column)(const mc_reduction *r, int parts);
    /* Column (general) of P from u, row of Y from `next`; symmetric: two of each. */
    void (*put)(const mc_reduction *r);
    void (*symmetric_put)(const mc_reduction *r);
} mc_reduce_ops;

#define MC_BODY "reduce-inl.h"
#include "foreach_target.h"

static inline const mc_reduce_ops *mc_reduce_ops_for(int isa, int dtype) {
    return dtype == MC_F32 ? MC_DISPATCH(isa, reduce_ops, f32, ()) : MC_DISPATCH(isa, reduce_ops, f64, ());
}
#endif
