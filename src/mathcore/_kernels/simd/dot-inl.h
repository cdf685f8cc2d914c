/* dot: see dot.h for the order. Lanes: 4 of the widest vectors, enough for one FMA a cycle, which is all that two loads
 * per FMA allow. */
#define MC_DOT_LANES (256 / MC_SIZE)
#define MC_DOT_VECS (MC_DOT_LANES / MC_LANES)
#if MC_VBYTES == 64                     /* as many rows as the registers hold sums of */
#  define MC_DOT_TOGETHER 4
#else
#  define MC_DOT_TOGETHER 1
#endif

/* R rows at once, at most MC_DOT_BLOCK terms each, contiguous: x is loaded once for all. With FETCH, what is `ahead`
 * elements on is prefetched. */
MC_INLINE void MC_FN(dot_block)(const int R, const int FETCH, const MC_REAL *a, ptrdiff_t rsa, ptrdiff_t ahead,
                                const MC_REAL *x, ptrdiff_t k, MC_REAL *out) {
    MC_VEC sum[MC_DOT_TOGETHER][MC_DOT_VECS];
    MC_UNROLL(8) for (int r = 0; r < R; ++r)
        MC_UNROLL(64) for (int v = 0; v < MC_DOT_VECS; ++v) sum[r][v] = MC_FN(zero)();
    ptrdiff_t q = 0;
    for (; q + MC_DOT_LANES <= k; q += MC_DOT_LANES)
        MC_UNROLL(64) for (int v = 0; v < MC_DOT_VECS; ++v) {
            MC_VEC xv = MC_FN(load)(x + q + v * MC_LANES);
            MC_UNROLL(8) for (int r = 0; r < R; ++r) {
                const MC_REAL *row = a + r * rsa + q + v * MC_LANES;
                if (FETCH && v * MC_LANES * MC_SIZE % 64 == 0) MC_PREFETCH(row + ahead);
                sum[r][v] += MC_FN(load)(row) * xv;
            }
        }
    if (q < k) MC_UNROLL(64) for (int v = 0; v < MC_DOT_VECS; ++v) {
        ptrdiff_t at = q + v * MC_LANES;
        int n = k - at < MC_LANES ? (int)(k - at) : MC_LANES;
        if (n <= 0) {                   /* a round is always whole: 0 * 0 where the terms have run out */
            MC_UNROLL(8) for (int r = 0; r < R; ++r) sum[r][v] += MC_FN(zero)();
        } else {
            MC_VEC xv = MC_FN(load_tail)(x + at, n);
            MC_UNROLL(8) for (int r = 0; r < R; ++r) {
                const MC_REAL *row = a + r * rsa + at;
                if (FETCH) MC_PREFETCH(row + ahead);
                sum[r][v] += MC_FN(load_tail)(row, n) * xv;
            }
        }
    }
    MC_UNROLL(8) for (int r = 0; r < R; ++r)
        MC_UNROLL(8) for (int s = MC_DOT_VECS / 2; s; s /= 2)
            MC_UNROLL(64) for (int v = 0; v < s; ++v) sum[r][v] += sum[r][v + s];
#if MC_DOT_TOGETHER == 4
    if (R == 4) {
        MC_FN(fold4)(sum[0][0], sum[1][0], sum[2][0], sum[3][0], out);
        return;
    }
#endif
    MC_UNROLL(8) for (int r = 0; r < R; ++r) out[r] = MC_FN(fold)(sum[r][0]);
}

/* One row alone. Of rows from 6 to 20 KB one stream with a prefetch about 10 KB on draws 103 GB/s from L3, four streams
 * that prefetch the next four rows 86; of rows of 4 KB it is 95 and 105, of 32 KB 42 and 45 from memory. Not inline, or
 * the compiler keeps the sums on the stack. */
#define MC_DOT_FAR (10 * 1024 / MC_SIZE)
static MC_NOINLINE void MC_FN(dot_far)(const MC_REAL *a, ptrdiff_t ahead, const MC_REAL *x, ptrdiff_t k, MC_REAL *out) {
    MC_FN(dot_block)(1, 1, a, 0, ahead, x, k, out);
}

/* Rows that lie side by side (unit row stride), up to 8 vectors of them: lane after lane, the sums in registers. */
#define MC_DOT_ROWS (8 * MC_LANES)
MC_INLINE void MC_FN(dot_columns)(const int NV, ptrdiff_t k, const MC_REAL *a, ptrdiff_t csa, const MC_REAL *x, int n_last,
                                  MC_REAL *out) {
    MC_REAL sum[MC_DOT_LANES][MC_DOT_ROWS];
    for (int lane = 0; lane < MC_DOT_LANES; ++lane) {
        MC_VEC s[8];
        MC_UNROLL(8) for (int v = 0; v < NV; ++v) s[v] = MC_FN(zero)();
        for (ptrdiff_t q = lane; q < k; q += MC_DOT_LANES) {
            const MC_REAL *col = a + q * csa;
            MC_UNROLL(8) for (int v = 0; v < NV; ++v) {
                MC_PREFETCH(col + MC_AHEAD / 4 * MC_DOT_LANES * csa + v * MC_LANES);
                s[v] += x[q] * (v < NV - 1 ? MC_FN(load)(col + v * MC_LANES) : MC_FN(load_tail)(col + v * MC_LANES, n_last));
            }
        }
        if (k % MC_DOT_LANES && lane >= k % MC_DOT_LANES)   /* the last round is whole, as in dot_block */
            MC_UNROLL(8) for (int v = 0; v < NV; ++v) s[v] += MC_FN(zero)();
        MC_UNROLL(8) for (int v = 0; v < NV; ++v) MC_FN(store)(sum[lane] + v * MC_LANES, s[v]);
    }
    for (int half = MC_DOT_LANES / 2; half; half /= 2)
        for (int lane = 0; lane < half; ++lane)
            MC_UNROLL(8) for (int v = 0; v < NV; ++v) {
                MC_REAL *to = sum[lane] + v * MC_LANES;
                MC_FN(store)(to, MC_FN(load)(to) + MC_FN(load)(sum[lane + half] + v * MC_LANES));
            }
    memcpy(out, sum[0], (size_t)NV * MC_LANES * MC_SIZE);
}

static void MC_FN(dot_columns_n)(int nv, ptrdiff_t k, const MC_REAL *a, ptrdiff_t csa, const MC_REAL *x, int n_last, MC_REAL *out) {
    switch (nv) {
    case 1: MC_FN(dot_columns)(1, k, a, csa, x, n_last, out); break;
    case 2: MC_FN(dot_columns)(2, k, a, csa, x, n_last, out); break;
    case 3: MC_FN(dot_columns)(3, k, a, csa, x, n_last, out); break;
    case 4: MC_FN(dot_columns)(4, k, a, csa, x, n_last, out); break;
    case 5: MC_FN(dot_columns)(5, k, a, csa, x, n_last, out); break;
    case 6: MC_FN(dot_columns)(6, k, a, csa, x, n_last, out); break;
    case 7: MC_FN(dot_columns)(7, k, a, csa, x, n_last, out); break;
    default: MC_FN(dot_columns)(8, k, a, csa, x, n_last, out);
    }
}

/* More such rows than registers hold: the sums of one lane at a time, in L1, four columns on every one of them, so that
 * columns are read in runs of MC_DOT_LONG bytes. What the next four columns hold there is prefetched. */
#define MC_DOT_LONG (2048 / MC_SIZE)
static MC_NOINLINE void MC_FN(dot_long_columns)(ptrdiff_t m, ptrdiff_t k, const MC_REAL *a, ptrdiff_t csa, const MC_REAL *x,
                                                MC_REAL *out) {
    MC_REAL sum[MC_DOT_LANES][MC_DOT_LONG];
    const ptrdiff_t step = MC_DOT_LANES * csa, vectors = m / MC_LANES;
    for (int lane = 0; lane < MC_DOT_LANES; ++lane) {
        MC_REAL *s = sum[lane];
        for (ptrdiff_t v = 0; v < vectors; ++v) MC_FN(store)(s + v * MC_LANES, MC_FN(zero)());
        ptrdiff_t q = lane;
        for (; q + 3 * MC_DOT_LANES < k; q += 4 * MC_DOT_LANES) {
            const MC_REAL *c = a + q * csa, x0 = x[q], x1 = x[q + MC_DOT_LANES], x2 = x[q + 2 * MC_DOT_LANES],
                          x3 = x[q + 3 * MC_DOT_LANES];
            for (ptrdiff_t v = 0; v < vectors; ++v, c += MC_LANES) {
                MC_VEC t = MC_FN(load)(s + v * MC_LANES);
                MC_UNROLL(4) for (int p = 4; p < 8; ++p) MC_PREFETCH(c + p * step);
                t += x0 * MC_FN(load)(c);
                t += x1 * MC_FN(load)(c + step);
                t += x2 * MC_FN(load)(c + 2 * step);
                t += x3 * MC_FN(load)(c + 3 * step);
                MC_FN(store)(s + v * MC_LANES, t);
            }
        }
        for (; q < k; q += MC_DOT_LANES)
            for (ptrdiff_t v = 0; v < vectors; ++v) {
                const MC_VEC t = MC_FN(load)(s + v * MC_LANES);
                MC_FN(store)(s + v * MC_LANES, t + x[q] * MC_FN(load)(a + q * csa + v * MC_LANES));
            }
        if (k % MC_DOT_LANES && lane >= k % MC_DOT_LANES)
            for (ptrdiff_t v = 0; v < vectors; ++v)
                MC_FN(store)(s + v * MC_LANES, MC_FN(load)(s + v * MC_LANES) + MC_FN(zero)());
    }
    for (int half = MC_DOT_LANES / 2; half; half /= 2)
        for (int lane = 0; lane < half; ++lane)
            for (ptrdiff_t v = 0; v < vectors; ++v) {
                MC_REAL *to = sum[lane] + v * MC_LANES;
                MC_FN(store)(to, MC_FN(load)(to) + MC_FN(load)(sum[lane + half] + v * MC_LANES));
            }
    memcpy(out, sum[0], (size_t)m * MC_SIZE);
}

MC_INLINE void MC_FN(gather)(ptrdiff_t k, const MC_REAL *x, ptrdiff_t sx, MC_REAL *out) {
    for (ptrdiff_t q = 0; q < k; ++q) out[q] = x[q * sx];
}

static void MC_FN(dot_rows)(ptrdiff_t m, ptrdiff_t k, const void *a0, ptrdiff_t rsa, ptrdiff_t csa, const void *x0,
                            ptrdiff_t sx, void *y0, ptrdiff_t sy) {
    MC_REAL *y = (MC_REAL *)y0, piece[MC_DOT_BLOCK], other[MC_DOT_BLOCK], column[MC_DOT_LONG];
    /* the next rows, but at least 2 KB on */
    const ptrdiff_t group = MC_DOT_TOGETHER * (rsa > 0 ? rsa : 1), ahead = group * (1 + 2048 / MC_SIZE / group);
    const int alone = csa == 1 && k * MC_SIZE > 6 * 1024 && k * MC_SIZE < 20 * 1024;
    if (!k) for (ptrdiff_t i = 0; i < m; ++i) y[i * sy] = 0;
    for (ptrdiff_t q = 0; q < k; q += MC_DOT_BLOCK) {
        ptrdiff_t n = k - q < MC_DOT_BLOCK ? k - q : MC_DOT_BLOCK;
        const MC_REAL *a = (const MC_REAL *)a0 + q * csa, *x = (const MC_REAL *)x0 + q * sx;
        if (sx != 1) { MC_FN(gather)(n, x, sx, piece); x = piece; }
        if (rsa == 1 && csa != 1 && m > 1) {
            ptrdiff_t i = 0;
            while (k >= MC_DOT_LANES && m - i >= 2 * MC_DOT_ROWS) {
                const ptrdiff_t rows = m - i < MC_DOT_LONG ? (m - i) / MC_LANES * MC_LANES : MC_DOT_LONG;
                MC_FN(dot_long_columns)(rows, n, a + i, csa, x, column);
                for (ptrdiff_t l = 0; l < rows; ++l, ++i) y[i * sy] = q ? y[i * sy] + column[l] : column[l];
            }
            while (i < m) {
                const int rows = m - i < MC_DOT_ROWS ? (int)(m - i) : MC_DOT_ROWS;
                const int nv = (rows + MC_LANES - 1) / MC_LANES;
                MC_FN(dot_columns_n)(nv, n, a + i, csa, x, rows - (nv - 1) * MC_LANES, column);
                for (int l = 0; l < rows; ++l, ++i) y[i * sy] = q ? y[i * sy] + column[l] : column[l];
            }
            continue;
        }
        for (ptrdiff_t i = 0; i < m;) {
            MC_REAL sum[MC_DOT_TOGETHER];
            int rows = 1;
            if (alone) {
                MC_FN(dot_far)(a, k < MC_DOT_FAR ? rsa : MC_DOT_FAR, x, n, sum);
            } else if (csa == 1 && m - i >= MC_DOT_TOGETHER) {
                rows = MC_DOT_TOGETHER;
                MC_FN(dot_block)(MC_DOT_TOGETHER, MC_DOT_TOGETHER > 1, a, rsa, ahead, x, n, sum);
            } else if (csa == 1) {
                MC_FN(dot_block)(1, 0, a, 0, 0, x, n, sum);
            } else {
                MC_FN(gather)(n, a, csa, other);
                MC_FN(dot_block)(1, 0, other, 0, 0, x, n, sum);
            }
            for (int r = 0; r < rows; ++r, ++i, a += rsa) y[i * sy] = q ? y[i * sy] + sum[r] : sum[r];
        }
    }
}

static void MC_FN(dot_add_blocks)(ptrdiff_t blocks, ptrdiff_t m, const void *parts, void *y0, ptrdiff_t sy,
                                   int accumulate) {
    const MC_REAL *x = (const MC_REAL *)parts;
    MC_REAL *y = (MC_REAL *)y0;
    for (ptrdiff_t i = 0; i < m; ++i) {
        MC_REAL sum = accumulate ? y[i * sy] + x[i] : x[i];
        for (ptrdiff_t b = 1; b < blocks; ++b) sum += x[b * m + i];
        y[i * sy] = sum;
    }
}

static const mc_dot_ops *MC_FN(dot_ops)(void) {
    static const mc_dot_ops ops = {MC_FN(dot_rows), MC_FN(dot_add_blocks)};
    return &ops;
}

#undef MC_DOT_LANES
#undef MC_DOT_VECS
#undef MC_DOT_TOGETHER
#undef MC_DOT_FAR
#undef MC_DOT_ROWS
#undef MC_DOT_LONG
