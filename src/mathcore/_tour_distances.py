"""The tour's distances: three norms and their unit balls, documents by their words, neighbours of a digit, votes of
neighbours."""

from typing import NamedTuple

import numpy as np

from mathcore import distance
from mathcore.linalg import norm
from mathcore.models import KNeighborsClassifier

VECTOR = np.array([3.0, 4.0])
DOCUMENTS = ("the cat chased the mouse", "the mouse fled from the cat", "rain fell on the quiet harbour")
QUERY = 11                                  # a test digit whose nearest neighbour is another one
NEIGHBOURS = 5
VOTERS = (1, 3, 5, 15, 50, 150)


class Neighbours(NamedTuple):
    """What the picture shows: a digit (8, 8) and those nearest to it, with what they are."""

    images: np.ndarray
    labels: np.ndarray


def lengths():
    """One vector measured in three ways, which are distances of points too."""
    words = "(" + ", ".join(f"{x:g}" for x in VECTOR) + ")"
    print(f"v = {words}")
    for name, order, formula in (("L1", 1, "|v1| + |v2|"), ("L2", 2, "sqrt(v1^2 + v2^2)"),
                                 ("Linf", np.inf, "max(|v1|, |v2|)")):
        print(f"  {name:<4} = {formula:<17} = {norm(VECTOR, order):g}")
    large = 1e200 * VECTOR
    print(f"  L2 of ({large[0]:g}, {large[1]:g}) = {norm(large):g}, though the squares are beyond float64")
    start = np.array([1.0, 2.0])
    print(f"from the point ({start[0]:g}, {start[1]:g}) to ({(start + VECTOR)[0]:g}, {(start + VECTOR)[1]:g}):")
    for metric in ("cityblock", "euclidean", "chebyshev"):
        print(f"  {metric:<9} {distance.cdist([start], [start + VECTOR], metric)[0, 0]:g}")


def documents():
    """Angles between counts of words."""
    counts, words = distance.term_counts(DOCUMENTS)
    print(f"each document is counts of {len(words)} words; cosine similarity = x.y / (|x| |y|)")
    for row, text, document in zip(distance.cosine_similarity(counts), DOCUMENTS, counts.toarray(), strict=True):
        print(f"  {text:<30}  {''.join(f'{n:2d}' for n in document)}    " + "".join(f"{k:7.4f}" for k in row))
    first, second = (text.split() for text in DOCUMENTS[:2])
    print(f"the first two share {len(set(first) & set(second))} of {len(set(first) | set(second))} words: Jaccard "
          f"similarity {distance.jaccard_similarity(first, second):.4f}")
    print(f'"karolin" and "kathrin" differ in {distance.hamming_distance("karolin", "kathrin")} letters: their Hamming '
          "distance")


def nearest_digits(split):
    """The training digits nearest to one test digit."""
    found = distance.nearest_neighbors(split.x_test[QUERY:QUERY + 1], split.x_train, NEIGHBOURS)
    at = found.indices[0]
    labels = split.y_train[at]
    print(f"a test digit, a {split.y_test[QUERY]}, and the {NEIGHBOURS} of {len(split.x_train)} training digits that "
          "are nearest to it:")
    print("  digit    " + "".join(f"{label:8d}" for label in labels))
    print("  distance " + "".join(f"{d:8.4f}" for d in found.distances[0]))
    print(f"the nearest one says {labels[0]}, the majority {np.bincount(labels).argmax()}")
    near = np.clip(4 * split.x_train[at] + 8, 0, 16).reshape(-1, 8, 8)
    return Neighbours(np.concatenate([split.test_images[QUERY:QUERY + 1], near]),
                      np.concatenate([split.y_test[QUERY:QUERY + 1], labels]))


def votes(split):
    """How many test digits the majority of k neighbours reads right."""
    print("neighbours that vote    read right")
    right = []
    for k in VOTERS:
        model = KNeighborsClassifier(n_neighbors=k).fit(split.x_train, split.y_train)
        right.append(np.count_nonzero(model.predict(split.x_test) == split.y_test))
        print(f"{k:19d}     {right[-1]} of {len(split.y_test)}")
    return right
