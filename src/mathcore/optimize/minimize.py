"""minimize: SciPy's function, with methods of this room beside its own."""

import inspect

import numpy as np
from scipy.optimize import minimize as _of_scipy

from mathcore.optimize.descent import adam, gradient_descent
from mathcore.optimize.second_order import lbfgs, newton

__all__ = ["minimize"]

_OURS = {"gradient-descent": gradient_descent, "adam": adam, "lbfgs": lbfgs, "newton": newton}
_SCIPYS_WORDS = {"maxiter": "max_iter", "gtol": "tol", "maxcor": "history"}


def minimize(fun, x0, args=(), method=None, jac=None, hess=None, hessp=None, bounds=None, constraints=(), tol=None,
             callback=None, options=None):
    """Minimize a function of several variables.

    Drop-in for `scipy.optimize.minimize`, with the methods "gradient-descent", "adam", "lbfgs" and "newton" added.

    Parameters
    ----------
    fun, x0, args, callback
        As of SciPy.
    method : str or callable, optional
        One of those four, whatever the case of its letters; anything else is SciPy's.
    jac : callable, True, None or False
        As of SciPy. With the four methods None means exact derivatives of fun's NumPy code, as in `gradient_descent`,
        False and "3-point" central differences; no other text is taken.
    hess : callable, optional
        For "newton"; None: the exact derivative of the gradient, as there.
    hessp, bounds, constraints
        Of SciPy's methods alone.
    tol : float, optional
        With the four methods the largest norm of a gradient that counts as 0.
    options : dict, optional
        With the four methods the keywords of `gradient_descent`, `adam`, `lbfgs` or `newton`; SciPy's names maxiter,
        gtol, maxcor and disp are understood.

    Returns
    -------
    scipy.optimize.OptimizeResult
        With the four methods as of `gradient_descent`, with a `trace`; x is a vector.

    Raises
    ------
    ValueError
        Of the four methods: bounds, constraints or options that they do not know, and the errors of the function that
        is run. SciPy's own otherwise.
    TypeError
        As of the function that is run, or of SciPy.

    Examples
    --------
    >>> from scipy.optimize import rosen, rosen_der
    >>> from mathcore.optimize import minimize
    >>> result = minimize(rosen, [-1.2, 1.0], jac=rosen_der, method="lbfgs")
    >>> result.x.round(6)
    array([1., 1.])
    >>> print(minimize(lambda x: (x[0] - 3) ** 2, 7.0, method="gradient-descent", jac=lambda x: 2 * (x - 3),
    ...                options={"learning_rate": 0.1, "maxiter": 1}).trace)
    Step 1: x = 6.2000, f(x) = 10.2400
    """
    ours = _OURS.get(method.lower()) if isinstance(method, str) else None
    if ours is None:
        return _of_scipy(fun, x0, args, method, jac, hess, hessp, bounds, constraints, tol, callback, options)
    name = method.lower()
    given = {"bounds": bounds, "constraints": constraints or None, "hessp": hessp,
             "hess": None if ours is newton else hess}
    for arg, value in given.items():
        if value is not None:
            raise ValueError(f"minimize: {arg} is not for method {name!r}; expected None, or a method of SciPy that "
                             f"takes it, got {value!r}")
    if isinstance(jac, str) and jac != "3-point":
        raise ValueError(f"minimize: jac is not known to method {name!r}; expected a function, True, None or "
                         f"'3-point', got {jac!r}")
    keywords = _keywords(ours, name, {} if options is None else dict(options))
    args = args if isinstance(args, tuple) else (args,)

    def bind(f):
        return (lambda x: f(x, *args)) if args and callable(f) else f

    if tol is not None:
        keywords.setdefault("tol", tol)
    if ours is newton:
        keywords["hess"] = bind(hess)
    jac = False if isinstance(jac, str) else jac
    show = keywords.pop("disp", False)
    result = ours(bind(fun), np.atleast_1d(x0), jac=bind(jac), callback=callback, **keywords)
    if show:
        print(result.message)
    return result


def _keywords(ours, name, options):
    """SciPy's options in the words of our functions."""
    known = set(inspect.signature(ours).parameters) - {"fun", "x0", "jac", "hess", "callback"} | {"disp"}
    keywords = {_SCIPYS_WORDS.get(key, key): value for key, value in options.items()}
    for key in keywords:
        if key not in known:
            raise ValueError(f"minimize: options are not known to method {name!r}; expected some of "
                             f"{', '.join(sorted(known))}, got {key!r}")
    return keywords
