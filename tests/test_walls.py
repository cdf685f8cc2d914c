"""The house rules that a machine can check: where files stand, what may import what, how long things may be, which
compiler flags and which paths may never appear."""

import ast
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).parents[1]
SRC = ROOT / "src" / "mathcore"
TESTS = ROOT / "tests"
PYTHON = sorted(p for folder in (SRC, TESTS, ROOT / "benchmarks") for p in folder.rglob("*.py")) + [ROOT / "setup.py"]
MODULES = sorted(SRC.rglob("*.py"))
KERNELS = sorted(SRC.rglob("*.pyx"))


def relative(path):
    return str(path.relative_to(ROOT))


def tracked():
    """Files that git knows or would take; without git, all but what a build leaves."""
    try:
        names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True,
                               text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        left = {".git", "build", "dist", "__pycache__", ".ruff_cache", ".pytest_cache"}
        return [p for p in ROOT.rglob("*") if p.is_file() and not left & set(p.parts) and p.suffix not in (".so", ".o")]
    return [ROOT / name for name in names.stdout.splitlines() if (ROOT / name).is_file()]


def is_generated(path):
    """What Cython wrote."""
    return path.suffix in (".c", ".cpp") and path.with_suffix(".pyx").exists()


def text_files():
    for path in tracked():
        if is_generated(path):
            continue
        try:
            yield path, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue                     # data, pictures


# ------------------------------------------------------------------ imports point one way

# Rooms from the ground up; a room may import from those on lower floors, and from itself.
FLOORS = [
    ("_status",),
    ("_kernels",),
    ("_validate", "plot"),               # pictures take arrays and know no room: what every trace may draw with
    ("linalg", "special"),
    ("losses", "distance", "probability", "stats"),
    ("bayes", "information"),
    ("autodiff",),
    ("optimize",),
    ("nn", "metrics", "datasets"),
    ("models", "distributed"),
    ("_config", "_threadpoolctl", "_tour_fits", "_tour_calculus", "_tour_probability", "_tour_distances"),
    ("_tour",),
    ("__main__",),
]
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}


def room_of(module):
    """mathcore.linalg.matmul -> linalg; the package itself -> ""."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else ""


def imported_rooms(source):
    """Rooms that a module's text imports, wherever in it; `from mathcore import x` counts as x."""
    rooms = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            rooms |= {room_of(a.name) for a in node.names if a.name.split(".")[0] == "mathcore"}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute here"
            if node.module == "mathcore":
                rooms |= {a.name if a.name in FLOOR else "" for a in node.names}
            elif node.module.startswith("mathcore."):
                rooms.add(room_of(node.module))
    return rooms


def cython_imports(source):
    """The same for a .pyx file, which is no Python: lines that import or cimport."""
    found = re.findall(r"^\s*(?:from|import|cimport)\s+mathcore\.(\w+)(?:\.(\w+))?", source, flags=re.MULTILINE)
    return {room for room, _ in found}


def home(path):
    parts = path.relative_to(SRC).with_suffix("").parts
    return "" if parts == ("__init__",) else parts[0]


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_imports_point_downwards(path):
    room = home(path)
    imported = imported_rooms(path.read_text(encoding="utf-8")) - {room}
    if room == "":                       # the package: the runtime at once, rooms when they are first used
        assert imported <= {"_config", "_kernels", "_threadpoolctl"}
        return
    assert room in FLOOR, "a room that has no floor yet"
    may_see_package = FLOOR[room] > FLOOR["models"]
    for other in imported:
        assert other or may_see_package, f"{room} imports the package itself"
        assert not other or FLOOR[other] < FLOOR[room], f"{room} imports {other}"


@pytest.mark.parametrize("path", KERNELS, ids=relative)
def test_kernels_know_nothing_of_wrappers(path):
    assert cython_imports(path.read_text(encoding="utf-8")) <= {"_kernels", "_status"}


@pytest.mark.parametrize("path", [p for p in MODULES if home(p) == "linalg"], ids=relative)
def test_wrappers_of_a_room_reach_compiled_code_through_kernels(path):
    """No wrapper loads a C library or opens a thread of its own."""
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    names = {a.name for node in nodes if isinstance(node, ast.Import) for a in node.names}
    names |= {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    forbidden = {"ctypes", "threading", "multiprocessing", "concurrent", "subprocess"}
    assert not forbidden & {name.split(".")[0] for name in names}


def test_bodies_in_c_include_nothing_and_allocate_nothing():
    for path in sorted(SRC.rglob("*-inl.h")):
        text = re.sub(r"/\*.*?\*/|//[^\n]*", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert "#include" not in text, relative(path)
        assert not re.search(r"\b(malloc|calloc|realloc|free|errno|printf|pthread_\w+)\b", text), relative(path)


def test_import_rule_sees_a_backward_arrow():
    assert imported_rooms("from mathcore.models import knn\nimport mathcore.nn as nn") == {"models", "nn"}
    assert imported_rooms("def f():\n    from mathcore import linalg, threads") == {"linalg", ""}
    assert FLOOR["linalg"] < FLOOR["models"]
    assert cython_imports("from mathcore.linalg.matmul cimport x\ncimport numpy") == {"linalg"}


# ------------------------------------------------------------------ mirror files, lengths

def mirror(path):
    """The rule: src/mathcore/<room>/<word> is tested in tests/<room>/test_<word>.py; underscores are left out."""
    parts = [part.strip("_") for part in path.relative_to(SRC).with_suffix("").parts]
    return TESTS.joinpath(*parts[:-1], f"test_{parts[-1]}.py")


@pytest.mark.parametrize("path", [p for p in MODULES + KERNELS if p.name != "__init__.py"], ids=relative)
def test_every_module_has_its_mirror(path):
    assert mirror(path).exists(), f"expected {relative(mirror(path))}"


def test_mirror_rule():
    assert relative(mirror(SRC / "linalg" / "lu.py")) == "tests/linalg/test_lu.py"
    assert relative(mirror(SRC / "_kernels" / "lu.pyx")) == "tests/kernels/test_lu.py"
    assert relative(mirror(SRC / "_validate.py")) == "tests/test_validate.py"
    assert relative(mirror(SRC / "__main__.py")) == "tests/test_main.py"


SOURCES = [p for p in tracked() if p.suffix in (".py", ".pyx", ".pxd", ".c", ".h") and not is_generated(p)]


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_files_stay_under_600_lines(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 600


def function_lengths(source):
    """name -> lines without the docstring, of every function in a module's text."""
    found = {}
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = node.end_lineno - node.lineno + 1
            if ast.get_docstring(node) is not None:
                lines -= node.body[0].end_lineno - node.body[0].lineno + 1
            found[node.name] = lines
    return found


@pytest.mark.parametrize("path", PYTHON, ids=relative)
def test_functions_stay_under_60_lines(path):
    long = {name: n for name, n in function_lengths(path.read_text(encoding="utf-8")).items() if n > 60}
    assert not long


def test_lengths_are_counted_without_docstrings():
    source = 'def f():\n    """One\n    two."""\n    return 1\n\n\nclass A:\n    def g(self):\n        return 2\n'
    assert function_lengths(source) == {"f": 2, "g": 2}


# ------------------------------------------------------------------ what may never appear

def forbidden_flags():
    """Spelt in parts, so that this file is no finding of its own."""
    return ["-O" + "fast", "-f" + "fast-math", "-funsafe-" + "math-optimizations", "-march=" + "native",
            "-fassociative" + "-math",
            "-ffinite-" + "math-only", "-freciprocal" + "-math", "-mtune=" + "native"]


def code_of(path, text):
    """A file without its comments, which may say why a flag is not used."""
    if path.suffix in (".c", ".h"):
        return re.sub(r"/\*.*?\*/|//[^\n]*", "", text, flags=re.DOTALL)
    if path.suffix in (".py", ".pyx", ".pxd", ".toml", ".sh", ".cfg", ".yml") or not path.suffix:
        return re.sub(r"#[^\n]*", "", text)
    return ""


def test_no_forbidden_flags():
    """They change what floating-point code means, some for the whole process, or bind a wheel to one CPU."""
    flags = re.compile("|".join(map(re.escape, forbidden_flags())) + r"|optimize\s*\(\s*\"[^\"]*fast-math")
    seen = 0
    for path, text in text_files():
        seen += 1
        assert not flags.search(code_of(path, text)), relative(path)
    assert seen > 30


def test_flag_rule_sees_a_flag():
    text = f'FLAGS = ["-O3", "{forbidden_flags()[1]}"]  # {forbidden_flags()[0]}'
    code = code_of(ROOT / "setup.py", text)
    assert forbidden_flags()[1] in code
    assert forbidden_flags()[0] not in code


# Folders of one person's or one machine's; interfaces of the system (proc, sys, dev, bin) are the same everywhere.
ABSOLUTE = re.compile(r"(?<![\w./~])(?:/(?:home|work|workspace|Users|root|mnt|opt|tmp|var)/[\w.])")


def test_no_absolute_paths():
    for path, text in text_files():
        found = ABSOLUTE.search(text)
        assert not found, f"{relative(path)}: {text[found.start():found.start() + 40]!r}"


def test_path_rule_sees_a_path():
    for part in ("home", "work", "Users", "tmp"):
        assert ABSOLUTE.search(f'open("/{part}/someone/x")')
    for harmless in ("https://example.org/home/x", "a/tmp/b", "tmp/x", "/proc/self/status", "../lib/main", "C/C++"):
        assert not ABSOLUTE.search(harmless), harmless


def test_no_skip_without_a_reason():
    """Nor one that a maintainer would not accept: each names what the machine or the installation lacks."""
    for path in TESTS.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            name = ast.unparse(node.func)
            if name == "pytest.skip":
                assert node.args, f"{relative(path)}:{node.lineno}"
            if name in ("pytest.mark.skipif", "pytest.mark.skip", "pytest.mark.xfail"):
                reasons = [k for k in node.keywords if k.arg == "reason"]
                assert reasons, f"{relative(path)}:{node.lineno}"
