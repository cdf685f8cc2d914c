/* kmeans: see kmeans.h. */
#define MC_PARTIAL 16
#define MC_ROWS_AHEAD 16               /* of samples that are added: from L3 in time */

#if MC_SIZE == 4
/* Three vectors of samples side by side: their chains of maxima hide each other's latency. */
static void MC_FN(kmeans_nearest)(ptrdiff_t k, ptrdiff_t first, const float *c0, const float *half, mc_nearest *found) {
    for (int i = 0; i < MC_KMEANS_SAMPLES; i += 3 * MC_LANES) {
        const float *c = c0 + i;
        MC_VEC best[3], second[3], centre[3];
        MC_UNROLL(3) for (int v = 0; v < 3; ++v) {
            best[v] = MC_FN(load)(found->best + i + v * MC_LANES);
            second[v] = MC_FN(load)(found->second + i + v * MC_LANES);
            centre[v] = MC_FN(load)(found->centre + i + v * MC_LANES);
        }
        for (ptrdiff_t j = 0; j < k; ++j, c += MC_KMEANS_SAMPLES) {
            const MC_VEC own = MC_FN(splat)(half[j]), number = MC_FN(splat)((float)(first + j));
            MC_UNROLL(3) for (int v = 0; v < 3; ++v) {
                const MC_VEC value = MC_FN(load)(c + v * MC_LANES) - own;
                centre[v] = MC_FN(pick)(MC_FN(less)(best[v], value), number, centre[v]);
                second[v] = MC_FN(max)(MC_FN(min)(value, best[v]), second[v]);
                best[v] = MC_FN(max)(value, best[v]);
            }
        }
        MC_UNROLL(3) for (int v = 0; v < 3; ++v) {
            MC_FN(store)(found->best + i + v * MC_LANES, best[v]);
            MC_FN(store)(found->second + i + v * MC_LANES, second[v]);
            MC_FN(store)(found->centre + i + v * MC_LANES, centre[v]);
        }
    }
}

static float MC_FN(kmeans_lengths)(ptrdiff_t width, ptrdiff_t d, const float *packed, float *length) {
    float most = 0;
    for (ptrdiff_t i = 0; i < MC_KMEANS_SAMPLES; i += MC_LANES) {
        const float *x = packed + i / width * width * d + i % width;
        MC_VEC sum = MC_FN(zero)();
        for (ptrdiff_t q = 0; q < d; ++q, x += width) sum = MC_FN(multiply_add)(MC_FN(load)(x), MC_FN(load)(x), sum);
        const float largest = MC_FN(fold_max)(MC_FN(pick)(MC_FN(equal)(sum, sum), sum, MC_FN(splat)(__builtin_inff())));
        most = largest > most ? largest : most;
        MC_FN(store)(length + i, MC_FN(sqrt)(sum));
    }
    return most;
}

static int MC_FN(kmeans_labels)(ptrdiff_t count, const mc_nearest *found, const float *length, float a, float b, int32_t *label,
                                int32_t *unsure) {
    int n = 0;
    for (ptrdiff_t i = 0; i < count; ++i) label[i] = (int32_t)found->centre[i];
    for (int i = 0; i < count; i += MC_LANES) {
        const MC_VEC bound = MC_FN(multiply_add)(MC_FN(splat)(a), MC_FN(load)(length + i), MC_FN(splat)(b));
        const MC_MASK sure = MC_FN(less)(MC_FN(load)(found->second + i), MC_FN(load)(found->best + i) - bound);
        if (MC_FN(all)(sure)) continue;
        const unsigned marks = MC_FN(marks)(sure);
        for (int l = 0; l < MC_LANES && i + l < count; ++l)
            if (!(marks >> l & 1)) unsure[n++] = i + l;
    }
    return n;
}
#endif

/* Plain loops along rows, which the compiler turns into vectors. */
static void MC_FN(kmeans_move)(ptrdiff_t count, ptrdiff_t d, const void *x0, const void *origin0, double scale0,
                               float *restrict moved) {
    const MC_REAL *x = (const MC_REAL *)x0, *origin = (const MC_REAL *)origin0, scale = (MC_REAL)scale0;
    for (ptrdiff_t i = 0; i < count; ++i, x += d, moved += d)
        for (ptrdiff_t j = 0; j < d; ++j) moved[j] = (float)((x[j] - origin[j]) * scale);
}

MC_INLINE void MC_FN(kmeans_add_row)(ptrdiff_t d, const MC_REAL *restrict x, double *restrict sum) {
    for (ptrdiff_t j = 0; j < d; ++j) sum[j] += (double)x[j];
}

MC_INLINE void MC_FN(kmeans_add_weighted)(ptrdiff_t d, double w, const MC_REAL *restrict x, double *restrict sum) {
    for (ptrdiff_t j = 0; j < d; ++j) sum[j] += w * (double)x[j];
}

static void MC_FN(kmeans_add)(ptrdiff_t count, ptrdiff_t d, const void *x0, const int32_t *label, const double *weight,
                              double *sums, double *weights) {
    const MC_REAL *x = (const MC_REAL *)x0;
    for (ptrdiff_t i = 0; i < count; ++i, x += d) {
        for (ptrdiff_t q = 0; q < d; q += 64 / MC_SIZE) MC_PREFETCH(x + MC_ROWS_AHEAD * d + q);
        if (weight) MC_FN(kmeans_add_weighted)(d, weight[i], x, sums + label[i] * d);
        else MC_FN(kmeans_add_row)(d, x, sums + label[i] * d);
        weights[label[i]] += weight ? weight[i] : 1;
    }
}

static void MC_FN(kmeans_widen)(ptrdiff_t n, const void *x0, double scale, double *restrict out) {
    const MC_REAL *x = (const MC_REAL *)x0;
    for (ptrdiff_t i = 0; i < n; ++i) out[i] = (double)x[i] * scale;
}

MC_INLINE void MC_FN(kmeans_closer)(ptrdiff_t count, const double *c, double cc, const double *xx, const MC_REAL *closest,
                                    const double *weight, MC_REAL *restrict out, double *restrict part) {
    for (ptrdiff_t i = 0; i < count; ++i) {
        const double s = (xx[i] + cc) - 2 * c[i];
        const MC_REAL v = (MC_REAL)(s > 0 ? s : 0);
        out[i] = closest[i] < v ? closest[i] : v;
        part[i] += weight[i] * (double)out[i];
    }
}

static void MC_FN(kmeans_trial)(ptrdiff_t count, ptrdiff_t trials, const double *c, const double *cc, const double *xx,
                                const void *closest0, const double *weight, void *out0, ptrdiff_t ld, double *potential) {
    const MC_REAL *closest = (const MC_REAL *)closest0;
    for (ptrdiff_t t = 0; t < trials; ++t, c += MC_KMEANS_SAMPLES) {
        MC_REAL *out = (MC_REAL *)out0 + t * ld;
        double part[MC_PARTIAL] = {0};
        ptrdiff_t i = 0;
        for (; i + MC_PARTIAL <= count; i += MC_PARTIAL)
            MC_FN(kmeans_closer)(MC_PARTIAL, c + i, cc[t], xx + i, closest + i, weight + i, out + i, part);
        MC_FN(kmeans_closer)(count - i, c + i, cc[t], xx + i, closest + i, weight + i, out + i, part);
        for (int half = MC_PARTIAL / 2; half; half /= 2)
            for (int l = 0; l < half; ++l) part[l] += part[l + half];
        potential[t] += part[0];
    }
}

static const mc_kmeans_ops *MC_FN(kmeans_ops)(void) {
#if MC_SIZE == 4
    static const mc_kmeans_ops ops = {MC_FN(kmeans_nearest), MC_FN(kmeans_lengths), MC_FN(kmeans_labels), MC_FN(kmeans_move), MC_FN(kmeans_add), MC_FN(kmeans_widen),
                                      MC_FN(kmeans_trial)};
#else
    static const mc_kmeans_ops ops = {NULL, NULL, NULL, MC_FN(kmeans_move), MC_FN(kmeans_add), MC_FN(kmeans_widen), MC_FN(kmeans_trial)};
#endif
    return &ops;
}
#undef MC_PARTIAL
#undef MC_ROWS_AHEAD
