"""A small variational autoencoder of the bundled digits, its loss written in plain NumPy.

    python examples/vae.py

The encoder gives each image a normal distribution over a plane, N(m, s^2); a point drawn as m + s e, with e ~ N(0, 1),
is a differentiable function of m and s (the reparameterisation); the decoder turns it into the probability that each
pixel is white. The loss is the cross-entropy of the pixels and the Kullback-Leibler divergence from N(0, 1), which has
a closed form. mathcore.autodiff differentiates that NumPy code, mathcore.optimize makes Adam's steps in place.
"""

import time

import numpy as np

from mathcore import datasets
from mathcore.autodiff import value_and_grad
from mathcore.optimize import adam_step

N_PIXELS, N_HIDDEN, N_LATENT, BATCH = 64, 48, 2, 100


def parameters(rng):
    """Weights of variance 1 / fan-in."""
    def layer(n_in, n_out):
        return [rng.standard_normal((n_in, n_out)) / np.sqrt(n_in), np.zeros(n_out)]

    return {"encoder": layer(N_PIXELS, N_HIDDEN), "mean": layer(N_HIDDEN, N_LATENT), "log s": layer(N_HIDDEN, N_LATENT),
            "decoder": layer(N_LATENT, N_HIDDEN), "pixels": layer(N_HIDDEN, N_PIXELS)}


def dense(layer, x):
    return x @ layer[0] + layer[1]


def decode(p, z):
    """Logits of the pixels."""
    return dense(p["pixels"], np.tanh(dense(p["decoder"], z)))


def loss(p, x, e):
    """Mean of -log p(x | z) + KL(N(m, s^2) | N(0, 1)) over images x (n, 64) in 0 ... 1, in nats."""
    h = np.tanh(dense(p["encoder"], x))
    m, log_s = dense(p["mean"], h), dense(p["log s"], h)
    logits = decode(p, m + np.exp(log_s) * e)
    pixels = np.sum(np.logaddexp(0, logits) - x * logits, axis=1)
    divergence = 0.5 * np.sum(np.exp(2 * log_s) + m ** 2 - 1 - 2 * log_s, axis=1)
    return np.mean(pixels + divergence)


def leaves(p):
    return [a for layer in p.values() for a in layer]


def train(epochs=30, rng=None, show=print):
    """(parameters, mean loss of each epoch)."""
    rng = np.random.default_rng(rng)
    x = datasets.load_digits().data / 16.0
    p = parameters(rng)
    state = [(np.zeros_like(a), np.zeros_like(a)) for a in leaves(p)]
    gradient, step, means = value_and_grad(loss), 0, []
    for epoch in range(1, epochs + 1):
        order, values = rng.permutation(len(x)), []
        for batch in np.split(order, range(BATCH, len(x), BATCH)):
            step += 1
            value, g = gradient(p, x[batch], rng.standard_normal((len(batch), N_LATENT)))
            values.append(value)
            for a, slope, (m, v) in zip(leaves(p), leaves(g), state, strict=True):
                adam_step(a, slope, m, v, step, learning_rate=0.01)
        means.append(float(np.mean(values)))
        if show and (epoch == 1 or epoch % 10 == 0):
            show(f"epoch {epoch:3d}   loss {means[-1]:.3f}")
    return p, means


def picture(p, z):
    """The image at a point of the plane, in characters."""
    shades = " .:-=+*#%@"
    white = 1 / (1 + np.exp(-decode(p, np.asarray(z, dtype=float))))
    return ["".join(2 * shades[int(9.99 * v)] for v in row) for row in white.reshape(8, 8)]


if __name__ == "__main__":
    start = time.perf_counter()
    p, _ = train(rng=0)
    print(f"{time.perf_counter() - start:.1f} s; what the decoder draws along a line through the plane:")
    for rows in zip(*(picture(p, (t, -t)) for t in (-1.5, -0.5, 0.5, 1.5)), strict=True):
        print("  ".join(rows))
