"""K-means: Lloyd's iterations in plain NumPy, known clusters, what scikit-learn finds from the same seed."""

import pickle
import warnings

import numpy as np
import pytest

from mathcore import threads
from mathcore.datasets import load_digits
from mathcore.models import KMeans
from mathcore.models._estimator import NotFittedError

RNG = np.random.default_rng(0)
CENTRES = 6 * RNG.standard_normal((7, 5))
X = RNG.standard_normal((900, 5)) + CENTRES[RNG.integers(0, 7, 900)]
W = RNG.random(900)
EPS = np.finfo(float).eps
both = pytest.mark.parametrize("dtype", ["float32", "float64"])


def plain(x, centers, weight=None, max_iter=300, tol=0.0):
    """(centres, labels, inertia, iterations) by the definition, without empty clusters."""
    w, before = np.ones(len(x)) if weight is None else weight, None
    n = 0
    while n < max_iter:
        n += 1
        labels = ((x[:, None] - centers)**2).sum(axis=2).argmin(axis=1)
        hot = np.eye(len(centers))[labels] * w[:, None]
        old, centers = centers, hot.T @ x / hot.sum(axis=0)[:, None]
        if np.array_equal(labels, before) or ((centers - old)**2).sum() <= tol:
            break
        before = labels
    squares = ((x[:, None] - centers)**2).sum(axis=2)
    return centers, squares.argmin(axis=1), float(squares.min(axis=1) @ w), n


def state(model):
    return model.cluster_centers_, model.labels_, np.array(model.inertia_), np.array(model.n_iter_)


@pytest.mark.parametrize("weight", [None, W], ids=["equal", "weighted"])
@pytest.mark.parametrize("algorithm", ["lloyd", "elkan"])
def test_iterations_are_lloyds(weight, algorithm):
    start = X[:6] + 0.25
    for max_iter, tol in ((1, 0.0), (3, 0.0), (300, 0.0), (300, 1e-2)):
        model = KMeans(6, init=start, max_iter=max_iter, tol=tol, algorithm=algorithm).fit(X, sample_weight=weight)
        centers, labels, inertia, n = plain(X, start, weight, max_iter, tol * X.var(axis=0).mean())
        assert model.n_iter_ == n
        assert np.array_equal(model.labels_, labels)
        np.testing.assert_allclose(model.cluster_centers_, centers, rtol=0, atol=900 * EPS * np.abs(X).max())
        assert model.inertia_ == pytest.approx(inertia, rel=1000 * EPS)
        assert np.array_equal(model.predict(X), labels)
        assert model.score(X, sample_weight=weight) == pytest.approx(-inertia, rel=1000 * EPS)


@both
def test_known_clusters(dtype):
    x = np.array([[1, 2], [1, 4], [1, 0], [10, 2], [10, 4], [10, 0]], dtype)
    model = KMeans(2, random_state=0).fit(x)
    assert model.labels_.tolist() == [1, 1, 1, 0, 0, 0]
    assert model.labels_.dtype == np.int32
    assert model.cluster_centers_.tolist() == [[10, 2], [1, 2]]
    assert model.cluster_centers_.dtype == dtype
    assert model.inertia_ == 16
    assert model.predict([[0, 0], [12, 3]]).tolist() == [1, 0]
    distances = model.transform(x)
    np.testing.assert_allclose(distances[0], [9, 0], atol=1e-6)
    assert model.get_feature_names_out().tolist() == ["kmeans0", "kmeans1"]
    assert np.array_equal(KMeans(2, random_state=0).fit_predict(x), model.labels_)
    assert np.array_equal(KMeans(2, random_state=0).fit_transform(x), distances)
    one = KMeans(1).fit(x)
    assert one.cluster_centers_.tolist() == [[5.5, 2]]
    assert one.n_iter_ == 2


def test_start_from_given_centres_from_samples_and_from_a_function():
    seen = []

    def init(x, n_clusters, random_state):
        seen.append((x.mean(axis=0), n_clusters, random_state))
        return x[:n_clusters]

    called = KMeans(6, init=init, n_init=2, random_state=0).fit(X)
    given = KMeans(6, init=X[:6].tolist()).fit(X)
    np.testing.assert_allclose(seen[0][0], 0, atol=100 * EPS)     # about the mean, as scikit-learn has it
    assert len(seen) == 2
    assert seen[0][1] == 6
    assert isinstance(seen[0][2], np.random.RandomState)
    np.testing.assert_allclose(called.cluster_centers_, given.cluster_centers_, atol=100 * EPS)
    draws = np.random.RandomState(1)     # one after the other from one generator: the runs of one fit
    runs = [KMeans(6, init="random", n_init=1, random_state=draws).fit(X).inertia_ for _ in range(8)]
    assert max(runs) > (1 + 1000 * EPS) * min(runs)
    best = KMeans(6, init="random", n_init=8, random_state=np.random.RandomState(1)).fit(X).inertia_
    assert best == pytest.approx(min(runs), rel=1000 * EPS)      # of runs that differ by rounding alone, the first
    whole = np.floor(X)                  # centred by whole numbers, which the function does not see
    called, given = KMeans(6, init=init, n_init=1).fit(whole), KMeans(6, init=whole[:6] + 0.0).fit(whole)
    np.testing.assert_allclose(seen[-1][0], 0, atol=100 * EPS)
    assert np.array_equal(called.labels_, given.labels_)


def test_ties_of_whole_numbers_go_to_the_first():
    x = np.array([[0, 0], [4, 0], [2, 1], [2, -3], [2, 7]]) + 1000
    for dtype in (np.float32, np.float64, np.int64, np.float16):
        model = KMeans(2, init=[[1000, 1000], [1004, 1000]], max_iter=1).fit(x.astype(dtype))
        assert model.cluster_centers_.tolist() == [[1001.5, 1001.25], [1004, 1000]]


def test_a_centre_without_samples_takes_the_farthest():
    x = np.array([[0.0], [1], [2], [100], [104]])
    model = KMeans(3, init=[[1.0], [100], [500]]).fit(x)
    assert model.cluster_centers_.ravel().tolist() == [1, 100, 104]
    assert model.labels_.tolist() == [0, 0, 0, 1, 2]
    weighted = KMeans(3, init=[[1.0], [100], [500]]).fit(x, sample_weight=[1, 1, 1, 3, 1])
    assert weighted.cluster_centers_.ravel().tolist() == [1, 100, 104]
    with pytest.warns(UserWarning, match=r"distinct clusters \(2\) found smaller than n_clusters \(3\)"):
        few = KMeans(3, random_state=0).fit(np.array([[1.0], [1], [5], [5]]))
    assert few.inertia_ == 0
    assert np.isfinite(few.cluster_centers_).all()
    assert len(set(few.labels_)) == 2


def test_labels_after_a_centre_without_samples_are_those_of_the_last_centres():
    """Three different samples, whose means are off by rounding: no reason to move centres from one to another."""
    for dtype in (np.float32, np.float64):
        x = np.repeat(np.random.default_rng(0).normal(size=(3, 2)), 5, axis=0).astype(dtype)
        with pytest.warns(UserWarning, match=r"distinct clusters \(3\) found smaller than n_clusters \(12\)"):
            model = KMeans(12, random_state=0).fit(x)
        assert np.array_equal(model.labels_, model.predict(x))
        noise = 15 * (16 * float(np.finfo(dtype).eps) * np.abs(x).max())**2
        assert model.inertia_ <= noise
        assert -model.score(x) <= noise
        assert model.n_iter_ == 2
    for max_iter in (1, 2, 300):
        x = np.array([[0.0], [1], [2], [100], [104], [1000]])
        model = KMeans(4, init=[[1.0], [100], [5e3], [6e3]], max_iter=max_iter).fit(x)
        assert np.array_equal(model.labels_, model.predict(x))
        assert model.inertia_ == pytest.approx(-model.score(x), rel=100 * EPS)


def test_the_tolerance_is_of_the_mean_variance():
    """Rows that are whole at first, and an offset beside which the deviation is nothing."""
    rng = np.random.default_rng(0)
    x = 0.4 + 1e-3 * rng.normal(size=(3000, 5)) * np.arange(1, 6)
    x[:64] = 0
    for data in (x, rng.random((2000, 3)) + 0.5, rng.random((2000, 3)) + 1e6):
        start = np.asarray(data[64:1064:125], np.float64)
        bound = 1e-4 * data.var(axis=0).mean()
        model = KMeans(8, init=start).fit(data)
        assert model.n_iter_ == plain(data.astype(float), start, None, 300, bound)[3]


SCALES = [("float64", power) for power in (-1000, -541, -302, -100, -1, 1, 100, 302, 530, 1000, 1016)] + [
    ("float32", power) for power in (-110, -60, -42, -1, 1, 42, 60, 100, 120)]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("dtype", "power"), SCALES)
def test_scales_far_from_one(dtype, power):
    """A power of two changes no bit but those of exponents, from start to end, whatever the data are."""
    for x in (X, np.floor(4 * X), X + 100):
        x = x.astype(dtype)
        scaled = np.ldexp(x, power)
        for options in ({}, {"init": "random", "n_init": 2}, {"init": x[:7]}):
            other = KMeans(7, random_state=1, **options).fit(x, sample_weight=W)
            if "init" in options and not isinstance(options["init"], str):
                options = {"init": scaled[:7]}
            model = KMeans(7, random_state=1, **options).fit(scaled, sample_weight=W)
            assert np.array_equal(model.labels_, other.labels_)
            assert model.n_iter_ == other.n_iter_
            assert np.array_equal(model.cluster_centers_, np.ldexp(other.cluster_centers_, power))
            assert np.array_equal(model.predict(scaled), other.labels_)
            with np.errstate(over="ignore", under="ignore"):
                assert model.inertia_ == np.ldexp(other.inertia_, 2 * power)
                assert model.score(scaled, sample_weight=W) == pytest.approx(
                    np.ldexp(other.score(x, sample_weight=W), 2 * power), rel=1e-12)


@pytest.mark.filterwarnings("error")
@both
@pytest.mark.parametrize("power", [-200, 200, 1020])
def test_weights_far_from_one(dtype, power):
    x, weight = X.astype(dtype), np.ldexp(W, power)
    model, other = (KMeans(7, random_state=0).fit(x, sample_weight=w) for w in (weight, W))
    assert np.array_equal(model.cluster_centers_, other.cluster_centers_)
    assert np.array_equal(model.labels_, other.labels_)
    with np.errstate(over="ignore"):
        assert model.inertia_ == np.ldexp(other.inertia_, power)
        assert model.score(x, sample_weight=weight) == np.ldexp(other.score(x, sample_weight=W), power)


def test_few_weights_above_0():
    weight = np.zeros(900)
    weight[:5] = 1
    with pytest.raises(ValueError, match="KMeans.fit: sample_weight has too few elements above 0; .* n_clusters=6 .*5"):
        KMeans(6, init="random").fit(X, sample_weight=weight)
    assert KMeans(5, init="random", random_state=0).fit(X, sample_weight=weight).inertia_ == 0
    one = KMeans(True, random_state=0).fit(X)
    assert np.array_equal(one.cluster_centers_, KMeans(1, random_state=0).fit(X).cluster_centers_)
    model = KMeans(3)
    with pytest.raises(ValueError, match="tol is out of range"):
        KMeans(3, tol=-1.0).fit(X)
    with pytest.raises(ValueError, match="sample_weight"):
        model.fit(X, sample_weight=-W)
    with pytest.raises(NotFittedError):
        model.predict(X)


def test_an_offset_costs_nothing():
    start = X[:7] + 0.125
    model, other = KMeans(7, init=start + 2.0**30, tol=0).fit(X + 2.0**30), KMeans(7, init=start, tol=0).fit(X)
    assert np.array_equal(model.labels_, other.labels_)
    assert np.array_equal(model.predict(X + 2.0**30), other.labels_)


@both
def test_threads_and_layouts_do_not_show(dtype):
    x = np.tile(X, (4, 1)).astype(dtype)
    wide = np.zeros((len(x), 9), dtype)
    wide[:, :5] = x
    read_only = x.copy()
    read_only.flags.writeable = False
    with threads(1):
        expected = *state(KMeans(9, random_state=3).fit(x)), KMeans(9, random_state=3).fit_transform(x)
    swapped = x.astype(">f8") if dtype == "float64" else x     # of float32 it becomes float64, as in scikit-learn
    for many, given in ((2, x), (3, x), (1, swapped), (1, np.asfortranarray(x)), (1, wide[:, :5]), (1, read_only),
                        (2, x[::-1].copy()[::-1])):
        with threads(many):
            model = KMeans(9, random_state=3, copy_x=False).fit(given)
            for one, other in zip(expected, (*state(model), model.transform(given)), strict=True):
                assert np.array_equal(one, other)
    assert np.array_equal(x, np.tile(X, (4, 1)).astype(dtype))


def test_verbose_says_what_happens(capsys):
    KMeans(3, random_state=0, verbose=1).fit(X)
    said = capsys.readouterr().out
    assert "Initialization complete\nIteration 0, inertia " in said
    assert "Converged at iteration" in said
    pickled = pickle.loads(pickle.dumps(KMeans(3, random_state=0).fit(X)))
    assert np.array_equal(pickled.predict(X), KMeans(3, random_state=0).fit(X).labels_)


@pytest.mark.parametrize(("options", "error", "message"), [
    ({"n_clusters": 0}, ValueError, "n_clusters is out of range; expected at least 1, got 0"),
    ({"n_clusters": 2.0}, TypeError, "n_clusters is no whole number"),
    ({"n_clusters": 901}, ValueError, "n_samples=900 should be >= n_clusters=901"),
    ({"max_iter": 0}, ValueError, "max_iter is out of range"), ({"tol": -1.0}, ValueError, "tol is out of range"),
    ({"n_init": 0}, ValueError, "n_init is out of range"), ({"n_init": "many"}, ValueError, "n_init is not known"),
    ({"init": "best"}, ValueError, "init is not known; expected one of 'k-means\\+\\+', 'random', got 'best'"),
    ({"init": X[:3]}, ValueError, r"initial centers \(3, 5\) does not match the number of clusters 8"),
    ({"init": X[:8, :2]}, ValueError, r"initial centers \(8, 2\) does not match the number of features of the data 5"),
    ({"init": np.full((8, 5), np.nan)}, ValueError, "init contains NaN"),
    ({"init": np.full((8, 5), "a")}, TypeError, "init has dtype <U1"), ({"init": X[:8] * 1j}, TypeError, "complex128"),
    ({"init": X[0]}, ValueError, "init has the wrong number of dimensions"),
    ({"init": lambda x, k, random_state: x[:2]}, ValueError, r"initial centers \(2, 5\)"),
    ({"algorithm": "full"}, ValueError, "algorithm is not known; expected one of 'lloyd', 'elkan', got 'full'"),
    ({"random_state": np.random.default_rng(0)}, ValueError, "random_state is a Generator"),
    ({"random_state": -1}, ValueError, "random_state is out of range")])
def test_parameters_out_of_range(options, error, message):
    with pytest.raises(error, match=f"KMeans.fit: .*{message}"):
        KMeans(**options).fit(X)


def test_data_that_do_not_fit():
    for x, error, message in ((X[0], ValueError, "expected 2, got shape"), (X * 1j, ValueError, "Complex data"),
                              (np.full((9, 2), np.inf), ValueError, "NaN or infinity"),
                              (X[:0], ValueError, "0 sample")):
        with pytest.raises(error, match=f"KMeans.fit: .*{message}"):
            KMeans().fit(x)
    for weight, message in ((W[:3], r"sample_weight.shape == \(3,\), expected \(900,\)"), (-W, "negative")):
        with pytest.raises(ValueError, match=message):
            KMeans().fit(X, sample_weight=weight)
    with pytest.raises(NotFittedError, match="KMeans.predict: this KMeans instance is not fitted yet"):
        KMeans().predict(X)
    with pytest.raises(ValueError, match="X has 2 features, but KMeans is expecting 5 features as input"):
        KMeans().fit(X).transform(X[:, :2])
    with pytest.warns(RuntimeWarning, match="performing only one init in KMeans instead of n_init=4"):
        KMeans(8, init=X[:8], n_init=4).fit(X)
    with pytest.warns(RuntimeWarning, match="algorithm='elkan' doesn't make sense for a single cluster"):
        KMeans(1, algorithm="elkan").fit(X)


# ------------------------------------------------------------------ beside scikit-learn

SETS = {"clusters": X, "one cloud": RNG.standard_normal((1200, 8)), "square": RNG.random((700, 2)),
        "one column": 100 * RNG.standard_normal((300, 1)) + 1e4}


@both
@pytest.mark.parametrize("name", SETS)
def test_same_seed_same_answers_as_scikit_learn(name, dtype):
    """float32: its running sums are float32, n roundings; centres and inertia are compared to as many."""
    cluster = pytest.importorskip("sklearn.cluster", reason="scikit-learn is no dependency")
    x, weight = SETS[name].astype(dtype), RNG.random(len(SETS[name]))
    bound = len(x) * float(np.finfo(dtype).eps)
    for seed in range(4):
        for options in ({}, {"n_clusters": 5, "init": "random", "n_init": 3}, {"n_clusters": 20, "max_iter": 3},
                        {"n_clusters": 3, "tol": 0.05, "algorithm": "elkan"}):
            w = weight if seed % 2 else None
            ours = KMeans(random_state=seed, **options).fit(x, sample_weight=w)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                theirs = cluster.KMeans(random_state=seed, **options).fit(x, sample_weight=w)
            assert np.array_equal(ours.labels_, theirs.labels_)
            assert ours.n_iter_ == theirs.n_iter_
            np.testing.assert_allclose(ours.cluster_centers_, theirs.cluster_centers_, rtol=0,
                                       atol=bound * np.abs(x).max())
            assert ours.inertia_ == pytest.approx(theirs.inertia_, rel=bound)
            assert ours.cluster_centers_.dtype == theirs.cluster_centers_.dtype
            if name != "one column" or dtype == "float64":    # there its float32 products of 1e8 tell nothing
                assert np.array_equal(ours.predict(x), theirs.predict(x))


def test_digits_as_scikit_learn_has_them():
    """From centres that lie between samples: whole numbers have ties, which there its rounding decides."""
    cluster = pytest.importorskip("sklearn.cluster", reason="scikit-learn is no dependency")
    x = np.asarray(load_digits().data, np.float64)
    for seed in range(6):
        start = x[seed::180][:10] + np.random.default_rng(seed).random((10, 64)) / 8
        ours, theirs = KMeans(10, init=start).fit(x), cluster.KMeans(10, init=start, n_init=1).fit(x)
        assert ours.n_iter_ == theirs.n_iter_
        assert np.array_equal(ours.labels_, theirs.labels_)
        np.testing.assert_allclose(ours.cluster_centers_, theirs.cluster_centers_, atol=1e-11)
        np.testing.assert_allclose(ours.transform(x), theirs.transform(x), atol=1e-11)
        assert ours.score(x) == pytest.approx(theirs.score(x), rel=1e-12)


@pytest.mark.filterwarnings("ignore")
def test_scikit_learns_own_checks():
    pytest.importorskip("sklearn", reason="scikit-learn is no dependency; its checks need it")
    from sklearn.utils.estimator_checks import check_estimator

    # the draws of a start are of rows: not the same for a row twice as for a weight of 2 (nor in scikit-learn)
    known = {"check_sample_weight_equivalence_on_dense_data": "a start is drawn by rows"}
    failed = [r["check_name"] for r in check_estimator(KMeans(3), on_fail=None, expected_failed_checks=known)
              if r["status"] not in ("passed", "skipped", "xfail")]
    assert not failed
