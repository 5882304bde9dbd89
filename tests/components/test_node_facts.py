"""What policies can know of a machine: they see the stack and its state, not the configuration."""

from __future__ import annotations

import pytest

from tests.components.test_program import run

CARD = {"name": "NVIDIA GeForce RTX 4090", "memory_mib": 24564}


@pytest.mark.parametrize(
    ("node", "facts"),
    [
        ("oracle", {"address": "100.96.197.84", "arch": "arm64", "memory_mib": 20900, "gpus": []}),
        ("starlord", {"address": "100.72.73.3", "arch": "amd64", "memory_mib": 61000, "gpus": [CARD]}),
    ],
)
def test_a_node_shows_what_its_machine_is_before_and_after_the_update(
    node: str, facts: dict[str, object]
) -> None:
    recording = run("prod")
    (found,) = (each for each in recording.registrations if each.type.endswith("Node") and each.name == node)

    inputs, outputs = found.inputs, recording.outputs[found.urn]
    assert facts.items() <= inputs.items()
    assert inputs["reserved_mib"] > 0
    assert inputs.items() <= outputs.items()
