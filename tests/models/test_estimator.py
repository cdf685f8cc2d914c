"""Parameters by name, data checked with exact errors, columns' names remembered."""

import numpy as np
import pytest

from mathcore.models import LinearRegression, LogisticRegression, MLPClassifier, Ridge
from mathcore.models._estimator import NotFittedError

X, Y = np.arange(12.0).reshape(6, 2) % 5, np.array([0, 1, 0, 1, 1, 0])
MODELS = [LinearRegression(), Ridge(), LogisticRegression(), MLPClassifier((4,), max_iter=3, random_state=0)]


def fresh(model):
    return type(model)(**model.get_params())


class Frame:
    """Stands for a pandas data frame."""

    def __init__(self, data, columns):
        self.data, self.columns = data, columns

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.data, dtype)


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_parameters_by_name(model):
    other = fresh(model)
    assert other.get_params() == model.get_params()
    assert other.set_params(workers=2) is other
    assert other.workers == 2
    assert "workers=2" in repr(other)
    with pytest.raises(ValueError, match=rf"{type(model).__name__}.set_params: 'depth' is no parameter; expected"):
        other.set_params(depth=3)


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_data_that_cannot_be_fitted(model):
    me = type(model).__name__
    bad = X.copy()
    bad[2, 1] = np.nan
    for x, y, error, message in (
            (X[0], Y, ValueError, r"x has the wrong number of dimensions; expected 2, got shape \(2,\)"),
            (X[:0], Y[:0], ValueError, r"0 sample\(s\) \(shape=\(0, 2\)\) while a minimum of 1"),
            (X[:, :0], Y, ValueError, r"0 feature\(s\) \(shape=\(6, 0\)\) while a minimum of 1"),
            (bad, Y, ValueError, "x contains NaN or infinity"), (X * 1j, Y, ValueError, "Complex data not supported"),
            (X, Y[:3], ValueError, "inconsistent numbers of samples; expected equal lengths, got 6 and 3"),
            (X, None, ValueError, "y is None"), (np.full((6, 2), "a"), Y, TypeError, "x has dtype <U1")):
        with pytest.raises(error, match=f"{me}.fit: .*{message}"):
            fresh(model).fit(x, y)
    with pytest.raises(NotFittedError, match=f"{me}.predict: this {me} instance is not fitted yet"):
        fresh(model).predict(X)
    fitted = fresh(model).fit(X, Y)
    with pytest.raises(ValueError, match=f"X has 3 features, but {me} is expecting 2 features as input"):
        fitted.predict(np.ones((4, 3)))


@pytest.mark.parametrize("model", MODELS[:3], ids=str)
def test_weights(model):
    for weight, message in ((-np.ones(6), "negative or not finite"), (np.zeros(6), "only zeros"),
                            (np.ones(5), r"sample_weight.shape == \(5,\), expected \(6,\)!"),
                            (np.ones((6, 1)), r"1D array or scalar; got shape \(6, 1\)")):
        with pytest.raises(ValueError, match=message):
            fresh(model).fit(X, Y, sample_weight=weight)
    alone, scaled = fresh(model).fit(X, Y), fresh(model).fit(X, Y, sample_weight=1.0)
    np.testing.assert_allclose(alone.coef_, scaled.coef_, atol=1e-7)


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_columns_names_are_remembered(model):
    fitted = fresh(model).fit(Frame(X, ["a", "b"]), Y)
    assert fitted.feature_names_in_.tolist() == ["a", "b"]
    fitted.predict(Frame(X, ["a", "b"]))
    with pytest.warns(UserWarning, match="X does not have valid feature names"):
        fitted.predict(X)
    with pytest.raises(ValueError, match="Feature names must be in the same order as they were in fit"):
        fitted.predict(Frame(X, ["b", "a"]))
    with pytest.raises(ValueError, match="unseen at fit time:\n- c\nFeature names seen at fit time, yet now missing"):
        fitted.predict(Frame(X, ["a", "c"]))
    with pytest.warns(UserWarning, match="was fitted without feature names"):
        fresh(model).fit(X, Y).predict(Frame(X, ["a", "b"]))
    with pytest.raises(TypeError, match="string names"):
        fresh(model).fit(Frame(X, ["a", 1]), Y)
    assert not hasattr(fresh(model).fit(Frame(X, [0, 1]), Y), "feature_names_in_")


def test_not_fitted_is_ours_and_scikit_learns_where_it_is_loaded():
    exceptions = pytest.importorskip("sklearn.exceptions", reason="scikit-learn is no dependency")
    with pytest.raises(NotFittedError) as caught:
        Ridge().predict(X)
    assert isinstance(caught.value, exceptions.NotFittedError)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("model", MODELS, ids=str)
def test_scikit_learns_own_checks(model):
    pytest.importorskip("sklearn", reason="scikit-learn is no dependency; its checks need it")
    from sklearn.utils.estimator_checks import check_estimator

    able = MLPClassifier(max_iter=100, random_state=0) if isinstance(model, MLPClassifier) else fresh(model)
    failed = [r["check_name"] for r in check_estimator(able, on_fail=None) if r["status"] not in ("passed", "skipped")]
    assert not failed
