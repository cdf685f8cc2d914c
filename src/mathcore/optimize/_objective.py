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
    if jac is not None and not isinstance(jac, bool) and not callable(jac):
        raise TypeError(f"{fn}: jac cannot be called; expected a function of x, True, False or None, got {jac!r}")
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


class Exact:
    """Derivatives by mathcore.autodiff, until a function comes that it cannot follow: one that leaves NumPy, say. What
    is wrong with a function itself shows again where it is called plainly."""

    def __init__(self, jac):
        self.follows = jac is not False

    def __call__(self, transform, f, x):
        """transform(f)(x), or None."""
        if not self.follows:
            return None
        from mathcore import autodiff  # 20 ms that a given jac does not need

        try:
            return getattr(autodiff, transform)(f)(x.copy()[()])
        except Exception:                # whatever the function makes of traced values
            self.follows = False
            return None


def of_one(fun):
    """fun with its array of one element, if it returns that, as a number."""
    def scalar(x):
        y = fun(x)
        return np.reshape(y, ()) if np.shape(y) else y
    return scalar


class Objective:
    """fun(x) -> number, jac(x) -> array of the shape of x; jac True: fun returns both, None: exact derivatives of fun's
    NumPy code, central differences where it is something else; False: those at once."""

    def __init__(self, fun, jac, x, fn):
        self.fn, self.dtype, self.shape = fn, x.dtype, x.shape
        self.fun = is_callable(fun, fn, "fun", "a function of x")
        self.jac, self.nfev, self.njev, self.exact = derivative(jac, fn) or None, 0, 0, Exact(jac)
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
        if self.jac is None:
            found = self._both_exact(x)
            if found is not None:
                return found[1]
        self.njev += 1
        if self.jac is None:
            g = central_differences(lambda y: number(self._call(y), self.fn, "fun"), x)
            return g.astype(self.dtype).reshape(self.shape)
        return real_array(self.jac(x.copy()[()]), self.shape, self.dtype, self.fn, "jac(x)")

    def _both_exact(self, x):
        """(value, gradient) from one pass over fun's own code, or None."""
        found = self.exact("value_and_grad", of_one(self.fun), x)
        if found is None:
            return None
        self.nfev += 1
        self.njev += 1
        return number(found[0], self.fn, "fun"), real_array(found[1], self.shape, self.dtype, self.fn, "the gradient")

    def both(self, x):
        if self.jac is not True:
            found = self._both_exact(x) if self.jac is None else None
            return found or (self.value(x), self.gradient(x))
        self.njev += 1
        value, gradient = pair_of(self._call(x), self.fn)
        return (number(value, self.fn, "fun"),
                real_array(gradient, self.shape, self.dtype, self.fn, "the gradient of fun(x)"))

    def hessian(self, hess, x):
        """hess(x), or the gradient's exact derivative, or its central differences; symmetric, (n, n)."""
        n = x.size
        h = self._hessian_exact(x) if hess is None else None
        if h is not None:
            h = real_array(h, (n, n), self.dtype, self.fn, "the Hessian")
        elif hess is None:
            h = central_differences(lambda y: self.gradient(y).reshape(-1), x)
        else:
            h = real_array(hess(x.copy()[()]), (n, n), self.dtype, self.fn, "hess(x)")
        return ((h + h.T) / 2).astype(self.dtype, copy=False)


    def _hessian_exact(self, x):
        if self.jac is None:
            h = self.exact("hessian", of_one(self.fun), x)
        else:
            h = self.exact("jacfwd", self.jac if callable(self.jac) else lambda y: self.fun(y)[1], x)
        return None if h is None or np.size(h) != x.size ** 2 else np.reshape(h, (x.size, x.size))


class Residuals:
    """The same for ``|r(x)|^2 / 2`` of a function r(x) -> (m,) with its (m, n) Jacobian."""

    def __init__(self, fun, jac, x, fn):
        self.fn, self.dtype, self.n, self.nfev, self.njev = fn, x.dtype, x.size, 0, 0
        self.fun = is_callable(fun, fn, "fun", "a function of x")
        self.jac, self.exact = derivative(jac, fn) or None, Exact(jac)
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
            j = self.jac(x.copy()[()]) if self.jac else self.exact("jacobian", self.fun, x)
            if j is None or not self.jac and np.size(j) != r.size * self.n:
                j = central_differences(self.residuals, x)
            j = j if self.jac else np.reshape(j, (r.size, self.n))
        self.r, self.j = r, real_array(j, (r.size, self.n), self.dtype, self.fn, "jac(x)")
        return self.r, self.j

    def both(self, x):
        r, j = self.parts(x)
        return half_square(r), (r @ j).reshape(x.shape)


def half_square(r):
    return float(np.sum(np.square(r, dtype=np.float64)) / 2)
