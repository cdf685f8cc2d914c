"""The exp and log family is within 1 ULP, here on a part of what `python -m tests.ulp` walks in full."""

import json
import math

import numpy as np
import pytest

from mathcore import special
from tests import ulp
from tests.ulp import FAMILY, errors, errors64, sweep32, sweep64

F32 = np.float32
STRIDE = 4097
WINDOW = 2048                            # patterns on each side of each of these
CENTRES = {
    "zero": 0.0, "minus_zero": -0.0, "one": 1.0, "minus_one": -1.0, "exp_overflow": 88.722839, "exp_normal": -87.33655,
    "exp_underflow": -103.97208, "half_ln2": math.log(2) / 2, "minus_half_ln2": -math.log(2) / 2,
    "smallest_normal": 2.0**-126, "minus_smallest_normal": -(2.0**-126), "half": 0.5, "root_two": math.sqrt(2),
    "root_half": math.sqrt(0.5), "largest": float(np.finfo(F32).max), "minus_largest": -float(np.finfo(F32).max),
}


@pytest.fixture(scope="module")
def library():
    with ulp.quad_library() as path:
        yield path


def pattern(x):
    return int(np.array(x, F32).view(np.uint32))


def window(x):
    """The patterns around x, as far as they have its sign."""
    centre = pattern(x)
    low = ulp.NEGATIVE if centre >= ulp.NEGATIVE else 0
    return max(centre - WINDOW, low), min(centre + WINDOW, low + ulp.NEGATIVE)


# ------------------------------------------------------------------ the functions

@pytest.mark.parametrize("name", FAMILY)
def test_float32_within_one_ulp(isa, name):
    worst = sweep32(name, stride=STRIDE)
    assert worst.tried == -(-ulp.PATTERNS // STRIDE)
    assert worst.error <= 1, worst
    assert worst.jumps == 0, worst


@pytest.mark.parametrize("name", FAMILY)
def test_float32_every_pattern_in_windows(isa, name):
    for x in CENTRES.values():
        worst = sweep32(name, *window(x))
        assert worst.tried >= WINDOW
        assert worst.error <= 1, worst
        assert worst.jumps == 0, worst


@pytest.mark.parametrize("name", FAMILY)
def test_float64_within_one_ulp(isa, name, library):
    worst = sweep64(name, samples=20_000, hard=4000, seed=1, library=library)
    assert worst.tried > 20_000
    assert worst.error <= 1, worst


# ------------------------------------------------------------------ the oracle is fed wrong answers

def moved(y, steps=1):
    for _ in range(steps):
        y = np.nextafter(y, y.dtype.type(np.inf))
    return y


@pytest.mark.parametrize("name", FAMILY)
def test_one_ulp_off_is_one_more(name, library):
    """Results away from powers of two, where the spacing changes; 2 ULP off is above the bound whatever the input."""
    x = np.random.default_rng(0).uniform(0.1, 2, 500).astype(F32)
    wide = x.astype(np.float64)
    for y, error in ((getattr(special, name)(x), lambda y: errors(y, ulp.REFERENCES[name](wide))),
                     (getattr(special, name)(wide), lambda y: errors64(name, wide, y, library)[0])):
        right, off = error(y), error(moved(y))
        assert right.max() <= 1
        assert np.all(np.isclose(off - right, 1, atol=1e-2) | np.isclose(off + right, 1, atol=1e-2))
        assert np.all(error(moved(y, 3)) > 1)


def test_units_of_the_exact_result():
    """1 and its neighbours, subnormal numbers, where the largest number ends."""
    tiny, largest = 2.0**-149, float(np.finfo(F32).max)
    for got, exact, expected in [
            (1 + 2.0**-23, 1.0, 1), (1 - 2.0**-24, 1.0, 0.5), (1.0, 1 - 2.0**-24, 1), (tiny, 0.0, 1), (0.0, tiny, 1),
            (0.0, tiny / 4, 0.25), (3 * tiny, tiny, 2), (np.inf, 1e300, 0), (np.inf, 2.0**128 - 2.0**103, 0),
            (largest, 2.0**128 - 2.0**103, 0.5), (np.inf, largest, 1), (largest, 2.0**130, 3 * 2**24 + 1),
            (largest, np.inf, np.inf), (np.inf, -np.inf, np.inf), (-np.inf, -np.inf, 0), (1.0, np.inf, np.inf)]:
        for wide in (np.float64, np.longdouble):
            assert errors(np.array([got], F32), np.array([exact], wide)) == expected, (got, exact)


@pytest.mark.parametrize("name", ["expm1", "log1p", "tanh"])
def test_lost_sign_of_zero_is_seen(name, library):
    x = np.array([0.0, -0.0])
    assert np.all(errors64(name, x, x, library)[0] == 0)
    assert np.all(errors64(name, x, np.abs(x), library)[0] == [0, np.inf])
    worst = sweep32(name, ulp.NEGATIVE, ulp.NEGATIVE + 1, function=lambda x: x)
    assert worst.error == 0
    worst = sweep32(name, ulp.NEGATIVE, ulp.NEGATIVE + 1, function=np.abs)
    assert (worst.error, worst.tried) == (np.inf, 1)


@pytest.mark.parametrize("name", FAMILY)
def test_nan_is_nan_and_nothing_else(name, library):
    x = np.array([np.nan, 1.5])
    y = getattr(special, name)(x)
    for wrong in ([0.0, y[1]], [np.inf, y[1]], [np.nan, np.nan]):
        assert errors64(name, x, y, library)[0].max() <= 1
        assert errors64(name, x, np.array(wrong), library)[0].max() == np.inf
    nan = pattern(np.inf) + 1
    assert sweep32(name, nan, nan + 9).error == 0
    assert sweep32(name, nan, nan + 9, function=np.zeros_like).error == np.inf


def test_infinite_results(library):
    x = np.array([710.0, -np.inf, 0.0, np.inf])
    for name, right in (("exp", [np.inf, 0, 1, np.inf]), ("log", [np.log(710.0), np.nan, -np.inf, np.inf])):
        right = np.array(right)
        assert errors64(name, x, right, library)[0].max() < 1
        for i in range(len(x)):
            wrong = right.copy()
            wrong[i] = np.finfo(np.float64).max if np.isinf(right[i]) else np.inf
            assert errors64(name, x, wrong, library)[0].max() > 1, (name, i)


@pytest.mark.parametrize(("first", "sign"), [(pattern(0.7), 1), (pattern(-0.7), -1)])
def test_a_jump_is_seen_wherever_chunks_end(first, sign, monkeypatch):
    """One result too large: where x grows with the pattern the next one falls, else it rises above the one before."""
    monkeypatch.setattr(ulp, "CHUNK", 8)
    for at in range(first, first + 20):
        def wrong(x, at=at):
            y = np.tanh(x)
            return np.where(x.view(np.uint32) == at, y + F32(1e-6), y)
        # from at + 1 on, only the pattern before the first is wrong
        assert sweep32("tanh", first, first + 21, function=wrong).jumps == 1
        assert sweep32("tanh", at + 1, at + 9, function=wrong).jumps == (sign > 0)
        assert sweep32("tanh", at, at + 1, function=wrong).jumps == (sign < 0)
    assert sweep32("tanh", first, first + 21, function=np.tanh).jumps == 0


def test_longdouble_stands_in_for_quadruple_precision(library, monkeypatch, capsys):
    monkeypatch.setattr(ulp.shutil, "which", lambda name: None)
    with ulp.quad_library() as path:
        assert path is None
    assert "no gcc" in capsys.readouterr().err
    if library is None or np.finfo(np.longdouble).nmant < 63:
        return                           # nothing more precise to compare with
    x = ulp.samples64(2000, 3)
    for name in ulp.NAMES:
        got = np.clip(getattr(special, name)(x), -1e300, 1e300)
        a, b = errors64(name, x, got, library)[0], errors64(name, x, got, None)[0]
        close = np.isclose(a, b, rtol=1e-2, atol=2e-2) | (np.maximum(a, b) > 1e3)
        assert np.all(close), (name, x[~close], a[~close], b[~close])


# ------------------------------------------------------------------ the script

def test_script(tmp_path, capsys, monkeypatch):
    file = tmp_path / "ulp.json"
    arguments = ["--isa", "base", "--functions", "exp", "--stride", "1000001", "--samples", "1000", "--processes", "1",
                 "--json", str(file)]
    assert ulp.main(arguments) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:3] == ["function", "dtype", "isa"]
    assert [line.split()[:3] for line in lines[1:]] == [["exp", "float32", "base"], ["exp", "float64", "base"]]
    records = json.loads(file.read_text())
    assert [r["error"] <= 1 for r in records] == [True, True]
    right = special.exp
    monkeypatch.setattr(special, "exp", lambda x: -right(x))
    assert ulp.main(arguments) == 1
    assert "exp float32 base: " in capsys.readouterr().out


def test_processes_share_the_work():
    todo = list(ulp.tasks(["base"], ["tanh"], ["float32"], 3_001, 0, None))
    assert sum(-(-(t.arguments["stop"] - t.arguments["start"]) // 3_001) for t in todo) == -(-ulp.PATTERNS // 3_001)
    for task in todo:
        assert task.arguments["start"] % 3_001 == 0
