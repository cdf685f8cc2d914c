/* small: the verbs, whole packs first and then what is left of a batch one by one. */

#define MC_SMALL_VERB(name, body, alone, ...)                                                                \
    static void MC_FN(name)(const mc_small *s, ptrdiff_t first, ptrdiff_t count, void *scratch) {            \
        const ptrdiff_t last = first + count - MC_FN(alone_of)(s->n, count);                                 \
        if (last > first) {                                                                                  \
            MC_SMALL_BY_ORDER(body, s->n, s, first, last - first, (MC_VEC *)scratch)                         \
        }                                                                                                    \
        for (ptrdiff_t i = last; i < first + count; ++i) MC_FN(alone)(__VA_ARGS__ s, i, (MC_REAL *)scratch); \
    }
MC_SMALL_VERB(small_lu, small_lu_of, alone_small_lu, )
MC_SMALL_VERB(small_inv, small_inv_of, alone_small_inv, )
MC_SMALL_VERB(small_det, small_product_of, alone_small_det, 0, )
MC_SMALL_VERB(small_slogdet, small_log_of, alone_small_det, 1, )
#undef MC_SMALL_VERB

static void MC_FN(small_solve)(const mc_small *s, ptrdiff_t first, ptrdiff_t count, void *scratch) {
    const ptrdiff_t last = first + count - (s->k > MC_SMALL_COLUMNS ? 0 : MC_FN(alone_of)(s->n, count));
    if (last > first) MC_FN(small_solve_packs)(s, first, last - first, scratch);
    for (ptrdiff_t i = last; i < first + count; ++i) MC_FN(alone_small_solve)(s, i, (MC_REAL *)scratch);
}

static mc_small_verb MC_FN(small_verb)(int verb) {
    static const mc_small_verb verbs[MC_SMALL_VERBS] = {
        [MC_SMALL_LU] = MC_FN(small_lu), [MC_SMALL_SOLVE] = MC_FN(small_solve), [MC_SMALL_INV] = MC_FN(small_inv),
        [MC_SMALL_DET] = MC_FN(small_det), [MC_SMALL_SLOGDET] = MC_FN(small_slogdet),
        [MC_SMALL_CHOLESKY] = MC_FN(small_cholesky), [MC_SMALL_QR] = MC_FN(small_qr), [MC_SMALL_QR_RAW] = MC_FN(small_qr_raw),
        [MC_SMALL_LSTSQ] = MC_FN(small_lstsq), [MC_SMALL_TRIANGULAR] = MC_FN(small_triangular),
        [MC_SMALL_EIGEN] = MC_FN(small_eigen), [MC_SMALL_SVD] = MC_FN(small_svd),
    };
    return verbs[verb];
}
