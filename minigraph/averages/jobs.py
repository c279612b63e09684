"""The work on one block of samples: a job can be sent to another thread, process or machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..branching import traced
from ..data import Data
from ..distributions.streams import drawing_from
from ..errors import InputError, UsageError
from ..gradient import gradients, seed_of
from ..replay.hoisting import applied
from ..replay.memory import Workspace
from ..replay.program import Draw
from ..replay.running import Source
from ..replay.spread import SCHEMES, Columns, Scheme, independent
from ..replay.tape import Tape
from .moments import Moments, merged
from .parts import Parts
from .ties import untied
from .traces import called, drawn_anew, refuse_hidden, takes_rng


class Root(NamedTuple):
    """What a SeedSequence is made of, without the work of mixing it, which only streams need."""

    entropy: Any
    spawn_key: tuple[int, ...] = ()
    pool_size: int = 4


class Job:
    """What all blocks have in common: how many samples there are, and where they come from."""

    def __init__(self, seed: np.random.SeedSequence | Root, samples: int, size: int) -> None:
        self.seed, self.samples, self.size = seed, samples, size

    @property
    def blocks(self) -> int:
        """How many blocks there are."""
        return -(-self.samples // self.size)

    def units(self, samples: int) -> float:
        """Return how many independent units the first `samples` are."""
        return samples

    def part_of_unit(self, block: int) -> float:
        """Return what part of a unit a block is, 1 if it is a whole one or more."""
        return 1.0

    def independent(self, total: Sequence[Moments]) -> Sequence[Moments]:
        """Return the moments of independent samples, or units, whose means are as far off."""
        return total

    def fingerprint(self) -> Any:
        """Return what tells the work on a block from other work, but for the seed and the size."""
        raise NotImplementedError

    def count(self, block: int) -> int:
        """Return how many samples a block has."""
        return min(self.size, self.samples - block * self.size)

    def stream(self, block: int) -> np.random.Generator:
        """Return the random numbers of a block: those of ``seed.spawn(…)[block]``."""
        root = self.seed
        seed = np.random.SeedSequence(
            root.entropy, spawn_key=(*root.spawn_key, block), pool_size=root.pool_size
        )
        return np.random.Generator(np.random.SFC64(seed))

    def __call__(self, block: int) -> list[Moments]:
        """Return the moments of the value and its gradients over one block."""
        raise NotImplementedError

    def finish(self) -> None:
        """Give back what it worked with: all blocks are done."""


class Replay(Job):
    """Run a tape.

    `scheme` says how the samples of a block hang together, `shared` which draws are made from the
    same numbers; see `spread.py`. A block is computed a chunk at a time, which stays in the cache.
    """

    def __init__(
        self,
        tape: Tape,
        seed: np.random.SeedSequence | Root,
        samples: int,
        size: int,
        scheme: Scheme = SCHEMES["independent"],
        shared: Mapping[object, object] | None = None,
        threads: int = 1,
    ) -> None:
        size += size % (scheme.unit or 1)  # a pair is in one block
        super().__init__(seed, samples, size)
        self.tape = tape
        self.uniforms = scheme.uniforms or (independent if shared else None)
        self.columns = Columns(tape.draws, shared or {}) if self.uniforms else None
        self.unit = min(size, samples) if scheme.unit is None else scheme.unit
        if tape.crosses and self.unit > 1:
            raise InputError(
                "expectation: a leave-one-out baseline needs independent samples, and here some "
                'depend on each other; use noise="independent", or another baseline'
            )
        apart = self.columns is None and not tape.crosses
        self.chunk = min(size, samples, tape.memory.together(threads) if apart else size)
        self.single = self.chunk == 1 and len(tape.parts) == len(tape.outputs)
        self.values = tape.start()
        self.laws: dict[Draw, Any] = {}  # of draws, where all samples have the same
        self.idle = tape.memory.idle(self.chunk)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "idle": [], "laws": {}, "values": self._wanted()}

    def units(self, samples: int) -> float:
        return samples / self.unit

    def part_of_unit(self, block: int) -> float:
        return min(1.0, self.count(block) / self.unit)

    def independent(self, total: Sequence[Moments]) -> Sequence[Moments]:
        if not self.tape.ties:
            return total
        pairs = zip(total, self.tape.ties, strict=True)
        return [m if tie is None else untied(m, self.size, tie) for m, tie in pairs]

    def fingerprint(self) -> Any:
        columns = None if self.columns is None else [c.start for c in self.columns.slices.values()]
        uniforms = getattr(self.uniforms, "__name__", None)
        return self.tape.fingerprint(), self._wanted(), uniforms, columns

    def _wanted(self) -> list[Any]:
        """Return the values without those that no block looks at."""
        wanted = self.tape.wanted
        return [v if slot in wanted else None for slot, v in enumerate(self.values)]

    def source(self, rng: np.random.Generator, count: int, space: Workspace) -> Source:
        """Return where the next `count` samples come from."""
        if self.columns is not None and self.uniforms is not None:
            return self.columns.source(self.uniforms, rng, count)
        ahead = self.tape.memory.fill(rng, space, count)

        def source(draw: Draw, law: Any) -> Any:
            return ahead[draw] if draw.ahead else law.generated(rng, (count, *draw.shape))

        return source

    def __call__(self, block: int) -> list[Moments]:
        count = self.count(block)
        if not self.tape.steps:  # nothing is drawn
            return [
                Moments.constant(self.values[slot], float(count)) for slot, _ in self.tape.outputs
            ]
        space = self.tape.memory.take(self.idle, self.chunk)
        rng = self.stream(block)
        total: list[Any] = []
        for start in range(0, count, self.chunk):
            total = merged(total, self.part(rng, min(self.chunk, count - start), space))
        self.idle.append(space)
        total = [Moments(*m.joined()) if type(m) is Parts else m for m in total]
        for i, after in enumerate(self.tape.after):
            if after:
                total[i] = applied(total[i], after, self.values)
        return total

    def part(
        self, rng: np.random.Generator, count: int, space: Workspace
    ) -> Sequence[Moments | Parts]:
        """Return the moments over the next `count` samples."""
        source, steps = self.source(rng, count, space), space.steps
        cut = steps if count == self.chunk else [array[:count] for array in steps]
        outputs = self.tape.run(self.values, source, cut, laws=self.laws)
        pairs = zip(outputs, self.tape.outputs, strict=True)
        if self.single:
            return [Moments.constant(x[0] if has else x, 1.0) for x, (_, has) in pairs]
        return [self.moments([next(pairs) for _ in range(n)], count) for n in self.tape.parts]

    def moments(self, parts: Sequence[Any], count: int) -> Moments | Parts:
        """Return the moments of an output, in one part or in two."""
        (array, (_, sampled)), *others = parts
        if not sampled:
            return Moments.constant(array, float(count))
        if not others and self.unit == 1 and array.ndim == 1:
            return Parts.of(np.asarray(array, dtype=float))
        if not others:
            return Moments.of_units(array, self.unit)
        ((row, _),) = others
        if self.unit > 1:
            return Moments.of_units(np.matmul(array, row), self.unit)
        return Moments.of_products(array, row)

    def finish(self) -> None:
        self.tape.finish(self.values)


class Trace(Job):
    """Call a function that builds the graph, anew for each sample."""

    def __init__(
        self,
        f: Callable[..., Data],
        keys: Sequence[Data],
        seed: np.random.SeedSequence | Root,
        samples: int,
        size: int,
    ) -> None:
        super().__init__(seed, samples, size)
        self.f, self.keys, self.takes_rng = f, keys, takes_rng(f)

    def __getstate__(self) -> dict[str, Any]:
        if self.keys:  # the function would see another θ there than the one that was sent along
            raise UsageError(
                "expectation of a function: its gradient cannot be computed in another process; "
                "pass a Data, or use workers= (threads)"
            )
        return self.__dict__

    def fingerprint(self) -> Any:
        return self.f, self.keys  # in this order: the function says which data is which

    def __call__(self, block: int) -> list[Moments]:
        rng, draws = self.stream(block), set[object]()
        rows = [self._one(rng, draws) for _ in range(self.count(block))]
        return [Moments.of(_stacked(column)) for column in zip(*rows, strict=True)]

    def _one(self, rng: np.random.Generator, draws: set[object]) -> list[Any]:
        """Return the value and the gradients of one call, which made none of the `draws` before."""
        with drawing_from(rng), traced() as looks:
            y = called(self.f, rng if self.takes_rng else None)
        if not isinstance(y, Data):
            raise UsageError(
                f"expectation: the function returned {type(y).__name__}; return the Data Y, not "
                "its value (mg.Data(3.0) for a constant)"
            )
        draws.update(drawn_anew(y, looks, draws))
        if self.keys:
            refuse_hidden(looks, self.keys)
        grads = gradients(y, self.keys, seed_of(y, None)) if self.keys else []
        return [y._value, *[g._value for g in grads]]


def _stacked(column: Sequence[Any]) -> Any:
    refuse_other_shapes(column)
    return np.array(column, dtype=float)


def refuse_other_shapes(values: Sequence[Any]) -> None:
    """Raise if values that are to be averaged have different shapes."""
    shapes = {np.shape(x) for x in values}
    if len(shapes) > 1:
        raise InputError(
            f"expectation: the function returned Data of different shapes, {sorted(shapes)}; "
            "an average needs the same shape every time"
        )
