"""The scan for secrets on the real lab: it finds nothing, and it finds each leak that is planted here."""

from __future__ import annotations

import gzip
import json
import secrets
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from lab import environment, nodes, paths
from ops import stack
from ops.prove import engine
from ops.prove.engine import Said
from ops.prove.homes import homes
from ops.prove.needles import needles
from ops.prove.nodes import audit_volume, processes
from ops.prove.proof import prove
from ops.prove.report import Finding, Report
from ops.prove.search import on
from ops.secret_values import known_secrets
from ops.stack import Stack

LEAK = "prove-leak"
SECRET = "planted-secret"  # noqa: S105 - a name
"""Made up for the test, and of no service: what was planted stays in free pages of containerd's database."""

NODE = "thanos"
SERVER = "oracle"


@pytest.fixture(scope="module")
def deployed(deployed: Stack) -> Stack:
    """The stack as it is now: a rotation gives the seal another key, and so every home of it."""
    return stack.read(deployed.name)


@pytest.fixture(scope="module")
def values(deployed: Stack) -> Mapping[str, str]:
    return known_secrets(deployed.name)


def test_a_clean_lab_is_proven(deployed: Stack, values: Mapping[str, str]) -> None:
    done = subprocess.run(
        ("./swarm", "secrets", "prove", "--json"), cwd=paths.REPO, capture_output=True, text=True, check=False
    )

    report = json.loads(done.stdout)
    assert (done.returncode, report["found"], report["problems"]) == (0, 0, 0), done.stdout
    at_home = {name for place in report["places"] for each in place["allowed"] for name in each["secrets"]}
    assert at_home == {
        name for spec in deployed.services for home in homes((spec,)) for name in home.names
    } & {*values}
    assert not [name for name, value in values.items() if value in done.stdout + done.stderr]


def test_a_value_that_nobody_has_is_missed_where_it_should_be(deployed: Stack) -> None:
    """The control: a scan that looks for the wrong values says so, instead of finding nothing."""
    wrong = {"engine-key": secrets.token_hex(24)}

    outcome = processes(on(deployed.nodes[NODE]), needles(wrong), deployed.on(NODE), tuple(wrong))

    (problem,) = outcome.problems
    assert problem == (
        f"control failed: environment of {NODE}-vllm-backup must hold engine-key, "
        "and the search did not find it"
    )


@contextmanager
def on_node(node: str, plant: str, remove: str, value: str) -> Iterator[None]:
    """Plant a leak on a node for a while; the value goes through standard input."""
    try:
        nodes.ssh(node, f"set -e; {plant}", stdin=value)
        yield
    finally:
        nodes.ssh(node, remove, check=False)


CONTAINER = f"""
value=$(cat)
image=$(docker inspect --format '{{{{.Image}}}}' {NODE}-vllm-backup)
docker run --detach --name {LEAK} --network none --env PLANTED="$value" --label planted="$value" \
    --entrypoint sh "$image" -c 'echo "said $0"; sleep 600; :' "$value"
docker commit --change "ENV AGAIN=$value" {LEAK} {LEAK}:1
"""
VOLUME = f"""
value=$(cat)
docker volume create --label planted="$value" \
    --opt type=tmpfs --opt device=tmpfs --opt o="size=1m,password=$value" {LEAK}
"""
FILES = f"""
mkdir /opt/swarm/{LEAK}
value=$(cat)
printf 'x%s' "$value" | base64 --wrap=0 >/tmp/{LEAK}
printf %s "$value" | od -An -v -tx1 | tr -d ' \\n' >/opt/swarm/{LEAK}/file
printf %s "$value" | gzip >/var/log/{LEAK}.gz
"""


@contextmanager
def planted_on_nodes(deployed: Stack, value: str) -> Iterator[None]:
    """Leaks in everything that a node has."""
    audit = f"$(docker volume inspect --format '{{{{.Mountpoint}}}}' {audit_volume(deployed.on(SERVER))})"
    with ExitStack() as stack:
        remove = f"docker rm --force {LEAK}; docker image rm {LEAK}:1"
        stack.enter_context(on_node(NODE, CONTAINER, remove, value))
        stack.enter_context(on_node(NODE, VOLUME, f"docker volume rm {LEAK}", value))
        remove = f"rm -r /opt/swarm/{LEAK} /tmp/{LEAK} /var/log/{LEAK}.gz"
        stack.enter_context(on_node(NODE, FILES, remove, value))
        file = f"{audit}/{LEAK}.log"
        stack.enter_context(on_node(SERVER, f"cat >{file}", f"rm {file}", value))
        yield


@contextmanager
def planted_here(value: str) -> Iterator[None]:
    """Leaks in the history of the state, packed too, and in the lab's logs."""
    history = environment.backend() / ".pulumi" / "history"
    files = {
        history / f"{LEAK}.json": value.encode(),
        history / f"{LEAK}.json.gz": gzip.compress(value.encode()),
        paths.log_dir() / f"{LEAK}.log": value.encode(),
    }
    try:
        for file, content in files.items():
            file.write_bytes(content)
        yield
    finally:
        for file in files:
            file.unlink(missing_ok=True)


def leaking_clone(folder: Path, value: str) -> Path:
    """A clone of the checkout with a file that is not yet in git, and an object that is in no branch."""
    clone = folder / "clone"
    subprocess.run(("git", "clone", "--quiet", "--shared", paths.REPO, clone), check=True)
    (clone / LEAK).write_text(value)
    subprocess.run(("git", "hash-object", "-w", "--stdin"), cwd=clone, input=value.encode(), check=True)
    return clone


def leaking_engine(value: str) -> engine.Ask:
    """The engine, with previews that show what they should not; a clean lab shows what real ones do."""

    def ask(*arguments: str) -> Said:
        return Said(0, "{}", f"warning: {value}") if arguments[0] == "preview" else engine.ask(*arguments)

    return ask


@pytest.fixture(scope="module")
def report(
    deployed: Stack, values: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Report]:
    """What the scan says of a lab with a leak in every kind of place."""
    value = secrets.token_hex(24)
    with planted_on_nodes(deployed, value), planted_here(value):
        yield prove(
            deployed,
            {**values, SECRET: value},
            checkout=leaking_clone(tmp_path_factory.mktemp("prove"), value),
            asked=leaking_engine(value),
            say=lambda _: None,
        )


LEAKS = [
    ("docker objects", NODE, f"container {LEAK}: Config.Env["),
    ("docker objects", NODE, f"container {LEAK}: Config.Labels.planted"),
    ("docker objects", NODE, f"container {LEAK}: Config.Cmd["),
    ("docker objects", NODE, f"volume {LEAK}: Labels.planted"),
    ("docker objects", NODE, f"volume {LEAK}: Options.o"),
    ("docker objects", NODE, f"image {LEAK}:1: Config.Env["),
    ("docker objects", NODE, "history of image sha256:"),
    ("processes", NODE, f"arguments of sh in {LEAK}, process "),
    ("processes", NODE, f"environment of sh in {LEAK}, process "),
    ("container logs", NODE, f"log of {LEAK}"),
    ("files", NODE, f"/tmp/{LEAK}"),
    ("files", NODE, f"/opt/swarm/{LEAK}/file"),
    ("files", NODE, f"/var/log/{LEAK}.gz"),
    ("files", NODE, "/var/lib/docker/containers/"),
    ("audit log", SERVER, f"/{LEAK}.log"),
    ("pulumi state", "here", f"/history/{LEAK}.json"),
    ("pulumi state", "here", f"/history/{LEAK}.json.gz"),
    ("previews", "here", "pulumi preview --diff --json: errors"),
    ("previews", "here", "pulumi preview --diff: errors"),
    ("git files", "here", LEAK),
    ("git history", "here", "git object "),
    ("lab logs", "here", f"/{LEAK}.log"),
]


def findings(report: Report, place: str, where: str) -> list[Finding]:
    return [
        finding
        for scan in report.scans
        if (scan.place, scan.where) == (place, where)
        for finding in scan.outcome.findings
    ]


@pytest.mark.parametrize(("place", "where", "path"), LEAKS)
def test_a_planted_leak_is_found(report: Report, place: str, where: str, path: str) -> None:
    found = findings(report, place, where)

    assert [each for each in found if path in each.path], [each.path for each in found]
    assert {each.source.names for each in found} == {(SECRET,)}


def test_nothing_is_found_where_nothing_was_planted(report: Report) -> None:
    clean = {(scan.place, scan.where) for scan in report.scans if not scan.outcome.findings}
    planted = {(place, where) for place, where, _ in LEAKS}

    assert clean == {(scan.place, scan.where) for scan in report.scans} - planted
    assert (report.problems, report.holds) == (0, False)
