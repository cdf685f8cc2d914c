/* optimizers: plain loops, which the compiler turns into vectors of the target; bound by memory. */
static void MC_FN(sgd)(ptrdiff_t n, void *p0, const void *g0, void *v0, const mc_sgd *how) {
    MC_REAL *restrict p = (MC_REAL *)p0, *restrict v = (MC_REAL *)v0;
    const MC_REAL *restrict g = (const MC_REAL *)g0;
    const MC_REAL rate = (MC_REAL)how->rate, kept = (MC_REAL)how->momentum, l2 = (MC_REAL)how->l2;
    if (!v)
        for (ptrdiff_t i = 0; i < n; ++i) p[i] -= rate * (g[i] + l2 * p[i]);
    else if (!how->nesterov)
        for (ptrdiff_t i = 0; i < n; ++i) {
            v[i] = kept * v[i] + (g[i] + l2 * p[i]);
            p[i] -= rate * v[i];
        }
    else
        for (ptrdiff_t i = 0; i < n; ++i) {
            const MC_REAL slope = g[i] + l2 * p[i];
            v[i] = kept * v[i] + slope;
            p[i] -= rate * (slope + kept * v[i]);
        }
}

static void MC_FN(adam)(ptrdiff_t n, void *p0, const void *g0, void *m0, void *v0, const mc_adam *how) {
    MC_REAL *restrict p = (MC_REAL *)p0, *restrict m = (MC_REAL *)m0, *restrict v = (MC_REAL *)v0;
    const MC_REAL *restrict g = (const MC_REAL *)g0;
    const MC_REAL b1 = (MC_REAL)how->beta1, b2 = (MC_REAL)how->beta2, c1 = (MC_REAL)(1 - how->beta1), c2 = (MC_REAL)(1 - how->beta2),
                  eps = (MC_REAL)how->eps, step = (MC_REAL)(how->rate * how->correct1), k2 = (MC_REAL)how->correct2,
                  keep = (MC_REAL)(1 - how->rate * how->decay), l2 = (MC_REAL)how->l2;
    for (ptrdiff_t i = 0; i < n; ++i) {
        const MC_REAL slope = g[i] + l2 * p[i];
        m[i] = b1 * m[i] + c1 * slope;
        v[i] = b2 * v[i] + c2 * slope * slope;
#if MC_SIZE == 4
        p[i] = keep * p[i] - step * m[i] / (__builtin_sqrtf(v[i] * k2) + eps);
#else
        p[i] = keep * p[i] - step * m[i] / (__builtin_sqrt(v[i] * k2) + eps);
#endif
    }
}

static const mc_optimizers_ops *MC_FN(optimizers_ops)(void) {
    static const mc_optimizers_ops ops = {MC_FN(sgd), MC_FN(adam)};
    return &ops;
}
