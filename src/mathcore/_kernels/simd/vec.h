/* No include guard: the vector of one (element type, instruction set) and its loads, stores, tails and transpose.
 * Intrinsics stand only here: for tails (a masked access never touches memory past the end, at no cost in AVX-512)
 * and for nothing else; arithmetic is GCC's vector extension. */
#if MC_VECTORS
typedef MC_REAL MC_FN(vec) __attribute__((vector_size(MC_VBYTES)));
typedef MC_REAL MC_FN(vec_u) __attribute__((vector_size(MC_VBYTES), aligned(MC_SIZE), may_alias));
#  define MC_LANES ((int)(MC_VBYTES / MC_SIZE))
#else
typedef MC_REAL MC_FN(vec);
typedef MC_REAL MC_FN(vec_u);
#  define MC_LANES 1
#endif
#define MC_VEC MC_FN(vec)

MC_INLINE MC_VEC MC_FN(load)(const MC_REAL *p) { return *(const MC_FN(vec_u) *)p; }
MC_INLINE void MC_FN(store)(MC_REAL *p, MC_VEC v) { *(MC_FN(vec_u) *)p = v; }
MC_INLINE MC_VEC MC_FN(zero)(void) {
#if MC_VECTORS
    return (MC_VEC){0};
#else
    return 0;
#endif
}
/* x - 0, not x + 0: keeps the sign of -0, so the compiler folds it to a broadcast. */
MC_INLINE MC_VEC MC_FN(splat)(MC_REAL x) { return x - MC_FN(zero)(); }

/* The first n lanes (0 < n <= MC_LANES) from p, zero in the others. Reads nothing past p + n. */
MC_INLINE MC_VEC MC_FN(load_tail)(const MC_REAL *p, int n) {
#if MC_VECTORS && MC_VBYTES == 64
#  if MC_SIZE == 8
    return (MC_VEC)_mm512_maskz_loadu_epi64((__mmask8)(0xFFu >> (8 - n)), p);
#  else
    return (MC_VEC)_mm512_maskz_loadu_epi32((__mmask16)(0xFFFFu >> (16 - n)), p);
#  endif
#elif MC_VECTORS && MC_VBYTES == 32
    static const int32_t mask[16] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};
    const int32_t *m = mask + 8 - n * (MC_SIZE / 4);
#  if MC_SIZE == 8
    return (MC_VEC)_mm256_maskload_epi64((const long long *)p, _mm256_loadu_si256((const __m256i *)m));
#  else
    return (MC_VEC)_mm256_maskload_epi32((const int *)p, _mm256_loadu_si256((const __m256i *)m));
#  endif
#elif MC_VECTORS
    MC_VEC v = {0};
    for (int l = 0; l < MC_LANES; ++l) if (l < n) v[l] = p[l];
    return v;
#else
    (void)n;
    return *p;
#endif
}

/* The first n lanes (0 < n <= MC_LANES) to p. Writes nothing past p + n. */
MC_INLINE void MC_FN(store_tail)(MC_REAL *p, MC_VEC v, int n) {
#if MC_VECTORS && MC_VBYTES == 64
#  if MC_SIZE == 8
    _mm512_mask_storeu_epi64(p, (__mmask8)(0xFFu >> (8 - n)), (__m512i)v);
#  else
    _mm512_mask_storeu_epi32(p, (__mmask16)(0xFFFFu >> (16 - n)), (__m512i)v);
#  endif
#elif MC_VECTORS
    /* Lane by lane: AMD runs AVX2's masked store from microcode, about 20 cycles. */
    for (int l = 0; l < MC_LANES; ++l) if (l < n) p[l] = v[l];
#else
    (void)n;
    *p = v;
#endif
}

/* Transposes the MC_LANES x MC_LANES block r in registers: log2(lanes) rounds of two shuffles per pair of rows. */
#if MC_VECTORS
#  define MC_SHUFFLE_(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#  define MC_LANES_2(f, s) f(0, s), f(1, s)
#  define MC_LANES_4(f, s) MC_LANES_2(f, s), f(2, s), f(3, s)
#  define MC_LANES_8(f, s) MC_LANES_4(f, s), f(4, s), f(5, s), f(6, s), f(7, s)
#  define MC_LANES_16(f, s) MC_LANES_8(f, s), f(8, s), f(9, s), f(10, s), f(11, s), f(12, s), f(13, s), f(14, s), f(15, s)
#  if MC_VBYTES / MC_SIZE == 2
#    define MC_LANE_LIST MC_LANES_2
#  elif MC_VBYTES / MC_SIZE == 4
#    define MC_LANE_LIST MC_LANES_4
#  elif MC_VBYTES / MC_SIZE == 8
#    define MC_LANE_LIST MC_LANES_8
#  else
#    define MC_LANE_LIST MC_LANES_16
#  endif
#  define MC_FROM_LOW(l, s) ((l) & (s) ? (l) - (s) + MC_VBYTES / MC_SIZE : (l))
#  define MC_FROM_HIGH(l, s) ((l) & (s) ? (l) + MC_VBYTES / MC_SIZE : (l) + (s))
#  define MC_TRANSPOSE_ROUND(s)                                                            \
    MC_UNROLL(16) for (int i = 0; i < MC_LANES; ++i) if (!(i & (s))) {                     \
        MC_VEC lo = r[i], hi = r[i + (s)];                                                 \
        r[i] = MC_SHUFFLE_(lo, hi, MC_LANE_LIST(MC_FROM_LOW, s));                          \
        r[i + (s)] = MC_SHUFFLE_(lo, hi, MC_LANE_LIST(MC_FROM_HIGH, s));                   \
    }
MC_INLINE void MC_FN(transpose)(MC_VEC *r) {
    MC_TRANSPOSE_ROUND(1)
#  if MC_VBYTES / MC_SIZE > 2
    MC_TRANSPOSE_ROUND(2)
#  endif
#  if MC_VBYTES / MC_SIZE > 4
    MC_TRANSPOSE_ROUND(4)
#  endif
#  if MC_VBYTES / MC_SIZE > 8
    MC_TRANSPOSE_ROUND(8)
#  endif
}
#else
MC_INLINE void MC_FN(transpose)(MC_VEC *r) { (void)r; }
#endif
