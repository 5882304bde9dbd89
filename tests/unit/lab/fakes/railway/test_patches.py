"""Patches: all or nothing, after a while, and not while somebody else has something to say."""

from __future__ import annotations

from typing import Any

import pytest

from lab.fakes.railway import FakeRailway
from tests.unit.lab.fakes.railway.person import IMAGE, Person


def test_a_workflow_is_unknown_then_runs_then_is_done(fake: FakeRailway, person: Person) -> None:
    id_ = person.service()
    workflow = person.patch({"services": {id_: {"variables": {"A": {"value": "1"}}}}})

    assert person.workflow(workflow) == ("NotFound", None)
    person.wait(fake.behaviour.workflow_unknown_seconds)
    assert person.workflow(workflow) == ("Running", None)
    assert person.variables(id_) == {}
    person.wait(fake.behaviour.workflow_seconds)
    assert person.workflow(workflow) == ("Complete", None)
    assert person.variables(id_) == {"A": "1"}


def test_a_workflow_nobody_started_is_unknown(person: Person) -> None:
    assert person.workflow("no such id") == ("NotFound", None)


def test_a_workflow_may_fail_and_then_nothing_is_changed(fake: FakeRailway, person: Person) -> None:
    id_ = person.service()
    fake.behaviour.workflow_error = "no capacity"

    workflow = person.patch({"services": {id_: {"variables": {"A": {"value": "1"}}}}})
    person.wait()

    assert person.workflow(workflow) == ("Error", "no capacity")
    assert person.variables(id_) == {}


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ({"colour": "red"}, "unknown key colour"),
        ({"deploy": {"colour": "red"}}, "unknown key deploy.colour"),
        ({"deploy": {"startCommand": 1}}, "deploy.startCommand"),
        ({"deploy": {"multiRegionConfig": {"mars": {"numReplicas": 1}}}}, "Invalid region mars"),
        ({"variables": {"B": "no object"}}, "variables.B"),
        ({"variables": {"B": {"value": 1}}}, "variables.B"),
        ({"networking": {"tcpProxies": {"x": {}}}}, "networking.tcpProxies"),
        ({"networking": {"tcpProxies": {"1": {}, "2": {}}}}, "one TCP proxy"),
    ],
)
def test_one_invalid_part_refuses_all_of_it(person: Person, part: dict[str, Any], message: str) -> None:
    good, bad = person.service("good"), person.service("bad")

    with person.refused(message):
        person.patch({"services": {good: {"variables": {"A": {"value": "1"}}}, bad: part}})
    person.wait()

    assert person.variables(good) == {}


def test_null_takes_away(person: Person) -> None:
    id_ = person.service()
    person.write(id_, {"A": "1", "B": "2"})
    person.set(id_, startCommand="serve")

    person.patch({"services": {id_: {"variables": {"A": None}, "deploy": {"startCommand": None}}}})
    person.wait()

    assert person.variables(id_) == {"B": "2"}
    assert person.instance(id_)["startCommand"] is None


def test_regions_are_merged(fake: FakeRailway, person: Person) -> None:
    id_ = person.service()
    person.set(id_, multiRegionConfig={"us-west2": {"numReplicas": 1}})

    def place(places: dict[str, Any]) -> set[str]:
        person.patch({"services": {id_: {"deploy": {"multiRegionConfig": places}}}})
        person.wait()
        return set(fake.alive("instance")[0]["multiRegionConfig"])

    assert place({"europe-west4-drams3a": {"numReplicas": 1}}) == {"us-west2", "europe-west4-drams3a"}
    assert place({"us-west2": None}) == {"europe-west4-drams3a"}


@pytest.mark.parametrize(("deploys", "count"), [(True, 1), (False, 0)])
def test_a_patch_deploys_what_has_something_to_run(
    fake: FakeRailway, person: Person, deploys: bool, count: int
) -> None:
    fake.behaviour.patch_deploys = deploys
    empty, full = person.service("empty"), person.service("full")
    person.set(full, source={"image": IMAGE})

    person.patch({"services": {each: {"variables": {"A": {"value": "1"}}} for each in (empty, full)}})
    person.wait()

    assert [each["serviceId"] for each in fake.alive("deployment")] == [full] * count


def test_limits_and_shared_variables_and_the_size_of_a_volume(fake: FakeRailway, person: Person) -> None:
    id_ = person.service()
    person.volume(id_)
    person.wait()
    (volume,) = person.volumes()

    person.patch(
        {
            "services": {id_: {"deploy": {"limitOverride": {"containers": {"cpu": 1}}}}},
            "sharedVariables": {"ZONE": {"value": "eu"}},
            "volumes": {volume["volumeId"]: {"sizeMB": 10_000}},
        }
    )
    person.wait()

    assert fake.alive("instance")[0]["limits"] == {"containers": {"cpu": 1}}
    assert fake.alive("environment")[0]["variables"]["ZONE"]["value"] == "eu"
    assert person.volumes()[0]["sizeMB"] == 10_000
    with person.refused("Invalid config: volumes"):
        person.patch({"volumes": {volume["volumeId"]: {"sizeMB": 1}}})
    with person.refused("VolumeInstance not found"):
        person.patch({"volumes": {"no such id": {"sizeMB": 1}}})
