/* symmetric: each element above the diagonal is loaded once and used twice, for its row and for its column. */
#define MC_SV (MC_SYMMETRIC_BLOCK / MC_LANES)

MC_INLINE MC_VEC MC_FN(load_some)(const MC_REAL *p, int n) {
    return n < MC_LANES ? MC_FN(load_tail)(p, n) : MC_FN(load)(p);
}

/* `left` columns, at most MC_SYMMETRIC_BLOCK: sum += A x, y += A^T x_rows. With `row` >= 0 they are those of a block on
 * the diagonal, and the rows are row ... of it: of A only what is right of the diagonal, and in `sum` the diagonal,
 * counts. What is `ahead` elements on is prefetched. */
MC_INLINE void MC_FN(symmetric_strip)(const int R, const int diagonal, int row, ptrdiff_t left, const MC_REAL *a,
                                      ptrdiff_t rsa, ptrdiff_t ahead, const MC_VEC *x_rows, const MC_REAL *x,
                                      MC_REAL *y, MC_VEC (*sum)[MC_SV]) {
    MC_UNROLL(16) for (int v = 0; v < MC_SV; ++v) {
        const int at = v * MC_LANES, some = left - at < MC_LANES ? (int)left - at : MC_LANES;
        if (some <= 0) break;
        if (at * MC_SIZE % 64 == 0)
            MC_UNROLL(8) for (int r = 0; r < R; ++r) MC_PREFETCH(a + r * rsa + at + ahead);
        const MC_VEC xv = MC_FN(load_some)(x + at, some);
        MC_VEC yv = MC_FN(load_some)(y + at, some);
        MC_UNROLL(8) for (int r = 0; r < R; ++r) {
            MC_VEC e = MC_FN(load_some)(a + r * rsa + at, some), right;
            MC_KEEP(e);
            if (diagonal) {
                e = MC_FN(pick)(MC_FN(first)(row + r - at), MC_FN(zero)(), e);
                right = MC_FN(pick)(MC_FN(first)(row + r + 1 - at), MC_FN(zero)(), e);
            } else {
                right = e;
            }
            sum[r][v] += e * xv;
            yv += x_rows[r] * right;
        }
        if (some < MC_LANES) MC_FN(store_tail)(y + at, yv, some);
        else MC_FN(store)(y + at, yv);
    }
}

/* R rows of the block on the diagonal that begins at `block`, a their first element in it: right[r] = what they add to
 * their own sums, y and `own` (the block's part of it) += what they add to the others'. */
MC_INLINE void MC_FN(symmetric_group)(const int R, ptrdiff_t block, int row, ptrdiff_t n, const MC_REAL *a, ptrdiff_t rsa,
                                      const MC_REAL *x, MC_REAL *y, MC_REAL *own, MC_REAL *right) {
    enum { B = MC_SYMMETRIC_BLOCK };
    MC_VEC sum[MC_SYMMETRIC_ROWS][MC_SV], x_rows[MC_SYMMETRIC_ROWS];
    MC_UNROLL(8) for (int r = 0; r < R; ++r) {
        x_rows[r] = MC_FN(splat)(x[block + row + r]);
        MC_UNROLL(16) for (int v = 0; v < MC_SV; ++v) sum[r][v] = MC_FN(zero)();
    }
    a -= block;
    ptrdiff_t j = block;
    const ptrdiff_t ahead = R * rsa;
    MC_FN(symmetric_strip)(R, 1, row, n - j, a + j, rsa, ahead, x_rows, x + j, own, sum);
    for (j += B; j + B <= n; j += B)
        MC_FN(symmetric_strip)(R, 0, 0, B, a + j, rsa, ahead, x_rows, x + j, y + j, sum);
    if (j < n) MC_FN(symmetric_strip)(R, 0, 0, n - j, a + j, rsa, ahead, x_rows, x + j, y + j, sum);
    MC_UNROLL(8) for (int r = 0; r < R; ++r) {
        MC_UNROLL(4) for (int half = MC_SV / 2; half; half /= 2)
            for (int v = 0; v < half; ++v) sum[r][v] += sum[r][v + half];
        right[r] = MC_FN(fold)(sum[r][0]);
    }
}

static void MC_FN(symmetric_rows)(ptrdiff_t first, ptrdiff_t last, ptrdiff_t n, const void *a0, ptrdiff_t rsa,
                                  const void *x0, void *y0) {
    const MC_REAL *a = (const MC_REAL *)a0 + first * rsa, *x = (const MC_REAL *)x0;
    MC_REAL *y = (MC_REAL *)y0;
    for (ptrdiff_t i = first; i < n; ++i) y[i] = 0;
    for (ptrdiff_t block = first; block < last; block += MC_SYMMETRIC_BLOCK) {
        const int rows = last - block < MC_SYMMETRIC_BLOCK ? (int)(last - block) : MC_SYMMETRIC_BLOCK;
        MC_REAL own[MC_SYMMETRIC_BLOCK] = {0}, right[MC_SYMMETRIC_BLOCK];
        int r = 0;
        for (; r + MC_SYMMETRIC_ROWS <= rows; r += MC_SYMMETRIC_ROWS, a += MC_SYMMETRIC_ROWS * rsa)
            MC_FN(symmetric_group)(MC_SYMMETRIC_ROWS, block, r, n, a + block, rsa, x, y, own, right + r);
        for (; r < rows; ++r, a += rsa) MC_FN(symmetric_group)(1, block, r, n, a + block, rsa, x, y, own, right + r);
        for (r = 0; r < rows; ++r) y[block + r] += own[r] + right[r];
    }
}

/* A square of MC_LANES rows, transposed in registers. */
MC_INLINE int MC_FN(symmetric_square)(const MC_REAL *a, const MC_REAL *b, ptrdiff_t rs) {
    MC_VEC t[MC_LANES];
    MC_UNROLL(16) for (int l = 0; l < MC_LANES; ++l) t[l] = MC_FN(load)(b + l * rs);
    MC_FN(transpose)(t);
    MC_MASK same = MC_FN(equal)(MC_FN(load)(a), t[0]);
    MC_UNROLL(16) for (int l = 1; l < MC_LANES; ++l) same &= MC_FN(equal)(MC_FN(load)(a + l * rs), t[l]);
    return MC_FN(all)(same);
}

static int MC_FN(symmetric_mirrored)(ptrdiff_t m, ptrdiff_t n, const void *a0, const void *b0, ptrdiff_t rs) {
    const MC_REAL *a = (const MC_REAL *)a0, *b = (const MC_REAL *)b0;
    const ptrdiff_t rows = m / MC_LANES * MC_LANES, columns = n / MC_LANES * MC_LANES;
    int same = 1;
    for (ptrdiff_t i = 0; i < rows; i += MC_LANES)
        for (ptrdiff_t j = 0; j < columns; j += MC_LANES) same &= MC_FN(symmetric_square)(a + i * rs + j, b + j * rs + i, rs);
    for (ptrdiff_t i = 0; i < m; ++i)
        for (ptrdiff_t j = i < rows ? columns : 0; j < n; ++j) same &= a[i * rs + j] == b[j * rs + i];
    return same;
}

static const mc_symmetric_ops *MC_FN(symmetric_ops)(void) {
    static const mc_symmetric_ops ops = {MC_FN(symmetric_rows), MC_FN(symmetric_mirrored)};
    return &ops;
}

#undef MC_SV
