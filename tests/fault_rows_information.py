"""Records and fault tables of mathcore.information (see fault_rows.py)."""

import numpy as np

import mathcore
from mathcore import information, plot
from tests.fault_rows import _FLOATS_ONLY, Fault, _bad_operands, _workers

_HALVES = np.array([[0.5, 0.5], [0.25, 0.75]])


def _one():
    return (_HALVES.copy(),)


def _two():
    return _HALVES.copy(), _HALVES.copy()


def _option(args, name, value, error, shown=None):
    return Fault(f"{name}={value!r}", lambda: (args(), {name: value}), error, name,
                 repr(value) if shown is None else shown)


def _bases(args):
    return (*(_option(args, "base", v, ValueError) for v in (0, -2.0, np.nan, np.inf)),
            _option(args, "base", 1, ValueError, "1"),
            *(_option(args, "base", v, TypeError) for v in ("2", True, 2j)))


def _axis(args):
    return (_option(args, "axis", 2, np.exceptions.AxisError), _option(args, "axis", -3, np.exceptions.AxisError),
            _option(args, "axis", 1.0, TypeError), _option(args, "axis", None, TypeError))


def _unfit(names, good):
    """Each operand of good(), by its place, made unfit in turn."""
    rows = []
    for i, name in enumerate(names):
        for what, bad, error, value in (*_bad_operands((2, 2)), *_FLOATS_ONLY):
            def make(i=i, bad=bad):
                return tuple(bad() if j == i else a for j, a in enumerate(good())), {}

            rows.append(Fault(f"{name} {what}", make, error, name, value))
    return tuple(rows)


def _changed(good, i, row, error, arg, value, **options):
    """The second row of operand i replaced."""
    def make():
        args = good()
        args[i][1] = row
        return args, options

    return Fault(f"{arg} {row} {options or ''}", make, error, arg, value)


def _probabilities(good, names):
    rows = []
    for i, name in enumerate(names):
        rows += [
            _changed(good, i, [0.5, 0.57], ValueError, f"{name} row 1", "1.07"),
            _changed(good, i, [-0.1, 1.1], ValueError, f"{name}[1, 0]", "-0.1"),
            _changed(good, i, [0.5, np.nan], ValueError, f"{name}[1, 1]", "nan"),
            _changed(good, i, [0.0, 1.5], ValueError, f"{name}[1, 1]", "1.5"),
            _changed(good, i, [0.0, np.inf], ValueError, f"{name}[1, 1]", "inf"),
            _changed(good, i, [0.5, 0.5 + 2.0**-47], ValueError, f"{name} row 1", "sums to"),
            _changed(good, i, [0.0, 0.0], ValueError, f"{name} row 1", "0", normalize=True),
            _changed(good, i, [-1.0, 3.0], ValueError, f"{name}[1, 0]", "-1.0", normalize=True),
            _changed(good, i, [1.0, np.inf], ValueError, f"{name} row 1", "inf", normalize=True),
        ]
    return tuple(rows)


def _shapes(names, good):
    first = names[0]
    rows = [Fault(f"{first} 0-d", lambda: ((1.0, 1.0)[:len(names)], {}), ValueError, first, "()"),
            Fault("no outcomes", lambda: ((np.zeros((2, 0)),) * len(names), {}), ValueError, first, "(2, 0)")]
    if len(names) > 1:
        rows += [Fault("outcomes", lambda: ((np.array([0.5, 0.5]), np.array([1.0])), {}), ValueError, names[1], "(1,)"),
                 Fault("batches", lambda: ((np.full((3, 2), 0.5), np.full((2, 2), 0.5)), {}), ValueError, names[1],
                       "(3,)")]
    return tuple(rows)


def _rows(names, good):
    return (*_probabilities(good, names), *_shapes(names, good), *_axis(good), *_workers(good), *_unfit(names, good))


class _Frozen:
    """A distribution of no known family."""

    def logpdf(self, x):
        return x


ENTROPY = (*_rows(("p",), _one), *_bases(_one))
PERPLEXITY = _rows(("p",), _one)
_PAIR = (*_rows(("p", "q"), _two), *_bases(_two))
CROSS_ENTROPY = KL_DIVERGENCE = (
    *_PAIR,
    Fault("a distribution beside an array", lambda: ((_Frozen(), np.array([1.0])), {}), TypeError, "q", "ndarray"),
    Fault("an array beside a distribution", lambda: (([1.0], _Frozen()), {}), TypeError, "p", "list"),
    Fault("an unknown family", lambda: ((_Frozen(), _Frozen()), {}), ValueError, "p and q", "_Frozen"),
)
JS = _PAIR


def _logits(names, good):
    return (*_shapes(names, good), *_axis(good), *_workers(good), *_unfit(names, good), *_bases(good))


def _order(value, error):
    return Fault(f"alpha={value!r}", lambda: ((np.array([0.5, 0.5]), value), {}), error, "alpha", repr(value))


def _with_order():
    return _HALVES.copy(), 2


_ORDERS = (*(_order(v, ValueError) for v in (-1, np.nan)), *(_order(v, TypeError) for v in ("2", None, True)))
_POWERS = (*_ORDERS, *_axis(_with_order), *_unfit(("p",), _with_order),
           *(row for row in _probabilities(_with_order, ("p",))),
           Fault("p 0-d", lambda: ((1.0, 2), {}), ValueError, "p", "()"),
           Fault("no outcomes", lambda: ((np.zeros((2, 0)), 2), {}), ValueError, "p", "(2, 0)"))
RENYI = (*_POWERS, *_bases(_with_order))
TSALLIS = (*_POWERS, _order(np.inf, ValueError))


# ------------------------------------------------------------------ tables

def _joint():
    return (np.full((2, 2, 2), 0.125),)


def _table(what, table, arg, value, **options):
    return Fault(what, lambda: ((np.array(table),), options), ValueError, arg, value)


_TABLE = (
    _table("sum", [[0.5, 0.5], [0.25, 0.0]], "joint", "1.25"),
    _table("negative", [[0.5, 0.75], [-0.25, 0.0]], "joint[1, 0]", "-0.25"),
    _table("NaN", [[0.5, 0.5], [np.nan, 0.0]], "joint[1, 0]", "nan"),
    _table("no outcomes", np.zeros((0, 2)), "joint", "(0, 2)"),
    _table("nothing to divide by", np.zeros((2, 2)), "joint", "0", normalize=True),
    _table("infinite", [np.inf, 1.0], "joint", "inf", normalize=True),
    Fault("0-d", lambda: ((1.0,), {}), ValueError, "joint", "()"),
    *_unfit(("joint",), lambda: (np.full((2, 2), 0.25),)), *_bases(_joint),
)


def _axes_of(name):
    return (_option(_joint, name, 3, np.exceptions.AxisError, "3"), _option(_joint, name, (0, 0), ValueError),
            _option(_joint, name, 0.5, TypeError))


JOINT_ENTROPY = (*_TABLE, *_axes_of("axes"), _option(_joint, "axes", (), ValueError))
CONDITIONAL_ENTROPY = (
    *_TABLE, *_axes_of("given"), *_axes_of("of"),
    Fault("both sides", lambda: (_joint(), {"of": 1, "given": (0, 1)}), ValueError, "of", "(1,)"),
    Fault("nothing left", lambda: (_joint(), {"given": (0, 1, 2)}), ValueError, "of", "3"),
)
MUTUAL_INFORMATION = (
    *_TABLE, *_axes_of("x"), *_axes_of("y"), *_axes_of("given"),
    Fault("one axis twice", lambda: (_joint(), {"x": 1, "y": 1}), ValueError, "x", "(1,)"),
    Fault("nothing left", lambda: ((np.array([0.5, 0.5]),), {}), ValueError, "y", "1"),
)


def _split(parent=(2.0, 3.0), children=((2.0, 0.0), (0.0, 3.0))):
    return np.array(parent), np.array(children)


INFORMATION_GAIN = (
    Fault("sums", lambda: (_split((2.0, 4.0)), {}), ValueError, "children", "3"),
    Fault("a negative count", lambda: (_split((2.0, -3.0)), {}), ValueError, "parent[1]", "-3.0"),
    Fault("a NaN", lambda: (_split(children=((2.0, np.nan), (0.0, 3.0))), {}), ValueError, "children[0, 1]", "nan"),
    Fault("classes", lambda: (_split((2.0, 3.0, 1.0)), {}), ValueError, "children", "(3,)"),
    Fault("empty", lambda: (_split((0.0, 0.0), ((0.0, 0.0),)), {}), ValueError, "parent", "0.0"),
    Fault("children a vector", lambda: (_split(children=(2.0, 3.0)), {}), ValueError, "children", "(2,)"),
    Fault("batches", lambda: ((np.ones((3, 2)), np.ones((2, 1, 2))), {}), ValueError, "parent and children", "(3,)"),
    *_unfit(("parent", "children"), _split), *_workers(_split), *_bases(_split),
)


# ------------------------------------------------------------------ samples

def _labels():
    return np.array([0, 1, 1]), np.array([1, 0, 0])


def _label_faults(names):
    n = len(names)

    def row(what, x, error, arg, value):
        return Fault(what, lambda: ((x(), *_labels()[1:n]), {}), error, arg, value)

    first = names[0]
    rows = [row("a matrix", lambda: np.ones((3, 1)), ValueError, first, "(3, 1)"),
            row("none", lambda: np.zeros(0), ValueError, first, "(0,)"),
            row("NaN", lambda: np.array([0.0, np.nan, 1]), ValueError, f"{first}[1]", "nan"),
            row("records", lambda: np.zeros(3, "f8,f8"), TypeError, first, "'<f8'"),
            row("two kinds", lambda: np.array([0, "a", 1], object), TypeError, first, "'str'"),
            row("ragged", lambda: [[1.0], [1.0, 2.0]], ValueError, first, "inhomogeneous")]
    if n > 1:
        rows.append(Fault("lengths", lambda: ((np.ones(3, int), np.ones(4, int)), {}), ValueError, names[1], "4"))
    return tuple(rows)


ENTROPY_FROM_SAMPLES = (
    *_label_faults(("x",)), *_bases(lambda: _labels()[:1]),
    _option(lambda: _labels()[:1], "correction", "jackknife", ValueError),
    _option(lambda: _labels()[:1], "discrete", 1, TypeError),
    Fault("correction of a density", lambda: (_labels()[:1], {"discrete": False, "correction": "miller-madow"}),
          ValueError, "correction", "miller-madow"),
    Fault("a density of text", lambda: ((np.array(["a"]),), {"discrete": False}), TypeError, "x", "<U1"),
    Fault("a density of a matrix", lambda: ((np.ones((3, 2)),), {"discrete": False}), ValueError, "x", "(3, 2)"),
)
MUTUAL_INFORMATION_FROM_SAMPLES = (
    *_label_faults(("x", "y")), *_bases(_labels), _option(_labels, "discrete", None, TypeError),
    _option(_labels, "n_neighbors", 0, ValueError), _option(_labels, "n_neighbors", 2.0, TypeError),
    Fault("too few samples", lambda: ((np.arange(3.0), np.arange(3.0)), {"discrete": False}), ValueError, "n_neighbors",
          "3"),
    Fault("infinite", lambda: ((np.array([0, 1, np.inf]), np.arange(3.0)), {"discrete": False, "n_neighbors": 1}),
          ValueError, "x[2]", "inf"),
    Fault("a cube", lambda: ((np.arange(3.0), np.ones((3, 1, 1))), {"discrete": False, "n_neighbors": 1}), ValueError,
          "y", "(3, 1, 1)"),
)
INFORMATION_GAIN_FROM_SAMPLES = (
    *_label_faults(("labels", "feature")), *_bases(_labels), _option(_labels, "threshold", np.nan, ValueError, "nan"),
    _option(_labels, "threshold", "a", TypeError, "<U1"),
    Fault("threshold beside text", lambda: ((np.array([0, 1]), np.array(["a", "b"])), {"threshold": 1.0}), TypeError,
          "feature", "<U1"),
)

ENTROPY_CURVE = (Fault("no probability", lambda: (([0.5, 1.5],), {}), ValueError, "points", "1.5"),)
DIVERGENCE_BARS = (
    Fault("lengths", lambda: (([0.5, 0.5], [1.0]), {}), ValueError, "q", "(1,)"),
    Fault("a matrix", lambda: ((_HALVES, _HALVES), {}), ValueError, "q", "(2, 2)"),
)

# room, name, faults, returns, is_function: the fields of ops.Name
INFORMATION = (
    (mathcore, "information", (), True, False),
    (information, "conditional_entropy", CONDITIONAL_ENTROPY, True, True),
    (information, "cross_entropy", CROSS_ENTROPY, True, True),
    (information, "cross_entropy_from_logits", _logits(("p_logits", "q_logits"), _two), True, True),
    (information, "entropy", ENTROPY, True, True),
    (information, "entropy_from_logits", _logits(("logits",), _one), True, True),
    (information, "entropy_from_samples", ENTROPY_FROM_SAMPLES, True, True),
    (information, "information_gain", INFORMATION_GAIN, True, True),
    (information, "information_gain_from_samples", INFORMATION_GAIN_FROM_SAMPLES, True, True),
    (information, "joint_entropy", JOINT_ENTROPY, True, True),
    (information, "js_distance", JS, True, True),
    (information, "js_divergence", JS, True, True),
    (information, "kl_divergence", KL_DIVERGENCE, True, True),
    (information, "kl_from_logits", _logits(("p_logits", "q_logits"), _two), True, True),
    (information, "mutual_information", MUTUAL_INFORMATION, True, True),
    (information, "mutual_information_from_samples", MUTUAL_INFORMATION_FROM_SAMPLES, True, True),
    (information, "perplexity", PERPLEXITY, True, True),
    (information, "renyi_entropy", RENYI, True, True),
    (information, "tsallis_entropy", TSALLIS, True, True),
    (plot, "divergence_bars", DIVERGENCE_BARS, True, True),
    (plot, "entropy_curve", ENTROPY_CURVE, True, True),
)
