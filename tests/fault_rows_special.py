"""Fault tables of mathcore.special (see fault_rows.py)."""

import numpy as np

from tests.fault_rows import _FLOATS_ONLY, Fault, _operands, _outs, _workers

AxisError = np.exceptions.AxisError


def _half(*shapes):
    """A half is inside every domain, and its results are finite."""
    def args():
        return tuple(np.full(shape, 0.5) for shape in shapes)

    return args


def _call(what, args, kwargs, error, arg, value):
    return Fault(what, lambda: (args(), kwargs), error, arg, value)


def _with(fault, **more):
    """The call of a row with other keywords beside its own."""
    def make():
        args, kwargs = fault.make()
        return args, kwargs | more

    return make


def _unary(fn, floats_only=()):
    args = _half((2, 3))
    return (
        *_operands(fn, ("x",), ((2, 3),), floats_only),
        Fault("x ragged", lambda: (([[1.0, 2.0], [3.0]],), {}), ValueError, "x", "inhomogeneous"),
        Fault("x of no elements, workers", lambda: ((np.ones(0),), {"workers": 0}), ValueError, "workers", "0"),
        *_outs(args, (2, 3)),
        *_workers(args),
    )


def unary(fn):
    return _unary(fn)


def without_peer(fn):
    """relu and silu: what nobody else computes is refused, keywords too."""
    args = _half((2, 3))
    return (
        *_unary(fn, _FLOATS_ONLY),
        _call("unknown keyword", args, {"nonsense": 1}, TypeError, "unexpected keyword", "nonsense"),
        _call("where", args, {"where": True}, TypeError, "unexpected keyword", "where"),
    )


def gelu():
    args = _half((2, 3))
    rows = _unary("gelu", _FLOATS_ONLY)
    tanh = tuple(Fault(f"tanh, {f.what}", _with(f, approximate="tanh"), f.error, f.arg, f.value) for f in rows)
    return (
        *rows, *tanh,
        _call("approximate", args, {"approximate": "sigmoid"}, ValueError, "approximate", "'sigmoid'"),
        _call("approximate=True", args, {"approximate": True}, ValueError, "approximate", "True"),
        _call("approximate=None", args, {"approximate": None}, ValueError, "approximate", "None"),
    )


def binary(fn):
    args = _half((2, 3), (3,))
    return (
        *_operands(fn, ("x", "y"), ((2, 3), (3,))),
        Fault("x ragged", lambda: (([[1.0, 2.0], [3.0]], np.ones(2)), {}), ValueError, "x", "inhomogeneous"),
        Fault("y ragged", lambda: ((np.ones(2), [[1.0, 2.0], [3.0]]), {}), ValueError, "y", "inhomogeneous"),
        _call("shapes", _half((2, 3), (2,)), {}, ValueError, "broadcast", "(2, 3) and (2,)"),
        _call("shapes of many axes", _half((4, 1, 3), (2, 2)), {}, ValueError, "broadcast", "(4, 1, 3)"),
        *_outs(args, (2, 3)),
        *_workers(args),
    )


def rows(fn, arg="x", out=(2, 3)):
    """softmax, log_softmax, logsumexp: `out` is a result along the last axis."""
    args = _half((2, 3))
    outs = tuple(Fault(f.what, _with(f, axis=-1), f.error, f.arg, f.value) for f in _outs(args, out))
    return (
        *_operands(fn, (arg,), ((2, 3),), (_FLOATS_ONLY[-1],)),      # objects; SciPy takes them, and fails inside
        Fault(f"{arg} ragged", lambda: (([[1.0, 2.0], [3.0]],), {}), ValueError, arg, "inhomogeneous"),
        _call("axis too large", args, {"axis": 2}, AxisError, "axis", "2"),
        _call("axis too small", args, {"axis": -3}, AxisError, "axis", "-3"),
        _call("axis of 0-d", _half(()), {"axis": 0}, AxisError, "axis", "0"),
        _call("axis in a tuple", args, {"axis": (0, 5)}, AxisError, "axis", "5"),
        _call("axis repeated", args, {"axis": (1, 1)}, ValueError, "axis", "(1, 1)"),
        _call("axis repeated, from the end", args, {"axis": (1, -1)}, ValueError, "axis", "(1, -1)"),
        _call("axis=1.5", args, {"axis": 1.5}, TypeError, "axis", "1.5"),
        _call("axis text", args, {"axis": "rows"}, TypeError, "axis", "'rows'"),
        Fault("axis of complex data", lambda: ((np.ones((2, 3), complex),), {"axis": 7}), AxisError, "axis", "7"),
        *outs, *_workers(args),
    )


def logsumexp():
    args = _half((2, 3))

    def with_b(what, b, error, value):
        return Fault(f"b {what}", lambda: (args(), {"axis": 0, "b": b()}), error, "b", value)

    return (
        *rows("logsumexp", "a", (2,)),
        with_b("text", lambda: np.full(3, "a"), TypeError, "<U1"),
        with_b("dates", lambda: np.zeros(3, "M8[D]"), TypeError, "datetime64[D]"),
        Fault("a objects beside b", lambda: ((np.ones((2, 3), object),), {"b": 2.0}), TypeError, "a", "object"),
        with_b("ragged", lambda: [[1.0, 2.0], [3.0]], ValueError, "inhomogeneous"),
        with_b("shapes", lambda: np.ones(4), ValueError, "(2, 3) and (4,)"),
        _call("axis beside b", args, {"axis": 9, "b": 2.0}, AxisError, "axis", "9"),
        _call("axis repeated beside b", args, {"axis": (0, 0), "b": 2.0}, ValueError, "axis", "(0, 0)"),
        _call("b, out", args, {"axis": -1, "b": 2.0, "out": np.zeros(5)}, ValueError, "out", "(5,)"),
        _call("keepdims, out", args, {"axis": 1, "keepdims": True, "out": np.zeros(2)}, ValueError, "out", "(2, 1)"),
    )
