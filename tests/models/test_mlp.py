"""MLPClassifier: what it adds to the network below it."""

import pickle

import numpy as np
import pytest

from mathcore.datasets import load_digits
from mathcore.models import MLPClassifier

RNG = np.random.default_rng(2)
X, Y = RNG.standard_normal((80, 4)), RNG.integers(0, 3, 80)


def test_digits():
    digits = load_digits()
    x, y = digits.data / 16, digits.target
    model = MLPClassifier((64,), max_iter=40, random_state=0).fit(x[:1500], y[:1500])
    assert model.score(x[1500:], y[1500:]) > 0.88
    assert model.loss_ == model.loss_curve_[-1] < model.loss_curve_[0]
    assert model.n_iter_ == len(model.loss_curve_) <= 40
    assert [w.shape for w in model.coefs_] == [(64, 64), (64, 10)]


def test_a_seed_gives_the_same_model_and_pickles():
    one, other = (MLPClassifier((5,), max_iter=5, random_state=3).fit(X, Y) for _ in range(2))
    np.testing.assert_array_equal(one.predict_proba(X), other.predict_proba(X))
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(one)).predict_proba(X), one.predict_proba(X))
    assert MLPClassifier(5, max_iter=2).fit(X.astype("f4"), Y).predict_proba(X.astype("f4")).dtype == np.float32


def test_options_are_checked_in_fit():
    for options, message in (({"activation": "gelu"}, "activation is not known"), ({"solver": "newton"}, "solver"),
                             ({"max_iter": 0}, "max_iter is out of range"), ({"batch_size": 0}, "batch_size"),
                             ({"learning_rate_init": 0}, "learning_rate")):
        with pytest.raises(ValueError, match=message):
            MLPClassifier((4,), **options).fit(X, Y)


def test_plot():
    pytest.importorskip("matplotlib", reason="an extra")
    assert MLPClassifier((4,), solver="sgd", max_iter=3).fit(X, Y).plot().lines
