"""Records and fault tables of mathcore.probability (see fault_rows.py)."""

from fractions import Fraction

import numpy as np

import mathcore
from mathcore import probability
from tests.fault_rows import _FLOATS_ONLY, Fault, _bad_operands

_QUARTERS = ((0.25, 0.25), (0.25, 0.25))


def _table():
    return (np.array(_QUARTERS),)


def _tables(name, call=lambda table: ((table,), {})):
    """Tables that are no distributions, as the first argument of a call."""
    def row(what, table, error, arg, value):
        return Fault(what, lambda: call(table()), error, arg, value)

    return (
        row("sum", lambda: np.array([[0.5, 0.5], [0.25, 0.0]]), ValueError, name, "1.25"),
        row("sum of fractions", lambda: [Fraction(1, 2), Fraction(1, 3)], ValueError, name, "5/6"),
        row("negative", lambda: np.array([[0.5, 0.75], [-0.25, 0.0]]), ValueError, f"{name}[1, 0]", "-0.25"),
        row("NaN", lambda: np.array([[0.5, 0.5], [np.nan, 0.0]]), ValueError, f"{name}[1, 0]", "nan"),
        row("inf", lambda: np.array([0.5, np.inf]), ValueError, f"{name}[1]", "inf"),
        *(row(what, bad, error, name, value)
          for what, bad, error, value in (*_bad_operands((2, 2)), *_FLOATS_ONLY[:2])),
    )


def _named(fn_args, fn_options, what, error, arg, value):
    return Fault(what, lambda: ((*_table(), *fn_args), fn_options), error, arg, value)


JOINT = (
    *_tables("table"),
    Fault("0-d", lambda: ((1.0,), {}), ValueError, "table", "()"),
    Fault("no outcomes", lambda: ((np.zeros((0, 2)),), {}), ValueError, "table", "(0, 2)"),
    Fault("nothing to divide by", lambda: ((np.zeros((2, 2), int),), {"normalize": True}), ValueError, "table", "0"),
    _named((), {"names": ("a",)}, "too few names", ValueError, "names", "('a',)"),
    _named((), {"names": ("a", "a")}, "a name twice", ValueError, "names", "('a', 'a')"),
    _named((), {"values": ((0, 1), (0, 1, 2))}, "too many values", ValueError, "values", "[0, 1, 2]"),
    _named((), {"values": ((0, 1), (0, 0))}, "a value twice", ValueError, "values", "[0, 0]"),
    _named((), {"values": {"b": (0, 1)}}, "values of no variable", ValueError, "values", "'b'"),
)
JOINT_FROM_SAMPLES = (
    Fault("none", lambda: ((), {}), ValueError, "samples", "0"),
    Fault("lengths", lambda: (([1, 2], [1, 2, 3]), {}), ValueError, "samples[1]", "(3,)"),
    Fault("a matrix", lambda: ((np.ones((2, 2)),), {}), ValueError, "samples[0]", "(2, 2)"),
    Fault("NaN", lambda: (([0.0, np.nan],), {}), ValueError, "samples[0][1]", "nan"),
    Fault("two kinds", lambda: ((np.array([0, "a"], object),), {}), TypeError, "samples[0]", "'str'"),
    Fault("names", lambda: (([1, 2],), {"names": ("a", "b")}), ValueError, "names", "('a', 'b')"),
)
_JOINTS = _tables("joint", lambda table: ((table, 0), {}))
MARGINAL = (
    *_JOINTS,
    _named((2,), {}, "no variable", ValueError, "names", "2"),
    _named((0, 0), {}, "twice", ValueError, "names", "(0, 0)"),
    _named((), {}, "none", ValueError, "names", "()"),
)
CONDITIONAL = (
    *_tables("joint", lambda table: ((table,), {"given": 0})),
    _named((), {"given": 2}, "no variable", ValueError, "given", "2"),
    _named((0,), {"given": 0}, "one on both sides", ValueError, "given", "0"),
    _named((5,), {"given": 0}, "of no variable", ValueError, "of", "5"),
    _named((), {"given": {0: 7}}, "no value", ValueError, "given", "7"),
    Fault("an impossible condition", lambda: ((np.array([[0.5, 0.5], [0.0, 0.0]]),), {"given": {0: 1}}), ValueError,
          "given", "{0: 1}"),
)
IS_INDEPENDENT = (
    *_tables("joint"),
    _named((0, 2), {}, "no variable", ValueError, "b", "2"), _named((0, 0), {}, "twice", ValueError, "a, b", "[0, 0]"),
    _named((), {"given": 4}, "given no variable", ValueError, "given", "4"),
    _named((), {"tol": -1.0}, "tol", ValueError, "tol", "-1.0"), _named((), {"tol": "0"}, "tol text", TypeError, "tol",
                                                                        "'0'"),
)
EXPECTATION = VARIANCE = (*_JOINTS, _named((), {}, "several variables", ValueError, "f", "[0, 1]"),
                          _named(("c",), {}, "no variable", ValueError, "f", "'c'"),
                          _named(([0],), {}, "a list", ValueError, "f", "[0]"))
COVARIANCE = (*_tables("joint"), _named((0, "c"), {}, "no variable", ValueError, "f", "'c'"),
              _named((None, 0), {}, "None", ValueError, "f", "[0, 1]"))
TOTAL_PROBABILITY = (
    *_tables("prior", lambda table: ((table, np.ones((2, 2))), {}))[2:5],
    Fault("sum", lambda: (([0.5, 0.25], [1.0, 1.0]), {}), ValueError, "prior", "0.75"),
    Fault("a matrix", lambda: ((np.ones((2, 2)) / 4, np.ones(2)), {}), ValueError, "prior", "(2, 2)"),
    Fault("lengths", lambda: (([0.5, 0.5], [1.0]), {}), ValueError, "likelihood", "(1,)"),
    Fault("more than 1", lambda: (([0.5, 0.5], [0.5, 1.5]), {}), ValueError, "likelihood[1]", "1.5"),
    Fault("text", lambda: (([0.5, 0.5], ["a", "b"]), {}), TypeError, "likelihood", "<U1"),
)


def _counts():
    def row(what, args, error, arg, value):
        return Fault(what, lambda: (args, {}), error, arg, value)

    return (row("negative", (-1, 2), ValueError, "n", "-1"), row("negative k", (4, [1, -2]), ValueError, "k[1]", "-2"),
            row("no whole number", (2.5, 1), TypeError, "n", "float64"), row("text", ("a", 1), TypeError, "n", "<U1"),
            row("bool", (True, 1), TypeError, "n", "bool"),
            row("shapes", ([1, 2], [1, 2, 3]), ValueError, "n and k", "(3,)"))


# room, name, faults, returns, is_function: the fields of ops.Name
PROBABILITY = (
    (mathcore, "probability", (), True, False),
    (probability, "Joint", (), True, False),
    (probability, "comb", _counts(), True, True),
    (probability, "conditional", CONDITIONAL, True, True),
    (probability, "correlation", COVARIANCE, True, True),
    (probability, "covariance", COVARIANCE, True, True),
    (probability, "expectation", EXPECTATION, True, True),
    (probability, "is_independent", IS_INDEPENDENT, True, True),
    (probability, "joint", JOINT, True, True),
    (probability, "joint_from_samples", JOINT_FROM_SAMPLES, True, True),
    (probability, "marginal", MARGINAL, True, True),
    (probability, "perm", _counts(), True, True),
    (probability, "total_probability", TOTAL_PROBABILITY, True, True),
    (probability, "variance", VARIANCE, True, True),
)
