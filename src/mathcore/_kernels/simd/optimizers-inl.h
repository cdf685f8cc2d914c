/* optimizers: bound by memory. Plain loops are turned into vectors of the target by the compiler. */
static void MC_FN(sgd)(ptrdiff_t n, void *p0, const void *g0, void *v0, const mc_sgd *how) {
    MC_REAL *restrict p = (MC_REAL *)p0, *restrict v = (MC_REAL *)v0;
    const MC_REAL *restrict g = (const MC_REAL *)g0;
    const MC_REAL rate = (MC_REAL)how->rate, kept = (MC_REAL)how->momentum, l2 = (MC_REAL)how->l2;
    if (!v)
        for (ptrdiff_t i = 0; i < n; ++i) p[i] -= rate * (g[i] + l2 * p[i]);
    else if (!how->nesterov)
        for (ptrdiff_t i = 0; i < n; ++i) {
            v[i] = kept * v[i] + (g[i] + l2 * p[i]);
            p[i] -= rate * v[i];
        }
    else
        for (ptrdiff_t i = 0; i < n; ++i) {
            const MC_REAL slope = g[i] + l2 * p[i];
            v[i] = kept * v[i] + slope;
            p[i] -= rate * (slope + kept * v[i]);
        }
}

typedef struct {
    MC_VEC b1, b2, c1, c2, eps, step, k2, keep, l2;
} MC_FN(adam_how);

#define MC_PART(q) (TAIL ? MC_FN(load_tail)((q) + b * MC_LANES, few) : MC_FN(load)((q) + b * MC_LANES))
#define MC_PUT(q, x) (TAIL ? MC_FN(store_tail)((q) + b * MC_LANES, x, few) : MC_FN(store)((q) + b * MC_LANES, x))

/* N vectors, or a part of one; parameters are stored at the end. NumPy's arrays often lie alike in their pages, and a
 * load whose last twelve bits are those of a store under way waits for it: vector by vector each step would wait for
 * the root and the quotient of the one before, 850 us for 10^6 floats in place of 300. */
MC_INLINE void MC_FN(adam_some)(const int N, const int TAIL, int few, MC_REAL *p, const MC_REAL *g, MC_REAL *m,
                                MC_REAL *v, const MC_FN(adam_how) *how) {
    MC_VEC next[8];
    MC_UNROLL(8) for (int b = 0; b < N; ++b) {
        const MC_VEC x = MC_PART(p), slope = MC_PART(g) + how->l2 * x;
        const MC_VEC first = how->b1 * MC_PART(m) + how->c1 * slope;
        const MC_VEC second = how->b2 * MC_PART(v) + how->c2 * slope * slope;
        MC_PUT(m, first);
        MC_PUT(v, second);
        next[b] = how->keep * x - how->step * first / (MC_FN(sqrt)(second * how->k2) + how->eps);
    }
    MC_UNROLL(8) for (int b = 0; b < N; ++b) MC_PUT(p, next[b]);
}

static void MC_FN(adam)(ptrdiff_t n, void *p0, const void *g0, void *m0, void *v0, const mc_adam *how) {
    MC_REAL *p = (MC_REAL *)p0, *m = (MC_REAL *)m0, *v = (MC_REAL *)v0;
    const MC_REAL *g = (const MC_REAL *)g0;
    const MC_FN(adam_how) all = {
        MC_V((MC_REAL)how->beta1), MC_V((MC_REAL)how->beta2), MC_V((MC_REAL)(1 - how->beta1)),
        MC_V((MC_REAL)(1 - how->beta2)), MC_V((MC_REAL)how->eps), MC_V((MC_REAL)(how->rate * how->correct1)),
        MC_V((MC_REAL)how->correct2), MC_V((MC_REAL)(1 - how->rate * how->decay)), MC_V((MC_REAL)how->l2)};
    ptrdiff_t i = 0;
    for (; i + 8 * MC_LANES <= n; i += 8 * MC_LANES) MC_FN(adam_some)(8, 0, 0, p + i, g + i, m + i, v + i, &all);
    for (; i + MC_LANES <= n; i += MC_LANES) MC_FN(adam_some)(1, 0, 0, p + i, g + i, m + i, v + i, &all);
    if (i < n) MC_FN(adam_some)(1, 1, (int)(n - i), p + i, g + i, m + i, v + i, &all);
}

#undef MC_PART
#undef MC_PUT

static const mc_optimizers_ops *MC_FN(optimizers_ops)(void) {
    static const mc_optimizers_ops ops = {MC_FN(sgd), MC_FN(adam)};
    return &ops;
}
