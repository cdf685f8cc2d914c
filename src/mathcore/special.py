"""Special functions: the exp and log family, activations, entropies, softmax and log-sum-exp.

float32 and float64 arrays go straight to the kernels; everything else comes through the general doors below.
"""

import numpy as np

from mathcore import _validate
from mathcore._kernels import softmax as _rows
from mathcore._kernels import special as _special
from mathcore._kernels.tape import by_rule, differentiable, is_traced

_NUMPY = {name: getattr(np, name) for name in ("exp", "expm1", "log", "log1p", "tanh")}
_SCIPY = ("erf", "erfc", "ndtr", "log_ndtr", "gammaln")     # a kernel of ours would only repeat these

__all__ = [  # noqa: F822  SciPy's are loaded when they are asked for
    "entr", "erf", "erfc", "exp", "expit", "expm1", "gammaln", "gelu", "kl_div", "log", "log1p", "log_expit",
    "log_ndtr", "log_softmax", "logit", "logsumexp", "ndtr", "rel_entr", "relu", "sigmoid", "silu", "softmax",
    "softplus", "tanh", "xlog1py", "xlogy",
]


def __getattr__(name):
    if name in _SCIPY:
        return _scipy(name)
    raise AttributeError(f"module 'mathcore.special' has no attribute {name!r}")


def __dir__():
    return sorted(__all__)


def _scipy(name):
    """SciPy's own function, from where it is defined, for the public name may have been replaced by ours; None if
    there is none. Loading SciPy takes 0.3 s that only these need."""
    import scipy.special

    homes = (getattr(scipy.special, home, None) for home in ("_logsumexp", "_basic", "_ufuncs"))
    return next((f for home in (*homes, scipy.special) if (f := getattr(home, name, None)) is not None), None)


# ------------------------------------------------------------------ functions of each element

def _peer(fn):
    """NumPy's or SciPy's function of the same name, which serves what the kernels do not; None where there is none."""
    return _NUMPY[fn] if fn in _NUMPY else _scipy(fn)


def _general(fn, op, operands, out, workers, ufunc):
    """Any operands: checked, converted, broadcast, computed, cast into `out`."""
    if any(map(is_traced, operands)):
        return by_rule(fn, *operands, out=out)
    workers = _validate.check_workers(workers, fn)
    names = ("x",) if len(operands) == 1 else ("x", "y")
    arrays = [_validate.as_array(x, fn, name) for x, name in zip(operands, names, strict=True)]
    # Python's own numbers take the type of the arrays beside them (NEP 50)
    weak = [x if type(x) in (bool, int, float) else a for x, a in zip(operands, arrays, strict=True)]
    result = np.result_type(*weak)
    floating = result.kind == "f" and result.itemsize <= 8 or result.kind in "biu"
    if ufunc or not floating or any(_validate.overrides_ufuncs(x) for x in (*operands, out)):
        peer = _peer(fn)
        if peer is not None:
            return peer(*operands, out=out, **ufunc)
        if ufunc:
            raise TypeError(f"{fn}: unexpected keyword argument; expected out and workers, got {', '.join(ufunc)}")
    result = _validate.real_dtype(result, fn, "x")
    shape = _validate.broadcast_batch(arrays[0].shape, arrays[-1].shape, fn, "x and y")
    if out is not None:
        out = _validate.check_out(out, shape, result, fn)
    compute = _validate.COMPUTE[result]
    arrays = [_validate.ready(a, compute) for a in arrays]
    c = out
    if c is None or c.dtype != compute or not _special_can_write(c, arrays):
        c = np.empty(shape, compute)
    _special.fill(op, arrays[0], arrays[1] if len(arrays) > 1 else None, c, workers, fn)
    return _deliver(c, out, result)


def _deliver(c, out, result):
    with np.errstate(all="ignore"):      # float16 and a narrower out round to inf, 0 and subnormals
        return _validate.deliver(c, out, result)


def _special_can_write(c, arrays):
    return _validate.is_usable(c) and not any(np.may_share_memory(c, a) for a in arrays)


_TEMPLATE = """{summary}

    {formula}

    Parameters
    ----------
    {parameters}
    out : ndarray, optional
        Receives the result; it may be an input.
    workers : int, optional
        Threads for this call; -1 for all usable. Default: see `mathcore.get_num_threads`.
    **kwargs
        {kwargs}

    Returns
    -------
    ndarray or scalar
        float32 and float64 as they came, float16 computed in float32, integers as float64. {peer}

    Raises
    ------
    ValueError
        {shapes}
    TypeError
        Data that are not numbers, an `out` whose type cannot hold the result.

    Notes
    -----
    {notes} No floating-point warnings are given.
    The bits do not depend on layout, length, threads, or AVX2 and AVX-512.

    Examples
    --------
    >>> from mathcore.special import {name}
    {example}
    """

_X = """x : array_like
        Any shape and strides."""
_XY = """x, y : array_like
        Shapes that broadcast."""


def _documented(f, name, summary, formula, notes, example, parameters=_X):
    has_peer = name not in ("relu", "silu")
    f.__name__ = f.__qualname__ = name
    f.__module__ = __name__
    f.__doc__ = _TEMPLATE.format(
        name=name, summary=summary, formula=formula, notes=notes, example=example.replace("\n", "\n    "),
        parameters=parameters,
        kwargs="The peer's remaining ufunc options (``where``, ``dtype``, ...); with them the peer computes."
        if has_peer else "None is known.",
        peer="Complex and longdouble data are the peer's." if has_peer else "Complex data is a TypeError.",
        shapes="An `out` that does not fit or is read-only." if parameters is _X
        else "Shapes that do not broadcast, an `out` that does not fit or is read-only.")
    return f


def _unary(name, summary, formula, notes, example):
    op, apply = _special.OPS[name], _special.apply

    def f(x, /, out=None, *, workers=None, **kwargs):
        if not kwargs:
            r = apply(op, x, None, out, workers, name)
            if r is not None:
                return r
        return _general(name, op, (x,), out, workers, kwargs)

    return _documented(f, name, summary, formula, notes, example)


def _binary(name, summary, formula, notes, example):
    op, apply = _special.OPS[name], _special.apply

    def f(x, y, /, out=None, *, workers=None, **kwargs):
        if not kwargs:
            r = apply(op, x, y, out, workers, name)
            if r is not None:
                return r
        return _general(name, op, (x, y), out, workers, kwargs)

    return _documented(f, name, summary, formula, notes, example, _XY)


_ULP = "At most 1 ULP: over all float32 inputs, subnormals included, and over sampled and hard float64 ones."

exp = _unary("exp", "Exponential function. Drop-in for `numpy.exp`.", "``e^x``", _ULP,
             ">>> exp(1.0)\nnp.float64(2.718281828459045)")
expm1 = _unary("expm1", "``e^x - 1``, accurate near 0. Drop-in for `numpy.expm1`.", "``e^x - 1``", _ULP,
               ">>> expm1(1e-20)\nnp.float64(1e-20)")
log = _unary("log", "Natural logarithm. Drop-in for `numpy.log`.", "``log(x)``; -inf at 0, NaN below.", _ULP,
             ">>> log(10.0)\nnp.float64(2.302585092994046)")
log1p = _unary("log1p", "``log(1 + x)``, accurate near 0. Drop-in for `numpy.log1p`.",
               "``log(1 + x)``; -inf at -1, NaN below.", _ULP, ">>> log1p(1e-20)\nnp.float64(1e-20)")
tanh = _unary("tanh", "Hyperbolic tangent. Drop-in for `numpy.tanh`.", "``(e^x - e^-x) / (e^x + e^-x)``", _ULP,
              ">>> tanh(0.5)\nnp.float64(0.46211715726000974)")
expit = _unary("expit", "Logistic sigmoid, also named `sigmoid`. Drop-in for `scipy.special.expit`.",
               "``1 / (1 + e^-x)``", _ULP + " For very negative x the result is subnormal, not 0.",
               ">>> expit([2.0, -1.5, 0.0]).round(4)\narray([0.8808, 0.1824, 0.5   ])")
sigmoid = expit
logit = _unary("logit", "Logit, the inverse of `expit`. Drop-in for `scipy.special.logit`.",
               "``log(x / (1 - x))`` for 0 <= x <= 1, else NaN; near 1/2 by log1p.", "Below 3 ULP.",
               ">>> logit(0.75)\nnp.float64(1.0986122886681098)")
log_expit = _unary("log_expit", "Logarithm of the logistic sigmoid. Drop-in for `scipy.special.log_expit`.",
                   "``-log(1 + e^-x)``", "Below 2 ULP.", ">>> log_expit(-1000.0)\nnp.float64(-1000.0)")
softplus = _unary("softplus", "Softplus, a smooth `relu`. Drop-in for `scipy.special.softplus`.", "``log(1 + e^x)``",
                  "Below 2 ULP.", ">>> softplus([-1000.0, 0.0, 1000.0]).round(4)\n"
                  "array([0.000e+00, 6.931e-01, 1.000e+03])")
relu = _unary("relu", "Rectified linear unit.", "``max(x, 0)``; NaN passes through.", "Exact.",
              ">>> relu([-1.0, 2.0])\narray([0., 2.])")
silu = _unary("silu", "Sigmoid linear unit, or swish.", "``x / (1 + e^-x)``; 0 at -inf.", "Below 2 ULP.",
              ">>> silu([-1.0, 2.0]).round(4)\narray([-0.2689,  1.7616])")
entr = _unary("entr", "Elementwise entropy. Drop-in for `scipy.special.entr`.",
              "``-x log(x)`` for x > 0, 0 at 0, -inf below.", "Below 2 ULP.",
              ">>> entr([0.0, 0.5, 1.0]).round(4)\narray([ 0.    ,  0.3466, -0.    ])")
xlogy = _binary("xlogy", "``x log(y)``, 0 where x is 0. Drop-in for `scipy.special.xlogy`.",
                "``x log(y)``; 0 where x = 0 and y is not NaN.", "Below 2 ULP.",
                ">>> xlogy([0.0, 2.0], [0.0, 3.0]).round(4)\narray([0.    , 2.1972])")
xlog1py = _binary("xlog1py", "``x log1p(y)``, 0 where x is 0. Drop-in for `scipy.special.xlog1py`.",
                  "``x log(1 + y)``; 0 where x = 0 and y is not NaN.", "Below 2 ULP.",
                  ">>> xlog1py([0.0, 2.0], [-1.0, 3.0]).round(4)\narray([0.    , 2.7726])")
rel_entr = _binary("rel_entr", "Elementwise relative entropy. Drop-in for `scipy.special.rel_entr`.",
                   "``x log(x / y)`` for x, y > 0; 0 for x = 0, y >= 0; else inf.",
                   "Below 4 ULP, where x is near y too.",
                   ">>> rel_entr([0.0, 0.5], [0.0, 0.25]).round(4)\narray([0.    , 0.3466])")
kl_div = _binary("kl_div", "Elementwise Kullback-Leibler divergence. Drop-in for `scipy.special.kl_div`.",
                 "``x log(x / y) - x + y`` for x, y > 0; y for x = 0, y >= 0; else inf.",
                 "Error below 4 ULP of the largest term.",
                 ">>> kl_div([0.0, 0.5], [0.25, 0.25]).round(4)\narray([0.25  , 0.0966])")


@differentiable
def gelu(x, /, out=None, *, approximate="none", workers=None):
    """Gaussian error linear unit.

    Parameters
    ----------
    x : array_like
        Any shape and strides.
    out : ndarray, optional
        Receives the result; it may be `x`.
    approximate : {"none", "tanh"}, optional
        "none": ``x Phi(x)``, Phi the normal distribution function (SciPy's `ndtr`). "tanh": ``x / 2 (1 +
        tanh(sqrt(2/pi) (x + 0.044715 x^3)))``, in one compiled pass, off by at most 5e-4.
    workers : int, optional
        Threads for this call; -1 for all usable.

    Returns
    -------
    ndarray or scalar
        float32 and float64 as they came, float16 computed in float32, integers as float64.

    Raises
    ------
    ValueError
        An unknown `approximate`, an `out` that does not fit or is read-only.
    TypeError
        Data that are not real numbers.

    References
    ----------
    D. Hendrycks and K. Gimpel, "Gaussian error linear units", arXiv 1606.08415.

    Examples
    --------
    >>> from mathcore.special import gelu
    >>> gelu([-1.0, 2.0]).round(4)
    array([-0.1587,  1.9545])
    """
    fn = "gelu"
    _validate.one_of(approximate, ("none", "tanh"), fn, "approximate")
    a = _validate.as_array(x, fn, "x")
    _validate.real_dtype(a.dtype, fn, "x")
    if approximate == "tanh":
        return _general(fn, _special.OPS["gelu_tanh"], (x,), out, workers, {})
    _validate.check_workers(workers, fn)
    result = _validate.real_dtype(a.dtype, fn, "x")
    if out is not None:
        out = _validate.check_out(out, a.shape, result, fn)
    compute = _validate.COMPUTE[result]
    with np.errstate(all="ignore"):
        a = np.maximum(a.astype(compute, copy=False), -100)      # -inf: its limit is -0
        c = np.multiply(_scipy("ndtr")(a), a, dtype=compute)
    return _deliver(np.asarray(c), out, result)


# ------------------------------------------------------------------ rows

def _axes(axis, ndim, fn):
    """`axis` as a tuple of numbers from 0 on."""
    if axis is None:
        return tuple(range(ndim))
    try:
        return np.lib.array_utils.normalize_axis_tuple(axis, ndim, fn)
    except np.exceptions.AxisError:
        raise
    except TypeError:
        raise TypeError(f"{fn}: axis is no number; expected None, a whole number or a tuple of them, "
                        f"got {axis!r}") from None
    except ValueError:
        raise ValueError(f"{fn}: axis is repeated; expected each axis once, got {axis!r}") from None


def _rows_last(a, axes):
    """A view, or copy, of `a` with the axes joined into one last axis, and how to put a result like it back."""
    rest = [d for d in range(a.ndim) if d not in axes]
    moved = a.transpose(*rest, *axes)
    flat = moved.reshape(*moved.shape[: len(rest)], -1) if a.size else np.empty(
        (*moved.shape[: len(rest)], int(np.prod(moved.shape[len(rest):]))), a.dtype)
    return flat, lambda c: c.reshape(moved.shape).transpose(np.argsort((*rest, *axes)))


def _general_rows(fn, x, axis, out, workers):
    """softmax and log_softmax of any data, over any axes."""
    workers = _validate.check_workers(workers, fn)
    a = _validate.as_array(x, fn, "x")
    axes = _axes(axis, a.ndim, fn)
    if a.dtype.kind == "c" or a.dtype.itemsize > 8:
        r = _scipy(fn)(a, axis=axis)
        return r if out is None else _deliver(r, _validate.check_out(out, r.shape, r.dtype, fn), r.dtype)
    result = _validate.real_dtype(a.dtype, fn, "x")
    compute = _validate.COMPUTE[result]
    if out is not None:
        out = _validate.check_out(out, a.shape, result, fn)
    a = _validate.ready(a, compute)
    if not axes:
        c = _rows.rows(_rows.KINDS[fn], a.reshape(*a.shape, 1), -1, None, workers, fn).reshape(a.shape)
    elif len(axes) == 1:
        c = _rows.rows(_rows.KINDS[fn], a, axes[0], None, workers, fn)
    else:
        flat, back = _rows_last(a, axes)
        c = back(_rows.rows(_rows.KINDS[fn], flat, -1, None, workers, fn))
    return _deliver(c, out, result)


@differentiable
def softmax(x, axis=None, *, out=None, workers=None):
    """Softmax: exponentials divided by their sum.

    Drop-in for `scipy.special.softmax`, with ``out=`` and ``workers=`` added.

    Parameters
    ----------
    x : array_like
        Any strides; float32 and float64 are not copied.
    axis : int or tuple of ints, optional
        The axis or axes that sum to 1. Default: all elements together.
    out : ndarray, optional
        Receives the result; it may be `x`.
    workers : int, optional
        Threads for this call; -1 for all usable. Default: see `mathcore.get_num_threads`.

    Returns
    -------
    ndarray or scalar, shape of `x`
        ``exp(x - m) / sum(exp(x - m))``, m the largest term. NaN where a row holds NaN or +inf, or only -inf.

    Raises
    ------
    ValueError
        An axis that does not exist, an `out` that does not fit or is read-only.
    TypeError
        Data that are not numbers.

    Notes
    -----
    Relative error at most ``(4 + |x - m|) eps`` and the sum's, ``n / 32`` (float32) or ``n / 16`` (float64) eps for n
    up to 4096, as a rule far less; results may be subnormal.
    The sum has a fixed order, so the bits do not depend on layout, threads or the split of a batch.
    Extra memory: none but the result; axes that do not lie side by side are copied.
    Source: P. Blanchard, D. J. Higham, N. J. Higham, "Accurately computing the log-sum-exp and softmax functions",
    IMA J. Numer. Anal. 41 (2021).

    Examples
    --------
    >>> from mathcore.special import softmax
    >>> softmax([[1.0, 0.5, 0.2, 3.0], [1.0, -1.0, 7.0, 3.0]], axis=-1).round(4)
    array([[1.059e-01, 6.420e-02, 4.760e-02, 7.823e-01],
           [2.400e-03, 3.000e-04, 9.793e-01, 1.790e-02]])
    """
    if type(axis) is int:
        r = _rows.rows(0, x, axis, out, workers, "softmax")
        if r is not None:
            return r
    return _general_rows("softmax", x, axis, out, workers)


@differentiable
def log_softmax(x, axis=None, *, out=None, workers=None):
    """Logarithm of the softmax, accurate where the softmax is near 0 and near 1.

    Drop-in for `scipy.special.log_softmax`, with ``out=`` and ``workers=`` added.

    Parameters
    ----------
    x : array_like
        Any strides; float32 and float64 are not copied.
    axis : int or tuple of ints, optional
        The axis or axes over which the exponentials sum to 1. Default: all elements together.
    out : ndarray, optional
        Receives the result; it may be `x`.
    workers : int, optional
        Threads for this call; -1 for all usable. Default: see `mathcore.get_num_threads`.

    Returns
    -------
    ndarray or scalar, shape of `x`
        ``x - m - log(sum(exp(x - m)))``, m the largest term.

    Raises
    ------
    ValueError
        An axis that does not exist, an `out` that does not fit or is read-only.
    TypeError
        Data that are not numbers.

    Notes
    -----
    The largest term is kept out of the sum, so the top class keeps its digits: ``log_softmax([0, -40])[0]`` is
    -4.2e-18, not 0. Error at most 2 eps of ``|x - m|`` beside 4 eps of the result and the sum's; bits as in `softmax`.

    Examples
    --------
    >>> from mathcore.special import log_softmax
    >>> log_softmax([1000.0, 1.0])
    array([   0., -999.])
    >>> log_softmax([0.0, -40.0])
    array([-4.24835426e-18, -4.00000000e+01])
    """
    if type(axis) is int:
        r = _rows.rows(1, x, axis, out, workers, "log_softmax")
        if r is not None:
            return r
    return _general_rows("log_softmax", x, axis, out, workers)


@differentiable
def logsumexp(a, axis=None, b=None, keepdims=False, return_sign=False, *, out=None, workers=None):
    """Logarithm of the sum of exponentials.

    Drop-in for `scipy.special.logsumexp`, with ``out=`` and ``workers=`` added.

    Parameters
    ----------
    a : array_like
        Any strides; float32 and float64 are not copied.
    axis : int or tuple of ints, optional
        The axis or axes that are summed over. Default: all elements.
    b : array_like, optional
        Factors of the exponentials, of either sign; with them SciPy computes.
    keepdims : bool, optional
        Whether the axes stay, with length 1.
    return_sign : bool, optional
        Whether the sign of the sum is returned too; without it a negative sum gives NaN.
    out : ndarray, optional
        Receives the logarithm.
    workers : int, optional
        Threads for this call; -1 for all usable. Default: see `mathcore.get_num_threads`.

    Returns
    -------
    ndarray or scalar, or a tuple of two
        ``log(sum(b * exp(a)))``, and its sign; -inf for an empty sum.

    Raises
    ------
    ValueError
        An axis that does not exist, a `b` that does not broadcast, an `out` that does not fit or is read-only.
    TypeError
        Data that are not numbers.

    Notes
    -----
    Terms equal to the largest one, m, are counted, the rest is summed: ``m + log(count + rest)`` by a logarithm that
    keeps a small rest, so ``logsumexp([0, -40])`` is 4.2e-18, not 0. Error at most 4 eps of the larger of m and the
    logarithm, and the sum's, ``n / 32`` (float32) or ``n / 16`` (float64) eps for n up to 4096; the bits do not depend
    on layout, threads or the split of a batch.

    Examples
    --------
    >>> from mathcore.special import logsumexp
    >>> logsumexp([1000.0, 1000.0])
    np.float64(1000.6931471805599)
    >>> logsumexp([0.0, -40.0])
    np.float64(4.248354255291589e-18)
    """
    if type(axis) is int and b is None and not keepdims and not return_sign:
        r = _rows.rows(2, a, axis, out, workers, "logsumexp")
        if r is not None:
            return r
    return _general_logsumexp(a, axis, b, keepdims, return_sign, out, workers)


def _general_logsumexp(a, axis, b, keepdims, return_sign, out, workers):
    fn = "logsumexp"
    workers = _validate.check_workers(workers, fn)
    x = _validate.as_array(a, fn, "a")
    if b is not None:
        b = _validate.as_array(b, fn, "b")
        _validate.broadcast_batch(x.shape, b.shape, fn, "a and b")
    axes = _axes(axis, x.ndim if b is None else max(x.ndim, b.ndim), fn)
    if x.dtype.kind == "O":
        _validate.real_dtype(x.dtype, fn, "a")
    if b is not None or x.dtype.kind == "c" or x.dtype.itemsize > 8:
        r = _scipy("logsumexp")(x, axis=axis, b=b, keepdims=keepdims, return_sign=return_sign)
        value = np.asarray(r[0] if return_sign else r)
        if out is None:
            return r
        out = _deliver(value, _validate.check_out(out, value.shape, value.dtype, fn), value.dtype)
        return (out, r[1]) if return_sign else out
    result = _validate.real_dtype(x.dtype, fn, "a")
    kept = tuple(1 if d in axes else n for d, n in enumerate(x.shape))
    shape = kept if keepdims else tuple(n for d, n in enumerate(x.shape) if d not in axes)
    if out is not None:
        out = _validate.check_out(out, shape, result, fn)
    x = _validate.ready(x, _validate.COMPUTE[result])
    if not axes:
        x, axes = x.reshape(*x.shape, 1), (x.ndim,)
    flat, last = (x, axes[0]) if len(axes) == 1 else (_rows_last(x, axes)[0], -1)
    c = np.asarray(_rows.rows(2, flat, last, None, workers, fn)).reshape(shape)
    sign = np.where(np.isnan(c), c, np.where(np.isneginf(c), 0, 1).astype(c.dtype)) if return_sign else None
    value = _deliver(c, out, result)
    if not return_sign:
        return value
    return value, sign.astype(result, copy=False)[()]
