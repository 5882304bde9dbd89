"""What loosens the profiles that Docker confines a container with."""

from __future__ import annotations

import pytest

from policy.rules.default_confinement import RULE
from policy.rules.support.fields import Marker
from tests.policy import given

REFUSED = (
    "oracle-redis.securityOpts on node oracle: must leave Docker's own profiles in place, got {}; "
    "remove it; Docker's own profile then holds"
)


@pytest.mark.parametrize(
    "option",
    [
        "no-new-privileges:true",
        "seccomp=builtin",
        "apparmor:docker-default",
        "label=type:container_t",
        "label:level:s0:c100,c200",
    ],
)
def test_dockers_own_profiles_pass(option: str) -> None:
    assert RULE.judge(given.container(securityOpts=[option])) == []


@pytest.mark.parametrize("options", [None, []])
def test_saying_nothing_passes_because_docker_then_confines(options: object) -> None:
    assert RULE.judge(given.container(securityOpts=options)) == []


@pytest.mark.parametrize(
    "option",
    [
        "seccomp=unconfined",
        "seccomp:unconfined",
        "apparmor=unconfined",
        "apparmor:unconfined",
        "label=disable",
        "label:disable",
        "disable",
        "systempaths=unconfined",
        "label=type:spc_t",
        "label=user:system_u",
        "apparmor=other",
        "writable-cgroups=true",
    ],
)
def test_whatever_loosens_a_profile_is_refused_in_either_spelling(option: str) -> None:
    assert RULE.judge(given.container(securityOpts=["no-new-privileges", option])) == [
        REFUSED.format(repr(option))
    ]


def test_a_whole_profile_is_refused_and_shown_by_its_start() -> None:
    profile = 'seccomp={"defaultAction": "SCMP_ACT_ALLOW", "syscalls": []}'
    assert RULE.judge(given.container(securityOpts=[profile])) == [REFUSED.format(f"{profile[:40]!r}…")]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"securityOpts": Marker.UNKNOWN}, "securityOpts"),
        ({"securityOpts": [Marker.UNKNOWN]}, "securityOpts[0]"),
        ({"securityOpts": [1.0]}, "securityOpts[0]"),
    ],
)
def test_a_field_that_cannot_be_read_is_refused(changes: dict[str, object], path: str) -> None:
    (found,) = RULE.judge(given.container(**changes))
    assert found.startswith(f"oracle-redis.{path} on node oracle: must be ")
    assert "that is known at preview, got " in found
