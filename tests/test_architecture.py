"""The house holds: each floor imports only what stands below it, and each rule of style that a machine can see.

The counting functions are for `bench/` as well: it prints what they return as figures.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("shop", "sandbox")

# Top floor first. What stands on one line stands side by side.
FLOORS: tuple[tuple[str, ...], ...] = (
    (
        "web",
        "cli",
        "keeping",
        "bookkeeping",
        "roles",
        "jobs",
        "duties",
        "comparing",
        "phases",
        "demo",
        "books",
        "privacy",
        "identities",
        "backups",
    ),
    ("guards",),
    ("programme",),
    ("payments",),
    ("orders",),
    ("production",),
    ("catalog",),
    ("artisans",),
    ("ledger", "users"),
    (
        "money",
        "clock",
        "db",
        "engines",
        "errors",
        "outbox",
        "mail",
        "storage",
        "documents",
        "config",
        "crashpoint",
        "statuses",
        "verdict",
        "append_only",
        "page_versions",
        "peppers",
        "snapshots",
    ),
)
DOMAIN = ("payments", "orders", "production", "catalog", "artisans", "ledger", "users")
HTTP = ("flask", "flask_login", "flask_wtf", "flask_babel", "flask_migrate", "flask_sqlalchemy", "werkzeug", "wtforms")
KNOWS_HTTP = (
    "shop",
    "shop.cli",
    "shop.keeping",
    "shop.bookkeeping",
    "shop.jobs",
    "shop.duties",
    "shop.db",
    "shop.peppers",
    "shop.web",
)
SDKS = {
    "stripe": "shop.payments.gateways.stripe",
    "razorpay": "shop.payments.gateways.razorpay",
    "webauthn": "shop.users.passkeys",
    "pyotp": "shop.users.totp",
}
# Methods whose meaning is their protocol's or their base class's, told there once.
TOLD_ELSEWHERE = {
    "process_bind_param", "process_result_value", "now", "advance", "request", "open_page", "close_page",
    "payments_of_page", "find_page", "payments_between", "refund", "find_refund", "check", "parse",
    "capture", "get_payment", "get_refund",
    "with_key", "refunds_between", "disputes_between", "settlements_between", "get_backoff_time",
}  # fmt: skip

PUBLISHING = r"consent|persona\b|publication|\bstor(y|ies)\b|story_"  # what the workshop never reads

LEVEL = {name: level for level, names in enumerate(reversed(FLOORS)) for name in names}


@cache
def graph() -> grimp.ImportGraph:
    """Return who imports whom, type-checking imports included."""
    return grimp.build_graph(*PACKAGES, include_external_packages=True)


def floor_of(module: str) -> str | None:
    """Return the child of `shop` that a module belongs to, or None for the factory itself and what is not ours."""
    parts = module.split(".")
    return parts[1] if parts[0] == "shop" and len(parts) > 1 else None


def imports() -> Iterator[tuple[str, str]]:
    """Yield every import inside the shop as (importer, imported)."""
    modules = graph()
    for importer in sorted(modules.modules):
        for imported in sorted(modules.find_modules_directly_imported_by(importer)):
            if importer.startswith("shop") and imported.startswith("shop"):
                yield importer, imported


def upward_imports() -> list[tuple[str, str]]:
    """Return every import that leads to a higher floor, or across between floors blind to each other."""
    found = []
    for importer, imported in imports():
        above, below = floor_of(importer), floor_of(imported)
        if above is None:
            continue
        if below is None or LEVEL[below] > LEVEL[above] or {above, below} == {"ledger", "users"}:
            found.append((importer, imported))
    return found


def import_cycles() -> list[list[str]]:
    """Return every ring of floors, and every ring of modules that is not a package and its own parts."""
    between_floors = {}
    for importer, imported in imports():
        a, b = floor_of(importer), floor_of(imported)
        if a is not None and b is not None and a != b:
            between_floors.setdefault(a, set()).add(b)
    between_modules: dict[str, set[str]] = {}
    for importer, imported in imports():
        if not imported.startswith(f"{importer}.") and not importer.startswith(f"{imported}."):
            between_modules.setdefault(importer, set()).add(imported)
    return [*rings(between_floors), *rings(between_modules)]


def rings(edges: dict[str, set[str]]) -> list[list[str]]:
    """Return the strongly connected parts of a graph that hold more than one (Tarjan)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in sorted(edges.get(node, ())):
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            part = stack[stack.index(node) :]
            del stack[stack.index(node) :]
            if len(part) > 1:
                found.append(sorted(part))

    for node in sorted(edges):
        if node not in index:
            visit(node)
    return found


def untyped_public_functions() -> list[str]:
    """Return every public function or method with an argument or an answer that has no type."""
    found = []
    for path, function, _ in public_functions():
        arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
        arguments += [each for each in (function.args.vararg, function.args.kwarg) if each]
        bare = [a.arg for a in arguments if a.annotation is None and a.arg not in ("self", "cls")]
        if bare or function.returns is None:
            found.append(f"{path}:{function.lineno} {function.name} ({', '.join(bare) or 'its answer'})")
    return found


def told_to_look_away() -> list[str]:
    """Return every comment of ours that silences a checker; the linter's exceptions stand in one list, pyproject's."""
    silencing = re.compile(r"#\s*(type:\s?ignore|noqa)")  # what is looked for; it silences nothing itself
    return [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sources(*PACKAGES, "tests")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if silencing.search(line)
    ]


def sources(*packages: str) -> Iterator[Path]:
    """Yield our source files."""
    for package in packages or PACKAGES:
        yield from sorted((ROOT / package).rglob("*.py"))


@cache
def tree(path: Path) -> ast.Module:
    """Return a file as syntax."""
    return ast.parse(path.read_text())


def public_functions() -> Iterator[tuple[str, ast.FunctionDef, str | None]]:
    """Yield (file, function, class or None) of every function that others may call."""
    for path in sources():
        name = str(path.relative_to(ROOT))
        yield from ((name, f, None) for f in _functions(tree(path)))
        for each in tree(path).body:
            if isinstance(each, ast.ClassDef) and not each.name.startswith("_"):
                yield from ((name, f, each.name) for f in _functions(each))


def _functions(body: ast.Module | ast.ClassDef) -> list[ast.FunctionDef]:
    return [each for each in body.body if isinstance(each, ast.FunctionDef) and not each.name.startswith("_")]


def test_no_floor_imports_a_higher_one() -> None:
    assert upward_imports() == []


def test_every_part_of_the_shop_stands_on_a_floor() -> None:
    parts = {floor_of(module) for module in graph().modules} - {None}

    assert parts <= LEVEL.keys()


def test_no_floors_and_no_modules_import_each_other_in_a_ring() -> None:
    assert import_cycles() == []


def test_the_ring_finder_finds_a_ring() -> None:
    assert rings({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]


def test_only_the_edges_and_the_database_know_http() -> None:
    known = [name for name in HTTP if name in graph().modules]
    importers = chain.from_iterable(graph().find_modules_that_directly_import(name) for name in known)
    ours = {module for module in importers if module.split(".")[0] == "shop"}

    strangers = {m for m in ours if m not in KNOWS_HTTP and not m.startswith(("shop.web.", "shop.users."))}
    assert strangers == set()


@pytest.mark.parametrize("sdk", sorted(SDKS))
def test_each_gateway_sdk_is_imported_in_one_file(sdk: str) -> None:
    importers = {m for m in graph().find_modules_that_directly_import(sdk) if m.split(".")[0] == "shop"}

    assert importers == {SDKS[sdk]}


def test_the_shop_imports_the_sandbox_for_its_demo_alone() -> None:
    strangers = {
        importer
        for importer in graph().modules
        if importer.startswith("shop")
        for imported in graph().find_modules_directly_imported_by(importer)
        if imported.split(".")[0] == "sandbox" and not importer.startswith("shop.demo")
    }

    assert strangers == set()


def test_only_edges_open_writing_units() -> None:
    openers = {
        module
        for module in graph().modules
        if module.startswith("shop.") and _imports_name(module, "shop.db", "writing")
    }

    strangers = {module for module in openers if LEVEL[floor_of(module) or ""] < LEVEL["web"]}
    assert strangers == set()


def test_no_domain_function_commits() -> None:
    calls = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources(*(f"shop/{floor}" for floor in DOMAIN))
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "commit"
    ]

    assert calls == []


def test_no_domain_function_asks_who_is_signed_in_or_what_time_it_is() -> None:
    forbidden = {"request", "session", "current_user", "current_app", "g"}
    clocks = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time"}
    asked = []
    for path in sources(*(f"shop/{floor}" for floor in DOMAIN)):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("flask"):
                asked += [f"{path.name}: {name.name}" for name in node.names if name.name in forbidden]
            if isinstance(node, ast.Attribute) and ast.unparse(node) in clocks:
                asked.append(f"{path.name}:{node.lineno} {ast.unparse(node)}")

    assert asked == []


def test_who_is_offered_work_cannot_depend_on_consent() -> None:
    workshop = graph().find_descendants("shop.production") | {"shop.production"}
    reached = set().union(*(graph().find_upstream_modules(module) for module in workshop))

    assert "shop.artisans.models" in reached
    assert [module for module in reached if re.search(PUBLISHING, module)] == []
    names = {name for path in sources("shop/production") for name in _names(path)}
    assert "task_id" in names
    assert [name for name in names if re.search(PUBLISHING, name)] == []


def _names(path: Path) -> set[str]:
    """Return every name and attribute that a file reads or writes: tables and columns would be among them."""
    nodes = list(ast.walk(tree(path)))
    return {n.attr for n in nodes if isinstance(n, ast.Attribute)} | {n.id for n in nodes if isinstance(n, ast.Name)}


def test_every_surface_asks_in_one_place_what_may_be_shown() -> None:
    """Consents are read by their own verbs, by the one question, and by the pages that grant and end them."""
    readers = graph().find_modules_that_directly_import("shop.artisans.consent_models")
    asking = {
        module
        for module in readers
        if module.startswith("shop.web") and _imports_name(module, "shop.artisans.consent_models", "Consent")
    }

    assert asking == {"shop.web.artisan.consents", "shop.web.manager.reads.publication"}
    assert [m for m in readers if _imports_name(m, "shop.artisans.consent_models", "ConsentWithdrawal")] == [
        m for m in readers if m in ("shop.artisans.consents", "shop.artisans.publication")
    ]


def test_no_floating_point_touches_money() -> None:
    places = []
    for path in {ROOT / "shop/money.py", *sources(*(f"shop/{floor}" for floor in DOMAIN))}:
        for node in ast.walk(tree(path)):
            floats = isinstance(node, ast.Call) and getattr(node.func, "id", "") == "float"
            divides = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div)
            literal = isinstance(node, ast.Constant) and isinstance(node.value, float)
            if floats or divides or literal:
                places.append(f"{path.relative_to(ROOT)}:{node.lineno}")

    assert places == []


def test_no_file_is_a_drawer_for_anything() -> None:
    assert [path for path in sources() if re.fullmatch(r"(utils?|helpers?|common|misc)", path.stem)] == []


def test_no_class_is_a_manager_or_a_service() -> None:
    named = [
        node.name
        for path in sources()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef) and re.search(r"(Manager|Service|Helper|Util)s?$", node.name)
    ]

    assert named == []


def test_every_public_function_is_typed_in_full() -> None:
    assert untyped_public_functions() == []


def test_every_public_function_says_what_it_does() -> None:
    silent = [
        f"{path}:{function.lineno} {owner or ''}.{function.name}"
        for path, function, owner in public_functions()
        if not ast.get_docstring(function)
        and not (owner and function.name in TOLD_ELSEWHERE)
        and not any(getattr(mark, "id", "") == "property" for mark in function.decorator_list)
    ]

    assert silent == []


def test_every_module_opens_with_what_it_is() -> None:
    silent = [str(path.relative_to(ROOT)) for path in sources("shop") if not ast.get_docstring(tree(path))]

    assert silent == []


def test_no_checker_is_told_to_look_away() -> None:
    assert told_to_look_away() == []


def _imports_name(module: str, source: str, name: str) -> bool:
    path = ROOT / Path(*module.split("."))
    file = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    return any(
        isinstance(node, ast.ImportFrom) and node.module == source and any(alias.name == name for alias in node.names)
        for node in ast.walk(tree(file))
    )


def test_import_linter_reads_the_floors_the_same_way() -> None:
    program = Path(sys.executable).parent / "lint-imports"
    told = subprocess.run(
        [program, "--config", "tests/importlinter.ini"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert told.returncode == 0, told.stdout
