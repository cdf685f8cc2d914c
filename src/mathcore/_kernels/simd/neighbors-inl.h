/* neighbors: see neighbors.h. Bounds are float, distances double. */
#if MC_SIZE == 4

static void MC_FN(neighbor_push)(int m, int n, const float *c, ptrdiff_t rsc, const float *low, int32_t first, mc_queue *queue) {
    int32_t number[MC_LANES];
    for (int l = 0; l < MC_LANES; ++l) number[l] = l;
    MC_IVEC lanes;
    memcpy(&lanes, number, sizeof lanes);
    for (int i = 0; i < m; ++i, c += rsc, ++queue) {
        const MC_VEC limit = MC_FN(splat)(queue->limit);
        float *bound = queue->bound + queue->count;
        int32_t *point = queue->point + queue->count;
        ptrdiff_t more = 0;
        for (int j = 0; j < n; j += MC_LANES) {
            const MC_VEC v = MC_FN(multiply_add)(MC_FN(splat)(-2), MC_FN(load)(c + j), MC_FN(load)(low + j));
            const MC_MASK beyond = MC_FN(less)(limit, v);
            if (MC_FN(all)(beyond)) continue;
            unsigned hits = ~MC_FN(marks)(beyond) & (0xFFFFFFFFu >> (32 - (n - j < MC_LANES ? n - j : MC_LANES)));
            const ptrdiff_t own = (ptrdiff_t)queue->own - first - j;
            if (own >= 0 && own < MC_LANES) hits &= ~(1u << own);
            MC_FN(squeeze)(hits, MC_FN(real)(lanes + (int32_t)(first + j)), (float *)(point + more));
            more += MC_FN(squeeze)(hits, v, bound + more);
        }
        queue->count += more;
    }
}

/* By halves of the range of the bounds: 100 ns of 200 numbers, where a sort of half of them takes ten times as long. */
static float MC_FN(neighbor_limit)(ptrdiff_t count, const float *bound, ptrdiff_t k, ptrdiff_t most) {
    float low = bound[0], high = bound[0];
    for (ptrdiff_t i = 1; i < count; ++i) {
        low = bound[i] < low ? bound[i] : low;
        high = bound[i] > high ? bound[i] : high;
    }
    for (int round = 0; round < 24 && count > most; ++round) {
        const float middle = low + (high - low) * 0.5f;
        if (!(middle < high)) break;
        MC_IVEC number = MC_FN(bits)(MC_FN(zero)());
        const MC_VEC at = MC_FN(splat)(middle);
        ptrdiff_t i = 0, below = 0;
        for (; i + MC_LANES <= count; i += MC_LANES) number = MC_FN(tally)(number, MC_FN(less)(at, MC_FN(load)(bound + i)));
        int32_t lane[MC_LANES];
        memcpy(lane, &number, sizeof lane);
        below = i;
        for (int l = 0; l < MC_LANES; ++l) below -= lane[l];
        for (; i < count; ++i) below += bound[i] <= middle;
        if (below >= k) {
            high = middle;
            if (below <= most) break;
        } else low = middle;
    }
    return high;
}

static const mc_neighbor_ops *MC_FN(neighbor_ops)(void) {
    static const mc_neighbor_ops ops = {MC_FN(neighbor_push), MC_FN(neighbor_limit)};
    return &ops;
}

#else
/* Runs of MC_NEIGHBOR_RUN by the number of those before each, without a branch to guess; then merged. 100 pairs take 0.5 us,
 * insertion and a merge with branches 2.3. */
static void MC_FN(neighbor_run)(int n, double *value, int32_t *point) {
    double v[MC_NEIGHBOR_RUN];
    int32_t p[MC_NEIGHBOR_RUN];
    for (int i = 0; i < MC_NEIGHBOR_RUN; ++i) v[i] = i < n ? value[i] : __builtin_inf();
    memcpy(p, point, (size_t)n * sizeof *p);
    for (int i = 0; i < n; ++i) {
        const MC_VEC own = MC_FN(splat)(v[i]);
        MC_IVEC number = MC_FN(bits)(MC_FN(zero)());
        for (int j = 0; j < MC_NEIGHBOR_RUN; j += MC_LANES) {
            const MC_VEC other = MC_FN(load)(v + j);
            number = MC_FN(tally)(number, MC_FN(less)(other, own));
            if (j < i)                  /* equal ones keep their order */
                number = MC_FN(tally)(number, (MC_MASK)(MC_FN(equal)(other, own) & MC_FN(first)(i - j)));
        }
        MC_INT lane[MC_LANES], at = 0;
        memcpy(lane, &number, sizeof lane);
        for (int l = 0; l < MC_LANES; ++l) at += lane[l];
        value[at] = v[i];
        point[at] = p[i];
    }
}

static void MC_FN(neighbor_sort)(ptrdiff_t n, double *value, int32_t *point, double *value2, int32_t *point2) {
    double *from = value, *to = value2;
    int32_t *from_p = point, *to_p = point2;
    for (ptrdiff_t i = 0; i < n; i += MC_NEIGHBOR_RUN)
        MC_FN(neighbor_run)(n - i < MC_NEIGHBOR_RUN ? (int)(n - i) : MC_NEIGHBOR_RUN, value + i, point + i);
    for (ptrdiff_t width = MC_NEIGHBOR_RUN; width < n; width *= 2) {
        for (ptrdiff_t first = 0; first < n; first += 2 * width) {
            const ptrdiff_t middle = n - first < width ? n : first + width, last = n - first < 2 * width ? n : first + 2 * width;
            ptrdiff_t a = first, b = middle, i = first;
            for (; a < middle && b < last; ++i) {
                const int second = from[b] < from[a];
                to[i] = second ? from[b] : from[a];
                to_p[i] = second ? from_p[b] : from_p[a];
                b += second;
                a += !second;
            }
            const ptrdiff_t rest = a < middle ? a : b;
            memcpy(to + i, from + rest, (size_t)(last - i) * sizeof *to);
            memcpy(to_p + i, from_p + rest, (size_t)(last - i) * sizeof *to_p);
        }
        double *t = from;
        int32_t *t_p = from_p;
        from = to, to = t, from_p = to_p, to_p = t_p;
    }
    if (from != value) {
        memcpy(value, from, (size_t)n * sizeof *value);
        memcpy(point, from_p, (size_t)n * sizeof *point);
    }
}

static mc_neighbor_sort MC_FN(neighbor_sorter)(void) { return MC_FN(neighbor_sort); }
#endif
