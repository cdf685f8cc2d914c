"""Votes and means of neighbours: sorted distances in plain NumPy, known answers, scikit-learn's."""

import pickle

import numpy as np
import pytest

from mathcore import threads
from mathcore.datasets import load_digits
from mathcore.models import KNeighborsClassifier, KNeighborsRegressor
from mathcore.models._estimator import NotFittedError

RNG = np.random.default_rng(0)
Y = RNG.integers(0, 3, 300)
X = RNG.standard_normal((300, 4)) + Y[:, None] * [1.0, 0, 2, -1]
Q = RNG.standard_normal((80, 4)) + 1
T = X @ [1.0, -2, 0.5, 3] + RNG.standard_normal(300)
MODELS = [KNeighborsClassifier, KNeighborsRegressor]
both = pytest.mark.parametrize("model", MODELS)


def order(x, y, k):
    """(distances, indices) by the definition, of equal distances the first."""
    distances = np.sqrt(((x[:, None] - y)**2).sum(axis=2))
    indices = np.argsort(distances, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(distances, indices, axis=1), indices


def order_all(x):
    return np.sqrt(((x[:, None] - X)**2).sum(axis=2))


@both
def test_neighbours_are_the_nearest(model):
    fitted = model(4).fit(X, Y)
    distances, indices = fitted.kneighbors(Q)
    expected = order(Q, X, 4)
    assert np.array_equal(indices, expected[1])
    assert indices.dtype == np.int64
    np.testing.assert_allclose(distances, expected[0], rtol=1e-14)
    assert np.array_equal(fitted.kneighbors(Q, 9, return_distance=False), order(Q, X, 9)[1])
    own = fitted.kneighbors(return_distance=False)
    assert np.array_equal(own, order(X, X, 5)[1][:, 1:])
    graph = fitted.kneighbors_graph(Q)
    assert graph.shape == (80, 300)
    assert graph.dtype == np.float64
    expected = np.zeros((80, 300))
    np.put_along_axis(expected, indices, 1, axis=1)
    assert np.array_equal(graph.toarray(), expected)
    np.put_along_axis(expected, indices, distances, axis=1)
    assert np.array_equal(fitted.kneighbors_graph(Q, mode="distance").toarray(), expected)
    assert fitted.kneighbors_graph(n_neighbors=2).getnnz(axis=1).tolist() == [2] * 300


def test_duplicates_are_neighbours_of_each_other():
    x = np.array([[0.0], [0], [0], [5]])
    fitted = KNeighborsClassifier(2).fit(x, [0, 1, 1, 0])
    assert fitted.kneighbors(return_distance=False).tolist() == [[1, 2], [0, 2], [0, 1], [0, 1]]
    assert fitted.predict(None).tolist() == [1, 0, 0, 0]
    assert fitted.score(None, [1, 0, 0, 1]) == 0.75


@pytest.mark.parametrize("weights", ["uniform", "distance", None, lambda d: np.exp(-d)], ids=str)
@pytest.mark.parametrize("k", [1, 5, 300])
def test_votes_and_means(weights, k):
    distances, indices = order(Q, X, k)
    w = weights(distances) if callable(weights) else 1 / distances if weights == "distance" else np.ones_like(distances)
    shares = (np.eye(3)[Y[indices]] * w[:, :, None]).sum(axis=1)
    classifier = KNeighborsClassifier(k, weights=weights).fit(X, Y)
    np.testing.assert_allclose(classifier.predict_proba(Q), shares / shares.sum(axis=1, keepdims=True), atol=1e-13)
    assert np.array_equal(classifier.predict(Q), classifier.predict_proba(Q).argmax(axis=1))
    assert classifier.score(Q, shares.argmax(axis=1)) == 1
    regressor = KNeighborsRegressor(k, weights=weights).fit(X, T)
    np.testing.assert_allclose(regressor.predict(Q), (T[indices] * w).sum(axis=1) / w.sum(axis=1), rtol=1e-11,
                               atol=1e-12)


def test_those_at_distance_0_alone_count():
    x = np.array([[0.0], [0], [1], [2]])
    classifier = KNeighborsClassifier(4, weights="distance").fit(x, ["a", "b", "b", "b"])
    assert classifier.predict_proba([[0.0]]).tolist() == [[0.5, 0.5]]
    assert classifier.predict([[0.0]]).tolist() == ["a"]
    assert KNeighborsRegressor(4, weights="distance").fit(x, [1, 3, 100, 100]).predict([[0.0]]).tolist() == [2]


def test_several_targets_and_labels_of_any_kind():
    several = np.stack([Y, Y % 2 + 5], axis=1)
    fitted = KNeighborsClassifier().fit(X, several)
    assert fitted.outputs_2d_
    assert [c.tolist() for c in fitted.classes_] == [[0, 1, 2], [5, 6]]
    found, shares = fitted.predict(Q), fitted.predict_proba(Q)
    for i in range(2):
        alone = KNeighborsClassifier().fit(X, several[:, i])
        assert np.array_equal(found[:, i], alone.predict(Q))
        assert np.array_equal(shares[i], alone.predict_proba(Q))
    assert fitted.score(Q, found) == 1
    assert fitted.score(X, several) == np.mean((fitted.predict(X) == several).all(axis=1))
    names = np.array(["ash", "beech", "oak"])
    text = KNeighborsClassifier().fit(X, names[Y])
    assert np.array_equal(text.predict(Q), names[KNeighborsClassifier().fit(X, Y).predict(Q)])
    with pytest.warns(UserWarning, match="column-vector y was passed"):
        column = KNeighborsClassifier().fit(X, Y[:, None])
    assert column.predict(Q).shape == (80,)
    assert not column.outputs_2d_
    assert KNeighborsClassifier().fit(X, np.zeros(300)).predict(Q).tolist() == [0] * 80
    targets = np.stack([T, -T], axis=1)
    for weights in ("uniform", "distance"):
        regressor = KNeighborsRegressor(weights=weights).fit(X, targets)
        alone = KNeighborsRegressor(weights=weights).fit(X, T)
        np.testing.assert_allclose(regressor.predict(Q), np.stack([alone.predict(Q), -alone.predict(Q)], axis=1))
        assert KNeighborsRegressor(weights=weights).fit(X, T[:, None]).predict(Q).shape == (80, 1)
        assert regressor.score(X, targets) == pytest.approx(alone.score(X, T), rel=1e-12)


@both
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_threads_and_layouts_do_not_show(model, dtype):
    x = X.astype(dtype)
    expected = [np.asarray(a) for a in (*model(n_jobs=1).fit(x, Y).kneighbors(Q), model(n_jobs=1).fit(x, Y).predict(Q))]
    wide = np.zeros((300, 9), dtype)
    wide[:, :4] = x
    read_only = x.copy()
    read_only.flags.writeable = False
    for many, jobs, given in ((2, None, x), (1, 2, x), (1, -1, x), (1, -2, x), (1, None, np.asfortranarray(x)),
                              (1, None, wide[:, :4]), (1, None, read_only),
                              (1, None, x.astype(x.dtype.newbyteorder()))):
        with threads(many):
            fitted = model(n_jobs=jobs).fit(given, Y)
            for one, other in zip(expected, (*fitted.kneighbors(Q), fitted.predict(Q)), strict=True):
                assert np.array_equal(one, other)
    again = pickle.loads(pickle.dumps(fitted))
    assert np.array_equal(again.predict(Q), expected[2])


@both
def test_metrics_by_either_name(model):
    for metric, options, other in (("manhattan", {}, {"p": 1}), ("l2", {}, {}), ("infinity", {}, {"p": np.inf}),
                                   ("chebyshev", {}, {"p": np.inf}), ("cosine", {}, None),
                                   (lambda a, b: np.abs(a - b).sum(), {}, {"p": 1}), ("p", {"p": 3}, {"p": 3})):
        one = model(metric=metric, **options).fit(X, Y)
        if other is not None:
            np.testing.assert_array_equal(one.kneighbors(Q)[1], model(**other).fit(X, Y).kneighbors(Q)[1])
    fitted = model(p=3, metric_params={"w": [1.0, 2, 0, 1]}).fit(X, Y)
    assert fitted.effective_metric_ == "minkowski"
    assert fitted.effective_metric_params_ == {"p": 3, "w": [1.0, 2, 0, 1]}
    assert model(p=1).fit(X, Y).effective_metric_ == "manhattan"
    assert model().fit(X, Y).effective_metric_params_ == {}
    with pytest.warns(UserWarning, match="for 0 < p < 1, Minkowski metrics are not distance metrics"):
        model(p=0.5).fit(X, Y)
    with pytest.raises(ValueError, match='algorithm="kd_tree" does not support 0 < p < 1 for the Minkowski metric'):
        model(p=0.5, algorithm="kd_tree").fit(X, Y)
    with pytest.warns(SyntaxWarning, match="Parameter p is found in metric_params"):
        assert model(metric_params={"p": 1}).fit(X, Y).effective_metric_ == "manhattan"


@both
def test_a_covariance_of_all_samples(model):
    """That of the samples and the rows that ask, as SciPy's and scikit-learn's."""
    inverse = np.linalg.inv(np.cov(np.concatenate([Q, X]).T))
    given = model(metric="mahalanobis", metric_params={"VI": inverse}).fit(X, Y)
    found = model(metric="mahalanobis").fit(X, Y).kneighbors(Q)
    np.testing.assert_allclose(found[0], given.kneighbors(Q)[0], rtol=1e-12)
    assert np.array_equal(found[1], given.kneighbors(Q)[1])


@both
def test_given_distances(model):
    fitted, given = model(4).fit(X, Y), model(4, metric="precomputed").fit(order_all(X), Y)
    for x in (None, Q):
        found = given.kneighbors(None if x is None else order_all(x))
        assert np.array_equal(found[1], fitted.kneighbors(x)[1])
        np.testing.assert_allclose(found[0], fitted.kneighbors(x)[0], rtol=1e-14)
        assert np.array_equal(given.predict(None if x is None else order_all(x)), fitted.predict(x))
    with pytest.raises(ValueError, match="Precomputed matrix must be square. Input is a 300x4 matrix"):
        model(metric="precomputed").fit(X, Y)
    with pytest.raises(ValueError, match="Negative values in data passed to X"):
        given.predict(-order_all(Q))
    same = model(2, metric="precomputed").fit(np.ones((4, 4)), [0, 1, 1, 0])
    assert same.kneighbors(return_distance=False).tolist() == [[1, 2], [0, 2], [0, 1], [0, 1]]


@both
@pytest.mark.parametrize(("options", "error", "message"), [
    ({"n_neighbors": 0}, ValueError, "n_neighbors is out of range; expected at least 1, got 0"),
    ({"n_neighbors": 2.5}, TypeError, "n_neighbors is no whole number"),
    ({"weights": "near"}, ValueError, "weights is not known; expected one of 'uniform', 'distance', got 'near'"),
    ({"algorithm": "best"}, ValueError, "algorithm is not known"),
    ({"leaf_size": 0}, ValueError, "leaf_size is out of range"), ({"metric": 3}, TypeError, "metric is neither"),
    ({"p": 0}, ValueError, "p is out of range; expected more than 0"),
    ({"metric_params": [1]}, TypeError, "metric_params is no dict"),
    ({"n_jobs": 0}, ValueError, "n_jobs is out of range"),
    ({"n_jobs": 1.5}, TypeError, "n_jobs is no whole number")])
def test_parameters_out_of_range(model, options, error, message):
    with pytest.raises(error, match=f"{model.__name__}.fit: {message}"):
        model(**options).fit(X, Y)


@both
def test_data_that_do_not_fit(model):
    name = model.__name__
    with pytest.raises(NotFittedError, match=f"{name}.predict: this {name} instance is not fitted yet"):
        model().predict(X)
    for x, y, message in ((X[0], Y, "expected 2, got shape"), (X * np.nan, Y, "NaN or infinity"),
                          (X, None, "y is None"), (X, Y[:5], "inconsistent numbers of samples; .*, got 300 and 5"),
                          (X, Y * np.nan, "Input y contains NaN"), (X * 1j, Y, "Complex data not supported")):
        with pytest.raises(ValueError, match=f"{name}.fit: .*{message}"):
            model().fit(x, y)
    with pytest.raises(ValueError, match="metric"):
        model(metric="nearest").fit(X, Y)
    with pytest.raises(TypeError, match="'V'"):
        model(metric_params={"V": np.ones(4)}).fit(X, Y)
    fitted = model(4).fit(X[:4], Y[:4])
    with pytest.raises(ValueError, match="Expected n_neighbors <= n_samples_fit, but n_neighbors = 5, n_samples_fit"):
        fitted.kneighbors(Q, 5)
    with pytest.raises(ValueError, match="Expected n_neighbors < n_samples_fit, but n_neighbors = 4, n_samples_fit"):
        fitted.kneighbors()
    with pytest.raises(ValueError, match=f"{name}.kneighbors_graph: mode is not known"):
        fitted.kneighbors_graph(Q, mode="both")
    with pytest.raises(ValueError, match=f"X has 2 features, but {name} is expecting 4 features as input"):
        fitted.predict(Q[:, :2])
    with pytest.raises(ValueError, match=r"weights returned an array of the wrong shape; expected \(80, 4\)"):
        model(4, weights=lambda d: d[0]).fit(X, Y).predict(Q)


@both
@pytest.mark.parametrize(("options", "error", "message"), [
    ({"metric": "nearest"}, ValueError, "metric is not known"),
    ({"metric_params": {"V": 1}}, TypeError, "got an unexpected keyword argument 'V'"),
    ({"metric_params": {"w": [1, 2]}}, ValueError, "w has the wrong length"),
    ({"metric_params": {"w": [-1.0, 1, 1, 1]}}, ValueError, r"w\[0\] is negative"),
    ({"metric": "seuclidean", "metric_params": {"V": [1, 2]}}, ValueError, "V has the wrong length"),
    ({"metric_params": {"workers": 2}}, TypeError, "metric_params has the key 'workers'"),
    ({"metric_params": {3: 2}}, TypeError, "metric_params has the key 3"),
    ({"metric_params": {"p": "a"}, "p": None}, TypeError, "p is no real number"),
    ({"n_jobs": 10**6}, ValueError, "n_jobs: expected 1 to 1024 threads, or -1 for all usable, got 1000000")], ids=str)
def test_the_estimator_is_named_and_a_refit_that_fails_changes_nothing(model, options, error, message):
    fitted = model(3).fit(X, Y)
    expected, before = fitted.predict(Q), fitted.get_params()
    for bad, x, kind, word in ((options, X, error, message), ({"n_neighbors": 0}, X[:, :2], ValueError, "n_neighbors")):
        with pytest.raises(kind, match=f"{model.__name__}.fit: {word}"):
            fitted.set_params(**bad).fit(x, Y * 0)
        fitted.set_params(**before)
        assert np.array_equal(fitted.predict(Q), expected)
    fresh = model(**options)
    with pytest.raises(error, match=f"{model.__name__}.fit: "):
        fresh.fit(X, Y)
    with pytest.raises(NotFittedError):
        fresh.predict(Q)
    fitted.set_params(n_jobs=0)
    with pytest.raises(ValueError, match=f"{model.__name__}.kneighbors: n_jobs"):
        fitted.kneighbors(Q)


@both
@pytest.mark.parametrize(("weights", "error", "message"), [
    (lambda d: np.full(d.shape, "a"), TypeError, "weights has dtype <U1"),
    (lambda d: d * 1j, TypeError, "weights returned an array of dtype complex128"),
    (lambda d: d.astype(object), TypeError, "weights returned an array of dtype object"),
    (lambda d: None, ValueError, r"weights returned an array of the wrong shape; expected \(80, 5\), got \(\)"),
    (lambda d: d[:, :1], ValueError, "weights returned an array of the wrong shape"),
    (lambda d: d * np.nan, ValueError, "weights returned values that are negative or not finite"),
    (lambda d: -d, ValueError, "weights returned values that are negative or not finite"),
    (lambda d: d * np.inf, ValueError, "weights returned values that are negative or not finite"),
    (np.zeros_like, ValueError, "weights are 0 for a row")])
def test_weights_of_a_function_that_are_none(model, weights, error, message):
    with pytest.raises(error, match=f"{model.__name__}.predict: {message}"):
        model(weights=weights).fit(X, Y).predict(Q)


@both
def test_weights_of_a_function_far_from_one(model):
    expected = model(weights=lambda d: np.exp(-d)).fit(X, Y)
    for power in (-1000, 1022):
        found = model(weights=lambda d, power=power: np.ldexp(np.exp(-d), power)).fit(X, Y)
        np.testing.assert_allclose(found.predict(Q), expected.predict(Q), rtol=1e-14)
        if model is KNeighborsClassifier:
            np.testing.assert_allclose(found.predict_proba(Q), expected.predict_proba(Q), rtol=1e-14)


@both
def test_scores_of_arguments_that_do_not_fit(model):
    fitted, name = model().fit(X, Y), model.__name__
    assert fitted.score(X, Y[:, None]) == fitted.score(X, Y)
    ones = np.ones(300)
    assert fitted.score(X, Y, sample_weight=ones) == pytest.approx(fitted.score(X, Y), rel=1e-13)
    for y, weight, message in (([0], None, "x and y have inconsistent numbers of samples; .*300 and 1"),
                               (Y[:7], None, "inconsistent"), (None, None, "y is None"),
                               (np.stack([Y, Y], axis=1), None, r"y has the wrong shape; expected \(300,\)"),
                               (Y, ones[:3], r"sample_weight.shape == \(3,\)"), (Y, 0 * ones, "sample_weight"),
                               (Y, -ones, "sample_weight")):
        with pytest.raises(ValueError, match=f"{name}.score: .*{message}"):
            fitted.score(X, y, sample_weight=weight)
    with pytest.raises(ValueError, match="KNeighborsRegressor.score: y_true is no array of numbers"):
        KNeighborsRegressor().fit(X, Y).score(X, ["a"] * 300)
    several = model().fit(X, np.stack([Y, Y], axis=1))
    with pytest.raises(ValueError, match=rf"{name}.score: y has the wrong shape; expected \(300, 2\), got \(300,\)"):
        several.score(X, Y)


def test_labels_of_several_types():
    for y in (np.array([0, "a"] * 150, object), np.array([0, None] * 150, object), np.array([None] * 300, object),
              np.array([0.0, np.nan] * 150, object)):
        with pytest.raises((ValueError, TypeError), match="KNeighborsClassifier.fit: .*(several types|None or NaN)"):
            KNeighborsClassifier().fit(X, y)
    with pytest.raises((ValueError, TypeError), match="KNeighborsRegressor.fit: y holds objects"):
        KNeighborsRegressor().fit(X, np.array([0, "a"] * 150, object))
    for model in MODELS:
        with pytest.raises(ValueError, match=rf"{model.__name__}.fit: y has no columns; .*\(300, 0\)"):
            model().fit(X, np.empty((300, 0)))
    names = np.array(["ash", "oak"], object)
    assert KNeighborsClassifier().fit(X, names[Y % 2]).predict(Q).dtype == object


def test_labels_that_are_none():
    with pytest.raises(ValueError, match="Unknown label type: continuous"):
        KNeighborsClassifier().fit(X, T)
    with pytest.raises(ValueError, match="Unknown label type: datetime64"):
        KNeighborsClassifier().fit(X, np.zeros(300, "M8[D]"))
    with pytest.raises(ValueError, match="y has dtype <U1; expected real numbers"):
        KNeighborsRegressor().fit(X, np.full(300, "a"))
    with pytest.raises(ValueError, match="All neighbors of some sample is getting zero weights"):
        KNeighborsClassifier(weights=np.zeros_like).fit(X, Y).predict(Q)


# ------------------------------------------------------------------ beside scikit-learn

@pytest.mark.parametrize("options", [{}, {"n_neighbors": 1}, {"weights": "distance"}, {"p": 1, "n_neighbors": 7},
                                     {"metric": "cosine"}, {"metric": "manhattan", "weights": "distance"}], ids=str)
def test_predictions_are_scikit_learns(options):
    neighbors = pytest.importorskip("sklearn.neighbors", reason="scikit-learn is no dependency")
    digits = load_digits()
    data, labels = np.asarray(digits.data, np.float64), digits.target
    data = data + np.random.default_rng(1).random(data.shape) / 100      # whole numbers have ties
    for x, y, q in ((X, Y, Q), (data[:1200], labels[:1200], data[1200:]),
                    (X.astype(np.float32), Y, Q.astype(np.float32))):
        for ours, theirs in ((KNeighborsClassifier, neighbors.KNeighborsClassifier),
                             (KNeighborsRegressor, neighbors.KNeighborsRegressor)):
            one, other = ours(**options).fit(x, y), theirs(**options).fit(x, y)
            wide = x.dtype == np.float64
            np.testing.assert_array_equal(one.kneighbors(q)[1], other.kneighbors(q)[1])
            np.testing.assert_allclose(one.kneighbors(q)[0], other.kneighbors(q)[0], rtol=1e-6,
                                       atol=1e-7 if wide else 1e-6)
            np.testing.assert_allclose(one.predict(q), other.predict(q), rtol=1e-9 if wide else 1e-4)
            np.testing.assert_allclose(one.predict(None), other.predict(None), rtol=1e-9 if wide else 1e-4)
            assert one.effective_metric_ == other.effective_metric_
            assert one.score(None, y) == pytest.approx(other.score(None, y), rel=1e-6)
            assert one.kneighbors_graph(q).nnz == other.kneighbors_graph(q).nnz
            if ours is KNeighborsClassifier:
                np.testing.assert_allclose(one.predict_proba(q), other.predict_proba(q), atol=1e-9 if wide else 1e-4)


@pytest.mark.filterwarnings("ignore")
@both
def test_scikit_learns_own_checks(model):
    pytest.importorskip("sklearn", reason="scikit-learn is no dependency; its checks need it")
    from sklearn.utils.estimator_checks import check_estimator

    results = check_estimator(model(), on_fail=None)
    assert not [r["check_name"] for r in results if r["status"] not in ("passed", "skipped")]
