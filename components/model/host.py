"""What must be on a machine beside containers, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from components.model.problems import Problem, SpecError


@dataclass(frozen=True, slots=True, kw_only=True)
class HostFolder:
    """A folder; one that is there already is left as it is."""

    path: str
    mode: str
    """As `chmod` takes it, e.g. `0755`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostFile:
    """A file of the machine's system, in a format whose comments begin with `#`."""

    path: str
    text: str
    needs_unit: str = ""
    """Unit of the system without which the file would make no sense; it is then left out."""

    def marked(self, mark: str) -> str:
        """The text with a comment by which the file is known as ours: first, or after a script's `#!`."""
        first, rest = self.text.split("\n", 1)
        if first.startswith("#!"):
            return f"{first}\n{mark}\n{rest}"
        return f"{mark}\n{self.text}"


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelSetting:
    """One setting of the kernel. It is also set at once, and a machine that refuses it is no failure."""

    name: str
    """Dotted, e.g. `vm.overcommit_memory`."""

    value: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HostUnit:
    """A unit of the machine's system that is enabled and started; its file is one of the files."""

    name: str
    shows: str
    """Shell command that prints what is in effect afterwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSpec:
    """All that one node gets; what is no longer in it is taken away."""

    node: str
    folders: tuple[HostFolder, ...] = ()
    files: tuple[HostFile, ...] = ()
    kernel: tuple[KernelSetting, ...] = ()
    units: tuple[HostUnit, ...] = ()

    def __post_init__(self) -> None:
        for path in self.paths:
            if not PurePosixPath(path).is_absolute() or path != path.strip() or len(path.split()) > 1:
                raise SpecError(
                    Problem(f"{self.node}.host", "must have absolute paths without spaces", repr(path))
                )

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path that is ours, folders first."""
        return (*(folder.path for folder in self.folders), *(file.path for file in self.files))
