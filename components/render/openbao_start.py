"""OpenBao: the script that starts the server and sets its audit file aside."""

from __future__ import annotations

from components.render.text import from_template

ROTATED_FILES = 8
ROTATE_BYTES = 64 * 1024 * 1024
"""Size from which the audit file is set aside; with the rotated ones it is what the audit volume may hold."""

CHECK_SECONDS = 20
"""How often the files are looked at."""


def server_start(*, config_file: str, audit_file: str) -> str:
    """Text of the start script."""
    return from_template(
        "openbao/start.sh",
        config=config_file,
        check_seconds=CHECK_SECONDS,
        rotate=rotation(audit_file),
    )


def rotation(audit_file: str) -> str:
    """What sets the audit file aside once it is large, as the body of a loop."""
    return from_template(
        "openbao/rotate.sh",
        audit=audit_file,
        rotate_bytes=ROTATE_BYTES,
        numbers=" ".join(str(number) for number in range(ROTATED_FILES - 1, 0, -1)),
    )
