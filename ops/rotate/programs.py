"""Ask a program whether it accepts a value: one function a program, in the way in which its clients ask it.

A value goes over standard input or inside TLS or the tailnet, never into an argument. What a program says is
passed on, because none of these repeats a value.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import httpx

from components.catalogue import consul, postgres, redis
from components.catalogue.credentials import OPERATOR_NAME, REDIS_NAME
from components.config.settings import EdgeSettings
from components.model.specs import ServiceSpec
from components.model.vault import node_role
from components.render.openbao import NODES_MOUNT, PULUMI_ROLE
from ops import vault
from ops.hosts import NodeError
from ops.rotate.inside import inside
from ops.stack import EngineError, Stack

TIMEOUT_SECONDS = 10.0
_SUPERUSER = "postgres"


class Answer(StrEnum):
    """What a program does with a value."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNCLEAR = "unclear"
    """It does not answer, or says something else: that proves nothing."""


@dataclass(frozen=True)
class Reply:
    """The answer, and for an unclear one what was said."""

    answer: Answer
    said: str = ""

    def __str__(self) -> str:
        """For a table."""
        return f"{self.answer}: {self.said}" if self.said else str(self.answer)


Ask = Callable[[str], Reply]


def asked(ask: Ask, value: str) -> Reply:
    """The reply; whatever keeps the program from answering makes it an unclear one."""
    try:
        return ask(value)
    except (NodeError, vault.VaultError, EngineError, httpx.HTTPError) as error:
        return Reply(Answer.UNCLEAR, str(error))


def redis_user(stack: Stack, spec: ServiceSpec, user: str = REDIS_NAME) -> Ask:
    """Log in to Redis as a service does; the commands stand on standard input."""

    def ask(password: str) -> Reply:
        said = inside(stack, spec, ("redis-cli", "-p", str(redis.PORT)), stdin=f"AUTH {user} {password}\n")
        return _by_text(said.text, accepted="OK", refused="WRONGPASS")

    return ask


_PSQL = (
    "IFS= read -r PGPASSWORD; export PGPASSWORD; exec psql --no-psqlrc --no-password --tuples-only --no-align"
    ' --host=127.0.0.1 --port={port} --username="$1" --dbname="$2" --command="SELECT \'let in\'"'
)


def postgres_role(stack: Stack, spec: ServiceSpec, role: str, database: str = "") -> Ask:
    """Log in to PostgreSQL over TCP as a service does, from within the container.

    Args:
        database: The one that the role may reach; empty is the one of its name.
    """

    def ask(password: str) -> Reply:
        words = ("sh", "-c", _PSQL.format(port=postgres.PORT), "ask", role, database or role)
        said = inside(stack, spec, words, stdin=f"{password}\n")
        return _by_text(said.text, accepted="let in", refused="password authentication failed")

    return ask


def postgres_superuser(stack: Stack, spec: ServiceSpec) -> Ask:
    """Compare with what PostgreSQL would check: nobody may log in as this role with a password."""

    def ask(password: str) -> Reply:
        query = f"SELECT rolpassword FROM pg_authid WHERE rolname = '{_SUPERUSER}'"  # noqa: S608 - our own name
        words = ("psql", "--no-psqlrc", "--tuples-only", "--no-align", "--username", _SUPERUSER, "--command")
        said = inside(stack, spec, (*words, query))
        if said.status != 0 or not said.text.startswith("SCRAM-SHA-256$"):
            return Reply(Answer.UNCLEAR, "no SCRAM verifier was readable")
        return Reply(Answer.ACCEPTED if fits(said.text, password) else Answer.REFUSED)

    return ask


def gossip(stack: Stack, spec: ServiceSpec) -> Ask:
    """Look for the key among those that Consul encrypts with; its list is compared and never passed on."""

    def ask(key: str) -> Reply:
        listing = f"CONSUL_HTTP_TOKEN_FILE={consul.MANAGEMENT.path} exec consul keyring -list"
        said = inside(stack, spec, ("sh", "-c", listing))
        if said.status != 0:
            return Reply(Answer.UNCLEAR, "no list of keys was readable")
        return Reply(Answer.ACCEPTED if key in said.text.split() else Answer.REFUSED)

    return ask


def fits(verifier: str, password: str) -> bool:
    """Tell whether the password belongs to a verifier of PostgreSQL.

    `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>` (PostgreSQL, catalog pg_authid; RFC 5803).
    """
    _, cost, keys = verifier.split("$")
    iterations, salt = cost.split(":")
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(salt), int(iterations))
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    return hmac.compare_digest(stored, base64.b64decode(keys.split(":")[0]))


def bearer(url: str, *, prefix: str = "", ca: Path | None = None) -> Ask:
    """Ask an HTTP server that takes keys, as OpenAI clients do.

    Args:
        prefix: What stands before the value in the key.
        ca: Authority of the server; None trusts the system's.
    """
    return lambda key: _http(url, {"authorization": f"Bearer {prefix}{key}"}, ca)


def edge(domain: str, way: EdgeSettings | None, *, prefix: str) -> Ask:
    """Ask the router at Railway; by another way than name servers say, it is still asked for by its name.

    Args:
        way: Where the stack file says that the domain answers, with whose certificate.
        prefix: What stands before the value in the key.
    """

    def ask(key: str) -> Reply:
        headers = {"host": domain, "authorization": f"Bearer {prefix}{key}"}
        address = f"{way.address}:{way.port}" if way else domain
        context = ssl.create_default_context(cadata=way.ca_certificate or None if way else None)
        with httpx.Client(verify=context, timeout=TIMEOUT_SECONDS, trust_env=False) as client:
            url, named = f"https://{address}/v1/models", {"sni_hostname": domain}
            return _by_status(url, client.get(url, headers=headers, extensions=named).status_code)

    return ask


def api_key(url: str) -> Ask:
    """Ask an HTTP server that takes its key in a header of its own."""
    return lambda key: _http(url, {"x-api-key": key}, None)


def session(url: str) -> Ask:
    """Ask Open WebUI with a session that the value has signed: only the right one makes it known.

    The session is nobody's, so it opens nothing (RFC 7519, HS256).
    """

    def ask(key: str) -> Reply:
        claims = json.dumps({"id": "nobody", "exp": int(time.time()) + 60}).encode()
        head = ".".join(map(_word, (b'{"alg":"HS256","typ":"JWT"}', claims)))
        signature = _word(hmac.digest(key.encode(), head.encode(), hashlib.sha256))
        return _http(url, {"authorization": f"Bearer {head}.{signature}"}, None)

    return ask


def _word(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def page(url: str, user: str = OPERATOR_NAME) -> Ask:
    """Open a page for people, or one that asks for a name and a password like one."""

    def ask(password: str) -> Reply:
        pair = base64.b64encode(f"{user}:{password}".encode()).decode()
        return _http(url, {"authorization": f"Basic {pair}"}, None)

    return ask


def agent_login(stack: Stack, node: str) -> Ask:
    """Log in as a node's agent. From elsewhere the server refuses a known id too, but with other words."""

    def ask(secret_id: str) -> Reply:
        said = vault.login_refusal(stack, mount=NODES_MOUNT, role=node_role(node), login_id=secret_id)
        if not said or "CIDR" in said:
            return Reply(Answer.ACCEPTED)
        return _by_text(said, accepted="", refused=vault.UNKNOWN_ID)

    return ask


def program_login(stack: Stack) -> Ask:
    """Log in as this program."""

    def ask(secret_id: str) -> Reply:
        said = vault.login_refusal(stack, mount=PULUMI_ROLE, role=PULUMI_ROLE, login_id=secret_id)
        return _by_text(said, accepted="", refused=vault.UNKNOWN_ID) if said else Reply(Answer.ACCEPTED)

    return ask


def _http(url: str, headers: dict[str, str], ca: Path | None) -> Reply:
    context = ssl.create_default_context(cafile=str(ca) if ca else None)
    with httpx.Client(verify=context, timeout=TIMEOUT_SECONDS, trust_env=False) as client:
        return _by_status(url, client.get(url, headers=headers).status_code)


def _by_status(url: str, status: int) -> Reply:
    if status == httpx.codes.OK:
        return Reply(Answer.ACCEPTED)
    refused = status in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}
    return Reply(Answer.REFUSED) if refused else Reply(Answer.UNCLEAR, f"{url} answers {status}")


def _by_text(text: str, *, accepted: str, refused: str) -> Reply:
    if refused.lower() in text.lower():
        return Reply(Answer.REFUSED)
    if accepted and text.strip() == accepted:
        return Reply(Answer.ACCEPTED)
    return Reply(Answer.UNCLEAR, text.partition("\n")[0])
