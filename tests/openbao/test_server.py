"""The server's life: it begins, restarts, changes its seal key, and begins anew."""

from __future__ import annotations

import httpx
import pytest

from components.render.openbao import MOUNT
from tests.openbao.conftest import KEPT_ENTRY, KEPT_WORD, Running
from tests.openbao.server import PULUMI_ID, Server, put

ACTIVE = 200
STANDBY = 429
SEALED = 503


def kept(server: Server) -> str:
    """Wait for the server and read what was written into it before."""
    server.wait_until(lambda: server.health() == ACTIVE)
    answer = server.log_in(PULUMI_ID).get(f"{MOUNT}/data/{KEPT_ENTRY}").raise_for_status()
    found: str = answer.json()["data"]["data"]["word"]
    return found


def test_a_new_server_opens_to_the_program_alone(running: Running) -> None:
    assert running.program.get("auth/token/lookup-self").json()["data"]["policies"] == ["default", "pulumi"]
    with pytest.raises(httpx.HTTPStatusError, match="400"):
        running.server.log_in("another")
    assert PULUMI_ID not in running.server.log
    assert PULUMI_ID not in running.server.audit_file.read_text()


def test_a_restarted_server_opens_by_itself_without_the_first_id(furnished: Server) -> None:
    furnished.secret_id_file.unlink()
    furnished.start()
    assert kept(furnished) == KEPT_WORD


def test_a_wrong_seal_key_leaves_the_server_sealed_and_the_data_whole(furnished: Server) -> None:
    right = furnished.seal_file("k1").read_text()
    furnished.new_seal_key("k1")
    furnished.start()
    furnished.wait_until(lambda: furnished.health() == SEALED)
    refused = furnished.ready(PULUMI_ID)
    assert refused.returncode == 1
    assert refused.stderr.startswith("vault: must be unsealed, got sealed; ")
    assert refused.stderr.count("\n") == 1
    furnished.stop()
    furnished.seal_file("k1").write_text(right)
    furnished.start()
    assert kept(furnished) == KEPT_WORD


def test_a_seal_key_file_that_ends_with_a_newline_is_refused(server: Server) -> None:
    key = server.seal_file("k1")
    key.write_text(key.read_text() + "\n")
    server.start()
    server.wait_until(lambda: server.ended)
    assert "unknown encoding for AES-256 key" in server.log


def test_the_data_moves_to_a_new_seal_key(furnished: Server) -> None:
    furnished.new_seal_key("k2")
    furnished.configure(seal_keys=("k2", "k1"))
    furnished.start_ready()
    furnished.stop()
    furnished.seal_file("k1").unlink()
    furnished.configure(seal_keys=("k2",))
    furnished.start()
    assert kept(furnished) == KEPT_WORD


def test_a_start_cut_short_needs_a_new_generation(server: Server) -> None:
    server.secret_id_file.unlink()
    server.start()
    server.wait_until(lambda: server.ended)
    assert str(server.secret_id_file) in server.log
    server.secret_id_file.write_text(PULUMI_ID)
    server.start()
    server.wait_until(lambda: server.ended)
    assert "self-initialization failed: refusing to unseal" in server.log
    server.configure(generation=2)
    assert server.start_ready().get("auth/token/lookup-self").is_success


def test_an_audit_file_that_cannot_be_opened_at_the_first_start(server: Server) -> None:
    """Docker starts the server again and again: as soon as the file can be opened, it is active and empty."""
    server.audit_file.mkdir()
    server.start()
    server.wait_until(lambda: server.ended)
    server.start()
    server.wait_until(lambda: server.health() == STANDBY)
    standby = server.ready(PULUMI_ID, limit_seconds=0)
    assert standby.returncode == 1
    assert standby.stderr.startswith("vault: must be active, got a standby; ")
    server.audit_file.rmdir()
    server.wait_until(lambda: server.health() == ACTIVE)
    empty = server.ready(PULUMI_ID, limit_seconds=0)
    assert empty.returncode == 1
    assert empty.stderr.startswith("vault: must know the program's id, got 'permission denied'; ")


def test_a_raised_generation_begins_empty_and_the_one_before_can_come_back(furnished: Server) -> None:
    furnished.configure(generation=2)
    assert furnished.start_ready().get(f"{MOUNT}/data/{KEPT_ENTRY}").status_code == 404
    furnished.stop()
    furnished.configure(generation=1)
    furnished.start()
    assert kept(furnished) == KEPT_WORD


def test_no_audit_device_can_be_added_by_a_request(running: Running) -> None:
    """Not even with every right to: a device writes to any file that the server can write."""
    program = running.program
    rule = 'path "sys/audit/*" { capabilities = ["create", "update", "sudo"] }'
    program.put("sys/policies/acl/auditor", json={"policy": rule}).raise_for_status()
    program.post("auth/approle/role/auditor", json={"token_policies": ["auditor"]}).raise_for_status()
    program.post("auth/approle/role/auditor/role-id", json={"role_id": "auditor"}).raise_for_status()
    answer = program.post("auth/approle/role/auditor/secret-id").raise_for_status()
    auditor = running.server.log_in(answer.json()["data"]["secret_id"], mount="approle", role="auditor")
    device = {"type": "file", "options": {"file_path": str(running.server.folder / "more")}}
    refused = auditor.put("sys/audit/more", json=device)
    assert refused.status_code == 400
    assert "audit" in refused.text


def test_wrong_logins_do_not_keep_the_right_one_out(running: Running) -> None:
    """The server's default closes a role for a quarter of an hour after five."""
    wrong = {"role_id": "pulumi", "secret_id": "guess"}
    for _ in range(8):
        assert running.server.client().post("auth/pulumi/login", json=wrong).status_code == 400
    assert running.server.log_in(PULUMI_ID).get("auth/token/lookup-self").is_success


def test_both_audit_devices_hold_no_value(running: Running) -> None:
    put(running.program, "audited/entry", word="not-to-be-seen")
    running.program.get(f"{MOUNT}/data/audited/entry").raise_for_status()
    for written in (running.server.log, running.server.audit_file.read_text()):
        assert "audited/entry" in written
        assert "not-to-be-seen" not in written
