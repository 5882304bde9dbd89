"""How machines are reached."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from policy.rules.support.fields import Marker
from policy.rules.support.resources import BUILT_IMAGE, COMMAND, NETWORK, REMOTE_IMAGE, VOLUME
from policy.rules.verified_hosts import RULE
from tests.policy import given

STRICT = ("-o", "StrictHostKeyChecking=yes")
WEAKER = "must leave the check of the host key alone"


def on(**changes: object) -> list[str]:
    return RULE.judge(replace(given.container(), provider=given.provider(**changes)))


def options(*words: str) -> list[str]:
    found = on(sshOpts=[*STRICT, *words])
    assert on(sshOpts=json.dumps([*STRICT, *words])) == found
    return found


def command(**connection: object) -> list[str]:
    props: given.Props = {
        "connection": {"host": given.ARM_ADDRESS, "hostKey": "ssh-ed25519 AAAA", **connection}
    }
    return RULE.judge(given.other(COMMAND, "oracle-redis-files", props))


def test_ssh_with_strict_host_keys_passes_for_all_that_docker_makes() -> None:
    assert on() == []
    for kind in (BUILT_IMAGE, NETWORK, REMOTE_IMAGE, VOLUME):
        assert RULE.judge(replace(given.other(kind, "x", {}), provider=given.provider())) == []


def test_no_provider_is_refused() -> None:
    assert RULE.judge(replace(given.container(), provider=None)) == [
        (
            "oracle-redis.provider.host on node oracle: must be ssh:// and a machine, "
            "got a local engine; use the docker provider of a node"
        )
    ]


@pytest.mark.parametrize(
    ("host", "got"),
    [
        (None, "a local engine"),
        ("", "a local engine"),
        ("unix:///var/run/docker.sock", "unix://"),
        ("tcp://100.64.0.1:2375", "tcp://"),
        ("ssh://", "ssh://"),
    ],
)
def test_another_way_to_the_engine_is_refused(host: object, got: str) -> None:
    (found,) = on(host=host)
    assert f"provider.host on node oracle: must be ssh:// and a machine, got {got}; " in found


def test_a_context_overrules_the_host_and_is_refused() -> None:
    (found,) = on(context="default")
    assert "oracle-redis.provider.context on node oracle: must be absent" in found


@pytest.mark.parametrize(
    "words",
    [
        ("-o", "KnownHostsCommand=/bin/true"),
        ("-o", "KnownHostsCommand=/bin/echo [100.64.0.1]:2222 ssh-ed25519 AAAAC3+/=="),
        ("-o", "UserKnownHostsFile=/dev/null"),
        ("-oConnectTimeout=10",),
        ("-o", "batchmode yes"),
        ("-o", "StrictHostKeyChecking = yes"),
    ],
)
def test_options_that_leave_the_check_alone_pass(words: tuple[str, ...]) -> None:
    assert options(*words) == []


@pytest.mark.parametrize(
    ("words", "got"),
    [
        (("-o", "StrictHostKeyChecking=no"), "stricthostkeychecking of another value"),
        (("-o", "stricthostkeychecking accept-new"), "stricthostkeychecking of another value"),
        (("-oStrictHostKeyChecking=off",), "stricthostkeychecking of another value"),
        (("-o", "KnownHostsCommand=/bin/echo %H %t %K"), "knownhostscommand of another value"),
        (("-o", "KnownHostsCommand=/bin/sh -c true"), "knownhostscommand of another value"),
        (("-o", "VerifyHostKeyDNS=yes"), "verifyhostkeydns"),
        (("-o", "ProxyCommand=nc other 22"), "proxycommand"),
        (("-o", "HostKeyAlias=other"), "hostkeyalias"),
        (("-F", "/etc/ssh/other"), "a word that is no -o option"),
        (("-o",), "a word that is no -o option"),
        (("-o", "BatchMode"), "a word that is no -o option"),
    ],
)
def test_options_that_could_weaken_the_check_are_refused(words: tuple[str, ...], got: str) -> None:
    found = options(*words)
    assert f"oracle-redis.provider.sshOpts on node oracle: {WEAKER}, got {got}; remove it" in found


@pytest.mark.parametrize("given_options", [None, [], "[]", ["-o", "BatchMode=yes"]])
def test_strict_checking_must_be_asked_for(given_options: object) -> None:
    assert on(sshOpts=given_options) == [
        (
            "oracle-redis.provider.sshOpts on node oracle: must hold StrictHostKeyChecking=yes, "
            "got none; add -o StrictHostKeyChecking=yes"
        )
    ]


@pytest.mark.parametrize("given_options", ["no json", '{"a": 1}', "[1]", Marker.UNKNOWN, [1.0], 1.0])
def test_options_that_cannot_be_read_are_refused(given_options: object) -> None:
    (found,) = on(sshOpts=given_options)
    assert found.startswith("oracle-redis.provider.sshOpts")
    assert ": must be a list" in found or ": must be text" in found


@pytest.mark.parametrize("changes", [{"host": Marker.UNKNOWN}, {"host": 1.0}])
def test_a_host_that_cannot_be_read_is_refused(changes: given.Props) -> None:
    (found,) = on(**changes)
    assert "provider.host on node oracle: must be text that is known at preview" in found


def test_a_command_with_the_host_key_passes_and_needs_no_provider() -> None:
    assert command() == []
    assert command(proxy={"host": "door", "hostKey": "ssh-ed25519 BBBB"}) == []


@pytest.mark.parametrize("key", [None, ""])
def test_without_the_host_key_a_command_may_be_previewed_and_never_run(
    key: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert command(hostKey=key) == []
    for answer in ("false", None):
        if answer is None:
            monkeypatch.delenv("PULUMI_DRY_RUN")
        else:
            monkeypatch.setenv("PULUMI_DRY_RUN", answer)
        assert command() == []
        assert command(hostKey=key) == [
            (
                "oracle-redis-files.connection.hostKey on an unnamed node: must be the machine's host key, "
                "got none; set ssh.host_key of the node in aiswarm:nodes"
            )
        ]
        (found,) = command(proxy={"host": "door"})
        assert found.startswith("oracle-redis-files.connection.proxy.hostKey on ")


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"host": None}, "connection.host"),
        ({"host": Marker.UNKNOWN}, "connection.host"),
        ({"hostKey": Marker.UNKNOWN}, "connection.hostKey"),
        ({"hostKey": True}, "connection.hostKey"),
        ({"proxy": Marker.UNKNOWN}, "connection.proxy"),
    ],
)
def test_a_connection_that_cannot_be_read_is_refused(changes: given.Props, path: str) -> None:
    (found,) = command(**changes)
    assert found.startswith(f"oracle-redis-files.{path} on an unnamed node: must be ")


def test_a_command_without_a_connection_is_refused() -> None:
    (found,) = RULE.judge(given.other(COMMAND, "x", {"connection": Marker.UNKNOWN}))
    assert "x.connection on an unnamed node: must be an object" in found
    (found,) = RULE.judge(given.other(COMMAND, "x", {}))
    assert "x.connection.host on an unnamed node: must be a machine, got none" in found
