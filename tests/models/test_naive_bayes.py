"""Naive Bayes against the formulas in long double, by parts, weights and sparse matrices, and against scikit-learn."""

import pickle
import warnings

import numpy as np
import pytest
from scipy import sparse

from mathcore import threads
from mathcore.models import BernoulliNB, GaussianNB, MultinomialNB
from mathcore.models.naive_bayes import _unique

RNG = np.random.default_rng(0)
Y = RNG.integers(0, 3, 400)
X = RNG.standard_normal((400, 6)) * [1, 2, 0.5, 1, 3, 1] + Y[:, None] * [1, 0, 1, -1, 2, 0]
COUNTS = RNG.poisson(np.array([[3, 1, 0.2, 1, 2, 5], [1, 4, 1, 1, 1, 1], [0.5, 0.5, 3, 3, 1, 0.1]])[Y]).astype(float)
W = RNG.random(400) * (RNG.random(400) > 0.1)
MODELS = [(GaussianNB, X), (MultinomialNB, COUNTS), (BernoulliNB, COUNTS)]
EPS = np.finfo(float).eps
three = pytest.mark.parametrize(("model", "x"), MODELS, ids=lambda v: getattr(v, "__name__", ""))


def parameters(model):
    return [getattr(model, name) for name in ("theta_", "var_", "class_prior_", "class_count_", "feature_log_prob_",
                                              "class_log_prior_", "feature_count_") if hasattr(model, name)]


@pytest.mark.parametrize("weight", [None, W], ids=["equal", "weighted"])
@pytest.mark.parametrize("offset", [0.0, 1e8])
def test_gaussian(weight, offset):
    x = X + offset
    model = GaussianNB().fit(x, Y, sample_weight=weight)
    wide, w = x.astype(np.longdouble), np.ones(400) if weight is None else weight
    assert model.epsilon_ == pytest.approx(float(1e-9 * wide.var(axis=0).max()), rel=100 * EPS)
    joint = []
    for c in range(3):
        rows, v = wide[c == Y], w[c == Y, None].astype(np.longdouble)
        mean = (v * rows).sum(axis=0) / v.sum()
        var = (v * (rows - mean)**2).sum(axis=0) / v.sum() + model.epsilon_
        np.testing.assert_allclose(model.theta_[c], mean.astype(float), rtol=2 * EPS, atol=100 * EPS)
        np.testing.assert_allclose(model.var_[c], var.astype(float), rtol=200 * EPS)
        assert model.class_count_[c] == pytest.approx(v.sum(), rel=100 * EPS)
        prior = v.sum() / w.sum()
        mean, var = model.theta_[c].astype(np.longdouble), model.var_[c].astype(np.longdouble)
        joint.append(np.log(prior) - (np.log(2 * np.pi * var) + (wide - mean)**2 / var).sum(axis=1) / 2)
    joint = np.array(joint, np.longdouble).T
    np.testing.assert_allclose(model.predict_joint_log_proba(x), joint.astype(float), rtol=50 * EPS)
    assert np.array_equal(model.predict(x), joint.argmax(axis=1))
    assert model.score(x, Y) > 0.7


@pytest.mark.parametrize("weight", [None, W], ids=["equal", "weighted"])
def test_multinomial_and_bernoulli(weight):
    w = np.ones(400) if weight is None else weight
    hot = np.eye(3)[Y] * w[:, None]
    prior = np.log(hot.sum(axis=0) / w.sum())
    counts = hot.T @ COUNTS + 0.5
    log_p = np.log(counts / counts.sum(axis=1, keepdims=True))
    model = MultinomialNB(alpha=0.5).fit(COUNTS, Y, sample_weight=weight)
    np.testing.assert_allclose(model.feature_log_prob_, log_p, rtol=400 * EPS)
    np.testing.assert_allclose(model.predict_joint_log_proba(COUNTS), COUNTS @ log_p.T + prior, rtol=400 * EPS)
    for bound in (0.0, 1.0):
        true = COUNTS > bound
        p = (hot.T @ true + 0.5) / (hot.sum(axis=0)[:, None] + 1)
        model = BernoulliNB(alpha=0.5, binarize=bound).fit(COUNTS, Y, sample_weight=weight)
        np.testing.assert_allclose(model.feature_log_prob_, np.log(p), rtol=400 * EPS, atol=2 * EPS)
        expected = true @ np.log(p).T + ~true @ np.log(1 - p).T + prior
        np.testing.assert_allclose(model.predict_joint_log_proba(COUNTS), expected, rtol=400 * EPS)
        plain = BernoulliNB(alpha=0.5, binarize=None).fit(true, Y, sample_weight=weight)
        np.testing.assert_array_equal(plain.predict_proba(true), model.predict_proba(COUNTS))


@three
@pytest.mark.parametrize("weight", [None, W], ids=["equal", "weighted"])
def test_parts_are_the_whole(model, x, weight):
    whole, parts = model().fit(x, Y, sample_weight=weight), model()
    for at in (slice(0, 1), slice(1, 150), slice(150, 150 + 90), slice(240, 400)):
        parts.partial_fit(x[at], Y[at], classes=[2, 0, 1], sample_weight=None if weight is None else weight[at] + (
            0 if weight[at].any() else 1e-300))
    for one, other in zip(parameters(parts), parameters(whole), strict=True):
        np.testing.assert_allclose(one, other, rtol=400 * EPS, atol=400 * EPS)
    np.testing.assert_array_equal(parts.predict(x), whole.predict(x))


@three
def test_whole_weights_are_repeated_rows(model, x):
    times = RNG.integers(0, 3, 400)
    weighted, repeated = model().fit(x, Y, sample_weight=times), model().fit(np.repeat(x, times, axis=0),
                                                                           np.repeat(Y, times))
    if model is GaussianNB:              # the smoothing is of rows, not of weights
        weighted.set_params(var_smoothing=0.0).fit(x, Y, sample_weight=times)
        repeated.set_params(var_smoothing=0.0).fit(np.repeat(x, times, axis=0), np.repeat(Y, times))
    for one, other in zip(parameters(weighted), parameters(repeated), strict=True):
        np.testing.assert_allclose(one, other, rtol=400 * EPS, atol=400 * EPS)


@three
def test_threads_and_layouts_do_not_show(model, x):
    x = np.tile(x, (30, 1))
    y = np.tile(Y, 30)
    with threads(1):
        one = model().fit(x, y)
        expected = *parameters(one), one.predict_proba(x)
    wide = np.zeros((len(x), 9))
    wide[:, :6] = x
    read_only = x.copy()
    read_only.flags.writeable = False
    for many, given in ((2, x), (3, x), (1, np.asfortranarray(x)), (1, wide[:, :6]), (1, read_only),
                        (1, x.astype(">f8")), (2, x[::-1].copy()[::-1])):
        with threads(many):
            other = model().fit(given, y)
            for a, b in zip(expected, (*parameters(other), other.predict_proba(given)), strict=True):
                assert np.array_equal(a, b)


@three
def test_one_class_and_labels_of_any_kind(model, x):
    alone = model().fit(x[:5], ["only"] * 5)
    assert alone.predict(x[:3]).tolist() == ["only"] * 3
    assert (alone.predict_proba(x[:3]) == 1).all()
    for labels in (np.array(["ash", "beech", "oak"]), np.array([-5, 2, 9], np.int8), np.array([10**9, 0, -10**9]),
                   np.array([0.0, 1.0, 2.0]), np.array([2**64 - 1, 0, 5], np.uint64),
                   np.array(["b", "a", "c"], object)):
        fitted = model().fit(x, labels[Y])
        assert fitted.classes_.dtype == labels.dtype
        np.testing.assert_array_equal(fitted.classes_, np.unique(labels))
        ranks = np.argsort(np.argsort(labels))
        np.testing.assert_array_equal(fitted.predict(x), np.sort(labels)[model().fit(x, ranks[Y]).predict(x)])
    assert model().fit(x, Y > 0).predict(x).dtype == bool


@pytest.mark.parametrize("y", [np.array([5, 3, 3, 9]), np.array([0, 10**12]), np.array([-128, 127], np.int8),
                               np.array([2**64 - 1, 2**64 - 3], np.uint64), np.array([True, False, True]),
                               np.array(["b", "a"]), np.array([1.0, 0.0])])
def test_labels_are_numbered_as_numpy_does(y):
    classes, numbers = _unique(y)
    expected = np.unique(y, return_inverse=True)
    assert classes.dtype == y.dtype
    np.testing.assert_array_equal(classes, expected[0])
    np.testing.assert_array_equal(numbers, expected[1])
    assert numbers.dtype == np.int32


def test_float32_stays():
    x = X.astype(np.float32)
    model, wide = GaussianNB().fit(x, Y), GaussianNB().fit(x.astype(np.float64), Y)
    for name in ("theta_", "var_", "class_prior_", "class_count_"):
        assert getattr(model, name).dtype == np.float32
        np.testing.assert_allclose(getattr(model, name), getattr(wide, name), rtol=2 * np.finfo(np.float32).eps)
    for verb in ("predict_proba", "predict_log_proba", "predict_joint_log_proba"):
        assert getattr(model, verb)(x).dtype == np.float32
        assert getattr(wide, verb)(x).dtype == np.float64
    assert MultinomialNB().fit(COUNTS.astype(np.float32), Y).predict_proba(COUNTS.astype(np.float32)).dtype == float


@pytest.mark.parametrize("model", [MultinomialNB, BernoulliNB, lambda: BernoulliNB(binarize=1.0),
                                   lambda: BernoulliNB(binarize=None)])
@pytest.mark.parametrize("form", [sparse.csr_array, sparse.csc_matrix, sparse.coo_array])
def test_sparse_matrices_are_what_they_hold(model, form):
    x = (COUNTS > 0) * 1.0 if getattr(model(), "binarize", 0.0) is None else COUNTS
    for weight in (None, W):
        dense, thin = model().fit(x, Y, weight), model().fit(form(x), Y, weight)
        for one, other in zip(parameters(thin), parameters(dense), strict=True):
            np.testing.assert_allclose(one, other, rtol=400 * EPS)
        np.testing.assert_array_equal(thin.predict(form(x)), dense.predict(x))
        np.testing.assert_allclose(thin.predict_proba(form(x)), dense.predict_proba(x), rtol=1e-12)
    for bad, error, message in ((form(x * 1j), ValueError, "Complex data"), (form((0, 6)), ValueError, "0 sample"),
                                (form(np.full((400, 6), np.nan)), ValueError, "NaN or infinity")):
        with pytest.raises(error, match=message):
            model().fit(bad, Y)
    with pytest.raises(ValueError, match="X has 2 features, but .* is expecting 6 features as input"):
        thin.predict(form(x[:, :2]))


def test_entries_for_one_place_are_added_before_they_are_compared():
    x = sparse.csr_array((np.array([0.5, 0.5, 1.0]), np.array([0, 0, 1]), np.array([0, 2, 3])), shape=(2, 2))
    before = x.data.copy()
    model = BernoulliNB(binarize=0.75).fit(x, [0, 1])
    np.testing.assert_array_equal(model.feature_count_, [[1, 0], [0, 1]])
    np.testing.assert_array_equal(x.data, before)
    with pytest.raises(ValueError, match="Negative values in data passed to MultinomialNB"):
        MultinomialNB().fit(-x, [0, 1])


@pytest.mark.parametrize(("options", "message"), [
    ({"priors": [0.5, 0.5]}, r"Number of priors must match number of classes. Expected shape \(3,\), got \(2,\)"),
    ({"priors": [0.5, 0.5, 0.5]}, "The sum of the priors should be 1. Got 1.5"),
    ({"priors": [1.5, -0.5, 0]}, "Priors must be non-negative. Got -0.5"),
    ({"var_smoothing": -1.0}, "var_smoothing is out of range; expected at least 0, got -1.0")])
def test_gaussian_parameters(options, message):
    with pytest.raises(ValueError, match=f"GaussianNB.fit: {message}"):
        GaussianNB(**options).fit(X, Y)


def test_priors_are_taken_as_they_are():
    model = GaussianNB(priors=[0.2, 0.3, 0.5]).fit(X, Y)
    np.testing.assert_array_equal(model.class_prior_, [0.2, 0.3, 0.5])
    given = MultinomialNB(class_prior=[0.2, 0.3, 0.5]).fit(COUNTS, Y)
    np.testing.assert_array_equal(given.class_log_prior_, np.log([0.2, 0.3, 0.5]))
    np.testing.assert_array_equal(BernoulliNB(fit_prior=False).fit(COUNTS, Y).class_log_prior_, np.full(3, -np.log(3)))
    with pytest.raises(ValueError, match="MultinomialNB.fit: Number of priors must match number of classes"):
        MultinomialNB(class_prior=[0.5, 0.5]).fit(COUNTS, Y)


@pytest.mark.parametrize("model", [MultinomialNB, BernoulliNB])
def test_alpha(model):
    by_column = model(alpha=np.arange(1.0, 7)).fit(COUNTS, Y)
    assert np.isfinite(by_column.feature_log_prob_).all()
    with pytest.warns(UserWarning, match=r"alpha too small will result in numeric errors, setting alpha = 1.0e-10"):
        least = model(alpha=0.0, force_alpha=False).fit(COUNTS, Y)
    np.testing.assert_array_equal(least.feature_log_prob_, model(alpha=1e-10).fit(COUNTS, Y).feature_log_prob_)
    for alpha, error, message in ((-1.0, ValueError, "alpha is out of range"), ("1", TypeError, "alpha is no real"),
                                  (np.ones(2), ValueError, "When alpha is an array, it should contains"),
                                  (-np.ones(6), ValueError, "All values in alpha must be greater than 0")):
        with pytest.raises(error, match=message):
            model(alpha=alpha).fit(COUNTS, Y)
    with pytest.raises(ValueError, match="binarize is out of range"):
        BernoulliNB(binarize=-1.0).fit(COUNTS, Y)
    with pytest.raises(ValueError, match="MultinomialNB.fit: Negative values in data .* at least 0, got -1.0"):
        MultinomialNB().fit(-np.ones((2, 1)), [0, 1])


@three
def test_calls_that_partial_fit_refuses(model, x):
    with pytest.raises(ValueError, match="classes must be passed on the first call to partial_fit"):
        model().partial_fit(x, Y)
    fitted = model().partial_fit(x, Y, classes=[0, 1, 2])
    with pytest.raises(ValueError, match="is not the same as on last call to partial_fit, was: "):
        fitted.partial_fit(x, Y, classes=[0, 1])
    with pytest.raises(ValueError, match=r"The target label\(s\) \[7 9\] in y do not exist in the initial classes"):
        fitted.partial_fit(x[:3], [9, 7, 1])
    with pytest.raises(ValueError, match="X has 2 features"):
        fitted.partial_fit(x[:, :2], Y)
    for y, message in ((np.full(400, 0.5), "Unknown label type: continuous"), (np.full(400, np.nan), "contains NaN"),
                       (np.zeros((400, 2)), "should be a 1d array"), (Y * 1j, "Unknown label type")):
        with pytest.raises(ValueError, match=message):
            model().fit(x, y)
    with pytest.raises(ValueError, match="is not fitted yet"):
        model().predict(x)


def test_a_class_that_has_not_come_yet():
    model = MultinomialNB().partial_fit(COUNTS[Y < 2], Y[Y < 2], classes=[0, 1, 2])
    assert model.class_log_prior_[2] == -np.inf
    assert set(model.predict(COUNTS)) == {0, 1}
    model.partial_fit(COUNTS[Y == 2], Y[Y == 2])
    np.testing.assert_allclose(model.feature_log_prob_, MultinomialNB().fit(COUNTS, Y).feature_log_prob_)


@three
def test_copies(model, x):
    fitted = model().partial_fit(x, Y, classes=[0, 1, 2])
    again = pickle.loads(pickle.dumps(fitted)).partial_fit(x, Y)
    fitted.partial_fit(x, Y)
    for one, other in zip(parameters(fitted), parameters(again), strict=True):
        assert np.array_equal(one, other)


@three
def test_against_scikit_learn(model, x):
    peers = pytest.importorskip("sklearn.naive_bayes", reason="scikit-learn is no dependency")
    peer = getattr(peers, model.__name__)
    for weight in (None, W):
        ours, theirs = model().fit(x, Y, weight), peer().fit(x, Y, weight)
        for one, other in zip(parameters(ours), parameters(theirs), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-10, atol=1e-12)
        np.testing.assert_array_equal(ours.predict(x), theirs.predict(x))
        np.testing.assert_allclose(ours.predict_log_proba(x), theirs.predict_log_proba(x), atol=1e-10)
        np.testing.assert_allclose(ours.predict_joint_log_proba(x), theirs.predict_joint_log_proba(x), rtol=1e-11)
    assert set(vars(theirs)) <= set(vars(ours))


@pytest.mark.parametrize("model", [GaussianNB, MultinomialNB, BernoulliNB])
def test_scikit_learns_own_checks(model):
    pytest.importorskip("sklearn", reason="scikit-learn is no dependency; its checks need it")
    from sklearn.utils.estimator_checks import check_estimator

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = check_estimator(model(), on_fail=None)
    assert not [r["check_name"] for r in results if r["status"] not in ("passed", "skipped")]
