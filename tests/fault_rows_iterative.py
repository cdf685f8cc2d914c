"""Fault rows of the iterations for eigenvalues."""

import numpy as np

from mathcore import linalg
from tests.fault_rows import _FLOATS_ONLY, _workers
from tests.fault_rows_spaces import INFINITE, SQUARE, TALL, TWO_RANKS, V, _call, _data, _finite, _option


def _double(v):
    return 2 * v


def _wide(v):
    return np.ones(3)


def _nan(v):
    return np.full(2, np.nan)


def _text(v):
    return np.array(["a", "b"])


_MATRIX = (
    *_data((SQUARE,), 0, "a", _FLOATS_ONLY), *_finite((SQUARE,), 0, "a"),
    _call("a a vector", (V,), ValueError, "a", "(2,)"), _call("not square", (TALL,), ValueError, "a", "(3, 2)"),
)
_ONE_MATRIX = (
    *_MATRIX, _call("empty", (np.ones((0, 0)),), ValueError, "a", "(0, 0)"),
    _call("a batch", (TWO_RANKS,), ValueError, "a", "(2, 2, 2)"),
)


def _with(k, rows):
    """Rows of one argument, for a function that takes k after it."""
    def make(fault):
        def made():
            args, kwargs = fault.make()
            return (*args, k), kwargs
        return type(fault)(fault.what, made, fault.error, fault.arg, fault.value)
    return tuple(map(make, rows))


def _options(args, *names):
    rows = {
        "shift": (("1", TypeError), (np.nan, ValueError), (np.inf, ValueError)),
        "tol": (("1", TypeError), (-1.0, ValueError), (np.nan, ValueError)),
        "max_iter": ((0, ValueError), (-3, ValueError), (1.5, TypeError)),
        "callback": ((3, TypeError),),
        "rng": ((-1, ValueError), ("seed", TypeError)),
    }
    return (*(_option(args, name, value, error) for name in names for value, error in rows[name]),
            *_workers(lambda: tuple(map(np.copy, args))))


def _starts(args, shape):
    longer = (shape[0] + 1, *shape[1:])
    return (_call("v0 longer", args, ValueError, "v0", str(longer), v0=np.ones(longer)),
            _call("v0 zero", args, ValueError, "v0", "zero", v0=np.zeros(shape)),
            _call("v0 infinite", args, ValueError, "v0", "inf", v0=np.full(shape, np.inf)),
            _call("v0 complex", args, TypeError, "v0", "complex128", v0=np.ones(shape, complex)))


_CALLABLE = (
    _call("no n", (_double,), ValueError, "n", "None"), _call("n 0", (_double,), ValueError, "n", "0", n=0),
    _call("n 2.5", (_double,), TypeError, "n", "2.5", n=2.5),
    _call("n of a matrix", (SQUARE,), ValueError, "n", "2", n=2),
    _call("A v of another shape", (_wide,), ValueError, "a(v)", "(3,)", n=2),
    _call("A v NaN", (_nan,), ValueError, "a(v)", "nan", n=2),
    _call("A v text", (_text,), TypeError, "a(v)", "<U1", n=2),
)

POWER = (*_ONE_MATRIX, *_CALLABLE, *_starts((SQUARE,), (2,)),
         *_options((SQUARE,), "shift", "tol", "max_iter", "callback", "rng"))
INVERSE = (*_ONE_MATRIX, *_starts((SQUARE,), (2,)),
           *_options((SQUARE,), "shift", "tol", "max_iter", "callback", "rng"),
           _option((SQUARE,), "update_shift", "yes", TypeError))
SEVERAL = (
    *_with(1, (*_ONE_MATRIX, *_CALLABLE)), *_starts((SQUARE, 2), (2, 2)),
    *_options((SQUARE, 1), "tol", "max_iter", "callback", "rng"),
    _call("k 0", (SQUARE, 0), ValueError, "k", "0"), _call("k 3 of 2", (SQUARE, 3), ValueError, "k", "3"),
    _call("k 1.5", (SQUARE, 1.5), TypeError, "k", "1.5"),
)
LANCZOS = (*SEVERAL, _option((SQUARE, 1), "which", "LR", ValueError),
           _call("not symmetric", (np.array([[1.0, 2.0], [3.0, 4.0]]), 1), ValueError, "a", "(2, 2)"))
QR_ALGORITHM = (*_ONE_MATRIX, *_options((SQUARE,), "tol", "callback"), _option((SQUARE,), "shifts", 1, TypeError),
                *(_option((SQUARE,), "max_iter", value, error)
                  for value, error in ((0, ValueError), (1.5, TypeError))))
RAYLEIGH = (
    *_with(V, _MATRIX), *_data((SQUARE, V), 1, "v", _FLOATS_ONLY), *_finite((SQUARE, SQUARE), 1, "v"),
    _call("a infinite", (INFINITE, V), ValueError, "a", "(1, 0)"),
    _call("v 0-d", (SQUARE, 1.0), ValueError, "v", "()"), _call("lengths", (SQUARE, np.ones(3)), ValueError, "v", "3"),
    _call("batches", (TWO_RANKS, np.ones((3, 2))), ValueError, "batch dimensions", "(3,)"),
    _call("v zero", (SQUARE, np.zeros(2)), ValueError, "v", "zero"),
    _call("a row of v zero", (SQUARE, np.array([[1.0, 1], [0, 0]])), ValueError, "v", "(1,)"),
)

ITERATIVE = tuple((linalg, name, faults) for name, faults in (
    ("power_iteration", POWER), ("inverse_iteration", INVERSE), ("rayleigh_quotient", RAYLEIGH),
    ("subspace_iteration", SEVERAL), ("lanczos", LANCZOS), ("qr_algorithm", QR_ALGORITHM),
))
