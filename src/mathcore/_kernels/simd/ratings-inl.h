/* ratings: see ratings.h. */

static void MC_FN(ratings_gather)(ptrdiff_t m, ptrdiff_t rank, ptrdiff_t w, const int32_t *others, const void *values0,
                                  const void *rows0, void *out0) {
    const MC_REAL *values = (const MC_REAL *)values0, *rows = (const MC_REAL *)rows0;
    MC_REAL *out = (MC_REAL *)out0;
    enum { AHEAD = 6 };
    for (ptrdiff_t i = 0; i < m; ++i, out += w + 1) {
        const MC_REAL *row = rows + others[i] * (rank + 1);
        if (i + AHEAD < m) {
            const char *next = (const char *)(rows + others[i + AHEAD] * (rank + 1));
            for (ptrdiff_t at = 0; at < (ptrdiff_t)((rank + 1) * sizeof(MC_REAL)); at += 64) __builtin_prefetch(next + at);
        }
        for (ptrdiff_t c = 0; c < rank; ++c) out[c] = row[c];
        if (w > rank) out[rank] = 1;
        out[w] = values[i] - row[rank];
    }
}

static void MC_FN(ratings_regularize)(ptrdiff_t w, double ridge, void *r0) {
    MC_REAL *r = (MC_REAL *)r0;
    for (ptrdiff_t i = 0; i < w; ++i) r[i * (w + 2)] += (MC_REAL)ridge;
    r[w * (w + 2)] = 2 * r[w * (w + 2)] + 1;
}

static double MC_FN(ratings_squares)(ptrdiff_t m, ptrdiff_t w, const void *rows0, const void *fitted0) {
    const MC_REAL *rows = (const MC_REAL *)rows0, *fitted = (const MC_REAL *)fitted0;
    double total = 0;
    for (ptrdiff_t i = 0; i < m; ++i) {
        const double left = (double)rows[i * (w + 1) + w] - fitted[i];
        total += left * left;
    }
    return total;
}

static const mc_ratings_ops *MC_FN(ratings_ops)(void) {
    static const mc_ratings_ops ops = {MC_FN(ratings_gather), MC_FN(ratings_regularize), MC_FN(ratings_squares)};
    return &ops;
}
