#ifndef MC_RATINGS_H
#define MC_RATINGS_H
#include "cpu.h"
/* Alternating least squares beside products, Cholesky factors and substitution.
 *
 * A row of factors (rank + 1) ends in its bias. A gathered row has the coefficients of the w unknowns and then the target. */
typedef struct {
    /* out (m, w + 1): factors of the others[i]th row, with biases (w = rank + 1) a one, then values[i] less its bias. */
    void (*gather)(ptrdiff_t m, ptrdiff_t rank, ptrdiff_t w, const int32_t *others, const void *values, const void *rows,
                   void *out);
    /* r (w + 1, w + 1): ridge on the diagonal, and on the last place of it so much that it stays positive. */
    void (*regularize)(ptrdiff_t w, double ridge, void *r);
    /* Sum of the squares of what fitted (m) leaves of the targets in gathered rows (m, w + 1). */
    double (*squares)(ptrdiff_t m, ptrdiff_t w, const void *rows, const void *fitted);
} mc_ratings_ops;

#define MC_BODY "ratings-inl.h"
#include "foreach_target.h"

static inline const mc_ratings_ops *mc_ratings_ops_for(int isa, int dtype) {
    return dtype == MC_F32 ? MC_DISPATCH(isa, ratings_ops, f32, ()) : MC_DISPATCH(isa, ratings_ops, f64, ());
}
#endif
