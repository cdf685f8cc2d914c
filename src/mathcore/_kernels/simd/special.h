#ifndef MC_SPECIAL_H
#define MC_SPECIAL_H
#include "cpu.h"
/* Functions of each element. Lanes do not know each other, so results do not depend on layout, length or threads. */

enum {
    MC_EXP, MC_EXPM1, MC_LOG, MC_LOG1P, MC_TANH, MC_SIGMOID, MC_LOGIT, MC_LOG_EXPIT, MC_SOFTPLUS, MC_RELU_OF, MC_SILU,
    MC_GELU_TANH, MC_ENTR, MC_UNARY_COUNT,
    MC_XLOGY = MC_UNARY_COUNT, MC_XLOG1PY, MC_REL_ENTR, MC_KL_DIV,
};

typedef struct {
    /* out[i*so] = op(x[i*sx]) or op(x[i*sx], y[i*sy]), i < n; strides in elements, 0 among them; out may be x or y. */
    void (*map)(int op, ptrdiff_t n, const void *x, ptrdiff_t sx, const void *y, ptrdiff_t sy, void *out, ptrdiff_t so);
} mc_special_ops;

#define MC_BODY "special-inl.h"
#define MC_BODY_ELEMENTARY
#include "foreach_target.h"

static inline const mc_special_ops *mc_special_ops_for(int isa, int dtype) {
    return dtype == MC_F32 ? MC_DISPATCH(isa, special_ops, f32, ()) : MC_DISPATCH(isa, special_ops, f64, ());
}
#endif
