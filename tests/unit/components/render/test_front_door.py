"""Who gets through the proxy, by which door, and to what."""

from __future__ import annotations

import pytest

from components.catalogue import cloud_door
from components.catalogue.haproxy import API_INTERNAL, haproxy
from components.catalogue.swarm import swarm
from components.model.endpoints import ManagedEndpoint
from components.model.specs import ServiceSpec
from components.render.haproxy import Page, Ways
from tests.unit.components.render.test_texts import sections
from tests.unit.components.stacks import STACKS, settings

ALERTS = Page(
    name="alertmanager",
    port=9093,
    service=ManagedEndpoint(service="oracle-alertmanager", host="oracle-alertmanager", port=9093),
)


def proxy(stack: str = "prod") -> ServiceSpec:
    return next(spec for spec in swarm(settings(stack))["oracle"] if spec.name == "haproxy")


def config(spec: ServiceSpec) -> dict[str, list[str]]:
    assert spec.configuration is not None
    return sections(spec.configuration.files[0].text)


@pytest.mark.parametrize("stack", STACKS)
def test_services_of_the_swarm_come_by_a_door_of_their_own_under_the_same_rules(stack: str) -> None:
    """One frontend: whatever is counted, refused or passed on is so for both."""
    doors = [line for line in config(proxy(stack))["frontend api"] if line.startswith("bind")]
    assert doors == [
        "bind :8443 name https ssl crt /run/secrets/tls.pem alpn h2,http/1.1",
        "bind :4000 name api-internal",
    ]


def test_the_gateway_learns_whether_a_client_came_through_tls() -> None:
    assert (
        "http-request set-header x-forwarded-proto %[ssl_fc,iif(https,http)]"
        in (config(proxy())["frontend api"])
    )


def test_the_door_without_tls_is_on_the_node_but_not_for_people() -> None:
    port = proxy().port("api-internal")
    assert (port.container, port.published) == (API_INTERNAL, 4000)
    assert port.access is not None
    assert not port.access.people
    assert port.access.refused == "/v1/models"


def test_a_page_asks_for_the_password_and_keeps_it_to_itself() -> None:
    spec = haproxy(settings("prod"), node="oracle", ways=Ways(pools=(), pages=(ALERTS,)))
    port = spec.port("alertmanager")
    assert (port.container, port.published) == (9093, 9093)
    assert port.access is not None
    assert port.access.people
    assert config(spec)["listen alertmanager"] == [
        "bind :9093",
        "http-request auth realm swarm unless { http_auth(operators) }",
        "http-request del-header authorization",
        (
            "server oracle-alertmanager oracle-alertmanager:9093 resolvers docker init-addr none "
            "check inter 5s"
        ),
    ]


@pytest.mark.parametrize("stack", STACKS)
def test_every_program_behind_the_proxy_is_named_as_a_flow_to_a_port_that_it_has(stack: str) -> None:
    spec = proxy(stack)
    ports = {item.full_name: item for specs in swarm(settings(stack)).values() for item in specs}
    servers = {
        line.split()[1] for lines in config(spec).values() for line in lines if line.startswith("server ")
    }
    assert {flow.to for flow in spec.talks_to} == servers - {cloud_door.NAME}  # is no service of a node
    assert all(ports[flow.to].port(flow.port) for flow in spec.talks_to)


@pytest.mark.parametrize("stack", STACKS)
def test_the_gateway_names_every_program_that_it_talks_to(stack: str) -> None:
    specs = {item.full_name: item for found in swarm(settings(stack)).values() for item in found}
    flows = specs["oracle-litellm"].talks_to
    assert all(specs[flow.to].port(flow.port) for flow in flows)
    pools = [flow.port for flow in flows if flow.to == "oracle-haproxy"]
    cloud = [cloud_door.NAME] if settings(stack).railway.enabled else []
    assert pools == ["pool-primary", "pool-secondary", "pool-backup", *cloud]
    assert ("oracle-postgres" in {flow.to for flow in flows}) is settings(stack).gateway.database
