"""What the Vault server opens with: another seal key, which nothing overwrites, and another certificate."""

from __future__ import annotations

import shlex
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from lab import nodes, tls
from ops import certificates, stack
from ops.stack import Stack
from tests.e2e.engine import UP, Config, Engine, inspect
from tests.e2e.vault import (
    SERVER,
    await_active,
    client,
    health,
    program,
    rendered,
    server_log,
    set_secret,
    timed,
)
from tests.e2e.waiting import eventually

CONSUMER = ("oracle", "oracle-redis")


@pytest.fixture
def renewed(engine: Engine, deployed: Stack, tmp_path: Path) -> tuple[Engine, bytes]:
    """A configuration with another certificate of the same authority, and that certificate."""
    folder = tls.vault_folder()
    authority = certificates.Authority((folder / "ca.pem").read_text(), (folder / "ca.key").read_text())
    made = certificates.issue_for_vault(authority, str(deployed.nodes["oracle"].address))

    def other(config: Config) -> None:
        config["aiswarm:vault"]["certificate"] = made.certificate

    changed = engine.altered(tmp_path, other)
    set_secret(changed, "aiswarm:vault_private_key", made.private_key)
    return changed, x509.load_pem_x509_certificate(made.certificate.encode()).public_bytes(Encoding.DER)


@pytest.fixture
def wrong_key(deployed: Stack) -> Iterator[str]:
    """The server has been started with other bytes in the file of its seal key; the file's name."""
    # Read anew: another test may have rotated the key since the session began.
    name = f"seal-k{stack.read(deployed.name).settings.epochs.get('vault-seal', 1)}"
    folder = "/opt/swarm/vault"
    file, kept = shlex.quote(f"{folder}/secrets/{name}"), shlex.quote(f"{folder}/{name}.kept")
    nodes.ssh("oracle", f"docker stop {SERVER} && cp -p {file} {kept}")
    nodes.ssh("oracle", f"tr -dc 0-9a-f </dev/urandom | head -c 64 >{file}; docker start {SERVER}")
    yield name
    nodes.ssh("oracle", f"cat {kept} >{file} && rm {kept} && docker restart {SERVER}")
    await_active(deployed)


def test_another_seal_key_opens_nothing_and_up_does_not_overwrite_it(
    deployed: Stack, renewed: tuple[Engine, bytes], wrong_key: str
) -> None:
    since = inspect("oracle", SERVER)["State"]["StartedAt"]
    eventually(lambda: health(deployed) == 503, within_seconds=30, poll_seconds=0.1)
    eventually(lambda: "message authentication failed" in server_log(since), within_seconds=20)
    before = nodes.ssh("oracle", "cd /opt/swarm/vault && sha256sum config/* secrets/*")

    answer = renewed[0].run(*UP)

    assert answer.status != 0
    refusal = (
        f"{wrong_key} on this machine is not the one of the stack, and the data here opens with no other"
    )
    assert f"{SERVER}: {refusal}; the files of before are still in place" in answer.text
    assert nodes.ssh("oracle", "cd /opt/swarm/vault && sha256sum config/* secrets/*") == before
    with client(deployed) as anyone:
        assert anyone.get("sys/seal-status").json()["sealed"] is True


def test_the_right_seal_key_opens_everything_again(deployed: Stack) -> None:
    """After the test above, and without any `up`."""
    assert health(deployed) == 200
    nodes.ssh("oracle", "docker restart oracle-agent")
    with program(deployed) as ours:
        listed = ours.request("LIST", "secret/metadata/oracle").raise_for_status().json()["data"]["keys"]

    assert {spec.name for spec in deployed.on("oracle") if spec.rendered} <= set(listed)
    assert rendered(*CONSUMER)


def shown(deployed: Stack) -> bytes:
    """The certificate that the server shows to those who trust the stack's authority."""
    context = ssl.create_default_context(cadata=deployed.settings.vault.ca_certificate)
    host = str(deployed.nodes["oracle"].address)
    with (
        socket.create_connection((host, 8200), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname=host) as secure,
    ):
        found = secure.getpeercert(binary_form=True)
    assert found is not None
    return found


def test_another_certificate_is_served_without_a_restart(
    restored: Stack, renewed: tuple[Engine, bytes]
) -> None:
    changed, certificate = renewed
    before = inspect("oracle", SERVER)
    assert shown(restored) != certificate

    with timed("another certificate, until it is served"):
        changed.up()
        eventually(lambda: shown(restored) == certificate, within_seconds=60)

    after = inspect("oracle", SERVER)
    assert (after["Id"], after["State"]["StartedAt"]) == (before["Id"], before["State"]["StartedAt"])
