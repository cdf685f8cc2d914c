/* descent: see descent.h. */
#define MC_WIDE (64 / MC_SIZE)
#define MC_WIDE_VECS (MC_WIDE / MC_LANES)
#define MC_CLASSES (MC_VECTORS && MC_VBYTES == 64 ? 5 : 1)  /* with 4 rows (4 vectors): 20 sums of 32 registers */

/* Four rows times K classes. */
MC_INLINE void MC_FN(fit_scores)(const int K, const mc_fit_block *s, const MC_REAL *const *at, ptrdiff_t c,
                                 MC_REAL *out) {
    const ptrdiff_t d = s->d, ldw = s->ldw, whole = d - d % MC_WIDE;
    const MC_REAL *w = (const MC_REAL *)s->w + c * ldw;
    MC_VEC sum[5][4][MC_WIDE_VECS], v[4];
    for (int q = 0; q < K; ++q) for (int r = 0; r < 4; ++r)
        for (int h = 0; h < MC_WIDE_VECS; ++h) sum[q][r][h] = MC_FN(zero)();
    for (ptrdiff_t j = 0; j < whole; j += MC_WIDE)
        MC_UNROLL(4) for (int h = 0; h < MC_WIDE_VECS; ++h) {
            MC_UNROLL(4) for (int r = 0; r < 4; ++r) v[r] = MC_FN(load)(at[r] + j + h * MC_LANES);
            MC_UNROLL(5) for (int q = 0; q < K; ++q) {
                const MC_VEC u = MC_FN(load)(w + q * ldw + j + h * MC_LANES);
                MC_UNROLL(4) for (int r = 0; r < 4; ++r) sum[q][r][h] += v[r] * u;
            }
        }
    MC_UNROLL(4) for (int h = 0; h < MC_WIDE_VECS; ++h) {
        const ptrdiff_t j = whole + h * MC_LANES;
        if (d <= j) break;
        const int few = d - j < MC_LANES ? (int)(d - j) : MC_LANES;
        MC_UNROLL(4) for (int r = 0; r < 4; ++r) v[r] = MC_FN(load_tail)(at[r] + j, few);
        MC_UNROLL(5) for (int q = 0; q < K; ++q) {
            const MC_VEC u = MC_FN(load)(w + q * ldw + j);
            MC_UNROLL(4) for (int r = 0; r < 4; ++r) sum[q][r][h] += v[r] * u;
        }
    }
    MC_UNROLL(5) for (int q = 0; q < K; ++q, out += MC_FIT_ROWS) {
        MC_UNROLL(4) for (int r = 0; r < 4; ++r)
            MC_UNROLL(4) for (int half = MC_WIDE_VECS / 2; half; half /= 2)
                MC_UNROLL(4) for (int h = 0; h < half; ++h) sum[q][r][h] += sum[q][r][h + half];
#if MC_VECTORS && MC_VBYTES == 64
        MC_FN(fold4)(sum[q][0][0], sum[q][1][0], sum[q][2][0], sum[q][3][0], out);
#else
        for (int r = 0; r < 4; ++r) out[r] = MC_FN(fold)(sum[q][r][0]);
#endif
    }
}

/* Row i of the block: by its pointer where rows are picked, else where it lies. */
#define MC_ROW(i) (picked ? row[i] : x + (i) * rs)

/* The next block is asked for in both walks, half of its rows in each and into L2: the hardware's own prefetch stops
 * while a block is computed, and L1 has lines under way for half of the memory's bandwidth only. 100 000 rows of 50
 * doubles: 14 ns a row; asked for in one walk 16, and into L1 29. */
/* All rows; the last stands in for those beyond it. */
MC_INLINE void MC_FN(fit_forward)(const int K, const int picked, const mc_fit_block *s, const MC_REAL *const *row,
                                  ptrdiff_t c, MC_REAL *z) {
    const MC_REAL *x = (const MC_REAL *)s->x, *at[4];
    const ptrdiff_t rows = s->rows, rs = s->rs, ahead = picked || c ? 0 : s->ahead;
    ptrdiff_t i = 0;
    z += c * MC_FIT_ROWS;
    for (; i + 4 <= rows; i += 4) {
        MC_UNROLL(4) for (int r = 0; r < 4; ++r) at[r] = MC_ROW(i + r);
        
        if (ahead) for (ptrdiff_t e = 0; e < 2 * rs; e += MC_WIDE) MC_PREFETCH_L2(x + (ahead + i / 2) * rs + e);
        MC_FN(fit_scores)(K, s, at, c, z + i);
    }
    if (i == rows) return;
    MC_UNROLL(4) for (int r = 0; r < 4; ++r) at[r] = MC_ROW(i + r < rows ? i + r : rows - 1);
    MC_FN(fit_scores)(K, s, at, c, z + i);
}

#define MC_ADD_ROW(i, r) do {                                                                                       \
        const MC_REAL *from = MC_ROW(i) + j;                                                                        \
        MC_UNROLL(4) for (int n = 0; n < N; ++n)                                                                    \
            v[n] = TAIL && n == N - 1 ? MC_FN(load_tail)(from + n * MC_LANES, few) : MC_FN(load)(from + n * MC_LANES); \
        if (ahead && !((i) & 1)) MC_UNROLL(4) for (int n = 0; n < N; ++n)                                           \
            MC_PREFETCH_L2(x + (ahead + ((i) + rows) / 2) * rs + j + n * MC_LANES);                                 \
        MC_UNROLL(5) for (int q = 0; q < K; ++q) {                                                                  \
            const MC_VEC u = MC_V(residual[q * MC_FIT_ROWS + (i)]);                                                 \
            MC_UNROLL(4) for (int n = 0; n < N; ++n) sum[(q * N + n) * R + (r)] += v[n] * u;                         \
        }                                                                                                           \
    } while (0)

/* K classes times N vectors of columns, the last of `few` elements where TAIL; R (1 or 4) sums, of every R-th row each. */
MC_INLINE void MC_FN(fit_columns)(const int K, const int N, const int R, const int TAIL, const int picked,
                                  const mc_fit_block *s, const MC_REAL *const *row, ptrdiff_t c, ptrdiff_t j, int few,
                                  const MC_REAL *z) {
    MC_VEC sum[MC_CLASSES * 4 > 16 ? MC_CLASSES * 4 : 16], v[4];
    const MC_REAL *residual = z + c * MC_FIT_ROWS, *x = (const MC_REAL *)s->x;
    const ptrdiff_t rows = s->rows, rs = s->rs, ahead = picked || c ? 0 : s->ahead;
    MC_UNROLL(20) for (int q = 0; q < K * N * R; ++q) sum[q] = MC_FN(zero)();
    ptrdiff_t i = 0;
    for (; i + R <= rows; i += R) MC_UNROLL(4) for (int r = 0; r < R; ++r) MC_ADD_ROW(i + r, r);
    MC_UNROLL(4) for (int r = 0; r < R - 1; ++r) if (i + r < rows) MC_ADD_ROW(i + r, r);
    MC_UNROLL(5) for (int q = 0; q < K; ++q)
        MC_UNROLL(4) for (int n = 0; n < N; ++n) {
            MC_VEC *of = sum + (q * N + n) * R;
            MC_REAL lane[MC_LANES];
            double *g = s->g + (c + q) * s->d + j + n * MC_LANES;
            if (R == 4) of[0] = (of[0] + of[2]) + (of[1] + of[3]);
            MC_FN(store)(lane, of[0]);
            for (int l = 0; l < (TAIL && n == N - 1 ? few : MC_LANES); ++l) g[l] += (double)lane[l];
        }
}

MC_INLINE void MC_FN(fit_gradient)(const int K, const int R, const int picked, const mc_fit_block *s,
                                   const MC_REAL *const *row, ptrdiff_t c, const MC_REAL *z) {
    ptrdiff_t j = 0;
    for (; j + 4 * MC_LANES <= s->d; j += 4 * MC_LANES)
        MC_FN(fit_columns)(K, 4, R, 0, picked, s, row, c, j, MC_LANES, z);
    const int few = (int)((s->d - j) % MC_LANES);
    switch ((s->d - j) / MC_LANES * 2 + (few > 0)) {
    case 0: return;
    case 1: MC_FN(fit_columns)(K, 1, R, 1, picked, s, row, c, j, few, z); return;
    case 2: MC_FN(fit_columns)(K, 1, R, 0, picked, s, row, c, j, few, z); return;
    case 3: MC_FN(fit_columns)(K, 2, R, 1, picked, s, row, c, j, few, z); return;
    case 4: MC_FN(fit_columns)(K, 2, R, 0, picked, s, row, c, j, few, z); return;
    case 5: MC_FN(fit_columns)(K, 3, R, 1, picked, s, row, c, j, few, z); return;
    case 6: MC_FN(fit_columns)(K, 3, R, 0, picked, s, row, c, j, few, z); return;
    default: MC_FN(fit_columns)(K, 4, R, 1, picked, s, row, c, j, few, z);
    }
}

/* Both walks over a block. A single class sums rows in four parts: one sum would wait for each of its additions. Each
 * is a function of its own: GCC runs out of registers where it sees them at once. */
#define MC_WALKS(name, K, R, picked)                                                                                 \
    static MC_NOINLINE void MC_FN(fit_forward_##name)(const mc_fit_block *s, const MC_REAL *const *row, ptrdiff_t c,  \
                                                      MC_REAL *z) {                                                  \
        MC_FN(fit_forward)(K, picked, s, row, c, z);                                                                 \
    }                                                                                                                \
    static MC_NOINLINE void MC_FN(fit_backward_##name)(const mc_fit_block *s, const MC_REAL *const *row, ptrdiff_t c, \
                                                       const MC_REAL *z) {                                           \
        MC_FN(fit_gradient)(K, R, picked, s, row, c, z);                                                             \
    }
MC_WALKS(one, 1, 4, 0)
MC_WALKS(one_picked, 1, 4, 1)
MC_WALKS(rest, 1, 1, 0)
MC_WALKS(rest_picked, 1, 1, 1)
MC_WALKS(group, MC_CLASSES, 1, 0)
MC_WALKS(group_picked, MC_CLASSES, 1, 1)

#define MC_WALK(way)                                                                                                 \
    if (s->k == 1) (picked ? MC_FN(fit_##way##_one_picked) : MC_FN(fit_##way##_one))(s, row, 0, z);                  \
    else {                                                                                                           \
        ptrdiff_t c = 0;                                                                                             \
        for (; c + MC_CLASSES <= s->k; c += MC_CLASSES)                                                              \
            (picked ? MC_FN(fit_##way##_group_picked) : MC_FN(fit_##way##_group))(s, row, c, z);                     \
        for (; c < s->k; ++c) (picked ? MC_FN(fit_##way##_rest_picked) : MC_FN(fit_##way##_rest))(s, row, c, z);     \
    }

/* One vector of rows: scores z become residuals times weights; the losses. No two large terms cancel: a softplus of
 * the margin, whose slope is the sigmoid of it. */
MC_INLINE MC_VEC MC_FN(fit_logistic)(const mc_fit_block *s, MC_REAL *z, const MC_REAL *y, MC_VEC weight, ptrdiff_t i) {
    const MC_VEC zero = MC_FN(zero)(), sign = 1 - 2 * MC_FN(load)(y + i);
    const MC_VEC m = (MC_FN(load)(z + i) + MC_V(*(const MC_REAL *)s->b)) * sign;
    const MC_VEC e = MC_FN(exp)(-MC_FN(abs)(m)), u = 1 + e, p = MC_FN(pick)(MC_FN(less)(m, zero), e, MC_V(1)) / u;
    MC_FN(store)(z + i, sign * p * weight);
    if (s->curvature) MC_FN(store)((MC_REAL *)s->curvature + i, MC_FN(sqrt)(weight * e) / u);
    return s->losses ? weight * (MC_FN(max)(zero, m) + MC_FN(log_sum)(u, (1 - u) + e, 1)) : zero;
}

MC_INLINE MC_VEC MC_FN(fit_softmax)(const mc_fit_block *s, MC_REAL *z, const MC_REAL *y, MC_VEC weight, ptrdiff_t i) {
    const MC_VEC zero = MC_FN(zero)(), label = MC_FN(load)(y + i);
    const MC_REAL *b = (const MC_REAL *)s->b;
    MC_VEC most = MC_V(-MC_INFINITE), own = zero, sum = zero, loss = zero;
    for (ptrdiff_t c = 0; c < s->k; ++c) {
        MC_REAL *at = z + c * MC_FIT_ROWS + i;
        const MC_VEC v = MC_FN(load)(at) + MC_V(b[c]);
        MC_FN(store)(at, v);
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
        const MC_VEC r = MC_FN(load)(at) + MC_V(((const MC_REAL *)s->b)[c]) - MC_FN(load)(y + c * MC_FIT_ROWS + i);
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
    const int picked = s->index != 0;
    const ptrdiff_t targets = s->kind == MC_FIT_SQUARED ? s->k : 1, full = (s->rows + MC_WIDE - 1) / MC_WIDE * MC_WIDE;
    MC_REAL *z = (MC_REAL *)s->z, *y = z + s->k * MC_FIT_ROWS, *weight = y + s->k * MC_FIT_ROWS;
    for (ptrdiff_t i = 0; i < full; ++i) weight[i] = i < s->rows ? 1 : 0;
    if (picked) {
        for (ptrdiff_t i = 0; i < s->rows; ++i) {
            const ptrdiff_t at = s->index[i];
            row[i] = x + at * s->rs;
            if (given) weight[i] = given[at];
            for (ptrdiff_t c = 0; c < targets; ++c) y[c * MC_FIT_ROWS + i] = from[at * targets + c];
        }
    } else {
        if (given) for (ptrdiff_t i = 0; i < s->rows; ++i) weight[i] = given[i];
        if (targets == 1) for (ptrdiff_t i = 0; i < s->rows; ++i) y[i] = from[i];
        else for (ptrdiff_t i = 0; i < s->rows; ++i)
            for (ptrdiff_t c = 0; c < targets; ++c) y[c * MC_FIT_ROWS + i] = from[i * targets + c];
    }
    MC_WALK(forward)
    for (ptrdiff_t c = 0; c < s->k; ++c)        /* beyond the last row: finite, and of weight 0 */
        for (ptrdiff_t i = s->rows; i < full; ++i) {
            z[c * MC_FIT_ROWS + i] = 0;
            if (c < targets) y[c * MC_FIT_ROWS + i] = 0;
        }
    const double loss = s->kind == MC_FIT_LOGISTIC ? MC_FN(fit_residuals)(MC_FIT_LOGISTIC, s, z, y, weight)
                      : s->kind == MC_FIT_SOFTMAX  ? MC_FN(fit_residuals)(MC_FIT_SOFTMAX, s, z, y, weight)
                                                   : MC_FN(fit_residuals)(MC_FIT_SQUARED, s, z, y, weight);
    MC_WALK(backward)
    for (ptrdiff_t c = 0; c < s->k; ++c) {
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

static const mc_fit_ops *MC_FN(fit_ops)(void) {
    static const mc_fit_ops ops = {MC_FN(fit_block), MC_FN(fit_scaled), MC_FN(fit_down)};
    return &ops;
}

#undef MC_ROW
#undef MC_WALK
#undef MC_WALKS
#undef MC_ADD_ROW
#undef MC_WIDE
#undef MC_WIDE_VECS
#undef MC_CLASSES
