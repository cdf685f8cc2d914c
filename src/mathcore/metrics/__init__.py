"""How good predictions are: scikit-learn's metrics under its names, with confidence intervals beside them.

Classification, ranking, probabilities, regression. Labels of whole numbers are counted without sorting, scores are
sorted once by their bits. What is left to scikit-learn, where it is installed: multilabel and sparse targets.
"""

from mathcore.metrics._labels import UndefinedMetricWarning
from mathcore.metrics.classification import (
    accuracy_score,
    balanced_accuracy_score,
    cohen_kappa_score,
    confusion_matrix,
    matthews_corrcoef,
)
from mathcore.metrics.curves import (
    Ranking,
    auc,
    average_precision_score,
    precision_recall_curve,
    ranking,
    roc_auc_score,
    roc_curve,
)
from mathcore.metrics.fscore import (
    classification_report,
    f1_score,
    fbeta_score,
    precision_recall_fscore_support,
    precision_score,
    recall_score,
)
from mathcore.metrics.intervals import MetricInterval, accuracy_ci, f1_ci, metric_ci, roc_auc_ci
from mathcore.metrics.probabilistic import (
    brier_score_loss,
    calibration_curve,
    expected_calibration_error,
    log_loss,
    top_k_accuracy_score,
)
from mathcore.metrics.regression import (
    explained_variance_score,
    max_error,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    median_absolute_error,
    r2_score,
    root_mean_squared_error,
)

__all__ = [
    "MetricInterval", "Ranking", "UndefinedMetricWarning", "accuracy_ci", "accuracy_score", "auc",
    "average_precision_score", "balanced_accuracy_score", "brier_score_loss", "calibration_curve",
    "classification_report", "cohen_kappa_score", "confusion_matrix", "expected_calibration_error",
    "explained_variance_score", "f1_ci", "f1_score", "fbeta_score", "log_loss", "matthews_corrcoef", "max_error",
    "mean_absolute_error", "mean_absolute_percentage_error", "mean_squared_error", "median_absolute_error", "metric_ci",
    "precision_recall_curve", "precision_recall_fscore_support", "precision_score", "r2_score", "ranking",
    "recall_score", "roc_auc_ci", "roc_auc_score", "roc_curve", "root_mean_squared_error", "top_k_accuracy_score",
]
