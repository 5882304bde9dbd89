"""The tailnet's policy: what is declared is let through, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from typer.testing import CliRunner

from components.catalogue.swarm import swarm
from components.config.errors import SettingsError
from components.config.settings import Settings
from components.model.flows import flows
from lab import environment
from ops import cli, stack, tailnet
from ops.stack import Stack
from tests.unit.components.stacks import STACKS, settings

LOGINS = {"people": ["anna@example.org"], "operators": ["otto@example.org"]}


def loaded(of: Settings) -> dict[str, Any]:
    policy: dict[str, Any] = json.loads(tailnet.policy(of))
    return policy


def allows(policy: dict[str, Any], source: str, place: str) -> bool:
    """Evaluate as Tailscale does: every grant adds, nothing takes away (Tailscale, "Grants explained")."""
    target, _, port = place.rpartition(":")
    who = {source, *(name for name, members in policy["groups"].items() if source in members)}
    return any(
        who & set(grant["src"]) and target in grant["dst"] and f"tcp:{port}" in grant["ip"]
        for grant in policy["grants"]
    )


@pytest.mark.parametrize("stack_name", STACKS)
def test_every_flow_between_nodes_is_let_through(stack_name: str) -> None:
    of = settings(stack_name)
    policy = loaded(of)
    crossing = [flow for flow in flows(of, swarm(of)) if flow.crosses]

    refused = [
        flow
        for flow in crossing
        if not allows(policy, flow.source_node, f"{flow.target_node}:{flow.port}")
        or policy["hosts"][flow.target_node] != flow.host
    ]

    assert crossing
    assert refused == []


def test_every_rule_between_nodes_has_a_flow() -> None:
    of = settings("prod")
    let = {
        (grant["src"][0], grant["dst"][0], port)
        for grant in loaded(of)["grants"]
        if grant["src"][0] in of.nodes.by_name()
        for port in grant["ip"]
    }

    assert let == {
        (flow.source_node, flow.target_node, f"tcp:{flow.port}")
        for flow in flows(of, swarm(of))
        if flow.crosses
    }


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("thanos", "oracle:5432"),
        ("starlord", "oracle:6379"),
        ("starlord", "thanos:8002"),
        ("thanos", "oracle:22"),
        ("oracle", "starlord:22"),
        ("anna@example.org", "starlord:8000"),
        ("anna@example.org", "starlord:6333"),
        ("anna@example.org", "oracle:5432"),
        ("anna@example.org", "oracle:22"),
        ("stranger@example.org", "oracle:443"),
        ("starlord", "thanos:8080"),
    ],
)
def test_what_nobody_declares_stays_closed(source: str, place: str) -> None:
    assert not allows(loaded(settings("prod", tailnet=LOGINS)), source, place)


@pytest.mark.parametrize(
    ("source", "place"),
    [
        ("anna@example.org", "oracle:443"),
        ("anna@example.org", "oracle:8500"),
        ("otto@example.org", "oracle:5432"),
        ("otto@example.org", "thanos:22"),
        ("otto@example.org", "starlord:6333"),
        ("thanos", "oracle:8200"),
        ("oracle", "starlord:6333"),
    ],
)
def test_who_needs_a_port_reaches_it(source: str, place: str) -> None:
    assert allows(loaded(settings("prod", tailnet=LOGINS)), source, place)


@pytest.mark.parametrize("stack_name", STACKS)
def test_the_tests_in_the_policy_hold_and_cover_every_port_of_every_other_node(stack_name: str) -> None:
    policy = loaded(settings(stack_name, tailnet=LOGINS))

    assert [test["src"] for test in policy["tests"]] == [
        "oracle", "starlord", "thanos", "group:people", "group:operators"
    ]  # fmt: skip
    for test in policy["tests"]:
        assert [place for place in test["accept"] if not allows(policy, test["src"], place)] == []
        assert [place for place in test["deny"] if allows(policy, test["src"], place)] == []
    judged = {place for test in policy["tests"] for place in (*test["accept"], *test["deny"])}
    assert {"oracle:22", "oracle:8500", "starlord:6333", "thanos:8002"} <= judged
    assert not [test for test in policy["tests"] if test["src"] in policy["hosts"] and not test["deny"]]


def test_ssh_is_let_through_where_it_listens() -> None:
    policy = loaded(settings("prod", tailnet=LOGINS, nodes__thanos__ssh={"port": 2222}))

    assert allows(policy, "otto@example.org", "thanos:2222")
    assert not allows(policy, "otto@example.org", "thanos:22")


def test_without_logins_the_groups_are_those_that_tailscale_keeps() -> None:
    """Groups hold logins only, and Tailscale does not test a group that it keeps by itself."""
    policy = loaded(settings("prod"))

    sources = {source for grant in policy["grants"] for source in grant["src"]}
    assert sources == {"oracle", "starlord", "thanos", "autogroup:member", "autogroup:admin"}
    assert policy["groups"] == {}
    assert policy["tagOwners"] == {"tag:swarm": ["autogroup:admin"]}
    assert [test["src"] for test in policy["tests"]] == ["oracle", "starlord", "thanos"]


def test_routes_of_the_nodes_are_approved_and_let_nobody_in() -> None:
    policy = loaded(settings("prod"))

    subnets = ["172.20.1.0/24", "172.20.2.0/24", "172.20.3.0/24"]
    assert policy["autoApprovers"] == {"routes": {subnet: ["tag:swarm"] for subnet in subnets}}
    assert "172.20." not in json.dumps(policy["grants"])
    assert "ssh" not in policy


@pytest.mark.parametrize("login", ["anna", "group:all", "*", 'a"@example.org'])
def test_a_login_must_be_one(login: str) -> None:
    with pytest.raises(SettingsError, match=r"aiswarm:tailnet\.people\.0: must be a login of the tailnet"):
        settings("prod", tailnet={"people": [login]})


def test_the_command_prints_the_file(lab_stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment, "variables", dict)
    monkeypatch.setattr(stack, "read", lambda _: lab_stack)

    result = CliRunner().invoke(cli.app, ["tailnet"])

    assert result.exit_code == 0
    assert json.loads(result.stdout)["hosts"]["thanos"] == "198.18.0.13"
