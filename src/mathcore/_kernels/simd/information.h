#ifndef MC_INFORMATION_H
#define MC_INFORMATION_H
#include "cpu.h"
/* Rows of probabilities p (and q): entropies and divergences, each row checked and summed while it is in the cache.
 * 0 log 0 = 0 log (0 / 0) = 0, p log(p / 0) = inf.
 * Order of the sums: element i of a block of 16 rounds goes to virtual lane i % (64 / size), lanes are folded by
 * halves, blocks are added in turn in double, with the rounding of each addition kept. */
enum {
    MC_ENTROPY,                         /* -sum p log p */
    MC_CROSS,                           /* -sum p log q */
    MC_KL,                              /* sum p log(p / q) - p + q: every term >= 0 */
    MC_JS,                              /* half of KL(p, m) + KL(q, m), m = (p + q) / 2 */
    MC_CONDITIONAL,                     /* sum p log(q / p), q >= p marginals of p */
    MC_ENTROPY_LOG, MC_CROSS_LOG, MC_KL_LOG     /* of logarithms of probabilities, which are not checked */
};

/* Rows of n elements of unit stride; rsp, rsq elements from one row to the next (0: one row for all). */
typedef struct {
    ptrdiff_t rows, n;
    const void *p, *q;
    ptrdiff_t rsp, rsq;
    void *value;                        /* one of each row */
    double slack_p, slack_q;            /* what a sum may differ from 1 by; negative: rows are divided by it */
    double unit;                        /* the logarithm of the base */
} mc_information;

typedef struct {
    ptrdiff_t (*run)(int kind, const mc_information *rows);     /* the first row that is no distribution, or -1 */
    double (*sum)(ptrdiff_t n, const void *x, ptrdiff_t *bad);  /* as run adds it; the first negative or NaN */
} mc_information_ops;

#define MC_BODY "log_quotient-inl.h"
#define MC_BODY_ELEMENTARY
#include "foreach_target.h"
#define MC_BODY "information-inl.h"
#define MC_BODY_ELEMENTARY
#include "foreach_target.h"

static inline const mc_information_ops *mc_information_ops_for(int isa, int dtype) {
    return dtype == MC_F32 ? MC_DISPATCH(isa, information_ops, f32, ()) : MC_DISPATCH(isa, information_ops, f64, ());
}
#endif
