"""numpy.linalg. Formulas from Giles, "Collected matrix derivative results for forward and reverse mode algorithmic
differentiation" (2008), and Walter and Lehmann, "Algorithmic differentiation of linear algebra functions" (2010)."""

import functools

import numpy as np

from mathcore._kernels.tape import Primitive, primal
from mathcore.autodiff._dispatch import METHODS, handles, lifted, shape_of, sum_to
from mathcore.autodiff.rules.products import matmul, turned

# ------------------------------------------------------------------ inverse, systems, determinant


INV = Primitive("linalg.inv", np.linalg.inv, (lambda g, out, a: -matmul(turned(out), matmul(g, turned(out))),),
                (lambda t, out, a: -matmul(out, matmul(t, out)),), batched=True)
handles(np.linalg.inv)(lambda a: INV(lifted(a)))


def _back_to_matrix(g, out, a, b):
    return sum_to(-matmul(np.linalg.solve(turned(a), g), turned(out)), shape_of(a))


def _back_to_right(g, out, a, b):
    return sum_to(np.linalg.solve(turned(a), g), shape_of(b))


def _solve(a, b):
    """NumPy takes one leading axis beside two dimensions for a stack of vectors; these are always matrices."""
    return np.linalg.solve(a, b)


SOLVE = Primitive("linalg.solve", _solve, (_back_to_matrix, _back_to_right),
                  (lambda t, out, a, b: -np.linalg.solve(a, matmul(t, out)),
                   lambda t, out, a, b: np.linalg.solve(a, t)),
                  batched=True)


@handles(np.linalg.solve)
def solve(a, b):
    a, b = lifted(a), lifted(b)
    if np.ndim(b) == 1:
        return SOLVE(a, np.expand_dims(b, -1))[..., 0]
    return SOLVE(a, b)


def _slope_of_det(a, out):
    """The cofactors: det(a) inv(a)^T; from the singular values where a is singular, as constants."""
    if np.all(primal(out) != 0):
        return np.expand_dims(out, (-1, -2)) * turned(np.linalg.inv(a))
    u, s, vh = np.linalg.svd(primal(a))
    others = np.stack([np.prod(np.delete(s, i, axis=-1), axis=-1) for i in range(s.shape[-1])], axis=-1)
    sign = np.linalg.det(u) * np.linalg.det(vh)
    return sign[..., None, None] * matmul(u * others[..., None, :], vh)


DET = Primitive("linalg.det", np.linalg.det, (lambda g, out, a: np.expand_dims(g, (-1, -2)) * _slope_of_det(a, out),),
                (lambda t, out, a: np.sum(t * _slope_of_det(a, out), axis=(-1, -2)),), batched=True)
handles(np.linalg.det)(lambda a: DET(lifted(a)))

LOGDET = Primitive("linalg.slogdet", lambda a: np.linalg.slogdet(a)[1],
                   (lambda g, out, a: np.expand_dims(g, (-1, -2)) * turned(np.linalg.inv(a)),),
                   (lambda t, out, a: np.sum(t * turned(np.linalg.inv(a)), axis=(-1, -2)),), batched=True)


@handles(np.linalg.slogdet)
def slogdet(a):
    sign = np.linalg.slogdet(primal(a))
    return type(sign)(sign[0], LOGDET(lifted(a)))


def _pinv_back(g, out, a):
    p, pt, gt = out, turned(out), turned(g)
    ap, pa = matmul(a, p), matmul(p, a)
    return (-matmul(pt, matmul(g, pt)) + matmul(gt - matmul(ap, gt), matmul(p, pt))
            + matmul(pt, matmul(p, gt - matmul(gt, pa))))


def _pinv_forward(t, out, a):
    p, pt, tt = out, turned(out), turned(t)
    right, left = tt - matmul(tt, matmul(a, p)), tt - matmul(matmul(p, a), tt)
    return -matmul(p, matmul(t, p)) + matmul(matmul(p, pt), right) + matmul(left, matmul(pt, p))


PINV = Primitive("linalg.pinv", lambda a, **kw: np.linalg.pinv(a, **kw),
                 (lambda g, out, a, **kw: _pinv_back(g, out, a),),
                 (lambda t, out, a, **kw: _pinv_forward(t, out, a),), batched=True)
handles(np.linalg.pinv)(lambda a, **kwargs: PINV(lifted(a), **kwargs))


@handles(np.linalg.lstsq)
def lstsq(a, b, rcond=None):
    a, b = lifted(a), lifted(b)
    found = np.linalg.lstsq(primal(a), primal(b), rcond)
    x = matmul(np.linalg.pinv(a), b)
    residuals = np.sum(np.square(matmul(a, x) - b), axis=0) if found[1].size else found[1]
    return x, np.reshape(residuals, found[1].shape), found[2], found[3]


@handles(np.linalg.matrix_power)
def matrix_power(a, n):
    if n < 0:
        a, n = np.linalg.inv(a), -n
    if n == 0:
        return np.broadcast_to(np.eye(a.shape[-1]), a.shape)
    powers = None
    while n:
        powers = a if n % 2 and powers is None else matmul(powers, a) if n % 2 else powers
        n //= 2
        a = matmul(a, a) if n else a
    return powers


@handles(np.linalg.multi_dot)
def multi_dot(arrays, *, out=None):
    return functools.reduce(matmul, map(lifted, arrays))


# ------------------------------------------------------------------ LU of a square matrix whose rows stand in order

def _upper_inverse_times(x, u):
    """x inv(u)."""
    return turned(np.linalg.solve(turned(u), turned(x)))


def parts_of_lu(packed):
    """(L, U) of LAPACK's compact form."""
    n = packed.shape[-1]
    return np.tril(packed, -1) + np.eye(n), np.triu(packed)


def _lu_back(g, out, a, packed):
    low, up = parts_of_lu(out)
    inner = np.tril(matmul(turned(low), np.tril(g, -1)), -1) + np.triu(matmul(np.triu(g), turned(up)))
    return _upper_inverse_times(np.linalg.solve(turned(low), inner), turned(up))


def _lu_forward(t, out, a, packed):
    low, up = parts_of_lu(out)
    inner = _upper_inverse_times(np.linalg.solve(low, np.broadcast_to(t, t.shape)), up)
    return matmul(low, np.tril(inner, -1)) + matmul(np.triu(inner), up)


LU = Primitive("linalg.lu", lambda a, packed: packed, (_lu_back,), (_lu_forward,), batched=True)

# ------------------------------------------------------------------ factorizations: their parts in one array

def _packed(parts):
    return np.concatenate([np.reshape(p, (*p.shape[:p.ndim - n], -1)) for p, n in parts], axis=-1)


def _unpacked(x, shapes):
    """The parts of the given shapes of the last axis of x."""
    found, start = [], 0
    for shape in shapes:
        size = int(np.prod(shape))
        found.append(np.reshape(x[..., start:start + size], (*x.shape[:-1], *shape)))
        start += size
    return found


def mirrored(x):
    """The symmetric matrix of which the functions read the lower triangle."""
    return np.tril(x) + turned(np.tril(x, -1))


def folded(s):
    """Back to that triangle, from a symmetric cotangent."""
    return np.tril(s) + np.tril(s, -1)


def _low(x):
    """Phi of the literature: the lower triangle with half of the diagonal."""
    n = x.shape[-1]
    return x * (np.tril(np.ones((n, n))) - 0.5 * np.eye(n))


def _cholesky_back(g, out, a):
    inner = _low(matmul(turned(out), g))
    s = np.linalg.solve(turned(out), turned(np.linalg.solve(turned(out), turned(inner))))
    return folded((s + turned(s)) / 2)


def _cholesky_forward(t, out, a):
    half = np.linalg.solve(out, mirrored(t))
    return matmul(out, _low(turned(np.linalg.solve(out, turned(half)))))


CHOLESKY = Primitive("linalg.cholesky", np.linalg.cholesky, (_cholesky_back,), (_cholesky_forward,), batched=True)


@handles(np.linalg.cholesky)
def cholesky(a, /, *, upper=False):
    a = lifted(a)
    return turned(CHOLESKY(turned(a))) if upper else CHOLESKY(a)


def _qr_shapes(a):
    m, n = shape_of(a)[-2:]
    k = min(m, n)
    return (m, k), (k, n)


def _qr_packed(a):
    return _packed([(p, 2) for p in np.linalg.qr(a)])


def _qr_back(g, out, a):
    shapes = _qr_shapes(a)
    (q, r), (gq, gr) = _unpacked(out, shapes), _unpacked(g, shapes)
    m, n = shape_of(a)[-2:]
    if m < n:                            # r = (r1, r2) with r1 square: a1 = q r1, a2 = q r2
        gq = gq + matmul(a[..., m:], turned(gr[..., m:]))
        first = _tall_qr_back(gq, gr[..., :m], q, r[..., :m])
        return np.concatenate([first, matmul(q, gr[..., m:])], axis=-1)
    return _tall_qr_back(gq, gr, q, r)


def _tall_qr_back(gq, gr, q, r):
    mid = matmul(r, turned(gr)) - matmul(turned(gq), q)
    n = mid.shape[-1]
    low = np.tril(np.ones((n, n)), -1)
    sym = mid * low + turned(mid * low) + mid * np.eye(n)
    return turned(np.linalg.solve(r, turned(gq + matmul(q, sym))))


def _qr_forward(t, out, a):
    m, n = shape_of(a)[-2:]
    k = min(m, n)
    q, r = _unpacked(out, _qr_shapes(a))
    r1, t1 = r[..., :k], t[..., :k]
    inner = turned(np.linalg.solve(turned(r1), turned(t1)))          # t1 inv(r1)
    c = matmul(turned(q), inner)
    low = c * np.tril(np.ones((k, k)), -1)
    omega = low - turned(low)
    tq = inner - matmul(q, c - omega)
    tr = matmul(turned(q), t) - matmul(omega, r)
    return _packed([(tq, 2), (tr, 2)])


QR = Primitive("linalg.qr", _qr_packed, (_qr_back,), (_qr_forward,))


@handles(np.linalg.qr)
def qr(a, mode="reduced"):
    a = lifted(a)
    if mode not in ("reduced", "r") and not (mode == "complete" and a.shape[-2] <= a.shape[-1]):
        raise TypeError(f"qr: no derivative is known for mode {mode!r}; expected 'reduced' or 'r' for a traced value")
    q, r = _unpacked(QR(a), _qr_shapes(a))
    return r if mode == "r" else type(np.linalg.qr(np.eye(1)))(q, r)


def _gaps(w):
    """1 / (w_j - w_i), 0 on the diagonal."""
    difference = np.expand_dims(w, -2) - np.expand_dims(w, -1)
    eye = np.eye(w.shape[-1])
    return (1 - eye) / (difference + eye)


def _eigh_packed(a, UPLO):
    w, v = np.linalg.eigh(a, UPLO)
    return _packed([(w, 1), (v, 2)])


def _eigh_back(g, out, a, UPLO):
    n = shape_of(a)[-1]
    (w, v), (gw, gv) = _unpacked(out, ((n,), (n, n))), _unpacked(g, ((n,), (n, n)))
    inner = np.expand_dims(gw, -2) * np.eye(n)
    if np.any(primal(gv) != 0):
        inner = inner + _gaps(w) * matmul(turned(v), gv)
    s = matmul(v, matmul(inner, turned(v)))
    s = folded((s + turned(s)) / 2)
    return s if UPLO in "Ll" else turned(s)


def _eigh_forward(t, out, a, UPLO):
    t = t if UPLO in "Ll" else turned(t)
    n = shape_of(a)[-1]
    w, v = _unpacked(out, ((n,), (n, n)))
    inner = matmul(turned(v), matmul(mirrored(t), v))
    return _packed([(np.diagonal(inner, axis1=-2, axis2=-1), 1), (matmul(v, _gaps(w) * inner), 2)])


EIGH = Primitive("linalg.eigh", _eigh_packed, (_eigh_back,), (_eigh_forward,))


@handles(np.linalg.eigh)
def eigh(a, UPLO="L"):
    a = lifted(a)
    n = a.shape[-1]
    return type(np.linalg.eigh(np.eye(1)))(*_unpacked(EIGH(a, UPLO=UPLO), ((n,), (n, n))))


@handles(np.linalg.eigvalsh)
def eigvalsh(a, UPLO="L"):
    return eigh(a, UPLO)[0]


def _svd_shapes(a):
    m, n = shape_of(a)[-2:]
    k = min(m, n)
    return (m, k), (k,), (k, n)


def _svd_packed(a):
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    return _packed([(u, 2), (s, 1), (vh, 2)])


def _svd_back(g, out, a):
    (u, s, vh), (gu, gs, gvh) = _unpacked(out, _svd_shapes(a)), _unpacked(g, _svd_shapes(a))
    v, gv = turned(vh), turned(gvh)
    back = matmul(u * np.expand_dims(gs, -2), vh)
    if not (np.any(primal(gu) != 0) or np.any(primal(gv) != 0)):
        return back
    gaps, row = _gaps(np.square(s)), np.expand_dims(s, -2)
    inner_u, inner_v = gaps * matmul(turned(u), gu), gaps * matmul(turned(v), gv)
    back = back + matmul(u, matmul((inner_u + turned(inner_u)) * row
                                   + np.expand_dims(s, -1) * (inner_v + turned(inner_v)), vh))
    m, n = shape_of(a)[-2:]
    if m > n:
        back = back + matmul((gu - matmul(u, matmul(turned(u), gu))) / row, vh)
    if n > m:
        back = back + matmul(u, turned((gv - matmul(v, matmul(vh, gv))) / row))
    return back


def _svd_forward(t, out, a):
    u, s, vh = _unpacked(out, _svd_shapes(a))
    v, row, column = turned(vh), np.expand_dims(s, -2), np.expand_dims(s, -1)
    inner = matmul(turned(u), matmul(t, v))
    gaps = _gaps(np.square(s))
    tu = matmul(u, gaps * (inner * row + column * turned(inner)))
    tv = matmul(v, gaps * (column * inner + turned(inner) * row))
    m, n = shape_of(a)[-2:]
    if m > n:
        tu = tu + (matmul(t, v) - matmul(u, inner)) / row
    if n > m:
        tv = tv + (matmul(turned(t), u) - matmul(v, turned(inner))) / row
    return _packed([(tu, 2), (np.diagonal(inner, axis1=-2, axis2=-1), 1), (turned(tv), 2)])


SVD = Primitive("linalg.svd", _svd_packed, (_svd_back,), (_svd_forward,))


@handles(np.linalg.svd)
def svd(a, full_matrices=True, compute_uv=True, hermitian=False):
    a = lifted(a)
    u, s, vh = _unpacked(SVD(a), _svd_shapes(a))
    if not compute_uv:
        return s
    if full_matrices and a.shape[-1] != a.shape[-2]:
        raise TypeError("svd: no derivative is known for full_matrices=True of a matrix that is not square; expected "
                        "full_matrices=False for a traced value")
    return type(np.linalg.svd(np.eye(1)))(u, s, vh)


@handles(np.linalg.svdvals)
def svdvals(x):
    return svd(x, compute_uv=False)


# ------------------------------------------------------------------ norms, traces

def _unit(x, axis):
    """The powers of two just below the greatest |x| along an axis, or several, which are kept: normal numbers, 1 where
    that is no positive number."""
    largest = np.max(np.abs(primal(x)), axis=axis, keepdims=True, initial=0)
    largest = np.where((largest > 0) & (largest < np.inf), largest, largest.dtype.type(1))
    return np.ldexp(largest.dtype.type(1), np.maximum(np.frexp(largest)[1] - 1, np.finfo(largest.dtype).minexp))


def _power_norm(x, p, axis, keepdims):
    """(sum |x|^p)^(1/p), nothing of which overflows. Where all of x is 0 it has no derivative: 0, the least of its
    subgradients."""
    unit = _unit(x, axis)
    terms = np.square(x / unit) if p == 2 else np.abs(x / unit) ** p
    total = np.sum(terms, axis=axis, keepdims=True)
    zero = primal(total) == 0
    total = np.where(zero, 1.0, total)
    found = np.where(zero, 0.0, np.sqrt(total) if p == 2 else total ** (1 / p)) * unit
    return found if keepdims else np.squeeze(found, axis)


def _vector_norm(x, ord, axis, keepdims):  # noqa: A002  NumPy's name
    if ord is None or ord == 2:
        return _power_norm(x, 2, axis, keepdims)
    size = np.abs(x)
    if ord in (np.inf, -np.inf):
        return (np.max if ord > 0 else np.min)(size, axis=axis, keepdims=keepdims)
    if ord == 0:
        return np.sum(primal(x) != 0, axis=axis, keepdims=keepdims).astype(float)
    if ord == 1:
        return np.sum(size, axis=axis, keepdims=keepdims)
    if ord > 0:
        return _power_norm(x, ord, axis, keepdims)
    return np.sum(size ** ord, axis=axis, keepdims=keepdims) ** (1 / ord)


def _matrix_norm(x, ord, keepdims):  # noqa: A002
    """Of the last two axes."""
    if ord in (None, "fro", "f"):
        return _power_norm(x, 2, (-2, -1), keepdims)
    if ord in (1, -1, np.inf, -np.inf):
        sums = np.sum(np.abs(x), axis=-2 if abs(ord) == 1 else -1, keepdims=True)
        found = (np.max if ord > 0 else np.min)(sums, axis=(-2, -1), keepdims=True)
    else:
        s = svd(x, compute_uv=False)
        found = np.sum(s, axis=-1) if ord == "nuc" else s[..., 0] if ord == 2 else s[..., -1]
        found = np.expand_dims(found, (-2, -1))
    return found if keepdims else found[..., 0, 0]


@handles(np.linalg.norm)
def norm(x, ord=None, axis=None, keepdims=False):  # noqa: A002
    x = lifted(x)
    if axis is None and ord is None:
        return np.reshape(_vector_norm(np.ravel(x), None, None, False), (1,) * x.ndim if keepdims else ())
    axis = tuple(range(x.ndim)) if axis is None else axis
    axes = axis if isinstance(axis, tuple | list) else (axis,)
    if len(axes) == 1:
        return _vector_norm(x, ord, axes[0], keepdims)
    found = _matrix_norm(np.moveaxis(x, axes, (-2, -1)), ord, keepdims)
    return np.moveaxis(found, (-2, -1), axes) if keepdims else found


@handles(np.linalg.vector_norm)
def vector_norm(x, /, *, axis=None, keepdims=False, ord=2):  # noqa: A002
    return _vector_norm(x, ord, axis, keepdims)


@handles(np.linalg.matrix_norm)
def matrix_norm(x, /, *, keepdims=False, ord="fro"):  # noqa: A002
    return _matrix_norm(x, ord, keepdims)


@handles(np.linalg.cond)
def cond(x, p=None):
    if p is None or p in (2, -2):
        s = svd(x, compute_uv=False)
        return s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    return _matrix_norm(x, p, False) * _matrix_norm(np.linalg.inv(x), p, False)


@handles(np.trace, np.linalg.trace, method="trace")
def trace(a, offset=0, axis1=0, axis2=1, dtype=None, out=None):
    return np.sum(np.diagonal(lifted(a), offset, axis1, axis2), axis=-1)


@handles(np.linalg.trace)
def trace_of_stacks(x, /, *, offset=0, dtype=None):
    return trace(x, offset, -2, -1)


METHODS["trace"] = trace
