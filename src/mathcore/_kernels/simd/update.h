#ifndef MC_UPDATE_H
#define MC_UPDATE_H
#include "cpu.h"
/* Parameters after a gradient is known. Every element by itself, or in the order of rows: no bits depend on threads. */

typedef struct {
    /* x = factor * x; x += y */
    void (*scale)(ptrdiff_t n, void *x, double factor);
    void (*add)(ptrdiff_t n, void *x, const void *y);
    /* out (n) = factor * out + the sum of the rows of x (m, n), in turn. */
    void (*add_rows)(ptrdiff_t m, ptrdiff_t n, const void *x, ptrdiff_t rsx, void *out, double factor);
    /* C (m, n) += a b^T, row after row: for one sample a product's tiles cost three times as much as their memory. */
    void (*add_outer)(ptrdiff_t m, ptrdiff_t n, const void *a, const void *b, void *c, ptrdiff_t rsc);
} mc_update_ops;

#define MC_BODY "update-inl.h"
#include "foreach_target.h"

static inline const mc_update_ops *mc_update_ops_for(int isa, int dtype) {
    return dtype == MC_F32 ? MC_DISPATCH(isa, update_ops, f32, ()) : MC_DISPATCH(isa, update_ops, f64, ());
}
#endif
