#ifndef MC_QUADRATIC_H
#define MC_QUADRATIC_H
#include "cpu.h"
/* Squared lengths of W (x - mean) for many points x, W lower triangular: the exponents of a normal density. A lane is a
 * point, so a point's bits do not depend on how many there are. */

enum { MC_QUADRATIC_POINTS = 32 };      /* of a tile, in each of which a row of W is read once */

typedef struct {
    /* out[i] = |W (x[i] - mean)|^2, i < n <= MC_QUADRATIC_POINTS; w (d, d), its rows up to the diagonal; x (n, d) with rows
     * ldx apart; tile: room for MC_QUADRATIC_POINTS d numbers. */
    void (*points)(ptrdiff_t n, ptrdiff_t d, const double *x, ptrdiff_t ldx, const double *mean, const double *w, double *tile,
                   double *out);
} mc_quadratic_ops;

#define MC_BODY "quadratic-inl.h"
#include "foreach_target.h"

static inline const mc_quadratic_ops *mc_quadratic_ops_for(int isa) { return MC_DISPATCH(isa, quadratic_ops, f64, ()); }
#endif
