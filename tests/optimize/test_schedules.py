"""Schedules against PyTorch's, where it is installed, and against their closed forms."""

import math
import warnings

import pytest

from mathcore.optimize import schedules


def test_closed_forms():
    assert [schedules.constant(0.3)(k) for k in (0, 5, 10**6)] == [0.3] * 3
    assert [schedules.step(0.8, every=3, factor=0.5)(k) for k in range(7)] == [0.8, 0.8, 0.8, 0.4, 0.4, 0.4, 0.2]
    assert [schedules.exponential(2.0, factor=0.5)(k) for k in range(4)] == [2.0, 1.0, 0.5, 0.25]
    rate = schedules.cosine(1.0, total=10, floor=0.2)
    assert [rate(k) for k in (0, 10, 11, 1000)] == [1.0, 0.2, 0.2, 0.2]
    assert rate(5) == pytest.approx(0.6)
    assert rate(3) == pytest.approx(0.2 + 0.4 * (1 + math.cos(0.3 * math.pi)))


def test_warmup_of_a_schedule_counts_from_its_end():
    rate = schedules.linear_warmup(schedules.exponential(1.0, factor=0.5), steps=2, start=0.5)
    assert [rate(k) for k in range(5)] == [0.5, 0.75, 1.0, 0.5, 0.25]
    assert schedules.linear_warmup(0.4, steps=4)(2) == pytest.approx(0.2)


def test_one_cycle_rises_and_falls():
    rate = schedules.one_cycle(1.0, total=101, warmup=0.5, start_divisor=10, end_divisor=100)
    found = [rate(k) for k in range(101)]
    assert found[0] == pytest.approx(0.1)
    assert found[100] == pytest.approx(0.001)
    top = max(range(101), key=found.__getitem__)
    assert abs(top - 49.5) <= 0.5
    assert sorted(found[:top]) == found[:top]
    assert sorted(found[top:], reverse=True) == found[top:]


@pytest.mark.parametrize("warmup", [0.01, 0.5, 0.99])
@pytest.mark.parametrize("total", [2, 3, 10])
def test_one_cycle_of_few_steps_stays_within_its_bounds(total, warmup):
    rate = schedules.one_cycle(1.0, total=total, warmup=warmup)
    assert all(1 / 25e4 * (1 - 1e-12) <= rate(k) <= 1 for k in range(total))
    assert rate(total - 1) == pytest.approx(1 / 25e4)


def of_torch(make, steps):
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.7)
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")              # steps of the schedule without steps of the optimizer
        schedule = make(torch.optim.lr_scheduler, optimizer)
        for _ in range(steps):
            found.append(optimizer.param_groups[0]["lr"])
            schedule.step()
    return found


@pytest.mark.parametrize(("ours", "theirs"), [
    (schedules.step(0.7, every=4, factor=0.3), lambda s, o: s.StepLR(o, 4, 0.3)),
    (schedules.exponential(0.7, factor=0.9), lambda s, o: s.ExponentialLR(o, 0.9)),
    (schedules.cosine(0.7, total=19, floor=0.1), lambda s, o: s.CosineAnnealingLR(o, 19, 0.1)),
    (schedules.linear_warmup(0.7, steps=5, start=0.25), lambda s, o: s.LinearLR(o, 0.25, 1.0, 5)),
    (schedules.one_cycle(0.7, total=20), lambda s, o: s.OneCycleLR(o, 0.7, total_steps=20)),
    (schedules.one_cycle(0.7, total=20, warmup=0.5, start_divisor=3, end_divisor=7),
     lambda s, o: s.OneCycleLR(o, 0.7, total_steps=20, pct_start=0.5, div_factor=3, final_div_factor=7)),
], ids=["step", "exponential", "cosine", "linear_warmup", "one_cycle", "one_cycle of other numbers"])
def test_torch(ours, theirs):
    # some of theirs are products over the steps: 20 roundings
    assert [ours(k) for k in range(20)] == pytest.approx(of_torch(theirs, 20), rel=1e-13)
