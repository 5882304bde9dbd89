"""A part of the server is gone from its machine: the commands of docs/secrets.md bring it back."""

from __future__ import annotations

from lab import nodes
from ops.recover import REFRESH
from ops.stack import Stack
from tests.e2e.engine import Engine
from tests.e2e.vault import SERVER, await_active, program

FILES = "oracle-vault-files"
KEYS = "/opt/swarm/vault/secrets"


def test_a_removed_container_is_made_again_with_its_data(engine: Engine, restored: Stack) -> None:
    """A refresh that asks the server cannot work; the documented one asks the machines alone."""
    nodes.ssh("oracle", f"docker rm --force {SERVER}")

    engine.ok(*REFRESH)
    engine.up()

    await_active(restored)
    with program(restored) as ours:
        assert ours.get("secret/metadata/oracle/redis").is_success
    engine.ok("up", "--yes", "--skip-preview", "--expect-no-changes")


def test_a_lost_seal_key_is_delivered_from_the_state(engine: Engine, restored: Stack) -> None:
    before = nodes.ssh("oracle", f"sha256sum {KEYS}/*")
    nodes.ssh("oracle", f"rm {KEYS}/seal-k1")
    (delivery,) = (urn for urn in engine.resources() if urn.endswith(f"::{FILES}"))

    engine.up("--replace", delivery)

    assert nodes.ssh("oracle", f"sha256sum {KEYS}/*") == before
    nodes.ssh("oracle", f"docker restart {SERVER}")
    await_active(restored)
