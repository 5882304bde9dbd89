"""Whatever is made on a machine is made over SSH, by a named provider that knows the machine's host key.

Without a provider of its own, or with a context, Docker's resources would land on the machine that runs
Pulumi, or wherever its user's settings lead. Options of ssh that are not known to leave the check of host
keys alone are refused, because there are many ways around it: `KnownHostsCommand` with `%K` trusts whatever
key it is shown, and of two values for an option ssh takes the first (ssh_config(5)).

The command provider checks no key at all unless it is given one. Only a preview may do without: it reaches no
machine, and is meant to run where nobody knows the keys.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from pulumi_policy import EnforcementLevel, Severity

from .support.fields import Fields
from .support.problems import Problem, UnreadableError
from .support.resources import BUILT_IMAGE, COMMAND, CONTAINER, NETWORK, REMOTE_IMAGE, VOLUME, Resource
from .support.rule import ResourceRule

COPY_FILE = "command:remote:CopyFile"
COPY_TO_REMOTE = "command:remote:CopyToRemote"

_ANY = re.compile(r".*", re.DOTALL)
OPTIONS: Mapping[str, re.Pattern[str]] = {
    "stricthostkeychecking": re.compile(r"yes"),
    # Prints one fixed line of known_hosts, or none; a percent sign would stand for what the server claims.
    "knownhostscommand": re.compile(r"/bin/true|/bin/echo( [A-Za-z0-9.:\[\]+/=@_-]+)+"),
    **dict.fromkeys(
        (
            *("userknownhostsfile", "globalknownhostsfile", "hostkeyalgorithms"),
            *("controlmaster", "controlpath", "controlpersist"),
            *("batchmode", "connecttimeout", "serveraliveinterval", "serveralivecountmax", "loglevel"),
            *("identityfile", "identitiesonly", "identityagent", "certificatefile"),
        ),
        _ANY,
    ),
}
"""Options of ssh by their names, and the values of each that leave the check of host keys as it is."""

_OPTION = re.compile(r"\s*(?P<name>[A-Za-z0-9]+)\s*[=\s]\s*(?P<value>.*)", re.DOTALL)
_STRICT = "stricthostkeychecking"
_DRY_RUN = "PULUMI_DRY_RUN"
"""Set by the engine for the pack's process (Pulumi SDK, `policy_proxy.go`)."""


def check_provider(resource: Resource) -> Iterator[Problem]:
    """Demand a provider that reaches its machine over SSH."""
    provider = resource.provider
    address = provider.text("host") if provider is not None else None
    scheme = urlsplit(address or "").scheme
    if provider is None or scheme != "ssh" or not resource.host():
        got = f"{scheme}://" if scheme else "a local engine"
        yield resource.problem(
            "provider.host", "must be ssh:// and a machine", got, "use the docker provider of a node"
        )
    if provider is not None and provider.holds("context"):
        expected = "must be absent, because it overrules the host"
        yield resource.problem("provider.context", expected, "a context", "remove it")


def check_options(resource: Resource) -> Iterator[Problem]:
    """Demand strict checking of host keys, and no option that could weaken it."""
    if resource.provider is None:
        return  # refused by `check_provider`
    named = list(_named(_words(resource.provider)))
    if not any(name == _STRICT for name, _ in named):
        fix = "add -o StrictHostKeyChecking=yes"
        yield resource.problem("provider.sshOpts", "must hold StrictHostKeyChecking=yes", "none", fix)
    for name, value in named:
        allowed = OPTIONS.get(name)
        if allowed is None or not allowed.fullmatch(value):
            expected = "must leave the check of the host key alone"
            got = f"{name or 'a word that is no -o option'}{'' if allowed is None else ' of another value'}"
            yield resource.problem("provider.sshOpts", expected, got, "remove it")


def check_connection(command: Resource) -> Iterator[Problem]:
    """Demand the host key of every machine on the way."""
    connection = command.fields.nested("connection")
    if not connection.text("host"):
        yield command.problem(connection.path("host"), "must be a machine", "none", "name it")
    ways = [connection, *([connection.nested("proxy")] if connection.holds("proxy") else [])]
    for way in ways:
        if not way.text("hostKey") and os.environ.get(_DRY_RUN) != "true":
            fix = "set ssh.host_key of the node in aiswarm:nodes"
            yield command.problem(way.path("hostKey"), "must be the machine's host key", "none", fix)


def _words(provider: Fields) -> tuple[str, ...]:
    """The options; providers are given whatever is no text as JSON.

    Raises:
        UnreadableError: They are no list of texts.
    """
    given = provider.everything().get("sshOpts")
    if not isinstance(given, str):
        return provider.texts("sshOpts")
    try:
        parsed = json.loads(given)
    except ValueError:
        parsed = None
    if not isinstance(parsed, list) or not all(isinstance(word, str) for word in parsed):
        raise UnreadableError(provider.path("sshOpts"), "must be a list of texts", "another form")
    return tuple(parsed)


def _named(words: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Name and value of each option; an empty name for what is none."""
    rest = iter(words)
    for word in rest:
        text = next(rest, "") if word == "-o" else word.removeprefix("-o")
        found = _OPTION.fullmatch(text) if word.startswith("-o") else None
        yield (found["name"].lower(), found["value"]) if found else ("", "")


_DOCKER = (check_provider, check_options)

RULE = ResourceRule(
    id="NET-007",
    name="verified-hosts",
    description="Machines are reached over SSH by explicit providers that verify their host keys.",
    severity=Severity.CRITICAL,
    frameworks=(),
    remediation="Use the node's docker provider, strict host keys, and `connection.hostKey` in commands.",
    level=EnforcementLevel.MANDATORY,
    excusable=False,
    checks={
        **dict.fromkeys((BUILT_IMAGE, CONTAINER, NETWORK, REMOTE_IMAGE, VOLUME), _DOCKER),
        **dict.fromkeys((COMMAND, COPY_FILE, COPY_TO_REMOTE), (check_connection,)),
    },
)
