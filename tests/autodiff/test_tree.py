"""Trees of arrays come back as they were."""

from typing import NamedTuple

from mathcore.autodiff._tree import flatten


class Pair(NamedTuple):
    a: float
    b: list


def test_flatten_and_build():
    tree = {"w": [1.0, (2.0, 3.0)], "p": Pair(4.0, [5.0]), "none": None}
    leaves, paths, build = flatten(tree)
    assert leaves == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert paths == ["['w'][0]", "['w'][1][0]", "['w'][1][1]", "['p'][0]", "['p'][1][0]"]
    again = build([2 * x for x in leaves])
    assert again == {"w": [2.0, (4.0, 6.0)], "p": Pair(8.0, [10.0]), "none": None}
    assert type(again["p"]) is Pair


def test_a_leaf_is_a_tree():
    leaves, paths, build = flatten(3.0)
    assert (leaves, paths, build([4.0])) == ([3.0], [""], 4.0)
