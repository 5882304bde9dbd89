"""The proofs of a rotation, asked of the programs that people and documents meet."""

from __future__ import annotations

from pathlib import Path

import pytest

from components.model.specs import ServiceSpec
from ops.rotate import programs
from ops.rotate.programs import Answer
from ops.rotate.proofs import Surroundings, asks_for
from ops.rotate.targets import rotatable
from ops.stack import Stack
from tests.unit.lab import neighbours
from tests.unit.lab.stand_ins import KEY, started


def test_the_converter_takes_its_key_and_no_other() -> None:
    with neighbours.docling() as converter:
        ask = programs.api_key(f"{converter.url}/v1/clear/results")

        assert ask(KEY).answer is Answer.ACCEPTED
        assert ask("another-key").answer is Answer.REFUSED


def test_a_session_signed_with_another_key_is_no_session(tmp_path: Path) -> None:
    nobody = "http://127.0.0.1:1"
    with neighbours.redis() as cache:
        settings = neighbours.webui_settings(
            tmp_path, cache=cache, converter=nobody, database=nobody, gateway=nobody
        )
        with started("lab.fakes.webui", **settings) as pages:
            ask = programs.session(f"{pages.url}/api/config")

            assert ask(KEY).answer is Answer.ACCEPTED
            assert ask("another-key").answer is Answer.REFUSED


def test_each_program_is_asked_where_it_answers(lab_stack: Stack) -> None:
    found = {
        name: list(asks_for(Surroundings(lab_stack), rotatable(lab_stack)[name]))
        for name in ("documents-key", "rag-key", "open-webui-session-key", "grafana-metrics-password")
    }

    assert found == {
        "documents-key": ["thanos-documents: http://198.18.0.13:5001/v1/clear/results"],
        "rag-key": ["thanos-rag: http://198.18.0.13:9621/documents/pipeline_status"],
        "open-webui-session-key": ["oracle-open-webui: http://198.18.0.11:3000/api/config"],
        "grafana-metrics-password": ["oracle-grafana: http://198.18.0.11:3001/metrics"],
    }


def test_the_operators_password_is_asked_of_grafana_too(
    lab_stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ops.stack.urls", lambda _: {"stats": "http://s", "prometheus": "http://p"})
    found = asks_for(Surroundings(lab_stack), rotatable(lab_stack)["operator-password"])

    assert "oracle-grafana: http://198.18.0.11:3001/api/search" in found


def test_the_paths_that_are_asked_are_none_that_anybody_may_see(lab_stack: Stack) -> None:
    def is_open(spec: ServiceSpec, path: str) -> bool:
        return any(port.access is not None and path in port.access.open_paths for port in spec.ports)

    specs = {spec.full_name: spec for spec in lab_stack.services}

    assert not is_open(specs["thanos-documents"], "/v1/clear/results")
    assert not is_open(specs["thanos-rag"], "/documents/pipeline_status")
    assert not is_open(specs["oracle-grafana"], "/api/search")
    assert not is_open(specs["oracle-grafana"], "/metrics")
