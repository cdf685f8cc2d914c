/* machine: x <- x / 2 + 1 in many registers at once, and three walks over memory.
 *
 * Chains: FMA latency 4 cycles x 2 pipes asks for 8; 16 also feed four pipes. With 16 registers the constants need two,
 * and 12 chains leave two spare. The chain tends to 2: values stay normal, and no compiler may know the end. */
#if MC_VBYTES == 64 || defined(__aarch64__)
#  define MC_CHAINS 16
#else
#  define MC_CHAINS 12
#endif
/* Vectors in flight of a walk over memory: an add takes 3 to 4 cycles and two loads come per cycle. */
#define MC_STREAMS 8
#define MC_STREAM_LEN (MC_STREAMS * MC_LANES)

MC_INLINE double MC_FN(lane_sum)(MC_VEC v) {
    MC_REAL x[MC_LANES];
    double sum = 0;
    MC_FN(store)(x, v);
    for (int l = 0; l < MC_LANES; ++l) sum += (double)x[l];
    return sum;
}

static double MC_FN(machine_fma)(ptrdiff_t steps) {
    MC_VEC x[MC_CHAINS];
    const MC_VEC half = MC_FN(splat)((MC_REAL)0.5), one = MC_FN(splat)(1);
    /* a start of its own for each chain, or the compiler keeps one chain for all */
    MC_UNROLL(16) for (int c = 0; c < MC_CHAINS; ++c) x[c] = MC_FN(splat)((MC_REAL)c);
    for (; steps > 0; --steps)
        MC_UNROLL(16) for (int c = 0; c < MC_CHAINS; ++c) x[c] = x[c] * half + one;
    MC_UNROLL(16) for (int c = 1; c < MC_CHAINS; ++c) x[0] += x[c];
    return MC_FN(lane_sum)(x[0]) / (MC_CHAINS * MC_LANES);
}

static double MC_FN(machine_read)(ptrdiff_t n, const void *x0, const void *y0, void *out0) {
    const MC_REAL *x = (const MC_REAL *)x0;
    MC_VEC sum[MC_STREAMS];
    (void)y0, (void)out0;
    MC_UNROLL(8) for (int s = 0; s < MC_STREAMS; ++s) sum[s] = MC_FN(zero)();
    for (; n >= MC_STREAM_LEN; n -= MC_STREAM_LEN, x += MC_STREAM_LEN)
        MC_UNROLL(8) for (int s = 0; s < MC_STREAMS; ++s) sum[s] += MC_FN(load)(x + s * MC_LANES);
    MC_UNROLL(8) for (int s = 1; s < MC_STREAMS; ++s) sum[0] += sum[s];
    double total = MC_FN(lane_sum)(sum[0]);
    for (; n > 0; --n) total += (double)*x++;
    return total;
}

static double MC_FN(machine_copy)(ptrdiff_t n, const void *x0, const void *y0, void *out0) {
    const MC_REAL *x = (const MC_REAL *)x0;
    MC_REAL *out = (MC_REAL *)out0;
    (void)y0;
    for (; n >= MC_STREAM_LEN; n -= MC_STREAM_LEN, x += MC_STREAM_LEN, out += MC_STREAM_LEN)
        MC_UNROLL(8) for (int s = 0; s < MC_STREAMS; ++s)
            MC_FN(store)(out + s * MC_LANES, MC_FN(load)(x + s * MC_LANES));
    for (; n > 0; --n) *out++ = *x++;
    return 0;
}

static double MC_FN(machine_triad)(ptrdiff_t n, const void *x0, const void *y0, void *out0) {
    const MC_REAL *x = (const MC_REAL *)x0, *y = (const MC_REAL *)y0;
    MC_REAL *out = (MC_REAL *)out0;
    const MC_VEC three = MC_FN(splat)(3);
    for (; n >= MC_STREAM_LEN; n -= MC_STREAM_LEN, x += MC_STREAM_LEN, y += MC_STREAM_LEN, out += MC_STREAM_LEN)
        MC_UNROLL(8) for (int s = 0; s < MC_STREAMS; ++s)
            MC_FN(store)(out + s * MC_LANES, MC_FN(load)(x + s * MC_LANES) + three * MC_FN(load)(y + s * MC_LANES));
    for (; n > 0; --n) *out++ = *x++ + 3 * *y++;
    return 0;
}

static const mc_machine_ops *MC_FN(machine_ops)(void) {
    static const mc_machine_ops ops = {2 * MC_CHAINS * MC_LANES, MC_FN(machine_fma), MC_FN(machine_read),
                                       MC_FN(machine_copy), MC_FN(machine_triad)};
    return &ops;
}

#undef MC_CHAINS
#undef MC_STREAMS
#undef MC_STREAM_LEN
