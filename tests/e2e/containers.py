"""A service of the catalogue on this machine's own engine, beside the lab: its real program, spec and files.

What is mounted, who it runs as and what it may do are those of the spec, so what works here works on a node.
"""

from __future__ import annotations

import secrets
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from components.model.secrets import SECRETS_PATH, SecretRef
from components.model.specs import ServiceSpec
from lab import docker
from lab.images import LabImage
from lab.nodes.model import PUSH_REGISTRY, REGISTRY
from tests.e2e import lab_image
from tests.e2e.waiting import eventually

_SECONDS = 120
_HEALTHY_SECONDS = 60
_HARDENED = ("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges")


@dataclass(frozen=True)
class Said:
    """How a command in a container ended, and everything that it printed."""

    status: int
    text: str


@dataclass
class Workbench:
    """Where services are started: a network of their own, files in a folder, a value for every secret."""

    network: str
    folder: Path
    images: Mapping[str, LabImage]
    texts: dict[SecretRef, str] = field(default_factory=dict)
    """Values that a test chooses itself."""

    def value(self, ref: SecretRef) -> str:
        """The secret's value: the same for everyone who shares the reference."""
        return self.texts.setdefault(ref, secrets.token_hex(16))

    def image(self, spec: ServiceSpec) -> str:
        """The lab's image of the service, as this machine's engine names it, which then has it."""
        return lab_image.pulled(self.images[spec.image.name].reference.replace(REGISTRY, PUSH_REGISTRY, 1))

    def run(self, spec: ServiceSpec, *command: str) -> Said:
        """Run another command in the service's place, with its files and rights, and wait for its end."""
        program, *rest = command
        words = self._words(spec, "--rm", f"--entrypoint={program}")
        return _docker("run", *words, self.image(spec), *rest)

    @contextmanager
    def started(self, spec: ServiceSpec) -> Iterator[Running]:
        """The service, healthy, under its name in the network; gone afterwards."""
        program, *rest = spec.entrypoint
        name = f"{self.network}-{spec.full_name}"
        alias = f"--network-alias={spec.full_name}"
        words = self._words(spec, "--detach", f"--name={name}", alias, f"--entrypoint={program}")
        said = _docker("run", *words, self.image(spec), *rest, *spec.command)
        assert said.status == 0, said.text
        running = Running(name, spec)
        try:
            eventually(running.is_healthy, within_seconds=_HEALTHY_SECONDS)
            yield running
        except AssertionError as error:
            error.add_note(_docker("logs", running.name).text[-3000:])
            raise
        finally:
            _docker("rm", "--force", "--volumes", running.name)

    def _words(self, spec: ServiceSpec, *more: str) -> list[str]:
        """Arguments of `docker run` up to the image."""
        mounts = [f"{self._files(spec)}:{spec.configuration.folder}"] if spec.configuration else []
        if spec.secrets:
            mounts.append(f"{self._secrets(spec)}:{SECRETS_PATH}")
        mounts += [f"{mount.source}:{mount.target}" for mount in spec.host_mounts]
        return [
            *more,
            *_HARDENED,
            f"--network={self.network}",
            f"--user={spec.image.user}",
            f"--memory={spec.limits.memory_mib}m",
            *(f"--env={name}={value}" for name, value in spec.env.items()),
            *(f"--volume={mount}:ro" for mount in mounts),
            *(f"--volume={volume.path}" for volume in spec.volumes),
            *(f"--tmpfs={scratch.path}:mode=1777,size={scratch.size_mib}m" for scratch in spec.scratch),
        ]

    def _files(self, spec: ServiceSpec) -> Path:
        assert spec.configuration is not None
        texts = {file.name: file.text for file in spec.configuration.files}
        return self._folder(spec, "config", texts)

    def _secrets(self, spec: ServiceSpec) -> Path:
        texts = {
            file.name: "".join(part if isinstance(part, str) else self.value(part) for part in file.parts)
            for file in spec.secrets
        }
        return self._folder(spec, "secrets", texts)

    def _folder(self, spec: ServiceSpec, kind: str, texts: Mapping[str, str]) -> Path:
        """Write the files where every user of a container may read them: this machine is the tests' own."""
        folder = self.folder / spec.full_name / kind
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text)
        return folder


@dataclass(frozen=True)
class Running:
    """A container of a workbench."""

    name: str
    spec: ServiceSpec

    def run(self, *command: str, stdin: str = "") -> Said:
        """Run a command in it."""
        return _docker("exec", "--interactive", self.name, *command, stdin=stdin)

    def is_healthy(self) -> bool:
        """Whether the spec's own check says so; a container that has ended never is."""
        state = _docker("inspect", "--format={{.State.Status}}", self.name).text.strip()
        assert state == "running", f"{self.spec.full_name} is {state}"
        kind, *test = self.spec.health.test
        return self.run(*(("sh", "-c", *test) if kind == "CMD-SHELL" else test)).status == 0

    def figures(self) -> dict[str, float]:
        """What it shows to Prometheus, by series."""
        metrics = self.spec.metrics
        assert metrics is not None
        port = self.spec.port(metrics.port).container
        said = self.run("wget", "-q", "-O", "-", f"http://127.0.0.1:{port}{metrics.path}")
        assert said.status == 0, said.text
        lines = (line for line in said.text.splitlines() if line and not line.startswith("#"))
        return {series: float(value) for series, value in (line.rsplit(" ", 1) for line in lines)}


def _docker(*arguments: str, stdin: str = "") -> Said:
    words: Sequence[str] = (docker.client(), "-H", docker.SOCKET, *arguments)
    done = subprocess.run(words, input=stdin, capture_output=True, text=True, check=False, timeout=_SECONDS)
    return Said(done.returncode, done.stdout + done.stderr)


@contextmanager
def workbench(folder: Path, images: Mapping[str, LabImage]) -> Iterator[Workbench]:
    """A network that nobody else is in, for as long as it lasts."""
    network = f"tests-{secrets.token_hex(4)}"
    docker.docker("network", "create", network)
    try:
        yield Workbench(network, folder, images)
    finally:
        docker.docker("network", "rm", network)
