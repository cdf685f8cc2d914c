/* dot: see dot.h for the order. Lanes: 4 of the widest vectors, enough for one FMA a cycle, which is all that two loads
 * per FMA allow. */
#define MC_DOT_LANES (256 / MC_SIZE)
#define MC_DOT_VECS (MC_DOT_LANES / MC_LANES)
#if MC_VBYTES == 64                     /* as many rows as the registers hold sums of */
#  define MC_DOT_TOGETHER 4
#elif MC_VBYTES == 32
#  define MC_DOT_TOGETHER 1
#else
#  define MC_DOT_TOGETHER 1
#endif

/* R rows at once, at most MC_DOT_BLOCK terms each, contiguous: several streams draw more from memory than one
 * (30 against 45 GB/s), and x is loaded once for all. */
MC_INLINE void MC_FN(dot_block)(const int R, const MC_REAL *a, ptrdiff_t rsa, const MC_REAL *x, ptrdiff_t k, MC_REAL *out) {
    MC_VEC sum[MC_DOT_TOGETHER][MC_DOT_VECS];
    MC_UNROLL(8) for (int r = 0; r < R; ++r)
        MC_UNROLL(64) for (int v = 0; v < MC_DOT_VECS; ++v) sum[r][v] = MC_FN(zero)();
    ptrdiff_t q = 0;
    for (; q + MC_DOT_LANES <= k; q += MC_DOT_LANES)
        MC_UNROLL(64) for (int v = 0; v < MC_DOT_VECS; ++v) {
            MC_VEC xv = MC_FN(load)(x + q + v * MC_LANES);
            MC_UNROLL(8) for (int r = 0; r < R; ++r) {
                if (R > 1) MC_PREFETCH(a + (r + R) * rsa + q + v * MC_LANES);
                sum[r][v] += MC_FN(load)(a + r * rsa + q + v * MC_LANES) * xv;
            }
        }
    MC_UNROLL(64) for (int v = 0; v < MC_DOT_VECS; ++v) {
        ptrdiff_t at = q + v * MC_LANES;
        int n = k - at < MC_LANES ? (int)(k - at) : MC_LANES;
        if (n > 0) {
            MC_VEC xv = MC_FN(load_tail)(x + at, n);
            MC_UNROLL(8) for (int r = 0; r < R; ++r) sum[r][v] += MC_FN(load_tail)(a + r * rsa + at, n) * xv;
        }
    }
    MC_UNROLL(8) for (int r = 0; r < R; ++r) {
        MC_UNROLL(8) for (int s = MC_DOT_VECS / 2; s; s /= 2)
            MC_UNROLL(64) for (int v = 0; v < s; ++v) sum[r][v] += sum[r][v + s];
        out[r] = MC_FN(fold)(sum[r][0]);
    }
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

MC_INLINE void MC_FN(gather)(ptrdiff_t k, const MC_REAL *x, ptrdiff_t sx, MC_REAL *out) {
    for (ptrdiff_t q = 0; q < k; ++q) out[q] = x[q * sx];
}

static void MC_FN(dot_rows)(ptrdiff_t m, ptrdiff_t k, const void *a0, ptrdiff_t rsa, ptrdiff_t csa, const void *x0,
                            ptrdiff_t sx, void *y0, ptrdiff_t sy) {
    MC_REAL *y = (MC_REAL *)y0, piece[MC_DOT_BLOCK], other[MC_DOT_BLOCK], column[MC_DOT_ROWS];
    if (!k) for (ptrdiff_t i = 0; i < m; ++i) y[i * sy] = 0;
    for (ptrdiff_t q = 0; q < k; q += MC_DOT_BLOCK) {
        ptrdiff_t n = k - q < MC_DOT_BLOCK ? k - q : MC_DOT_BLOCK;
        const MC_REAL *a = (const MC_REAL *)a0 + q * csa, *x = (const MC_REAL *)x0 + q * sx;
        if (sx != 1) { MC_FN(gather)(n, x, sx, piece); x = piece; }
        if (rsa == 1 && csa != 1 && m > 1) {
            for (ptrdiff_t i = 0; i < m;) {
                int rows = m - i < MC_LANES ? (int)(m - i) : MC_LANES;
                if (m - i >= MC_DOT_ROWS) {
                    rows = MC_DOT_ROWS;
                    MC_FN(dot_columns)(8, n, a + i, csa, x, MC_LANES, column);
                } else {
                    MC_FN(dot_columns)(1, n, a + i, csa, x, rows, column);
                }
                for (int l = 0; l < rows; ++l, ++i) y[i * sy] = q ? y[i * sy] + column[l] : column[l];
            }
            continue;
        }
        for (ptrdiff_t i = 0; i < m;) {
            MC_REAL sum[MC_DOT_TOGETHER];
            int rows = 1;
            if (csa == 1 && m - i >= MC_DOT_TOGETHER) {
                rows = MC_DOT_TOGETHER;
                MC_FN(dot_block)(MC_DOT_TOGETHER, a, rsa, x, n, sum);
            } else if (csa == 1) {
                MC_FN(dot_block)(1, a, rsa, x, n, sum);
            } else {
                MC_FN(gather)(n, a, csa, other);
                MC_FN(dot_block)(1, other, 0, x, n, sum);
            }
            for (int r = 0; r < rows; ++r, ++i, a += rsa) y[i * sy] = q ? y[i * sy] + sum[r] : sum[r];
        }
    }
}

static void MC_FN(dot_add_blocks)(ptrdiff_t blocks, ptrdiff_t m, const void *parts, void *y0, ptrdiff_t sy) {
    const MC_REAL *x = (const MC_REAL *)parts;
    MC_REAL *y = (MC_REAL *)y0;
    for (ptrdiff_t i = 0; i < m; ++i) {
        MC_REAL sum = x[i];
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
#undef MC_DOT_ROWS
