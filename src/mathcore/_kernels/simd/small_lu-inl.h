/* small_lu: P A = L U by panels of four columns, partial pivoting in every lane by itself. */

typedef struct {
    MC_VEC *p;                          /* L below the diagonal, U on and above it */
    ptrdiff_t columns;                  /* of p: those past the n-th, if any, come along with their rows */
    MC_VEC *row;                        /* row that came to row i, as a number */
    MC_VEC *reciprocals;                /* of the pivots */
    MC_VEC info;                        /* 1 + number of the first zero pivot, or 0 */
} MC_FN(lu);

/* Element `at` of each lane's own place. */
MC_INLINE MC_VEC MC_FN(gather)(MC_REAL *const *from, ptrdiff_t at) {
#if MC_VECTORS
#  define MC_LANE(l, at) from[l][at]
    return (MC_VEC){MC_LIST(MC_LANE, at)};
#  undef MC_LANE
#else
    return from[0][at];
#endif
}

/* Rows k and row[l] of lane l change places, but for columns hole ... hole_end: of p, rows rp apart, columns cp. Lanes are
 * gathered and scattered one by one: blends would touch every row. */
static MC_NOINLINE void MC_FN(exchange)(ptrdiff_t k, MC_VEC row, MC_VEC *p, ptrdiff_t rp, ptrdiff_t cp, ptrdiff_t columns,
                                        ptrdiff_t hole, ptrdiff_t hole_end) {
    MC_REAL at[MC_LANES], lane[MC_LANES], *low[MC_LANES];
    if (MC_FN(all)(MC_FN(equal)(row, MC_FN(splat)((MC_REAL)k)))) return;
    MC_FN(store)(at, row);
    MC_UNROLL(16) for (int l = 0; l < MC_LANES; ++l) low[l] = (MC_REAL *)(p + (ptrdiff_t)at[l] * rp) + l;
    for (ptrdiff_t j = hole ? 0 : hole_end; j < columns; j = j + 1 == hole ? hole_end : j + 1) {
        const MC_VEC top = p[k * rp + j * cp];
        p[k * rp + j * cp] = MC_FN(gather)(low, j * cp * MC_LANES);
        MC_FN(store)(lane, top);
        MC_UNROLL(16) for (int l = 0; l < MC_LANES; ++l) low[l][j * cp * MC_LANES] = lane[l];
    }
}

/* The same for up to N rows in registers. */
MC_INLINE void MC_FN(exchange_few)(const int N, int k, MC_VEC row, int length, MC_VEC *p, int rp, int cp) {
    MC_UNROLL(4) for (int i = k + 1; i < N; ++i) {
        const MC_MASK here = MC_FN(equal)(row, MC_FN(splat)((MC_REAL)i));
        MC_UNROLL(4) for (int j = 0; j < length; ++j) {
            const MC_VEC top = p[k * rp + j * cp], low = p[i * rp + j * cp];
            p[k * rp + j * cp] = MC_FN(pick)(here, low, top);
            p[i * rp + j * cp] = MC_FN(pick)(here, top, low);
        }
    }
}

/* The best of rows so far for the next pivot, with its elements. */
typedef struct {
    MC_VEC size, row, x[8];
} MC_FN(candidate);

MC_INLINE void MC_FN(consider)(const int W, ptrdiff_t i, const MC_VEC *x, MC_FN(candidate) *best) {
    const MC_VEC size = MC_FN(abs)(x[0]);
    const MC_MASK larger = MC_FN(less_bits)(best->size, size);          /* a NaN is the largest, so it is never passed over */
    best->size = MC_FN(pick)(larger, size, best->size);
    best->row = MC_FN(pick)(larger, MC_FN(splat)((MC_REAL)i), best->row);
    MC_UNROLL(8) for (int w = 0; w < W; ++w) best->x[w] = MC_FN(pick)(larger, x[w], best->x[w]);
}

MC_INLINE void MC_FN(start)(const int W, ptrdiff_t i, const MC_VEC *x, MC_FN(candidate) *best) {
    best->size = MC_FN(abs)(x[0]);
    best->row = MC_FN(splat)((MC_REAL)i);
    MC_UNROLL(8) for (int w = 0; w < W; ++w) best->x[w] = x[w];
}

/* Elimination of column k from W - 1 more columns of the panel: one pass in which rows change places, are scaled and updated,
 * and the next pivot is found. `best` holds row k to be, and then row k + 1. */
MC_INLINE void MC_FN(eliminate)(const int W, ptrdiff_t n, ptrdiff_t k, MC_VEC *p, ptrdiff_t columns, MC_FN(candidate) *best,
                                MC_FN(lu) *f) {
    const MC_VEC zero = MC_FN(zero)(), one = MC_FN(splat)(1), row = best->row, u = best->x[0], r = MC_FN(reciprocal)(u);
    const int plain = MC_FN(none_zero)(r);
    MC_VEC top[8], old[8];
    MC_UNROLL(8) for (int w = 0; w < W; ++w) {
        old[w] = p[k * columns + w];
        p[k * columns + w] = top[w] = best->x[w];
    }
    f->row[k] = row;
    f->reciprocals[k] = r;
    if (!plain)
        f->info = MC_FN(pick)(MC_FN(equal)(u, zero), MC_FN(pick)(MC_FN(equal)(f->info, zero), MC_FN(splat)((MC_REAL)(k + 1)), f->info),
                              f->info);
    const MC_VEC divisor = plain ? u : MC_FN(pick)(MC_FN(equal)(u, zero), one, u);      /* zeros stand under a zero pivot, and stay */
    MC_UNROLL(4) for (ptrdiff_t i = k + 1; i < n; ++i) {
        const MC_MASK here = MC_FN(equal)(row, MC_FN(splat)((MC_REAL)i));
        MC_VEC x[8];
        MC_UNROLL(8) for (int w = 0; w < W; ++w) x[w] = MC_FN(pick)(here, old[w], p[i * columns + w]);
        x[0] = plain ? x[0] * r : MC_FN(over_pivot)(x[0], divisor, r);
        MC_UNROLL(8) for (int w = 1; w < W; ++w) x[w] = MC_FN(multiply_add)(-x[0], top[w], x[w]);
        MC_UNROLL(8) for (int w = 0; w < W; ++w) p[i * columns + w] = x[w];
        if (W == 1) continue;
        if (i == k + 1) MC_FN(start)(W - 1, i, x + 1, best);
        else MC_FN(consider)(W - 1, i, x + 1, best);
    }
}

/* Pivots k ... k + W of columns at p, of which E more come along. */
MC_INLINE void MC_FN(factor_panel)(const int W, const int E, ptrdiff_t n, ptrdiff_t k, MC_VEC *p, ptrdiff_t columns, MC_FN(lu) *f) {
    MC_FN(candidate) best;
    MC_FN(start)(W + E, k, p + k * columns, &best);
    MC_UNROLL(4) for (ptrdiff_t i = k + 1; i < n; ++i) MC_FN(consider)(W + E, i, p + i * columns, &best);
    MC_UNROLL(4) for (int c = 0; c < W; ++c) MC_FN(eliminate)(W + E - c, n, k + c, p + c, columns, &best, f);
}

/* What the columns before j give, off columns j ... j + W. */
MC_INLINE void MC_FN(update_panel)(const int W, ptrdiff_t n, ptrdiff_t j, MC_VEC *p, ptrdiff_t c) {
    MC_FN(substitute)(W, j, MC_FN(lower)(p, c, 1, NULL), p + j, c, 1);
    ptrdiff_t i = j;
    for (; i + MC_SMALL_ROWS(W) <= n; i += MC_SMALL_ROWS(W))
        MC_FN(subtract_tile)(MC_SMALL_ROWS(W), W, j, p + i * c, c, 1, p + j, c, 1, p + i * c + j, c, 1);
    for (; i < n; ++i) MC_FN(subtract_tile)(1, W, j, p + i * c, c, 1, p + j, c, 1, p + i * c + j, c, 1);
}

static MC_NOINLINE void MC_FN(lu_any)(ptrdiff_t n, MC_FN(lu) *f) {
    MC_VEC *p = f->p;
    const ptrdiff_t c = f->columns;
    f->info = MC_FN(zero)();
    for (ptrdiff_t j = 0, w; j < n; j += w) {
        w = n - j < 4 ? 1 : 4;
        if (w == 4) {
            if (j) MC_FN(update_panel)(4, n, j, p, c);
            MC_FN(factor_panel)(4, 0, n, j, p + j, c, f);
        } else {
            if (j) MC_FN(update_panel)(1, n, j, p, c);
            MC_FN(factor_panel)(1, 0, n, j, p + j, c, f);
        }
        for (ptrdiff_t k = j; k < j + w; ++k) MC_FN(exchange)(k, f->row[k], p, c, 1, c, k, j + w);
    }
}

/* N > 0: all in registers, with E more columns; where L is not asked for, its rows need not change places. */
MC_INLINE void MC_FN(lu_few)(const int N, const int E, const int with_l, MC_FN(lu) *f) {
    f->info = MC_FN(zero)();
    MC_FN(factor_panel)(N, E, N, 0, f->p, N + E, f);
    if (with_l)
        MC_UNROLL(4) for (int k = 1; k < N - 1; ++k) MC_FN(exchange_few)(N, k, f->row[k], k, f->p, N + E, 1);
}

MC_INLINE void MC_FN(small_lu_of)(const int N, ptrdiff_t n, const mc_small *s, ptrdiff_t first, ptrdiff_t count, MC_VEC *scratch) {
    MC_VEC own[24];
    MC_FN(lu) f = {N ? own : scratch, n, N ? own + 16 : scratch + n * n, N ? own + 20 : scratch + n * n + n, MC_FN(zero)()};
    for (ptrdiff_t end = first + count; first < end; first += MC_LANES) {
        const MC_FN(items) a = MC_FN(items_at)(s->a, s->a_item, first, end - first);
        const MC_FN(items) x = MC_FN(items_at)(s->x, n * n, first, end - first);
        MC_FN(load_run)(N, &a, 0, n * n, f.p);
        if (!N) {
            MC_FN(expect)(1, s->x, n * n, first, end - first, n * n);
            MC_FN(expect)(0, s->a, s->a_item, first + MC_LANES, end - first - MC_LANES, n * n);
        }
        if (N) MC_FN(lu_few)(N, 0, 1, &f);
        else MC_FN(lu_any)(n, &f);
        MC_FN(store_run)(N, &x, 0, n * n, f.p);
        MC_UNROLL(4) for (ptrdiff_t k = 0; k < n; ++k) MC_FN(store_whole)(s->pivots + first * n + k, n, a.full, f.row[k]);
        MC_FN(store_whole)(s->info + first, 1, a.full, f.info);
    }
}
