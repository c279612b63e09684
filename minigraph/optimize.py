"""Optimizers: they train inputs of a graph by assigning ``.value``, one step for each gradient."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from inspect import CO_VARKEYWORDS
from typing import Any, ClassVar

import numpy as np

from .data import Data, assign
from .errors import InputError, MissingAttributeError, UsageError, refuse_unknown_keywords
from .values import real, whole
from .walk import label

Rate = float | Callable[[int], float]
ELSEWHERE: Mapping[str, str] = {  # what other libraries call an argument
    "lr": "write rate=", "learning_rate": "write rate=", "params": "write parameters=",
    "betas": "write decays=", "eps": "write epsilon=",
    "weight_decay": "add it to the cost: y + 0.5 * λ * mg.sum(θ**2)",
}  # fmt: skip


ATTRIBUTES: Mapping[str, str] = {  # and a method
    "zero_grad": "x.grad = None for each parameter x", "state_dict": "state()",
    "load_state_dict": "restore(state)",
}  # fmt: skip


class Optimizer:
    """What optimizers share; a subclass says which way to go.

    Parameters
    ----------
    parameters : Data, or sequence of Data
        The inputs to train.
    rate : float or callable
        The length of a step; or a schedule, called with the number of steps taken so far, which
        may return 0.
    maximize : bool
        Go uphill.

    Attributes
    ----------
    steps : int
        How many steps were taken.
    """

    memories: ClassVar[tuple[str, ...]] = ()  # what is remembered of the gradients of a parameter

    def __new__(cls, *given: Any, **named: Any) -> Any:
        code = getattr(cls.__init__, "__code__", None)
        if code is not None and not code.co_flags & CO_VARKEYWORDS:
            refuse_unknown_keywords(cls.__name__, cls.__init__, named, ELSEWHERE)
        return super().__new__(cls)

    def __init__(
        self, parameters: Data | Sequence[Data], rate: Rate, *, maximize: bool = False
    ) -> None:
        alone = isinstance(parameters, Data) or not isinstance(parameters, Iterable)
        self.parameters: list[Any] = [parameters] if alone else list(parameters)
        if not self.parameters:
            raise InputError(
                f"{type(self).__name__}: got {parameters!r}, in which there is nothing to train; "
                "pass input Data: [a, b]"
            )
        for x in self.parameters:
            if not isinstance(x, Data) or x.node is not None or x.constant or x.dtype.kind != "f":
                what = label(x) if isinstance(x, Data) else type(x).__name__
                raise UsageError(
                    f"{type(self).__name__}: {what} cannot be trained; "
                    "pass input Data of floats that are not constant"
                )
            if sum(other is x for other in self.parameters) > 1:
                raise UsageError(
                    f"{type(self).__name__}: {label(x)} is there twice, and would move twice in a "
                    "step; pass each parameter once"
                )
        self.rate = rate if callable(rate) else positive(type(self).__name__, "rate", rate)
        self.maximize = maximize
        self.steps = 0
        self.memory = [
            {name: np.zeros(x.shape, wide(x)) for name in self.memories} for x in self.parameters
        ]

    def __getattr__(self, name: str) -> Any:
        advice = f"; write {ATTRIBUTES[name]}" if name in ATTRIBUTES else ""
        problem = f"{type(self).__name__} has no attribute {name!r}{advice}"
        raise MissingAttributeError(problem, name=name, obj=None)

    def step(self, gradients: Mapping[Any, Any] | None = None) -> None:
        """Assign new values to the parameters. If a gradient is bad, none of them moves.

        Parameters
        ----------
        gradients : mapping, optional
            From each parameter, or its name, to its gradient: ``estimate.grad``, say. By default
            the ``.grad`` that `backward` has accumulated.

        Raises
        ------
        InputError
            If a gradient is missing, has another shape than its parameter, or is not finite; or if
            a schedule returned a bad rate.
        """
        if gradients is None:
            gradients = {x: x.grad for x in self.parameters if x.grad is not None}
        if not isinstance(gradients, Mapping):
            raise UsageError(
                f"step of {type(self).__name__}: got {type(gradients).__name__}, and it "
                "needs a mapping from parameters to gradients: {x: g}, or estimate.grad"
            )
        found = [self._gradient(x, gradients) for x in self.parameters]
        rate = self.rate
        if callable(rate):
            name = f"the scheduled rate of step {self.steps + 1}"
            rate = real(
                name, rate(self.steps), lambda x: 0 <= x < np.inf,
                "at least 0 and finite (maximize=True goes uphill)", type(self).__name__,
            )  # fmt: skip
        self.steps += 1
        rate = rate if self.maximize else -rate
        for x, g, memory in zip(self.parameters, found, self.memory, strict=True):
            move = self.move(g, memory, rate)
            move += x._value
            assign(x, move.astype(x.dtype, copy=False))

    def move(self, g: Any, memory: dict[str, Any], rate: float) -> Any:
        """Return `rate` times where to go from the gradient `g`, as an array of its own.

        The `memory` of the parameter is updated in place.
        """
        raise NotImplementedError

    def state(self) -> dict[str, Any]:
        """Return the number of steps and the memory as arrays by name, for a checkpoint."""
        arrays = {
            f"{name}.{i}": a.copy() for i, m in enumerate(self.memory) for name, a in m.items()
        }
        return {"steps": np.asarray(self.steps), **arrays}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state` returned. The values of the parameters are not part of it.

        What else is in the mapping does not matter: it may be a whole file.

        Raises
        ------
        InputError
            If it is the state of another optimizer, or of other parameters.
        """
        given = dict(state) if isinstance(state, Mapping) else {}
        expected = self.state()
        others = [name for name in given if name.partition(".")[0] in self.memories]
        for name in [*expected, *others]:
            shapes = [f"shape {np.shape(x[name])}" if name in x else "nothing"
                      for x in (expected, given)]  # fmt: skip
            if shapes[0] != shapes[1]:
                raise InputError(
                    f"{type(self).__name__}.restore: {name!r} must have {shapes[0]}, {shapes[1]} "
                    "arrived; pass the state of the same optimizer of these parameters"
                )
        call = f"{type(self).__name__}.restore"
        steps = whole("steps", np.asarray(given["steps"]).item(), 0, call)
        for name in expected:
            raw = np.asarray(given[name])
            if raw.dtype.kind not in "fiu" or not np.all(np.isfinite(raw)):
                raise InputError(
                    f"{call}: {name!r} must hold finite numbers, of dtype {expected[name].dtype}; "
                    f"got {raw.tolist()!r:.60}; pass what `state` returned"
                )
        self.steps = steps
        for i, memory in enumerate(self.memory):
            for name, array in memory.items():
                array[...] = given[f"{name}.{i}"]

    def __repr__(self) -> str:
        names = ", ".join(map(label, self.parameters))
        rate = getattr(self.rate, "__name__", self.rate)
        return f"{type(self).__name__}({names}; rate={rate}, steps={self.steps})"

    def _gradient(self, x: Data, gradients: Mapping[Any, Any]) -> Any:
        """Return the gradient of a parameter as an array, checked."""
        where = f"step {self.steps + 1} of {type(self).__name__}: the gradient of {label(x)}"
        named = x.name is not None and [p.name for p in self.parameters].count(x.name) == 1
        key = x if x in gradients or not named else x.name
        given = gradients.get(key)
        if given is None:
            call = f"compute it with wrt=[…, {x.name or 'it'}]"
            advice = call if x.name not in gradients else "its name is not its own: make it the key"
            raise InputError(f"{where} is missing; {advice}")
        raw = np.asarray(given._value if isinstance(given, Data) else given)
        if raw.dtype.kind not in "fiub":
            raise InputError(f"{where} has dtype {raw.dtype}; pass real numbers")
        with np.errstate(over="ignore"):  # too large for float32 is not finite
            g = raw.astype(wide(x), copy=False)
        if g.shape != x.shape:
            raise InputError(
                f"{where} has shape {g.shape}, its value {x.shape}; pass one gradient, averaged "
                "over samples"
            )
        if not np.all(np.isfinite(g)):
            raise InputError(f"{where} is not finite; take a smaller rate or look at the inputs")
        return g


class SGD(Optimizer):
    """Gradient descent, with momentum if asked for: v ← momentum v + g, θ ← θ − rate v.

    Parameters
    ----------
    parameters, rate, maximize
        See `Optimizer`.
    momentum : float
        How much of the last step is kept, in [0, 1).

    References
    ----------
    Polyak 1964, *Some methods of speeding up the convergence of iteration methods*.

    Examples
    --------
    >>> import minigraph as mg
    >>> x = mg.Data(4.0, name="x")
    >>> descent = SGD(x, rate=0.25)
    >>> for _ in range(20):
    ...     descent.step({x: 2 * (x.value - 3.0)})
    >>> round(x.value, 4)
    3.0
    """

    memories = ("velocity",)

    def __init__(
        self, parameters: Data | Sequence[Data], rate: Rate,
        *, momentum: float = 0.0, maximize: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(parameters, rate, maximize=maximize)
        self.momentum = fraction("SGD", "momentum", momentum)

    def move(self, g: Any, memory: dict[str, Any], rate: float) -> Any:
        velocity = memory["velocity"]
        velocity *= self.momentum
        velocity += g
        return np.multiply(velocity, rate, out=np.empty_like(velocity))


class Adam(Optimizer):
    """Gradient descent in which every entry has a step length of its own.

    It keeps running means of the gradient and of its square, and goes their ratio
    mean / (√square + epsilon), both corrected for having started at zero.

    Parameters
    ----------
    parameters, rate, maximize
        See `Optimizer`; the rate is about how far an entry moves in a step, in its own units.
    decays : pair of float
        How much of the two running means is kept, each in [0, 1).
    epsilon : float
        Keeps the ratio finite.

    References
    ----------
    Kingma and Ba 2014, algorithm 1, https://arxiv.org/abs/1412.6980

    Examples
    --------
    >>> import minigraph as mg
    >>> theta = mg.Data(0.0, name="θ")
    >>> y = mg.reparameterize((mg.sample(mg.Normal(theta, 1.0), name="X") - 3.0) ** 2)
    >>> adam = Adam(theta, rate=0.1)
    >>> for step in range(100):
    ...     adam.step(mg.expectation(y, 1000, wrt=theta, rng=step).grad)
    >>> round(theta.value, 1)
    3.0
    """

    memories = ("mean", "square")

    def __init__(
        self, parameters: Data | Sequence[Data], rate: Rate = 1e-3,
        *, decays: tuple[float, float] = (0.9, 0.999), epsilon: float = 1e-8,
        maximize: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(parameters, rate, maximize=maximize)
        if np.shape(decays) != (2,):
            raise InputError(f"Adam: decays must be a pair of numbers in [0, 1); got {decays!r}")
        first, second = decays
        self.decays = fraction("Adam", "decays[0]", first), fraction("Adam", "decays[1]", second)
        self.epsilon = positive("Adam", "epsilon", epsilon)

    def move(self, g: Any, memory: dict[str, Any], rate: float) -> Any:
        (first, second), mean, square = self.decays, memory["mean"], memory["square"]
        part = np.multiply(g, 1.0 - first, out=np.empty_like(mean))
        mean *= first
        mean += part
        np.multiply(g, g, out=part)
        part *= 1.0 - second
        square *= second
        square += part
        np.sqrt(square, out=part)
        part *= (1.0 - second**self.steps) ** -0.5
        part += self.epsilon
        np.divide(mean, part, out=part)
        part *= rate / (1.0 - first**self.steps)
        return part


def wide(x: Data) -> Any:
    """Return the dtype to compute a step in: in half precision the square of 1e-4 is 0."""
    return np.promote_types(x.dtype, np.float32)


def positive(optimizer: str, name: str, x: Any) -> float:
    """Return an option that must be positive."""
    return real(name, x, lambda x: 0 < x < np.inf, "positive and finite", optimizer)


def fraction(optimizer: str, name: str, x: Any) -> float:
    """Return an option that must lie in [0, 1)."""
    return real(name, x, lambda x: 0 <= x < 1, "in [0, 1)", optimizer)
