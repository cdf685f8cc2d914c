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
    if (activation == MC_RELU || activation == MC_CLIP) {               /* NaN comes through */
        const MC_VEC low = MC_FN(splat)(activation == MC_RELU ? 0 : -1);
        x = MC_FN(min)(MC_FN(splat)(activation == MC_RELU ? (MC_REAL)__builtin_inf() : 1), MC_FN(max)(low, x));
    }
#endif
    return x;
}

/* M x NV vectors of C, the last vector n_last wide. M and NV are literals: every loop over them unrolls, the sums stay
 * in registers. */
MC_INLINE void MC_FN(tile)(const int M, const int NV, const int FAR, const mc_panel *p, const MC_REAL *a, ptrdiff_t rsa, ptrdiff_t csa,
                           const MC_REAL *b, ptrdiff_t rsb, MC_REAL *c, ptrdiff_t col, int n_last) {
    MC_VEC sum[MC_MR][MC_NV], bv[MC_NV];
    const ptrdiff_t rsc = p->rsc;
    MC_UNROLL(8) for (int i = 0; i < M; ++i)
        MC_UNROLL(8) for (int v = 0; v < NV; ++v) sum[i][v] = MC_FN(zero)();
    if (p->resume)
        MC_UNROLL(8) for (int i = 0; i < M; ++i) {
            MC_UNROLL(8) for (int v = 0; v < NV - 1; ++v) sum[i][v] = MC_FN(load)(c + i * rsc + v * MC_LANES);
            sum[i][NV - 1] = MC_FN(load_tail)(c + i * rsc + (NV - 1) * MC_LANES, n_last);
        }
    for (ptrdiff_t q = p->k; q > 0; --q) {
        if (FAR) MC_UNROLL(8) for (int v = 0; v < NV; ++v) MC_PREFETCH(b + MC_AHEAD * rsb + v * MC_LANES);
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
    if (p->accumulate > 0) {
        MC_UNROLL(8) for (int i = 0; i < M; ++i) {
            MC_UNROLL(8) for (int v = 0; v < NV - 1; ++v) sum[i][v] += MC_FN(load)(c + i * rsc + v * MC_LANES);
            sum[i][NV - 1] += MC_FN(load_tail)(c + i * rsc + (NV - 1) * MC_LANES, n_last);
        }
    } else if (p->accumulate < 0) {
        MC_UNROLL(8) for (int i = 0; i < M; ++i) {
            MC_UNROLL(8) for (int v = 0; v < NV - 1; ++v)
                sum[i][v] = MC_FN(load)(c + i * rsc + v * MC_LANES) - sum[i][v];
            sum[i][NV - 1] = MC_FN(load_tail)(c + i * rsc + (NV - 1) * MC_LANES, n_last) - sum[i][NV - 1];
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

#define MC_TILE(M, NV, FAR)                                                                                         \
    static void MC_TILE_NAME(M, NV, FAR)(const mc_panel *p, const MC_REAL *a, const MC_REAL *b, MC_REAL *c,         \
                                         ptrdiff_t col, int n_last) {                                               \
        MC_FN(tile)(M, NV, FAR, p, a, p->rsa, p->csa, b, p->rsb, c, col, n_last);                                   \
    }
#define MC_TILE_NAME_(name, M, NV, FAR) name##_##M##x##NV##_##FAR
#define MC_TILE_NAME__(name, M, NV, FAR) MC_TILE_NAME_(name, M, NV, FAR)
#define MC_TILE_NAME(M, NV, FAR) MC_TILE_NAME__(MC_FN(tile), M, NV, FAR)
#if MC_MR == 8
#  define MC_EACH_M(f, NV, FAR) f(1, NV, FAR) f(2, NV, FAR) f(3, NV, FAR) f(4, NV, FAR) f(5, NV, FAR) f(6, NV, FAR) \
                                f(7, NV, FAR) f(8, NV, FAR)
MC_EACH_M(MC_TILE, 3, 0)
#else
#  define MC_EACH_M(f, NV, FAR) f(1, NV, FAR) f(2, NV, FAR) f(3, NV, FAR) f(4, NV, FAR) f(5, NV, FAR) f(6, NV, FAR)
#endif
MC_EACH_M(MC_TILE, 1, 0)
MC_EACH_M(MC_TILE, 2, 0)
#if MC_NV == 3
MC_EACH_M(MC_TILE, 3, 1)
#else
MC_EACH_M(MC_TILE, 2, 1)
#endif

/* Full tile of packed operands: strides are literals, so the addresses cost nothing. */
static void MC_FN(tile_packed)(const mc_panel *p, const MC_REAL *a, const MC_REAL *b, MC_REAL *c, ptrdiff_t col, int n_last) {
    for (int i = 0; i < MC_MR; ++i)
        for (int l = 0; l <= MC_NV * MC_VBYTES; l += 64) MC_PREFETCH_W((char *)(c + i * p->rsc) + l);
    MC_FN(tile)(MC_MR, MC_NV, 0, p, a, 1, MC_MR, b, MC_NR, c, col, MC_LANES);
}

/* A tile of m rows and nv vectors; of a B far away only full strips are worth prefetching. */
static MC_FN(tile_fn) MC_FN(tile_for)(int m, int nv, int far) {
#define MC_ENTRY(M, NV, FAR) MC_TILE_NAME(M, NV, FAR),
    static const MC_FN(tile_fn) table[MC_NV + 1][MC_MR] = {
        {MC_EACH_M(MC_ENTRY, 1, 0)},
        {MC_EACH_M(MC_ENTRY, 2, 0)},
#if MC_NV == 3
        {MC_EACH_M(MC_ENTRY, 3, 0)},
        {MC_EACH_M(MC_ENTRY, 3, 1)},
#else
        {MC_EACH_M(MC_ENTRY, 2, 1)},
#endif
    };
#undef MC_ENTRY
    return table[nv - 1 + (far && nv == MC_NV)][m - 1];
}

#if MC_VBYTES < 32
/* Fewer than MC_LANES columns left: without masked loads one element at a time, by the same chain. */
static void MC_FN(columns)(const mc_panel *p, ptrdiff_t m, const MC_REAL *a, const MC_REAL *b, MC_REAL *c, ptrdiff_t col, int n) {
    const mc_epilogue *e = p->epilogue;
    for (ptrdiff_t i = 0; i < m; ++i)
        for (int j = 0; j < n; ++j) {
            MC_REAL sum = p->resume ? c[i * p->rsc + j] : 0;
            for (ptrdiff_t q = 0; q < p->k; ++q) sum += a[i * p->rsa + q * p->csa] * b[q * p->rsb + j];
            if (p->accumulate) sum = p->accumulate > 0 ? c[i * p->rsc + j] + sum : c[i * p->rsc + j] - sum;
            if (e) {
                sum = sum * (MC_REAL)e->scale + (e->bias ? ((const MC_REAL *)e->bias)[p->col + col + j] : 0);
#if MC_IS_FLOAT
                if (e->activation == MC_RELU && sum < 0) sum = 0;
                if (e->activation == MC_CLIP) sum = sum > 1 ? 1 : sum < -1 ? -1 : sum;
#endif
            }
            c[i * p->rsc + j] = sum;
        }
}
#endif

#if MC_IS_FLOAT
MC_INLINE MC_VEC MC_FN(activated)(int activation, MC_VEC c, MC_VEC y) {
    switch (activation) {
    case MC_SIGMOID_OF: return MC_FN(sigmoid)(c);
    case MC_TANH_OF: return MC_FN(tanh)(c);
    case MC_RELU_SLOPE: return MC_FN(pick)(MC_FN(less)(MC_FN(zero)(), y), c, MC_FN(zero)());
    case MC_SIGMOID_SLOPE: return c * (y * (1 - y));
    default: return c * (1 - y * y);
    }
}

/* A tile of C, in L1, through an activation or times its slope. */
MC_INLINE void MC_FN(activate_tile)(const int activation, int m, int n, MC_REAL *c, ptrdiff_t rsc, const MC_REAL *y, ptrdiff_t rsy) {
    for (int i = 0; i < m; ++i, c += rsc, y += rsy) {
        int j = 0;
        for (; j + MC_LANES <= n; j += MC_LANES)
            MC_FN(store)(c + j, MC_FN(activated)(activation, MC_FN(load)(c + j), MC_FN(load)(y + j)));
        if (j < n)
            MC_FN(store_tail)(c + j, MC_FN(activated)(activation, MC_FN(load_tail)(c + j, n - j), MC_FN(load_tail)(y + j, n - j)),
                              n - j);
    }
}

static MC_NOINLINE void MC_FN(activate)(const mc_epilogue *e, int m, int n, MC_REAL *c, ptrdiff_t rsc, ptrdiff_t row, ptrdiff_t col) {
    const MC_REAL *y = e->activation >= MC_RELU_SLOPE ? (const MC_REAL *)e->y + row * e->rsy + col : c;
    const ptrdiff_t rsy = e->activation >= MC_RELU_SLOPE ? e->rsy : rsc;
    switch (e->activation) {
    case MC_SIGMOID_OF: MC_FN(activate_tile)(MC_SIGMOID_OF, m, n, c, rsc, y, rsy); break;
    case MC_TANH_OF: MC_FN(activate_tile)(MC_TANH_OF, m, n, c, rsc, y, rsy); break;
    case MC_RELU_SLOPE: MC_FN(activate_tile)(MC_RELU_SLOPE, m, n, c, rsc, y, rsy); break;
    case MC_SIGMOID_SLOPE: MC_FN(activate_tile)(MC_SIGMOID_SLOPE, m, n, c, rsc, y, rsy); break;
    default: MC_FN(activate_tile)(MC_TANH_SLOPE, m, n, c, rsc, y, rsy);
    }
}
#endif

/* Group of rows i, strip of columns j. */
MC_INLINE void MC_FN(panel_tile)(const mc_panel *p, ptrdiff_t i, ptrdiff_t j, const MC_REAL *a, const MC_REAL *b, int packed) {
    const int m = p->m - i < MC_MR ? (int)(p->m - i) : MC_MR, n = p->n - j < MC_NR ? (int)(p->n - j) : MC_NR;
    MC_REAL *c = (MC_REAL *)p->c + i * p->rsc + j;
#if MC_VBYTES < 32
    const int left = n % MC_LANES, whole = n - left;
#else
    const int left = 0, whole = n;
#endif
    const int nv = (whole + MC_LANES - 1) / MC_LANES;
    if (packed && m == MC_MR && n == MC_NR) MC_FN(tile_packed)(p, a, b, c, j, MC_LANES);
    else if (nv) MC_FN(tile_for)(m, nv, p->far)(p, a, b, c, j, whole - (nv - 1) * MC_LANES);
#if MC_VBYTES < 32
    if (left) MC_FN(columns)(p, m, a, b + whole, c + whole, j + whole, left);
#endif
#if MC_IS_FLOAT
    if (p->epilogue && p->epilogue->activation > MC_RELU)
        MC_FN(activate)(p->epilogue, m, whole + left, c, p->rsc, p->row + i, p->col + j);
#endif
    if (p->epilogue && p->epilogue->hook)
        p->epilogue->hook(p->epilogue->hook_ctx, p->row + i, p->col + j, m, whole + left, c, p->rsc);
}

/* Many small products, one vector wide: the loop over them stands inside, so that each costs a few loads and its FMAs. */
MC_INLINE void MC_FN(tiny_rows)(const int M, const mc_tiny *t) {
    const ptrdiff_t rsa = t->rsa, csa = t->csa, rsb = t->rsb, rsc = t->rsc, k = t->k;
    const int n = (int)t->n;
    const char *a = (const char *)t->a, *b = (const char *)t->b;
    char *c = (char *)t->c;
    for (ptrdiff_t left = t->count; left > 0; --left, a += t->sa, b += t->sb, c += t->sc) {
        const MC_REAL *x = (const MC_REAL *)a, *y = (const MC_REAL *)b;
        if (t->far) {                   /* from memory: the fourth product on */
            mc_prefetch(M * k * MC_SIZE, a + 4 * t->sa);
            mc_prefetch(k * n * MC_SIZE, b + 4 * t->sb);
            mc_prefetch(M * n * MC_SIZE, c + 4 * t->sc);
        }
        MC_VEC sum[MC_MR];
        MC_UNROLL(8) for (int i = 0; i < M; ++i) sum[i] = MC_FN(zero)();
        for (ptrdiff_t q = 0; q < k; ++q) {
            MC_VEC bv = MC_FN(load_tail)(y + q * rsb, n);
            MC_UNROLL(8) for (int i = 0; i < M; ++i) sum[i] += x[i * rsa + q * csa] * bv;
        }
        MC_UNROLL(8) for (int i = 0; i < M; ++i) MC_FN(store_tail)((MC_REAL *)c + i * rsc, sum[i], n);
    }
}

static int MC_FN(tiny)(const mc_tiny *t) {
    if (t->m > MC_MR || t->n > MC_LANES) return 0;
    switch (t->m) {
    case 1: MC_FN(tiny_rows)(1, t); break;
    case 2: MC_FN(tiny_rows)(2, t); break;
    case 3: MC_FN(tiny_rows)(3, t); break;
    case 4: MC_FN(tiny_rows)(4, t); break;
    case 5: MC_FN(tiny_rows)(5, t); break;
    case 6: MC_FN(tiny_rows)(6, t); break;
#if MC_MR == 8
    case 7: MC_FN(tiny_rows)(7, t); break;
    default: MC_FN(tiny_rows)(8, t);
#endif
    }
    return 1;
}

static void MC_FN(panel)(const mc_panel *p) {
    const MC_REAL *a = (const MC_REAL *)p->a, *b = (const MC_REAL *)p->b;
    const int packed = p->rsa == 1 && p->csa == MC_MR && p->rsb == MC_NR;
    if (p->k * p->n * MC_SIZE <= MC_SMALL_B) {
        for (ptrdiff_t i = 0; i < p->m; i += MC_MR, a += p->gsa) {
            const MC_REAL *strip = b;
            for (ptrdiff_t j = 0; j < p->n; j += MC_NR, strip += p->ssb) MC_FN(panel_tile)(p, i, j, a, strip, packed);
        }
    } else {
        for (ptrdiff_t j = 0; j < p->n; j += MC_NR, b += p->ssb) {
            const MC_REAL *group = a;
            for (ptrdiff_t i = 0; i < p->m; i += MC_MR, group += p->gsa) MC_FN(panel_tile)(p, i, j, group, b, packed);
        }
    }
}

/* Groups whose rows lie side by side: each line of X is read in one piece, whatever the number of groups. Groups that are
 * no whole vectors wide are copied in whole ones all the same, one group after the other: what is too much is overwritten
 * by the next column or group (a tail costs AVX2 one store for each lane). */
static void MC_FN(pack_copy)(ptrdiff_t rows, ptrdiff_t k, const MC_REAL *x, ptrdiff_t cs, ptrdiff_t width, MC_REAL *out) {
    const ptrdiff_t wide = (width + MC_LANES - 1) / MC_LANES * MC_LANES;
    if (width % MC_LANES)
        for (; rows >= width + wide; rows -= width, x += width, out += width * k)
            for (ptrdiff_t q = 0; q < k; ++q)
                for (ptrdiff_t l = 0; l < wide; l += MC_LANES) MC_FN(store)(out + q * width + l, MC_FN(load)(x + q * cs + l));
    for (ptrdiff_t q = 0; q < k; ++q, x += cs)
        for (ptrdiff_t i = 0; i < rows; i += width) {
            ptrdiff_t n = rows - i < width ? rows - i : width, l = 0;
            const MC_REAL *from = x + i;
            MC_REAL *to = out + i * k + q * width;
            for (; l + MC_LANES <= n; l += MC_LANES) MC_FN(store)(to + l, MC_FN(load)(from + l));
            if (l < n) MC_FN(store_tail)(to + l, MC_FN(load_tail)(from + l, (int)(n - l)), (int)(n - l));
        }
}

/* One group whose rows lie each in one piece: transposed in registers. */
static void MC_FN(pack_transpose)(ptrdiff_t rows, ptrdiff_t k, const MC_REAL *x, ptrdiff_t rs, ptrdiff_t width, MC_REAL *out) {
    ptrdiff_t q = 0;
    for (; q + MC_LANES <= k; q += MC_LANES)
        for (ptrdiff_t i = 0; i < rows; i += MC_LANES) {
            int n = rows - i < MC_LANES ? (int)(rows - i) : MC_LANES;
            MC_VEC r[MC_LANES];
            if (n == MC_LANES) {
                MC_UNROLL(16) for (int l = 0; l < MC_LANES; ++l) r[l] = MC_FN(load)(x + (i + l) * rs + q);
                MC_FN(transpose)(r);
                MC_UNROLL(16) for (int l = 0; l < MC_LANES; ++l) MC_FN(store)(out + (q + l) * width + i, r[l]);
            } else {
                MC_UNROLL(16) for (int l = 0; l < MC_LANES; ++l) r[l] = MC_FN(load)(x + (i + (l < n ? l : 0)) * rs + q);
                MC_FN(transpose)(r);
                MC_UNROLL(16) for (int l = 0; l < MC_LANES; ++l) MC_FN(store_tail)(out + (q + l) * width + i, r[l], n);
            }
        }
    for (; q < k; ++q)
        for (ptrdiff_t i = 0; i < rows; ++i) out[q * width + i] = x[i * rs + q];
}

static void MC_FN(pack)(ptrdiff_t rows, ptrdiff_t k, const void *x, ptrdiff_t rs, ptrdiff_t cs, ptrdiff_t width, void *out) {
    const MC_REAL *from = (const MC_REAL *)x;
    MC_REAL *to = (MC_REAL *)out;
    if (rs == 1) {
        MC_FN(pack_copy)(rows, k, from, cs, width, to);
        return;
    }
    for (ptrdiff_t i = 0; i < rows; i += width, from += width * rs, to += width * k) {
        ptrdiff_t n = rows - i < width ? rows - i : width;
        if (cs == 1) {
            MC_FN(pack_transpose)(n, k, from, rs, width, to);
        } else {
            for (ptrdiff_t q = 0; q < k; ++q)
                for (ptrdiff_t l = 0; l < n; ++l) to[q * width + l] = from[l * rs + q * cs];
        }
    }
}

/* Few columns: lane = row, blocks of A transposed in registers, so that these products too keep the one chain over k.
 * b holds N numbers per step of k. At least 8 chains run side by side where N allows, to hide the FMA latency; two blocks
 * of rows for small N, since the chain of one hides behind the shuffles of the other. */
MC_INLINE void MC_FN(thin_rows)(const int N, const int BLOCKS, ptrdiff_t k, const MC_REAL *a, ptrdiff_t rsa, int rows,
                                const MC_REAL *b, MC_REAL *c, ptrdiff_t rsc, int n, ptrdiff_t kc) {
    for (ptrdiff_t q0 = 0; q0 < k; q0 += kc) {
        ptrdiff_t end = k - q0 < kc ? k : q0 + kc;
        MC_VEC sum[2][MC_THIN];
        MC_UNROLL(8) for (int s = 0; s < BLOCKS; ++s)
            MC_UNROLL(8) for (int j = 0; j < N; ++j) sum[s][j] = MC_FN(zero)();
        for (ptrdiff_t q = q0; q < end; q += MC_LANES) {
            const MC_REAL *bq = b + q * N;
            int left = end - q < MC_LANES ? (int)(end - q) : MC_LANES;
            MC_UNROLL(2) for (int s = 0; s < BLOCKS; ++s) {
                MC_VEC r[MC_LANES];
                if (left == MC_LANES && rows == BLOCKS * MC_LANES) {
                    MC_UNROLL(16) for (int l = 0; l < MC_LANES; ++l) r[l] = MC_FN(load)(a + (s * MC_LANES + l) * rsa + q);
                    MC_FN(transpose)(r);
                    MC_UNROLL(16) for (int l = 0; l < MC_LANES; ++l)
                        MC_UNROLL(8) for (int j = 0; j < N; ++j) sum[s][j] += bq[l * N + j] * r[l];
                } else {                /* lanes of rows past the end repeat row 0 and are never stored */
                    for (int l = 0; l < MC_LANES; ++l)
                        r[l] = MC_FN(load_tail)(a + (s * MC_LANES + l < rows ? s * MC_LANES + l : 0) * rsa + q, left);
                    MC_FN(transpose)(r);
                    for (int l = 0; l < left; ++l)
                        MC_UNROLL(8) for (int j = 0; j < N; ++j) sum[s][j] += bq[l * N + j] * r[l];
                }
            }
        }
        MC_REAL out[2][MC_THIN][MC_LANES];
        MC_UNROLL(2) for (int s = 0; s < BLOCKS; ++s)
            MC_UNROLL(8) for (int j = 0; j < N; ++j) MC_FN(store)(out[s][j], sum[s][j]);
        for (int i = 0; i < rows; ++i)
            for (int j = 0; j < n; ++j) {
                MC_REAL x = out[i / MC_LANES][j][i % MC_LANES], *to = c + i * rsc + j;
                *to = q0 ? *to + x : x;
            }
    }
}

#define MC_THIN_ROWS(N, BLOCKS)                                                                                   \
    {                                                                                                             \
        ptrdiff_t i = 0;                                                                                          \
        for (; i + BLOCKS * MC_LANES <= m; i += BLOCKS * MC_LANES)                                                \
            MC_FN(thin_rows)(N, BLOCKS, k, x + i * rsa, rsa, BLOCKS * MC_LANES, b, y + i * rsc, rsc, n, kc);      \
        for (; i < m; i += MC_LANES)                                                                              \
            MC_FN(thin_rows)(N, 1, k, x + i * rsa, rsa, m - i < MC_LANES ? (int)(m - i) : MC_LANES, b, y + i * rsc, \
                             rsc, n, kc);                                                                         \
    }

static void MC_FN(thin)(ptrdiff_t m, int n, ptrdiff_t k, const void *a, ptrdiff_t rsa, const void *packed, void *c,
                        ptrdiff_t rsc, ptrdiff_t kc) {
    const MC_REAL *x = (const MC_REAL *)a, *b = (const MC_REAL *)packed;
    MC_REAL *y = (MC_REAL *)c;
    if (n == 1) MC_THIN_ROWS(1, 2)
    else if (n == 2) MC_THIN_ROWS(2, 1)
    else if (n <= 4) MC_THIN_ROWS(4, 1)
    else MC_THIN_ROWS(8, 1)
}

/* The operand b of thin: B (k, n) with its rows filled up with zeros to 1, 2, 4 or 8 numbers. */
static void MC_FN(thin_pack)(ptrdiff_t k, int n, const void *b, ptrdiff_t rsb, ptrdiff_t csb, void *out) {
    const MC_REAL *x = (const MC_REAL *)b;
    MC_REAL *to = (MC_REAL *)out;
    const int width = mc_thin_width(n);
    for (ptrdiff_t q = 0; q < k; ++q)
        for (int j = 0; j < width; ++j) to[q * width + j] = j < n ? x[q * rsb + j * csb] : 0;
}

/* One row of C: MC_ROW_VECS vectors side by side, so that each row of B is read in long pieces and 8 chains run. */
#define MC_ROW_VECS 8
MC_INLINE void MC_FN(row_strip)(const int NV, ptrdiff_t k, const MC_REAL *a, ptrdiff_t csa, const MC_REAL *b, ptrdiff_t rsb,
                                MC_REAL *c, int n_last, ptrdiff_t kc) {
    const ptrdiff_t ahead = MC_AHEAD * rsb;
    for (ptrdiff_t q0 = 0; q0 < k; q0 += kc) {
        MC_VEC sum[MC_ROW_VECS];
        MC_UNROLL(8) for (int v = 0; v < NV; ++v) sum[v] = MC_FN(zero)();
        for (ptrdiff_t q = q0, end = k - q0 < kc ? k : q0 + kc; q < end; ++q) {
            const MC_REAL *row = b + q * rsb, x = a[q * csa];
            MC_UNROLL(8) for (int v = 0; v < NV; ++v) {
                MC_PREFETCH(row + ahead + v * MC_LANES);
                sum[v] += x * (v < NV - 1 ? MC_FN(load)(row + v * MC_LANES) : MC_FN(load_tail)(row + v * MC_LANES, n_last));
            }
        }
        MC_UNROLL(8) for (int v = 0; v < NV; ++v) {
            int n = v < NV - 1 ? MC_LANES : n_last;
            if (q0) sum[v] += MC_FN(load_tail)(c + v * MC_LANES, n);
            MC_FN(store_tail)(c + v * MC_LANES, sum[v], n);
        }
    }
}

static void MC_FN(row)(ptrdiff_t n, ptrdiff_t k, const void *a0, ptrdiff_t csa, const void *b0, ptrdiff_t rsb, void *c0, ptrdiff_t kc) {
    const MC_REAL *a = (const MC_REAL *)a0, *b = (const MC_REAL *)b0;
    MC_REAL *c = (MC_REAL *)c0;
    ptrdiff_t j = 0;
    for (; j + MC_ROW_VECS * MC_LANES <= n; j += MC_ROW_VECS * MC_LANES)
        MC_FN(row_strip)(MC_ROW_VECS, k, a, csa, b + j, rsb, c + j, MC_LANES, kc);
    for (; j < n; j += MC_LANES)
        MC_FN(row_strip)(1, k, a, csa, b + j, rsb, c + j, n - j < MC_LANES ? (int)(n - j) : MC_LANES, kc);
}

static void MC_FN(add_block)(ptrdiff_t m, ptrdiff_t n, const void *x0, ptrdiff_t rsx, void *c0, ptrdiff_t rsc, int accumulate) {
    for (ptrdiff_t i = 0; i < m; ++i) {
        const MC_REAL *x = (const MC_REAL *)x0 + i * rsx;
        MC_REAL *c = (MC_REAL *)c0 + i * rsc;
        if (accumulate) for (ptrdiff_t j = 0; j < n; ++j) c[j] += x[j];
        else memcpy(c, x, (size_t)n * MC_SIZE);
    }
}

static const mc_gemm_ops *MC_FN(gemm_ops)(void) {
    static const mc_gemm_ops ops = {MC_SIZE, MC_LANES, MC_MR, MC_NR, MC_FN(panel), MC_FN(tiny), MC_FN(pack), MC_FN(thin), MC_FN(thin_pack),
                                    MC_FN(row), MC_FN(add_block)};
    return &ops;
}

#undef MC_MR
#undef MC_NV
#undef MC_NR
#undef MC_TILE
#undef MC_TILE_NAME
#undef MC_TILE_NAME_
#undef MC_TILE_NAME__
#undef MC_EACH_M
#undef MC_THIN_ROWS
#undef MC_ROW_VECS
