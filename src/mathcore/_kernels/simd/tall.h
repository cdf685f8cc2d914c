#ifndef MC_TALL_H
#define MC_TALL_H
#include "cpu.h"
/* What Cholesky QR of a tall matrix needs of matrices of its width, always in float64: the Gram matrix of float32 data would
 * lose half of their digits. */
typedef struct {
    /* out (m, n) = a in float64, out rows n apart. */
    void (*widen)(ptrdiff_t m, ptrdiff_t n, const void *a, ptrdiff_t rsa, double *out);
    /* c (n, n) += x, upper triangles. */
    void (*add_upper)(ptrdiff_t n, const double *x, double *c);
    /* r (n, n) upper triangular in the element type, from float64, zeros below; what rounding made of it goes back. */
    void (*narrow)(ptrdiff_t n, double *r, void *out);
    /* out (n, n; rows n apart) in the element type = the inverse of the upper triangle of r (n, n). n <= MC_TALL_STRIP */
    void (*invert)(ptrdiff_t n, const double *r, ptrdiff_t ldr, void *out);
    /* The signs that Householder's method gives to the diagonal of R where the first n rows of the orthonormal factor for a
     * positive one are q (n, n; overwritten): Ballard and others, 2014. */
    void (*signs)(ptrdiff_t n, double *q, double *signs);
} mc_tall_ops;
enum { MC_TALL_STRIP = 16 };

#define MC_BODY "tall-inl.h"
#include "foreach_target.h"

static inline const mc_tall_ops *mc_tall_ops_for(int isa, int dtype) {
    return dtype == MC_F32 ? MC_DISPATCH(isa, tall_ops, f32, ()) : MC_DISPATCH(isa, tall_ops, f64, ());
}
#endif
