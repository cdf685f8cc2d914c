"""Every example in a docstring and every block of Python in the README runs and gives what it shows."""

import doctest
import importlib
import inspect
import os
import pathlib
import pkgutil
import re

import numpy as np
import pytest

import mathcore

ROOT = pathlib.Path(__file__).parents[1]
MISSING = {"plot": "matplotlib"}         # rooms whose examples need an optional package


def modules():
    yield mathcore
    for info in pkgutil.walk_packages(mathcore.__path__, "mathcore."):
        if info.name != "mathcore.__main__":
            yield importlib.import_module(info.name)


def documented():
    """name -> docstring of every module, function, class and method of the package, compiled ones too."""
    found = {}
    for module in modules():
        found[module.__name__] = module.__doc__
        for name, thing in vars(module).items():
            if getattr(thing, "__module__", None) != module.__name__ or not (callable(thing) or inspect.isclass(thing)):
                continue
            found[f"{module.__name__}.{name}"] = thing.__doc__
            if inspect.isclass(thing):
                for part, member in vars(thing).items():
                    if callable(member) and getattr(member, "__doc__", None):
                        found[f"{module.__name__}.{name}.{part}"] = member.__doc__
    return {name: doc for name, doc in found.items() if doc and ">>>" in doc}


DOCUMENTED = documented()


def failures(name, text, options=0):
    """What doctest reports of the examples in `text`; "" where all of them give what they show."""
    test = doctest.DocTestParser().get_doctest(text, {}, name, name, 0)
    assert test.examples
    report = []
    with np.printoptions():
        doctest.DocTestRunner(optionflags=options).run(test, out=report.append)
    return "".join(report)


@pytest.mark.parametrize("name", DOCUMENTED)
def test_docstring_examples(name, tmp_path, monkeypatch):
    room = name.split(".")[1] if "." in name else ""
    if room in MISSING:
        pytest.importorskip(MISSING[room])
    monkeypatch.chdir(tmp_path)
    assert failures(name, DOCUMENTED[name]) == ""


def test_examples_are_found_in_compiled_code_too():
    assert "mathcore._kernels.runtime.threads" in DOCUMENTED
    assert "mathcore._kernels.runtime.set_num_threads" in DOCUMENTED
    assert "mathcore.linalg.matmul.matmul" in DOCUMENTED
    assert "mathcore.datasets" in DOCUMENTED


def test_a_wrong_example_fails():
    assert failures("right", ">>> 1 + 1\n2\n") == ""
    assert "Expected:\n    3\nGot:\n    2" in failures("wrong", ">>> 1 + 1\n3\n")
    assert "NameError" in failures("raises", ">>> nonsense\n1\n")


# ------------------------------------------------------------------ README

def python_blocks(text):
    return re.findall(r"^```python\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


def run_blocks(blocks):
    """One after the other in one namespace, as a reader would type them."""
    namespace = {"__name__": "__main__"}
    for i, block in enumerate(blocks):
        if ">>>" in block:
            test = doctest.DocTestParser().get_doctest(block, namespace, f"block {i}", "README.md", 0)
            report = []
            doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=report.append, clear_globs=False)
            assert "".join(report) == ""
            namespace = test.globs
        else:
            exec(compile(block, f"README.md, block {i}", "exec"), namespace)


def test_readme(tmp_path, monkeypatch, capsys):
    path = ROOT / "README.md"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    if not text.strip():
        pytest.skip("README.md is not written yet")
    blocks = python_blocks(text)
    assert blocks, "README.md shows no Python"
    assert text.count("```") % 2 == 0
    monkeypatch.chdir(tmp_path)
    run_blocks(blocks)


def test_readme_links_lead_somewhere():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", text):
        assert os.path.exists(ROOT / target), target


def test_a_wrong_block_fails():
    run_blocks(["x = 1", ">>> x + 1\n2\n", "assert x == 1"])
    with pytest.raises(AssertionError):
        run_blocks(["x = 1", ">>> x + 1\n3\n"])
    with pytest.raises(NameError):
        run_blocks(["nonsense"])
    assert python_blocks("a\n```python\nx = 1\n```\n```sh\nls\n```\n") == ["x = 1\n"]
