/* No include guard: the vector of one (element type, instruction set) and its loads, stores, tails and transpose.
 * Intrinsics stand only here: for tails (a masked access never touches memory past the end, at no cost in AVX-512)
 * and for nothing else; arithmetic is GCC's vector extension. */
#if MC_VECTORS
#  define MC_LANES ((int)(MC_VBYTES / MC_SIZE))
#else
#  define MC_LANES 1
#endif
#define MC_VEC MC_FN(vec)

/* Shuffles of two vectors, their index lists written by a macro of the lane l: lanes of b count from L on. */
#if MC_VECTORS
#  define MC_L (MC_VBYTES / MC_SIZE)    /* lanes */
#  define MC_E (16 / MC_SIZE)           /* lanes of 128 bits, inside which a shuffle is cheapest */
#  define MC_Q (MC_VBYTES / 16)         /* 128-bit parts */
#  define MC_LIST2(f, s) f(0, s), f(1, s)
#  define MC_LIST4(f, s) MC_LIST2(f, s), f(2, s), f(3, s)
#  define MC_LIST8(f, s) MC_LIST4(f, s), f(4, s), f(5, s), f(6, s), f(7, s)
#  define MC_LIST16(f, s) MC_LIST8(f, s), f(8, s), f(9, s), f(10, s), f(11, s), f(12, s), f(13, s), f(14, s), f(15, s)
#  if MC_VBYTES / MC_SIZE == 2
#    define MC_LIST MC_LIST2
#  elif MC_VBYTES / MC_SIZE == 4
#    define MC_LIST MC_LIST4
#  elif MC_VBYTES / MC_SIZE == 8
#    define MC_LIST MC_LIST8
#  else
#    define MC_LIST MC_LIST16
#  endif
#  define MC_SHUFFLE(a, b, f, s) __builtin_shufflevector(a, b, MC_LIST(f, s))
/* blocks of s lanes, the first (the second) half of each 128 bits of a and b in turn */
#  define MC_UNPACK_LO(l, s) ((l) / MC_E * MC_E + (l) % MC_E / (s) / 2 * (s) + (l) % (s) + (l) % MC_E / (s) % 2 * MC_L)
#  define MC_UNPACK_HI(l, s) (MC_UNPACK_LO(l, s) + MC_E / 2)
/* the 128-bit parts with even (odd) number of a, then those of b */
#  define MC_PARTS(l, odd) ((l) / MC_E % (MC_Q / 2) * 2 * MC_E + (odd) * MC_E + (l) % MC_E + (l) / MC_E / (MC_Q / 2) * MC_L)
/* lanes without (with) bit s: of a as they are (s further on), the others likewise of b */
#  define MC_FOLD_NEAR(l, s) ((l) & (s) ? (l) - (s) + MC_L : (l))
#  define MC_FOLD_FAR(l, s) ((l) & (s) ? (l) + MC_L : (l) + (s))
/* each lane sees the lane s further on */
#  define MC_ROTATE(l, s) (((l) + (s)) % MC_L)
#endif

/* Several bodies may be compiled in one unit; the functions below stand in it once. */
#if (MC_IS_FLOAT && !defined(MC_VEC_FLOATS_DONE)) || (!MC_IS_FLOAT && !defined(MC_VEC_INTEGERS_DONE))

#if MC_VECTORS
typedef MC_REAL MC_FN(vec) __attribute__((vector_size(MC_VBYTES)));
typedef MC_REAL MC_FN(vec_u) __attribute__((vector_size(MC_VBYTES), aligned(MC_SIZE), may_alias));
#else
typedef MC_REAL MC_FN(vec);
typedef MC_REAL MC_FN(vec_u);
#endif

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
#if MC_VECTORS && MC_VBYTES == 64 && MC_AVX512_WORDS
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
#if MC_VECTORS && MC_VBYTES == 64 && MC_AVX512_WORDS
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

/* Transposes the MC_LANES x MC_LANES block r in registers: first inside 128 bits, then the 128-bit parts. */
MC_INLINE void MC_FN(transpose)(MC_VEC *r) {
#if MC_VECTORS
    MC_UNROLL(16) for (int i = 0; i < MC_LANES; i += 2) {
        MC_VEC a = r[i], b = r[i + 1];
        r[i] = MC_SHUFFLE(a, b, MC_UNPACK_LO, 1);
        r[i + 1] = MC_SHUFFLE(a, b, MC_UNPACK_HI, 1);
    }
#  if MC_SIZE == 4
    MC_UNROLL(16) for (int i = 0; i < MC_LANES; i += 4) {
        MC_VEC a = r[i], b = r[i + 1], c = r[i + 2], d = r[i + 3];
        r[i] = MC_SHUFFLE(a, c, MC_UNPACK_LO, 2);
        r[i + 1] = MC_SHUFFLE(a, c, MC_UNPACK_HI, 2);
        r[i + 2] = MC_SHUFFLE(b, d, MC_UNPACK_LO, 2);
        r[i + 3] = MC_SHUFFLE(b, d, MC_UNPACK_HI, 2);
    }
#  endif
#  if MC_VBYTES == 32
    MC_UNROLL(4) for (int i = 0; i < MC_E; ++i) {
        MC_VEC a = r[i], b = r[i + MC_E];
        r[i] = MC_SHUFFLE(a, b, MC_PARTS, 0);
        r[i + MC_E] = MC_SHUFFLE(a, b, MC_PARTS, 1);
    }
#  elif MC_VBYTES == 64
    MC_UNROLL(4) for (int i = 0; i < MC_E; ++i) {
        MC_VEC a = r[i], b = r[i + MC_E], c = r[i + 2 * MC_E], d = r[i + 3 * MC_E];
        MC_VEC ab0 = MC_SHUFFLE(a, b, MC_PARTS, 0), ab1 = MC_SHUFFLE(a, b, MC_PARTS, 1);
        MC_VEC cd0 = MC_SHUFFLE(c, d, MC_PARTS, 0), cd1 = MC_SHUFFLE(c, d, MC_PARTS, 1);
        r[i] = MC_SHUFFLE(ab0, cd0, MC_PARTS, 0);
        r[i + MC_E] = MC_SHUFFLE(ab1, cd1, MC_PARTS, 0);
        r[i + 2 * MC_E] = MC_SHUFFLE(ab0, cd0, MC_PARTS, 1);
        r[i + 3 * MC_E] = MC_SHUFFLE(ab1, cd1, MC_PARTS, 1);
    }
#  endif
#else
    (void)r;
#endif
}

/* Sum of the lanes by halves: lane l takes lane l + lanes/2, and so on. The same tree on every instruction set. */
MC_INLINE MC_REAL MC_FN(fold)(MC_VEC v) {
#if MC_VECTORS
#  if MC_VBYTES / MC_SIZE > 8
    v += MC_SHUFFLE(v, v, MC_ROTATE, 8);
#  endif
#  if MC_VBYTES / MC_SIZE > 4
    v += MC_SHUFFLE(v, v, MC_ROTATE, 4);
#  endif
#  if MC_VBYTES / MC_SIZE > 2
    v += MC_SHUFFLE(v, v, MC_ROTATE, 2);
#  endif
    v += MC_SHUFFLE(v, v, MC_ROTATE, 1);
    return v[0];
#else
    return v;
#endif
}

#if MC_VECTORS && MC_VBYTES == 64
/* Four folds at once, by the tree of fold, in 13 operations instead of 32. */
MC_INLINE void MC_FN(fold4)(MC_VEC a, MC_VEC b, MC_VEC c, MC_VEC d, MC_REAL *out) {
    MC_VEC ab = MC_SHUFFLE(a, b, MC_FOLD_NEAR, MC_L / 2) + MC_SHUFFLE(a, b, MC_FOLD_FAR, MC_L / 2);
    MC_VEC cd = MC_SHUFFLE(c, d, MC_FOLD_NEAR, MC_L / 2) + MC_SHUFFLE(c, d, MC_FOLD_FAR, MC_L / 2);
    MC_VEC v = MC_SHUFFLE(ab, cd, MC_FOLD_NEAR, MC_L / 4) + MC_SHUFFLE(ab, cd, MC_FOLD_FAR, MC_L / 4);
#  if MC_VBYTES / MC_SIZE > 8
    v += MC_SHUFFLE(v, v, MC_ROTATE, 2);
#  endif
    v += MC_SHUFFLE(v, v, MC_ROTATE, 1);
    out[0] = v[0];
    out[1] = v[MC_L / 2];
    out[2] = v[MC_L / 4];
    out[3] = v[MC_L * 3 / 4];
}
#endif

#endif
