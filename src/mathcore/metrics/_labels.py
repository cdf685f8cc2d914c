"""What metrics share: labels of any kind as places among their classes, weights, warnings, and the way to scikit-learn
for what lies outside of this room (multilabel and sparse targets)."""

import importlib
import sys
import warnings

import numpy as np

from mathcore._kernels import confusion as _confusion
from mathcore._kernels.finite import all_finite


class UndefinedMetricWarning(UserWarning):
    """A metric is not defined for these data, and the documented value stands for it.

    Where scikit-learn has been imported, the warnings given are of its class of this name too.
    """


def undefined_class():
    """The class of warnings to give: where scikit-learn is loaded its own too, so that filters of either work."""
    theirs = sys.modules.get("sklearn.exceptions")
    if theirs is None:
        return UndefinedMetricWarning
    return _both_classes(theirs.UndefinedMetricWarning)


_BOTH = {}


def _both_classes(theirs):
    if theirs not in _BOTH:
        _BOTH[theirs] = type("UndefinedMetricWarning", (UndefinedMetricWarning, theirs), {})
    return _BOTH[theirs]


def warn_undefined(message, depth=3):
    """`depth`: frames up to the user's line; 3 from a public function itself."""
    warnings.warn(message, undefined_class(), stacklevel=depth)


def peer(fn, what):
    """scikit-learn's function of this name, for data that are left to it."""
    for module in ("sklearn.metrics._classification", "sklearn.metrics._ranking", "sklearn.metrics"):
        try:
            return getattr(importlib.import_module(module), fn)
        except (ImportError, AttributeError):
            continue
    raise ImportError(f"{fn}: {what}; expected scikit-learn to be installed for these, or a vector of labels")


# ------------------------------------------------------------------ arrays

def is_sparse(x):
    return hasattr(x, "toarray") and not isinstance(x, np.ndarray)


def as_labels(x, fn, arg):
    """Labels as an array of whatever dimensions; text, numbers or objects that are text."""
    if isinstance(x, str) or not (hasattr(x, "__array__") or hasattr(x, "__len__")):
        raise ValueError(f"{fn}: {arg} is no list of labels. Expected array-like (array or non-string sequence), got "
                         f"{x!r}")
    if is_sparse(x):
        raise TypeError(f"{fn}: {arg} is sparse ({type(x).__name__}). Sparse input is only supported when targets are "
                        "of multilabel type; expected a dense array")
    numpy_dtype = getattr(getattr(x, "dtype", None), "numpy_dtype", None)    # pandas' nullable types
    try:
        if numpy_dtype is not None and hasattr(x, "to_numpy") and not isinstance(x, np.ndarray):
            a = x.to_numpy(dtype=numpy_dtype)
        else:
            a = np.asarray(x)
    except ValueError as error:
        raise ValueError(f"{fn}: {arg} is not a rectangular array; expected a vector of labels, {error}") from error
    if a.ndim == 0:
        raise TypeError(f"{fn}: {arg} is no list of labels. Input should have at least 1 dimension i.e. satisfy "
                        f"`len(x.shape) > 0`, got scalar {x!r}")
    if a.dtype.kind == "c":
        raise ValueError(f"{fn}: {arg} is complex. Complex data not supported; expected labels, got dtype {a.dtype}")
    if a.dtype.kind == "S" or (a.dtype.kind == "O" and a.size and isinstance(a.flat[0], bytes)):
        raise TypeError(f"{fn}: {arg} holds bytes. Support for labels represented as bytes is not supported. Convert "
                        f"the labels to a string or integer format; got dtype {a.dtype}")
    return a


def check_lengths(fn, arrays):
    """One number of rows for all (name, array) that are there."""
    lengths = [(name, np.shape(a)[0] if np.ndim(a) else 0) for name, a in arrays if a is not None]
    name = next((name for name, n in lengths if n != lengths[0][1]), None)
    if name is not None:
        raise ValueError(f"{fn}: {name} has another length than {lengths[0][0]}. Found input variables with "
                         f"inconsistent numbers of samples: {[n for _, n in lengths]}")


def column(a, fn, arg):
    """A vector, or a matrix of one column as one."""
    if a.ndim == 2 and a.shape[1] == 1:
        return a.ravel()
    if a.ndim != 1:
        raise ValueError(f"{fn}: {arg} is no vector. y should be a 1d array, got an array of shape {a.shape} instead.")
    return a


def check_finite(a, fn, arg):
    if a.dtype.kind == "f" and not (all_finite(a) or np.isfinite(a).all()):
        where = np.unravel_index(np.argmin(np.isfinite(a)), a.shape)
        bad = a[where]
        word = "NaN" if np.isnan(bad) else f"infinity or a value too large for {a.dtype!r}"
        at = f"{arg}{list(map(int, where))}"
        raise ValueError(f"{fn}: {at} is {bad}. Input {arg} contains {word}.")


def _whole(a):
    with np.errstate(invalid="ignore"):
        return bool((a == np.trunc(a)).all() and np.isfinite(a).all())


def target_type(a, fn, arg, classes=None):
    """scikit-learn's name for the kind of target that these labels are."""
    if a.ndim > 2 or (a.ndim == 2 and not min(a.shape)):
        return "unknown"
    if a.size == 0:
        return "binary"
    if a.dtype.kind == "O" and not isinstance(a.flat[0], str):
        return "unknown"
    many = a.ndim == 2 and a.shape[1] > 1
    if a.dtype.kind == "f" and not _whole(a):
        check_finite(a, fn, arg)
        return "continuous-multioutput" if many else "continuous"
    if many:
        few = len(np.unique(a)) < 3 and a.dtype.kind in "biuf"
        return "multilabel-indicator" if few else "multiclass-multioutput"
    n = len(classes) if classes is not None else len(places(a.ravel())[1])
    return "multiclass" if n > 2 else "binary"


def places(a):
    """(place of each label among the classes, the classes in rising order)."""
    found = _confusion.codes(a)
    if found is None:
        classes, index = np.unique(a, return_inverse=True)
        found = index, classes
    return found


def check_weights(sample_weight, n, fn):
    """Weights (n,), finite and not all 0, in their own number type."""
    w = np.asarray(sample_weight)
    if w.dtype.kind == "c":
        raise ValueError(f"{fn}: sample_weight is complex. Complex data not supported; got dtype {w.dtype}")
    if w.dtype.kind not in "biuf":
        w = w.astype(np.float64)
    if w.ndim == 0:
        w = np.full(n, w)
    if w.ndim != 1:
        raise ValueError(f"{fn}: sample_weight is no vector. Sample weights must be 1D array or scalar, got {w.ndim}D "
                         f"array of shape {w.shape}. Expected either a scalar value or a 1D array of length {n}.")
    check_lengths(fn, [("y_true", np.empty(n, np.int8)), ("sample_weight", w)])
    check_finite(w, fn, "sample_weight")
    if n and not w.any():
        raise ValueError(f"{fn}: sample_weight is 0 throughout. Sample weights must contain at least one non-zero "
                         f"number; got {n} zeros")
    return w


# ------------------------------------------------------------------ a pair of label vectors

class Pair:
    """y_true and y_pred as vectors, their kind of target, the classes of both, weights."""

    __slots__ = ("classes", "kind", "pred_places", "true_places", "weight", "y_pred", "y_true")

    def table(self):
        """Counts or sums of weights (k, k), rows true."""
        k = len(self.classes)
        weight = None
        if self.weight is not None and self.weight.dtype.kind == "f":
            weight = np.ascontiguousarray(self.weight, dtype=np.float64)
        found = None
        if self.weight is None or weight is not None:
            found = _confusion.table(self.true_places, self.pred_places, weight)
        if found is not None and len(found[0]) == k:
            counts = found[1]
        elif self.weight is None or self.weight.dtype.kind == "f":
            counts = np.bincount(self.true_places * k + self.pred_places, weight, k * k).reshape(k, k)
        else:                            # in whole numbers, past 2^53 too
            counts = np.zeros(k * k, np.int64)
            np.add.at(counts, self.true_places * k + self.pred_places, self.weight.astype(np.int64))
            counts = counts.reshape(k, k)
        return counts.astype(np.int64) if self.weight is None else counts

    def margins(self):
        """Sums of each class: of what agrees, of y_pred, of y_true."""
        weight = None if self.weight is None else np.ascontiguousarray(self.weight, dtype=np.float64)
        sums = _confusion.margins(np.ascontiguousarray(self.true_places), np.ascontiguousarray(self.pred_places),
                                  weight, len(self.classes))
        return sums.astype(np.int64) if self.weight is None else sums


def is_multilabel(y):
    """Whether a target is left to scikit-learn: an indicator matrix, sparse or dense."""
    if is_sparse(y):
        return True
    try:
        shape = np.shape(y)
    except ValueError:                   # ragged: as_labels has the words
        return False
    return len(shape) == 2 and shape[1] > 1


def label_pair(fn, y_true, y_pred, sample_weight=None, names=("y_true", "y_pred")):
    """The general door of two label vectors; None where both are multilabel, which is scikit-learn's."""
    if (is_sparse(y_true) or is_sparse(y_pred)) and is_multilabel(y_true) and is_multilabel(y_pred):
        return None
    t, p = as_labels(y_true, fn, names[0]), as_labels(y_pred, fn, names[1])
    check_lengths(fn, [(names[0], t), (names[1], p),
                       ("sample_weight", sample_weight if np.ndim(sample_weight) else None)])
    classes, kinds = [], []
    for a, name in ((t, names[0]), (p, names[1])):
        plain = a.dtype.kind in "biuU" and (a.ndim == 1 or (a.ndim == 2 and a.shape[1] == 1))
        found = places(a.ravel()) if plain else None
        kinds.append(target_type(a, fn, name, None if found is None else found[1]))
        classes.append(found)
    if len(t) == 0:
        raise ValueError(f"{fn}: {names[0]} is empty. Found empty input array (e.g., `y_true` or `y_pred`) while a "
                         f"minimum of 1 sample is required; got shape {t.shape}")
    kind = set(kinds)
    if kind == {"binary", "multiclass"}:
        kind = {"multiclass"}
    if len(kind) > 1:
        raise ValueError(f"{fn}: {names[0]} and {names[1]} differ in kind. Classification metrics can't handle a mix "
                         f"of {kinds[0]} and {kinds[1]} targets")
    pair = Pair()
    pair.kind = kind.pop()
    if pair.kind == "multilabel-indicator":
        return None
    if pair.kind not in ("binary", "multiclass"):
        raise ValueError(f"{fn}: {names[0]} holds no classes: {pair.kind} is not supported; expected labels, got dtype "
                         f"{t.dtype} and shape {t.shape}")
    pair.y_true, pair.y_pred = column(t, fn, names[0]), column(p, fn, names[1])
    pair.weight = None if sample_weight is None else check_weights(sample_weight, len(t), fn)
    _unite(pair, classes, fn)
    return pair


def _unite(pair, found, fn):
    """Places of both among the classes of both."""
    t, p = (f if f is not None else places(a) for f, a in zip(found, (pair.y_true, pair.y_pred), strict=True))
    text = {f[1].dtype.kind in "UO" for f in (t, p)}
    if len(text) > 1:
        raise ValueError(f"{fn}: y_true and y_pred differ in kind. Mix of label input types (string and number); Got "
                         f"{t[1]} and {p[1]}.")
    if t[1].shape == p[1].shape and (t[1] == p[1]).all():
        pair.classes, pair.true_places, pair.pred_places = t[1], t[0], p[0]
    else:
        pair.classes = np.union1d(t[1], p[1])
        pair.true_places = np.searchsorted(pair.classes, t[1])[t[0]]
        pair.pred_places = np.searchsorted(pair.classes, p[1])[p[0]]
    if pair.kind == "binary" and len(pair.classes) > 2:
        pair.kind = "multiclass"


# ------------------------------------------------------------------ options

def check_choice(value, choices, fn, arg):
    """One of a few words (or None)."""
    if not any(value is c or (type(c) is str and isinstance(value, str) and value == c) for c in choices):
        error = ValueError if isinstance(value, str) or value is None else TypeError
        raise error(f"{fn}: {arg} is not known. {arg} has to be one of {tuple(choices)}, got {value!r}")


def zero_value(zero_division, fn):
    """What stands for 0 / 0, and whether a warning is due."""
    if isinstance(zero_division, str) and zero_division == "warn":
        return 0.0, True
    if isinstance(zero_division, int | float | np.integer | np.floating):
        if zero_division in (0, 1):
            return float(zero_division), False
        if zero_division != zero_division:
            return float("nan"), False
    raise ValueError(f"{fn}: zero_division is not known; expected 'warn', 0, 1 or nan, got {zero_division!r}")
