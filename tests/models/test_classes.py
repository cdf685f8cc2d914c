"""Labels of any kind, probabilities and scores of classifiers."""

import numpy as np
import pytest

from mathcore.models import LogisticRegression, MLPClassifier

RNG = np.random.default_rng(0)
X = RNG.standard_normal((120, 3))
THREE = (X @ np.array([[1.0, -1, 0], [0, 1, -1], [2, 0, -2]]).T).argmax(axis=1)
MODELS = [LogisticRegression(), MLPClassifier((8,), max_iter=60, random_state=1, learning_rate_init=0.01)]


@pytest.mark.parametrize("model", MODELS, ids=str)
@pytest.mark.parametrize("labels", [np.array(["ash", "beech", "oak"]), np.array([-5, 2, 9]), np.array([0.0, 1.0, 2.0])],
                         ids=str)
@pytest.mark.parametrize("classes", [2, 3])
def test_labels_come_back_as_they_are(model, labels, classes):
    y = labels[np.minimum(THREE, classes - 1)]
    fitted = type(model)(**model.get_params()).fit(X, y)
    np.testing.assert_array_equal(fitted.classes_, np.unique(y))
    p = fitted.predict_proba(X)
    assert p.shape == (120, classes)
    np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(fitted.predict(X), fitted.classes_[p.argmax(axis=1)])
    np.testing.assert_allclose(np.exp(fitted.predict_log_proba(X)), p, atol=1e-6)
    assert fitted.score(X, y) == np.mean(fitted.predict(X) == y) > 0.85
    assert fitted.score(X, y, sample_weight=(y == y[0]) * 1.0) == np.mean(fitted.predict(X)[y == y[0]] == y[0])


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_labels_that_are_none(model):
    for y, message in ((np.ones(120), "y has one class; expected at least 2 classes, got only"),
                       (X[:, 0], "Unknown label type: continuous"), (np.full(120, np.nan), "y contains NaN"),
                       (np.zeros((120, 2)), r"y should be a 1d array; expected shape \(120,\)")):
        with pytest.raises(ValueError, match=message):
            type(model)(**model.get_params()).fit(X, y)
    with pytest.warns(UserWarning, match="A column-vector y was passed"):
        type(model)(**model.get_params()).fit(X, (THREE > 0)[:, None])
