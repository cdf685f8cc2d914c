/* closed: distributions whose functions are formulas of z = (x - loc) / scale, or of the probability q. For double only.
 * Each takes the method as a constant. NaN goes through; probabilities outside [0, 1] are dealt with by the caller. */
#if MC_SIZE == 8
#define MC_WHERE(mask, a, b) MC_FN(pick)(mask, a, b)
#define MC_BELOW(a, b) MC_FN(less)(a, b)
#define MC_ZERO MC_FN(zero)()

MC_INLINE MC_VEC MC_FN(norm)(const int method, MC_VEC z, MC_VEC s) {
    (void)s;
    switch (method) {
    case MC_PDF: return MC_ROOT_2PI_INVERSE
        * MC_FN(pair_exp)(MC_FN(minus_half_square)(MC_FN(min)(MC_V(40), MC_FN(abs)(z)), MC_ZERO));
    case MC_LOGPDF: return -0.5 * MC_FN(times)(z, z) - MC_LOG_SQRT_2PI;
    case MC_CDF: return MC_FN(normal_upper)(-z, MC_ZERO);
    case MC_SF: return MC_FN(normal_upper)(z, MC_ZERO);
    case MC_LOGCDF: return MC_FN(normal_log_upper)(-z, MC_ZERO);
    case MC_LOGSF: return MC_FN(normal_log_upper)(z, MC_ZERO);
    case MC_PPF: return MC_FN(normal_quantile)(z);
    default: return -MC_FN(normal_quantile)(z);
    }
}

MC_INLINE MC_VEC MC_FN(uniform)(const int method, MC_VEC z, MC_VEC s) {
    (void)s;
    const MC_VEC one = MC_V(1);
    const MC_MASK outside = MC_BELOW(z, MC_ZERO) | MC_BELOW(one, z);
    switch (method) {
    case MC_PDF: return MC_WHERE(outside, MC_ZERO, one);
    case MC_LOGPDF: return MC_WHERE(outside, MC_V(-MC_INFINITE), MC_ZERO);
    case MC_CDF: return MC_FN(min)(one, MC_FN(max)(MC_ZERO, z));
    case MC_SF: return MC_FN(min)(one, MC_FN(max)(MC_ZERO, 1 - z));
    case MC_LOGCDF: return MC_FN(log)(MC_FN(min)(one, MC_FN(max)(MC_ZERO, z)));
    case MC_LOGSF: return MC_FN(log1p)(-MC_FN(min)(one, MC_FN(max)(MC_ZERO, z)));
    case MC_PPF: return z;
    default: return 1 - z;
    }
}

/* log(1 - exp(-z)), z > 0 */
MC_INLINE MC_VEC MC_FN(log_of_rest)(MC_VEC z) {
    return MC_WHERE(MC_BELOW(z, MC_V(0.6931471805599453)), MC_FN(log)(-MC_FN(expm1)(-z)), MC_FN(log1p)(-MC_FN(exp)(-z)));
}

MC_INLINE MC_VEC MC_FN(expon)(const int method, MC_VEC z, MC_VEC s) {
    (void)s;
    const MC_MASK outside = MC_BELOW(z, MC_ZERO);
    const MC_VEC inside = MC_FN(max)(MC_ZERO, z);
    switch (method) {
    case MC_PDF: return MC_WHERE(outside, MC_ZERO, MC_FN(exp)(-inside));
    case MC_LOGPDF: return MC_WHERE(outside, MC_V(-MC_INFINITE), -inside);
    case MC_CDF: return -MC_FN(expm1)(-inside);
    case MC_SF: return MC_FN(exp)(-inside);
    case MC_LOGCDF: return MC_FN(log_of_rest)(inside);
    case MC_LOGSF: return -inside;
    case MC_PPF: return -MC_FN(log1p)(-z);
    default: return -MC_FN(log)(z);
    }
}

MC_INLINE MC_VEC MC_FN(lognorm)(const int method, MC_VEC z, MC_VEC s) {
    if (method >= MC_PPF) {
        const MC_VEC x = MC_FN(normal_quantile)(z);
        return MC_FN(pair_exp)(MC_FN(product)(method == MC_PPF ? s : -s, x));
    }
    const MC_MASK below = ~MC_BELOW(MC_ZERO, z) & MC_FN(equal)(z, z), above = MC_FN(equal)(z, MC_V(MC_INFINITE));
    const MC_PAIR log = MC_FN(pair_log)(MC_FN(min)(MC_V(0x1.fffffffffffffp1023), MC_FN(max)(MC_V(0x1p-1074), z)), MC_ZERO);
    const MC_VEC t = log.hi / s, rest = (MC_FN(residual)(log.hi, t, s) + log.lo) / s;
    MC_VEC v, least = MC_ZERO, most = MC_V(1);
    switch (method) {
    case MC_PDF:
        most = MC_ZERO;
        v = MC_FN(pair_exp)(MC_FN(pair_sum)(MC_FN(minus_half_square)(t, rest), MC_FN(negative)(log))) * (MC_ROOT_2PI_INVERSE / s);
        break;
    case MC_LOGPDF:
        least = most = MC_V(-MC_INFINITE);
        v = -0.5 * MC_FN(times)(t, t) - (log.hi + (MC_FN(log)(s) + MC_LOG_SQRT_2PI));
        break;
    case MC_CDF: v = MC_FN(normal_upper)(-t, -rest); break;
    case MC_SF: v = MC_FN(normal_upper)(t, rest); least = MC_V(1); most = MC_ZERO; break;
    case MC_LOGCDF: v = MC_FN(normal_log_upper)(-t, -rest); least = MC_V(-MC_INFINITE); most = MC_ZERO; break;
    default: v = MC_FN(normal_log_upper)(t, rest); least = MC_ZERO; most = MC_V(-MC_INFINITE); break;
    }
    return MC_WHERE(below, least, MC_WHERE(above, most, v));
}

MC_INLINE MC_VEC MC_FN(laplace_lower)(MC_VEC z) {
    const MC_VEC tail = 0.5 * MC_FN(exp)(-MC_FN(abs)(z));
    return MC_WHERE(MC_BELOW(MC_ZERO, z), 1 - tail, tail);
}

MC_INLINE MC_VEC MC_FN(laplace_log_lower)(MC_VEC z) {
    const MC_VEC below = z - 0.6931471805599453;
    return MC_WHERE(MC_BELOW(MC_ZERO, z), MC_FN(log1p)(-0.5 * MC_FN(exp)(-MC_FN(abs)(z))), below);
}

MC_INLINE MC_VEC MC_FN(laplace)(const int method, MC_VEC z, MC_VEC s) {
    (void)s;
    switch (method) {
    case MC_PDF: return 0.5 * MC_FN(exp)(-MC_FN(abs)(z));
    case MC_LOGPDF: return -MC_FN(abs)(z) - 0.6931471805599453;
    case MC_CDF: return MC_FN(laplace_lower)(z);
    case MC_SF: return MC_FN(laplace_lower)(-z);
    case MC_LOGCDF: return MC_FN(laplace_log_lower)(z);
    case MC_LOGSF: return MC_FN(laplace_log_lower)(-z);
    default: {
        const MC_VEC log = MC_FN(log)(2 * MC_FN(min)(z, 1 - z)), x = MC_WHERE(MC_BELOW(MC_V(0.5), z), -log, log);
        return method == MC_PPF ? x : -x;
    }
    }
}

MC_INLINE MC_VEC MC_FN(logistic)(const int method, MC_VEC z, MC_VEC s) {
    (void)s;
    const MC_VEC e = MC_FN(exp)(-MC_FN(abs)(z));
    switch (method) {
    case MC_PDF: return e / ((1 + e) * (1 + e));
    case MC_LOGPDF: return -MC_FN(abs)(z) - 2 * MC_FN(log1p)(e);
    case MC_CDF: return MC_FN(sigmoid)(z);
    case MC_SF: return MC_FN(sigmoid)(-z);
    case MC_LOGCDF: return -MC_FN(softplus)(-z);
    case MC_LOGSF: return -MC_FN(softplus)(z);
    case MC_PPF: return MC_FN(logit)(z);
    default: return -MC_FN(logit)(z);
    }
}

/* pi q cot(pi q), 0 <= q <= 1/4 */
MC_INLINE MC_VEC MC_FN(cotangent)(MC_VEC q) {
    const MC_VEC v = q * q, v2 = v * v, v4 = v2 * v2;
    return 1 + v * (((-3.2898681336964684 - 2.1646464674141104 * v) + v2 * (-2.034686125633654 - 2.008154540354713 * v))
        + v4 * ((-2.001999337673642 - 2.000126254685119 * v) + v2 * (-2.0082075043503758 - 1.8933665687326482 * v)
                - v4 * 2.755955986782893));
}

/* beyond 1 by the inverse, which keeps the tail */
MC_INLINE MC_VEC MC_FN(cauchy_lower)(MC_VEC z) {
    const MC_VEC x = MC_FN(abs)(z);
    const MC_MASK far = MC_BELOW(MC_V(1), x), positive = MC_BELOW(MC_ZERO, z);
    const MC_VEC angle = 0.3183098861837907 * MC_FN(arctan)(MC_WHERE(far, 1 / x, x));
    return MC_WHERE(far, MC_WHERE(positive, 1 - angle, angle), 0.5 + MC_WHERE(positive, angle, -angle));
}

MC_INLINE MC_VEC MC_FN(cauchy_log_lower)(MC_VEC z) {
    const MC_VEC p = MC_FN(cauchy_lower)(-MC_FN(abs)(z));
    return MC_WHERE(MC_BELOW(MC_ZERO, z), MC_FN(log1p)(-p), MC_FN(log)(p));
}

MC_INLINE MC_VEC MC_FN(cauchy)(const int method, MC_VEC z, MC_VEC s) {
    (void)s;
    const MC_VEC x = MC_FN(abs)(z);
    switch (method) {
    case MC_PDF: return 0.3183098861837907 / (1 + z * z);
    case MC_LOGPDF: {
        const MC_MASK far = MC_BELOW(MC_V(1e100), x);
        return -1.1447298858494002 - MC_WHERE(far, 2 * MC_FN(log)(x), MC_FN(log1p)(z * z));
    }
    case MC_CDF: return MC_FN(cauchy_lower)(z);
    case MC_SF: return MC_FN(cauchy_lower)(-z);
    case MC_LOGCDF: return MC_FN(cauchy_log_lower)(z);
    case MC_LOGSF: return MC_FN(cauchy_log_lower)(-z);
    default: {                          /* -cot(pi q), or tan(pi (q - 1/2)) around the middle */
        const MC_VEC q = MC_FN(min)(z, 1 - z), r = 0.5 - q;
        const MC_MASK tail = MC_BELOW(q, MC_V(0.25));
        const MC_VEC near = MC_WHERE(tail, q, r), angle = 3.141592653589793 * near, c = MC_FN(cotangent)(near);
        const MC_VEC t = MC_WHERE(tail, c / angle, angle / c), v = MC_WHERE(MC_BELOW(MC_V(0.5), z), t, -t);
        return method == MC_PPF ? v : -v;
    }
    }
}

MC_INLINE MC_VEC MC_FN(weibull_min)(const int method, MC_VEC z, MC_VEC c) {
    if (method >= MC_PPF) {
        const MC_VEC y = MC_FN(expon)(method, z, c);
        const MC_PAIR log = MC_FN(pair_log)(MC_FN(min)(MC_V(0x1p1000), MC_FN(max)(MC_V(0x1p-1074), y)), MC_ZERO);
        MC_PAIR root = {log.hi / c, MC_ZERO};
        root.lo = (MC_FN(residual)(log.hi, root.hi, c) + log.lo) / c;
        const MC_MASK end = MC_FN(equal)(y, MC_ZERO) | MC_FN(equal)(y, MC_V(MC_INFINITE));
        return MC_WHERE(end, y, MC_FN(pair_exp)(root));
    }
    const MC_VEC inside = MC_FN(min)(MC_V(0x1.fffffffffffffp1023), MC_FN(max)(MC_V(0x1p-1074), z));
    const MC_PAIR log = MC_FN(pair_log)(inside, MC_ZERO), power = MC_FN(pair_times)(log, MC_FN(exactly)(c));
    const MC_MASK none = MC_FN(equal)(z, MC_ZERO), above = MC_FN(equal)(z, MC_V(MC_INFINITE));
    MC_VEC w = MC_WHERE(none, MC_ZERO, MC_WHERE(above, z, MC_FN(pair_exp)(power)));
    w = MC_WHERE(MC_BELOW(z, MC_ZERO), z, w);
    if (method > MC_LOGPDF) return MC_FN(expon)(method, w, c);
    const MC_VEC one = MC_V(1), at_0 = MC_WHERE(MC_BELOW(c, one), MC_V(MC_INFINITE), MC_WHERE(MC_FN(equal)(c, one), one, MC_ZERO));
    const MC_PAIR e = MC_FN(pair_sum)(MC_FN(pair_sum)(power, MC_FN(negative)(log)), MC_FN(exactly)(-w));
    if (method == MC_PDF)
        return MC_WHERE(MC_BELOW(z, MC_ZERO) | above, MC_ZERO, MC_WHERE(none, at_0, c * MC_FN(pair_exp)(e)));
    return MC_WHERE(MC_BELOW(z, MC_ZERO) | above, MC_V(-MC_INFINITE),
                    MC_WHERE(none, MC_FN(log)(at_0), MC_FN(log)(c) + MC_FN(whole)(e)));
}

#define MC_ALL_OF(family, name)                                                                              \
    case family: switch (method) {                                                                           \
        MC_ONE_OF(MC_PDF, name) MC_ONE_OF(MC_LOGPDF, name) MC_ONE_OF(MC_CDF, name) MC_ONE_OF(MC_SF, name)    \
        MC_ONE_OF(MC_LOGCDF, name) MC_ONE_OF(MC_LOGSF, name) MC_ONE_OF(MC_PPF, name) MC_ONE_OF(MC_ISF, name) \
        default: break;                                                                                      \
    } break;
#define MC_ONE_OF(constant, name)                                                                            \
    case constant:                                                                                           \
        for (ptrdiff_t i = 0; i < m; i += MC_LANES)                                                          \
            MC_FN(store)(out + i, MC_FN(name)(constant, MC_FN(load)(z + i), MC_FN(load)(s + i)));            \
        break;

/* out of z and a shape; whole vectors, so all three have room for one beyond m. */
static void MC_FN(closed)(int family, int method, ptrdiff_t m, const double *z, const double *s, double *out) {
    switch (family) {
    MC_ALL_OF(MC_NORM, norm)
    MC_ALL_OF(MC_UNIFORM, uniform)
    MC_ALL_OF(MC_EXPON, expon)
    MC_ALL_OF(MC_LOGNORM, lognorm)
    MC_ALL_OF(MC_LAPLACE, laplace)
    MC_ALL_OF(MC_LOGISTIC, logistic)
    MC_ALL_OF(MC_CAUCHY, cauchy)
    MC_ALL_OF(MC_WEIBULL_MIN, weibull_min)
    default: break;
    }
}
#undef MC_ALL_OF
#undef MC_ONE_OF
#endif
