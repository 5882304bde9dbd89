"""A registry in memory: images of any platforms, Docker's token dance, and whatever goes wrong."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import httpx

from ops.images.chain import digest_of

BOTH = {"linux/amd64": "999:999", "linux/arm64": "999:999"}
INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
ATTESTATION = {"os": "unknown", "architecture": "unknown"}

Fault = Callable[[httpx.Request], httpx.Response | None]


def document(**content: object) -> bytes:
    """A document as a registry keeps it: no byte of it may change."""
    return json.dumps(content, indent=3).encode()


def link(content: bytes, **more: object) -> dict[str, object]:
    """How one document names another."""
    return {"digest": digest_of(content), "size": len(content), **more}


def platform(name: str) -> dict[str, str]:
    """`linux/arm64/v8` as an index has it."""
    system, architecture, *variant = name.split("/")
    return {"os": system, "architecture": architecture} | ({"variant": variant[0]} if variant else {})


@dataclass
class FakeRegistry:
    """What it has, and how it answers."""

    ticket: str = ""
    """What it wants to see; empty lets everybody in."""

    fault: Fault = field(default=lambda _: None)
    """Asked first; what it answers is sent."""

    documents: dict[str, bytes] = field(default_factory=dict)
    """By digest."""

    tags: dict[str, str] = field(default_factory=dict)
    """Digest by `repository:tag`."""

    asked: list[httpx.Request] = field(default_factory=list)

    def keep(self, content: bytes) -> bytes:
        """Have a document."""
        self.documents[digest_of(content)] = content
        return content

    def image(self, built_for: str, user: str | None) -> bytes:
        """Have an image of one platform; returns its manifest."""
        where = {key: value for key, value in platform(built_for).items() if key != "variant"}
        settings: object = None if user is None else {"User": user}
        config = self.keep(document(**where, config=settings))
        return self.keep(document(schemaVersion=2, mediaType=MANIFEST, config=link(config)))

    def index(self, name: str, platforms: Mapping[str, str | None] = BOTH) -> str:
        """Have an index of these platforms, with an attestation each, under `repository:tag`."""
        listed: list[dict[str, object]] = []
        for built_for, user in platforms.items():
            manifest = self.image(built_for, user)
            listed.append(link(manifest, platform=platform(built_for)))
            proof = self.keep(document(mediaType=MANIFEST, about=digest_of(manifest)))
            listed.append(link(proof, platform=ATTESTATION))
        return self.tag(name, document(schemaVersion=2, mediaType=INDEX, manifests=listed))

    def tag(self, name: str, content: bytes) -> str:
        """Have a document under a name; returns its digest."""
        self.tags[name] = digest_of(self.keep(content))
        return self.tags[name]

    def transport(self) -> httpx.MockTransport:
        """The way to it."""
        return httpx.MockTransport(self.answer)

    def answer(self, request: httpx.Request) -> httpx.Response:
        """As a registry does."""
        self.asked.append(request)
        if (wrong := self.fault(request)) is not None:
            return wrong
        if request.url.path == "/token":
            return httpx.Response(200, json={"token": self.ticket})
        if self.ticket and request.headers.get("authorization") != f"Bearer {self.ticket}":
            repository = request.url.path.removeprefix("/v2/").rsplit("/", 2)[0]
            said = f'realm="https://login.test/token",service="here",scope="repository:{repository}:pull"'
            return httpx.Response(401, headers={"www-authenticate": f"Bearer {said}"})
        return self._document(request)

    def _document(self, request: httpx.Request) -> httpx.Response:
        repository, _, name = request.url.path.removeprefix("/v2/").rsplit("/", 2)
        digest = self.tags.get(f"{repository}:{name}", name)
        if digest not in self.documents:
            return httpx.Response(404, json={"errors": [{"code": "MANIFEST_UNKNOWN"}]})
        headers = {"docker-content-digest": digest}
        return httpx.Response(200, content=self.documents[digest], headers=headers)
