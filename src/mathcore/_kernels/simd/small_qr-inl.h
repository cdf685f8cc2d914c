/* small_qr: Householder's reflections, with LAPACK's signs and representation (dgeqr2, dorg2r). */

/* The power of two that brings x > 0 to about 1; 2^-1021 or so where that is all there is. */
MC_INLINE MC_VEC MC_FN(unscale)(MC_VEC x) {
    const MC_INT bias = MC_SIZE == 4 ? 127 : 1023, ends = 2 * bias - 1;
    MC_IVEC e = ends + 1 - (MC_FN(bits)(x) >> MC_MANTISSA);
    const MC_VEC power = MC_FN(real)(e << MC_MANTISSA), least = MC_FN(real)((e - e + 1) << MC_MANTISSA);
    const MC_VEC most = MC_FN(real)((e - e + ends) << MC_MANTISSA);
    return MC_FN(pick)(MC_FN(less_bits)(most, power), most, MC_FN(pick)(MC_FN(less_bits)(power, least), least, power));
}

/* v below the diagonal of column k (m rows, rp apart) and beta on it, H = 1 - tau v v', v_k = 1. The sum of squares as it is
 * where it neither overflows nor loses what underflows, else of the column times a power of two: each lane by itself. */
MC_INLINE MC_VEC MC_FN(reflector)(ptrdiff_t m, ptrdiff_t k, MC_VEC *x, ptrdiff_t rp) {
    const MC_REAL low = MC_SIZE == 4 ? (MC_REAL)0x1p-100 : (MC_REAL)0x1p-960, high = MC_SIZE == 4 ? (MC_REAL)0x1p124 : (MC_REAL)0x1p1020;
    const MC_VEC zero = MC_FN(zero)(), one = MC_FN(splat)(1);
    MC_VEC alpha = x[k * rp], below = zero, scale = one, back = one, none = zero;
    MC_UNROLL(4) for (ptrdiff_t i = k + 1; i < m; ++i) below = MC_FN(multiply_add)(x[i * rp], x[i * rp], below);
    MC_VEC whole = MC_FN(multiply_add)(alpha, alpha, below);
    const int plain = MC_FN(all)(MC_FN(less)(MC_FN(splat)(low), below)) && MC_FN(all)(MC_FN(less)(whole, MC_FN(splat)(high)));
    if (!plain) {
        MC_VEC most = zero, sum = zero;
        for (ptrdiff_t i = k + 1; i < m; ++i) most = MC_FN(largest)(most, x[i * rp]);
        const MC_MASK deep = MC_FN(less)(MC_FN(splat)(low), below), flat = MC_FN(less)(whole, MC_FN(splat)(high));
        none = MC_FN(pick)(MC_FN(equal)(most, zero), one, zero);
        most = MC_FN(unscale)(MC_FN(largest)(most, alpha));
        scale = MC_FN(pick)(deep, MC_FN(pick)(flat, one, most), most);
        back = 1 / scale;
        for (ptrdiff_t i = k + 1; i < m; ++i) {
            const MC_VEC e = x[i * rp] * scale;
            sum = MC_FN(multiply_add)(e, e, sum);
        }
        alpha = alpha * scale;
        whole = MC_FN(multiply_add)(alpha, alpha, sum);
    }
    const MC_VEC beta = -MC_FN(copysign)(MC_FN(sqrt)(whole), alpha), r = 1 / (alpha - beta);
    MC_VEC tau = (beta - alpha) / beta;
    if (plain) {
        MC_UNROLL(4) for (ptrdiff_t i = k + 1; i < m; ++i) x[i * rp] = x[i * rp] * r;
        x[k * rp] = beta;
        return tau;
    }
    const MC_MASK still = MC_FN(equal)(none, one);       /* nothing to reflect: H = 1 */
    for (ptrdiff_t i = k + 1; i < m; ++i) x[i * rp] = MC_FN(pick)(still, zero, x[i * rp] * scale * r);
    x[k * rp] = MC_FN(pick)(still, x[k * rp], beta * back);
    return MC_FN(pick)(still, zero, tau);
}

/* W columns x of m rows from row k on: H x, v below row k of the column v. */
MC_INLINE void MC_FN(reflect)(const int W, ptrdiff_t m, ptrdiff_t k, const MC_VEC *v, ptrdiff_t rv, MC_VEC tau, MC_VEC *x, ptrdiff_t rx) {
    MC_VEC sum[4];
    MC_UNROLL(4) for (int w = 0; w < W; ++w) sum[w] = x[k * rx + w];
    MC_UNROLL(4) for (ptrdiff_t i = k + 1; i < m; ++i)
        MC_UNROLL(4) for (int w = 0; w < W; ++w) sum[w] = MC_FN(multiply_add)(v[i * rv], x[i * rx + w], sum[w]);
    MC_UNROLL(4) for (int w = 0; w < W; ++w) {
        sum[w] = sum[w] * tau;
        x[k * rx + w] = x[k * rx + w] - sum[w];
    }
    MC_UNROLL(4) for (ptrdiff_t i = k + 1; i < m; ++i)
        MC_UNROLL(4) for (int w = 0; w < W; ++w) x[i * rx + w] = MC_FN(multiply_add)(-v[i * rv], sum[w], x[i * rx + w]);
}

static MC_NOINLINE void MC_FN(reflect_block)(ptrdiff_t columns, ptrdiff_t m, ptrdiff_t k, const MC_VEC *v, ptrdiff_t rv, MC_VEC tau,
                                             MC_VEC *x, ptrdiff_t rx) {
    ptrdiff_t j = 0;
    for (; j + 4 <= columns; j += 4) MC_FN(reflect)(4, m, k, v, rv, tau, x + j, rx);
    for (; j < columns; ++j) MC_FN(reflect)(1, m, k, v, rv, tau, x + j, rx);
}

/* Columns 0 ... n of p, rows of n: R and the vectors of reflectors below it. */
static MC_NOINLINE void MC_FN(qr_any)(ptrdiff_t m, ptrdiff_t n, MC_VEC *p, MC_VEC *tau) {
    for (ptrdiff_t k = 0; k < n && k < m; ++k) {
        tau[k] = k + 1 < m ? MC_FN(reflector)(m, k, p + k, n) : MC_FN(zero)();
        MC_FN(reflect_block)(n - k - 1, m, k, p + k, n, tau[k], p + k + 1, n);
    }
}

MC_INLINE void MC_FN(qr_few)(const int N, MC_VEC *p, MC_VEC *tau) {
    MC_UNROLL(4) for (int k = 0; k < N; ++k) {
        tau[k] = k + 1 < N ? MC_FN(reflector)(N, k, p + k, N) : MC_FN(zero)();
        if (k + 1 < N) MC_FN(reflect)(N - 1 - k, N, k, p + k, N, tau[k], p + k + 1, N);
    }
}

/* Q (m, q) from the reflectors in p (m, n), the last first. */
MC_INLINE void MC_FN(start_column)(ptrdiff_t m, ptrdiff_t k, const MC_VEC *v, ptrdiff_t rv, MC_VEC tau, MC_VEC *x, ptrdiff_t rx) {
    MC_UNROLL(4) for (ptrdiff_t i = 0; i < k; ++i) x[i * rx] = MC_FN(zero)();
    x[k * rx] = 1 - tau;
    MC_UNROLL(4) for (ptrdiff_t i = k + 1; i < m; ++i) x[i * rx] = -tau * v[i * rv];
}

static MC_NOINLINE void MC_FN(q_any)(ptrdiff_t m, ptrdiff_t n, ptrdiff_t q, const MC_VEC *p, const MC_VEC *tau, MC_VEC *x) {
    for (ptrdiff_t k = q - 1; k >= 0; --k) {
        MC_FN(start_column)(m, k, p + k, n, tau[k], x + k, q);
        MC_FN(reflect_block)(q - k - 1, m, k, p + k, n, tau[k], x + k + 1, q);
    }
}

MC_INLINE void MC_FN(q_few)(const int N, const MC_VEC *p, const MC_VEC *tau, MC_VEC *x) {
    MC_UNROLL(4) for (int k = N - 1; k >= 0; --k) {
        MC_FN(start_column)(N, k, p + k, N, tau[k], x + k, N);
        if (k + 1 < N) MC_FN(reflect)(N - 1 - k, N, k, p + k, N, tau[k], x + k + 1, N);
    }
}

MC_INLINE void MC_FN(small_qr_of)(const int N, ptrdiff_t m, ptrdiff_t n, const mc_small *s, ptrdiff_t first, ptrdiff_t count,
                                  MC_VEC *scratch) {
    const ptrdiff_t k = m < n ? m : n;
    MC_VEC own[36], *p = N ? own : scratch, *q = N ? own + 16 : p + m * n, *tau = N ? own + 32 : q + m * k;
    for (ptrdiff_t end = first + count; first < end; first += MC_LANES) {
        const MC_FN(items) from = MC_FN(items_at)(s->a, s->a_item, first, end - first);
        const MC_FN(items) to_q = MC_FN(items_at)(s->x, m * k, first, end - first);
        const MC_FN(items) to_r = MC_FN(items_at)(s->y, k * n, first, end - first);
        MC_FN(load_run)(N, &from, 0, m * n, p);
        if (!N) {
            MC_FN(expect)(1, s->x, m * k, first, end - first, m * k);
            MC_FN(expect)(1, s->y, k * n, first, end - first, k * n);
            MC_FN(expect)(0, s->a, s->a_item, first + MC_LANES, end - first - MC_LANES, m * n);
        }
        if (N) {
            MC_FN(qr_few)(N, p, tau);
            MC_FN(q_few)(N, p, tau, q);
        } else {
            MC_FN(qr_any)(m, n, p, tau);
            MC_FN(q_any)(m, n, k, p, tau, q);
        }
        MC_FN(store_run)(N, &to_q, 0, m * k, q);
        MC_UNROLL(4) for (ptrdiff_t i = 1; i < k; ++i) MC_UNROLL(4) for (ptrdiff_t j = 0; j < i; ++j) p[i * n + j] = MC_FN(zero)();
        MC_FN(store_run)(N, &to_r, 0, k * n, p);
    }
}

static void MC_FN(small_qr)(const mc_small *s, ptrdiff_t first, ptrdiff_t count, void *scratch) {
    switch (s->m == s->n ? s->n : 0) {
    case 2: MC_FN(small_qr_of)(2, 2, 2, s, first, count, (MC_VEC *)scratch); break;
    case 3: MC_FN(small_qr_of)(3, 3, 3, s, first, count, (MC_VEC *)scratch); break;
    case 4: MC_FN(small_qr_of)(4, 4, 4, s, first, count, (MC_VEC *)scratch); break;
    default: MC_FN(small_qr_of)(0, s->m, s->n, s, first, count, (MC_VEC *)scratch);
    }
}

static void MC_FN(small_qr_raw)(const mc_small *s, ptrdiff_t first, ptrdiff_t count, void *scratch) {
    const ptrdiff_t m = s->m, n = s->n, k = m < n ? m : n;
    MC_VEC *p = (MC_VEC *)scratch, *tau = p + m * n;
    for (ptrdiff_t end = first + count; first < end; first += MC_LANES) {
        const MC_FN(items) from = MC_FN(items_at)(s->a, s->a_item, first, end - first);
        const MC_FN(items) to = MC_FN(items_at)(s->x, m * n, first, end - first);
        const MC_FN(items) to_tau = MC_FN(items_at)(s->y, k, first, end - first);
        MC_FN(load_any)(&from, 0, m * n, p);
        MC_FN(expect)(0, s->a, s->a_item, first + MC_LANES, end - first - MC_LANES, m * n);
        MC_FN(qr_any)(m, n, p, tau);
        MC_FN(store_any)(&to, 0, m * n, p);
        MC_FN(store_any)(&to_tau, 0, k, tau);
    }
}

/* ------------------------------------------------------------------ least squares */

/* min |r_ii| / max |r_ii|; NaN where one is. */
MC_INLINE MC_VEC MC_FN(diagonal_ratio)(ptrdiff_t n, const MC_VEC *p) {
    MC_VEC most = MC_FN(zero)(), least = MC_FN(abs)(p[0]);
    for (ptrdiff_t i = 0; i < n; ++i) {
        const MC_VEC size = MC_FN(abs)(p[i * (n + 1)]);
        most = MC_FN(largest)(most, size);
        least = MC_FN(pick)(MC_FN(less_bits)(size, least), size, least);
    }
    return MC_FN(pick)(MC_FN(equal)(most, MC_FN(zero)()), most, least / most);
}

static void MC_FN(small_lstsq)(const mc_small *s, ptrdiff_t first, ptrdiff_t count, void *scratch) {
    const ptrdiff_t m = s->m, n = s->n;
    MC_VEC *p = (MC_VEC *)scratch, *tau = p + m * n, *reciprocals = tau + n, *x = reciprocals + n;
    for (ptrdiff_t end = first + count; first < end; first += MC_LANES) {
        const MC_FN(items) from = MC_FN(items_at)(s->a, s->a_item, first, end - first);
        const MC_FN(items) right = MC_FN(items_at)(s->b, s->b_item, first, end - first);
        const MC_FN(items) to = MC_FN(items_at)(s->x, n * s->k, first, end - first);
        MC_FN(load_any)(&from, 0, m * n, p);
        MC_FN(expect)(0, s->a, s->a_item, first + MC_LANES, end - first - MC_LANES, m * n);
        MC_FN(qr_any)(m, n, p, tau);
        for (ptrdiff_t i = 0; i < n; ++i) reciprocals[i] = MC_FN(reciprocal)(p[i * (n + 1)]);
        MC_FN(store_each)(s->rcond, first, from.full, MC_FN(diagonal_ratio)(n, p));
        for (ptrdiff_t j = 0; j < s->k; j += MC_SMALL_COLUMNS) {
            const ptrdiff_t w = s->k - j < MC_SMALL_COLUMNS ? s->k - j : MC_SMALL_COLUMNS;
            MC_FN(load_columns)(&right, m, s->k, j, w, x);
            for (ptrdiff_t k = 0; k < n; ++k) MC_FN(reflect_block)(w, m, k, p + k, n, tau[k], x, w);
            MC_FN(substitute_block)(n, w, MC_FN(upper)(n, p, n, 1, reciprocals), x + (n - 1) * w, -w, 1);
            MC_FN(store_columns)(&to, n, s->k, j, w, x);
        }
    }
}
