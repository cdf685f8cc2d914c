"""Coefficients of the kernels' polynomials, by Remez's exchange in 60 digits: python tests/minimax.py (needs mpmath).

The polynomial minimises the largest weighted error |w(t) (f(t) - p(t))| on the interval; printed with what it reaches
before and after its coefficients are rounded to the type that will hold them.
"""

import numpy as np
from mpmath import mp, mpf

mp.dps = 60


def minimax(f, weight, low, high, degree, rounds=12):
    """Coefficients c0 ... c_degree and the levelled error."""
    n = degree + 2
    points = [low + (high - low) * (1 - mp.cos(mp.pi * (2 * i + 1) / (2 * n))) / 2 for i in range(n)]
    points = [t if abs(weight(t)) > mpf("1e-4") else t + (high - low) / 20 for t in points]
    grid = [low + (high - low) * (1 - mp.cos(mp.pi * i / 600)) / 2 for i in range(601)]
    grid = [t for t in grid if weight(t) != 0]
    for _ in range(rounds):
        rows = [[t**j for j in range(degree + 1)] + [(-1) ** i / weight(t)] for i, t in enumerate(points)]
        solution = mp.lu_solve(mp.matrix(rows), mp.matrix([f(t) for t in points]))
        c = list(solution[: degree + 1])
        error = [weight(t) * (f(t) - mp.polyval(c[::-1], t)) for t in grid]
        extrema = []                     # the largest error between two changes of sign
        for i in range(len(grid)):
            if extrema and (error[i] > 0) == (error[extrema[-1]] > 0):
                if abs(error[i]) > abs(error[extrema[-1]]):
                    extrema[-1] = i
            else:
                extrema.append(i)
        while len(extrema) > n:
            extrema.pop(0 if abs(error[extrema[0]]) < abs(error[extrema[-1]]) else -1)
        if len(extrema) < n:
            break
        points = [grid[i] for i in extrema]
    return c, max(map(abs, error)), grid


def report(name, f, weight, low, high, degree, dtype):
    c, reached, grid = minimax(f, weight, mpf(low), mpf(high), degree)
    rounded = [dtype(float(x)) if dtype is np.float32 else dtype(mp.nstr(x, 25)) for x in c]
    exact = [mpf(float(x)) for x in rounded]
    after = max(abs(weight(t) * (f(t) - mp.polyval(exact[::-1], t))) for t in grid)
    print(f"{name}: degree {degree}, error 2^{float(mp.log(reached, 2)):.2f}, rounded 2^{float(mp.log(after, 2)):.2f}")
    for x in rounded:
        print(f"    {float(x).hex()}  {float(x)!r}")


def exp_rest(r):
    """(exp(r) - 1 - r - r^2 / 2) / r^3"""
    if abs(r) > mpf("1e-8"):
        return (mp.expm1(r) - r - r * r / 2) / r**3
    return mpf(1) / 6 + r / 24


def log_rest(z):
    """((log((1+s)/(1-s)) - 2s) / s) / z, z = s^2"""
    if z < mpf("1e-12"):
        return mpf(2) / 3 + z * 2 / 5
    s = mp.sqrt(z)
    return (mp.log1p(s) - mp.log1p(-s) - 2 * s) / s / z


if __name__ == "__main__":
    half = "0.3475"                      # ln 2 / 2 and what the rounded multiple of ln 2 may be off
    for degree, dtype in ((3, np.float32), (4, np.float32), (8, np.float64), (9, np.float64)):
        report("exp", exp_rest, lambda r: abs(r) ** 3 / mp.exp(r), "-" + half, half, degree, dtype)
    edge = ((mp.sqrt(2) - 1) / (mp.sqrt(2) + 1)) ** 2 * mpf("1.0001")
    for degree, dtype in ((2, np.float32), (6, np.float64)):
        report("log", log_rest, lambda z: z, 0, edge, degree, dtype)
