#ifndef MC_MOMENTS_H
#define MC_MOMENTS_H
#include "cpu.h"
/* Weight, mean, central sums of powers 2 to 4, least and greatest of numbers, all in double. Numbers are taken less a shift,
 * one of their own: what is left is exact where they lie close together. A block is read twice, the second time from the nearest
 * cache, so that powers are those of differences from its own mean. Order: element i of a block goes to virtual lane i % 32
 * (columns: each a chain of its own), blocks are merged in a tree. */
enum { MC_MOMENT_BLOCK = 2048, MC_MOMENT_ROWS = 128, MC_MOMENT_COLS = 32 };

typedef struct {
    double weight, mean, m1, m2, m3, m4, low, high;     /* mean: less the shift; m1 is 0 once settled */
} mc_moments;

/* From sums about `mean`, which is the mean but for rounding, to those about the mean. Here, not in a body: where two products are
 * added the compiler fuses either, and not the same on every instruction set. */
static inline void mc_moments_settle(mc_moments *a) {
    const double e = a->m1 / a->weight, s = a->m1, s2 = a->m2, s3 = a->m3, ee = e * e;
    a->mean += e;
    a->m2 = s2 - s * e;
    a->m3 = s3 - 3 * e * s2 + 2 * ee * s;
    a->m4 = a->m4 - 4 * e * s3 + 6 * ee * s2 - 3 * ee * e * s;
    a->m1 = 0;
    if (a->m2 < 0) a->m2 = 0;
    if (a->m4 < 0) a->m4 = 0;
}

/* a becomes that of the numbers of both (P. Pebay, SAND2008-6212, 2008). */
static inline void mc_moments_merge(mc_moments *a, const mc_moments *b) {
    if (b->weight == 0) return;
    if (a->weight == 0) { *a = *b; return; }
    const double n = a->weight + b->weight, d = b->mean - a->mean, p = a->weight / n, q = b->weight / n;
    const double dd = d * d, both = a->weight * q;
    a->m4 += b->m4 + dd * dd * both * (p * p - p * q + q * q) + 6 * dd * (p * p * b->m2 + q * q * a->m2)
           + 4 * d * (p * b->m3 - q * a->m3);
    a->m3 += b->m3 + d * dd * both * (p - q) + 3 * d * (p * b->m2 - q * a->m2);
    a->m2 += b->m2 + dd * both;
    a->mean += d * q;
    a->weight = n;
    a->low = b->low < a->low ? b->low : a->low;
    a->high = b->high > a->high ? b->high : a->high;
    if (b->low != b->low) a->low = a->high = b->low;
}

typedef struct {
    int size;
    /* n <= MC_MOMENT_BLOCK elements of unit stride; w: positive weights, or NULL. */
    void (*block)(ptrdiff_t n, const void *x, const double *w, double shift, mc_moments *out);
    /* rows x cols, at most MC_MOMENT_ROWS x MC_MOMENT_COLS, unit column stride; w: of each row, or NULL; shift, out: of each
     * column. */
    void (*columns)(ptrdiff_t rows, ptrdiff_t cols, const void *x, ptrdiff_t rsx, const double *w, const double *shift,
                    mc_moments *out);
    /* The mean of x (n), less its first element. */
    double (*mean)(ptrdiff_t n, const void *x);
    /* out (n) = x less shift, less mean */
    void (*centre)(ptrdiff_t n, const void *x, double shift, double mean, void *out);
    /* The same of columns: mean (cols) of x (rows, cols); out (rows, cols), rows rso apart, = x less its first row, less mean. */
    void (*columns_mean)(ptrdiff_t rows, ptrdiff_t cols, const void *x, ptrdiff_t rsx, double *mean);
    void (*columns_centre)(ptrdiff_t rows, ptrdiff_t cols, const void *x, ptrdiff_t rsx, const double *mean, void *out,
                           ptrdiff_t rso);
    /* out (cols, rows) = x^T */
    void (*transpose)(ptrdiff_t rows, ptrdiff_t cols, const void *x, ptrdiff_t rsx, void *out);
    /* c (d, d) += x x^T for x (d, n), upper triangle */
    void (*products)(ptrdiff_t d, ptrdiff_t n, const void *x, double *c);
} mc_moments_ops;

#define MC_BODY "moments-inl.h"
#include "foreach_target.h"

static inline const mc_moments_ops *mc_moments_ops_for(int isa, int dtype) {
    return dtype == MC_F32 ? MC_DISPATCH(isa, moments_ops, f32, ()) : MC_DISPATCH(isa, moments_ops, f64, ());
}
#endif
