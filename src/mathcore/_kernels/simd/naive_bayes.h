#ifndef MC_NAIVE_BAYES_H
#define MC_NAIVE_BAYES_H
#include "cpu.h"
/* Naive Bayes: sums and moments of the rows of each class, and the log of each class's joint density. Sums are float64
 * whatever the data are; each is a chain of its own, so the width of vectors does not show in the bits. */
enum { MC_NB_ROWS = 32, MC_NB_COLS = 64 };      /* of a tile: 16 KB, and its columns' sums are added to the total at once */
enum { MC_NB_GAUSSIAN, MC_NB_LINEAR };

/* A block of rows x (rows, d), rows rs apart, with a class in 0 ... k - 1 (NULL: 0) and a weight (NULL: 1) for each. */
typedef struct {
    ptrdiff_t rows, d, rs;
    const void *x;
    const int32_t *label;
    const double *weight;
    double *count, *mean, *scatter;             /* (k), (k, d), (k, d): of the rows so far */
    const void **origin;                        /* (k): the row from which a class's mean is told, NULL before one */
    double *own;                                /* scratch (2 d + 1 for each class): the same of this block */
    ptrdiff_t *first, *present;                 /* scratch (k), (k); first is -1 before and after */
} mc_nb_block;

typedef struct {
    /* The block's rows join count, mean (from its origin) and scatter (sum of squares about the mean). */
    void (*moments)(const mc_nb_block *s);
    /* count and mean, here sums: += the block's rows; of rows x > threshold if binary. */
    void (*sums)(const mc_nb_block *s, int binary, double threshold);
    /* tile (cols, MC_NB_ROWS) = x^T as float64, cols <= MC_NB_COLS, 0 < rows <= MC_NB_ROWS; the last row stands for those
     * beyond it. Of x > threshold if binary. */
    void (*pack)(ptrdiff_t rows, ptrdiff_t cols, const void *x, ptrdiff_t rs, int binary, double threshold, double *tile);
    /* total (k, MC_NB_ROWS) += sum over columns of b (x - a)^2, or of a x; a, b (k, cols), rows ld apart. float64. */
    void (*tile)(int kind, ptrdiff_t rows, ptrdiff_t cols, ptrdiff_t k, const double *tile, const double *a, const double *b,
                 ptrdiff_t ld, double *total);
    /* best (MC_NB_ROWS): the class of the largest total, the first of equal ones, the first NaN before any. float64. */
    void (*largest)(ptrdiff_t k, const double *total, double *best);
} mc_nb_ops;

#define MC_BODY "naive_bayes-inl.h"
#include "foreach_target.h"

static inline const mc_nb_ops *mc_nb_ops_for(int isa, int dtype) {
    return dtype == MC_F32 ? MC_DISPATCH(isa, nb_ops, f32, ()) : MC_DISPATCH(isa, nb_ops, f64, ());
}
#endif
