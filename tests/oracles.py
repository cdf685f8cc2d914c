"""Slow, obvious references for products, and the comparisons that tests make with them.

Three kinds. The exact value, against which errors are measured in units of eps. The documented order of operations,
step by step with correct rounding, against which kernels are compared bit for bit. And NumPy, for everything that is a
matter of agreement: result types, wraparound, where NaN and inf come out.
"""

import math
from fractions import Fraction

import numpy as np

from tests.tuning import DOT_BLOCK, KC

# ------------------------------------------------------------------ one rounding

_FORMATS = {np.dtype(np.float32): (24, -149, 128), np.dtype(np.float64): (53, -1074, 1024)}


def rounded(x, dtype):
    """A Fraction to the nearest number of `dtype`, ties to even, subnormals and overflow included."""
    dtype = np.dtype(dtype)
    digits, lowest, overflow = _FORMATS[dtype]
    if not x:
        return dtype.type(0)
    exponent = x.numerator.bit_length() - x.denominator.bit_length()
    if abs(x) >= Fraction(2) ** exponent:
        exponent += 1                        # 2^(exponent-1) <= |x| < 2^exponent
    step = Fraction(2) ** max(exponent - digits, lowest)
    value = round(x / step) * step           # Python rounds half to even
    return dtype.type(math.copysign(math.inf, value) if abs(value) >= Fraction(2) ** overflow else float(value))


def fma_scalar(a, b, c, dtype):
    """a b + c of finite numbers, rounded once, by rational arithmetic. Zero is +0, as a sum of opposites is."""
    return rounded(Fraction(float(a)) * Fraction(float(b)) + Fraction(float(c)), dtype)


def _two_sum(a, b):
    s = a + b
    t = s - a
    return s, (a - (s - t)) + (b - t)


def _to_odd(s, err):
    """s + err rounded to odd, for s + err = the rounded sum and its error (Boldo and Melquiond, 2008)."""
    bits = s.view(np.int64)
    away = (err > 0) == (s > 0)              # from zero: the next bit pattern
    step = np.where(away, 1, -1)
    return (bits + np.where((err != 0) & (bits & 1 == 0), step, 0)).view(np.float64)


def fma32(a, b, c):
    """float32 arrays, rounded once: the product is exact in float64, the sum is rounded to odd there."""
    s, err = _two_sum(a.astype(np.float64) * b.astype(np.float64), c.astype(np.float64))
    return _to_odd(s, err).astype(np.float32)


def _split(x):
    t = x * 134217729.0                      # 2^27 + 1 (Veltkamp)
    high = t - (t - x)
    return high, x - high


def two_product(a, b):
    """float64 a b = p + e exactly, where nothing over- or underflows (Dekker)."""
    p = a * b
    (ah, al), (bh, bl) = _split(a), _split(b)
    return p, ((ah * bh - p) + ah * bl + al * bh) + al * bl


def fma64(a, b, c):
    """float64 arrays, rounded once, where nothing over- or underflows (Boldo and Melquiond, 2008, section 4)."""
    uh, ul = two_product(a, b)
    th, tl = _two_sum(c, ul)
    vh, vl = _two_sum(uh, th)
    return vh + _to_odd(*_two_sum(tl, vl))


def multiply_add(a, b, c, fused):
    """a b + c with one rounding, or with two."""
    if not fused:
        return a * b + c
    return fma32(a, b, c) if c.dtype == np.float32 else fma64(a, b, c)


# ------------------------------------------------------------------ the documented orders

def chain_product(a, b, kc=KC, fused=True):
    """a (m, k) b (k, n): each element one chain over k from +0 in blocks of kc, the blocks added in turn."""
    m, k = a.shape
    total = np.zeros((m, b.shape[1]), a.dtype)
    for start in range(0, k, kc):
        block = np.zeros_like(total)
        for p in range(start, min(start + kc, k)):
            block = multiply_add(a[:, p, None], b[None, p, :], block, fused)
        total = total + block if start else block
    return total


def lane_product(a, x, fused=True):
    """a (m, k) x (k): term p to lane p % lanes, lanes folded by halves after each block, the blocks added in turn."""
    m, k = a.shape
    lanes = 256 // a.itemsize
    total = np.zeros(m, a.dtype)
    for start in range(0, k, DOT_BLOCK):
        sums = np.zeros((m, lanes), a.dtype)
        for p in range(start, min(start + DOT_BLOCK, k), lanes):
            n = min(lanes, k - p, start + DOT_BLOCK - p)
            sums[:, :n] = multiply_add(a[:, p:p + n], x[None, p:p + n], sums[:, :n], fused)
        while sums.shape[1] > 1:
            half = sums.shape[1] // 2
            sums = sums[:, :half] + sums[:, half:]
        total = total + sums[:, 0] if start else sums[:, 0]
    return total


def ordered_product(a, b, kc=KC, fused=True):
    """The bits that `matmul` documents for 2-d operands: one column is an inner product, all else is chains."""
    if b.shape[1] == 1:
        return lane_product(a, b[:, 0], fused)[:, None]
    return chain_product(a, b, kc, fused)


# ------------------------------------------------------------------ the exact value

def fraction_product(a, b):
    """a (m, k) b (k, n) as an array of Fractions."""
    rows = [[Fraction(float(x)) for x in row] for row in a]
    columns = [[Fraction(float(x)) for x in column] for column in b.T]
    exact = np.empty((len(rows), len(columns)), object)
    for i, row in enumerate(rows):
        for j, column in enumerate(columns):
            exact[i, j] = sum((x * y for x, y in zip(row, column, strict=True)), Fraction(0))
    return exact


def residual(c, a, b):
    """c - a b, correctly rounded, for finite c (m, n), a (m, k), b (k, n): every product split without error."""
    a, b, c = (np.asarray(x, np.float64) for x in (a, b, c))
    out = np.empty(c.shape)
    for i in range(c.shape[0]):
        p, e = two_product(a[i, :, None], b)
        for j in range(c.shape[1]):
            out[i, j] = math.fsum((c[i, j], *(-p[:, j]), *(-e[:, j])))
    return out


def magnitude(a, b):
    """(|a| |b|)[i, j], at most: the rounding of this very sum is added."""
    a, b = np.abs(np.asarray(a, np.float64)), np.abs(np.asarray(b, np.float64))
    return np.matmul(a, b) * (1 + (a.shape[-1] + 1) * np.finfo(np.float64).eps)


LONG_EPS = float(np.finfo(np.longdouble).eps)
EXACT_TERMS = 20_000        # what `residual` does in ten milliseconds


def error_in_eps(c, a, b):
    """max |c - a b| / (eps (|a| |b|)), eps of c's type. Exact for small sizes, else by longdouble, of whose differences
    only what exceeds its own error counts."""
    c, a, b = np.asarray(c), np.asarray(a), np.asarray(b)
    eps = float(np.finfo(c.dtype).eps)
    if c.size == 0:
        return 0.0
    if not np.isfinite(c).all():
        return math.inf
    scale = magnitude(a, b)
    k = a.shape[-1]
    if c.ndim == 2 and c.size * k <= EXACT_TERMS:
        error = np.abs(residual(c, a, b))
    else:
        error = np.abs(c - np.matmul(a.astype(np.longdouble), b.astype(np.longdouble))).astype(np.float64)
        error = np.maximum(error - k * LONG_EPS * scale, 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(error == 0, 0.0, error / (eps * scale))
    return float(ratio.max())


# ------------------------------------------------------------------ error bounds, in units of eps = 2 u

def gamma(roundings, dtype):
    """n roundings of relative error u = eps / 2 each make at most n u / (1 - n u) (Higham 2002, lemma 3.1)."""
    u = float(np.finfo(dtype).eps) / 2
    return roundings / (1 - roundings * u) / 2


def chain_roundings(k, kc=KC):
    """The first term of a block meets one rounding per term, FMA or not (then it is its product and one sum less); the
    first block meets one more per block added."""
    return min(k, kc) + max(0, -(-k // kc) - 1)


def lane_roundings(k, dtype):
    """One per term of a lane, one per fold, one per block added."""
    lanes = 256 // np.dtype(dtype).itemsize
    return -(-min(k, DOT_BLOCK) // lanes) + lanes.bit_length() - 1 + max(0, -(-k // DOT_BLOCK) - 1)


# ------------------------------------------------------------------ comparisons

def canonical(x):
    """The bytes of an array, all NaN alike: their sign and payload carry no promise. Without longdouble's padding."""
    x = np.array(x, order="C")
    if x.dtype.kind in "fc":
        x[np.isnan(x)] = np.nan
    if x.dtype == np.longdouble:
        mantissa, exponent = np.frexp(np.where(np.isfinite(x), x, 0))
        high = np.where(np.isfinite(x), mantissa, x).astype(np.float64)
        low = np.where(np.isfinite(x), mantissa - mantissa.astype(np.float64), 0).astype(np.float64)
        return np.stack([high, low, exponent.astype(np.float64)], axis=-1).tobytes()
    return x.tobytes()


def same_bits(x, y):
    x, y = np.asarray(x), np.asarray(y)
    return x.dtype == y.dtype and x.shape == y.shape and canonical(x) == canonical(y)


def assert_same_bits(actual, expected, what=""):
    actual, expected = np.asarray(actual), np.asarray(expected)
    assert actual.dtype == expected.dtype, f"{what}: {actual.dtype} in place of {expected.dtype}"
    assert actual.shape == expected.shape, f"{what}: {actual.shape} in place of {expected.shape}"
    one, other = canonical(actual), canonical(expected)
    if one == other:
        return
    bytes_of = [np.frombuffer(x, np.uint8).reshape(actual.size, -1) for x in (one, other)]
    differ = np.flatnonzero((bytes_of[0] != bytes_of[1]).any(axis=1))
    first = tuple(int(i) for i in np.unravel_index(differ[0], actual.shape))
    raise AssertionError(f"{what}: {differ.size} of {actual.size} elements differ, the first at {first}: "
                         f"{actual[first]!r} in place of {expected[first]!r}")


def special_pattern(x):
    """Where NaN, +inf and -inf stand."""
    x = np.asarray(x)
    return np.select([np.isnan(x), np.isposinf(x), np.isneginf(x)], [1, 2, 3], 0)


def assert_same_specials(actual, expected, what=""):
    np.testing.assert_array_equal(special_pattern(actual), special_pattern(expected), err_msg=what)
