"""Containers: dicts, lists and tuples of anything, to any depth, taken apart and put together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

Tree = Any  # a leaf, or a dict, list or tuple of trees


def mapped(f: Callable[[str, Any], Any], tree: Tree, path: str = "") -> Tree:
    """Return `tree` with every leaf replaced by ``f(path, leaf)``, the path as Python writes it.

    Examples
    --------
    >>> mapped(lambda path, x: f"{path}={x}", {"w": [1, 2]}, "a")
    {'w': ["a['w'][0]=1", "a['w'][1]=2"]}
    """
    if isinstance(tree, dict):
        return {key: mapped(f, part, f"{path}[{key!r}]") for key, part in tree.items()}
    if isinstance(tree, (list, tuple)):
        parts = [mapped(f, part, f"{path}[{i}]") for i, part in enumerate(tree)]
        return type(tree)(*parts) if hasattr(tree, "_fields") else type(tree)(parts)
    return f(path, tree)


def leaves(tree: Tree) -> list[Any]:
    """Return the leaves of `tree`, from left to right."""
    found: list[Any] = []
    mapped(lambda path, leaf: found.append(leaf), tree)
    return found


def refilled(tree: Tree, new: Iterable[Any]) -> Tree:
    """Return `tree` with its leaves replaced by `new`, from left to right."""
    those = iter(new)
    return mapped(lambda path, leaf: next(those), tree)


def paired(tree: Tree, other: Tree, path: str = "") -> list[tuple[str, Any, Any]]:
    """Return the leaves of two trees of one structure, each pair with its path.

    Raises
    ------
    ValueError
        If they are not of one structure; the message is the path at which they part.
    """
    if isinstance(tree, dict) and isinstance(other, dict) and tree.keys() == other.keys():
        return [p for key in tree for p in paired(tree[key], other[key], f"{path}[{key!r}]")]
    if isinstance(tree, (list, tuple)) and isinstance(other, (list, tuple)):
        if len(tree) == len(other):
            pairs = zip(tree, other, strict=True)
            return [p for i, (a, b) in enumerate(pairs) for p in paired(a, b, f"{path}[{i}]")]
        raise ValueError(path)
    if isinstance(tree, (dict, list, tuple)) or isinstance(other, dict):
        raise ValueError(path)
    return [(path, tree, other)]
