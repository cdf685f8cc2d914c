/* pairwise: see pairwise.h. */
#define MC_PW_ROWS (MC_X86 && MC_VBYTES == 16 ? 1 : 4)          /* SSE2: few registers, and small code before fast */
#define MC_PW_SUMS (MC_PW_ROWS * MC_PAIRWISE_VECS)
#define MC_PW_STRIP (MC_PAIRWISE_VECS * MC_LANES)
#define MC_PW_ROW MC_UNROLL(4) for (int r = 0; r < MC_PW_ROWS; ++r)
#define MC_PW_VEC MC_UNROLL(2) for (int v = 0; v < MC_PAIRWISE_VECS; ++v)
#define MC_CANBERRA_LEAST (MC_SIZE == 4 ? (MC_REAL)0x1p-25 : (MC_REAL)0x1p-230)  /* four denominators' product is normal */
#define MC_CANBERRA_MOST (MC_SIZE == 4 ? (MC_REAL)0x1p30 : (MC_REAL)0x1p230)
#define MC_SUM_LEAST (MC_SIZE == 4 ? (MC_REAL)0x1p-100 : (MC_REAL)0x1p-960)      /* below it terms may have been lost */

/* Four coordinates of one pair by one division: a/b + c/d = (a d + c b) / (b d). */
MC_INLINE MC_VEC MC_FN(canberra4)(const MC_VEC *a, const MC_VEC *b) {
    MC_VEC n[4], q[4];
    MC_UNROLL(4) for (int i = 0; i < 4; ++i) {
        n[i] = MC_FN(abs)(a[i] - b[i]);
        q[i] = MC_FN(max)(MC_V(MC_CANBERRA_LEAST), MC_FN(abs)(a[i]) + MC_FN(abs)(b[i]));
    }
    const MC_VEC n01 = MC_FN(multiply_add)(n[0], q[1], n[1] * q[0]), q01 = q[0] * q[1];
    const MC_VEC n23 = MC_FN(multiply_add)(n[2], q[3], n[3] * q[2]), q23 = q[2] * q[3];
    return MC_FN(multiply_add)(n01, q23, n23 * q01) / (q01 * q23);
}

/* Coordinates from ... to of a tile: sum (rows, vecs), the second sums after them. Where they are powers of differences,
 * differences are multiplied by both factors `scale` of their pair first: one alone would overflow for the least numbers. */
MC_INLINE void MC_FN(tile_part)(const int op, ptrdiff_t from, ptrdiff_t to, const MC_REAL *const *x, const MC_REAL *y,
                                const MC_REAL *w, const MC_VEC *scale, const mc_exponent *power, MC_VEC *sum) {
    const int bare = op == MC_SQUARE || op == MC_MAXIMUM || op == MC_MAXIMUM_ANY || op == MC_CANBERRA || op == MC_JENSEN;
    ptrdiff_t k = from;
    MC_VEC one = MC_V(1);
    MC_KEEP(one);               /* else 1 a - b is a subtraction again, for which there are fewer units */
    if (op == MC_CANBERRA && MC_FUSED)
        for (; k + 4 <= to; k += 4)
            MC_UNROLL(1) for (int r = 0; r < MC_PW_ROWS; ++r) MC_PW_VEC {
                MC_VEC a[4], b[4];
                MC_UNROLL(4) for (int i = 0; i < 4; ++i) {
                    a[i] = MC_V(x[r][k + i]);
                    b[i] = MC_FN(load)(y + (k + i) * MC_PW_STRIP + v * MC_LANES);
                }
                sum[r * MC_PAIRWISE_VECS + v] += MC_FN(canberra4)(a, b);
            }
    for (; k < to; ++k) {
        MC_VEC a[MC_PW_ROWS], b[MC_PAIRWISE_VECS];
        const MC_VEC c = bare ? one : MC_V(w[k]);
        MC_PW_ROW a[r] = MC_V(x[r][k]);
        MC_PW_VEC b[v] = MC_FN(load)(y + k * MC_PW_STRIP + v * MC_LANES);
        if (op == MC_POWER || op == MC_JENSEN) {
            MC_VEC s[MC_PW_SUMS], t[MC_PW_SUMS];
            MC_PW_ROW MC_PW_VEC {
                const int i = r * MC_PAIRWISE_VECS + v;
                s[i] = op == MC_POWER ? MC_FN(abs)(a[r] - b[v]) * scale[i] * scale[MC_PW_SUMS + i] : a[r];
                t[i] = b[v];
            }
            if (op == MC_JENSEN) MC_FN(jensen_terms)(MC_PW_SUMS, s, t, sum);
            else {
                MC_FN(powers)(s, power);
                MC_UNROLL(8) for (int i = 0; i < MC_PW_SUMS; ++i) sum[i] = MC_FN(multiply_add)(c, s[i], sum[i]);
            }
        } else
            MC_PW_ROW MC_PW_VEC {
                MC_VEC *at = sum + r * MC_PAIRWISE_VECS + v;
                MC_FN(pairwise_term)(op == MC_CANBERRA ? MC_CANBERRA_ANY : op, a[r], b[v], c, at, at + MC_PW_SUMS);
            }
    }
}

typedef void (*MC_FN(tile))(ptrdiff_t from, ptrdiff_t to, const MC_REAL *const *x, const MC_REAL *y, const MC_REAL *w,
                            const MC_VEC *scale, const mc_exponent *power, MC_VEC *sum);
#define MC_PW_TILE(name, op)                                                                                                  \
    static MC_NOINLINE void MC_FN(name)(ptrdiff_t from, ptrdiff_t to, const MC_REAL *const *x, const MC_REAL *y,              \
                                        const MC_REAL *w, const MC_VEC *scale, const mc_exponent *power, MC_VEC *sum) {       \
        const int sums = op == MC_BRAYCURTIS ? 2 * MC_PW_SUMS : MC_PW_SUMS;                                                   \
        MC_VEC part[2 * MC_PW_SUMS];                                                                                          \
        MC_UNROLL(16) for (int i = 0; i < sums; ++i) part[i] = MC_FN(zero)();                                                 \
        MC_FN(tile_part)(op, from, to, x, y, w, scale, power, part);                                                          \
        MC_UNROLL(16) for (int i = 0; i < sums; ++i) sum[i] = part[i];                                                        \
    }
MC_PW_TILE(tile_square, MC_SQUARE)
MC_PW_TILE(tile_square_weighted, MC_SQUARE_WEIGHTED)
MC_PW_TILE(tile_absolute, MC_ABSOLUTE)
MC_PW_TILE(tile_maximum, MC_MAXIMUM)
MC_PW_TILE(tile_maximum_any, MC_MAXIMUM_ANY)
#if MC_FUSED
#  define MC_PW_CANBERRA MC_FN(tile_canberra)
MC_PW_TILE(tile_canberra, MC_CANBERRA)
#else
#  define MC_PW_CANBERRA MC_FN(tile_canberra_any)
#endif
MC_PW_TILE(tile_canberra_any, MC_CANBERRA_ANY)
MC_PW_TILE(tile_braycurtis, MC_BRAYCURTIS)
MC_PW_TILE(tile_power, MC_POWER)
MC_PW_TILE(tile_unequal, MC_UNEQUAL)
MC_PW_TILE(tile_jensen, MC_JENSEN)

/* A whole tile in blocks of coordinates; a maximum needs none. */
static MC_NOINLINE void MC_FN(tile_blocks)(MC_FN(tile) tile, const mc_pairwise *s, const MC_REAL *const *x, const MC_REAL *y,
                                           const MC_VEC *scale, const mc_exponent *power, MC_VEC *sum) {
    const ptrdiff_t block = s->op == MC_MAXIMUM || s->op == MC_MAXIMUM_ANY ? s->d : MC_PAIRWISE_K;
    MC_VEC part[2 * MC_PW_SUMS];
    tile(0, s->d < block ? s->d : block, x, y, s->w, scale, power, sum);
    for (ptrdiff_t from = block; from < s->d; from += block) {
        if (from % MC_PAIRWISE_LOOK == 0 && s->stopped(s->job)) return;
        tile(from, s->d < from + block ? s->d : from + block, x, y, s->w, scale, power, part);
        for (int i = 0; i < (s->op == MC_BRAYCURTIS ? 2 : 1) * MC_PW_SUMS; ++i) sum[i] += part[i];
    }
}

/* Sums that left the range are taken again, each pair's differences over a power of two near the largest of them, which is
 * left in scale. */
static MC_NOINLINE void MC_FN(tile_again)(const mc_pairwise *s, const MC_REAL *const *x, const MC_REAL *y, MC_VEC *scale,
                                          MC_VEC *sum) {
    static const mc_exponent two = {0, 2, 0, MC_PW_SUMS, 2};
    const MC_VEC one = MC_V(1);
    MC_VEC again[MC_PW_SUMS], inverse[2 * MC_PW_SUMS];
    MC_FN(tile_maximum_any)(0, s->d, x, y, NULL, NULL, NULL, again);
    for (int i = 0; i < MC_PW_SUMS; ++i) {
        const MC_MASK apart = MC_FN(less)(MC_FN(zero)(), again[i]), whole = MC_FN(less)(again[i], MC_V(MC_INFINITE));
        const MC_VEC most = MC_FN(pick)(apart, MC_FN(pick)(whole, again[i], one), one), power = MC_FN(power_of)(most);
        const MC_VEC rest = MC_FN(power_of)(most / power);      /* 1 but for subnormal numbers */
        scale[i] = power * rest;
        inverse[i] = one / power;
        inverse[MC_PW_SUMS + i] = one / rest;
    }
    MC_FN(tile_blocks)(MC_FN(tile_power), s, x, y, inverse, s->op == MC_POWER ? &s->power : &two, again);
    for (int i = 0; i < MC_PW_SUMS; ++i) {
        const MC_MASK low = MC_FN(less)(sum[i], MC_V(MC_SUM_LEAST)), high = MC_FN(equal)(sum[i], MC_V(MC_INFINITE));
        const MC_VEC kept = MC_FN(pick)(low, again[i], MC_FN(pick)(high, again[i], sum[i]));
        scale[i] = MC_FN(pick)(low, scale[i], MC_FN(pick)(high, scale[i], one));
        sum[i] = kept;
    }
}

/* Whether a sum is the distance. */
MC_INLINE int MC_FN(is_plain)(const mc_pairwise *s) {
    return s->form == MC_PLAIN && s->op != MC_BRAYCURTIS && s->op != MC_UNEQUAL && s->op != MC_JENSEN;
}

/* Sums become distances: those of a tile, or one vector for a single pair, which has no rows. */
static MC_NOINLINE void MC_FN(finish)(const mc_pairwise *s, const MC_VEC *second, const MC_VEC *scale, MC_VEC *sum) {
    const int n = s->rows ? MC_PW_SUMS : 1;
    const int magnitudes = s->op == MC_SQUARE || s->op == MC_SQUARE_WEIGHTED || s->op == MC_ABSOLUTE;
    if (s->op == MC_BRAYCURTIS) for (int i = 0; i < n; ++i) sum[i] = sum[i] / second[i];
    if (s->op == MC_UNEQUAL) for (int i = 0; i < n; ++i) sum[i] = sum[i] / MC_V((MC_REAL)s->total);
    if (s->op == MC_JENSEN)
        for (int i = 0; i < n; ++i) sum[i] = MC_FN(sqrt)((MC_REAL)s->factor * MC_FN(max)(MC_FN(zero)(), sum[i]));
    if (s->op == MC_POWER && s->form == MC_ROOT) MC_FN(powers)(sum, &s->root);
    if (magnitudes && s->form == MC_ROOT) for (int i = 0; i < n; ++i) sum[i] = MC_FN(sqrt)(sum[i]);
    if (magnitudes && s->form == MC_HALF) for (int i = 0; i < n; ++i) sum[i] = MC_FN(min)(MC_V(2), (MC_REAL)0.5 * sum[i]);
    if (magnitudes && s->form == MC_RBF)
        MC_UNROLL(1) for (int i = 0; i < n; ++i) {
            MC_VEC y = (MC_REAL)-s->factor * sum[i];
            MC_KEEP(y);
            sum[i] = MC_FN(exp)(y);
        }
    for (int i = 0; i < n; ++i) sum[i] = sum[i] * scale[i];
}

MC_INLINE int MC_FN(in_range)(int n, const MC_VEC *sum) {
    int good = 1;
    MC_UNROLL(8) for (int i = 0; i < n; ++i)
        good &= MC_FN(all)(MC_FN(less)(MC_V(MC_SUM_LEAST), sum[i])) & MC_FN(all)(MC_FN(less)(sum[i], MC_V(MC_INFINITE)));
    return good;
}

/* Rows of a tile to the result: columns first ... last of it, from where the row begins at `at`. */
static MC_NOINLINE void MC_FN(write_row)(const MC_VEC *sum, ptrdiff_t col, ptrdiff_t first, ptrdiff_t last, MC_REAL *at) {
    MC_REAL lanes[MC_PW_STRIP];
    MC_PW_VEC MC_FN(store)(lanes + v * MC_LANES, sum[v]);
    MC_UNROLL(1) for (int l = 0; l < MC_PW_STRIP; ++l) if (first <= col + l && col + l < last) at[col + l] = lanes[l];
}

static void MC_FN(pairwise_block)(const mc_pairwise *given) {
    static const MC_FN(tile) tiles[] = {MC_FN(tile_square), MC_FN(tile_square_weighted), MC_FN(tile_absolute),
        MC_FN(tile_maximum), MC_FN(tile_maximum_any), MC_PW_CANBERRA, MC_FN(tile_canberra_any), MC_FN(tile_braycurtis),
        MC_FN(tile_power), MC_FN(tile_unequal), MC_FN(tile_jensen)};
    mc_pairwise job = *given, *s = &job;
    const int plain = MC_FN(is_plain)(s);
    job.power.count = job.root.count = MC_PW_SUMS;
    MC_VEC one[2 * MC_PW_SUMS], scale[MC_PW_SUMS], sum[2 * MC_PW_SUMS];
    for (int i = 0; i < 2 * MC_PW_SUMS; ++i) one[i] = MC_V(1);
    for (ptrdiff_t i = 0; i < s->rows; i += MC_PW_ROWS) {
        const MC_REAL *x[MC_PW_ROWS];
        MC_REAL *at[MC_PW_ROWS];
        ptrdiff_t first[MC_PW_ROWS];
        for (int r = 0; r < MC_PW_ROWS; ++r) {
            const ptrdiff_t near = i + r < s->rows ? i + r : s->rows - 1, row = s->row + near;
            x[r] = (const MC_REAL *)s->x + near * s->rsx;
            at[r] = (MC_REAL *)s->out + (s->triangle ? s->triangle * row - row * (row + 1) / 2 - row - 1 : row * s->rso);
            first[r] = s->triangle ? row + 1 : 0;
        }
        const ptrdiff_t skip = first[0] > s->col ? (first[0] - s->col) / MC_PW_STRIP * MC_PW_STRIP : 0;
        for (ptrdiff_t j = skip; j < s->cols; j += MC_PW_STRIP) {
            const MC_REAL *y = (const MC_REAL *)s->y + j * s->d;
            if (s->d <= MC_PAIRWISE_K) tiles[s->op](0, s->d, x, y, s->w, one, &s->power, sum);
            else MC_FN(tile_blocks)(tiles[s->op], s, x, y, one, &s->power, sum);
            const int again = s->check && !MC_FN(in_range)(MC_PW_SUMS, sum);
            if (again) MC_FN(tile_again)(s, x, y, scale, sum);
            if (s->op == MC_SQUARE && s->form == MC_ROOT && !again)
                MC_UNROLL(8) for (int q = 0; q < MC_PW_SUMS; ++q) sum[q] = MC_FN(sqrt)(sum[q]);
            else if (!plain) MC_FN(finish)(s, sum + MC_PW_SUMS, again ? scale : one, sum);
            for (int r = 0; r < MC_PW_ROWS && i + r < s->rows; ++r) {
                if (first[r] <= s->col + j && j + MC_PW_STRIP <= s->cols)
                    MC_PW_VEC MC_FN(store)(at[r] + s->col + j + v * MC_LANES, sum[r * MC_PAIRWISE_VECS + v]);
                else MC_FN(write_row)(sum + r * MC_PAIRWISE_VECS, s->col + j, first[r], s->col + s->cols, at[r]);
            }
        }
    }
}

static void MC_FN(pairwise_pack)(ptrdiff_t rows, ptrdiff_t d, const void *y, ptrdiff_t rs, void *out) {
    for (ptrdiff_t j = 0; j < rows; j += MC_LANES) {
        const MC_REAL *at[MC_LANES];
        MC_REAL *to = (MC_REAL *)out + j / MC_PW_STRIP * MC_PW_STRIP * d + j % MC_PW_STRIP;
        for (int l = 0; l < MC_LANES; ++l) at[l] = (const MC_REAL *)y + (j + l < rows ? j + l : rows - 1) * rs;
        ptrdiff_t k = 0;
        for (; k + MC_LANES <= d; k += MC_LANES) {
            MC_VEC r[MC_LANES];
            MC_UNROLL(16) for (int l = 0; l < MC_LANES; ++l) r[l] = MC_FN(load)(at[l] + k);
            MC_FN(transpose)(r);
            MC_UNROLL(16) for (int l = 0; l < MC_LANES; ++l) MC_FN(store)(to + (k + l) * MC_PW_STRIP, r[l]);
        }
        MC_UNROLL(1) for (; k < d; ++k)
            MC_UNROLL(1) for (int l = 0; l < MC_LANES; ++l) to[k * MC_PW_STRIP + l] = at[l][k];
    }
    if ((rows + MC_LANES - 1) / MC_LANES % MC_PAIRWISE_VECS)        /* the last strip's second vector */
        for (ptrdiff_t k = 0, at = rows / MC_PW_STRIP * MC_PW_STRIP * d; k < d; ++k, at += MC_PW_STRIP)
            MC_FN(store)((MC_REAL *)out + at + MC_LANES, MC_FN(load)((MC_REAL *)out + at));
}

static void MC_FN(pairwise_extent)(ptrdiff_t n, const void *x, double *least, double *largest) {
    const MC_VEC infinite = MC_V(MC_INFINITE);
    MC_VEC low = infinite, high = MC_FN(zero)();
    for (ptrdiff_t i = 0; i < n; i += MC_LANES) {
        const MC_REAL *p = (const MC_REAL *)x + i;
        const MC_VEC a = MC_FN(abs)(n - i >= MC_LANES ? MC_FN(load)(p) : MC_FN(load_tail)(p, (int)(n - i)));
        low = MC_FN(min)(MC_FN(pick)(MC_FN(equal)(a, MC_FN(zero)()), infinite, a), low);
        high = MC_FN(pick)(MC_FN(less_bits)(high, a), a, high);
    }
    MC_REAL lows[MC_LANES], highs[MC_LANES];
    MC_FN(store)(lows, low);
    MC_FN(store)(highs, high);
    for (int l = 0; l < MC_LANES; ++l) {
        if (lows[l] < *least) *least = lows[l];
        if (!(highs[l] <= *largest)) *largest = *largest == *largest ? highs[l] : *largest;
    }
}

/* ------------------------------------------------------------------ one pair */
#define MC_PW_LANES (64 / MC_SIZE)
#define MC_PW_PARTS (MC_PW_LANES / MC_LANES)
#define MC_PW_CASE(op) case op: MC_PW_PART MC_FN(pairwise_term)(op, a[v], b[v], c[v], sum + v, more + v); break;
#define MC_PW_PART MC_UNROLL(4) for (int v = 0; v < MC_PW_PARTS; ++v)

MC_INLINE MC_REAL MC_FN(fold_parts)(MC_VEC *sum) {
    MC_UNROLL(4) for (int half = MC_PW_PARTS / 2; half; half /= 2)
        MC_UNROLL(4) for (int v = 0; v < half; ++v) sum[v] += sum[v + half];
    return MC_FN(fold)(sum[0]);
}

/* The last n coordinates of a pair and their weights; zeros after them, weights `none`. */
static MC_NOINLINE void MC_FN(pad_pair)(ptrdiff_t n, const MC_REAL *x, const MC_REAL *y, const MC_REAL *w, MC_REAL none,
                                        MC_REAL *padded) {
    MC_UNROLL(1) for (int l = 0; l < MC_PW_LANES; ++l) {
        padded[l] = l < n ? x[l] : 0;
        padded[MC_PW_LANES + l] = l < n ? y[l] : 0;
        padded[2 * MC_PW_LANES + l] = l < n ? (w ? w[l] : 1) : none;
    }
}

/* The sum over the coordinates of one pair; *second the other one, where there is one. The operation is asked for in each
 * step: it costs two cycles of some twenty, and copies for each would be as large as all tiles. */
static MC_NOINLINE MC_REAL MC_FN(pair_sum)(int op, const mc_pairwise *s, const MC_REAL *x, const MC_REAL *y, const MC_REAL *w,
                                           double fx, double fy, const mc_exponent *power, MC_REAL *second) {
    const MC_VEC least = MC_V(MC_SIZE == 4 ? (MC_REAL)0x1p-60 : (MC_REAL)0x1p-480), zero = MC_FN(zero)();
    const MC_VEC ux = MC_V((MC_REAL)fx), uy = MC_V((MC_REAL)fy);
    MC_VEC sum[MC_PW_PARTS], more[MC_PW_PARTS];
    MC_REAL padded[3 * MC_PW_LANES];
    MC_PW_PART sum[v] = more[v] = zero;
    for (ptrdiff_t i = 0; i < s->d; i += MC_PW_LANES) {
        MC_VEC a[MC_PW_PARTS], b[MC_PW_PARTS], c[MC_PW_PARTS];
        const MC_REAL *p = x + i, *q = y + i, *r = w ? w + i : NULL;
        if (s->d - i < MC_PW_LANES) {
            MC_FN(pad_pair)(s->d - i, p, q, r, (MC_REAL)s->divide, padded);
            p = padded;
            q = padded + MC_PW_LANES;
            r = padded + 2 * MC_PW_LANES;
        }
        MC_PW_PART {
            a[v] = MC_FN(load)(p + v * MC_LANES);
            b[v] = MC_FN(load)(q + v * MC_LANES);
            c[v] = r ? MC_FN(load)(r + v * MC_LANES) : MC_V(1);
            if (s->divide) c[v] = 1 / c[v];
        }
        switch (op) {
            MC_PW_CASE(MC_SQUARE_WEIGHTED)
            MC_PW_CASE(MC_BRAYCURTIS)
            MC_PW_CASE(MC_MAXIMUM_ANY)
            MC_PW_CASE(MC_CANBERRA_ANY)
            MC_PW_CASE(MC_UNEQUAL)
            case MC_JENSEN:
                MC_PW_PART {
                    a[v] = a[v] * ux;
                    b[v] = b[v] * uy;
                    a[v] = MC_FN(pick)(MC_FN(less)(a[v], least), zero, a[v]);
                    b[v] = MC_FN(pick)(MC_FN(less)(b[v], least), zero, b[v]);
                }
                MC_FN(jensen_terms)(MC_PW_PARTS, a, b, sum);
                break;
            case MC_POWER:
                MC_PW_PART a[v] = MC_FN(abs)(a[v] - b[v]) * ux * uy;
                MC_FN(powers)(a, power);
                MC_PW_PART sum[v] = MC_FN(multiply_add)(c[v], a[v], sum[v]);
                break;
            case MC_ANGLE:
                MC_PW_PART {
                    a[v] = (a[v] - (MC_REAL)s->factor) * ux;
                    b[v] = (b[v] - (MC_REAL)s->total) * uy;
                    MC_KEEP(a[v]);
                    MC_KEEP(b[v]);
                    const MC_VEC d = MC_FN(pick)(MC_FN(less)(zero, c[v]), a[v] - b[v], zero);
                    sum[v] = MC_FN(multiply_add)(d, d, sum[v]);
                }
                break;
            default: break;
        }
    }
    if (op == MC_MAXIMUM_ANY) {
        MC_REAL lanes[MC_PW_LANES], most = 0;
        MC_PW_PART MC_FN(store)(lanes + v * MC_LANES, sum[v]);
        MC_UNROLL(1) for (int l = 0; l < MC_PW_LANES; ++l) if (!(lanes[l] <= most)) most = most == most ? lanes[l] : most;
        return most;
    }
    *second = MC_FN(fold_parts)(more);
    return MC_FN(fold_parts)(sum);
}

static double MC_FN(pairwise_pair)(const mc_pairwise *given, const void *x, const void *y, const void *w, double fx, double fy) {
    static const mc_exponent two = {0, 2, 0, MC_PW_PARTS, 2};
    mc_pairwise job = *given, *s = &job;
    job.power.count = MC_PW_PARTS;
    job.root.count = 1;
    MC_REAL lanes[MC_LANES], power = 1, rest = 1, second = 0;
    MC_REAL sum = MC_FN(pair_sum)(s->op == MC_ABSOLUTE ? MC_BRAYCURTIS : s->op, s, x, y, w, fx, fy, &s->power, &second);
    if (MC_FN(is_plain)(s)) return sum;
    if (s->check && (sum < MC_SUM_LEAST || sum == MC_INFINITE)) {
        const MC_REAL most = MC_FN(pair_sum)(MC_MAXIMUM_ANY, s, x, y, w, 1, 1, NULL, &second);
        if (most > 0 && most < MC_INFINITE) {
            const MC_VEC by = MC_FN(power_of)(MC_V(most));
            MC_FN(store)(lanes, by);
            power = lanes[0];
            MC_FN(store)(lanes, MC_FN(power_of)(MC_V(most) / by));
            rest = lanes[0];
        }
        sum = MC_FN(pair_sum)(MC_POWER, s, x, y, w, 1 / power, 1 / rest, s->op == MC_POWER ? &s->power : &two, &second);
    }
    MC_VEC v = MC_V(sum), u = MC_V(second), by = MC_V(power * rest);
    MC_FN(finish)(s, &u, &by, &v);
    MC_FN(store)(lanes, v);
    return lanes[0];
}

static double MC_FN(pairwise_sum)(ptrdiff_t n, const void *px, double *least) {
    const MC_REAL *x = px;
    MC_VEC sum[MC_PW_PARTS], low[MC_PW_PARTS];
    MC_PW_PART sum[v] = low[v] = MC_FN(zero)();
    ptrdiff_t i = 0;
    for (; i + MC_PW_LANES <= n; i += MC_PW_LANES)
        MC_PW_PART {
            const MC_VEC a = MC_FN(load)(x + i + v * MC_LANES);
            sum[v] += a;
            low[v] = MC_FN(pick)(MC_FN(less)(low[v], a), low[v], MC_FN(pick)(MC_FN(equal)(low[v], low[v]), a, low[v]));
        }
    MC_REAL total = MC_FN(fold_parts)(sum), smallest = 0, lanes[MC_LANES];
    for (int v = 0; v < MC_PW_PARTS; ++v) {
        MC_FN(store)(lanes, low[v]);
        for (int l = 0; l < MC_LANES; ++l) if (!(lanes[l] >= smallest)) smallest = smallest == smallest ? lanes[l] : smallest;
    }
    for (; i < n; ++i) {
        total += x[i];
        if (!(x[i] >= smallest)) smallest = smallest == smallest ? x[i] : smallest;
    }
    *least = smallest;
    return total;
}

static const mc_pairwise_ops *MC_FN(pairwise_ops)(void) {
    static const mc_pairwise_ops ops = {MC_PW_STRIP, MC_CANBERRA_LEAST, MC_CANBERRA_MOST, MC_FN(pairwise_pack),
        MC_FN(pairwise_extent), MC_FN(pairwise_block), MC_FN(pairwise_pair), MC_FN(pairwise_sum)};
    return &ops;
}
#undef MC_PW_CASE
#undef MC_PW_PART
#undef MC_PW_PARTS
#undef MC_PW_LANES
#undef MC_PW_TILE
#undef MC_PW_CANBERRA
#undef MC_SUM_LEAST
#undef MC_CANBERRA_MOST
#undef MC_CANBERRA_LEAST
#undef MC_PW_VEC
#undef MC_PW_ROW
#undef MC_PW_STRIP
#undef MC_PW_SUMS
#undef MC_PW_ROWS
