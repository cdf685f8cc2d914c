/* small_eigen: eigenvalues and eigenvectors of symmetric matrices by cyclic Jacobi rotations. G. H. Golub and C. F. Van Loan,
 * Matrix Computations (2013), section 8.5. Sweeps go on until every lane has settled; one that has is left as it is. */

enum { MC_FN(sweeps) = 40 };            /* 6 to 9 are usual */

/* The largest power of two not above |x| > 0, a normal number. */
MC_INLINE MC_VEC MC_FN(power_of)(MC_VEC x) {
    const MC_INT exponents = (MC_INT)(MC_ONE_BITS >> MC_MANTISSA) * 2 + 1;
    return MC_FN(max)(MC_FN(splat)(MC_TINY), MC_FN(real)(MC_FN(bits)(x) & (exponents << MC_MANTISSA)));
}

/* The rotation (c, s) with t = s / c that makes the off-diagonal of (a, h/2; h/2, a + d) zero: the smaller angle. Lanes that are
 * not live are not turned. */
typedef struct {
    MC_VEC c, s, t;
} MC_FN(turn);

MC_INLINE MC_FN(turn) MC_FN(turn_of)(MC_VEC d, MC_VEC h, MC_MASK live) {
    const MC_VEC one = MC_FN(splat)(1), zero = MC_FN(zero)();
    const MC_VEC r = MC_FN(sqrt)(MC_FN(multiply_add)(d, d, h * h));
    MC_FN(turn) f;
    f.t = MC_FN(pick)(live, h / (d + MC_FN(copysign)(r, d)), zero);
    f.c = one / MC_FN(sqrt)(MC_FN(multiply_add)(f.t, f.t, one));
    f.s = f.c * f.t;
    return f;
}

/* x, y = c x - s y, s x + c y: n pairs, dx and dy apart. */
MC_INLINE void MC_FN(apply_turn)(const int N, ptrdiff_t n, MC_FN(turn) f, MC_VEC *x, ptrdiff_t dx, MC_VEC *y, ptrdiff_t dy) {
    (void)N;
    MC_UNROLL(4) for (ptrdiff_t i = 0; i < n; ++i) {
        const MC_VEC u = x[i * dx], v = y[i * dy];
        x[i * dx] = MC_FN(multiply_add)(f.c, u, -(f.s * v));
        y[i * dy] = MC_FN(multiply_add)(f.s, u, f.c * v);
    }
}

/* One sweep over the upper triangle of a; rows of v, if any, turn along. */
MC_INLINE void MC_FN(eigen_sweep)(const int N, ptrdiff_t n, MC_VEC *a, MC_VEC *v, MC_MASK settled) {
    const MC_VEC least = MC_FN(splat)(MC_SIZE == 4 ? (MC_REAL)0x1p-55 : (MC_REAL)0x1p-450);
    MC_UNROLL(4) for (ptrdiff_t p = 0; p < n - 1; ++p)
        MC_UNROLL(4) for (ptrdiff_t q = p + 1; q < n; ++q) {
            MC_VEC *apq = a + p * n + q, *app = a + p * (n + 1), *aqq = a + q * (n + 1);
            const MC_VEC x = *apq;
            const MC_MASK live = (MC_MASK)(MC_FN(less)(least, MC_FN(abs)(x)) & ~settled);
            const MC_FN(turn) f = MC_FN(turn_of)(*aqq - *app, x + x, live);
            *app = MC_FN(multiply_add)(-f.t, x, *app);
            *aqq = MC_FN(multiply_add)(f.t, x, *aqq);
            *apq = MC_FN(pick)(settled, x, MC_FN(zero)());
            MC_FN(apply_turn)(N, p, f, a + p, n, a + q, n);
            MC_FN(apply_turn)(N, q - p - 1, f, a + p * n + p + 1, 1, a + (p + 1) * n + q, n);
            MC_FN(apply_turn)(N, n - q - 1, f, a + p * n + q + 1, 1, a + q * n + q + 1, 1);
            if (v) MC_FN(apply_turn)(N, n, f, v + p * n, 1, v + q * n, 1);
        }
}

MC_INLINE MC_VEC MC_FN(largest_above)(ptrdiff_t n, const MC_VEC *a) {
    MC_VEC most = MC_FN(zero)();
    MC_UNROLL(4) for (ptrdiff_t i = 0; i < n; ++i)
        MC_UNROLL(4) for (ptrdiff_t j = i + 1; j < n; ++j) most = MC_FN(largest)(most, a[i * n + j]);
    return most;
}

/* Values w in rising order (falling: their negatives are), rows of x (l) and y (k), if any, along: exchanges between neighbours. */
MC_INLINE void MC_FN(sort_rows)(const int falling, ptrdiff_t n, MC_VEC *w, ptrdiff_t l, MC_VEC *x, ptrdiff_t k, MC_VEC *y) {
    MC_UNROLL(4) for (ptrdiff_t end = n - 1; end > 0; --end)
        MC_UNROLL(4) for (ptrdiff_t i = 0; i < end; ++i) {
            const MC_VEC a = w[i], b = w[i + 1];
            const MC_MASK wrong = falling ? MC_FN(less)(a, b) : MC_FN(less)(b, a);
            if (MC_FN(all)((MC_MASK)~wrong)) continue;
            w[i] = MC_FN(pick)(wrong, b, a);
            w[i + 1] = MC_FN(pick)(wrong, a, b);
            for (ptrdiff_t j = 0; j < l; ++j) {
                const MC_VEC u = x[i * l + j], v = x[(i + 1) * l + j];
                x[i * l + j] = MC_FN(pick)(wrong, v, u);
                x[(i + 1) * l + j] = MC_FN(pick)(wrong, u, v);
            }
            for (ptrdiff_t j = 0; j < k; ++j) {
                const MC_VEC u = y[i * k + j], v = y[(i + 1) * k + j];
                y[i * k + j] = MC_FN(pick)(wrong, v, u);
                y[(i + 1) * k + j] = MC_FN(pick)(wrong, u, v);
            }
        }
}

/* a (n, n), its upper triangle read; w (n) in rising order, rows of v its eigenvectors (NULL: none). 1 in info where a lane has
 * not settled. */
MC_INLINE MC_VEC MC_FN(eigen_pack)(const int N, ptrdiff_t n, MC_VEC *a, MC_VEC *v, MC_VEC *w) {
    const MC_VEC zero = MC_FN(zero)(), one = MC_FN(splat)(1);
    MC_VEC most = MC_FN(largest_above)(n, a);
    MC_UNROLL(4) for (ptrdiff_t i = 0; i < n; ++i) most = MC_FN(largest)(most, a[i * (n + 1)]);
    const MC_VEC unit = MC_FN(power_of)(most), inverse = one / unit;
    const MC_VEC near = MC_FN(splat)(MC_SIZE == 4 ? (MC_REAL)0x1p-24 : (MC_REAL)0x1p-53);
    MC_UNROLL(4) for (ptrdiff_t i = 0; i < n * n; ++i) a[i] *= inverse;
    if (v) MC_UNROLL(4) for (ptrdiff_t i = 0; i < n * n; ++i) v[i] = i % (n + 1) ? zero : one;
    MC_MASK settled = MC_FN(less)(MC_FN(largest_above)(n, a), near);
    settled = (MC_MASK)(settled | ~MC_FN(less)(most, MC_FN(splat)(MC_INFINITE)));    /* not finite: nothing to be found */
    for (int sweep = 0; sweep < MC_FN(sweeps) && !MC_FN(all)(settled); ++sweep) {
        MC_FN(eigen_sweep)(N, n, a, v, settled);
        settled = (MC_MASK)(settled | MC_FN(less)(MC_FN(largest_above)(n, a), near));
    }
    MC_UNROLL(4) for (ptrdiff_t i = 0; i < n; ++i) w[i] = MC_FN(pick)(MC_FN(less)(most, MC_FN(splat)(MC_INFINITE)),
                                                     a[i * (n + 1)] * unit, most - most);
    MC_FN(sort_rows)(0, n, w, v ? n : 0, v, 0, NULL);
    return MC_FN(pick)(settled, zero, one);
}

MC_INLINE void MC_FN(small_eigen_of)(const int N, ptrdiff_t n, const mc_small *s, ptrdiff_t first, ptrdiff_t count, MC_VEC *scratch) {
    MC_VEC own[40], *a = N ? own : scratch, *v = N ? own + 16 : a + n * n, *w = N ? own + 32 : v + n * n;
    for (ptrdiff_t end = first + count; first < end; first += MC_LANES) {
        const MC_FN(items) from = MC_FN(items_at)(s->a, s->a_item, first, end - first);
        const MC_FN(items) to = MC_FN(items_at)(s->x, n, first, end - first);
        MC_FN(load_run)(N, &from, 0, n * n, a);
        if (s->lower) MC_FN(transpose_pack)(n, a);
        const MC_VEC info = MC_FN(eigen_pack)(N, n, a, s->y ? v : NULL, w);
        MC_FN(store_run)(N, &to, 0, n, w);
        if (s->y) {
            const MC_FN(items) vectors = MC_FN(items_at)(s->y, n * n, first, end - first);
            MC_FN(transpose_pack)(n, v);
            MC_FN(store_run)(N, &vectors, 0, n * n, v);
        }
        MC_FN(store_whole)(s->info + first, 1, from.full, info);
    }
}

static void MC_FN(small_eigen)(const mc_small *s, ptrdiff_t first, ptrdiff_t count, void *scratch) {
    MC_SMALL_BY_ORDER(small_eigen_of, s->n, s, first, count, (MC_VEC *)scratch)
}
