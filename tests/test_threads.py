"""Blocks on several threads, of which the calling one is one."""

from __future__ import annotations

import threading
import time

import pytest

from minigraph.averages.threads import AHEAD, abreast


@pytest.mark.parametrize("threads", [2, 3, 7])
def test_results_come_in_order_and_each_block_is_computed_once(threads):
    seen = []

    def job(block):
        time.sleep(0.002 * (block % 3 == 0))
        seen.append((block, threading.get_ident()))
        return block * block

    assert list(abreast(job, range(5, 60), threads)) == [i * i for i in range(5, 60)]
    assert sorted(block for block, _ in seen) == list(range(5, 60))
    assert threading.get_ident() in {who for _, who in seen}
    assert len({who for _, who in seen}) > 1


@pytest.mark.parametrize("kind", [ValueError, KeyboardInterrupt, SystemExit])
@pytest.mark.parametrize("bad", [0, 17])
def test_an_error_is_raised_after_the_results_before_it(bad, kind):
    before, found = threading.active_count(), []

    def job(block):
        if block == bad:
            raise kind("here")
        return block

    running = map(found.append, abreast(job, range(40), 3))
    with pytest.raises(kind, match="here"):
        list(running)
    assert found == list(range(bad))
    assert threading.active_count() == before


def test_nobody_runs_far_ahead_of_who_looks_at_the_results():
    started, threads = [], 3
    running = abreast(lambda block: started.append(block) or block, range(10**9), threads)
    for looked_at in range(1, 20):
        next(running)
        time.sleep(0.002)
        assert len(started) <= looked_at + AHEAD * threads
    before = threading.active_count()
    running.close()
    assert threading.active_count() == before - threads + 1
