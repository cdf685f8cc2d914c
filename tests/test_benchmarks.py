"""The runner and the report on rows that cost nothing. What they measure is never asserted on."""

import json
import os
import re
from dataclasses import replace

import numpy as np
import pytest
import scipy.linalg

pytest.importorskip("threadpoolctl")
from benchmarks import __main__ as command
from benchmarks import bench_batches, bench_matmul, bench_systems, page, report
from benchmarks.runner import VERDICTS, WRONG, Call, Result, Rotate, Row, Runner, calls_in, in_order, verdict


class OneSecond:
    """A machine that needs a second for everything."""

    def binding(self, row, threads):
        return "FMA", 1.0


FAST = Runner(rounds=1, samples=2, sample_seconds=1e-5, limits=OneSecond())


def row(ours=lambda: np.ones(3), peer=lambda: np.ones(3), **promise):
    promise = {"at_least": 1e-9, "error": lambda result: np.max(np.abs(result - 1)), **promise}
    return Row(work="ones", dtype="float64", ours=Call(ours), peer=Call(peer), **promise)


def result(value, at_least=1.0, aim=2.0, **more):
    r = Result(work=f"work {value}", dtype="float32", threads=1, value=value, at_least=at_least, aim=aim,
               **{"ours": 1e-3, "peer": 2e-3, **more})
    return replace(r, verdict=more.get("verdict", verdict(r)))


# ------------------------------------------------------------------ verdicts

@pytest.mark.parametrize(("expected", "r"), [
    ("SHORT", result(0.9)),
    ("ok", result(1.0)),
    ("aim", result(2.0)),
    ("aim", result(1.0, aim=None)),
    ("ok", result(2.0, aim_of_limit=0.9, of_limit=0.8)),
    ("ok", result(2.0, aim_of_limit=0.9)),
    ("aim", result(2.0, aim_of_limit=0.9, of_limit=0.95)),
    ("SHORT", result(3.0, unit="us")),
    ("ok", result(1.0, aim=0.5, unit="us")),
    ("aim", result(0.4, aim=0.5, unit="MB")),
    ("aim", result(0.0, aim=0.5, unit="MB")),
    ("-", result(None)),
    ("-", result(1.0, at_least=None)),
])
def test_verdict(expected, r):
    assert verdict(r) == expected


def test_what_falls_short_stands_first():
    results = [result(v) for v in (1.5, 0.9, 5.0, 0.2)] + [result(1.8, unit="us"), result(1.0, verdict="FAIL")]
    ordered = in_order(results)
    assert [r.verdict for r in ordered] == ["FAIL", "SHORT", "SHORT", "SHORT", "ok", "aim"]
    assert [r.value for r in ordered[1:4]] == [0.2, 1.8, 0.9]       # 1.8 us against 1.0: a margin of 0.56


# ------------------------------------------------------------------ runner

@pytest.mark.parametrize("threads", [1, 2])
def test_a_right_row_is_measured(threads):
    r = FAST.run(row(flops=10), threads)
    assert r.verdict == "aim"
    assert (r.error, r.peer_error, r.threads) == (0, 0, threads)
    assert 0 < r.ours_min <= r.ours
    assert r.value == r.peer / r.ours
    assert r.of_limit == 1.0 / r.ours


@pytest.mark.parametrize("wrong", [
    lambda: np.array([1.0, 1.0, 3.0]),
    lambda: np.array([1.0, np.nan, 1.0]),
    lambda: np.array([1.0, np.inf, 1.0]),
    lambda: np.ones(4),
    lambda: np.ones(3, np.float32),
    lambda: 1 / 0,
])
def test_a_wrong_result_fails_and_is_not_timed(wrong):
    r = FAST.run(row(ours=wrong), 1)
    assert r.verdict == "FAIL"
    assert r.note
    assert r.ours is None


def test_results_of_several_arrays():
    def error(low, high):
        return np.max(np.abs(high - low - 1))

    def pair(high, dtype=np.float64):
        return lambda: (np.zeros(3), np.full(3, high, dtype))

    assert FAST.run(row(pair(1), pair(1), error=error), 1).verdict == "aim"
    wrong = FAST.run(row(pair(3), pair(1), error=error), 1)
    assert (wrong.verdict, wrong.error, wrong.peer_error) == ("FAIL", 2, 0)
    other = FAST.run(row(pair(1, np.float32), pair(1), error=error), 1)
    assert other.note == "expected float64[3], float64[3], got float64[3], float32[3]"


def test_cores_are_given_back():
    if not hasattr(os, "sched_getaffinity"):
        pytest.skip("no affinity here")
    before = os.sched_getaffinity(0)
    FAST.run(row(), 2)
    assert os.sched_getaffinity(0) == before


def test_own_measure_and_units():
    r = FAST.run(row(measure=lambda threads, samples: ([0.001 * threads] * samples, [0.5]), unit="ms", at_least=3), 2)
    assert (r.value, r.peer, r.verdict, r.limit) == (2.0, 0.5, "aim", "")
    r = FAST.run(row(measure=lambda threads, samples: ([], [])), 1)
    assert (r.verdict, r.note) == ("-", "cannot be measured on this system")


def test_call_times_what_it_calls():
    seen = []
    timer = Call(lambda *args, **kwargs: seen.append((args, kwargs)), 1, 2, out=3).timer()
    timer.timeit(2)
    assert seen == [((1, 2), {"out": 3})] * 2
    assert calls_in(1e-4, timer) >= 1


def test_rotate_takes_turns():
    seen = []
    Rotate(Call(seen.append, i) for i in range(3)).timer().timeit(4)
    assert seen == [0, 1, 2, 0]


# ------------------------------------------------------------------ report

@pytest.fixture
def results():
    some = [result(v, curve="c", n=n, of_limit=0.5, peer_of_limit=0.4, limit="FMA", flops=1e6)
            for v, n in ((0.5, 2), (1.5, 4), (3.0, 8))]
    return [*some, result(0.3, unit="us"), result(None, verdict="FAIL", error=WRONG, note="<wrong> & more")]


HEAD = {"CPU": "a & b", "threads": [1, 2]}


def test_json_round_trip(results):
    text = report.to_json(HEAD, results)
    json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert report.from_json(text) == (HEAD, in_order(results))


def test_header_says_where_it_ran():
    head = report.header([1])
    for key in ("CPU", "cores", "instruction set", "threads", "mathcore", "Python", "NumPy", "SciPy", "date"):
        assert head[key]
    assert np.__version__ in head["NumPy"]


def test_console_names_every_row(results):
    text = report.console(HEAD, results)
    assert all(r.work in text for r in results)
    assert text.index("FAIL") < text.index("SHORT") < text.index("ok  ")
    assert "1 FAIL, 1 SHORT" in text


def test_page_is_one_file(results):
    text = page.html(HEAD, results)
    assert "http" not in text
    assert not re.search(r"\b(src|href|url|import)\b\s*[=(]|<script|<link", text)
    assert "&lt;wrong&gt; &amp; more" in text
    assert text.count("<svg") == 2
    assert "prefers-color-scheme: dark" in text


def test_page_of_nothing():
    assert "<svg" not in page.html(HEAD, [])


@pytest.mark.parametrize("wrong", [False, True])
def test_exit_code_tells_a_wrong_result(monkeypatch, tmp_path, capsys, wrong):
    monkeypatch.setattr(command, "measure", lambda options: [result(0.1, verdict="FAIL" if wrong else "SHORT")])
    files = [tmp_path / "r.json", tmp_path / "r.html"]
    assert command.main(["matmul", "--json", str(files[0]), "--html", str(files[1])]) == wrong
    assert all(f.stat().st_size for f in files)
    assert ("FAIL" if wrong else "SHORT") in capsys.readouterr().out


@pytest.mark.parametrize("argv", [["nonsense"], ["--threads", "two"]])
def test_command_line_errors(argv, capsys):
    with pytest.raises(SystemExit):
        command.arguments(argv)
    assert "expected" in capsys.readouterr().err


def test_rooms_are_found():
    assert "matmul" in command.rooms()
    assert VERDICTS[0] == "FAIL"


# ------------------------------------------------------------------ the oracle of the products

@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("shape_a", "shape_b"), [((5, 7), (7, 3)), ((4, 2, 2), (4, 2, 2)), ((3, 2000), (2000, 2))])
def test_product_error(dtype, shape_a, shape_b):
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal(shape_a, dtype=dtype), rng.standard_normal(shape_b, dtype=dtype)
    error = bench_matmul.product_error(a, b)
    c = a @ b
    assert 0 < error(c) < 0.6
    c[..., 0, 0] += 2 * a.shape[-1] * np.finfo(dtype).eps * (np.abs(a) @ np.abs(b))[..., 0, 0]
    assert error(c) > 1


def test_residual_sees_less_than_one_rounding():
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((20, 300)), rng.standard_normal((300, 20))
    if np.finfo(np.longdouble).eps >= np.finfo(float).eps:
        pytest.skip("long double is double here")
    c = a @ b
    truth = (c - a.astype(np.longdouble) @ b.astype(np.longdouble)).astype(float)
    np.testing.assert_allclose(bench_matmul.residual(c, a, b), truth, rtol=0, atol=2.0**-60 * 300)


def test_exact_counts_what_is_wrong():
    error = bench_matmul.exact(np.array([1, 2, 3]))
    assert error(np.array([1, 2, 3])) == 0
    assert error(np.array([1, 0, 0])) == 3


# ------------------------------------------------------------------ the oracles of factorisations and systems

def spoilt(x):
    """One element wrong by 1000 times what LAPACK's threshold allows, in the last matrix."""
    wrong = np.array(x)
    last = wrong[-1] if wrong.ndim > 2 else wrong
    at = np.unravel_index(np.argmax(np.abs(last)), last.shape)
    last[at] *= 1 + 3e4 * len(last) * np.finfo(x.dtype).eps
    return wrong


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("batch", [(), (20,)])
def test_errors_of_systems(dtype, batch):
    rng = np.random.default_rng(0)
    a = rng.standard_normal((*batch, 12, 12), dtype=dtype) + 3 * np.eye(12, dtype=dtype)
    b = rng.standard_normal((*batch, 12, 2), dtype=dtype)
    definite = a @ a.swapaxes(-1, -2)
    q, r = np.linalg.qr(a)
    x, inverse, low = np.linalg.solve(a, b), np.linalg.inv(a), np.linalg.cholesky(definite)
    for error, right, wrong in (
        (bench_systems.solve_error(a, b), (x,), (spoilt(x),)),
        (bench_systems.inverse_error(a), (inverse,), (spoilt(inverse),)),
        (bench_systems.determinant_error(a), np.linalg.slogdet(a), np.linalg.slogdet(a * np.asarray(1.1, dtype))),
        (bench_systems.determinant_error(a), np.linalg.slogdet(a), np.linalg.slogdet(np.roll(a, 1, axis=-1))),
        (bench_batches.cholesky_error(definite), (low,), (spoilt(low),)),
        (bench_batches.qr_error(a), (q, r), (q, spoilt(r))),
        (bench_batches.qr_error(a), (q, r), (spoilt(q), r)),
        (bench_batches.qr_error(a), (q, r), (a, np.broadcast_to(np.eye(12, dtype=dtype), a.shape))),
    ):
        assert error(*right) <= 1
        assert not error(*wrong) <= 1


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_errors_of_factors(dtype):
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((40, 40), dtype=dtype), rng.standard_normal((40, 3), dtype=dtype)
    lu, piv = scipy.linalg.lu_factor(a)
    error = bench_systems.lu_error(a)
    assert error(lu, piv) <= 1
    assert not error(spoilt(lu), piv) <= 1
    assert not error(lu, piv[::-1]) <= 1
    low, up, order = bench_systems.unpacked(lu, piv)
    error, x = bench_systems.factored_error(low, up, b[order]), scipy.linalg.lu_solve((lu, piv), b)
    assert error(x) <= 1
    assert not error(spoilt(x)) <= 1
