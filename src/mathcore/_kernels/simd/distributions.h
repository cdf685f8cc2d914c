#ifndef MC_DISTRIBUTIONS_H
#define MC_DISTRIBUTIONS_H
#include "cpu.h"
/* Densities, probabilities and quantiles of the distributions of mathcore.stats, in double. Lanes do not know each other, so
 * results do not depend on layout, length or threads; whether shapes are one number or one each changes no bit. */

enum {
    MC_PDF, MC_LOGPDF, MC_CDF, MC_SF, MC_LOGCDF, MC_LOGSF, MC_PPF, MC_ISF, MC_METHODS,
};
enum {
    /* closed form */
    MC_NORM, MC_UNIFORM, MC_EXPON, MC_LOGNORM, MC_LAPLACE, MC_LOGISTIC, MC_CAUCHY, MC_WEIBULL_MIN,
    /* by incomplete gamma or beta functions */
    MC_GAMMA, MC_CHI2, MC_BETA, MC_T, MC_F,
    /* of whole numbers */
    MC_FIRST_DISCRETE, MC_BERNOULLI = MC_FIRST_DISCRETE, MC_GEOM, MC_RANDINT, MC_POISSON, MC_BINOM, MC_NBINOM, MC_HYPERGEOM,
};
enum {
    MC_BLOCK = 256,                     /* elements worked on at a time: about 30 KiB of L1 and L2 */
    MC_ROOM = MC_BLOCK + 64,            /* and up to a whole group of vectors beyond */
    MC_KNOWN_TERMS = 256,
    MC_MOST_TERMS = 1 << 16,
};
#define MC_FUZZ 0x1p-49                 /* by which a tail of whole numbers may miss a probability */

/* Terms of a series or a fraction that are the same for all elements. */
typedef struct {
    double a, b;
    int known;
    double one[MC_KNOWN_TERMS], two[MC_KNOWN_TERMS], three[MC_KNOWN_TERMS];
} mc_terms;

/* A block of tails: see incomplete-inl.h. Of x and y = 1 - x the smaller, with `rest` its rounding error, is what counts. */
typedef struct {
    int is_beta, uniform;
    double a[MC_ROOM], b[MC_ROOM], x[MC_ROOM], y[MC_ROOM], rest[MC_ROOM], lead[MC_ROOM];
    double kept[4];                     /* of uniform shapes a and b, what E has beside the deviances: head and tail */
    double head[MC_ROOM], tail[MC_ROOM], factor[MC_ROOM], upper[MC_ROOM], held[MC_ROOM];
    mc_terms terms[2];
} mc_tails;

/* Where the series here take too long, or lose the tail that is asked for: the lower (upper: 1) tail of gamma (a, x) or
 * beta (a, b, x), or (inverse: 1) the x that has the tail x. */
typedef void (*mc_hard)(int is_beta, int inverse, int upper, double a, double b, double x, double *out);

typedef struct {
    int family, method;
    ptrdiff_t n;
    const double *in[6];                /* x or q, three shapes, location, scale */
    ptrdiff_t stride[6];                /* in elements, 0 where it is one number for all */
    double *out;
    ptrdiff_t out_stride;
    mc_hard hard;
} mc_distribution_job;

typedef struct {
    void (*run)(const mc_distribution_job *job);
} mc_distribution_ops;

#define MC_BODY "pairs-inl.h"
#define MC_BODY_ELEMENTARY
#include "foreach_target.h"
#define MC_BODY "normal-inl.h"
#define MC_BODY_ELEMENTARY
#include "foreach_target.h"
#define MC_BODY "incomplete-inl.h"
#define MC_BODY_ELEMENTARY
#include "foreach_target.h"
#define MC_BODY "closed-inl.h"
#define MC_BODY_ELEMENTARY
#include "foreach_target.h"
#define MC_BODY "densities-inl.h"
#define MC_BODY_ELEMENTARY
#include "foreach_target.h"
#define MC_BODY "blocks-inl.h"
#define MC_BODY_ELEMENTARY
#include "foreach_target.h"
#define MC_BODY "quantiles-inl.h"
#define MC_BODY_ELEMENTARY
#include "foreach_target.h"
#define MC_BODY "distributions-inl.h"
#define MC_BODY_ELEMENTARY
#include "foreach_target.h"

static inline const mc_distribution_ops *mc_distribution_ops_for(int isa) {
    return MC_DISPATCH(isa, distribution_ops, f64, ());
}
#endif
