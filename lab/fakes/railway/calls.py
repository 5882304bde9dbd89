"""What was asked for, without any value that may be secret."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

HIDDEN: Final = "*****"
_MAPS: Final = ("variables", "sharedVariables")
_VALUES: Final = ("value", "password")


@dataclass(frozen=True, slots=True)
class Call:
    """One request that was understood, whatever became of it."""

    operation: str
    fields: tuple[str, ...]
    """Of the root."""

    variables: dict[str, Any]
    """GraphQL's, masked."""

    change: bool
    """Whether it is a mutation."""


def masked(value: Any) -> Any:  # noqa: ANN401 - JSON
    """The same with every variable's value, and every password, hidden."""
    if isinstance(value, list):
        return [masked(each) for each in value]
    if not isinstance(value, dict):
        return value
    shown: dict[str, Any] = {}
    for key, each in value.items():
        if key in _MAPS and isinstance(each, dict):
            shown[key] = dict.fromkeys(each, HIDDEN)
        else:
            shown[key] = HIDDEN if key in _VALUES else masked(each)
    return shown
