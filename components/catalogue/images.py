"""Every image of the swarm once: the tag for people here, the digest for machines in `images.lock.json`.

`./swarm images lock` writes the lock on a machine that reaches the registries. Digests that it has not asked
for yet are those of public pins of the same tags, and say so (`resolved: false`). Users are the ones that the
images are built for: they decide who may write to the data volumes, so another tag may mean another user.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from components.config.settings import Settings
from components.model.images import Image

OWN: Final = "aiswarm/"
"""Beginning of the names of images that we build ourselves, until their registry's name stands there."""

LOCK: Final = Path(__file__).with_name("images.lock.json")
"""By `repository:tag`: digest of the index, its platforms, and whether a registry was asked; null where no
digest is known. What the registries said lies beside it in `images.lock.d`, and proves the rest."""


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    tagged: str
    user: str


TAGGED: Final = (
    # renovate: datasource=docker depName=postgres
    # 70:70 in the Alpine variant, which also sorts text differently: never switch.
    _Entry("postgres", "postgres:17.11-bookworm", user="999:999"),
    # renovate: datasource=docker depName=redis
    _Entry("redis", "redis:8.10.2-alpine", user="999:1000"),
    # renovate: datasource=docker depName=hashicorp/consul
    _Entry("consul", "hashicorp/consul:2.0.2", user="100:1000"),
    # renovate: datasource=docker depName=haproxy
    _Entry("haproxy", "haproxy:3.2.25-alpine", user="99:99"),
    # renovate: datasource=docker depName=ghcr.io/berriai/litellm-non_root
    # The plain and the -database image run as root.
    _Entry("litellm", "ghcr.io/berriai/litellm-non_root:v1.102.0", user="65534:65534"),
    # renovate: datasource=docker depName=ghcr.io/open-webui/open-webui
    # 0.11.0 cannot start without root (open-webui issue 27651).
    _Entry("open-webui", "ghcr.io/open-webui/open-webui:v0.11.4", user="1000:1000"),
    # renovate: datasource=docker depName=grafana/grafana
    _Entry("grafana", "grafana/grafana:13.2.3", user="472:0"),
    # renovate: datasource=docker depName=prom/prometheus
    _Entry("prometheus", "prom/prometheus:v3.13.4", user="65534:65534"),
    # renovate: datasource=docker depName=prom/alertmanager
    _Entry("alertmanager", "prom/alertmanager:v0.34.1", user="65534:65534"),
    # renovate: datasource=docker depName=quay.io/prometheuscommunity/postgres-exporter
    _Entry("postgres-exporter", "quay.io/prometheuscommunity/postgres-exporter:v0.20.1", user="65534:65534"),
    # renovate: datasource=docker depName=oliver006/redis_exporter
    # Only the -alpine variant has a shell, which waits for the password.
    _Entry("redis-exporter", "oliver006/redis_exporter:v1.93.0-alpine", user="59000:59000"),
    # renovate: datasource=docker depName=prom/node-exporter
    # It sees its node's processes: with a user of its own, it may look into none of another service.
    _Entry("node-exporter", "prom/node-exporter:v1.12.1", user="9100:9100"),
    # renovate: datasource=docker depName=prom/blackbox-exporter
    # The image itself would run as root.
    _Entry("blackbox-exporter", "prom/blackbox-exporter:v0.28.0", user="65534:65534"),
    # renovate: datasource=docker depName=openbao/openbao
    _Entry("openbao", "openbao/openbao:2.7.1", user="100:1000"),
    # renovate: datasource=docker depName=hashicorp/vault
    _Entry("vault", "hashicorp/vault:2.1.1", user="100:1000"),  # in place of openbao
    # renovate: datasource=docker depName=vllm/vllm-openai
    # Other users crash on import; CUDA 13 needs an NVIDIA driver of version 580 or later.
    _Entry("vllm", "vllm/vllm-openai:v0.31.0", user="2000:0"),
    # renovate: datasource=docker depName=utkuozdemir/nvidia_gpu_exporter
    _Entry("gpu-exporter", "utkuozdemir/nvidia_gpu_exporter:1.15.1", user="65534:65534"),
    # renovate: datasource=docker depName=ghcr.io/sillytavern/sillytavern
    _Entry("sillytavern", "ghcr.io/sillytavern/sillytavern:1.18.0", user="1000:1000"),
    # Our own: nobody publishes one with versions.
    _Entry("sillytavern-extras", "aiswarm/sillytavern-extras:1.0.0", user="1000:1000"),
    # Our own (images/gpt-researcher): upstream publishes no versions.
    _Entry("gpt-researcher", "aiswarm/gpt-researcher:0.15.1", user="1000:1000"),
    # renovate: datasource=docker depName=ghcr.io/ggml-org/llama.cpp
    # Runs at Railway, which takes the image's own user.
    _Entry("llama-cpp", "ghcr.io/ggml-org/llama.cpp:server-b11382", user="0:0"),
    # renovate: datasource=docker depName=quay.io/docling-project/docling-serve-cpu
    _Entry("docling", "quay.io/docling-project/docling-serve-cpu:v1.36.0", user="1001:0"),
    # renovate: datasource=docker depName=ghcr.io/hkuds/lightrag
    _Entry("lightrag", "ghcr.io/hkuds/lightrag:v1.5.7", user="1000:1000"),
)


def _image(entry: _Entry, locked: Mapping[str, object] | None) -> Image:
    if locked is None:
        platforms: tuple[str, ...] = ("linux/amd64", "linux/arm64")
        return Image(name=entry.name, reference=entry.tagged, platforms=platforms, user=entry.user)
    listed = locked["platforms"]
    platforms = tuple(map(str, listed)) if isinstance(listed, list) else ()
    reference = f"{entry.tagged}@{locked['digest']}"
    return Image(name=entry.name, reference=reference, platforms=platforms, user=entry.user)


def _images() -> Mapping[str, Image]:
    lock = json.loads(LOCK.read_text(encoding="utf-8"))
    return {entry.name: _image(entry, lock.get(entry.tagged)) for entry in TAGGED}


IMAGES: Final = _images()


def image(settings: Settings, name: str) -> Image:
    """The catalogue's image called `name`, or what the stack file puts in its place."""
    catalogued = IMAGES[name]
    other = settings.images.get(name)
    if other is None:
        return catalogued
    return Image(
        name=name,
        reference=other.reference,
        platforms=other.platforms,
        user=other.user or catalogued.user,
        stand_in=other.stand_in,
    )
