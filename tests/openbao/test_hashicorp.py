"""What stands in for HashiCorp Vault: its first start, its restarts, and what goes wrong with them.

The program behind the name `vault` is OpenBao (`tests/openbao/hashicorp.py`): the product itself was not run.
"""

from __future__ import annotations

import shlex
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from components.render.openbao import MOUNT
from ops.certificates import Authority, issue_for_vault, make_authority
from tests.openbao.hashicorp import SealServer, VaultServer
from tests.openbao.process import BIN
from tests.openbao.server import HOST, PULUMI_ID, furnish, put

ACTIVE = 200
UNINITIALISED = 501
NEW_ID = "id-of-the-program-in-its-second-epoch"


@pytest.fixture(scope="module")
def seal_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SealServer]:
    made = SealServer(tmp_path_factory.mktemp("seal"), make_authority("authority of the other server"))
    yield made
    made.server.stop()


@pytest.fixture
def vault(tmp_path: Path, authority: Authority, seal_server: SealServer) -> Iterator[VaultServer]:
    """Configured but not started."""
    made = VaultServer(tmp_path, authority, seal_server)
    yield made
    made.stop()


class Overheard:
    """A `vault` before the real one, which writes down what the first initialisation answers."""

    def __init__(self, folder: Path, *, failing: str = "") -> None:
        """Commands that begin with the words `failing` fail."""
        self.bin_folder = folder / "overheard"
        self.bin_folder.mkdir()
        self._answer = self.bin_folder / "answer"
        program = shlex.quote(str(BIN / "bao"))
        lines = [
            "#!/bin/sh",
            f'case "$*" in {shlex.quote(failing)}*) echo "* no room" >&2; exit 2 ;; esac' if failing else "",
            f'case "$*" in "operator init"*) {program} "$@" | tee {shlex.quote(str(self._answer))} ;;',
            f'*) exec {program} "$@" ;; esac',
        ]
        own = self.bin_folder / "vault"
        own.write_text("\n".join(lines))
        own.chmod(0o755)

    def said(self, label: str) -> str:
        """What stood behind this label of the answer."""
        found = [line for line in self._answer.read_text().splitlines() if line.startswith(label)]
        return found[0].rpartition(" ")[2]


def restart(vault: VaultServer) -> None:
    vault.stop()
    vault.start()


def started(vault: VaultServer) -> httpx.Client:
    vault.start()
    done = vault.ready(PULUMI_ID, limit_seconds=15)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", ""), vault.log
    return vault.log_in(PULUMI_ID)


def refusal(done: subprocess.CompletedProcess[str]) -> str:
    """The one line that a run says which ends badly."""
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    return done.stderr


def shown_certificate(vault: VaultServer) -> str:
    return ssl.get_server_certificate((HOST, vault.port))


def test_a_new_server_lets_the_program_in_and_a_second_run_changes_nothing(vault: VaultServer) -> None:
    program = started(vault)
    assert program.get("auth/token/lookup-self").json()["data"]["policies"] == ["default", "pulumi"]
    furnish(program)
    put(program, "oracle/redis", word="kept")
    again = vault.ready(PULUMI_ID)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert program.get(f"{MOUNT}/data/oracle/redis").json()["data"]["data"]["word"] == "kept"


def test_the_root_token_is_revoked_and_neither_it_nor_the_share_is_found_anywhere(
    vault: VaultServer, tmp_path: Path
) -> None:
    overheard = Overheard(tmp_path)
    vault.start()
    done = vault.ready(PULUMI_ID, limit_seconds=15, bin_folder=overheard.bin_folder)
    assert done.returncode == 0, done.stderr
    token, share = overheard.said("Initial Root Token:"), overheard.said("Recovery Key 1:")
    assert vault.client(token).get("auth/token/lookup-self").status_code == 403
    for text in (done.stdout, done.stderr, vault.log, vault.audit_file.read_text()):
        assert not [secret for secret in (token, share, PULUMI_ID) if secret in text]


def test_both_audit_devices_have_seen_the_first_start(vault: VaultServer) -> None:
    started(vault)
    for written in (vault.log, vault.audit_file.read_text()):
        assert "auth/pulumi/role/pulumi/custom-secret-id" in written


def test_a_restarted_server_opens_by_itself_without_the_first_id(vault: VaultServer) -> None:
    started(vault)
    vault.secret_id_file.unlink()
    restart(vault)
    vault.wait_until(lambda: vault.health() == ACTIVE)
    assert vault.log_in(PULUMI_ID).get("auth/token/lookup-self").is_success


def test_the_server_takes_nothing_that_is_said_of_itself_for_its_seal(vault: VaultServer) -> None:
    """Without an authority of its own the seal would trust that of `VAULT_CACERT`."""
    started(vault)
    assert "VAULT_" not in vault.environment_of_the_server


def test_an_empty_server_stays_empty_without_leave_to_begin(vault: VaultServer) -> None:
    vault.secret_id_file.unlink()
    vault.start()
    vault.wait_until(lambda: vault.health() == UNINITIALISED)
    assert refusal(vault.ready(PULUMI_ID)).startswith(
        "vault: must have its data, got none; put the volume back"
    )
    assert vault.health() == UNINITIALISED


def test_a_first_start_cut_short_leaves_no_root_token_and_needs_a_new_generation(
    vault: VaultServer, tmp_path: Path
) -> None:
    overheard = Overheard(tmp_path, failing="auth enable")
    vault.start()
    broken = vault.ready(PULUMI_ID, limit_seconds=15, bin_folder=overheard.bin_folder)
    assert refusal(broken) == (
        "vault: must take what its first start needs, got 'no room'; mend that and raise "
        "aiswarm:vault.generation\n"
    )
    token = overheard.said("Initial Root Token:")
    assert vault.client(token).get("auth/token/lookup-self").status_code == 403
    assert "vault: must know the program's id, got 'permission denied'; " in refusal(vault.ready(PULUMI_ID))
    vault.stop()
    vault.configure(generation=2)
    started(vault)
    assert sorted(path.name for path in (vault.folder / "file").iterdir()) == ["vault-g1", "vault-g2"]


def test_a_root_token_that_stays_is_no_success(vault: VaultServer, tmp_path: Path) -> None:
    overheard = Overheard(tmp_path, failing="token revoke")
    vault.start()
    stays = vault.ready(PULUMI_ID, limit_seconds=15, bin_folder=overheard.bin_folder)
    assert "vault: must have revoked its root token, got 'one that works'; " in refusal(stays)
    assert overheard.said("Initial Root Token:") not in stays.stderr


def test_a_wrong_token_for_the_seal_is_said_and_mended(vault: VaultServer, seal_server: SealServer) -> None:
    vault.use_token("wrong")
    vault.start()
    vault.wait_until(lambda: vault.ended)
    said = refusal(vault.ready(PULUMI_ID))
    assert "vault: must answer on https://127.0.0.1:" in said
    assert "it needs the server of aiswarm:vault.transit and a valid aiswarm:vault_transit_token" in said
    assert 'Error configuring seal "transit"' in vault.log
    vault.use_token(seal_server.token())
    assert started(vault).get("auth/token/lookup-self").is_success


def test_a_new_token_for_the_seal_ends_the_server_which_then_starts_with_it(
    vault: VaultServer, seal_server: SealServer
) -> None:
    """Docker starts it again; here the test does."""
    first, second = seal_server.token(), seal_server.token()
    vault.use_token(first)
    started(vault)
    vault.use_token(second)
    vault.wait_until(lambda: vault.ended)
    seal_server.revoke(first)
    restart(vault)
    vault.wait_until(lambda: vault.health() == ACTIVE)
    assert vault.log_in(PULUMI_ID).get("auth/token/lookup-self").is_success


def test_a_new_certificate_is_shown_without_a_restart(vault: VaultServer, authority: Authority) -> None:
    program = started(vault)
    before = shown_certificate(vault)
    vault.use_certificate(issue_for_vault(authority, HOST))
    vault.wait_until(lambda: shown_certificate(vault) != before)
    assert program.get("auth/token/lookup-self").is_success
    assert not vault.ended


def test_the_programs_next_id_takes_the_place_of_the_one_before(vault: VaultServer) -> None:
    started(vault)
    assert vault.ready(NEW_ID, PULUMI_ID, limit_seconds=15).returncode == 0
    token = vault.log_in(NEW_ID).get("auth/token/lookup-self").raise_for_status().json()["data"]
    assert token["creation_ttl"] == 4 * 3600
    assert vault.ready(NEW_ID, PULUMI_ID, step="retire").returncode == 0
    with pytest.raises(httpx.HTTPStatusError, match="400"):
        vault.log_in(PULUMI_ID)
