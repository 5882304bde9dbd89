"""What the engine and the handlers tell each other, in plain dictionaries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from components.railway.client import RailwayClient

Props = Mapping[str, Any]


class Unknown:
    """A value that a preview cannot know yet; equal to nothing, itself included."""

    __hash__ = None  # type: ignore[assignment]  # nothing may look it up

    def __eq__(self, other: object) -> bool:
        """Never, so that a comparison shows a change."""
        return False


UNKNOWN: Final = Unknown()


@dataclass(frozen=True, slots=True)
class Failure:
    """An input that breaks a rule which needs no API."""

    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class Difference:
    """What an `up` would have to do."""

    changes: bool
    replaces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Made:
    """A thing that is there now, found or new."""

    id: str
    outs: dict[str, Any]


class Handler(Protocol):
    """One kind of thing at Railway; each module of `handlers` is one."""

    @property
    def INPUTS(self) -> tuple[str, ...]:  # noqa: N802 - a constant of the module
        """Keys that are declared; everything else in the state was found out."""

    @property
    def REPLACES(self) -> tuple[str, ...]:  # noqa: N802 - a constant of the module
        """Those of which another value means another thing."""

    def check(self, news: Props, /) -> list[Failure]:
        """What is wrong with the inputs, as far as it can be told offline."""

    def create(self, api: RailwayClient, news: Props, /) -> Made:
        """Find it or make it."""

    def read(self, api: RailwayClient, id_: str, outs: Props, /) -> dict[str, Any] | None:
        """The state as it is, or None when it is gone."""

    def update(self, api: RailwayClient, id_: str, olds: Props, news: Props, /) -> dict[str, Any]:
        """Make it so, and return the new state."""

    def delete(self, api: RailwayClient, id_: str, outs: Props, /) -> None:
        """Make sure that it is gone."""


def compare(handler: Handler, olds: Props, news: Props) -> Difference:
    """Compare the declared keys of the state with new inputs.

    A value that is only known later replaces the thing if a known one did: ids are the engine's own ids,
    which stay known as long as their things do.
    """
    changed = [key for key in handler.INPUTS if differ(olds.get(key), news.get(key))]
    return Difference(bool(changed), tuple(key for key in handler.REPLACES if key in changed))


def differ(old: object, new: object) -> bool:
    """Whether two values differ; nothing, an empty text and an empty collection are the same."""
    if old in (None, "", {}, []) and new in (None, "", {}, []):
        return False
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return any(differ(old.get(key), new.get(key)) or (key in old) != (key in new) for key in {*old, *new})
    return bool(old != new)


def required(news: Props, keys: Iterable[str]) -> list[Failure]:
    """Failures for the keys that hold nothing."""
    return [Failure(key, "must not be empty") for key in keys if news.get(key) in (None, "")]


def declared(handler: Handler, values: Props) -> dict[str, Any]:
    """The declared keys alone, without those that hold nothing."""
    return {key: values[key] for key in handler.INPUTS if values.get(key) is not None}
