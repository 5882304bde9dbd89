"""A Railway behind the check, whose answers a test may change."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx

from components.railway.access import find_access
from components.railway.transport import Clock
from lab.fakes.railway import FakeRailway
from lab.fakes.railway.fake import WORKSPACE
from ops.railway.check import check
from ops.railway.probe import Probe
from ops.railway.rows import Row
from ops.railway.session import Wanted

WANTED = Wanted(
    stack="prod",
    workspace_id=WORKSPACE,
    project="swarm",
    environment="production",
    region="us-east4-eqdc4a",
)
THEIRS = ("garden-shop", "jane.doe@example.com")
Change = Callable[[httpx.Response], httpx.Response]


def unchanged(response: httpx.Response) -> httpx.Response:
    """The answer as it came."""
    return response


@dataclass
class Far:
    """A Railway that keeps the documents that it gets, and whose answers a test may change."""

    fake: FakeRailway
    documents: list[str] = field(default_factory=list)
    change: Change = unchanged

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer."""
        self.documents.append(json.loads(request.content)["query"])
        headers = {name.lower(): value for name, value in request.headers.items()}
        reply = self.fake.api.answer(headers, request.url.query.decode(), request.content)
        return self.change(
            httpx.Response(reply.status, content=reply.body, headers=dict(reply.headers), request=request)
        )

    def rows(self, *, wanted: Wanted = WANTED, token: str = "") -> dict[str, Row]:
        """What the check finds, by what it looked at."""
        access = find_access({"RAILWAY_API_TOKEN": token or self.fake.token})
        clock = Clock(now=self.fake.clock.now, sleep=self.fake.clock.sleep)
        with Probe(access, clock=clock, via=httpx.MockTransport(self)) as probe:
            return {row.what: row for row in check(probe, wanted)}
