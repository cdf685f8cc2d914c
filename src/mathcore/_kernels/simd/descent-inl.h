/* descent: see descent.h. */
#define MC_WIDE (64 / MC_SIZE)
#define MC_WIDE_VECS (MC_WIDE / MC_LANES)
#define MC_CLASSES (MC_VECTORS && MC_VBYTES == 64 ? 5 : 1)  /* with 4 rows (4 vectors): 20 sums of 32 registers */

/* Four rows times K classes. */
MC_INLINE void MC_FN(fit_scores)(const int K, const mc_fit_block *s, const MC_REAL *const *row, ptrdiff_t c, MC_REAL *z) {
    const MC_REAL *w = (const MC_REAL *)s->w + c * s->ldw, *b = (const MC_REAL *)s->b + c;
    MC_VEC sum[5][4][MC_WIDE_VECS], x[4];
    for (int q = 0; q < K; ++q) for (int r = 0; r < 4; ++r)
        for (int v = 0; v < MC_WIDE_VECS; ++v) sum[q][r][v] = MC_FN(zero)();
    ptrdiff_t j = 0;
    for (; j + MC_WIDE <= s->d; j += MC_WIDE)
        MC_UNROLL(4) for (int v = 0; v < MC_WIDE_VECS; ++v) {
            const ptrdiff_t at = j + v * MC_LANES;
            MC_UNROLL(4) for (int r = 0; r < 4; ++r) x[r] = MC_FN(load)(row[r] + at);
            MC_UNROLL(5) for (int q = 0; q < K; ++q) {
                const MC_VEC u = MC_FN(load)(w + q * s->ldw + at);
                MC_UNROLL(4) for (int r = 0; r < 4; ++r) sum[q][r][v] += x[r] * u;
            }
        }
    MC_UNROLL(4) for (int v = 0; v < MC_WIDE_VECS; ++v) {
        const ptrdiff_t at = j + v * MC_LANES, left = s->d - at;
        if (left <= 0) continue;
        const int few = left < MC_LANES ? (int)left : MC_LANES;
        MC_UNROLL(4) for (int r = 0; r < 4; ++r) x[r] = MC_FN(load_tail)(row[r] + at, few);
        MC_UNROLL(5) for (int q = 0; q < K; ++q) {
            const MC_VEC u = MC_FN(load)(w + q * s->ldw + at);
            MC_UNROLL(4) for (int r = 0; r < 4; ++r) sum[q][r][v] += x[r] * u;
        }
    }
    MC_UNROLL(5) for (int q = 0; q < K; ++q) {
        MC_REAL *out = z + (c + q) * MC_FIT_ROWS;
        MC_UNROLL(4) for (int r = 0; r < 4; ++r)
            MC_UNROLL(4) for (int half = MC_WIDE_VECS / 2; half; half /= 2)
                MC_UNROLL(4) for (int v = 0; v < half; ++v) sum[q][r][v] += sum[q][r][v + half];
#if MC_VECTORS && MC_VBYTES == 64
        MC_FN(fold4)(sum[q][0][0], sum[q][1][0], sum[q][2][0], sum[q][3][0], out);
#else
        for (int r = 0; r < 4; ++r) out[r] = MC_FN(fold)(sum[q][r][0]);
#endif
        MC_UNROLL(4) for (int r = 0; r < 4; ++r) out[r] += b[q];
    }
}

/* K classes times N vectors of columns, the last of `few` elements. */
MC_INLINE void MC_FN(fit_columns)(const int K, const int N, const mc_fit_block *s, const MC_REAL *const *row, ptrdiff_t c,
                                  ptrdiff_t j, int few, const MC_REAL *z) {
    MC_VEC sum[5][4], x[4];
    const MC_REAL *residual = z + c * MC_FIT_ROWS;
    /* The next block is asked for here, row for row: the hardware's own prefetch stops while a block is computed. */
    const ptrdiff_t rows = s->rows, ahead = s->index || c ? 0 : rows * s->rs;
    for (int q = 0; q < K; ++q) for (int v = 0; v < N; ++v) sum[q][v] = MC_FN(zero)();
    for (ptrdiff_t i = 0; i < rows; ++i) {
        MC_UNROLL(4) for (int v = 0; v < N - 1; ++v) x[v] = MC_FN(load)(row[i] + j + v * MC_LANES);
        x[N - 1] = few == MC_LANES ? MC_FN(load)(row[i] + j + (N - 1) * MC_LANES)
                                   : MC_FN(load_tail)(row[i] + j + (N - 1) * MC_LANES, few);
        if (ahead) MC_UNROLL(4) for (int v = 0; v < N; ++v) MC_PREFETCH(row[i] + ahead + j + v * MC_LANES);
        MC_UNROLL(5) for (int q = 0; q < K; ++q) {
            const MC_VEC r = MC_V(residual[q * MC_FIT_ROWS + i]);
            MC_UNROLL(4) for (int v = 0; v < N; ++v) sum[q][v] += x[v] * r;
        }
    }
    MC_UNROLL(5) for (int q = 0; q < K; ++q)
        MC_UNROLL(4) for (int v = 0; v < N; ++v) {
            MC_REAL lane[MC_LANES];
            double *g = s->g + (c + q) * s->d + j + v * MC_LANES;
            const int n = v < N - 1 ? MC_LANES : few;
            MC_FN(store)(lane, sum[q][v]);
            for (int l = 0; l < n; ++l) g[l] += (double)lane[l];
        }
}

MC_INLINE void MC_FN(fit_gradient)(const int K, const mc_fit_block *s, const MC_REAL *const *row, ptrdiff_t c,
                                   const MC_REAL *z) {
    ptrdiff_t j = 0;
    for (; j + 4 * MC_LANES <= s->d; j += 4 * MC_LANES) MC_FN(fit_columns)(K, 4, s, row, c, j, MC_LANES, z);
    if (j == s->d) return;
    const int vecs = (int)((s->d - j + MC_LANES - 1) / MC_LANES), few = (int)(s->d - j - (vecs - 1) * MC_LANES);
    switch (vecs) {
    case 1: MC_FN(fit_columns)(K, 1, s, row, c, j, few, z); return;
    case 2: MC_FN(fit_columns)(K, 2, s, row, c, j, few, z); return;
    case 3: MC_FN(fit_columns)(K, 3, s, row, c, j, few, z); return;
    default: MC_FN(fit_columns)(K, 4, s, row, c, j, few, z);
    }
}

/* One vector of rows: scores z become residuals times weights; the losses. No two large terms cancel: a softplus of
 * the margin, whose slope is the sigmoid of it. */
MC_INLINE MC_VEC MC_FN(fit_logistic)(const mc_fit_block *s, MC_REAL *z, const MC_REAL *y, MC_VEC weight, ptrdiff_t i) {
    const MC_VEC zero = MC_FN(zero)(), sign = 1 - 2 * MC_FN(load)(y + i), m = MC_FN(load)(z + i) * sign;
    const MC_VEC e = MC_FN(exp)(-MC_FN(abs)(m)), u = 1 + e, p = MC_FN(pick)(MC_FN(less)(m, zero), e, MC_V(1)) / u;
    MC_FN(store)(z + i, sign * p * weight);
    if (s->curvature) MC_FN(store)((MC_REAL *)s->curvature + i, MC_FN(sqrt)(weight * e) / u);
    return s->losses ? weight * (MC_FN(max)(zero, m) + MC_FN(log_sum)(u, (1 - u) + e, 1)) : zero;
}

MC_INLINE MC_VEC MC_FN(fit_softmax)(const mc_fit_block *s, MC_REAL *z, const MC_REAL *y, MC_VEC weight, ptrdiff_t i) {
    const MC_VEC zero = MC_FN(zero)(), label = MC_FN(load)(y + i);
    MC_VEC most = MC_FN(load)(z + i), own = most, sum = zero, loss = zero;
    for (ptrdiff_t c = 1; c < s->k; ++c) {
        const MC_VEC v = MC_FN(load)(z + c * MC_FIT_ROWS + i);
        most = MC_FN(max)(most, v);
        own = MC_FN(pick)(MC_FN(equal)(label, MC_V((MC_REAL)c)), v, own);
    }
    for (ptrdiff_t c = 0; c < s->k; ++c) {
        MC_REAL *at = z + c * MC_FIT_ROWS + i;
        const MC_VEC e = MC_FN(exp)(MC_FN(load)(at) - most);
        sum += e;
        MC_FN(store)(at, e);
    }
    if (s->losses) loss = weight * ((most - own) + MC_FN(log_sum)(sum, zero, 0));
    const MC_VEC inverse = 1 / sum;
    for (ptrdiff_t c = 0; c < s->k; ++c) {
        MC_REAL *at = z + c * MC_FIT_ROWS + i;
        const MC_VEC p = MC_FN(load)(at) * inverse;
        if (s->curvature) MC_FN(store)((MC_REAL *)s->curvature + c * MC_FIT_ROWS + i, p);
        MC_FN(store)(at, weight * MC_FN(pick)(MC_FN(equal)(label, MC_V((MC_REAL)c)), p - 1, p));
    }
    return loss;
}

MC_INLINE MC_VEC MC_FN(fit_squared)(const mc_fit_block *s, MC_REAL *z, const MC_REAL *y, MC_VEC weight, ptrdiff_t i) {
    MC_VEC loss = MC_FN(zero)();
    for (ptrdiff_t c = 0; c < s->k; ++c) {
        MC_REAL *at = z + c * MC_FIT_ROWS + i;
        const MC_VEC r = MC_FN(load)(at) - MC_FN(load)(y + c * MC_FIT_ROWS + i);
        loss += r * r;
        MC_FN(store)(at, weight * r);
        if (s->curvature) MC_FN(store)((MC_REAL *)s->curvature + c * MC_FIT_ROWS + i, MC_FN(sqrt)(weight));
    }
    return (MC_REAL)0.5 * weight * loss;
}

MC_INLINE double MC_FN(fit_fold)(MC_VEC *sum) {
    for (int half = MC_WIDE_VECS / 2; half; half /= 2) for (int v = 0; v < half; ++v) sum[v] += sum[v + half];
    return MC_FN(fold)(sum[0]);
}

/* Residuals of the block in place of its scores; rows beyond the last, up to a virtual vector, have weight 0. */
MC_INLINE double MC_FN(fit_residuals)(const int kind, const mc_fit_block *s, MC_REAL *z, const MC_REAL *y,
                                      const MC_REAL *weight) {
    MC_VEC sum[MC_WIDE_VECS];
    for (int v = 0; v < MC_WIDE_VECS; ++v) sum[v] = MC_FN(zero)();
    for (ptrdiff_t i = 0; i < s->rows; i += MC_WIDE)
        for (int v = 0; v < MC_WIDE_VECS; ++v) {
            const ptrdiff_t at = i + v * MC_LANES;
            const MC_VEC u = MC_FN(load)(weight + at);
            sum[v] += kind == MC_FIT_LOGISTIC ? MC_FN(fit_logistic)(s, z, y, u, at)
                    : kind == MC_FIT_SOFTMAX  ? MC_FN(fit_softmax)(s, z, y, u, at)
                                              : MC_FN(fit_squared)(s, z, y, u, at);
        }
    return MC_FN(fit_fold)(sum);
}

static double MC_FN(fit_block)(const mc_fit_block *s) {
    const MC_REAL *x = (const MC_REAL *)s->x, *from = (const MC_REAL *)s->y, *given = (const MC_REAL *)s->weight;
    const MC_REAL *row[MC_FIT_ROWS];
    const ptrdiff_t targets = s->kind == MC_FIT_SQUARED ? s->k : 1, full = (s->rows + MC_WIDE - 1) / MC_WIDE * MC_WIDE;
    MC_REAL *z = (MC_REAL *)s->z, *y = z + s->k * MC_FIT_ROWS, *weight = y + s->k * MC_FIT_ROWS;
    for (ptrdiff_t i = 0; i < full; ++i) {
        const ptrdiff_t of = i < s->rows ? i : s->rows - 1, at = s->index ? s->index[of] : of;
        row[i] = x + at * s->rs;
        weight[i] = i >= s->rows ? 0 : given ? given[at] : 1;
        if (targets == 1) y[i] = from[at];
        else for (ptrdiff_t c = 0; c < targets; ++c) y[c * MC_FIT_ROWS + i] = from[at * targets + c];
    }
    for (ptrdiff_t i = 0; i < full; i += 4) {
        ptrdiff_t c = 0;
        for (; c + MC_CLASSES <= s->k; c += MC_CLASSES) MC_FN(fit_scores)(MC_CLASSES, s, row + i, c, z + i);
        for (; c < s->k; ++c) MC_FN(fit_scores)(1, s, row + i, c, z + i);
    }
    const double loss = s->kind == MC_FIT_LOGISTIC ? MC_FN(fit_residuals)(MC_FIT_LOGISTIC, s, z, y, weight)
                      : s->kind == MC_FIT_SOFTMAX  ? MC_FN(fit_residuals)(MC_FIT_SOFTMAX, s, z, y, weight)
                                                   : MC_FN(fit_residuals)(MC_FIT_SQUARED, s, z, y, weight);
    ptrdiff_t c = 0;
    for (; c + MC_CLASSES <= s->k; c += MC_CLASSES) MC_FN(fit_gradient)(MC_CLASSES, s, row, c, z);
    for (; c < s->k; ++c) MC_FN(fit_gradient)(1, s, row, c, z);
    for (c = 0; c < s->k; ++c) {        /* residuals beyond the last row are 0 */
        MC_VEC sum[MC_WIDE_VECS];
        for (int v = 0; v < MC_WIDE_VECS; ++v) sum[v] = MC_FN(zero)();
        for (ptrdiff_t i = 0; i < full; i += MC_WIDE)
            MC_UNROLL(4) for (int v = 0; v < MC_WIDE_VECS; ++v)
                sum[v] += MC_FN(load)(z + c * MC_FIT_ROWS + i + v * MC_LANES);
        s->g[s->k * s->d + c] += MC_FN(fit_fold)(sum);
    }
    return loss;
}

/* out (rows, d + 1): scale_i (x_i - center, 1). */
static void MC_FN(fit_scaled)(const mc_fit_block *s, const void *center0, const void *scale0, void *out0) {
    const MC_REAL *center = (const MC_REAL *)center0, *scale = (const MC_REAL *)scale0;
    MC_REAL *out = (MC_REAL *)out0;
    for (ptrdiff_t i = 0; i < s->rows; ++i, out += s->d + 1) {
        const MC_REAL *x = (const MC_REAL *)s->x + i * s->rs;
        for (ptrdiff_t j = 0; j < s->d; ++j) out[j] = scale[i] * (x[j] - center[j]);
        out[s->d] = scale[i];
    }
}

static void MC_FN(fit_down)(ptrdiff_t n, const double *x, void *y) {
    for (ptrdiff_t i = 0; i < n; ++i) ((MC_REAL *)y)[i] = (MC_REAL)x[i];
}

static void MC_FN(fit_up)(ptrdiff_t n, const void *x, double *y) {
    for (ptrdiff_t i = 0; i < n; ++i) y[i] = (double)((const MC_REAL *)x)[i];
}

static const mc_fit_ops *MC_FN(fit_ops)(void) {
    static const mc_fit_ops ops = {MC_FN(fit_block), MC_FN(fit_scaled), MC_FN(fit_down), MC_FN(fit_up)};
    return &ops;
}

#undef MC_WIDE
#undef MC_WIDE_VECS
#undef MC_CLASSES
