"""`bash /app/backend/start.sh` of the stand-in; its variables are the real program's."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from lab.fakes import server
from lab.fakes.accounts import Database, StoreError
from lab.fakes.upstream import Upstream
from lab.fakes.webui.app import Neighbours, Options, Pages
from lab.fakes.webui.stores import Cache

_MUST_BE = {
    "CONTENT_EXTRACTION_ENGINE": "docling",
    "ENABLE_PERSISTENT_CONFIG": "false",
    "ENABLE_SIGNUP": "false",
    "VECTOR_DB": "qdrant",
}
"""Settings that decide whom it talks to and who gets in; the real program has other defaults."""


def main() -> None:
    """Make sure of every neighbour that the real program needs to start, then serve until told to stop."""
    env = os.environ
    try:
        options, neighbours = Options.read(env), _neighbours(env)
        neighbours.cache.ping()
        neighbours.database.keep_account(options.admin_email, env["WEBUI_ADMIN_PASSWORD"])
        _write_static(Path(env["STATIC_DIR"]))
    except KeyError as error:
        sys.exit(f"{error}: must be set")
    except (StoreError, OSError) as error:
        sys.exit(f"cannot start: {error}")
    server.serve(
        Pages(options, neighbours).application(),
        product="Open WebUI",
        host=env.get("HOST", "0.0.0.0"),  # noqa: S104 - its own default, in a container
        port=int(env.get("PORT", "8080")),
    )


def _neighbours(env: Mapping[str, str]) -> Neighbours:
    for name, value in _MUST_BE.items():
        if env.get(name) != value:
            raise StoreError(f"{name}: must be {value}, got {env.get(name)!r}")
    key = env.get("QDRANT_API_KEY")
    return Neighbours(
        database=Database(env["DATABASE_URL"], "open-webui"),
        cache=Cache(env["REDIS_URL"], env["REDIS_KEY_PREFIX"]),
        gateway=Upstream(env["OPENAI_API_BASE_URL"], {"authorization": f"Bearer {env['OPENAI_API_KEY']}"}),
        converter=Upstream(env["DOCLING_SERVER_URL"], {"x-api-key": env["DOCLING_API_KEY"]}),
        vectors=Upstream(env["QDRANT_URI"], {"api-key": key} if key else {}),
    )


def _write_static(folder: Path) -> None:
    """Open WebUI copies its logo there at every start, so the folder must be its own."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "favicon.png").write_bytes(b"")


if __name__ == "__main__":
    main()
