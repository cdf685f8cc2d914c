"""Records and fault tables of the descriptions and intervals of mathcore.stats (see fault_rows.py)."""

import numpy as np

from mathcore import stats
from tests.fault_rows import Fault, Sparse

X = np.array([1.0, 2.0, 4.0, 8.0])


def _call(what, args, error, arg, value, **options):
    return Fault(what, lambda: (args, options), error, arg, value)


def _not_numbers(arg, *more, inside=lambda a: a, **options):
    """The first argument text, dates, sparse."""
    data = (("text", np.array(["a", "b"]), "<U1"), ("dates", np.zeros(3, "M8[D]"), "datetime64[D]"),
            ("sparse", Sparse(), "Sparse"))
    return tuple(_call(f"{arg} {what}", (inside(bad), *more), TypeError, arg, value, **options)
                 for what, bad, value in data)


DESCRIBE = (
    *_not_numbers("a"),
    _call("no elements", (np.zeros((0, 2)),), ValueError, "a", "(0, 2)"),
    _call("NaN under raise", (np.array([1.0, np.nan, 2.0, 3.0]),), ValueError, "a", "nan", nan_policy="raise"),
    _call("no such axis", (X,), np.exceptions.AxisError, "axis", "1", axis=1),
    _call("no such policy", (X,), ValueError, "nan_policy", "'drop'", nan_policy="drop"),
)

COV = (
    *_not_numbers("m"),
    _call("three dimensions", (np.ones((2, 2, 2)),), ValueError, "m", "(2, 2, 2)"),
    _call("y of three dimensions", (X, np.ones((1, 1, 4))), ValueError, "y", "(1, 1, 4)"),
    _call("y text", (X, np.array(["a"] * 4)), TypeError, "y", "<U1"),
    _call("ddof not whole", (X,), ValueError, "ddof", "1.5", ddof=1.5),
    _call("fweights not whole", (X,), TypeError, "fweights", "0.5", fweights=[1, 1, 0.5, 1]),
    _call("fweights negative", (X,), ValueError, "fweights", "-1", fweights=[1, 1, -1, 1]),
    _call("fweights a matrix", (X,), RuntimeError, "fweights", "(2, 2)", fweights=np.ones((2, 2))),
    _call("fweights too few", (X,), RuntimeError, "fweights", "got 3", fweights=np.ones(3)),
    _call("aweights negative", (X,), ValueError, "aweights", "-1", aweights=[1, 1, -1, 1]),
    _call("aweights a matrix", (X,), RuntimeError, "aweights", "(2, 2)", aweights=np.ones((2, 2))),
    _call("aweights too many", (X,), RuntimeError, "aweights", "got 5", aweights=np.ones(5)),
    _call("weights all 0", (X,), ZeroDivisionError, "weights", "0", aweights=np.zeros(4)),
)

CORRCOEF = (
    *_not_numbers("x"),
    _call("three dimensions", (np.ones((2, 2, 2)),), ValueError, "x", "(2, 2, 2)"),
    _call("y of three dimensions", (X, np.ones((1, 1, 4))), ValueError, "y", "(1, 1, 4)"),
)


def _bootstrap(what, error, arg, value, *args, **options):
    return _call(what, args or ((X,), "mean"), error, arg, value, **{"n_resamples": 9, **options})


BOOTSTRAP = (
    *_not_numbers("data[0]", "mean", inside=lambda a: (a,)),
    _bootstrap("no sequence", ValueError, "data", "int", 3, "mean"),
    _bootstrap("no samples", ValueError, "data", "()", (), "mean"),
    _bootstrap("one observation", ValueError, "data[0]", "(1,)", (X[:1],), "mean"),
    _bootstrap("a number", ValueError, "data[0]", "()", (2.0,), "mean"),
    _bootstrap("two samples for one", ValueError, "data", "got 2", (X, X), "mean"),
    _bootstrap("pairs of two lengths", ValueError, "data", "[3, 4]", (X, X[:3]), "correlation", paired=True),
    _bootstrap("correlation without pairs", ValueError, "statistic", "False", (X, X), "correlation"),
    _bootstrap("no such name", ValueError, "statistic", "'mode'", (X,), "mode"),
    _bootstrap("no function", TypeError, "statistic", "3", (X,), 3),
    _bootstrap("vectorized no such", ValueError, "vectorized", "'yes'", vectorized="yes"),
    _bootstrap("paired no such", ValueError, "paired", "'yes'", paired="yes"),
    _bootstrap("axis not whole", ValueError, "axis", "1.5", axis=1.5),
    _bootstrap("no such axis", np.exceptions.AxisError, "axis", "2", axis=2),
    _bootstrap("confidence_level text", ValueError, "confidence_level", "'much'", confidence_level="much"),
    _bootstrap("confidence_level None", TypeError, "confidence_level", "NoneType", confidence_level=None),
    _bootstrap("confidence_level in percent", ValueError, "confidence_level", "95", confidence_level=95),
    _bootstrap("alternative no such", ValueError, "alternative", "'both'", alternative="both"),
    _bootstrap("method no such", ValueError, "method", "'t'", method="t"),
    _bootstrap("n_resamples negative", ValueError, "n_resamples", "-1", n_resamples=-1),
    _bootstrap("n_resamples not whole", ValueError, "n_resamples", "9.5", n_resamples=9.5),
    _bootstrap("n_resamples 0", ValueError, "n_resamples", "0", n_resamples=0),
    _bootstrap("batch 0", ValueError, "batch", "0", batch=0),
    _bootstrap("bootstrap_result no such", ValueError, "bootstrap_result", "10", bootstrap_result=10),
    _bootstrap("rng text", TypeError, "rng", "seed", rng="seed"),
    _bootstrap("rng negative", ValueError, "rng", "non-negative", rng=-1),
    _bootstrap("rng twice", TypeError, "rng", "1 and 2", rng=1, random_state=2),
    _bootstrap("random_state negative", ValueError, "random_state", "-1", random_state=-1),
)

_LEVELS = tuple(
    (what, error, name, value, {name: bad}) for what, error, name, value, bad in (
        ("confidence_level in percent", ValueError, "confidence_level", "95", 95),
        ("confidence_level NaN", ValueError, "confidence_level", "nan", np.nan),
        ("confidence_level text", TypeError, "confidence_level", "'0.9'", "0.9"),
        ("alternative no such", ValueError, "alternative", "'both'", "both"),
        ("method no such", ValueError, "method", "'z'", "z")))

MEAN_CI = (
    *_not_numbers("x"),
    *(_call(what, (X,), error, name, value, **options) for what, error, name, value, options in _LEVELS),
    _call("complex x", (X * 1j,), TypeError, "x", "complex128"),
    _call("one observation", (X[:1],), ValueError, "x", "got 1"),
    _call("a number", (1.0,), ValueError, "x", "()"),
    _call("no such axis", (X,), np.exceptions.AxisError, "axis", "1", axis=1),
    _call("rng text", (X,), TypeError, "rng", "'seed'", method="bootstrap", rng="seed"),
    _call("n_resamples 0", (X,), ValueError, "n_resamples", "0", method="bootstrap", n_resamples=0),
)

PROPORTION_CI = (
    *_not_numbers("k", 5),
    *(_call(what, (2, 5), error, name, value, **options) for what, error, name, value, options in _LEVELS),
    _call("k of floats", (2.0, 5), TypeError, "k", "float64"),
    _call("n of floats", (2, 5.0), TypeError, "n", "float64"),
    _call("k negative", ([1, -2], 5), ValueError, "k", "-2"),
    _call("k above n", ([1, 6], 5), ValueError, "k", "6"),
    _call("no trials", (0, 0), ValueError, "n", "0"),
    _call("shapes that do not fit", ([1, 2], [4, 5, 6]), ValueError, "k and n", "(3,)"),
)

RUNNING_MOMENTS = (
    _call("shape negative", (-1,), ValueError, "shape", "-1"),
    _call("shape not whole", ((2, 1.5),), TypeError, "shape", "1.5"),
    _call("covariance of numbers", ((),), ValueError, "covariance", "()", covariance=True),
)

# the fields of ops.Name
DESCRIPTIVE = (
    (stats, "RunningMoments", RUNNING_MOMENTS, True, False),
    (stats, "bootstrap", BOOTSTRAP),
    (stats, "corrcoef", CORRCOEF),
    (stats, "cov", COV),
    (stats, "describe", DESCRIBE),
    (stats, "mean_ci", MEAN_CI),
    (stats, "proportion_ci", PROPORTION_CI),
)
