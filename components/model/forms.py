"""How single values must be written: asked by the settings for what operators write, by specs for our own."""

from __future__ import annotations

import re

_CPUS = re.compile(r"(0\.[1-9]|[1-9]\d?\.\d)\d?")
_FILE_NAME = re.compile(r"\w[\w.-]*", re.ASCII)
_USER = re.compile(r"[1-9]\d*:\d+")

CANONICAL_CPUS = "at least 0.1, written like 2.0 or 0.5 without other trailing zeros, and no whole ten"
LEAST_MEMORY_MIB = 6
"""Docker refuses a smaller limit."""


def is_canonical_cpus(text: str) -> bool:
    """Tell whether the docker provider reads `text` back as it is written.

    It prints 2 as "2.0", 0.50 as "0.5" and 10 as "10." (its `nanoInt64ToDecimalString`).
    """
    trimmed = not text.endswith("0") or (text.endswith(".0") and not text.endswith("0.0"))
    return trimmed and bool(_CPUS.fullmatch(text))


def is_plain_user(text: str) -> bool:
    """Tell whether `text` is a numeric `uid:gid` other than root; the group may be 0."""
    return bool(_USER.fullmatch(text))


def is_file_name(text: str) -> bool:
    """Whether it can be a file in a folder of ours: what waits there for its turn is hidden."""
    return bool(_FILE_NAME.fullmatch(text))


KEY_TEXT = "must be printable ASCII without spaces, at most 4096 characters, and no newline at the end either"
"""At most so many: far above any key, far below what the server takes."""
_KEY_TEXT = re.compile(r"[!-~]{1,4096}")


def is_key_text(text: str) -> bool:
    """Whether it can be an API key: what breaks a header or a line of a file is refused."""
    return bool(_KEY_TEXT.fullmatch(text))


SERVER_TOKEN = "must be a token: letters, digits and . _ -, and no newline at the end either"  # noqa: S105 - a rule
_SERVER_TOKEN = re.compile(r"[A-Za-z0-9._-]{1,4096}")


def is_server_token(text: str) -> bool:
    """Whether it can be a token of OpenBao or HashiCorp Vault: it is written between quotes, unescaped."""
    return bool(_SERVER_TOKEN.fullmatch(text))
