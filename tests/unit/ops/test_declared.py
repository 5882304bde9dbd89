"""A stack read from its file, as an operator without engine has it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from components.config.errors import SettingsError
from lab import environment, paths
from ops import declared
from ops.declared import StackFileError


@pytest.fixture(autouse=True)
def no_lab(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine without a lab and without a stack file elsewhere."""
    monkeypatch.setattr(environment, "config_file", lambda: tmp_path / "state" / "Pulumi.lab.yaml")
    monkeypatch.delenv("PULUMI_OPTION_CONFIG_FILE", raising=False)


def altered(folder: Path, stack: str, **changes: object) -> Path:
    """A copy of a committed stack file with other values, in a folder of its own."""
    document = yaml.safe_load((paths.REPO / f"Pulumi.{stack}.yaml").read_text())
    document["config"] |= {f"aiswarm:{key}": value for key, value in changes.items()}
    folder.mkdir(exist_ok=True)
    file = folder / f"Pulumi.{stack}.yaml"
    file.write_text(yaml.safe_dump(document))
    return file


@pytest.mark.parametrize("stack", ["prod", "lab"])
def test_a_committed_stack_is_read_without_engine_and_lab(stack: str) -> None:
    found = declared.read(stack)

    assert found.name == stack
    assert {spec.node for spec in found.services} == {"oracle", "starlord", "thanos"}


def test_the_labs_generated_file_wins(tmp_path: Path) -> None:
    altered(tmp_path / "state", "lab", epochs={"redis-password": 7})

    assert declared.read("lab").settings.epochs == {"redis-password": 7}


def test_a_file_kept_elsewhere_is_found_by_the_engines_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = altered(tmp_path / "mine", "prod", gateway={"requests_per_minute": 7})
    monkeypatch.setenv("PULUMI_OPTION_CONFIG_FILE", str(file))

    assert declared.read("prod").settings.gateway.requests_per_minute == 7


def test_a_shell_that_works_on_the_lab_still_reads_prod(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_OPTION_CONFIG_FILE", str(altered(tmp_path / "state", "lab")))

    assert declared.read("prod").nodes["oracle"].arch == "arm64"


def test_encrypted_values_count_as_set_and_are_not_read(tmp_path: Path) -> None:
    secret = {"secure": "v1:AAAA:not-to-be-opened"}
    file = altered(tmp_path, "prod", tls_private_key=secret, openrouter_api_key=secret, tls_certificate="PEM")

    found = declared.read_file("prod", file)

    assert found.settings.keys_in_stack == ("openrouter_api_key",)
    assert "not-to-be-opened" not in repr(found)


def test_an_unencrypted_key_is_refused_as_the_engine_would(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="aiswarm:gemini_api_key: must be encrypted"):
        declared.read_file("prod", altered(tmp_path, "prod", gemini_api_key="plain"))


def test_an_unknown_stack_is_told_with_those_that_there_are() -> None:
    with pytest.raises(
        StackFileError, match=r"Pulumi\.prd\.yaml: must exist, got nothing; known .* lab, prod"
    ):
        declared.read("prd")


@pytest.mark.parametrize("text", ["", "[1, 2]", "config: none", "runtime: python"])
def test_what_is_no_stack_file_is_told(tmp_path: Path, text: str) -> None:
    file = tmp_path / "Pulumi.prod.yaml"
    file.write_text(text)

    with pytest.raises(StackFileError, match="must be a stack file with a section `config`"):
        declared.read_file("prod", file)


@pytest.mark.parametrize("content", [b"config: [", b"config: \xff"])
def test_what_is_no_yaml_is_told(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "Pulumi.prod.yaml"
    file.write_bytes(content)

    with pytest.raises(StackFileError, match="must be a readable YAML file"):
        declared.read_file("prod", file)
