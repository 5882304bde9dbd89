"""Read the exceptions, and say everything that is wrong with them at once. A wrong entry grants nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path

import yaml

from .exceptions import FILE, Exceptions, Grant, Key
from .inventory import STACKS
from .problems import Problem

LONGEST = timedelta(days=180)
"""After that somebody has to look again and say why it is still needed."""

SHORTEST_REASON = 20
"""Characters. Less than that says "needed", not why."""

KEYS = ("rule", "resource", "stacks", "found", "reason", "owner", "granted", "expires")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def read(path: Path, excusable: Mapping[str, bool], today: date) -> Exceptions:
    """What the file grants on a day.

    Args:
        excusable: For each rule's id, whether it may have exceptions.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeError, yaml.YAMLError) as error:
        fix = "an empty one says `exceptions: []`"
        return Exceptions(
            today, problems=[Problem(FILE, "must be readable as YAML", type(error).__name__, fix)]
        )
    if not isinstance(content, dict) or set(content) != {"exceptions"}:
        got = ", ".join(map(str, content)) if isinstance(content, dict) else _kind(content)
        return Exceptions(
            today, problems=[Problem(FILE, "must hold `exceptions` and nothing else", got or "none")]
        )
    entries = content["exceptions"]
    if not isinstance(entries, list):
        return Exceptions(today, problems=[Problem(f"{FILE} exceptions", "must be a list", _kind(entries))])
    return _judged([_Entry(index, entry) for index, entry in enumerate(entries)], excusable, today)


def _judged(entries: list[_Entry], excusable: Mapping[str, bool], today: date) -> Exceptions:
    grants: list[Grant] = []
    problems: list[Problem] = []
    seen: set[Key] = set()
    for entry in entries:
        grant = entry.grant()
        found = list(entry.problems)
        rule = entry.values.get("rule")
        if isinstance(rule, str) and rule not in excusable:
            found.append(
                entry.problem("rule", "must be the id of a rule", repr(rule), "policy/README.md lists them")
            )
        found += _against(entry, grant, excusable, today) if grant else ()
        keys = {Key(grant.rule, grant.resource, stack) for stack in grant.stacks} if grant else set()
        if seen & keys:
            found.append(
                entry.problem("", "must be the only one for its rule, resource and stack", "another")
            )
        seen |= keys
        problems += found
        if grant and not found:
            grants.append(grant)
    return Exceptions(today, grants, problems)


def _against(entry: _Entry, grant: Grant, excusable: Mapping[str, bool], today: date) -> Iterator[Problem]:
    if not excusable.get(grant.rule, True):
        fix = "change what breaks it"
        yield entry.problem("rule", "must be a rule that may have exceptions", repr(grant.rule), fix)
    if unknown := sorted(set(grant.stacks) - STACKS):
        fix = "policy/rules/support/inventory.py lists them"
        yield entry.problem("stacks", "must be stacks that there are", ", ".join(map(repr, unknown)), fix)
    if grant.granted > today:
        yield entry.problem("granted", f"must not be after today, {today}", str(grant.granted))
    if not grant.granted <= grant.expires <= grant.granted + LONGEST:
        expected = f"must be within {LONGEST.days} days from granting, by {grant.granted + LONGEST}"
        yield entry.problem("expires", expected, str(grant.expires))
    if grant.expires < today:
        fix = "remove the entry and what needs it, or grant it anew with a reason that still holds"
        yield entry.problem("expires", f"must not be before today, {today}", str(grant.expires), fix)


class _Entry:
    """One entry of the list, read field by field."""

    def __init__(self, index: int, values: object) -> None:
        self._path = f"{FILE} exceptions[{index}]"
        self.values = values if isinstance(values, dict) else {}
        self.problems: list[Problem] = []
        if not isinstance(values, dict):
            self.problems.append(self.problem("", "must be an object", _kind(values)))
        elif unknown := [str(key) for key in values if key not in KEYS]:
            expected = f"must hold nothing but {', '.join(KEYS)}"
            self.problems.append(self.problem("", expected, ", ".join(unknown)))

    def problem(self, field: str, expected: str, got: str, fix: str = "") -> Problem:
        return Problem(f"{self._path}.{field}".rstrip("."), expected, got, fix)

    def grant(self) -> Grant | None:
        """The entry, unless one of its fields is missing or of another form."""
        if not self.values:
            return None
        rule, resource = self._name("rule"), self._name("resource")
        stacks, what = self._stacks(), self._found()
        reason, owner = self._reason(), self._text("owner")
        granted, expires = self._date("granted"), self._date("expires")
        if not (rule and resource and stacks and what and reason and owner and granted and expires):
            return None
        return Grant(rule, resource, stacks, what, reason, owner, granted, expires)

    def _text(self, field: str) -> str:
        value = self.values.get(field)
        if isinstance(value, str) and value.strip():
            return " ".join(value.split())
        self.problems.append(self.problem(field, "must be text", _kind(value)))
        return ""

    def _name(self, field: str) -> str:
        text = self._text(field)
        if text and not _NAME.fullmatch(text):
            fix = "there are no wildcards; one entry a resource"
            self.problems.append(self.problem(field, "must be one exact name", repr(text), fix))
            return ""
        return text

    def _reason(self) -> str:
        text = self._text("reason")
        if text and len(text) < SHORTEST_REASON:
            expected = f"must say in at least {SHORTEST_REASON} characters why the rule cannot be kept"
            self.problems.append(self.problem("reason", expected, repr(text)))
            return ""
        return text

    def _stacks(self) -> tuple[str, ...]:
        value = self.values.get("stacks")
        names = value if isinstance(value, list) else []
        if names and all(isinstance(name, str) and _NAME.fullmatch(name) for name in names):
            return tuple(names)
        self.problems.append(self.problem("stacks", "must list names of stacks", _kind(value)))
        return ()

    def _found(self) -> tuple[str, ...]:
        value = self.values.get("found")
        items = value if isinstance(value, list) else []
        if items and all(isinstance(item, str) and item.strip() for item in items):
            return tuple(items)
        expected = "must list what is excused, as the rule shows it after `got`"
        self.problems.append(self.problem("found", expected, _kind(value)))
        return ()

    def _date(self, field: str) -> date | None:
        value = self.values.get(field)
        if type(value) is date:  # a datetime is a date, too
            return value
        self.problems.append(self.problem(field, "must be a date, e.g. 2027-01-31", _kind(value)))
        return None


def _kind(value: object) -> str:
    if value is None:
        return "none"
    return repr(value) if isinstance(value, str | int | float) else f"a {type(value).__name__}"
