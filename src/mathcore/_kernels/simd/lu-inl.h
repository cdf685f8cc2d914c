/* lu: left-looking columns of a panel. Every element is one chain of fused multiply-adds, a - l_0 u_0 - l_1 u_1 - ... */

/* x[i] -= sum_k u[k] col_k[i] for rows i of m, K columns ld apart before x; the row of the largest |x|, the first of equals.
 * NaN is never the largest: it stands in its row for good and comes out there. */
MC_INLINE ptrdiff_t MC_FN(eliminate)(const int K, ptrdiff_t m, const MC_REAL *col, ptrdiff_t ld, const MC_REAL *u, MC_REAL *x) {
    MC_VEC best = MC_FN(splat)(-1), at = MC_FN(zero)();
    ptrdiff_t i = 0;
    for (; i + MC_LANES <= m; i += MC_LANES) {
        MC_VEC v = MC_FN(load)(x + i);
        MC_UNROLL(8) for (int k = 0; k < K; ++k) v -= u[k] * MC_FN(load)(col + k * ld + i);
        if (K) MC_FN(store)(x + i, v);
        v = MC_FN(abs)(v);
        const MC_MASK more = MC_FN(less)(best, v);
        best = MC_FN(pick)(more, v, best);
        at = MC_FN(pick)(more, MC_FN(real)((MC_INT)i - (MC_IVEC){0}), at);
    }
    MC_REAL largest = -1, of_lane[MC_LANES];
    MC_INT row_of_lane[MC_LANES];
    ptrdiff_t row = 0;
    memcpy(of_lane, &best, sizeof best);
    memcpy(row_of_lane, &at, sizeof at);
    for (int l = 0; l < MC_LANES; ++l) {
        const ptrdiff_t r = (ptrdiff_t)row_of_lane[l] + l;
        if (of_lane[l] > largest || (of_lane[l] == largest && r < row)) largest = of_lane[l], row = r;
    }
    for (; i < m; ++i) {
        MC_REAL v = x[i];
        MC_UNROLL(8) for (int k = 0; k < K; ++k) v -= u[k] * col[k * ld + i];
        x[i] = v;
        v = v < 0 ? -v : v;
        if (v > largest) largest = v, row = i;
    }
    return largest < 0 ? 0 : row;
}

static ptrdiff_t MC_FN(lu_leaf)(ptrdiff_t m, ptrdiff_t cols, ptrdiff_t j0, ptrdiff_t w, void *p0, ptrdiff_t ld, int32_t *pivots) {
    const MC_REAL tiny = MC_SIZE == 4 ? (MC_REAL)0x1p-125 : (MC_REAL)0x1p-1021, huge = 1 / tiny;
    MC_REAL *p = (MC_REAL *)p0, u[MC_LU_LEAF];
    const MC_REAL *first = p + j0 * ld;
    ptrdiff_t none = 0;
    for (int c = 0; c < w; ++c) {
        const ptrdiff_t j = j0 + c;
        MC_REAL *x = p + j * ld;
        for (int i = 0; i < c; ++i) {
            MC_REAL s = x[j0 + i];
            for (int k = 0; k < i; ++k) s -= u[k] * first[k * ld + j0 + i];
            x[j0 + i] = u[i] = s;
        }
        ptrdiff_t row = j;
        switch (c) {
#define MC_CASE(K) case K: row += MC_FN(eliminate)(K, m - j, first + j, ld, u, x + j); break;
        MC_CASE(0) MC_CASE(1) MC_CASE(2) MC_CASE(3) MC_CASE(4) MC_CASE(5) MC_CASE(6) MC_CASE(7)
#undef MC_CASE
        }
        pivots[j] = (int32_t)row;
        if (row != j)
            for (ptrdiff_t k = 0; k < cols; ++k) {
                const MC_REAL t = p[k * ld + j];
                p[k * ld + j] = p[k * ld + row];
                p[k * ld + row] = t;
            }
        const MC_REAL d = x[j], size = d < 0 ? -d : d;
        if (d == 0) {
            if (!none) none = j + 1;
        } else if (size >= tiny && size <= huge) {
            const MC_REAL inverse = 1 / d;
            for (ptrdiff_t i = j + 1; i < m; ++i) x[i] *= inverse;
        } else {
            for (ptrdiff_t i = j + 1; i < m; ++i) x[i] /= d;
        }
    }
    return none;
}

static void MC_FN(lu_top)(ptrdiff_t j, ptrdiff_t w, const void *p0, void *x0, ptrdiff_t ld) {
    const MC_REAL *p = (const MC_REAL *)p0;
    MC_REAL *x = (MC_REAL *)x0;
    for (ptrdiff_t k = 0; k < j; ++k) {
        const MC_REAL *l = p + k * ld;
        for (ptrdiff_t c = 0; c < w; ++c) {
            MC_REAL *y = x + c * ld;
            const MC_REAL e = y[k];
            for (ptrdiff_t i = k + 1; i < j; ++i) y[i] -= l[i] * e;
        }
    }
}

static void MC_FN(exchange)(ptrdiff_t first, ptrdiff_t last, const int32_t *pivots, ptrdiff_t n, void *a0, ptrdiff_t rsa, int back) {
    for (ptrdiff_t s = first; s < last; ++s) {
        const ptrdiff_t i = back ? first + last - 1 - s : s;
        if (pivots[i] == i) continue;
        MC_REAL *x = (MC_REAL *)a0 + i * rsa, *y = (MC_REAL *)a0 + pivots[i] * rsa;
        ptrdiff_t j = 0;
        for (; j + MC_LANES <= n; j += MC_LANES) {
            const MC_VEC t = MC_FN(load)(x + j);
            MC_FN(store)(x + j, MC_FN(load)(y + j));
            MC_FN(store)(y + j, t);
        }
        for (; j < n; ++j) {
            const MC_REAL t = x[j];
            x[j] = y[j];
            y[j] = t;
        }
    }
}

static const mc_lu_ops *MC_FN(lu_ops)(void) {
    static const mc_lu_ops ops = {MC_SIZE, MC_FN(lu_leaf), MC_FN(lu_top), MC_FN(exchange)};
    return &ops;
}
