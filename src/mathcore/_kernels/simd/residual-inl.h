/* residual: two inner products for each row, of A with x and of |A| with |x|, in MC_RESIDUAL_LANES bytes of lanes each. */
#define MC_RV (MC_RESIDUAL_LANES / (MC_LANES * MC_SIZE))

static double MC_FN(residual_rows)(ptrdiff_t n, const void *a0, ptrdiff_t rsa, const void *x0, const void *xa0, const void *b0,
                                   const void *ba0, void *r0) {
    enum { WIDE = MC_RESIDUAL_LANES / MC_SIZE };
    const MC_REAL *a = (const MC_REAL *)a0, *x = (const MC_REAL *)x0, *xa = (const MC_REAL *)xa0, *b = (const MC_REAL *)b0,
                  *ba = (const MC_REAL *)ba0;
    MC_REAL *r = (MC_REAL *)r0;
    double worst = 0;
    for (ptrdiff_t i = 0; i < n; ++i, a += rsa) {
        MC_VEC sum[MC_RV], size[MC_RV];
        MC_UNROLL(32) for (int v = 0; v < MC_RV; ++v) sum[v] = size[v] = MC_FN(zero)();
        for (ptrdiff_t j = 0; j < n; j += WIDE)
            MC_UNROLL(32) for (int v = 0; v < MC_RV; ++v) {
                const ptrdiff_t at = j + v * MC_LANES;
                if (at >= n) break;
                const int left = n - at < MC_LANES ? (int)(n - at) : MC_LANES;
                const MC_VEC e = left == MC_LANES ? MC_FN(load)(a + at) : MC_FN(load_tail)(a + at, left);
                const MC_VEC y = left == MC_LANES ? MC_FN(load)(x + at) : MC_FN(load_tail)(x + at, left);
                const MC_VEC ya = left == MC_LANES ? MC_FN(load)(xa + at) : MC_FN(load_tail)(xa + at, left);
                sum[v] = MC_FN(multiply_add)(e, y, sum[v]);
                size[v] = MC_FN(multiply_add)(MC_FN(abs)(e), ya, size[v]);
            }
        MC_UNROLL(8) for (int half = MC_RV / 2; half > 0; half /= 2)
            for (int v = 0; v < half; ++v) {
                sum[v] += sum[v + half];
                size[v] += size[v + half];
            }
        const MC_REAL rest = b[i] - MC_FN(fold)(sum[0]), bound = MC_FN(fold)(size[0]) + ba[i];
        r[i] = rest;
        const double ratio = rest == 0 ? 0 : (double)(rest < 0 ? -rest : rest) / (double)bound;
        if (!(ratio <= worst)) worst = ratio;
        if (worst != worst) break;
    }
    return worst;
}

static double MC_FN(norm1)(ptrdiff_t m, ptrdiff_t n, const void *a0, ptrdiff_t rsa, void *sums0) {
    const MC_REAL *a = (const MC_REAL *)a0;
    MC_REAL *sums = (MC_REAL *)sums0;
    for (ptrdiff_t j = 0; j < n; ++j) sums[j] = 0;
    for (ptrdiff_t i = 0; i < m; ++i, a += rsa)
        for (ptrdiff_t j = 0; j < n; ++j) sums[j] += a[j] < 0 ? -a[j] : a[j];
    double worst = 0;
    for (ptrdiff_t j = 0; j < n; ++j)
        if (!((double)sums[j] <= worst)) worst = (double)sums[j];
    return worst;
}

static const mc_residual_ops *MC_FN(residual_ops)(void) {
    static const mc_residual_ops ops = {MC_SIZE, MC_FN(residual_rows), MC_FN(norm1)};
    return &ops;
}

#undef MC_RV
