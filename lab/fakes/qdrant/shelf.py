"""The collections and their points, in memory and in one file."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from lab.fakes.routes import RefusedError

FILE = "collections.json"
BEFORE = "family-recipes"
"""A collection of somebody else's, there from the beginning: nothing of the swarm may touch it."""

_RECIPES = ("lentil soup", "plum cake", "rye bread")


def similarity(one: Sequence[float], other: Sequence[float]) -> float:
    """Cosine of the angle between two vectors; 0 where one has no direction."""
    lengths = math.hypot(*one) * math.hypot(*other)
    return sum(a * b for a, b in zip(one, other, strict=True)) / lengths if lengths else 0.0


def passes(payload: Mapping[str, Any], condition: Mapping[str, Any]) -> bool:
    """Tell whether a point is among those that a filter asks for."""
    return all(payload.get(each["key"]) == each["match"]["value"] for each in condition.get("must", ()))


class Shelf:
    """All collections by name; what is changed is on the disk before it is confirmed."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE
        self._all: dict[str, dict[str, Any]] = {}
        if self._file.exists():
            self._all = json.loads(self._file.read_text())
        else:
            self.create(BEFORE, {"size": 2, "distance": "Cosine"})
            points = ((number, text) for number, text in enumerate(_RECIPES))
            self.put(
                BEFORE,
                [
                    {"id": number, "vector": [1.0, float(number)], "payload": {"text": text}}
                    for number, text in points
                ],
            )

    @property
    def names(self) -> list[str]:
        """Every collection."""
        return sorted(self._all)

    def has(self, name: str) -> bool:
        """Tell whether there is such a collection."""
        return name in self._all

    def create(self, name: str, vectors: Mapping[str, Any]) -> None:
        """Make a collection for vectors of one length.

        Raises:
            RefusedError: It exists, or the length is missing.
        """
        if name in self._all:
            raise RefusedError(409, f"Wrong input: Collection `{name}` already exists!")
        if not isinstance(vectors.get("size"), int):
            raise RefusedError(400, "vectors.size: must be a number")
        self._all[name] = {"vectors": dict(vectors), "points": {}}
        self._save()

    def remove(self, name: str) -> bool:
        """Remove a collection, and tell whether there was one."""
        there = self._all.pop(name, None) is not None
        self._save()
        return there

    def describe(self, name: str) -> dict[str, Any]:
        """What Qdrant tells of a collection."""
        found = self._collection(name)
        return {
            "status": "green",
            "points_count": len(found["points"]),
            "config": {"params": {"vectors": found["vectors"]}},
            "payload_schema": {},
        }

    def put(self, name: str, points: Iterable[Mapping[str, Any]]) -> None:
        """Insert points, or replace those of the same id.

        Raises:
            RefusedError: There is no such collection, or a vector has another length.
        """
        found = self._collection(name)
        size = found["vectors"]["size"]
        for point in points:
            if len(point["vector"]) != size:
                got = len(point["vector"])
                raise RefusedError(
                    400, f"Wrong input: Vector dimension error: expected dim: {size}, got {got}"
                )
            found["points"][str(point["id"])] = {
                "id": point["id"],
                "vector": list(point["vector"]),
                "payload": dict(point.get("payload") or {}),
            }
        self._save()

    def points(self, name: str, condition: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The points that pass a filter."""
        found = self._collection(name)["points"].values()
        return [dict(point) for point in found if passes(point["payload"], condition)]

    def nearest(
        self, name: str, vector: Sequence[float], condition: Mapping[str, Any], limit: int
    ) -> list[dict[str, Any]]:
        """The points most alike, each with its score, best first."""
        if len(vector) != self._collection(name)["vectors"]["size"]:
            raise RefusedError(400, "Wrong input: Vector dimension error")
        scored = [
            {**point, "version": 0, "score": similarity(vector, point["vector"])}
            for point in self.points(name, condition)
        ]
        return sorted(scored, key=lambda point: point["score"], reverse=True)[:limit]

    def _collection(self, name: str) -> dict[str, Any]:
        if name not in self._all:
            raise RefusedError(404, f"Not found: Collection `{name}` doesn't exist!")
        return self._all[name]

    def _save(self) -> None:
        partial = self._file.with_suffix(".partial")
        partial.write_text(json.dumps(self._all))
        partial.replace(self._file)
