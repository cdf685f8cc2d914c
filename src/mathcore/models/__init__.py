"""Estimators with scikit-learn's protocol over the rooms below: fit, predict, score, data frames in, names kept."""

from mathcore.models.linear import LinearRegression, Ridge
from mathcore.models.logistic import LogisticRegression
from mathcore.models.mlp import MLPClassifier

__all__ = ["LinearRegression", "LogisticRegression", "MLPClassifier", "Ridge"]
