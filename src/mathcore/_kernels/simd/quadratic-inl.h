/* quadratic: see quadratic.h. For double only. */
#if MC_SIZE == 8
#define MC_QV (MC_QUADRATIC_POINTS / MC_LANES)
#define MC_STEP (MC_QV < 4 ? MC_QV : 4)

static void MC_FN(quadratic_points)(ptrdiff_t n, ptrdiff_t d, const double *x, ptrdiff_t ldx, const double *mean, const double *w,
                                    double *tile, double *out) {
    double lanes[MC_QUADRATIC_POINTS];
    ptrdiff_t from = 0;
    if (n == MC_QUADRATIC_POINTS)           /* squares in registers: element by element this takes half the time at d = 50 */
        for (; from + MC_LANES <= d; from += MC_LANES) {
            const MC_VEC m = MC_FN(load)(mean + from);
            for (ptrdiff_t i = 0; i < MC_QUADRATIC_POINTS; i += MC_LANES) {
                MC_VEC r[MC_LANES];
                MC_UNROLL(8) for (int l = 0; l < MC_LANES; ++l) r[l] = MC_FN(load)(x + (i + l) * ldx + from) - m;
                MC_FN(transpose)(r);
                MC_UNROLL(8) for (int l = 0; l < MC_LANES; ++l) MC_FN(store)(tile + (from + l) * MC_QUADRATIC_POINTS + i, r[l]);
            }
        }
    for (ptrdiff_t i = 0; i < MC_QUADRATIC_POINTS; ++i)
        for (ptrdiff_t j = from; j < d; ++j) tile[j * MC_QUADRATIC_POINTS + i] = i < n ? x[i * ldx + j] - mean[j] : 0;
    for (int first = 0; first < MC_QV; first += MC_STEP) {
        const double *t = tile + first * MC_LANES;
        MC_VEC sum[4];
        MC_UNROLL(4) for (int v = 0; v < MC_STEP; ++v) sum[v] = MC_FN(zero)();
        ptrdiff_t i = 0;
        for (; i + 2 <= d; i += 2) {        /* two rows of W: their chains hide each other's latency */
            MC_VEC a[4], b[4];
            const double *w0 = w + i * d, *w1 = w0 + d;
            MC_UNROLL(4) for (int v = 0; v < MC_STEP; ++v) a[v] = b[v] = MC_FN(zero)();
            for (ptrdiff_t j = 0; j <= i; ++j) {
                const MC_VEC p = MC_FN(splat)(w0[j]), q = MC_FN(splat)(w1[j]);
                MC_UNROLL(4) for (int v = 0; v < MC_STEP; ++v) {
                    const MC_VEC y = MC_FN(load)(t + j * MC_QUADRATIC_POINTS + v * MC_LANES);
                    a[v] = MC_FN(multiply_add)(p, y, a[v]);
                    b[v] = MC_FN(multiply_add)(q, y, b[v]);
                }
            }
            const MC_VEC q = MC_FN(splat)(w1[i + 1]);
            MC_UNROLL(4) for (int v = 0; v < MC_STEP; ++v) {
                b[v] = MC_FN(multiply_add)(q, MC_FN(load)(t + (i + 1) * MC_QUADRATIC_POINTS + v * MC_LANES), b[v]);
                sum[v] = MC_FN(multiply_add)(a[v], a[v], sum[v]);
                sum[v] = MC_FN(multiply_add)(b[v], b[v], sum[v]);
            }
        }
        for (; i < d; ++i) {
            MC_VEC a[4];
            MC_UNROLL(4) for (int v = 0; v < MC_STEP; ++v) a[v] = MC_FN(zero)();
            for (ptrdiff_t j = 0; j <= i; ++j) {
                const MC_VEC p = MC_FN(splat)(w[i * d + j]);
                MC_UNROLL(4) for (int v = 0; v < MC_STEP; ++v)
                    a[v] = MC_FN(multiply_add)(p, MC_FN(load)(t + j * MC_QUADRATIC_POINTS + v * MC_LANES), a[v]);
            }
            MC_UNROLL(4) for (int v = 0; v < MC_STEP; ++v) sum[v] = MC_FN(multiply_add)(a[v], a[v], sum[v]);
        }
        MC_UNROLL(4) for (int v = 0; v < MC_STEP; ++v) MC_FN(store)(lanes + (first + v) * MC_LANES, sum[v]);
    }
    for (ptrdiff_t i = 0; i < n; ++i) out[i] = lanes[i];
}

static const mc_quadratic_ops *MC_FN(quadratic_ops)(void) {
    static const mc_quadratic_ops ops = {MC_FN(quadratic_points)};
    return &ops;
}
#undef MC_QV
#undef MC_STEP
#endif
