#ifndef MC_OPTIMIZERS_H
#define MC_OPTIMIZERS_H
#include "cpu.h"
/* Steps of the optimisers, each array loaded and stored once. Every element by itself: no bits depend on threads. */

typedef struct {
    double rate, momentum, l2;
    int nesterov;
} mc_sgd;

typedef struct {
    double rate, beta1, beta2, eps;
    double l2, decay;                   /* added to the gradient; decoupled: parameters shrink by rate * decay */
    double correct1, correct2;          /* 1 / (1 - beta^t) */
} mc_adam;

typedef struct {
    /* With velocity v (or NULL): v = momentum v + g, p -= rate v; nesterov: p -= rate (g + momentum v). */
    void (*sgd)(ptrdiff_t n, void *p, const void *g, void *v, const mc_sgd *how);
    /* D. P. Kingma and J. Ba, Adam, arXiv 1412.6980, with decoupled decay (arXiv 1711.05101). */
    void (*adam)(ptrdiff_t n, void *p, const void *g, void *m, void *v, const mc_adam *how);
} mc_optimizers_ops;

#define MC_BODY "optimizers-inl.h"
#define MC_BODY_ELEMENTARY
#include "foreach_target.h"

static inline const mc_optimizers_ops *mc_optimizers_ops_for(int isa, int dtype) {
    return dtype == MC_F32 ? MC_DISPATCH(isa, optimizers_ops, f32, ()) : MC_DISPATCH(isa, optimizers_ops, f64, ());
}
#endif
