"""One form for everything that a rule finds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One violation: `<path>: <what must hold>, got <value>[; <likely fix>]`.

    A rule sees secrets as plain text and cannot tell them apart (pulumi-policy unwraps them), and its
    message is printed as it is: `got` may hold only the values of fields that never carry a secret.
    """

    path: str
    expected: str
    got: str
    fix: str = ""
    unjudged: str = ""
    """Id of the rule that says what kept the rule from judging; empty where it judged. Never excused."""

    def __str__(self) -> str:
        """The line as it is shown."""
        text = f"{self.path}: {self.expected}, got {self.got}"
        text = f"{text}; {self.fix}" if self.fix else text
        return f"{text} ({self.unjudged})" if self.unjudged else text


UNREADABLE = "POL-002"
CRASHED = "POL-003"


class UnreadableError(Exception):
    """A rule needs a value that it cannot have: unknown until the update, of another type, or missing."""

    def __init__(self, field: str, expected: str, got: str, fix: str = "") -> None:
        super().__init__(f"{field}: {expected}, got {got}")
        self.field = field
        self.expected = expected
        self.got = got
        self.fix = fix
