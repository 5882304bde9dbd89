"""The Vault server's authority and certificate in the lab: kept while they are good, made anew when not."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab import paths, tls
from lab.tls import VaultTls
from ops import certificates
from ops.certificates import RENEWED_BEFORE, VAULT_ADDRESSES, VAULT_NAMES, Authority, Certificate

ADDRESS = "198.18.0.11"


def authority_of(folder: Path) -> Authority:
    return Authority((folder / "ca.pem").read_text(), (folder / "ca.key").read_text())


def is_served(made: VaultTls, address: str = ADDRESS) -> bool:
    """Whether clients of the authority accept the server, and it has the key for it."""
    known_as = ((address, *VAULT_ADDRESSES), VAULT_NAMES)
    return certificates.is_valid(made.certificate, made.ca_certificate, *known_as) and certificates.matches(
        made.certificate, made.private_key
    )


def test_the_vault_server_gets_what_its_clients_accept(tmp_path: Path) -> None:
    made = tls.ensure_vault(tmp_path / "new", address=ADDRESS)
    assert is_served(made)
    assert {"198.18.0.11", "127.0.0.1"} == {ADDRESS, *VAULT_ADDRESSES}
    assert set(VAULT_NAMES) == {"vault", "oracle-vault", "localhost"}


def test_both_keys_are_kept_for_their_owner_alone(tmp_path: Path) -> None:
    made = tls.ensure_vault(tmp_path / "new", address=ADDRESS)
    modes = {file.name: file.stat().st_mode & 0o777 for file in (tmp_path / "new").glob("*.key")}
    assert modes == {"ca.key": 0o600, "server.key": 0o600}
    assert (tmp_path / "new").stat().st_mode & 0o077 == 0
    assert "PRIVATE KEY" not in repr(made)


def test_a_second_run_changes_no_file(tmp_path: Path) -> None:
    first = tls.ensure_vault(tmp_path, address=ADDRESS)
    before = {file.name: file.stat().st_mtime_ns for file in tmp_path.iterdir()}
    assert tls.ensure_vault(tmp_path, address=ADDRESS) == first
    assert {file.name: file.stat().st_mtime_ns for file in tmp_path.iterdir()} == before


@pytest.mark.parametrize("lost", ["server.pem", "server.key"])
@pytest.mark.parametrize("left", [None, "", "half a fi"])
def test_a_new_certificate_needs_no_new_trust(tmp_path: Path, lost: str, left: str | None) -> None:
    first = tls.ensure_vault(tmp_path, address=ADDRESS)
    damage(tmp_path / lost, left)
    second = tls.ensure_vault(tmp_path, address=ADDRESS)
    assert second.ca_certificate == first.ca_certificate
    assert second.private_key != first.private_key
    assert is_served(second)


@pytest.mark.parametrize("lost", ["ca.pem", "ca.key"])
@pytest.mark.parametrize("left", [None, "", "half a fi"])
def test_an_authority_that_can_sign_no_more_is_replaced(tmp_path: Path, lost: str, left: str | None) -> None:
    first = tls.ensure_vault(tmp_path, address=ADDRESS)
    damage(tmp_path / lost, left)
    second = tls.ensure_vault(tmp_path, address=ADDRESS)
    assert second.ca_certificate != first.ca_certificate
    assert is_served(second)
    assert certificates.is_living_authority(authority_of(tmp_path))


def damage(file: Path, left: str | None) -> None:
    file.unlink()
    if left is not None:
        file.write_text(left)


def test_another_address_gets_another_certificate_of_the_same_authority(tmp_path: Path) -> None:
    first = tls.ensure_vault(tmp_path, address=ADDRESS)
    second = tls.ensure_vault(tmp_path, address="198.18.0.99")
    assert second.ca_certificate == first.ca_certificate
    assert is_served(second, "198.18.0.99")
    assert not is_served(second)


def test_a_certificate_that_soon_ends_is_renewed(tmp_path: Path) -> None:
    first = tls.ensure_vault(tmp_path, address=ADDRESS)
    ending = certificates.issue(
        authority_of(tmp_path),
        common_name="vault",
        addresses=(ADDRESS, *VAULT_ADDRESSES),
        names=VAULT_NAMES,
        lifetime=RENEWED_BEFORE,
    )
    (tmp_path / "server.pem").write_text(ending.certificate)
    (tmp_path / "server.key").write_text(ending.private_key)
    second = tls.ensure_vault(tmp_path, address=ADDRESS)
    assert second.certificate not in {ending.certificate, first.certificate}
    assert is_served(second)


def test_the_front_door_is_made_anew_when_its_key_is_anothers(tmp_path: Path) -> None:
    first = tls.ensure(tmp_path, address=ADDRESS)
    (tmp_path / "server.key").write_text(tls.ensure(tmp_path / "other", address=ADDRESS).private_key)
    second = tls.ensure(tmp_path, address=ADDRESS)
    assert isinstance(second, Certificate)
    assert second.certificate != first.certificate
    assert certificates.matches(second.certificate, second.private_key)


def test_the_front_doors_authority_has_no_key(tmp_path: Path) -> None:
    tls.ensure(tmp_path, address=ADDRESS)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["ca.pem", "server.key", "server.pem"]


def test_the_vault_folder_lies_in_the_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AISWARM_STATE", str(tmp_path))
    assert tls.vault_folder().parent == paths.state_dir()
