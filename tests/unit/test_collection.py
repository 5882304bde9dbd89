"""No test is left out by accident: every test function that is written is collected."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from lab import paths

TESTS = paths.REPO / "tests"


def written(file: Path) -> Iterator[str]:
    """Names of the test functions in a file."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield node.name


def collected() -> dict[str, set[str]]:
    """Names of the test functions that pytest finds, by file."""
    done = subprocess.run(
        (sys.executable, "-m", "pytest", "--collect-only", "-q", "-o", "addopts=", "tests"),
        cwd=paths.REPO, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, set[str]] = {}
    for line in done.stdout.splitlines():
        file, separator, name = line.partition("::")
        if separator:
            found.setdefault(file, set()).add(name.partition("[")[0])
    return found


def test_every_written_test_is_collected() -> None:
    found = collected()

    missing = {
        str(file.relative_to(paths.REPO)): sorted(left)
        for file in sorted(TESTS.rglob("*.py"))
        if (left := set(written(file)) - found.get(str(file.relative_to(paths.REPO)), set()))
    }

    assert missing == {}
    assert sum(len(names) for names in found.values()) > 400


def test_no_two_tests_of_a_file_share_a_name() -> None:
    """The second one would silently take the first one's place."""
    twice = {
        f"{file.relative_to(paths.REPO)}::{name}"
        for file in TESTS.rglob("*.py")
        for name, count in Counter(written(file)).items()
        if count > 1
    }

    assert twice == set()
