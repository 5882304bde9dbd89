"""What the committed exceptions leave to be found at the containers that have one."""

from __future__ import annotations

from datetime import date

import pytest

from policy.rules.support import exceptions_file
from policy.rules.support.resources import CONTAINER
from policy.rules.support.rule import ResourceRule
from tests.policy import given, pack, recorded
from tests.policy.cases_ctr import adding, setting

FILE = pack.REPOSITORY / "policy" / "exceptions.yaml"


def left(rule_id: str, name: str, edit: recorded.Edit) -> list[str]:
    """What a rule finds at a container after an edit that no committed exception excuses."""
    rules = recorded.rules_of("")
    granted = exceptions_file.read(FILE, {rule.id: rule.excusable for rule in rules}, date(2026, 11, 23))
    (rule,) = [each for each in rules if each.id == rule_id]
    (found,) = [
        each
        for each in recorded.stack("prod")
        if (each.resource.type, each.resource.name) == (CONTAINER, name)
    ]
    assert isinstance(rule, ResourceRule)
    resource = found.edited(edit).resource
    placed = [(resource.urn, problem) for problem in rule.problems(resource)]
    return [problem.got for _, problem in granted.sift(rule_id, [resource.urn], placed).problems]


def writable(inputs: given.Props) -> None:
    """Mount everything so that the container can write there."""
    volumes = inputs["volumes"]
    assert isinstance(volumes, list)
    for volume in volumes:
        volume["readOnly"] = False


@pytest.mark.parametrize(
    ("rule_id", "name", "edit", "expected"),
    [
        ("CTR-009", "oracle-node-exporter", setting(), []),
        ("CTR-009", "oracle-node-exporter", adding("volumes", {"hostPath": "/etc"}), ["'/etc'"]),
        ("CTR-009", "oracle-node-exporter", adding("volumes", {"hostPath": "/"}), ["'/'"]),
        ("CTR-009", "oracle-node-exporter", writable, ["'/'"]),
        ("CTR-012", "starlord-vllm-primary", setting(), []),
        ("CTR-012", "starlord-vllm-primary", adding("devices", {"hostPath": "/dev/kvm"}), ["'/dev/kvm'"]),
        ("CTR-012", "starlord-vllm-primary", setting(runtime="nvidia"), ["'nvidia'"]),
    ],
)
def test_an_excused_container_cannot_take_more(
    rule_id: str, name: str, edit: recorded.Edit, expected: list[str]
) -> None:
    assert left(rule_id, name, edit) == expected
