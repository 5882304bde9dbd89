"""Services and their instances: where they appear, and what becomes of their settings."""

from __future__ import annotations

import pytest

from lab.fakes.railway import FakeRailway
from lab.fakes.railway.behaviour import FanOut
from tests.unit.lab.fakes.railway.person import IMAGE, Person


def limits(person: Person, service: str) -> object:
    return person.ask(
        "query($e: String!, $s: String!) { serviceInstanceLimitOverride(environmentId: $e, serviceId: $s) }",
        e=person.environment,
        s=service,
    )


def another(person: Person) -> str:
    """A second environment."""
    made = str(person.make("environment", projectId=person.project, name="staging")["id"])
    person.wait()
    return made


def create(person: Person) -> str:
    """A service, at once after its creation."""
    given = {"projectId": person.project, "environmentId": person.environment, "name": "redis"}
    return str(person.make("service", **given)["id"])


def test_an_instance_comes_later_than_its_service(fake: FakeRailway, person: Person) -> None:
    id_ = create(person)

    with person.refused("ServiceInstance not found"):
        person.instance(id_)
    person.wait(fake.behaviour.instance_seconds)
    assert person.instance(id_)["numReplicas"] == 1


def test_other_environments_get_theirs_one_after_the_other(fake: FakeRailway, person: Person) -> None:
    another(person)
    create(person)

    person.wait(fake.behaviour.instance_seconds)
    assert len(fake.alive("instance")) == 1
    person.wait(fake.behaviour.instance_seconds)
    assert len(fake.alive("instance")) == 2


@pytest.mark.parametrize(("how", "count"), [(FanOut.ALL, 2), (FanOut.GIVEN, 1), (FanOut.NONE, 0)])
def test_which_environments_get_one_is_a_switch(
    fake: FakeRailway, person: Person, how: FanOut, count: int
) -> None:
    another(person)
    fake.behaviour.instances = how

    person.service()

    assert len(fake.alive("instance")) == count


@pytest.mark.parametrize(("repairs", "count"), [(True, 1), (False, 0)])
def test_a_patch_that_names_a_service_makes_its_instance(
    fake: FakeRailway, person: Person, repairs: bool, count: int
) -> None:
    fake.behaviour.instances, fake.behaviour.repairs_instances = FanOut.NONE, repairs
    id_ = person.service()

    person.patch({"services": {id_: {}}})
    person.wait()

    assert len(fake.alive("instance")) == count


def test_a_change_without_an_instance_is_answered_with_true_and_not_made(person: Person) -> None:
    id_ = create(person)

    assert person.set(id_, startCommand="serve") is True
    person.wait()
    assert person.instance(id_)["startCommand"] is None


def test_an_image_at_creation_is_deployed_at_once(fake: FakeRailway, person: Person) -> None:
    person.service("plain")
    assert fake.alive("deployment") == []

    person.service("early", source={"image": IMAGE}, variables={"A": "1"})

    (deployment,) = fake.alive("deployment")
    assert deployment["status"] == "SUCCESS"
    assert deployment["snapshot"]["variables"]["A"] == "1"


def test_the_number_of_replicas_goes_back_to_one_when_it_is_left_out(person: Person) -> None:
    id_ = person.service()
    person.set(id_, numReplicas=3)
    assert person.instance(id_)["numReplicas"] == 3

    person.set(id_, startCommand="serve")

    assert person.instance(id_)["numReplicas"] == 1


def test_a_health_check_is_refused_before_the_first_deployment(fake: FakeRailway, person: Person) -> None:
    id_ = person.service()
    with person.refused("Invalid input"):
        person.set(id_, healthcheckPath="/health")
    person.set(id_, source={"image": IMAGE})
    person.deploy(id_)

    person.set(id_, healthcheckPath="/health")
    assert person.instance(id_)["healthcheckPath"] == "/health"

    fake.behaviour.refuses_early_health_check = False
    other = person.service("other")
    assert person.set(other, healthcheckPath="/health")


@pytest.mark.parametrize(("clears", "left"), [(True, None), (False, "serve")])
def test_null_empties_a_setting_unless_switched_off(
    fake: FakeRailway, person: Person, clears: bool, left: str | None
) -> None:
    id_ = person.service()
    person.set(id_, startCommand="serve")
    fake.behaviour.null_clears = clears

    person.set(id_, startCommand=None)

    assert person.instance(id_)["startCommand"] == left


def test_what_is_left_out_stays(person: Person) -> None:
    id_ = person.service()
    person.set(id_, startCommand="serve")

    person.set(id_, source={"image": IMAGE})

    assert person.instance(id_)["startCommand"] == "serve"


def test_regions_are_known_ones_with_a_replica_at_least(fake: FakeRailway, person: Person) -> None:
    id_ = person.service()
    for settings, message in (
        ({"region": "mars"}, "Invalid region mars"),
        ({"multiRegionConfig": {"mars": {"numReplicas": 1}}}, "Invalid region mars"),
        ({"multiRegionConfig": {"us-west2": {"numReplicas": 0}}}, "Invalid number of replicas"),
        ({"numReplicas": 0}, "Invalid number of replicas"),
    ):
        with person.refused(message):
            person.set(id_, **settings)

    person.set(id_, multiRegionConfig={"us-west2": {"numReplicas": 2}})

    assert (person.instance(id_)["region"], person.instance(id_)["numReplicas"]) == ("us-west2", 2)
    fake.behaviour.shows_region = False
    assert person.instance(id_)["region"] is None


def test_a_volume_leaves_one_replica(person: Person) -> None:
    id_ = person.service()
    person.volume(id_)

    person.set(id_, numReplicas=3)

    assert person.instance(id_)["numReplicas"] == 1


def test_limits_are_kept_in_bytes(person: Person) -> None:
    id_ = person.service()
    assert limits(person, id_) is None
    ids = {"environmentId": person.environment, "serviceId": id_}

    person.change("serviceInstanceLimitsUpdate", "ServiceInstanceLimitsUpdateInput", **ids, vCPUs=0.5)
    person.change("serviceInstanceLimitsUpdate", "ServiceInstanceLimitsUpdateInput", **ids, memoryGB=2)

    assert limits(person, id_) == {"containers": {"cpu": 0.5, "memoryBytes": 2_000_000_000}}


def test_credentials_of_a_registry_are_masked(person: Person) -> None:
    id_ = person.service()
    person.set(id_, registryCredentials={"username": "me", "password": "sesame"})

    config = person.ask("query($id: String!) { environment(id: $id) { config } }", id=person.environment)

    deploy = config["config"]["services"][id_]["deploy"]
    assert deploy["registryCredentials"] == {"username": "*****", "password": "*****"}


def test_a_deleted_service_goes_from_everywhere_and_leaves_its_volume(
    fake: FakeRailway, person: Person
) -> None:
    another(person)
    id_ = person.service()
    person.volume(id_)
    person.wait()

    person.ask("mutation($id: String!) { serviceDelete(id: $id) }", id=id_)

    assert (fake.alive("service"), fake.alive("instance")) == ([], [])
    assert [volume["serviceId"] for volume in person.volumes()] == [None]


def test_only_from_a_fork_it_can_be_deleted_alone(fake: FakeRailway, person: Person) -> None:
    fork = person.make("environment", projectId=person.project, name="pr", ephemeral=True)["id"]
    id_ = person.service()
    person.patch({"services": {id_: {}}})
    fake.store.later(0, "make_instance", environment_id=fork, service_id=id_)
    delete = "mutation($id: String!, $e: String) { serviceDelete(id: $id, environmentId: $e) }"

    person.ask(delete, id=id_, e=fork)
    assert [each["environmentId"] for each in fake.alive("instance")] == [person.environment]

    person.ask(delete, id=id_, e=person.environment)
    assert fake.alive("service") == []


def test_as_many_services_a_day_as_were_set(fake: FakeRailway, person: Person) -> None:
    fake.behaviour.services_per_day = 1
    person.service("one")

    with person.refused("Service creation limit"):
        person.service("two")


def test_a_service_can_be_renamed_to_a_free_name(person: Person) -> None:
    one = person.service("one")
    person.service("two")
    rename = "mutation($id: String!, $n: String) { serviceUpdate(id: $id, input: {name: $n}) { name } }"

    with person.refused("already exists in this project"):
        person.ask(rename, id=one, n="two")
    assert person.ask(rename, id=one, n="three") == {"name": "three"}
