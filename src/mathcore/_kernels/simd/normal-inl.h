/* normal: the normal distribution's functions, and an arc tangent for Cauchy's. For double only. */
#if MC_SIZE == 8
#define MC_LOG_SQRT_2PI 0.9189385332046727
#define MC_ROOT_2PI_INVERSE 0.3989422804014327

/* exp(x^2 / 2) Q(x), x in [0, 39]: (1 + 1.5 x) times it is a polynomial of t = (x - 5.5) / (x + 5.5), fitted in 60 digits to
 * 2^-54 of itself (the form: M. M. Shepherd and J. G. Laframboise, Math. Comp. 36, 1981). */
MC_INLINE MC_VEC MC_FN(mills)(MC_VEC x) {
    MC_VEC s = x + 5.5, u = 1 + 1.5 * x, inverse = 1 / (s * u), t = (x - 5.5) * (u * inverse);
    MC_VEC t2 = t * t, t4 = t2 * t2, t8 = t4 * t4;
    MC_VEC a = ((0.6506699197324329 - 0.06619243561897077 * t) + t2 * (-0.0012102068487149366 + 0.044351881067009755 * t))
        + t4 * ((-0.058707792676657024 + 0.05134741419107406 * t) + t2 * (-0.034381343604560716 + 0.018014998925652493 * t));
    MC_VEC b = ((-0.007122532908910546 + 0.0018368601188634907 * t) + t2 * (-9.520042653285545e-05 - 0.00015383647031744834 * t))
        + t4 * ((6.0792222964752296e-05 + 5.651858163376913e-07 * t) + t2 * (-7.611502842483486e-06 + 1.5427130411954103e-06 * t));
    MC_VEC c = ((7.520606669345487e-07 - 3.269961301255176e-07 * t) + t2 * (-7.438339623267468e-08 + 5.342931103998373e-08 * t))
        + t4 * ((1.0447869517472394e-08 - 6.2702076756595596e-09 * t) + t2 * (-1.8371770209248643e-09));
    return (a + t8 * (b + t8 * c)) * (s * inverse);
}

/* -x^2 / 2 of x + rest, |x| < 2^500 */
MC_INLINE MC_PAIR MC_FN(minus_half_square)(MC_VEC x, MC_VEC rest) {
    MC_PAIR s = MC_FN(product)(x, x);
    s.hi = -0.5 * s.hi;
    s.lo = -0.5 * s.lo - MC_FN(times)(x, rest);
    return s;
}

/* Q(z + rest) = 1 - Phi */
static MC_NOINLINE MC_VEC MC_FN(normal_upper)(MC_VEC z, MC_VEC rest) {
    MC_MASK negative = MC_FN(less)(z, MC_FN(zero)());
    MC_VEC x = MC_FN(min)(MC_V(39), MC_FN(abs)(z));
    MC_VEC p = MC_FN(times)(MC_FN(pair_exp)(MC_FN(minus_half_square)(x, MC_FN(pick)(negative, -rest, rest))), MC_FN(mills)(x));
    return MC_FN(pick)(negative, 1 - p, p);
}

static MC_NOINLINE MC_VEC MC_FN(normal_log_upper)(MC_VEC z, MC_VEC rest) {
    MC_MASK negative = MC_FN(less)(z, MC_FN(zero)());
    MC_VEC x = MC_FN(min)(MC_V(0x1p400), MC_FN(abs)(z)), r = 1 / x, w = r * r;
    MC_VEC far = MC_ROOT_2PI_INVERSE * r * (1 - w * (1 - w * (3 - w * (15 - w * (105 - w * 945)))));
    MC_VEC m = MC_FN(pick)(MC_FN(less)(x, MC_V(39)), MC_FN(mills)(MC_FN(min)(MC_V(39), x)), far);
    MC_PAIR e = MC_FN(minus_half_square)(x, rest);
    MC_VEC log = e.hi + (MC_FN(log)(m) + e.lo);
    log = MC_FN(pick)(MC_FN(less)(x, MC_V(0x1p400)), log, MC_FN(pick)(MC_FN(equal)(z, z), -0.5 * (z * z), z));
    if (MC_FN(all)(MC_FN(less)(MC_V(-0x1p-1022), z))) return log;
    MC_VEC p = MC_FN(normal_upper)(MC_FN(abs)(z), MC_FN(pick)(negative, -rest, rest));
    return MC_FN(pick)(negative, MC_FN(log1p)(-p), log);
}

MC_INLINE MC_VEC MC_FN(rational)(MC_VEC r, const double *top, const double *bottom) {
    MC_VEC a = MC_V(top[7]), b = MC_V(bottom[7]);
    MC_UNROLL(8) for (int i = 6; i >= 0; --i) {
        a = MC_FN(multiply_add)(a, r, MC_V(top[i]));
        b = MC_FN(multiply_add)(b, r, MC_V(bottom[i]));
    }
    return a / b;
}

/* z with Phi(z) = q, 0 <= q <= 1. M. J. Wichura, Algorithm AS 241, Applied Statistics 37, 1988. */
static MC_NOINLINE MC_VEC MC_FN(normal_quantile)(MC_VEC q) {
    static const double top[3][8] = {
        {3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987,
        67265.7709270087, 33430.57558358813, 2509.0809287301227},
        {1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684,
        0.2417807251774506, 0.022723844989269184, 0.0007745450142783414},
        {6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487, 0.026532189526576124,
        0.0012426609473880784, 2.7115555687434876e-05, 2.0103343992922881e-07},
    }, bottom[3][8] = {
        {1.0, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271,
        28729.085735721943, 5226.495278852546},
        {1.0, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008, 0.015198666563616457,
        0.0005475938084995345, 1.0507500716444169e-09},
        {1.0, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133,
        1.8463183175100548e-05, 1.421511758316446e-07, 2.0442631033899397e-15},
    };
    MC_VEC d = q - 0.5;
    MC_MASK middle = MC_FN(less)(MC_FN(abs)(d), MC_V(0.425));
    MC_VEC z = d * MC_FN(rational)(0.180625 - d * d, top[0], bottom[0]);
    if (MC_FN(all)(middle)) return z;
    MC_VEC small = MC_FN(min)(q, 1 - q), r = MC_FN(sqrt)(-MC_FN(log)(small));
    MC_VEC tail = MC_FN(rational)(r - 1.6, top[1], bottom[1]);
    MC_MASK near = MC_FN(less)(r, MC_V(5));
    if (!MC_FN(all)(near | middle)) tail = MC_FN(pick)(near, tail, MC_FN(rational)(r - 5, top[2], bottom[2]));
    tail = MC_FN(pick)(MC_FN(equal)(small, MC_FN(zero)()), MC_V(MC_INFINITE), tail);
    return MC_FN(pick)(middle, z, MC_FN(copysign)(tail, d));
}

/* arctan x for x >= 0, around 0, pi/4 and pi/2 */
static MC_NOINLINE MC_VEC MC_FN(arctan)(MC_VEC x) {
    MC_MASK large = MC_FN(less)(MC_V(2.414213562373095), x), middle = MC_FN(less)(MC_V(0.41421356237309503), x);
    MC_VEC top = MC_FN(pick)(large, MC_V(-1), MC_FN(pick)(middle, x - 1, x));
    MC_VEC t = top / MC_FN(pick)(large, x, MC_FN(pick)(middle, x + 1, MC_V(1))), w = t * t;
    MC_VEC base = MC_FN(pick)(large, MC_V(1.5707963267948966), MC_FN(pick)(middle, MC_V(0.7853981633974483), MC_FN(zero)()));
    MC_VEC rest = MC_FN(pick)(large, MC_V(6.123233995736766e-17), MC_FN(pick)(middle, MC_V(3.061616997868383e-17), MC_FN(zero)()));
    MC_VEC w2 = w * w, w4 = w2 * w2;
    MC_VEC p = ((-0.3333333333333333 + 0.199999999999998 * w) + w2 * (-0.14285714285659326 + 0.11111111105106705 * w))
        + w4 * (((-0.09090908751076636 + 0.0769229630497447 * w) + w2 * (-0.06666423628069258 + 0.058789145444006215 * w))
        + w4 * ((-0.052303478730160745 + 0.04551108126325172 * w) + w2 * (-0.034558092551413795 + 0.01627194475162406 * w)));
    return base + (t + (MC_FN(times)(t * w, p) + rest));
}

#endif
