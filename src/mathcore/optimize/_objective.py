"""The function that is minimised, with its derivatives: called, counted, and what comes back checked."""

import numpy as np

from mathcore import _validate


def start(x0, fn):
    """`x0` as an array of the type that computes, of its own shape; a copy."""
    x = _validate.as_array(x0, fn, "x0")
    dtype = _validate.COMPUTE[_validate.real_dtype(x.dtype, fn, "x0")]
    if x.size == 0:
        raise ValueError(f"{fn}: x0 is empty; expected at least one number, got shape {x.shape}")
    x = np.array(x, dtype=dtype, order="C")
    if not np.isfinite(x).all():
        where = tuple(map(int, np.argwhere(~np.isfinite(x))[0]))
        raise ValueError(f"{fn}: x0{list(where) if where else ''} is not finite; expected finite numbers, "
                         f"got {x[where]}")
    return x


def is_callable(f, fn, arg, what):
    if not callable(f):
        raise TypeError(f"{fn}: {arg} cannot be called; expected {what}, got {f!r}")
    return f


def derivative(jac, fn):
    if jac is not None and jac is not True and not callable(jac):
        raise TypeError(f"{fn}: jac cannot be called; expected a function of x, True or None, got {jac!r}")
    return jac


def pair_of(found, fn):
    """What fun returned beside jac=True."""
    if not isinstance(found, tuple | list) or len(found) != 2:
        raise TypeError(f"{fn}: fun returned no pair; expected (value, derivative) beside jac=True, got {found!r}")
    return found


def number(value, fn, arg):
    """What fun returned, as a float."""
    a = np.asarray(value)
    if a.dtype.kind not in "biuf":
        raise TypeError(f"{fn}: {arg} returned no real number; expected one, got {value!r}")
    if a.size != 1:
        raise ValueError(f"{fn}: {arg} returned an array; expected one number, got shape {a.shape}")
    return float(a.reshape(()))


def real_array(value, shape, dtype, fn, arg):
    """What a derivative returned, in `shape` and `dtype`."""
    a = _validate.as_array(value, fn, arg)
    _validate.real_dtype(a.dtype, fn, arg)
    if a.shape != shape and not (a.size == 1 and int(np.prod(shape)) == 1):
        raise ValueError(f"{fn}: {arg} has the wrong shape; expected {shape}, got {a.shape}")
    return np.ascontiguousarray(_validate.ready(a, dtype)).reshape(shape)


def central_differences(f, x):
    """(f(x + h_i) - f(x - h_i)) / 2 h_i for each element, as the last axis: h of the size eps^(1/3) balances the error
    of the formula, h^2, and that of rounding, eps / h."""
    columns, flat = [], x.reshape(-1)
    h = np.cbrt(np.finfo(x.dtype).eps) * np.maximum(np.abs(flat), 1)
    for i in range(x.size):
        up, down = flat.copy(), flat.copy()
        up[i] += h[i]
        down[i] -= h[i]
        high, low = f(up.reshape(x.shape)), f(down.reshape(x.shape))
        columns.append((high - low) / (up[i] - down[i]))
    return np.stack(columns, axis=-1)


class Objective:
    """fun(x) -> number, jac(x) -> array of the shape of x; jac True: fun returns both, None: central differences."""

    def __init__(self, fun, jac, x, fn):
        self.fn, self.dtype, self.shape = fn, x.dtype, x.shape
        self.fun = is_callable(fun, fn, "fun", "a function of x")
        self.jac, self.nfev, self.njev = derivative(jac, fn), 0, 0
        self.to_draw = (lambda x: float(np.asarray(fun(x)[0]).reshape(()))) if jac is True else fun

    def _call(self, x):
        """fun at a copy of x: what a caller does with it is no matter."""
        self.nfev += 1
        return self.fun(x.copy()[()])

    def value(self, x):
        if self.jac is True:
            return self.both(x)[0]
        return number(self._call(x), self.fn, "fun")

    def gradient(self, x):
        if self.jac is True:
            return self.both(x)[1]
        self.njev += 1
        if self.jac is None:
            g = central_differences(lambda y: number(self._call(y), self.fn, "fun"), x)
            return g.astype(self.dtype).reshape(self.shape)
        return real_array(self.jac(x.copy()[()]), self.shape, self.dtype, self.fn, "jac(x)")

    def both(self, x):
        if self.jac is not True:
            return self.value(x), self.gradient(x)
        self.njev += 1
        value, gradient = pair_of(self._call(x), self.fn)
        return (number(value, self.fn, "fun"),
                real_array(gradient, self.shape, self.dtype, self.fn, "the gradient of fun(x)"))

    def hessian(self, hess, x):
        """hess(x), or central differences of the gradient; symmetric, (n, n)."""
        n = x.size
        if hess is None:
            h = central_differences(lambda y: self.gradient(y).reshape(-1), x)
        else:
            h = real_array(hess(x.copy()[()]), (n, n), self.dtype, self.fn, "hess(x)")
        return ((h + h.T) / 2).astype(self.dtype, copy=False)


class Residuals:
    """The same for ``|r(x)|^2 / 2`` of a function r(x) -> (m,) with its (m, n) Jacobian."""

    def __init__(self, fun, jac, x, fn):
        self.fn, self.dtype, self.n, self.nfev, self.njev = fn, x.dtype, x.size, 0, 0
        self.fun = is_callable(fun, fn, "fun", "a function of x")
        self.jac = derivative(jac, fn)
        self.to_draw = lambda x: half_square(np.asarray(fun(x)[0] if jac is True else fun(x)))

    def _residuals(self, r):
        r = _validate.as_array(r, self.fn, "fun(x)")
        _validate.real_dtype(r.dtype, self.fn, "fun(x)")
        if r.ndim > 1 or r.size == 0:
            raise ValueError(f"{self.fn}: fun(x) is no vector of residuals; expected shape (m,), got {r.shape}")
        return r.astype(self.dtype, copy=True).reshape(-1)

    def residuals(self, x):
        self.nfev += 1
        return self._residuals(self.fun(x.copy()[()]))

    def parts(self, x):
        """(r, J) at x."""
        self.njev += 1
        if self.jac is True:
            self.nfev += 1
            r, j = pair_of(self.fun(x.copy()[()]), self.fn)
            r = self._residuals(r)
        else:
            r = self.residuals(x)
            j = self.jac(x.copy()[()]) if self.jac else central_differences(self.residuals, x)
        self.r, self.j = r, real_array(j, (r.size, self.n), self.dtype, self.fn, "jac(x)")
        return self.r, self.j

    def both(self, x):
        r, j = self.parts(x)
        return half_square(r), (r @ j).reshape(x.shape)


def half_square(r):
    return float(np.sum(np.square(r, dtype=np.float64)) / 2)
