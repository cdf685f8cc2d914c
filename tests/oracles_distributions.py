"""Densities, tails and quantiles of distributions in 40 digits: from their definitions, by mpmath."""

from mpmath import mp, mpf

mp.dps = 40


def _normal_tail(z):
    return mp.erfc(z / mp.sqrt(2)) / 2


def _gamma_tail(a, x, upper):
    if upper:
        return mp.gammainc(a, x, mp.inf, regularized=True)
    return mp.gammainc(a, 0, x, regularized=True)


def _beta_tail(a, b, x, y, upper):
    """Of x with y = 1 - x: the tail itself, never one less the other."""
    if upper:
        a, b, x, y = b, a, y, x
    if x > mpf("0.9") and (a < 1e3 and b < 1e3):
        return 1 - _beta_tail(b, a, y, x, False) if b > mpf("0.05") else mp.betainc(a, b, 0, x, regularized=True)
    # 2F1 after Euler: all terms positive
    power = mp.exp(a * mp.log(x) + b * mp.log(y) + mp.loggamma(a + b) - mp.loggamma(a + 1) - mp.loggamma(b))
    return power * mp.hyp2f1(a + b, 1, a + 1, x)


def _weight(name, k, s):
    """Probability of a whole number."""
    if name == "poisson":
        return mp.exp(k * mp.log(s[0]) - s[0] - mp.loggamma(k + 1))
    if name == "binom":
        return mp.binomial(s[0], k) * s[1] ** k * (1 - s[1]) ** (s[0] - k)
    if name == "nbinom":
        return mp.exp(mp.loggamma(k + s[0]) - mp.loggamma(s[0]) - mp.loggamma(k + 1)) * s[1] ** s[0] * (1 - s[1]) ** k
    if name == "geom":
        return s[0] * (1 - s[0]) ** (k - 1)
    if name == "bernoulli":
        return s[0] if k == 1 else 1 - s[0]
    if name == "randint":
        return 1 / (s[1] - s[0])
    total, marked, drawn = s
    return mp.binomial(marked, k) * mp.binomial(total - marked, drawn - k) / mp.binomial(total, drawn)


def _whole_tail(name, k, s, upper):
    """P(K <= k), or P(K > k)."""
    if name == "poisson":
        return _gamma_tail(k + 1, s[0], not upper)
    if name == "binom":
        if k == s[0]:
            return mpf(0 if upper else 1)
        return _beta_tail(s[0] - k, k + 1, 1 - s[1], s[1], upper)
    if name == "nbinom":
        return _beta_tail(s[0], k + 1, s[1], 1 - s[1], upper)
    if name == "geom":
        return (1 - s[0]) ** k if upper else 1 - (1 - s[0]) ** k
    low = max(0, s[1] + s[2] - s[0]) if name == "hypergeom" else s[0] if name == "randint" else 0
    high = {"hypergeom": lambda: min(s[1], s[2]), "randint": lambda: s[1] - 1, "bernoulli": lambda: 1}[name]()
    some = range(int(k) + 1, int(high) + 1) if upper else range(int(low), int(k) + 1)
    return mp.fsum(_weight(name, mpf(j), s) for j in some)


def density(name, x, shapes):
    """pdf or pmf, of location 0 and scale 1."""
    x, s = mpf(x), [mpf(v) for v in shapes]
    two_pi = mp.sqrt(2 * mp.pi)
    formulas = {
        "norm": lambda: mp.exp(-x * x / 2) / two_pi,
        "uniform": lambda: mpf(1),
        "expon": lambda: mp.exp(-x),
        "lognorm": lambda: mp.exp(-(mp.log(x) / s[0]) ** 2 / 2) / (x * s[0] * two_pi),
        "laplace": lambda: mp.exp(-abs(x)) / 2,
        "logistic": lambda: mp.exp(-x) / (1 + mp.exp(-x)) ** 2,
        "cauchy": lambda: 1 / (mp.pi * (1 + x * x)),
        "weibull_min": lambda: s[0] * x ** (s[0] - 1) * mp.exp(-(x ** s[0])),
        "gamma": lambda: mp.exp((s[0] - 1) * mp.log(x) - x - mp.loggamma(s[0])),
        "chi2": lambda: density("gamma", x / 2, [s[0] / 2]) / 2,
        "beta": lambda: mp.exp((s[0] - 1) * mp.log(x) + (s[1] - 1) * mp.log(1 - x) + mp.loggamma(s[0] + s[1])
                               - mp.loggamma(s[0]) - mp.loggamma(s[1])),
        "t": lambda: mp.exp(mp.loggamma((s[0] + 1) / 2) - mp.loggamma(s[0] / 2)
                            - (s[0] + 1) / 2 * mp.log1p(x * x / s[0])) / mp.sqrt(s[0] * mp.pi),
        "f": lambda: mp.exp(s[0] / 2 * mp.log(s[0] * x) + s[1] / 2 * mp.log(s[1])
                            - (s[0] + s[1]) / 2 * mp.log(s[0] * x + s[1]) + mp.loggamma((s[0] + s[1]) / 2)
                            - mp.loggamma(s[0] / 2) - mp.loggamma(s[1] / 2)) / x,
    }
    return formulas[name]() if name in formulas else _weight(name, x, s)


def tail(name, x, shapes, upper):
    """cdf, or sf: to 30 digits of itself however small it is."""
    x, s = mpf(x), [mpf(v) for v in shapes]
    sign = 1 if upper else -1
    formulas = {
        "norm": lambda: _normal_tail(sign * x),
        "uniform": lambda: 1 - x if upper else x,
        "expon": lambda: mp.exp(-x) if upper else -mp.expm1(-x),
        "lognorm": lambda: _normal_tail(sign * mp.log(x) / s[0]),
        "laplace": lambda: mp.exp(-sign * x) / 2 if sign * x > 0 else 1 - mp.exp(sign * x) / 2,
        "logistic": lambda: 1 / (1 + mp.exp(sign * x)),
        "cauchy": lambda: mp.atan2(1, sign * x) / mp.pi,
        "weibull_min": lambda: tail("expon", x ** s[0], [], upper),
        "gamma": lambda: _gamma_tail(s[0], x, upper),
        "chi2": lambda: _gamma_tail(s[0] / 2, x / 2, upper),
        "beta": lambda: _beta_tail(s[0], s[1], x, 1 - x, upper),
        "f": lambda: _beta_tail(s[0] / 2, s[1] / 2, s[0] * x / (s[0] * x + s[1]), s[1] / (s[0] * x + s[1]), upper),
    }
    if name == "t":
        both = _beta_tail(s[0] / 2, mpf("0.5"), s[0] / (s[0] + x * x), x * x / (s[0] + x * x), False) if x else mpf(1)
        return both / 2 if sign * x > 0 else 1 - both / 2
    return formulas[name]() if name in formulas else _whole_tail(name, x, s, upper)
