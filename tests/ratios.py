"""LAPACK's test ratios: how far a result is from what it claims to be, in units of what stability allows. Under 30 is a
pass there; a wrong result gives 1 / eps or inf.

Every residual c - a b comes from products of slices that float64 forms without error, so it is right even where the
factors grow by 2^500 (there an 80-bit residual of exact factors is all error). Every array is scaled by powers of two
first: numbers near the ends of the range are judged as others are. eps is LAPACK's, half of NumPy's.
"""

import numpy as np

FAR = 1 << 14           # past any exponent of a float64


def unit_roundoff(dtype):
    return float(np.finfo(dtype).eps) / 2


# ------------------------------------------------------------------ a residual without error

def _two_sum(a, b):
    s = a + b
    t = s - a
    return s, (a - (s - t)) + (b - t)


def _exponents(x, axis=None):
    """e with |x| < 2^e, along an axis or of all; 0 where all is 0 or there is nothing."""
    return np.frexp(np.max(np.abs(x), axis=axis, initial=0, keepdims=axis is not None))[1]


def _slices(x, axis, bits, floor):
    """Arrays whose sum is x but for less than `floor`, each of at most `bits` bits along the axis of a sum."""
    found = []
    while x.size and np.abs(x).max() > floor:
        step = np.ldexp(1.5, 52 - bits + _exponents(x, axis))
        found.append((x + step) - step)
        x = x - found[-1]
    return found


def _add(expansion, term):
    """The exact sum of arrays, plus one more (Shewchuk 1997, grow-expansion)."""
    grown = []
    for part in expansion:
        term, low = _two_sum(term, part)
        if low.any():
            grown.append(low)
    return [*grown, term]


def residual(c, a, b, unit):
    """c - a b in float64, every element but for less than 2^-10 `unit`. Entries up to 2^500 and as small, all finite.

    A slice of a times a slice of b is a sum of at most k numbers of 2 `bits` bits: exact in 53 (Ozaki and others 2012).
    """
    c, a, b = (np.asarray(x, np.float64) for x in (c, a, b))
    k = max(a.shape[-1], 2)
    bits = (53 - int(np.ceil(np.log2(k)))) // 2
    enough = unit * 2.0**-13 / k
    top_a, top_b = (np.ldexp(1.0, _exponents(x)) for x in (a, b))
    parts_a, parts_b = _slices(a, 1, bits, enough / top_b), _slices(b, 0, bits, enough / top_a)
    total = [c]
    enough /= max(len(parts_a) * len(parts_b), 1)
    tops_b = [np.abs(part).max() for part in parts_b]
    for left in parts_a:
        top = np.abs(left).max()
        for right, other in zip(parts_b, tops_b, strict=True):
            if top * other > enough:
                total = _add(total, -np.matmul(left, right))
    return np.sum(total, axis=0)


# ------------------------------------------------------------------ norms and scales

def _norm1(x):
    return float(np.abs(x).sum(axis=0).max(initial=0))


def _finite(*arrays):
    return all(np.isfinite(x).all() for x in arrays)


def _scaled(x):
    """x in float64 with its largest entry in [1/2, 1), and the exponent that was taken out."""
    x = np.asarray(x, np.float64)
    e = int(_exponents(x))
    return np.ldexp(x, -e), e


def _quotient(error, scale):
    """0 / 0 is no error; something / 0 is all error, and so is NaN."""
    if error == 0:
        return 0.0
    return float(error / scale) if scale > 0 and np.isfinite(error) else float("inf")


def _product_ratio(c, a, b, count, eps):
    """norm(c - a b) / (count norm(c) eps), for factors of about the scale of c."""
    if not _finite(c, a, b):
        return float("inf")
    if c.size == 0:
        return 0.0
    (c, ec), (a, ea), (b, eb) = _scaled(c), _scaled(a), _scaled(b)
    norm = _norm1(c)
    if norm == 0:
        return 0.0 if not (a.any() and b.any()) or not np.matmul(np.abs(a), np.abs(b)).any() else float("inf")
    shift = ea + eb - ec                # into the factors in halves, so that neither overflows
    if shift > 1000:                    # partial pivoting grows by 2^(n-1) at most
        return float("inf")
    a, b = np.ldexp(a, shift // 2), np.ldexp(b, shift - shift // 2)
    return _quotient(_norm1(residual(c, a, b, eps)), count * norm * eps)


def elementwise_ratio(c, a, b):
    """max |c - a b| / (k eps |a| |b|), element by element: Gaussian elimination (a = l, b = u), Cholesky (l, l') and
    substitution keep it below 1 but for second order, in any order of summation (Higham 2002, theorems 9.3, 10.3, 8.5).
    It sees what norms do not: errors in rows and columns far below the largest. Where nothing over- or underflows."""
    if not _finite(c, a, b):
        return float("inf")
    if c.size == 0:
        return 0.0
    eps, k = unit_roundoff(c.dtype), a.shape[1]
    c, a, b = (np.asarray(x, np.float64) for x in (c, a, b))
    columns = _exponents(b, 0)          # to about 1: the columns of b, then its rows, of which a's columns are told
    b = np.ldexp(b, -columns)
    inner = _exponents(b, 1)
    a, b = np.ldexp(a, inner.T), np.ldexp(b, -inner)
    rows = _exponents(a, 1)
    a, c = np.ldexp(a, -rows), np.ldexp(c, -(rows + columns))
    scale = np.matmul(np.abs(a), np.abs(b))
    if (c[scale == 0] != 0).any() or not _finite(c):
        return float("inf")
    if not scale.any():
        return 0.0
    error = np.abs(residual(c, a, b, eps * max(scale[scale > 0].min(), 2.0**-900)))
    return float((error[scale > 0] / scale[scale > 0]).max() / (k * eps))


# ------------------------------------------------------------------ factorisations

def permutation(piv, m):
    """LAPACK's exchanges of m rows (row i with row piv[i], in turn) as p with a[p] = l u."""
    p = np.arange(m)
    for i, j in enumerate(piv):
        p[[i, j]] = p[[j, i]]
    return p


def unpack(lu):
    """(l, u) from what lu_factor packs in one array (m, n)."""
    k = min(lu.shape)
    return np.tril(lu[:, :k], -1) + np.eye(lu.shape[0], k, dtype=lu.dtype), np.triu(lu[:k])


def lu_ratio(a, p, l, u):  # noqa: E741
    """dget01: norm(l u - a) / (n norm(a) eps). p as `lu` returns it: a matrix (a = p l u) or indices (a = l[p] u).
    inf where l or u is no triangle, or where |l| exceeds 1 by more than roundings: pivoting forbids it."""
    p, eps = np.asarray(p), unit_roundoff(a.dtype)
    if a.size == 0:
        return 0.0
    if p.ndim == 2:
        whole = np.isin(p, (0, 1)).all() and (p.sum(axis=0) == 1).all() and (p.sum(axis=1) == 1).all()
        if not whole:
            return float("inf")
        p = np.argmax(p, axis=1)
    if not np.array_equal(np.sort(p), np.arange(a.shape[0])):
        return float("inf")
    unit_lower = not np.triu(l, 1).any() and (np.diagonal(l) == 1).all() and not (np.abs(l) > 1 + 4 * eps).any()
    if not unit_lower or np.tril(u, -1).any():
        return float("inf")
    return _product_ratio(a, l[p], u, a.shape[1], eps)


def lu_factor_ratio(a, lu, piv):
    """The same for the packed form."""
    return lu_ratio(a, np.argsort(permutation(piv, a.shape[0])), *unpack(lu))


def _mirrored(a, lower):
    """The symmetric matrix whose one triangle stands in a."""
    t = np.tril(a) if lower else np.triu(a)
    return t + (np.tril(t, -1) if lower else np.triu(t, 1)).T


def cholesky_ratio(a, c, lower=False):
    """dpot01: norm(l l' - a) / (n norm(a) eps), of the triangle of a that `lower` names. inf where c is no triangle."""
    if (np.triu(c, 1) if lower else np.tril(c, -1)).any():
        return float("inf")
    factors = (c, c.T) if lower else (c.T, c)
    return _product_ratio(_mirrored(a, lower), *factors, a.shape[0], unit_roundoff(a.dtype))


def orthogonality_ratio(q):
    """dqrt01: norm(1 - q' q) / (m eps)."""
    m, n = q.shape
    if q.size == 0:
        return 0.0
    if not np.abs(q).max() < 2:
        return float("inf")
    eps = unit_roundoff(q.dtype)
    return _quotient(_norm1(residual(np.eye(n), q.T, q, eps)), m * eps)


def qr_ratios(a, q, r, p=None):
    """dqrt01: norm(a - q r) / (m norm(a) eps), that of a[:, p] if p is given; and q's orthogonality_ratio. For a full q
    the first is LAPACK's norm(r - q' a), and it means the same for an economic one. inf where r is no triangle."""
    orthogonal = orthogonality_ratio(q)
    if np.tril(r, -1).any():
        return float("inf"), orthogonal
    if p is not None:
        if not np.array_equal(np.sort(p), np.arange(a.shape[1])):
            return float("inf"), orthogonal
        a = a[:, p]
    return _product_ratio(a, q, r, a.shape[0], unit_roundoff(a.dtype)), orthogonal


# ------------------------------------------------------------------ systems

def _columns(b):
    return b[:, None] if b.ndim == 1 else b


def solve_ratio(a, x, b):
    """dget02: the largest over columns of norm(b - a x) / (norm(a) norm(x) eps)."""
    x, b = _columns(x), _columns(b)
    if not _finite(a, x, b):
        return float("inf")
    eps, worst = unit_roundoff(a.dtype), 0.0
    if a.size == 0 or x.size == 0:
        return 0.0
    a, ea = _scaled(a)
    for column, right in zip(x.T, b.T, strict=True):
        column, ex = _scaled(column[:, None])
        right, er = _scaled(right[:, None])
        if er > ea + ex + 1000:         # far larger than any a x
            return float("inf")
        right = np.ldexp(right, er - (ea + ex))
        scale = _norm1(a) * _norm1(column)
        worst = max(worst, _quotient(_norm1(residual(right, a, column, eps * scale)), scale * eps))
    return worst


def triangular_ratio(a, x, b, *, trans=0, lower=False, unit_diagonal=False):
    """dtrt02: solve_ratio of the triangle that solve_triangular reads."""
    t = np.tril(a) if lower else np.triu(a)
    if unit_diagonal:
        np.fill_diagonal(t, 1)
    return solve_ratio(t if trans in (0, "N") else t.T, x, b)


def forward_ratio(x, x_true, rcond):
    """dget04: the largest over columns of max|x - x_true| rcond / (max|x_true| eps). x_true of any float type."""
    eps = unit_roundoff(x.dtype)
    x, x_true = (np.asarray(_columns(y), np.longdouble) for y in (x, x_true))
    if not _finite(x, x_true):
        return float("inf")
    errors, sizes = (np.abs(y).max(axis=0, initial=0) for y in (x - x_true, x_true))
    return max((_quotient(e * rcond, size * eps) for e, size in zip(errors, sizes, strict=True)), default=0.0)


def inverse_ratio(a, inverse):
    """dget03: norm(1 - a inverse) / (n norm(a) norm(inverse) eps), on the better side: an algorithm is stable on one,
    by columns on the right, LAPACK's on the left."""
    if not _finite(a, inverse):
        return float("inf")
    n, eps = a.shape[0], unit_roundoff(a.dtype)
    if n == 0:
        return 0.0
    (a, ea), (x, ex) = _scaled(a), _scaled(inverse)
    if ea + ex < -1000:                 # a inverse is far below 1
        return float("inf")
    one = np.ldexp(np.eye(n), -(ea + ex))
    scale = _norm1(a) * _norm1(x) * n * eps
    return min(_quotient(_norm1(residual(one, *sides, scale)), scale) for sides in ((a, x), (x, a)))


def backward_error(a, x, b):
    """The smallest omega with (a + e) x = b + f, |e| <= omega |a|, |f| <= omega |b| (Oettli and Prager 1964), in units
    of eps: max |b - a x| / (|a| |x| + |b|), row by row and over columns."""
    x, b = _columns(x), _columns(b)
    if not _finite(a, x, b):
        return float("inf")
    eps, worst = unit_roundoff(a.dtype), 0.0
    a = np.asarray(a, np.float64)
    if a.size == 0 or x.size == 0:
        return 0.0
    for column, right in zip(np.asarray(x, np.float64).T, np.asarray(b, np.float64).T, strict=True):
        mantissa, e = np.frexp(column)
        entries, powers = np.frexp(a)   # columns by the entries of x, then rows by their largest: exact, no overflow
        powers = powers + e
        rows = np.where((entries != 0) & (mantissa != 0), powers, -FAR).max(axis=1)
        rows = np.maximum(rows, np.where(right != 0, np.frexp(right)[1], -FAR))
        left = np.ldexp(np.where(mantissa != 0, entries, 0), powers - rows[:, None])
        right = np.ldexp(right, -rows)[:, None]
        scale = np.abs(left) @ np.abs(mantissa) + np.abs(right[:, 0])
        error = np.abs(residual(right, left, mantissa[:, None], eps))[:, 0]
        worst = max(worst, *map(_quotient, error, scale * eps))
    return worst


def least_squares_ratio(a, x, b):
    """Of dqrt17's kind: the largest over columns of norm(a' r) / (norm(a) (norm(a) norm(x) + norm(b)) max(m, n) eps)
    for r = b - a x in Frobenius's norm: what a solution of (a + e) x = b for a small e has. (dqrt17 has norm(b) alone,
    which no algorithm meets where x is large.)"""
    x, b = _columns(x), _columns(b)
    if not _finite(a, x, b):
        return float("inf")
    m, n = a.shape
    eps, worst = unit_roundoff(a.dtype), 0.0
    if a.size == 0 or b.size == 0:
        return 0.0
    a, ea = _scaled(a)
    norm = np.linalg.norm(a)
    for column, right in zip(x.T, b.T, strict=True):
        column, right = (np.asarray(y, np.float64)[:, None] for y in (column, right))
        e = max(int(_exponents(right)), ea + int(_exponents(column)))
        column, right = np.ldexp(column, ea - e), np.ldexp(right, -e)
        scale = norm * np.linalg.norm(column) + np.linalg.norm(right)
        r = residual(right, a, column, eps * scale)
        error = np.linalg.norm(residual(np.zeros((n, 1)), a.T, r, eps * norm * scale))
        worst = max(worst, _quotient(error, norm * scale * max(m, n) * eps))
    return worst


# ------------------------------------------------------------------ spectra

def _rises(w):
    return bool((np.diff(np.asarray(w, np.float64)) >= 0).all())


def eigen_ratios(a, w, v, lower=True):
    """dsyt21: norm(a - v diag(w) v') / (n norm(a) eps), of the triangle of a that `lower` names; and v's
    orthogonality_ratio. inf where w does not rise."""
    if not _rises(w):
        return float("inf"), float("inf")
    v = np.asarray(v)
    product = _product_ratio(_mirrored(a, lower), v.astype(np.float64) * w, v.T, a.shape[0], unit_roundoff(a.dtype))
    return product, orthogonality_ratio(v)


def svd_ratios(a, u, s, vh):
    """dbdt01 and dort01: norm(a - u diag(s) vh) / (max(m, n) norm(a) eps), and the orthogonality_ratio of u and of vh'.
    inf where s does not fall or is negative."""
    if not (_rises(-np.asarray(s)) and (s >= 0).all()):
        return (float("inf"),) * 3
    k = len(s)
    product = _product_ratio(a, u[:, :k].astype(np.float64) * s, vh[:k], max(a.shape), unit_roundoff(a.dtype))
    return product, orthogonality_ratio(u), orthogonality_ratio(np.ascontiguousarray(vh.T))
