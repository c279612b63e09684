"""Blocks on several threads, of which the calling one is one."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
import traceback

import pytest

from minigraph.averages.threads import AHEAD, abreast

KNOWN = abreast.__code__.co_filename, threading.__file__
ONCE = {f.__code__ for f in (threading.Thread.start, threading.Thread.join)}  # for a run


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


def test_interrupt_between_any_two_instructions_ends_the_run():
    """Ctrl-C may come anywhere in the calling thread, in a lock written in Python, too."""

    def interrupted(at):
        """Return whether `at` instructions were fewer than all; a run that hangs fails."""
        left = at

        def trace(frame, event, arg):
            nonlocal left
            above = [each.f_code for each, _ in traceback.walk_stack(frame)]
            if above[0].co_filename not in KNOWN or not ONCE.isdisjoint(above):
                return None
            frame.f_trace_opcodes = True
            left -= event == "opcode"
            if left == 0:
                left = -1
                raise KeyboardInterrupt
            return trace

        def call():
            sys.settrace(trace)  # of this thread alone
            with contextlib.suppress(KeyboardInterrupt):
                assert list(abreast(lambda block: block, range(4), 2)) == [0, 1, 2, 3]
            sys.settrace(None)

        caller = threading.Thread(target=call, daemon=True)
        caller.start()
        caller.join(20.0)
        assert not caller.is_alive(), f"it hangs after {at} instructions"
        return left < 0

    counts = range(1, 10_000, 3)
    assert next(at for at in counts if not interrupted(at)) > 200
