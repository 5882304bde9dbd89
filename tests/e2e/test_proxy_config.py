"""HAProxy itself reads the rendered configuration of both stacks, and is content."""

from __future__ import annotations

from pathlib import Path

import pytest

from components.catalogue.swarm import swarm
from components.model.specs import ServiceSpec
from lab import tls
from tests.e2e import lab_image
from tests.unit.components.stacks import STACKS, settings


def proxy(stack: str) -> ServiceSpec:
    return next(spec for spec in swarm(settings(stack))["oracle"] if spec.name == "haproxy")


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    door = tls.ensure(tmp_path / "tls", address="198.18.0.11")
    files = {
        "tls.pem": f"{door.certificate}{door.private_key}",
        "operators.cfg": "userlist operators\n    user operator insecure-password not-a-secret\n",
        "keys": "Bearer not-a-key\n",
        "cloud_keys": "proxy not-a-key\n",
    }
    return lab_image.folder(tmp_path / "secrets", files)


def checked(spec: ServiceSpec, text: str, tmp_path: Path, secrets: Path) -> lab_image.Ended:
    """Run the very check that a reload runs on the node."""
    assert spec.configuration is not None
    assert spec.configuration.reload is not None
    folder = lab_image.folder(tmp_path / "config", {spec.configuration.files[0].name: text})
    command = [part.format(folder=spec.configuration.folder) for part in spec.configuration.reload.check]
    mounts = {spec.configuration.folder: folder, "/run/secrets": secrets}
    return lab_image.run("haproxy", command, user=spec.image.user, mounts=mounts)


@pytest.mark.parametrize("stack", STACKS)
def test_the_rendered_configuration_is_valid(stack: str, tmp_path: Path, secrets: Path) -> None:
    spec = proxy(stack)
    assert spec.configuration is not None

    ended = checked(spec, spec.configuration.files[0].text, tmp_path, secrets)

    assert ended.status == 0, ended.text
    assert "Configuration file is valid" in ended.text


def test_a_broken_configuration_is_noticed(tmp_path: Path, secrets: Path) -> None:
    spec = proxy("lab")
    assert spec.configuration is not None
    broken = spec.configuration.files[0].text.replace("default_backend gateway", "default_backend nowhere")

    ended = checked(spec, broken, tmp_path, secrets)

    assert ended.status != 0
    assert "nowhere" in ended.text
