"""The tour: worked examples from a dot product to a network trained on real digits and a recommender, printed as it
goes."""

import logging
import os
import tempfile
import time
from typing import NamedTuple

import numpy as np

import mathcore
from mathcore import _tour_calculus, _tour_distances, _tour_fits, _tour_probability, datasets, linalg, nn, plot
from mathcore.losses import cross_entropy
from mathcore.special import expit, softmax

N_TEST = 450  # a quarter of the 1797 digits
# 5-fold cross-validation on the training digits gives these an accuracy of 0.977, no fold below 0.970.
N_HIDDEN = 48
ALPHA = 0.3
BATCH_SIZE = 32
N_EPOCHS = 60

SIGMOID_POINTS = (2.0, -1.5, 0)


class Split(NamedTuple):
    """Digits shuffled and split. x (n, 64) scaled to -2 ... 2, labels (n,), images (n_test, 8, 8) as they came."""

    x_train: np.ndarray
    y_train: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray
    test_images: np.ndarray


class Results(NamedTuple):
    """What the pictures show."""

    residual: np.ndarray
    descents: list
    loss: list
    split: Split
    predictions: np.ndarray
    scores: np.ndarray
    labels: np.ndarray
    sine: _tour_calculus.Sine
    roc: _tour_probability.Curve
    neighbours: _tour_distances.Neighbours


class Network:
    """One hidden layer, p = softmax(W2 sigmoid(W1 x + b1) + b2), and its cross-entropy -log p[label], part by part.

    A batch holds one sample a row. `parameters` maps W1, b1, W2, b2 to arrays, updated in place.
    """

    def __init__(self, n_inputs, n_hidden, n_classes, rng):
        # Weights of variance 1 / fan-in keep a layer's output at the scale of its input.
        self.parameters = {
            "W1": rng.normal(0, n_inputs**-0.5, (n_hidden, n_inputs)),
            "b1": np.zeros(n_hidden),
            "W2": rng.normal(0, n_hidden**-0.5, (n_classes, n_hidden)),
            "b2": np.zeros(n_classes),
        }

    def forward(self, x):
        """x (n, n_inputs) -> h (n, n_hidden), z2 (n, n_classes)."""
        w = self.parameters
        h = nn.dense(x, w["W1"], w["b1"], activation="sigmoid")
        return h, nn.dense(h, w["W2"], w["b2"])

    def loss(self, x, labels):
        """Mean cross-entropy of a batch."""
        return cross_entropy(self.forward(x)[1], labels)

    def loss_and_gradients(self, x, labels):
        """Mean cross-entropy of a batch, and its derivatives by the chain rule, in the order the rule yields them."""
        h, z2 = self.forward(x)
        loss, dz2 = cross_entropy(z2, labels, grad=True)  # softmax and cross-entropy together: (p - onehot(label)) / n
        dh, dw2, db2 = nn.dense_backward(dz2, h, self.parameters["W2"])
        _, dw1, db1 = nn.dense_backward(dh, x, self.parameters["W1"], h, activation="sigmoid")
        dz1 = dh * h * (1 - h)  # sigmoid' = sigmoid (1 - sigmoid)
        return loss, {"z2": dz2, "W2": dw2, "b2": db2, "h": dh, "z1": dz1, "W1": dw1, "b1": db1}

    def update(self, gradients, alpha):
        """One step of gradient descent: W - alpha * gradient."""
        for name, parameter in self.parameters.items():
            parameter -= alpha * gradients[name]


def numpy_epoch(parameters, x, labels, order, *, alpha, batch_size):
    """What `nn.MLP.fit` does in one epoch, in plain NumPy: the yardstick of the tour's last lines."""
    w1, b1, w2, b2 = parameters
    for start in range(0, len(order), batch_size):
        batch = order[start : start + batch_size]
        xb, n = x[batch], len(batch)
        h = 1 / (1 + np.exp(-(xb @ w1.T + b1)))
        z = h @ w2.T + b2
        p = np.exp(z - z.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        p[np.arange(n), labels[batch]] -= 1
        p /= n
        dz = (p @ w2) * h * (1 - h)
        w2 -= alpha * (p.T @ h)
        b2 -= alpha * p.sum(axis=0)
        w1 -= alpha * (dz.T @ xb)
        b1 -= alpha * dz.sum(axis=0)


def run():
    """Print the whole tour and return what its pictures show."""
    print(f"mathcore {mathcore.__version__}: a tour of machine learning's mathematics")
    house_price()
    elimination()
    residual = eigenvector()
    _heading("4. Gradient descent on f(x) = (x - 3)^2")
    descents = _tour_fits.descents()
    sigmoid()
    rng = np.random.default_rng(0)
    split = load_split(rng)
    training_step(split)
    loss, predictions = training(split, rng)
    _heading("8. The same digits without a hidden layer: softmax regression")
    _tour_fits.digits_without_a_hidden_layer(split, np.count_nonzero(predictions == split.y_test))
    _heading("9. Spam or not: logistic regression")
    _tour_fits.spam()
    digits = datasets.load_digits()
    scores = components(digits.data)
    low_rank(digits.images)
    recommender()
    _heading("13. Derivatives of plain NumPy code")
    _tour_calculus.derivatives()
    _heading("14. Taylor polynomials")
    sine = _tour_calculus.taylor()
    _heading("15. Bayes' theorem on a diagnostic test")
    _tour_probability.bayes()
    _heading("16. Entropy, cross-entropy and divergence")
    _tour_probability.information()
    _heading("17. The digits by naive Bayes")
    roc = _tour_probability.naive_bayes(split)
    _heading("18. The length of a vector: L1, L2, Linf")
    _tour_distances.lengths()
    _heading("19. Cosine similarity of three short documents")
    _tour_distances.documents()
    _heading("20. The nearest digits of a digit")
    neighbours = _tour_distances.nearest_digits(split)
    _heading("21. The digits by their nearest neighbours")
    _tour_distances.votes(split)
    return Results(residual, descents, loss, split, predictions, scores, digits.target, sine, roc, neighbours)


def _heading(text):
    print(f"\n{text}\n{'-' * len(text)}", flush=True)


def house_price():
    """A linear model's prediction is a dot product."""
    _heading("1. A house price is a dot product")
    x, w, b = np.array([12.0, 3.0, 2.0]), np.array([3.5, 1.2, -0.8]), 50.0
    print("feature x  weight w    x * w")
    for row in zip(x, w, x * w, strict=True):
        print("{:9.1f}  {:8.1f}  {:7.1f}".format(*row))
    product = linalg.vecdot(w, x)
    print(f"w.x = {product:.1f}")
    print(f"price = w.x + b = {product:.1f} + {b:.0f} = {product + b:.1f}")


def elimination():
    """A 3 x 3 system by elimination, and the factorizations that elimination and reflection lead to."""
    _heading("2. Three equations in three unknowns")
    a, b = np.array([[2.0, 1, -1], [-3, -1, 2], [-2, 1, 2]]), np.array([8.0, -11, -3])
    print("2x + y - z = 8, -3x - y + 2z = -11, -2x + y + 2z = -3; as rows, with the right-hand side last:")
    reduced = linalg.row_reduce(np.column_stack([a, b]), return_steps=True)
    print(reduced.steps)
    x = reduced.rref[:, -1]
    print("solution x = {:g}, y = {:g}, z = {:g}".format(*x.round(12)))
    print("the same elimination, kept as factors, and one by reflections (Q^T Q = I):")
    p, lower, upper = linalg.lu(a)
    q, r = linalg.qr(a)
    for name, m in (("L", lower), ("U", upper), ("Q", q), ("R", r)):
        rows = ("[" + " ".join(f"{v + 0.0:8.4f}" for v in row) + " ]" for row in m.round(12))
        print(f"  {name} = " + "\n      ".join(rows))
    print("checks: the largest element of each difference")
    for name, difference in (("A x - b", a @ x - b), ("x - solve(A, b)", x - linalg.solve(a, b)),
                             ("A - P L U", a - p @ lower @ upper), ("A - Q R", a - q @ r),
                             ("Q^T Q - I", q.T @ q - np.eye(3))):
        print(f"  {name:<15}  {'below 1e-14' if np.abs(difference).max() < 1e-14 else np.abs(difference).max()}")


def eigenvector():
    """The dominant eigenvector of a small matrix by power iteration; returns the residual of each step."""
    _heading("3. Multiply, normalize, repeat: the dominant eigenvector")
    a = np.array([[2.0, 1, 0], [1, 3, 1], [0, 1, 2]])
    result = linalg.power_iteration(a, v0=[1, 0, 0])
    print("v <- A v / |A v| for A = [2 1 0; 1 3 1; 0 1 2], from v = (1, 0, 0); residual = |A v - eigenvalue v|")
    rows = str(result.trace).splitlines()
    print("\n".join([*rows[:6], "  ...", rows[-1]]))
    print(f"eigenvalue {result.value:.6f}, eigenvector ({', '.join(f'{x:.6f}' for x in result.vector)})")
    values, vectors = np.linalg.eigh(a)
    differences = abs(result.value - values[-1]), 1 - abs(result.vector @ vectors[:, -1])
    print(f"difference from eigh: {'below 1e-13' if max(differences) < 1e-13 else max(differences)}")
    return result.trace.residual


def sigmoid():
    """The sigmoid at three points."""
    _heading("5. The sigmoid squeezes any number into 0 ... 1")
    print("sigmoid(x) = 1 / (1 + exp(-x))")
    for x in SIGMOID_POINTS:
        print(f"sigmoid({x}) = {expit(x):.4f}")


def load_split(rng):
    """The bundled digits, shuffled by `rng`; the first N_TEST are the test set."""
    digits = datasets.load_digits()
    order = rng.permutation(len(digits.target))
    x, labels = (digits.data[order] - 8) / 4, digits.target[order]
    return Split(x[N_TEST:], labels[N_TEST:], x[:N_TEST], labels[:N_TEST], digits.images[order[:N_TEST]])


def training_step(split):
    """One step of one image through the network of the last part, with all its parts and their shapes."""
    _heading("6. One training step of a small network, part by part")
    x, labels = split.x_train[:1], split.y_train[:1]
    network = Network(x.shape[1], N_HIDDEN, 10, np.random.default_rng(0))
    h, z2 = network.forward(x)
    p = softmax(z2, axis=-1)[0]
    loss, gradients = network.loss_and_gradients(x, labels)
    # One sample is a batch of one row; the row itself has the shape that the formulas speak of.
    dz2, dh, dz1 = (gradients[name][0] for name in ("z2", "h", "z1"))

    def row(name, formula, array):
        print(f"  {name:<7} = {formula:<40} {array.shape}")

    print("parameters: normal random weights, biases 0")
    for name, parameter in network.parameters.items():
        print(f"  {name:<50} {parameter.shape}")
    print(f"forward: an image of the digit {labels[0]}, 8 x 8 pixels")
    row("x", "flatten(image), scaled to -2 ... 2", x[0])
    row("h", "sigmoid(z1),  z1 = W1 x + b1", h[0])
    row("p", "softmax(z2),  z2 = W2 h + b2", p)
    print(f"  {'loss':<7} = cross-entropy = -log p[{labels[0]}] = -log {p[labels[0]]:.4f} = {loss:.4f}")
    print("backward: the chain rule from the loss to each parameter; dA is short for dloss/dA")
    row("dz2", f"p - y,  y = 1 at {labels[0]}, else 0", dz2)
    row("dW2", "dz2 h^T", gradients["W2"])
    row("db2", "dz2", gradients["b2"])
    row("dh", "W2^T dz2", dh)
    row("dz1", "dh * h * (1 - h)", dz1)
    row("dW1", "dz1 x^T", gradients["W1"])
    row("db1", "dz1", gradients["b1"])
    _check_gradient(network, x, labels, gradients["W1"])
    network.update(gradients, ALPHA)
    print(f"update: W - alpha * dW and b - alpha * db, alpha = {ALPHA}")
    print(f"  loss before {loss:.4f}")
    print(f"  loss after  {network.loss(x, labels):.4f}")


def _check_gradient(network, x, labels, gradient):
    """Print the largest entry of W1's gradient beside the central difference of the loss, whose error is O(eps^2)."""
    entry = np.unravel_index(np.argmax(np.abs(gradient)), gradient.shape)
    w1, eps = network.parameters["W1"], 1e-5
    value = w1[entry]
    w1[entry] = value + eps
    above = network.loss(x, labels)
    w1[entry] = value - eps
    below = network.loss(x, labels)
    w1[entry] = value
    difference = (above - below) / (2 * eps)
    name = f"W1[{entry[0]}, {entry[1]}]"
    print(f"check: nudge {name} by eps = {eps:g} and look at the loss")
    print(f"  {'chain rule':<50} {gradient[entry]:+.8f}")
    print(f"  {'(loss(W1 + eps) - loss(W1 - eps)) / (2 eps)':<50} {difference:+.8f}")


def training(split, rng):
    """Train the network on the digits; returns each epoch's loss and the predictions for the test digits."""
    _heading("7. The same network learns to read handwritten digits")
    n_train, n_inputs = split.x_train.shape
    print(f"{n_train} training and {N_TEST} test images; {n_inputs} inputs, {N_HIDDEN} hidden, 10 classes")
    print(f"mini-batches of {BATCH_SIZE}, alpha = {ALPHA}, {N_EPOCHS} epochs, each one compiled call\n")
    model = nn.MLP((n_inputs, N_HIDDEN, 10), activation="sigmoid", dtype="float64", rng=rng)
    print("epoch    loss")

    def show(epoch, model):
        if epoch == 1 or epoch % 10 == 0:
            print(f"{epoch:5d}  {model.loss_curve[-1]:.4f}", flush=True)

    start = time.perf_counter()
    model.fit(split.x_train, split.y_train, epochs=N_EPOCHS, batch_size=BATCH_SIZE, learning_rate=ALPHA, callback=show)
    seconds = (time.perf_counter() - start) / N_EPOCHS
    predictions = model.predict(split.x_test)
    n_right = np.count_nonzero(predictions == split.y_test)
    log_p = np.log(model.predict_proba(split.x_train)[np.arange(n_train), split.y_train])
    print(f"\nfinal loss {-log_p.mean():.4f}")
    print(f"test accuracy {n_right / N_TEST:.2f}")
    print(f"test images read right: {n_right} of {N_TEST}\n")
    _confusion_table(split.y_test, predictions)
    _compare(model, split, seconds)
    return model.loss_curve, predictions


def _compare(model, split, seconds):
    """Print how long an epoch took, and the same steps in plain NumPy."""
    parameters = [np.array(a) for pair in zip(model.weights, model.biases, strict=True) for a in pair]
    times = []
    for seed in range(5):
        order = np.random.default_rng(seed).permutation(len(split.y_train))
        start = time.perf_counter()
        numpy_epoch(parameters, split.x_train, split.y_train, order, alpha=ALPHA, batch_size=BATCH_SIZE)
        times.append(time.perf_counter() - start)
    plain = sorted(times)[len(times) // 2]
    print(f"\nseconds per epoch {seconds:.4f}")
    print(f"the same steps in plain NumPy {plain:.4f}")
    print(f"that is {plain / seconds:.1f} times as long")


def _confusion_table(labels, predictions):
    counts = np.bincount(10 * labels + predictions, minlength=100).reshape(10, 10)
    print("confusion table: rows are the true digits, columns the predicted ones")
    print("     |" + "".join(f"{digit:4d}" for digit in range(10)))
    print("-----+" + "-" * 40)
    for digit, row in enumerate(counts):
        print(f"{digit:4d} |" + "".join(f"{count:4d}" for count in row), flush=digit == 9)


def _check(name, error, bound):
    """One line: the error's bound, or where it is not kept the error itself."""
    print(f"check: {name:<62} {f'below {bound:g}' if error < bound else error}")


def components(x):
    """The digits along few directions; returns their first two coordinates."""
    _heading("10. Principal components: 64 pixels along a few directions")
    found = linalg.pca(x, scores=True)
    explained = np.cumsum(found.explained_variance_ratio)
    print("components   variance explained")
    for k in (1, 2, 5, 10, 20, 40):
        print(f"{k:10d}   {explained[k - 1]:.3f}")
    print(f"for 90 % of the variance: {len(linalg.pca(x, 0.9).components)} of {x.shape[1]}")
    few = linalg.pca(x, 20)
    left = x - few.inverse_transform(few.transform(x))
    total = found.explained_variance.sum()
    covariance = found.scores.T @ found.scores / (len(x) - 1) - np.diag(found.explained_variance)
    _check("covariances of the scores, variances taken off", np.abs(covariance).max() / total, 1e-12)
    _check("what 20 leave, beside 1 - their part of the variance",
           abs((left**2).sum() / (len(x) - 1) / total - (1 - explained[19])), 1e-12)
    return found.scores[:, :2]


def low_rank(images):
    """One large image as the product of two thin matrices."""
    _heading("11. An image of low rank")
    n = 30
    image = images[:n * n].reshape(n, n, 8, 8).swapaxes(1, 2).reshape(8 * n, 8 * n)
    s = np.linalg.svd(image, compute_uv=False)
    print(f"{n} x {n} digits side by side: {image.shape[0]} x {image.shape[1]} pixels")
    print("rank    numbers kept    relative error    by chance, not all of the SVD")
    worst = 0.0
    for k in (1, 5, 20, 50, 100):
        error = linalg.low_rank_approx(image, k).relative_error
        near = linalg.low_rank_approx(image, k, method="randomized", rng=0).relative_error
        kept = k * (sum(image.shape) + 1) / image.size
        print(f"{k:4d}    {kept:11.1%}     {error:14.4f}    {near:29.4f}")
        worst = max(worst, abs(error - np.sqrt((s[k:] ** 2).sum() / (s**2).sum())))
    _check("errors beside those of the singular values left out", worst, 1e-12)


FILMS = ("Alien", "Brazil", "Casablanca", "Duel", "Emma")
RATINGS = np.array([[5, 4, np.nan, 5, 1], [4, np.nan, 1, 5, np.nan], [1, 1, 5, np.nan, 5],
                    [np.nan, 2, 4, 1, 4], [5, 5, 2, np.nan, np.nan], [1, np.nan, np.nan, 2, 5]])


def recommender():
    """Missing ratings from factors of people and films."""
    _heading("12. A recommender: the missing ratings of a table")
    reg = 0.2
    model = linalg.matrix_factorization(RATINGS, 2, reg=reg, n_iter=500, tol=0, rng=0)
    print("rating(person, film) is near mean + b[person] + c[film] + p[person] . q[film]")
    print("known ratings, and in brackets what the model expects of the others:")
    print("          " + "".join(f"{film:>12}" for film in FILMS))
    expected = model.predict(np.arange(len(RATINGS))[:, None], np.arange(len(FILMS)))
    for person, (known, rating) in enumerate(zip(RATINGS, expected, strict=True)):
        shown = (f"{'(' + format(r, '.1f') + ')':>12}" if np.isnan(k) else f"{k:11.0f} "
                 for k, r in zip(known, rating, strict=True))
        print(f"person {person}  " + "".join(shown))
    print(f"root mean square error of the known ones {model.trace[-1]:.2f}")
    for person in (1, 5):
        film = model.recommend(person, 1).items[0]
        print(f"recommended to person {person}: {FILMS[film]}")
    left = np.where(np.isnan(RATINGS), 0, RATINGS - expected)
    slope = left @ model.item_factors - reg * (~np.isnan(RATINGS)).sum(axis=1)[:, None] * model.user_factors
    _check("slope of the sum of squares and penalties in p", np.abs(slope).max(), 1e-6)


class GalleryError(Exception):
    """The pictures cannot be drawn or written; the message says why."""


class Gallery:
    """The tour's pictures in a directory, made if it is not there.

    Raises GalleryError before the tour, not after it, where matplotlib is missing or the directory cannot be made
    or written.
    """

    def __init__(self, directory):
        self.directory = directory
        # matplotlib reports the building of its font cache as a warning; it is none.
        logging.getLogger("matplotlib").setLevel(logging.ERROR)
        try:
            plot.loss_curve([])  # the first call imports matplotlib
            os.makedirs(directory, exist_ok=True)
            tempfile.TemporaryFile(dir=directory).close()
        except ImportError as error:
            raise GalleryError(f"--plots: {error}") from error
        except OSError as error:
            raise self._error(error) from error

    def draw(self, results):
        """Write one PNG for each picture and print their paths."""
        _heading("Pictures")
        self._save("sigmoid.png", plot.sigmoid_curve(SIGMOID_POINTS))
        self._save("power.png", plot.residual_curve(results.residual))
        self._save("descent.png", self._descents(results.descents))
        ax = plot.loss_curve(results.loss)
        ax.set(title="Training loss of the digits network", ylabel="cross-entropy, mean over the epoch")
        self._save("loss.png", ax)
        self._save("digits.png", self._digits(results.split, results.predictions))
        ax = plot.labelled_points(results.scores, results.labels)
        ax.set(title="All digits along their first two principal components")
        self._save("components.png", ax)
        self._save("entropy.png", plot.entropy_curve(_tour_probability.COINS))
        self._save("divergence.png", plot.divergence_bars(_tour_probability.LOADED, _tour_probability.FAIR))
        self._save("roc.png", plot.roc_curve(*results.roc))
        self._save("unit_balls.png", plot.unit_balls(_tour_distances.VECTOR))
        self._save("neighbours.png", self._neighbours(results.neighbours))
        self._save("taylor.png", plot.taylor_curves(np.sin, results.sine.polynomials, (-8.0, 8.0)))

    @staticmethod
    def _descents(found):
        from matplotlib.figure import Figure

        axes = Figure(figsize=(4 * len(found), 4), layout="constrained").subplots(1, len(found))
        for ax, (rate, path) in zip(axes, found, strict=True):
            plot.descent_path(_tour_fits.parabola, path, ax=ax)
            ax.set_title(f"step size {rate:g}")
        return axes[0]

    @staticmethod
    def _digits(split, predictions, n_shown=60):
        wrong = np.flatnonzero(predictions != split.y_test)
        right = np.flatnonzero(predictions == split.y_test)
        shown = np.sort(np.concatenate([wrong, right])[:n_shown])
        ax = plot.image_grid(split.test_images[shown], predictions[shown], split.y_test[shown])
        ax.set_title(f"Test digits with predictions: {len(wrong)} of {len(predictions)} are wrong\n"
                     "(framed, the true digit in brackets)")
        return ax

    @staticmethod
    def _neighbours(found):
        own = np.full_like(found.labels, found.labels[0])
        ax = plot.image_grid(found.images, found.labels, own, n_cols=len(own))
        ax.set_title("A test digit and the training digits nearest to it (framed: another)", fontsize="medium")
        return ax

    def _save(self, name, ax):
        path = os.path.join(self.directory, name)
        try:
            ax.figure.savefig(path)
        except OSError as error:
            raise self._error(error) from error
        print(path)

    def _error(self, error):
        return GalleryError(f"--plots: cannot write to {self.directory!r}: {error.strerror or error}")
