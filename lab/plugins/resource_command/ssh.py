"""Open SSH connections as upstream's Go client does, with errors that name host and port. For the lab only.

Followed on purpose: host keys are verified only where `hostKey` is given; every dial error is tried again, a
wrong host key too; a private key hides the agent's keys; an agent socket that does not answer fails the dial
even where the agent is not needed.
"""

from __future__ import annotations

import base64
import functools
import io
import logging
import os
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass

import paramiko
from paramiko.agent import AgentSSH
from paramiko.pkey import UnknownKeyType

from lab.plugins.kit.call import Call, PluginError, Props, Severity

FIRST_DELAY_SECONDS = 0.1
DELAY_FACTOR = 1.5
LONGEST_DELAY_SECONDS = 5.0
"""Back-off between dials: the defaults of upstream's retry helper."""

Socket = socket.socket | paramiko.Channel
# Its threads log tracebacks to standard error, where the engine would show them; the error itself is raised.
logging.getLogger("paramiko").addHandler(logging.NullHandler())

DIAL_ERRORS = (OSError, EOFError, paramiko.SSHException)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One SSH server and who logs in there."""

    host: str
    port: int
    user: str
    dial_seconds: float | None
    """For the TCP connection and for the handshake, each; None is no limit."""
    retries: int
    """Dials after the first; -1 is no limit."""

    @classmethod
    def of(cls, props: Props) -> Endpoint:
        """Read a connection or a proxy; Check has filled in the defaults."""
        return cls(
            props.text("host") or "",
            props.number("port"),
            props.text("user") or "",
            props.number("perDialTimeout") or None,
            props.number("dialErrorLimit"),
        )

    def __str__(self) -> str:
        return f"{self.user}@{self.host}:{self.port}"

    def open_socket(self) -> Socket:
        """Connect over TCP."""
        found = socket.create_connection((self.host, self.port), self.dial_seconds)
        found.settimeout(None)
        return found

    def open_through(self, proxy: paramiko.Transport) -> Socket:
        """Connect from the proxy."""
        return proxy.open_channel("direct-tcpip", (self.host, self.port), ("127.0.0.1", 0))


@dataclass(frozen=True, slots=True)
class Login:
    """What one end of a connection proves to the other."""

    host_key: paramiko.PKey | None
    keys: Sequence[paramiko.PKey]
    password: str | None


@contextmanager
def connected(call: Call, connection: Props) -> Iterator[paramiko.Transport]:
    """A logged-in connection, through the proxy if there is one; an early end of the call closes it.

    Raises:
        PluginError: No connection after `dialErrorLimit` retries, or it broke.
    """
    target, proxy = Endpoint.of(connection), connection.object("proxy")
    with ExitStack() as stack:

        def connect(end: Endpoint, props: Props, open_socket: Callable[[], Socket]) -> paramiko.Transport:
            login = stack.enter_context(_login(props))
            transport = stack.enter_context(closing(_dialled(call, end, login, open_socket)))
            stack.enter_context(call.stop.closing(transport.close))
            return transport

        open_socket = target.open_socket
        if proxy is not None:
            bastion = Endpoint.of(proxy)
            through = connect(bastion, proxy, bastion.open_socket)
            open_socket = functools.partial(target.open_through, through)
        transport = connect(target, connection, open_socket)
        try:
            yield transport
        except DIAL_ERRORS as error:
            raise PluginError(f"{target}: must stay connected, got {_said(error)}") from error


def _dialled(
    call: Call, endpoint: Endpoint, login: Login, open_socket: Callable[[], Socket]
) -> paramiko.Transport:
    """Dial until it works; upstream counts retries, so a limit of 2 means three dials."""
    delay, retries = FIRST_DELAY_SECONDS, 0
    while True:
        try:
            return _logged_in(endpoint, login, open_socket())
        except DIAL_ERRORS as error:
            if 0 <= endpoint.retries <= retries:
                reason = f"{endpoint}: {_reason(error)} (tried {retries + 1} times)"
                raise PluginError(reason) from error
        retries += 1
        call.log(f"dial {endpoint} failed, retry {retries}", Severity.INFO)
        call.stop.wait(delay)
        delay = min(delay * DELAY_FACTOR, LONGEST_DELAY_SECONDS)


class _RefusedError(paramiko.SSHException):
    """One side does not accept the other; its text is what must hold."""


def _reason(error: BaseException) -> str:
    return str(error) if isinstance(error, _RefusedError) else f"must be reachable, got {_said(error)}"


def _said(error: BaseException) -> str:
    return str(error) or "an unexpected end of the stream"


def _logged_in(endpoint: Endpoint, login: Login, sock: Socket) -> paramiko.Transport:
    transport = paramiko.Transport(sock)
    try:
        if login.host_key is not None:
            transport.get_security_options().key_types = _algorithms(login.host_key)
        transport.start_client(timeout=endpoint.dial_seconds)
        _verify(transport.get_remote_server_key(), login.host_key)
        _authenticate(transport, endpoint.user, login)
    except BaseException:
        transport.close()
        raise
    return transport


def _algorithms(key: paramiko.PKey) -> tuple[str, ...]:
    """Ask for the expected kind of key, or a server with several shows another one."""
    return ("rsa-sha2-512", "rsa-sha2-256") if key.get_name() == "ssh-rsa" else (key.get_name(),)


def _verify(shown: paramiko.PKey, expected: paramiko.PKey | None) -> None:
    if expected is not None and shown != expected:
        raise _RefusedError(
            f"host key must be {expected.fingerprint} by connection.hostKey, got {shown.fingerprint}"
        )


def _authenticate(transport: paramiko.Transport, user: str, login: Login) -> None:
    proofs = [functools.partial(transport.auth_publickey, user, key) for key in login.keys]
    if login.password is not None:
        proofs.append(functools.partial(transport.auth_password, user, login.password))
    for prove in proofs:
        with suppress(paramiko.AuthenticationException):
            prove()
            return
    given = "no password" if login.password is None else "a password"
    raise _RefusedError(f"must accept a login, got a refusal of {len(login.keys)} keys and {given}")


@contextmanager
def _login(props: Props) -> Iterator[Login]:
    """Gather keys; the agent stays connected while they are in use.

    Go's client tries each method once, so a private key keeps it from the agent's. Upstream still wants the
    agent to answer: a stale SSH_AUTH_SOCK fails either way.
    """
    private, path = _private_key(props), props.text("agentSocketPath") or os.environ.get("SSH_AUTH_SOCK")
    with ExitStack() as stack:
        keys: Sequence[paramiko.PKey] = stack.enter_context(closing(_Agent(path))).get_keys() if path else ()
        yield Login(_host_key(props), [private] if private else keys, props.text("password"))


class _Agent(AgentSSH):
    """The agent at a given socket; paramiko's own looks at this process's environment only."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._socket = socket.socket(socket.AF_UNIX)
        try:
            self._socket.connect(path)
            self._connect(self._socket)  # type: ignore[attr-defined]  # the hook that paramiko.Agent uses
        except (OSError, paramiko.SSHException) as error:
            self.close()
            raise PluginError(f"SSH agent: must answer at {path}, got {_said(error)}") from error

    def close(self) -> None:
        """Leave the agent."""
        self._socket.close()


def _host_key(props: Props) -> paramiko.PKey | None:
    text = props.text("hostKey")
    if text is None:
        return None
    try:
        kind, encoded, *_ = text.split()
        return paramiko.PKey.from_type_string(kind, base64.b64decode(encoded, validate=True))
    except (ValueError, paramiko.SSHException, UnknownKeyType) as error:
        raise PluginError("connection.hostKey: must be `type base64`, as in a server's .pub file") from error


def _private_key(props: Props) -> paramiko.PKey | None:
    text = props.text("privateKey")
    if text is None:
        return None
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        try:
            return kind.from_private_key(io.StringIO(text), props.text("privateKeyPassword"))
        except (ValueError, paramiko.SSHException):
            continue
    raise PluginError(
        "connection.privateKey: must be a key in PEM or OpenSSH form; privateKeyPassword must fit"
    )
