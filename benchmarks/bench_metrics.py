"""Metrics against scikit-learn, where it is installed: small calls and a million samples."""

import numpy as np

from mathcore import metrics

from .runner import Call, Row

SIZES = {100: (10, 40), 1_000_000: (2, 5)}       # what is asked at least, and aimed at
EPS = np.finfo(float).eps


def peer_or_none():
    try:
        import sklearn.metrics
    except ImportError:
        return None
    return sklearn.metrics


def rows():
    peer = peer_or_none()
    if peer is None:
        return
    for n, (at_least, aim) in SIZES.items():
        rng = np.random.default_rng(0)
        y = rng.integers(0, 2, n)
        p = np.clip(0.3 * y + 0.7 * rng.random(n), 0, 1)
        guess = (p > 0.5).astype(np.int64)
        several, others = rng.integers(0, 5, n), rng.integers(0, 5, n)
        w, share = rng.random(n), rng.dirichlet(np.ones(5), n)
        for name, args, options in (
            ("roc_auc_score", (y, p), {}),
            ("roc_auc_score", (y, np.round(p, 2)), {}),
            ("roc_auc_score", (y, p), {"sample_weight": w}),
            ("average_precision_score", (y, p), {}),
            ("roc_curve", (y, p), {}),
            ("precision_recall_curve", (y, p), {}),
            ("log_loss", (y, p), {}),
            ("log_loss", (several, share), {}),
            ("brier_score_loss", (y, p), {}),
            ("confusion_matrix", (y, guess), {}),
            ("confusion_matrix", (several, others), {}),
            ("accuracy_score", (y, guess), {}),
            ("f1_score", (y, guess), {}),
            ("f1_score", (several, others), {"average": "macro"}),
        ):
            yield of_peer(peer, name, args, options, n, at_least, aim, kind(args, options))
        for name in ("mean_squared_error", "r2_score"):
            yield of_peer(peer, name, (w, p), {}, n, at_least if n < 1000 else 1.5, aim if n < 1000 else 3, "")
        yield resampling(n, y, p)


def kind(args, options):
    tied = args[1].dtype == np.float64 and (args[1] == np.round(args[1], 2)).all()
    words = [", 100 scores" if tied else "",
             ", 5 classes" if args[0].max() == 4 else "", ", weights" if "sample_weight" in options else ""]
    return "".join(words)


def of_peer(peer, name, args, options, n, at_least, aim, words):
    ours, theirs = getattr(metrics, name), getattr(peer, name)
    expected = theirs(*args, **options)
    expected = expected if isinstance(expected, tuple) else (expected,)

    def error(*found):
        """Sums of n terms in two orders."""
        unit = 2 * n * EPS
        pairs = [(np.ravel(a), np.ravel(b)) for a, b in zip(found, expected, strict=True)]
        pairs = [(a[np.isfinite(b)], b[np.isfinite(b)]) for a, b in pairs]      # the first threshold is infinite
        return max(np.max(np.abs(a - b) / (unit * np.maximum(1, np.abs(b)))) for a, b in pairs)

    return Row(work=f"{name} {n}{words}", dtype="float64", peer_name=f"sklearn.metrics.{name}", error=error,
               ours=Call(ours, *args, **options), peer=Call(theirs, *args, **options), at_least=at_least, aim=aim,
               nbytes=sum(a.nbytes for a in args))


def resampling(n, y, p):
    """Intervals of the ROC area: DeLong's at a million, the bootstrap at a hundred; in milliseconds."""
    if n > 1000:
        return Row(work=f"roc_auc_ci delong {n}", dtype="float64", unit="ms", peer_name="", at_least=200, aim=60,
                   ours=Call(metrics.roc_auc_ci, y, p))
    return Row(work=f"roc_auc_ci bootstrap {n}, 9999 "
                    "resamples", dtype="float64", unit="ms", peer_name="", at_least=50, aim=15,
               ours=Call(metrics.roc_auc_ci, y, p, method="bootstrap", rng=0))
