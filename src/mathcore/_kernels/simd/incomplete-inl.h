/* incomplete: the regularised incomplete gamma and beta functions over blocks, and their inverses. For double only.
 *
 * Either tail is exp(head + tail of E) times a factor S; which one, by where it is the smaller, so that both are accurate.
 *     gamma: E = log(x^a e^-x / Gamma(a + 1)); S = 1 + x/(a+1) + x^2/((a+1)(a+2)) + ..., or of the upper tail a times
 *            1/(x+1-a - 1(1-a)/(x+3-a - ...)), Legendre's fraction;
 *     beta:  E = log(x^a y^b / (a B(a, b))), y = 1 - x; S = a/(beta_0 + alpha_1/(beta_1 + ...)), of the upper tail that of
 *            (b, a, y, x) times a / b: the even part of 8.17.22, whose terms are positive (A. R. DiDonato and A. H. Morris,
 *            ACM TOMS 18, 1992), with lambda = a - (a + b) x free of cancellation.
 * (NIST Digital Library of Mathematical Functions, 8.7.1, 8.9.2, 8.17.22.)
 * Blocks are sorted by what their elements need; a lane that has converged stays as it is, whatever its neighbours do. */
#if MC_SIZE == 8
#define MC_GROUP (4 * MC_LANES)         /* four vectors hide the latency of the recurrences; a few elements take one */
#define MC_EACH MC_UNROLL(4) for (int v = 0; v < V; ++v)
#define MC_BY_SIZE(name, ...) (m <= MC_LANES ? MC_FN(name)(1, m, __VA_ARGS__) : MC_FN(name)(4, m, __VA_ARGS__))
#define MC_GROW 0x1p-200                /* taken out of a fraction's numbers when they have grown beyond its inverse */

MC_INLINE double MC_FN(gamma_term)(mc_terms *t, int n) {
    if (n < t->known) return t->one[n];
    const double value = 1 / (t->a + n);
    if (n == t->known && n < MC_KNOWN_TERMS) t->one[t->known++] = value;
    return value;
}

/* 1 + x/(a+1) + x^2/((a+1)(a+2)) + ...; `table` has 1/(a+n) where a is the same everywhere. */
MC_INLINE void MC_FN(gamma_series)(const int V, ptrdiff_t m, const double *a, const double *x, double *out, mc_terms *table) {
    for (ptrdiff_t i = 0; i < m; i += V * MC_LANES) {
        MC_VEC av[4], xv[4], term[4], sum[4];
        MC_EACH av[v] = MC_FN(load)(a + i + v * MC_LANES);
        MC_EACH xv[v] = MC_FN(load)(x + i + v * MC_LANES);
        MC_EACH term[v] = sum[v] = MC_V(1);
        for (int n = 1; n < MC_MOST_TERMS; ++n) {
            if (table) {
                const MC_VEC r = MC_V(MC_FN(gamma_term)(table, n));
                MC_EACH term[v] = term[v] * (xv[v] * r);
            } else {
                MC_EACH term[v] = term[v] * (xv[v] * (1 / (av[v] + n)));
            }
            MC_EACH sum[v] = sum[v] + term[v];
            if (n % 4) continue;
            int done = 1;
            MC_EACH done &= MC_FN(all)(MC_FN(less)(term[v], 0x1p-56 * sum[v]) & MC_FN(less)(xv[v], av[v] + n));
            if (done) break;
        }
        MC_EACH MC_FN(store)(out + i + v * MC_LANES, sum[v]);
    }
}

/* Convergents p / q of two steps; kept where the last two are as good as equal. */
#define MC_SETTLE(p, p1, q, q1)                                                                              \
    {                                                                                                        \
        int done = 1;                                                                                        \
        MC_EACH {                                                                                            \
            MC_VEC both = MC_FN(times)(p[v], q1[v]), apart = MC_FN(abs)(MC_FN(multiply_add)(-p1[v], q[v], both)); \
            MC_MASK settled = MC_FN(less)(apart, 0x1p-52 * MC_FN(abs)(both)), fresh = MC_FN(equal)(kept[v], MC_FN(zero)()); \
            kept[v] = MC_FN(pick)(settled & fresh, p[v] / q[v], kept[v]);                                    \
            done &= MC_FN(all)(MC_FN(less)(MC_FN(zero)(), kept[v]));                                         \
            MC_VEC shrink = MC_FN(pick)(MC_FN(less)(MC_V(1 / MC_GROW), MC_FN(abs)(q[v])), MC_V(MC_GROW), MC_V(1)); \
            p[v] = p[v] * shrink;                                                                            \
            p1[v] = p1[v] * shrink;                                                                          \
            q[v] = q[v] * shrink;                                                                            \
            q1[v] = q1[v] * shrink;                                                                          \
        }                                                                                                    \
        if (done) break;                                                                                     \
    }

/* a (1/(x+1-a - 1(1-a)/(x+3-a - 2(2-a)/(x+5-a - ...)))) for x > a */
MC_INLINE void MC_FN(gamma_fraction)(const int V, ptrdiff_t m, const double *a, const double *x, double *out) {
    for (ptrdiff_t i = 0; i < m; i += V * MC_LANES) {
        MC_VEC av[4], z[4], p[4], p1[4], q[4], q1[4], kept[4];
        MC_EACH av[v] = MC_FN(load)(a + i + v * MC_LANES);
        /* from 1e18 on the first step is as good as all, and the fourth would overflow */
        MC_EACH z[v] = MC_FN(min)(MC_V(1e18), (MC_FN(load)(x + i + v * MC_LANES) - av[v]) + 1);
        MC_EACH { p1[v] = MC_FN(zero)(); q1[v] = p[v] = MC_V(1); q[v] = z[v]; kept[v] = MC_FN(zero)(); }
        for (int n = 1; n < MC_MOST_TERMS; ++n) {
            MC_EACH {
                const MC_VEC c = n * (av[v] - n), d = z[v] + 2 * n;
                const MC_VEC next_p = MC_FN(multiply_add)(d, p[v], MC_FN(times)(c, p1[v]));
                const MC_VEC next_q = MC_FN(multiply_add)(d, q[v], MC_FN(times)(c, q1[v]));
                p1[v] = p[v];
                q1[v] = q[v];
                p[v] = next_p;
                q[v] = next_q;
            }
            if (n % 4 == 0) MC_SETTLE(p, p1, q, q1)
        }
        MC_EACH {
            const MC_VEC first = (MC_FN(load)(x + i + v * MC_LANES) - av[v]) + 1;
            MC_VEC k = MC_FN(pick)(MC_FN(equal)(kept[v], MC_FN(zero)()), p[v] / q[v], kept[v]);
            k = MC_FN(pick)(MC_FN(less)(first, MC_V(1e18)), k, 1 / first);
            MC_FN(store)(out + i + v * MC_LANES, av[v] * k);
        }
    }
}

/* alpha_n over x^2, and of beta_n the factors of x and of 1 + lambda + n (1 + y) */
MC_INLINE void MC_FN(beta_term)(int n, MC_VEC a, MC_VEC b, MC_VEC *one, MC_VEC *two, MC_VEC *three) {
    const MC_VEC inverse = 1 / (a + (2 * n - 1)), w = n * (b - n) * inverse;
    *one = ((a + (n - 1)) * (a + b + (n - 1))) * inverse * w;
    *two = w;
    *three = (a + n) / (a + (2 * n + 1));
}

/* The same from the table where it is there; a vector at a time is put into it. */
MC_INLINE void MC_FN(beta_term_known)(mc_terms *t, int n, MC_VEC *one, MC_VEC *two, MC_VEC *three) {
    if (n >= t->known) {
        MC_FN(beta_term)(n, MC_V(t->a), MC_V(t->b), one, two, three);
        if (n != t->known || n >= MC_KNOWN_TERMS) return;
        double lanes[MC_LANES];
        MC_FN(store)(lanes, *one); t->one[n] = lanes[0];
        MC_FN(store)(lanes, *two); t->two[n] = lanes[0];
        MC_FN(store)(lanes, *three); t->three[n] = lanes[0];
        t->known++;
        return;
    }
    *one = MC_V(t->one[n]);
    *two = MC_V(t->two[n]);
    *three = MC_V(t->three[n]);
}

MC_INLINE void MC_FN(beta_fraction)(const int V, ptrdiff_t m, const double *a, const double *b, const double *x, const double *y,
                                 const double *lead, double *out, mc_terms *table) {
    for (ptrdiff_t i = 0; i < m; i += V * MC_LANES) {
        MC_VEC av[4], bv[4], xv[4], x2[4], c[4], y1[4], p[4], p1[4], q[4], q1[4], kept[4];
        MC_EACH av[v] = MC_FN(load)(a + i + v * MC_LANES);
        MC_EACH bv[v] = MC_FN(load)(b + i + v * MC_LANES);
        MC_EACH xv[v] = MC_FN(load)(x + i + v * MC_LANES);
        MC_EACH x2[v] = xv[v] * xv[v];
        MC_EACH y1[v] = MC_FN(load)(y + i + v * MC_LANES) + 1;
        MC_EACH c[v] = MC_FN(load)(lead + i + v * MC_LANES) + 1;
        MC_EACH { p1[v] = kept[v] = MC_FN(zero)(); q1[v] = p[v] = MC_V(1); q[v] = c[v] * av[v] / (av[v] + 1); }
        for (int n = 1; n < MC_MOST_TERMS; ++n) {
            MC_VEC one, two, three;
            if (table) MC_FN(beta_term_known)(table, n, &one, &two, &three);
            MC_EACH {
                if (!table) MC_FN(beta_term)(n, av[v], bv[v], &one, &two, &three);
                const MC_VEC alpha = one * x2[v];
                const MC_VEC beta = MC_FN(multiply_add)(three, MC_FN(multiply_add)(MC_V(n), y1[v], c[v]),
                                                        MC_FN(multiply_add)(two, xv[v], MC_V(n)));
                const MC_VEC next_p = MC_FN(multiply_add)(beta, p[v], MC_FN(times)(alpha, p1[v]));
                const MC_VEC next_q = MC_FN(multiply_add)(beta, q[v], MC_FN(times)(alpha, q1[v]));
                p1[v] = p[v];
                q1[v] = q[v];
                p[v] = next_p;
                q[v] = next_q;
            }
            if (n % 4 == 0) MC_SETTLE(p, p1, q, q1)
        }
        MC_EACH MC_FN(store)(out + i + v * MC_LANES,
                             av[v] * MC_FN(pick)(MC_FN(equal)(kept[v], MC_FN(zero)()), p[v] / q[v], kept[v]));
    }
}

/* Repeats the last of m numbers up to a whole vector, or a whole group. */
MC_INLINE void MC_FN(fill_up)(double *x, ptrdiff_t m) {
    const ptrdiff_t whole = m <= MC_LANES ? MC_LANES : MC_GROUP;
    for (ptrdiff_t i = m; i % whole; ++i) x[i] = x[m - 1];
}

static MC_NOINLINE void MC_FN(beta_factors)(ptrdiff_t m, const double *a, const double *b, const double *x, const double *y,
                                            const double *lead, double *out, mc_terms *table) {
    MC_BY_SIZE(beta_fraction, a, b, x, y, lead, out, table);
}

static MC_NOINLINE void MC_FN(gamma_factors)(int upper, ptrdiff_t m, const double *a, const double *x, double *out,
                                             mc_terms *table) {
    if (upper) MC_BY_SIZE(gamma_fraction, a, x, out); else MC_BY_SIZE(gamma_series, a, x, out, table);
}

/* log(x^a y^b / B(a, b)) of the pairs x and y with x + y = 1 */
static MC_NOINLINE MC_PAIR MC_FN(beta_power)(MC_VEC a, MC_VEC b, MC_PAIR x, MC_PAIR y, MC_PAIR constant) {
    const MC_PAIR n = MC_FN(plus)(a, b), nx = MC_FN(pair_times)(n, x), ny = MC_FN(pair_times)(n, y);
    MC_PAIR ratio;
    const MC_PAIR both = MC_FN(pair_sum)(MC_FN(deviance)(a, nx.hi, nx.lo, &ratio), MC_FN(deviance)(b, ny.hi, ny.lo, &ratio));
    return MC_FN(pair_sum)(constant, MC_FN(negative)(both));
}

/* What does not depend on x in it: T(a + b) - T(a) - T(b) + log(a b / (a + b)) */
static MC_NOINLINE MC_PAIR MC_FN(beta_constant)(MC_VEC a, MC_VEC b) {
    const MC_VEC n = a + b;
    MC_PAIR c = MC_FN(pair_sum)(MC_FN(stirling)(n), MC_FN(negative)(MC_FN(pair_sum)(MC_FN(stirling)(a), MC_FN(stirling)(b))));
    const MC_VEC least = MC_FN(min)(a, b), ratio = MC_FN(max)(a, b) / n;
    return MC_FN(pair_sum)(c, MC_FN(pair_sum)(MC_FN(plain_log)(least), MC_FN(plain_log)(ratio)));
}

/* T(a) of gamma, T(a + b) - T(a) - T(b) + log(a b / (a + b)) of beta */
MC_INLINE MC_PAIR MC_FN(tails_constant)(const mc_tails *t, MC_VEC a, MC_VEC b) {
    return t->is_beta ? MC_FN(beta_constant)(a, b) : MC_FN(stirling)(a);
}

/* The same for uniform shapes, computed once: it takes as long as two tails. */
static MC_PAIR MC_FN(kept_constant)(mc_tails *t) {
    if (!t->uniform) return MC_FN(exactly)(MC_FN(zero)());
    if (!(t->kept[0] == t->a[0] && t->kept[1] == t->b[0])) {
        double lanes[MC_LANES];
        const MC_PAIR c = MC_FN(tails_constant)(t, MC_V(t->a[0]), MC_V(t->b[0]));
        t->kept[0] = t->a[0];
        t->kept[1] = t->b[0];
        MC_FN(store)(lanes, c.hi);
        t->kept[2] = lanes[0];
        MC_FN(store)(lanes, c.lo);
        t->kept[3] = lanes[0];
    }
    const MC_PAIR kept = {MC_V(t->kept[2]), MC_V(t->kept[3])};
    return kept;
}

/* E of gamma's tails, x > 0 */
static void MC_FN(gamma_head)(ptrdiff_t m, mc_tails *t) {
    MC_PAIR s = MC_FN(kept_constant)(t);
    for (ptrdiff_t i = 0; i < m; i += MC_LANES) {
        const MC_VEC a = MC_FN(load)(t->a + i);
        if (!t->uniform) s = MC_FN(tails_constant)(t, a, a);
        MC_PAIR ratio;
        const MC_PAIR e = MC_FN(pair_sum)(MC_FN(deviance)(a, MC_FN(load)(t->x + i), MC_FN(zero)(), &ratio), s);
        MC_FN(store)(t->head + i, -e.hi);
        MC_FN(store)(t->tail + i, -e.lo);
    }
}

/* E of beta's tails, and lambda */
static void MC_FN(beta_head)(ptrdiff_t m, mc_tails *t) {
    MC_PAIR c = MC_FN(kept_constant)(t);
    for (ptrdiff_t i = 0; i < m; i += MC_LANES) {
        const MC_VEC a = MC_FN(load)(t->a + i), b = MC_FN(load)(t->b + i), x = MC_FN(load)(t->x + i), y = MC_FN(load)(t->y + i);
        const MC_VEC least = MC_FN(min)(x, y), rest = MC_FN(load)(t->rest + i);
        if (!t->uniform) c = MC_FN(tails_constant)(t, a, b);
        const MC_MASK low = MC_FN(less)(x, y);
        MC_PAIR other = MC_FN(plus)(MC_V(1), -least);
        other.lo = other.lo - rest;
        const MC_PAIR px = {MC_FN(pick)(low, x, other.hi), MC_FN(pick)(low, rest, other.lo)};
        const MC_PAIR py = {MC_FN(pick)(low, other.hi, y), MC_FN(pick)(low, other.lo, rest)};
        const MC_PAIR e = MC_FN(pair_sum)(MC_FN(beta_power)(a, b, px, py, c), MC_FN(negative)(MC_FN(plain_log)(a)));
        const MC_PAIR nx = MC_FN(pair_times)(MC_FN(plus)(a, b), px), lead = MC_FN(pair_sum)(MC_FN(exactly)(a), MC_FN(negative)(nx));
        MC_FN(store)(t->head + i, e.hi);
        MC_FN(store)(t->tail + i, e.lo);
        MC_FN(store)(t->lead + i, lead.hi + lead.lo);
    }
}

/* Fills head, tail, factor and upper of m elements (the padding included): 0 < x < infinity, or 0 < x, y < 1. */
static void MC_FN(tails)(ptrdiff_t m, mc_tails *t) {
    double a[MC_ROOM], b[MC_ROOM], x[MC_ROOM], y[MC_ROOM], lead[MC_ROOM], s[MC_ROOM];
    int at[2][MC_ROOM];
    ptrdiff_t count[2] = {0, 0};
    MC_FN(fill_up)(t->a, m);
    MC_FN(fill_up)(t->b, m);
    MC_FN(fill_up)(t->x, m);
    MC_FN(fill_up)(t->y, m);
    MC_FN(fill_up)(t->rest, m);
    if (t->is_beta) MC_FN(beta_head)(m, t); else MC_FN(gamma_head)(m, t);
    for (ptrdiff_t i = 0; i < m; i += MC_LANES) {       /* 1 where the upper tail is the smaller, or nearly so */
        const MC_VEC av = MC_FN(load)(t->a + i), xv = MC_FN(load)(t->x + i), one = MC_V(1);
        const MC_VEC over = t->is_beta ? -MC_FN(load)(t->lead + i) : xv - (av + 1);
        MC_FN(store)(t->upper + i, MC_FN(pick)(MC_FN(less)(MC_FN(zero)(), over), one, MC_FN(zero)()));
    }
    for (ptrdiff_t i = 0; i < m; ++i) {                 /* without a branch: half of them would be guessed wrong */
        const int is_upper = t->upper[i] != 0;
        at[0][count[0]] = at[1][count[1]] = (int)i;
        count[0] += !is_upper;
        count[1] += is_upper;
    }
    for (int upper = 0; upper < 2; ++upper) {
        const ptrdiff_t n = count[upper];
        const int *places = at[upper], swap = t->is_beta && upper;
        if (n == 0) continue;
        for (ptrdiff_t k = 0; k < n; ++k) {
            a[k] = swap ? t->b[places[k]] : t->a[places[k]];
            b[k] = swap ? t->a[places[k]] : t->b[places[k]];
            x[k] = swap ? t->y[places[k]] : t->x[places[k]];
            y[k] = swap ? t->x[places[k]] : t->y[places[k]];
            lead[k] = swap ? -t->lead[places[k]] : t->lead[places[k]];
        }
        MC_FN(fill_up)(y, n);
        MC_FN(fill_up)(lead, n);
        MC_FN(fill_up)(a, n);
        MC_FN(fill_up)(b, n);
        MC_FN(fill_up)(x, n);
        if (t->is_beta) MC_FN(beta_factors)(n, a, b, x, y, lead, s, t->uniform ? &t->terms[upper] : 0);
        else MC_FN(gamma_factors)(upper, n, a, x, s, t->uniform ? &t->terms[0] : 0);
        for (ptrdiff_t k = 0; k < n; ++k) t->factor[places[k]] = swap ? s[k] * (b[k] / a[k]) : s[k];
    }
    MC_FN(fill_up)(t->factor, m);
    MC_FN(fill_up)(t->upper, m);
}

/* The tail that is asked for, or its logarithm. */
static void MC_FN(finish_tails)(ptrdiff_t m, const mc_tails *t, int upper, int log, double *out) {
    for (ptrdiff_t i = 0; i < m; i += MC_LANES) {
        const MC_PAIR e = {MC_FN(load)(t->head + i), MC_FN(load)(t->tail + i)};
        const MC_VEC s = MC_FN(load)(t->factor + i);
        const MC_MASK own = MC_FN(equal)(MC_FN(load)(t->upper + i), MC_V(upper));
        const MC_VEC value = MC_FN(min)(MC_V(1), MC_FN(times)(MC_FN(pair_exp)(e), s));
        MC_VEC result;
        if (log) result = MC_FN(pick)(own, e.hi + (MC_FN(log)(s) + e.lo), MC_FN(log1p)(-value));
        else result = MC_FN(pick)(own, value, 1 - value);
        MC_FN(store)(out + i, result);
    }
}

/* x, y and rest of the odds o = x / y */
MC_INLINE void MC_FN(set_odds)(mc_tails *t, ptrdiff_t i, MC_PAIR o) {
    const MC_MASK low = MC_FN(less)(o.hi, MC_V(1));
    const MC_PAIR sum = MC_FN(plus)(MC_V(1), o.hi);
    const MC_VEC top = MC_FN(pick)(low, o.hi, MC_V(1)), top_rest = MC_FN(pick)(low, o.lo, MC_FN(zero)());
    const MC_VEC least = top / sum.hi;
    const MC_VEC rest = (MC_FN(residual)(top, least, sum.hi) + top_rest - least * (sum.lo + o.lo)) / sum.hi;
    MC_FN(store)(t->x + i, MC_FN(pick)(low, least, 1 - least));
    MC_FN(store)(t->y + i, MC_FN(pick)(low, 1 - least, least));
    MC_FN(store)(t->rest + i, rest);
}

/* x with tails p (lower) and q (upper), both in (0, 1), from the guess in t->x (of beta: the odds x / y). Newton's iteration
 * with Halley's correction on log tail against log x (log odds), where either tail of either family is concave: from any
 * guess it converges from one side. Its error is the step's cube times a quarter of curvature^2: ends where the next step
 * would be below 2^-53 of x. */
static void MC_FN(solve_tails)(ptrdiff_t m, mc_tails *t, const double *p, const double *q) {
    double w[MC_ROOM];
    MC_FN(fill_up)(t->x, m);
    for (ptrdiff_t i = 0; i < m || i % MC_LANES; ++i) w[i] = t->x[i];
    for (int round = 0; round < 60; ++round) {
        if (t->is_beta)
            for (ptrdiff_t i = 0; i < m; i += MC_LANES) MC_FN(set_odds)(t, i, MC_FN(exactly)(MC_FN(load)(w + i)));
        else
            for (ptrdiff_t i = 0; i < m; i += MC_LANES) MC_FN(store)(t->x + i, MC_FN(load)(w + i));
        MC_FN(tails)(m, t);
        int done = 1;
        for (ptrdiff_t i = 0; i < m; i += MC_LANES) {
            const MC_VEC a = MC_FN(load)(t->a + i), s = MC_FN(load)(t->factor + i), zero = MC_FN(zero)();
            const MC_PAIR e = {MC_FN(load)(t->head + i), MC_FN(load)(t->tail + i)};
            const MC_MASK upper = MC_FN(less)(zero, MC_FN(load)(t->upper + i));
            const MC_VEC target = MC_FN(pick)(upper, MC_FN(load)(q + i), MC_FN(load)(p + i));
            const MC_VEC value = MC_FN(times)(MC_FN(pair_exp)(e), s), off = (target - value) / value;
            const MC_MASK near = MC_FN(less)(MC_FN(abs)(off), MC_V(0.5));
            MC_VEC miss = MC_FN(log1p)(MC_FN(pick)(near, off, zero));
            if (!MC_FN(all)(near)) miss = MC_FN(pick)(near, miss, MC_FN(log)(target) - (e.hi + MC_FN(log)(s)));
            const MC_VEC size = a / s, slope = MC_FN(pick)(upper, -size, size);
            const MC_VEC bend = t->is_beta ? a * MC_FN(load)(t->y + i) - MC_FN(load)(t->b + i) * MC_FN(load)(t->x + i)
                                           : a - MC_FN(load)(t->x + i);
            const MC_VEC newton = miss / slope, turn = 1 + 0.5 * newton * (bend - slope);
            MC_VEC step = newton / MC_FN(min)(MC_V(2), MC_FN(max)(MC_V(0.5), turn));
            step = MC_FN(min)(MC_V(40), MC_FN(max)(MC_V(-40), step));
            const MC_VEC old = MC_FN(load)(w + i), held = MC_FN(load)(t->held + i);
            const MC_MASK moves = MC_FN(equal)(held, zero);
            MC_FN(store)(w + i, MC_FN(pick)(moves, old + MC_FN(times)(old, MC_FN(expm1)(step)), old));
            const MC_VEC left = MC_FN(abs)(step) * MC_FN(max)(MC_V(1), MC_FN(abs)(bend - slope));
            const MC_VEC now = MC_FN(pick)(MC_FN(less)(left, MC_V(0x1p-17)), MC_V(1), held);
            MC_FN(store)(t->held + i, now);
            done &= MC_FN(all)(MC_FN(less)(zero, now));
        }
        if (done) break;
    }
    for (ptrdiff_t i = 0; i < m; ++i) t->x[i] = w[i];
}

#undef MC_GROUP
#undef MC_EACH
#undef MC_BY_SIZE
#undef MC_GROW
#undef MC_SETTLE
#endif
