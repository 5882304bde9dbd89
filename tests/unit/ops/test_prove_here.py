"""Places on this machine: the engine's state and output, the checkout with its history, logs."""

from __future__ import annotations

import json
import secrets
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from ops.prove import checkout, engine
from ops.prove.engine import Said
from ops.prove.needles import needles
from ops.prove.report import Outcome
from ops.prove.search import SearchError

REDIS = secrets.token_hex(20)
WANTED = needles({"redis-password": REDIS})


def paths(outcome: Outcome) -> list[str]:
    return [finding.path for finding in outcome.findings]


def pulumi(folder: Path, say: Callable[[tuple[str, ...]], Said] | None = None) -> engine.Ask:
    """An engine that keeps its state in a folder and says `say`, or nothing of interest."""

    def asked(*arguments: str) -> Said:
        if arguments[0] == "whoami":
            return Said(0, json.dumps({"url": f"file://{folder}"}))
        assert arguments[-2:] == ("--stack", "lab")
        return say(arguments) if say else Said(0, "{}")

    return asked


@pytest.fixture
def backend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("PULUMI_OPTION_CONFIG_FILE", raising=False)
    for name in ("stacks", "history", "backups", "plugins"):
        (tmp_path / ".pulumi" / name).mkdir(parents=True)
        (tmp_path / ".pulumi" / name / "lab.json").write_text("{}")
    return tmp_path


def test_state_history_and_backups_are_read(backend: Path) -> None:
    history = backend / ".pulumi" / "history" / "lab.json"
    history.write_text(f'{{"result":"{REDIS}"}}')

    outcome = engine.state(pulumi(backend), WANTED, "lab")

    assert paths(outcome) == [str(history)]
    assert (outcome.searched, outcome.problems) == ("3 outputs, 3 files", ())


def test_a_configuration_file_of_its_own_is_read_too(backend: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = backend / "Pulumi.lab.yaml"
    file.write_text(f"aiswarm:key: {REDIS}")
    monkeypatch.setenv("PULUMI_OPTION_CONFIG_FILE", str(file))

    assert paths(engine.state(pulumi(backend), WANTED, "lab")) == [str(file)]


def test_a_state_that_is_not_in_a_folder(backend: Path) -> None:
    def asked(*arguments: str) -> Said:
        return Said(0, json.dumps({"url": "s3://bucket"}) if arguments[0] == "whoami" else f"x {REDIS}")

    outcome = engine.state(asked, WANTED, "lab")

    assert backend.exists()
    assert outcome.searched == "3 outputs, no files"
    assert paths(outcome)[0] == "pulumi stack export: output"


def test_an_engine_that_does_not_know_its_backend(backend: Path) -> None:
    with pytest.raises(SearchError, match="whoami"):
        engine.state(lambda *_: Said(255, ""), WANTED, "lab")
    assert backend.exists()


@pytest.mark.parametrize("streams", [("{}", f"warning: {REDIS}"), (f"+ password: {REDIS}", "")])
def test_previews_are_read_on_both_streams(backend: Path, streams: tuple[str, str]) -> None:
    outcome = engine.previews(pulumi(backend, lambda _: Said(0, *streams)), WANTED, "lab")

    stream = "errors" if streams[1] else "output"
    assert paths(outcome) == [f"pulumi preview --diff --json: {stream}", f"pulumi preview --diff: {stream}"]
    assert outcome.problems == ()


def test_a_preview_that_fails_proves_nothing_and_is_read_all_the_same(backend: Path) -> None:
    outcome = engine.previews(pulumi(backend, lambda _: Said(1, "", f"error: {REDIS}")), WANTED, "lab")

    assert len(outcome.findings) == 2
    assert outcome.problems[0] == (
        "pulumi preview --diff --json: must print its result, got status 1; run it by hand"
    )


def git(folder: Path, *arguments: str, stdin: str = "") -> str:
    identity = ("-c", "user.name=test", "-c", "user.email=test@localhost")
    return subprocess.run(
        ("git", *identity, *arguments), cwd=folder, input=stdin, capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    git(tmp_path, "init", "--quiet")
    (tmp_path / ".gitignore").write_text("/ignored\n")
    (tmp_path / "file").write_text("one\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "First")
    return tmp_path


def test_a_clean_checkout(repository: Path) -> None:
    files, objects = (each(repository, WANTED) for each in (checkout.git_files, checkout.git_objects))

    assert (files.findings, files.problems, files.searched) == ((), (), "2 files")
    assert (objects.findings, objects.problems, objects.searched) == ((), (), "4 objects")


def test_files_that_are_not_yet_in_git_are_read_and_ignored_ones_are_not(repository: Path) -> None:
    (repository / "file").unlink()
    (repository / "new one").write_text(REDIS)
    (repository / "ignored").write_text(REDIS)

    assert paths(checkout.git_files(repository, WANTED)) == ["new one"]


def test_what_was_removed_stays_in_the_history(repository: Path) -> None:
    (repository / "file").write_text(f"two {REDIS}\n")
    git(repository, "commit", "--quiet", "--all", "--message", "Second")
    blob = git(repository, "rev-parse", "HEAD:file")
    git(repository, "reset", "--quiet", "--hard", "HEAD^")

    (finding,) = checkout.git_objects(repository, WANTED).findings

    assert (finding.path, finding.offset) == (f"git object {blob} (blob)", 4)


def test_a_message_is_read_too(repository: Path) -> None:
    git(repository, "commit", "--quiet", "--allow-empty", "--message", f"The password is {REDIS}")
    commit = git(repository, "rev-parse", "HEAD")

    assert paths(checkout.git_objects(repository, WANTED)) == [f"git object {commit} (commit)"]


def test_a_folder_that_is_no_checkout_proves_nothing(tmp_path: Path) -> None:
    assert ["not a git repository" in each for each in checkout.git_files(tmp_path, WANTED).problems] == [
        True
    ]


def test_logs(tmp_path: Path) -> None:
    (tmp_path / "up.log").write_text(REDIS)

    assert paths(checkout.logs(tmp_path, WANTED)) == [f"{tmp_path}/up.log"]
