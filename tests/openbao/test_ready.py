"""ready.sh: who waits for the server gets in, and the program's own id changes without a gap."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from ops.certificates import make_authority
from tests.openbao.conftest import Running
from tests.openbao.process import BIN
from tests.openbao.server import PULUMI_ID, Server

LOUD_BAO = """#!/bin/sh
echo "$@" >>{log}
exec {bao} "$@"
"""


@pytest.fixture
def next_id(running: Running) -> Iterator[str]:
    """An id that the program is to have; afterwards it has its first one again."""
    made = secrets.token_hex(24)
    yield made
    assert running.server.ready(PULUMI_ID, made).returncode == 0
    assert running.server.ready(PULUMI_ID, made, step="retire").returncode == 0


def is_accepted(server: Server, secret_id: str) -> bool:
    try:
        server.log_in(secret_id)
    except httpx.HTTPStatusError:
        return False
    return True


def refusal(server: Server, *ids: str) -> str:
    """What ready.sh says, which must be a single line and nothing else."""
    done = server.ready(*ids)
    assert done.returncode == 1
    assert not done.stdout
    assert re.fullmatch(r"vault: must [^\n]+\n", done.stderr), done.stderr
    return done.stderr.removeprefix("vault: ").rstrip("\n")


def test_a_known_id_is_enough(running: Running) -> None:
    done = running.server.ready(PULUMI_ID)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_new_id_is_good_beside_the_one_before_until_that_is_retired(running: Running, next_id: str) -> None:
    """A run that is cut short in between leaves a state with the previous id, which the next one uses."""
    server = running.server
    for _ in range(2):
        assert server.ready(next_id, PULUMI_ID).returncode == 0
        assert is_accepted(server, next_id)
        assert is_accepted(server, PULUMI_ID)
    for _ in range(2):
        done = server.ready(next_id, PULUMI_ID, step="retire")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        assert is_accepted(server, next_id)
        assert not is_accepted(server, PULUMI_ID)
    assert server.ready(next_id, PULUMI_ID).returncode == 0


@pytest.mark.parametrize("previous", ["", PULUMI_ID])
def test_the_present_id_is_never_retired(running: Running, previous: str) -> None:
    assert running.server.ready(PULUMI_ID, previous, step="retire").returncode == 0
    assert is_accepted(running.server, PULUMI_ID)


def test_no_id_is_retired_before_the_new_one_works(running: Running, next_id: str) -> None:
    done = running.server.ready(next_id, PULUMI_ID, step="retire")
    assert done.returncode == 1
    assert done.stderr.startswith("vault: must know the program's id, got ")
    assert is_accepted(running.server, PULUMI_ID)


def test_no_id_and_no_token_is_an_argument_or_printed(running: Running, next_id: str, tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    loud = tmp_path / "bao"
    loud.write_text(LOUD_BAO.format(log=calls, bao=BIN / "bao"))
    loud.chmod(0o755)
    for step in ("enter", "retire"):
        done = running.server.ready(next_id, PULUMI_ID, step=step, bin_folder=tmp_path)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    arguments = calls.read_text()
    assert "auth/pulumi/login" in arguments
    assert "secret-id/destroy" in arguments
    assert not [id_ for id_ in (next_id, PULUMI_ID) if id_ in arguments]
    assert not re.search(r"\bs\.[A-Za-z0-9]{20}", arguments)


def test_a_login_lasts_as_long_as_a_first_run_that_loads_large_images(running: Running) -> None:
    token = running.program.get("auth/token/lookup-self").json()["data"]
    assert token["creation_ttl"] == 4 * 3600


def test_an_id_that_the_server_does_not_know(running: Running) -> None:
    said = refusal(running.server, "lost", "lost too")
    assert said.startswith("must know the program's id, got 'invalid role or secret ID'; ")
    cures = ["aiswarm:epochs.vault-pulumi-id", "set it back", "aiswarm:vault.generation", "docs/secrets.md"]
    assert sorted(cures, key=said.index) == cures
    assert "lost" not in said


def test_no_id_at_all(running: Running) -> None:
    done = running.server.ready("", PULUMI_ID)
    assert done.returncode == 2
    assert done.stderr == "vault: the id must stand on the first line of the input, got an empty one\n"


def test_a_server_that_does_not_answer(server: Server) -> None:
    said = refusal(server, PULUMI_ID)
    assert said.startswith(f"must answer on {server.url}, got 'dial tcp ")
    assert "connection refused'" in said


def test_a_server_with_a_certificate_of_another_authority(running: Running) -> None:
    ca_file = running.server.folder / "config" / "ca.pem"
    ca_file.write_text(make_authority("of somebody else").certificate)
    try:
        said = refusal(running.server, PULUMI_ID)
    finally:
        running.server.configure()
    assert said.startswith("must show a certificate of aiswarm:vault.ca_certificate for ")
    assert "x509: certificate signed by unknown authority" in said


def test_a_server_that_never_initialised_itself(server: Server) -> None:
    server.configure(edit=lambda text: text[: text.index("initialize ")])
    server.start()
    server.wait_until(lambda: server.health() == 501)
    assert refusal(server, PULUMI_ID).startswith("must have initialised itself, got a server without data; ")
