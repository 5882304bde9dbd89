"""Look for secrets in the stream itself, before anything else reads it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ops.gate.masks import SHORTEST_SECRET, is_secret
from ops.gate.verdict import HIDDEN, Finding, Kind
from ops.prove.needles import Needles, needles


@dataclass(frozen=True, slots=True)
class Searched:
    """The stream without the canaries, so that nothing built from it can show one."""

    lines: tuple[str, ...]
    findings: tuple[Finding, ...]


def canaries(text: str) -> Needles:
    """The secrets of a file, one a line, known by the number of their line.

    Raises:
        ValueError: One is too short, or there is none.
    """
    named = {f"line {number}": line.strip() for number, line in enumerate(text.splitlines(), start=1)}
    values = {name: value for name, value in named.items() if value}
    short = [name for name, value in values.items() if len(value) < SHORTEST_SECRET]
    if short or not values:
        got = f"a shorter one on {', '.join(short)}" if short else "none"
        raise ValueError(f"must hold secrets of at least {SHORTEST_SECRET} characters, one a line, got {got}")
    return needles(values)


def search(lines: Iterable[str], wanted: Needles | None) -> Searched:
    """Find the canaries, and take them out."""
    if wanted is None:
        return Searched(tuple(lines), ())
    cleaned: list[str] = []
    findings: list[Finding] = []
    for number, line in enumerate(lines, start=1):
        # A text that is itself JSON, such as `dataJson`, is escaped twice; a form for one escape then fits.
        found = {**wanted.within(_unescaped(line)), **wanted.within(line)}
        findings += [
            _leak(f"line {number}", f"the secret on {' and '.join(source.names)} as {source.form}")
            for source in sorted(found)
        ]
        cleaned.append(_cleaned(line, wanted) if found else line)
    return Searched(tuple(cleaned), tuple(findings))


def _unescaped(line: str) -> str:
    return line.replace('\\"', '"').replace("\\\\", "\\")


def _cleaned(line: str, wanted: Needles) -> str:
    """The event without secrets; a line that is no event is of no use anyway."""
    try:
        event = json.loads(line)
    except ValueError:
        return "not an event, and it holds a secret"
    return wanted.cleaned(json.dumps(_without(event, wanted)))


def _without(value: object, wanted: Needles) -> object:
    if isinstance(value, str):
        return wanted.cleaned(value)
    if isinstance(value, list):
        return [_without(part, wanted) for part in value]
    if isinstance(value, dict):
        return {wanted.cleaned(name): _without(part, wanted) for name, part in value.items()}
    return value


def judge(open_outputs: Iterable[str]) -> Iterator[Finding]:
    """Outputs of the stack that are secret by their names, and shown."""
    for name in sorted(open_outputs):
        if is_secret(name):
            yield _leak(f"output {name}", "its value")


def _leak(where: str, got: str) -> Finding:
    message = f"{where}: must show no secret, got {got}; replace it, since it has been shown"
    return Finding(kind=Kind.PLAN, rule=HIDDEN, severity=HIDDEN.severity, urn="", message=message)
