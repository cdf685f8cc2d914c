/* information: see information.h. One logarithm serves all: log(a / b) = k log 2 + 2 artanh(s), s = (a - c) / (a + c),
 * where c = 2^k b is so near a that a - c is exact. One division; 3 ULP at most, also where a / b is near 1. */
#define MC_INFO_LANES (64 / MC_SIZE)
#define MC_INFO_VECS (MC_INFO_LANES / MC_LANES)
#define MC_INFO_BLOCK (16 * MC_INFO_LANES)      /* 16 additions in a lane: 8 eps at most, and the block stays in L1 */
#define MC_INFO_LEAST (MC_SIZE == 4 ? (MC_REAL)0x1p-100 : (MC_REAL)0x1p-1000)   /* below it operands are scaled first */

/* log(a / b) = k log 2 + 2 s + s z rest, z = s^2; with b = 0 some finite number. Without `careful` both are at
 * least MC_INFO_LEAST. */
MC_INLINE void MC_FN(log_quotient)(const int careful, MC_VEC a, MC_VEC b, MC_VEC *k, MC_VEC *s, MC_VEC *z,
                                   MC_VEC *rest) {
    if (careful) {
        const MC_MASK tiny = MC_FN(less)(MC_FN(min)(a, b), MC_V(MC_INFO_LEAST));
        const MC_VEC up = MC_FN(pick)(tiny, MC_V((MC_REAL)((MC_INT)1 << MC_SCALE_UP)), MC_V(1));
        a = a * up;
        b = b * up;
    }
    const MC_VEC c = MC_FN(brought_near)(a, b, k);
    MC_VEC both = a + c;
    if (careful) both = MC_FN(max)(both, MC_V(MC_TINY));       /* 0 / 0 is no distance */
    *s = (a - c) / both;
    *z = *s * *s;
    *rest = MC_FN(artanh_rest)(*z);
}

MC_MATH MC_VEC MC_FN(log_of_quotient)(const int careful, MC_VEC a, MC_VEC b) {
    MC_VEC k, s, z, rest;
    MC_FN(log_quotient)(careful, a, b, &k, &s, &z, &rest);
    const MC_VEC near = s * MC_FN(multiply_add)(z, rest, MC_V(2));
    return MC_FN(multiply_add)(k, MC_FN(log2_of_unit)(), near);
}

/* x log(x / y) - x + y >= 0, d = y - x. With k = 0, of L = log(y / x) = s (2 + z rest), d - x L = s (d - x z rest), for
 * d = s (x + y): nothing cancels, so the sum has full relative accuracy however near y is to x. */
MC_MATH MC_VEC MC_FN(divergence)(const int careful, MC_VEC x, MC_VEC y, MC_VEC d) {
    MC_VEC k, s, z, rest;
    MC_FN(log_quotient)(careful, y, x, &k, &s, &z, &rest);
    const MC_VEC head = MC_FN(multiply_add)(k, MC_FN(log2_of_unit)(), 2 * s);
    const MC_VEC far = MC_FN(multiply_add)(-x, head, d), near = s * d;
    MC_VEC v = MC_FN(multiply_add)(-x, s * z * rest, MC_FN(pick)(MC_FN(equal)(k, MC_FN(zero)()), near, far));
    if (careful) {                       /* y where x is 0, inf where y alone is 0 */
        v = MC_FN(pick)(MC_FN(equal)(y, MC_FN(zero)()), MC_V(MC_INFINITE), v);
        v = MC_FN(pick)(MC_FN(equal)(x, MC_FN(zero)()), y, v);
    }
    return v;
}

/* sum + the term of one element, nothing for p = q = 0 (for logarithms too); `of` is what the sum of p (of q in
 * MC_CROSS) is. The last product is fused with the sum outright, so that every instruction set does the same. */
MC_INLINE MC_VEC MC_FN(add_term)(const int kind, const int careful, MC_VEC p, MC_VEC q, MC_VEC of, MC_VEC sum) {
    const MC_VEC zero = MC_FN(zero)();
    if (kind == MC_ENTROPY) return MC_FN(multiply_add)(p, MC_FN(log_of_quotient)(careful, of, p), sum);
    if (kind == MC_CONDITIONAL) return MC_FN(multiply_add)(p, MC_FN(log_of_quotient)(careful, q, p), sum);
    if (kind == MC_CROSS) {
        MC_VEC v = MC_FN(log_of_quotient)(careful, of, q);
        if (careful) {
            v = MC_FN(pick)(MC_FN(equal)(q, zero), MC_V(MC_INFINITE), v);
            v = MC_FN(pick)(MC_FN(equal)(p, zero), zero, v);
        }
        return MC_FN(multiply_add)(p, v, sum);
    }
    if (kind == MC_KL) return sum + MC_FN(divergence)(careful, p, q, q - p);
    if (kind == MC_JS) {                 /* of 2p, 2q and p + q: the difference to their mean is exact */
        const MC_VEC d = q - p, w = p + q;
        return sum + (MC_FN(divergence)(careful, 2 * p, w, d) + MC_FN(divergence)(careful, 2 * q, w, -d));
    }
    p = MC_FN(max)(MC_V(2 * MC_EXP_LOW), p);        /* -inf too: e^p = 0 */
    const MC_VEC down = MC_V((MC_REAL)(1.0 / ((MC_INT)1 << MC_SCALE_UP)));
    MC_VEC e[2] = {p, q};
    MC_FN(exp_up)(kind == MC_KL_LOG ? 2 : 1, e);
    const MC_VEC x = e[0] * down;
    if (kind == MC_ENTROPY_LOG) return MC_FN(multiply_add)(x, -p, sum);
    if (kind == MC_CROSS_LOG)
        return MC_FN(multiply_add)(x, MC_FN(pick)(MC_FN(equal)(x, zero), zero, -q), sum);
    const MC_VEC y = e[1] * down, d = q - p, square = d * d;
    const MC_VEC near = x * (square * MC_FN(multiply_add)(d, MC_FN(exp_series)(d, square), MC_V((MC_REAL)0.5)));
    const MC_VEC far = MC_FN(multiply_add)(-x, d, y - x);
    const MC_VEC v = MC_FN(pick)(MC_FN(less)(MC_FN(abs)(d), MC_V((MC_REAL)0.34)), near, far);
    return sum + MC_FN(pick)(MC_FN(equal)(x, zero), y, v);
}

MC_INLINE double MC_FN(fold_block)(MC_VEC *sum) {
    MC_UNROLL(4) for (int half = MC_INFO_VECS / 2; half; half /= 2)
        MC_UNROLL(4) for (int v = 0; v < half; ++v) sum[v] += sum[v + half];
    return MC_FN(fold)(sum[0]);
}

/* The sum of a block of n elements; SMALL: one is below MC_INFO_LEAST, NEGATIVE: one is below 0. */
enum { MC_FN(SMALL) = 1, MC_FN(NEGATIVE) = 2 };
MC_INLINE double MC_FN(block_sum)(ptrdiff_t n, const MC_REAL *x, int *found) {
    MC_VEC sum[MC_INFO_VECS], low = MC_V(MC_INFINITE);
    MC_UNROLL(4) for (int v = 0; v < MC_INFO_VECS; ++v) sum[v] = MC_FN(zero)();
    ptrdiff_t i = 0;
    for (; i + MC_INFO_LANES <= n; i += MC_INFO_LANES)
        MC_UNROLL(4) for (int v = 0; v < MC_INFO_VECS; ++v) {
            const MC_VEC y = MC_FN(load)(x + i + v * MC_LANES);
            low = MC_FN(min)(low, y);
            sum[v] += y;
        }
    MC_UNROLL(4) for (int v = 0; v < MC_INFO_VECS; ++v) {
        const ptrdiff_t left = n - i - v * MC_LANES;
        if (left <= 0) continue;
        const int few = left < MC_LANES ? (int)left : MC_LANES;
        const MC_VEC y = MC_FN(load_tail)(x + i + v * MC_LANES, few);
        low = MC_FN(min)(low, few < MC_LANES ? MC_FN(pick)(MC_FN(first)(few), y, low) : y);
        sum[v] += y;
    }
    if (!MC_FN(all)(MC_FN(less)(MC_V(MC_INFO_LEAST), low))) {
        *found |= MC_FN(SMALL);
        if (!MC_FN(all)(MC_FN(equal)(MC_FN(max)(MC_FN(zero)(), low), low))) *found |= MC_FN(NEGATIVE);
    }
    return MC_FN(fold_block)(sum);
}

/* The same, careful, of any kind: tails, and blocks with a number that is nearly 0. */
static MC_NOINLINE MC_VEC MC_FN(careful_term)(int kind, MC_VEC p, MC_VEC q, MC_VEC of, MC_VEC sum) {
    switch (kind) {
    case MC_ENTROPY: return MC_FN(add_term)(MC_ENTROPY, 1, p, q, of, sum);
    case MC_CROSS: return MC_FN(add_term)(MC_CROSS, 1, p, q, of, sum);
    case MC_KL: return MC_FN(add_term)(MC_KL, 1, p, q, of, sum);
    case MC_JS: return MC_FN(add_term)(MC_JS, 1, p, q, of, sum);
    case MC_CONDITIONAL: return MC_FN(add_term)(MC_CONDITIONAL, 1, p, q, of, sum);
    case MC_ENTROPY_LOG: return MC_FN(add_term)(MC_ENTROPY_LOG, 1, p, q, of, sum);
    case MC_CROSS_LOG: return MC_FN(add_term)(MC_CROSS_LOG, 1, p, q, of, sum);
    default: return MC_FN(add_term)(MC_KL_LOG, 1, p, q, of, sum);
    }
}

/* The sum of the terms of a block; with `scaled` elements are times rp and rq first. */
MC_INLINE double MC_FN(block_terms)(const int kind, const int careful, const int scaled, ptrdiff_t n, const MC_REAL *p,
                                    const MC_REAL *q, MC_VEC of, MC_VEC rp, MC_VEC rq) {
    MC_VEC sum[MC_INFO_VECS];
    MC_UNROLL(4) for (int v = 0; v < MC_INFO_VECS; ++v) sum[v] = MC_FN(zero)();
    ptrdiff_t i = 0;
    for (; i + MC_INFO_LANES <= n; i += MC_INFO_LANES)
        MC_UNROLL(4) for (int v = 0; v < MC_INFO_VECS; ++v) {
            MC_VEC x = MC_FN(load)(p + i + v * MC_LANES), y = q ? MC_FN(load)(q + i + v * MC_LANES) : x;
            if (scaled) { x = x * rp; y = y * rq; }
            sum[v] = careful ? MC_FN(careful_term)(kind, x, y, of, sum[v]) : MC_FN(add_term)(kind, 0, x, y, of, sum[v]);
        }
    MC_UNROLL(4) for (int v = 0; v < MC_INFO_VECS; ++v) {
        const ptrdiff_t left = n - i - v * MC_LANES;
        if (left <= 0) continue;
        const int few = left < MC_LANES ? (int)left : MC_LANES;
        MC_VEC x = MC_FN(load_tail)(p + i + v * MC_LANES, few), y = q ? MC_FN(load_tail)(q + i + v * MC_LANES, few) : x;
        if (scaled) { x = x * rp; y = y * rq; }
        sum[v] = MC_FN(careful_term)(kind, x, y, of, sum[v]);
    }
    return MC_FN(fold_block)(sum);
}

static MC_NOINLINE double MC_FN(careful_terms)(int kind, int scaled, ptrdiff_t n, const MC_REAL *p, const MC_REAL *q, MC_VEC of,
                                               MC_VEC rp, MC_VEC rq) {
    return scaled ? MC_FN(block_terms)(kind, 1, 1, n, p, q, of, rp, rq) : MC_FN(block_terms)(kind, 1, 0, n, p, q, of, rp, rq);
}

/* A sum and what its roundings dropped (D. E. Knuth's sum of two). */
typedef struct { double sum, rest; } MC_FN(exact_sum);

MC_INLINE void MC_FN(add)(MC_FN(exact_sum) *s, double x) {
    const double sum = s->sum + x, back = sum - s->sum, lost = (s->sum - (sum - back)) + (x - back);
    s->rest += lost == lost ? lost : 0;  /* none beside inf and NaN */
    s->sum = sum;
}

/* The sum of a row; *found as block_sum says. */
MC_INLINE double MC_FN(row_sum)(ptrdiff_t n, const MC_REAL *x, int *found) {
    MC_FN(exact_sum) s = {0, 0};
    for (ptrdiff_t i = 0; i < n; i += MC_INFO_BLOCK)
        MC_FN(add)(&s, MC_FN(block_sum)(n - i < MC_INFO_BLOCK ? n - i : MC_INFO_BLOCK, x + i, found));
    return s.sum + s.rest;
}

static double MC_FN(information_sum)(ptrdiff_t n, const void *x0, ptrdiff_t *bad) {
    const MC_REAL *x = (const MC_REAL *)x0;
    int found = 0;
    ptrdiff_t i = 0;
    const double sum = MC_FN(row_sum)(n, x, &found);
    while (i < n && x[i] >= 0) ++i;
    *bad = i < n ? i : -1;
    return sum;
}

/* slack < 0: the sum must be a number to divide by without under- or overflow of what it divides. */
MC_INLINE int MC_FN(good_sum)(double sum, double slack) {
    const double most = MC_SIZE == 4 ? 0x1p60 : 0x1p500;
    return slack < 0 ? sum >= 1 / most && sum <= most : sum - 1 <= slack && 1 - sum <= slack;
}

/* *out = the value of a row; 0 where it is no distribution. */
MC_INLINE int MC_FN(information_row)(const int kind, const mc_information *r, const MC_REAL *p, const MC_REAL *q,
                                    MC_REAL *out) {
    const int checks_p = kind < MC_ENTROPY_LOG, checks_q = kind == MC_CROSS || kind == MC_KL || kind == MC_JS;
    const int divided = checks_p && r->slack_p < 0, scaled = divided && (kind == MC_KL || kind == MC_JS);
    double total_p = 1, total_q = 1;
    MC_FN(exact_sum) sum_p = {0, 0}, sum_q = {0, 0}, value = {0, 0};
    int found = 0;
    if (divided) {                       /* the sums are needed first */
        total_p = MC_FN(row_sum)(r->n, p, &found);
        if (checks_q) total_q = MC_FN(row_sum)(r->n, q, &found);
        if (!MC_FN(good_sum)(total_p, -1) || !MC_FN(good_sum)(total_q, -1)) return 0;
    }
    const MC_VEC of = MC_V((MC_REAL)(kind == MC_CROSS ? total_q : total_p));
    const MC_VEC rp = MC_V((MC_REAL)(1 / total_p)), rq = MC_V((MC_REAL)(1 / total_q));
    for (ptrdiff_t i = 0; i < r->n; i += MC_INFO_BLOCK) {
        const ptrdiff_t n = r->n - i < MC_INFO_BLOCK ? r->n - i : MC_INFO_BLOCK;
        const MC_REAL *x = p + i, *y = q ? q + i : NULL;
        int small = 0;
        if (checks_p) MC_FN(add)(&sum_p, MC_FN(block_sum)(n, x, &small));
        if (checks_q) MC_FN(add)(&sum_q, MC_FN(block_sum)(n, y, &small));
        found |= small;
        MC_FN(add)(&value, scaled || small ? MC_FN(careful_terms)(kind, scaled, n, x, y, of, rp, rq)
                                    : MC_FN(block_terms)(kind, 0, 0, n, x, y, of, rp, rq));
    }
    if (found & MC_FN(NEGATIVE)) return 0;
    if (checks_p && !divided && !MC_FN(good_sum)(sum_p.sum + sum_p.rest, r->slack_p)) return 0;
    if (checks_q && !divided && !MC_FN(good_sum)(sum_q.sum + sum_q.rest, r->slack_q)) return 0;
    double v = value.sum + value.rest;
    if (kind == MC_JS) {                 /* half of the sum of two, whose terms were doubled; rounding goes no further */
        v *= 0.25;
        if (v > 0.693147180559945309417) v = 0.693147180559945309417;
    }
    if (divided && !scaled) v /= total_p;
    *out = (MC_REAL)((v < 0 ? 0 : v) / r->unit);
    return 1;
}

static ptrdiff_t MC_FN(information_run)(int kind, const mc_information *r) {
    const MC_REAL *p = (const MC_REAL *)r->p, *q = (const MC_REAL *)r->q;
    MC_REAL *value = (MC_REAL *)r->value;
#define MC_CASE(KIND)                                                                                               \
    case KIND:                                                                                                      \
        for (ptrdiff_t i = 0; i < r->rows; ++i)                                                                     \
            if (!MC_FN(information_row)(KIND, r, p + i * r->rsp, q ? q + i * r->rsq : NULL, value + i)) return i;   \
        break;
    switch (kind) {
        MC_CASE(MC_ENTROPY) MC_CASE(MC_CROSS) MC_CASE(MC_KL) MC_CASE(MC_JS) MC_CASE(MC_CONDITIONAL)
        MC_CASE(MC_ENTROPY_LOG) MC_CASE(MC_CROSS_LOG) MC_CASE(MC_KL_LOG)
    }
#undef MC_CASE
    return -1;
}

static const mc_information_ops *MC_FN(information_ops)(void) {
    static const mc_information_ops ops = {MC_FN(information_run), MC_FN(information_sum)};
    return &ops;
}

#undef MC_INFO_LANES
#undef MC_INFO_VECS
#undef MC_INFO_BLOCK
#undef MC_INFO_LEAST
