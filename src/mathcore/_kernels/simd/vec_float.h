/* No include guard: what functions of floats need beyond vec.h: bits, masks, min and max, the exact residual.
 * Intrinsics where GCC's vector extension has no word: it needs four operations for a choice by a mask or a minimum. */
#if MC_SIZE == 4
#  define MC_INT int32_t
#  define MC_UINT uint32_t
#  define MC_MANTISSA 23                /* bits of the fraction */
#else
#  define MC_INT int64_t
#  define MC_UINT uint64_t
#  define MC_MANTISSA 52
#endif
#if MC_VECTORS && MC_VBYTES >= 32 || defined(__aarch64__)
#  define MC_FUSED MC_VECTORS           /* a multiply-add that rounds once */
#else
#  define MC_FUSED 0
#endif
#define MC_IVEC MC_FN(ivec)
#define MC_UVEC MC_FN(uvec)
#define MC_MASK MC_FN(mask)

#if !defined(MC_VEC_FLOATS_DONE)
#if MC_VECTORS
typedef MC_INT MC_FN(ivec) __attribute__((vector_size(MC_VBYTES)));
typedef MC_UINT MC_FN(uvec) __attribute__((vector_size(MC_VBYTES)));
MC_INLINE MC_IVEC MC_FN(bits)(MC_VEC v) { return (MC_IVEC)v; }
MC_INLINE MC_VEC MC_FN(real)(MC_IVEC v) { return (MC_VEC)v; }
#else
typedef MC_INT MC_FN(ivec);
typedef MC_UINT MC_FN(uvec);
MC_INLINE MC_IVEC MC_FN(bits)(MC_VEC v) { MC_INT i; memcpy(&i, &v, sizeof i); return i; }
MC_INLINE MC_VEC MC_FN(real)(MC_IVEC v) { MC_REAL x; memcpy(&x, &v, sizeof x); return x; }
#endif
MC_INLINE MC_VEC MC_FN(abs)(MC_VEC x) { return MC_FN(real)(MC_FN(bits)(x) & ~((MC_INT)1 << (8 * MC_SIZE - 1))); }
/* |x| with the sign of y */
MC_INLINE MC_VEC MC_FN(copysign)(MC_VEC x, MC_VEC y) {
    const MC_INT sign = (MC_INT)1 << (8 * MC_SIZE - 1);
    return MC_FN(real)((MC_FN(bits)(x) & ~sign) | (MC_FN(bits)(y) & sign));
}

/* A mask marks lanes. less and equal are false for NaN; less_bits compares the bits as whole numbers with a sign: of numbers
 * >= 0 their order, NaN last; pick takes a where it is set, else b; min and max give their
 * second operand where one is NaN, so a bound goes first; tally adds 1 where the mask is set; marks are its lanes as bits. */
#if MC_VECTORS && MC_VBYTES == 64 && MC_AVX512_WORDS
#  if MC_SIZE == 4
typedef __mmask16 MC_FN(mask);
MC_INLINE MC_MASK MC_FN(less)(MC_VEC a, MC_VEC b) { return _mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_LT_OQ); }
MC_INLINE MC_MASK MC_FN(equal)(MC_VEC a, MC_VEC b) { return _mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_EQ_OQ); }
MC_INLINE MC_MASK MC_FN(less_bits)(MC_VEC a, MC_VEC b) { return _mm512_cmplt_epi32_mask((__m512i)a, (__m512i)b); }
MC_INLINE MC_VEC MC_FN(pick)(MC_MASK m, MC_VEC a, MC_VEC b) { return (MC_VEC)_mm512_mask_blend_ps(m, (__m512)b, (__m512)a); }
MC_INLINE MC_VEC MC_FN(min)(MC_VEC a, MC_VEC b) { return (MC_VEC)_mm512_min_ps((__m512)a, (__m512)b); }
MC_INLINE MC_VEC MC_FN(max)(MC_VEC a, MC_VEC b) { return (MC_VEC)_mm512_max_ps((__m512)a, (__m512)b); }
MC_INLINE MC_MASK MC_FN(first)(int n) { return (__mmask16)(n <= 0 ? 0 : n < 16 ? 0xFFFFu >> (16 - n) : 0xFFFFu); }
MC_INLINE int MC_FN(all)(MC_MASK m) { return m == 0xFFFFu; }
MC_INLINE unsigned MC_FN(marks)(MC_MASK m) { return m; }
MC_INLINE MC_IVEC MC_FN(tally)(MC_IVEC n, MC_MASK m) {
    return (MC_IVEC)_mm512_mask_add_epi32((__m512i)n, m, (__m512i)n, _mm512_set1_epi32(1));
}
#  else
typedef __mmask8 MC_FN(mask);
MC_INLINE MC_MASK MC_FN(less)(MC_VEC a, MC_VEC b) { return _mm512_cmp_pd_mask((__m512d)a, (__m512d)b, _CMP_LT_OQ); }
MC_INLINE MC_MASK MC_FN(equal)(MC_VEC a, MC_VEC b) { return _mm512_cmp_pd_mask((__m512d)a, (__m512d)b, _CMP_EQ_OQ); }
MC_INLINE MC_MASK MC_FN(less_bits)(MC_VEC a, MC_VEC b) { return _mm512_cmplt_epi64_mask((__m512i)a, (__m512i)b); }
MC_INLINE MC_VEC MC_FN(pick)(MC_MASK m, MC_VEC a, MC_VEC b) { return (MC_VEC)_mm512_mask_blend_pd(m, (__m512d)b, (__m512d)a); }
MC_INLINE MC_VEC MC_FN(min)(MC_VEC a, MC_VEC b) { return (MC_VEC)_mm512_min_pd((__m512d)a, (__m512d)b); }
MC_INLINE MC_VEC MC_FN(max)(MC_VEC a, MC_VEC b) { return (MC_VEC)_mm512_max_pd((__m512d)a, (__m512d)b); }
MC_INLINE MC_MASK MC_FN(first)(int n) { return (__mmask8)(n <= 0 ? 0 : n < 8 ? 0xFFu >> (8 - n) : 0xFFu); }
MC_INLINE int MC_FN(all)(MC_MASK m) { return m == 0xFFu; }
MC_INLINE unsigned MC_FN(marks)(MC_MASK m) { return m; }
MC_INLINE MC_IVEC MC_FN(tally)(MC_IVEC n, MC_MASK m) {
    return (MC_IVEC)_mm512_mask_add_epi64((__m512i)n, m, (__m512i)n, _mm512_set1_epi64(1));
}
#  endif
#else
typedef MC_FN(ivec) MC_FN(mask);
MC_INLINE MC_IVEC MC_FN(tally)(MC_IVEC n, MC_MASK m) { return n - m; }
#  if MC_VECTORS
MC_INLINE MC_MASK MC_FN(less)(MC_VEC a, MC_VEC b) { return (MC_MASK)(a < b); }
MC_INLINE MC_MASK MC_FN(equal)(MC_VEC a, MC_VEC b) { return (MC_MASK)(a == b); }
MC_INLINE MC_MASK MC_FN(less_bits)(MC_VEC a, MC_VEC b) { return (MC_MASK)(MC_FN(bits)(a) < MC_FN(bits)(b)); }
MC_INLINE MC_MASK MC_FN(first)(int n) {
    MC_MASK lane;
    for (int l = 0; l < MC_LANES; ++l) lane[l] = l;
    return (MC_MASK)(lane < (MC_INT)n);
}
#  else
MC_INLINE MC_MASK MC_FN(less)(MC_VEC a, MC_VEC b) { return -(MC_INT)(a < b); }
MC_INLINE MC_MASK MC_FN(equal)(MC_VEC a, MC_VEC b) { return -(MC_INT)(a == b); }
MC_INLINE MC_MASK MC_FN(less_bits)(MC_VEC a, MC_VEC b) { return -(MC_INT)(MC_FN(bits)(a) < MC_FN(bits)(b)); }
MC_INLINE MC_MASK MC_FN(first)(int n) { return -(MC_INT)(n > 0); }
#  endif
#  if MC_X86 && MC_VBYTES == 32 && MC_SIZE == 4
MC_INLINE MC_VEC MC_FN(pick)(MC_MASK m, MC_VEC a, MC_VEC b) { return (MC_VEC)_mm256_blendv_ps((__m256)b, (__m256)a, (__m256)m); }
MC_INLINE MC_VEC MC_FN(min)(MC_VEC a, MC_VEC b) { return (MC_VEC)_mm256_min_ps((__m256)a, (__m256)b); }
MC_INLINE MC_VEC MC_FN(max)(MC_VEC a, MC_VEC b) { return (MC_VEC)_mm256_max_ps((__m256)a, (__m256)b); }
MC_INLINE int MC_FN(all)(MC_MASK m) { return _mm256_movemask_ps((__m256)m) == 0xFF; }
MC_INLINE unsigned MC_FN(marks)(MC_MASK m) { return (unsigned)_mm256_movemask_ps((__m256)m); }
#  elif MC_X86 && MC_VBYTES == 32
MC_INLINE MC_VEC MC_FN(pick)(MC_MASK m, MC_VEC a, MC_VEC b) { return (MC_VEC)_mm256_blendv_pd((__m256d)b, (__m256d)a, (__m256d)m); }
MC_INLINE MC_VEC MC_FN(min)(MC_VEC a, MC_VEC b) { return (MC_VEC)_mm256_min_pd((__m256d)a, (__m256d)b); }
MC_INLINE MC_VEC MC_FN(max)(MC_VEC a, MC_VEC b) { return (MC_VEC)_mm256_max_pd((__m256d)a, (__m256d)b); }
MC_INLINE int MC_FN(all)(MC_MASK m) { return _mm256_movemask_pd((__m256d)m) == 0xF; }
MC_INLINE unsigned MC_FN(marks)(MC_MASK m) { return (unsigned)_mm256_movemask_pd((__m256d)m); }
#  else
MC_INLINE MC_VEC MC_FN(pick)(MC_MASK m, MC_VEC a, MC_VEC b) {
    return MC_FN(real)((MC_FN(bits)(a) & m) | (MC_FN(bits)(b) & ~m));
}
MC_INLINE MC_VEC MC_FN(min)(MC_VEC a, MC_VEC b) { return MC_FN(pick)(MC_FN(less)(a, b), a, b); }
MC_INLINE MC_VEC MC_FN(max)(MC_VEC a, MC_VEC b) { return MC_FN(pick)(MC_FN(less)(b, a), a, b); }
MC_INLINE int MC_FN(all)(MC_MASK m) {
#    if MC_VECTORS
    MC_INT both = m[0];
    for (int l = 1; l < MC_LANES; ++l) both &= m[l];
    return both != 0;
#    else
    return m != 0;
#    endif
}
MC_INLINE unsigned MC_FN(marks)(MC_MASK m) {
#    if MC_VECTORS
    unsigned bits = 0;
    for (int l = 0; l < MC_LANES; ++l) bits |= (unsigned)(m[l] & 1) << l;
    return bits;
#    else
    return m != 0;
#    endif
}
#  endif
#endif

/* The lanes of v marked in `lanes`, one after the other at p, where there is room for a whole vector; their number. */
MC_INLINE int MC_FN(squeeze)(unsigned lanes, MC_VEC v, MC_REAL *p) {
#if MC_X86 && MC_VBYTES == 64 && MC_AVX512_WORDS && MC_SIZE == 4
    MC_FN(store)(p, (MC_VEC)_mm512_maskz_compress_ps((__mmask16)lanes, (__m512)v));
    return __builtin_popcount(lanes);
#elif MC_X86 && MC_VBYTES == 64 && MC_AVX512_WORDS
    MC_FN(store)(p, (MC_VEC)_mm512_maskz_compress_pd((__mmask8)lanes, (__m512d)v));
    return __builtin_popcount(lanes);
#else
    MC_REAL lane[MC_LANES];
    int n = 0;
    MC_FN(store)(lane, v);
    for (; lanes; lanes &= lanes - 1) p[n++] = lane[__builtin_ctz(lanes)];
    return n;
#endif
}

/* The largest power of two not above |x|, but a normal number. */
MC_INLINE MC_VEC MC_FN(power_of)(MC_VEC x) {
    const MC_INT exponents = MC_SIZE == 4 ? (MC_INT)0x7f800000 : (MC_INT)0x7ff0000000000000;
    const MC_REAL least = MC_SIZE == 4 ? (MC_REAL)0x1p-126 : (MC_REAL)0x1p-1022;
    return MC_FN(max)(MC_FN(splat)(least), MC_FN(real)(MC_FN(bits)(x) & exponents));
}

/* a * b + c, fused where that exists, said outright: of two products the compiler contracts either, and not the same
 * everywhere. */
MC_INLINE MC_VEC MC_FN(multiply_add)(MC_VEC a, MC_VEC b, MC_VEC c) {
#if MC_X86 && MC_VBYTES == 64 && MC_AVX512_WORDS && MC_SIZE == 4
    return (MC_VEC)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif MC_X86 && MC_VBYTES == 64 && MC_AVX512_WORDS
    return (MC_VEC)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
#elif MC_X86 && MC_VBYTES == 32 && MC_SIZE == 4
    return (MC_VEC)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#elif MC_X86 && MC_VBYTES == 32
    return (MC_VEC)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
#elif MC_FUSED && MC_VECTORS
    for (int l = 0; l < MC_LANES; ++l) c[l] = MC_SIZE == 4 ? __builtin_fmaf(a[l], b[l], c[l]) : __builtin_fma(a[l], b[l], c[l]);
    return c;
#else
    return a * b + c;
#endif
}

MC_INLINE MC_VEC MC_FN(sqrt)(MC_VEC x) {
#if MC_X86 && MC_VBYTES == 64 && MC_AVX512_WORDS && MC_SIZE == 4
    return (MC_VEC)_mm512_sqrt_ps((__m512)x);
#elif MC_X86 && MC_VBYTES == 64 && MC_AVX512_WORDS
    return (MC_VEC)_mm512_sqrt_pd((__m512d)x);
#elif MC_X86 && MC_VBYTES == 32 && MC_SIZE == 4
    return (MC_VEC)_mm256_sqrt_ps((__m256)x);
#elif MC_X86 && MC_VBYTES == 32
    return (MC_VEC)_mm256_sqrt_pd((__m256d)x);
#elif MC_X86 && MC_VBYTES == 16 && MC_SIZE == 4
    return (MC_VEC)_mm_sqrt_ps((__m128)x);
#elif MC_X86 && MC_VBYTES == 16
    return (MC_VEC)_mm_sqrt_pd((__m128d)x);
#elif MC_VECTORS
    for (int l = 0; l < MC_LANES; ++l) x[l] = MC_SIZE == 4 ? __builtin_sqrtf(x[l]) : __builtin_sqrt(x[l]);
    return x;
#else
    return MC_SIZE == 4 ? (MC_REAL)__builtin_sqrtf((float)x) : (MC_REAL)__builtin_sqrt((double)x);
#endif
}

/* a - b * c, rounded once: by a fused multiply-add, else by halves of b and c whose products are exact, which serves where
 * |b c| is near |a|, as in a division's remainder. */
MC_INLINE MC_VEC MC_FN(residual)(MC_VEC a, MC_VEC b, MC_VEC c) {
#if MC_FUSED
    return MC_FN(multiply_add)(-b, c, a);
#else
    const MC_INT high = ~(((MC_INT)1 << (MC_MANTISSA / 2 + 1)) - 1);
    MC_VEC bh = MC_FN(real)(MC_FN(bits)(b) & high), ch = MC_FN(real)(MC_FN(bits)(c) & high), bl = b - bh, cl = c - ch;
    return (((a - bh * ch) - bh * cl) - bl * ch) - bl * cl;
#endif
}

/* The largest lane. */
MC_INLINE MC_REAL MC_FN(fold_max)(MC_VEC v) {
#if MC_VECTORS
#  if MC_VBYTES / MC_SIZE > 8
    v = MC_FN(max)(MC_SHUFFLE(v, v, MC_ROTATE, 8), v);
#  endif
#  if MC_VBYTES / MC_SIZE > 4
    v = MC_FN(max)(MC_SHUFFLE(v, v, MC_ROTATE, 4), v);
#  endif
#  if MC_VBYTES / MC_SIZE > 2
    v = MC_FN(max)(MC_SHUFFLE(v, v, MC_ROTATE, 2), v);
#  endif
    v = MC_FN(max)(MC_SHUFFLE(v, v, MC_ROTATE, 1), v);
    return v[0];
#else
    return v;
#endif
}
#endif
