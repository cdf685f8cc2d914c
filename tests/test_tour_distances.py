"""The tour's distances against numbers worked out by hand."""

import numpy as np

from mathcore import _tour_distances as distances
from mathcore._tour import load_split


def printed(capsys):
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 100
    assert out.isascii()
    return out


def test_lengths(capsys):
    distances.lengths()
    out = printed(capsys)
    for line in ("  L1   = |v1| + |v2|       = 7", "  L2   = sqrt(v1^2 + v2^2) = 5", "  Linf = max(|v1|, |v2|)   = 4",
                 "  L2 of (3e+200, 4e+200) = 5e+200, though the squares are beyond float64", "  cityblock 7"):
        assert line in out.splitlines()


def test_documents(capsys):
    """Counts of "the", "cat", "mouse" and others: (2, 1, 1, 1, 0 ...), (2, 1, 1, 0, 1, 1 ...), (1, 0, 0 ...)."""
    distances.documents()
    out = printed(capsys)
    for cosine in (6 / np.sqrt(7 * 8), 2 / np.sqrt(7 * 6), 2 / np.sqrt(8 * 6)):
        assert out.count(f"{cosine:7.4f}") == 2
    assert out.count(" 1.0000") == 3
    assert "the first two share 3 of 6 words: Jaccard similarity 0.5000" in out
    assert "differ in 3 letters" in out


def test_nearest_digits_and_votes(capsys):
    split = load_split(np.random.default_rng(0))
    found = distances.nearest_digits(split)
    apart = np.sqrt(((split.x_train - split.x_test[distances.QUERY])**2).sum(1))
    order = np.argsort(apart, kind="stable")[:distances.NEIGHBOURS]
    np.testing.assert_array_equal(found.labels[1:], split.y_train[order])
    np.testing.assert_array_equal(found.images[1:].reshape(-1, 64), 4 * split.x_train[order] + 8)
    np.testing.assert_array_equal(found.images[0], split.test_images[distances.QUERY])
    out = printed(capsys)
    assert f"{apart[order[0]]:8.4f}" in out
    assert f"the nearest one says {found.labels[1]}, the majority {found.labels[0]}" in out
    assert found.labels[1] != found.labels[0]

    right = distances.votes(split)
    one = [split.y_train[np.argmin(((split.x_train - x)**2).sum(1))] for x in split.x_test]
    assert right[0] == np.count_nonzero(one == split.y_test)
    assert right == sorted(right, reverse=True)     # most voters are other digits in the end
    assert f"{right[0]} of 450" in printed(capsys)
