"""Pictures of the mathematics: each function takes arrays, draws on one Axes and returns it.

Needs matplotlib (``pip install 'mathcore[plot]'``), imported at the first call. Without ``ax`` a new figure is made
that belongs to nobody but the caller: pyplot's list of figures and the backend stay as they are.

>>> from mathcore import plot
>>> ax = plot.loss_curve([2.3, 0.9, 0.4, 0.2])
>>> ax.figure.savefig("loss.png")  # doctest: +SKIP
"""

import numpy as np
from scipy.special import entr, expit, kl_div

__all__ = [
    "bias_variance_curves", "calibration_curve", "contour_path", "descent_path", "divergence_bars", "entropy_curve",
    "image_grid", "labelled_points", "loss_curve", "residual_curve", "roc_curve", "sigmoid_curve", "taylor_curves",
    "unit_balls", "value_curve",
]

MARK = "C3"  # points, and whatever is wrong


def sigmoid_curve(points=(), *, ax=None):
    """Draw the sigmoid 1 / (1 + exp(-x)), with points of it marked by their values.

    Parameters
    ----------
    points : array_like, shape (n,)
        Where to mark the curve.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> from mathcore import plot
    >>> ax = plot.sigmoid_curve([2.0, -1.5, 0.0])
    >>> [text.get_text() for text in ax.texts]
    ['(2, 0.8808)', '(-1.5, 0.1824)', '(0, 0.5000)']
    """
    ax = _axes(ax)
    points = np.asarray(points, dtype=np.float64).ravel()
    reach = max(6.0, 1.2 * np.max(np.abs(points), initial=0.0))
    x = np.linspace(-reach, reach, 401)
    for level in (0, 1):
        ax.axhline(level, color="0.8", linewidth=1)
    ax.plot(x, expit(x))
    ax.plot(points, expit(points), "o", color=MARK)
    for point in points:
        ax.annotate(f"({point:g}, {expit(point):.4f})", (point, expit(point)), (8, -4), textcoords="offset points",
                    va="top")
    ax.set(title="Sigmoid", xlabel="x", ylabel=r"$\sigma(x) = 1 / (1 + e^{-x})$", xlim=(-reach, reach))
    return ax


def descent_path(f, path, *, ax=None):
    """Draw the curve of a function of one variable and the points that a descent visited on it.

    Parameters
    ----------
    f : callable
        The function, evaluated on an array.
    path : array_like, shape (n,), n >= 1
        The x of the start and of each step after it.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> from mathcore import plot
    >>> ax = plot.descent_path(lambda x: (x - 3) ** 2, [7.0, 6.2, 5.56])
    >>> ax.get_title()
    'Gradient descent: 2 steps from x = 7 to x = 5.56'
    """
    ax = _axes(ax)
    path = np.asarray(path, dtype=np.float64).ravel()
    if path.size == 0:
        raise ValueError("descent_path: path: expected at least the starting point, got an empty array")
    # As far to the other side of the lowest point as the path is on this one: the valley is seen whole.
    lowest = path[np.argmin(f(path))]
    reach = 1.1 * np.max(np.abs(path - lowest)) or 1.0
    x = np.linspace(lowest - reach, lowest + reach, 401)
    ax.plot(x, f(x), color="C0", label="f")
    ax.plot(path, f(path), "o-", color=MARK, markersize=5, linewidth=1, label="steps")
    ax.annotate("start", (path[0], f(path[0])), (-8, 0), textcoords="offset points", ha="right", va="center")
    ax.set(title=f"Gradient descent: {path.size - 1} steps from x = {path[0]:g} to x = {path[-1]:.4g}",
           xlabel="x", ylabel="f(x)")
    ax.legend(loc="upper center")
    return ax


def contour_path(f, path, *, ax=None):
    """Draw the contours of a function of two variables and the points that a descent visited on them.

    Parameters
    ----------
    f : callable
        The function of an array of shape (2,); it is called for 3600 points.
    path : array_like, shape (n, 2), n >= 1
        The start and the point of each step after it.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> from mathcore import optimize, plot
    >>> result = optimize.gradient_descent(lambda x: x[0] ** 2 + 4 * x[1] ** 2, [4.0, 2.0], learning_rate=0.1)
    >>> ax = plot.contour_path(lambda x: x[0] ** 2 + 4 * x[1] ** 2, result.trace.x)
    >>> ax.get_xlabel(), ax.get_ylabel()
    ('x[0]', 'x[1]')
    """
    path = np.asarray(path, dtype=np.float64)
    if path.ndim != 2 or path.shape[1] != 2 or len(path) == 0:
        raise ValueError(f"contour_path: path: expected shape (n, 2), n at least 1, got {path.shape}")
    ax = _axes(ax)
    low, high = path.min(axis=0), path.max(axis=0)
    margin = np.maximum(0.15 * (high - low), 0.15 * np.max(high - low) or 1.0)
    x, y = (np.linspace(a, b, 60) for a, b in zip(low - margin, high + margin, strict=True))
    z = np.array([[float(f(np.array([u, v]))) for u in x] for v in y])
    z = np.where(np.isfinite(z), z, np.nan)
    least = np.nanmin(z)
    # levels as far apart as the squares of whole numbers: even rings about a minimum, where values go with the square
    levels = least + (np.nanmax(z) - least) * np.linspace(0, 1, 16) ** 2
    if levels[-1] > levels[0]:
        ax.contour(x, y, z, levels=levels, colors="0.7", linewidths=0.8)
    ax.plot(*path.T, "o-", color=MARK, markersize=4, linewidth=1)
    ax.annotate("start", path[0], (6, 6), textcoords="offset points")
    ax.set(title=f"Descent: {len(path) - 1} steps", xlabel="x[0]", ylabel="x[1]")
    return ax


def loss_curve(loss, *, ax=None):
    """Draw the loss after each epoch of a training run, on a logarithmic scale where all losses are positive.

    Parameters
    ----------
    loss : array_like, shape (n_epochs,)
        The loss of each epoch, the first epoch first.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> from mathcore import plot
    >>> plot.loss_curve([2.3, 0.9, 0.4]).get_yscale()
    'log'
    """
    return _curve(loss, 1, ax, title="Training loss", xlabel="epoch", ylabel="loss")


def value_curve(fun, *, ax=None):
    """Draw the value after each step of a minimization, on a logarithmic scale where all values are positive.

    Parameters
    ----------
    fun : array_like, shape (n_steps + 1,)
        As in ``gradient_descent(f, x0).trace.fun``: the value at the start first.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> from mathcore import plot
    >>> plot.value_curve([16.0, 10.24, 6.5536]).get_xlabel()
    'step'
    """
    return _curve(fun, 0, ax, title="Value after each step", xlabel="step", ylabel="f(x)")


def _curve(values, first, ax, **words):
    ax = _axes(ax)
    values = np.asarray(values, dtype=np.float64).ravel()
    ax.plot(np.arange(first, values.size + first), values)
    if values.size and np.all(values > 0):
        ax.set_yscale("log")
    ax.grid(True, which="both", color="0.9")
    ax.set(**words)
    return ax


def residual_curve(residual, *, ax=None):
    """Draw the residual after each step of an iteration for eigenvalues, on a logarithmic scale.

    Parameters
    ----------
    residual : array_like, shape (n_steps,) or (n_steps, k)
        As in ``power_iteration(a).trace.residual``; of k eigenvalues a curve each. Exact zeros are left out.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> from mathcore import linalg, plot
    >>> result = linalg.power_iteration([[4.0, 1.0], [2.0, 3.0]])
    >>> plot.residual_curve(result.trace.residual).get_yscale()
    'log'
    """
    ax = _axes(ax)
    residual = np.asarray(residual, dtype=np.float64)
    ax.plot(np.arange(1, len(residual) + 1), np.where(residual > 0, residual, np.nan), ".-")
    if np.any(residual > 0):
        ax.set_yscale("log")
    ax.grid(True, which="both", color="0.9")
    ax.set(title="Residual of the eigenvalue", xlabel="step", ylabel=r"$|A v - \lambda v|$")
    return ax


def image_grid(images, predictions, labels=None, *, n_cols=10, ax=None):
    """Draw small images side by side, each with its prediction above it; wrong ones are framed.

    Parameters
    ----------
    images : array_like, shape (n, height, width)
        Grey values; the largest of all is drawn black, the smallest white.
    predictions : array_like, shape (n,)
        The class predicted for each image.
    labels : array_like, shape (n,), optional
        The true classes. Where a prediction differs from its label, the image is framed and the true class stands
        in brackets behind the prediction.
    n_cols : int
        Images in a row.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> from mathcore import datasets, plot
    >>> digits = datasets.load_digits()
    >>> ax = plot.image_grid(digits.images[:3], [0, 1, 7], digits.target[:3])
    >>> [text.get_text() for text in ax.texts]
    ['0', '1', '7 (2)']
    """
    images, predictions = np.asarray(images), np.asarray(predictions)
    labels = predictions if labels is None else np.asarray(labels)
    if images.ndim != 3 or images.size == 0:
        raise ValueError(f"image_grid: images: expected shape (n, height, width), none of them 0, got {images.shape}")
    for name, values in (("predictions", predictions), ("labels", labels)):
        if values.shape != images.shape[:1]:
            raise ValueError(f"image_grid: {name}: expected shape {images.shape[:1]}, got {values.shape}")
    if n_cols < 1:
        raise ValueError(f"image_grid: n_cols: expected 1 or more, got {n_cols}")
    n, height, width = images.shape
    n_rows = -(-n // n_cols)
    cell_height, cell_width = 1.6 * height, 1.3 * width  # room for the label above, air between

    ax = _axes(ax, figsize=(0.8 * n_cols, 0.98 * n_rows + 0.6))
    shade = {"cmap": "gray_r", "vmin": images.min(), "vmax": images.max()}
    for i, (image, prediction, label) in enumerate(zip(images, predictions, labels, strict=True)):
        left, top = i % n_cols * cell_width, i // n_cols * cell_height
        wrong = prediction != label
        ax.imshow(image, extent=(left, left + width, top + height, top), **shade)
        text = f"{prediction} ({label})" if wrong else f"{prediction}"
        ax.text(left + width / 2, top - 0.08 * height, text, ha="center", va="bottom", fontsize="small",
                color=MARK if wrong else "0.3", weight="bold" if wrong else "normal")
        if wrong:
            x, y = np.array([0, 1, 1, 0, 0]), np.array([0, 0, 1, 1, 0])
            ax.plot(left + width * x, top + height * y, color=MARK, linewidth=1.5)
    ax.set(xlim=(-0.3 * width, n_cols * cell_width), ylim=(n_rows * cell_height - 0.3 * height, -0.6 * height))
    ax.set_axis_off()
    return ax


def labelled_points(x, labels, *, ax=None):
    """Draw points of the plane, each class in a colour of its own with its label at the middle.

    Parameters
    ----------
    x : array_like, shape (n, 2)
        Points, for example scores of two principal components.
    labels : array_like, shape (n,)
        Their classes.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> from mathcore import plot
    >>> ax = plot.labelled_points([[0.0, 1.0], [0.0, 3.0], [2.0, 0.0]], ["a", "a", "b"])
    >>> [(text.get_text(), *map(float, text.get_position())) for text in ax.texts]
    [('a', 0.0, 2.0), ('b', 2.0, 0.0)]
    """
    x, labels = np.asarray(x, dtype=np.float64), np.asarray(labels)
    if x.ndim != 2 or x.shape[1] != 2:
        raise ValueError(f"labelled_points: x: expected shape (n, 2), got {x.shape}")
    if labels.shape != x.shape[:1]:
        raise ValueError(f"labelled_points: labels: expected shape {x.shape[:1]}, got {labels.shape}")
    ax = _axes(ax)
    for i, label in enumerate(np.unique(labels)):
        own = x[labels == label]
        ax.plot(*own.T, ".", color=f"C{i % 10}", markersize=4, alpha=0.6)
        ax.text(*np.median(own, axis=0), str(label), ha="center", va="center", weight="bold",
                bbox={"boxstyle": "circle", "facecolor": "white", "edgecolor": f"C{i % 10}"})
    ax.set(xlabel="first component", ylabel="second component")
    return ax


def taylor_curves(f, polynomials, interval, *, ax=None):
    """Draw a function of one variable and its Taylor polynomials.

    Parameters
    ----------
    f : callable
        Of an array, elementwise.
    polynomials : dict
        degree -> polynomial, called with an array, as from `mathcore.autodiff.taylor_polynomial`.
    interval : tuple of two floats
        The ends of the x axis. The y axis shows the function, and what of the polynomials lies near it.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> import numpy as np
    >>> from mathcore import plot
    >>> ax = plot.taylor_curves(np.exp, {1: lambda x: 1 + x}, (-2, 2))
    >>> [line.get_label() for line in ax.lines]
    ['f', 'degree 1']
    """
    low, high = map(float, interval)
    if not low < high:
        raise ValueError(f"taylor_curves: interval: expected its lower end first, got {tuple(interval)}")
    ax = _axes(ax)
    x = np.linspace(low, high, 401)
    y = f(x)
    ax.plot(x, y, color="0.2", linewidth=2.5, label="f")
    for degree, p in polynomials.items():
        ax.plot(x, p(x), linewidth=1.2, label=f"degree {degree}")
    margin = 0.6 * max(np.ptp(y), 1e-12)
    ax.set(title="Taylor polynomials", xlabel="x", ylabel="f(x)", xlim=(low, high),
           ylim=(y.min() - margin, y.max() + margin))
    ax.legend(ncols=3, fontsize="small")
    return ax


def unit_balls(vector, orders=(1, 2, np.inf), *, ax=None):
    """Draw the unit balls of norms in the plane, and where the ray through a vector leaves each.

    Parameters
    ----------
    vector : array_like, shape (2,)
        Not zero. Its ray meets the ball of a norm at the vector over that norm.
    orders : sequence of floats
        Of the norms, ``(|x|^p + |y|^p)^(1/p)``, 1 or more.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> from mathcore import plot
    >>> [line.get_label() for line in plot.unit_balls([3.0, 4.0]).lines[:3]]
    ['L1: 7', 'L2: 5', 'Linf: 4']
    """
    v = np.asarray(vector, dtype=np.float64)
    if v.shape != (2,) or not 0 < np.abs(v).max() < np.inf:
        raise ValueError(f"unit_balls: vector: expected two numbers, not both 0, got {v}")
    if not all(p >= 1 for p in orders):
        raise ValueError(f"unit_balls: orders: expected numbers from 1 on, got {tuple(orders)}")
    ax = _axes(ax, figsize=(4.6, 4.6))
    ray = np.linspace(0, 2 * np.pi, 401)             # corners among them
    circle = np.array([np.cos(ray), np.sin(ray)])
    lengths = [np.linalg.norm(v, p) for p in orders]
    for p, length in zip(orders, lengths, strict=True):
        ax.plot(*circle / np.linalg.norm(circle, p, axis=0), label=f"L{p:g}: {length:.4g}")
    ax.plot(*np.outer(v, [0, 1.15 / min(lengths)]), color="0.3", linewidth=1)
    ax.plot(*(v[:, None] / lengths), "o", color=MARK)
    for length in set(lengths):
        ax.annotate(f"v / {length:.4g}", v / length, (8, -4), textcoords="offset points", va="top")
    ax.set(title=f"Unit balls, and the lengths of v = ({v[0]:g}, {v[1]:g})", xlim=(-1.3, 1.3), ylim=(-1.3, 1.3),
           aspect="equal")
    ax.legend(loc="center", bbox_to_anchor=(0.5, 0.34), frameon=False)
    return ax


def roc_curve(fpr, tpr, *, ax=None):
    """Draw the receiver operating characteristic, with the area under it in the title.

    Parameters
    ----------
    fpr, tpr : array_like, shape (m,)
        False and true positive rates, as from `mathcore.metrics.roc_curve`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> from mathcore import metrics, plot
    >>> fpr, tpr, _ = metrics.roc_curve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
    >>> plot.roc_curve(fpr, tpr).get_title()
    'ROC: area 0.7500'
    """
    ax = _axes(ax)
    fpr, tpr = np.asarray(fpr, dtype=np.float64), np.asarray(tpr, dtype=np.float64)
    if fpr.shape != tpr.shape or fpr.ndim != 1:
        raise ValueError(f"roc_curve: tpr: expected shape (m,) as of fpr, got {tpr.shape} and {fpr.shape}")
    ax.plot([0, 1], [0, 1], color="0.8", linewidth=1)
    ax.plot(fpr, tpr)
    ax.set(title=f"ROC: area {np.trapezoid(tpr, fpr):.4f}", xlabel="false positive rate", ylabel="true positive rate",
           xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
    return ax


def calibration_curve(prob_true, prob_pred, *, ax=None):
    """Draw how often what was given a probability happens, beside the line of perfect calibration.

    Parameters
    ----------
    prob_true, prob_pred : array_like, shape (m,)
        Shares and mean probabilities of the bins, as from `mathcore.metrics.calibration_curve`.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> from mathcore import metrics, plot
    >>> ax = plot.calibration_curve(*metrics.calibration_curve([0, 0, 0, 1, 1], [0.1, 0.2, 0.8, 0.7, 0.9], n_bins=2))
    >>> ax.get_xlabel()
    'mean probability'
    """
    ax = _axes(ax)
    share, mean = np.asarray(prob_true, dtype=np.float64), np.asarray(prob_pred, dtype=np.float64)
    if share.shape != mean.shape or share.ndim != 1:
        raise ValueError(f"calibration_curve: prob_pred: expected shape (m,) as of prob_true, got {mean.shape} and "
                         f"{share.shape}")
    ax.plot([0, 1], [0, 1], color="0.8", linewidth=1)
    ax.vlines(mean, np.minimum(mean, share), np.maximum(mean, share), color=MARK, linewidth=1)
    ax.plot(mean, share, "o-")
    ax.set(title="Calibration", xlabel="mean probability", ylabel="share that happens", xlim=(-0.02, 1.02),
           ylim=(-0.02, 1.02), aspect="equal")
    return ax


def bias_variance_curves(x, loss, bias, variance, *, xlabel="complexity", ax=None):
    """Draw loss, bias and variance over what they depend on.

    Parameters
    ----------
    x : array_like, shape (m,)
        Complexities of a model, or numbers of rounds.
    loss, bias, variance : array_like, shape (m,)
        As from `mathcore.models.bias_variance` at each x.
    xlabel : str
        What x is.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> from mathcore import plot
    >>> ax = plot.bias_variance_curves([1, 2, 3], [5.0, 3.0, 4.0], [4.5, 2.0, 1.0], [0.5, 1.0, 3.0], xlabel="degree")
    >>> [line.get_label() for line in ax.lines]
    ['loss', 'bias', 'variance']
    """
    ax = _axes(ax)
    x = np.asarray(x)
    for values, label in ((loss, "loss"), (bias, "bias"), (variance, "variance")):
        values = np.asarray(values, dtype=np.float64)
        if values.shape != x.shape or x.ndim != 1:
            raise ValueError(f"bias_variance_curves: {label}: expected shape (m,) as of x, got {values.shape} and "
                             f"{x.shape}")
        ax.plot(x, values, label=label, linewidth=2 if label == "loss" else 1.2)
    ax.grid(True, color="0.9")
    ax.set(title="Bias and variance", xlabel=xlabel, ylabel="loss")
    ax.legend()
    return ax


def entropy_curve(points=(), *, ax=None):
    """Draw the entropy of a coin over the probability of heads, in bits, with points of it marked by their values.

    Parameters
    ----------
    points : array_like, shape (n,)
        Probabilities at which to mark the curve.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> from mathcore import plot
    >>> ax = plot.entropy_curve([0.5, 0.9])
    >>> [text.get_text() for text in ax.texts]
    ['(0.5, 1.0000)', '(0.9, 0.4690)']
    """
    points = np.asarray(points, dtype=np.float64).ravel()
    if not np.all((points >= 0) & (points <= 1)):
        raise ValueError(f"entropy_curve: points: expected probabilities from 0 to 1, got {points}")
    ax = _axes(ax)
    p = np.linspace(0, 1, 401)
    ax.plot(p, _bits(p))
    ax.plot(points, _bits(points), "o", color=MARK)
    for point, bits in zip(points, _bits(points), strict=True):
        ax.annotate(f"({point:g}, {bits:.4f})", (point, bits), (8, -4), textcoords="offset points", va="top")
    ax.set(title="Entropy of a coin", xlabel="probability of heads", ylabel="entropy in bits", xlim=(0, 1),
           ylim=(0, 1.05))
    return ax


def _bits(p):
    return (entr(p) + entr(1 - p)) / np.log(2)


def divergence_bars(p, q, *, ax=None):
    """Draw two distributions side by side, with what each outcome adds to their divergence, p log(p / q) - p + q.

    Parameters
    ----------
    p, q : array_like, shape (n,)
        Probabilities.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure without it.

    Returns
    -------
    matplotlib.axes.Axes

    Examples
    --------
    >>> from mathcore import plot
    >>> plot.divergence_bars([0.5, 0.3, 0.2], [0.4, 0.4, 0.2]).get_title()
    'KL(p, q) = 0.0253 nats'
    """
    p, q = np.asarray(p, dtype=np.float64), np.asarray(q, dtype=np.float64)
    if p.ndim != 1 or p.shape != q.shape:
        raise ValueError(f"divergence_bars: q: expected shape (n,) as of p, got {q.shape} and {p.shape}")
    ax = _axes(ax)
    at, terms = np.arange(p.size), kl_div(p, q)
    for values, shift, color, label in ((p, -0.27, "C0", "p"), (q, 0.0, "0.7", "q"), (terms, 0.27, MARK, "term of KL")):
        ax.bar(at + shift, values, 0.26, color=color, label=label)
    ax.set(title=f"KL(p, q) = {np.sum(terms):.4f} nats", xlabel="outcome", ylabel="probability", xticks=at)
    ax.legend()
    return ax


def _axes(ax, figsize=(6.4, 4.2)):
    """`ax` itself, or the Axes of a new figure that pyplot does not know."""
    if ax is not None:
        return ax
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError("mathcore.plot needs matplotlib; install with: pip install 'mathcore[plot]'") from error
    return Figure(figsize=figsize, dpi=150, layout="constrained").subplots()
