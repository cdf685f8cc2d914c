"""Arguments of the fits, checked: data, classes, weights, options, a start."""

import numpy as np

from mathcore import _validate

_SOLVERS = ("auto", "gd", "fista", "lbfgs", "newton", "sgd", "adam")
_TAKE = {"learning_rate": ("gd", "fista", "sgd", "adam"), "momentum": ("gd", "sgd"), "batch_size": ("sgd", "adam")}


def data(x, y, fn, names, dims):
    """x as rows of unit stride in the type that computes, y as an array of as many rows, finite. That x is finite shows
    in the first objective, which saves a pass over it."""
    x, y = _validate.as_array(x, fn, names[0]), _validate.as_array(y, fn, names[1])
    _validate.exact_dims(x, 2, fn, names[0])
    if y.ndim not in dims:
        raise ValueError(f"{fn}: {names[1]} has the wrong number of dimensions; expected "
                         f"{' or '.join(map(str, dims))}, got shape {y.shape}")
    _validate.same_length(len(x), len(y), fn, f"rows of {names[0]} and {names[1]}", x.shape, y.shape)
    if len(x) == 0:
        raise ValueError(f"{fn}: {names[0]} has no rows; expected at least one, got shape {x.shape}")
    compute = _validate.COMPUTE[_validate.real_dtype(x.dtype, fn, names[0])]
    _validate.real_dtype(y.dtype, fn, names[1])
    x = _validate.ready(x, compute)
    if x.shape[1] and x.strides[1] != x.itemsize or x.strides[0] < 0:
        x = np.ascontiguousarray(x)
    finite(y, fn, names[1])
    return x, y


def finite(a, fn, name):
    if (bad := np.argwhere(~np.isfinite(a))).size:
        where = tuple(map(int, bad[0]))
        raise ValueError(f"{fn}: {name}{list(where)} is not finite; expected finite values, got {a[where]}")


def classes(y, n_classes, fn, name):
    """Classes as int64, each within 0 ... n_classes - 1, two of them at least present."""
    whole = y.astype(np.int64)
    if y.dtype.kind == "f" and (bad := np.flatnonzero(whole != y)).size:
        raise ValueError(f"{fn}: {name}[{bad[0]}] is no class; expected a whole number, got {y[bad[0]]}")
    n_classes = max(int(whole.max()) + 1, 2) if n_classes is None else n_classes
    if (bad := np.flatnonzero((whole < 0) | (whole >= n_classes))).size:
        raise ValueError(f"{fn}: {name}[{bad[0]}] is outside the classes; expected 0 to {n_classes - 1}, "
                         f"got {whole[bad[0]]}")
    if (whole == whole[0]).all():
        raise ValueError(f"{fn}: {name} holds one class; expected at least two, got only {whole[0]}")
    return whole, n_classes


def weights(given, n, fn, name):
    if given is None:
        return None
    w = _validate.as_array(given, fn, name)
    _validate.real_dtype(w.dtype, fn, name)
    if w.shape != (n,):
        raise ValueError(f"{fn}: {name} has the wrong shape; expected ({n},), got {w.shape}")
    if (bad := np.flatnonzero(~((w >= 0) & np.isfinite(w)))).size:
        raise ValueError(f"{fn}: {name}[{bad[0]}] is no weight; expected finite and not negative, got {w[bad[0]]}")
    if not w.any():
        raise ValueError(f"{fn}: {name} are all 0; expected a positive sum, got 0")
    return w.astype(np.float64)


class Options:
    """The options that the three fits share, checked."""

    def __init__(self, fn, alpha, l1_ratio, fit_intercept, solver, learning_rate, momentum, batch_size, max_iter, tol,
                 rng, callback, every, patience, workers):
        self.fn = fn
        self.alpha = _validate.real_number(alpha, fn, "alpha", low=0, high=np.finfo(float).max)
        self.l1_ratio = _validate.real_number(l1_ratio, fn, "l1_ratio", low=0, high=1)
        if not isinstance(fit_intercept, bool | np.bool_):
            raise TypeError(f"{fn}: fit_intercept is no bool; expected True or False, got {fit_intercept!r}")
        self.intercept = bool(fit_intercept)
        self.solver = _validate.one_of(solver, _SOLVERS, fn, "solver")
        self.rate = learning_rate
        if learning_rate is not None and not callable(learning_rate):
            self.rate = _validate.real_number(learning_rate, fn, "learning_rate", above=0, high=np.finfo(float).max)
        self.momentum = _validate.real_number(momentum, fn, "momentum", low=0, high=1)
        self.batch = None if batch_size is None else _validate.whole_number(batch_size, fn, "batch_size", low=1)
        self.max_iter = _validate.whole_number(max_iter, fn, "max_iter", low=0)
        self.tol = None if tol is None else _validate.real_number(tol, fn, "tol", low=0)
        self.rng = rng
        if callback is not None and not callable(callback):
            raise TypeError(f"{fn}: callback is not callable; expected a function of the result so far, "
                            f"got {callback!r}")
        self.callback = callback
        self.every = None if every is None else _validate.whole_number(every, fn, "every", low=1)
        self.patience = None if patience is None else _validate.whole_number(patience, fn, "patience", low=1)
        self.workers = _validate.check_workers(workers, fn)

    def choose(self, kind):
        """The solver, by name; those options that it does not have are refused."""
        alpha1 = self.alpha * self.l1_ratio
        if self.solver == "auto":
            self.solver = "fista" if alpha1 else "newton" if kind == "squared" else "lbfgs"
        if alpha1 and self.solver in ("lbfgs", "newton"):
            raise ValueError(f"{self.fn}: solver {self.solver!r} has no L1 penalty; expected 'fista', 'gd', 'sgd' or "
                             f"'adam', or l1_ratio=0, got l1_ratio={self.l1_ratio}")
        if self.solver == "newton" and kind == "softmax":
            raise ValueError(f"{self.fn}: solver 'newton' is for one score a row; expected 'lbfgs', got 'newton'")
        given = {"learning_rate": self.rate, "momentum": self.momentum or None, "batch_size": self.batch}
        for name, solvers in _TAKE.items():
            if given[name] is not None and self.solver not in solvers:
                raise ValueError(f"{self.fn}: {name} is of no use to solver {self.solver!r}; expected "
                                 f"{' or '.join(map(repr, solvers))}, or no {name}, got {given[name]!r}")
        if self.every is None:
            self.every = 10 if self.solver in ("gd", "fista", "lbfgs") else 1

    def rates(self, first, count, default):
        """Learning rates of steps first ... first + count - 1."""
        if not callable(self.rate):
            return np.full(count, default if self.rate is None else self.rate)
        rates = np.array([self.rate(i) for i in range(first, first + count)], float)
        if (bad := np.flatnonzero(~((rates > 0) & np.isfinite(rates)))).size:
            raise ValueError(f"{self.fn}: learning_rate({first + bad[0]}) is no rate; expected a positive number, "
                             f"got {rates[bad[0]]}")
        return rates


def class_weights(weight, class_weight, classes, n_classes, fn):
    if isinstance(class_weight, str):
        _validate.one_of(class_weight, ("balanced",), fn, "class_weight")
        counts = np.bincount(classes, minlength=n_classes)
        class_weight = len(classes) / (n_classes * np.maximum(counts, 1))
    class_weight = weights(class_weight, n_classes, fn, "class_weight")
    if class_weight is None:
        return weight
    return class_weight[classes] if weight is None else weight * class_weight[classes]


def start(init, k, d, intercept, fn):
    """Parameters to begin with: zeros, or (coef, intercept)."""
    params = np.zeros(k * (d + 1))
    if init is None:
        return params
    try:
        coef, free = init
    except (TypeError, ValueError):
        raise TypeError(f"{fn}: init is no pair; expected (coef, intercept), got {type(init).__name__}") from None
    for name, value, size, at in (("coef", coef, k * d, 0), ("intercept", free, k, k * d)):
        value = _validate.as_array(value, fn, f"init {name}")
        if value.size != size:
            raise ValueError(f"{fn}: init {name} has the wrong size; expected {size}, got shape {value.shape}")
        finite(value, fn, f"init {name}")
        params[at:at + size] = value.ravel()
    if not intercept:
        params[k * d:] = 0
    return params
