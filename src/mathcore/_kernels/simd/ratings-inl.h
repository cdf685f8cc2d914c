/* ratings: see ratings.h. */

static void MC_FN(ratings_gather)(ptrdiff_t m, ptrdiff_t rank, ptrdiff_t w, const int32_t *others, const void *values0,
                                  const void *rows0, void *out0) {
    const MC_REAL *values = (const MC_REAL *)values0, *rows = (const MC_REAL *)rows0;
    MC_REAL *out = (MC_REAL *)out0;
    for (ptrdiff_t i = 0; i < m; ++i, out += w + 1) {
        const MC_REAL *row = rows + others[i] * (rank + 1);
        for (ptrdiff_t c = 0; c < rank; ++c) out[c] = row[c];
        if (w > rank) out[rank] = 1;
        out[w] = values[i] - row[rank];
    }
}

/* Sixteen chains, added in a fixed order: vectors on every instruction set, the same bits on those with FMA. */
static MC_REAL MC_FN(ratings_dot)(ptrdiff_t n, const MC_REAL *x, const MC_REAL *y) {
    MC_REAL s[16] = {0};
    ptrdiff_t j = 0;
    for (; j + 16 <= n; j += 16)
        for (int c = 0; c < 16; ++c) s[c] += x[j + c] * y[j + c];
    for (int c = 0; j < n; ++c, ++j) s[c] += x[j] * y[j];
    for (int half = 8; half; half /= 2)
        for (int c = 0; c < half; ++c) s[c] += s[c + half];
    return s[0];
}

static void MC_FN(ratings_substitute)(ptrdiff_t w, const void *r0, void *x0) {
    const MC_REAL *r = (const MC_REAL *)r0;
    MC_REAL *x = (MC_REAL *)x0;
    for (ptrdiff_t i = w - 1; i >= 0; --i) {
        const MC_REAL *row = r + i * (w + 1);
        x[i] = (row[w] - MC_FN(ratings_dot)(w - i - 1, row + i + 1, x + i + 1)) / row[i];
    }
}

static double MC_FN(ratings_squares)(ptrdiff_t m, ptrdiff_t w, const void *rows0, const void *x0) {
    const MC_REAL *rows = (const MC_REAL *)rows0, *x = (const MC_REAL *)x0;
    double total = 0;
    for (ptrdiff_t i = 0; i < m; ++i, rows += w + 1) {
        const double left = rows[w] - MC_FN(ratings_dot)(w, rows, x);
        total += left * left;
    }
    return total;
}

static void MC_FN(ratings_regularize)(ptrdiff_t w, double ridge, void *r0) {
    MC_REAL *r = (MC_REAL *)r0;
    for (ptrdiff_t i = 0; i < w; ++i) r[i * (w + 2)] += (MC_REAL)ridge;
    r[w * (w + 2)] = 2 * r[w * (w + 2)] + 1;
}

static const mc_ratings_ops *MC_FN(ratings_ops)(void) {
    static const mc_ratings_ops ops = {MC_FN(ratings_gather), MC_FN(ratings_substitute), MC_FN(ratings_squares),
                                       MC_FN(ratings_regularize)};
    return &ops;
}
