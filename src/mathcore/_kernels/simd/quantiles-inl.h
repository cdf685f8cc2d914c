/* quantiles: of continuous families, from a guess by the iteration of incomplete-inl.h. For double only. */
#if MC_SIZE == 8
#define MC_VECTORS_OF(i) for (ptrdiff_t i = 0; i < m; i += MC_LANES)
#define MC_MASKED(mask, a, b) MC_FN(pick)(mask, a, b)

/* Where the iteration starts: by the normal distribution (E. B. Wilson and M. M. Hilferty, 1931, of gamma; M. Abramowitz and
 * I. A. Stegun, 26.5.22, of beta), or where a tail is a power of x, by that. Of beta the odds. Below 1e-300 it ends there, with
 * what is over its root in `far`. */
static void MC_FN(guess)(ptrdiff_t m, mc_tails *t, const double *p0, const double *q0, double *far) {
    const MC_VEC zero = MC_FN(zero)(), one = MC_V(1);
    MC_PAIR log_factor = {zero, zero}, na = {zero, zero}, nb = {zero, zero};    /* once where the shapes are the same */
    MC_VECTORS_OF(i) {
        const MC_VEC a = MC_FN(load)(t->a + i), b = MC_FN(load)(t->b + i), p = MC_FN(load)(p0 + i), q = MC_FN(load)(q0 + i);
        if (i == 0 || !t->uniform) {
            log_factor = t->uniform ? MC_FN(kept_constant)(t) : MC_FN(tails_constant)(t, a, b);
            if (t->is_beta) log_factor = MC_FN(negative)(log_factor);
            if (t->is_beta) {
                na = MC_FN(log_quotient)(a, a + b);
                nb = MC_FN(log_quotient)(b, a + b);
            }
        }
        const MC_MASK low = MC_FN(less)(p, MC_V(0.5));
        MC_VEC z = MC_FN(normal_quantile)(MC_FN(min)(p, q)), start;
        MC_PAIR log_least, log_other = {zero, zero};
        z = MC_MASKED(low, z, -z);
        if (!t->is_beta) {              /* p = x^a / Gamma(a + 1) */
            const MC_VEC r = 1 / (9 * a), s = (1 - r) + z * MC_FN(sqrt)(r);
            const MC_PAIR sum = MC_FN(pair_sum)(MC_FN(plain_log)(p), log_factor);
            log_least = MC_FN(pair_sum)(MC_FN(pair_over)(sum, a), MC_FN(pair_sum)(MC_FN(plain_log)(a), MC_FN(exactly)(MC_V(-1))));
            const MC_VEC least = MC_FN(pair_exp)(log_least);
            start = MC_MASKED(MC_FN(less)(a, MC_V(0.3)), least, MC_FN(max)(least, a * (s * s * s)));
        } else {                        /* p = x^a / (a B(a, b)) */
            MC_PAIR sum = MC_FN(pair_sum)(MC_FN(pair_sum)(MC_FN(plain_log)(p), MC_FN(plain_log)(a)), log_factor);
            sum = MC_FN(pair_sum)(sum, MC_FN(pair_times)(nb, MC_FN(exactly)(b)));
            log_least = MC_FN(pair_sum)(MC_FN(pair_over)(sum, a), na);
            sum = MC_FN(pair_sum)(MC_FN(pair_sum)(MC_FN(plain_log)(q), MC_FN(plain_log)(b)), log_factor);
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

/* Of t, of both tails p and n = 2 a: G. W. Hill, Algorithm 396, CACM 13, 1970, to some digits, of the larger tail only. */
static void MC_FN(guess_t)(ptrdiff_t m, mc_tails *t, const double *p0) {
    MC_VECTORS_OF(i) {
        const MC_VEC n = 2 * MC_FN(load)(t->a + i), p = MC_FN(load)(p0 + i), start = MC_FN(load)(t->x + i);
        const MC_VEC a = 1 / (n - 0.5), root = 48 / a, b = root * root;
        MC_VEC c = ((20700 * a / b - 98) * a - 16) * a + 96.36;
        const MC_VEC d = ((94.5 / (b + c) - 3) / b + 1) * MC_FN(sqrt)(a * 1.5707963267948966) * n;
        const MC_VEC y = MC_FN(exp)(2 * MC_FN(log)(d * p) / n), z = MC_FN(normal_quantile)(0.5 * p), z2 = z * z;
        c = c + MC_MASKED(MC_FN(less)(n, MC_V(5)), 0.3 * (n - 4.5) * (z + 0.6), MC_FN(zero)());
        c = (((0.05 * d * z - 5) * z - 7) * z - 2) * z + b + c;
        const MC_VEC w = (((((0.4 * z2 + 6.3) * z2 + 36) * z2 + 94.5) / c - z2 - 3) / b + 1) * z;
        const MC_VEC middle = MC_FN(expm1)(a * (w * w));
        const MC_VEC tail = ((1 / (((n + 6) / (n * y) - 0.089 * d - 0.822) * (n + 2) * 3) + 0.5 / (n + 4)) * y - 1) * (n + 1) / (n + 2)
            + 1 / y;
        const MC_VEC square = MC_MASKED(MC_FN(less)(0.05 + a, y), middle, tail), odds = 1 / square;
        /* where neither is meant for: what the tails' powers say */
        const MC_MASK good = MC_FN(less)(MC_V(2.1), n) & MC_FN(less)(MC_V(1e-200), odds) & MC_FN(less)(odds, MC_V(1e200))
            & MC_FN(equal)(MC_FN(load)(t->held + i), MC_FN(zero)());
        MC_FN(store)(t->x + i, MC_MASKED(good, odds, start));
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
        if (w->family == MC_T) MC_FN(guess_t)(m, t, p);
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

#undef MC_VECTORS_OF
#undef MC_MASKED
#endif
