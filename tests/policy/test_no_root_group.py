"""Which groups a container runs in."""

from __future__ import annotations

import pytest

from policy.rules.no_root_group import RULE
from policy.rules.support.fields import Marker
from tests.policy import given

USER = (
    "oracle-redis.user on node oracle: must be a numeric group other than 0, got {}; name it behind the user"
)
FURTHER = (
    "oracle-redis.groupAdds on node oracle: must be a numeric group other than 0, got {}; "
    "remove it, or give its number"
)


def test_groups_of_its_own_pass() -> None:
    assert RULE.judge(given.container(user="999:1000")) == []
    assert RULE.judge(given.container(user="999:1000", groupAdds=["44", "109"])) == []


@pytest.mark.parametrize(
    ("user", "got"),
    [
        ("999:0", "'0'"),
        ("999:00", "'00'"),
        ("999:root", "no number"),
        ("999:", "no group"),
        ("999", "no group"),
        ("", "no group"),
        (None, "no group"),
    ],
)
def test_roots_group_is_refused_and_so_is_leaving_it_to_the_image(user: str | None, got: str) -> None:
    (line,) = RULE.judge(given.container(user=user))
    assert line.startswith(USER.format(got))


@pytest.mark.parametrize("group", ["0", "docker", "root", "-1", "²"])
def test_further_groups_that_are_roots_or_may_be_are_refused(group: str) -> None:
    assert RULE.judge(given.container(groupAdds=["44", group])) == [FURTHER.format(repr(group))]


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"user": Marker.UNKNOWN}, "user"),
        ({"user": 1000.0}, "user"),
        ({"groupAdds": Marker.UNKNOWN}, "groupAdds"),
        ({"groupAdds": [Marker.UNKNOWN]}, "groupAdds[0]"),
        ({"groupAdds": "0"}, "groupAdds"),
    ],
)
def test_a_field_that_cannot_be_read_is_refused(changes: dict[str, object], path: str) -> None:
    (found,) = RULE.judge(given.container(**changes))
    assert found.startswith(f"oracle-redis.{path} on node oracle: must be ")
    assert "that is known at preview, got " in found
