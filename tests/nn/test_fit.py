"""Arguments that MLP's methods refuse, parameters that were spoilt: the message says which, nothing is changed."""

import numpy as np
import pytest

from tests.networks import assert_parameters, data, model, snapshot
from tests.oracles import assert_same_bits


def _x(*shape):
    return np.ones(shape)


# method, arguments, options, error, what the message must hold
MISUSE = (
    ("fit", (_x(4, 6), [0] * 4), {}, ValueError, "MLP.fit: x ", "(4, 6)"),
    ("fit", (_x(5), [0]), {}, ValueError, "MLP.fit: x ", "(5,)"),
    ("fit", (_x(0, 5), []), {}, ValueError, "MLP.fit: x ", "(0, 5)"),
    ("fit", (np.full((4, 5), "a"), [0] * 4), {}, TypeError, "MLP.fit: x ", "<U1"),
    ("fit", (_x(4, 5) * 1j, [0] * 4), {}, TypeError, "MLP.fit: x ", "complex128"),
    ("fit", (_x(4, 5), [0] * 3), {}, ValueError, "MLP.fit: rows of x and labels", "(3,)"),
    ("fit", (_x(4, 5), [0, 1, 2, 3]), {}, ValueError, "MLP.fit: labels[3]", "got 3"),
    ("fit", (_x(4, 5), [0, 1, -1, 2]), {}, ValueError, "MLP.fit: labels[2]", "got -1"),
    ("fit", (_x(4, 5), np.array([0, 1, 2**63, 2], "u8")), {}, ValueError, "MLP.fit: labels[2]", str(2**63)),
    ("fit", (_x(4, 5), [0.0] * 4), {}, TypeError, "MLP.fit: labels", "float64"),
    *(("fit", (_x(4, 5), [0] * 4), {name: value}, error, f"MLP.fit: {name} ", repr(value)) for name, value, error in (
        ("epochs", -1, ValueError), ("epochs", 1.0, TypeError), ("batch_size", 0, ValueError),
        ("batch_size", "8", TypeError), ("optimizer", "lbfgs", ValueError), ("optimizer", None, ValueError),
        ("learning_rate", 0, ValueError), ("learning_rate", -1.0, ValueError), ("learning_rate", np.inf, ValueError),
        ("learning_rate", "1", TypeError), ("momentum", 1, ValueError), ("momentum", -0.1, ValueError),
        ("momentum", None, TypeError), ("weight_decay", -1, ValueError), ("weight_decay", np.nan, ValueError),
        ("tol", -1, ValueError), ("tol", None, TypeError), ("patience", 0, ValueError), ("patience", 1.5, TypeError),
        ("callback", 5, TypeError), ("rng", "a", TypeError), ("rng", -1, ValueError))),
    ("fit", (_x(4, 5), [0] * 4), {"workers": 0}, ValueError, "MLP.fit: workers", "0"),
    ("fit", (_x(4, 5), [0] * 4), {"validation": 5}, TypeError, "MLP.fit: validation", "int"),
    ("fit", (_x(4, 5), [0] * 4), {"validation": (_x(2, 5),)}, TypeError, "MLP.fit: validation", "tuple"),
    ("fit", (_x(4, 5), [0] * 4), {"validation": (_x(2, 4), [0, 1])}, ValueError, "MLP.fit: validation", "(2, 4)"),
    ("fit", (_x(4, 5), [0] * 4), {"validation": (_x(2, 5), [0])}, ValueError, "MLP.fit: rows of x and valid", "(1,)"),
    ("fit", (_x(4, 5), [0] * 4), {"validation": (_x(2, 5), [0, 9])}, ValueError, "MLP.fit: validation labels[1]", "9"),
    ("fit", (_x(4, 5), [0] * 4), {"validation": (_x(0, 5), [])}, ValueError, "MLP.fit: validation", "(0, 5)"),
    *((name, (_x(4, 6),), {}, ValueError, f"MLP.{name}: x ", "(4, 6)") for name in ("predict", "predict_proba")),
    *((name, (_x(4, 5),), {"workers": 0}, ValueError, f"MLP.{name}: workers", "0")
      for name in ("predict", "predict_proba")),
    ("score", (_x(4, 6), [0] * 4), {}, ValueError, "MLP.score: x ", "(4, 6)"),
    ("score", (_x(4, 5), [0] * 3), {}, ValueError, "MLP.score: rows of x and labels", "(3,)"),
    ("score", (_x(4, 5), [0, 1, 2, 9]), {}, ValueError, "MLP.score: labels[3]", "9"),
    ("score", (_x(0, 5), np.zeros(0, int)), {}, ValueError, "MLP.score: x ", "0"),
    ("save", (5,), {}, TypeError, "MLP.save: path", "5"),
    ("load", (5,), {}, TypeError, "MLP.load: path", "5"),
    ("load", ("nothing.npz",), {"rng": "a"}, TypeError, "MLP.load: rng", "'a'"),
)


@pytest.mark.parametrize(("method", "args", "options", "error", "begins", "shows"), MISUSE,
                         ids=[f"{row[0]} {i}" for i, row in enumerate(MISUSE)])
def test_misuse_names_itself_and_changes_nothing(method, args, options, error, begins, shows):
    m = model().fit(*data(), epochs=1, optimizer="momentum")
    state = [a.copy() for pair in m._optimizer[1] for a in pair]
    before, curve = snapshot(m), list(m.loss_curve)
    with pytest.raises(error) as caught:
        getattr(m, method)(*args, **options)
    assert type(caught.value) is error
    assert str(caught.value).startswith(begins), str(caught.value)
    assert shows in str(caught.value)
    assert_parameters(m, before)
    assert m.loss_curve == curve
    for a, b in zip([a for pair in m._optimizer[1] for a in pair], state, strict=True):
        assert_same_bits(a, b)


def _frozen(w):
    w = w.copy()
    w.flags.writeable = False
    return w


SPOILT = {
    "another shape": lambda m: m.weights.__setitem__(0, np.ones((4, 6))),
    "other layers that fit each other": lambda m: (m.weights.__setitem__(0, np.ones((7, 5))),
                                                   m.biases.__setitem__(0, np.ones(7)),
                                                   m.weights.__setitem__(1, np.ones((3, 7)))),
    "another dtype": lambda m: m.weights.__setitem__(1, m.weights[1].astype("f4")),
    "another dtype everywhere": lambda m: (m.weights.__setitem__(slice(None), [w.astype("f4") for w in m.weights]),
                                           m.biases.__setitem__(slice(None), [b.astype("f4") for b in m.biases])),
    "read-only": lambda m: m.weights.__setitem__(0, _frozen(m.weights[0])),
    "a bias too long": lambda m: m.biases.__setitem__(1, np.ones(4)),
    "a list": lambda m: m.weights.__setitem__(0, m.weights[0].tolist()),
    "None": lambda m: m.biases.__setitem__(0, None),
    "gaps": lambda m: m.weights.__setitem__(0, np.ones((8, 10))[::2, ::2]),
    "one weight less": lambda m: m.weights.pop(),
    "one layer less": lambda m: (m.weights.pop(), m.biases.pop()),
    "no layer": lambda m: (m.weights.clear(), m.biases.clear()),
}


@pytest.mark.parametrize("what", SPOILT)
def test_spoilt_parameters_are_seen_before_a_kernel_reads_them(what, tmp_path):
    x, labels = data()
    for name, call in {"fit": lambda m: m.fit(x, labels), "predict": lambda m: m.predict(x),
                       "predict_proba": lambda m: m.predict_proba(x), "score": lambda m: m.score(x, labels),
                       "save": lambda m: m.save(tmp_path / "model")}.items():
        m = model()
        SPOILT[what](m)
        with pytest.raises((ValueError, TypeError), match=rf"^MLP\.{name}: .*expected .*got "):
            call(m)
    assert not list(tmp_path.iterdir())
