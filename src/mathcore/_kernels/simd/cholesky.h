#ifndef MC_CHOLESKY_H
#define MC_CHOLESKY_H
#include "cpu.h"
/* A = U^T U for one block of up to MC_CHOLESKY rows, and what joins the blocks. Every element is one chain of fused
 * multiply-adds, a_ij - u_0i u_0j - u_1i u_1j - ..., then its square root d on the diagonal or the product with 1 / d beside
 * it: the bits do not depend on the vectors. */
enum { MC_CHOLESKY = 64, MC_RANK = 8 };

typedef struct {
    int size, group;
    /* The upper triangle of A (n, n), n <= MC_CHOLESKY, into that of C, whose columns have unit stride. C may be A; its
     * other triangle is not written, that of A has no effect. Returns 0, or the order of the first leading minor that is
     * not positive. */
    int (*factor)(ptrdiff_t n, const void *a, ptrdiff_t rsa, ptrdiff_t csa, void *c, ptrdiff_t rsc);
    /* B (k, n) = U^-T B, k a multiple of 8, where x holds B packed by gemm in strips of its nr columns; x becomes the
     * result too. l: U (k, k) packed by gemm in groups of `group` columns; inverse: the reciprocals of its diagonal. */
    void (*solve_strips)(ptrdiff_t k, ptrdiff_t n, const void *l, const void *inverse, void *x, void *b, ptrdiff_t rsb);
    void (*reciprocals)(ptrdiff_t k, const void *a, ptrdiff_t rsa, void *inverse);
    /* U^T U + X^T X = V^T V (sign > 0), or with a minus; V into U (n, n), X (k, n) is used up, k <= MC_RANK. Returns 0, or
     * the order of the first leading minor of the difference that is not positive. */
    int (*rotate)(int sign, ptrdiff_t n, ptrdiff_t k, void *u, ptrdiff_t rsu, void *x, ptrdiff_t rsx);
} mc_cholesky_ops;

#define MC_BODY "cholesky-inl.h"
#include "foreach_target.h"

static inline const mc_cholesky_ops *mc_cholesky_ops_for(int isa, int dtype) {
    return dtype == MC_F32 ? MC_DISPATCH(isa, cholesky_ops, f32, ()) : MC_DISPATCH(isa, cholesky_ops, f64, ());
}
#endif
