/* resample: see resample.h. Doubles alone: what comes in float32 is widened before. */
#if MC_SIZE == 8
#if MC_VECTORS && MC_X86 && MC_VBYTES >= 32
#define MC_VECTOR_PCG 1
/* The product of the low 32 bits of each lane. GCC 12 makes of (a & low) * (b & low) a full 64-bit product of three times
 * the work: the one word that its vector extension lacks here. */
MC_INLINE MC_UVEC MC_FN(low_product)(MC_UVEC a, MC_UVEC b) {
#  if MC_VBYTES == 64 && MC_AVX512_WORDS
    return (MC_UVEC)_mm512_mul_epu32((__m512i)a, (__m512i)b);
#  elif MC_VBYTES == 32
    return (MC_UVEC)_mm256_mul_epu32((__m256i)a, (__m256i)b);
#  else
    return (a & 0xffffffffu) * (b & 0xffffffffu);
#  endif
}
MC_INLINE MC_UVEC MC_FN(all_u)(uint64_t x) { return x - (MC_UVEC){0}; }
#else
#define MC_VECTOR_PCG 0
#endif

static int MC_FN(pcg_block)(mc_pcg *g, uint32_t *index) {
#if MC_VECTOR_PCG
    enum { VECS = MC_PCG_LANES / MC_LANES };
    const MC_UVEC m0 = MC_FN(all_u)(g->mult.lo), m1 = MC_FN(all_u)(g->mult.lo >> 32), m2 = MC_FN(all_u)(g->mult.hi),
                  m3 = MC_FN(all_u)(g->mult.hi >> 32), ch = MC_FN(all_u)(g->add.hi), cl = MC_FN(all_u)(g->add.lo);
    const MC_UVEC n = MC_FN(all_u)(g->n), least = MC_FN(all_u)(g->least), low = MC_FN(all_u)(0xffffffffu);
    MC_UVEC hi[VECS], lo[VECS], passed = {0};
    for (int v = 0; v < VECS; ++v) {
        memcpy(&hi[v], g->hi + v * MC_LANES, sizeof hi[v]);
        memcpy(&lo[v], g->lo + v * MC_LANES, sizeof lo[v]);
    }
    for (ptrdiff_t i = 0; i < MC_PCG_BLOCK; i += MC_PCG_LANES)
        MC_UNROLL(4) for (int v = 0; v < VECS; ++v) {
            const MC_UVEC h = hi[v], l = lo[v], turn = h >> 58, x = h ^ l, l1 = l >> 32;
            const MC_UVEC r = x >> turn | x << ((-turn) & 63);
            memcpy(g->raw + i + v * MC_LANES, &r, sizeof r);
            /* low half of (h, l) times (mult.hi, mult.lo), in digits of 32 bits */
            const MC_UVEC p = MC_FN(low_product)(l, m0), q = MC_FN(low_product)(l1, m0) + (p >> 32),
                          s = MC_FN(low_product)(l, m1) + (q & low);
            const MC_UVEC far = MC_FN(low_product)(h >> 32, m0) + MC_FN(low_product)(h, m1)
                              + MC_FN(low_product)(l1, m2) + MC_FN(low_product)(l, m3);
            const MC_UVEC sum = (s << 32 | (p & low)) + cl;
            lo[v] = sum;
            hi[v] = MC_FN(low_product)(l1, m1) + (q >> 32) + (s >> 32) + MC_FN(low_product)(h, m0)
                  + MC_FN(low_product)(l, m2) + (far << 32) + ch - (MC_UVEC)(sum < cl);
            const MC_UVEC even = MC_FN(low_product)(r, n), odd = MC_FN(low_product)(r >> 32, n);
            const MC_UVEC both = even >> 32 | (odd & ~low);
            memcpy(index + 2 * (i + v * MC_LANES), &both, sizeof both);
            /* a number passed over leaves a difference below 0: bit 63 */
            passed |= ((even & low) - least) | ((odd & low) - least);
        }
    uint64_t any = 0;
    for (int v = 0; v < VECS; ++v) {
        memcpy(g->hi + v * MC_LANES, &hi[v], sizeof hi[v]);
        memcpy(g->lo + v * MC_LANES, &lo[v], sizeof lo[v]);
    }
    for (int l = 0; l < MC_LANES; ++l) any |= passed[l];
    return any >> 63 ? -1 : 2 * MC_PCG_BLOCK;
#else
    for (ptrdiff_t i = 0; i < MC_PCG_BLOCK; i += MC_PCG_LANES)
        for (int l = 0; l < MC_PCG_LANES; ++l) {
            const mc_u128 s = {g->hi[l], g->lo[l]}, next = mc_u128_multiply_add(s, g->mult, g->add);
            g->raw[i + l] = mc_pcg_output(s);
            g->hi[l] = next.hi;
            g->lo[l] = next.lo;
        }
    return mc_pcg_take(g->raw, 0, 2 * MC_PCG_BLOCK, g->n, g->least, index) == 2 * MC_PCG_BLOCK ? 2 * MC_PCG_BLOCK : -1;
#endif
}

/* Sums run in 8 lanes over blocks of 4096 elements, lanes are added by halves, blocks in turn. Single loads and adds: they take
 * three quarters of a cycle an element, a gather of AVX-512 takes one. */
enum { MC_FN(picked_block) = 4096 };

#define MC_PICKED_SUM(term)                                                                          \
    double total = 0;                                                                                \
    for (ptrdiff_t at = 0; at < n; at += MC_FN(picked_block)) {                                      \
        const ptrdiff_t end = n - at < MC_FN(picked_block) ? n : at + MC_FN(picked_block);           \
        double s0 = 0, s1 = 0, s2 = 0, s3 = 0, s4 = 0, s5 = 0, s6 = 0, s7 = 0;                       \
        ptrdiff_t i = at;                                                                            \
        for (; i + 8 <= end; i += 8) {                                                               \
            s0 += term(i); s1 += term(i + 1); s2 += term(i + 2); s3 += term(i + 3);                  \
            s4 += term(i + 4); s5 += term(i + 5); s6 += term(i + 6); s7 += term(i + 7);              \
        }                                                                                            \
        double rest = 0;                                                                             \
        for (; i < end; ++i) rest += term(i);                                                        \
        total += (((s0 + s4) + (s2 + s6)) + ((s1 + s5) + (s3 + s7))) + rest;                         \
    }                                                                                                \
    return total

static double MC_FN(picked_sum)(ptrdiff_t n, const double *x, const uint32_t *index) {
#define MC_TERM(i) x[index[i]]
    MC_PICKED_SUM(MC_TERM);
#undef MC_TERM
}

/* room = x[index] less its first element, so that equal elements leave exact zeros; its mean. */
static double MC_FN(picked_mean)(ptrdiff_t n, const double *x, const uint32_t *index, double *room) {
    const double shift = x[index[0]];
#define MC_TERM(i) (room[i] = x[index[i]] - shift)
    MC_PICKED_SUM(MC_TERM) / (double)n;
#undef MC_TERM
}

/* The sum of (x - mean_x) (y - mean_y). */
static double MC_FN(product_sum)(ptrdiff_t n, const double *x, double mean_x, const double *y, double mean_y) {
#define MC_TERM(i) (x[i] - mean_x) * (y[i] - mean_y)
    MC_PICKED_SUM(MC_TERM);
#undef MC_TERM
}

static double MC_FN(statistic)(int kind, ptrdiff_t n, const double *x, const double *y, const uint32_t *index, double *room) {
    if (kind == MC_RESAMPLE_SUM) return MC_FN(picked_sum)(n, x, index);
    if (kind == MC_RESAMPLE_MEAN) return MC_FN(picked_sum)(n, x, index) / (double)n;
    const double mean_x = MC_FN(picked_mean)(n, x, index, room), xx = MC_FN(product_sum)(n, room, mean_x, room, mean_x);
    if (kind == MC_RESAMPLE_VAR) return xx / (double)n;
    if (kind == MC_RESAMPLE_STD) return __builtin_sqrt(xx / (double)n);
    double *other = room + n;
    const double mean_y = MC_FN(picked_mean)(n, y, index, other), yy = MC_FN(product_sum)(n, other, mean_y, other, mean_y);
    const double r = MC_FN(product_sum)(n, room, mean_x, other, mean_y) / (__builtin_sqrt(xx) * __builtin_sqrt(yy));
    return r > 1 ? 1 : r < -1 ? -1 : r;
}

static double MC_FN(median)(ptrdiff_t n, const double *sorted, const uint32_t *rank, const uint32_t *index, uint32_t *counts) {
    ptrdiff_t at = 0, half = (n - 1) / 2, seen;
    memset(counts, 0, (size_t)n * sizeof *counts);
    for (ptrdiff_t i = 0; i < n; ++i) ++counts[rank[index[i]]];
    for (ptrdiff_t i = n - 1; i >= 0 && sorted[i] != sorted[i]; --i)        /* NaN is sorted to the end */
        if (counts[i]) return sorted[i];
    for (seen = counts[0]; seen <= half; seen += counts[++at]) {}
    const double low = sorted[at];
    if (n & 1) return low;
    for (; seen <= half + 1; seen += counts[++at]) {}
    return (low + sorted[at]) / 2;
}

static const mc_resample_ops *MC_FN(resample_ops)(void) {
    static const mc_resample_ops ops = {MC_FN(pcg_block), MC_FN(statistic), MC_FN(median)};
    return &ops;
}
#undef MC_PICKED_SUM
#undef MC_VECTOR_PCG
#endif
