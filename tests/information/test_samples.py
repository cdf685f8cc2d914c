"""Entropies from samples: counts, corrections, neighbours; against scikit-learn where it is installed."""

import numpy as np
import pytest
import scipy.stats

from mathcore.information import (
    entropy,
    entropy_from_samples,
    information_gain_from_samples,
    mutual_information,
    mutual_information_from_samples,
    samples,
)

RNG = np.random.default_rng(5)
X, Y = RNG.integers(0, 5, 300), RNG.integers(-3, 3, 300)


def test_labels_of_any_kind():
    expected = entropy(np.bincount(X), normalize=True)
    text = X.astype(str)
    for labels in (X, X.astype(float), X.astype("u1"), X + 2**40, 10**6 * X, text, text.astype(object),
                   list(map(int, X)), X.astype(np.uint64) + np.uint64(2**63 + 9), X - 2**62):
        assert entropy_from_samples(labels) == pytest.approx(expected, rel=1e-14)
    assert entropy_from_samples(["a", "b"], base=2) == 1
    assert entropy_from_samples([True, False, True, True], base=2) == pytest.approx(0.8112781244591328, rel=1e-15)
    assert entropy_from_samples([7] * 9) == 0
    assert entropy_from_samples(X[::-2]) == entropy_from_samples(X[::-2].copy())


def test_millers_and_madows_correction():
    added = entropy_from_samples(X, correction="miller-madow") - entropy_from_samples(X)
    assert added == pytest.approx(4 / 600, rel=1e-12)
    few = RNG.integers(0, 8, (2000, 20))
    plain, corrected = (np.mean([entropy_from_samples(row, correction=c) for row in few])
                        for c in (None, "miller-madow"))
    assert abs(corrected - np.log(8)) < 0.3 * abs(plain - np.log(8))


def test_density():
    x = RNG.standard_normal(4000)
    assert entropy_from_samples(x, discrete=False) == scipy.stats.differential_entropy(x)
    assert entropy_from_samples(x, discrete=False, base=2) == pytest.approx(0.5 * np.log2(2 * np.pi * np.e), abs=0.06)


def test_mutual_information_of_labels():
    table = np.zeros((5, 6))
    np.add.at(table, (X, Y + 3), 1)
    expected = mutual_information(table, normalize=True)
    assert mutual_information_from_samples(X, Y) == pytest.approx(expected, rel=1e-12)
    assert mutual_information_from_samples(X.astype(str), Y * 1000) == pytest.approx(expected, rel=1e-12)
    assert mutual_information_from_samples(X, X, base=2) == pytest.approx(entropy_from_samples(X, base=2), rel=1e-14)
    assert mutual_information_from_samples(X, np.zeros(300)) == 0
    assert information_gain_from_samples(X, Y) == mutual_information_from_samples(X, Y)


def test_scikit_learns_values():
    metrics = pytest.importorskip("sklearn.metrics", reason="scikit-learn is the peer")
    selection = pytest.importorskip("sklearn.feature_selection", reason="scikit-learn is the peer")
    assert mutual_information_from_samples(X, Y) == pytest.approx(metrics.mutual_info_score(X, Y), rel=1e-12)
    labels = X + (Y > 0)
    assert mutual_information_from_samples(labels, X) == pytest.approx(metrics.mutual_info_score(labels, X), rel=1e-12)
    x = RNG.standard_normal(500)
    y = x + RNG.standard_normal(500)
    compute = selection._mutual_info._compute_mi_cc
    for k in (1, 3, 10):
        assert mutual_information_from_samples(x, y, discrete=False, n_neighbors=k) == pytest.approx(
            compute(x, y, k), rel=1e-12)


def test_tables_too_large_to_make(monkeypatch):
    x, y = RNG.integers(0, 200, (2, 3000))
    y[:1000] = x[:1000]
    expected = mutual_information_from_samples(x, y)
    monkeypatch.setattr(samples, "_DENSE", 100)
    assert mutual_information_from_samples(x, y) == pytest.approx(expected, rel=1e-12)


def test_neighbours_find_the_normals_information():
    rho = 0.8
    x, y = RNG.multivariate_normal([0, 0], [[1, rho], [rho, 1]], 3000).T
    exact = -0.5 * np.log(1 - rho ** 2)
    for k in (3, 20):
        assert mutual_information_from_samples(x, y, discrete=False, n_neighbors=k) == pytest.approx(exact, abs=0.06)
    both = np.stack([x, RNG.standard_normal(3000)], axis=1)
    assert mutual_information_from_samples(both, y, discrete=False) == pytest.approx(exact, abs=0.1)
    assert mutual_information_from_samples(x, RNG.standard_normal(3000), discrete=False, base=2) < 0.06


def test_thresholds():
    feature = RNG.standard_normal(300)
    labels = (feature > 0.2) + RNG.integers(0, 2, 300)
    at = np.array([[-0.5, 0.2], [9.0, -9.0]])
    found = information_gain_from_samples(labels, feature, threshold=at, base=2)
    assert found.shape == (2, 2)
    for where in np.ndindex(2, 2):
        one = information_gain_from_samples(labels, feature <= at[where], base=2)
        assert found[where] == pytest.approx(one, rel=1e-12, abs=1e-30)
    assert found[0, 1] == found.max()
    assert information_gain_from_samples([0, 0, 1, 1], [1, 2, 3, 4], threshold=2, base=2) == 1
