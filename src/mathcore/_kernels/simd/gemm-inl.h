/* gemm: C (m, n) = or += A (m, k) B (k, n), one tile at a time, vectors along n, elements of A broadcast.
 *
 * Tile: 8 rows x 3 vectors where there are 32 vector registers (24 sums + 3 of B + 1 of A), 6 x 2 where there are 16.
 * 24 sums hide the FMA latency (4 cycles x 2 pipes) three times over, and 11 loads per 24 FMAs fit two load ports. */
#if MC_VBYTES == 64 || defined(__aarch64__)
#  define MC_MR 8
#  define MC_NV 3
#else
#  define MC_MR 6
#  define MC_NV 2
#endif
#define MC_NR (MC_NV * MC_LANES)

MC_INLINE MC_VEC MC_FN(finish)(MC_VEC x, MC_VEC scale, MC_VEC bias, int activation) {
    x = x * scale + bias;
#if MC_IS_FLOAT
    if (activation == MC_RELU) {        /* x < 0 is false for NaN, which must come through */
#  if MC_VECTORS
        x = (MC_VEC)((__typeof__(x < x))x & ~(x < MC_FN(zero)()));
#  else
        x = x < 0 ? 0 : x;
#  endif
    }
#endif
    return x;
}

/* M x NV vectors of C, the last vector n_last wide. M and NV are literals: every loop over them unrolls, the sums stay
 * in registers. */
MC_INLINE void MC_FN(tile)(const int M, const int NV, const mc_panel *p, const MC_REAL *a, ptrdiff_t rsa, ptrdiff_t csa,
                           const MC_REAL *b, ptrdiff_t rsb, MC_REAL *c, ptrdiff_t col, int n_last) {
    MC_VEC sum[MC_MR][MC_NV], bv[MC_NV];
    const ptrdiff_t rsc = p->rsc;
    MC_UNROLL(8) for (int i = 0; i < M; ++i)
        MC_UNROLL(8) for (int v = 0; v < NV; ++v) sum[i][v] = MC_FN(zero)();
    for (ptrdiff_t q = p->k; q > 0; --q) {
        MC_UNROLL(8) for (int v = 0; v < NV - 1; ++v) bv[v] = MC_FN(load)(b + v * MC_LANES);
#if MC_VBYTES >= 32
        bv[NV - 1] = MC_FN(load_tail)(b + (NV - 1) * MC_LANES, n_last);
#else
        bv[NV - 1] = MC_FN(load)(b + (NV - 1) * MC_LANES);
#endif
        MC_UNROLL(8) for (int i = 0; i < M; ++i) {
            MC_REAL x = a[i * rsa];
            MC_UNROLL(8) for (int v = 0; v < NV; ++v) sum[i][v] += x * bv[v];
        }
        a += csa;
        b += rsb;
    }
    if (p->accumulate) {
        MC_UNROLL(8) for (int i = 0; i < M; ++i) {
            MC_UNROLL(8) for (int v = 0; v < NV - 1; ++v) sum[i][v] += MC_FN(load)(c + i * rsc + v * MC_LANES);
            sum[i][NV - 1] += MC_FN(load_tail)(c + i * rsc + (NV - 1) * MC_LANES, n_last);
        }
    }
    if (p->epilogue) {
        const mc_epilogue *e = p->epilogue;
        MC_VEC scale = MC_FN(splat)((MC_REAL)e->scale), bias[MC_NV];
        MC_UNROLL(8) for (int v = 0; v < NV; ++v) {
            bias[v] = MC_FN(zero)();
            if (e->bias) {
                const MC_REAL *from = (const MC_REAL *)e->bias + p->col + col + v * MC_LANES;
                bias[v] = v < NV - 1 ? MC_FN(load)(from) : MC_FN(load_tail)(from, n_last);
            }
        }
        MC_UNROLL(8) for (int i = 0; i < M; ++i)
            MC_UNROLL(8) for (int v = 0; v < NV; ++v)
                sum[i][v] = MC_FN(finish)(sum[i][v], scale, bias[v], e->activation);
    }
    if (n_last == MC_LANES) {
        MC_UNROLL(8) for (int i = 0; i < M; ++i)
            MC_UNROLL(8) for (int v = 0; v < NV; ++v) MC_FN(store)(c + i * rsc + v * MC_LANES, sum[i][v]);
    } else {
        MC_UNROLL(8) for (int i = 0; i < M; ++i) {
            MC_UNROLL(8) for (int v = 0; v < NV - 1; ++v) MC_FN(store)(c + i * rsc + v * MC_LANES, sum[i][v]);
            MC_FN(store_tail)(c + i * rsc + (NV - 1) * MC_LANES, sum[i][NV - 1], n_last);
        }
    }
}

typedef void (*MC_FN(tile_fn))(const mc_panel *p, const MC_REAL *a, const MC_REAL *b, MC_REAL *c, ptrdiff_t col, int n_last);

#define MC_TILE(M, NV)                                                                                              \
    static void MC_CAT3(MC_FN(tile), M, NV)(const mc_panel *p, const MC_REAL *a, const MC_REAL *b, MC_REAL *c,      \
                                            ptrdiff_t col, int n_last) {                                            \
        MC_FN(tile)(M, NV, p, a, p->rsa, p->csa, b, p->rsb, c, col, n_last);                                        \
    }
#define MC_TILE_NAME(M, NV) MC_CAT3(MC_FN(tile), M, NV)
MC_TILE(1, 1) MC_TILE(2, 1) MC_TILE(3, 1) MC_TILE(4, 1) MC_TILE(5, 1) MC_TILE(6, 1)
MC_TILE(1, 2) MC_TILE(2, 2) MC_TILE(3, 2) MC_TILE(4, 2) MC_TILE(5, 2) MC_TILE(6, 2)
#if MC_MR == 8
MC_TILE(7, 1) MC_TILE(8, 1) MC_TILE(7, 2) MC_TILE(8, 2)
MC_TILE(1, 3) MC_TILE(2, 3) MC_TILE(3, 3) MC_TILE(4, 3) MC_TILE(5, 3) MC_TILE(6, 3) MC_TILE(7, 3) MC_TILE(8, 3)
#endif

/* Full tile of packed operands: strides are literals, so the addresses cost nothing. */
static void MC_FN(tile_packed)(const mc_panel *p, const MC_REAL *a, const MC_REAL *b, MC_REAL *c, ptrdiff_t col, int n_last) {
    for (int i = 0; i < MC_MR; ++i) MC_PREFETCH_W(c + i * p->rsc);
    MC_FN(tile)(MC_MR, MC_NV, p, a, 1, MC_MR, b, MC_NR, c, col, MC_LANES);
}

static MC_FN(tile_fn) MC_FN(tile_for)(int m, int nv) {
    static const MC_FN(tile_fn) table[MC_MR][MC_NV] = {
#if MC_MR == 8
#  define MC_ROW(M) {MC_TILE_NAME(M, 1), MC_TILE_NAME(M, 2), MC_TILE_NAME(M, 3)}
        MC_ROW(1), MC_ROW(2), MC_ROW(3), MC_ROW(4), MC_ROW(5), MC_ROW(6), MC_ROW(7), MC_ROW(8)
#else
#  define MC_ROW(M) {MC_TILE_NAME(M, 1), MC_TILE_NAME(M, 2)}
        MC_ROW(1), MC_ROW(2), MC_ROW(3), MC_ROW(4), MC_ROW(5), MC_ROW(6)
#endif
#undef MC_ROW
    };
    return table[m - 1][nv - 1];
}

#if MC_VBYTES < 32
/* Fewer than MC_LANES columns left: without masked loads one element at a time, by the same chain. */
static void MC_FN(columns)(const mc_panel *p, ptrdiff_t m, const MC_REAL *a, const MC_REAL *b, MC_REAL *c, ptrdiff_t col, int n) {
    const mc_epilogue *e = p->epilogue;
    for (ptrdiff_t i = 0; i < m; ++i)
        for (int j = 0; j < n; ++j) {
            MC_REAL sum = 0;
            for (ptrdiff_t q = 0; q < p->k; ++q) sum += a[i * p->rsa + q * p->csa] * b[q * p->rsb + j];
            if (p->accumulate) sum += c[i * p->rsc + j];
            if (e) {
                sum = sum * (MC_REAL)e->scale + (e->bias ? ((const MC_REAL *)e->bias)[p->col + col + j] : 0);
#if MC_IS_FLOAT
                if (e->activation == MC_RELU && sum < 0) sum = 0;
#endif
            }
            c[i * p->rsc + j] = sum;
        }
}
#endif

static void MC_FN(panel)(const mc_panel *p) {
    const MC_REAL *a0 = (const MC_REAL *)p->a, *b = (const MC_REAL *)p->b;
    MC_REAL *c0 = (MC_REAL *)p->c;
    const int packed = p->rsa == 1 && p->csa == MC_MR && p->rsb == MC_NR;
    for (ptrdiff_t j = 0; j < p->n; j += MC_NR, b += p->ssb) {
        int n = p->n - j < MC_NR ? (int)(p->n - j) : MC_NR;
#if MC_VBYTES < 32
        int left = n % MC_LANES, whole = n - left;
#else
        int left = 0, whole = n;
#endif
        int nv = (whole + MC_LANES - 1) / MC_LANES, n_last = whole - (nv - 1) * MC_LANES;
        const MC_REAL *a = a0;
        for (ptrdiff_t i = 0; i < p->m; i += MC_MR, a += p->gsa) {
            int m = p->m - i < MC_MR ? (int)(p->m - i) : MC_MR;
            MC_REAL *c = c0 + i * p->rsc + j;
            if (packed && m == MC_MR && n == MC_NR) MC_FN(tile_packed)(p, a, b, c, j, MC_LANES);
            else if (nv) MC_FN(tile_for)(m, nv)(p, a, b, c, j, n_last);
#if MC_VBYTES < 32
            if (left) MC_FN(columns)(p, m, a, b + whole, c + whole, j + whole, left);
#endif
            if (p->epilogue && p->epilogue->hook)
                p->epilogue->hook(p->epilogue->hook_ctx, p->row + i, p->col + j, m, whole + left, c, p->rsc);
        }
    }
}

/* One group: `rows` <= width rows interleaved. */
static void MC_FN(pack_group)(ptrdiff_t rows, ptrdiff_t k, const MC_REAL *x, ptrdiff_t rs, ptrdiff_t cs, ptrdiff_t width,
                              MC_REAL *out) {
    ptrdiff_t q = 0;
    if (rs == 1) {                      /* rows lie side by side: copy */
        for (; q < k; ++q) {
            ptrdiff_t i = 0;
            for (; i + MC_LANES <= rows; i += MC_LANES) MC_FN(store)(out + q * width + i, MC_FN(load)(x + q * cs + i));
            for (; i < rows; ++i) out[q * width + i] = x[q * cs + i];
        }
        return;
    }
    if (cs == 1 && MC_LANES > 1) {      /* each row lies in one piece: transpose in registers */
        for (; q + MC_LANES <= k; q += MC_LANES)
            for (ptrdiff_t i = 0; i < rows; i += MC_LANES) {
                int n = rows - i < MC_LANES ? (int)(rows - i) : MC_LANES;
                MC_VEC r[MC_LANES];
                if (n == MC_LANES) {
                    MC_UNROLL(16) for (int l = 0; l < MC_LANES; ++l) r[l] = MC_FN(load)(x + (i + l) * rs + q);
                } else {
                    MC_UNROLL(16) for (int l = 0; l < MC_LANES; ++l) r[l] = MC_FN(load)(x + (i + (l < n ? l : 0)) * rs + q);
                }
                MC_FN(transpose)(r);
                if (n == MC_LANES) {
                    MC_UNROLL(16) for (int l = 0; l < MC_LANES; ++l) MC_FN(store)(out + (q + l) * width + i, r[l]);
                } else {
                    MC_UNROLL(16) for (int l = 0; l < MC_LANES; ++l) MC_FN(store_tail)(out + (q + l) * width + i, r[l], n);
                }
            }
    }
    for (; q < k; ++q)
        for (ptrdiff_t i = 0; i < rows; ++i) out[q * width + i] = x[i * rs + q * cs];
}

static void MC_FN(pack)(ptrdiff_t rows, ptrdiff_t k, const void *x, ptrdiff_t rs, ptrdiff_t cs, ptrdiff_t width, void *out) {
    for (ptrdiff_t i = 0; i < rows; i += width)
        MC_FN(pack_group)(rows - i < width ? rows - i : width, k, (const MC_REAL *)x + i * rs, rs, cs, width,
                          (MC_REAL *)out + i * k);
}

/* Lane = row: blocks of A are transposed in registers, so that a matrix-vector product keeps the chain over k that every
 * product has. Two blocks of rows at a time: the chain of one hides behind the shuffles of the other. */
MC_INLINE void MC_FN(thin_rows)(const int N, const int BLOCKS, ptrdiff_t k, const MC_REAL *a, ptrdiff_t rsa, int rows,
                                const MC_REAL *b, ptrdiff_t rsb, ptrdiff_t csb, MC_REAL *c, ptrdiff_t rsc, ptrdiff_t kc) {
    for (ptrdiff_t q0 = 0; q0 < k; q0 += kc) {
        ptrdiff_t end = k - q0 < kc ? k : q0 + kc, q = q0;
        MC_VEC sum[2][MC_THIN];
        MC_UNROLL(4) for (int s = 0; s < BLOCKS; ++s)
            MC_UNROLL(4) for (int j = 0; j < N; ++j) sum[s][j] = MC_FN(zero)();
        for (; q < end; q += MC_LANES) {
            int left = end - q < MC_LANES ? (int)(end - q) : MC_LANES;
            MC_UNROLL(4) for (int s = 0; s < BLOCKS; ++s) {
                MC_VEC r[MC_LANES];
                /* rows past the end repeat row 0: their lanes are never stored */
                if (left == MC_LANES) {
                    MC_UNROLL(16) for (int l = 0; l < MC_LANES; ++l)
                        r[l] = MC_FN(load)(a + (s * MC_LANES + l < rows ? s * MC_LANES + l : 0) * rsa + q);
                } else {
                    MC_UNROLL(16) for (int l = 0; l < MC_LANES; ++l)
                        r[l] = MC_FN(load_tail)(a + (s * MC_LANES + l < rows ? s * MC_LANES + l : 0) * rsa + q, left);
                }
                MC_FN(transpose)(r);
                MC_UNROLL(16) for (int l = 0; l < MC_LANES; ++l)
                    if (l < left)
                        MC_UNROLL(4) for (int j = 0; j < N; ++j) sum[s][j] += b[(q + l) * rsb + j * csb] * r[l];
            }
        }
        MC_UNROLL(4) for (int s = 0; s < BLOCKS; ++s)
            for (int l = 0; l < MC_LANES && s * MC_LANES + l < rows; ++l)
                MC_UNROLL(4) for (int j = 0; j < N; ++j) {
#if MC_VECTORS
                    MC_REAL x = sum[s][j][l];
#else
                    MC_REAL x = sum[s][j];
#endif
                    MC_REAL *to = c + (s * MC_LANES + l) * rsc + j;
                    *to = q0 ? *to + x : x;
                }
    }
}

MC_INLINE void MC_FN(thin_columns)(const int N, ptrdiff_t m, ptrdiff_t k, const MC_REAL *a, ptrdiff_t rsa, const MC_REAL *b,
                                   ptrdiff_t rsb, ptrdiff_t csb, MC_REAL *c, ptrdiff_t rsc, ptrdiff_t kc) {
    ptrdiff_t i = 0;
    for (; i + 2 * MC_LANES <= m; i += 2 * MC_LANES)
        MC_FN(thin_rows)(N, 2, k, a + i * rsa, rsa, 2 * MC_LANES, b, rsb, csb, c + i * rsc, rsc, kc);
    for (; i < m; i += MC_LANES)
        MC_FN(thin_rows)(N, 1, k, a + i * rsa, rsa, m - i < MC_LANES ? (int)(m - i) : MC_LANES, b, rsb, csb, c + i * rsc, rsc, kc);
}

static void MC_FN(thin)(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, const void *a, ptrdiff_t rsa, const void *b, ptrdiff_t rsb,
                        ptrdiff_t csb, void *c, ptrdiff_t rsc, ptrdiff_t kc) {
    switch (n) {
    case 1: MC_FN(thin_columns)(1, m, k, a, rsa, b, rsb, csb, c, rsc, kc); break;
    case 2: MC_FN(thin_columns)(2, m, k, a, rsa, b, rsb, csb, c, rsc, kc); break;
    case 3: MC_FN(thin_columns)(3, m, k, a, rsa, b, rsb, csb, c, rsc, kc); break;
    default: MC_FN(thin_columns)(4, m, k, a, rsa, b, rsb, csb, c, rsc, kc);
    }
}

static const mc_gemm_ops *MC_FN(gemm_ops)(void) {
    static const mc_gemm_ops ops = {MC_SIZE, MC_LANES, MC_MR, MC_NR, MC_FN(panel), MC_FN(pack), MC_FN(thin)};
    return &ops;
}

#undef MC_MR
#undef MC_NV
#undef MC_NR
#undef MC_TILE
#undef MC_TILE_NAME
