"""What is in the stand-in: things by kind and id, and what is about to happen to them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lab.fakes.railway.clock import Clock

Node = dict[str, Any]

KINDS = (
    "project",
    "environment",
    "service",
    "instance",
    "deployment",
    "volume",
    "volumeInstance",
    "domain",
    "proxy",
    "workflow",
)


class Store:
    """Plain dictionaries, kept in a file where one is named.

    Args:
        seed: Decides the ids, so that the same calls give the same ones.
    """

    def __init__(self, clock: Clock, file: Path | None = None, seed: str = "railway") -> None:
        self.clock, self._file, self._seed = clock, file, seed
        self.objects: dict[str, dict[str, Node]] = {kind: {} for kind in KINDS}
        self.actions: dict[str, Callable[..., None]] = {"show": self._show, "remove": self._remove}
        self._due: list[Node] = []
        self._made = 0
        self._moment: float | None = None
        if file is not None and file.exists():
            self._load(json.loads(file.read_text()))

    def new_id(self) -> str:
        """An id that nothing has yet."""
        self._made += 1
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self._seed}-{self._made}"))

    def add(self, kind: str, *, hidden_seconds: float = 0.0, **fields: Any) -> Node:  # noqa: ANN401 - fields of any kind
        """Make a thing; it is left out of lists for `hidden_seconds`."""
        node: Node = {
            "id": self.new_id(),
            "kind": kind,
            "createdAt": self.clock.text(),
            "deletedAt": None,
            "removed": False,
            "hidden": hidden_seconds > 0,
            **fields,
        }
        self.objects[kind][node["id"]] = node
        if node["hidden"]:
            self.later(hidden_seconds, "show", kind=kind, id=node["id"])
        return node

    def all(self, kind: str, **match: object) -> list[Node]:
        """Those that are there with these fields, also while nobody can see them yet or any more."""
        return [
            node
            for node in self.objects[kind].values()
            if not node["removed"] and all(node[key] == value for key, value in match.items())
        ]

    def alive(self, kind: str, **match: object) -> list[Node]:
        """Those of them that nobody has deleted."""
        return [node for node in self.all(kind, **match) if not node["deletedAt"]]

    def seen(self, kind: str, **match: object) -> list[Node]:
        """Those that a list shows, deleted ones among them for a while."""
        return [node for node in self.all(kind, **match) if not node["hidden"]]

    def delete(self, node: Node, seconds: float) -> None:
        """Delete softly: it can be read for so long."""
        if not node["deletedAt"]:
            node["deletedAt"] = self.clock.text()
            self.later(seconds, "remove", kind=node["kind"], id=node["id"])

    def later(self, seconds: float, action: str, **arguments: Any) -> None:  # noqa: ANN401 - as `add`
        """Let something happen, at once where there is nothing to wait for."""
        if seconds <= 0:
            self.actions[action](**arguments)
        else:
            begins = self.clock.now() if self._moment is None else self._moment
            self._due.append({"at": begins + seconds, "do": action, "with": arguments})

    def settle(self) -> None:
        """Let everything happen that is due, in its order, and what follows from it in its time."""
        while ready := [each for each in self._due if each["at"] <= self.clock.now()]:
            first = min(ready, key=lambda each: float(each["at"]))
            self._due.remove(first)
            self._moment = first["at"]
            self.actions[first["do"]](**first["with"])
        if self._moment is not None:
            self._moment = None
            self.save()

    def save(self) -> None:
        """Write everything down, for its owner alone: sealed values are in it."""
        if self._file is None:
            return
        state = {"now": self.clock.now(), "made": self._made, "due": self._due, "objects": self.objects}
        partial = self._file.with_suffix(".partial")
        partial.touch(mode=0o600)
        partial.write_text(json.dumps(state))
        partial.replace(self._file)

    def _load(self, state: Node) -> None:
        self.clock.not_before(state["now"])
        self._made, self._due = state["made"], state["due"]
        self.objects |= state["objects"]

    def _show(self, kind: str, id: str) -> None:  # noqa: A002 - the field's name
        self.objects[kind][id]["hidden"] = False

    def _remove(self, kind: str, id: str) -> None:  # noqa: A002 - the field's name
        self.objects[kind][id]["removed"] = True
