"""Volumes: one a service, in an environment, and gone only after a while."""

from __future__ import annotations

from lab.fakes.railway import FakeRailway
from tests.unit.lab.fakes.railway.person import Person


def test_a_volume_is_ready_after_a_while(fake: FakeRailway, person: Person) -> None:
    id_ = person.service()
    person.volume(id_)

    assert person.volumes() == []
    person.wait(fake.behaviour.listed_seconds)
    assert person.volumes()[0]["state"] == "UPDATING"
    person.wait(fake.behaviour.volume_seconds)
    assert person.volumes()[0]["state"] == "READY"


def test_there_is_one_for_a_service(person: Person) -> None:
    id_ = person.service()
    person.volume(id_)

    with person.refused("already"):
        person.volume(id_)


def test_without_an_environment_it_is_mounted_nowhere(fake: FakeRailway, person: Person) -> None:
    person.volume(person.service(), environmentId=None)
    person.wait()

    assert len(fake.alive("volume")) == 1
    assert person.volumes() == []


def test_too_many_at_a_time_are_refused(fake: FakeRailway, person: Person) -> None:
    fake.behaviour.volumes_per_window = 1
    one, two = person.service("one"), person.service("two")
    person.volume(one)

    with person.refused("creating volumes too quickly"):
        person.volume(two)
    person.wait(fake.behaviour.create_window_seconds)
    assert person.volume(two)


def test_it_is_mounted_elsewhere_and_detached(person: Person) -> None:
    one, two = person.service("one"), person.service("two")
    id_ = person.volume(one)
    person.wait()

    def change(**values: object) -> tuple[str, str | None]:
        document = (
            "mutation($v: String!, $e: String, $i: VolumeInstanceUpdateInput!)"
            " { volumeInstanceUpdate(volumeId: $v, environmentId: $e, input: $i) }"
        )
        person.ask(document, v=id_, e=person.environment, i=values)
        found = person.volumes()[0]
        return found["mountPath"], found["serviceId"]

    assert change(mountPath="/other") == ("/other", one)
    assert change(serviceId=None) == ("/other", None)
    assert change(serviceId=two) == ("/other", two)


def test_names_are_unique(person: Person) -> None:
    one, two = person.volume(person.service("one")), person.volume(person.service("two"))
    rename = "mutation($v: String!, $n: String) { volumeUpdate(volumeId: $v, input: {name: $n}) { name } }"

    assert person.ask(rename, v=one, n="data") == {"name": "data"}
    with person.refused("Volume name already exists"):
        person.ask(rename, v=two, n="data")


def test_a_deleted_one_is_seen_for_a_while(fake: FakeRailway, person: Person) -> None:
    id_ = person.volume(person.service())
    person.wait()

    person.ask("mutation($v: String!) { volumeDelete(volumeId: $v) }", v=id_)

    assert person.volumes()[0]["state"] == "DELETING"
    person.wait(fake.behaviour.gone_seconds)
    assert person.volumes() == []
    with person.refused("Volume not found"):
        person.ask("mutation($v: String!) { volumeDelete(volumeId: $v) }", v=id_)
