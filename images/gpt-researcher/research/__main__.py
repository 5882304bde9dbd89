"""Start the service: `python3 -m research`; with `--check`, see whether all that it needs can be loaded."""

from __future__ import annotations

import argparse
import importlib
import logging
import os
import sys
from pathlib import Path
from typing import Final

import uvicorn

from research.app import Places, Service
from research.door import Door

_NEEDED: Final = (
    "gpt_researcher",
    "gpt_researcher.retrievers",
    "langchain_community.document_loaders.pdf",
    "langchain_core.documents",
    "langchain_openai",
    "multipart",
    "pymupdf",
)


def main() -> None:
    """Read the secret files, then serve.

    Variables: `OPERATOR_NAME`, `OPERATOR_PASSWORD_FILE`, `OPENAI_API_KEY_FILE`, `BRAVE_API_KEY_FILE` where
    there is a key, `OUTPUT_PATH`, `DOC_PATH`, `HOST`, `PORT`; and GPT Researcher's own, as `SMART_LLM`.
    """
    arguments = argparse.ArgumentParser(prog="research", description=__doc__)
    arguments.add_argument("--check", action="store_true")
    if arguments.parse_args().check:
        _check()
        return
    logging.basicConfig(stream=sys.stdout, format="%(levelname)s %(name)s %(message)s")
    logging.disable(logging.INFO)  # in which GPT Researcher logs every question and what it found
    os.environ["OPENAI_API_KEY"] = _secret("OPENAI_API_KEY_FILE")
    brave = _secret("BRAVE_API_KEY_FILE") if "BRAVE_API_KEY_FILE" in os.environ else None
    places = Places(
        outputs=Path(os.environ["OUTPUT_PATH"]), documents=Path(os.environ["DOC_PATH"]), brave_key=brave
    )
    door = Door(
        Service(places).application(),
        user=os.environ["OPERATOR_NAME"],
        password=_secret("OPERATOR_PASSWORD_FILE"),
    )
    uvicorn.run(
        door,
        host=os.environ.get("HOST", "127.0.0.1"),
        port=int(os.environ.get("PORT", "8000")),
        access_log=False,
        server_header=False,
    )


def _secret(variable: str) -> str:
    return Path(os.environ[variable]).read_text(encoding="utf-8").strip()


def _check() -> None:
    for name in _NEEDED:
        importlib.import_module(name)
    from gpt_researcher.config import Config  # noqa: PLC0415 (not needed to serve)

    Config()


main()
