"""No service is started with its authentication, or the check of certificates, switched off.

Only what is visible in the program is judged: variables, arguments, published ports, and what an image does
when nobody tells it. Configuration files go to a node over standard input and may hold secrets; the pack does
not open them.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from pulumi_policy import EnforcementLevel, Severity

from .support.problems import Problem
from .support.resources import CONTAINER, RAILWAY_VARIABLES, Resource
from .support.rule import ResourceRule
from .support.secret_forms import named_values

_EXPECTED = "must leave authentication on"
_ON, _OFF = r"1|t|true|yes|on|y", r"0|f|false|no|off|n"
_SWITCHES = tuple(
    (re.compile(name), re.compile(value, re.IGNORECASE))
    for name, value in (
        (r"GF_AUTH_ANONYMOUS_ENABLED", _ON),
        (r"WEBUI_AUTH|CONSUL_HTTP_SSL_VERIFY|SILLYTAVERN_BASICAUTHMODE", _OFF),
        (r"WEBUI_AUTH_TRUSTED_EMAIL_HEADER|(VAULT|BAO)_DEV_(ROOT_TOKEN_ID|LISTEN_ADDRESS)", r".+"),
        (r"POSTGRES_HOST_AUTH_METHOD", r"trust"),
        (r"POSTGRES_INITDB_ARGS", r".*(--auth(-host|-local)?[= ]|-A ?)\"?trust\b.*"),
        (r"(\w+_)?ALLOW_(EMPTY_PASSWORD|ANONYMOUS\w*)", _ON),
        (r"SILLYTAVERN_SECURITYOVERRIDE|(VAULT|BAO)_SKIP_VERIFY|\w+_SKIP_TLS_VERIF\w+", _ON),
        (r"(\w+_)?(DISABLE|NO|SKIP)_AUTH(ENTICATION)?|(\w+_)?AUTH(ENTICATION)?_DISABLED", _ON),
        (r"(\w+_)?AUTH(ENTICATION)?_(ENABLED|REQUIRED)|(\w+_)?ENABLE_AUTH(ENTICATION)?", _OFF),
        (r"NODE_TLS_REJECT_UNAUTHORIZED|PYTHONHTTPSVERIFY", r"0"),
    )
)
"""Names of variables, and the values with which they open a service."""

_OPEN_ARGUMENTS = re.compile(
    r"(no|disable|skip|without)-?auth(entication)?|(tls|insecure)-skip-verify|skip-tls-verify"
)
_DEV = re.compile(r"--?dev(-[a-z-]+)?(=.*)?")
_DEV_SERVERS = frozenset({"vault", "openbao", "bao", "consul"})
"""Started without arguments, their images run a server for development, open to everyone."""

_REDIS = frozenset({"redis", "valkey"})
_REDIS_SERVERS = frozenset({"redis-server", "valkey-server"})
_REDIS_LOCKS = frozenset({"requirepass", "aclfile"})


def check_variables(container: Resource) -> Iterator[Problem]:
    """Refuse variables that switch authentication off."""
    for entry in container.fields.texts("envs"):
        name, _, value = entry.partition("=")
        if _opens(name, value):
            yield container.problem(f"envs[{name}]", _EXPECTED, "a value that switches it off", "remove it")


def check_cloud_variables(variables: Resource) -> Iterator[Problem]:
    """Refuse the same at Railway."""
    values = variables.fields.nested("variables")
    for name in values:
        if not values.is_unknown(name) and _opens(name, values.text(name) or ""):
            got = "a value that switches it off"
            yield variables.problem(f"variables[{name}]", _EXPECTED, got, "remove it")


def check_arguments(container: Resource) -> Iterator[Problem]:
    """Refuse arguments that do."""
    words = _words(container)
    for name, value in named_values(words):
        if _OPEN_ARGUMENTS.fullmatch(name.lower()) and not re.fullmatch(_OFF, value, re.IGNORECASE):
            yield container.problem("command", _EXPECTED, f"the argument {name}", "remove it")
        if name == "protected-mode" and re.fullmatch(_OFF, value, re.IGNORECASE):
            yield container.problem("command", _EXPECTED, "protected mode switched off", "remove it")
    if re.search(r"(--auth(-host|-local)?[= ]|(^|\s)-A ?)trust\b", " ".join(words)):
        yield container.problem("command", _EXPECTED, "the method trust", "use scram-sha-256")


def check_dev_server(container: Resource) -> Iterator[Problem]:
    """Refuse servers for development, asked for or by default."""
    words = _words(container)
    programs = {_image_name(container), *(posixpath.basename(word) for word in words)}
    if programs.isdisjoint(_DEV_SERVERS):
        return
    got = "the image's own, a server for development" if not words else None
    if any(map(_DEV.fullmatch, words)):
        got = "a server for development"
    if got:
        fix = "start a server with a configuration file"
        yield container.problem("command", _EXPECTED, got, fix)


def check_redis(container: Resource) -> Iterator[Problem]:
    """Demand that a Redis server is given a configuration file, a list of users or a password."""
    words = _words(container)
    following = next((b for a, b in pairwise([*words, ""]) if posixpath.basename(a) in _REDIS_SERVERS), None)
    runs_by_default = _image_name(container) in _REDIS and not words
    if following is None and not runs_by_default:
        return
    locked = not _REDIS_LOCKS.isdisjoint(name for name, _ in named_values(words))
    if not locked and not (following or "").endswith(".conf"):
        fix = "give it a configuration file with users, or an aclfile"
        yield container.problem("command", _EXPECTED, "a server that asks nobody", fix)


def check_grafana(container: Resource) -> Iterator[Problem]:
    """Refuse Grafana with the password that it has by default."""
    names = {entry.partition("=")[0] for entry in container.fields.texts("envs")}
    own = {"GF_SECURITY_ADMIN_PASSWORD", "GF_SECURITY_ADMIN_PASSWORD__FILE"}
    if _image_name(container) == "grafana" and names.isdisjoint(own):
        fix = "set GF_SECURITY_ADMIN_PASSWORD__FILE"
        yield container.problem("envs", "must set the administrator's password", "none", fix)


def check_encryption(container: Resource) -> Iterator[Problem]:
    """Demand that a proxy that answers on port 80 answers on port 443 too."""
    published = {port.number("external") for port in container.fields.objects("ports")}
    if _image_name(container) == "haproxy" and 80 in published and 443 not in published:
        yield container.problem("ports", "must publish 443 beside 80", "80 alone", "serve TLS")


def _opens(name: str, value: str) -> bool:
    text = value.strip("\"'")
    return any(named.fullmatch(name) and open_.fullmatch(text) for named, open_ in _SWITCHES)


def _words(container: Resource) -> Sequence[str]:
    """What the container runs, word by word in scripts too; empty where the image decides."""
    given = (*container.fields.texts("entrypoints"), *container.fields.texts("command"))
    return [word for text in given for word in text.split()]


def _image_name(container: Resource) -> str:
    """Last part of the image's repository, e.g. `redis`."""
    reference = container.fields.text("image") or ""
    return posixpath.basename(reference.partition("@")[0]).partition(":")[0]


RULE = ResourceRule(
    id="SEC-006",
    name="authentication-on",
    description="No service is started with authentication or the check of certificates switched off.",
    severity=Severity.CRITICAL,
    frameworks=(),
    remediation="Remove the switch; a service that has no authentication of its own stays unpublished.",
    level=EnforcementLevel.MANDATORY,
    excusable=False,
    checks={
        CONTAINER: (
            check_variables,
            check_arguments,
            check_dev_server,
            check_redis,
            check_grafana,
            check_encryption,
        ),
        RAILWAY_VARIABLES: (check_cloud_variables,),
    },
)
