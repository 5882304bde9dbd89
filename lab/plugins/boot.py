"""Start one plugin process for the lab: `boot.py NAME VERSION [ENGINE_ADDRESS]`, called by its launcher.

An operation of the engine boots every plugin anew, an `up` twice, so the start has to be cheap. `import
pulumi` alone would double it: bare namespaces stand in for the SDK's packages, and only the generated
protocol modules are loaded.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import types
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
MODULES = {
    "random": "lab.plugins.resource_random",
    "command": "lab.plugins.resource_command",
    "vault": "lab.plugins.resource_vault",
}


def _register_bare_namespaces() -> None:
    spec = importlib.util.find_spec("pulumi")
    if spec is None or not spec.submodule_search_locations:
        sys.exit(f"{sys.executable}: the Python SDK `pulumi` must be installed; run `make up` again")
    folder = Path(spec.submodule_search_locations[0])
    for name in ("pulumi", "pulumi.runtime", "pulumi.runtime.proto"):
        module = types.ModuleType(name)
        module.__path__ = [str(folder.joinpath(*name.split(".")[1:]))]
        sys.modules[name] = module


def main(name: str, version: str, engine: str = "", *_: str) -> None:
    """Serve the plugin `name` until the engine ends or asks it to."""
    sys.path.insert(0, str(REPO))
    _register_bare_namespaces()
    package = importlib.import_module(MODULES[name]).PACKAGE
    importlib.import_module("lab.plugins.kit.serve").serve(package, version, engine)


if __name__ == "__main__":
    main(*sys.argv[1:])
