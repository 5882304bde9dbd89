"""The engine's own flags behind `./swarm up --`: which lead around a guard, and which its preview needs."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from typing import Final

from components.model.problems import Problem

REFUSED: Final = {
    "ignore-protect": "it lets data be removed; unprotect the one resource with `pulumi state unprotect`",
    "skip-preview": "some policies are asked in a preview only; with --yes it asks nobody",
    "policy-pack": "it is the repository's own",
    "policy-pack-config": "exceptions stand in policy/exceptions.yaml",
    "stack": "give it to ./swarm up itself",
    "cwd": "./swarm up works on its own repository",
}
"""Flags of the engine, each with what to do instead."""

_SHORT: Final = {"f": "skip-preview", "s": "stack", "C": "cwd"}
_LONG: Final = re.compile(r"--(?P<name>[a-z-]+)(=.*)?", re.DOTALL)
_CLUSTER: Final = re.compile(r"-(?P<letters>[A-Za-z]+)(=.*)?", re.DOTALL)
_VARIABLE: Final = "PULUMI_OPTION_"
"""Before the name of a flag: the engine takes it from there as well."""

_OF_UP: Final = frozenset({"yes", "continue-on-error", "diff", "json", "debug"})
_SHOWN: Final = ("show-", "suppress-")
"""Beginnings of names: with `--suppress-outputs` the events lack the outputs, and a secret in them."""

_SWITCHES: Final = re.compile(r"-(?P<letters>[defhjyQ]*)(?P<rest>[^-].*)?", re.DOTALL)
"""Letters that stand for themselves, and then one with a value, as in `-ym text`."""

_SWITCHES_OF_UP: Final = frozenset("dejy")


def refused_flags(words: Sequence[str]) -> Iterator[Problem]:
    """Flags that would lead around a guard."""
    for word in words:
        long, cluster = _LONG.fullmatch(word), _CLUSTER.fullmatch(word)
        names = [long["name"]] if long else []
        names += [_SHORT[letter] for letter in (cluster["letters"] if cluster else "") if letter in _SHORT]
        for name in names:
            if name in REFUSED:
                yield Problem(f"--{name}", "must not be given", word.partition("=")[0], REFUSED[name])


def refused_variables() -> Iterator[Problem]:
    """The same flags as variables of the environment."""
    for name, fix in REFUSED.items():
        variable = _VARIABLE + name.upper().replace("-", "_")
        if variable in os.environ:
            yield Problem(variable, "must not be set", "a value", fix)


def for_preview(words: Sequence[str]) -> Iterator[str]:
    """The flags that decide what is done, without those that decide who is asked and what is shown."""
    for word in words:
        long, short = _LONG.fullmatch(word), _SWITCHES.fullmatch(word)
        if long and (long["name"] in _OF_UP or long["name"].startswith(_SHOWN)):
            continue
        if short is None:
            yield word
        elif left := "".join(letter for letter in short["letters"] if letter not in _SWITCHES_OF_UP) + (
            short["rest"] or ""
        ):
            yield f"-{left}"


def asks_nobody(words: Sequence[str]) -> bool:
    """Whether the engine is to go on by itself."""
    short = [found["letters"] for found in map(_SWITCHES.fullmatch, words) if found]
    return not {"--yes", "--yes=true"}.isdisjoint(words) or any("y" in letters for letters in short)
