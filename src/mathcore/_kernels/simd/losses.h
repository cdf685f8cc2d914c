#ifndef MC_LOSSES_H
#define MC_LOSSES_H
#include "cpu.h"
/* Losses of pairs (prediction, target): each element's loss and gradient in one pass, and their sum.
 * Order of the sum: element i of a block goes to virtual lane i % MC_PAIR_LANES, lanes are folded by halves. */
enum { MC_SQUARED, MC_BINARY, MC_BINARY_LOGITS, MC_ABSOLUTE, MC_HUBER, MC_HINGE };
enum { MC_PAIR_BLOCK = 4096 };

/* n <= MC_PAIR_BLOCK elements of unit stride. */
typedef struct {
    ptrdiff_t n;
    const void *p, *y;
    const void *weight;                 /* of each element, or NULL */
    const void *positive;               /* factor of y in MC_BINARY_LOGITS, of each element, or NULL */
    void *value, *gradient;             /* or NULL; the gradient is that of the sum, times scale; it may be p */
    double scale;
    double delta;                       /* of MC_HUBER: where the parabola ends */
} mc_pairs;

typedef struct {
    double (*block)(int kind, const mc_pairs *pairs);       /* the weighted sum of the losses */
    ptrdiff_t (*first_outside)(ptrdiff_t n, const void *x, double low, double high);   /* NaN is outside; -1: none */
} mc_losses_ops;

#define MC_BODY "losses-inl.h"
#define MC_BODY_ELEMENTARY
#include "foreach_target.h"

static inline const mc_losses_ops *mc_losses_ops_for(int isa, int dtype) {
    return dtype == MC_F32 ? MC_DISPATCH(isa, losses_ops, f32, ()) : MC_DISPATCH(isa, losses_ops, f64, ());
}
#endif
