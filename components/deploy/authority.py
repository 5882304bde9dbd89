"""The authority's file for the engine's login, beside the program that deploys and without it.

The vault provider takes a file only, and `pulumi refresh` and `destroy` start it without running the program.
So whoever opens a stack writes the file, too.
"""

from __future__ import annotations

import os
from pathlib import Path


def write_authority(stack: str, certificate: str, *, project: Path = Path()) -> str:
    """Write the authority where the provider can read it; nothing is written where there is none yet.

    Returns:
        The path as the state keeps it: the same on every machine, seen from the project's folder, where the
        provider is started.
    """
    file = Path(".vault", f"{stack}.pem")
    target = project / file
    if certificate and not (target.exists() and target.read_text(encoding="utf-8") == certificate):
        target.parent.mkdir(exist_ok=True)
        partial = target.with_suffix(f".{os.getpid()}")
        partial.write_text(certificate, encoding="utf-8")
        partial.replace(target)
    return str(file)
