"""Engines and monitors on graphics cards, good unless a test says otherwise."""

from __future__ import annotations

from dataclasses import replace

from policy.rules.support.resources import Resource
from tests.policy import given

MIXTRAL = "TheBloke/Mixtral-8x7B-Instruct-v0.1-GPTQ"
MISTRAL = "TheBloke/Mistral-7B-Instruct-v0.2-GPTQ"
IMAGE = "vllm/vllm-openai:v0.31.0@sha256:" + "c" * 64


def arguments(model: str, share: object, offload: object = 0) -> list[str]:
    """Arguments of an engine as our program gives them."""
    return [
        *("/etc/vllm/start.sh", model, "--host=0.0.0.0"),
        f"--gpu-memory-utilization={share}",
        f"--cpu-offload-gb={offload}",
    ]


def engine(name: str, command: list[str], **changes: object) -> Resource:
    """An engine on starlord."""
    values = {
        "image": IMAGE,
        "gpus": "all",
        "command": command,
        "labels": given.labels("starlord"),
        **changes,
    }
    return _on_starlord(name, values)


def monitor(service: str = "gpu-monitor", **changes: object) -> Resource:
    """What watches starlord's card."""
    label = {"label": "aiswarm.service", "value": service}
    values = {"image": "exporter", "gpus": "all", "command": [], "labels": [label], **changes}
    return _on_starlord(f"starlord-{service}", values)


def on_card(mib: float, *more: float) -> tuple[Resource, ...]:
    """The nodes, starlord with these cards."""
    cards = [{"name": "a card", "memory_mib": each} for each in (mib, *more)]
    return given.node("oracle"), given.node("starlord", gpus=cards)


def _on_starlord(name: str, values: given.Props) -> Resource:
    provider = given.provider(**given.provider_props(given.AMD_ADDRESS))
    return replace(given.container(**values), name=name, urn=f"urn::{name}", provider=provider)
