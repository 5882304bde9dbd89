"""The Vault server and the agents of both committed stacks: what they start with, and what they serve."""

from __future__ import annotations

import re
from typing import Any

import pytest

from components.catalogue import vault
from components.catalogue.swarm import swarm
from components.model.checks import Swarm
from components.model.secrets import SECRETS_PATH, SecretForm, SecretRef, SecretSource
from components.model.specs import ServiceSpec
from tests.unit.components.stacks import STACKS, settings

NODES = ("oracle", "starlord", "thanos")


def spec(services: Swarm, full_name: str) -> ServiceSpec:
    (found,) = (item for specs in services.values() for item in specs if item.full_name == full_name)
    return found


def server(stack: str = "prod", **changes: object) -> ServiceSpec:
    return spec(swarm(settings(stack, **changes)), "oracle-vault")


def text(of: ServiceSpec, name: str) -> str:
    assert of.configuration is not None
    (found,) = (file.text for file in of.configuration.files if file.name == name)
    return found


def epochs(**numbers: int) -> dict[str, Any]:
    return {"epochs": {name.replace("_", "-"): number for name, number in numbers.items()}}


def references(of: ServiceSpec) -> dict[str, tuple[SecretRef, ...]]:
    return {file.name: file.references for file in of.secrets}


@pytest.mark.parametrize("stack", STACKS)
def test_the_server_starts_first_and_on_every_node_the_agent_before_all_others(stack: str) -> None:
    services = swarm(settings(stack))
    assert [services[node][0].name for node in NODES] == ["vault", "agent", "agent"]
    assert services["oracle"][1].name == "agent"
    assert all("agent" not in item.after for specs in services.values() for item in specs)


@pytest.mark.parametrize("node", NODES)
@pytest.mark.parametrize("stack", STACKS)
def test_an_agent_writes_every_secret_file_of_its_node(stack: str, node: str) -> None:
    services = swarm(settings(stack))
    agent = spec(services, f"{node}-agent")
    rendered = [item for item in services[node] if item.rendered]
    written = re.findall(r'destination = "(.+)"', text(agent, "agent.hcl"))

    assert rendered
    assert agent.renders_for == tuple(item.name for item in rendered)
    assert written == [
        f"/secrets/{item.name}/{name}"
        for item in rendered
        for name in (*(file.name for file in item.secrets), ".version")
    ]
    sources = re.findall(r'source = "/agent/(.+)"', text(agent, "agent.hcl"))
    assert all(text(agent, source) for source in sources)
    assert len(set(sources)) == len(written)


@pytest.mark.parametrize("node", NODES)
def test_an_agent_is_healthy_once_every_service_has_all_its_files(node: str) -> None:
    agent = spec(swarm(settings("prod")), f"{node}-agent")
    assert agent.health.test == (
        "CMD-SHELL",
        " && ".join(f"test -s /secrets/{name}/.version" for name in agent.renders_for),
    )
    assert agent.health.interval_seconds >= 10  # it is asked for ever, and nobody waits for the answer


def test_a_node_without_secrets_has_no_agent_and_no_login_for_one() -> None:
    """An agent with nothing to write refuses to start."""
    found = settings("prod")
    services = swarm(found)
    bare = tuple(item for item in services["thanos"] if not item.rendered and item.name != "agent")
    assert vault.agents(found, node="thanos", services=bare) == ()
    assert set(vault.contents(found, {**services, "thanos": bare}).nodes) == {"oracle", "starlord"}


@pytest.mark.parametrize("node", NODES)
def test_an_agent_starts_with_its_own_login_and_nothing_else(node: str) -> None:
    agent = spec(swarm(settings("prod")), f"{node}-agent")
    (own,) = agent.secrets
    assert own.path == f"{SECRETS_PATH}/secret_id"
    assert [ref.name for ref in own.references] == [f"{node}-agent-id"]
    assert own.parts == own.references  # without a newline, which would become part of the id
    assert text(agent, "role_id") == f"node-{node}"
    assert agent.env == {}


def test_agents_reach_the_server_by_its_nodes_address_and_trust_its_authority_alone() -> None:
    authority = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    services = swarm(settings("prod", vault__ca_certificate=authority))
    for node in NODES:
        agent = spec(services, f"{node}-agent")
        assert 'address = "https://100.96.197.84:8200"' in text(agent, "agent.hcl")
        assert text(agent, "ca.pem") == authority
    assert text(spec(services, "oracle-vault"), "ca.pem") == authority


@pytest.mark.parametrize("stack", STACKS)
def test_nothing_that_docker_shows_of_the_server_can_hold_a_secret(stack: str) -> None:
    found = server(stack)
    assert found.env == {"BAO_ADDR": "https://127.0.0.1:8200", "BAO_CACERT": "/openbao/config/ca.pem"}
    assert found.entrypoint == ("/bin/sh", "/openbao/config/start.sh")
    assert found.command == ()


def test_the_server_shows_the_certificate_of_the_settings() -> None:
    certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    files = {file.name: file for file in server(vault__certificate=certificate).secrets}
    assert files["tls.pem"].parts == (certificate,)
    assert [(ref.name, ref.source) for ref in files["tls.key"].references] == [
        ("vault_private_key", SecretSource.CONFIGURED)
    ]


@pytest.mark.parametrize("epoch", [1, 2, 3])
def test_every_seal_key_there_ever_was_stays_on_the_node(epoch: int) -> None:
    """A snapshot opens with the key of its day only."""
    found = server(**epochs(vault_seal=epoch))
    seals = {name: refs for name, refs in references(found).items() if name.startswith("seal-")}
    assert list(seals) == [f"seal-k{number}" for number in range(1, epoch + 1)]
    assert {file.name for file in found.secrets if file.fixed} == set(seals)
    for number, refs in enumerate(seals.values(), start=1):
        assert refs == (
            SecretRef(
                name=f"vault-seal-k{number}",
                length=32,
                form=SecretForm.HEX,
                kept_with_data=True,
                family="vault-seal",
            ),
        )


@pytest.mark.parametrize(
    ("epoch", "stanza"),
    [
        (1, {"current": 1}),
        (2, {"current": 2, "previous": 1}),
        (3, {"current": 3, "previous": 2}),
    ],
)
def test_the_newest_seal_key_seals_and_the_one_before_still_opens(epoch: int, stanza: dict[str, int]) -> None:
    config = text(server(**epochs(vault_seal=epoch)), "vault.hcl")
    found = re.findall(
        r'(current|previous)_key_id = "k(\d+)"\n  \1_key = "file:///run/secrets/seal-k\2"', config
    )
    assert {age: int(number) for age, number in found} == stanza
    assert config.count("_key_id") == len(stanza)


@pytest.mark.parametrize("epoch", [1, 2, 3])
def test_the_first_login_is_the_present_one_and_readiness_knows_the_one_before(epoch: int) -> None:
    bootstrap = server(**epochs(vault_pulumi_id=epoch)).bootstrap
    assert bootstrap is not None
    names = [part.name if isinstance(part, SecretRef) else part for part in bootstrap.ready_input]
    before = [f"vault-pulumi-id-e{epoch - 1}"] if epoch > 1 else []
    assert [ref.name for ref in bootstrap.file.references] == [f"vault-pulumi-id-e{epoch}"]
    assert bootstrap.file.parts == bootstrap.file.references
    assert names == [f"vault-pulumi-id-e{epoch}", "\n", *before, "\n"]


@pytest.mark.parametrize("epoch", [1, 2, 3])
def test_the_engine_logs_in_with_what_the_server_was_told(epoch: int) -> None:
    found = settings("prod", **epochs(vault_pulumi_id=epoch))
    services = swarm(found)
    bootstrap = spec(services, "oracle-vault").bootstrap
    assert bootstrap is not None
    assert (vault.contents(found, services).login,) == bootstrap.file.references
    assert bootstrap.folder in text(spec(services, "oracle-vault"), "vault.hcl")


def test_a_raised_generation_begins_with_an_empty_folder_beside_the_old_one() -> None:
    first, second = (server(vault__generation=number) for number in (1, 2))
    for number, found in ((1, first), (2, second)):
        assert f'path = "/openbao/file/g{number}"' in text(found, "vault.hcl")
        assert found.bootstrap is not None
        assert found.bootstrap.generation == number
    assert first.volumes == second.volumes


@pytest.mark.parametrize("stack", STACKS)
def test_each_service_has_one_entry_and_its_node_alone_may_read_it(stack: str) -> None:
    found = settings(stack)
    services = swarm(found)
    content = vault.contents(found, services)
    entries = {
        entry.service.full_name: entry.path
        for access in content.nodes.values()
        for entry in access.entries.values()
    }

    assert set(entries) == {item.full_name for specs in services.values() for item in specs if item.rendered}
    assert len(set(entries.values())) == len(entries)
    for node, access in content.nodes.items():
        own = [entry.path for entry in access.entries.values()]
        assert re.findall(r'path "secret/data/(.+)"', access.policy) == sorted(own)
        assert all(path.startswith(f"{node}/") for path in own)


def test_agents_are_bound_to_where_the_server_sees_them() -> None:
    """Those of its own node it sees through Docker's gateway."""
    found = settings("prod")
    content = vault.contents(found, swarm(found))
    assert {node: access.cidrs for node, access in content.nodes.items()} == {
        "oracle": ("172.20.1.0/24",),
        "starlord": ("100.72.73.3/32",),
        "thanos": ("100.122.12.54/32",),
    }


def test_nothing_on_the_servers_way_needs_a_secret_of_the_server() -> None:
    """It would wait for itself."""
    for stack in STACKS:
        for specs in swarm(settings(stack)).values():
            for item in specs:
                if not item.rendered:
                    assert not [ref for ref in item.all_references if ref.source is SecretSource.VAULT]
