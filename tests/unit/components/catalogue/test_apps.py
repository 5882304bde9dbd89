"""Open WebUI, document processor and RAG pipeline: whom they ask, with what, and what they leave alone."""

from __future__ import annotations

import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

import pytest

from components.catalogue import haproxy, open_webui, rag, vectors
from components.catalogue.swarm import swarm
from components.config.load import parse
from components.model.access import Flow
from components.model.endpoints import external_endpoints
from components.model.specs import ServiceSpec
from components.programs import foreign_collections
from tests.unit.components.stacks import STACKS, raw, settings

APPS = ("oracle-open-webui", "thanos-documents", "thanos-rag")


def services(stack: str = "prod") -> dict[str, ServiceSpec]:
    return {spec.full_name: spec for specs in swarm(settings(stack)).values() for spec in specs}


def file(spec: ServiceSpec, name: str) -> str:
    assert spec.configuration is not None
    (found,) = (each.text for each in spec.configuration.files if each.name == name)
    return found


def secret(spec: ServiceSpec, name: str) -> str:
    """A secret file's text with the names of values in place of these."""
    (found,) = (each for each in spec.secrets if each.name == name)
    return "".join(part if isinstance(part, str) else f"<{part.name}>" for part in found.parts)


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("name", APPS)
def test_every_secret_reaches_the_program_by_file_and_none_by_the_container(stack: str, name: str) -> None:
    spec = services(stack)[name]
    start = file(spec, "start.sh")
    assert spec.entrypoint == (
        "/bin/sh",
        f"{spec.configuration.folder}/start.sh" if spec.configuration else "",
    )
    assert all(f"$(cat {each.path})" in start for each in spec.secrets)
    assert not [key for key in spec.env if key.endswith(("_KEY", "_PASSWORD", "DATABASE_URL", "REDIS_URL"))]


@pytest.mark.parametrize("stack", STACKS)
def test_all_of_them_reach_the_gateway_through_the_proxy(stack: str) -> None:
    specs = services(stack)
    gateway = Flow(to="oracle-haproxy", port="api-internal")
    port = specs["oracle-haproxy"].port("api-internal")
    assert (port.container, port.published) == (haproxy.API_INTERNAL, haproxy.API_INTERNAL)
    assert specs["oracle-open-webui"].env["OPENAI_API_BASE_URL"] == "http://oracle-haproxy:4000/v1"
    oracle = settings(stack).nodes.oracle.address
    assert specs["thanos-rag"].env["LLM_BINDING_HOST"] == f"http://{oracle}:4000/v1"
    assert all(gateway in specs[name].talks_to for name in ("oracle-open-webui", "thanos-rag"))
    assert secret(specs["thanos-rag"], "gateway_key") == "sk-<litellm-master-key>"


@pytest.mark.parametrize("stack", STACKS)
def test_every_flow_leads_to_a_port_that_exists(stack: str) -> None:
    specs = services(stack)
    outside = {endpoint.name for endpoint in external_endpoints(settings(stack))}
    for name in APPS:
        for flow in specs[name].talks_to:
            assert flow.to in outside or specs[flow.to].port(flow.port)


def test_open_webui_keeps_its_data_in_the_servers_of_the_swarm() -> None:
    spec = services()["oracle-open-webui"]
    database = "postgresql://open_webui:<open-webui-database-password>@oracle-postgres:5432/open_webui"
    assert secret(spec, "database_url") == database
    assert secret(spec, "redis_url") == "redis://open_webui:<open-webui-redis-password>@oracle-redis:6379/0"
    assert spec.after[:2] == ("postgres", "redis")
    assert spec.env["DOCLING_SERVER_URL"] == "http://100.122.12.54:5001"
    assert secret(spec, "documents_key") == secret(services()["thanos-documents"], "documents_key")


def test_open_webui_lets_nobody_in_whom_the_operator_did_not_let_in() -> None:
    spec = services()["oracle-open-webui"]
    assert spec.env["ENABLE_SIGNUP"] == "false"
    assert spec.env["ENABLE_PERSISTENT_CONFIG"] == "false"
    assert spec.env["WEBUI_ADMIN_EMAIL"] == open_webui.ADMIN_EMAIL
    assert secret(spec, "admin_password") == "<operator-password>"
    assert spec.env["CORS_ALLOW_ORIGIN"] == "http://100.96.197.84:3000"
    assert "WEBUI_AUTH" not in spec.env


@pytest.mark.parametrize("name", ["oracle-open-webui", "thanos-rag"])
def test_what_came_with_the_image_is_not_hidden_by_a_volume(name: str) -> None:
    """Models and tokenizers lie below the programs' usual data folders: without them they would download."""
    (volume,) = services()[name].volumes
    assert volume.given_over
    assert not volume.path.startswith("/app")
    assert [key for key, value in services()[name].env.items() if value.startswith(volume.path)]


@pytest.mark.parametrize("name", APPS)
def test_nothing_is_downloaded(name: str) -> None:
    env = services()[name].env
    assert env.get("OFFLINE_MODE") == "true" or env.get("HF_HUB_OFFLINE") == "1" or name == "thanos-rag"


@pytest.mark.parametrize("name", ["oracle-open-webui", "thanos-rag"])
def test_the_database_gets_a_key_only_where_it_asks_for_one(name: str) -> None:
    with_key = parse({**raw("prod"), "qdrant_api_key": "a-key"}, encrypted=["qdrant_api_key"])
    (spec,) = (spec for specs in swarm(with_key).values() for spec in specs if spec.full_name == name)
    assert "QDRANT_API_KEY=$(cat /run/secrets/qdrant_key)" in file(spec, "start.sh")
    assert "QDRANT_API_KEY" not in file(services()[name], "start.sh")


def test_collections_are_ours_alone() -> None:
    used = services()["oracle-open-webui"].env["QDRANT_COLLECTION_PREFIX"]
    assert used == vectors.OPEN_WEBUI_PREFIX
    assert not used.startswith("open-webui")
    assert services()["thanos-rag"].env["WORKSPACE"] == rag.WORKSPACE


def test_people_reach_pages_and_nobody_reaches_the_converter() -> None:
    people = {name: services()[name].port("http").access for name in APPS}
    assert {name: access.people for name, access in people.items() if access} == {
        "oracle-open-webui": True,
        "thanos-documents": False,
        "thanos-rag": True,
    }
    assert all(access.refused for access in people.values() if access)


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ([], []),
        (["family-recipes", "lightrag_vdb_chunks_swarm_embedding_1536d", "chunks-of-mine"], []),
        (["chunks"], ["chunks"]),
        (["lightrag_vdb_chunks", "lightrag_vdb_entities"], ["lightrag_vdb_chunks", "lightrag_vdb_entities"]),
        (["relationships", "aiswarm_entities", "other_entities"], ["aiswarm_entities", "relationships"]),
    ],
)
def test_only_what_lightrag_would_take_for_its_own_is_feared(names: list[str], found: list[str]) -> None:
    assert foreign_collections.taken(names, "aiswarm") == found


class _Database(http.server.BaseHTTPRequestHandler):
    """Lists collections to whoever has the key."""

    names: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        """Answer as Qdrant does."""
        known = self.headers.get("api-key") == "right"
        self.send_response(200 if known else 401)
        self.end_headers()
        found = {"collections": [{"name": name} for name in self.names]}
        self.wfile.write(json.dumps({"result": found if "odd" not in self.names else None}).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def database(*names: str) -> Iterator[str]:
    handler = type("Handler", (_Database,), {"names": list(names)})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize(
    ("names", "key", "status", "said"),
    [
        (("family-recipes",), "right", 0, ""),
        (("chunks", "family-recipes"), "right", 1, "got chunks; rename it"),
        ((), "wrong", 2, "must answer as a Qdrant, got HTTP Error 401"),
        (("odd",), "right", 2, "must answer as a Qdrant, got no list of collections"),
    ],
)
def test_the_guard_refuses_before_anything_is_touched(
    names: tuple[str, ...], key: str, status: int, said: str
) -> None:
    program = file(services()["thanos-rag"], "foreign_collections.py")
    with database(*names) as url:
        env = {
            "QDRANT_URL": url,
            "QDRANT_API_KEY": key,
            "WORKSPACE": "aiswarm",
            "QDRANT_WAIT_SECONDS": "0",
            "PATH": os.environ["PATH"],
        }
        done = subprocess.run(
            (sys.executable, "-"), input=program, env=env, capture_output=True, text=True, check=False
        )
    assert done.returncode == status
    assert said in done.stderr


def test_the_server_starts_only_after_the_guard() -> None:
    start = file(services()["thanos-rag"], "start.sh")
    assert "foreign_collections.py && exec /app/.venv/bin/python -m lightrag.api.lightrag_server" in start
