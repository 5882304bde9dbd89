"""The search run for real on processes of this machine, and on what a Docker of our own making tells."""

from __future__ import annotations

import gzip
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from ops.prove.needles import needles
from ops.prove.search import SearchError, describe, here, search

VALUE = secrets.token_hex(20)
WANTED = needles({"redis-password": VALUE})


@contextmanager
def sleeping(*arguments: str, env: Mapping[str, str] | None = None) -> Iterator[int]:
    """A process that only waits; gives its id."""
    program = (sys.executable, "-c", "import sys; print(flush=True); sys.stdin.read()", *arguments)
    with subprocess.Popen(
        program, env={**os.environ, **(env or {})}, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        running.stdout.readline()
        yield running.pid
        running.communicate()


def fake_docker(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """A `docker` that does what the script says."""
    program = folder / "docker"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def test_arguments_and_environment_of_processes_but_not_of_the_search_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_docker(tmp_path, monkeypatch, f"echo {'0' * 64} oracle-redis")
    with sleeping(VALUE) as argument, sleeping(env={"PASSWORD": VALUE}) as environment:
        answer = search(here(tmp_path), WANTED, "processes")

    assert {hit.path for hit in answer.hits} == {f"/proc/{argument}/cmdline", f"/proc/{environment}/environ"}
    assert answer.facts[f"/proc/{argument}/comm"][0][1].startswith("python")
    assert answer.facts["0" * 64] == ((0, "oracle-redis"),)
    assert answer.count("processes") > 1


LOGS = """
case "$*" in
"ps "*) printf '%s\\n' talks silent gone broken ;;
"logs --tail 0 "*) case $4 in talks | silent) ;; *) exit 1 ;; esac ;;
"logs talks") cat {said} >&2 ;;
"logs silent") ;;
"inspect gone") exit 1 ;;
"inspect broken") ;;
esac
"""


def test_container_logs_of_both_streams(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = tmp_path / "said"
    said.write_text(f"password is {VALUE}\n")
    fake_docker(tmp_path, monkeypatch, LOGS.format(said=said))

    answer = search(here(tmp_path), WANTED, "container_logs")

    assert [(hit.path, hit.offset) for hit in answer.hits] == [("talks", 12)]
    assert [text for _, text in answer.facts["container"]] == ["talks", "silent", "gone", "broken"]
    assert answer.problems == ("docker logs broken: must work, got an error",)


def test_a_volume_where_docker_keeps_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    fake_docker(tmp_path, monkeypatch, f'[ "$5" = oracle-vault-audit ] && echo {folder}')

    empty = search(here(tmp_path), WANTED, "volume", "oracle-vault-audit")
    (folder / "audit.log").write_text(VALUE)
    filled = search(here(tmp_path), WANTED, "volume", "oracle-vault-audit")

    assert (empty.count("filled"), filled.count("filled")) == (0, 1)
    assert [(hit.path, hit.offset) for hit in filled.hits] == [(f"{folder}/audit.log", 0)]


def test_a_volume_that_is_not_there_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_docker(tmp_path, monkeypatch, "echo 'Error: No such volume: x' >&2; exit 1")

    assert search(here(tmp_path), WANTED, "volume", "x").problems == ("Error: No such volume: x",)


def test_files_of_a_node_with_dockers_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    docker, folder = tmp_path / "docker-root", tmp_path / "opt"
    (docker / "containers" / "1").mkdir(parents=True)
    folder.mkdir()
    (docker / "containers" / "1" / "1-json.log.1.gz").write_bytes(gzip.compress(VALUE.encode()))
    (folder / "file").write_text(VALUE)
    (tmp_path / "elsewhere").write_text(VALUE)
    fake_docker(tmp_path, monkeypatch, f"echo {docker}")

    answer = search(here(tmp_path), WANTED, "node_files", str(folder), str(tmp_path / "missing"))

    assert {hit.path for hit in answer.hits} == {
        f"{folder}/file",
        f"{docker}/containers/1/1-json.log.1.gz",
    }


def test_memory_mounted_below_a_folder_is_read_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """/dev is another file system than /, and /dev/shm is one in memory."""
    file = Path("/dev/shm") / f"prove-{os.getpid()}"
    fake_docker(tmp_path, monkeypatch, f"echo {tmp_path}")
    file.write_text(VALUE)
    try:
        answer = search(here(tmp_path), WANTED, "node_files", "/dev")
    finally:
        file.unlink()

    assert [hit.path for hit in answer.hits] == [str(file)]
    assert "/dev/shm" in [text for _, text in answer.facts["tmpfs"]]


DOCKER = """
case "$1 $2" in
"container ls") echo aaa; echo gone ;;
"volume ls" | "network ls") ;;
"image ls") echo sha256:1; echo sha256:1 ;;
"container inspect") echo '[{{"Name": "/aaa"}}]'; exit 1 ;;
"image inspect") echo '[{{"Id": "sha256:1"}}]' ;;
"image history") printf '%s\\n' "$5" ;;
"version ") {version} ;;
esac
"""


def test_docker_describes_its_objects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_docker(tmp_path, monkeypatch, DOCKER.format(version="echo 20.10"))

    assert describe(here(tmp_path)).splitlines() == [
        '{"kind": "container"}',
        '[{"Name": "/aaa"}]',
        '{"kind": "volume"}',
        '{"kind": "network"}',
        '{"kind": "image"}',
        '[{"Id": "sha256:1"}]',
        '{"image": "sha256:1", "history": {{json .}}}',
    ]


def test_a_docker_that_goes_away_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_docker(tmp_path, monkeypatch, DOCKER.format(version="echo 'Cannot connect' >&2; exit 1"))

    with pytest.raises(SearchError, match=r"^Cannot connect$"):
        describe(here(tmp_path))
