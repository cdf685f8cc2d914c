/* cholesky: row by row of U, vectors along the columns.
 *
 * Tile: 4 rows x 3 vectors (12 sums + 3 of U + 1 scalar are 16 registers); narrower where vectors are, so that a tile begins
 * with the whole 4 x 4 triangle on the diagonal in every build. */
#define MC_CM 4
#define MC_CV (MC_LANES >= 4 ? 3 : MC_CM / MC_LANES)
#if MC_VBYTES == 64 || defined(__aarch64__)
#  define MC_SM 8
#  define MC_SV 3
#else
#  define MC_SM 4
#  define MC_SV 2
#endif
#define MC_CPITCH (MC_CHOLESKY + (MC_LANES >= 4 ? 2 * MC_LANES : MC_CM))

MC_INLINE MC_REAL MC_FN(root)(MC_REAL x) { return MC_SIZE == 4 ? (MC_REAL)__builtin_sqrtf((float)x) : (MC_REAL)__builtin_sqrt(x); }

MC_INLINE MC_REAL MC_FN(lane)(const MC_VEC *row, int l) {
#if MC_VECTORS
    return row[l / MC_LANES][l % MC_LANES];
#else
    return row[l];
#endif
}

/* sum = A - U^T U over the rows before i, columns from j on. */
MC_INLINE void MC_FN(take_rows)(const int M, const int NV, ptrdiff_t i, ptrdiff_t j, const MC_REAL *x, MC_VEC sum[MC_CM][4]) {
    MC_UNROLL(4) for (int r = 0; r < M; ++r)
        MC_UNROLL(4) for (int v = 0; v < NV; ++v) sum[r][v] = MC_FN(load)(x + (i + r) * MC_CPITCH + j + v * MC_LANES);
    for (ptrdiff_t k = 0; k < i; ++k, x += MC_CPITCH) {
        MC_VEC u[4];
        MC_UNROLL(4) for (int v = 0; v < NV; ++v) u[v] = MC_FN(load)(x + j + v * MC_LANES);
        MC_UNROLL(4) for (int r = 0; r < M; ++r) {
            const MC_REAL e = x[i + r];
            MC_UNROLL(4) for (int v = 0; v < NV; ++v) sum[r][v] -= e * u[v];
        }
    }
}

/* Columns i ... of rows i ... i + M: the triangle on the diagonal and what stands beside it. */
MC_INLINE int MC_FN(first_columns)(const int M, const int NV, ptrdiff_t i, MC_REAL *x, MC_REAL *inverse) {
    MC_VEC sum[MC_CM][4];
    MC_FN(take_rows)(M, NV, i, i, x, sum);
    MC_UNROLL(4) for (int r = 0; r < M; ++r) {
        MC_UNROLL(4) for (int k = 0; k < r; ++k) {
            const MC_REAL e = MC_FN(lane)(sum[k], r);
            MC_UNROLL(4) for (int v = 0; v < NV; ++v) sum[r][v] -= e * sum[k][v];
        }
        const MC_REAL d2 = MC_FN(lane)(sum[r], r);
        if (!(d2 > 0)) return r + 1;
        const MC_REAL d = MC_FN(root)(d2);
        inverse[r] = 1 / d;
        MC_UNROLL(4) for (int v = 0; v < NV; ++v) {
            sum[r][v] *= inverse[r];
            MC_FN(store)(x + (i + r) * MC_CPITCH + i + v * MC_LANES, sum[r][v]);
        }
        x[(i + r) * MC_CPITCH + i + r] = d;
    }
    return 0;
}

/* Columns j ... further right. */
MC_INLINE void MC_FN(next_columns)(const int M, const int NV, ptrdiff_t i, ptrdiff_t j, MC_REAL *x, const MC_REAL *inverse) {
    MC_VEC sum[MC_CM][4];
    MC_FN(take_rows)(M, NV, i, j, x, sum);
    MC_UNROLL(4) for (int r = 0; r < M; ++r) {
        MC_UNROLL(4) for (int k = 0; k < r; ++k) {
            const MC_REAL e = x[(i + k) * MC_CPITCH + i + r];
            MC_UNROLL(4) for (int v = 0; v < NV; ++v) sum[r][v] -= e * sum[k][v];
        }
        MC_UNROLL(4) for (int v = 0; v < NV; ++v) {
            sum[r][v] *= inverse[r];
            MC_FN(store)(x + (i + r) * MC_CPITCH + j + v * MC_LANES, sum[r][v]);
        }
    }
}

MC_INLINE int MC_FN(factor_rows)(const int M, ptrdiff_t i, ptrdiff_t n, MC_REAL *x) {
    enum { WIDE = MC_CV, FIRST = (MC_CM + MC_LANES - 1) / MC_LANES };
    MC_REAL inverse[MC_CM];
    const int bad = n - i <= FIRST * MC_LANES ? MC_FN(first_columns)(M, FIRST, i, x, inverse)
                                              : MC_FN(first_columns)(M, WIDE, i, x, inverse);
    if (bad) return (int)i + bad;
    ptrdiff_t j = i + (n - i <= FIRST * MC_LANES ? FIRST : WIDE) * MC_LANES;
    for (ptrdiff_t left; (left = (n - j + MC_LANES - 1) / MC_LANES) > 0;) {
        if (WIDE == 3 && left == 1) { MC_FN(next_columns)(M, 1, i, j, x, inverse); j += MC_LANES; }
        else if (WIDE < 3 || left == 2 || left == 4) { MC_FN(next_columns)(M, 2, i, j, x, inverse); j += 2 * MC_LANES; }
        else { MC_FN(next_columns)(M, 3, i, j, x, inverse); j += 3 * MC_LANES; }
    }
    return 0;
}

/* Through a copy: rows a page apart would share a few lines of L1, and vectors may then pass the end of a row. */
static int MC_FN(cholesky)(ptrdiff_t n, const void *a0, ptrdiff_t rsa, ptrdiff_t csa, void *c0, ptrdiff_t rsc) {
    const MC_REAL *a = (const MC_REAL *)a0;
    MC_REAL *c = (MC_REAL *)c0, x[MC_CHOLESKY * MC_CPITCH];
    ptrdiff_t i, j;
    for (i = 0; i < n; ++i) {
        MC_REAL *to = x + i * MC_CPITCH;
        j = i / MC_CM * MC_CM;
        if (csa == 1) {
            for (; j + MC_LANES <= n; j += MC_LANES) MC_FN(store)(to + j, MC_FN(load)(a + i * rsa + j));
            if (j < n) MC_FN(store)(to + j, MC_FN(load_tail)(a + i * rsa + j, (int)(n - j)));
        } else {
            for (; j < n; ++j) to[j] = a[i * rsa + j * csa];
        }
    }
    for (i = 0; i < n;) {
        const int m = n - i >= 4 ? 4 : n - i >= 2 ? 2 : 1;
        const int bad = m == 4 ? MC_FN(factor_rows)(4, i, n, x) : m == 2 ? MC_FN(factor_rows)(2, i, n, x) : MC_FN(factor_rows)(1, i, n, x);
        if (bad) return bad;
        i += m;
    }
    for (i = 0; i < n; ++i) {
        const MC_REAL *from = x + i * MC_CPITCH;
        for (j = i; j + MC_LANES <= n; j += MC_LANES) MC_FN(store)(c + i * rsc + j, MC_FN(load)(from + j));
        for (; j < n; ++j) c[i * rsc + j] = from[j];
    }
    return 0;
}

/* Rows i ... i + MC_SM of the strip x (k, MC_SV vectors), whose rows before i are solved; l: those columns of U, side by side. */
MC_INLINE void MC_FN(solve_group)(ptrdiff_t i, const MC_REAL *l, const MC_REAL *inverse, MC_REAL *x) {
    enum { WIDTH = MC_SV * MC_LANES };
    MC_VEC sum[MC_SM][MC_SV];
    MC_UNROLL(8) for (int r = 0; r < MC_SM; ++r)
        MC_UNROLL(4) for (int v = 0; v < MC_SV; ++v) sum[r][v] = MC_FN(load)(x + (i + r) * WIDTH + v * MC_LANES);
    const MC_REAL *row = x;
    for (ptrdiff_t k = 0; k < i; ++k, row += WIDTH, l += MC_SM) {
        MC_VEC xv[MC_SV];
        MC_UNROLL(4) for (int v = 0; v < MC_SV; ++v) xv[v] = MC_FN(load)(row + v * MC_LANES);
        MC_UNROLL(8) for (int r = 0; r < MC_SM; ++r) {
            const MC_REAL e = l[r];
            MC_UNROLL(4) for (int v = 0; v < MC_SV; ++v) sum[r][v] -= e * xv[v];
        }
    }
    MC_UNROLL(8) for (int r = 0; r < MC_SM; ++r) {
        MC_UNROLL(8) for (int k = 0; k < r; ++k) {
            const MC_REAL e = l[k * MC_SM + r];
            MC_UNROLL(4) for (int v = 0; v < MC_SV; ++v) sum[r][v] -= e * sum[k][v];
        }
        MC_UNROLL(4) for (int v = 0; v < MC_SV; ++v) {
            sum[r][v] *= inverse[i + r];
            MC_FN(store)(x + (i + r) * WIDTH + v * MC_LANES, sum[r][v]);
        }
    }
}

static void MC_FN(solve_strips)(ptrdiff_t k, ptrdiff_t n, const void *l0, const void *inverse0, void *x0, void *b0, ptrdiff_t rsb) {
    enum { WIDTH = MC_SV * MC_LANES };
    MC_REAL *x = (MC_REAL *)x0, *b = (MC_REAL *)b0;
    for (ptrdiff_t j = 0; j < n; j += WIDTH)
        for (ptrdiff_t i = 0; i < k; i += MC_SM)
            MC_FN(solve_group)(i, (const MC_REAL *)l0 + i * k, (const MC_REAL *)inverse0, x + j * k);
    for (ptrdiff_t i = 0; i < k; ++i)
        for (ptrdiff_t j = 0; j < n; j += MC_LANES) {
            const MC_VEC v = MC_FN(load)(x + j / WIDTH * WIDTH * k + i * WIDTH + j % WIDTH);
            if (n - j >= MC_LANES) MC_FN(store)(b + i * rsb + j, v);
            else MC_FN(store_tail)(b + i * rsb + j, v, (int)(n - j));
        }
}

static void MC_FN(reciprocals)(ptrdiff_t k, const void *a0, ptrdiff_t rsa, void *inverse0) {
    const MC_REAL *a = (const MC_REAL *)a0;
    MC_REAL *inverse = (MC_REAL *)inverse0;
    for (ptrdiff_t i = 0; i < k; ++i) inverse[i] = 1 / a[i * (rsa + 1)];
}

/* Scalars of the rotation that takes x into d, by quotients of at most 1: no square can overflow or vanish. */
MC_INLINE int MC_FN(rotation)(const int SIGN, MC_REAL *d, MC_REAL x, MC_REAL *c, MC_REAL *s) {
    const MC_REAL u = *d, size_u = u < 0 ? -u : u, size_x = x < 0 ? -x : x;
    if (SIGN < 0) {
        const MC_REAL t = x / u;
        if (!(size_x < size_u)) return 0;
        *s = t;
        *c = MC_FN(root)((1 - t) * (1 + t));
        *d = u * *c;
        return *c > 0;
    }
    const MC_REAL large = size_x > size_u ? size_x : size_u, q = (size_x > size_u ? u : x) / large;
    if (large == 0) {
        *c = 1;
        *s = 0;
        return 1;
    }
    const MC_REAL r = MC_FN(root)(1 + q * q);
    *c = u / large / r;
    *s = x / large / r;
    *d = large * r;
    return 1;
}

/* One row of U with each row of X in turn. Downwards by the mixed form, which uses the new u for the new x: Bojanczyk and
 * others, SIAM J. Sci. Stat. Comput. 8 (1987). */
MC_INLINE int MC_FN(rotate_row)(const int SIGN, ptrdiff_t i, ptrdiff_t n, ptrdiff_t k, MC_REAL *u, MC_REAL *x, ptrdiff_t rsx) {
    MC_REAL c[MC_RANK], s[MC_RANK], inverse[MC_RANK];
    for (ptrdiff_t t = 0; t < k; ++t) {
        if (!MC_FN(rotation)(SIGN, u + i, x[t * rsx + i], c + t, s + t)) return 0;
        inverse[t] = 1 / c[t];
    }
    for (ptrdiff_t j = i + 1; j < n; j += MC_LANES) {
        const int few = n - j < MC_LANES ? (int)(n - j) : MC_LANES;
        MC_VEC uv = few == MC_LANES ? MC_FN(load)(u + j) : MC_FN(load_tail)(u + j, few);
        for (ptrdiff_t t = 0; t < k; ++t) {
            MC_REAL *at = x + t * rsx + j;
            const MC_VEC xv = few == MC_LANES ? MC_FN(load)(at) : MC_FN(load_tail)(at, few);
            const MC_VEC cv = MC_FN(splat)(c[t]), sv = MC_FN(splat)(s[t]), old = uv;
            MC_VEC next;
            if (SIGN < 0) {
                uv = MC_FN(multiply_add)(-sv, xv, old) * inverse[t];
                next = MC_FN(multiply_add)(cv, xv, -(sv * uv));
            } else {
                uv = MC_FN(multiply_add)(cv, old, sv * xv);
                next = MC_FN(multiply_add)(cv, xv, -(sv * old));
            }
            if (few == MC_LANES) MC_FN(store)(at, next);
            else MC_FN(store_tail)(at, next, few);
        }
        if (few == MC_LANES) MC_FN(store)(u + j, uv);
        else MC_FN(store_tail)(u + j, uv, few);
    }
    return 1;
}

static int MC_FN(rotate)(int sign, ptrdiff_t n, ptrdiff_t k, void *u0, ptrdiff_t rsu, void *x0, ptrdiff_t rsx) {
    MC_REAL *u = (MC_REAL *)u0, *x = (MC_REAL *)x0;
    for (ptrdiff_t i = 0; i < n; ++i, u += rsu)
        if (sign > 0) MC_FN(rotate_row)(1, i, n, k, u, x, rsx);
        else if (!MC_FN(rotate_row)(-1, i, n, k, u, x, rsx)) return (int)i + 1;
    return 0;
}

static const mc_cholesky_ops *MC_FN(cholesky_ops)(void) {
    static const mc_cholesky_ops ops = {MC_SIZE, MC_SM, MC_FN(cholesky), MC_FN(solve_strips), MC_FN(reciprocals), MC_FN(rotate)};
    return &ops;
}

#undef MC_SM
#undef MC_SV
#undef MC_CM
#undef MC_CV
#undef MC_CPITCH
