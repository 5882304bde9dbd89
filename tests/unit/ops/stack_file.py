"""A stack file and a state for tests: what is written is kept, and any path can refuse."""

from __future__ import annotations

from dataclasses import dataclass, field

from ops.stack import EngineError


@dataclass
class File:
    """The stack file and the state, as far as a rotation sees them."""

    values: dict[str, str] = field(default_factory=dict)
    written: list[tuple[object, ...]] = field(default_factory=list)
    refuses: str = ""
    """Path that cannot be written."""

    def set_count(self, _: str, section: str, name: str, count: int) -> None:
        """Write."""
        self.written.append((section, name, count))

    def set_text(self, _: str, path: str, text: str, *, secret: bool) -> None:
        """Write."""
        if path == self.refuses:
            raise EngineError("error: the file is read-only")
        self.written.append((path, text.splitlines()[0], secret))
