"""Volumes whose content must stay."""

from __future__ import annotations

from dataclasses import replace

import pytest

from policy.rules.kept_data import RULE
from policy.rules.support.fields import Marker
from policy.rules.support.resources import Resource
from tests.policy import given

IN_MEMORY = {"type": "tmpfs", "device": "tmpfs", "o": "size=1m"}


def data(**changes: object) -> Resource:
    return replace(given.volume(**changes), protected=True)


def scratch(**changes: object) -> Resource:
    return replace(given.volume(driverOpts=IN_MEMORY, **changes), name="oracle-redis-secrets")


def test_protected_data_and_volumes_in_memory_pass() -> None:
    assert RULE.judge(data()) == []
    assert RULE.judge(data(driverOpts=None)) == []
    assert RULE.judge(scratch(name=None, labels=None)) == []


def test_unprotected_data_is_refused() -> None:
    assert RULE.judge(given.volume()) == [
        (
            "oracle-redis-data.protect on node oracle: must be true for data, got false; "
            "give it the option protect"
        )
    ]


@pytest.mark.parametrize(("name", "got"), [(None, "none"), ("", "none"), ("data", "'data'")])
def test_data_under_another_name_is_refused(name: object, got: str) -> None:
    (found,) = RULE.judge(data(name=name))
    assert (
        f"oracle-redis-data.name on node oracle: must be 'oracle-redis-data', the resource's own, got {got}"
        in (found)
    )


@pytest.mark.parametrize("label", ["node", "service"])
def test_data_without_its_labels_is_refused(label: str) -> None:
    rest = [each for each in given.labels() if each["label"] != f"aiswarm.{label}"]
    (found,) = RULE.judge(data(labels=rest))
    assert found.startswith(f"oracle-redis-data.labels[aiswarm.{label}] on ")


def test_data_on_no_list_is_refused() -> None:
    (found,) = RULE.judge(replace(data(name="oracle-redis-more"), name="oracle-redis-more"))
    assert (
        "must be a listed volume of data, got 'oracle-redis-more'; list it in policy/rules/support" in found
    )


@pytest.mark.parametrize("options", [IN_MEMORY, {"type": "tmpfs"}, {**IN_MEMORY, "device": ""}])
def test_listed_data_in_memory_is_refused(options: given.Props) -> None:
    (found,) = RULE.judge(data(driverOpts=options))
    assert "driverOpts on node oracle: must keep its data on disk, got a volume in memory" in found


@pytest.mark.parametrize(
    "options",
    [
        {"type": "devtmpfs", "device": "tmpfs"},
        {"type": "tmpfs", "device": "/srv/kept", "o": "bind"},
        {"device": "tmpfs"},
    ],
)
def test_what_only_looks_like_memory_counts_as_data(options: given.Props) -> None:
    unlisted = replace(given.volume(driverOpts=options, name="oracle-redis-more"), name="oracle-redis-more")
    found = RULE.judge(unlisted)
    assert any("must be a listed volume of data" in line for line in found)
    assert any("must be true for data" in line for line in found)


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"name": Marker.UNKNOWN}, "name"),
        ({"labels": Marker.UNKNOWN}, "labels"),
        ({"driverOpts": Marker.UNKNOWN}, "driverOpts"),
        ({"driverOpts": {"type": True}}, "driverOpts.type"),
    ],
)
def test_a_field_that_cannot_be_read_is_refused(changes: given.Props, path: str) -> None:
    found = RULE.judge(data(**changes))
    assert found
    assert all(line.startswith(f"oracle-redis-data.{path} on ") for line in found)
    assert all("that is known at preview, got " in line for line in found)
