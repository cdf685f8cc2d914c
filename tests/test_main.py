import importlib.util
import os
import re
import signal
import subprocess
import sys

import numpy as np
import pytest

PNG = b"\x89PNG\r\n\x1a\n"
PICTURES = ["components.png", "descent.png", "digits.png", "divergence.png", "entropy.png", "loss.png",
            "neighbours.png", "power.png", "roc.png", "sigmoid.png", "taylor.png", "unit_balls.png"]
needs_matplotlib = pytest.mark.skipif(importlib.util.find_spec("matplotlib") is None, reason="needs matplotlib")


def command(*args, first_on_path=None, code=None, **options):
    env = dict(os.environ)
    if first_on_path is not None:
        env["PYTHONPATH"] = os.pathsep.join(filter(None, [str(first_on_path), env.get("PYTHONPATH")]))
    what = ["-m", "mathcore"] if code is None else ["-c", code]
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
    return subprocess.run([sys.executable, *what, *map(str, args)], env=env, text=True, timeout=120, **options)


@pytest.fixture(scope="module")
def tour():
    result = command()
    assert result.returncode == 0
    assert result.stderr == ""
    return result


@pytest.fixture(scope="module")
def lines(tour):
    return tour.stdout.splitlines()


def number_after(lines, words):
    (line,) = [line for line in lines if line.startswith(words + " ")]
    return float(line.removeprefix(words))


def test_house_price(lines):
    assert "w.x = 44.0" in lines
    assert "price = w.x + b = 44.0 + 50 = 94.0" in lines


def test_elimination(lines):
    assert "solution x = 2, y = 3, z = -1" in lines
    start = lines.index("start")
    assert lines[start + 1].split() == ["[", "2", "1", "-1", "8", "]"]
    assert lines[start + 4] == "swap R1 and R2"
    checks = lines.index("checks: the largest element of each difference")
    assert [line.endswith("below 1e-14") for line in lines[checks + 1 : checks + 6]] == [True] * 5


def test_eigenvector(lines):
    start = lines.index(" step        eigenvalue    residual      change")
    assert lines[start + 1].split() == ["1", "2", "1.00e+00", "nan"]
    assert "eigenvalue 4.000000, eigenvector (0.408248, 0.816497, 0.408248)" in lines
    assert "difference from eigh: below 1e-13" in lines


def test_descent(lines):
    steps = [line for line in lines if line.startswith("Step ")]
    assert steps[0] == "Step 1: x = 6.2000, f(x) = 10.2400"
    # Each step with alpha = 0.1 brings x closer to 3 by the factor 0.8.
    assert steps == [f"Step {k}: x = {3 + 4 * 0.8**k:.4f}, f(x) = {16 * 0.64**k:.4f}" for k in range(1, 21)]


def test_three_step_sizes(lines):
    (limit,) = [i for i, line in enumerate(lines) if "steps below 2 / f'' = 1 are stable" in line]
    assert lines[limit + 1 : limit + 4] == [
        "  0.1   |x - 3| =   0.0461: it comes nearer, times +0.8 at each step",
        "  0.9   |x - 3| =   0.0461: it jumps over, and comes nearer, times -0.8 at each step",
        "  1.05  |x - 3| =  26.9100: it diverges, times -1.1 at each step"]


def test_softmax_regression_beside_the_network(lines):
    (line,) = [line for line in lines if line.endswith(" with one") and "without a hidden layer" in line]
    plain, n, network = map(int, re.findall(r"\d+", line))
    assert n == 450
    assert 0.93 * n < plain < network


def test_spam(lines):
    odds = {line.split("  ")[1]: float(line.split()[-1]) for line in lines if "   times " in line}
    assert odds['"free"'] > 1 > odds['"meeting"']
    assert number_after(lines, "accuracy on 300 other mails") >= 0.85
    (spam,) = [line for line in lines if "2 exclamation marks: p(spam)" in line]
    (ham,) = [line for line in lines if "\"meeting\": p(spam)" in line]
    assert float(spam.split()[-1]) > 0.9 > 0.1 > float(ham.split()[-1])


@pytest.mark.parametrize("line", ["sigmoid(2.0) = 0.8808", "sigmoid(-1.5) = 0.1824", "sigmoid(0) = 0.5000"])
def test_sigmoid(lines, line):
    assert line in lines


def test_training_step_shows_the_shapes(lines):
    shapes = {"x": "(64,)", "h": "(48,)", "p": "(10,)", "dz2": "(10,)", "dW2": "(10, 48)", "db2": "(10,)",
              "dh": "(48,)", "dz1": "(48,)", "dW1": "(48, 64)", "db1": "(48,)"}
    for name, shape in shapes.items():
        assert [line for line in lines if re.match(rf"  {name} += .* {re.escape(shape)}$", line)], name


def test_training_step_checks_its_gradient(lines):
    (rule,) = [line for line in lines if line.startswith("  chain rule ")]
    difference = lines[lines.index(rule) + 1]
    assert float(rule.split()[-1]) == pytest.approx(float(difference.split()[-1]), rel=1e-6)


def test_training_step_lowers_the_loss(lines):
    assert number_after(lines, "  loss after") < number_after(lines, "  loss before")


def test_network_learns(lines):
    assert number_after(lines, "test accuracy") >= 0.96
    assert 0 < number_after(lines, "final loss") < 0.05
    assert number_after(lines, "seconds per epoch") > 0
    assert number_after(lines, "the same steps in plain NumPy") > 0


def test_confusion_table(lines):
    top = next(i for i, line in enumerate(lines) if line.startswith("confusion table"))
    assert lines[top + 1].replace("|", "").split() == [str(digit) for digit in range(10)]
    rows = [line.split("|") for line in lines[top + 3 : top + 13]]
    assert [int(label) for label, _ in rows] == list(range(10))
    counts = np.array([[int(count) for count in row.split()] for _, row in rows])
    assert counts.shape == (10, 10)
    right, total = map(int, re.search(r"read right: (\d+) of (\d+)", "\n".join(lines)).groups())
    assert (np.trace(counts), counts.sum()) == (right, total)
    assert number_after(lines, "test accuracy") == pytest.approx(right / total, abs=0.005)


def test_components(lines):
    top = lines.index("components   variance explained")
    shown = [line.split() for line in lines[top + 1 : top + 7]]
    explained = [float(ratio) for _, ratio in shown]
    assert [k for k, _ in shown] == ["1", "2", "5", "10", "20", "40"]
    assert explained == sorted(explained)
    assert explained[0] == 0.149                        # scikit-learn's example of these digits
    assert "for 90 % of the variance: 21 of 64" in lines


def test_low_rank(lines):
    (top,) = [i for i, line in enumerate(lines) if line.startswith("rank    numbers kept")]
    errors = np.array([[float(x) for x in line.split()[2:]] for line in lines[top + 1 : top + 6]])
    assert (np.diff(errors[:, 0]) < 0).all()
    assert (errors[:, 1] >= errors[:, 0]).all()
    assert (errors[:, 1] <= 1.01 * errors[:, 0] + 1e-4).all()


def test_recommender(lines):
    assert "recommended to person 1: Brazil" in lines
    assert number_after(lines, "root mean square error of the known ones") < 0.5


def test_checks_of_the_last_parts(lines):
    checks = [line for line in lines if re.match(r"check: .{62} ", line)]
    assert len(checks) == 4
    assert all(re.search(r" below 1e-\d+$", line) for line in checks)


def test_tour_is_plain_text_and_the_same_each_time(tour):
    assert tour.stdout.isascii()
    assert max(map(len, tour.stdout.splitlines())) <= 100

    def timeless(text):
        return re.sub(r"(seconds per epoch|the same steps in plain NumPy|that is) .*", "", text)

    assert timeless(command("tour").stdout) == timeless(tour.stdout)


def test_info():
    result = command("info")
    assert (result.returncode, result.stderr) == (0, "")
    assert "mathcore" in result.stdout


def test_help():
    result = command("--help")
    assert (result.returncode, result.stderr) == (0, "")
    for word in ("python -m mathcore", "info", "--plots DIR"):
        assert word in result.stdout


@pytest.mark.parametrize("args", [["unknown"], ["--unknown"], ["--plots"], ["info", "--plots", "pictures"]])
def test_wrong_arguments(args, tmp_path):
    result = command(*args, cwd=tmp_path)
    assert result.returncode == 2
    assert result.stdout == ""
    assert "python -m mathcore: error: " in result.stderr
    assert not list(tmp_path.iterdir())


@needs_matplotlib
def test_plots(tmp_path, tour):
    directory = tmp_path / "new" / "pictures"
    result = command("--plots", directory)
    assert (result.returncode, result.stderr) == (0, "")
    assert sorted(os.listdir(directory)) == PICTURES
    for name in PICTURES:
        assert (directory / name).read_bytes().startswith(PNG)
        assert str(directory / name) in result.stdout.splitlines()
    assert result.stdout.startswith(tour.stdout.partition("seconds per epoch")[0])


def test_plots_without_matplotlib(tmp_path):
    (tmp_path / "matplotlib.py").write_text("raise ModuleNotFoundError('No module named matplotlib')")
    result = command("--plots", tmp_path / "pictures", first_on_path=tmp_path)
    assert result.returncode == 2
    assert result.stdout == ""
    assert "install with: pip install 'mathcore[plot]'" in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "pictures").exists()


@needs_matplotlib
@pytest.mark.parametrize("directory", ["file", "file/below", ""])
def test_plots_where_nothing_can_be_written(tmp_path, directory):
    (tmp_path / "file").touch()
    result = command("--plots", directory, cwd=tmp_path)
    assert result.returncode == 2
    assert result.stdout == ""
    assert f"error: --plots: cannot write to {directory!r}: " in result.stderr
    assert "Traceback" not in result.stderr


@needs_matplotlib
def test_plots_that_fail_at_the_end(tmp_path):
    (tmp_path / "loss.png").mkdir()
    result = command("--plots", tmp_path)
    assert result.returncode == 2
    assert "test accuracy" in result.stdout
    assert result.stderr.count("\n") == 1
    assert "error: --plots: cannot write to " in result.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX pipes")
@pytest.mark.parametrize("args", [[], ["info"]])
def test_closed_pipe(args):
    read_end, write_end = os.pipe()
    os.close(read_end)
    try:
        result = command(*args, stdout=write_end)
    finally:
        os.close(write_end)
    assert (result.returncode, result.stderr) == (128 + signal.SIGPIPE, "")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_interrupt():
    result = command(code="""if True:
        import os, signal, sys
        from mathcore import __main__, _tour
        _tour.sigmoid = lambda: os.kill(os.getpid(), signal.SIGINT)
        sys.exit(__main__.main([]))""")
    assert (result.returncode, result.stderr) == (128 + signal.SIGINT, "")
    assert "w.x = 44.0" in result.stdout
