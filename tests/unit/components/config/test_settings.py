"""What an operator reads when the stack file is wrong, word for word."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.config.errors import SettingsError
from components.config.load import PLAIN_KEYS, SECRET_KEYS, parse
from tests.unit.components.stacks import STACKS, raw, settings

IMAGE = {
    "reference": f"registry:5000/redis:1@sha256:{'0' * 64}",
    "platforms": ["linux/amd64"],
    "user": "999:999",
}

NOT_ONE_MACHINE = (
    str(IPv4Address(0)),
    "0.0.0.5",
    "127.0.0.1",
    "169.254.1.1",
    "224.0.0.1",
    "255.255.255.255",
)

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
    ({"gateway": []}, "aiswarm:gateway: must be an object, got a list"),
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
    *(
        (
            {f"nodes__oracle__{key}": value},
            f"aiswarm:nodes.oracle.{key}: must be text in the dotted form of IPv4, got {value!r}",
        )
        for key in ("address", "subnet")
        for value in (5, 5.5, True)
    ),
    *(
        (
            {"nodes__oracle__address": address},
            (
                "aiswarm:nodes.oracle.address: must be the address of one machine in the tailnet, "
                f"got {address!r}"
            ),
        )
        for address in NOT_ONE_MACHINE
    ),
    *(
        (
            {"nodes__oracle__memory_mib": value},
            f"aiswarm:nodes.oracle.memory_mib: must be a whole number, got {value!r}",
        )
        for value in (True, 20900.5, "20900")
    ),
    (
        {"limits": {"oracle-redis": {"memory_mib": True, "cpus": "1.0"}}},
        "aiswarm:limits.oracle-redis.memory_mib: must be a whole number, got True",
    ),
    ({"gateway__database": 1}, "aiswarm:gateway.database: must be true or false, got 1"),
    *(
        (
            {"nodes__oracle__ssh": {"user": user}},
            (
                "aiswarm:nodes.oracle.ssh.user: must be an account's name: letters, digits and _ . -, "
                f"at most 32, got {user!r}"
            ),
        )
        for user in ("bad user;x", "-oProxyCommand=x", "", "root\n", "x" * 33)
    ),
    (
        {"models__primary__kv_cache_dtype": "fp4"},
        (
            "aiswarm:models.primary.kv_cache_dtype: must be 'auto', 'float16', 'bfloat16', 'fp8', "
            "'fp8_e4m3', 'fp8_e5m2', 'int8_per_token_head', 'int4_per_token_head' or 'fp8_per_token_head', "
            "got 'fp4'"
        ),
    ),
    (
        {"models__backup__attention_backend": "flashinfer"},
        (
            "aiswarm:models.backup.attention_backend: must be 'FLASH_ATTN', 'FLASHINFER', 'TRITON_ATTN' or "
            "'FLEX_ATTENTION', got 'flashinfer'"
        ),
    ),
    *(
        (
            {"models__primary__repository": repository},
            (
                "aiswarm:models.primary.repository: must be owner/name of a model repository, "
                f"got {repository!r}"
            ),
        )
        for repository in ("--trust-remote-code", "a/b --trust-remote-code", "a/-b", "mixtral", "")
    ),
    *(
        (
            {f"models__{path}": name},
            (
                f"aiswarm:models.{path.replace('__', '.')}: must be a name of letters, digits and . _ / : -, "
                f"beginning with the former, got {name!r}"
            ),
        )
        for path, name in (
            ("public_name", ""),
            ("public_name", "*"),
            ("primary__served_name", "mixtral\n"),
            ("secondary__served_name", "two words"),
        )
    ),
    *(
        (
            {"gateway__public_host": host},
            (
                "aiswarm:gateway.public_host: must be a DNS name like swarm.example.org, in lower case and "
                f"without scheme and port, got {host!r}"
            ),
        )
        for host in ("https://swarm.example.org", "swarm.example.org:443", "100.96.197.84", "-a.org", "")
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
        "3 problems in the configuration, no host was touched:\n"
        "  aiswarm:gateway.workers: must be greater than or equal to 1, got 0\n"
        "  aiswarm:modles: must be a known key, got 'modles'; known are "
        f"{', '.join((*PLAIN_KEYS, *SECRET_KEYS))}\n"
        "  aiswarm:nodes.oracle.arch: must be 'amd64' or 'arm64', got 'arm'"
    )


def test_text_in_place_of_an_object_is_one_problem() -> None:
    with pytest.raises(SettingsError) as caught:
        parse({**raw("prod"), "models": "mixtral"})
    assert [str(problem) for problem in caught.value.problems] == [
        "aiswarm:models: must be an object, got something else"
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


@pytest.mark.parametrize("host", [None, "swarm.example.org", "oracle.tail1234.ts.net", "oracle"])
def test_front_door_may_have_a_name(host: str | None) -> None:
    assert settings("prod", gateway__public_host=host).gateway.public_host == host


@given(port=st.integers())
def test_ssh_port_is_accepted_exactly_in_the_range_of_tcp(port: int) -> None:
    try:
        accepted = settings("prod", nodes__oracle__ssh={"port": port}).nodes.oracle.ssh.port == port
    except SettingsError:
        accepted = False
    assert accepted == (1 <= port <= 65535)
