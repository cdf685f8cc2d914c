#ifndef MC_DOT_H
#define MC_DOT_H
#include "cpu.h"
/* Inner products, in an order of their own: term i goes to virtual lane i % MC_DOT_LANES by a fused multiply-add, lanes
 * (filled up with 0 * 0) are folded by halves after every MC_DOT_BLOCK terms, blocks are added in turn. One order for vectors, for rows and for
 * columns, on every instruction set and for every layout. */
enum { MC_DOT_BLOCK = 4096 };

typedef struct {
    /* y[i*sy] = sum over p of a[i*rsa + p*csa] * x[p*sx], i < m, p < k; any strides. */
    void (*rows)(ptrdiff_t m, ptrdiff_t k, const void *a, ptrdiff_t rsa, ptrdiff_t csa, const void *x, ptrdiff_t sx,
                 void *y, ptrdiff_t sy);
    /* y[i*sy] = or += the blocks of parts (blocks, m) in turn, which different threads computed. */
    void (*add_blocks)(ptrdiff_t blocks, ptrdiff_t m, const void *parts, void *y, ptrdiff_t sy, int accumulate);
} mc_dot_ops;

#define MC_BODY "dot-inl.h"
#define MC_BODY_INTEGERS
#include "foreach_target.h"

static inline const mc_dot_ops *mc_dot_ops_for(int isa, int dtype) {
    switch (dtype) {
    case MC_F32: return MC_DISPATCH(isa, dot_ops, f32, ());
    case MC_F64: return MC_DISPATCH(isa, dot_ops, f64, ());
    case MC_U32: return MC_DISPATCH(isa, dot_ops, u32, ());
    default: return MC_DISPATCH(isa, dot_ops, u64, ());
    }
}
#endif
