/* small: packs, in and out, and what every factorisation does with them. */

/* ------------------------------------------------------------------ memory */

/* Where the items of a pack begin; lanes past the last repeat it. */
typedef struct {
    MC_REAL *at[MC_LANES];
    int full;                           /* lanes that stand for an item */
} MC_FN(items);

MC_INLINE MC_FN(items) MC_FN(items_at)(const void *base, ptrdiff_t item, ptrdiff_t first, ptrdiff_t left) {
    MC_FN(items) s;
    s.full = left < MC_LANES ? (int)left : MC_LANES;
    MC_UNROLL(16) for (int l = 0; l < MC_LANES; ++l)
        s.at[l] = (MC_REAL *)base + (first + (l < s.full ? l : s.full - 1)) * item;
    return s;
}

/* Asks for the items of the next pack, to read, or of this one, to write: a burst of loads or stores between two stretches of
 * arithmetic is too short for the hardware to see it coming (from L3, n = 16: half the time of a factorisation). */
MC_INLINE void MC_FN(expect)(const int write, const void *base, ptrdiff_t item, ptrdiff_t first, ptrdiff_t left, ptrdiff_t n) {
    for (ptrdiff_t l = 0; l < MC_LANES && l < left; ++l)
        for (ptrdiff_t e = 0; e < n; e += 64 / MC_SIZE) {
            const MC_REAL *p = (const MC_REAL *)base + (first + l) * item + e;
            if (write) MC_PREFETCH_W(p);
            else MC_PREFETCH(p);
        }
}

/* n < MC_LANES elements from `offset` of every item. */
MC_INLINE void MC_FN(load_few)(const MC_FN(items) *s, ptrdiff_t offset, int n, MC_VEC *p) {
    MC_VEC r[MC_LANES];
    MC_UNROLL(16) for (int l = 0; l < MC_LANES; ++l) r[l] = MC_FN(load_tail)(s->at[l] + offset, n);
    MC_FN(transpose)(r);
    MC_UNROLL(16) for (int e = 0; e < MC_LANES; ++e) if (e < n) p[e] = r[e];
}

MC_INLINE void MC_FN(store_few)(const MC_FN(items) *s, ptrdiff_t offset, int n, const MC_VEC *p) {
    MC_VEC r[MC_LANES];
    MC_UNROLL(16) for (int e = 0; e < MC_LANES; ++e) r[e] = p[e < n ? e : n - 1];
    MC_FN(transpose)(r);
    MC_UNROLL(16) for (int l = 0; l < MC_LANES; ++l) if (l < s->full) MC_FN(store_tail)(s->at[l] + offset, r[l], n);
}

/* MC_LANES elements from `offset`, to or from p. */
MC_INLINE void MC_FN(load_piece)(const MC_FN(items) *s, ptrdiff_t offset, MC_VEC *p) {
    MC_VEC r[MC_LANES];
    MC_UNROLL(16) for (int l = 0; l < MC_LANES; ++l) r[l] = MC_FN(load)(s->at[l] + offset);
    MC_FN(transpose)(r);
    MC_UNROLL(16) for (int e = 0; e < MC_LANES; ++e) p[e] = r[e];
}

MC_INLINE void MC_FN(store_piece)(const MC_FN(items) *s, ptrdiff_t offset, const MC_VEC *p) {
    MC_VEC r[MC_LANES];
    MC_UNROLL(16) for (int e = 0; e < MC_LANES; ++e) r[e] = p[e];
    MC_FN(transpose)(r);
    MC_UNROLL(16) for (int l = 0; l < MC_LANES; ++l) if (l < s->full) MC_FN(store)(s->at[l] + offset, r[l]);
}

static MC_NOINLINE void MC_FN(load_any)(const MC_FN(items) *s, ptrdiff_t offset, ptrdiff_t n, MC_VEC *p) {
    if (n < MC_LANES) {
        MC_FN(load_few)(s, offset, (int)n, p);
        return;
    }
    for (ptrdiff_t e = 0; e < n - MC_LANES; e += MC_LANES) MC_FN(load_piece)(s, offset + e, p + e);
    MC_FN(load_piece)(s, offset + n - MC_LANES, p + n - MC_LANES);      /* overlaps the one before it */
}

static MC_NOINLINE void MC_FN(store_any)(const MC_FN(items) *s, ptrdiff_t offset, ptrdiff_t n, const MC_VEC *p) {
    if (n < MC_LANES) {
        MC_FN(store_few)(s, offset, (int)n, p);
        return;
    }
    for (ptrdiff_t e = 0; e < n - MC_LANES; e += MC_LANES) MC_FN(store_piece)(s, offset + e, p + e);
    MC_FN(store_piece)(s, offset + n - MC_LANES, p + n - MC_LANES);
}

/* The run of n elements from `offset` of every item; in registers where N says that n is a small constant. */
MC_INLINE void MC_FN(load_run)(const int N, const MC_FN(items) *s, ptrdiff_t offset, ptrdiff_t n, MC_VEC *p) {
    if (!N) MC_FN(load_any)(s, offset, n, p);
    else if (n < MC_LANES) MC_FN(load_few)(s, offset, (int)n, p);
    else {
        MC_UNROLL(8) for (ptrdiff_t e = 0; e < n - MC_LANES; e += MC_LANES) MC_FN(load_piece)(s, offset + e, p + e);
        MC_FN(load_piece)(s, offset + n - MC_LANES, p + n - MC_LANES);
    }
}

MC_INLINE void MC_FN(store_run)(const int N, const MC_FN(items) *s, ptrdiff_t offset, ptrdiff_t n, const MC_VEC *p) {
    if (!N) MC_FN(store_any)(s, offset, n, p);
    else if (n < MC_LANES) MC_FN(store_few)(s, offset, (int)n, p);
    else {
        MC_UNROLL(8) for (ptrdiff_t e = 0; e < n - MC_LANES; e += MC_LANES) MC_FN(store_piece)(s, offset + e, p + e);
        MC_FN(store_piece)(s, offset + n - MC_LANES, p + n - MC_LANES);
    }
}

/* Columns ... + w of matrices with rows of `row` elements; in one run where that is all of them. */
MC_INLINE void MC_FN(load_columns)(const MC_FN(items) *s, ptrdiff_t rows, ptrdiff_t row, ptrdiff_t column, ptrdiff_t w, MC_VEC *p) {
    if (w == row) MC_FN(load_any)(s, 0, rows * w, p);
    else for (ptrdiff_t i = 0; i < rows; ++i) MC_FN(load_any)(s, i * row + column, w, p + i * w);
}

MC_INLINE void MC_FN(store_columns)(const MC_FN(items) *s, ptrdiff_t rows, ptrdiff_t row, ptrdiff_t column, ptrdiff_t w,
                                    const MC_VEC *p) {
    if (w == row) MC_FN(store_any)(s, 0, rows * w, p);
    else for (ptrdiff_t i = 0; i < rows; ++i) MC_FN(store_any)(s, i * row + column, w, p + i * w);
}

/* One number of each lane. */
MC_INLINE void MC_FN(store_each)(void *to, ptrdiff_t first, int full, MC_VEC v) {
    MC_REAL *p = (MC_REAL *)to + first;
    if (full == MC_LANES) MC_FN(store)(p, v);
    else MC_FN(store_tail)(p, v, full);
}

MC_INLINE void MC_FN(store_whole)(int32_t *to, ptrdiff_t item, int full, MC_VEC v) {
    MC_REAL lane[MC_LANES];
    MC_FN(store)(lane, v);
    MC_UNROLL(16) for (int l = 0; l < MC_LANES; ++l) if (l < full) to[l * item] = (int32_t)lane[l];
}

MC_INLINE void MC_FN(transpose_pack)(ptrdiff_t n, MC_VEC *p) {
    for (ptrdiff_t i = 1; i < n; ++i)
        for (ptrdiff_t j = 0; j < i; ++j) {
            MC_VEC t = p[i * n + j];
            p[i * n + j] = p[j * n + i];
            p[j * n + i] = t;
        }
}

/* ------------------------------------------------------------------ numbers */

/* The larger of a and |b|, a >= 0, NaN the largest of all: their bits as whole numbers are in that order. */
MC_INLINE MC_VEC MC_FN(largest)(MC_VEC a, MC_VEC b) {
    b = MC_FN(abs)(b);                  /* a NaN may bear a sign */
    return MC_FN(pick)(MC_FN(less_bits)(a, b), b, a);
}

MC_INLINE MC_VEC MC_FN(finite_or)(MC_VEC x, MC_VEC other) {
    return MC_FN(pick)(MC_FN(less)(MC_FN(abs)(x), MC_FN(splat)((MC_REAL)__builtin_inf())), x, other);
}

/* 1 / u where both are normal numbers, with room to round, else 0: triangular-inl.h's rule. */
MC_INLINE MC_VEC MC_FN(reciprocal)(MC_VEC u) {
    const MC_REAL below = MC_SIZE == 4 ? (MC_REAL)0x1.fffffep-126 : (MC_REAL)0x1.fffffffffffffp-1022;
    const MC_REAL above = MC_SIZE == 4 ? (MC_REAL)0x1.000002p125 : (MC_REAL)0x1.0000000000001p1021;
    const MC_VEC size = MC_FN(abs)(u), zero = MC_FN(zero)(), v = 1 / u;
    return MC_FN(pick)(MC_FN(less)(MC_FN(splat)(below), size), MC_FN(pick)(MC_FN(less)(size, MC_FN(splat)(above)), v, zero), zero);
}

MC_INLINE int MC_FN(none_zero)(MC_VEC r) { return MC_FN(all)(MC_FN(less)(MC_FN(zero)(), MC_FN(abs)(r))); }

/* x / u, r = reciprocal(u) */
MC_INLINE MC_VEC MC_FN(over_pivot)(MC_VEC x, MC_VEC u, MC_VEC r) {
    if (MC_FN(none_zero)(r)) return x * r;
    return MC_FN(pick)(MC_FN(equal)(r, MC_FN(zero)()), x / u, x * r);
}

/* ------------------------------------------------------------------ products and substitution */

/* sum[r][w] -= a[r][t] x[t][w], t = 0 ... k in order; strides in vectors. */
MC_INLINE void MC_FN(subtract_products)(const int R, const int W, ptrdiff_t k, const MC_VEC *a, ptrdiff_t ra, ptrdiff_t ca,
                                        const MC_VEC *x, ptrdiff_t rx, ptrdiff_t cx, MC_VEC (*sum)[4]) {
    for (ptrdiff_t t = 0; t < k; ++t)
        MC_UNROLL(4) for (int r = 0; r < R; ++r)
            MC_UNROLL(4) for (int w = 0; w < W; ++w)
                sum[r][w] = MC_FN(multiply_add)(-a[r * ra + t * ca], x[t * rx + w * cx], sum[r][w]);
}

/* to (R, W) -= a (R, k) x (k, W) */
MC_INLINE void MC_FN(subtract_tile)(const int R, const int W, ptrdiff_t k, const MC_VEC *a, ptrdiff_t ra, ptrdiff_t ca,
                                    const MC_VEC *x, ptrdiff_t rx, ptrdiff_t cx, MC_VEC *to, ptrdiff_t rt, ptrdiff_t ct) {
    MC_VEC sum[4][4];
    MC_UNROLL(4) for (int r = 0; r < R; ++r) {
        MC_UNROLL(4) for (int w = 0; w < W; ++w) sum[r][w] = to[r * rt + w * ct];
    }
    MC_FN(subtract_products)(R, W, k, a, ra, ca, x, rx, cx, sum);
    MC_UNROLL(4) for (int r = 0; r < R; ++r) {
        MC_UNROLL(4) for (int w = 0; w < W; ++w) to[r * rt + w * ct] = sum[r][w];
    }
}

/* A lower triangle, its strides, the reciprocals of its diagonal (step apart) or NULL for ones. An upper triangle is a lower
 * one read from its last element, all strides negative; a transposed one has its strides exchanged. */
typedef struct {
    const MC_VEC *a;
    ptrdiff_t ra, ca;
    const MC_VEC *reciprocals;
    ptrdiff_t step;
} MC_FN(triangle);

MC_INLINE MC_FN(triangle) MC_FN(lower)(const MC_VEC *a, ptrdiff_t ra, ptrdiff_t ca, const MC_VEC *reciprocals) {
    return (MC_FN(triangle)){a, ra, ca, reciprocals, 1};
}

MC_INLINE MC_FN(triangle) MC_FN(upper)(ptrdiff_t n, const MC_VEC *a, ptrdiff_t ra, ptrdiff_t ca, const MC_VEC *reciprocals) {
    return (MC_FN(triangle)){a + (n - 1) * (ra + ca), -ra, -ca, reciprocals ? reciprocals + n - 1 : NULL, -1};
}

MC_INLINE void MC_FN(substitute_rows)(const int R, const int W, ptrdiff_t i, const MC_FN(triangle) *t, MC_VEC *x, ptrdiff_t rx,
                                      ptrdiff_t cx) {
    MC_VEC sum[4][4];
    MC_UNROLL(4) for (int r = 0; r < R; ++r) MC_UNROLL(4) for (int w = 0; w < W; ++w) sum[r][w] = x[(i + r) * rx + w * cx];
    const MC_VEC *a = t->a + i * t->ra;
    MC_FN(subtract_products)(R, W, i, a, t->ra, t->ca, x, rx, cx, sum);
    a += i * t->ca;
    MC_UNROLL(4) for (int r = 0; r < R; ++r) {
        MC_UNROLL(4) for (int k = 0; k < r; ++k)
            MC_UNROLL(4) for (int w = 0; w < W; ++w)
                sum[r][w] = MC_FN(multiply_add)(-a[r * t->ra + k * t->ca], sum[k][w], sum[r][w]);
        MC_UNROLL(4) for (int w = 0; w < W; ++w) {
            if (t->reciprocals) sum[r][w] = MC_FN(over_pivot)(sum[r][w], a[r * (t->ra + t->ca)], t->reciprocals[(i + r) * t->step]);
            x[(i + r) * rx + w * cx] = sum[r][w];
        }
    }
}

/* W columns x of a triangular system in place. */
MC_INLINE void MC_FN(substitute)(const int W, ptrdiff_t n, MC_FN(triangle) t, MC_VEC *x, ptrdiff_t rx, ptrdiff_t cx) {
    ptrdiff_t i = 0;
    for (; i + MC_SMALL_ROWS(W) <= n; i += MC_SMALL_ROWS(W)) MC_FN(substitute_rows)(MC_SMALL_ROWS(W), W, i, &t, x, rx, cx);
    for (; i < n; ++i) MC_FN(substitute_rows)(1, W, i, &t, x, rx, cx);
}

/* The same for any number of columns. */
static MC_NOINLINE void MC_FN(substitute_block)(ptrdiff_t n, ptrdiff_t columns, MC_FN(triangle) t, MC_VEC *x, ptrdiff_t rx,
                                                ptrdiff_t cx) {
    ptrdiff_t j = 0;
    for (; j + 4 <= columns; j += 4) MC_FN(substitute)(4, n, t, x + j * cx, rx, cx);
    for (; j < columns; ++j) MC_FN(substitute)(1, n, t, x + j * cx, rx, cx);
}
