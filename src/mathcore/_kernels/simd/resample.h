#ifndef MC_RESAMPLE_H
#define MC_RESAMPLE_H
#include "cpu.h"
/* Resamples with replacement: NumPy's own stream of indices, many at once, and statistics of what they pick.
 *
 * PCG64 (M. E. O'Neill, HMC-CS-2014-0905) is a linear congruential generator, s <- a s + c modulo 2^128, so that MC_PCG_LANES
 * successive states advance together by one multiplication with a^MC_PCG_LANES. Each output of 64 bits gives two numbers r of
 * 32 bits, the low half first; r gives the index r n / 2^32 unless r n modulo 2^32 is less than 2^32 modulo n, when it is
 * passed over (D. Lemire, ACM Trans. Model. Comput. Simul. 29 (2019), 3). */
enum { MC_PCG_LANES = 16, MC_PCG_BLOCK = 512 };        /* a block: outputs made at once, two numbers each */
enum { MC_RESAMPLE_SUM, MC_RESAMPLE_MEAN, MC_RESAMPLE_VAR, MC_RESAMPLE_STD, MC_RESAMPLE_MEDIAN, MC_RESAMPLE_CORRELATION };

typedef struct { uint64_t hi, lo; } mc_u128;

static inline mc_u128 mc_u128_multiply_add(mc_u128 a, mc_u128 b, mc_u128 c) {
#if defined(__SIZEOF_INT128__)
    unsigned __int128 x = ((unsigned __int128)a.hi << 64 | a.lo) * ((unsigned __int128)b.hi << 64 | b.lo)
                        + ((unsigned __int128)c.hi << 64 | c.lo);
    return (mc_u128){(uint64_t)(x >> 64), (uint64_t)x};
#else
    const uint64_t low = 0xffffffffu, a0 = a.lo & low, a1 = a.lo >> 32, b0 = b.lo & low, b1 = b.lo >> 32;
    const uint64_t p = a0 * b0, q = a1 * b0 + (p >> 32), r = a0 * b1 + (q & low);
    mc_u128 x = {a1 * b1 + (q >> 32) + (r >> 32) + a.hi * b.lo + a.lo * b.hi, r << 32 | (p & low)};
    x.lo += c.lo;
    x.hi += c.hi + (x.lo < c.lo);
    return x;
#endif
}

static inline uint64_t mc_pcg_output(mc_u128 s) {
    const unsigned turn = (unsigned)(s.hi >> 58);
    const uint64_t x = s.hi ^ s.lo;
    return x >> turn | x << (-turn & 63);
}

/* mult and add of `steps` steps in one. */
static inline void mc_pcg_power(uint64_t steps, mc_u128 inc, mc_u128 *mult, mc_u128 *add) {
    const mc_u128 zero = {0, 0};
    mc_u128 a = {0x2360ED051FC65DA4u, 0x4385DF649FCCF645u}, c = inc, m = {0, 1}, d = zero;
    for (; steps; steps >>= 1) {
        if (steps & 1) {
            m = mc_u128_multiply_add(m, a, zero);
            d = mc_u128_multiply_add(d, a, c);
        }
        c = mc_u128_multiply_add(a, c, c);
        a = mc_u128_multiply_add(a, a, zero);
    }
    *mult = m;
    *add = d;
}

static inline mc_u128 mc_pcg_jump(mc_u128 state, mc_u128 inc, uint64_t steps) {
    mc_u128 mult, add;
    mc_pcg_power(steps, inc, &mult, &add);
    return mc_u128_multiply_add(state, mult, add);
}

typedef struct {
    uint64_t hi[MC_PCG_LANES], lo[MC_PCG_LANES];       /* the states whose outputs come next */
    mc_u128 mult, add;                                  /* of MC_PCG_LANES steps */
    uint64_t raw[MC_PCG_BLOCK];                         /* the last block */
    uint32_t n, least;                                  /* indices are less than n; 2^32 modulo n */
} mc_pcg;

static inline void mc_pcg_start(mc_pcg *g, mc_u128 state, mc_u128 inc, uint32_t n) {
    mc_u128 one, step;
    mc_pcg_power(1, inc, &one, &step);
    for (int l = 0; l < MC_PCG_LANES; ++l) {
        state = mc_u128_multiply_add(state, one, step);
        g->hi[l] = state.hi;
        g->lo[l] = state.lo;
    }
    mc_pcg_power(MC_PCG_LANES, inc, &g->mult, &g->add);
    g->n = n;
    g->least = (uint32_t)(-n) % n;
}

/* Of `count` numbers of 32 bits, the indices of those that are not passed over; how many they are. */
static inline ptrdiff_t mc_pcg_take(const uint64_t *raw, ptrdiff_t from, ptrdiff_t to, uint32_t n, uint32_t least,
                                    uint32_t *index) {
    ptrdiff_t taken = 0;
    for (ptrdiff_t i = from; i < to; ++i) {
        const uint64_t product = (uint64_t)(uint32_t)(raw[i >> 1] >> (i & 1) * 32) * n;
        index[taken] = (uint32_t)(product >> 32);
        taken += (uint32_t)product >= least;
    }
    return taken;
}

typedef struct {
    /* The next block of numbers: 2 MC_PCG_BLOCK indices, or -1 where some are passed over and mc_pcg_take is to look. */
    int (*block)(mc_pcg *g, uint32_t *index);
    /* A statistic of x[index[0 ... n)]; room (2 n) is scratch. y: the other variable of MC_RESAMPLE_CORRELATION. */
    double (*statistic)(int kind, ptrdiff_t n, const double *x, const double *y, const uint32_t *index, double *room);
    /* The median of sorted[rank[index[i]]]; counts (n) is scratch. NaN is sorted to the end. */
    double (*median)(ptrdiff_t n, const double *sorted, const uint32_t *rank, const uint32_t *index, uint32_t *counts);
} mc_resample_ops;

#define MC_BODY "resample-inl.h"
#include "foreach_target.h"

static inline const mc_resample_ops *mc_resample_ops_for(int isa) { return MC_DISPATCH(isa, resample_ops, f64, ()); }
#endif
