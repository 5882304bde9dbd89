"""On the machines nothing runs but what is written down in the pack, and what is written down does run."""

from __future__ import annotations

import base64
from dataclasses import replace
from hashlib import sha256

import pytest

from components.deploy import files
from lab import paths
from policy.rules.known_commands import RULE
from policy.rules.support import scripts
from policy.rules.support.fields import Marker
from policy.rules.support.resources import COMMAND
from tests.policy import given
from tests.policy.recorded import WITH_RAILWAY, Recorded, stack

DEPLOY = paths.REPO / "components" / "deploy"
FILES = {
    "deliver": "deliver.sh",
    "give-over": "give_over.sh",
    "prepare-host": "prepare_host.sh",
    "bootstrap": "bootstrap.sh",
    "ready": "await_ready.sh",
}
DRY_RUN = "PULUMI_DRY_RUN"
FOREIGN = base64.b64encode(b"docker ps\n").decode()


def command(name: str) -> Recorded:
    (found,) = (each for each in stack("prod") if each.resource.name == name)
    return found


def judged(name: str, **changes: object) -> list[str]:
    return RULE.judge(command(name).edited(lambda inputs: inputs.update(changes)).resource)


def test_the_scripts_of_the_repository_are_the_ones_written_down() -> None:
    assert {
        name: sha256((DEPLOY / file).read_bytes()).hexdigest() for name, file in FILES.items()
    } == scripts.SCRIPTS
    assert sha256(files.RUN.encode()).hexdigest() == scripts.RUN


def test_every_script_of_the_repository_is_judged() -> None:
    assert {file.name for file in DEPLOY.glob("*.sh")} == {*FILES.values()}


@pytest.mark.parametrize("name", ["prod", "lab", WITH_RAILWAY])
def test_the_stacks_run_nothing_else(name: str) -> None:
    commands = [found.resource for found in stack(name) if found.resource.type == COMMAND]
    assert commands
    assert [problem for found in commands for problem in RULE.judge(found)] == []


def test_nothing_is_written_down_that_no_stack_does() -> None:
    put = {
        line.partition(" ")[2].split(" ")[0] if line.startswith("file ") else line
        for name in ("prod", "lab")
        for found in stack(name)
        if found.resource.name.endswith("-host-prepared")
        for line in str(found.inputs["stdin"]).split("\n")[1:]
    }
    assert put - {""} == scripts.PREPARATIONS | scripts.PUT_FILES.keys()


def test_as_another_user_the_same_runs_with_sudo() -> None:
    delete = command("oracle-redis-files").inputs["delete"]
    assert judged("oracle-redis-files", delete=f"sudo -n {delete}") == []


@pytest.mark.parametrize("text", ["docker stop qdrant", "rm -rf -- '/opt/swarm/redis", "sudo rm -rf -- /x"])
def test_other_words_are_refused_and_not_shown(text: str) -> None:
    (problem,) = judged("oracle-redis-files", delete=text)
    assert "oracle-redis-files.delete" in problem
    assert "must be the words that are written down, got SHA-256 " in problem
    assert text not in problem


@pytest.mark.parametrize("stdin", [f"{FOREIGN}\n", "not base64!\n", "", None])
def test_another_script_is_refused_and_not_shown(stdin: str | None) -> None:
    (problem,) = judged("oracle-redis-files", stdin=stdin)
    assert "oracle-redis-files.stdin" in problem
    assert "must begin with the script deliver" in problem
    assert FOREIGN not in problem


def test_a_script_of_another_deed_is_refused() -> None:
    other = str(command("oracle-host-prepared").inputs["stdin"])
    assert "must begin with the script deliver" in judged("oracle-redis-files", stdin=other)[0]


def test_input_that_is_not_known_yet_waits_for_the_update(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DRY_RUN, "true")
    assert judged("oracle-redis-files", stdin=Marker.UNKNOWN) == []
    monkeypatch.setenv(DRY_RUN, "false")
    (problem,) = judged("oracle-redis-files", stdin=Marker.UNKNOWN)
    assert "oracle-redis-files.stdin" in problem


@pytest.mark.parametrize("name", ["oracle-host-prepared", "thanos-rag-data-given-over"])
def test_input_without_secrets_is_known_in_a_preview(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DRY_RUN, "true")
    (problem,) = judged(name, stdin=Marker.UNKNOWN)
    assert f"{name}.stdin" in problem
    assert "must be text that is known at preview" in problem


def test_words_that_a_shell_takes_for_more_are_refused() -> None:
    delete = str(command("oracle-redis-files").inputs["delete"])
    for text in (delete.replace("-- ", "--\n"), delete.replace("rm", '"rm"'), f"{delete}\n", f"{delete} "):
        (problem,) = judged("oracle-redis-files", delete=text)
        assert "must be the words that are written down" in problem


@pytest.mark.parametrize("lines", ["", "oracle-redis-data\n", "thanos-rag-data", "thanos-rag-data\nx\n"])
def test_no_other_volume_is_given_over(lines: str) -> None:
    script = str(command("thanos-rag-data-given-over").inputs["stdin"]).split("\n")[0]
    (problem,) = judged("thanos-rag-data-given-over", stdin=f"{script}\n{lines}")
    assert "must name the volume of the command's own name, got other lines" in problem


@pytest.mark.parametrize("field", ["create", "update", "delete"])
@pytest.mark.parametrize("value", [Marker.UNKNOWN, 1.0, ["rm"]])
def test_words_that_cannot_be_read_are_refused(field: str, value: object) -> None:
    assert any(field in problem for problem in judged("oracle-redis-files", **{field: value}))


@pytest.mark.parametrize("line", ["unit docker.service true", "folder /etc 0777", "file /etc/passwd", "file"])
def test_a_machine_is_prepared_with_nothing_else(line: str) -> None:
    before = str(command("thanos-host-prepared").inputs["stdin"])
    (problem,) = judged("thanos-host-prepared", stdin=f"{before}{line}\n")
    assert "must be written down" in problem


def test_a_file_of_a_machine_has_the_content_that_is_written_down() -> None:
    before = str(command("thanos-host-prepared").inputs["stdin"]).split("\n")
    words = next(line for line in before if line.startswith("file /etc/sysctl.d")).split(" ")
    changed = " ".join([*words[:3], FOREIGN])
    (problem,) = judged("thanos-host-prepared", stdin="\n".join([before[0], changed, ""]))
    assert "line 2" in problem


def test_variables_of_the_shell_are_refused() -> None:
    (problem,) = judged("oracle-redis-files", environment={"BASH_ENV": "/x"})
    assert "oracle-redis-files.environment" in problem
    assert "must be absent" in problem


def test_a_command_for_something_else_is_refused() -> None:
    found = replace(given.other(COMMAND, "oracle-redis-upgrade", {"create": "true"}))
    (problem,) = RULE.judge(found)
    assert "must be of something that the swarm does" in problem
