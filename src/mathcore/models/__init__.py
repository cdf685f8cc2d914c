"""Estimators with scikit-learn's protocol over the rooms below: fit, predict, score, data frames in, names kept."""

from mathcore.models.bias_variance import BiasVariance, bias_variance
from mathcore.models.kmeans import KMeans
from mathcore.models.linear import LinearRegression, Ridge
from mathcore.models.logistic import LogisticRegression
from mathcore.models.mlp import MLPClassifier
from mathcore.models.naive_bayes import BernoulliNB, GaussianNB, MultinomialNB
from mathcore.models.neighbors import KNeighborsClassifier, KNeighborsRegressor

__all__ = [
    "BernoulliNB", "BiasVariance", "GaussianNB", "KMeans", "KNeighborsClassifier", "KNeighborsRegressor",
    "LinearRegression", "LogisticRegression", "MLPClassifier", "MultinomialNB", "Ridge", "bias_variance",
]
