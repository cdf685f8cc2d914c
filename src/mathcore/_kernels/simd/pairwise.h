#ifndef MC_PAIRWISE_H
#define MC_PAIRWISE_H
#include "cpu.h"
/* Distances of every row of x to every row of y, coordinate by coordinate. A tile is two or four rows of x and two vectors of
 * rows of y: a lane is one distance, its sum one chain over the coordinates (in blocks of MC_PAIRWISE_K), so its bits depend
 * neither on the tile nor on the width of vectors. */
enum { MC_PAIRWISE_VECS = 2, MC_PAIRWISE_K = 256, MC_PAIRWISE_LOOK = 1 << 14 };

/* What is summed of a pair's coordinates a and b, each times the weight w. */
enum {
    MC_SQUARE,                  /* (a - b)^2, without weights */
    MC_SQUARE_WEIGHTED,
    MC_ABSOLUTE,                /* |a - b| */
    MC_MAXIMUM,                 /* the largest |a - b|, of finite numbers, without weights */
    MC_MAXIMUM_ANY,             /* the same, NaN where one is */
    MC_CANBERRA,                /* |a - b| / (|a| + |b|), 0 / 0 = 0, without weights, of
                                 * numbers that permit it: four by one division */
    MC_CANBERRA_ANY,            /* of any numbers */
    MC_BRAYCURTIS,              /* sum |a - b| over sum |a + b| */
    MC_POWER,                   /* |a - b|^p */
    MC_UNEQUAL,                 /* a != b, over `total` */
    MC_JENSEN,                  /* a log(2 a / (a + b)) + b log(2 b / (a + b)), of 0 or 2^-480 (2^-60) ... 1; without weights */
    MC_ANGLE                    /* of one pair: ((a - factor) fx - (b - total) fy)^2 */
};

/* What becomes of a sum v of squares or magnitudes: v, its root (MC_POWER: 1/p), v / 2 (2 at most: a cosine distance), exp(-factor v). MC_JENSEN: the root of
 * factor v. */
enum { MC_PLAIN, MC_ROOT, MC_HALF, MC_RBF };

/* t^p as t^whole sqrt(t)^half where p is such a number and not large, else by exp and log. */
typedef struct {
    int general, whole, half;
    int count;                  /* vectors at a time; set where it is used */
    double p;
} mc_exponent;

typedef struct {
    ptrdiff_t d, rows, cols;    /* of this block */
    ptrdiff_t row, col;         /* where it stands in the result */
    const void *x;              /* (rows, d), rows rsx apart */
    ptrdiff_t rsx;
    const void *y;              /* strips as pack made them */
    const void *w;              /* d weights */
    void *out;                  /* the whole result, rows rso apart; */
    ptrdiff_t rso;
    ptrdiff_t triangle;         /* or, n > 0: pairs i < j of n rows, one after the other */
    int op, form;
    int check;                  /* a sum may over- or underflow though its root does not */
    int divide;                 /* of one pair: w divides */
    double factor, total;
    mc_exponent power, root;
    int (*stopped)(void *job);  /* asked now and then on long rows: whether to leave the result as it is */
    void *job;
} mc_pairwise;

typedef struct {
    int strip;                  /* rows of y of a strip */
    double canberra_least, canberra_most;       /* what MC_CANBERRA takes: 0 and magnitudes between these */
    /* out (strips, d, strip): rows of y transposed; the last row stands for those beyond it. */
    void (*pack)(ptrdiff_t rows, ptrdiff_t d, const void *y, ptrdiff_t rs, void *out);
    /* The smallest magnitude but 0 and the largest of n numbers; NaN as largest if there is one. */
    void (*extent)(ptrdiff_t n, const void *x, double *least, double *largest);
    void (*block)(const mc_pairwise *s);
    /* One pair of d coordinates, in lanes of 64 bytes along them. w may be NULL. MC_JENSEN: x and y are multiplied by fx and
     * fy first and taken as 0 below 2^-480 (2^-60). */
    double (*pair)(const mc_pairwise *s, const void *x, const void *y, const void *w, double fx, double fy);
    /* The sum of n numbers; *least is the smallest of them, NaN if there is one. */
    double (*sum)(ptrdiff_t n, const void *x, double *least);
} mc_pairwise_ops;

#define MC_BODY "log_quotient-inl.h"
#define MC_BODY_ELEMENTARY
#include "foreach_target.h"
#define MC_BODY "pairwise_terms-inl.h"
#define MC_BODY_ELEMENTARY
#include "foreach_target.h"
#define MC_BODY "pairwise-inl.h"
#define MC_BODY_ELEMENTARY
#include "foreach_target.h"

static inline const mc_pairwise_ops *mc_pairwise_ops_for(int isa, int dtype) {
    return dtype == MC_F32 ? MC_DISPATCH(isa, pairwise_ops, f32, ()) : MC_DISPATCH(isa, pairwise_ops, f64, ());
}
#endif
