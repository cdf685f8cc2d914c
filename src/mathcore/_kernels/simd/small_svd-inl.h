/* small_svd: singular values and vectors by one-sided Jacobi rotations: columns turned in pairs until all are orthogonal. Every
 * singular value is found to high relative accuracy. J. Demmel and K. Veselic, SIAM J. Matrix Anal. Appl. 13 (1992) 1204. */

enum { MC_FN(sweeps) = 40 };            /* 6 to 9 are usual */

/* The rotation (c, s) that makes the off-diagonal of (a, h/2; h/2, a + d) zero: the smaller angle. Lanes that are
 * not live are not turned. */
typedef struct {
    MC_VEC c, s;
} MC_FN(turn);

MC_INLINE MC_FN(turn) MC_FN(turn_of)(MC_VEC d, MC_VEC h, MC_MASK live) {
    const MC_VEC one = MC_FN(splat)(1), zero = MC_FN(zero)();
    const MC_VEC r = MC_FN(sqrt)(MC_FN(multiply_add)(d, d, h * h));
    const MC_VEC t = MC_FN(pick)(live, h / (d + MC_FN(copysign)(r, d)), zero);
    MC_FN(turn) f;
    f.c = one / MC_FN(sqrt)(MC_FN(multiply_add)(t, t, one));
    f.s = f.c * t;
    /* hundreds of rotations would let the columns grow or shrink together: back to length 1 */
    const MC_VEC excess = MC_FN(multiply_add)(f.c, f.c, MC_FN(multiply_add)(f.s, f.s, -one)) * (MC_REAL)-0.5;
    f.c = MC_FN(multiply_add)(f.c, excess, f.c);
    f.s = MC_FN(multiply_add)(f.s, excess, f.s);
    return f;
}

/* The columns in places x and y, n elements each, turned by f where live and then exchanged; lanes that stay are left alone. */
MC_INLINE void MC_FN(turn_pair)(ptrdiff_t n, const MC_FN(turn) *f, MC_MASK live, MC_MASK stay, MC_VEC *x, MC_VEC *y) {
    for (ptrdiff_t i = 0; i < n; ++i) {
        const MC_VEC u = x[i], v = y[i];
        const MC_VEC first = MC_FN(multiply_add)(f->c, u, -(f->s * v)), second = MC_FN(multiply_add)(f->s, u, f->c * v);
        x[i] = MC_FN(pick)(stay, u, MC_FN(pick)(live, second, v));
        y[i] = MC_FN(pick)(stay, v, MC_FN(pick)(live, first, u));
    }
}

/* The cosine of two columns, squared, up to which they count as orthogonal. */
MC_INLINE MC_VEC MC_FN(right_angle)(ptrdiff_t l) {
    const MC_REAL eps = MC_SIZE == 4 ? (MC_REAL)0x1p-23 : (MC_REAL)0x1p-52;
    return MC_FN(splat)(eps * eps * (MC_REAL)l);
}

/* One sweep over the k columns of g, each l long in one piece; rows of v, if any, turn along. In k rounds every column meets every
 * other: neighbours do, from the first and from the second on in turn, and change places. The lanes that turned none. */
MC_INLINE MC_MASK MC_FN(svd_sweep)(ptrdiff_t l, ptrdiff_t k, MC_VEC *g, MC_VEC *v, MC_MASK settled) {
    const MC_VEC near = MC_FN(right_angle)(l);
    MC_MASK still = MC_FN(equal)(near, near);
    for (ptrdiff_t round = 0; round < k; ++round)
        for (ptrdiff_t p = round % 2; p + 1 < k; p += 2) {
            MC_VEC *x = g + p * l, *y = x + l, xx = MC_FN(zero)(), xy = xx, yy = xx;
            for (ptrdiff_t i = 0; i < l; ++i) {
                xx = MC_FN(multiply_add)(x[i], x[i], xx);
                xy = MC_FN(multiply_add)(x[i], y[i], xy);
                yy = MC_FN(multiply_add)(y[i], y[i], yy);
            }
            const MC_MASK live = (MC_MASK)(MC_FN(less)(near * xx * yy, xy * xy) & ~settled);
            const MC_FN(turn) f = MC_FN(turn_of)(yy - xx, xy + xy, live);
            still = (MC_MASK)(still & ~live);
            MC_FN(turn_pair)(l, &f, live, settled, x, y);
            if (v) MC_FN(turn_pair)(k, &f, live, settled, v + p * k, v + (p + 1) * k);
        }
    return still;
}

/* s (k) in falling order, columns of g orthonormal, rows of v the right vectors (NULL: neither is asked for). 1 in the result
 * where a lane has not settled, or has singular values near or at zero, whose vectors are not to be had this way. */
MC_INLINE MC_VEC MC_FN(svd_pack)(ptrdiff_t l, ptrdiff_t k, MC_VEC *g, MC_VEC *v, MC_VEC *s) {
    const MC_VEC zero = MC_FN(zero)(), one = MC_FN(splat)(1), infinite = MC_FN(splat)(MC_INFINITE);
    const MC_VEC least = MC_FN(splat)(MC_SIZE == 4 ? (MC_REAL)0x1p-28 : (MC_REAL)0x1p-240);
    MC_VEC most = zero;
    for (ptrdiff_t i = 0; i < l * k; ++i) most = MC_FN(largest)(most, g[i]);
    const MC_MASK finite = MC_FN(less)(most, infinite);
    const MC_VEC unit = MC_FN(power_of)(most), inverse = one / unit;
    for (ptrdiff_t i = 0; i < l * k; ++i) g[i] *= inverse;
    if (v) for (ptrdiff_t i = 0; i < k * k; ++i) v[i] = i % (k + 1) ? zero : one;
    MC_MASK settled = (MC_MASK)~finite;
    for (int sweep = 0; sweep < MC_FN(sweeps) && !MC_FN(all)(settled); ++sweep)
        settled = (MC_MASK)(settled | MC_FN(svd_sweep)(l, k, g, v, settled));
    MC_VEC smallest = infinite;
    for (ptrdiff_t j = 0; j < k; ++j) {
        MC_VEC sum = zero;
        for (ptrdiff_t i = 0; i < l; ++i) sum = MC_FN(multiply_add)(g[j * l + i], g[j * l + i], sum);
        s[j] = MC_FN(sqrt)(sum);
        smallest = MC_FN(pick)(MC_FN(less)(s[j], smallest), s[j], smallest);
    }
    if (v)
        for (ptrdiff_t j = 0; j < k; ++j) {
            const MC_VEC r = one / s[j];
            for (ptrdiff_t i = 0; i < l; ++i) g[j * l + i] *= r;
        }
    MC_FN(sort_rows)(1, k, s, v ? l : 0, g, v ? k : 0, v);
    for (ptrdiff_t j = 0; j < k; ++j) s[j] = MC_FN(pick)(finite, s[j] * unit, most - most);
    return MC_FN(pick)((MC_MASK)(settled & finite & MC_FN(less)(least, smallest)), zero, one);
}

/* rows (m, n) of p to columns of g one after the other, m >= n; a wide matrix's rows are such columns. */
static void MC_FN(small_svd_packs)(const mc_small *s, ptrdiff_t first, ptrdiff_t count, void *scratch) {
    const ptrdiff_t m = s->m, n = s->n, wide = m < n, l = wide ? n : m, k = wide ? m : n;
    MC_VEC *p = (MC_VEC *)scratch, *g = p + m * n, *v = g + l * k, *values = v + k * k;
    for (ptrdiff_t end = first + count; first < end; first += MC_LANES) {
        const MC_FN(items) from = MC_FN(items_at)(s->a, s->a_item, first, end - first);
        const MC_FN(items) to = MC_FN(items_at)(s->omega, k, first, end - first);
        MC_FN(load_any)(&from, 0, m * n, p);
        MC_FN(expect)(0, s->a, s->a_item, first + MC_LANES, end - first - MC_LANES, m * n);
        for (ptrdiff_t j = 0; j < k; ++j)
            for (ptrdiff_t i = 0; i < l; ++i) g[j * l + i] = wide ? p[j * l + i] : p[i * k + j];
        const MC_VEC info = MC_FN(svd_pack)(l, k, g, s->x ? v : NULL, values);
        MC_FN(store_any)(&to, 0, k, values);
        MC_FN(store_whole)(s->info + first, 1, from.full, info);
        if (!s->x) continue;
        const MC_FN(items) u = MC_FN(items_at)(s->x, m * k, first, end - first);
        const MC_FN(items) vh = MC_FN(items_at)(s->y, k * n, first, end - first);
        /* a = g s v: columns of u are those of g; of a wide one, those of v^T */
        for (ptrdiff_t j = 0; j < k; ++j)
            for (ptrdiff_t i = 0; i < m; ++i) p[i * k + j] = wide ? v[j * k + i] : g[j * l + i];
        MC_FN(store_any)(&u, 0, m * k, p);
        MC_FN(store_any)(&vh, 0, k * n, wide ? g : v);
    }
}

/* ------------------------------------------------------------------ one matrix by itself */

/* Its pairs of neighbours along the vectors: of each row first the columns with even numbers, then, `half` on, those with odd
 * ones; the pairs of a round are then two runs side by side. Rows of g (l) are followed by those of v (k). */
typedef struct {
    MC_REAL *rows;
    ptrdiff_t l, all, k, half;          /* all: rows of g and, if asked for, of v */
} MC_FN(pairs);

MC_INLINE MC_REAL *MC_FN(place)(const MC_FN(pairs) *p, ptrdiff_t row, ptrdiff_t column) {
    return p->rows + row * 2 * p->half + column % 2 * p->half + column / 2;
}

/* Up to a vector of pairs of one round, from the first columns x and the second ones y of a row on. Whether any was turned. */
MC_INLINE int MC_FN(turn_run)(const MC_FN(pairs) *p, MC_REAL *x, MC_REAL *y, MC_MASK valid) {
    const ptrdiff_t row = 2 * p->half;
    MC_VEC xx = MC_FN(zero)(), xy = xx, yy = xx;
    for (ptrdiff_t i = 0; i < p->l; ++i) {
        const MC_VEC u = MC_FN(load)(x + i * row), v = MC_FN(load)(y + i * row);
        xx = MC_FN(multiply_add)(u, u, xx);
        xy = MC_FN(multiply_add)(u, v, xy);
        yy = MC_FN(multiply_add)(v, v, yy);
    }
    const MC_MASK live = (MC_MASK)(MC_FN(less)(MC_FN(right_angle)(p->l) * xx * yy, xy * xy) & valid);
    const MC_FN(turn) f = MC_FN(turn_of)(yy - xx, xy + xy, live);
    for (ptrdiff_t i = 0; i < p->all; ++i) {
        MC_VEC u = MC_FN(load)(x + i * row), v = MC_FN(load)(y + i * row);
        MC_FN(turn_pair)(1, &f, live, (MC_MASK)~valid, &u, &v);
        MC_FN(store)(x + i * row, u);
        MC_FN(store)(y + i * row, v);
    }
    return !MC_FN(all)((MC_MASK)~live);
}

/* Whether all columns are orthogonal. */
static MC_NOINLINE int MC_FN(turn_all)(const MC_FN(pairs) *p) {
    for (int sweep = 0; sweep < MC_FN(sweeps); ++sweep) {
        int turned = 0;
        for (ptrdiff_t round = 0; round < p->k; ++round) {
            const ptrdiff_t odd = round % 2, count = (p->k - odd) / 2;
            MC_REAL *x = MC_FN(place)(p, 0, odd), *y = MC_FN(place)(p, 0, 1 + odd);
            for (ptrdiff_t at = 0; at < count; at += MC_LANES)
                turned |= MC_FN(turn_run)(p, x + at, y + at, MC_FN(first)((int)(count - at)));
        }
        if (!turned) return 1;
    }
    return 0;
}

static void MC_FN(alone_small_svd)(const mc_small *s, ptrdiff_t item, MC_REAL *scratch) {
    const ptrdiff_t m = s->m, n = s->n, wide = m < n, l = wide ? n : m, k = wide ? m : n;
    const MC_FN(pairs) p = {scratch, l, s->x ? l + k : l, k, MC_FN(whole)((k + 1) / 2) + MC_LANES};
    const MC_REAL *a = (const MC_REAL *)s->a + item * s->a_item;
    const MC_REAL least = MC_SIZE == 4 ? (MC_REAL)0x1p-28 : (MC_REAL)0x1p-240;
    MC_REAL most = 0, value[MC_SMALL_MOST], *values = (MC_REAL *)s->omega + item * k, *u = (MC_REAL *)s->x + item * m * k,
            *vh = (MC_REAL *)s->y + item * k * n;
    ptrdiff_t order[MC_SMALL_MOST];
    for (ptrdiff_t i = 0; i < m * n; ++i) if (MC_FN(rank)(a[i]) > MC_FN(rank)(most)) most = a[i] < 0 ? -a[i] : a[i];
    s->info[item] = 1;
    if (most - most != 0) {
        for (ptrdiff_t j = 0; j < k; ++j) values[j] = most - most;
        return;
    }
    MC_REAL unit[MC_LANES];
    MC_FN(store)(unit, MC_FN(power_of)(MC_FN(splat)(most)));
    const MC_REAL inverse = 1 / unit[0];
    memset(scratch, 0, (size_t)(p.all * 2 * p.half) * MC_SIZE);
    for (ptrdiff_t i = 0; i < l; ++i)
        for (ptrdiff_t j = 0; j < k; ++j) *MC_FN(place)(&p, i, j) = inverse * (wide ? a[j * n + i] : a[i * n + j]);
    for (ptrdiff_t j = 0; j < p.all - l; ++j) *MC_FN(place)(&p, l + j, j) = 1;
    const int settled = MC_FN(turn_all)(&p);
    MC_REAL smallest = (MC_REAL)__builtin_inf();
    for (ptrdiff_t j = 0; j < k; ++j) {
        MC_VEC sum = MC_FN(zero)();
        MC_REAL lane[MC_LANES];
        for (ptrdiff_t i = 0; i < l; ++i) {
            const MC_VEC g = MC_FN(splat)(*MC_FN(place)(&p, i, j));
            sum = MC_FN(multiply_add)(g, g, sum);
        }
        MC_FN(store)(lane, MC_FN(sqrt)(sum));
        value[j] = lane[0];
        if (value[j] < smallest) smallest = value[j];
        ptrdiff_t at = j;
        for (; at && value[order[at - 1]] < value[j]; --at) order[at] = order[at - 1];
        order[at] = j;
    }
    for (ptrdiff_t j = 0; j < k; ++j) values[j] = value[order[j]] * unit[0];
    if (settled && least < smallest) s->info[item] = 0;
    if (!s->x) return;
    for (ptrdiff_t j = 0; j < k; ++j) {
        const MC_REAL r = 1 / value[order[j]];
        for (ptrdiff_t i = 0; i < l; ++i) {
            const MC_REAL g = *MC_FN(place)(&p, i, order[j]) * r;
            if (wide) vh[j * n + i] = g;
            else u[i * k + j] = g;
        }
        for (ptrdiff_t i = 0; i < k; ++i) {
            const MC_REAL v = *MC_FN(place)(&p, l + i, order[j]);
            if (wide) u[i * k + j] = v;
            else vh[j * n + i] = v;
        }
    }
}

static void MC_FN(small_svd)(const mc_small *s, ptrdiff_t first, ptrdiff_t count, void *scratch) {
    const ptrdiff_t k = s->m < s->n ? s->m : s->n;
    const ptrdiff_t last = k > 28 ? first : first + count - MC_FN(alone_of)(k, count);       /* a pack of these leaves L1 */
    if (last > first) MC_FN(small_svd_packs)(s, first, last - first, scratch);
    for (ptrdiff_t i = last; i < first + count; ++i) MC_FN(alone_small_svd)(s, i, (MC_REAL *)scratch);
}
