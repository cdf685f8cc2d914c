"""Bias and variance: identities of the parts, learners whose parts are known."""

import numpy as np
import pytest

from mathcore.models import bias_variance

EPS = np.finfo(float).eps


def mean_of(x, y):
    return y.mean()


def constant(model, x):
    return np.full(len(x), model)


def data(n=50, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, n)
    return x, np.sin(3 * x) + 0.1 * rng.standard_normal(n)


def test_a_learner_that_does_not_learn_has_no_variance():
    x, y = data()
    found = bias_variance(lambda x, y: 2.0, constant, x, y, x, y, n_rounds=7)
    assert found.variance == 0
    assert found.loss == found.bias == pytest.approx(np.mean((2 - y)**2), rel=50 * EPS)
    np.testing.assert_array_equal(found.main, 2)
    assert found.running.shape == (7, 3)


def test_parts_add_up_to_the_loss():
    x, y = data()
    kept = []

    def predict(model, x):
        kept.append(np.polyval(model, x))
        return kept[-1]

    found = bias_variance(lambda x, y: np.polyfit(x, y, 5), predict, x, y, x, y, n_rounds=40, rng=1)
    kept = np.array(kept)
    # sums of 40 rounds, squares of differences of numbers near 1
    assert found.loss == pytest.approx(np.mean((kept - y)**2), rel=1000 * EPS)
    assert found.bias == pytest.approx(np.mean((kept.mean(axis=0) - y)**2), rel=1000 * EPS)
    assert found.variance == pytest.approx(np.mean(kept.var(axis=0)), rel=1000 * EPS)
    assert found.loss == found.bias + found.variance
    np.testing.assert_array_equal(found.running[-1], [found.loss, found.bias, found.variance])


def test_variance_of_a_mean():
    """The bootstrap's variance of a mean is that of the data over n; within 5 errors of 4000 rounds, sqrt(2 / 4000)."""
    x, y = data(30)
    found = bias_variance(mean_of, constant, x, y, x[:1], y[:1], n_rounds=4000, rng=2)
    assert found.variance == pytest.approx(y.var() / 30, rel=5 * np.sqrt(2 / 4000))


def test_classes():
    """Two classes (Domingos): where the main prediction is right the variance is lost, elsewhere won."""
    rng = np.random.default_rng(3)
    x = rng.standard_normal(40)
    y = np.where(x + rng.standard_normal(40) > 0, "yes", "no")
    kept = []

    def nearest(model, x):
        points, labels = model
        kept.append(labels[np.abs(x[:, None] - points).argmin(axis=1)])
        return kept[-1]

    found = bias_variance(lambda x, y: (x, y), nearest, x, y, x, y, n_rounds=51, rng=4, loss="zero_one")
    kept = np.array(kept)
    assert found.loss == pytest.approx(np.mean(kept != y), abs=40 * EPS)
    assert found.bias == np.mean(found.main != y)
    each = np.mean(kept != found.main, axis=0)
    assert found.variance == pytest.approx(each.mean(), abs=40 * EPS)
    assert found.loss == pytest.approx(np.mean(np.where(found.main == y, each, 1 - each)), abs=40 * EPS)


def test_classes_that_no_target_has():
    turn = iter([[0, 1, 7], [5, 1, 7], [5, 1, 0]])
    x, y = [0, 1, 2], [0, 1, 1]
    found = bias_variance(lambda x, y: None, lambda m, x: next(turn), x, y, x, y, n_rounds=3, loss="zero_one")
    np.testing.assert_array_equal(found.main, [5, 1, 7])
    assert found.loss == pytest.approx(5 / 9, abs=4 * EPS)


def test_seeds():
    x, y = data()
    args = (lambda x, y: np.polyfit(x, y, 3), np.polyval, x, y, x, y)
    assert bias_variance(*args, n_rounds=5, rng=1).loss == bias_variance(*args, n_rounds=5, rng=1).loss
    assert bias_variance(*args, n_rounds=5, rng=1).loss != bias_variance(*args, n_rounds=5, rng=2).loss
    assert bias_variance(*args, n_rounds=5, rng=np.random.default_rng(1)).loss > 0


def test_plot():
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    x, y = data()
    ax = bias_variance(mean_of, constant, x, y, x, y, n_rounds=9).plot()
    assert ax.get_xlabel() == "rounds"
    assert [len(line.get_xdata()) for line in ax.lines] == [9, 9, 9]


@pytest.mark.parametrize(("change", "error", "message"), [
    ({"fit": 1}, TypeError, "fit is not callable; expected a function, got 1"),
    ({"predict": None}, TypeError, "predict is not callable"),
    ({"y": [1.0]}, ValueError, "lengths of x and y differ"),
    ({"y": [[1.0]] * 3}, ValueError, r"y is no vector; expected shape \(n,\), got \(3, 1\)"),
    ({"x_test": [], "y_test": []}, ValueError, "y_test is empty"),
    ({"n_rounds": 0}, ValueError, "n_rounds is out of range"),
    ({"loss": "l1"}, ValueError, "loss is not known"),
    ({"rng": "a"}, TypeError, "rng is no whole number"),
    ({"predict": lambda m, x: [1.0]}, ValueError, r"predict gave another shape; expected \(3,\), got \(1,\)"),
])
def test_errors(change, error, message):
    three = [1, 2, 3]
    good = {"fit": mean_of, "predict": constant, "x": three, "y": three, "x_test": three, "y_test": three}
    call = {**good, **change}
    options = {key: call.pop(key) for key in ("n_rounds", "loss", "rng") if key in call}
    with pytest.raises(error, match=f"bias_variance: {message}"):
        bias_variance(*call.values(), **options)
