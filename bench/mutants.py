"""Small changes of a Python file, one at a time: what a careless hand could do, to see whether a test minds."""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

SWAPPED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Add: ast.Sub, ast.Sub: ast.Add,
    ast.Mult: ast.Add, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult, ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """One change: where it is, all lines of its expression, what it says, and the whole file with it."""

    line: int
    lines: frozenset[int]
    says: str
    source: str


def mutants(source: str) -> Iterator[Mutant]:
    """Yield every mutant of a file; docstrings, annotations and imports are left as they are."""
    tree = ast.parse(source)
    for number, node in enumerate(ast.walk(tree)):
        for says, change in _changes(node):
            other = copy.deepcopy(tree)
            change(next(each for at, each in enumerate(ast.walk(other)) if at == number))
            changed = ast.unparse(ast.fix_missing_locations(other))
            if changed != ast.unparse(tree):
                yield Mutant(getattr(node, "lineno", 0), _lines(node), says, changed)


def _lines(node: ast.AST) -> frozenset[int]:
    """Return the lines on which a change takes effect: of a whole expression, but of an `if` its condition alone."""
    place = node.test if isinstance(node, ast.If) else node
    first, last = getattr(place, "lineno", 0), getattr(place, "end_lineno", 0)
    return frozenset(range(first, last + 1))


def _changes(node: ast.AST) -> Iterator[tuple[str, "Change"]]:
    """Yield what can be changed of a node: what it says, and the act that does it to a copy."""
    if isinstance(node, ast.Compare):
        for place, op in enumerate(node.ops):
            to = SWAPPED.get(type(op))
            if to is not None:
                yield f"{type(op).__name__} becomes {to.__name__}", Change("ops", to(), place)
    elif isinstance(node, ast.BinOp | ast.BoolOp | ast.AugAssign) and type(node.op) in SWAPPED:
        to = SWAPPED[type(node.op)]
        yield f"{type(node.op).__name__} becomes {to.__name__}", Change("op", to())
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield f"{node.value} becomes {not node.value}", Change("value", not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        yield f"{node.value} becomes {node.value + 1}", Change("value", node.value + 1)
    elif isinstance(node, ast.IfExp | ast.If):
        yield "the condition is turned round", Change("test", ast.UnaryOp(ast.Not(), node.test))
    elif isinstance(node, ast.Return) and node.value is not None:
        yield "nothing is returned", Change("value", ast.Constant(None))
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call | ast.Yield | ast.YieldFrom):
        nothing = ast.Tuple([], ast.Load())
        yield "a call is left out", Change("value", ast.YieldFrom(nothing) if _yields(node) else nothing)


def _yields(node: ast.Expr) -> bool:
    """Whether a generator has to stay one."""
    return isinstance(node.value, ast.Yield | ast.YieldFrom)


@dataclass(frozen=True)
class Change:
    """Writes one field of a node, or one place of a field that is a list."""

    field: str
    to: object
    place: int | None = None

    def __call__(self, node: ast.AST) -> None:
        """Do it."""
        if self.place is None:
            setattr(node, self.field, self.to)
        else:
            getattr(node, self.field)[self.place] = self.to
