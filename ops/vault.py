"""The Vault server as the program itself reaches it: its address, its authority, its login."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import hvac
import requests
from hvac import exceptions

from components.catalogue.vault import SERVER, SERVER_NODE
from components.model.naming import service_name
from components.render.openbao import PULUMI_ROLE
from ops import stack as engine
from ops.errors import SwarmError
from ops.stack import Stack

TIMEOUT_SECONDS = 10

ITS_LOG = f"docker logs {service_name(SERVER_NODE, SERVER)} tells why"

UNKNOWN_ID = "invalid role or secret ID"
"""What the server says of a login that does not exist, or no longer."""


@dataclass
class VaultError(SwarmError):
    """The server does not do what it was asked for."""

    said: str

    def __str__(self) -> str:
        """The server's address, what must hold, and what it said; never a value."""
        return self.said


@contextmanager
def connect(stack: Stack) -> Iterator[hvac.Client]:
    """A client logged in as the program, whose token ends with the block.

    Raises:
        VaultError: The server is away, sealed or refuses, then or within the block.
        EngineError: The stack was never deployed.
    """
    secret_id = engine.output(stack.name, "vault_secret_id")
    with reach(stack) as client:
        client.auth.approle.login(PULUMI_ROLE, secret_id, mount_point=PULUMI_ROLE)
        try:
            yield client
        finally:
            # A token that the server cannot take back now ends by itself.
            with contextlib.suppress(exceptions.VaultError, requests.RequestException):
                client.auth.token.revoke_self()


def login_refusal(stack: Stack, *, mount: str, role: str, login_id: str) -> str:
    """What the server says against a login, empty if it accepts it. The token it gives is taken back at once.

    Args:
        login_id: The `secret_id` of AppRole.

    Raises:
        VaultError: The server is away or sealed, which says nothing about the login.
    """
    with reach(stack) as client:
        try:
            client.auth.approle.login(role, login_id, mount_point=mount)
        except (exceptions.InvalidRequest, exceptions.Forbidden) as error:
            return _words(error)
        client.auth.token.revoke_self()
    return ""


@contextmanager
def reach(stack: Stack) -> Iterator[hvac.Client]:
    """A client that is not logged in. It trusts the stack's authority alone and no variable of the shell.

    Raises:
        VaultError: As for `connect`.
    """
    address = engine.output(stack.name, "vault_address")
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as authority, requests.Session() as session:
        authority.write(stack.settings.vault.ca_certificate)
        authority.flush()
        session.trust_env = False
        session.verify = authority.name
        with explained(address):
            # Without a token, the client would take the operator's own from VAULT_TOKEN or a file.
            yield hvac.Client(url=address, token="", session=session, timeout=TIMEOUT_SECONDS)


@contextmanager
def explained(address: str) -> Iterator[None]:
    """Errors of the libraries as ours: theirs hold requests and answers, and with them maybe values."""
    try:
        yield
    except requests.exceptions.SSLError as error:
        fix = "compare aiswarm:vault.ca_certificate with the authority that made the server's certificate"
        expected = "certificate must come from the stack's authority"
        raise VaultError(f"{address}: {expected}, got another one; {fix}") from error
    except requests.exceptions.RequestException as error:
        got = f"no answer ({type(error).__name__})"
        raise VaultError(f"{address}: must answer, got {got}; ./swarm status --stack NAME") from error
    except exceptions.VaultError as error:
        raise VaultError(f"{address}: {_meaning(error)}") from None


def _meaning(error: exceptions.VaultError) -> str:
    said = _words(error)
    if isinstance(error, exceptions.VaultDown):
        return f"must be unsealed and active, got {said}; {ITS_LOG}"
    if isinstance(error, exceptions.VaultNotInitialized):
        return "must be initialised, got an empty server; see Begin anew in docs/secrets.md"
    if isinstance(error, exceptions.InvalidRequest) and UNKNOWN_ID in said:
        return f"must accept the program's login, got {said!r}; is this the stack's newest state?"
    if isinstance(error, exceptions.Forbidden):
        return f"must allow the program this, got {said!r}; pulumi up writes its policy anew"
    return f"must do what it was asked for, got {said!r}"


def _words(error: exceptions.VaultError) -> str:
    """The server's own words: it never repeats a value in them."""
    return ", ".join(error.errors) if error.errors else type(error).__name__
