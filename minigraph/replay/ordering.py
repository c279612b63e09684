"""The order of steps in which the fewest arrays are needed at the same time.

Any order in which each step comes after what it needs gives the same bits. The fewer arrays are
alive, the more samples are computed together before they leave the cache.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Mapping, Sequence, Set

from .program import Draw, Step, shape_of


def ordered(steps: Sequence[Step | Draw], kept: Set[int]) -> list[Step | Draw]:
    """Return the steps in an order that keeps little alive; the slots `kept` stay to the end.

    The next step is the one that adds least memory, and of several the one from which the way to
    the end is longest. Draws and black boxes keep their order: these look at random numbers.
    """
    made = {step.out: i for i, step in enumerate(steps)}
    reads = [{slot for slot in step.inputs if slot in made} for step in steps]
    size = {step.out: 0 if isinstance(step, Draw) else math.prod(shape_of(step)) for step in steps}
    users: dict[int, list[int]] = {slot: [] for slot in made}
    for i, slots in enumerate(reads):
        for slot in slots:
            users[slot].append(i)
    left = {slot: len(found) + (slot in kept) for slot, found in users.items()}
    before, after = neighbours(steps, reads, made)
    height = [1] * len(steps)
    for i in reversed(range(len(steps))):
        height[i] += max((height[j] for j in after[i]), default=0)

    def entry(i: int) -> tuple[int, int, int]:
        freed = sum(size[slot] for slot in reads[i] if left[slot] == 1)
        return size[steps[i].out] - freed, -height[i], i

    heap = [entry(i) for i, count in enumerate(before) if not count]
    heapq.heapify(heap)
    order: list[Step | Draw] = []
    done: set[int] = set()
    while heap:
        i = heapq.heappop(heap)[2]
        if i in done:
            continue
        done.add(i)
        order.append(steps[i])
        for slot in reads[i]:
            left[slot] -= 1
            if left[slot] == 1:  # its last user frees it
                for j in users[slot]:
                    if j not in done and not before[j]:
                        heapq.heappush(heap, entry(j))
        for j in after[i]:
            before[j] -= 1
            if not before[j]:
                heapq.heappush(heap, entry(j))
    return order


def neighbours(
    steps: Sequence[Step | Draw], reads: Sequence[Set[int]], made: Mapping[int, int]
) -> tuple[list[int], list[list[int]]]:
    """Return how many steps each has to wait for, and which wait for it."""
    after: list[list[int]] = [[] for _ in steps]
    before = [len(slots) for slots in reads]
    last: int | None = None
    for i, (step, slots) in enumerate(zip(steps, reads, strict=True)):
        for slot in slots:
            after[made[slot]].append(i)
        if isinstance(step, Draw) or step.call.op.barrier is not None:
            if last is not None:
                after[last].append(i)
                before[i] += 1
            last = i
    return before, after
