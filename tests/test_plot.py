import subprocess
import sys

import numpy as np
import pytest

from mathcore import datasets, plot

pytest.importorskip("matplotlib")

IMAGES = datasets.load_digits().images[:7]
CALLS = {
    "bias_variance_curves": ([1, 2, 3], [5.0, 3.0, 4.0], [4.5, 2.0, 1.0], [0.5, 1.0, 3.0]),
    "calibration_curve": ([0.0, 0.4, 1.0], [0.1, 0.5, 0.8]),
    "roc_curve": ([0.0, 0.0, 0.5, 1.0], [0.0, 0.5, 1.0, 1.0]),
    "sigmoid_curve": ([2.0, -1.5, 0.0],),
    "unit_balls": ([3.0, -4.0],),
    "entropy_curve": ([0.5, 0.9],),
    "divergence_bars": ([0.5, 0.3, 0.2], [0.4, 0.4, 0.2]),
    "descent_path": (np.square, [4.0, 2.0, 1.0]),
    "contour_path": (lambda x: x[0] ** 2 + 4 * x[1] ** 2, [[4.0, 1.0], [2.0, -0.5], [1.0, 0.25]]),
    "loss_curve": ([2.0, 1.0, 0.5],),
    "residual_curve": ([1.0, 0.1, 0.01],),
    "value_curve": ([16.0, 10.24, 6.5536],),
    "image_grid": (IMAGES, np.arange(7), np.arange(7)),
    "taylor_curves": (np.sin, {1: lambda x: x, 3: lambda x: x - x ** 3 / 6}, (-4.0, 4.0)),
    "labelled_points": (np.arange(8.0).reshape(4, 2), list("abba")),
}


def new_axes():
    from matplotlib.figure import Figure

    return Figure().subplots()


def drawn(ax):
    """Forces the drawing itself, where faults of layout and text show."""
    ax.figure.canvas.draw()
    return ax


def test_every_function_is_called_here():
    assert sorted(CALLS) == sorted(plot.__all__)


@pytest.mark.parametrize("name", CALLS)
def test_draws_on_the_given_axes(name):
    ax = new_axes()
    assert getattr(plot, name)(*CALLS[name], ax=ax) is ax
    assert ax.has_data()
    drawn(ax)


@pytest.mark.parametrize("name", CALLS)
def test_makes_a_new_figure(name):
    first, second = (drawn(getattr(plot, name)(*CALLS[name])) for _ in range(2))
    assert first.has_data()
    assert first.figure is not second.figure


@pytest.mark.parametrize("name", ["sigmoid_curve", "descent_path", "contour_path", "loss_curve", "residual_curve",
                                  "value_curve", "taylor_curves", "bias_variance_curves", "calibration_curve",
                                  "roc_curve"])
def test_axes_are_labelled(name):
    ax = getattr(plot, name)(*CALLS[name])
    assert ax.get_title()
    assert ax.get_xlabel()
    assert ax.get_ylabel()


def test_leaves_pyplot_alone():
    code = """if True:
        import sys
        from mathcore import plot
        assert "matplotlib" not in sys.modules, "imported before the first call"
        plot.loss_curve([1.0, 0.5]).figure.canvas.draw()
        assert "matplotlib.pyplot" not in sys.modules"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


@pytest.mark.parametrize("name", CALLS)
def test_without_matplotlib(name, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r"install with: pip install 'mathcore\[plot\]'"):
        getattr(plot, name)(*CALLS[name])


def test_sigmoid_curve():
    ax = plot.sigmoid_curve([2.0, -1.5])
    x, y = ax.lines[-2].get_data()
    np.testing.assert_allclose(y, 1 / (1 + np.exp(-x)), rtol=1e-14)
    np.testing.assert_array_equal(ax.lines[-1].get_xdata(), [2.0, -1.5])
    low, high = plot.sigmoid_curve([100.0]).get_xlim()
    assert low < -100 < 100 < high
    drawn(plot.sigmoid_curve())


def test_descent_path():
    ax = plot.descent_path(np.square, [4.0, 2.0, 1.0])
    np.testing.assert_array_equal(ax.lines[1].get_data(), [[4, 2, 1], [16, 4, 1]])
    x, y = ax.lines[0].get_data()
    np.testing.assert_array_equal(y, x**2)
    assert x.min() < 0 < 4 < x.max()
    drawn(plot.descent_path(np.square, [3.0]))
    with pytest.raises(ValueError, match="descent_path: path: expected at least the starting point"):
        plot.descent_path(np.square, [])


def test_loss_curve():
    ax = plot.loss_curve([2.0, 1.0, 0.5])
    np.testing.assert_array_equal(ax.lines[0].get_data(), [[1, 2, 3], [2, 1, 0.5]])
    assert ax.get_yscale() == "log"
    assert drawn(plot.loss_curve([1.0, 0.0])).get_yscale() == "linear"
    drawn(plot.loss_curve([]))


def test_contour_path():
    ax = plot.contour_path(*CALLS["contour_path"])
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), CALLS["contour_path"][1])
    assert len(ax.collections) == 1
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    assert left <= 1 < 4 <= right
    assert low <= -0.5 < 1 <= high
    drawn(plot.contour_path(lambda x: np.nan if x[0] > 3 else x[0], [[4.0, 1.0]]))
    assert len(drawn(plot.contour_path(lambda x: 1.0, [[0.0, 0.0]])).collections) == 0


def test_value_curve():
    ax = plot.value_curve([4.0, 1.0, 0.5])
    np.testing.assert_array_equal(ax.lines[0].get_xydata(), [[0, 4], [1, 1], [2, 0.5]])
    assert ax.get_yscale() == "log"
    assert plot.value_curve([4.0, -1.0]).get_yscale() == "linear"


def test_residual_curve():
    ax = plot.residual_curve([1.0, 0.1, 0.0])
    np.testing.assert_array_equal(ax.lines[0].get_data(), [[1, 2, 3], [1, 0.1, np.nan]])
    assert ax.get_yscale() == "log"
    assert len(plot.residual_curve(np.ones((4, 3))).lines) == 3
    drawn(plot.residual_curve([0.0, 0.0]))
    drawn(plot.residual_curve([]))


def test_image_grid_marks_wrong_predictions():
    labels = np.arange(7)
    predictions = labels.copy()
    predictions[[2, 5]] = 9
    ax = plot.image_grid(IMAGES, predictions, labels, n_cols=3)
    assert [text.get_text() for text in ax.texts] == ["0", "1", "9 (2)", "3", "4", "9 (5)", "6"]
    assert len(ax.images) == 7
    assert len(ax.lines) == 2
    for frame, i in zip(ax.lines, [2, 5], strict=True):
        left, right, bottom, top = ax.images[i].get_extent()
        assert (min(frame.get_xdata()), max(frame.get_xdata())) == (left, right)
        assert (min(frame.get_ydata()), max(frame.get_ydata())) == (top, bottom)


def test_image_grid_without_labels_marks_nothing():
    assert len(plot.image_grid(IMAGES, np.zeros(7, int)).lines) == 0


def test_image_grid_does_not_overlap():
    boxes = [image.get_extent() for image in plot.image_grid(IMAGES, np.arange(7), n_cols=3).images]
    for i, (left, right, bottom, top) in enumerate(boxes):
        for other_left, other_right, other_bottom, other_top in boxes[:i]:
            assert right < other_left or other_right < left or bottom < other_top or other_bottom < top


@pytest.mark.parametrize(
    ("args", "options", "message"),
    [
        ((IMAGES[0], [0]), {}, r"images: expected shape \(n, height, width\), none of them 0, got \(8, 8\)"),
        ((IMAGES[:0], []), {}, r"images: .*got \(0, 8, 8\)"),
        ((IMAGES, [0, 1]), {}, r"predictions: expected shape \(7,\), got \(2,\)"),
        ((IMAGES, np.arange(7), [1]), {}, r"labels: expected shape \(7,\), got \(1,\)"),
        ((IMAGES, np.arange(7)), {"n_cols": 0}, "n_cols: expected 1 or more, got 0"),
    ],
)
def test_image_grid_refuses(args, options, message):
    with pytest.raises(ValueError, match="image_grid: " + message):
        plot.image_grid(*args, **options)


def test_unit_balls():
    """Corners, and points of the ray on each of them."""
    ax = plot.unit_balls([3.0, 4.0], (1, 2, 3, np.inf))
    for line, order in zip(ax.lines, (1, 2, 3, np.inf), strict=False):
        np.testing.assert_allclose(np.linalg.norm(line.get_xydata(), order, axis=1), 1, rtol=1e-14)
    corners = ax.lines[3].get_xydata()
    assert np.abs(corners[:, None] - np.array([[1, 1], [-1, 1], [1, -1], [-1, -1]])).max(-1).min(0).max() < 1e-14
    points = ax.lines[-1].get_xydata()
    np.testing.assert_allclose(points, [[3 / p, 4 / p] for p in (7, 5, 91 ** (1 / 3), 4)], rtol=1e-14)
    assert {text.get_text() for text in ax.texts} == {"v / 7", "v / 5", "v / 4.498", "v / 4"}
    for vector in ([0.0, 0.0], [1.0, np.inf], [1.0, 2.0, 3.0]):
        with pytest.raises(ValueError, match="unit_balls: vector: expected two numbers"):
            plot.unit_balls(vector)
    with pytest.raises(ValueError, match="unit_balls: orders: expected numbers from 1 on"):
        plot.unit_balls([1.0, 2.0], (0.5, 1))


def test_roc_curve():
    ax = plot.roc_curve([0.0, 0.0, 0.5, 1.0], [0.0, 0.5, 1.0, 1.0])
    np.testing.assert_array_equal(ax.lines[1].get_data(), [[0, 0, 0.5, 1], [0, 0.5, 1, 1]])
    assert ax.get_title() == "ROC: area 0.8750"          # 0.5 * 0.75 + 0.5 * 1
    with pytest.raises(ValueError, match=r"roc_curve: tpr: expected shape \(m,\) as of fpr, got \(3,\) and \(2,\)"):
        plot.roc_curve([0, 1], [0, 0, 1])


def test_calibration_curve():
    ax = plot.calibration_curve([0.0, 0.4, 1.0], [0.1, 0.5, 0.8])
    np.testing.assert_array_equal(ax.lines[1].get_data(), [[0.1, 0.5, 0.8], [0, 0.4, 1]])
    drawn(plot.calibration_curve([], []))
    with pytest.raises(ValueError, match="calibration_curve: prob_pred: expected shape"):
        plot.calibration_curve([0, 1], [0, 0.5, 1])


def test_bias_variance_curves():
    ax = plot.bias_variance_curves([1, 2], [5.0, 3.0], [4.5, 2.0], [0.5, 1.0], xlabel="degree")
    np.testing.assert_array_equal([line.get_ydata() for line in ax.lines], [[5, 3], [4.5, 2], [0.5, 1]])
    assert ax.get_xlabel() == "degree"
    with pytest.raises(ValueError, match="bias_variance_curves: bias: expected shape"):
        plot.bias_variance_curves([1, 2], [5.0, 3.0], [4.5], [0.5, 1.0])
