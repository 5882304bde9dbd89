"""A snapshot that is not whole never counts as a backup, and each says which key opens it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ops.backup.snapshot import BackupError, data_key_of, seal_key_of
from tests.unit.ops.backup_samples import members, packed, snapshot


@pytest.mark.parametrize("key_id", ["k1", "k2", "k17"])
def test_the_key_that_opens_it(tmp_path: Path, key_id: str) -> None:
    file = tmp_path / "a.snap"
    file.write_bytes(snapshot(key_id))

    assert seal_key_of(file) == key_id


def test_the_data_may_still_lie_under_the_key_before(tmp_path: Path) -> None:
    file = tmp_path / "a.snap"
    file.write_bytes(packed(members("k2", data_key_id="k1")))

    assert (seal_key_of(file), data_key_of(file)) == ("k2", "k1")


@pytest.mark.parametrize("state", [b"", b"\xff", b"\x05\x0a\x03xyz", None])
def test_a_state_without_a_root_key(tmp_path: Path, state: bytes | None) -> None:
    file = tmp_path / "a.snap"
    files = {name: content for name, content in members().items() if name != "state.bin"}
    file.write_bytes(packed(files if state is None else {**files, "state.bin": state}))

    with pytest.raises(BackupError, match="must be a snapshot of a server with a static seal"):
        data_key_of(file)


WHOLE = snapshot()
NOT_WHOLE = {
    "empty": b"",
    "cut off": WHOLE[: len(WHOLE) // 2],
    "cut off at the end": WHOLE[:-1],
    "a bit turned": WHOLE[:200] + bytes([WHOLE[200] ^ 1]) + WHOLE[201:],
    "something behind it": WHOLE + b"more",
    "an error page": b"<html>502 Bad Gateway</html>",
}


@pytest.mark.parametrize("content", NOT_WHOLE.values(), ids=NOT_WHOLE.keys())
def test_a_file_that_is_not_whole(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "a.snap"
    file.write_bytes(content)

    with pytest.raises(BackupError, match=r"a\.snap: must be a whole snapshot, got "):
        seal_key_of(file)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match=r"must be a whole snapshot, got .*No such file"):
        seal_key_of(tmp_path / "a.snap")


def test_other_content_than_its_sums_say(tmp_path: Path) -> None:
    file = tmp_path / "a.snap"
    file.write_bytes(packed({**members(), "state.bin": b"another state"}))

    with pytest.raises(BackupError, match=r"must match its own sums, got other content in state\.bin$"):
        seal_key_of(file)


def test_content_that_the_sums_do_not_list(tmp_path: Path) -> None:
    file = tmp_path / "a.snap"
    file.write_bytes(packed({**members(), "SHA256SUMS": b""}))

    with pytest.raises(BackupError, match=r"other content in meta\.json, state\.bin$"):
        seal_key_of(file)


@pytest.mark.parametrize("seal", [None, b"", b"\x0a\x03xyz", b"\xff\xff"])
def test_a_snapshot_of_another_kind_of_server(tmp_path: Path, seal: bytes | None) -> None:
    files = members()
    del files["SHA256SUMS.sealed"]
    file = tmp_path / "a.snap"
    file.write_bytes(packed(files if seal is None else {**files, "SHA256SUMS.sealed": seal}))

    with pytest.raises(BackupError, match="must be a snapshot of a server with a static seal"):
        seal_key_of(file)
