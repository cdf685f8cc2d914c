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

static const mc_update_ops *MC_FN(update_ops)(void) {
    static const mc_update_ops ops = {MC_FN(scale), MC_FN(add), MC_FN(add_rows), MC_FN(add_outer)};
    return &ops;
}
