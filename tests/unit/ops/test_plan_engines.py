"""An operator sees before anything starts what each engine's share of its card holds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lab import environment
from ops import cli


@pytest.fixture(autouse=True)
def no_lab(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without a lab."""
    monkeypatch.setattr(environment, "config_file", lambda: tmp_path / "none")


def planned(stack: str, *options: str) -> str:
    answer = CliRunner().invoke(cli.app, ["plan", "--stack", stack, *options], env={"COLUMNS": "220"})
    assert answer.exit_code == 0, answer.output
    return answer.stdout


def test_cards_are_shown_with_cache_and_requests_at_once() -> None:
    text = planned("prod")
    assert "profile seed" in text
    (primary,) = [line for line in text.splitlines() if line.startswith("│ primary")]
    cells = [cell.strip() for cell in primary.strip("│").split("│")]
    assert cells[1:] == [
        "TheBloke/Mixtral-8x7B-Instruct-v0.1-GPTQ",
        "8.16",
        "1.63",
        "2.41",
        "39408",
        "32768",
        "1.20",
    ]


def test_scripts_get_the_same_figures() -> None:
    found = json.loads(planned("prod", "--json"))
    assert found["profile"] == "seed"
    assert [engine["role"] for engine in found["engines"]] == ["primary", "secondary", "backup"]
    assert found["engines"][2]["capacity"]["tokens"] == 50096


def test_nothing_is_claimed_of_a_model_whose_shape_is_not_known() -> None:
    found = json.loads(planned("lab", "--json"))
    assert found["engines"][0]["model"] == "stand-in/mixtral-8x7b"
    assert found["engines"][0]["capacity"] is None
