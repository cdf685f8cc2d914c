#ifndef MC_RESIDUAL_H
#define MC_RESIDUAL_H
#include "cpu.h"
/* How well a computed x solves A x = b, row by row, in one pass over A. Sums in fixed virtual lanes: what is decided by
 * them does not depend on the instruction set. */
enum { MC_RESIDUAL_LANES = 128 };       /* bytes of one sum's lanes */

typedef struct {
    int size;
    /* r (n) = b - A x and, given xa >= |x| and ba >= |b| for the terms behind x and b, the largest r_i over
     * (|A| xa + ba)_i; NaN where a row gives NaN. Unit column stride. */
    double (*residual)(ptrdiff_t n, const void *a, ptrdiff_t rsa, const void *x, const void *xa, const void *b, const void *ba,
                       void *r);
    /* The largest sum of |a_ij| over a column; `sums` has room for n numbers. */
    double (*norm1)(ptrdiff_t m, ptrdiff_t n, const void *a, ptrdiff_t rsa, void *sums);
} mc_residual_ops;

#define MC_BODY "residual-inl.h"
#include "foreach_target.h"

static inline const mc_residual_ops *mc_residual_ops_for(int isa, int dtype) {
    return dtype == MC_F32 ? MC_DISPATCH(isa, residual_ops, f32, ()) : MC_DISPATCH(isa, residual_ops, f64, ());
}
#endif
