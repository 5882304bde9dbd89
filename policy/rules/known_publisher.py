"""Images come from publishers that somebody has chosen, and none is built while deploying.

A list of repositories, not of registries: on a public registry anybody may publish under a name that looks
alike. Another image is one more line here, which is what a review should see.

`aiswarm/` is missing on purpose: until our own images are in a registry of ours, that name at Docker Hub is
anybody's.
"""

from __future__ import annotations

from collections.abc import Iterator

from pulumi_policy import EnforcementLevel, Severity

from .support.lock import stack_of
from .support.problems import Problem
from .support.resources import BUILT_IMAGE, REMOTE_IMAGE, Resource
from .support.rule import ResourceRule

KNOWN = frozenset(
    {
        "docker.io/grafana/grafana",
        "docker.io/hashicorp/consul",
        "docker.io/hashicorp/vault",
        "docker.io/library/haproxy",
        "docker.io/library/postgres",
        "docker.io/library/redis",
        "docker.io/oliver006/redis_exporter",
        "docker.io/openbao/openbao",
        "docker.io/prom/alertmanager",
        "docker.io/prom/blackbox-exporter",
        "docker.io/prom/node-exporter",
        "docker.io/prom/prometheus",
        "docker.io/utkuozdemir/nvidia_gpu_exporter",
        "docker.io/vllm/vllm-openai",
        "ghcr.io/berriai/litellm-non_root",
        "ghcr.io/ggml-org/llama.cpp",
        "ghcr.io/hkuds/lightrag",
        "ghcr.io/open-webui/open-webui",
        "ghcr.io/sillytavern/sillytavern",
        "quay.io/docling-project/docling-serve-cpu",
        "quay.io/prometheuscommunity/postgres-exporter",
    }
)
LAB = "lab"
LAB_REGISTRY = "198.18.0.10:5000/aiswarm/"
"""The lab builds its images itself and keeps them there; no other stack may reach for it."""

_FIX = "take it from a publisher in policy/rules/known_publisher.py, or add this one there"


def check_publisher(image: Resource) -> Iterator[Problem]:
    """Demand a repository from the list."""
    reference = image.fields.text("name") or ""
    repository = repository_of(reference)
    if repository in KNOWN or (stack_of(image.urn) == LAB and repository.startswith(LAB_REGISTRY)):
        return
    yield image.problem("name", "must be in a repository that is known", repr(repository or "none"), _FIX)


def check_built(image: Resource) -> Iterator[Problem]:
    """Refuse an image that a node builds: what comes out is nowhere written down."""
    if image.fields.holds("build"):
        yield image.problem("build", "must be absent", "a build", "build it elsewhere and pull it by digest")


def check_platform(image: Resource) -> Iterator[Problem]:
    """Demand that an image which the program builds is built for one platform."""
    if not image.fields.nested("build").text("platform"):
        yield image.problem("build.platform", "must be that of the node which runs it", "none")


def repository_of(reference: str) -> str:
    """The repository in full, as Docker reads it: a first part that could be no folder is a registry."""
    path = reference.partition("@")[0]
    head, slash, rest = path.partition("/")
    is_registry = bool(slash) and (head == "localhost" or "." in head or ":" in head)
    registry, tagged = (head, rest) if is_registry else ("docker.io", path)
    name = tagged.partition(":")[0]
    is_official = registry == "docker.io" and "/" not in name
    return f"{registry}/library/{name}" if is_official else f"{registry}/{name}"


RULE = ResourceRule(
    id="IMG-005",
    name="known-publisher",
    description="Images come from known publishers, and no node builds any.",
    severity=Severity.HIGH,
    frameworks=("CIS 4.2",),
    remediation="Take an image of a known publisher, or add the repository to the rule's list.",
    level=EnforcementLevel.MANDATORY,
    checks={REMOTE_IMAGE: (check_publisher, check_built), BUILT_IMAGE: (check_platform,)},
)
