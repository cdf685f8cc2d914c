#ifndef MC_EUCLIDEAN_H
#define MC_EUCLIDEAN_H
#include "cpu.h"
/* Distances from a product: |x - y|^2 = |x|^2 + |y|^2 - 2 x.y for rows moved towards the origin, and by direct differences
 * where that loses digits. */

/* What becomes of the squared distance (a half of it for rows of length 1: at most 2). Of the product:
 * MC_COSINE is x.y / (|x| |y|), MC_TANH tanh(gamma x.y + coef0), MC_POWERS (gamma x.y + coef0)^degree. */
enum { MC_SQUARED, MC_ROOT, MC_HALF, MC_RBF, MC_COSINE, MC_TANH, MC_POWERS };

/* What a tile of products is turned into distances with. Rows of x (from `row`) and y are told by their number. */
typedef struct {
    int form;
    double gamma, coef0;
    int degree;                                 /* from 1 on */
    ptrdiff_t d;
    const void *x, *y;                          /* the rows as they came, d apart */
    const void *xx, *yy;                        /* squared lengths of the moved rows */
} mc_euclidean;

typedef struct {
    /* Adds `rows` rows, `step` elements apart, to what is known of each column: its first finite value (NaN before one), the
     * sum of differences from it, their number, least and largest (d each). */
    void (*sample)(ptrdiff_t rows, ptrdiff_t d, const void *x, ptrdiff_t step, double *first, double *sum, double *number,
                   double *low, double *high);
    /* moved (rows, d) = (x - centre) scale, lengths = their squared lengths; both in the type of x. */
    void (*move)(ptrdiff_t rows, ptrdiff_t d, const void *x, const double *centre, double scale, void *moved, void *lengths);
    /* The same as float. Returns the largest squared length before it was rounded, NaN counted as infinite. */
    double (*move_float)(ptrdiff_t rows, ptrdiff_t d, const void *x, const double *centre, double scale, float *moved,
                         float *lengths);
    /* out[i] = |scale (x - y)|^2 of float64 differences, y the row point[i] of rows that are d apart. */
    void (*squares)(ptrdiff_t count, ptrdiff_t d, const void *x, const void *y, const int32_t *point, double scale, double *out);
    /* The hook of a product: c (m, n), at (row, col) of x and y, holds x.y and then what `form` says. */
    void (*tile)(void *euclidean, ptrdiff_t row, ptrdiff_t col, int m, int n, const void *c, ptrdiff_t rsc);
    /* unit (rows, d) = rows of x over their lengths; rows of zeros stay, those that are not finite become NaN. */
    void (*unit)(ptrdiff_t rows, ptrdiff_t d, const void *x, void *unit);
} mc_euclidean_ops;

#define MC_BODY "euclidean-inl.h"
#define MC_BODY_ELEMENTARY
#include "foreach_target.h"

static inline const mc_euclidean_ops *mc_euclidean_ops_for(int isa, int dtype) {
    return dtype == MC_F32 ? MC_DISPATCH(isa, euclidean_ops, f32, ()) : MC_DISPATCH(isa, euclidean_ops, f64, ());
}
#endif
