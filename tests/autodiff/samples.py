"""One call for every NumPy function with a rule: the registry of the rules' tests.

name -> (function of the arrays, arrays). `analytic`: NumPy itself takes complex numbers through it, so that a complex
step gives the derivative to rounding.
"""

from typing import NamedTuple

import numpy as np
import scipy.special

from mathcore import information, linalg, losses, nn, special
from mathcore.distance import kernels, matrices, similarity

RNG = np.random.default_rng(7)


class Sample(NamedTuple):
    f: object
    args: tuple
    analytic: bool = True


def normal(*shape):
    return RNG.standard_normal(shape)


def positive(*shape):
    return RNG.uniform(0.3, 2.0, shape)


def inside(*shape):
    return RNG.uniform(-0.8, 0.8, shape)


V, W, X, Y, P = normal(4), normal(4), normal(3, 4), normal(3, 4), positive(3, 4)
TARGET, WEIGHT = positive(3, 4) + 0.5, RNG.uniform(0.1, 0.9, (3, 4))
SHARES = RNG.dirichlet(np.ones(4), 3)
A, B = normal(3, 3) + 3 * np.eye(3), normal(3, 3)
DEFINITE = normal(3, 3)
STACK, TALL, WIDE = normal(2, 3, 3) + 3 * np.eye(3), normal(4, 3), normal(3, 4)


def definite(a):
    return np.matmul(a, np.swapaxes(a, -1, -2)) + 2 * np.eye(a.shape[-1])


def fixed_signs(a):
    """Eigenvectors and singular vectors up to their sign."""
    return a ** 2


def changed(x):
    """In-place assignment of all kinds."""
    y = np.zeros_like(x)
    y[0] = x[1] * x[2]
    y[1:3] += x[:2] ** 2
    y[[2, 2]] = x[[0, 1]] * 3
    y[-1] -= y[0]
    z = y[1:]
    z *= x[1:]
    z[0] = np.sin(x[3])
    return y * x


def viewed(x):
    y = x * 1.0
    y.T[0] = x[0, 0] * 2
    y.reshape(-1)[3] = y[1, 1] * y[0, 2]
    y[1][2] = x[2, 3] ** 2
    part = y[:, 1:3]
    y[0] = x[1] * y[0]
    return part * 2 + y[:, :2]


def filled(x):
    y = np.empty((2, 3), like=x)
    y[...] = x[0]
    y.fill(x[1])
    np.copyto(y, x[:3] * x[1:4], where=np.array([True, False, True]))
    np.add.at(y, (np.array([0, 0, 1]), np.array([1, 1, 2])), x[:3] ** 2)
    np.fill_diagonal(y, x[2] ** 3)
    np.put(y, [5], x[3] * x[0])
    return y


UNARY = {  # name -> points
    "negative": normal, "positive": normal, "absolute": positive, "fabs": positive, "exp": normal, "exp2": normal,
    "expm1": normal, "log": positive, "log2": positive, "log10": positive, "log1p": positive, "sqrt": positive,
    "cbrt": positive, "square": normal, "reciprocal": positive, "sin": normal, "cos": normal, "tan": inside,
    "arcsin": inside, "arccos": inside, "arctan": normal, "sinh": normal, "cosh": normal, "tanh": normal,
    "arcsinh": normal, "arccosh": lambda *s: 1 + positive(*s), "arctanh": inside, "deg2rad": normal, "radians": normal,
    "rad2deg": normal, "degrees": normal, "sinc": normal, "nan_to_num": normal, "real": normal, "conj": normal,
}
NOT_COMPLEX = {"absolute", "fabs", "cbrt", "deg2rad", "radians", "rad2deg", "degrees", "nan_to_num", "real", "conj",
               "expm1", "log1p", "sinc"}
BINARY = {
    "add": (normal, normal), "subtract": (normal, normal), "multiply": (normal, normal), "divide": (normal, positive),
    "power": (positive, normal), "float_power": (positive, normal), "maximum": (normal, normal),
    "minimum": (normal, normal), "fmax": (normal, normal), "fmin": (normal, normal), "hypot": (normal, normal),
    "arctan2": (normal, positive), "logaddexp": (normal, normal), "logaddexp2": (normal, normal),
    "remainder": (positive, positive), "fmod": (positive, positive), "copysign": (normal, normal),
}
ELEMENTWISE = {
    **{n: Sample(getattr(np, n), (p(3, 4),), n not in NOT_COMPLEX) for n, p in UNARY.items()},
    **{n: Sample(getattr(np, n), (p(3, 4), q(4)), n in ("add", "subtract", "multiply", "divide", "power"))
       for n, (p, q) in BINARY.items()},
    "broadcasting": Sample(lambda x, y: x * y + y / (2 + x ** 2), (normal(3, 1), normal(2, 1, 4))),
    "numbers beside arrays": Sample(lambda a, b, x: np.sum((x @ x + a) * b) + np.sum(x + b) + np.mean(a - x) * a,
                                    (np.float64(0.7), np.float64(-1.3), normal(4))),
    "a row beside a matrix": Sample(lambda b, x: np.sum(x + b) + np.sum(2 * (x - b)), (normal(4), normal(3, 4))),
    "unwrap, i0": Sample(lambda x: np.unwrap(x * 3) * np.i0(x), (X,), False),
    "polyval": Sample(lambda p, x: np.polyval(p, x) + np.polyval([1.0, 2.0, 3.0], x), (V, X)),
    "power of numbers": Sample(lambda x: x ** 3 + x ** 2 + x ** 0.5 + x ** -1 + 2.0 ** x + x ** 1.7 + x ** 0, (P,)),
    "operators": Sample(lambda x, y: (-x + 2 - x / 3) * (1 / y) - (y - x) * 4 + abs(x) + (3 - x) + x % 2 + x // 1,
                        (P + 0.01, positive(3, 4)), False),
    "clip": Sample(lambda x: np.clip(x, -0.5, 0.5) * x.clip(-1, None)
                   + np._core.umath.clip(x, -0.1, 0.7), (X,), False),
    "divmod, modf": Sample(lambda x: np.divmod(x, 0.7)[1] * np.modf(x)[0], (P + 0.013,), False),
    "ldexp": Sample(lambda x: np.ldexp(x, 3), (X,), False),
}
STRUCTURE = {
    "getitem": Sample(lambda x: x[1] * x[0, 2] + x[-1, ::-1] + x[..., 1:2][0] + x[None, 2][0], (X,)),
    "getitem by arrays": Sample(lambda x: x[[0, 2, 2]][:, [1, 1, 3]] * x[np.array([0, 1, 2]), np.array([3, 0, 0])],
                                  (X,)),
    "getitem by arrays apart": Sample(lambda x: x[[0, 1], :, [1, 2]] ** 2, (normal(2, 3, 4),)),
    "getitem by a mask": Sample(lambda x: x[np.array([[True, False, True, True]] * 3)] ** 2, (X,)),
    "setitem": Sample(changed, (V,)),
    "setitem of views": Sample(viewed, (X,)),
    "filling": Sample(filled, (V,), False),
    "places": Sample(lambda x, y: _placed(x, y), (X, V)),
    "bincount": Sample(lambda w: np.bincount([0, 2, 2, 1], w, 5) ** 2, (V,), False),
    "astype, matrix_transpose": Sample(lambda x: np.astype(x, np.float64) @ np.linalg.matrix_transpose(x), (X,), False),
    "setitem, both": Sample(lambda x, y: _set(x, y), (X, V)),
    "iteration": Sample(lambda x: sum(row @ row * row[0] for row in x), (X,)),
    "reshape": Sample(lambda x: x.reshape(2, -1) * np.reshape(x, (2, 6), order="F") * x.ravel().reshape((2, 6)), (X,)),
    "transpose": Sample(lambda x: np.transpose(x, (2, 0, 1)) * x.transpose(2, 0, 1) + np.moveaxis(x, 2, 0)
                        + np.rollaxis(x, 2) + x.swapaxes(0, 2).swapaxes(1, 2), (normal(2, 3, 4),)),
    "T": Sample(lambda x: x.T @ x + x.mT @ np.matrix_transpose(x).T + np.permute_dims(x, (1, 0)) @ x, (X,)),
    "axes of length 1": Sample(lambda x: np.squeeze(x[None]) * np.expand_dims(x, 1)[:, 0] + x[None].squeeze(0)
                               + np.atleast_1d(x) * np.atleast_2d(x) + np.atleast_3d(x)[:, :, 0], (X,)),
    "atleast_2d": Sample(lambda x: np.atleast_2d(x) * np.atleast_2d(x).T, (V,)),
    "broadcast_to": Sample(lambda x: np.broadcast_to(x, (2, 3, 4)) * normal_like, (X,)),
    "broadcast_arrays": Sample(lambda x, y: np.broadcast_arrays(x, y)[1] * x, (X, V)),
    "copy, astype": Sample(lambda x: np.copy(x) * x.copy() + x.flatten().reshape(3, 4) * x.astype(np.float64),
                           (X,), False),
    "item": Sample(lambda x: x.item(3) * x[0, 0].item() + np.array(x.tolist()) * 2, (X,)),
    "where": Sample(lambda x, y: np.where(X > 0, x * y, y ** 2) + np.where(x.real > y.real, x, 1.0), (X, V)),
    "select": Sample(lambda x: np.select([X > 1, X > 0], [x ** 2, x], x ** 3), (X,)),
    "piecewise": Sample(lambda x: np.piecewise(x, [V > 0], [lambda z: z ** 2, lambda z: z ** 3]), (V,)),
    "concatenate": Sample(lambda x, y: np.concatenate([x, y, x * y], axis=1) * np.concatenate([x, x, y], 1), (X, Y)),
    "concatenate flat": Sample(lambda x, y: np.concatenate([x, y], axis=None) ** 2, (X, V)),
    "stack": Sample(lambda x, y: np.stack([x, y, x], axis=1) ** 2, (X, Y)),
    "vstack, hstack, dstack": Sample(lambda x, y: np.vstack([x, y]).sum() * np.hstack([x, y]).sum()
                                     * np.dstack([x, y]) ** 2, (X, Y)),
    "column_stack": Sample(lambda x, y: np.column_stack([x, y]) ** 2, (V, W)),
    "append": Sample(lambda x, y: np.append(x, y, axis=0) ** 2, (X, Y)),
    "block": Sample(lambda x, y: np.block([[x, y], [y, x]]) ** 2, (A, B)),
    "array of numbers": Sample(lambda x: np.array([[x[0] * x[1], np.sin(x[2])], [x[3], x[0]]]) * x[1], (V,)),
    "array of rows": Sample(lambda x: np.array([x, x * x]) * 2, (V,)),
    "asarray": Sample(lambda x: np.sum(np.asarray(x) ** 2), (V,), False),
    "roll": Sample(lambda x: np.roll(x, 1, axis=1) * np.roll(x, -2), (X,)),
    "flip": Sample(lambda x: np.flip(x, 0) * np.fliplr(x) * np.flipud(x) + np.flip(x), (X,)),
    "rot90": Sample(lambda x: np.rot90(x) ** 2, (X,)),
    "repeat": Sample(lambda x: np.repeat(x, 2, axis=0) * x.repeat(2, 0), (X,)),
    "tile": Sample(lambda x: np.tile(x, (2, 2)) ** 2, (X,)),
    "take": Sample(lambda x: np.take(x, [2, 0, 2], axis=1) * x.take([1, 1, 1], axis=1), (X,)),
    "take_along_axis": Sample(lambda x: np.take_along_axis(x, np.argsort(X, axis=1), 1) ** 2, (X,)),
    "resize, delete": Sample(lambda x: np.resize(x, (2, 9)).sum() * np.delete(x, 1, axis=1), (X,)),
    "split": Sample(lambda x: np.split(x, 2, axis=1)[1] * np.array_split(x, [2], axis=1)[0] * np.hsplit(x, 2)[0], (X,)),
    "vsplit, dsplit": Sample(lambda x: np.vsplit(x, 2)[1][0, :, :2] * np.dsplit(x, 2)[0][0], (normal(2, 3, 4),)),
    "diagonal": Sample(lambda x: np.diagonal(x, 1) * x.diagonal()[:2] + np.linalg.diagonal(x)[1:], (A,)),
    "diag": Sample(lambda x: np.diag(x) @ np.diag(np.diag(x)) + np.diagflat(x, 0), (V,)),
    "tril, triu": Sample(lambda x: np.tril(x) @ np.triu(x, 1), (A,)),
    "compress, extract": Sample(lambda x: np.compress([True, False, True], x, axis=0)[0]
                                * np.extract(V > -9, x[0]) * x.compress([False, True, True], axis=0)[0], (X,)),
    "insert": Sample(lambda x, y: np.insert(x, 1, y[:3], axis=1) ** 2, (X, V)),
    "choose": Sample(lambda x, y: np.choose([0, 1, 0, 1], [x, y]) ** 2, (V, W)),
    "meshgrid": Sample(lambda x, y: np.meshgrid(x, y)[0] * np.meshgrid(x, y, indexing="ij")[1], (V, W)),
    "pad": Sample(lambda x: np.pad(x, 1) * np.pad(x, ((1, 1), (1, 1)), mode="edge") + np.pad(x, 1, mode="reflect")
                  * np.pad(x, 1, mode="wrap") + np.pad(x, 1, constant_values=2.0), (X,)),
    "sort": Sample(lambda x: np.sort(x, axis=0) * np.arange(4) + np.sort(x, axis=None).reshape(3, 4) ** 2, (X,), False),
    "partition": Sample(lambda x: np.partition(x, 1, axis=1)[:, 1] ** 2, (X,), False),
    "sort in place": Sample(lambda x: _sorted(x) * np.arange(4), (X,), False),
    "unique": Sample(lambda x: np.unique(x) ** 2, (X,), False),
    "put_along_axis": Sample(lambda x, y: _put_along(x, y), (X, Y)),
    "arrays of one element": Sample(lambda a, b: np.linspace(a, b, 1) * np.reshape(a, (1, 1)) + np.array([b]),
                                    (np.float64(0.7), np.float64(2.0)), False),
    "geomspace, logspace": Sample(lambda a, b: np.geomspace(a, b, 4) * np.logspace(a, b, 4, base=2.0),
                                  (positive(2), positive(2))),
    "linspace": Sample(lambda a, b: np.linspace(a, b, 5) ** 2, (V, W)),
    "fftshift": Sample(lambda x: np.fft.fftshift(x) * np.fft.ifftshift(x, axes=1), (X,)),
    "unstack": Sample(lambda x: np.unstack(x)[1] * np.unstack(x)[0], (X,)),
}
normal_like = normal(2, 3, 4)


def _set(x, y):
    z = x * 2
    z[1] = y
    z[:, [0, 2]] = y[:2]
    z[z.real > 10] = 0
    return z * x


def _placed(x, y):
    """Values that are fewer than the places come again and again."""
    masks = np.array([[True, False, True, True], [False, True, False, True], [True, True, False, False]])
    a, b, c = x * 1, x * 1, x * 1
    np.place(a, masks, y[:3])
    np.putmask(b, masks, y[:3])
    np.putmask(b, ~masks, x * 3)
    np.put(c, [1, 5, 7], y[:2])
    np.fill_diagonal(c, y[:2])
    return np.stack([a, b, c]) * x


def _sorted(x):
    y = x * 1
    y.sort(axis=1)
    return y


def _put_along(x, y):
    z = x * 2
    np.put_along_axis(z, np.array([[1], [0], [3]]), y[:, :1], axis=1)
    return z * y


REDUCTIONS = {
    "sum": Sample(lambda x: np.sum(x, axis=0) * x.sum() * np.sum(x, axis=(0, 1), keepdims=True) * x.sum(-1).sum(),
                  (X,)),
    "sum where": Sample(lambda x: np.sum(x ** 2, axis=1, where=X > 0, initial=3.0), (X,)),
    "mean": Sample(lambda x: np.mean(x, 1, keepdims=True) * x.mean() * x, (X,)),
    "var": Sample(lambda x: np.var(x, axis=1) * x.var(ddof=1) + np.var(x ** 2, 0, keepdims=True)[0, 0], (X,), False),
    "std": Sample(lambda x: np.std(x, axis=1, ddof=1, keepdims=True) * x.std(), (X,), False),
    "average": Sample(lambda x, w: np.average(x, axis=1, weights=w) * np.average(x), (X, np.abs(V) + 1), False),
    "prod": Sample(lambda x: np.prod(x, axis=1) + x.prod() + np.prod(x, 0, keepdims=True)[0, :3], (X,)),
    "prod with zeros": Sample(lambda x: np.prod(x * np.array([1.0, 0, 1, 1]) + np.array([0, 0, 0, 0.0]), axis=1)
                              + np.prod(x - x[:, :1], axis=1), (X,)),
    "cumprod": Sample(lambda x: np.cumprod(x, axis=1) * x.cumprod(0) + np.cumprod(x).reshape(3, 4), (X,)),
    "cumsum": Sample(lambda x: np.cumsum(x, axis=1) * x.cumsum(0) * np.cumsum(x).reshape(3, 4), (X,)),
    "cumulative_sum": Sample(lambda x: np.cumulative_sum(x, axis=1, include_initial=True) ** 2, (X,)),
    "cumulative_prod": Sample(lambda x: np.cumulative_prod(x, axis=1, include_initial=True) ** 2, (X,)),
    "reductions of numbers": Sample(lambda x: np.sum(x) * np.max(x) * np.mean(x) + np.min(x) * np.prod(x),
                                    (np.float64(0.7),), False),
    "max": Sample(lambda x: np.max(x, axis=1) * x.max() * np.amax(x ** 2, 0, keepdims=True)[0, :3], (X,), False),
    "min": Sample(lambda x: np.min(x, axis=1) * x.min() * np.amin(x ** 2, 0)[:3], (X,), False),
    "ptp": Sample(lambda x: np.ptp(x, axis=0) ** 2, (X,), False),
    "ufuncs' reduce": Sample(lambda x: np.add.reduce(x, 1) * np.multiply.reduce(x, 1) * np.maximum.reduce(x, axis=1)
                             * np.minimum.reduce(x, 1) * np.logaddexp.reduce(x, axis=1), (X,), False),
    "ufuncs' accumulate": Sample(lambda x: np.add.accumulate(x, 1) * np.multiply.accumulate(x)
                                 * np.maximum.accumulate(x)
                                 * np.minimum.accumulate(x, axis=1), (X,), False),
    "ufuncs' outer": Sample(lambda x, y: np.multiply.outer(x, y) * np.subtract.outer(x, y), (V, W)),
    "nansum": Sample(lambda x: np.nansum(x * HOLES, 1) * np.nanmean(x * HOLES, 1) * np.nanmax(x * HOLES, 1)
                     * np.nanmin(x * HOLES, 1) * np.nanprod(x * HOLES, 1), (X,), False),
    "nanvar": Sample(lambda x: np.nanvar(x * HOLES, 1) * np.nanstd(x * HOLES, 1) + np.nancumsum(x * HOLES, 1)[:, 2]
                     * np.nancumprod(x * HOLES, 1)[:, 1],
                     (X,), False),
    "median": Sample(lambda x: np.median(x, axis=0) * np.median(x), (X,), False),
    "quantile": Sample(lambda x: np.quantile(x, [0.1, 0.77], axis=1) * np.percentile(x, 33, axis=1), (X,), False),
    "vander": Sample(lambda x: np.vander(x, 3) * np.vander(x, increasing=True)[:, :3], (V,)),
    "apply_along_axis": Sample(lambda x: np.apply_along_axis(np.sum, 0, x * x) * np.apply_along_axis(np.cumsum, 1, x),
                               (X,)),
    "diff": Sample(lambda x: np.diff(x, axis=0) ** 2 * np.diff(x, n=2, axis=0) * np.diff(x, prepend=0.0)[1:], (X,)),
    "ediff1d": Sample(lambda x: np.ediff1d(x, to_begin=1.0) ** 2, (V,)),
    "gradient": Sample(lambda x: np.gradient(x, 0.5, axis=1) ** 2 + np.gradient(x)[0], (X,)),
    "trapezoid": Sample(lambda x: np.trapezoid(x ** 2, dx=0.1) + np.trapezoid(x, np.arange(4.0) ** 2), (X,)),
    "interp": Sample(lambda x, f: np.interp(x, np.arange(4.0), f) ** 2, (np.array([0.3, 2.7, -1.0, 5.0]), V), False),
    "cov": Sample(lambda x: np.cov(x) ** 2 + np.cov(x, ddof=0), (X,), False),
    "corrcoef": Sample(lambda x: np.corrcoef(x), (X,), False),
}
HOLES = np.where(RNG.random((3, 4)) < 0.2, np.nan, 1.0)
PRODUCTS = {
    "matmul": Sample(lambda x, y: x @ y.T @ x, (X, Y)),
    "matmul of vectors": Sample(lambda x, v: (x @ v) @ x * v @ v, (X, V)),
    "matmul of stacks": Sample(lambda x, y: np.matmul(x, y) @ np.linalg.matmul(x, y), (STACK, normal(3, 3))),
    "matmul broadcast": Sample(lambda x, y: x @ y, (normal(2, 1, 3, 4), normal(3, 4, 2))),
    "rmatmul": Sample(lambda x: Y.T @ x + (V @ x.T).sum(), (X,)),
    "dot": Sample(lambda x, v: np.dot(x, v) * x.dot(v) * np.dot(v, v) + np.dot(x, 2.0)[:, 0], (X, V)),
    "dot of many dimensions": Sample(lambda x, y: np.dot(x, y), (normal(2, 4), normal(3, 4, 2))),
    "vdot, inner": Sample(lambda x, v: np.vdot(v, v) * np.inner(x, v) * np.inner(v, v), (X, V), False),
    "outer": Sample(lambda x, y: np.outer(x, y) * np.linalg.outer(y, x), (V, W)),
    "vecdot": Sample(lambda x, y: np.vecdot(x, y) * np.linalg.vecdot(x, x), (X, Y), False),
    "matvec, vecmat": Sample(lambda a, v: np.matvec(a, v) * np.vecmat(v, a), (A, V[:3]), False),
    "tensordot": Sample(lambda x, y: np.tensordot(x, y, ([1], [1])) @ np.tensordot(x, y.T, 1)
                        * np.tensordot(x, y) * np.linalg.tensordot(x, y), (X, Y)),
    "kron": Sample(lambda x, y: np.kron(x, y) ** 2, (normal(2, 2), normal(2, 3))),
    "cross": Sample(lambda x, y: np.cross(x, y) * np.linalg.cross(y, x), (normal(2, 3), normal(2, 3))),
    "convolve": Sample(lambda x, y: np.convolve(x, y) * np.convolve(y, x, "full"), (V, W[:2])),
    "convolve same": Sample(lambda x, y: np.convolve(x, y, "same") * x + np.convolve(x, y, "valid").sum(), (V, W[:3])),
    "correlate": Sample(lambda x, y: np.correlate(x, y, "full") ** 2, (V, W[:2]), False),
    "einsum": Sample(lambda x, y: np.einsum("ij,kj->ik", x, y) @ np.einsum("ij,kj", x, y), (X, Y)),
    "einsum of lists": Sample(lambda x, y: np.einsum(x, [0, 1], y, [2, 1], [0, 2]) * np.einsum(x, [0, 1], y, [2, 1]),
                              (X, Y)),
    "einsum of three": Sample(lambda x, y, v: np.einsum("ij,kj,j->k", x, y, v), (X, Y, V)),
    "einsum with dots": Sample(lambda x, y: np.einsum("...ij,jk->...ik", x, y) ** 2, (STACK, B)),
    "einsum of one": Sample(lambda a: np.einsum("ii->i", a) * np.einsum("ii", a) * np.einsum("ij->j", a), (A,)),
    "einsum broadcast": Sample(lambda x, y: np.einsum("ij,ij->i", x, y), (X, normal(1, 4))),
}
LINALG = {
    "inv": Sample(lambda a: np.linalg.inv(a), (STACK,)),
    "solve": Sample(lambda a, b: np.linalg.solve(a, b), (A, TALL[:3])),
    "solve vector": Sample(lambda a, b: np.linalg.solve(a, b), (A, V[:3])),
    "solve stacks": Sample(lambda a, b: np.linalg.solve(a, b), (STACK, normal(3, 2))),
    "det": Sample(lambda a: np.linalg.det(a), (STACK,)),
    "slogdet": Sample(lambda a: np.linalg.slogdet(a)[1] * np.linalg.slogdet(a).logabsdet, (STACK,), False),
    "cholesky": Sample(lambda a: np.linalg.cholesky(definite(a)), (STACK,), False),
    "cholesky of a triangle": Sample(lambda a: np.linalg.cholesky(definite(DEFINITE) + 0.01 * a)
                                     + np.linalg.cholesky(definite(DEFINITE) + 0.01 * a, upper=True), (B,), False),
    "eigh of the upper triangle": Sample(lambda a: np.linalg.eigh(a, "U")[1] + np.linalg.eigh(a, "L")[1], (B,), False),
    "eigh of a triangle": Sample(lambda a: fixed_signs(np.linalg.eigh(a)[1]) * np.linalg.eigvalsh(a, "U"), (B,), False),
    "cholesky upper": Sample(lambda a: np.linalg.cholesky(definite(a), upper=True), (A,), False),
    "qr": Sample(lambda a: np.linalg.qr(a)[0] * 2 + np.linalg.qr(a).R.sum(), (TALL,), False),
    "qr square": Sample(lambda a: np.linalg.qr(a)[0] @ np.linalg.qr(a, mode="r"), (STACK,), False),
    "qr wide": Sample(lambda a: np.linalg.qr(a)[1], (WIDE,), False),
    "eigh": Sample(lambda a: fixed_signs(np.linalg.eigh(definite(a))[1]) * np.linalg.eigh(definite(a))[0], (A,), False),
    "eigvalsh": Sample(lambda a: np.linalg.eigvalsh(definite(a)), (STACK,), False),
    "svd": Sample(lambda a: fixed_signs(np.linalg.svd(a)[0]) * np.linalg.svd(a)[1] + fixed_signs(np.linalg.svd(a).Vh),
                  (A,), False),
    "svd tall": Sample(lambda a: fixed_signs(np.linalg.svd(a, full_matrices=False)[0]), (TALL,), False),
    "svd wide": Sample(lambda a: fixed_signs(np.linalg.svd(a, full_matrices=False)[2]), (WIDE,), False),
    "svdvals": Sample(lambda a: np.linalg.svdvals(a) * np.linalg.svd(a, compute_uv=False), (TALL,), False),
    "pinv": Sample(lambda a: np.linalg.pinv(a), (TALL,), False),
    "lstsq": Sample(lambda a, b: np.linalg.lstsq(a, b)[0] * np.linalg.lstsq(a, b)[1], (TALL, V), False),
    "matrix_power": Sample(lambda a: np.linalg.matrix_power(a, 5) / 100 + np.linalg.matrix_power(a, -2), (A,)),
    "multi_dot": Sample(lambda x, y: np.linalg.multi_dot([x, y.T, x]), (X, Y)),
    "norm": Sample(lambda x: np.linalg.norm(x) * np.linalg.norm(x, axis=1) * np.linalg.norm(x, "fro"), (X,), False),
    "norm of vectors": Sample(lambda v: np.linalg.norm(v, 1) * np.linalg.norm(v, np.inf) * np.linalg.norm(v, 3)
                              * np.linalg.norm(v, -np.inf), (V,), False),
    "norm of matrices": Sample(lambda x: np.linalg.norm(x, 2) * np.linalg.norm(x, "nuc") * np.linalg.norm(x, 1)
                               * np.linalg.norm(x, np.inf) * np.linalg.norm(x, -2), (X,), False),
    "norms of the array API": Sample(lambda x: np.linalg.vector_norm(x, axis=1, ord=3) * np.linalg.matrix_norm(x), (X,),
                                     False),
    "cond": Sample(lambda a: np.linalg.cond(a) * np.linalg.cond(a, 1) * np.linalg.cond(a, -2), (A,), False),
    "trace": Sample(lambda a: np.trace(a) * a.trace(1) * np.linalg.trace(a), (A,)),
}
LABELS = np.array([1, 0, 3])
OURS = {
    **{n: Sample(lambda x, n=n: getattr(special, n)(x), (p(3, 4),), False) for n, p in {
        "exp": normal, "expm1": normal, "log": positive, "log1p": positive, "tanh": normal, "expit": normal,
        "logit": lambda *s: RNG.uniform(0.1, 0.9, s), "log_expit": normal, "softplus": normal, "relu": normal,
        "silu": normal, "entr": positive, "gelu": normal, "softmax": normal, "log_softmax": normal, "logsumexp": normal,
        "erf": normal, "erfc": normal, "ndtr": normal, "log_ndtr": normal, "gammaln": positive}.items()},
    **{n: Sample(lambda x, y, n=n: getattr(special, n)(x, y), (positive(3, 4), positive(4)), False)
       for n in ("xlogy", "xlog1py", "rel_entr", "kl_div")},
    "gelu tanh": Sample(lambda x: special.gelu(x, approximate="tanh"), (X,), False),
    "softmax of an axis": Sample(lambda x: special.softmax(x, axis=0) * special.log_softmax(x, axis=(0, 1))
                                 + special.logsumexp(x, axis=1, keepdims=True), (X,), False),
    "logsumexp with factors": Sample(lambda x: special.logsumexp(x, axis=1, b=np.arange(1.0, 5)), (X,), False),
    **{n: Sample(lambda p, n=n: getattr(losses, n)(p, TARGET), (P,), False) for n in ("mse", "mae", "huber")},
    "huber of all": Sample(lambda p, y: losses.huber(p, y, delta=0.3, weight=WEIGHT, reduction="sum"), (P, Y), False),
    "hinge": Sample(lambda s: losses.hinge(s, np.sign(Y), reduction="none"), (X,), False),
    "binary_cross_entropy": Sample(lambda p: losses.binary_cross_entropy(p, WEIGHT), (RNG.uniform(0.1, 0.9, (3, 4)),),
                                   False),
    "binary_cross_entropy_with_logits": Sample(lambda z: losses.binary_cross_entropy_with_logits(
        z, WEIGHT, pos_weight=2.0, weight=WEIGHT, reduction="none"), (X,), False),
    "cross_entropy": Sample(lambda z: losses.cross_entropy(z, LABELS), (X,), False),
    "cross_entropy with all": Sample(lambda z: losses.cross_entropy(
        z, LABELS, weight=np.arange(1.0, 5), ignore_index=0, label_smoothing=0.1), (X,), False),
    "cross_entropy of distributions": Sample(lambda z: losses.cross_entropy(z, SHARES, reduction="none"), (X,), False),
    "linear_cross_entropy": Sample(lambda x, w, b: losses.linear_cross_entropy(x, w, LABELS, bias=b),
                                   (TALL[:3], normal(4, 3), V), False),
    "penalties": Sample(lambda w: losses.l1(w, 0.3) * losses.l2(w, 0.2) * losses.elastic_net(w), (V,), False),
    "proximal steps": Sample(lambda w: losses.prox_l1(w, 0.1) * losses.prox_l2(w, 0.3)
                             * losses.prox_elastic_net(w, 0.2), (V,), False),
    "our products": Sample(lambda x, y: linalg.matmul(x, y.T) @ linalg.gram(x.T) * linalg.multi_dot([x, y.T]),
                           (X, Y), False),
    "our products of vectors": Sample(lambda a, v: linalg.matvec(a, v) * linalg.vecmat(v, a) * linalg.vecdot(a, v)
                                      * linalg.outer(v, v)[0] * linalg.rayleigh_quotient(a, v)
                                      * linalg.linear_combination(v, a), (A, V[:3]), False),
    "linear": Sample(lambda x, w, b: linalg.linear(x, w, b, activation="tanh") * nn.dense(x, w, activation="sigmoid"),
                     (X, normal(2, 4), normal(2)), False),
    "our solve": Sample(lambda a, b: linalg.solve(a, b) + linalg.solve(a, b, transposed=True), (A, TALL[:3]), False),
    "our solve as told": Sample(lambda a, b: linalg.solve(a, b, assume_a="lower triangular")
                                + linalg.solve(a, b, assume_a="sym"), (A, V[:3]), False),
    "solve_triangular": Sample(lambda a, b: linalg.solve_triangular(a, b, lower=True)
                               + linalg.solve_triangular(a, b, trans=1, unit_diagonal=True), (A, V[:3]), False),
    "our inv, det, slogdet": Sample(lambda a: linalg.inv(a) * linalg.det(a) * linalg.slogdet(a)[1], (A,), False),
    "our cholesky": Sample(lambda a: linalg.cholesky(definite(a)) + linalg.cholesky(definite(a), lower=True),
                           (A,), False),
    "cho_solve": Sample(lambda a, b: linalg.cho_solve((linalg.cholesky(definite(a)), False), b), (A, V[:3]), False),
    "lu": Sample(lambda a: linalg.lu(a)[1] + 2 * linalg.lu(a)[2] + linalg.lu(a, permute_l=True)[0] ** 2
                 + linalg.lu(a, p_indices=True)[1], (B,), False),
    "lu of tall and wide": Sample(lambda a, b: linalg.lu(a)[1] @ linalg.lu(a)[2] * linalg.lu(a)[1]
                                  + linalg.lu(b)[2].T ** 2, (TALL, WIDE), False),
    "lu of stacks": Sample(lambda a: linalg.lu(a)[1] * 2 + linalg.lu_factor(a)[0] ** 2, (normal(2, 3, 3),), False),
    "lu_factor, lu_solve": Sample(lambda a, b: linalg.lu_solve(linalg.lu_factor(a), b)
                                  + linalg.lu_solve(linalg.lu_factor(a), b, trans=1), (B, V[:3]), False),
    "our lstsq": Sample(lambda a, b: linalg.lstsq(a, b, weights=np.arange(1.0, 5), ridge=0.1)[0], (TALL, V), False),
    "our pinv": Sample(lambda a: linalg.pinv(a), (TALL,), False),
    "our qr": Sample(lambda a: linalg.qr(a, mode="economic")[0] @ linalg.qr(a, mode="economic")[1] * 2
                     + fixed_signs(linalg.qr(a, mode="economic")[0]), (TALL,), False),
    "our eigh": Sample(lambda a: fixed_signs(linalg.eigh(definite(a))[1]) * linalg.eigvalsh(definite(a)), (A,), False),
    "our svd": Sample(lambda a: fixed_signs(linalg.svd(a, full_matrices=False)[2]) * linalg.svdvals(a), (TALL,), False),
    "normalize, angle": Sample(lambda u, v: linalg.normalize(u) * linalg.angle(u, v) + linalg.normalize(u, ord=1),
                               (V, W), False),
    "our norms": Sample(lambda x: linalg.norm(x) * linalg.norm(x, axis=1) * linalg.norm(x, "fro") * linalg.norm(x, 2)
                        * linalg.vector_norm(x, axis=1, ord=3) * linalg.matrix_norm(x, ord="nuc"), (X,), False),
    "project": Sample(lambda u, v, a: linalg.project(u, v) + linalg.project(u, a), (V, W, TALL), False),
    "our cond": Sample(lambda a: linalg.cond(a), (A,), False),
}
OURS |= {
    **{n: Sample(lambda p, n=n: getattr(information, n)(p, normalize=True), (P,), False) for n in (
        "entropy", "perplexity")},
    **{f"information.{n}": Sample(lambda p, q, n=n: getattr(information, n)(p, q, base=2, normalize=True),
                                  (P, positive(4)), False)
       for n in ("cross_entropy", "kl_divergence", "js_divergence")},
    "entropy of an axis": Sample(lambda p: information.entropy(special.softmax(p, axis=0), axis=0), (X,), False),
    **{n: Sample(lambda p, n=n: getattr(information, n)(p, normalize=True), (P,), False) for n in (
        "joint_entropy", "conditional_entropy", "mutual_information")},
    "information of chosen axes": Sample(
        lambda p: information.joint_entropy(p, axes=(0, 2), normalize=True)
        * information.conditional_entropy(p, of=2, given=(0, 1), base=2, normalize=True)
        * information.mutual_information(p, x=0, y=2, given=1, normalize=True), (positive(2, 3, 4),), False),
    "entropy_from_logits": Sample(lambda z: information.entropy_from_logits(z, axis=0), (X,), False),
    **{n: Sample(lambda z, w, n=n: getattr(information, n)(z, w, base=10), (X, Y), False) for n in (
        "cross_entropy_from_logits", "kl_from_logits")},
}
OURS |= {
    **{n: Sample(lambda x, y, n=n: getattr(kernels, n)(x, y), (X, Y), False)
       for n in ("linear_kernel", "polynomial_kernel", "sigmoid_kernel", "rbf_kernel", "laplacian_kernel")},
    "cosine_similarity": Sample(lambda x, y: similarity.cosine_similarity(x, y), (X, Y), False),
    "cdist": Sample(lambda x, y: matrices.cdist(x, y) + matrices.cdist(y, x, "sqeuclidean").T, (X, Y), False),
    "kernels of one matrix": Sample(lambda x, g: kernels.rbf_kernel(x, gamma=g[0]) * similarity.cosine_similarity(x)
                                    + kernels.polynomial_kernel(x, None, 2, g[1], g[2]), (X, positive(3)), False),
}
SCIPYS = {name: Sample(lambda *x, name=name: getattr(scipy.special, name)(*x), args, False) for name, args in {
    **{n: (normal(4),) for n in ("expit", "log_expit", "exp10", "cosm1", "erf", "erfc", "erfcx", "ndtr", "log_ndtr")},
    **{n: (RNG.uniform(0.1, 0.9, 4),) for n in ("logit", "erfinv", "erfcinv", "ndtri", "entr")},
    **{n: (positive(4),) for n in ("gammaln", "gamma", "rgamma", "j0", "j1", "y0", "y1", "i0", "i1", "i0e", "i1e")},
    **{n: (positive(4), positive(4)) for n in ("xlogy", "xlog1py", "rel_entr", "kl_div", "beta", "betaln")},
}.items()}
SCIPYS |= {
    "psi": Sample(scipy.special.psi, (positive(4),), False),
    "orders and shapes": Sample(lambda x: scipy.special.jv(1.5, x) * scipy.special.yv(0.5, x) + scipy.special.iv(2, x)
                                * scipy.special.kv(1, x) + scipy.special.gammainc(2.0, x)
                                - scipy.special.gammaincc(3.0, x) + scipy.special.boxcox(x, 0.3)
                                + scipy.special.huber(0.5, x) + scipy.special.pseudo_huber(0.7, x)
                                + scipy.special.gammasgn(x), (positive(4),), False),
    "betainc": Sample(lambda x: scipy.special.betainc(2.0, 3.0, x), (RNG.uniform(0.1, 0.9, 4),), False),
}
GROUPS = {"scipy": SCIPYS, "mathcore": OURS, "elementwise": ELEMENTWISE, "structure": STRUCTURE,
          "reductions": REDUCTIONS, "products": PRODUCTS, "linalg": LINALG}
