"""Every refusal has a sentence, and every sentence has a refusal that says it."""

import ast
from pathlib import Path

from shop.errors import DomainError
from shop.web.sentences import SENTENCES

SHOP = Path(__file__).resolve().parent.parent / "shop"
CODE = [path for path in SHOP.rglob("*.py") if path != SHOP / "web" / "sentences.py"]
TEMPLATES = "".join(path.read_text("utf-8") for path in (SHOP / "templates").rglob("*.html"))
REFUSALS = {each.__name__ for each in DomainError.__subclasses__()}


def test_every_refusal_has_a_sentence() -> None:
    raised = {message_id for path in CODE for message_id in raised_in(ast.parse(path.read_text("utf-8")))}

    assert len(raised) > 200
    assert sorted(raised - set(SENTENCES)) == []
    assert raised_in(ast.parse('raise Conflict("order.gone", number=1)')) == {"order.gone"}


def test_every_sentence_is_said_somewhere() -> None:
    """An id may be put together: `f"address.{field}"` says every sentence that begins like that."""
    whole: set[str] = set()
    begun: set[str] = set()
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                whole.add(node.value)
            if isinstance(node, ast.JoinedStr) and isinstance(first := node.values[0], ast.Constant):
                begun.add(str(first.value))
    prefixes = tuple(each for each in begun if each.endswith(".") and each.count(".") == 1)

    unsaid = [each for each in SENTENCES if each not in whole and f"'{each}'" not in TEMPLATES]
    assert [each for each in unsaid if not each.startswith(prefixes)] == []


def raised_in(module: ast.Module) -> set[str]:
    """Return the message ids that refusals are made with, where they are written out."""
    return {
        node.args[0].value
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in REFUSALS and node.args
        and isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str)
    }  # fmt: skip
