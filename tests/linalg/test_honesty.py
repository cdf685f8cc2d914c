"""No wrong answer in silence: `solve` on hard systems gives a small componentwise backward error, or warns, or refuses.

MATHCORE_HARD_SYSTEMS=10000 walks ten times as many as every run does.
"""

import os
import warnings

import numpy as np
import pytest
import scipy.linalg

from mathcore import linalg
from tests import matrices, ratios
from tests.matrices import KINDS

SYSTEMS = int(os.environ.get("MATHCORE_HARD_SYSTEMS", "1000"))
LIMIT = 16          # units of eps = 2^-53 or 2^-24: where |b - a x| <= 16 eps (|a| |x| + |b|), x solves a system that
                    # nobody could tell from the given one


def verdict(solve, a, b, **options):
    """(word, omega): "right", "warned", "refused", or "wrong": the answer is wrong and nothing said so."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            x = solve(a, b, **options)
        except np.linalg.LinAlgError:
            return "refused", np.inf
    with np.errstate(all="ignore"):
        omega = ratios.backward_error(a.T if options.get("transposed") else a, x, b)
    if any(issubclass(w.category, scipy.linalg.LinAlgWarning) for w in caught):
        return "warned", omega
    return ("right" if omega <= LIMIT else "wrong"), omega


# ------------------------------------------------------------------ the systems

def _wilkinson(rng, dtype):
    """As it stands, with rows in any order, or with its entries moved in the tenth digit; each pivot grows."""
    n = int(rng.integers(20, 201 if dtype == np.float64 else 101))
    a = KINDS["Wilkinson"](n, dtype, rng)
    change = rng.integers(3)
    if change == 1:
        a = a[rng.permutation(n)]
    elif change == 2:
        a = a * (1 + np.tril(rng.standard_normal((n, n))) * 1e-10)
    return a


def _foster(rng, dtype):
    """A quadrature rule for a Volterra equation, whose pivots double like Wilkinson's (Foster 1994)."""
    n = int(rng.integers(20, 101))
    a = np.tril(np.full((n, n), -rng.uniform(0.9, 1.0)), -1) + np.eye(n)
    a[:, 0] = -0.5
    a[0, 0], a[:, -1] = 1, rng.choice([-1.0, 1.0])
    a[-1, -1] = 1 - 1 / rng.uniform(2, 6)
    return a


def _ill_conditioned(rng, dtype):
    digits = 18 if dtype == np.float64 else 9
    return matrices.with_condition(int(rng.integers(2, 61)), 10 ** rng.uniform(0, digits), rng)


def _graded(rng, dtype):
    """Rows, columns or both between 1e-100 and 1e100 (1e-10 and 1e10)."""
    n, decades = int(rng.integers(2, 41)), 100 if dtype == np.float64 else 10
    a = rng.standard_normal((n, n))
    which = rng.integers(3)
    if which != 1:
        a = a * 10 ** rng.uniform(-decades, decades, n)[:, None]
    if which != 0:
        a = a * 10 ** rng.uniform(-decades / 4, decades / 4, n)
    return a


def _nearly_singular(rng, dtype):
    """Of rank n - 1 but for a disturbance between 1e-20 and 1."""
    n = int(rng.integers(2, 31))
    a = rng.standard_normal((n, n - 1)) @ rng.standard_normal((n - 1, n))
    return a + rng.standard_normal((n, n)) * 10 ** rng.uniform(-20, 0)


def _with_structure(rng, dtype):
    """What solve looks for: triangular, tridiagonal, symmetric, positive definite, each badly conditioned."""
    n, condition = int(rng.integers(2, 61)), 10 ** rng.uniform(0, 15 if dtype == np.float64 else 7)
    general = matrices.with_condition(n, condition, rng)
    definite = matrices.spd_with_condition(n, condition, rng)
    return (np.triu(general), np.tril(general), KINDS["tridiagonal"](n, dtype, rng), general + general.T, definite,
            np.diag(np.geomspace(1, 1 / condition, n)))[rng.integers(6)]


def _small_pivots(rng, dtype):
    """Symmetric with a diagonal of zeros or nearly: elimination without exchanges divides by it."""
    n = int(rng.integers(2, 41))
    a = rng.standard_normal((n, n))
    a = a + a.T
    np.fill_diagonal(a, 10 ** rng.uniform(-20, 0) * rng.integers(0, 2, n))
    return a


def _far_from_one(rng, dtype):
    n, exponent = int(rng.integers(2, 41)), 900 if dtype == np.float64 else 90
    return rng.standard_normal((n, n)) * 2.0 ** rng.integers(-exponent, exponent)


def _classical(rng, dtype):
    return KINDS[("Hilbert", "Vandermonde", "Kahan")[rng.integers(3)]](int(rng.integers(2, 61)), dtype, rng)


def _singular(rng, dtype):
    """Exactly, whatever path finds it: a zero row or column, a zero on the diagonal of a triangle, too low a rank."""
    n = int(rng.integers(1, 41))
    kind = rng.choice([name for name, kind in KINDS.items() if kind.singular] + ["upper", "lower", "diagonal"])
    a = KINDS[kind](n, dtype, rng)
    if not KINDS[kind].singular:
        a[n // 2, n // 2] = 0
    return a


SOURCES = (_wilkinson, _foster, _ill_conditioned, _graded, _nearly_singular, _with_structure, _small_pivots,
           _far_from_one, _classical, _singular)


def system(source, dtype, rng):
    """(a, b, options): right-hand sides of known solutions and any, one or several, now and then of the transpose."""
    a = source(rng, dtype).astype(dtype)
    options = {"transposed": True} if rng.integers(8) == 0 else {}
    x = rng.standard_normal((len(a), 3) if rng.integers(4) == 0 else len(a)).astype(dtype)
    effective = a.T if options else a
    with np.errstate(all="ignore"):
        b = effective @ x if rng.integers(3) else x * dtype(np.abs(a).max())
    return a, b, options


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("source", SOURCES, ids=lambda f: f.__name__.strip("_"))
def test_no_wrong_answer_in_silence(source, dtype):
    rng = np.random.default_rng(0)
    words = {"right": 0, "warned": 0, "refused": 0}
    for number in range(-(-SYSTEMS // (2 * len(SOURCES)))):
        a, b, options = system(source, dtype, rng)
        word, omega = verdict(linalg.solve, a, b, **options)
        assert word != "wrong", f"system {number} (n={len(a)}, {options}): backward error {omega:.3g} eps, no warning"
        words[word] += 1
    if source in (_far_from_one, _small_pivots):        # well-conditioned, most of them
        assert words["right"] > words["warned"] + words["refused"]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_no_wrong_item_of_a_batch_in_silence(dtype):
    """Many small ones at once: other code, the same promise; each item that no warning names is right."""
    rng = np.random.default_rng(1)
    for n in (2, 3, 4, 7, 8, 16, 31):
        a = np.stack([matrices.with_condition(n, 10 ** rng.uniform(0, 4), rng) for _ in range(30)]).astype(dtype)
        a *= dtype(2) ** rng.integers(-60, 60, (30, 1, 1))
        b = rng.standard_normal((30, n, 2)).astype(dtype)
        if n > 3:
            a[7, 0, 0] = 0
        if 3 < n <= 16:     # at 31, 2^30 of growth leave no digit of float32, and a warning would be right
            a[8] = KINDS["Wilkinson"](n, dtype, rng)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            x = linalg.solve(a, b)
        for i in range(30):
            assert ratios.backward_error(a[i], x[i], b[i]) <= LIMIT, (n, i)


@pytest.mark.parametrize("n", [20, 54, 55, 100, 150, 200])
@pytest.mark.parametrize("assume_a", [None, "general"])
def test_wilkinsons_matrix_is_solved(n, assume_a):
    """Its condition is 45 at n = 100: a right answer exists, and is better than the warning that would do."""
    rng = np.random.default_rng(2)
    a, x = KINDS["Wilkinson"](n, np.float64, rng), rng.standard_normal(n)
    word, omega = verdict(linalg.solve, a, a @ x, assume_a=assume_a)
    assert word in ("right", "warned")
    if word == "right":
        assert np.abs(linalg.solve(a, a @ x, assume_a=assume_a) - x).max() <= 1e-10


# ------------------------------------------------------------------ the judge

def test_the_judge_sees_scipys_wrong_answer():
    """SciPy 1.17 on Wilkinson's matrix of order 100: 245 times the size of the answer off, in silence."""
    rng = np.random.default_rng(3)
    a, x = KINDS["Wilkinson"](100, np.float64, rng), rng.standard_normal(100)
    b = a @ x
    word, omega = verdict(scipy.linalg.solve, a, b)
    assert word == "wrong"
    assert omega > 1e10
    assert np.abs(scipy.linalg.solve(a, b) - x).max() > np.abs(x).max()


def test_the_judge_tells_words_apart():
    a, b = np.array([[1.0, 2], [3, 4]]), np.array([1.0, 1])
    x = np.linalg.solve(a, b)

    def warns(a, b):
        warnings.warn("ill-conditioned", scipy.linalg.LinAlgWarning, stacklevel=2)
        return x * 2

    def refuses(a, b):
        raise np.linalg.LinAlgError("singular")

    def warns_of_something_else(a, b):
        warnings.warn("slow", RuntimeWarning, stacklevel=2)
        return x * 2

    assert verdict(lambda a, b: x, a, b)[0] == "right"
    assert verdict(lambda a, b: x * (1 + 1e-13), a, b)[0] == "wrong"
    assert verdict(lambda a, b: x * np.nan, a, b)[0] == "wrong"
    assert verdict(lambda a, b, transposed: x, a, b, transposed=True)[0] == "wrong"
    assert verdict(warns, a, b)[0] == "warned"
    assert verdict(refuses, a, b)[0] == "refused"
    assert verdict(warns_of_something_else, a, b)[0] == "wrong"
