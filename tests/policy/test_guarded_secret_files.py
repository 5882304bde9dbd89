"""How secret files reach a container."""

from __future__ import annotations

import pytest

from policy.rules.guarded_secret_files import RULE
from policy.rules.support.fields import Marker
from policy.rules.support.resources import VOLUME
from tests.policy import given

MOUNTED = {"volumeName": "oracle-redis-secrets", "containerPath": "/run/secrets", "readOnly": True}
TOLD = ["REDIS_PASSWORD_FILE=/run/secrets/password"]


def upload(**changes: object) -> given.Props:
    return {"file": "/run/secrets/password", "content": "x", "permissions": "0400", **changes}


def volume(options: object, name: object = "oracle-redis-secrets") -> list[str]:
    props: given.Props = {"name": name, "labels": given.labels(), "driverOpts": options}
    return RULE.judge(given.other(VOLUME, "oracle-redis-secrets", props))


@pytest.mark.parametrize("mark", ["uploads", "uploads[0]", "uploads[0].content"])
@pytest.mark.parametrize("mode", ["0400", "0440", "0600", "400"])
def test_a_marked_and_closed_upload_passes(mark: str, mode: str) -> None:
    container = given.marked(given.container(uploads=[upload(permissions=mode)], envs=TOLD), mark)
    assert RULE.judge(container) == []


def test_an_upload_without_a_secret_may_be_open() -> None:
    assert RULE.judge(given.container(uploads=[{"file": "/etc/redis.conf", "content": "x"}])) == []


@pytest.mark.parametrize(
    "telling",
    [
        {"file": "/run/secrets/x"},
        {"file": "//var/run/secrets/x"},
        {"file": "/etc/tls/server.key"},
        {"file": "/etc/db_password"},
        {"file": "/etc/db-password.txt"},
        {"file": "/etc/x", "content": "-----BEGIN " + "PRIVATE KEY-----"},
    ],
)
def test_a_telling_upload_must_be_marked(telling: given.Props) -> None:
    (found,) = RULE.judge(given.container(uploads=[upload(**telling)]))
    assert found == (
        "oracle-redis.uploads[0].content on node oracle: must be marked as secret, got plain content; "
        "pass it as a secret"
    )


@pytest.mark.parametrize(
    ("mode", "got"), [(None, "none, which is 0644"), ("0644", "'0644'"), ("0755", "'0755'"), ("", "''")]
)
def test_a_secret_upload_must_be_closed(mode: object, got: str) -> None:
    container = given.container(uploads=[upload(file="/etc/x", permissions=mode)])
    assert RULE.judge(given.marked(container, "uploads")) == [
        f"oracle-redis.uploads[0].permissions on node oracle: must be 0400, 0440 or 0600, got {got}; set it"
    ]


def test_a_secret_upload_is_not_read_from_a_path() -> None:
    (_, found) = RULE.judge(given.container(uploads=[upload(content=None, source="/home/x/password")]))
    assert "uploads[0].source on node oracle: must be absent for a secret, got a path" in found


def test_content_that_is_unknown_is_judged_by_its_place() -> None:
    ordinary = upload(file="/etc/x", content=Marker.UNKNOWN)
    assert RULE.judge(given.container(uploads=[ordinary])) == []
    (found,) = RULE.judge(given.container(uploads=[upload(content=Marker.UNKNOWN)]))
    assert "must be marked as secret" in found


@pytest.mark.parametrize("env", [*TOLD, "GF_DATABASE_PASSWORD__FILE=/run/secrets/x", "SSL_CERT_FILE=/x", "A"])
@pytest.mark.parametrize(
    "mount",
    [
        {"volumes": [MOUNTED]},
        {"volumes": [{**MOUNTED, "volumeName": None, "hostPath": "/opt/swarm/redis/secrets"}]},
        {"mounts": [{"source": "x-secrets", "target": "/run/secrets/", "readOnly": True}]},
        {"volumes": [MOUNTED, {"volumeName": "x", "containerPath": "/run"}]},
    ],
)
def test_a_file_in_a_mount_of_secrets_passes(env: str, mount: given.Props) -> None:
    assert RULE.judge(given.container(envs=[env], **mount)) == []


@pytest.mark.parametrize(
    "mounts",
    [
        {"volumes": []},
        {"volumes": None, "mounts": None},
        {"volumes": [{**MOUNTED, "readOnly": False}]},
        {"volumes": [{**MOUNTED, "readOnly": None}]},
        {"volumes": [{**MOUNTED, "volumeName": "oracle-redis-data"}]},
        {"volumes": [{**MOUNTED, "containerPath": "/run/secrets-of-others"}]},
        {"volumes": [MOUNTED, {**MOUNTED, "volumeName": "x", "containerPath": "/run/secrets/password"}]},
        {"mounts": [{"source": "x", "target": "/run/secrets", "readOnly": True}]},
    ],
)
def test_a_secret_file_from_elsewhere_is_refused(mounts: given.Props) -> None:
    (found,) = RULE.judge(given.container(envs=["A=b", *TOLD], **mounts))
    assert found == (
        "oracle-redis.envs[1] on node oracle: must name a file among the uploads or in a read-only mount of "
        "secrets, got a file from elsewhere; mount a volume *-secrets there, read-only"
    )


def test_a_volume_in_memory_and_closed_passes() -> None:
    assert volume({"type": "tmpfs", "device": "tmpfs", "o": "size=1m,uid=1,mode=2750,nosuid"}) == []
    assert volume({"type": "tmpfs", "o": "mode=700"}) == []


def test_a_volume_for_other_things_is_left_alone() -> None:
    assert volume(None, name="oracle-redis-data") == []


@pytest.mark.parametrize(
    ("options", "fields"),
    [
        (None, ["driverOpts.type", "driverOpts.o"]),
        ({"type": "ext4", "o": "mode=700"}, ["driverOpts.type"]),
        ({"o": "mode=700"}, ["driverOpts.type"]),
        ({"type": "tmpfs"}, ["driverOpts.o"]),
        ({"type": "tmpfs", "o": "mode=1777"}, ["driverOpts.o"]),
        ({"type": "tmpfs", "o": "size=1m,xmode=700"}, ["driverOpts.o"]),
        ({"type": "tmpfs", "device": "/srv", "o": "bind,mode=700"}, ["driverOpts"]),
    ],
)
def test_a_volume_on_disk_or_open_is_refused(options: object, fields: list[str]) -> None:
    for found, field in zip(volume(options), fields, strict=True):
        assert found.startswith(f"oracle-redis-secrets.{field} on node oracle: must ")


def test_a_volume_without_a_name_of_its_own_goes_by_the_resources() -> None:
    assert len(volume(None, name=None)) == 2


@pytest.mark.parametrize("field", ["uploads", "envs", "volumes", "mounts"])
@pytest.mark.parametrize("value", [Marker.UNKNOWN, "text", [Marker.UNKNOWN]])
def test_what_cannot_be_read_is_refused(field: str, value: object) -> None:
    assert all(
        "that is known at preview" in found
        for found in RULE.judge(given.container(**{"envs": TOLD, "volumes": [MOUNTED], field: value}))
    )
    assert RULE.judge(given.container(**{"envs": TOLD, "volumes": [MOUNTED], field: value}))
