"""Ask another service over HTTP, as the real programs do; the standard library is enough for a stand-in."""

from __future__ import annotations

import asyncio
import http.client
import json
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from lab.fakes.routes import Answer, RefusedError

TIMEOUT_SECONDS = 120
_PIECE_BYTES = 65536


@dataclass(frozen=True)
class Upstream:
    """A service at a base address, with the headers that open it."""

    url: str
    headers: Mapping[str, str]

    def ask(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        """Ask, and read the whole answer as JSON. Blocks: call it in a thread.

        Raises:
            RefusedError: 502, because the other service did not answer or refused.
        """
        with self._open(method, path, body) as answer:
            return json.load(answer)

    async def pass_on(self, method: str, path: str, body: object = None) -> Answer:
        """The other service's answer, in the pieces in which it comes.

        Raises:
            RefusedError: See `ask`.
        """
        answer = await asyncio.to_thread(self._open, method, path, body)
        kind = answer.headers.get("content-type", "application/json")
        return Answer(content_type=kind, pieces=_pieces(answer))

    def _open(self, method: str, path: str, body: object) -> Any:  # noqa: ANN401 - urllib does not say
        data = None if body is None else json.dumps(body).encode()
        headers = {**self.headers, "content-type": "application/json"}
        request = urllib.request.Request(f"{self.url}{path}", data=data, headers=headers, method=method)  # noqa: S310 - the lab's own addresses
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            return opener.open(request, timeout=TIMEOUT_SECONDS)
        except urllib.error.HTTPError as error:
            said = error.read(500).decode(errors="replace")
            raise RefusedError(502, f"{self.url}{path}: status {error.code}: {said}") from error
        except (OSError, http.client.HTTPException) as error:
            raise RefusedError(502, f"{self.url}{path}: {error}") from error


async def _pieces(answer: Any) -> AsyncIterator[bytes]:  # noqa: ANN401 - urllib does not say
    with answer:
        while piece := await asyncio.to_thread(answer.read1, _PIECE_BYTES):
            yield piece
