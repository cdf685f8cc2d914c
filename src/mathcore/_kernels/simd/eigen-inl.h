/* eigen: see eigen.h. G. H. Golub and C. F. Van Loan, Matrix Computations (2013), section 8.3. */
#define MC_EV (MC_EIGEN_UNIT / (MC_LANES * MC_SIZE))    /* vectors of a unit */
#define MC_EL (MC_EIGEN_UNIT / MC_SIZE)                 /* lanes of a unit */

/* a b + c as multiply_add has it */
MC_INLINE MC_REAL MC_FN(fused)(MC_REAL a, MC_REAL b, MC_REAL c) {
#if MC_FUSED
    return MC_SIZE == 4 ? (MC_REAL)__builtin_fmaf((float)a, (float)b, (float)c) : (MC_REAL)__builtin_fma((double)a, (double)b, (double)c);
#else
    return a * b + c;
#endif
}

MC_INLINE MC_REAL MC_FN(root)(MC_REAL x) {
    return MC_SIZE == 4 ? (MC_REAL)__builtin_sqrtf((float)x) : (MC_REAL)__builtin_sqrt((double)x);
}

/* Sum of x_i y_i over whole units from i on; lanes before `from` count as zero. */
MC_INLINE MC_REAL MC_FN(unit_dot)(ptrdiff_t from, ptrdiff_t end, const MC_REAL *x, const MC_REAL *y) {
    MC_VEC sum[MC_EV];
    MC_UNROLL(8) for (int v = 0; v < MC_EV; ++v) sum[v] = MC_FN(zero)();
    for (ptrdiff_t i = from / MC_EL * MC_EL; i < end; i += MC_EL)
        MC_UNROLL(8) for (int v = 0; v < MC_EV; ++v) {
            const ptrdiff_t at = i + v * MC_LANES;
            MC_VEC u = MC_FN(load)(x + at);
            if (at < from) u = MC_FN(pick)(MC_FN(first)((int)(from - at)), MC_FN(zero)(), u);
            sum[v] = MC_FN(multiply_add)(u, MC_FN(load)(y + at), sum[v]);
        }
    MC_UNROLL(4) for (int half = MC_EV / 2; half > 0; half /= 2)
        for (int v = 0; v < half; ++v) sum[v] += sum[v + half];
    return MC_FN(fold)(sum[0]);
}

/* The reflector that leaves x only its element `at`: what follows it is divided, the element becomes 1; returns what is left.
 * Elements so small beside the matrix that their squares lose digits count as zero. */
MC_INLINE MC_REAL MC_FN(reflector)(ptrdiff_t at, ptrdiff_t end, MC_REAL *x, MC_REAL *tau) {
    const MC_REAL alpha = x[at], rest = MC_FN(unit_dot)(at + 1, end, x, x);
    if (rest < (MC_SIZE == 4 ? (MC_REAL)0x1p-100 : (MC_REAL)0x1p-900)) {
        *tau = 0;
        x[at] = 1;
        return alpha;
    }
    const MC_REAL size = MC_FN(root)(MC_FN(fused)(alpha, alpha, rest)), beta = alpha < 0 ? size : -size;
    const MC_REAL scale = 1 / (alpha - beta);
    *tau = (beta - alpha) / beta;
    for (ptrdiff_t i = at + 1; i < end; ++i) x[i] *= scale;
    x[at] = 1;
    return beta;
}

/* y (from, rounded down to a unit, ... end) = sum of v_i row_i over rows from ... n, V vectors at a time. */
MC_INLINE void MC_FN(sum_rows)(const int V, ptrdiff_t from, ptrdiff_t n, const MC_REAL *a, ptrdiff_t ld, const MC_REAL *v, MC_REAL *y) {
    MC_VEC sum[4];
    MC_UNROLL(4) for (int u = 0; u < V; ++u) sum[u] = MC_FN(zero)();
    for (ptrdiff_t i = from; i < n; ++i)
        MC_UNROLL(4) for (int u = 0; u < V; ++u)
            sum[u] = MC_FN(multiply_add)(MC_FN(splat)(v[i]), MC_FN(load)(a + i * ld + u * MC_LANES), sum[u]);
    MC_UNROLL(4) for (int u = 0; u < V; ++u) MC_FN(store)(y + u * MC_LANES, sum[u]);
}

MC_INLINE void MC_FN(all_sums)(ptrdiff_t from, ptrdiff_t n, ptrdiff_t ld, const MC_REAL *a, const MC_REAL *v, MC_REAL *y) {
    ptrdiff_t j = from / MC_LANES * MC_LANES;
    for (; j + 4 * MC_LANES <= ld; j += 4 * MC_LANES) MC_FN(sum_rows)(4, from, n, a + j, ld, v, y + j);
    for (; j < ld; j += MC_LANES) MC_FN(sum_rows)(1, from, n, a + j, ld, v, y + j);
}

/* Rows from ... n, V vectors of them: less v w' + w v'; and at once y = the sum of next_i row_i, as sum_rows has it. */
MC_INLINE void MC_FN(update_rows)(const int V, ptrdiff_t from, ptrdiff_t n, MC_REAL *a, ptrdiff_t ld, ptrdiff_t j, const MC_REAL *v,
                                  const MC_REAL *w, const MC_REAL *next, MC_REAL *y) {
    MC_VEC sum[4], vj[4], wj[4];
    MC_UNROLL(4) for (int u = 0; u < V; ++u) {
        sum[u] = MC_FN(zero)();
        vj[u] = MC_FN(load)(v + j + u * MC_LANES);
        wj[u] = MC_FN(load)(w + j + u * MC_LANES);
    }
    for (ptrdiff_t i = from; i < n; ++i) {
        MC_REAL *x = a + i * ld + j;
        const MC_VEC vi = MC_FN(splat)(-v[i]), wi = MC_FN(splat)(-w[i]), e = MC_FN(splat)(next[i]);
        MC_UNROLL(4) for (int u = 0; u < V; ++u) {
            const MC_VEC t = MC_FN(multiply_add)(vi, wj[u], MC_FN(multiply_add)(wi, vj[u], MC_FN(load)(x + u * MC_LANES)));
            MC_FN(store)(x + u * MC_LANES, t);
            sum[u] = MC_FN(multiply_add)(e, t, sum[u]);
        }
    }
    MC_UNROLL(4) for (int u = 0; u < V; ++u) MC_FN(store)(y + j + u * MC_LANES, sum[u]);
}

/* The update of one step and the product of the next are one pass over the matrix. */
static void MC_FN(eigen_reduce)(ptrdiff_t n, void *a0, ptrdiff_t ld, void *d0, void *e0, void *tau0, void *w0) {
    MC_REAL *a = (MC_REAL *)a0, *d = (MC_REAL *)d0, *e = (MC_REAL *)e0, *tau = (MC_REAL *)tau0, *w = (MC_REAL *)w0, *y = w + ld;
    d[0] = a[0];
    if (n == 1) return;
    e[0] = MC_FN(reflector)(1, ld, a, tau);
    MC_FN(all_sums)(1, n, ld, a, a, w);
    for (ptrdiff_t k = 0;; ++k) {
        const MC_REAL *v = a + k * ld;
        MC_REAL *next = a + (k + 1) * ld, *spare = w;
        const ptrdiff_t from = k + 1;
        const MC_REAL half = tau[k] * tau[k] * MC_FN(unit_dot)(from, ld, w, v) * (MC_REAL)0.5;
        for (ptrdiff_t j = from / MC_LANES * MC_LANES; j < ld; j += MC_LANES) {
            const MC_VEC vj = MC_FN(load)(v + j);
            const MC_VEC wj = MC_FN(multiply_add)(MC_FN(splat)(-half), vj, MC_FN(splat)(tau[k]) * MC_FN(load)(w + j));
            MC_FN(store)(w + j, wj);
        }
        for (ptrdiff_t j = from / MC_LANES * MC_LANES; j < ld; j += MC_LANES)
            MC_FN(store)(next + j, MC_FN(multiply_add)(MC_FN(splat)(-v[from]), MC_FN(load)(w + j), MC_FN(multiply_add)(
                MC_FN(splat)(-w[from]), MC_FN(load)(v + j), MC_FN(load)(next + j))));
        d[from] = next[from];
        if (from == n - 1) return;
        e[from] = MC_FN(reflector)(from + 1, ld, next, tau + from);
        ptrdiff_t j = (from + 1) / MC_LANES * MC_LANES;
        for (; j + 4 * MC_LANES <= ld; j += 4 * MC_LANES) MC_FN(update_rows)(4, from + 1, n, a, ld, j, v, w, next, y);
        for (; j < ld; j += MC_LANES) MC_FN(update_rows)(1, from + 1, n, a, ld, j, v, w, next, y);
        w = y;
        y = spare;
    }
}

/* Rows from ... n of q, V vectors of them: less tau v w'; and at once y = the sum of next_i row_i from row from - 1 on. */
MC_INLINE void MC_FN(apply_rows)(const int V, ptrdiff_t from, ptrdiff_t n, MC_REAL *q, ptrdiff_t ld, ptrdiff_t j, MC_REAL tau,
                                 const MC_REAL *v, const MC_REAL *w, const MC_REAL *next, MC_REAL *y) {
    MC_VEC sum[4], wj[4];
    MC_UNROLL(4) for (int u = 0; u < V; ++u) {
        sum[u] = MC_FN(multiply_add)(MC_FN(splat)(next[from - 1]), MC_FN(load)(q + (from - 1) * ld + j + u * MC_LANES), MC_FN(zero)());
        wj[u] = MC_FN(load)(w + j + u * MC_LANES);
    }
    for (ptrdiff_t i = from; i < n; ++i) {
        MC_REAL *x = q + i * ld + j;
        const MC_VEC s = MC_FN(splat)(-tau * v[i]), e = MC_FN(splat)(next[i]);
        MC_UNROLL(4) for (int u = 0; u < V; ++u) {
            const MC_VEC t = MC_FN(multiply_add)(s, wj[u], MC_FN(load)(x + u * MC_LANES));
            MC_FN(store)(x + u * MC_LANES, t);
            sum[u] = MC_FN(multiply_add)(e, t, sum[u]);
        }
    }
    MC_UNROLL(4) for (int u = 0; u < V; ++u) MC_FN(store)(y + j + u * MC_LANES, sum[u]);
}

static void MC_FN(eigen_form)(ptrdiff_t n, const void *a0, ptrdiff_t ld, const void *tau0, void *q0, void *w0) {
    const MC_REAL *a = (const MC_REAL *)a0, *tau = (const MC_REAL *)tau0;
    MC_REAL *q = (MC_REAL *)q0, *w = (MC_REAL *)w0, *y = w + ld;
    memset(q, 0, (size_t)(n * ld) * MC_SIZE);
    for (ptrdiff_t i = 0; i < n; ++i) q[i * (ld + 1)] = 1;
    if (n > 1) MC_FN(all_sums)(n - 1, n, ld, q, a + (n - 2) * ld, w);
    for (ptrdiff_t k = n - 2; k >= 0; --k) {
        const MC_REAL *v = a + k * ld, *next = k ? v - ld : v;      /* of the last step the sums are not used */
        const ptrdiff_t from = k + 1;
        MC_REAL *spare = w;
        ptrdiff_t j = from / MC_LANES * MC_LANES;
        if (k && k / MC_LANES * MC_LANES < j)
            MC_FN(store)(y + j - MC_LANES, MC_FN(multiply_add)(MC_FN(splat)(next[k]), MC_FN(load)(q + k * ld + j - MC_LANES),
                                                               MC_FN(zero)()));
        for (; j + 4 * MC_LANES <= ld; j += 4 * MC_LANES) MC_FN(apply_rows)(4, from, n, q, ld, j, tau[k], v, w, next, y);
        for (; j < ld; j += MC_LANES) MC_FN(apply_rows)(1, from, n, q, ld, j, tau[k], v, w, next, y);
        w = y;
        y = spare;
    }
}

/* Rows of z: c low - s high, s low + c high. */
MC_INLINE void MC_FN(turn_rows)(ptrdiff_t ld, MC_REAL *low, MC_REAL *high, MC_REAL c0, MC_REAL s0) {
    const MC_VEC c = MC_FN(splat)(c0), s = MC_FN(splat)(s0);
    for (ptrdiff_t j = 0; j < ld; j += MC_LANES) {
        const MC_VEC x = MC_FN(load)(low + j), y = MC_FN(load)(high + j);
        MC_FN(store)(high + j, MC_FN(multiply_add)(s, x, c * y));
        MC_FN(store)(low + j, MC_FN(multiply_add)(c, x, -(s * y)));
    }
}

MC_INLINE MC_REAL MC_FN(size_of)(MC_REAL x) { return x < 0 ? -x : x; }

/* One step of QL between rows l and m, with Wilkinson's shift; r and s of the last rotation carry what its own rows still lose. */
MC_INLINE void MC_FN(ql_step)(ptrdiff_t n, ptrdiff_t l, ptrdiff_t m, MC_REAL *d, MC_REAL *e, MC_REAL *z, ptrdiff_t ld) {
    const MC_REAL least = MC_SIZE == 4 ? (MC_REAL)0x1p-100 : (MC_REAL)0x1p-900;
    MC_REAL g = (d[l + 1] - d[l]) / (2 * e[l]), r = MC_FN(root)(MC_FN(fused)(g, g, 1)), s = 1, c = 1;
    g = (d[m] - d[l]) + e[l] / (g + (g < 0 ? -r : r));
    r = 0;
    for (ptrdiff_t i = m - 1; i >= l; --i) {
        const MC_REAL f = s * e[i], b = c * e[i], square = MC_FN(fused)(f, f, g * g), q = MC_FN(fused)(-s, r, d[i + 1]);
        if (square < least) {           /* a zero on the way: what is done holds, the rest starts again */
            d[i + 1] = q;
            if (m < n - 1) e[m] = 0;
            if (i + 1 < m) e[i + 1] = MC_FN(root)(square);
            return;
        }
        const MC_REAL inverse = MC_FN(root)(square) * (1 / square);     /* both at once: 1 / root would wait for the root */
        e[i + 1] = square * inverse;
        s = f * inverse;
        c = g * inverse;
        r = MC_FN(fused)(d[i] - q, s, 2 * c * b);
        d[i + 1] = MC_FN(fused)(s, r, q);
        g = MC_FN(fused)(c, r, -b);
        if (z) MC_FN(turn_rows)(ld, z + i * ld, z + (i + 1) * ld, c, s);
    }
    d[l] = MC_FN(fused)(-s, r, d[l]);
    e[l] = g;
    if (m < n - 1) e[m] = 0;
}

static ptrdiff_t MC_FN(eigen_solve)(ptrdiff_t n, void *d0, void *e0, void *z, ptrdiff_t ld) {
    const MC_REAL eps = MC_SIZE == 4 ? (MC_REAL)0x1p-24 : (MC_REAL)0x1p-53;
    MC_REAL *d = (MC_REAL *)d0, *e = (MC_REAL *)e0;
    for (ptrdiff_t l = 0; l < n - 1; ++l)
        for (int steps = 0;; ++steps) {
            ptrdiff_t m = l;
            for (; m < n - 1; ++m) {
                /* beside its neighbours, or beside a matrix whose largest element is 1 to 2 */
                if (!(eps * (MC_FN(size_of)(d[m]) + MC_FN(size_of)(d[m + 1]) + (MC_REAL)0.125) < MC_FN(size_of)(e[m]))) break;
            }
            if (m == l) break;
            if (steps == 50) return l + 1;
            MC_FN(ql_step)(n, l, m, d, e, (MC_REAL *)z, ld);
        }
    return 0;
}

static void MC_FN(eigen_columns)(ptrdiff_t n, const void *x0, ptrdiff_t ld, const ptrdiff_t *order, void *to0) {
    const MC_REAL *x = (const MC_REAL *)x0;
    MC_REAL *to = (MC_REAL *)to0;
    for (ptrdiff_t r = 0; r < n; r += MC_LANES)
        for (ptrdiff_t j = 0; j < n; j += MC_LANES) {
            const int rows = n - r < MC_LANES ? (int)(n - r) : MC_LANES;
            MC_VEC t[MC_LANES];
            MC_UNROLL(16) for (int l = 0; l < MC_LANES; ++l) t[l] = MC_FN(load)(x + order[r + (l < rows ? l : rows - 1)] * ld + j);
            MC_FN(transpose)(t);
            MC_UNROLL(16) for (int l = 0; l < MC_LANES; ++l) {
                if (j + l >= n) break;
                if (rows == MC_LANES) MC_FN(store)(to + (j + l) * n + r, t[l]);
                else MC_FN(store_tail)(to + (j + l) * n + r, t[l], rows);
            }
        }
}

static double MC_FN(eigen_take)(ptrdiff_t n, const void *x0, ptrdiff_t rsx, ptrdiff_t csx, int lower, void *a0, ptrdiff_t ld) {
    const MC_REAL *x = (const MC_REAL *)x0;
    MC_REAL *a = (MC_REAL *)a0, most = 0, unit[MC_LANES];
    for (ptrdiff_t i = 0; i < n; ++i)
        for (ptrdiff_t j = 0; j <= i; ++j) {
            const MC_REAL e = lower ? x[i * rsx + j * csx] : x[j * rsx + i * csx], size = MC_FN(size_of)(e);
            if (!(size <= most)) most = size;
            if (!(size - size == 0)) return __builtin_nan("");
        }
    MC_FN(store)(unit, MC_FN(power_of)(MC_FN(splat)(most)));
    const MC_REAL inverse = 1 / unit[0];
    for (ptrdiff_t i = 0; i < n; ++i) {
        for (ptrdiff_t j = 0; j <= i; ++j)
            a[i * ld + j] = a[j * ld + i] = inverse * (lower ? x[i * rsx + j * csx] : x[j * rsx + i * csx]);
        memset(a + i * ld + n, 0, (size_t)(ld - n) * MC_SIZE);
    }
    return (double)unit[0];
}

static const mc_eigen_ops *MC_FN(eigen_ops)(void) {
    static const mc_eigen_ops ops = {MC_SIZE, MC_FN(eigen_reduce), MC_FN(eigen_form), MC_FN(eigen_solve), MC_FN(eigen_columns),
                                     MC_FN(eigen_take)};
    return &ops;
}

#undef MC_EV
#undef MC_EL
