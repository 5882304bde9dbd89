"""Start scripts for programs that take secrets from their environment and from nowhere else."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

from components.render.text import from_template


def render_start(*, secrets: Mapping[str, str], command: Sequence[str]) -> str:
    """Text of a script that exports the content of files and then becomes `command`.

    Args:
        secrets: The file with its value by each variable's name.
    """
    exports = "\n".join(f"{name}=$(cat {path})\nexport {name}" for name, path in secrets.items())
    return from_template("shell/exports.sh", exports=exports, command=shlex.join(command))
