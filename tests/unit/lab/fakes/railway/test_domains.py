"""Domains and ports of the proxy: given out, changed, taken by others, and gone."""

from __future__ import annotations

from typing import Any

import pytest

from lab.fakes.railway import FakeRailway
from tests.unit.lab.fakes.railway.person import Person


@pytest.fixture
def service(person: Person) -> str:
    return person.service()


def domains(person: Person, service: str) -> Any:  # noqa: ANN401 - GraphQL's data has any form
    found = person.ask(
        "query($e: String!, $p: String!, $s: String!)"
        " { domains(environmentId: $e, projectId: $p, serviceId: $s)"
        " { serviceDomains { id domain targetPort syncStatus deletedAt } } }",
        e=person.environment,
        p=person.project,
        s=service,
    )
    return found["serviceDomains"]


def create(person: Person, service: str) -> Any:  # noqa: ANN401 - as above
    return person.ask(
        "mutation($i: ServiceDomainCreateInput!) { serviceDomainCreate(input: $i) { id domain } }",
        i={"environmentId": person.environment, "serviceId": service, "targetPort": 4000},
    )


def rename(person: Person, service: str, made: dict[str, str], domain: str) -> None:
    person.change(
        "serviceDomainUpdate",
        "ServiceDomainUpdateInput",
        serviceDomainId=made["id"],
        environmentId=person.environment,
        serviceId=service,
        domain=domain,
    )


def proxies(person: Person, service: str) -> Any:  # noqa: ANN401 - as above
    return person.ask(
        "query($e: String!, $s: String!) { tcpProxies(environmentId: $e, serviceId: $s)"
        " { id applicationPort proxyPort syncStatus } }",
        e=person.environment,
        s=service,
    )


def test_a_domain_has_a_label_of_railways_choice(fake: FakeRailway, person: Person, service: str) -> None:
    made = create(person, service)

    assert made["domain"].startswith("redis-")
    assert made["domain"].endswith(".up.railway.app")
    assert domains(person, service) == []
    person.wait(fake.behaviour.listed_seconds)
    assert domains(person, service)[0]["syncStatus"] == "CREATING"
    person.wait(fake.behaviour.domain_seconds)
    (found,) = domains(person, service)
    assert (found["syncStatus"], found["targetPort"]) == ("ACTIVE", 4000)


def test_another_label_counts_after_a_while(fake: FakeRailway, person: Person, service: str) -> None:
    made = create(person, service)
    person.wait()

    rename(person, service, made, "mine.up.railway.app")

    (found,) = domains(person, service)
    assert (found["domain"], found["syncStatus"]) == (made["domain"], "UPDATING")
    person.wait(fake.behaviour.domain_seconds)
    (found,) = domains(person, service)
    assert (found["domain"], found["targetPort"]) == ("mine.up.railway.app", 4000)


def test_a_label_of_somebody_else_is_refused(fake: FakeRailway, person: Person, service: str) -> None:
    made = create(person, service)
    fake.behaviour.taken_labels.add("theirs")

    with person.refused("already in use"):
        rename(person, service, made, "theirs.up.railway.app")
    with person.refused("Invalid domain"):
        rename(person, service, made, "mine.example.org")


def test_a_deleted_domain_is_marked_then_gone(fake: FakeRailway, person: Person, service: str) -> None:
    made = create(person, service)
    person.wait()

    person.ask("mutation($id: String!) { serviceDomainDelete(id: $id) }", id=made["id"])

    (found,) = domains(person, service)
    assert (found["syncStatus"], bool(found["deletedAt"])) == ("DELETING", True)
    person.wait(fake.behaviour.gone_seconds)
    assert domains(person, service) == []


def test_a_proxy_comes_by_a_patch_and_is_the_only_one(person: Person, service: str) -> None:
    person.patch({"services": {service: {"networking": {"tcpProxies": {"6379": {}}}}}})
    person.wait()

    (found,) = proxies(person, service)
    assert (found["applicationPort"], found["syncStatus"]) == (6379, "ACTIVE")
    with person.refused("one TCP proxy"):
        person.patch({"services": {service: {"networking": {"tcpProxies": {"6380": {}}}}}})

    person.ask("mutation($id: String!) { tcpProxyDelete(id: $id) }", id=found["id"])
    person.wait()
    assert proxies(person, service) == []
