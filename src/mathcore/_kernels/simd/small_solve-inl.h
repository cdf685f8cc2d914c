/* small_solve: A x = b by LU, with the backward error of every answer and the condition of every matrix. */

/* Sums of the sizes of the columns, the largest. */
MC_INLINE MC_VEC MC_FN(norm1)(ptrdiff_t n, const MC_VEC *p) {
    MC_VEC most = MC_FN(zero)();
    MC_UNROLL(4) for (ptrdiff_t j = 0; j < n; ++j) {
        MC_VEC sum = MC_FN(zero)();
        MC_UNROLL(4) for (ptrdiff_t i = 0; i < n; ++i) sum += MC_FN(abs)(p[i * n + j]);
        most = MC_FN(largest)(most, sum);
    }
    return most;
}

/* ------------------------------------------------------------------ condition */

/* A bound of |A^-1|_1 = |L^-T U^-T|_inf: with sizes for off-diagonal elements every sum is at least what it bounds; inf
 * where a pivot has no reciprocal. N. J. Higham, Accuracy and Stability of Numerical Algorithms, 2002, section 8.3. */
MC_INLINE MC_VEC MC_FN(inverse_bound)(ptrdiff_t n, const MC_VEC *p, ptrdiff_t columns, const MC_VEC *reciprocals, MC_VEC *y) {
    const MC_VEC zero = MC_FN(zero)(), infinite = MC_FN(splat)((MC_REAL)__builtin_inf());
    MC_VEC most = zero;
    MC_UNROLL(4) for (ptrdiff_t j = 0; j < n; ++j) y[j] = MC_FN(splat)(1);
    MC_UNROLL(4) for (ptrdiff_t i = 0; i < n; ++i) {
        const MC_VEC r = MC_FN(abs)(reciprocals[i]);
        y[i] = y[i] * MC_FN(pick)(MC_FN(equal)(r, zero), infinite, r);
        MC_UNROLL(4) for (ptrdiff_t j = i + 1; j < n; ++j) y[j] = MC_FN(multiply_add)(MC_FN(abs)(p[i * columns + j]), y[i], y[j]);
    }
    MC_UNROLL(4) for (ptrdiff_t i = n - 1; i >= 0; --i) {
        most = MC_FN(largest)(most, y[i]);
        MC_UNROLL(4) for (ptrdiff_t j = 0; j < i; ++j) y[j] = MC_FN(multiply_add)(MC_FN(abs)(p[i * columns + j]), y[i], y[j]);
    }
    return most;
}

/* A lower bound of |A^-1|_1, in practice within a factor of three: N. J. Higham, ACM Transactions on Mathematical Software
 * 14 (1988), as LAPACK's dlacn2. A lane that has settled keeps its estimate while others go on. */
static MC_NOINLINE MC_VEC MC_FN(inverse_estimate)(ptrdiff_t n, const MC_FN(lu) *f, MC_VEC *x, MC_VEC *sign) {
    const ptrdiff_t c = f->columns;
    const MC_FN(triangle) l = MC_FN(lower)(f->p, c, 1, NULL), u = MC_FN(upper)(n, f->p, c, 1, f->reciprocals);
    const MC_FN(triangle) lt = MC_FN(upper)(n, f->p, 1, c, NULL), ut = MC_FN(lower)(f->p, 1, c, f->reciprocals);
    const MC_VEC one = MC_FN(splat)(1), zero = MC_FN(zero)();
    MC_VEC estimate = zero, active = one, place = MC_FN(splat)(-1);
    for (ptrdiff_t i = 0; i < n; ++i) x[i] = MC_FN(splat)((MC_REAL)1 / (MC_REAL)n), sign[i] = zero;
    for (int round = 0; round < 5; ++round) {
        MC_VEC sum = zero, same = one;
        MC_FN(substitute_block)(n, 1, l, x, 1, 1);
        MC_FN(substitute_block)(n, 1, u, x + n - 1, -1, 1);
        for (ptrdiff_t i = 0; i < n; ++i) {
            const MC_VEC s = MC_FN(copysign)(one, x[i]);
            sum += MC_FN(abs)(x[i]);
            same = MC_FN(pick)(MC_FN(equal)(s, sign[i]), same, zero);
            x[i] = sign[i] = s;
        }
        active = MC_FN(pick)(MC_FN(less_bits)(estimate, sum), active, zero);
        estimate = MC_FN(pick)(MC_FN(equal)(active, one), sum, estimate);
        active = MC_FN(pick)(MC_FN(equal)(same, one), zero, active);
        if (n == 1 || round == 4 || MC_FN(all)(MC_FN(equal)(active, zero))) break;
        MC_FN(substitute_block)(n, 1, ut, x, 1, 1);
        MC_FN(substitute_block)(n, 1, lt, x + n - 1, -1, 1);
        MC_VEC most = MC_FN(abs)(x[0]), at = zero;
        for (ptrdiff_t i = 1; i < n; ++i) {
            const MC_MASK larger = MC_FN(less_bits)(most, MC_FN(abs)(x[i]));
            most = MC_FN(pick)(larger, MC_FN(abs)(x[i]), most);
            at = MC_FN(pick)(larger, MC_FN(splat)((MC_REAL)i), at);
        }
        active = MC_FN(pick)(MC_FN(equal)(at, place), zero, active);
        place = at;
        for (ptrdiff_t i = 0; i < n; ++i) x[i] = MC_FN(pick)(MC_FN(equal)(at, MC_FN(splat)((MC_REAL)i)), one, zero);
    }
    if (n == 1) return estimate;
    MC_VEC sum = zero;
    for (ptrdiff_t i = 0; i < n; ++i)
        x[i] = MC_FN(splat)((MC_REAL)(i % 2 ? -1 : 1) * (1 + (MC_REAL)i / (MC_REAL)(n - 1)));
    MC_FN(substitute_block)(n, 1, l, x, 1, 1);
    MC_FN(substitute_block)(n, 1, u, x + n - 1, -1, 1);
    for (ptrdiff_t i = 0; i < n; ++i) sum += MC_FN(abs)(x[i]);
    return MC_FN(largest)(estimate, sum * ((MC_REAL)2 / (MC_REAL)(3 * n)));
}

/* 1 / (|A| |A^-1|); 0 for a zero pivot and where the inverse overflows, NaN where A has one. */
MC_INLINE MC_VEC MC_FN(condition)(MC_VEC norm, MC_VEC inverse, MC_VEC info) {
    const MC_VEC zero = MC_FN(zero)();
    MC_VEC r = MC_FN(finite_or)(1 / inverse / norm, zero);
    r = MC_FN(pick)(MC_FN(equal)(info, zero), r, zero);
    return MC_FN(pick)(MC_FN(equal)(norm, norm), r, norm);
}

/* The lanes of which a bound of |A| |A^-1| shows that the reciprocal condition is above 100 eps. */
MC_INLINE MC_MASK MC_FN(well_conditioned)(MC_VEC norm, MC_VEC bound) {
    return MC_FN(less)(norm * bound, MC_FN(splat)((MC_SIZE == 4 ? (MC_REAL)0x1p23 : (MC_REAL)0x1p52) / 100));
}

/* 1 for these, else an estimate. */
MC_INLINE MC_VEC MC_FN(lu_condition)(ptrdiff_t n, const MC_FN(lu) *f, MC_VEC norm, MC_MASK good, MC_VEC *scratch) {
    const MC_VEC one = MC_FN(splat)(1);
    if (MC_FN(all)(good)) return one;
    return MC_FN(pick)(good, one, MC_FN(condition)(norm, MC_FN(inverse_estimate)(n, f, scratch, scratch + n), f->info));
}

/* ------------------------------------------------------------------ backward error */

/* max_i |b - A x|_i / (|A| |x| + |b|)_i: the least relative change of the elements of A and b that makes x exact. W. Oettli
 * and W. Prager, Numerische Mathematik 6 (1964). */
MC_INLINE MC_VEC MC_FN(backward_error)(const int W, ptrdiff_t n, const MC_VEC *a, const MC_VEC *b, const MC_VEC *x, ptrdiff_t rx,
                                       MC_VEC omega) {
    MC_UNROLL(4) for (ptrdiff_t i = 0; i < n; ++i) {
        MC_VEC rest[4], size[4];
        MC_UNROLL(4) for (int w = 0; w < W; ++w) {
            rest[w] = b[i * rx + w];
            size[w] = MC_FN(abs)(rest[w]);
        }
        MC_UNROLL(4) for (ptrdiff_t t = 0; t < n; ++t)
            MC_UNROLL(4) for (int w = 0; w < W; ++w) {
                const MC_VEC e = a[i * n + t], v = x[t * rx + w];
                rest[w] = MC_FN(multiply_add)(-e, v, rest[w]);
                size[w] = MC_FN(multiply_add)(MC_FN(abs)(e), MC_FN(abs)(v), size[w]);
            }
        MC_UNROLL(4) for (int w = 0; w < W; ++w) {
            const MC_VEC q = rest[w] / size[w];
            omega = MC_FN(largest)(omega, MC_FN(pick)(MC_FN(equal)(size[w], MC_FN(zero)()), MC_FN(zero)(), q));
        }
    }
    return omega;
}

/* ------------------------------------------------------------------ solve */

/* The first block of right-hand sides comes along as columns of A, so that its rows change places at little cost. */
static MC_NOINLINE void MC_FN(small_solve_any)(ptrdiff_t n, const mc_small *s, ptrdiff_t first, ptrdiff_t count, MC_VEC *scratch) {
    const ptrdiff_t along = s->k < MC_SMALL_COLUMNS ? s->k : MC_SMALL_COLUMNS, c = n + along;
    MC_VEC *p = scratch, *a = p + n * c, *x = a + n * n, *b = x + n * along, *spare = b + n * along;
    MC_FN(lu) f = {p, c, spare, spare + n, MC_FN(zero)()};
    spare += 2 * n;
    for (ptrdiff_t end = first + count; first < end; first += MC_LANES) {
        const MC_FN(items) from = MC_FN(items_at)(s->a, s->a_item, first, end - first);
        const MC_FN(items) right = MC_FN(items_at)(s->b, s->b_item, first, end - first);
        const MC_FN(items) to = MC_FN(items_at)(s->x, n * s->k, first, end - first);
        MC_VEC omega = MC_FN(zero)();
        MC_FN(load_any)(&from, 0, n * n, a);
        MC_FN(expect)(0, s->a, s->a_item, first + MC_LANES, end - first - MC_LANES, n * n);
        if (s->trans) MC_FN(transpose_pack)(n, a);
        MC_FN(load_columns)(&right, n, s->k, 0, along, b);
        for (ptrdiff_t i = 0; i < n; ++i) {
            for (ptrdiff_t j = 0; j < n; ++j) p[i * c + j] = a[i * n + j];
            for (ptrdiff_t j = 0; j < along; ++j) p[i * c + n + j] = b[i * along + j];
        }
        MC_FN(lu_any)(n, &f);
        const MC_VEC norm = MC_FN(norm1)(n, a);
        const MC_MASK good = MC_FN(well_conditioned)(norm, MC_FN(inverse_bound)(n, p, c, f.reciprocals, spare));
        MC_FN(store_each)(s->rcond, first, from.full, MC_FN(lu_condition)(n, &f, norm, good, spare));
        MC_FN(store_whole)(s->info + first, 1, from.full, f.info);
        for (ptrdiff_t j = 0; j < s->k; j += along) {
            const ptrdiff_t w = s->k - j < along ? s->k - j : along;
            if (j) {
                MC_FN(load_columns)(&right, n, s->k, j, w, b);
                for (ptrdiff_t i = 0; i < n * w; ++i) x[i] = b[i];
                for (ptrdiff_t i = 0; i < n; ++i) MC_FN(exchange)(i, f.row[i], x, w, 1, w, 0, 0);
            } else {
                for (ptrdiff_t i = 0; i < n; ++i)
                    for (ptrdiff_t l = 0; l < w; ++l) x[i * w + l] = p[i * c + n + l];
            }
            MC_FN(substitute_block)(n, w, MC_FN(lower)(p, c, 1, NULL), x, w, 1);
            MC_FN(substitute_block)(n, w, MC_FN(upper)(n, p, c, 1, f.reciprocals), x + (n - 1) * w, -w, 1);
            ptrdiff_t i = 0;
            for (; i + 4 <= w; i += 4) omega = MC_FN(backward_error)(4, n, a, b + i, x + i, w, omega);
            for (; i < w; ++i) omega = MC_FN(backward_error)(1, n, a, b + i, x + i, w, omega);
            MC_FN(store_columns)(&to, n, s->k, j, w, x);
        }
        MC_FN(store_each)(s->omega, first, from.full, omega);
    }
}

/* One right-hand side as one more column of A: it is eliminated with the others. */
MC_INLINE void MC_FN(small_solve_of)(const int N, const mc_small *s, ptrdiff_t first, ptrdiff_t count, MC_VEC *scratch) {
    MC_VEC p[20], a[16], b[4], x[4], row[4], reciprocals[4];
    for (ptrdiff_t end = first + count; first < end; first += MC_LANES) {
        const MC_FN(items) from = MC_FN(items_at)(s->a, s->a_item, first, end - first);
        const MC_FN(items) right = MC_FN(items_at)(s->b, s->b_item, first, end - first);
        const MC_FN(items) to = MC_FN(items_at)(s->x, N, first, end - first);
        MC_FN(lu) f = {p, N + 1, row, reciprocals, MC_FN(zero)()};
        MC_FN(load_run)(N, &from, 0, N * N, a);
        MC_FN(load_run)(N, &right, 0, N, b);
        if (s->trans) MC_FN(transpose_pack)(N, a);
        MC_UNROLL(4) for (int i = 0; i < N; ++i) {
            MC_UNROLL(4) for (int j = 0; j < N; ++j) p[i * (N + 1) + j] = a[i * N + j];
            p[i * (N + 1) + N] = b[i];
        }
        MC_FN(lu_few)(N, 1, 1, &f);
        MC_UNROLL(4) for (int i = N - 1; i >= 0; --i) {
            MC_VEC sum = p[i * (N + 1) + N];
            MC_UNROLL(4) for (int t = N - 1; t > i; --t) sum = MC_FN(multiply_add)(-p[i * (N + 1) + t], x[t], sum);
            x[i] = MC_FN(over_pivot)(sum, p[i * (N + 2)], reciprocals[i]);
        }
        MC_FN(store_run)(N, &to, 0, N, x);
        MC_FN(store_each)(s->omega, first, from.full, MC_FN(backward_error)(1, N, a, b, x, 1, MC_FN(zero)()));
        MC_FN(store_whole)(s->info + first, 1, from.full, f.info);
        const MC_VEC norm = MC_FN(norm1)(N, a);
        const MC_MASK good = MC_FN(well_conditioned)(norm, MC_FN(inverse_bound)(N, p, N + 1, reciprocals, x));
        MC_VEC rcond = MC_FN(splat)(1);
        if (!MC_FN(all)(good)) {
            /* copies, so that the address of what lies in registers goes nowhere */
            MC_FN(lu) copy = {scratch, N + 1, NULL, scratch + 20, f.info};
            MC_UNROLL(4) for (int i = 0; i < N * (N + 1); ++i) copy.p[i] = p[i];
            MC_UNROLL(4) for (int i = 0; i < N; ++i) copy.reciprocals[i] = reciprocals[i];
            rcond = MC_FN(lu_condition)(N, &copy, norm, good, scratch + 24);
        }
        MC_FN(store_each)(s->rcond, first, from.full, rcond);
    }
}

static void MC_FN(small_solve_packs)(const mc_small *s, ptrdiff_t first, ptrdiff_t count, void *scratch) {
    switch (s->k == 1 ? s->n : 0) {
    case 2: MC_FN(small_solve_of)(2, s, first, count, (MC_VEC *)scratch); break;
    case 3: MC_FN(small_solve_of)(3, s, first, count, (MC_VEC *)scratch); break;
    case 4: MC_FN(small_solve_of)(4, s, first, count, (MC_VEC *)scratch); break;
    default: MC_FN(small_solve_any)(s->n, s, first, count, (MC_VEC *)scratch);
    }
}

/* ------------------------------------------------------------------ triangles */

static void MC_FN(small_triangular)(const mc_small *s, ptrdiff_t first, ptrdiff_t count, void *scratch) {
    const ptrdiff_t n = s->n, across = s->trans ? n : 1, down = s->trans ? 1 : n;
    MC_VEC *a = (MC_VEC *)scratch, *reciprocals = a + n * n, *x = reciprocals + n;
    const int forward = !s->lower == !!s->trans;
    const MC_VEC *divisors = s->unit ? NULL : reciprocals;
    const MC_FN(triangle) t = forward ? MC_FN(lower)(a, down, across, divisors) : MC_FN(upper)(n, a, down, across, divisors);
    for (ptrdiff_t end = first + count; first < end; first += MC_LANES) {
        const MC_FN(items) from = MC_FN(items_at)(s->a, s->a_item, first, end - first);
        const MC_FN(items) right = MC_FN(items_at)(s->b, s->b_item, first, end - first);
        const MC_FN(items) to = MC_FN(items_at)(s->x, n * s->k, first, end - first);
        MC_VEC info = MC_FN(zero)();
        MC_FN(load_any)(&from, 0, n * n, a);
        for (ptrdiff_t i = n - 1; i >= 0 && !s->unit; --i) {
            const MC_VEC d = a[i * (n + 1)];
            reciprocals[i] = MC_FN(reciprocal)(d);
            info = MC_FN(pick)(MC_FN(equal)(d, MC_FN(zero)()), MC_FN(splat)((MC_REAL)(i + 1)), info);
        }
        MC_FN(store_whole)(s->info + first, 1, from.full, info);
        for (ptrdiff_t j = 0; j < s->k; j += MC_SMALL_COLUMNS) {
            const ptrdiff_t w = s->k - j < MC_SMALL_COLUMNS ? s->k - j : MC_SMALL_COLUMNS;
            MC_FN(load_columns)(&right, n, s->k, j, w, x);
            MC_FN(substitute_block)(n, w, t, forward ? x : x + (n - 1) * w, forward ? w : -w, 1);
            MC_FN(store_columns)(&to, n, s->k, j, w, x);
        }
    }
}
