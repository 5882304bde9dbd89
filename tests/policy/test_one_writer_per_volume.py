"""Who writes to what others write to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from policy.rules.one_writer_per_volume import judge
from policy.rules.support.fields import Fields, Marker
from policy.rules.support.resources import Resource
from tests.policy import given

OTHER_URN = "urn:pulumi:prod::aiswarm::docker:index/container:Container::oracle-vault"


def other(**changes: object) -> Resource:
    return replace(given.container(**changes), name="oracle-vault", urn=OTHER_URN)


def writing(name: str, **changes: object) -> dict[str, object]:
    return {"volumes": [{"volumeName": name, "containerPath": "/data", **changes}], "mounts": None}


def lines(*resources: Resource) -> list[str]:
    found = list(judge(resources))
    assert found == list(judge(resources[::-1]))
    assert {urn for urn, _ in found} <= {OTHER_URN}
    return [str(problem) for _, problem in found]


def test_one_writer_and_many_readers_pass() -> None:
    assert lines(given.container(**writing("data")), other(**writing("data", readOnly=True))) == []
    assert lines(given.container(**writing("data")), other(**writing("logs"))) == []
    assert lines(given.container(), other(), given.volume(), given.image()) == []


def test_the_same_name_on_another_host_is_another_volume() -> None:
    elsewhere = Fields({"host": f"ssh://root@{given.AMD_ADDRESS}"})
    assert (
        lines(given.container(**writing("data")), replace(other(**writing("data")), provider=elsewhere)) == []
    )


def test_two_mounts_of_one_container_are_one_writer() -> None:
    twice = [{"volumeName": "data", "containerPath": path} for path in ("/a", "/b")]
    assert lines(given.container(volumes=twice)) == []


@pytest.mark.parametrize(
    ("first", "second", "path", "name"),
    [
        (writing("data"), writing("data"), "volumes[0].volumeName", "data"),
        (writing("data"), writing("data", readOnly=False), "volumes[0].volumeName", "data"),
        (
            writing("data"),
            {"volumes": None, "mounts": [{"type": "volume", "source": "data"}]},
            "mounts[0].source",
            "data",
        ),
        (
            {"volumes": [{"hostPath": "/opt/swarm/x/"}], "mounts": None},
            {"volumes": None, "mounts": [{"type": "bind", "source": "/opt//swarm/x"}]},
            "mounts[0].source",
            "/opt/swarm/x",
        ),
    ],
)
def test_a_second_writer_is_reported_with_the_first(
    first: dict[str, object], second: dict[str, object], path: str, name: str
) -> None:
    assert lines(given.container(**first), other(**second)) == [
        (
            f"oracle-vault.{path} on node oracle: must have one writer, "
            f"got {name!r}, written by oracle-redis too; mount it read-only in all but one"
        )
    ]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"volumes": Marker.UNKNOWN}, "volumes"),
        ({"volumes": [{"volumeName": Marker.UNKNOWN}]}, "volumes[0].volumeName"),
        ({"volumes": [{"volumeName": "data", "readOnly": "true"}]}, "volumes[0].readOnly"),
        ({"mounts": "none"}, "mounts"),
        ({"mounts": [{"type": Marker.UNKNOWN}]}, "mounts[0].type"),
    ],
)
def test_a_field_that_cannot_be_read_is_reported(changes: dict[str, object], path: str) -> None:
    (found,) = lines(other(**changes))
    assert found.startswith(f"oracle-vault.{path} on node oracle: must be ")
    assert "that is known at preview, got " in found
