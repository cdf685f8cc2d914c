"""The rules of rules/structure.py: both modes, first and second order, against differences and complex steps."""

import pytest

from tests.autodiff.identities import check
from tests.autodiff.samples import GROUPS


@pytest.mark.parametrize("name", GROUPS["structure"])
def test_rule(name):
    check(GROUPS["structure"][name])
