"""Records and fault tables of mathcore.bayes (see fault_rows.py)."""

import numpy as np

import mathcore
from mathcore import bayes
from tests.fault_rows import Fault


def _row(what, args, error, arg, value, **kwargs):
    return Fault(what, lambda: (tuple(np.array(a) if isinstance(a, list) else a for a in args), kwargs), error, arg,
                 value)


_NAN, _INF = float("nan"), float("inf")
_EVEN = [0.5, 0.5]

POSTERIOR = (
    _row("sum of prior", ([0.5, 0.4], _EVEN), ValueError, "prior", "0.9"),
    _row("sum of a prior in a batch", ([_EVEN, [0.5, 0.6]], _EVEN), ValueError, "prior[1]", "1.1"),
    _row("sum of log prior", ([0.0, 0.0], _EVEN), ValueError, "prior", "2.0", log=True),
    _row("prior negative", ([1.5, -0.5], _EVEN), ValueError, "prior[1]", "-0.5"),
    _row("prior NaN", ([_NAN, 1.0], _EVEN), ValueError, "prior[0]", "nan"),
    _row("likelihood negative", (_EVEN, [0.5, -1.0]), ValueError, "likelihood[1]", "-1.0"),
    _row("likelihood NaN", (_EVEN, [[0.5, 1], [_NAN, 1.0]]), ValueError, "likelihood[1, 0]", "nan"),
    _row("likelihood inf", (_EVEN, [_INF, 1.0]), ValueError, "likelihood[0]", "inf"),
    _row("log likelihood inf", ([-_INF, 0.0], [_INF, 1.0]), ValueError, "likelihood[0]", "inf", log=True),
    _row("log likelihood NaN", ([-_INF, 0.0], [0.0, _NAN]), ValueError, "likelihood[1]", "nan", log=True),
    _row("all excluded", ([1.0, 0.0], [0.0, 1.0]), ValueError, "likelihood", "0 for each"),
    _row("all excluded in a batch", ([1.0, 0.0], [[1.0, 0], [0.0, 1.0]]), ValueError, "likelihood at [1]",
         "0 for each"),
    _row("all excluded in logs", ([0.0, -_INF], [-_INF, 0.0]), ValueError, "likelihood", "0 for each", log=True),
    _row("hypotheses", (_EVEN, [0.5, 0.5, 0.5]), ValueError, "likelihood", "(3,)"),
    _row("batches", ([_EVEN] * 2, [_EVEN] * 3), ValueError, "batch", "(3,)"),
    _row("no hypotheses", ([], []), ValueError, "prior", "(0,)"),
    _row("prior 0-d", (1.0, _EVEN), ValueError, "prior", "()"),
    _row("likelihood 0-d", (_EVEN, 1.0), ValueError, "likelihood", "()"),
    _row("axis", (_EVEN, _EVEN), np.exceptions.AxisError, "axis", "1", axis=1),
    _row("prior text", (["a"], _EVEN), TypeError, "prior", "<U1"),
    _row("likelihood complex", (_EVEN, [1j, 1]), TypeError, "likelihood", "complex128"),
)
SEQUENTIAL_UPDATE = (
    _row("sum of prior", ([0.5, 0.4], [_EVEN]), ValueError, "prior", "0.9"),
    _row("sum of log prior", ([0.0, 0.0], [_EVEN]), ValueError, "prior", "2.0", log=True),
    _row("prior a matrix", ([_EVEN], [_EVEN]), ValueError, "prior", "(1, 2)"),
    _row("likelihoods a vector", (_EVEN, _EVEN), ValueError, "likelihoods", "(2,)"),
    _row("hypotheses", (_EVEN, [[0.5, 0.5, 0.5]]), ValueError, "likelihoods", "(1, 3)"),
    _row("no hypotheses", ([], np.ones((3, 0))), ValueError, "prior", "(0,)"),
    _row("likelihood negative", (_EVEN, [_EVEN, [-1.0, 1]]), ValueError, "likelihoods[1, 0]", "-1.0"),
    _row("all excluded", (_EVEN, [[1.0, 0], [1, 1], [0, 1]]), ValueError, "likelihoods[2]", "[0. 1.]"),
    _row("log likelihood NaN", ([0.0, -_INF], [[_NAN, 0]]), ValueError, "likelihoods[0, 0]", "nan", log=True),
    _row("prior text", (["a"], [_EVEN]), TypeError, "prior", "<U1"),
)
ODDS = (_row("above 1", ([0.5, 1.5],), ValueError, "p[1]", "1.5"), _row("NaN", (_NAN,), ValueError, "p", "nan"),
        _row("text", ("a",), TypeError, "p", "<U1"))
PROBABILITY_OF_ODDS = (_row("negative", ([0.5, -1.5],), ValueError, "odds[1]", "-1.5"),
                       _row("NaN", (_NAN,), ValueError, "odds", "nan"), _row("text", ("a",), TypeError, "odds", "<U1"))
POSTERIOR_ODDS = (
    _row("odds negative", (-1.0, 1.0), ValueError, "prior_odds", "-1.0"),
    _row("factor NaN", (1.0, _NAN), ValueError, "bayes_factor", "nan"),
    _row("0 times inf", ([1.0, 0.0], [1.0, _INF]), ValueError, "bayes_factor[1]", "inf"),
    _row("inf times 0", (_INF, 0.0), ValueError, "bayes_factor", "0.0"),
    _row("shapes", ([1.0, 2.0], [1.0, 2.0, 3.0]), ValueError, "bayes_factor", "(3,)"),
    _row("text", (1.0, "a"), TypeError, "bayes_factor", "<U1"),
)
BAYES_FACTOR = (
    _row("negative", (-1.0, 1.0), ValueError, "evidence", "-1.0"),
    _row("NaN", (1.0, _NAN), ValueError, "other", "nan"),
    _row("both 0", ([1.0, 0.0], [1.0, 0.0]), ValueError, "other[1]", "0.0"),
    _row("both 0 in logs", (-_INF, -_INF), ValueError, "other", "-inf", log=True),
    _row("log inf", (_INF, 0.0), ValueError, "evidence", "inf", log=True),
    _row("shapes", ([1.0, 2.0], [1.0, 2.0, 3.0]), ValueError, "other", "(3,)"),
    _row("text", ("a", 1.0), TypeError, "evidence", "<U1"),
)
DIAGNOSTIC_TEST = (
    _row("prevalence", (1.5, 0.5, 0.5), ValueError, "prevalence", "1.5"),
    _row("sensitivity", (0.5, [0.5, -0.5], 0.5), ValueError, "sensitivity[1]", "-0.5"),
    _row("specificity", (0.5, 0.5, _NAN), ValueError, "specificity", "nan"),
    _row("shapes", (0.5, _EVEN, [0.5, 0.5, 0.5]), ValueError, "specificity", "(3,)"),
    _row("text", ("a", 0.5, 0.5), TypeError, "prevalence", "<U1"),
)
DIAGNOSTIC_TABLE = (
    _row("a vector", ([1, 2, 3, 4],), ValueError, "table", "(4,)"),
    _row("negative", ([[1, 2], [-3, 4]],), ValueError, "table[1, 0]", "-3.0"),
    _row("nobody with the condition", ([[1, 2], [0, 0]],), ValueError, "table", "0.0"),
    _row("prevalence", ([[1, 2], [3, 4]],), ValueError, "prevalence", "1.5", prevalence=1.5),
    _row("shapes", ([[[1, 2], [3, 4]]] * 2,), ValueError, "prevalence", "(3,)", prevalence=np.full(3, 0.5)),
    _row("text", ([["a", "b"], ["c", "d"]],), TypeError, "table", "<U1"),
)


def _parameters(good, **bad):
    """Each parameter in turn unfit; `bad` has the values beyond those that none takes."""
    rows = []
    for arg in good:
        for value, error in ((_NAN, ValueError), (_INF, ValueError), ("a", TypeError), *bad.get(arg, ())):
            shown = "<U1" if value == "a" else str(float(value))
            rows.append(Fault(f"{arg} {value}", lambda arg=arg, value=value: ((), {**good, arg: value}), error, arg,
                              shown))
    if len(good) > 1:
        first, last = list(good)[0], list(good)[-1]
        rows.append(Fault("shapes", lambda: ((), {**good, first: np.ones(2), last: np.ones(3)}), ValueError, last,
                          "(3,)"))
    return tuple(rows)


_LOW = ((0.0, ValueError), (-1.0, ValueError))
BETA_BINOMIAL = _parameters({"a": 1.0, "b": 1.0}, a=_LOW, b=_LOW)
GAMMA_POISSON = _parameters({"shape": 1.0, "rate": 1.0}, shape=_LOW, rate=_LOW)
NORMAL_NORMAL = _parameters({"mean": 0.0, "sd": 1.0, "noise": 1.0}, sd=_LOW, noise=_LOW)
NORMAL_INVERSE_GAMMA = _parameters({"mean": 0.0, "kappa": 1.0, "alpha": 1.0, "beta": 1.0}, kappa=_LOW,
                                   alpha=_LOW, beta=_LOW)
DIRICHLET_MULTINOMIAL = (
    *(_row(f"alpha {v}", ([1.0, v],), ValueError, "alpha[1]", str(v)) for v in (0.0, -1.0, _NAN, _INF)),
    _row("alpha 0-d", (1.0,), ValueError, "alpha", "()"), _row("no categories", ([],), ValueError, "alpha", "(0,)"),
    _row("alpha text", (["a"],), TypeError, "alpha", "<U1"),
)

BAYES = (
    (mathcore, "bayes", (), True, False),
    (bayes, "posterior", POSTERIOR),
    (bayes, "sequential_update", SEQUENTIAL_UPDATE),
    (bayes, "odds", ODDS),
    (bayes, "probability_of_odds", PROBABILITY_OF_ODDS),
    (bayes, "posterior_odds", POSTERIOR_ODDS),
    (bayes, "bayes_factor", BAYES_FACTOR),
    (bayes, "diagnostic_test", DIAGNOSTIC_TEST),
    (bayes, "diagnostic_table", DIAGNOSTIC_TABLE),
    (bayes, "Posterior", (), True, False),
    (bayes, "DiagnosticTest", (), True, False),
    (bayes, "BetaBinomial", BETA_BINOMIAL, True, False),
    (bayes, "GammaPoisson", GAMMA_POISSON, True, False),
    (bayes, "NormalNormal", NORMAL_NORMAL, True, False),
    (bayes, "NormalInverseGamma", NORMAL_INVERSE_GAMMA, True, False),
    (bayes, "DirichletMultinomial", DIRICHLET_MULTINOMIAL, True, False),
)
