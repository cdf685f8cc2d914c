/* small_inverse: inverses and determinants by LU. */

/* X from U X_U = I, X_L L = X_U and X_L P = X, all by the order of A: LAPACK's dgetri. */
static MC_NOINLINE void MC_FN(inverse_any)(ptrdiff_t n, const MC_FN(lu) *f, MC_VEC *x) {
    const MC_VEC *p = f->p;
    for (ptrdiff_t i = 0; i < n * n; ++i) x[i] = MC_FN(splat)(i % (n + 1) == 0);
    for (ptrdiff_t j = 0, w; j < n; j += w) {           /* columns of the upper triangle X_U, from the last that is not 0 up */
        w = n - j < 4 ? 1 : 4;
        const ptrdiff_t rows = j + w;
        MC_FN(substitute_block)(rows, w, MC_FN(upper)(rows, p, n, 1, f->reciprocals), x + (rows - 1) * n + j, -n, 1);
    }
    MC_FN(substitute_block)(n, n, MC_FN(upper)(n, p, 1, n, NULL), x + n - 1, -1, n);
    for (ptrdiff_t k = n - 1; k >= 0; --k) MC_FN(exchange)(k, f->row[k], x, 1, n, n, 0, 0);
}

/* The same in registers. */
MC_INLINE void MC_FN(inverse_few)(const int N, const MC_FN(lu) *f, MC_VEC *x) {
    const MC_VEC *p = f->p, one = MC_FN(splat)(1), zero = MC_FN(zero)();
    MC_UNROLL(4) for (int j = 0; j < N; ++j)
        MC_UNROLL(4) for (int i = N - 1; i >= 0; --i) {
            MC_VEC sum = i == j ? one : zero;
            MC_UNROLL(4) for (int t = j; t > i; --t) sum = MC_FN(multiply_add)(-p[i * N + t], x[t * N + j], sum);
            x[i * N + j] = i <= j ? MC_FN(over_pivot)(sum, p[i * (N + 1)], f->reciprocals[i]) : zero;
        }
    MC_UNROLL(4) for (int i = 0; i < N; ++i)
        MC_UNROLL(4) for (int j = N - 2; j >= 0; --j)
            MC_UNROLL(4) for (int t = N - 1; t > j; --t) x[i * N + j] = MC_FN(multiply_add)(-p[t * N + j], x[i * N + t], x[i * N + j]);
    MC_UNROLL(4) for (int k = N - 2; k >= 0; --k) MC_FN(exchange_few)(N, k, f->row[k], N, x, 1, N);
}

MC_INLINE void MC_FN(small_inv_of)(const int N, ptrdiff_t n, const mc_small *s, ptrdiff_t first, ptrdiff_t count, MC_VEC *scratch) {
    MC_VEC own[40], *p = N ? own : scratch, *x = N ? own + 16 : p + n * n, *spare = N ? own + 32 : x + n * n;
    MC_FN(lu) f = {p, n, spare, N ? spare + 4 : spare + n, MC_FN(zero)()};
    for (ptrdiff_t end = first + count; first < end; first += MC_LANES) {
        const MC_FN(items) from = MC_FN(items_at)(s->a, s->a_item, first, end - first);
        const MC_FN(items) to = MC_FN(items_at)(s->x, n * n, first, end - first);
        MC_FN(load_run)(N, &from, 0, n * n, p);
        if (!N) {
            MC_FN(expect)(1, s->x, n * n, first, end - first, n * n);
            MC_FN(expect)(0, s->a, s->a_item, first + MC_LANES, end - first - MC_LANES, n * n);
        }
        const MC_VEC norm = MC_FN(norm1)(n, p);
        if (N) {
            MC_FN(lu_few)(N, 0, 1, &f);
            MC_FN(inverse_few)(N, &f, x);
        } else {
            MC_FN(lu_any)(n, &f);
            MC_FN(inverse_any)(n, &f, x);
        }
        MC_FN(store_run)(N, &to, 0, n * n, x);
        MC_FN(store_each)(s->rcond, first, from.full, MC_FN(condition)(norm, MC_FN(norm1)(n, x), f.info));
        MC_FN(store_whole)(s->info + first, 1, from.full, f.info);
    }
}

/* ------------------------------------------------------------------ determinants */

/* x = m 2^e, 1 <= |m| < 2; 0, inf and NaN are their own m. */
MC_INLINE MC_VEC MC_FN(mantissa)(MC_VEC x, MC_VEC *e) {
    const MC_INT ones = (MC_INT)MC_ONE_BITS, fraction = ((MC_INT)1 << MC_MANTISSA) - 1;
    const MC_INT whole = ((MC_INT)(MC_ONE_BITS >> MC_MANTISSA) + MC_MANTISSA) << MC_MANTISSA;    /* 2^MC_MANTISSA */
    const MC_VEC zero = MC_FN(zero)(), size = MC_FN(abs)(x);
    const MC_MASK small = MC_FN(less)(size, MC_FN(splat)(MC_TINY));
    const MC_VEC v = MC_FN(pick)(small, size * (MC_REAL)((MC_INT)1 << (MC_MANTISSA + 2)), size);
    const MC_VEC biased = MC_FN(real)((MC_FN(bits)(v) >> MC_MANTISSA) | whole) - (MC_REAL)((MC_INT)1 << MC_MANTISSA);
    const MC_VEC m = MC_FN(copysign)(MC_FN(real)((MC_FN(bits)(v) & fraction) | ones), x);
    const MC_VEC power = biased - (MC_REAL)(MC_ONE_BITS >> MC_MANTISSA) - MC_FN(pick)(small, MC_FN(splat)(MC_MANTISSA + 2), zero);
    const MC_MASK usual = MC_FN(less)(zero, size), finite = MC_FN(less)(size, MC_FN(splat)(MC_INFINITE));
    *e = MC_FN(pick)(usual, MC_FN(pick)(finite, power, zero), zero);
    return MC_FN(pick)(usual, MC_FN(pick)(finite, m, x), x);
}

/* det A = m 2^e, never too large or too small on the way. */
MC_INLINE MC_VEC MC_FN(determinant)(ptrdiff_t n, const MC_FN(lu) *f, MC_VEC *e) {
    MC_VEC product = MC_FN(splat)(1), sum = MC_FN(zero)(), power;
    MC_UNROLL(4) for (ptrdiff_t k = 0; k < n; ++k) {       /* at most 2^32 */
        const MC_VEC m = MC_FN(mantissa)(f->p[k * (n + 1)], &power);
        product = product * MC_FN(pick)(MC_FN(equal)(f->row[k], MC_FN(splat)((MC_REAL)k)), m, -m);
        sum += power;
    }
    product = MC_FN(mantissa)(product, &power);
    *e = sum + power;
    return product;
}

/* m 2^e into s->x, or its sign and logarithm into s->x and s->y. */
MC_INLINE void MC_FN(give_determinant)(const int logarithm, MC_VEC m, MC_VEC e, const mc_small *s, ptrdiff_t first, int full) {
    const MC_VEC zero = MC_FN(zero)(), one = MC_FN(splat)(1);
    if (!logarithm) {
        /* beyond the range of exponents in either direction is far enough */
        const MC_VEC far = MC_FN(splat)(-2 * MC_HALF_SCALE), power = MC_FN(max)(-far, MC_FN(min)(far, e));
        MC_FN(store_each)(s->x, first, full, MC_FN(scale_far)(m, power + MC_ROUND));
        return;
    }
    const MC_VEC sign = MC_FN(pick)(MC_FN(equal)(m, m), MC_FN(copysign)(one, m), m);
    const MC_MASK high = MC_FN(less)(MC_FN(splat)((MC_REAL)1.4142135), MC_FN(abs)(m));     /* near 1 from both sides: log m is exact */
    const MC_MASK finite = MC_FN(less)(MC_FN(abs)(m), MC_FN(splat)(MC_INFINITE));
    const MC_VEC near = MC_FN(pick)(finite, MC_FN(pick)(high, MC_FN(abs)(m) * (MC_REAL)0.5, MC_FN(abs)(m)), MC_FN(abs)(m));
    const MC_VEC power = e + MC_FN(pick)(finite, MC_FN(pick)(high, one, zero), zero);
    const MC_VEC rest = MC_FN(multiply_add)(power, MC_FN(splat)(MC_LN2_LO), MC_FN(log)(near));
    MC_FN(store_each)(s->x, first, full, MC_FN(pick)(MC_FN(equal)(m, zero), zero, sign));
    MC_FN(store_each)(s->y, first, full, MC_FN(multiply_add)(power, MC_FN(splat)(MC_LN2_HI), rest));
}

MC_INLINE void MC_FN(small_det_of)(const int N, const int logarithm, ptrdiff_t n, const mc_small *s, ptrdiff_t first, ptrdiff_t count,
                                   MC_VEC *scratch) {
    MC_VEC own[24], *p = N ? own : scratch;
    MC_FN(lu) f = {p, n, N ? p + 16 : p + n * n, N ? p + 20 : p + n * n + n, MC_FN(zero)()};
    for (ptrdiff_t end = first + count; first < end; first += MC_LANES) {
        const MC_FN(items) from = MC_FN(items_at)(s->a, s->a_item, first, end - first);
        MC_VEC e;
        MC_FN(load_run)(N, &from, 0, n * n, f.p);
        if (!N) MC_FN(expect)(0, s->a, s->a_item, first + MC_LANES, end - first - MC_LANES, n * n);
        if (N) MC_FN(lu_few)(N, 0, 0, &f);
        else MC_FN(lu_any)(n, &f);
        const MC_VEC m = MC_FN(determinant)(n, &f, &e);
        MC_FN(give_determinant)(logarithm, m, e, s, first, from.full);
    }
}

MC_INLINE void MC_FN(small_product_of)(const int N, ptrdiff_t n, const mc_small *s, ptrdiff_t first, ptrdiff_t count, MC_VEC *scratch) {
    MC_FN(small_det_of)(N, 0, n, s, first, count, scratch);
}

MC_INLINE void MC_FN(small_log_of)(const int N, ptrdiff_t n, const mc_small *s, ptrdiff_t first, ptrdiff_t count, MC_VEC *scratch) {
    MC_FN(small_det_of)(N, 1, n, s, first, count, scratch);
}
