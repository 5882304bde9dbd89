"""The search itself, run for real on folders of this machine."""

from __future__ import annotations

import base64
import gzip
import os
import secrets
import subprocess
from pathlib import Path

import pytest

from lab import paths
from ops.prove.needles import Form, needles
from ops.prove.search import Answer, SearchError, here, search

NAME = "redis-password"


VALUE = secrets.token_hex(20)
WANTED = needles({NAME: VALUE})


def found(answer: Answer) -> set[tuple[str, int, Form]]:
    return {(hit.path, hit.offset, hit.source.form) for hit in answer.hits}


def test_files_with_the_byte_at_which_a_value_begins(tmp_path: Path) -> None:
    (tmp_path / "clean").write_text("password=\n")
    (tmp_path / "plain file").write_text(f"first line\npassword={VALUE}\n")
    (tmp_path / "binary").write_bytes(b"\0\xff\n\0" + VALUE.encode() + b"\0")
    (tmp_path / "shifted").write_bytes(base64.b64encode(b"a" + VALUE.encode()))

    answer = search(here(tmp_path), WANTED, "folders", str(tmp_path))

    assert {hit[::2] for hit in found(answer)} == {
        (f"{tmp_path}/plain file", Form.TEXT),
        (f"{tmp_path}/binary", Form.TEXT),
        (f"{tmp_path}/shifted", Form.BASE64),
    }
    assert (f"{tmp_path}/plain file", 20, Form.TEXT) in found(answer)
    assert (f"{tmp_path}/binary", 4, Form.TEXT) in found(answer)
    assert answer.count("files") == 4
    assert answer.problems == ()


@pytest.mark.parametrize("name", ["with\nline end", "with:colon", "-dash", "quo'te", "not-ütf-8"])
def test_a_file_may_have_any_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(VALUE)
    (tmp_path / "other").write_text(VALUE)

    answer = search(here(tmp_path), WANTED, "folders", str(tmp_path))

    assert {hit.path for hit in answer.hits} == {f"{tmp_path}/{name}", f"{tmp_path}/other"}


def test_a_name_that_is_no_text(tmp_path: Path) -> None:
    Path(os.fsdecode(bytes(tmp_path) + b"/\xff")).write_text(VALUE)

    answer = search(here(tmp_path), WANTED, "folders", str(tmp_path))

    assert [hit.source.names for hit in answer.hits] == [(NAME,)]


def test_packed_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "state.json.gz").write_bytes(gzip.compress(f'{{"key":"{VALUE}"}}'.encode()))

    answer = search(here(tmp_path), WANTED, "folders", str(tmp_path))

    assert found(answer) == {(f"{tmp_path}/state.json.gz", 8, Form.TEXT)}


def test_many_files_take_many_commands(tmp_path: Path) -> None:
    """The patterns must be there for each of them, not for the first alone."""
    folder = tmp_path / ("x" * 200) / ("y" * 200)
    folder.mkdir(parents=True)
    for number in range(600):
        (folder / f"{number:03}{'z' * 200}").write_text(VALUE if number in {0, 599} else "nothing")

    answer = search(here(tmp_path), WANTED, "folders", str(tmp_path))

    assert len(answer.hits) == 2
    assert answer.count("files") == 600


def test_a_program_that_repeats_itself_is_cut_short(tmp_path: Path) -> None:
    (tmp_path / "log").write_text(f"{VALUE}\n" * 1000)

    answer = search(here(tmp_path), WANTED, "folders", str(tmp_path))

    assert len(answer.hits) == 50


def test_links_and_pipes_do_not_stop_the_search(tmp_path: Path) -> None:
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    (tmp_path / "loop").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe")

    answer = search(here(tmp_path), WANTED, "folders", str(tmp_path), str(tmp_path / "missing"))

    assert (answer.hits, answer.problems, answer.count("files")) == ((), (), 0)


def test_a_file_that_cannot_be_read_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "broken.gz").write_text("not packed")

    answer = search(here(tmp_path), WANTED, "folders", str(tmp_path))

    assert ["broken.gz" in problem for problem in answer.problems] == [True]


def test_a_search_without_patterns_is_refused(tmp_path: Path) -> None:
    def forgetful(command: str, _: str) -> str:
        return here(tmp_path)(command, "something else\n")

    with pytest.raises(SearchError, match=r"^the search must find what it was handed"):
        search(forgetful, WANTED, "folders", str(tmp_path))


def test_a_search_that_finds_what_nobody_looks_for_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("something else")

    def confused(command: str, patterns: str) -> str:
        return here(tmp_path)(command, f"{patterns}something else\n")

    with pytest.raises(SearchError) as refused:
        search(confused, WANTED, "folders", str(tmp_path))
    assert "something else" not in str(refused.value)


def test_a_search_where_there_is_nothing(tmp_path: Path) -> None:
    with pytest.raises(SearchError, match="nowhere"):
        search(here(tmp_path / "nowhere"), WANTED, "folders", ".")


def test_a_command_that_ends_with_an_error(tmp_path: Path) -> None:
    with pytest.raises(SearchError, match=r"^no way$"):
        here(tmp_path)("echo no way >&2; exit 3", "")


@pytest.mark.parametrize("script", ["search.sh", "describe.sh"])
def test_scripts_are_for_any_posix_shell(script: str) -> None:
    done = subprocess.run(
        ("sh", "-n", paths.REPO / "ops" / "prove" / script), capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
