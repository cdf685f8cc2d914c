/* softmax: see softmax.h for the order. Two bodies: along a row (lane = element), and across rows (lane = row), which
 * serves rows that lie side by side, and short rows after a transposition in registers. */
#define MC_SUM_LANES (64 / MC_SIZE)     /* one of the widest vectors: the exponential hides the latency of the sum */
#define MC_SUM_VECS (MC_SUM_LANES / MC_LANES)
#define MC_TOGETHER (MC_SUM_VECS < 2 ? MC_SUM_VECS : 2)     /* vectors in step along a row: what 16 registers hold */
#define MC_STRIP 4                      /* vectors of rows side by side: 2 lines of cache, 128 KB of L2 for 1024 elements */
#define MC_SHORT 64                     /* elements of a row up to which it is transposed */

/* ---------------------------------------------------------------- along a row */

/* What a row's sums come to: largest term, how many equal it, and the rest of the sum, times 2^MC_SCALE_UP. */
typedef struct {
    MC_REAL most;
    double count, rest;
} MC_FN(sums);

/* n <= MC_SUM_BLOCK elements of unit stride, a copy where they have another. */
MC_INLINE const MC_REAL *MC_FN(fetch)(const MC_REAL *x, ptrdiff_t cs, ptrdiff_t n, MC_REAL *buffer) {
    if (cs == 1) return x;
    for (ptrdiff_t i = 0; i < n; ++i) buffer[i] = x[i * cs];
    return buffer;
}

MC_INLINE MC_VEC MC_FN(max_of)(const MC_REAL *x, ptrdiff_t n, MC_VEC most) {
    MC_VEC m0 = most, m1 = most, m2 = most, m3 = most;
    ptrdiff_t i = 0;
    for (; i + 4 * MC_LANES <= n; i += 4 * MC_LANES) {
        m0 = MC_FN(max)(m0, MC_FN(load)(x + i));
        m1 = MC_FN(max)(m1, MC_FN(load)(x + i + MC_LANES));
        m2 = MC_FN(max)(m2, MC_FN(load)(x + i + 2 * MC_LANES));
        m3 = MC_FN(max)(m3, MC_FN(load)(x + i + 3 * MC_LANES));
    }
    for (; i + MC_LANES <= n; i += MC_LANES) m0 = MC_FN(max)(m0, MC_FN(load)(x + i));
    if (i < n) {
        MC_VEC v = MC_FN(load_tail)(x + i, (int)(n - i));
        m1 = MC_FN(max)(m1, MC_FN(pick)(MC_FN(first)((int)(n - i)), v, most));
    }
    return MC_FN(max)(MC_FN(max)(m0, m1), MC_FN(max)(m2, m3));
}

/* One step of N vectors, each of `few` terms: x becomes their exponentials, which are added to the lanes of sum; those
 * equal to m are counted instead. */
MC_INLINE void MC_FN(exp_step)(const int SPLIT, const int N, MC_VEC *x, const MC_VEC *m, int few, MC_VEC *sum, MC_IVEC *count) {
    MC_MASK top[4];
    MC_UNROLL(4) for (int v = 0; v < N; ++v) x[v] = x[v] - m[v];
    if (SPLIT) MC_UNROLL(4) for (int v = 0; v < N; ++v) top[v] = MC_FN(equal)(x[v], MC_FN(zero)());
    MC_FN(exp_up)(N, x);
    MC_UNROLL(4) for (int v = 0; v < N; ++v) {
        MC_VEC rest = x[v];
        if (few < MC_LANES) rest = MC_FN(pick)(MC_FN(first)(few), rest, MC_FN(zero)());
        if (SPLIT) {
            count[v] = MC_FN(tally)(count[v], few < MC_LANES ? (MC_MASK)(top[v] & MC_FN(first)(few)) : top[v]);
            rest = MC_FN(pick)(top[v], MC_FN(zero)(), rest);
        }
        sum[v] += rest;
    }
}

MC_INLINE double MC_FN(lanes_total)(MC_IVEC v) {
    MC_INT total = 0, lane[MC_LANES];
    memcpy(lane, &v, sizeof lane);
    for (int l = 0; l < MC_LANES; ++l) total += lane[l];
    return (double)total;
}

MC_INLINE double MC_FN(fold_lanes)(MC_VEC *lanes) {
    MC_UNROLL(4) for (int half = MC_SUM_VECS / 2; half; half /= 2)
        MC_UNROLL(4) for (int v = 0; v < half; ++v) lanes[v] += lanes[v + half];
    return MC_FN(fold)(lanes[0]);
}

/* Sums over a block; STORE: the exponentials go to e, else its lines are made ready to be written (NULL: there are none).
 * Without SPLIT everything is rest. */
MC_INLINE void MC_FN(sum_block)(const int SPLIT, const int STORE, const MC_REAL *x, ptrdiff_t n, MC_VEC m, MC_REAL *e,
                                MC_FN(sums) *s) {
    MC_VEC sum[MC_SUM_VECS];
    MC_IVEC count[MC_SUM_VECS];
    MC_UNROLL(4) for (int v = 0; v < MC_SUM_VECS; ++v) {
        sum[v] = MC_FN(zero)();
        count[v] = MC_FN(bits)(sum[v]);
    }
    ptrdiff_t i = 0;
    MC_VEC y[4], most[4];
    MC_UNROLL(4) for (int v = 0; v < 4; ++v) most[v] = m;
    for (; i + MC_SUM_LANES <= n; i += MC_SUM_LANES) {
        if (!STORE && e) MC_PREFETCH_W(e + i);
        MC_UNROLL(4) for (int half = 0; half < MC_SUM_VECS; half += MC_TOGETHER) {
            MC_UNROLL(4) for (int v = 0; v < MC_TOGETHER; ++v) y[v] = MC_FN(load)(x + i + (half + v) * MC_LANES);
            MC_FN(exp_step)(SPLIT, MC_TOGETHER, y, most, MC_LANES, sum + half, count + half);
            if (STORE)
                MC_UNROLL(4) for (int v = 0; v < MC_TOGETHER; ++v) MC_FN(store)(e + i + (half + v) * MC_LANES, y[v]);
        }
    }
    MC_UNROLL(4) for (int v = 0; v < MC_SUM_VECS; ++v) {
        const ptrdiff_t left = n - i - v * MC_LANES;
        if (left <= 0) continue;
        const int few = left < MC_LANES ? (int)left : MC_LANES;
        y[0] = MC_FN(load_tail)(x + i + v * MC_LANES, few);
        MC_FN(exp_step)(SPLIT, 1, y, most, few, &sum[v], &count[v]);
        if (STORE) MC_FN(store_tail)(e + i + v * MC_LANES, y[0], few);
    }
    s->rest += MC_FN(fold_lanes)(sum);
    if (SPLIT) MC_UNROLL(4) for (int v = 0; v < MC_SUM_VECS; ++v) s->count += MC_FN(lanes_total)(count[v]);
}

static void MC_FN(sum_row)(const int SPLIT, const int STORE, const MC_REAL *x, ptrdiff_t cs, ptrdiff_t n, MC_REAL *e,
                           MC_FN(sums) *s) {
    MC_REAL buffer[MC_SUM_BLOCK];
    MC_VEC most = MC_V(-MC_INFINITE);
    for (ptrdiff_t i = 0; i < n; i += MC_SUM_BLOCK) {
        const ptrdiff_t k = n - i < MC_SUM_BLOCK ? n - i : MC_SUM_BLOCK;
        most = MC_FN(max_of)(MC_FN(fetch)(x + i * cs, cs, k, buffer), k, most);
    }
    s->most = MC_FN(fold_max)(most);
    s->count = s->rest = 0;
    const MC_VEC m = MC_V(s->most);
    for (ptrdiff_t i = 0; i < n; i += MC_SUM_BLOCK) {
        const ptrdiff_t k = n - i < MC_SUM_BLOCK ? n - i : MC_SUM_BLOCK;
        const MC_REAL *from = MC_FN(fetch)(x + i * cs, cs, k, buffer);
        if (SPLIT && STORE) MC_FN(sum_block)(1, 1, from, k, m, e + i, s);
        else if (SPLIT) MC_FN(sum_block)(1, 0, from, k, m, e ? e + i : NULL, s);
        else MC_FN(sum_block)(0, 1, from, k, m, e + i, s);
    }
}

/* log(count + rest), accurate however small the rest: the sum's rounding error goes into the logarithm's series. */
MC_INLINE MC_VEC MC_FN(log_total)(MC_VEC count, MC_VEC rest) {
    MC_VEC u = count + rest;
    return MC_FN(log_sum)(u, (count - u) + rest, 1);
}

/* The rest of a sum over n terms. Each term below MC_EXP_LOW counts as exp(MC_EXP_LOW) in it: a rest of nothing else is
 * nothing, and rows of which all is masked but one element have a logarithm of 0. */
MC_INLINE double MC_FN(known_rest)(double rest, ptrdiff_t n) {
    const double least = 1.01 * (MC_SIZE == 4 ? 0x1p-126 : 0x1p-1022);         /* 2^MC_SCALE_UP times that */
    return rest <= (double)n * least ? 0 : rest;
}

static MC_REAL MC_FN(log_of)(const MC_FN(sums) *s, ptrdiff_t n) {
    const MC_REAL down = (MC_REAL)(1.0 / ((MC_INT)1 << MC_SCALE_UP));
    MC_VEC y = MC_FN(log_total)(MC_V((MC_REAL)s->count), MC_V((MC_REAL)MC_FN(known_rest)(s->rest, n) * down));
    MC_REAL out[MC_LANES];
    MC_FN(store)(out, y);
    return out[0];
}

/* What takes the place of the logarithm, with 0 for the largest term, in a row whose largest term is not finite. */
static MC_REAL MC_FN(special_log)(int kind, const MC_REAL *x, ptrdiff_t cs, ptrdiff_t n, MC_REAL most) {
    for (ptrdiff_t i = 0; i < n; ++i)
        if (x[i * cs] != x[i * cs]) return MC_NAN;
    return kind == MC_LOGSUMEXP || most > 0 ? most : MC_NAN;
}

MC_INLINE int MC_FN(is_finite)(MC_REAL x) { return x - x == 0; }

static void MC_FN(times)(MC_REAL *x, ptrdiff_t n, MC_REAL factor) {
    const MC_VEC f = MC_V(factor);
    ptrdiff_t i = 0;
    for (; i + MC_LANES <= n; i += MC_LANES) MC_FN(store)(x + i, MC_FN(load)(x + i) * f);
    for (; i < n; ++i) x[i] *= factor;
}

/* out = (x - most) - log */
static void MC_FN(minus)(const MC_REAL *x, ptrdiff_t cs, ptrdiff_t n, MC_REAL most, MC_REAL log, MC_REAL *out) {
    const MC_VEC m = MC_V(most), l = MC_V(log);
    ptrdiff_t i = 0;
    if (cs == 1)
        for (; i + MC_LANES <= n; i += MC_LANES) MC_FN(store)(out + i, (MC_FN(load)(x + i) - m) - l);
    for (; i < n; ++i) out[i] = (x[i * cs] - most) - log;
}

/* -------------------------------------------------- cross-entropy */

/* Weighted target of class c: w_c ((1 - smoothing) target_c + smoothing / n). */
static double MC_FN(weighted_target)(const mc_rows *r, ptrdiff_t row, ptrdiff_t c) {
    const double w = r->weight ? ((const MC_REAL *)r->weight)[c] : 1.0;
    const double t = r->target ? ((const MC_REAL *)r->target)[row * r->rst + c * r->cst] : c == r->labels[row];
    return w * ((1 - r->smoothing) * t + r->smoothing / (double)r->n);
}

/* Any targets: loss = sum_c t_c (log S - (x_c - m)), gradient T p - t with T = sum_c t_c. */
static void MC_FN(dense_target)(const mc_rows *r, ptrdiff_t row, const MC_FN(sums) *s, double total, MC_REAL *out) {
    const MC_REAL *x = (const MC_REAL *)r->x + row * r->rsx;
    const double log = MC_FN(log_of)(s, r->n), scale = r->scale;
    double loss = 0, sum = 0;
    for (ptrdiff_t c = 0; c < r->n; ++c) {
        const double t = MC_FN(weighted_target)(r, row, c);
        if (t != 0) loss += t * (log - ((double)x[c * r->csx] - s->most));
        sum += t;
    }
    if (r->value) ((MC_REAL *)r->value)[row * r->sv] = (MC_REAL)loss;
    if (out)
        for (ptrdiff_t c = 0; c < r->n; ++c)
            out[c] = (MC_REAL)(scale * (sum * out[c] / total - MC_FN(weighted_target)(r, row, c)));
}

/* The element of a label: p - 1 is -rest / total where the label alone is the largest term, without cancellation. */
MC_INLINE MC_REAL MC_FN(label_gradient)(MC_REAL p, MC_REAL scale, int is_most, double count, double rest, double total) {
    return is_most && count == 1 ? (MC_REAL)(-scale * (rest / total)) : p - scale;
}

static void MC_FN(entropy_row)(const mc_rows *r, ptrdiff_t row) {
    const MC_REAL *x = (const MC_REAL *)r->x + row * r->rsx;
    MC_REAL *out = r->out ? (MC_REAL *)r->out + row * r->rso : NULL, *value = (MC_REAL *)r->value;
    if (r->ignore && r->labels[row] == *r->ignore) {
        if (out) memset(out, 0, (size_t)r->n * MC_SIZE);
        if (value) value[row * r->sv] = 0;
        return;
    }
    const int dense = r->target || r->smoothing != 0;
    const MC_REAL at_label = dense ? 0 : x[r->labels[row] * r->csx];    /* out may be x */
    MC_FN(sums) s;
    MC_FN(sum_row)(1, out != NULL, x, r->csx, r->n, out, &s);
    const double one = (double)((MC_INT)1 << MC_SCALE_UP), total = s.count * one + s.rest;
    if (dense) {
        MC_FN(dense_target)(r, row, &s, total, out);
        return;
    }
    const ptrdiff_t label = r->labels[row];
    const MC_REAL w = r->weight ? ((const MC_REAL *)r->weight)[label] : 1, scale = (MC_REAL)(r->scale * w);
    if (value) value[row * r->sv] = w * ((s.most - at_label) + MC_FN(log_of)(&s, r->n));
    if (!out) return;
    MC_FN(times)(out, r->n, (MC_REAL)(scale / total));
    out[label] = MC_FN(label_gradient)(out[label], scale, at_label == s.most, s.count, s.rest, total);
}

static void MC_FN(along)(int kind, const mc_rows *r, ptrdiff_t row) {
    const MC_REAL *x = (const MC_REAL *)r->x + row * r->rsx;
    MC_REAL *out = r->out ? (MC_REAL *)r->out + row * r->rso : NULL;
    MC_REAL *value = r->value ? (MC_REAL *)r->value + row * r->sv : NULL;
    MC_FN(sums) s;
    if (kind == MC_CROSS_ENTROPY) {
        MC_FN(entropy_row)(r, row);
    } else if (kind == MC_SOFTMAX) {
        MC_FN(sum_row)(0, 1, x, r->csx, r->n, out, &s);
        MC_FN(times)(out, r->n, (MC_REAL)(1 / s.rest));
    } else {
        MC_FN(sum_row)(1, 0, x, r->csx, r->n, out, &s);
        MC_REAL log = MC_FN(log_of)(&s, r->n);
        if (!MC_FN(is_finite)(s.most)) {
            log = MC_FN(special_log)(kind, x, r->csx, r->n, s.most);
            s.most = 0;
        }
        if (kind == MC_LOGSUMEXP) *value = s.most + log;
        else MC_FN(minus)(x, r->csx, r->n, s.most, log, out);
    }
}

/* ---------------------------------------------------------------- across rows */

#define MC_LOAD_ROWS(p) (FULL ? MC_FN(load)((p) + v * MC_LANES) : MC_FN(load_tail)(p, rows))
#define MC_STORE_ROWS(p, y)                                  \
    {                                                        \
        if (FULL) MC_FN(store)((p) + v * MC_LANES, y);       \
        else MC_FN(store_tail)(p, y, rows);                  \
    }

/* The sums of rows side by side, the largest term as it is used below, and the logarithm of each sum. */
#define MC_ROWS (MC_STRIP * MC_LANES)
typedef struct {
    MC_REAL most[MC_ROWS], log[MC_ROWS], at_label[MC_ROWS];
    double count[MC_ROWS], rest[MC_ROWS];
} MC_FN(strip);

/* The sums of a block of elements i ... end of NV vectors of rows; STORE: the exponentials go to out. */
MC_INLINE void MC_FN(across_block)(const int SPLIT, const int STORE, const int FULL, const int NV, const mc_rows *r,
                                   ptrdiff_t first, int rows, ptrdiff_t i, ptrdiff_t end, const MC_VEC *m, MC_FN(strip) *s) {
    const MC_REAL *x = (const MC_REAL *)r->x + first;
    MC_REAL *out = r->out ? (MC_REAL *)r->out + first : NULL;
    MC_VEC sum[MC_SUM_LANES][MC_STRIP];
    MC_IVEC tops[MC_STRIP];
    MC_UNROLL(4) for (int v = 0; v < NV; ++v) tops[v] = MC_FN(bits)(MC_FN(zero)());
    MC_UNROLL(1) for (int lane = 0; lane < MC_SUM_LANES; ++lane)
        MC_UNROLL(4) for (int v = 0; v < NV; ++v) sum[lane][v] = MC_FN(zero)();
    int lane = 0;                       /* blocks are whole rounds of the lanes */
    for (; i < end; ++i, lane = (lane + 1) % MC_SUM_LANES) {
        MC_VEC y[MC_STRIP];
        MC_UNROLL(4) for (int v = 0; v < NV; ++v) y[v] = MC_LOAD_ROWS(x + i * r->csx);
        MC_UNROLL(2) for (int v = 0; v + 1 < NV; v += 2)
            MC_FN(exp_step)(SPLIT, 2, y + v, m + v, MC_LANES, &sum[lane][v], &tops[v]);
        if (NV % 2) MC_FN(exp_step)(SPLIT, 1, y + NV - 1, m + NV - 1, MC_LANES, &sum[lane][NV - 1], &tops[NV - 1]);
        if (STORE) MC_UNROLL(4) for (int v = 0; v < NV; ++v) MC_STORE_ROWS(out + i * r->cso, y[v])
    }
    MC_UNROLL(1) for (int half = MC_SUM_LANES / 2; half; half /= 2)
        MC_UNROLL(1) for (lane = 0; lane < half; ++lane)
            MC_UNROLL(4) for (int v = 0; v < NV; ++v) sum[lane][v] += sum[lane + half][v];
    MC_REAL part[MC_ROWS] = {0};
    MC_INT top[MC_ROWS] = {0};
    MC_UNROLL(4) for (int v = 0; v < NV; ++v) MC_FN(store)(part + v * MC_LANES, sum[0][v]);
    memcpy(top, tops, NV * sizeof tops[0]);
    for (int l = 0; l < rows; ++l) {
        s->rest[l] += part[l];
        if (SPLIT) s->count[l] += (double)top[l];
    }
}

MC_INLINE void MC_FN(across_sums)(const int SPLIT, const int STORE, const int FULL, const int NV, int kind, const mc_rows *r,
                                  ptrdiff_t first, int rows, MC_FN(strip) *s) {
    const MC_REAL *x = (const MC_REAL *)r->x + first;
    MC_VEC m[MC_STRIP];
    MC_UNROLL(4) for (int v = 0; v < NV; ++v) m[v] = MC_V(-MC_INFINITE);
    for (ptrdiff_t i = 0; i < r->n; ++i) {
        for (int b = 0; b < NV * MC_VBYTES; b += 64) MC_PREFETCH((const char *)(x + (i + 16) * r->csx) + b);
        MC_UNROLL(4) for (int v = 0; v < NV; ++v) m[v] = MC_FN(max)(m[v], MC_LOAD_ROWS(x + i * r->csx));
    }
    MC_UNROLL(4) for (int v = 0; v < NV; ++v) MC_FN(store)(s->most + v * MC_LANES, m[v]);
    if (kind == MC_CROSS_ENTROPY)       /* out may be x: before it is written */
        for (int l = 0; l < rows; ++l) {
            const ptrdiff_t label = r->labels[first + l];
            s->at_label[l] = r->ignore && label == *r->ignore ? 0 : x[label * r->csx + l];
        }
    for (ptrdiff_t i = 0; i < r->n; i += MC_SUM_BLOCK)
        MC_FN(across_block)(SPLIT, STORE, FULL, NV, r, first, rows, i, r->n - i < MC_SUM_BLOCK ? r->n : i + MC_SUM_BLOCK, m, s);
    if (!SPLIT) return;
    const MC_REAL down = (MC_REAL)(1.0 / ((MC_INT)1 << MC_SCALE_UP));
    MC_REAL count[MC_ROWS] = {0}, rest[MC_ROWS] = {0};
    for (int l = 0; l < rows; ++l) {
        count[l] = (MC_REAL)s->count[l];
        rest[l] = (MC_REAL)MC_FN(known_rest)(s->rest[l], r->n) * down;
    }
    MC_UNROLL(4) for (int v = 0; v < NV; ++v)
        MC_FN(store)(s->log + v * MC_LANES,
                     MC_FN(log_total)(MC_FN(load)(count + v * MC_LANES), MC_FN(load)(rest + v * MC_LANES)));
    if (kind == MC_CROSS_ENTROPY) return;
    for (int l = 0; l < rows; ++l)
        if (!MC_FN(is_finite)(s->most[l])) {
            s->log[l] = MC_FN(special_log)(kind, x + l, r->csx, r->n, s->most[l]);
            s->most[l] = 0;
        }
}

/* The exponentials in out, times a factor for each row. */
MC_INLINE void MC_FN(across_times)(const int FULL, const int NV, const mc_rows *r, ptrdiff_t first, int rows,
                                   const MC_REAL *factor) {
    MC_REAL *out = (MC_REAL *)r->out + first;
    for (ptrdiff_t i = 0; i < r->n; ++i)
        MC_UNROLL(4) for (int v = 0; v < NV; ++v) {
            MC_VEC y = MC_LOAD_ROWS(out + i * r->cso) * MC_FN(load)(factor + v * MC_LANES);
            MC_STORE_ROWS(out + i * r->cso, y)
        }
}

/* Losses, and with STORE gradients, of rows side by side. */
MC_INLINE void MC_FN(across_entropy)(const int STORE, const int FULL, const int NV, const mc_rows *r, ptrdiff_t first, int rows,
                                     const MC_FN(strip) *s) {
    const double one = (double)((MC_INT)1 << MC_SCALE_UP);
    MC_REAL factor[MC_ROWS] = {0}, scale[MC_ROWS];
    for (int l = 0; l < rows; ++l) {
        const ptrdiff_t label = r->labels[first + l];
        const int ignored = r->ignore && label == *r->ignore;
        const MC_REAL w = ignored ? 0 : r->weight ? ((const MC_REAL *)r->weight)[label] : 1;
        scale[l] = (MC_REAL)(r->scale * w);
        factor[l] = (MC_REAL)(scale[l] / (s->count[l] * one + s->rest[l]));
        if (r->value) ((MC_REAL *)r->value)[(first + l) * r->sv] = ignored ? 0 : w * ((s->most[l] - s->at_label[l]) + s->log[l]);
    }
    if (!STORE) return;
    MC_FN(across_times)(FULL, NV, r, first, rows, factor);
    for (int l = 0; l < rows; ++l) {
        const ptrdiff_t label = r->labels[first + l];
        MC_REAL *out = (MC_REAL *)r->out + first + l, *to = out + label * r->cso;
        if (r->ignore && label == *r->ignore)
            for (ptrdiff_t i = 0; i < r->n; ++i) out[i * r->cso] = 0;
        else
            *to = MC_FN(label_gradient)(*to, scale[l], s->at_label[l] == s->most[l], s->count[l], s->rest[l],
                                        s->count[l] * one + s->rest[l]);
    }
}

/* NV vectors of rows side by side, or the few rows of part of one, from row `first` on; r->rsx = r->rso = 1. */
MC_INLINE void MC_FN(across)(const int SPLIT, const int STORE, const int FULL, const int NV, int kind, const mc_rows *r,
                             ptrdiff_t first, int rows) {
    MC_FN(strip) s;
    memset(&s, 0, sizeof s);
    MC_FN(across_sums)(SPLIT, STORE, FULL, NV, kind, r, first, rows, &s);
    if (kind == MC_CROSS_ENTROPY) {
        MC_FN(across_entropy)(STORE, FULL, NV, r, first, rows, &s);
    } else if (kind == MC_LOGSUMEXP) {
        for (int l = 0; l < rows; ++l) ((MC_REAL *)r->value)[(first + l) * r->sv] = s.most[l] + s.log[l];
    } else if (kind == MC_LOG_SOFTMAX) {
        const MC_REAL *x = (const MC_REAL *)r->x + first;
        MC_REAL *out = (MC_REAL *)r->out + first;
        for (ptrdiff_t i = 0; i < r->n; ++i)
            MC_UNROLL(4) for (int v = 0; v < NV; ++v) {
                const MC_VEC m = MC_FN(load)(s.most + v * MC_LANES), log = MC_FN(load)(s.log + v * MC_LANES);
                MC_VEC y = (MC_LOAD_ROWS(x + i * r->csx) - m) - log;
                MC_STORE_ROWS(out + i * r->cso, y)
            }
    } else if (STORE) {
        MC_REAL factor[MC_ROWS] = {0};
        for (int l = 0; l < rows; ++l) factor[l] = (MC_REAL)(1 / s.rest[l]);
        MC_FN(across_times)(FULL, NV, r, first, rows, factor);
    }
}

/* Rows from `first` on: at most MC_STRIP whole vectors of them, or less than one. */
static void MC_FN(across_rows)(int kind, const mc_rows *r, ptrdiff_t first, int rows) {
#define MC_CASES(SPLIT, STORE)                                                          \
    switch (rows / MC_LANES) {                                                          \
    case 0: MC_FN(across)(SPLIT, STORE, 0, 1, kind, r, first, rows); break;             \
    case 1: MC_FN(across)(SPLIT, STORE, 1, 1, kind, r, first, MC_LANES); break;         \
    case 2: MC_FN(across)(SPLIT, STORE, 1, 2, kind, r, first, 2 * MC_LANES); break;     \
    case 3: MC_FN(across)(SPLIT, STORE, 1, 3, kind, r, first, 3 * MC_LANES); break;     \
    default: MC_FN(across)(SPLIT, STORE, 1, 4, kind, r, first, 4 * MC_LANES);           \
    }
    if (kind == MC_SOFTMAX) MC_CASES(0, 1)
    else if (kind == MC_CROSS_ENTROPY && r->out) MC_CASES(1, 1)
    else MC_CASES(1, 0)
#undef MC_CASES
}

static void MC_FN(strips)(int kind, const mc_rows *r, ptrdiff_t first, ptrdiff_t rows) {
    for (ptrdiff_t i = 0; i < rows;) {
        int few = rows - i < MC_STRIP * MC_LANES ? (int)(rows - i) : MC_STRIP * MC_LANES;
        if (few > MC_LANES) few -= few % MC_LANES;
        MC_FN(across_rows)(kind, r, first + i, few);
        i += few;
    }
}

/* Rows side by side, brought to scratch and back in long pieces: read strip by strip from where they lie, a page or more
 * between one element and the next, they would come at the latency of memory. */
static void MC_FN(block_of_rows)(int kind, const mc_rows *r, ptrdiff_t first, ptrdiff_t rows) {
    const MC_REAL *x = (const MC_REAL *)r->x + first;
    MC_REAL *work = (MC_REAL *)r->work, *out = (MC_REAL *)r->out + first;
    for (ptrdiff_t i = 0; i < r->n; ++i) memcpy(work + i * rows, x + i * r->csx, (size_t)rows * MC_SIZE);
    mc_rows p = *r;
    p.x = work;
    p.csx = p.cso = rows;
    p.out = r->out ? work : NULL;
    if (r->value) p.value = (MC_REAL *)r->value + first * r->sv;
    if (r->labels) p.labels = r->labels + first;
    MC_FN(strips)(kind, &p, 0, rows);
    if (r->out)
        for (ptrdiff_t i = 0; i < r->n; ++i) memcpy(out + i * r->cso, work + i * rows, (size_t)rows * MC_SIZE);
}

/* Up to MC_STRIP vectors of short rows: transposed, computed across in place, transposed back. */
static void MC_FN(short_rows)(int kind, const mc_rows *r, ptrdiff_t first, int nv) {
    MC_REAL packed[MC_SHORT * MC_STRIP * MC_LANES];
    const ptrdiff_t wide = nv * MC_LANES, n = r->n;
    const MC_REAL *x = (const MC_REAL *)r->x + first * r->rsx;
    MC_REAL *out = r->out ? (MC_REAL *)r->out + first * r->rso : NULL;
    for (int v = 0; v < nv; ++v)
        for (ptrdiff_t q = 0; q < n; q += MC_LANES) {
            const MC_REAL *from = x + v * MC_LANES * r->rsx + q;
            const int few = n - q < MC_LANES ? (int)(n - q) : MC_LANES;
            MC_VEC t[MC_LANES];
            if (few == MC_LANES) {
                MC_UNROLL(16) for (int l = 0; l < MC_LANES; ++l) t[l] = MC_FN(load)(from + l * r->rsx);
            } else {
                MC_UNROLL(16) for (int l = 0; l < MC_LANES; ++l) t[l] = MC_FN(load_tail)(from + l * r->rsx, few);
            }
            MC_FN(transpose)(t);
            MC_UNROLL(16) for (int l = 0; l < MC_LANES; ++l)
                if (l < few) MC_FN(store)(packed + (q + l) * wide + v * MC_LANES, t[l]);
        }
    mc_rows p = *r;
    p.x = packed;
    p.rsx = p.rso = 1;
    p.csx = p.cso = wide;
    p.out = out ? packed : NULL;
    if (r->value) p.value = (MC_REAL *)r->value + first * r->sv;
    if (r->labels) p.labels = r->labels + first;
    MC_FN(across_rows)(kind, &p, 0, nv * MC_LANES);
    if (!out) return;
    for (int v = 0; v < nv; ++v)
        for (ptrdiff_t q = 0; q < n; q += MC_LANES) {
            MC_REAL *to = out + v * MC_LANES * r->rso + q;
            const int few = n - q < MC_LANES ? (int)(n - q) : MC_LANES;
            MC_VEC t[MC_LANES];
            MC_UNROLL(16) for (int l = 0; l < MC_LANES; ++l)
                t[l] = MC_FN(load)(packed + (l < few ? q + l : q) * wide + v * MC_LANES);
            MC_FN(transpose)(t);
            if (few == MC_LANES) {
                MC_UNROLL(16) for (int l = 0; l < MC_LANES; ++l) MC_FN(store)(to + l * r->rso, t[l]);
            } else {
                MC_UNROLL(16) for (int l = 0; l < MC_LANES; ++l) MC_FN(store_tail)(to + l * r->rso, t[l], few);
            }
        }
}

static void MC_FN(softmax_run)(int kind, const mc_rows *r) {
    const int dense = kind == MC_CROSS_ENTROPY && (r->target || r->smoothing != 0);
    ptrdiff_t i = 0;
    const int lone = r->rows == 1 && (!r->out || r->cso == 1);      /* the last piece may be one row beside others */
    if (r->rsx == 1 && r->csx != 1 && (!r->out || r->rso == 1) && !lone && !dense) {
        const ptrdiff_t strip = MC_STRIP * MC_LANES, room = r->work_bytes / MC_SIZE / r->n / strip * strip;
        for (; i < r->rows; i += room ? room : r->rows) {
            if (room) MC_FN(block_of_rows)(kind, r, i, r->rows - i < room ? r->rows - i : room);
            else MC_FN(strips)(kind, r, 0, r->rows);
        }
        return;
    }
    if (r->n <= MC_SHORT && r->csx == 1 && !dense && MC_LANES > 1)
        while (i + MC_LANES <= r->rows) {
            const ptrdiff_t nv = (r->rows - i) / MC_LANES < MC_STRIP ? (r->rows - i) / MC_LANES : MC_STRIP;
            MC_FN(short_rows)(kind, r, i, (int)nv);
            i += nv * MC_LANES;
        }
    for (; i < r->rows; ++i) MC_FN(along)(kind, r, i);
}

static const mc_softmax_ops *MC_FN(softmax_ops)(void) {
    static const mc_softmax_ops ops = {MC_FN(softmax_run)};
    return &ops;
}

#undef MC_SUM_LANES
#undef MC_SUM_VECS
#undef MC_STRIP
#undef MC_ROWS
#undef MC_TOGETHER
#undef MC_SHORT
#undef MC_LOAD_ROWS
#undef MC_STORE_ROWS
