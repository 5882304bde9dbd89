"""`qdrant` of the stand-in.

Environment, Qdrant's own: `QDRANT__SERVICE__API_KEY`, `QDRANT__SERVICE__HTTP_PORT`,
`QDRANT__STORAGE__STORAGE_PATH`.
"""

from __future__ import annotations

import os
from pathlib import Path

from lab.fakes import server
from lab.fakes.qdrant.app import Database
from lab.fakes.qdrant.shelf import Shelf


def main() -> None:
    """Serve until told to stop."""
    folder = Path(os.environ.get("QDRANT__STORAGE__STORAGE_PATH", "/qdrant/storage"))
    database = Database(Shelf(folder), os.environ.get("QDRANT__SERVICE__API_KEY", ""))
    server.serve(
        database.application(),
        product="Qdrant",
        host=os.environ.get("QDRANT__SERVICE__HOST", "0.0.0.0"),  # noqa: S104 - its own default
        port=int(os.environ.get("QDRANT__SERVICE__HTTP_PORT", "6333")),
    )


if __name__ == "__main__":
    main()
