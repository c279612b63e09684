"""The order of steps in which the fewest arrays are needed at the same time.

Any order in which each step comes after what it needs gives the same bits. The fewer arrays are
alive, the more samples are computed together before they leave the cache.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence, Set

from .program import Draw, Step, shape_of

MANY = 3_000  # steps, from which on the search takes longer than it saves


def ordered(steps: Sequence[Step | Draw], kept: Set[int]) -> list[Step | Draw]:
    """Return the steps in an order that keeps little alive; the slots `kept` stay to the end.

    The next step is the one that adds least memory, and of several the one from which the way to
    the end is longest. Draws and black boxes keep their order: these look at random numbers.
    """
    if len(steps) > MANY:
        return list(steps)
    made = {step.out: i for i, step in enumerate(steps)}
    size = {step.out: 0 if isinstance(step, Draw) else math.prod(shape_of(step)) for step in steps}
    needs = [{made[slot] for slot in step.inputs if slot in made} for step in steps]
    last = None
    for i, step in enumerate(steps):
        if isinstance(step, Draw) or step.call.op.barrier is not None:
            needs[i] |= set() if last is None else {last}
            last = i
    uses = Counter(slot for step in steps for slot in {*step.inputs} if slot in made)
    uses.update(kept & made.keys())  # these are never used up
    users: list[list[int]] = [[] for _ in steps]
    for i, before in enumerate(needs):
        for j in before:
            users[j].append(i)
    height = [0] * len(steps)
    for i in reversed(range(len(steps))):
        height[i] = 1 + max((height[j] for j in users[i]), default=0)

    def added(i: int) -> int:
        step = steps[i]
        return size[step.out] - sum(size[s] for s in {*step.inputs} if uses.get(s) == 1)

    waits = [len(before) for before in needs]
    ready = [i for i, n in enumerate(waits) if not n]
    order = []
    while ready:
        i = min(ready, key=lambda i: (added(i), -height[i], i))
        ready.remove(i)
        order.append(steps[i])
        uses.subtract(slot for slot in {*steps[i].inputs} if slot in made)
        for j in users[i]:
            waits[j] -= 1
            if not waits[j]:
                ready.append(j)
    return order
