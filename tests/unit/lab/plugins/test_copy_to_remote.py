"""CopyToRemote against a real sshd: what arrives, when it is copied again, what is refused."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from lab.plugins.kit.values import ARCHIVE, ASSET, SIGNATURE
from tests.unit.lab.plugins.conftest import Plugin, Sshd

COPY = "command:remote:CopyToRemote"


def _asset(**fields: str) -> dict[str, object]:
    return {SIGNATURE: ASSET, "hash": hashlib.sha256(str(fields).encode()).hexdigest(), **fields}


@pytest.mark.usefixtures("agent")
def test_copies_of_text_file_and_folder_arrive(plugin: Plugin, sshd: Sshd, tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    (source / "deep").mkdir(parents=True)
    (source / "deep" / "file").write_text("in a folder")
    target.mkdir()
    for asset, path in (
        (_asset(text="a text"), target / "text"),
        (_asset(path=str(source / "deep" / "file")), target),
        ({**_asset(path=str(source)), SIGNATURE: ARCHIVE}, target),
        ({**_asset(path=f"{source}/"), SIGNATURE: ARCHIVE}, target / "contents"),
    ):
        inputs = {"connection": sshd.connection(), "source": asset, "remotePath": str(path)}
        resource_id, _ = plugin(COPY).create(inputs)
        assert resource_id
    assert (target / "text").read_text() == "a text"
    for copied in ("file", "source/deep/file", "contents/deep/file"):
        assert (target / copied).read_text() == "in a folder"


@pytest.mark.usefixtures("agent")
def test_copy_follows_the_hash_and_ignores_the_connection(plugin: Plugin, sshd: Sshd, tmp_path: Path) -> None:
    client, target = plugin(COPY), tmp_path / "target"
    inputs = {"connection": sshd.connection(), "source": _asset(text="one"), "remotePath": str(target)}
    _, state = client.create(inputs)
    target.unlink()
    client.update(state, {**inputs, "connection": sshd.connection(port=1)})
    assert not target.exists()
    client.update(state, {**inputs, "source": _asset(text="two")})
    assert target.read_text() == "two"
    stripped = {SIGNATURE: ASSET, "hash": _asset(text="one")["hash"]}
    assert not client.diff(inputs, {**inputs, "source": stripped}).some
    assert client.diff(inputs, {**inputs, "source": _asset(text="two")}).kinds == {"source": "UPDATE"}


@pytest.mark.usefixtures("agent")
def test_impossible_copies_are_refused(plugin: Plugin, sshd: Sshd, tmp_path: Path) -> None:
    base = {"connection": sshd.connection(), "remotePath": str(tmp_path)}
    assert "must be a file path for a text" in plugin(COPY).failure({**base, "source": _asset(text="a")})
    missing = {**base, "source": _asset(path="/no/such/file")}
    assert "/no/such/file" in plugin(COPY).failure(missing)
    assert plugin(COPY).check({**base, "source": _asset(uri="https://example.test/")}).failures == [
        ("source", "source: must be a file or a text")
    ]
    assert plugin(COPY).check({**base, "source": "plain"}).failures == [
        ("source", "source: must be an asset or an archive, got a value of another type")
    ]
