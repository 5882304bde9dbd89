"""SillyTavern Extras: the script that starts it."""

from __future__ import annotations

from components.render.text import from_template


def render_start(*, key_file: str, folder: str, port: int) -> str:
    """Text of the start script; `folder` is writable, and the image's working folder holds the program."""
    return from_template("extras/start.sh", key_file=key_file, folder=folder, port=port)
