/* small_alone: one matrix by itself, its rows along the vectors: what is left of a batch that fills at most 3/8 of a pack.
 * Every element is the chain of operations that it is in a lane of a pack, so the bits are the same.
 *
 * Rows are `ld` elements apart, zero from their end on. Where a NaN is in a row, all of that row may become NaN. */

typedef struct {
    MC_REAL *p;                         /* L below the diagonal, U on and above it; more columns may come along */
    ptrdiff_t ld;
    ptrdiff_t row[MC_SMALL_ALONE];      /* row that came to row i */
    MC_REAL reciprocals[MC_SMALL_ALONE], l[MC_SMALL_ALONE];
    int32_t info;
} MC_FN(alone);

/* How many of the last items of a batch go by themselves. The smallest matrices live in registers: they stay in packs. */
MC_INLINE ptrdiff_t MC_FN(alone_of)(ptrdiff_t n, ptrdiff_t count) {
    const ptrdiff_t left = count % MC_LANES;
    if (n > MC_SMALL_MOST) return count;
    return n > 4 && 8 * left <= 3 * MC_LANES ? left : 0;
}

MC_INLINE ptrdiff_t MC_FN(whole)(ptrdiff_t n) { return (n + MC_LANES - 1) / MC_LANES * MC_LANES; }

/* Rows of w elements into rows of ld. */
MC_INLINE void MC_FN(take_rows)(ptrdiff_t rows, ptrdiff_t w, const MC_REAL *from, MC_REAL *to, ptrdiff_t ld) {
    for (ptrdiff_t i = 0; i < rows; ++i, from += w, to += ld) {
        ptrdiff_t j = 0;
        for (; j + MC_LANES <= w; j += MC_LANES) MC_FN(store)(to + j, MC_FN(load)(from + j));
        if (j < w) MC_FN(store)(to + j, MC_FN(load_tail)(from + j, (int)(w - j)));
    }
}

MC_INLINE void MC_FN(give_rows)(ptrdiff_t rows, ptrdiff_t w, const MC_REAL *from, ptrdiff_t ld, MC_REAL *to) {
    for (ptrdiff_t i = 0; i < rows; ++i, from += ld, to += w) {
        ptrdiff_t j = 0;
        for (; j + MC_LANES <= w; j += MC_LANES) MC_FN(store)(to + j, MC_FN(load)(from + j));
        if (j < w) MC_FN(store_tail)(to + j, MC_FN(load)(from + j), (int)(w - j));
    }
}

/* pack's reciprocal and over_pivot for one number */
MC_INLINE MC_REAL MC_FN(reciprocal_of)(MC_REAL u) {
    MC_REAL lane[MC_LANES];
    MC_FN(store)(lane, MC_FN(reciprocal)(MC_FN(splat)(u)));
    return lane[0];
}

MC_INLINE MC_REAL MC_FN(divided)(MC_REAL x, MC_REAL u, MC_REAL r) { return r != 0 ? x * r : x / u; }

/* Whole numbers in the order of |x|, NaN the largest. */
MC_INLINE MC_INT MC_FN(rank)(MC_REAL x) {
    MC_INT bits;
    memcpy(&bits, &x, sizeof bits);
    return bits & ~((MC_INT)1 << (8 * MC_SIZE - 1));
}

/* Largest of a vector's lanes, all >= 0 or NaN. */
MC_INLINE MC_REAL MC_FN(largest_lane)(MC_VEC v) {
    MC_REAL lane[MC_LANES], most;
    MC_FN(store)(lane, v);
    most = lane[0];
    MC_UNROLL(16) for (int l = 1; l < MC_LANES; ++l) if (MC_FN(rank)(lane[l]) > MC_FN(rank)(most)) most = lane[l];
    return most;
}

/* Sums of the sizes of the columns, the largest. */
MC_INLINE MC_REAL MC_FN(alone_norm1)(ptrdiff_t n, const MC_REAL *a, ptrdiff_t ld) {
    MC_VEC most = MC_FN(zero)();
    for (ptrdiff_t j = 0; j < n; j += MC_LANES) {
        MC_VEC sum = MC_FN(zero)();
        for (ptrdiff_t i = 0; i < n; ++i) sum += MC_FN(abs)(MC_FN(load)(a + i * ld + j));
        most = MC_FN(largest)(most, sum);
    }
    return MC_FN(largest_lane)(most);
}

/* ------------------------------------------------------------------ LU */

/* Rows below k, W vectors from `at` on, which holds column k: divided by the pivot, less its row. Returns the next pivot's row. */
MC_INLINE ptrdiff_t MC_FN(alone_step)(const int W, ptrdiff_t n, ptrdiff_t k, ptrdiff_t at, MC_REAL u, MC_REAL r, MC_FN(alone) *f) {
    const MC_REAL *top = f->p + k * f->ld;
    const MC_REAL next = top[k + 1], divisor = u == 0 ? 1 : u;
    const MC_MASK before = MC_FN(first)((int)(k - at)), upto = MC_FN(first)((int)(k - at) + 1);
    MC_VEC t[4];
    MC_INT most = -1;
    ptrdiff_t row = k + 1;
    MC_UNROLL(4) for (int w = 0; w < W; ++w) t[w] = MC_FN(load)(top + at + w * MC_LANES);
    t[0] = MC_FN(pick)(upto, MC_FN(zero)(), t[0]);
    for (ptrdiff_t i = k + 1; i < n; ++i) {
        MC_REAL *x = f->p + i * f->ld;
        const MC_REAL l = MC_FN(divided)(x[k], divisor, r), c = x[k + 1] - l * next;
        const MC_VEC m = MC_FN(splat)(l);
        const MC_INT size = MC_FN(rank)(c);
        row = size > most ? i : row;
        most = size > most ? size : most;
        f->l[i] = l;
        MC_VEC v = MC_FN(load)(x + at);
        v = MC_FN(pick)(before, v, MC_FN(pick)(upto, m, MC_FN(multiply_add)(-m, t[0], v)));
        MC_FN(store)(x + at, v);
        MC_UNROLL(4) for (int w = 1; w < W; ++w)
            MC_FN(store)(x + at + w * MC_LANES, MC_FN(multiply_add)(-m, t[w], MC_FN(load)(x + at + w * MC_LANES)));
    }
    return row;
}

/* The same for W further vectors. */
MC_INLINE void MC_FN(alone_update)(const int W, ptrdiff_t n, ptrdiff_t k, ptrdiff_t at, MC_FN(alone) *f) {
    const MC_REAL *top = f->p + k * f->ld + at;
    MC_VEC t[4];
    MC_UNROLL(4) for (int w = 0; w < W; ++w) t[w] = MC_FN(load)(top + w * MC_LANES);
    for (ptrdiff_t i = k + 1; i < n; ++i) {
        MC_REAL *x = f->p + i * f->ld + at;
        const MC_VEC m = MC_FN(splat)(f->l[i]);
        MC_UNROLL(4) for (int w = 0; w < W; ++w)
            MC_FN(store)(x + w * MC_LANES, MC_FN(multiply_add)(-m, t[w], MC_FN(load)(x + w * MC_LANES)));
    }
}

/* Rows of f->p are `columns` elements wide. */
static MC_NOINLINE void MC_FN(alone_lu)(ptrdiff_t n, ptrdiff_t columns, MC_FN(alone) *f) {
    const ptrdiff_t ld = f->ld, end = MC_FN(whole)(columns);
    ptrdiff_t row = 0;
    f->info = 0;
    for (ptrdiff_t i = 1; i < n; ++i)
        if (MC_FN(rank)(f->p[i * ld]) > MC_FN(rank)(f->p[row * ld])) row = i;
    for (ptrdiff_t k = 0; k < n; ++k) {
        MC_REAL *x = f->p + k * ld, *y = f->p + row * ld;
        f->row[k] = row;
        if (row != k)
            for (ptrdiff_t j = 0; j < end; j += MC_LANES) {
                const MC_VEC v = MC_FN(load)(x + j);
                MC_FN(store)(x + j, MC_FN(load)(y + j));
                MC_FN(store)(y + j, v);
            }
        const MC_REAL u = x[k], r = f->reciprocals[k] = MC_FN(reciprocal_of)(u);
        if (u == 0 && !f->info) f->info = (int32_t)(k + 1);
        ptrdiff_t at = k / MC_LANES * MC_LANES;
        switch ((end - at) / MC_LANES) {
        case 1: row = MC_FN(alone_step)(1, n, k, at, u, r, f); break;
        case 2: row = MC_FN(alone_step)(2, n, k, at, u, r, f); break;
        case 3: row = MC_FN(alone_step)(3, n, k, at, u, r, f); break;
        default: row = MC_FN(alone_step)(4, n, k, at, u, r, f);
        }
        for (at += 4 * MC_LANES; at + 4 * MC_LANES <= end; at += 4 * MC_LANES) MC_FN(alone_update)(4, n, k, at, f);
        for (; at < end; at += MC_LANES) MC_FN(alone_update)(1, n, k, at, f);
    }
}

/* Room for n rows of w elements, and one vector more for what reads past the last. */
MC_INLINE MC_REAL *MC_FN(alone_start)(ptrdiff_t n, ptrdiff_t w, MC_REAL *scratch, MC_FN(alone) *f) {
    f->p = scratch;
    f->ld = MC_FN(whole)(w);
    return scratch + n * f->ld + MC_LANES;
}

static void MC_FN(alone_small_lu)(const mc_small *s, ptrdiff_t item, MC_REAL *scratch) {
    const ptrdiff_t n = s->n;
    MC_FN(alone) f;
    MC_FN(alone_start)(n, n, scratch, &f);
    MC_FN(take_rows)(n, n, (const MC_REAL *)s->a + item * s->a_item, f.p, f.ld);
    MC_FN(alone_lu)(n, n, &f);
    MC_FN(give_rows)(n, n, f.p, f.ld, (MC_REAL *)s->x + item * n * n);
    for (ptrdiff_t k = 0; k < n; ++k) s->pivots[item * n + k] = (int32_t)f.row[k];
    s->info[item] = f.info;
}

/* ------------------------------------------------------------------ inverse */

/* As inverse_any, by rows. x (n, n), ld apart. */
static MC_NOINLINE void MC_FN(alone_invert)(ptrdiff_t n, const MC_FN(alone) *f, MC_REAL *x) {
    const ptrdiff_t ld = f->ld;
    for (ptrdiff_t i = n - 1; i >= 0; --i) {            /* row i of U^-1 */
        const MC_REAL *u = f->p + i * ld, r = f->reciprocals[i];
        const ptrdiff_t panel = i / 4 * 4, none = panel + 4 <= n ? panel : i;       /* inverse_any leaves columns before as 0 */
        for (ptrdiff_t j = 0; j < ld; j += MC_LANES) {
            const MC_MASK before = MC_FN(first)((int)(i - j)), upto = MC_FN(first)((int)(i - j) + 1);
            MC_VEC v = MC_FN(pick)(before, MC_FN(zero)(), MC_FN(pick)(upto, MC_FN(splat)(1), MC_FN(zero)()));
            if (j + MC_LANES > i) {
                for (ptrdiff_t t = (j + MC_LANES < n ? j + MC_LANES : n) - 1; t > i; --t)
                    v = MC_FN(multiply_add)(MC_FN(splat)(-u[t]), MC_FN(load)(x + t * ld + j), v);
                v = MC_FN(pick)(MC_FN(first)((int)(none - j)), MC_FN(zero)(), r != 0 ? v * r : v / u[i]);
            }
            MC_FN(store)(x + i * ld + j, v);
        }
    }
    for (ptrdiff_t t = n - 1; t > 0; --t)               /* column t times row t of L, off the columns before it */
        for (ptrdiff_t j = 0; j < t; j += MC_LANES) {
            const MC_VEC l = MC_FN(load)(f->p + t * ld + j);
            const MC_MASK before = MC_FN(first)((int)(t - j));
            for (ptrdiff_t i = 0; i < n; ++i) {
                MC_REAL *y = x + i * ld;
                const MC_VEC v = MC_FN(load)(y + j);
                MC_FN(store)(y + j, MC_FN(pick)(before, MC_FN(multiply_add)(MC_FN(splat)(-y[t]), l, v), v));
            }
        }
}

static void MC_FN(alone_small_inv)(const mc_small *s, ptrdiff_t item, MC_REAL *scratch) {
    const ptrdiff_t n = s->n;
    MC_REAL *to = (MC_REAL *)s->x + item * n * n;
    MC_FN(alone) f;
    MC_REAL *x = MC_FN(alone_start)(n, n, scratch, &f);
    ptrdiff_t column[MC_SMALL_MOST];
    MC_FN(take_rows)(n, n, (const MC_REAL *)s->a + item * s->a_item, f.p, f.ld);
    const MC_REAL norm = MC_FN(alone_norm1)(n, f.p, f.ld);
    MC_FN(alone_lu)(n, n, &f);
    MC_FN(alone_invert)(n, &f, x);
    for (ptrdiff_t k = 0; k < n; ++k) column[k] = k;
    for (ptrdiff_t k = n - 1; k >= 0; --k) {
        const ptrdiff_t c = column[k];
        column[k] = column[f.row[k]];
        column[f.row[k]] = c;
    }
    const MC_VEC rcond = MC_FN(condition)(MC_FN(splat)(norm), MC_FN(splat)(MC_FN(alone_norm1)(n, x, f.ld)),
                                          MC_FN(splat)((MC_REAL)f.info));
    MC_FN(store_each)(s->rcond, item, 1, rcond);
    s->info[item] = f.info;
    for (ptrdiff_t i = 0; i < n; ++i)
        for (ptrdiff_t j = 0; j < n; ++j) to[i * n + j] = x[i * f.ld + column[j]];
}

/* ------------------------------------------------------------------ determinant */

MC_INLINE MC_REAL MC_FN(split)(MC_REAL x, MC_REAL *power) {
    int e = 0;
    if (x == 0 || x - x != 0) return x;
    x = MC_SIZE == 4 ? (MC_REAL)__builtin_frexpf((float)x, &e) : (MC_REAL)__builtin_frexp((double)x, &e);
    *power += (MC_REAL)(e - 1);
    return 2 * x;
}

MC_INLINE int MC_FN(is_near)(MC_REAL x) {
    const MC_REAL size = x < 0 ? -x : x, far = MC_SIZE == 4 ? (MC_REAL)0x1p32 : (MC_REAL)0x1p256;
    return size < far && size * far > 1;
}

static void MC_FN(alone_small_det)(const int logarithm, const mc_small *s, ptrdiff_t item, MC_REAL *scratch) {
    const ptrdiff_t n = s->n;
    MC_REAL m = 1, e = 0;
    MC_FN(alone) f;
    MC_FN(alone_start)(n, n, scratch, &f);
    MC_FN(take_rows)(n, n, (const MC_REAL *)s->a + item * s->a_item, f.p, f.ld);
    MC_FN(alone_lu)(n, n, &f);
    for (ptrdiff_t k = 0; k < n; ++k) {
        const MC_REAL d = f.p[k * (f.ld + 1)];
        m *= MC_FN(is_near)(d) ? d : MC_FN(split)(d, &e);
        if (f.row[k] != k) m = -m;
        if (!MC_FN(is_near)(m)) m = MC_FN(split)(m, &e);
    }
    m = MC_FN(split)(m, &e);
    MC_FN(give_determinant)(logarithm, MC_FN(splat)(m), MC_FN(splat)(e), s, item, 1);
}

/* ------------------------------------------------------------------ solve */

/* y less e times a row, in sizes y plus |row| e: its elements after the i-th, or before it. */
MC_INLINE void MC_FN(row_after)(const int sizes, ptrdiff_t i, ptrdiff_t end, const MC_REAL *row, MC_REAL e, MC_REAL *y) {
    for (ptrdiff_t j = i / MC_LANES * MC_LANES; j < end; j += MC_LANES) {
        const MC_VEC x = MC_FN(load)(row + j), v = MC_FN(load)(y + j);
        const MC_VEC to = MC_FN(multiply_add)(sizes ? MC_FN(abs)(x) : -x, MC_FN(splat)(e), v);
        MC_FN(store)(y + j, j < i + 1 ? MC_FN(pick)(MC_FN(first)((int)(i - j) + 1), v, to) : to);
    }
}

MC_INLINE void MC_FN(row_before)(const int sizes, ptrdiff_t i, const MC_REAL *row, MC_REAL e, MC_REAL *y) {
    for (ptrdiff_t j = 0; j < i; j += MC_LANES) {
        const MC_VEC x = MC_FN(load)(row + j), v = MC_FN(load)(y + j);
        const MC_VEC to = MC_FN(multiply_add)(sizes ? MC_FN(abs)(x) : -x, MC_FN(splat)(e), v);
        MC_FN(store)(y + j, j + MC_LANES > i ? MC_FN(pick)(MC_FN(first)((int)(i - j)), to, v) : to);
    }
}

/* A bound of |A^-1|_1, as inverse_bound; y: room for a row. */
MC_INLINE MC_REAL MC_FN(alone_bound)(ptrdiff_t n, const MC_FN(alone) *f, MC_REAL *y) {
    const ptrdiff_t ld = f->ld, end = MC_FN(whole)(n);
    MC_REAL most = 0;
    for (ptrdiff_t j = 0; j < end; j += MC_LANES) MC_FN(store)(y + j, MC_FN(splat)(1));
    for (ptrdiff_t i = 0; i < n; ++i) {
        const MC_REAL r = f->reciprocals[i];
        y[i] *= r == 0 ? (MC_REAL)__builtin_inf() : r < 0 ? -r : r;
        MC_FN(row_after)(1, i, end, f->p + i * ld, y[i], y);
    }
    for (ptrdiff_t i = n - 1; i >= 0; --i) {
        most = MC_FN(rank)(y[i]) > MC_FN(rank)(most) ? y[i] : most;
        MC_FN(row_before)(1, i, f->p + i * ld, y[i], y);
    }
    return most;
}

/* x becomes A^-1 x but for the exchange of rows, or its transpose's. */
MC_INLINE void MC_FN(alone_apply)(ptrdiff_t n, const MC_FN(alone) *f, const int transposed, MC_REAL *x) {
    const ptrdiff_t ld = f->ld, end = MC_FN(whole)(n);
    if (transposed) {
        for (ptrdiff_t t = 0; t < n; ++t) {
            x[t] = MC_FN(divided)(x[t], f->p[t * (ld + 1)], f->reciprocals[t]);
            MC_FN(row_after)(0, t, end, f->p + t * ld, x[t], x);
        }
        for (ptrdiff_t t = n - 1; t > 0; --t) MC_FN(row_before)(0, t, f->p + t * ld, x[t], x);
        return;
    }
    for (ptrdiff_t t = 0; t < n; ++t)
        for (ptrdiff_t i = t + 1; i < n; ++i) x[i] -= f->p[i * ld + t] * x[t];
    for (ptrdiff_t t = n - 1; t >= 0; --t) {
        x[t] = MC_FN(divided)(x[t], f->p[t * (ld + 1)], f->reciprocals[t]);
        for (ptrdiff_t i = 0; i < t; ++i) x[i] -= f->p[i * ld + t] * x[t];
    }
}

/* inverse_estimate for one; x and sign: room for a row each. */
static MC_NOINLINE MC_REAL MC_FN(alone_estimate)(ptrdiff_t n, const MC_FN(alone) *f, MC_REAL *x, MC_REAL *sign) {
    MC_REAL estimate = 0, sum = 0;
    ptrdiff_t place = -1;
    for (ptrdiff_t i = 0; i < MC_FN(whole)(n); ++i) x[i] = i < n ? (MC_REAL)1 / (MC_REAL)n : 0, sign[i] = 0;
    for (int round = 0; round < 5; ++round) {
        ptrdiff_t at = 0;
        int same = 1;
        MC_FN(alone_apply)(n, f, 0, x);
        sum = 0;
        for (ptrdiff_t i = 0; i < n; ++i) {
            const MC_REAL e = (MC_REAL)(__builtin_signbit(x[i]) ? -1 : 1);
            sum += x[i] < 0 ? -x[i] : x[i];
            same = same && e == sign[i];
            x[i] = sign[i] = e;
        }
        if (MC_FN(rank)(sum) <= MC_FN(rank)(estimate)) break;
        estimate = sum;
        if (same || round == 4) break;
        MC_FN(alone_apply)(n, f, 1, x);
        for (ptrdiff_t i = 1; i < n; ++i) if (MC_FN(rank)(x[i]) > MC_FN(rank)(x[at])) at = i;
        if (at == place) break;
        place = at;
        for (ptrdiff_t i = 0; i < n; ++i) x[i] = i == at;
    }
    for (ptrdiff_t i = 0; i < n; ++i) x[i] = (MC_REAL)(i % 2 ? -1 : 1) * (1 + (MC_REAL)i / (MC_REAL)(n - 1));
    MC_FN(alone_apply)(n, f, 0, x);
    sum = 0;
    for (ptrdiff_t i = 0; i < n; ++i) sum += x[i] < 0 ? -x[i] : x[i];
    sum *= (MC_REAL)2 / (MC_REAL)(3 * n);
    return MC_FN(rank)(sum) > MC_FN(rank)(estimate) ? sum : estimate;
}

/* rcond as lu_condition has it. */
MC_INLINE MC_VEC MC_FN(alone_condition)(ptrdiff_t n, const MC_FN(alone) *f, MC_VEC norm, MC_REAL *spare) {
    if (MC_FN(all)(MC_FN(well_conditioned)(norm, MC_FN(splat)(MC_FN(alone_bound)(n, f, spare))))) return MC_FN(splat)(1);
    return MC_FN(condition)(norm, MC_FN(splat)(MC_FN(alone_estimate)(n, f, spare, spare + MC_FN(whole)(n))),
                            MC_FN(splat)((MC_REAL)f->info));
}

/* What a row of b - A x and of |A| |x| + |b| makes of the backward error: backward_error's own chain. */
MC_INLINE MC_VEC MC_FN(worse)(MC_VEC rest, MC_VEC size, MC_VEC omega) {
    return MC_FN(largest)(omega, MC_FN(pick)(MC_FN(equal)(size, MC_FN(zero)()), MC_FN(zero)(), rest / size));
}

/* One right-hand side: blocks of rows of A, transposed in registers. a (n, n), ld apart, rows up to whole(n) readable. */
MC_INLINE MC_REAL MC_FN(alone_error_one)(ptrdiff_t n, const MC_REAL *a, ptrdiff_t ld, const MC_REAL *b, const MC_REAL *x) {
    MC_VEC omega = MC_FN(zero)();
    for (ptrdiff_t i = 0; i < n; i += MC_LANES) {
        MC_VEC rest = MC_FN(load)(b + i), size = MC_FN(abs)(rest);
        for (ptrdiff_t t = 0; t < n; t += MC_LANES) {
            MC_VEC r[MC_LANES];
            MC_UNROLL(16) for (int l = 0; l < MC_LANES; ++l) r[l] = MC_FN(load)(a + (i + l) * ld + t);
            MC_FN(transpose)(r);
            MC_UNROLL(16) for (int l = 0; l < MC_LANES; ++l) {
                const MC_REAL e = x[t + l];
                rest = MC_FN(multiply_add)(-r[l], MC_FN(splat)(e), rest);
                size = MC_FN(multiply_add)(MC_FN(abs)(r[l]), MC_FN(splat)(e < 0 ? -e : e), size);
            }
        }
        omega = MC_FN(worse)(rest, size, omega);
    }
    return MC_FN(largest_lane)(omega);
}

MC_INLINE MC_REAL MC_FN(alone_error)(ptrdiff_t n, ptrdiff_t w, const MC_REAL *a, ptrdiff_t ld, const MC_REAL *b, ptrdiff_t rsb,
                                     const MC_REAL *x, ptrdiff_t rsx) {
    MC_VEC omega = MC_FN(zero)();
    for (ptrdiff_t j = 0; j < w; j += MC_LANES)
        for (ptrdiff_t i = 0; i < n; ++i) {
            MC_VEC rest = MC_FN(load)(b + i * rsb + j), size = MC_FN(abs)(rest);
            for (ptrdiff_t t = 0; t < n; ++t) {
                const MC_VEC e = MC_FN(splat)(a[i * ld + t]), v = MC_FN(load)(x + t * rsx + j);
                rest = MC_FN(multiply_add)(-e, v, rest);
                size = MC_FN(multiply_add)(MC_FN(abs)(e), MC_FN(abs)(v), size);
            }
            omega = MC_FN(worse)(rest, size, omega);
        }
    return MC_FN(largest_lane)(omega);
}

/* Rows of x, w wide from a whole vector on, of the upper triangular system. */
MC_INLINE void MC_FN(alone_upper)(ptrdiff_t n, ptrdiff_t w, const MC_FN(alone) *f, MC_REAL *x) {
    const ptrdiff_t ld = f->ld;
    for (ptrdiff_t i = n - 1; i >= 0; --i) {
        const MC_REAL *u = f->p + i * ld, r = f->reciprocals[i];
        for (ptrdiff_t j = 0; j < w; j += MC_LANES) {
            MC_VEC v = MC_FN(load)(x + i * ld + j);
            for (ptrdiff_t t = n - 1; t > i; --t) v = MC_FN(multiply_add)(MC_FN(splat)(-u[t]), MC_FN(load)(x + t * ld + j), v);
            MC_FN(store)(x + i * ld + j, r != 0 ? v * r : v / u[i]);
        }
    }
}

/* The right-hand sides, a block of MC_SMALL_COLUMNS at most, are columns of A from a whole vector on; elimination solves with
 * L. */
static void MC_FN(alone_small_solve)(const mc_small *s, ptrdiff_t item, MC_REAL *scratch) {
    const ptrdiff_t n = s->n, k = s->k, side = MC_FN(whole)(n), w = MC_FN(whole)(k);
    const MC_REAL *from = (const MC_REAL *)s->a + item * s->a_item, *right = (const MC_REAL *)s->b + item * s->b_item;
    MC_REAL *to = (MC_REAL *)s->x + item * n * k;
    MC_FN(alone) f;
    MC_REAL *a = MC_FN(alone_start)(n, side + w, scratch, &f), *b = a + side * side, *spare = b + n * w + MC_LANES;
    const ptrdiff_t ld = f.ld;
    if (s->trans) {
        for (ptrdiff_t i = 0; i < side; ++i)
            for (ptrdiff_t j = 0; j < side; ++j) a[i * side + j] = i < n && j < n ? from[j * n + i] : 0;
    } else {
        MC_FN(take_rows)(n, n, from, a, side);
        memset(a + n * side, 0, (size_t)((side - n) * side) * MC_SIZE);
    }
    if (k == 1) {                       /* in one piece */
        MC_FN(take_rows)(1, n, right, b, side);
        for (ptrdiff_t i = 0; i < n; ++i) {
            MC_FN(store)(f.p + i * ld + side, MC_FN(zero)());
            f.p[i * ld + side] = right[i];
        }
    } else {
        MC_FN(take_rows)(n, k, right, b, w);
        MC_FN(take_rows)(n, w, b, f.p + side, ld);
    }
    MC_FN(take_rows)(n, side, a, f.p, ld);
    MC_FN(alone_lu)(n, side + w, &f);
    MC_FN(store_each)(s->rcond, item, 1, MC_FN(alone_condition)(n, &f, MC_FN(splat)(MC_FN(alone_norm1)(n, a, side)), spare));
    MC_FN(alone_upper)(n, w, &f, f.p + side);
    MC_REAL omega;
    if (k == 1) {
        for (ptrdiff_t j = 0; j < side; j += MC_LANES) MC_FN(store)(spare + j, MC_FN(zero)());
        for (ptrdiff_t i = 0; i < n; ++i) to[i] = spare[i] = f.p[i * ld + side];
        omega = MC_FN(alone_error_one)(n, a, side, b, spare);
    } else {
        MC_FN(give_rows)(n, k, f.p + side, ld, to);
        omega = MC_FN(alone_error)(n, w, a, side, b, w, f.p + side, ld);
    }
    ((MC_REAL *)s->omega)[item] = omega;
    s->info[item] = f.info;
}
