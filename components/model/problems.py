"""One form for everything that can be wrong, so that an operator reads all problems in one list."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing that must be mended: `<path>: <what must hold>, got <value>[; <likely fix>]`.

    `got` never holds a secret value, nor a value of a key that may hold one.
    """

    path: str
    expected: str
    got: str = ""
    fix: str = ""

    def __str__(self) -> str:
        """The line as it is shown."""
        text = f"{self.path}: {self.expected}"
        if self.got:
            text += f", got {self.got}"
        return f"{text}; {self.fix}" if self.fix else text


class SpecError(ValueError):
    """A spec breaks one of its own rules; a mistake in the catalogue, not in the operator's settings."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem
