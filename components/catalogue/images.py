"""Every image of the swarm once, pinned by tag for people and by index digest for machines.

The digests were collected from public pins of the same tags. They stay claims until a machine that reaches
the registries has resolved each tag once and compared. Users are the ones that the images are built for:
they decide who may write to the data volumes, so a change of tag may mean a change of user.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from components.config.settings import Settings
from components.model.images import Image

_EVERYWHERE: Final = ("linux/amd64", "linux/arm64")


def _image(name: str, reference: str, *, user: str) -> Image:
    return Image(name=name, reference=reference, platforms=_EVERYWHERE, user=user)


_ALL: Final = (
    # renovate: datasource=docker depName=postgres
    _image(
        "postgres",
        "postgres:17.11-bookworm@sha256:639ab7ceb90e13123085b741fb31ef493fba25463002f6da665352e7b534b652",
        user="999:999",  # 70:70 in the Alpine variant, which also sorts text differently: never switch
    ),
    # renovate: datasource=docker depName=redis
    _image(
        "redis",
        "redis:8.10.2-alpine@sha256:3811787313eba226a2ef38658c6ccb91cd5e110edc89c37767de373120a0e5a0",
        user="999:1000",
    ),
    # renovate: datasource=docker depName=haproxy
    _image(
        "haproxy",
        "haproxy:3.2.25-alpine@sha256:5d97434a423c2533cfeb42874d45cf6d69a840b60334582dfbfd5008e94c80be",
        user="99:99",
    ),
    # renovate: datasource=docker depName=ghcr.io/berriai/litellm-non_root
    _image(
        "litellm",
        "ghcr.io/berriai/litellm-non_root:v1.102.0"
        "@sha256:0fc63424aab32e62185948b7a59180c8ab483cc3e706fcfdf7bf46262297247f",
        user="65534:65534",  # the plain and the -database image run as root
    ),
    # renovate: datasource=docker depName=prom/prometheus
    _image(
        "prometheus",
        "prom/prometheus:v3.13.4@sha256:87861b8cf91579109319ebc300f3f1060e6da9c05d6ae8ad15a20c879e84e32e",
        user="65534:65534",
    ),
    # renovate: datasource=docker depName=openbao/openbao
    _image(
        "openbao",
        "openbao/openbao:2.7.1@sha256:6d2b93856e3fcf7b18ad855a0b51eaba474dc8b79cf554379ea32034797d2acf",
        user="100:1000",
    ),
    # renovate: datasource=docker depName=hashicorp/vault
    _image(
        "vault",  # in place of openbao
        # No pin calls this an index, but it must be one: amd64 and arm64 machines have it pinned alike.
        "hashicorp/vault:2.1.1@sha256:47f14a6acb98f48d798a07df7c83f23a6e636e1cf724c5f8ff165cb32667a1e2",
        user="100:1000",
    ),
    # renovate: datasource=docker depName=vllm/vllm-openai
    _image(
        "vllm",  # CUDA 13: needs an NVIDIA driver of version 580 or later
        "vllm/vllm-openai:v0.31.0@sha256:c1c9f6fd5c109ba7f0546a59f5b2f15fb87f64c77782e90a27b648b42a8e67c3",
        user="2000:0",  # other users crash on import; the image is built for group 0 (vLLM, docker.md)
    ),
    # renovate: datasource=docker depName=utkuozdemir/nvidia_gpu_exporter
    _image(
        "gpu-exporter",
        "utkuozdemir/nvidia_gpu_exporter:1.15.1"
        "@sha256:7aee2d42836ad29d4adb2722b7cfdc806ec9cc8d45fd0b8971ebbad2d9f3d087",
        user="65534:65534",
    ),
)

IMAGES: Final[Mapping[str, Image]] = {image.name: image for image in _ALL}


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
