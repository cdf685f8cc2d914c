"""Least squares and ridge against their normal equations."""

import numpy as np
import pytest

from mathcore.models import LinearRegression, Ridge

RNG = np.random.default_rng(0)
X, Y, W = RNG.standard_normal((60, 4)) + 3, RNG.standard_normal((60, 2)), RNG.integers(0, 4, 60)


def solution(x, y, w, alpha, intercept):
    mx, my = (np.average(a, axis=0, weights=w) if intercept else np.zeros(a.shape[1:]) for a in (x, y))
    cx = (x - mx) * w[:, None]
    coef = np.linalg.solve(cx.T @ (x - mx) + alpha * np.eye(x.shape[1]), cx.T @ (y - my))
    return coef.T, my - mx @ coef


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("alpha", [0, 0.5, 100])
def test_normal_equations(alpha, intercept):
    for y in (Y, Y[:, 0]):
        for w in (np.ones(60), W.astype(float)):
            model = Ridge(alpha, fit_intercept=intercept) if alpha else LinearRegression(fit_intercept=intercept)
            model.fit(X, y, sample_weight=w)
            coef, free = solution(X, y, w, alpha, intercept)
            np.testing.assert_allclose(model.coef_, coef, atol=1e-10)
            np.testing.assert_allclose(model.intercept_, free, atol=1e-9)
            np.testing.assert_allclose(model.predict(X), X @ coef.T + free, atol=1e-9)


def test_float32_stays_and_integers_are_float64():
    assert LinearRegression().fit(X.astype("f4"), Y[:, 0]).predict(X.astype("f4")).dtype == np.float32
    assert Ridge().fit(np.arange(10).reshape(5, 2), np.arange(5)).coef_.dtype == np.float64


def test_more_columns_than_rows_take_the_shortest_solution():
    x, y = RNG.standard_normal((8, 20)), RNG.standard_normal(8)
    model = LinearRegression().fit(x, y)
    np.testing.assert_allclose(model.predict(x), y, atol=1e-10)
    shortest = np.linalg.pinv(x - x.mean(0)) @ (y - y.mean())
    np.testing.assert_allclose(model.coef_, shortest, atol=1e-10)


def test_score_is_the_share_of_the_spread():
    model = LinearRegression().fit(X, Y)
    assert abs(model.score(X, model.predict(X)) - 1) < 1e-12
    p = model.predict(X)
    expected = np.mean(1 - ((Y - p)**2).sum(0) / ((Y - Y.mean(0))**2).sum(0))
    assert abs(model.score(X, Y) - expected) < 1e-12
    assert model.score(X, np.ones((60, 2))) == 0


def test_alpha_and_targets():
    with pytest.raises(ValueError, match="Ridge.fit: alpha is out of range; expected at least 0, got -1"):
        Ridge(-1).fit(X, Y)
    with pytest.raises(ValueError, match="LinearRegression.fit: Input y contains NaN or infinity"):
        LinearRegression().fit(X, np.full(60, np.inf))
    with pytest.raises(ValueError, match="Ridge.fit: y has dtype <U1; expected real numbers"):
        Ridge().fit(X, np.full(60, "a"))
