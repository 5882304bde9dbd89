"""`python -m lightrag.api.lightrag_server` of the stand-in; its variables are the real program's."""

from __future__ import annotations

import os
import sys

from lab.fakes import server
from lab.fakes.lightrag.app import Options, Pipeline
from lab.fakes.routes import RefusedError
from lab.fakes.upstream import Upstream


def main() -> None:
    """Have the collection, then serve until told to stop."""
    env = os.environ
    key = env.get("QDRANT_API_KEY")
    pipeline = Pipeline(
        Options.read(env),
        database=Upstream(env["QDRANT_URL"], {"api-key": key} if key else {}),
        gateway=Upstream(env["LLM_BINDING_HOST"], {"authorization": f"Bearer {env['LLM_BINDING_API_KEY']}"}),
    )
    try:
        pipeline.prepare()
    except RefusedError as error:
        sys.exit(f"QDRANT_URL: must lead to a database that lets us in, got {error}")
    server.serve(
        pipeline.application(),
        product="LightRAG",
        host=env.get("HOST", "0.0.0.0"),  # noqa: S104 - its own default, in a container
        port=int(env.get("PORT", "9621")),
    )


if __name__ == "__main__":
    main()
