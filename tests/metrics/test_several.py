"""Areas of several classes against their definitions, and against scikit-learn where it is there."""

import itertools

import numpy as np
import pytest

from mathcore import metrics
from mathcore.metrics import average_precision_score, roc_auc_score

EPS = np.finfo(float).eps


def sample(k, n=200, seed=0):
    rng = np.random.default_rng(seed)
    y = np.concatenate([np.arange(k), rng.integers(0, k, n - k)])
    p = rng.dirichlet(np.ones(k), n) + 0.7 * np.eye(k)[y]
    return y, p / p.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("k", [3, 5])
def test_one_against_rest(k):
    y, p = sample(k)
    each = np.array([roc_auc_score(y == c, p[:, c]) for c in range(k)])
    share = np.bincount(y) / len(y)
    np.testing.assert_array_equal(roc_auc_score(y, p, multi_class="ovr", average=None), each)
    assert roc_auc_score(y, p, multi_class="ovr") == pytest.approx(each.mean(), rel=8 * EPS)
    assert roc_auc_score(y, p, multi_class="ovr", average="weighted") == pytest.approx(share @ each, rel=8 * EPS)
    assert roc_auc_score(y, p, multi_class="ovr", average="micro") == roc_auc_score(np.eye(k)[y].ravel(), p.ravel())
    each = np.array([average_precision_score(y == c, p[:, c]) for c in range(k)])
    np.testing.assert_allclose(average_precision_score(y, p, average=None), each, rtol=200 * EPS)


@pytest.mark.parametrize("k", [3, 5])
def test_hand_and_till(k):
    """The mean over pairs of classes of the two areas within the pair."""
    y, p = sample(k)
    areas = []
    for a, b in itertools.combinations(range(k), 2):
        inside = (y == a) | (y == b)
        areas.append((roc_auc_score(y[inside] == a, p[inside, a]) + roc_auc_score(y[inside] == b, p[inside, b])) / 2)
    assert roc_auc_score(y, p, multi_class="ovo") == pytest.approx(np.mean(areas), rel=16 * EPS)


@pytest.mark.parametrize("k", [3, 6])
@pytest.mark.parametrize("kind", [int, str])
def test_as_scikit_learn(k, kind):
    theirs = pytest.importorskip("sklearn.metrics", reason="scikit-learn is not installed")
    y, p = sample(k)
    y, w = y.astype(kind), np.random.default_rng(1).random(200)
    calls = [("roc_auc_score", {"multi_class": "ovo", "average": a}) for a in ("macro", "weighted")]
    calls += [("roc_auc_score", {"multi_class": "ovr", "average": a, "sample_weight": s})
              for a in ("macro", "weighted", "micro", None) for s in (None, w)]
    calls += [("average_precision_score", {"average": a, "sample_weight": s})
              for a in ("macro", "weighted", "micro", "samples", None) for s in (None, w)]
    for name, options in calls:
        ours, expected = (getattr(m, name)(y, p, **options) for m in (metrics, theirs))
        np.testing.assert_allclose(ours, expected, rtol=k * 200 * 4 * EPS, err_msg=f"{name} {options}")
    fewer = np.where(np.asarray(y) == np.asarray(y)[0], y[1], y)
    labels = np.unique(y)
    with pytest.warns(UserWarning, match="Only one class"):
        assert np.isnan(roc_auc_score(fewer, p, multi_class="ovr", labels=labels))
