"""minigraph: reverse-mode autodiff in which randomness is part of the graph."""

from __future__ import annotations

from typing import Any

from . import paths as _paths
from .errors import *  # noqa: F403
from .gradient import backward as _backward
from .gradient import gradient
from .graph import Data, DeterministicNode, Graph, Node, StochasticNode
from .ops import dispatch as _dispatch
from .ops.boxes import function, primitive, stop_gradient
from .ops.namespace import PUBLIC as _PUBLIC

globals().update(_PUBLIC)
