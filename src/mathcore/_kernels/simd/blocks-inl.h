/* blocks: the operands of a block side by side, what is a distribution's parameter, and the tails of its families. For
 * double only. */
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
        default:                        /* hypergeom: total, marked, drawn; beyond 2^53 a sum would not count on */
            ok &= MC_FN(less)(zero, a) & ~MC_FN(less)(MC_V(0x1p53), a) & ~MC_FN(less)(b, zero) & ~MC_FN(less)(c, zero) & ~MC_FN(less)(a, b) & ~MC_FN(less)(a, c)
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

#undef MC_VECTORS_OF
#undef MC_MASKED
#endif
