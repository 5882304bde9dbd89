"""Where logs go and how large they grow."""

from __future__ import annotations

import pytest

from policy.rules.bounded_logs import RULE
from policy.rules.support.fields import Marker
from tests.policy import given


def options(**changes: object) -> list[str]:
    named = {name.replace("_", "-"): value for name, value in changes.items()}
    return RULE.judge(given.container(logOpts={"max-size": "10m", "max-file": "3", **named}))


@pytest.mark.parametrize("driver", ["json-file", "local"])
@pytest.mark.parametrize("size", ["10m", "100M", "100mb", "1", "102400k"])
@pytest.mark.parametrize("count", ["1", "10"])
def test_a_bounded_log_passes(driver: str, size: str, count: str) -> None:
    logs = {"max-size": size, "max-file": count}
    assert RULE.judge(given.container(logDriver=driver, logOpts=logs)) == []


@pytest.mark.parametrize(
    ("driver", "got"), [(None, "none"), ("", "none"), ("none", "'none'"), ("syslog", "'syslog'")]
)
def test_another_driver_is_refused(driver: object, got: str) -> None:
    assert RULE.judge(given.container(logDriver=driver)) == [
        f"oracle-redis.logDriver on node oracle: must be json-file or local, got {got}; set json-file"
    ]


@pytest.mark.parametrize(
    ("size", "got"),
    [
        *((None, "none"), ("", "none"), ("101m", "'101m'"), ("1g", "'1g'"), ("0", "'0'"), ("-1", "'-1'")),
        *(("10 m", "'10 m'"), ("m", "'m'"), ("9" * 99, repr("9" * 99))),
    ],
)
def test_another_size_is_refused(size: object, got: str) -> None:
    assert options(max_size=size) == [
        f"oracle-redis.logOpts.max-size on node oracle: must be at most 100m, got {got}; set e.g. 10m"
    ]


@pytest.mark.parametrize(
    ("count", "got"), [(None, "none"), ("", "none"), ("0", "'0'"), ("11", "'11'"), ("x", "'x'")]
)
def test_another_number_of_files_is_refused(count: object, got: str) -> None:
    assert options(max_file=count) == [
        f"oracle-redis.logOpts.max-file on node oracle: must be 1 to 10, got {got}; set e.g. 3"
    ]


def test_a_log_without_options_has_no_bounds() -> None:
    assert len(RULE.judge(given.container(logOpts=None))) == 2


@pytest.mark.parametrize(
    "fields",
    [
        {"logDriver": Marker.UNKNOWN},
        {"logDriver": 1.0},
        {"logOpts": Marker.UNKNOWN},
        {"logOpts": {"max-size": Marker.UNKNOWN, "max-file": 3.0}},
    ],
)
def test_what_cannot_be_read_is_refused(fields: given.Props) -> None:
    found = RULE.judge(given.container(**fields))
    assert found
    assert all("that is known at preview" in line for line in found)
