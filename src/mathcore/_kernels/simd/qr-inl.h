/* qr: see qr.h. Safe range of a sum of squares: outside of it the column is scaled first, so that neither squares nor
 * products with it lose digits to underflow or overflow. */
#if MC_SIZE == 4
#  define MC_QR_LOW 0x1p-60f
#  define MC_QR_HIGH 0x1p100f
#  define MC_QR_SQRT(x) __builtin_sqrtf(x)
#  define MC_QR_TOL3 0x1p-12f           /* about sqrt(eps) */
#else
#  define MC_QR_LOW 0x1p-800
#  define MC_QR_HIGH 0x1p1000
#  define MC_QR_SQRT(x) __builtin_sqrt(x)
#  define MC_QR_TOL3 0x1p-26
#endif
#define MC_QR_WIDTH (MC_QR_STRIP / MC_SIZE)
#define MC_QR_VECS (MC_QR_STRIP / MC_SIZE / MC_LANES)

/* NV vectors of columns: A -= x g^T over `rows` rows, s = y^T A. */
MC_INLINE void MC_FN(qr_sweep_vectors)(const int NV, ptrdiff_t rows, MC_REAL *a, ptrdiff_t lda, const MC_REAL *x,
                                       const MC_REAL *g, const MC_REAL *y, MC_REAL *s) {
    MC_VEC gv[2 * MC_QR_VECS], even[2 * MC_QR_VECS], odd[2 * MC_QR_VECS];
    MC_UNROLL(32) for (int v = 0; v < NV; ++v) {
        gv[v] = MC_FN(load)(g + v * MC_LANES);
        even[v] = odd[v] = MC_FN(zero)();
    }
    ptrdiff_t i = 0;
    for (; i + 2 <= rows; i += 2, a += 2 * lda) {
        const MC_REAL x0 = x[i], y0 = y[i], x1 = x[i + 1], y1 = y[i + 1];
        MC_UNROLL(32) for (int v = 0; v < NV; ++v) {
            MC_VEC t = MC_FN(load)(a + v * MC_LANES) - x0 * gv[v];
            MC_FN(store)(a + v * MC_LANES, t);
            even[v] += y0 * t;
        }
        MC_UNROLL(32) for (int v = 0; v < NV; ++v) {
            MC_VEC t = MC_FN(load)(a + lda + v * MC_LANES) - x1 * gv[v];
            MC_FN(store)(a + lda + v * MC_LANES, t);
            odd[v] += y1 * t;
        }
    }
    if (i < rows) MC_UNROLL(32) for (int v = 0; v < NV; ++v) {
        MC_VEC t = MC_FN(load)(a + v * MC_LANES) - x[i] * gv[v];
        MC_FN(store)(a + v * MC_LANES, t);
        even[v] += y[i] * t;
    }
    MC_UNROLL(32) for (int v = 0; v < NV; ++v) MC_FN(store)(s + v * MC_LANES, even[v] + odd[v]);
}

/* The same for columns col ... lda, from the strip of col on. */
static void MC_FN(qr_sweep)(ptrdiff_t rows, ptrdiff_t col, ptrdiff_t lda, MC_REAL *a, const MC_REAL *x, const MC_REAL *g,
                            const MC_REAL *y, MC_REAL *s) {
    ptrdiff_t c = col / MC_QR_WIDTH * MC_QR_WIDTH;
    for (; c + 2 * MC_QR_WIDTH <= lda; c += 2 * MC_QR_WIDTH)
        MC_FN(qr_sweep_vectors)(2 * MC_QR_VECS, rows, a + c, lda, x, g + c, y, s + c);
    if (c < lda) MC_FN(qr_sweep_vectors)(MC_QR_VECS, rows, a + c, lda, x, g + c, y, s + c);
}

/* A power of two that brings the largest of x near 1; 0 if all are zero, 1 if one is infinite or NaN. */
static MC_REAL MC_FN(qr_scale)(ptrdiff_t n, const MC_REAL *x) {
    const MC_INT top = ((MC_INT)1 << (8 * MC_SIZE - 2 - MC_MANTISSA)) - 1;      /* the bias of the exponent */
    MC_INT largest = 0;
    for (ptrdiff_t i = 0; i < n; ++i) {
        MC_INT bits;
        memcpy(&bits, x + i, MC_SIZE);
        bits &= ~((MC_INT)1 << (8 * MC_SIZE - 1));
        largest = bits > largest ? bits : largest;
    }
    if (!largest) return 0;
    MC_INT exponent = largest >> MC_MANTISSA;
    if (exponent > 2 * top) return 1;
    exponent = (exponent < 2 * top ? 2 * top - exponent : 1) << MC_MANTISSA;
    MC_REAL scale;
    memcpy(&scale, &exponent, MC_SIZE);
    return scale;
}

/* sqrt(x^2 + y^2) without overflow on the way */
MC_INLINE MC_REAL MC_FN(qr_length)(MC_REAL x, MC_REAL y) {
    x = x < 0 ? -x : x;
    y = y < 0 ? -y : y;
    const MC_REAL w = x > y ? x : y, z = x > y ? y : x, q = z / w;
    return z == 0 ? w : w * MC_QR_SQRT(1 + q * q);
}

MC_INLINE int MC_FN(qr_is_safe)(MC_REAL alpha, MC_REAL squares, MC_REAL high) {
    return squares > MC_QR_LOW && alpha * alpha + squares < high;
}

/* Sums of squares below it leave room for the inner products with all columns of A (m, lda). */
static MC_REAL MC_FN(qr_high)(ptrdiff_t m, ptrdiff_t lda, const MC_REAL *a) {
    MC_VEC largest = MC_FN(zero)();
    for (ptrdiff_t i = 0; i < m * lda; i += MC_LANES) largest = MC_FN(max)(MC_FN(abs)(MC_FN(load)(a + i)), largest);
    const MC_REAL bound = MC_QR_HIGH / (MC_FN(fold_max)(largest) * (MC_REAL)m), high = bound * bound;
    return high < MC_QR_HIGH ? high : MC_QR_HIGH;
}

/* What a reflection is made of: (alpha, x) goes to (beta, 0), v = x * inverse. */
typedef struct { MC_REAL beta, tau, inverse; } MC_FN(qr_parts);

MC_INLINE MC_FN(qr_parts) MC_FN(qr_plain)(MC_REAL alpha, MC_REAL squares) {
    const MC_REAL norm = MC_QR_SQRT(alpha * alpha + squares), beta = alpha < 0 ? norm : -norm;
    MC_FN(qr_parts) p = {beta, (beta - alpha) / beta, 1 / (alpha - beta)};
    return p;
}

/* Multiplies x (n) by a power of two first. Nothing to eliminate: tau = 0. An alpha beyond all scales leaves v = 0. */
static MC_NOINLINE MC_FN(qr_parts) MC_FN(qr_scaled)(ptrdiff_t n, MC_REAL alpha, MC_REAL *x) {
    const MC_REAL scale = MC_FN(qr_scale)(n, x), a = alpha * scale;
    MC_FN(qr_parts) p = {alpha, 0, 0};
    MC_REAL squares = 0;
    for (ptrdiff_t i = 0; i < n; ++i) {
        x[i] *= scale;
        squares += x[i] * x[i];
    }
    if (!scale) return p;
    if (a - a != 0 && alpha - alpha == 0) {
        p.beta = -alpha;
        p.tau = 2;
        return p;
    }
    const MC_REAL norm = MC_FN(qr_length)(a, MC_QR_SQRT(squares)), beta = a < 0 ? norm : -norm;
    p.beta = beta / scale;
    p.tau = (beta - a) / beta;
    p.inverse = 1 / (a - beta);
    return p;
}

static void MC_FN(qr_factor)(ptrdiff_t m, ptrdiff_t n, ptrdiff_t k, void *a0, ptrdiff_t lda, void *x0, ptrdiff_t ldx,
                             void *tau0, void *work) {
    MC_REAL *a = (MC_REAL *)a0, *x = (MC_REAL *)x0, *tau = (MC_REAL *)tau0, *g = (MC_REAL *)work, *s = g + lda;
    if (!k) return;
    const MC_REAL high = MC_FN(qr_high)(m, lda, a);
    for (ptrdiff_t i = 0; i < m; ++i) x[i] = a[i * lda];
    memset(g, 0, (size_t)lda * MC_SIZE);
    MC_FN(qr_sweep)(m - 1, 0, lda, a + lda, x + 1, g, x + 1, s);
    for (ptrdiff_t j = 0; j < k; ++j) {
        MC_REAL *v = x + j * ldx, *row = a + j * lda;
        const MC_REAL alpha = v[j];
        MC_FN(qr_parts) p;
        if (MC_FN(qr_is_safe)(alpha, s[j], high)) p = MC_FN(qr_plain)(alpha, s[j]);
        else {
            p = MC_FN(qr_scaled)(m - j - 1, alpha, v + j + 1);
            memset(g, 0, (size_t)lda * MC_SIZE);
            MC_FN(qr_sweep)(m - j - 1, j, lda, row + lda, v + j + 1, g, v + j + 1, s);
        }
        tau[j] = p.tau;
        for (ptrdiff_t i = 0; i < j; ++i) v[i] = 0;
        v[j] = 1;
        for (ptrdiff_t i = j + 1; i < m; ++i) v[i] *= p.inverse;
        for (ptrdiff_t c = (j + 1) / MC_QR_WIDTH * MC_QR_WIDTH; c < lda; c += MC_LANES) {
            const MC_VEC r = MC_FN(load)(row + c), gv = p.tau * (r + p.inverse * MC_FN(load)(s + c));
            MC_FN(store)(g + c, gv);
            MC_FN(store)(row + c, r - gv);
        }
        row[j] = p.beta;
        if (j + 1 == k) break;
        MC_REAL *next = v + ldx;
        const MC_REAL step = g[j + 1];
        for (ptrdiff_t i = j + 1; i < m; ++i) next[i] = a[i * lda + j + 1] - v[i] * step;
        row += lda;
        for (ptrdiff_t c = (j + 1) / MC_QR_WIDTH * MC_QR_WIDTH; c < lda; c += MC_LANES)
            MC_FN(store)(row + c, MC_FN(load)(row + c) - v[j + 1] * MC_FN(load)(g + c));
        MC_FN(qr_sweep)(m - j - 2, j + 1, lda, row + lda, v + j + 2, g, next + j + 2, s);
    }
}

static void MC_FN(qr_form)(ptrdiff_t m, ptrdiff_t q, ptrdiff_t k, void *a0, ptrdiff_t lda, const void *x0, ptrdiff_t ldx,
                           const void *tau0, void *work) {
    const MC_REAL *x = (const MC_REAL *)x0, *tau = (const MC_REAL *)tau0;
    MC_REAL *a = (MC_REAL *)a0, *g = (MC_REAL *)work, *s = g + lda;
    memset(a, 0, (size_t)(m * lda) * MC_SIZE);
    memset(g, 0, 2 * (size_t)lda * MC_SIZE);
    for (ptrdiff_t i = 0; i < q; ++i) a[i * lda + i] = 1;
    if (k && q > k) {
        const MC_REAL *y = x + (k - 1) * ldx + k;
        MC_FN(qr_sweep)(m - k, k, lda, a + k * lda, y, g, y, s);
    }
    for (ptrdiff_t j = k - 1; j >= 0; --j) {
        const MC_REAL *v = x + j * ldx, *y = j ? v - ldx : v, t = tau[j];
        const MC_REAL *row = a + j * lda;
        for (ptrdiff_t c = j / MC_QR_WIDTH * MC_QR_WIDTH; c < lda; c += MC_LANES)
            MC_FN(store)(g + c, t * (MC_FN(load)(row + c) + MC_FN(load)(s + c)));
        MC_FN(qr_sweep)(m - j, j, lda, a + j * lda, v + j, g, y + j, s);
    }
}

static void MC_FN(qr_reflector)(ptrdiff_t count, void *v0, const void *squares0, void *beta_tau) {
    MC_REAL *v = (MC_REAL *)v0, *out = (MC_REAL *)beta_tau;
    const MC_REAL alpha = v[0], squares = *(const MC_REAL *)squares0;
    const MC_FN(qr_parts) p = MC_FN(qr_is_safe)(alpha, squares, MC_QR_HIGH) ? MC_FN(qr_plain)(alpha, squares)
                                                                : MC_FN(qr_scaled)(count - 1, alpha, v + 1);
    out[0] = p.beta;
    out[1] = p.tau;
    v[0] = 1;
    for (ptrdiff_t i = 1; i < count; ++i) v[i] *= p.inverse;
}

static void MC_FN(qr_extend)(ptrdiff_t first, ptrdiff_t count, ptrdiff_t nb, const void *h0, ptrdiff_t ldh, const void *tau0,
                             void *u0) {
    const MC_REAL *h = (const MC_REAL *)h0, *tau = (const MC_REAL *)tau0;
    MC_REAL *u = (MC_REAL *)u0;
    for (ptrdiff_t j = first; j < first + count; ++j, h += ldh) {
        MC_REAL *row = u + j * nb;
        memset(row, 0, (size_t)nb * MC_SIZE);
        for (ptrdiff_t i = 0; i < j; ++i) {
            const MC_REAL c = tau[j] * h[i];
            for (ptrdiff_t r = 0; r <= i; ++r) row[r] -= c * u[i * nb + r];
        }
        row[j] = tau[j];
    }
}

static void MC_FN(qr_transpose)(ptrdiff_t rows, ptrdiff_t cols, const void *in0, ptrdiff_t rsi, void *out0, ptrdiff_t rso) {
    const MC_REAL *in = (const MC_REAL *)in0;
    MC_REAL *out = (MC_REAL *)out0;
    for (ptrdiff_t c = 0; c < cols; c += MC_LANES)
        for (ptrdiff_t r = 0; r < rows; r += MC_LANES) {
            if (r + MC_LANES <= rows && c + MC_LANES <= cols) {
                MC_VEC t[MC_LANES];
                MC_UNROLL(16) for (int l = 0; l < MC_LANES; ++l) t[l] = MC_FN(load)(in + (r + l) * rsi + c);
                MC_FN(transpose)(t);
                MC_UNROLL(16) for (int l = 0; l < MC_LANES; ++l) MC_FN(store)(out + (c + l) * rso + r, t[l]);
            } else {
                const ptrdiff_t right = c + MC_LANES < cols ? c + MC_LANES : cols, end = r + MC_LANES < rows ? r + MC_LANES : rows;
                for (ptrdiff_t i = c; i < right; ++i)
                    for (ptrdiff_t l = r; l < end; ++l) out[i * rso + l] = in[l * rsi + i];
            }
        }
}

static void MC_FN(qr_scatter)(ptrdiff_t m, ptrdiff_t w, const void *l0, ptrdiff_t ldl, const void *x0, ptrdiff_t ldx,
                              void *a0, ptrdiff_t rsa) {
    const MC_REAL *l = (const MC_REAL *)l0, *x = (const MC_REAL *)x0;
    MC_REAL *a = (MC_REAL *)a0;
    const ptrdiff_t top = m < w ? m : w;
    for (ptrdiff_t i = 0; i < top; ++i)
        for (ptrdiff_t c = 0; c < w; ++c) a[i * rsa + c] = c < i ? x[c * ldx + i] : l[i * ldl + c];
    MC_FN(qr_transpose)(w, m - top, x + top, ldx, a + top * rsa, rsa);
}

static void MC_FN(qr_gather)(ptrdiff_t m, ptrdiff_t w, const void *a0, ptrdiff_t rsa, void *x0, ptrdiff_t ldx) {
    const MC_REAL *a = (const MC_REAL *)a0;
    MC_REAL *x = (MC_REAL *)x0;
    MC_FN(qr_transpose)(m, w, a, rsa, x, ldx);
    for (ptrdiff_t c = 0; c < w; ++c) {
        for (ptrdiff_t i = 0; i < c; ++i) x[c * ldx + i] = 0;
        x[c * ldx + c] = 1;
    }
}

static void MC_FN(qr_copy)(ptrdiff_t m, ptrdiff_t n, const void *a0, ptrdiff_t rsa, ptrdiff_t csa, void *out0, ptrdiff_t rso) {
    const MC_REAL *a = (const MC_REAL *)a0;
    MC_REAL *out = (MC_REAL *)out0;
    if (csa != 1 && rsa == 1) {
        MC_FN(qr_transpose)(n, m, a, csa, out, rso);
        return;
    }
    for (ptrdiff_t i = 0; i < m; ++i, a += rsa, out += rso) {
        if (csa == 1) for (ptrdiff_t c = 0; c < n; ++c) out[c] = a[c];
        else for (ptrdiff_t c = 0; c < n; ++c) out[c] = a[c * csa];
    }
}

static void MC_FN(qr_upper)(ptrdiff_t m, ptrdiff_t n, const void *a0, ptrdiff_t rsa, void *out0, ptrdiff_t rso) {
    const MC_REAL *a = (const MC_REAL *)a0;
    MC_REAL *out = (MC_REAL *)out0;
    for (ptrdiff_t i = 0; i < m; ++i, a += rsa, out += rso) {
        const ptrdiff_t below = i < n ? i : n;
        for (ptrdiff_t c = 0; c < below; ++c) out[c] = 0;
        if (a != out) for (ptrdiff_t c = below; c < n; ++c) out[c] = a[c];
    }
}

static void MC_FN(qr_identity)(ptrdiff_t m, ptrdiff_t n, void *out0, ptrdiff_t rso) {
    MC_REAL *out = (MC_REAL *)out0;
    for (ptrdiff_t i = 0; i < m; ++i, out += rso) {
        memset(out, 0, (size_t)n * MC_SIZE);
        if (i < n) out[i] = 1;
    }
}

/* ------------------------------------------------------------------ pivoting */

static void MC_FN(qr_minus_rows)(ptrdiff_t rows, ptrdiff_t n, const void *c0, ptrdiff_t sc, const void *x0, ptrdiff_t ldx,
                                 void *out0) {
    const MC_REAL *c = (const MC_REAL *)c0, *x = (const MC_REAL *)x0;
    MC_REAL *out = (MC_REAL *)out0;
    ptrdiff_t i = 0;
    for (; i + 4 * MC_LANES <= n; i += 4 * MC_LANES) {
        MC_VEC t[4];
        MC_UNROLL(4) for (int v = 0; v < 4; ++v) t[v] = MC_FN(load)(out + i + v * MC_LANES);
        for (ptrdiff_t r = 0; r < rows; ++r)
            MC_UNROLL(4) for (int v = 0; v < 4; ++v) t[v] -= c[r * sc] * MC_FN(load)(x + r * ldx + i + v * MC_LANES);
        MC_UNROLL(4) for (int v = 0; v < 4; ++v) MC_FN(store)(out + i + v * MC_LANES, t[v]);
    }
    for (; i < n; i += MC_LANES) {
        const int left = n - i < MC_LANES ? (int)(n - i) : MC_LANES;
        MC_VEC t = MC_FN(load_tail)(out + i, left);
        for (ptrdiff_t r = 0; r < rows; ++r) t -= c[r * sc] * MC_FN(load_tail)(x + r * ldx + i, left);
        MC_FN(store_tail)(out + i, t, left);
    }
}

/* R rows from i on, n columns in whole vectors but for the last. */
MC_INLINE void MC_FN(qr_add_rows)(const int R, int first, ptrdiff_t n, const MC_REAL *v, const MC_REAL *a, ptrdiff_t lda,
                                  MC_REAL *out) {
    MC_VEC x[8];                         /* of its own: out might be v, for all that the compiler knows */
    MC_UNROLL(8) for (int r = 0; r < R; ++r) x[r] = MC_FN(splat)(v[r]);
    ptrdiff_t c = 0;
    for (; c + MC_LANES <= n; c += MC_LANES) {
        MC_VEC t = first ? MC_FN(zero)() : MC_FN(load)(out + c);
        MC_UNROLL(8) for (int r = 0; r < R; ++r) t += x[r] * MC_FN(load)(a + r * lda + c);
        MC_FN(store)(out + c, t);
    }
    for (; c < n; ++c) {
        MC_REAL t = first ? 0 : out[c];
        MC_UNROLL(8) for (int r = 0; r < R; ++r) t += v[r] * a[r * lda + c];
        out[c] = t;
    }
}

static void MC_FN(qr_sums)(ptrdiff_t m, ptrdiff_t n, const void *v0, void *a0, ptrdiff_t lda, ptrdiff_t to, void *out0) {
    const MC_REAL *v = (const MC_REAL *)v0;
    MC_REAL *a = (MC_REAL *)a0, *out = (MC_REAL *)out0;
    ptrdiff_t i = 0, moved = 0;
    while (i < m) {
        /* a group ahead: a vector that holds an element just stored waits for it */
        for (; moved < m && moved < i + 16; ++moved) a[moved * lda + to] = a[moved * lda - 1];
        if (i + 8 <= m) {
            MC_FN(qr_add_rows)(8, i == 0, n, v + i, a + i * lda, lda, out);
            i += 8;
        } else {
            MC_FN(qr_add_rows)(1, i == 0, n, v + i, a + i * lda, lda, out);
            i += 1;
        }
    }
}

/* By the largest element's power of two: a sum of squares that leaves the safe range is taken again. */
static MC_NOINLINE MC_REAL MC_FN(qr_column_norm)(ptrdiff_t m, const MC_REAL *a, ptrdiff_t lda) {
    MC_REAL largest = 0, squares = 0;
    for (ptrdiff_t i = 0; i < m; ++i) {
        const MC_REAL x = a[i * lda] < 0 ? -a[i * lda] : a[i * lda];
        if (!(x <= largest)) largest = x;
    }
    const MC_REAL scale = MC_FN(qr_scale)(1, &largest);
    for (ptrdiff_t i = 0; i < m; ++i) {
        const MC_REAL x = a[i * lda] * scale;
        squares += x * x;
    }
    return scale ? MC_QR_SQRT(squares) / scale : 0;
}

static void MC_FN(qr_exchange)(ptrdiff_t m, void *a0, ptrdiff_t rsa, ptrdiff_t first, ptrdiff_t count, const ptrdiff_t *with) {
    MC_REAL *a = (MC_REAL *)a0;
    for (ptrdiff_t r = 0; r < m; ++r, a += rsa)
        for (ptrdiff_t i = 0; i < count; ++i) {
            const MC_REAL x = a[first + i];
            a[first + i] = a[with[i]];
            a[with[i]] = x;
        }
}

static void MC_FN(qr_multiply)(ptrdiff_t n, const void *factor, void *x0) {
    MC_REAL *x = (MC_REAL *)x0;
    const MC_REAL f = *(const MC_REAL *)factor;
    for (ptrdiff_t i = 0; i < n; ++i) x[i] *= f;
}

static ptrdiff_t MC_FN(qr_largest)(ptrdiff_t n, const void *x0) {
    const MC_REAL *x = (const MC_REAL *)x0;
    ptrdiff_t at = 0;
    for (ptrdiff_t i = 0; i < n && x[at] == x[at]; ++i)
        if (!(x[i] <= x[at])) at = i;
    return at;
}

static void MC_FN(qr_norms)(ptrdiff_t m, ptrdiff_t n, const void *a0, ptrdiff_t lda, void *norms0) {
    const MC_REAL *a = (const MC_REAL *)a0;
    MC_REAL *norms = (MC_REAL *)norms0;
    for (ptrdiff_t c = 0; c < n; c += MC_LANES) {
        const int left = n - c < MC_LANES ? (int)(n - c) : MC_LANES;
        MC_VEC sum = MC_FN(zero)();
        for (ptrdiff_t i = 0; i < m; ++i) {
            const MC_VEC x = MC_FN(load_tail)(a + i * lda + c, left);
            sum += x * x;
        }
        MC_FN(store_tail)(norms + c, sum, left);
    }
    for (ptrdiff_t c = 0; c < n; ++c)
        norms[c] = MC_FN(qr_is_safe)(0, norms[c], MC_QR_HIGH) ? MC_QR_SQRT(norms[c]) : MC_FN(qr_column_norm)(m, a + c, lda);
}

static void MC_FN(qr_renew)(ptrdiff_t m, ptrdiff_t n, const void *a0, ptrdiff_t lda, void *norms0, void *exact0) {
    MC_REAL *norms = (MC_REAL *)norms0, *exact = (MC_REAL *)exact0;
    for (ptrdiff_t c = 0; c < n; ++c)
        if (norms[c] < 0) norms[c] = exact[c] = MC_FN(qr_column_norm)(m, (const MC_REAL *)a0 + c, lda);
}

/* Drmac and Bujanovic 2008, as in LAPACK's xLAQPS. */
static ptrdiff_t MC_FN(qr_downdate)(ptrdiff_t n, const void *row0, void *norms0, const void *exact0) {
    const MC_REAL *row = (const MC_REAL *)row0, *exact = (const MC_REAL *)exact0;
    MC_REAL *norms = (MC_REAL *)norms0;
    ptrdiff_t lost = 0;
    for (ptrdiff_t c = 0; c < n; ++c) {
        if (norms[c] == 0) continue;
        const MC_REAL q = row[c] / norms[c], rest = 1 - q * q, kept = rest < 0 ? 0 : rest, ratio = norms[c] / exact[c];
        const int cancels = kept * (ratio * ratio) <= MC_QR_TOL3;
        norms[c] = cancels ? -1 : norms[c] * MC_QR_SQRT(kept);
        lost += cancels;
    }
    return lost;
}

static const mc_qr_ops *MC_FN(qr_ops)(void) {
    static const mc_qr_ops ops = {
        MC_SIZE, MC_FN(qr_factor), MC_FN(qr_form), MC_FN(qr_reflector), MC_FN(qr_extend), MC_FN(qr_scatter), MC_FN(qr_gather),
        MC_FN(qr_copy), MC_FN(qr_upper), MC_FN(qr_identity), MC_FN(qr_minus_rows), MC_FN(qr_sums), MC_FN(qr_exchange), MC_FN(qr_multiply),
        MC_FN(qr_largest), MC_FN(qr_norms), MC_FN(qr_renew), MC_FN(qr_downdate)};
    return &ops;
}

#undef MC_QR_LOW
#undef MC_QR_HIGH
#undef MC_QR_SQRT
#undef MC_QR_TOL3
#undef MC_QR_WIDTH
#undef MC_QR_VECS
