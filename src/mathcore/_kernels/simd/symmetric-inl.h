/* symmetric: each element above the diagonal is loaded once and used twice, for its row and for its column. */
#define MC_SV (MC_SYMMETRIC_LANES / (MC_LANES * MC_SIZE))

/* The columns right of a group of rows: y[0 ... rows) += A x_right, y_right += A^T x[0 ... rows). */
static void MC_FN(symmetric_group)(ptrdiff_t n, const MC_REAL *a, ptrdiff_t rsa, const MC_REAL *x, const MC_REAL *x_right,
                                   MC_REAL *y, MC_REAL *y_right) {
    enum { WIDE = MC_SYMMETRIC_LANES / MC_SIZE };
    MC_VEC sum[MC_SYMMETRIC_ROWS][MC_SV];
    MC_UNROLL(8) for (int r = 0; r < MC_SYMMETRIC_ROWS; ++r)
        MC_UNROLL(16) for (int v = 0; v < MC_SV; ++v) sum[r][v] = MC_FN(zero)();
    ptrdiff_t j = 0;
    for (; j + WIDE <= n; j += WIDE)
        MC_UNROLL(16) for (int v = 0; v < MC_SV; ++v) {
            const ptrdiff_t at = j + v * MC_LANES;
            const MC_VEC xv = MC_FN(load)(x_right + at);
            MC_VEC yv = MC_FN(load)(y_right + at);
            MC_UNROLL(8) for (int r = 0; r < MC_SYMMETRIC_ROWS; ++r) {
                const MC_VEC e = MC_FN(load)(a + r * rsa + at);
                sum[r][v] += e * xv;
                yv += x[r] * e;
            }
            MC_FN(store)(y_right + at, yv);
        }
    MC_UNROLL(16) for (int v = 0; v < MC_SV; ++v) {
        const ptrdiff_t at = j + v * MC_LANES;
        const int left = n - at < MC_LANES ? (int)(n - at) : MC_LANES;
        if (left <= 0) break;
        const MC_VEC xv = MC_FN(load_tail)(x_right + at, left);
        MC_VEC yv = MC_FN(load_tail)(y_right + at, left);
        MC_UNROLL(8) for (int r = 0; r < MC_SYMMETRIC_ROWS; ++r) {
            const MC_VEC e = MC_FN(load_tail)(a + r * rsa + at, left);
            sum[r][v] += e * xv;
            yv += x[r] * e;
        }
        MC_FN(store_tail)(y_right + at, yv, left);
    }
    MC_UNROLL(8) for (int r = 0; r < MC_SYMMETRIC_ROWS; ++r) {
        MC_UNROLL(4) for (int half = MC_SV / 2; half; half /= 2)
            for (int v = 0; v < half; ++v) sum[r][v] += sum[r][v + half];
        y[r] += MC_FN(fold)(sum[r][0]);
    }
}

static void MC_FN(symmetric_rows)(ptrdiff_t first, ptrdiff_t last, ptrdiff_t n, const void *a0, ptrdiff_t rsa,
                                  const void *x0, void *y0) {
    const MC_REAL *x = (const MC_REAL *)x0;
    MC_REAL *y = (MC_REAL *)y0;
    for (ptrdiff_t i = first; i < n; ++i) y[i] = 0;
    for (ptrdiff_t i = first; i < last; i += MC_SYMMETRIC_ROWS) {
        const MC_REAL *a = (const MC_REAL *)a0 + i * rsa + i;
        const int rows = n - i < MC_SYMMETRIC_ROWS ? (int)(n - i) : MC_SYMMETRIC_ROWS;
        for (int r = 0; r < rows; ++r)
            for (int c = 0; c < rows; ++c) y[i + r] += (c < r ? a[c * rsa + r] : a[r * rsa + c]) * x[i + c];
        if (i + rows < n)
            MC_FN(symmetric_group)(n - i - rows, a + rows, rsa, x + i, x + i + rows, y + i, y + i + rows);
    }
}

static const mc_symmetric_ops *MC_FN(symmetric_ops)(void) {
    static const mc_symmetric_ops ops = {MC_FN(symmetric_rows)};
    return &ops;
}

#undef MC_SV
