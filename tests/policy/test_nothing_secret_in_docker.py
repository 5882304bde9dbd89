"""Marks of secrets in what Docker shows to everyone."""

from __future__ import annotations

import pytest

from policy.rules.nothing_secret_in_docker import RULE
from policy.rules.support.resources import NETWORK, Resource
from tests.policy import given

NETWORK_MADE = given.other(NETWORK, "oracle-network", {"labels": given.labels()})
ALL = [given.container(), given.image(), given.volume(), NETWORK_MADE]


@pytest.mark.parametrize("resource", ALL, ids=lambda resource: resource.name)
def test_without_a_secret_it_passes(resource: Resource) -> None:
    assert RULE.judge(resource) == []


@pytest.mark.parametrize(
    "field",
    ["command", "entrypoints", "envs", "healthcheck", "hosts", "image", "labels", "logOpts", "user"],
)
@pytest.mark.parametrize("inside", ["", "[3]", ".tests[1]"])
def test_a_secret_anywhere_in_a_container_is_refused_once(field: str, inside: str) -> None:
    marked = given.marked(given.container(), f"{field}{inside}", f"{field}[0].other")
    assert RULE.judge(marked) == [
        (
            f"oracle-redis.{field} on node oracle: must hold nothing secret, got a value that is marked as "
            "secret; hand the secret over as a file, and name the file"
        )
    ]


@pytest.mark.parametrize("path", ["uploads", "uploads[0].content"])
def test_a_file_for_a_container_may_be_secret(path: str) -> None:
    assert RULE.judge(given.marked(given.container(), path)) == []


@pytest.mark.parametrize("resource", ALL[1:], ids=lambda resource: resource.name)
@pytest.mark.parametrize("path", ["labels[0].value", "driverOpts.o", "uploads", "options.key"])
def test_a_secret_elsewhere_is_refused(resource: Resource, path: str) -> None:
    (found,) = RULE.judge(given.marked(resource, path))
    assert "must hold nothing secret" in found
