#ifndef MC_NORMS_H
#define MC_NORMS_H
#include "cpu.h"
/* Sums, extremes and counts that norms are made of, of float32 or float64, all in double. Order, of rows and of columns alike:
 * blocks of MC_NORM_BLOCK terms; inside one, term i goes to virtual lane i % MC_NORM_LANES, lanes are folded by halves.
 * Squares of float32: to one of twice as many lanes, in which each MC_NORM_CHAIN of them are summed in float32. */
enum { MC_NORM_BLOCK = 4096, MC_NORM_LANES = 32, MC_NORM_COLS = 128, MC_NORM_CHAIN = 8 };

/* Sums of squares from which on those that vanished, under 2^-1074 and 2^-149, do not count beside the others. */
#define MC_NORM_SAFE 0x1p-900
#define MC_NORM_SAFE_NARROW 0x1p-64

enum {                                   /* terms, and how they are put together */
    MC_NORM_SQUARES,                     /* x x: a sum */
    MC_NORM_SIZES,                       /* |x|: a sum */
    MC_NORM_COUNT,                       /* 1 where x != 0: a sum */
    MC_NORM_MOST,                        /* |x|: the greatest, NaN where there is one */
    MC_NORM_LEAST                        /* |x|: the least, NaN where there is one */
};

typedef struct {
    /* out[i] of row i < m, n <= MC_NORM_BLOCK elements side by side, rows rsx bytes apart. single: of float32. */
    void (*rows)(int kind, int single, ptrdiff_t m, ptrdiff_t n, const char *x, ptrdiff_t rsx, double *out);
    /* out[j] of column j < cols <= MC_NORM_COLS, columns side by side, n <= MC_NORM_BLOCK rows. */
    void (*columns)(int kind, int single, ptrdiff_t n, ptrdiff_t cols, const char *x, ptrdiff_t rsx, double *out);
    /* [single] out (m, n, with room for 16 more) = rows of |x| over their units, which are positive and finite */
    void (*ratios[2])(ptrdiff_t m, ptrdiff_t n, const char *x, ptrdiff_t rsx, const double *units, void *out);
    /* [single] x (n, with room for 16 more) becomes x^p, x not negative */
    void (*powers[2])(ptrdiff_t n, double p, void *x);
    /* out (m) = roots of s. Whether all of s are numbers whose terms can have lost nothing to the range of double. */
    int (*roots)(int single, ptrdiff_t m, const double *s, void *out);
    /* sums (m) become their roots, sum^(1/p), times units */
    void (*power_roots)(ptrdiff_t m, double p, const double *units, double *sums);
    /* out (n) = x / by */
    void (*divide)(int single, ptrdiff_t n, const void *x, double by, void *out);
} mc_norms_ops;

#define MC_BODY_ELEMENTARY
#define MC_BODY "norms-inl.h"
#include "foreach_target.h"

static inline const mc_norms_ops *mc_norms_ops_for(int isa) { return MC_DISPATCH(isa, norms_ops, f64, ()); }
#endif
