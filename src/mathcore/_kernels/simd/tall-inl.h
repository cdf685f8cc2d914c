/* tall: see tall.h. Plain loops along rows, which the compiler turns into vectors; every element is a chain of its own. */

static void MC_FN(tall_widen)(ptrdiff_t m, ptrdiff_t n, const void *a0, ptrdiff_t rsa, double *out) {
    const MC_REAL *a = (const MC_REAL *)a0;
    for (ptrdiff_t i = 0; i < m; ++i, a += rsa, out += n)
        for (ptrdiff_t c = 0; c < n; ++c) out[c] = a[c];
}

static void MC_FN(tall_add_upper)(ptrdiff_t n, const double *x, double *c) {
    for (ptrdiff_t i = 0; i < n; ++i)
        for (ptrdiff_t j = i; j < n; ++j) c[i * n + j] += x[i * n + j];
}

static void MC_FN(tall_narrow)(ptrdiff_t n, double *r, void *out0) {
    MC_REAL *out = (MC_REAL *)out0;
    for (ptrdiff_t i = 0; i < n; ++i)
        for (ptrdiff_t j = 0; j < n; ++j) {
            out[i * n + j] = j < i ? 0 : (MC_REAL)r[i * n + j];
            r[i * n + j] = out[i * n + j];
        }
}

/* Row by row, from the last: a loop over k for one element would be a sum in order, which the compiler splits into
   products and additions on some instruction sets and fuses on others. */
static void MC_FN(tall_invert)(ptrdiff_t n, const double *r, ptrdiff_t ldr, void *out0) {
    MC_REAL *out = (MC_REAL *)out0;
    double x[MC_TALL_STRIP * MC_TALL_STRIP];
    for (ptrdiff_t i = n - 1; i >= 0; --i) {
        double *row = x + i * n;
        for (ptrdiff_t c = 0; c < n; ++c) row[c] = c == i;
        for (ptrdiff_t k = i + 1; k < n; ++k)
            for (ptrdiff_t c = k; c < n; ++c) row[c] -= r[i * ldr + k] * x[k * n + c];
        for (ptrdiff_t c = 0; c < n; ++c) {
            row[c] /= r[i * ldr + i];
            out[i * n + c] = (MC_REAL)row[c];
        }
    }
}

static void MC_FN(tall_signs)(ptrdiff_t n, double *q, double *signs) {
    for (ptrdiff_t j = 0; j < n; ++j) {
        double *row = q + j * n;
        signs[j] = row[j] < 0 ? 1 : -1;
        const double inverse = 1 / (row[j] - signs[j]);
        for (ptrdiff_t i = j + 1; i < n; ++i) {
            double *below = q + i * n;
            const double x = below[j] * inverse;
            for (ptrdiff_t c = j + 1; c < n; ++c) below[c] -= x * row[c];
        }
    }
}

static const mc_tall_ops *MC_FN(tall_ops)(void) {
    static const mc_tall_ops ops = {MC_FN(tall_widen), MC_FN(tall_add_upper), MC_FN(tall_narrow),
                                    MC_FN(tall_invert), MC_FN(tall_signs)};
    return &ops;
}
