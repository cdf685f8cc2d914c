import numpy as np
import pytest

from mathcore import _tour, nn
from mathcore.special import softmax

EPS = np.finfo(np.float64).eps


def network_and_batch(n=5, n_inputs=7, n_hidden=6, n_classes=4):
    rng = np.random.default_rng(1)
    network = _tour.Network(n_inputs, n_hidden, n_classes, rng)
    for parameter in network.parameters.values():
        parameter += 0.1 * rng.normal(size=parameter.shape)
    return network, rng.normal(size=(n, n_inputs)), rng.integers(0, n_classes, n)


def gradient_error(network, x, labels, gradients):
    """Largest difference between the gradients and central differences of the loss."""
    step = EPS ** (1 / 3)
    worst = 0.0
    for name, parameter in network.parameters.items():
        for entry in np.ndindex(parameter.shape):
            value, sides = parameter[entry], []
            for nudged in (value + step, value - step):
                parameter[entry] = nudged
                sides.append(network.loss(x, labels))
            parameter[entry] = value
            worst = max(worst, abs((sides[0] - sides[1]) / (2 * step) - gradients[name][entry]))
    return worst


# A central difference with step eps^(1/3) is wrong by about eps^(2/3): truncation and rounding weigh the same there.
TOLERANCE = 10 * EPS ** (2 / 3)


def test_gradients_match_differences():
    network, x, labels = network_and_batch()
    _, gradients = network.loss_and_gradients(x, labels)
    assert gradient_error(network, x, labels, gradients) < TOLERANCE


@pytest.mark.parametrize("name", ["W1", "b1", "W2", "b2"])
def test_gradient_check_sees_a_wrong_gradient(name):
    network, x, labels = network_and_batch()
    _, gradients = network.loss_and_gradients(x, labels)
    gradients[name] *= 1.001
    assert gradient_error(network, x, labels, gradients) > TOLERANCE


def test_loss_is_the_textbook_formula():
    network, x, labels = network_and_batch()
    w = network.parameters
    h = 1 / (1 + np.exp(-(x @ w["W1"].T + w["b1"])))
    z = h @ w["W2"].T + w["b2"]
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    expected = -np.log(p[np.arange(len(labels)), labels]).mean()
    assert network.loss(x, labels) == pytest.approx(expected, rel=16 * EPS)
    assert network.loss_and_gradients(x, labels)[0] == network.loss(x, labels)
    np.testing.assert_allclose(softmax(network.forward(x)[1], axis=-1), p, rtol=64 * EPS)


def test_gradients_have_the_shapes_of_their_parameters():
    network, x, labels = network_and_batch()
    _, gradients = network.loss_and_gradients(x, labels)
    for name, parameter in network.parameters.items():
        assert gradients[name].shape == parameter.shape


def test_plain_numpy_makes_the_steps_that_mlp_makes():
    """Else the tour would compare the times of different things."""
    rng = np.random.default_rng(0)
    x, labels = rng.normal(size=(50, 7)), rng.integers(0, 4, 50)
    model = nn.MLP((7, 6, 4), activation="sigmoid", dtype="float64", rng=1)
    parameters = [np.array(a) for pair in zip(model.weights, model.biases, strict=True) for a in pair]
    model.fit(x, labels, epochs=1, batch_size=16, learning_rate=0.5, rng=2)
    order = np.random.default_rng(2).permutation(50)
    _tour.numpy_epoch(parameters, x, labels, order, alpha=0.5, batch_size=16)
    for ours, plain in zip([a for pair in zip(model.weights, model.biases, strict=True) for a in pair], parameters,
                           strict=True):
        np.testing.assert_allclose(ours, plain, rtol=0, atol=64 * EPS)     # 4 steps of terms below 1


def test_split_keeps_training_and_test_digits_apart():
    split = _tour.load_split(np.random.default_rng(0))
    assert len(split.y_test) == _tour.N_TEST
    assert len(split.y_test) + len(split.y_train) == 1797
    assert np.abs(split.x_train).max() == np.abs(split.x_test).max() == 2
    np.testing.assert_array_equal(split.x_test, (split.test_images.reshape(-1, 64) - 8) / 4)
    together = np.unique(np.concatenate([split.x_train, split.x_test]), axis=0)
    assert len(together) == 1797
