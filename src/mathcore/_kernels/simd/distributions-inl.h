/* distributions: see distributions.h. A block goes through: its operands side by side, standardised, the family's function,
 * location and scale again, NaN where an argument is none. */
#if MC_SIZE == 8
#define MC_VECTORS_OF(i) for (ptrdiff_t i = 0; i < m; i += MC_LANES)
#define MC_MASKED(mask, a, b) MC_FN(pick)(mask, a, b)

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
    w.t.kept[0] = -1;                   /* of no shapes */
    for (int k = 1; k < 6; ++k) same &= job->stride[k] == 0 || job->n == 1;
    w.uniform = same;
    w.one = job->n == 1;
    const int plain = same && *job->in[4] == 0 && *job->in[5] == 1 && job->family != MC_CHI2;
    for (ptrdiff_t from = 0; from < job->n; from += MC_BLOCK) {
        const ptrdiff_t m = job->n - from < MC_BLOCK ? job->n - from : MC_BLOCK;
        for (int k = 0; k < 6; ++k) {
            if (k && same && from) break;
            const double *p = job->in[k] + from * job->stride[k];
            /* what is one number for all fills the first block, and no block is longer */
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
