"""Fault tables of the whole fits of `mathcore.optimize`, as those of fault_rows.py."""

import numpy as np

from mathcore import optimize
from tests.fault_rows import Fault

ROWS, LABELS = np.arange(8.0).reshape(4, 2), np.array([0, 1, 0, 1])


def _fault(what, error, arg, value, x=ROWS, y=LABELS, **options):
    return Fault(what, lambda: ((x, y), options), error, arg, value)


def _faults(target):
    return (
        _fault("x of one dimension", ValueError, "x", "(4,)", x=ROWS[:, 0]),
        _fault("no rows", ValueError, "x", "(0, 2)", x=ROWS[:0], y=LABELS[:0]),
        _fault("NaN in x", ValueError, "x", "nan", x=ROWS * [1.0, np.nan]),
        _fault("complex x", TypeError, "x", "complex128", x=ROWS * 1j),
        _fault(f"too few {target}", ValueError, target, "4 and 3", y=LABELS[:3]),
        _fault("alpha below 0", ValueError, "alpha", "-1.0", alpha=-1.0),
        _fault("l1_ratio above 1", ValueError, "l1_ratio", "2.0", l1_ratio=2.0),
        _fault("fit_intercept no bool", TypeError, "fit_intercept", "1", fit_intercept=1),
        _fault("negative weight", ValueError, "sample_weight", "-1", sample_weight=[-1, 1, 1, 1]),
        _fault("unknown solver", ValueError, "solver", "'bfgs'", solver="bfgs"),
        _fault("learning rate 0", ValueError, "learning_rate", "0.0", learning_rate=0.0),
        _fault("momentum above 1", ValueError, "momentum", "2.0", momentum=2.0),
        _fault("momentum for L-BFGS", ValueError, "momentum", "0.5", solver="lbfgs", momentum=0.5),
        _fault("learning rate for L-BFGS", ValueError, "learning_rate", "0.1", solver="lbfgs", learning_rate=0.1),
        _fault("batches for descent", ValueError, "batch_size", "8", solver="gd", batch_size=8),
        _fault("an L1 penalty for L-BFGS", ValueError, "l1_ratio", "0.5", solver="lbfgs", alpha=1.0, l1_ratio=0.5),
        _fault("batch size 0", ValueError, "batch_size", "0", batch_size=0),
        _fault("max_iter below 0", ValueError, "max_iter", "-1", max_iter=-1),
        _fault("tol below 0", ValueError, "tol", "-1.0", tol=-1.0),
        _fault("init no pair", TypeError, "init", "int", init=1),
        _fault("rng no seed", TypeError, "rng", "'seed'", solver="sgd", rng="seed"),
        _fault("callback no function", TypeError, "callback", "1", callback=1),
        _fault("every 0", ValueError, "every", "0", every=0),
        _fault("patience 0", ValueError, "patience", "0", patience=0),
        _fault("workers 0", ValueError, "workers", "0", workers=0),
    )


def _classes(target):
    return (
        *_faults(target),
        _fault("a class below 0", ValueError, target, "-1", y=LABELS - 1),
        _fault("one class", ValueError, target, "0", y=LABELS * 0),
        _fault("unknown class weights", ValueError, "class_weight", "'even'", class_weight="even"),
        _fault("negative class weight", ValueError, "class_weight", "-1", class_weight=[-1, 1]),
    )


# the fields of ops.Name
FITS = (
    (optimize, "fit_linear", _faults("y")),
    (optimize, "fit_logistic", _classes("y")),
    (optimize, "fit_softmax", (*_classes("labels"), _fault("n_classes 1", ValueError, "n_classes", "1", n_classes=1))),
)
