"""Functions of each element by their partial derivatives, of the operands and the result.

At points without a derivative the conventions are JAX's: |x|' = 0 at 0, the larger and the smaller of equals share the
slope by halves, steps have slope 0.
"""

import math
import operator

import numpy as np

from mathcore._kernels import tape
from mathcore._kernels.tape import Elementwise, primal
from mathcore.autodiff._dispatch import FLAT, LATER, METHODS, UFUNCS, elementwise, handles, into, plain

LN2, LN10, DEGREE = math.log(2), math.log(10), math.pi / 180

# ------------------------------------------------------------------ arithmetic


def _slope_of_base(x, y, out):
    """y x^(y - 1), 0 where y is 0."""
    if isinstance(y, int | float):
        simple = {0: lambda: 0.0, 1: lambda: 1.0, 2: lambda: 2 * x, 3: lambda: 3 * square(x), 0.5: lambda: 0.5 / out,
                  -1: lambda: -square(out)}.get(y)
        return simple() if simple else y * x ** (y - 1)
    return y * x ** np.where(np.equal(primal(y), 0), 1, y - 1)


def _slope_of_exponent(x, y, out):
    """x^y log x, 0 where x is 0 and the power is 0 or 1."""
    return out * log(np.where(np.equal(primal(x), 0), 1.0, x))


add = elementwise(np.add, 1, 1)
subtract = elementwise(np.subtract, 1, -1)
multiply = elementwise(np.multiply, lambda x, y, out: y, lambda x, y, out: x)
divide = elementwise(np.divide, lambda x, y, out: 1 / y, lambda x, y, out: -out / y)
power = elementwise(np.power, _slope_of_base, _slope_of_exponent)
float_power = elementwise(np.float_power, _slope_of_base, _slope_of_exponent)
negative = elementwise(np.negative, -1)
elementwise(np.positive, 1)
reciprocal = elementwise(np.reciprocal, lambda x, out: -square(out))
square = elementwise(np.square, lambda x, out: 2 * x)
elementwise(np.remainder, 1, lambda x, y, out: -np.floor(primal(x) / primal(y)))
elementwise(np.fmod, 1, lambda x, y, out: -np.trunc(primal(x) / primal(y)))
absolute = elementwise(np.absolute, lambda x, out: np.sign(primal(x)))
elementwise(np.fabs, lambda x, out: np.sign(primal(x)))

# The operator: NumPy makes squares and roots of small powers there, which np.power does not.
_raised = Elementwise("power", operator.pow, _slope_of_base, _slope_of_exponent, loop_of=np.power)
tape.set_operators(add, subtract, multiply, divide, _raised, negative, absolute)

# ------------------------------------------------------------------ exponentials, roots

exp = elementwise(np.exp, lambda x, out: out)
elementwise(np.exp2, lambda x, out: LN2 * out)
elementwise(np.expm1, lambda x, out: out + 1)
log = elementwise(np.log, lambda x, out: 1 / x)
elementwise(np.log2, lambda x, out: 1 / (LN2 * x))
elementwise(np.log10, lambda x, out: 1 / (LN10 * x))
log1p = elementwise(np.log1p, lambda x, out: 1 / (1 + x))
sqrt = elementwise(np.sqrt, lambda x, out: 0.5 / out)
elementwise(np.cbrt, lambda x, out: 1 / (3 * square(out)))
elementwise(np.logaddexp, lambda x, y, out: exp(x - out), lambda x, y, out: exp(y - out))
elementwise(np.logaddexp2, lambda x, y, out: np.exp2(x - out), lambda x, y, out: np.exp2(y - out))
elementwise(np.hypot, lambda x, y, out: x / out, lambda x, y, out: y / out)

# ------------------------------------------------------------------ trigonometric, hyperbolic

sin = elementwise(np.sin, lambda x, out: cos(x))
cos = elementwise(np.cos, lambda x, out: -sin(x))
elementwise(np.tan, lambda x, out: 1 + square(out))
elementwise(np.arcsin, lambda x, out: 1 / sqrt((1 - x) * (1 + x)))
elementwise(np.arccos, lambda x, out: -1 / sqrt((1 - x) * (1 + x)))
elementwise(np.arctan, lambda x, out: 1 / (1 + square(x)))
elementwise(np.arctan2, lambda x, y, out: y / (square(x) + square(y)), lambda x, y, out: -x / (square(x) + square(y)))
sinh = elementwise(np.sinh, lambda x, out: cosh(x))
cosh = elementwise(np.cosh, lambda x, out: sinh(x))
elementwise(np.tanh, lambda x, out: 1 - square(out))
elementwise(np.arcsinh, lambda x, out: 1 / sqrt(1 + square(x)))
elementwise(np.arccosh, lambda x, out: 1 / sqrt((x - 1) * (x + 1)))
elementwise(np.arctanh, lambda x, out: 1 / ((1 - x) * (1 + x)))
for _ufunc in (np.deg2rad, np.radians):
    elementwise(_ufunc, lambda x, out: DEGREE)
for _ufunc in (np.rad2deg, np.degrees):
    elementwise(_ufunc, lambda x, out: 1 / DEGREE)

# ------------------------------------------------------------------ choices: zero cotangents are no dependence


def _share(wins, ties):
    """1 where it wins, half where it ties."""
    if isinstance(ties, np.ndarray) and not ties.any():
        return wins
    return wins + 0.5 * ties


def _larger(x, y, out):
    x, y = primal(x), primal(y)
    return _share(x > y, x == y)


def _smaller(x, y, out):
    x, y = primal(x), primal(y)
    return _share(x < y, x == y)


for _ufunc in (np.maximum, np.fmax):
    elementwise(_ufunc, _larger, lambda x, y, out: _larger(y, x, out), masks=True)
for _ufunc in (np.minimum, np.fmin):
    elementwise(_ufunc, _smaller, lambda x, y, out: _smaller(y, x, out), masks=True)
elementwise(np.copysign, lambda x, y, out: np.copysign(1.0, primal(y)) * np.sign(primal(x)), 0)
elementwise(np.ldexp, lambda x, y, out: np.ldexp(1.0, primal(y)), 0)


@handles(np.clip, method="clip")
def clip(a, a_min=None, a_max=None, out=None, *, min=None, max=None):  # noqa: A002  NumPy's names
    low, high = (a_min if min is None else min), (a_max if max is None else max)
    a = a if low is None else np.maximum(a, low)
    return into(out, a if high is None else np.minimum(a, high))


UFUNCS[np._core.umath.clip] = clip


# Zero slope wherever there is one.
FLAT |= {np.sign, np.floor, np.ceil, np.trunc, np.rint, np.floor_divide, np.heaviside, np.signbit, np.isnan, np.isinf,
         np.isfinite, np.greater, np.greater_equal, np.less, np.less_equal, np.equal, np.not_equal, np.logical_and,
         np.logical_or, np.logical_not, np.logical_xor, np.spacing, np.nextafter, np.gcd, np.lcm, np.bitwise_and,
         np.bitwise_or, np.bitwise_xor, np.invert}
for _ufunc in FLAT:
    UFUNCS[_ufunc] = plain(_ufunc)
for _name in ("floor", "ceil", "trunc", "rint", "sign"):
    METHODS[_name] = plain(getattr(np, _name))


@handles(np.divmod)
def _divmod(x, y):
    return np.floor_divide(x, y), np.remainder(x, y)


@handles(np.modf)
def _modf(x):
    whole = np.trunc(primal(x))
    return x - whole, whole


@handles(np.real, np.conj, np.conjugate, np.real_if_close, method="conj")
def same(x, *args, **kwargs):
    return x


METHODS["conjugate"] = same
METHODS["imag"] = handles(np.imag)(lambda x: np.zeros_like(primal(x)))


@handles(np.nan_to_num)
def nan_to_num(x, copy=True, nan=0.0, posinf=None, neginf=None):
    """Replaced numbers are constants."""
    value = primal(x)
    return np.where(np.isfinite(value), x, np.nan_to_num(value, nan=nan, posinf=posinf, neginf=neginf))


@handles(np.sinc)
def sinc(x):
    """sin(pi x) / (pi x), by its series where the quotient has no derivative to give."""
    y = np.pi * x
    small = np.abs(primal(y)) < 1e-2
    z = np.where(small, 1.0, y)
    y2 = np.where(small, y, 0.0) ** 2
    return np.where(small, 1 - y2 / 6 * (1 - y2 / 20 * (1 - y2 / 42 * (1 - y2 / 72))), np.sin(z) / z)


@handles(np.unwrap)
def unwrap(p, *args, **kwargs):
    """What is added are constants."""
    return p + (np.unwrap(primal(p), *args, **kwargs) - primal(p))


@handles(np.i0)
def i0(x):
    import scipy.special
    return scipy.special.i0(x)


@handles(np.polyval)
def polyval(p, x):
    """Horner's scheme."""
    found = np.zeros_like(x)
    for a in p:
        found = found * x + a
    return found


# ------------------------------------------------------------------ special functions, SciPy's and ours

def _log_of_factor(x, y, out):
    """log y, 0 where the factor x is."""
    absent = np.equal(primal(x), 0)
    return np.where(absent, 0.0, log(np.where(absent, 1.0, y)))


SPECIAL = {
    "expit": (lambda x, out: out * (1 - out),),
    "logit": (lambda x, out: 1 / (x * (1 - x)),),
    "log_expit": (lambda x, out: -np.expm1(out),),
    "xlogy": (_log_of_factor, lambda x, y, out: x / y),
    "xlog1py": (lambda x, y, out: log1p(y), lambda x, y, out: x / (1 + y)),
    "entr": (lambda x, out: -log(x) - 1,),
    "rel_entr": (lambda x, y, out: log(x / y) + 1, lambda x, y, out: -x / y),
    "kl_div": (lambda x, y, out: log(x / y), lambda x, y, out: 1 - x / y),
}

# ------------------------------------------------------------------ SciPy's ufuncs, once they are loaded

def _of_scipy():
    import scipy.special as s

    root_pi, root_2pi = math.sqrt(math.pi), math.sqrt(2 * math.pi)
    table = {
        **SPECIAL,
        "exp10": (lambda x, out: LN10 * out,),
        "cosm1": (lambda x, out: -sin(x),),
        "erf": (lambda x, out: 2 / root_pi * exp(-square(x)),),
        "erfc": (lambda x, out: -2 / root_pi * exp(-square(x)),),
        "erfcx": (lambda x, out: 2 * x * out - 2 / root_pi,),
        "erfinv": (lambda x, out: root_pi / 2 * exp(square(out)),),
        "erfcinv": (lambda x, out: -root_pi / 2 * exp(square(out)),),
        "ndtr": (lambda x, out: exp(-0.5 * square(x)) / root_2pi,),
        "log_ndtr": (lambda x, out: exp(-0.5 * square(x) - out) / root_2pi,),
        "ndtri": (lambda x, out: root_2pi * exp(0.5 * square(out)),),
        "gammaln": (lambda x, out: s.psi(x),),
        "gamma": (lambda x, out: out * s.psi(x),),
        "rgamma": (lambda x, out: -out * s.psi(x),),
        "psi": (lambda x, out: s.polygamma(1, x) if not tape.is_traced(x) else trigamma(x),),
        "betaln": (lambda x, y, out: s.psi(x) - s.psi(x + y), lambda x, y, out: s.psi(y) - s.psi(x + y)),
        "beta": (lambda x, y, out: out * (s.psi(x) - s.psi(x + y)), lambda x, y, out: out * (s.psi(y) - s.psi(x + y))),
        "j0": (lambda x, out: -s.j1(x),),
        "j1": (lambda x, out: s.j0(x) - out / x,),
        "y0": (lambda x, out: -s.y1(x),),
        "y1": (lambda x, out: s.y0(x) - out / x,),
        "i0": (lambda x, out: s.i1(x),),
        "i1": (lambda x, out: s.i0(x) - out / x,),
        "i0e": (lambda x, out: s.i1e(x) - np.sign(primal(x)) * out,),
        "i1e": (lambda x, out: s.i0e(x) - out * (np.sign(primal(x)) + 1 / x),),
        "jv": (None, lambda n, x, out: (s.jv(n - 1, x) - s.jv(n + 1, x)) / 2),
        "yv": (None, lambda n, x, out: (s.yv(n - 1, x) - s.yv(n + 1, x)) / 2),
        "iv": (None, lambda n, x, out: (s.iv(n - 1, x) + s.iv(n + 1, x)) / 2),
        "kv": (None, lambda n, x, out: -(s.kv(n - 1, x) + s.kv(n + 1, x)) / 2),
        "yn": (None, lambda n, x, out: (s.yv(n - 1, x) - s.yv(n + 1, x)) / 2),
        "betainc": (None, None, lambda a, b, x, out: exp((a - 1) * log(x) + (b - 1) * log1p(-x) - s.betaln(a, b))),
        "gammainc": (None, lambda a, x, out: exp((a - 1) * log(x) - x - s.gammaln(a))),
        "gammaincc": (None, lambda a, x, out: -exp((a - 1) * log(x) - x - s.gammaln(a))),
        "boxcox": (lambda x, a, out: x ** (a - 1), None),
        "huber": (None, lambda d, r, out: np.clip(r, -d, d)),
        "pseudo_huber": (None, lambda d, r, out: r / sqrt(1 + square(r / d))),
    }
    FLAT.add(s.gammasgn)
    UFUNCS[s.gammasgn] = plain(s.gammasgn)
    trigamma = Elementwise("trigamma", lambda x: s.polygamma(1, x), lambda x, out: s.polygamma(2, primal(x)))
    for name, partials in table.items():
        ufunc = getattr(s, name, None)
        if isinstance(ufunc, np.ufunc):
            elementwise(ufunc, *(_unknown_slope(name, k) if p is None else p for k, p in enumerate(partials)))


def _unknown_slope(name, k):
    def slope(*operands):
        raise TypeError(f"{name}: no derivative by its argument {k} is known; expected a constant there, got a traced "
                        "value. Give it with mathcore.autodiff.custom_rule")
    return slope


LATER["scipy.special"] = _of_scipy
