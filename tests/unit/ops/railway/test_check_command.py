"""The command: what it shows, and what it ends with."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from lab.fakes.railway.fake import WORKSPACE
from lab.fakes.railway.faults import api_error
from ops import cli
from ops.session import REPO
from tests.golden_files import assert_golden
from tests.unit.ops.railway.far import Far


@pytest.fixture
def shell(far: Far, tmp_path: Path) -> dict[str, str]:
    """The environment of somebody who asks the stand-in about a stack of theirs."""
    document = yaml.safe_load((REPO / "Pulumi.prod.yaml").read_text())
    railway = {"enabled": True, "workspace_id": WORKSPACE, "project": "swarm"}
    document["config"]["aiswarm:railway"] = railway
    file = tmp_path / "Pulumi.prod.yaml"
    file.write_text(yaml.safe_dump(document))
    return {
        "COLUMNS": "140",
        "PULUMI_OPTION_CONFIG_FILE": str(file),
        "RAILWAY_API_TOKEN": far.fake.token,
        "RAILWAY_API_URL": far.fake.start(),
    }


@pytest.mark.parametrize(("option", "file"), [([], "check.txt"), (["--json"], "check.json")])
def test_the_command_shows_every_point(shell: dict[str, str], option: list[str], file: str) -> None:
    answer = CliRunner().invoke(cli.app, ["railway", "check", *option], env=shell)

    assert answer.exit_code == 0, answer.output
    assert_golden(f"railway/{file}", answer.output)


def test_a_difference_is_a_finding(far: Far, shell: dict[str, str]) -> None:
    far.fake.fail("ProjectToken", api_error("Computer says no"))

    answer = CliRunner().invoke(cli.app, ["railway", "check"], env=shell)

    assert answer.exit_code == 1
    assert "1 differs" in answer.output


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"RAILWAY_API_TOKEN": ""}, "RAILWAY_API_TOKEN must be set in the environment to a workspace token"),
        ({"RAILWAY_API_URL": "http://railway.example"}, "must be an address of this machine"),
    ],
)
def test_without_a_token_or_with_a_strange_address_nobody_is_asked(
    far: Far, shell: dict[str, str], change: dict[str, str], words: str
) -> None:
    answer = CliRunner().invoke(cli.app, ["railway", "check"], env={**shell, **change})

    assert answer.exit_code == 2
    assert words in answer.output
    assert far.fake.calls == []
