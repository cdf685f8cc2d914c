"""Arguments and results that are tuples, lists and dictionaries of arrays, nested as one likes."""


def flatten(tree, path=""):
    """(leaves, their paths as one would write them, a function of as many leaves that builds the same tree)."""
    if isinstance(tree, dict):
        keys, kind = tuple(tree), type(tree)
        parts = [flatten(value, f"{path}[{key!r}]") for key, value in tree.items()]
        return _joined(parts, lambda items: kind(zip(keys, items, strict=True)))
    if isinstance(tree, tuple | list):
        kind = type(tree)
        parts = [flatten(value, f"{path}[{i}]") for i, value in enumerate(tree)]
        return _joined(parts, (lambda items: kind(*items)) if hasattr(tree, "_fields") else kind)
    if tree is None:
        return [], [], lambda leaves: None
    return [tree], [path], lambda leaves: leaves[0]


def _joined(parts, kind):
    def build(leaves):
        items, start = [], 0
        for found, _, rebuild in parts:
            items.append(rebuild(leaves[start:start + len(found)]))
            start += len(found)
        return kind(items)

    return [x for p in parts for x in p[0]], [x for p in parts for x in p[1]], build
