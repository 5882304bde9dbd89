"""Resource plugins `random`, `command` and `vault` for the offline lab, in Python, doing the real work.

For the lab only: production uses the official plugins, and the program never knows which it runs on. Where a
machine reaches nothing but package registries, the official binaries cannot be had; these speak the same
protocol to the same engine, for exactly the resource types and properties in their tables. A contract test
holds the tables to the official SDK classes; ids, error texts and defaults follow upstream's source but were
not compared with its binaries. `install` puts them where the engine looks for plugins.
"""

from __future__ import annotations

import json
import os
import shlex
import tempfile
from pathlib import Path

from lab import process
from lab.plugins.boot import MODULES

BOOT = Path(__file__).resolve().with_name("boot.py")

_ASK_VERSION = """
import importlib.util, pathlib, sys
spec = importlib.util.find_spec(sys.argv[1])
print((pathlib.Path(spec.origin).parent / "pulumi-plugin.json").read_text() if spec else "{}")
"""


def install(pulumi_home: Path, python: Path) -> None:
    """Write a launcher for each plugin under `pulumi_home`, named by the version that the SDK asks for.

    The engine takes the exact version only, so it is read from the SDK in `python`'s environment. A launcher
    names this checkout and `python`; it is rewritten when it names others, and left alone otherwise.

    Raises:
        process.StepError: `python` cannot be run, or has no SDK of a plugin.
    """
    for name in MODULES:
        version = _sdk_version(python, name)
        folder = pulumi_home / "plugins" / f"resource-{name}-v{version}"
        _write_launcher(folder / f"pulumi-resource-{name}", python, name, version)


def _sdk_version(python: Path, name: str) -> str:
    told = json.loads(process.output([python, "-I", "-c", _ASK_VERSION, f"pulumi_{name}"]))
    if not told.get("version"):
        raise process.StepError(
            f"{python}: the Python SDK `pulumi_{name}` must be installed, got none",
            hint="make up, which installs requirements/dev.lock",
        )
    return str(told["version"])


def _write_launcher(path: Path, python: Path, name: str, version: str) -> None:
    # Two lines of shell, not a shebang to python: a shebang breaks on a long path or one with a space.
    # -I keeps the program's folder and PYTHONPATH out of the plugin.
    words = shlex.join([str(python.absolute()), "-I", str(BOOT), name, version])
    text = f'#!/bin/sh\nexec {words} "$@"\n'.encode()
    # Bytes: where an official engine was used before, its plugin, an ELF binary, lies in the same place.
    if path.exists() and path.read_bytes() == text and os.access(path, os.X_OK):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(text)
    Path(temporary).chmod(0o755)
    Path(temporary).replace(path)
