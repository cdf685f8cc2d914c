/* moments: see moments.h. Sums are in double for both types. */
#define MC_WIDE (MC_VECTORS ? (int)(MC_VBYTES / 8) : 1)          /* doubles of a vector */
#define MC_MV (32 / MC_WIDE)                                     /* vectors of the 32 lanes */
#if MC_VECTORS
typedef double MC_FN(wide) __attribute__((vector_size(MC_VBYTES)));
typedef double MC_FN(wide_u) __attribute__((vector_size(MC_VBYTES), aligned(8), may_alias));
#else
typedef double MC_FN(wide);
typedef double MC_FN(wide_u);
#endif
MC_INLINE MC_FN(wide) MC_FN(wide_load)(const double *p) { return *(const MC_FN(wide_u) *)p; }
MC_INLINE MC_FN(wide) MC_FN(wide_zero)(void) {
#if MC_VECTORS
    return (MC_FN(wide)){0};
#else
    return 0;
#endif
}
MC_INLINE void MC_FN(wide_store)(double *p, MC_FN(wide) v) { *(MC_FN(wide_u) *)p = v; }

/* The 32 lanes by halves. */
MC_INLINE double MC_FN(lanes32)(const MC_FN(wide) *v) {
    double s[32];
    for (int i = 0; i < MC_MV; ++i) MC_FN(wide_store)(s + i * MC_WIDE, v[i]);
    for (int half = 16; half; half /= 2)
        for (int l = 0; l < half; ++l) s[l] += s[l + half];
    return s[0];
}

/* Least and greatest; NaN is passed over, and the caller sees it in the sum. */
MC_INLINE void MC_FN(extremes)(ptrdiff_t n, const MC_REAL *x, mc_moments *out) {
    MC_VEC low = MC_FN(splat)(x[0]), high = low, low1 = low, high1 = low;
    ptrdiff_t i = 0;
    for (; i + 2 * MC_LANES <= n; i += 2 * MC_LANES) {
        const MC_VEC a = MC_FN(load)(x + i), b = MC_FN(load)(x + i + MC_LANES);
        low = MC_FN(min)(a, low); high = MC_FN(max)(a, high);
        low1 = MC_FN(min)(b, low1); high1 = MC_FN(max)(b, high1);
    }
    MC_REAL a[MC_LANES], b[MC_LANES];
    low = MC_FN(min)(low1, low); high = MC_FN(max)(high1, high);
    MC_FN(store)(a, low);
    MC_FN(store)(b, high);
    MC_REAL least = a[0], most = b[0];
    for (int l = 1; l < MC_LANES; ++l) { least = a[l] < least ? a[l] : least; most = b[l] > most ? b[l] : most; }
    for (; i < n; ++i) { least = x[i] < least ? x[i] : least; most = x[i] > most ? x[i] : most; }
    out->low = (double)least;
    out->high = (double)most;
}

MC_INLINE void MC_FN(see_nan)(ptrdiff_t n, const MC_REAL *x, mc_moments *out) {
    for (ptrdiff_t i = 0; i < n; ++i)
        if (x[i] != x[i]) out->low = out->high = (double)x[i];
}

/* Adds w d^k, k = 1 to 4, to four sums, wd = w d. Products that several of them use are rounded first, as weighted terms are
 * below: whether the compiler fused them with a sum would differ between instruction sets. */
MC_INLINE void MC_FN(add_powers)(MC_FN(wide) d, MC_FN(wide) wd, MC_FN(wide) *s1, MC_FN(wide) *s2, MC_FN(wide) *s3,
                                 MC_FN(wide) *s4) {
    MC_KEEP(wd);
    MC_FN(wide) square = wd * d;
    MC_KEEP(square);
    *s1 += wd;
    *s2 += square;
    *s3 += square * d;
    *s4 += square * (d * d);
}

/* Sums of w d^k for d = y - mean, k = 1 to 4, of n elements, a multiple of 32; w is NULL or weights. */
MC_INLINE void MC_FN(powers)(const int weighted, ptrdiff_t n, const double *y, const double *w, double mean, double *s) {
    MC_FN(wide) s1[MC_MV], s2[MC_MV], s3[MC_MV], s4[MC_MV];
    for (int v = 0; v < MC_MV; ++v) s1[v] = s2[v] = s3[v] = s4[v] = MC_FN(wide_zero)();
    for (ptrdiff_t i = 0; i < n; i += 32)
        MC_UNROLL(4) for (int v = 0; v < MC_MV; ++v) {
            const MC_FN(wide) d = MC_FN(wide_load)(y + i + v * MC_WIDE) - mean;
            const MC_FN(wide) wd = weighted ? d * MC_FN(wide_load)(w + i + v * MC_WIDE) : d;
            MC_FN(add_powers)(d, wd, s1 + v, s2 + v, s3 + v, s4 + v);
        }
    s[0] = MC_FN(lanes32)(s1); s[1] = MC_FN(lanes32)(s2); s[2] = MC_FN(lanes32)(s3); s[3] = MC_FN(lanes32)(s4);
}

MC_INLINE void MC_FN(hand_over)(double weight, double mean, const double *s, mc_moments *out) {
    out->weight = weight;
    out->mean = mean;
    out->m1 = s[0]; out->m2 = s[1]; out->m3 = s[2]; out->m4 = s[3];
}

static void MC_FN(moments_block)(ptrdiff_t n, const void *x0, const double *w, double shift, mc_moments *out) {
    const MC_REAL *x = (const MC_REAL *)x0;
    /* filled up to whole lanes: by 0 while the sum is taken, by the mean while powers of differences from it are */
    const ptrdiff_t full = (n + 31) & ~(ptrdiff_t)31;
    double y[MC_MOMENT_BLOCK], of_w[MC_MOMENT_BLOCK], s[4], weight = (double)n;
    MC_FN(wide) sum[MC_MV];
    MC_FN(extremes)(n, x, out);
    for (ptrdiff_t i = 0; i < n; ++i) y[i] = (double)x[i] - shift;
    for (ptrdiff_t i = n; i < full; ++i) y[i] = 0;
    if (w) {
        weight = 0;
        for (ptrdiff_t i = 0; i < n; ++i) { weight += w[i]; of_w[i] = w[i]; }
        for (ptrdiff_t i = n; i < full; ++i) of_w[i] = 0;
    }
    for (int v = 0; v < MC_MV; ++v) sum[v] = MC_FN(wide_zero)();
    for (ptrdiff_t i = 0; i < full; i += 32)
        MC_UNROLL(4) for (int v = 0; v < MC_MV; ++v) {
            const MC_FN(wide) one = MC_FN(wide_load)(y + i + v * MC_WIDE);
            MC_FN(wide) term = w ? one * MC_FN(wide_load)(of_w + i + v * MC_WIDE) : one;
            MC_KEEP(term);
            sum[v] += term;
        }
    const double total = MC_FN(lanes32)(sum), mean = total / weight;
    if (total - total != 0) MC_FN(see_nan)(n, x, out);
    for (ptrdiff_t i = n; i < full; ++i) y[i] = mean;
    if (w) MC_FN(powers)(1, full, y, of_w, mean, s);
    else MC_FN(powers)(0, full, y, NULL, mean, s);
    MC_FN(hand_over)(weight, mean, s, out);
}

/* Least or greatest of each lane, NaN passed over. */
#if MC_VECTORS
typedef int64_t MC_FN(wide_mask) __attribute__((vector_size(MC_VBYTES)));
MC_INLINE MC_FN(wide) MC_FN(lesser)(MC_FN(wide) a, MC_FN(wide) b) {
    const MC_FN(wide_mask) m = a < b;
    return (MC_FN(wide))(((MC_FN(wide_mask))a & m) | ((MC_FN(wide_mask))b & ~m));
}
#else
MC_INLINE MC_FN(wide) MC_FN(lesser)(MC_FN(wide) a, MC_FN(wide) b) { return a < b ? a : b; }
#endif

/* Eight columns of y, whose rows lie MC_MOMENT_COLS apart: a chain each. */
MC_INLINE void MC_FN(eight_columns)(const int weighted, ptrdiff_t rows, const double *y, const double *w, double weight,
                                    const double *shift, mc_moments *out, int few) {
    enum { V = 8 / (MC_VECTORS ? (int)(MC_VBYTES / 8) : 1) };
    MC_FN(wide) by[V], sum[V], low[V], high[V], s1[V], s2[V], s3[V], s4[V];
    double mean[8], t[6][8];
    for (int v = 0; v < V; ++v) {
        by[v] = MC_FN(wide_load)(shift + v * MC_WIDE);
        sum[v] = s1[v] = s2[v] = s3[v] = s4[v] = MC_FN(wide_zero)();
        low[v] = MC_FN(wide_load)(y + v * MC_WIDE);
        high[v] = -low[v];
    }
    for (ptrdiff_t r = 0; r < rows; ++r)
        MC_UNROLL(8) for (int v = 0; v < V; ++v) {
            const MC_FN(wide) x = MC_FN(wide_load)(y + r * MC_MOMENT_COLS + v * MC_WIDE);
            MC_FN(wide) term = weighted ? (x - by[v]) * w[r] : x - by[v];
            MC_KEEP(term);
            sum[v] += term;
            low[v] = MC_FN(lesser)(x, low[v]);
            high[v] = MC_FN(lesser)(-x, high[v]);
        }
    for (int v = 0; v < V; ++v) sum[v] = sum[v] / weight;
    for (ptrdiff_t r = 0; r < rows; ++r)
        MC_UNROLL(8) for (int v = 0; v < V; ++v) {
            const MC_FN(wide) d = (MC_FN(wide_load)(y + r * MC_MOMENT_COLS + v * MC_WIDE) - by[v]) - sum[v];
            MC_FN(add_powers)(d, weighted ? d * w[r] : d, s1 + v, s2 + v, s3 + v, s4 + v);
        }
    for (int v = 0; v < V; ++v) {
        MC_FN(wide_store)(mean + v * MC_WIDE, sum[v]);
        MC_FN(wide_store)(t[0] + v * MC_WIDE, s1[v]); MC_FN(wide_store)(t[1] + v * MC_WIDE, s2[v]);
        MC_FN(wide_store)(t[2] + v * MC_WIDE, s3[v]); MC_FN(wide_store)(t[3] + v * MC_WIDE, s4[v]);
        MC_FN(wide_store)(t[4] + v * MC_WIDE, low[v]); MC_FN(wide_store)(t[5] + v * MC_WIDE, high[v]);
    }
    for (int l = 0; l < few; ++l) {
        const double s[4] = {t[0][l], t[1][l], t[2][l], t[3][l]};
        out[l].low = t[4][l];
        out[l].high = -t[5][l];
        if (s[1] - s[1] != 0)
            for (ptrdiff_t r = 0; r < rows; ++r) {
                const double x = y[r * MC_MOMENT_COLS + l];
                if (x != x) out[l].low = out[l].high = x;
            }
        MC_FN(hand_over)(weight, mean[l], s, out + l);
    }
}

static void MC_FN(moments_columns)(ptrdiff_t rows, ptrdiff_t cols, const void *x0, ptrdiff_t rsx, const double *w,
                                   const double *shift, mc_moments *out) {
    enum { C = MC_MOMENT_COLS };
    const MC_REAL *x = (const MC_REAL *)x0;
    double y[MC_MOMENT_ROWS * C], by[C], weight = 0;
    for (ptrdiff_t c = 0; c < C; ++c) by[c] = c < cols ? shift[c] : 0;
    for (ptrdiff_t r = 0; r < rows; ++r) {
        const MC_REAL *row = x + r * rsx;
        double *to = y + r * C;
        weight += w ? w[r] : 1;
        if (cols == C)
            for (int c = 0; c < C; ++c) to[c] = (double)row[c];
        else {
            for (ptrdiff_t c = 0; c < cols; ++c) to[c] = (double)row[c];
            for (ptrdiff_t c = cols; c < ((cols + 7) & ~(ptrdiff_t)7); ++c) to[c] = 0;
        }
    }
    for (ptrdiff_t c = 0; c < cols; c += 8) {
        const int few = cols - c < 8 ? (int)(cols - c) : 8;
        if (w) MC_FN(eight_columns)(1, rows, y + c, w, weight, by + c, out + c, few);
        else MC_FN(eight_columns)(0, rows, y + c, w, weight, by + c, out + c, few);
    }
}

static double MC_FN(moments_mean)(ptrdiff_t n, const void *x0) {
    const MC_REAL *x = (const MC_REAL *)x0;
    const double shift = (double)x[0];
    double total = 0;
    for (ptrdiff_t at = 0; at < n; at += 4096) {
        const ptrdiff_t end = n - at < 4096 ? n : at + 4096;
        double s[16] = {0}, rest = 0;
        ptrdiff_t i = at;
        for (; i + 16 <= end; i += 16)
            for (int l = 0; l < 16; ++l) s[l] += (double)x[i + l] - shift;
        for (; i < end; ++i) rest += (double)x[i] - shift;
        for (int half = 8; half; half /= 2)
            for (int l = 0; l < half; ++l) s[l] += s[l + half];
        total += s[0] + rest;
    }
    return total / (double)n;
}

static void MC_FN(moments_centre)(ptrdiff_t n, const void *x0, double shift, double mean, void *out0) {
    const MC_REAL *x = (const MC_REAL *)x0;
    MC_REAL *out = (MC_REAL *)out0;
    for (ptrdiff_t i = 0; i < n; ++i) out[i] = (MC_REAL)(((double)x[i] - shift) - mean);
}

static void MC_FN(moments_columns_mean)(ptrdiff_t m, ptrdiff_t n, const void *x0, ptrdiff_t rsx, double *mean) {
    const MC_REAL *x = (const MC_REAL *)x0, *first = x;
    ptrdiff_t i = 0;
    for (ptrdiff_t c = 0; c < n; ++c) mean[c] = 0;
    for (; i + 4 <= m; i += 4, x += 4 * rsx)
        for (ptrdiff_t c = 0; c < n; ++c) {
            const double shift = first[c];
            mean[c] += ((x[c] - shift) + (x[rsx + c] - shift)) + ((x[2 * rsx + c] - shift) + (x[3 * rsx + c] - shift));
        }
    for (; i < m; ++i, x += rsx)
        for (ptrdiff_t c = 0; c < n; ++c) mean[c] += x[c] - (double)first[c];
    for (ptrdiff_t c = 0; c < n; ++c) mean[c] /= (double)m;
}

static void MC_FN(moments_columns_centre)(ptrdiff_t m, ptrdiff_t n, const void *x0, ptrdiff_t rsx, const double *mean,
                                          void *out0, ptrdiff_t rso) {
    const MC_REAL *x = (const MC_REAL *)x0, *first = x;
    MC_REAL *out = (MC_REAL *)out0;
    for (ptrdiff_t i = 0; i < m; ++i, x += rsx, out += rso)
        for (ptrdiff_t c = 0; c < n; ++c) out[c] = (MC_REAL)(((double)x[c] - (double)first[c]) - mean[c]);
}

static void MC_FN(moments_transpose)(ptrdiff_t m, ptrdiff_t n, const void *x0, ptrdiff_t rsx, void *out0) {
    const MC_REAL *x = (const MC_REAL *)x0;
    MC_REAL *out = (MC_REAL *)out0;
    for (ptrdiff_t c = 0; c < n; ++c)
        for (ptrdiff_t i = 0; i < m; ++i) out[c * m + i] = x[i * rsx + c];
}

/* Element k of a product goes to lane k % 16. */
static void MC_FN(moments_products)(ptrdiff_t d, ptrdiff_t n, const void *x0, double *c) {
    const MC_REAL *x = (const MC_REAL *)x0;
    for (ptrdiff_t i = 0; i < d; ++i)
        for (ptrdiff_t j = i; j < d; ++j) {
            const MC_REAL *a = x + i * n, *b = x + j * n;
            double s[16] = {0}, rest = 0;
            ptrdiff_t k = 0;
            for (; k + 16 <= n; k += 16)
                for (int l = 0; l < 16; ++l) s[l] += (double)a[k + l] * (double)b[k + l];
            for (; k < n; ++k) rest += (double)a[k] * (double)b[k];
            for (int half = 8; half; half /= 2)
                for (int l = 0; l < half; ++l) s[l] += s[l + half];
            c[i * d + j] += s[0] + rest;
        }
}

static const mc_moments_ops *MC_FN(moments_ops)(void) {
    static const mc_moments_ops ops = {sizeof(MC_REAL), MC_FN(moments_block), MC_FN(moments_columns), MC_FN(moments_mean),
                                       MC_FN(moments_centre), MC_FN(moments_columns_mean),
                                       MC_FN(moments_columns_centre), MC_FN(moments_transpose), MC_FN(moments_products)};
    return &ops;
}
#undef MC_WIDE
#undef MC_MV
