#ifndef MC_SCORES_H
#define MC_SCORES_H
#include "cpu.h"
/* Sums of what metrics add up over pairs (target, prediction), in one pass.
 * Order of the sum: element i of a block goes to virtual lane i % (64 / size), lanes are folded by halves. */
enum { MC_SCORE_SQUARED, MC_SCORE_ABSOLUTE, MC_SCORE_PERCENTAGE, MC_SCORE_DIFFERENCE, MC_SCORE_DEVIATION,
       MC_SCORE_VALUE, MC_SCORE_SPREAD, MC_SCORE_LOG };
enum { MC_SCORE_BLOCK = 4096 };

typedef struct {
    /* Of n <= MC_SCORE_BLOCK elements: (y - p)^2, |y - p|, |y - p| / max(|y|, 2^-52), y - p, (y - p - c)^2, y, (y - c)^2,
     * -log y; times w where given. */
    double (*sum)(int kind, ptrdiff_t n, const void *y, const void *p, const void *w, double c);
    /* max |y - p|, NaN where one is. */
    double (*largest)(ptrdiff_t n, const void *y, const void *p);
    /* out = the probability of what happened, within eps ... 1 - eps: p or 1 - p by codes 0 and 1. Returns 0 where a p is
     * not within 0 ... 1. */
    int (*happened)(ptrdiff_t n, const uint16_t *codes, const void *p, void *out);
    /* The same of rows (n, k) of probabilities, and the least and the largest sum of a row. */
    int (*happened_rows)(ptrdiff_t n, ptrdiff_t k, const uint16_t *codes, const void *p, void *out, double *low, double *high);
} mc_scores_ops;

#define MC_BODY "scores-inl.h"
#define MC_BODY_ELEMENTARY
#include "foreach_target.h"

static inline const mc_scores_ops *mc_scores_ops_for(int isa, int dtype) {
    return dtype == MC_F32 ? MC_DISPATCH(isa, scores_ops, f32, ()) : MC_DISPATCH(isa, scores_ops, f64, ());
}
#endif
