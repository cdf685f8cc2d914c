#ifndef MC_SCATTER_H
#define MC_SCATTER_H
#include "cpu.h"
/* What the scatter matrix of rows needs beside products: means in float64, rows without them, sums of scatter matrices. */
typedef struct {
    int size;
    /* mean (n) of the rows of x (m, n), m > 0: the first row and the mean of what the others differ from it, so that
     * equal elements have exactly themselves. */
    void (*mean)(ptrdiff_t m, ptrdiff_t n, const void *x, ptrdiff_t rsx, double *mean);
    /* out (m, n) = x - mean, subtracted in float64; rows of out n apart. */
    void (*centre)(ptrdiff_t m, ptrdiff_t n, const void *x, ptrdiff_t rsx, const double *mean, void *out);
    /* c (n, n) += x + w d d^T, upper triangles. */
    void (*merge)(ptrdiff_t n, const void *x, double w, const double *d, double *c);
} mc_scatter_ops;

#define MC_BODY "scatter-inl.h"
#include "foreach_target.h"

static inline const mc_scatter_ops *mc_scatter_ops_for(int isa, int dtype) {
    return dtype == MC_F32 ? MC_DISPATCH(isa, scatter_ops, f32, ()) : MC_DISPATCH(isa, scatter_ops, f64, ());
}
#endif
