"""What must not be done to things that hold data or serve somebody, however the plan came about."""

from __future__ import annotations

from functools import partial

import pytest

from tests.unit.ops import streams
from tests.unit.ops.gate_samples import recorded, refusals, verdict
from tests.unit.ops.streams import Event

PREFIX = "urn:pulumi:lab::aiswarm::"
STARLORD = f"{PREFIX}aiswarm:index:StarlordNode$aiswarm:index:Service$"
CONTAINER = "docker:index/container:Container"
VOLUME = "docker:index/volume:Volume"


def added(metadata: Event, kind: str, event: Event) -> Event:
    """Put another step in the place of a network that stays."""
    if kind == "policyAnalyzeSummaryEvent" and event["resourceUrn"].endswith("::starlord-network"):
        return {
            **event,
            "resourceUrn": metadata["urn"],
            "passed": ["non-root-user", "own-host-folders", "default-cgroup"],
        }
    if kind == "resourcePreEvent" and event["metadata"]["urn"].endswith("::starlord-network"):
        return {**event, "metadata": {"logical": True, "detailedDiff": None, **metadata}}
    if kind == "summaryEvent":
        changes = {"same": event["resourceChanges"]["same"] - 1}
        changes[metadata["op"]] = changes.get(metadata["op"], 0) + 1
        return {**event, "resourceChanges": changes}
    return event


def with_step(
    op: str, name: str, kind: str = CONTAINER, *, old: Event | None = None, new: Event | None = None
) -> list[str]:
    """The quiet stream with one step of another kind in it."""
    metadata = {"op": op, "urn": f"{STARLORD}{kind}::{name}", "type": kind, "old": old, "new": new}
    return streams.changed("quiet", partial(added, metadata))


def state(**more: object) -> Event:
    inputs = more.pop("inputs", {})
    return {"inputs": inputs, "outputs": {}, **more}


def test_nothing_to_do_may_go_on() -> None:
    found = recorded("quiet")

    assert refusals(found) == []
    assert found.status == 0


def test_a_replaced_container_is_an_outage_that_must_be_asked_for_by_name() -> None:
    found = recorded("image")

    (message,) = refusals(found)
    assert message == (
        "DAT-004 oracle-redis on node oracle: must stay, as it is in use, got replace because of image; "
        "where the outage is meant, `--allow-replace oracle-redis`"
    )
    assert found.status == 11
    assert found.outages == ()


@pytest.mark.parametrize("allowed", ["oracle-redis", "all"])
def test_an_outage_that_was_asked_for_is_told_and_passes(allowed: str) -> None:
    found = recorded("image", allowed=[allowed])

    assert found.status == 0
    assert found.outages == ("oracle-redis",)


def test_an_allowed_outage_covers_no_other_and_says_when_it_is_not_needed() -> None:
    found = recorded("image", allowed=["oracle-postgres"])

    assert found.status == 11
    assert "allowed to be away, and not touched: oracle-postgres" in found.notes


def test_a_network_with_containers_in_it_stays() -> None:
    names = {message.split()[1] for message in refusals(recorded("subnet"))}

    assert "starlord-network" in names
    assert "starlord-vllm-primary" in names
    assert recorded("subnet", allowed=names - {"starlord-network"}).status == 11
    assert recorded("subnet", allowed=names).status == 0


def test_a_network_that_nobody_is_in_may_go() -> None:
    kept = state(id="n", inputs={"name": "swarm"})
    unused = with_step("delete", "starlord-old-network", "docker:index/network:Network", old=kept)

    assert refusals(verdict(unused)) == []


def test_a_volume_whose_protection_ends_in_the_same_change_still_stays() -> None:
    found = recorded("volume", allowed=["all"])

    where = "oracle-redis-data on node oracle"
    assert refusals(found) == [
        f"DAT-004 {where}: must stay, because it holds data, got replace because of name",
        f"DAT-003 {where}: must be retained when it is deleted, got no retain_on_delete",
    ]
    assert found.status == 11


def test_the_data_of_a_service_that_goes_stays_but_its_volume_in_memory_may_go() -> None:
    found = recorded("gone", allowed=["all"])

    refused = {each.resource for each in found.refusals if each.rule.id == "DAT-004"}
    assert refused == {"thanos-sillytavern-data"}
    assert found.changes["delete"] == 3
    assert "thanos-sillytavern" in found.outages
    assert found.status == 11


def test_a_service_that_goes_is_an_outage_too() -> None:
    messages = refusals(recorded("gone"))

    assert any(
        "thanos-sillytavern on node thanos: must stay, as it is in use, got delete" in each
        for each in messages
    )


def test_the_vaults_mounts_stay() -> None:
    found = recorded("mount", allowed=["all"])

    assert refusals(found) == [
        "DAT-004 vault-mount on node oracle: must stay, because it holds data, got replace because of path"
    ]


@pytest.mark.parametrize(
    "op", ["delete", "replace", "delete-replaced", "read-replacement", "import-replacement"]
)
def test_protected_things_stay_whatever_they_are(op: str) -> None:
    lines = with_step(
        op, "secrets-postgres", "random:index/randomPassword:RandomPassword", old=state(protect=True)
    )

    assert [each.rule.id for each in verdict(lines, allowed=["all"]).refusals] == ["DAT-004"]


@pytest.mark.parametrize(
    "inputs",
    [
        {"driverOpts": {"type": "tmpfs", "device": "/srv/data"}},
        {"driverOpts": {"type": "tmpfs", "device": "tmpfs", "o": "size=1m,bind"}},
        {"driverOpts": {"type": "none", "device": "/srv/data", "o": "rbind"}},
        {"driverOpts": {"type": "none", "device": "tmpfs"}},
        {"driverOpts": {"type": "tmpfs", "o": "[secret]"}},
        {"driverOpts": {"type": "tmpfs"}, "driver": "of-others"},
    ],
)
def test_a_volume_is_not_in_memory_by_a_word(inputs: Event) -> None:
    lines = with_step("delete", "starlord-data", VOLUME, old=state(inputs=inputs))

    assert [each.rule.id for each in verdict(lines, allowed=["all"]).refusals] == ["DAT-004"]


@pytest.mark.parametrize("o", ["", "size=1m,uid=100,mode=2750,nosuid,nodev,noexec"])
@pytest.mark.parametrize("device", ["", "tmpfs"])
@pytest.mark.parametrize("driver", [{}, {"driver": "local"}])
def test_a_volume_in_memory_may_go(device: str, o: str, driver: Event) -> None:
    inputs = {"driverOpts": {"type": "tmpfs", "device": device, "o": o}, **driver}

    assert refusals(verdict(with_step("delete", "starlord-x", VOLUME, old=state(inputs=inputs)))) == []


def test_things_that_hold_nothing_may_go() -> None:
    lines = with_step("delete", "starlord-image", "docker:index/remoteImage:RemoteImage", old=state())

    assert refusals(verdict(lines)) == []


@pytest.mark.parametrize("op", ["same", "update"])
@pytest.mark.parametrize(
    ("kind", "guard", "refused"),
    [
        (
            "random:index/randomPassword:RandomPassword",
            "protect",
            (
                "DAT-004 {}: must stay protected, got no protect; "
                "where it is really meant, `pulumi state unprotect` by hand"
            ),
        ),
        (
            "pulumi-python:dynamic/railway:Volume",
            "retainOnDelete",
            "DAT-003 {}: must be retained when it is deleted, got no retain_on_delete",
        ),
    ],
    ids=["protect", "retain"],
)
def test_a_guard_that_ends_while_the_thing_stays_is_refused(
    op: str, kind: str, guard: str, refused: str
) -> None:
    """The change after this one would remove it, and nothing would keep it."""
    without = with_step(op, "kept", kind, old=state(**{guard: True}), new=state())
    guarded = with_step(op, "kept", kind, old=state(**{guard: True}), new=state(**{guard: True}))

    assert refusals(verdict(without, allowed=["all"])) == [refused.format("kept on node starlord")]
    assert refusals(verdict(guarded)) == []


@pytest.mark.parametrize("kind", ["Project", "Environment", "Volume"])
def test_what_holds_data_at_railway_stays(kind: str) -> None:
    lines = with_step("delete", "railway-cache", f"pulumi-python:dynamic/railway:{kind}", old=state())

    assert [each.rule.id for each in verdict(lines, allowed=["all"]).refusals] == ["DAT-004"]


@pytest.mark.parametrize(
    ("name", "inputs"),
    [
        ("starlord-qdrant", {}),
        ("starlord-vectors", {"name": "Qdrant"}),
        ("starlord-vectors", {"image": "docker.io/qdrant/qdrant:v1"}),
        ("starlord-vectors", {"volumes": [{"volumeName": "qdrant_storage", "containerPath": "/q"}]}),
        ("starlord-vectors", {"ports": [{"internal": 80, "external": 6333}]}),
        ("starlord-vectors", {"ports": [{"internal": 6334, "external": 80}]}),
    ],
)
@pytest.mark.parametrize("op", ["create", "update", "delete", "replace", "import"])
def test_qdrant_is_never_touched(op: str, name: str, inputs: Event) -> None:
    gone = op == "delete"
    lines = with_step(
        op, name, old=state(inputs=inputs) if gone else None, new=None if gone else state(inputs=inputs)
    )

    (found,) = verdict(lines, allowed=["all"]).refusals

    assert found.rule.id == "DAT-004"
    assert (
        found.message == f"{name} on node starlord: must not be touched, because Qdrant is not ours, got {op}"
    )


@pytest.mark.parametrize("op", ["same", "read", "refresh"])
def test_qdrant_may_be_looked_at(op: str) -> None:
    lines = with_step(op, "starlord-qdrant", old=state(external=True), new=state(external=True))

    assert [each for each in verdict(lines).refusals if each.kind == "plan"] == []


@pytest.mark.parametrize(
    ("new", "refused"),
    [
        (state(), ["DAT-003"]),
        (state(retainOnDelete=True), []),
        (state(inputs={"driverOpts": {"type": "nfs"}}), ["DAT-003"]),
        (state(inputs={"driverOpts": {"type": "tmpfs"}}), []),
    ],
    ids=["on disk", "retained", "on another machine", "in memory"],
)
def test_a_new_volume_with_data_must_be_retained(new: Event, refused: list[str]) -> None:
    found = verdict(with_step("create", "starlord-data", VOLUME, new=new))

    assert [each.rule.id for each in found.refusals] == refused
