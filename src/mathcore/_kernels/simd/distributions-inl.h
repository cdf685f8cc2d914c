/* distributions: see distributions.h. A block goes through: its operands side by side, standardised, the family's function,
 * location and scale again, NaN where an argument is none. */
#if MC_SIZE == 8
#define MC_VECTORS_OF(i) for (ptrdiff_t i = 0; i < m; i += MC_LANES)
#define MC_MASKED(mask, a, b) MC_FN(pick)(mask, a, b)

typedef struct {
    int family, method, uniform, one;   /* uniform: shapes are the same for all; one: there is one element */
    mc_hard hard;
    double in[6][MC_ROOM], z[MC_ROOM], out[MC_ROOM], valid[MC_ROOM], k[MC_ROOM], f[MC_ROOM];
    mc_tails t;
} MC_FN(block);

MC_INLINE MC_VEC MC_FN(floor)(MC_VEC x) {
    const MC_VEC round = (MC_FN(abs)(x) + 0x1p52) - 0x1p52, whole = MC_FN(copysign)(round, x);
    const MC_VEC down = whole - MC_MASKED(MC_FN(less)(x, whole), MC_V(1), MC_FN(zero)());
    return MC_MASKED(MC_FN(less)(MC_FN(abs)(x), MC_V(0x1p52)), down, x);
}

/* ------------------------------------------------------------------ arguments */

/* 1 where shapes and scale are those of a distribution. */
static void MC_FN(validate)(ptrdiff_t m, MC_FN(block) *w) {
    const MC_VEC zero = MC_FN(zero)(), one = MC_V(1);
    MC_VECTORS_OF(i) {
        const MC_VEC a = MC_FN(load)(w->in[1] + i), b = MC_FN(load)(w->in[2] + i), c = MC_FN(load)(w->in[3] + i);
        const MC_VEC loc = MC_FN(load)(w->in[4] + i);
        const MC_MASK probability = ~MC_FN(less)(b, zero) & ~MC_FN(less)(one, b) & MC_FN(equal)(b, b);
        MC_MASK ok = MC_FN(less)(zero, MC_FN(load)(w->in[5] + i)) & MC_FN(equal)(loc, loc);
        switch (w->family) {
        case MC_NORM: case MC_UNIFORM: case MC_EXPON: case MC_LAPLACE: case MC_LOGISTIC: case MC_CAUCHY: break;
        case MC_LOGNORM: case MC_WEIBULL_MIN: case MC_GAMMA: case MC_CHI2: case MC_T: ok &= MC_FN(less)(zero, a); break;
        case MC_BETA: case MC_F: ok &= MC_FN(less)(zero, a) & MC_FN(less)(zero, b); break;
        case MC_BERNOULLI: ok &= ~MC_FN(less)(a, zero) & ~MC_FN(less)(one, a) & MC_FN(equal)(a, a); break;
        case MC_GEOM: ok &= MC_FN(less)(zero, a) & ~MC_FN(less)(one, a); break;
        case MC_RANDINT:
            ok &= MC_FN(less)(a, b) & MC_FN(equal)(a, MC_FN(floor)(a)) & MC_FN(equal)(b, MC_FN(floor)(b));
            break;
        case MC_POISSON: ok &= ~MC_FN(less)(a, zero) & MC_FN(equal)(a, a); break;
        case MC_BINOM: ok &= ~MC_FN(less)(a, zero) & MC_FN(equal)(a, MC_FN(floor)(a)) & probability; break;
        case MC_NBINOM: ok &= MC_FN(less)(zero, a) & probability & MC_FN(less)(zero, b); break;
        default:                        /* hypergeom: total, marked, drawn */
            ok &= MC_FN(less)(zero, a) & ~MC_FN(less)(b, zero) & ~MC_FN(less)(c, zero) & ~MC_FN(less)(a, b) & ~MC_FN(less)(a, c)
                & MC_FN(equal)(a, MC_FN(floor)(a)) & MC_FN(equal)(b, MC_FN(floor)(b)) & MC_FN(equal)(c, MC_FN(floor)(c));
        }
        MC_FN(store)(w->valid + i, MC_MASKED(ok, one, zero));
    }
}

/* Smallest and largest value of a distribution of whole numbers. */
static inline void MC_FN(support)(const MC_FN(block) *w, ptrdiff_t i, double *low, double *high) {
    const double a = w->in[1][i], b = w->in[2][i], c = w->in[3][i];
    *low = w->family == MC_GEOM ? 1 : w->family == MC_RANDINT ? a : w->family == MC_HYPERGEOM && b + c > a ? b + c - a : 0;
    switch (w->family) {
    case MC_BERNOULLI: *high = 1; break;
    case MC_RANDINT: *high = b - 1; break;
    case MC_BINOM: *high = a; break;
    case MC_HYPERGEOM: *high = b < c ? b : c; break;
    default: *high = MC_INFINITE;
    }
}

/* ------------------------------------------------------------------ tails by incomplete functions */

/* Whether the wanted tail is not for the series of incomplete-inl.h: long ones, from 1e5 (1e8) on of 2700 (10 000) terms and more;
 * and where a shape is so small that the tail is what 1 - (nearly 1) leaves. */
static inline int MC_FN(is_hard)(const mc_tails *t, ptrdiff_t i, int upper) {
    const double a = t->a[i], b = t->b[i];
    if (!t->is_beta) return a > 1e5 || (a < 0.01 && upper && !(t->x[i] > a + 1));
    return a + b > 1e8 || (upper ? a < 0.01 : b < 0.01);
}

/* Shapes and x of lane i's tails, for z; returns a lower tail that is known to be 0, 1 or NaN, else -1. */
static inline double MC_FN(set_tail)(const MC_FN(block) *w, ptrdiff_t i, double z, mc_tails *t) {
    double a = w->in[1][i], b = w->in[2][i], x = z, y = 0, lower = -1;
    switch (w->family) {
    case MC_GAMMA: case MC_CHI2: b = 0; lower = x <= 0 ? 0 : x == MC_INFINITE ? 1 : -1; break;
    case MC_BETA: y = 1 - x; lower = x <= 0 ? 0 : x >= 1 ? 1 : -1; break;
    case MC_F: lower = x <= 0 ? 0 : x == MC_INFINITE ? 1 : -1; break;
    case MC_T: b = 0.5; lower = x == 0 ? 1 : x - x != 0 ? 0 : -1; break;
    case MC_POISSON: b = 0; x = a; a = z + 1; lower = x == 0 ? 0 : -1; break;
    case MC_BINOM: y = b; x = 1 - y; b = z + 1; a = a - z; lower = x <= 0 ? 0 : y <= 0 ? 1 : -1; break;
    default: x = b; y = 1 - x; b = z + 1; lower = y <= 0 ? 1 : -1; break;
    }
    t->a[i] = a; t->b[i] = b; t->x[i] = x; t->y[i] = y; t->rest[i] = 0;
    return z == z ? lower : z;
}

/* Of F and t the odds x / y of the tails: a z / b, and n / z^2. */
static void MC_FN(set_ratios)(ptrdiff_t m, const MC_FN(block) *w, mc_tails *t) {
    MC_VECTORS_OF(i) {
        const MC_VEC z = MC_FN(load)(w->z + i), a = MC_FN(load)(t->a + i), b = MC_FN(load)(t->b + i), n = 2 * a;
        const MC_PAIR top = w->family == MC_F ? MC_FN(product)(a, z) : MC_FN(exactly)(n);
        const MC_PAIR bottom = w->family == MC_F ? MC_FN(exactly)(b) : MC_FN(product)(z, z);
        MC_PAIR odds;
        odds.hi = top.hi / bottom.hi;
        odds.lo = (MC_FN(residual)(top.hi, odds.hi, bottom.hi) + top.lo - odds.hi * bottom.lo) / bottom.hi;
        MC_FN(set_odds)(t, i, odds);
    }
}

/* A lane that has its value already: one that costs little. */
static inline void MC_FN(rest_lane)(mc_tails *t, ptrdiff_t i) {
    if (!t->uniform) t->a[i] = t->b[i] = 1;
    t->x[i] = t->is_beta ? 0.125 : 0.125 * t->a[i];
    t->y[i] = 0.875;
    t->rest[i] = 0;
}

static void MC_FN(set_kind)(MC_FN(block) *w) {
    mc_tails *t = &w->t;
    t->is_beta = w->family != MC_GAMMA && w->family != MC_CHI2 && w->family != MC_POISSON;
    t->uniform = w->uniform && (w->family < MC_FIRST_DISCRETE || w->one);
}

static void MC_FN(set_terms)(mc_tails *t) {
    for (int side = 0; side < 2 && t->uniform; ++side) {
        mc_terms *terms = &t->terms[side];
        const double a = side && t->is_beta ? t->b[0] : t->a[0], b = side ? t->a[0] : t->b[0];
        if (terms->known && terms->a == a && terms->b == b) continue;
        terms->a = a;
        terms->b = b;
        terms->known = 1;               /* they count from 1 */
    }
}

/* SciPy's tail, of the smaller of x and y, which is exact */
static inline double MC_FN(hard_tail)(const MC_FN(block) *w, ptrdiff_t i, int upper) {
    const mc_tails *t = &w->t;
    double v;
    if (t->is_beta && t->y[i] < t->x[i]) w->hard(1, 0, !upper, t->b[i], t->a[i], t->y[i], &v);
    else w->hard(t->is_beta, 0, upper, t->a[i], t->b[i], t->x[i], &v);
    return v;
}

/* Both tails of t where z^2 would overflow, or n is beyond 2^66, where t is the normal distribution; else -1. */
static double MC_FN(far_tail)(const MC_FN(block) *w, ptrdiff_t i, double z) {
    const MC_VEC x = MC_V(z < 0 ? -z : z), a = MC_V(w->in[1][i]), zero = MC_FN(zero)();
    double lanes[MC_LANES];
    MC_VEC v;
    if (w->in[1][i] > 0x1p65) v = MC_FN(normal_log_upper)(x, zero) + 0.6931471805599453;
    else if (z > 0x1p500 || z < -0x1p500)                       /* 2 |z| density / n */
        v = MC_FN(whole)(MC_FN(pair_sum)(MC_FN(t_density)(a, x, MC_FN(t_constant)(a)),
                                         MC_FN(pair_sum)(MC_FN(plain_log)(x), MC_FN(negative)(MC_FN(plain_log)(a)))));
    else return -1;
    MC_FN(store)(lanes, MC_FN(exp)(v));
    return lanes[0];
}

/* out: the lower or upper tail, or its logarithm, of a block's family at z. */
static void MC_FN(tail)(ptrdiff_t m, MC_FN(block) *w, const double *z, int upper, int log, double *out) {
    double given[MC_ROOM], from_rest[MC_ROOM];
    mc_tails *t = &w->t;
    int open = 0;
    if (w->family == MC_POISSON) upper = !upper;
    MC_FN(set_kind)(w);
    for (ptrdiff_t i = 0; i < m; ++i) {
        const double lower = MC_FN(set_tail)(w, i, z[i], t);
        const int hopeless = !(t->a[i] > 0) || !(w->valid[i] > 0);
        from_rest[i] = -1;
        given[i] = hopeless ? 0 : lower == -1 ? -1 : upper ? 1 - lower : lower;
        if (given[i] == -1 && w->family == MC_T) given[i] = MC_FN(far_tail)(w, i, z[i]);
    }
    if (w->family == MC_F || w->family == MC_T) {
        MC_FN(fill_up)(t->a, m);
        MC_FN(fill_up)(t->b, m);
        MC_FN(set_ratios)(m, w, t);
    }
    for (ptrdiff_t i = 0; i < m; ++i) {
        if (given[i] == -1 && MC_FN(is_hard)(t, i, upper)) {
            given[i] = MC_FN(hard_tail)(w, i, upper);
            if (log && given[i] > 0.5) from_rest[i] = MC_FN(hard_tail)(w, i, !upper);
        }
        if (given[i] != -1) MC_FN(rest_lane)(t, i);
        else open = 1;
    }
    if (open) {
        MC_FN(set_terms)(t);
        MC_FN(tails)(m, t);
        MC_FN(finish_tails)(m, t, upper, log, out);
    }
    MC_FN(fill_up)(given, m);
    MC_FN(fill_up)(from_rest, m);
    MC_VECTORS_OF(i) {
        const MC_VEC v = MC_FN(load)(given + i), r = MC_FN(load)(from_rest + i);
        const MC_VEC value = log ? MC_MASKED(MC_FN(equal)(r, MC_V(-1)), MC_FN(log)(v), MC_FN(log1p)(-r)) : v;
        MC_FN(store)(out + i, MC_MASKED(MC_FN(equal)(v, MC_V(-1)), MC_FN(load)(out + i), value));
    }
}

/* Student's: half of both tails on the side of z, all but that half on the other. */
static void MC_FN(t_tail)(ptrdiff_t m, MC_FN(block) *w, int upper, int log) {
    MC_FN(tail)(m, w, w->z, 0, 0, w->f);
    if (log) MC_FN(tail)(m, w, w->z, 0, 1, w->k);
    MC_VECTORS_OF(i) {
        const MC_VEC z = MC_FN(load)(w->z + i), half = 0.5 * MC_FN(load)(w->f + i);
        const MC_MASK own = MC_FN(less)(upper ? -z : z, MC_FN(zero)());
        MC_FN(store)(w->out + i, log ? MC_MASKED(own, MC_FN(load)(w->k + i) - 0.6931471805599453, MC_FN(log1p)(-half))
                                     : MC_MASKED(own, half, 1 - half));
    }
}

/* ------------------------------------------------------------------ quantiles of continuous families */

/* Where the iteration starts: by the normal distribution (E. B. Wilson and M. M. Hilferty, 1931, of gamma; M. Abramowitz and
 * I. A. Stegun, 26.5.22, of beta), or where a tail is a power of x, by that. Of beta the odds. Below 1e-300 it ends there, with
 * what is over its root in `far`. */
static void MC_FN(guess)(ptrdiff_t m, mc_tails *t, const double *p0, const double *q0, double *far) {
    const MC_VEC zero = MC_FN(zero)(), one = MC_V(1);
    MC_VECTORS_OF(i) {
        const MC_VEC a = MC_FN(load)(t->a + i), b = MC_FN(load)(t->b + i), p = MC_FN(load)(p0 + i), q = MC_FN(load)(q0 + i);
        const MC_MASK low = MC_FN(less)(p, MC_V(0.5));
        MC_VEC z = MC_FN(normal_quantile)(MC_FN(min)(p, q)), start;
        MC_PAIR log_least, log_other = {zero, zero};
        z = MC_MASKED(low, z, -z);
        if (!t->is_beta) {              /* p = x^a / Gamma(a + 1) */
            const MC_VEC r = 1 / (9 * a), s = (1 - r) + z * MC_FN(sqrt)(r);
            const MC_PAIR sum = MC_FN(pair_sum)(MC_FN(plain_log)(p), MC_FN(stirling)(a));
            log_least = MC_FN(pair_sum)(MC_FN(pair_over)(sum, a), MC_FN(pair_sum)(MC_FN(plain_log)(a), MC_FN(exactly)(MC_V(-1))));
            const MC_VEC least = MC_FN(pair_exp)(log_least);
            start = MC_MASKED(MC_FN(less)(a, MC_V(0.3)), least, MC_FN(max)(least, a * (s * s * s)));
        } else {                        /* p = x^a / (a B(a, b)) */
            const MC_PAIR c = MC_FN(negative)(MC_FN(beta_constant)(a, b));
            const MC_PAIR na = MC_FN(log_quotient)(a, a + b), nb = MC_FN(log_quotient)(b, a + b);
            MC_PAIR sum = MC_FN(pair_sum)(MC_FN(pair_sum)(MC_FN(plain_log)(p), MC_FN(plain_log)(a)), c);
            sum = MC_FN(pair_sum)(sum, MC_FN(pair_times)(nb, MC_FN(exactly)(b)));
            log_least = MC_FN(pair_sum)(MC_FN(pair_over)(sum, a), na);
            sum = MC_FN(pair_sum)(MC_FN(pair_sum)(MC_FN(plain_log)(q), MC_FN(plain_log)(b)), c);
            sum = MC_FN(pair_sum)(sum, MC_FN(pair_times)(na, MC_FN(exactly)(a)));
            log_other = MC_FN(pair_sum)(MC_FN(pair_over)(sum, b), nb);
            const MC_VEC least = MC_FN(pair_exp)(log_least), other = MC_FN(pair_exp)(log_other), most = MC_V(0.9);
            const MC_VEC x = MC_FN(min)(most, least), y = MC_FN(min)(most, other);
            const MC_VEC g = (z * z - 3) / 6, u = 1 / (2 * a - 1), v = 1 / (2 * b - 1), h = 2 / (u + v);
            const MC_VEC root = z * MC_FN(sqrt)(MC_FN(max)(zero, h + g)) / h - (u - v) * (g + 5.0 / 6 - 2 / (3 * h));
            const MC_VEC middle = a / b * MC_FN(exp)(MC_FN(min)(MC_V(600), MC_FN(max)(MC_V(-600), 2 * root)));
            start = MC_MASKED(MC_FN(less)(one, a) & MC_FN(less)(one, b), middle,
                              MC_MASKED(low, x / (1 - x), (1 - y) / y));
        }
        const MC_MASK bottom = MC_FN(less)(log_least.hi, MC_V(-690)) & low, top = MC_FN(less)(log_other.hi, MC_V(-690)) & ~low;
        start = MC_FN(min)(MC_V(1e300), MC_FN(max)(MC_V(1e-300), start));
        start = MC_MASKED(bottom, MC_FN(pair_exp)(log_least), MC_MASKED(top, MC_FN(pair_exp)(MC_FN(negative)(log_other)), start));
        MC_FN(store)(t->x + i, start);
        MC_FN(store)(t->held + i, MC_MASKED(bottom | top, one, zero));
        const MC_PAIR root = {-0.5 * log_least.hi, -0.5 * log_least.lo};
        MC_FN(store)(far + i, MC_MASKED(bottom, MC_FN(pair_exp)(root), zero));
    }
}

/* w->out of probabilities w->in[0] of gamma, chi2, beta, t or F. */
static void MC_FN(quantile)(ptrdiff_t m, MC_FN(block) *w) {
    mc_tails *t = &w->t;
    double p[MC_ROOM], q[MC_ROOM], given[MC_ROOM], far[MC_ROOM];
    const double low = w->family == MC_T ? -MC_INFINITE : 0, high = w->family == MC_BETA ? 1 : MC_INFINITE;
    const int upper = w->method == MC_ISF;
    int open = 0;
    MC_FN(set_kind)(w);
    for (ptrdiff_t i = 0; i < m; ++i) {
        const double x = w->in[0][i], own = upper ? 1 - x : x, rest = upper ? x : 1 - x;
        t->a[i] = w->in[1][i];
        t->b[i] = w->family == MC_T ? 0.5 : t->is_beta ? w->in[2][i] : 0;
        t->rest[i] = 0;
        t->y[i] = 0.5;
        t->x[i] = 1;
        p[i] = own;
        q[i] = rest;
        given[i] = -1;
        if (!(w->valid[i] > 0) || !(x >= 0 && x <= 1)) given[i] = 0;
        else if (own == 0) given[i] = low;
        else if (rest == 0) given[i] = high;
        else if (w->family == MC_T) {   /* both tails together */
            p[i] = 2 * (own < rest ? own : rest);
            q[i] = 1 - p[i];
            if (q[i] == 0) given[i] = 0;
        }
        if (given[i] == -1 && w->family == MC_T && t->a[i] > 0x1p65) {  /* normal */
            double lanes[MC_LANES];
            MC_FN(store)(lanes, MC_FN(normal_quantile)(MC_V(own < rest ? own : rest)));
            given[i] = own < rest ? lanes[0] : -lanes[0];
        }
        if (given[i] == -1 && (MC_FN(is_hard)(t, i, 0) || MC_FN(is_hard)(t, i, 1))) {
            double v;
            const int by_upper = !(p[i] < q[i]);
            w->hard(t->is_beta, 1, by_upper, t->a[i], t->b[i], by_upper ? q[i] : p[i], &v);
            given[i] = w->family == MC_F ? v / (1 - v) * (t->b[i] / t->a[i]) : v;
            if (w->family == MC_T) given[i] = __builtin_sqrt(2 * t->a[i] * (1 - v) / v) * (own < rest ? -1 : 1);
        }
        if (given[i] != -1) {
            p[i] = q[i] = 0.5;
            MC_FN(rest_lane)(t, i);
        } else open = 1;
    }
    MC_FN(fill_up)(given, m);
    if (open) {
        MC_FN(fill_up)(t->a, m);
        MC_FN(fill_up)(t->b, m);
        MC_FN(fill_up)(p, m);
        MC_FN(fill_up)(q, m);
        MC_FN(guess)(m, t, p, q, far);
        MC_FN(fill_up)(t->held, m);
        for (ptrdiff_t i = 0; i < m; ++i) if (given[i] != -1) t->held[i] = 1;
        MC_FN(fill_up)(t->held, m);
        MC_FN(set_terms)(t);
        MC_FN(solve_tails)(m, t, p, q);
    }
    for (ptrdiff_t i = 0; i < m; ++i) {
        const double v = t->x[i];
        if (given[i] != -1) w->out[i] = given[i];
        else if (w->family == MC_BETA) w->out[i] = v < 1 ? v / (1 + v) : 1 / (1 + 1 / v);
        else if (w->family == MC_F) w->out[i] = v * (t->b[i] / t->a[i]);
        else if (w->family == MC_T) w->out[i] = __builtin_sqrt(2 * t->a[i]) * (far[i] > 1 ? far[i] : __builtin_sqrt(1 / v)) * ((w->in[0][i] < 0.5) != upper ? -1 : 1);
        else w->out[i] = v;
    }
}

/* ------------------------------------------------------------------ whole numbers */

/* Bernoulli's, the geometric and the uniform distribution have closed forms; k inside the support. */
static void MC_FN(plain_whole)(ptrdiff_t m, MC_FN(block) *w, int method, const double *k0, double *out) {
    const MC_VEC zero = MC_FN(zero)(), one = MC_V(1);
    MC_VECTORS_OF(i) {
        const MC_VEC a = MC_FN(load)(w->in[1] + i), b = MC_FN(load)(w->in[2] + i), k = MC_FN(load)(k0 + i);
        const MC_VEC width = b - a, slow = MC_FN(log1p)(-a);
        const int log = method == MC_LOGPDF || method == MC_LOGCDF || method == MC_LOGSF;
        MC_VEC v;
        if (w->family == MC_GEOM) {
            const MC_PAIR rate = MC_FN(pair_log1p)(-a), p = MC_FN(pair_times)(rate, MC_FN(exactly)(k));
            const MC_PAIR before = MC_FN(pair_times)(rate, MC_FN(exactly)(k - 1));
            const MC_MASK first = MC_FN(equal)(k, one), sure = MC_FN(equal)(a, one);
            const MC_VEC t = MC_MASKED(sure, MC_V(-MC_INFINITE), p.hi + p.lo);
            switch (method) {
            case MC_PDF: v = a * MC_MASKED(first, one, MC_MASKED(sure, zero, MC_FN(pair_exp)(before))); break;
            case MC_LOGPDF:
                v = MC_FN(log)(a) + MC_MASKED(first, zero, MC_MASKED(sure, MC_V(-MC_INFINITE), before.hi + before.lo));
                break;
            case MC_CDF: v = -MC_FN(expm1)(t); break;
            case MC_SF: v = MC_MASKED(sure, zero, MC_FN(pair_exp)(p)); break;
            case MC_LOGCDF:
                v = MC_MASKED(MC_FN(less)(t, MC_V(-1)), MC_FN(log1p)(-MC_MASKED(sure, zero, MC_FN(pair_exp)(p))),
                              MC_FN(log_of_rest)(-t));
                break;
            default: v = t;
            }
        } else {
            const MC_MASK first = MC_FN(equal)(k, zero);
            const int density = method <= MC_LOGPDF, below = method == MC_CDF || method == MC_LOGCDF;
            if (w->family == MC_RANDINT) v = (density ? one : below ? (k - a) + 1 : (b - 1) - k) / width;
            else v = density ? MC_MASKED(first, 1 - a, a) : below ? MC_MASKED(first, 1 - a, one) : MC_MASKED(first, a, zero);
            if (log) v = w->family == MC_BERNOULLI && method != MC_LOGSF ? MC_MASKED(first, slow, MC_FN(log)(density ? a : v))
                                                                         : MC_FN(log)(v);
        }
        MC_FN(store)(out + i, v);
    }
}

/* Terms of a hypergeometric tail over its first and largest: of k and below, or of k + 1 and above (is_upper), on the side
 * away from the mean. */
static inline double MC_FN(hypergeom_sum)(double k, double M, double n, double N, int is_upper) {
    double term = 1, sum = 1;
    if (is_upper)
        for (double j = k + 1; term > 0x1p-56 * sum; ++j) {
            term *= (n - j) * (N - j) / ((j + 1) * (M - n - N + j + 1));
            sum += term;
        }
    else
        for (double j = k; term > 0x1p-56 * sum; --j) {
            term *= j * (M - n - N + j) / ((n - j + 1) * (N - j + 1));
            sum += term;
        }
    return sum;
}

static void MC_FN(hypergeom_tails)(ptrdiff_t m, MC_FN(block) *w, const double *k, int upper, int log, double *out) {
    double at[MC_ROOM] = {0}, sum[MC_ROOM], side[MC_ROOM];
    for (ptrdiff_t i = 0; i < m; ++i) {
        const double M = w->in[1][i], n = w->in[2][i], N = w->in[3][i];
        side[i] = (k[i] + 1) * M > n * N;
        at[i] = k[i] + side[i];
        sum[i] = w->valid[i] > 0 ? MC_FN(hypergeom_sum)(k[i], M, n, N, side[i] != 0) : 1;
    }
    MC_FN(fill_up)(at, m);
    MC_FN(fill_up)(sum, m);
    MC_FN(fill_up)(side, m);
    MC_FN(densities)(MC_HYPERGEOM, 1, 0, m, at, w->in[1], w->in[2], w->in[3], out);
    MC_VECTORS_OF(i) {
        const MC_VEC head = MC_FN(load)(out + i), s = MC_FN(load)(sum + i), one = MC_V(1);
        const MC_VEC p = MC_FN(min)(one, MC_FN(exp)(head) * s);
        const MC_MASK own = MC_FN(equal)(MC_FN(load)(side + i), MC_V(upper));
        const MC_VEC value = log ? MC_MASKED(own, head + MC_FN(log)(s), MC_FN(log1p)(-p)) : MC_MASKED(own, p, 1 - p);
        MC_FN(store)(out + i, value);
    }
}

/* Any method but the quantiles, of whole k0; `out` is 0, 1 or their logarithms outside the support. */
static void MC_FN(of_whole)(ptrdiff_t m, MC_FN(block) *w, int method, const double *k0, double *out) {
    double k[MC_ROOM];
    const int log = method == MC_LOGPDF || method == MC_LOGCDF || method == MC_LOGSF;
    const int upper = method == MC_SF || method == MC_LOGSF;
    for (ptrdiff_t i = 0; i < m; ++i) {
        double low, high;
        MC_FN(support)(w, i, &low, &high);
        k[i] = k0[i] < low ? low : k0[i] > high ? high : k0[i] == k0[i] ? k0[i] : low;
        if (k[i] > 1e300) k[i] = 1e300;
    }
    MC_FN(fill_up)(k, m);
    if (w->family <= MC_RANDINT) MC_FN(plain_whole)(m, w, method, k, out);
    else if (method <= MC_LOGPDF) MC_FN(densities)(w->family, log, 0, m, k, w->in[1], w->in[2], w->in[3], out);
    else if (w->family == MC_HYPERGEOM) MC_FN(hypergeom_tails)(m, w, k, upper, log, out);
    else MC_FN(tail)(m, w, k, upper, log, out);
    for (ptrdiff_t i = 0; i < m; ++i) {
        double low, high, value = 0;
        MC_FN(support)(w, i, &low, &high);
        if (k0[i] >= low && k0[i] <= high && (method <= MC_LOGPDF ? k0[i] < MC_INFINITE : k0[i] < high)) continue;
        if (method > MC_LOGPDF) value = (k0[i] >= high) != upper;
        out[i] = k0[i] == k0[i] ? (log ? (value > 0 ? 0 : -MC_INFINITE) : value) : k0[i];
    }
}

/* The least whole k whose lower tail is at least q (isf: whose upper tail is at most q): a guess by the normal distribution,
 * steps that double until k lies between two numbers, and halving. */
static void MC_FN(quantile_whole)(ptrdiff_t m, MC_FN(block) *w) {
    double low[MC_ROOM], high[MC_ROOM], step[MC_ROOM], k[MC_ROOM], q[MC_ROOM];
    const int upper = w->method == MC_ISF;
    MC_VECTORS_OF(i) {
        const MC_VEC p = MC_FN(load)(w->in[0] + i), z = MC_FN(normal_quantile)(MC_FN(min)(MC_V(1), MC_FN(max)(MC_FN(zero)(), p)));
        MC_FN(store)(w->z + i, upper ? -z : z);
    }
    for (ptrdiff_t i = 0; i < m; ++i) {
        const double a = w->in[1][i], b = w->in[2][i], c = w->in[3][i], z = w->z[i];
        double mean = a, variance = a, skew = 1, first, last;
        MC_FN(support)(w, i, &first, &last);
        switch (w->family) {
        case MC_BINOM: mean = a * b; variance = mean * (1 - b); skew = 1 - 2 * b; break;
        case MC_NBINOM: mean = a * (1 - b) / b; variance = mean / b; skew = (2 - b) / b; break;
        case MC_GEOM: mean = 1 / a; variance = (1 - a) / (a * a); skew = 2 / a - 1; break;
        case MC_HYPERGEOM: mean = c * (b / a); variance = mean * (1 - b / a) * (a > 1 ? (a - c) / (a - 1) : 0); break;
        case MC_RANDINT: mean = 0.5 * (a + b - 1); variance = (b - a) * (b - a) / 12; skew = 0; break;
        case MC_BERNOULLI: mean = 0; variance = 0; break;
        default: break;
        }
        q[i] = w->in[0][i];
        low[i] = first - 1;
        high[i] = last;
        double guess = mean + z * __builtin_sqrt(variance) + skew * (z * z - 1) / 6;
        const int answered = !(w->valid[i] > 0) || !(q[i] > 0 && q[i] < 1) || !(guess == guess);
        if (answered) { low[i] = first - 1; high[i] = first; guess = first; }
        k[i] = guess < first ? first : guess > last ? last : guess > 1e300 ? 1e300 : guess;
        step[i] = k[i] > 0x1p50 ? k[i] * 0x1p-50 : 1;
    }
    for (int round = 0; round < 2200; ++round) {
        int open = 0;
        MC_FN(fill_up)(k, m);
        MC_VECTORS_OF(i) MC_FN(store)(k + i, MC_FN(floor)(MC_FN(load)(k + i)));
        MC_FN(of_whole)(m, w, upper ? MC_SF : MC_CDF, k, w->f);
        for (ptrdiff_t i = 0; i < m; ++i) {
            double first, last;
            if (high[i] - low[i] <= 1) continue;
            MC_FN(support)(w, i, &first, &last);
            /* a tail that is off by some roundings is still that of its k: ppf(cdf(k)) is k */
            const int reached = upper ? w->f[i] <= q[i] * (1 + MC_FUZZ) : w->f[i] >= q[i] * (1 - MC_FUZZ);
            if (reached) { if (k[i] < high[i]) high[i] = k[i]; } else if (k[i] > low[i]) low[i] = k[i];
            const int closed_in = low[i] >= first && high[i] < last;
            if (closed_in) k[i] = low[i] + (high[i] - low[i]) / 2;
            else k[i] = reached ? high[i] - step[i] : low[i] + step[i];
            step[i] *= 2;
            if (k[i] <= low[i]) k[i] = low[i] + 1;
            if (k[i] >= high[i]) k[i] = high[i] - 1;
            if (!(k[i] > low[i] && k[i] < high[i])) low[i] = high[i];   /* beyond 2^53 they are neighbours */
            open |= high[i] - low[i] > 1;
        }
        if (!open) break;
    }
    for (ptrdiff_t i = 0; i < m; ++i) {
        double first, last;
        MC_FN(support)(w, i, &first, &last);
        w->out[i] = q[i] == (upper ? 1 : 0) ? first - 1 : q[i] == (upper ? 0 : 1) ? last : high[i];
    }
}

/* ------------------------------------------------------------------ a block, a job */

static void MC_FN(continuous)(ptrdiff_t m, MC_FN(block) *w) {
    const int log = w->method == MC_LOGPDF || w->method == MC_LOGCDF || w->method == MC_LOGSF;
    const int upper = w->method == MC_SF || w->method == MC_LOGSF;
    if (w->family <= MC_WEIBULL_MIN) MC_FN(closed)(w->family, w->method, m, w->z, w->in[1], w->out);
    else if (w->method <= MC_LOGPDF) {
        const int family = w->family == MC_CHI2 ? MC_GAMMA : w->family;
        MC_FN(densities)(family, log, w->uniform, m, w->z, w->in[1], w->in[2], w->in[3], w->out);
    } else if (w->method <= MC_LOGSF) {
        if (w->family == MC_T) MC_FN(t_tail)(m, w, upper, log); else MC_FN(tail)(m, w, w->z, upper, log, w->out);
    } else MC_FN(quantile)(m, w);
}

static void MC_FN(whole_numbers)(ptrdiff_t m, MC_FN(block) *w) {
    if (w->method >= MC_PPF) {
        MC_FN(quantile_whole)(m, w);
        return;
    }
    MC_VECTORS_OF(i) MC_FN(store)(w->k + i, MC_FN(floor)(MC_FN(load)(w->z + i)));
    MC_FN(of_whole)(m, w, w->method, w->k, w->out);
    if (w->method > MC_LOGPDF) return;
    const MC_VEC none = MC_V(w->method == MC_PDF ? 0 : -MC_INFINITE);
    MC_VECTORS_OF(i) {
        const MC_VEC z = MC_FN(load)(w->z + i), v = MC_FN(load)(w->out + i);
        const MC_MASK whole = MC_FN(equal)(z, MC_FN(load)(w->k + i)) | ~MC_FN(equal)(z, z);
        MC_FN(store)(w->out + i, MC_MASKED(whole, v, none));
    }
}

/* Before the family's function: z of x. Shapes of chi2, F and t are halves. */
static void MC_FN(standardise)(ptrdiff_t m, MC_FN(block) *w, int plain) {
    const int is_whole = w->family >= MC_FIRST_DISCRETE;
    MC_VECTORS_OF(i) {
        const MC_VEC x = MC_FN(load)(w->in[0] + i);
        if (plain || w->method >= MC_PPF) MC_FN(store)(w->z + i, x);
        else if (is_whole) MC_FN(store)(w->z + i, x - MC_FN(load)(w->in[4] + i));
        else MC_FN(store)(w->z + i, (x - MC_FN(load)(w->in[4] + i)) / MC_FN(load)(w->in[5] + i));
    }
}

static void MC_FN(halve)(ptrdiff_t m, MC_FN(block) *w) {
    if (w->family != MC_CHI2 && w->family != MC_F && w->family != MC_T) return;
    MC_VECTORS_OF(i) {
        MC_VEC n = MC_FN(load)(w->in[1] + i);
        if (w->family == MC_T) n = MC_FN(min)(MC_V(0x1p80), n);     /* infinite: normal */
        MC_FN(store)(w->in[1] + i, 0.5 * n);
        MC_FN(store)(w->in[2] + i, 0.5 * MC_FN(load)(w->in[2] + i));
        if (w->family == MC_CHI2) MC_FN(store)(w->in[5] + i, 2 * MC_FN(load)(w->in[5] + i));
    }
}

/* After it: scale and location, NaN for arguments that are none. */
static void MC_FN(restore)(ptrdiff_t m, MC_FN(block) *w, int plain) {
    const MC_VEC zero = MC_FN(zero)(), one = MC_V(1);
    const int is_whole = w->family >= MC_FIRST_DISCRETE;
    MC_VECTORS_OF(i) {
        MC_VEC v = MC_FN(load)(w->out + i);
        const MC_VEC x = MC_FN(load)(w->in[0] + i);
        MC_MASK ok = MC_FN(less)(zero, MC_FN(load)(w->valid + i)) & MC_FN(equal)(x, x);
        if (w->method >= MC_PPF) ok &= ~MC_FN(less)(x, zero) & ~MC_FN(less)(one, x);
        if (!plain) {
            const MC_VEC loc = MC_FN(load)(w->in[4] + i), scale = MC_FN(load)(w->in[5] + i);
            if (w->method >= MC_PPF) v = is_whole ? v + loc : MC_FN(times)(v, scale) + loc;
            else if (!is_whole && w->method == MC_PDF) v = v / scale;
            else if (!is_whole && w->method == MC_LOGPDF) v = v - MC_FN(log)(scale);
        }
        MC_FN(store)(w->out + i, MC_MASKED(ok, v, MC_V(MC_NAN)));
    }
}

static void MC_FN(run)(const mc_distribution_job *job) {
    MC_FN(block) w;
    int same = 1;
    w.family = job->family;
    w.method = job->method;
    w.hard = job->hard;
    w.t.terms[0].known = w.t.terms[1].known = 0;
    for (int k = 1; k < 6; ++k) same &= job->stride[k] == 0 || job->n == 1;
    w.uniform = same;
    w.one = job->n == 1;
    const int plain = same && *job->in[4] == 0 && *job->in[5] == 1 && job->family != MC_CHI2;
    for (ptrdiff_t from = 0; from < job->n; from += MC_BLOCK) {
        const ptrdiff_t m = job->n - from < MC_BLOCK ? job->n - from : MC_BLOCK;
        for (int k = 0; k < 6; ++k) {
            if (k && same && from) break;
            const double *p = job->in[k] + from * job->stride[k];
            /* of one number for all there is a whole block: a later one may be longer than none, never longer than the first */
            for (ptrdiff_t i = 0; i < m; ++i) w.in[k][i] = p[i * job->stride[k]];
            MC_FN(fill_up)(w.in[k], m);
        }
        if (!same || from == 0) {
            MC_FN(validate)(m, &w);
            MC_FN(halve)(m, &w);
        }
        MC_FN(standardise)(m, &w, plain);
        if (w.family < MC_FIRST_DISCRETE) MC_FN(continuous)(m, &w); else MC_FN(whole_numbers)(m, &w);
        MC_FN(restore)(m, &w, plain);
        for (ptrdiff_t i = 0; i < m; ++i) job->out[(from + i) * job->out_stride] = w.out[i];
    }
}

static const mc_distribution_ops *MC_FN(distribution_ops)(void) {
    static const mc_distribution_ops ops = {MC_FN(run)};
    return &ops;
}

#undef MC_VECTORS_OF
#undef MC_MASKED
#endif
