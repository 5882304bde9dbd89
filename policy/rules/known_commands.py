"""On the machines nothing runs but what this repository has, with the arguments that it is meant to have.

A remote command is a root shell beside everything that other rules judge: it could stop the Qdrant that is
not ours, start a container that no rule sees, or read every secret. So each belongs to something that the
swarm does, known by the end of its name, and its words, its script, and of a machine's preparation also the
content are written down in the pack (`support/scripts.py`). What a script is given besides (a service's
files) it puts below that service's own folder.

A script comes as the first line of standard input. In a preview that input may be unknown where it holds
secrets, which may not exist yet; the update, in which it is known, is judged as well, before anything runs.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from pulumi_policy import EnforcementLevel, Severity

from .support.problems import Problem
from .support.resources import COMMAND, Resource
from .support.rule import ResourceRule
from .support.scripts import PREPARATIONS, PUT_FILES, RELOADS, RUN, SCRIPTS

_DRY_RUN = "PULUMI_DRY_RUN"
"""Set by the engine for the pack's process (Pulumi SDK, `policy_proxy.go`)."""

_USER = r"\d+:\d+"
_IMAGE = r"[a-z0-9][a-zA-Z0-9._/:@-]*"
_CONFIG = r"/(openbao|vault)/config"
_SWALLOW = "cat >/dev/null"
_MARK = "# Put here by the stack {stack} of aiswarm, which overwrites what is changed here."
_SHELL = ("sh", "-c", "RUN")
_GIVEN_OVER = "-given-over"
_GIVE = (*_SHELL, "give-over", _USER, "{node}-{service}", "{service}", "aiswarm", r"\.aiswarm-given-over")
_READY = ("sh", rf"{_CONFIG}/ready\.sh", r"\d+")
_LOGIN = r"/opt/swarm/{service}-bootstrap/secret_id"

_OPEN = frozenset({"give-over", "prepare-host"})
"""Scripts that are told nothing secret, so that their input is known at preview and every line is judged."""

_WORDS_OF_A_FILE = 4
"""`file`, its path, the unit that has to be there, its content."""

_Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Deed:
    """Something that the swarm does on a machine: a pattern for each word, in which the names are put."""

    put: _Words
    """Of `create`, and of `update` too unless that is another."""

    update: _Words = ()
    delete: _Words = ()
    script: str = ""
    """Name of what comes on standard input; empty where the words are all that runs."""


_DEEDS: Mapping[str, _Deed] = {
    r"(?P<node>[a-z]+)-(?P<service>[a-z0-9-]+)-files": _Deed(
        (
            *_SHELL,
            *("deliver", "/opt/swarm/{service}", _USER, "{node}-{service}", _IMAGE, "{node}-agent"),
            *(r"/secrets/{service}/\.version", "{reload}"),
        ),
        delete=("rm", "-rf", "--", "/opt/swarm/{service}"),
        script="deliver",
    ),
    r"(?P<node>[a-z]+)-host-prepared": _Deed(
        (*_SHELL, "prepare-host", "put", "/opt/swarm", "{stack}", "{mark}"),
        delete=(*_SHELL, "prepare-host", "remove", "/opt/swarm", "{stack}", "{mark}"),
        script="prepare-host",
    ),
    rf"(?P<node>[a-z]+)-(?P<service>[a-z0-9-]+)-[a-z0-9]+{_GIVEN_OVER}": _Deed(_GIVE, script="give-over"),
    r"(?P<node>oracle)-(?P<service>vault)-bootstrap": _Deed(
        (*_SHELL, "bootstrap", "/opt/swarm/{service}-bootstrap", "secret_id", _USER, r"\d+"),
        update=tuple(_SWALLOW.split(" ")),
        delete=("rm", "-f", "--", _LOGIN),
        script="bootstrap",
    ),
    r"(?P<node>oracle)-(?P<service>vault)-ready": _Deed(
        (*_SHELL, "ready", _LOGIN, "{node}-{service}", r"\d+", *_READY), script="ready"
    ),
    r"(?P<node>oracle)-(?P<service>vault)-retire": _Deed(
        ("docker", "exec", "--interactive", "{node}-{service}", *_READY, "retire")
    ),
    r"(?P<node>oracle)-(?P<service>postgres)-settle": _Deed(
        ("docker", "exec", "{node}-{service}", "sh", r"/etc/postgresql/roles\.sh")
    ),
}
"""By the name in the stack."""

_FIX = "write it down in policy/rules/support/scripts.py or known_commands.py, where it is reviewed"
_INPUTS = frozenset(
    {"connection", "create", "update", "delete", "stdin", "logging", "triggers", "addPreviousOutputInEnv"}
)


def check_words(command: Resource) -> Iterator[Problem]:
    """Demand the words of something that the swarm does."""
    deed = _deed(command.name)
    if deed is None:
        yield command.problem("logicalName", "must be of something that the swarm does", "another", _FIX)
        return
    for field, pattern in (
        ("create", deed.put),
        ("update", deed.update or deed.put),
        ("delete", deed.delete),
    ):
        text = command.fields.text(field)
        if text and not _fits(text, _words(pattern, command)):
            yield command.problem(field, "must be the words that are written down", _digest(text), _FIX)


def check_script(command: Resource) -> Iterator[Problem]:
    """Demand the repository's own script, and of a machine's preparation its content."""
    deed = _deed(command.name)
    if deed is None or not deed.script:
        return  # refused by `check_words`, or input of words that are written down
    is_preview = os.environ.get(_DRY_RUN) == "true"
    if deed.script not in _OPEN and command.fields.is_unknown("stdin") and is_preview:
        return
    script, *lines = (command.fields.text("stdin") or "").split("\n")
    found = _decoded(script)
    if sha256(found).hexdigest() != SCRIPTS[deed.script]:
        yield command.problem("stdin", f"must begin with the script {deed.script}", _digest(found), _FIX)
    if deed.script == "give-over" and lines != [command.name.removesuffix(_GIVEN_OVER), ""]:
        yield command.problem("stdin", "must name the volume of the command's own name", "other lines")
    if deed.script == "prepare-host":
        for number, line in enumerate(lines, start=2):
            if line and not _is_listed(line, _MARK.format(stack=_stack(command))):
                yield command.problem(f"stdin, line {number}", "must be written down", _digest(line), _FIX)


def check_inputs(command: Resource) -> Iterator[Problem]:
    """Refuse whatever else could change what runs, such as variables of the shell."""
    for name in sorted({*command.fields} - _INPUTS):
        if command.fields.holds(name):
            yield command.problem(name, "must be absent", "a value", "give it on standard input")


def _is_listed(line: str, mark: str) -> bool:
    """Whether a line of a machine's preparation is written down; a file is, without the mark of the stack.

    The script takes a line apart at tabs, too: one in it would move the words.
    """
    words = line.split(" ")
    if words[0] != "file":
        return line in PREPARATIONS
    if len(words) != _WORDS_OF_A_FILE or words != line.split():
        return False
    marked = re.fullmatch(
        rb"(?P<first>(#![^\n]*\n)?)%b\n(?P<rest>.*)" % re.escape(mark.encode()),
        _decoded(words[-1]),
        re.DOTALL,
    )
    content = marked["first"] + marked["rest"] if marked else b""
    return sha256(content).hexdigest() in PUT_FILES.get(words[1], ())


def _deed(name: str) -> _Deed | None:
    return next((deed for pattern, deed in _DEEDS.items() if re.fullmatch(pattern, name)), None)


def _words(pattern: Sequence[str], command: Resource) -> list[str]:
    """The pattern with the names of this command in it."""
    found = next(filter(None, (re.fullmatch(name, command.name) for name in _DEEDS)))
    stack = _stack(command)
    names = {**found.groupdict(), "stack": stack, "mark": _MARK.format(stack=stack)}
    words: list[str] = []
    for word in pattern:
        if word == "{reload}":
            words += map(re.escape, RELOADS.get(names["service"], ("",)))
            continue
        for name, value in names.items():
            word = word.replace(f"{{{name}}}", re.escape(value))  # noqa: PLW2901 - put in one after the other
        words.append(word)
    return words


def _fits(text: str, pattern: Sequence[str]) -> bool:
    """Whether a shell finds exactly these words in a text.

    A shell sees more than words: a new line ends a command, and within double quotes it runs what is in
    `$(...)`. So each word must be quoted as `shlex.join` does it, in which nothing but words is left.
    """
    try:
        words = shlex.split(text)
    except ValueError:
        return False
    if text not in {shlex.join(words), _SWALLOW}:
        return False
    if words[:2] == ["sudo", "-n"]:
        words = words[2:]
    return len(words) == len(pattern) and all(
        sha256(word.encode()).hexdigest() == RUN if one == "RUN" else re.fullmatch(one, word)
        for word, one in zip(words, pattern, strict=True)
    )


def _stack(command: Resource) -> str:
    return command.urn.partition("::")[0].rpartition(":")[2]


def _decoded(line: str) -> bytes:
    try:
        return base64.b64decode(line, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _digest(text: str | bytes) -> str:
    """What is shown instead of a text that may hold a secret."""
    found = text.encode() if isinstance(text, str) else text
    return f"SHA-256 {sha256(found).hexdigest()[:12]}…"


RULE = ResourceRule(
    id="OPS-005",
    name="known-commands",
    description="On the machines nothing runs but the repository's own scripts, with their own words.",
    severity=Severity.CRITICAL,
    frameworks=(),
    remediation="Use what is there (files, host preparation), or write the new command down in the pack.",
    level=EnforcementLevel.MANDATORY,
    excusable=False,
    checks={COMMAND: (check_words, check_script, check_inputs)},
)
