"""Read properties with the type that a rule expects, in doubt not at all.

Unknown values are markers. Reading one, or a value of another type, is a violation of the one field that was
read; with the SDK's own proxies it would switch a mandatory rule off.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import TypeVar

from .problems import UnreadableError

_T = TypeVar("_T")
_NOUNS: dict[type, str] = {
    bool: "true or false",
    str: "text",
    list: "a list",
    dict: "an object",
    float: "a number",
}


class Marker(Enum):
    """What stands in for a value that exists only after the update."""

    UNKNOWN = "a value that is unknown until the update"


class Fields:
    """One object of properties, each read with the type that the rule expects.

    A field that is absent reads as None. Absent is not safe by itself: where Docker's own default is the
    insecure one, the rule must refuse None.
    """

    def __init__(self, values: Mapping[str, object], path: str = "") -> None:
        self._values = values
        self._path = path

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def everything(self) -> Mapping[str, object]:
        """All values as they are, markers among them, for who looks for one thing in all of them."""
        return self._values

    def holds(self, name: str) -> bool:
        """Tell whether a field has a value at all, known or not; an empty list or object counts as none."""
        return self._values.get(name) not in (None, [], {})

    def is_unknown(self, name: str) -> bool:
        """Tell whether a whole field is unknown: so a rule on the stack sees what the provider fills in."""
        return self._values.get(name) is Marker.UNKNOWN

    def text(self, name: str) -> str | None:
        """A text field.

        Raises:
            UnreadableError: The value is unknown or of another type; so for every reader here.
        """
        return _typed(self._values.get(name), str, self.path(name))

    def flag(self, name: str) -> bool | None:
        """A true or false field."""
        return _typed(self._values.get(name), bool, self.path(name))

    def number(self, name: str) -> float | None:
        """A number; on the wire every one is a float."""
        return _typed(self._values.get(name), float, self.path(name))

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts; empty when absent."""
        return tuple(_required(item, str, path) for path, item in self._items(name))

    def objects(self, name: str) -> tuple[Fields, ...]:
        """A list of objects; empty when absent."""
        return tuple(Fields(_required(item, dict, path), path) for path, item in self._items(name))

    def nested(self, name: str) -> Fields:
        """A nested object; one without fields when absent."""
        path = self.path(name)
        return Fields(_typed(self._values.get(name), dict, path) or {}, path)

    def under(self, path: str) -> Fields:
        """The same fields, shown as part of something else."""
        return Fields(self._values, path)

    def path(self, name: str) -> str:
        """Where a field of this object stands in its resource, e.g. `mounts[0].source`."""
        return f"{self._path}.{name}" if self._path else name

    def _items(self, name: str) -> list[tuple[str, object]]:
        path = self.path(name)
        items = _typed(self._values.get(name), list, path) or []
        return [(f"{path}[{index}]", item) for index, item in enumerate(items)]


def _typed(value: object, kind: type[_T], path: str) -> _T | None:
    return None if value is None else _required(value, kind, path)


def _required(value: object, kind: type[_T], path: str) -> _T:
    if isinstance(value, kind):
        return value
    expected = f"must be {_NOUNS[kind]} that is known at preview"
    raise UnreadableError(
        path, expected, _describe(value), "give it as a plain value, not as another resource's output"
    )


def _describe(value: object) -> str:
    """Say what a value is without showing it: it may be a secret."""
    if isinstance(value, Marker):
        return value.value
    return "nothing" if value is None else _NOUNS.get(type(value), f"a {type(value).__name__}")
