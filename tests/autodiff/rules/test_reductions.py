"""The rules of rules/reductions.py: both modes, first and second order, against differences and complex steps."""

import pytest

from tests.autodiff.identities import check
from tests.autodiff.samples import GROUPS


@pytest.mark.parametrize("name", GROUPS["reductions"])
def test_rule(name):
    check(GROUPS["reductions"][name])
