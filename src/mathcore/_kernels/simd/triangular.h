#ifndef MC_TRIANGULAR_H
#define MC_TRIANGULAR_H
#include "cpu.h"
/* A lower triangular block of up to MC_TRIANGLE rows, packed, against a strip of right-hand sides. Every element is one
 * chain of fused multiply-adds, b_i - l_i0 x_0 - l_i1 x_1 - ..., then the product with the reciprocal of l_ii: the bits
 * depend neither on the width of the strip nor on that of the vectors. */
enum { MC_TRIANGLE = 64 };

typedef struct {
    int size, lanes, width;             /* columns of a whole strip */
    /* The lower triangle of a into l, rows MC_TRIANGLE apart, and the reciprocals of its diagonal: 0 where the reciprocal is
     * no normal number, 1 for `unit`. */
    void (*pack)(ptrdiff_t n, const void *a, ptrdiff_t rsa, ptrdiff_t csa, int unit, void *l, void *inverse);
    /* B (n, w) = L^-1 B for w <= width; rows of B rsb apart. `packed`, where there is one, keeps the solution too: rows
     * `width` apart, a strip as gemm's panel takes it. */
    void (*strip)(ptrdiff_t n, int w, const void *l, const void *inverse, void *b, ptrdiff_t rsb, void *packed);
    /* x (n) = T^-1 x for the lower or upper triangle of any size of a, whose rows or columns lie each in one piece (csa or
     * rsa is 1), as does x. The same chain either way: columns are taken from x in turn, rows transposed on the way. */
    void (*vector)(ptrdiff_t n, const void *a, ptrdiff_t rsa, ptrdiff_t csa, int lower, int unit, void *x);
} mc_triangular_ops;

#define MC_BODY "triangular-inl.h"
#include "foreach_target.h"

static inline const mc_triangular_ops *mc_triangular_ops_for(int isa, int dtype) {
    return dtype == MC_F32 ? MC_DISPATCH(isa, triangular_ops, f32, ()) : MC_DISPATCH(isa, triangular_ops, f64, ());
}
#endif
