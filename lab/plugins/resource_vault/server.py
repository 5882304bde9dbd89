"""The server behind one provider: logged in to at the first real request, and told clearly when it refuses.

For the lab only.
"""

from __future__ import annotations

import importlib
import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from lab.plugins.kit.call import Call, PluginError, Props

CHILD_TOKEN_SECONDS = 1200
"""How long upstream's child token lives, unless skipChildToken is set."""

CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 10.0

RETRY_SECONDS = 5.0
"""How long a server may refuse connections, be sealed or prepare a new mount: it may just be starting."""

PAUSE_SECONDS = 0.25

UPGRADING = "Upgrading from non-versioned to versioned data"
"""A new KV mount of version 2 answers so for a moment, with status 400."""

GONE = ("No secret engine mount at", "No auth engine at", "failed to find accessor entry", "does not exist")
"""How the server says, with status 400 or 500, that something is missing (seen with OpenBao 2.7.2)."""


class _Answer(Protocol):
    status_code: int
    text: str


class _Adapter(Protocol):
    def request(
        self, method: str, url: str, *, json: Mapping[str, object] | None, raise_exception: bool
    ) -> _Answer: ...


class _Client(Protocol):
    """What is used of hvac's client; hvac has no types."""

    token: str
    adapter: _Adapter


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    path: str
    body: Mapping[str, object] | None = field(default=None, repr=False)


class RefusedError(PluginError):
    """The server answered, with an error."""

    def __init__(self, request: str, status: int, reasons: list[str]) -> None:
        why = "; ".join(" ".join(reason.split()) for reason in reasons)
        super().__init__(f"{request} must succeed, got HTTP {status}{f' ({why})' if why else ''}")
        self.status = status
        self.reasons = why

    @property
    def says_gone(self) -> bool:
        """Whether what the request is about is not there, nor perhaps what it would be in."""
        return self.status == 404 or any(text in self.reasons for text in GONE)

    @property
    def passes(self) -> bool:
        """Whether the same request may work in a moment."""
        return self.status == 503 or UPGRADING in self.reasons


class Server:
    """One server, as the provider's settings name it.

    Its methods raise `PluginError` for what the operator must see; no text of theirs holds what was sent.
    """

    def __init__(self) -> None:
        self._settings = Props()
        self._lock = threading.Lock()
        self._client: _Client | None = None
        self._failure: PluginError | None = None

    def configure(self, settings: Props) -> None:
        """Keep the settings; nothing is contacted."""
        self._settings = settings

    def read(self, call: Call, path: str) -> Props | None:
        """Read what is at a path; None means that nothing is."""
        return self._unless_gone(call, _Request("GET", path))

    def lookup(self, call: Call, path: str, body: Mapping[str, object]) -> Props | None:
        """Ask with a body; None means that what is asked about is not there."""
        return self._unless_gone(call, _Request("POST", path, body))

    def write(self, call: Call, path: str, body: Mapping[str, object]) -> Props:
        """Write, and return the answer's data."""
        return self._ask(call, _Request("POST", path, body))

    def delete(self, call: Call, path: str) -> None:
        """Delete; it is no error that nothing is there."""
        self._unless_gone(call, _Request("DELETE", path))

    def _unless_gone(self, call: Call, request: _Request) -> Props | None:
        try:
            return self._ask(call, request)
        except RefusedError as error:
            if error.says_gone:
                return None
            raise

    def _ask(self, call: Call, request: _Request) -> Props:
        answer = self._send(call, self._logged_in(call), request)
        return answer.object("data") or Props()

    def _logged_in(self, call: Call) -> _Client:
        """Log in once; a failure is kept, for every other resource would only wait for the same again."""
        with self._lock:
            if self._failure is not None:
                raise self._failure
            if self._client is None:
                try:
                    self._client = self._login(call)
                except PluginError as error:
                    self._failure = error
                    raise
            return self._client

    def _login(self, call: Call) -> _Client:
        hvac = importlib.import_module("hvac")  # on first use: a preview never needs it
        client: _Client = hvac.Client(
            url=self._settings.text("address"),
            token="",  # or hvac takes one from the environment or from ~/.vault-token
            verify=self._certificate(),
            timeout=(CONNECT_SECONDS, ANSWER_SECONDS),
            adapter=hvac.adapters.RawAdapter,
        )
        login = self._settings.object("authLogin") or Props()
        request = _Request("POST", str(login.text("path")), login.object("parameters"))
        client.token = _token(self._send(call, client, request))
        if not self._settings.flag("skipChildToken", default=False):
            life = f"{CHILD_TOKEN_SECONDS}s"
            child = {"ttl": life, "explicit_max_ttl": life, "renewable": False, "display_name": "terraform"}
            client.token = _token(self._send(call, client, _Request("POST", "auth/token/create", child)))
        return client

    def _certificate(self) -> str | bool:
        name = self._settings.text("caCertFile")
        if name is None:
            return True
        if not Path(name).is_file():
            raise PluginError(f"caCertFile: must be a file, seen from {Path.cwd()}, got {name}")
        return name

    def _send(self, call: Call, client: _Client, request: _Request) -> Props:
        end = time.monotonic() + RETRY_SECONDS
        while True:
            try:
                return self._send_once(client, request)
            except OSError as error:  # requests' errors are OSErrors
                cause = _root(error)
                if not isinstance(cause, ConnectionRefusedError) or time.monotonic() > end:
                    raise PluginError(f"{self._settings.text('address')}: must answer, got {cause}") from None
            except RefusedError as error:
                if not error.passes or time.monotonic() > end:
                    raise
            call.stop.wait(PAUSE_SECONDS)

    def _send_once(self, client: _Client, request: _Request) -> Props:
        answer = client.adapter.request(
            request.method, f"/v1/{request.path}", json=request.body, raise_exception=False
        )
        content = _content(answer.text)
        if answer.status_code >= 300:
            what = f"{self._settings.text('address')}: {request.method} {request.path}"
            raise RefusedError(what, answer.status_code, content.texts("errors"))
        return content


def _content(text: str) -> Props:
    try:
        value = json.loads(text or "{}")
    except ValueError:  # a proxy's page, or another program on that port
        return Props()
    return Props(value) if isinstance(value, dict) else Props()


def _token(answer: Props) -> str:
    token = (answer.object("auth") or Props()).text("client_token")
    if token is None:
        raise PluginError("authLogin.path: must be a login that answers with a token, got an answer without")
    return token


def _root(error: BaseException) -> BaseException:
    """The first cause: requests wraps it three times in texts that name objects in memory."""
    deeper = error.__cause__ or error.__context__
    return error if deeper is None else _root(deeper)
