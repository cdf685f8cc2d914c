"""The programs in examples/ do what they say."""

import importlib.util
import pathlib

import numpy as np
import pytest

from mathcore.autodiff import check_grads

EXAMPLES = pathlib.Path(__file__).parents[1] / "examples"


def load(name):
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_variational_autoencoder_learns():
    vae = load("vae")
    lines = []
    p, means = vae.train(epochs=3, rng=0, show=lines.append)
    assert means[-1] < 0.85 * means[0]
    assert lines == [f"epoch   1   loss {means[0]:.3f}"]
    assert [len(row) for row in vae.picture(p, (0.0, 0.0))] == [16] * 8
    rng = np.random.default_rng(1)
    x, e = rng.random((3, vae.N_PIXELS)), rng.standard_normal((3, vae.N_LATENT))
    check_grads(lambda w: vae.loss({**p, "mean": [w, p["mean"][1]]}, x, e), (p["mean"][0],), order=1)


def test_its_divergence_is_the_closed_form():
    """Pixels of zero weight leave KL(N(m, s^2) | N(0, 1)), here by drawing."""
    vae = load("vae")
    p = vae.parameters(np.random.default_rng(0))
    p["pixels"] = [np.zeros((vae.N_HIDDEN, vae.N_PIXELS)), np.zeros(vae.N_PIXELS)]
    x = np.random.default_rng(2).random((1, vae.N_PIXELS))
    h = np.tanh(vae.dense(p["encoder"], x))
    m, s = vae.dense(p["mean"], h), np.exp(vae.dense(p["log s"], h))
    z = m + s * np.random.default_rng(3).standard_normal((400_000, vae.N_LATENT))
    drawn = np.mean(np.sum(0.5 * z ** 2 - 0.5 * ((z - m) / s) ** 2 - np.log(s), axis=1))
    exact = vae.loss(p, x, np.zeros((1, vae.N_LATENT))) - vae.N_PIXELS * np.log(2)
    assert exact == pytest.approx(drawn, abs=0.02)


def test_similar_documents_and_people():
    similar = load("similar")
    nearest = similar.nearest_documents(similar.DOCUMENTS)
    assert {name: other for name, (other, _) in nearest.items()} == {
        "gradient": "newton", "newton": "gradient", "bayes": "posterior", "posterior": "bayes"}
    filled = similar.foretold(similar.RATINGS)
    known = ~np.isnan(similar.RATINGS)
    np.testing.assert_array_equal(filled[known], similar.RATINGS[known])
    emma, casablanca, brazil = (similar.FILMS.index(film) for film in ("Emma", "Casablanca", "Brazil"))
    assert filled[1, emma] < filled[1, brazil]          # person 1 rates as persons 0 and 4 do
    assert filled[5, casablanca] > filled[5, brazil]    # person 5 as persons 2 and 3
