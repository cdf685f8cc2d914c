"""show_config: the table and the dictionary."""

import os
import platform

import numpy as np
import scipy

import mathcore
from mathcore._kernels import runtime


def test_dictionary():
    config = mathcore.show_config(mode="dicts")
    assert config["mathcore"] == mathcore.__version__
    assert config["numpy"] == np.__version__
    assert config["scipy"] == scipy.__version__
    assert config["python"] == platform.python_version()
    assert config["instruction set"] == {"in use": runtime.get_isa(), "available": list(runtime.available_isas())}
    with mathcore.threads(5):
        threads = mathcore.show_config(mode="dicts")["threads"]
    assert threads["in use"] == 5
    assert threads["usable CPUs"] == runtime.usable_cpus()
    assert threads["started"] == runtime.pool_size()


def test_table(capsys):
    assert mathcore.show_config() is None
    lines = capsys.readouterr().out.splitlines()
    assert [line[:16].strip() for line in lines] == list(mathcore.show_config(mode="dicts"))
    assert lines[0].split() == ["mathcore", mathcore.__version__]


def test_headers_for_cython_code():
    found = os.listdir(mathcore.get_include())
    assert "runtime.pxd" in found
    assert "__init__.py" in found, "cimport needs a package"
    assert os.path.isdir(os.path.join(mathcore.get_include(), "simd")), "the headers that the .pxd files name"


def test_rooms_are_loaded_when_first_used():
    assert mathcore.linalg.matmul is not None
    assert set(mathcore.__all__) <= set(dir(mathcore))
