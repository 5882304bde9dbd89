"""What a drill finds in a restored server: all as declared, or what is not, by name and without its value."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import cast

import pytest

from components.catalogue.swarm import swarm
from components.catalogue.vault import contents
from ops.backup.content import Content
from ops.stack import Stack
from tests.unit.ops.backup_samples import KEY, TableScratch, source_of, with_key


@pytest.fixture
def content(lab_stack: Stack) -> Content:
    """A restored server on which everything is as declared."""
    stack = with_key(lab_stack)
    source = source_of(stack)
    vault = contents(stack.settings, swarm(stack.settings))
    scratch = TableScratch(
        ids={"pulumi": source.pulumi_id, **{f"node-{node}": f"id of {node}" for node in vault.nodes}},
        bounds={"node-oracle": "172.20.1.1", "node-starlord": "198.18.0.12", "node-thanos": "198.18.0.13"},
    )
    for path, entry in source.entries.items():
        scratch.answers[f"secret/data/{path}"] = {"data": dict(entry.values), "metadata": {}}
    for access in vault.nodes.values():
        scratch.answers[f"sys/policies/acl/{access.role}"] = {"policy": access.policy}
        scratch.answers[f"auth/approle/role/{access.role}"] = {}
    scratch.answers[f"secret/data/external/{KEY}"] = {"data": {"value": "value of a field"}}
    scratch.answers[f"secret/metadata/external/{KEY}"] = {"current_version": 1}
    return Content(scratch, stack, source)


def table(content: Content) -> TableScratch:
    return cast("TableScratch", content.scratch)


def node(content: Content) -> str:
    return content.node("thanos", content.vault.nodes["thanos"])


def oracle(content: Content) -> str:
    return content.node("oracle", content.vault.nodes["oracle"])


def test_all_is_as_declared(content: Content) -> None:
    content.log_in()

    assert content.entries() == f"entries compared: {len(content.source.entries)}"
    assert content.policies() == "roles and policies compared: 3"
    assert content.put_in_by_hand() == KEY
    entries = sum(path.startswith("thanos/") for path in content.source.entries)
    assert node(content) == f"from 198.18.0.13 and not from 192.0.2.1; entries read: {entries}"
    assert oracle(content).startswith("from 172.20.1.1 and not")


THANOS = "secret/data/thanos/vllm-backup"


@pytest.mark.parametrize(
    ("path", "answer", "ask", "said"),
    [
        (THANOS, "No value found", Content.entries, "thanos/vllm-backup: No value found"),
        (THANOS, {"data": None}, Content.entries, "thanos/vllm-backup: its newest version is deleted"),
        (THANOS, {"data": {"version": "value of a field", "engine-key": "old"}}, Content.entries,
         "thanos/vllm-backup: must be as in the state, got other engine-key; changed since the backup?"),
        ("sys/policies/acl/node-thanos", {"policy": 'path "*" {}'}, Content.policies,
         "sys/policies/acl/node-thanos: must be as declared, got another one; changed since the backup?"),
        ("auth/approle/role/node-thanos", "No value found", Content.policies,
         "auth/approle/role/node-thanos: No value found"),
        (f"secret/metadata/external/{KEY}", "No value found", Content.put_in_by_hand,
         f"{KEY}: No value found"),
        (THANOS, {"data": {"version": "1"}}, node,
         "thanos/vllm-backup: must have a value in engine-key, got none"),
        (THANOS, "permission denied", node, "thanos/vllm-backup: permission denied"),
        (f"secret/data/external/{KEY}", {"data": {}}, oracle,
         f"external/{KEY}: its newest version is deleted"),
    ],
)  # fmt: skip
def test_what_is_not_as_declared_is_named(
    content: Content, path: str, answer: str | dict[str, object], ask: Callable[[Content], str], said: str
) -> None:
    table(content).answers[path] = answer

    with pytest.raises(Exception, match=f"^{re.escape(said)}$"):
        ask(content)


def test_an_entry_that_the_state_does_not_know(content: Content) -> None:
    less = dataclasses.replace(content.source, entries={})

    with pytest.raises(Exception, match="thanos/vllm-backup: must be in the state, got nothing; pulumi up"):
        dataclasses.replace(content, source=less).entries()


def test_another_id_of_the_program(content: Content) -> None:
    table(content).ids["pulumi"] = "older"

    with pytest.raises(Exception, match="must be accepted, got 'invalid role or secret ID'"):
        content.log_in()


@pytest.mark.parametrize(
    ("ids", "bounds", "said"),
    [
        ({"node-thanos": "older"}, {}, "from 192.0.2.1, got invalid role or secret ID"),
        ({}, {"node-thanos": "192.0.2.1"}, "from 192.0.2.1, got a token"),
        ({}, {"node-thanos": "198.18.0.99"}, "must be accepted, got 'source address"),
    ],
    ids=["another id", "any address", "another address"],
)
def test_a_login_that_is_not_bound_to_its_node(
    content: Content, ids: dict[str, str], bounds: dict[str, str], said: str
) -> None:
    table(content).ids.update(ids)
    table(content).bounds.update(bounds)

    with pytest.raises(Exception, match=re.escape(said)):
        node(content)
