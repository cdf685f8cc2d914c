"""Cosines against long doubles and by known values, documents, sets and sequences."""

import warnings

import numpy as np
import pytest
import scipy.sparse

import mathcore
from mathcore.distance.similarity import cosine_similarity, hamming_distance, jaccard_similarity, term_counts
from tests import layouts

SHAPES = ((1, 1, 1), (2, 1, 2), (1, 2, 3), (5, 4, 15), (7, 9, 16), (8, 8, 17), (33, 31, 64),
          (97, 49, 65), (70, 130, 129))


def sample(shape, dtype=np.float64, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def exact(x, y):
    """In long doubles."""
    x, y = (a.astype(np.longdouble) / np.sqrt((a.astype(np.longdouble)**2).sum(1, keepdims=True)) for a in (x, y))
    return x @ y.T


def bound(x, y):
    """A chain of d roundings and six of each row's length and quotients, of sums of |x_k y_k| over lengths."""
    return (x.shape[1] + 12) * np.finfo(x.dtype).eps * exact(np.abs(x), np.abs(y))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("shape", SHAPES)
def test_values(shape, dtype, isa):
    m, n, d = shape
    x, y = sample((m, d), dtype), sample((n, d), dtype, 1)
    for a, b in ((x, y), (x, x.copy()), (x, None), (x, x)):
        found = cosine_similarity(a, b)
        other = a if b is None else b
        assert found.dtype == dtype
        assert found.shape == (len(a), len(other))
        assert (np.abs(found - exact(a, other)) <= bound(a, other)).all()
        assert np.abs(found).max() <= 1
    one = cosine_similarity(x)
    assert (one == one.T).all()
    assert (one.diagonal() == 1).all()


def test_known_values():
    np.testing.assert_array_equal(cosine_similarity([[1, 0], [0, 2], [-3, 0]]), [[1, 0, -1], [0, 1, 0], [-1, 0, 1]])
    assert cosine_similarity([[3.0, 4.0]], [[4.0, 3.0]])[0, 0] == pytest.approx(0.96, rel=4 * np.finfo(float).eps)


def test_documents_of_the_article():
    """Counts (1, 1, 1, 1, 0), (1, 1, 1, 0, 1) and (0, 0, 0, 0, 0): three of four words in common."""
    found = term_counts(["I love machine learning", "i love machine maths", ""], token_pattern=r"\w+")
    assert found.vocabulary == ["i", "learning", "love", "machine", "maths"]
    k = cosine_similarity(found.counts)
    np.testing.assert_allclose(k, [[1, 0.75, 0], [0.75, 1, 0], [0, 0, 0]], rtol=4 * np.finfo(float).eps)
    assert k[0, 0] == 1


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_zeros_have_no_direction(dtype):
    x = sample((5, 40), dtype)
    x[2] = 0
    k = cosine_similarity(x)
    assert (k[2] == 0).all()
    assert (k[:, 2] == 0).all()
    assert (cosine_similarity(np.zeros((2, 3), dtype), x[:, :3]) == 0).all()


@pytest.mark.parametrize(("dtype", "powers"), [(np.float64, (-1060, -600, -510, 510, 600, 1020)),
                                               (np.float32, (-140, -100, -60, 60, 100, 124))])
def test_lengths_do_not_matter(dtype, powers):
    """Rows of powers of two and small whole numbers: each scaling is exact, so are the bits."""
    x = np.random.default_rng(0).integers(-4, 5, (6, 20)).astype(dtype)
    plain = cosine_similarity(x, x.copy())
    for power in powers:
        y = np.ldexp(x, power)
        assert np.isfinite(y).all()
        np.testing.assert_array_equal(cosine_similarity(y, x), plain)
        np.testing.assert_array_equal(cosine_similarity(y), cosine_similarity(x))
    mixed = np.ldexp(x, np.resize(powers, 6)[:, None])
    np.testing.assert_array_equal(cosine_similarity(mixed, mixed.copy()), plain)


def test_parallel_rows_stay_within_one():
    """Among thousands of parallel pairs some products of unit rows are above 1 by a rounding."""
    x = np.abs(sample((200, 30)))
    k = cosine_similarity(x, np.multiply.outer(np.arange(1, 40), x).reshape(-1, 30))
    assert k.max() == 1
    assert cosine_similarity(x, -3 * x).min() == -1
    s = scipy.sparse.csr_array(x)
    assert np.abs(cosine_similarity(s, 3 * s)).max() <= 1


def test_types():
    for dtype, result in (("float16", "float32"), ("float32", "float32"), ("float64", "float64"), ("int8", "float64"),
                          ("uint64", "float64"), ("bool", "float64")):
        x = np.array([[1, 0, 1], [1, 1, 0]]).astype(dtype)
        k = cosine_similarity(x)
        assert k.dtype == result
        np.testing.assert_allclose(k, [[1, 0.5], [0.5, 1]], rtol=4 * np.finfo(result).eps)
    assert cosine_similarity(np.ones((1, 2), np.float32), np.ones((1, 2))).dtype == np.float64
    assert cosine_similarity([[1, 2]]).dtype == np.float64


@pytest.mark.parametrize("layout", [layouts.step2, layouts.reversed_axes, layouts.padded_rows, layouts.batch_last,
                                    layouts.misaligned, layouts.fractional_strides, layouts.byte_swapped])
def test_layouts(layout):
    x, y = sample((20, 33)), sample((18, 33), seed=1)
    a, b = layout(x), layout(y)
    a.flags.writeable = False
    np.testing.assert_array_equal(cosine_similarity(a, b), cosine_similarity(x, y))
    np.testing.assert_array_equal(a, x)


def test_bits_do_not_depend_on_threads():
    for m, n, d in ((300, 700, 129), (1030, 1030, 33)):
        x, y = sample((m, d)), sample((n, d), seed=1)
        with mathcore.threads(1):
            one, own = cosine_similarity(x, y), cosine_similarity(x)
        with mathcore.threads(2):
            np.testing.assert_array_equal(cosine_similarity(x, y), one)
            np.testing.assert_array_equal(cosine_similarity(x, workers=3), own)


def test_out():
    x, y = sample((9, 20)), sample((9, 20), seed=1)
    expected = cosine_similarity(x, y)
    for out in (np.full((9, 9), 7.0), np.full((9, 18), 7.0)[:, ::2], np.full((9, 9), 7.0, order="F"),
                np.full((9, 30), 7.0)[:, 3:12]):
        assert cosine_similarity(x, y, out=out) is out
        np.testing.assert_array_equal(out, expected)
    narrow = np.empty((9, 9), np.float32)
    np.testing.assert_array_equal(cosine_similarity(x, y, out=narrow), expected.astype(np.float32))
    square = sample((9, 9))
    expected = cosine_similarity(square)
    assert cosine_similarity(square, out=square) is square
    np.testing.assert_array_equal(square, expected)


# ------------------------------------------------------------------ sparse

FORMATS = ("csr", "csc", "coo", "lil", "dok", "bsr", "dia")


def sparse_pair(dtype=np.float64):
    return tuple(scipy.sparse.random_array((n, 40), density=0.2, rng=i).astype(dtype) for i, n in enumerate((12, 9)))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("kind", FORMATS)
def test_sparse(kind, dtype):
    x, y = sparse_pair(dtype)
    full = cosine_similarity(x.toarray(), y.toarray())
    a, b = x.asformat(kind), y.asformat(kind)
    tolerance = 60 * np.finfo(dtype).eps
    for left in (a, x.toarray()):
        for right in (b, y.toarray()):
            found = cosine_similarity(left, right)
            assert isinstance(found, np.ndarray)
            assert found.dtype == dtype
            np.testing.assert_allclose(found, full, atol=tolerance)
    np.testing.assert_allclose(cosine_similarity(a), cosine_similarity(x.toarray()), atol=tolerance)
    np.testing.assert_array_equal(a.toarray(), x.toarray())


def test_sparse_results():
    x, y = sparse_pair()
    for container in (scipy.sparse.csr_array, scipy.sparse.csr_matrix):
        a, b = container(x), container(y)
        found = cosine_similarity(a, b, dense_output=False)
        assert type(found) is container
        np.testing.assert_allclose(found.toarray(), cosine_similarity(a, b), atol=1e-15)
        own = cosine_similarity(a, dense_output=False)
        assert (own.diagonal() == 1).all()
    assert isinstance(cosine_similarity(a, y.toarray(), dense_output=False), np.ndarray)
    out = np.empty((12, 9))
    assert cosine_similarity(a, b, out=out) is out
    np.testing.assert_array_equal(out, cosine_similarity(a, b))


def test_sparse_rows_of_zeros_and_of_any_length():
    rows = np.array([0, 0, 1, 1, 3, 3]), np.array([0, 2, 0, 2, 1, 1])
    x = scipy.sparse.coo_array((np.array([3e200, 4e200, 4e-310, 3e-310, 1.0, 1.0]), rows), shape=(5, 3))
    explicit = scipy.sparse.csr_array((np.zeros(2), (np.array([0, 0]), np.array([0, 1]))), shape=(1, 3))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        k = cosine_similarity(x)
        assert (cosine_similarity(explicit) == 0).all()
        assert cosine_similarity(x, dense_output=False).diagonal().tolist() == [1, 1, 0, 1, 0]
    assert k[0, 1] == pytest.approx(0.96, rel=1e-13)         # 4e-310 has 11 digits less than others
    assert k.diagonal().tolist() == [1, 1, 0, 1, 0]
    assert (k[[2, 4]] == 0).all()


def test_peer():
    pairwise = pytest.importorskip("sklearn.metrics.pairwise")
    x, y = sparse_pair()
    for a in (x, x.toarray()):
        for b in (y, y.toarray(), None):
            for dense in (True, False):
                found, theirs = cosine_similarity(a, b, dense), pairwise.cosine_similarity(a, b, dense)
                assert scipy.sparse.issparse(found) == scipy.sparse.issparse(theirs)
                assert np.abs(found - theirs).max() <= 60 * np.finfo(float).eps


# ------------------------------------------------------------------ documents

def test_terms():
    found = term_counts(["The cat, the CAT's hat", "", "a hat; was hat_1 été 42"])
    assert found.vocabulary == ["42", "cat", "hat", "hat_1", "the", "was", "été"]
    np.testing.assert_array_equal(found.counts.toarray(),
                                  [[0, 2, 1, 0, 2, 0, 0], [0, 0, 0, 0, 0, 0, 0], [1, 0, 1, 1, 0, 1, 1]])
    assert found.counts.dtype == np.int64
    assert found.counts.has_canonical_format
    assert term_counts(["The the"], lowercase=False).vocabulary == ["The", "the"]
    assert term_counts(["a-b a"], token_pattern=r"\w").counts.toarray().tolist() == [[2, 1]]
    assert term_counts(["k=1 j=22"], token_pattern=r"=(\d+)").vocabulary == ["1", "22"]
    none = term_counts([])
    assert none.vocabulary == []
    assert none.counts.shape == (0, 0)


def test_a_vocabulary_keeps_its_order():
    words = ["zebra", "ant", "bee"]
    found = term_counts(iter(["bee ant bee cow"]), vocabulary=words)
    assert found.vocabulary == words
    assert found.counts.toarray().tolist() == [[0, 1, 2]]
    train = term_counts(["one two", "two three"])
    assert term_counts(["two four two"], vocabulary=train.vocabulary).counts.shape == (1, 3)


def test_terms_of_the_peer():
    text = pytest.importorskip("sklearn.feature_extraction.text")
    documents = ["It was the best of times, it was the worst of times;", "IT WAS THE AGE of wisdom", "",
                 "naïve café -- x y z 100% foo_bar"]
    for options in ({}, {"lowercase": False}, {"token_pattern": r"\w+"}):
        theirs = text.CountVectorizer(**options)
        counts, found = theirs.fit_transform(documents), term_counts(documents, **options)
        assert found.vocabulary == theirs.get_feature_names_out().tolist()
        np.testing.assert_array_equal(found.counts.toarray(), counts.toarray())


# ------------------------------------------------------------------ sets and sequences

def test_jaccard():
    assert jaccard_similarity({1, 2, 3}, {2, 3, 4}) == 0.5
    assert jaccard_similarity([1, 1, 2], (2, 2, 1)) == 1
    assert jaccard_similarity("night", "nacht") == 3 / 7
    assert jaccard_similarity(range(10), frozenset()) == 0
    assert jaccard_similarity(set(), []) == 1
    assert jaccard_similarity({}, set()) == 1
    assert isinstance(jaccard_similarity({1}, {2}), float)


def test_jaccard_is_that_of_boolean_vectors():
    from scipy.spatial.distance import jaccard

    rng = np.random.default_rng(0)
    for _ in range(20):
        u, v = rng.random((2, 12)) < 0.4
        assert 1 - jaccard_similarity(np.flatnonzero(u), np.flatnonzero(v)) == pytest.approx(jaccard(u, v), abs=1e-15)


@pytest.mark.parametrize(("a", "b", "count"), [
    ("karolin", "kathrin", 3), ("karolin", "kerstin", 3), ("1011101", "1001001", 2), ("", "", 0), ("a", "b", 1),
    ("naïve \U0001f600", "naive \U0001f601", 2), ("\ud800", "\ud801", 1), (b"abc", b"abd", 1), ([1, "x"], (1, "y"), 1),
    (range(4), [0, 1, 2, 4], 1), (np.array([1.0, np.nan]), np.array([1.0, np.nan]), 1),
    (np.array(["a", "b"]), ["a", "c"], 1), (np.array([True, False]), [1, 1], 1),
])
def test_hamming(a, b, count):
    assert hamming_distance(a, b) == count
    assert type(hamming_distance(a, b)) is int
    assert hamming_distance(b, a, normalize=True) == (count / len(a) if len(a) else 0)


def test_hamming_is_that_of_vectors():
    from scipy.spatial.distance import hamming

    u, v = np.random.default_rng(0).integers(0, 3, (2, 50))
    assert hamming_distance(u, v, normalize=True) == hamming(u, v) == hamming_distance(u.tolist(), v, normalize=True)
