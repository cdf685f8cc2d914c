/* densities: logarithms, as head + tail, of densities that have a gamma function in them. For double only.
 *
 * With D the deviance and T Stirling's remainder of pairs-inl.h: x^a e^-x / Gamma(a + 1) = exp(-D(a, x) - T(a)), and what
 * follows from it: no difference of large logarithms is left (C. Loader, 2000). `c` is what does not depend on x. */
#if MC_SIZE == 8

#define MC_MINUS(a, b) MC_FN(pair_sum)(a, MC_FN(negative)(b))
#define MC_LOG(x) MC_FN(plain_log)(x)

/* ---- what stands before: a block computes it once where the shapes are the same everywhere */

/* of t: log(Gamma((n+1)/2) / (Gamma(n/2) sqrt(pi n))), a = n/2. Beyond 2^80 it is that of the normal distribution. */
static MC_NOINLINE MC_PAIR MC_FN(t_constant)(MC_VEC a) {
    const MC_VEC n = a + 0.5, half = MC_V(0.5), u = 0.5 / a;
    const MC_PAIR one_u = MC_FN(plus)(MC_V(1), u);
    MC_PAIR c = MC_MINUS(MC_FN(stirling)(n), MC_FN(pair_sum)(MC_FN(stirling)(a), MC_FN(stirling)(half)));
    c = MC_FN(pair_sum)(c, MC_FN(pair_times)(MC_FN(exactly)(a), MC_FN(pair_log)(one_u.hi, one_u.lo + MC_FN(residual)(half, u, a) / a)));
    /* 1/2 log(2 n) + log(a / (2 n)) - 1/2 log(2 a) = 1/2 log(a / (4 n)) */
    const MC_VEC ratio = a / (4 * n);
    MC_PAIR log = MC_FN(pair_log)(ratio, MC_FN(residual)(a, ratio, 4 * n) / (4 * n));
    log.hi = 0.5 * log.hi;
    log.lo = 0.5 * log.lo;
    return MC_FN(pair_sum)(c, log);
}

MC_INLINE MC_PAIR MC_FN(constant)(int family, MC_VEC a, MC_VEC b) {
    switch (family) {
    case MC_GAMMA: case MC_CHI2: return MC_FN(negative)(MC_FN(stirling)(a));
    case MC_BETA: case MC_F: return MC_FN(beta_constant)(a, b);
    case MC_T: return MC_FN(t_constant)(a);
    default: { const MC_PAIR none = {MC_FN(zero)(), MC_FN(zero)()}; return none; }
    }
}

/* ---- continuous: 0 < z < infinity */

/* a, b, z as in the tails: beta's z in (0, 1); of F z is x / y, of t z^2 / n stands in for z */
MC_INLINE MC_PAIR MC_FN(gamma_density)(MC_VEC a, MC_VEC z, MC_PAIR c) {
    MC_PAIR ratio;                      /* a / z times the term of a */
    const MC_PAIR d = MC_FN(deviance)(a, z, MC_FN(zero)(), &ratio);
    return MC_FN(pair_sum)(MC_MINUS(c, d), ratio);
}

MC_INLINE MC_PAIR MC_FN(beta_density)(MC_VEC a, MC_VEC b, MC_VEC x, MC_PAIR c) {
    const MC_PAIR px = MC_FN(exactly)(x), py = MC_FN(plus)(MC_V(1), -x);
    const MC_PAIR e = MC_FN(beta_power)(a, b, px, py, c);
    return MC_MINUS(e, MC_FN(pair_sum)(MC_LOG(x), MC_FN(pair_log)(py.hi, py.lo)));
}

MC_INLINE MC_PAIR MC_FN(f_density)(MC_VEC a, MC_VEC b, MC_VEC z, MC_PAIR c) {
    const MC_VEC bottom = MC_FN(multiply_add)(a, z, b);
    const MC_PAIR az = MC_FN(product)(a, z), sum = MC_FN(pair_sum)(az, MC_FN(exactly)(b));
    MC_PAIR x, y;
    x.hi = az.hi / bottom;
    x.lo = (MC_FN(residual)(az.hi, x.hi, sum.hi) + az.lo - x.hi * sum.lo) / bottom;
    y.hi = b / bottom;
    y.lo = (MC_FN(residual)(b, y.hi, sum.hi) - y.hi * sum.lo) / bottom;
    return MC_MINUS(MC_FN(beta_power)(a, b, x, y, c), MC_LOG(z));
}

MC_INLINE MC_PAIR MC_FN(t_density)(MC_VEC a, MC_VEC z, MC_PAIR c) {
    const MC_VEC n = 2 * a, far = MC_V(0x1p500), w = MC_FN(min)(far, MC_FN(abs)(z));
    const MC_PAIR square = MC_FN(product)(w, w);
    const MC_VEC u = square.hi / n, rest = (MC_FN(residual)(square.hi, u, n) + square.lo) / n;
    const MC_PAIR one_u = MC_FN(plus)(MC_V(1), u);
    MC_PAIR log = MC_FN(pair_log)(one_u.hi, one_u.lo + rest);
    /* where the square would overflow: 2 log of what |z| is more */
    const MC_PAIR more = MC_LOG(MC_FN(max)(MC_V(1), 0x1p-500 * MC_FN(abs)(z)));
    log = MC_FN(pair_sum)(log, MC_FN(pair_sum)(more, more));
    return MC_MINUS(c, MC_FN(pair_times)(log, MC_FN(exactly)(a + 0.5)));
}

/* ---- of whole numbers, inside the support */

MC_INLINE MC_PAIR MC_FN(poisson_density)(MC_VEC k, MC_VEC mu) {
    MC_PAIR ratio;
    return MC_FN(negative)(MC_FN(pair_sum)(MC_FN(deviance)(k, mu, MC_FN(zero)(), &ratio), MC_FN(stirling)(k)));
}

/* log of C(n, k) p^k q^(n-k), q = 1 - p a pair */
static MC_NOINLINE MC_PAIR MC_FN(binomial)(MC_VEC k, MC_VEC n, MC_PAIR p, MC_PAIR q) {
    const MC_PAIR pn = MC_FN(exactly)(n), np = MC_FN(pair_times)(pn, p), nq = MC_FN(pair_times)(pn, q);
    MC_PAIR ratio;
    const MC_PAIR d = MC_FN(pair_sum)(MC_FN(deviance)(k, np.hi, np.lo, &ratio), MC_FN(deviance)(n - k, nq.hi, nq.lo, &ratio));
    const MC_PAIR t = MC_FN(pair_sum)(MC_FN(stirling)(k), MC_FN(stirling)(n - k));
    return MC_MINUS(MC_FN(stirling)(n), MC_FN(pair_sum)(d, t));
}

MC_INLINE MC_PAIR MC_FN(binom_density)(MC_VEC k, MC_VEC n, MC_VEC p) {
    return MC_FN(binomial)(k, n, MC_FN(exactly)(p), MC_FN(plus)(MC_V(1), -p));
}

/* n / (n + k) of the binomial term of n among n + k */
MC_INLINE MC_PAIR MC_FN(nbinom_density)(MC_VEC k, MC_VEC n, MC_VEC p) {
    const MC_PAIR sum = MC_FN(plus)(n, k), q = MC_FN(plus)(MC_V(1), -p), pp = MC_FN(exactly)(p);
    const MC_PAIR np = MC_FN(pair_times)(sum, pp), nq = MC_FN(pair_times)(sum, q);
    MC_PAIR ratio;
    const MC_PAIR d = MC_FN(pair_sum)(MC_FN(deviance)(n, np.hi, np.lo, &ratio), MC_FN(deviance)(k, nq.hi, nq.lo, &ratio));
    const MC_PAIR t = MC_FN(pair_sum)(MC_FN(stirling)(k), MC_FN(stirling)(n));
    return MC_FN(pair_sum)(MC_MINUS(MC_FN(stirling)(sum.hi), MC_FN(pair_sum)(d, t)), MC_MINUS(MC_LOG(n), MC_FN(pair_log)(sum.hi, sum.lo)));
}

/* C(n, k) C(M-n, N-k) / C(M, N), as three binomial terms with p = N / M */
MC_INLINE MC_PAIR MC_FN(hypergeom_density)(MC_VEC k, MC_VEC M, MC_VEC n, MC_VEC N) {
    const MC_VEC ratio = N / M, other = (M - N) / M;
    const MC_PAIR p = {ratio, MC_FN(residual)(N, ratio, M) / M}, q = {other, MC_FN(residual)(M - N, other, M) / M};
    const MC_PAIR a = MC_FN(binomial)(k, n, p, q), b = MC_FN(binomial)(N - k, M - n, p, q), c = MC_FN(binomial)(N, M, p, q);
    return MC_MINUS(MC_FN(pair_sum)(a, b), c);
}

#define MC_DENSITY(family, support, at_end, at_end_mask, expression)                                         \
    case family:                                                                                             \
        for (ptrdiff_t i = 0; i < m; i += MC_LANES) {                                                        \
            const MC_VEC z = MC_FN(load)(z0 + i), a = MC_FN(load)(a0 + i), b = MC_FN(load)(b0 + i);          \
            const MC_VEC d = MC_FN(load)(d0 + i), zero = MC_FN(zero)(), one = MC_V(1), infinite = MC_V(MC_INFINITE); \
            (void)b; (void)d; (void)one; (void)infinite; (void)zero;                                         \
            if (!uniform) c = MC_FN(constant)(family, a, b);                                                 \
            const MC_MASK in = (support), end = at_end_mask;                                                 \
            const MC_PAIR e = expression;                                                                    \
            const MC_VEC ends = at_end;                                                                      \
            const MC_VEC inside = log ? MC_FN(pick)(end, MC_FN(log)(ends), MC_FN(whole)(e))                  \
                                      : MC_FN(pick)(end, ends, MC_FN(pair_exp)(e));                          \
            const MC_VEC outside = log ? MC_V(-MC_INFINITE) : zero;                                          \
            MC_FN(store)(out + i, MC_FN(pick)(in | ~MC_FN(equal)(z, z), inside, outside));                   \
        }                                                                                                    \
        break;
/* at 0 a density a-1 times flat is infinite, finite or 0 */
#define MC_FLAT(a, value) MC_FN(pick)(MC_FN(less)(a, one), infinite, MC_FN(pick)(MC_FN(equal)(a, one), value, zero))
#define MC_IN(low, z, high) (~MC_FN(less)(z, low) & ~MC_FN(less)(high, z) & MC_FN(equal)(z, z))
#define MC_IS(x, y) MC_FN(equal)(x, y)

/* Densities, or their logarithms, of z0 with shapes a0, b0, d0; whole vectors, so all have room for one beyond m. */
static void MC_FN(densities)(int family, int log, int uniform, ptrdiff_t m, const double *z0, const double *a0, const double *b0,
                             const double *d0, double *out) {
    MC_PAIR c = MC_FN(constant)(family, MC_V(a0[0]), MC_V(b0[0]));
    switch (family) {
    MC_DENSITY(MC_GAMMA, ~MC_FN(less)(z, zero) & MC_FN(less)(z, infinite), MC_FLAT(a, one), MC_IS(z, zero),
               MC_FN(gamma_density)(a, z, c))
    MC_DENSITY(MC_BETA, MC_IN(zero, z, one),
               MC_FN(pick)(MC_IS(z, zero), MC_FLAT(a, b), MC_FLAT(b, a)), MC_IS(z, zero) | MC_IS(z, one),
               MC_FN(beta_density)(a, b, z, c))
    MC_DENSITY(MC_F, ~MC_FN(less)(z, zero) & MC_FN(less)(z, infinite), MC_FLAT(a, one), MC_IS(z, zero),
               MC_FN(f_density)(a, b, z, c))
    MC_DENSITY(MC_T, MC_FN(less)(MC_FN(abs)(z), infinite), zero, MC_FN(less)(one, zero), MC_FN(t_density)(a, z, c))
    MC_DENSITY(MC_POISSON, ~MC_FN(less)(z, zero) & MC_FN(less)(z, infinite), zero, MC_FN(less)(one, zero),
               MC_FN(poisson_density)(z, a))
    MC_DENSITY(MC_BINOM, MC_IN(zero, z, a), zero, MC_FN(less)(one, zero), MC_FN(binom_density)(z, a, b))
    MC_DENSITY(MC_NBINOM, ~MC_FN(less)(z, zero) & MC_FN(less)(z, infinite), zero, MC_FN(less)(one, zero),
               MC_FN(nbinom_density)(z, a, b))
    MC_DENSITY(MC_HYPERGEOM, MC_IN(MC_FN(max)(zero, b + d - a), z, MC_FN(min)(b, d)), zero, MC_FN(less)(one, zero),
               MC_FN(hypergeom_density)(z, a, b, d))
    default: break;
    }
}
#undef MC_DENSITY
#undef MC_MINUS
#undef MC_LOG
#undef MC_FLAT
#undef MC_IN
#undef MC_IS
#endif
