"""Whether programs can gain privileges."""

from __future__ import annotations

import pytest

from policy.rules.no_new_privileges import RULE
from policy.rules.support.fields import Marker
from tests.policy import given

MISSING = (
    "oracle-redis.securityOpts on node oracle: must hold no-new-privileges, got no such option; "
    "add no-new-privileges:true"
)


@pytest.mark.parametrize(
    "option", ["no-new-privileges", "no-new-privileges:true", "no-new-privileges=true", "no-new-privileges=1"]
)
def test_every_spelling_that_docker_takes_passes(option: str) -> None:
    assert RULE.judge(given.container(securityOpts=["label=type:container_t", option])) == []


@pytest.mark.parametrize("options", [None, [], ["seccomp=builtin"], ["No-New-Privileges"]])
def test_a_missing_option_is_refused(options: object) -> None:
    assert RULE.judge(given.container(securityOpts=options)) == [MISSING]


@pytest.mark.parametrize("option", ["no-new-privileges:false", "no-new-privileges=0", "no-new-privileges="])
def test_an_option_that_takes_it_back_is_refused(option: str) -> None:
    assert RULE.judge(given.container(securityOpts=["no-new-privileges", option])) == [
        (
            "oracle-redis.securityOpts on node oracle: must not undo no-new-privileges, "
            f"got {option!r}; write no-new-privileges:true"
        )
    ]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"securityOpts": Marker.UNKNOWN}, "securityOpts"),
        ({"securityOpts": ["no-new-privileges", Marker.UNKNOWN]}, "securityOpts[1]"),
        ({"securityOpts": "no-new-privileges"}, "securityOpts"),
    ],
)
def test_a_field_that_cannot_be_read_is_refused(changes: dict[str, object], path: str) -> None:
    (found,) = RULE.judge(given.container(**changes))
    assert found.startswith(f"oracle-redis.{path} on node oracle: must be ")
    assert "that is known at preview, got " in found
