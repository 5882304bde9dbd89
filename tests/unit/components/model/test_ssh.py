"""The one place that says how a node is reached."""

from __future__ import annotations

from components.model.ssh import ssh_options

KEY = "ssh-ed25519 AAAA"


def test_the_host_key_is_verified_and_the_connection_shared() -> None:
    options = ssh_options("198.18.0.11", KEY)

    assert options[::2] == ("-o",) * (len(options) // 2)
    assert f"KnownHostsCommand=/bin/echo 198.18.0.11 {KEY}" in options
    assert {"StrictHostKeyChecking=yes", "BatchMode=yes", "UserKnownHostsFile=/dev/null"} <= set(options)
    assert {"ControlMaster=auto", "ControlPath=~/.ssh/aiswarm-%C", "ControlPersist=60s"} <= set(options)


def test_another_port_is_part_of_the_name() -> None:
    assert f"KnownHostsCommand=/bin/echo [198.18.0.11]:2222 {KEY}" in ssh_options("198.18.0.11", KEY, 2222)


def test_without_a_key_nothing_is_trusted() -> None:
    assert "KnownHostsCommand=/bin/true" in ssh_options("198.18.0.11", None)
