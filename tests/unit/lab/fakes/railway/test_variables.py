"""Variables: what can be read of them, what they refer to, and what they deploy."""

from __future__ import annotations

from lab.fakes.railway import FakeRailway
from tests.unit.lab.fakes.railway.person import Person

SECRET = "sesame-open"  # noqa: S105 - of this test alone


def seal(person: Person, service: str, **values: str) -> None:
    variables = {name: {"value": value, "isSealed": True} for name, value in values.items()}
    person.patch({"services": {service: {"variables": variables}}})
    person.wait()


def delete(person: Person, service: str, name: str) -> None:
    person.change("variableDelete", "VariableDeleteInput", **person.ids(service), name=name)


def test_a_sealed_value_cannot_be_read_rendered_or_not(fake: FakeRailway, person: Person) -> None:
    id_ = person.service()
    seal(person, id_, PASSWORD=SECRET)

    assert person.variables(id_) == {"PASSWORD": None}
    assert person.variables(id_, unrendered=False)["PASSWORD"] is None
    config = person.ask("query($id: String!) { environment(id: $id) { config } }", id=person.environment)
    assert SECRET not in str(config)
    (instance,) = fake.alive("instance")
    assert instance["variables"]["PASSWORD"]["value"] == SECRET


def test_what_is_sealed_stays_sealed_with_another_value(fake: FakeRailway, person: Person) -> None:
    id_ = person.service()
    seal(person, id_, PASSWORD=SECRET)

    person.write(id_, {"PASSWORD": "other"})

    assert person.variables(id_) == {"PASSWORD": None}
    assert fake.alive("instance")[0]["variables"]["PASSWORD"]["value"] == "other"


def test_replace_deletes_what_is_not_named(person: Person) -> None:
    id_ = person.service()
    person.write(id_, {"A": "1", "B": "2"})

    person.write(id_, {"B": "3"}, replace=True)

    assert person.variables(id_) == {"B": "3"}


def test_references_are_resolved_only_where_they_are_rendered(person: Person) -> None:
    redis, app = person.service("redis"), person.service("app")
    person.write(redis, {"PASSWORD": SECRET})
    person.change(
        "variableUpsert",
        "VariableUpsertInput",
        projectId=person.project,
        environmentId=person.environment,
        name="ZONE",
        value="eu",
    )
    value = "${{redis.PASSWORD}}@${{redis.RAILWAY_PRIVATE_DOMAIN}}/${{shared.ZONE}}/${{OWN}}"
    person.write(app, {"OWN": "x", "URL": value})

    assert person.variables(app)["URL"] == value
    shown = person.variables(app, unrendered=False)
    assert shown["URL"] == f"{SECRET}@redis.railway.internal/eu/x"
    assert shown["RAILWAY_SERVICE_NAME"] == "app"


def test_a_reference_to_what_is_not_there_yet_stays_empty(person: Person) -> None:
    app = person.service("app")
    person.write(app, {"URL": "<${{redis.PASSWORD}}>"})
    person.write(person.service("redis"), {"PASSWORD": SECRET})

    assert person.variables(app, unrendered=False)["URL"] == "<>"
    person.write(app, {"URL": "<${{redis.PASSWORD}}>"})
    assert person.variables(app, unrendered=False)["URL"] == f"<{SECRET}>"


def test_a_write_deploys_unless_it_says_otherwise(fake: FakeRailway, person: Person) -> None:
    id_ = person.running()

    person.write(id_, {"A": "1"})
    assert len(fake.alive("deployment")) == 1
    person.write(id_, {"A": "2"}, skipDeploys=False)
    assert len(fake.alive("deployment")) == 2
    person.change("variableUpsert", "VariableUpsertInput", **person.ids(id_), name="A", value="3")
    assert len(fake.alive("deployment")) == 3


def test_a_write_that_deploys_what_never_ran_is_made_and_refused(person: Person) -> None:
    id_ = person.service()

    with person.refused("Cannot redeploy without snapshot"):
        person.write(id_, {"A": "1"}, skipDeploys=False)

    assert person.variables(id_) == {"A": "1"}


def test_a_deletion_always_deploys_what_runs(fake: FakeRailway, person: Person) -> None:
    id_ = person.running()
    person.write(id_, {"A": "1"})

    delete(person, id_, "A")

    assert person.variables(id_) == {}
    assert len(fake.alive("deployment")) == 2
    with person.refused("Variable not found"):
        delete(person, id_, "A")


def test_a_shared_variable_deploys_all_that_run(fake: FakeRailway, person: Person) -> None:
    person.running("one")
    person.running("two")

    person.change(
        "variableUpsert",
        "VariableUpsertInput",
        projectId=person.project,
        environmentId=person.environment,
        name="ZONE",
        value="eu",
    )

    assert len(fake.alive("deployment")) == 4


def test_values_are_texts(person: Person) -> None:
    id_ = person.service()

    with person.refused("Invalid value of variable PORT"):
        person.write(id_, {"PORT": 8080})  # type: ignore[dict-item]  # the mistake


def test_no_value_is_in_the_log_of_calls(fake: FakeRailway, person: Person) -> None:
    id_ = person.service()
    person.write(id_, {"A": SECRET})
    seal(person, id_, PASSWORD=SECRET)
    person.change(
        "variableUpsert", "VariableUpsertInput", **person.ids(id_), name="A", value=SECRET, skipDeploys=True
    )
    person.set(id_, registryCredentials={"username": "me", "password": SECRET})

    assert SECRET not in str(fake.calls)
    assert "PASSWORD" in str(fake.calls)
