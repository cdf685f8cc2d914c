"""Vectors, spaces, conditioning, and the factorisations' lesser names: ours against NumPy's and SciPy's expression of
the same. They are asked to be no slower."""

import numpy as np
import scipy.linalg

from mathcore import linalg

from .runner import Call, Row

FLOATS = ("float32", "float64")
UNCHECKED = {"check_finite": False}


def rows():
    for dtype in FLOATS:
        rng = np.random.default_rng(0)
        yield from vectors(rng, dtype)
        yield from spaces(rng, dtype)
        yield from conditions(rng, dtype)
        yield from factors(rng, dtype)


def near(expected, condition):
    """result -> the largest difference in units of 30 condition eps of the largest element."""
    expected = np.asarray(expected, np.float64)

    def error(x, *_):
        unit = 30 * condition * np.finfo(expected_dtype(x)).eps * max(np.abs(expected).max(initial=0), 1e-300)
        return np.abs(np.asarray(x, np.float64) - expected).max(initial=0) / unit
    return error


def expected_dtype(x):
    x = np.asarray(x)
    return x.dtype if x.dtype.kind == "f" else np.float64


def same_space(expected, m):
    """Orthonormal columns -> the largest difference of their projector, in units of 30 m eps."""
    projector = expected.astype(np.float64) @ expected.T

    def error(x, *_):
        wide = x.astype(np.float64)
        return np.abs(wide @ wide.T - projector).max() / (30 * m * np.finfo(x.dtype).eps)
    return error


def row(work, dtype, ours, peer, peer_name, error):
    return Row(work=work, dtype=dtype, ours=ours, peer=peer, peer_name=peer_name, error=error, at_least=1.0)


def vectors(rng, dtype):
    u, v = (rng.standard_normal((10_000, 64), dtype=dtype) for _ in range(2))
    length = np.linalg.norm
    for name, args, formula in (
        ("normalize", (u,), lambda x: x / length(x, axis=-1, keepdims=True)),
        ("angle", (u, v), lambda x, y: np.arccos(np.vecdot(x, y) / length(x, axis=-1) / length(y, axis=-1))),
        ("project", (u, v[0]), lambda x, y: (x @ y / (y @ y))[..., None] * y),
    ):
        yield row(f"{name} (10000, 64)", dtype, Call(getattr(linalg, name), *args), Call(formula, *args), "NumPy",
                  near(formula(*(x.astype("f8") for x in args)), 64))
    c, basis = rng.standard_normal(200, dtype=dtype), np.linalg.qr(rng.standard_normal((200, 200)))[0].astype(dtype)
    other = np.linalg.qr(rng.standard_normal((200, 200)))[0].astype(dtype)
    for name, args, formula in (
        ("linear_combination", (c, basis), lambda x, b: b @ x),
        ("coordinates", (c, basis), lambda x, b: np.linalg.solve(b, x)),
        ("change_of_basis", (c, basis, other), lambda x, b, t: np.linalg.solve(t, b @ x)),
    ):
        yield row(f"{name} n=200", dtype, Call(getattr(linalg, name), *args), Call(formula, *args), "NumPy",
                  near(formula(*(x.astype("f8") for x in args)), 200))


def spaces(rng, dtype, m=400, n=100):
    a = rng.standard_normal((m, n), dtype=dtype)
    wide = np.ascontiguousarray(a.T)
    gives = {"orth": scipy.linalg.orth(a), "null_space": scipy.linalg.null_space(wide)}
    for name, x in (("orth", a), ("null_space", wide)):
        yield row(f"{name} {x.shape}", dtype, Call(getattr(linalg, name), x), Call(getattr(scipy.linalg, name), x),
                  f"scipy.linalg.{name}", same_space(gives[name], m))
    yield row(f"gram_schmidt {a.shape}", dtype, Call(linalg.gram_schmidt, a), Call(lambda x: np.linalg.qr(x).Q, a),
              "np.linalg.qr", same_space(gives["orth"], m))
    for name, formula in (("is_independent", lambda x: np.linalg.matrix_rank(x) == x.shape[1]),
                          ("basis", lambda x: x[:, np.sort(scipy.linalg.qr(x, mode="r", pivoting=True)[1])])):
        yield row(f"{name} {a.shape}", dtype, Call(getattr(linalg, name), a), Call(formula, a), "NumPy, SciPy",
                  near(formula(a), 1))
    yield row(f"pinv {a.shape}", dtype, Call(linalg.pinv, a, **UNCHECKED), Call(scipy.linalg.pinv, a, **UNCHECKED),
              "scipy.linalg.pinv", near(np.linalg.pinv(a.astype("f8")), m * np.linalg.cond(a)))
    few = rng.standard_normal((30, 30), dtype=dtype)
    yield row("row_reduce n=30", dtype, Call(reduced, linalg.row_reduce, few), Call(reduced, None, few),
              "np.linalg.solve of itself", near(np.eye(30), 30 * np.linalg.cond(few)))


def reduced(function, a):
    """The identity, since a is regular."""
    return np.linalg.solve(a, a) if function is None else function(a)[0]


def conditions(rng, dtype, n=200):
    a = rng.standard_normal((n, n), dtype=dtype)
    q = np.linalg.qr(a)[0]
    s = (q + q.T + 3 * np.eye(n)).astype(dtype)
    condition = np.linalg.cond(a.astype("f8"))
    for name, value in (("cond", condition), ("matrix_rank", n)):
        yield row(f"{name} n={n}", dtype, Call(getattr(linalg, name), a), Call(getattr(np.linalg, name), a),
                  f"np.linalg.{name}", near(value, n * condition))
    one = np.linalg.cond(a.astype("f8"), 1)

    def within_three(x):
        """An estimate from above: an error of 1 is three times the true value."""
        return (x * one / (1 - 1e-3) - 1) / 2 if x * one >= 1 - 1e-3 else 2
    yield row(f"rcond n={n}", dtype, Call(linalg.rcond, a), Call(lambda x: 1 / np.linalg.cond(x, 1), a),
              "np.linalg.cond", within_three)
    yield row(f"solve_report n={n}", dtype, Call(lambda x, y: linalg.solve_report(x, y).x, a, a[0]),
              Call(scipy.linalg.solve, a, a[0]), "scipy.linalg.solve, no report",
              near(np.linalg.solve(a.astype("f8"), a[0]), n * condition))
    for name, x, formula in (
        ("is_symmetric", s, lambda y: np.allclose(y, y.T)),
        ("is_orthogonal", q, lambda y: np.allclose(y.T @ y, np.eye(n), atol=1e-5)),
        ("is_positive_definite", s, lambda y: np.linalg.cholesky(y)[0, 0] > 0),
    ):
        yield row(f"{name} n={n}", dtype, Call(getattr(linalg, name), x), Call(formula, x), "NumPy", near(1, 1))


def factors(rng, dtype, n=512):
    a, c = rng.standard_normal((n, n), dtype=dtype), rng.standard_normal((n, 32), dtype=dtype)
    s = (a @ a.T + n * np.eye(n)).astype(dtype)

    def product(p, low, up):
        return near(a, n)(p.astype("f8") @ low @ up) * np.finfo("f8").eps / np.finfo(dtype).eps
    yield row(f"lu n={n}", dtype, Call(linalg.lu, a, **UNCHECKED), Call(scipy.linalg.lu, a, **UNCHECKED),
              "scipy.linalg.lu", product)
    upper = np.linalg.cholesky(s.astype("f8")).T
    yield row(f"cho_factor n={n}", dtype, Call(linalg.cho_factor, s, **UNCHECKED),
              Call(scipy.linalg.cho_factor, s, **UNCHECKED), "scipy.linalg.cho_factor",
              lambda u, *_: near(upper, n)(np.triu(u)))
    x = rng.standard_normal(n, dtype=dtype)
    after = np.linalg.cholesky(s.astype("f8") - np.outer(x, x)).T
    yield row(f"cholesky_downdate n={n}", dtype, Call(linalg.cholesky_downdate, upper.astype(dtype), x),
              Call(scipy.linalg.cholesky, s - np.outer(x, x)), "scipy.linalg.cholesky", near(after, n * 10))
    q = np.linalg.qr(a.astype("f8"))[0]
    yield row(f"qr_multiply n={n}, 32 columns", dtype, Call(linalg.qr_multiply, a, c, "left"),
              Call(scipy.linalg.qr_multiply, a, c, "left"), "scipy.linalg.qr_multiply",
              near(q @ c, n * np.linalg.cond(a)))
    tall = rng.standard_normal((20_000, 32), dtype=dtype)
    yield row("tsqr (20000, 32)", dtype, Call(linalg.tsqr, tall), Call(np.linalg.qr, tall), "np.linalg.qr",
              lambda q, r: np.abs(q.astype("f8") @ r - tall).max() / (30 * 32 * np.finfo(dtype).eps * 5))
