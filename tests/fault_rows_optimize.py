"""Fault rows of the minimization: arguments; what callables return is tested in tests/optimize/test_objective.py."""

import numpy as np

import mathcore
from mathcore import optimize, plot
from mathcore.optimize import schedules
from tests.fault_rows import _FLOATS_ONLY, Fault, _workers
from tests.fault_rows_spaces import SQUARE, TALL, TWO_RANKS, V, _call, _data, _finite, _option


def _f(x):
    return float(np.sum(np.square(x)))


def _twice(x):
    return 2 * x


def _residuals(x):
    return x - 1


def _numbers(args, *names, high=False):
    """Keywords that are real numbers not below 0; with `high` below 1."""
    wrong = ((-0.5, ValueError), (np.nan, ValueError), ("1", TypeError), (True, TypeError), (1j, TypeError),
             *(((1.0, ValueError),) if high else ((np.inf, ValueError),)))
    return tuple(_option(args, name, value, error) for name in names for value, error in wrong)


def _starts(args):
    f = args[0]
    return (
        _call("x0 empty", (f, np.zeros(0)), ValueError, "x0", "(0,)"),
        _call("x0 NaN", (f, np.array([1.0, np.nan])), ValueError, "x0[1]", "nan"),
        _call("x0 infinite", (f, -np.inf), ValueError, "x0", "-inf"),
        _call("x0 complex", (f, np.ones(2, complex)), TypeError, "x0", "complex128"),
        _call("x0 text", (f, np.array(["a"])), TypeError, "x0", "<U1"),
        _call("fun no function", (3, 1.0), TypeError, "fun", "3"),
    )


def _tolerances(args):
    return tuple(_option(args, "tol", value, error)
                 for value, error in ((-1.0, ValueError), (np.nan, ValueError), ("1", TypeError)))


def _runs(args, tol=True, jac=True):
    return (
        *_starts(args),
        *(_option(args, "max_iter", value, error) for value, error in ((-1, ValueError), (1.5, TypeError))),
        _option(args, "callback", 3, TypeError), *(_tolerances(args) if tol else ()),
        *((_option(args, "jac", 3, TypeError), _option(args, "jac", "2-point", TypeError)) if jac else ()),
    )


def _rates(args):
    return tuple(_option(args, "learning_rate", value, error) for value, error in (
        (0.0, ValueError), (-0.1, ValueError), (np.nan, ValueError), (np.inf, ValueError), ("1", TypeError),
        (None, TypeError)))


ARGS = (_f, 1.0)
DESCENT = (*_runs(ARGS), *_rates(ARGS))
MOMENTUM = (*DESCENT, *_numbers(ARGS, "momentum", high=True))
ADAM = (*DESCENT, *_numbers(ARGS, "beta1", "beta2", high=True), *_numbers(ARGS, "eps", "weight_decay"))
RMSPROP = (*DESCENT, *_numbers(ARGS, "alpha", high=True), *_numbers(ARGS, "eps"))
SECOND = _runs(ARGS)


def _with(rows, **more):
    """Rows for a function that needs a keyword beside."""
    def made(fault):
        def make():
            args, kwargs = fault.make()
            return args, {**more, **kwargs}
        return Fault(fault.what, make, fault.error, fault.arg, fault.value)
    return tuple(map(made, rows))


SGD = _with((
    *_runs(ARGS, tol=False), *_rates(ARGS), *_numbers(ARGS, "momentum", high=True), *_numbers(ARGS, "weight_decay"),
    _option(ARGS, "jac", None, TypeError), _option(ARGS, "jac", False, TypeError),
    _option(ARGS, "nesterov", 1, TypeError), _call("nesterov alone", ARGS, ValueError, "momentum", "0", nesterov=True),
    _option(ARGS, "rng", -1, ValueError), _option(ARGS, "rng", "seed", TypeError),
), jac=lambda x, rng: 2 * x)

LINE = (_f, 1.0, -1.0)
_SEARCH = (
    _call("x empty", (_f, np.zeros(0), np.zeros(0)), ValueError, "x0", "(0,)"),
    _call("fun no function", (3, 1.0, -1.0), TypeError, "fun", "3"),
    _call("direction of another shape", (_f, np.ones(2), -np.ones(3)), ValueError, "direction", "(3,)"),
    _call("direction complex", (_f, 1.0, 1j), TypeError, "direction", "complex128"),
    _call("direction uphill", (_f, 1.0, 1.0), ValueError, "direction", "2"),
    _option(LINE, "jac", 3, TypeError), *_numbers(LINE, "step"), _option(LINE, "step", 0.0, ValueError),
    *_numbers(LINE, "c1", high=True), _option(LINE, "c1", 0.0, ValueError),
    _option(LINE, "max_iter", 0, ValueError), _option(LINE, "max_iter", 1.5, TypeError),
)
ARMIJO = (*_SEARCH, *_numbers(LINE, "factor", high=True), _option(LINE, "factor", 0.0, ValueError))
WOLFE = (*_SEARCH, *_numbers(LINE, "c2", high=True), _option(LINE, "c2", 1e-5, ValueError))

CURVATURE = (
    *_data((SQUARE,), 0, "hessian", _FLOATS_ONLY), *_finite((SQUARE,), 0, "hessian"),
    _call("a vector", (V,), ValueError, "hessian", "(2,)"),
    _call("not square", (TALL,), ValueError, "hessian", "(3, 2)"),
    _call("not symmetric", (np.array([[1.0, 2.0], [0.0, 1.0]]),), ValueError, "hessian", "(2, 2)"),
    _call("empty", (np.ones((0, 0)),), ValueError, "hessian", "(0, 0)"),
    _call("a batch", (TWO_RANKS,), ValueError, "hessian", "(2, 2, 2)"),
    _call("no n", (_twice,), ValueError, "n", "None"), _call("n 0", (_twice,), ValueError, "n", "0", n=0),
    _call("n of a matrix", (np.eye(2),), ValueError, "n", "2", n=2),
    *(_option((np.eye(2),), name, value, error) for name, value, error in (
        ("tol", 0.0, ValueError), ("tol", np.nan, ValueError), ("tol", "1", TypeError), ("max_iter", 0, ValueError),
        ("max_iter", 1.5, TypeError), ("rng", -1, ValueError), ("rng", "seed", TypeError))),
    *_workers(lambda: (np.eye(2),)),
)


# ------------------------------------------------------------------ steps in place

def _read_only():
    a = np.zeros(4)
    a.flags.writeable = False
    return a


def _sgd(p, g, velocity):
    return (p, g, 0.1), {"velocity": velocity, "momentum": 0.5}


def _adam(p, g, m, v):
    return (p, g, m, v, 1), {}


_OTHERS = (("longer", lambda: np.zeros(5), ValueError, "(5,)"), ("complex", lambda: np.zeros(4, complex), TypeError,
                                                                 "complex128"))
_CHANGED = (
    ("a list", lambda: [0.0] * 4, TypeError, "list"), ("float16", lambda: np.zeros(4, "f2"), TypeError, "float16"),
    ("strided", lambda: np.zeros(8)[::2], ValueError, "(16,)"), ("read-only", _read_only, ValueError, "read-only"),
)
_SINGLE = ("float32", lambda: np.zeros(4, "f4"), TypeError, "float32")


def _places(call, *names):
    """Each array of a step, made unfit in turn; parameters that are longer or single put the others in the wrong."""
    kinds = {"parameters": (*_CHANGED, _OTHERS[1]), "gradient": (*_OTHERS, _SINGLE)}
    rows = []
    for at, name in enumerate(names):
        for what, bad, error, value in kinds.get(name, (*_CHANGED, *_OTHERS, _SINGLE)):
            def make(at=at, bad=bad):
                return call(*(bad() if i == at else np.zeros(4) for i in range(len(names))))

            rows.append(Fault(f"{name} {what}", make, error, name, value))
    return tuple(rows)


def _shared(call, name, n_kept):
    def make():
        a = np.zeros(6)
        return call(a[:4], np.ones(4), a[2:], *(np.zeros(4) for _ in range(n_kept - 1)))
    return Fault(f"{name} overlaps", make, ValueError, name, "shared")


_P = (np.zeros(4), np.ones(4))
_SGD, _ADAM = (*_P, 0.1), (*_P, np.zeros(4), np.zeros(4), 1)
SGD_STEP = (
    *_places(_sgd, "parameters", "gradient", "velocity"), _shared(_sgd, "velocity", 1),
    *(_call(f"learning_rate={rate!r}", (*_P, rate), error, "learning_rate", repr(rate))
      for rate, error in ((0.0, ValueError), (-1.0, ValueError), (np.nan, ValueError), ("1", TypeError))),
    *_numbers(_SGD, "momentum", high=True), *_numbers(_SGD, "weight_decay"), _option(_SGD, "nesterov", 1, TypeError),
    _call("no velocity", _SGD, ValueError, "velocity", "None", momentum=0.9),
    _call("nesterov alone", _SGD, ValueError, "momentum", "0", nesterov=True, velocity=np.zeros(4)),
    *_workers(lambda: tuple(map(np.copy, _P)) + (0.1,)),
)
ADAM_STEP = (
    *_places(_adam, "parameters", "gradient", "m", "v"), _shared(_adam, "m", 2),
    *(_call(f"step={step!r}", (*_ADAM[:4], step), error, "step", repr(step))
      for step, error in ((0, ValueError), (-1, ValueError), (1.0, TypeError))),
    *_numbers(_ADAM, "learning_rate"), _option(_ADAM, "learning_rate", 0.0, ValueError),
    *_numbers(_ADAM, "beta1", "beta2", high=True), *_numbers(_ADAM, "eps", "weight_decay"),
    _option(_ADAM, "decoupled", 1, TypeError),
    *_workers(lambda: (*map(np.copy, _ADAM[:4]), 1)),
)

# ------------------------------------------------------------------ schedules

_ONE = (0.1,)


def _rate(**needed):
    return _with(tuple(_call(f"rate={value!r}", (value,), error, "rate", repr(value)) for value, error in (
        (0.0, ValueError), (-1.0, ValueError), (np.nan, ValueError), (np.inf, ValueError), ("1", TypeError))), **needed)


def _counts(name):
    return _option(_ONE, name, 0, ValueError), _option(_ONE, name, 2.5, TypeError)


SCHEDULES = {
    "constant": _rate(),
    "step": (*_rate(every=2), *_counts("every"), *_with(_numbers(_ONE, "factor"), every=2)),
    "exponential": (*_rate(factor=0.5), *_numbers(_ONE, "factor"), _option(_ONE, "factor", 0.0, ValueError)),
    "cosine": (*_rate(total=2), *_counts("total"), *_with(_numbers(_ONE, "floor"), total=2)),
    "linear_warmup": (*_rate(steps=2), *_counts("steps"), *_with(_numbers(_ONE, "start"), steps=2)),
    "one_cycle": (*_rate(total=5), *_counts("total"), *_with(_numbers(_ONE, "warmup", high=True), total=5),
                  *_with(_numbers(_ONE, "start_divisor", "end_divisor"), total=5)),
}

# errors of the function that runs bear its name
MINIMIZE = _with((
    _option(ARGS, "bounds", [(0, 1)], ValueError), _option(ARGS, "hessp", 1, ValueError),
    _option(ARGS, "constraints", {"type": "eq"}, ValueError), _option(ARGS, "hess", 1, ValueError),
    _option(ARGS, "jac", "cs", ValueError),
    _call("unknown options", ARGS, ValueError, "options", "'ftol'", options={"ftol": 1}),
), method="lbfgs")


def _path(what, path, shape):
    return _call(what, (_f, path), ValueError, "path", shape)


# room, name, faults, returns, is_function: the fields of ops.Name
OPTIMIZE = (
    (mathcore, "optimize", (), True, False),
    *((optimize, name, (), True, False) for name in ("Curvature", "Iteration", "LineSearch", "Trace", "schedules")),
    (optimize, "gradient_descent", DESCENT), (optimize, "momentum", MOMENTUM), (optimize, "nesterov", MOMENTUM),
    (optimize, "sgd", SGD), (optimize, "rmsprop", RMSPROP), (optimize, "adam", ADAM), (optimize, "adamw", ADAM),
    (optimize, "newton", (*SECOND, _option(ARGS, "hess", 3, TypeError))),
    (optimize, "gauss_newton", _runs((_residuals, 1.0))),
    (optimize, "lbfgs", (*SECOND, _option(ARGS, "history", 0, ValueError), _option(ARGS, "history", 1.5, TypeError))),
    (optimize, "armijo", ARMIJO), (optimize, "strong_wolfe", WOLFE), (optimize, "minimize", MINIMIZE),
    *((optimize, name, CURVATURE) for name in ("curvature", "lipschitz_estimate", "max_stable_step")),
    (optimize, "sgd_step", SGD_STEP, False), (optimize, "adam_step", ADAM_STEP, False),
    *((schedules, name, faults) for name, faults in SCHEDULES.items()),
    (plot, "contour_path", (_path("one column", np.ones((3, 1)), "(3, 1)"), _path("empty", np.ones((0, 2)), "(0, 2)"))),
    (plot, "value_curve"),
)
