#ifndef MC_KMEANS_H
#define MC_KMEANS_H
#include "cpu.h"
/* K-means on tiles of samples: who of the centres is nearest by float32 products, sums of the samples of each centre, and
 * what a further centre would bring. A tile's products stand by centres, so that vectors hold samples. */

enum { MC_KMEANS_SAMPLES = 192 };        /* of a tile: whole strips of a product on every instruction set */

/* For each sample of a tile: the largest of c.x - |c|^2 / 2 so far, the second largest and the centre of the largest. */
typedef struct {
    float best[MC_KMEANS_SAMPLES], second[MC_KMEANS_SAMPLES], centre[MC_KMEANS_SAMPLES];
} mc_nearest;

typedef struct {
    /* Centres first ... first + k join in; c (k, MC_KMEANS_SAMPLES) products, half (k). Serves float alone. */
    void (*nearest)(ptrdiff_t k, ptrdiff_t first, const float *c, const float *half, mc_nearest *found);
    /* length (MC_KMEANS_SAMPLES) of the samples of a tile that stands in strips of `width`. Returns the largest squared one,
     * NaN counted as infinite. Serves float alone. */
    float (*lengths)(ptrdiff_t width, ptrdiff_t d, const float *packed, float *length);
    /* Labels of a tile; those of samples whose two largest are within a * length + b of each other stand in `unsure`, as many
     * as are returned. Serves float alone. */
    int (*labels)(ptrdiff_t count, const mc_nearest *found, const float *length, float a, float b, int32_t *label,
                  int32_t *unsure);
    /* moved (count, d) = (x - origin) scale. */
    void (*move)(ptrdiff_t count, ptrdiff_t d, const void *x, const void *origin, double scale, float *moved);
    /* sums (k, d) and weights (k) of the centres += x (count, d) times its weight (NULL: 1). */
    void (*add)(ptrdiff_t count, ptrdiff_t d, const void *x, const int32_t *label, const double *weight, double *sums,
                double *weights);
    /* out (n) = x scale as float64. */
    void (*widen)(ptrdiff_t n, const void *x, double scale, double *out);
    /* out (trials, count), rows ld apart: squared distances |x|^2 + |c|^2 - 2 c.x of products c, or the closest so far where
     * that is less. potential (trials) += their sums, weighted. */
    void (*trial)(ptrdiff_t count, ptrdiff_t trials, const double *c, const double *cc, const double *xx, const void *closest,
                  const double *weight, void *out, ptrdiff_t ld, double *potential);
} mc_kmeans_ops;

#define MC_BODY "kmeans-inl.h"
#include "foreach_target.h"

static inline const mc_kmeans_ops *mc_kmeans_ops_for(int isa, int dtype) {
    return dtype == MC_F32 ? MC_DISPATCH(isa, kmeans_ops, f32, ()) : MC_DISPATCH(isa, kmeans_ops, f64, ());
}
#endif
