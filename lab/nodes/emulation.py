"""Let this machine run programs of another architecture: qemu registered with the kernel.

The registration is machine-wide and outlives containers, so what the lab added is remembered and taken back.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from lab import paths, process
from lab.docker import machine
from lab.process import StepError
from lab.steps import Steps

_BINFMT = Path("/proc/sys/fs/binfmt_misc")
_QEMU_NAMES = {"arm64": "aarch64", "amd64": "x86_64"}


def _memory() -> Path:
    return paths.state_dir() / "emulation.json"


def ensure(steps: Steps, arch: str) -> None:
    """Have the kernel hand programs of `arch` to qemu, registered only where nothing does so yet.

    The flag F makes the kernel open qemu at once, so it works inside containers that have no qemu.

    Raises:
        StepError: There is no qemu for the architecture, or the kernel has no binfmt_misc.
    """
    if arch not in _QEMU_NAMES:
        raise StepError(f"architecture: must be one of {', '.join(sorted(_QEMU_NAMES))}, got {arch}")
    entry = f"qemu-{_QEMU_NAMES[arch]}"
    with steps.step(f"emulation of {arch}") as step:
        if (_BINFMT / entry).exists():
            step.note = "nothing to do"
            return
        if shutil.which(f"{entry}-static") is None:
            machine.install("qemu-user-static")
        if not (_BINFMT / "register").exists():
            _remember("mount")
            _mount()
        if not (_BINFMT / entry).exists():  # with systemd, the package has registered it by now
            _remember(entry)
            (_BINFMT / "register").write_bytes(_registration(entry))
        step.note = f"registered {entry}"


def _mount() -> None:
    process.output(["mount", "-t", "binfmt_misc", "binfmt_misc", str(_BINFMT)])


def _registration(entry: str) -> bytes:
    """The line that Debian's package carries for the kernel, flags OPF.

    In the form of binfmt.d(5), `:name:M:offset:magic:mask:interpreter:flags`; the kernel reads the escapes.
    """
    for folder in ("/usr/lib/binfmt.d", "/etc/binfmt.d"):
        file = Path(folder) / f"{entry}.conf"
        if file.exists():
            return file.read_bytes().strip()
    raise StepError(
        f"{entry}: no registration line came with qemu-user-static", hint="apt-get install qemu-user-static"
    )


def _recall() -> list[str]:
    return list(json.loads(_memory().read_text())) if _memory().exists() else []


def _remember(added: str) -> None:
    """Note an addition before it is made, so that no interruption leaves one that nobody takes back."""
    _memory().parent.mkdir(parents=True, exist_ok=True)
    _memory().write_text(json.dumps([*_recall(), added]))


def remove() -> list[str]:
    """Take back what `ensure` added, and return it; what was there before stays."""
    added = _recall()
    for entry in added:
        if entry != "mount" and (_BINFMT / entry).exists():
            (_BINFMT / entry).write_text("-1")
    if "mount" in added and (_BINFMT / "register").exists():
        process.output(["umount", str(_BINFMT)])
    _memory().unlink(missing_ok=True)
    return added
