"""What each node's real login may do at the Vault server, tried inside of that node: to read its own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Final

import pytest

from components.catalogue.swarm import swarm
from components.render.openbao import entry_path
from ops.stack import Stack
from tests.e2e.vault import NODES, OWN_LOGIN, in_agent

EVERY: Final = "{every}"
"""Stands for every entry of every other node, one attempt each; `{foreign}` for the first of them."""

REFUSED: Final = {
    "read other nodes' entries": f"read secret/data/{EVERY}",
    "read other nodes' first versions": "read secret/data/{foreign} version=1",
    "read other nodes' metadata": "read secret/metadata/{foreign}",
    "write other nodes' entries": "write secret/data/{foreign} -",
    "write its own entry": "write secret/data/{own} -",
    "delete its own entry": "delete secret/data/{own}",
    "delete all of its own entry": "delete secret/metadata/{own}",
    "destroy a version of its own": "write secret/destroy/{own} versions=1",
    "read its own metadata": "read secret/metadata/{own}",
    "list its own entries": "list secret/metadata/{node}",
    "list all entries": "list secret/metadata",
    "read the store's settings": "read secret/config",
    "read a key put in by hand": "read secret/data/external/huggingface_token",
    "list keys put in by hand": "list secret/metadata/external",
    "read mounts": "read sys/mounts",
    "mount": "write sys/mounts/other type=kv",
    "list policies": "list sys/policies/acl",
    "read the program's policy": "read sys/policies/acl/pulumi",
    "write its own policy": "write sys/policies/acl/node-{node} policy=x",
    "read logins": "read sys/auth",
    "list roles": "list auth/approle/role",
    "read its own role": "read auth/approle/role/node-{node}",
    "make an id of its own": "write -force auth/approle/role/node-{node}/secret-id",
    "make an id of the program's": "write -force auth/pulumi/role/pulumi/secret-id",
    "make a token": "write -force auth/token/create",
    "list audit devices": "list sys/audit",
    "turn an audit device off": "delete sys/audit/disk",
    "take a snapshot": "read sys/storage/raft/snapshot",
    "rotate the root key": "write -force sys/rotate/root",
    "seal": "write -force sys/seal",
}
OWN: Final = "read its own entries"

Tried = dict[str, dict[str, list[str]]]
"""By node and attempt: what each command of it came to, a code of HTTP or `done`."""


def entries(deployed: Stack) -> dict[str, list[str]]:
    """The entries of each node."""
    return {
        node: [entry_path(node, spec.name) for spec in specs if spec.rendered]
        for node, specs in swarm(deployed.settings).items()
    }


def commands(deployed: Stack, node: str) -> list[tuple[str, str]]:
    """Every attempt of a node with its command."""
    known = entries(deployed)
    foreign = [path for other in NODES if other != node for path in known[other]]
    found = [(OWN, f"read secret/data/{path}") for path in known[node]]
    for name, command in REFUSED.items():
        text = command.replace("{own}", known[node][0]).replace("{node}", node)
        text = text.replace("{foreign}", foreign[0])
        found += [(name, text.replace(EVERY, path)) for path in (foreign if EVERY in text else [""])]
    return found


NOTE: Final = """
note() {
    said=$(echo '{"data": {"field": "value"}}' | bao "$@" 2>&1) && { echo done; return; }
    printf '%s\\n' "$said" | grep -o 'Code: [0-9]*' || echo failed
}
"""
"""Says what a command came to. What it reads, some of them write."""


def attempt(deployed: Stack, node: str) -> dict[str, list[str]]:
    """Log in once as the node's agent does, try everything, and note the codes; no value leaves the node."""
    tries = commands(deployed, node)
    lines = [
        f"{NOTE}BAO_TOKEN=$(login {OWN_LOGIN}) || exit 1; export BAO_TOKEN",
        *(f"note {command}" for _, command in tries),
        "bao token revoke -self >/dev/null",
    ]
    said = in_agent(node, deployed, "\n".join(lines)).splitlines()
    assert len(said) == len(tries), said
    codes: dict[str, list[str]] = {}
    for (name, _), line in zip(tries, said, strict=True):
        codes.setdefault(name, []).append(line.removeprefix("Code: "))
    return codes


@pytest.fixture(scope="module")
def tried(deployed: Stack) -> Tried:
    with ThreadPoolExecutor() as pool:
        return dict(zip(NODES, pool.map(lambda node: attempt(deployed, node), NODES), strict=True))


@pytest.mark.parametrize("node", NODES)
def test_reads_its_own(tried: Tried, deployed: Stack, node: str) -> None:
    assert tried[node][OWN] == ["done"] * len(entries(deployed)[node])


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("node", NODES)
def test_refused(tried: Tried, node: str, name: str) -> None:
    assert set(tried[node][name]) == {"403"}
