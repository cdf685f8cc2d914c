/* log_quotient: two logarithms of quotients by one division. log(a / b) = k log 2 + 2 artanh(s), s = (a - c) / (a + c), where
 * c = 2^k b is so near a that a - c is exact. */
#define MC_INFO_BIAS (MC_SIZE == 4 ? (MC_INT)255 : (MC_INT)2047)
/* k comes in units that cost least; their logarithm */
#define MC_INFO_CONVERTS (MC_VECTORS && (MC_SIZE == 4 || MC_VBYTES == 64))      /* AVX2 converts no 64 bits */
#define MC_INFO_STEP ((MC_REAL)0.693147180559945309417 / (MC_INFO_CONVERTS ? (MC_INT)1 << MC_MANTISSA : 1))

/* c = 2^k b for a, b > 0, so near a that a / c lies within 2/3 ... 3/2: the bits of a positive number grow nearly as its
 * logarithm, their difference, rounded, is k. */
MC_INLINE MC_VEC MC_FN(brought_near)(MC_VEC a, MC_VEC b, MC_VEC *k) {
    const MC_INT half = (MC_INT)1 << (MC_MANTISSA - 1), exponents = ~(((MC_INT)1 << MC_MANTISSA) - 1);
    const MC_IVEC steps = (MC_FN(bits)(a) - MC_FN(bits)(b) + half) & exponents;     /* k, at its place in the bits */
#if MC_INFO_CONVERTS
    *k = __builtin_convertvector(steps, MC_VEC);
#else                                   /* the exponent's bits below those of 2^MANTISSA */
    const MC_INT whole = ((MC_INT)(MC_ONE_BITS >> MC_MANTISSA) + MC_MANTISSA) << MC_MANTISSA;
    *k = MC_FN(real)((MC_IVEC)((MC_UVEC)(steps + (MC_INFO_BIAS << MC_MANTISSA)) >> MC_MANTISSA) | whole)
       - ((MC_REAL)((MC_INT)1 << MC_MANTISSA) + (MC_REAL)MC_INFO_BIAS);
#endif
    return MC_FN(real)(MC_FN(bits)(b) + steps);
}

/* (2 artanh(s) - 2 s) / s^3 by z = s^2 <= 1/25. */
MC_INLINE MC_VEC MC_FN(artanh_rest)(MC_VEC z) {
#if MC_SIZE == 4
    return 0.6666671373620136f + z * (0.3997891010792232f + z * 0.2995919673416483f);
#else
    return 0.6666666666666694 + z * (0.39999999999335556 + z * (0.2857142883604555 + z * (0.22222182776674482
         + z * (0.18184610246294064 + z * (0.15283703752403147 + z * 0.1511848710872457)))));
#endif
}

/* The logarithm of 2 in the unit of k. */
MC_INLINE MC_VEC MC_FN(log2_of_unit)(void) { return MC_FN(splat)(MC_INFO_STEP); }
#undef MC_INFO_BIAS
#undef MC_INFO_CONVERTS
#undef MC_INFO_STEP
