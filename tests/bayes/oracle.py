"""Log-gamma and what is made of it, to 45 digits."""

import math
from decimal import Decimal, localcontext
from fractions import Fraction

DIGITS = 60
TWO_PI = Decimal("6.283185307179586476925286766559005768394338798750211641949889")


def _bernoulli(n):
    """B_0 ... B_n."""
    b = [Fraction(1)]
    for m in range(1, n + 1):
        b.append(-sum(math.comb(m + 1, j) * b[j] for j in range(m)) / (m + 1))
    return b


TERMS = [(Decimal(b.numerator) / Decimal(b.denominator), 2 * i) for i, b in enumerate(_bernoulli(60)[::2]) if i]


def log_gamma(x):
    """Stirling's series beyond 60, below it the recurrence."""
    x = Decimal(x)
    with localcontext() as context:
        context.prec = DIGITS
        product = Decimal(1)
        while x < 60:
            product *= x
            x += 1
        series = sum(b / (n * (n - 1) * x ** (n - 1)) for b, n in TERMS)
        return (x - Decimal("0.5")) * x.ln() - x + TWO_PI.ln() / 2 + series - product.ln()


def log_polya(alpha, counts):
    """log n! gamma(A) / gamma(A + n) prod gamma(alpha_i + x_i) / (gamma(alpha_i) x_i!)"""
    with localcontext() as context:
        context.prec = DIGITS
        alpha, counts = [Decimal(float(a)) for a in alpha], [Decimal(float(x)) for x in counts]
        n, total = sum(counts), sum(alpha)
        return log_gamma(n + 1) + log_gamma(total) - log_gamma(total + n) + sum(
            log_gamma(a + x) - log_gamma(a) - log_gamma(x + 1) for a, x in zip(alpha, counts, strict=True))


def log_negative_binomial(shape, rate, count, exposure):
    with localcontext() as context:
        context.prec = DIGITS
        a, b, k, t = (Decimal(float(v)) for v in (shape, rate, count, exposure))
        return (log_gamma(a + k) - log_gamma(a) - log_gamma(k + 1) + a * (b / (b + t)).ln() + k * (t / (b + t)).ln())


def log_beta(x, a, b):
    with localcontext() as context:
        context.prec = DIGITS
        x, a, b = (Decimal(float(v)) for v in (x, a, b))
        return (a - 1) * x.ln() + (b - 1) * (1 - x).ln() + log_gamma(a + b) - log_gamma(a) - log_gamma(b)


def log_gamma_density(x, shape, rate):
    with localcontext() as context:
        context.prec = DIGITS
        x, a, b = (Decimal(float(v)) for v in (x, shape, rate))
        return a * b.ln() + (a - 1) * x.ln() - b * x - log_gamma(a)


def log_student(x, half):
    with localcontext() as context:
        context.prec = DIGITS
        x, a = Decimal(float(x)), Decimal(float(half))
        return (log_gamma(a + Decimal("0.5")) - log_gamma(a) - (TWO_PI * a).ln() / 2
                - (a + Decimal("0.5")) * (1 + x * x / (2 * a)).ln())
