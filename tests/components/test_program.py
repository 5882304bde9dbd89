"""The program itself on both committed stacks: what it deploys, by name, and what it exports."""

from __future__ import annotations

import json
import os
import runpy
from pathlib import Path

import pytest
import yaml

from components.config.errors import SettingsError
from tests.components.recording import Recording, record

REPO = Path(__file__).resolve().parents[2]
STACKS = ("prod", "lab")


def committed(stack: str) -> dict[str, str]:
    """The stack file as the engine hands it over: objects as JSON text."""
    values = yaml.safe_load((REPO / f"Pulumi.{stack}.yaml").read_text())["config"]
    return {
        key: value if isinstance(value, str) else json.dumps(value, default=str)
        for key, value in values.items()
    }


def run(stack: str, *, preview: bool = True, **config: str) -> Recording:
    given = {f"aiswarm:{key}": value for key, value in config.items()}
    return record(
        lambda: runpy.run_path(str(REPO / "__main__.py")) and None,
        config={**committed(stack), **given},
        preview=preview,
        stack=stack,
    )


@pytest.mark.parametrize("stack", STACKS)
def test_the_names_of_all_resources_are_known(stack: str) -> None:
    """A renamed resource is a deleted and a new one; `UPDATE_GOLDEN=1` writes the list anew."""
    golden = REPO / "tests" / "golden" / f"urns-{stack}.txt"
    urns = sorted(found.urn for found in run(stack).registrations)
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text("\n".join(urns) + "\n")

    assert urns == golden.read_text().splitlines()


@pytest.mark.parametrize("stack", STACKS)
def test_a_committed_stack_previews_without_any_secret(stack: str) -> None:
    recording = run(stack)

    assert all(line.startswith("`up` will refuse to start until this is set:") for line in recording.log)
    assert len(recording.log) == 2
    assert recording.all(":Container")


@pytest.mark.parametrize("stack", STACKS)
def test_no_resource_touches_the_vector_database(stack: str) -> None:
    recording = run(stack)

    mentioned = [
        found.urn for found in recording.registrations if "qdrant" in json.dumps(found.inputs).lower()
    ]
    published = [
        port["external"]
        for found in recording.all(":Container")
        for port in found.inputs["ports"]
        if found.name.startswith("starlord")
    ]
    assert mentioned == []
    assert not {6333, 6334} & set(published)


def test_a_stack_says_where_it_answers() -> None:
    exports = run("prod").exports
    address = json.loads(committed("prod")["aiswarm:nodes"])["oracle"]["address"]

    assert exports["chat_url"] == (f"https://{address}", False)
    assert exports["urls"][0]["api"] == f"https://{address}"
    assert exports["chat_model"] == ("swarm", False)
    assert set(exports["nodes"][0]) == {"oracle", "starlord", "thanos"}


def test_the_key_is_shown_as_a_secret_only() -> None:
    exports = run("prod").exports

    assert exports["chat_key"] == ("sk-generated-secrets-litellm-master-key", True)
    assert exports["operator_password"] == ("generated-secrets-operator-password", True)


def test_a_secret_that_lives_in_retained_data_is_protected_like_it() -> None:
    """PostgreSQL's password, and the key of what LiteLLM has stored, open a volume that outlives both."""
    passwords = run("prod").all(":RandomPassword")

    assert {found.name for found in passwords if found.request.protect} == {
        "secrets-postgres-password",
        "secrets-litellm-database-password",
        "secrets-litellm-salt-key",
    }


def test_a_real_run_without_keys_and_secrets_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"aiswarm:nodes\.oracle\.ssh\.host_key"):
        run("prod", preview=False)


def test_railway_cannot_be_switched_on_yet() -> None:
    with pytest.raises(SettingsError, match=r"aiswarm:railway\.enabled: must be false"):
        run("prod", railway='{"enabled": true}')
