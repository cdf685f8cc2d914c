/* small_svd: singular values and vectors by one-sided Jacobi rotations: columns turned in pairs until all are orthogonal. Every
 * singular value is found to high relative accuracy. J. Demmel and K. Veselic, SIAM J. Matrix Anal. Appl. 13 (1992) 1204. */

enum { MC_FN(sweeps) = 40 };            /* 6 to 9 are usual */

/* The rotation (c, s) with t = s / c that makes the off-diagonal of (a, h/2; h/2, a + d) zero: the smaller angle. Lanes that are
 * not live are not turned. */
typedef struct {
    MC_VEC c, s, t;
} MC_FN(turn);

MC_INLINE MC_FN(turn) MC_FN(turn_of)(MC_VEC d, MC_VEC h, MC_MASK live) {
    const MC_VEC one = MC_FN(splat)(1), zero = MC_FN(zero)();
    const MC_VEC r = MC_FN(sqrt)(MC_FN(multiply_add)(d, d, h * h));
    MC_FN(turn) f;
    f.t = MC_FN(pick)(live, h / (d + MC_FN(copysign)(r, d)), zero);
    f.c = one / MC_FN(sqrt)(MC_FN(multiply_add)(f.t, f.t, one));
    f.s = f.c * f.t;
    return f;
}

/* x, y = c x - s y, s x + c y: n pairs, dx and dy apart. */
MC_INLINE void MC_FN(apply_turn)(const int N, ptrdiff_t n, MC_FN(turn) f, MC_VEC *x, ptrdiff_t dx, MC_VEC *y, ptrdiff_t dy) {
    (void)N;
    MC_UNROLL(4) for (ptrdiff_t i = 0; i < n; ++i) {
        const MC_VEC u = x[i * dx], v = y[i * dy];
        x[i * dx] = MC_FN(multiply_add)(f.c, u, -(f.s * v));
        y[i * dy] = MC_FN(multiply_add)(f.s, u, f.c * v);
    }
}

/* One sweep over the k columns of g, each l long in one piece; rows of v, if any, turn along. The lanes that turned none. */
MC_INLINE MC_MASK MC_FN(svd_sweep)(const int N, ptrdiff_t l, ptrdiff_t k, MC_VEC *g, MC_VEC *v, MC_MASK settled) {
    const MC_REAL eps = MC_SIZE == 4 ? (MC_REAL)0x1p-23 : (MC_REAL)0x1p-52;
    const MC_VEC near = MC_FN(splat)(eps * eps * (MC_REAL)l);
    MC_MASK still = MC_FN(equal)(near, near);
    for (ptrdiff_t p = 0; p < k - 1; ++p)
        for (ptrdiff_t q = p + 1; q < k; ++q) {
            MC_VEC *x = g + p * l, *y = g + q * l, xx = MC_FN(zero)(), xy = xx, yy = xx;
            MC_UNROLL(4) for (ptrdiff_t i = 0; i < l; ++i) {
                xx = MC_FN(multiply_add)(x[i], x[i], xx);
                xy = MC_FN(multiply_add)(x[i], y[i], xy);
                yy = MC_FN(multiply_add)(y[i], y[i], yy);
            }
            const MC_MASK live = (MC_MASK)(MC_FN(less)(near * xx * yy, xy * xy) & ~settled);
            if (MC_FN(all)((MC_MASK)~live)) continue;
            still = (MC_MASK)(still & ~live);
            const MC_FN(turn) f = MC_FN(turn_of)(yy - xx, xy + xy, live);
            MC_FN(apply_turn)(N, l, f, x, 1, y, 1);
            if (v) MC_FN(apply_turn)(N, k, f, v + p * k, 1, v + q * k, 1);
        }
    return still;
}

/* s (k) in falling order, columns of g orthonormal, rows of v the right vectors (NULL: neither is asked for). 1 in the result
 * where a lane has not settled, or has singular values near or at zero, whose vectors are not to be had this way. */
MC_INLINE MC_VEC MC_FN(svd_pack)(const int N, ptrdiff_t l, ptrdiff_t k, MC_VEC *g, MC_VEC *v, MC_VEC *s) {
    const MC_VEC zero = MC_FN(zero)(), one = MC_FN(splat)(1), infinite = MC_FN(splat)(MC_INFINITE);
    const MC_VEC least = MC_FN(splat)(MC_SIZE == 4 ? (MC_REAL)0x1p-28 : (MC_REAL)0x1p-240);
    MC_VEC most = zero;
    for (ptrdiff_t i = 0; i < l * k; ++i) most = MC_FN(largest)(most, g[i]);
    const MC_MASK finite = MC_FN(less)(most, infinite);
    const MC_VEC unit = MC_FN(power_of)(most), inverse = one / unit;
    for (ptrdiff_t i = 0; i < l * k; ++i) g[i] *= inverse;
    if (v) for (ptrdiff_t i = 0; i < k * k; ++i) v[i] = i % (k + 1) ? zero : one;
    MC_MASK settled = (MC_MASK)~finite;
    for (int sweep = 0; sweep < MC_FN(sweeps) && !MC_FN(all)(settled); ++sweep)
        settled = (MC_MASK)(settled | MC_FN(svd_sweep)(N, l, k, g, v, settled));
    MC_VEC smallest = infinite;
    for (ptrdiff_t j = 0; j < k; ++j) {
        MC_VEC sum = zero;
        for (ptrdiff_t i = 0; i < l; ++i) sum = MC_FN(multiply_add)(g[j * l + i], g[j * l + i], sum);
        s[j] = MC_FN(sqrt)(sum);
        smallest = MC_FN(pick)(MC_FN(less)(s[j], smallest), s[j], smallest);
    }
    if (v)
        for (ptrdiff_t j = 0; j < k; ++j) {
            const MC_VEC r = one / s[j];
            for (ptrdiff_t i = 0; i < l; ++i) g[j * l + i] *= r;
        }
    MC_FN(sort_rows)(1, k, s, v ? l : 0, g, v ? k : 0, v);
    for (ptrdiff_t j = 0; j < k; ++j) s[j] = MC_FN(pick)(finite, s[j] * unit, most - most);
    return MC_FN(pick)((MC_MASK)(settled & finite & MC_FN(less)(least, smallest)), zero, one);
}

/* rows (m, n) of p to columns of g one after the other, m >= n; a wide matrix's rows are such columns. */
static void MC_FN(small_svd)(const mc_small *s, ptrdiff_t first, ptrdiff_t count, void *scratch) {
    const ptrdiff_t m = s->m, n = s->n, wide = m < n, l = wide ? n : m, k = wide ? m : n;
    MC_VEC *p = (MC_VEC *)scratch, *g = p + m * n, *v = g + l * k, *values = v + k * k;
    for (ptrdiff_t end = first + count; first < end; first += MC_LANES) {
        const MC_FN(items) from = MC_FN(items_at)(s->a, s->a_item, first, end - first);
        const MC_FN(items) to = MC_FN(items_at)(s->omega, k, first, end - first);
        MC_FN(load_any)(&from, 0, m * n, p);
        MC_FN(expect)(0, s->a, s->a_item, first + MC_LANES, end - first - MC_LANES, m * n);
        for (ptrdiff_t j = 0; j < k; ++j)
            for (ptrdiff_t i = 0; i < l; ++i) g[j * l + i] = wide ? p[j * l + i] : p[i * k + j];
        const MC_VEC info = MC_FN(svd_pack)(0, l, k, g, s->x ? v : NULL, values);
        MC_FN(store_any)(&to, 0, k, values);
        MC_FN(store_whole)(s->info + first, 1, from.full, info);
        if (!s->x) continue;
        const MC_FN(items) u = MC_FN(items_at)(s->x, m * k, first, end - first);
        const MC_FN(items) vh = MC_FN(items_at)(s->y, k * n, first, end - first);
        /* a = g s v: columns of u are those of g; of a wide one, those of v^T */
        for (ptrdiff_t j = 0; j < k; ++j)
            for (ptrdiff_t i = 0; i < m; ++i) p[i * k + j] = wide ? v[j * k + i] : g[j * l + i];
        MC_FN(store_any)(&u, 0, m * k, p);
        MC_FN(store_any)(&vh, 0, k * n, wide ? g : v);
    }
}
