"""What an operator reads when the stack file is wrong, word for word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.config.errors import SettingsError
from components.config.settings import parse
from tests.unit.components.stacks import STACKS, raw, settings

IMAGE = {
    "reference": f"registry:5000/redis:1@sha256:{'0' * 64}",
    "platforms": ["linux/amd64"],
    "user": "999:999",
}

WRONG = [
    (
        {"nodes__oracle__adress": "100.96.197.84"},
        "aiswarm:nodes.oracle.adress: must be a known key, got 'adress'; remove it or correct its spelling",
    ),
    ({"nodes": {}}, "aiswarm:nodes.oracle: must be given"),
    ({"nodes": {}}, "aiswarm:nodes.thanos: must be given"),
    (
        {"nodes__oracle__address": "oracle"},
        "aiswarm:nodes.oracle.address: must be an IPv4 address, got 'oracle'",
    ),
    (
        {"nodes__oracle__arch": "arm"},
        "aiswarm:nodes.oracle.arch: must be 'amd64' or 'arm64', got 'arm'",
    ),
    (
        {"nodes__oracle__memory_mib": "much"},
        "aiswarm:nodes.oracle.memory_mib: must be a whole number, got 'much'",
    ),
    (
        {"nodes__oracle__subnet": "172.20.1.1/24"},
        "aiswarm:nodes.oracle.subnet: must be an IPv4 network like 172.20.1.0/24, got '172.20.1.1/24'",
    ),
    (
        {"nodes__oracle__ssh": {"host_key": "ssh-rsa AAAA"}},
        (
            "aiswarm:nodes.oracle.ssh.host_key: must be a public key like ssh-ed25519 AAAA…, "
            "without comment, got 'ssh-rsa AAAA'"
        ),
    ),
    (
        {"nodes__oracle__ssh": {"port": 70000}},
        "aiswarm:nodes.oracle.ssh.port: must be less than or equal to 65535, got 70000",
    ),
    (
        {"models__primary__gpu_memory_utilization": 1.5},
        "aiswarm:models.primary.gpu_memory_utilization: must be less than 1, got 1.5",
    ),
    ({"gateway": []}, "aiswarm:gateway: must be an object, got []"),
    ({"gateway__database": "perhaps"}, "aiswarm:gateway.database: must be true or false, got 'perhaps'"),
    (
        {"images": {"redis": {**IMAGE, "user": "root"}}},
        "aiswarm:images.redis.user: must be numeric uid:gid, not root, got 'root'",
    ),
    (
        {"images": {"redis": {**IMAGE, "user": "0:0"}}},
        "aiswarm:images.redis.user: must be numeric uid:gid, not root, got '0:0'",
    ),
    (
        {"images": {"redis": {**IMAGE, "reference": "redis:latest"}}},
        "aiswarm:images.redis.reference: must be repository:tag@sha256:<64 hex digits>, got 'redis:latest'",
    ),
    (
        {"images": {"redis": {**IMAGE, "platforms": "linux/amd64"}}},
        "aiswarm:images.redis.platforms: must be a list, got 'linux/amd64'",
    ),
    (
        {"limits": {"oracle-redis": {"memory_mib": 256, "cpus": "2"}}},
        (
            "aiswarm:limits.oracle-redis.cpus: must be at least 0.1, written like 2.0 or 0.5 without other "
            "trailing zeros, and no whole ten, got '2'"
        ),
    ),
    (
        {"limits": {"oracle-redis": {"memory_mib": 4, "cpus": "1.0"}}},
        "aiswarm:limits.oracle-redis.memory_mib: must be greater than or equal to 6, got 4",
    ),
]


@pytest.mark.parametrize(("changes", "message"), WRONG)
def test_wrong_value_is_named_with_its_path(changes: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        settings("prod", **changes)
    assert message in [str(problem) for problem in caught.value.problems]


def test_every_problem_is_reported_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        parse({**raw("prod", nodes__oracle__arch="arm", gateway__workers=0), "modles": "{}"})
    assert str(caught.value) == (
        "3 problems in the configuration, nothing was changed:\n"
        "  aiswarm:gateway.workers: must be greater than or equal to 1, got 0\n"
        "  aiswarm:modles: must be a known key, got 'modles'; known are gateway, images, limits, models, "
        "nodes, railway, tls_certificate, tls_private_key\n"
        "  aiswarm:nodes.oracle.arch: must be 'amd64' or 'arm64', got 'arm'"
    )


def test_text_in_place_of_an_object_is_one_problem() -> None:
    with pytest.raises(SettingsError) as caught:
        parse({**raw("prod"), "models": "mixtral"})
    assert [str(problem) for problem in caught.value.problems] == [
        "aiswarm:models: must be an object, got 'mixtral'"
    ]


def test_private_key_must_be_encrypted_and_is_never_shown() -> None:
    values = {**raw("prod"), "tls_private_key": "words of a key"}
    with pytest.raises(SettingsError) as caught:
        parse(values)
    assert [str(problem) for problem in caught.value.problems] == [
        (
            "aiswarm:tls_private_key: must be encrypted; make it anew, and set it with "
            "`pulumi config set --secret`"
        )
    ]
    assert parse(values, encrypted=["tls_private_key"]) == settings("prod")


@pytest.mark.parametrize("stack", STACKS)
def test_committed_stack_files_are_valid(stack: str) -> None:
    assert list(settings(stack).nodes.by_name()) == ["oracle", "starlord", "thanos"]


@given(port=st.integers())
def test_ssh_port_is_accepted_exactly_in_the_range_of_tcp(port: int) -> None:
    try:
        accepted = settings("prod", nodes__oracle__ssh={"port": port}).nodes.oracle.ssh.port == port
    except SettingsError:
        accepted = False
    assert accepted == (1 <= port <= 65535)
