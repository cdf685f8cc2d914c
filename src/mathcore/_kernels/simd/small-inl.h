/* small: the table of verbs. */

static mc_small_verb MC_FN(small_verb)(int verb) {
    static const mc_small_verb verbs[MC_SMALL_VERBS] = {
        [MC_SMALL_LU] = MC_FN(small_lu), [MC_SMALL_SOLVE] = MC_FN(small_solve), [MC_SMALL_INV] = MC_FN(small_inv),
        [MC_SMALL_DET] = MC_FN(small_det), [MC_SMALL_SLOGDET] = MC_FN(small_slogdet),
        [MC_SMALL_CHOLESKY] = MC_FN(small_cholesky), [MC_SMALL_QR] = MC_FN(small_qr), [MC_SMALL_QR_RAW] = MC_FN(small_qr_raw),
        [MC_SMALL_LSTSQ] = MC_FN(small_lstsq), [MC_SMALL_TRIANGULAR] = MC_FN(small_triangular),
    };
    return verbs[verb];
}
