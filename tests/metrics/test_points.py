"""The general door of labels and scores: whatever holds them, the points are those of plain arrays."""

import numpy as np
import pytest

from mathcore.metrics._points import area_of, average_precision_of, kernel_scores, points

LABELS = np.array([0, 1, 1, 0, 1, 0, 0, 1])
SCORES = np.array([0.5, 2.0, 0.5, -1.0, 3.0, 0.5, 0.25, -2.0])


def test_known_points():
    fps, tps, thresholds = points("f", LABELS, SCORES, None, None)
    np.testing.assert_array_equal(thresholds, [3, 2, 0.5, 0.25, -1, -2])
    np.testing.assert_array_equal(tps, [1, 2, 3, 3, 3, 4])
    np.testing.assert_array_equal(fps, [0, 0, 2, 3, 4, 4])
    assert average_precision_of(fps, tps) == (1 + 1 + 3 / 5 + 4 / 8) / 4


def test_area_by_pairs():
    p, q = SCORES[LABELS == 1], SCORES[LABELS == 0]
    pairs = ((p[:, None] > q).sum() + (p[:, None] == q).sum() / 2) / 16
    assert area_of(*points("f", LABELS, SCORES, None, None)[:2]) == pairs


@pytest.mark.parametrize("form", [
    lambda y, s: (y.tolist(), s.tolist()), lambda y, s: (y.reshape(-1, 1), s.reshape(-1, 1)),
    lambda y, s: (np.repeat(y, 2)[::2], np.repeat(s, 2)[::2]), lambda y, s: (y.astype(bool), s.astype("f4")),
    lambda y, s: (2.0 * y - 1, s.astype(">f8")), lambda y, s: (y, (4 * s).astype(int) / 4),
    lambda y, s: (y, s.astype(np.longdouble)), lambda y, s: (y.astype("u1"), s.astype("f2")),
])
def test_forms(form):
    expected = points("f", LABELS, SCORES, None, None)
    for a, b in zip(points("f", *form(LABELS, SCORES), None, 1), expected, strict=True):
        np.testing.assert_array_equal(a, b)


def test_positive_labels_of_any_kind():
    expected = points("f", LABELS, SCORES, None, 1)
    for values, positive in ((("n", "y"), "y"), ((0.5, 2.5), None), ((10**9, -(10**9)), -(10**9)), ((3, 2), 2.0)):
        y = np.where(LABELS == 1, *values[::-1])
        if positive is None:
            with pytest.raises(ValueError, match="continuous format is not supported"):
                points("f", y, SCORES, None, 2.5)
            continue
        for a, b in zip(points("f", y, SCORES, None, positive), expected, strict=True):
            np.testing.assert_array_equal(a, b)
    several = np.where(LABELS == 1, 7, np.arange(8))
    for a, b in zip(points("f", several, SCORES, None, 7), points("f", several == 7, SCORES, None, 1), strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(points("f", LABELS, SCORES, None, "y")[1], 0)


def test_integers_past_float64():
    s = np.array([2**60, 2**60 + 1, 2**60 + 2, -5])
    fps, tps, thresholds = points("f", [0, 1, 0, 1], s, None, None)
    np.testing.assert_array_equal(thresholds, [2**60 + 2, 2**60 + 1, 2**60, -5])
    np.testing.assert_array_equal(tps, [0, 1, 1, 2])
    assert thresholds.dtype == np.int64
    np.testing.assert_array_equal(kernel_scores(s), [1, 2, 3, 0])


def test_weights():
    w = np.array([1.0, 0, 2, 3, 0.5, 0, 1, 1])
    fps, tps, thresholds = points("f", LABELS, SCORES, w, None)
    np.testing.assert_array_equal(thresholds, [3, 0.5, 0.25, -1, -2])      # a score of weight 0 is left out
    np.testing.assert_array_equal(tps, [0.5, 2.5, 2.5, 2.5, 3.5])
    np.testing.assert_array_equal(fps, [0, 1, 2, 5, 5])
    for form in (w.tolist(), w.astype("f4"), w.reshape(-1, 1), np.repeat(w, 2)[::2]):
        for a, b in zip(points("f", LABELS, SCORES, form, None), (fps, tps, thresholds), strict=True):
            np.testing.assert_array_equal(a, b)
