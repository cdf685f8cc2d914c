"""Ctrl-C in the middle of distances and searches: KeyboardInterrupt, within 100 ms and a chunk's time."""

import json

import pytest

from tests.process import output_of

SCRIPT = r"""if True:
    import json, signal
    import numpy as np
    from mathcore import distance
    from tests.process import interrupted

    signal.signal(signal.SIGINT, signal.default_int_handler)
    rng = np.random.default_rng(0)
    x = rng.standard_normal((20000, 64))
    wide = rng.standard_normal((3000, 600))
    long = rng.random((34, 200000))
    CASES = {
        "nearest_neighbors": lambda n: distance.nearest_neighbors(x, x, 100, workers=n),
        "nearest": lambda n: distance.nearest(x, x, workers=n),
        "radius_neighbors": lambda n: distance.radius_neighbors(x, x, 9.0, workers=n),
        "cdist euclidean": lambda n: [distance.cdist(x[:8000], x[:8000], workers=n) for _ in range(20)],
        "cdist cityblock": lambda n: distance.cdist(wide, wide, "cityblock", workers=n),
        "cdist minkowski": lambda n: distance.cdist(long, long, "minkowski", p=3.3, workers=n),
        "rbf_kernel": lambda n: [distance.rbf_kernel(x[:8000], x[8000:16000], workers=n) for _ in range(20)],
    }
    latencies = {}
    for name, call in CASES.items():
        for workers in (1, 2):
            for delay in (0.03, 0.05, 0.09):     # in packing, in the search, in what follows
                late = interrupted(lambda: call(workers), delay)
                latencies[name] = max(latencies.get(name, 0), late)
    print(json.dumps(latencies))
"""


@pytest.fixture(scope="module")
def latencies():
    return json.loads(output_of(SCRIPT, timeout=120))


@pytest.mark.parametrize("name", ["nearest_neighbors", "nearest", "radius_neighbors", "cdist euclidean",
                                  "cdist cityblock", "cdist minkowski", "rbf_kernel"])
def test_prompt(latencies, name):
    assert latencies[name] < 0.5


SQUARES = r"""if True:
    import signal, threading
    import numpy as np
    from mathcore._kernels import pairwise
    from mathcore.distance import _metrics

    signal.signal(signal.SIGINT, signal.default_int_handler)
    n = 12000
    square, pairs = np.zeros((n, n), "u1"), np.ones(n * (n - 1) // 2, "u1")
    rows, units = np.ones((60, 1000000)), np.zeros((60, 1000000))
    for call, last in ((lambda: pairwise.spread(pairs, square), square[-1:, 0]),
                       (lambda: pairwise.unit_rows(rows, units, False, 1, "f"), units[-1:, -1])):
        threading.Timer(5e-3, signal.raise_signal, [signal.SIGINT]).start()
        try:
            call()
            print("not interrupted")
        except KeyboardInterrupt:
            print("late" if last[0] else "in time")
"""


def test_results_are_left_unfinished():
    assert output_of(SQUARES, timeout=60).split() == ["in", "time", "in", "time"]
