"""The shape of the code: which layer may know which, what happens at import, and how long anything may be."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]
COMPONENTS = REPO / "components"
MAIN = REPO / "__main__.py"

MAY_USE = {
    "model": set(),
    "config": {"model"},
    "render": {"model"},
    "programs": set(),
    "catalogue": {"config", "model", "render", "programs"},
    "railway": {"model"},
    "deploy": {"config", "model", "railway"},
}
"""Data flows one way: settings, specs, files, resources. Every layer may use itself."""

KNOWS_PULUMI = {"config", "deploy"}
"""The first reads the stack's configuration, the second alone creates resources."""

RESOURCES = ("pulumi_docker", "pulumi_command", "pulumi_random", "pulumi_vault")

FILE_LINES = 300
FUNCTION_LINES = 40
MAIN_LINES = 60
EXCEPTION = re.compile(r"# (?:noqa|type: ignore).*")
NAMED = re.compile(r"# (noqa: [A-Z]+\d+(, ?[A-Z]+\d+)*|type: ignore\[[\w, -]+\])")
BUDGETED = ("components", "policy", "ops", "lab", "bench", "images", "tests")


def sources(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (REPO / folder).rglob("*.py"))


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), str(path))


def layer(path: Path) -> str:
    return path.relative_to(COMPONENTS).parts[0]


def runtime_nodes(module: ast.Module) -> Iterator[ast.AST]:
    """Every node but those that exist for the type checker alone."""
    waiting: list[ast.AST] = [module]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            waiting.extend(node.orelse)
        else:
            waiting.extend(ast.iter_child_nodes(node))


def imports(path: Path) -> set[str]:
    """Full names of the modules that a file loads when it runs."""
    found: set[str] = set()
    for node in runtime_nodes(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def relative(path: Path) -> str:
    return str(path.relative_to(REPO))


LAYERED = [path for path in sources("components") if path.parent != COMPONENTS]


def test_every_layer_is_known() -> None:
    assert {layer(path) for path in LAYERED} <= set(MAY_USE)


@pytest.mark.parametrize("path", LAYERED, ids=relative)
def test_layers_point_one_way(path: Path) -> None:
    used = {name.split(".")[1] for name in imports(path) if name.startswith("components.")}

    assert used - MAY_USE[layer(path)] - {layer(path)} == set()


@pytest.mark.parametrize("path", LAYERED, ids=relative)
def test_only_two_layers_know_pulumi(path: Path) -> None:
    packages = {name.partition(".")[0] for name in imports(path)}

    assert "pulumi" not in packages or layer(path) in KNOWS_PULUMI
    assert layer(path) == "deploy" or not packages & set(RESOURCES)


@pytest.mark.parametrize("path", LAYERED, ids=relative)
def test_the_program_knows_neither_lab_nor_tools(path: Path) -> None:
    packages = {name.partition(".")[0] for name in imports(path)}

    assert not packages & {"lab", "ops", "policy", "tests", "bench"}


def calls_at_import(module: ast.Module) -> list[ast.Call]:
    """Calls that run when a module is loaded: all but those inside functions."""
    found: list[ast.Call] = []
    waiting: list[ast.AST] = list(module.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            waiting.extend(getattr(node, "decorator_list", []))
            continue
        if isinstance(node, ast.Call):
            found.append(node)
        waiting.extend(ast.iter_child_nodes(node))
    return found


@pytest.mark.parametrize("path", LAYERED, ids=relative)
def test_nothing_happens_at_import(path: Path) -> None:
    names = {
        alias.asname or alias.name.partition(".")[0]
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Import | ast.ImportFrom)
        and (getattr(node, "module", None) or node.names[0].name).partition(".")[0].startswith("pulumi")
        for alias in node.names
    }

    called = {ast.unparse(call.func).partition(".")[0] for call in calls_at_import(tree(path))}

    assert called & names == set()


def components() -> list[ast.ClassDef]:
    """Classes with a constructor that calls `register_outputs`, or that should."""
    return [
        node
        for path in sources("components")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef) and any("ComponentResource" in ast.unparse(b) for b in node.bases)
    ]


def test_there_are_components() -> None:
    assert {node.name for node in components()} >= {"Secrets", "Service", "SwarmNode"}


@pytest.mark.parametrize("component", components(), ids=lambda node: node.name)
def test_a_component_registers_its_outputs_last(component: ast.ClassDef) -> None:
    (constructor,) = (
        node for node in component.body if isinstance(node, ast.FunctionDef) and node.name == "__init__"
    )
    statements = [ast.unparse(statement) for statement in constructor.body]

    assert statements[0].startswith("super().__init__(")
    assert statements[-1].startswith("self.register_outputs({'")


@pytest.mark.parametrize("component", components(), ids=lambda node: node.name)
def test_a_component_reads_nothing_from_its_surroundings(component: ast.ClassDef) -> None:
    text = ast.unparse(component)

    for forbidden in ("pulumi.export", "pulumi.Config", "get_stack", "get_project", "os.environ"):
        assert forbidden not in text


def test_main_is_wiring() -> None:
    statements = list(ast.walk(tree(MAIN)))

    assert len(MAIN.read_text().splitlines()) < MAIN_LINES
    assert not [
        node for node in statements if isinstance(node, ast.If | ast.For | ast.While | ast.FunctionDef)
    ]


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its signature and docstring."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


@pytest.mark.parametrize("path", [*sources(*BUDGETED), MAIN], ids=relative)
def test_files_and_functions_stay_short(path: Path) -> None:
    long = {
        node.name: length(node)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and length(node) > FUNCTION_LINES
    }

    assert len(path.read_text().splitlines()) <= FILE_LINES
    assert long == {}


@pytest.mark.parametrize("path", sources(*BUDGETED), ids=relative)
def test_exceptions_from_a_rule_name_the_rule_and_the_reason(path: Path) -> None:
    """The reason stands behind the exception or in a comment above it."""
    lines = path.read_text().splitlines()
    reasonless = [
        line.strip()
        for above, line in zip(["", *lines], lines, strict=False)
        for exception in EXCEPTION.findall(line)
        if not NAMED.match(exception)
        or not (NAMED.sub("", exception).strip(" #-—") or above.strip().startswith("#"))
    ]

    assert reasonless == []
