"""Every port of the deployed swarm, asked by a stranger: it answers as the catalogue says; there is no other.

The test's own machine is a stranger on purpose: it is in the lab's network, which stands for the tailnet, and
has no credentials.
"""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator

import httpx
import pytest

from components.catalogue.credentials import LITELLM_NAME
from components.model.access import Access, Protocol
from components.model.endpoints import external_endpoints
from components.model.parts import Port
from components.model.specs import ServiceSpec
from lab import environment, nodes, paths
from ops import stack
from ops.stack import Stack

SSH = 22
LISTENING = "0A"
"""State in /proc/net/tcp."""

REFUSALS = ("pg_hba.conf", "password authentication failed", "no password supplied")
PORTS = [(spec, port) for spec in stack.committed("lab", paths.REPO).services for port in spec.ports]
PUBLISHED = [(spec, port) for spec, port in PORTS if port.published]
TAKEN = {(spec.node, port.published) for spec, port in PUBLISHED}
INSIDE = [
    pytest.param(spec, port, id=f"{spec.full_name}-{port.name}")
    for spec, port in PORTS
    if not port.published and (spec.node, port.container) not in TAKEN
]
"""Ports that are not published, but for those whose number is another one's on the node."""

NODES = ("oracle", "starlord", "thanos")


def spoken(*protocols: Protocol, keyed: bool = False) -> list[object]:
    """Parameters for the published ports of these protocols; `keyed` for those that ask for credentials."""
    return [
        pytest.param(spec, port, port.access, id=f"{spec.full_name}-{port.published}")
        for spec, port in PUBLISHED
        if port.access and port.access.protocol in protocols and (port.access.refused or not keyed)
    ]


@pytest.fixture
def stranger(deployed: Stack) -> Iterator[httpx.Client]:
    """A client that trusts the lab's authorities and sends no credentials."""
    trusted = ssl.create_default_context(cafile=str(environment.ca_file()))
    trusted.load_verify_locations(cadata=deployed.settings.vault.ca_certificate)
    with httpx.Client(verify=trusted, timeout=30, trust_env=False) as client:
        yield client


def url(deployed: Stack, spec: ServiceSpec, port: Port, path: str) -> str:
    assert port.access
    return f"{port.access.protocol}://{deployed.nodes[spec.node].address}:{port.published}{path}"


WEB = spoken(Protocol.HTTP, Protocol.HTTPS)
KEYED = spoken(Protocol.HTTP, Protocol.HTTPS, keyed=True)


@pytest.mark.parametrize(("spec", "port", "access"), WEB)
def test_a_stranger_is_refused_and_open_paths_are_those_of_the_catalogue(
    deployed: Stack, stranger: httpx.Client, spec: ServiceSpec, port: Port, access: Access
) -> None:
    answers = {path: stranger.get(url(deployed, spec, port, path)).status_code for path in access.open_paths}

    assert {path: status for path, status in answers.items() if status >= 500 or status in {401, 403}} == {}
    if access.refused:
        assert stranger.get(url(deployed, spec, port, access.refused)).status_code in {401, 403}


@pytest.mark.parametrize(("spec", "port", "access"), KEYED)
def test_wrong_credentials_are_worth_nothing(
    deployed: Stack, stranger: httpx.Client, spec: ServiceSpec, port: Port, access: Access
) -> None:
    place = url(deployed, spec, port, access.refused)
    wrong: tuple[dict[str, str], ...] = (
        {"authorization": "Bearer wrong"},
        {"authorization": "Basic b3BlcmF0b3I6d3Jvbmc="},
        {"x-api-key": "wrong"},
        {"x-vault-token": "wrong"},
        {"x-consul-token": "wrong"},
    )

    assert {stranger.get(place, headers=headers).status_code for headers in wrong} <= {400, 401, 403}


def logs_in(node: str, address: object, port: int, user: str, *options: str) -> str:
    """What the real client says who is on the database's own node, but connects to its published port."""
    query = f"psql --host={address} --port={port} --username={user} {' '.join(options)} --command='select 1'"
    return nodes.ssh(node, f"docker exec --env PGPASSWORD=wrong {node}-postgres {query} 2>&1", check=False)


@pytest.mark.parametrize(("spec", "port", "access"), spoken(Protocol.POSTGRES))
@pytest.mark.parametrize("user", ["postgres", LITELLM_NAME, "nobody"])
@pytest.mark.parametrize("option", ["--no-password", ""])
def test_the_database_lets_nobody_in_without_the_password(
    deployed: Stack, spec: ServiceSpec, port: Port, access: Access, user: str, option: str
) -> None:
    assert (access.protocol, port.published is not None) == (Protocol.POSTGRES, True)
    said = logs_in(spec.node, deployed.nodes[spec.node].address, port.published or 0, user, option)

    assert any(refusal in said for refusal in REFUSALS), said
    assert "(1 row)" not in said


@pytest.mark.parametrize(("spec", "port", "access"), spoken(Protocol.REDIS))
@pytest.mark.parametrize(
    "command",
    ["GET answer", "SET answer 42", "KEYS *", "CONFIG GET *", "INFO", "AUTH swarm wrong"],
)
def test_redis_does_nothing_for_a_stranger(
    deployed: Stack, spec: ServiceSpec, port: Port, access: Access, command: str
) -> None:
    assert access.protocol is Protocol.REDIS
    place = (str(deployed.nodes[spec.node].address), port.published or 0)
    with socket.create_connection(place, timeout=10) as connection:
        connection.sendall(f"{command}\r\n".encode())
        answer = connection.recv(4096).decode()

    assert answer.startswith(("-NOAUTH", "-NOPERM", "-WRONGPASS")), answer


def catalogued(deployed: Stack, node: str) -> set[int]:
    return {port.published for spec in deployed.on(node) for port in spec.ports if port.published}


def foreign(deployed: Stack, node: str) -> set[int]:
    """Ports of services that are on the node but not ours."""
    return {endpoint.port for endpoint in external_endpoints(deployed.settings) if endpoint.node == node}


def published(node: str) -> set[tuple[str, int]]:
    """Address and port of everything that the node's Docker publishes, whoever started it."""
    template = "'{{json .HostConfig.PortBindings}}'"
    said = nodes.ssh(node, f"docker ps --quiet | xargs docker inspect --format {template}")
    bindings = [each for line in said.splitlines() for each in (json.loads(line) or {}).values()]
    return {(item["HostIp"], int(item["HostPort"])) for binding in bindings for item in binding}


def listening(node: str) -> set[int]:
    """Ports that anybody outside the node could connect to; addresses are hexadecimal, last byte first."""
    found = set()
    for line in nodes.ssh(node, "cat /proc/net/tcp /proc/net/tcp6").splitlines():
        columns = line.split()
        address, _, port = columns[1].partition(":")
        if columns[3] == LISTENING and not (len(address) == 8 and address.endswith("7F")):
            found.add(int(port, 16))
    return found


@pytest.mark.parametrize("node", NODES)
def test_docker_publishes_what_the_catalogue_says_on_the_tailnet_address_alone(
    deployed: Stack, node: str
) -> None:
    found = published(node)

    ports = {port for _, port in found}
    assert catalogued(deployed, node) <= ports
    assert ports <= catalogued(deployed, node) | foreign(deployed, node)
    assert {address for address, _ in found} == {str(deployed.nodes[node].address)}


@pytest.mark.parametrize("node", NODES)
def test_nothing_else_listens_on_a_node(deployed: Stack, node: str) -> None:
    assert listening(node) - {SSH} - foreign(deployed, node) == catalogued(deployed, node)


@pytest.mark.parametrize(("spec", "port"), INSIDE)
def test_what_is_not_published_does_not_answer_on_the_node(
    deployed: Stack, spec: ServiceSpec, port: Port
) -> None:
    place = (str(deployed.nodes[spec.node].address), port.container)

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(place, timeout=5)


def test_the_deployed_swarm_has_the_ports_that_are_asked_here(deployed: Stack) -> None:
    """The parameters above come from the committed file, the swarm from the generated one."""
    asked = {(spec.full_name, port.published) for spec, port in PUBLISHED}
    deployed_ports = {(spec.full_name, port.published) for spec in deployed.services for port in spec.ports}

    assert asked == {(name, port) for name, port in deployed_ports if port}
