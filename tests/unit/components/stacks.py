"""Settings for tests: those of the committed stack files, with single values replaced."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from components.config.load import parse
from components.config.settings import Settings

ROOT = Path(__file__).parents[3]
STACKS = ("prod", "lab")


def raw(stack: str, **changes: object) -> dict[str, str]:
    """Values of our namespace as the engine hands them over.

    A change names its key with `__` between the steps, e.g. `nodes__oracle__arch="amd64"`.
    """
    loaded = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8"))["config"]
    prefix = "aiswarm:"
    values: dict[str, Any] = {
        key.removeprefix(prefix): value for key, value in loaded.items() if key.startswith(prefix)
    }
    for path, value in changes.items():
        *folders, last = path.split("__")
        place = values
        for folder in folders:
            place = place.setdefault(folder, {})
        place[last] = value
    return {key: json.dumps(value) for key, value in values.items()}


def settings(stack: str, **changes: object) -> Settings:
    """Checked settings of a stack file with `changes` made to it."""
    return parse(raw(stack, **changes))
