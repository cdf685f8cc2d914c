/* secular: see secular.h. */
#define MC_EPS (MC_SIZE == 4 ? (MC_REAL)0x1p-24 : (MC_REAL)0x1p-53)
#define MC_ABS(x) ((x) < 0 ? -(x) : (x))

enum { MC_FN(FIRST) = 1, MC_FN(BOTH) = 2, MC_FN(SECOND) = 3, MC_FN(DEFLATED) = 4, MC_FN(steps) = 60 };

/* ------------------------------------------------------------------ deflation */

static void MC_FN(rotate_rows)(ptrdiff_t n, MC_REAL *x, MC_REAL *y, MC_REAL c0, MC_REAL s0) {
    const MC_VEC c = MC_FN(splat)(c0), s = MC_FN(splat)(s0);
    for (ptrdiff_t i = 0; i < n; i += MC_LANES) {
        const int left = n - i < MC_LANES ? (int)(n - i) : MC_LANES;
        const MC_VEC u = MC_FN(load_tail)(x + i, left), v = MC_FN(load_tail)(y + i, left);
        MC_FN(store_tail)(x + i, MC_FN(multiply_add)(c, u, s * v), left);
        MC_FN(store_tail)(y + i, MC_FN(multiply_add)(c, v, -(s * u)), left);
    }
}

/* Both lists of rows in one, by rising d; `list` holds a then b on entry, `to` is scratch. */
static void MC_FN(merge_lists)(const MC_REAL *d, ptrdiff_t a, ptrdiff_t b, ptrdiff_t *list, ptrdiff_t *to) {
    ptrdiff_t i = 0, j = a;
    for (ptrdiff_t at = 0; at < a + b; ++at) to[at] = j == a + b || (i < a && d[list[i]] <= d[list[j]]) ? list[i++] : list[j++];
    memcpy(list, to, (size_t)(a + b) * sizeof *to);
}

/* The rotation that leaves z only in row j, of two rows whose values then differ by less than tol. */
static int MC_FN(join)(mc_merge *t, ptrdiff_t i, ptrdiff_t j, MC_REAL tol) {
    MC_REAL *d = (MC_REAL *)t->d, *z = (MC_REAL *)t->z, *rows = (MC_REAL *)t->rows, *left = (MC_REAL *)t->left;
    const MC_REAL length = MC_FN(root)(MC_FN(fused)(z[i], z[i], z[j] * z[j])), c = z[j] / length, s = -z[i] / length;
    const MC_REAL di = d[i], dj = d[j], gap = MC_ABS(dj - di);
    if (!(t->singular ? gap <= tol : MC_ABS(gap * c * s) <= tol)) return 0;
    z[j] = length;
    MC_FN(rotate_rows)(t->first_width + t->second_width, rows + i * t->ld, rows + j * t->ld, c, s);
    if (t->singular) {
        if (left) MC_FN(rotate_rows)(t->m, left + i * t->ld, left + j * t->ld, c, s);
    } else {
        d[i] = MC_FN(fused)(di, c * c, dj * (s * s));
        d[j] = MC_FN(fused)(di, s * s, dj * (c * c));
    }
    if (t->kind[i] != t->kind[j]) t->kind[j] = MC_FN(BOTH);
    return 1;
}

/* Rows of `kept` and `lost` told apart, from place `at` of the order on; returns how many are lost. */
static ptrdiff_t MC_FN(select)(mc_merge *t, ptrdiff_t kept, MC_REAL tol) {
    MC_REAL *d = (MC_REAL *)t->d, *z = (MC_REAL *)t->z;
    const MC_REAL rho = (MC_REAL)t->rho;
    ptrdiff_t lost = 0, last = -1;
    for (ptrdiff_t at = kept; at < t->m; ++at) {
        const ptrdiff_t j = t->order[at];
        t->kind[j] = j < t->half ? MC_FN(FIRST) : MC_FN(SECOND);
        if (rho * MC_ABS(z[j]) <= tol) {
            t->lost[lost++] = j;
            continue;
        }
        if (last >= 0) {
            if (MC_FN(join)(t, last, j, tol)) t->lost[lost++] = last;
            else t->kept[kept++] = last;
        }
        last = j;
    }
    if (last >= 0) t->kept[kept++] = last;
    t->changed = kept;
    for (ptrdiff_t i = 0; i < lost; ++i) t->kind[t->lost[i]] = MC_FN(DEFLATED);
    for (ptrdiff_t i = 1; i < lost; ++i) {          /* a rotation may have taken one past its neighbours */
        const ptrdiff_t j = t->lost[i];
        ptrdiff_t to = i;
        for (; to && d[t->lost[to - 1]] > d[j]; --to) t->lost[to] = t->lost[to - 1];
        t->lost[to] = j;
    }
    return lost;
}

/* Rows set aside go behind those that change, whose own are copied by then. */
static void MC_FN(move_lost)(mc_merge *t, ptrdiff_t lost) {
    MC_REAL *d = (MC_REAL *)t->d, *rows = (MC_REAL *)t->rows, *left = (MC_REAL *)t->left;
    ptrdiff_t hole = t->changed;
    for (ptrdiff_t i = 0; i < lost; ++i) {
        const ptrdiff_t row = t->lost[i];
        if (row >= t->changed) continue;
        while (t->kind[hole] == MC_FN(DEFLATED)) ++hole;
        memcpy(rows + hole * t->ld, rows + row * t->ld, (size_t)(t->first_width + t->second_width) * MC_SIZE);
        if (left) memcpy(left + hole * t->ld, left + row * t->ld, (size_t)t->m * MC_SIZE);
        d[hole] = d[row];
        t->lost[i] = hole++;
    }
}

/* Row `from` of a set of vectors into place `to` by groups, its halves into the sets of those. */
MC_INLINE void MC_FN(put_row)(const MC_REAL *from, int kind, ptrdiff_t to, ptrdiff_t firsts, ptrdiff_t wide, ptrdiff_t rest, MC_REAL *top,
                              MC_REAL *bottom) {
    if (kind != MC_FN(SECOND)) memcpy(top + to * wide, from, (size_t)wide * MC_SIZE);
    if (kind != MC_FN(FIRST)) memcpy(bottom + (to - firsts) * rest, from + wide, (size_t)rest * MC_SIZE);
}

/* Poles, weights and rows that change, by groups. */
static void MC_FN(regroup)(mc_merge *t, ptrdiff_t lost) {
    const ptrdiff_t changed = t->changed, wide = t->first_width, rest = t->second_width;
    MC_REAL *d = (MC_REAL *)t->d, *z = (MC_REAL *)t->z, *rows = (MC_REAL *)t->rows, *left = (MC_REAL *)t->left;
    MC_REAL *pole = (MC_REAL *)t->pole, *square = (MC_REAL *)t->square, *by_group = (MC_REAL *)t->by_group;
    ptrdiff_t count[5] = {0};
    for (ptrdiff_t i = 0; i < changed; ++i) ++count[t->kind[t->kept[i]]];
    const ptrdiff_t firsts = count[MC_FN(FIRST)];
    t->in_both = count[MC_FN(BOTH)];
    t->in_top = firsts + t->in_both;
    ptrdiff_t place[4] = {0, 0, firsts, t->in_top};
    for (ptrdiff_t i = 0; i < changed; ++i) {
        const ptrdiff_t row = t->kept[i];
        const int kind = t->kind[row];
        const ptrdiff_t to = place[kind]++;
        pole[i] = by_group[to] = d[row];
        square[i] = z[row] * z[row];
        t->origin[to] = i;
        MC_FN(put_row)(rows + row * t->ld, kind, to, firsts, wide, rest, (MC_REAL *)t->top, (MC_REAL *)t->bottom);
        if (left)
            MC_FN(put_row)(left + row * t->ld, kind, to, firsts, t->half, t->m - t->half, (MC_REAL *)t->left_top,
                           (MC_REAL *)t->left_bottom);
    }
    for (ptrdiff_t i = 0; i < changed; ++i) ((MC_REAL *)t->weight)[i] = z[t->kept[i]];
    memcpy(t->kept, t->origin, (size_t)changed * sizeof *t->kept);
    MC_FN(move_lost)(t, lost);
}

/* The elements of both halves' rows that meet: the last of the first half's, the first of the second's; m rows, or m + 1. */
static void MC_FN(meeting)(mc_merge *t, ptrdiff_t count, MC_REAL first, MC_REAL second, MC_REAL *z) {
    for (ptrdiff_t i = 0; i < count; ++i) {
        MC_REAL *x = (MC_REAL *)t->rows + i * t->ld + (i < t->half ? (t->ends_only ? 1 : t->half - 1) : t->ends_only ? 0 : t->half);
        z[i] = (i < t->half ? first : second) * *x;
        if (t->ends_only) *x = 0;
    }
}

static MC_REAL MC_FN(tolerance)(const mc_merge *t, MC_REAL most) {
    const MC_REAL *d = (const MC_REAL *)t->d;
    if (!(most > (MC_REAL)0.125)) most = (MC_REAL)0.125;        /* of a matrix whose largest element is 1 to 2 */
    for (ptrdiff_t i = 0; i < t->m; ++i) if (MC_ABS(d[i]) > most) most = MC_ABS(d[i]);
    return 8 * MC_EPS * most;
}

/* The place of the row between, whose value is 0 and which is never set aside, comes first. Of a matrix with one more column than rows
 * both halves have a right vector that belongs to no value: a rotation leaves z in one of them. */
static ptrdiff_t MC_FN(deflate_singular)(mc_merge *t, MC_REAL alpha, MC_REAL beta) {
    const ptrdiff_t m = t->m, middle = t->half - 1;
    MC_REAL *d = (MC_REAL *)t->d, *z = (MC_REAL *)t->z, *rows = (MC_REAL *)t->rows;
    d[middle] = 0;
    MC_FN(meeting)(t, m + t->wider, alpha, beta, z);
    const MC_REAL tol = MC_FN(tolerance)(t, MC_ABS(alpha) > MC_ABS(beta) ? MC_ABS(alpha) : MC_ABS(beta));
    t->kind[middle] = t->wider ? MC_FN(BOTH) : MC_FN(FIRST);
    if (t->wider) {
        const MC_REAL length = MC_FN(root)(MC_FN(fused)(z[middle], z[middle], z[m] * z[m]));
        if (length > tol)
            MC_FN(rotate_rows)(t->first_width + t->second_width, rows + middle * t->ld, rows + m * t->ld, z[middle] / length, z[m] / length);
        z[middle] = length;
    }
    /* Apart from 0, and from each other's square, in either type's range: far below what is told apart, so that a matrix of less
     * than full rank shows it. */
    const MC_REAL least = tol * (MC_SIZE == 4 ? (MC_REAL)0x1p-9 : (MC_REAL)0x1p-43);
    t->has_null = z[middle] == 0;
    if (MC_ABS(z[middle]) < least) z[middle] = least;
    for (ptrdiff_t i = m - 1; i > middle; --i) t->order[i] += t->half;
    for (ptrdiff_t i = middle; i > 0; --i) t->order[i] = t->order[i - 1];
    t->order[0] = t->kept[0] = middle;
    MC_FN(merge_lists)(d, middle, m - 1 - middle, t->order + 1, t->lost);
    const ptrdiff_t lost = MC_FN(select)(t, 1, tol);
    if (t->changed > 1 && d[t->kept[1]] < least) d[t->kept[1]] = least;
    return lost;
}

static void MC_FN(secular_deflate)(mc_merge *t, const void *alpha, const void *beta0) {
    const MC_REAL beta = *(const MC_REAL *)beta0, unit = MC_FN(root)((MC_REAL)0.5);
    t->rho = t->singular ? 1 : 2 * (double)MC_ABS(beta);
    t->has_null = 0;
    if (t->singular) {
        MC_FN(regroup)(t, MC_FN(deflate_singular)(t, *(const MC_REAL *)alpha, beta));
        return;
    }
    MC_FN(meeting)(t, t->m, unit, beta < 0 ? -unit : unit, (MC_REAL *)t->z);
    for (ptrdiff_t i = t->half; i < t->m; ++i) t->order[i] += t->half;
    MC_FN(merge_lists)((MC_REAL *)t->d, t->half, t->m - t->half, t->order, t->kept);
    MC_FN(regroup)(t, MC_FN(select)(t, 0, MC_FN(tolerance)(t, 0)));
}

/* ------------------------------------------------------------------ roots */

typedef struct {
    MC_VEC below, above, slope_below, slope_above;  /* the sums over poles up to the root's own and beyond it, and their derivatives */
} MC_FN(secular_sums);

/* d - x for x = base + way, of singular values d^2 - x^2. */
MC_INLINE MC_VEC MC_FN(distance)(const int singular, MC_VEC d, MC_VEC base, MC_VEC way) {
    const MC_VEC far = (d - base) - way;
    return singular ? far * ((d + base) + way) : far;
}

/* The function at base + way for roots j ... j + MC_LANES - 1, without 1 / rho. */
MC_INLINE MC_FN(secular_sums) MC_FN(sums_at)(const int singular, const mc_merge *t, ptrdiff_t j, MC_VEC base, MC_VEC way) {
    const MC_REAL *pole = (const MC_REAL *)t->pole, *square = (const MC_REAL *)t->square;
    const MC_VEC one = MC_FN(splat)(1), zero = MC_FN(zero)();
    const ptrdiff_t n = t->changed, past = j + MC_LANES < n ? j + MC_LANES : n;
    MC_FN(secular_sums) f = {zero, zero, zero, zero};
    ptrdiff_t i = 0;
    for (; i <= j; ++i) {
        const MC_VEC inverse = one / MC_FN(distance)(singular, MC_FN(splat)(pole[i]), base, way), z2 = MC_FN(splat)(square[i]), slope = z2 * inverse;
        f.below = MC_FN(multiply_add)(z2, inverse, f.below);
        f.slope_below = MC_FN(multiply_add)(slope, inverse, f.slope_below);
    }
    for (; i < past; ++i) {
        const MC_VEC inverse = one / MC_FN(distance)(singular, MC_FN(splat)(pole[i]), base, way), z2 = MC_FN(splat)(square[i]), slope = z2 * inverse;
        const MC_MASK beyond = MC_FN(first)((int)(i - j));      /* lanes whose root lies before this pole */
        f.below = MC_FN(pick)(beyond, f.below, MC_FN(multiply_add)(z2, inverse, f.below));
        f.slope_below = MC_FN(pick)(beyond, f.slope_below, MC_FN(multiply_add)(slope, inverse, f.slope_below));
        f.above = MC_FN(pick)(beyond, MC_FN(multiply_add)(z2, inverse, f.above), f.above);
        f.slope_above = MC_FN(pick)(beyond, MC_FN(multiply_add)(slope, inverse, f.slope_above), f.slope_above);
    }
    for (; i < n; ++i) {
        const MC_VEC inverse = one / MC_FN(distance)(singular, MC_FN(splat)(pole[i]), base, way), z2 = MC_FN(splat)(square[i]), slope = z2 * inverse;
        f.above = MC_FN(multiply_add)(z2, inverse, f.above);
        f.slope_above = MC_FN(multiply_add)(slope, inverse, f.slope_above);
    }
    return f;
}

/* The root between the poles at p and q (ways from here) of c + s / (p - x) + u / (q - x). */
MC_INLINE MC_VEC MC_FN(two_poles)(MC_VEC c, MC_VEC s, MC_VEC u, MC_VEC p, MC_VEC q) {
    const MC_VEC zero = MC_FN(zero)();
    const MC_VEC a = MC_FN(multiply_add)(c, p + q, s + u), b = MC_FN(multiply_add)(c * p, q, MC_FN(multiply_add)(s, q, u * p));
    const MC_VEC root = MC_FN(sqrt)(MC_FN(max)(MC_FN(multiply_add)(a, a, (MC_REAL)-4 * b * c), zero));
    return MC_FN(pick)(MC_FN(less)(zero, a), (b + b) / (a + root), (a - root) / (c + c));
}

/* x, or the middle where it is not between the ends; NaN is not. */
MC_INLINE MC_VEC MC_FN(inside)(MC_VEC low, MC_VEC x, MC_VEC high) {
    const MC_MASK in = MC_FN(less)(MC_FN(pick)(MC_FN(less)(low, x), x, high), high);
    return MC_FN(pick)(in, x, MC_FN(multiply_add)(MC_FN(splat)((MC_REAL)0.5), high - low, low));
}

/* The way on from x by a step in x, or in x^2. */
MC_INLINE MC_VEC MC_FN(step_of)(const int singular, MC_VEC x, MC_VEC step) {
    return singular ? step / (x + MC_FN(sqrt)(MC_FN(max)(MC_FN(multiply_add)(x, x, step), MC_FN(zero)()))) : step;
}

MC_INLINE int MC_FN(find_roots)(const int singular, const mc_merge *t, ptrdiff_t first, ptrdiff_t last) {
    const MC_REAL *pole = (const MC_REAL *)t->pole, *square = (const MC_REAL *)t->square;
    const ptrdiff_t n = t->changed;
    const MC_VEC zero = MC_FN(zero)(), half = MC_FN(splat)((MC_REAL)0.5), inverse_rho = MC_FN(splat)((MC_REAL)(1 / t->rho));
    MC_REAL total = 0;
    for (ptrdiff_t i = 0; i < n; ++i) total += square[i];
    for (ptrdiff_t j = first; j < last; j += MC_LANES) {
        MC_REAL own[MC_LANES], next[MC_LANES], s0[MC_LANES], s1[MC_LANES], numbers[MC_LANES];
        for (int l = 0; l < MC_LANES; ++l) {            /* lanes behind the last root repeat it */
            const ptrdiff_t r = j + l < n ? j + l : n - 1;
            own[l] = pole[r];
            s0[l] = square[r];
            const MC_REAL end = singular ? MC_FN(root)(MC_FN(fused)(pole[r], pole[r], total)) : MC_FN(fused)((MC_REAL)t->rho, total, pole[r]);
            next[l] = r + 1 < n ? pole[r + 1] : end + 8 * MC_EPS * (MC_ABS(end) + MC_ABS(pole[r]));
            s1[l] = r + 1 < n ? square[r + 1] : 0;
            numbers[l] = r + 1 < n;
        }
        const MC_VEC near = MC_FN(load)(own), far = MC_FN(load)(next), gap = far - near, middle = gap * half;
        const MC_MASK inner = MC_FN(less)(zero, MC_FN(load)(numbers));
        MC_FN(secular_sums) f = MC_FN(sums_at)(singular, t, j, near, middle);
        MC_VEC w = inverse_rho + f.below + f.above;
        /* the nearer pole is where the ways begin; the last root has no pole above it */
        const MC_MASK right = MC_FN(less)(w, zero), flip = MC_FN(less)(MC_FN(pick)(inner, w, zero), zero);
        const MC_VEC base = MC_FN(pick)(flip, far, near);
        MC_VEC low = MC_FN(pick)(flip, -middle, MC_FN(pick)(right, middle, zero));
        MC_VEC high = MC_FN(pick)(flip, zero, MC_FN(pick)(right, gap, middle));
        const MC_VEC z0 = MC_FN(load)(s0), z1 = MC_FN(load)(s1);
        const MC_VEC rest = w - z0 / MC_FN(distance)(singular, near, near, middle) - z1 / MC_FN(distance)(singular, far, near, middle);
        const MC_VEC start = MC_FN(two_poles)(rest, z0, z1, MC_FN(distance)(singular, near, base, zero),
                                              MC_FN(distance)(singular, far, base, zero));
        MC_VEC way = MC_FN(inside)(low, MC_FN(step_of)(singular, base, start), high), done = zero;
        for (int step = 0;; ++step) {
            f = MC_FN(sums_at)(singular, t, j, base, way);
            w = inverse_rho + f.below + f.above;
            /* as near as sums of n terms can tell, or a step of Newton's would move the last bit */
            const MC_VEC noise = MC_FN(splat)((8 + (MC_REAL)n / 8) * MC_EPS) * (inverse_rho - f.below + f.above);
            const MC_VEC last_bit = MC_FN(splat)(MC_EPS) * MC_FN(abs)(way) * (singular ? (base + way) * (MC_REAL)2 : MC_FN(splat)(1));
            /* a slope beside 0 may be beyond float32: then the noise alone decides */
            const MC_VEC steep = last_bit * (f.slope_below + f.slope_above);
            const MC_VEC bound = noise + MC_FN(pick)(MC_FN(less)(steep, MC_FN(splat)(MC_SIZE == 4 ? (MC_REAL)0x1p120 : (MC_REAL)0x1p1000)),
                                                     steep, zero);
            done = MC_FN(pick)(MC_FN(less)(bound, MC_FN(abs)(w)), done, MC_FN(splat)(1));
            const MC_MASK negative = MC_FN(less)(w, zero);
            low = MC_FN(pick)(negative, MC_FN(max)(low, way), low);
            high = MC_FN(pick)(negative, high, MC_FN(min)(high, way));
            const MC_VEC p = MC_FN(distance)(singular, near, base, way), q = MC_FN(distance)(singular, far, base, way);
            const MC_VEC s = p * p * f.slope_below, u = q * q * f.slope_above;
            const MC_VEC c = MC_FN(multiply_add)(-p, f.slope_below, w);
            const MC_VEC move = MC_FN(pick)(inner, MC_FN(two_poles)(MC_FN(multiply_add)(-q, f.slope_above, c), s, u, p, q), p + s / c);
            const MC_VEC next_way = MC_FN(inside)(low, step % 8 < 7 ? way + MC_FN(step_of)(singular, base + way, move) : high, high);
            /* where no number is left between the ends, this is the root */
            done = MC_FN(pick)(MC_FN(equal)(next_way, way), MC_FN(splat)(1), done);
            const MC_MASK ready = MC_FN(less)(zero, done);
            if (MC_FN(all)(ready)) break;
            if (step == MC_FN(steps)) return 1;
            way = MC_FN(pick)(ready, way, next_way);
        }
        MC_FN(store)(own, MC_FN(pick)(flip, MC_FN(splat)(1), zero));
        MC_FN(store)(next, way);
        for (int l = 0; l < MC_LANES && j + l < last; ++l) {
            t->origin[j + l] = j + l + (own[l] > 0);
            ((MC_REAL *)t->way)[j + l] = next[l];
        }
    }
    return 0;
}

static int MC_FN(secular_roots)(const mc_merge *t, ptrdiff_t first, ptrdiff_t last) {
    return t->singular ? MC_FN(find_roots)(1, t, first, last) : MC_FN(find_roots)(0, t, first, last);
}

/* ------------------------------------------------------------------ vectors */

MC_INLINE void MC_FN(find_weights)(const int singular, const mc_merge *t, ptrdiff_t first, ptrdiff_t last) {
    const MC_REAL *pole = (const MC_REAL *)t->pole, *way = (const MC_REAL *)t->way;
    MC_REAL *weight = (MC_REAL *)t->weight;
    for (ptrdiff_t i = first; i < last; i += MC_LANES) {
        const int left = last - i < MC_LANES ? (int)(last - i) : MC_LANES;
        MC_REAL own[MC_LANES];
        for (int l = 0; l < MC_LANES; ++l) own[l] = pole[i + (l < left ? l : left - 1)];
        const MC_VEC d = MC_FN(load)(own);
        MC_VEC product = MC_FN(splat)(1);
        for (ptrdiff_t j = 0; j < t->changed; ++j) {
            const MC_VEC away = MC_FN(distance)(singular, d, MC_FN(splat)(pole[t->origin[j]]), MC_FN(splat)(way[j]));
            const MC_VEC other = MC_FN(distance)(singular, d, MC_FN(splat)(pole[j]), MC_FN(zero)());
            product *= away / MC_FN(pick)(MC_FN(equal)(d, MC_FN(splat)(pole[j])), MC_FN(splat)(-1), other);
        }
        MC_FN(store)(own, MC_FN(sqrt)(product));
        for (int l = 0; l < left; ++l) weight[i + l] = weight[i + l] < 0 ? -own[l] : own[l];
    }
}

static void MC_FN(secular_weights)(const mc_merge *t, ptrdiff_t first, ptrdiff_t last) {
    if (t->singular) MC_FN(find_weights)(1, t, first, last);
    else MC_FN(find_weights)(0, t, first, last);
}

MC_INLINE void MC_FN(find_vectors)(const int singular, const int left, const mc_merge *t, ptrdiff_t first, ptrdiff_t last, MC_REAL *s0) {
    const MC_REAL *pole = (const MC_REAL *)t->pole, *way = (const MC_REAL *)t->way, *d = (const MC_REAL *)t->by_group, *z = d + t->m;
    const ptrdiff_t n = t->changed;
    for (ptrdiff_t j = first; j < last; ++j) {
        MC_REAL *s = s0 + j * n, sum = 0, lanes[MC_SECULAR_LANES] = {0};
        const MC_VEC base = MC_FN(splat)(pole[t->origin[j]]), x = MC_FN(splat)(way[j]), one = MC_FN(splat)(1);
        /* right vectors times the distance of the nearest pole: beside 0 their squares are beyond float32 */
        const MC_VEC unit = singular && !left ? MC_FN(abs)(MC_FN(distance)(1, base, base, x)) : one;
        for (ptrdiff_t i = 0; i < n; i += MC_LANES) {
            const int count = n - i < MC_LANES ? (int)(n - i) : MC_LANES;
            const MC_VEC di = MC_FN(load_tail)(d + i, count), away = MC_FN(distance)(singular, di, base, x);
            const MC_VEC above = left ? di * MC_FN(load_tail)(z + i, count) : MC_FN(load_tail)(z + i, count);
            MC_VEC v = unit / MC_FN(pick)(MC_FN(first)(count), away, one) * above;
            /* the row between: of the poles 0 is only its own */
            if (left) v = MC_FN(pick)(MC_FN(equal)(MC_FN(pick)(MC_FN(first)(count), di, one), MC_FN(zero)()), -one, v);
            MC_FN(store_tail)(s + i, v, count);
            MC_REAL *sums = lanes + i % MC_SECULAR_LANES;
            MC_FN(store)(sums, MC_FN(multiply_add)(v, v, MC_FN(load)(sums)));
        }
        for (int l = 0; l < MC_SECULAR_LANES; ++l) sum += lanes[l];
        const MC_REAL scale = 1 / MC_FN(root)(sum);
        for (ptrdiff_t i = 0; i < n; ++i) s[i] *= scale;
    }
}

static void MC_FN(secular_vectors)(const mc_merge *t, int left, ptrdiff_t first, ptrdiff_t last, void *s) {
    if (!t->singular) MC_FN(find_vectors)(0, 0, t, first, last, (MC_REAL *)s);
    else if (left) MC_FN(find_vectors)(1, 1, t, first, last, (MC_REAL *)s);
    else MC_FN(find_vectors)(1, 0, t, first, last, (MC_REAL *)s);
}

static void MC_FN(secular_finish)(mc_merge *t) {
    const MC_REAL *weight = (const MC_REAL *)t->weight, *pole = (const MC_REAL *)t->pole, *way = (const MC_REAL *)t->way;
    MC_REAL *z = (MC_REAL *)t->by_group + t->m, *d = (MC_REAL *)t->d;
    for (ptrdiff_t to = 0; to < t->changed; ++to) z[to] = weight[t->kept[to]];
    for (ptrdiff_t j = 0; j < t->changed; ++j) {
        d[j] = pole[t->origin[j]] + way[j];
        t->order[j] = j;
    }
    if (t->has_null) d[0] = 0;
    for (ptrdiff_t i = t->changed; i < t->m; ++i) t->order[i] = t->lost[i - t->changed];
    MC_FN(merge_lists)(d, t->changed, t->m - t->changed, t->order, t->kept);
}

static const mc_secular_ops *MC_FN(secular_ops)(void) {
    static const mc_secular_ops ops = {MC_FN(secular_deflate), MC_FN(secular_roots), MC_FN(secular_weights), MC_FN(secular_vectors),
                                       MC_FN(secular_finish)};
    return &ops;
}

#undef MC_EPS
#undef MC_ABS
