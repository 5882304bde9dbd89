"""LiteLLM itself reads the rendered configuration of both stacks, with every optional key set."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from components.catalogue.keys import EXTERNAL_KEYS
from components.catalogue.swarm import swarm
from components.config.load import parse
from components.config.settings import Settings
from components.model.specs import ServiceSpec
from lab import paths
from tests.e2e import lab_image
from tests.unit.components.stacks import STACKS, raw

PROGRAMS = paths.REPO / "tests" / "e2e" / "programs"


def with_every_key(stack: str) -> Settings:
    return parse({**raw(stack), **dict.fromkeys(EXTERNAL_KEYS, "https://none.test")}, encrypted=EXTERNAL_KEYS)


def gateway(found: Settings) -> ServiceSpec:
    return next(spec for spec in swarm(found)["oracle"] if spec.name == "litellm")


def config(spec: ServiceSpec) -> str:
    assert spec.configuration is not None
    return next(file.text for file in spec.configuration.files if file.name == "config.yaml")


def run(spec: ServiceSpec, text: str, tmp_path: Path, *command: str) -> lab_image.Ended:
    assert spec.configuration is not None
    variables = dict.fromkeys(re.findall(r"os\.environ/(\w+)", text), "sk-not-a-key-at-all")
    if "DATABASE_URL" in variables:
        variables["DATABASE_URL"] = "postgresql://nobody@127.0.0.1:1/none"
    mounts = {
        spec.configuration.folder: lab_image.folder(tmp_path / "config", {"config.yaml": text}),
        "/programs": PROGRAMS,
    }
    return lab_image.run(
        "litellm", command, user=spec.image.user, mounts=mounts, env={**spec.env, **variables}
    )


def validated(spec: ServiceSpec, text: str, tmp_path: Path) -> lab_image.Ended:
    return run(spec, text, tmp_path, "litellm", "--config", "/etc/litellm/config.yaml", "--validate_config")


ALWAYS = 8
"""Three engines, three paid steps of the cascade, research and embeddings."""


@pytest.mark.parametrize("stack", STACKS)
def test_the_rendered_configuration_is_accepted_with_every_model(stack: str, tmp_path: Path) -> None:
    found = with_every_key(stack)
    spec = gateway(found)

    ended = validated(spec, config(spec), tmp_path)

    assert ended.status == 0, ended.text
    assert f"config OK ({ALWAYS + found.railway.enabled} models)" in ended.text


def test_a_model_that_it_cannot_use_is_missing_from_its_count(tmp_path: Path) -> None:
    """It goes on without such a model and ends with 0, so the count above is what tells."""
    spec = gateway(with_every_key("prod"))

    ended = validated(spec, config(spec).replace("openrouter/", "nobody/"), tmp_path)

    assert f"config OK ({ALWAYS - 1} models)" in ended.text


def test_the_fee_for_a_search_counts_against_its_budget(tmp_path: Path) -> None:
    """LiteLLM listens to the answer only where the configuration gives no price."""
    found = with_every_key("prod")
    spec = gateway(found)
    program = ("python3", "-W", "ignore", "/programs/research_cost.py")

    ended = run(
        spec, config(spec), tmp_path, *program, "/etc/litellm/config.yaml", found.models.research_name
    )

    assert re.findall(r"^counted (\S+)$", ended.text, re.MULTILINE) == ["0.00511", "0.00511"], ended.text
