#ifndef MC_MACHINE_H
#define MC_MACHINE_H
#include "cpu.h"
/* The work that shows the limits of a machine: as many fused multiply-adds as it can do, as many bytes as it can move. */

/* One walk over n elements; what it does not use may be anything. */
typedef double (*mc_stream)(ptrdiff_t n, const void *x, const void *y, void *out);

typedef struct {
    int flops;                          /* of one step */
    /* `steps` fused multiply-adds in each of enough independent chains; returns their mean, which tends to 2. */
    double (*fma)(ptrdiff_t steps);
    mc_stream read;                     /* returns the sum of x */
    mc_stream copy;                     /* out = x */
    mc_stream triad;                    /* out = x + 3 y, as in STREAM */
} mc_machine_ops;

#define MC_BODY "machine-inl.h"
#include "foreach_target.h"

static inline const mc_machine_ops *mc_machine_ops_for(int isa, int dtype) {
    return dtype == MC_F32 ? MC_DISPATCH(isa, machine_ops, f32, ()) : MC_DISPATCH(isa, machine_ops, f64, ());
}
#endif
