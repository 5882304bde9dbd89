"""What the real engine said of the lab's stack and a changed program or configuration, cut down by `cut.py`.

| file | what was changed since the last `up` |
|---|---|
| quiet | nothing |
| image | another digest of Redis |
| subnet | another subnet on starlord |
| volume | the volume of Redis renamed, its protection and retention ended in the same change |
| gone | SillyTavern is no longer in the catalogue; the engine itself fails at its protected volumes |
| mount | the Vault's mount at another path |
| unknown | a rule that lets the SDK's error about an unknown value pass, which makes it advice |
| crash | a rule that raises, which ends the run |
| refused | a configuration that the program itself refuses |
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
NAMES = tuple(sorted(path.stem for path in FOLDER.glob("*.ndjson")))

Event = dict[str, Any]
"""As the engine sends it: the tests change what they please."""


def lines(name: str) -> list[str]:
    """A stream as it was recorded."""
    return (FOLDER / f"{name}.ndjson").read_text(encoding="utf-8").splitlines()


def changed(name: str, change: Callable[[str, Event], Event | None]) -> list[str]:
    """A stream in which each event was handed to a function, by its kind; one that it makes None is lost."""
    kept: list[str] = []
    for line in lines(name):
        event: Event = json.loads(line)
        kind = next(key for key in event if key not in {"sequence", "timestamp"})
        result = change(kind, event[kind])
        if result is not None:
            kept.append(json.dumps({**event, kind: result}))
    return kept
