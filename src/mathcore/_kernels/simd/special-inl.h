/* special: one loop per function, over whole vectors and one tail; other strides go through a buffer in L1. */
#define MC_BUFFER 256

#define MC_LOOP(expression)                                                                                  \
    {                                                                                                        \
        ptrdiff_t i = 0;                                                                                     \
        for (; i + MC_LANES <= n; i += MC_LANES) {                                                           \
            const MC_VEC v = MC_FN(load)(x + i), w = MC_FN(load)(y + i);                                     \
            (void)w;                                                                                         \
            MC_FN(store)(out + i, expression);                                                               \
        }                                                                                                    \
        if (i < n) {                                                                                         \
            const MC_VEC v = MC_FN(load_tail)(x + i, (int)(n - i)), w = MC_FN(load_tail)(y + i, (int)(n - i)); \
            (void)w;                                                                                         \
            MC_FN(store_tail)(out + i, expression, (int)(n - i));                                            \
        }                                                                                                    \
        break;                                                                                               \
    }

static void MC_FN(map_plain)(int op, ptrdiff_t n, const MC_REAL *x, const MC_REAL *y, MC_REAL *out) {
    switch (op) {
    case MC_EXP: MC_LOOP(MC_FN(exp)(v))
    case MC_EXPM1: MC_LOOP(MC_FN(expm1)(v))
    case MC_LOG: MC_LOOP(MC_FN(log)(v))
    case MC_LOG1P: MC_LOOP(MC_FN(log1p)(v))
    case MC_TANH: MC_LOOP(MC_FN(tanh)(v))
    case MC_SIGMOID: MC_LOOP(MC_FN(sigmoid)(v))
    case MC_LOGIT: MC_LOOP(MC_FN(logit)(v))
    case MC_LOG_EXPIT: MC_LOOP(-MC_FN(softplus)(-v))
    case MC_SOFTPLUS: MC_LOOP(MC_FN(softplus)(v))
    case MC_RELU_OF: MC_LOOP(MC_FN(max)(MC_FN(zero)(), v))
    case MC_SILU: MC_LOOP(MC_FN(silu)(v))
    case MC_GELU_TANH: MC_LOOP(MC_FN(gelu_tanh)(v))
    case MC_ENTR: MC_LOOP(MC_FN(entr)(v))
    case MC_XLOGY: MC_LOOP(MC_FN(times_log)(v, MC_FN(log)(w), w))
    case MC_XLOG1PY: MC_LOOP(MC_FN(times_log)(v, MC_FN(log1p)(w), w))
    case MC_REL_ENTR: MC_LOOP(MC_FN(rel_entr)(v, w))
    case MC_KL_DIV: MC_LOOP(MC_FN(kl_div)(v, w))
    default: break;
    }
}

static const MC_REAL *MC_FN(plain)(ptrdiff_t n, const MC_REAL *x, ptrdiff_t sx, MC_REAL *buffer) {
    if (sx == 1) return x;
    for (ptrdiff_t i = 0; i < n; ++i) buffer[i] = x[i * sx];
    return buffer;
}

static void MC_FN(map)(int op, ptrdiff_t n, const void *x0, ptrdiff_t sx, const void *y0, ptrdiff_t sy, void *out0,
                       ptrdiff_t so) {
    const MC_REAL *x = (const MC_REAL *)x0, *y = (const MC_REAL *)y0;
    MC_REAL *out = (MC_REAL *)out0;
    if (op < MC_UNARY_COUNT) { y = x; sy = sx; }
    if (sx == 1 && sy == 1 && so == 1) {
        MC_FN(map_plain)(op, n, x, y, out);
        return;
    }
    MC_REAL bx[MC_BUFFER], by[MC_BUFFER], bo[MC_BUFFER];
    for (ptrdiff_t i = 0; i < n; i += MC_BUFFER) {
        const ptrdiff_t m = n - i < MC_BUFFER ? n - i : MC_BUFFER;
        const MC_REAL *u = MC_FN(plain)(m, x + i * sx, sx, bx), *v = op < MC_UNARY_COUNT ? u : MC_FN(plain)(m, y + i * sy, sy, by);
        MC_REAL *to = so == 1 ? out + i : bo;
        MC_FN(map_plain)(op, m, u, v, to);
        if (so != 1) for (ptrdiff_t j = 0; j < m; ++j) out[(i + j) * so] = to[j];
    }
}

static const mc_special_ops *MC_FN(special_ops)(void) {
    static const mc_special_ops ops = {MC_FN(map)};
    return &ops;
}

#undef MC_BUFFER
#undef MC_LOOP
