/* euclidean: see euclidean.h. Plain loops are those that the compiler turns into vectors; 16 sums, added in one order. */
#define MC_PARTIAL 16

/* sum + t t, fused where that exists, said outright: in short loops the compiler contracts on one instruction set only. */
MC_INLINE double MC_FN(euclidean_add)(double sum, double t) {
#if MC_FUSED
    return __builtin_fma(t, t, sum);
#else
    return sum + t * t;
#endif
}

static void MC_FN(euclidean_sample)(ptrdiff_t rows, ptrdiff_t d, const void *x0, ptrdiff_t step, double *first, double *sum,
                                    double *number, double *low, double *high) {
    const MC_REAL *x = (const MC_REAL *)x0;
    for (ptrdiff_t i = 0; i < rows; ++i, x += step)
        for (ptrdiff_t j = 0; j < d; ++j) {
            const double value = (double)x[j];
            if (!(value - value == 0)) continue;
            if (first[j] != first[j]) first[j] = value;
            const double t = value - first[j];
            sum[j] += t;
            number[j] += 1;
            low[j] = t < low[j] ? t : low[j];
            high[j] = t > high[j] ? t : high[j];
        }
}

MC_INLINE double MC_FN(euclidean_total)(const double *part) {
    double t[MC_PARTIAL];
    for (int l = 0; l < MC_PARTIAL; ++l) t[l] = part[l];
    for (int half = MC_PARTIAL / 2; half; half /= 2)
        for (int l = 0; l < half; ++l) t[l] += t[l + half];
    return t[0];
}

#define MC_MOVE(NAME, OUT)                                                                                                  \
    static double MC_FN(NAME)(ptrdiff_t rows, ptrdiff_t d, const MC_REAL *x, const double *centre, double scale, OUT *moved, \
                              OUT *lengths) {                                                                               \
        double most = 0;                                                                                                    \
        for (ptrdiff_t i = 0; i < rows; ++i, x += d, moved += d) {                                                          \
            double part[MC_PARTIAL] = {0};                                                                                  \
            ptrdiff_t j = 0;                                                                                                \
            for (; j + MC_PARTIAL <= d; j += MC_PARTIAL)                                                                    \
                for (int l = 0; l < MC_PARTIAL; ++l) {                                                                      \
                    const OUT t = (OUT)(((double)x[j + l] - centre[j + l]) * scale);                                        \
                    moved[j + l] = t;                                                                                       \
                    part[l] = MC_FN(euclidean_add)(part[l], (double)t);                                                     \
                }                                                                                                           \
            for (int l = 0; j < d; ++j, ++l) {                                                                              \
                const OUT t = (OUT)(((double)x[j] - centre[j]) * scale);                                                    \
                moved[j] = t;                                                                                               \
                part[l] = MC_FN(euclidean_add)(part[l], (double)t);                                                         \
            }                                                                                                               \
            const double length = MC_FN(euclidean_total)(part);                                                             \
            lengths[i] = (OUT)length;                                                                                       \
            most = length <= most ? most : length == length ? length : __builtin_inf();                                   \
        }                                                                                                                   \
        return most;                                                                                                        \
    }
MC_MOVE(euclidean_move_own, MC_REAL)
MC_MOVE(euclidean_move_to_float, float)
#undef MC_MOVE

static void MC_FN(euclidean_move)(ptrdiff_t rows, ptrdiff_t d, const void *x, const double *centre, double scale, void *moved,
                                  void *lengths) {
    MC_FN(euclidean_move_own)(rows, d, (const MC_REAL *)x, centre, scale, (MC_REAL *)moved, (MC_REAL *)lengths);
}

static double MC_FN(euclidean_move_float)(ptrdiff_t rows, ptrdiff_t d, const void *x, const double *centre, double scale,
                                          float *moved, float *lengths) {
    return MC_FN(euclidean_move_to_float)(rows, d, (const MC_REAL *)x, centre, scale, moved, lengths);
}

/* |scale (x - y)|^2; y may be NULL, for zeros. */
MC_INLINE double MC_FN(euclidean_square)(ptrdiff_t d, const MC_REAL *x, const MC_REAL *y, double scale) {
    double part[MC_PARTIAL] = {0}, sum = 0;
    ptrdiff_t j = 0;
    if (d < MC_PARTIAL) {
        for (; j < d; ++j) sum = MC_FN(euclidean_add)(sum, ((double)x[j] - (y ? (double)y[j] : 0)) * scale);
        return sum;
    }
    for (; j + MC_PARTIAL <= d; j += MC_PARTIAL)
        for (int l = 0; l < MC_PARTIAL; ++l)
            part[l] = MC_FN(euclidean_add)(part[l], ((double)x[j + l] - (y ? (double)y[j + l] : 0)) * scale);
    for (int l = 0; j < d; ++j, ++l) part[l] = MC_FN(euclidean_add)(part[l], ((double)x[j] - (y ? (double)y[j] : 0)) * scale);
    return MC_FN(euclidean_total)(part);
}

/* |scale (x - y)|, with a power of two that keeps its square in range; y may be NULL. */
static MC_NOINLINE double MC_FN(euclidean_far)(ptrdiff_t d, const MC_REAL *x, const MC_REAL *y, double *scale) {
    double most = 0;
    for (ptrdiff_t j = 0; j < d; ++j) {
        const double t = (double)x[j] - (y ? (double)y[j] : 0), size = t < 0 ? -t : t;
        if (!(size <= most)) most = size;
    }
    *scale = 1;
    if (!(most - most == 0) || most == 0) return most;
    const int e = __builtin_ilogb(most);
    *scale = __builtin_scalbn(1.0, e < -1000 ? 1000 : -e);
    return __builtin_sqrt(MC_FN(euclidean_square)(d, x, y, *scale));
}

static void MC_FN(euclidean_squares)(ptrdiff_t count, ptrdiff_t d, const void *x, const void *y0, const int32_t *point, double scale,
                                     double *out) {
    const MC_REAL *y = (const MC_REAL *)y0;
    for (ptrdiff_t i = 0; i < count; ++i) {
        if (i + 2 < count)              /* rows far apart: their first KB comes before it is asked for */
            for (ptrdiff_t at = 0; at < d && at < 1024 / MC_SIZE; at += 64 / MC_SIZE) MC_PREFETCH(y + point[i + 2] * d + at);
        out[i] = MC_FN(euclidean_square)(d, (const MC_REAL *)x, y + point[i] * d, scale);
    }
}

static void MC_FN(euclidean_unit)(ptrdiff_t rows, ptrdiff_t d, const void *x0, void *unit0) {
    const MC_REAL *x = (const MC_REAL *)x0;
    MC_REAL *unit = (MC_REAL *)unit0;
    for (ptrdiff_t i = 0; i < rows; ++i, x += d, unit += d) {
        const double square = MC_FN(euclidean_square)(d, x, NULL, 1);
        double scale = 1, length = __builtin_sqrt(square);
        if (!(square > 0x1p-900 && square < 0x1p1000)) length = MC_FN(euclidean_far)(d, x, NULL, &scale);
        length = length == 0 ? 1 : length - length == 0 ? length : __builtin_nan("");
        for (ptrdiff_t j = 0; j < d; ++j) unit[j] = (MC_REAL)((double)x[j] * scale / length);
    }
}

MC_INLINE MC_VEC MC_FN(euclidean_map)(const int form, MC_REAL gamma, MC_VEC s) {
    switch (form) {
    case MC_ROOT: return MC_FN(sqrt)(s);
    case MC_HALF: return MC_FN(min)(MC_FN(splat)(2), s * MC_FN(splat)((MC_REAL)0.5));
    case MC_RBF: return MC_FN(exp)(MC_FN(splat)(-gamma) * s);
    default: return s;
    }
}

/* The value of x and y by direct differences. */
static MC_NOINLINE MC_REAL MC_FN(euclidean_direct)(const mc_euclidean *e, ptrdiff_t row, ptrdiff_t col) {
    const MC_REAL *x = (const MC_REAL *)e->x + row * e->d, *y = (const MC_REAL *)e->y + col * e->d;
    const double s = MC_FN(euclidean_square)(e->d, x, y, 1);
    MC_REAL out[MC_LANES];
    double scale = 1;
    if (e->form == MC_ROOT)
        return (MC_REAL)(s > 0x1p-960 && s < 0x1p1020 ? __builtin_sqrt(s) : MC_FN(euclidean_far)(e->d, x, y, &scale) / scale);
    MC_FN(store)(out, MC_FN(euclidean_map)(e->form, (MC_REAL)e->gamma, MC_FN(splat)((MC_REAL)s)));
    return out[0];
}

/* A sixteenth: of s = |x|^2 + |y|^2 - 2 x.y, errors of (d + 5) roundings of |x|^2 + |y|^2 are 16 times as many of s. */
#define MC_GUARD ((MC_REAL)0.0625)
/* Below it squares lose digits to underflow. */
#define MC_LEAST (MC_SIZE == 4 ? (MC_REAL)0x1p-100 : (MC_REAL)0x1p-960)

static MC_NOINLINE void MC_FN(euclidean_mend)(const mc_euclidean *e, ptrdiff_t row, ptrdiff_t col, int lanes, MC_VEC s, MC_VEC bound,
                                              MC_REAL *c) {
    MC_REAL kept[MC_LANES], least[MC_LANES];
    MC_FN(store)(kept, s);
    MC_FN(store)(least, bound);
    for (int l = 0; l < lanes; ++l)
        if (!(kept[l] > least[l])) c[l] = MC_FN(euclidean_direct)(e, row, col + l);
}

MC_INLINE void MC_FN(euclidean_rows)(const int form, const mc_euclidean *e, ptrdiff_t row, ptrdiff_t col, int m, int n, MC_REAL *c,
                                     ptrdiff_t rsc) {
    const MC_REAL *xx = (const MC_REAL *)e->xx + row, *yy = (const MC_REAL *)e->yy + col, gamma = (MC_REAL)e->gamma;
    for (int i = 0; i < m; ++i, c += rsc) {
        const MC_VEC own = MC_FN(splat)(xx[i]);
        for (int j = 0; j < n; j += MC_LANES) {
            const int lanes = n - j, whole = lanes >= MC_LANES;
            const MC_VEC both = own + (whole ? MC_FN(load)(yy + j) : MC_FN(load_tail)(yy + j, lanes));
            const MC_VEC s = MC_FN(multiply_add)(MC_FN(splat)(-2), whole ? MC_FN(load)(c + j) : MC_FN(load_tail)(c + j, lanes), both);
            const MC_VEC bound = MC_FN(multiply_add)(MC_FN(splat)(MC_GUARD), both, MC_FN(splat)(MC_LEAST));
            const MC_VEC value = MC_FN(euclidean_map)(form, gamma, s);
            if (whole) MC_FN(store)(c + j, value);
            else MC_FN(store_tail)(c + j, value, lanes);
            if (!MC_FN(all)(MC_FN(less)(bound, s))) MC_FN(euclidean_mend)(e, row + i, col + j, whole ? MC_LANES : lanes, s, bound, c + j);
        }
    }
}

/* tanh(gamma c + coef0), or the power `degree` of that by squares and products. */
MC_INLINE void MC_FN(euclidean_line)(const int form, const mc_euclidean *e, int m, int n, MC_REAL *c, ptrdiff_t rsc) {
    const MC_VEC gamma = MC_FN(splat)((MC_REAL)e->gamma), coef0 = MC_FN(splat)((MC_REAL)e->coef0);
    int top = 1;
    while (top <= e->degree / 2) top *= 2;
    for (int i = 0; i < m; ++i, c += rsc)
        for (int j = 0; j < n; j += MC_LANES) {
            const int lanes = n - j, whole = lanes >= MC_LANES;
            const MC_VEC t = MC_FN(multiply_add)(gamma, whole ? MC_FN(load)(c + j) : MC_FN(load_tail)(c + j, lanes), coef0);
            MC_VEC v = t;
            if (form == MC_TANH) v = MC_FN(tanh)(t);
            else
                for (int bit = top / 2; bit; bit /= 2) {
                    v = v * v;
                    if (e->degree & bit) v = v * t;
                }
            if (whole) MC_FN(store)(c + j, v);
            else MC_FN(store_tail)(c + j, v, lanes);
        }
}

static MC_NOINLINE void MC_FN(euclidean_tanh)(const mc_euclidean *e, int m, int n, MC_REAL *c, ptrdiff_t rsc) {
    MC_FN(euclidean_line)(MC_TANH, e, m, n, c, rsc);
}

static MC_NOINLINE void MC_FN(euclidean_powers)(const mc_euclidean *e, int m, int n, MC_REAL *c, ptrdiff_t rsc) {
    MC_FN(euclidean_line)(MC_POWERS, e, m, n, c, rsc);
}

static void MC_FN(euclidean_tile)(void *euclidean, ptrdiff_t row, ptrdiff_t col, int m, int n, const void *c0, ptrdiff_t rsc) {
    const mc_euclidean *e = (const mc_euclidean *)euclidean;
    MC_REAL *c = (MC_REAL *)c0;
    switch (e->form) {
    case MC_TANH: MC_FN(euclidean_tanh)(e, m, n, c, rsc); break;
    case MC_POWERS: MC_FN(euclidean_powers)(e, m, n, c, rsc); break;
    case MC_ROOT: MC_FN(euclidean_rows)(MC_ROOT, e, row, col, m, n, c, rsc); break;
    case MC_RBF: MC_FN(euclidean_rows)(MC_RBF, e, row, col, m, n, c, rsc); break;
    default: MC_FN(euclidean_rows)(e->form, e, row, col, m, n, c, rsc);
    }
}

static const mc_euclidean_ops *MC_FN(euclidean_ops)(void) {
    static const mc_euclidean_ops ops = {MC_FN(euclidean_sample), MC_FN(euclidean_move), MC_FN(euclidean_move_float),
                                         MC_FN(euclidean_squares), MC_FN(euclidean_tile), MC_FN(euclidean_unit)};
    return &ops;
}
#undef MC_PARTIAL
#undef MC_GUARD
#undef MC_LEAST
