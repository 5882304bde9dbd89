"""Faults that a test orders for single requests, and the end of everything after so many changes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum


class Lost(StrEnum):
    """How an answer does not come."""

    DROPPED = "dropped"
    """The connection breaks."""

    HANGING = "hanging"
    """Nothing comes until the client gives up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What the client gets instead of an answer."""

    status: int = 200
    message: str = ""
    """Of an error of the API; empty for an answer of something before it, which has no such thing."""

    done: bool = False
    """Whether the request is carried out all the same."""

    lost: Lost | None = None
    headers: dict[str, str] = field(default_factory=dict)


def api_error(message: str, *, done: bool = False) -> Fault:
    """An error as the API reports nearly all of them: with status 200."""
    return Fault(message=message, done=done)


def gateway_error(status: int, *, done: bool) -> Fault:
    """A page of the edge, such as 502 or 504."""
    return Fault(status=status, done=done)


def too_many_requests(retry_after: float | None) -> Fault:
    """Status 429; without the header it is the edge that says so, and not the API."""
    return Fault(status=429, headers={} if retry_after is None else {"retry-after": f"{retry_after:.0f}"})


def no_answer(lost: Lost, *, done: bool) -> Fault:
    """The connection breaks, or the client runs out of patience."""
    return Fault(lost=lost, done=done)


@dataclass
class _Ordered:
    fault: Fault
    names: str
    skip: int
    times: int


class Faults:
    """What was ordered and has not happened yet."""

    def __init__(self) -> None:
        self._ordered: list[_Ordered] = []
        self._changes_left: int | None = None

    def order(self, name: str, fault: Fault, *, skip: int = 0, times: int = 1) -> None:
        """Let a fault happen to requests for an operation.

        Args:
            name: Of the operation or of a field of the root that it asks for; `*` is every request.
            skip: Requests for it that are answered before.
        """
        self._ordered.append(_Ordered(fault, name, skip, times))

    def crash_after(self, changes: int) -> None:
        """Carry out so many more changes, lose the last one's answer, and then refuse everything.

        For a client it is as if it had ended at that moment: no answer helps it any more.
        """
        self._changes_left = changes

    def clear(self) -> None:
        """Forget all of them."""
        self._ordered.clear()
        self._changes_left = None

    def next(self, names: Collection[str], *, change: bool) -> Fault | None:
        """What happens to a request for these names.

        Args:
            change: Whether it is a mutation.
        """
        if self._changes_left is not None and (crash := self._crash(change=change)):
            return crash
        for ordered in self._ordered:
            if ordered.names != "*" and ordered.names not in names:
                continue
            if ordered.skip:
                ordered.skip -= 1
                continue
            ordered.times -= 1
            if not ordered.times:
                self._ordered.remove(ordered)
            return ordered.fault
        return None

    def _crash(self, *, change: bool) -> Fault | None:
        if not self._changes_left:
            return api_error("The stand-in was told to end here")
        if change:
            self._changes_left -= 1
        done = change and not self._changes_left
        return api_error("The stand-in was told to end here", done=True) if done else None
