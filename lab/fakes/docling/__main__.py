"""`docling-serve run` of the stand-in.

Environment, docling-serve's own: `DOCLING_SERVE_API_KEY`, `UVICORN_HOST`, `UVICORN_PORT`.
"""

from __future__ import annotations

import os

from lab.fakes import server
from lab.fakes.docling.app import Converter


def main() -> None:
    """Serve until told to stop."""
    converter = Converter(os.environ.get("DOCLING_SERVE_API_KEY", ""))
    server.serve(
        converter.application(),
        product="docling-serve",
        host=os.environ.get("UVICORN_HOST", "0.0.0.0"),  # noqa: S104 - its own default, in a container
        port=int(os.environ.get("UVICORN_PORT", "5001")),
    )


if __name__ == "__main__":
    main()
