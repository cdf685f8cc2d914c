/* norms: see norms.h. Powers in the type of their numbers, all else in double: float32 is widened as it is loaded, or after
 * short sums. */
static void MC_FN(norm_ratios)(ptrdiff_t m, ptrdiff_t n, const char *x, ptrdiff_t rsx, const double *units, void *out0) {
    MC_REAL *out = (MC_REAL *)out0;
    for (ptrdiff_t i = 0; i < m; ++i, x += rsx, out += n) {
        const MC_REAL *row = (const MC_REAL *)x;
        const MC_VEC unit = MC_FN(splat)((MC_REAL)units[i]);
        for (ptrdiff_t j = 0; j < n; j += MC_LANES) {       /* what stands behind a row comes next, or is room */
            const MC_VEC v = n - j < MC_LANES ? MC_FN(load_tail)(row + j, (int)(n - j)) : MC_FN(load)(row + j);
            MC_FN(store)(out + j, MC_FN(abs)(v) / unit);
        }
    }
}

/* Halves of small whole numbers by multiplications and a root: a tenth of the time of a logarithm and an exponential. */
static void MC_FN(norm_powers)(ptrdiff_t n, double p, void *x0) {
    MC_REAL *x = (MC_REAL *)x0;
    const double twice = 2 * __builtin_fabs(p);
    const int halves = twice <= 32 && twice == (double)(int)twice ? (int)twice : 0;
    const MC_VEC power = MC_FN(splat)((MC_REAL)p);
    if (halves)
        for (ptrdiff_t i = 0; i < n; i += MC_LANES) {
            MC_VEC v = MC_FN(load)(x + i), y = halves & 1 ? MC_FN(sqrt)(v) : MC_FN(splat)(1);
            for (int m = halves >> 1; m; m >>= 1, v = v * v) if (m & 1) y = y * v;
            MC_FN(store)(x + i, p < 0 ? 1 / y : y);
        }
    else
        for (ptrdiff_t i = 0; i < n; i += MC_LANES)
            MC_FN(store)(x + i, MC_FN(exp)(power * MC_FN(log)(MC_FN(load)(x + i))));
}

#if MC_SIZE == 8
#define MC_NV (MC_NORM_LANES / MC_LANES)
#define MC_NFL (MC_VECTORS ? 2 * MC_LANES : 1)          /* of float32: lanes of a vector, vectors of all lanes */
#define MC_NFV (2 * MC_NORM_LANES / MC_NFL)
#define MC_NARROW(name) MC_CAT3(mc_##name, f32, MC_ISA)

#if MC_VECTORS
typedef float MC_FN(half) __attribute__((vector_size(MC_VBYTES / 2)));
typedef float MC_FN(half_u) __attribute__((vector_size(MC_VBYTES / 2), aligned(4), may_alias));
#endif

/* MC_LANES elements from x on, or the first few, zeros behind. */
MC_INLINE MC_VEC MC_FN(norm_load)(const int single, const char *x) {
    if (!single) return MC_FN(load)((const double *)x);
#if MC_VECTORS
    return __builtin_convertvector((MC_FN(half))*(const MC_FN(half_u) *)x, MC_VEC);
#else
    return (double)*(const float *)x;
#endif
}
MC_INLINE MC_VEC MC_FN(norm_load_tail)(const int single, const char *x, int few) {
    if (!single) return MC_FN(load_tail)((const double *)x, few);
    float of_x[16];                      /* as many lanes as the widest vector has */
    MC_NARROW(store)(of_x, MC_NARROW(load_tail)((const float *)x, few));
    return MC_FN(norm_load)(1, (const char *)of_x);
}

/* out (lanes, a multiple of both vectors') = the first n elements of x, `with` behind, in the type of x. */
static MC_NOINLINE void MC_FN(norm_fill)(int single, int lanes, int n, const void *x, double with, void *out) {
    if (single) {
        const MC_NARROW(vec) behind = MC_NARROW(splat)((float)with);
        MC_UNROLL(1) for (int i = 0; i < lanes; i += MC_NFL) {
            const float *from = (const float *)x + i;
            MC_NARROW(vec) v = behind;
            if (n - i >= MC_NFL) v = MC_NARROW(load)(from);
            else if (n > i) v = MC_NARROW(pick)(MC_NARROW(first)(n - i), MC_NARROW(load_tail)(from, n - i), v);
            MC_NARROW(store)((float *)out + i, v);
        }
        return;
    }
    const MC_VEC behind = MC_FN(splat)(with);
    MC_UNROLL(1) for (int i = 0; i < lanes; i += MC_LANES) {
        const double *from = (const double *)x + i;
        MC_VEC v = behind;
        if (n - i >= MC_LANES) v = MC_FN(load)(from);
        else if (n > i) v = MC_FN(pick)(MC_FN(first)(n - i), MC_FN(load_tail)(from, n - i), v);
        MC_FN(store)((double *)out + i, v);
    }
}

MC_INLINE MC_VEC MC_FN(norm_identity)(const int kind) {
    return kind == MC_NORM_LEAST ? MC_FN(splat)(__builtin_inf()) : MC_FN(zero)();
}

/* acc and the terms of x; NaN stays. */
MC_INLINE MC_VEC MC_FN(norm_add)(const int kind, MC_VEC acc, MC_VEC x) {
    const MC_VEC size = MC_FN(abs)(x);
    if (kind == MC_NORM_SQUARES) return MC_FN(multiply_add)(x, x, acc);
    if (kind == MC_NORM_SIZES) return acc + size;
    if (kind == MC_NORM_COUNT)
        return acc + MC_FN(pick)(MC_FN(equal)(x, MC_FN(zero)()), MC_FN(zero)(), MC_FN(splat)(1));
    return MC_FN(pick)(MC_FN(equal)(x, x), kind == MC_NORM_MOST ? MC_FN(max)(size, acc) : MC_FN(min)(size, acc), x);
}
MC_INLINE MC_VEC MC_FN(norm_merge)(const int kind, MC_VEC a, MC_VEC b) {
    return kind == MC_NORM_MOST || kind == MC_NORM_LEAST ? MC_FN(norm_add)(kind, a, b) : a + b;
}

#if MC_VBYTES >= 32                     /* sums in registers; the smallest vectors are too many for that */
#  define MC_NORM_UNROLL MC_UNROLL(32)
#else
#  define MC_NORM_UNROLL MC_UNROLL(1)
#endif

/* Bytes ahead that are prefetched: of a million float64 from L3 120 GB/s, with 4 KB 115, without 109. */
#define MC_NORM_FAR (10 * 1024)

/* What is left of one row: MC_LANES lanes. The last round is whole, filled up with what changes nothing. */
MC_INLINE MC_VEC MC_FN(norm_row)(const int kind, const int single, ptrdiff_t n, const char *x) {
    const ptrdiff_t size = single ? 4 : 8;
    double rest[MC_NORM_LANES];
    MC_VEC s[MC_NV];
    MC_NORM_UNROLL for (int v = 0; v < MC_NV; ++v) s[v] = MC_FN(norm_identity)(kind);
    for (; n > 0; n -= MC_NORM_LANES, x += MC_NORM_LANES * size) {
        const char *from = x;
        if (n < MC_NORM_LANES) {
            MC_FN(norm_fill)(single, MC_NORM_LANES, (int)n, x, kind == MC_NORM_LEAST ? __builtin_inf() : 0, rest);
            from = (const char *)rest;
        }
        MC_NORM_UNROLL for (int v = 0; v < MC_NV; ++v) {
            if (v * MC_LANES % 8 == 0) MC_PREFETCH(from + v * MC_LANES * size + MC_NORM_FAR);
            s[v] = MC_FN(norm_add)(kind, s[v], MC_FN(norm_load)(single, from + v * MC_LANES * size));
        }
    }
    MC_UNROLL(8) for (int half = MC_NV / 2; half; half /= 2)
        MC_NORM_UNROLL for (int v = 0; v < half; ++v) s[v] = MC_FN(norm_merge)(kind, s[v], s[v + half]);
    return s[0];
}

/* Squares of float32: conversions would take twice the time of the rest, so chains of MC_NORM_CHAIN of them are summed in
 * float32, in twice as many lanes. */
MC_INLINE MC_VEC MC_FN(norm_row_narrow)(ptrdiff_t n, const char *x0) {
    const float *x = (const float *)x0;
    float part[2 * MC_NORM_LANES], rest[2 * MC_NORM_LANES];
    MC_VEC s[MC_NV];
    MC_NORM_UNROLL for (int v = 0; v < MC_NV; ++v) s[v] = MC_FN(zero)();
    while (n > 0) {
        MC_NARROW(vec) f[MC_NFV];
        MC_NORM_UNROLL for (int v = 0; v < MC_NFV; ++v) f[v] = MC_NARROW(zero)();
        for (int round = 0; round < MC_NORM_CHAIN && n > 0; ++round, n -= 2 * MC_NORM_LANES, x += 2 * MC_NORM_LANES) {
            const float *from = x;
            if (n < 2 * MC_NORM_LANES) {
                MC_FN(norm_fill)(1, 2 * MC_NORM_LANES, (int)n, x, 0, rest);
                from = rest;
            }
            MC_NORM_UNROLL for (int v = 0; v < MC_NFV; ++v) {
                if (v * MC_NFL % 16 == 0) MC_PREFETCH((const char *)(from + v * MC_NFL) + MC_NORM_FAR);
                const MC_NARROW(vec) one = MC_NARROW(load)(from + v * MC_NFL);
                f[v] = MC_NARROW(multiply_add)(one, one, f[v]);
            }
        }
        MC_NORM_UNROLL for (int v = 0; v < MC_NFV; ++v) MC_NARROW(store)(part + v * MC_NFL, f[v]);
        MC_NORM_UNROLL for (int v = 0; v < MC_NV; ++v)
            s[v] += MC_FN(norm_load)(1, (const char *)(part + v * MC_LANES))
                  + MC_FN(norm_load)(1, (const char *)(part + MC_NORM_LANES + v * MC_LANES));
    }
    MC_UNROLL(8) for (int half = MC_NV / 2; half; half /= 2)
        MC_NORM_UNROLL for (int v = 0; v < half; ++v) s[v] += s[v + half];
    return s[0];
}

#if MC_VECTORS
#  define MC_NORM_FOLD(kind, v, by) MC_FN(norm_merge)(kind, v, MC_SHUFFLE(v, v, MC_ROTATE, by))
#endif
MC_INLINE double MC_FN(norm_fold_one)(const int kind, MC_VEC v) {
#if MC_VECTORS
#  if MC_VBYTES / MC_SIZE > 4
    v = MC_NORM_FOLD(kind, v, 4);
#  endif
#  if MC_VBYTES / MC_SIZE > 2
    v = MC_NORM_FOLD(kind, v, 2);
#  endif
    v = MC_NORM_FOLD(kind, v, 1);
    return v[0];
#else
    return v;
#endif
}

/* t[0] and t[half], t[1] and t[half + 1], ... and so on down to t[0], n of them. */
MC_INLINE MC_VEC MC_FN(norm_fold_all)(const int kind, int half, int n, MC_VEC *t) {
    for (; half; half /= 2)
        for (int c = 0; c < half && c + half < n; ++c) t[c] = MC_FN(norm_merge)(kind, t[c], t[c + half]);
    return t[0];
}
static MC_NOINLINE MC_VEC MC_FN(norm_fold_turned)(int kind, int half, int n, MC_VEC *t) {
    return kind == MC_NORM_MOST    ? MC_FN(norm_fold_all)(MC_NORM_MOST, half, n, t)
           : kind == MC_NORM_LEAST ? MC_FN(norm_fold_all)(MC_NORM_LEAST, half, n, t)
                                   : MC_FN(norm_fold_all)(MC_NORM_SIZES, half, n, t);
}

/* What is left of a few rows becomes their sums: turned, the folds of as many rows as a vector has lanes are one. */
static MC_NOINLINE void MC_FN(norm_fold)(int kind, int few, MC_VEC *r, double *out) {
    if (few == 1) {
        out[0] = kind == MC_NORM_MOST    ? MC_FN(norm_fold_one)(MC_NORM_MOST, r[0])
                 : kind == MC_NORM_LEAST ? MC_FN(norm_fold_one)(MC_NORM_LEAST, r[0])
                                         : MC_FN(norm_fold_one)(MC_NORM_SIZES, r[0]);
        return;
    }
    for (int l = few; l < MC_LANES; ++l) r[l] = MC_FN(zero)();
    MC_FN(transpose)(r);
    const MC_VEC v = MC_FN(norm_fold_turned)(kind, MC_LANES / 2, MC_LANES, r);
    if (few == MC_LANES) MC_FN(store)(out, v);
    else MC_FN(store_tail)(out, v, few);
}

/* t[c] = column c of MC_LANES rows, n <= MC_NORM_LANES columns. Rows past the last are the last again. */
static MC_NOINLINE void MC_FN(norm_turn)(int single, int few, int n, const char *x, ptrdiff_t rsx, MC_VEC *t) {
    for (int from = 0; from < n; from += MC_LANES) {
        const int cols = n - from < MC_LANES ? n - from : MC_LANES;
        const char *row = x + from * (single ? 4 : 8);
        MC_VEC r[MC_LANES];
        for (int l = 0; l < MC_LANES; ++l) {
            if (cols < MC_LANES) r[l] = single ? MC_FN(norm_load_tail)(1, row, cols) : MC_FN(norm_load_tail)(0, row, cols);
            else r[l] = single ? MC_FN(norm_load)(1, row) : MC_FN(norm_load)(0, row);
            if (l + 1 < few) row += rsx;
        }
        MC_FN(transpose)(r);
        for (int c = 0; c < cols; ++c) t[from + c] = r[c];
    }
}

/* Terms rounded as those of norm_row. */
MC_INLINE void MC_FN(norm_terms)(const int kind, int single, int n, MC_VEC *t) {
    for (int c = 0; c < n; ++c) {
        t[c] = MC_FN(norm_add)(kind, MC_FN(norm_identity)(kind), t[c]);
#if MC_VECTORS
        if (kind == MC_NORM_SQUARES && single)
            t[c] = __builtin_convertvector(__builtin_convertvector(t[c], MC_FN(half)), MC_VEC);
#else
        if (kind == MC_NORM_SQUARES && single) t[c] = (double)(float)t[c];
#endif
    }
}

/* Rows no longer than the lanes, as many at once as a vector has of them. */
static void MC_FN(norm_short_rows)(int kind, int single, ptrdiff_t m, int n, const char *x, ptrdiff_t rsx, double *out) {
    for (ptrdiff_t i = 0; i < m; i += MC_LANES, x += MC_LANES * rsx) {
        const int few = m - i < MC_LANES ? (int)(m - i) : MC_LANES;
        MC_VEC t[MC_NORM_LANES];
        MC_FN(norm_turn)(single, few, n, x, rsx, t);
        if (kind == MC_NORM_SQUARES) MC_FN(norm_terms)(MC_NORM_SQUARES, single, n, t);
        else if (kind == MC_NORM_COUNT) MC_FN(norm_terms)(MC_NORM_COUNT, single, n, t);
        else MC_FN(norm_terms)(MC_NORM_SIZES, single, n, t);        /* sizes for extremes too */
        const MC_VEC v = MC_FN(norm_fold_turned)(kind, MC_NORM_LANES / 2, n, t);
        if (few == MC_LANES) MC_FN(store)(out + i, v);
        else MC_FN(store_tail)(out + i, v, few);
    }
}

MC_INLINE void MC_FN(norm_rows_of)(const int kind, const int single, ptrdiff_t m, ptrdiff_t n, const char *x, ptrdiff_t rsx,
                                   double *out) {
    for (ptrdiff_t i = 0; i < m; i += MC_LANES) {
        const int few = m - i < MC_LANES ? (int)(m - i) : MC_LANES;
        MC_VEC r[MC_LANES];
        for (int l = 0; l < few; ++l, x += rsx)
            r[l] = kind == MC_NORM_SQUARES && single ? MC_FN(norm_row_narrow)(n, x) : MC_FN(norm_row)(kind, single, n, x);
        MC_FN(norm_fold)(kind, few, r, out + i);
    }
}

/* acc[l w + j] and the terms of x[i][j], l = i % lanes: rows of x that continue each other come in whole rounds of lanes. */
MC_INLINE void MC_FN(norm_add_rows)(const int kind, const int single, ptrdiff_t lanes, ptrdiff_t n, ptrdiff_t cols, const char *x,
                                    ptrdiff_t rsx, ptrdiff_t w, double *acc) {
    const ptrdiff_t size = single ? 4 : 8;
    const int in_one = w == cols && rsx == cols * size;
    for (ptrdiff_t i = 0, some; i < n; i += some) {
        some = in_one ? (n - i < lanes ? n - i : lanes) : 1;
        const char *from = x + i * rsx;
        double *to = acc + i % lanes * w;
        if (!in_one && i + MC_AHEAD / 2 < n)
            for (ptrdiff_t at = 0; at < cols * size; at += 64) MC_PREFETCH(from + MC_AHEAD / 2 * rsx + at);
        for (ptrdiff_t j = 0; j < some * cols; j += MC_LANES) {
            const ptrdiff_t left = some * cols - j;
            const MC_VEC v = left >= MC_LANES ? MC_FN(norm_load)(single, from + j * size)
                                              : MC_FN(norm_load_tail)(single, from + j * size, (int)left);
            const MC_VEC before = MC_FN(load)(to + j);
            MC_VEC after = MC_FN(norm_add)(kind, before, v);
            if (kind == MC_NORM_LEAST && left < MC_LANES) after = MC_FN(pick)(MC_FN(first)((int)left), after, before);
            MC_FN(store)(to + j, after);
        }
    }
}

MC_INLINE void MC_FN(norm_fold_columns_of)(const int kind, ptrdiff_t lanes, ptrdiff_t w, double *acc) {
    for (ptrdiff_t half = MC_NORM_LANES / 2; half; half /= 2) {
        const ptrdiff_t left = lanes - half < half ? lanes - half : half;
        for (ptrdiff_t j = 0; j < left * w; j += MC_LANES)
            MC_FN(store)(acc + j, MC_FN(norm_merge)(kind, MC_FN(load)(acc + j), MC_FN(load)(acc + half * w + j)));
    }
}

static MC_NOINLINE void MC_FN(norm_fold_columns)(int kind, ptrdiff_t lanes, ptrdiff_t w, double *acc) {
    if (kind == MC_NORM_MOST) MC_FN(norm_fold_columns_of)(MC_NORM_MOST, lanes, w, acc);
    else if (kind == MC_NORM_LEAST) MC_FN(norm_fold_columns_of)(MC_NORM_LEAST, lanes, w, acc);
    else MC_FN(norm_fold_columns_of)(MC_NORM_SIZES, lanes, w, acc);
}

MC_INLINE void MC_FN(norm_narrow_rows)(ptrdiff_t lanes, ptrdiff_t n, ptrdiff_t cols, const char *x, ptrdiff_t rsx, ptrdiff_t w,
                                       float *acc) {
    const int in_one = w == cols && rsx == cols * 4;
    for (ptrdiff_t i = 0, some; i < n; i += some) {
        some = in_one ? (n - i < lanes ? n - i : lanes) : 1;
        const float *from = (const float *)(x + i * rsx);
        float *to = acc + i % lanes * w;
        for (ptrdiff_t j = 0; j < some * cols; j += MC_NFL) {
            const ptrdiff_t left = some * cols - j;
            const MC_NARROW(vec) one = left >= MC_NFL ? MC_NARROW(load)(from + j) : MC_NARROW(load_tail)(from + j, (int)left);
            MC_NARROW(store)(to + j, MC_NARROW(multiply_add)(one, one, MC_NARROW(load)(to + j)));
        }
    }
}

/* The order of norm_row_narrow. */
static MC_NOINLINE void MC_FN(norm_columns_narrow)(ptrdiff_t n, ptrdiff_t cols, const char *x, ptrdiff_t rsx, double *out) {
    enum { L = MC_NORM_LANES, MOST = L * MC_NORM_COLS };
    double acc[MOST + 2 * MC_LANES];
    float part[2 * MOST + 4 * MC_LANES];
    const ptrdiff_t w = rsx == cols * 4 ? cols : (cols + 15) & ~(ptrdiff_t)15, lanes = n < L ? n : L;
    for (ptrdiff_t j = 0; j < lanes * w + MC_LANES; j += MC_LANES) MC_FN(store)(acc + j, MC_FN(zero)());
    for (ptrdiff_t i = 0; i < n; i += 2 * L * MC_NORM_CHAIN) {
        const ptrdiff_t some = n - i < 2 * L * MC_NORM_CHAIN ? n - i : 2 * L * MC_NORM_CHAIN, two = some > L;
        memset(part, 0, (size_t)((two ? 2 * L : lanes) * w + MC_NFL) * 4);
        MC_FN(norm_narrow_rows)(2 * L, some, cols, x + i * rsx, rsx, w, part);
        for (ptrdiff_t j = 0; j < lanes * w; j += MC_LANES) {
            MC_VEC v = MC_FN(norm_load)(1, (const char *)(part + j));
            if (two) v += MC_FN(norm_load)(1, (const char *)(part + L * w + j));
            MC_FN(store)(acc + j, MC_FN(load)(acc + j) + v);
        }
    }
    MC_FN(norm_fold_columns)(MC_NORM_SQUARES, lanes, w, acc);
    memcpy(out, acc, (size_t)cols * 8);
}

MC_INLINE void MC_FN(norm_columns_of)(const int kind, const int single, ptrdiff_t n, ptrdiff_t cols, const char *x,
                                      ptrdiff_t rsx, double *out) {
    double acc[MC_NORM_LANES * MC_NORM_COLS + 2 * MC_LANES];
    const ptrdiff_t lanes = n < MC_NORM_LANES ? n : MC_NORM_LANES;
    const ptrdiff_t w = rsx == cols * (single ? 4 : 8) ? cols : (cols + 7) & ~(ptrdiff_t)7;
    for (ptrdiff_t j = 0; j < lanes * w + MC_LANES; j += MC_LANES) MC_FN(store)(acc + j, MC_FN(norm_identity)(kind));
    MC_FN(norm_add_rows)(kind, single, lanes, n, cols, x, rsx, w, acc);
    MC_FN(norm_fold_columns)(kind, lanes, w, acc);
    memcpy(out, acc, (size_t)cols * 8);
}

/* A function of constants for each kind and type; for the oldest processors one of them all, half as fast. */
#if MC_X86 && MC_VBYTES == 16
#  define MC_NORM_KINDS(function, single, ...) function(kind, single, __VA_ARGS__);
#else
#  define MC_NORM_KINDS(function, single, ...)                                                                          \
    switch (kind) {                                                                                                     \
    case MC_NORM_SQUARES: function(MC_NORM_SQUARES, single, __VA_ARGS__); break;                                        \
    case MC_NORM_SIZES: function(MC_NORM_SIZES, single, __VA_ARGS__); break;                                            \
    case MC_NORM_COUNT: function(MC_NORM_COUNT, single, __VA_ARGS__); break;                                            \
    case MC_NORM_MOST: function(MC_NORM_MOST, single, __VA_ARGS__); break;                                              \
    default: function(MC_NORM_LEAST, single, __VA_ARGS__);                                                              \
    }
#endif

static void MC_FN(norm_rows)(int kind, int single, ptrdiff_t m, ptrdiff_t n, const char *x, ptrdiff_t rsx, double *out) {
    if (n <= MC_NORM_LANES && m > 1) {
        MC_FN(norm_short_rows)(kind, single, m, (int)n, x, rsx, out);
        return;
    }
#if MC_X86 && MC_VBYTES == 16
    MC_NORM_KINDS(MC_FN(norm_rows_of), single, m, n, x, rsx, out)
#else
    if (single) MC_NORM_KINDS(MC_FN(norm_rows_of), 1, m, n, x, rsx, out)
    else MC_NORM_KINDS(MC_FN(norm_rows_of), 0, m, n, x, rsx, out)
#endif
}

static void MC_FN(norm_columns)(int kind, int single, ptrdiff_t n, ptrdiff_t cols, const char *x, ptrdiff_t rsx, double *out) {
    if (kind == MC_NORM_SQUARES && single) {
        MC_FN(norm_columns_narrow)(n, cols, x, rsx, out);
        return;
    }
    MC_NORM_KINDS(MC_FN(norm_columns_of), single, n, cols, x, rsx, out)
}

static MC_NOINLINE MC_VEC MC_FN(norm_exp)(MC_VEC x) { return MC_FN(exp)(x); }

/* In two steps where the root alone leaves the range. */
static void MC_FN(norm_power_roots)(ptrdiff_t m, double p, const double *units, double *sums) {
    for (ptrdiff_t i = 0; i < m; i += MC_LANES) {
        const int few = m - i < MC_LANES ? (int)(m - i) : MC_LANES;
        double r[MC_LANES] = {0}, half[MC_LANES] = {0};
        const MC_VEC power = MC_FN(log)(MC_FN(load_tail)(sums + i, few)) / p;
        MC_FN(store)(r, MC_FN(norm_exp)(power));
        int far[MC_LANES], any = 0;
        for (int l = 0; l < few; ++l) any |= far[l] = !(r[l] >= 0x1p-1022 && r[l] <= 0x1.fffffffffffffp+1023);
        if (any) MC_FN(store)(half, MC_FN(norm_exp)(0.5 * power));
        for (int l = 0; l < few; ++l) sums[i + l] = far[l] ? half[l] * units[i + l] * half[l] : r[l] * units[i + l];
    }
}

static int MC_FN(norm_roots)(int single, ptrdiff_t m, const double *s, void *out) {
    const MC_VEC least = MC_FN(splat)(single ? MC_NORM_SAFE_NARROW : MC_NORM_SAFE), inf = MC_FN(splat)(__builtin_inf());
    int good = 1;
    for (ptrdiff_t i = 0; i < m; i += MC_LANES) {
        const int few = m - i < MC_LANES ? (int)(m - i) : MC_LANES;
        double r[MC_LANES];
        const MC_VEC v = MC_FN(pick)(MC_FN(first)(few), MC_FN(load_tail)(s + i, few), MC_FN(splat)(1));
        good &= MC_FN(all)(MC_FN(less)(MC_FN(pick)(MC_FN(less)(v, least), inf, v), inf));
        MC_FN(store)(r, MC_FN(sqrt)(v));
        if (single) MC_UNROLL(1) for (int l = 0; l < few; ++l) ((float *)out)[i + l] = (float)r[l];
        else if (few == MC_LANES) MC_FN(store)((double *)out + i, MC_FN(load)(r));
        else MC_FN(store_tail)((double *)out + i, MC_FN(load)(r), few);
    }
    return good;
}

static void MC_FN(norm_divide)(int single, ptrdiff_t n, const void *x, double by, void *out) {
    if (single) for (ptrdiff_t i = 0; i < n; ++i) ((float *)out)[i] = (float)((double)((const float *)x)[i] / by);
    else for (ptrdiff_t i = 0; i < n; ++i) ((double *)out)[i] = ((const double *)x)[i] / by;
}

static const mc_norms_ops *MC_FN(norms_ops)(void) {
    static const mc_norms_ops ops = {MC_FN(norm_rows), MC_FN(norm_columns), {MC_FN(norm_ratios), MC_NARROW(norm_ratios)},
                                     {MC_FN(norm_powers), MC_NARROW(norm_powers)}, MC_FN(norm_roots), MC_FN(norm_power_roots), MC_FN(norm_divide)};
    return &ops;
}
#undef MC_NV
#undef MC_NORM_FOLD
#undef MC_NFL
#undef MC_NFV
#undef MC_NORM_UNROLL
#undef MC_NORM_FAR
#undef MC_NARROW
#undef MC_NORM_KINDS
#endif
