"""Training by a loss in plain NumPy: the compiled training's steps where it is the cross-entropy, and regression."""

import numpy as np
import pytest

from mathcore.nn import MLP

RNG = np.random.default_rng(0)
X, LABELS = RNG.standard_normal((90, 5)), RNG.integers(0, 3, 90)


def cross_entropy(logits, labels):
    z = logits - np.max(logits, axis=1, keepdims=True)
    return np.mean(np.log(np.sum(np.exp(z), axis=1)) - z[np.arange(len(labels)), labels])


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_the_same_steps_as_the_compiled_training(optimizer, activation):
    models = [MLP((5, 7, 3), activation=activation, dtype="float64", rng=1) for _ in range(2)]
    options = {"epochs": 3, "batch_size": 16, "optimizer": optimizer, "weight_decay": 0.01, "validation": (X, LABELS)}
    models[0].fit(X, LABELS, rng=2, **options)
    models[1].fit(X, LABELS, rng=2, loss=cross_entropy, **options)
    for a, b in zip((*models[0].weights, *models[0].biases), (*models[1].weights, *models[1].biases), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(models[0].loss_curve, models[1].loss_curve, rtol=1e-10)
    np.testing.assert_allclose(models[0].validation_curve, models[1].validation_curve, rtol=1e-10)


def test_regression():
    y = np.stack([np.sin(X[:, 0]), X[:, 1] * X[:, 2]], axis=1)
    model = MLP((5, 32, 2), activation="tanh", rng=0)
    model.fit(X, y, epochs=150, optimizer="adam", learning_rate=0.01, loss=lambda z, y: np.mean((z - y) ** 2))
    assert model.loss_curve[-1] < 0.1 * model.loss_curve[0]


def test_bad_losses():
    model = MLP((5, 3), rng=0)
    before = model.weights[0].copy()
    with pytest.raises(TypeError, match=r"MLP.fit: loss cannot be called"):
        model.fit(X, LABELS, loss=3)
    with pytest.raises(ValueError, match=r"MLP.fit: labels does not fit x; expected 90 rows"):
        model.fit(X, LABELS[:5], loss=cross_entropy)
    with pytest.raises(ValueError, match=r"value_and_grad: f returned an array"):
        model.fit(X, LABELS, loss=lambda z, y: z)
    with pytest.warns(RuntimeWarning, match="the loss is not finite"):
        model.fit(X, LABELS, loss=lambda z, y: np.sum(z) * np.inf)
    np.testing.assert_array_equal(model.weights[0], before)
