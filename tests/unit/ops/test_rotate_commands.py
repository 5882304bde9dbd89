"""`./swarm rotate` as an operator meets it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from lab import environment, paths
from ops import lab_bridge, stack
from ops.rotate import certificates, commands
from ops.rotate.apply import Gap, Outcome
from ops.rotate.changes import Change
from ops.rotate.commands import rotate_command
from ops.rotate.errors import RotationError
from ops.rotate.proofs import Surroundings, Verdict
from ops.rotate.targets import Target
from ops.stack import Stack

app = typer.Typer()
app.command()(rotate_command)

PROVEN = Outcome(
    "redis-password",
    (Verdict("oracle-redis: AUTH", "refused", "accepted", proven=True),),
    (Gap("oracle-redis", 1.04), Gap("oracle-haproxy", 0.0), Gap("oracle-prometheus", None)),
    12.3,
)
UNPROVEN = Outcome("redis-password", (Verdict("redis", "accepted", "accepted", proven=False),), (), 200)


@pytest.fixture(autouse=True)
def known(lab_stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lab on this machine, whose engine knows every stack."""
    monkeypatch.setattr(environment, "activate", lambda: None)
    monkeypatch.setattr(lab_bridge, "ca_file", lambda: Path("/lab/ca.pem"))
    monkeypatch.setattr(stack, "read", lambda name: Stack(name, lab_stack.settings, lab_stack.services))
    monkeypatch.chdir(paths.REPO)


@pytest.fixture
def applied(monkeypatch: pytest.MonkeyPatch) -> list[Surroundings]:
    """What was rotated, always with success; nothing else is touched."""
    done: list[Surroundings] = []

    def apply(_: Change, around: Surroundings, say: Callable[[str], None]) -> Outcome:
        done.append(around)
        say("deploying")
        return PROVEN

    monkeypatch.setattr(commands, "change_of", lambda *_: None)
    monkeypatch.setattr(commands, "apply", apply)
    return done


def rotate(*arguments: str, answers: str = "") -> Result:
    return CliRunner().invoke(app, list(arguments), input=answers, env={"COLUMNS": "200"})


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("redis-pasword", "redis-pasword: must be one of consul-agent-token, consul-gossip-key, "),
        ("", "NAME: must be one of consul-agent-token, "),
        ("litellm-salt-key", "is never rotated, because what is stored under it opens with no other value"),
        ("fingerprint-key", "is never rotated, because nobody logs in with it"),
    ],
)
def test_what_cannot_be_rotated(applied: list[Surroundings], name: str, told: str) -> None:
    result = rotate(*([name] if name else []), "--apply", "--yes")

    assert (result.exit_code, applied) == (2, [])
    assert told in result.stderr
    assert "nothing was changed" in result.stderr


def test_the_list() -> None:
    as_json = json.loads(rotate("--list", "--json").stdout)

    assert "redis-password" in as_json["rotatable"]
    assert "litellm-salt-key" in as_json["never"]
    assert all(name in rotate("--list").stdout for name in (*as_json["rotatable"], *as_json["never"]))


def test_the_plan_is_shown_unless_more_is_asked_for(applied: list[Surroundings]) -> None:
    result = rotate("redis-password")

    assert (result.exit_code, applied) == (0, [])
    assert "oracle-litellm" in result.stdout
    assert "stack file: aiswarm:epochs.redis-password: 1 to 2" in result.stdout


def test_the_plan_for_scripts() -> None:
    found = json.loads(rotate("engine-key", "--plan", "--json").stdout)

    assert found["name"] == "engine-key"
    assert {effect["happens"] for effect in found["effects"]} == {"replaced"}


def test_the_plan_is_shown_and_confirmed_before_anything_is_done(applied: list[Surroundings]) -> None:
    refused = rotate("redis-password", "--apply", answers="n\n")

    assert (refused.exit_code, applied) == (1, [])
    assert "oracle-litellm" in refused.stdout

    assert rotate("redis-password", "--apply", answers="y\n").exit_code == 0
    assert [around.ca for around in applied] == [Path("/lab/ca.pem")]


def test_the_outcome(applied: list[Surroundings]) -> None:
    result = rotate("redis-password", "--apply", "--yes", "--stack", "prod")

    assert (result.exit_code, [around.ca for around in applied]) == (0, [None])
    assert "1.0 s" in result.stdout
    assert "not noticed, asked every 0.1 s" in result.stdout
    assert "not measured" in result.stdout
    assert "rotated and proven in 12 s; commit the stack file" in result.stdout


@pytest.mark.usefixtures("applied")
def test_the_outcome_for_scripts_stands_alone_on_standard_output() -> None:
    result = rotate("redis-password", "--apply", "--yes", "--json")

    found = json.loads(result.stdout)
    assert (found["proven"], found["gaps"][0]) == (True, {"service": "oracle-redis", "away_seconds": 1.04})
    assert "deploying" in result.stderr


def test_what_is_not_proven_is_an_error(applied: list[Surroundings], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "apply", lambda *_: UNPROVEN)

    result = rotate("redis-password", "--apply", "--yes")

    assert isinstance(result.exception, RotationError)
    assert "rotated, and not proven within the time" in str(result.exception)
    assert applied == []


@pytest.mark.parametrize("name", ["tls", "vault-tls"])
def test_files_that_are_missing_are_told_before_anything_is_done(
    applied: list[Surroundings], name: str
) -> None:
    result = rotate(name, "--apply", "--yes", "--stack", "prod")

    assert result.exit_code != 0
    assert "nothing was changed" in (str(result.exception) + result.stderr)
    assert applied == []


def test_paths_count_from_where_the_operator_stands(
    applied: list[Surroundings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[Path | None] = []

    def pair(*files: Path | None) -> None:
        given.extend(files)

    def change(_: Stack, __: Target, ___: object) -> None:
        """Stand in for the change."""

    monkeypatch.setattr(certificates, "given", pair)
    monkeypatch.setattr(certificates, "CertificateChange", change)
    monkeypatch.chdir(tmp_path)

    result = rotate("tls", "--apply", "--yes", "--certificate", "chain.pem", "--private-key", "chain.key")

    assert (result.exit_code, len(applied)) == (0, 1)
    assert given == [tmp_path / "chain.pem", tmp_path / "chain.key"]


def test_a_stack_without_an_authority_gets_its_first_one(
    applied: list[Surroundings], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[Path] = []
    monkeypatch.setattr(certificates, "begin", lambda _, folder: begun.append(folder))

    result = rotate("vault-tls", "--apply", "--stack", "prod", "--authority", str(tmp_path / "new"))

    assert (result.exit_code, applied, begun) == (0, [], [tmp_path / "new"])
    assert "next: pulumi up --stack prod" in result.stdout


def test_a_certificate_that_nobody_trusts_is_replaced_in_the_stack_file_alone(
    applied: list[Surroundings], lab_stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that shows it is not healthy, and `up` refuses it: there must be a way out."""
    vault = lab_stack.settings.vault.model_copy(update={"ca_certificate": "an authority"})
    settings = lab_stack.settings.model_copy(update={"vault": vault})
    monkeypatch.setattr(commands, "open_stack", lambda _: Stack("prod", settings, lab_stack.services))
    renewed: list[Path] = []
    monkeypatch.setattr(certificates, "renew", lambda _, folder: renewed.append(folder))

    result = rotate("vault-tls", "--apply", "--stack", "prod", "--authority", str(tmp_path))

    assert (result.exit_code, applied, renewed) == (0, [], [tmp_path])
    assert "next: pulumi up --stack prod" in result.stdout
