"""The stand-ins of Open WebUI, its neighbours and the RAG pipeline, wired as the specs wire the real ones."""

from __future__ import annotations

import os
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.unit.lab.stand_ins import KEY, Running, started

PASSWORD = "password-of-the-operator"  # noqa: S105 - a test's own
EMAIL = "operator@localhost"
PREFIX = "aiswarm-open-webui"
LOCAL = {"HOST": "127.0.0.1", "PORT": "0"}

_PSQL = """\
#!/bin/sh
# Keeps the one row that is inserted, and refuses a wrong password as psql would.
read -r query
[ "$PGPASSWORD" = right ] || { echo 'FATAL:  password authentication failed' >&2; exit 2; }
[ "$PGDATABASE" = open_webui ] || { echo "FATAL:  database $PGDATABASE does not exist" >&2; exit 2; }
case $query in
INSERT*) [ -e "$0.row" ] || echo "$query" | sed "s/.*VALUES (//; s/).*//; s/'//g; s/, /|/g" >"$0.row" ;;
SELECT\\ salt*) grep "^$(echo "$query" | sed "s/.*email = '//; s/'.*//")|" "$0.row" | cut -d'|' -f2- ;;
esac
"""


class _Redis(socketserver.StreamRequestHandler):
    """Answers +OK to whoever knows the password, to keys of Open WebUI only."""

    def handle(self) -> None:
        """Read commands in Redis' own protocol until the client goes."""
        while line := self.rfile.readline():
            words = []
            for _ in range(int(line[1:])):
                self.rfile.readline()
                words.append(self.rfile.readline().strip().decode())
            match words:
                case ["AUTH", "open_webui", "right"]:
                    said = "+OK"
                case ["SET", key, *_] if key.startswith("open-webui:"):
                    said = "+OK"
                case ["AUTH", *_]:
                    said = "-WRONGPASS invalid username-password pair or user is disabled."
                case _:
                    said = "-NOPERM"
            self.wfile.write(f"{said}\r\n".encode())


@contextmanager
def redis() -> Iterator[int]:
    """A Redis as far as the stand-in asks it; its port."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Redis) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@contextmanager
def qdrant(folder: Path, **env: str) -> Iterator[Running]:
    where = {"QDRANT__SERVICE__HOST": "127.0.0.1", "QDRANT__SERVICE__HTTP_PORT": "0"}
    with started("lab.fakes.qdrant", **where, QDRANT__STORAGE__STORAGE_PATH=str(folder), **env) as server:
        yield server


@contextmanager
def docling(key: str = KEY) -> Iterator[Running]:
    where = {"UVICORN_HOST": "127.0.0.1", "UVICORN_PORT": "0"}
    with started("lab.fakes.docling", **where, DOCLING_SERVE_API_KEY=key) as server:
        yield server


@contextmanager
def lightrag(database: Running, gateway: Running) -> Iterator[Running]:
    env = {
        "EMBEDDING_DIM": "64",
        "EMBEDDING_MODEL": "swarm-embedding",
        "LIGHTRAG_API_KEY": KEY,
        "LLM_BINDING_API_KEY": KEY,
        "LLM_BINDING_HOST": f"{gateway.url}/v1",
        "LLM_MODEL": "swarm",
        "QDRANT_URL": database.url,
        "WORKSPACE": "aiswarm",
    }
    with started("lab.fakes.lightrag", **LOCAL, **env) as server:
        yield server


def webui_settings(
    folder: Path, *, cache: int, converter: str, database: str, gateway: str
) -> dict[str, str]:
    """Variables as the spec and its start script give them; a `psql` in `folder` stands for PostgreSQL."""
    psql = folder / "psql"
    psql.write_text(_PSQL)
    psql.chmod(0o755)
    return {
        **LOCAL,
        "CONTENT_EXTRACTION_ENGINE": "docling",
        "DATABASE_URL": "postgresql://open_webui:right@oracle-postgres:5432/open_webui",
        "DOCLING_API_KEY": KEY,
        "DOCLING_SERVER_URL": converter,
        "ENABLE_PERSISTENT_CONFIG": "false",
        "ENABLE_SIGNUP": "false",
        "OPENAI_API_BASE_URL": f"{gateway}/v1",
        "OPENAI_API_KEY": KEY,
        "PATH": f"{folder}:{os.environ['PATH']}",
        "QDRANT_COLLECTION_PREFIX": PREFIX,
        "QDRANT_URI": database,
        "REDIS_KEY_PREFIX": "open-webui",
        "REDIS_URL": f"redis://open_webui:right@127.0.0.1:{cache}/0",
        "STATIC_DIR": str(folder / "static"),
        "VECTOR_DB": "qdrant",
        "WEBUI_ADMIN_EMAIL": EMAIL,
        "WEBUI_ADMIN_PASSWORD": PASSWORD,
        "WEBUI_SECRET_KEY": KEY,
    }


def sign_in(url: str, password: str = PASSWORD) -> httpx.Response:
    return httpx.post(f"{url}/api/v1/auths/signin", json={"email": EMAIL, "password": password})


def collections(database: Running) -> list[str]:
    found = httpx.get(f"{database.url}/collections").json()["result"]["collections"]
    return [each["name"] for each in found]
