/* elementary: exp, log and what is made of them, as inline functions of one vector for other bodies.
 *
 * Results are built as head + tail, the head exact by construction, so that one final rounding dominates: at most
 * 1 ULP where a function says so, over all float32 inputs (tests/ulp.py). Polynomials: tests/minimax.py. */
#if MC_SIZE == 4
#  define MC_ROUND 12582912.0f          /* 1.5 * 2^23: added to x, leaves round(x) in the low bits */
#  define MC_LOG2E 0x1.715476p+0f
#  define MC_LN2_HI 0x1.62e4p-1f        /* 15 bits: times any exponent exact */
#  define MC_LN2_LO 0x1.7f7d1cp-20f
#  define MC_ONE_BITS 0x3f800000
#  define MC_SQRT_HALF_BITS 0x3f3504f3
#  define MC_TINY 0x1p-126f             /* the smallest normal number */
#  define MC_EXP_NORMAL 87.0f           /* below it exp(+-x) is a normal number */
#  define MC_EXP_HIGH 89.0f             /* exp is infinite */
#  define MC_EXP_LOW (-104.0f)          /* exp is 0: below 2^-150 */
#  define MC_HALF_SCALE (-75.0f)
#else
#  define MC_ROUND 6755399441055744.0   /* 1.5 * 2^52 */
#  define MC_LOG2E 0x1.71547652b82fep+0
#  define MC_LN2_HI 0x1.62e42feep-1
#  define MC_LN2_LO 0x1.a39ef35793c76p-33
#  define MC_ONE_BITS 0x3ff0000000000000
#  define MC_SQRT_HALF_BITS 0x3fe6a09e667f3bcd
#  define MC_TINY 0x1p-1022
#  define MC_EXP_NORMAL 708.0
#  define MC_EXP_HIGH 710.0
#  define MC_EXP_LOW (-746.0)
#  define MC_HALF_SCALE (-540.0)
#endif
#define MC_SCALE_UP (MC_SIZE == 4 ? 24 : 54)
#define MC_INFINITE ((MC_REAL)__builtin_inf())
#define MC_NAN ((MC_REAL)__builtin_nan(""))
#define MC_V(x) MC_FN(splat)(x)

#if !defined(MC_ELEMENTARY_DONE)     /* several bodies of one unit may ask for these */

/* (exp(y) - 1 - y - y^2 / 2) / y^3, |y| <= ln 2 / 2 */
MC_INLINE MC_VEC MC_FN(exp_series)(MC_VEC y, MC_VEC y2) {
    /* pairs: half the latency of one chain, which the reorder buffer does not hide in the longer functions */
#if MC_SIZE == 4
    return (0.1666666567325592f + 0.041666459292173386f * y)
         + y2 * ((0.00833358895033598f + 0.0013935472816228867f * y) + y2 * 0.0001973291509784758f);
#else
    MC_VEC y4 = y2 * y2;
    return (0.16666666666666682 + 0.04166666666666641 * y) + y2 * (0.008333333333318229 + 0.0013888888889036241 * y)
         + y4 * ((0.00019841269894134097 + 2.480158702135311e-05 * y) + y2 * (2.7557236622598665e-06 + 2.755752820947585e-07 * y)
                 + y4 * (2.5111547609473297e-08 + 2.083831958917305e-09 * y));
#endif
}

/* x = n ln 2 + r, |r| <= ln 2 / 2 and a trifle; round = n + MC_ROUND; exp(r) = 1 + r + square + rest, square = r^2 / 2
 * rounded, rest below 2^-7. `exact` puts the rounding error of square into rest. */
MC_INLINE void MC_FN(exp_parts)(const int exact, MC_VEC x, MC_VEC *round, MC_VEC *r, MC_VEC *square, MC_VEC *rest) {
    MC_VEC t = x * MC_LOG2E + MC_ROUND, n = t - MC_ROUND;
    MC_VEC high = x - n * MC_LN2_HI;
    MC_VEC y = high - n * MC_LN2_LO, low = (high - y) - n * MC_LN2_LO, y2 = y * y;
    *round = t;
    *r = y;
    *square = 0.5f * y2;
    if (exact) low = low - MC_FN(residual)(*square, 0.5f * y, y);
    *rest = low + y2 * y * MC_FN(exp_series)(y, y2);
}

/* x * 2^n for n within twice the range of exponents, rounded once; n = round - MC_ROUND. */
MC_INLINE MC_VEC MC_FN(scale_far)(MC_VEC x, MC_VEC round) {
    MC_VEC n = round - MC_ROUND;
    MC_VEC n1 = MC_FN(min)(MC_V(-MC_HALF_SCALE), MC_FN(max)(MC_V(MC_HALF_SCALE), n)), n2 = n - n1;
    MC_VEC s1 = MC_FN(real)((MC_FN(bits)(n1 + MC_ROUND) << MC_MANTISSA) + MC_ONE_BITS);
    MC_VEC s2 = MC_FN(real)((MC_FN(bits)(n2 + MC_ROUND) << MC_MANTISSA) + MC_ONE_BITS);
    return x * s1 * s2;
}

/* x * 2^n where both are normal numbers. */
MC_INLINE MC_VEC MC_FN(scale_near)(MC_VEC x, MC_VEC round) {
    return MC_FN(real)(MC_FN(bits)(x) + (MC_FN(bits)(round) << MC_MANTISSA));
}

MC_MATH MC_VEC MC_FN(exp)(MC_VEC x) {
    MC_VEC t, r, square, rest;
    MC_MASK near = MC_FN(less)(MC_FN(abs)(x), MC_V(MC_EXP_NORMAL));
    x = MC_FN(max)(MC_V(MC_EXP_LOW), MC_FN(min)(MC_V(MC_EXP_HIGH), x));
    MC_FN(exp_parts)(0, x, &t, &r, &square, &rest);
    MC_VEC head = 1 + r, y = head + ((1 - head) + r + (square + rest));
    return MC_FN(all)(near) ? MC_FN(scale_near)(y, t) : MC_FN(scale_far)(y, t);
}

/* N vectors through exp(x) * 2^MC_SCALE_UP for x <= 0, without a branch, side by side step by step: the scheduler holds two
 * chains of this length at most, and what stands next in it should be ready. What would be subnormal is a normal number
 * here, and becomes subnormal, rounded once, when the final factor takes the power of two out. Below MC_EXP_LOW: 2^-150
 * (2^-1076) of 1. */
MC_INLINE void MC_FN(exp_up)(const int N, MC_VEC *x) {
    MC_VEC t[4], n[4], y2[4], q[4];
#define MC_EACH MC_UNROLL(4) for (int v = 0; v < N; ++v)
    MC_EACH x[v] = MC_FN(max)(MC_V(MC_EXP_LOW), x[v]);
    MC_EACH t[v] = x[v] * MC_LOG2E + (MC_REAL)(MC_ROUND + MC_SCALE_UP);
    MC_EACH n[v] = t[v] - (MC_REAL)(MC_ROUND + MC_SCALE_UP);
    MC_EACH x[v] = x[v] - n[v] * MC_LN2_HI;
    MC_EACH x[v] = x[v] - n[v] * MC_LN2_LO;
    MC_EACH y2[v] = x[v] * x[v];
    MC_EACH q[v] = MC_FN(exp_series)(x[v], y2[v]);
    MC_EACH q[v] = x[v] * q[v] + 0.5f;
    MC_EACH q[v] = q[v] * y2[v] + x[v];
    MC_EACH q[v] = q[v] + 1;
    MC_EACH x[v] = MC_FN(scale_near)(q[v], t[v]);
#undef MC_EACH
}

/* expm1(x) = 2^n (head + tail), not yet multiplied; for x above -2 MC_EXP_HIGH. */
MC_INLINE void MC_FN(expm1_parts)(MC_VEC x, MC_VEC *round, MC_VEC *head, MC_VEC *tail) {
    MC_VEC r, square, rest;
    MC_FN(exp_parts)(1, x, round, &r, &square, &rest);
    /* 2^-n, where n is large too small to matter */
    MC_VEC most = MC_FN(min)(MC_V((MC_REAL)(MC_ROUND + 2 * MC_MANTISSA)), *round);
    MC_VEC u = MC_FN(real)(MC_ONE_BITS - (MC_FN(bits)(most) << MC_MANTISSA));
    MC_VEC a = 1 - u, back = 1 - a, low = (1 - (a + back)) + (back - u);
    MC_VEC sum = a + r;
    *head = sum + square;
    *tail = ((sum - *head) + square) + (((a - sum) + r) + (low + rest));
}

/* head + tail again, the tail below the rounding of the head. */
MC_INLINE void MC_FN(settle)(MC_VEC *head, MC_VEC *tail) {
    MC_VEC sum = *head + *tail;
    *tail = (*head - sum) + *tail;
    *head = sum;
}

MC_MATH MC_VEC MC_FN(expm1)(MC_VEC x) {
    MC_VEC t, head, tail, y = x;
    y = MC_FN(max)(MC_V(-2 * MC_MANTISSA), MC_FN(min)(MC_V(MC_EXP_HIGH), y));
    MC_FN(expm1_parts)(y, &t, &head, &tail);
    y = 2 * (head + tail);              /* 2 and 2^(n-1): 2^128 is no float */
    y = y * MC_FN(real)((MC_FN(bits)(t) << MC_MANTISSA) + (MC_INT)(MC_ONE_BITS - ((MC_INT)1 << MC_MANTISSA)));
    return MC_FN(copysign)(y, x);
}

/* a / b, both head + tail, rounded once and a trifle. */
MC_INLINE MC_VEC MC_FN(quotient)(MC_VEC a, MC_VEC a_tail, MC_VEC b, MC_VEC b_tail) {
    MC_VEC inverse = 1 / b, q = a * inverse;
    return q + (MC_FN(residual)(a, q, b) + (a_tail - q * b_tail)) * inverse;
}

/* tanh |x| = -e / (2 + e), e = expm1(-2 |x|). */
MC_MATH MC_VEC MC_FN(tanh)(MC_VEC x) {
    MC_VEC t, e, low, y = -2 * MC_FN(abs)(x);
    y = MC_FN(max)(MC_V(MC_SIZE == 4 ? -20 : -40), y);
    MC_FN(expm1_parts)(y, &t, &e, &low);
    MC_FN(settle)(&e, &low);
    MC_VEC s = MC_FN(real)((MC_FN(bits)(t) << MC_MANTISSA) + MC_ONE_BITS);
    e = e * s;
    low = low * s;
    MC_VEC d = 2 + e, d_low = ((2 - d) + e) + low;
    return MC_FN(copysign)(MC_FN(quotient)(-e, -low, d, d_low), x);
}

/* factor / (1 + e) for x >= 0, factor e / (1 + e) for x < 0, e = exp(-|x|) = 2^n (head + tail): accurate down to subnormal
 * results, rounded to them once, after the factor. */
MC_MATH MC_VEC MC_FN(times_sigmoid)(MC_VEC factor, MC_VEC x) {
    MC_VEC t, r, square, rest, y = -MC_FN(abs)(x);
    MC_MASK negative = MC_FN(less)(x, MC_FN(zero)());
    y = MC_FN(max)(MC_V(MC_EXP_LOW - 10), y);       /* a factor of 2 |EXP_LOW| does not bring that back */
    MC_FN(exp_parts)(0, y, &t, &r, &square, &rest);
    MC_VEC head = 1 + r, tail = ((1 - head) + r) + (square + rest);
    MC_FN(settle)(&head, &tail);
    /* 2^n in two steps, of which the first alone counts in the sum; where the tail too is a normal number one is enough,
     * and powers of two change no bit */
    const int near = MC_FN(all)(MC_FN(less)(MC_V((MC_REAL)(-MC_EXP_NORMAL + 0.7 * MC_MANTISSA)), y));
    MC_VEC n = t - MC_ROUND, n1 = near ? n : MC_FN(max)(MC_V(MC_HALF_SCALE), n);
    if (!near) t = n1 + MC_ROUND;
    MC_VEC scale = MC_FN(real)((MC_FN(bits)(t) << MC_MANTISSA) + MC_ONE_BITS);
    MC_VEC e = scale * head, low = scale * tail, d = 1 + e, d_tail = ((1 - d) + e) + low;
    const MC_VEC one = MC_V(1), zero = MC_FN(zero)();
    if (near) return factor * MC_FN(quotient)(MC_FN(pick)(negative, e, one), MC_FN(pick)(negative, low, zero), d, d_tail);
    y = factor * MC_FN(quotient)(MC_FN(pick)(negative, head, one), MC_FN(pick)(negative, tail, zero), d, d_tail);
    MC_VEC far = MC_FN(real)((MC_FN(bits)((n - n1) + MC_ROUND) << MC_MANTISSA) + MC_ONE_BITS);
    return MC_FN(pick)(negative, y * scale * far, y);
}

MC_INLINE MC_VEC MC_FN(sigmoid)(MC_VEC x) { return MC_FN(times_sigmoid)(MC_V(1), x); }

/* log(u + c) = head + tail for finite u > 0 and |c| below the rounding of u, the tail to 2^-58 of 1 and better near u = 1.
 * log(1+f) = f - f^2/2 + s (f^2/2 + R(s^2)), s = f/(2+f): W. J. Cody and W. Waite, Software Manual for the Elementary
 * Functions, 1980. */
MC_MATH MC_VEC MC_FN(log_parts)(MC_VEC u, MC_VEC c, int with_c, MC_VEC *low) {
    MC_MASK small = MC_FN(less)(u, MC_V(MC_TINY));
    const MC_REAL up = (MC_REAL)((MC_INT)1 << (MC_MANTISSA + 2));
    MC_VEC x = MC_FN(pick)(small, u * up, u);
    MC_IVEC i = MC_FN(bits)(x) + (MC_INT)(MC_ONE_BITS - MC_SQRT_HALF_BITS);
    /* the biased exponent as a float: its bits below those of 2^MANTISSA, subtracted again */
    const MC_INT two = ((MC_INT)(MC_ONE_BITS >> MC_MANTISSA) + MC_MANTISSA) << MC_MANTISSA;
    const MC_REAL bias = (MC_REAL)((MC_INT)1 << MC_MANTISSA) + (MC_REAL)(MC_ONE_BITS >> MC_MANTISSA);
    MC_VEC e = MC_FN(real)((MC_IVEC)((MC_UVEC)i >> MC_MANTISSA) | two) - bias;
    e = e - MC_FN(pick)(small, MC_V(MC_MANTISSA + 2), MC_FN(zero)());
    MC_VEC f = MC_FN(real)((i & (((MC_INT)1 << MC_MANTISSA) - 1)) + MC_SQRT_HALF_BITS) - 1;
    MC_VEC s = f / (2 + f), z = s * s, R;            /* R(z) / z */
#if MC_SIZE == 4
    R = 0.6666677594184875f + z * (0.39977535605430603f + z * 0.2987186014652252f);
#else
    R = 0.6666666666666734 + z * (0.3999999999941434 + z * (0.28571428742472477 + z * (0.2222219856364367
      + z * (0.181835648617608 + z * (0.15314035898408324 + z * 0.14796105287459915)))));
#endif
    MC_VEC half = 0.5f * f, square = half * f;
    MC_VEC head = f - square, tail = MC_FN(residual)(f - head, half, f);
    MC_VEC whole = e * MC_LN2_HI, sum = whole + head;
    tail = tail + MC_FN(multiply_add)(s, MC_FN(multiply_add)(z, R, square), e * MC_LN2_LO);
    if (with_c) tail = tail + c / u;
    *low = ((whole - sum) + head) + tail;
    return sum;
}

MC_INLINE MC_VEC MC_FN(log_sum)(MC_VEC u, MC_VEC c, int with_c) {
    MC_VEC low, sum = MC_FN(log_parts)(u, c, with_c, &low);
    return sum + low;
}

/* Where the argument of a logarithm is not a positive finite number. */
MC_INLINE MC_VEC MC_FN(log_special)(MC_VEC u, MC_VEC y) {
    y = MC_FN(pick)(MC_FN(less)(MC_FN(zero)(), u), y, MC_V(MC_NAN));
    y = MC_FN(pick)(MC_FN(equal)(u, MC_FN(zero)()), MC_V(-MC_INFINITE), y);
    return MC_FN(pick)(MC_FN(equal)(u, MC_V(MC_INFINITE)), u, y);
}

MC_INLINE int MC_FN(all_positive_finite)(MC_VEC u) {
    return MC_FN(all)(MC_FN(less)(MC_FN(zero)(), u)) && MC_FN(all)(MC_FN(less)(u, MC_V(MC_INFINITE)));
}

MC_INLINE MC_VEC MC_FN(log)(MC_VEC x) {
    MC_VEC y = MC_FN(log_sum)(x, x, 0);
    return MC_FN(all_positive_finite)(x) ? y : MC_FN(log_special)(x, y);
}

MC_MATH MC_VEC MC_FN(log1p)(MC_VEC x) {
    MC_VEC u = 1 + x, back = u - 1, c = (1 - (u - back)) + (x - back);
    MC_VEC y = MC_FN(log_sum)(u, c, 1);
    y = MC_FN(all_positive_finite)(u) ? y : MC_FN(log_special)(u, y);
    return MC_FN(pick)(MC_FN(equal)(x, MC_FN(zero)()), x, y);
}

/* log(1 + e^x) = max(x, 0) + log1p(exp(-|x|)) */
MC_MATH MC_VEC MC_FN(softplus)(MC_VEC x) {
    MC_VEC e = MC_FN(exp)(-MC_FN(abs)(x));
    MC_VEC u = 1 + e, c = (1 - u) + e;
    MC_VEC y = MC_FN(log_sum)(u, c, 1);
    return MC_FN(max)(MC_FN(zero)(), x) + y;
}

/* log(p / (1-p)): from 0.3 on, where the logarithm cancels, as log1p((2p-1) / (1-p)). */
MC_MATH MC_VEC MC_FN(logit)(MC_VEC p) {
    MC_VEC rest = 1 - p;
    MC_MASK low = MC_FN(less)(p, MC_V(0.3f));
    MC_VEC z = MC_FN(pick)(low, p, 2 * p - 1) / rest;
    MC_VEC u = 1 + z, back = u - 1, c = (1 - (u - back)) + (z - back);
    u = MC_FN(pick)(low, z, u);
    MC_VEC y = MC_FN(log_sum)(u, MC_FN(pick)(low, MC_FN(zero)(), c), 1);
    if (!MC_FN(all_positive_finite)(u)) {
        y = MC_FN(log_special)(u, y);
        y = MC_FN(pick)(MC_FN(less)(MC_V(1), p), MC_V(MC_NAN), y);
    }
    return y;
}

/* x * sigmoid(x); -inf gives -0 */
MC_INLINE MC_VEC MC_FN(silu)(MC_VEC x) { return MC_FN(times_sigmoid)(MC_FN(max)(MC_V(2 * MC_EXP_LOW), x), x); }

/* x * log_y, but 0 where x is 0, unless y is NaN. */
MC_INLINE MC_VEC MC_FN(times_log)(MC_VEC x, MC_VEC log_y, MC_VEC y) {
    MC_VEC nothing = 0 * MC_FN(min)(MC_V(1), MC_FN(abs)(y));
    return MC_FN(pick)(MC_FN(equal)(x, MC_FN(zero)()), nothing, x * log_y);
}

/* -x log x; 0 at 0, -inf below */
MC_INLINE MC_VEC MC_FN(entr)(MC_VEC x) {
    MC_VEC y = MC_FN(times_log)(-x, MC_FN(log)(x), x);
    return MC_FN(pick)(MC_FN(less)(x, MC_FN(zero)()), MC_V(-MC_INFINITE), y);
}

/* log(x / y) for positive x and y; near 1 as log1p((x - y) / y). */
MC_MATH MC_VEC MC_FN(log_ratio)(MC_VEC x, MC_VEC y) {
    MC_VEC ratio = x / y, z = (x - y) / y;
    MC_MASK near = MC_FN(less)(MC_FN(abs)(z), MC_V(0.5f));
    MC_VEC u = 1 + z, back = u - 1, c = (1 - (u - back)) + (z - back);
    MC_VEC v = MC_FN(log_sum)(MC_FN(pick)(near, u, ratio), MC_FN(pick)(near, c, MC_FN(zero)()), 1);
    /* a quotient that over- or underflows, though both logarithms are ordinary */
    MC_MASK plain = MC_FN(less)(MC_V(MC_TINY), ratio);
    if (MC_FN(all)(plain) && MC_FN(all)(MC_FN(less)(ratio, MC_V(MC_INFINITE)))) return v;
    v = MC_FN(pick)(plain, v, MC_FN(log)(x) - MC_FN(log)(y));
    return MC_FN(pick)(MC_FN(less)(ratio, MC_V(MC_INFINITE)), v, MC_FN(log)(x) - MC_FN(log)(y));
}

/* x log(x / y) for x, y > 0; 0 for x = 0 and y >= 0; else inf, NaN where either is NaN */
MC_INLINE MC_VEC MC_FN(rel_entr)(MC_VEC x, MC_VEC y) {
    const MC_VEC zero = MC_FN(zero)();
    MC_VEC v = x * MC_FN(log_ratio)(x, y);
    if (MC_FN(all)(MC_FN(less)(zero, x)) && MC_FN(all)(MC_FN(less)(zero, y))) return v;
    MC_VEC outside = MC_FN(pick)(MC_FN(equal)(x, zero), MC_FN(pick)(MC_FN(less)(y, zero), MC_V(MC_INFINITE), zero),
                                 MC_V(MC_INFINITE));
    v = MC_FN(pick)(MC_FN(less)(zero, x), MC_FN(pick)(MC_FN(less)(zero, y), v, outside), outside);
    v = MC_FN(pick)(MC_FN(equal)(x, x), v, x);
    return MC_FN(pick)(MC_FN(equal)(y, y), v, y);
}

/* rel_entr - x + y; inf where that is, and outside */
MC_INLINE MC_VEC MC_FN(kl_div)(MC_VEC x, MC_VEC y) {
    MC_VEC v = MC_FN(rel_entr)(x, y), rest = v - x + y;
    return MC_FN(pick)(MC_FN(equal)(v, MC_V(MC_INFINITE)), v, rest);
}

/* x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))); D. Hendrycks and K. Gimpel, arXiv 1606.08415 */
MC_MATH MC_VEC MC_FN(gelu_tanh)(MC_VEC x) {
    MC_VEC bounded = MC_FN(max)(MC_V(-100), MC_FN(min)(MC_V(100), x));
    MC_VEC t = (MC_REAL)1.5957691216057308 * (bounded + (MC_REAL)0.044715 * (bounded * bounded * bounded));
    return MC_FN(times_sigmoid)(MC_FN(max)(MC_V(-100), x), t);
}

#endif
