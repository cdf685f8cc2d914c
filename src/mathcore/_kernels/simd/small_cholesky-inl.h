/* small_cholesky: A = L L' by panels of four columns. Strides (rows, columns) exchanged, the same is A = U' U. */

/* Columns k ... k + W, from which those before are off. A lane that fails goes on with a pivot of 1. What comes to stand
 * above the diagonal is never looked at. */
MC_INLINE void MC_FN(cholesky_panel)(const int W, ptrdiff_t n, ptrdiff_t k, MC_VEC *p, ptrdiff_t rp, ptrdiff_t cp, MC_VEC *info) {
    const MC_VEC zero = MC_FN(zero)(), one = MC_FN(splat)(1);
    p += k * (rp + cp);
    MC_UNROLL(4) for (int c = 0; c < W; ++c) {
        MC_VEC *column = p + c * cp, d = column[c * rp];
        const MC_MASK good = MC_FN(less)(zero, d);
        if (!MC_FN(all)(good)) {
            const MC_VEC here = MC_FN(pick)(MC_FN(equal)(*info, zero), MC_FN(splat)((MC_REAL)(k + c + 1)), *info);
            *info = MC_FN(pick)(good, *info, here);
            d = MC_FN(pick)(good, d, one);
        }
        d = MC_FN(sqrt)(d);
        column[c * rp] = d;
        const MC_VEC r = 1 / d;
        MC_UNROLL(4) for (ptrdiff_t i = c + 1; i < n - k; ++i) {
            MC_VEC *x = column + i * rp;
            x[0] = x[0] * r;
            MC_UNROLL(4) for (int w = 1; w < W - c; ++w) x[w * cp] = MC_FN(multiply_add)(-x[0], column[(c + w) * rp], x[w * cp]);
        }
    }
}

/* Columns before j off columns j ... j + W. */
MC_INLINE void MC_FN(cholesky_update)(const int W, ptrdiff_t n, ptrdiff_t j, MC_VEC *p, ptrdiff_t rp, ptrdiff_t cp) {
    ptrdiff_t i = j;
    for (; i + MC_SMALL_ROWS(W) <= n; i += MC_SMALL_ROWS(W))
        MC_FN(subtract_tile)(MC_SMALL_ROWS(W), W, j, p + i * rp, rp, cp, p + j * rp, cp, rp, p + i * rp + j * cp, rp, cp);
    for (; i < n; ++i) MC_FN(subtract_tile)(1, W, j, p + i * rp, rp, cp, p + j * rp, cp, rp, p + i * rp + j * cp, rp, cp);
}

static MC_NOINLINE MC_VEC MC_FN(cholesky_any)(ptrdiff_t n, MC_VEC *p, ptrdiff_t rp, ptrdiff_t cp) {
    MC_VEC info = MC_FN(zero)();
    ptrdiff_t j = 0;
    for (; j + 4 <= n; j += 4) {
        if (j) MC_FN(cholesky_update)(4, n, j, p, rp, cp);
        MC_FN(cholesky_panel)(4, n, j, p, rp, cp, &info);
    }
    for (; j < n; ++j) {
        if (j) MC_FN(cholesky_update)(1, n, j, p, rp, cp);
        MC_FN(cholesky_panel)(1, n, j, p, rp, cp, &info);
    }
    return info;
}

MC_INLINE void MC_FN(zero_above)(ptrdiff_t n, MC_VEC *p, ptrdiff_t rp, ptrdiff_t cp) {
    MC_UNROLL(4) for (ptrdiff_t i = 0; i < n; ++i)
        MC_UNROLL(4) for (ptrdiff_t j = i + 1; j < n; ++j) p[i * rp + j * cp] = MC_FN(zero)();
}

/* In registers. */
MC_INLINE MC_VEC MC_FN(cholesky_few)(const int N, MC_VEC *p, const int rp, const int cp) {
    MC_VEC info = MC_FN(zero)();
    MC_FN(cholesky_panel)(N, N, 0, p, rp, cp, &info);
    MC_FN(zero_above)(N, p, rp, cp);
    return info;
}

MC_INLINE void MC_FN(small_cholesky_of)(const int N, ptrdiff_t n, const mc_small *s, ptrdiff_t first, ptrdiff_t count,
                                        MC_VEC *scratch) {
    MC_VEC own[16], info, *p = N ? own : scratch;
    for (ptrdiff_t end = first + count; first < end; first += MC_LANES) {
        const MC_FN(items) from = MC_FN(items_at)(s->a, s->a_item, first, end - first);
        const MC_FN(items) to = MC_FN(items_at)(s->x, n * n, first, end - first);
        MC_FN(load_run)(N, &from, 0, n * n, p);
        if (N) {
            info = s->lower ? MC_FN(cholesky_few)(N, p, N, 1) : MC_FN(cholesky_few)(N, p, 1, N);
        } else {
            MC_FN(expect)(1, s->x, n * n, first, end - first, n * n);
            MC_FN(expect)(0, s->a, s->a_item, first + MC_LANES, end - first - MC_LANES, n * n);
            const ptrdiff_t rp = s->lower ? n : 1, cp = s->lower ? 1 : n;
            info = MC_FN(cholesky_any)(n, p, rp, cp);
            MC_FN(zero_above)(n, p, rp, cp);
        }
        MC_FN(store_run)(N, &to, 0, n * n, p);
        MC_FN(store_whole)(s->info + first, 1, from.full, info);
    }
}

static void MC_FN(small_cholesky)(const mc_small *s, ptrdiff_t first, ptrdiff_t count, void *scratch) {
    MC_SMALL_BY_ORDER(small_cholesky_of, s->n, s, first, count, (MC_VEC *)scratch)
}
