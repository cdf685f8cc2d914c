"""How alike rows, documents, sets and strings are."""

import operator
import re
from collections import Counter
from collections.abc import Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np

from mathcore import _validate
from mathcore._kernels import euclidean as _euclidean
from mathcore._kernels.tape import differentiable
from mathcore.distance._operands import is_sparse, operands, room, sparse_product
from mathcore.linalg.vectors import normalize

__all__ = ["TermCounts", "cosine_similarity", "hamming_distance", "jaccard_similarity", "term_counts"]


def _sparse_unit(a):
    """Rows of length 1; rows of zeros stay."""
    a = a.copy()
    a.sum_duplicates()
    m = a.shape[0]
    row = np.repeat(np.arange(m), np.diff(a.indptr))
    largest = np.zeros(m, a.dtype)
    np.maximum.at(largest, row, np.abs(a.data))
    a.data = np.ldexp(a.data, -np.frexp(largest)[1][row])       # by a power of two: squares stay in range
    length = np.sqrt(np.bincount(row, a.data.astype(np.float64)**2, m))
    length[length == 0] = 1
    a.data = (a.data / length[row]).astype(a.dtype)
    return a


def _unit(a):
    return _sparse_unit(a) if is_sparse(a) else normalize(a)


@differentiable
def cosine_similarity(X, Y=None, dense_output=True, *, out=None, workers=None):  # noqa: N803 - scikit-learn's names
    """Cosines of the angles between all pairs of rows.

    Drop-in for `sklearn.metrics.pairwise.cosine_similarity`, with ``out=`` and ``workers=`` added.

    Parameters
    ----------
    X : array_like or sparse matrix, shape (m, d)
        Finite real numbers; integers and bool become float64.
    Y : array_like or sparse matrix, shape (n, d), optional
        X itself without it: half of the work, and a symmetric result.
    dense_output : bool, default True
        Whether the result of two sparse matrices is dense.
    out : ndarray, shape (m, n), optional
        Receives a dense result.
    workers : int, optional
        Threads; -1 for all usable. Default: see `mathcore.get_num_threads`.

    Returns
    -------
    ndarray or sparse matrix, shape (m, n)
        ``K[i, j] = x_i . y_j / (|x_i| |y_j|)``, from -1 to 1; 0 where a row is all zeros. float32 for float32 and
        float16 data, else float64. Of X alone: exactly 1 on the diagonal.

    Raises
    ------
    ValueError
        Shapes that do not fit, no rows or columns, numbers that are not finite, an `out` that does not fit.
    TypeError
        Data that are not real numbers.

    Notes
    -----
    Rows are divided by their lengths, scaled by powers of two first, so that nothing overflows:
    ``cosine_similarity([[1e200, 1e200]], [[1e-200, 0]])`` is the root of a half. Absolute error at most
    ``(d + 8) eps |x|.|y| / (|x| |y|)``, for d up to 512; results are clipped to [-1, 1]. Where two rows are nearly
    parallel, `cdist` with "cosine" has more digits of ``1 - K``. Cost: 2 m n d flops, of two
    sparse matrices as many as their rows have terms in common.

    Examples
    --------
    >>> from mathcore.distance import cosine_similarity
    >>> cosine_similarity([[3.0, 4.0], [0.0, 0.0]], [[4.0, 3.0], [-3.0, -4.0]])
    array([[ 0.96, -1.  ],
           [ 0.  ,  0.  ]])

    Three documents by the words in them (see `term_counts`):

    >>> from mathcore.distance import term_counts
    >>> documents = ["the cat chased the mouse", "the mouse fled from the cat", "rain fell on the quiet harbour"]
    >>> cosine_similarity(term_counts(documents).counts).round(2)
    array([[1.  , 0.8 , 0.31],
           [0.8 , 1.  , 0.29],
           [0.31, 0.29, 1.  ]])
    """
    fn = "cosine_similarity"
    workers = _validate.check_workers(workers, fn)
    pair = operands(X, Y, fn)
    if pair.is_sparse:
        x = _unit(pair.x)
        unit = pair._replace(x=x, y=x if pair.y is pair.x else _unit(pair.y))
        found = sparse_product(unit, dense_output, out, workers, fn, 1.0)
    else:
        found = room(out, pair, fn)
        _euclidean.distances(pair.x, pair.y, found, _euclidean.FORMS["cosine"], 0.0, workers, fn)
    if pair.y is pair.x:
        _set_ones(found)
    return found if is_sparse(found) else _validate.deliver(found, out, pair.dtype)


def _set_ones(k):
    """1 on the diagonal where it is not 0: a row of zeros has no direction."""
    if is_sparse(k):
        own = np.repeat(np.arange(k.shape[0]), np.diff(k.indptr)) == k.indices
        k.data[own & (k.data != 0)] = 1
    else:
        own = k.diagonal()
        np.fill_diagonal(k, own != 0)


# ------------------------------------------------------------------ documents

class TermCounts(NamedTuple):
    """How often each term stands in each document."""

    counts: object
    vocabulary: list


def term_counts(documents, /, *, lowercase=True, token_pattern=r"(?u)\b\w\w+\b", vocabulary=None):
    """Counts of the words in documents.

    What `sklearn.feature_extraction.text.CountVectorizer` finds with the same options.

    Parameters
    ----------
    documents : iterable of str
    lowercase : bool, default True
        Whether "The" counts as "the".
    token_pattern : str, default two or more letters, digits or underscores
        Regular expression of a term. ``r"\\w+"`` also counts words of one letter.
    vocabulary : iterable of str, optional
        The terms to count, in the order of the columns; others are passed over. All that occur, sorted, without it.

    Returns
    -------
    TermCounts
        ``counts``, a `scipy.sparse.csr_array` of int64, one row a document and one column a term; ``vocabulary``, the
        terms as a list.

    Raises
    ------
    ValueError
        A term twice in `vocabulary`, a pattern that is no regular expression or has more than one group.
    TypeError
        One string instead of several, a document or a term that is no string.

    Examples
    --------
    >>> from mathcore.distance import term_counts
    >>> found = term_counts(["The cat saw the dog.", "The dog ran!"])
    >>> found.vocabulary
    ['cat', 'dog', 'ran', 'saw', 'the']
    >>> found.counts.toarray()
    array([[1, 1, 0, 1, 2],
           [0, 1, 1, 0, 1]])
    """
    fn = "term_counts"
    find = _pattern(token_pattern, fn)
    bags = [Counter(find(text.lower() if lowercase else text)) for text in _texts(documents, fn, "documents")]
    if vocabulary is None:
        terms = sorted(set().union(*bags))
        column = {term: j for j, term in enumerate(terms)}
    else:
        terms = _texts(vocabulary, fn, "vocabulary")
        column = {term: j for j, term in enumerate(terms)}
        if len(column) < len(terms):
            twice = Counter(terms).most_common(1)[0][0]
            raise ValueError(f"{fn}: vocabulary holds a term twice; expected each once, got {twice!r}")
        bags = [{term: n for term, n in bag.items() if term in column} for bag in bags]
    return TermCounts(_table(bags, column), terms)


def _pattern(pattern, fn):
    """text -> list of the terms in it."""
    if not isinstance(pattern, str):
        raise TypeError(f"{fn}: token_pattern is no string; expected a regular expression, got {pattern!r}")
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise ValueError(f"{fn}: token_pattern is no regular expression ({error}); expected one, got "
                         f"{pattern!r}") from error
    if compiled.groups > 1:
        raise ValueError(f"{fn}: token_pattern has several groups. More than 1 capturing group in token pattern. Only "
                         f"a single group should be captured.; got {pattern!r}")
    return compiled.findall


def _texts(texts, fn, arg):
    """Several strings as a list."""
    if isinstance(texts, str | bytes) or not hasattr(texts, "__iter__"):
        raise TypeError(f"{fn}: {arg} is not several strings. Iterable over raw text documents expected, got "
                        f"{type(texts).__name__} {str(texts)[:40]!r}")
    texts = list(texts)
    for i, text in enumerate(texts):
        if not isinstance(text, str):
            raise TypeError(f"{fn}: {arg}[{i}] is no string; expected str, got {type(text).__name__} {text!r}")
    return texts


def _table(bags, column):
    """Bags of terms as rows of a sparse matrix, columns in rising order."""
    from scipy.sparse import csr_array

    starts = np.cumsum([0, *map(len, bags)])
    terms = np.fromiter((column[term] for term in chain.from_iterable(bags)), np.int64, starts[-1])
    counts = np.fromiter(chain.from_iterable(bag.values() for bag in bags), np.int64, starts[-1])
    table = csr_array((counts, terms, starts), shape=(len(bags), len(column)))
    table.sort_indices()
    return table


# ------------------------------------------------------------------ sets and sequences

def jaccard_similarity(a, b, /):
    """Share of the elements of two sets that both of them hold, ``|A and B| / |A or B|``.

    Parameters
    ----------
    a, b : set or iterable of hashable objects
        Repeated elements count once. A string is the set of its characters.

    Returns
    -------
    float
        From 0, nothing in common, to 1, the same sets. Two empty sets are the same: 1.

    Raises
    ------
    TypeError
        No iterable, an element that cannot be hashed.

    Notes
    -----
    ``1 - jaccard_similarity(a, b)`` is a distance, that of `jaccard` for boolean vectors that say which element is in
    which set. Cost: one look-up for each element.

    Examples
    --------
    >>> from mathcore.distance import jaccard_similarity
    >>> jaccard_similarity({"bread", "milk", "eggs"}, {"milk", "eggs", "tea"})
    0.5
    """
    a, b = _set(a, "a"), _set(b, "b")
    both = len(a & b)
    either = len(a) + len(b) - both
    return both / either if either else 1.0


def _set(x, arg):
    if isinstance(x, set | frozenset):
        return x
    try:
        return frozenset(x)
    except TypeError as error:
        raise TypeError(f"jaccard_similarity: {arg} is no set ({error}); expected an iterable of hashable objects, got "
                        f"{type(x).__name__}") from error


def hamming_distance(a, b, /, *, normalize=False):
    """Number of places where two sequences of one length differ.

    Parameters
    ----------
    a, b : str, bytes, list, tuple or 1-d array
        Two strings, or two sequences of objects that compare.
    normalize : bool, default False
        Whether to divide by the length, as `hamming` does; 0 for empty sequences.

    Returns
    -------
    int or float
        The count; a share from 0 to 1 if normalized.

    Raises
    ------
    ValueError
        Lengths that differ.
    TypeError
        A string beside something else, an operand that has no length and order.

    Notes
    -----
    Replacing so many elements turns one sequence into the other. Strings are compared by code points.

    Examples
    --------
    >>> from mathcore.distance import hamming_distance
    >>> hamming_distance("karolin", "kathrin")
    3
    >>> hamming_distance([1, 0, 1, 1], [1, 1, 1, 0], normalize=True)
    0.5
    """
    fn = "hamming_distance"
    x, y = _sequence(a, fn, "a"), _sequence(b, fn, "b")
    if isinstance(a, str) != isinstance(b, str):
        raise TypeError(f"{fn}: b is of another kind; expected two strings or none, got {type(a).__name__} and "
                        f"{type(b).__name__}")
    _validate.same_length(len(x), len(y), fn, "lengths of a and b", (len(x),), (len(y),))
    arrays = isinstance(x, np.ndarray) and isinstance(y, np.ndarray)
    count = int(np.count_nonzero(x != y) if arrays else sum(map(operator.ne, x, y)))
    return count / max(len(x), 1) if normalize else count


def _sequence(x, fn, arg):
    """`x` as something with an order; strings as their code points."""
    if isinstance(x, str):
        return np.frombuffer(x.encode("utf-32-le", "surrogatepass"), np.uint32)
    if isinstance(x, bytes | bytearray):
        return np.frombuffer(x, np.uint8)
    if isinstance(x, Sequence):
        return x
    if not hasattr(x, "__array__") or np.ndim(x) != 1:
        raise TypeError(f"{fn}: {arg} is no sequence; expected a string, a list or a vector, got {type(x).__name__}"
                        f"{f' of shape {np.shape(x)}' if hasattr(x, '__array__') else ''}")
    return np.asarray(x)
