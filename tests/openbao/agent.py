"""An agent as a node has it, with the files of some services."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from components.model.secrets import VERSION_FILE, SecretFile, SecretRef, SecretSource
from components.render.openbao import Rendered, agent_files, entry_path, external_path, is_external
from tests.e2e.waiting import eventually
from tests.openbao.conftest import Running
from tests.openbao.process import Bao
from tests.openbao.server import add_node

AGENT_SECONDS = 15.0
_numbers = itertools.count()

OTHER_GROUP = 54321 if os.geteuid() == 0 else os.getgroups()[0]
"""A group of the consumer that is not the agent's own, where we may hand a folder over."""


class Agent:
    """An agent of a node of its own on the running server."""

    def __init__(self, running: Running, folder: Path) -> None:
        self.node = f"node{next(_numbers)}"
        self.folder = folder
        self._running = running
        self._services: list[Rendered] = []
        (folder / "agent").mkdir()

    def entry(self, service: str) -> str:
        """Path of the service's entry."""
        return entry_path(self.node, service)

    def output(self, service: str) -> Path:
        """The service's own folder."""
        return self.folder / "secrets" / service

    def add(self, service: str, files: Sequence[SecretFile]) -> Path:
        """One more service, with an empty folder as a consumer's volume has it."""
        made = self.output(service)
        made.mkdir(parents=True)
        os.chown(made, -1, OTHER_GROUP)
        made.chmod(0o2750)
        self._services.append(Rendered(entry=self.entry(service), folder=str(made), files=tuple(files)))
        return made

    def start(self) -> Bao:
        """Give the node its rights and start the agent."""
        role, secret_id, config = f"node-{self.node}", f"id-of-{self.node}", self.folder / "agent"
        add_node(self._running.program, role, secret_id, self._readable())
        (self.folder / "secret_id").write_text(secret_id)
        files = agent_files(
            address=self._running.server.url,
            role_id=role,
            secret_id_file=str(self.folder / "secret_id"),
            config_folder=str(config),
            ca_certificate=self._running.server.authority.certificate,
            rendered=self._services,
        )
        for file in files:
            (config / file.name).parent.mkdir(parents=True, exist_ok=True)
            (config / file.name).write_bytes(file.text.encode())
        return self.start_again()

    def start_again(self) -> Bao:
        """Start the agent with what it had."""
        return Bao("agent", self.folder / "agent" / "agent.hcl", self.folder / "agent.log")

    def wait_for(self, version: str, *services: str) -> None:
        """Wait until every one of these services has this version of its files."""
        files = [self.output(service) / VERSION_FILE for service in services]
        eventually(
            lambda: all(file.exists() and file.read_text() == version for file in files),
            within_seconds=AGENT_SECONDS,
            poll_seconds=0.05,
        )

    def _readable(self) -> Iterable[str]:
        for service in self._services:
            yield service.entry
            references = [ref for file in service.files for ref in file.references]
            yield from (external_path(ref.name) for ref in references if is_external(ref))


def word(name: str) -> SecretRef:
    """A value that the program makes."""
    return SecretRef(name=name)


def key(name: str) -> SecretRef:
    """A value that an operator puts in."""
    return SecretRef(name=name, source=SecretSource.VAULT)
