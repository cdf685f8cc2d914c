"""The registry is complete, every public name is documented, and every fault row fails as it says."""

import copy
import hashlib
import importlib
import inspect
import pkgutil
import re

import numpy as np
import pytest

import mathcore
from mathcore import linalg, special
from tests.ops import NAMES, OF_SCIPY, OPS, SPECIAL, Name, arrays_of

ROOMS = [importlib.import_module(f"mathcore.{m.name}") for m in pkgutil.iter_modules(mathcore.__path__)
         if not m.name.startswith("_")] + [importlib.import_module("mathcore.optimize.schedules")]
RECORDS = [*NAMES, *(Name(linalg, op.name, op.faults) for op in OPS.values())]
FUNCTIONS = [r for r in RECORDS if r.is_function]
FAULTS = [(r, fault) for r in RECORDS for fault in r.faults]


def full_name(record):
    return f"{record.room.__name__}.{record.name}"


def test_every_public_name_has_a_record_and_every_record_a_name():
    public = {f"{room.__name__}.{name}" for room in (mathcore, *ROOMS) for name in room.__all__}
    assert public == {full_name(r) for r in RECORDS}
    assert len({full_name(r) for r in RECORDS}) == len(RECORDS)


def test_every_room_has_its_list():
    for module in (mathcore, *ROOMS):
        assert sorted(module.__all__) == sorted(set(module.__all__)), module.__name__
        for name in module.__all__:
            assert getattr(module, name) is not None
        assert set(module.__all__) <= set(dir(module))


def test_unknown_names_are_attribute_errors():
    with pytest.raises(AttributeError, match="module 'mathcore' has no attribute 'nonsense'"):
        _ = mathcore.nonsense


def test_names_of_special_that_are_others():
    """A record without faults of its own must be the very object that another name or SciPy tests."""
    import scipy.special

    assert special.sigmoid is special.expit
    for name in OF_SCIPY:
        assert getattr(special, name) is getattr(scipy.special, name)
    with pytest.raises(AttributeError, match="module 'mathcore.special' has no attribute 'nonsense'"):
        _ = special.nonsense


@pytest.mark.parametrize("op", OPS.values(), ids=list(OPS))
def test_records_say_what_the_signature_says(op):
    parameters = inspect.signature(op.function).parameters
    assert ("out" in parameters) == op.out
    assert ("workers" in parameters) == op.workers


# ------------------------------------------------------------------ docstrings

def sections(doc):
    """numpydoc: section title -> text."""
    parts = re.split(r"^(\w[\w ]*)\n-+\n", inspect.cleandoc(doc), flags=re.MULTILINE)
    return {"": parts[0], **dict(zip(parts[1::2], parts[2::2], strict=True))}


def documented_parameters(text):
    heads = re.findall(r"^(\S[^:\n]*?)(?: : .*)?$", text, flags=re.MULTILINE)
    return {name.strip().lstrip("*") for head in heads for name in head.split(",")}


@pytest.mark.parametrize("record", FUNCTIONS, ids=full_name)
def test_docstring(record):
    function = getattr(record.room, record.name)
    found = sections(function.__doc__)
    signature = inspect.signature(function)
    parameters = {p for p in signature.parameters if p != "self"}
    assert found[""].strip(), "no summary"
    assert documented_parameters(found.get("Parameters", "")) == parameters
    assert ("Returns" in found) == record.returns
    assert ">>>" in found.get("Examples", "")
    for title, text in found.items():
        assert text.strip(), f"section {title!r} is empty"
    known = ("", "Parameters", "Returns", "Raises", "Warns", "See Also", "Notes", "References", "Examples")
    assert [t for t in known if t in found] == list(found), "unknown section, or sections out of numpydoc's order"


@pytest.mark.parametrize("record", [r for r in FUNCTIONS if r.room is linalg and r.name != "outer"], ids=full_name)
def test_linalg_docstrings_state_error_and_cost(record):
    found = sections(getattr(record.room, record.name).__doc__)
    assert "Raises" in found
    assert re.search(r"[Ee]rror|dynamic programming", found["Notes"])
    assert re.search(r"flops|O\(", found["Notes"])


@pytest.mark.parametrize("record", [r for r in FUNCTIONS if r.faults], ids=full_name)
def test_errors_of_fault_rows_are_documented(record):
    """The classes that a function of linalg or special raises stand in its Raises section."""
    if record.room not in (linalg, special):
        return
    text = sections(getattr(record.room, record.name).__doc__).get("Raises", "")
    for error in {fault.error for fault in record.faults}:
        documented = [cls.__name__ for cls in error.__mro__]
        assert any(name in text for name in documented), error.__name__


# ------------------------------------------------------------------ fault rows

def fingerprint(x):
    """A hash of an array's bytes, shape and type; of anything else, its repr."""
    if not isinstance(x, np.ndarray):
        return repr(x)
    head = f"{type(x)} {x.dtype} {x.shape} {x.strides}"
    return head + hashlib.sha256(np.ascontiguousarray(x).tobytes()).hexdigest()


@pytest.mark.parametrize(("record", "fault"), FAULTS, ids=[f"{r.name}: {fault}" for r, fault in FAULTS])
def test_fault(record, fault):
    args, kwargs = fault.make()
    out = kwargs.get("out")
    if isinstance(out, np.ndarray) and out.flags.writeable:
        out[...] = 1
    watched = [*arrays_of(args), *args, *kwargs.values()]
    before = [fingerprint(x) for x in watched]
    with pytest.raises(fault.error) as caught:
        getattr(record.room, record.name)(*args, **kwargs)
    assert [fingerprint(x) for x in watched] == before, "an argument was changed"
    assert type(caught.value) is fault.error
    message = str(caught.value)
    assert message.startswith(f"{record.name}: "), f"does not begin with the function's name: {message}"
    assert fault.arg in message, f"does not name the argument {fault.arg}: {message}"
    assert fault.value in message, f"does not show {fault.value}: {message}"


def test_fault_rows_cover_every_argument():
    """A parameter without a row is one whose checks nobody tests."""
    # keywords are the peer's; of keepdims and return_sign anything is true or false
    free = {"kwargs", "keepdims", "return_sign"}
    for op in (*OPS.values(), *SPECIAL.values()):
        parameters = set(inspect.signature(op.function).parameters) - free
        named = {p for p in parameters for fault in op.faults if fault.arg.startswith(p)}
        assert named == parameters, op.name


def test_good_calls_of_the_fault_rows_succeed():
    """Each table's arguments without the fault: else a row could fail for a reason of its own."""
    for op in (*OPS.values(), *SPECIAL.values()):
        for fault in op.faults:
            if fault.what.startswith(("out ", "workers=")):
                args, kwargs = copy.copy(fault.make())
                good = {key: value for key, value in kwargs.items() if key not in ("out", "workers")}
                assert np.isfinite(op.function(*args, **good)).all()
                assert set(good) <= {"axis", "approximate", "b", "keepdims"}
