"""Values of one event with the type that the reader expects; what is wrong is said without the value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

_T = TypeVar("_T")
_NOUNS: Mapping[type, str] = {
    str: "text",
    bool: "true or false",
    int: "a number",
    list: "a list",
    dict: "an object",
}


class MalformedError(Exception):
    """An event is not what the engine sends."""


class Event:
    """One object of the stream. An absent field is what Go's `omitempty` makes of a zero value."""

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values

    @classmethod
    def of(cls, value: object) -> Event:
        """The object that a value is.

        Raises:
            MalformedError: It is of another type; so for every reader here.
        """
        return cls(_typed(value, dict, "an event"))

    def items(self) -> Iterable[tuple[str, object]]:
        """Every field as it is."""
        return self._values.items()

    def text(self, name: str, default: str | None = None) -> str:
        """A text; required unless there is a default."""
        value = self._values.get(name)
        return default if value is None and default is not None else _typed(value, str, name)

    def flag(self, name: str) -> bool:
        """True or false; absent is false."""
        return _typed(self._values.get(name, False), bool, name)

    def texts(self, name: str) -> tuple[str, ...]:
        """A list of texts; absent is empty."""
        return tuple(_typed(item, str, name) for item in _typed(self._values.get(name) or [], list, name))

    def counts(self, name: str) -> dict[str, int]:
        """Numbers by name; absent is empty."""
        return {key: _typed(count, int, name) for key, count in self.values(name).items()}

    def values(self, name: str) -> dict[str, object]:
        """An object as it is; absent is empty."""
        return _typed(self._values.get(name) or {}, dict, name)

    def object(self, name: str) -> Event:
        """An object that must be there."""
        return Event(_typed(self._values.get(name), dict, name))

    def maybe(self, name: str) -> Event | None:
        """An object, or None."""
        value = self._values.get(name)
        return None if value is None else Event(_typed(value, dict, name))


def _typed(value: object, kind: type[_T], name: str) -> _T:
    if isinstance(value, kind) and not (kind is int and isinstance(value, bool)):
        return value
    got = "nothing" if value is None else _NOUNS.get(type(value), f"a {type(value).__name__}")
    raise MalformedError(f"{name}: must be {_NOUNS[kind]}, got {got}")
