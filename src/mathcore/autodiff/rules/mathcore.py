"""Functions of mathcore: the fused kernels' own gradients, and elsewhere the rules of NumPy's functions.

A fused kernel gives its gradient with its value, once; where that gradient is itself differentiated, the same loss is
composed of functions that have rules of any order.
"""

import functools

import numpy as np

from mathcore import information, linalg, losses, special
from mathcore._kernels.tape import Elementwise, Primitive, Traced, primal
from mathcore.autodiff._dispatch import FUNCTIONS, UFUNCS, handles, lifted, shape_of
from mathcore.autodiff.rules import elementwise as e
from mathcore.autodiff.rules import linalg as la
from mathcore.autodiff.rules import products
from mathcore.autodiff.rules.products import matmul, turned
from mathcore.information import joint as tables

# ------------------------------------------------------------------ functions of each element

for _name, _partials in e.SPECIAL.items():
    FUNCTIONS[_name] = Elementwise(_name, getattr(special, _name), *_partials)
for _name in ("exp", "expm1", "log", "log1p", "tanh"):
    FUNCTIONS[_name] = UFUNCS[getattr(np, _name)]
expit = FUNCTIONS["expit"]
softplus = FUNCTIONS["softplus"] = Elementwise("softplus", special.softplus, lambda x, out: expit(x))
FUNCTIONS["relu"] = Elementwise("relu", special.relu, lambda x, out: np.greater(primal(x), 0) * 1.0, masks=True)
FUNCTIONS["silu"] = Elementwise("silu", special.silu, lambda x, out: expit(x) + out * (1 - expit(x)))


@handles(special.gelu)
def gelu(x, /, out=None, *, approximate="none", workers=None):
    if approximate == "tanh":
        return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x ** 3)))
    return x * special.ndtr(x)


# ------------------------------------------------------------------ rows

def _of_axis(function):
    return lambda x, axis: function(x, axis=axis)


def _softmax_back(g, out, x, axis):
    return out * (g - np.sum(g * out, axis=axis, keepdims=True))


def _behind(function):
    """A rule of tangents with directions in front: axes counted from the back stay where they are."""
    return lambda k, t, values, options: function(t, values[0], **options)


SOFTMAX = Primitive("softmax", _of_axis(special.softmax), (_softmax_back,), (_softmax_back,),
                    batched=_behind(lambda t, x, axis: _softmax_back(t, SOFTMAX(x, axis=axis), x, axis)))


def _log_softmax_back(g, out, x, axis):
    return g - np.exp(out) * np.sum(g, axis=axis, keepdims=True)


def _log_softmax_forward(t, out, x, axis):
    return t - np.sum(np.exp(out) * t, axis=axis, keepdims=True)


LOG_SOFTMAX = Primitive("log_softmax", _of_axis(special.log_softmax), (_log_softmax_back,), (_log_softmax_forward,),
                        batched=_behind(lambda t, x, axis: _log_softmax_forward(t, LOG_SOFTMAX(x, axis=axis), x, axis)))


def _log_sum_forward(t, out, x, axis):
    return np.sum(t * SOFTMAX(x, axis=axis), axis=axis, keepdims=True)


LOG_SUM_EXP = Primitive("logsumexp", lambda x, axis: special.logsumexp(x, axis=axis, keepdims=True),
                        (lambda g, out, x, axis: g * SOFTMAX(x, axis=axis),), (_log_sum_forward,),
                        batched=_behind(lambda t, x, axis: _log_sum_forward(t, None, x, axis)))


def _from_back(axis, ndim):
    axes = range(ndim) if axis is None else axis if isinstance(axis, tuple | list) else (axis,)
    return tuple(i % ndim - ndim for i in axes)


@handles(special.softmax)
def softmax(x, axis=None, *, out=None, workers=None):
    return SOFTMAX(lifted(x), axis=_from_back(axis, np.ndim(x)))


@handles(special.log_softmax)
def log_softmax(x, axis=None, *, out=None, workers=None):
    return LOG_SOFTMAX(lifted(x), axis=_from_back(axis, np.ndim(x)))


@handles(special.logsumexp)
def logsumexp(a, axis=None, b=None, keepdims=False, return_sign=False, *, out=None, workers=None):
    if return_sign:
        raise TypeError("logsumexp: no derivative is known with return_sign=True; expected False for a traced value")
    a = lifted(a)
    if b is not None:
        top = np.max(primal(a), axis=axis, keepdims=True)
        found = np.log(np.sum(b * np.exp(a - top), axis=axis, keepdims=True)) + top
    else:
        found = LOG_SUM_EXP(a, axis=_from_back(axis, np.ndim(a)))
    return found if keepdims else np.squeeze(found, tuple(range(np.ndim(a))) if axis is None else axis)


# ------------------------------------------------------------------ losses: value and gradient from one pass

def _scaled(g, gradient):
    return np.reshape(g, shape_of(g) + (1,) * (np.ndim(gradient) - np.ndim(g))) * gradient


def _inner(t, value, gradient):
    return np.sum(t * gradient, axis=tuple(range(np.ndim(value) - np.ndim(gradient), 0)))


FUSED = Primitive("fused loss", lambda *xs, value, gradients: value,
                  lambda k: lambda g, out, *xs, value, gradients: _scaled(g, gradients[k]),
                  lambda k: lambda t, out, *xs, value, gradients: _inner(t, value, gradients[k]),
                  batched=lambda k, t, values, options: _inner(t, options["value"], options["gradients"][k]))


def _is_first_order(x):
    return not (type(x) is Traced and type(x.content) is Traced)


def fused(function, n, composed):
    """The rule of a loss of n arrays that gives its gradients by all of them, by `composed` for higher orders."""
    @handles(function)
    @functools.wraps(function)
    def rule(*args, grad=False, workers=None, **options):
        if grad:
            raise TypeError(f"{function.__name__}: grad is True beside a traced value; expected False: the derivative "
                            "is taken anyway")
        args = [lifted(x) for x in args]
        arrays, rest = args[:n], args[n:]
        constant = [x for x in (*rest, *options.values()) if type(x) is Traced]
        if constant or not all(map(_is_first_order, arrays)):
            return composed(*args, **options)
        plain = [primal(x) for x in arrays]
        value, *gradients = function(*plain, *rest, grad=True, **options)
        return FUSED(*arrays, value=value, gradients=tuple(gradients))
    return rule


def _reduced(loss, reduction, divisor):
    return loss if reduction == "none" else np.sum(loss) if reduction == "sum" else np.sum(loss) / divisor


def _pairs(element):
    """A loss of pairs, of its element's formula."""
    def composed(p, y, *, weight=None, reduction="mean", **options):
        loss = element(p, y, **options)
        return _reduced(loss if weight is None else weight * loss, reduction, np.size(primal(p)))
    return composed


def _huber(p, y, delta=1.0):
    r = np.abs(p - y)
    return np.where(primal(r) <= delta, 0.5 * r * r, delta * (r - 0.5 * delta))


def _with_logits(z, y, pos_weight=None):
    return (1 if pos_weight is None else pos_weight) * y * softplus(-z) + (1 - y) * softplus(z)


fused(losses.mse, 1, _pairs(lambda p, y: np.square(p - y)))
fused(losses.mae, 1, _pairs(lambda p, y: np.abs(p - y)))
fused(losses.huber, 1, _pairs(_huber))
fused(losses.hinge, 1, _pairs(lambda s, y: np.maximum(1 - y * s, 0)))
fused(losses.binary_cross_entropy, 1, _pairs(lambda p, y: -(y * np.log(p) + (1 - y) * np.log1p(-p))))
fused(losses.binary_cross_entropy_with_logits, 1, _pairs(_with_logits))


def _cross_entropy(logits, labels, *, weight=None, ignore_index=None, label_smoothing=0.0, reduction="mean"):
    logp, n = log_softmax(logits, -1), np.shape(logits)[-1]
    y = primal(labels)
    counts = np.ones(np.shape(logits)[:-1])
    weights = np.ones(n) if weight is None else weight
    if np.ndim(y) == np.ndim(logits):
        target, divisor = labels, counts.size
    else:
        counts = np.ones(np.shape(y)) if ignore_index is None else (np.asarray(y) != ignore_index) * 1.0
        chosen = np.where(counts > 0, y, 0)
        target = np.eye(n)[chosen]
        divisor = np.sum(counts * np.asarray(weights)[chosen])
    target = (1 - label_smoothing) * target + label_smoothing / n
    return _reduced(-counts * np.sum(weights * target * logp, axis=-1), reduction, divisor)


fused(losses.cross_entropy, 1, _cross_entropy)


def _linear_composed(x, w, labels, *, bias=None, **options):
    z = matmul(x, turned(w))
    return _cross_entropy(z if bias is None else z + bias, labels, **options)


@handles(losses.linear_cross_entropy)
def linear_cross_entropy(x, w, labels, /, *, bias=None, grad=False, workers=None, **options):
    if grad:
        raise TypeError("linear_cross_entropy: grad is True beside a traced value; expected False: the derivative is "
                        "taken anyway")
    arrays = [lifted(a) for a in (x, w, bias) if a is not None]
    if not all(map(_is_first_order, arrays)):
        return _linear_composed(x, w, labels, bias=bias, **options)
    plain = [primal(a) for a in arrays]
    value, *gradients = losses.linear_cross_entropy(*plain[:2], labels, bias=plain[2] if bias is not None else None,
                                                    grad=True, **options)
    return FUSED(*arrays, value=value, gradients=tuple(gradients))


@handles(losses.l1)
def l1(w, /, alpha=1.0, *, grad=False):
    return elastic_net(w, alpha, 1.0)


@handles(losses.l2)
def l2(w, /, alpha=1.0, *, grad=False):
    return elastic_net(w, alpha, 0.0)


@handles(losses.elastic_net)
def elastic_net(w, /, alpha=1.0, l1_ratio=0.5, *, grad=False):
    w, found = lifted(w), 0.0
    if l1_ratio:
        found = found + alpha * l1_ratio * np.sum(np.abs(w))
    return found if l1_ratio == 1 else found + 0.5 * alpha * (1 - l1_ratio) * np.sum(np.square(w))


@handles(losses.prox_elastic_net)
def prox_elastic_net(v, /, alpha=1.0, l1_ratio=0.5, *, step=1.0):
    cut = step * alpha * l1_ratio
    v = lifted(v)
    return (np.maximum(v - cut, 0) + np.minimum(v + cut, 0)) / (1 + step * alpha * (1 - l1_ratio))


handles(losses.prox_l1)(lambda v, /, alpha=1.0, *, step=1.0: prox_elastic_net(v, alpha, 1.0, step=step))
handles(losses.prox_l2)(lambda v, /, alpha=1.0, *, step=1.0: prox_elastic_net(v, alpha, 0.0, step=step))

# ------------------------------------------------------------------ information: the terms, checked on the values

def _nats(base):
    return 1.0 if base is None else np.log(base)


def _entropic(function, terms):
    """The rule of an entropy of rows: the plain function checks, its terms in functions with rules are summed."""
    @handles(function)
    def rule(*arrays, base=None, axis=-1, normalize=False, workers=None):
        arrays = [lifted(x) for x in arrays]
        function(*map(primal, arrays), axis=axis, normalize=normalize)
        if normalize:
            arrays = [x / np.sum(x, axis=axis, keepdims=True) for x in arrays]
        return np.sum(terms(*arrays), axis=axis) / _nats(base)
    return rule


def _js(p, q):
    m = 0.5 * (p + q)
    return 0.5 * (special.kl_div(p, m) + special.kl_div(q, m))


def _shannon(p):
    return special.entr(p)


_entropy = _entropic(information.entropy, _shannon)
_entropic(information.cross_entropy, lambda p, q: -special.xlogy(p, q))
_entropic(information.kl_divergence, special.kl_div)
_entropic(information.js_divergence, _js)
handles(information.perplexity)(lambda p, /, **options: np.exp(_entropy(p, **options)))


def _from_logits(function, terms):
    @handles(function)
    def rule(*logits, base=None, axis=-1, workers=None):
        logs = [log_softmax(lifted(x), axis) for x in logits]
        return np.sum(np.exp(logs[0]) * terms(*logs), axis=axis) / _nats(base)


_from_logits(information.entropy_from_logits, lambda p: -p)
_from_logits(information.cross_entropy_from_logits, lambda p, q: -q)
_from_logits(information.kl_from_logits, lambda p, q: p - q)


def _of_table(function, value):
    """The rule of an entropy of a joint table, of its roles by name."""
    @handles(function)
    def rule(joint, /, *, base=None, normalize=False, **axes):
        joint = lifted(joint)
        function(primal(joint), normalize=normalize, **axes)
        return value(joint / np.sum(joint) if normalize else joint, **axes) / _nats(base)


def _joint_entropy(joint, axes=None):
    keep = range(np.ndim(joint)) if axes is None else tables.axes_of(axes, np.ndim(joint), "joint_entropy", "axes")
    return np.sum(_shannon(tables.marginal(joint, keep)))


def _conditional_entropy(joint, of=None, given=0):
    of, given = tables.roles(np.ndim(joint), "conditional_entropy", of=of, given=given)
    both = tables.marginal(joint, of + given)
    return np.sum(_shannon(both)) - np.sum(_shannon(tables.marginal(both, given)))


def _mutual_information(joint, x=0, y=None, given=None):
    x, y, given = tables.roles(np.ndim(joint), "mutual_information", x=x, y=y, given=tables.chosen(given))
    both = tables.marginal(joint, x + y + given)
    h = [np.sum(_shannon(tables.marginal(both, axes))) for axes in (x + given, y + given, x + y + given, given)]
    return h[0] + h[1] - h[2] - (h[3] if given else 0.0)


_of_table(information.joint_entropy, _joint_entropy)
_of_table(information.conditional_entropy, _conditional_entropy)
_of_table(information.mutual_information, _mutual_information)

# ------------------------------------------------------------------ linear algebra

ACTIVATIONS = {None: lambda z: z, "identity": lambda z: z, "relu": lambda z: np.maximum(z, 0), "tanh": np.tanh,
               "sigmoid": lambda z: expit(z)}


@handles(linalg.linear)
def linear(x, w, b=None, /, *, activation=None, out=None, workers=None):
    z = matmul(lifted(x), turned(lifted(w)))
    return ACTIVATIONS[activation](z if b is None else z + b)


handles(linalg.outer)(lambda x1, x2, /, *, out=None: products.outer(lifted(x1), lifted(x2)))
handles(linalg.gram)(lambda x, /, *, out=None, workers=None: matmul(turned(lifted(x)), lifted(x)))
handles(linalg.multi_dot)(lambda arrays, *, out=None, workers=None: la.multi_dot(arrays))
handles(linalg.inv)(lambda a, *args, **kwargs: la.INV(lifted(a)))
handles(linalg.det)(lambda a, *args, **kwargs: la.DET(lifted(a)))
handles(linalg.slogdet)(lambda a, /, *, workers=None: la.slogdet(lifted(a)))
handles(linalg.svdvals)(lambda a, *args, **kwargs: la.svdvals(lifted(a)))


def _only(name, given):
    """Refuses options without a rule."""
    for key, (value, expected) in given.items():
        if value != expected:
            raise TypeError(f"{name}: no derivative is known with {key}={value!r}; expected {expected!r} for a traced "
                            "value")


@handles(linalg.solve)
def solve(a, b, lower=False, overwrite_a=False, overwrite_b=False, check_finite=True, assume_a=None,
          transposed=False, *, on_failure="raise", workers=None):
    a = lifted(a)
    if assume_a in ("lower triangular", "upper triangular"):
        a = np.tril(a) if assume_a[0] == "l" else np.triu(a)
    elif assume_a in ("sym", "symmetric", "her", "hermitian", "pos", "positive definite"):
        a = la.mirrored(a if lower else turned(a))
    return la.solve(turned(a) if transposed else a, b)


def _factored(a, packed, order):
    """LAPACK's compact form of a[order]: the square part by its rule, what stands beside or below it by solving."""
    m, n = a.shape[-2:]
    k = min(m, n)
    rows = np.take_along_axis(a, np.expand_dims(order, -1), -2)
    square = la.LU(rows[..., :k, :k], packed=packed[..., :k, :k])
    low, up = la.parts_of_lu(square)
    if m > k:
        return np.concatenate([square, turned(la.solve(turned(up), turned(rows[..., k:, :])))], axis=-2)
    if n > k:
        return np.concatenate([square, la.solve(low, rows[..., k:])], axis=-1)
    return square


def _order_of(pivots, m):
    """The rows in the order that exchanges in turn leave."""
    order = np.broadcast_to(np.arange(m), (*pivots.shape[:-1], m)).copy()
    for i in range(pivots.shape[-1]):
        j = np.expand_dims(pivots[..., i], -1).astype(int)
        mine, other = order[..., i:i + 1].copy(), np.take_along_axis(order, j, -1)
        np.put_along_axis(order, j, mine, -1)
        order[..., i:i + 1] = other
    return order


@handles(linalg.lu_factor)
def lu_factor(a, overwrite_a=False, check_finite=True, *, workers=None):
    a = lifted(a)
    packed, pivots = linalg.lu_factor(primal(a), check_finite=check_finite)
    return _factored(a, packed, _order_of(pivots, a.shape[-2])), pivots


@handles(linalg.lu)
def lu(a, permute_l=False, overwrite_a=False, check_finite=True, p_indices=False, *, workers=None):
    a = lifted(a)
    m, n = a.shape[-2:]
    k = min(m, n)
    packed, pivots = linalg.lu_factor(primal(a), check_finite=check_finite)
    order = _order_of(pivots, m)
    p, found = np.argsort(order, axis=-1), _factored(a, packed, order)
    low, up = np.tril(found[..., :k], -1) + np.eye(m, k), np.triu(found[..., :k, :])
    if permute_l:
        return np.take_along_axis(low, np.expand_dims(p, -1), -2), up
    return (p if p_indices else np.eye(m)[p]), low, up


@handles(linalg.lu_solve)
def lu_solve(lu_and_piv, b, trans=0, overwrite_b=False, check_finite=True, *, workers=None):
    packed, pivots = lu_and_piv
    packed, b = lifted(packed), lifted(b)
    low, up = la.parts_of_lu(packed)
    order = _order_of(primal(pivots), packed.shape[-1])
    a = np.take_along_axis(matmul(low, up), np.expand_dims(np.argsort(order, -1), -1), -2)
    return la.solve(turned(a) if trans in (1, 2, "T", "C") else a, b)


@handles(linalg.solve_triangular)
def solve_triangular(a, b, trans=0, lower=False, unit_diagonal=False, overwrite_b=False, check_finite=True, **options):
    a = np.tril(lifted(a)) if lower else np.triu(lifted(a))
    if unit_diagonal:
        n = a.shape[-1]
        a = a * (1 - np.eye(n)) + np.eye(n)
    return la.solve(turned(a) if trans in (1, 2, "T", "C") else a, b)


@handles(linalg.cholesky)
def cholesky(a, lower=False, overwrite_a=False, check_finite=True, *, on_failure="raise", workers=None):
    return la.cholesky(lifted(a), upper=not lower)


@handles(linalg.cho_solve)
def cho_solve(c_and_lower, b, overwrite_b=False, check_finite=True, *, workers=None):
    c, lower = c_and_lower
    low = np.tril(c) if lower else turned(np.triu(c))
    return la.solve(turned(low), la.solve(low, b))


@handles(linalg.lstsq)
def lstsq(a, b, cond=None, *args, weights=None, ridge=0.0, **kwargs):
    a, b = lifted(a), lifted(b)
    if weights is not None:
        root = np.sqrt(weights)
        a, b = a * np.expand_dims(root, -1), b * (root if np.ndim(b) == 1 else np.expand_dims(root, -1))
    if ridge:
        n = a.shape[-1]
        a = np.concatenate([a, np.sqrt(ridge) * np.eye(n)])
        b = np.concatenate([b, np.zeros((n, *np.shape(b)[1:]))])
    return la.lstsq(a, b)


@handles(linalg.pinv)
def pinv(a, *, atol=None, rtol=None, return_rank=False, check_finite=True):
    _only("pinv", {"return_rank": (return_rank, False), "atol": (atol, None)})
    return la.PINV(lifted(a), **({} if rtol is None else {"rtol": rtol}))


@handles(linalg.qr)
def qr(a, overwrite_a=False, lwork=None, mode="full", pivoting=False, check_finite=True, *, workers=None):
    _only("qr", {"pivoting": (pivoting, False)})
    found = la.qr(lifted(a), {"economic": "reduced", "full": "complete", "r": "complete"}.get(mode, mode))
    return (found[1],) if mode == "r" else tuple(found)


@handles(linalg.eigh)
def eigh(a, b=None, *, lower=True, eigvals_only=False, subset_by_index=None, subset_by_value=None, **options):
    _only("eigh", {"b": (b, None), "subset_by_index": (subset_by_index, None),
                   "subset_by_value": (subset_by_value, None)})
    w, v = la.eigh(lifted(a), "L" if lower else "U")
    return w if eigvals_only else (w, v)


handles(linalg.eigvalsh)(lambda a, b=None, **options: eigh(a, b, eigvals_only=True, **options))


@handles(linalg.svd)
def svd(a, full_matrices=True, compute_uv=True, *args, **kwargs):
    found = la.svd(lifted(a), full_matrices, compute_uv)
    return tuple(found) if compute_uv else found


@handles(linalg.normalize)
def normalize(x, /, *, ord=2, axis=-1):  # noqa: A002  the function's own name
    x = lifted(x)
    length = la.norm(np.expand_dims(x, 0), ord, axis if axis < 0 else axis + 1, True)[0]
    return x / np.where(np.equal(primal(length), 0), 1.0, length)


@handles(linalg.angle)
def angle(u, v, /, *, axis=-1):
    """Kahan's formula, as the function itself."""
    u, v = normalize(u, axis=axis), normalize(v, axis=axis)
    return 2 * np.arctan2(np.sqrt(np.sum(np.square(u - v), axis=axis)), np.sqrt(np.sum(np.square(u + v), axis=axis)))


@handles(linalg.project)
def project(u, onto, /, *, axis=-1):
    u, onto = np.moveaxis(lifted(u), axis, -1), lifted(onto)
    if np.ndim(onto) == 1:
        found = onto * np.expand_dims(np.sum(u * onto, axis=-1) / np.sum(onto * onto), -1)
    else:
        found = matmul(onto, matmul(la.PINV(onto), np.expand_dims(u, -1)))[..., 0]
    return np.moveaxis(found, -1, axis)


@handles(linalg.rayleigh_quotient)
def rayleigh_quotient(a, v, /):
    a, v = lifted(a), lifted(v)
    return np.sum(v * matmul(a, np.expand_dims(v, -1))[..., 0], axis=-1) / np.sum(v * v, axis=-1)


@handles(linalg.linear_combination)
def linear_combination(coefficients, vectors, /):
    vectors = np.stack([lifted(v) for v in vectors], axis=-1) if isinstance(vectors, list | tuple) else lifted(vectors)
    return matmul(vectors, np.expand_dims(lifted(coefficients), -1))[..., 0]


handles(linalg.cond)(lambda x, p=None: la.cond(lifted(x), p))
