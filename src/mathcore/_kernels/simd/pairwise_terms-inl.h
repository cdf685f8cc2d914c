/* pairwise_terms: what two coordinates add to a distance; see pairwise.h. */
#define MC_JENSEN_LEAST (MC_SIZE == 4 ? (MC_REAL)0x1p-60 : (MC_REAL)0x1p-480)   /* products of two denominators are normal */
#define MC_DENORMAL (MC_SIZE == 4 ? (MC_REAL)0x1p-149 : (MC_REAL)0x1p-1074)

/* t^p for t >= 0, 1 ULP and a half by exp and log; NaN stays NaN. */
static MC_NOINLINE void MC_FN(powers)(MC_VEC *t, const mc_exponent *e) {
    const int n = e->count;             /* no argument: a constant one makes a copy of this for each */
    if (!e->general) {
        for (int v = 0; v < n; ++v) {
            MC_VEC base = t[v], r = e->half ? MC_FN(sqrt)(base) : MC_V(1);
            for (int whole = e->whole; whole; whole >>= 1) {
                if (whole & 1) r = r * base;
                if (whole > 1) base = base * base;
            }
            t[v] = r;
        }
        return;
    }
    const MC_VEC p = MC_V((MC_REAL)e->p), zero = MC_FN(zero)();
    MC_UNROLL(1) for (int v = 0; v < n; ++v) {
        MC_VEC low, x = t[v], log = MC_FN(log_parts)(x, x, 0, &low);
        MC_FN(settle)(&log, &low);
        MC_VEC y = p * log;
        MC_KEEP(y);
        low = MC_FN(multiply_add)(p, low, -MC_FN(residual)(y, p, log));
        y = MC_FN(exp)(y) * (1 + low);
        y = MC_FN(pick)(MC_FN(less)(x, MC_V(MC_INFINITE)), y, x);
        t[v] = MC_FN(pick)(MC_FN(equal)(x, zero), zero, y);
    }
}

/* sum[i] += a log(2 a / w) + b log(2 b / w), w = a + b. Each half is x log(x / y) - x + y >= 0 with y = w / 2, where h = y - a:
 * with k = 0 and s = (a - y) / (a + y), a 2 s + h = -h s, so nothing cancels however near b is to a. */
static MC_NOINLINE void MC_FN(jensen_terms)(int n, const MC_VEC *a, const MC_VEC *b, MC_VEC *sum) {
    const MC_VEC least = MC_V(MC_JENSEN_LEAST), zero = MC_FN(zero)(), unit = MC_FN(log2_of_unit)();
    MC_UNROLL(2) for (int v = 0; v < n; ++v) {
        const MC_VEC p = a[v], q = b[v], h = (MC_REAL)0.5 * (q - p);
        const MC_VEC w = MC_FN(max)(least, (MC_REAL)0.5 * (p + q));
        const MC_VEC pm = MC_FN(max)(least, p), qm = MC_FN(max)(least, q);
        MC_VEC kp, kq;
        const MC_VEC cp = MC_FN(brought_near)(pm, w, &kp), cq = MC_FN(brought_near)(qm, w, &kq);
        const MC_VEC dp = pm + cp, dq = qm + cq, inverse = 1 / (dp * dq);
        MC_VEC sp = (pm - cp) * (inverse * dq), sq = (qm - cq) * (inverse * dp);
        MC_KEEP(sp);
        MC_KEEP(sq);
        const MC_VEC zp = sp * sp, zq = sq * sq;
        const MC_VEC headp = MC_FN(multiply_add)(kp, unit, 2 * sp), headq = MC_FN(multiply_add)(kq, unit, 2 * sq);
        const MC_VEC farp = MC_FN(multiply_add)(p, headp, h), farq = MC_FN(multiply_add)(q, headq, -h);
        MC_VEC nearp = -h * sp, nearq = h * sq;
        MC_KEEP(nearp);
        MC_KEEP(nearq);
        const MC_VEC vp = MC_FN(pick)(MC_FN(equal)(kp, zero), nearp, farp), vq = MC_FN(pick)(MC_FN(equal)(kq, zero), nearq, farq);
        const MC_VEC rp = MC_FN(multiply_add)(p * sp, zp * MC_FN(artanh_rest)(zp), vp);
        const MC_VEC rq = MC_FN(multiply_add)(q * sq, zq * MC_FN(artanh_rest)(zq), vq);
        sum[v] += rp + rq;
    }
}

/* One coordinate of one pair joins its sums. */
MC_INLINE void MC_FN(pairwise_term)(const int op, MC_VEC a, MC_VEC b, MC_VEC w, MC_VEC *sum, MC_VEC *second) {
    const MC_VEC d = a - b;
    if (op == MC_SQUARE) *sum = MC_FN(multiply_add)(d, d, *sum);
    if (op == MC_SQUARE_WEIGHTED) *sum = MC_FN(multiply_add)(w * d, d, *sum);
    if (op == MC_ABSOLUTE || op == MC_BRAYCURTIS) *sum = MC_FN(multiply_add)(w, MC_FN(abs)(d), *sum);
    if (op == MC_BRAYCURTIS) *second = MC_FN(multiply_add)(w, MC_FN(abs)(a + b), *second);
    if (op == MC_MAXIMUM) *sum = MC_FN(max)(MC_FN(abs)(MC_FN(multiply_add)(w, a, -b)), *sum);
    if (op == MC_MAXIMUM_ANY) {
        const MC_VEC m = MC_FN(abs)(d);
        *sum = MC_FN(pick)(MC_FN(less_bits)(*sum, m), m, *sum);
    }
    if (op == MC_CANBERRA_ANY) {
        MC_VEC q = w * MC_FN(abs)(d) / MC_FN(max)(MC_V(MC_DENORMAL), MC_FN(abs)(a) + MC_FN(abs)(b));
        *sum = *sum + q;
    }
    if (op == MC_UNEQUAL) *sum = *sum + MC_FN(pick)(MC_FN(equal)(a, b), MC_FN(zero)(), w);
}
#undef MC_JENSEN_LEAST
#undef MC_DENORMAL
