/* small_eigen: symmetric eigenproblems as eigen-inl.h solves them, one matrix in each lane and by the same operations: reduction
 * to tridiagonal form, implicit QL in which every lane has its own steps. */

/* Sum of x_i y_i, i = from ... n, in the virtual lanes of eigen.h. */
MC_INLINE MC_VEC MC_FN(lane_dot)(ptrdiff_t from, ptrdiff_t n, const MC_VEC *x, const MC_VEC *y) {
    enum { LANES = 64 / MC_SIZE };
    MC_VEC sum[LANES];
    MC_UNROLL(16) for (int l = 0; l < LANES; ++l) sum[l] = MC_FN(zero)();
    for (ptrdiff_t i = from; i < n; ++i) sum[i % LANES] = MC_FN(multiply_add)(x[i], y[i], sum[i % LANES]);
    for (int half = LANES / 2; half; half /= 2)
        for (int l = 0; l < half; ++l) sum[l] += sum[l + half];
    return sum[0];
}

/* y_j = sum of v_i a_ij over i = from ... n, for j = from ... n */
MC_INLINE void MC_FN(lane_sums)(ptrdiff_t from, ptrdiff_t n, const MC_VEC *a, const MC_VEC *v, MC_VEC *y) {
    ptrdiff_t j = from;
    for (; j + 4 <= n; j += 4) {
        MC_VEC sum[4];
        MC_UNROLL(4) for (int u = 0; u < 4; ++u) sum[u] = MC_FN(zero)();
        for (ptrdiff_t i = from; i < n; ++i)
            MC_UNROLL(4) for (int u = 0; u < 4; ++u) sum[u] = MC_FN(multiply_add)(v[i], a[i * n + j + u], sum[u]);
        MC_UNROLL(4) for (int u = 0; u < 4; ++u) y[j + u] = sum[u];
    }
    for (; j < n; ++j) {
        MC_VEC sum = MC_FN(zero)();
        for (ptrdiff_t i = from; i < n; ++i) sum = MC_FN(multiply_add)(v[i], a[i * n + j], sum);
        y[j] = sum;
    }
}

/* Diagonal d, off-diagonal e, reflectors in the rows of a right of its diagonal; w: a row. */
MC_INLINE void MC_FN(lane_reduce)(ptrdiff_t n, MC_VEC *a, MC_VEC *d, MC_VEC *e, MC_VEC *tau, MC_VEC *w) {
    const MC_VEC zero = MC_FN(zero)(), one = MC_FN(splat)(1);
    for (ptrdiff_t k = 0; k < n - 1; ++k) {
        MC_VEC *v = a + k * n;
        const ptrdiff_t from = k + 1;
        const MC_VEC alpha = v[from], rest = MC_FN(lane_dot)(from + 1, n, v, v);
        const MC_MASK none = MC_FN(less)(rest, MC_FN(splat)(MC_SIZE == 4 ? (MC_REAL)0x1p-100 : (MC_REAL)0x1p-900));
        const MC_VEC size = MC_FN(sqrt)(MC_FN(multiply_add)(alpha, alpha, rest));
        const MC_VEC beta = MC_FN(pick)(MC_FN(less)(alpha, zero), size, -size);
        const MC_VEC scale = MC_FN(pick)(none, one, one / (alpha - beta));
        d[k] = v[k];
        e[k] = MC_FN(pick)(none, alpha, beta);
        tau[k] = MC_FN(pick)(none, zero, (beta - alpha) / beta);
        v[from] = one;
        for (ptrdiff_t i = from + 1; i < n; ++i) v[i] = v[i] * scale;
        MC_FN(lane_sums)(from, n, a, v, w);
        const MC_VEC half = tau[k] * tau[k] * MC_FN(lane_dot)(from, n, w, v) * (MC_REAL)0.5;
        for (ptrdiff_t j = from; j < n; ++j) w[j] = MC_FN(multiply_add)(-half, v[j], tau[k] * w[j]);
        for (ptrdiff_t i = from; i < n; ++i)
            for (ptrdiff_t j = from; j < n; ++j)
                a[i * n + j] = MC_FN(multiply_add)(-v[i], w[j], MC_FN(multiply_add)(-w[i], v[j], a[i * n + j]));
    }
    d[n - 1] = a[n * n - 1];
}

MC_INLINE void MC_FN(lane_form)(ptrdiff_t n, const MC_VEC *a, const MC_VEC *tau, MC_VEC *q, MC_VEC *w) {
    for (ptrdiff_t i = 0; i < n * n; ++i) q[i] = MC_FN(splat)(i % (n + 1) == 0);
    for (ptrdiff_t k = n - 2; k >= 0; --k) {
        const MC_VEC *v = a + k * n;
        MC_FN(lane_sums)(k + 1, n, q, v, w);
        for (ptrdiff_t i = k + 1; i < n; ++i) {
            const MC_VEC s = -tau[k] * v[i];
            for (ptrdiff_t j = k + 1; j < n; ++j) q[i * n + j] = MC_FN(multiply_add)(s, w[j], q[i * n + j]);
        }
    }
}

/* Rows `low` and `high` of the lanes that are on. */
MC_INLINE void MC_FN(lane_turn)(ptrdiff_t n, MC_VEC *low, MC_VEC *high, MC_VEC c, MC_VEC s, MC_MASK on) {
    if (MC_FN(all)(on))
        MC_UNROLL(4) for (ptrdiff_t j = 0; j < n; ++j) {
            const MC_VEC x = low[j], y = high[j];
            high[j] = MC_FN(multiply_add)(s, x, c * y);
            low[j] = MC_FN(multiply_add)(c, x, -(s * y));
        }
    else
        MC_UNROLL(4) for (ptrdiff_t j = 0; j < n; ++j) {
            const MC_VEC x = low[j], y = high[j];
            high[j] = MC_FN(pick)(on, MC_FN(multiply_add)(s, x, c * y), y);
            low[j] = MC_FN(pick)(on, MC_FN(multiply_add)(c, x, -(s * y)), x);
        }
}

/* Element at[lane] of each lane of x becomes zero where `where` is set. */
MC_INLINE void MC_FN(lane_clear)(ptrdiff_t from, ptrdiff_t n, MC_VEC *x, MC_VEC at, MC_MASK where) {
    for (ptrdiff_t j = from; j < n; ++j)
        x[j] = MC_FN(pick)((MC_MASK)(where & MC_FN(equal)(at, MC_FN(splat)((MC_REAL)j))), MC_FN(zero)(), x[j]);
}

/* One step of QL between rows l and m of the lanes that are live. */
MC_INLINE void MC_FN(lane_step)(ptrdiff_t n, ptrdiff_t l, MC_VEC m, MC_MASK live, MC_VEC *d, MC_VEC *e, MC_VEC *z) {
    const MC_VEC one = MC_FN(splat)(1), zero = MC_FN(zero)(), least = MC_FN(splat)(MC_SIZE == 4 ? (MC_REAL)0x1p-100 : (MC_REAL)0x1p-900);
    MC_VEC dm = zero, g = (d[l + 1] - d[l]) / (2 * e[l]), r = MC_FN(sqrt)(MC_FN(multiply_add)(g, g, one)), s = one, c = one;
    for (ptrdiff_t j = l + 1; j < n; ++j) dm = MC_FN(pick)(MC_FN(equal)(m, MC_FN(splat)((MC_REAL)j)), d[j], dm);
    g = (dm - d[l]) + e[l] / (g + MC_FN(pick)(MC_FN(less)(g, zero), -r, r));
    r = zero;
    for (ptrdiff_t i = n - 2; i >= l; --i) {
        MC_MASK on = (MC_MASK)(live & MC_FN(less)(MC_FN(splat)((MC_REAL)i), m));
        if (MC_FN(all)((MC_MASK)~on)) continue;
        const MC_VEC f = s * e[i], b = c * e[i], square = MC_FN(multiply_add)(f, f, g * g), q = MC_FN(multiply_add)(-s, r, d[i + 1]);
        const MC_MASK gone = (MC_MASK)(on & MC_FN(less)(square, least));
        if (!MC_FN(all)((MC_MASK)~gone)) {
            d[i + 1] = MC_FN(pick)(gone, q, d[i + 1]);
            MC_FN(lane_clear)(l + 1, n - 1, e, m, gone);
            const MC_MASK inside = (MC_MASK)(gone & MC_FN(less)(MC_FN(splat)((MC_REAL)(i + 1)), m));
            e[i + 1] = MC_FN(pick)(inside, MC_FN(sqrt)(square), e[i + 1]);
            live = (MC_MASK)(live & ~gone);
            on = (MC_MASK)(on & ~gone);
            if (MC_FN(all)((MC_MASK)~on)) continue;
        }
        const MC_VEC inverse = MC_FN(sqrt)(square) * (1 / square);
        e[i + 1] = MC_FN(pick)(on, square * inverse, e[i + 1]);
        s = MC_FN(pick)(on, f * inverse, s);
        c = MC_FN(pick)(on, g * inverse, c);
        r = MC_FN(pick)(on, MC_FN(multiply_add)(d[i] - q, s, 2 * c * b), r);
        d[i + 1] = MC_FN(pick)(on, MC_FN(multiply_add)(s, r, q), d[i + 1]);
        g = MC_FN(pick)(on, MC_FN(multiply_add)(c, r, -b), g);
        if (z) MC_FN(lane_turn)(n, z + i * n, z + (i + 1) * n, c, s, on);
    }
    d[l] = MC_FN(pick)(live, MC_FN(multiply_add)(-s, r, d[l]), d[l]);
    e[l] = MC_FN(pick)(live, g, e[l]);
    MC_FN(lane_clear)(l + 1, n - 1, e, m, live);
}

/* Eigenvalues of the tridiagonal matrices into d; rows of z, if any, turn along. 1 + the number of the first that does not
 * converge, or 0. */
MC_INLINE MC_VEC MC_FN(lane_solve)(ptrdiff_t n, MC_VEC *d, MC_VEC *e, MC_VEC *z, MC_MASK out) {
    const MC_VEC zero = MC_FN(zero)(), eps = MC_FN(splat)(MC_SIZE == 4 ? (MC_REAL)0x1p-24 : (MC_REAL)0x1p-53);
    MC_VEC info = zero;
    for (ptrdiff_t l = 0; l < n - 1; ++l)
        for (int steps = 0;; ++steps) {
            MC_VEC m = MC_FN(splat)((MC_REAL)(n - 1));
            for (ptrdiff_t j = n - 2; j >= l; --j) {
                const MC_VEC near = eps * (MC_FN(abs)(d[j]) + MC_FN(abs)(d[j + 1]) + (MC_REAL)0.125);
                m = MC_FN(pick)(MC_FN(less)(near, MC_FN(abs)(e[j])), m, MC_FN(splat)((MC_REAL)j));
            }
            MC_MASK live = (MC_MASK)(MC_FN(less)(MC_FN(splat)((MC_REAL)l), m) & ~out);
            if (MC_FN(all)((MC_MASK)~live)) break;
            if (steps == 50) {
                info = MC_FN(pick)(live, MC_FN(splat)((MC_REAL)(l + 1)), info);
                out = (MC_MASK)(out | live);
                break;
            }
            MC_FN(lane_step)(n, l, m, live, d, e, z);
        }
    return info;
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

static void MC_FN(small_eigen)(const mc_small *s, ptrdiff_t first, ptrdiff_t count, void *scratch) {
    const ptrdiff_t n = s->n;
    MC_VEC *a = (MC_VEC *)scratch, *z = a + n * n, *d = z + n * n, *e = d + n, *tau = e + n, *w = tau + n;
    for (ptrdiff_t end = first + count; first < end; first += MC_LANES) {
        const MC_FN(items) from = MC_FN(items_at)(s->a, s->a_item, first, end - first);
        const MC_FN(items) to = MC_FN(items_at)(s->x, n, first, end - first);
        MC_VEC most = MC_FN(zero)();
        MC_FN(load_any)(&from, 0, n * n, a);
        for (ptrdiff_t i = 0; i < n; ++i)
            for (ptrdiff_t j = 0; j <= i; ++j) {
                MC_VEC *low = a + i * n + j, *high = a + j * n + i;
                if (s->lower) *high = *low;
                else *low = *high;
                most = MC_FN(largest)(most, *low);
            }
        const MC_MASK finite = MC_FN(less)(most, MC_FN(splat)((MC_REAL)__builtin_inf()));
        const MC_VEC unit = MC_FN(power_of)(most), inverse = 1 / unit;
        for (ptrdiff_t i = 0; i < n * n; ++i) a[i] *= inverse;
        MC_FN(lane_reduce)(n, a, d, e, tau, w);
        if (s->y) {
            MC_FN(lane_form)(n, a, tau, z, w);
            MC_FN(transpose_pack)(n, z);
        }
        MC_VEC info = MC_FN(lane_solve)(n, d, e, s->y ? z : NULL, (MC_MASK)~finite);
        info = MC_FN(pick)(finite, info, MC_FN(splat)(-1));
        for (ptrdiff_t i = 0; i < n; ++i) d[i] *= unit;
        MC_FN(sort_rows)(0, n, d, s->y ? n : 0, z, 0, NULL);
        MC_FN(store_any)(&to, 0, n, d);
        if (s->y) {
            const MC_FN(items) vectors = MC_FN(items_at)(s->y, n * n, first, end - first);
            MC_FN(transpose_pack)(n, z);
            MC_FN(store_any)(&vectors, 0, n * n, z);
        }
        MC_FN(store_whole)(s->info + first, 1, from.full, info);
    }
}
