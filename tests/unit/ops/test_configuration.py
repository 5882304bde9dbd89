"""How the stack file is changed: through the engine, and no secret in the list of processes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ops import configuration
from ops.stack import EngineError

PULUMI = """#!/bin/sh
echo "$*" >"$0.arguments"
cat >"$0.input"
[ ! -e "$0.refuses" ] || { echo 'error: the file is read-only' >&2; exit 255; }
"""


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `pulumi` that notes what it was given."""
    program = tmp_path / "pulumi"
    program.write_text(PULUMI)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return program


def arguments(engine: Path) -> str:
    return engine.with_suffix(".arguments").read_text().strip()


def test_a_count(engine: Path) -> None:
    configuration.set_count("prod", "epochs", "redis-password", 2)

    assert arguments(engine) == 'config set --path aiswarm:epochs["redis-password"] 2 --stack prod'

    configuration.remove_count("prod", "keys_in_vault", "brave_api_key")

    assert arguments(engine) == 'config rm --path aiswarm:keys_in_vault["brave_api_key"] --stack prod'


def test_a_text_goes_over_standard_input(engine: Path) -> None:
    configuration.set_text("prod", "vault_private_key", "the key", secret=True)

    assert arguments(engine) == "config set --path aiswarm:vault_private_key --secret --stack prod"
    assert engine.with_suffix(".input").read_text() == "the key"

    configuration.set_text("prod", "vault.certificate", "public", secret=False)

    assert "--plaintext" in arguments(engine)


def test_a_refusal_is_told_without_the_text(engine: Path) -> None:
    engine.with_suffix(".refuses").touch()

    with pytest.raises(EngineError) as caught:
        configuration.set_text("prod", "vault_private_key", "the key", secret=True)

    assert str(caught.value) == "error: the file is read-only"
