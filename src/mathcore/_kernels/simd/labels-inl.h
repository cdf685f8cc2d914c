/* labels: see labels.h. One build per instruction set; the compiler turns these loops into vectors. */
#if MC_SIZE == 8

#define MC_LABELS_WHOLE(T, KIND)                                                                                       \
static int MC_FN(encode_##KIND)(ptrdiff_t n, const void *x0, int64_t low, int64_t limit, uint16_t *codes) {            \
    const T *x = (const T *)x0;                                                                                        \
    uint64_t most = 0;                                                                                                 \
    for (ptrdiff_t i = 0; i < n; ++i) {                                                                                \
        const uint64_t code = (uint64_t)(int64_t)x[i] - (uint64_t)low;                                                 \
        most |= code & ~(uint64_t)0xFFFF;                                                                              \
        codes[i] = (uint16_t)code;                                                                                     \
    }                                                                                                                  \
    if (most) return 0;                                                                                                \
    if (limit > 0xFFFF) return 1;                                                                                      \
    uint16_t outside = 0;                                                                                              \
    for (ptrdiff_t i = 0; i < n; ++i) outside |= (uint16_t)(codes[i] >= (uint16_t)limit);                              \
    return !outside;                                                                                                   \
}                                                                                                                      \
static int MC_FN(range_##KIND)(ptrdiff_t n, const void *x0, int64_t *low, int64_t *high) {                             \
    const T *x = (const T *)x0;                                                                                        \
    T least = x[0], most = x[0];                                                                                       \
    for (ptrdiff_t i = 0; i < n; ++i) {                                                                                \
        least = x[i] < least ? x[i] : least;                                                                           \
        most = x[i] > most ? x[i] : most;                                                                              \
    }                                                                                                                  \
    *low = (int64_t)least;                                                                                             \
    *high = (int64_t)most;                                                                                             \
    return *low <= *high;               /* false where an unsigned one of 64 bits is beyond int64 */                   \
}                                                                                                                      \
static ptrdiff_t MC_FN(equal_##KIND)(ptrdiff_t n, const void *x0, const void *y0) {                                    \
    const T *x = (const T *)x0, *y = (const T *)y0;                                                                    \
    ptrdiff_t same = 0;                                                                                                \
    for (ptrdiff_t i = 0; i < n; i += MC_LABEL_BLOCK) {                                                                \
        const ptrdiff_t end = i + MC_LABEL_BLOCK < n ? i + MC_LABEL_BLOCK : n;                                         \
        uint32_t few = 0;                                                                                              \
        for (ptrdiff_t j = i; j < end; ++j) few += x[j] == y[j];                                                       \
        same += few;                                                                                                   \
    }                                                                                                                  \
    return same;                                                                                                       \
}

#define MC_LABELS_FLOAT(T, KIND)                                                                                       \
static int MC_FN(encode_##KIND)(ptrdiff_t n, const void *x0, int64_t low, int64_t limit, uint16_t *codes) {            \
    const T *x = (const T *)x0;                                                                                        \
    const double first = (double)low, past = (double)(low + limit);                                                    \
    int bad = 0;                                                                                                       \
    for (ptrdiff_t i = 0; i < n; ++i) {                                                                                \
        const double v = (double)x[i];                                                                                 \
        const int fits = (v >= first) & (v < past);                                                                    \
        const int32_t code = (int32_t)(fits ? v - first : 0);                                                          \
        bad |= !fits | ((double)code != (fits ? v - first : 0));                                                       \
        codes[i] = (uint16_t)code;                                                                                     \
    }                                                                                                                  \
    return !bad;                                                                                                       \
}                                                                                                                      \
static int MC_FN(range_##KIND)(ptrdiff_t n, const void *x0, int64_t *low, int64_t *high) {                             \
    const T *x = (const T *)x0;                                                                                        \
    double least = (double)x[0], most = least;                                                                         \
    int bad = 0;                                                                                                       \
    for (ptrdiff_t i = 0; i < n; ++i) {                                                                                \
        const double v = (double)x[i];                                                                                 \
        const int fits = (v >= -2147483648.0) & (v < 2147483648.0);                                                    \
        const double u = fits ? v : 0;                                                                                 \
        bad |= !fits | ((double)(int32_t)u != u);                                                                      \
        least = u < least ? u : least;                                                                                 \
        most = u > most ? u : most;                                                                                    \
    }                                                                                                                  \
    if (bad) return 0;                                                                                                 \
    *low = (int64_t)least;                                                                                             \
    *high = (int64_t)most;                                                                                             \
    return 1;                                                                                                          \
}

MC_LABELS_WHOLE(int8_t, i8)
MC_LABELS_WHOLE(uint8_t, u8)
MC_LABELS_WHOLE(int16_t, i16)
MC_LABELS_WHOLE(uint16_t, u16)
MC_LABELS_WHOLE(int32_t, i32)
MC_LABELS_WHOLE(uint32_t, u32)
MC_LABELS_WHOLE(int64_t, i64)
MC_LABELS_WHOLE(uint64_t, u64)
MC_LABELS_FLOAT(float, f32)
MC_LABELS_FLOAT(double, f64)

static void MC_FN(label_tally)(ptrdiff_t n, const uint16_t *x, const uint16_t *y, ptrdiff_t k, int64_t *table) {
    if (k == 2) {                       /* three sums, 32 pairs at a time: 0.1 ns a pair where a table takes 1 */
        uint16_t ones = 0, guesses = 0, both = 0;   /* a block's fit */
        for (ptrdiff_t i = 0; i < n; ++i) {
            ones += x[i];
            guesses += y[i];
            both += x[i] & y[i];
        }
        table[3] += both;
        table[2] += ones - both;
        table[1] += guesses - both;
        table[0] += n - ones - guesses + both;
        return;
    }
    if (k <= 16 && n >= 256) {          /* four tables in turn: an increment waits 5 cycles for the last one of its cell */
        uint16_t part[4][256];
        memset(part, 0, sizeof part);
        ptrdiff_t i = 0;
        for (; i + 4 <= n; i += 4)
            for (int l = 0; l < 4; ++l) part[l][x[i + l] * k + y[i + l]]++;
        for (; i < n; ++i) part[0][x[i] * k + y[i]]++;
        for (ptrdiff_t c = 0; c < k * k; ++c) table[c] += (int64_t)part[0][c] + part[1][c] + part[2][c] + part[3][c];
        return;
    }
    for (ptrdiff_t i = 0; i < n; ++i) table[x[i] * k + y[i]]++;
}

static const mc_labels_ops *MC_FN(labels_ops)(void) {
#define MC_EACH_WHOLE(f) MC_FN(f##_i8), MC_FN(f##_u8), MC_FN(f##_i16), MC_FN(f##_u16), MC_FN(f##_i32), MC_FN(f##_u32), \
                         MC_FN(f##_i64), MC_FN(f##_u64)
    static const mc_labels_ops ops = {
        {MC_EACH_WHOLE(encode), MC_FN(encode_f32), MC_FN(encode_f64)},
        {MC_EACH_WHOLE(range), MC_FN(range_f32), MC_FN(range_f64)},
        {MC_EACH_WHOLE(equal), 0, 0},
        MC_FN(label_tally)};
#undef MC_EACH_WHOLE
    return &ops;
}

#undef MC_LABELS_WHOLE
#undef MC_LABELS_FLOAT
#endif
