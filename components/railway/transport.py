"""One request and its answer, no more often than Railway allows."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

import httpx

from components.railway.access import Access
from components.railway.answers import read_answer
from components.railway.errors import TransientError
from components.railway.limits import used_up_until
from components.railway.masks import Masks
from components.railway.operations import operations

TIMEOUT_SECONDS = 90.0
"""Some mutations are slow; Railway's own command line waits as long."""

LONGEST_WAIT_SECONDS = 300.0
"""For a limit to be lifted; whoever has to wait for longer is told so."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Time and waiting, so that tests need not wait."""

    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep


class Transport:
    """A connection that several threads share."""

    def __init__(
        self, access: Access, clock: Clock, masks: Masks, *, via: httpx.BaseTransport | None = None
    ) -> None:
        masks.add([access.token])
        self._masks, self._clock, self._access = masks, clock, access
        self._free_at, self._lock = 0.0, Lock()
        self._http = httpx.Client(
            headers={"user-agent": "aiswarm", "x-source": "aiswarm"},
            timeout=TIMEOUT_SECONDS,
            trust_env=not access.local,
            transport=via,
        )

    def close(self) -> None:
        """End its connections."""
        self._http.close()

    def send(
        self, operation: str, variables: Mapping[str, Any], *, as_project: bool = False
    ) -> dict[str, Any]:
        """Send one request of ours and return its data.

        Args:
            as_project: See `post`.

        Raises:
            RailwayError: Railway did not answer with data.
        """
        response = self.post(operation, operations()[operation], variables, as_project=as_project)
        return read_answer(operation, response, self._masks)

    def post(
        self, operation: str, document: str, variables: Mapping[str, Any], *, as_project: bool = False
    ) -> httpx.Response:
        """Send one request and return the answer as it came.

        Args:
            as_project: Use the token as a project's. That has a header of its own, and Railway refuses both
                in one request.

        Raises:
            TransientError: There was no answer.
        """
        self._await_limit(operation)
        body = {"operationName": operation, "query": document, "variables": variables}
        token = self._access.token
        headers = {"project-access-token": token} if as_project else {"authorization": f"Bearer {token}"}
        try:
            response = self._http.post(self._access.url, json=body, headers=headers)
        except httpx.ConnectError as error:
            raise TransientError(
                operation, f"no connection: {self._masks.hide(str(error))}", happened=False
            ) from None
        except httpx.TimeoutException:
            raise TransientError(operation, f"no answer within {TIMEOUT_SECONDS:.0f} s") from None
        except httpx.HTTPError as error:
            raise TransientError(operation, f"connection lost: {self._masks.hide(str(error))}") from None
        self._note_limit(response.headers)
        return response

    def _note_limit(self, headers: httpx.Headers) -> None:
        until = used_up_until(headers, self._clock.now())
        if until is not None:
            with self._lock:
                self._free_at = max(self._free_at, until)

    def _await_limit(self, operation: str) -> None:
        with self._lock:
            seconds = self._free_at - self._clock.now()
        if seconds > LONGEST_WAIT_SECONDS:
            raise TransientError(
                operation, f"the token's requests are used up for another {seconds:.0f} s", happened=False,
                retry_after=seconds,
            )  # fmt: skip
        if seconds > 0:
            self._clock.sleep(seconds)
