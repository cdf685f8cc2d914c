#ifndef MC_DESCENT_H
#define MC_DESCENT_H
#include "cpu.h"
/* A block of rows of a linear model: scores, losses and the gradient in one visit, while the rows are in L1 or L2.
 * Order: a score adds columns in virtual lanes of 64 bytes, folded by halves; a gradient adds rows in turn, with one
 * class in four parts; the sum of the losses runs in the same lanes over rows. */
enum { MC_FIT_SQUARED, MC_FIT_LOGISTIC, MC_FIT_SOFTMAX };
enum { MC_FIT_ROWS = 256 };             /* at most, in one block */

typedef struct {
    int kind, losses;                   /* whether the sum of the losses is wanted */
    ptrdiff_t rows, d, k, rs, ldw;      /* k classes or targets; rows rs elements apart; those of w ldw */
    ptrdiff_t ahead;                    /* the next block's first row, to be asked for; 0: none */
    const void *x, *y, *weight;         /* y (n, k) for MC_FIT_SQUARED, else (n); weight (n) or NULL */
    const int64_t *index;               /* the rows taken, or NULL: the first ones */
    const void *w, *b;                  /* w (k, ldw), zeros beyond d, ldw a multiple of 64 bytes */
    void *z;                            /* (2k + 1, MC_FIT_ROWS) scratch: residuals times weights stay in the first k */
    void *curvature;                    /* NULL, or (k, MC_FIT_ROWS): root of the second derivative; softmax: p */
    double *g;                          /* (k, d) and k intercepts: the gradient is added */
} mc_fit_block;

typedef struct {
    double (*block)(const mc_fit_block *s);     /* the weighted sum of the losses */
    void (*scaled)(const mc_fit_block *s, const void *center, const void *scale, void *out);
    void (*down)(ptrdiff_t n, const double *x, void *y);    /* to the type of the data */
} mc_fit_ops;

#define MC_BODY "descent-inl.h"
#define MC_BODY_ELEMENTARY
#include "foreach_target.h"

static inline const mc_fit_ops *mc_fit_ops_for(int isa, int dtype) {
    return dtype == MC_F32 ? MC_DISPATCH(isa, fit_ops, f32, ()) : MC_DISPATCH(isa, fit_ops, f64, ());
}
#endif
