"""Whose images may be pulled."""

from __future__ import annotations

from dataclasses import replace

import pytest

from components.catalogue.images import OWN, TAGGED
from policy.rules.known_publisher import KNOWN, RULE, repository_of
from policy.rules.support.fields import Marker
from policy.rules.support.resources import BUILT_IMAGE, Resource
from tests.policy import given

DIGEST = "@sha256:" + "a" * 64
LAB_IMAGE = f"198.18.0.10:5000/aiswarm/redis:0a{DIGEST}"


def test_the_list_is_what_the_catalogue_needs() -> None:
    assert {repository_of(each.tagged) for each in TAGGED if not each.tagged.startswith(OWN)} == KNOWN


@pytest.mark.parametrize(
    "name", ["redis:8", "library/redis:8", "docker.io/redis:8", "docker.io/library/redis"]
)
def test_all_spellings_of_a_known_repository_pass(name: str) -> None:
    assert RULE.judge(given.image(name=name + DIGEST)) == []


@pytest.mark.parametrize(
    ("name", "full"),
    [
        ("redls:8", "docker.io/library/redls"),
        ("grafana/grafana-dev:1", "docker.io/grafana/grafana-dev"),
        ("ghcr.io/grafana/grafana:13", "ghcr.io/grafana/grafana"),
        ("localhost/redis:8", "localhost/redis"),
        ("evil.example:443/library/redis:8", "evil.example:443/library/redis"),
        ("aiswarm/gpt-researcher:0.15.1", "docker.io/aiswarm/gpt-researcher"),
        (LAB_IMAGE, "198.18.0.10:5000/aiswarm/redis"),
    ],
)
def test_any_other_repository_is_refused(name: str, full: str) -> None:
    (line,) = RULE.judge(given.image(name=name))
    assert line == (
        f"oracle-redis-image.name on host 100.64.0.1: must be in a repository that is known, got {full!r}; "
        "take it from a publisher in policy/rules/known_publisher.py, or add this one there"
    )


def test_the_labs_registry_is_for_the_lab() -> None:
    urn = given.IMAGE_URN.replace(":prod::", ":lab::")
    assert RULE.judge(replace(given.image(name=LAB_IMAGE), urn=urn)) == []
    assert RULE.judge(replace(given.image(name="198.18.0.10:5000/other:1"), urn=urn)) != []


def test_a_node_builds_no_image() -> None:
    (line,) = RULE.judge(given.image(build={"context": "."}))
    assert line == (
        "oracle-redis-image.build on host 100.64.0.1: must be absent, got a build; "
        "build it elsewhere and pull it by digest"
    )
    assert RULE.judge(given.image(build=[])) == []


def test_what_the_program_builds_names_its_platform() -> None:
    def built(build: object) -> Resource:
        return Resource(type=BUILT_IMAGE, name="notes", fields=given.fields({"build": build}))

    assert RULE.judge(built({"platform": "linux/arm64"})) == []
    for build in ({"context": "."}, {"platform": ""}, None):
        (line,) = RULE.judge(built(build))
        assert line.startswith("notes.build.platform on an unnamed node: must be that of the node which runs")
    (line,) = RULE.judge(built({"platform": Marker.UNKNOWN}))
    assert "got a value that is unknown until the update" in line


@pytest.mark.parametrize(("name", "got"), [(Marker.UNKNOWN, "a value that is"), (1.0, "a number")])
def test_a_name_that_cannot_be_read_is_refused(name: object, got: str) -> None:
    (line,) = RULE.judge(given.image(name=name))
    assert line.startswith("oracle-redis-image.name on host 100.64.0.1: must be text that is known")
    assert f"got {got}" in line


def test_an_image_without_a_name_is_refused() -> None:
    (line,) = RULE.judge(given.image(name=None))
    assert "must be in a repository that is known" in line
