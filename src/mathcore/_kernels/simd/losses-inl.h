/* losses: see losses.h. Formulas so written that no two large terms cancel: each of y and 1 - y has a logarithm of its own. */
#define MC_PAIR_LANES (64 / MC_SIZE)
#define MC_PAIR_VECS (MC_PAIR_LANES / MC_LANES)

/* `extra`: the factor of y in MC_BINARY_LOGITS, delta in MC_HUBER. NaN stays NaN in the loss and in its slope. */
MC_INLINE MC_VEC MC_FN(pair)(const int kind, MC_VEC p, MC_VEC y, MC_VEC extra, MC_VEC *slope) {
    const MC_VEC zero = MC_FN(zero)(), positive = extra;
    if (kind == MC_SQUARED) {
        MC_VEC d = p - y;
        *slope = 2 * d;
        return d * d;
    }
    if (kind == MC_ABSOLUTE) {
        const MC_VEC d = p - y;
        *slope = MC_FN(pick)(MC_FN(equal)(d, d), MC_FN(pick)(MC_FN(equal)(d, zero), zero, MC_FN(copysign)(1 - zero, d)), d);
        return MC_FN(abs)(d);
    }
    if (kind == MC_HUBER) {
        const MC_VEC d = p - y, size = MC_FN(abs)(d), half = MC_FN(splat)((MC_REAL)0.5);
        *slope = MC_FN(pick)(MC_FN(equal)(d, d), MC_FN(max)(-extra, MC_FN(min)(extra, d)), d);
        return MC_FN(pick)(MC_FN(less)(size, extra), half * d * d, extra * (size - half * extra));
    }
    if (kind == MC_HINGE) {
        const MC_VEC margin = 1 - y * p;
        const MC_VEC none = MC_FN(pick)(MC_FN(equal)(margin, margin), zero, margin);
        *slope = MC_FN(pick)(MC_FN(less)(zero, margin), -y, none);
        return MC_FN(pick)(MC_FN(less)(zero, margin), margin, none);
    }
    if (kind == MC_BINARY) {            /* -(y log p + (1-y) log(1-p)), 0 log 0 = 0 */
        MC_VEC rest = 1 - y;
        MC_VEC up = MC_FN(pick)(MC_FN(equal)(y, zero), zero, y / p);
        MC_VEC down = MC_FN(pick)(MC_FN(equal)(rest, zero), zero, rest / (1 - p));
        *slope = down - up;
        return -(MC_FN(times_log)(y, MC_FN(log)(p), p) + MC_FN(times_log)(rest, MC_FN(log1p)(-p), p));
    }
    /* softplus(-z) for y, softplus(z) for 1 - y; both share log1p(exp(-|z|)) */
    MC_VEC e = MC_FN(exp)(-MC_FN(abs)(p)), u = 1 + e, t = MC_FN(log_sum)(u, (1 - u) + e, 1);
    MC_VEC high = 1 / u, low = e / u, yes = y * positive, no = 1 - y;
    MC_MASK negative = MC_FN(less)(p, zero);
    *slope = no * MC_FN(pick)(negative, low, high) - yes * MC_FN(pick)(negative, high, low);
    return yes * (MC_FN(max)(zero, -p) + t) + no * (MC_FN(max)(zero, p) + t);
}

MC_INLINE double MC_FN(pairs_of)(const int kind, const mc_pairs *s) {
    const MC_REAL *p = (const MC_REAL *)s->p, *y = (const MC_REAL *)s->y, *w = (const MC_REAL *)s->weight,
                  *q = (const MC_REAL *)s->positive;
    MC_REAL *value = (MC_REAL *)s->value, *gradient = (MC_REAL *)s->gradient;
    const MC_VEC scale = MC_V((MC_REAL)s->scale), extra = MC_V(kind == MC_HUBER ? (MC_REAL)s->delta : 1);
    MC_VEC sum[MC_PAIR_VECS];
    MC_UNROLL(4) for (int v = 0; v < MC_PAIR_VECS; ++v) sum[v] = MC_FN(zero)();
    for (ptrdiff_t i = 0; i < s->n; i += MC_PAIR_LANES)
        MC_UNROLL(4) for (int v = 0; v < MC_PAIR_VECS; ++v) {
            const ptrdiff_t at = i + v * MC_LANES, left = s->n - at;
            MC_VEC slope, loss;
            if (left <= 0) continue;
            if (left >= MC_LANES) {
                loss = MC_FN(pair)(kind, MC_FN(load)(p + at), MC_FN(load)(y + at), q ? MC_FN(load)(q + at) : extra, &slope);
                if (w) { loss = loss * MC_FN(load)(w + at); slope = slope * MC_FN(load)(w + at); }
                if (value) MC_FN(store)(value + at, loss);
                if (gradient) MC_FN(store)(gradient + at, slope * scale);
            } else {
                const int few = (int)left;
                loss = MC_FN(pair)(kind, MC_FN(load_tail)(p + at, few), MC_FN(load_tail)(y + at, few),
                                   q ? MC_FN(load_tail)(q + at, few) : extra, &slope);
                if (w) { loss = loss * MC_FN(load_tail)(w + at, few); slope = slope * MC_FN(load_tail)(w + at, few); }
                if (value) MC_FN(store_tail)(value + at, loss, few);
                if (gradient) MC_FN(store_tail)(gradient + at, slope * scale, few);
                loss = MC_FN(pick)(MC_FN(first)(few), loss, MC_FN(zero)());
            }
            sum[v] += loss;
        }
    MC_UNROLL(4) for (int half = MC_PAIR_VECS / 2; half; half /= 2)
        MC_UNROLL(4) for (int v = 0; v < half; ++v) sum[v] += sum[v + half];
    return MC_FN(fold)(sum[0]);
}

static double MC_FN(pairs_block)(int kind, const mc_pairs *s) {
    return kind == MC_SQUARED  ? MC_FN(pairs_of)(MC_SQUARED, s)
         : kind == MC_BINARY   ? MC_FN(pairs_of)(MC_BINARY, s)
         : kind == MC_ABSOLUTE ? MC_FN(pairs_of)(MC_ABSOLUTE, s)
         : kind == MC_HUBER    ? MC_FN(pairs_of)(MC_HUBER, s)
         : kind == MC_HINGE    ? MC_FN(pairs_of)(MC_HINGE, s)
                               : MC_FN(pairs_of)(MC_BINARY_LOGITS, s);
}

static ptrdiff_t MC_FN(first_outside)(ptrdiff_t n, const void *x0, double low, double high) {
    const MC_REAL *x = (const MC_REAL *)x0;
    const MC_VEC lo = MC_V((MC_REAL)low), hi = MC_V((MC_REAL)high);
    ptrdiff_t i = 0;
    for (; i + MC_LANES <= n; i += MC_LANES) {
        MC_VEC v = MC_FN(load)(x + i), inside = MC_FN(max)(lo, MC_FN(min)(hi, v));
        if (!MC_FN(all)(MC_FN(equal)(inside, v))) break;
    }
    for (; i < n; ++i)
        if (!(x[i] >= (MC_REAL)low && x[i] <= (MC_REAL)high)) return i;
    return -1;
}

static const mc_losses_ops *MC_FN(losses_ops)(void) {
    static const mc_losses_ops ops = {MC_FN(pairs_block), MC_FN(first_outside)};
    return &ops;
}

#undef MC_PAIR_LANES
#undef MC_PAIR_VECS
