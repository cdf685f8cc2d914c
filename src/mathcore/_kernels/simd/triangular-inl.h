/* triangular: substitution with a packed block, vectors along the right-hand sides.
 *
 * Tile: 4 rows x 2 vectors, 8 x 3 where there are 32 vector registers: as many sums as hide the FMA's latency. */
#if MC_VBYTES == 64 || defined(__aarch64__)
#  define MC_TM 8
#  define MC_TV 3
#else
#  define MC_TM 4
#  define MC_TV 2
#endif

/* 1 / d, or 0 where that is no normal number. */
MC_INLINE MC_REAL MC_FN(reciprocal)(MC_REAL d) {
    const MC_REAL tiny = MC_SIZE == 4 ? (MC_REAL)0x1p-125 : (MC_REAL)0x1p-1021, size = d < 0 ? -d : d;
    return size >= tiny && size <= 1 / tiny ? 1 / d : 0;
}

static void MC_FN(pack_triangle)(ptrdiff_t n, const void *a0, ptrdiff_t rsa, ptrdiff_t csa, int unit, void *l0, void *inverse0) {
    const MC_REAL *a = (const MC_REAL *)a0;
    MC_REAL *l = (MC_REAL *)l0, *inverse = (MC_REAL *)inverse0;
    for (ptrdiff_t i = 0; i < n; ++i, a += rsa, l += MC_TRIANGLE) {
        for (ptrdiff_t k = 0; k <= i; ++k) l[k] = a[k * csa];
        inverse[i] = unit ? 1 : MC_FN(reciprocal)(l[i]);
    }
}

MC_INLINE MC_VEC MC_FN(over)(MC_VEC x, MC_REAL d, MC_REAL inverse) {
    return inverse != 0 ? x * inverse : x / MC_FN(splat)(d);
}

/* Rows i ... i + M of the strip x, whose rows before i are solved. */
MC_INLINE void MC_FN(solve_rows)(const int M, const int NV, ptrdiff_t i, const MC_REAL *l, const MC_REAL *inverse, MC_REAL *x) {
    const ptrdiff_t rsx = MC_TV * MC_LANES;
    MC_VEC sum[MC_TM][MC_TV];
    MC_UNROLL(8) for (int r = 0; r < M; ++r)
        MC_UNROLL(4) for (int v = 0; v < NV; ++v) sum[r][v] = MC_FN(load)(x + (i + r) * rsx + v * MC_LANES);
    const MC_REAL *row = l + i * MC_TRIANGLE;
    for (ptrdiff_t k = 0; k < i; ++k) {
        MC_VEC xv[MC_TV];
        MC_UNROLL(4) for (int v = 0; v < NV; ++v) xv[v] = MC_FN(load)(x + k * rsx + v * MC_LANES);
        MC_UNROLL(8) for (int r = 0; r < M; ++r) {
            const MC_REAL e = row[r * MC_TRIANGLE + k];
            MC_UNROLL(4) for (int v = 0; v < NV; ++v) sum[r][v] -= e * xv[v];
        }
    }
    MC_UNROLL(8) for (int r = 0; r < M; ++r) {
        MC_UNROLL(8) for (int k = 0; k < r; ++k) {
            const MC_REAL e = row[r * MC_TRIANGLE + i + k];
            MC_UNROLL(4) for (int v = 0; v < NV; ++v) sum[r][v] -= e * sum[k][v];
        }
        MC_UNROLL(4) for (int v = 0; v < NV; ++v) {
            sum[r][v] = MC_FN(over)(sum[r][v], row[r * MC_TRIANGLE + i + r], inverse[i + r]);
            MC_FN(store)(x + (i + r) * rsx + v * MC_LANES, sum[r][v]);
        }
    }
}

/* Through a copy: rows a page apart would share a few lines of L1. */
MC_INLINE void MC_FN(solve_strip)(const int NV, ptrdiff_t n, int w, const MC_REAL *l, const MC_REAL *inverse, MC_REAL *b, ptrdiff_t rsb,
                                  MC_REAL *packed) {
    MC_REAL own[MC_TRIANGLE * MC_TV * MC_LANES], *x = packed ? packed : own;
    const int last = w - (NV - 1) * MC_LANES;
    for (ptrdiff_t i = 0; i < n; ++i) {
        MC_UNROLL(4) for (int v = 0; v < NV - 1; ++v)
            MC_FN(store)(x + (i * MC_TV + v) * MC_LANES, MC_FN(load)(b + i * rsb + v * MC_LANES));
        MC_FN(store)(x + (i * MC_TV + NV - 1) * MC_LANES,
                     last == MC_LANES ? MC_FN(load)(b + i * rsb + (NV - 1) * MC_LANES)
                                      : MC_FN(load_tail)(b + i * rsb + (NV - 1) * MC_LANES, last));
    }
    ptrdiff_t i = 0;
    for (; i + MC_TM <= n; i += MC_TM) MC_FN(solve_rows)(MC_TM, NV, i, l, inverse, x);
    for (; i + 2 <= n; i += 2) MC_FN(solve_rows)(2, NV, i, l, inverse, x);
    if (i < n) MC_FN(solve_rows)(1, NV, i, l, inverse, x);
    for (i = 0; i < n; ++i) {
        MC_UNROLL(4) for (int v = 0; v < NV - 1; ++v)
            MC_FN(store)(b + i * rsb + v * MC_LANES, MC_FN(load)(x + (i * MC_TV + v) * MC_LANES));
        if (last == MC_LANES) MC_FN(store)(b + i * rsb + (NV - 1) * MC_LANES, MC_FN(load)(x + (i * MC_TV + NV - 1) * MC_LANES));
        else MC_FN(store_tail)(b + i * rsb + (NV - 1) * MC_LANES, MC_FN(load)(x + (i * MC_TV + NV - 1) * MC_LANES), last);
    }
}

static void MC_FN(strip)(ptrdiff_t n, int w, const void *l0, const void *inverse0, void *b0, ptrdiff_t rsb, void *packed0) {
    const MC_REAL *l = (const MC_REAL *)l0, *inverse = (const MC_REAL *)inverse0;
    MC_REAL *b = (MC_REAL *)b0, *packed = (MC_REAL *)packed0;
    switch ((w + MC_LANES - 1) / MC_LANES) {
    case 1: MC_FN(solve_strip)(1, n, w, l, inverse, b, rsb, packed); break;
#if MC_TV == 3
    case 2: MC_FN(solve_strip)(2, n, w, l, inverse, b, rsb, packed); break;
#endif
    default: MC_FN(solve_strip)(MC_TV, n, w, l, inverse, b, rsb, packed);
    }
}

/* Rows 0 ... `rows` (at most V vectors) of y less A x over columns from ... to, ascending or, `down`, descending. Rows of A
 * lie each in one piece: blocks of them are transposed in registers, so that a lane is a row. */
MC_INLINE void MC_FN(take_products)(const int V, const int down, ptrdiff_t rows, ptrdiff_t from, ptrdiff_t to, const MC_REAL *a,
                                    ptrdiff_t rsa, const MC_REAL *x, MC_REAL *y) {
    MC_VEC sum[4];
    const MC_REAL *row[4][MC_LANES];
    const int last = (int)(rows - (V - 1) * MC_LANES);
    MC_UNROLL(4) for (int v = 0; v < V; ++v) {
        sum[v] = v < V - 1 || last == MC_LANES ? MC_FN(load)(y + v * MC_LANES) : MC_FN(load_tail)(y + v * MC_LANES, last);
        MC_UNROLL(16) for (int l = 0; l < MC_LANES; ++l) {
            const ptrdiff_t r = v * MC_LANES + l;
            row[v][l] = a + (r < rows ? r : rows - 1) * rsa;
        }
    }
    ptrdiff_t left = to - from;
    while (left > 0) {
        const int w = left < MC_LANES ? (int)left : MC_LANES;
        const ptrdiff_t k = down ? from + left - w : to - left;
        MC_UNROLL(4) for (int v = 0; v < V; ++v) {
            MC_VEC r[MC_LANES];
            MC_UNROLL(16) for (int l = 0; l < MC_LANES; ++l)
                r[l] = w == MC_LANES ? MC_FN(load)(row[v][l] + k) : MC_FN(load_tail)(row[v][l] + k, w);
            MC_FN(transpose)(r);
            MC_UNROLL(16) for (int s = 0; s < MC_LANES; ++s) {
                const int l = down ? MC_LANES - 1 - s : s;
                if (l < w) sum[v] -= r[l] * x[k + l];
            }
        }
        left -= w;
    }
    MC_UNROLL(4) for (int v = 0; v < V; ++v) {
        if (v < V - 1 || last == MC_LANES) MC_FN(store)(y + v * MC_LANES, sum[v]);
        else MC_FN(store_tail)(y + v * MC_LANES, sum[v], last);
    }
}

static void MC_FN(vector_by_rows)(ptrdiff_t n, const MC_REAL *a, ptrdiff_t rsa, int lower, int unit, MC_REAL *x) {
    for (ptrdiff_t done = 0; done < n;) {
        const ptrdiff_t left = n - done, rows = left >= 4 * MC_LANES ? 4 * MC_LANES : left < MC_LANES ? left : MC_LANES;
        const ptrdiff_t i0 = lower ? done : left - rows, end = i0 + rows;
        const MC_REAL *group = a + i0 * rsa;
        if (lower && rows > MC_LANES) MC_FN(take_products)(4, 0, rows, 0, i0, group, rsa, x, x + i0);
        else if (lower) MC_FN(take_products)(1, 0, rows, 0, i0, group, rsa, x, x + i0);
        else if (rows > MC_LANES) MC_FN(take_products)(4, 1, rows, end, n, group, rsa, x, x + i0);
        else MC_FN(take_products)(1, 1, rows, end, n, group, rsa, x, x + i0);
        for (ptrdiff_t s = 0; s < rows; ++s) {
            const ptrdiff_t i = lower ? i0 + s : end - 1 - s;
            if (!unit) {
                const MC_REAL d = a[i * rsa + i], inverse = MC_FN(reciprocal)(d);
                x[i] = inverse != 0 ? x[i] * inverse : x[i] / d;
            }
            for (ptrdiff_t r = lower ? i + 1 : i0; r < (lower ? end : i); ++r) x[r] -= a[r * rsa + i] * x[i];
        }
        done += rows;
    }
}

static void MC_FN(vector_by_columns)(ptrdiff_t n, const MC_REAL *a, ptrdiff_t csa, int lower, int unit, MC_REAL *x) {
    for (ptrdiff_t s = 0; s < n; ++s) {
        const ptrdiff_t i = lower ? s : n - 1 - s;
        const MC_REAL *column = a + i * csa;
        if (!unit) {
            const MC_REAL d = column[i], inverse = MC_FN(reciprocal)(d);
            x[i] = inverse != 0 ? x[i] * inverse : x[i] / d;
        }
        const MC_REAL e = x[i];
        for (ptrdiff_t k = lower ? i + 1 : 0; k < (lower ? n : i); ++k) x[k] -= column[k] * e;
    }
}

static void MC_FN(vector)(ptrdiff_t n, const void *a, ptrdiff_t rsa, ptrdiff_t csa, int lower, int unit, void *x) {
    if (csa == 1) MC_FN(vector_by_rows)(n, (const MC_REAL *)a, rsa, lower, unit, (MC_REAL *)x);
    else MC_FN(vector_by_columns)(n, (const MC_REAL *)a, csa, lower, unit, (MC_REAL *)x);
}

static const mc_triangular_ops *MC_FN(triangular_ops)(void) {
    static const mc_triangular_ops ops = {MC_SIZE, MC_LANES, MC_TV * MC_LANES, MC_FN(pack_triangle), MC_FN(strip), MC_FN(vector)};
    return &ops;
}

#undef MC_TM
#undef MC_TV
