"""MLP.save and MLP.load: the same bits back, or "MLP.load: ..." for whatever is no model. Nothing in a file is run."""

import io
import json
import os
import pathlib
import pickle
import tracemalloc
import zipfile

import numpy as np
import pytest

from mathcore.nn import MLP
from tests.oracles import assert_same_bits

SIZES = (4, 3, 2)


def trained(dtype="float64", activation="tanh", sizes=SIZES):
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((20, sizes[0])), rng.integers(0, sizes[-1], 20)
    return MLP(sizes, activation=activation, dtype=dtype, rng=0).fit(x, y, epochs=2, validation=(x, y))


def assert_same_model(m, expected):
    assert type(m) is MLP
    assert (m.layers, m.activation, m.dtype) == (expected.layers, expected.activation, expected.dtype)
    for a, b in zip((*m.weights, *m.biases), (*expected.weights, *expected.biases), strict=True):
        assert_same_bits(a, b)
    assert m.loss_curve == expected.loss_curve
    assert m.validation_curve == expected.validation_curve


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("activation", ["identity", "relu", "sigmoid", "tanh"])
def test_round_trip(tmp_path, dtype, activation):
    m = trained(dtype, activation)
    m.save(tmp_path / "model.npz")
    loaded = MLP.load(tmp_path / "model.npz", rng=5)
    assert_same_model(loaded, m)
    assert [p.name for p in tmp_path.iterdir()] == ["model.npz"]
    x = np.random.default_rng(1).standard_normal((30, 4))
    assert_same_bits(loaded.predict_proba(x), m.predict_proba(x))
    labels = np.arange(30) % 2
    other = MLP.load(tmp_path / "model.npz", rng=5).fit(x, labels, optimizer="adam")
    assert_same_model(loaded.fit(x, labels, optimizer="adam"), other)


@pytest.mark.parametrize("kind", [str, pathlib.Path, os.fsencode])
def test_kinds_of_path(tmp_path, kind):
    m = trained()
    m.save(kind(tmp_path / "model"))
    assert [p.name for p in tmp_path.iterdir()] == ["model.npz"], "the suffix is added"
    assert_same_model(MLP.load(kind(tmp_path / "model.npz")), m)
    m.save(kind(tmp_path / "model.npz"))
    assert [p.name for p in tmp_path.iterdir()] == ["model.npz"]


def test_weights_of_any_order_and_special_values(tmp_path):
    m = trained()
    m.weights[0] = np.ascontiguousarray(m.weights[0])
    m.weights[0][0, 0], m.biases[0][0] = np.nan, -np.inf
    m.loss_curve.append(np.inf)
    m.save(tmp_path / "model")
    assert_same_model(MLP.load(tmp_path / "model.npz"), m)


def test_a_failing_save_leaves_the_old_file(tmp_path, monkeypatch):
    m = trained()
    m.save(tmp_path / "model")
    content = (tmp_path / "model.npz").read_bytes()

    def broken(file, **arrays):
        file.write(b"half")
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez", broken)
    with pytest.raises(OSError, match="disk full"):
        trained("float32").save(tmp_path / "model")
    assert [p.name for p in tmp_path.iterdir()] == ["model.npz"]
    assert (tmp_path / "model.npz").read_bytes() == content


def test_files_that_cannot_be_read_say_so(tmp_path):
    with pytest.raises(FileNotFoundError):
        MLP.load(tmp_path / "nothing.npz")
    with pytest.raises(IsADirectoryError):
        MLP.load(tmp_path)
    with pytest.raises(FileNotFoundError):
        trained().save(tmp_path / "nowhere" / "model")


# ------------------------------------------------------------------ damage

MODEL = trained()


@pytest.fixture(scope="module")
def content(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "model.npz"
    MODEL.save(path)
    return path.read_bytes()


def refused(path, content):
    """Loads what is no model: the error's message; None where it is the model all the same."""
    path.unlink(missing_ok=True)         # truncated in place, ext4 would flush it: 2 ms each
    path.write_bytes(content)
    m, error = loaded_or_error(path)
    if error is None:
        assert_same_model(m, MODEL)
        return None
    assert type(error) is ValueError
    assert str(error).startswith(f"MLP.load: {str(path)!r} is no model; expected a file that MLP.save wrote (")
    return str(error)


def loaded_or_error(path):
    try:
        return MLP.load(path), None
    except ValueError as error:
        return None, error


def test_files_cut_at_every_length(tmp_path, content):
    for length in range(len(content)):
        assert refused(tmp_path / "cut.npz", content[:length]), length


def test_bits_turned(tmp_path, content):
    """2000 bytes replaced at random: an error of ours, or bytes that say nothing (dates, attributes of the archive)."""
    rng = np.random.default_rng(0)
    harmless = 0
    for _ in range(2000):
        spoilt = bytearray(content)
        spoilt[rng.integers(len(spoilt))] ^= int(rng.integers(1, 256))
        harmless += refused(tmp_path / "spoilt.npz", bytes(spoilt)) is None
    assert harmless < 1500


def test_methods_of_compression_that_do_not_fit(tmp_path, content):
    """The stored bytes read as each method that zipfile knows: zlib, bz2 and lzma have errors of their own."""
    spots = [i for i in range(len(content)) if content.startswith((b"PK\x03\x04", b"PK\x01\x02"), i)]
    for method in (1, 8, 9, 12, 14, 93, 99):
        spoilt = bytearray(content)
        for i in spots:
            spoilt[i + (8 if content[i + 2] == 3 else 10)] = method
        assert refused(tmp_path / "method.npz", bytes(spoilt)), method


def archive(compression=zipfile.ZIP_STORED, about=None, members=None, **changes):
    """The members of a saved model, some of them replaced (None: left out)."""
    replaced = (members or {}) | changes
    m = MODEL
    what = {"format": "mathcore.nn.MLP 1", "layers": m.layers, "activation": m.activation, "dtype": m.dtype}
    members = {"about": np.frombuffer(json.dumps(what | (about or {})).encode(), np.uint8),
               "loss_curve": np.array(m.loss_curve), "validation_curve": np.array(m.validation_curve)}
    members |= {f"weight{i}": w for i, w in enumerate(m.weights)} | {f"bias{i}": b for i, b in enumerate(m.biases)}
    members |= replaced
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as z:
        for name, value in members.items():
            if value is not None:
                part = io.BytesIO()
                np.save(part, value, allow_pickle=True)
                z.writestr(f"{name}.npy", value if isinstance(value, bytes) else part.getvalue())
    return file.getvalue()


def test_archives_made_by_others_are_taken(tmp_path):
    for compression in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        assert refused(tmp_path / "good.npz", archive(compression)) is None
        assert refused(tmp_path / "good.npz", archive(compression, more=np.arange(3))) is None


def header(shape, descr="<f8"):
    """The head of a .npy member that promises `shape`."""
    text = repr({"descr": descr, "fortran_order": False, "shape": shape}).encode()
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


BAD = {
    **{f"without {name}": {name: None} for name in ("weight0", "weight1", "bias0", "bias1", "loss_curve",
                                                    "validation_curve")},
    "another format": {"about": {"format": "mathcore.nn.MLP 2"}}, "no format": {"about": {"format": None}},
    **{f"layers {layers!r}": {"about": {"layers": layers}} for layers in (
        None, 5, "ab", [], [4], [4, 3, 2, 2], [4, 2, 2], [4, -3, 2], [4, 0, 2], [4.0, 3, 2], [[4], 3, 2],
        [10**9, 10**9], [10**30, 10**30], [4, 10**12, 2], [2] * 100, {"a": 1}, [None, 3, 2], ["4", "3", "2"],
        [10**9, -10**9, 10**9])},
    **{f"activation {value!r}": {"about": {"activation": value}} for value in (None, "gelu", 1, [])},
    **{f"dtype {value!r}": {"about": {"dtype": value}} for value in (None, "float32", "float16", "object", 8)},
    "weights of another shape": {"weight0": np.ones((3, 5))}, "a bias of another shape": {"bias1": np.ones((2, 1))},
    "weights of another type": {"weight0": np.ones((3, 4), "f4")},
    "weights byte-swapped": {"weight0": np.ones((3, 4), ">f8")},
    "a curve of integers": {"loss_curve": np.arange(3)}, "a curve of two axes": {"loss_curve": np.ones((2, 2))},
    "a curve of text": {"validation_curve": np.array(["a"])},
    "objects for weights": {"weight0": np.array([print] * 12, object).reshape(3, 4)},
    "objects for a curve": {"loss_curve": np.array([{}, ()], object)},
    "huge weights promised": {"weight0": header((10**8, 10**3))},
    "a huge curve promised": {"loss_curve": header((10**11,))},
    "more than there is": {"loss_curve": header((2**63, 2**63))},
    "a negative shape": {"weight0": header((-3, 4))},
    "a head of nonsense": {"weight0": b"\x93NUMPY\x01\x00\x06\x00(((((("},
    "an old head": {"weight0": b"\x93NUMPY\x01\x00\x10\x00{'descr': 10L, ("},
    "a member that is no array": {"weight0": b"abc"}, "an empty member": {"bias0": b""},
}
for name, text in {"about no JSON": b"{", "about no text": b"\xff\xfe", "about a list": b"[]", "about empty": b"",
                   "about deep": b"[" * 100_000}.items():
    BAD[name] = {"members": {"about": np.frombuffer(text, np.uint8)}}
BAD["without about"] = {"members": {"about": None}}


@pytest.mark.parametrize("what", BAD)
def test_parts_that_do_not_fit(tmp_path, what):
    """And no memory to speak of, whatever is promised."""
    spoilt = archive(**BAD[what])
    tracemalloc.start()
    try:
        assert refused(tmp_path / "bad.npz", spoilt)
        assert tracemalloc.get_traced_memory()[1] < 64 << 20
    finally:
        tracemalloc.stop()


def test_a_small_file_cannot_ask_for_much(tmp_path):
    """Zeros deflate to a thousandth: no model is larger than what its file can hold."""
    spoilt = archive(zipfile.ZIP_DEFLATED, about={"layers": [10_000, 10_000, 2]})
    tracemalloc.start()
    try:
        assert "need more than the file holds" in refused(tmp_path / "bomb.npz", spoilt)
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()


class Bomb:
    def __reduce__(self):
        return os.mkdir, (Bomb.where,)


def test_no_pickle_is_loaded(tmp_path):
    Bomb.where = str(tmp_path / "executed")
    for spoilt in (pickle.dumps(Bomb()), archive(weight0=np.array([Bomb()], object)),
                   archive(weight0=pickle.dumps(Bomb())),
                   archive(loss_curve=np.array([Bomb()], object))):
        assert refused(tmp_path / "bomb.npz", spoilt)
        assert not os.path.exists(Bomb.where)


def test_other_files(tmp_path):
    one_array = io.BytesIO()
    np.save(one_array, np.ones(3))
    for other in (b"", b"\0" * 100, b"PK", b"PK\x05\x06" + b"\0" * 18, b"text\n" * 1000, one_array.getvalue()):
        assert refused(tmp_path / "other.npz", other)
