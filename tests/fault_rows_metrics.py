"""Records and fault tables of mathcore.metrics (see fault_rows.py)."""

import numpy as np

import mathcore
from mathcore import metrics, plot
from tests.fault_rows import Fault

TRUE, PREDICTED = np.array([0, 1, 1, 0]), np.array([0, 1, 0, 0])
SCORE = np.array([0.1, 0.9, 0.4, 0.3])
ROWS = np.array([[0.2, 0.3, 0.5], [0.1, 0.8, 0.1], [0.3, 0.3, 0.4], [0.6, 0.2, 0.2]])
THREE = np.array([0, 1, 2, 0])


def _fault(what, args, error, arg, value, **options):
    return Fault(what, lambda: (tuple(np.copy(a) if isinstance(a, np.ndarray) else a for a in args), dict(options)),
                 error, arg, value)


def _weights(*args):
    return (
        _fault("weights too few", args, ValueError, "sample_weight", "3", sample_weight=np.ones(3)),
        _fault("weights a matrix", args, ValueError, "sample_weight", "(4, 2)", sample_weight=np.ones((4, 2))),
        _fault("weights NaN", args, ValueError, "sample_weight[1]", "nan", sample_weight=np.array([1, np.nan, 1, 1])),
        _fault("weights 0", args, ValueError, "sample_weight", "4", sample_weight=np.zeros(4)),
        _fault("weights complex", args, ValueError, "sample_weight", "complex128", sample_weight=np.ones(4, complex)),
    )


def _labels(second, names=("y_true", "y_pred"), weights=True):
    """Unfit labels of what takes two vectors of them."""
    return (
        _fault("lengths", (TRUE, second[:3]), ValueError, names[1], "[4, 3]"),
        _fault("empty", (TRUE[:0], second[:0]), ValueError, names[0], "(0,)"),
        _fault("a number", (1, second), ValueError, names[0], "1"),
        _fault("bytes", (np.array([b"a", b"b", b"a", b"b"]), second), TypeError, names[0], "S1"),
        _fault("complex", (TRUE.astype(complex), second), ValueError, names[0], "complex128"),
        _fault("three dimensions", (TRUE.reshape(4, 1, 1), second), ValueError, names[0], "unknown"),
        *(_weights(TRUE, second) if weights else ()),
    )


PAIR = (
    *_labels(PREDICTED),
    _fault("not whole", (np.array([0.5, 1, 0, 1]), np.array([0.5, 1, 0, 1])), ValueError, "y_true", "continuous"),
    _fault("NaN", (np.array([np.nan, 1, 0, 1]), PREDICTED), ValueError, "y_true[0]", "nan"),
    _fault("text and numbers", (np.array(list("abab")), PREDICTED), ValueError, "y_true", "'a'"),
    _fault("of two kinds", (TRUE, SCORE), ValueError, "y_pred", "continuous"),
)
UNIFORM = _fault("labels empty", (TRUE, PREDICTED), ValueError, "labels", "(0,)", labels=[])

AVERAGED = (
    *PAIR,
    _fault("average", (TRUE, PREDICTED), ValueError, "average", "'mean'", average="mean"),
    _fault("average a number", (TRUE, PREDICTED), TypeError, "average", "3", average=3),
    _fault("several classes", (THREE, THREE), ValueError, "average", "multiclass", average="binary"),
    _fault("pos_label", (TRUE, PREDICTED), ValueError, "pos_label", "7", average="binary", pos_label=7),
    _fault("zero_division", (TRUE, PREDICTED), ValueError, "zero_division", "2", zero_division=2),
    _fault("samplewise", (TRUE, PREDICTED), ValueError, "average", "samples", average="samples"),
)

CURVE = (
    *_labels(SCORE, ("y_true", "y_score")),
    _fault("score NaN", (TRUE, np.array([0.1, np.nan, 0.4, 0.3])), ValueError, "y_score[1]", "nan"),
    _fault("score infinite", (TRUE, np.array([0.1, 0.2, np.inf, 0.3])), ValueError, "y_score[2]", "inf"),
    _fault("score text", (TRUE, np.array(list("abcd"))), ValueError, "y_score", "'a'"),
    _fault("score a matrix", (TRUE, np.ones((4, 2))), ValueError, "y_score", "(4, 2)"),
)
CURVE_OF_TWO = (
    *CURVE,
    _fault("three classes", (THREE, SCORE), ValueError, "y_true", "multiclass"),
    _fault("which is positive", (TRUE + 1, SCORE), ValueError, "pos_label", "{1, 2}"),
)

PROBABILITY = (
    _fault("lengths", (TRUE, SCORE[:3]), ValueError, "y_true", "[3, 4]"),
    _fault("above 1", (TRUE, SCORE * 2), ValueError, "y_proba", "1.8"),
    _fault("below 0", (TRUE, -SCORE), ValueError, "y_proba", "-0.9"),
    _fault("NaN", (TRUE, SCORE * np.nan), ValueError, "y_proba[0]", "nan"),
    _fault("columns", (TRUE, ROWS), ValueError, "y_proba", "2 vs 3"),
    _fault("labels too few", (TRUE, SCORE), ValueError, "labels", "(0,)", labels=[]),
)

TARGETS = np.array([3.0, -0.5, 2.0, 7.0])


def _regression(weights=True, multioutput=True):
    rows = (
        _fault("lengths", (TARGETS, TARGETS[:3]), ValueError, "y_pred", "[4, 3]"),
        _fault("empty", (TARGETS[:0], TARGETS[:0]), ValueError, "y_true", "(0,)"),
        _fault("NaN", (TARGETS, TARGETS * np.nan), ValueError, "y_pred[0]", "nan"),
        _fault("infinite", (np.array([1, np.inf, 2, 3]), TARGETS), ValueError, "y_true[1]", "inf"),
        _fault("complex", (TARGETS * 1j, TARGETS), ValueError, "y_true", "complex128"),
        _fault("text", (np.array(list("abcd")), TARGETS), ValueError, "y_true", "'a'"),
        _fault("three dimensions", (TARGETS.reshape(4, 1, 1), TARGETS), ValueError, "y_true", "(4, 1, 1)"),
        _fault("outputs", (np.ones((4, 2)), np.ones((4, 3))), ValueError, "y_pred", "2!=3"),
    )
    if weights:
        rows += _weights(TARGETS, TARGETS)
    if multioutput:
        rows += (
            _fault("multioutput", (TARGETS, TARGETS), ValueError, "multioutput", "'mean'", multioutput="mean"),
            _fault("multioutput for one", (TARGETS, TARGETS), ValueError, "multioutput", "[1.0]", multioutput=[1.0]),
            _fault("multioutput too many", (np.ones((4, 2)), np.ones((4, 2))), ValueError, "multioutput", "(3)",
                   multioutput=[1, 1, 1]),
        )
    return rows


def _interval(second, *more):
    return (
        *(_fault(f"level {v}", (TRUE, second), ValueError, "confidence_level", f"{v}", confidence_level=v, **dict(more))
          for v in (0, 1, -0.5, 2)),
        _fault("level text", (TRUE, second), TypeError, "confidence_level", "'0.9'", confidence_level="0.9"),
        _fault("method", (TRUE, second), ValueError, "method", "'guess'", method="guess"),
        _fault("resamples", (TRUE, second), ValueError, "n_resamples", "0", n_resamples=0, method="percentile"),
        _fault("resamples a float", (TRUE, second), TypeError, "n_resamples", "1.5", n_resamples=1.5,
               method="percentile"),
        _fault("rng", (TRUE, second), TypeError, "rng", "'a'", rng="a", method="percentile"),
    )


def _of_metric(rows):
    """The same calls with a metric before their arguments."""
    def first(make):
        def call():
            args, options = make()
            return ("accuracy", *args), options

        return call

    return tuple(Fault(r.what, first(r.make), r.error, r.arg, r.value) for r in rows)


METRICS = (
    (mathcore, "metrics", (), True, False),
    (metrics, "MetricInterval", (), False, False),
    (metrics, "Ranking", (), False, False),
    (metrics, "UndefinedMetricWarning", (), False, False),
    (metrics, "accuracy_score", PAIR),
    (metrics, "balanced_accuracy_score", PAIR),
    (metrics, "matthews_corrcoef", PAIR),
    (metrics, "confusion_matrix", (
        *PAIR, UNIFORM,
        _fault("labels unknown", (TRUE, PREDICTED), ValueError, "labels", "[7]", labels=[7]),
        _fault("normalize", (TRUE, PREDICTED), ValueError, "normalize", "'rows'", normalize="rows"),
        _fault("normalize a number", (TRUE, PREDICTED), TypeError, "normalize", "True", normalize=True),
    )),
    (metrics, "cohen_kappa_score", (
        *_labels(PREDICTED), UNIFORM,
        _fault("labels unknown", (TRUE, PREDICTED), ValueError, "labels", "[7]", labels=[7]),
        _fault("weights", (TRUE, PREDICTED), ValueError, "weights", "'cubic'", weights="cubic"),
    )),
    (metrics, "precision_recall_fscore_support", (
        *AVERAGED, _fault("beta", (TRUE, PREDICTED), ValueError, "beta", "-1", beta=-1))),
    (metrics, "precision_score", AVERAGED),
    (metrics, "recall_score", AVERAGED),
    (metrics, "f1_score", AVERAGED),
    (metrics, "fbeta_score", tuple(
        Fault(r.what, lambda r=r: (r.make()[0], {"beta": 2.0, **r.make()[1]}), r.error, r.arg, r.value)
        for r in AVERAGED) + (_fault("beta", (TRUE, PREDICTED), ValueError, "beta", "'1'", beta="1"),)),
    (metrics, "classification_report", (
        *PAIR,
        _fault("names", (TRUE, PREDICTED), ValueError, "target_names", "3", target_names=["a", "b", "c"]),
        _fault("zero_division", (TRUE, PREDICTED), ValueError, "zero_division", "'none'", zero_division="none"),
    )),
    (metrics, "roc_curve", CURVE_OF_TWO),
    (metrics, "precision_recall_curve", CURVE_OF_TWO),
    (metrics, "ranking", CURVE_OF_TWO),
    (metrics, "auc", (
        _fault("lengths", (SCORE, SCORE[:3]), ValueError, "y", "[4, 3]"),
        _fault("a matrix", (np.ones((4, 2)), SCORE), ValueError, "x", "(4, 2)"),
        _fault("one point", (SCORE[:1], SCORE[:1]), ValueError, "x", "(1,)"),
        _fault("no order", (SCORE, SCORE), ValueError, "x", "0.9"),
    )),
    (metrics, "roc_auc_score", (
        *CURVE,
        _fault("average", (TRUE, SCORE), ValueError, "average", "'mean'", average="mean"),
        _fault("multi_class", (THREE, ROWS), ValueError, "multi_class", "'raise'"),
        _fault("multi_class unknown", (THREE, ROWS), ValueError, "multi_class", "'all'", multi_class="all"),
        _fault("several classes, one column", (THREE, SCORE), ValueError, "y_score", "(4,)", multi_class="ovr"),
        _fault("sums of rows", (THREE, 2 * ROWS), ValueError, "y_score", "2.0", multi_class="ovr"),
        _fault("columns", (np.array([0, 1, 2, 3]), ROWS), ValueError, "y_score", "4 and 3", multi_class="ovr"),
        _fault("labels twice", (THREE, ROWS), ValueError, "labels", "[0 1 1]", multi_class="ovr", labels=[0, 1, 1]),
        _fault("labels falling", (THREE, ROWS), ValueError, "labels", "[2 1 0]", multi_class="ovr", labels=[2, 1, 0]),
        _fault("labels too few", (THREE, ROWS), ValueError, "labels", "2", multi_class="ovr", labels=[0, 1]),
        _fault("labels without a class", (THREE, ROWS), ValueError, "labels", "[0 1 5]", multi_class="ovr",
               labels=[0, 1, 5]),
        _fault("weights of pairs", (THREE, ROWS), ValueError, "sample_weight", "None", multi_class="ovo",
               sample_weight=np.ones(4)),
        _fault("max_fpr", (TRUE, SCORE), ValueError, "max_fpr", "1.5", max_fpr=1.5),
        _fault("max_fpr 0", (TRUE, SCORE), ValueError, "max_fpr", "0", max_fpr=0),
        _fault("max_fpr text", (TRUE, SCORE), TypeError, "max_fpr", "'a'", max_fpr="a"),
        _fault("max_fpr of several", (THREE, ROWS), ValueError, "max_fpr", "0.5", multi_class="ovr", max_fpr=0.5),
    )),
    (metrics, "average_precision_score", (
        *CURVE,
        _fault("average", (TRUE, SCORE), ValueError, "average", "'mean'", average="mean"),
        _fault("pos_label", (TRUE, SCORE), ValueError, "pos_label", "7", pos_label=7),
        _fault("pos_label of several", (THREE, ROWS), ValueError, "pos_label", "2", pos_label=2),
        _fault("columns", (THREE, SCORE), ValueError, "y_score", "(4,)"),
    )),
    (metrics, "log_loss", (
        *PROBABILITY, *_weights(TRUE, SCORE),
        _fault("one class", (np.zeros(4, int), SCORE), ValueError, "y_true", "0"),
        _fault("labels lack a class", (THREE, ROWS), ValueError, "labels", "[0, 1]", labels=[0, 1]),
        _fault("labels without columns", (TRUE, SCORE), ValueError, "labels", "[0 1 2]", labels=[0, 1, 2]),
        _fault("not whole", (SCORE, SCORE), ValueError, "y_true", "continuous"),
        _fault("both names", (TRUE, SCORE), ValueError, "y_pred", "y_proba", y_pred=SCORE),
        _fault("empty", (TRUE[:0], SCORE[:0]), ValueError, "y_proba", "(0,)"),
    )),
    (metrics, "brier_score_loss", (
        *PROBABILITY[:5], *_weights(TRUE, SCORE),
        _fault("several classes", (THREE, SCORE), ValueError, "y_true", "multiclass"),
        _fault("text", (np.array(list("abab")), SCORE), ValueError, "pos_label", "'a'"),
        _fault("scale_by_half", (TRUE, SCORE), ValueError, "scale_by_half", "'no'", scale_by_half="no"),
    )),
    (metrics, "calibration_curve", (
        _fault("lengths", (TRUE, SCORE[:3]), ValueError, "y_prob", "[4, 3]"),
        _fault("above 1", (TRUE, SCORE * 2), ValueError, "y_prob", "1.8"),
        _fault("NaN", (TRUE, SCORE * np.nan), ValueError, "y_prob", "nan"),
        _fault("several classes", (THREE, SCORE), ValueError, "y_true", "[0 1 2]", pos_label=1),
        _fault("which is positive", (TRUE + 1, SCORE), ValueError, "pos_label", "{1, 2}"),
        _fault("n_bins", (TRUE, SCORE), ValueError, "n_bins", "0", n_bins=0),
        _fault("n_bins a float", (TRUE, SCORE), TypeError, "n_bins", "2.5", n_bins=2.5),
        _fault("strategy", (TRUE, SCORE), ValueError, "strategy", "'log'", strategy="log"),
    )),
    (metrics, "expected_calibration_error", (
        _fault("lengths", (TRUE, SCORE[:3]), ValueError, "y_prob", "[4, 3]"),
        _fault("above 1", (TRUE, SCORE * 2), ValueError, "y_prob", "1.8"),
        _fault("no class", (TRUE + 1, SCORE), ValueError, "y_true", "2"),
        _fault("text", (np.array(list("abab")), SCORE), ValueError, "y_true", "<U1"),
        _fault("no class of columns", (THREE + 1, ROWS), ValueError, "y_true", "3"),
        _fault("n_bins", (TRUE, SCORE), ValueError, "n_bins", "0", n_bins=0),
        _fault("strategy", (TRUE, SCORE), ValueError, "strategy", "'log'", strategy="log"),
        _fault("norm", (TRUE, SCORE), ValueError, "norm", "'l3'", norm="l3"),
    )),
    (metrics, "top_k_accuracy_score", (
        _fault("lengths", (THREE, ROWS[:3]), ValueError, "y_score", "[4, 3]"),
        _fault("k", (THREE, ROWS), ValueError, "k", "0", k=0),
        _fault("k a float", (THREE, ROWS), TypeError, "k", "1.5", k=1.5),
        _fault("not whole", (SCORE, ROWS), ValueError, "y_true", "continuous"),
        _fault("two classes, columns", (TRUE, ROWS), ValueError, "y_score", "3"),
        _fault("three classes, no columns", (THREE, SCORE), ValueError, "y_score", "(4,)"),
        _fault("columns", (np.array([0, 1, 2, 3]), ROWS), ValueError, "y_score", "(4)"),
        _fault("labels twice", (THREE, ROWS), ValueError, "labels", "[0 1 1]", labels=[0, 1, 1]),
        _fault("labels falling", (THREE, ROWS), ValueError, "labels", "[2 1 0]", labels=[2, 1, 0]),
        _fault("labels too many", (THREE, ROWS), ValueError, "labels", "(4)", labels=[0, 1, 2, 3]),
        _fault("labels without a class", (THREE, ROWS), ValueError, "labels", "[0 1 5]", labels=[0, 1, 5]),
    )),
    *((metrics, name, _regression()) for name in (
        "explained_variance_score", "mean_absolute_error", "mean_absolute_percentage_error", "mean_squared_error",
        "median_absolute_error", "r2_score", "root_mean_squared_error")),
    (metrics, "max_error", (
        *_regression(weights=False, multioutput=False),
        _fault("several outputs", (np.ones((4, 2)), np.ones((4, 2))), ValueError, "y_true", "(4, 2)"))),
    (metrics, "accuracy_ci", (*_labels(PREDICTED, weights=False), *_interval(PREDICTED))),
    (metrics, "f1_ci", (
        *_labels(PREDICTED, weights=False), *_interval(PREDICTED),
        _fault("average", (TRUE, PREDICTED), ValueError, "average", "'mean'", average="mean"),
        _fault("pos_label", (TRUE, PREDICTED), ValueError, "pos_label", "7", pos_label=7),
        _fault("several classes", (THREE, THREE), ValueError, "average", "3"),
    )),
    (metrics, "roc_auc_ci", (
        *_labels(SCORE, ("y_true", "y_score"), weights=False), *_interval(SCORE),
        _fault("workers", (TRUE, SCORE), ValueError, "workers", "0", workers=0),
        _fault("three classes", (THREE, SCORE), ValueError, "y_true", "multiclass"),
    )),
    (metrics, "metric_ci", (
        *_of_metric((*_labels(PREDICTED, weights=False), *_interval(PREDICTED))),
        _fault("metric", ("gini", TRUE, PREDICTED), ValueError, "metric", "'gini'"),
        _fault("metric a number", (1.5, TRUE, PREDICTED), TypeError, "metric", "1.5"),
        _fault("lengths of any metric", (np.dot, TRUE, SCORE[:3]), ValueError, "y_pred", "[4, 3]"),
        _fault("no samples of any metric", (np.dot, TRUE[:0], SCORE[:0]), ValueError, "y_true", "(0,)"),
        _fault("workers", ("roc_auc", TRUE, SCORE), TypeError, "workers", "'2'", workers="2"),
    )),
    (plot, "bias_variance_curves", (
        _fault("lengths", ([1, 2], [1, 2], [1], [1, 2]), ValueError, "bias", "(1,)"),)),
    (plot, "calibration_curve", (_fault("lengths", ([0, 1], [0, 0.5, 1]), ValueError, "prob_pred", "(3,)"),)),
    (plot, "roc_curve", (_fault("lengths", ([0, 1], [0, 0.5, 1]), ValueError, "tpr", "(3,)"),)),
)
