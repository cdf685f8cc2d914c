/* pairs: numbers as head + tail, and what the densities of distributions.h are made of. For double only. */
#if MC_SIZE == 8
typedef struct { MC_VEC hi, lo; } MC_FN(pair);
#define MC_PAIR MC_FN(pair)

/* a * b rounded, never contracted with what is added to it: the sums below must see the number they correct. */
MC_INLINE MC_VEC MC_FN(times)(MC_VEC a, MC_VEC b) { return MC_FN(multiply_add)(a, b, MC_FN(zero)()); }

MC_INLINE MC_PAIR MC_FN(plus)(MC_VEC a, MC_VEC b) {     /* T. J. Dekker; D. E. Knuth: a + b exactly */
    MC_VEC sum = a + b, back = sum - a;
    MC_PAIR p = {sum, (a - (sum - back)) + (b - back)};
    return p;
}

MC_INLINE MC_PAIR MC_FN(product)(MC_VEC a, MC_VEC b) {
    MC_VEC head = MC_FN(times)(a, b);
    MC_PAIR p = {head, -MC_FN(residual)(head, a, b)};
    return p;
}

MC_INLINE MC_PAIR MC_FN(pair_sum)(MC_PAIR p, MC_PAIR q) {
    MC_PAIR s = MC_FN(plus)(p.hi, q.hi);
    s.lo = s.lo + (p.lo + q.lo);
    return s;
}

MC_INLINE MC_PAIR MC_FN(pair_times)(MC_PAIR p, MC_PAIR q) {
    MC_PAIR s = MC_FN(product)(p.hi, q.hi);
    s.lo = MC_FN(multiply_add)(p.hi, q.lo, MC_FN(multiply_add)(p.lo, q.hi, s.lo));
    return s;
}

MC_INLINE MC_PAIR MC_FN(pair_over)(MC_PAIR p, MC_VEC a) {
    MC_VEC q = p.hi / a;
    MC_PAIR s = {q, (MC_FN(residual)(p.hi, q, a) + p.lo) / a};
    return s;
}

MC_INLINE MC_PAIR MC_FN(negative)(MC_PAIR p) {
    MC_PAIR s = {-p.hi, -p.lo};
    return s;
}

MC_INLINE MC_PAIR MC_FN(exactly)(MC_VEC x) {
    MC_PAIR s = {x, MC_FN(zero)()};
    return s;
}

/* the same number with the tail below the rounding of the head */
MC_INLINE MC_PAIR MC_FN(settled)(MC_PAIR p) {
    MC_VEC sum = p.hi + p.lo;
    MC_PAIR s = {sum, (p.hi - sum) + p.lo};
    return s;
}

/* log of a pair, for positive finite numbers */
MC_MATH MC_PAIR MC_FN(pair_log)(MC_VEC u, MC_VEC c) {
    MC_PAIR s;
    s.hi = MC_FN(log_parts)(u, c, 1, &s.lo);
    return MC_FN(settled)(s);
}

/* log(1 + x), x > -1 */
MC_INLINE MC_PAIR MC_FN(pair_log1p)(MC_VEC x) {
    MC_PAIR u = MC_FN(plus)(MC_V(1), x);
    return MC_FN(pair_log)(u.hi, u.lo);
}

MC_MATH MC_VEC MC_FN(pair_exp)(MC_PAIR p) {
    MC_MASK fine = MC_FN(less)(MC_FN(abs)(p.hi), MC_V(1024));
    MC_PAIR s = MC_FN(settled)(p);
    MC_VEC y = MC_FN(exp)(MC_FN(pick)(fine, s.hi, p.hi)), more = MC_FN(times)(y, s.lo);
    return y + MC_FN(pick)(fine & MC_FN(less)(y, MC_V(MC_INFINITE)), more, MC_FN(zero)());
}

/* head + tail; an infinite head has none */
MC_INLINE MC_VEC MC_FN(whole)(MC_PAIR p) {
    return p.hi + MC_FN(pick)(MC_FN(less)(MC_FN(abs)(p.hi), MC_V(MC_INFINITE)), p.lo, MC_FN(zero)());
}

/* log u without a tail to u */
MC_MATH MC_PAIR MC_FN(plain_log)(MC_VEC u) {
    MC_PAIR s;
    s.hi = MC_FN(log_parts)(u, u, 0, &s.lo);
    return MC_FN(settled)(s);
}

/* log(x / m) for x >= 0, m > 0 (of x = 0 that of 2^-1074) */
MC_MATH MC_PAIR MC_FN(log_quotient)(MC_VEC x, MC_VEC m) {
    MC_VEC q = x / m, c = MC_FN(residual)(x, q, m) / x;
    MC_MASK plain = MC_FN(less)(MC_V(0x1p-1000), q) & MC_FN(less)(q, MC_V(0x1p1000)) & MC_FN(less)(MC_V(0x1p-900), x);
    MC_PAIR log;
    log.hi = MC_FN(log_parts)(MC_FN(max)(MC_V(MC_TINY), q), q, 0, &log.lo);
    log.lo = log.lo + c;
    log = MC_FN(settled)(log);
    if (!MC_FN(all)(plain)) {           /* the quotient is no normal number, or its remainder is none */
        MC_PAIR apart = MC_FN(pair_sum)(MC_FN(plain_log)(MC_FN(max)(MC_V(0x1p-1074), x)),
                                        MC_FN(negative)(MC_FN(plain_log)(m)));
        log.hi = MC_FN(pick)(plain, log.hi, apart.hi);
        log.lo = MC_FN(pick)(plain, log.lo, apart.lo);
    }
    return log;
}

/* x log(x / m) - x + m for x >= 0, m = m + rest >= 0: what a Poisson density loses to its largest value; with log(x / m). As
 * it stands up to x = 16, where 2^-58 of a logarithm are not much; beyond, where it cancels, by v = (x - m) / (x + m), whose
 * square is 1/25 at most (C. Loader, Fast and Accurate Computation of Binomial Probabilities, 2000). To 2^-54 of itself
 * or of 1. */
static MC_NOINLINE MC_PAIR MC_FN(deviance)(MC_VEC x, MC_VEC m, MC_VEC rest, MC_PAIR *ratio) {
    const MC_VEC zero = MC_FN(zero)();
    MC_VEC d = x - m, s = x + m;
    MC_MASK near = MC_FN(less)(MC_FN(abs)(d), 0.2 * s) & MC_FN(less)(MC_V(16), x);
    MC_PAIR r = {zero, zero}, log = {zero, zero};
    if (!MC_FN(all)(near)) {
        log = MC_FN(log_quotient)(x, m);
        r = MC_FN(pair_sum)(MC_FN(pair_times)(MC_FN(exactly)(x), log), MC_FN(plus)(m, -x));
    }
    if (!MC_FN(all)(~near)) {
        MC_VEC inverse = 1 / s, v = MC_FN(times)(d, inverse), w = v * v;
        MC_VEC v_rest = (MC_FN(residual)(d, v, s) - v * ((x - s) + m)) * inverse;
        MC_VEC series = ((0.3333333333333333 + 0.1999999999999995 * w) + w * w * (0.14285714285746867 + 0.1111111110284936 * w))
            + (w * w) * (w * w) * ((0.09090910138856304 + 0.076922331745063 * w)
            + w * w * ((0.06669768848425849 + 0.05807578096975946 * w) + w * w * 0.06219376857119267));
        MC_VEC tail = MC_FN(times)(2 * v, w * series);
        MC_PAIR close = MC_FN(product)(d, v);
        close.lo = close.lo + MC_FN(multiply_add)(d, v_rest, MC_FN(times)(x, tail));
        close = MC_FN(settled)(close);
        r.hi = MC_FN(pick)(near, close.hi, r.hi);
        r.lo = MC_FN(pick)(near, close.lo, r.lo);
        MC_PAIR of_ratio = {2 * v, 2 * v_rest + tail};
        of_ratio = MC_FN(settled)(of_ratio);
        log.hi = MC_FN(pick)(near, of_ratio.hi, log.hi);
        log.lo = MC_FN(pick)(near, of_ratio.lo, log.lo);
    }
    r.lo = r.lo - MC_FN(times)(rest / m, d);
    MC_MASK none = MC_FN(equal)(x, zero), never = MC_FN(equal)(m, zero);
    r.hi = MC_FN(pick)(none, m, MC_FN(pick)(never, MC_V(MC_INFINITE), r.hi));
    r.lo = MC_FN(pick)(none, rest, MC_FN(pick)(never, zero, r.lo));
    *ratio = log;
    return r;
}

/* log Gamma(x + 1) - x log x + x for x >= 0, to 2^-54 of 1: Stirling's series from 10 on, whose terms after the eighth are
 * below 2^-58; below 10 at x + 10, less the logarithm of the product that lies between. */
static MC_NOINLINE MC_PAIR MC_FN(stirling)(MC_VEC x) {
    const MC_VEC zero = MC_FN(zero)();
    MC_MASK small = MC_FN(less)(x, MC_V(10));
    MC_VEC y = MC_FN(pick)(small, x + 10, x), r = 1 / y, w = r * r;
    MC_VEC series = r * ((0.08333333333333333 - 0.002777777777777778 * w) + w * w * (0.0007936507936507937
        - 0.0005952380952380953 * w) + (w * w) * (w * w) * ((0.0008417508417508417 - 0.0019175269175269176 * w)
        + w * w * (0.00641025641025641 - 0.029550653594771242 * w)));
    MC_VEC y_rest = MC_FN(pick)(small, (x - (y - 10)), zero);
    MC_PAIR log = MC_FN(pair_log)(y, y_rest), sum = {MC_V(0x1.d67f1c864beb5p-1), MC_V(-0x1.65b5a1b7ff5dfp-55)};
    MC_PAIR half = {0.5 * log.hi, 0.5 * log.lo};
    sum = MC_FN(pair_sum)(sum, half);
    sum.lo = sum.lo + series;
    if (!MC_FN(all)(MC_FN(less)(MC_V(9.9), x))) {
        /* lgamma(x + 1) = lgamma(y + 1) - log((x + 1) ... (x + 10)); of y log y - y and x log x - x the difference */
        MC_PAIR p = MC_FN(plus)(MC_V(1), x);
        for (int i = 2; i <= 10; ++i) p = MC_FN(pair_times)(p, MC_FN(plus)(MC_V(i), x));
        MC_PAIR own = MC_FN(plain_log)(MC_FN(max)(MC_V(0x1p-1074), x)), y_log = {y, y_rest};
        MC_PAIR t = MC_FN(pair_times)(log, y_log), ten = MC_FN(exactly)(MC_V(-10));
        t = MC_FN(pair_sum)(t, ten);
        t = MC_FN(pair_sum)(t, MC_FN(negative)(MC_FN(pair_log)(p.hi, p.lo)));
        t = MC_FN(pair_sum)(t, MC_FN(negative)(MC_FN(pair_times)(own, MC_FN(exactly)(x))));
        t = MC_FN(pair_sum)(t, sum);
        sum.hi = MC_FN(pick)(small, t.hi, sum.hi);
        sum.lo = MC_FN(pick)(small, t.lo, sum.lo);
        MC_MASK none = MC_FN(equal)(x, zero);
        sum.hi = MC_FN(pick)(none, zero, sum.hi);
        sum.lo = MC_FN(pick)(none, zero, sum.lo);
    }
    return sum;
}
#endif
