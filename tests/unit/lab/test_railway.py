"""Railway's stand-in in the lab: made once, found by the engine and by the nodes, for its user alone."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx
import pytest
from rich.console import Console

from components.config.settings import RailwaySettings
from components.model.cloud import PUBLIC_DOMAIN
from lab import paths
from lab.fakes.railway.__main__ import API_PORT, EDGE_PORT
from lab.fakes.railway.domains import SUFFIX
from lab.fakes.railway.fake import WORKSPACE
from lab.nodes import hosts, model, railway
from lab.nodes.model import Action
from lab.process import StepError
from lab.steps import Steps
from ops import certificates

IMAGE = f"{model.REGISTRY}/aiswarm/railway:1@sha256:{'0' * 64}"


class Machine:
    """A Docker daemon that starts whatever it is asked to."""

    def __init__(self) -> None:
        self.arguments: list[Sequence[str]] = []
        self.files: list[Mapping[str, bytes]] = []

    def ensure(self, name: str, arguments: Sequence[str], files: Mapping[str, bytes]) -> Action:
        """Note what was asked for."""
        assert name == model.RAILWAY_CONTAINER
        self.arguments.append(arguments)
        self.files.append(files)
        return Action.CREATE


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Nothing is there yet."""
    found = Machine()
    monkeypatch.setenv("AISWARM_STATE", str(tmp_path / "state"))
    monkeypatch.setattr(hosts, "ensure_container", found.ensure)
    monkeypatch.setattr(httpx, "get", lambda *_, **__: httpx.Response(404))
    return found


def ensure() -> str:
    """Run the step; what it noted."""
    steps = Steps(Console(file=io.StringIO()))
    railway.ensure_railway(steps, IMAGE)
    return steps.done[0].note


def test_a_second_run_asks_for_the_same(machine: Machine) -> None:
    assert railway.environment() == {}
    assert ensure() == "created"
    first = railway.environment()
    ensure()

    assert railway.environment() == first
    assert machine.arguments[0] == machine.arguments[1]
    assert machine.files[0] == machine.files[1]
    assert first["RAILWAY_API_URL"] == "http://127.0.0.1:5001"
    assert len(first["RAILWAY_API_TOKEN"]) > 30


def test_the_token_is_in_a_file_for_its_user_alone(machine: Machine) -> None:
    ensure()

    token = railway.environment()["RAILWAY_API_TOKEN"]
    assert token not in " ".join(machine.arguments[0])
    for each in (railway.token_file(), railway.folder() / "etc" / "server.key", railway.folder() / "data"):
        assert each.stat().st_mode & 0o077 == 0


def test_the_engine_reaches_the_api_and_the_nodes_the_edge(machine: Machine) -> None:
    ensure()

    words = machine.arguments[0]
    assert "--publish=127.0.0.1:5001:8080" in words
    assert "--ip=198.18.0.14" in words
    assert words[-1] == IMAGE.replace(model.REGISTRY, model.PUSH_REGISTRY)
    assert f"--label={model.LABEL}=railway" in words
    given = RailwaySettings.model_validate(railway.settings())
    assert given.edge
    assert (str(given.edge.address), given.edge.port) == ("198.18.0.14", railway.EDGE_PORT)
    shown = (railway.folder() / "etc" / "server.pem").read_text()
    assert certificates.is_valid(shown, given.edge.ca_certificate, (), (f"*.{PUBLIC_DOMAIN}",))


def test_the_lab_and_the_stand_in_mean_the_same() -> None:
    assert (PUBLIC_DOMAIN, railway.WORKSPACE) == (SUFFIX, WORKSPACE)
    assert (railway.API_PORT, railway.EDGE_PORT) == (API_PORT, EDGE_PORT)


def test_one_that_does_not_answer_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> httpx.Response:
        raise httpx.ConnectError("Connection refused")

    monkeypatch.setattr(httpx, "get", refuse)
    monkeypatch.setattr(railway, "_READY_SECONDS", 0)

    with pytest.raises(StepError, match=r"must answer on 127\.0\.0\.1:5001, got Connection refused"):
        ensure()


def test_its_image_says_how_it_listens() -> None:
    recipe = (paths.REPO / "lab" / "images" / "railway" / "Dockerfile").read_text()

    assert f"EXPOSE {railway.API_PORT} {railway.EDGE_PORT}\n" in recipe
