/* scores: see scores.h. */
#define MC_SCORE_LANES (64 / MC_SIZE)
#define MC_SCORE_VECS (MC_SCORE_LANES / MC_LANES)
#define MC_SCORE_EPS (MC_SIZE == 4 ? (MC_REAL)0x1p-23 : (MC_REAL)0x1p-52)

MC_INLINE MC_VEC MC_FN(score)(const int kind, MC_VEC y, MC_VEC p, MC_VEC c) {
    const MC_VEC d = y - p;
    if (kind == MC_SCORE_SQUARED) return d * d;
    if (kind == MC_SCORE_ABSOLUTE) return MC_FN(abs)(d);
    if (kind == MC_SCORE_PERCENTAGE)    /* eps of float64 for float32 too, as scikit-learn has it */
        return MC_FN(abs)(d) / MC_FN(max)(MC_FN(splat)((MC_REAL)0x1p-52), MC_FN(abs)(y));
    if (kind == MC_SCORE_DIFFERENCE) return d;
    if (kind == MC_SCORE_DEVIATION) { const MC_VEC e = d - c; return e * e; }
    if (kind == MC_SCORE_VALUE) return y;
    if (kind == MC_SCORE_SPREAD) { const MC_VEC e = y - c; return e * e; }
    return -MC_FN(log)(y);
}

MC_INLINE double MC_FN(score_of)(const int kind, ptrdiff_t n, const void *y0, const void *p0, const void *w0, double c0) {
    const MC_REAL *y = (const MC_REAL *)y0, *p = (const MC_REAL *)p0, *w = (const MC_REAL *)w0;
    const MC_VEC c = MC_FN(splat)((MC_REAL)c0), zero = MC_FN(zero)();
    const int pairs = kind != MC_SCORE_VALUE && kind != MC_SCORE_SPREAD && kind != MC_SCORE_LOG;
    MC_VEC sum[MC_SCORE_VECS];
    MC_UNROLL(4) for (int v = 0; v < MC_SCORE_VECS; ++v) sum[v] = zero;
    for (ptrdiff_t i = 0; i < n; i += MC_SCORE_LANES)
        MC_UNROLL(4) for (int v = 0; v < MC_SCORE_VECS; ++v) {
            const ptrdiff_t at = i + v * MC_LANES, left = n - at;
            MC_VEC s;
            if (left <= 0) continue;
            if (left >= MC_LANES) {
                s = MC_FN(score)(kind, MC_FN(load)(y + at), pairs ? MC_FN(load)(p + at) : zero, c);
                if (w) s = s * MC_FN(load)(w + at);
            } else {
                const int few = (int)left;
                s = MC_FN(score)(kind, MC_FN(load_tail)(y + at, few), pairs ? MC_FN(load_tail)(p + at, few) : zero, c);
                if (w) s = s * MC_FN(load_tail)(w + at, few);
                s = MC_FN(pick)(MC_FN(first)(few), s, zero);
            }
            sum[v] += s;
        }
    MC_UNROLL(4) for (int half = MC_SCORE_VECS / 2; half; half /= 2)
        MC_UNROLL(4) for (int v = 0; v < half; ++v) sum[v] += sum[v + half];
    return MC_FN(fold)(sum[0]);
}

static double MC_FN(score_sum)(int kind, ptrdiff_t n, const void *y, const void *p, const void *w, double c) {
    switch (kind) {
    case MC_SCORE_SQUARED: return MC_FN(score_of)(MC_SCORE_SQUARED, n, y, p, w, c);
    case MC_SCORE_ABSOLUTE: return MC_FN(score_of)(MC_SCORE_ABSOLUTE, n, y, p, w, c);
    case MC_SCORE_PERCENTAGE: return MC_FN(score_of)(MC_SCORE_PERCENTAGE, n, y, p, w, c);
    case MC_SCORE_DIFFERENCE: return MC_FN(score_of)(MC_SCORE_DIFFERENCE, n, y, p, w, c);
    case MC_SCORE_DEVIATION: return MC_FN(score_of)(MC_SCORE_DEVIATION, n, y, p, w, c);
    case MC_SCORE_VALUE: return MC_FN(score_of)(MC_SCORE_VALUE, n, y, p, w, c);
    case MC_SCORE_SPREAD: return MC_FN(score_of)(MC_SCORE_SPREAD, n, y, p, w, c);
    default: return MC_FN(score_of)(MC_SCORE_LOG, n, y, p, w, c);
    }
}

static double MC_FN(score_largest)(ptrdiff_t n, const void *y0, const void *p0) {
    const MC_REAL *y = (const MC_REAL *)y0, *p = (const MC_REAL *)p0;
    MC_VEC most = MC_FN(zero)(), all = MC_FN(zero)();
    ptrdiff_t i = 0;
    for (; i + MC_LANES <= n; i += MC_LANES) {
        const MC_VEC d = MC_FN(abs)(MC_FN(load)(y + i) - MC_FN(load)(p + i));
        most = MC_FN(max)(d, most);
        all += 0 * d;                   /* NaN of a NaN or of an infinity */
    }
    MC_REAL largest = MC_FN(fold_max)(most), nan = MC_FN(fold)(all);
    for (; i < n; ++i) {
        const MC_REAL d = y[i] < p[i] ? p[i] - y[i] : y[i] - p[i];
        largest = d > largest ? d : largest;
        nan += 0 * d;
    }
    return (double)largest + (double)nan;
}

static int MC_FN(score_happened)(ptrdiff_t n, const uint16_t *codes, const void *p0, void *out0) {
    const MC_REAL *p = (const MC_REAL *)p0, eps = MC_SCORE_EPS;
    MC_REAL *out = (MC_REAL *)out0;
    int bad = 0;
    for (ptrdiff_t i = 0; i < n; ++i) {
        MC_REAL q = codes[i] ? p[i] : 1 - p[i];
        bad |= !((p[i] >= 0) & (p[i] <= 1));
        q = q < eps ? eps : q;
        out[i] = q > 1 - eps ? 1 - eps : q;
    }
    return !bad;
}

static int MC_FN(score_happened_rows)(ptrdiff_t n, ptrdiff_t k, const uint16_t *codes, const void *p0, void *out0, double *low,
                                      double *high) {
    const MC_REAL *p = (const MC_REAL *)p0, eps = MC_SCORE_EPS;
    MC_REAL *out = (MC_REAL *)out0;
    int bad = 0;
    for (ptrdiff_t i = 0; i < n; ++i, p += k) {
        double sum = 0;
        for (ptrdiff_t j = 0; j < k; ++j) {
            sum += (double)p[j];
            bad |= !((p[j] >= 0) & (p[j] <= 1));
        }
        *low = sum < *low ? sum : *low;
        *high = sum > *high ? sum : *high;
        MC_REAL q = p[codes[i]];
        q = q < eps ? eps : q;
        out[i] = q > 1 - eps ? 1 - eps : q;
    }
    return !bad;
}

static const mc_scores_ops *MC_FN(scores_ops)(void) {
    static const mc_scores_ops ops = {MC_FN(score_sum), MC_FN(score_largest), MC_FN(score_happened),
                                      MC_FN(score_happened_rows)};
    return &ops;
}

#undef MC_SCORE_LANES
#undef MC_SCORE_VECS
#undef MC_SCORE_EPS
