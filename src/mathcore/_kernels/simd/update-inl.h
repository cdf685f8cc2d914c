/* update: plain loops, which the compiler turns into vectors of the target; bound by memory. */
static void MC_FN(scale)(ptrdiff_t n, void *x0, double factor) {
    MC_REAL *x = (MC_REAL *)x0;
    const MC_REAL f = (MC_REAL)factor;
    for (ptrdiff_t i = 0; i < n; ++i) x[i] *= f;
}

static void MC_FN(add)(ptrdiff_t n, void *x0, const void *y0) {
    MC_REAL *x = (MC_REAL *)x0;
    const MC_REAL *y = (const MC_REAL *)y0;
    for (ptrdiff_t i = 0; i < n; ++i) x[i] += y[i];
}

static void MC_FN(add_rows)(ptrdiff_t m, ptrdiff_t n, const void *x0, ptrdiff_t rsx, void *out0, double factor) {
    const MC_REAL *x = (const MC_REAL *)x0;
    MC_REAL *out = (MC_REAL *)out0;
    const MC_REAL f = (MC_REAL)factor;
    for (ptrdiff_t j = 0; j < n; j += 4 * MC_LANES) {
        const int few = n - j < 4 * MC_LANES ? (int)(n - j) : 4 * MC_LANES;
        MC_REAL sum[4 * MC_LANES] = {0};
        if (few == 4 * MC_LANES)
            for (ptrdiff_t i = 0; i < m; ++i) for (int l = 0; l < 4 * MC_LANES; ++l) sum[l] += x[i * rsx + j + l];
        else
            for (ptrdiff_t i = 0; i < m; ++i) for (int l = 0; l < few; ++l) sum[l] += x[i * rsx + j + l];
        for (int l = 0; l < few; ++l) out[j + l] = f * out[j + l] + sum[l];
    }
}

static void MC_FN(add_outer)(ptrdiff_t m, ptrdiff_t n, const void *a0, const void *b0, void *c0, ptrdiff_t rsc) {
    const MC_REAL *a = (const MC_REAL *)a0, *b = (const MC_REAL *)b0;
    for (ptrdiff_t i = 0; i < m; ++i) {
        MC_REAL *c = (MC_REAL *)c0 + i * rsc;
        const MC_REAL x = a[i];
        ptrdiff_t j = 0;
        for (; j + MC_LANES <= n; j += MC_LANES) MC_FN(store)(c + j, MC_FN(load)(c + j) + x * MC_FN(load)(b + j));
        for (; j < n; ++j) c[j] += x * b[j];
    }
}

static void MC_FN(adam)(ptrdiff_t n, void *p0, const void *g0, void *m0, void *v0, const mc_adam *how) {
    MC_REAL *p = (MC_REAL *)p0, *m = (MC_REAL *)m0, *v = (MC_REAL *)v0;
    const MC_REAL *g = (const MC_REAL *)g0;
    const MC_REAL b1 = (MC_REAL)how->beta1, b2 = (MC_REAL)how->beta2, c1 = (MC_REAL)(1 - how->beta1), c2 = (MC_REAL)(1 - how->beta2),
                  eps = (MC_REAL)how->eps, step = (MC_REAL)(how->rate * how->correct1), k2 = (MC_REAL)how->correct2,
                  keep = (MC_REAL)(1 - how->rate * how->decay);
    for (ptrdiff_t i = 0; i < n; ++i) {
        m[i] = b1 * m[i] + c1 * g[i];
        v[i] = b2 * v[i] + c2 * g[i] * g[i];
#if MC_SIZE == 4
        p[i] = keep * p[i] - step * m[i] / (__builtin_sqrtf(v[i] * k2) + eps);
#else
        p[i] = keep * p[i] - step * m[i] / (__builtin_sqrt(v[i] * k2) + eps);
#endif
    }
}

static const mc_update_ops *MC_FN(update_ops)(void) {
    static const mc_update_ops ops = {MC_FN(scale), MC_FN(add), MC_FN(add_rows), MC_FN(add_outer), MC_FN(adam)};
    return &ops;
}
