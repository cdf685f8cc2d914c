/* reduce: see reduce.h. */
#define MC_EV (MC_EIGEN_UNIT / (MC_LANES * MC_SIZE))    /* vectors of a unit */
#define MC_EL (MC_EIGEN_UNIT / MC_SIZE)                 /* lanes of a unit */

static double MC_FN(reduce_take)(ptrdiff_t m, ptrdiff_t n, int upper, void *a0, ptrdiff_t ld) {
    MC_REAL *a = (MC_REAL *)a0, unit[MC_LANES];
    MC_VEC most = MC_FN(zero)(), odd = MC_FN(zero)();
    for (ptrdiff_t i = 0; i < m; ++i) {
        for (ptrdiff_t j = upper ? i : 0; j < n; j += MC_LANES) {
            const MC_VEC x = MC_FN(load_tail)(a + i * ld + j, n - j < MC_LANES ? (int)(n - j) : MC_LANES);
            most = MC_FN(max)(MC_FN(abs)(x), most);
            odd += x - x;                /* NaN where x is not finite */
        }
        memset(a + i * ld + n, 0, (size_t)(ld - n) * MC_SIZE);
    }
    MC_REAL largest = 0, lanes[MC_LANES];
    MC_FN(store)(lanes, most);
    for (int l = 0; l < MC_LANES; ++l) if (lanes[l] > largest) largest = lanes[l];
    if (MC_FN(fold)(odd) != 0) return __builtin_nan("");
    MC_FN(store)(unit, MC_FN(power_of)(MC_FN(splat)(largest)));
    const MC_REAL inverse = 1 / unit[0];
    if (inverse != 1)
        for (ptrdiff_t i = 0; i < m; ++i)
            for (ptrdiff_t j = upper ? i : 0; j < n; ++j) a[i * ld + j] *= inverse;
    return (double)unit[0];
}

static void MC_FN(reduce_both)(ptrdiff_t n, const void *a0, ptrdiff_t lda, void *out0, ptrdiff_t ldo) {
    const MC_REAL *a = (const MC_REAL *)a0;
    MC_REAL *out = (MC_REAL *)out0;
    for (ptrdiff_t i = 0; i < n; ++i) {
        for (ptrdiff_t j = i; j < n; ++j) out[i * ldo + j] = out[j * ldo + i] = a[i * lda + j];
        memset(out + i * ldo + n, 0, (size_t)(ldo - n) * MC_SIZE);
    }
}

/* out_r = x_r . v for R rows, over whole units from `from` on. */
MC_INLINE void MC_FN(unit_dots)(const int R, ptrdiff_t from, ptrdiff_t end, const MC_REAL *x, ptrdiff_t ldx, const MC_REAL *v, MC_REAL *out) {
    MC_VEC sum[4][MC_EV];
    MC_UNROLL(4) for (int r = 0; r < R; ++r)
        MC_UNROLL(4) for (int u = 0; u < MC_EV; ++u) sum[r][u] = MC_FN(zero)();
    for (ptrdiff_t j = from; j < end; j += MC_EL)
        MC_UNROLL(4) for (int u = 0; u < MC_EV; ++u) {
            const MC_VEC vj = MC_FN(load)(v + j + u * MC_LANES);
            MC_UNROLL(4) for (int r = 0; r < R; ++r)
                sum[r][u] = MC_FN(multiply_add)(MC_FN(load)(x + r * ldx + j + u * MC_LANES), vj, sum[r][u]);
        }
    MC_UNROLL(4) for (int r = 0; r < R; ++r) {
        MC_UNROLL(4) for (int half = MC_EV / 2; half > 0; half /= 2)
            for (int u = 0; u < half; ++u) sum[r][u] += sum[r][u + half];
        out[r] = MC_FN(fold)(sum[r][0]);
    }
}

/* z = Y v over whole units from `from` on, zeros behind. */
static void MC_FN(reduce_products)(const mc_reduction *r, ptrdiff_t rows, ptrdiff_t from, const MC_REAL *v) {
    const MC_REAL *y = (const MC_REAL *)r->y;
    MC_REAL *z = (MC_REAL *)r->z;
    ptrdiff_t q = 0;
    for (; q + 4 <= rows; q += 4) MC_FN(unit_dots)(4, from, r->ldy, y + q * r->ldy, r->ldy, v, z + q);
    for (; q < rows; ++q) MC_FN(unit_dots)(1, from, r->ldy, y + q * r->ldy, r->ldy, v, z + q);
    for (; q < r->ldp; ++q) z[q] = 0;
}

/* V vectors of out = tau (x + scale sums - sum over q < rows of c_q row_q); x may be NULL. */
typedef struct {
    const MC_REAL *x, *sums, *c, *rows;
    ptrdiff_t parts, lds, sc, count, ldr;
    MC_REAL scale, tau;
} MC_FN(combination);

MC_INLINE void MC_FN(combine_at)(const int V, ptrdiff_t j, const MC_FN(combination) *f, MC_REAL *out) {
    MC_VEC t[4];
    MC_UNROLL(4) for (int v = 0; v < V; ++v) {
        const ptrdiff_t at = j + v * MC_LANES;
        MC_VEC s = MC_FN(zero)();
        for (ptrdiff_t part = 0; part < f->parts; ++part) s += MC_FN(load)(f->sums + part * f->lds + at);
        t[v] = MC_FN(multiply_add)(MC_FN(splat)(f->scale), s, f->x ? MC_FN(load)(f->x + at) : MC_FN(zero)());
    }
    for (ptrdiff_t q = 0; q < f->count; ++q) {
        const MC_VEC c = MC_FN(splat)(-f->c[q * f->sc]);
        MC_UNROLL(4) for (int v = 0; v < V; ++v) t[v] = MC_FN(multiply_add)(c, MC_FN(load)(f->rows + q * f->ldr + j + v * MC_LANES), t[v]);
    }
    MC_UNROLL(4) for (int v = 0; v < V; ++v) MC_FN(store)(out + j + v * MC_LANES, MC_FN(splat)(f->tau) * t[v]);
}

static void MC_FN(combine)(ptrdiff_t from, ptrdiff_t end, const MC_FN(combination) *f, MC_REAL *out) {
    ptrdiff_t j = from / MC_EL * MC_EL;
    for (; j + 4 * MC_LANES <= end; j += 4 * MC_LANES) MC_FN(combine_at)(4, j, f, out);
    for (; j < end; j += MC_LANES) MC_FN(combine_at)(1, j, f, out);
}

/* ------------------------------------------------------------------ general */

static void MC_FN(reduce_row)(const mc_reduction *r) {
    const ptrdiff_t k = r->at - 1, from = r->at / MC_EL * MC_EL, used = r->used;
    MC_REAL *v = (MC_REAL *)r->right + k * r->ldy, *y = (MC_REAL *)r->y, *c = (MC_REAL *)r->c;
    const MC_FN(combination) f = {.x = (const MC_REAL *)r->a + k * r->lda, .c = (const MC_REAL *)r->p + k * r->ldp, .rows = y,
                                  .sc = 1, .count = used, .ldr = r->ldy, .tau = 1};
    MC_FN(combine)(r->at, r->ldy, &f, v);
    for (ptrdiff_t j = from; j < r->at; ++j) v[j] = 0;
    ((MC_REAL *)r->e)[k] = MC_FN(reflector)(r->at, r->ldy, v, (MC_REAL *)r->tau_right + k);
    memcpy(y + used * r->ldy + from, v + from, (size_t)(r->ldy - from) * MC_SIZE);
    MC_FN(reduce_products)(r, used, from, v);
    for (ptrdiff_t q = 0; q < r->ldp; ++q) c[q] = q <= used ? y[q * r->ldy + r->at] : 0;
}

/* R rows from i on. `fill` is the column of P that A v becomes; below 0 there is no v yet. */
MC_INLINE void MC_FN(pass_rows)(const int R, const mc_reduction *r, ptrdiff_t i, ptrdiff_t fill, MC_REAL *sums, MC_REAL *of_p) {
    const ptrdiff_t from = r->at / MC_EL * MC_EL, length = (fill + MC_EL) / MC_EL * MC_EL;
    const MC_REAL *a = (const MC_REAL *)r->a + i * r->lda, *z = (const MC_REAL *)r->z, *c = (const MC_REAL *)r->c;
    const MC_REAL *v = (const MC_REAL *)r->right + (r->at - 1) * r->ldy;
    MC_REAL *p = (MC_REAL *)r->p + i * r->ldp, *u = (MC_REAL *)r->left + r->at * r->ldu + i;
    MC_VEC sum[4][MC_EV], weight[4];
    MC_UNROLL(4) for (int s = 0; s < R; ++s)
        MC_UNROLL(4) for (int w = 0; w < MC_EV; ++w) sum[s][w] = MC_FN(zero)();
    if (fill >= 0)
        for (ptrdiff_t j = from; j < r->ldy; j += MC_EL)
            MC_UNROLL(4) for (int w = 0; w < MC_EV; ++w) {
                const MC_VEC vj = MC_FN(load)(v + j + w * MC_LANES);
                MC_UNROLL(4) for (int s = 0; s < R; ++s)
                    sum[s][w] = MC_FN(multiply_add)(MC_FN(load)(a + s * r->lda + j + w * MC_LANES), vj, sum[s][w]);
            }
    MC_UNROLL(4) for (int s = 0; s < R; ++s) {
        MC_REAL g = a[s * r->lda + r->at];
        MC_VEC own[MC_EV];
        MC_UNROLL(4) for (int w = 0; w < MC_EV; ++w) own[w] = MC_FN(zero)();
        for (ptrdiff_t q = 0; q < length; q += MC_EL)
            MC_UNROLL(4) for (int w = 0; w < MC_EV; ++w) {
                const MC_VEC x = MC_FN(load)(p + s * r->ldp + q + w * MC_LANES);
                sum[s][w] = MC_FN(multiply_add)(-x, MC_FN(load)(z + q + w * MC_LANES), sum[s][w]);
                own[w] = MC_FN(multiply_add)(x, MC_FN(load)(c + q + w * MC_LANES), own[w]);
            }
        MC_UNROLL(4) for (int half = MC_EV / 2; half > 0; half /= 2)
            for (int w = 0; w < half; ++w) {
                sum[s][w] += sum[s][w + half];
                own[w] += own[w + half];
            }
        MC_REAL x = 0;
        if (fill >= 0) {
            x = ((const MC_REAL *)r->tau_right)[r->at - 1] * MC_FN(fold)(sum[s][0]);
            g -= MC_FN(fold)(own[0]) + x;
        }
        u[s] = g;
        if (i + s == r->at) g = 0;       /* where u will be 1 */
        weight[s] = MC_FN(splat)(g);
        for (ptrdiff_t q = 0; q < length; q += MC_LANES)
            MC_FN(store)(of_p + q, MC_FN(multiply_add)(weight[s], MC_FN(load)(p + s * r->ldp + q), MC_FN(load)(of_p + q)));
        if (fill >= 0) {                 /* after the row was read: a vector that holds an element just stored waits for it */
            p[s * r->ldp + fill] = x;
            of_p[r->ldp] += x * g;
        }
    }
    for (ptrdiff_t j = from; j < r->ldy; j += MC_LANES) {
        MC_VEC y = MC_FN(load)(sums + j);
        MC_UNROLL(4) for (int s = 0; s < R; ++s) y = MC_FN(multiply_add)(weight[s], MC_FN(load)(a + s * r->lda + j), y);
        MC_FN(store)(sums + j, y);
    }
}

static void MC_FN(reduce_pass)(const mc_reduction *r, ptrdiff_t first, ptrdiff_t last, void *sums0) {
    MC_REAL *sums = (MC_REAL *)sums0, *of_p = sums + r->ldy;
    const ptrdiff_t from = r->at / MC_EL * MC_EL, fill = r->used - 1;
    memset(sums + from, 0, (size_t)(r->lds - from) * MC_SIZE);
    ptrdiff_t i = first;
    for (; i + 4 <= last; i += 4) MC_FN(pass_rows)(4, r, i, fill, sums, of_p);
    for (; i < last; ++i) MC_FN(pass_rows)(1, r, i, fill, sums, of_p);
}

static void MC_FN(reduce_column)(const mc_reduction *r, int parts) {
    const ptrdiff_t k = r->at, fill = r->used - 1;
    MC_REAL *u = (MC_REAL *)r->left + k * r->ldu, *tau = (MC_REAL *)r->tau_left + k, *c = (MC_REAL *)r->c;
    const MC_REAL *sums = (const MC_REAL *)r->sums, *p = (const MC_REAL *)r->p + k * r->ldp, alpha = u[k];
    const MC_REAL beta = ((MC_REAL *)r->d)[k] = MC_FN(reflector)(k, r->ldu, u, tau), scale = *tau == 0 ? 0 : 1 / (alpha - beta);
    if (k == r->n - 1) return;
    for (ptrdiff_t q = 0; q <= fill; ++q) {
        MC_REAL s = 0;
        for (int part = 0; part < parts; ++part) s += sums[part * r->lds + r->ldy + (q < fill ? q : r->ldp)];
        c[q] = MC_FN(fused)(scale, s, p[q]);
    }
    const MC_FN(combination) f = {.x = (const MC_REAL *)r->a + k * r->lda, .sums = sums, .c = c, .rows = (const MC_REAL *)r->y,
                                  .parts = parts, .lds = r->lds, .sc = 1, .count = r->used, .ldr = r->ldy, .scale = scale, .tau = *tau};
    MC_FN(combine)(k + 1, r->ldy, &f, (MC_REAL *)r->next);
}

static void MC_FN(reduce_put)(const mc_reduction *r) {
    MC_REAL *p = (MC_REAL *)r->p + r->used;
    const MC_REAL *u = (const MC_REAL *)r->left + r->at * r->ldu;
    const ptrdiff_t from = r->at / MC_EL * MC_EL;
    for (ptrdiff_t i = r->at; i < r->m; ++i) p[i * r->ldp] = u[i];
    memcpy((MC_REAL *)r->y + r->used * r->ldy + from, (const MC_REAL *)r->next + from, (size_t)(r->ldy - from) * MC_SIZE);
}

/* ------------------------------------------------------------------ symmetric */

static void MC_FN(reduce_symmetric_row)(const mc_reduction *r) {
    const ptrdiff_t k = r->at, from = k / MC_EL * MC_EL;
    MC_REAL *v = (MC_REAL *)r->right + k * r->ldy;
    const MC_FN(combination) f = {.x = (const MC_REAL *)r->a + k * r->lda, .c = (const MC_REAL *)r->p + k, .rows = (const MC_REAL *)r->y,
                                  .sc = r->ldy, .count = r->used, .ldr = r->ldy, .tau = 1};
    MC_FN(combine)(k, r->ldy, &f, v);
    ((MC_REAL *)r->d)[k] = v[k];
    for (ptrdiff_t j = from; j <= k; ++j) v[j] = 0;
    if (k == r->n - 1) return;
    ((MC_REAL *)r->e)[k] = MC_FN(reflector)(k + 1, r->ldy, v, (MC_REAL *)r->tau_right + k);
    MC_FN(reduce_products)(r, r->used, from, v);
}

static void MC_FN(reduce_symmetric_column)(const mc_reduction *r, int parts) {
    const ptrdiff_t k = r->at;
    const MC_REAL *v = (const MC_REAL *)r->right + k * r->ldy, tau = ((const MC_REAL *)r->tau_right)[k];
    MC_REAL *w = (MC_REAL *)r->next;
    const MC_FN(combination) f = {.sums = (const MC_REAL *)r->sums, .c = (const MC_REAL *)r->z, .rows = (const MC_REAL *)r->p,
                                  .parts = parts, .lds = r->lds, .sc = 1, .count = r->used, .ldr = r->ldy, .scale = 1, .tau = tau};
    MC_FN(combine)(k + 1, r->ldy, &f, w);
    for (ptrdiff_t j = k / MC_EL * MC_EL; j <= k; ++j) w[j] = 0;
    const MC_VEC half = MC_FN(splat)(tau * MC_FN(unit_dot)(k + 1, r->ldy, w, v) * (MC_REAL)-0.5);
    for (ptrdiff_t j = k / MC_EL * MC_EL; j < r->ldy; j += MC_LANES)
        MC_FN(store)(w + j, MC_FN(multiply_add)(half, MC_FN(load)(v + j), MC_FN(load)(w + j)));
}

static void MC_FN(reduce_symmetric_put)(const mc_reduction *r) {
    const ptrdiff_t from = r->at / MC_EL * MC_EL, row = r->used * r->ldy + from;
    const size_t bytes = (size_t)(r->ldy - from) * MC_SIZE;
    const MC_REAL *v = (const MC_REAL *)r->right + r->at * r->ldy + from, *w = (const MC_REAL *)r->next + from;
    memcpy((MC_REAL *)r->p + row, v, bytes);
    memcpy((MC_REAL *)r->p + row + r->ldy, w, bytes);
    memcpy((MC_REAL *)r->y + row, w, bytes);
    memcpy((MC_REAL *)r->y + row + r->ldy, v, bytes);
}

static const mc_reduce_ops *MC_FN(reduce_ops)(void) {
    static const mc_reduce_ops ops = {
        MC_FN(reduce_take), MC_FN(reduce_both), MC_FN(reduce_row), MC_FN(reduce_symmetric_row), MC_FN(reduce_pass), MC_FN(reduce_column),
        MC_FN(reduce_symmetric_column), MC_FN(reduce_put), MC_FN(reduce_symmetric_put)};
    return &ops;
}

#undef MC_EV
#undef MC_EL
