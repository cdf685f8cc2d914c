"""Fault tables of `mathcore.losses` and `mathcore.nn`, as those of fault_rows.py. LOSSES_AND_NN holds what
`ops.Name` takes, one row per public name (ops.py imports this file, so the records are made there)."""

import numpy as np

import mathcore
from mathcore import losses, nn
from tests.fault_rows import _FLOATS_ONLY, Fault, _bad_operands, _outs, _workers


def _unfit(names, good, extra=()):
    """Each operand of good(), by its place, made unfit in turn."""
    rows = []
    for i, name in enumerate(names):
        shape = np.shape(good()[i])
        for what, bad, error, value in (*_bad_operands(shape), *extra):
            def make(i=i, bad=bad):
                return tuple(bad() if j == i else a for j, a in enumerate(good())), {}

            rows.append(Fault(f"{name} {what}", make, error, name, value))
    return tuple(rows)


def _option(args, name, value, error, shown=None, what=None):
    return Fault(what or f"{name}={value!r}", lambda: (args(), {name: value}), error, name,
                 repr(value) if shown is None else shown)


def _reductions(args):
    return (_option(args, "reduction", "average", ValueError), _option(args, "reduction", 1, ValueError),
            _option(args, "reduction", None, ValueError))


# ------------------------------------------------------------------ losses

def _three_classes():
    return np.ones((2, 3)), np.array([0, 2])


def _labelled(labels, logits=(2, 3)):
    return lambda: ((np.ones(logits), np.asarray(labels)), {})


_HUGE = np.array([1, 2**63 + 5], np.uint64)

CROSS_ENTROPY = (
    Fault("logits 0-d", lambda: ((1.0, np.array(0)), {}), ValueError, "logits", "()"),
    Fault("no classes", _labelled([0, 0], (2, 0)), ValueError, "logits", "(2, 0)"),
    Fault("no rows", _labelled(np.zeros(0, int), (0, 3)), ValueError, "logits", "(0, 3)"),
    Fault("labels too few", _labelled([0]), ValueError, "labels", "(1,)"),
    Fault("labels of an axis more", _labelled([[[0], [1]]]), ValueError, "labels", "(1, 2, 1)"),
    Fault("labels negative", _labelled([0, -1]), ValueError, "labels[1]", "-1"),
    Fault("labels too large", _labelled([3, 0]), ValueError, "labels[0]", "3"),
    Fault("labels past int64", _labelled(_HUGE), ValueError, "labels[1]", str(2**63 + 5)),
    Fault("labels past int64 in a batch", _labelled(np.array([[0, 1], [1, 2**63 + 5]], np.uint64), (2, 2, 3)),
          ValueError, "labels[1, 1]", str(2**63 + 5)),
    Fault("labels in a batch", _labelled([[0, 1], [7, 1]], (2, 2, 3)), ValueError, "labels[1, 0]", "7"),
    Fault("labels of bool", _labelled([True, False]), TypeError, "labels", "bool"),
    Fault("labels of float", _labelled([0.0, 1.0]), TypeError, "labels", "float64"),
    Fault("labels one-hot integers", _labelled([[1, 0, 0], [0, 1, 0]]), TypeError, "labels", "int64"),
    Fault("labels complex", _labelled(np.ones((2, 3), complex)), TypeError, "labels", "complex128"),
    Fault("probability negative", _labelled([[0.5, 0.5, 0], [1.5, -0.5, 0]]), ValueError, "labels[1, 1]", "-0.5"),
    Fault("probability NaN", _labelled([[np.nan, 0.5, 0], [1, 0, 0.0]]), ValueError, "labels[0, 0]", "nan"),
    Fault("probability inf", _labelled([[1, 0, 0], [1, np.inf, 0.0]]), ValueError, "labels[1]", "inf"),
    Fault("probabilities' sum", _labelled([[1, 0, 0], [0.5, 0.25, 0]]), ValueError, "labels[1]", "0.75"),
    _option(_three_classes, "weight", np.ones(2), ValueError, "(2,)", "weight too short"),
    _option(_three_classes, "weight", np.ones((1, 3)), ValueError, "(1, 3)", "weight a matrix"),
    _option(_three_classes, "weight", np.array([1, -2.0, 1]), ValueError, "-2.0", "weight negative"),
    _option(_three_classes, "weight", np.array([1, np.nan, 1]), ValueError, "nan", "weight NaN"),
    _option(_three_classes, "weight", np.array([1, np.inf, 1]), ValueError, "inf", "weight inf"),
    _option(_three_classes, "weight", np.ones(3, complex), TypeError, "complex128", "weight complex"),
    _option(_three_classes, "weight", np.array([0.0, 1, 0]), ValueError, "0", "weight 0 for every label"),
    _option(_three_classes, "ignore_index", 1.0, TypeError), _option(_three_classes, "ignore_index", "1", TypeError),
    Fault("all ignored", lambda: ((np.ones((2, 3)), np.array([-7, -7])), {"ignore_index": -7}), ValueError, "labels",
          "-7"),
    Fault("label beside ignore_index", lambda: ((np.ones((2, 3)), np.array([-7, -8])), {"ignore_index": -7}),
          ValueError, "labels[1]", "-8"),
    _option(_three_classes, "ignore_index", 2**70, ValueError),
    _option(_three_classes, "ignore_index", -2**70, ValueError),
    Fault("ignore_index beside probabilities", lambda: ((np.ones((1, 2)), np.array([[0.5, 0.5]])), {"ignore_index": 0}),
          ValueError, "ignore_index", "0"),
    *(_option(_three_classes, "label_smoothing", v, ValueError) for v in (-0.1, 1.1, np.nan)),
    *(_option(_three_classes, "label_smoothing", v, TypeError) for v in ("0", True, None)),
    *_unfit(("logits",), _three_classes, _FLOATS_ONLY),
    Fault("labels text", lambda: ((np.ones((2, 3)), np.array(["a", "b"])), {}), TypeError, "labels", "<U1"),
    *_reductions(_three_classes), *_workers(_three_classes),
)


def _product(x=(2, 5), w=(3, 5), labels=(0, 2)):
    return np.ones(x), np.ones(w), np.asarray(labels)


LINEAR_CROSS_ENTROPY = (
    Fault("inner sizes", lambda: (_product(w=(3, 4)), {}), ValueError, "x.shape[1]", "(3, 4)"),
    Fault("x a vector", lambda: (_product(x=(5,)), {}), ValueError, "x", "(5,)"),
    Fault("w a vector", lambda: (_product(w=(5,)), {}), ValueError, "w", "(5,)"),
    Fault("no classes", lambda: (_product(w=(0, 5)), {}), ValueError, "w", "(0, 5)"),
    Fault("no rows", lambda: (_product(x=(0, 5), labels=np.zeros(0, int)), {}), ValueError, "x", "(0, 5)"),
    Fault("labels too few", lambda: (_product(labels=[0]), {}), ValueError, "labels", "(1,)"),
    Fault("labels negative", lambda: (_product(labels=[0, -1]), {}), ValueError, "labels[1]", "-1"),
    Fault("labels too large", lambda: (_product(labels=[3, 0]), {}), ValueError, "labels[0]", "3"),
    Fault("labels of float", lambda: (_product(labels=[0.0, 1.0]), {}), TypeError, "labels", "float64"),
    Fault("all ignored", lambda: (_product(labels=[-7, -7]), {"ignore_index": -7}), ValueError, "labels", "-7"),
    _option(_product, "bias", np.ones(2), ValueError, "(2,)", "bias too short"),
    _option(_product, "bias", np.ones((1, 3)), ValueError, "(1, 3)", "bias a matrix"),
    _option(_product, "bias", "a", TypeError, "<U1", "bias text"),
    _option(_product, "weight", np.ones(2), ValueError, "(2,)", "weight too short"),
    _option(_product, "weight", np.array([1, -2.0, 1]), ValueError, "-2.0", "weight negative"),
    _option(_product, "ignore_index", 1.0, TypeError),
    *(_option(_product, "label_smoothing", v, ValueError) for v in (-0.1, 1.1, np.nan)),
    *_unfit(("x", "w"), _product, _FLOATS_ONLY), *_reductions(_product), *_workers(_product),
)


def _pairs(shape=(2, 3), other=(2, 3)):
    return np.full(shape, 0.5), np.full(other, 0.25)


def _pair_faults(first, *, first_bounded, target_bounded, factors):
    rows = [
        Fault("shapes", lambda: (_pairs(other=(3,)), {}), ValueError, "target", "(3,)"),
        Fault("no elements", lambda: (_pairs((0, 3), (0, 3)), {}), ValueError, first, "(0, 3)"),
        *_unfit((first, "target"), _pairs, _FLOATS_ONLY),
        *_reductions(_pairs), *_workers(_pairs),
    ]
    for name in factors:
        rows += [
            _option(_pairs, name, np.array([[1.0, 1, 1], [1, -2, 1]]), ValueError, "-2.0", f"{name} negative"),
            _option(_pairs, name, np.array([1.0, np.nan, 1]), ValueError, "nan", f"{name} NaN"),
            _option(_pairs, name, np.array([np.inf, 1, 1]), ValueError, "inf", f"{name} inf"),
            _option(_pairs, name, np.ones(4), ValueError, "(4,)", f"{name} of another shape"),
            _option(_pairs, name, np.ones((4, 2, 3)), ValueError, "(4, 2, 3)", f"{name} too large"),
            _option(_pairs, name, np.ones(3, complex), TypeError, "complex128", f"{name} complex"),
            _option(_pairs, name, "a", TypeError, "<U1", f"{name} text"),
        ]
    for i, (name, bounded) in enumerate(((first, first_bounded), ("target", target_bounded))):
        for value in (-0.25, 1.5, np.nan, np.inf) if bounded else ():
            def make(i=i, value=value):
                args = _pairs()
                args[i][1, 2] = value
                return args, {}

            rows.append(Fault(f"{name} {value}", make, ValueError, f"{name}[1, 2]", str(value)))
    return tuple(rows)


def _classes():
    return np.full((2, 3), 0.5), np.ones((2, 3))


MSE = MAE = _pair_faults("prediction", first_bounded=False, target_bounded=False, factors=("weight",))
HUBER = (*MSE, *(_option(_pairs, "delta", v, ValueError) for v in (0, -1.0, np.nan)),
         *(_option(_pairs, "delta", v, TypeError) for v in ("1", None, True)))
HINGE = (
    Fault("shapes", lambda: ((np.ones((2, 3)), np.ones(3)), {}), ValueError, "target", "(3,)"),
    Fault("no elements", lambda: ((np.ones((0, 3)), np.ones((0, 3))), {}), ValueError, "scores", "(0, 3)"),
    *(Fault(f"target {v}", lambda v=v: ((np.ones(3), np.array([1, -1, v])), {}), ValueError, "target[2]", str(float(v)))
      for v in (0, 0.5, np.nan, np.inf)),
    _option(_classes, "weight", np.array([1.0, -2, 1]), ValueError, "-2.0", "weight negative"),
    *_unfit(("scores", "target"), _classes, _FLOATS_ONLY), *_reductions(_classes), *_workers(_classes),
)
BINARY_CROSS_ENTROPY = _pair_faults("p", first_bounded=True, target_bounded=True, factors=("weight",))
BINARY_CROSS_ENTROPY_WITH_LOGITS = _pair_faults("logits", first_bounded=False, target_bounded=True,
                                                factors=("weight", "pos_weight"))


# ------------------------------------------------------------------ layers and steps

def _layer(x=(2, 3), w=(4, 3), b=(4,)):
    return np.ones(x), np.ones(w), np.ones(b)


DENSE = (
    Fault("inner sizes", lambda: (_layer(x=(2, 5)), {}), ValueError, "x.shape[-1]", "(2, 5)"),
    Fault("bias length", lambda: (_layer(b=(3,)), {}), ValueError, "b.shape[0]", "(3,)"),
    Fault("x 0-d", lambda: (_layer(x=()), {}), ValueError, "x", "()"),
    Fault("w a vector", lambda: (_layer(w=(3,)), {}), ValueError, "w", "(3,)"),
    Fault("b a matrix", lambda: (_layer(b=(1, 4)), {}), ValueError, "b", "(1, 4)"),
    _option(_layer, "activation", "gelu", ValueError), _option(_layer, "activation", None, ValueError),
    *_unfit(("x", "w"), lambda: (np.ones((3, 3)), np.ones((3, 3))), _FLOATS_ONLY),
    *_outs(_layer, (2, 4)), *_workers(_layer),
)


def _gradients(dy=(2, 4), x=(2, 3), w=(4, 3), *y):
    return np.ones(dy), np.ones(x), np.ones(w), *(np.ones(shape) for shape in y)


DENSE_BACKWARD = (
    Fault("rows", lambda: (_gradients(x=(3, 3)), {}), ValueError, "dy.shape[0]", "(3, 3)"),
    Fault("w", lambda: (_gradients(w=(3, 4)), {}), ValueError, "w", "(3, 4)"),
    Fault("dy a vector", lambda: (_gradients(dy=(4,)), {}), ValueError, "dy", "(4,)"),
    Fault("x of an axis more", lambda: (_gradients(x=(1, 2, 3)), {}), ValueError, "x", "(1, 2, 3)"),
    Fault("w a vector", lambda: (_gradients(w=(3,)), {}), ValueError, "w", "(3,)"),
    Fault("y a vector", lambda: (_gradients((2, 4), (2, 3), (4, 3), (4,)), {}), ValueError, "y", "(4,)"),
    Fault("y of another shape", lambda: (_gradients((2, 4), (2, 3), (4, 3), (2, 3)), {}), ValueError, "y", "(2, 3)"),
    _option(_gradients, "activation", "relu", ValueError, "None", "y missing"),
    _option(_gradients, "activation", "gelu", ValueError), _option(_gradients, "activation", None, ValueError),
    *_unfit(("dy", "x", "w", "y"), lambda: (np.ones((3, 3)),) * 4, _FLOATS_ONLY),
    *_workers(_gradients),
)


def _network(dtype=np.float64):
    return [(np.ones((4, 3), dtype), np.ones(4, dtype)), (np.ones((2, 4), dtype), np.ones(2, dtype))]


def _step():
    return _network(), np.ones((5, 3)), np.array([0, 1, 1, 0, 1])


def _parameters(what, change, error, arg, value):
    """A step whose parameters were changed in place, or replaced."""
    def make():
        parameters, x, labels = _step()
        return (change(parameters) or parameters, x, labels), {}

    return Fault(what, make, error, arg, value)


def _batch(what, x, labels, error, arg, value):
    return Fault(what, lambda: ((_network(), np.ones(x), labels), {}), error, arg, value)


def _with(i, j, a):
    """A function that puts a() in the place of w (j = 0) or b (j = 1) of layer i."""
    def change(parameters):
        pair = list(parameters[i])
        pair[j] = a()
        parameters[i] = tuple(pair)

    return change


def _read_only():
    w = np.ones((2, 4))
    w.flags.writeable = False
    return w


def _misaligned():
    return np.zeros(4 * 8 + 1, np.uint8)[1:].view(np.float64)


TRAIN_STEP = (
    _parameters("parameters a number", lambda p: 5, TypeError, "parameters", "int"),
    Fault("no parameters", lambda: (([], *_step()[1:]), {}), TypeError, "parameters", "list"),
    _parameters("parameters no pairs", lambda p: [w for w, _ in p], TypeError, "parameters", "list"),
    _parameters("too many layers", lambda p: [(np.ones((3, 3)), np.ones(3))] * 65, ValueError, "parameters", "65"),
    _parameters("w a list", _with(0, 0, lambda: [[1.0]]), TypeError, "parameters[0] (w)", "list"),
    _parameters("b a list", _with(0, 1, lambda: [1.0] * 4), TypeError, "parameters[0] (b)", "list"),
    _parameters("w of integers", _with(0, 0, lambda: np.ones((4, 3), int)), TypeError, "parameters[0] (w)", "int64"),
    _parameters("w of float16", _with(0, 0, lambda: np.ones((4, 3), "f2")), TypeError, "parameters[0] (w)", "float16"),
    _parameters("w of mixed types", _with(1, 0, lambda: np.ones((2, 4), "f4")), TypeError, "parameters[1] (w)",
                "float32"),
    _parameters("b of mixed types", _with(1, 1, lambda: np.ones(2, "f4")), TypeError, "parameters[1] (b)", "float32"),
    _parameters("w byte-swapped", _with(1, 0, lambda: np.ones((2, 4), ">f8")), TypeError, "parameters[1] (w)", ">f8"),
    _parameters("w masked", _with(1, 0, lambda: np.ma.ones((2, 4))), TypeError, "parameters[1] (w)", "float64"),
    _parameters("w a vector", _with(1, 0, lambda: np.ones(4)), ValueError, "parameters[1] (w)", "(4,)"),
    _parameters("b a matrix", _with(1, 1, lambda: np.ones((2, 1))), ValueError, "parameters[1] (b)", "(2, 1)"),
    _parameters("w read-only", _with(1, 0, _read_only), ValueError, "parameters[1] (w)", "writeable=False"),
    _parameters("w with gaps", _with(1, 0, lambda: np.ones((4, 8))[::2, ::2]), ValueError, "parameters[1] (w)",
                "strides"),
    _parameters("b with gaps", _with(1, 1, lambda: np.ones(4)[::2]), ValueError, "parameters[1] (b)", "strides"),
    _parameters("b misaligned", _with(0, 1, _misaligned), ValueError, "parameters[0] (b)", "strides"),
    _parameters("w of another width", _with(1, 0, lambda: np.ones((2, 5))), ValueError, "parameters[1]", "(2, 5)"),
    _parameters("b of another length", _with(1, 1, lambda: np.ones(3)), ValueError, "parameters[1]", "(3,)"),
    _parameters("no outputs", lambda p: [(np.ones((0, 3)), np.ones(0))], ValueError, "parameters[0]", "(0, 3)"),
    _batch("x of another width", (5, 4), np.zeros(5, int), ValueError, "x", "(5, 4)"),
    _batch("x a vector", (3,), np.zeros(1, int), ValueError, "x", "(3,)"),
    _batch("no rows", (0, 3), np.zeros(0, int), ValueError, "x", "(0, 3)"),
    _batch("labels too few", (5, 3), np.zeros(4, int), ValueError, "labels", "(4,)"),
    _batch("labels a matrix", (5, 3), np.zeros((5, 1), int), ValueError, "labels", "(5, 1)"),
    _batch("labels too large", (2, 3), np.array([1, 2]), ValueError, "labels[1]", "2"),
    _batch("labels negative", (2, 3), np.array([-1, 1]), ValueError, "labels[0]", "-1"),
    _batch("labels past int64", (2, 3), _HUGE, ValueError, "labels[1]", str(2**63 + 5)),
    _batch("labels of float", (2, 3), np.zeros(2), TypeError, "labels", "float64"),
    _batch("labels of bool", (2, 3), np.zeros(2, bool), TypeError, "labels", "bool"),
    *(_option(_step, "learning_rate", v, ValueError) for v in (0, -1.0, np.nan, np.inf)),
    *(_option(_step, "learning_rate", v, TypeError) for v in ("1", None, True, 1j)),
    _option(_step, "activation", "gelu", ValueError), _option(_step, "activation", None, ValueError),
    *(Fault(f"x {what}", lambda bad=bad: ((_network(), bad(), np.zeros(3, int)), {}), error, "x", value)
      for what, bad, error, value in (*_bad_operands((3, 3)), *_FLOATS_ONLY)),
    *_workers(_step),
)

MLP = (
    Fault("layers a number", lambda: ((5,), {}), TypeError, "layers", "5"),
    Fault("one layer", lambda: (((5,),), {}), ValueError, "layers", "1"),
    Fault("too many layers", lambda: (((2,) * 66,), {}), ValueError, "layers", "66"),
    Fault("layers of text", lambda: (("ab",), {}), TypeError, "layers[0]", "'a'"),
    Fault("a size of 0", lambda: (((3, 0, 2),), {}), ValueError, "layers[1]", "0"),
    Fault("a size below 0", lambda: (((3, 2, -2),), {}), ValueError, "layers[2]", "-2"),
    Fault("a size no integer", lambda: (((3.0, 2),), {}), TypeError, "layers[0]", "3.0"),
    _option(lambda: ((3, 2),), "activation", "gelu", ValueError),
    _option(lambda: ((3, 2),), "activation", None, ValueError),
    _option(lambda: ((3, 2),), "dtype", "float16", ValueError),
    _option(lambda: ((3, 2),), "dtype", np.int64, ValueError, "int64"),
    _option(lambda: ((3, 2),), "dtype", None, ValueError),
    _option(lambda: ((3, 2),), "rng", -1, ValueError),
    _option(lambda: ((3, 2),), "rng", "seed", TypeError),
    _option(lambda: ((3, 2),), "rng", 1.5, TypeError),
)


# room, name, faults, returns, is_function: the fields of ops.Name. A class has attributes in place of what it returns.
LOSSES_AND_NN = (
    (mathcore, "losses", (), True, False),
    (mathcore, "nn", (), True, False),
    (losses, "binary_cross_entropy", BINARY_CROSS_ENTROPY, True, True),
    (losses, "binary_cross_entropy_with_logits", BINARY_CROSS_ENTROPY_WITH_LOGITS, True, True),
    (losses, "cross_entropy", CROSS_ENTROPY, True, True),
    (losses, "hinge", HINGE, True, True),
    (losses, "huber", HUBER, True, True),
    (losses, "linear_cross_entropy", LINEAR_CROSS_ENTROPY, True, True),
    (losses, "mae", MAE, True, True),
    (losses, "mse", MSE, True, True),
    (nn, "MLP", MLP, False, False),
    (nn, "dense", DENSE, True, True),
    (nn, "dense_backward", DENSE_BACKWARD, True, True),
    (nn, "train_step", TRAIN_STEP, True, True),
)
