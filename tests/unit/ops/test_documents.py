"""Generated documents: they say what the specs say, and somebody notices when they do not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from components.config.settings import OptionalSettings
from components.model.access import Access, Flow, Protocol
from components.model.mounts import DataVolume
from components.model.parts import Health, Port
from lab import paths
from ops import cli, declared
from ops.documents import commands
from ops.documents.policies import FOLDER
from ops.documents.services import services_document
from ops.stack import Stack
from tests.components.samples import bare, settings

DOOR = Access(
    protocol=Protocol.HTTPS,
    refused="/api",
    open_paths={"/health": "says a|b", "/metrics": "says a|b", "/login": "the form"},
    people=True,
)
SPECS = (
    bare(
        "door",
        ports=(
            Port(name="https", container=8443, published=443, access=DOOR),
            Port(name="x", container=9999),
        ),
        talks_to=(Flow(to="thanos-store", port="sql"), Flow(to="qdrant", port="http")),
        after=("first",),
        volumes=(DataVolume(name="data", path="/d", gib=7),),
        health=Health(
            test=("CMD", "python3", "-c", "open('http://127.0.0.1:8443/health')"), interval_seconds=9
        ),
    ),
    bare(
        "store",
        "thanos",
        ports=(Port(name="sql", container=5432, published=5432, access=Access(protocol=Protocol.POSTGRES)),),
    ),
    bare("alone", "starlord"),
)


def document(**optional: bool) -> str:
    found = settings(optional=OptionalSettings(**optional))
    return services_document(Stack("prod", found, SPECS))


def row(text: str, *begins: str) -> list[str]:
    """Cells of the one row that begins so."""
    start = f"| {' | '.join(begins)} | "
    (found,) = (line for line in text.splitlines() if line.startswith(start))
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", found)[1:-1]]


def test_a_service_is_one_row() -> None:
    assert row(document(), "door", "oracle") == [
        "door",
        "oracle",
        "443, (9999)",
        "`registry.test/postgres:16`",
        "999:998",
        "256 MiB",
        "data 7 GiB",
        "`http://127.0.0.1:8443/health` every 9 s",
        "first (first), thanos-store, qdrant",
    ]


def test_who_may_reach_a_port_and_what_a_stranger_finds() -> None:
    text = document()

    assert row(text, "oracle-door")[1:] == [
        "443",
        "HTTPS",
        "people",
        "`/api` refused",
        r"`/health`, `/metrics`: says a\|b; `/login`: the form",
    ]
    assert row(text, "thanos-store")[2:5] == ["PostgreSQL", "oracle-door", "login refused"]
    assert row(text, "qdrant on starlord")[3] == "oracle-door"
    assert "9999 |" not in text, "what is not published, nobody reaches"


def test_what_is_off_says_why() -> None:
    assert "`aiswarm:optional.sillytavern_extras`: discontinued in April 2024" in document()
    assert "sillytavern_extras" not in document(sillytavern_extras=True)


def test_the_diagram_has_a_box_a_node_and_an_arrow_a_connection() -> None:
    drawn = document().partition("```mermaid\n")[2].partition("```")[0].splitlines()

    assert [line.strip() for line in drawn] == [
        "flowchart LR",
        "people((people))",
        "subgraph oracle",
        'oracle_door["door"]',
        "end",
        "subgraph thanos",
        'thanos_store["store"]',
        "end",
        "subgraph starlord",
        'qdrant(["qdrant, not ours"])',
        "end",
        'oracle_door -->|"sql"| thanos_store',
        'oracle_door -->|"http"| qdrant',
        'people -->|"443"| oracle_door',
    ]


def test_every_service_of_production_has_a_row() -> None:
    text = commands.documents()["docs/services.md"]

    for spec in declared.read_file("prod", paths.REPO / "Pulumi.prod.yaml").services:
        assert row(text, spec.name, spec.node)[3] == f"`{spec.image.reference.partition('@')[0]}`"


def test_the_committed_documents_are_what_the_specs_say() -> None:
    """`./swarm docs` writes them anew."""
    assert commands.stale() == []


def swarm(*arguments: str) -> Result:
    return CliRunner().invoke(cli.app, ["docs", *arguments])


def test_a_stale_document_is_found_and_written_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = commands.documents()
    monkeypatch.setattr(commands, "documents", lambda: texts)
    monkeypatch.setattr(commands, "REPO", tmp_path)
    old = tmp_path / FOLDER / "CTR-099.md"
    old.parent.mkdir(parents=True)
    old.write_text("a rule that is gone")

    before = swarm("--check")
    written = swarm()
    after = swarm("--check")

    assert (before.exit_code, written.exit_code, after.exit_code) == (1, 0, 0)
    assert before.stderr.startswith("docs/services.md: must say what its source says")
    assert {path: (tmp_path / path).read_text() for path in texts} == texts
    assert not old.exists()


def test_the_reason_of_every_switch_is_told() -> None:
    assert all(field.description for field in OptionalSettings.model_fields.values())
