"""How problems reach the operator: one list, no traceback, before any resource is registered."""

from __future__ import annotations

from collections.abc import Iterable

import pulumi

from components.model.problems import Problem


class SettingsError(pulumi.RunError):
    """Every problem of the configuration at once.

    A `pulumi.RunError` is shown as its message alone; any other exception would print a traceback
    (pulumi-language-python-exec).
    """

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        lines = "\n".join(f"  {problem}" for problem in self.problems)
        noun = "problem" if len(self.problems) == 1 else "problems"
        super().__init__(f"{len(self.problems)} {noun} in the configuration, no host was touched:\n{lines}")


def refuse(problems: Iterable[Problem]) -> None:
    """Stop when there is any problem.

    Raises:
        SettingsError: There is at least one.
    """
    if found := tuple(problems):
        raise SettingsError(found)
