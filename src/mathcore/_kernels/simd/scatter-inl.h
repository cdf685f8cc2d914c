/* scatter: see scatter.h. Plain loops along rows, which the compiler turns into vectors; every element is a chain of its own. */

static void MC_FN(scatter_mean)(ptrdiff_t m, ptrdiff_t n, const void *x0, ptrdiff_t rsx, double *mean) {
    const MC_REAL *x = (const MC_REAL *)x0, *first = x;
    ptrdiff_t i = 0;
    for (ptrdiff_t c = 0; c < n; ++c) mean[c] = 0;
    for (; i + 8 <= m; i += 8, x += 8 * rsx)
        for (ptrdiff_t c = 0; c < n; ++c) {
            const MC_REAL *y = x + c, *z = y + 4 * rsx;
            const double shift = first[c];
            mean[c] += (((y[0] - shift) + (y[rsx] - shift)) + ((y[2 * rsx] - shift) + (y[3 * rsx] - shift)))
                     + (((z[0] - shift) + (z[rsx] - shift)) + ((z[2 * rsx] - shift) + (z[3 * rsx] - shift)));
        }
    for (; i < m; ++i, x += rsx)
        for (ptrdiff_t c = 0; c < n; ++c) mean[c] += x[c] - (double)first[c];
    for (ptrdiff_t c = 0; c < n; ++c) mean[c] = first[c] + mean[c] / (double)m;
}

static void MC_FN(scatter_centre)(ptrdiff_t m, ptrdiff_t n, const void *x0, ptrdiff_t rsx, const double *mean, void *out0) {
    const MC_REAL *x = (const MC_REAL *)x0;
    MC_REAL *out = (MC_REAL *)out0;
    for (ptrdiff_t i = 0; i < m; ++i, x += rsx, out += n)
        for (ptrdiff_t c = 0; c < n; ++c) out[c] = (MC_REAL)(x[c] - mean[c]);
}

static void MC_FN(scatter_merge)(ptrdiff_t n, const void *x0, double w, const double *d, double *c) {
    const MC_REAL *x = (const MC_REAL *)x0;
    for (ptrdiff_t i = 0; i < n; ++i) {
        const double part = w * d[i];
        for (ptrdiff_t j = i; j < n; ++j) c[i * n + j] += x[i * n + j] + part * d[j];
    }
}

static const mc_scatter_ops *MC_FN(scatter_ops)(void) {
    static const mc_scatter_ops ops = {sizeof(MC_REAL), MC_FN(scatter_mean), MC_FN(scatter_centre), MC_FN(scatter_merge)};
    return &ops;
}
