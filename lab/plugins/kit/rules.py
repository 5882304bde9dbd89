"""Check, Diff and refresh from the table alone: defaults, problems, changes. For the lab only."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from lab.plugins.kit.call import Props
from lab.plugins.kit.table import Input, Kind, Resource
from lab.plugins.kit.values import (
    ARCHIVE,
    ASSET,
    SIGNATURE,
    UNKNOWN,
    Secret,
    has_secret,
    has_unknown,
    plain,
    secret,
)


@dataclass(frozen=True, slots=True)
class Problem:
    """A rule that an input breaks.

    `prop` is empty for a secret property: the engine prints the value of the property that a failure names,
    secret or not (seen with 3.259). The reason names the path in any case, and never the value.
    """

    prop: str
    reason: str


@dataclass(frozen=True, slots=True)
class Change:
    """One input property that differs; `was` or `now` is None where it is absent."""

    prop: str
    was: object
    now: object
    replaces: bool


def with_defaults(table: Mapping[str, Input], properties: Mapping[str, object]) -> dict[str, object]:
    """Fill in defaults at every level and mark what is always secret; values given keep their marks."""
    filled = {name: value for name, value in properties.items() if value is not None}
    for name, spec in table.items():
        value = filled.get(name, spec.default)
        if spec.fields:
            value = _fields_filled(spec, value)
        if value is not None:
            filled[name] = secret(value) if spec.secret else value
    return filled


def _fields_filled(spec: Input, value: object) -> object:
    match value:
        case Secret():
            return Secret(_fields_filled(spec, value.value))
        case dict():
            return with_defaults(spec.fields, value)
        case _:
            return value


def problems(resource: Resource, properties: Mapping[str, object]) -> list[Problem]:
    """Everything that is wrong with the inputs, sorted by property."""
    found = list(_shape_problems(resource.inputs, properties, ""))
    if not found and not has_unknown(dict(properties)):
        known = Props((name, plain(value)) for name, value in properties.items())
        found = [(prop, f"{prop}: {reason}") for prop, reason in resource.problems(known)]
    return [
        Problem("" if has_secret(properties.get(prop)) else prop, reason) for prop, reason in sorted(found)
    ]


def settings_problems(table: Mapping[str, Input], settings: Mapping[str, object]) -> list[Problem]:
    """Everything that is wrong with the provider's own settings; none is shown, it may be a token."""
    return [Problem("", reason) for _, reason in sorted(_shape_problems(table, settings, ""))]


def settings(table: Mapping[str, Input], properties: Mapping[str, object]) -> dict[str, object]:
    """Read a provider's settings (both quirks seen with 3.259).

    What is no text comes as JSON text, from any SDK. The engine puts the plugin's own `version` among them.
    """
    decoded = {
        name: _from_json(value) if name in table and table[name].kind != Kind.TEXT else value
        for name, value in properties.items()
        if name != "version"
    }
    return with_defaults(table, decoded)


def _from_json(value: object) -> object:
    match value:
        case Secret():
            return Secret(_from_json(value.value))
        case str():
            with suppress(ValueError):
                return json.loads(value)
            return value
        case _:
            return value


def _shape_problems(
    table: Mapping[str, Input], properties: Mapping[str, object], prefix: str
) -> Iterator[tuple[str, str]]:
    for name in properties.keys() - table.keys():
        if properties[name] is not None:
            yield (
                name,
                f"{prefix}{name}: must be one of {', '.join(table) or 'nothing'} in the lab",
            )
    for name, spec in table.items():
        value = properties.get(name)
        path = f"{prefix}{name}"
        if value is None:
            if spec.required:
                yield name, f"{path}: must be set, got nothing"
            continue
        yield from ((name, reason) for reason in _value_problems(spec, plain(value), path))


def _value_problems(spec: Input, value: object, path: str) -> Iterator[str]:
    if value == UNKNOWN:
        return
    if not _IS_OF[spec.kind](value):
        yield f"{path}: must be {spec.kind}, got a value of another type"
    elif spec.one_of and value not in spec.one_of:
        yield f"{path}: must be one of {', '.join(map(str, spec.one_of))}"
    elif spec.fields and isinstance(value, dict):
        yield from (reason for _, reason in _shape_problems(spec.fields, value, f"{path}."))


def _is_asset(value: object) -> bool:
    return isinstance(value, dict) and value.get(SIGNATURE) in {ASSET, ARCHIVE}


_IS_OF: Mapping[Kind, Callable[[object], bool]] = {
    Kind.TEXT: lambda value: isinstance(value, str),
    Kind.NUMBER: lambda value: isinstance(value, int) and not isinstance(value, bool),
    Kind.FLAG: lambda value: isinstance(value, bool),
    Kind.LIST: lambda value: isinstance(value, list),
    Kind.TEXTS: lambda value: isinstance(value, list) and all(isinstance(item, str) for item in value),
    Kind.MAP: lambda value: isinstance(value, dict) and all(isinstance(item, str) for item in value.values()),
    Kind.OBJECT: lambda value: isinstance(value, dict),
    Kind.ASSET: _is_asset,
}


def changes(table: Mapping[str, Input], old: Mapping[str, object], new: Mapping[str, object]) -> list[Change]:
    """Compare old inputs with new ones, defaults on both sides, so that a refresh or an import stays quiet.

    Marks do not count: whether a value is secret changes the state, not the resource.
    """
    was, now = with_defaults(table, old), with_defaults(table, new)
    return [
        Change(name, was.get(name), now.get(name), spec.replaces)
        for name, spec in table.items()
        if not (spec.computed and now.get(name) is None)
        and _comparable(spec, was.get(name)) != _comparable(spec, now.get(name))
    ]


def _comparable(spec: Input, value: object) -> object:
    bare = plain(value)
    if isinstance(bare, dict) and _is_asset(bare):
        return bare.get("hash")  # the contents do not always reach Diff
    return bare if bare is None or has_unknown(bare) else spec.meaning(bare)


def refreshed(
    table: Mapping[str, Input], inputs: Mapping[str, object], found: Mapping[str, object]
) -> dict[str, object]:
    """Bring inputs up to date with what was found outside, so that the next Diff shows every drift.

    A value that only differs in writing stays as it was, and so does a mark. What the program left out is
    taken in where something is set: the program will take it away again.
    """
    fresh = dict(inputs)
    for name in table.keys() & found.keys():
        old, spec = inputs.get(name), table[name]
        if old is not None:
            fresh[name] = _kept(spec, old, found[name])
        elif found[name] and not spec.computed:
            fresh[name] = found[name]
    return fresh


def _kept(spec: Input, old: object, found: object) -> object:
    if _comparable(spec, old) == _comparable(spec, found):
        return old
    return secret(found) if has_secret(old) else found
