"""Stripe's bracketed form encoding: `line_items[0][price_data][currency]=inr`."""

import re
from collections.abc import Iterable
from typing import Any

_PART = re.compile(r"[^\[\]]+|\[\]")


def parse_form(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Nested dicts and lists from decoded form pairs; values stay text."""
    tree: dict[str, Any] = {}
    for name, value in pairs:
        parts = _PART.findall(name)
        node = tree
        for part in parts[:-1]:
            child = node.setdefault(_slot(node, part), {})
            node = child if isinstance(child, dict) else {}
        if parts:
            node[_slot(node, parts[-1])] = value
    listed = _listed(tree)
    return listed if isinstance(listed, dict) else {}


def _slot(node: dict[str, Any], part: str) -> str:
    return str(len(node)) if part == "[]" else part


def _listed(node: Any) -> Any:
    """Dicts whose keys are all numbers are lists on the wire."""
    if not isinstance(node, dict):
        return node
    if node and all(key.isdigit() for key in node):
        return [_listed(node[key]) for key in sorted(node, key=int)]
    return {key: _listed(value) for key, value in node.items()}
