"""Who a container runs as."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from policy.rules.non_root_user import RULE
from policy.rules.support import lock
from policy.rules.support.fields import Marker
from tests.policy import given, locks
from tests.unit.ops.fake_registry import FakeRegistry

EXPECTED = "oracle-redis.user on node oracle: must be a numeric uid or uid:gid with a uid other than 0, got "
FIX = "; declare the user that the image is built for, e.g. 1000:1000"


@pytest.mark.parametrize("user", ["1000", "1000:1000", "2000:0", "100:1000", "65532:65532"])
def test_a_numeric_user_passes_and_group_0_is_allowed(user: str) -> None:
    assert RULE.judge(given.container(user=user)) == []


ROOT = ["0", "0:0", "0:1000", "00:1000", "root"]
NAMES = ["postgres", "postgres:1000", "1000:root"]
MALFORMED = ["1000:", ":1000", "-1", "1000 ", "1000\n", "1000:1000:1000", "１０００"]
NO_USERS = ["pass phrase", "Hunter2!", f"ghp_{'a1B2' * 9}", "x" * 33]


@pytest.mark.parametrize("user", [*ROOT, *NAMES])
def test_root_and_names_are_refused(user: str) -> None:
    assert RULE.judge(given.container(user=user)) == [f"{EXPECTED}{user!r}{FIX}"]


@pytest.mark.parametrize("user", [*MALFORMED, *NO_USERS])
def test_what_does_not_look_like_a_user_is_refused_and_not_shown(user: str) -> None:
    assert RULE.judge(given.container(user=user)) == [f"{EXPECTED}another text, which is not shown{FIX}"]


def test_a_user_that_is_marked_as_secret_is_not_shown() -> None:
    container = given.marked(given.container(user="postgres"), "user")
    assert RULE.judge(container) == [f"{EXPECTED}another text, which is not shown{FIX}"]


@pytest.mark.parametrize("user", [None, ""])
def test_a_missing_user_is_refused_because_the_image_would_choose(user: str | None) -> None:
    assert RULE.judge(given.container(user=user)) == [f"{EXPECTED}none{FIX}"]


@pytest.mark.parametrize(
    ("user", "got"),
    [(Marker.UNKNOWN, "a value that is unknown until the update"), (1000.0, "a number"), (["0"], "a list")],
)
def test_a_user_that_cannot_be_read_is_refused(user: object, got: str) -> None:
    (line,) = RULE.judge(given.container(user=user))
    assert line == (
        f"oracle-redis.user on node oracle: must be text that is known at preview, got {got}; "
        "give it as a plain value, not as another resource's output (POL-002)"
    )


@pytest.fixture
def lock_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """Locks an image of these users by platform, and gives its reference."""
    monkeypatch.setenv("PULUMI_OPTION_CONFIG_FILE", str(tmp_path / "Pulumi.prod.yaml"))

    def write(**users: str | None) -> str:
        registry = FakeRegistry()
        digest = registry.index("x", {f"linux/{arch}": user for arch, user in users.items()})
        locks.proven(tmp_path, locks.TAGGED, digest, registry)
        lock.of_stack.cache_clear()
        return f"{locks.TAGGED}@{digest}"

    yield write
    lock.of_stack.cache_clear()


def test_the_images_own_user_counts_where_the_lock_proves_it(lock_of: Callable[..., str]) -> None:
    image = lock_of(amd64="999:999", arm64="999")
    assert RULE.judge(given.container(user=None, image=image)) == []
    (line,) = RULE.judge(given.container(user="root", image=image))
    assert line == f"{EXPECTED}'root'{FIX}"


@pytest.mark.parametrize("user", ["", None, "root", "postgres", "0", "0:999"])
def test_an_image_that_is_root_on_any_platform_proves_nothing(
    lock_of: Callable[..., str], user: str | None
) -> None:
    image = lock_of(amd64="999:999", arm64=user)
    (line,) = RULE.judge(given.container(user=None, image=image))
    assert line.startswith(f"{EXPECTED}none, and the image's own is ")


def test_a_claim_or_a_broken_document_proves_no_user(lock_of: Callable[..., str], tmp_path: Path) -> None:
    image = lock_of(amd64="999", arm64="999")
    locks.document(tmp_path / locks.FILE, image.partition("@")[2]).write_bytes(b"{}")
    assert RULE.judge(given.container(user=None, image=image)) == [f"{EXPECTED}none{FIX}"]
    locks.claimed(tmp_path, "linux/arm64")
    lock.of_stack.cache_clear()
    assert RULE.judge(given.container(user=None)) == [f"{EXPECTED}none{FIX}"]
