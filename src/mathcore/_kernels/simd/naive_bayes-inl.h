/* naive_bayes: see naive_bayes.h. */

/* Plain loops along rows, which the compiler turns into vectors. */
MC_INLINE void MC_FN(nb_add)(ptrdiff_t d, double w, const MC_REAL *restrict x, const MC_REAL *restrict shift,
                             double *restrict sum) {
    for (ptrdiff_t j = 0; j < d; ++j) sum[j] += w * ((double)x[j] - (double)shift[j]);
}

MC_INLINE void MC_FN(nb_add_square)(ptrdiff_t d, double w, const MC_REAL *restrict x, const MC_REAL *restrict origin,
                                    const double *restrict mean, double *restrict sum) {
    for (ptrdiff_t j = 0; j < d; ++j) {
        const double t = ((double)x[j] - (double)origin[j]) - mean[j];
        sum[j] += (w * t) * t;
    }
}

/* Two walks over a block that stays in cache: the mean of what rows differ from their class's first, so that equal
 * elements have exactly themselves; the squares about that mean. Then Chan, Golub and LeVeque's merge. Means are held
 * as what they differ from the class's origin: at 1e8 beside a spread of 1, rounded means cost the variance 1e-9. */
static void MC_FN(nb_moments)(const mc_nb_block *s) {
    const MC_REAL *x = (const MC_REAL *)s->x;
    const ptrdiff_t d = s->d, rs = s->rs, width = 2 * d + 1;
    ptrdiff_t classes = 0;
    for (ptrdiff_t i = 0; i < s->rows; ++i) {
        const ptrdiff_t c = s->label ? s->label[i] : 0;
        const double w = s->weight ? s->weight[i] : 1;
        double *own = s->own + c * width;
        if (w == 0) continue;
        if (s->first[c] < 0) {
            s->first[c] = i;
            s->present[classes++] = c;
            memset(own, 0, (size_t)width * sizeof(double));
        }
        own[0] += w;
        MC_FN(nb_add)(d, w, x + i * rs, x + s->first[c] * rs, own + 1);
    }
    for (ptrdiff_t p = 0; p < classes; ++p) {
        const ptrdiff_t c = s->present[p];
        double *own = s->own + c * width;
        const MC_REAL *shift = x + s->first[c] * rs;
        if (!s->origin[c]) s->origin[c] = shift;
        const MC_REAL *origin = (const MC_REAL *)s->origin[c];
        for (ptrdiff_t j = 0; j < d; ++j) own[1 + j] = ((double)shift[j] - (double)origin[j]) + own[1 + j] / own[0];
    }
    for (ptrdiff_t i = 0; i < s->rows; ++i) {
        const ptrdiff_t c = s->label ? s->label[i] : 0;
        const double w = s->weight ? s->weight[i] : 1;
        double *own = s->own + c * width;
        if (w != 0) MC_FN(nb_add_square)(d, w, x + i * rs, (const MC_REAL *)s->origin[c], own + 1, own + 1 + d);
    }
    for (ptrdiff_t p = 0; p < classes; ++p) {
        const ptrdiff_t c = s->present[p];
        const double *own = s->own + c * width, *centre = own + 1, *square = centre + d;
        double *mean = s->mean + c * d, *scatter = s->scatter + c * d;
        const double before = s->count[c], all = before + own[0], part = own[0] / all, both = before * part;
        s->first[c] = -1;
        s->count[c] = all;
        for (ptrdiff_t j = 0; j < d; ++j) {     /* the first block joins zeros: part is 1, both 0 */
            const double step = centre[j] - mean[j];
            scatter[j] += square[j] + (both * step) * step;
            mean[j] += part * step;
        }
    }
}

static void MC_FN(nb_sums)(const mc_nb_block *s, int binary, double threshold) {
    const MC_REAL *x = (const MC_REAL *)s->x, bound = (MC_REAL)threshold;
    for (ptrdiff_t i = 0; i < s->rows; ++i, x += s->rs) {
        const ptrdiff_t c = s->label ? s->label[i] : 0;
        double *restrict sum = s->mean + c * s->d;
        const double w = s->weight ? s->weight[i] : 1;
        s->count[c] += w;
        if (binary) for (ptrdiff_t j = 0; j < s->d; ++j) sum[j] += x[j] > bound ? w : 0;
        else for (ptrdiff_t j = 0; j < s->d; ++j) sum[j] += w * (double)x[j];
    }
}

static void MC_FN(nb_pack)(ptrdiff_t rows, ptrdiff_t cols, const void *x0, ptrdiff_t rs, int binary, double threshold,
                           double *tile) {
    const MC_REAL *x = (const MC_REAL *)x0;
    const MC_VEC bound = MC_FN(splat)((MC_REAL)threshold), zero = MC_FN(zero)(), one = MC_FN(splat)(1);
    const ptrdiff_t end = MC_SIZE == 8 && rows <= MC_LANES ? MC_LANES : MC_NB_ROWS;
    for (ptrdiff_t r = 0; r < end; r += MC_LANES)
        for (ptrdiff_t j = 0; j < cols; j += MC_LANES) {
            const int few = cols - j < MC_LANES ? (int)(cols - j) : MC_LANES;
            MC_VEC v[MC_LANES];
            for (int l = 0; l < MC_LANES; ++l) {
                const MC_REAL *at = x + (r + l < rows ? r + l : rows - 1) * rs + j;
                v[l] = few == MC_LANES ? MC_FN(load)(at) : MC_FN(load_tail)(at, few);
                if (binary) v[l] = MC_FN(pick)(MC_FN(less)(bound, v[l]), one, zero);
            }
            MC_FN(transpose)(v);
            for (int l = 0; l < few; ++l) {
                double *to = tile + (j + l) * MC_NB_ROWS + r;
                MC_REAL lane[MC_LANES];
                MC_FN(store)(lane, v[l]);
                for (int i = 0; i < MC_LANES; ++i) to[i] = lane[i];
            }
        }
}

#if MC_SIZE == 8
#define MC_NB_GROUP (MC_NB_ROWS / MC_LANES < 4 ? MC_NB_ROWS / MC_LANES : 4)     /* vectors of rows at a time */

/* K classes times G vectors of rows. */
MC_INLINE void MC_FN(nb_product)(const int kind, const int K, const int G, ptrdiff_t cols, const double *tile,
                                 const double *a, const double *b, ptrdiff_t ld, double *total) {
    MC_VEC sum[8], v[4];
    MC_UNROLL(8) for (int i = 0; i < K * G; ++i) sum[i] = MC_FN(zero)();
    for (ptrdiff_t j = 0; j < cols; ++j) {
        MC_UNROLL(4) for (int g = 0; g < G; ++g) v[g] = MC_FN(load)(tile + j * MC_NB_ROWS + g * MC_LANES);
        MC_UNROLL(2) for (int q = 0; q < K; ++q) {
            const MC_VEC m = MC_FN(splat)(a[q * ld + j]);
            if (kind == MC_NB_LINEAR) {
                MC_UNROLL(4) for (int g = 0; g < G; ++g) sum[q * G + g] = MC_FN(multiply_add)(v[g], m, sum[q * G + g]);
            } else {
                const MC_VEC w = MC_FN(splat)(b[q * ld + j]);
                MC_UNROLL(4) for (int g = 0; g < G; ++g) {
                    const MC_VEC t = v[g] - m;
                    sum[q * G + g] = MC_FN(multiply_add)(t * w, t, sum[q * G + g]);
                }
            }
        }
    }
    MC_UNROLL(8) for (int i = 0; i < K * G; ++i) {
        double *to = total + i / G * MC_NB_ROWS + i % G * MC_LANES;
        MC_FN(store)(to, MC_FN(load)(to) + sum[i]);
    }
}

MC_INLINE void MC_FN(nb_classes)(const int kind, const int G, ptrdiff_t cols, ptrdiff_t k, const double *tile,
                                 const double *a, const double *b, ptrdiff_t ld, double *total) {
    ptrdiff_t c = 0;
    for (; c + 2 <= k; c += 2) MC_FN(nb_product)(kind, 2, G, cols, tile, a + c * ld, b + c * ld, ld, total + c * MC_NB_ROWS);
    if (c < k) MC_FN(nb_product)(kind, 1, G, cols, tile, a + c * ld, b + c * ld, ld, total + c * MC_NB_ROWS);
}

static void MC_FN(nb_tile)(int kind, ptrdiff_t rows, ptrdiff_t cols, ptrdiff_t k, const double *tile, const double *a,
                           const double *b, ptrdiff_t ld, double *total) {
    const int wide = MC_NB_GROUP * MC_LANES;
    ptrdiff_t r = 0;
    for (; r < rows && rows - r > MC_LANES; r += wide)
        if (kind == MC_NB_LINEAR) MC_FN(nb_classes)(MC_NB_LINEAR, MC_NB_GROUP, cols, k, tile + r, a, a, ld, total + r);
        else MC_FN(nb_classes)(MC_NB_GAUSSIAN, MC_NB_GROUP, cols, k, tile + r, a, b, ld, total + r);
    if (r < rows) {
        if (kind == MC_NB_LINEAR) MC_FN(nb_classes)(MC_NB_LINEAR, 1, cols, k, tile + r, a, a, ld, total + r);
        else MC_FN(nb_classes)(MC_NB_GAUSSIAN, 1, cols, k, tile + r, a, b, ld, total + r);
    }
}

static void MC_FN(nb_largest)(ptrdiff_t k, const double *total, double *best) {
    double most[MC_NB_ROWS];
    for (int r = 0; r < MC_NB_ROWS; ++r) { most[r] = total[r]; best[r] = 0; }
    for (ptrdiff_t c = 1; c < k; ++c) {
        const double *s = total + c * MC_NB_ROWS;
        for (int r = 0; r < MC_NB_ROWS; ++r) {
            const int more = (s[r] > most[r]) | ((s[r] != s[r]) & (most[r] == most[r]));
            best[r] = more ? (double)c : best[r];
            most[r] = more ? s[r] : most[r];
        }
    }
}
#undef MC_NB_GROUP
#endif

static const mc_nb_ops *MC_FN(nb_ops)(void) {
#if MC_SIZE == 8
    static const mc_nb_ops ops = {MC_FN(nb_moments), MC_FN(nb_sums), MC_FN(nb_pack), MC_FN(nb_tile), MC_FN(nb_largest)};
#else
    static const mc_nb_ops ops = {MC_FN(nb_moments), MC_FN(nb_sums), MC_FN(nb_pack), NULL, NULL};
#endif
    return &ops;
}
