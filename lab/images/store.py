"""The lab's registry as the image builder sees it: what is there, and under which digest.

Asked over the machine's own port, where Docker needs no certificate; the nodes pull the same content by the
registry's address on the lab's network, and a digest is the same on both ways.
"""

from __future__ import annotations

from typing import Final, Self

import httpx

from lab.nodes.model import PUSH_REGISTRY
from lab.process import StepError

_MANIFESTS: Final = (
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
)


class Store:
    """A connection to the registry, kept for the many questions of one run; `with` closes it."""

    def __init__(self, address: str = PUSH_REGISTRY) -> None:
        accept = {"Accept": ", ".join(_MANIFESTS)}
        base = f"http://{address}/v2/"
        self._client = httpx.Client(base_url=base, headers=accept, timeout=10, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def digest(self, name: str, tag: str) -> str | None:
        """The digest that `aiswarm/<name>:<tag>` has in the registry, or None when it is not there.

        Raises:
            StepError: The registry does not answer, or not as a registry.
        """
        try:
            answer = self._client.head(f"aiswarm/{name}/manifests/{tag}")
        except httpx.TransportError as error:
            raise StepError(f"the lab's registry: {error}", hint="make up starts it") from error
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        if answer.status_code != httpx.codes.OK:
            raise StepError(
                f"the lab's registry: {name}: must be status 200 or 404, got {answer.status_code}"
            )
        return answer.headers["Docker-Content-Digest"]
